#include "guardian/store/sigv4.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "guardian/io/digest.h"
#include "guardian/io/hmac.h"

static bool is_unreserved(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.' || c == '~';
}

const char *gd_uri_encode(const char *text, bool keep_slash, struct gd_arena *arena)
{
    static const char digits[] = "0123456789ABCDEF";
    char *encoded = gd_arena_alloc(arena, 3 * strlen(text) + 1), *to = encoded;
    for (; *text != '\0'; text++) {
        if (is_unreserved(*text) || (keep_slash && *text == '/')) {
            *to++ = *text;
            continue;
        }
        *to++ = '%';
        *to++ = digits[(unsigned char)*text >> 4];
        *to++ = digits[(unsigned char)*text & 15];
    }
    *to = '\0';
    return encoded;
}

/* Bytes of the name, then of the value: AWS sorts after encoding, and the sort is stable. */
static int by_name(const void *left, const void *right)
{
    const struct gd_pair *a = left, *b = right;
    int order = strcmp(a->name, b->name);
    return order != 0 ? order : strcmp(a->value, b->value);
}

static const char *canonical_query(const struct gd_sigv4_request *request, struct gd_arena *arena)
{
    struct gd_pair *pairs = gd_arena_zalloc(arena, request->query_count + 1, sizeof *pairs);
    for (size_t i = 0; i < request->query_count; i++) {
        const char *value = request->query[i].value;
        pairs[i].name = gd_uri_encode(request->query[i].name, false, arena);
        pairs[i].value = value == NULL ? "" : gd_uri_encode(value, false, arena);
    }
    qsort(pairs, request->query_count, sizeof *pairs, by_name);
    const char *query = "";
    for (size_t i = 0; i < request->query_count; i++)
        query = gd_arena_printf(arena, "%s%s%s=%s", query, i == 0 ? "" : "&", pairs[i].name,
                                pairs[i].value);
    return query;
}

/* Lower case, blanks around it cut off and runs of them inside made one. */
static const char *trimmed(const char *value, struct gd_arena *arena)
{
    char *text = gd_arena_alloc(arena, strlen(value) + 1), *to = text;
    for (; *value != '\0'; value++) {
        bool blank = *value == ' ' || *value == '\t';
        if (!blank)
            *to++ = *value;
        else if (to > text && to[-1] != ' ')
            *to++ = ' ';
    }
    while (to > text && to[-1] == ' ')
        to--;
    *to = '\0';
    return text;
}

static const char *lower(const char *name, struct gd_arena *arena)
{
    char *text = gd_arena_strdup(arena, name);
    for (char *c = text; *c != '\0'; c++)
        if (*c >= 'A' && *c <= 'Z')
            *c = (char)(*c + ('a' - 'A'));
    return text;
}

struct headers {
    struct gd_pair *items; /* names in lower case, sorted */
    size_t count;
    const char *lines;   /* "name:value\n" … */
    const char *signed_; /* "name;name" */
};

static void add(struct headers *headers, const char *name, const char *value,
                struct gd_arena *arena)
{
    headers->items[headers->count++] = (struct gd_pair){lower(name, arena), trimmed(value, arena)};
}

static int by_name_only(const void *left, const void *right)
{
    return strcmp(((const struct gd_pair *)left)->name, ((const struct gd_pair *)right)->name);
}

/* One line for each name: repeated headers join their values in the order in which they came. */
static void write_lines(struct headers *headers, struct gd_arena *arena)
{
    headers->lines = headers->signed_ = "";
    for (size_t i = 0; i < headers->count; i++) {
        const struct gd_pair *item = &headers->items[i];
        const char *value = item->value;
        while (i + 1 < headers->count && strcmp(headers->items[i + 1].name, item->name) == 0)
            value = gd_arena_printf(arena, "%s,%s", value, headers->items[++i].value);
        headers->lines = gd_arena_printf(arena, "%s%s:%s\n", headers->lines, item->name, value);
        headers->signed_ = gd_arena_printf(arena, "%s%s%s", headers->signed_,
                                           *headers->signed_ == '\0' ? "" : ";", item->name);
    }
}

static void gather_headers(const struct gd_sigv4_request *request,
                           const struct gd_credential *credential, const char *time,
                           const char *payload, struct headers *out, struct gd_arena *arena)
{
    enum { ADDED = 4 };
    *out = (struct headers){
        .items = gd_arena_zalloc(arena, request->header_count + ADDED, sizeof *out->items)};
    add(out, "host", request->host, arena);
    add(out, "x-amz-date", time, arena);
    if (strcmp(request->service, "s3") == 0)
        add(out, "x-amz-content-sha256", payload, arena);
    if (credential->session_token[0] != '\0')
        add(out, "x-amz-security-token", credential->session_token, arena);
    for (size_t i = 0; i < request->header_count; i++)
        add(out, request->headers[i].name, request->headers[i].value, arena);
    /* glibc's qsort is a merge sort for sizes like these, but that is no promise: insertion is. */
    for (size_t i = 1; i < out->count; i++)
        for (size_t j = i; j > 0 && by_name_only(&out->items[j - 1], &out->items[j]) > 0; j--) {
            struct gd_pair moved = out->items[j];
            out->items[j] = out->items[j - 1];
            out->items[j - 1] = moved;
        }
    write_lines(out, arena);
}

static void chain(unsigned char key[GD_HMAC_BYTES], const char *text)
{
    gd_hmac_sha256(key, GD_HMAC_BYTES, text, strlen(text), key);
}

static const char *signature(const struct gd_sigv4_request *request, const char *secret,
                             const char *date, const char *to_sign, struct gd_arena *arena)
{
    char first[4 + GD_SECRET_KEY_SIZE] = "AWS4";
    size_t length = strnlen(secret, GD_SECRET_KEY_SIZE);
    memcpy(first + 4, secret, length);
    unsigned char key[GD_HMAC_BYTES];
    gd_hmac_sha256(first, 4 + length, date, strlen(date), key);
    gd_wipe(first, sizeof first);
    chain(key, request->region);
    chain(key, request->service);
    chain(key, "aws4_request");
    chain(key, to_sign);
    char *hex = gd_arena_alloc(arena, 2 * GD_HMAC_BYTES + 1);
    for (size_t i = 0; i < GD_HMAC_BYTES; i++) {
        hex[2 * i] = "0123456789abcdef"[key[i] >> 4];
        hex[2 * i + 1] = "0123456789abcdef"[key[i] & 15];
    }
    hex[2 * GD_HMAC_BYTES] = '\0';
    return hex;
}

static const char *const *header_list(const struct headers *headers, const char *authorization,
                                      struct gd_arena *arena)
{
    const char **list = gd_arena_zalloc(arena, headers->count + 2, sizeof *list);
    for (size_t i = 0; i < headers->count; i++)
        list[i] = gd_arena_printf(arena, "%s: %s", headers->items[i].name, headers->items[i].value);
    list[headers->count] = gd_arena_printf(arena, "authorization: %s", authorization);
    return list;
}

static const char *time_text(int64_t time_us, struct gd_arena *arena)
{
    time_t seconds = (time_t)(time_us / 1000000);
    struct tm parts;
    gmtime_r(&seconds, &parts);
    char text[32];
    strftime(text, sizeof text, "%Y%m%dT%H%M%SZ", &parts);
    return gd_arena_strdup(arena, text);
}

void gd_sigv4_sign(const struct gd_sigv4_request *request, const struct gd_credential *credential,
                   struct gd_arena *arena, struct gd_sigv4_signed *out_signed)
{
    char hash[GD_DIGEST_HEX_SIZE];
    gd_digest_of("", 0, hash);
    const char *payload =
        request->payload_sha256 != NULL ? request->payload_sha256 : gd_arena_strdup(arena, hash);
    const char *time = time_text(request->time_us, arena);
    const char *date = gd_arena_strndup(arena, time, 8);
    const char *path = gd_uri_encode(request->path, true, arena);
    const char *query = canonical_query(request, arena);
    struct headers headers;
    gather_headers(request, credential, time, payload, &headers, arena);

    const char *canonical = gd_arena_printf(arena, "%s\n%s\n%s\n%s\n%s\n%s", request->method, path,
                                            query, headers.lines, headers.signed_, payload);
    gd_digest_of(canonical, strlen(canonical), hash);
    const char *scope =
        gd_arena_printf(arena, "%s/%s/%s/aws4_request", date, request->region, request->service);
    const char *to_sign = gd_arena_printf(arena, "AWS4-HMAC-SHA256\n%s\n%s\n%s", time, scope, hash);
    const char *authorization =
        gd_arena_printf(arena, "AWS4-HMAC-SHA256 Credential=%s/%s, SignedHeaders=%s, Signature=%s",
                        credential->access_key, scope, headers.signed_,
                        signature(request, credential->secret_key, date, to_sign, arena));
    out_signed->target = gd_arena_printf(arena, "%s%s%s", path, *query == '\0' ? "" : "?", query);
    out_signed->headers = header_list(&headers, authorization, arena);
}
