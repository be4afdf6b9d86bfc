/*
 * Door, from within: what its files and the entrance share. No other file includes it.
 */
#ifndef GUARDIAN_PROXY_DOOR_OWN_H
#define GUARDIAN_PROXY_DOOR_OWN_H

#include <pthread.h>
#include <stdatomic.h>
#include <sys/socket.h>

#include "guardian/io/scram.h"
#include "guardian/proxy/door.h"

enum { GD_DOOR_PASSWORD_SIZE = 65 /* 64 hex digits and a NUL */ };

struct gd_door_user {
    const char *name;
    struct gd_scram_verifier verifier;
};

struct gd_door {
    struct gd_arena *arena;
    int descriptor, spare; /* spare: given up when there are no others, to turn a client away */
    bool local;            /* a unix socket */
    const char *where;
    const char *host, *port; /* as a client names them: an address or a folder */
    const char *socket;      /* file of a unix socket; NULL: there is none (yet) */
    const char *made_folder; /* and its folder, when that was made here */

    bool has_tls, has_list; /* never change */
    pthread_mutex_t lock;   /* over what gd_door_reload() takes anew */
    struct gd_stream_tls *tls;
    struct gd_scram_end_point end_point; /* of the certificate */

    const char *user;                     /* whom the password lets in; NULL: any name */
    char password[GD_DOOR_PASSWORD_SIZE]; /* "": there is a list of users */
    struct gd_scram_verifier verifier;    /* of the password */
    struct gd_arena *users_arena;         /* under the lock, as what follows; NULL: no list */
    struct gd_door_user *users;
    size_t user_count;
    unsigned char secret[GD_SCRAM_KEY_BYTES]; /* makes the salts of users that do not exist */

    uint32_t client_max;
    _Atomic uint32_t clients;
    _Atomic uint64_t turned_away;
};

/** TLS on the stream, by the certificate of now, and what a login is bound to by it. */
GD_MUST struct gd_status gd_door_accept_tls(struct gd_door *door, struct gd_stream *stream,
                                            struct gd_scram_end_point *out_end_point,
                                            struct gd_error *err);

/** Read a file of verifiers into the door. @return GD_USAGE with the line; GD_SYSTEM */
GD_MUST struct gd_status gd_door_read_users(struct gd_door *door, const char *path,
                                            struct gd_error *err);

/** What a login of `user` is measured by. @return false: there is no such user, it is doomed */
bool gd_door_verifier(struct gd_door *door, const char *user,
                      struct gd_scram_verifier *out_verifier);

/** Listen as asked: sets descriptor, where, host, port and what has to be removed. */
GD_MUST struct gd_status gd_door_listen(struct gd_door *door, const char *listen, bool tls,
                                        struct gd_error *err);

/** Wiped and gone. */
void gd_door_forget_users(struct gd_door *door);

#endif
