/*
 * Portable: a snapshot as one tar archive, out of a store and into another
 * (docs/formats/export.md).
 *
 * Objects go as they are stored, so neither needs the key of an encrypted snapshot.
 *
 * Invariant 1  What leaves or arrives is compared with the manifest's sizes and digests on the way;
 *              an archive that was finished holds exactly what the manifest names.
 * Invariant 2  Importing overwrites nothing, reads every object back from the store, and puts the
 *              manifest last: until then there is no snapshot.
 */
#ifndef GUARDIAN_SNAPSHOT_PORTABLE_H
#define GUARDIAN_SNAPSHOT_PORTABLE_H

#include "guardian/base/events.h"
#include "guardian/snapshot/manifest.h"

struct gd_portable {
    const char *cluster, *id;
    uint64_t objects; /* with the manifest */
    uint64_t bytes;   /* of all of them, as they are stored */
    uint64_t already; /* import: objects that an earlier try had left there */
    bool begun;       /* import: something of it may lie in the store */
};

/**
 * Write a snapshot into `sink` (not owned), which is finished here.
 *
 * @param manifest_sha256  both as gd_manifest_load() gave them
 * @return GD_CORRUPT an object is missing or is not what the manifest says; the text names it
 */
GD_MUST struct gd_status gd_snapshot_export(struct gd_store *store,
                                            const struct gd_manifest *manifest,
                                            const char *manifest_sha256, struct gd_sink *sink,
                                            const struct gd_events *events,
                                            struct gd_portable *out_portable, struct gd_error *err);

/**
 * Read an archive from `take_source` into the store. Objects that lie there already are taken when
 * they are the same, so that a try that was broken off can be repeated.
 *
 * @param out_portable  its texts are in `arena`; after a failure only `begun` counts
 * @return GD_CORRUPT the archive is damaged, or is not one of a snapshot; GD_USAGE the snapshot is
 * in the store already; GD_REFUSED another object lies where one of its belongs
 */
GD_MUST struct gd_status gd_snapshot_import(struct gd_store *store, struct gd_source *take_source,
                                            const struct gd_events *events, struct gd_arena *arena,
                                            struct gd_portable *out_portable, struct gd_error *err);

/* For the two of them. */

/** Every object that the manifest names, in its order; in `arena`. */
const struct gd_stored **gd_portable_objects(const struct gd_manifest *manifest,
                                             struct gd_arena *arena, size_t *out_count);

/** Counts and hashes as a tally does, and tells how far the stage is. */
struct gd_portable_progress {
    const struct gd_events *events;
    const char *object;
    uint64_t bytes, told; /* of the stage */
};
struct gd_source *gd_told_source_new(struct gd_source *take_below,
                                     struct gd_portable_progress *progress);

#endif
