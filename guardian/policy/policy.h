/*
 * Policy: what the findings of a request demand, and which line of which file says so.
 *
 *     findings + survey -> decision
 *
 * A policy is a YAML file (docs/formats/policy.md); four are built in. gd_decide() is a pure
 * function: it asks nobody, takes no time and changes nothing.
 *
 * Invariant 1  Every name that a statement touches is decided on its own, by the first rule that
 *              matches it; a statement gets the strictest answer of its names, a script that of its
 *              statements. What no rule matches is refused.
 * Invariant 2  Every answer names its grounds: policy, file and line.
 * Invariant 3  Nothing lifts a protected object, or lets pass what no backup can undo, unless the
 *              policy says so itself.
 * Owner        the arena given to gd_policy_load() or gd_decide(); a decision keeps views into the
 *              policy and the report.
 */
#ifndef GUARDIAN_POLICY_POLICY_H
#define GUARDIAN_POLICY_POLICY_H

#include "guardian/base/arena.h"
#include "guardian/base/status.h"
#include "guardian/classify/finding.h"
#include "guardian/pg/survey.h"
#include "guardian/policy/proof_kind.h"

#define GD_POLICY_DEFAULT "default"

/* Strictest last. */
#define GD_ACTIONS(X)                                                                              \
    X(GO, "go")           /* nothing is demanded */                                                \
    X(BACKUP, "back up")  /* make the backup, then go */                                           \
    X(APPROVE, "approve") /* this exact text must be approved first, by its hash */                \
    X(REFUSE, "refuse")

/* When a person is shown the change and asked. `--yes` is an answer. Strictest last. */
#define GD_ASKS(X)                                                                                 \
    X(NEVER, "never")                                                                              \
    X(TERMINAL, "terminal") /* when there is a terminal; without one the policy alone decides */   \
    X(ALWAYS, "always")     /* without a terminal and without --yes: refused */

/* May a point in time (a proven base backup, all WAL since, and a restore point that was seen in
 * the store) stand in for a backup that holds rows? Strictest last. */
#define GD_POINT_USES(X)                                                                           \
    X(NEVER, "never")                                                                              \
    X(USE, "use")         /* where the database is covered; else a snapshot is taken */            \
    X(REQUIRE, "require") /* where it is not covered, the change does not run */

/* What bounds a change: field, kind of value, value when no policy sets it, meaning. */
#define GD_LIMITS(X)                                                                               \
    X(lock_wait, DURATION, 2000, "longest wait for one lock")                                      \
    X(lock_retries, COUNT, 5, "how often a lock that did not come is tried for again")             \
    X(sealed_wait, DURATION, 6000,                                                                 \
      "longest that those who write are held for a lock that a sealed change still lacks")         \
    X(database_backup_max, SIZE, 20480ull << 20,                                                   \
      "a larger database is not backed up whole, but the tables in scope are")                     \
    X(sealed_table_max, SIZE, 10240ull << 20,                                                      \
      "tables in scope that are larger together are not kept from being written to")               \
    X(base_proof_age_max, DURATION, 2592000000,                                                    \
      "a point in time does not stand on a base backup whose proof is older")                      \
    X(drift_rows_max, COUNT, 0,                                                                    \
      "rows that may be written between an online backup and the change")                          \
    X(duration_max, DURATION, 1800000, "longest time for backup, proof and change together")

enum gd_action {
#define X(name, text) GD_ACTION_##name,
    GD_ACTIONS(X)
#undef X
};
enum gd_ask {
#define X(name, text) GD_ASK_##name,
    GD_ASKS(X)
#undef X
};

enum gd_point_use {
#define X(name, text) GD_POINT_##name,
    GD_POINT_USES(X)
#undef X
};

const char *gd_point_use_name(enum gd_point_use value);
const char *gd_action_name(enum gd_action value);
const char *gd_ask_name(enum gd_ask value);

/** Why: one line of a policy, and what it did here. Prints as "strict.yaml:31: text". */
struct gd_ground {
    const char *policy; /* "strict" */
    const char *file;   /* "strict.yaml", or the path that was given; NULL: built into Guardian */
    uint32_t line, column; /* from 1; 0 when no line says it */
    const char *text;      /* "destructive that loses data: rows are gone for good" */
};

/** "strict.yaml:31: text", in `arena`. */
const char *gd_ground_text(const struct gd_ground *ground, struct gd_arena *arena);

struct gd_limit {
    uint64_t value;          /* milliseconds, bytes, or a count; UINT64_MAX: no limit */
    const char *text;        /* as the policy wrote it: "2s", "20GB", "unlimited" */
    struct gd_ground ground; /* where it stands */
};

struct gd_limits {
#define X(field, kind, value, meaning) struct gd_limit field;
    GD_LIMITS(X)
#undef X
};

/** The backup that must be durable and proven before the statement runs. */
struct gd_backup {
    enum gd_scope scope;    /* NONE: no backup */
    struct gd_texts tables; /* in scope: whose rows it must hold (TABLES), which are locked when it
                               is sealed. With DATABASE and none named: all of them */
    bool sealed;            /* writers are stopped from the snapshot to the end of the change */
    enum gd_proof_kind proof;
    bool covers;    /* what can be lost comes back from it; false: the policy takes the
                       loss, and a report must say so */
    uint64_t bytes; /* of the tables, or of the whole database; 0 when not known */
};

enum gd_waiver_state {
    GD_WAIVER_COUNTS,    /* it lifted something */
    GD_WAIVER_IDLE,      /* there was nothing to lift */
    GD_WAIVER_REJECTED,  /* the policy, or what it names, does not let it count: see `why` */
    GD_WAIVER_MALFORMED, /* it cannot be understood: see `why` */
};

/** `-- guardian: allow destructive because …`, right before the statement that it is for. */
struct gd_waiver {
    const char *text;   /* the comment's line */
    const char *allows; /* class word, rule id */
    const char *on;     /* the object it is for, or NULL: all that the statement touches */
    bool without_backup;
    const char *reason;
    enum gd_waiver_state state;
    const char *why; /* one sentence; NULL while it counts */
    char hash[65];   /* of the one statement it is bound to */
};

/** One statement. */
struct gd_ruling {
    const struct gd_judged_file *file;
    const struct gd_judged *judged;
    enum gd_action action; /* what is left to do: an approval that was given is not */
    enum gd_ask ask;
    struct gd_backup backup;
    struct gd_texts tell;             /* who must be told */
    const struct gd_ground **grounds; /* the one that decided the action first */
    size_t ground_count;
    bool approval_needed;    /* by its hash, or by the file's */
    const char *approved_by; /* the hash that was given; NULL while there is none */
    const struct gd_waiver **waivers;
    size_t waiver_count;
};

/** How the backup is made: by a snapshot, or by a point in time. Who looks into the store says it.
 */
struct gd_by_point {
    enum gd_point_use use;
    const char *base;    /* id of the base backup that it stands on; NULL: it is a snapshot */
    int64_t since_us;    /* every moment since can be brought back; 0: not known */
    int64_t proven_us;   /* when the base backup was proven last; 0: not known */
    const char *why_not; /* one phrase; NULL: nobody keeps WAL of this server, or asked */
};

/** The whole request. */
struct gd_decision {
    const char *policy;      /* "strict" */
    const char *policy_file; /* "strict.yaml" */
    const char *environment; /* NULL when none was named */
    enum gd_action action;   /* the strictest of the rulings; GO without any statement */
    enum gd_ask ask;
    struct gd_backup backup; /* one that satisfies every ruling */
    struct gd_by_point point;
    struct gd_texts tell;
    const struct gd_limits *limits;
    bool single_transaction;          /* what a file commits statement by statement runs in one */
    const struct gd_ruling **rulings; /* in the order of the files and statements */
    size_t ruling_count;
    const struct gd_ruling *lead; /* the first of the strictest; NULL without statements */
    struct gd_texts notes; /* what a person should know: sizes not known, limits that changed the
                              plan, waivers and approvals that did not count, and why */
};

/* What happens to a statement that would drop or change an object which somebody else owns. */
#define GD_KEEP_ACTIONS(X)                                                                         \
    X(REFUSE, "refuse")                                                                            \
    X(ANSWER, "answer") /* the tool is told that it was done, and it is not run */

enum gd_keep_action {
#define X(name, text) GD_KEEP_ACTION_##name,
    GD_KEEP_ACTIONS(X)
#undef X
};

struct gd_keep_entry {
    const char *text; /* a path from here, or a pattern of objects */
    bool file;
    struct gd_ground ground; /* where it stands */
};

struct gd_keep_rule {
    enum gd_keep_action action;
    struct gd_ground ground; /* of the action */
    const struct gd_keep_entry *entries;
    size_t entry_count;
};

struct gd_policy;

/**
 * Load a policy, check it, and all that it extends.
 *
 * @param name  one of the built-in names, or a path: what has a slash or ends in .yaml or .yml
 * @return GD_USAGE  there is no such policy, or it is wrong: err->text begins with file:line:column
 *         GD_SYSTEM the file is there but could not be read
 */
GD_MUST struct gd_status gd_policy_load(const char *name, struct gd_arena *arena,
                                        const struct gd_policy **out_policy, struct gd_error *err);

/** The same for a text that is at hand; `file` is the name for messages, and what a relative
 *  `extends` starts from. */
GD_MUST struct gd_status gd_policy_load_text(const char *file, const char *text, size_t size,
                                             struct gd_arena *arena,
                                             const struct gd_policy **out_policy,
                                             struct gd_error *err);

const char *gd_policy_name(const struct gd_policy *policy);
const char *gd_policy_file(const struct gd_policy *policy);
const char *gd_policy_about(const struct gd_policy *policy); /* "" when it says nothing */
const struct gd_limits *gd_policy_limits(const struct gd_policy *policy);
enum gd_point_use gd_policy_point(const struct gd_policy *policy);
const struct gd_keep_rule *gd_policy_keep(const struct gd_policy *policy);

/** Built-in policies: name and YAML text; NULL after the last. */
struct gd_builtin_policy {
    const char *name, *text;
};
const struct gd_builtin_policy *gd_policy_builtin(size_t index);

struct gd_decide_input {
    const struct gd_policy *policy;
    const struct gd_report *report;
    const struct gd_survey *survey; /* NULL: sizes are not known */
    /* It will be a point in time or nothing, which takes a moment whatever the size: what must be
     * sealed may be larger than sealed_table_max. */
    bool by_point;
    const char *environment;      /* NULL or "": none was named */
    const char *const *approvals; /* SHA-256 of statements or of files, 64 hex digits, with or
                                     without "sha256:" in front */
    size_t approval_count;
};

/**
 * Decide.
 *
 * A refusal is an answer, not a failure: out_decision->action says so.
 *
 * @return GD_USAGE  the policy does not know the environment, or needs one and none was named; an
 *                   approval is no SHA-256
 */
GD_MUST struct gd_status gd_decide(const struct gd_decide_input *input, struct gd_arena *arena,
                                   const struct gd_decision **out_decision, struct gd_error *err);

/** One row of a policy's `examples`. */
struct gd_example_result {
    struct gd_ground ground; /* where it stands; its text is the row in words */
    const char *wrong;       /* NULL when it holds; else what came out instead, and by which line */
};

/** Run the policy's own examples. @return how many there are; `out_failures` of them do not hold.
 */
size_t gd_policy_check_examples(const struct gd_policy *policy, struct gd_arena *arena,
                                const struct gd_example_result **out_results, size_t *out_failures);

/** "20GB" and "1500ms" as a policy writes them; also for reports. @return in `arena` */
const char *gd_size_text(uint64_t bytes, struct gd_arena *arena);
const char *gd_duration_text(uint64_t milliseconds, struct gd_arena *arena);

#endif
