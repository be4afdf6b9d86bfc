#include "guardian/proxy/behind_door.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "guardian/base/memory.h"
#include "guardian/proxy/child.h"
#include "guardian/proxy/door.h"
#include "guardian/proxy/relay.h"

enum { DRAIN_MS = 5000 };

/* The relay has a thread of its own: the main one is the command's parent, and reaps. */
struct gd_behind_door {
    struct gd_door *door;
    struct gd_relay *relay;
    pthread_t thread;
    struct gd_status status;
    struct gd_error err;
};

static void *relay(void *context)
{
    struct gd_behind_door *behind = context;
    behind->status = gd_relay_run(behind->relay, &behind->err);
    return NULL;
}

GD_MUST static struct gd_status start_relay(const struct gd_behind_door_options *options,
                                            struct gd_behind_door *behind, struct gd_error *err)
{
    struct gd_relay_options relay_options = {
        .door = behind->door,
        .pg = options->pg,
        .gate = options->gate,
        .live = options->live,
        .copy = options->copy,
        .statement_bytes_max = options->statement_bytes_max,
        .drain_ms = DRAIN_MS,
        .events = options->events,
    };
    GD_TRY(gd_relay_new(&relay_options, &behind->relay, err));
    int failed = pthread_create(&behind->thread, NULL, relay, behind);
    if (failed == 0)
        return GD_DONE;
    gd_relay_free(behind->relay);
    return gd_fail(err, GD_SYSTEM, "could not start a thread: %s", strerror(failed));
}

/* --- who comes in ------------------------------------------------------------------------------
 */

GD_MUST static struct gd_status lead_there(const struct gd_behind_door_options *options,
                                           const struct gd_door *door, struct gd_arena *arena,
                                           struct gd_texts *out_environment, struct gd_error *err)
{
    struct gd_texts elsewhere = {0}, unled = {0};
    struct gd_door_visitor visitor = {
        .user = options->user,
        .database = options->database,
        .target = options->target == NULL ? options->pg->target : options->target,
        .names = options->variables,
        .name_count = options->variable_count,
    };
    GD_TRY(gd_door_environment(door, &visitor, arena, out_environment, err));
    gd_door_elsewhere(&visitor, arena, &elsewhere);
    for (size_t i = 0; i < elsewhere.count; i++)
        gd_tell_warning(options->events, "",
                        "%s holds the URL of another server: what the command does there is not "
                        "guarded",
                        elsewhere.items[i]);
    gd_door_unled(&visitor, arena, &unled);
    for (size_t i = 0; i < unled.count; i++)
        gd_tell_warning(options->events, "",
                        "%s seems to hold the address of a database, and not as a URL that is led "
                        "through the door: what the command does there is not guarded (--env %s "
                        "puts the door's URL in its place)",
                        unled.items[i], unled.items[i]);
    return GD_DONE;
}

/* --- open and close ----------------------------------------------------------------------------
 */

static void let_go(struct gd_behind_door *behind)
{
    gd_door_close(behind->door);
    free(behind);
}

struct gd_status gd_behind_door_open(const struct gd_behind_door_options *options,
                                     struct gd_arena *arena, struct gd_behind_door **out_behind,
                                     struct gd_texts *out_environment, struct gd_error *err)
{
    struct gd_behind_door *behind = gd_memory_new(sizeof *behind);
    struct gd_door_options opening = {.listen = options->listen, .user = options->user};
    *behind = (struct gd_behind_door){.status = GD_DONE};
    struct gd_status status = gd_door_open(&opening, &behind->door, err);
    if (status.code == GD_OK)
        status = lead_there(options, behind->door, arena, out_environment, err);
    if (status.code == GD_OK)
        status = start_relay(options, behind, err);
    if (status.code == GD_OK)
        *out_behind = behind;
    else
        let_go(behind);
    return status;
}

struct gd_status gd_behind_door_close(struct gd_behind_door *take_behind, struct gd_error *err)
{
    gd_relay_stop(take_behind->relay);
    pthread_join(take_behind->thread, NULL);
    gd_relay_free(take_behind->relay);
    struct gd_status status = take_behind->status;
    if (status.code != GD_OK)
        *err = take_behind->err;
    let_go(take_behind);
    return status;
}

struct gd_status gd_run_behind_door(const struct gd_behind_door_options *options,
                                    struct gd_arena *arena, int *out_exit, struct gd_error *err)
{
    gd_auto_child child = NULL;
    struct gd_behind_door *behind = NULL;
    struct gd_texts environment = {0};
    struct gd_error late = {0};
    GD_TRY(gd_behind_door_open(options, arena, &behind, &environment, err));
    struct gd_child_options child_options = {
        .argv = options->argv,
        .environment = &environment,
        .descriptors = options->descriptors,
        .grace_ms = options->grace_ms,
    };
    struct gd_status status = gd_child_start(&child_options, &child, err);
    if (status.code == GD_OK)
        *out_exit = gd_child_wait(child);
    struct gd_status ended = gd_behind_door_close(behind, &late);
    if (status.code == GD_OK && ended.code != GD_OK)
        *err = late;
    return status.code == GD_OK ? ended : status;
}
