/*
 * Finisher: what is left to do in the store when a segment has all come, on a thread of its own:
 * put it together of its pieces where it was not stored in one, and remove them.
 *
 * Invariant 1  No piece is removed before what replaces it was read back.
 * Invariant 2  What fails is tried again, and in the end left as it is: pieces are as good.
 */
#ifndef GUARDIAN_WAL_FINISHER_H
#define GUARDIAN_WAL_FINISHER_H

#include <stdatomic.h>

#include "guardian/base/events.h"
#include "guardian/wal/parts.h"

struct gd_finisher;

struct gd_finisher_options {
    struct gd_wal_place place;
    uint64_t segment_bytes;
    _Atomic uint64_t *segments; /* counts those that were put together */
    const struct gd_events *events;
};

struct gd_finisher_task {
    struct gd_wal_name segment;
    bool whole;          /* it was stored in one, and read back */
    uint32_t start, end; /* end > 0: only pieces within this one, which was read back, go */
    uint64_t put; /* how many pieces we have put or found: if there are more, somebody else is at
                     it, too; 0: not known */
};

GD_MUST struct gd_status gd_finisher_new(const struct gd_finisher_options *options,
                                         struct gd_finisher **out_finisher, struct gd_error *err);
/** Waits when there is too much to do already. */
void gd_finisher_add(struct gd_finisher *finisher, const struct gd_finisher_task *task);
/** Nothing is left to do. */
bool gd_finisher_idle(struct gd_finisher *finisher);
/** Ends what is being done; the rest is left for the next time. NULL is fine. */
void gd_finisher_free(struct gd_finisher *finisher);

#endif
