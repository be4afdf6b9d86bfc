/*
 * Fetch: what restore_command is given.
 *
 *     found                                   given
 *     the whole file                          it
 *     pieces of a segment, streamed           they, and zeros up to the segment's size
 *     the .partial file of a segment          its WAL, and zeros
 *     nothing                                 absent
 *
 * Of pieces and .partial file the one that reaches further is taken. A server that recovers reads
 * to the last record in it and takes that for the end; a standby asks for the segment again.
 *
 * Invariant 1  "Absent" is only said when the store said so, and when nothing speaks against it:
 *              WAL behind it on its timeline (a hole), WAL of a timeline whose history file is
 *              asked for, a store that holds no WAL of this cluster at all. A server that recovers
 *              would end there, promote itself and report success.
 * Invariant 2  The same holds for a segment that is not whole: WAL behind it would be passed over.
 * Invariant 3  A file is in place whole, checked and on disk, or not at all.
 */
#ifndef GUARDIAN_WAL_FETCH_H
#define GUARDIAN_WAL_FETCH_H

#include "guardian/wal/stored.h"

enum gd_wal_found { GD_WAL_ABSENT, GD_WAL_WHOLE, GD_WAL_BEGUN };

struct gd_wal_fetch_options {
    bool asks_again;  /* a standby: what is missing now may come, and nothing ends meanwhile */
    bool hole_is_end; /* a person has seen that there is a hole, and wants what is before it */
};

struct gd_wal_fetched {
    enum gd_wal_found found;
    uint64_t wal_bytes;     /* of the file; the rest of it are zeros */
    uint64_t segment_bytes; /* 0: it is no segment */
};

/** Bring a file to `path`, in the place of what is there.
 *  @return GD_CORRUPT it is damaged, or its absence is a hole */
GD_MUST struct gd_status gd_wal_fetch(const struct gd_wal_place *place,
                                      const struct gd_wal_name *name,
                                      const struct gd_wal_fetch_options *options, const char *path,
                                      struct gd_wal_fetched *out_fetched, struct gd_error *err);

/** Does the server in this data directory recover as a standby, or recover at all? (standby.signal,
 *  recovery.signal) */
bool gd_wal_is_standby(const char *data_directory);
bool gd_wal_is_recovering(const char *data_directory);

#endif
