#include "guardian/io/stream.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "guardian/base/memory.h"

struct gd_stream_tls {
    SSL_CTX *context;
};

struct gd_stream {
    int descriptor;
    SSL *tls; /* NULL: plain */
    bool borrowed;
    /* GD_STREAM_CLOSED or GD_STREAM_FAILED once it is, each way; else GD_STREAM_DONE. What the
     * other side has said before it stopped to listen may still be read. */
    enum gd_stream_end read_ended, write_ended;
    char trouble[160];
};

GD_MUST static struct gd_status set_non_blocking(int descriptor, struct gd_error *err)
{
    int flags = fcntl(descriptor, F_GETFL);
    if (flags < 0 || fcntl(descriptor, F_SETFL, flags | O_NONBLOCK) != 0)
        return gd_fail(err, GD_SYSTEM, "could not set up a connection: %s", strerror(errno));
    return GD_DONE;
}

struct gd_status gd_stream_plain(int descriptor, struct gd_stream **out_stream,
                                 struct gd_error *err)
{
    struct gd_stream *stream = gd_memory_new(sizeof *stream);
    stream->descriptor = descriptor;
    struct gd_status status = set_non_blocking(descriptor, err);
    if (status.code != GD_OK)
        gd_stream_free(stream);
    else
        *out_stream = stream;
    return status;
}

/* A piece of what is given may go alone, and what did not go may come again from another place. */
static void allow_pieces(SSL *tls)
{
    SSL_set_mode(tls, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
}

struct gd_status gd_stream_borrow(int descriptor, void *tls, struct gd_stream **out_stream,
                                  struct gd_error *err)
{
    GD_TRY(set_non_blocking(descriptor, err));
    struct gd_stream *stream = gd_memory_new(sizeof *stream);
    *stream = (struct gd_stream){.descriptor = descriptor, .tls = tls, .borrowed = true};
    if (tls != NULL)
        allow_pieces(tls);
    *out_stream = stream;
    return GD_DONE;
}

/* --- TLS as a server ----------------------------------------------------------------------------
 */

/* OpenSSL's words for what went wrong last; empties its queue. */
static const char *tls_words(char *text, size_t size)
{
    unsigned long code = ERR_peek_last_error();
    const char *reason = code == 0 ? NULL : ERR_reason_error_string(code);
    snprintf(text, size, "%s", reason == NULL ? "no reason was given" : reason);
    ERR_clear_error();
    return text;
}

GD_MUST static struct gd_status read_pair(SSL_CTX *context, const char *certificate,
                                          const char *key, struct gd_error *err)
{
    char words[128];
    ERR_clear_error();
    if (SSL_CTX_use_certificate_chain_file(context, certificate) != 1)
        return gd_fail(err, GD_USAGE, "could not read certificate \"%s\": %s", certificate,
                       tls_words(words, sizeof words));
    if (SSL_CTX_use_PrivateKey_file(context, key, SSL_FILETYPE_PEM) != 1)
        return gd_fail(err, GD_USAGE, "could not use key \"%s\" with certificate \"%s\": %s", key,
                       certificate, tls_words(words, sizeof words));
    if (SSL_CTX_check_private_key(context) != 1)
        return gd_fail(err, GD_USAGE, "could not use key \"%s\": certificate \"%s\" is of another",
                       key, certificate);
    return GD_DONE;
}

/* A key with a passphrase must not ask for it on the terminal. */
static int no_passphrase(char *buffer, int size, int writing, void *context)
{
    if (size > 0)
        buffer[0] = '\0';
    (void)writing;
    (void)context;
    return 0;
}

struct gd_status gd_stream_tls_new(const char *certificate, const char *key,
                                   struct gd_stream_tls **out_tls, struct gd_error *err)
{
    SSL_CTX *context = SSL_CTX_new(TLS_server_method());
    if (context == NULL)
        return gd_fail(err, GD_SYSTEM, "could not set up TLS: out of memory");
    SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_default_passwd_cb(context, no_passphrase);
    struct gd_status status = read_pair(context, certificate, key, err);
    if (status.code != GD_OK) {
        SSL_CTX_free(context);
        return status;
    }
    *out_tls = gd_memory_new(sizeof **out_tls);
    (*out_tls)->context = context;
    return GD_DONE;
}

struct gd_status gd_stream_tls_ask(struct gd_stream_tls *tls, const char *authorities,
                                   struct gd_error *err)
{
    char words[256];
    STACK_OF(X509_NAME) *names = SSL_load_client_CA_file(authorities);
    if (names == NULL || SSL_CTX_load_verify_locations(tls->context, authorities, NULL) != 1) {
        sk_X509_NAME_pop_free(names, X509_NAME_free);
        return gd_fail(err, GD_USAGE, "could not read certificates from \"%s\": %s", authorities,
                       tls_words(words, sizeof words));
    }
    SSL_CTX_set_client_CA_list(tls->context, names);
    SSL_CTX_set_verify(tls->context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    return GD_DONE;
}

void gd_stream_tls_free(struct gd_stream_tls *tls)
{
    if (tls == NULL)
        return;
    SSL_CTX_free(tls->context);
    free(tls);
}

struct gd_status gd_stream_accept_tls(struct gd_stream *stream, const struct gd_stream_tls *tls,
                                      struct gd_error *err)
{
    assert(stream->tls == NULL && !stream->borrowed);
    SSL *session = SSL_new(tls->context);
    if (session == NULL || SSL_set_fd(session, stream->descriptor) != 1) {
        SSL_free(session);
        return gd_fail(err, GD_SYSTEM, "could not set up TLS: out of memory");
    }
    allow_pieces(session);
    SSL_set_accept_state(session);
    stream->tls = session;
    return GD_DONE;
}

bool gd_stream_is_tls(const struct gd_stream *stream)
{
    return stream->tls != NULL;
}

/* --- bytes --------------------------------------------------------------------------------------
 */

static enum gd_stream_end end_with(struct gd_stream *stream, enum gd_stream_end how,
                                   const char *why)
{
    snprintf(stream->trouble, sizeof stream->trouble, "%s", why);
    return how;
}

static enum gd_stream_end end_of_errno(struct gd_stream *stream, int error,
                                       enum gd_stream_end wanted)
{
    if (error == EAGAIN || error == EINTR)
        return wanted;
    if (error == EPIPE)
        return end_with(stream, GD_STREAM_CLOSED, "the other side has closed the connection");
    return end_with(stream, GD_STREAM_FAILED, strerror(error));
}

static enum gd_stream_end end_of_tls(struct gd_stream *stream, int result,
                                     enum gd_stream_end wanted)
{
    int error = errno;
    char words[128];
    switch (SSL_get_error(stream->tls, result)) {
    case SSL_ERROR_WANT_READ:
        return GD_STREAM_WANT_READ;
    case SSL_ERROR_WANT_WRITE:
        return GD_STREAM_WANT_WRITE;
    case SSL_ERROR_ZERO_RETURN:
        return end_with(stream, GD_STREAM_CLOSED, "the other side has closed the connection");
    case SSL_ERROR_SYSCALL:
        ERR_clear_error();
        return error == 0
                   ? end_with(stream, GD_STREAM_CLOSED, "the other side has cut the connection")
                   : end_of_errno(stream, error, wanted);
    default:
        return end_with(stream, GD_STREAM_FAILED, tls_words(words, sizeof words));
    }
}

static enum gd_stream_end tls_read(struct gd_stream *stream, void *bytes, size_t size,
                                   size_t *out_read)
{
    ERR_clear_error();
    errno = 0;
    int result = SSL_read_ex(stream->tls, bytes, size, out_read);
    return result == 1 ? GD_STREAM_DONE : end_of_tls(stream, result, GD_STREAM_WANT_READ);
}

static enum gd_stream_end tls_write(struct gd_stream *stream, const void *bytes, size_t size,
                                    size_t *out_written)
{
    ERR_clear_error();
    errno = 0;
    int result = SSL_write_ex(stream->tls, bytes, size, out_written);
    return result == 1 ? GD_STREAM_DONE : end_of_tls(stream, result, GD_STREAM_WANT_WRITE);
}

static bool is_end(enum gd_stream_end end)
{
    return end == GD_STREAM_CLOSED || end == GD_STREAM_FAILED;
}

static enum gd_stream_end plain_read(struct gd_stream *stream, void *bytes, size_t size,
                                     size_t *out_read)
{
    ssize_t got = recv(stream->descriptor, bytes, size, 0);
    if (got == 0)
        return end_with(stream, GD_STREAM_CLOSED, "the other side has closed the connection");
    if (got < 0)
        return end_of_errno(stream, errno, GD_STREAM_WANT_READ);
    *out_read = (size_t)got;
    return GD_STREAM_DONE;
}

static enum gd_stream_end plain_write(struct gd_stream *stream, const void *bytes, size_t size,
                                      size_t *out_written)
{
    ssize_t put = send(stream->descriptor, bytes, size, MSG_NOSIGNAL);
    if (put < 0)
        return end_of_errno(stream, errno, GD_STREAM_WANT_WRITE);
    *out_written = (size_t)put;
    return GD_STREAM_DONE;
}

enum gd_stream_end gd_stream_read(struct gd_stream *stream, void *bytes, size_t size,
                                  size_t *out_read)
{
    assert(size > 0);
    *out_read = 0;
    if (stream->read_ended != GD_STREAM_DONE)
        return stream->read_ended;
    enum gd_stream_end end = stream->tls != NULL ? tls_read(stream, bytes, size, out_read)
                                                 : plain_read(stream, bytes, size, out_read);
    if (is_end(end))
        stream->read_ended = end;
    return end;
}

enum gd_stream_end gd_stream_write(struct gd_stream *stream, const void *bytes, size_t size,
                                   size_t *out_written)
{
    assert(size > 0);
    *out_written = 0;
    if (stream->write_ended != GD_STREAM_DONE)
        return stream->write_ended;
    enum gd_stream_end end = stream->tls != NULL ? tls_write(stream, bytes, size, out_written)
                                                 : plain_write(stream, bytes, size, out_written);
    if (is_end(end))
        stream->write_ended = end;
    return end;
}

bool gd_stream_pending(const struct gd_stream *stream)
{
    return stream->tls != NULL && SSL_has_pending(stream->tls) == 1;
}

int gd_stream_descriptor(const struct gd_stream *stream)
{
    return stream->descriptor;
}

const char *gd_stream_trouble(const struct gd_stream *stream)
{
    return stream->trouble;
}

void gd_stream_finish(struct gd_stream *stream)
{
    bool speaks = stream->tls != NULL && SSL_is_init_finished(stream->tls) == 1 &&
                  stream->read_ended != GD_STREAM_FAILED;
    if (stream->write_ended != GD_STREAM_DONE)
        return;
    ERR_clear_error();
    if (speaks)
        (void)SSL_shutdown(stream->tls); /* nobody waits for an answer */
    ERR_clear_error();
    (void)shutdown(stream->descriptor, SHUT_WR);
    stream->write_ended =
        end_with(stream, GD_STREAM_CLOSED, "the connection was closed on this side");
}

void gd_stream_free(struct gd_stream *stream)
{
    if (stream == NULL)
        return;
    if (!stream->borrowed) {
        if (stream->tls != NULL)
            gd_stream_finish(stream);
        SSL_free(stream->tls);
        close(stream->descriptor);
    }
    free(stream);
}
