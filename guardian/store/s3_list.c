#include <stdlib.h>
#include <string.h>

#include "guardian/store/keys.h"
#include "guardian/store/s3.h"

enum { KEY_SIZE = 2048 };

/* A listing under way. */
struct listing {
    struct gd_s3 *s3;
    const char *prefix; /* with the store's */
    const char *after;  /* with the store's; "" */
    bool folders;
    gd_store_each_fn *each;
    void *context;
    char last[KEY_SIZE];  /* the one before, to see that they ascend */
    char token[KEY_SIZE]; /* "": the first page */
};

static int hex_of(char c)
{
    static const char digits[] = "0123456789abcdef";
    const char *found = c == '\0' ? NULL : strchr(digits, c | 0x20);
    return found == NULL ? -1 : (int)(found - digits);
}

/* encoding-type=url, so that any key survives XML; "+" is a blank there, too. */
static const char *decoded(const char *text, bool encoded, struct gd_arena *arena)
{
    if (!encoded)
        return text;
    char *out = gd_arena_alloc(arena, strlen(text) + 1), *to = out;
    for (; *text != '\0'; text++) {
        int high = *text == '%' ? hex_of(text[1]) : -1;
        int low = high < 0 ? -1 : hex_of(text[2]);
        if (low >= 0 && high * 16 + low > 0) {
            *to++ = (char)(high * 16 + low);
            text += 2;
        } else {
            *to++ = *text == '+' ? ' ' : *text;
        }
    }
    *to = '\0';
    return out;
}

static struct gd_status no_listing(const struct gd_s3 *s3, const char *why, struct gd_error *err)
{
    return gd_fail(err, GD_SYSTEM, "could not list %s: %s", s3->store.url, why);
}

static bool is_ours(const char *key, bool folder)
{
    struct gd_error ignored;
    return folder ? gd_store_prefix_check(key, true, &ignored).code == GD_OK && key[0] != '\0'
                  : gd_store_key_check(key, &ignored).code == GD_OK;
}

static struct gd_status visit(struct listing *listing, const char *full,
                              struct gd_store_entry *entry, struct gd_error *err)
{
    size_t length = strlen(full), own = strlen(listing->s3->place.prefix);
    if (length >= sizeof listing->last)
        return GD_DONE; /* longer than any key of ours */
    if (strncmp(full, listing->prefix, strlen(listing->prefix)) != 0)
        return no_listing(listing->s3, "the server lists what was not asked for", err);
    int order = strcmp(full, listing->last);
    if (order < 0)
        return no_listing(listing->s3, "the server lists in no order", err);
    if (order == 0 && listing->last[0] != '\0')
        return GD_DONE; /* said twice */
    memcpy(listing->last, full, length + 1);
    if (listing->after[0] != '\0' && strcmp(full, listing->after) <= 0)
        return GD_DONE; /* not every server knows start-after */
    entry->key = full + own;
    /* Others may keep things beside ours; what no put could have made is none of ours. */
    return is_ours(entry->key, listing->folders) ? listing->each(listing->context, entry, err)
                                                 : GD_DONE;
}

static struct gd_status visit_objects(struct listing *listing, const struct gd_xml *root,
                                      bool encoded, struct gd_arena *arena, struct gd_error *err)
{
    for (const struct gd_xml *one = gd_xml_child(root, "Contents"); one != NULL;
         one = gd_xml_named(one->next, "Contents")) {
        struct gd_store_entry entry = {.bytes = strtoull(gd_xml_text(one, "Size"), NULL, 10)};
        (void)gd_clock_parse(gd_xml_text(one, "LastModified"), &entry.modified_us);
        GD_TRY(visit(listing, decoded(gd_xml_text(one, "Key"), encoded, arena), &entry, err));
    }
    return GD_DONE;
}

static struct gd_status visit_folders(struct listing *listing, const struct gd_xml *root,
                                      bool encoded, struct gd_arena *arena, struct gd_error *err)
{
    for (const struct gd_xml *one = gd_xml_child(root, "CommonPrefixes"); one != NULL;
         one = gd_xml_named(one->next, "CommonPrefixes")) {
        struct gd_store_entry entry = {0};
        GD_TRY(visit(listing, decoded(gd_xml_text(one, "Prefix"), encoded, arena), &entry, err));
    }
    return GD_DONE;
}

static struct gd_status ask(const struct listing *listing, struct gd_arena *arena,
                            struct gd_s3_answer *out_answer, struct gd_error *err)
{
    struct gd_s3_request request = {.method = "GET", .answer_max = GD_S3_LIST_MAX};
    gd_s3_query(&request, "list-type", "2");
    gd_s3_query(&request, "encoding-type", "url");
    gd_s3_query(&request, "prefix", listing->prefix);
    if (listing->folders)
        gd_s3_query(&request, "delimiter", "/");
    if (listing->token[0] != '\0')
        gd_s3_query(&request, "continuation-token", listing->token);
    else if (listing->after[0] != '\0')
        gd_s3_query(&request, "start-after", listing->after);
    struct gd_status status = gd_s3_send(listing->s3, &request, arena, out_answer, err);
    if (status.code != GD_OK)
        return gd_wrap(err, status, "could not list %s: ", listing->s3->store.url);
    if (!out_answer->good)
        return gd_s3_refused(listing->s3, out_answer, err, "could not list");
    if (out_answer->xml == NULL || strcmp(out_answer->xml->name, "ListBucketResult") != 0)
        return no_listing(listing->s3, "the answer is no listing", err);
    return GD_DONE;
}

static struct gd_status turn_page(struct listing *listing, const struct gd_xml *root,
                                  bool *out_more, struct gd_error *err)
{
    const char *truncated = gd_xml_text(root, "IsTruncated");
    *out_more = strcmp(truncated, "true") == 0;
    if (!*out_more)
        return strcmp(truncated, "false") == 0
                   ? GD_DONE
                   : no_listing(listing->s3, "the answer does not say whether it is whole", err);
    const char *token = gd_xml_text(root, "NextContinuationToken");
    if (token[0] == '\0' || strlen(token) >= sizeof listing->token ||
        strcmp(token, listing->token) == 0)
        return no_listing(listing->s3, "the server does not say where it goes on", err);
    memcpy(listing->token, token, strlen(token) + 1);
    return GD_DONE;
}

static struct gd_status list_page(struct listing *listing, struct gd_arena *arena, bool *out_more,
                                  struct gd_error *err)
{
    struct gd_s3_answer answer;
    GD_TRY(ask(listing, arena, &answer, err));
    bool encoded = strcmp(gd_xml_text(answer.xml, "EncodingType"), "url") == 0;
    struct gd_status status = listing->folders
                                  ? visit_folders(listing, answer.xml, encoded, arena, err)
                                  : visit_objects(listing, answer.xml, encoded, arena, err);
    GD_TRY(status);
    return turn_page(listing, answer.xml, out_more, err);
}

struct gd_status gd_s3_list(struct gd_store *store, const struct gd_store_range *range,
                            gd_store_each_fn *each, void *context, struct gd_error *err)
{
    gd_auto_arena names = gd_arena_new();
    struct gd_s3 *s3 = gd_s3_of(store);
    struct listing listing = {
        .s3 = s3, .after = "", .folders = range->folders, .each = each, .context = context};
    listing.prefix = gd_arena_printf(names, "%s%s", s3->place.prefix, range->prefix);
    if (range->after[0] != '\0')
        listing.after = gd_arena_printf(names, "%s%s", s3->place.prefix, range->after);
    for (bool more = true; more;) {
        gd_auto_arena page = gd_arena_new();
        GD_TRY(list_page(&listing, page, &more, err));
    }
    return GD_DONE;
}

/* --- uploads that were left behind -------------------------------------------------------------
 */

struct sweep {
    struct gd_s3 *s3;
    const char *prefix; /* with the store's */
    uint32_t age_s;
    bool only_count;
    uint64_t count;
    char key_marker[KEY_SIZE], id_marker[KEY_SIZE];
};

static struct gd_status ask_uploads(const struct sweep *sweep, struct gd_arena *arena,
                                    struct gd_s3_answer *out_answer, struct gd_error *err)
{
    struct gd_s3_request request = {.method = "GET", .answer_max = GD_S3_LIST_MAX};
    gd_s3_query(&request, "uploads", NULL);
    gd_s3_query(&request, "encoding-type", "url");
    gd_s3_query(&request, "prefix", sweep->prefix);
    if (sweep->key_marker[0] != '\0')
        gd_s3_query(&request, "key-marker", sweep->key_marker);
    if (sweep->id_marker[0] != '\0')
        gd_s3_query(&request, "upload-id-marker", sweep->id_marker);
    GD_TRY(gd_s3_send(sweep->s3, &request, arena, out_answer, err));
    if (!out_answer->good || out_answer->xml == NULL)
        return gd_s3_refused(sweep->s3, out_answer, err, "could not list uploads");
    return GD_DONE;
}

static struct gd_status give_up(struct sweep *sweep, const struct gd_xml *upload, bool encoded,
                                int64_t now_us, struct gd_arena *arena, struct gd_error *err)
{
    const char *key = decoded(gd_xml_text(upload, "Key"), encoded, arena);
    const char *id = gd_xml_text(upload, "UploadId");
    int64_t begun_us;
    bool ours = strncmp(key, sweep->prefix, strlen(sweep->prefix)) == 0 && id[0] != '\0' &&
                is_ours(key + strlen(sweep->s3->place.prefix), false);
    if (!ours || !gd_clock_parse(gd_xml_text(upload, "Initiated"), &begun_us))
        return GD_DONE;
    /* Age 0 is any: the server's Date has no fractions and may be before what it just noted. */
    if (sweep->age_s > 0 && now_us - begun_us < (int64_t)sweep->age_s * 1000000)
        return GD_DONE;
    if (!sweep->only_count)
        GD_TRY(gd_s3_abort(sweep->s3, key + strlen(sweep->s3->place.prefix), id, err));
    sweep->count++;
    return GD_DONE;
}

/* @return false: this was the last page, or the server does not say how to go on */
static bool next_uploads(struct sweep *sweep, const struct gd_xml *root, bool encoded,
                         struct gd_arena *arena)
{
    const char *key = decoded(gd_xml_text(root, "NextKeyMarker"), encoded, arena);
    const char *id = gd_xml_text(root, "NextUploadIdMarker");
    bool more = strcmp(gd_xml_text(root, "IsTruncated"), "true") == 0 && key[0] != '\0' &&
                strlen(key) < KEY_SIZE && strlen(id) < KEY_SIZE &&
                (strcmp(key, sweep->key_marker) != 0 || strcmp(id, sweep->id_marker) != 0);
    if (more) {
        memcpy(sweep->key_marker, key, strlen(key) + 1);
        memcpy(sweep->id_marker, id, strlen(id) + 1);
    }
    return more;
}

static struct gd_status sweep_page(struct sweep *sweep, bool *out_more, struct gd_error *err)
{
    gd_auto_arena arena = gd_arena_new();
    struct gd_s3_answer answer;
    GD_TRY(ask_uploads(sweep, arena, &answer, err));
    int64_t now_us = gd_s3_now_us(sweep->s3); /* the age is by the server's clock */
    (void)gd_http_date(gd_http_header(&answer.http, "date"), &now_us);
    bool encoded = strcmp(gd_xml_text(answer.xml, "EncodingType"), "url") == 0;
    for (const struct gd_xml *one = gd_xml_child(answer.xml, "Upload"); one != NULL;
         one = gd_xml_named(one->next, "Upload"))
        GD_TRY(give_up(sweep, one, encoded, now_us, arena, err));
    *out_more = next_uploads(sweep, answer.xml, encoded, arena);
    return GD_DONE;
}

struct gd_status gd_s3_sweep(struct gd_store *store, const char *prefix, uint32_t age_s,
                             bool only_count, uint64_t *out_count, struct gd_error *err)
{
    gd_auto_arena names = gd_arena_new();
    struct sweep sweep = {.s3 = gd_s3_of(store), .age_s = age_s, .only_count = only_count};
    sweep.prefix = gd_arena_printf(names, "%s%s", sweep.s3->place.prefix, prefix);
    for (bool more = true; more;)
        GD_TRY(sweep_page(&sweep, &more, err));
    *out_count = sweep.count;
    return GD_DONE;
}
