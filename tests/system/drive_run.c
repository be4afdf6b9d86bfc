/*
 * Runs a command behind proxy/door.h, for tests/system/test_door.py and test_child.py.
 *
 *   drive_run [--listen ADDRESS] [--tls CERTIFICATE KEY] [--users FILE] [--user NAME] [--env NAME]
 *             [--clients N] [--grace MS] TARGET DATABASE [COMMAND…]
 *
 * All that comes is let through to the target. Without a command: prints where it listens, and
 * serves until it is ended.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "guardian/proxy/child.h"
#include "guardian/proxy/gate.h"
#include "guardian/proxy/relay.h"

struct run {
    struct gd_door_options options;
    struct gd_door_visitor visitor;
    struct gd_pg_options pg;
    struct gd_door *door;
    struct gd_relay *relay;
    uint32_t grace_ms;
};

/* On a thread of its own: the main one is the command's parent, and reaps. */
static void *serve(void *context)
{
    struct run *run = context;
    struct gd_error err = {0};
    if (gd_relay_run(run->relay, &err).code != GD_OK)
        fprintf(stderr, "%s\n", err.text);
    return NULL;
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
    *out_status = gd_child_wait(child);
    return GD_DONE;
}

static struct gd_status work(struct run *run, char **command, int *out_status, struct gd_error *err)
{
    struct gd_relay_options options = {
        .door = run->door, .pg = &run->pg, .gate = &gd_gate_open, .drain_ms = 2000};
    pthread_t thread;
    GD_TRY(gd_relay_new(&options, &run->relay, err));
    if (pthread_create(&thread, NULL, serve, run) != 0)
        return gd_fail(err, GD_SYSTEM, "no thread");
    struct gd_status status = GD_DONE;
    if (command[0] == NULL)
        printf("%s\n", gd_door_where(run->door));
    else
        status = run_command(run, command, out_status, err);
    if (command[0] != NULL)
        gd_relay_stop(run->relay);
    (void)pthread_join(thread, NULL);
    gd_relay_free(run->relay);
    return status;
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
    struct gd_status done = gd_door_open(&run.options, &run.door, &err);
    if (done.code == GD_OK)
        done = work(&run, rest + 2, &status, &err);
    if (done.code != GD_OK) {
        fprintf(stderr, "%s\n%s\n", err.text, err.hint);
        status = gd_exit_status(err.code);
    }
    gd_door_close(run.door);
    gd_child_follow(status);
    return status;
}
