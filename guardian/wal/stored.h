/*
 * Stored: how a WAL file lies in the store (docs/formats/wal.md).
 *
 *     v1/<system identifier>/wal/<timeline>/<name>.zst        packed.h has its bytes
 *
 * The zstd program skips what it does not know: `zstd -d` of an object that is not encrypted gives
 * the file.
 *
 * Invariant 1  What is stored under a name is never another file: put a second time, it is
 *              compared. A put that returns well was read back.
 * Invariant 2  A segment goes in only when its pages say that they are that segment of that
 *              cluster, and comes out only when bytes, digest and pages are what was put in.
 */
#ifndef GUARDIAN_WAL_STORED_H
#define GUARDIAN_WAL_STORED_H

#include "guardian/wal/name.h"
#include "guardian/wal/packed.h"

/** "v1/7301234567890123456/wal/00000003/000000030000001600000041.zst" */
const char *gd_wal_key(const struct gd_wal_place *place, const struct gd_wal_name *name,
                       struct gd_arena *arena);

struct gd_wal_put {
    uint64_t bytes;    /* of the file */
    bool there_before; /* it was stored already, with the same content */
    char sha256[GD_DIGEST_HEX_SIZE];
};

/** Put the file at `path`. @return GD_CORRUPT its pages are not those of `name`, or of another
 *  cluster; GD_REFUSED something else is stored under this name */
GD_MUST struct gd_status gd_wal_put(const struct gd_wal_place *place,
                                    const struct gd_wal_name *name, const char *path,
                                    struct gd_wal_put *out_put, struct gd_error *err);
/** The same, of what can be opened twice, and of memory. */
GD_MUST struct gd_status gd_wal_put_content(const struct gd_wal_place *place,
                                            const struct gd_wal_name *name,
                                            const struct gd_wal_content *content,
                                            struct gd_wal_put *out_put, struct gd_error *err);
GD_MUST struct gd_status gd_wal_put_bytes(const struct gd_wal_place *place,
                                          const struct gd_wal_name *name, const void *data,
                                          size_t size, struct gd_wal_put *out_put,
                                          struct gd_error *err);

/** What the label of the file at `path` would be. @return GD_CORRUPT as for gd_wal_put() */
GD_MUST struct gd_status gd_wal_file_label(uint64_t system_identifier,
                                           const struct gd_wal_name *name, const char *path,
                                           struct gd_wal_label *out_label, struct gd_error *err);

/** Write a stored file to `sink`, which is not finished. @param out_there  false: proven not to be
 *  there, and nothing was written
 *  @return GD_CORRUPT it is not what was put; GD_USAGE sealed with another key */
GD_MUST struct gd_status gd_wal_get(const struct gd_wal_place *place,
                                    const struct gd_wal_name *name, struct gd_sink *sink,
                                    bool *out_there, struct gd_error *err);

/** The content of an object under any key, whole file or piece, whose name and pages nobody has
 *  looked at yet. @param out_bytes  that its label promises. @param out_source  NULL: only the
 *  label, for which no key is needed
 *  @return GD_CORRUPT it is gone, or has no label; GD_USAGE sealed with another key */
GD_MUST struct gd_status gd_wal_open(const struct gd_wal_place *place, const char *key,
                                     uint64_t *out_bytes, struct gd_source **out_source,
                                     struct gd_error *err);

/** A filter: gives the bytes of `take_below` when they are those of a file of this name of this
 *  cluster. Its end is only given when nothing is missing.
 *  @return from reading: GD_CORRUPT they are not */
struct gd_source *gd_wal_believed_source_new(struct gd_source *take_below,
                                             uint64_t system_identifier,
                                             const struct gd_wal_name *name);

/** The system identifier of the cluster whose data directory is `folder` (global/pg_control). */
GD_MUST struct gd_status gd_wal_cluster_of(const char *folder, uint64_t *out_identifier,
                                           struct gd_error *err);

#endif
