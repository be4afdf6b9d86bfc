/*
 * Source: where bytes come from. A filter is a source that owns the one below.
 *
 * Invariant 1  The end of a source (0 bytes) is only given when it is the true end: a body that is
 * cut short, a frame that is not complete, a digest that does not match is an error, never an end.
 * Invariant 2  After an error only freeing it is allowed.
 * Owner        freeing the outermost source frees those below. One thread at a time.
 */
#ifndef GUARDIAN_IO_SOURCE_H
#define GUARDIAN_IO_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "guardian/base/status.h"
#include "guardian/io/sink.h"

struct gd_source;

struct gd_source_ops {
    /* Up to `size` bytes (> 0) into `buffer`; *out_size 0 is the true end. */
    struct gd_status (*read)(struct gd_source *source, void *buffer, size_t size, size_t *out_size,
                             struct gd_error *err);
    void (*free)(struct gd_source *source); /* frees the sources below, too */
};

/** First member of every source. */
struct gd_source {
    const struct gd_source_ops *ops;
};

GD_MUST static inline struct gd_status gd_source_read(struct gd_source *source, void *buffer,
                                                      size_t size, size_t *out_size,
                                                      struct gd_error *err)
{
    return source->ops->read(source, buffer, size, out_size, err);
}

static inline void gd_source_free(struct gd_source *source)
{
    if (source != NULL)
        source->ops->free(source);
}

static inline void gd_source_cleanup_(struct gd_source **source)
{
    gd_source_free(*source);
}
#define gd_auto_source __attribute__((cleanup(gd_source_cleanup_))) struct gd_source *

/** Reads memory that the caller keeps. */
struct gd_source *gd_mem_source_new(const void *data, size_t size);

/** Counts and hashes what is read through it. */
struct gd_source *gd_tally_source_new(struct gd_source *take_below);
uint64_t gd_tally_source_bytes(const struct gd_source *tally);
void gd_tally_source_sha256(const struct gd_source *tally, char *out_hex);

/** Move everything from a source into a sink through one fixed buffer (128 KiB); the sink is not
 *  finished. `out_bytes` may be NULL. */
GD_MUST struct gd_status gd_pump(struct gd_source *source, struct gd_sink *sink,
                                 uint64_t *out_bytes, struct gd_error *err);

/** The whole rest of a source, with a NUL behind it, in `out_data` (free() it).
 *  @return GD_CORRUPT when there are more than `limit` bytes */
GD_MUST struct gd_status gd_source_all(struct gd_source *source, size_t limit, char **out_data,
                                       size_t *out_size, struct gd_error *err);

#endif
