/*
 * Outcome: how a guarded change ended. The document that apply, rollback, run and show share.
 */
#ifndef GUARDIAN_GUARD_OUTCOME_H
#define GUARDIAN_GUARD_OUTCOME_H

#include "guardian/guard/git.h"
#include "guardian/guard/plan.h"
#include "guardian/journal/story.h"

#define GD_PHASES(X)                                                                               \
    X(READ, "read") /* connect, survey, judge, checks of data */                                   \
    X(WAIT, "wait") /* for another guardian */                                                     \
    X(BACKUP, "backup")                                                                            \
    X(PROOF, "proof")                                                                              \
    X(SEALED, "sealed") /* those who write waited: over several of the others */                   \
    X(APPLY, "apply")                                                                              \
    X(CHECK, "check")                                                                              \
    X(TOTAL, "total")

enum gd_phase {
#define X(name, text) GD_PHASE_##name,
    GD_PHASES(X)
#undef X
        GD_PHASE_COUNT
};

struct gd_outcome {
    struct gd_story *story;     /* never NULL; story->outcome says how it ended */
    const struct gd_plan *plan; /* NULL where none was made */
    bool journaled;             /* its id can be asked for: it has a record */
    const char *because; /* one sentence about the outcome: "already applied as … at …" */
    uint32_t
        failed; /* statements that the database refused, of a run that ended well all the same */
    double seconds[GD_PHASE_COUNT];
    struct gd_texts way_back;             /* commands, in order */
    struct gd_texts notes;                /* what a person should know */
    struct gd_texts problems;             /* found by the checks after the change */
    struct gd_texts differences;          /* what it did to the schema */
    const struct gd_rehearsal *rehearsal; /* of a run; NULL: there was none */
    const struct gd_git_guidance *git;    /* NULL: nothing to say */
    struct gd_error error;                /* text "": none */
};
#endif
