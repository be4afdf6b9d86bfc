/*
 * Constraints: added alone or with a column, validated, changed, dropped.
 */
#include <string.h>

#include "guardian/classify/rules_tables_alter.h"
#include "guardian/classify/state.h"
#include "guardian/sql/parse.h"

/* ---- predicates ---- */

static bool is_added(const struct gd_look *look)
{
    return gd_node_enum_is(look->parent, GD_F_subtype, "AT_AddConstraint") ||
           gd_node_enum_is(look->parent, GD_F_subtype, "AT_AddColumn");
}

bool gd_alter_validates(const struct gd_look *look)
{
    return is_added(look) && !gd_node_flag(look->node, GD_F_skip_validation);
}

bool gd_alter_skips_validation(const struct gd_look *look)
{
    return is_added(look) && gd_node_flag(look->node, GD_F_skip_validation);
}

bool gd_alter_changes_constraint(const struct gd_look *look)
{
    return gd_node_enum_is(look->parent, GD_F_subtype, "AT_AlterConstraint") ||
           gd_node_enum_is(look->parent, GD_F_subtype, "AT_AddIdentity");
}

static bool names_index(const struct gd_look *look)
{
    return gd_node_text(look->node, GD_F_indexname)[0] != '\0';
}

bool gd_alter_builds_index(const struct gd_look *look)
{
    return is_added(look) && !names_index(look);
}

bool gd_alter_uses_index(const struct gd_look *look)
{
    return is_added(look) && names_index(look);
}

bool gd_alter_is_table_constraint(const struct gd_look *look)
{
    return gd_node_enum_is(look->parent, GD_F_subtype, "AT_AddConstraint");
}

bool gd_alter_will_cascade(const struct gd_look *look)
{
    static const char *const writing[] = {"c", "n", "d"};
    for (size_t i = 0; is_added(look) && i < sizeof writing / sizeof writing[0]; i++)
        if (strcmp(gd_node_text(look->node, GD_F_fk_del_action), writing[i]) == 0 ||
            strcmp(gd_node_text(look->node, GD_F_fk_upd_action), writing[i]) == 0)
            return true;
    return false;
}

/* ---- is it there? ---- */

/* A constraint by name, as this statement meets it. */
static enum gd_truth find_constraint(const struct gd_look *look, const struct gd_target *target,
                                     const char *name, const struct gd_constraint **out,
                                     const struct gd_thing **out_thing)
{
    const char *table =
        gd_arena_printf(look->arena, "%s.%s", target->name.schema, target->name.name);
    const struct gd_thing *thing = gd_state_find(look->state, "constraint", table, name);
    *out = NULL;
    *out_thing = thing;
    if (thing != NULL && thing->standing != GD_FORGOTTEN)
        return thing->standing == GD_THERE ? GD_YES : GD_NO;
    if (target->fresh)
        return GD_UNSURE; /* its own CREATE TABLE may have it */
    if (target->relation == NULL)
        return GD_UNSURE;
    *out = gd_relation_constraint(target->relation, name);
    if (thing != NULL)
        return GD_UNSURE;
    return *out != NULL ? GD_YES : GD_NO;
}

/* The catalogue's definition as the grammar reads it. */
static const struct gd_node *parsed_constraint(const struct gd_look *look,
                                               const struct gd_constraint *constraint)
{
    const char *text = gd_arena_printf(look->arena, "ALTER TABLE t ADD %s", constraint->definition);
    struct gd_parsed parsed;
    struct gd_refusal refusal;
    if (!gd_parse(text, strlen(text), look->arena, &parsed, &refusal) || parsed.count != 1)
        return NULL;
    return gd_node_child(gd_node_at(parsed.statements[0], GD_F_cmds, 0), GD_F_def);
}

static bool same_names(const struct gd_node *left, const struct gd_node *right, enum gd_field list)
{
    size_t count = gd_node_count(left, list);
    bool same = count == gd_node_count(right, list);
    for (size_t i = 0; same && i < count; i++)
        same = gd_node_equal(gd_node_at(left, list, i), gd_node_at(right, list, i));
    return same;
}

static bool same_constraint(const struct gd_node *left, const struct gd_node *right)
{
    const struct gd_node *left_key = gd_node_child(left, GD_F_pktable);
    const struct gd_node *right_key = gd_node_child(right, GD_F_pktable);
    return gd_node_enum(left, GD_F_contype) == gd_node_enum(right, GD_F_contype) &&
           same_names(left, right, GD_F_keys) && same_names(left, right, GD_F_fk_attrs) &&
           same_names(left, right, GD_F_exclusions) &&
           strcmp(gd_node_text(left_key, GD_F_relname), gd_node_text(right_key, GD_F_relname)) ==
               0 &&
           strcmp(gd_node_text(left, GD_F_fk_del_action),
                  gd_node_text(right, GD_F_fk_del_action)) == 0 &&
           gd_alter_same_expression(gd_node_child(left, GD_F_raw_expr),
                                    gd_node_child(right, GD_F_raw_expr));
}

/* An unnamed constraint gets a new name each time. */
static void note_twin(struct gd_look *look, struct gd_finding *finding,
                      const struct gd_relation *relation)
{
    for (size_t i = 0; relation != NULL && i < relation->constraint_count; i++) {
        const struct gd_node *there = parsed_constraint(look, &relation->constraints[i]);
        if (there != NULL && same_constraint(there, look->node)) {
            gd_finding_note(look, finding,
                            "constraint %s says the same already: this adds another one",
                            relation->constraints[i].name);
            return;
        }
    }
}

static void meet_name(struct gd_look *look, struct gd_finding *finding,
                      const struct gd_target *target, const char *name)
{
    const struct gd_constraint *there;
    const struct gd_thing *thing;
    if (find_constraint(look, target, name, &there, &thing) != GD_YES)
        return;
    if (look->guarded) {
        gd_finding_is_done(look, finding,
                           "constraint %s of %s is there already, and the handler lets it pass",
                           name, target->qualified);
    } else {
        gd_finding_note(look, finding, "will fail (%s): constraint %s is there already",
                        finding->rule->sqlstate == NULL ? "42710" : finding->rule->sqlstate, name);
    }
    if (there == NULL)
        return;
    const struct gd_node *parsed = parsed_constraint(look, there);
    if (parsed != NULL && !same_constraint(parsed, look->node))
        gd_finding_note(look, finding, "drift: it is %s there", there->definition);
}

/* ---- ADD CONSTRAINT ---- */

/* The kind's own row says what it costs and what a second run does. */
void gd_alter_add_constraint(struct gd_look *look, struct gd_finding *finding)
{
    finding->rerun = GD_RERUN_OK;
    gd_alter_plain(look, finding);
    if (finding->class == GD_CLASS_NONE)
        return;
    struct gd_target target = gd_look_table(look);
    const struct gd_node *definition = gd_node_child(look->node, GD_F_def);
    const char *name = gd_node_text(definition, GD_F_conname);
    const struct gd_constraint *there;
    const struct gd_thing *thing;
    if (look->guarded && name[0] != '\0' &&
        find_constraint(look, &target, name, &there, &thing) == GD_YES)
        gd_finding_is_done(look, finding, "constraint %s is there already", name);
}

/* Did this script take it away before? Then a second run makes room again. */
static bool makes_room(const struct gd_look *look, const struct gd_target *target, const char *name)
{
    const struct gd_constraint *there;
    const struct gd_thing *thing;
    return find_constraint(look, target, name, &there, &thing) == GD_NO && thing != NULL &&
           thing->standing == GD_GONE;
}

/* What all kinds share. @return false when nothing is left to say */
static bool begin(struct gd_look *look, struct gd_finding *finding, struct gd_target *target)
{
    const char *name = gd_node_text(look->node, GD_F_conname);
    if (gd_alter_column_def(look) != NULL) {
        gd_alter_add_part(look, finding);
        *target = gd_look_table(look);
        return finding->class != GD_CLASS_NONE;
    }
    if (!gd_alter_begin(look, finding, target))
        return false;
    if (name[0] == '\0') {
        if (finding->rule->rerun == GD_RERUN_FAILS && !names_index(look) &&
            !gd_node_enum_is(look->node, GD_F_contype, "CONSTR_PRIMARY"))
            finding->rerun = GD_RERUN_REPEATS;
        note_twin(look, finding, target->relation);
    } else {
        gd_finding_object(look, finding, "constraint %s of %s", name, target->qualified);
        meet_name(look, finding, target, name);
        if (makes_room(look, target, name))
            finding->rerun = GD_RERUN_OK;
    }
    return finding->class != GD_CLASS_NONE;
}

/* Rows are read only where there are rows that were there before. */
static bool has_rows(const struct gd_look *look, const struct gd_target *target)
{
    return !target->fresh && !target->temporary && gd_alter_relkind(look, target) != 'f';
}

static bool checks_rows(const struct gd_look *look, const struct gd_target *target)
{
    return has_rows(look, target) && gd_alter_column_def(look) == NULL;
}

void gd_alter_add_check(struct gd_look *look, struct gd_finding *finding)
{
    struct gd_target target;
    if (!begin(look, finding, &target))
        return;
    bool validates = gd_alter_validates(look);
    if (validates && checks_rows(look, &target))
        gd_check_condition(look, finding, &target, look->node);
    if (gd_alter_relkind(look, &target) == 'f')
        finding->scan = false;
    gd_alter_end(look, finding, &target);
}

void gd_alter_add_unique(struct gd_look *look, struct gd_finding *finding)
{
    struct gd_target target;
    if (!begin(look, finding, &target))
        return;
    if (checks_rows(look, &target) && !names_index(look))
        gd_check_unique(look, finding, &target, look->node);
    const struct gd_node *column_def = gd_alter_column_def(look);
    if (column_def != NULL && gd_column_constraint(column_def, "CONSTR_DEFAULT") != NULL)
        gd_finding_note(look, finding,
                        "may fail (23505): two rows that are there get the same default");
    gd_alter_end(look, finding, &target);
}

static void check_keys(struct gd_look *look, struct gd_finding *finding,
                       const struct gd_target *target)
{
    for (size_t i = 0; i < gd_node_count(look->node, GD_F_keys); i++) {
        const char *key = gd_node_string(gd_node_at(look->node, GD_F_keys, i));
        if (key == NULL)
            continue;
        struct gd_column_target column = gd_look_column(look, target, key);
        if (column.column == NULL || !column.column->not_null)
            gd_check_not_null(look, finding, target, key);
    }
}

static bool is_ready(const struct gd_relation *relation, const char *index_name)
{
    for (size_t i = 0; i < relation->index_count; i++) {
        const struct gd_index *index = &relation->indexes[i];
        if (strcmp(index->name, index_name) != 0)
            continue;
        bool ready = index->column_count > 0;
        for (size_t c = 0; c < index->column_count; c++)
            for (size_t k = 0; k < relation->column_count; k++)
                if (relation->columns[k].number == index->columns[c])
                    ready = ready && relation->columns[k].not_null;
        return ready;
    }
    return false;
}

void gd_alter_add_primary(struct gd_look *look, struct gd_finding *finding)
{
    struct gd_target target;
    if (!begin(look, finding, &target))
        return;
    if (checks_rows(look, &target) && !names_index(look)) {
        gd_check_unique(look, finding, &target, look->node);
        check_keys(look, finding, &target);
    }
    if (gd_alter_lacks_default(look) && has_rows(look, &target))
        gd_check_any_row(look, finding, &target);
    if (names_index(look) && target.relation != NULL &&
        is_ready(target.relation, gd_node_text(look->node, GD_F_indexname)))
        finding->scan = false;
    for (size_t i = 0; target.relation != NULL && i < target.relation->constraint_count; i++)
        if (target.relation->constraints[i].type == 'p')
            gd_finding_note(look, finding, "may fail (42P16): %s is the primary key already",
                            target.relation->constraints[i].name);
    gd_alter_end(look, finding, &target);
}

void gd_alter_add_foreign(struct gd_look *look, struct gd_finding *finding)
{
    struct gd_target target;
    if (!begin(look, finding, &target))
        return;
    const struct gd_node *key = gd_node_child(look->node, GD_F_pktable);
    struct gd_target other = gd_look_relation(look, gd_name_of_range(key));
    bool filled = gd_alter_column_def(look) == NULL || gd_alter_has_default(look);
    if (!other.fresh && other.qualified != NULL)
        gd_finding_note(look, finding, "%s is locked in SHARE ROW EXCLUSIVE, too: writes wait",
                        other.qualified);
    if (gd_alter_will_cascade(look))
        gd_finding_note(look, finding,
                        "from now on a DELETE or UPDATE of %s writes rows of %s by itself",
                        other.qualified, target.qualified);
    if (!filled)
        finding->scan = false; /* all rows hold NULL */
    else if (gd_alter_validates(look) && checks_rows(look, &target))
        gd_check_foreign_key(look, finding, &target, look->node);
    gd_alter_end(look, finding, &target);
}

void gd_alter_add_exclusion(struct gd_look *look, struct gd_finding *finding)
{
    struct gd_target target;
    if (begin(look, finding, &target))
        gd_alter_end(look, finding, &target);
}

/* ---- existing ones ---- */

/* @return false when it is not there: the finding says so already */
static bool begin_named(struct gd_look *look, struct gd_finding *finding, const char *name,
                        struct gd_target *target, const struct gd_constraint **out)
{
    const struct gd_thing *thing;
    if (!gd_alter_begin(look, finding, target))
        return false;
    gd_finding_object(look, finding, "constraint %s of %s", name, target->qualified);
    enum gd_truth there = find_constraint(look, target, name, out, &thing);
    if (there == GD_YES && thing != NULL && thing->fresh && !target->fresh)
        gd_finding_is_fresh(look, finding, thing->line);
    if (there != GD_NO)
        return true;
    if (gd_node_flag(look->node, GD_F_missing_ok))
        gd_finding_is_done(look, finding, "there is no constraint %s, and IF EXISTS lets it pass",
                           name);
    else
        gd_finding_note(look, finding, "will fail (42704): %s has no constraint %s",
                        target->qualified, name);
    return false;
}

void gd_alter_change_constraint(struct gd_look *look, struct gd_finding *finding)
{
    struct gd_target target;
    const struct gd_constraint *there;
    const struct gd_node *definition = gd_node_child(look->node, GD_F_def);
    const char *name = gd_node_text(definition, GD_F_conname);
    if (!begin_named(look, finding, name, &target, &there))
        return;
    if (there != NULL && there->deferrable == gd_node_flag(definition, GD_F_deferrable) &&
        there->deferred == gd_node_flag(definition, GD_F_initdeferred))
        gd_finding_is_done(look, finding, "constraint %s has that timing already", name);
    gd_alter_end(look, finding, &target);
}

void gd_alter_validate(struct gd_look *look, struct gd_finding *finding)
{
    struct gd_target target;
    const struct gd_constraint *there;
    const char *name = gd_node_text(look->node, GD_F_name);
    if (!begin_named(look, finding, name, &target, &there))
        return;
    if (there != NULL && there->validated) {
        gd_finding_is_done(look, finding, "constraint %s is valid already", name);
        return;
    }
    gd_check_validate(look, finding, &target, name);
    if (there != NULL && there->type == 'f')
        gd_finding_note(look, finding, "%s is locked in ROW SHARE and read, too",
                        there->referenced);
    gd_alter_end(look, finding, &target);
}

/* What the kind adds to "a constraint goes". */
static void describe_drop(struct gd_look *look, struct gd_finding *finding,
                          const struct gd_constraint *there)
{
    gd_finding_note(look, finding, "it is %s", there->definition);
    if (there->type == 'f')
        gd_finding_note(look, finding,
                        "%s is locked in the same way; orphans that come in meanwhile keep the "
                        "key from being added again (23503)",
                        there->referenced);
    if (there->type == 'p' || there->type == 'u' || there->type == 'x')
        gd_finding_note(look, finding, "its index goes with it");
}

static void drop_dependents(struct gd_look *look, struct gd_finding *finding,
                            const struct gd_constraint *there)
{
    struct gd_address address = {GD_PG_CONSTRAINT, there->oid, 0};
    if (gd_says_cascade(look->node))
        gd_finding_dependents(look, finding, address, true);
    else
        gd_alter_note_blockers(look, finding, address, "2BP01");
}

void gd_alter_drop_constraint(struct gd_look *look, struct gd_finding *finding)
{
    struct gd_target target;
    const struct gd_constraint *there;
    if (gd_node_flag(look->node, GD_F_missing_ok))
        finding->rerun = GD_RERUN_SKIPS;
    const char *name = gd_node_text(look->node, GD_F_name);
    if (!begin_named(look, finding, name, &target, &there))
        return;
    if (there != NULL) {
        describe_drop(look, finding, there);
        drop_dependents(look, finding, there);
    } else if (gd_says_cascade(look->node) && finding->class != GD_CLASS_NONE) {
        gd_finding_note(look, finding,
                        "CASCADE takes foreign keys of other tables along, and views that group "
                        "by a primary key; the live catalogue (--db) names them");
    }
    gd_alter_end(look, finding, &target);
}
