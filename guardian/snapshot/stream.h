/*
 * Stream: one object of a snapshot on its way into the store and out of it.
 *
 *   plain ─ tally ─ zstd (for *.zst) ─ seal (with a key) ─ tally ─ store
 *
 * The same steps back, so that who writes and who reads cannot differ. A sealed object is bound to
 * "<snapshot>/<name>".
 */
#ifndef GUARDIAN_SNAPSHOT_STREAM_H
#define GUARDIAN_SNAPSHOT_STREAM_H

#include "guardian/io/crypt.h"
#include "guardian/snapshot/manifest.h"

/** Where the objects of a snapshot or of a base backup are. */
struct gd_place {
    struct gd_store *store;
    const struct gd_key *key; /* NULL: not encrypted */
    const char *cluster, *id; /* of a base backup: the system identifier in digits, the owner */
    bool base;                /* v1/<cluster>/base/<id>/, not …/snapshots/<id>/ */
    int level;                /* zstd; only for writing */
};

/** Has `place` the key with which the snapshot was encrypted (or none, if it was not)? Asked before
 * its objects are read. @return GD_USAGE no key, or another one */
GD_MUST struct gd_status gd_place_fits(const struct gd_place *place,
                                       const struct gd_manifest *manifest, struct gd_error *err);

/** A sink for the object `name` below the snapshot's folder. A name that ends in .zst is
 * compressed. */
struct gd_object_writer;
GD_MUST struct gd_status gd_object_writer_new(const struct gd_place *place, const char *name,
                                              uint64_t size_hint,
                                              struct gd_object_writer **out_writer,
                                              struct gd_error *err);
/** The same for frames that somebody else has made: they go in as they are, and what was stored has
 *  neither plain bytes nor their digest. */
GD_MUST struct gd_status gd_object_writer_new_packed(const struct gd_place *place, const char *name,
                                                     uint64_t size_hint,
                                                     struct gd_object_writer **out_writer,
                                                     struct gd_error *err);
struct gd_sink *gd_object_writer_sink(
    struct gd_object_writer *writer); /* a view; do not finish it */
uint64_t gd_object_writer_stored_bytes(const struct gd_object_writer *writer); /* so far */
/** Finish, and say what was stored; name is a copy in `arena`. */
GD_MUST struct gd_status gd_object_writer_finish(struct gd_object_writer *writer,
                                                 struct gd_arena *arena,
                                                 struct gd_stored *out_stored,
                                                 struct gd_error *err);
void gd_object_writer_free(struct gd_object_writer *writer); /* without finish: given up */

/** The plain bytes of a stored object. At the true end sizes and both digests have been compared
 * with `stored`: a source that ended without an error gave exactly what was recorded. @return
 * GD_CORRUPT names the object */
GD_MUST struct gd_status gd_object_source_new(const struct gd_place *place,
                                              const struct gd_stored *stored,
                                              struct gd_source **out_source, struct gd_error *err);

static inline void gd_object_writer_cleanup_(struct gd_object_writer **writer)
{
    gd_object_writer_free(*writer);
}
#define gd_auto_object_writer                                                                      \
    __attribute__((cleanup(gd_object_writer_cleanup_))) struct gd_object_writer *

#endif
