/*
 * Checks of a type change: values that make it fail, and values that it changes in silence. Also
 * what a domain's new constraint meets.
 *
 * The conditions follow the server's casts: how they round, what they cut, what they refuse. Where
 * a cast cannot be tried without an error (on servers before 16), only forms whose grammar is short
 * enough to be written down are asked; a note says so for the others.
 */
#include <string.h>

#include "guardian/classify/checks.h"
#include "guardian/classify/type_change.h"
#include "guardian/sql/deparse.h"
#include "guardian/sql/parse.h"

/* One ALTER COLUMN … TYPE, as the conditions need it. */
struct change {
    struct gd_look *look;
    struct gd_finding *finding;
    struct gd_check_rows_of rows;
    const char *object;
    const struct gd_node *using; /* NULL: the server's own assignment cast */
    const char *column;          /* SQL of the value as it is */
    struct gd_type_form old_form, new_form;
    const char *old_type, *new_type; /* SQL */
    struct gd_using casts;
};

/* What a change meets: conditions over a row, NULL when there is nothing to ask. */
struct conditions {
    const char *fails, *sqlstate;
    const char *changes;
};

#define SQL(...) gd_arena_printf(change->look->arena, __VA_ARGS__)

static bool is_one_of(const char *name, const char *const *names)
{
    for (; *names != NULL; names++)
        if (strcmp(name, *names) == 0)
            return true;
    return false;
}

static bool is_text(const struct gd_type_form *form)
{
    static const char *const names[] = {"text", "varchar", "bpchar", "citext", "name", NULL};
    return !form->array && is_one_of(form->name, names);
}

static bool is_float(const struct gd_type_form *form)
{
    return strcmp(form->name, "float4") == 0 || strcmp(form->name, "float8") == 0;
}

static bool is_number(const struct gd_type_form *form)
{
    static const char *const names[] = {"int2",   "int4",   "int8", "numeric",
                                        "float4", "float8", NULL};
    return !form->array && is_one_of(form->name, names);
}

/* ---- numbers ---- */

static const struct {
    const char *name, *lowest, *beyond;
} integers[] = {
    {"int2", "-32768", "32768"},
    {"int4", "-2147483648", "2147483648"},
    {"int8", "-9223372036854775808", "9223372036854775808"},
};

/* Rounds as the cast does: to even for floats, away from zero for numeric. */
static struct conditions to_integer(const struct change *change, const char *value, bool from_float)
{
    const char *type = from_float ? "float8" : "numeric";
    for (size_t i = 0; i < sizeof integers / sizeof integers[0]; i++)
        if (strcmp(integers[i].name, change->new_form.name) == 0) {
            const char *rounded = SQL("round((%s)::%s)", value, type);
            return (struct conditions){
                .fails = SQL("NOT (%s >= '%s'::%s AND %s < '%s'::%s)", rounded, integers[i].lowest,
                             type, rounded, integers[i].beyond, type),
                .sqlstate = "22003",
                .changes = SQL("%s <> (%s)::%s", rounded, value, type),
            };
        }
    return (struct conditions){0};
}

static struct conditions to_numeric(const struct change *change, const char *value)
{
    if (change->new_form.modifier_count == 0)
        return (struct conditions){
            .changes = is_float(&change->old_form) ? SQL("(%s)::numeric::%s IS DISTINCT FROM (%s)",
                                                         value, change->old_type, value)
                                                   : NULL,
        };
    long long precision = (long long)change->new_form.modifiers[0];
    long long scale =
        change->new_form.modifier_count > 1 ? (long long)change->new_form.modifiers[1] : 0;
    const char *rounded = SQL("round((%s)::numeric, %lld)", value, scale);
    return (struct conditions){
        .fails = SQL("abs(%s) >= 1e%lld::numeric AND (%s)::numeric <> 'NaN'", rounded,
                     precision - scale, value),
        .sqlstate = "22003",
        .changes = is_float(&change->old_form)
                       ? SQL("%s::%s IS DISTINCT FROM (%s)", rounded, change->old_type, value)
                       : SQL("%s <> (%s)::numeric", rounded, value),
    };
}

static struct conditions to_single(const struct change *change, const char *value)
{
    const char *finite = SQL("(%s)::float8 NOT IN ('Infinity', '-Infinity', 'NaN')", value);
    const char *size = SQL("abs((%s)::float8)", value);
    return (struct conditions){
        .fails = SQL("%s AND (%s >= 3.4028235677973366e38 OR (%s > 0 AND %s <= "
                     "7.006492321624085e-46))",
                     finite, size, size, size),
        .sqlstate = "22003",
        .changes = SQL("(%s)::float4::%s IS DISTINCT FROM (%s)", value, change->old_type, value),
    };
}

static struct conditions between_numbers(const struct change *change, const char *value)
{
    const char *name = change->new_form.name;
    if (strcmp(name, "numeric") == 0)
        return to_numeric(change, value);
    if (strcmp(name, "float4") == 0)
        return to_single(change, value);
    if (strcmp(name, "float8") == 0)
        return (struct conditions){.changes = SQL("(%s)::float8::%s IS DISTINCT FROM (%s)", value,
                                                  change->old_type, value)};
    return to_integer(change, value, is_float(&change->old_form));
}

/* ---- text with a limit ---- */

static struct conditions to_limited_text(const struct change *change, const char *value)
{
    if (change->new_form.modifier_count == 0 && strcmp(change->new_form.name, "bpchar") != 0)
        return (struct conditions){0};
    long long most =
        change->new_form.modifier_count == 0 ? 1 : (long long)change->new_form.modifiers[0];
    const char *text = SQL("(%s)::text", value);
    const char *longer = SQL("char_length(%s) > %lld", text, most);
    if (change->casts.given) /* an explicit cast cuts without a word */
        return (struct conditions){.changes = longer};
    return (struct conditions){
        .fails = SQL("rtrim(substr(%s, %lld), ' ') <> ''", text, most + 1),
        .sqlstate = "22001",
        .changes = longer,
    };
}

/* ---- text that is read as a value ---- */

static const char *value_grammar(const char *type)
{
    static const struct {
        const char *type, *pattern;
    } grammars[] = {
        {"int2", "^[[:space:]]*[-+]?[0-9]+[[:space:]]*$"},
        {"int4", "^[[:space:]]*[-+]?[0-9]+[[:space:]]*$"},
        {"int8", "^[[:space:]]*[-+]?[0-9]+[[:space:]]*$"},
        {"uuid",
         "^([0-9a-fA-F]{4}-?){7}[0-9a-fA-F]{4}$|^[{]([0-9a-fA-F]{4}-?){7}[0-9a-fA-F]{4}[}]$"},
        {"bool", "^[[:space:]]*([tT]([rR]([uU][eE]?)?)?|[fF]([aA]([lL]([sS][eE]?)?)?)?|"
                 "[yY]([eE][sS]?)?|[nN][oO]?|[oO][nN]|[oO][fF][fF]?|0|1)[[:space:]]*$"},
        {"numeric",
         "^[[:space:]]*([-+]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][-+]?[0-9]+)?|[nN][aA][nN])"
         "[[:space:]]*$"},
    };
    for (size_t i = 0; i < sizeof grammars / sizeof grammars[0]; i++)
        if (strcmp(grammars[i].type, type) == 0)
            return grammars[i].pattern;
    return NULL;
}

/* SQL that is true when the text can be read; NULL when the server cannot be asked. */
static const char *readable(const struct change *change, const char *text)
{
    if (change->look->survey->server_version >= 160000)
        return SQL("pg_input_is_valid(%s, %s)", text,
                   gd_check_literal(change->look->arena, change->new_type));
    const char *pattern = value_grammar(change->new_form.name);
    if (pattern == NULL || change->new_form.array)
        return NULL;
    const char *matches = SQL("%s ~ %s", text, gd_check_literal(change->look->arena, pattern));
    struct conditions limits = {0};
    if (is_number(&change->new_form))
        limits = strcmp(change->new_form.name, "numeric") == 0
                     ? to_numeric(change, SQL("%s::numeric", text))
                     : to_integer(change, SQL("%s::numeric", text), false);
    return limits.fails == NULL
               ? matches
               : SQL("CASE WHEN %s THEN NOT (%s) ELSE false END", matches, limits.fails);
}

static struct conditions from_text(const struct change *change, const char *value)
{
    const char *text = SQL("(%s)::text", value);
    const char *good = readable(change, text);
    if (good == NULL) {
        gd_finding_note(change->look, change->finding,
                        "which values do not read as %s cannot be asked of a server before 16",
                        change->new_type);
        return (struct conditions){0};
    }
    return (struct conditions){
        .fails = SQL("%s IS NOT NULL AND NOT (%s)", text, good),
        .sqlstate = "22P02",
        .changes = SQL("%s::%s::text IS DISTINCT FROM %s", text, change->new_type, text),
    };
}

/* ---- the others ---- */

static struct conditions there_and_back(const struct change *change, const char *value)
{
    return (struct conditions){.changes = SQL("(%s)::%s::%s IS DISTINCT FROM (%s)", value,
                                              change->new_type, change->old_type, value)};
}

static struct conditions to_jsonb(const struct change *change, const char *value)
{
    return (struct conditions){
        .fails = SQL("(%s)::text ~ '(^|[^\\\\])(\\\\\\\\)*\\\\u0000'", value),
        .sqlstate = "22P05",
        .changes = SQL("(%s)::jsonb::text IS DISTINCT FROM (%s)::text", value, value),
    };
}

static struct conditions conditions_of(const struct change *change, enum gd_change kind)
{
    const char *value = change->column;
    bool numbers = is_number(&change->old_form) && is_number(&change->new_form);
    switch (kind) {
    case GD_CHANGE_NARROW:
    case GD_CHANGE_CUT:
    case GD_CHANGE_ROUND:
        return numbers ? between_numbers(change, value)
               : strcmp(change->new_form.name, "varchar") == 0 ||
                       strcmp(change->new_form.name, "bpchar") == 0
                   ? to_limited_text(change, value)
                   : (struct conditions){0};
    case GD_CHANGE_BLANKS:
        return (struct conditions){
            .changes = SQL("octet_length(%s) <> octet_length((%s)::text)", value, value)};
    case GD_CHANGE_ZONE:
    case GD_CHANGE_NETWORK:
    case GD_CHANGE_TIME:
        return there_and_back(change, value);
    case GD_CHANGE_JSON:
        return to_jsonb(change, value);
    case GD_CHANGE_READ:
        return is_text(&change->old_form) ? from_text(change, value) : (struct conditions){0};
    default:
        return (struct conditions){0};
    }
}

static void ask_conditions(struct change *change, const struct conditions *conditions)
{
    struct gd_check_question question = {
        .object = change->object,
        .sample = SQL("%s || ': ' || (%s)::text", change->rows.key, change->column),
    };
    if (conditions->fails != NULL) {
        question.kind = "uncastable";
        question.sqlstate = conditions->sqlstate;
        question.where = conditions->fails;
        gd_check_ask(change->look, change->finding, &change->rows, &question);
    }
    if (conditions->changes != NULL) {
        question.kind = "changed values";
        question.sqlstate = NULL;
        question.where = conditions->fails == NULL
                             ? SQL("%s IS NOT NULL AND (%s)", change->column, conditions->changes)
                             : SQL("CASE WHEN %s IS NULL OR (%s) THEN false ELSE %s END",
                                   change->column, conditions->fails, conditions->changes);
        gd_check_ask(change->look, change->finding, &change->rows, &question);
    }
}

/* ---- enums ---- */

static const char *label_list(struct gd_arena *arena, const char *const *labels, size_t count)
{
    const char *list = "";
    for (size_t i = 0; i < count; i++)
        list = gd_arena_printf(arena, "%s%s%s", list, i == 0 ? "" : ", ",
                               gd_check_literal(arena, labels[i]));
    return gd_arena_printf(arena, "ARRAY[%s]::text[]", list);
}

/* The value that becomes the label: the column, or what USING makes of it before its last cast.
 * NULL when USING cannot be asked. */
static const char *label_sql(struct change *change)
{
    if (change->using == NULL || !change->casts.computed)
        return change->column;
    bool cast = gd_node_kind(change->using) == GD_KIND_TypeCast;
    return gd_check_expression(change->look, change->finding, change->rows.table,
                               cast ? gd_node_child(change->using, GD_F_arg) : change->using);
}

static void ask_labels(struct change *change, const char *const *labels, size_t count)
{
    const char *value = label_sql(change);
    if (value == NULL)
        return;
    const char *known = label_list(change->look->arena, labels, count);
    bool array = change->new_form.array;
    struct gd_check_question question = {
        .kind = "enum values",
        .object = change->object,
        .sqlstate = "22P02",
        .where =
            array
                ? SQL("EXISTS (SELECT 1 FROM unnest((%s)::text[]) AS item WHERE item <> ALL (%s))",
                      value, known)
                : SQL("(%s)::text <> ALL (%s)", value, known),
        .sample = SQL("%s || ': ' || (%s)::text", change->rows.key, value),
    };
    gd_check_ask(change->look, change->finding, &change->rows, &question);
}

/* ---- a domain's constraints ---- */

/* The expression inside "CHECK ((VALUE > 0))" as the catalogue prints it. */
static const struct gd_node *printed_check(struct gd_look *look, const char *definition)
{
    const char *text = gd_arena_printf(look->arena, "ALTER TABLE t ADD %s", definition);
    struct gd_parsed parsed;
    struct gd_refusal refusal;
    if (!gd_parse(text, strlen(text), look->arena, &parsed, &refusal) || parsed.count != 1)
        return NULL;
    const struct gd_node *constraint =
        gd_node_child(gd_node_at(parsed.statements[0], GD_F_cmds, 0), GD_F_def);
    return gd_node_enum_is(constraint, GD_F_contype, "CONSTR_CHECK")
               ? gd_node_child(constraint, GD_F_raw_expr)
               : NULL;
}

/* A condition on VALUE that calls nothing but the server's own; NULL when it cannot be asked. */
static const char *value_condition(struct gd_look *look, struct gd_finding *finding,
                                   const struct gd_node *expression)
{
    if (expression == NULL || !gd_check_path_is_default(look))
        return NULL;
    if (gd_expression_volatility(look, expression) != GD_VOLATILITY_CONSTANT) {
        gd_finding_note(look, finding,
                        "values are not counted: the constraint calls more than the server's own "
                        "immutable functions");
        return NULL;
    }
    return gd_deparse_expression(expression, look->arena);
}

/* Count values of `from` (SQL with a column "value") that break a condition, or are NULL. */
static void ask_values(struct gd_look *look, struct gd_finding *finding,
                       const struct gd_target *table, const char *object, const char *from,
                       const char *condition)
{
    struct gd_check_question question = {
        .kind = condition == NULL ? "nulls" : "violations",
        .object = object,
        .sqlstate = condition == NULL ? "23502" : "23514",
    };
    const char *where = condition == NULL ? "value IS NOT DISTINCT FROM NULL"
                                          : gd_arena_printf(look->arena, "NOT (%s)", condition);
    gd_check_ask_sql(
        look, finding, table, &question,
        gd_arena_printf(look->arena, "SELECT count(*) FROM (%s) AS held WHERE %s", from, where),
        condition == NULL
            ? NULL
            : gd_arena_printf(look->arena, "SELECT value::text FROM (%s) AS held WHERE %s LIMIT $1",
                              from, where));
}

static void ask_domain(struct change *change, const struct gd_type *domain)
{
    const char *from =
        SQL("SELECT (%s)::%s AS value FROM %s", change->column, domain->base, change->rows.from);
    for (size_t i = 0; i < domain->constraint_count; i++) {
        const char *condition =
            value_condition(change->look, change->finding,
                            printed_check(change->look, domain->constraints[i].definition));
        if (condition != NULL)
            ask_values(change->look, change->finding, change->rows.table, change->object, from,
                       condition);
    }
    if (domain->not_null)
        ask_values(change->look, change->finding, change->rows.table, change->object, from, NULL);
}

/* ---- ALTER COLUMN … TYPE ---- */

static void ask_computed(struct change *change)
{
    const struct gd_node *using = change->using;
    struct gd_type_target type =
        gd_look_type(change->look, gd_name_of_type(gd_node_child(using, GD_F_type_name)));
    if (gd_node_kind(using) == GD_KIND_TypeCast && type.fresh)
        using = gd_node_child(using, GD_F_arg); /* a type of this script is not there yet */
    const char *value =
        gd_check_expression(change->look, change->finding, change->rows.table, using);
    if (value == NULL)
        return;
    struct gd_check_question question = {
        .kind = "changed values",
        .object = change->object,
        .where = SQL("(%s)::text IS DISTINCT FROM (%s)::text", value, change->column),
        .sample =
            SQL("%s || ': ' || coalesce((%s)::text, 'NULL')", change->rows.key, change->column),
    };
    gd_check_ask(change->look, change->finding, &change->rows, &question);
}

/* A chain of casts is asked only when all but the last go through text. */
static bool is_plain_cast(const struct gd_using *casts)
{
    for (size_t i = 0; i + 1 < casts->cast_count; i++) {
        struct gd_type_form form = gd_type_form_of(casts->casts[i]);
        if (!is_text(&form) || form.modifier_count > 0)
            return false;
    }
    return true;
}

static bool read_change(struct change *change, const struct gd_column *column,
                        const struct gd_node *definition)
{
    const struct gd_node *type_name = gd_node_child(definition, GD_F_type_name);
    change->old_type = column->type;
    change->new_type = gd_deparse_type(type_name, change->look->arena);
    change->new_form = gd_type_form_of(type_name);
    return change->new_type != NULL &&
           gd_type_form_parse(column->type, change->look->arena, &change->old_form);
}

static void ask_change(struct change *change, const struct gd_type_target *type)
{
    const char *const *labels;
    size_t count = gd_look_enum_labels(change->look, type, &labels);
    if (count > 0) {
        ask_labels(change, labels, count);
        if (change->casts.computed)
            ask_computed(change);
        return;
    }
    if (change->casts.computed) {
        ask_computed(change);
        return;
    }
    if (type->type != NULL && type->type->type == 'd') {
        ask_domain(change, type->type);
        return;
    }
    if (type->fresh || !is_plain_cast(&change->casts) || change->new_form.array ||
        change->old_form.array)
        return;
    struct gd_change_question question = {
        .old_form = &change->old_form,
        .new_form = change->new_form,
        .using = change->casts,
        .utc = gd_zone_is_utc(change->look->survey->time_zone),
    };
    struct conditions conditions = conditions_of(change, gd_type_change(&question).change);
    ask_conditions(change, &conditions);
}

void gd_check_type_change(struct gd_look *look, struct gd_finding *finding,
                          const struct gd_target *table, const struct gd_node *alter_cmd)
{
    const char *name = gd_node_text(alter_cmd, GD_F_name);
    const struct gd_node *definition = gd_node_child(alter_cmd, GD_F_def);
    struct gd_column_target column = gd_look_column(look, table, name);
    if (column.column == NULL || column.fresh || !gd_check_can_read(look, finding, table))
        return;
    struct change change = {
        .look = look,
        .finding = finding,
        .rows = gd_check_read(look, table, gd_check_says_only(look)),
        .object = column.qualified,
        .using = gd_node_child(definition, GD_F_raw_default),
    };
    change.column = gd_check_column_sql(look, &change.rows, name);
    change.casts = gd_using_read(change.using, name);
    struct gd_type_target type =
        gd_look_type(look, gd_name_of_type(gd_node_child(definition, GD_F_type_name)));
    if (read_change(&change, column.column, definition))
        ask_change(&change, &type);
}

/* ---- ALTER DOMAIN ---- */

/* Each column is asked for itself; a partitioned table has no rows of its own. */
static void ask_use(struct gd_look *look, struct gd_finding *finding, const struct gd_type_use *use,
                    const char *condition)
{
    const struct gd_relation *relation = gd_survey_relation(look->survey, use->relation_oid);
    if (relation != NULL && (strchr("rm", relation->kind) == NULL || !relation->readable))
        return;
    const char *column = gd_quote_identifier(look->arena, use->column);
    struct gd_target table = {.qualified = use->relation};
    if (relation != NULL)
        table.name = (struct gd_name){relation->schema, relation->name};
    ask_values(
        look, finding, relation == NULL ? NULL : &table,
        gd_arena_printf(look->arena, "%s.%s", use->relation, column),
        gd_arena_printf(look->arena, "SELECT %s AS value FROM ONLY %s", column, use->relation),
        condition);
}

static const struct gd_node *domain_condition(struct gd_look *look,
                                              const struct gd_type_target *domain,
                                              const struct gd_node *alter_domain)
{
    const struct gd_node *constraint = gd_node_child(alter_domain, GD_F_def);
    if (constraint != NULL)
        return gd_node_child(constraint, GD_F_raw_expr);
    const char *name = gd_node_text(alter_domain, GD_F_name); /* VALIDATE CONSTRAINT */
    for (size_t i = 0; i < domain->type->constraint_count; i++)
        if (strcmp(domain->type->constraints[i].name, name) == 0)
            return printed_check(look, domain->type->constraints[i].definition);
    return NULL;
}

void gd_check_domain(struct gd_look *look, struct gd_finding *finding,
                     const struct gd_type_target *domain, const struct gd_node *alter_domain)
{
    if (look->survey == NULL || domain->type == NULL || domain->fresh)
        return;
    bool not_null = strcmp(gd_node_text(alter_domain, GD_F_subtype), "O") == 0;
    const char *condition =
        not_null ? NULL
                 : value_condition(look, finding, domain_condition(look, domain, alter_domain));
    if (!not_null && condition == NULL)
        return;
    for (size_t i = 0; i < domain->type->use_count; i++) {
        if (domain->type->uses[i].array)
            gd_finding_note(look, finding, "%s.%s holds an array of it, which is not counted",
                            domain->type->uses[i].relation, domain->type->uses[i].column);
        else
            ask_use(look, finding, &domain->type->uses[i], condition);
    }
}
