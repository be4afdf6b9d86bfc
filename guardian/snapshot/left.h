/*
 * Left: what failovers left behind. Of a timeline that others came from, the store may have more
 * than they took over: commits that no server has any more, and that can be had from the store.
 */
#ifndef GUARDIAN_SNAPSHOT_LEFT_H
#define GUARDIAN_SNAPSHOT_LEFT_H

#include "guardian/snapshot/coverage.h"

struct gd_left {
    uint32_t timeline;  /* on which it lies … */
    uint32_t successor; /* … and the one that goes on without it */
    uint64_t at_lsn;    /* what lies behind it is left */
    uint64_t bytes;     /* that the store has of it */
    int64_t after_us;   /* the server's clock: all of it is later; 0: not known */
    int64_t stored_us;  /* when the last of it was stored, by the store's clock */
    bool reached;       /* a window of the timeline holds all of it */
};

/** By timeline. Names alone, and what is known of WAL that was read. */
void gd_left_find(const struct gd_coverage *coverage, struct gd_arena *arena,
                  struct gd_left **out_left, size_t *out_count);

/** Was this restore point left behind? NULL: no. */
const struct gd_left *gd_left_of(const struct gd_left *left, size_t count,
                                 const struct gd_mark *mark);

/** The same of a change. @param out_all  true: all of it; false: where it ended (its restore point
 *  before lies in front of the parting, the one behind does not) */
const struct gd_left *gd_left_of_change(const struct gd_coverage *coverage,
                                        const struct gd_left *left, size_t count,
                                        const char *change, bool *out_all);

#endif
