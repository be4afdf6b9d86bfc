/*
 * Rollback, enums: a type whose labels differ is made anew under its name, and its columns are
 * carried over by their text.
 *
 * A label that was only renamed is renamed back.
 */
#include <string.h>

#include "guardian/guard/rollback_script.h"

enum { LIMIT_MS = 60000 };

static bool has_label(const struct gd_back_item *item, const char *label)
{
    for (size_t i = 0; i < item->label_count; i++)
        if (strcmp(item->labels[i], label) == 0)
            return true;
    return false;
}

/* As many labels, and each one that differs is new on both sides: they were renamed. */
bool gd_back_is_relabelled(const struct gd_back_item *before, const struct gd_back_item *now)
{
    if (before->labels == NULL || now->labels == NULL || before->label_count != now->label_count)
        return false;
    for (size_t i = 0; i < before->label_count; i++)
        if (strcmp(before->labels[i], now->labels[i]) != 0 &&
            (has_label(before, now->labels[i]) || has_label(now, before->labels[i])))
            return false;
    return true;
}

static void relabel(struct gd_back_script *script, const struct gd_back_item *before,
                    const struct gd_back_item *now)
{
    struct gd_arena *arena = script->arena;
    for (size_t i = 0; i < before->label_count; i++)
        if (strcmp(before->labels[i], now->labels[i]) != 0)
            gd_back_say(script, GD_BACK_MAKE, before->what,
                        gd_arena_printf(arena, "ALTER TYPE %s RENAME VALUE %s TO %s",
                                        gd_quoted_pair(before->schema, before->name, arena),
                                        gd_literal(now->labels[i], arena),
                                        gd_literal(before->labels[i], arena)),
                        "");
}

/* The labels that the type has now and did not have, as a list of literals. */
static const char *strange_labels(const struct gd_back_item *before, const struct gd_back_item *now,
                                  struct gd_arena *arena)
{
    const char *list = "";
    for (size_t i = 0; i < now->label_count; i++)
        if (!has_label(before, now->labels[i]))
            list = gd_arena_printf(arena, "%s%s%s", list, *list == '\0' ? "" : ", ",
                                   gd_literal(now->labels[i], arena));
    return list;
}

static bool is_missing_labels(const struct gd_back_item *before, const struct gd_back_item *now)
{
    for (size_t i = 0; i < before->label_count; i++)
        if (!has_label(now, before->labels[i]))
            return true;
    return false;
}

/* Partitions follow their root, and children their parents. */
static const char columns_of[] =
    "SELECT n.nspname, c.relname, a.attname, a.atttypid = t.typarray, "
    "pg_catalog.pg_get_expr(d.adbin, d.adrelid), a.attgenerated <> '', a.attnotnull "
    "FROM pg_catalog.pg_type t JOIN pg_catalog.pg_attribute a ON a.atttypid IN (t.oid, t.typarray) "
    "AND NOT a.attisdropped AND a.attinhcount = 0 JOIN pg_catalog.pg_class c ON c.oid = a.attrelid "
    "AND c.relkind IN ('r', 'p') JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace LEFT "
    "JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum WHERE t.oid = "
    "pg_catalog.to_regtype($1::text) ORDER BY 1, 2, a.attnum";

/* A label that the type did not have becomes NULL, and then what the snapshot has. */
static const char *expressible(const char *column, const char *strange, struct gd_arena *arena)
{
    if (*strange == '\0')
        return gd_arena_printf(arena, "%s::text", column);
    return gd_arena_printf(arena, "(CASE WHEN %s::text IN (%s) THEN NULL ELSE %s::text END)",
                           column, strange, column);
}

static void empty_strange(struct gd_back_script *script, const struct gd_back_item *type,
                          const char *alter)
{
    gd_back_say(script, GD_BACK_MAKE, type->what,
                gd_arena_printf(script->arena, "%s DROP NOT NULL", alter), "");
    gd_back_say(script, GD_BACK_FIRM, type->what,
                gd_arena_printf(script->arena, "%s SET NOT NULL", alter), "");
}

/* Of the table as it was. A column that was not there goes, with all that the type would have to be
 * carried over for; one that is described in words we do not know is taken as unchanged. */
static bool was_there(const struct gd_back_item *table, const char *column)
{
    return table != NULL && (table->columns == NULL || table->columns->odd ||
                             gd_back_column(table->columns, column) != NULL);
}

/* What differs is set when the table is altered, after this: the type as it was may not know it. */
static bool keeps_default(const struct gd_back_item *table, const char *column)
{
    const struct gd_back_item *now = table->other;
    if (now == NULL || table->columns == NULL || now->columns == NULL)
        return true;
    const struct gd_back_column *was = gd_back_column(table->columns, column);
    const struct gd_back_column *is = gd_back_column(now->columns, column);
    if (was == NULL || is == NULL)
        return true;
    return was->value != NULL && is->value != NULL && strcmp(was->value, is->value) == 0;
}

/* A default as the server writes it now, under the name that the type had before. */
static const char *default_before(struct gd_back_script *script, const struct gd_back_item *type,
                                  const char *value)
{
    struct gd_arena *arena = script->arena;
    const struct gd_back_moved *moved =
        value == NULL ? NULL
                      : gd_back_moved_before(script->names, "TYPE", type->schema, "", type->name);
    if (moved == NULL)
        return value;
    const char *now =
        gd_arena_printf(arena, "::%s", gd_back_plain(moved->schema_now, moved->name_now, arena));
    const char *before =
        gd_arena_printf(arena, "::%s", gd_back_plain(type->schema, type->name, arena));
    const char *text = "", *found;
    for (; (found = strstr(value, now)) != NULL; value = found + strlen(now))
        text = gd_arena_printf(arena, "%s%.*s%s", text, (int)(found - value), value, before);
    return gd_arena_printf(arena, "%s%s", text, value);
}

static void carry(struct gd_back_script *script, const struct gd_back_dump *dump,
                  const struct gd_back_item *type, const struct gd_back_item *now,
                  const struct gd_pg_rows *rows, size_t row)
{
    struct gd_arena *arena = script->arena;
    const char *schema = gd_arena_strdup(arena, gd_pg_cell(rows, row, 0));
    const char *table = gd_arena_strdup(arena, gd_pg_cell(rows, row, 1));
    const char *column = gd_arena_strdup(arena, gd_pg_cell(rows, row, 2));
    if (script->names != NULL) {
        gd_back_name_before(script->names, schema, table, &schema, &table);
        column = gd_back_column_before(script->names, schema, table, column);
    }
    const struct gd_back_item *before = gd_back_find(dump, "table", schema, table, NULL);
    if (!was_there(before, column))
        return;
    const char *relation = gd_quoted_pair(schema, table, arena), *name = gd_quoted(column, arena);
    bool array = gd_pg_bool(rows, row, 3);
    const char *brackets = array ? "[]" : "",
               *value = default_before(script, type, gd_pg_cell(rows, row, 4));
    const char *full =
        gd_arena_printf(arena, "%s%s", gd_quoted_pair(type->schema, type->name, arena), brackets);
    const char *alter = gd_arena_printf(arena, "ALTER TABLE %s ALTER COLUMN %s", relation, name);
    bool has_default = value != NULL;
    const char *strange = strange_labels(type, now, arena);
    bool not_null = gd_pg_bool(rows, row, 6);
    if (has_default)
        gd_back_say(script, GD_BACK_MAKE, type->what,
                    gd_arena_printf(arena, "%s DROP DEFAULT", alter), "");
    if (not_null && *strange != '\0')
        empty_strange(script, type, alter);
    gd_back_say(script, GD_BACK_MAKE, type->what,
                gd_arena_printf(arena, "%s TYPE %s USING %s::%s", alter, full,
                                array ? gd_arena_printf(arena, "%s::text[]", name)
                                      : expressible(name, strange, arena),
                                full),
                "");
    if (has_default && keeps_default(before, column))
        gd_back_say(script, GD_BACK_MAKE, type->what,
                    gd_arena_printf(arena, "%s SET DEFAULT %s", alter, value), "");
    gd_texts_add(&script->locked, relation, arena);
    *gd_back_value(script) = (struct gd_back_value){.fate = GD_BACK_SWAPPED,
                                                    .schema = schema,
                                                    .table = table,
                                                    .column = column,
                                                    .type = full,
                                                    .type_now = full,
                                                    .not_null = gd_pg_bool(rows, row, 6),
                                                    .strange = strange_labels(type, now, arena),
                                                    .missing = is_missing_labels(type, now)};
}

struct gd_status gd_back_swap(struct gd_back_script *script, const struct gd_back_dump *dump,
                              struct gd_pg *pg, const struct gd_back_item *before,
                              const struct gd_back_item *now, struct gd_error *err)
{
    struct gd_arena *arena = script->arena;
    const char *name = gd_quoted_pair(before->schema, before->name, arena);
    const char *name_now = script->names == NULL
                               ? name
                               : gd_back_now_name(script->names, before->schema, before->name);
    const char *aside = gd_arena_printf(arena, "%.40s__rolled_back", before->name);
    if (gd_back_is_relabelled(before, now)) {
        relabel(script, before, now);
        return GD_DONE;
    }
    struct gd_pg_call call = {.what = "look which columns have a type",
                              .sql = columns_of,
                              .values = &name_now,
                              .value_count = 1,
                              .limit_ms = LIMIT_MS};
    gd_auto_pg_rows rows = NULL;
    GD_TRY(gd_pg_run(pg, &call, &rows, err));
    gd_back_say(script, GD_BACK_MAKE, before->what,
                gd_arena_printf(arena, "ALTER TYPE %s RENAME TO %s", name, gd_quoted(aside, arena)),
                "");
    gd_back_say(script, GD_BACK_MAKE, before->what, before->sql, "");
    for (size_t i = 0; i < gd_pg_rows_count(rows); i++)
        carry(script, dump, before, now, rows, i);
    gd_back_say(
        script, GD_BACK_MAKE, before->what,
        gd_arena_printf(arena, "DROP TYPE %s", gd_quoted_pair(before->schema, aside, arena)), "");
    return GD_DONE;
}
