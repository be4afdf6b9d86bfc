/*
 * Receive, from within: what receive.c, receive_begin.c, receive_flow.c and receive_gap.c share.
 */
#ifndef GUARDIAN_WAL_RECEIVE_OWN_H
#define GUARDIAN_WAL_RECEIVE_OWN_H

#include "guardian/wal/chain_own.h"
#include "guardian/wal/intake.h"

struct gd_receiver {
    const struct gd_wal_receive_options *options;
    struct gd_wal_received *received;
    struct gd_wal_place place;
    struct gd_arena *arena;
    struct gd_replication *session;
    struct gd_replication_system system;
    struct gd_intake *intake;
    char slot[64];
    uint64_t slot_lsn;                 /* from where on the slot keeps WAL; 0: not known */
    struct gd_wal_ancestor *ancestors; /* of the server's timeline */
    size_t ancestor_count;
};

/** A place in the WAL. */
struct gd_receive_place {
    uint32_t timeline;
    uint64_t lsn;
};

static inline uint64_t gd_receive_segment_start(const struct gd_receiver *receiver, uint64_t lsn)
{
    return lsn - lsn % receiver->system.segment_bytes;
}

/** The slot: made, or looked at. */
GD_MUST struct gd_status gd_receive_slot(struct gd_receiver *receiver, struct gd_error *err);
/** History files of the server's timeline and of those it came from go into the store; sets
 *  ancestors. */
GD_MUST struct gd_status gd_receive_histories(struct gd_receiver *receiver, struct gd_error *err);
/** Where to go on: all before it is in the store, or was given up. */
GD_MUST struct gd_status gd_receive_begin(struct gd_receiver *receiver,
                                          struct gd_receive_place *out_place, struct gd_error *err);
/** Where a timeline was left by its successor on the way to the server's. @return false: it is not
 *  among its ancestors */
bool gd_receive_left(const struct gd_receiver *receiver, uint32_t timeline,
                     struct gd_receive_place *out_next);

enum gd_receive_end {
    GD_RECEIVE_ASKED,       /* stop, leave, or until_lsn */
    GD_RECEIVE_NEXT,        /* the timeline ended: `out_next` */
    GD_RECEIVE_SERVER_ENDS, /* it shuts down */
};
/** Receive one timeline. @return GD_CORRUPT with `*out_gone`: the server does not have it any more
 */
GD_MUST struct gd_status gd_receive_flow(struct gd_receiver *receiver,
                                         const struct gd_receive_place *place,
                                         enum gd_receive_end *out_end,
                                         struct gd_receive_place *out_next, bool *out_gone,
                                         struct gd_error *err);

/** What should come at `place` is gone: say it, record it, and go on at the first byte that the
 *  server still has. @return never GD_OK */
GD_MUST struct gd_status gd_receive_gap(struct gd_receiver *receiver,
                                        const struct gd_receive_place *place, struct gd_error *err);

#endif
