/*
 * HTTP: the pool of connections, what libcurl calls, and a request as it is set up.
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guardian/base/clock.h"
#include "guardian/base/memory.h"
#include "guardian/io/http_own.h"

enum {
    CONNECT_MS = 10000,
    ANSWER_MAX = 1024 * 1024,
    RECEIVE_SIZE = 128 * 1024,
    SEND_SIZE = 256 * 1024,
    HELD_SIZE = 2 * RECEIVE_SIZE,
    HEADERS_MAX = 256,
};

/* --- the pool ----------------------------------------------------------------------------------
 */

/* libcurl gives NULL here only when memory is out. */
static void *must(void *made)
{
    if (made == NULL) {
        fputs("guardian: out of memory; nothing was changed by this step\n", stderr);
        abort();
    }
    return made;
}

static pthread_once_t library = PTHREAD_ONCE_INIT;

static void library_init(void)
{
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        fputs("guardian: libcurl could not be started; nothing was changed by this step\n", stderr);
        abort();
    }
}

struct gd_status gd_http_new(const struct gd_http_options *options, struct gd_http **out_http,
                             struct gd_error *err)
{
    pthread_once(&library, library_init);
    if (options->ca_file != NULL) {
        FILE *file = fopen(options->ca_file, "re");
        if (file == NULL)
            return gd_hint(
                err,
                gd_fail(err, GD_USAGE, "could not read certificates \"%s\": %m", options->ca_file),
                "Name a file of certificates in PEM form.");
        fclose(file);
    }
    struct gd_http *http = gd_memory_new(sizeof *http);
    http->options = *options;
    http->ca_file = options->ca_file == NULL ? NULL : gd_memory_strdup(options->ca_file);
    pthread_mutex_init(&http->lock, NULL);
    *out_http = http;
    return GD_DONE;
}

static void line_free(struct gd_http_line *line)
{
    curl_easy_cleanup(line->easy);
    curl_multi_cleanup(line->multi);
    free(line);
}

void gd_http_free(struct gd_http *http)
{
    if (http == NULL)
        return;
    assert(http->busy == 0);
    while (http->idle != NULL) {
        struct gd_http_line *line = http->idle;
        http->idle = line->next;
        line_free(line);
    }
    pthread_mutex_destroy(&http->lock);
    free(http->ca_file);
    free(http);
}

static struct gd_http_line *line_take(struct gd_http *http)
{
    pthread_mutex_lock(&http->lock);
    struct gd_http_line *line = http->idle;
    if (line != NULL)
        http->idle = line->next;
    http->busy++;
    pthread_mutex_unlock(&http->lock);
    if (line != NULL)
        return line;
    line = gd_memory_new(sizeof *line);
    line->easy = must(curl_easy_init());
    line->multi = must(curl_multi_init());
    line->socket = CURL_SOCKET_BAD;
    curl_multi_setopt(line->multi, CURLMOPT_MAXCONNECTS, 2L);
    return line;
}

static void line_give(struct gd_http *http, struct gd_http_line *line, bool keep)
{
    curl_multi_remove_handle(line->multi, line->easy);
    curl_easy_reset(line->easy);
    if (!keep)
        line_free(line);
    pthread_mutex_lock(&http->lock);
    http->busy--;
    if (keep) {
        line->next = http->idle;
        http->idle = line;
    }
    pthread_mutex_unlock(&http->lock);
}

/* --- what libcurl calls ------------------------------------------------------------------------
 */

static int on_socket(void *context, curl_socket_t socket, curlsocktype purpose)
{
    (void)purpose;
    ((struct gd_http_line *)context)->socket = socket;
    return CURL_SOCKOPT_OK;
}

static size_t on_send(char *buffer, size_t unit, size_t count, void *context)
{
    struct gd_http_transfer *transfer = context;
    size_t left = transfer->request->body_size - transfer->sent;
    size_t size = unit * count < left ? unit * count : left;
    if (size > 0)
        memcpy(buffer, (const char *)transfer->request->body + transfer->sent, size);
    transfer->sent += size;
    return size;
}

/* A kept connection turned out to be closed: libcurl sends the body again on a new one. */
static int on_rewind(void *context, curl_off_t offset, int origin)
{
    struct gd_http_transfer *transfer = context;
    if (origin != SEEK_SET || offset < 0 || (uint64_t)offset > transfer->request->body_size)
        return CURL_SEEKFUNC_CANTSEEK;
    transfer->sent = (size_t)offset;
    return CURL_SEEKFUNC_OK;
}

static void begin_head(struct gd_http_transfer *transfer, const char *line, size_t size)
{
    char text[32] = "";
    memcpy(text, line, size < sizeof text - 1 ? size : sizeof text - 1);
    const char *blank = strchr(text, ' ');
    transfer->status = blank == NULL ? 0 : (int)strtol(blank + 1, NULL, 10);
    transfer->head_count = 0; /* an answer 100 may have come before */
}

static size_t on_header(char *line, size_t unit, size_t count, void *context)
{
    struct gd_http_transfer *transfer = context;
    size_t size = unit * count, length = size;
    while (length > 0 && (line[length - 1] == '\r' || line[length - 1] == '\n'))
        length--;
    if (length >= 5 && strncmp(line, "HTTP/", 5) == 0) {
        begin_head(transfer, line, length);
        return size;
    }
    if (length == 0)
        transfer->head_done = transfer->status >= 200;
    if (transfer->head_done || memchr(line, ':', length) == NULL)
        return size; /* trailers: nobody asked for them */
    if (transfer->head_count == HEADERS_MAX)
        return 0;
    char *kept = gd_arena_strndup(transfer->arena, line, length);
    for (char *c = kept; *c != ':' && *c != '\0'; c++)
        if (*c >= 'A' && *c <= 'Z')
            *c = (char)(*c + ('a' - 'A'));
    transfer->head[transfer->head_count++] = kept;
    return size;
}

/* Room behind what is kept: false when there is none within the limit. */
static bool make_room(struct gd_http_transfer *transfer, size_t size)
{
    if (transfer->body_begin > 0) {
        memmove(transfer->body, transfer->body + transfer->body_begin,
                transfer->body_end - transfer->body_begin);
        transfer->body_end -= transfer->body_begin;
        transfer->body_begin = 0;
    }
    if (transfer->body_capacity - transfer->body_end >= size)
        return true;
    size_t limit = HELD_SIZE;
    if (!gd_http_is_streamed(transfer))
        limit = transfer->request->answer_max > 0 ? transfer->request->answer_max : ANSWER_MAX;
    size_t wanted = transfer->body_end + size;
    if (wanted > limit)
        return false;
    wanted = wanted < 2 * transfer->body_capacity ? 2 * transfer->body_capacity : wanted;
    transfer->body_capacity = wanted > limit ? limit : wanted;
    transfer->body = gd_memory_grow(transfer->body, transfer->body_capacity);
    return true;
}

static size_t on_receive(char *data, size_t unit, size_t count, void *context)
{
    struct gd_http_transfer *transfer = context;
    size_t size = unit * count, direct = 0;
    if (transfer->body_begin == transfer->body_end)
        direct = transfer->into_size - transfer->into_filled;
    if (direct > size)
        direct = size;
    if (size > direct && !make_room(transfer, size - direct)) {
        if (gd_http_is_streamed(transfer)) {
            transfer->paused = true;
            return CURL_WRITEFUNC_PAUSE;
        }
        transfer->too_long = true;
        return 0;
    }
    if (direct > 0)
        memcpy(transfer->into + transfer->into_filled, data, direct);
    transfer->into_filled += direct;
    if (size > direct)
        memcpy(transfer->body + transfer->body_end, data + direct, size - direct);
    transfer->body_end += size - direct;
    return size;
}

/* --- setting up --------------------------------------------------------------------------------
 */

static void name_where(struct gd_http_transfer *transfer, const char *url)
{
    const char *host = strstr(url, "://");
    host = host == NULL ? url : host + 3;
    size_t length = strcspn(host, "/?#");
    const char *at = memchr(host, '@', length);
    if (at != NULL) {
        length -= (size_t)(at + 1 - host);
        host = at + 1;
    }
    snprintf(transfer->where, sizeof transfer->where, "%.*s", (int)length, host);
}

static void set_security(CURL *easy, const struct gd_http *http)
{
#if LIBCURL_VERSION_NUM >= 0x075500
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
#else
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS, CURLPROTO_HTTP | CURLPROTO_HTTPS);
#endif
    curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
    if (http->ca_file != NULL)
        curl_easy_setopt(easy, CURLOPT_CAINFO, http->ca_file);
    if (http->options.no_proxy)
        curl_easy_setopt(easy, CURLOPT_NOPROXY, "*");
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
}

static void set_transport(CURL *easy, const struct gd_http *http)
{
    uint32_t connect_ms = http->options.connect_ms;
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS,
                     connect_ms > 0 ? (long)connect_ms : (long)CONNECT_MS);
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
    curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, (long)RECEIVE_SIZE);
    curl_easy_setopt(easy, CURLOPT_UPLOAD_BUFFERSIZE, (long)SEND_SIZE);
}

static void set_callbacks(CURL *easy, struct gd_http_transfer *transfer)
{
    curl_easy_setopt(easy, CURLOPT_SOCKOPTFUNCTION, on_socket);
    curl_easy_setopt(easy, CURLOPT_SOCKOPTDATA, transfer->line);
    curl_easy_setopt(easy, CURLOPT_READFUNCTION, on_send);
    curl_easy_setopt(easy, CURLOPT_READDATA, transfer);
    curl_easy_setopt(easy, CURLOPT_SEEKFUNCTION, on_rewind);
    curl_easy_setopt(easy, CURLOPT_SEEKDATA, transfer);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, transfer);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_receive);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, transfer);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, transfer->why);
}

/* PUT and POST always say how long their body is, also when it is empty. */
static void set_method(CURL *easy, const struct gd_http_request *request)
{
    if (strcmp(request->method, "HEAD") == 0) {
        curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
        return;
    }
    bool sends = request->body_size > 0 || strcmp(request->method, "PUT") == 0 ||
                 strcmp(request->method, "POST") == 0;
    curl_easy_setopt(easy, sends ? CURLOPT_UPLOAD : CURLOPT_HTTPGET, 1L);
    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request->method);
    if (sends)
        curl_easy_setopt(easy, CURLOPT_INFILESIZE_LARGE, (curl_off_t)request->body_size);
}

static void set_headers(struct gd_http_transfer *transfer)
{
    for (const char *const *line = transfer->request->headers; line != NULL && *line; line++)
        transfer->headers = must(curl_slist_append(transfer->headers, *line));
    transfer->headers = must(curl_slist_append(transfer->headers, "Expect:"));
    curl_easy_setopt(transfer->line->easy, CURLOPT_HTTPHEADER, transfer->headers);
}

struct gd_http_transfer *gd_http_transfer_new(struct gd_http *http,
                                              const struct gd_http_request *request,
                                              struct gd_arena *arena, bool streaming)
{
    struct gd_http_transfer *transfer = gd_memory_new(sizeof *transfer);
    transfer->http = http;
    transfer->request = request;
    transfer->stop = request->stop;
    transfer->cleaning_up = request->cleaning_up;
    transfer->streaming = streaming;
    transfer->arena = arena;
    transfer->head = gd_arena_zalloc(arena, HEADERS_MAX + 1, sizeof *transfer->head);
    transfer->begun_us = transfer->moved_us = gd_clock_monotonic_us();
    name_where(transfer, request->url);
    transfer->line = line_take(http);
    CURL *easy = transfer->line->easy;
    set_security(easy, http);
    set_transport(easy, http);
    set_callbacks(easy, transfer);
    set_method(easy, request);
    set_headers(transfer);
    curl_easy_setopt(easy, CURLOPT_URL, request->url);
    curl_multi_add_handle(transfer->line->multi, easy);
    return transfer;
}

void gd_http_transfer_free(struct gd_http_transfer *transfer)
{
    bool uploaded = transfer->request == NULL || transfer->request->body_size == 0 ||
                    (transfer->done && transfer->result == CURLE_OK && transfer->status <= 299);
    line_give(transfer->http, transfer->line, uploaded);
    curl_slist_free_all(transfer->headers);
    free(transfer->body);
    free(transfer);
}
