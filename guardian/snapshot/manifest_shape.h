/*
 * Manifest shape: every key of a manifest, once, for who writes it and for who reads it.
 *
 * A shape is a list of keys in the order of the document; each says where its value stands in the C
 * struct and what it may be. The first key of a document is its format. Snapshots and base backups
 * have one shape each. Only snapshot/ includes this.
 */
#ifndef GUARDIAN_SNAPSHOT_MANIFEST_SHAPE_H
#define GUARDIAN_SNAPSHOT_MANIFEST_SHAPE_H

#include "guardian/snapshot/manifest.h"

enum gd_field_kind {
    GD_FIELD_FORMAT,   /* the format's number, which is `beside`; stands in no struct */
    GD_FIELD_TEXT,     /* const char *; may be "" */
    GD_FIELD_NAME,     /* const char *; not "" */
    GD_FIELD_ID,       /* char[GD_ID_SIZE] */
    GD_FIELD_SHA256,   /* char[GD_DIGEST_HEX_SIZE] */
    GD_FIELD_SUM,      /* struct gd_rows_digest, without its rows */
    GD_FIELD_SUM_TEXT, /* char[GD_ROWS_DIGEST_SIZE]; may be "" */
    GD_FIELD_BOOL,
    GD_FIELD_COUNT,       /* uint64_t below 2^63 */
    GD_FIELD_OID,         /* uint32_t, not 0 */
    GD_FIELD_VERSION,     /* int: 150018 */
    GD_FIELD_NUMBER,      /* int64_t */
    GD_FIELD_TIME,        /* int64_t, microseconds; 2026-11-22T21:48:07.123456Z */
    GD_FIELD_LETTER,      /* char: one of "rf" */
    GD_FIELD_SCOPE,       /* enum gd_snapshot_scope */
    GD_FIELD_KEY_ID,      /* const char *: "" is null, otherwise 16 hex digits */
    GD_FIELD_LSN,         /* const char *: "" or 0/16B3740 */
    GD_FIELD_CHANGE,      /* const char *: "" or what can be one segment of a key */
    GD_FIELD_OBJECT,      /* const char *: an object's name */
    GD_FIELD_BASE_OBJECT, /* const char *: an object's name in a base backup */
    GD_FIELD_ID_TEXT,     /* const char *: an id */
    GD_FIELD_ID_IF,       /* const char *: "" is null, otherwise an id */
    GD_FIELD_NAME_IF,     /* const char *: NULL is null, otherwise not "" */
    GD_FIELD_OID_IF,      /* uint32_t: 0 is null */
    GD_FIELD_TIMELINE,    /* uint32_t, not 0 */
    GD_FIELD_SYSTEM,      /* uint64_t, not 0, written as a text of digits */
    GD_FIELD_POSITION,    /* uint64_t: an LSN, 0/16B3740 */
    GD_FIELD_CONDITION,   /* const char *, null unless the bool at `beside` is set */
    GD_FIELD_JSON,        /* const char *: a document of its own */
    GD_FIELD_TEXTS,       /* const char *const *, `beside` counts them */
    GD_FIELD_GROUP,    /* the keys of `shape` in an object; they stand at `offset` in this struct */
    GD_FIELD_GROUP_IF, /* the same, null unless the bool at `beside` is set */
    GD_FIELD_STORED_IF, /* the same for a struct gd_stored, null when it has no name */
    GD_FIELD_LIST,      /* pointer to structs of `shape`, `beside` counts them */
};

struct gd_shape;
struct gd_field {
    const char *key;
    enum gd_field_kind kind;
    size_t offset, beside;
    const struct gd_shape *shape;
};
struct gd_shape {
    const struct gd_field *fields;
    size_t count, size; /* size of the struct */
};

extern const struct gd_shape gd_manifest_shape;
extern const struct gd_shape gd_base_shape;

/** A document as text, malloc()ed; and back into the zeroed struct at `out`. As
 *  gd_manifest_format() and gd_manifest_parse(), without asking whether values agree. */
GD_MUST struct gd_status gd_shape_format(const struct gd_shape *shape, const void *base,
                                         char **out_text, size_t *out_size, struct gd_error *err);
GD_MUST struct gd_status gd_shape_parse(const struct gd_shape *shape, const char *text, size_t size,
                                        struct gd_arena *arena, void *out, struct gd_error *err);

/** The member of a struct. */
static inline void *gd_field_in(void *base, size_t offset)
{
    return (char *)base + offset;
}
static inline const void *gd_field_of(const void *base, size_t offset)
{
    return (const char *)base + offset;
}

#endif
