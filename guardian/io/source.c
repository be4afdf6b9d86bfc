#include "guardian/io/source.h"

#include <stdlib.h>
#include <string.h>

#include "guardian/base/clock.h"
#include "guardian/base/memory.h"
#include "guardian/io/digest.h"

enum { PUMP_SIZE = 128 * 1024 };

/* --- memory ------------------------------------------------------------------------------------
 */

struct mem_source {
    struct gd_source source;
    const char *data_view;
    size_t left;
};

static struct gd_status mem_read(struct gd_source *source, void *buffer, size_t size,
                                 size_t *out_size, struct gd_error *err)
{
    (void)err;
    struct mem_source *mem = (struct mem_source *)source;
    size_t taken = size < mem->left ? size : mem->left;
    if (taken > 0)
        memcpy(buffer, mem->data_view, taken);
    mem->data_view += taken;
    mem->left -= taken;
    *out_size = taken;
    return GD_DONE;
}

static void mem_free(struct gd_source *source)
{
    free(source);
}

struct gd_source *gd_mem_source_new(const void *data, size_t size)
{
    static const struct gd_source_ops ops = {mem_read, mem_free};
    struct mem_source *mem = gd_memory_new(sizeof *mem);
    mem->source.ops = &ops;
    mem->data_view = size == 0 ? "" : data;
    mem->left = size;
    return &mem->source;
}

/* --- tally -------------------------------------------------------------------------------------
 */

struct tally_source {
    struct gd_source source;
    struct gd_source *below;
    struct gd_digest *digest;
    uint64_t bytes;
};

static struct gd_status tally_read(struct gd_source *source, void *buffer, size_t size,
                                   size_t *out_size, struct gd_error *err)
{
    struct tally_source *tally = (struct tally_source *)source;
    GD_TRY(gd_source_read(tally->below, buffer, size, out_size, err));
    gd_digest_add(tally->digest, buffer, *out_size);
    tally->bytes += *out_size;
    return GD_DONE;
}

static void tally_free(struct gd_source *source)
{
    struct tally_source *tally = (struct tally_source *)source;
    gd_source_free(tally->below);
    gd_digest_free(tally->digest);
    free(tally);
}

struct gd_source *gd_tally_source_new(struct gd_source *take_below)
{
    static const struct gd_source_ops ops = {tally_read, tally_free};
    struct tally_source *tally = gd_memory_new(sizeof *tally);
    tally->source.ops = &ops;
    tally->below = take_below;
    tally->digest = gd_digest_new();
    return &tally->source;
}

uint64_t gd_tally_source_bytes(const struct gd_source *tally)
{
    return ((const struct tally_source *)tally)->bytes;
}

void gd_tally_source_sha256(const struct gd_source *tally, char *out_hex)
{
    gd_digest_hex(((const struct tally_source *)tally)->digest, out_hex);
}

/* --- whole sources -----------------------------------------------------------------------------
 */

static struct gd_status pump_through(struct gd_source *source, struct gd_sink *sink, char *buffer,
                                     uint64_t *out_bytes, struct gd_error *err)
{
    uint64_t bytes = 0;
    for (;;) {
        GD_TRY(gd_interrupt_check(err));
        size_t size = 0;
        GD_TRY(gd_source_read(source, buffer, PUMP_SIZE, &size, err));
        if (size == 0)
            break;
        GD_TRY(gd_sink_write(sink, buffer, size, err));
        bytes += size;
    }
    if (out_bytes != NULL)
        *out_bytes = bytes;
    return GD_DONE;
}

struct gd_status gd_pump(struct gd_source *source, struct gd_sink *sink, uint64_t *out_bytes,
                         struct gd_error *err)
{
    char *buffer = gd_memory_new(PUMP_SIZE);
    struct gd_status status = pump_through(source, sink, buffer, out_bytes, err);
    free(buffer);
    return status;
}

/* Grows as bytes come, not as a header promises: `limit` may be large. */
static struct gd_status read_all(struct gd_source *source, size_t limit, char **data, size_t *size,
                                 struct gd_error *err)
{
    size_t capacity = limit < PUMP_SIZE ? limit : PUMP_SIZE;
    for (;;) {
        *data = gd_memory_grow(*data, capacity + 1); /* one for the NUL, and to see what is over */
        size_t got = 0;
        GD_TRY(gd_source_read(source, *data + *size, capacity + 1 - *size, &got, err));
        *size += got;
        if (got == 0)
            return GD_DONE;
        if (*size > limit)
            return gd_fail(err, GD_CORRUPT, "there are more than %zu bytes", limit);
        if (*size >= capacity)
            capacity = capacity > limit / 2 ? limit : 2 * capacity;
    }
}

struct gd_status gd_source_all(struct gd_source *source, size_t limit, char **out_data,
                               size_t *out_size, struct gd_error *err)
{
    char *data = NULL;
    size_t size = 0;
    struct gd_status status = read_all(source, limit, &data, &size, err);
    if (status.code != GD_OK) {
        free(data);
        return status;
    }
    data[size] = '\0';
    *out_data = data;
    *out_size = size;
    return GD_DONE;
}
