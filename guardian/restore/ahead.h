/*
 * Ahead: segments of WAL that a recovering server will ask for, fetched before it does, several at
 * once. For feeder.h.
 *
 *     <ready>/<segment>      whole and checked: whoever reads it there needs to ask nobody
 *     <hidden>/ahead.<n>     what a thread is at
 *
 * Invariant 1  A segment is ready when it was checked as any that is fetched, written, and read
 *              anew from the disk: every page and every record. One in which a tablespace is made,
 *              or which may end within such a record, never is: whether it may be replayed is
 *              decided when the server wants it.
 * Invariant 2  What is ready is right whatever the server does next: it is named by timeline and
 *              place, and what is stored under a name does not change.
 * Invariant 3  What could not be fetched, absent or failed, leaves no trace. "Absent" is never said
 *              here: whoever is asked for it asks the store.
 * Invariant 4  No more than 8 segments, 1 GiB (but always one), and not the last 64 MiB of the
 * disk; nothing behind `until_lsn`.
 */
#ifndef GUARDIAN_RESTORE_AHEAD_H
#define GUARDIAN_RESTORE_AHEAD_H

#include <sys/types.h>

#include "guardian/wal/stored.h"

struct gd_ahead;

struct gd_ahead_options {
    const struct gd_wal_place *place;
    const char *ready, *hidden; /* folders */
    uid_t uid;                  /* who is to read it; 0: ourselves */
    gid_t gid;
    uint32_t timeline; /* where the server will begin */
    uint64_t start_lsn;
    uint64_t until_lsn;
    uint64_t segment_bytes;
};

/** Threads of ours fetch until gd_ahead_free(). What `options` name must live as long.
 *  @return GD_SYSTEM no thread could be started */
GD_MUST struct gd_status gd_ahead_new(const struct gd_ahead_options *options,
                                      struct gd_ahead **out_ahead, struct gd_error *err);
/** Bring it to `path`, in the same file system, if it was fetched; one that is being fetched is
 *  waited for. */
bool gd_ahead_take(struct gd_ahead *ahead, const struct gd_wal_name *segment, const char *path);
/** The server has this segment: what is ready of it and before it goes, those behind it come. */
void gd_ahead_given(struct gd_ahead *ahead, const struct gd_wal_name *segment);
/** What is ready stays where it lies. */
void gd_ahead_free(struct gd_ahead *ahead);

#endif
