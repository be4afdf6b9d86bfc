/*
 * What some servers drop of an upload in parts, without a word: the lock and the tags that were
 * asked for when it began. Looked for on the object, and put there when they are missing.
 *
 * Invariant    An object that was to be locked and is not is no success.
 * Source       Ceph's radosgw 16, seen; AWS keeps both, and is not asked: looking for a lock needs
 *              rights there that a credential for writing need not have.
 */
#include <stdlib.h>
#include <string.h>

#include "guardian/store/s3.h"

static bool is_set(const char *text)
{
    return text != NULL && *text != '\0';
}

static const char *escaped(const char *text, struct gd_arena *arena)
{
    const char *made = gd_arena_strdup(arena, "");
    for (; *text != '\0'; text++) {
        const char *as = *text == '<'   ? "&lt;"
                         : *text == '>' ? "&gt;"
                         : *text == '&' ? "&amp;"
                                        : "";
        made = gd_arena_printf(arena, "%s%s%.*s", made, as, *as == '\0', text);
    }
    return made;
}

static int digit_of(char letter)
{
    static const char digits[] = "0123456789abcdef";
    const char *at = letter == '\0' ? NULL : strchr(digits, letter | 0x20);
    return at == NULL ? -1 : (int)(at - digits);
}

/* "%20" and "+" are blanks; anything else that is no escape stays as it is. */
static const char *decoded(const char *text, size_t length, struct gd_arena *arena)
{
    char *plain = gd_arena_strndup(arena, text, length), *to = plain;
    for (const char *from = plain; *from != '\0'; from++, to++) {
        int high = *from == '%' ? digit_of(from[1]) : -1;
        int low = high >= 0 ? digit_of(from[2]) : -1;
        *to = *from == '+' ? ' ' : *from;
        if (low >= 0) {
            *to = (char)(high * 16 + low);
            from += 2;
        }
    }
    *to = '\0';
    return plain;
}

/* "a=b&c=d" as a document. */
static const char *tag_set(const char *tags, struct gd_arena *arena)
{
    const char *made = gd_arena_strdup(arena, "<Tagging><TagSet>");
    while (*tags != '\0') {
        size_t length = strcspn(tags, "&"), name = strcspn(tags, "=&");
        size_t value = name < length ? name + 1 : length;
        if (length > 0)
            made = gd_arena_printf(arena, "%s<Tag><Key>%s</Key><Value>%s</Value></Tag>", made,
                                   escaped(decoded(tags, name, arena), arena),
                                   escaped(decoded(tags + value, length - value, arena), arena));
        tags += length + (tags[length] == '&');
    }
    return gd_arena_printf(arena, "%s</TagSet></Tagging>", made);
}

static struct gd_status put_document(struct gd_s3 *s3, const char *key, const char *what,
                                     const char *document, struct gd_arena *arena,
                                     struct gd_s3_answer *out_answer, struct gd_error *err)
{
    struct gd_s3_request request = {.method = "PUT", .key = key};
    gd_s3_query(&request, what, NULL);
    gd_s3_header(&request, "content-type", "application/xml");
    gd_s3_body(&request, document, strlen(document), false, arena);
    return gd_s3_send(s3, &request, arena, out_answer, err);
}

static struct gd_status lock(struct gd_s3 *s3, const char *key, struct gd_arena *arena,
                             struct gd_error *err)
{
    struct gd_s3_answer answer;
    const char *document = gd_arena_printf(
        arena, "<Retention><Mode>%s</Mode><RetainUntilDate>%s</RetainUntilDate></Retention>",
        s3->options.lock_mode, gd_s3_lock_until(s3, arena));
    GD_TRY(put_document(s3, key, "retention", document, arena, &answer, err));
    if (!answer.good)
        return gd_s3_refused(s3, &answer, err, "could not lock \"%s\"", key);
    return GD_DONE;
}

/* Tags protect nothing: an object that lacks them is told of, and stays. */
static struct gd_status tag(struct gd_s3 *s3, const char *key, struct gd_arena *arena,
                            struct gd_error *err)
{
    struct gd_s3_answer answer;
    GD_TRY(put_document(s3, key, "tagging", tag_set(s3->options.tags, arena), arena, &answer, err));
    if (!answer.good)
        gd_tell_warning(s3->options.events, NULL, "\"%s\" in %s has not got its tags", key,
                        s3->store.url);
    return GD_DONE;
}

struct gd_status gd_s3_keep(struct gd_s3 *s3, const char *key, struct gd_arena *arena,
                            struct gd_error *err)
{
    bool locked = is_set(s3->options.lock_mode), tagged = is_set(s3->options.tags);
    if (s3->place.aws || (!locked && !tagged))
        return GD_DONE;
    struct gd_s3_request request = {.method = "HEAD", .key = key};
    struct gd_s3_answer answer;
    gd_s3_customer_headers(s3, &request);
    GD_TRY(gd_s3_send(s3, &request, arena, &answer, err));
    if (!answer.good)
        return gd_s3_refused(s3, &answer, err, "could not look for the lock of \"%s\"", key);
    const char *count = gd_http_header(&answer.http, "x-amz-tagging-count");
    if (locked && gd_http_header(&answer.http, "x-amz-object-lock-mode") == NULL)
        GD_TRY(lock(s3, key, arena, err));
    if (tagged && (count == NULL || strcmp(count, "0") == 0))
        GD_TRY(tag(s3, key, arena, err));
    return GD_DONE;
}
