/*
 * ALTER COLUMN … TYPE: which kind of change it is (type_change.h), and what stands around it.
 */
#include <string.h>

#include "guardian/classify/rules_tables_alter.h"

/* ---- both types ---- */

/* Put a domain's base in its place, and remember that its constraints are checked. */
static void resolve(const struct gd_look *look, const struct gd_type_target *type,
                    struct gd_type_form *form)
{
    struct gd_type_form base;
    form->is_enum = type->is_enum == GD_YES;
    if (type->exists == GD_YES && type->name.schema[0] != '\0' && form->schema[0] == '\0')
        form->schema = type->name.schema;
    if (type->type == NULL || type->type->type != 'd' || type->type->base == NULL ||
        !gd_type_form_parse(type->type->base, look->arena, &base))
        return;
    base.array = base.array || form->array;
    base.checked = type->type->constraint_count > 0 || type->type->not_null;
    base.domain = type->type->oid;
    *form = base;
}

static bool is_user_type(const struct gd_type_target *type)
{
    return type->exists == GD_YES && (type->type != NULL || type->fresh) &&
           strcmp(type->name.schema, "pg_catalog") != 0;
}

struct gd_type_form gd_alter_new_form(const struct gd_look *look, const struct gd_node *type_name)
{
    struct gd_type_form form = gd_type_form_of(type_name);
    struct gd_type_target type = gd_look_type(look, gd_name_of_type(type_name));
    if (is_user_type(&type) && strcmp(form.name, "citext") != 0)
        resolve(look, &type, &form);
    return form;
}

bool gd_alter_old_form(const struct gd_look *look, const struct gd_column *column,
                       struct gd_type_form *out_form)
{
    enum { FIRST_USER_OID = 16384 };
    if (column == NULL || column->type == NULL ||
        !gd_type_form_parse(column->type, look->arena, out_form))
        return false;
    if (column->type_oid < FIRST_USER_OID || strcmp(out_form->name, "citext") == 0)
        return true;
    struct gd_name name = {out_form->schema, out_form->name};
    struct gd_type_target type = gd_look_type(look, name);
    const struct gd_type *known = gd_survey_type(look->survey, column->type_oid);
    if (known != NULL) /* the name may be another type's by now */
        type = (struct gd_type_target){.name = {known->schema, known->name},
                                       .exists = GD_YES,
                                       .is_enum = known->type == 'e' ? GD_YES : GD_NO,
                                       .type = known};
    bool array = out_form->array;
    resolve(look, &type, out_form);
    out_form->is_enum =
        out_form->is_enum || (known == NULL && !array) || (known == NULL && type.is_enum != GD_NO);
    return true;
}

/* ---- the question ---- */

struct change {
    struct gd_change_answer answer;
    struct gd_target target;
    struct gd_column_target column;
    struct gd_type_form old_form, new_form;
    bool known;
};

static struct change change_of(const struct gd_look *look)
{
    const struct gd_node *definition = gd_node_child(look->node, GD_F_def);
    const char *name = gd_node_text(look->node, GD_F_name);
    struct change change = {.target = gd_look_table(look)};
    change.column = gd_look_column(look, &change.target, name);
    change.new_form = gd_alter_new_form(look, gd_node_child(definition, GD_F_type_name));
    change.known = change.column.exists == GD_YES &&
                   gd_alter_old_form(look, change.column.column, &change.old_form);
    struct gd_change_question question = {
        .old_form = change.known ? &change.old_form : NULL,
        .new_form = change.new_form,
        .using = gd_using_read(gd_node_child(definition, GD_F_raw_default), name),
        .utc = look->survey != NULL && gd_zone_is_utc(look->survey->time_zone),
    };
    change.answer = gd_type_change(&question);
    if (change.answer.change == GD_CHANGE_SAME && change.known &&
        change.old_form.domain != change.new_form.domain)
        change.answer = (struct gd_change_answer){change.new_form.checked ? GD_CHANGE_DOMAIN
                                                                          : GD_CHANGE_RELABEL,
                                                  change.new_form.checked};
    return change;
}

static bool is_change(const struct gd_look *look, enum gd_change kind)
{
    return gd_alter_on_relation(look) && change_of(look).answer.change == kind;
}

#define X(kind, word)                                                                              \
    bool gd_alter_type_##word(const struct gd_look *look)                                          \
    {                                                                                              \
        return is_change(look, GD_CHANGE_##kind);                                                  \
    }
GD_ALTER_CHANGES(X)
#undef X

bool gd_alter_type_collates(const struct gd_look *look)
{
    const struct gd_node *definition = gd_node_child(look->node, GD_F_def);
    return gd_alter_on_relation(look) && gd_node_child(definition, GD_F_coll_clause) != NULL;
}

/* ---- what stands around ---- */

static bool indexes_column(const struct gd_index *index, int16_t number)
{
    for (size_t i = 0; i < index->column_count; i++)
        if (index->columns[i] == number)
            return true;
    return false;
}

static void note_indexes(struct gd_look *look, struct gd_finding *finding,
                         const struct change *change)
{
    const struct gd_relation *relation = change->target.relation;
    bool all = finding->rewrite;
    bool some = change->answer.change == GD_CHANGE_CASELESS;
    if (relation == NULL || change->column.column == NULL || (!all && !some))
        return;
    const char *names = "";
    for (size_t i = 0; i < relation->index_count; i++) {
        const struct gd_index *index = &relation->indexes[i];
        if (all || indexes_column(index, change->column.column->number))
            names = gd_arena_printf(look->arena, "%s%s%s", names, *names == '\0' ? "" : ", ",
                                    index->name);
    }
    if (*names != '\0')
        gd_finding_note(look, finding, "builds indexes anew: %s", names);
}

static bool same_address(struct gd_address left, struct gd_address right)
{
    return left.class_oid == right.class_oid && left.oid == right.oid &&
           left.column == right.column;
}

/* A view's rule is said by the name of its view. */
static struct gd_address owner_of(const struct gd_survey *survey, struct gd_address one)
{
    for (size_t i = 0; i < survey->dependency_count && one.class_oid == GD_PG_REWRITE; i++)
        if (same_address(survey->dependencies[i].object, one) &&
            survey->dependencies[i].type == 'i')
            return survey->dependencies[i].needs;
    return one;
}

/* Objects in whose definition the column's type is frozen. */
static bool freezes_type(const struct gd_dependency *one, const struct change *change)
{
    enum { PG_PUBLICATION_REL = 6106 };
    switch (one->object.class_oid) {
    case GD_PG_REWRITE:
    case GD_PG_POLICY:
    case GD_PG_TRIGGER:
    case GD_PG_PROC:
    case PG_PUBLICATION_REL:
        return true;
    default:
        return one->object.class_oid == GD_PG_CLASS &&
               one->object.oid == change->target.relation->oid && one->object.column != 0;
    }
}

static bool was_dropped(const struct gd_look *look, struct gd_address one)
{
    const struct gd_relation *relation = one.class_oid == GD_PG_CLASS && one.column == 0
                                             ? gd_survey_relation(look->survey, one.oid)
                                             : NULL;
    return relation != NULL &&
           gd_look_relation(look, (struct gd_name){relation->schema, relation->name}).exists ==
               GD_NO;
}

static void note_frozen(struct gd_look *look, struct gd_finding *finding,
                        const struct change *change)
{
    struct gd_address column = gd_alter_column_address(&change->target, &change->column);
    for (size_t i = 0; column.oid != 0 && i < look->survey->dependency_count; i++) {
        const struct gd_dependency *one = &look->survey->dependencies[i];
        if (!same_address(one->needs, column) || !freezes_type(one, change))
            continue;
        struct gd_address owner = owner_of(look->survey, one->object);
        const struct gd_described *what = gd_survey_describe(look->survey, owner);
        if (what != NULL && !was_dropped(look, owner))
            gd_finding_note(look, finding, "will fail (0A000): %s %s uses it", what->kind,
                            what->identity);
    }
}

static void note_tree(struct gd_look *look, struct gd_finding *finding,
                      const struct gd_relation *relation)
{
    if (relation == NULL || relation->child_count == 0)
        return;
    gd_finding_note(look, finding, "all partitions and children are %s, too",
                    finding->rewrite ? "locked and rewritten" : "locked");
}

static void sharpen(struct gd_look *look, struct gd_finding *finding, const struct change *change)
{
    finding->rewrite = change->answer.rewrite;
    if (change->known)
        gd_finding_note(look, finding, "the type was %s", change->column.column->type);
    if (change->answer.change == GD_CHANGE_ZONE && look->survey != NULL)
        gd_finding_note(look, finding, "the session's time zone is %s", look->survey->time_zone);
    note_indexes(look, finding, change);
    note_tree(look, finding, change->target.relation);
}

/* No value is here, so no value changes. */
static void keep_remote(struct gd_finding *finding)
{
    finding->rewrite = false;
    if (finding->loses != GD_LOSES_DATA)
        return;
    finding->loses = GD_LOSES_DEFINITION;
    finding->scope = GD_SCOPE_SCHEMA;
    finding->reason = "a foreign table holds no values: only its definition changes";
}

static bool needs_check(const struct gd_finding *finding, const struct change *change)
{
    return finding->scope == GD_SCOPE_TABLES || change->answer.change == GD_CHANGE_DOMAIN ||
           change->answer.change == GD_CHANGE_LABELS;
}

void gd_alter_type(struct gd_look *look, struct gd_finding *finding)
{
    struct gd_target target;
    struct gd_column_target column;
    if (!gd_alter_begin_column(look, finding, &target, &column))
        return;
    struct change change = change_of(look);
    note_frozen(look, finding, &change);
    if (change.answer.change == GD_CHANGE_SAME) {
        gd_finding_is_done(look, finding, "%s has that type already", column.qualified);
        finding->rerun = GD_RERUN_OK;
        return;
    }
    sharpen(look, finding, &change);
    bool foreign = gd_alter_on_foreign_table(look);
    if (foreign)
        keep_remote(finding);
    else if (column.fresh && !target.fresh)
        gd_finding_is_fresh(look, finding, column.fresh_line);
    else if (needs_check(finding, &change) && !target.fresh && !target.temporary) {
        gd_check_type_change(look, finding, &target, look->node);
        if (finding->scope == GD_SCOPE_TABLES)
            gd_finding_column(look, finding, &target, gd_node_text(look->node, GD_F_name));
    }
    gd_alter_end(look, finding, &target);
}

void gd_alter_type_collation(struct gd_look *look, struct gd_finding *finding)
{
    struct gd_target target;
    struct gd_column_target column;
    if (!gd_alter_begin_column(look, finding, &target, &column))
        return;
    const struct gd_node *definition = gd_node_child(look->node, GD_F_def);
    const struct gd_node *clause = gd_node_child(definition, GD_F_coll_clause);
    const char *wanted = gd_node_name_last(clause, GD_F_collname);
    if (column.fresh && !target.fresh)
        gd_finding_is_fresh(look, finding, column.fresh_line);
    else if (column.column != NULL && column.exists == GD_YES &&
             strcmp(column.column->collation, wanted) == 0)
        gd_finding_is_done(look, finding, "%s has that collation already", column.qualified);
    gd_alter_end(look, finding, &target);
}

void gd_alter_attribute_type(struct gd_look *look, struct gd_finding *finding)
{
    const struct gd_node *range = gd_node_child(gd_alter_statement(look), GD_F_relation);
    struct gd_type_target type = gd_look_type(look, gd_name_of_range(range));
    gd_finding_object(look, finding, "attribute %s.%s", type.qualified,
                      gd_quote_identifier(look->arena, gd_node_text(look->node, GD_F_name)));
    if (type.fresh)
        gd_finding_is_fresh(look, finding, type.fresh_line);
    for (size_t i = 0; type.type != NULL && i < type.type->use_count; i++)
        gd_finding_note(look, finding, "will fail (0A000): column %s.%s holds the type",
                        type.type->uses[i].relation, type.type->uses[i].column);
}
