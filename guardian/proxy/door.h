/*
 * Door: where clients come in.
 *
 * Invariant 1  A unix socket lies in a folder of mode 0700, and only a process of the same user
 *              comes in (SO_PEERCRED); a TCP door listens on a loopback address unless it has TLS.
 *              Both ask for a password, always.
 * Invariant 2  The password is made for this run alone (256 bits at random) and goes to nobody but
 *              through gd_door_environment(); it never stands in argv, logs or texts of errors.
 * Invariant 3  Closing it removes the socket and its folder, also after being asked to stop.
 */
#ifndef GUARDIAN_PROXY_DOOR_H
#define GUARDIAN_PROXY_DOOR_H

#include <stdint.h>

#include "guardian/base/arena.h"
#include "guardian/base/texts.h"
#include "guardian/io/stream.h"

struct gd_door;

struct gd_door_options {
    const char *listen;            /* "unix:" (a folder of its own), "unix:/folder", "127.0.0.1",
                                      "127.0.0.1:6543", "[::1]:0", "0.0.0.0:6432" (TLS only); NULL: loopback,
                                      a free port */
    const char *certificate, *key; /* PEM files; NULL: no TLS, SSLRequest is answered N */
    const char *authorities; /* PEM file: a client must show a certificate that one of these has
                                signed; NULL: none is asked for */
    const char *user;        /* the one whom the one-time password lets in: that of the target;
                                NULL: any name */
    const char *users;       /* file of SCRAM verifiers for `guardian proxy`, a line each:
                                "name" "SCRAM-SHA-256$…" as in pg_authid; NULL: the one-time
                                password */
    uint32_t client_max;     /* at once; 0: 100. What is above is told so, and let go */
};

/** @return GD_USAGE the address cannot be used as asked (why); GD_SYSTEM no socket */
GD_MUST struct gd_status gd_door_open(const struct gd_door_options *options,
                                      struct gd_door **out_door, struct gd_error *err);
/** Take the certificate, its key and the users anew, from the same files; who is in stays in.
 *  @return GD_USAGE, GD_SYSTEM  as gd_door_open(): all is as it was */
GD_MUST struct gd_status gd_door_reload(struct gd_door *door, const struct gd_door_options *options,
                                        struct gd_error *err);
/** NULL is fine. */
void gd_door_close(struct gd_door *door);

int gd_door_descriptor(const struct gd_door *door); /* listening, for poll */
/** The next client that waits; NULL: none. Those that may not come in are let go within. */
struct gd_stream *gd_door_accept(struct gd_door *door);
/** A client that gd_door_accept() gave is gone: its place is free. Any thread. */
void gd_door_left(struct gd_door *door);
/** Clients that were not let in: another user's process, too many. Any thread. */
uint64_t gd_door_turned_away(const struct gd_door *door);
/** "127.0.0.1:40231", "unix socket /run/…": without the password. */
const char *gd_door_where(const struct gd_door *door);

struct gd_door_visitor { /* as what the child shall come in */
    const char *user, *database;
    const char *target;       /* what the user gave (a Prisma URL with ?schema= and the like): its
                                 parameters are kept, but for host, port, password and those of TLS */
    const char *const *names; /* further variables that hold the URL (--env NAME) */
    size_t name_count;
};
/** What goes into the child's environment: "DATABASE_URL=postgresql://…", PGHOST, PGPORT, PGUSER,
 *  PGPASSWORD, PGDATABASE, PGSSLMODE, each of `names`; names alone ("PGSERVICE") are taken out.
 *  Every other variable of ours that holds the URL of the target's host and port (DIRECT_URL,
 *  SHADOW_DATABASE_URL, whatever its name) gets the door's, with its own database and parameters.
 */
GD_MUST struct gd_status gd_door_environment(const struct gd_door *door,
                                             const struct gd_door_visitor *visitor,
                                             struct gd_arena *arena, struct gd_texts *out_lines,
                                             struct gd_error *err);
/** Variables of ours that hold the URL of another PostgreSQL server ("DIRECT_URL"): what goes there
 *  does not come through the door. */
void gd_door_elsewhere(const struct gd_door_visitor *visitor, struct gd_arena *arena,
                       struct gd_texts *out_names);

/** Variables of ours that seem to name a PostgreSQL server in a form that is not rewritten
 *  ("host=db password=…", "r2dbc:postgresql://…"): what goes there does not come through the door.
 */
void gd_door_unled(const struct gd_door_visitor *visitor, struct gd_arena *arena,
                   struct gd_texts *out_names);

static inline void gd_door_cleanup_(struct gd_door **door)
{
    gd_door_close(*door);
}
#define gd_auto_door __attribute__((cleanup(gd_door_cleanup_))) struct gd_door *

#endif
