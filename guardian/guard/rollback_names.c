#include "guardian/guard/rollback_names.h"

#include <string.h>

#include "guardian/restore/dump.h"

static bool is(const char *left, const char *right)
{
    return strcmp(left, right) == 0;
}

/* --- the list ---------------------------------------------------------------------------------*/

struct gd_back_moved *gd_back_moved_add(struct gd_back_names *names,
                                        const struct gd_back_moved *moved)
{
    struct gd_back_moved *more = gd_arena_zalloc(names->arena, names->count + 1, sizeof *more);
    if (names->count > 0)
        memcpy(more, names->items, names->count * sizeof *more);
    more[names->count] = *moved;
    names->items = more;
    return &more[names->count++];
}

struct gd_back_moved *gd_back_moved_now(const struct gd_back_names *names, const char *kind,
                                        const char *schema, const char *table, const char *name)
{
    for (size_t i = 0; names != NULL && i < names->count; i++) {
        struct gd_back_moved *moved = &names->items[i];
        bool column = is(moved->kind, "COLUMN");
        if (!moved->invalid && is(moved->kind, kind) && is(moved->name_now, name) &&
            is(column ? moved->schema : moved->schema_now, schema) && is(moved->table, table))
            return moved;
    }
    return NULL;
}

struct gd_back_moved *gd_back_moved_before(const struct gd_back_names *names, const char *kind,
                                           const char *schema, const char *table, const char *name)
{
    for (size_t i = 0; names != NULL && i < names->count; i++) {
        struct gd_back_moved *moved = &names->items[i];
        if (!moved->invalid && is(moved->kind, kind) && is(moved->name, name) &&
            is(moved->schema, schema) && is(moved->table, table))
            return moved;
    }
    return NULL;
}

/* --- schemas ----------------------------------------------------------------------------------*/

static const char *schema_now(const struct gd_back_names *names, const char *schema)
{
    const struct gd_back_moved *moved = gd_back_moved_before(names, "SCHEMA", "", "", schema);
    return moved == NULL ? schema : moved->name_now;
}

static const char *schema_before(const struct gd_back_names *names, const char *schema)
{
    const struct gd_back_moved *moved = gd_back_moved_now(names, "SCHEMA", "", "", schema);
    return moved == NULL ? schema : moved->name;
}

/* --- one name ---------------------------------------------------------------------------------*/

static const char *const kinds[] = {"TABLE", "SEQUENCE", "TYPE"};
enum { KINDS = sizeof kinds / sizeof kinds[0] };

const char *gd_back_now_name(const struct gd_back_names *names, const char *schema,
                             const char *name)
{
    for (size_t i = 0; names != NULL && i < KINDS; i++) {
        const struct gd_back_moved *moved = gd_back_moved_before(names, kinds[i], schema, "", name);
        if (moved != NULL)
            return gd_quoted_pair(moved->schema_now, moved->name_now, names->arena);
    }
    return names == NULL ? NULL : gd_quoted_pair(schema_now(names, schema), name, names->arena);
}

void gd_back_name_before(const struct gd_back_names *names, const char *schema, const char *name,
                         const char **out_schema, const char **out_name)
{
    *out_schema = schema_before(names, schema);
    *out_name = name;
    for (size_t i = 0; i < KINDS; i++) {
        const struct gd_back_moved *moved = gd_back_moved_now(names, kinds[i], schema, "", name);
        if (moved == NULL)
            continue;
        *out_schema = moved->schema;
        *out_name = moved->name;
        return;
    }
}

const char *gd_back_now_column(const struct gd_back_names *names, const char *schema,
                               const char *table, const char *column)
{
    const struct gd_back_moved *moved =
        gd_back_moved_before(names, "COLUMN", schema, table, column);
    return moved == NULL ? column : moved->name_now;
}

const char *gd_back_column_before(const struct gd_back_names *names, const char *schema,
                                  const char *table, const char *column)
{
    const struct gd_back_moved *moved = gd_back_moved_now(names, "COLUMN", schema, table, column);
    return moved == NULL ? column : moved->name;
}

bool gd_back_has_moved_columns(const struct gd_back_names *names, const char *schema,
                               const char *table)
{
    for (size_t i = 0; i < names->count; i++)
        if (!names->items[i].invalid && is(names->items[i].kind, "COLUMN") &&
            is(names->items[i].schema, schema) && is(names->items[i].table, table))
            return true;
    return false;
}

static void see(struct gd_back_names *names, const struct gd_back_moved *moved)
{
    struct gd_back_moved *more = gd_arena_zalloc(names->arena, names->seen_count + 1, sizeof *more);
    if (names->seen_count > 0)
        memcpy(more, names->seen, names->seen_count * sizeof *more);
    more[names->seen_count++] = *moved;
    names->seen = more;
}

/* --- statements -------------------------------------------------------------------------------*/

static void move_schema(struct gd_back_names *names, const char *from, const char *to)
{
    struct gd_back_moved *moved = gd_back_moved_now(names, "SCHEMA", "", "", from);
    for (size_t i = 0; i < names->count; i++)
        if (is(names->items[i].schema_now, from))
            names->items[i].schema_now = to;
    if (moved != NULL)
        moved->name_now = to;
    else
        (void)gd_back_moved_add(names, &(struct gd_back_moved){.kind = "SCHEMA",
                                                               .schema = "",
                                                               .table = "",
                                                               .name = from,
                                                               .schema_now = "",
                                                               .name_now = to});
}

static const struct gd_back_moved *move_column(struct gd_back_names *names, const char *schema,
                                               const char *table, const char *from, const char *to)
{
    const char *schema_was, *table_was;
    gd_back_name_before(names, schema, table, &schema_was, &table_was);
    struct gd_back_moved *moved = gd_back_moved_now(names, "COLUMN", schema_was, table_was, from);
    if (moved == NULL)
        moved = gd_back_moved_add(names, &(struct gd_back_moved){.kind = "COLUMN",
                                                                 .schema = schema_was,
                                                                 .table = table_was,
                                                                 .name = from,
                                                                 .schema_now = ""});
    moved->name_now = to;
    return moved;
}

void gd_back_moves(struct gd_back_names *names, const char *kind, const char *schema,
                   const char *table, const char *from, const char *schema_to, const char *to)
{
    if (is(kind, "SCHEMA")) {
        move_schema(names, from, to);
        return;
    }
    if (is(kind, "COLUMN")) {
        see(names, move_column(names, schema, table, from, to));
        return;
    }
    struct gd_back_moved *moved = gd_back_moved_now(names, kind, schema, "", from);
    if (moved == NULL)
        moved = gd_back_moved_add(
            names,
            &(struct gd_back_moved){
                .kind = kind, .schema = schema_before(names, schema), .table = "", .name = from});
    moved->schema_now = schema_to;
    moved->name_now = to;
    if (is(kind, "TABLE"))
        see(names, moved);
}
