#include "guardian/proxy/door.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "guardian/base/memory.h"
#include "guardian/io/fd.h"
#include "guardian/io/hmac.h"
#include "guardian/proxy/door_own.h"

enum { CLIENT_MAX = 100, ENTRANTS_MAX = 50 /* over the limit, to be told that there is one */ };

/* --- open and close ----------------------------------------------------------------------------
 */

static void make_password(struct gd_door *door)
{
    unsigned char bytes[(GD_DOOR_PASSWORD_SIZE - 1) / 2];
    gd_random(bytes, sizeof bytes);
    for (size_t i = 0; i < sizeof bytes; i++)
        (void)snprintf(door->password + 2 * i, 3, "%02x", bytes[i]);
    gd_wipe(bytes, sizeof bytes);
    gd_scram_verifier_make(door->password, GD_SCRAM_ITERATIONS, &door->verifier);
    gd_random(door->secret, sizeof door->secret);
}

GD_MUST static struct gd_status set_up_tls(struct gd_door *door,
                                           const struct gd_door_options *options,
                                           struct gd_error *err)
{
    if (options->certificate == NULL && options->key == NULL && options->authorities == NULL)
        return GD_DONE;
    if (options->certificate == NULL || options->key == NULL)
        return gd_fail(err, GD_USAGE, "could not set up TLS: there is no %s",
                       options->certificate == NULL ? "certificate" : "key");
    GD_TRY(gd_stream_tls_new(options->certificate, options->key, &door->tls, err));
    if (options->authorities != NULL)
        GD_TRY(gd_stream_tls_ask(door->tls, options->authorities, err));
    return gd_scram_end_point_read(options->certificate, &door->end_point, err);
}

struct gd_status gd_door_open(const struct gd_door_options *options, struct gd_door **out_door,
                              struct gd_error *err)
{
    gd_auto_door door = gd_memory_new(sizeof *door);
    door->arena = gd_arena_new();
    door->descriptor = -1;
    door->spare = open("/dev/null", O_RDONLY | O_CLOEXEC);
    door->client_max = options->client_max == 0 ? CLIENT_MAX : options->client_max;
    if (options->user != NULL)
        door->user = gd_arena_strdup(door->arena, options->user);
    pthread_mutex_init(&door->lock, NULL);
    GD_TRY(set_up_tls(door, options, err));
    door->has_tls = door->tls != NULL;
    door->has_list = options->users != NULL;
    if (options->users != NULL)
        GD_TRY(gd_door_read_users(door, options->users, err));
    else
        make_password(door);
    GD_TRY(gd_door_listen(door, options->listen, door->has_tls, err));
    *out_door = GD_MOVE(door);
    return GD_DONE;
}

/* All of it, or nothing: what is wrong leaves what was there. */
struct gd_status gd_door_reload(struct gd_door *door, const struct gd_door_options *options,
                                struct gd_error *err)
{
    struct gd_door fresh = {0};
    struct gd_status status = set_up_tls(&fresh, options, err);
    if (status.code == GD_OK && options->users != NULL)
        status = gd_door_read_users(&fresh, options->users, err);
    assert(status.code != GD_OK ||
           (door->has_tls == (fresh.tls != NULL) && door->has_list == (fresh.users_arena != NULL)));
    if (status.code == GD_OK) {
        const struct gd_door old = *door;
        pthread_mutex_lock(&door->lock);
        door->tls = fresh.tls;
        door->end_point = fresh.end_point;
        door->users_arena = fresh.users_arena;
        door->users = fresh.users;
        door->user_count = fresh.user_count;
        memcpy(door->secret, fresh.secret, sizeof door->secret);
        pthread_mutex_unlock(&door->lock);
        fresh.tls = old.tls;
        fresh.users_arena = old.users_arena;
        fresh.users = old.users;
        fresh.user_count = old.user_count;
    }
    gd_door_forget_users(&fresh);
    gd_stream_tls_free(fresh.tls);
    return status;
}

struct gd_status gd_door_accept_tls(struct gd_door *door, struct gd_stream *stream,
                                    struct gd_scram_end_point *out_end_point, struct gd_error *err)
{
    pthread_mutex_lock(&door->lock);
    struct gd_status status = gd_stream_accept_tls(stream, door->tls, err);
    *out_end_point = door->end_point;
    pthread_mutex_unlock(&door->lock);
    return status;
}

void gd_door_close(struct gd_door *door)
{
    if (door == NULL)
        return;
    gd_fd_drop(&door->descriptor);
    gd_fd_drop(&door->spare);
    if (door->socket != NULL)
        (void)unlink(door->socket);
    if (door->made_folder != NULL)
        (void)rmdir(door->made_folder);
    gd_stream_tls_free(door->tls);
    gd_wipe(door->password, sizeof door->password);
    gd_wipe(&door->verifier, sizeof door->verifier);
    gd_door_forget_users(door);
    pthread_mutex_destroy(&door->lock);
    gd_arena_free(door->arena);
    free(door);
}

int gd_door_descriptor(const struct gd_door *door)
{
    return door->descriptor;
}

const char *gd_door_where(const struct gd_door *door)
{
    return door->where;
}

uint64_t gd_door_turned_away(const struct gd_door *door)
{
    return atomic_load(&door->turned_away);
}

/* --- who comes in ------------------------------------------------------------------------------
 */

static bool is_of_our_user(int descriptor)
{
    struct ucred peer = {0};
    socklen_t size = sizeof peer;
    return getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 &&
           peer.uid == geteuid();
}

/* Answers are small, and a client that vanished without a word is to be noticed. */
static void set_up_tcp(int descriptor)
{
    static const int on = 1, idle_s = 60, interval_s = 15, tries = 4;
    (void)setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    (void)setsockopt(descriptor, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
    (void)setsockopt(descriptor, IPPROTO_TCP, TCP_KEEPIDLE, &idle_s, sizeof idle_s);
    (void)setsockopt(descriptor, IPPROTO_TCP, TCP_KEEPINTVL, &interval_s, sizeof interval_s);
    (void)setsockopt(descriptor, IPPROTO_TCP, TCP_KEEPCNT, &tries, sizeof tries);
}

/* With no descriptor left the client would wait in the queue, and the queue would wake us for ever:
 * it is taken on the spare one, and let go. */
static void turn_one_away(struct gd_door *door)
{
    if (door->spare < 0)
        return;
    gd_fd_drop(&door->spare);
    int descriptor = accept4(door->descriptor, NULL, NULL, SOCK_CLOEXEC);
    if (descriptor >= 0)
        atomic_fetch_add(&door->turned_away, 1);
    gd_fd_drop(&descriptor);
    door->spare = open("/dev/null", O_RDONLY | O_CLOEXEC);
}

/* @return -1: nobody waits */
static int next_client(struct gd_door *door)
{
    for (;;) {
        int descriptor = accept4(door->descriptor, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (descriptor >= 0)
            return descriptor;
        if (errno == EMFILE || errno == ENFILE) {
            turn_one_away(door);
            return -1;
        }
        if (errno != EINTR && errno != ECONNABORTED)
            return -1;
    }
}

static bool may_come_in(const struct gd_door *door, int descriptor)
{
    return atomic_load(&door->clients) < door->client_max + ENTRANTS_MAX &&
           (!door->local || is_of_our_user(descriptor));
}

struct gd_stream *gd_door_accept(struct gd_door *door)
{
    int descriptor = -1;
    while ((descriptor = next_client(door)) >= 0) {
        struct gd_stream *stream = NULL;
        struct gd_error ignored = {0};
        if (!door->local)
            set_up_tcp(descriptor);
        if (!may_come_in(door, descriptor))
            gd_fd_drop(&descriptor);
        else if (gd_stream_plain(descriptor, &stream, &ignored).code == GD_OK) {
            atomic_fetch_add(&door->clients, 1);
            return stream;
        }
        atomic_fetch_add(&door->turned_away, 1);
    }
    return NULL;
}

void gd_door_left(struct gd_door *door)
{
    atomic_fetch_sub(&door->clients, 1);
}
