/*
 * Intake: WAL that has come, on its way into the store.
 *
 * It is kept in two stretches of memory, one that fills and one that is stored, by a thread of its
 * own: a segment of at most 16 MiB is one stretch and goes into the store whole; of larger ones,
 * and of what is not whole yet, pieces go (parts.h), at most one in partial_ms, and none when
 * nothing came. Small pieces are put together, so that a slow server leaves few.
 *
 * Invariant 1  durable_lsn grows only when what is before it was read back from the store.
 * Invariant 2  Memory is one and a half stretches, whatever comes: gd_intake_room() says when to
 *              wait.
 * Invariant 3  A store that fails is tried for ever; what cannot get better by that (other bytes
 *              under the same name, another key) ends it: gd_intake_check().
 * Owner        one thread; the one of its own is not seen.
 */
#ifndef GUARDIAN_WAL_INTAKE_H
#define GUARDIAN_WAL_INTAKE_H

#include "guardian/wal/receive.h"

struct gd_intake;

struct gd_intake_options {
    struct gd_wal_place place;
    uint64_t segment_bytes;
    uint32_t partial_ms;
    struct gd_wal_received *received;
    const struct gd_events *events;
};

GD_MUST struct gd_status gd_intake_new(const struct gd_intake_options *options,
                                       struct gd_intake **out_intake, struct gd_error *err);
/** Gives up what is not stored. NULL is fine. */
void gd_intake_free(struct gd_intake *intake);
/** Can be read when something has changed. */
int gd_intake_wake_fd(const struct gd_intake *intake);
void gd_intake_woken(struct gd_intake *intake);
/** Until that is so, or the time is up. */
void gd_intake_rest(const struct gd_intake *intake, uint32_t wait_ms);

/** Go on at `lsn` of `timeline`, all before which is durable. What the store has of that segment is
 *  read, as far as it is good.
 *  @param out_from_lsn  from where the server is to send: a page earlier, which is compared */
GD_MUST struct gd_status gd_intake_begin(struct gd_intake *intake, uint32_t timeline, uint64_t lsn,
                                         uint64_t *out_from_lsn, struct gd_error *err);
/** Bytes that can be added now. */
size_t gd_intake_room(struct gd_intake *intake);
/** At most gd_intake_room() bytes. @return GD_CORRUPT they do not follow, are not the pages that
 *  belong there, or not the ones that are stored already */
GD_MUST struct gd_status gd_intake_add(struct gd_intake *intake, uint64_t lsn, const void *data,
                                       size_t size, struct gd_error *err);
/** Store what there is now, without waiting for more. */
void gd_intake_hurry(struct gd_intake *intake);
uint64_t gd_intake_received(struct gd_intake *intake);
uint64_t gd_intake_durable(struct gd_intake *intake);
/** All that came is durable, and nothing is left to tidy up. */
bool gd_intake_idle(struct gd_intake *intake);
/** Has the thread failed for good? */
GD_MUST struct gd_status gd_intake_check(struct gd_intake *intake, struct gd_error *err);
/** A segment that is in pieces, which are all there. */
void gd_intake_finish(struct gd_intake *intake, const struct gd_wal_name *segment);

static inline void gd_intake_cleanup_(struct gd_intake **intake)
{
    gd_intake_free(*intake);
}
#define gd_auto_intake __attribute__((cleanup(gd_intake_cleanup_))) struct gd_intake *

#endif
