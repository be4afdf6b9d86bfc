/*
 * Entrance: a client's first messages, until it may speak SQL.
 *
 *     SSLRequest, GSSENCRequest ▸ StartupMessage or CancelRequest ▸ SCRAM-SHA-256 ▸ in
 *
 * Bytes in, bytes out: it does no I/O but for the change of the stream to TLS (the answer to
 * SSLRequest is written by itself, because what follows is no longer plain).
 *
 * Invariant 1  A CancelRequest needs no password, and does nothing but hand out its key.
 * Invariant 2  A wrong name and a wrong password fail alike, and after the same work.
 * Invariant 3  Nothing sent before the TLS handshake is taken for what was sent inside of it.
 */
#ifndef GUARDIAN_PROXY_ENTRANCE_H
#define GUARDIAN_PROXY_ENTRANCE_H

#include "guardian/pg/upstream.h"
#include "guardian/proxy/door.h"

struct gd_entrance;

enum gd_entrance_state {
    GD_ENTRANCE_WAITS,   /* for more of the client */
    GD_ENTRANCE_IN,      /* who it is is known: AuthenticationOk was NOT sent yet */
    GD_ENTRANCE_CANCELS, /* gd_entrance_cancel_key(); then the client is let go */
    GD_ENTRANCE_OUT,     /* refused: an ErrorResponse is in the reply; send it, then close */
};

/** `client` is borrowed; all else lives in `arena`. */
GD_MUST struct gd_status gd_entrance_new(struct gd_door *door, struct gd_stream *client,
                                         struct gd_arena *arena, struct gd_entrance **out_entrance,
                                         struct gd_error *err);
/** Wipes what it knows of secrets; before the arena goes. NULL is fine. */
void gd_entrance_done(struct gd_entrance *entrance);

struct gd_entrance_reply {
    const void *bytes; /* to be sent, all of it, before the next call; valid until then */
    size_t size;
    size_t used; /* of what was given: all, but for GD_ENTRANCE_IN: the rest is the session's */
};
enum gd_entrance_state gd_entrance_feed(struct gd_entrance *entrance, const void *bytes,
                                        size_t size, struct gd_entrance_reply *out_reply);

/** After GD_ENTRANCE_IN. (Protocol 3.x with x above 0 and _pq_ options were answered with
 *  NegotiateProtocolVersion in a reply: what follows is 3.0.) */
const char *gd_entrance_user(const struct gd_entrance *entrance);
const char *gd_entrance_database(const struct gd_entrance *entrance);
/** The rest of the start-up message, in its order: without user, database and _pq_ options. */
const struct gd_pg_parameter *gd_entrance_parameters(const struct gd_entrance *entrance,
                                                     size_t *out_count);
struct gd_cancel_key {
    uint32_t process, secret;
};
struct gd_cancel_key gd_entrance_cancel_key(const struct gd_entrance *entrance);

#endif
