/*
 * Track: what one session's transaction holds, told from the texts that were passed and from what
 * the server answered.
 *
 * A text may begin and end transactions, set savepoints and go back to them, several times. What
 * was done behind a savepoint is undone with it; a step whose every statement is undone is not in.
 *
 * Invariant 1  A savepoint that nobody has told us of was set before all that we know of: to go
 *              back to it undoes everything, to release it forgets all savepoints behind it.
 * Invariant 2  A step is settled once its last statement is: IN wins over NOT_IN, for a part of it
 *              is in.
 * Owner        the arena of `fates`.
 */
#ifndef GUARDIAN_GUARD_RUN_TRACK_H
#define GUARDIAN_GUARD_RUN_TRACK_H

#include "guardian/base/arena.h"
#include "guardian/journal/story.h"
#include "guardian/pg/execute.h"

enum gd_track_kind {
    GD_TRACK_READS,
    GD_TRACK_CHANGES,
    GD_TRACK_BEGIN,
    GD_TRACK_COMMIT,
    GD_TRACK_ROLLBACK,
    GD_TRACK_SAVEPOINT,
    GD_TRACK_RELEASE,
    GD_TRACK_ROLLBACK_TO,
    GD_TRACK_PREPARE,
    GD_TRACK_COMMIT_PREPARED,
    GD_TRACK_ROLLBACK_PREPARED,
};

struct gd_track_word { /* one statement */
    enum gd_track_kind kind;
    const char *name; /* of a savepoint, folded; of a prepared transaction; "" */
};

struct gd_track_text { /* one message */
    struct gd_track_word *words;
    size_t count;
    bool controls;    /* one of them is about transactions */
    bool whole;       /* BEGIN … COMMIT, without any option, and one transaction in between */
    bool leaves_open; /* its last word about transactions leaves one open */
};

/** @param changes  something in it does more than read
 *  @return false: it cannot be read; then it is one statement that changes something, or reads */
bool gd_track_read(const char *text, size_t size, bool changes, struct gd_arena *arena,
                   struct gd_track_text *out_text);

/** Where the sessions of one run tell what became of steps. */
struct gd_track_fates {
    struct gd_arena *arena;
    void *context;
    void (*settle)(void *context, uint32_t step, enum gd_step_state state);
    struct gd_track_put_off *put_off; /* PREPARE TRANSACTION, by any session */
};

struct gd_track {
    uint32_t *pending; /* steps in the open transaction, once for each statement */
    size_t pending_count, pending_capacity;
    struct gd_track_savepoint *savepoints; /* newest last */
    size_t savepoint_count, savepoint_capacity;
    bool aborted;
};

struct gd_track_told {                /* the server's answer */
    uint32_t step;                    /* 0: none */
    const struct gd_track_text *text; /* NULL: nothing but its end counts */
    size_t completed;                 /* statements of it that ended well */
    bool failed, lost;
    bool more;        /* others came before the same rest: `state` is not known yet */
    bool rolled_back; /* COMMIT said ROLLBACK */
    enum gd_pg_state state;
};
void gd_track_hear(struct gd_track *track, struct gd_track_fates *fates,
                   const struct gd_track_told *told);

/** A step that stands or falls with the open transaction, though nothing was passed for it. */
void gd_track_add(struct gd_track *track, struct gd_track_fates *fates, uint32_t step);

/** Was a transaction of that name put off by this run, and has it not ended? */
bool gd_track_has_put_off(const struct gd_track_fates *fates, const char *name);

/** Steps that the open transaction holds, oldest first, each once. */
size_t gd_track_open(const struct gd_track *track, struct gd_arena *arena, uint32_t **out_steps);

#endif
