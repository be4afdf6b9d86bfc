/*
 * Upstream: a server connection whose bytes somebody else speaks.
 *
 * libpq makes it (everything that a URL can say: passwords, SCRAM with channel binding, client
 * certificates, service files), then its socket carries the client's own messages. At rest, between
 * ReadyForQuery and the next message, libpq may be used on it again (gd_upstream_pg()).
 *
 * Invariant 1  Nothing of libpq's is in flight while bytes are relayed, and the other way round.
 * Invariant 2  The client's start-up parameters reach the server, or the connection is not made.
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

/** Blocks, within the limits of the options: not for the event loop's thread.
 *  @return as gd_pg_connect(); the server's own words are in gd_upstream_refusal() */
GD_MUST struct gd_status gd_upstream_connect(const struct gd_upstream_options *options,
                                             struct gd_upstream **out_upstream,
                                             struct gd_error *err);
void gd_upstream_close(struct gd_upstream *upstream);

struct gd_stream *gd_upstream_stream(struct gd_upstream *upstream);
/** What the server reported while it started, to be told to the client (ParameterStatus). */
const struct gd_pg_parameter *gd_upstream_reported(const struct gd_upstream *upstream,
                                                   size_t *out_count);
int gd_upstream_backend(const struct gd_upstream *upstream); /* its process */
/** Ask the server to stop what this connection does (a CancelRequest of its own). Blocks shortly;
 *  any thread. */
GD_MUST struct gd_status gd_upstream_cancel(struct gd_upstream *upstream, struct gd_error *err);

/** The same connection for queries of our own, only at rest: the server has said ReadyForQuery and
 *  nothing was sent since. A view. What arrives meanwhile and is the client's (notifications) is
 *  taken with gd_upstream_heard(). */
struct gd_pg *gd_upstream_pg(struct gd_upstream *upstream);
/** NotificationResponse messages that libpq swallowed meanwhile, as they go on the wire; NULL:
 *  none. */
const void *gd_upstream_heard(struct gd_upstream *upstream, size_t *out_size);

#endif
