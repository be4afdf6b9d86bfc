/*
 * Keep, what is there: written names to objects of the catalogue, and these to who declared them.
 */
#include <string.h>

#include "guardian/classify/look.h"
#include "guardian/guard/keep_own.h"

static bool same(const char *left, const char *right)
{
    return strcmp(left, right) == 0;
}

/* ---- names to objects ---- */

const struct gd_relation *gd_keep_find_relation(const struct gd_survey *survey, const char *schema,
                                                const char *name)
{
    if (schema[0] != '\0')
        return gd_survey_relation_named(survey, schema, name);
    for (size_t i = 0; i < survey->relation_count; i++)
        if (survey->relations[i].temporary_mine && same(survey->relations[i].name, name))
            return &survey->relations[i]; /* it comes before all others */
    for (size_t i = 0; i < survey->search_path_count; i++) {
        const struct gd_relation *relation =
            gd_survey_relation_named(survey, survey->search_path[i], name);
        if (relation != NULL)
            return relation;
    }
    return NULL;
}

static void be_on(struct gd_keep_live *live, const struct gd_relation *relation, const char *name)
{
    live->schema = relation->schema;
    live->table = relation->name;
    live->name = name;
    live->relation = relation;
}

static bool relation_is(enum gd_keep_kind kind, char relkind)
{
    switch (kind) {
    case GD_KEPT_TABLE:
        return relkind == 'r' || relkind == 'p' || relkind == 'f';
    case GD_KEPT_VIEW:
        return relkind == 'v' || relkind == 'm';
    case GD_KEPT_SEQUENCE:
        return relkind == 'S';
    case GD_KEPT_INDEX:
        return relkind == 'i' || relkind == 'I';
    default:
        return false;
    }
}

static bool be_index(const struct gd_keep_look *look, uint32_t oid, uint32_t table_oid,
                     struct gd_keep_live *live)
{
    const struct gd_relation *table = gd_survey_relation(look->survey, table_oid);
    const struct gd_index *index = table == NULL ? NULL : gd_relation_index(table, oid);
    if (index == NULL)
        return false;
    be_on(live, table, index->name);
    live->kind = GD_KEPT_INDEX;
    live->index = index;
    live->address = (struct gd_address){GD_PG_CLASS, oid, 0};
    return true;
}

static bool find_relation(const struct gd_keep_look *look, const struct gd_keep_object *written,
                          struct gd_keep_live *live)
{
    const struct gd_relation *relation =
        gd_keep_find_relation(look->survey, written->schema, written->name);
    if (relation == NULL || relation->temporary_mine || !relation_is(written->kind, relation->kind))
        return false;
    if (written->kind == GD_KEPT_INDEX)
        return be_index(look, relation->oid, relation->index_table_oid, live);
    *live = (struct gd_keep_live){
        .kind = written->kind,
        .schema = relation->schema,
        .table = "",
        .name = relation->name,
        .relation = relation,
        .address = {GD_PG_CLASS, relation->oid, 0},
    };
    return true;
}

static bool find_on_relation(const struct gd_relation *relation, enum gd_keep_kind kind,
                             const char *name, struct gd_keep_live *live)
{
    const struct gd_column *column = gd_relation_column(relation, name);
    live->kind = kind;
    be_on(live, relation, name);
    switch (kind) {
    case GD_KEPT_COLUMN:
        if (column != NULL)
            live->address = (struct gd_address){GD_PG_CLASS, relation->oid, column->number};
        return column != NULL;
    case GD_KEPT_DEFAULT:
        return column != NULL && (column->default_sql != NULL || column->identity != 0);
    case GD_KEPT_NOT_NULL:
        return column != NULL && column->not_null;
    case GD_KEPT_CONSTRAINT:
        live->constraint = gd_relation_constraint(relation, name);
        if (live->constraint != NULL)
            live->address = (struct gd_address){GD_PG_CONSTRAINT, live->constraint->oid, 0};
        return live->constraint != NULL;
    case GD_KEPT_TRIGGER:
        for (size_t i = 0; i < relation->trigger_count; i++)
            if (same(relation->triggers[i].name, name))
                return true;
        return false;
    case GD_KEPT_POLICY:
        for (size_t i = 0; i < relation->policy_count; i++)
            if (same(relation->policies[i].name, name))
                return true;
        return false;
    case GD_KEPT_RULE:
        for (size_t i = 0; i < relation->rule_count; i++)
            if (same(relation->rules[i].name, name))
                return true;
        return false;
    default:
        return false;
    }
}

/* Is a thing of that schema what a bare or a full name means here? */
static bool is_meant(const struct gd_survey *survey, const char *written, const char *schema)
{
    if (written[0] != '\0')
        return same(written, schema);
    for (size_t i = 0; i < survey->search_path_count; i++)
        if (same(survey->search_path[i], schema))
            return true;
    return false;
}

static bool be_alone(struct gd_keep_live *live, enum gd_keep_kind kind, const char *schema,
                     const char *name, struct gd_address address)
{
    *live = (struct gd_keep_live){
        .kind = kind, .schema = schema, .table = "", .name = name, .address = address};
    return true;
}

static bool find_type(const struct gd_keep_look *look, const struct gd_keep_object *written,
                      struct gd_keep_live *live)
{
    for (size_t i = 0; i < look->survey->type_count; i++) {
        const struct gd_type *type = &look->survey->types[i];
        if (same(type->name, written->name) &&
            is_meant(look->survey, written->schema, type->schema))
            return be_alone(live, GD_KEPT_TYPE, type->schema, type->name,
                            (struct gd_address){GD_PG_TYPE, type->oid, 0});
    }
    return false;
}

static bool find_function(const struct gd_keep_look *look, const struct gd_keep_object *written,
                          struct gd_keep_live *live)
{
    for (size_t i = 0; i < look->survey->function_count; i++) {
        const struct gd_function *function = &look->survey->functions[i];
        if (!function->builtin && same(function->name, written->name) &&
            is_meant(look->survey, written->schema, function->schema))
            return be_alone(live, GD_KEPT_FUNCTION, function->schema, function->name,
                            (struct gd_address){GD_PG_PROC, function->oid, 0});
    }
    return false;
}

static bool find_other(const struct gd_keep_look *look, const struct gd_keep_object *written,
                       struct gd_keep_live *live)
{
    const struct gd_other *other =
        gd_survey_other(look->survey, gd_keep_kind_name(written->kind), NULL, written->name);
    if (other == NULL)
        return false;
    return be_alone(live, written->kind, "", other->name, other->address);
}

bool gd_keep_find(const struct gd_keep_look *look, const struct gd_keep_object *written,
                  struct gd_keep_live *out_live)
{
    struct gd_keep_live live = {0};
    bool found = false;
    const struct gd_relation *table = NULL;
    switch (written->kind) {
    case GD_KEPT_TABLE:
    case GD_KEPT_VIEW:
    case GD_KEPT_SEQUENCE:
        found = find_relation(look, written, &live);
        break;
    case GD_KEPT_INDEX: /* in the schema of its table, where one is named */
        table = written->table[0] == '\0'
                    ? NULL
                    : gd_keep_find_relation(look->survey, written->schema, written->table);
        if (written->table[0] == '\0') {
            found = find_relation(look, written, &live);
        } else if (table != NULL) {
            struct gd_keep_object index = *written;
            index.schema = table->schema;
            found = find_relation(look, &index, &live);
        }
        break;
    case GD_KEPT_TYPE:
        found = find_type(look, written, &live);
        break;
    case GD_KEPT_FUNCTION:
        found = find_function(look, written, &live);
        break;
    case GD_KEPT_EXTENSION:
    case GD_KEPT_SCHEMA:
        found = find_other(look, written, &live);
        break;
    default:
        table = gd_keep_find_relation(look->survey, written->schema, written->table);
        found = table != NULL && !table->temporary_mine &&
                find_on_relation(table, written->kind, written->name, &live);
    }
    if (found)
        *out_live = live;
    return found;
}

/* ---- addresses to objects ---- */

static bool find_class(const struct gd_keep_look *look, struct gd_address address,
                       struct gd_keep_live *live)
{
    static const enum gd_keep_kind kinds[] = {GD_KEPT_TABLE, GD_KEPT_VIEW, GD_KEPT_SEQUENCE};
    const struct gd_relation *relation = gd_survey_relation(look->survey, address.oid);
    if (relation == NULL)
        return false;
    for (size_t i = 0; address.column > 0 && i < relation->column_count; i++)
        if (relation->columns[i].number == address.column)
            return find_on_relation(relation, GD_KEPT_COLUMN, relation->columns[i].name, live);
    if (relation_is(GD_KEPT_INDEX, relation->kind))
        return be_index(look, relation->oid, relation->index_table_oid, live);
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (relation_is(kinds[i], relation->kind)) {
            *live = (struct gd_keep_live){.kind = kinds[i],
                                          .schema = relation->schema,
                                          .table = "",
                                          .name = relation->name,
                                          .relation = relation,
                                          .address = address};
            return true;
        }
    return false;
}

/* What is on a table, by its oid. */
static bool find_part(const struct gd_keep_look *look, struct gd_address address,
                      struct gd_keep_live *live)
{
    for (size_t r = 0; r < look->survey->relation_count; r++) {
        const struct gd_relation *relation = &look->survey->relations[r];
        for (size_t i = 0; address.class_oid == GD_PG_CONSTRAINT && i < relation->constraint_count;
             i++)
            if (relation->constraints[i].oid == address.oid)
                return find_on_relation(relation, GD_KEPT_CONSTRAINT, relation->constraints[i].name,
                                        live);
        for (size_t i = 0; address.class_oid == GD_PG_TRIGGER && i < relation->trigger_count; i++)
            if (relation->triggers[i].oid == address.oid)
                return find_on_relation(relation, GD_KEPT_TRIGGER, relation->triggers[i].name,
                                        live);
        for (size_t i = 0; address.class_oid == GD_PG_POLICY && i < relation->policy_count; i++)
            if (relation->policies[i].oid == address.oid)
                return find_on_relation(relation, GD_KEPT_POLICY, relation->policies[i].name, live);
    }
    return false;
}

bool gd_keep_find_address(const struct gd_keep_look *look, struct gd_address address,
                          struct gd_keep_live *out_live)
{
    struct gd_keep_live live = {0};
    bool found = false;
    const struct gd_type *type;
    const struct gd_function *function;
    switch (address.class_oid) {
    case GD_PG_CLASS:
        found = find_class(look, address, &live);
        break;
    case GD_PG_TYPE:
        type = gd_survey_type(look->survey, address.oid);
        found = type != NULL && be_alone(&live, GD_KEPT_TYPE, type->schema, type->name, address);
        break;
    case GD_PG_PROC:
        function = gd_survey_function(look->survey, address.oid);
        found = function != NULL &&
                be_alone(&live, GD_KEPT_FUNCTION, function->schema, function->name, address);
        break;
    case GD_PG_CONSTRAINT:
    case GD_PG_TRIGGER:
    case GD_PG_POLICY:
        found = find_part(look, address, &live);
        break;
    default:
        break;
    }
    if (found)
        *out_live = live;
    return found;
}

/* ---- whose it is ---- */

static bool schema_fits(const struct gd_keep_look *look, const struct gd_keep_object *object,
                        const char *schema)
{
    const struct gd_texts *path = object->path != NULL ? object->path : look->path;
    if (object->kind == GD_KEPT_EXTENSION || object->kind == GD_KEPT_SCHEMA)
        return true;
    return object->schema[0] == '\0' ? gd_texts_has(path, schema) : same(object->schema, schema);
}

static const char *name_of(const struct gd_relation *relation, int16_t number)
{
    for (size_t i = 0; i < relation->column_count; i++)
        if (relation->columns[i].number == number)
            return relation->columns[i].name;
    return "";
}

/* The columns of a list of names, in order, are those of the object. */
static bool has_columns(const struct gd_node *node, enum gd_field list, const char *column,
                        const struct gd_keep_live *live, const int16_t *numbers, size_t count)
{
    size_t written = gd_node_count(node, list);
    if (written == 0)
        return count == 1 && same(name_of(live->relation, numbers[0]), column);
    if (written != count)
        return false;
    for (size_t i = 0; i < count; i++) {
        const char *name = gd_node_string(gd_node_at(node, list, i));
        if (name == NULL || !same(name, name_of(live->relation, numbers[i])))
            return false;
    }
    return true;
}

struct mentions {
    const struct gd_keep_live *live;
    size_t found, strange; /* columns of the constraint, and others */
};

static enum gd_walk each_column(const struct gd_node *node, const struct gd_node *parent,
                                void *context)
{
    struct mentions *mentions = context;
    const struct gd_constraint *constraint = mentions->live->constraint;
    (void)parent;
    if (gd_node_kind(node) != GD_KIND_ColumnRef)
        return GD_WALK_INTO;
    const char *name = gd_node_name_last(node, GD_F_fields);
    bool mine = false;
    for (size_t i = 0; i < constraint->column_count; i++)
        mine |= same(name_of(mentions->live->relation, constraint->columns[i]), name);
    mentions->found += mine;
    mentions->strange += !mine;
    return GD_WALK_PAST;
}

/* A condition is told by its columns, and by the kind of name that the server gives. */
static bool is_condition(const struct gd_node *node, const struct gd_keep_live *live)
{
    struct mentions mentions = {.live = live};
    (void)gd_node_walk(gd_node_child(node, GD_F_raw_expr), each_column, &mentions);
    return strstr(live->name, "_check") != NULL && mentions.strange == 0 &&
           mentions.found >= live->constraint->column_count;
}

static bool is_constraint(const struct gd_keep_object *object, const struct gd_keep_live *live)
{
    const struct gd_constraint *constraint = live->constraint;
    const char *type = gd_node_enum(object->node, GD_F_contype);
    switch (constraint->type) {
    case 'p':
        return same(type, "CONSTR_PRIMARY");
    case 'u':
        return same(type, "CONSTR_UNIQUE") &&
               has_columns(object->node, GD_F_keys, object->column, live, constraint->columns,
                           constraint->column_count);
    case 'f':
        return same(type, "CONSTR_FOREIGN") &&
               strstr(constraint->referenced,
                      gd_node_text(gd_node_child(object->node, GD_F_pktable), GD_F_relname)) !=
                   NULL &&
               has_columns(object->node, GD_F_fk_attrs, object->column, live, constraint->columns,
                           constraint->column_count);
    case 'c':
        return same(type, "CONSTR_CHECK") && is_condition(object->node, live);
    case 'x':
        return same(type, "CONSTR_EXCLUSION") && strstr(live->name, "_excl") != NULL;
    default:
        return false;
    }
}

static bool is_index(const struct gd_keep_object *object, const struct gd_keep_live *live)
{
    const struct gd_index *index = live->index;
    size_t count = gd_node_count(object->node, GD_F_index_params);
    if (index->constraint_oid != 0 || count != index->column_count ||
        index->unique != gd_node_flag(object->node, GD_F_unique) ||
        (index->predicate != NULL) != (gd_node_child(object->node, GD_F_where_clause) != NULL))
        return false;
    for (size_t i = 0; i < count; i++) {
        const struct gd_node *element = gd_node_at(object->node, GD_F_index_params, i);
        const char *name = gd_node_text(element, GD_F_name);
        if (!same(name, index->columns[i] == 0 ? "" : name_of(live->relation, index->columns[i])))
            return false;
    }
    return true;
}

static bool declares(const struct gd_keep_look *look, const struct gd_keep_object *object,
                     const struct gd_keep_live *live)
{
    if (object->gone || object->kind != live->kind || !schema_fits(look, object, live->schema) ||
        (object->table[0] != '\0' && !same(object->table, live->table)))
        return false;
    if (object->name[0] != '\0')
        return same(object->name, live->name);
    return live->constraint != NULL ? is_constraint(object, live)
           : live->index != NULL    ? is_index(object, live)
                                    : false;
}

const char *gd_keep_owner(const struct gd_keep_look *look, const struct gd_keep_live *live)
{
    for (size_t i = 0; i < look->keep->object_count; i++)
        if (declares(look, &look->keep->objects[i], live))
            return look->keep->objects[i].owner;
    return gd_keep_name_owner(look->keep, live);
}

const char *gd_keep_show(const struct gd_keep_live *live, struct gd_arena *arena)
{
    const char *kind = gd_keep_kind_name(live->kind);
    struct gd_name table = {live->schema, live->table}, own = {live->schema, live->name};
    const char *name = gd_quote_identifier(arena, live->name);
    switch (live->kind) {
    case GD_KEPT_COLUMN:
        return gd_arena_printf(arena, "%s %s.%s", kind, gd_name_show(arena, table), name);
    case GD_KEPT_DEFAULT:
    case GD_KEPT_NOT_NULL:
        return gd_arena_printf(arena, "%s of %s.%s",
                               live->kind == GD_KEPT_NOT_NULL ? "NOT NULL" : kind,
                               gd_name_show(arena, table), name);
    case GD_KEPT_CONSTRAINT:
    case GD_KEPT_TRIGGER:
    case GD_KEPT_POLICY:
    case GD_KEPT_RULE:
        return gd_arena_printf(arena, "%s %s on %s", kind, name, gd_name_show(arena, table));
    default:
        return gd_arena_printf(arena, "%s %s", kind, gd_name_show(arena, own));
    }
}
