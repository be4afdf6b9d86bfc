/*
 * Packed: the bytes of one object below v1/<system identifier>/wal/ (docs/formats/wal.md): a label
 * with name, length and digest, then the content, compressed and, with a key, sealed.
 *
 *     skippable zstd frame: {"format":1, "name", "bytes", "sha256", "key"}
 *     zstd frames of the content; or, with a key, the same sealed and bound to the object's key
 *
 * Whole files (stored.h) and what was streamed of a segment lie in the store in this way.
 *
 * Invariant 1  What is stored under a key is never something else: put a second time, it is
 *              compared, and nothing is overwritten.
 * Invariant 2  A put that returns well was read back from the store, to its last byte.
 * Invariant 3  The end of an unpacked source is only given when length and digest are the label's.
 */
#ifndef GUARDIAN_WAL_PACKED_H
#define GUARDIAN_WAL_PACKED_H

#include "guardian/io/crypt.h"
#include "guardian/io/digest.h"
#include "guardian/store/store.h"

struct gd_wal_place {
    struct gd_store *store;
    const struct gd_key *key; /* NULL: not encrypted */
    uint64_t system_identifier;
    int level; /* zstd; only for putting */
    /* Only for putting: the server recovers. What it archives then can be a segment that came out
     * of the store before it was whole, and was filled up with zeros. */
    bool recovering;
};

enum { GD_WAL_LABEL_NAME_SIZE = 96 };

/** What a label says. */
struct gd_wal_label {
    char name[GD_WAL_LABEL_NAME_SIZE];
    uint64_t bytes; /* of the content */
    char sha256[GD_DIGEST_HEX_SIZE];
};

/** Content that can be read more than once: for its digest, and to store it. */
struct gd_wal_content {
    struct gd_status (*open)(const void *context, struct gd_source **out_source,
                             struct gd_error *err);
    const void *context;
};

struct gd_wal_bytes { /* content that the caller keeps in memory */
    const void *data;
    size_t size;
};
struct gd_wal_content gd_wal_content_of(const struct gd_wal_bytes *bytes);

/** The label of `content`, which is read through once. */
GD_MUST struct gd_status gd_wal_label_of(const char *name, const struct gd_wal_content *content,
                                         struct gd_wal_label *out_label, struct gd_error *err);

/** Put `content`, of which `label` is known already, and read it back.
 *  @param out_there_before  it was stored already; may be NULL
 *  @return GD_REFUSED something else is stored under this key; GD_CORRUPT it changed meanwhile, or
 *  what the store gives back is not what went in; GD_SYSTEM as well, when that could be removed:
 *  trying again may succeed */
GD_MUST struct gd_status gd_wal_pack(const struct gd_wal_place *place, const char *key,
                                     const struct gd_wal_label *label,
                                     const struct gd_wal_content *content, bool *out_there_before,
                                     struct gd_error *err);

/** The same, of memory. */
GD_MUST struct gd_status gd_wal_pack_bytes(const struct gd_wal_place *place, const char *key,
                                           const char *name, const void *data, size_t size,
                                           bool *out_there_before, struct gd_error *err);

/** The content of an object that is there. @param name  that its label must say; NULL: any
 *  @param out_label  may be NULL. @param out_source  NULL: the label alone, for which no key is
 *  needed
 *  @return GD_CORRUPT it is gone, has another label, or (from reading) is not what was put;
 *          GD_USAGE sealed with a key that is not given, or written by a newer guardian */
GD_MUST struct gd_status gd_wal_unpack(const struct gd_wal_place *place, const char *key,
                                       const char *name, struct gd_wal_label *out_label,
                                       struct gd_source **out_source, struct gd_error *err);

#endif
