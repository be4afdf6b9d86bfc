/*
 * Apply: runs the steps of a plan, in one session, statement by statement, from the text that was
 * judged.
 *
 * Invariant 1  Nothing runs without a permit made for this very plan's decision.
 * Invariant 2  What runs are the bytes that were judged: each statement's SHA-256 is compared with
 *              the verdict's before it is sent.
 * Invariant 3  Before a COMMIT of a risky step its transaction id is in the journal, and before any
 *              COMMIT the step's row is in the ledger, where there is one.
 * Invariant 4  The session is pinned (settings, encoding, search_path, time zone, time-outs) and
 *              looked at again after statements that could change what it depends on.
 * Invariant 5  The first error ends it. What is in and what is not is told for every step.
 */
#ifndef GUARDIAN_GUARD_APPLY_H
#define GUARDIAN_GUARD_APPLY_H

#include "guardian/guard/ledger.h"
#include "guardian/guard/permit.h"
#include "guardian/guard/plan.h"
#include "guardian/guard/seal_clock.h"
#include "guardian/pg/net.h"

/** SQL of Guardian's own around a file, in the same transaction as its first or last step where
 * that is possible (`_prisma_migrations`). May be NULL. */
struct gd_apply_file {
    const struct gd_judged_file *file;
    const char *text; /* all bytes that were judged */
    size_t size;
    const char *before, *after; /* run before its first step, and with its last one */
    bool whole;                 /* the file is one transaction although it says no BEGIN (Prisma) */
};

struct gd_apply_options {
    const struct gd_plan *plan;
    const struct gd_apply_file *files; /* one for each of the report's */
    size_t file_count;
    const struct gd_ledger *ledger;
    const struct gd_net *net;   /* each statement is announced to it; NULL: there is none */
    struct gd_journal *journal; /* NULL: none is kept (a throwaway database) */
    struct gd_story *story;     /* its steps' states, xids and seconds are kept up to date */
    uint32_t skip_steps; /* recovery: this many of the story's steps are in already; what they had
                            set for the session is set again */
    bool whole; /* all that can run in a transaction runs in one (policy: all or nothing) */
    uint32_t statement_ms;          /* statement_timeout; 0: none */
    uint32_t lock_ms, lock_retries; /* one wait for a lock; then back off with jitter, and again */
    uint32_t sealed_ms; /* from the first try of a step that was begun to be sealed until the last
                           one is given up: others wait all the while; 0: no limit */
    struct gd_seal_clock *held; /* stopped when the transaction of such a step ends; may be NULL */
    uint32_t total_ms;          /* for all of it; 0: none */
    struct gd_status (*still_ours)(
        void *context, struct gd_error *err); /* asked before each COMMIT; may be NULL */
    void *still_ours_context;
    const struct gd_events *events;
};

struct gd_applier;

/** Takes over `pg`, a direct session (no pooler) that is not inside a transaction; it stays the
 * caller's to close. Pins it. */
GD_MUST struct gd_status gd_apply_new(const struct gd_apply_options *options, struct gd_pg *pg,
                                      struct gd_arena *arena, struct gd_applier **out_applier,
                                      struct gd_error *err);
void gd_apply_free(struct gd_applier *applier); /* rolls back what is open */
/** Roll back what is open: whatever else is to be done now, nobody waits for it. NULL is fine. */
void gd_apply_let_go(struct gd_applier *applier);

/**
 * Begin the transaction of the next step that loses rows, and stop inside of it: nothing of that
 * step has run. The caller seals or measures drift there. Where no step loses rows, the first that
 * is of class enum or worse, or loses a definition. Called again inside of such a step, it runs
 * that one to its end and goes on to the next.
 *
 * @param permit    NULL: no step may run before it, so *out_open is true only when it is the first
 *                  step that is to run (skip_steps apart; steps that only set something are run).
 *                  Otherwise the steps before it are run, as gd_apply_run() does.
 * @param out_open  false: there is no such step, it cannot run in a transaction block, or (without
 *                  a permit) it is not the first: no transaction is open, and with a permit
 *                  everything before it is in
 * @return as gd_apply_run()
 */
GD_MUST struct gd_status gd_apply_to_seal(struct gd_applier *applier,
                                          const struct gd_permit *permit, bool *out_open,
                                          struct gd_error *err);

/**
 * Run the rest.
 *
 * @return GD_OK       everything is in
 *         GD_FAILED   nothing is in: err holds the server's words, with file and line
 *         GD_BUSY     a lock did not come, nothing is in; the text says who holds it
 *         GD_PARTIAL  steps before the one that failed are in, or a step's outcome is not known
 *                     (story->unsettled); the story's steps say which
 *         GD_UNPROTECTED  the journal could not be written; nothing is in
 */
GD_MUST struct gd_status gd_apply_run(struct gd_applier *applier, const struct gd_permit *permit,
                                      struct gd_error *err) __attribute__((nonnull(2)));

/** What the server said while it ran (NOTICE, WARNING): at most 100 of them. */
const struct gd_texts *gd_apply_notices(const struct gd_applier *applier);
#endif
