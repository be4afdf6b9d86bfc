/*
 * What is wanted: patterns of tables against the tables that are there. Pure.
 *
 * A pattern is schema.table or table; each side is a name in double quotes, taken as it is, or a
 * glob of * and ?. Letters count as the catalogue keeps them: public.User is the table "User".
 * Partitioned tables bring their partitions, parents their children.
 */
#include <string.h>

#include "guardian/base/nearest.h"
#include "guardian/policy/pattern.h"
#include "guardian/snapshot/take_own.h"

struct side {
    const char *text;
    bool quoted;
};

struct pattern {
    struct side schema, name; /* schema.text NULL: none was named */
};

/* One side; *at stands behind it. NULL when it cannot be read. */
static const char *read_side(const char **at, struct gd_arena *arena, bool *out_quoted)
{
    *out_quoted = **at == '"';
    if (!*out_quoted) {
        size_t length = strcspn(*at, ".\"");
        const char *text = gd_arena_strndup(arena, *at, length);
        *at += length;
        return length == 0 || **at == '"' ? NULL : text;
    }
    char *text = gd_arena_alloc(arena, strlen(*at) + 1), *end = text;
    for ((*at)++; **at != '\0'; (*at)++) {
        if (**at == '"' && (*at)[1] == '"')
            (*at)++;
        else if (**at == '"')
            break;
        *end++ = **at;
    }
    *end = '\0';
    if (**at != '"' || end == text)
        return NULL;
    (*at)++;
    return text;
}

static bool read_pattern(const char *text, struct gd_arena *arena, struct pattern *out_pattern)
{
    struct pattern pattern = {0};
    pattern.name.text = read_side(&text, arena, &pattern.name.quoted);
    if (pattern.name.text != NULL && *text == '.') {
        text++;
        pattern.schema = pattern.name;
        pattern.name.text = read_side(&text, arena, &pattern.name.quoted);
    }
    *out_pattern = pattern;
    return pattern.name.text != NULL && *text == '\0';
}

static bool fits(const struct side *side, const char *name)
{
    return side->quoted ? strcmp(side->text, name) == 0 : gd_glob(side->text, name);
}

static bool in_path(const char *schema, const char *const *path, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(path[i], schema) == 0)
            return true;
    return false;
}

static bool fits_table(const struct pattern *pattern, const struct gd_table *table,
                       const char *const *path, size_t path_count)
{
    if (!fits(&pattern->name, table->name))
        return false;
    return pattern->schema.text == NULL ? in_path(table->schema, path, path_count)
                                        : fits(&pattern->schema, table->schema);
}

GD_MUST static struct gd_status not_there(const struct gd_take *take, const char *text,
                                          struct gd_error *err)
{
    const char **names =
        gd_arena_zalloc(take->arena, 2 * take->table_count + 1, sizeof(const char *));
    for (size_t i = 0; i < take->table_count; i++) {
        const struct gd_table *table = &take->tables[i].table;
        names[2 * i] = gd_arena_printf(take->arena, "%s.%s", table->schema, table->name);
        names[2 * i + 1] = table->name;
    }
    struct gd_status status =
        gd_fail(err, GD_USAGE, "could not find a table \"%s\" in database \"%s\"", text,
                take->manifest->database);
    const char *near = gd_nearest(text, names, 2 * take->table_count);
    if (near != NULL)
        return gd_hint(err, status, "Did you mean \"%s\"?", near);
    return gd_hint(err, status,
                   "Give schema.table; * and ? stand for other letters, and capitals count.");
}

/* Calls of mark(): wanted, or left out. */
enum mark { WANTED, LEFT_OUT };

static bool is_marked(const struct gd_take_table *table, enum mark mark)
{
    return mark == WANTED ? table->wanted : table->table.left_out;
}

static void set_mark(struct gd_take_table *table, enum mark mark)
{
    if (mark == WANTED)
        table->wanted = true;
    else
        table->table.left_out = true;
}

GD_MUST static struct gd_status mark_one(struct gd_take *take, const char *text, enum mark mark,
                                         const char *const *path, size_t path_count,
                                         struct gd_error *err)
{
    struct pattern pattern;
    bool any = false;
    if (!read_pattern(text, take->arena, &pattern))
        return gd_hint(err, gd_fail(err, GD_USAGE, "could not read the table name \"%s\"", text),
                       "Give schema.table; a name with a dot in it goes in double quotes.");
    for (size_t i = 0; i < take->table_count; i++)
        if (fits_table(&pattern, &take->tables[i].table, path, path_count)) {
            set_mark(&take->tables[i], mark);
            any = true;
        }
    if (any)
        return GD_DONE;
    if (mark != WANTED || !take->options->rowless_too)
        return not_there(take, text, err);
    gd_texts_add(&take->rowless, text, take->arena);
    return GD_DONE;
}

/* Down from marked tables to what hangs below them. Rows are left out of partitions, which are a
 * part of the table that was named, but not of heirs, which were not. */
static void mark_children(struct gd_take *take, enum mark mark)
{
    for (bool changed = true; changed;) {
        changed = false;
        for (size_t i = 0; i < take->link_count; i++) {
            const struct gd_take_link *link = &take->links[i];
            struct gd_take_table *child = &take->tables[link->child];
            if ((mark == LEFT_OUT && !link->partition) || is_marked(child, mark) ||
                !is_marked(&take->tables[link->parent], mark))
                continue;
            set_mark(child, mark);
            changed = true;
        }
    }
}

struct gd_status gd_take_choose(struct gd_take *take, const char *const *path, size_t path_count,
                                struct gd_error *err)
{
    const struct gd_take_options *options = take->options;
    if (options->scope == GD_SNAPSHOT_TABLES && options->table_count == 0)
        return gd_fail(err, GD_USAGE, "could not take a snapshot of tables: none was named");
    for (size_t i = 0; i < take->table_count && options->scope == GD_SNAPSHOT_DATABASE; i++)
        take->tables[i].wanted = true;
    for (size_t i = 0; i < options->table_count && options->scope == GD_SNAPSHOT_TABLES; i++)
        GD_TRY(mark_one(take, options->tables[i], WANTED, path, path_count, err));
    mark_children(take, WANTED);
    for (size_t i = 0; i < options->exclude_count && options->scope != GD_SNAPSHOT_SCHEMA; i++)
        GD_TRY(mark_one(take, options->exclude_data[i], LEFT_OUT, path, path_count, err));
    mark_children(take, LEFT_OUT);
    for (size_t i = 0; i < take->table_count; i++) {
        struct gd_take_table *table = &take->tables[i];
        if (table->table.kind == 'p' || (table->table.kind == 'f' && !options->foreign_data))
            table->wanted = false;
    }
    return GD_DONE;
}
