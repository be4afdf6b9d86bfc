/*
 * Entrance: a client's first messages, until it may speak SQL.
 *
 *     SSLRequest, GSSENCRequest ▸ StartupMessage or CancelRequest ▸ SCRAM-SHA-256 ▸ in
 *
 * Bytes in, bytes out: it does no I/O but for the change of the stream to TLS.
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

GD_MUST struct gd_status gd_entrance_new(struct gd_door *door, struct gd_stream *client,
                                         struct gd_arena *arena, struct gd_entrance **out_entrance,
                                         struct gd_error *err);

struct gd_entrance_reply {
    const void *bytes; /* to be sent first; valid until the next call */
    size_t size;
    size_t used; /* of what was given; the rest belongs to what follows */
};
enum gd_entrance_state gd_entrance_feed(struct gd_entrance *entrance, const void *bytes,
                                        size_t size, struct gd_entrance_reply *out_reply);

/** After GD_ENTRANCE_IN. */
const char *gd_entrance_database(const struct gd_entrance *entrance);
const struct gd_pg_parameter *gd_entrance_parameters(const struct gd_entrance *entrance,
                                                     size_t *out_count);
/** Protocol 3.x with x above 0, or _pq_ options: bytes of NegotiateProtocolVersion to send; NULL:
 *  none. */
const void *gd_entrance_negotiation(const struct gd_entrance *entrance, size_t *out_size);
struct gd_cancel_key {
    uint32_t process, secret;
};
struct gd_cancel_key gd_entrance_cancel_key(const struct gd_entrance *entrance);

#endif
