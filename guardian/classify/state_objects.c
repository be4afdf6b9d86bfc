/*
 * State, objects: types, functions, triggers, rules, policies, prepared statements, schemas.
 */
#include "guardian/classify/state_parts.h"

#include <string.h>

/* A thing that stands for a function: what is done by its name calls it. It is never forgotten, so
 * that a call is looked at once too often rather than not. */
static void make_caller(const struct gd_deed *deed, const char *kind, const char *own,
                        const char *name, const char *function)
{
    struct gd_thing *thing = gd_state_thing_of(deed->state, kind, own, name);
    thing->function = gd_arena_strdup(deed->state->arena, function);
}

void gd_state_apply_cast(const struct gd_deed *deed)
{
    const struct gd_node *function = gd_node_child(deed->node, GD_F_func);
    if (function != NULL)
        make_caller(deed, "cast", gd_name_of_object(function).name,
                    gd_name_of_type(gd_node_child(deed->node, GD_F_targettype)).name,
                    gd_name_of_object(function).name);
}

void gd_state_apply_define(const struct gd_deed *deed)
{
    if (!gd_node_enum_is(deed->node, GD_F_kind, "OBJECT_OPERATOR"))
        return;
    const struct gd_node *function = gd_option(deed->node, GD_F_definition, "function");
    if (function == NULL)
        function = gd_option(deed->node, GD_F_definition, "procedure");
    const char *called = gd_name_of_object(gd_node_child(function, GD_F_arg)).name;
    make_caller(deed, "operator", called, gd_node_name_last(deed->node, GD_F_defnames), called);
}

void gd_state_apply_event_trigger(const struct gd_deed *deed)
{
    make_caller(deed, "event trigger", gd_node_text(deed->node, GD_F_trigname), "any",
                gd_node_name_last(deed->node, GD_F_funcname));
    deed->state->has_event_trigger = true;
}

/* ---- types ---- */

static struct gd_thing *make_type(const struct gd_deed *deed, enum gd_field field)
{
    struct gd_name name = gd_name_of_list(deed->node, field);
    return gd_state_make(deed, "type", gd_state_schema_of(deed->state, name), name.name, false);
}

void gd_state_apply_create_enum(const struct gd_deed *deed)
{
    struct gd_thing *type = make_type(deed, GD_F_type_name);
    size_t count = gd_node_count(deed->node, GD_F_vals);
    const char **labels = gd_arena_zalloc(deed->state->arena, count + 1, sizeof *labels);
    for (size_t i = 0; i < count; i++) {
        const char *label = gd_node_string(gd_node_at(deed->node, GD_F_vals, i));
        labels[i] = gd_arena_strdup(deed->state->arena, label == NULL ? "" : label);
    }
    type->is_enum = true;
    if (!deed->sure || !type->fresh)
        return;
    type->labels = labels;
    type->label_count = count;
}

void gd_state_apply_create_composite(const struct gd_deed *deed)
{
    struct gd_name name = gd_name_of_range(gd_node_child(deed->node, GD_F_typevar));
    gd_state_make(deed, "type", gd_state_schema_of(deed->state, name), name.name, false);
}

void gd_state_apply_create_range(const struct gd_deed *deed)
{
    make_type(deed, GD_F_type_name);
}

void gd_state_apply_create_domain(const struct gd_deed *deed)
{
    struct gd_thing *domain = make_type(deed, GD_F_domainname);
    domain->is_domain = true;
    domain->text = gd_arena_strdup(deed->state->arena, deed->text);
}

static const char *const *labels_before(const struct gd_state *state, const struct gd_thing *type,
                                        size_t *out_count)
{
    const struct gd_type *known =
        type->type != NULL      ? type->type
        : state->survey == NULL ? NULL
                                : gd_survey_type_named(state->survey, type->schema, type->name);
    *out_count = type->labels != NULL ? type->label_count : known == NULL ? 0 : known->label_count;
    return type->labels != NULL ? type->labels : known == NULL ? NULL : known->labels;
}

void gd_state_apply_alter_enum(const struct gd_deed *deed)
{
    struct gd_name name = gd_name_of_list(deed->node, GD_F_type_name);
    struct gd_thing *type =
        gd_state_thing_of(deed->state, "type", gd_state_meet(deed->state, "type", name), name.name);
    const char *from = gd_node_text(deed->node, GD_F_old_val);
    const char *label = gd_arena_strdup(deed->state->arena, gd_node_text(deed->node, GD_F_new_val));
    type->is_enum = true;
    size_t count;
    const char *const *before = labels_before(deed->state, type, &count);
    const char **labels = gd_arena_zalloc(deed->state->arena, count + 2, sizeof *labels);
    for (size_t i = 0; i < count; i++)
        labels[i] = from[0] != '\0' && strcmp(before[i], from) == 0 ? label : before[i];
    if (from[0] == '\0') {
        for (size_t i = 0; i < count; i++)
            if (strcmp(before[i], label) == 0)
                return; /* IF NOT EXISTS finds it */
        labels[count++] = label;
        struct gd_added_value *added = gd_arena_zalloc(deed->state->arena, 1, sizeof *added);
        *added = (struct gd_added_value){
            .type = type->name,
            .label = label,
            .line = deed->line,
            .block = deed->state->block,
            .next = deed->state->added,
            .next_of_label = gd_state_added_label(deed->state, label),
        };
        deed->state->added = added;
        gd_lookup_set(&deed->state->labels, "", "", label, added, deed->state->arena);
    }
    if (!deed->sure || (before == NULL && !type->fresh))
        return;
    type->labels = labels;
    type->label_count = count;
}

/* ---- functions, triggers, rules, prepared statements ---- */

void gd_state_apply_create_function(const struct gd_deed *deed)
{
    struct gd_name name = gd_name_of_list(deed->node, GD_F_funcname);
    struct gd_thing *function = gd_state_thing_of(deed->state, "function",
                                                  gd_state_schema_of(deed->state, name), name.name);
    bool first = function->text == NULL || function->standing == GD_GONE;
    function->standing = GD_THERE;
    function->line = deed->line;
    function->block = deed->state->block;
    /* Overloads share the name: a call is judged by all bodies together. */
    function->text =
        first ? gd_arena_strdup(deed->state->arena, deed->text)
              : gd_arena_printf(deed->state->arena, "%s;\n%s", function->text, deed->text);
}

static uint32_t trigger_events(int64_t bits)
{
    /* pg_trigger.tgtype: INSERT 4, DELETE 8, UPDATE 16, TRUNCATE 32 */
    return ((bits & 4) ? GD_EVENT_INSERT : 0u) | ((bits & 8) ? GD_EVENT_DELETE : 0u) |
           ((bits & 16) ? GD_EVENT_UPDATE : 0u) | ((bits & 32) ? GD_EVENT_TRUNCATE : 0u);
}

static struct gd_thing *make_on_table(const struct gd_deed *deed, const char *kind,
                                      const struct gd_node *range, const char *name, bool replace)
{
    struct gd_name table = gd_name_of_range(range);
    const char *key = gd_arena_printf(deed->state->arena, "%s.%s",
                                      gd_state_meet(deed->state, "relation", table), table.name);
    struct gd_thing *thing = gd_state_make(deed, kind, key, name, replace);
    if (thing->table == NULL) {
        thing->table = key;
        thing->next_on_table = gd_state_on_table(deed->state, key);
        gd_lookup_set(&deed->state->by_table, "", "", key, thing, deed->state->arena);
    }
    return thing;
}

void gd_state_apply_create_trigger(const struct gd_deed *deed)
{
    struct gd_thing *trigger = make_on_table(
        deed, "trigger", gd_node_child(deed->node, GD_F_relation),
        gd_node_text(deed->node, GD_F_trigname), gd_node_flag(deed->node, GD_F_replace));
    struct gd_name function = gd_name_of_list(deed->node, GD_F_funcname);
    trigger->standing = GD_THERE;
    trigger->events = trigger_events(gd_node_int(deed->node, GD_F_events));
    trigger->function = gd_arena_strdup(deed->state->arena, function.name);
}

void gd_state_apply_rule(const struct gd_deed *deed)
{
    static const struct {
        const char *name;
        uint32_t event;
    } events[] = {{"CMD_INSERT", GD_EVENT_INSERT},
                  {"CMD_UPDATE", GD_EVENT_UPDATE},
                  {"CMD_DELETE", GD_EVENT_DELETE},
                  {"CMD_SELECT", GD_EVENT_SELECT}};
    struct gd_thing *rule = make_on_table(deed, "rule", gd_node_child(deed->node, GD_F_relation),
                                          gd_node_text(deed->node, GD_F_rulename),
                                          gd_node_flag(deed->node, GD_F_replace));
    rule->standing = GD_THERE;
    rule->text = gd_arena_strdup(deed->state->arena, deed->text);
    for (size_t i = 0; i < sizeof events / sizeof events[0]; i++)
        if (gd_node_enum_is(deed->node, GD_F_event, events[i].name))
            rule->events = events[i].event;
}

void gd_state_apply_policy(const struct gd_deed *deed)
{
    make_on_table(deed, "policy", gd_node_child(deed->node, GD_F_table),
                  gd_node_text(deed->node, GD_F_policy_name), false);
}

void gd_state_apply_prepare(const struct gd_deed *deed)
{
    struct gd_thing *prepared =
        gd_state_make(deed, "prepared statement", "", gd_node_text(deed->node, GD_F_name), false);
    prepared->text = gd_arena_strdup(deed->state->arena, deed->text);
    prepared->standing = GD_THERE;
}

void gd_state_apply_create_schema(const struct gd_deed *deed)
{
    const char *name = gd_node_text(deed->node, GD_F_schemaname);
    gd_state_make(deed, "schema", "", name, gd_node_flag(deed->node, GD_F_if_not_exists));
    struct gd_search_path before = deed->state->path;
    const char **inside = gd_arena_zalloc(deed->state->arena, 1, sizeof *inside);
    inside[0] = gd_arena_strdup(deed->state->arena, name);
    deed->state->path = (struct gd_search_path){.schemas = inside, .count = 1};
    for (size_t i = 0; i < gd_node_count(deed->node, GD_F_schema_elts); i++)
        gd_state_apply(deed->state, gd_node_at(deed->node, GD_F_schema_elts, i), deed->text,
                       deed->line, deed->sure);
    deed->state->path = before;
}
