/*
 * Inspect: every object that a manifest names, looked at by a few threads, biggest first.
 *
 * Invariant 1  What is found does not depend on the order of the work: findings are told in the
 *              order of the manifest, all of them.
 * Invariant 2  A failure of the world (network, memory, a signal) ends the work and is never told
 *              as damage.
 */
#ifndef GUARDIAN_PROVE_INSPECT_H
#define GUARDIAN_PROVE_INSPECT_H

#include <pthread.h>

#include "guardian/prove/copy_text.h"
#include "guardian/prove/prove.h"

enum gd_object_kind { GD_OBJECT_SCHEMA, GD_OBJECT_BLOBS, GD_OBJECT_PART };

/** One object of the snapshot, in the order of the manifest. */
struct gd_object {
    enum gd_object_kind kind;
    const struct gd_stored *stored;
    const struct gd_table *table; /* of a part */
    size_t part;
    int64_t read_us; /* when it was read; set from a proof when that is remembered */
    bool remembered; /* only looked at: is it there, and as long as it was? */
    /* what came out */
    struct gd_status status;
    struct gd_error *err; /* malloc()ed; NULL: nothing is wrong */
};

struct gd_inspection {
    const struct gd_prove_options *options;
    const struct gd_manifest *manifest;
    struct gd_place place;
    const char *pg_restore; /* NULL: there is none, so archives are compared, not listed */
    struct gd_object *objects;
    size_t object_count;
    uint64_t total_bytes; /* of what will be read */
    /* shared by the workers, under the lock */
    pthread_mutex_t lock;
    struct gd_object **queue;
    size_t queue_count, next;
    uint64_t bytes, rows; /* done so far */
    int64_t told_us;
    bool stop;
};

/** One thread's share. */
struct gd_inspector {
    struct gd_inspection *run;
    int worker;
    const struct gd_object *object;
    struct gd_copy_text *text;
    uint64_t bytes, rows; /* not yet added to the run's */
    int64_t added_us;
};

/** Bytes and rows went by; tells how far it is, now and then. @return the interrupt, if there is
 *  one */
GD_MUST struct gd_status gd_inspector_went(struct gd_inspector *inspector, uint64_t bytes,
                                           uint64_t rows, struct gd_error *err);

/** Everything, in `options->workers` threads. Findings are in the objects.
 *  @return the failure of the world that ended it; damage is no failure here */
GD_MUST struct gd_status gd_inspect_all(struct gd_inspection *run, struct gd_error *err);
void gd_inspection_done(struct gd_inspection *run); /* frees the findings */

/* The three kinds. GD_CORRUPT: what is wrong with the object, without its name. */
GD_MUST struct gd_status gd_inspect_part(struct gd_inspector *inspector, struct gd_error *err);
GD_MUST struct gd_status gd_inspect_schema(struct gd_inspector *inspector, struct gd_error *err);
GD_MUST struct gd_status gd_inspect_blobs(struct gd_inspector *inspector, struct gd_error *err);

#endif
