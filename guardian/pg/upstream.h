/*
 * Upstream: a server connection whose bytes somebody else speaks.
 *
 * libpq makes it (everything that a URL can say: passwords, SCRAM with channel binding, client
 * certificates, service files), then its socket carries the client's own messages. At rest, between
 * ReadyForQuery and the next message, libpq may be used on it again (gd_upstream_pg()).
 *
 * Invariant 1  Nothing of libpq's is in flight while bytes are relayed, and the other way round.
 * Invariant 2  The client's start-up parameters reach the server, or the connection is not made.
 * Invariant 3  Closing says nothing more on the wire: a message that went in part is not ended by
 *              what libpq would say.
 * Owner        one thread at a time.
 */
#ifndef GUARDIAN_PG_UPSTREAM_H
#define GUARDIAN_PG_UPSTREAM_H

#include "guardian/io/stream.h"
#include "guardian/pg/connect.h"

/** A start-up parameter or a reported setting. */
struct gd_pg_parameter {
    const char *name, *value;
};

struct gd_upstream;

struct gd_upstream_options {
    const struct gd_pg_options *pg;           /* where, as whom */
    const char *database;                     /* the client's; NULL: the target's */
    const struct gd_pg_parameter *parameters; /* of the client's start-up packet, without user and
                                                 database */
    size_t parameter_count;
};

/** Why there is no connection, as a client is told: the server's own words where it has refused. */
struct gd_upstream_refusal {
    char sqlstate[6];
    char message[GD_ERROR_TEXT_SIZE], detail[GD_ERROR_HINT_SIZE], hint[GD_ERROR_HINT_SIZE];
};

/** Blocks, within the limits of the options: not for the event loop's thread.
 *  @param out_refusal  filled when it fails
 *  @return as gd_pg_connect(); GD_REFUSED a start-up parameter that cannot be passed on */
GD_MUST struct gd_status gd_upstream_connect(const struct gd_upstream_options *options,
                                             struct gd_upstream **out_upstream,
                                             struct gd_upstream_refusal *out_refusal,
                                             struct gd_error *err);
void gd_upstream_close(struct gd_upstream *upstream);

struct gd_stream *gd_upstream_stream(struct gd_upstream *upstream);
/** What the server reported while it started, to be told to the client (ParameterStatus). */
const struct gd_pg_parameter *gd_upstream_reported(const struct gd_upstream *upstream,
                                                   size_t *out_count);
/** A ParameterStatus came while bytes were relayed: gd_pg_reported() of gd_upstream_pg() must know.
 */
void gd_upstream_told(struct gd_upstream *upstream, const char *name, const char *value);
int gd_upstream_backend(const struct gd_upstream *upstream); /* its process */
/** Ask the server to stop what this connection does (a CancelRequest of its own). Blocks shortly;
 *  any thread. */
GD_MUST struct gd_status gd_upstream_cancel(struct gd_upstream *upstream, struct gd_error *err);

/** The same connection for queries of our own, only at rest: the server has said ReadyForQuery and
 *  nothing was sent since. A view. What arrives meanwhile and is the client's (notifications) is
 *  taken with gd_upstream_heard(). Asks the server once for the state of its transaction, which
 *  libpq has not followed: not for the event loop's thread. The client's unnamed prepared statement
 *  is gone afterwards.
 *  @return never NULL; gd_pg_broken() when the server has gone */
struct gd_pg *gd_upstream_pg(struct gd_upstream *upstream);
/** After gd_upstream_pg() was used: the stream is still there. false: libpq has found the
 * connection lost and closed its socket, whose number may be another's by now: the stream must not
 * be touched again. */
bool gd_upstream_whole(const struct gd_upstream *upstream);
/** NotificationResponse messages that libpq swallowed meanwhile, as they go on the wire; NULL:
 *  none. Valid until the next call. */
const void *gd_upstream_heard(struct gd_upstream *upstream, size_t *out_size);

#endif
