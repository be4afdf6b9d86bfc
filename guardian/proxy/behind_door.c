#include "guardian/proxy/behind_door.h"

#include <pthread.h>
#include <string.h>

#include "guardian/proxy/child.h"
#include "guardian/proxy/door.h"
#include "guardian/proxy/relay.h"

enum { DRAIN_MS = 5000 };

/* The relay has a thread of its own: the main one is the command's parent, and reaps. */
struct relaying {
    struct gd_relay *relay;
    pthread_t thread;
    struct gd_status status;
    struct gd_error err;
};

static void *relay(void *context)
{
    struct relaying *relaying = context;
    relaying->status = gd_relay_run(relaying->relay, &relaying->err);
    return NULL;
}

GD_MUST static struct gd_status start_relay(const struct gd_behind_door_options *options,
                                            struct gd_door *door, struct relaying *relaying,
                                            struct gd_error *err)
{
    struct gd_relay_options relay_options = {
        .door = door,
        .pg = options->pg,
        .gate = options->gate,
        .statement_bytes_max = options->statement_bytes_max,
        .drain_ms = DRAIN_MS,
        .events = options->events,
    };
    GD_TRY(gd_relay_new(&relay_options, &relaying->relay, err));
    int failed = pthread_create(&relaying->thread, NULL, relay, relaying);
    if (failed == 0)
        return GD_DONE;
    gd_relay_free(relaying->relay);
    return gd_fail(err, GD_SYSTEM, "could not start a thread: %s", strerror(failed));
}

GD_MUST static struct gd_status stop_relay(struct relaying *relaying, struct gd_error *err)
{
    gd_relay_stop(relaying->relay);
    pthread_join(relaying->thread, NULL);
    gd_relay_free(relaying->relay);
    if (relaying->status.code != GD_OK)
        *err = relaying->err;
    return relaying->status;
}

GD_MUST static struct gd_status start_child(const struct gd_behind_door_options *options,
                                            const struct gd_door *door, struct gd_arena *arena,
                                            struct gd_child **out_child, struct gd_error *err)
{
    struct gd_texts environment = {0}, elsewhere = {0};
    struct gd_door_visitor visitor = {
        .user = options->user,
        .database = options->database,
        .target = options->pg->target,
        .names = options->variables,
        .name_count = options->variable_count,
    };
    struct gd_child_options child = {
        .argv = options->argv,
        .environment = &environment,
        .grace_ms = options->grace_ms,
    };
    GD_TRY(gd_door_environment(door, &visitor, arena, &environment, err));
    gd_door_elsewhere(&visitor, arena, &elsewhere);
    for (size_t i = 0; i < elsewhere.count; i++)
        gd_tell_warning(options->events, "",
                        "%s holds the URL of another server: what the command does there is not "
                        "guarded",
                        elsewhere.items[i]);
    return gd_child_start(&child, out_child, err);
}

struct gd_status gd_run_behind_door(const struct gd_behind_door_options *options,
                                    struct gd_arena *arena, int *out_exit, struct gd_error *err)
{
    gd_auto_door door = NULL;
    gd_auto_child child = NULL;
    struct relaying relaying = {.status = GD_DONE};
    struct gd_error late = {0};
    struct gd_door_options opening = {.listen = options->listen, .user = options->user};
    GD_TRY(gd_door_open(&opening, &door, err));
    GD_TRY(start_relay(options, door, &relaying, err));
    struct gd_status status = start_child(options, door, arena, &child, err);
    if (status.code == GD_OK)
        *out_exit = gd_child_wait(child);
    struct gd_status ended = stop_relay(&relaying, &late);
    if (status.code == GD_OK && ended.code != GD_OK)
        *err = late;
    return status.code == GD_OK ? ended : status;
}
