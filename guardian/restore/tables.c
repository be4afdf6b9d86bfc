/*
 * Tables: some of a snapshot's tables, beside the living ones or into them.
 *
 * Beside       in a new schema, with the dump's own statements under another name (select.h): what
 *              they need comes along, nothing that is there is touched or referred to.
 * In place     the tables are there and empty: rows only, in one transaction of one session, so
 * that nothing is half loaded. Triggers do not fire; constraints hold.
 */
#include <string.h>

#include "guardian/base/fault.h"
#include "guardian/pg/copy.h"
#include "guardian/restore/select.h"

enum { CALL_LIMIT_MS = 3600000 };

GD_MUST static struct gd_status read_dump(struct gd_restoring *restoring, struct gd_error *err)
{
    const struct gd_restore_options *options = restoring->options;
    const struct gd_stored *stored = &options->manifest->schema_dump;
    gd_tell_stage(options->events, "looking at the snapshot", 0);
    GD_TRY(
        gd_dump_read(options, stored, GD_DUMP_PRE_DATA, restoring->arena, &restoring->before, err));
    return gd_dump_read(options, stored, GD_DUMP_POST_DATA, restoring->arena, &restoring->after,
                        err);
}

/* --- beside -----------------------------------------------------------------------------------*/

GD_MUST static struct gd_status make_schema(struct gd_restoring *restoring, struct gd_error *err)
{
    struct gd_arena *arena = restoring->arena;
    const char *side = restoring->side;
    struct gd_pg_call call = {.what = "look for the schema",
                              .sql = "SELECT EXISTS (SELECT FROM pg_catalog.pg_namespace WHERE "
                                     "nspname = $1)",
                              .values = &side,
                              .value_count = 1};
    gd_auto_pg_rows rows = NULL;
    GD_TRY(gd_pg_run(restoring->home, &call, &rows, err));
    if (gd_pg_bool(rows, 0, 0))
        return gd_hint(err,
                       gd_fail(err, GD_USAGE,
                               "could not restore into schema \"%s\": it is there "
                               "already",
                               side),
                       "Name another one with --side-schema.");
    return gd_pg_command(restoring->home, gd_arena_printf(arena, "create schema \"%s\"", side),
                         gd_arena_printf(arena, "CREATE SCHEMA %s", gd_quoted(side, arena)), err);
}

GD_MUST static struct gd_status fill_beside(struct gd_restoring *restoring, struct gd_error *err)
{
    gd_auto_team team = NULL;
    GD_TRY(gd_team_open(restoring->options, restoring->home, NULL, &team, err));
    GD_TRY(gd_restore_schema(restoring, gd_team_first(team), err));
    GD_TRY(gd_restore_contents(restoring, team, err));
    GD_TRY(gd_restore_sequences(restoring, gd_team_first(team), err));
    return gd_restore_analyze(restoring, team, err);
}

GD_MUST static struct gd_status restore_beside(struct gd_restoring *restoring,
                                               const struct gd_texts *tables, struct gd_error *err)
{
    struct gd_arena *arena = restoring->arena;
    struct gd_texts *sequences = gd_arena_zalloc(arena, 1, sizeof *sequences);
    GD_TRY(gd_select_move(restoring, tables, restoring->side, sequences, err));
    restoring->sequences = sequences;
    GD_TRY(gd_restore_outside(restoring, err));
    GD_TRY(make_schema(restoring, err));
    struct gd_status status = fill_beside(restoring, err);
    restoring->sequences = NULL;
    if (status.code == GD_OK || restoring->options->keep_on_failure)
        return status;
    struct gd_error failed = {0};
    const char *drop =
        gd_arena_printf(arena, "DROP SCHEMA %s CASCADE", gd_quoted(restoring->side, arena));
    if (gd_undo(restoring->home, "drop the schema", drop, &failed).code != GD_OK)
        gd_restoring_warn(restoring, "Drop it.", "schema \"%s\" could not be removed: %s",
                          restoring->side, failed.text);
    return status;
}

/* --- in place ---------------------------------------------------------------------------------*/

struct filling {
    struct gd_restoring *restoring;
    const struct gd_table **tables; /* those referred to before those that refer */
    size_t count;
};

static const char *name_of(const struct gd_table *table, struct gd_arena *arena)
{
    return table->by_root ? gd_quoted_pair(table->root_schema, table->root_name, arena)
                          : gd_quoted_pair(table->schema, table->name, arena);
}

GD_MUST static struct gd_status lock_and_check(struct gd_restoring *restoring,
                                               const struct gd_table *table, struct gd_error *err)
{
    struct gd_arena *arena = restoring->arena;
    const char *name = name_of(table, arena);
    const char *what = gd_arena_printf(arena, "use table %s", name);
    GD_TRY(gd_pg_command(restoring->home, what,
                         gd_arena_printf(arena, "LOCK TABLE %s IN SHARE ROW EXCLUSIVE MODE", name),
                         err));
    struct gd_pg_call call = {
        .what = what,
        .sql = gd_arena_printf(arena, "SELECT EXISTS (SELECT FROM ONLY %s)",
                               gd_quoted_pair(table->schema, table->name, arena)),
        .limit_ms = CALL_LIMIT_MS};
    gd_auto_pg_rows rows = NULL;
    GD_TRY(gd_pg_run(restoring->home, &call, &rows, err));
    if (gd_pg_bool(rows, 0, 0))
        return gd_hint(
            err, gd_fail(err, GD_REFUSED, "could not restore into table %s: it holds rows", name),
            "Restore without --in-place, into a schema beside it, and take over what is "
            "missing.");
    return GD_DONE;
}

/* Switched off one by one and back as they were: ENABLE TRIGGER USER would wake those that slept.
 */
static const char trigger_statements[] =
    "SELECT pg_catalog.format('ALTER TABLE %s %s TRIGGER %I', c.oid::regclass, $2::text, "
    "t.tgname), "
    "t.tgenabled FROM pg_catalog.pg_trigger t JOIN pg_catalog.pg_class c ON c.oid = t.tgrelid "
    "WHERE c.oid = $1::regclass AND NOT t.tgisinternal AND t.tgenabled = $3::\"char\"";

GD_MUST static struct gd_status set_triggers(struct gd_restoring *restoring, const char *table,
                                             const char *mode, const char *were,
                                             struct gd_texts *undo, const char *undo_mode,
                                             struct gd_error *err)
{
    struct gd_arena *arena = restoring->arena;
    const char *const values[] = {table, mode, were};
    const char *const back[] = {table, undo_mode, were};
    struct gd_pg_call call = {
        .what = "look at triggers", .sql = trigger_statements, .values = values, .value_count = 3};
    gd_auto_pg_rows rows = NULL;
    gd_auto_pg_rows back_rows = NULL;
    GD_TRY(gd_pg_run(restoring->home, &call, &rows, err));
    call.values = back;
    GD_TRY(gd_pg_run(restoring->home, &call, &back_rows, err));
    for (size_t i = 0; i < gd_pg_rows_count(rows); i++) {
        gd_texts_add(undo, gd_arena_strdup(arena, gd_pg_cell(back_rows, i, 0)), arena);
        GD_TRY(gd_pg_command(restoring->home, "switch a trigger off", gd_pg_cell(rows, i, 0), err));
    }
    return GD_DONE;
}

GD_MUST static struct gd_status fill_one(struct filling *filling, const struct gd_table *table,
                                         struct gd_error *err)
{
    struct gd_restoring *restoring = filling->restoring;
    struct gd_arena *arena = restoring->arena;
    struct gd_texts undo = {0};
    const char *name = name_of(table, arena);
    static const char *const modes[][2] = {
        {"O", "ENABLE"}, {"A", "ENABLE ALWAYS"}, {"R", "ENABLE REPLICA"}};
    for (size_t i = 0; i < 3; i++)
        GD_TRY(set_triggers(restoring, name, "DISABLE", modes[i][0], &undo, modes[i][1], err));
    GD_TRY(gd_fault("restore: before rows in place", err));
    GD_TRY(gd_restore_rows(restoring, restoring->home, table, err));
    for (size_t i = 0; i < undo.count; i++)
        GD_TRY(gd_pg_command(restoring->home, "switch a trigger on", undo.items[i], err));
    return GD_DONE;
}

static const char references[] =
    "SELECT EXISTS (SELECT FROM pg_catalog.pg_constraint WHERE contype = 'f' AND conrelid = "
    "$1::regclass AND confrelid = $2::regclass AND conrelid <> confrelid)";

GD_MUST static struct gd_status refers_to_later(struct filling *filling, size_t at, size_t from,
                                                bool *out_refers, struct gd_error *err)
{
    struct gd_arena *arena = filling->restoring->arena;
    *out_refers = false;
    for (size_t i = from; i < filling->count && !*out_refers; i++) {
        const char *const values[] = {name_of(filling->tables[at], arena),
                                      name_of(filling->tables[i], arena)};
        struct gd_pg_call call = {
            .what = "look at foreign keys", .sql = references, .values = values, .value_count = 2};
        gd_auto_pg_rows rows = NULL;
        GD_TRY(gd_pg_run(filling->restoring->home, &call, &rows, err));
        *out_refers = gd_pg_bool(rows, 0, 0);
    }
    return GD_DONE;
}

/* Of what is left always one that refers to nothing that is left; in a ring the server has the last
 * word. */
GD_MUST static struct gd_status sort_by_references(struct filling *filling, struct gd_error *err)
{
    for (size_t from = 0; from < filling->count; from++) {
        size_t pick = from;
        bool refers = true;
        for (size_t at = from; at < filling->count && refers; at++) {
            GD_TRY(refers_to_later(filling, at, from, &refers, err));
            if (!refers)
                pick = at;
        }
        const struct gd_table *one = filling->tables[pick];
        filling->tables[pick] = filling->tables[from];
        filling->tables[from] = one;
    }
    return GD_DONE;
}

GD_MUST static struct gd_status own_sequences(struct gd_restoring *restoring,
                                              const struct gd_table *table,
                                              struct gd_texts *sequences, struct gd_error *err)
{
    struct gd_arena *arena = restoring->arena;
    const char *name = name_of(table, arena);
    struct gd_pg_call call = {
        .what = "look at sequences",
        .sql =
            "SELECT n.nspname, s.relname FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_class s "
            "ON s.oid = d.objid AND s.relkind = 'S' JOIN pg_catalog.pg_namespace n ON n.oid = "
            "s.relnamespace WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.refclassid = "
            "'pg_catalog.pg_class'::regclass AND d.refobjid = $1::regclass AND d.deptype IN "
            "('a', 'i')",
        .values = &name,
        .value_count = 1};
    gd_auto_pg_rows rows = NULL;
    GD_TRY(gd_pg_run(restoring->home, &call, &rows, err));
    for (size_t i = 0; i < gd_pg_rows_count(rows); i++)
        gd_texts_add(sequences,
                     gd_quoted_pair(gd_pg_cell(rows, i, 0), gd_pg_cell(rows, i, 1), arena), arena);
    return GD_DONE;
}

GD_MUST static struct gd_status fill_all(struct filling *filling, struct gd_error *err)
{
    struct gd_restoring *restoring = filling->restoring;
    struct gd_texts sequences = {0};
    GD_TRY(gd_pg_command(restoring->home, "begin", "BEGIN", err));
    for (size_t i = 0; i < filling->count; i++)
        GD_TRY(lock_and_check(restoring, filling->tables[i], err));
    GD_TRY(sort_by_references(filling, err));
    for (size_t i = 0; i < filling->count; i++) {
        GD_TRY(fill_one(filling, filling->tables[i], err));
        GD_TRY(own_sequences(restoring, filling->tables[i], &sequences, err));
    }
    restoring->sequences = &sequences;
    struct gd_status status = gd_restore_sequences(restoring, restoring->home, err);
    restoring->sequences = NULL;
    GD_TRY(status);
    GD_TRY(gd_fault("restore: before rows in place count", err));
    return gd_pg_command(restoring->home, "commit", "COMMIT", err);
}

GD_MUST static struct gd_status restore_in_place(struct gd_restoring *restoring,
                                                 const struct gd_texts *tables,
                                                 struct gd_error *err)
{
    const struct gd_manifest *manifest = restoring->options->manifest;
    struct filling filling = {.restoring = restoring};
    filling.tables = gd_arena_zalloc(restoring->arena, manifest->table_count + 1, sizeof(void *));
    for (size_t i = 0; i < manifest->table_count; i++) {
        const struct gd_table *table = &manifest->tables[i];
        if (table->kind != 'f' &&
            gd_select_has(tables, table->schema, table->name, restoring->arena))
            filling.tables[filling.count++] = table;
    }
    gd_tell_stage(restoring->options->events, "copying data", 0);
    struct gd_status status = fill_all(&filling, err);
    struct gd_error ignored = {0};
    if (status.code != GD_OK && !gd_pg_broken(restoring->home))
        (void)!gd_undo(restoring->home, "undo", "ROLLBACK", &ignored).code;
    return status;
}

struct gd_status gd_restore_tables(const struct gd_restore_options *options,
                                   const char *const *tables, size_t table_count,
                                   const char *schema, struct gd_arena *arena,
                                   struct gd_restored *out_restored, struct gd_error *err)
{
    gd_auto_arena scratch = gd_arena_new();
    gd_auto_pg plain = NULL;
    gd_auto_pg home = NULL;
    struct gd_texts selected = {0};
    struct gd_restoring restoring = {
        .options = options, .arena = scratch, .side = schema, .only = &selected};
    GD_TRY(gd_restore_database_of(options, scratch, &restoring.database, err));
    GD_TRY(gd_pg_connect(options->pg, &plain, err));
    if (gd_pg_pooled(plain))
        return gd_hint(
            err,
            gd_fail(err, GD_REFUSED,
                    "could not restore: a pooler stands before the server, and would mix "
                    "up the sessions"),
            "Use the address of the server itself.");
    GD_TRY(gd_restore_session(options, plain, NULL, &home, err));
    restoring.home = home;
    restoring.server_version = gd_pg_version(home);
    GD_TRY(read_dump(&restoring, err));
    GD_TRY(gd_select_tables(&restoring.before, tables, table_count, scratch, &selected, err));
    GD_TRY(schema == NULL ? restore_in_place(&restoring, &selected, err)
                          : restore_beside(&restoring, &selected, err));
    gd_restoring_report(&restoring, arena, out_restored);
    return GD_DONE;
}
