/* Scratch, see scratch.h. */
#include "guardian/prove/scratch.h"

#include "guardian/restore/restore.h"

/* Names of sessions are told to everybody, whatever their rights. Through a pooler ours may not be
 * there to be seen, and neither may theirs. */
static const char abandoned_sql[] =
    "SELECT d.datname FROM pg_catalog.pg_database d"
    " WHERE d.datname OPERATOR(pg_catalog.~) '^guardian_drill_[0-9a-f]{10}$'"
    " AND d.datname OPERATOR(pg_catalog.<>) $1"
    " AND NOT EXISTS (SELECT FROM pg_catalog.pg_stat_activity a"
    "  WHERE a.datname OPERATOR(pg_catalog.=) d.datname"
    "  OR a.application_name OPERATOR(pg_catalog.=)"
    "     ('guardian drill ' OPERATOR(pg_catalog.||) d.datname::pg_catalog.text))"
    " ORDER BY 1";

static void drop_one(const struct gd_pg_options *server, const char *database,
                     const struct gd_events *events)
{
    struct gd_error err = {0};
    if (gd_restore_drop(server, database, &err).code == GD_OK)
        gd_tell_note(events,
                     "scratch database \"%s\", which a drill that was killed had left, is removed",
                     database);
    else
        gd_tell_warning(
            events, "Drop it by hand.",
            "scratch database \"%s\", which a drill that was killed had left, is still there: %s",
            database, err.text);
}

static void drop_abandoned(const struct gd_pg_options *server, struct gd_pg *keeper,
                           const char *database, const struct gd_events *events)
{
    gd_auto_pg_rows rows = NULL;
    struct gd_error ignored = {0};
    struct gd_pg_call call = {.what = "look for scratch databases that were left behind",
                              .sql = abandoned_sql,
                              .values = &database,
                              .value_count = 1};
    if (gd_pg_pooled(keeper) || gd_pg_run(keeper, &call, &rows, &ignored).code != GD_OK)
        return;
    for (size_t i = 0; i < gd_pg_rows_count(rows); i++)
        drop_one(server, gd_pg_cell(rows, i, 0), events);
}

struct gd_status gd_scratch_keep(const struct gd_pg_options *server, const char *database,
                                 const struct gd_events *events, struct gd_arena *arena,
                                 struct gd_pg **out_keeper, struct gd_error *err)
{
    struct gd_pg_options options = *server;
    gd_auto_pg keeper = NULL;
    options.application = gd_arena_printf(arena, "guardian drill %s", database);
    GD_TRY(gd_pg_connect(&options, &keeper, err));
    drop_abandoned(server, keeper, database, events);
    *out_keeper = GD_MOVE(keeper);
    return GD_DONE;
}
