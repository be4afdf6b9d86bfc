/*
 * Run, savepoints: what a transaction wrote behind one of its savepoints carries another id than
 * its own. The server holds a lock on each until it is released, so that they can be read before
 * that: at each statement that needs a backup or is about transactions.
 *
 * Not here  Savepoints inside of functions and of texts that end their transaction themselves: what
 *           they wrote last is not seen.
 */
#include <string.h>

#include "guardian/guard/run_own.h"

static bool has_id(const char *ids, const char *id)
{
    size_t size = strlen(id);
    for (const char *at = strstr(ids, id); at != NULL; at = strstr(at + 1, id))
        if ((at == ids || at[-1] == ',') && (at[size] == ',' || at[size] == '\0'))
            return true;
    return false;
}

/* What was released stays on the list. */
static void add_ids(struct gd_run *run, struct gd_story_step *step, const struct gd_pg_rows *rows)
{
    const char *ids = step->nested == NULL ? "" : step->nested;
    for (size_t i = 0; i < gd_pg_rows_count(rows); i++)
        if (!has_id(ids, gd_pg_cell(rows, i, 0)))
            ids = gd_arena_printf(run->arena, "%s%s%s", ids, *ids == '\0' ? "" : ",",
                                  gd_pg_cell(rows, i, 0));
    step->nested = ids;
}

/* Of the newest step that the transaction holds: they are all of one transaction. */
struct gd_status gd_run_note_nested(struct gd_run *run, const struct gd_gate_request *request,
                                    struct gd_error *err)
{
    gd_auto_arena arena = gd_arena_new();
    gd_auto_pg_rows rows = NULL;
    uint32_t *steps;
    size_t count = gd_track_open(&request->session->track, arena, &steps);
    uint32_t newest = 0;
    const char *values[] = {gd_arena_printf(arena, "%d", request->backend)};
    struct gd_pg_call call = {
        .what = "ask for the ids of savepoints",
        .sql = "SELECT l.transactionid::text FROM pg_catalog.pg_locks l WHERE l.pid "
               "OPERATOR(pg_catalog.=) $1::int AND l.locktype OPERATOR(pg_catalog.=) "
               "'transactionid' AND l.granted AND l.mode OPERATOR(pg_catalog.=) 'ExclusiveLock'",
        .values = values,
        .value_count = 1,
    };
    for (size_t i = 0; i < count; i++)
        if (steps[i] <= run->story->step_count)
            newest = steps[i];
    if (newest == 0 || request->state != GD_PG_INSIDE)
        return GD_DONE;
    GD_TRY(gd_pg_run(run->pg, &call, &rows, err));
    if (gd_pg_rows_count(rows) > 1) /* the transaction itself is one */
        add_ids(run, &run->story->steps[newest - 1], rows);
    return GD_DONE;
}
