/*
 * Rollback, rows that went: which of them the change deleted, which somebody else did, and whose
 * key another row has by now.
 *
 * A row that is gone tells nobody who deleted it. It is known when the change emptied the table, or
 * deleted by conditions over a row and nothing else: those are tried on the snapshot's rows, and
 * believed when as many are found as the change itself counted. Otherwise the counts give bounds.
 *
 * Invariant  What cannot be told is said, with a number that is never too small.
 */
#include <inttypes.h>

#include "guardian/guard/rollback_rows.h"
#include "guardian/pg/copy.h"

enum { KEYS_SHOWN = 5 };

static int64_t at_least(int64_t value, int64_t least)
{
    return value < least ? least : value;
}

static int64_t at_most(int64_t value, int64_t most)
{
    return value > most ? most : value;
}

GD_MUST static struct gd_status number(struct gd_back_rows *rows, const char *sql, int64_t *out,
                                       struct gd_error *err)
{
    return gd_back_number(rows->pg, "count rows that went", sql, out, err);
}

/* --- marking ----------------------------------------------------------------------------------*/

GD_MUST static struct gd_status mark(struct gd_back_rows *rows, const struct gd_back_task *task,
                                     const char *value, struct gd_error *err)
{
    int64_t count = 0;
    return gd_back_change(rows, task,
                          gd_arena_printf(rows->arena, "UPDATE %s s SET \"guardian gone\" = %s",
                                          gd_back_side(task, rows->arena), value),
                          &count, err);
}

/* One that cannot be computed any more tells nothing. */
GD_MUST static struct gd_status mark_by(struct gd_back_rows *rows, const struct gd_back_task *task,
                                        size_t at, bool *out_done, struct gd_error *err)
{
    struct gd_arena *arena = rows->arena;
    struct gd_error refused = {0};
    int64_t count = 0;
    const char *alias = gd_quoted(task->conditions[at].alias, arena);
    const char *sql = gd_arena_printf(
        arena,
        "UPDATE %s s SET \"guardian gone\" = true FROM (SELECT %s.\"guardian place\" AS place FROM "
        "(%s) %s WHERE %s) t WHERE s.ctid = t.place",
        gd_back_side(task, arena), alias, gd_back_typed_rows(task, arena), alias,
        task->conditions[at].sql);
    GD_TRY(gd_pg_command(rows->pg, "look what was deleted", "SAVEPOINT guardian_gone", err));
    struct gd_status status = gd_back_change(rows, task, sql, &count, &refused);
    if (gd_pg_broken(rows->pg)) {
        *err = refused;
        return status;
    }
    *out_done = status.code == GD_OK;
    return gd_pg_command(rows->pg, "look what was deleted",
                         *out_done ? "RELEASE guardian_gone" : "ROLLBACK TO guardian_gone", err);
}

GD_MUST static struct gd_status mark_all(struct gd_back_rows *rows, struct gd_back_task *task,
                                         struct gd_error *err)
{
    struct gd_arena *arena = rows->arena;
    int64_t there = 0;
    GD_TRY(number(rows,
                  gd_arena_printf(arena,
                                  "SELECT count(*) FROM (SELECT FROM %s l WHERE %s = 'b' "
                                  "LIMIT 1) t",
                                  task->only, gd_back_who_wrote(rows, task, "l")),
                  &there, err));
    if (there > 0)
        return GD_DONE;
    task->gone_known = true;
    return mark(rows, task, "true", err);
}

/* Believed when nothing contradicts: a row that is as it was then was not deleted. */
GD_MUST static struct gd_status check_marks(struct gd_back_rows *rows, struct gd_back_task *task,
                                            struct gd_error *err)
{
    struct gd_arena *arena = rows->arena;
    const char *side = gd_back_side(task, arena);
    int64_t marked = 0, there = 0;
    GD_TRY(number(rows,
                  gd_arena_printf(arena, "SELECT count(*) FROM %s WHERE \"guardian gone\"", side),
                  &marked, err));
    GD_TRY(number(rows,
                  gd_arena_printf(arena,
                                  "SELECT count(*) FROM %s s JOIN %s l ON %s WHERE s.\"guardian "
                                  "gone\" AND %s = 'b'",
                                  side, task->only, gd_back_same_key(task, arena),
                                  gd_back_who_wrote(rows, task, "l")),
                  &there, err));
    task->gone_known = there == 0 && (task->deleted < 0 || task->deleted == marked);
    return task->gone_known ? GD_DONE : mark(rows, task, "NULL", err);
}

GD_MUST static struct gd_status mark_rows(struct gd_back_rows *rows, struct gd_back_task *task,
                                          struct gd_error *err)
{
    bool done = true;
    task->gone_known = false;
    if (task->emptied)
        return mark_all(rows, task, err);
    if (task->blurred || task->condition_count == 0 || task->updated_unseen || task->updated > 0 ||
        task->count > 0)
        return GD_DONE;
    GD_TRY(mark(rows, task, "false", err));
    for (size_t i = 0; i < task->condition_count && done; i++)
        GD_TRY(mark_by(rows, task, i, &done, err));
    return done ? check_marks(rows, task, err) : mark(rows, task, "NULL", err);
}

/* --- counting ---------------------------------------------------------------------------------*/

/* Rows of the snapshot whose key a row of others has. */
static const char *others_with_key(const struct gd_back_task *task, struct gd_arena *arena)
{
    return gd_arena_printf(arena, "FROM %s s JOIN %s w ON w.\"guardian who\" = 'o' AND %s WHERE %s",
                           gd_back_side(task, arena), gd_back_noted(task, arena),
                           gd_back_same_key_as(task, "w", arena),
                           task->gone_known ? "s.\"guardian gone\"" : "true");
}

/* "id = 2, 5, 9 …" */
GD_MUST static struct gd_status name_keys(struct gd_back_rows *rows, struct gd_back_task *task,
                                          struct gd_error *err)
{
    struct gd_arena *arena = rows->arena;
    const char *names = "", *values = "";
    for (size_t i = 0; i < task->key_count; i++)
        names = gd_arena_printf(arena, "%s%s%s", names, i == 0 ? "" : ", ",
                                gd_back_plain("", task->keys[i], arena));
    for (size_t i = 0; i < task->key_count; i++)
        values = gd_arena_printf(arena, "%s%s%s", values, i == 0 ? "" : ", ",
                                 gd_back_was(task, task->keys[i], arena));
    struct gd_pg_call call = {
        .what = "name rows that went",
        .sql = gd_arena_printf(arena, "SELECT concat_ws(', ', %s) %s ORDER BY %s LIMIT %d", values,
                               others_with_key(task, arena), values, KEYS_SHOWN + 1)};
    gd_auto_pg_rows found = NULL;
    GD_TRY(gd_pg_run(rows->pg, &call, &found, err));
    const char *text = "";
    bool several = task->key_count > 1;
    for (size_t i = 0; i < gd_pg_rows_count(found) && i < KEYS_SHOWN; i++)
        text = gd_arena_printf(arena, "%s%s%s%s%s", text, i == 0 ? "" : ", ", several ? "(" : "",
                               gd_pg_cell(found, i, 0), several ? ")" : "");
    task->taken_keys =
        gd_arena_printf(arena, "%s%s%s = %s%s", several ? "(" : "", names, several ? ")" : "", text,
                        gd_pg_rows_count(found) > KEYS_SHOWN ? " …" : "");
    return GD_DONE;
}

GD_MUST static struct gd_status count_known(struct gd_back_rows *rows, struct gd_back_task *task,
                                            struct gd_error *err)
{
    struct gd_arena *arena = rows->arena;
    GD_TRY(number(rows, gd_arena_printf(arena, "SELECT count(*) %s", others_with_key(task, arena)),
                  &task->taken, err));
    return number(rows,
                  gd_arena_printf(arena,
                                  "SELECT count(*) FROM %s s WHERE NOT s.\"guardian gone\" AND NOT "
                                  "EXISTS (SELECT FROM %s l WHERE %s)",
                                  gd_back_side(task, arena), task->only,
                                  gd_back_same_key(task, arena)),
                  &task->gone_by_others, err);
}

static void bound_unknown(struct gd_back_task *task)
{
    int64_t missing = task->since_gone, changed = task->since_changed;
    if (task->deleted < 0) {
        task->maybe_taken = changed;
        task->may_revive = missing > 0;
        return;
    }
    task->taken = at_least(task->deleted - missing, 0);
    task->taken = at_most(task->taken, changed);
    task->maybe_taken = at_most(changed, task->deleted) - task->taken;
    task->maybe_taken = at_least(task->maybe_taken, 0);
    task->revived = at_least(missing - task->deleted, 0);
    task->may_revive = task->maybe_taken > 0 && missing > 0;
}

/* What of the change's own versions others have written over. */
GD_MUST static struct gd_status count_own(struct gd_back_rows *rows, struct gd_back_task *task,
                                          struct gd_error *err)
{
    struct gd_arena *arena = rows->arena;
    struct gd_pg_call call = {
        .what = "count rows of the change",
        .sql = gd_arena_printf(arena,
                               "SELECT count(*) FILTER (WHERE there), count(*) FILTER (WHERE NOT "
                               "there) FROM (SELECT EXISTS (SELECT FROM %s s WHERE %s) AS there "
                               "FROM %s w WHERE w.\"guardian who\" = 'c') t",
                               gd_back_side(task, arena), gd_back_same_key_as(task, "w", arena),
                               gd_back_noted(task, arena))};
    gd_auto_pg_rows found = NULL;
    if (task->inserted < 0 && !task->updated_unseen)
        return GD_DONE;
    GD_TRY(gd_pg_run(rows->pg, &call, &found, err));
    int64_t old = gd_pg_int(found, 0, 0), new = gd_pg_int(found, 0, 1);
    task->moved = task->updated_unseen && task->since_gone > 0 && new > at_least(task->inserted, 0);
    if (task->inserted < 0)
        return GD_DONE;
    int64_t left = task->inserted - new - at_least(old - task->updated, 0);
    task->left = at_most(at_least(left, 0), task->since_new);
    if (task->count == 0 || task->updated_unseen)
        task->mixed = at_most(at_least(task->updated - old, 0), task->since_changed);
    return GD_DONE;
}

GD_MUST static struct gd_status count_unsure(struct gd_back_rows *rows, struct gd_back_task *task,
                                             struct gd_error *err)
{
    if (rows->writers.unsure_count == 0)
        return GD_DONE;
    return number(rows,
                  gd_arena_printf(rows->arena, "SELECT count(*) FROM %s l WHERE %s", task->only,
                                  gd_back_is_unsure(&rows->writers, "l", rows->arena)),
                  &task->unsure, err);
}

struct gd_status gd_back_find_gone(struct gd_back_rows *rows, struct gd_back_task *task,
                                   struct gd_error *err)
{
    task->taken = task->maybe_taken = task->gone_by_others = task->revived = 0;
    task->left = task->mixed = task->unsure = 0;
    task->may_revive = task->moved = false;
    task->taken_keys = "";
    GD_TRY(count_unsure(rows, task, err));
    GD_TRY(count_own(rows, task, err));
    task->gone_by_others = task->rows_went ? 0 : task->since_gone;
    if (!task->rows_went)
        return GD_DONE;
    GD_TRY(mark_rows(rows, task, err));
    if (task->gone_known)
        GD_TRY(count_known(rows, task, err));
    else
        bound_unknown(task);
    return task->taken + task->maybe_taken > 0 ? name_keys(rows, task, err) : GD_DONE;
}

struct gd_status gd_back_find_left(struct gd_back_rows *rows, struct gd_back_task *task,
                                   struct gd_error *err)
{
    struct gd_arena *arena = rows->arena;
    int64_t own = 0;
    task->left = task->unsure = 0;
    GD_TRY(count_unsure(rows, task, err));
    if (task->inserted <= 0)
        return GD_DONE;
    GD_TRY(number(rows,
                  gd_arena_printf(arena, "SELECT count(*) FROM %s l WHERE %s = 'c'", task->only,
                                  gd_back_who_wrote(rows, task, "l")),
                  &own, err));
    if (own >= task->inserted)
        return GD_DONE;
    GD_TRY(gd_back_count(rows, task->only, "true", &task->since_new, err));
    task->left = at_most(task->inserted - own, task->since_new);
    return GD_DONE;
}

/* --- words ------------------------------------------------------------------------------------*/

static const char *rows_of(int64_t count, struct gd_arena *arena)
{
    return gd_arena_printf(arena, "%" PRId64 " %s", count, count == 1 ? "row" : "rows");
}

static void tell_taken(const struct gd_back_task *task, struct gd_arena *arena,
                       struct gd_texts *out_phrases)
{
    if (task->taken > 0)
        gd_texts_add(out_phrases,
                     gd_arena_printf(arena,
                                     "%s of the backup %s not come back, because what was written "
                                     "since has %s (%s%s)",
                                     rows_of(task->taken, arena), task->taken == 1 ? "does" : "do",
                                     task->taken == 1 ? "its key" : "their keys",
                                     task->gone_known ? "" : "among ", task->taken_keys),
                     arena);
    if (task->maybe_taken > 0)
        gd_texts_add(out_phrases,
                     gd_arena_printf(
                         arena,
                         "of %s that %s written since nothing tells whether %s or took the key "
                         "of a row that the change had deleted: what is written there stays (%s)",
                         rows_of(task->maybe_taken, arena), task->maybe_taken == 1 ? "was" : "were",
                         task->maybe_taken == 1 ? "it was updated" : "they were updated",
                         task->taken_keys),
                     arena);
}

static void tell_revived(const struct gd_back_task *task, struct gd_arena *arena,
                         struct gd_texts *out_phrases)
{
    if (task->revived > 0)
        gd_texts_add(out_phrases,
                     gd_arena_printf(arena,
                                     "%s that others deleted since %s back, too: nothing tells "
                                     "which of those that are gone",
                                     rows_of(task->revived, arena),
                                     task->revived == 1 ? "comes" : "come"),
                     arena);
    else if (task->may_revive)
        gd_texts_add(out_phrases,
                     "what others deleted since, if anything, comes back, too: nothing tells it "
                     "from what the change deleted",
                     arena);
}

void gd_back_tell_rows(const struct gd_back_task *task, struct gd_arena *arena,
                       struct gd_texts *out_phrases)
{
    tell_taken(task, arena, out_phrases);
    tell_revived(task, arena, out_phrases);
    if (task->left > 0)
        gd_texts_add(
            out_phrases,
            gd_arena_printf(arena, "up to %s that the change inserted and others changed since %s",
                            rows_of(task->left, arena), task->left == 1 ? "stays" : "stay"),
            arena);
    if (task->mixed > 0)
        gd_texts_add(
            out_phrases,
            gd_arena_printf(arena,
                            "up to %s that the change updated and others changed since %s as %s",
                            rows_of(task->mixed, arena), task->mixed == 1 ? "stays" : "stay",
                            task->mixed == 1 ? "it is" : "they are"),
            arena);
    if (task->unsure > 0)
        gd_texts_add(out_phrases,
                     gd_arena_printf(arena,
                                     "of %s nothing tells whether the change wrote %s: what others "
                                     "may have written stays",
                                     rows_of(task->unsure, arena),
                                     task->unsure == 1 ? "it" : "them"),
                     arena);
}
