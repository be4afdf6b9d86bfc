#include "guardian/io/http.h"

#include <assert.h>
#include <curl/curl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "guardian/base/clock.h"
#include "guardian/base/memory.h"

enum {
    CONNECT_MS = 10000,
    STALL_MS = 30000,
    CLEANING_MS = 5000,
    POLL_MS = 200,
    ANSWER_MAX = 1024 * 1024,
    RECEIVE_SIZE = 128 * 1024,
    SEND_SIZE = 256 * 1024,
    HELD_SIZE = 2 * RECEIVE_SIZE,
    HEADERS_MAX = 256,
};

/* A multi handle has its own cache of connections: a line is one kept connection. */
struct line {
    CURLM *multi;
    CURL *easy;
    curl_socket_t socket; /* the newest, maybe closed already */
    struct line *next;
};

struct gd_http {
    struct gd_http_options options;
    char *ca_file;
    pthread_mutex_t lock; /* over what follows */
    struct line *idle;
    unsigned busy;
};

/* One request under way. */
struct transfer {
    struct gd_source source; /* of a body that is read as it comes */
    struct gd_http *http;
    struct line *line;
    struct curl_slist *headers;
    const struct gd_http_request *request; /* only while run or open is in progress */
    const atomic_bool *stop;
    bool cleaning_up;
    int64_t begun_us, moved_us;
    curl_off_t moved;

    size_t sent; /* of the request's body */

    struct gd_arena *arena; /* of the answer's head */
    const char **head;
    size_t head_count;
    int status;
    bool head_done;

    bool streaming;
    char *body; /* whole; or, when streaming, what was not read yet */
    size_t body_begin, body_end, body_capacity;
    char *into; /* the reader's own buffer, filled first */
    size_t into_size, into_filled;

    bool done, paused, too_long;
    CURLcode result;
    char why[CURL_ERROR_SIZE];
    char where[160]; /* host and port */
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

static void line_free(struct line *line)
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
        struct line *line = http->idle;
        http->idle = line->next;
        line_free(line);
    }
    pthread_mutex_destroy(&http->lock);
    free(http->ca_file);
    free(http);
}

static struct line *line_take(struct gd_http *http)
{
    pthread_mutex_lock(&http->lock);
    struct line *line = http->idle;
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

static void line_give(struct gd_http *http, struct line *line, bool keep)
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
    ((struct line *)context)->socket = socket;
    return CURL_SOCKOPT_OK;
}

static size_t on_send(char *buffer, size_t unit, size_t count, void *context)
{
    struct transfer *transfer = context;
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
    struct transfer *transfer = context;
    if (origin != SEEK_SET || offset < 0 || (uint64_t)offset > transfer->request->body_size)
        return CURL_SEEKFUNC_CANTSEEK;
    transfer->sent = (size_t)offset;
    return CURL_SEEKFUNC_OK;
}

static void begin_head(struct transfer *transfer, const char *line, size_t size)
{
    char text[32] = "";
    memcpy(text, line, size < sizeof text - 1 ? size : sizeof text - 1);
    const char *blank = strchr(text, ' ');
    transfer->status = blank == NULL ? 0 : (int)strtol(blank + 1, NULL, 10);
    transfer->head_count = 0; /* an answer 100 may have come before */
}

static size_t on_header(char *line, size_t unit, size_t count, void *context)
{
    struct transfer *transfer = context;
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

static bool is_streamed(const struct transfer *transfer)
{
    return transfer->streaming && transfer->status <= 299;
}

/* Room behind what is kept: false when there is none within the limit. */
static bool make_room(struct transfer *transfer, size_t size)
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
    if (!is_streamed(transfer))
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
    struct transfer *transfer = context;
    size_t size = unit * count, direct = 0;
    if (transfer->body_begin == transfer->body_end)
        direct = transfer->into_size - transfer->into_filled;
    if (direct > size)
        direct = size;
    if (size > direct && !make_room(transfer, size - direct)) {
        if (is_streamed(transfer)) {
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

static void name_where(struct transfer *transfer, const char *url)
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

static void set_callbacks(CURL *easy, struct transfer *transfer)
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

static void set_headers(struct transfer *transfer)
{
    for (const char *const *line = transfer->request->headers; line != NULL && *line; line++)
        transfer->headers = must(curl_slist_append(transfer->headers, *line));
    transfer->headers = must(curl_slist_append(transfer->headers, "Expect:"));
    curl_easy_setopt(transfer->line->easy, CURLOPT_HTTPHEADER, transfer->headers);
}

static struct transfer *transfer_new(struct gd_http *http, const struct gd_http_request *request,
                                     struct gd_arena *arena, bool streaming)
{
    struct transfer *transfer = gd_memory_new(sizeof *transfer);
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

/* What ended early leaves its connection closed by libcurl; one whose upload failed or was refused
 * may hold bytes that nobody waits for, and is dropped. */
static void transfer_free(struct transfer *transfer)
{
    bool uploaded = transfer->request == NULL || transfer->request->body_size == 0 ||
                    (transfer->done && transfer->result == CURLE_OK && transfer->status <= 299);
    line_give(transfer->http, transfer->line, uploaded);
    curl_slist_free_all(transfer->headers);
    free(transfer->body);
    free(transfer);
}

/* --- moving ------------------------------------------------------------------------------------
 */

/* NOSIGNAL leaves SIGPIPE to us: TLS writes with write(). Kept back in this thread only. */
struct quiet {
    sigset_t before;
    bool pending;
};

static void quiet_begin(struct quiet *quiet)
{
    sigset_t pipe_only, pending;
    sigemptyset(&pipe_only);
    sigaddset(&pipe_only, SIGPIPE);
    sigpending(&pending);
    quiet->pending = sigismember(&pending, SIGPIPE) == 1;
    pthread_sigmask(SIG_BLOCK, &pipe_only, &quiet->before);
}

static void quiet_end(const struct quiet *quiet)
{
    sigset_t pipe_only;
    sigemptyset(&pipe_only);
    sigaddset(&pipe_only, SIGPIPE);
    static const struct timespec at_once = {0};
    if (!quiet->pending)
        while (sigtimedwait(&pipe_only, NULL, &at_once) == SIGPIPE) {
        }
    pthread_sigmask(SIG_SETMASK, &quiet->before, NULL);
}

static bool is_stopped(const struct transfer *transfer)
{
    if (transfer->stop != NULL && atomic_load(transfer->stop))
        return true;
    return gd_interrupted() &&
           (!transfer->cleaning_up ||
            gd_clock_monotonic_us() - transfer->begun_us > (int64_t)CLEANING_MS * 1000);
}

static bool is_stalled(struct transfer *transfer)
{
    CURL *easy = transfer->line->easy;
    curl_off_t up = 0, down = 0;
    long head = 0;
    curl_easy_getinfo(easy, CURLINFO_SIZE_UPLOAD_T, &up);
    curl_easy_getinfo(easy, CURLINFO_SIZE_DOWNLOAD_T, &down);
    curl_easy_getinfo(easy, CURLINFO_HEADER_SIZE, &head);
    int64_t now = gd_clock_monotonic_us();
    if (transfer->moved != up + down + head) {
        transfer->moved = up + down + head;
        transfer->moved_us = now;
    }
    uint32_t stall_ms = transfer->http->options.stall_ms;
    return now - transfer->moved_us > (int64_t)(stall_ms > 0 ? stall_ms : STALL_MS) * 1000;
}

static bool is_certificate(CURLcode result)
{
    return result == CURLE_PEER_FAILED_VERIFICATION || result == CURLE_SSL_CACERT_BADFILE ||
           result == CURLE_SSL_CERTPROBLEM || result == CURLE_SSL_ISSUER_ERROR ||
           result == CURLE_SSL_CIPHER || result == CURLE_SSL_ENGINE_INITFAILED;
}

static enum gd_http_trouble trouble_of(const struct transfer *transfer)
{
    curl_off_t connected = 0;
    curl_easy_getinfo(transfer->line->easy, CURLINFO_CONNECT_TIME_T, &connected);
    switch ((int)transfer->result) {
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_COULDNT_CONNECT:
        return GD_HTTP_NO_CONNECTION;
    case CURLE_OPERATION_TIMEDOUT:
        return connected == 0 ? GD_HTTP_NO_CONNECTION : GD_HTTP_LOST;
    case CURLE_SSL_CONNECT_ERROR: /* cut off in the handshake, or no agreement */
        return strstr(transfer->why, "SYSCALL") || strstr(transfer->why, "reset")
                   ? GD_HTTP_NO_CONNECTION
                   : GD_HTTP_TLS;
    case CURLE_RECV_ERROR:
    case CURLE_SEND_ERROR:
    case CURLE_SEND_FAIL_REWIND:
    case CURLE_GOT_NOTHING:
    case CURLE_PARTIAL_FILE:
        return GD_HTTP_LOST;
    default:
        return is_certificate(transfer->result) ? GD_HTTP_TLS : GD_HTTP_OTHER;
    }
}

static struct gd_status stopped(const struct transfer *transfer, enum gd_http_trouble *out_trouble,
                                struct gd_error *err)
{
    *out_trouble = GD_HTTP_STOPPED;
    return gd_fail(err, GD_SYSTEM, "the transfer with \"%s\" was stopped", transfer->where);
}

static struct gd_status failed(const struct transfer *transfer, enum gd_http_trouble *out_trouble,
                               struct gd_error *err)
{
    *out_trouble = trouble_of(transfer);
    if (transfer->too_long)
        return gd_fail(err, GD_SYSTEM, "the answer of \"%s\" is longer than expected",
                       transfer->where);
    const char *why =
        transfer->why[0] != '\0' ? transfer->why : curl_easy_strerror(transfer->result);
    struct gd_status status =
        gd_fail(err, GD_SYSTEM, "no whole answer from \"%s\": %s", transfer->where, why);
    if (*out_trouble == GD_HTTP_TLS)
        return gd_hint(err, status,
                       "Check that the name in the certificate is the host's, and name the file "
                       "of certificates that signed it.");
    return status;
}

static bool everything(const struct transfer *transfer)
{
    (void)transfer;
    return false;
}

static bool first_bytes(const struct transfer *transfer)
{
    return transfer->head_done && transfer->status <= 299;
}

static bool something_read(const struct transfer *transfer)
{
    return transfer->into_filled > 0;
}

/* Some servers (radosgw) send head and body of a short answer in two pieces, and the second only
 * when the first is acknowledged, which Linux puts off by 40 ms. Of no use once bytes flow. */
static void acknowledge_at_once(const struct transfer *transfer)
{
    enum { FLOWING = 64 * 1024 };
    static const int on = 1;
    if (transfer->line->socket != CURL_SOCKET_BAD && transfer->moved < FLOWING)
        (void)setsockopt(transfer->line->socket, IPPROTO_TCP, TCP_QUICKACK, &on, sizeof on);
}

/* Move until the transfer is done, or until `enough`. */
static struct gd_status move(struct transfer *transfer, bool (*enough)(const struct transfer *),
                             enum gd_http_trouble *out_trouble, struct gd_error *err)
{
    transfer->moved_us = gd_clock_monotonic_us(); /* the reader's own pauses do not count */
    for (;;) {
        int running = 0, queued = 0;
        curl_multi_perform(transfer->line->multi, &running);
        const CURLMsg *message = curl_multi_info_read(transfer->line->multi, &queued);
        if (message != NULL && message->msg == CURLMSG_DONE) {
            transfer->done = true;
            transfer->result = message->data.result;
            *out_trouble = GD_HTTP_FINE;
            return transfer->result == CURLE_OK ? GD_DONE : failed(transfer, out_trouble, err);
        }
        if (enough(transfer))
            return GD_DONE;
        if (is_stopped(transfer))
            return stopped(transfer, out_trouble, err);
        if (is_stalled(transfer)) {
            *out_trouble = GD_HTTP_LOST;
            return gd_fail(err, GD_SYSTEM, "nothing was heard from \"%s\" for too long",
                           transfer->where);
        }
        acknowledge_at_once(transfer);
        curl_multi_poll(transfer->line->multi, NULL, 0, POLL_MS, NULL);
    }
}

static struct gd_status move_quietly(struct transfer *transfer,
                                     bool (*enough)(const struct transfer *),
                                     enum gd_http_trouble *out_trouble, struct gd_error *err)
{
    struct quiet quiet;
    quiet_begin(&quiet);
    struct gd_status status = move(transfer, enough, out_trouble, err);
    quiet_end(&quiet);
    return status;
}

/* --- answers -----------------------------------------------------------------------------------
 */

static void keep_answer(const struct transfer *transfer, struct gd_http_answer *out_answer)
{
    size_t size = is_streamed(transfer) ? 0 : transfer->body_end;
    out_answer->status = transfer->status;
    out_answer->headers = transfer->head;
    out_answer->body = gd_arena_strndup(transfer->arena, "", 0);
    if (size > 0) {
        char *body = gd_arena_alloc(transfer->arena, size + 1);
        memcpy(body, transfer->body, size);
        body[size] = '\0';
        out_answer->body = body;
    }
    out_answer->body_size = size;
}

struct gd_status gd_http_run(struct gd_http *http, const struct gd_http_request *request,
                             struct gd_arena *arena, struct gd_http_answer *out_answer,
                             enum gd_http_trouble *out_trouble, struct gd_error *err)
{
    struct transfer *transfer = transfer_new(http, request, arena, false);
    struct gd_status status = move_quietly(transfer, everything, out_trouble, err);
    if (status.code == GD_OK)
        keep_answer(transfer, out_answer);
    transfer_free(transfer);
    return status;
}

const char *gd_http_header(const struct gd_http_answer *answer, const char *name)
{
    size_t length = strlen(name);
    for (const char **line = answer->headers; line != NULL && *line != NULL; line++)
        if (strncasecmp(*line, name, length) == 0 && (*line)[length] == ':')
            return *line + length + 1 + strspn(*line + length + 1, " \t");
    return NULL;
}

bool gd_http_date(const char *text, int64_t *out_time_us)
{
    time_t seconds = text == NULL ? -1 : curl_getdate(text, NULL);
    if (seconds < 0)
        return false;
    *out_time_us = (int64_t)seconds * 1000000;
    return true;
}

/* --- a body that is read as it comes -----------------------------------------------------------
 */

static size_t take_held(struct transfer *transfer, void *buffer, size_t size)
{
    size_t held = transfer->body_end - transfer->body_begin;
    size_t taken = held < size ? held : size;
    memcpy(buffer, transfer->body + transfer->body_begin, taken);
    transfer->body_begin += taken;
    if (transfer->body_begin == transfer->body_end)
        transfer->body_begin = transfer->body_end = 0;
    return taken;
}

static struct gd_status body_read(struct gd_source *source, void *buffer, size_t size,
                                  size_t *out_size, struct gd_error *err)
{
    struct transfer *transfer = (struct transfer *)source;
    if (transfer->body_begin < transfer->body_end) {
        *out_size = take_held(transfer, buffer, size);
        return GD_DONE;
    }
    struct gd_status status = GD_DONE;
    transfer->into = buffer;
    transfer->into_size = size;
    transfer->into_filled = 0;
    if (transfer->paused) {
        transfer->paused = false;
        curl_easy_pause(transfer->line->easy, CURLPAUSE_CONT); /* may deliver at once */
    }
    if (transfer->into_filled == 0 && !transfer->done) {
        enum gd_http_trouble trouble;
        status = move_quietly(transfer, something_read, &trouble, err);
    }
    /* Bytes that came before the trouble are given first; the next read meets it again. */
    if (status.code != GD_OK && transfer->into_filled == 0)
        return status;
    if (transfer->into_filled == 0 && transfer->result != CURLE_OK) {
        enum gd_http_trouble trouble;
        return failed(transfer, &trouble, err);
    }
    *out_size = transfer->into_filled;
    transfer->into_size = transfer->into_filled = 0;
    return GD_DONE;
}

static void body_free(struct gd_source *source)
{
    transfer_free((struct transfer *)source);
}

static const struct gd_source_ops body_ops = {body_read, body_free};

struct gd_status gd_http_open(struct gd_http *http, const struct gd_http_request *request,
                              struct gd_arena *arena, struct gd_http_answer *out_answer,
                              struct gd_source **out_source, enum gd_http_trouble *out_trouble,
                              struct gd_error *err)
{
    struct transfer *transfer = transfer_new(http, request, arena, true);
    *out_source = NULL;
    struct gd_status status = move_quietly(transfer, first_bytes, out_trouble, err);
    if (status.code == GD_OK)
        keep_answer(transfer, out_answer);
    if (status.code != GD_OK || transfer->status > 299) {
        transfer_free(transfer);
        return status;
    }
    transfer->request = NULL; /* GET: nothing more is sent */
    transfer->source.ops = &body_ops;
    *out_trouble = GD_HTTP_FINE;
    *out_source = &transfer->source;
    return GD_DONE;
}
