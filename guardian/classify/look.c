/*
 * Look: see look.h. Names and what they stand for here; findings are in notes.c.
 */
#include "guardian/classify/look.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "guardian/classify/judge.h"
#include "guardian/classify/state.h"

/* ---- names ---- */

struct gd_name gd_name_of_range(const struct gd_node *range_var)
{
    return (struct gd_name){gd_node_text(range_var, GD_F_schemaname),
                            gd_node_text(range_var, GD_F_relname)};
}

struct gd_name gd_name_of_list(const struct gd_node *node, enum gd_field field)
{
    return (struct gd_name){gd_node_name_schema(node, field), gd_node_name_last(node, field)};
}

struct gd_name gd_name_of_object(const struct gd_node *object)
{
    switch (gd_node_kind(object)) {
    case GD_KIND_List:
        return gd_name_of_list(object, GD_F_items);
    case GD_KIND_TypeName:
        return gd_name_of_list(object, GD_F_names);
    case GD_KIND_ObjectWithArgs:
        return gd_name_of_list(object, GD_F_objname);
    case GD_KIND_RangeVar:
        return gd_name_of_range(object);
    case GD_KIND_RoleSpec:
        return (struct gd_name){"", gd_node_text(object, GD_F_rolename)};
    default: {
        const char *name = gd_node_string(object);
        return (struct gd_name){"", name == NULL ? "" : name};
    }
    }
}

struct gd_name gd_name_of_type(const struct gd_node *type_name)
{
    return gd_name_of_list(type_name, GD_F_names);
}

/* Keywords that a name must be quoted for, as quote_identifier() does it: all that are not
 * unreserved. The commonest suffice to be readable; quoting too little only costs a reader. */
static bool is_reserved(const char *name)
{
    static const char *const reserved[] = {
        "all",        "analyse", "analyze",   "and",     "any",       "array",      "as",
        "asc",        "both",    "case",      "cast",    "check",     "collate",    "column",
        "constraint", "create",  "default",   "desc",    "distinct",  "do",         "else",
        "end",        "except",  "false",     "fetch",   "for",       "foreign",    "from",
        "grant",      "group",   "having",    "in",      "initially", "intersect",  "into",
        "lateral",    "leading", "limit",     "not",     "null",      "offset",     "on",
        "only",       "or",      "order",     "placing", "primary",   "references", "returning",
        "select",     "some",    "symmetric", "table",   "then",      "to",         "trailing",
        "true",       "union",   "unique",    "user",    "using",     "variadic",   "when",
        "where",      "window",  "with",
    };
    for (size_t i = 0; i < sizeof reserved / sizeof reserved[0]; i++)
        if (strcmp(reserved[i], name) == 0)
            return true;
    return false;
}

const char *gd_quote_identifier(struct gd_arena *arena, const char *name)
{
    bool plain = (name[0] >= 'a' && name[0] <= 'z') || name[0] == '_';
    for (const char *at = name; *at != '\0' && plain; at++)
        plain = (*at >= 'a' && *at <= 'z') || (*at >= '0' && *at <= '9') || *at == '_' ||
                (*at == '$' && at > name);
    if (plain && !is_reserved(name))
        return gd_arena_strdup(arena, name);
    char *quoted = gd_arena_alloc(arena, strlen(name) * 2 + 3), *into = quoted;
    *into++ = '"';
    for (const char *at = name; *at != '\0'; at++) {
        if (*at == '"')
            *into++ = '"';
        *into++ = *at;
    }
    *into++ = '"';
    *into = '\0';
    return quoted;
}

const char *gd_name_show(struct gd_arena *arena, struct gd_name name)
{
    if (name.schema[0] == '\0')
        return gd_quote_identifier(arena, name.name);
    return gd_arena_printf(arena, "%s.%s", gd_quote_identifier(arena, name.schema),
                           gd_quote_identifier(arena, name.name));
}

bool gd_look_live(const struct gd_look *look)
{
    return look->survey != NULL && look->survey->complete;
}

/* ---- relations ---- */

static bool is_system_schema(const char *schema)
{
    return strcmp(schema, "pg_catalog") == 0 || strcmp(schema, "information_schema") == 0 ||
           strncmp(schema, "pg_toast", 8) == 0;
}

static struct gd_target target_of_thing(const struct gd_look *look, const struct gd_thing *thing)
{
    struct gd_target target = {
        .name = {thing->schema, thing->name},
        .exists = thing->standing == GD_THERE ? GD_YES : GD_NO,
        .fresh = thing->standing == GD_THERE && thing->fresh,
        .fresh_line = thing->line,
        .temporary = thing->standing == GD_THERE && thing->temporary,
        .relation = thing->standing == GD_THERE ? thing->relation : NULL,
    };
    target.qualified = gd_name_show(look->arena, target.name);
    return target;
}

/* The relation of one schema: the script's word first, then the catalogue's. */
static bool relation_in(const struct gd_look *look, const char *schema, const char *name,
                        struct gd_target *out)
{
    const struct gd_thing *thing = gd_state_find(look->state, "relation", schema, name);
    if (thing != NULL && thing->standing == GD_THERE) {
        *out = target_of_thing(look, thing);
        return true;
    }
    if (thing != NULL && thing->standing == GD_GONE)
        return false;
    const struct gd_relation *relation =
        look->survey == NULL ? NULL : gd_survey_relation_named(look->survey, schema, name);
    if (relation == NULL)
        return false;
    *out = (struct gd_target){
        .name = {schema, name},
        .qualified = relation->qualified,
        .exists = thing != NULL ? GD_UNSURE : GD_YES, /* a branch may have dropped it */
        .temporary = relation->temporary_mine,
        .relation = relation,
    };
    return true;
}

static bool path_has(const char *const *path, size_t count, const char *schema)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(path[i], schema) == 0)
            return true;
    return false;
}

struct gd_target gd_look_relation(const struct gd_look *look, struct gd_name name)
{
    struct gd_target target = {0};
    const char *const *path;
    size_t count = gd_state_path(look->state, &path);
    bool found = false;
    if (name.schema[0] != '\0') {
        const char *schema = strncmp(name.schema, "pg_temp", 7) == 0 ? "pg_temp" : name.schema;
        found = relation_in(look, schema, name.name, &target);
    } else {
        found =
            !path_has(path, count, "pg_temp") && relation_in(look, "pg_temp", name.name, &target);
        for (size_t i = 0; i < count && !found; i++)
            found = relation_in(look, path[i], name.name, &target);
    }
    if (!found) {
        const char *schema = name.schema[0] != '\0' ? name.schema : count > 0 ? path[0] : "public";
        const struct gd_thing *thing = gd_state_find(look->state, "relation", schema, name.name);
        target.name = (struct gd_name){schema, name.name};
        target.qualified = gd_name_show(look->arena, target.name);
        /* The script gave this name to something, in a branch or in a block that it took back. */
        target.doubtful = thing != NULL && thing->standing == GD_FORGOTTEN;
        target.exists = thing != NULL && thing->standing == GD_GONE ? GD_NO
                        : target.doubtful || !gd_look_live(look)    ? GD_UNSURE
                                                                    : GD_NO;
    }
    bool behind = target.temporary && count > 0 && strcmp(path[0], "pg_temp") != 0 &&
                  path_has(path, count, "pg_temp") && name.schema[0] == '\0';
    /* Without the catalogue nobody knows what stands before a temporary one that comes later. */
    if (gd_state_doubts_name(look->state, name.schema) || (behind && !gd_look_live(look))) {
        target.doubtful = true;
        target.fresh = target.temporary = false;
        target.exists = GD_UNSURE;
    }
    /* pg_catalog is searched first unless the path says otherwise. */
    target.system =
        is_system_schema(target.name.schema) ||
        (name.schema[0] == '\0' && target.exists != GD_YES && strncmp(name.name, "pg_", 3) == 0);
    return target;
}

static const struct gd_node *statement_of(const struct gd_look *look)
{
    const struct gd_node *statement = look->parent == NULL ? look->node : look->parent;
    if (gd_node_kind(statement) == GD_KIND_AlterTableCmd)
        statement = gd_judge_statement(look->judge);
    return statement;
}

struct gd_target gd_look_table(const struct gd_look *look)
{
    const struct gd_node *range = gd_node_child(statement_of(look), GD_F_relation);
    return gd_look_relation(look, gd_name_of_range(range));
}

/* ---- columns ---- */

static const struct gd_changed_column *changed_column(const struct gd_look *look,
                                                      const struct gd_target *table,
                                                      const char *column)
{
    const struct gd_thing *thing =
        gd_state_find(look->state, "relation", table->name.schema, table->name.name);
    return thing == NULL ? NULL : gd_thing_column(thing, column);
}

struct gd_column_target gd_look_column(const struct gd_look *look, const struct gd_target *table,
                                       const char *column)
{
    struct gd_column_target target = {
        .exists = GD_UNSURE,
        .qualified = gd_arena_printf(look->arena, "%s.%s", table->qualified,
                                     gd_quote_identifier(look->arena, column)),
    };
    const struct gd_changed_column *changed = changed_column(look, table, column);
    if (changed != NULL && changed->standing == GD_GONE) {
        target.exists = GD_NO;
        return target;
    }
    const char *name =
        changed != NULL && changed->catalogue_name != NULL ? changed->catalogue_name : column;
    bool fresh = changed != NULL && changed->standing == GD_THERE && changed->fresh;
    if (table->relation != NULL && !fresh)
        target.column = gd_relation_column(table->relation, name);
    if (changed != NULL && changed->standing == GD_THERE)
        target.exists = GD_YES;
    else if (changed != NULL)
        target.exists = GD_UNSURE;
    else if (table->relation != NULL)
        target.exists = target.column != NULL ? GD_YES : GD_NO;
    else if (table->exists == GD_NO)
        target.exists = GD_NO;
    target.fresh = table->fresh || fresh;
    target.fresh_line = fresh ? changed->line : table->fresh_line;
    return target;
}

/* ---- types ---- */

static bool type_in(const struct gd_look *look, const char *schema, const char *name,
                    struct gd_type_target *out)
{
    const struct gd_thing *thing = gd_state_find(look->state, "type", schema, name);
    if (thing != NULL && thing->standing == GD_GONE)
        return false;
    const struct gd_type *type = thing != NULL && thing->type != NULL ? thing->type
                                 : look->survey == NULL
                                     ? NULL
                                     : gd_survey_type_named(look->survey, schema, name);
    bool there = thing != NULL && thing->standing == GD_THERE;
    if (!there && type == NULL)
        return false;
    *out = (struct gd_type_target){
        .name = {schema, name},
        .exists = there || thing == NULL ? GD_YES : GD_UNSURE,
        .fresh = there && thing->fresh,
        .fresh_line = there ? thing->line : 0,
        .type = there && thing->fresh ? NULL : type,
    };
    const struct gd_type *known = out->type;
    out->is_enum =
        (thing != NULL && thing->is_enum) || (known != NULL && known->type == 'e') ? GD_YES : GD_NO;
    out->is_domain = (thing != NULL && thing->is_domain) || (known != NULL && known->type == 'd')
                         ? GD_YES
                         : GD_NO;
    return true;
}

struct gd_type_target gd_look_type(const struct gd_look *look, struct gd_name name)
{
    struct gd_type_target target = {0};
    const char *const *path;
    size_t count = gd_state_path(look->state, &path);
    bool found = false;
    if (name.schema[0] != '\0')
        found = type_in(look, name.schema, name.name, &target);
    for (size_t i = 0; i < count && !found && name.schema[0] == '\0'; i++)
        found = type_in(look, path[i], name.name, &target);
    if (!found) {
        const char *schema = name.schema[0] != '\0' ? name.schema : count > 0 ? path[0] : "public";
        const struct gd_thing *thing = gd_state_find(look->state, "type", schema, name.name);
        bool gone = thing != NULL && thing->standing == GD_GONE;
        bool forgotten = thing != NULL && thing->standing == GD_FORGOTTEN;
        target.name = (struct gd_name){schema, name.name};
        target.exists = gone || (gd_look_live(look) && !forgotten) ? GD_NO : GD_UNSURE;
        target.is_enum = thing != NULL && thing->is_enum ? GD_YES
                         : gd_look_live(look)            ? GD_NO
                                                         : GD_UNSURE;
        target.is_domain = gd_look_live(look) ? GD_NO : GD_UNSURE;
    }
    if (gd_state_doubts_name(look->state, name.schema)) {
        target.fresh = false;
        target.exists = GD_UNSURE;
    }
    target.qualified = gd_name_show(look->arena, target.name);
    return target;
}

size_t gd_look_enum_labels(const struct gd_look *look, const struct gd_type_target *type,
                           const char *const **out_labels)
{
    const struct gd_thing *thing =
        gd_state_find(look->state, "type", type->name.schema, type->name.name);
    if (thing != NULL && thing->labels != NULL) {
        *out_labels = thing->labels;
        return thing->label_count;
    }
    *out_labels = type->type == NULL ? NULL : type->type->labels;
    return type->type == NULL ? 0 : type->type->label_count;
}

/* ---- other objects ---- */

enum gd_truth gd_look_other(const struct gd_look *look, const char *kind, struct gd_name name,
                            const struct gd_other **out_other)
{
    if (out_other != NULL)
        *out_other = NULL;
    const struct gd_thing *thing = gd_state_find(look->state, kind, name.schema, name.name);
    if (strcmp(kind, "schema") == 0 && gd_state_doubts_name(look->state, name.name))
        return GD_UNSURE;
    if (thing != NULL && thing->standing != GD_FORGOTTEN)
        return thing->standing == GD_THERE ? GD_YES : GD_NO;
    if (look->survey == NULL)
        return GD_UNSURE;
    if (strcmp(kind, "schema") == 0 && gd_survey_has_schema(look->survey, name.name)) {
        if (out_other != NULL)
            *out_other = gd_survey_other(look->survey, kind, NULL, name.name);
        return thing == NULL ? GD_YES : GD_UNSURE;
    }
    const char *const *path;
    size_t count = gd_state_path(look->state, &path);
    const struct gd_other *other =
        gd_survey_other(look->survey, kind, name.schema[0] == '\0' ? NULL : name.schema, name.name);
    for (size_t i = 0; i < count && name.schema[0] == '\0'; i++) {
        const struct gd_other *nearer = gd_survey_other(look->survey, kind, path[i], name.name);
        if (nearer != NULL) {
            other = nearer;
            break;
        }
    }
    if (out_other != NULL)
        *out_other = other;
    if (other != NULL)
        return thing == NULL ? GD_YES : GD_UNSURE;
    return look->survey->complete ? GD_NO : GD_UNSURE;
}

bool gd_look_fresh(const struct gd_look *look, const char *kind, const char *name,
                   uint32_t *out_line)
{
    if (strcmp(kind, "schema") == 0 && gd_state_doubts_name(look->state, name))
        return false;
    const struct gd_thing *thing = gd_state_shown(look->state, kind, name);
    if (thing == NULL || thing->standing != GD_THERE || !thing->fresh) {
        thing = gd_state_named(look->state, kind, name);
        while (thing != NULL && (thing->standing != GD_THERE || !thing->fresh))
            thing = thing->next_named;
    }
    if (thing == NULL)
        return false;
    *out_line = thing->line;
    return true;
}

/* ---- functions ---- */

/* Types by which a name in the text and a name in the catalogue can differ and be the same. */
static const char *plain_type(const char *name)
{
    static const struct {
        const char *said, *shown;
    } synonyms[] = {
        {"int4", "integer"},
        {"int", "integer"},
        {"int8", "bigint"},
        {"int2", "smallint"},
        {"bool", "boolean"},
        {"float8", "double precision"},
        {"float4", "real"},
        {"varchar", "character varying"},
        {"bpchar", "character"},
        {"timestamptz", "timestamp with time zone"},
        {"timestamp", "timestamp without time zone"},
        {"timetz", "time with time zone"},
        {"time", "time without time zone"},
        {"varbit", "bit varying"},
        {"decimal", "numeric"},
    };
    for (size_t i = 0; i < sizeof synonyms / sizeof synonyms[0]; i++)
        if (strcmp(synonyms[i].said, name) == 0)
            return synonyms[i].shown;
    return name;
}

/* "integer, text[]" as the text gives it; compared without schemas and modifiers. */
static const char *said_types(const struct gd_look *look, const struct gd_node *with_arguments)
{
    const char *out = "";
    bool definition = gd_node_kind(with_arguments) == GD_KIND_CreateFunctionStmt;
    enum gd_field list = definition ? GD_F_parameters : GD_F_objargs;
    for (size_t i = 0; i < gd_node_count(with_arguments, list); i++) {
        const struct gd_node *item = gd_node_at(with_arguments, list, i);
        if (definition && (gd_node_enum_is(item, GD_F_mode, "FUNC_PARAM_OUT") ||
                           gd_node_enum_is(item, GD_F_mode, "FUNC_PARAM_TABLE")))
            continue;
        const struct gd_node *type = definition ? gd_node_child(item, GD_F_arg_type) : item;
        out = gd_arena_printf(look->arena, "%s%s%s%s", out, *out == '\0' ? "" : ",",
                              plain_type(gd_node_name_last(type, GD_F_names)),
                              gd_node_count(type, GD_F_array_bounds) > 0 ? "[]" : "");
    }
    return out;
}

/* The types inside "schema.name(type, type)" in the same form. */
static const char *shown_types(const struct gd_look *look, const struct gd_function *function)
{
    const char *open = strrchr(function->identity, '(');
    if (open == NULL)
        return "";
    char *out = gd_arena_alloc(look->arena, strlen(open) + 1), *into = out;
    for (const char *at = open + 1; *at != '\0' && *at != ')'; at++) {
        if (*at == '.') { /* drop the schema that stands before */
            while (into > out && into[-1] != ',')
                into--;
            continue;
        }
        if (*at == ' ' && into > out && into[-1] == ',')
            continue;
        if (*at != '"')
            *into++ = *at;
    }
    *into = '\0';
    return out;
}

const struct gd_function *gd_look_function(const struct gd_look *look,
                                           const struct gd_node *with_arguments,
                                           enum gd_truth *out_exists)
{
    bool definition = gd_node_kind(with_arguments) == GD_KIND_CreateFunctionStmt;
    struct gd_name name = definition ? gd_name_of_list(with_arguments, GD_F_funcname)
                                     : gd_name_of_object(with_arguments);
    *out_exists = look->survey == NULL || !look->survey->complete ? GD_UNSURE : GD_NO;
    if (look->survey == NULL)
        return NULL;
    bool any = !definition && gd_node_flag(with_arguments, GD_F_args_unspecified);
    const char *said = said_types(look, with_arguments);
    const char *const *path;
    size_t count = gd_state_path(look->state, &path);
    for (size_t i = 0; i < look->survey->function_count; i++) {
        const struct gd_function *function = &look->survey->functions[i];
        if (strcmp(function->name, name.name) != 0)
            continue;
        bool reached = name.schema[0] != '\0' && strcmp(function->schema, name.schema) == 0;
        for (size_t p = 0; p < count && name.schema[0] == '\0' && !reached; p++)
            reached = strcmp(path[p], function->schema) == 0;
        if (!reached || (!any && strcmp(said, shown_types(look, function)) != 0))
            continue;
        *out_exists = GD_YES;
        return function;
    }
    return NULL;
}

/* ---- small readers ---- */

bool gd_says_cascade(const struct gd_node *statement)
{
    return gd_node_enum_is(statement, GD_F_behavior, "DROP_CASCADE");
}

const struct gd_node *gd_option(const struct gd_node *node, enum gd_field list, const char *name)
{
    for (size_t i = 0; i < gd_node_count(node, list); i++) {
        const struct gd_node *option = gd_node_at(node, list, i);
        if (strcasecmp(gd_node_text(option, GD_F_defname), name) == 0)
            return option;
    }
    return NULL;
}

const char *gd_option_text(struct gd_arena *arena, const struct gd_node *def_elem)
{
    const struct gd_node *value = gd_node_child(def_elem, GD_F_arg);
    const char *text = gd_node_string(value);
    if (text != NULL)
        return text;
    switch (gd_node_kind(value)) {
    case GD_KIND_Integer:
        return gd_arena_printf(arena, "%lld", (long long)gd_node_int(value, GD_F_ival));
    case GD_KIND_Boolean:
        return gd_node_flag(value, GD_F_boolval) ? "true" : "false";
    case GD_KIND_TypeName:
        return gd_node_name_last(value, GD_F_names);
    default:
        return "";
    }
}

bool gd_option_on(const struct gd_node *def_elem)
{
    if (def_elem == NULL)
        return false;
    const struct gd_node *value = gd_node_child(def_elem, GD_F_arg);
    if (value == NULL)
        return true;
    if (gd_node_kind(value) == GD_KIND_Integer)
        return gd_node_int(value, GD_F_ival) != 0;
    if (gd_node_kind(value) == GD_KIND_Boolean)
        return gd_node_flag(value, GD_F_boolval);
    const char *text = gd_node_string(value);
    return text == NULL || (strcasecmp(text, "false") != 0 && strcasecmp(text, "off") != 0 &&
                            strcmp(text, "0") != 0);
}

const struct gd_node *gd_column_constraint(const struct gd_node *column_def, const char *kind)
{
    for (size_t i = 0; i < gd_node_count(column_def, GD_F_constraints); i++) {
        const struct gd_node *constraint = gd_node_at(column_def, GD_F_constraints, i);
        if (gd_node_enum_is(constraint, GD_F_contype, kind))
            return constraint;
    }
    return NULL;
}
