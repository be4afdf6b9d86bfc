/*
 * Rollback, without a backup: the definitions of before, as far as those of now hold them.
 *
 * A change that only adds needs none: what was before is what is now without what came. What came
 * is told by the lines of the schema that the journal keeps. Whatever else differs is a reason why
 * there is no way back, by its name; the comparison before COMMIT has the last word.
 */
#include <string.h>

#include "guardian/base/lookup.h"
#include "guardian/guard/rollback_own.h"

struct adding {
    struct gd_back *back;
    struct gd_lookup was, is; /* lines by their key */
    struct gd_texts made;     /* keys of what came */
    struct gd_arena *arena;
};

static bool is_class(const struct gd_back_item *item, const char *class)
{
    return strcmp(item->class, class) == 0;
}

static void index_lines(const struct gd_texts *lines, struct gd_lookup *out, struct gd_arena *arena)
{
    for (size_t i = 0; i < lines->count; i++) {
        const char *line = lines->items[i];
        gd_lookup_set(out, "", "", gd_arena_strndup(arena, line, strcspn(line, "\t")),
                      gd_arena_strdup(arena, line), arena);
    }
}

static void find_made(struct adding *of)
{
    const struct gd_texts *lines = &of->back->is.lines;
    for (size_t i = 0; i < lines->count; i++) {
        const char *key =
            gd_arena_strndup(of->arena, lines->items[i], strcspn(lines->items[i], "\t"));
        if (gd_lookup_get(&of->was, "", "", key) == NULL)
            gd_texts_add(&of->made, key, of->arena);
    }
}

static bool is_made(const struct adding *of, const char *key)
{
    for (size_t i = 0; i < of->made.count; i++)
        if (gd_back_is_named(of->made.items[i], key))
            return true;
    return false;
}

/* --- one statement ----------------------------------------------------------------------------*/

static bool is_made_as(const struct adding *of, const char *kind, const char *name)
{
    return is_made(of, gd_arena_printf(of->arena, "%s %s", kind, name));
}

/* Triggers, policies, rules, constraints and indexes are told with their table. */
static bool is_made_on(const struct adding *of, const struct gd_back_item *item)
{
    bool index = is_class(item, "index");
    return is_made(of,
                   gd_arena_printf(of->arena, "%s %s on %s", item->class,
                                   gd_back_plain(index ? item->schema : "", item->name, of->arena),
                                   gd_back_plain(item->schema, item->table, of->arena)));
}

/* "COMMENT ON TABLE a.b IS" → "comment on table a.b" */
static bool is_made_comment(const struct adding *of, const struct gd_back_item *item)
{
    static const char *const kinds[] = {"TABLE",    "COLUMN", "VIEW",  "MATERIALIZED VIEW",
                                        "FUNCTION", "TYPE",   "INDEX", "SCHEMA",
                                        "SEQUENCE", "DOMAIN"};
    static const char *const names[] = {"table",    "column", "view",  "materialized view",
                                        "function", "type",   "index", "schema",
                                        "sequence", "domain"};
    const char *at = item->sql + strlen("COMMENT ON "), *end = strstr(at, " IS ");
    for (size_t i = 0; end != NULL && i < sizeof kinds / sizeof kinds[0]; i++) {
        size_t size = strlen(kinds[i]);
        if (strncmp(at, kinds[i], size) == 0 && at[size] == ' ')
            return is_made(of, gd_arena_printf(of->arena, "comment on %s %.*s", names[i],
                                               (int)(end - at - (int)size - 1), at + size + 1));
    }
    return false;
}

static bool has_function(const struct gd_texts *lines, const char *kind, const char *name)
{
    size_t kind_size = strlen(kind), size = strlen(name);
    for (size_t i = 0; i < lines->count; i++)
        if (strncmp(lines->items[i], kind, kind_size) == 0 &&
            strncmp(lines->items[i] + kind_size, name, size) == 0 &&
            lines->items[i][kind_size + size] == '(')
            return true;
    return false;
}

/* None of that name was there, whatever its arguments. */
static bool is_made_function(const struct adding *of, const char *name)
{
    static const char *const kinds[] = {"function ", "procedure ", "aggregate "};
    bool came = false, was = false;
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        came |= has_function(&of->made, kinds[i], name);
        was |= has_function(&of->back->was.lines, kinds[i], name);
    }
    return came && !was;
}

/* What is said of something that came: owner, grants, comments, settings, triggers. */
static bool is_about_made(const struct adding *of, const struct gd_back_item *item)
{
    static const char *const kinds[] = {
        "table", "view", "materialized view", "sequence", "foreign table", "type", "domain"};
    const char *name = gd_back_plain(item->about_schema, item->about, of->arena);
    if (*item->about == '\0' || is_class(item, "view") || is_class(item, "materialized view") ||
        is_class(item, "function"))
        return false; /* they only use it */
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (is_made_as(of, kinds[i], name))
            return true;
    return is_made_function(of, name);
}

static bool is_made_item(const struct adding *of, const struct gd_back_item *item)
{
    const char *name = gd_back_plain(item->schema, item->name, of->arena);
    if (is_class(item, "comment"))
        return is_made_comment(of, item);
    if (is_class(item, "grant"))
        return *item->about != '\0' &&
               is_made_as(of, "privileges on table",
                          gd_back_plain(item->about_schema, item->about, of->arena));
    if (is_class(item, "function"))
        return is_made_function(of, name);
    if (is_class(item, "type"))
        return is_made_as(of, "type", name) || is_made_as(of, "domain", name);
    if (is_class(item, "table") && item->columns->foreign)
        return is_made_as(of, "foreign table", name);
    if (*item->table != '\0')
        return is_made_on(of, item);
    return *item->name != '\0' && is_made_as(of, item->class, name);
}

/* --- what was before --------------------------------------------------------------------------*/

/* A table without the columns and checks that came; its text differs, so that it is looked at. */
static void without_made(const struct adding *of, struct gd_back_item *item)
{
    const char *name = gd_back_plain(item->schema, item->name, of->arena);
    struct gd_back_table *table = gd_arena_zalloc(of->arena, 1, sizeof *table);
    const struct gd_back_table *all = item->columns;
    *table = *all;
    struct gd_back_column *columns =
        gd_arena_zalloc(of->arena, all->column_count + 1, sizeof *columns);
    const char **checks = gd_arena_zalloc(of->arena, all->check_count + 1, sizeof *checks);
    const char **names = gd_arena_zalloc(of->arena, all->check_count + 1, sizeof *names);
    table->column_count = table->check_count = 0;
    for (size_t i = 0; i < all->column_count; i++)
        if (!is_made(of, gd_arena_printf(of->arena, "column %s.%s", name,
                                         gd_back_plain("", all->columns[i].name, of->arena))))
            columns[table->column_count++] = all->columns[i];
    for (size_t i = 0; i < all->check_count; i++)
        if (!is_made(
                of, gd_arena_printf(of->arena, "constraint %s on %s", all->check_names[i], name))) {
            names[table->check_count] = all->check_names[i];
            checks[table->check_count++] = all->checks[i];
        }
    table->columns = columns;
    table->checks = checks;
    table->check_names = names;
    if (table->column_count == all->column_count && table->check_count == all->check_count)
        return;
    item->columns = table;
    item->sql = gd_arena_printf(of->arena, "%s ", item->sql);
}

/* "type a.b<TAB>enum ('x', 'y')" → CREATE TYPE */
GD_MUST static struct gd_status with_labels(const struct adding *of, struct gd_back_item *item,
                                            struct gd_error *err)
{
    const char *key =
        gd_arena_printf(of->arena, "type %s", gd_back_plain(item->schema, item->name, of->arena));
    const char *was = gd_lookup_get(&of->was, "", "", key);
    const char *is = gd_lookup_get(&of->is, "", "", key);
    const char *labels = was == NULL ? NULL : strstr(was, "\tenum (");
    if (labels == NULL || is == NULL || strcmp(was, is) == 0)
        return GD_DONE;
    return gd_back_retell(item,
                          gd_arena_printf(of->arena, "CREATE TYPE %s AS ENUM %s",
                                          gd_back_plain(item->schema, item->name, of->arena),
                                          labels + strlen("\tenum ")),
                          of->arena, err);
}

static void tell_others(const struct adding *of)
{
    struct gd_texts differences = {0}, notes = {0};
    gd_back_differences(&of->back->was, &of->back->is, of->arena, &differences, &notes);
    for (size_t i = 0; i < differences.count; i++) {
        const char *text = differences.items[i];
        bool labels = strncmp(text, "type ", 5) == 0 && strstr(text, " is now enum (") != NULL;
        if (!labels && strstr(text, " is new") == NULL)
            gd_back_reason(of->back, "no backup was made for the change, and %s", text);
    }
}

struct gd_status gd_back_without(struct gd_back *back, struct gd_error *err)
{
    struct adding of = {.back = back, .arena = back->arena};
    index_lines(&back->was.lines, &of.was, of.arena);
    index_lines(&back->is.lines, &of.is, of.arena);
    find_made(&of);
    tell_others(&of);
    back->before.items = gd_arena_zalloc(of.arena, back->now.count + 1, sizeof *back->before.items);
    for (size_t i = 0; i < back->now.count; i++) {
        struct gd_back_item item = back->now.items[i];
        if (is_made_item(&of, &item) || is_about_made(&of, &item))
            continue;
        if (item.columns != NULL)
            without_made(&of, &item);
        if (item.labels != NULL)
            GD_TRY(with_labels(&of, &item, err));
        back->before.items[back->before.count++] = item;
    }
    return GD_DONE;
}
