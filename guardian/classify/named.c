#include "guardian/classify/named.h"

#include <string.h>

#include "guardian/classify/state.h"

#define COUNT(list) (sizeof(list) / sizeof(list)[0])

/* Where an object of a kind is found, and how its name is built. */
enum place {
    PLACE_RELATION,
    PLACE_COLUMN,
    PLACE_TYPE,
    PLACE_ROUTINE,
    PLACE_ON_TABLE, /* its name counts on one table only */
    PLACE_METHOD,   /* the access method comes first */
    PLACE_PAIR,     /* two types, or a type and a language */
    PLACE_OTHER
};

struct form {
    const char *type, *word;
    enum place place;
};

/* clang-format off */
static const struct form forms[] = {
    {"OBJECT_ACCESS_METHOD",   "access method",             PLACE_OTHER},
    {"OBJECT_AGGREGATE",       "aggregate",                 PLACE_ROUTINE},
    {"OBJECT_ATTRIBUTE",       "attribute",                 PLACE_COLUMN},
    {"OBJECT_CAST",            "cast",                      PLACE_PAIR},
    {"OBJECT_COLLATION",       "collation",                 PLACE_OTHER},
    {"OBJECT_COLUMN",          "column",                    PLACE_COLUMN},
    {"OBJECT_CONVERSION",      "conversion",                PLACE_OTHER},
    {"OBJECT_DATABASE",        "database",                  PLACE_OTHER},
    {"OBJECT_DOMAIN",          "domain",                    PLACE_TYPE},
    {"OBJECT_DOMCONSTRAINT",   "constraint",                PLACE_ON_TABLE},
    {"OBJECT_EVENT_TRIGGER",   "event trigger",             PLACE_OTHER},
    {"OBJECT_EXTENSION",       "extension",                 PLACE_OTHER},
    {"OBJECT_FDW",             "foreign-data wrapper",      PLACE_OTHER},
    {"OBJECT_FOREIGN_SERVER",  "server",                    PLACE_OTHER},
    {"OBJECT_FOREIGN_TABLE",   "foreign table",             PLACE_RELATION},
    {"OBJECT_FUNCTION",        "function",                  PLACE_ROUTINE},
    {"OBJECT_INDEX",           "index",                     PLACE_RELATION},
    {"OBJECT_LANGUAGE",        "language",                  PLACE_OTHER},
    {"OBJECT_LARGEOBJECT",     "large object",              PLACE_OTHER},
    {"OBJECT_MATVIEW",         "materialized view",         PLACE_RELATION},
    {"OBJECT_OPCLASS",         "operator class",            PLACE_METHOD},
    {"OBJECT_OPERATOR",        "operator",                  PLACE_OTHER},
    {"OBJECT_OPFAMILY",        "operator family",           PLACE_METHOD},
    {"OBJECT_POLICY",          "policy",                    PLACE_ON_TABLE},
    {"OBJECT_PROCEDURE",       "procedure",                 PLACE_ROUTINE},
    {"OBJECT_PUBLICATION",     "publication",               PLACE_OTHER},
    {"OBJECT_ROLE",            "role",                      PLACE_OTHER},
    {"OBJECT_ROUTINE",         "routine",                   PLACE_ROUTINE},
    {"OBJECT_RULE",            "rule",                      PLACE_ON_TABLE},
    {"OBJECT_SCHEMA",          "schema",                    PLACE_OTHER},
    {"OBJECT_SEQUENCE",        "sequence",                  PLACE_RELATION},
    {"OBJECT_STATISTIC_EXT",   "statistics",                PLACE_OTHER},
    {"OBJECT_SUBSCRIPTION",    "subscription",              PLACE_OTHER},
    {"OBJECT_TABCONSTRAINT",   "constraint",                PLACE_ON_TABLE},
    {"OBJECT_TABLE",           "table",                     PLACE_RELATION},
    {"OBJECT_TABLESPACE",      "tablespace",                PLACE_OTHER},
    {"OBJECT_TRANSFORM",       "transform",                 PLACE_PAIR},
    {"OBJECT_TRIGGER",         "trigger",                   PLACE_ON_TABLE},
    {"OBJECT_TSCONFIGURATION", "text search configuration", PLACE_OTHER},
    {"OBJECT_TSDICTIONARY",    "text search dictionary",    PLACE_OTHER},
    {"OBJECT_TSPARSER",        "text search parser",        PLACE_OTHER},
    {"OBJECT_TSTEMPLATE",      "text search template",      PLACE_OTHER},
    {"OBJECT_TYPE",            "type",                      PLACE_TYPE},
    {"OBJECT_VIEW",            "view",                      PLACE_RELATION},
};

/* The spelling of the grammar's own names for types, as people write them. */
static const char *const spellings[][2] = {
    {"bool", "boolean"}, {"bpchar", "character"}, {"float4", "real"},
    {"float8", "double precision"}, {"int2", "smallint"}, {"int4", "integer"}, {"int8", "bigint"},
    {"timestamptz", "timestamp with time zone"}, {"timestamp", "timestamp without time zone"},
    {"timetz", "time with time zone"}, {"time", "time without time zone"},
    {"varbit", "bit varying"}, {"varchar", "character varying"},
};
/* clang-format on */

static const struct form *form_of(const char *object_type)
{
    for (size_t i = 0; i < COUNT(forms); i++)
        if (strcmp(forms[i].type, object_type) == 0)
            return &forms[i];
    static const struct form unknown = {"", "object", PLACE_OTHER};
    return &unknown;
}

const char *gd_named_word(const char *object_type)
{
    return form_of(object_type)->word;
}

bool gd_is_among(const char *name, const char *const *list)
{
    for (; *list != NULL; list++)
        if (strcmp(name, *list) == 0)
            return true;
    return false;
}

/* ---- how things are written ---- */

const char *gd_type_show(const struct gd_look *look, const struct gd_node *type_name)
{
    if (type_name == NULL)
        return "none"; /* the missing side of an operator */
    struct gd_name name = gd_name_of_type(type_name);
    const char *array = gd_node_count(type_name, GD_F_array_bounds) > 0 ? "[]" : "";
    for (size_t i = 0; i < COUNT(spellings); i++)
        if ((name.schema[0] == '\0' || strcmp(name.schema, "pg_catalog") == 0) &&
            strcmp(spellings[i][0], name.name) == 0)
            return gd_arena_printf(look->arena, "%s%s", spellings[i][1], array);
    if (strcmp(name.schema, "pg_catalog") == 0)
        name.schema = "";
    return gd_arena_printf(look->arena, "%s%s", gd_name_show(look->arena, name), array);
}

static bool is_input(const struct gd_node *parameter)
{
    return !gd_node_enum_is(parameter, GD_F_mode, "FUNC_PARAM_OUT") &&
           !gd_node_enum_is(parameter, GD_F_mode, "FUNC_PARAM_TABLE");
}

/* The types of a CreateFunctionStmt's input parameters, or of an ObjectWithArgs. */
static const char *arguments_show(const struct gd_look *look, const struct gd_node *node)
{
    bool creates = gd_node_kind(node) == GD_KIND_CreateFunctionStmt;
    enum gd_field list = creates ? GD_F_parameters : GD_F_objargs;
    const char *text = "";
    for (size_t i = 0; i < gd_node_count(node, list); i++) {
        const struct gd_node *item = gd_node_at(node, list, i);
        if (creates && !is_input(item))
            continue;
        const char *type = gd_type_show(look, creates ? gd_node_child(item, GD_F_arg_type) : item);
        text = gd_arena_printf(look->arena, "%s%s%s", text, text[0] == '\0' ? "" : ", ", type);
    }
    return text;
}

const char *gd_routine_show(const struct gd_look *look, const struct gd_node *node,
                            const struct gd_function *known)
{
    if (known != NULL)
        return known->identity;
    bool creates = gd_node_kind(node) == GD_KIND_CreateFunctionStmt;
    struct gd_name name = creates ? gd_name_of_list(node, GD_F_funcname) : gd_name_of_object(node);
    const char *shown = gd_name_show(look->arena, name);
    if (!creates && gd_node_flag(node, GD_F_args_unspecified))
        return shown;
    return gd_arena_printf(look->arena, "%s(%s)", shown, arguments_show(look, node));
}

const char *gd_role_name(const struct gd_look *look, const struct gd_node *role_spec)
{
    if (gd_node_enum_is(role_spec, GD_F_roletype, "ROLESPEC_CSTRING"))
        return gd_node_text(role_spec, GD_F_rolename);
    if (gd_node_enum_is(role_spec, GD_F_roletype, "ROLESPEC_PUBLIC"))
        return "PUBLIC";
    return look->survey == NULL ? NULL : look->survey->user;
}

const char *gd_role_list(const struct gd_look *look, const struct gd_node *node, enum gd_field list)
{
    const char *text = "";
    size_t count = gd_node_count(node, list);
    for (size_t i = 0; i < count; i++) {
        const struct gd_node *item = gd_node_at(node, list, i);
        const char *name = gd_node_kind(item) == GD_KIND_AccessPriv
                               ? gd_node_text(item, GD_F_priv_name)
                               : gd_role_name(look, item);
        const char *between = i == 0 ? "" : i + 1 == count ? " and " : ", ";
        text = gd_arena_printf(look->arena, "%s%s%s", text, between,
                               name == NULL ? "the current user" : name);
    }
    return text;
}

/* ---- where things are found ---- */

static void describe(struct gd_named *named, const char *owner, const char *comment)
{
    named->described = true;
    named->owner = owner;
    named->comment = comment;
}

static const char *item_text(const struct gd_node *list, size_t index)
{
    const char *text = gd_node_string(gd_node_at(list, GD_F_items, index));
    return text == NULL ? "" : text;
}

/* The last item of a list names the object, those before it the table. */
static void split_list(const struct gd_node *list, struct gd_name *out_table, const char **out_own)
{
    size_t count = gd_node_count(list, GD_F_items);
    *out_own = count > 0 ? item_text(list, count - 1) : "";
    out_table->name = count > 1 ? item_text(list, count - 2) : "";
    out_table->schema = count > 2 ? item_text(list, count - 3) : "";
}

static void find_relation(const struct gd_look *look, struct gd_named *named,
                          const struct gd_node *object, const struct gd_node *relation)
{
    named->name = relation != NULL ? gd_name_of_range(relation) : gd_name_of_object(object);
    struct gd_target target = gd_look_relation(look, named->name);
    named->exists = target.exists;
    named->fresh = target.fresh || target.temporary;
    named->fresh_line = target.fresh_line;
    named->shown = gd_arena_printf(look->arena, "%s %s", named->kind, target.qualified);
    if (target.relation == NULL)
        return;
    named->address = (struct gd_address){.class_oid = GD_PG_CLASS, .oid = target.relation->oid};
    describe(named, target.relation->owner, target.relation->comment);
}

static void find_column(const struct gd_look *look, struct gd_named *named)
{
    struct gd_column_target column = gd_look_column(look, &named->table, named->name.name);
    named->exists = column.exists;
    named->fresh = column.fresh || named->table.fresh || named->table.temporary;
    named->fresh_line = column.fresh ? column.fresh_line : named->table.fresh_line;
    named->shown = gd_arena_printf(look->arena, "%s %s", named->kind, column.qualified);
    if (column.column != NULL)
        describe(named, NULL, column.column->comment);
}

static void find_type(const struct gd_look *look, struct gd_named *named,
                      const struct gd_node *object)
{
    named->name = gd_name_of_object(object);
    struct gd_type_target target = gd_look_type(look, named->name);
    named->exists = target.exists;
    named->fresh = target.fresh;
    named->fresh_line = target.fresh_line;
    named->shown = gd_arena_printf(look->arena, "%s %s", named->kind, target.qualified);
    if (target.type == NULL)
        return;
    named->address = (struct gd_address){.class_oid = GD_PG_TYPE, .oid = target.type->oid};
    describe(named, target.type->owner, target.type->comment);
}

static void find_routine(const struct gd_look *look, struct gd_named *named,
                         const struct gd_node *object)
{
    named->name = gd_name_of_object(object);
    const struct gd_function *known = gd_look_function(look, object, &named->exists);
    const char *shown = gd_routine_show(look, object, known);
    named->shown = gd_arena_printf(look->arena, "%s %s", named->kind, shown);
    named->fresh =
        gd_look_fresh(look, "function", gd_name_show(look->arena, named->name), &named->fresh_line);
    if (known == NULL)
        return;
    named->address = (struct gd_address){.class_oid = GD_PG_PROC, .oid = known->oid};
    describe(named, known->owner, known->comment);
}

static void find_in_catalogue(const struct gd_relation *table, struct gd_named *named)
{
    const char *name = named->name.name;
    if (strcmp(named->kind, "trigger") == 0)
        for (size_t i = 0; i < table->trigger_count; i++)
            if (strcmp(table->triggers[i].name, name) == 0) {
                named->address = (struct gd_address){GD_PG_TRIGGER, table->triggers[i].oid, 0};
                describe(named, NULL, table->triggers[i].comment);
            }
    if (strcmp(named->kind, "policy") == 0)
        for (size_t i = 0; i < table->policy_count; i++)
            if (strcmp(table->policies[i].name, name) == 0) {
                named->address = (struct gd_address){GD_PG_POLICY, table->policies[i].oid, 0};
                describe(named, NULL, table->policies[i].comment);
            }
    if (strcmp(named->kind, "rule") == 0)
        for (size_t i = 0; i < table->rule_count; i++)
            if (strcmp(table->rules[i].name, name) == 0)
                named->address = (struct gd_address){GD_PG_REWRITE, table->rules[i].oid, 0};
    if (strcmp(named->kind, "constraint") == 0)
        for (size_t i = 0; i < table->constraint_count; i++)
            if (strcmp(table->constraints[i].name, name) == 0) {
                named->address =
                    (struct gd_address){GD_PG_CONSTRAINT, table->constraints[i].oid, 0};
                describe(named, NULL, table->constraints[i].comment);
            }
    named->exists = named->address.oid != 0 ? GD_YES : GD_NO;
}

/* What this script did to it outweighs the catalogue. */
static bool changed_by_script(const struct gd_look *look, struct gd_named *named)
{
    const char *key =
        gd_arena_printf(look->arena, "%s.%s", named->table.name.schema, named->table.name.name);
    const struct gd_thing *thing = gd_state_find(look->state, named->kind, key, named->name.name);
    if (thing == NULL)
        return false;
    named->exists = thing->standing == GD_THERE  ? GD_YES
                    : thing->standing == GD_GONE ? GD_NO
                                                 : GD_UNSURE;
    named->fresh = thing->standing == GD_THERE && thing->fresh;
    named->fresh_line = thing->line;
    named->dropped = thing->standing == GD_GONE;
    return true;
}

static void find_on_table(const struct gd_look *look, struct gd_named *named)
{
    named->shown =
        gd_arena_printf(look->arena, "%s %s on %s", named->kind,
                        gd_quote_identifier(look->arena, named->name.name), named->table.qualified);
    if (changed_by_script(look, named))
        return;
    if (named->table.fresh || named->table.temporary) {
        named->fresh = true;
        named->fresh_line = named->table.fresh_line;
    } else if (named->table.relation != NULL) {
        find_in_catalogue(named->table.relation, named);
    } else if (named->table.exists == GD_NO) {
        named->exists = GD_NO;
    }
}

/* "app.my_ops using gist", "(app.pair as text)", "for hstore language plperl" */
static const char *joined_show(const struct gd_look *look, const struct gd_node *list,
                               enum place place)
{
    const struct gd_node *first = gd_node_at(list, GD_F_items, 0);
    const struct gd_node *second = gd_node_at(list, GD_F_items, 1);
    if (place == PLACE_PAIR && gd_node_kind(second) == GD_KIND_TypeName)
        return gd_arena_printf(look->arena, "(%s as %s)", gd_type_show(look, first),
                               gd_type_show(look, second));
    if (place == PLACE_PAIR)
        return gd_arena_printf(look->arena, "for %s language %s", gd_type_show(look, first),
                               item_text(list, 1));
    size_t count = gd_node_count(list, GD_F_items);
    struct gd_name name = {count > 2 ? item_text(list, count - 2) : "", item_text(list, count - 1)};
    return gd_arena_printf(look->arena, "%s using %s", gd_name_show(look->arena, name),
                           item_text(list, 0));
}

static struct gd_name own_name(const struct gd_node *object)
{
    if (gd_node_kind(object) == GD_KIND_Integer || gd_node_kind(object) == GD_KIND_Float)
        return (struct gd_name){"", ""};
    return gd_name_of_object(object);
}

static void find_other(const struct gd_look *look, struct gd_named *named, struct gd_name name)
{
    const struct gd_other *other = NULL;
    named->name = name;
    named->exists = gd_look_other(look, named->kind, name, &other);
    const struct gd_thing *thing = gd_state_find(look->state, named->kind, name.schema, name.name);
    named->dropped = thing != NULL && thing->standing == GD_GONE;
    const char *shown = gd_name_show(look->arena, name);
    named->fresh = gd_look_fresh(look, named->kind, shown, &named->fresh_line);
    named->shown = gd_arena_printf(look->arena, "%s %s", named->kind, shown);
    if (other == NULL || named->fresh)
        return;
    named->address = other->address;
    describe(named, other->owner[0] == '\0' ? NULL : other->owner, other->comment);
}

struct gd_named gd_named_other(const struct gd_look *look, const char *kind, const char *name)
{
    struct gd_named named = {.kind = kind, .exists = GD_UNSURE};
    find_other(look, &named, (struct gd_name){"", name});
    return named;
}

static void table_and_name(const struct gd_look *look, struct gd_named *named,
                           const struct gd_node *object, const struct gd_node *relation,
                           const char *subname)
{
    struct gd_name table;
    named->on_table = true;
    if (relation != NULL) {
        table = gd_name_of_range(relation);
        named->name.name = subname;
    } else {
        split_list(object, &table, &named->name.name);
    }
    named->name.schema = "";
    named->table = gd_look_relation(look, table);
}

/* A constraint of a domain: the type, then the name. */
static void find_on_domain(const struct gd_look *look, struct gd_named *named,
                           const struct gd_node *object, const char *subname)
{
    bool paired = gd_node_kind(gd_node_at(object, GD_F_items, 0)) == GD_KIND_TypeName;
    const struct gd_node *type = paired ? gd_node_at(object, GD_F_items, 0) : object;
    named->name.name = paired ? item_text(object, 1) : subname;
    struct gd_type_target domain = gd_look_type(look, gd_name_of_object(type));
    named->exists = GD_UNSURE;
    named->fresh = domain.fresh;
    named->fresh_line = domain.fresh_line;
    named->shown =
        gd_arena_printf(look->arena, "constraint %s of domain %s",
                        gd_quote_identifier(look->arena, named->name.name), domain.qualified);
}

struct gd_named gd_named_find(const struct gd_look *look, const char *object_type,
                              const struct gd_node *object, const struct gd_node *relation,
                              const char *subname)
{
    const struct form *form = form_of(object_type);
    struct gd_named named = {.kind = form->word, .name = {"", ""}, .exists = GD_UNSURE};
    switch (form->place) {
    case PLACE_RELATION:
        find_relation(look, &named, object, relation);
        break;
    case PLACE_COLUMN:
        table_and_name(look, &named, object, relation, subname);
        find_column(look, &named);
        break;
    case PLACE_TYPE:
        find_type(look, &named, object);
        break;
    case PLACE_ROUTINE:
        find_routine(look, &named, object);
        break;
    case PLACE_ON_TABLE:
        if (strcmp(object_type, "OBJECT_DOMCONSTRAINT") == 0) {
            find_on_domain(look, &named, object, subname);
            break;
        }
        table_and_name(look, &named, object, relation, subname);
        find_on_table(look, &named);
        break;
    case PLACE_METHOD:
    case PLACE_PAIR:
        named.shown = gd_arena_printf(look->arena, "%s %s", form->word,
                                      joined_show(look, object, form->place));
        break;
    case PLACE_OTHER:
        find_other(look, &named, object == NULL ? (struct gd_name){"", subname} : own_name(object));
        break;
    }
    return named;
}

/* ---- what findings say of them ---- */

void gd_finding_names(struct gd_look *look, struct gd_finding *finding,
                      const struct gd_named *named)
{
    gd_finding_object(look, finding, "%s", named->shown);
    if (named->on_table && finding->lock != GD_LOCK_NONE)
        finding->lock_on = named->table.qualified;
    if (named->fresh)
        gd_finding_is_fresh(look, finding, named->fresh_line);
}

void gd_finding_new_owner(struct gd_look *look, struct gd_finding *finding,
                          const struct gd_named *named, const struct gd_node *role_spec)
{
    gd_finding_names(look, finding, named);
    const char *wanted = gd_role_name(look, role_spec);
    if (wanted == NULL || !named->described || named->owner == NULL)
        return;
    if (strcmp(wanted, named->owner) == 0)
        gd_finding_is_done(look, finding, "%s belongs to %s already", named->shown, wanted);
    else
        gd_finding_note(look, finding, "it belongs to %s now", named->owner);
}

void gd_finding_creates(struct gd_look *look, struct gd_finding *finding,
                        const struct gd_named *named, bool skips)
{
    gd_finding_object(look, finding, "%s", named->shown);
    if (skips)
        finding->rerun = GD_RERUN_SKIPS;
    else if (named->dropped)
        finding->rerun = GD_RERUN_OK;
    if (named->exists != GD_YES)
        return;
    if (skips)
        gd_finding_is_done(look, finding, "%s is there already", named->shown);
    else
        gd_finding_note(look, finding, "this fails: %s is there already", named->shown);
}

struct dropped {
    size_t count, absent, fresh;
    uint32_t fresh_line;
    const char *shown;
};

static void drop_one(struct gd_look *look, struct gd_finding *finding, struct dropped *all,
                     const struct gd_named *named)
{
    all->shown = all->count == 0 ? named->shown
                                 : gd_arena_printf(look->arena, "%s, %s", all->shown, named->shown);
    all->count++;
    if (named->on_table && finding->lock != GD_LOCK_NONE)
        finding->lock_on = named->table.qualified;
    if (named->exists == GD_NO) {
        all->absent++;
    } else if (named->fresh) {
        all->fresh++;
        all->fresh_line = named->fresh_line;
    } else if (named->address.oid != 0 || gd_says_cascade(look->node)) {
        gd_finding_dependents(look, finding, named->address, gd_says_cascade(look->node));
    }
}

void gd_finding_drops(struct gd_look *look, struct gd_finding *finding)
{
    const char *type = gd_node_enum(look->node, GD_F_remove_type);
    bool skips = gd_node_flag(look->node, GD_F_missing_ok);
    struct dropped all = {.shown = ""};
    for (size_t i = 0; i < gd_node_count(look->node, GD_F_objects); i++) {
        struct gd_named named =
            gd_named_find(look, type, gd_node_at(look->node, GD_F_objects, i), NULL, "");
        drop_one(look, finding, &all, &named);
    }
    gd_finding_object(look, finding, "%s", all.shown);
    if (skips)
        finding->rerun = GD_RERUN_SKIPS;
    if (all.count == 0)
        return;
    if (all.absent == all.count && skips)
        gd_finding_is_done(look, finding, "%s is not there", all.shown);
    else if (all.absent > 0 && !skips)
        gd_finding_note(look, finding, "this fails: not all of %s is there", all.shown);
    else if (all.fresh > 0 && all.fresh + all.absent == all.count)
        gd_finding_is_fresh(look, finding, all.fresh_line);
}

void gd_finding_cascades(struct gd_look *look, struct gd_finding *finding)
{
    bool live = gd_look_live(look);
    if (live) {
        finding->loses = GD_LOSES_DEFINITION;
        finding->scope = GD_SCOPE_SCHEMA;
    }
    gd_finding_drops(look, finding);
    if (live && finding->takes.count == 0 && finding->tables.count == 0)
        finding->lock = GD_LOCK_NONE;
}
