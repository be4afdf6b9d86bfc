/*
 * State, moves: RENAME, SET SCHEMA and DROP.
 */
#include "guardian/classify/state_parts.h"

#include <string.h>

static bool is_named(const struct gd_thing *thing, const char *schema, const char *name)
{
    return strcmp(thing->schema, schema) == 0 && strcmp(thing->name, name) == 0;
}

static void share_on_table(struct gd_state *state, const char *from, const char *to)
{
    struct gd_thing *head = gd_state_on_table(state, from), *at = gd_state_on_table(state, to);
    if (head == NULL)
        return;
    if (at == NULL) {
        gd_lookup_set(&state->by_table, "", "", to, head, state->arena);
        return;
    }
    while (at != head && at->next_on_table != NULL)
        at = at->next_on_table;
    if (at != head)
        at->next_on_table = head;
}

/* Definitions, triggers and rules go with their relation. Nothing is taken from the old name, so
 * that a move which is taken back loses none. */
static void move_what_is_on(struct gd_state *state, const struct gd_thing *old,
                            struct gd_thing *moved)
{
    struct gd_arena *arena = state->arena;
    for (struct gd_attached *at = state->attached; at != NULL; at = at->next)
        if (is_named(old, at->schema, at->name)) {
            struct gd_attached *copy = gd_arena_zalloc(arena, 1, sizeof *copy);
            *copy = (struct gd_attached){moved->schema, moved->name, at->text, state->attached};
            state->attached = copy;
        }
    for (struct gd_kin *kin = state->kin; kin != NULL; kin = kin->next) {
        bool heir = is_named(old, kin->heir_schema, kin->heir);
        if (!heir && !is_named(old, kin->source_schema, kin->source))
            continue;
        struct gd_kin *copy = gd_arena_zalloc(arena, 1, sizeof *copy);
        *copy = *kin;
        *(heir ? &copy->heir_schema : &copy->source_schema) = moved->schema;
        *(heir ? &copy->heir : &copy->source) = moved->name;
        copy->next = state->kin;
        state->kin = copy;
    }
    const char *from = gd_arena_printf(arena, "%s.%s", old->schema, old->name);
    const char *to = gd_arena_printf(arena, "%s.%s", moved->schema, moved->name);
    share_on_table(state, from, to);
    moved->enables = moved->enables || old->enables;
}

/* Move what is known of one name to another. */
static void move(const struct gd_deed *deed, const char *kind, const char *from_schema,
                 const char *from, const char *to_schema, const char *to)
{
    const struct gd_survey *survey = deed->state->survey;
    struct gd_thing *old = gd_state_thing_of(deed->state, kind, from_schema, from);
    struct gd_thing before = *old;
    struct gd_thing *moved = gd_state_thing_of(deed->state, kind, to_schema, to);
    for (struct gd_key *key = deed->state->keys; key != NULL; key = key->next) {
        key->from = key->from == old ? moved : key->from;
        key->to = key->to == old ? moved : key->to;
    }
    if (strcmp(kind, "relation") == 0)
        move_what_is_on(deed->state, old, moved);
    gd_state_forget(moved);
    gd_state_drop(deed, kind, from_schema, from);
    deed->state->moved_dependants = deed->state->moved_dependants || !deed->sure;
    if (!deed->sure)
        return;
    moved->standing = GD_THERE;
    moved->fresh = before.standing == GD_THERE && before.fresh;
    moved->temporary = before.temporary;
    moved->ends_with_block = before.ends_with_block;
    moved->line = before.line != 0 ? before.line : deed->line;
    moved->block = deed->state->block;
    moved->columns = before.columns;
    moved->adopted = before.adopted;
    moved->labels = before.labels;
    moved->label_count = before.label_count;
    moved->is_enum = before.is_enum;
    moved->is_domain = before.is_domain;
    moved->is_view = before.is_view;
    moved->text = before.text;
    moved->relation = before.relation;
    moved->type = before.type;
    if (survey == NULL || before.standing == GD_THERE)
        return;
    if (strcmp(kind, "relation") == 0)
        moved->relation = gd_survey_relation_named(survey, from_schema, from);
    else if (strcmp(kind, "type") == 0)
        moved->type = gd_survey_type_named(survey, from_schema, from);
}

static void rename_column(const struct gd_deed *deed)
{
    struct gd_thing *table =
        gd_state_relation_thing(deed, gd_node_child(deed->node, GD_F_relation));
    const char *from = gd_node_text(deed->node, GD_F_subname);
    const struct gd_changed_column *known = gd_thing_column(table, from);
    bool fresh = known != NULL && known->standing == GD_THERE && known->fresh;
    const char *origin = known != NULL && known->catalogue_name != NULL ? known->catalogue_name
                         : fresh                                        ? NULL
                                 : gd_arena_strdup(deed->state->arena, from);
    struct gd_changed_column *gone = gd_state_changed_column(deed, table, from);
    struct gd_changed_column *now =
        gd_state_changed_column(deed, table, gd_node_text(deed->node, GD_F_newname));
    if (!deed->sure)
        return;
    gone->standing = GD_GONE;
    now->standing = GD_THERE;
    now->fresh = fresh;
    now->catalogue_name = origin;
}

static bool is_relation_object(const char *type)
{
    static const char *const types[] = {"OBJECT_TABLE",    "OBJECT_VIEW",  "OBJECT_MATVIEW",
                                        "OBJECT_SEQUENCE", "OBJECT_INDEX", "OBJECT_FOREIGN_TABLE"};
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        if (strcmp(type, types[i]) == 0)
            return true;
    return false;
}

static bool is_type_object(const char *type)
{
    return strcmp(type, "OBJECT_TYPE") == 0 || strcmp(type, "OBJECT_DOMAIN") == 0;
}

static bool is_function_object(const char *type)
{
    return strcmp(type, "OBJECT_FUNCTION") == 0 || strcmp(type, "OBJECT_PROCEDURE") == 0 ||
           strcmp(type, "OBJECT_ROUTINE") == 0 || strcmp(type, "OBJECT_AGGREGATE") == 0;
}

/* Who calls the new name calls what had the old one; a name that may have overloads stays, too. */
static void rename_function(const struct gd_deed *deed, struct gd_name from, const char *to_schema,
                            const char *to)
{
    struct gd_thing *function = gd_state_thing_of(deed->state, "function", to_schema, to);
    function->was = gd_arena_strdup(deed->state->arena, from.name);
}

void gd_state_apply_rename(const struct gd_deed *deed)
{
    const char *type = gd_node_enum(deed->node, GD_F_rename_type);
    const char *to = gd_node_text(deed->node, GD_F_newname);
    if (strcmp(type, "OBJECT_COLUMN") == 0) {
        rename_column(deed);
    } else if (is_relation_object(type)) {
        struct gd_name name = gd_name_of_range(gd_node_child(deed->node, GD_F_relation));
        const char *schema = gd_state_meet(deed->state, "relation", name);
        move(deed, "relation", schema, name.name, schema, to);
    } else if (is_type_object(type)) {
        struct gd_name name = gd_name_of_object(gd_node_child(deed->node, GD_F_object));
        const char *schema = gd_state_meet(deed->state, "type", name);
        move(deed, "type", schema, name.name, schema, to);
    } else if (strcmp(type, "OBJECT_SCHEMA") == 0) {
        deed->state->schemas_renamed = true;
    } else if (is_function_object(type)) {
        struct gd_name name = gd_name_of_object(gd_node_child(deed->node, GD_F_object));
        rename_function(deed, name, gd_state_meet(deed->state, "function", name), to);
    }
}

void gd_state_apply_set_schema(const struct gd_deed *deed)
{
    const char *type = gd_node_enum(deed->node, GD_F_object_type);
    const char *to = gd_node_text(deed->node, GD_F_newschema);
    deed->state->moved_dependants = true;
    if (is_relation_object(type)) {
        struct gd_name name = gd_name_of_range(gd_node_child(deed->node, GD_F_relation));
        move(deed, "relation", gd_state_meet(deed->state, "relation", name), name.name, to,
             name.name);
    } else if (is_type_object(type)) {
        struct gd_name name = gd_name_of_object(gd_node_child(deed->node, GD_F_object));
        move(deed, "type", gd_state_meet(deed->state, "type", name), name.name, to, name.name);
    } else if (is_function_object(type)) {
        struct gd_name name = gd_name_of_object(gd_node_child(deed->node, GD_F_object));
        rename_function(deed, name, to, name.name);
    }
}

/* ---- DROP ---- */

/* Kinds of things by DropStmt.remove_type; those not here are known only to the catalogue. */
static const struct {
    const char *type, *kind;
} dropped_kinds[] = {
    {"OBJECT_TABLE", "relation"},    {"OBJECT_VIEW", "relation"},
    {"OBJECT_MATVIEW", "relation"},  {"OBJECT_SEQUENCE", "relation"},
    {"OBJECT_INDEX", "relation"},    {"OBJECT_FOREIGN_TABLE", "relation"},
    {"OBJECT_TYPE", "type"},         {"OBJECT_DOMAIN", "type"},
    {"OBJECT_FUNCTION", "function"}, {"OBJECT_PROCEDURE", "function"},
    {"OBJECT_ROUTINE", "function"},  {"OBJECT_AGGREGATE", "function"},
    {"OBJECT_SCHEMA", "schema"},     {"OBJECT_EXTENSION", "extension"},
};

/* A trigger, rule or policy is named by its table's parts, then its own. */
static bool drop_on_table(const struct gd_deed *deed, const char *type,
                          const struct gd_node *object)
{
    const char *kind = strcmp(type, "OBJECT_TRIGGER") == 0  ? "trigger"
                       : strcmp(type, "OBJECT_RULE") == 0   ? "rule"
                       : strcmp(type, "OBJECT_POLICY") == 0 ? "policy"
                                                            : NULL;
    size_t count = gd_node_count(object, GD_F_items);
    if (kind == NULL || count < 2)
        return kind != NULL;
    const char *own = gd_node_string(gd_node_at(object, GD_F_items, count - 1));
    const char *table = gd_node_string(gd_node_at(object, GD_F_items, count - 2));
    const char *schema = count > 2 ? gd_node_string(gd_node_at(object, GD_F_items, count - 3)) : "";
    struct gd_name name = {schema, table};
    gd_state_drop(deed, kind,
                  gd_arena_printf(deed->state->arena, "%s.%s",
                                  gd_state_meet(deed->state, "relation", name), table),
                  own);
    return true;
}

void gd_state_apply_drop(const struct gd_deed *deed)
{
    const char *type = gd_node_enum(deed->node, GD_F_remove_type);
    const char *kind = NULL;
    for (size_t k = 0; k < sizeof dropped_kinds / sizeof dropped_kinds[0]; k++)
        if (strcmp(dropped_kinds[k].type, type) == 0)
            kind = dropped_kinds[k].kind;
    for (size_t i = 0; i < gd_node_count(deed->node, GD_F_objects); i++) {
        const struct gd_node *object = gd_node_at(deed->node, GD_F_objects, i);
        if (drop_on_table(deed, type, object) || kind == NULL)
            continue;
        struct gd_name name = gd_name_of_object(object);
        bool in_schema = strcmp(kind, "schema") != 0 && strcmp(kind, "extension") != 0;
        gd_state_drop(deed, kind, in_schema ? gd_state_meet(deed->state, kind, name) : "",
                      name.name);
    }
}
