/*
 * Receive: WAL from a server into the store, as it is written (docs/formats/wal.md).
 *
 * Invariant 1  What is acknowledged to the server is durable in the store: nothing that only this
 *              process holds.
 * Invariant 2  Receiving goes on exactly where the store ends; what cannot be had any more is a
 *              gap, which is said, recorded and never papered over.
 * Invariant 3  Memory is bounded whatever the segment's size.
 */
#ifndef GUARDIAN_WAL_RECEIVE_H
#define GUARDIAN_WAL_RECEIVE_H

#include <stdatomic.h>

#include "guardian/base/events.h"
#include "guardian/pg/replication.h"
#include "guardian/wal/stored.h"

struct gd_wal_receive_options {
    const struct gd_pg_options *pg;
    struct gd_wal_place place; /* its system identifier 0: the server's */
    const char *slot;          /* a permanent one; NULL: a temporary one of our own … */
    const char *temporary;     /* … whose name begins so; behind it comes "_" and sessions */
    uint64_t from_lsn;         /* of an empty store: 0: where the server is */
    uint64_t until_lsn;        /* end when all before this byte is durable; 0: for ever */
    uint32_t partial_ms;      /* upload what there is of a segment this often; 0: whole ones only */
    uint32_t silent_ms;       /* nothing heard of the server for so long: lost; 0: 30,000 */
    uint32_t drain_ms;        /* after stop: for what came to get into the store; 0: 30,000 */
    const atomic_bool *stop;  /* finish what came, upload it, then end; may be NULL */
    const atomic_bool *leave; /* end at once, what is not stored comes again; may be NULL */
    const struct gd_events *events;
};

/** Read by other threads while it runs (metrics). All zero before the first call; the next one goes
 *  on where the last one ended. */
struct gd_wal_received {
    _Atomic uint64_t server_lsn, received_lsn, durable_lsn;
    _Atomic uint64_t system_identifier;
    _Atomic uint32_t timeline, sessions;
    _Atomic uint64_t segments, partials, stored_bytes, gaps;
    _Atomic uint64_t left_bytes; /* stored, of timelines that the server left before them */
    _Atomic int64_t
        durable_us;            /* when durable_lsn moved last, or was seen to be the server's own */
    _Atomic int64_t behind_us; /* since when something is known that is not durable; 0: nothing */
    atomic_bool streaming;
    atomic_bool store_lost; /* it does not take what came; that is tried again */
};

/** One session, to its end: until_lsn, stop, leave, or a failure. Goes on over switches of the
 *  timeline.
 *  @return GD_OK    until_lsn or stop: all that came is durable; leave
 *          GD_CORRUPT  what should come next is gone from the server: a gap, which is recorded; or
 *          what the server sends is not what the store has
 *          GD_REFUSED  the server is on a timeline that others have left, or other WAL is stored
 *          under the same names
 *          GD_BUSY  another session uses the slot
 *          GD_SYSTEM   the server or the store was lost; calling again goes on */
GD_MUST struct gd_status gd_wal_receive(const struct gd_wal_receive_options *options,
                                        struct gd_wal_received *received, struct gd_error *err);

#endif
