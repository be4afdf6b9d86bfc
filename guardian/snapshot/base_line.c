/* See base_own.h. */
#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "guardian/base/clock.h"
#include "guardian/base/fault.h"
#include "guardian/base/memory.h"
#include "guardian/base/thread.h"
#include "guardian/io/zstd.h"
#include "guardian/snapshot/base_line_own.h"

enum {
    BLOCK_BYTES = GD_BASE_BLOCK,
    PLAIN_SPARE = 3, /* blocks beyond one for each packer */
    PACKED_SPARE = 8,
};

/* ---- failing ---- */

/* Under the lock: everybody looks again. */
static void wake(struct gd_base_line *line)
{
    pthread_cond_broadcast(&line->room);
    pthread_cond_broadcast(&line->work);
    pthread_cond_broadcast(&line->ready);
}

void gd_base_line_fail(struct gd_base_line *line, struct gd_status status,
                       const struct gd_error *err)
{
    pthread_mutex_lock(&line->lock);
    if (line->status.code == GD_OK) {
        line->status = status;
        line->err = *err;
    }
    atomic_store(&line->stop, true);
    wake(line);
    pthread_mutex_unlock(&line->lock);
}

struct gd_status gd_base_line_failure(const struct gd_base_line *line, struct gd_error *err)
{
    if (line->status.code == GD_OK)
        return gd_fail(err, GD_SYSTEM, "it was given up");
    *err = line->err;
    return line->status;
}

/* ---- packers ---- */

/* A block and the room for its frame together, so that who came first is never without one. */
static struct block *next_block(struct gd_base_line *line)
{
    pthread_mutex_lock(&line->lock);
    while (!atomic_load(&line->stop) &&
           (line->to_pack == NULL ? !line->ending : line->packed.count == 0))
        pthread_cond_wait(&line->work, &line->lock);
    struct block *block = atomic_load(&line->stop) ? NULL : line->to_pack;
    if (block != NULL) {
        line->to_pack = block->next;
        if (line->to_pack == NULL)
            line->to_pack_last = &line->to_pack;
        block->packed = gd_base_buffer_take(&line->packed);
    }
    pthread_mutex_unlock(&line->lock);
    return block;
}

static void packed(struct gd_base_line *line, struct block *block)
{
    pthread_mutex_lock(&line->lock);
    gd_base_buffer_give(&line->plain, GD_MOVE(block->plain));
    block->ready = true;
    pthread_cond_signal(&line->room);
    pthread_cond_broadcast(&line->ready);
    pthread_mutex_unlock(&line->lock);
}

static struct gd_status pack_all(struct gd_base_line *line, struct gd_zstd_packer *packer,
                                 struct gd_error *err)
{
    for (struct block *block; (block = next_block(line)) != NULL;) {
        GD_TRY(gd_zstd_pack(packer, block->plain, block->size, block->packed,
                            gd_zstd_packed_bound(BLOCK_BYTES), &block->packed_size, err));
        packed(line, block);
    }
    return GD_DONE;
}

static void *pack(void *context)
{
    struct gd_base_line *line = context;
    struct gd_zstd_packer *packer = NULL;
    struct gd_error err = {0};
    struct gd_status status = gd_zstd_packer_new(line->place.level, &packer, &err);
    if (status.code == GD_OK)
        status = pack_all(line, packer, &err);
    gd_zstd_packer_free(packer);
    if (status.code != GD_OK)
        gd_base_line_fail(line, status, &err);
    return NULL;
}

/* ---- the thread that fills ---- */

static struct gd_status new_block(struct gd_base_line *line, struct gd_base_piece *piece,
                                  struct gd_error *err)
{
    struct gd_status status = GD_DONE;
    struct block *block = gd_memory_new(sizeof *block);
    pthread_mutex_lock(&line->lock);
    while (!atomic_load(&line->stop) && line->plain.count == 0)
        pthread_cond_wait(&line->room, &line->lock);
    if (atomic_load(&line->stop))
        status = gd_base_line_failure(line, err);
    else
        block->plain = gd_base_buffer_take(&line->plain);
    pthread_mutex_unlock(&line->lock);
    if (status.code != GD_OK) {
        free(block);
        return status;
    }
    piece->filling = block;
    return GD_DONE;
}

static void submit(struct gd_base_line *line, struct gd_base_piece *piece, bool last)
{
    struct block *block = GD_MOVE(piece->filling);
    block->last = last;
    pthread_mutex_lock(&line->lock);
    *piece->last = block;
    piece->last = &block->following;
    block->ready = piece->held;
    if (!piece->held) {
        *line->to_pack_last = block;
        line->to_pack_last = &block->next;
        pthread_cond_signal(&line->work);
    } else {
        pthread_cond_broadcast(&line->ready);
    }
    pthread_mutex_unlock(&line->lock);
}

struct gd_status gd_base_line_begin(struct gd_base_line *line, const struct gd_base_begin *begin,
                                    struct gd_base_object *object, struct gd_base_piece **out_piece,
                                    struct gd_error *err)
{
    GD_TRY(gd_fault("base: before an object is begun", err));
    pthread_mutex_lock(&line->lock);
    struct gd_base_piece *piece = gd_arena_zalloc(line->arena, 1, sizeof *piece);
    piece->name = object->stored.name = gd_arena_strdup(line->arena, begin->name);
    object->owner = line->place.id;
    piece->object = object;
    piece->size_hint = begin->size_hint;
    piece->like = begin->like;
    piece->held = begin->like != NULL;
    piece->last = &piece->first;
    *line->waiting_last = piece;
    line->waiting_last = &piece->next;
    piece->earlier = line->newest;
    line->newest = piece;
    line->open++;
    pthread_cond_broadcast(&line->ready);
    pthread_mutex_unlock(&line->lock);
    *out_piece = piece;
    return GD_DONE;
}

struct gd_status gd_base_line_write(struct gd_base_line *line, struct gd_base_piece *piece,
                                    const void *data, size_t size, struct gd_error *err)
{
    const char *at = data;
    piece->bytes += size;
    while (size > 0) {
        if (piece->filling != NULL && piece->filling->size == BLOCK_BYTES)
            submit(line, piece, false);
        if (piece->filling == NULL)
            GD_TRY(new_block(line, piece, err));
        struct block *block = piece->filling;
        size_t room = BLOCK_BYTES - block->size, part = size < room ? size : room;
        memcpy(block->plain + block->size, at, part);
        block->size += part;
        at += part;
        size -= part;
    }
    return GD_DONE;
}

/* A piece has bytes: at least an end mark, and the block with the last of them is not submitted. */
struct gd_status gd_base_line_end(struct gd_base_line *line, struct gd_base_piece *piece,
                                  const struct gd_base_object *instead, struct gd_error *err)
{
    (void)err;
    assert(piece->filling != NULL);
    piece->instead = instead;
    submit(line, piece, true);
    return GD_DONE;
}

/* ---- beginning and end ---- */

static void fill_buffers(struct buffers *buffers, size_t count, size_t size)
{
    buffers->items = gd_memory_new(count * sizeof *buffers->items);
    for (; buffers->count < count; buffers->count++)
        buffers->items[buffers->count] = gd_memory_grow(NULL, size);
}

static void free_buffers(struct buffers *buffers)
{
    while (buffers->count > 0)
        free(gd_base_buffer_take(buffers));
    free(buffers->items);
}

static struct gd_status start(struct gd_base_line *line, void *(*work)(void *), unsigned count,
                              struct gd_error *err)
{
    for (unsigned i = 0; i < count; i++) {
        if (gd_thread_start(&line->threads[line->thread_count], work, line) != 0)
            return gd_fail(err, GD_SYSTEM, "could not start a thread");
        line->thread_count++;
    }
    return GD_DONE;
}

struct gd_status gd_base_line_new(const struct gd_place *place, unsigned workers,
                                  const struct gd_events *events, struct gd_base_line **out_line,
                                  struct gd_error *err)
{
    struct gd_base_line *line = gd_memory_new(sizeof *line);
    line->place = *place;
    line->events = events;
    line->arena = gd_arena_new();
    pthread_mutex_init(&line->lock, NULL);
    pthread_cond_init(&line->room, NULL);
    pthread_cond_init(&line->work, NULL);
    pthread_cond_init(&line->ready, NULL);
    line->workers = workers < 1 ? 1 : workers > GD_BASE_WORKERS_MAX ? GD_BASE_WORKERS_MAX : workers;
    fill_buffers(&line->plain, line->workers + PLAIN_SPARE, BLOCK_BYTES);
    fill_buffers(&line->packed, line->workers + PACKED_SPARE, gd_zstd_packed_bound(BLOCK_BYTES));
    line->to_pack_last = &line->to_pack;
    line->waiting_last = &line->waiting;
    struct gd_status status = start(line, pack, line->workers, err);
    if (status.code == GD_OK)
        status = start(line, gd_base_line_store, GD_BASE_WRITERS, err);
    if (status.code == GD_OK)
        *out_line = line;
    else
        gd_base_line_free(line);
    return status;
}

struct gd_status gd_base_line_finish(struct gd_base_line *line, struct gd_error *err)
{
    pthread_mutex_lock(&line->lock);
    while (!atomic_load(&line->stop) && line->open > 0)
        pthread_cond_wait(&line->room, &line->lock);
    struct gd_status status = atomic_load(&line->stop) ? gd_base_line_failure(line, err) : GD_DONE;
    line->ending = true;
    wake(line);
    pthread_mutex_unlock(&line->lock);
    return status;
}

static void give_up_block(struct block *block)
{
    free(block->plain);
    free(block->packed);
    free(block);
}

static void give_up_piece(struct gd_base_piece *piece)
{
    while (piece->first != NULL) {
        struct block *block = piece->first;
        piece->first = block->following;
        give_up_block(block);
    }
    if (piece->filling != NULL)
        give_up_block(piece->filling);
}

void gd_base_line_free(struct gd_base_line *line)
{
    if (line == NULL)
        return;
    pthread_mutex_lock(&line->lock);
    line->ending = true;
    if (line->open > 0)
        atomic_store(&line->stop, true);
    wake(line);
    pthread_mutex_unlock(&line->lock);
    for (size_t i = 0; i < line->thread_count; i++)
        (void)pthread_join(line->threads[i], NULL);
    for (struct gd_base_piece *piece = line->newest; piece != NULL; piece = piece->earlier)
        give_up_piece(piece);
    free_buffers(&line->plain);
    free_buffers(&line->packed);
    pthread_cond_destroy(&line->room);
    pthread_cond_destroy(&line->work);
    pthread_cond_destroy(&line->ready);
    pthread_mutex_destroy(&line->lock);
    gd_arena_free(line->arena);
    free(line);
}
