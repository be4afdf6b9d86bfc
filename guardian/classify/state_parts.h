/*
 * State, parts: what the files state*.c share, and nobody else includes.
 *
 * Invariant  A deed that is not sure (a branch) leaves only doubt behind.
 */
#ifndef GUARDIAN_CLASSIFY_STATE_PARTS_H
#define GUARDIAN_CLASSIFY_STATE_PARTS_H

#include "guardian/classify/state.h"

struct gd_search_path {
    const char *const *schemas;
    size_t count;
    bool unknown, builtins_hidden, names_user, names_temporary;
};

struct gd_savepoint {
    const char *name;
    struct gd_search_path path;
    struct gd_savepoint *next;
};

struct gd_state {
    struct gd_arena *arena;
    const struct gd_survey *survey;
    struct gd_thing *things;
    struct gd_lookup by_key, by_name, by_shown, by_table; /* of things */
    struct gd_added_value *added;
    struct gd_lookup labels; /* of added values */
    struct gd_lookup written;
    struct gd_attached *attached;
    struct gd_kin *kin;
    struct gd_texts armed;
    uint32_t changes;
    bool has_event_trigger, enables_events;
    struct gd_search_path path, path_at_begin, path_before_local;
    bool path_is_local;
    bool in_block;
    uint32_t block, blocks;
    struct gd_savepoint *savepoints;
    struct gd_key *keys;
    bool role_in_doubt, role_changed, schemas_renamed, sets_path_later, moved_dependants;
};

/* What one statement is doing; `sure` is false in a branch. */
struct gd_deed {
    struct gd_state *state;
    const struct gd_node *node;
    const char *text;
    uint32_t line;
    bool sure;
};

/* ---- things ---- */

const char *gd_state_meet(const struct gd_state *state, const char *kind, struct gd_name name);
const char *gd_state_schema_of(const struct gd_state *state, struct gd_name name);
struct gd_thing *gd_state_make(const struct gd_deed *deed, const char *kind, const char *schema,
                               const char *name, bool if_not_exists);
struct gd_thing *gd_state_thing_of(struct gd_state *state, const char *kind, const char *schema,
                                   const char *name);
void gd_state_drop(const struct gd_deed *deed, const char *kind, const char *schema,
                   const char *name);
void gd_state_forget(struct gd_thing *thing);

/* ---- tables ---- */

struct gd_changed_column *gd_state_changed_column(const struct gd_deed *deed,
                                                  struct gd_thing *thing, const char *name);
struct gd_thing *gd_state_relation_thing(const struct gd_deed *deed, const struct gd_node *range);
void gd_state_apply_alter_table(const struct gd_deed *deed);
void gd_state_apply_create_as(const struct gd_deed *deed);
void gd_state_apply_create_foreign_table(const struct gd_deed *deed);
void gd_state_apply_create_sequence(const struct gd_deed *deed);
void gd_state_apply_create_table(const struct gd_deed *deed);
void gd_state_apply_family(const struct gd_deed *deed);
void gd_state_apply_index(const struct gd_deed *deed);
void gd_state_apply_select_into(const struct gd_deed *deed);
void gd_state_apply_view(const struct gd_deed *deed);
void gd_state_attach_to_relation(const struct gd_deed *deed);

/* ---- moves ---- */

void gd_state_apply_drop(const struct gd_deed *deed);
void gd_state_apply_rename(const struct gd_deed *deed);
void gd_state_apply_set_schema(const struct gd_deed *deed);

/* ---- objects ---- */

void gd_state_apply_alter_enum(const struct gd_deed *deed);
void gd_state_apply_cast(const struct gd_deed *deed);
void gd_state_apply_create_composite(const struct gd_deed *deed);
void gd_state_apply_create_domain(const struct gd_deed *deed);
void gd_state_apply_create_enum(const struct gd_deed *deed);
void gd_state_apply_create_function(const struct gd_deed *deed);
void gd_state_apply_create_range(const struct gd_deed *deed);
void gd_state_apply_create_schema(const struct gd_deed *deed);
void gd_state_apply_create_trigger(const struct gd_deed *deed);
void gd_state_apply_define(const struct gd_deed *deed);
void gd_state_apply_event_trigger(const struct gd_deed *deed);
void gd_state_apply_policy(const struct gd_deed *deed);
void gd_state_apply_prepare(const struct gd_deed *deed);
void gd_state_apply_rule(const struct gd_deed *deed);

/* ---- session ---- */

enum gd_walk gd_state_find_later_set_config(const struct gd_node *node,
                                            const struct gd_node *parent, void *context);
enum gd_walk gd_state_find_set_config(const struct gd_node *node, const struct gd_node *parent,
                                      void *context);
struct gd_search_path gd_state_initial_path(const struct gd_survey *survey);
void gd_state_apply_discard(const struct gd_deed *deed);
void gd_state_apply_set(const struct gd_deed *deed);
void gd_state_apply_transaction(const struct gd_deed *deed);

#endif
