/*
 * State, things: what is known of a name, and how a statement makes and drops one.
 */
#include "guardian/classify/state_parts.h"

#include <string.h>

/* Find it or make it, as it is before anything is known of it. */
struct gd_thing *gd_state_thing_of(struct gd_state *state, const char *kind, const char *schema,
                                   const char *name)
{
    struct gd_thing *thing = gd_state_find(state, kind, schema, name);
    if (thing != NULL)
        return thing;
    struct gd_arena *arena = state->arena;
    thing = gd_arena_zalloc(arena, 1, sizeof *thing);
    thing->kind = kind;
    thing->schema = gd_arena_strdup(arena, schema);
    thing->name = gd_arena_strdup(arena, name);
    thing->standing = GD_FORGOTTEN;
    thing->next = state->things;
    state->things = thing;
    gd_lookup_set(&state->by_key, kind, thing->schema, thing->name, thing, arena);
    if (strcmp(kind, "relation") == 0) /* always met by its full name, and there are many */
        return thing;
    thing->next_named = gd_state_named(state, kind, name);
    const char *shown = gd_name_show(arena, (struct gd_name){thing->schema, thing->name});
    gd_lookup_set(&state->by_name, kind, "", thing->name, thing, arena);
    gd_lookup_set(&state->by_shown, kind, "", shown, thing, arena);
    return thing;
}

void gd_state_forget(struct gd_thing *thing)
{
    thing->standing = GD_FORGOTTEN;
    thing->fresh = thing->temporary = thing->ends_with_block = false;
    thing->relation = NULL;
    thing->type = NULL;
    thing->columns = (struct gd_lookup){0};
    thing->labels = NULL;
    thing->label_count = 0;
}

static const char *first_schema(const struct gd_state *state)
{
    return state->path.count > 0 ? state->path.schemas[0] : "public";
}

/* Where CREATE puts a name, and where DROP looks first when nothing else is known. */
const char *gd_state_schema_of(const struct gd_state *state, struct gd_name name)
{
    return name.schema[0] != '\0' ? name.schema : first_schema(state);
}

/* The schema in which an unqualified name is met: a temporary thing, then the path. */
const char *gd_state_meet(const struct gd_state *state, const char *kind, struct gd_name name)
{
    if (name.schema[0] != '\0')
        return name.schema;
    const struct gd_thing *temporary = gd_state_find(state, kind, "pg_temp", name.name);
    if (!state->path.names_temporary && temporary != NULL && temporary->standing == GD_THERE)
        return "pg_temp";
    for (size_t i = 0; i < state->path.count; i++) {
        const char *schema = state->path.schemas[i];
        const struct gd_thing *thing = gd_state_find(state, kind, schema, name.name);
        if (thing != NULL && thing->standing == GD_THERE)
            return schema;
        bool gone = thing != NULL && thing->standing == GD_GONE;
        if (!gone && state->survey != NULL &&
            (strcmp(kind, "relation") == 0
                 ? gd_survey_relation_named(state->survey, schema, name.name) != NULL
                 : strcmp(kind, "type") == 0 &&
                       gd_survey_type_named(state->survey, schema, name.name) != NULL))
            return schema;
    }
    return first_schema(state);
}

/* Was nothing of that name there before, for sure? Plain CREATE would have failed otherwise. */
static bool surely_absent(const struct gd_deed *deed, const char *kind, const char *schema,
                          const char *name, bool if_not_exists)
{
    const struct gd_thing *known = gd_state_find(deed->state, kind, schema, name);
    if (known != NULL && known->standing == GD_GONE)
        return true; /* dropped above, so what is made now is new */
    if (known != NULL && known->standing == GD_THERE)
        return false;
    const struct gd_survey *survey = deed->state->survey;
    if (survey == NULL || !survey->complete)
        return !if_not_exists; /* Guardian stops at the first error, so a plain CREATE proves it */
    if (strcmp(kind, "relation") == 0)
        return gd_survey_relation_named(survey, schema, name) == NULL;
    if (strcmp(kind, "type") == 0)
        return gd_survey_type_named(survey, schema, name) == NULL;
    return !if_not_exists;
}

/* IF NOT EXISTS and OR REPLACE leave what the catalogue has where it is. */
static void know_catalogue_thing(const struct gd_survey *survey, struct gd_thing *thing)
{
    if (survey == NULL)
        return;
    if (strcmp(thing->kind, "relation") == 0)
        thing->relation = gd_survey_relation_named(survey, thing->schema, thing->name);
    else if (strcmp(thing->kind, "type") == 0)
        thing->type = gd_survey_type_named(survey, thing->schema, thing->name);
    if (thing->relation != NULL || thing->type != NULL)
        thing->standing = GD_THERE;
}

struct gd_thing *gd_state_make(const struct gd_deed *deed, const char *kind, const char *schema,
                               const char *name, bool if_not_exists)
{
    bool absent = surely_absent(deed, kind, schema, name, if_not_exists);
    struct gd_thing *thing = gd_state_thing_of(deed->state, kind, schema, name);
    bool was_fresh = thing->standing == GD_THERE && thing->fresh;
    if (!deed->sure) {
        if (!was_fresh)
            gd_state_forget(thing);
        return thing;
    }
    if (thing->standing == GD_THERE) /* IF NOT EXISTS or OR REPLACE of what is known */
        return thing;
    if (!absent) { /* it is there now, but may hold what was there before */
        gd_state_forget(thing);
        know_catalogue_thing(deed->state->survey, thing);
        return thing;
    }
    gd_state_forget(thing);
    thing->standing = GD_THERE;
    thing->fresh = true;
    thing->line = deed->line;
    thing->block = deed->state->block;
    return thing;
}

void gd_state_drop(const struct gd_deed *deed, const char *kind, const char *schema,
                   const char *name)
{
    struct gd_thing *thing = gd_state_thing_of(deed->state, kind, schema, name);
    gd_state_forget(thing);
    if (!deed->sure)
        return;
    thing->standing = GD_GONE;
    thing->line = deed->line;
    thing->block = deed->state->block;
}
