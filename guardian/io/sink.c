#include <stdlib.h>
#include <string.h>

#include "guardian/base/memory.h"
#include "guardian/io/digest.h"
#include "guardian/io/sink.h"

/* --- null --------------------------------------------------------------------------------------
 */

static struct gd_status null_write(struct gd_sink *sink, const void *data, size_t size,
                                   struct gd_error *err)
{
    (void)sink, (void)data, (void)size, (void)err;
    return GD_DONE;
}

static struct gd_status null_finish(struct gd_sink *sink, struct gd_error *err)
{
    (void)sink, (void)err;
    return GD_DONE;
}

static void null_free(struct gd_sink *sink)
{
    free(sink);
}

struct gd_sink *gd_null_sink_new(void)
{
    static const struct gd_sink_ops ops = {null_write, null_finish, null_free};
    struct gd_sink *sink = gd_memory_new(sizeof *sink);
    sink->ops = &ops;
    return sink;
}

/* --- memory ------------------------------------------------------------------------------------
 */

struct mem_sink {
    struct gd_sink sink;
    char *data;
    size_t size, capacity, limit;
};

static struct gd_status mem_write(struct gd_sink *sink, const void *data, size_t size,
                                  struct gd_error *err)
{
    struct mem_sink *mem = (struct mem_sink *)sink;
    if (size > mem->limit - mem->size)
        return gd_fail(err, GD_SYSTEM, "more than %zu bytes for a place in memory", mem->limit);
    if (size > mem->capacity - mem->size) {
        size_t wanted = mem->size + size;
        size_t doubled = mem->capacity > mem->limit / 2 ? mem->limit : 2 * mem->capacity;
        mem->capacity = wanted > doubled ? wanted : doubled;
        mem->data = gd_memory_grow(mem->data, mem->capacity);
    }
    if (size > 0)
        memcpy(mem->data + mem->size, data, size);
    mem->size += size;
    return GD_DONE;
}

static void mem_free(struct gd_sink *sink)
{
    free(((struct mem_sink *)sink)->data);
    free(sink);
}

struct gd_sink *gd_mem_sink_new(size_t limit)
{
    static const struct gd_sink_ops ops = {mem_write, null_finish, mem_free};
    struct mem_sink *mem = gd_memory_new(sizeof *mem);
    mem->sink.ops = &ops;
    mem->limit = limit;
    return &mem->sink;
}

const void *gd_mem_sink_data(const struct gd_sink *sink, size_t *out_size)
{
    const struct mem_sink *mem = (const struct mem_sink *)sink;
    *out_size = mem->size;
    return mem->data == NULL ? "" : mem->data;
}

/* --- tally -------------------------------------------------------------------------------------
 */

struct tally_sink {
    struct gd_sink sink;
    struct gd_sink *next;
    struct gd_digest *digest;
    uint64_t bytes;
};

static struct gd_status tally_write(struct gd_sink *sink, const void *data, size_t size,
                                    struct gd_error *err)
{
    struct tally_sink *tally = (struct tally_sink *)sink;
    GD_TRY(gd_sink_write(tally->next, data, size, err));
    gd_digest_add(tally->digest, data, size);
    tally->bytes += size;
    return GD_DONE;
}

static struct gd_status tally_finish(struct gd_sink *sink, struct gd_error *err)
{
    return gd_sink_finish(((struct tally_sink *)sink)->next, err);
}

static void tally_free(struct gd_sink *sink)
{
    struct tally_sink *tally = (struct tally_sink *)sink;
    gd_sink_free(tally->next);
    gd_digest_free(tally->digest);
    free(tally);
}

struct gd_sink *gd_tally_sink_new(struct gd_sink *take_next)
{
    static const struct gd_sink_ops ops = {tally_write, tally_finish, tally_free};
    struct tally_sink *tally = gd_memory_new(sizeof *tally);
    tally->sink.ops = &ops;
    tally->next = take_next;
    tally->digest = gd_digest_new();
    return &tally->sink;
}

uint64_t gd_tally_sink_bytes(const struct gd_sink *tally)
{
    return ((const struct tally_sink *)tally)->bytes;
}

void gd_tally_sink_sha256(const struct gd_sink *tally, char *out_hex)
{
    gd_digest_hex(((const struct tally_sink *)tally)->digest, out_hex);
}
