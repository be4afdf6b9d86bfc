#include "guardian/io/http_own.h"

#include <assert.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "guardian/base/clock.h"
#include "guardian/base/memory.h"

enum { STALL_MS = 30000, CLEANING_MS = 5000, POLL_MS = 200 };

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

static bool is_stopped(const struct gd_http_transfer *transfer)
{
    if (transfer->stop != NULL && atomic_load(transfer->stop))
        return true;
    return gd_interrupted() &&
           (!transfer->cleaning_up ||
            gd_clock_monotonic_us() - transfer->begun_us > (int64_t)CLEANING_MS * 1000);
}

static bool is_stalled(struct gd_http_transfer *transfer)
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

static enum gd_http_trouble trouble_of(const struct gd_http_transfer *transfer)
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

static struct gd_status stopped(const struct gd_http_transfer *transfer,
                                enum gd_http_trouble *out_trouble, struct gd_error *err)
{
    *out_trouble = GD_HTTP_STOPPED;
    return gd_fail(err, GD_SYSTEM, "the transfer with \"%s\" was stopped", transfer->where);
}

static struct gd_status failed(const struct gd_http_transfer *transfer,
                               enum gd_http_trouble *out_trouble, struct gd_error *err)
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

static bool everything(const struct gd_http_transfer *transfer)
{
    (void)transfer;
    return false;
}

static bool first_bytes(const struct gd_http_transfer *transfer)
{
    return transfer->head_done && transfer->status <= 299;
}

static bool something_read(const struct gd_http_transfer *transfer)
{
    return transfer->into_filled > 0;
}

/* Some servers (radosgw) send head and body of a short answer in two pieces, and the second only
 * when the first is acknowledged, which Linux puts off by 40 ms. Of no use once bytes flow. */
static void acknowledge_at_once(const struct gd_http_transfer *transfer)
{
    enum { FLOWING = 64 * 1024 };
    static const int on = 1;
    if (transfer->line->socket != CURL_SOCKET_BAD && transfer->moved < FLOWING)
        (void)setsockopt(transfer->line->socket, IPPROTO_TCP, TCP_QUICKACK, &on, sizeof on);
}

/* Move until the transfer is done, or until `enough`. */
static struct gd_status move(struct gd_http_transfer *transfer,
                             bool (*enough)(const struct gd_http_transfer *),
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

static struct gd_status move_quietly(struct gd_http_transfer *transfer,
                                     bool (*enough)(const struct gd_http_transfer *),
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

static void keep_answer(const struct gd_http_transfer *transfer, struct gd_http_answer *out_answer)
{
    size_t size = gd_http_is_streamed(transfer) ? 0 : transfer->body_end;
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
    struct gd_http_transfer *transfer = gd_http_transfer_new(http, request, arena, false);
    struct gd_status status = move_quietly(transfer, everything, out_trouble, err);
    if (status.code == GD_OK)
        keep_answer(transfer, out_answer);
    gd_http_transfer_free(transfer);
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

static size_t take_held(struct gd_http_transfer *transfer, void *buffer, size_t size)
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
    struct gd_http_transfer *transfer = (struct gd_http_transfer *)source;
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
    gd_http_transfer_free((struct gd_http_transfer *)source);
}

static const struct gd_source_ops body_ops = {body_read, body_free};

struct gd_status gd_http_open(struct gd_http *http, const struct gd_http_request *request,
                              struct gd_arena *arena, struct gd_http_answer *out_answer,
                              struct gd_source **out_source, enum gd_http_trouble *out_trouble,
                              struct gd_error *err)
{
    struct gd_http_transfer *transfer = gd_http_transfer_new(http, request, arena, true);
    *out_source = NULL;
    struct gd_status status = move_quietly(transfer, first_bytes, out_trouble, err);
    if (status.code == GD_OK)
        keep_answer(transfer, out_answer);
    if (status.code != GD_OK || transfer->status > 299) {
        gd_http_transfer_free(transfer);
        return status;
    }
    transfer->request = NULL; /* GET: nothing more is sent */
    transfer->source.ops = &body_ops;
    *out_trouble = GD_HTTP_FINE;
    *out_source = &transfer->source;
    return GD_DONE;
}
