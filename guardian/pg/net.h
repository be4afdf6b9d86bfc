/*
 * Net: the second one, which guardian install puts into a database. Event triggers refuse DDL that
 * may lose something, unless Guardian has announced it.
 *
 * Token      64 bits of SHA-256 over the net's key and what is announced: the server process, and
 *            the very text that it will run, or that the whole session is Guardian's own.
 * Announced  as long as a session of Guardian's holds the exclusive advisory lock of that number:
 *            the trigger sees it whatever its transaction sees, and it goes when Guardian dies.
 * Invariant  Nothing is announced without the key, which only the net's function and its owner can
 *            read in the database; journal/net_key.h knows where Guardian has it from.
 */
#ifndef GUARDIAN_PG_NET_H
#define GUARDIAN_PG_NET_H

#include "guardian/pg/connect.h"

enum { GD_NET_SECRET_SIZE = 65, GD_NET_ID_SIZE = 17 };

struct gd_net {
    unsigned triggers, always; /* event triggers of it; of them those that always fire */
    unsigned version;          /* 0: it does not say */
    bool all;                  /* it refuses all DDL, not only what may lose something */
    bool keyed;                /* the secrets are here: something can be announced */
    bool readable;             /* … and this role may read them in the database */
    bool by_superuser;         /* its function works with the rights of one */
    char key_id[GD_NET_ID_SIZE];
    char inside[GD_NET_SECRET_SIZE], outside[GD_NET_SECRET_SIZE];
    const char *source, *owner; /* of its function; NULL without triggers */
};

/** What is there; without any of it `triggers` is 0. The secrets too, when they may be read. */
GD_MUST struct gd_status gd_net_look(struct gd_pg *pg, struct gd_arena *arena,
                                     struct gd_net *out_net, struct gd_error *err);

enum { GD_NET_VERSION = 1, GD_NET_TRIGGERS = 4 };

enum gd_net_health {
    GD_NET_NONE,
    GD_NET_WHOLE,
    GD_NET_OLDER,    /* of an earlier version: install again */
    GD_NET_NEWER,    /* of a version that this Guardian does not know */
    GD_NET_DAMAGED,  /* an event trigger is missing or switched off, or the function is another */
    GD_NET_KEY_GONE, /* its key is another than it says: nobody can announce to it */
};
/** `out_why`: what is wrong, in words; "" when nothing is. */
enum gd_net_health gd_net_health(const struct gd_net *net, struct gd_arena *arena,
                                 const char **out_why);

/** What puts it there, as one statement. */
const char *gd_net_install_sql(bool all, struct gd_arena *arena);

/** The id of a key, by its secrets. */
void gd_net_key_id(const struct gd_net *net, char out_id[GD_NET_ID_SIZE]);

/** `text` will be run by that process, as it stands here. `holder` holds it until it is withdrawn;
 *  it may be the session itself. @return GD_BUSY  somebody else holds the same */
GD_MUST struct gd_status gd_net_announce(const struct gd_net *net, struct gd_pg *holder,
                                         int backend, const char *text, size_t size,
                                         int64_t *out_token, struct gd_error *err);
GD_MUST struct gd_status gd_net_withdraw(struct gd_pg *holder, int64_t token, struct gd_error *err);

/** Everything in this session is Guardian's own, until it ends. Nothing is done without a net. */
GD_MUST struct gd_status gd_net_own(const struct gd_net *net, struct gd_pg *pg,
                                    struct gd_error *err);

#endif
