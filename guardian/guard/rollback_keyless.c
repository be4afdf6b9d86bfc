/*
 * Rollback, tables without a key: told apart by whole rows, where the counts allow no doubt.
 *
 * Row versions of before the backup, of the change and of others are counted. When the change
 * itself counted as many updates and deletes as rows of the backup are gone, and what it wrote is
 * all still there, then others only inserted: the change's versions go, what the snapshot has more
 * of comes back, and the rest stays as it is. When nobody else wrote a row, all of the snapshot
 * comes back.
 *
 * Invariant  A row of others is never thrown away here.
 */
#include <inttypes.h>

#include "guardian/guard/rollback_rows.h"
#include "guardian/pg/copy.h"

struct counts {
    int64_t before, own, others;
};

GD_MUST static struct gd_status count(struct gd_back_rows *rows, const struct gd_back_task *task,
                                      struct counts *out_counts, struct gd_error *err)
{
    struct gd_arena *arena = rows->arena;
    struct gd_pg_call call = {
        .what = "count who wrote which rows",
        .sql = gd_arena_printf(arena,
                               "SELECT count(*) FILTER (WHERE who = 'b'), count(*) FILTER (WHERE "
                               "who = 'c'), count(*) FILTER (WHERE who = 'o') FROM (SELECT %s AS "
                               "who FROM %s l) t",
                               gd_back_who_wrote(rows, task, "l"), task->only)};
    gd_auto_pg_rows found = NULL;
    GD_TRY(gd_pg_run(rows->pg, &call, &found, err));
    *out_counts =
        (struct counts){gd_pg_int(found, 0, 0), gd_pg_int(found, 0, 1), gd_pg_int(found, 0, 2)};
    return GD_DONE;
}

/* Did others do no more than insert? */
static bool others_only_inserted(const struct gd_back_task *task, const struct counts *counts)
{
    int64_t removed = (int64_t)task->stored->digest.rows - counts->before;
    if (task->deleted < 0)
        return false;
    bool all_by_change = (task->emptied && counts->before == 0 && task->updated == 0) ||
                         removed == task->updated + task->deleted;
    return all_by_change && counts->own == task->inserted + task->updated;
}

/* Values of columns that the schema takes and gives back cannot be told by the row. */
static bool only_rows(const struct gd_back_task *task)
{
    for (size_t i = 0; i < task->count; i++)
        if (!task->items[i].touched)
            return false;
    return true;
}

struct gd_status gd_back_weigh_keyless(struct gd_back_rows *rows, struct gd_back_task *task,
                                       const char **out_why, struct gd_error *err)
{
    struct counts counts;
    *out_why = "";
    GD_TRY(count(rows, task, &counts, err));
    int64_t removed = (int64_t)task->stored->digest.rows - counts.before;
    bool counted = task->deleted >= 0 && only_rows(task);
    task->since_new = counts.others;
    task->side_by_side = only_rows(task) && others_only_inserted(task, &counts);
    if (task->side_by_side)
        return GD_DONE;
    if (counts.others > 0)
        *out_why = gd_arena_printf(rows->arena,
                                   "it has no key by which rows could be told apart, and %" PRId64
                                   " rows were written to it since",
                                   counts.others);
    bool all_there = task->updated == 0 || counts.own == task->inserted + task->updated;
    task->may_revive = counted ? !all_there : !task->emptied;
    task->revived = counted && removed > task->updated + task->deleted
                        ? removed - task->updated - task->deleted
                        : 0;
    return GD_DONE;
}

static const char *row_text(const struct gd_back_task *task, const char *alias,
                            struct gd_arena *arena)
{
    const char *text = "";
    for (size_t i = 0; i < task->stored->column_count; i++) {
        const char *column = task->stored->columns[i];
        const char *value = alias == NULL
                                ? gd_back_was(task, column, arena)
                                : gd_arena_printf(arena, "%s.%s", alias, gd_quoted(column, arena));
        text = gd_arena_printf(arena, "%s%s(%s)::text", text, i == 0 ? "" : ", ", value);
    }
    return gd_arena_printf(arena, "ROW(%s)::text", text);
}

struct gd_status gd_back_insert_difference(struct gd_back_rows *rows, struct gd_back_task *task,
                                           struct gd_error *err)
{
    struct gd_arena *arena = rows->arena;
    int64_t count = 0;
    const char *there = gd_arena_printf(
        arena, "SELECT %s AS row, count(*) AS times FROM %s l WHERE %s GROUP BY 1",
        row_text(task, "l", arena), task->only,
        task->side_by_side ? gd_arena_printf(arena, "%s = 'b'", gd_back_who_wrote(rows, task, "l"))
                           : "false");
    GD_TRY(gd_back_change(
        rows, task,
        gd_arena_printf(
            arena,
            "INSERT INTO %s (%s) OVERRIDING SYSTEM VALUE SELECT %s FROM (SELECT s.*, row_number() "
            "OVER (PARTITION BY \"guardian row\") AS \"guardian nth\" FROM (SELECT s.*, %s AS "
            "\"guardian row\" FROM %s s) s) s LEFT JOIN (%s) t ON t.row = s.\"guardian row\" WHERE "
            "s.\"guardian nth\" > coalesce(t.times, 0)",
            task->name, gd_quoted_list(task->stored->columns, task->stored->column_count, arena),
            gd_back_row_was(task, arena), row_text(task, NULL, arena), gd_back_side(task, arena),
            there),
        &count, err));
    task->back += count;
    return GD_DONE;
}
