/*
 * Uploads in parts. The thread that fills queues full parts; up to two threads send them, the
 * second one only when the first does not keep up.
 *
 * Invariant 1  At most one part is filled, one waits and two are sent at a time; beyond two, only
 *              while all uploads of the store together hold less than MEMORY_MAX.
 * Invariant 2  No thread is left when the upload is completed or aborted.
 * Invariant 3  Completed means: a HEAD afterwards found our id and every byte.
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guardian/base/fault.h"
#include "guardian/base/memory.h"
#include "guardian/base/thread.h"
#include "guardian/io/hmac.h"
#include "guardian/store/s3.h"
#include "guardian/store/s3_parts.h"

enum { SENDERS_MAX = 2, MEMORY_MAX = 32 << 20, ABORTS_MAX = 3, LOOKS_MAX = 4, ETAG_SIZE = 128 };

struct receipt {
    char etag[ETAG_SIZE];
    char checksum[48]; /* base64 of SHA-256, or "" */
};

struct gd_s3_upload {
    struct gd_s3 *s3;
    struct gd_arena *arena; /* of the thread that fills */
    const char *key, *id, *upload_id;
    bool checksums, completed, created;
    uint64_t bytes;
    uint32_t parts;

    pthread_mutex_t lock; /* over what follows */
    pthread_cond_t moved;
    pthread_t senders[SENDERS_MAX];
    unsigned sender_count, idle, buffers;
    struct gd_s3_part *waiting, **waiting_tail, *spare;
    unsigned waiting_count, sending;
    struct receipt *receipts; /* by number - 1 */
    size_t receipt_capacity;
    bool ending;
    struct gd_status status; /* what the first failure was */
    struct gd_error why;
    atomic_bool stop;
};

/* --- buffers -----------------------------------------------------------------------------------
 */

struct gd_s3_part *gd_s3_part_new(void)
{
    return gd_memory_new(sizeof(struct gd_s3_part));
}

void gd_s3_part_reserve(struct gd_s3 *s3, struct gd_s3_part *part, size_t size)
{
    if (size <= part->capacity)
        return;
    part->data = gd_memory_grow(part->data, size);
    atomic_fetch_add(&s3->part_bytes, size - part->capacity);
    part->capacity = size;
}

void gd_s3_part_free(struct gd_s3 *s3, struct gd_s3_part *part)
{
    if (part == NULL)
        return;
    atomic_fetch_sub(&s3->part_bytes, part->capacity);
    free(part->data);
    free(part);
}

/* --- sending -----------------------------------------------------------------------------------
 */

static struct gd_status read_receipt(const struct gd_s3_upload *upload,
                                     const struct gd_s3_part *part,
                                     const struct gd_s3_answer *answer, const char *checksum,
                                     struct receipt *out_receipt, struct gd_error *err)
{
    if (!answer->good)
        return gd_s3_refused(upload->s3, answer, err, "could not store part %u of \"%s\"",
                             part->number, upload->key);
    const char *etag = gd_http_header(&answer->http, "etag");
    if (etag == NULL || etag[0] == '\0' || strlen(etag) >= sizeof out_receipt->etag)
        return gd_fail(err, GD_SYSTEM, "could not store part %u of \"%s\": no ETag came back",
                       part->number, upload->key);
    memcpy(out_receipt->etag, etag, strlen(etag) + 1);
    memcpy(out_receipt->checksum, checksum, strlen(checksum) + 1);
    return GD_DONE;
}

static struct gd_status send_part(struct gd_s3_upload *upload, const struct gd_s3_part *part,
                                  struct receipt *out_receipt, struct gd_error *err)
{
    gd_auto_arena arena = gd_arena_new();
    struct gd_s3_request request = {.method = "PUT", .key = upload->key, .stop = &upload->stop};
    gd_s3_query(&request, "partNumber", gd_arena_printf(arena, "%u", part->number));
    gd_s3_query(&request, "uploadId", upload->upload_id);
    gd_s3_body(&request, part->data, part->size, upload->checksums, arena);
    const char *checksum = upload->checksums ? request.headers[request.header_count - 1].value : "";
    gd_s3_customer_headers(upload->s3, &request);
    struct gd_s3_answer answer;
    GD_TRY(gd_fault("s3: before a part", err));
    GD_TRY(gd_s3_send(upload->s3, &request, arena, &answer, err));
    return read_receipt(upload, part, &answer, checksum, out_receipt, err);
}

static struct gd_s3_part *take_waiting(struct gd_s3_upload *upload)
{
    struct gd_s3_part *part = upload->waiting;
    upload->waiting = part->next;
    if (upload->waiting == NULL)
        upload->waiting_tail = &upload->waiting;
    upload->waiting_count--;
    upload->sending++;
    return part;
}

/* Under the lock. The first failure stays; the others stop at once. */
static void note_sent(struct gd_s3_upload *upload, struct gd_s3_part *part, struct gd_status status,
                      const struct receipt *receipt, const struct gd_error *why)
{
    upload->sending--;
    if (status.code == GD_OK) {
        upload->receipts[part->number - 1] = *receipt;
    } else if (upload->status.code == GD_OK) {
        upload->status = status;
        upload->why = *why;
        atomic_store(&upload->stop, true);
    }
    part->size = 0;
    part->next = upload->spare;
    upload->spare = part;
}

static void *sender(void *context)
{
    struct gd_s3_upload *upload = context;
    pthread_mutex_lock(&upload->lock);
    for (;;) {
        upload->idle++;
        while (upload->waiting == NULL && !upload->ending)
            pthread_cond_wait(&upload->moved, &upload->lock);
        upload->idle--;
        if (upload->waiting == NULL || upload->status.code != GD_OK || atomic_load(&upload->stop))
            break;
        struct gd_s3_part *part = take_waiting(upload);
        pthread_mutex_unlock(&upload->lock);
        struct receipt receipt;
        struct gd_error why = {0};
        struct gd_status status = send_part(upload, part, &receipt, &why);
        pthread_mutex_lock(&upload->lock);
        note_sent(upload, part, status, &receipt, &why);
        pthread_cond_broadcast(&upload->moved);
    }
    pthread_cond_broadcast(&upload->moved);
    pthread_mutex_unlock(&upload->lock);
    return NULL;
}

static void join_senders(struct gd_s3_upload *upload)
{
    pthread_mutex_lock(&upload->lock);
    upload->ending = true;
    pthread_cond_broadcast(&upload->moved);
    pthread_mutex_unlock(&upload->lock);
    for (unsigned i = 0; i < upload->sender_count; i++)
        pthread_join(upload->senders[i], NULL);
    upload->sender_count = 0;
}

/* --- beginning ---------------------------------------------------------------------------------
 */

/* x-amz-checksum-sha256 is only asked about where an upload in parts is made anyway. */
static struct gd_status learn_checksums(struct gd_s3 *s3, const char *key, struct gd_error *err)
{
    pthread_mutex_lock(&s3->lock);
    bool known = atomic_load(&s3->checksums) != GD_S3_UNKNOWN;
    if (!known)
        atomic_store(&s3->checksums, GD_S3_NO); /* for those who do not wait for the answer */
    pthread_mutex_unlock(&s3->lock);
    return known ? GD_DONE : gd_s3_learn_checksums(s3, key, err);
}

static struct gd_status create(struct gd_s3_upload *upload, struct gd_error *err)
{
    struct gd_s3_request request = {.method = "POST", .key = upload->key};
    gd_s3_query(&request, "uploads", NULL);
    gd_s3_object_headers(upload->s3, &request, upload->id, upload->arena);
    if (upload->checksums)
        gd_s3_header(&request, "x-amz-checksum-algorithm", "SHA256");
    struct gd_s3_answer answer;
    GD_TRY(gd_s3_send(upload->s3, &request, upload->arena, &answer, err));
    if (!answer.good)
        return gd_s3_refused(upload->s3, &answer, err, "could not begin the upload of \"%s\"",
                             upload->key);
    upload->upload_id = gd_xml_text(answer.xml, "UploadId");
    if (upload->upload_id[0] == '\0')
        return gd_s3_refused(upload->s3, &answer, err,
                             "could not begin the upload of \"%s\", no upload id came back,",
                             upload->key);
    upload->created = true;
    return GD_DONE;
}

struct gd_status gd_s3_upload_begin(struct gd_s3 *s3, const char *key, const char *id,
                                    struct gd_s3_upload **out_upload, struct gd_error *err)
{
    GD_TRY(learn_checksums(s3, key, err));
    struct gd_s3_upload *upload = gd_memory_new(sizeof *upload);
    upload->s3 = s3;
    upload->arena = gd_arena_new();
    upload->key = gd_arena_strdup(upload->arena, key);
    upload->id = gd_arena_strdup(upload->arena, id);
    upload->checksums = atomic_load(&s3->checksums) == GD_S3_YES;
    upload->waiting_tail = &upload->waiting;
    upload->buffers = 1; /* the one that was filled before we were there */
    pthread_mutex_init(&upload->lock, NULL);
    pthread_cond_init(&upload->moved, NULL);
    struct gd_status status = create(upload, err);
    if (status.code != GD_OK) {
        gd_s3_upload_free(upload);
        return status;
    }
    *out_upload = upload;
    return GD_DONE;
}

/* --- queueing ----------------------------------------------------------------------------------
 */

static bool may_have_more(const struct gd_s3_upload *upload, size_t size)
{
    if (upload->buffers < 2)
        return true;
    return upload->buffers < SENDERS_MAX + 1 &&
           atomic_load(&upload->s3->part_bytes) + size <= MEMORY_MAX;
}

static struct gd_status start_sender(struct gd_s3_upload *upload, struct gd_error *err)
{
    bool wanted = upload->sender_count == 0 ||
                  (upload->idle == 0 && upload->sender_count < SENDERS_MAX &&
                   upload->waiting_count > 0 && upload->sending == upload->sender_count);
    if (!wanted)
        return GD_DONE;
    int failed = gd_thread_start(&upload->senders[upload->sender_count], sender, upload);
    if (failed == 0)
        upload->sender_count++;
    if (upload->sender_count == 0)
        return gd_fail(err, GD_SYSTEM, "could not start a thread: %s", strerror(failed));
    return GD_DONE; /* one has to be enough */
}

static void queue(struct gd_s3_upload *upload, struct gd_s3_part *part)
{
    part->number = ++upload->parts;
    part->next = NULL;
    upload->bytes += part->size;
    *upload->waiting_tail = part;
    upload->waiting_tail = &part->next;
    upload->waiting_count++;
    if (upload->parts > upload->receipt_capacity) {
        upload->receipt_capacity = 2 * upload->receipt_capacity + 16;
        upload->receipts =
            gd_memory_grow(upload->receipts, upload->receipt_capacity * sizeof *upload->receipts);
    }
    memset(&upload->receipts[upload->parts - 1], 0, sizeof *upload->receipts);
}

/* A buffer that was sent, a new one, or the next that becomes free. */
static struct gd_s3_part *next_buffer(struct gd_s3_upload *upload, size_t size)
{
    while (upload->spare == NULL && upload->status.code == GD_OK && !may_have_more(upload, size))
        pthread_cond_wait(&upload->moved, &upload->lock);
    struct gd_s3_part *part = upload->spare;
    if (part != NULL) {
        upload->spare = part->next;
        return part;
    }
    upload->buffers++;
    return gd_s3_part_new();
}

static struct gd_status failure(const struct gd_s3_upload *upload, struct gd_error *err)
{
    if (upload->status.code != GD_OK)
        *err = upload->why;
    return upload->status;
}

struct gd_status gd_s3_upload_part(struct gd_s3_upload *upload, struct gd_s3_part *take_part,
                                   struct gd_s3_part **out_next, struct gd_error *err)
{
    size_t size = take_part->size;
    if (upload->parts == GD_S3_PARTS_MAX) {
        gd_s3_part_free(upload->s3, take_part);
        return gd_hint(err,
                       gd_fail(err, GD_SYSTEM, "\"%s\" has more bytes than %d parts can carry",
                               upload->key, GD_S3_PARTS_MAX),
                       "Ask for bigger parts.");
    }
    pthread_mutex_lock(&upload->lock);
    queue(upload, take_part);
    struct gd_status status = start_sender(upload, err);
    pthread_cond_broadcast(&upload->moved);
    if (status.code == GD_OK && out_next != NULL)
        *out_next = next_buffer(upload, size);
    if (status.code == GD_OK)
        status = failure(upload, err);
    pthread_mutex_unlock(&upload->lock);
    return status;
}

/* --- completing --------------------------------------------------------------------------------
 */

static const char *escaped(const char *text, struct gd_arena *arena)
{
    char *to = gd_arena_alloc(arena, 6 * strlen(text) + 1), *begin = to;
    for (; *text != '\0'; text++) {
        const char *as = *text == '&'   ? "&amp;"
                         : *text == '<' ? "&lt;"
                         : *text == '>' ? "&gt;"
                                        : "";
        size_t length = strlen(as);
        if (length == 0)
            *to++ = *text;
        memcpy(to, as, length);
        to += length;
    }
    *to = '\0';
    return begin;
}

static const char *list_of_parts(const struct gd_s3_upload *upload, struct gd_arena *arena,
                                 size_t *out_size)
{
    enum { PART_SIZE = 6 * ETAG_SIZE + 160 };
    size_t size = ((size_t)upload->parts + 1) * PART_SIZE, at = 0;
    char *list = gd_arena_alloc(arena, size);
    at += (size_t)snprintf(list, size, "<CompleteMultipartUpload>");
    for (uint32_t i = 0; i < upload->parts; i++) {
        const struct receipt *receipt = &upload->receipts[i];
        bool sum = receipt->checksum[0] != '\0';
        struct gd_arena_mark mark = gd_arena_mark(arena);
        at += (size_t)snprintf(
            list + at, size - at, "<Part>%s%s%s<ETag>%s</ETag><PartNumber>%u</PartNumber></Part>",
            sum ? "<ChecksumSHA256>" : "", receipt->checksum, sum ? "</ChecksumSHA256>" : "",
            escaped(receipt->etag, arena), i + 1);
        gd_arena_rewind(arena, mark);
    }
    at += (size_t)snprintf(list + at, size - at, "</CompleteMultipartUpload>");
    assert(at < size);
    *out_size = at;
    return list;
}

/* Is what lies under the key now what this upload made? A server that does not keep metadata is
 * believed when it said itself that it completed. */
static bool is_ours(const struct gd_s3_upload *upload, const struct gd_s3_seen *seen, bool said)
{
    bool known = strcmp(seen->id, upload->id) == 0 || (said && seen->id[0] == '\0');
    return seen->there && known && seen->bytes == upload->bytes;
}

static struct gd_status is_taken(const struct gd_s3_upload *upload, struct gd_error *err)
{
    return gd_fail(err, GD_REFUSED, "\"%s\" is in %s already; it was not touched", upload->key,
                   upload->s3->store.url);
}

static struct gd_status send_complete(struct gd_s3_upload *upload, bool conditional,
                                      struct gd_arena *arena, struct gd_s3_answer *out_answer,
                                      struct gd_error *err)
{
    struct gd_s3_request request = {.method = "POST", .key = upload->key};
    gd_s3_query(&request, "uploadId", upload->upload_id);
    request.body = list_of_parts(upload, arena, &request.body_size);
    gd_s3_header(&request, "content-type", "application/xml");
    if (conditional)
        gd_s3_header(&request, "if-none-match", "*");
    gd_s3_customer_headers(upload->s3, &request);
    return gd_s3_send(upload->s3, &request, arena, out_answer, err);
}

/* Some servers show a new object a moment late. */
static struct gd_status look_again(const struct gd_s3_upload *upload, bool expected,
                                   struct gd_arena *arena, struct gd_s3_seen *out_seen,
                                   struct gd_error *err)
{
    for (unsigned failures = 1;; failures++) {
        GD_TRY(gd_s3_look(upload->s3, upload->key, arena, out_seen, err));
        if (out_seen->there || !expected || failures == LOOKS_MAX)
            return GD_DONE;
        gd_s3_pause(failures, NULL);
    }
}

/* However the answer was: what does the store hold? An answer may be lost, or come twice, or be an
 * error after the deed; and some servers give an empty ETag for a good one. */
static struct gd_status settle(struct gd_s3_upload *upload, struct gd_status sent,
                               const struct gd_s3_answer *answer, struct gd_arena *arena,
                               struct gd_error *err)
{
    struct gd_s3_seen seen;
    struct gd_error ignored;
    if (sent.code != GD_OK && sent.code != GD_SYSTEM)
        return sent;
    bool said = sent.code == GD_OK && answer->good;
    struct gd_status looked =
        look_again(upload, said, arena, &seen, sent.code == GD_OK ? err : &ignored);
    if (looked.code == GD_OK && is_ours(upload, &seen, said)) {
        upload->completed = true;
        return gd_s3_keep(upload->s3, upload->key, arena, err);
    }
    if (sent.code != GD_OK)
        return sent;
    GD_TRY(looked);
    if (answer->http.status == 412 || seen.there)
        return is_taken(upload, err); /* by somebody who came in between */
    if (!answer->good)
        return gd_s3_refused(upload->s3, answer, err, "could not complete the upload of \"%s\"",
                             upload->key);
    return gd_fail(err, GD_SYSTEM,
                   "could not complete the upload of \"%s\" in %s: the server said that it did, "
                   "but there is no such object",
                   upload->key, upload->s3->store.url);
}

static struct gd_status look_first(const struct gd_s3_upload *upload, struct gd_arena *arena,
                                   struct gd_error *err)
{
    struct gd_s3_seen seen;
    GD_TRY(gd_s3_look(upload->s3, upload->key, arena, &seen, err));
    return seen.there ? is_taken(upload, err) : GD_DONE;
}

struct gd_status gd_s3_upload_complete(struct gd_s3_upload *upload, struct gd_error *err)
{
    join_senders(upload);
    GD_TRY(failure(upload, err));
    gd_auto_arena arena = gd_arena_new();
    GD_TRY(look_first(upload, arena, err));
    GD_TRY(gd_fault("s3: before completing an upload", err));
    struct gd_s3_answer answer = {0};
    bool conditional = atomic_load(&upload->s3->conditional) != GD_S3_NO;
    struct gd_status sent = send_complete(upload, conditional, arena, &answer, err);
    if (sent.code == GD_OK && conditional &&
        (answer.http.status == 501 || gd_s3_is(&answer, "NotImplemented")))
        sent = send_complete(upload, false, arena, &answer, err);
    return settle(upload, sent, &answer, arena, err);
}

struct gd_status gd_s3_upload_try(struct gd_s3_upload *upload, bool *out_turned_away,
                                  struct gd_error *err)
{
    gd_auto_arena arena = gd_arena_new();
    struct gd_s3_answer answer;
    join_senders(upload);
    GD_TRY(failure(upload, err));
    GD_TRY(send_complete(upload, true, arena, &answer, err));
    upload->completed = answer.good;
    *out_turned_away = answer.http.status == 412;
    return GD_DONE;
}

/* --- giving up ---------------------------------------------------------------------------------
 */

static struct gd_status still_there(struct gd_s3 *s3, const char *key, const char *upload_id,
                                    struct gd_arena *arena, bool *out_there, struct gd_error *err)
{
    struct gd_s3_request request = {.method = "GET", .key = key, .cleaning_up = true};
    gd_s3_query(&request, "uploadId", upload_id);
    struct gd_s3_answer answer;
    GD_TRY(gd_s3_send(s3, &request, arena, &answer, err));
    *out_there = answer.good;
    return GD_DONE;
}

/* A part that was under way may arrive after the abort, and keeps the upload alive: look, repeat.
 */
struct gd_status gd_s3_abort(struct gd_s3 *s3, const char *key, const char *upload_id,
                             struct gd_error *err)
{
    gd_auto_arena arena = gd_arena_new();
    bool there = true;
    for (unsigned i = 0; there && i < ABORTS_MAX; i++) {
        struct gd_s3_request request = {.method = "DELETE", .key = key, .cleaning_up = true};
        gd_s3_query(&request, "uploadId", upload_id);
        struct gd_s3_answer answer;
        GD_TRY(gd_s3_send(s3, &request, arena, &answer, err));
        if (!answer.good && !gd_s3_is(&answer, "NoSuchUpload"))
            return gd_s3_refused(s3, &answer, err, "could not give up an upload of \"%s\"", key);
        GD_TRY(still_there(s3, key, upload_id, arena, &there, err));
    }
    if (there)
        return gd_fail(err, GD_SYSTEM, "an upload of \"%s\" in %s is still there after %d aborts",
                       key, s3->store.url, ABORTS_MAX);
    return GD_DONE;
}

static void free_parts(struct gd_s3 *s3, struct gd_s3_part *part)
{
    while (part != NULL) {
        struct gd_s3_part *next = part->next;
        gd_s3_part_free(s3, part);
        part = next;
    }
}

void gd_s3_upload_free(struct gd_s3_upload *upload)
{
    if (upload == NULL)
        return;
    struct gd_error why = {0};
    atomic_store(&upload->stop, true);
    join_senders(upload);
    if (upload->created && !upload->completed &&
        gd_s3_abort(upload->s3, upload->key, upload->upload_id, &why).code != GD_OK)
        gd_tell_warning(upload->s3->options.events,
                        "Guardian gives it up later; a lifecycle rule that aborts incomplete "
                        "uploads does, too.",
                        "%s", why.text);
    free_parts(upload->s3, upload->waiting);
    free_parts(upload->s3, upload->spare);
    pthread_cond_destroy(&upload->moved);
    pthread_mutex_destroy(&upload->lock);
    free(upload->receipts);
    gd_arena_free(upload->arena);
    free(upload);
}
