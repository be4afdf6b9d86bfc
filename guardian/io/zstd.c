#include "guardian/io/zstd.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>
#include <zstd_errors.h>

#include "guardian/base/memory.h"

enum { BUFFER_SIZE = 128 * 1024, WINDOW_LOG_MAX = 27 /* 128 MiB */ };

/* --- compress ----------------------------------------------------------------------------------
 */

struct zstd_sink {
    struct gd_sink sink;
    struct gd_sink *next;
    ZSTD_CCtx *context;
    ZSTD_outBuffer out;
};

static struct gd_status fail_to_compress(size_t result, struct gd_error *err)
{
    return gd_fail(err, GD_SYSTEM, "could not compress: %s", ZSTD_getErrorName(result));
}

static struct gd_status pass_on(struct zstd_sink *zstd, struct gd_error *err)
{
    struct gd_status status = gd_sink_write(zstd->next, zstd->out.dst, zstd->out.pos, err);
    zstd->out.pos = 0;
    return status;
}

static struct gd_status zstd_write(struct gd_sink *sink, const void *data, size_t size,
                                   struct gd_error *err)
{
    struct zstd_sink *zstd = (struct zstd_sink *)sink;
    ZSTD_inBuffer in = {data, size, 0};
    while (in.pos < in.size) {
        size_t result = ZSTD_compressStream2(zstd->context, &zstd->out, &in, ZSTD_e_continue);
        if (ZSTD_isError(result))
            return fail_to_compress(result, err);
        if (zstd->out.pos == zstd->out.size)
            GD_TRY(pass_on(zstd, err));
    }
    return GD_DONE;
}

static struct gd_status zstd_finish(struct gd_sink *sink, struct gd_error *err)
{
    struct zstd_sink *zstd = (struct zstd_sink *)sink;
    for (size_t left = 1; left > 0;) {
        left = ZSTD_compressStream2(zstd->context, &zstd->out, &(ZSTD_inBuffer){0}, ZSTD_e_end);
        if (ZSTD_isError(left))
            return fail_to_compress(left, err);
        GD_TRY(pass_on(zstd, err));
    }
    return gd_sink_finish(zstd->next, err);
}

static void zstd_free(struct gd_sink *sink)
{
    struct zstd_sink *zstd = (struct zstd_sink *)sink;
    gd_sink_free(zstd->next);
    (void)ZSTD_freeCCtx(zstd->context);
    free(zstd->out.dst);
    free(zstd);
}

static struct gd_status set_up(ZSTD_CCtx *context, int level, struct gd_error *err)
{
    if (context == NULL)
        return gd_fail(err, GD_SYSTEM, "could not compress: out of memory");
    size_t result = ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, level);
    if (!ZSTD_isError(result))
        result = ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1);
    return ZSTD_isError(result) ? fail_to_compress(result, err) : GD_DONE;
}

struct gd_status gd_zstd_sink_new(struct gd_sink *take_next, int level, struct gd_sink **out_sink,
                                  struct gd_error *err)
{
    static const struct gd_sink_ops ops = {zstd_write, zstd_finish, zstd_free};
    assert(level >= 1 && level <= 19);
    struct zstd_sink *zstd = gd_memory_new(sizeof *zstd);
    gd_auto_sink sink = &zstd->sink;
    sink->ops = &ops;
    zstd->next = take_next;
    zstd->context = ZSTD_createCCtx();
    zstd->out = (ZSTD_outBuffer){gd_memory_new(BUFFER_SIZE), BUFFER_SIZE, 0};
    GD_TRY(set_up(zstd->context, level, err));
    *out_sink = GD_MOVE(sink);
    return GD_DONE;
}

/* --- one frame at a time ---------------------------------------------------------------------
 */

struct gd_zstd_packer {
    ZSTD_CCtx *context;
};

struct gd_status gd_zstd_packer_new(int level, struct gd_zstd_packer **out_packer,
                                    struct gd_error *err)
{
    struct gd_zstd_packer *packer = gd_memory_new(sizeof *packer);
    packer->context = ZSTD_createCCtx();
    struct gd_status status = set_up(packer->context, level, err);
    if (status.code == GD_OK)
        *out_packer = packer;
    else
        gd_zstd_packer_free(packer);
    return status;
}

void gd_zstd_packer_free(struct gd_zstd_packer *packer)
{
    if (packer == NULL)
        return;
    (void)ZSTD_freeCCtx(packer->context);
    free(packer);
}

size_t gd_zstd_packed_bound(size_t size)
{
    return ZSTD_compressBound(size);
}

struct gd_status gd_zstd_pack(struct gd_zstd_packer *packer, const void *data, size_t size,
                              void *out, size_t out_capacity, size_t *out_size,
                              struct gd_error *err)
{
    size_t result = ZSTD_compress2(packer->context, out, out_capacity, data, size);
    if (ZSTD_isError(result))
        return fail_to_compress(result, err);
    *out_size = result;
    return GD_DONE;
}

/* --- decompress --------------------------------------------------------------------------------
 */

struct zstd_source {
    struct gd_source source;
    struct gd_source *below;
    ZSTD_DCtx *context;
    char *buffer; /* what was read from below: [taken, filled) is still to be decompressed */
    size_t taken, filled;
    bool ended;    /* the source below */
    bool in_frame; /* the frame is not complete */
    bool any;      /* there was a frame */
};

static struct gd_status fail_to_decompress(size_t result, struct gd_error *err)
{
    bool memory = ZSTD_getErrorCode(result) == ZSTD_error_memory_allocation;
    return gd_fail(err, memory ? GD_SYSTEM : GD_CORRUPT, "could not decompress: %s",
                   ZSTD_getErrorName(result));
}

static struct gd_status refill(struct zstd_source *zstd, struct gd_error *err)
{
    size_t got = 0;
    memmove(zstd->buffer, zstd->buffer + zstd->taken, zstd->filled - zstd->taken);
    zstd->filled -= zstd->taken;
    zstd->taken = 0;
    GD_TRY(gd_source_read(zstd->below, zstd->buffer + zstd->filled, BUFFER_SIZE - zstd->filled,
                          &got, err));
    zstd->filled += got;
    zstd->ended = got == 0;
    return GD_DONE;
}

/* A frame of today's format with a checksum: RFC 8878, 3.1.1. libzstd would also take frames of its
 * early formats, frames that say nothing, and frames whose damage nobody sees. */
static bool good_frame_head(const unsigned char *head)
{
    static const unsigned char magic[] = {0x28, 0xB5, 0x2F, 0xFD};
    enum { CHECKSUM_FLAG = 1 << 2 };
    return memcmp(head, magic, sizeof magic) == 0 && (head[sizeof magic] & CHECKSUM_FLAG) != 0;
}

/* Between two frames: sets in_frame when another one begins, or leaves it at the true end. */
static struct gd_status begin_frame(struct zstd_source *zstd, struct gd_error *err)
{
    enum { HEAD_SIZE = 5 };
    while (zstd->filled - zstd->taken < HEAD_SIZE && !zstd->ended)
        GD_TRY(refill(zstd, err));
    size_t there = zstd->filled - zstd->taken;
    if (there == 0 && zstd->any)
        return GD_DONE;
    if (there == 0)
        return gd_fail(err, GD_CORRUPT, "could not decompress: there is nothing");
    if (there < HEAD_SIZE || !good_frame_head((unsigned char *)zstd->buffer + zstd->taken))
        return gd_fail(err, GD_CORRUPT, "could not decompress: %s",
                       zstd->any ? "there are bytes behind the last frame"
                                 : "this is no zstd frame with a checksum");
    zstd->in_frame = true;
    zstd->any = true;
    return GD_DONE;
}

/* One step: takes from the buffer, gives what comes out, and knows when the frame is complete. */
static struct gd_status step(struct zstd_source *zstd, ZSTD_outBuffer *out, struct gd_error *err)
{
    if (zstd->taken == zstd->filled && !zstd->ended)
        GD_TRY(refill(zstd, err));
    ZSTD_inBuffer in = {zstd->buffer, zstd->filled, zstd->taken};
    size_t result = ZSTD_decompressStream(zstd->context, out, &in);
    if (ZSTD_isError(result))
        return fail_to_decompress(result, err);
    bool moved = in.pos > zstd->taken || out->pos > 0;
    zstd->taken = in.pos;
    zstd->in_frame = result != 0;
    if (zstd->in_frame && zstd->ended && !moved)
        return gd_fail(err, GD_CORRUPT, "could not decompress: the last frame is cut short");
    return GD_DONE;
}

static struct gd_status zstd_read(struct gd_source *source, void *buffer, size_t size,
                                  size_t *out_size, struct gd_error *err)
{
    struct zstd_source *zstd = (struct zstd_source *)source;
    ZSTD_outBuffer out = {buffer, size, 0};
    while (out.pos == 0) {
        if (!zstd->in_frame)
            GD_TRY(begin_frame(zstd, err));
        if (!zstd->in_frame)
            break;
        GD_TRY(step(zstd, &out, err));
    }
    *out_size = out.pos;
    return GD_DONE;
}

static void zstd_source_free(struct gd_source *source)
{
    struct zstd_source *zstd = (struct zstd_source *)source;
    gd_source_free(zstd->below);
    (void)ZSTD_freeDCtx(zstd->context);
    free(zstd->buffer);
    free(zstd);
}

struct gd_status gd_zstd_source_new(struct gd_source *take_below, struct gd_source **out_source,
                                    struct gd_error *err)
{
    static const struct gd_source_ops ops = {zstd_read, zstd_source_free};
    struct zstd_source *zstd = gd_memory_new(sizeof *zstd);
    gd_auto_source source = &zstd->source;
    source->ops = &ops;
    zstd->below = take_below;
    zstd->context = ZSTD_createDCtx();
    zstd->buffer = gd_memory_new(BUFFER_SIZE);
    if (zstd->context == NULL)
        return gd_fail(err, GD_SYSTEM, "could not decompress: out of memory");
    size_t result = ZSTD_DCtx_setParameter(zstd->context, ZSTD_d_windowLogMax, WINDOW_LOG_MAX);
    if (ZSTD_isError(result))
        return fail_to_decompress(result, err);
    *out_source = GD_MOVE(source);
    return GD_DONE;
}
