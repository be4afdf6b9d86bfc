/*
 * The S3 store, as its own files see it.
 *
 *   s3.c          opening and closing, the settings that every object carries
 *   s3_place.c    host, path and addressing (pure)
 *   s3_request.c  one request: signed, sent, tried again
 *   s3_retry.c    what to do after a try (pure)
 *   s3_error.c    what a refusal means, in words
 *   s3_head.c     is it there, and is it ours; remove
 *   s3_put.c      the sink of an object: one PUT, or an upload in parts
 *   s3_upload.c   parts, sent while the next one fills
 *   s3_parts.c    their sizes (pure)
 *   s3_keep.c     the lock and the tags, where a server drops them
 *   s3_get.c      the source of an object, which goes on where a connection broke
 *   s3_list.c     listings, and sweeping what was left behind
 *   s3_probe.c    what the server can do
 *
 * Invariant 1  A request that changes something is signed with the digest of its body, also over
 *              TLS, and says by Content-MD5 or x-amz-checksum-sha256 what it carries.
 * Invariant 2  Every object carries an id of the attempt that made it (x-amz-meta-guardian-put): a
 *              put whose answer was lost is recognised, and another's object is never taken for it.
 * Invariant 3  A signature never goes to another host than the settings name: of a redirect only
 *              the region is believed.
 */
#ifndef GUARDIAN_STORE_S3_H
#define GUARDIAN_STORE_S3_H

#include <pthread.h>
#include <stdatomic.h>

#include "guardian/base/clock.h"
#include "guardian/io/http.h"
#include "guardian/store/credentials.h"
#include "guardian/store/s3_place.h"
#include "guardian/store/sigv4.h"
#include "guardian/store/store_ops.h"
#include "guardian/store/xml.h"

#define GD_S3_ID_HEADER "x-amz-meta-guardian-put"
#define GD_S3_PROBE "probe-" /* how the names of objects begin that only try something out */
enum { GD_S3_REGION_SIZE = 64, GD_S3_LIST_MAX = 16 << 20 };

/** What was found out so far of something that servers differ in. */
enum gd_s3_known { GD_S3_UNKNOWN, GD_S3_NO, GD_S3_YES };

struct gd_s3 {
    struct gd_store store;
    struct gd_store_options options; /* its texts are the caller's */
    struct gd_s3_place place;
    struct gd_http *http;
    struct gd_credentials *credentials;
    struct gd_pair customer[3]; /* SSE-C: on every request to an object; count 0 or 3 */
    size_t customer_count;
    char customer_md5[25];

    pthread_mutex_t lock; /* over region and the probing of checksums */
    char region[GD_S3_REGION_SIZE];
    _Atomic int64_t skew_us;  /* the server's clock less ours */
    atomic_int conditional;   /* enum gd_s3_known: If-None-Match: * on PUT */
    atomic_int checksums;     /* enum gd_s3_known: x-amz-checksum-sha256 is verified */
    atomic_bool bucket_seen;  /* an answer said that the bucket is there */
    atomic_size_t part_bytes; /* in the buffers of all uploads */
};

static inline struct gd_s3 *gd_s3_of(struct gd_store *store)
{
    return (struct gd_s3 *)store;
}

/** The server's time as far as it is known. */
int64_t gd_s3_now_us(const struct gd_s3 *s3);

/* --- one request (s3_request.c) ----------------------------------------------------------------
 */

enum { GD_S3_QUERY_MAX = 8, GD_S3_HEADERS_MAX = 20 };

struct gd_s3_request {
    const char *method;
    const char *key; /* without the store's prefix; NULL: the bucket */
    struct gd_pair query[GD_S3_QUERY_MAX], headers[GD_S3_HEADERS_MAX];
    size_t query_count, header_count;
    const void *body;
    size_t body_size;
    const char *body_sha256; /* hex; NULL: computed */
    size_t answer_max;       /* 0: 1 MiB */
    const atomic_bool *stop;
    bool cleaning_up; /* few tries, and after gd_interrupted(), too */
    bool damaged;     /* wrong on purpose: a digest that does not fit is not tried again */
};

struct gd_s3_answer {
    struct gd_http_answer http;
    const struct gd_xml *xml;   /* NULL: none, or not readable */
    const char *code, *message; /* of an <Error>, whatever the status; "" none */
    bool good;                  /* 2xx, and no <Error> */
};

void gd_s3_query(struct gd_s3_request *request, const char *name, const char *value);
void gd_s3_header(struct gd_s3_request *request, const char *name, const char *value);

/**
 * Send, and try again as long as that makes sense.
 * @return GD_OK       there is an answer, good or not
 *         GD_SYSTEM   there is none, or the tries were in vain
 */
GD_MUST struct gd_status gd_s3_send(struct gd_s3 *s3, const struct gd_s3_request *request,
                                    struct gd_arena *arena, struct gd_s3_answer *out_answer,
                                    struct gd_error *err);
/** The same for a body that is read as it comes. `out_source` NULL: the answer is not good. */
GD_MUST struct gd_status gd_s3_send_open(struct gd_s3 *s3, const struct gd_s3_request *request,
                                         struct gd_arena *arena, struct gd_s3_answer *out_answer,
                                         struct gd_source **out_source, struct gd_error *err);

/** Wait the `failures`-th pause. Ends early when `stop` is set or the process shall end. */
void gd_s3_pause(unsigned failures, const atomic_bool *stop);

/* --- refusals (s3_error.c) ---------------------------------------------------------------------
 */

/** An answer that is not good, as a failure. @param what  "could not store \"x\"" */
GD_MUST struct gd_status gd_s3_refused(const struct gd_s3 *s3, const struct gd_s3_answer *answer,
                                       struct gd_error *err, const char *what, ...) GD_PRINTF(4, 5);
bool gd_s3_is(const struct gd_s3_answer *answer, const char *code);

/* --- what objects carry (s3.c) -----------------------------------------------------------------
 */

/** Headers of a new object: encryption, class, tags, id; and a lock, unless it is a probe's. */
void gd_s3_object_headers(struct gd_s3 *s3, struct gd_s3_request *request, const char *id,
                          struct gd_arena *arena);
/** Until when an object that is made now is locked. */
const char *gd_s3_lock_until(const struct gd_s3 *s3, struct gd_arena *arena);
/** Look that an object made in parts has its lock and its tags; put them there (s3_keep.c). */
GD_MUST struct gd_status gd_s3_keep(struct gd_s3 *s3, const char *key, struct gd_arena *arena,
                                    struct gd_error *err);
/** The key of SSE-C, where one is set. */
void gd_s3_customer_headers(const struct gd_s3 *s3, struct gd_s3_request *request);
/** What the body is: its digest for the signature, and Content-MD5 or a checksum. */
void gd_s3_body(struct gd_s3_request *request, const void *body, size_t size, bool checksum,
                struct gd_arena *arena);

/* --- objects -----------------------------------------------------------------------------------
 */

struct gd_s3_seen {
    bool there;
    uint64_t bytes;
    int64_t modified_us;
    const char *etag, *id; /* "" none */
};
GD_MUST struct gd_status gd_s3_look(struct gd_s3 *s3, const char *key, struct gd_arena *arena,
                                    struct gd_s3_seen *out_seen, struct gd_error *err);

GD_MUST struct gd_status gd_s3_put(struct gd_store *store, const char *key, uint64_t size_hint,
                                   struct gd_sink **out_sink, struct gd_error *err);
GD_MUST struct gd_status gd_s3_get(struct gd_store *store, const char *key, uint64_t offset,
                                   uint64_t size, struct gd_source **out_source,
                                   struct gd_error *err);
GD_MUST struct gd_status gd_s3_head(struct gd_store *store, const char *key, bool *out_there,
                                    struct gd_store_entry *out_entry, struct gd_error *err);
GD_MUST struct gd_status gd_s3_remove(struct gd_store *store, const char *key,
                                      struct gd_error *err);
GD_MUST struct gd_status gd_s3_list(struct gd_store *store, const struct gd_store_range *range,
                                    gd_store_each_fn *each, void *context, struct gd_error *err);
GD_MUST struct gd_status gd_s3_sweep(struct gd_store *store, const char *prefix, uint32_t age_s,
                                     bool only_count, uint64_t *out_count, struct gd_error *err);
GD_MUST struct gd_status gd_s3_capabilities(struct gd_store *store, const char *prefix,
                                            struct gd_store_capabilities *out_capabilities,
                                            struct gd_error *err);

/** Does the server verify x-amz-checksum-sha256? Asked once, with an upload under `key` that is
 *  given up again: nothing is left behind. */
GD_MUST struct gd_status gd_s3_learn_checksums(struct gd_s3 *s3, const char *key,
                                               struct gd_error *err);

/** A PUT of one piece; `conditional`: under If-None-Match: *. */
GD_MUST struct gd_status gd_s3_put_once(struct gd_s3 *s3, const char *key, const char *id,
                                        const void *data, size_t size, bool conditional,
                                        struct gd_arena *arena, struct gd_s3_answer *out_answer,
                                        struct gd_error *err);

/* --- uploads in parts (s3_upload.c) ------------------------------------------------------------
 */

struct gd_s3_upload;

struct gd_s3_part {
    struct gd_s3_part *next;
    char *data;
    size_t size, capacity;
    uint32_t number;
};
void gd_s3_part_free(struct gd_s3 *s3, struct gd_s3_part *part);
struct gd_s3_part *gd_s3_part_new(void);
void gd_s3_part_reserve(struct gd_s3 *s3, struct gd_s3_part *part, size_t size);

GD_MUST struct gd_status gd_s3_upload_begin(struct gd_s3 *s3, const char *key, const char *id,
                                            struct gd_s3_upload **out_upload, struct gd_error *err);
/** Queue a full part, and get one to fill next. @return what an earlier part failed with */
GD_MUST struct gd_status gd_s3_upload_part(struct gd_s3_upload *upload,
                                           struct gd_s3_part *take_part,
                                           struct gd_s3_part **out_next, struct gd_error *err);
/** Wait for the parts, and make them an object. @return GD_REFUSED: the key is there */
GD_MUST struct gd_status gd_s3_upload_complete(struct gd_s3_upload *upload, struct gd_error *err);
/** Complete without looking first, where the key is taken. @param out_turned_away  it was not done
 */
GD_MUST struct gd_status gd_s3_upload_try(struct gd_s3_upload *upload, bool *out_turned_away,
                                          struct gd_error *err);
/** Aborts what was not completed. */
void gd_s3_upload_free(struct gd_s3_upload *upload);
/** Give up the upload `upload_id`, and look that it is gone. */
GD_MUST struct gd_status gd_s3_abort(struct gd_s3 *s3, const char *key, const char *upload_id,
                                     struct gd_error *err);

#endif
