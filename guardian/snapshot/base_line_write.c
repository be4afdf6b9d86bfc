/* The writers of a line: frames into objects, and back from the store. See base_own.h. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "guardian/base/clock.h"
#include "guardian/base/fault.h"
#include "guardian/snapshot/base_line_own.h"

/* ---- what comes through the line ---- */

static struct gd_base_piece *next_piece(struct gd_base_line *line)
{
    pthread_mutex_lock(&line->lock);
    while (!atomic_load(&line->stop) && line->waiting == NULL && !line->ending)
        pthread_cond_wait(&line->ready, &line->lock);
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
        pthread_cond_wait(&line->ready, &line->lock);
    if (atomic_load(&line->stop)) {
        status = gd_base_line_failure(line, err);
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
    gd_base_buffer_give(&line->packed, block->packed);
    pthread_cond_signal(&line->work);
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

static struct gd_status finish_piece(const struct gd_base_piece *piece,
                                     struct gd_object_writer *writer, struct gd_stored *out_stored,
                                     struct gd_error *err)
{
    gd_auto_arena arena = gd_arena_new();
    if (piece->instead != NULL)
        return GD_DONE;
    return gd_object_writer_finish(writer, arena, out_stored, err);
}

static struct gd_status put_piece(struct gd_base_line *line, struct gd_base_piece *piece,
                                  struct gd_stored *out_stored, struct gd_error *err)
{
    gd_auto_object_writer writer = NULL;
    GD_TRY(gd_object_writer_new_packed(&line->place, piece->name, piece->size_hint, &writer, err));
    GD_TRY(write_blocks(line, piece, gd_object_writer_sink(writer), err));
    return finish_piece(piece, writer, out_stored, err);
}

/* ---- what an earlier object may hold ---- */

static void release_plain(struct gd_base_line *line, struct block *block)
{
    pthread_mutex_lock(&line->lock);
    gd_base_buffer_give(&line->plain, block->plain);
    pthread_cond_signal(&line->room);
    pthread_mutex_unlock(&line->lock);
    free(block);
}

/* @return out_last: all of the piece was the same. Otherwise out_block is the first that is not */
static struct gd_status compare_blocks(struct gd_base_line *line, struct gd_base_piece *piece,
                                       struct gd_base_like *like, bool *out_last,
                                       struct block **out_block, struct gd_error *err)
{
    for (*out_last = false; !*out_last;) {
        struct block *block = NULL;
        bool same = false;
        GD_TRY(await_block(line, piece, &block, err));
        assert(block != NULL);
        struct gd_status status = gd_base_like_take(like, block->plain, block->size, &same, err);
        if (status.code == GD_OK && !same) {
            *out_block = block;
            return GD_DONE;
        }
        *out_last = block->last;
        release_plain(line, block);
        GD_TRY(status);
    }
    return GD_DONE;
}

/* The next block that came while the piece was held. NULL: there is none, and from now on they go
 * to the packers. So a writer never waits for the packers with what came before. */
static struct block *next_held(struct gd_base_line *line, struct gd_base_piece *piece)
{
    pthread_mutex_lock(&line->lock);
    struct block *block = piece->first;
    if (block != NULL)
        piece->first = block->following;
    if (piece->first == NULL)
        piece->last = &piece->first;
    piece->held = block != NULL;
    pthread_mutex_unlock(&line->lock);
    return block;
}

/* `block`, and what came behind it in the meantime; NULL: nothing did. */
static struct gd_status write_held(struct gd_base_line *line, struct gd_base_piece *piece,
                                   struct gd_base_like *like, struct block *block,
                                   struct gd_sink *sink, struct gd_error *err)
{
    for (bool last = block == NULL; !last;) {
        struct gd_status status = gd_base_like_pack(like, block->plain, block->size, sink, err);
        last = block->last;
        release_plain(line, GD_MOVE(block));
        GD_TRY(status);
        if (last)
            return GD_DONE;
        block = next_held(line, piece);
        if (block == NULL)
            return write_blocks(line, piece, sink, err);
    }
    return GD_DONE;
}

/* What was the same comes from the earlier object, the rest from what came. */
static struct gd_status put_changed(struct gd_base_line *line, struct gd_base_piece *piece,
                                    struct gd_base_like *like, struct block *block,
                                    struct gd_stored *out_stored, struct gd_error *err)
{
    gd_auto_object_writer writer = NULL;
    struct gd_status status =
        gd_object_writer_new_packed(&line->place, piece->name, piece->size_hint, &writer, err);
    if (status.code == GD_OK)
        status = gd_base_like_replay(like, gd_object_writer_sink(writer), err);
    if (status.code != GD_OK) {
        if (block != NULL)
            release_plain(line, block);
        return status;
    }
    GD_TRY(write_held(line, piece, like, block, gd_object_writer_sink(writer), err));
    return finish_piece(piece, writer, out_stored, err);
}

/* @return out_same: the earlier object holds all of it, and was read in full just now */
static struct gd_status compare_piece(struct gd_base_line *line, struct gd_base_piece *piece,
                                      struct gd_stored *out_stored, bool *out_same,
                                      struct gd_error *err)
{
    gd_auto_base_like like = gd_base_like_new(&line->place, piece->like);
    struct block *block = NULL;
    GD_TRY(gd_fault("base: before what may be the same is read", err));
    GD_TRY(compare_blocks(line, piece, like, out_same, &block, err));
    if (*out_same)
        GD_TRY(gd_base_like_end(like, out_same, err));
    *out_same = *out_same && piece->instead == piece->like;
    return *out_same ? GD_DONE : put_changed(line, piece, like, block, out_stored, err);
}

/* ---- what was stored ---- */

/* What came through the line is what the store gave back: its stored form is compared. What came
 * out of an earlier object has its files looked at, too. */
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
    pthread_cond_signal(&line->room);
    pthread_mutex_unlock(&line->lock);
}

static void keep_stored(struct gd_base_piece *piece, const struct gd_stored *stored)
{
    struct gd_base_object *object = piece->object;
    if (piece->instead != NULL) {
        object->stored = piece->instead->stored;
        object->owner = piece->instead->owner;
        return;
    }
    memcpy(object->stored.stored_sha256, stored->stored_sha256, sizeof stored->stored_sha256);
    object->stored.stored_bytes = stored->stored_bytes;
    object->stored.bytes = piece->bytes;
}

static struct gd_status do_piece(struct gd_base_line *line, struct gd_base_piece *piece,
                                 struct gd_error *err)
{
    struct gd_stored stored = {0};
    bool same = false;
    if (piece->like != NULL)
        GD_TRY(compare_piece(line, piece, &stored, &same, err));
    else
        GD_TRY(put_piece(line, piece, &stored, err));
    keep_stored(piece, &stored);
    if (!same) {
        bool ours = piece->instead == NULL && piece->like == NULL;
        GD_TRY(read_back(line, piece->object, ours, err));
    }
    piece_done(line, piece);
    return GD_DONE;
}

void *gd_base_line_store(void *context)
{
    struct gd_base_line *line = context;
    for (struct gd_base_piece *piece; (piece = next_piece(line)) != NULL;) {
        struct gd_error err = {0};
        struct gd_status status = not_stored(do_piece(line, piece, &err), &err);
        if (status.code != GD_OK) {
            gd_base_line_fail(line, status, &err);
            break;
        }
    }
    return NULL;
}
