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
#include "guardian/snapshot/base_own.h"

enum {
    BLOCK_BYTES = 1 << 20,
    WORKERS_MAX = 8,
    WRITERS = 3, /* two objects are cut at a time at most, and one may be on its way to the disk */
    PLAIN_SPARE = 3, /* blocks beyond one for each packer */
    PACKED_SPARE = 8,
};

struct block {
    struct block *next;      /* in the queue of the packers, or of free ones */
    struct block *following; /* of the same piece */
    char *plain;
    size_t size;
    char *packed; /* NULL until a packer has it */
    size_t packed_size;
    bool ready, last;
};

struct gd_base_piece {
    struct gd_base_piece *next;    /* that waits for a writer */
    struct gd_base_piece *earlier; /* of all that there were */
    struct gd_base_object *object;
    const struct gd_base_object *instead;
    const char *name;
    uint64_t size_hint, bytes;
    struct block *first, **last; /* packed or not, in order */
    struct block *filling;       /* main thread's */
};

struct buffers {
    char **items;
    size_t count;
};

struct gd_base_line {
    struct gd_place place;
    const struct gd_events *events;
    struct gd_arena *arena; /* under the lock */
    pthread_mutex_t lock;   /* over what follows */
    pthread_cond_t moved;
    struct buffers plain, packed; /* free ones */
    size_t plain_count, packed_count;
    struct block *to_pack, **to_pack_last;
    struct gd_base_piece *waiting, **waiting_last;
    struct gd_base_piece *newest;
    size_t open; /* pieces that are not done */
    bool ending; /* nothing more comes */
    atomic_bool stop;
    struct gd_status status;
    struct gd_error err;
    uint64_t stored_bytes;
    pthread_t threads[WORKERS_MAX + WRITERS];
    size_t thread_count;
    unsigned workers;
};

/* ---- failing ---- */

static void fail(struct gd_base_line *line, struct gd_status status, const struct gd_error *err)
{
    pthread_mutex_lock(&line->lock);
    if (line->status.code == GD_OK) {
        line->status = status;
        line->err = *err;
    }
    atomic_store(&line->stop, true);
    pthread_cond_broadcast(&line->moved);
    pthread_mutex_unlock(&line->lock);
}

/* Under the lock, when it stops: why. */
static struct gd_status failure(const struct gd_base_line *line, struct gd_error *err)
{
    if (line->status.code == GD_OK)
        return gd_fail(err, GD_SYSTEM, "it was given up");
    *err = line->err;
    return line->status;
}

/* ---- packers ---- */

static void *take_buffer(struct buffers *buffers)
{
    return buffers->items[--buffers->count];
}

static void give_buffer(struct buffers *buffers, char *buffer)
{
    buffers->items[buffers->count++] = buffer;
}

/* A block and the room for its frame together, so that who came first is never without one. */
static struct block *next_block(struct gd_base_line *line)
{
    pthread_mutex_lock(&line->lock);
    while (!atomic_load(&line->stop) &&
           (line->to_pack == NULL ? !line->ending : line->packed.count == 0))
        pthread_cond_wait(&line->moved, &line->lock);
    struct block *block = atomic_load(&line->stop) ? NULL : line->to_pack;
    if (block != NULL) {
        line->to_pack = block->next;
        if (line->to_pack == NULL)
            line->to_pack_last = &line->to_pack;
        block->packed = take_buffer(&line->packed);
    }
    pthread_mutex_unlock(&line->lock);
    return block;
}

static void packed(struct gd_base_line *line, struct block *block)
{
    pthread_mutex_lock(&line->lock);
    give_buffer(&line->plain, GD_MOVE(block->plain));
    block->ready = true;
    pthread_cond_broadcast(&line->moved);
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
        fail(line, status, &err);
    return NULL;
}

/* ---- writers ---- */

static struct gd_base_piece *next_piece(struct gd_base_line *line)
{
    pthread_mutex_lock(&line->lock);
    while (!atomic_load(&line->stop) && line->waiting == NULL && !line->ending)
        pthread_cond_wait(&line->moved, &line->lock);
    struct gd_base_piece *piece = atomic_load(&line->stop) ? NULL : line->waiting;
    if (piece != NULL) {
        line->waiting = piece->next;
        if (line->waiting == NULL)
            line->waiting_last = &line->waiting;
    }
    pthread_mutex_unlock(&line->lock);
    return piece;
}

/* The next block of the piece, once it is packed. */
static struct gd_status await_block(struct gd_base_line *line, struct gd_base_piece *piece,
                                    struct block **out_block, struct gd_error *err)
{
    struct gd_status status = GD_DONE;
    pthread_mutex_lock(&line->lock);
    while (!atomic_load(&line->stop) && (piece->first == NULL || !piece->first->ready))
        pthread_cond_wait(&line->moved, &line->lock);
    if (atomic_load(&line->stop)) {
        status = failure(line, err);
    } else {
        assert(piece->first != NULL);
        *out_block = piece->first;
        piece->first = piece->first->following;
        if (piece->first == NULL)
            piece->last = &piece->first;
    }
    pthread_mutex_unlock(&line->lock);
    return status;
}

static void release(struct gd_base_line *line, struct block *block)
{
    pthread_mutex_lock(&line->lock);
    give_buffer(&line->packed, block->packed);
    pthread_cond_broadcast(&line->moved);
    pthread_mutex_unlock(&line->lock);
    free(block);
}

static struct gd_status write_blocks(struct gd_base_line *line, struct gd_base_piece *piece,
                                     struct gd_sink *sink, struct gd_error *err)
{
    for (bool last = false; !last;) {
        struct block *block = NULL;
        GD_TRY(await_block(line, piece, &block, err));
        assert(block != NULL);
        struct gd_status status = gd_sink_write(sink, block->packed, block->packed_size, err);
        last = block->last;
        release(line, block);
        GD_TRY(status);
        GD_TRY(gd_interrupt_check(err));
    }
    return GD_DONE;
}

static struct gd_status put_piece(struct gd_base_line *line, struct gd_base_piece *piece,
                                  struct gd_stored *out_stored, struct gd_error *err)
{
    gd_auto_object_writer writer = NULL;
    gd_auto_arena arena = gd_arena_new();
    GD_TRY(gd_object_writer_new_packed(&line->place, piece->name, piece->size_hint, &writer, err));
    GD_TRY(write_blocks(line, piece, gd_object_writer_sink(writer), err));
    if (piece->instead != NULL)
        return GD_DONE;
    GD_TRY(gd_object_writer_finish(writer, arena, out_stored, err));
    return GD_DONE;
}

static struct gd_status read_back(struct gd_base_line *line, const struct gd_base_object *object,
                                  bool ours, struct gd_error *err)
{
    gd_auto_source source = NULL;
    struct gd_place place = line->place;
    struct gd_sink *nowhere = NULL;
    GD_TRY(gd_fault("base: before an object is read back", err));
    place.id = object->owner;
    if (!ours)
        return gd_base_object_check(&place, object, NULL, NULL, err);
    GD_TRY(gd_object_source_new(&place, &object->stored, &source, err));
    nowhere = gd_null_sink_new();
    struct gd_status status = gd_pump(source, nowhere, NULL, err);
    gd_sink_free(nowhere);
    return status;
}

/* Whatever becomes of the upload or the way back: what fails here leaves no backup. */
static struct gd_status not_stored(struct gd_status status, struct gd_error *err)
{
    if (status.code != GD_SYSTEM && status.code != GD_CORRUPT && status.code != GD_REFUSED)
        return status;
    err->code = GD_UNPROTECTED;
    return (struct gd_status){GD_UNPROTECTED};
}

static void piece_done(struct gd_base_line *line, struct gd_base_piece *piece)
{
    struct gd_event event = {.kind = GD_EVENT_OBJECT,
                             .object = piece->name,
                             .worker = -1,
                             .bytes = piece->bytes,
                             .stored_bytes =
                                 piece->instead == NULL ? piece->object->stored.stored_bytes : 0};
    gd_tell(line->events, &event);
    pthread_mutex_lock(&line->lock);
    line->stored_bytes += event.stored_bytes;
    line->open--;
    pthread_cond_broadcast(&line->moved);
    pthread_mutex_unlock(&line->lock);
}

static struct gd_status do_piece(struct gd_base_line *line, struct gd_base_piece *piece,
                                 struct gd_error *err)
{
    struct gd_stored stored = {0};
    struct gd_base_object *object = piece->object;
    GD_TRY(put_piece(line, piece, &stored, err));
    bool ours = piece->instead == NULL;
    if (ours) {
        memcpy(object->stored.stored_sha256, stored.stored_sha256, sizeof stored.stored_sha256);
        object->stored.stored_bytes = stored.stored_bytes;
        object->stored.bytes = piece->bytes;
    } else {
        object->stored = piece->instead->stored;
        object->owner = piece->instead->owner;
    }
    GD_TRY(read_back(line, object, ours, err));
    piece_done(line, piece);
    return GD_DONE;
}

static void *write_pieces(void *context)
{
    struct gd_base_line *line = context;
    for (struct gd_base_piece *piece; (piece = next_piece(line)) != NULL;) {
        struct gd_error err = {0};
        struct gd_status status = not_stored(do_piece(line, piece, &err), &err);
        if (status.code != GD_OK) {
            fail(line, status, &err);
            break;
        }
    }
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
        pthread_cond_wait(&line->moved, &line->lock);
    if (atomic_load(&line->stop))
        status = failure(line, err);
    else
        block->plain = take_buffer(&line->plain);
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
    *line->to_pack_last = block;
    line->to_pack_last = &block->next;
    pthread_cond_broadcast(&line->moved);
    pthread_mutex_unlock(&line->lock);
}

struct gd_status gd_base_line_begin(struct gd_base_line *line, const char *name, uint64_t size_hint,
                                    struct gd_base_object *object, struct gd_base_piece **out_piece,
                                    struct gd_error *err)
{
    GD_TRY(gd_fault("base: before an object is begun", err));
    pthread_mutex_lock(&line->lock);
    struct gd_base_piece *piece = gd_arena_zalloc(line->arena, 1, sizeof *piece);
    piece->name = object->stored.name = gd_arena_strdup(line->arena, name);
    object->owner = line->place.id;
    piece->object = object;
    piece->size_hint = size_hint;
    piece->last = &piece->first;
    *line->waiting_last = piece;
    line->waiting_last = &piece->next;
    piece->earlier = line->newest;
    line->newest = piece;
    line->open++;
    pthread_cond_broadcast(&line->moved);
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
        free(take_buffer(buffers));
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
    pthread_cond_init(&line->moved, NULL);
    line->workers = workers < 1 ? 1 : workers > WORKERS_MAX ? WORKERS_MAX : workers;
    fill_buffers(&line->plain, line->workers + PLAIN_SPARE, BLOCK_BYTES);
    fill_buffers(&line->packed, line->workers + PACKED_SPARE, gd_zstd_packed_bound(BLOCK_BYTES));
    line->to_pack_last = &line->to_pack;
    line->waiting_last = &line->waiting;
    struct gd_status status = start(line, pack, line->workers, err);
    if (status.code == GD_OK)
        status = start(line, write_pieces, WRITERS, err);
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
        pthread_cond_wait(&line->moved, &line->lock);
    struct gd_status status = atomic_load(&line->stop) ? failure(line, err) : GD_DONE;
    line->ending = true;
    pthread_cond_broadcast(&line->moved);
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
    pthread_cond_broadcast(&line->moved);
    pthread_mutex_unlock(&line->lock);
    for (size_t i = 0; i < line->thread_count; i++)
        (void)pthread_join(line->threads[i], NULL);
    for (struct gd_base_piece *piece = line->newest; piece != NULL; piece = piece->earlier)
        give_up_piece(piece);
    free_buffers(&line->plain);
    free_buffers(&line->packed);
    pthread_cond_destroy(&line->moved);
    pthread_mutex_destroy(&line->lock);
    gd_arena_free(line->arena);
    free(line);
}
