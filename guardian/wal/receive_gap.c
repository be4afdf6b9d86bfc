/*
 * What the server has not any more. It keeps its segments without a hole, up to where it is: the
 * oldest one is found by asking for one after the other, each time in the middle.
 */
#include <inttypes.h>
#include <string.h>

#include "guardian/base/clock.h"
#include "guardian/wal/gap.h"
#include "guardian/wal/receive_own.h"

enum { PROBE_MS = 2000, SLICE_MS = 200 };

/* Read one message, and leave. */
GD_MUST static struct gd_status probe_copy(struct gd_receiver *receiver,
                                           struct gd_replication_command *command, bool *out_there,
                                           struct gd_error *err)
{
    struct gd_replication_piece piece = {0};
    int64_t until = gd_clock_monotonic_us() + (int64_t)PROBE_MS * 1000;
    *out_there = true; /* nothing comes: there is nothing behind it yet */
    while (piece.data == NULL && !piece.end && gd_clock_monotonic_us() < until)
        GD_TRY(gd_replication_read(receiver->session, command, SLICE_MS, -1, &piece, err));
    if (piece.end)
        return GD_DONE;
    GD_TRY(gd_replication_end_copy(receiver->session, command, err));
    while (!piece.end)
        GD_TRY(gd_replication_read(receiver->session, command, SLICE_MS, -1, &piece, err));
    return GD_DONE;
}

/* Has the server the segment at `place`? */
GD_MUST static struct gd_status probe(struct gd_receiver *receiver,
                                      const struct gd_receive_place *place, bool *out_there,
                                      struct gd_error *err)
{
    char lsn[GD_LSN_SIZE];
    gd_lsn_write(place->lsn, lsn);
    struct gd_replication_command command = {
        .what = "look for WAL",
        .text = gd_arena_printf(receiver->arena, "START_REPLICATION PHYSICAL %s TIMELINE %" PRIu32,
                                lsn, place->timeline)};
    enum gd_replication_next next = GD_REPLICATION_ROWS;
    struct gd_status status = gd_replication_send(receiver->session, &command, err);
    while (status.code == GD_OK && next != GD_REPLICATION_END) {
        status = gd_replication_next(receiver->session, &command, &next, NULL, err);
        if (status.code == GD_OK && next == GD_REPLICATION_COPY_BOTH)
            status = probe_copy(receiver, &command, out_there, err);
    }
    if (strcmp(command.sqlstate, "58P01") == 0) {
        *out_there = false;
        return GD_DONE;
    }
    return status;
}

/* The oldest segment of the timeline from `first` to `last` that is there; `last` is not asked
 * for. */
GD_MUST static struct gd_status find_oldest(struct gd_receiver *receiver, uint32_t timeline,
                                            uint64_t first, uint64_t last, uint64_t *out_lsn,
                                            struct gd_error *err)
{
    uint64_t size = receiver->system.segment_bytes;
    while (first < last) {
        uint64_t middle = first + (last - first) / size / 2 * size;
        const struct gd_receive_place place = {timeline, middle};
        bool there = true;
        GD_TRY(probe(receiver, &place, &there, err));
        if (there)
            last = middle;
        else
            first = middle + size;
    }
    *out_lsn = last;
    return GD_DONE;
}

struct gd_status gd_receive_gap(struct gd_receiver *receiver, const struct gd_receive_place *place,
                                struct gd_error *err)
{
    char from[GD_LSN_SIZE], to[GD_LSN_SIZE];
    uint64_t start = gd_receive_segment_start(receiver, place->lsn), last = 0;
    struct gd_receive_place next;
    GD_TRY(gd_replication_identify(receiver->session, &receiver->system, err));
    bool left = gd_receive_left(receiver, place->timeline, &next);
    last = gd_receive_segment_start(receiver, left ? next.lsn : receiver->system.lsn);
    if (last < start)
        return gd_fail(err, GD_SYSTEM,
                       "the server does not have the WAL that should come next, "
                       "and is not that far itself");
    GD_TRY(find_oldest(receiver, place->timeline, start, last, &last, err));
    /* Of a timeline that was left, the last segment may be gone as well: it is in the next one. */
    const struct gd_wal_gap gap = {
        .timeline = place->timeline,
        .from_lsn = place->lsn,
        .to_lsn = left && last == gd_receive_segment_start(receiver, next.lsn) ? next.lsn : last,
        .noticed_us = gd_clock_now_us(),
        .reason = "the server had removed it before it was received",
    };
    if (gap.to_lsn <= gap.from_lsn)
        return gd_fail(err, GD_SYSTEM, "the server did not have the WAL that should come next");
    GD_TRY(gd_wal_gap_put(&receiver->place, &gap, err));
    atomic_fetch_add(&receiver->received->gaps, 1);
    atomic_store(&receiver->received->timeline, gap.timeline);
    atomic_store(&receiver->received->durable_lsn, gap.to_lsn);
    gd_lsn_write(gap.from_lsn, from);
    gd_lsn_write(gap.to_lsn, to);
    return gd_hint(
        err,
        gd_fail(err, GD_CORRUPT,
                "a gap: the server has removed its WAL from %s to %s of timeline %" PRIu32
                " before it was received",
                from, to, gap.timeline),
        "Take a base backup now: points in time behind the gap are reached from there "
        "only. A permanent slot (--slot) keeps the server from removing what it must "
        "not.");
}
