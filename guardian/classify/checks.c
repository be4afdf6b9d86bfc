/*
 * Checks: see checks.h and look.h. Here: what all have in common, and the checks of rows, NULLs,
 * duplicates, conditions and foreign keys.
 */
#include "guardian/classify/checks.h"

#include <string.h>

#include "guardian/classify/judge.h"
#include "guardian/sql/deparse.h"
#include "guardian/sql/parse.h"

/* ---- what can be asked ---- */

bool gd_check_can_read(struct gd_look *look, struct gd_finding *finding,
                       const struct gd_target *table)
{
    const struct gd_relation *relation = table->relation;
    if (look->survey == NULL || relation == NULL || table->fresh || table->temporary ||
        strchr("rpm", relation->kind) == NULL || (relation->kind == 'm' && !relation->populated))
        return false;
    if (!relation->readable)
        gd_finding_note(look, finding, "%s is not counted: the role may not read all of it",
                        table->qualified);
    return relation->readable;
}

const char *gd_check_literal(struct gd_arena *arena, const char *text)
{
    size_t size = 0;
    bool escapes = strchr(text, '\\') != NULL;
    for (const char *at = text; *at != '\0'; at++)
        size += *at == '\'' || *at == '\\' ? 2 : 1;
    char *out = gd_arena_alloc(arena, size + 4), *into = out;
    if (escapes)
        *into++ = 'E';
    *into++ = '\'';
    for (const char *at = text; *at != '\0'; at++) {
        if (*at == '\'' || *at == '\\')
            *into++ = *at;
        *into++ = *at;
    }
    *into++ = '\'';
    *into = '\0';
    return out;
}

static const struct gd_column *column_numbered(const struct gd_relation *relation, int16_t number)
{
    for (size_t i = 0; i < relation->column_count; i++)
        if (relation->columns[i].number == number)
            return &relation->columns[i];
    return NULL;
}

static const struct gd_constraint *primary_key(const struct gd_relation *relation)
{
    for (size_t i = 0; i < relation->constraint_count; i++)
        if (relation->constraints[i].type == 'p')
            return &relation->constraints[i];
    return NULL;
}

/* "id=" || users.id::text */
static const char *key_sql(struct gd_arena *arena, const struct gd_relation *relation,
                           const char *alias)
{
    const struct gd_constraint *key = primary_key(relation);
    const char *sql = NULL;
    for (size_t i = 0; key != NULL && i < key->column_count; i++) {
        const struct gd_column *column = column_numbered(relation, key->columns[i]);
        if (column == NULL)
            return gd_arena_printf(arena, "%s.ctid::text", alias);
        const char *name = gd_quote_identifier(arena, column->name);
        const char *label = gd_check_literal(arena, gd_arena_printf(arena, "%s=", column->name));
        const char *part = gd_arena_printf(arena, "%s || %s.%s::text", label, alias, name);
        sql = sql == NULL ? part : gd_arena_printf(arena, "%s || ', ' || %s", sql, part);
    }
    return sql != NULL ? sql : gd_arena_printf(arena, "'ctid=' || %s.ctid::text", alias);
}

struct gd_check_rows_of gd_check_read(const struct gd_look *look, const struct gd_target *table,
                                      bool only)
{
    const char *alias = gd_quote_identifier(look->arena, table->name.name);
    bool alone = only && table->relation->kind != 'p';
    return (struct gd_check_rows_of){
        .table = table,
        .alias = alias,
        .from = gd_arena_printf(look->arena, "%s%s AS %s", alone ? "ONLY " : "",
                                table->relation->qualified, alias),
        .key = key_sql(look->arena, table->relation, alias),
    };
}

const char *gd_check_column_sql(const struct gd_look *look, const struct gd_check_rows_of *rows,
                                const char *column)
{
    struct gd_column_target target = gd_look_column(look, rows->table, column);
    if (target.column == NULL || target.fresh)
        return NULL;
    return gd_arena_printf(look->arena, "%s.%s", rows->alias,
                           gd_quote_identifier(look->arena, target.column->name));
}

bool gd_check_says_only(const struct gd_look *look)
{
    const struct gd_node *statement =
        look->judge == NULL ? look->parent : gd_judge_statement(look->judge);
    const struct gd_node *range_var = gd_node_child(statement, GD_F_relation);
    return range_var != NULL && !gd_node_flag(range_var, GD_F_inh);
}

bool gd_check_path_is_default(const struct gd_look *look)
{
    const char *const *path;
    size_t count = gd_state_path(look->state, &path);
    if (gd_state_path_unknown(look->state) || count != look->survey->search_path_count)
        return false;
    for (size_t i = 0; i < count; i++)
        if (strcmp(path[i], look->survey->search_path[i]) != 0)
            return false;
    return true;
}

/* ---- expressions of the script ---- */

struct fit {
    const struct gd_look *look;
    const struct gd_target *table;
    bool fits;
};

static bool column_stands(const struct fit *fit, const char *name)
{
    struct gd_column_target target = gd_look_column(fit->look, fit->table, name);
    return target.column != NULL && !target.fresh && strcmp(target.column->name, name) == 0;
}

static enum gd_walk visit_reference(const struct gd_node *node, const struct gd_node *parent,
                                    void *context)
{
    (void)parent;
    struct fit *fit = context;
    size_t fields = gd_node_count(node, GD_F_fields);
    switch (gd_node_kind(node)) {
    case GD_KIND_ParamRef:
    case GD_KIND_SubLink:
        fit->fits = false;
        break;
    case GD_KIND_ColumnRef: {
        const char *last = gd_node_string(gd_node_at(node, GD_F_fields, fields - 1));
        const char *first = gd_node_string(gd_node_at(node, GD_F_fields, 0));
        fit->fits = fit->fits && last != NULL && first != NULL && fields <= 2 &&
                    (fields == 1 || strcmp(first, fit->table->name.name) == 0) &&
                    column_stands(fit, last);
        break;
    }
    default:
        break;
    }
    return fit->fits ? GD_WALK_INTO : GD_WALK_STOP;
}

const char *gd_check_expression(struct gd_look *look, struct gd_finding *finding,
                                const struct gd_target *table, const struct gd_node *expression)
{
    struct fit fit = {look, table, true};
    (void)gd_node_walk(expression, visit_reference, &fit);
    if (!fit.fits || !gd_check_path_is_default(look))
        return NULL;
    if (gd_expression_volatility(look, expression) != GD_VOLATILITY_CONSTANT) {
        gd_finding_note(look, finding,
                        "rows are not counted: the expression calls more than the server's own "
                        "immutable functions");
        return NULL;
    }
    return gd_deparse_expression(expression, look->arena);
}

/* ---- asking ---- */

/* The same question is asked once. */
static bool is_asked(const struct gd_finding *finding, const struct gd_check *check)
{
    for (size_t i = 0; i < finding->check_count; i++)
        if (strcmp(finding->checks[i]->count_sql, check->count_sql) == 0)
            return true;
    return false;
}

static void keep(struct gd_look *look, struct gd_finding *finding, struct gd_check *check)
{
    if (is_asked(finding, check))
        return;
    struct gd_check **checks =
        gd_arena_zalloc(look->arena, finding->check_count + 1, sizeof *checks);
    if (finding->check_count > 0)
        memcpy(checks, finding->checks, finding->check_count * sizeof *checks);
    checks[finding->check_count++] = check;
    finding->checks = checks;
}

void gd_check_ask_sql(struct gd_look *look, struct gd_finding *finding,
                      const struct gd_target *table, const struct gd_check_question *question,
                      const char *count_sql, const char *sample_sql)
{
    uint32_t line =
        table == NULL ? 0 : gd_state_written(look->state, table->name.schema, table->name.name);
    struct gd_check *check = gd_arena_zalloc(look->arena, 1, sizeof *check);
    *check = (struct gd_check){
        .kind = question->kind,
        .object = question->object,
        .count_sql = count_sql,
        .sample_sql = sample_sql,
        .fails = question->sqlstate != NULL && line == 0,
        .sqlstate = question->sqlstate,
        .count = -1,
    };
    if (line != 0)
        gd_finding_note(look, finding, "counted before line %u writes to %s", line,
                        table->qualified);
    keep(look, finding, check);
}

void gd_check_ask(struct gd_look *look, struct gd_finding *finding,
                  const struct gd_check_rows_of *rows, const struct gd_check_question *question)
{
    const char *sample = question->sample != NULL ? question->sample : rows->key;
    gd_check_ask_sql(look, finding, rows->table, question,
                     gd_arena_printf(look->arena, "SELECT count(*) FROM %s WHERE %s", rows->from,
                                     question->where),
                     gd_arena_printf(look->arena, "SELECT %s FROM %s WHERE %s LIMIT $1", sample,
                                     rows->from, question->where));
}

/* ---- rows and NULLs ---- */

/* NULL itself, not a row of NULLs, which IS NULL calls so, too. */
static const char *is_null(struct gd_arena *arena, const char *sql)
{
    return gd_arena_printf(arena, "%s IS NOT DISTINCT FROM NULL", sql);
}

void gd_check_not_null(struct gd_look *look, struct gd_finding *finding,
                       const struct gd_target *table, const char *column)
{
    struct gd_column_target target = gd_look_column(look, table, column);
    if (target.column == NULL || target.fresh || target.column->not_null ||
        !gd_check_can_read(look, finding, table))
        return;
    struct gd_check_rows_of rows = gd_check_read(look, table, gd_check_says_only(look));
    struct gd_check_question question = {
        .kind = "nulls",
        .object = target.qualified,
        .sqlstate = "23502",
        .where = is_null(look->arena, gd_check_column_sql(look, &rows, column)),
    };
    gd_check_ask(look, finding, &rows, &question);
}

static void count_rows(struct gd_look *look, struct gd_finding *finding,
                       const struct gd_target *table, bool only, const char *sqlstate)
{
    if (!gd_check_can_read(look, finding, table))
        return;
    struct gd_check_rows_of rows = gd_check_read(look, table, only);
    struct gd_check_question question = {
        .kind = "rows",
        .object = table->qualified,
        .sqlstate = sqlstate,
    };
    gd_check_ask_sql(
        look, finding, table, &question,
        gd_arena_printf(look->arena, "SELECT count(*) FROM %s", rows.from),
        gd_arena_printf(look->arena, "SELECT %s FROM %s LIMIT $1", rows.key, rows.from));
}

void gd_check_any_row(struct gd_look *look, struct gd_finding *finding,
                      const struct gd_target *table)
{
    count_rows(look, finding, table, gd_check_says_only(look), "23502");
}

/* ONLY in a list of TRUNCATE. */
static bool is_truncated_alone(const struct gd_look *look, const struct gd_target *table)
{
    for (size_t i = 0; gd_node_kind(look->node) == GD_KIND_TruncateStmt &&
                       i < gd_node_count(look->node, GD_F_relations);
         i++) {
        const struct gd_node *range_var = gd_node_at(look->node, GD_F_relations, i);
        if (!gd_node_flag(range_var, GD_F_inh) &&
            gd_look_relation(look, gd_name_of_range(range_var)).relation == table->relation)
            return true;
    }
    return false;
}

void gd_check_rows(struct gd_look *look, struct gd_finding *finding, const struct gd_target *table)
{
    count_rows(look, finding, table, is_truncated_alone(look, table), NULL);
}

void gd_check_values(struct gd_look *look, struct gd_finding *finding,
                     const struct gd_target *table, const char *column)
{
    struct gd_column_target target = gd_look_column(look, table, column);
    if (target.column == NULL || target.fresh || !gd_check_can_read(look, finding, table))
        return;
    struct gd_check_rows_of rows = gd_check_read(look, table, gd_check_says_only(look));
    const char *value = gd_check_column_sql(look, &rows, column);
    struct gd_check_question question = {
        .kind = "not null values",
        .object = target.qualified,
        .where = gd_arena_printf(look->arena, "%s IS DISTINCT FROM NULL", value),
        .sample = gd_arena_printf(look->arena, "%s || ': ' || %s::text", rows.key, value),
    };
    gd_check_ask(look, finding, &rows, &question);
}

/* ---- duplicates ---- */

enum { KEYS_MAX = 32 };

struct keys {
    const char *sql[KEYS_MAX];
    size_t count;
    const char *shown; /* "email, tenant" */
};

static void add_key(struct gd_look *look, struct keys *keys, const char *sql, const char *shown)
{
    keys->sql[keys->count++] = sql;
    keys->shown =
        keys->shown == NULL ? shown : gd_arena_printf(look->arena, "%s, %s", keys->shown, shown);
}

static bool add_column_key(struct gd_look *look, const struct gd_check_rows_of *rows,
                           const char *column, struct keys *keys)
{
    const char *sql = gd_check_column_sql(look, rows, column);
    if (sql == NULL || keys->count == KEYS_MAX)
        return false;
    add_key(look, keys, sql, gd_quote_identifier(look->arena, column));
    return true;
}

static const char *with_collation(struct gd_look *look, const struct gd_node *element,
                                  const char *sql)
{
    size_t count = gd_node_count(element, GD_F_collation);
    if (count == 0)
        return sql;
    struct gd_name name = gd_name_of_list(element, GD_F_collation);
    return gd_arena_printf(look->arena, "(%s) COLLATE %s", sql, gd_name_show(look->arena, name));
}

/* One IndexElem. An operator class can only change what is equal for types of the user's own. */
static bool add_index_key(struct gd_look *look, struct gd_finding *finding,
                          const struct gd_check_rows_of *rows, const struct gd_node *element,
                          struct keys *keys)
{
    const char *name = gd_node_text(element, GD_F_name);
    const struct gd_node *expression = gd_node_child(element, GD_F_expr);
    const char *sql = name[0] != '\0' ? gd_check_column_sql(look, rows, name)
                                      : gd_check_expression(look, finding, rows->table, expression);
    if (sql == NULL || keys->count == KEYS_MAX)
        return false;
    const char *shown = name[0] != '\0' ? gd_quote_identifier(look->arena, name) : sql;
    add_key(look, keys, with_collation(look, element, sql), shown);
    return true;
}

static bool read_keys(struct gd_look *look, struct gd_finding *finding,
                      const struct gd_check_rows_of *rows, const struct gd_node *definition,
                      struct keys *keys)
{
    bool index = gd_node_kind(definition) == GD_KIND_IndexStmt;
    enum gd_field list = index ? GD_F_index_params : GD_F_keys;
    for (size_t i = 0; i < gd_node_count(definition, list); i++) {
        const struct gd_node *item = gd_node_at(definition, list, i);
        const char *name = gd_node_string(item);
        if (index ? !add_index_key(look, finding, rows, item, keys)
                  : name == NULL || !add_column_key(look, rows, name, keys))
            return false;
    }
    return keys->count > 0;
}

/* "k1, k2" and "k1 IS DISTINCT FROM NULL AND …" of the inner query's columns. */
static const char *key_list(struct gd_look *look, const struct keys *keys, const char *form,
                            const char *joint)
{
    const char *list = "";
    for (size_t i = 0; i < keys->count; i++)
        list = gd_arena_printf(look->arena, "%s%sk%zu%s", list, i == 0 ? "" : joint, i + 1, form);
    return list;
}

static const char *keyed_rows(struct gd_look *look, const struct gd_check_rows_of *rows,
                              const struct keys *keys, const char *predicate, bool nulls_count)
{
    const char *select = "";
    for (size_t i = 0; i < keys->count; i++)
        select = gd_arena_printf(look->arena, "%s%s%s AS k%zu", select, i == 0 ? "" : ", ",
                                 keys->sql[i], i + 1);
    const char *inner =
        gd_arena_printf(look->arena, "SELECT %s FROM %s%s%s%s", select, rows->from,
                        predicate == NULL ? "" : " WHERE (", predicate == NULL ? "" : predicate,
                        predicate == NULL ? "" : ")");
    return gd_arena_printf(
        look->arena,
        "SELECT %s, count(*) AS n FROM (%s) AS keyed%s%s GROUP BY %s HAVING count(*) > 1",
        key_list(look, keys, "", ", "), inner, nulls_count ? "" : " WHERE ",
        nulls_count ? "" : key_list(look, keys, " IS DISTINCT FROM NULL", " AND "),
        key_list(look, keys, "", ", "));
}

static void ask_for_duplicates(struct gd_look *look, struct gd_finding *finding,
                               const struct gd_check_rows_of *rows, const struct keys *keys,
                               const char *groups)
{
    struct gd_check_question question = {
        .kind = "duplicates",
        .object = gd_arena_printf(look->arena, "%s(%s)", rows->table->qualified, keys->shown),
        .sqlstate = "23505",
    };
    gd_check_ask_sql(
        look, finding, rows->table, &question,
        gd_arena_printf(look->arena, "SELECT coalesce(sum(n - 1), 0)::bigint FROM (%s) AS repeated",
                        groups),
        gd_arena_printf(
            look->arena,
            "SELECT concat_ws(', ', %s) || ' (' || n || ' times)' FROM (%s) AS repeated "
            "ORDER BY n DESC LIMIT $1",
            key_list(look, keys, "::text", ", "), groups));
}

/* The columns of an index that a constraint takes over: they must not be NULL in a primary key. */
static void check_adopted_index(struct gd_look *look, struct gd_finding *finding,
                                const struct gd_target *table, const char *index_name)
{
    for (size_t i = 0; i < table->relation->index_count; i++) {
        const struct gd_index *index = &table->relation->indexes[i];
        if (strcmp(index->name, index_name) != 0)
            continue;
        for (size_t k = 0; k < index->column_count; k++) {
            const struct gd_column *column = column_numbered(table->relation, index->columns[k]);
            if (column != NULL)
                gd_check_not_null(look, finding, table, column->name);
        }
    }
}

static void check_primary_columns(struct gd_look *look, struct gd_finding *finding,
                                  const struct gd_target *table, const struct gd_node *definition)
{
    for (size_t i = 0; i < gd_node_count(definition, GD_F_keys); i++) {
        const char *name = gd_node_string(gd_node_at(definition, GD_F_keys, i));
        if (name != NULL)
            gd_check_not_null(look, finding, table, name);
    }
}

void gd_check_unique(struct gd_look *look, struct gd_finding *finding,
                     const struct gd_target *table, const struct gd_node *definition)
{
    bool primary = gd_node_enum_is(definition, GD_F_contype, "CONSTR_PRIMARY");
    const char *adopted = gd_node_text(definition, GD_F_indexname);
    bool index = gd_node_kind(definition) == GD_KIND_IndexStmt;
    if (!gd_check_can_read(look, finding, table) ||
        (index && table->relation->kind == 'p' && gd_check_says_only(look)))
        return;
    if (primary && adopted[0] != '\0')
        check_adopted_index(look, finding, table, adopted);
    else if (primary)
        check_primary_columns(look, finding, table, definition);
    if (adopted[0] != '\0')
        return; /* the index holds no duplicates, or it is no unique one */

    struct keys keys = {.count = 0};
    struct gd_check_rows_of rows = gd_check_read(look, table, true);
    const struct gd_node *where = gd_node_child(definition, GD_F_where_clause);
    const char *predicate = where == NULL ? NULL : gd_check_expression(look, finding, table, where);
    if ((where != NULL && predicate == NULL) || !read_keys(look, finding, &rows, definition, &keys))
        return;
    bool nulls_count = gd_node_flag(definition, GD_F_nulls_not_distinct);
    ask_for_duplicates(look, finding, &rows, &keys,
                       keyed_rows(look, &rows, &keys, predicate, nulls_count));
}

/* ---- conditions ---- */

void gd_check_condition(struct gd_look *look, struct gd_finding *finding,
                        const struct gd_target *table, const struct gd_node *constraint)
{
    if (gd_node_flag(constraint, GD_F_skip_validation) || !gd_check_can_read(look, finding, table))
        return;
    bool only = gd_check_says_only(look) || gd_node_flag(constraint, GD_F_is_no_inherit);
    struct gd_check_rows_of rows = gd_check_read(look, table, only);
    const char *condition =
        gd_check_expression(look, finding, table, gd_node_child(constraint, GD_F_raw_expr));
    if (condition == NULL)
        return;
    struct gd_check_question question = {
        .kind = "violations",
        .object = table->qualified,
        .sqlstate = "23514",
        .where = gd_arena_printf(look->arena, "NOT (%s)", condition),
    };
    gd_check_ask(look, finding, &rows, &question);
}

/* ---- foreign keys ---- */

struct reference {
    struct gd_target target;
    const char *columns[KEYS_MAX]; /* of the referenced table, quoted */
    size_t count;
};

static bool add_referenced(struct gd_look *look, struct reference *reference, const char *name)
{
    struct gd_column_target column = gd_look_column(look, &reference->target, name);
    if (column.column == NULL || column.fresh || reference->count == KEYS_MAX)
        return false;
    reference->columns[reference->count++] = gd_quote_identifier(look->arena, column.column->name);
    return true;
}

/* The columns named, or those of the primary key. */
static bool read_reference(struct gd_look *look, const struct gd_node *constraint,
                           struct reference *out)
{
    out->target = gd_look_relation(look, gd_name_of_range(gd_node_child(constraint, GD_F_pktable)));
    const struct gd_relation *relation = out->target.relation;
    if (relation == NULL || out->target.fresh || !relation->readable)
        return false;
    size_t named = gd_node_count(constraint, GD_F_pk_attrs);
    for (size_t i = 0; i < named; i++) {
        const char *name = gd_node_string(gd_node_at(constraint, GD_F_pk_attrs, i));
        if (name == NULL || !add_referenced(look, out, name))
            return false;
    }
    const struct gd_constraint *key = named == 0 ? primary_key(relation) : NULL;
    for (size_t i = 0; key != NULL && i < key->column_count; i++) {
        const struct gd_column *column = column_numbered(relation, key->columns[i]);
        if (column == NULL || !add_referenced(look, out, column->name))
            return false;
    }
    return out->count > 0;
}

/* As the server's own first check of a new key does it: tables alone unless partitioned. */
static const char *orphans_where(struct gd_look *look, const struct reference *reference,
                                 const struct keys *keys, bool full)
{
    const char *given = "", *match = "";
    for (size_t i = 0; i < keys->count; i++) {
        given = gd_arena_printf(look->arena, "%s%s%s IS NOT NULL", given,
                                i == 0 ? ""
                                : full ? " OR "
                                       : " AND ",
                                keys->sql[i]);
        match = gd_arena_printf(look->arena, "%s%sreferenced.%s = %s", match, i == 0 ? "" : " AND ",
                                reference->columns[i], keys->sql[i]);
    }
    return gd_arena_printf(look->arena,
                           "(%s) AND NOT EXISTS (SELECT 1 FROM %s%s AS referenced WHERE %s)", given,
                           reference->target.relation->kind == 'p' ? "" : "ONLY ",
                           reference->target.relation->qualified, match);
}

void gd_check_foreign_key(struct gd_look *look, struct gd_finding *finding,
                          const struct gd_target *table, const struct gd_node *constraint)
{
    struct reference reference = {.count = 0};
    struct keys keys = {.count = 0};
    if (gd_node_flag(constraint, GD_F_skip_validation) ||
        !gd_check_can_read(look, finding, table) || !read_reference(look, constraint, &reference))
        return;
    struct gd_check_rows_of rows = gd_check_read(look, table, true);
    rows.alias = "referencing";
    rows.from =
        gd_arena_printf(look->arena, "%s%s AS referencing",
                        table->relation->kind == 'p' ? "" : "ONLY ", table->relation->qualified);
    rows.key = key_sql(look->arena, table->relation, "referencing");
    for (size_t i = 0; i < gd_node_count(constraint, GD_F_fk_attrs); i++) {
        const char *name = gd_node_string(gd_node_at(constraint, GD_F_fk_attrs, i));
        if (name == NULL || !add_column_key(look, &rows, name, &keys))
            return;
    }
    if (keys.count == 0 || keys.count != reference.count)
        return;
    bool full = strcmp(gd_node_text(constraint, GD_F_fk_matchtype), "f") == 0;
    struct gd_check_question question = {
        .kind = "orphans",
        .object = gd_arena_printf(look->arena, "%s(%s)", table->qualified, keys.shown),
        .sqlstate = "23503",
        .where = orphans_where(look, &reference, &keys, full),
    };
    uint32_t line =
        gd_state_written(look->state, reference.target.name.schema, reference.target.name.name);
    if (line != 0) {
        question.sqlstate = NULL;
        gd_finding_note(look, finding, "counted before line %u writes to %s", line,
                        reference.target.qualified);
    }
    gd_check_ask(look, finding, &rows, &question);
}

/* ---- constraints that stand in the catalogue ---- */

void gd_check_validate(struct gd_look *look, struct gd_finding *finding,
                       const struct gd_target *table, const char *name)
{
    const struct gd_constraint *there =
        table->relation == NULL ? NULL : gd_relation_constraint(table->relation, name);
    if (there == NULL || there->validated)
        return;
    static const char suffix[] = " NOT VALID";
    size_t size = strlen(there->definition);
    if (size > sizeof suffix && strcmp(there->definition + size - (sizeof suffix - 1), suffix) == 0)
        size -= sizeof suffix - 1;
    const char *text = gd_arena_printf(look->arena, "ALTER TABLE t ADD CONSTRAINT c %.*s",
                                       (int)size, there->definition);
    struct gd_parsed parsed;
    struct gd_refusal refusal;
    if (!gd_parse(text, strlen(text), look->arena, &parsed, &refusal) || parsed.count != 1)
        return;
    const struct gd_node *constraint =
        gd_node_child(gd_node_at(parsed.statements[0], GD_F_cmds, 0), GD_F_def);
    if (there->type == 'c')
        gd_check_condition(look, finding, table, constraint);
    else if (there->type == 'f')
        gd_check_foreign_key(look, finding, table, constraint);
}
