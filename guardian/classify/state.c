/*
 * State: see state.h.
 */
#include "guardian/classify/state.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "guardian/classify/builtins.h"

enum { NAMEDATALEN = 64 };

struct path {
    const char *const *schemas;
    size_t count;
    bool unknown, builtins_hidden, names_user, names_temporary;
};

struct savepoint {
    const char *name;
    struct path path;
    struct savepoint *next;
};

/* A relation whose rows the script writes. */
struct written {
    uint32_t line;
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
    struct path path, path_at_begin, path_before_local;
    bool path_is_local;
    bool in_block;
    uint32_t block, blocks;
    struct savepoint *savepoints;
    struct gd_key *keys;
    bool role_in_doubt, role_changed, schemas_renamed, sets_path_later, moved_dependants;
};

static struct path initial_path(const struct gd_survey *survey)
{
    static const char *const standard[] = {"public"};
    if (survey == NULL)
        return (struct path){.schemas = standard, .count = 1, .names_user = true};
    return (struct path){
        .schemas = survey->search_path, .count = survey->search_path_count, .names_user = true};
}

struct gd_state *gd_state_new(const struct gd_survey *survey)
{
    struct gd_state *state = calloc(1, sizeof *state);
    if (state == NULL)
        abort();
    state->arena = gd_arena_new();
    state->survey = survey;
    state->path = state->path_at_begin = initial_path(survey);
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

/* Find it or make it, as it is before anything is known of it. */
static struct gd_thing *thing_of(struct gd_state *state, const char *kind, const char *schema,
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

static void forget(struct gd_thing *thing)
{
    thing->standing = GD_FORGOTTEN;
    thing->fresh = thing->temporary = thing->ends_with_block = false;
    thing->relation = NULL;
    thing->type = NULL;
    thing->columns = (struct gd_lookup){0};
    thing->labels = NULL;
    thing->label_count = 0;
}

/* What one statement is doing; `sure` is false in a branch. */
struct deed {
    struct gd_state *state;
    const struct gd_node *node;
    const char *text;
    uint32_t line;
    bool sure;
};

static const char *first_schema(const struct gd_state *state)
{
    return state->path.count > 0 ? state->path.schemas[0] : "public";
}

/* Where CREATE puts a name, and where DROP looks first when nothing else is known. */
static const char *schema_of(const struct gd_state *state, struct gd_name name)
{
    return name.schema[0] != '\0' ? name.schema : first_schema(state);
}

/* The schema in which an unqualified name is met: a temporary thing, then the path. */
static const char *meet(const struct gd_state *state, const char *kind, struct gd_name name)
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
static bool surely_absent(const struct deed *deed, const char *kind, const char *schema,
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

static struct gd_thing *make(const struct deed *deed, const char *kind, const char *schema,
                             const char *name, bool if_not_exists)
{
    bool absent = surely_absent(deed, kind, schema, name, if_not_exists);
    struct gd_thing *thing = thing_of(deed->state, kind, schema, name);
    bool was_fresh = thing->standing == GD_THERE && thing->fresh;
    if (!deed->sure) {
        if (!was_fresh)
            forget(thing);
        return thing;
    }
    if (thing->standing == GD_THERE) /* IF NOT EXISTS or OR REPLACE of what is known */
        return thing;
    if (!absent) { /* it is there now, but may hold what was there before */
        forget(thing);
        know_catalogue_thing(deed->state->survey, thing);
        return thing;
    }
    forget(thing);
    thing->standing = GD_THERE;
    thing->fresh = true;
    thing->line = deed->line;
    thing->block = deed->state->block;
    return thing;
}

static void drop(const struct deed *deed, const char *kind, const char *schema, const char *name)
{
    struct gd_thing *thing = thing_of(deed->state, kind, schema, name);
    forget(thing);
    if (!deed->sure)
        return;
    thing->standing = GD_GONE;
    thing->line = deed->line;
    thing->block = deed->state->block;
}

/* ---- definitions that call something later ---- */

/* A column of a builtin type depends on nothing that a DROP could name. */
static bool is_plain_builtin_type(const struct gd_node *type_name)
{
    static const char *const types[] = {
        "int2",   "int4",   "int8",  "text",        "varchar",   "bpchar", "bool",   "numeric",
        "float4", "float8", "date",  "timestamptz", "timestamp", "time",   "timetz", "interval",
        "uuid",   "json",   "jsonb", "bytea",       "inet",      "cidr",   "bit",    "varbit",
    };
    struct gd_name name = gd_name_of_type(type_name);
    bool known = false;
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        known = known || strcmp(types[i], name.name) == 0;
    /* "int" and its like are given with pg_catalog by the grammar; text, uuid and so on are not. */
    return known && (name.schema[0] == '\0' || strcmp(name.schema, "pg_catalog") == 0);
}

static enum gd_walk find_user_call(const struct gd_node *node, const struct gd_node *parent,
                                   void *context)
{
    (void)parent;
    bool *found = context;
    enum gd_kind kind = gd_node_kind(node);
    if (kind == GD_KIND_TypeName) /* it may be a domain */
        *found = *found || !is_plain_builtin_type(node);
    if (kind == GD_KIND_A_Expr) {
        const char *operator= gd_node_name_last(node, GD_F_name);
        *found = *found || gd_node_count(node, GD_F_name) > 1 ||
                 (strstr(operator, "BETWEEN") == NULL && !gd_builtin_operator(operator));
    }
    if (kind != GD_KIND_FuncCall)
        return *found ? GD_WALK_STOP : GD_WALK_INTO;
    const char *schema = gd_node_name_schema(node, GD_F_funcname);
    *found = (schema[0] != '\0' && strcmp(schema, "pg_catalog") != 0) ||
             gd_builtin_function(gd_node_name_last(node, GD_F_funcname)) == GD_BUILTIN_NONE;
    return *found ? GD_WALK_STOP : GD_WALK_INTO;
}

/* Keep the text when it calls anything that is no builtin. */
static void attach(const struct deed *deed, const struct gd_node *range)
{
    bool found = false;
    gd_node_walk(deed->node, find_user_call, &found);
    if (!found || range == NULL)
        return;
    struct gd_name name = gd_name_of_range(range);
    struct gd_attached *attached = gd_arena_zalloc(deed->state->arena, 1, sizeof *attached);
    attached->schema = gd_arena_strdup(deed->state->arena, meet(deed->state, "relation", name));
    attached->name = gd_arena_strdup(deed->state->arena, name.name);
    attached->text = gd_arena_strdup(deed->state->arena, deed->text);
    attached->next = deed->state->attached;
    deed->state->attached = attached;
}

static void attach_to_relation(const struct deed *deed)
{
    attach(deed, gd_node_child(deed->node, GD_F_relation));
}

/* A thing that stands for a function: what is done by its name calls it. It is never forgotten, so
 * that a call is looked at once too often rather than not. */
static void make_caller(const struct deed *deed, const char *kind, const char *own,
                        const char *name, const char *function)
{
    struct gd_thing *thing = thing_of(deed->state, kind, own, name);
    thing->function = gd_arena_strdup(deed->state->arena, function);
}

static void apply_cast(const struct deed *deed)
{
    const struct gd_node *function = gd_node_child(deed->node, GD_F_func);
    if (function != NULL)
        make_caller(deed, "cast", gd_name_of_object(function).name,
                    gd_name_of_type(gd_node_child(deed->node, GD_F_targettype)).name,
                    gd_name_of_object(function).name);
}

static void apply_define(const struct deed *deed)
{
    if (!gd_node_enum_is(deed->node, GD_F_kind, "OBJECT_OPERATOR"))
        return;
    const struct gd_node *function = gd_option(deed->node, GD_F_definition, "function");
    if (function == NULL)
        function = gd_option(deed->node, GD_F_definition, "procedure");
    const char *called = gd_name_of_object(gd_node_child(function, GD_F_arg)).name;
    make_caller(deed, "operator", called, gd_node_name_last(deed->node, GD_F_defnames), called);
}

static void apply_event_trigger(const struct deed *deed)
{
    make_caller(deed, "event trigger", gd_node_text(deed->node, GD_F_trigname), "any",
                gd_node_name_last(deed->node, GD_F_funcname));
    deed->state->has_event_trigger = true;
}

/* ---- relations ---- */

static bool is_temporary(const struct gd_node *range)
{
    return strcmp(gd_node_text(range, GD_F_relpersistence), "t") == 0 ||
           strncmp(gd_node_text(range, GD_F_schemaname), "pg_temp", 7) == 0;
}

static struct gd_thing *make_relation(const struct deed *deed, const struct gd_node *range,
                                      bool if_not_exists)
{
    struct gd_name name = gd_name_of_range(range);
    bool temporary = is_temporary(range);
    const char *schema = temporary ? "pg_temp" : schema_of(deed->state, name);
    struct gd_thing *thing = make(deed, "relation", schema, name.name, if_not_exists && !temporary);
    thing->temporary = temporary;
    return thing;
}

static bool is_serial(const struct gd_node *column)
{
    static const char *const types[] = {"serial",  "bigserial", "smallserial",
                                        "serial4", "serial8",   "serial2"};
    const char *type = gd_node_name_last(gd_node_child(column, GD_F_type_name), GD_F_names);
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        if (strcmp(types[i], type) == 0)
            return true;
    return gd_column_constraint(column, "CONSTR_IDENTITY") != NULL;
}

/* A serial or identity column brings a sequence of its own, under a name that the server makes. */
static void make_sequence_of(const struct deed *deed, const struct gd_thing *table,
                             const struct gd_node *column)
{
    if (gd_node_kind(column) != GD_KIND_ColumnDef || !is_serial(column))
        return;
    const char *name = gd_arena_printf(deed->state->arena, "%s_%s_seq", table->name,
                                       gd_node_text(column, GD_F_colname));
    if (strlen(name) < NAMEDATALEN) /* a longer one is shortened in a way of its own */
        make(deed, "relation", table->schema, name, false)->temporary = table->temporary;
}

/* Outside of a block the statement's own transaction ends, and the table with it. */
static void ends_with_block(const struct deed *deed, struct gd_thing *table,
                            const struct gd_node *holder)
{
    if (!table->temporary || !gd_node_enum_is(holder, GD_F_oncommit, "ONCOMMIT_DROP"))
        return;
    if (deed->state->in_block)
        table->ends_with_block = true;
    else
        forget(table);
}

static enum gd_walk visit_key(const struct gd_node *node, const struct gd_node *parent,
                              void *context);

struct key_search {
    const struct deed *deed;
    const struct gd_thing *from;
};

static void add_kin(const struct deed *deed, const struct gd_thing *heir,
                    const struct gd_node *source, bool both)
{
    struct gd_name name = gd_name_of_range(source);
    struct gd_kin *kin = gd_arena_zalloc(deed->state->arena, 1, sizeof *kin);
    kin->heir_schema = heir->schema;
    kin->heir = heir->name;
    kin->source_schema = gd_arena_strdup(deed->state->arena, meet(deed->state, "relation", name));
    kin->source = gd_arena_strdup(deed->state->arena, name.name);
    kin->both = both;
    kin->next = deed->state->kin;
    deed->state->kin = kin;
}

/* INHERITS, PARTITION OF, LIKE */
static void inherit(const struct deed *deed, const struct gd_thing *table)
{
    for (size_t i = 0; i < gd_node_count(deed->node, GD_F_inh_relations); i++)
        add_kin(deed, table, gd_node_at(deed->node, GD_F_inh_relations, i), true);
    for (size_t i = 0; i < gd_node_count(deed->node, GD_F_table_elts); i++) {
        const struct gd_node *element = gd_node_at(deed->node, GD_F_table_elts, i);
        if (gd_node_kind(element) == GD_KIND_TableLikeClause)
            add_kin(deed, table, gd_node_child(element, GD_F_relation), false);
    }
}

static void apply_create_table(const struct deed *deed)
{
    struct gd_thing *table = make_relation(deed, gd_node_child(deed->node, GD_F_relation),
                                           gd_node_flag(deed->node, GD_F_if_not_exists));
    inherit(deed, table);
    ends_with_block(deed, table, deed->node);
    struct key_search search = {deed, table};
    gd_node_walk(deed->node, visit_key, &search);
    for (size_t i = 0; table->fresh && i < gd_node_count(deed->node, GD_F_table_elts); i++)
        make_sequence_of(deed, table, gd_node_at(deed->node, GD_F_table_elts, i));
}

static void apply_create_foreign_table(const struct deed *deed)
{
    struct deed base = *deed;
    base.node = gd_node_child(deed->node, GD_F_base_stmt);
    apply_create_table(&base);
}

static void apply_create_as(const struct deed *deed)
{
    struct gd_thing *thing =
        make_relation(deed, gd_node_child(gd_node_child(deed->node, GD_F_into), GD_F_rel),
                      gd_node_flag(deed->node, GD_F_if_not_exists));
    thing->text = gd_arena_strdup(deed->state->arena, deed->text);
    ends_with_block(deed, thing, gd_node_child(deed->node, GD_F_into));
}

static void apply_select_into(const struct deed *deed)
{
    const struct gd_node *into = gd_node_child(deed->node, GD_F_into_clause);
    if (into != NULL)
        make_relation(deed, gd_node_child(into, GD_F_rel), false);
}

static void apply_view(const struct deed *deed)
{
    struct gd_thing *thing = make_relation(deed, gd_node_child(deed->node, GD_F_view),
                                           gd_node_flag(deed->node, GD_F_replace));
    thing->text = gd_arena_strdup(deed->state->arena, deed->text);
}

static void apply_create_sequence(const struct deed *deed)
{
    make_relation(deed, gd_node_child(deed->node, GD_F_sequence),
                  gd_node_flag(deed->node, GD_F_if_not_exists));
}

static void apply_index(const struct deed *deed)
{
    const char *name = gd_node_text(deed->node, GD_F_idxname);
    if (name[0] == '\0')
        return;
    struct gd_name table = gd_name_of_range(gd_node_child(deed->node, GD_F_relation));
    make(deed, "relation", meet(deed->state, "relation", table), name,
         gd_node_flag(deed->node, GD_F_if_not_exists));
}

/* ---- columns ---- */

struct gd_changed_column *gd_thing_column(const struct gd_thing *thing, const char *name)
{
    return gd_lookup_get(&thing->columns, "", "", name);
}

static struct gd_changed_column *changed_column(const struct deed *deed, struct gd_thing *thing,
                                                const char *name)
{
    struct gd_changed_column *column = gd_thing_column(thing, name);
    if (column == NULL) {
        column = gd_arena_zalloc(deed->state->arena, 1, sizeof *column);
        column->name = gd_arena_strdup(deed->state->arena, name);
        gd_lookup_set(&thing->columns, "", "", column->name, column, deed->state->arena);
    }
    column->line = deed->line;
    column->standing = GD_FORGOTTEN;
    column->fresh = false;
    column->catalogue_name = NULL;
    return column;
}

static struct gd_thing *relation_thing(const struct deed *deed, const struct gd_node *range)
{
    struct gd_name name = gd_name_of_range(range);
    return thing_of(deed->state, "relation", meet(deed->state, "relation", name), name.name);
}

static bool column_was_absent(const struct deed *deed, const struct gd_thing *table,
                              const char *name, bool if_not_exists)
{
    const struct gd_changed_column *known = gd_thing_column(table, name);
    if (known != NULL && known->standing == GD_GONE)
        return true;
    if (known != NULL && known->standing == GD_THERE)
        return known->fresh;
    if (!if_not_exists)
        return true;
    if (deed->state->survey == NULL || !deed->state->survey->complete)
        return false;
    const struct gd_relation *relation =
        table->relation != NULL
            ? table->relation
            : gd_survey_relation_named(deed->state->survey, table->schema, table->name);
    return relation == NULL || gd_relation_column(relation, name) == NULL;
}

static void apply_add_column(const struct deed *deed, struct gd_thing *table,
                             const struct gd_node *cmd)
{
    const char *name = gd_node_text(gd_node_child(cmd, GD_F_def), GD_F_colname);
    bool absent = column_was_absent(deed, table, name, gd_node_flag(cmd, GD_F_missing_ok));
    struct gd_changed_column *column = changed_column(deed, table, name);
    if (!deed->sure || !absent)
        return;
    column->standing = GD_THERE;
    column->fresh = true;
    make_sequence_of(deed, table, gd_node_child(cmd, GD_F_def));
}

static void apply_drop_column(const struct deed *deed, struct gd_thing *table,
                              const struct gd_node *cmd)
{
    struct gd_changed_column *column = changed_column(deed, table, gd_node_text(cmd, GD_F_name));
    column->standing = deed->sure ? GD_GONE : GD_FORGOTTEN;
}

/* Its type is no longer the catalogue's. */
static void apply_retype(const struct deed *deed, struct gd_thing *table, const struct gd_node *cmd)
{
    const char *name = gd_node_text(cmd, GD_F_name);
    if (gd_thing_column(table, name) == NULL)
        changed_column(deed, table, name);
}

static bool is_surely_fresh(const struct gd_thing *thing)
{
    return thing->standing == GD_THERE && (thing->fresh || thing->temporary);
}

static bool writes_on(const char *action)
{
    return strcmp(action, "c") == 0 || strcmp(action, "n") == 0 || strcmp(action, "d") == 0;
}

static enum gd_walk visit_key(const struct gd_node *node, const struct gd_node *parent,
                              void *context)
{
    (void)parent;
    const struct key_search *search = context;
    if (gd_node_kind(node) != GD_KIND_Constraint ||
        !gd_node_enum_is(node, GD_F_contype, "CONSTR_FOREIGN"))
        return GD_WALK_INTO;
    struct gd_state *state = search->deed->state;
    struct gd_key *key = gd_arena_zalloc(state->arena, 1, sizeof *key);
    const char *on_delete = gd_node_text(node, GD_F_fk_del_action);
    key->from = search->from;
    key->to = relation_thing(search->deed, gd_node_child(node, GD_F_pktable));
    key->on_delete = writes_on(on_delete);
    key->deletes = strcmp(on_delete, "c") == 0;
    key->on_update = writes_on(gd_node_text(node, GD_F_fk_upd_action));
    key->next = state->keys;
    state->keys = key;
    return GD_WALK_INTO;
}

static void note_dependants(const struct deed *deed, struct gd_thing *table,
                            const struct gd_node *cmd)
{
    static const char *const moving[] = {"AT_AlterColumnType", "AT_AddOf", "AT_AddInherit",
                                         "AT_AttachPartition"};
    const char *subtype = gd_node_enum(cmd, GD_F_subtype);
    bool plain = strcmp(subtype, "AT_AlterColumnType") == 0 &&
                 is_plain_builtin_type(gd_node_child(gd_node_child(cmd, GD_F_def), GD_F_type_name));
    for (size_t i = 0; i < sizeof moving / sizeof moving[0] && !plain; i++)
        if (strcmp(moving[i], subtype) == 0 && !is_surely_fresh(table))
            deed->state->moved_dependants = true;
    struct key_search search = {deed, table};
    gd_node_walk(cmd, visit_key, &search);
}

static void apply_alter_table(const struct deed *deed)
{
    if (!gd_node_enum_is(deed->node, GD_F_objtype, "OBJECT_TABLE") &&
        !gd_node_enum_is(deed->node, GD_F_objtype, "OBJECT_FOREIGN_TABLE"))
        return;
    struct gd_thing *table = relation_thing(deed, gd_node_child(deed->node, GD_F_relation));
    for (size_t i = 0; i < gd_node_count(deed->node, GD_F_cmds); i++) {
        const struct gd_node *cmd = gd_node_at(deed->node, GD_F_cmds, i);
        const char *subtype = gd_node_enum(cmd, GD_F_subtype);
        note_dependants(deed, table, cmd);
        if (strcmp(subtype, "AT_AddColumn") == 0)
            apply_add_column(deed, table, cmd);
        else if (strcmp(subtype, "AT_DropColumn") == 0)
            apply_drop_column(deed, table, cmd);
        else if (strcmp(subtype, "AT_AlterColumnType") == 0)
            apply_retype(deed, table, cmd);
        else if (strcmp(subtype, "AT_AddConstraint") == 0 &&
                 gd_node_text(gd_node_child(cmd, GD_F_def), GD_F_conname)[0] != '\0')
            make(deed, "constraint",
                 gd_arena_printf(deed->state->arena, "%s.%s", table->schema, table->name),
                 gd_node_text(gd_node_child(cmd, GD_F_def), GD_F_conname), false);
        else if (strcmp(subtype, "AT_DropConstraint") == 0)
            drop(deed, "constraint",
                 gd_arena_printf(deed->state->arena, "%s.%s", table->schema, table->name),
                 gd_node_text(cmd, GD_F_name));
    }
}

/* A real table becomes the child of one that the script made: a drop of the parent takes it along.
 */
static void adopt(const struct deed *deed, struct gd_thing *parent, const struct gd_node *range)
{
    const struct gd_thing *child = relation_thing(deed, range);
    if (child->standing == GD_THERE && child->fresh)
        return;
    struct gd_name name = {child->schema, child->name};
    parent->fresh = false;
    gd_texts_add(&parent->adopted, gd_name_show(deed->state->arena, name), deed->state->arena);
}

static void apply_family(const struct deed *deed)
{
    const struct gd_node *range = gd_node_child(deed->node, GD_F_relation);
    for (size_t i = 0; i < gd_node_count(deed->node, GD_F_cmds); i++) {
        const struct gd_node *cmd = gd_node_at(deed->node, GD_F_cmds, i);
        const struct gd_node *def = gd_node_child(cmd, GD_F_def);
        if (gd_node_enum_is(cmd, GD_F_subtype, "AT_AttachPartition")) {
            const struct gd_node *part = gd_node_child(def, GD_F_name);
            add_kin(deed, relation_thing(deed, part), range, true);
            adopt(deed, relation_thing(deed, range), part);
        } else if (gd_node_enum_is(cmd, GD_F_subtype, "AT_AddInherit")) {
            add_kin(deed, relation_thing(deed, range), def, true);
            adopt(deed, relation_thing(deed, def), range);
        } else if (strncmp(gd_node_enum(cmd, GD_F_subtype), "AT_Enable", 9) == 0 ||
                   gd_node_enum_is(cmd, GD_F_subtype, "AT_ForceRowSecurity")) {
            relation_thing(deed, range)->enables = true;
        }
    }
}

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
static void move(const struct deed *deed, const char *kind, const char *from_schema,
                 const char *from, const char *to_schema, const char *to)
{
    const struct gd_survey *survey = deed->state->survey;
    struct gd_thing *old = thing_of(deed->state, kind, from_schema, from);
    struct gd_thing before = *old;
    struct gd_thing *moved = thing_of(deed->state, kind, to_schema, to);
    for (struct gd_key *key = deed->state->keys; key != NULL; key = key->next) {
        key->from = key->from == old ? moved : key->from;
        key->to = key->to == old ? moved : key->to;
    }
    if (strcmp(kind, "relation") == 0)
        move_what_is_on(deed->state, old, moved);
    forget(moved);
    drop(deed, kind, from_schema, from);
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

static void rename_column(const struct deed *deed)
{
    struct gd_thing *table = relation_thing(deed, gd_node_child(deed->node, GD_F_relation));
    const char *from = gd_node_text(deed->node, GD_F_subname);
    const struct gd_changed_column *known = gd_thing_column(table, from);
    bool fresh = known != NULL && known->standing == GD_THERE && known->fresh;
    const char *origin = known != NULL && known->catalogue_name != NULL ? known->catalogue_name
                         : fresh                                        ? NULL
                                 : gd_arena_strdup(deed->state->arena, from);
    struct gd_changed_column *gone = changed_column(deed, table, from);
    struct gd_changed_column *now =
        changed_column(deed, table, gd_node_text(deed->node, GD_F_newname));
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
static void rename_function(const struct deed *deed, struct gd_name from, const char *to_schema,
                            const char *to)
{
    struct gd_thing *function = thing_of(deed->state, "function", to_schema, to);
    function->was = gd_arena_strdup(deed->state->arena, from.name);
}

static void apply_rename(const struct deed *deed)
{
    const char *type = gd_node_enum(deed->node, GD_F_rename_type);
    const char *to = gd_node_text(deed->node, GD_F_newname);
    if (strcmp(type, "OBJECT_COLUMN") == 0) {
        rename_column(deed);
    } else if (is_relation_object(type)) {
        struct gd_name name = gd_name_of_range(gd_node_child(deed->node, GD_F_relation));
        const char *schema = meet(deed->state, "relation", name);
        move(deed, "relation", schema, name.name, schema, to);
    } else if (is_type_object(type)) {
        struct gd_name name = gd_name_of_object(gd_node_child(deed->node, GD_F_object));
        const char *schema = meet(deed->state, "type", name);
        move(deed, "type", schema, name.name, schema, to);
    } else if (strcmp(type, "OBJECT_SCHEMA") == 0) {
        deed->state->schemas_renamed = true;
    } else if (is_function_object(type)) {
        struct gd_name name = gd_name_of_object(gd_node_child(deed->node, GD_F_object));
        rename_function(deed, name, meet(deed->state, "function", name), to);
    }
}

static void apply_set_schema(const struct deed *deed)
{
    const char *type = gd_node_enum(deed->node, GD_F_object_type);
    const char *to = gd_node_text(deed->node, GD_F_newschema);
    deed->state->moved_dependants = true;
    if (is_relation_object(type)) {
        struct gd_name name = gd_name_of_range(gd_node_child(deed->node, GD_F_relation));
        move(deed, "relation", meet(deed->state, "relation", name), name.name, to, name.name);
    } else if (is_type_object(type)) {
        struct gd_name name = gd_name_of_object(gd_node_child(deed->node, GD_F_object));
        move(deed, "type", meet(deed->state, "type", name), name.name, to, name.name);
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
static bool drop_on_table(const struct deed *deed, const char *type, const struct gd_node *object)
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
    drop(deed, kind,
         gd_arena_printf(deed->state->arena, "%s.%s", meet(deed->state, "relation", name), table),
         own);
    return true;
}

static void apply_drop(const struct deed *deed)
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
        drop(deed, kind, in_schema ? meet(deed->state, kind, name) : "", name.name);
    }
}

/* ---- types ---- */

static struct gd_thing *make_type(const struct deed *deed, enum gd_field field)
{
    struct gd_name name = gd_name_of_list(deed->node, field);
    return make(deed, "type", schema_of(deed->state, name), name.name, false);
}

static void apply_create_enum(const struct deed *deed)
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

static void apply_create_composite(const struct deed *deed)
{
    struct gd_name name = gd_name_of_range(gd_node_child(deed->node, GD_F_typevar));
    make(deed, "type", schema_of(deed->state, name), name.name, false);
}

static void apply_create_range(const struct deed *deed)
{
    make_type(deed, GD_F_type_name);
}

static void apply_create_domain(const struct deed *deed)
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

static void apply_alter_enum(const struct deed *deed)
{
    struct gd_name name = gd_name_of_list(deed->node, GD_F_type_name);
    struct gd_thing *type =
        thing_of(deed->state, "type", meet(deed->state, "type", name), name.name);
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

static void apply_create_function(const struct deed *deed)
{
    struct gd_name name = gd_name_of_list(deed->node, GD_F_funcname);
    struct gd_thing *function =
        thing_of(deed->state, "function", schema_of(deed->state, name), name.name);
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

static struct gd_thing *make_on_table(const struct deed *deed, const char *kind,
                                      const struct gd_node *range, const char *name, bool replace)
{
    struct gd_name table = gd_name_of_range(range);
    const char *key = gd_arena_printf(deed->state->arena, "%s.%s",
                                      meet(deed->state, "relation", table), table.name);
    struct gd_thing *thing = make(deed, kind, key, name, replace);
    if (thing->table == NULL) {
        thing->table = key;
        thing->next_on_table = gd_state_on_table(deed->state, key);
        gd_lookup_set(&deed->state->by_table, "", "", key, thing, deed->state->arena);
    }
    return thing;
}

static void apply_create_trigger(const struct deed *deed)
{
    struct gd_thing *trigger = make_on_table(
        deed, "trigger", gd_node_child(deed->node, GD_F_relation),
        gd_node_text(deed->node, GD_F_trigname), gd_node_flag(deed->node, GD_F_replace));
    struct gd_name function = gd_name_of_list(deed->node, GD_F_funcname);
    trigger->standing = GD_THERE;
    trigger->events = trigger_events(gd_node_int(deed->node, GD_F_events));
    trigger->function = gd_arena_strdup(deed->state->arena, function.name);
}

static void apply_rule(const struct deed *deed)
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

static void apply_policy(const struct deed *deed)
{
    make_on_table(deed, "policy", gd_node_child(deed->node, GD_F_table),
                  gd_node_text(deed->node, GD_F_policy_name), false);
}

static void apply_prepare(const struct deed *deed)
{
    struct gd_thing *prepared =
        make(deed, "prepared statement", "", gd_node_text(deed->node, GD_F_name), false);
    prepared->text = gd_arena_strdup(deed->state->arena, deed->text);
    prepared->standing = GD_THERE;
}

static void apply_create_schema(const struct deed *deed)
{
    const char *name = gd_node_text(deed->node, GD_F_schemaname);
    make(deed, "schema", "", name, gd_node_flag(deed->node, GD_F_if_not_exists));
    struct path before = deed->state->path;
    const char **inside = gd_arena_zalloc(deed->state->arena, 1, sizeof *inside);
    inside[0] = gd_arena_strdup(deed->state->arena, name);
    deed->state->path = (struct path){.schemas = inside, .count = 1};
    for (size_t i = 0; i < gd_node_count(deed->node, GD_F_schema_elts); i++)
        gd_state_apply(deed->state, gd_node_at(deed->node, GD_F_schema_elts, i), deed->text,
                       deed->line, deed->sure);
    deed->state->path = before;
}

/* ---- the session ---- */

static struct path path_of(const struct gd_state *state, const char *const *names, size_t count)
{
    struct path path = {0};
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

static void set_path(struct gd_state *state, struct path path, bool local)
{
    if (local && !state->path_is_local)
        state->path_before_local = state->path;
    state->path_is_local = local && state->in_block;
    if (local && !state->in_block)
        return; /* the server warns and does nothing */
    state->path = path;
}

/* set_config('search_path', 'a, b', …): split as the server splits a list of identifiers. */
static struct path path_of_text(struct gd_state *state, const char *text)
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
static void apply_role(const struct deed *deed)
{
    struct gd_state *state = deed->state;
    state->role_changed = true;
    const char *role = gd_node_string(gd_node_at(deed->node, GD_F_args, 0));
    const struct gd_survey *survey = state->survey;
    state->role_in_doubt = role == NULL || survey == NULL || !deed->sure ||
                           gd_survey_has_schema(survey, role) ||
                           gd_survey_has_schema(survey, survey->user);
}

static void apply_set(const struct deed *deed)
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
        set_path(state, initial_path(state->survey), local);
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
static enum gd_walk find_later_set_config(const struct gd_node *node, const struct gd_node *parent,
                                          void *context)
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

static enum gd_walk find_set_config(const struct gd_node *node, const struct gd_node *parent,
                                    void *context)
{
    struct deed *deed = context;
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
static void roll_back(struct gd_state *state, struct path path)
{
    for (struct gd_thing *thing = state->things; thing != NULL; thing = thing->next)
        if (thing->block == state->block && thing->block != 0)
            forget(thing);
        else
            thing->columns = (struct gd_lookup){0};
    state->path = path;
    state->path_is_local = false;
}

/* ROLLBACK outside of a block: statements that were sent together with it are taken back, too. */
static void roll_back_unopened(struct gd_state *state)
{
    for (struct gd_thing *thing = state->things; thing != NULL; thing = thing->next)
        forget(thing);
    state->path.unknown =
        state->path.schemas != initial_path(state->survey).schemas || state->path.unknown;
}

static void end_block(struct gd_state *state, bool chain)
{
    for (struct gd_thing *thing = state->things; thing != NULL; thing = thing->next)
        if (thing->ends_with_block) {
            forget(thing);
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

static void apply_savepoint(const struct deed *deed)
{
    struct savepoint *savepoint = gd_arena_zalloc(deed->state->arena, 1, sizeof *savepoint);
    savepoint->name =
        gd_arena_strdup(deed->state->arena, gd_node_text(deed->node, GD_F_savepoint_name));
    savepoint->path = deed->state->path;
    savepoint->next = deed->state->savepoints;
    deed->state->savepoints = savepoint;
}

static void roll_back_to(const struct deed *deed)
{
    const char *name = gd_node_text(deed->node, GD_F_savepoint_name);
    struct path path = deed->state->path_at_begin;
    for (struct savepoint *at = deed->state->savepoints; at != NULL; at = at->next)
        if (strcmp(at->name, name) == 0) {
            path = at->path;
            break;
        }
    roll_back(deed->state, path);
}

static void apply_transaction(const struct deed *deed)
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

static void apply_discard(const struct deed *deed)
{
    bool all = gd_node_enum_is(deed->node, GD_F_target, "DISCARD_ALL");
    bool temporary = all || gd_node_enum_is(deed->node, GD_F_target, "DISCARD_TEMP");
    for (struct gd_thing *thing = deed->state->things; thing != NULL; thing = thing->next)
        if (temporary && thing->temporary)
            thing->standing = GD_GONE;
    if (all)
        deed->state->path = initial_path(deed->state->survey);
}

/* ---- rows ---- */

uint32_t gd_state_written(const struct gd_state *state, const char *schema, const char *name)
{
    const struct written *written = gd_lookup_get(&state->written, "", schema, name);
    return written == NULL ? 0 : written->line;
}

static void note_write(const struct deed *deed, const struct gd_node *range)
{
    struct gd_name name = gd_name_of_range(range);
    const char *schema = meet(deed->state, "relation", name);
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

static void apply_event_trigger_change(const struct deed *deed)
{
    deed->state->enables_events = true;
}

static void apply_moved_dependants(const struct deed *deed)
{
    deed->state->moved_dependants = true;
}

/* Who changes the state, by node kind. */
static const struct {
    enum gd_kind kind;
    void (*apply)(const struct deed *deed);
} appliers[] = {
    {GD_KIND_CreateStmt, apply_create_table},
    {GD_KIND_CreateForeignTableStmt, apply_create_foreign_table},
    {GD_KIND_CreateTableAsStmt, apply_create_as},
    {GD_KIND_SelectStmt, apply_select_into},
    {GD_KIND_ViewStmt, apply_view},
    {GD_KIND_CreateSeqStmt, apply_create_sequence},
    {GD_KIND_IndexStmt, apply_index},
    {GD_KIND_AlterTableStmt, apply_alter_table},
    {GD_KIND_AlterTableStmt, apply_family},
    {GD_KIND_AlterTableStmt, attach_to_relation},
    {GD_KIND_CreateStmt, attach_to_relation},
    {GD_KIND_IndexStmt, attach_to_relation},
    {GD_KIND_CreateTrigStmt, attach_to_relation},
    {GD_KIND_CreateCastStmt, apply_cast},
    {GD_KIND_DefineStmt, apply_define},
    {GD_KIND_CreateEventTrigStmt, apply_event_trigger},
    {GD_KIND_AlterEventTrigStmt, apply_event_trigger_change},
    {GD_KIND_RenameStmt, apply_rename},
    {GD_KIND_AlterObjectSchemaStmt, apply_set_schema},
    {GD_KIND_DropStmt, apply_drop},
    {GD_KIND_AlterExtensionContentsStmt, apply_moved_dependants},
    {GD_KIND_AlterObjectDependsStmt, apply_moved_dependants},
    {GD_KIND_CreateEnumStmt, apply_create_enum},
    {GD_KIND_CompositeTypeStmt, apply_create_composite},
    {GD_KIND_CreateRangeStmt, apply_create_range},
    {GD_KIND_CreateDomainStmt, apply_create_domain},
    {GD_KIND_AlterEnumStmt, apply_alter_enum},
    {GD_KIND_CreateFunctionStmt, apply_create_function},
    {GD_KIND_CreateTrigStmt, apply_create_trigger},
    {GD_KIND_RuleStmt, apply_rule},
    {GD_KIND_CreatePolicyStmt, apply_policy},
    {GD_KIND_PrepareStmt, apply_prepare},
    {GD_KIND_CreateSchemaStmt, apply_create_schema},
    {GD_KIND_VariableSetStmt, apply_set},
    {GD_KIND_TransactionStmt, apply_transaction},
    {GD_KIND_DiscardStmt, apply_discard},
};

void gd_state_apply(struct gd_state *state, const struct gd_node *statement, const char *text,
                    uint32_t line, bool sure)
{
    struct deed deed = {state, statement, text, line, sure};
    enum gd_kind kind = gd_node_kind(statement);
    if (kind == GD_KIND_SelectStmt || kind == GD_KIND_DoStmt || kind == GD_KIND_CallStmt)
        gd_node_walk(statement, find_set_config, &deed);
    else
        gd_node_walk(statement, find_later_set_config, state);
    if (state->survey != NULL && may_write(kind)) /* only who asks the database wants to know */
        gd_node_walk(statement, visit_write, &deed);
    for (size_t i = 0; i < sizeof appliers / sizeof appliers[0]; i++)
        if (appliers[i].kind == kind) {
            appliers[i].apply(&deed);
            state->changes += kind != GD_KIND_SelectStmt;
        }
}
