/*
 * Base, read: an object of a base backup, and what the server's manifest says of it.
 *
 * Invariant  What is read well is what was recorded: stored bytes, compression, archive, the path
 *            and the SHA-256 of each file in it.
 */
#ifndef GUARDIAN_SNAPSHOT_BASE_READ_H
#define GUARDIAN_SNAPSHOT_BASE_READ_H

#include "guardian/io/tar_scan.h"
#include "guardian/snapshot/backup_manifest.h"
#include "guardian/snapshot/base.h"

/** Files of one object as they come: makes files_sha256. */
struct gd_base_tally {
    struct gd_digest *files, *file;
    uint64_t count;
    char path[320]; /* of the file that is being read, as the server's manifest has it */
};
void gd_base_tally_init(struct gd_base_tally *tally);
void gd_base_tally_done(struct gd_base_tally *tally);
void gd_base_tally_begin(struct gd_base_tally *tally, uint32_t tablespace, const char *name);
void gd_base_tally_add(struct gd_base_tally *tally, const void *data, size_t size);
/** The file is whole; `out_sha256` may be NULL. */
void gd_base_tally_end(struct gd_base_tally *tally, char out_sha256[GD_DIGEST_HEX_SIZE]);

/** Read it from its first byte to its last. `each` is told every file, and may be NULL.
 *  @return GD_CORRUPT it is not what was recorded */
GD_MUST struct gd_status gd_base_object_check(const struct gd_place *place,
                                              const struct gd_base_object *object,
                                              gd_backup_file_fn *each, void *context,
                                              struct gd_error *err);

/** Does the server's manifest, fed as it comes, say of each object's files what the object says?
 *  Fixed memory; the files that have no object of their own stand in the others in its order. */
struct gd_base_files;
struct gd_base_files *gd_base_files_new(const struct gd_base *base);
void gd_base_files_free(struct gd_base_files *files);
GD_MUST struct gd_status gd_base_files_feed(struct gd_base_files *files, const void *data,
                                            size_t size, struct gd_error *err);
GD_MUST struct gd_status gd_base_files_finish(struct gd_base_files *files, struct gd_error *err);

#endif
