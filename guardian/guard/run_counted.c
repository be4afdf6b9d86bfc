/*
 * Run, counted: what a transaction of the command wrote, as the server's own counters say at its
 * end: also what triggers, functions and cascades did, of which no text tells. It is a row of the
 * ledger, written in that very transaction; a rollback reads it.
 *
 * Not here  Texts that end their transaction themselves, and what stands outside of any: nobody
 *           can be asked in between.
 */
#include <string.h>

#include "guardian/guard/run_own.h"

void gd_run_counted_from(struct gd_run *run, struct gd_run_look *look,
                         const struct gd_pg_rows *rows)
{
    struct gd_run_counting *counting = &look->request->session->counting;
    const char *counts = gd_pg_cell(rows, 0, 1);
    *counting = (struct gd_run_counting){
        .xid = gd_arena_strdup(run->arena, look->xid),
        .counts = counts == NULL ? "" : gd_arena_strdup(run->arena, counts)};
}

struct gd_status gd_run_count_from(struct gd_run *run, struct gd_run_look *look,
                                   struct gd_error *err)
{
    gd_auto_pg_rows rows = NULL;
    struct gd_run_counting *counting = &look->request->session->counting;
    struct gd_pg_call call = {.what = "look at what the session has written",
                              .sql = gd_ledger_counts_sql};
    if (!run->ledger.there || (counting->xid != NULL && strcmp(counting->xid, look->xid) == 0))
        return GD_DONE;
    *counting = (struct gd_run_counting){0};
    GD_TRY(gd_pg_run(look->request->pg, &call, &rows, err));
    gd_run_counted_from(run, look, rows);
    return GD_DONE;
}

static const char *sql_of(const struct gd_run *run, const struct gd_run_counting *counting,
                          struct gd_arena *arena)
{
    return gd_ledger_wrote_sql(&run->ledger, run->change_id, counting->step,
                               run->story->steps[counting->step - 1].hash, counting->counts, arena);
}

void gd_run_count_step(struct gd_run *run, const struct gd_run_look *look, uint32_t step,
                       struct gd_gate_answer *answer)
{
    struct gd_run_counting *counting = &look->request->session->counting;
    if (look->xid == NULL || counting->xid == NULL || counting->step != 0)
        return;
    counting->step = step;
    answer->closing = sql_of(run, counting, look->request->arena);
}

static bool ends_alone(const struct gd_gate_request *request)
{
    gd_auto_arena arena = gd_arena_new();
    struct gd_track_text text;
    return gd_track_read(request->text, request->size, false, arena, &text) && text.count == 1 &&
           (text.words[0].kind == GD_TRACK_COMMIT || text.words[0].kind == GD_TRACK_PREPARE);
}

struct gd_status gd_run_count_end(struct gd_run *run, const struct gd_gate_request *request,
                                  struct gd_gate_answer *answer, struct gd_error *err)
{
    const struct gd_run_counting *counting = &request->session->counting;
    bool open = request->session->track.pending_count > 0 && counting->step != 0;
    if (!open || request->parse || !ends_alone(request))
        return GD_DONE;
    if (request->pg == NULL && request->settle == GD_SETTLE_SYNC)
        answer->verdict = GD_GATE_SETTLE;
    if (request->pg == NULL || request->state != GD_PG_INSIDE)
        return GD_DONE;
    struct gd_pg_call call = {.what = "note what the transaction wrote",
                              .sql = sql_of(run, counting, request->arena)};
    return gd_pg_run(request->pg, &call, NULL, err);
}
