/*
 * What the effects of group A share: the target, the column, the objects in the way.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "guardian/classify/judge.h"
#include "guardian/classify/rules_tables_alter.h"

enum { BLOCKERS_SHOWN = 10 };

const struct gd_node *gd_alter_statement(const struct gd_look *look)
{
    const struct gd_node *above = look->parent == NULL ? look->node : look->parent;
    bool inside = gd_node_kind(above) == GD_KIND_AlterTableCmd;
    return inside ? gd_judge_statement(look->judge) : above;
}

bool gd_alter_says(const struct gd_look *look, const char *object_type)
{
    return gd_node_enum_is(gd_alter_statement(look), GD_F_objtype, object_type);
}

/* ---- kinds ---- */

static char kind_said(const struct gd_node *statement)
{
    static const struct {
        const char *type;
        char kind;
    } kinds[] = {{"OBJECT_FOREIGN_TABLE", 'f'}, {"OBJECT_VIEW", 'v'},     {"OBJECT_MATVIEW", 'm'},
                 {"OBJECT_INDEX", 'i'},         {"OBJECT_SEQUENCE", 'S'}, {"OBJECT_TYPE", 'c'}};
    static const enum gd_field fields[] = {GD_F_objtype, GD_F_relation_type, GD_F_object_type,
                                           GD_F_rename_type};
    for (size_t f = 0; f < sizeof fields / sizeof fields[0]; f++)
        for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
            if (gd_node_enum_is(statement, fields[f], kinds[i].type))
                return kinds[i].kind;
    return 'r';
}

char gd_alter_relkind(const struct gd_look *look, const struct gd_target *target)
{
    return target->relation != NULL ? target->relation->kind : kind_said(gd_alter_statement(look));
}

static char relkind_here(const struct gd_look *look)
{
    struct gd_target target = gd_look_table(look);
    return gd_alter_relkind(look, &target);
}

bool gd_alter_on_table(const struct gd_look *look)
{
    return strchr("rpmt", relkind_here(look)) != NULL;
}

bool gd_alter_on_foreign_table(const struct gd_look *look)
{
    return relkind_here(look) == 'f';
}

bool gd_alter_on_view(const struct gd_look *look)
{
    return relkind_here(look) == 'v';
}

bool gd_alter_on_index(const struct gd_look *look)
{
    return strchr("iI", relkind_here(look)) != NULL;
}

bool gd_alter_on_sequence(const struct gd_look *look)
{
    return relkind_here(look) == 'S';
}

bool gd_alter_on_composite(const struct gd_look *look)
{
    return gd_alter_says(look, "OBJECT_TYPE");
}

bool gd_alter_on_relation(const struct gd_look *look)
{
    return !gd_alter_on_composite(look);
}

const char *gd_alter_show(const struct gd_look *look, const struct gd_target *target)
{
    static const struct {
        char kind;
        const char *word;
    } words[] = {{'f', "foreign table"}, {'v', "view"},  {'m', "materialized view"},
                 {'i', "index"},         {'I', "index"}, {'S', "sequence"},
                 {'c', "type"}};
    char kind = gd_alter_relkind(look, target);
    const char *word = "table";
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (words[i].kind == kind)
            word = words[i].word;
    return gd_arena_printf(look->arena, "%s %s", word, target->qualified);
}

/* ---- before and after ---- */

bool gd_alter_begin(struct gd_look *look, struct gd_finding *finding, struct gd_target *out_target)
{
    *out_target = gd_look_table(look);
    const char *shown = gd_alter_show(look, out_target);
    if (finding->object == NULL || finding->object[0] == '\0')
        gd_finding_object(look, finding, "%s", shown);
    if (out_target->exists != GD_NO || gd_alter_on_composite(look))
        return true;
    if (gd_node_flag(gd_alter_statement(look), GD_F_missing_ok)) {
        gd_finding_is_done(look, finding, "there is no %s, and IF EXISTS lets it pass", shown);
        return false;
    }
    gd_finding_note(look, finding, "will fail (42P01): there is no %s", shown);
    return false;
}

void gd_alter_end(struct gd_look *look, struct gd_finding *finding, const struct gd_target *target)
{
    if (!target->fresh && !target->temporary)
        return;
    finding->rewrite = finding->scan = false; /* nobody waits for what nobody knows yet */
    if (finding->class == GD_CLASS_DESTRUCTIVE || finding->class == GD_CLASS_ENUM)
        gd_finding_is_fresh(look, finding, target->fresh ? target->fresh_line : 0);
}

void gd_alter_plain(struct gd_look *look, struct gd_finding *finding)
{
    struct gd_target target;
    if (gd_alter_begin(look, finding, &target))
        gd_alter_end(look, finding, &target);
}

bool gd_alter_adds(const struct gd_look *look, const char *column)
{
    const struct gd_node *statement = gd_alter_statement(look);
    for (size_t i = 0; i < gd_node_count(statement, GD_F_cmds); i++) {
        const struct gd_node *command = gd_node_at(statement, GD_F_cmds, i);
        const struct gd_node *def = gd_node_child(command, GD_F_def);
        if (gd_node_enum_is(command, GD_F_subtype, "AT_AddColumn") &&
            strcmp(gd_node_text(def, GD_F_colname), column) == 0)
            return true;
    }
    return false;
}

bool gd_alter_begin_column(struct gd_look *look, struct gd_finding *finding,
                           struct gd_target *out_target, struct gd_column_target *out_column)
{
    const char *name = gd_node_text(look->node, GD_F_name);
    if (!gd_alter_begin(look, finding, out_target))
        return false;
    *out_column = gd_look_column(look, out_target, name);
    gd_finding_object(look, finding, "column %s", out_column->qualified);
    if (out_column->exists != GD_NO || gd_alter_adds(look, name))
        return true;
    if (gd_node_flag(look->node, GD_F_missing_ok) &&
        gd_node_enum_is(look->node, GD_F_subtype, "AT_DropColumn")) {
        gd_finding_is_done(look, finding, "there is no column %s, and IF EXISTS lets it pass",
                           out_column->qualified);
        return false;
    }
    gd_finding_note(look, finding, "will fail (42703): there is no column %s",
                    out_column->qualified);
    return false;
}

void gd_alter_plain_column(struct gd_look *look, struct gd_finding *finding)
{
    struct gd_target target;
    struct gd_column_target column;
    if (gd_alter_begin_column(look, finding, &target, &column))
        gd_alter_end(look, finding, &target);
}

/* ---- what stands in the way ---- */

struct gd_address gd_alter_column_address(const struct gd_target *target,
                                          const struct gd_column_target *column)
{
    if (target->relation == NULL || column->column == NULL)
        return (struct gd_address){0};
    return (struct gd_address){GD_PG_CLASS, target->relation->oid, column->column->number};
}

static bool same_address(struct gd_address left, struct gd_address right)
{
    return left.class_oid == right.class_oid && left.oid == right.oid &&
           left.column == right.column;
}

static bool is_among(struct gd_address one, const struct gd_address *list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (same_address(one, list[i]))
            return true;
    return false;
}

/* A view's rule and a column's default stand for their owner; a relation that the script has
 * dropped is no longer in the way. */
static bool stands_in_the_way(const struct gd_look *look, struct gd_address one)
{
    if (one.class_oid == GD_PG_REWRITE || one.class_oid == GD_PG_TYPE)
        return false;
    const struct gd_relation *relation =
        one.class_oid == GD_PG_CLASS ? gd_survey_relation(look->survey, one.oid) : NULL;
    if (relation == NULL)
        return true;
    struct gd_target now =
        gd_look_relation(look, (struct gd_name){relation->schema, relation->name});
    return now.exists != GD_NO;
}

void gd_alter_note_blockers(struct gd_look *look, struct gd_finding *finding,
                            struct gd_address root, const char *code)
{
    if (look->survey == NULL || root.oid == 0)
        return;
    struct gd_address *all, *silent;
    size_t count = gd_survey_dependents(look->survey, root, true, look->arena, &all);
    size_t silent_count = gd_survey_dependents(look->survey, root, false, look->arena, &silent);
    size_t shown = 0, more = 0;
    for (size_t i = 0; i < count; i++) {
        const struct gd_described *what = gd_survey_describe(look->survey, all[i]);
        if (what == NULL || strcmp(what->kind, "default value") == 0 ||
            is_among(all[i], silent, silent_count) || !stands_in_the_way(look, all[i]))
            continue;
        if (shown++ < BLOCKERS_SHOWN)
            gd_finding_note(look, finding, "will fail (%s): %s %s uses it", code, what->kind,
                            what->identity);
        else
            more++;
    }
    if (more > 0)
        gd_finding_note(look, finding, "%zu more objects use it", more);
}

/* ---- expressions ---- */

/* A constant's text, whatever its kind; NULL when the node is none. */
static const char *constant_text(const struct gd_node *node, char *buffer, size_t size)
{
    if (gd_node_kind(node) != GD_KIND_A_Const)
        return NULL;
    if (gd_node_flag(node, GD_F_isnull))
        return "";
    const struct gd_node *text = gd_node_child(node, GD_F_sval);
    if (text != NULL)
        return gd_node_text(text, GD_F_sval);
    const struct gd_node *decimal = gd_node_child(node, GD_F_fval);
    if (decimal != NULL)
        return gd_node_text(decimal, GD_F_fval);
    const struct gd_node *truth = gd_node_child(node, GD_F_boolval);
    if (truth != NULL)
        return gd_node_flag(truth, GD_F_boolval) ? "true" : "false";
    if (gd_node_child(node, GD_F_bsval) != NULL)
        return NULL;
    int64_t number = gd_node_int(gd_node_child(node, GD_F_ival), GD_F_ival);
    snprintf(buffer, size, "%" PRId64, number);
    return buffer;
}

/* 'x'::text says no more than 'x' where the column's type is the same on both sides; a modifier
 * would cut. Casts of anything else than a string can change the value and stay, and so does a
 * second cast: 'now'::text::timestamptz is another moment at each insert. */
static const struct gd_node *without_cast(const struct gd_node *node)
{
    if (gd_node_kind(node) != GD_KIND_TypeCast ||
        gd_node_count(gd_node_child(node, GD_F_type_name), GD_F_typmods) > 0)
        return node;
    const struct gd_node *inner = gd_node_child(node, GD_F_arg);
    bool text = gd_node_kind(inner) == GD_KIND_A_Const && gd_node_child(inner, GD_F_sval) != NULL;
    bool empty =
        gd_node_kind(inner) == GD_KIND_A_ArrayExpr && gd_node_count(inner, GD_F_elements) == 0;
    return text || empty ? inner : node;
}

static bool same_list(const struct gd_node *left, const struct gd_node *right, enum gd_field list)
{
    size_t count = gd_node_count(left, list);
    if (count != gd_node_count(right, list))
        return false;
    for (size_t i = 0; i < count; i++)
        if (!gd_alter_same_expression(gd_node_at(left, list, i), gd_node_at(right, list, i)))
            return false;
    return true;
}

static bool same_call(const struct gd_node *left, const struct gd_node *right)
{
    const char *left_schema = gd_node_name_schema(left, GD_F_funcname);
    const char *right_schema = gd_node_name_schema(right, GD_F_funcname);
    bool builtin_left = left_schema[0] == '\0' || strcmp(left_schema, "pg_catalog") == 0;
    bool builtin_right = right_schema[0] == '\0' || strcmp(right_schema, "pg_catalog") == 0;
    bool schemas = strcmp(left_schema, right_schema) == 0 || (builtin_left && builtin_right);
    return schemas &&
           strcmp(gd_node_name_last(left, GD_F_funcname),
                  gd_node_name_last(right, GD_F_funcname)) == 0 &&
           same_list(left, right, GD_F_args);
}

bool gd_alter_same_expression(const struct gd_node *left, const struct gd_node *right)
{
    char left_buffer[24], right_buffer[24];
    left = without_cast(left);
    right = without_cast(right);
    const char *left_text = constant_text(left, left_buffer, sizeof left_buffer);
    const char *right_text = constant_text(right, right_buffer, sizeof right_buffer);
    if (left_text != NULL && right_text != NULL)
        return gd_node_flag(left, GD_F_isnull) == gd_node_flag(right, GD_F_isnull) &&
               strcmp(left_text, right_text) == 0;
    if (gd_node_kind(left) != gd_node_kind(right))
        return false;
    switch (gd_node_kind(left)) {
    case GD_KIND_FuncCall:
        return same_call(left, right);
    case GD_KIND_A_ArrayExpr:
        return same_list(left, right, GD_F_elements);
    case GD_KIND_A_Expr:
        return gd_node_enum(left, GD_F_kind) == gd_node_enum(right, GD_F_kind) &&
               strcmp(gd_node_name_last(left, GD_F_name), gd_node_name_last(right, GD_F_name)) ==
                   0 &&
               gd_alter_same_expression(gd_node_child(left, GD_F_lexpr),
                                        gd_node_child(right, GD_F_lexpr)) &&
               gd_alter_same_expression(gd_node_child(left, GD_F_rexpr),
                                        gd_node_child(right, GD_F_rexpr));
    default:
        return gd_node_equal(left, right);
    }
}
