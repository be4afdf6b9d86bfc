/*
 * Rollback, values that do not fit: what the schema of before cannot hold is emptied, where the
 * snapshot has another value for it, or goes with its row, which was counted and asked for.
 */
#include <inttypes.h>

#include "guardian/guard/rollback_rows.h"
#include "guardian/pg/copy.h"

enum { LIMIT_MS = 24 * 3600 * 1000 };

/* Rows of others that have no value for a column which must have one. */
struct gd_status gd_back_drop_unfit(struct gd_back_rows *rows, struct gd_back_task *task, bool drop,
                                    struct gd_error *err)
{
    struct gd_arena *arena = rows->arena;
    for (size_t i = 0; i < task->count; i++) {
        const struct gd_back_column_task *item = &task->items[i];
        int64_t count = 0;
        if (!item->not_null)
            continue;
        const char *unfit = gd_arena_printf(arena, "FROM %s WHERE %s IS NULL", task->only,
                                            gd_quoted(item->name, arena));
        if (drop)
            GD_TRY(gd_back_change(rows, task, gd_arena_printf(arena, "DELETE %s", unfit), &count,
                                  err));
        else
            GD_TRY(gd_back_number(rows->pg, "count rows without a value",
                                  gd_arena_printf(arena, "SELECT count(*) %s", unfit), &count,
                                  err));
        task->unfit += count;
        if (count > 0 && !drop)
            return gd_fail(err, GD_FAILED,
                           "could not bring back column %s.%s: %" PRId64 " rows that were written "
                           "since have no value for it, and it must have one",
                           task->plain, item->name, count);
    }
    return GD_DONE;
}

/* Tried on all of them: a cast that fails has no softer form. */
GD_MUST static struct gd_status fits(struct gd_back_rows *rows, const struct gd_back_task *task,
                                     const struct gd_back_column_task *item, bool *out_fits,
                                     struct gd_error *err)
{
    struct gd_arena *arena = rows->arena;
    struct gd_pg_call call = {.what = "try whether values fit",
                              .sql = gd_arena_printf(arena, "SELECT count(%s::%s) FROM %s",
                                                     gd_quoted(item->name, arena), item->type,
                                                     task->only),
                              .limit_ms = LIMIT_MS};
    struct gd_error refused = {0};
    GD_TRY(gd_pg_command(rows->pg, "try whether values fit", "SAVEPOINT guardian_fits", err));
    struct gd_status status = gd_pg_run(rows->pg, &call, NULL, &refused);
    *out_fits = status.code == GD_OK;
    if (gd_pg_broken(rows->pg)) {
        *err = refused;
        return status;
    }
    return gd_pg_command(rows->pg, "try whether values fit", "ROLLBACK TO guardian_fits", err);
}

struct gd_status gd_back_clear(struct gd_back_rows *rows, struct gd_back_task *task,
                               struct gd_error *err)
{
    struct gd_arena *arena = rows->arena;
    for (size_t i = 0; i < task->count && task->key_count > 0 && task->loaded; i++) {
        struct gd_back_column_task *item = &task->items[i];
        const char *column = gd_quoted(item->name, arena);
        bool fit = true;
        int64_t count = 0;
        if (item->fate != GD_BACK_RETYPED || item->touched)
            continue;
        GD_TRY(fits(rows, task, item, &fit, err));
        if (fit)
            continue;
        item->cleared = true;
        GD_TRY(gd_pg_command(rows->pg, "let a column be empty",
                             gd_arena_printf(arena, "ALTER TABLE %s ALTER COLUMN %s DROP NOT NULL",
                                             task->name, column),
                             err));
        GD_TRY(gd_back_change(rows, task,
                              gd_arena_printf(arena,
                                              "UPDATE %s l SET %s = NULL FROM %s s WHERE %s AND "
                                              "s.\"guardian take %zu\"",
                                              task->only, column, gd_back_side(task, arena),
                                              gd_back_same_key(task, arena), i),
                              &count, err));
    }
    return GD_DONE;
}

struct gd_status gd_back_require_again(struct gd_back_rows *rows, const struct gd_back_task *task,
                                       struct gd_error *err)
{
    for (size_t i = 0; i < task->count; i++)
        if (task->items[i].cleared && task->items[i].required)
            GD_TRY(gd_pg_command(
                rows->pg, "make a column NOT NULL again",
                gd_arena_printf(rows->arena, "ALTER TABLE %s ALTER COLUMN %s SET NOT NULL",
                                task->name, gd_quoted(task->items[i].name, rows->arena)),
                err));
    return GD_DONE;
}
