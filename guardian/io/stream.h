/*
 * Stream: bytes over a socket that never waits, plain or through TLS.
 *
 * Invariant 1  No call blocks: what cannot be done now says for what to wait.
 * Invariant 2  After GD_STREAM_CLOSED or GD_STREAM_FAILED no further bytes go that way; what the
 *              other side has said before it stopped to listen can still be read.
 * Owner        one thread at a time; gd_stream_free() closes the socket unless it is borrowed.
 */
#ifndef GUARDIAN_IO_STREAM_H
#define GUARDIAN_IO_STREAM_H

#include <stdbool.h>
#include <stddef.h>

#include "guardian/base/status.h"

struct gd_stream;
struct gd_stream_tls; /* a server's certificate and key, for many streams */

enum gd_stream_end {
    GD_STREAM_DONE,       /* at least one byte went */
    GD_STREAM_WANT_READ,  /* wait until the socket can be read, then call again */
    GD_STREAM_WANT_WRITE, /* wait until it can be written */
    GD_STREAM_CLOSED,     /* the other side has ended it */
    GD_STREAM_FAILED,     /* gd_stream_trouble() says how */
};

/** Takes `descriptor` over, which is made non-blocking. */
GD_MUST struct gd_status gd_stream_plain(int descriptor, struct gd_stream **out_stream,
                                         struct gd_error *err);
/** Over a connection that somebody else made and closes: its socket, and its TLS session (OpenSSL's
 *  SSL *) or NULL. */
GD_MUST struct gd_status gd_stream_borrow(int descriptor, void *tls, struct gd_stream **out_stream,
                                          struct gd_error *err);
/** @param certificate, key  PEM files. @return GD_USAGE they cannot be read or do not belong
 * together */
GD_MUST struct gd_status gd_stream_tls_new(const char *certificate, const char *key,
                                           struct gd_stream_tls **out_tls, struct gd_error *err);
/** A client must show a certificate that one of these (a PEM file) has signed. @return GD_USAGE */
GD_MUST struct gd_status gd_stream_tls_ask(struct gd_stream_tls *tls, const char *authorities,
                                           struct gd_error *err);
void gd_stream_tls_free(struct gd_stream_tls *tls);
/** From here on the stream speaks TLS as a server; the handshake happens with the first reads. */
GD_MUST struct gd_status gd_stream_accept_tls(struct gd_stream *stream,
                                              const struct gd_stream_tls *tls,
                                              struct gd_error *err);

enum gd_stream_end gd_stream_read(struct gd_stream *stream, void *bytes, size_t size,
                                  size_t *out_read);
enum gd_stream_end gd_stream_write(struct gd_stream *stream, const void *bytes, size_t size,
                                   size_t *out_written);
/** TLS has bytes at hand that the socket does not show: read before waiting. */
bool gd_stream_pending(const struct gd_stream *stream);
bool gd_stream_is_tls(const struct gd_stream *stream);
int gd_stream_descriptor(const struct gd_stream *stream);
/** "connection reset by peer"; valid as long as the stream. */
const char *gd_stream_trouble(const struct gd_stream *stream);
/** Nothing more is written, and the other side is told so, through TLS, too; what it still says can
 *  be read. */
void gd_stream_finish(struct gd_stream *stream);
void gd_stream_free(struct gd_stream *stream);

#endif
