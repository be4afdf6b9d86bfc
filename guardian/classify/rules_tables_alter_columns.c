/*
 * Columns: added, dropped, with their defaults, identities and expressions.
 */
#include <string.h>

#include "guardian/classify/rules_tables_alter.h"
#include "guardian/sql/deparse.h"
#include "guardian/sql/parse.h"

/* ---- ADD COLUMN and its parts ---- */

static const struct gd_node *definition_of(const struct gd_look *look)
{
    return gd_node_child(look->node, GD_F_def);
}

static const struct gd_node *type_of(const struct gd_node *column_def)
{
    return gd_node_child(column_def, GD_F_type_name);
}

const struct gd_node *gd_alter_column_def(const struct gd_look *look)
{
    bool adds = gd_node_kind(look->parent) == GD_KIND_AlterTableCmd &&
                gd_node_enum_is(look->parent, GD_F_subtype, "AT_AddColumn");
    return adds ? gd_node_child(look->parent, GD_F_def) : NULL;
}

bool gd_alter_column_def_is_there(const struct gd_look *look)
{
    return gd_alter_column_def(look) != NULL;
}

static bool is_serial(const struct gd_node *column_def)
{
    static const char *const names[] = {"serial",  "bigserial", "smallserial",
                                        "serial2", "serial4",   "serial8"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(gd_node_name_last(type_of(column_def), GD_F_names), names[i]) == 0)
            return true;
    return false;
}

bool gd_alter_adds_serial(const struct gd_look *look)
{
    return gd_alter_on_relation(look) && is_serial(definition_of(look));
}

/* Constraints of a fresh or unknown domain are not known: they count as being there. */
static bool is_checked_domain(const struct gd_type_target *type)
{
    return type->is_domain == GD_YES &&
           (type->type == NULL || type->type->constraint_count > 0 || type->type->not_null);
}

bool gd_alter_adds_domain(const struct gd_look *look)
{
    if (!gd_alter_on_relation(look))
        return false;
    const struct gd_node *type_name = type_of(definition_of(look));
    struct gd_type_target type = gd_look_type(look, gd_name_of_type(type_name));
    return gd_node_count(type_name, GD_F_array_bounds) == 0 && is_checked_domain(&type);
}

static const struct gd_node *raw(const struct gd_look *look)
{
    return gd_node_child(look->node, GD_F_raw_expr);
}

bool gd_alter_default_is_constant(const struct gd_look *look)
{
    return gd_expression_volatility(look, raw(look)) == GD_VOLATILITY_CONSTANT;
}

bool gd_alter_default_is_volatile(const struct gd_look *look)
{
    return !gd_alter_default_is_constant(look);
}

/* Identity, serial and generated columns fill themselves. */
static bool fills_itself(const struct gd_node *column_def)
{
    return is_serial(column_def) || gd_column_constraint(column_def, "CONSTR_IDENTITY") != NULL ||
           gd_column_constraint(column_def, "CONSTR_GENERATED") != NULL;
}

static bool has_value(const struct gd_node *column_def)
{
    const struct gd_node *given = gd_column_constraint(column_def, "CONSTR_DEFAULT");
    const struct gd_node *value = gd_node_child(given, GD_F_raw_expr);
    return (given != NULL && !gd_node_flag(value, GD_F_isnull)) || fills_itself(column_def);
}

bool gd_alter_lacks_default(const struct gd_look *look)
{
    const struct gd_node *column_def = gd_alter_column_def(look);
    return column_def != NULL && !has_value(column_def);
}

bool gd_alter_has_default(const struct gd_look *look)
{
    const struct gd_node *column_def = gd_alter_column_def(look);
    return column_def != NULL && has_value(column_def);
}

bool gd_alter_is_timing(const struct gd_look *look)
{
    return strncmp(gd_node_enum(look->node, GD_F_contype), "CONSTR_ATTR_", 12) == 0;
}

bool gd_alter_finds_column(const struct gd_look *look)
{
    const struct gd_node *column_def = gd_alter_column_def(look);
    if (column_def == NULL || !gd_node_flag(look->parent, GD_F_missing_ok))
        return false;
    struct gd_target target = gd_look_table(look);
    return gd_look_column(look, &target, gd_node_text(column_def, GD_F_colname)).exists == GD_YES;
}

/* IF NOT EXISTS looks at the name alone. */
static void find_column(struct gd_look *look, struct gd_finding *finding,
                        const struct gd_column_target *column)
{
    const struct gd_node *type_name = type_of(definition_of(look));
    struct gd_type_form there, wanted = gd_alter_new_form(look, type_name);
    const char *said = gd_deparse_type(type_name, look->arena);
    gd_finding_is_done(look, finding, "column %s is there already", column->qualified);
    if (column->column == NULL || said == NULL || is_serial(definition_of(look)))
        return;
    bool same =
        gd_alter_old_form(look, column->column, &there) && gd_type_form_equal(&there, &wanted);
    if (!same)
        gd_finding_note(look, finding,
                        "drift: column %s has type %s, the script says %s; IF NOT EXISTS does not "
                        "compare them",
                        column->qualified, column->column->type, said);
}

static void add_column_of(struct gd_look *look, struct gd_finding *finding,
                          const struct gd_target *target)
{
    const char *name = gd_node_text(definition_of(look), GD_F_colname);
    struct gd_column_target column = gd_look_column(look, target, name);
    bool if_not_exists = gd_node_flag(look->node, GD_F_missing_ok);
    gd_finding_object(look, finding, "column %s", column.qualified);
    if (if_not_exists)
        finding->rerun = GD_RERUN_SKIPS;
    if (column.exists == GD_YES && if_not_exists)
        find_column(look, finding, &column);
    else if (column.exists == GD_YES)
        gd_finding_note(look, finding, "will fail (42701): column %s is there already",
                        column.qualified);
}

void gd_alter_add_column(struct gd_look *look, struct gd_finding *finding)
{
    struct gd_target target;
    if (!gd_alter_begin(look, finding, &target))
        return;
    add_column_of(look, finding, &target);
    if (target.relation != NULL && target.relation->child_count > 0)
        gd_finding_note(look, finding, "the lock is taken on all partitions and children, too");
    if (gd_alter_on_foreign_table(look))
        finding->rewrite = finding->scan = false;
    gd_alter_end(look, finding, &target);
}

void gd_alter_add_attribute(struct gd_look *look, struct gd_finding *finding)
{
    struct gd_target target = gd_look_table(look);
    struct gd_column_target column =
        gd_look_column(look, &target, gd_node_text(definition_of(look), GD_F_colname));
    gd_finding_object(look, finding, "attribute %s", column.qualified);
    if (column.exists == GD_YES)
        gd_finding_note(look, finding, "will fail (42701): attribute %s is there already",
                        column.qualified);
}

/* A part of a column definition is skipped with the column. */
void gd_alter_add_part(struct gd_look *look, struct gd_finding *finding)
{
    struct gd_target target;
    if (!gd_alter_begin(look, finding, &target))
        return;
    const char *name = gd_node_text(gd_alter_column_def(look), GD_F_colname);
    struct gd_column_target column = gd_look_column(look, &target, name);
    gd_finding_object(look, finding, "column %s", column.qualified);
    if (gd_node_flag(look->parent, GD_F_missing_ok))
        finding->rerun = GD_RERUN_SKIPS;
    if (gd_alter_finds_column(look))
        gd_finding_is_done(look, finding, "column %s is there already", column.qualified);
    if (gd_alter_on_foreign_table(look))
        finding->rewrite = finding->scan = false;
    gd_alter_end(look, finding, &target);
}

/* A virtual one is computed when it is read. */
void gd_alter_add_generated(struct gd_look *look, struct gd_finding *finding)
{
    gd_alter_add_part(look, finding);
    if (strcmp(gd_node_text(look->node, GD_F_generated_kind), "v") == 0)
        finding->rewrite = false;
}

void gd_alter_add_not_null(struct gd_look *look, struct gd_finding *finding)
{
    gd_alter_add_part(look, finding);
    struct gd_target target = gd_look_table(look);
    if (finding->class == GD_CLASS_NONE || target.fresh || gd_alter_on_foreign_table(look))
        return;
    gd_check_any_row(look, finding, &target);
}

/* ---- DROP COLUMN ---- */

static bool is_computed(const struct gd_look *look)
{
    struct gd_target target = gd_look_table(look);
    struct gd_column_target column =
        gd_look_column(look, &target, gd_node_text(look->node, GD_F_name));
    return column.column != NULL && column.column->generated != 0;
}

bool gd_alter_drops_computed(const struct gd_look *look)
{
    return gd_alter_on_relation(look) && is_computed(look);
}

bool gd_alter_drops_restrict(const struct gd_look *look)
{
    return gd_alter_on_relation(look) && !is_computed(look) && !gd_says_cascade(look->node);
}

bool gd_alter_drops_cascade(const struct gd_look *look)
{
    return gd_alter_on_relation(look) && !is_computed(look) && gd_says_cascade(look->node);
}

static bool holds(const int16_t *columns, size_t count, int16_t number)
{
    for (size_t i = 0; i < count; i++)
        if (columns[i] == number)
            return true;
    return false;
}

/* Foreign keys from or to the column: both tables are locked. */
static void note_keys(struct gd_look *look, struct gd_finding *finding,
                      const struct gd_relation *relation, int16_t number)
{
    for (size_t i = 0; i < relation->constraint_count; i++) {
        const struct gd_constraint *one = &relation->constraints[i];
        if (one->type == 'f' && holds(one->columns, one->column_count, number))
            gd_finding_note(look, finding, "%s is locked in the same way: foreign key %s goes",
                            one->referenced, one->name);
    }
}

static void note_refusals(struct gd_look *look, struct gd_finding *finding,
                          const struct gd_target *target, const struct gd_column *column)
{
    if (column->inherited)
        gd_finding_note(look, finding,
                        "will fail (42P16): the column comes from a parent table of %s",
                        target->qualified);
    if (target->relation->partition_key != NULL &&
        strstr(target->relation->partition_key, column->name) != NULL)
        gd_finding_note(look, finding, "may fail (42P16): the table is partitioned by %s",
                        target->relation->partition_key);
}

/* The remote server keeps the values. */
static void keep_values(struct gd_finding *finding)
{
    finding->loses = GD_LOSES_DEFINITION;
    finding->scope = GD_SCOPE_SCHEMA;
    finding->reason = "the definition here goes, the remote table keeps its values";
}

void gd_alter_drop_column(struct gd_look *look, struct gd_finding *finding)
{
    struct gd_target target;
    struct gd_column_target column;
    if (gd_node_flag(look->node, GD_F_missing_ok))
        finding->rerun = GD_RERUN_SKIPS;
    if (!gd_alter_begin_column(look, finding, &target, &column))
        return;
    const char *name = gd_node_text(look->node, GD_F_name);
    bool cascade = gd_says_cascade(look->node);
    struct gd_address address = gd_alter_column_address(&target, &column);
    if (gd_alter_on_foreign_table(look))
        keep_values(finding);
    else if (finding->loses == GD_LOSES_DATA && !column.fresh) {
        gd_finding_column(look, finding, &target, name);
        if (!target.temporary)
            gd_check_values(look, finding, &target, name);
    }
    gd_finding_dependents(look, finding, address, cascade);
    if (!cascade)
        gd_alter_note_blockers(look, finding, address, "2BP01");
    if (column.column != NULL && target.relation != NULL) {
        note_refusals(look, finding, &target, column.column);
        note_keys(look, finding, target.relation, column.column->number);
    }
    bool others = finding->takes.count > 0 && cascade;
    if (column.fresh && !others)
        gd_finding_is_fresh(look, finding, column.fresh_line);
    if (!others)
        gd_alter_end(look, finding, &target);
}

/* Every table with a column of the type, arrays and domains over it included. */
static void add_uses(struct gd_look *look, struct gd_finding *finding, const char *attribute)
{
    struct gd_target target = gd_look_table(look);
    struct gd_type_target type = gd_look_type(
        look, gd_name_of_range(gd_node_child(gd_alter_statement(look), GD_F_relation)));
    gd_finding_object(look, finding, "attribute %s.%s", type.qualified,
                      gd_quote_identifier(look->arena, attribute));
    if (type.fresh || target.fresh) {
        gd_finding_is_fresh(look, finding, type.fresh ? type.fresh_line : target.fresh_line);
        return;
    }
    if (type.type == NULL) {
        finding->scope = GD_SCOPE_DATABASE;
        gd_finding_note(look, finding,
                        "only the live catalogue can tell which tables hold the type (--db), so "
                        "the whole database counts");
        return;
    }
    for (size_t i = 0; i < type.type->use_count; i++) {
        const struct gd_type_use *use = &type.type->uses[i];
        gd_texts_add(&finding->tables, use->relation, look->arena);
        gd_texts_add(&finding->columns,
                     gd_arena_printf(look->arena, "%s.%s", use->relation,
                                     gd_quote_identifier(look->arena, use->column)),
                     look->arena);
    }
    if (type.type->use_count == 0) {
        finding->loses = GD_LOSES_DEFINITION;
        finding->scope = GD_SCOPE_SCHEMA;
        finding->reason = "no column holds the type, so only its definition changes";
    }
}

void gd_alter_drop_attribute(struct gd_look *look, struct gd_finding *finding)
{
    if (gd_node_flag(look->node, GD_F_missing_ok))
        finding->rerun = GD_RERUN_SKIPS;
    add_uses(look, finding, gd_node_text(look->node, GD_F_name));
}

/* ---- DEFAULT ---- */

bool gd_alter_sets_default(const struct gd_look *look)
{
    return definition_of(look) != NULL;
}

bool gd_alter_drops_default(const struct gd_look *look)
{
    return definition_of(look) == NULL;
}

/* The default before this statement, as the catalogue shows it; "" when there is none. NULL: not
 * known, or what was known may have changed. */
static const char *default_of(const struct gd_column_target *column)
{
    if (column->column == NULL || column->exists != GD_YES)
        return NULL;
    bool none = column->column->default_sql == NULL || column->column->generated != 0;
    return none ? "" : column->column->default_sql;
}

void gd_alter_set_default(struct gd_look *look, struct gd_finding *finding)
{
    struct gd_target target;
    struct gd_column_target column;
    if (!gd_alter_begin_column(look, finding, &target, &column))
        return;
    const char *before = default_of(&column);
    if (column.fresh && !target.fresh)
        gd_finding_is_fresh(look, finding, column.fresh_line);
    else if (before != NULL && before[0] == '\0') {
        finding->class = GD_CLASS_ADDITIVE;
        finding->loses = GD_LOSES_NOTHING;
        finding->scope = GD_SCOPE_NONE;
        finding->reason = "the column had no default; rows that are there keep what they hold";
    } else if (before != NULL) {
        const struct gd_node *there = gd_parse_expression(before, look->arena);
        if (there != NULL && gd_alter_same_expression(there, definition_of(look)))
            gd_finding_is_done(look, finding, "the default of %s is already %s", column.qualified,
                               before);
        else
            gd_finding_note(look, finding, "the default was %s", before);
    }
    gd_alter_end(look, finding, &target);
}

void gd_alter_drop_default(struct gd_look *look, struct gd_finding *finding)
{
    struct gd_target target;
    struct gd_column_target column;
    if (!gd_alter_begin_column(look, finding, &target, &column))
        return;
    const char *before = default_of(&column);
    if (column.fresh && !target.fresh)
        gd_finding_is_fresh(look, finding, column.fresh_line);
    else if (before != NULL && before[0] == '\0')
        gd_finding_is_done(look, finding, "%s has no default", column.qualified);
    else if (before != NULL)
        gd_finding_note(look, finding, "the default was %s", before);
    if (column.column != NULL && column.column->owned_sequence != NULL)
        gd_finding_note(look, finding, "the sequence %s stays", column.column->owned_sequence);
    gd_alter_end(look, finding, &target);
}

/* ---- NOT NULL ---- */

/* A valid CHECK (column IS NOT NULL) saves the scan. */
static bool is_proven(const struct gd_look *look, const struct gd_relation *relation,
                      const char *column)
{
    const char *condition = gd_arena_printf(look->arena, "CHECK ((%s IS NOT NULL))",
                                            gd_quote_identifier(look->arena, column));
    for (size_t i = 0; i < relation->constraint_count; i++)
        if (relation->constraints[i].type == 'c' && relation->constraints[i].validated &&
            strcmp(relation->constraints[i].definition, condition) == 0)
            return true;
    return false;
}

void gd_alter_set_not_null(struct gd_look *look, struct gd_finding *finding)
{
    struct gd_target target;
    struct gd_column_target column;
    const char *name = gd_node_text(look->node, GD_F_name);
    if (!gd_alter_begin_column(look, finding, &target, &column))
        return;
    bool foreign = gd_alter_on_foreign_table(look);
    if (column.column != NULL && column.exists == GD_YES && column.column->not_null)
        gd_finding_is_done(look, finding, "%s is NOT NULL already", column.qualified);
    else if (target.relation != NULL && is_proven(look, target.relation, name)) {
        finding->scan = false;
        gd_finding_note(look, finding, "a valid CHECK proves it, so no row is read");
    } else if (!foreign && !target.fresh)
        gd_check_not_null(look, finding, &target, name);
    if (foreign)
        finding->scan = false;
    gd_alter_end(look, finding, &target);
}

void gd_alter_drop_not_null(struct gd_look *look, struct gd_finding *finding)
{
    struct gd_target target;
    struct gd_column_target column;
    if (!gd_alter_begin_column(look, finding, &target, &column))
        return;
    if (column.fresh && !target.fresh)
        gd_finding_is_fresh(look, finding, column.fresh_line);
    else if (column.column != NULL && column.exists == GD_YES && !column.column->not_null)
        gd_finding_is_done(look, finding, "%s allows NULL already", column.qualified);
    for (size_t i = 0;
         target.relation != NULL && column.column != NULL && i < target.relation->constraint_count;
         i++) {
        const struct gd_constraint *one = &target.relation->constraints[i];
        if (one->type == 'p' && holds(one->columns, one->column_count, column.column->number))
            gd_finding_note(look, finding, "will fail (42P16): the column is in primary key %s",
                            one->name);
    }
    gd_alter_end(look, finding, &target);
}

/* ---- identity and generated columns ---- */

bool gd_alter_restarts(const struct gd_look *look)
{
    return gd_option(look->node, GD_F_def, "restart") != NULL;
}

bool gd_alter_keeps_counter(const struct gd_look *look)
{
    return !gd_alter_restarts(look);
}

void gd_alter_add_identity(struct gd_look *look, struct gd_finding *finding)
{
    struct gd_target target;
    struct gd_column_target column;
    if (!gd_alter_begin_column(look, finding, &target, &column))
        return;
    const struct gd_column *there = column.exists == GD_YES ? column.column : NULL;
    if (there != NULL && there->identity != 0)
        gd_finding_note(look, finding, "will fail (55000): it is an identity column already");
    if (there != NULL && !there->not_null)
        gd_finding_note(look, finding, "will fail (55000): the column must be NOT NULL first");
    if (there != NULL && there->default_sql != NULL)
        gd_finding_note(look, finding, "will fail (55000): the column has a default");
    if (!target.fresh)
        gd_finding_note(look, finding,
                        "the new sequence starts at 1: set it above the highest value that is "
                        "there, or inserts fail (23505)");
    gd_alter_end(look, finding, &target);
}

void gd_alter_drop_identity(struct gd_look *look, struct gd_finding *finding)
{
    struct gd_target target;
    struct gd_column_target column;
    bool if_exists = gd_node_flag(look->node, GD_F_missing_ok);
    if (if_exists)
        finding->rerun = GD_RERUN_SKIPS;
    if (!gd_alter_begin_column(look, finding, &target, &column))
        return;
    bool none = column.column != NULL && column.exists == GD_YES && column.column->identity == 0;
    if (column.fresh && !target.fresh)
        gd_finding_is_fresh(look, finding, column.fresh_line);
    else if (none && if_exists)
        gd_finding_is_done(look, finding, "%s is no identity column", column.qualified);
    else if (none)
        gd_finding_note(look, finding, "will fail (55000): it is no identity column");
    gd_alter_end(look, finding, &target);
}

void gd_alter_set_identity(struct gd_look *look, struct gd_finding *finding)
{
    struct gd_target target;
    struct gd_column_target column;
    if (!gd_alter_begin_column(look, finding, &target, &column))
        return;
    const struct gd_column *there = column.exists == GD_YES ? column.column : NULL;
    const struct gd_node *kind = gd_option(look->node, GD_F_def, "generated");
    bool alone = gd_node_count(look->node, GD_F_def) == 1;
    if (there != NULL && there->identity == 0)
        gd_finding_note(look, finding, "will fail (55000): it is no identity column");
    else if (there != NULL && kind != NULL && alone &&
             there->identity == (char)gd_node_int(gd_node_child(kind, GD_F_arg), GD_F_ival))
        gd_finding_is_done(look, finding, "%s is generated that way already", column.qualified);
    gd_alter_end(look, finding, &target);
}

void gd_alter_drop_expression(struct gd_look *look, struct gd_finding *finding)
{
    struct gd_target target;
    struct gd_column_target column;
    bool if_exists = gd_node_flag(look->node, GD_F_missing_ok);
    if (if_exists)
        finding->rerun = GD_RERUN_SKIPS;
    if (!gd_alter_begin_column(look, finding, &target, &column))
        return;
    bool none = column.column != NULL && column.exists == GD_YES && column.column->generated == 0;
    if (column.fresh && !target.fresh)
        gd_finding_is_fresh(look, finding, column.fresh_line);
    else if (none && if_exists)
        gd_finding_is_done(look, finding, "%s is not generated", column.qualified);
    else if (none)
        gd_finding_note(look, finding, "will fail (55000): %s is not generated", column.qualified);
    gd_alter_end(look, finding, &target);
}

void gd_alter_set_expression(struct gd_look *look, struct gd_finding *finding)
{
    struct gd_target target;
    struct gd_column_target column;
    if (!gd_alter_begin_column(look, finding, &target, &column))
        return;
    gd_finding_column(look, finding, &target, gd_node_text(look->node, GD_F_name));
    if (column.column != NULL && column.column->generated == 'v')
        finding->rewrite = false;
    gd_alter_end(look, finding, &target);
}
