/*
 * Rollback, what stands in the way: views, functions, policies and triggers that use a column whose
 * type changes, or a view that is made anew, are taken away with it and made again from the dump.
 */
#include <string.h>

#include "guardian/guard/rollback_script.h"

enum { LIMIT_MS = 60000 };

/* clang-format off */
static const char dependants[] =
#include "guardian/guard/sql/rollback_dependants.sql.inc"
    ;
/* clang-format on */

struct touching {
    struct gd_back_script *script;
    struct gd_back_dump *before, *now;
    struct gd_pg *pg;
    struct gd_texts columns, relations, types, functions; /* literals of the roots */
};

static bool is_class(const struct gd_back_item *item, const char *class)
{
    return strcmp(item->class, class) == 0;
}

/* --- roots ------------------------------------------------------------------------------------*/

static void add_root(struct touching *touching, struct gd_texts *list, const char *text)
{
    gd_texts_add(list, text, touching->script->arena);
}

static const char *name_now(const struct touching *touching, const char *schema, const char *name)
{
    return touching->now->names == NULL ? gd_quoted_pair(schema, name, touching->script->arena)
                                        : gd_back_now_name(touching->now->names, schema, name);
}

static void add_columns(struct touching *touching, const struct gd_back_item *now)
{
    struct gd_arena *arena = touching->script->arena;
    const struct gd_back_table *was = now->other->columns;
    for (size_t i = 0; i < now->columns->column_count; i++) {
        const struct gd_back_column *column = &now->columns->columns[i];
        const struct gd_back_column *before = gd_back_column(was, column->name);
        if (before != NULL && strcmp(before->type, column->type) == 0 &&
            strcmp(before->collation, column->collation) == 0 &&
            (before->generated == NULL) == (column->generated == NULL))
            continue;
        const struct gd_back_names *names = touching->now->names;
        add_root(touching, &touching->columns,
                 gd_arena_printf(arena, "%s\n%s", name_now(touching, now->schema, now->name),
                                 names == NULL ? column->name
                                               : gd_back_now_column(names, now->schema, now->name,
                                                                    column->name)));
    }
}

static void add_roots_of(struct touching *touching, const struct gd_back_item *item)
{
    const char *name = name_now(touching, item->schema, item->name);
    if (is_class(item, "view") || is_class(item, "materialized view"))
        add_root(touching, &touching->relations, name);
    if (item->other == NULL)
        return;
    if (is_class(item, "table"))
        add_columns(touching, item);
    if (is_class(item, "type") && !gd_back_is_relabelled(item->other, item))
        add_root(touching, &touching->types, name);
    if (is_class(item, "function") && !gd_back_is_same_head(item->other, item))
        add_root(touching, &touching->functions, item->undo + strlen("DROP ROUTINE "));
}

static const char *array_of(const struct gd_texts *texts, struct gd_arena *arena)
{
    const char *list = "ARRAY[";
    for (size_t i = 0; i < texts->count; i++)
        list = gd_arena_printf(arena, "%s%s%s", list, i == 0 ? "" : ", ",
                               gd_literal(texts->items[i], arena));
    return gd_arena_printf(arena, "%s]::text[]", list);
}

/* --- touching ---------------------------------------------------------------------------------*/

static void touch_one(struct gd_back_dump *dump, struct gd_back_item *item)
{
    (void)dump;
    if (!item->alone)
        item->touched = true;
}

/* Itself, and what is said of it: comments, grants, owners, triggers, indexes of a matview. */
static void touch_all_about(struct gd_back_dump *dump, const char *class, const char *schema,
                            const char *name, const char *table)
{
    bool relation = strcmp(class, "view") == 0 || strcmp(class, "materialized view") == 0;
    bool spoken_of = relation || strcmp(class, "function") == 0;
    for (size_t i = 0; i < dump->count; i++) {
        struct gd_back_item *item = &dump->items[i];
        bool itself = is_class(item, class) && strcmp(item->schema, schema) == 0 &&
                      strcmp(item->name, name) == 0 &&
                      (*table == '\0' || strcmp(item->table, table) == 0);
        bool about =
            spoken_of && strcmp(item->about_schema, schema) == 0 && strcmp(item->about, name) == 0;
        if (itself || about)
            touch_one(dump, item);
    }
}

/* A CHECK stands within CREATE TABLE. */
static void touch_check(struct touching *touching, const char *schema, const char *name,
                        const char *table)
{
    struct gd_arena *arena = touching->script->arena;
    struct gd_back_item *item = gd_back_find(touching->before, "table", schema, table, NULL);
    const char *quoted = gd_quoted(name, arena);
    for (size_t i = 0; item != NULL && i < item->columns->check_count; i++) {
        if (strcmp(item->columns->check_names[i], quoted) != 0)
            continue;
        gd_back_say(touching->script, GD_BACK_UNDO, item->what,
                    gd_arena_printf(arena, "ALTER TABLE %s DROP CONSTRAINT %s", item->columns->name,
                                    quoted),
                    "");
        gd_back_say(touching->script, GD_BACK_FIRM, item->what,
                    gd_arena_printf(arena, "ALTER TABLE %s ADD %s", item->columns->name,
                                    item->columns->checks[i]),
                    "");
    }
}

/* Kind, schema, name and table, as they were called before. */
static void cells_before(const struct gd_back_names *names, const char *cells[4])
{
    const char *schema = cells[1], *name = cells[2];
    if (names == NULL)
        return;
    if (*cells[3] == '\0') {
        gd_back_name_before(names, schema, name, &cells[1], &cells[2]);
        return;
    }
    gd_back_name_before(names, schema, cells[3], &cells[1], &cells[3]);
}

static void touch_row(struct touching *touching, const struct gd_pg_rows *rows, size_t row)
{
    struct gd_arena *arena = touching->script->arena;
    const char *cells[4];
    for (size_t i = 0; i < 4; i++)
        cells[i] = gd_arena_strdup(arena, gd_pg_cell(rows, row, i));
    cells_before(touching->now->names, cells);
    touch_all_about(touching->now, cells[0], cells[1], cells[2], cells[3]);
    touch_all_about(touching->before, cells[0], cells[1], cells[2], cells[3]);
    if (strcmp(cells[0], "constraint") == 0)
        touch_check(touching, cells[1], cells[2], cells[3]);
}

struct gd_status gd_back_touch(struct gd_back_script *script, struct gd_back_dump *before,
                               struct gd_back_dump *now, struct gd_pg *pg, struct gd_error *err)
{
    struct touching touching = {.script = script, .before = before, .now = now, .pg = pg};
    struct gd_arena *arena = script->arena;
    for (size_t i = 0; i < now->count; i++)
        if (now->items[i].alone)
            add_roots_of(&touching, &now->items[i]);
    if (touching.columns.count + touching.relations.count + touching.types.count +
            touching.functions.count ==
        0)
        return GD_DONE;
    const char *const values[] = {
        array_of(&touching.columns, arena), array_of(&touching.relations, arena),
        array_of(&touching.types, arena), array_of(&touching.functions, arena)};
    struct gd_pg_call call = {
        .what = "look what depends on what changes",
        .sql = gd_arena_printf(arena,
                               "WITH RECURSIVE wanted (columns, relations, types, functions) AS "
                               "(SELECT %s, %s, %s, %s)%s",
                               values[0], values[1], values[2], values[3], dependants),
        .limit_ms = LIMIT_MS};
    gd_auto_pg_rows rows = NULL;
    GD_TRY(gd_pg_run(pg, &call, &rows, err));
    for (size_t i = 0; i < gd_pg_rows_count(rows); i++)
        touch_row(&touching, rows, i);
    return GD_DONE;
}
