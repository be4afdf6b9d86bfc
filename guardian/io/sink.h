/*
 * Sink: where bytes go. A filter is a sink that owns the next one.
 *
 * Invariant 1  One finish makes the object count: it has been looked at by everything below, down
 *              to the disk or the store. A sink that is freed without it gives the attempt up, and
 *              nothing of it remains under its name.
 * Invariant 2  After a failed write or finish the sink is broken: only freeing it is allowed.
 * Owner        freeing the outermost sink frees those below. One thread at a time.
 */
#ifndef GUARDIAN_IO_SINK_H
#define GUARDIAN_IO_SINK_H

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#include "guardian/base/status.h"

struct gd_sink;

struct gd_sink_ops {
    struct gd_status (*write)(struct gd_sink *sink, const void *data, size_t size,
                              struct gd_error *err);
    struct gd_status (*finish)(struct gd_sink *sink, struct gd_error *err);
    void (*free)(struct gd_sink *sink); /* frees the sinks below, too */
};

enum gd_sink_state { GD_SINK_OPEN, GD_SINK_FINISHED, GD_SINK_BROKEN };

/** First member of every sink. */
struct gd_sink {
    const struct gd_sink_ops *ops;
    enum gd_sink_state state;
};

GD_MUST static inline struct gd_status gd_sink_write(struct gd_sink *sink, const void *data,
                                                     size_t size, struct gd_error *err)
{
    assert(sink->state == GD_SINK_OPEN);
    struct gd_status status = sink->ops->write(sink, data, size, err);
    if (status.code != GD_OK)
        sink->state = GD_SINK_BROKEN;
    return status;
}

GD_MUST static inline struct gd_status gd_sink_finish(struct gd_sink *sink, struct gd_error *err)
{
    assert(sink->state == GD_SINK_OPEN);
    struct gd_status status = sink->ops->finish(sink, err);
    sink->state = status.code == GD_OK ? GD_SINK_FINISHED : GD_SINK_BROKEN;
    return status;
}

static inline void gd_sink_free(struct gd_sink *sink)
{
    if (sink != NULL)
        sink->ops->free(sink);
}

static inline void gd_sink_cleanup_(struct gd_sink **sink)
{
    gd_sink_free(*sink);
}
#define gd_auto_sink __attribute__((cleanup(gd_sink_cleanup_))) struct gd_sink *

/** Swallows everything: where only the filters above it matter. */
struct gd_sink *gd_null_sink_new(void);

/** Keeps everything in memory, at most `limit` bytes (GD_SYSTEM beyond). */
struct gd_sink *gd_mem_sink_new(size_t limit);
/** What was written so far; a view, void after the next write or free. */
const void *gd_mem_sink_data(const struct gd_sink *sink, size_t *out_size);

/**
 * Counts and hashes what goes through. Asked at any time; the answer stays after finish, until the
 * sink is freed.
 */
struct gd_sink *gd_tally_sink_new(struct gd_sink *take_next);
uint64_t gd_tally_sink_bytes(const struct gd_sink *tally);
/** SHA-256 in hex of what went through so far; `out_hex` holds GD_DIGEST_HEX_SIZE (65) bytes. */
void gd_tally_sink_sha256(const struct gd_sink *tally, char *out_hex);

#endif
