/*
 * Rollback, event triggers: the user's own do not fire for what puts the schema back.
 *
 * They may forbid it, or write rows of which nobody knows. Since 17 the session switches them off.
 * Before, what makes temporary tables runs as a replica does, and in the transaction, where foreign
 * keys must count, they are disabled, and enabled again before the schema is compared. Who may do
 * neither is told so in the plan.
 */
#include <string.h>

#include "guardian/guard/rollback_own.h"
#include "guardian/pg/copy.h"

static const char awake[] =
    "SELECT evtname, pg_catalog.format('ALTER EVENT TRIGGER %I DISABLE', evtname), "
    "pg_catalog.format('ALTER EVENT TRIGGER %I ENABLE%s', evtname, CASE evtenabled WHEN 'A' THEN ' "
    "ALWAYS' WHEN 'R' THEN ' REPLICA' ELSE '' END) FROM pg_catalog.pg_event_trigger WHERE "
    "evtenabled <> 'D' AND evtfoid NOT IN (SELECT p.oid FROM pg_catalog.pg_proc p JOIN "
    "pg_catalog.pg_namespace n ON n.oid = p.pronamespace WHERE n.nspname = 'guardian') AND "
    "evtevent IN ('ddl_command_start', 'ddl_command_end', 'sql_drop', "
    "'table_rewrite') ORDER BY 1";

struct gd_status gd_back_hush(struct gd_back *back, struct gd_error *err)
{
    struct gd_pg_call call = {.what = "look for event triggers", .sql = awake};
    gd_auto_pg_rows rows = NULL;
    struct gd_error refused = {0};
    bool since_17 = gd_pg_version(back->pg) >= 170000;
    GD_TRY(gd_pg_run(back->pg, &call, &rows, err));
    if (gd_pg_rows_count(rows) == 0)
        return GD_DONE;
    const char *sql =
        since_17 ? "SET event_triggers = off" : "SET session_replication_role = replica";
    struct gd_status status = gd_pg_command(back->pg, "switch event triggers off", sql, &refused);
    if (gd_pg_broken(back->pg)) {
        *err = refused;
        return status;
    }
    back->as_replica = status.code == GD_OK && !since_17;
    for (size_t i = 0; status.code != GD_OK && i < gd_pg_rows_count(rows); i++)
        gd_texts_add(&back->loud, gd_arena_strdup(back->arena, gd_pg_cell(rows, i, 0)),
                     back->arena);
    return GD_DONE;
}

struct gd_status gd_back_disable_events(struct gd_back *back, struct gd_texts *out_again,
                                        struct gd_error *err)
{
    struct gd_pg_call call = {.what = "look for event triggers", .sql = awake};
    gd_auto_pg_rows rows = NULL;
    if (!back->as_replica)
        return GD_DONE;
    GD_TRY(gd_pg_command(back->pg, "let foreign keys count",
                         "SET LOCAL session_replication_role = origin", err));
    GD_TRY(gd_pg_run(back->pg, &call, &rows, err));
    for (size_t i = 0; i < gd_pg_rows_count(rows); i++) {
        gd_texts_add(out_again, gd_arena_strdup(back->arena, gd_pg_cell(rows, i, 2)), back->arena);
        GD_TRY(gd_pg_command(back->pg, "switch an event trigger off", gd_pg_cell(rows, i, 1), err));
    }
    return GD_DONE;
}

static const char asleep[] =
    "SELECT evtname FROM pg_catalog.pg_event_trigger WHERE evtenabled = 'D' AND "
    "pg_catalog.starts_with("
    "$1::text, pg_catalog.format('ALTER EVENT TRIGGER %I ENABLE', evtname))";

/* One that the change had made is gone by then. */
struct gd_status gd_back_enable_events(struct gd_back *back, const struct gd_texts *again,
                                       struct gd_error *err)
{
    for (size_t i = 0; i < again->count; i++) {
        struct gd_pg_call call = {.what = "look for event triggers",
                                  .sql = asleep,
                                  .values = &again->items[i],
                                  .value_count = 1};
        gd_auto_pg_rows rows = NULL;
        GD_TRY(gd_pg_run(back->pg, &call, &rows, err));
        if (gd_pg_rows_count(rows) > 0)
            GD_TRY(gd_pg_command(back->pg, "switch an event trigger on", again->items[i], err));
    }
    return GD_DONE;
}

const char *gd_back_loud_note(const struct gd_back *back)
{
    const char *list = "";
    for (size_t i = 0; i < back->loud.count; i++)
        list = gd_arena_printf(back->arena, "%s%s\"%s\"", list, i == 0 ? "" : ", ",
                               back->loud.items[i]);
    return back->loud.count == 0
               ? NULL
               : gd_arena_printf(back->arena,
                                 "Event trigger%s %s will fire, because this role may not switch "
                                 "%s off: what it writes stays, and what it forbids ends the "
                                 "rollback, with nothing changed.",
                                 back->loud.count == 1 ? "" : "s", list,
                                 back->loud.count == 1 ? "it" : "them");
}
