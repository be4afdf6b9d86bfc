/*
 * Like: what the server sends, beside what an earlier object holds.
 *
 * A file that has not changed need neither be compressed nor stored, and there is no room to keep
 * it back until all of it came. So the earlier object is read beside it: as long as both agree, the
 * store has those bytes already. From the first difference on everything goes the usual way, behind
 * what was the same, which is read once more.
 *
 * In the head of the archive the time is no difference: a file may be touched and stay the same.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "guardian/base/clock.h"
#include "guardian/base/memory.h"
#include "guardian/io/zstd.h"
#include "guardian/snapshot/base_own.h"

enum {
    SCRATCH_BYTES = 128 * 1024,
    TIME_AT = 136,
    SUM_END = 156, /* behind the time comes the sum over the head, which changes with it */
};

struct gd_base_like {
    struct gd_place place;
    const struct gd_base_object *object;
    struct gd_source *source; /* NULL: not begun, or not to be read any further */
    char *scratch;
    uint64_t same;                    /* bytes */
    unsigned char head[GD_TAR_BLOCK]; /* as it came now */
    struct gd_zstd_packer *packer;    /* from the first difference on, with both buffers */
    char *plain, *packed;
};

struct gd_base_like *gd_base_like_new(const struct gd_place *place,
                                      const struct gd_base_object *object)
{
    struct gd_base_like *like = gd_memory_new(sizeof *like);
    like->place = *place;
    like->place.id = object->owner;
    like->object = object;
    like->scratch = gd_memory_grow(NULL, SCRATCH_BYTES);
    return like;
}

void gd_base_like_free(struct gd_base_like *like)
{
    if (like == NULL)
        return;
    gd_source_free(like->source);
    gd_zstd_packer_free(like->packer);
    free(like->scratch);
    free(like->plain);
    free(like->packed);
    free(like);
}

/* ---- beside each other ---- */

/* Without the time and the sum, in the head. */
static bool equal(struct gd_base_like *like, const char *data, size_t size)
{
    size_t at = 0;
    for (; at < size && like->same + at < GD_TAR_BLOCK; at++) {
        uint64_t place = like->same + at;
        like->head[place] = (unsigned char)data[at];
        if (data[at] != like->scratch[at] && (place < TIME_AT || place >= SUM_END))
            return false;
    }
    return memcmp(data + at, like->scratch + at, size - at) == 0;
}

static struct gd_status compare(struct gd_base_like *like, const char *data, size_t size,
                                bool *out_same, struct gd_error *err)
{
    assert(like->source != NULL);
    for (*out_same = true; size > 0 && *out_same;) {
        size_t got = 0;
        GD_TRY(gd_interrupt_check(err));
        GD_TRY(gd_source_read(like->source, like->scratch,
                              size < SCRATCH_BYTES ? size : SCRATCH_BYTES, &got, err));
        *out_same = got > 0 && equal(like, data, got);
        like->same += got;
        data += got;
        size -= got;
    }
    return GD_DONE;
}

/* What cannot be read is not the same: whether that matters is seen when all of the file came. */
static struct gd_status settle(struct gd_status status, bool *out_same, struct gd_error *err)
{
    if ((status.code != GD_CORRUPT && status.code != GD_SYSTEM) || gd_interrupted())
        return status;
    *err = (struct gd_error){0};
    *out_same = false;
    return GD_DONE;
}

struct gd_status gd_base_like_take(struct gd_base_like *like, const void *data, size_t size,
                                   bool *out_same, struct gd_error *err)
{
    struct gd_status status = GD_DONE;
    uint64_t before = like->same;
    assert(before % GD_BASE_BLOCK == 0);
    if (like->source == NULL)
        status = gd_object_source_new(&like->place, &like->object->stored, &like->source, err);
    if (status.code == GD_OK)
        status = compare(like, data, size, out_same, err);
    GD_TRY(settle(status, out_same, err));
    if (!*out_same)
        like->same = before;
    return GD_DONE;
}

struct gd_status gd_base_like_end(struct gd_base_like *like, bool *out_same, struct gd_error *err)
{
    size_t got = 0;
    assert(like->source != NULL);
    *out_same = true;
    GD_TRY(settle(gd_source_read(like->source, like->scratch, SCRATCH_BYTES, &got, err), out_same,
                  err));
    *out_same = *out_same && got == 0;
    return GD_DONE;
}

/* ---- from where they differ ---- */

static struct gd_status make_ready(struct gd_base_like *like, struct gd_error *err)
{
    if (like->packer != NULL)
        return GD_DONE;
    like->packed = gd_memory_grow(NULL, gd_zstd_packed_bound(GD_BASE_BLOCK));
    return gd_zstd_packer_new(like->place.level, &like->packer, err);
}

struct gd_status gd_base_like_pack(struct gd_base_like *like, const void *data, size_t size,
                                   struct gd_sink *sink, struct gd_error *err)
{
    size_t packed_size = 0;
    assert(size <= GD_BASE_BLOCK);
    GD_TRY(make_ready(like, err));
    GD_TRY(gd_zstd_pack(like->packer, data, size, like->packed, gd_zstd_packed_bound(GD_BASE_BLOCK),
                        &packed_size, err));
    return gd_sink_write(sink, like->packed, packed_size, err);
}

static struct gd_status read_again(struct gd_base_like *like, size_t size, struct gd_error *err)
{
    assert(like->source != NULL);
    for (size_t at = 0; at < size;) {
        size_t got = 0;
        GD_TRY(gd_interrupt_check(err));
        GD_TRY(gd_source_read(like->source, like->plain + at, size - at, &got, err));
        if (got == 0)
            return gd_fail(err, GD_CORRUPT, "object \"%s\" of base backup \"%s\" became shorter",
                           like->object->stored.name, like->object->owner);
        at += got;
    }
    return GD_DONE;
}

struct gd_status gd_base_like_replay(struct gd_base_like *like, struct gd_sink *sink,
                                     struct gd_error *err)
{
    gd_source_free(GD_MOVE(like->source));
    if (like->same == 0)
        return GD_DONE;
    like->plain = gd_memory_grow(NULL, GD_BASE_BLOCK);
    GD_TRY(gd_object_source_new(&like->place, &like->object->stored, &like->source, err));
    for (uint64_t at = 0; at < like->same; at += GD_BASE_BLOCK) {
        uint64_t left = like->same - at;
        size_t size = left < GD_BASE_BLOCK ? (size_t)left : GD_BASE_BLOCK;
        GD_TRY(read_again(like, size, err));
        if (at == 0)
            memcpy(like->plain, like->head, sizeof like->head);
        GD_TRY(gd_base_like_pack(like, like->plain, size, sink, err));
    }
    gd_source_free(GD_MOVE(like->source));
    return GD_DONE;
}
