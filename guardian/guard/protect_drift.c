/*
 * Drift: what was written between an online backup and the change.
 *
 * A row is new when the transaction that made it is not visible in the backup's snapshot; a row of
 * the backup is gone when fewer old ones are left than were copied. The transaction ids of rows
 * have 32 bits: they are widened with the server's current one. One that is so old that its bits
 * come round again may count as new, never the other way. An updated row counts on both sides.
 *
 * Of a point in time nobody has counted the rows: those that were deleted since are not told. A
 * rollback brings them back, and loses nothing by it.
 *
 * What is seen and not committed is the session's own (savepoints have ids of their own), and
 * counts as nobody's.
 *
 * Every row is looked at, for no index knows: within a time for all tables; those that were not
 * done by then are not known (-1).
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guardian/base/clock.h"
#include "guardian/guard/protect_own.h"

enum { LIMIT_MS = 30000, LEAST_MS = 20, REPLY_MS = 10000 };

struct drifting {
    struct gd_pg *pg;
    const struct gd_protection *protection;
    struct gd_arena *arena;
    const char *age; /* of the oldest id that may be new */
    int64_t until_us;
};

/* What `n` transactions ago was the last that the backup can have seen nothing of. */
GD_MUST static struct gd_status measure_age(struct drifting *drifting, struct gd_error *err)
{
    struct gd_pg_call call = {
        .what = "look at the backup's snapshot",
        .sql = "SELECT least(2147483647, "
               "pg_catalog.pg_snapshot_xmax(pg_catalog.pg_current_snapshot())::text::int8 - "
               "pg_catalog.pg_snapshot_xmin($1::pg_catalog.pg_snapshot)::text::int8)",
        .values = &drifting->protection->pg_snapshot,
        .value_count = 1};
    gd_auto_pg_rows rows = NULL;
    GD_TRY(gd_pg_run(drifting->pg, &call, &rows, err));
    drifting->age = gd_arena_strdup(drifting->arena, gd_pg_cell(rows, 0, 0));
    return GD_DONE;
}

static const char *count_sql(const struct drifting *drifting, const struct gd_protected *table)
{
    const char *own = drifting->protection->own_ids;
    return gd_arena_printf(
        drifting->arena,
        "SELECT pg_catalog.count(*), pg_catalog.count(*) FILTER (WHERE pg_catalog.age(t.xmin) <= "
        "%s AND t.xmin::text::int8 > 2 AND (SELECT NOT pg_catalog.pg_visible_in_snapshot("
        "c.id::text::pg_catalog.xid8, $1::pg_catalog.pg_snapshot) AND pg_catalog.pg_xact_status("
        "c.id::text::pg_catalog.xid8) IS DISTINCT FROM 'in progress' FROM (SELECT CASE WHEN w.id > "
        "n.id THEN w.id - 4294967296 ELSE w.id END AS id FROM (SELECT n.id >> 32 << 32 | "
        "t.xmin::text::int8 AS id) AS w) AS c WHERE c.id > 0)) FROM ONLY %s AS t, (SELECT "
        "pg_catalog.pg_snapshot_xmax(pg_catalog.pg_current_snapshot())::text::int8 AS id) AS n "
        "WHERE t.xmin::text::int8 NOT IN (%s)",
        drifting->age, table->qualified, own == NULL ? "0" : own);
}

static const struct gd_table *backed_up(const struct drifting *drifting,
                                        const struct gd_protected *table)
{
    const struct gd_manifest *manifest = drifting->protection->manifest;
    for (size_t i = 0; i < manifest->table_count; i++)
        if (manifest->tables[i].oid == table->oid)
            return &manifest->tables[i];
    return NULL;
}

static void set_counts(const struct drifting *drifting, const struct gd_protected *table,
                       int64_t rows, int64_t rows_new, struct gd_story_drift *drift)
{
    if (drifting->protection->cover != NULL) { /* how many there were, nobody counted */
        drift->rows_new = rows_new;
        return;
    }
    const struct gd_table *copied = backed_up(drifting, table);
    if (copied == NULL) { /* it was made, or became a part, since */
        drift->rows_new = rows;
        return;
    }
    int64_t old = rows - rows_new, had = (int64_t)copied->digest.rows;
    drift->rows_new = rows_new;
    if (copied->condition == NULL || *copied->condition == '\0')
        drift->rows_gone = had > old ? had - old : 0;
}

/* Settings that hold for this look only. */
GD_MUST static struct gd_status count_rows(struct drifting *drifting,
                                           const struct gd_protected *table, uint32_t limit_ms,
                                           struct gd_story_drift *drift, bool *out_late,
                                           struct gd_error *err)
{
    char limit[16];
    snprintf(limit, sizeof limit, "%u", limit_ms);
    const char *const limits[] = {limit};
    struct gd_pg_call open[] = {{.what = "set a savepoint", .sql = "SAVEPOINT guardian_drift"},
                                {.what = "set limits",
                                 .sql =
                                     "SELECT pg_catalog.set_config('statement_timeout', $1, true), "
                                     "pg_catalog.set_config('row_security', 'off', true), "
                                     "pg_catalog.set_config('search_path', 'pg_catalog', true)",
                                 .values = limits,
                                 .value_count = 1}};
    struct gd_pg_call call = {.what = gd_arena_printf(drifting->arena,
                                                      "count what was written to table %s",
                                                      table->qualified),
                              .sql = count_sql(drifting, table),
                              .values = &drifting->protection->pg_snapshot,
                              .value_count = 1,
                              .limit_ms = limit_ms + REPLY_MS};
    struct gd_pg_call close[] = {
        {.what = "return to a savepoint", .sql = "ROLLBACK TO SAVEPOINT guardian_drift"},
        {.what = "release a savepoint", .sql = "RELEASE SAVEPOINT guardian_drift"}};
    gd_auto_pg_rows rows = NULL;
    struct gd_error later = {0};
    GD_TRY(gd_pg_batch(drifting->pg, open, 2, NULL, NULL, err));
    struct gd_status status = gd_pg_run(drifting->pg, &call, &rows, err);
    *out_late = strcmp(call.sqlstate, "57014") == 0;
    if (status.code == GD_OK)
        set_counts(drifting, table, gd_pg_int(rows, 0, 0), gd_pg_int(rows, 0, 1), drift);
    else if (!*out_late || gd_pg_broken(drifting->pg))
        return status;
    status = gd_pg_batch(drifting->pg, close, 2, NULL, NULL, &later);
    if (status.code != GD_OK)
        *err = later;
    return status;
}

GD_MUST static struct gd_status drift_of(struct drifting *drifting,
                                         const struct gd_protected *table,
                                         struct gd_story_drift *drift, struct gd_error *err)
{
    int64_t left_ms = (drifting->until_us - gd_clock_monotonic_us()) / 1000;
    bool late = left_ms < LEAST_MS;
    *drift = (struct gd_story_drift){.table = table->qualified};
    if (!late)
        GD_TRY(count_rows(drifting, table, (uint32_t)left_ms, drift, &late, err));
    if (late)
        drift->rows_new = drift->rows_gone = -1;
    return GD_DONE;
}

/* All of its rows are the change's by now, and nobody knows who wrote them before. */
static bool is_rewritten(const struct gd_protection *protection, const struct gd_protected *table)
{
    uint32_t was =
        protection->own_files == NULL ? GD_MAP_NONE : gd_map_get(protection->own_files, table->oid);
    return protection->own_ids != NULL && was != GD_MAP_NONE && was != table->file;
}

struct gd_status gd_protect_drift(struct gd_pg *pg, const struct gd_protection *protection,
                                  const struct gd_backup *backup, struct gd_arena *arena,
                                  struct gd_story_drift **out_drifts, size_t *out_count,
                                  int64_t *out_rows, struct gd_error *err)
{
    struct drifting drifting = {
        .pg = pg,
        .protection = protection,
        .arena = arena,
        .until_us = gd_clock_monotonic_us() +
                    1000LL * (protection->drift_ms == 0 ? LIMIT_MS : protection->drift_ms)};
    struct gd_protected *tables = NULL;
    size_t table_count = 0, count = 0;
    int64_t rows = 0;
    GD_TRY(gd_protected_tables(pg, backup, arena, &tables, &table_count, err));
    GD_TRY(measure_age(&drifting, err));
    struct gd_story_drift *drifts = gd_arena_zalloc(arena, table_count + 1, sizeof *drifts);
    for (size_t i = 0; i < table_count; i++) {
        if (tables[i].kind != 'r' || is_rewritten(protection, &tables[i]))
            continue;
        GD_TRY(drift_of(&drifting, &tables[i], &drifts[count], err));
        if (drifts[count].rows_new < 0 || rows < 0)
            rows = -1;
        else
            rows += drifts[count].rows_new + drifts[count].rows_gone;
        count += drifts[count].rows_new != 0 || drifts[count].rows_gone != 0;
    }
    *out_drifts = drifts;
    *out_count = count;
    *out_rows = rows;
    return GD_DONE;
}
