/*
 * State: see state.h. Its parts, for the files state_*.c only: state_parts.h.
 */
#include "guardian/classify/state_parts.h"

#include <stdlib.h>
#include <string.h>

/* A relation whose rows the script writes. */
struct written {
    uint32_t line;
};

struct gd_state *gd_state_new(const struct gd_survey *survey)
{
    struct gd_state *state = calloc(1, sizeof *state);
    if (state == NULL)
        abort();
    state->arena = gd_arena_new();
    state->survey = survey;
    state->path = state->path_at_begin = gd_state_initial_path(survey);
    return state;
}

void gd_state_free(struct gd_state *state)
{
    if (state == NULL)
        return;
    gd_arena_free(state->arena);
    free(state);
}

struct gd_arena *gd_state_arena(const struct gd_state *state)
{
    return state->arena;
}

size_t gd_state_path(const struct gd_state *state, const char *const **out_schemas)
{
    *out_schemas = state->path.schemas;
    return state->path.count;
}

bool gd_state_path_unknown(const struct gd_state *state)
{
    return state->path.unknown;
}

bool gd_state_doubts_name(const struct gd_state *state, const char *schema)
{
    if (state->schemas_renamed)
        return true;
    return schema[0] == '\0' && (state->path.unknown || state->sets_path_later ||
                                 (state->role_in_doubt && state->path.names_user));
}

void gd_state_lose_path(struct gd_state *state)
{
    state->path.unknown = true;
}

bool gd_state_moved_dependants(const struct gd_state *state)
{
    return state->moved_dependants || state->schemas_renamed;
}

struct gd_key *gd_state_keys(const struct gd_state *state)
{
    return state->keys;
}

bool gd_state_builtins_hidden(const struct gd_state *state)
{
    return state->path.builtins_hidden || state->path.unknown;
}

bool gd_state_in_block(const struct gd_state *state)
{
    return state->in_block;
}

uint32_t gd_state_block(const struct gd_state *state)
{
    return state->block;
}

struct gd_attached *gd_state_attached(const struct gd_state *state)
{
    return state->attached;
}

static bool is_in_survey(const struct gd_survey *survey, const struct gd_thing *thing)
{
    if (strcmp(thing->kind, "relation") == 0)
        return gd_survey_relation_named(survey, thing->schema, thing->name) != NULL;
    for (size_t i = 0; i < survey->function_count; i++)
        if (strcmp(survey->functions[i].name, thing->name) == 0 &&
            strcmp(survey->functions[i].schema, thing->schema) == 0)
            return true;
    return false;
}

bool gd_state_adds_to(const struct gd_state *state, const char *kind, const char *schema)
{
    if (state->schemas_renamed || state->survey == NULL)
        return true;
    for (const struct gd_thing *thing = state->things; thing != NULL; thing = thing->next)
        if (strcmp(thing->kind, kind) == 0 && strcmp(thing->schema, schema) == 0 &&
            thing->standing != GD_GONE && !is_in_survey(state->survey, thing))
            return true;
    return false;
}

bool gd_state_role_changed(const struct gd_state *state)
{
    return state->role_changed;
}

struct gd_kin *gd_state_kin(const struct gd_state *state)
{
    return state->kin;
}

void gd_state_arm(struct gd_state *state, const char *function)
{
    if (!gd_texts_has(&state->armed, function))
        gd_texts_add(&state->armed, gd_arena_strdup(state->arena, function), state->arena);
}

const struct gd_texts *gd_state_armed(const struct gd_state *state)
{
    return &state->armed;
}

bool gd_state_enables_events(const struct gd_state *state)
{
    return state->enables_events;
}

uint32_t gd_state_changes(const struct gd_state *state)
{
    return state->changes;
}

bool gd_state_has_event_trigger(const struct gd_state *state)
{
    return state->has_event_trigger;
}

struct gd_added_value *gd_state_added_values(const struct gd_state *state)
{
    return state->added;
}

struct gd_added_value *gd_state_added_label(const struct gd_state *state, const char *label)
{
    return gd_lookup_get(&state->labels, "", "", label);
}

/* ---- things ---- */

struct gd_thing *gd_state_find(const struct gd_state *state, const char *kind, const char *schema,
                               const char *name)
{
    return gd_lookup_get(&state->by_key, kind, schema, name);
}

struct gd_thing *gd_state_named(const struct gd_state *state, const char *kind, const char *name)
{
    return gd_lookup_get(&state->by_name, kind, "", name);
}

struct gd_thing *gd_state_shown(const struct gd_state *state, const char *kind, const char *shown)
{
    return gd_lookup_get(&state->by_shown, kind, "", shown);
}

struct gd_thing *gd_state_on_table(const struct gd_state *state, const char *table)
{
    return gd_lookup_get(&state->by_table, "", "", table);
}

/* ---- rows ---- */

uint32_t gd_state_written(const struct gd_state *state, const char *schema, const char *name)
{
    const struct written *written = gd_lookup_get(&state->written, "", schema, name);
    return written == NULL ? 0 : written->line;
}

static void note_write(const struct gd_deed *deed, const struct gd_node *range)
{
    struct gd_name name = gd_name_of_range(range);
    const char *schema = gd_state_meet(deed->state, "relation", name);
    if (range == NULL || gd_state_written(deed->state, schema, name.name) != 0)
        return;
    struct gd_arena *arena = deed->state->arena;
    struct written *written = gd_arena_zalloc(arena, 1, sizeof *written);
    written->line = deed->line;
    gd_lookup_set(&deed->state->written, "", gd_arena_strdup(arena, schema),
                  gd_arena_strdup(arena, name.name), written, arena);
}

static enum gd_walk visit_write(const struct gd_node *node, const struct gd_node *parent,
                                void *context)
{
    (void)parent;
    switch (gd_node_kind(node)) {
    case GD_KIND_InsertStmt:
    case GD_KIND_UpdateStmt:
    case GD_KIND_DeleteStmt:
    case GD_KIND_MergeStmt:
        note_write(context, gd_node_child(node, GD_F_relation));
        break;
    case GD_KIND_CopyStmt:
        if (gd_node_flag(node, GD_F_is_from))
            note_write(context, gd_node_child(node, GD_F_relation));
        break;
    case GD_KIND_TruncateStmt:
        for (size_t i = 0; i < gd_node_count(node, GD_F_relations); i++)
            note_write(context, gd_node_at(node, GD_F_relations, i));
        break;
    default:
        break;
    }
    return GD_WALK_INTO;
}

/* Kinds that hold no statement, or hold one that does not run now. */
static bool may_write(enum gd_kind kind)
{
    static const enum gd_kind kinds[] = {
        GD_KIND_InsertStmt,  GD_KIND_UpdateStmt,       GD_KIND_DeleteStmt, GD_KIND_MergeStmt,
        GD_KIND_CopyStmt,    GD_KIND_TruncateStmt,     GD_KIND_SelectStmt, GD_KIND_ExplainStmt,
        GD_KIND_PrepareStmt, GD_KIND_CreateTableAsStmt};
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (kinds[i] == kind)
            return true;
    return false;
}

static void apply_event_trigger_change(const struct gd_deed *deed)
{
    deed->state->enables_events = true;
}

static void apply_moved_dependants(const struct gd_deed *deed)
{
    deed->state->moved_dependants = true;
}

/* Who changes the state, by node kind. */
static const struct {
    enum gd_kind kind;
    void (*apply)(const struct gd_deed *deed);
} appliers[] = {
    {GD_KIND_CreateStmt, gd_state_apply_create_table},
    {GD_KIND_CreateForeignTableStmt, gd_state_apply_create_foreign_table},
    {GD_KIND_CreateTableAsStmt, gd_state_apply_create_as},
    {GD_KIND_SelectStmt, gd_state_apply_select_into},
    {GD_KIND_ViewStmt, gd_state_apply_view},
    {GD_KIND_CreateSeqStmt, gd_state_apply_create_sequence},
    {GD_KIND_IndexStmt, gd_state_apply_index},
    {GD_KIND_AlterTableStmt, gd_state_apply_alter_table},
    {GD_KIND_AlterTableStmt, gd_state_apply_family},
    {GD_KIND_AlterTableStmt, gd_state_attach_to_relation},
    {GD_KIND_CreateStmt, gd_state_attach_to_relation},
    {GD_KIND_IndexStmt, gd_state_attach_to_relation},
    {GD_KIND_CreateTrigStmt, gd_state_attach_to_relation},
    {GD_KIND_CreateCastStmt, gd_state_apply_cast},
    {GD_KIND_DefineStmt, gd_state_apply_define},
    {GD_KIND_CreateEventTrigStmt, gd_state_apply_event_trigger},
    {GD_KIND_AlterEventTrigStmt, apply_event_trigger_change},
    {GD_KIND_RenameStmt, gd_state_apply_rename},
    {GD_KIND_AlterObjectSchemaStmt, gd_state_apply_set_schema},
    {GD_KIND_DropStmt, gd_state_apply_drop},
    {GD_KIND_AlterExtensionContentsStmt, apply_moved_dependants},
    {GD_KIND_AlterObjectDependsStmt, apply_moved_dependants},
    {GD_KIND_CreateEnumStmt, gd_state_apply_create_enum},
    {GD_KIND_CompositeTypeStmt, gd_state_apply_create_composite},
    {GD_KIND_CreateRangeStmt, gd_state_apply_create_range},
    {GD_KIND_CreateDomainStmt, gd_state_apply_create_domain},
    {GD_KIND_AlterEnumStmt, gd_state_apply_alter_enum},
    {GD_KIND_CreateFunctionStmt, gd_state_apply_create_function},
    {GD_KIND_CreateTrigStmt, gd_state_apply_create_trigger},
    {GD_KIND_RuleStmt, gd_state_apply_rule},
    {GD_KIND_CreatePolicyStmt, gd_state_apply_policy},
    {GD_KIND_PrepareStmt, gd_state_apply_prepare},
    {GD_KIND_CreateSchemaStmt, gd_state_apply_create_schema},
    {GD_KIND_VariableSetStmt, gd_state_apply_set},
    {GD_KIND_TransactionStmt, gd_state_apply_transaction},
    {GD_KIND_DiscardStmt, gd_state_apply_discard},
};

void gd_state_apply(struct gd_state *state, const struct gd_node *statement, const char *text,
                    uint32_t line, bool sure)
{
    struct gd_deed deed = {state, statement, text, line, sure};
    enum gd_kind kind = gd_node_kind(statement);
    if (kind == GD_KIND_SelectStmt || kind == GD_KIND_DoStmt || kind == GD_KIND_CallStmt)
        gd_node_walk(statement, gd_state_find_set_config, &deed);
    else
        gd_node_walk(statement, gd_state_find_later_set_config, state);
    if (state->survey != NULL && may_write(kind)) /* only who asks the database wants to know */
        gd_node_walk(statement, visit_write, &deed);
    for (size_t i = 0; i < sizeof appliers / sizeof appliers[0]; i++)
        if (appliers[i].kind == kind) {
            appliers[i].apply(&deed);
            state->changes += kind != GD_KIND_SelectStmt;
        }
}
