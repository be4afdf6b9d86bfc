/*
 * Store: objects under keys, in a folder or on an S3-compatible server, with one contract
 * (tests/contract).
 *
 * Invariant 1  An object is whole or absent. What a finished put stored is what get gives, byte for
 *              byte.
 * Invariant 2  Nothing is overwritten: a put to a key that is there fails with GD_REFUSED where the
 *              store can tell without a gap (capability `conditional`), and by looking first where
 *              it cannot.
 * Invariant 3  "Not there" is only said when the store said so: a network failure is never absence.
 * Owner        a store may be used by several threads at once; a sink or source by one.
 */
#ifndef GUARDIAN_STORE_STORE_H
#define GUARDIAN_STORE_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "guardian/base/arena.h"
#include "guardian/base/events.h"
#include "guardian/base/status.h"
#include "guardian/io/sink.h"
#include "guardian/io/source.h"

struct gd_store;

/** Settings of all stores; zero means the default. Texts must live as long as the store. */
struct gd_store_options {
    const char *url;        /* file:///folder, or s3://bucket/prefix */
    const char *region;     /* s3: NULL: AWS_REGION, AWS_DEFAULT_REGION, profile, us-east-1 */
    const char *endpoint;   /* s3: https://host:port of another server; NULL: AWS_ENDPOINT_URL_S3,
                               AWS_ENDPOINT_URL, AWS's own */
    const char *addressing; /* s3: "path", "virtual", NULL: path for other endpoints and for names
                               with dots */
    const char *profile;    /* s3: NULL: AWS_PROFILE, "default" */
    const char *ca_file;    /* s3: NULL: AWS_CA_BUNDLE, the system's */
    const char *storage_class; /* s3: x-amz-storage-class */
    const char *encryption;    /* s3: "none", "AES256", "aws:kms", "customer" */
    const char *kms_key_id;    /* s3 */
    const char *customer_key;  /* s3: 32 bytes in base64, for "customer" (SSE-C) */
    const char *tags;          /* s3: "a=b&c=d" */
    const char *lock_mode;     /* s3 object lock: "GOVERNANCE" or "COMPLIANCE" */
    uint32_t lock_days;
    bool allow_http; /* s3: http:// to a host that is not loopback */
    uint64_t
        part_bytes; /* s3: first part size, 8 MiB; it grows so that 10,000 parts are never needed */
    uint32_t retry_ms; /* budget for the tries of one request, 60,000 */
    uint32_t stall_ms; /* no byte moved for this long: a time-out, 30,000 */
    bool must_exist;   /* file: reading from a folder that is not there is a failure, not an empty
                          store: a disk may not be mounted */
    bool make_way;     /* file: a put makes all folders above the store's; else that one alone */
    const struct gd_events *events;
};

/** What this store can do, found out, not believed. Texts are static. */
struct gd_store_capabilities {
    bool conditional;       /* two puts to one key: exactly one wins */
    bool conditional_large; /* of objects that go up in several parts, too */
    bool checksums;         /* verifies x-amz-checksum-sha256 */
    bool versioning;        /* keeps what is deleted */
    bool object_lock;
    bool durable;         /* file: on a file system that can fsync */
    bool same_machine;    /* a backup there is lost with the machine */
    bool removes;         /* what was put can be removed with these credentials */
    const char *medium;   /* what it lies on: "ext4", "tmpfs"; NULL: not known */
    double clock_seconds; /* the store's clock is this much ahead; whole seconds on a server */
    const char *remark;   /* what a person should know of that, after "the store "; NULL or "" */
    char sharing[320];    /* who cannot read what others wrote, after "the store "; or "" */
};

/**
 * Open; makes no request. @return GD_USAGE: the URL or a setting cannot be read
 */
GD_MUST struct gd_status gd_store_open(const struct gd_store_options *options,
                                       struct gd_store **out_store, struct gd_error *err);
void gd_store_close(struct gd_store *store);
/** "s3://bucket/prefix", as given; no secrets. */
const char *gd_store_url(const struct gd_store *store);

/**
 * Begin an object. Keys (store/keys.h): 1 to 900 bytes of "A-Za-z0-9._~/-"; segments between
 * slashes have 1 to 220 bytes and do not begin with a dot.
 * Finish returns GD_REFUSED when the key is there (the object there is not touched).
 * @param size_hint  bytes that will come, for the part size; 0: not known
 */
GD_MUST struct gd_status gd_store_put(struct gd_store *store, const char *key, uint64_t size_hint,
                                      struct gd_sink **out_sink, struct gd_error *err);
/** A small object in one call. */
GD_MUST struct gd_status gd_store_put_bytes(struct gd_store *store, const char *key,
                                            const void *data, size_t size, struct gd_error *err);

/** Read `size` bytes from `offset` (size 0: to the end). Reading goes on where a lost connection
 * stopped, of the same object only. @return GD_CORRUPT the object is not there (proven) or is
 * shorter than asked */
GD_MUST struct gd_status gd_store_get(struct gd_store *store, const char *key, uint64_t offset,
                                      uint64_t size, struct gd_source **out_source,
                                      struct gd_error *err);
/** A whole object of at most `limit` bytes, with a NUL behind it; free() it. */
GD_MUST struct gd_status gd_store_get_bytes(struct gd_store *store, const char *key, size_t limit,
                                            char **out_data, size_t *out_size,
                                            struct gd_error *err);

/** It was seen that two puts to one key can both succeed here (capability `conditional`). False as
 *  long as nothing was put. */
bool gd_store_unconditional(const struct gd_store *store);

struct gd_store_entry {
    const char *key;
    uint64_t bytes;
    int64_t modified_us; /* the store's clock */
};

/** Is it there? `out_there` false only when the store said so. `out_entry` may be NULL. */
GD_MUST struct gd_status gd_store_head(struct gd_store *store, const char *key, bool *out_there,
                                       struct gd_store_entry *out_entry, struct gd_error *err);

/** Every object whose key begins with `prefix` (a prefix that ends in "/" is a folder: "db1/" is
 * not "db10/"), in ascending order of bytes. `each` fails: the listing ends with its status. */
typedef struct gd_status gd_store_each_fn(void *context, const struct gd_store_entry *entry,
                                          struct gd_error *err);
GD_MUST struct gd_status gd_store_list(struct gd_store *store, const char *prefix,
                                       gd_store_each_fn *each, void *context, struct gd_error *err);
/** The same, of those keys that are greater than `after`: what is before is not even asked for. */
GD_MUST struct gd_status gd_store_list_after(struct gd_store *store, const char *prefix,
                                             const char *after, gd_store_each_fn *each,
                                             void *context, struct gd_error *err);
/** The folders right below `prefix` ("v1/" gives "v1/a/", "v1/b/"). Only entry->key is set. */
GD_MUST struct gd_status gd_store_folders(struct gd_store *store, const char *prefix,
                                          gd_store_each_fn *each, void *context,
                                          struct gd_error *err);

/** Remove; an object that is not there is no error. */
GD_MUST struct gd_status gd_store_remove(struct gd_store *store, const char *key,
                                         struct gd_error *err);

/** Really tries it out under <prefix>probe-…, and cleans up: writes, reads back, looks, lists, puts
 * a second time, removes. Credentials that may not remove are no failure.
 * @param prefix       "" or a folder with its slash
 * @param out_seconds  to write an object and read it back, for doctor; may be NULL
 * @return GD_UNPROTECTED  it does not do what a backup needs: the text says what */
GD_MUST struct gd_status gd_store_probe(struct gd_store *store, const char *prefix,
                                        struct gd_store_capabilities *out_capabilities,
                                        double *out_seconds, struct gd_error *err);

/** Give up what older, dead processes left: multipart uploads below `prefix`, hidden files, older
 * than `age_s`. */
GD_MUST struct gd_status gd_store_sweep(struct gd_store *store, const char *prefix, uint32_t age_s,
                                        uint64_t *out_count, struct gd_error *err);
/** How many that would be. */
GD_MUST struct gd_status gd_store_count_stale(struct gd_store *store, const char *prefix,
                                              uint32_t age_s, uint64_t *out_count,
                                              struct gd_error *err);

static inline void gd_store_cleanup_(struct gd_store **store)
{
    gd_store_close(*store);
}
#define gd_auto_store __attribute__((cleanup(gd_store_cleanup_))) struct gd_store *

#endif
