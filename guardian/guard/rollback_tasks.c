/*
 * Rollback, tasks: of which tables rows must come back, by what key, and what is lost thereby.
 *
 * Invariant  A table whose rows cannot be told apart, or are not in the snapshot, is a
 *            reason against every way but the whole database.
 */
#include <inttypes.h>
#include <string.h>

#include "guardian/guard/rollback_own.h"

static bool is(const char *left, const char *right)
{
    return strcmp(left, right) == 0;
}

static struct gd_back_task *task_of(struct gd_back *back, const char *schema, const char *table)
{
    for (size_t i = 0; i < back->task_count; i++)
        if (is(back->tasks[i].schema, schema) && is(back->tasks[i].table, table))
            return &back->tasks[i];
    struct gd_back_task *more = gd_arena_zalloc(back->arena, back->task_count + 1, sizeof *more);
    if (back->task_count > 0)
        memcpy(more, back->tasks, back->task_count * sizeof *more);
    back->tasks = more;
    struct gd_back_task *task = &more[back->task_count];
    struct gd_back_item *item = gd_back_find(&back->before, "table", schema, table, NULL);
    *task = (struct gd_back_task){
        .schema = schema,
        .table = table,
        .name = gd_back_now_name(&back->names, schema, table),
        .name_before = gd_quoted_pair(schema, table, back->arena),
        .plain = gd_back_plain(schema, table, back->arena),
        .taken_keys = "",
        .columns =
            item == NULL ? NULL : gd_back_all_columns(&back->before, item->columns, back->arena),
        .number = (unsigned)++back->task_count};
    gd_back_find_stored(back, task);
    bool parted = item != NULL && strstr(item->columns->tail, "PARTITION BY") != NULL;
    task->only = parted ? task->name : gd_arena_printf(back->arena, "ONLY %s", task->name);
    task->only_before =
        parted ? task->name_before : gd_arena_printf(back->arena, "ONLY %s", task->name_before);
    gd_back_count_task(back, task);
    return task;
}

static void find_effect(const struct gd_back *back, const struct gd_back_task *task,
                        struct gd_back_column_task *item)
{
    for (size_t i = 0; i < back->effect_count; i++) {
        const struct gd_back_effect *effect = &back->effects[i];
        if (!is(effect->schema, task->schema) || !is(effect->table, task->table) ||
            !is(effect->column, item->name))
            continue;
        item->effect = effect->sql;
        item->effect_alias = effect->alias;
    }
}

static void add_column(struct gd_back *back, struct gd_back_task *task,
                       const struct gd_back_column_task *item)
{
    for (size_t i = 0; i < task->count; i++)
        if (is(task->items[i].name, item->name))
            return;
    struct gd_back_column_task *more = gd_arena_zalloc(back->arena, task->count + 1, sizeof *more);
    if (task->count > 0)
        memcpy(more, task->items, task->count * sizeof *more);
    more[task->count] = *item;
    find_effect(back, task, &more[task->count++]);
    task->items = more;
}

/* --- keys -------------------------------------------------------------------------------------*/

/* Rows that the change gave another key are not told by that. */
static bool column_is_updated(const struct gd_back *back, const struct gd_back_task *task,
                              const char *name)
{
    for (size_t i = 0; i < back->written_count; i++) {
        const struct gd_back_written *one = &back->written[i];
        if (!is(one->schema, task->schema) || !is(one->table, task->table))
            continue;
        if (one->updates)
            return true; /* by a function or a block: of what columns no text tells */
        for (size_t c = 0; c < one->columns.count; c++)
            if (is(one->columns.items[c], name))
                return true;
    }
    return false;
}

static bool column_is_steady(const struct gd_back *back, const struct gd_back_task *task,
                             const char *name)
{
    const struct gd_back_column *was = gd_back_column(task->columns, name);
    const struct gd_back_item *now =
        gd_back_find(&back->now, "table", task->schema, task->table, NULL);
    const struct gd_back_column *is_now =
        now == NULL
            ? NULL
            : gd_back_column(gd_back_all_columns(&back->now, now->columns, back->arena), name);
    for (size_t i = 0; i < back->script->value_count; i++) {
        const struct gd_back_value *value = &back->script->values[i];
        if (is(value->table, task->table) && is(value->schema, task->schema) &&
            is(value->column, name))
            return false;
    }
    return was != NULL && is_now != NULL && was->not_null && is_now->not_null &&
           is(was->type, is_now->type) && !column_is_updated(back, task, name);
}

static bool key_is_steady(const struct gd_back *back, const struct gd_back_task *task,
                          const struct gd_back_item *key)
{
    for (size_t i = 0; i < key->key_count; i++)
        if (!column_is_steady(back, task, key->keys[i]))
            return false;
    return key->key_count > 0;
}

GD_MUST static struct gd_status is_unique(struct gd_back *back, const struct gd_back_task *task,
                                          const struct gd_back_item *key, bool *out_unique,
                                          struct gd_error *err)
{
    int64_t twice = 0;
    *out_unique = true;
    if (!key->alone)
        return GD_DONE;
    const char **keys = gd_arena_zalloc(back->arena, key->key_count + 1, sizeof *keys);
    for (size_t i = 0; i < key->key_count; i++)
        keys[i] = gd_back_now_column(&back->names, task->schema, task->table, key->keys[i]);
    GD_TRY(gd_back_number(
        back->pg, "look for keys that are there twice",
        gd_arena_printf(back->arena,
                        "SELECT count(*) FROM (SELECT FROM %s GROUP BY %s HAVING count(*) > 1) t",
                        task->name, gd_quoted_list(keys, key->key_count, back->arena)),
        &twice, err));
    *out_unique = twice == 0;
    return GD_DONE;
}

/* The primary key, or a unique constraint over columns that must have a value. */
GD_MUST static struct gd_status find_key(struct gd_back *back, struct gd_back_task *task,
                                         struct gd_error *err)
{
    for (int primary = 1; primary >= 0; primary--)
        for (size_t i = 0; i < back->before.count && task->key_count == 0; i++) {
            const struct gd_back_item *item = &back->before.items[i];
            bool unique = true;
            if (item->keys == NULL || item->primary != (primary == 1) ||
                !is(item->schema, task->schema) || !is(item->table, task->table) ||
                !key_is_steady(back, task, item))
                continue;
            GD_TRY(is_unique(back, task, item, &unique, err));
            if (!unique)
                continue;
            task->keys = item->keys;
            task->key_count = item->key_count;
        }
    return GD_DONE;
}

/* --- which tables -----------------------------------------------------------------------------*/

bool gd_back_is_named(const char *left, const char *right)
{
    for (;;) {
        left += strspn(left, "\"");
        right += strspn(right, "\"");
        if (*left != *right || *left == '\0')
            return *left == *right;
        left++;
        right++;
    }
}

static bool names(const struct gd_texts *texts, const char *name)
{
    for (size_t i = 0; i < texts->count; i++)
        if (gd_back_is_named(texts->items[i], name))
            return true;
    return false;
}

/* Was data lost of this table, by the judge? A name alone means all its columns. */
static bool lost_data(const struct gd_back *back, const char *plain, const char *column)
{
    const char *full = gd_arena_printf(back->arena, "%s.%s", plain, column);
    for (size_t i = 0; i < back->story->loss_count; i++) {
        const struct gd_story_loss *loss = &back->story->losses[i];
        if (loss->loses == GD_LOSES_DATA &&
            (names(&loss->columns, full) || names(&loss->tables, plain)))
            return true;
    }
    return false;
}

GD_MUST static struct gd_status uses_strange(struct gd_back *back,
                                             const struct gd_back_value *value, int64_t *out_count,
                                             struct gd_error *err)
{
    *out_count = 0;
    if (*value->strange == '\0')
        return GD_DONE;
    bool array = strstr(value->type, "[]") != NULL;
    const char *column = gd_quoted(
        gd_back_now_column(&back->names, value->schema, value->table, value->column), back->arena);
    return gd_back_number(
        back->pg, "look who uses a label",
        gd_arena_printf(back->arena, "SELECT count(*) FROM %s WHERE %s::text[] && ARRAY[%s]",
                        gd_back_now_name(&back->names, value->schema, value->table),
                        array ? column : gd_arena_printf(back->arena, "ARRAY[%s]", column),
                        value->strange),
        out_count, err);
}

static struct gd_back_column_task column_task(const struct gd_back_value *value)
{
    return (struct gd_back_column_task){.fate = value->fate,
                                        .name = value->column,
                                        .type = value->type,
                                        .type_now = value->type_now,
                                        .strange = value->strange,
                                        .not_null =
                                            value->not_null && value->fate != GD_BACK_RETYPED,
                                        .required = value->not_null,
                                        .value = value->value};
}

/* The tables below a partitioned one that hold its rows; itself when it is none. */
GD_MUST static struct gd_status each_leaf(struct gd_back *back, const struct gd_back_value *value,
                                          struct gd_error *err)
{
    const char *name = gd_back_now_name(&back->names, value->schema, value->table);
    struct gd_pg_call call = {
        .what = "look for partitions",
        .sql = "SELECT n.nspname, c.relname FROM (SELECT relid::oid AS oid FROM "
               "pg_catalog.pg_partition_tree($1::regclass) WHERE isleaf UNION ALL SELECT "
               "$1::regclass::oid WHERE NOT EXISTS (SELECT FROM "
               "pg_catalog.pg_partition_tree($1::regclass))) t JOIN pg_catalog.pg_class c ON c.oid "
               "= t.oid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace",
        .values = &name,
        .value_count = 1};
    gd_auto_pg_rows rows = NULL;
    GD_TRY(gd_pg_run(back->pg, &call, &rows, err));
    struct gd_back_column_task item = column_task(value);
    for (size_t i = 0; i < gd_pg_rows_count(rows); i++) {
        const char *schema, *table;
        gd_back_name_before(&back->names, gd_arena_strdup(back->arena, gd_pg_cell(rows, i, 0)),
                            gd_arena_strdup(back->arena, gd_pg_cell(rows, i, 1)), &schema, &table);
        struct gd_back_task *task = task_of(back, schema, table);
        if (task->stored == NULL) {
            gd_back_reason(back, "the backup has no values of column %s of table %s, which went",
                           gd_back_plain("", value->column, back->arena), task->plain);
            return GD_DONE;
        }
        add_column(back, task, &item);
    }
    return GD_DONE;
}

GD_MUST static struct gd_status plan_value(struct gd_back *back, const struct gd_back_value *value,
                                           struct gd_error *err)
{
    const char *plain = gd_back_plain(value->schema, value->table, back->arena);
    bool lost = lost_data(back, plain, value->column);
    int64_t strange = 0;
    if (value->fate == GD_BACK_LEAVES)
        return GD_DONE;
    if (value->fate == GD_BACK_RETURNS) {
        const struct gd_table *stored = gd_back_stored(back, value->schema, value->table);
        if (!lost && (stored == NULL || stored->digest.rows == 0))
            return GD_DONE; /* it was judged that there was nothing in it */
        return each_leaf(back, value, err);
    }
    if (value->fate == GD_BACK_SWAPPED) {
        GD_TRY(uses_strange(back, value, &strange, err));
        if (strange > 0 && strstr(value->type, "[]") != NULL)
            gd_back_reason(back,
                           "%" PRId64 " rows of table %s hold a label in column %s that the "
                           "type did not have",
                           strange, plain, value->column);
        return strange > 0 || (lost && value->missing) ? each_leaf(back, value, err) : GD_DONE;
    }
    return lost ? each_leaf(back, value, err) : GD_DONE;
}

static void plan_returns(struct gd_back *back, const struct gd_back_named *named)
{
    const struct gd_back_item *item =
        gd_back_find(&back->before, "table", named->schema, named->name, NULL);
    if (strstr(item->columns->tail, "PARTITION BY") != NULL || item->columns->foreign)
        return;
    struct gd_back_task *task = task_of(back, named->schema, named->name);
    task->whole = true;
    if (task->stored == NULL)
        gd_back_reason(back, "the snapshot holds no rows of table %s", task->plain);
}

/* A trigger, or a function that was called, may have written what no text of the change names. */
static bool is_said_to_lose(const struct gd_back *back, const char *plain)
{
    for (size_t i = 0; i < back->story->loss_count; i++) {
        const struct gd_story_loss *loss = &back->story->losses[i];
        for (size_t t = 0; loss->loses == GD_LOSES_DATA && t < loss->tables.count; t++)
            if (gd_back_is_named(loss->tables.items[t], plain))
                return true;
    }
    return false;
}

static void plan_written(struct gd_back *back, const struct gd_back_written *written)
{
    const struct gd_back_item *was =
        gd_back_find(&back->before, "table", written->schema, written->table, NULL);
    const struct gd_back_item *now =
        gd_back_find(&back->now, "table", written->schema, written->table, NULL);
    if (was == NULL || now == NULL)
        return; /* it leaves, or it comes back whole */
    if (written->keeps || written->parted)
        return; /* it is told; its rows are in the tables below */
    const char *plain = gd_back_plain(written->schema, written->table, back->arena);
    bool own_only =
        written->inserts && !written->deletes && !written->updates && written->columns.count == 0;
    bool steady = written->inserts || written->deletes || written->updates;
    for (size_t i = 0; i < written->columns.count && !steady; i++)
        steady = gd_back_column(was->columns, written->columns.items[i]) != NULL;
    if (!steady && !is_said_to_lose(back, plain))
        return; /* only columns that the change made itself */
    struct gd_back_task *task = task_of(back, was->schema, was->name);
    if (own_only && !task->rows && task->count == 0) {
        task->own_only = true;
        return;
    }
    task->rows = true;
    task->own_only = false;
    task->rows_went |= written->deletes;
    task->updated_unseen |= written->updates;
    task->emptied |= written->emptied;
    task->blurred |= written->blurred;
    task->conditions = written->conditions;
    task->condition_count = written->condition_count;
    if (task->stored == NULL)
        gd_back_reason(back, "the snapshot holds no rows of table %s", plain);
    for (size_t i = 0; i < written->columns.count; i++) {
        const struct gd_back_column *column =
            gd_back_column(was->columns, written->columns.items[i]);
        if (column == NULL || column->generated != NULL)
            continue;
        struct gd_back_column_task item = {.fate = GD_BACK_RETYPED,
                                           .touched = true,
                                           .name = column->name,
                                           .type = column->type,
                                           .type_now = column->type,
                                           .strange = ""};
        add_column(back, task, &item);
    }
}

/* --- can it be done? --------------------------------------------------------------------------*/

GD_MUST static struct gd_status check_task(struct gd_back *back, struct gd_back_task *task,
                                           struct gd_error *err)
{
    int64_t rules = 0;
    const char *why = "";
    bool own = task->own_only && back->rows.writers.xid_count > 0;
    if (task->whole || own || (task->stored == NULL && !task->own_only))
        return GD_DONE;
    task->rows |= task->own_only;
    task->own_only = false;
    GD_TRY(find_key(back, task, err));
    GD_TRY(gd_back_number(back->pg, "look for rules",
                          gd_arena_printf(back->arena,
                                          "SELECT count(*) FROM pg_catalog.pg_rewrite WHERE "
                                          "ev_class = %s::regclass AND ev_type <> '1'",
                                          gd_literal(task->name, back->arena)),
                          &rules, err));
    if (rules > 0)
        gd_back_reason(back, "rules on table %s would catch what is written to it", task->plain);
    if (task->rows && back->rows.writers.xid_count == 0)
        gd_back_reason(back,
                       "it is not known in which transaction the rows of table %s were "
                       "changed",
                       task->plain);
    if (task->key_count > 0)
        return GD_DONE;
    task->rows = task->rows_went = true;
    GD_TRY(gd_back_weigh_keyless(&back->rows, task, &why, err));
    if (*why != '\0')
        gd_back_reason(back, "rows of table %s cannot be brought back: %s", task->plain, why);
    GD_TRY(gd_back_number(back->pg, "look who refers to a table",
                          gd_arena_printf(back->arena,
                                          "SELECT count(*) FROM pg_catalog.pg_constraint WHERE "
                                          "contype = 'f' AND confrelid = %s::regclass",
                                          gd_literal(task->name, back->arena)),
                          &rules, err));
    if (rules > 0)
        gd_back_reason(back, "table %s has no key that stays, and others refer to it", task->plain);
    return GD_DONE;
}

GD_MUST static struct gd_status check_temporary(struct gd_back *back, struct gd_error *err)
{
    int64_t may = 0;
    if (back->task_count == 0)
        return GD_DONE;
    GD_TRY(gd_back_number(back->pg, "ask for rights",
                          "SELECT pg_catalog.has_database_privilege(pg_catalog.current_database(), "
                          "'TEMPORARY')::int",
                          &may, err));
    if (may == 0)
        gd_back_reason(back, "the role may not make temporary tables in this database");
    return GD_DONE;
}

static bool refers_to(const struct gd_back *back, const struct gd_back_task *from,
                      const struct gd_back_task *to)
{
    for (size_t i = 0; i < back->before.count; i++) {
        const struct gd_back_item *item = &back->before.items[i];
        if (item->refers != NULL && is(item->schema, from->schema) &&
            is(item->table, from->table) && is(item->refers_schema, to->schema) &&
            is(item->refers, to->table) && from != to)
            return true;
    }
    return false;
}

/* Of what is left always one that refers to nothing that is left; in a ring the server has the last
 * word. */
static void sort_tasks(struct gd_back *back)
{
    for (size_t from = 0; from < back->task_count; from++) {
        size_t pick = from;
        bool refers = true;
        for (size_t at = from; at < back->task_count && refers; at++) {
            refers = false;
            for (size_t to = from; to < back->task_count && !refers; to++)
                refers = refers_to(back, &back->tasks[at], &back->tasks[to]);
            pick = refers ? pick : at;
        }
        struct gd_back_task one = back->tasks[pick];
        back->tasks[pick] = back->tasks[from];
        back->tasks[from] = one;
    }
}

/* ---- is every loss accounted for? ---- */

static bool task_has_column(const struct gd_back_task *task, const char *full)
{
    size_t prefix = strlen(task->plain);
    if (task->whole || task->rows)
        return true;
    if (strncmp(full, task->plain, prefix) != 0 || full[prefix] != '.')
        return false;
    for (size_t i = 0; i < task->count; i++)
        if (gd_back_is_named(task->items[i].name, full + prefix + 1))
            return true;
    for (size_t i = 0; task->columns != NULL && i < task->columns->column_count; i++)
        if (task->columns->columns[i].generated != NULL &&
            gd_back_is_named(task->columns->columns[i].name, full + prefix + 1))
            return true; /* it is computed from the others */
    return false;
}

static const struct gd_table *stored_plain(const struct gd_back *back, const char *plain)
{
    for (size_t i = 0; i < back->manifest->table_count; i++) {
        const struct gd_table *table = &back->manifest->tables[i];
        if (gd_back_is_named(gd_back_plain(table->schema, table->name, back->arena), plain))
            return table;
    }
    return NULL;
}

/* Nothing was there to be lost, or a task brings it back. */
static bool is_accounted(const struct gd_back *back, const struct gd_story_loss *loss,
                         const char *plain)
{
    const struct gd_table *stored = stored_plain(back, plain);
    if (stored != NULL && !stored->left_out && stored->digest.rows == 0)
        return true;
    if (gd_back_accounts_for(back, loss, plain))
        return true;
    for (size_t i = 0; i < back->task_count; i++) {
        const struct gd_back_task *task = &back->tasks[i];
        bool rows = loss->columns.count > 0 || task->whole || task->rows_went;
        bool all = rows && gd_back_is_named(task->plain, plain);
        for (size_t c = 0; all && c < loss->columns.count; c++)
            all = strncmp(loss->columns.items[c], plain, strlen(plain)) != 0 ||
                  task_has_column(task, loss->columns.items[c]);
        if (all)
            return true;
    }
    return false;
}

/* A reason names the table already. */
static bool is_told(const struct gd_back *back, const char *plain)
{
    for (size_t i = 0; i < back->reasons.count; i++)
        if (strstr(back->reasons.items[i], plain) != NULL)
            return true;
    return false;
}

/* What the judge saw go, and nobody brings back by rows: the definitions of before and now may be
 * the same, and the data gone all the same (a column that was dropped and made again, a large
 * object, the value of a sequence). Then only the whole database is exact. */
static void account_for_losses(struct gd_back *back)
{
    for (size_t i = 0; i < back->story->loss_count; i++) {
        const struct gd_story_loss *loss = &back->story->losses[i];
        if ((loss->loses == GD_LOSES_SEQUENCE && !gd_back_takes_sequence(back, loss)) ||
            (loss->loses == GD_LOSES_DATA && loss->tables.count == 0))
            gd_back_reason(back, "%s (rule %s) cannot be brought back by itself",
                           *loss->object == '\0' ? "what a statement took away" : loss->object,
                           loss->rule);
        for (size_t t = 0; loss->loses == GD_LOSES_DATA && t < loss->tables.count; t++)
            if (!is_told(back, loss->tables.items[t]) &&
                !is_accounted(back, loss, loss->tables.items[t]))
                gd_back_reason(back,
                               "what went of table %s (rule %s) does not show in its definition",
                               loss->tables.items[t], loss->rule);
    }
}

struct gd_status gd_back_plan_tasks(struct gd_back *back, struct gd_error *err)
{
    for (size_t i = 0; i < back->script->return_count; i++)
        plan_returns(back, &back->script->returns[i]);
    for (size_t i = 0; i < back->script->value_count; i++)
        GD_TRY(plan_value(back, &back->script->values[i], err));
    for (size_t i = 0; i < back->written_count; i++)
        plan_written(back, &back->written[i]);
    for (size_t i = 0; i < back->task_count; i++)
        GD_TRY(check_task(back, &back->tasks[i], err));
    sort_tasks(back);
    if (back->manifest != NULL)
        account_for_losses(back);
    return check_temporary(back, err);
}

enum gd_way gd_back_cheapest(const struct gd_back *back)
{
    enum gd_way way = GD_WAY_INVERSE;
    if (back->reasons.count > 0)
        return GD_WAY_DATABASE;
    for (size_t i = 0; i < back->task_count; i++) {
        const struct gd_back_task *task = &back->tasks[i];
        if (task->whole || task->rows || task->unfit > 0)
            return GD_WAY_TABLES;
        if (!task->own_only)
            way = GD_WAY_COLUMNS;
    }
    return way;
}
