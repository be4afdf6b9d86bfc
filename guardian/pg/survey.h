/*
 * Survey: what the live catalogue says about the names that a script uses.
 *
 * One read-only, repeatable-read transaction looks up every object that carries one of the given
 * names, in any schema, and all that hangs on it. What is not named is not loaded, so that the
 * cost follows the script and not the database. A survey is plain data: classify/ and policy/ read
 * it, tests write it by hand.
 *
 * Invariant 1  Nothing is executed that a catalogue query does not execute: no user function, no
 *              view of the user is read.
 * Invariant 2  `complete` is false when something named could not be looked at (rights, limits);
 *              then "not found" proves nothing, and `trouble` says what is missing.
 * Invariant 3  Names inside texts are schema-qualified and quoted as needed, whatever the session's
 *              search path: format_type() gives "public.user_role", pg_get_expr()
 *              "'user'::public.user_role".
 * Owner        the arena given to gd_survey_take() (pg/surveyor.h, which is how a survey is made).
 */
#ifndef GUARDIAN_PG_SURVEY_H
#define GUARDIAN_PG_SURVEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct gd_arena;

/** Any catalogue object, as pg_depend addresses it. */
struct gd_address {
    uint32_t class_oid; /* oid of the system catalogue: pg_class, pg_type … */
    uint32_t oid;
    int32_t column; /* attnum, or 0 for the whole object */
};

/* Well-known catalogue oids; they are fixed in every version. */
enum {
    GD_PG_TYPE = 1247,
    GD_PG_ROLE = 1260,
    GD_PG_PROC = 1255,
    GD_PG_CLASS = 1259,
    GD_PG_ATTRDEF = 2604,
    GD_PG_CONSTRAINT = 2606,
    GD_PG_OPERATOR = 2617,
    GD_PG_REWRITE = 2618,
    GD_PG_TRIGGER = 2620,
    GD_PG_NAMESPACE = 2615,
    GD_PG_EXTENSION = 3079,
    GD_PG_POLICY = 3256,
};

struct gd_column {
    int16_t number; /* attnum */
    const char *name;
    uint32_t type_oid;
    int32_t typmod;
    const char *type;      /* format_type(): "character varying(50)" */
    const char *collation; /* "" when the type's own */
    bool not_null;
    bool inherited;          /* attinhcount > 0 */
    const char *default_sql; /* pg_get_expr(); NULL when none (also of generated columns) */
    bool default_volatile;
    char identity;              /* 'a', 'd' or 0, as pg_attribute */
    char generated;             /* 's', 'v' or 0 */
    const char *comment;        /* NULL when none */
    const char *owned_sequence; /* qualified name, or NULL */
    double null_fraction;       /* pg_stats, -1 when not known */
    char storage;
    char compression;
    int32_t statistics;
};

struct gd_constraint {
    uint32_t oid;
    const char *name;
    char type;              /* 'c' 'f' 'p' 'u' 'x' 'n' 't', as pg_constraint */
    const char *definition; /* pg_get_constraintdef() */
    bool validated;
    bool deferrable, deferred;
    bool enforced;
    uint32_t index_oid;
    const int16_t *columns;
    size_t column_count;
    uint32_t referenced_oid; /* of a foreign key: the table it points at */
    const char *referenced;  /* its qualified name */
    const int16_t *referenced_columns;
    char on_delete, on_update; /* 'a' 'r' 'c' 'n' 'd' */
    const char *comment;
};

struct gd_index {
    uint32_t oid;
    const char *schema, *name;
    const char *definition; /* pg_get_indexdef() */
    const char *method;
    bool unique, primary, valid, ready;
    bool nulls_not_distinct;
    const int16_t *columns; /* key columns; 0 for an expression */
    size_t column_count;
    const char *predicate; /* NULL when none */
    uint32_t constraint_oid;
    bool replica_identity, clustered;
};

struct gd_trigger {
    uint32_t oid;
    const char *name;
    const char *definition; /* pg_get_triggerdef() */
    uint32_t function_oid;
    uint16_t events; /* tgtype, as the server keeps it */
    char enabled;    /* 'O' 'D' 'R' 'A' */
    const char *comment;
};

struct gd_rule_definition {
    uint32_t oid;
    const char *name;
    char event; /* '1' select '2' update '3' insert '4' delete */
    bool instead;
    char enabled;
    const char *definition; /* pg_get_ruledef() */
};

struct gd_policy_definition { /* row level security */
    uint32_t oid;
    const char *name;
    bool permissive;
    char command;                      /* '*' 'r' 'a' 'w' 'd' */
    const char *roles;                 /* comma-separated, sorted */
    const char *using_sql, *check_sql; /* NULL when none */
    const char *comment;
};

struct gd_relation {
    uint32_t oid;
    const char *schema, *name;
    const char *qualified; /* quoted as needed: public.users, "App"."User" */
    char kind;             /* relkind: 'r' 'p' 'v' 'm' 'i' 'I' 'S' 'f' 'c' 't' */
    char persistence;      /* 'p' 'u' 't' */
    bool temporary_mine;   /* in this session's pg_temp */
    bool partition;        /* is one */
    bool populated;
    uint32_t row_type_oid, of_type_oid;
    uint32_t index_table_oid; /* of an index: its table */
    uint32_t extension_oid;   /* member of an extension, or 0 */
    const char *owner;
    double rows;          /* reltuples; -1 never analysed */
    uint64_t bytes;       /* pg_table_size, with TOAST, without indexes */
    bool bytes_estimated; /* as VACUUM or ANALYZE saw it last: locked now, or one of very many */
    uint64_t index_bytes; /* as VACUUM or ANALYZE saw them last */
    bool row_security, force_row_security;
    char replica_identity;
    const char *options;    /* reloptions joined by ", "; "" when none */
    const char *tablespace; /* "" for the default one */
    const char *access_method;
    const char *comment;
    const char *acl; /* relacl as text; NULL when default */
    const char *partition_bound, *partition_key;
    const char *view_sql; /* pg_get_viewdef() of views and matviews */
    const struct gd_column *columns;
    size_t column_count;
    const struct gd_constraint *constraints;
    size_t constraint_count;
    const struct gd_index *indexes;
    size_t index_count;
    const struct gd_trigger *triggers; /* not internal ones */
    size_t trigger_count;
    const struct gd_rule_definition *rules; /* without _RETURN */
    size_t rule_count;
    const struct gd_policy_definition *policies;
    size_t policy_count;
    const uint32_t *children; /* pg_inherits, direct; loaded, too */
    size_t child_count;
    const uint32_t *parents;
    size_t parent_count;
    bool readable; /* the role may SELECT all of it */
    bool expanded; /* what depends on it was looked up; else it is a mere neighbour */
    /* a sequence's own */
    bool sequence_known; /* last and called were read */
    int64_t sequence_last, sequence_increment, sequence_min, sequence_max, sequence_start;
    bool sequence_called, sequence_cycle;
    const char *sequence_type;
    const char *sequence_owner; /* schema.table.column or NULL */
};

struct gd_type_use { /* one column that holds the type: itself, its array, a domain over it */
    uint32_t relation_oid;
    const char *relation; /* qualified */
    const char *column;
    bool array;
};

struct gd_type {
    uint32_t oid;
    const char *schema, *name, *qualified;
    char type; /* typtype: 'b' 'c' 'd' 'e' 'm' 'p' 'r' */
    const char *owner;
    uint32_t base_oid; /* of a domain */
    const char *base;  /* format_type of a domain's base */
    bool not_null;     /* domain */
    const char *default_sql;
    const struct gd_constraint *constraints; /* of a domain */
    size_t constraint_count;
    const char *const *labels; /* of an enum, in sort order */
    size_t label_count;
    bool expanded; /* uses and dependants were looked up */
    const struct gd_type_use *uses;
    size_t use_count;
    uint32_t array_oid;
    uint32_t extension_oid;
    const char *comment;
};

struct gd_function {
    uint32_t oid;
    const char *schema, *name;
    const char *identity;       /* schema.name(argument types), as regprocedure prints it */
    const char *argument_types; /* pg_get_function_identity_arguments() */
    const char *arguments;      /* pg_get_function_arguments(): with defaults */
    const char *result;         /* pg_get_function_result() */
    char kind;                  /* prokind: 'f' 'p' 'a' 'w' */
    const char *language;
    char volatility; /* 'i' 's' 'v' */
    char parallel;
    bool strict, leakproof, security_definer, returns_set;
    const char *source; /* prosrc; of BEGIN ATOMIC bodies pg_get_function_sqlbody() */
    bool atomic_body;
    const char *settings; /* proconfig joined by newlines; "" when none */
    const char *cost, *rows_estimate;
    const char *owner;
    uint32_t extension_oid; /* member of an extension, or 0 */
    bool builtin;           /* in pg_catalog and from initdb */
    const char *comment;
    const char *acl;
};

struct gd_operator_definition {
    uint32_t oid;
    const char *schema, *name;
    uint32_t function_oid;
};

struct gd_cast_definition { /* only those with a function that is no builtin */
    const char *source, *target;
    uint32_t function_oid;
    char context; /* 'e' 'a' 'i' */
};

/** Rights that are the same for many objects. */
struct gd_rights {
    const char *schema; /* "": of any schema */
    const char *kind;   /* "table", "sequence", "function", "procedure": some of the schema's hold
                           this list; "default r": later ones of pg_default_acl's type will */
    const char *owner;  /* of later ones: who makes them; else "" */
    const char *acl;    /* NULL: what the server gives by itself */
};

/* What runs the function of a hook. */
enum gd_hook_kind {
    GD_HOOK_DEFAULT = 'd', /* a row is written; of a generated column a rewrite, too */
    GD_HOOK_CHECK = 'c',   /* a row is written, or the constraint is validated */
    GD_HOOK_INDEX = 'i',   /* a row is written, the index is built, the table is analysed */
    GD_HOOK_KEY = 'k',     /* a row is written to a partitioned table */
    GD_HOOK_STATISTICS = 's',
    GD_HOOK_QUERY = 'v', /* a view is read, a materialized view refreshed */
    GD_HOOK_RULE = 'r',
    GD_HOOK_POLICY = 'p',
    GD_HOOK_DOMAIN = 'D',    /* a value of the domain is made: its checks, its default */
    GD_HOOK_AGGREGATE = 'f', /* the aggregate is called */
    GD_HOOK_EVENT = 'e',     /* a definition is changed */
    GD_HOOK_ANYWHERE = 'x'   /* operators, casts, operator classes, range types: no text shows it */
};

/** A function of the user's that runs because something else is done. */
struct gd_hook {
    uint32_t function_oid;
    bool member;              /* the function belongs to an extension */
    struct gd_address object; /* what needs it */
    uint32_t relation_oid;    /* on which relation, or 0 */
    uint32_t type_oid;        /* of which domain, or 0 */
    enum gd_hook_kind kind;
    const char *name; /* in words, "event trigger watch"; "" of what is on a relation */
    const char *tags; /* event trigger: its event, how it is enabled, its tags, each with a comma:
                         "sql_drop O DROP TABLE,"; else NULL */
};

/** Anything else that statements name: existence, owner and comment are enough. */
struct gd_other {
    struct gd_address address;
    const char *kind;   /* "role", "database", "extension", "schema", "publication",
                           "subscription", "server", "foreign-data wrapper", "collation",
                           "text search configuration", "event trigger", "statistics", … */
    const char *schema; /* "" when it has none */
    const char *name;
    const char *owner;   /* "" when it has none */
    const char *comment; /* NULL when none */
    const char *detail;  /* schema: its access list; extension: installed version; statistics: its
                            table; event trigger  (all are here, named or not): its function when it
                            is enabled;  NULL when there is nothing to say */
};

/** `object` cannot be there without `needs`: one row of pg_depend, or of pg_shdepend for what a
 * role owns. A child table needs its parent. Not here: TOAST tables, the triggers of foreign keys,
 * row types that nothing else uses. */
struct gd_dependency {
    struct gd_address object, needs;
    char type; /* deptype: 'n' normal, 'a' auto, 'i' internal, 'e' extension, 'P' 'S' partition,
                  'x' auto of an extension */
};

/** What a pg_depend address is, in words. */
struct gd_described {
    struct gd_address address;
    const char *kind;      /* pg_identify_object().type: "table", "view", "table column", … */
    const char *identity;  /* qualified, quoted as needed */
    uint32_t relation_oid; /* the table it belongs to, or 0 */
};

struct gd_survey {
    int server_version;      /* server_version_num: 150018 */
    const char *server_text; /* "15.18" */
    const char *database, *user;
    uint64_t database_bytes; /* pg_database_size(), or with very many tables the sum of the pages
                                that VACUUM or ANALYZE saw last; 0 when it could not be asked */
    bool superuser;
    bool replica;                   /* in recovery */
    const char *const *search_path; /* schemas that exist, in order, "$user" resolved; temp and
                                       pg_catalog only where the server would put them explicitly */
    size_t search_path_count;
    const char *search_path_setting; /* as SHOW gives it */
    bool standard_conforming_strings;
    const char *time_zone, *date_style;
    const char *const *schemas; /* all schemas of the database, sorted */
    size_t schema_count;
    bool large_objects; /* the database holds some */
    bool pooled;        /* a pooler stands between */

    /* Lists longer than 64 are searched by halving: then relations, types and functions must be
       sorted by oid, dependencies by `needs`, descriptions by address. */
    const struct gd_relation *relations;
    size_t relation_count;
    const struct gd_type *types;
    size_t type_count;
    const struct gd_function *functions;
    size_t function_count;
    const struct gd_operator_definition *operators;
    size_t operator_count;
    const struct gd_cast_definition *casts;
    size_t cast_count;
    const struct gd_hook *hooks; /* all of the database, sorted by function; the functions are read
                                    for relations that were */
    size_t hook_count;
    const struct gd_rights *rights; /* of schemas that were asked for, and all defaults */
    size_t right_count;
    const struct gd_other *others;
    size_t other_count;
    const struct gd_dependency *dependencies; /* sorted by `needs` */
    size_t dependency_count;
    const uint32_t *dependencies_by_object;  /* positions, sorted by `object`; NULL: not made */
    const uint32_t *relations_by_name;       /* positions, sorted by name, schema; NULL: not made */
    const struct gd_described *descriptions; /* sorted by address */
    size_t description_count;

    bool complete;
    const char *trouble;
    double seconds;
};

const struct gd_relation *gd_survey_relation(const struct gd_survey *survey, uint32_t oid);
const struct gd_type *gd_survey_type(const struct gd_survey *survey, uint32_t oid);
const struct gd_function *gd_survey_function(const struct gd_survey *survey, uint32_t oid);
const struct gd_relation *gd_survey_relation_named(const struct gd_survey *survey,
                                                   const char *schema, const char *name);
const struct gd_type *gd_survey_type_named(const struct gd_survey *survey, const char *schema,
                                           const char *name);
/** `schema` may be NULL: then every schema counts, for kinds that have none. */
const struct gd_other *gd_survey_other(const struct gd_survey *survey, const char *kind,
                                       const char *schema, const char *name);
bool gd_survey_has_schema(const struct gd_survey *survey, const char *schema);
const struct gd_described *gd_survey_describe(const struct gd_survey *survey,
                                              struct gd_address address);
const struct gd_column *gd_relation_column(const struct gd_relation *relation, const char *name);
const struct gd_constraint *gd_relation_constraint(const struct gd_relation *relation,
                                                   const char *name);
const struct gd_index *gd_relation_index(const struct gd_relation *relation, uint32_t oid);

/**
 * All that DROP … CASCADE of `root` would take along, `root` itself left out, each once, nearest
 * first. Without `cascade` only what goes silently: automatic and internal dependencies,
 * partitions, members of an extension. A column counts as gone with its table and is then not
 * listed.
 *
 * @return the count; `out_taken` is allocated in `arena`
 */
size_t gd_survey_dependents(const struct gd_survey *survey, struct gd_address root, bool cascade,
                            struct gd_arena *arena, struct gd_address **out_taken);

#endif
