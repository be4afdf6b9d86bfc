/*
 * Plan: the steps in which a change would run, before anything runs.
 *
 * The user's file is never edited. Its own transactions stay as they are; only enum values that are
 * added and used go first, each committed alone, because PostgreSQL demands it.
 *
 * Invariant 1  Every statement of every file stands in exactly one step, but for BEGIN, COMMIT and
 *              the like, which become the borders of steps.
 * Invariant 2  A backup that the decision demands is the first step.
 * Owner        the arena given to gd_plan_make(); it keeps views into the change and the decision.
 */
#ifndef GUARDIAN_GUARD_PLAN_H
#define GUARDIAN_GUARD_PLAN_H

#include "guardian/guard/change.h"
#include "guardian/policy/policy.h"

#define GD_STEP_KINDS(X)                                                                           \
    X(BACKUP, "backup")           /* make the backup and prove it */                               \
    X(ENUM_VALUE, "enum value")   /* ALTER TYPE … ADD VALUE, committed before the rest */        \
    X(TRANSACTION, "transaction") /* statements that commit or vanish together */                  \
    X(ALONE, "alone")             /* cannot run inside a transaction block */                      \
    X(SESSION, "session")         /* settings: nothing is written */

enum gd_step_kind {
#define X(name, text) GD_STEP_##name,
    GD_STEP_KINDS(X)
#undef X
};

const char *gd_step_kind_name(enum gd_step_kind kind);

/** A lock that a step takes, and what waits for it. */
struct gd_step_lock {
    enum gd_lock lock;
    const char *relation; /* qualified */
    uint64_t bytes;       /* of its table; 0 when not known */
    double rows;          /* estimated; -1 when not known */
    bool rewrite, scan;   /* it is held while the whole table is rewritten or read */
};

struct gd_step {
    uint32_t number; /* from 1 */
    enum gd_step_kind kind;
    const struct gd_judged_file *file; /* NULL for a backup */
    const struct gd_judged **statements;
    size_t statement_count;
    bool own_block;   /* the file says BEGIN and COMMIT around it */
    bool grouped;     /* made one transaction, because all or nothing was asked for */
    bool moved;       /* it runs earlier than it stands in the file */
    bool left_open;   /* the file ends without COMMIT: the server would roll it back */
    bool rolled_back; /* the file ends the block with ROLLBACK */
    const struct gd_step_lock *locks; /* strongest first */
    size_t lock_count;
    uint64_t rewrite_bytes;   /* of tables that it rewrites: as much disk is needed again */
    double seconds;           /* a backup: about how long it takes; 0: not known */
    const char *seconds_from; /* in words */
    const char *if_it_fails;  /* a sentence */
    const char *way_back;     /* a sentence: how to undo it once it is in */
};

struct gd_plan {
    const struct gd_change *change;
    const struct gd_decision *decision;
    const struct gd_step **steps;
    size_t step_count;
    struct gd_texts notes; /* about the whole: what the plan had to change, what it could not see */
};

struct gd_plan_options {
    /* What follows each other in a file outside of BEGIN and can run in a transaction runs in one:
     * all or nothing. A file's own BEGIN and COMMIT stay what they are. */
    bool single_transaction;
    const bool *single_files; /* the same for some of the report's files; may be NULL */
    /* For each of the report's files: grouped as it was sent, whatever is asked for; may be NULL */
    const struct gd_sent *const *sent;
    const char *note;        /* one more for the whole; may be NULL */
    double backup_seconds;   /* an estimate; 0: nothing is known */
    const char *backup_from; /* what it was estimated from, in words */
};

/** Lay out the steps. Pure. `options` may be NULL. */
const struct gd_plan *gd_plan_make(const struct gd_change *change,
                                   const struct gd_decision *decision,
                                   const struct gd_plan_options *options, struct gd_arena *arena);

/** May it be done, for all that the policy says? @return GD_REFUSED  it refuses, or wants approval:
 *  the text says which statement and why */
GD_MUST struct gd_status gd_plan_check(const struct gd_plan *plan, struct gd_arena *arena,
                                       struct gd_error *err);

#endif
