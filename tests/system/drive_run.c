/*
 * Runs a command behind proxy/door.h, for tests/system/test_door.py and test_child.py.
 *
 *   drive_run [--listen ADDRESS] [--tls CERTIFICATE KEY] [--users FILE] [--user NAME] [--env NAME]
 *             [--grace MS] TARGET DATABASE [COMMAND…]
 *
 * Every client has a thread that lets it in and then passes bytes on as they are, to a server
 * connection of its own. Without a command: prints where it listens, and serves until it is ended.
 */
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "guardian/base/clock.h"
#include "guardian/base/memory.h"
#include "guardian/proxy/child.h"
#include "guardian/proxy/entrance.h"

struct run {
    struct gd_door_options options;
    struct gd_door_visitor visitor;
    struct gd_pg_options pg;
    struct gd_door *door;
    uint32_t grace_ms;
    _Atomic int threads;
};

struct client {
    struct run *run;
    struct gd_stream *stream;
    struct gd_arena *arena;
    unsigned char bytes[16384];
    size_t size;
};

static bool await(struct gd_stream *stream, short events)
{
    struct pollfd one = {.fd = gd_stream_descriptor(stream), .events = events};
    return poll(&one, 1, 20000) == 1;
}

static bool send_all(struct gd_stream *stream, const void *bytes, size_t size)
{
    const unsigned char *at = bytes;
    while (size > 0) {
        size_t written = 0;
        enum gd_stream_end end = gd_stream_write(stream, at, size, &written);
        if (end == GD_STREAM_WANT_READ || end == GD_STREAM_WANT_WRITE) {
            if (!await(stream, end == GD_STREAM_WANT_READ ? POLLIN : POLLOUT))
                return false;
            continue;
        }
        if (end != GD_STREAM_DONE)
            return false;
        at += written;
        size -= written;
    }
    return true;
}

/* @return false: it has ended */
static bool receive(struct client *client)
{
    for (;;) {
        enum gd_stream_end end =
            gd_stream_read(client->stream, client->bytes, sizeof client->bytes, &client->size);
        if (end == GD_STREAM_DONE)
            return true;
        if (end != GD_STREAM_WANT_READ && end != GD_STREAM_WANT_WRITE)
            return false;
        if (!await(client->stream, end == GD_STREAM_WANT_READ ? POLLIN : POLLOUT))
            return false;
    }
}

/* What is behind the entrance is moved to the front of the buffer. */
static bool let_in(struct client *client, struct gd_entrance *entrance)
{
    for (;;) {
        struct gd_entrance_reply reply;
        if (!receive(client))
            return false;
        enum gd_entrance_state state =
            gd_entrance_feed(entrance, client->bytes, client->size, &reply);
        if (!send_all(client->stream, reply.bytes, reply.size))
            return false;
        if (state == GD_ENTRANCE_CANCELS)
            printf("cancel %u\n", gd_entrance_cancel_key(entrance).process);
        if (state == GD_ENTRANCE_IN) {
            client->size -= reply.used;
            memmove(client->bytes, client->bytes + reply.used, client->size);
            return true;
        }
        if (state != GD_ENTRANCE_WAITS)
            return false;
    }
}

static void put(struct client *client, char type, const char *texts, size_t size)
{
    unsigned char head[5] = {(unsigned char)type, 0, 0, (unsigned char)((size + 4) >> 8),
                             (unsigned char)(size + 4)};
    (void)(send_all(client->stream, head, 5) && send_all(client->stream, texts, size));
}

static void welcome(struct client *client, struct gd_upstream *upstream)
{
    size_t count = 0;
    const struct gd_pg_parameter *reported = gd_upstream_reported(upstream, &count);
    put(client, 'R', "\0\0\0\0", 4);
    for (size_t i = 0; i < count; i++) {
        char *pair =
            gd_arena_printf(client->arena, "%s%c%s", reported[i].name, 0, reported[i].value);
        put(client, 'S', pair, strlen(reported[i].name) + strlen(reported[i].value) + 2);
    }
    put(client, 'K', "\0\0\x12\x34\0\0\0\x01", 8);
    put(client, 'Z', "I", 1);
}

/* @return false: that side has ended */
static bool pass(struct gd_stream *from, struct gd_stream *to, bool *out_idle)
{
    unsigned char bytes[16384];
    size_t size = 0;
    enum gd_stream_end end = gd_stream_read(from, bytes, sizeof bytes, &size);
    *out_idle = end == GD_STREAM_WANT_READ || end == GD_STREAM_WANT_WRITE;
    return *out_idle || (end == GD_STREAM_DONE && send_all(to, bytes, size));
}

static void pump(struct gd_stream *client, struct gd_stream *server)
{
    for (;;) {
        bool idle = false, idle_too = false;
        if (!pass(client, server, &idle) || !pass(server, client, &idle_too))
            return;
        struct pollfd both[] = {{.fd = gd_stream_descriptor(client), .events = POLLIN},
                                {.fd = gd_stream_descriptor(server), .events = POLLIN}};
        if (idle && idle_too)
            (void)poll(both, 2, -1);
    }
}

static void serve(struct client *client, struct gd_entrance *entrance)
{
    struct gd_upstream *upstream = NULL;
    struct gd_upstream_refusal refusal = {0};
    struct gd_error err = {0};
    struct gd_upstream_options options = {.pg = &client->run->pg};
    options.database = gd_entrance_database(entrance);
    options.parameters = gd_entrance_parameters(entrance, &options.parameter_count);
    if (gd_upstream_connect(&options, &upstream, &refusal, &err).code != GD_OK) {
        char *text = gd_arena_printf(client->arena, "SFATAL%cC%s%cM%s%c", 0, refusal.sqlstate, 0,
                                     refusal.message, 0);
        put(client, 'E', text, 7 + 7 + strlen(refusal.message) + 3);
        return;
    }
    welcome(client, upstream);
    if (send_all(gd_upstream_stream(upstream), client->bytes, client->size))
        pump(client->stream, gd_upstream_stream(upstream));
    gd_upstream_close(upstream);
}

static void *visit(void *context)
{
    struct client *client = context;
    struct gd_entrance *entrance = NULL;
    struct gd_error err = {0};
    client->arena = gd_arena_new();
    if (gd_entrance_new(client->run->door, client->stream, client->arena, &entrance, &err).code ==
            GD_OK &&
        let_in(client, entrance))
        serve(client, entrance);
    gd_entrance_done(entrance);
    gd_stream_free(client->stream);
    gd_door_left(client->run->door);
    gd_arena_free(client->arena);
    atomic_fetch_sub(&client->run->threads, 1);
    free(client);
    return NULL;
}

static void accept_all(struct run *run)
{
    struct gd_stream *stream = NULL;
    while ((stream = gd_door_accept(run->door)) != NULL) {
        struct client *client = gd_memory_new(sizeof *client);
        pthread_t thread;
        client->run = run;
        client->stream = stream;
        atomic_fetch_add(&run->threads, 1);
        if (pthread_create(&thread, NULL, visit, client) == 0)
            (void)pthread_detach(thread);
    }
}

/* Until the command ends. @return its status */
static int work(struct run *run, struct gd_child *child)
{
    int status = 0;
    while (child == NULL || !gd_child_look(child, &status)) {
        struct pollfd both[] = {
            {.fd = gd_door_descriptor(run->door), .events = POLLIN},
            {.fd = child == NULL ? -1 : gd_child_descriptor(child), .events = POLLIN}};
        if (poll(both, 2, -1) > 0)
            accept_all(run);
    }
    return status;
}

static struct gd_status run_command(struct run *run, char **command, int *out_status,
                                    struct gd_error *err)
{
    gd_auto_arena arena = gd_arena_new();
    gd_auto_child child = NULL;
    struct gd_texts lines = {0}, elsewhere = {0};
    GD_TRY(gd_door_environment(run->door, &run->visitor, arena, &lines, err));
    gd_door_elsewhere(&run->visitor, arena, &elsewhere);
    for (size_t i = 0; i < elsewhere.count; i++)
        fprintf(stderr, "elsewhere: %s\n", elsewhere.items[i]);
    struct gd_child_options options = {
        .argv = (const char *const *)command, .environment = &lines, .grace_ms = run->grace_ms};
    GD_TRY(gd_child_start(&options, &child, err));
    *out_status = work(run, child);
    return GD_DONE;
}

static char **read_options(struct run *run, char **at)
{
    for (; *at != NULL && strncmp(*at, "--", 2) == 0; at += 2) {
        if (strcmp(*at, "--listen") == 0)
            run->options.listen = at[1];
        else if (strcmp(*at, "--users") == 0)
            run->options.users = at[1];
        else if (strcmp(*at, "--user") == 0)
            run->options.user = run->visitor.user = at[1];
        else if (strcmp(*at, "--grace") == 0)
            run->grace_ms = (uint32_t)strtoul(at[1], NULL, 10);
        else if (strcmp(*at, "--clients") == 0)
            run->options.client_max = (uint32_t)strtoul(at[1], NULL, 10);
        else if (strcmp(*at, "--env") == 0) {
            run->visitor.names = (const char *const *)&at[1];
            run->visitor.name_count = 1;
        } else if (strcmp(*at, "--tls") == 0) {
            run->options.certificate = at[1];
            run->options.key = at[2];
            at++;
        }
    }
    return at;
}

int main(int argc, char **argv)
{
    struct run run = {.visitor = {.user = "postgres"}, .options = {.user = "postgres"}};
    struct gd_error err = {0};
    int status = 0;
    (void)argc;
    char **rest = read_options(&run, argv + 1);
    if (rest[0] == NULL || rest[1] == NULL)
        return 64;
    run.pg.target = run.visitor.target = rest[0];
    run.visitor.database = rest[1];
    (void)setvbuf(stdout, NULL, _IOLBF, 0);
    if (gd_door_open(&run.options, &run.door, &err).code != GD_OK) {
        fprintf(stderr, "%s\n%s\n", err.text, err.hint);
        return gd_exit_status(err.code);
    }
    if (rest[2] == NULL) {
        printf("%s\n", gd_door_where(run.door));
        status = work(&run, NULL);
    } else if (run_command(&run, rest + 2, &status, &err).code != GD_OK) {
        fprintf(stderr, "%s\n", err.text);
        status = gd_exit_status(err.code);
    }
    for (int i = 0; i < 1000 && atomic_load(&run.threads) > 0; i++)
        gd_sleep_ms(2); /* their clients are gone */
    gd_door_close(run.door);
    gd_child_follow(status);
    return status;
}
