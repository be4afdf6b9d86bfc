/*
 * Gap: WAL that was gone from the server before it could be received, recorded in the store
 * (docs/formats/wal.md).
 */
#ifndef GUARDIAN_WAL_GAP_H
#define GUARDIAN_WAL_GAP_H

#include "guardian/wal/stored.h"

struct gd_wal_gap {
    uint32_t timeline;
    uint64_t from_lsn, to_lsn; /* nothing between them was received */
    int64_t noticed_us;
    const char *reason;
};

/** One that is recorded already stays as it is. */
GD_MUST struct gd_status gd_wal_gap_put(const struct gd_wal_place *place,
                                        const struct gd_wal_gap *gap, struct gd_error *err);
/** All of a cluster, by timeline and place. @return GD_CORRUPT one cannot be read */
GD_MUST struct gd_status gd_wal_gaps(const struct gd_wal_place *place, struct gd_arena *arena,
                                     struct gd_wal_gap **out_gaps, size_t *out_count,
                                     struct gd_error *err);

#endif
