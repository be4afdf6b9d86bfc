/*
 * Rollback, one table that is there before and now: what ALTER TABLE must do to it.
 *
 * Columns go and come by name. A column that comes back stands last: the order cannot be had back
 * without writing the table anew.
 */
#include <string.h>

#include "guardian/guard/rollback_script.h"

struct altering {
    struct gd_back_script *script;
    const struct gd_back_item *item; /* as it was */
    const struct gd_back_table *before, *now;
};

static void say(struct altering *of, enum gd_back_phase phase, const char *words)
{
    struct gd_arena *arena = of->script->arena;
    gd_back_say(of->script, phase, of->item->what,
                gd_arena_printf(arena, "ALTER TABLE %s %s", of->before->name, words), "");
    gd_texts_add(&of->script->locked, of->before->name, arena);
}

static bool same(const char *left, const char *right)
{
    return left == right || (left != NULL && right != NULL && strcmp(left, right) == 0);
}

static bool is_retyped(const struct gd_back_column *before, const struct gd_back_column *now)
{
    return !same(before->type, now->type) || !same(before->collation, now->collation);
}

/* Made anew rather than altered. */
static bool is_remade(const struct gd_back_column *before, const struct gd_back_column *now)
{
    return !same(before->generated, now->generated) ||
           (before->generated != NULL && is_retyped(before, now));
}

static struct gd_back_value *value_of(struct altering *of, enum gd_back_fate fate,
                                      const struct gd_back_column *column)
{
    struct gd_back_value *value = gd_back_value(of->script);
    *value = (struct gd_back_value){.fate = fate,
                                    .schema = of->item->schema,
                                    .table = of->item->name,
                                    .column = column->name,
                                    .type = column->type,
                                    .type_now = column->type,
                                    .value = column->value,
                                    .not_null = column->not_null,
                                    .strange = ""};
    return value;
}

/* --- taking away ------------------------------------------------------------------------------*/

static void drop_columns(struct altering *of)
{
    struct gd_arena *arena = of->script->arena;
    for (size_t i = 0; i < of->now->column_count; i++) {
        const struct gd_back_column *column = &of->now->columns[i];
        const struct gd_back_column *was = gd_back_column(of->before, column->name);
        if (was != NULL && !is_remade(was, column))
            continue;
        say(of, GD_BACK_UNDO,
            gd_arena_printf(arena, "DROP COLUMN %s", gd_quoted(column->name, arena)));
        if (column->generated == NULL)
            value_of(of, GD_BACK_LEAVES, column);
    }
}

static bool has_check(const struct gd_back_table *table, const char *check)
{
    for (size_t i = 0; i < table->check_count; i++)
        if (strcmp(table->checks[i], check) == 0)
            return true;
    return false;
}

static void drop_checks(struct altering *of)
{
    for (size_t i = 0; i < of->now->check_count; i++)
        if (!has_check(of->before, of->now->checks[i]))
            say(of, GD_BACK_UNDO,
                gd_arena_printf(of->script->arena, "DROP CONSTRAINT %s", of->now->check_names[i]));
}

static struct altering altering_of(struct gd_back_script *script, const struct gd_back_item *before,
                                   const struct gd_back_item *now)
{
    return (struct altering){script, before, before->columns, now->columns};
}

void gd_back_alter_undo(struct gd_back_script *script, const struct gd_back_item *before,
                        const struct gd_back_item *now)
{
    struct altering of = altering_of(script, before, now);
    if (of.before->partition && of.now->partition)
        return;
    drop_checks(&of);
    drop_columns(&of);
}

/* --- making -----------------------------------------------------------------------------------*/

static void set_not_null(struct altering *of, const struct gd_back_column *column)
{
    struct gd_arena *arena = of->script->arena;
    const char *name = gd_quoted(column->name, arena);
    if (!column->not_null)
        return;
    if (column->not_null_name == NULL)
        say(of, GD_BACK_FIRM, gd_arena_printf(arena, "ALTER COLUMN %s SET NOT NULL", name));
    else
        say(of, GD_BACK_FIRM,
            gd_arena_printf(arena, "ADD CONSTRAINT %s NOT NULL %s", column->not_null_name, name));
}

static void add_column(struct altering *of, const struct gd_back_column *column)
{
    struct gd_arena *arena = of->script->arena;
    const char *words = gd_arena_printf(arena, "ADD COLUMN %s %s%s", gd_quoted(column->name, arena),
                                        column->type, column->collation);
    if (column->generated != NULL)
        words =
            gd_arena_printf(arena, "%s GENERATED ALWAYS AS (%s) STORED", words, column->generated);
    else
        value_of(of, GD_BACK_RETURNS, column);
    if (column->value != NULL)
        words = gd_arena_printf(arena, "%s DEFAULT %s", words, column->value);
    say(of, GD_BACK_MAKE, words);
    set_not_null(of, column);
}

static void retype(struct altering *of, const struct gd_back_column *before,
                   const struct gd_back_column *now)
{
    struct gd_arena *arena = of->script->arena;
    const char *name = gd_quoted(before->name, arena);
    if (now->value != NULL)
        say(of, GD_BACK_MAKE, gd_arena_printf(arena, "ALTER COLUMN %s DROP DEFAULT", name));
    say(of, GD_BACK_MAKE,
        gd_arena_printf(arena, "ALTER COLUMN %s TYPE %s%s USING %s::%s", name, before->type,
                        before->collation, name, before->type));
    if (before->value != NULL)
        say(of, GD_BACK_MAKE,
            gd_arena_printf(arena, "ALTER COLUMN %s SET DEFAULT %s", name, before->value));
    value_of(of, GD_BACK_RETYPED, before)->type_now = now->type;
}

static void set_default(struct altering *of, const struct gd_back_column *column)
{
    struct gd_arena *arena = of->script->arena;
    const char *name = gd_quoted(column->name, arena);
    say(of, GD_BACK_MAKE,
        column->value == NULL
            ? gd_arena_printf(arena, "ALTER COLUMN %s DROP DEFAULT", name)
            : gd_arena_printf(arena, "ALTER COLUMN %s SET DEFAULT %s", name, column->value));
}

static void alter_column(struct altering *of, const struct gd_back_column *before,
                         const struct gd_back_column *now)
{
    struct gd_arena *arena = of->script->arena;
    if (is_retyped(before, now))
        retype(of, before, now);
    else if (!same(before->value, now->value))
        set_default(of, before);
    if (before->not_null == now->not_null && same(before->not_null_name, now->not_null_name))
        return;
    if (now->not_null)
        say(of, GD_BACK_MAKE,
            gd_arena_printf(arena, "ALTER COLUMN %s DROP NOT NULL",
                            gd_quoted(before->name, arena)));
    set_not_null(of, before);
}

static void add_checks(struct altering *of)
{
    for (size_t i = 0; i < of->before->check_count; i++)
        if (!has_check(of->now, of->before->checks[i]))
            say(of, GD_BACK_FIRM,
                gd_arena_printf(of->script->arena, "ADD %s", of->before->checks[i]));
}

static const char options_begin[] = "\nWITH (";

/* What stands in WITH (…), when nothing else stands behind the columns; "" without any, NULL for
 * anything else. */
static const char *options_of(const char *tail, struct gd_arena *arena)
{
    size_t begin = sizeof options_begin - 1, size = strlen(tail);
    if (*tail == '\0')
        return "";
    if (strncmp(tail, options_begin, begin) != 0 || tail[size - 1] != ')' ||
        strchr(tail + 1, '\n') != NULL)
        return NULL;
    return gd_arena_strndup(arena, tail + begin, size - begin - 1);
}

/* "fillfactor='50', autovacuum_enabled='false'" → "fillfactor, autovacuum_enabled" */
static const char *option_names(const char *options, struct gd_arena *arena)
{
    const char *names = "";
    for (const char *at = options; *at != '\0';) {
        const char *equal = strchr(at, '='), *next = strstr(at, ", ");
        if (equal == NULL)
            return NULL;
        names = gd_arena_printf(arena, "%s%s%.*s", names, *names == '\0' ? "" : ", ",
                                (int)(equal - at), at);
        at = next == NULL ? at + strlen(at) : next + 2;
    }
    return names;
}

/* @return false when the two differ in more than that */
static bool set_options(struct altering *of)
{
    struct gd_arena *arena = of->script->arena;
    const char *before = options_of(of->before->tail, arena);
    const char *now = options_of(of->now->tail, arena);
    const char *names = now == NULL ? NULL : option_names(now, arena);
    if (before == NULL || names == NULL || same(before, now))
        return false;
    if (*names != '\0')
        say(of, GD_BACK_MAKE, gd_arena_printf(arena, "RESET (%s)", names));
    if (*before != '\0')
        say(of, GD_BACK_MAKE, gd_arena_printf(arena, "SET (%s)", before));
    return true;
}

/* "CREATE UNLOGGED TABLE x " and what stands behind the columns. */
static void alter_frame(struct altering *of)
{
    struct gd_arena *arena = of->script->arena;
    if (of->before->unlogged != of->now->unlogged)
        say(of, GD_BACK_MAKE, of->before->unlogged ? "SET UNLOGGED" : "SET LOGGED");
    bool optioned = set_options(of);
    if (of->before->odd || of->now->odd || (!optioned && !same(of->before->tail, of->now->tail)) ||
        of->before->foreign != of->now->foreign)
        gd_texts_add(&of->script->unknown,
                     gd_arena_printf(arena, "it is not known how to undo what was done to %s",
                                     of->item->what),
                     arena);
}

void gd_back_alter(struct gd_back_script *script, const struct gd_back_item *before,
                   const struct gd_back_item *now)
{
    struct altering of = altering_of(script, before, now);
    alter_frame(&of);
    if (of.before->partition && of.now->partition)
        return;
    for (size_t i = 0; i < of.before->column_count; i++) {
        const struct gd_back_column *column = &of.before->columns[i];
        const struct gd_back_column *is = gd_back_column(of.now, column->name);
        if (is == NULL || is_remade(column, is))
            add_column(&of, column);
        else
            alter_column(&of, column, is);
    }
    add_checks(&of);
}
