/*
 * Run, databases that it makes itself: a shadow database, filled and emptied without a question.
 *
 * A name is no identity: one that was there before may be renamed to it. So databases are known by
 * their oids.
 *
 * Invariant  What was there before the run's first CREATE DATABASE is never its own; nor is one of
 *            which that cannot be told.
 */
#include <string.h>

#include "guardian/classify/rule.h"
#include "guardian/guard/run_own.h"

/* As sessions name it: the rule quotes it where it must be. */
static const char *bare(const char *name, struct gd_arena *arena)
{
    size_t length = 0;
    char *out = gd_arena_alloc(arena, strlen(name) + 1);
    if (*name != '"')
        return name;
    for (const char *at = name + 1; *at != '\0' && !(at[0] == '"' && at[1] != '"'); at++) {
        out[length++] = *at;
        at += at[0] == '"';
    }
    out[length] = '\0';
    return out;
}

/* CREATE DATABASE and DROP DATABASE come alone; the name is the rule's object. */
static const char *database_of(const struct gd_run_look *look, enum gd_kind kind)
{
    const struct gd_report *report = look->change.report;
    const struct gd_judged_file *file = report->files[report->file_count - 1];
    if (file->entry_count != 1 || file->entries[0]->kind != kind ||
        file->entries[0]->verdict.lead == NULL)
        return NULL;
    const char *object = file->entries[0]->verdict.lead->object;
    return strncmp(object, "database ", 9) == 0 ? bare(object + 9, look->arena) : NULL;
}

/* ---- whose ---- */

GD_MUST static struct gd_status list_others(struct gd_run *run, struct gd_error *err)
{
    gd_auto_pg_rows rows = NULL;
    struct gd_pg_call call = {.what = "list the databases",
                              .sql = "SELECT oid FROM pg_catalog.pg_database"};
    GD_TRY(gd_pg_run(run->pg, &call, &rows, err));
    for (size_t i = 0; i < gd_pg_rows_count(rows); i++)
        gd_map_add(&run->others, gd_pg_oid(rows, i, 0), 1, run->arena);
    return GD_DONE;
}

struct gd_status gd_run_note_database(struct gd_run *run, const struct gd_run_look *look,
                                      struct gd_error *err)
{
    struct gd_gate_session *session = look->request->session;
    const char *name = database_of(look, GD_KIND_CreatedbStmt);
    if (name == NULL)
        return GD_DONE;
    if (run->others.count == 0)
        GD_TRY(list_others(run, err));
    session->makes = gd_arena_strdup(run->arena, name);
    session->makes_by = (uint32_t)run->story->step_count + 1; /* which is told next */
    return GD_DONE;
}

bool gd_run_owns_database(const struct gd_run *run, const char *name)
{
    gd_auto_pg_rows rows = NULL;
    struct gd_error ignored = {0};
    struct gd_pg_call call = {
        .what = "look for a database",
        .sql = "SELECT oid FROM pg_catalog.pg_database WHERE datname OPERATOR(pg_catalog.=) $1",
        .values = &name,
        .value_count = 1};
    return gd_texts_has(&run->databases, name) &&
           gd_pg_run(run->pg, &call, &rows, &ignored).code == GD_OK &&
           gd_pg_rows_count(rows) == 1 &&
           gd_map_get(&run->others, gd_pg_oid(rows, 0, 0)) == GD_MAP_NONE;
}

bool gd_run_drops_own_database(const struct gd_run *run, const struct gd_run_look *look)
{
    const char *name = database_of(look, GD_KIND_DropdbStmt);
    return name != NULL && gd_run_owns_database(run, name);
}
