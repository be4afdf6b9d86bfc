/*
 * Prefetch: segments that a recovery will ask for, fetched before it does, several at once.
 *
 *     <spool>/fetch/<segment>.<sha256>     a whole segment, checked and on disk
 *     <spool>/fetch/<segment>.begun        the process in the background is at it
 *     <spool>/fetch/next                   {"segment"}: where to go on, when that is somewhere else
 *
 * The process in the background keeps some segments ahead of the last one that was taken. It ends,
 * and what is left is removed, when nothing is taken for a minute, and when the server does not run
 * or does not recover any more.
 *
 * Invariant 1  A segment is taken only when its digest and its pages are right, read anew: a disk
 *              that lies would end the recovery short.
 * Invariant 2  What could not be fetched ahead, absent or failed, leaves no trace: whoever is asked
 *              for it asks the store. "Absent" is never said by this module.
 */
#ifndef GUARDIAN_WAL_PREFETCH_H
#define GUARDIAN_WAL_PREFETCH_H

#include "guardian/wal/spool.h"
#include "guardian/wal/stored.h"

struct gd_wal_prefetch {
    struct gd_wal_spool spool;
    const char *data_directory;
    uint64_t system_identifier;
    unsigned count;   /* of segments ahead, 1 to 64 */
    uint32_t wait_ms; /* for a segment that is being fetched */
    /* Start it: it must call gd_wal_prefetch_work() and hold the descriptor until it ends. */
    struct gd_status (*start)(void *context, int lock, struct gd_error *err);
    void *context;
};

/** Bring a segment to `path` if it was fetched ahead. @param out_segment_bytes  0: it was not
 *  @return GD_SYSTEM it is there, and could not be brought to its place */
GD_MUST struct gd_status gd_wal_prefetch_take(const struct gd_wal_prefetch *prefetch,
                                              const struct gd_wal_name *segment, const char *path,
                                              uint64_t *out_segment_bytes, struct gd_error *err);

/** The segment is in place: see to it that those behind it will be there. @param taken  it had
 *  been fetched ahead. What cannot be done costs time alone. */
void gd_wal_prefetch_go_on(const struct gd_wal_prefetch *prefetch,
                           const struct gd_wal_name *segment, bool taken);

/** Does a server run here, and recover? */
bool gd_wal_prefetch_is_wanted(const struct gd_wal_prefetch *prefetch);

/** In the background. @param place  with its system identifier */
GD_MUST struct gd_status gd_wal_prefetch_work(const struct gd_wal_prefetch *prefetch,
                                              const struct gd_wal_place *place,
                                              const struct gd_wal_name *last,
                                              uint64_t segment_bytes, unsigned workers,
                                              struct gd_error *err);

/** What a name in the folder says: "<segment>.<sha256>". */
bool gd_wal_prefetch_read_name(const char *text, struct gd_wal_name *out_segment,
                               const char **out_sha256_view);

#endif
