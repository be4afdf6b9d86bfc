/*
 * Rollback, measuring: what was written since, by table, and what of it a way back would lose.
 *
 * The snapshot's rows are loaded beside for that, unless they are many: then what others wrote is
 * counted by its transactions alone.
 */
#include <inttypes.h>
#include <string.h>

#include "guardian/guard/rollback_own.h"

enum { SMALL_BYTES = 256 << 20 };

static struct gd_since *since_of(struct gd_back *back, const char *table)
{
    for (size_t i = 0; i < back->since_count; i++)
        if (strcmp(back->since[i].table, table) == 0)
            return &back->since[i];
    struct gd_since *more = gd_arena_zalloc(back->arena, back->since_count + 1, sizeof *more);
    if (back->since_count > 0)
        memcpy(more, back->since, back->since_count * sizeof *more);
    back->since = more;
    struct gd_since *one = &more[back->since_count++];
    *one = (struct gd_since){.table = table, .rows_changed = -1, .rows_gone = -1};
    return one;
}

static void lose(struct gd_back *back, struct gd_since *since, int64_t count)
{
    since->lost += count;
    if (back->rows_lost >= 0)
        back->rows_lost += count;
}

static uint64_t bytes_of(const struct gd_table *table)
{
    uint64_t bytes = 0;
    for (size_t i = 0; i < table->part_count; i++)
        bytes += table->parts[i].stored.bytes;
    return bytes;
}

/* --- what leaves ------------------------------------------------------------------------------*/

/* Rows from before the change in what it is said to have made: it was there, under another name. */
GD_MUST static struct gd_status check_made_since(struct gd_back *back, const char *table,
                                                 const char *condition, const char *what,
                                                 struct gd_error *err)
{
    struct gd_arena *arena = back->arena;
    int64_t older = 0;
    GD_TRY(gd_back_number(
        back->pg, "look for rows from before the change",
        gd_arena_printf(arena,
                        "SELECT count(*) FROM (SELECT FROM %s l WHERE %s = 'b' AND "
                        "%s LIMIT 1) t",
                        table, gd_back_who(&back->rows.writers, "l", arena), condition),
        &older, err));
    if (older > 0)
        gd_back_reason(back, "%s holds what was there before the change, under another name", what);
    return GD_DONE;
}

/* What stands aside while the names are given back is told as it is called now. */
static const char *plain_now(const struct gd_back *back, const char *schema, const char *name)
{
    const struct gd_back_moved *moved =
        gd_back_moved_before(&back->names, "TABLE", schema, "", name);
    return moved == NULL ? gd_back_plain(schema, name, back->arena)
                         : gd_back_plain(moved->schema_now, moved->name_now, back->arena);
}

static const char *what_now(const struct gd_back *back, const struct gd_back_item *item)
{
    return gd_arena_printf(back->arena, "%s %s", item->class,
                           plain_now(back, item->schema, item->name));
}

GD_MUST static struct gd_status measure_tables_that_leave(struct gd_back *back,
                                                          struct gd_error *err)
{
    for (size_t i = 0; i < back->script->leave_count; i++) {
        const struct gd_back_named *named = &back->script->leaves[i];
        const struct gd_back_item *item =
            gd_back_find(&back->now, "table", named->schema, named->name, NULL);
        int64_t count = 0;
        if (item->columns->foreign || strstr(item->columns->tail, "PARTITION BY") != NULL)
            continue;
        const char *name = gd_back_now_name(&back->names, named->schema, named->name);
        GD_TRY(check_made_since(back, name, "true", what_now(back, item), err));
        GD_TRY(gd_back_count(&back->rows, gd_arena_printf(back->arena, "ONLY %s", name), "true",
                             &count, err));
        if (count == 0)
            continue;
        struct gd_since *since = since_of(back, plain_now(back, named->schema, named->name));
        since->rows_new = count;
        lose(back, since, count);
    }
    return GD_DONE;
}

static const char *column_now(const struct gd_back *back, const struct gd_back_value *value)
{
    return gd_back_now_column(&back->names, value->schema, value->table, value->column);
}

/* A column that was added with a default has it in older rows without having been written there. */
GD_MUST static struct gd_status check_column_is_new(struct gd_back *back,
                                                    const struct gd_back_value *value,
                                                    const char *table, const char *column,
                                                    struct gd_error *err)
{
    struct gd_arena *arena = back->arena;
    int64_t missing = 0;
    GD_TRY(gd_back_number(
        back->pg, "look at a column",
        gd_arena_printf(arena,
                        "SELECT count(*) FROM pg_catalog.pg_attribute WHERE attrelid = "
                        "%s::regclass AND attname = %s AND atthasmissing",
                        gd_literal(table, arena), gd_literal(column_now(back, value), arena)),
        &missing, err));
    if (missing > 0)
        return GD_DONE;
    return check_made_since(back, table, gd_arena_printf(arena, "l.%s IS NOT NULL", column),
                            gd_arena_printf(arena, "column %s of %s", column_now(back, value),
                                            gd_back_plain(value->schema, value->table, arena)),
                            err);
}

/* A value that is the plain default says nothing. */
GD_MUST static struct gd_status measure_column_that_leaves(struct gd_back *back,
                                                           const struct gd_back_value *value,
                                                           struct gd_error *err)
{
    struct gd_arena *arena = back->arena;
    const char *table = gd_back_now_name(&back->names, value->schema, value->table);
    const char *column = gd_quoted(column_now(back, value), arena);
    bool plain = value->value != NULL && strchr(value->value, '(') == NULL;
    int64_t count = 0;
    const char *says = plain ? gd_arena_printf(arena, "l.%s::text IS DISTINCT FROM (%s)::text",
                                               column, value->value)
                             : gd_arena_printf(arena, "l.%s IS NOT NULL", column);
    GD_TRY(check_column_is_new(back, value, table, column, err));
    GD_TRY(gd_back_count(&back->rows, table, says, &count, err));
    if (count == 0)
        return GD_DONE;
    struct gd_since *since = since_of(back, gd_back_plain(value->schema, value->table, arena));
    since->conflict = gd_arena_printf(
        arena, "%" PRId64 " rows that were written since have a value in column %s, which goes",
        count, gd_back_plain("", column_now(back, value), arena));
    lose(back, since, count);
    return GD_DONE;
}

/* Another type without rows of the snapshot: every value must survive the way there and back. */
GD_MUST static struct gd_status measure_retyped(struct gd_back *back,
                                                const struct gd_back_value *value,
                                                struct gd_error *err)
{
    struct gd_arena *arena = back->arena;
    const char *plain = gd_back_plain(value->schema, value->table, arena);
    const char *column = gd_quoted(column_now(back, value), arena);
    int64_t count = 0;
    struct gd_error refused = {0};
    const char *sql = gd_arena_printf(
        arena, "SELECT count(*) FROM %s l WHERE (l.%s::%s::%s)::text IS DISTINCT FROM l.%s::text",
        gd_back_now_name(&back->names, value->schema, value->table), column, value->type,
        value->type_now, column);
    GD_TRY(gd_pg_command(back->pg, "look whether values fit", "SAVEPOINT guardian_fits", err));
    struct gd_status status =
        gd_back_number(back->pg, "look whether values fit", sql, &count, &refused);
    if (gd_pg_broken(back->pg)) {
        *err = refused;
        return status;
    }
    GD_TRY(gd_pg_command(back->pg, "look whether values fit", "ROLLBACK TO guardian_fits", err));
    if (status.code != GD_OK) {
        gd_back_reason(back, "values of column %s.%s cannot be %s", plain, value->column,
                       value->type);
    } else if (count > 0) {
        struct gd_since *since = since_of(back, plain);
        since->conflict = gd_arena_printf(arena, "%" PRId64 " values of column %s do not fit %s",
                                          count, value->column, value->type);
        lose(back, since, count);
    }
    return GD_DONE;
}

static bool has_task(const struct gd_back *back, const struct gd_back_value *value)
{
    for (size_t i = 0; i < back->task_count; i++)
        if (strcmp(back->tasks[i].schema, value->schema) == 0 &&
            strcmp(back->tasks[i].table, value->table) == 0)
            for (size_t k = 0; k < back->tasks[i].count; k++)
                if (strcmp(back->tasks[i].items[k].name, value->column) == 0)
                    return true;
    return false;
}

/* --- what is merged ---------------------------------------------------------------------------*/

/* Rows of others for which the snapshot has no value where there must be one. */
GD_MUST static struct gd_status measure_unfit(struct gd_back *back, struct gd_back_task *task,
                                              struct gd_error *err)
{
    struct gd_arena *arena = back->arena;
    for (size_t i = 0; i < task->count; i++) {
        const struct gd_back_column_task *item = &task->items[i];
        int64_t count = 0;
        if (!item->not_null || item->touched)
            continue;
        if (item->fate == GD_BACK_RETURNS && item->value == NULL)
            count = task->since_new;
        if (item->fate == GD_BACK_SWAPPED && *item->strange != '\0')
            GD_TRY(gd_back_number(
                back->pg, "count rows that cannot be kept",
                gd_arena_printf(arena,
                                "SELECT count(*) FROM %s l WHERE l.%s::text IN (%s) AND NOT "
                                "EXISTS (SELECT FROM pg_temp.guardian_was_%u s WHERE %s)",
                                task->name, gd_quoted(item->name, arena), item->strange,
                                task->number, gd_back_same_key(task, arena)),
                &count, err));
        task->unfit = count > task->unfit ? count : task->unfit;
    }
    return GD_DONE;
}

GD_MUST static struct gd_status measure_large(struct gd_back *back, struct gd_back_task *task,
                                              struct gd_error *err)
{
    struct gd_since *since = since_of(back, task->plain);
    GD_TRY(gd_back_count(&back->rows, task->only, "true", &since->rows_new, err));
    since->kept = since->rows_new;
    if (task->rows_went && since->rows_new > 0) {
        since->conflict = "whether one of them has the key of a row of the backup is known only "
                          "when that is loaded";
        back->rows_lost = -1;
    }
    return GD_DONE;
}

static const char cascading[] =
    "SELECT k.conrelid::regclass::text, (SELECT pg_catalog.string_agg(pg_catalog.format('c.%I = "
    "l.%I', a.attname, b.attname), ' AND ') FROM pg_catalog.generate_subscripts(k.conkey, 1) i "
    "JOIN "
    "pg_catalog.pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = k.conkey[i] JOIN "
    "pg_catalog.pg_attribute b ON b.attrelid = k.confrelid AND b.attnum = k.confkey[i]) FROM "
    "pg_catalog.pg_constraint k WHERE k.contype = 'f' AND k.confdeltype = 'c' AND k.conparentid = "
    "0 "
    "AND k.confrelid = $1::regclass";

/* Rows that the change inserted go, and with them those that refer to them ON DELETE CASCADE. */
GD_MUST static struct gd_status measure_cascade(struct gd_back *back, struct gd_back_task *task,
                                                struct gd_error *err)
{
    struct gd_arena *arena = back->arena;
    struct gd_pg_call call = {.what = "look who refers to a table",
                              .sql = cascading,
                              .values = &task->name,
                              .value_count = 1};
    gd_auto_pg_rows rows = NULL;
    const char *not_stored =
        task->own_only
            ? "true"
            : gd_arena_printf(arena, "NOT EXISTS (SELECT FROM pg_temp.guardian_was_%u s WHERE %s)",
                              task->number, gd_back_same_key(task, arena));
    GD_TRY(gd_pg_run(back->pg, &call, &rows, err));
    for (size_t i = 0; i < gd_pg_rows_count(rows); i++) {
        const char *table = gd_arena_strdup(arena, gd_pg_cell(rows, i, 0));
        int64_t count = 0;
        GD_TRY(gd_back_number(
            back->pg, "count rows that would go along",
            gd_arena_printf(
                arena,
                "SELECT count(*) FROM %s c JOIN %s l ON %s WHERE %s = 'c' AND %s AND %s <> 'c'",
                table, task->name, gd_pg_cell(rows, i, 1),
                gd_back_who_wrote(&back->rows, task, "l"), not_stored,
                gd_back_who(&back->rows.writers, "c", arena)),
            &count, err));
        if (count == 0)
            continue;
        struct gd_since *since = since_of(back, table);
        since->conflict = gd_arena_printf(
            arena,
            "%" PRId64 " rows refer to rows of table %s that the change inserted, and go "
            "with them",
            count, task->plain);
        lose(back, since, count);
    }
    return GD_DONE;
}

/* Phrases of one table, one behind the other. */
static void tell(struct gd_back *back, struct gd_since *since, const char *phrase)
{
    since->conflict = since->conflict == NULL
                          ? phrase
                          : gd_arena_printf(back->arena, "%s; %s", since->conflict, phrase);
}

static void tell_rows(struct gd_back *back, const struct gd_back_task *task)
{
    struct gd_texts phrases = {0};
    gd_back_tell_rows(task, back->arena, &phrases);
    for (size_t i = 0; i < phrases.count; i++)
        tell(back, since_of(back, task->plain), phrases.items[i]);
}

/* What does not come back, and what should not. */
static void lose_rows(struct gd_back *back, const struct gd_back_task *task)
{
    int64_t lost = task->taken + (task->deleted < 0 ? task->maybe_taken : 0);
    if (lost + task->revived == 0)
        return;
    struct gd_since *since = since_of(back, task->plain);
    since->not_back += lost;
    lose(back, since, lost + task->revived);
}

static bool is_worth_a_word(const struct gd_back_task *task)
{
    return task->since_new + task->since_changed + task->kept + task->unfit + task->taken +
                   task->maybe_taken + task->revived + task->left + task->mixed + task->unsure >
               0 ||
           task->may_revive;
}

static void tell_task(struct gd_back *back, const struct gd_back_task *task)
{
    if (!is_worth_a_word(task))
        return;
    struct gd_since *since = since_of(back, task->plain);
    int64_t taken = task->gone_known ? task->taken : 0; /* new ones, with keys of old ones */
    since->rows_new = task->since_new + taken;
    since->rows_changed = task->own_only ? -1 : task->since_changed - taken;
    since->rows_gone = task->own_only     ? -1
                       : task->gone_known ? task->gone_by_others
                                          : task->since_gone;
    since->kept = task->since_new - task->unfit;
    if (task->kept > 0)
        tell(back, since,
             gd_arena_printf(back->arena,
                             "%" PRId64 " values that were written since stay as they are",
                             task->kept));
    tell_rows(back, task);
    lose(back, since, task->unfit);
    lose_rows(back, task);
}

/* Their keys are free, and still they have no place. */
GD_MUST static struct gd_status measure_places(struct gd_back *back,
                                               const struct gd_back_task *task,
                                               struct gd_error *err)
{
    int64_t count = 0;
    GD_TRY(gd_back_find_places(back, task, &count, err));
    if (count == 0)
        return GD_DONE;
    struct gd_since *since = since_of(back, task->plain);
    tell(back, since,
         gd_arena_printf(back->arena,
                         "%" PRId64 " %s of the backup %s not come back: others have taken %s "
                         "place under a unique constraint, or what %s to is not there",
                         count, count == 1 ? "row" : "rows", count == 1 ? "does" : "do",
                         count == 1 ? "its" : "their", count == 1 ? "it refers" : "they refer"));
    since->not_back += count;
    lose(back, since, count);
    return GD_DONE;
}

GD_MUST static struct gd_status measure_own(struct gd_back *back, struct gd_back_task *task,
                                            struct gd_error *err)
{
    GD_TRY(gd_back_weigh(&back->rows, task, err));
    if (task->left + task->unsure > 0)
        tell_task(back, task);
    return measure_cascade(back, task, err);
}

GD_MUST static struct gd_status measure_task(struct gd_back *back, struct gd_back_task *task,
                                             struct gd_error *err)
{
    if (task->own_only)
        return measure_own(back, task, err);
    if (task->whole || task->stored == NULL)
        return GD_DONE;
    if (bytes_of(task->stored) > SMALL_BYTES || back->loud.count > 0 ||
        gd_back_has_moved_columns(&back->names, task->schema, task->table))
        return measure_large(back, task, err);
    GD_TRY(gd_back_load(&back->rows, task, err));
    GD_TRY(gd_back_weigh(&back->rows, task, err));
    if (task->moved)
        gd_back_reason(back, "the change gave rows of table %s another key", task->plain);
    if (task->key_count > 0)
        GD_TRY(measure_unfit(back, task, err));
    if (task->rows && task->key_count > 0)
        GD_TRY(measure_cascade(back, task, err));
    tell_task(back, task);
    return measure_places(back, task, err);
}

static void lose_kept(struct gd_back *back, const struct gd_back_wrote *wrote)
{
    struct gd_since *since =
        since_of(back, gd_back_plain(wrote->schema, wrote->table, back->arena));
    int64_t count = wrote->updated + wrote->deleted;
    tell(back, since, "the backup holds none of its rows, and what the change wrote stays");
    since->not_back += count;
    lose(back, since, count);
}

GD_MUST static struct gd_status measure(struct gd_back *back, struct gd_error *err)
{
    GD_TRY(measure_tables_that_leave(back, err));
    for (size_t i = 0; i < back->script->value_count; i++) {
        const struct gd_back_value *value = &back->script->values[i];
        if (value->fate == GD_BACK_LEAVES)
            GD_TRY(measure_column_that_leaves(back, value, err));
        if (value->fate == GD_BACK_RETYPED && !has_task(back, value))
            GD_TRY(measure_retyped(back, value, err));
    }
    for (size_t i = 0; i < back->task_count && back->reasons.count == 0; i++)
        GD_TRY(measure_task(back, &back->tasks[i], err));
    for (size_t i = 0; i < back->wrote_count; i++)
        if (gd_back_keeps(back, &back->wrote[i]))
            lose_kept(back, &back->wrote[i]);
    return GD_DONE;
}

/* Rolled back: temporary tables are all that it makes. */
struct gd_status gd_back_measure(struct gd_back *back, struct gd_error *err)
{
    struct gd_error second = {0};
    gd_tell_stage(back->options->events, "counting what was written since", 0);
    GD_TRY(gd_pg_command(back->pg, "begin", "BEGIN ISOLATION LEVEL REPEATABLE READ", err));
    struct gd_status status = measure(back, err);
    if (!gd_pg_broken(back->pg))
        (void)!gd_pg_command(back->pg, "undo", "ROLLBACK", &second).code;
    return status;
}

/* --- everything -------------------------------------------------------------------------------*/

struct gd_status gd_back_measure_database(struct gd_back *back, struct gd_error *err)
{
    struct gd_pg_call call = {
        .what = "look for tables",
        .sql = "SELECT n.nspname, c.relname FROM pg_catalog.pg_class c JOIN "
               "pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind = 'r' AND "
               "c.relpersistence <> 't' AND n.nspname !~ '^pg_' AND n.nspname NOT IN "
               "('information_schema', 'guardian') ORDER BY 1, 2"};
    gd_auto_pg_rows rows = NULL;
    back->rows_lost = 0;
    back->since_count = 0;
    gd_tell_stage(back->options->events, "counting what was written since", 0);
    GD_TRY(gd_pg_run(back->pg, &call, &rows, err));
    for (size_t i = 0; i < gd_pg_rows_count(rows); i++) {
        const char *schema = gd_arena_strdup(back->arena, gd_pg_cell(rows, i, 0));
        const char *table = gd_arena_strdup(back->arena, gd_pg_cell(rows, i, 1));
        int64_t count = 0;
        GD_TRY(gd_back_count(
            &back->rows,
            gd_arena_printf(back->arena, "ONLY %s", gd_quoted_pair(schema, table, back->arena)),
            "true", &count, err));
        if (count == 0)
            continue;
        struct gd_since *since = since_of(back, gd_back_plain(schema, table, back->arena));
        since->rows_new = count;
        lose(back, since, count);
    }
    return GD_DONE;
}
