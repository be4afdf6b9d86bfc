/*
 * The sink of an object. What fits into one part goes up in one PUT at finish; what does not, in an
 * upload of parts that begins when the first part is full.
 */
#include <stdlib.h>
#include <string.h>

#include "guardian/base/memory.h"
#include "guardian/store/s3.h"
#include "guardian/store/s3_parts.h"

enum { PART_BYTES = 8 << 20, FIRST_CAPACITY = 64 << 10, PROVE_BYTES_MAX = 64 << 10 };

struct put {
    struct gd_sink sink;
    struct gd_s3 *s3;
    char *key;
    char id[GD_ID_SIZE];
    uint64_t hint, sent, part_bytes;
    struct gd_s3_part *part;     /* being filled */
    struct gd_s3_upload *upload; /* NULL: everything is in `part` so far */
};

/* --- one PUT -----------------------------------------------------------------------------------
 */

struct gd_status gd_s3_put_once(struct gd_s3 *s3, const char *key, const char *id, const void *data,
                                size_t size, bool conditional, struct gd_arena *arena,
                                struct gd_s3_answer *out_answer, struct gd_error *err)
{
    struct gd_s3_request request = {.method = "PUT", .key = key};
    gd_s3_object_headers(s3, &request, id, arena);
    gd_s3_body(&request, data, size, atomic_load(&s3->checksums) == GD_S3_YES, arena);
    if (conditional)
        gd_s3_header(&request, "if-none-match", "*");
    return gd_s3_send(s3, &request, arena, out_answer, err);
}

static bool lacks(const struct gd_s3_answer *answer)
{
    return answer->http.status == 501 || gd_s3_is(answer, "NotImplemented");
}

static struct gd_status is_there(const struct put *put, struct gd_error *err)
{
    return gd_fail(err, GD_REFUSED, "\"%s\" is in %s already; it was not touched", put->key,
                   put->s3->store.url);
}

/* The key is taken: by this very put, in a try whose answer was lost? libcurl, too, sends a request
 * again when a kept connection turns out to be closed, and does not tell. */
static struct gd_status settle(const struct put *put, struct gd_arena *arena, struct gd_error *err)
{
    struct gd_s3_seen seen;
    GD_TRY(gd_s3_look(put->s3, put->key, arena, &seen, err));
    bool ours = seen.there && strcmp(seen.id, put->id) == 0 && seen.bytes == put->part->size;
    return ours ? GD_DONE : is_there(put, err);
}

static void tell_unconditional(struct gd_s3 *s3)
{
    if (atomic_exchange(&s3->conditional, GD_S3_NO) != GD_S3_NO)
        gd_tell_note(s3->options.events,
                     "%s does not create conditionally; Guardian looks before each object instead",
                     s3->store.url);
}

/* The real double put, with what was stored just now: a server that overlooks the condition writes
 * the same bytes again, and no harm is done. */
static struct gd_status prove_condition(const struct put *put, struct gd_arena *arena,
                                        struct gd_error *err)
{
    struct gd_s3_answer answer;
    GD_TRY(gd_s3_put_once(put->s3, put->key, put->id, put->part->data, put->part->size, true, arena,
                          &answer, err));
    if (answer.http.status == 412)
        atomic_store(&put->s3->conditional, GD_S3_YES);
    else if (answer.good || lacks(&answer))
        tell_unconditional(put->s3);
    return GD_DONE;
}

static struct gd_status look_first(const struct put *put, struct gd_arena *arena,
                                   struct gd_error *err)
{
    struct gd_s3_seen seen;
    GD_TRY(gd_s3_look(put->s3, put->key, arena, &seen, err));
    return seen.there ? is_there(put, err) : GD_DONE;
}

static struct gd_status put_small(const struct put *put, struct gd_error *err)
{
    gd_auto_arena arena = gd_arena_new();
    struct gd_s3 *s3 = put->s3;
    const struct gd_s3_part *part = put->part;
    int known = atomic_load(&s3->conditional);
    struct gd_s3_answer answer;
    if (known != GD_S3_YES)
        GD_TRY(look_first(put, arena, err));
    GD_TRY(gd_s3_put_once(s3, put->key, put->id, part->data, part->size, known != GD_S3_NO, arena,
                          &answer, err));
    if (known != GD_S3_NO && lacks(&answer)) {
        tell_unconditional(s3);
        GD_TRY(gd_s3_put_once(s3, put->key, put->id, part->data, part->size, false, arena, &answer,
                              err));
    } else if (known == GD_S3_UNKNOWN && answer.good && part->size <= PROVE_BYTES_MAX) {
        GD_TRY(prove_condition(put, arena, err));
    }
    if (answer.http.status == 412)
        return settle(put, arena, err);
    if (!answer.good)
        return gd_s3_refused(s3, &answer, err, "could not store \"%s\"", put->key);
    return GD_DONE;
}

/* --- the sink ----------------------------------------------------------------------------------
 */

static uint64_t next_part_bytes(const struct put *put)
{
    uint64_t first = put->s3->options.part_bytes;
    return gd_s3_part_bytes(first > 0 ? first : PART_BYTES, put->hint, put->sent);
}

/* Small objects do not take a whole part of memory. */
static void make_room(struct put *put, size_t more)
{
    struct gd_s3_part *part = put->part;
    size_t wanted = part->size + more;
    if (wanted <= part->capacity)
        return;
    size_t grown = part->capacity < FIRST_CAPACITY ? FIRST_CAPACITY : 4 * part->capacity;
    if (grown < wanted || put->upload != NULL)
        grown = wanted;
    if (put->upload != NULL || grown > put->part_bytes)
        grown = put->part_bytes;
    gd_s3_part_reserve(put->s3, part, grown);
}

static struct gd_status send_part(struct put *put, struct gd_error *err)
{
    if (put->upload == NULL)
        GD_TRY(gd_s3_upload_begin(put->s3, put->key, put->id, &put->upload, err));
    put->sent += put->part->size;
    GD_TRY(gd_s3_upload_part(put->upload, GD_MOVE(put->part), &put->part, err));
    put->part_bytes = next_part_bytes(put);
    return GD_DONE;
}

static struct gd_status put_write(struct gd_sink *sink, const void *data, size_t size,
                                  struct gd_error *err)
{
    struct put *put = (struct put *)sink;
    const char *bytes = data;
    while (size > 0) {
        if (put->part->size >= put->part_bytes)
            GD_TRY(send_part(put, err));
        size_t room = (size_t)(put->part_bytes - put->part->size);
        size_t taken = size < room ? size : room;
        make_room(put, taken);
        memcpy(put->part->data + put->part->size, bytes, taken);
        put->part->size += taken;
        bytes += taken;
        size -= taken;
    }
    return GD_DONE;
}

static struct gd_status put_finish(struct gd_sink *sink, struct gd_error *err)
{
    struct put *put = (struct put *)sink;
    if (put->upload == NULL)
        return put_small(put, err);
    if (put->part->size > 0)
        GD_TRY(gd_s3_upload_part(put->upload, GD_MOVE(put->part), NULL, err));
    return gd_s3_upload_complete(put->upload, err);
}

static void put_free(struct gd_sink *sink)
{
    struct put *put = (struct put *)sink;
    gd_s3_upload_free(put->upload);
    gd_s3_part_free(put->s3, put->part);
    free(put->key);
    free(put);
}

static const struct gd_sink_ops put_ops = {put_write, put_finish, put_free};

struct gd_status gd_s3_put(struct gd_store *store, const char *key, uint64_t size_hint,
                           struct gd_sink **out_sink, struct gd_error *err)
{
    (void)err;
    struct put *put = gd_memory_new(sizeof *put);
    put->sink.ops = &put_ops;
    put->s3 = gd_s3_of(store);
    put->key = gd_memory_strdup(key);
    put->hint = size_hint;
    gd_id_new(put->id);
    put->part = gd_s3_part_new();
    put->part_bytes = next_part_bytes(put);
    *out_sink = &put->sink;
    return GD_DONE;
}
