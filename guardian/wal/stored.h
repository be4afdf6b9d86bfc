/*
 * Stored: how a WAL file lies in the store (docs/formats/wal.md).
 *
 *     v1/<system identifier>/wal/<timeline>/<name>.zst
 *     skippable zstd frame: {"format":1, "name", "bytes", "sha256", "system_identifier", "key"}
 *     zstd frames of the file; or, with a key, the same sealed
 *
 * The zstd program skips what it does not know: `zstd -d` of an object that is not encrypted gives
 * the file.
 *
 * Invariant 1  What is stored under a name is never another file: put a second time, it is
 * compared. Invariant 2  A segment goes in only when its pages say that they are that segment of
 * that cluster, and comes out only when bytes, digest and pages are what was put in.
 */
#ifndef GUARDIAN_WAL_STORED_H
#define GUARDIAN_WAL_STORED_H

#include "guardian/io/crypt.h"
#include "guardian/store/store.h"
#include "guardian/wal/name.h"

struct gd_wal_place {
    struct gd_store *store;
    const struct gd_key *key; /* NULL: not encrypted */
    uint64_t system_identifier;
    int level; /* zstd; only for putting */
};

/** "v1/7301234567890123456/wal/00000003/000000030000001600000041.zst" */
const char *gd_wal_key(const struct gd_wal_place *place, const struct gd_wal_name *name,
                       struct gd_arena *arena);

struct gd_wal_put {
    uint64_t bytes;    /* of the file */
    bool there_before; /* it was stored already, with the same content */
};

/** Put the file at `path`. @return GD_CORRUPT its pages are not those of `name`, or of another
 *  cluster; GD_REFUSED something else is stored under this name */
GD_MUST struct gd_status gd_wal_put(const struct gd_wal_place *place,
                                    const struct gd_wal_name *name, const char *path,
                                    struct gd_wal_put *out_put, struct gd_error *err);

/** Write a stored file to `sink`, which is not finished. @param out_there  false: proven not to be
 *  there, and nothing was written
 *  @return GD_CORRUPT it is not what was put; GD_USAGE sealed with another key */
GD_MUST struct gd_status gd_wal_get(const struct gd_wal_place *place,
                                    const struct gd_wal_name *name, struct gd_sink *sink,
                                    bool *out_there, struct gd_error *err);

/** The content of a labelled object under any key, whose name, digest and pages nobody has looked
 * at yet. @param out_bytes  that its label promises. @param out_source  NULL: only the label, for
 *  which no key is needed
 *  @return GD_CORRUPT it is gone, or has no label; GD_USAGE sealed with another key */
GD_MUST struct gd_status gd_wal_open(const struct gd_wal_place *place, const char *key,
                                     uint64_t *out_bytes, struct gd_source **out_source,
                                     struct gd_error *err);

/** The system identifier of the cluster whose data directory is `folder` (global/pg_control). */
GD_MUST struct gd_status gd_wal_cluster_of(const char *folder, uint64_t *out_identifier,
                                           struct gd_error *err);

#endif
