/*
 * Finish: sequences to where they were, materialized views filled, statistics.
 */
#include <stdlib.h>
#include <string.h>

#include "guardian/base/fault.h"
#include "guardian/pg/copy.h"
#include "guardian/restore/steps.h"

enum { CALL_LIMIT_MS = 24 * 3600 * 1000, ANALYZE_AT_ONCE = 50 };

/* --- sequences --------------------------------------------------------------------------------*/

struct gd_status gd_restore_sequences(struct gd_restoring *restoring, struct gd_pg *pg,
                                      struct gd_error *err)
{
    const struct gd_manifest *manifest = restoring->options->manifest;
    gd_auto_arena arena = gd_arena_new();
    struct gd_dump_item *items =
        gd_arena_zalloc(arena, manifest->sequence_count + 1, sizeof *items);
    size_t count = 0;
    for (size_t i = 0; i < manifest->sequence_count; i++) {
        const struct gd_sequence *sequence = &manifest->sequences[i];
        const char *name = gd_quoted_pair(sequence->schema, sequence->name, arena);
        if (restoring->only != NULL && !gd_texts_has(restoring->sequences, name))
            continue;
        if (restoring->side != NULL)
            name = gd_quoted_pair(restoring->side, sequence->name, arena);
        struct gd_dump_item *item = &items[count++];
        *item = (struct gd_dump_item){.tablespace = "", .access_method = ""};
        item->what =
            gd_arena_printf(arena, "set sequence \"%s.%s\"", sequence->schema, sequence->name);
        item->sql = gd_arena_printf(arena, "SELECT pg_catalog.setval(%s::regclass, %lld, %s)",
                                    gd_literal(name, arena), (long long)sequence->last_value,
                                    sequence->is_called ? "true" : "false");
    }
    return gd_restore_items(restoring, pg, items, count, NULL, err);
}

/* --- materialized views -----------------------------------------------------------------------*/

struct refresh {
    const char *what, *sql;
    bool done, not_yet;
};

struct refreshing {
    struct gd_restoring *restoring;
    struct refresh *items;
    size_t count;
};

/* Empty ones, and how many other empty ones each needs, through any number of views. */
static const char empty_matviews[] =
    "WITH RECURSIVE uses (view, rel) AS ("
    " SELECT r.ev_class, d.refobjid FROM pg_catalog.pg_rewrite r"
    "  JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_rewrite'::regclass"
    "   AND d.objid = r.oid AND d.refclassid = 'pg_catalog.pg_class'::regclass"
    "   AND d.refobjid <> r.ev_class),"
    "needs (matview, rel) AS ("
    " SELECT c.oid, u.rel FROM pg_catalog.pg_class c JOIN uses u ON u.view = c.oid"
    "  WHERE c.relkind = 'm' AND NOT c.relispopulated"
    " UNION SELECT n.matview, u.rel FROM needs n JOIN uses u ON u.view = n.rel)"
    "SELECT s.nspname, c.relname, (SELECT count(*) FROM needs n"
    "  JOIN pg_catalog.pg_class o ON o.oid = n.rel AND o.relkind = 'm' AND NOT o.relispopulated"
    "  WHERE n.matview = c.oid AND o.oid <> c.oid)"
    " FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace s ON s.oid = c.relnamespace"
    " WHERE c.relkind = 'm' AND NOT c.relispopulated ORDER BY 3, 1, 2";

/* 55000: it reads another one, out of sight in a function, that is still empty. */
GD_MUST static struct gd_status refresh_one(void *context, struct gd_team *team, unsigned worker,
                                            struct gd_pg *pg, size_t job, struct gd_error *err)
{
    (void)team;
    (void)worker;
    struct refreshing *refreshing = context;
    struct refresh *item = &refreshing->items[job];
    struct gd_error refused = {0};
    struct gd_pg_call call = {.what = item->what, .sql = item->sql, .limit_ms = CALL_LIMIT_MS};
    GD_TRY(gd_fault("restore: before a materialized view", err));
    struct gd_status status = gd_pg_run(pg, &call, NULL, &refused);
    item->done = status.code == GD_OK;
    item->not_yet = strcmp(call.sqlstate, "55000") == 0;
    if (item->done || item->not_yet)
        return GD_DONE;
    *err = refused;
    return status;
}

static bool was_populated(const struct gd_manifest *manifest, const char *schema, const char *name)
{
    for (size_t i = 0; i < manifest->matview_count; i++)
        if (strcmp(manifest->matviews[i].name, name) == 0 &&
            strcmp(manifest->matviews[i].schema, schema) == 0)
            return manifest->matviews[i].populated;
    return false;
}

/* Those that need the fewest empty ones: none, unless one that needs no filling is in between. */
GD_MUST static struct gd_status next_round(struct gd_restoring *restoring, struct gd_pg *pg,
                                           struct refreshing *round, struct gd_error *err)
{
    struct gd_arena *arena = restoring->arena;
    struct gd_pg_call call = {
        .what = "ask for materialized views", .sql = empty_matviews, .limit_ms = CALL_LIMIT_MS};
    gd_auto_pg_rows rows = NULL;
    GD_TRY(gd_pg_run(pg, &call, &rows, err));
    round->items = gd_arena_zalloc(arena, gd_pg_rows_count(rows) + 1, sizeof *round->items);
    int64_t fewest = -1;
    round->count = 0;
    for (size_t i = 0; i < gd_pg_rows_count(rows); i++) {
        const char *schema = gd_pg_cell(rows, i, 0), *name = gd_pg_cell(rows, i, 1);
        if (!was_populated(restoring->options->manifest, schema, name))
            continue;
        if (fewest >= 0 && gd_pg_int(rows, i, 2) > fewest)
            break;
        fewest = gd_pg_int(rows, i, 2);
        struct refresh *item = &round->items[round->count++];
        item->what = gd_arena_printf(arena, "refresh materialized view \"%s.%s\"", schema, name);
        item->sql = gd_arena_printf(arena, "REFRESH MATERIALIZED VIEW %s",
                                    gd_quoted_pair(schema, name, arena));
    }
    return GD_DONE;
}

struct gd_status gd_restore_matviews(struct gd_restoring *restoring, struct gd_team *team,
                                     struct gd_error *err)
{
    for (;;) {
        struct refreshing round = {.restoring = restoring};
        size_t done = 0;
        GD_TRY(next_round(restoring, gd_team_first(team), &round, err));
        if (round.count == 0)
            return GD_DONE;
        GD_TRY(gd_team_work(team, "filling materialized views", round.count, 0, refresh_one, &round,
                            err));
        for (size_t i = 0; i < round.count; i++)
            done += round.items[i].done;
        if (done == 0)
            return gd_fail(err, GD_SYSTEM, "could not %s: it reads another one that is still empty",
                           round.items[0].what);
    }
}

/* --- statistics -------------------------------------------------------------------------------*/

struct analysis {
    const char **sql;
    size_t count;
};

GD_MUST static struct gd_status analyze_some(void *context, struct gd_team *team, unsigned worker,
                                             struct gd_pg *pg, size_t job, struct gd_error *err)
{
    (void)team;
    (void)worker;
    struct analysis *analysis = context;
    GD_TRY(gd_fault("restore: before ANALYZE", err));
    return gd_pg_command(pg, "analyze tables", analysis->sql[job], err);
}

/* Partitions are looked at with their root. Largest first, small ones together; in a side schema,
 * only what is there. */
static const char analyzed[] =
    "SELECT n.nspname, c.relname, CASE WHEN c.relkind = 'p' THEN 1073741824"
    "  ELSE pg_catalog.pg_relation_size(c.oid) END AS bytes"
    " FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
    " WHERE c.relkind IN ('r', 'p', 'm') AND NOT c.relispartition AND c.relpersistence <> 't'"
    "  AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'"
    "  AND ($1::text IS NULL OR n.nspname = $1) AND (c.relkind <> 'm' OR c.relispopulated)"
    "  AND pg_catalog.pg_has_role(c.relowner, 'USAGE') ORDER BY 3 DESC, 1, 2";

GD_MUST static struct gd_status plan_analysis(struct gd_restoring *restoring, struct gd_pg *pg,
                                              struct analysis *analysis, struct gd_error *err)
{
    struct gd_arena *arena = restoring->arena;
    struct gd_pg_call call = {.what = "ask for tables",
                              .sql = analyzed,
                              .values = &restoring->side,
                              .value_count = 1,
                              .limit_ms = CALL_LIMIT_MS};
    gd_auto_pg_rows rows = NULL;
    GD_TRY(gd_pg_run(pg, &call, &rows, err));
    size_t count = gd_pg_rows_count(rows);
    analysis->sql = gd_arena_zalloc(arena, count + 1, sizeof *analysis->sql);
    for (size_t i = 0, together = 0; i < count; i++) {
        const char *name = gd_quoted_pair(gd_pg_cell(rows, i, 0), gd_pg_cell(rows, i, 1), arena);
        if (!gd_texts_add(&restoring->analyzed, name, arena))
            continue;
        bool small = gd_pg_int(rows, i, 2) < 1 << 20;
        bool joins = small && together > 0 && together < ANALYZE_AT_ONCE;
        together = !small ? 0 : joins ? together + 1 : 1;
        if (joins)
            analysis->sql[analysis->count - 1] =
                gd_arena_printf(arena, "%s, %s", analysis->sql[analysis->count - 1], name);
        else
            analysis->sql[analysis->count++] = gd_arena_printf(arena, "ANALYZE %s", name);
    }
    return GD_DONE;
}

struct gd_status gd_restore_analyze(struct gd_restoring *restoring, struct gd_team *team,
                                    struct gd_error *err)
{
    struct analysis analysis = {.count = 0};
    if (!restoring->options->analyze)
        return GD_DONE;
    GD_TRY(plan_analysis(restoring, gd_team_first(team), &analysis, err));
    return gd_team_work(team, "gathering statistics", analysis.count, 0, analyze_some, &analysis,
                        err);
}
