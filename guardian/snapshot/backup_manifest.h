/*
 * The server's own manifest of a base backup, read line by line as it comes: of any length, in
 * fixed memory. PostgreSQL manual, "Backup Manifest Format".
 *
 * Invariant  Nothing is passed over: a line that is not known makes all of it unreadable. Its own
 *            checksum is checked at the end.
 */
#ifndef GUARDIAN_SNAPSHOT_BACKUP_MANIFEST_H
#define GUARDIAN_SNAPSHOT_BACKUP_MANIFEST_H

#include <stdint.h>

#include "guardian/base/status.h"
#include "guardian/io/digest.h"

struct gd_backup_file {
    const char *path; /* any bytes but NUL; valid during the call */
    uint64_t size;
    const char *sha256; /* 64 hex digits */
};
typedef struct gd_status gd_backup_file_fn(void *context, const struct gd_backup_file *file,
                                           struct gd_error *err);

struct gd_backup_manifest;
struct gd_backup_manifest *gd_backup_manifest_new(gd_backup_file_fn *each, void *context);
void gd_backup_manifest_free(struct gd_backup_manifest *manifest);
/** @return GD_CORRUPT it cannot be understood; or what the callback returned */
GD_MUST struct gd_status gd_backup_manifest_feed(struct gd_backup_manifest *manifest,
                                                 const char *data, size_t size,
                                                 struct gd_error *err);
/** It has ended. @return GD_CORRUPT cut off, or its checksum is another one */
GD_MUST struct gd_status gd_backup_manifest_finish(struct gd_backup_manifest *manifest,
                                                   struct gd_error *err);

static inline void gd_backup_manifest_cleanup_(struct gd_backup_manifest **manifest)
{
    gd_backup_manifest_free(*manifest);
}
#define gd_auto_backup_manifest                                                                    \
    __attribute__((cleanup(gd_backup_manifest_cleanup_))) struct gd_backup_manifest *

/** "<sha256>  <path>\n" into a digest: see files_sha256 of a base backup's objects. */
void gd_backup_file_add(struct gd_digest *digest, const char *sha256, const char *path);

#endif
