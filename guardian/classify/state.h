/*
 * State: what the script has done so far, as far as it changes the meaning of what follows.
 *
 * Names are kept as the server would resolve them. A thing that the script made is `fresh` only
 * when it was surely not there before, and only in the straight line: a branch may not run, and
 * ROLLBACK takes back. When in doubt the state forgets, and a thing becomes GD_UNSURE.
 *
 * Owner  its own arena; it lives as long as the classification of all scripts of one request.
 */
#ifndef GUARDIAN_CLASSIFY_STATE_H
#define GUARDIAN_CLASSIFY_STATE_H

#include "guardian/base/lookup.h"
#include "guardian/classify/look.h"

enum gd_standing { GD_THERE, GD_GONE, GD_FORGOTTEN };

/* A column that the script added, dropped or renamed. */
struct gd_changed_column {
    const char *name;
    enum gd_standing standing;
    bool fresh;
    uint32_t line;
    const char *catalogue_name; /* what it was called before this script; NULL when added */
};

struct gd_thing {
    const char *kind; /* "relation", "type", "function", "trigger", … */
    const char *schema, *name;
    enum gd_standing standing;
    bool fresh, temporary;
    uint32_t line;                      /* of the statement that made it so */
    uint32_t block;                     /* number of the transaction block, 0 outside of one */
    const struct gd_relation *relation; /* a renamed or moved one of the catalogue */
    const struct gd_type *type;
    struct gd_lookup columns;  /* by "column" and name: struct gd_changed_column */
    struct gd_texts adopted;   /* relations that were there before and became its children */
    const char *const *labels; /* of an enum, after this script's changes; NULL: not tracked */
    size_t label_count;
    bool is_enum, is_domain;
    bool ends_with_block; /* ON COMMIT DROP */
    bool is_view;
    const char *text;            /* definition: of a function, a view, a prepared statement */
    const char *function;        /* of a trigger: what it calls; of a rule: unused */
    const char *table;           /* of a trigger or rule: on which relation (key) */
    uint32_t events;             /* of a trigger or rule: GD_EVENT_* */
    const char *was;             /* of a function: the name that it had before; or NULL */
    bool enables;                /* of a relation: triggers, rules or policies were turned on */
    struct gd_thing *next;       /* of all, newest first */
    struct gd_thing *next_named; /* of the same kind and bare name, newest first */
    struct gd_thing *next_on_table;
};

enum {
    GD_EVENT_INSERT = 1,
    GD_EVENT_UPDATE = 2,
    GD_EVENT_DELETE = 4,
    GD_EVENT_TRUNCATE = 8,
    GD_EVENT_SELECT = 16
};

/* A definition of the script that calls something when rows of a relation are written. */
struct gd_attached {
    const char *schema, *name; /* of the relation */
    const char *text;
    struct gd_attached *next;
};

/* A relation that the script gave definitions of another: LIKE, INHERITS, PARTITION OF, ATTACH. */
struct gd_kin {
    const char *heir_schema, *heir;
    const char *source_schema, *source;
    bool both; /* rows of one are rows of the other: what is on either runs */
    struct gd_kin *next;
};

/* A value that ALTER TYPE … ADD VALUE brought. */
struct gd_added_value {
    const char *type; /* shown name */
    const char *label;
    uint32_t line;
    uint32_t block;
    bool used; /* by the statement that is being judged */
    struct gd_added_value *next, *next_of_label;
};

/* A foreign key that this script made: what happens to `to` is passed on to the rows of `from`. */
struct gd_key {
    const struct gd_thing *from, *to;
    bool on_delete, on_update; /* it deletes or overwrites, not only refuses */
    bool deletes;              /* ON DELETE CASCADE */
    struct gd_key *next;
};

struct gd_state;

struct gd_state *gd_state_new(const struct gd_survey *survey);
void gd_state_free(struct gd_state *state);

/** Apply what a statement did. `sure` is false inside a branch: then only doubt is recorded. */
void gd_state_apply(struct gd_state *state, const struct gd_node *statement, const char *text,
                    uint32_t line, bool sure);

/** The next script begins: line numbers start anew, the session goes on. */
struct gd_thing *gd_state_find(const struct gd_state *state, const char *kind, const char *schema,
                               const char *name);
/** The newest thing of a kind, which is not "relation", with that bare name, in any schema: follow
 *  `next_named`. */
struct gd_thing *gd_state_named(const struct gd_state *state, const char *kind, const char *name);
/** The thing of a kind, which is not "relation", whose gd_name_show() is `shown`. */
struct gd_thing *gd_state_shown(const struct gd_state *state, const char *kind, const char *shown);
/** The newest trigger, rule or policy on a table ("public.users"): follow `next_on_table`. */
struct gd_thing *gd_state_on_table(const struct gd_state *state, const char *table);
/** What the script did to a column of a relation; NULL: nothing. */
struct gd_changed_column *gd_thing_column(const struct gd_thing *thing, const char *name);
struct gd_added_value *gd_state_added_values(const struct gd_state *state);
/** The newest added value of that label: follow `next_of_label`. */
struct gd_added_value *gd_state_added_label(const struct gd_state *state, const char *label);

/** The line on which this script first writes rows of a relation; 0 when it has not so far. */
uint32_t gd_state_written(const struct gd_state *state, const char *schema, const char *name);

struct gd_attached *gd_state_attached(const struct gd_state *state);
/** Does the schema hold a thing of that kind, "relation" or "function", that the script made? */
bool gd_state_adds_to(const struct gd_state *state, const char *kind, const char *schema);
/** SET ROLE or SET SESSION AUTHORIZATION stands in the script. */
bool gd_state_role_changed(const struct gd_state *state);
struct gd_kin *gd_state_kin(const struct gd_state *state);
/** Functions that the script lets run without being called: behind operators, casts, domains … */
void gd_state_arm(struct gd_state *state, const char *function);
const struct gd_texts *gd_state_armed(const struct gd_state *state);
/** ALTER EVENT TRIGGER … ENABLE stands in the script. */
bool gd_state_enables_events(const struct gd_state *state);
/** Grows with every statement that may change what a later one runs. */
uint32_t gd_state_changes(const struct gd_state *state);
bool gd_state_has_event_trigger(const struct gd_state *state);

/** The effective search_path: schemas in order. */
size_t gd_state_path(const struct gd_state *state, const char *const **out_schemas);
/** The path was set to something that cannot be told from the text. */
bool gd_state_path_unknown(const struct gd_state *state);
/** What a name stands for cannot be told any more: a schema was renamed, the role and with it
 * "$user" changed, or search_path was set where the text does not show to what. */
bool gd_state_doubts_name(const struct gd_state *state, const char *schema);
/** A call that runs now may set search_path or the role: names without a schema are in doubt. */
void gd_state_lose_path(struct gd_state *state);
/** Objects that were there before hang on others than the catalogue says: moved to a schema or an
 *  extension, given another type or owner. */
bool gd_state_moved_dependants(const struct gd_state *state);
struct gd_key *gd_state_keys(const struct gd_state *state);
/** pg_catalog stands explicitly behind another schema, so that names of builtins may be hidden. */
bool gd_state_builtins_hidden(const struct gd_state *state);
bool gd_state_in_block(const struct gd_state *state);
uint32_t gd_state_block(const struct gd_state *state);
struct gd_arena *gd_state_arena(const struct gd_state *state);

#endif
