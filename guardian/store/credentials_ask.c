/*
 * Asking a service for credentials, and reading what it answers.
 */
#include <arpa/inet.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "guardian/base/clock.h"
#include "guardian/io/hmac.h"
#include "guardian/io/json.h"
#include "guardian/store/credentials_places.h"

enum { PAUSE_MS = 200 };

void gd_wipe_view(const char *text)
{
    if (text != NULL && *text != '\0')
        gd_wipe((void *)(uintptr_t)text, strlen(text));
}

/* "host:port" or "[v6]:port" without the port and the brackets. */
static const char *name_of_host(const char *host, struct gd_arena *arena)
{
    if (*host == '[')
        return gd_arena_strndup(arena, host + 1, strcspn(host + 1, "]"));
    return gd_arena_strndup(arena, host, strcspn(host, ":"));
}

struct gd_status gd_place_url_read(const char *url, const char *called, struct gd_arena *arena,
                                   struct gd_place_url *out_url, struct gd_error *err)
{
    bool tls = strncasecmp(url, "https://", 8) == 0;
    if (!tls && strncasecmp(url, "http://", 7) != 0)
        return gd_fail(err, GD_USAGE, "%s is not an http:// or https:// URL", called);
    const char *host = url + (tls ? 8 : 7);
    size_t length = strcspn(host, "/?#");
    static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                  "0123456789.-_:[]";
    if (length == 0 || strspn(host, allowed) < length)
        return gd_fail(err, GD_USAGE, "%s is a URL without a plain host name", called);
    for (const char *at = host + length; *at != '\0'; at++)
        if (*at < 0x21 || *at > 0x7e || *at == '#')
            return gd_fail(err, GD_USAGE, "%s is not an encoded URL", called);
    out_url->tls = tls;
    out_url->host = gd_arena_strndup(arena, host, length);
    out_url->name = name_of_host(out_url->host, arena);
    out_url->path = host[length] == '/' ? gd_arena_strdup(arena, host + length)
                                        : gd_arena_printf(arena, "/%s", host + length);
    return GD_DONE;
}

bool gd_place_url_is_loopback(const struct gd_place_url *url)
{
    unsigned char bytes[16];
    if (strcasecmp(url->name, "localhost") == 0)
        return true;
    if (inet_pton(AF_INET, url->name, bytes) == 1)
        return bytes[0] == 127;
    static const unsigned char own[16] = {[15] = 1};
    return inet_pton(AF_INET6, url->name, bytes) == 1 && memcmp(bytes, own, sizeof own) == 0;
}

static bool may_help(enum gd_http_trouble trouble, int status)
{
    if (trouble == GD_HTTP_FINE)
        return status == 429 || status >= 500;
    return trouble == GD_HTTP_NO_CONNECTION || trouble == GD_HTTP_LOST;
}

/* Longer each time, and not the same for all who failed together. */
static void pause_before(unsigned attempt)
{
    uint32_t most = (uint32_t)PAUSE_MS << (attempt < 5 ? attempt : 5);
    gd_sleep_ms(most / 2 + (uint32_t)(gd_clock_monotonic_us() % (most / 2 + 1)));
}

struct gd_status gd_place_ask(const struct gd_search *search,
                              const struct gd_place_request *request,
                              struct gd_http_answer *out_answer, enum gd_http_trouble *out_trouble,
                              struct gd_error *err)
{
    struct gd_http *http = NULL;
    struct gd_http_options options = {.ca_file = request->ca_file,
                                      .connect_ms = request->limit_ms,
                                      .stall_ms = request->limit_ms,
                                      .no_proxy = request->no_proxy};
    GD_TRY(gd_http_new(&options, &http, err));
    enum gd_http_trouble trouble = GD_HTTP_FINE;
    struct gd_status status;
    struct gd_error why = {0};
    for (unsigned attempt = 0;; attempt++) {
        trouble = GD_HTTP_FINE;
        status = gd_http_run(http, &request->http, search->arena, out_answer, &trouble, &why);
        bool again = may_help(trouble, status.code == GD_OK ? out_answer->status : 0);
        if (!again || attempt + 1 >= request->tries || gd_interrupted())
            break;
        pause_before(attempt);
    }
    gd_http_free(http);
    if (out_trouble != NULL)
        *out_trouble = trouble;
    if (status.code == GD_OK)
        return GD_DONE;
    *err = why;
    return gd_wrap(err, status, "could not get credentials from %s: ", request->called);
}

bool gd_credential_expiry(const char *text, int64_t *out_time_us)
{
    char plain[24];
    if (strlen(text) < 20)
        return false;
    memcpy(plain, text, 19);
    memcpy(plain + 19, "Z", 2);
    const char *at = text + 19;
    if (*at == '.')
        at += 1 + strspn(at + 1, "0123456789");
    int64_t offset_s = 0;
    if (*at == '+' || *at == '-') { /* "+hh:mm" or "+hhmm" */
        bool behind = *at++ == '-';
        if (!isdigit((unsigned char)at[0]) || !isdigit((unsigned char)at[1]))
            return false;
        int hours = (at[0] - '0') * 10 + at[1] - '0';
        at += at[2] == ':' ? 3 : 2;
        if (!isdigit((unsigned char)at[0]) || !isdigit((unsigned char)at[1]) || at[2] != '\0')
            return false;
        offset_s = hours * 3600 + ((at[0] - '0') * 10 + at[1] - '0') * 60;
        offset_s = behind ? -offset_s : offset_s;
    } else if (strcmp(at, "Z") != 0) {
        return false;
    }
    if (!gd_clock_parse(plain, out_time_us))
        return false;
    *out_time_us -= offset_s * 1000000;
    return true;
}

GD_MUST static struct gd_status read_document(const struct gd_json *document,
                                              const char *token_name, const char *called,
                                              struct gd_credential *out_credential,
                                              struct gd_error *err)
{
    const char *expiry = gd_json_text(gd_json_get(document, "Expiration"));
    int64_t expires_us = 0;
    if (*expiry != '\0' && !gd_credential_expiry(expiry, &expires_us))
        return gd_fail(err, GD_SYSTEM, "%s gives an end of validity that is no time", called);
    if (expires_us != 0 && expires_us <= gd_clock_now_us())
        return gd_fail(err, GD_SYSTEM, "%s gives credentials that have ended at %s", called,
                       expiry);
    struct gd_status status = gd_credential_fill(
        gd_json_text(gd_json_get(document, "AccessKeyId")),
        gd_json_text(gd_json_get(document, "SecretAccessKey")),
        gd_json_text(gd_json_get(document, token_name)), called, out_credential, err);
    if (status.code == GD_OK)
        out_credential->expires_us = expires_us;
    else
        status.code = err->code = GD_SYSTEM; /* not the user's request is wrong */
    return status;
}

static void wipe_document(const struct gd_json *document, const char *token_name)
{
    gd_wipe_view(gd_json_text(gd_json_get(document, "SecretAccessKey")));
    gd_wipe_view(gd_json_text(gd_json_get(document, token_name)));
}

struct gd_status gd_credential_from_json(const char *text, size_t size, const char *token_name,
                                         const char *called, struct gd_credential *out_credential,
                                         struct gd_error *err)
{
    struct gd_json *document = NULL;
    struct gd_error unread = {0}; /* its text may repeat what was read */
    if (gd_json_parse(text, size, &document, &unread).code != GD_OK ||
        !gd_json_is_object(document)) {
        gd_json_free(document);
        return gd_fail(err, GD_SYSTEM, "%s gives something that is no JSON object", called);
    }
    struct gd_status status = read_document(document, token_name, called, out_credential, err);
    wipe_document(document, token_name);
    gd_json_free(document);
    return status;
}
