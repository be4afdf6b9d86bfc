/*
 * Run: a command whose statements come by the wire, guarded as one change.
 *
 *     text ▸ by itself harmless? ▸ survey ▸ findings ▸ decision ▸ lease ▸ backup ▸ proof ▸ record ▸
 * pass
 *
 * What is harmless costs a look into a table. The first statement that changes anything makes the
 * change: lease, recovery, journal. One backup covers all of the run that it is able to.
 *
 * Invariant 1  A statement is passed only with a permit of its own decision (guard/permit.h).
 * Invariant 2  Before it is passed, its record is in the store; what became of it goes out with the
 *              next one. What a dead run leaves in doubt is told from the schema: guard/recover.h.
 * Invariant 3  Statements of one run are judged one at a time, whatever their sessions.
 * Owner        the arena given to gd_run_begin(); the gate may be used by many threads.
 */
#ifndef GUARDIAN_GUARD_RUN_H
#define GUARDIAN_GUARD_RUN_H

#include "guardian/guard/gate.h"
#include "guardian/guard/guard.h"
#include "guardian/guard/rehearse.h"

struct gd_run;
struct gd_harmless;

enum gd_run_mode {
    GD_RUN_GUARD, /* what changes something is protected, recorded and passed */
    GD_RUN_LEARN, /* on a scratch copy: what changes something is passed, and noted */
    GD_RUN_READ,  /* what changes something is refused: a look at what would be done */
};

enum gd_run_answer {
    GD_RUN_NOBODY, /* there is nobody to ask: the policy alone decides */
    GD_RUN_NO,
    GD_RUN_YES,
    GD_RUN_ALL, /* yes, and to whatever comes in this run */
};

/* A statement that is held, for a person. */
struct gd_run_question {
    const char *text, *class;
    const char *losses, *ground; /* "" */
    enum gd_scope backup;        /* what is backed up before it runs */
    bool (*gone)(void *context); /* nobody waits for the answer any more; NULL: somebody does */
    void *gone_context;
};

struct gd_run_options {
    enum gd_run_mode mode;
    const struct gd_guard_options *guard; /* as for apply; its paths are not read */
    const char *command;                  /* what runs, for people: without secrets */
    struct gd_rehearsal *rehearsal;       /* LEARN: where it is noted; GUARD: gd_run_rehearsed() */
    bool retries;                         /* gd_run_again() is heeded */
    bool yes;                             /* somebody has said it, for all of the run */
    struct gd_harmless *harmless;         /* shared with other runs; NULL: its own */
    /* Asks a person while the statement is held; a thread that may wait. NULL: nobody is there */
    enum gd_run_answer (*ask)(void *context, const struct gd_run_question *question);
    void *ask_context;
    /* A client's session is the run (guard/visit.h): what is refused there is known to who asked,
     * and makes nothing of the rest a failure. */
    bool visit;
    /* Asked before the lease is taken. @return GD_BUSY; NULL: nobody else is in this process */
    struct gd_status (*turn)(void *context, struct gd_error *err);
    void *turn_context;
};

/** Connect, and begin to look: nobody is let in by the gate before that is done, and when it fails
 *  nobody ever is, and gd_run_end() says why. Writes nothing. @return as gd_guard_apply() until it
 *  protects */
GD_MUST struct gd_status gd_run_begin(const struct gd_run_options *options, struct gd_arena *arena,
                                      struct gd_run **out_run, struct gd_error *err);
/** For the relay; valid as long as the run. */
const struct gd_gate *gd_run_gate(struct gd_run *run);

const char *gd_run_database(const struct gd_run *run); /* which one it guards */
const char *gd_run_user(const struct gd_run *run);     /* as whom it is connected */

/** Before the command runs: nothing gets through that was not seen there. `yes`: somebody has said
 *  it, having seen all of it. */
void gd_run_rehearsed(struct gd_run *run, struct gd_rehearsal *rehearsal, bool yes);
/** What was decided for all of a rehearsed run: its backup is made and proven now.
 *  @return as gd_guard_apply() until it protects; GD_BUSY with gd_run_again() when somebody has
 *          changed the schema since gd_run_begin() */
GD_MUST struct gd_status gd_run_protect_ahead(struct gd_run *run,
                                              const struct gd_decision *decision,
                                              struct gd_error *err);
/** It does not come to a run: `text` and `hint` are its error. */
void gd_run_call_off(struct gd_run *run, const char *text, const char *hint, bool refused);
/** A run that learns is over: what it was refused goes into the rehearsal.
 *  @param out_databases  that it has made, a shadow database for instance: some may still be there
 */
void gd_run_learned(struct gd_run *run, struct gd_texts *out_databases);
/** Does a migration tool keep its lock in a table of that name? What it holds is the tool's that
 * runs now: nothing to bring back. */
bool gd_run_is_lock_table(const char *qualified);
/** The tables of the database in which migration tools keep their records, as patterns. */
GD_MUST struct gd_status gd_run_record_tables(const struct gd_pg_options *pg,
                                              struct gd_arena *arena, struct gd_texts *out_tables,
                                              struct gd_error *err);

/** Was something refused only because of the moment (the command's own locks stood in the way of
 *  the backup, or somebody else changed the schema meanwhile)? Then run the command again: `why`,
 *  a sentence. NULL: no. */
const char *gd_run_again(struct gd_run *run);
/** What it has committed and does not know itself to be done: run again, it would do that a second
 *  time. NULL: nothing; else why not, to go on after "not run again: ". */
const char *gd_run_bar(struct gd_run *run);
/** Between two tries, with no session left: make the backup that was missing.
 *  @return GD_UNPROTECTED, GD_BUSY, GD_REFUSED */
GD_MUST struct gd_status gd_run_prepare_again(struct gd_run *run, struct gd_error *err);

/** Did that make a backup that no try before had? Then the next one gets further than the last. */
bool gd_run_got_further(const struct gd_run *run);

/** Lease and journal are there: it is a change. */
bool gd_run_begun(const struct gd_run *run);
/** It cannot go on: its own session, its lease or its journal is lost. Blocks shortly. */
bool gd_run_worn(struct gd_run *run);
/** What the statement that was judged last wanted backed up first, and was refused for; NULL:
 *  nothing of the kind. */
const struct gd_backup *gd_run_needs(const struct gd_run *run);
/** A backup of this is made before the next statement that changes something is passed, if nothing
 *  stands in its way then. */
void gd_run_foresee(struct gd_run *run, const struct gd_backup *backup);

/** The command has ended with `exit_status`, and no session is left: check, close, tell.
 *  @return GD_OK; GD_REFUSED, GD_FAILED, GD_PARTIAL as the outcome says */
GD_MUST struct gd_status gd_run_end(struct gd_run *run, int exit_status,
                                    struct gd_outcome **out_outcome, struct gd_error *err);
void gd_run_free(struct gd_run *run);

#endif
