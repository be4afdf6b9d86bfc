/*
 * Outside: WAL that makes a tablespace, before it is replayed.
 *
 * A server that replays CREATE TABLESPACE puts its files where the source had them, whatever folder
 * it runs in itself. Beside a living source that is the source's own folder: its files would be
 * overwritten. So a segment in which a tablespace is made is only handed to a server that recovers
 * when that place is an empty folder, or was made into this server's tablespace before.
 */
#ifndef GUARDIAN_WAL_OUTSIDE_H
#define GUARDIAN_WAL_OUTSIDE_H

#include "guardian/wal/fetch.h"

/** Look through the segment at `path`, which gd_wal_fetch() has brought; when its last
 *  record goes on behind it, that is read, too, on this timeline or on one that came later.
 *  @param data_directory  of the server that recovers
 *  @return GD_REFUSED it makes a tablespace where other files are, or where nothing is, or in a
 *  record of which the rest is not in the store; `path` is to be removed */
GD_MUST struct gd_status gd_wal_outside(const struct gd_wal_place *place,
                                        const struct gd_wal_name *name, const char *path,
                                        uint64_t segment_bytes, const char *data_directory,
                                        struct gd_error *err);

/** Is the whole segment at `path` WAL in which no tablespace is made, and which does not end within
 *  a record that may make one? Then it can be handed over whatever there is when it is replayed.
 *  @return GD_REFUSED there is, or may be; GD_CORRUPT it is no WAL */
GD_MUST struct gd_status gd_wal_outside_nothing(const struct gd_wal_name *name, const char *path,
                                                uint64_t segment_bytes, struct gd_error *err);

#endif
