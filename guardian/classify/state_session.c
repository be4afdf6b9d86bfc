/*
 * State, session: search_path, roles, transaction blocks and what they take back.
 */
#include "guardian/classify/state_parts.h"

#include <string.h>
#include <strings.h>

struct gd_search_path gd_state_initial_path(const struct gd_survey *survey)
{
    static const char *const standard[] = {"public"};
    if (survey == NULL)
        return (struct gd_search_path){.schemas = standard, .count = 1, .names_user = true};
    return (struct gd_search_path){
        .schemas = survey->search_path, .count = survey->search_path_count, .names_user = true};
}

static struct gd_search_path path_of(const struct gd_state *state, const char *const *names,
                                     size_t count)
{
    struct gd_search_path path = {0};
    const char **schemas = gd_arena_zalloc(state->arena, count + 1, sizeof *schemas);
    for (size_t i = 0; i < count; i++) {
        if (strcmp(names[i], "$user") == 0) { /* a schema called as the role is */
            path.names_user = true;
            if (state->survey != NULL && gd_survey_has_schema(state->survey, state->survey->user))
                schemas[path.count++] = state->survey->user;
            continue;
        }
        path.names_temporary = path.names_temporary || strcmp(names[i], "pg_temp") == 0;
        if (strcmp(names[i], "pg_catalog") == 0 && path.count > 0)
            path.builtins_hidden = true;
        if (names[i][0] != '\0' && strcmp(names[i], "pg_catalog") != 0)
            schemas[path.count++] = gd_arena_strdup(state->arena, names[i]);
    }
    path.schemas = schemas;
    return path;
}

static void set_path(struct gd_state *state, struct gd_search_path path, bool local)
{
    if (local && !state->path_is_local)
        state->path_before_local = state->path;
    state->path_is_local = local && state->in_block;
    if (local && !state->in_block)
        return; /* the server warns and does nothing */
    state->path = path;
}

/* set_config('search_path', 'a, b', …): split as the server splits a list of identifiers. */
static struct gd_search_path path_of_text(struct gd_state *state, const char *text)
{
    const char *names[64] = {0};
    size_t count = 0;
    char *copy = gd_arena_strdup(state->arena, text), *rest = copy, *item;
    while (count < 64 && (item = strsep(&rest, ",")) != NULL) {
        while (*item == ' ')
            item++;
        size_t size = strlen(item);
        while (size > 0 && item[size - 1] == ' ')
            item[--size] = '\0';
        if (size >= 2 && item[0] == '"' && item[size - 1] == '"') {
            item[size - 1] = '\0';
            item++;
        } else {
            for (char *at = item; *at != '\0'; at++)
                *at = (char)(*at >= 'A' && *at <= 'Z' ? *at + 32 : *at);
        }
        names[count++] = item;
    }
    return path_of(state, names, count);
}

static bool is_role(const char *setting)
{
    return strcasecmp(setting, "role") == 0 || strcasecmp(setting, "session_authorization") == 0;
}

/* The role's name is the schema that "$user" stands for. */
static void apply_role(const struct gd_deed *deed)
{
    struct gd_state *state = deed->state;
    state->role_changed = true;
    const char *role = gd_node_string(gd_node_at(deed->node, GD_F_args, 0));
    const struct gd_survey *survey = state->survey;
    state->role_in_doubt = role == NULL || survey == NULL || !deed->sure ||
                           gd_survey_has_schema(survey, role) ||
                           gd_survey_has_schema(survey, survey->user);
}

void gd_state_apply_set(const struct gd_deed *deed)
{
    struct gd_state *state = deed->state;
    const char *kind = gd_node_enum(deed->node, GD_F_kind);
    bool all = strcmp(kind, "VAR_RESET_ALL") == 0;
    if (is_role(gd_node_text(deed->node, GD_F_name)))
        apply_role(deed);
    if (!all && strcasecmp(gd_node_text(deed->node, GD_F_name), "search_path") != 0)
        return;
    bool local = gd_node_flag(deed->node, GD_F_is_local);
    if (!deed->sure) {
        state->path.unknown = true;
        return;
    }
    if (strcmp(kind, "VAR_SET_VALUE") != 0) {
        set_path(state, gd_state_initial_path(state->survey), local);
        return;
    }
    const char *names[64];
    size_t count = 0;
    for (size_t i = 0; i < gd_node_count(deed->node, GD_F_args) && count < 64; i++) {
        const char *name = gd_node_string(gd_node_at(deed->node, GD_F_args, i));
        if (name != NULL)
            names[count++] = name;
    }
    set_path(state, path_of(state, names, count), local);
}

/* set_config(…, false) */
static bool is_for_the_session(const struct gd_node *call)
{
    const struct gd_node *local = gd_node_at(call, GD_F_args, 2);
    if (gd_node_kind(local) != GD_KIND_A_Const)
        return false;
    const struct gd_node *value = gd_node_child(local, GD_F_boolval);
    return value != NULL && !gd_node_flag(value, GD_F_boolval);
}

/* Does what stands in its list run exactly once, whatever the tables hold? */
static bool is_plain_select(const struct gd_node *statement)
{
    return gd_node_kind(statement) == GD_KIND_SelectStmt &&
           gd_node_count(statement, GD_F_from_clause) == 0 &&
           gd_node_child(statement, GD_F_where_clause) == NULL &&
           gd_node_child(statement, GD_F_with_clause) == NULL &&
           gd_node_child(statement, GD_F_larg) == NULL;
}

/* A definition or a write that calls set_config: when that runs, and how often, is not followed. */
enum gd_walk gd_state_find_later_set_config(const struct gd_node *node,
                                            const struct gd_node *parent, void *context)
{
    (void)parent;
    struct gd_state *state = context;
    if (gd_node_kind(node) != GD_KIND_FuncCall ||
        strcmp(gd_node_name_last(node, GD_F_funcname), "set_config") != 0)
        return GD_WALK_INTO;
    const char *name = gd_node_string(gd_node_at(node, GD_F_args, 0));
    if (name == NULL || strcasecmp(name, "search_path") == 0 || is_role(name))
        state->sets_path_later = true;
    return GD_WALK_INTO;
}

enum gd_walk gd_state_find_set_config(const struct gd_node *node, const struct gd_node *parent,
                                      void *context)
{
    struct gd_deed *deed = context;
    if (gd_node_kind(node) != GD_KIND_FuncCall ||
        strcmp(gd_node_name_last(node, GD_F_funcname), "set_config") != 0)
        return GD_WALK_INTO;
    const char *name = gd_node_string(gd_node_at(node, GD_F_args, 0));
    const char *value = gd_node_string(gd_node_at(node, GD_F_args, 1));
    if (name != NULL && is_role(name))
        deed->state->role_in_doubt = deed->state->role_changed = true;
    if (name != NULL && strcasecmp(name, "search_path") != 0)
        return GD_WALK_INTO;
    if (name == NULL || value == NULL || !deed->sure || !is_for_the_session(node) ||
        gd_node_kind(parent) != GD_KIND_ResTarget || !is_plain_select(deed->node))
        deed->state->path.unknown = true;
    else
        set_path(deed->state, path_of_text(deed->state, value), false);
    return GD_WALK_INTO;
}

/* What was made or dropped in a block that is taken back is as uncertain as it was before. */
static void roll_back(struct gd_state *state, struct gd_search_path path)
{
    for (struct gd_thing *thing = state->things; thing != NULL; thing = thing->next)
        if (thing->block == state->block && thing->block != 0)
            gd_state_forget(thing);
        else
            thing->columns = (struct gd_lookup){0};
    state->path = path;
    state->path_is_local = false;
}

/* ROLLBACK outside of a block: statements that were sent together with it are taken back, too. */
static void roll_back_unopened(struct gd_state *state)
{
    for (struct gd_thing *thing = state->things; thing != NULL; thing = thing->next)
        gd_state_forget(thing);
    state->path.unknown =
        state->path.schemas != gd_state_initial_path(state->survey).schemas || state->path.unknown;
}

static void end_block(struct gd_state *state, bool chain)
{
    for (struct gd_thing *thing = state->things; thing != NULL; thing = thing->next)
        if (thing->ends_with_block) {
            gd_state_forget(thing);
            thing->standing = GD_GONE;
        }
    if (state->path_is_local)
        state->path = state->path_before_local;
    state->path_is_local = false;
    state->in_block = chain;
    state->block = chain ? ++state->blocks : 0;
    state->savepoints = NULL;
    state->path_at_begin = state->path;
}

static void apply_savepoint(const struct gd_deed *deed)
{
    struct gd_savepoint *savepoint = gd_arena_zalloc(deed->state->arena, 1, sizeof *savepoint);
    savepoint->name =
        gd_arena_strdup(deed->state->arena, gd_node_text(deed->node, GD_F_savepoint_name));
    savepoint->path = deed->state->path;
    savepoint->next = deed->state->savepoints;
    deed->state->savepoints = savepoint;
}

static void roll_back_to(const struct gd_deed *deed)
{
    const char *name = gd_node_text(deed->node, GD_F_savepoint_name);
    struct gd_search_path path = deed->state->path_at_begin;
    for (struct gd_savepoint *at = deed->state->savepoints; at != NULL; at = at->next)
        if (strcmp(at->name, name) == 0) {
            path = at->path;
            break;
        }
    roll_back(deed->state, path);
}

void gd_state_apply_transaction(const struct gd_deed *deed)
{
    struct gd_state *state = deed->state;
    const char *kind = gd_node_enum(deed->node, GD_F_kind);
    if (strcmp(kind, "TRANS_STMT_BEGIN") == 0 || strcmp(kind, "TRANS_STMT_START") == 0) {
        if (!state->in_block) {
            state->in_block = true;
            state->block = ++state->blocks;
            state->path_at_begin = state->path;
        }
    } else if (strcmp(kind, "TRANS_STMT_COMMIT") == 0 || strcmp(kind, "TRANS_STMT_PREPARE") == 0) {
        end_block(state, gd_node_flag(deed->node, GD_F_chain));
    } else if (strcmp(kind, "TRANS_STMT_ROLLBACK") == 0) {
        if (state->in_block)
            roll_back(state, state->path_at_begin);
        else
            roll_back_unopened(state);
        end_block(state, gd_node_flag(deed->node, GD_F_chain));
    } else if (strcmp(kind, "TRANS_STMT_SAVEPOINT") == 0) {
        apply_savepoint(deed);
    } else if (strcmp(kind, "TRANS_STMT_ROLLBACK_TO") == 0) {
        roll_back_to(deed);
    }
}

void gd_state_apply_discard(const struct gd_deed *deed)
{
    bool all = gd_node_enum_is(deed->node, GD_F_target, "DISCARD_ALL");
    bool temporary = all || gd_node_enum_is(deed->node, GD_F_target, "DISCARD_TEMP");
    for (struct gd_thing *thing = deed->state->things; thing != NULL; thing = thing->next)
        if (temporary && thing->temporary)
            thing->standing = GD_GONE;
    if (all)
        deed->state->path = gd_state_initial_path(deed->state->survey);
}
