/*
 * The source of an object. A connection that breaks is no end: reading goes on at the next byte, of
 * the same object only (If-Match, and ETag and size compared).
 *
 * Invariant  The end is given after exactly the bytes that the first answer promised.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "guardian/base/memory.h"
#include "guardian/store/s3.h"

enum { RESUMES_MAX = 1000, RETRY_MS = 60000 };

struct get {
    struct gd_source source;
    struct gd_s3 *s3;
    char *key, *etag; /* etag NULL: not known yet; "": the server gives none */
    struct gd_arena *arena;
    uint64_t position, size, end, total; /* size 0: to the end; end and total from the 1st answer */
    struct gd_source *body;
    unsigned resumes, failures; /* failures: since a byte came last */
    int64_t first_failure_us;
};

static struct gd_status is_shorter(const struct get *get, struct gd_error *err)
{
    return gd_fail(err, GD_CORRUPT, "\"%s\" in %s is shorter than it should be", get->key,
                   get->s3->store.url);
}

static struct gd_status has_changed(const struct get *get, struct gd_error *err)
{
    return gd_fail(err, GD_CORRUPT, "\"%s\" in %s changed while it was read", get->key,
                   get->s3->store.url);
}

/* --- answers -----------------------------------------------------------------------------------
 */

static uint64_t number(const char *text, const char **out_rest)
{
    char *rest = NULL;
    uint64_t value = text == NULL || *text < '0' || *text > '9' ? 0 : strtoull(text, &rest, 10);
    *out_rest = rest == NULL ? "" : rest;
    return value;
}

/* Where the body begins, how long it is, and how long the object. @return false: it does not say */
static bool read_extent(const struct gd_s3_answer *answer, uint64_t *out_first, uint64_t *out_size,
                        uint64_t *out_total)
{
    const char *length = gd_http_header(&answer->http, "content-length");
    const char *range = gd_http_header(&answer->http, "content-range"), *rest;
    *out_first = 0;
    *out_total = *out_size = number(length, &rest);
    if (length == NULL || *rest != '\0')
        return false;
    if (answer->http.status != 206)
        return true;
    if (range == NULL || strncmp(range, "bytes ", 6) != 0)
        return false;
    *out_first = number(range + 6, &rest);
    if (*rest != '-')
        return false;
    uint64_t last = number(rest + 1, &rest);
    if (*rest != '/')
        return false;
    *out_total = number(rest + 1, &rest);
    return *rest == '\0' && last >= *out_first && last < *out_total &&
           last - *out_first + 1 == *out_size;
}

static struct gd_status take_first(struct get *get, const char *etag, uint64_t total,
                                   struct gd_error *err)
{
    get->total = total;
    get->end = get->size > 0 ? get->position + get->size : total;
    get->etag = gd_memory_strdup(etag == NULL ? "" : etag);
    return get->end > total || get->position > total ? is_shorter(get, err) : GD_DONE;
}

static struct gd_status check_extent(struct get *get, const struct gd_s3_answer *answer,
                                     struct gd_error *err)
{
    uint64_t first, size, total;
    const char *etag = gd_http_header(&answer->http, "etag");
    if (!read_extent(answer, &first, &size, &total) || first != get->position)
        return gd_fail(err, GD_SYSTEM,
                       "could not read \"%s\" in %s: the server sent other bytes than were asked "
                       "for",
                       get->key, get->s3->store.url);
    if (get->etag == NULL)
        GD_TRY(take_first(get, etag, total, err));
    else if (total != get->total || strcmp(get->etag, etag == NULL ? "" : etag) != 0)
        return has_changed(get, err);
    return first + size < get->end ? is_shorter(get, err) : GD_DONE;
}

/* 416: there is nothing from there on. At the very end of an object that is no error. */
static struct gd_status nothing_there(struct get *get, struct gd_error *err)
{
    struct gd_s3_seen seen;
    GD_TRY(gd_s3_look(get->s3, get->key, get->arena, &seen, err));
    if (!seen.there || seen.bytes != get->position || get->size > 0)
        return is_shorter(get, err);
    return take_first(get, seen.etag, seen.bytes, err);
}

static struct gd_status refused(struct get *get, const struct gd_s3_answer *answer,
                                struct gd_error *err)
{
    if (answer->http.status == 404 && gd_s3_is(answer, "NoSuchKey"))
        return gd_fail(err, GD_CORRUPT, "\"%s\" is not in %s", get->key, get->s3->store.url);
    if (answer->http.status == 412)
        return has_changed(get, err);
    if (answer->http.status == 416 && get->etag == NULL)
        return nothing_there(get, err);
    return gd_s3_refused(get->s3, answer, err, "could not read \"%s\"", get->key);
}

static struct gd_status open_body(struct get *get, struct gd_error *err)
{
    struct gd_s3_request request = {.method = "GET", .key = get->key};
    uint64_t end = get->etag != NULL ? get->end : get->size > 0 ? get->position + get->size : 0;
    gd_arena_reset(get->arena);
    if (end > 0)
        gd_s3_header(
            &request, "range",
            gd_arena_printf(get->arena, "bytes=%" PRIu64 "-%" PRIu64, get->position, end - 1));
    else if (get->position > 0)
        gd_s3_header(&request, "range",
                     gd_arena_printf(get->arena, "bytes=%" PRIu64 "-", get->position));
    if (get->etag != NULL && get->etag[0] != '\0')
        gd_s3_header(&request, "if-match", get->etag);
    gd_s3_customer_headers(get->s3, &request);
    struct gd_s3_answer answer;
    GD_TRY(gd_s3_send_open(get->s3, &request, get->arena, &answer, &get->body, err));
    if (!answer.good)
        return refused(get, &answer, err);
    return check_extent(get, &answer, err);
}

/* --- reading -----------------------------------------------------------------------------------
 */

static bool is_worth_it(struct get *get)
{
    uint32_t budget_ms = get->s3->options.retry_ms;
    int64_t now_us = gd_clock_monotonic_us();
    if (get->failures++ == 0)
        get->first_failure_us = now_us;
    bool within =
        now_us - get->first_failure_us < (int64_t)(budget_ms > 0 ? budget_ms : RETRY_MS) * 1000;
    return !gd_interrupted() && get->resumes++ < RESUMES_MAX && (within || get->failures <= 2);
}

static struct gd_status resume(struct get *get, struct gd_error *err)
{
    gd_source_free(get->body);
    get->body = NULL;
    gd_s3_pause(get->failures, NULL);
    return open_body(get, err);
}

static struct gd_status get_read(struct gd_source *source, void *buffer, size_t size,
                                 size_t *out_size, struct gd_error *err)
{
    struct get *get = (struct get *)source;
    uint64_t left = get->end - get->position;
    *out_size = 0;
    if (left == 0)
        return GD_DONE;
    for (;;) {
        struct gd_error why = {0};
        size_t got = 0;
        struct gd_status status =
            gd_source_read(get->body, buffer, size < left ? size : (size_t)left, &got, &why);
        if (status.code == GD_OK && got > 0) {
            get->position += got;
            get->failures = 0;
            *out_size = got;
            return GD_DONE;
        }
        if (status.code == GD_OK)
            status = gd_fail(&why, GD_SYSTEM, "could not read \"%s\" in %s: it ended too early",
                             get->key, get->s3->store.url);
        if (status.code != GD_SYSTEM || !is_worth_it(get)) {
            *err = why;
            return status;
        }
        GD_TRY(resume(get, err));
    }
}

static void get_free(struct gd_source *source)
{
    struct get *get = (struct get *)source;
    gd_source_free(get->body);
    gd_arena_free(get->arena);
    free(get->key);
    free(get->etag);
    free(get);
}

static const struct gd_source_ops get_ops = {get_read, get_free};

struct gd_status gd_s3_get(struct gd_store *store, const char *key, uint64_t offset, uint64_t size,
                           struct gd_source **out_source, struct gd_error *err)
{
    struct get *get = gd_memory_new(sizeof *get);
    get->source.ops = &get_ops;
    get->s3 = gd_s3_of(store);
    get->key = gd_memory_strdup(key);
    get->arena = gd_arena_new();
    get->position = offset;
    get->size = size;
    struct gd_status status = open_body(get, err);
    if (status.code != GD_OK) {
        get_free(&get->source);
        return status;
    }
    *out_source = &get->source;
    return GD_DONE;
}
