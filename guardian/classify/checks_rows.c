/*
 * Checks of rows that move or go: what UPDATE and DELETE touch, what ATTACH PARTITION refuses.
 */
#include <string.h>

#include "guardian/classify/checks.h"
#include "guardian/sql/deparse.h"
#include "guardian/sql/parse.h"

/* ---- UPDATE, DELETE ---- */

/* Everything that a statement's conditions read must stand there now, under the names written, and
 * must be seen by a new session as the script sees it. */
struct reads {
    const struct gd_look *look;
    const struct gd_node *statement;
    struct gd_target kept[8];
    size_t count;
    bool fits;
};

static bool is_cte_of(const struct gd_node *statement, const char *name)
{
    const struct gd_node *with = gd_node_child(statement, GD_F_with_clause);
    for (size_t i = 0; i < gd_node_count(with, GD_F_ctes); i++)
        if (strcmp(gd_node_text(gd_node_at(with, GD_F_ctes, i), GD_F_ctename), name) == 0)
            return true;
    return false;
}

static bool stands_unchanged(const struct gd_target *target)
{
    return target->relation != NULL && !target->fresh && !target->temporary &&
           strcmp(target->relation->name, target->name.name) == 0 &&
           strcmp(target->relation->schema, target->name.schema) == 0 && target->relation->readable;
}

static void read_table(struct reads *reads, const struct gd_node *range_var)
{
    struct gd_name name = gd_name_of_range(range_var);
    if (name.schema[0] == '\0' && is_cte_of(reads->statement, name.name))
        return;
    struct gd_target target = gd_look_relation(reads->look, name);
    bool room = reads->count < sizeof reads->kept / sizeof reads->kept[0];
    if (!room || !stands_unchanged(&target)) {
        reads->fits = false;
        return;
    }
    reads->kept[reads->count++] = target;
}

/* A column that no table here has may be a variable of the body that the statement stands in. */
static bool names_a_column(const struct reads *reads, const struct gd_node *reference)
{
    size_t fields = gd_node_count(reference, GD_F_fields);
    const char *name = gd_node_string(gd_node_at(reference, GD_F_fields, fields - 1));
    if (name == NULL) /* a star */
        return true;
    bool any = gd_node_child(reads->statement, GD_F_with_clause) != NULL && fields > 1;
    for (size_t i = 0; i < reads->count; i++) {
        struct gd_column_target column = gd_look_column(reads->look, &reads->kept[i], name);
        any = any ||
              (column.column != NULL && !column.fresh && strcmp(column.column->name, name) == 0);
    }
    return any;
}

static enum gd_walk visit_tables(const struct gd_node *node, const struct gd_node *parent,
                                 void *context)
{
    (void)parent;
    struct reads *reads = context;
    switch (gd_node_kind(node)) {
    case GD_KIND_RangeVar:
        read_table(reads, node);
        break;
    case GD_KIND_ParamRef:
    case GD_KIND_CurrentOfExpr:
        reads->fits = false;
        break;
    case GD_KIND_InsertStmt:
    case GD_KIND_UpdateStmt:
    case GD_KIND_DeleteStmt:
    case GD_KIND_MergeStmt:
        reads->fits = reads->fits && node == reads->statement;
        break;
    default:
        break;
    }
    return reads->fits ? GD_WALK_INTO : GD_WALK_STOP;
}

static enum gd_walk visit_columns(const struct gd_node *node, const struct gd_node *parent,
                                  void *context)
{
    (void)parent;
    struct reads *reads = context;
    if (gd_node_kind(node) == GD_KIND_ColumnRef && !names_a_column(reads, node))
        reads->fits = false;
    return reads->fits ? GD_WALK_INTO : GD_WALK_STOP;
}

/* "a, b AS c" of a FROM or USING list; "" for none, NULL when it cannot be written. */
static const char *source_list(struct gd_look *look, const struct gd_node *statement)
{
    bool update = gd_node_kind(statement) == GD_KIND_UpdateStmt;
    enum gd_field field = update ? GD_F_from_clause : GD_F_using_clause;
    const char *list = "";
    for (size_t i = 0; i < gd_node_count(statement, field); i++) {
        const char *item = gd_deparse_from(gd_node_at(statement, field, i), look->arena);
        if (item == NULL)
            return NULL;
        list = gd_arena_printf(look->arena, "%s%s%s", list, i == 0 ? "" : ", ", item);
    }
    return list;
}

static bool can_ask(struct gd_look *look, const struct gd_node *statement)
{
    struct reads reads = {.look = look, .statement = statement, .fits = true};
    (void)gd_node_walk(statement, visit_tables, &reads);
    if (reads.fits)
        (void)gd_node_walk(gd_node_child(statement, GD_F_where_clause), visit_columns, &reads);
    return reads.fits && gd_check_path_is_default(look) &&
           gd_expression_volatility(look, gd_node_child(statement, GD_F_where_clause)) ==
               GD_VOLATILITY_CONSTANT;
}

void gd_check_touched(struct gd_look *look, struct gd_finding *finding,
                      const struct gd_target *table, const struct gd_node *statement)
{
    const struct gd_node *where = gd_node_child(statement, GD_F_where_clause);
    const struct gd_node *with = gd_node_child(statement, GD_F_with_clause);
    if (!gd_check_can_read(look, finding, table) || !can_ask(look, statement))
        return;
    const char *target = gd_deparse_from(gd_node_child(statement, GD_F_relation), look->arena);
    const char *sources = source_list(look, statement);
    const char *condition = where == NULL ? "true" : gd_deparse_expression(where, look->arena);
    const char *ctes = with == NULL ? "" : gd_deparse_with(with, look->arena);
    if (target == NULL || sources == NULL || condition == NULL || ctes == NULL)
        return;
    if (sources[0] != '\0') /* a row that several sources match is touched once */
        condition =
            gd_arena_printf(look->arena, "EXISTS (SELECT 1 FROM %s WHERE %s)", sources, condition);
    struct gd_check_question question = {.kind = "rows", .object = table->qualified};
    gd_check_ask_sql(
        look, finding, table, &question,
        gd_arena_printf(look->arena, "%sSELECT count(*) FROM %s WHERE %s", ctes, target, condition),
        NULL);
}

/* ---- partitions ---- */

enum { PART_KEYS_MAX = 32 };

struct part_keys {
    const char *sql[PART_KEYS_MAX];
    size_t count;
};

/* Read "RANGE (at, lower(name))", as the catalogue prints it. */
static bool read_part_keys(struct gd_look *look, const struct gd_relation *parent,
                           struct part_keys *out)
{
    struct gd_parsed parsed;
    struct gd_refusal refusal;
    if (parent->partition_key == NULL)
        return false;
    const char *text =
        gd_arena_printf(look->arena, "CREATE TABLE t () PARTITION BY %s", parent->partition_key);
    if (!gd_parse(text, strlen(text), look->arena, &parsed, &refusal) || parsed.count != 1)
        return false;
    const struct gd_node *spec = gd_node_child(parsed.statements[0], GD_F_partspec);
    for (size_t i = 0; i < gd_node_count(spec, GD_F_part_params) && i < PART_KEYS_MAX; i++) {
        const struct gd_node *element = gd_node_at(spec, GD_F_part_params, i);
        const char *name = gd_node_text(element, GD_F_name);
        const struct gd_node *expression = gd_node_child(element, GD_F_expr);
        if (name[0] == '\0' && gd_expression_volatility(look, expression) != GD_VOLATILITY_CONSTANT)
            return false;
        const char *sql = name[0] != '\0' ? gd_quote_identifier(look->arena, name)
                                          : gd_deparse_expression(expression, look->arena);
        if (sql == NULL)
            return false;
        out->sql[out->count++] = gd_arena_printf(look->arena, "(%s)", sql);
    }
    return out->count > 0;
}

static bool is_word(const struct gd_node *datum, const char *word)
{
    const char *text = gd_node_kind(datum) == GD_KIND_ColumnRef
                           ? gd_node_string(gd_node_at(datum, GD_F_fields, 0))
                           : NULL;
    return text != NULL && strcmp(text, word) == 0;
}

static const char *datum_sql(struct gd_look *look, const struct gd_node *datum)
{
    return gd_expression_volatility(look, datum) == GD_VOLATILITY_CONSTANT
               ? gd_deparse_expression(datum, look->arena)
               : NULL;
}

/* (k1 > l1 OR (k1 = l1 AND (k2 > l2 OR …))), from the last key to the first; `open` is the operator
 * of the keys before the last, `last` that of the last. */
static const char *side_of_bound(struct gd_look *look, const struct part_keys *keys,
                                 const struct gd_node *bound, bool lower)
{
    enum gd_field field = lower ? GD_F_lowerdatums : GD_F_upperdatums;
    const char *beyond = lower ? "minvalue" : "maxvalue", *never = lower ? "maxvalue" : "minvalue";
    const char *sql = NULL;
    if (gd_node_count(bound, field) != keys->count)
        return NULL;
    for (size_t i = keys->count; i-- > 0;) {
        const struct gd_node *datum = gd_node_at(bound, field, i);
        if (is_word(datum, beyond) || is_word(datum, never)) {
            sql = is_word(datum, beyond) ? "true" : "false";
            continue;
        }
        const char *value = datum_sql(look, datum);
        if (value == NULL)
            return NULL;
        sql =
            sql == NULL
                ? gd_arena_printf(look->arena, "%s %s %s", keys->sql[i], lower ? ">=" : "<", value)
                : gd_arena_printf(look->arena, "(%s %s %s OR (%s = %s AND (%s)))", keys->sql[i],
                                  lower ? ">" : "<", value, keys->sql[i], value, sql);
    }
    return sql;
}

static const char *range_condition(struct gd_look *look, const struct part_keys *keys,
                                   const struct gd_node *bound)
{
    const char *low = side_of_bound(look, keys, bound, true);
    const char *high = side_of_bound(look, keys, bound, false);
    const char *given = "";
    if (low == NULL || high == NULL)
        return NULL;
    for (size_t i = 0; i < keys->count; i++)
        given = gd_arena_printf(look->arena, "%s%s IS NOT NULL AND ", given, keys->sql[i]);
    return gd_arena_printf(look->arena, "%s(%s) AND (%s)", given, low, high);
}

static const char *list_condition(struct gd_look *look, const struct part_keys *keys,
                                  const struct gd_node *bound)
{
    const char *values = "";
    bool nulls = false;
    for (size_t i = 0; i < gd_node_count(bound, GD_F_listdatums); i++) {
        const struct gd_node *datum = gd_node_at(bound, GD_F_listdatums, i);
        const char *value = datum_sql(look, datum);
        if (value == NULL)
            return NULL;
        if (gd_node_flag(datum, GD_F_isnull))
            nulls = true;
        else
            values = gd_arena_printf(look->arena, "%s%s%s", values, values[0] == '\0' ? "" : ", ",
                                     value);
    }
    const char *in = values[0] == '\0' ? "false"
                                       : gd_arena_printf(look->arena, "coalesce(%s IN (%s), false)",
                                                         keys->sql[0], values);
    return nulls ? gd_arena_printf(look->arena, "%s OR %s IS NULL", in, keys->sql[0]) : in;
}

static const char *hash_condition(struct gd_look *look, const struct part_keys *keys,
                                  const struct gd_relation *parent, const struct gd_node *bound)
{
    const char *list = "";
    for (size_t i = 0; i < keys->count; i++)
        list = gd_arena_printf(look->arena, "%s, %s", list, keys->sql[i]);
    return gd_arena_printf(look->arena, "satisfies_hash_partition(%u::oid, %lld, %lld%s)",
                           parent->oid, (long long)gd_node_int(bound, GD_F_modulus),
                           (long long)gd_node_int(bound, GD_F_remainder), list);
}

/* SQL that is true for rows inside the bounds, never NULL; NULL when it cannot be written. */
static const char *bound_condition(struct gd_look *look, const struct gd_relation *parent,
                                   const struct gd_node *bound)
{
    struct part_keys keys = {.count = 0};
    if (bound == NULL || gd_node_flag(bound, GD_F_is_default) || !gd_check_path_is_default(look) ||
        !read_part_keys(look, parent, &keys))
        return NULL;
    switch (gd_node_text(bound, GD_F_strategy)[0]) {
    case 'r':
        return range_condition(look, &keys, bound);
    case 'l':
        return list_condition(look, &keys, bound);
    case 'h':
        return hash_condition(look, &keys, parent, bound);
    default:
        return NULL;
    }
}

static void ask_rows_where(struct gd_look *look, struct gd_finding *finding,
                           const struct gd_relation *relation, const char *where)
{
    struct gd_target table = {
        .name = {relation->schema, relation->name},
        .qualified = relation->qualified,
        .exists = GD_YES,
        .relation = relation,
    };
    if (!gd_check_can_read(look, finding, &table))
        return;
    struct gd_check_rows_of rows = gd_check_read(look, &table, false);
    struct gd_check_question question = {
        .kind = "violations",
        .object = relation->qualified,
        .sqlstate = "23514",
        .where = where,
    };
    gd_check_ask(look, finding, &rows, &question);
}

static const struct gd_relation *default_of(const struct gd_look *look,
                                            const struct gd_relation *parent)
{
    for (size_t i = 0; i < parent->child_count; i++) {
        const struct gd_relation *child = gd_survey_relation(look->survey, parent->children[i]);
        if (child != NULL && child->partition_bound != NULL &&
            strcmp(child->partition_bound, "DEFAULT") == 0)
            return child;
    }
    return NULL;
}

void gd_check_partition(struct gd_look *look, struct gd_finding *finding,
                        const struct gd_target *parent, const struct gd_node *partition_cmd)
{
    if (look->survey == NULL || parent->relation == NULL || parent->fresh)
        return;
    const struct gd_node *command = gd_node_kind(partition_cmd) == GD_KIND_AlterTableCmd
                                        ? gd_node_child(partition_cmd, GD_F_def)
                                        : partition_cmd;
    bool attach = gd_node_kind(command) == GD_KIND_PartitionCmd;
    const struct gd_node *bound = gd_node_child(command, attach ? GD_F_bound : GD_F_partbound);
    const char *inside = bound_condition(look, parent->relation, bound);
    if (inside == NULL)
        return;
    if (attach) {
        struct gd_target child =
            gd_look_relation(look, gd_name_of_range(gd_node_child(command, GD_F_name)));
        if (child.relation != NULL && !child.fresh)
            ask_rows_where(look, finding, child.relation,
                           gd_arena_printf(look->arena, "NOT (%s)", inside));
    }
    const struct gd_relation *rest = default_of(look, parent->relation);
    if (rest != NULL)
        ask_rows_where(look, finding, rest, inside);
}
