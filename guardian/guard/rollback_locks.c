/*
 * Rollback, locks of migration tools: rows that say "somebody migrates". A backup of the whole
 * database that was made while a tool ran holds its lock; put back like that, the next run would
 * wait for one that is over. So they stay as they are now.
 */
#include "guardian/guard/rollback_own.h"
#include "guardian/guard/run.h"
#include "guardian/pg/copy.h"

GD_MUST static struct gd_status read_one(struct gd_back *back, const char *table,
                                         struct gd_back_lock *out_lock, struct gd_error *err)
{
    struct gd_arena *arena = back->arena;
    gd_auto_pg_rows rows = NULL;
    struct gd_pg_call call = {
        .what = "read the lock of a migration tool",
        .sql = gd_arena_printf(arena,
                               "SELECT coalesce(pg_catalog.jsonb_agg(pg_catalog.to_jsonb(t)), "
                               "'[]')::text FROM %s t",
                               table)};
    GD_TRY(gd_pg_run(back->pg, &call, &rows, err));
    *out_lock = (struct gd_back_lock){.table = table,
                                      .rows = gd_arena_strdup(arena, gd_pg_cell(rows, 0, 0))};
    return GD_DONE;
}

struct gd_status gd_back_read_locks(struct gd_back *back, struct gd_back_locks *out_locks,
                                    struct gd_error *err)
{
    gd_auto_pg_rows rows = NULL;
    struct gd_pg_call call = {
        .what = "look for the locks of migration tools",
        .sql = "SELECT n.nspname, c.relname FROM pg_catalog.pg_class c JOIN "
               "pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind = 'r' AND "
               "c.relpersistence <> 't' ORDER BY 1, 2"};
    *out_locks = (struct gd_back_locks){0};
    if (back->story->kind != GD_STORY_RUN)
        return GD_DONE;
    GD_TRY(gd_pg_run(back->pg, &call, &rows, err));
    size_t most = gd_pg_rows_count(rows);
    out_locks->items = gd_arena_zalloc(back->arena, most + 1, sizeof *out_locks->items);
    for (size_t i = 0; i < most; i++)
        if (gd_run_is_lock_table(gd_pg_cell(rows, i, 1)))
            GD_TRY(read_one(
                back, gd_quoted_pair(gd_pg_cell(rows, i, 0), gd_pg_cell(rows, i, 1), back->arena),
                &out_locks->items[out_locks->count++], err));
    return GD_DONE;
}

struct gd_status gd_back_write_locks(const struct gd_back_locks *locks, struct gd_pg *pg,
                                     struct gd_arena *arena, struct gd_error *err)
{
    for (size_t i = 0; i < locks->count; i++) {
        const struct gd_back_lock *lock = &locks->items[i];
        gd_auto_pg_rows there = NULL;
        struct gd_pg_call look = {.what = "look for the lock of a migration tool",
                                  .sql = "SELECT pg_catalog.to_regclass($1) IS NOT NULL",
                                  .values = &lock->table,
                                  .value_count = 1};
        struct gd_pg_call insert = {
            .what = "free the lock of a migration tool",
            .sql = gd_arena_printf(arena,
                                   "INSERT INTO %s OVERRIDING SYSTEM VALUE SELECT * FROM "
                                   "pg_catalog.jsonb_populate_recordset(NULL::%s, $1::jsonb)",
                                   lock->table, lock->table),
            .values = &lock->rows,
            .value_count = 1};
        GD_TRY(gd_pg_run(pg, &look, &there, err));
        if (!gd_pg_bool(there, 0, 0))
            continue; /* the change had made it */
        GD_TRY(gd_pg_command(pg, "free the lock of a migration tool",
                             gd_arena_printf(arena, "BEGIN; DELETE FROM %s", lock->table), err));
        GD_TRY(gd_pg_run(pg, &insert, NULL, err));
        GD_TRY(gd_pg_command(pg, "free the lock of a migration tool", "COMMIT", err));
    }
    return GD_DONE;
}
