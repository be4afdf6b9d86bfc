#include <stdlib.h>
#include <string.h>

#include "guardian/store/s3.h"

static const char *header_or_empty(const struct gd_s3_answer *answer, const char *name)
{
    const char *value = gd_http_header(&answer->http, name);
    return value == NULL ? "" : value;
}

static void read_seen(const struct gd_s3_answer *answer, struct gd_s3_seen *out_seen)
{
    *out_seen = (struct gd_s3_seen){.there = true};
    out_seen->bytes = strtoull(header_or_empty(answer, "content-length"), NULL, 10);
    out_seen->etag = header_or_empty(answer, "etag");
    out_seen->id = header_or_empty(answer, GD_S3_ID_HEADER);
    (void)gd_http_date(gd_http_header(&answer->http, "last-modified"), &out_seen->modified_us);
}

/* HEAD says no reason: a missing bucket, a wrong region or an endpoint that is none look alike.
 * GET of one byte names it. */
static struct gd_status ask_why(struct gd_s3 *s3, const char *key, struct gd_arena *arena,
                                bool *out_absent, bool *out_there, struct gd_error *err)
{
    struct gd_s3_request request = {.method = "GET", .key = key};
    gd_s3_header(&request, "range", "bytes=0-0");
    gd_s3_customer_headers(s3, &request);
    struct gd_s3_answer answer;
    GD_TRY(gd_s3_send(s3, &request, arena, &answer, err));
    *out_absent = answer.http.status == 404 && gd_s3_is(&answer, "NoSuchKey");
    *out_there = answer.good || answer.http.status == 416; /* 416: an empty object */
    if (*out_absent || *out_there)
        return GD_DONE;
    return gd_s3_refused(s3, &answer, err, "could not look for \"%s\"", key);
}

static struct gd_status head(struct gd_s3 *s3, const char *key, struct gd_arena *arena,
                             struct gd_s3_answer *out_answer, struct gd_error *err)
{
    struct gd_s3_request request = {.method = "HEAD", .key = key};
    gd_s3_customer_headers(s3, &request);
    return gd_s3_send(s3, &request, arena, out_answer, err);
}

struct gd_status gd_s3_look(struct gd_s3 *s3, const char *key, struct gd_arena *arena,
                            struct gd_s3_seen *out_seen, struct gd_error *err)
{
    struct gd_s3_answer answer;
    bool absent = false, there = false;
    *out_seen = (struct gd_s3_seen){.etag = "", .id = ""};
    GD_TRY(head(s3, key, arena, &answer, err));
    if (answer.http.status == 404 && atomic_load(&s3->bucket_seen))
        return GD_DONE;
    if (!answer.good) {
        GD_TRY(ask_why(s3, key, arena, &absent, &there, err));
        if (absent) {
            atomic_store(&s3->bucket_seen, true);
            return GD_DONE;
        }
        GD_TRY(head(s3, key, arena, &answer, err)); /* what was wrong was set right on the way */
    }
    if (!answer.good)
        return gd_s3_refused(s3, &answer, err, "could not look for \"%s\"", key);
    read_seen(&answer, out_seen);
    return GD_DONE;
}

struct gd_status gd_s3_head(struct gd_store *store, const char *key, bool *out_there,
                            struct gd_store_entry *out_entry, struct gd_error *err)
{
    gd_auto_arena arena = gd_arena_new();
    struct gd_s3_seen seen;
    GD_TRY(gd_s3_look(gd_s3_of(store), key, arena, &seen, err));
    *out_there = seen.there;
    if (seen.there && out_entry != NULL)
        *out_entry = (struct gd_store_entry){
            .key = key, .bytes = seen.bytes, .modified_us = seen.modified_us};
    return GD_DONE;
}

struct gd_status gd_s3_remove(struct gd_store *store, const char *key, struct gd_error *err)
{
    gd_auto_arena arena = gd_arena_new();
    struct gd_s3_request request = {.method = "DELETE", .key = key};
    struct gd_s3_answer answer;
    GD_TRY(gd_s3_send(gd_s3_of(store), &request, arena, &answer, err));
    if (answer.good || gd_s3_is(&answer, "NoSuchKey"))
        return GD_DONE;
    return gd_s3_refused(gd_s3_of(store), &answer, err, "could not remove \"%s\"", key);
}
