#include "guardian/proxy/serve.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>

#include "guardian/base/clock.h"
#include "guardian/io/notify.h"

enum { GIVE_UP_MS = 5000, LOOK_NS = 200000000 };

struct serving {
    const struct gd_serve_options *options;
    struct gd_door *door;
    struct gd_relay *relay;
    pthread_t thread;
    atomic_bool over;
    struct gd_status status; /* of the relay, when it is over */
    struct gd_error err;
    unsigned asked;    /* to stop */
    int64_t cut_at_us; /* when patience ends; 0: it has not begun to */
    bool cut, gave_up;
};

/* --- signals ------------------------------------------------------------------------------------
 */

static sigset_t watched(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGHUP);
    sigaddset(&set, SIGCHLD);
    return set;
}

void gd_serve_hush(void)
{
    const sigset_t set = watched();
    pthread_sigmask(SIG_BLOCK, &set, NULL);
}

/* Orphans are given to process 1, which is this thread; programs of ours are another's. */
static void reap(void)
{
    while (waitpid(-1, NULL, WNOHANG | __WNOTHREAD) > 0)
        ;
}

static void reload(struct serving *serving)
{
    const struct gd_serve_options *options = serving->options;
    struct gd_error err = {0};
    struct gd_status status = gd_door_reload(serving->door, options->door, &err);
    if (status.code == GD_OK && options->reload != NULL)
        status = options->reload(options->context, &err);
    if (status.code == GD_OK)
        gd_tell_note(options->events, "certificate, users and logs were taken anew");
    else
        gd_tell_warning(options->events, err.hint, "not all was taken anew: %s", err.text);
}

static void cut(struct serving *serving, const char *why)
{
    struct gd_relay_counts counts;
    gd_relay_counts(serving->relay, &counts);
    gd_tell_warning(serving->options->events, "", "%s: cut %" PRIu64 " sessions", why,
                    counts.sessions);
    gd_relay_cut(serving->relay);
    serving->cut = true;
    uint32_t patience_ms = serving->options->give_up_ms;
    serving->cut_at_us =
        gd_clock_monotonic_us() + (int64_t)(patience_ms == 0 ? GIVE_UP_MS : patience_ms) * 1000;
}

static void stop(struct serving *serving, int number)
{
    const struct gd_serve_options *options = serving->options;
    struct gd_relay_counts counts;
    if (serving->asked++ > 0) {
        if (!serving->cut)
            cut(serving, "asked to stop again");
        return;
    }
    gd_notify("STOPPING=1");
    gd_relay_counts(serving->relay, &counts);
    gd_tell_note(options->events,
                 "SIG%s: nobody new comes in, %" PRIu64 " sessions end when they are at rest",
                 sigabbrev_np(number), counts.sessions);
    if (options->closing != NULL)
        options->closing(options->context);
    gd_relay_stop(serving->relay);
    uint32_t drain_ms = options->relay.drain_ms;
    serving->cut_at_us = gd_clock_monotonic_us() + (int64_t)drain_ms * 1000;
}

static void hear(struct serving *serving, int number)
{
    switch (number) {
    case SIGTERM:
    case SIGINT:
        stop(serving, number);
        return;
    case SIGHUP:
        reload(serving);
        return;
    case SIGCHLD:
        reap();
        return;
    default:
        return;
    }
}

/* Whoever is held by a store or a server after the cut is not waited for any more: what runs for it
 * is interrupted, as by a signal to any other command. */
static void look_at_clock(struct serving *serving)
{
    if (serving->cut_at_us == 0 || gd_clock_monotonic_us() < serving->cut_at_us)
        return;
    if (!serving->cut) {
        cut(serving, "the time to drain has passed");
        return;
    }
    if (!serving->gave_up)
        gd_interrupt_set(SIGTERM);
    serving->gave_up = true;
}

/* --- running ------------------------------------------------------------------------------------
 */

static void *relay(void *context)
{
    struct serving *serving = context;
    serving->status = gd_relay_run(serving->relay, &serving->err);
    atomic_store(&serving->over, true);
    return NULL;
}

static void wait_for_end(struct serving *serving)
{
    const sigset_t set = watched();
    const struct timespec look = {.tv_nsec = LOOK_NS};
    while (!atomic_load(&serving->over)) {
        int number = sigtimedwait(&set, NULL, &look);
        if (number > 0)
            hear(serving, number);
        look_at_clock(serving);
    }
}

GD_MUST static struct gd_status start(struct serving *serving, struct gd_error *err)
{
    const struct gd_serve_options *options = serving->options;
    struct gd_relay_options relay_options = options->relay;
    relay_options.door = serving->door;
    GD_TRY(gd_relay_new(&relay_options, &serving->relay, err));
    if (options->opened != NULL)
        options->opened(options->context, serving->relay);
    int failed = pthread_create(&serving->thread, NULL, relay, serving);
    if (failed == 0)
        return GD_DONE;
    gd_relay_free(serving->relay);
    return gd_fail(err, GD_SYSTEM, "could not start a thread: %s", strerror(failed));
}

struct gd_status gd_serve(const struct gd_serve_options *options, struct gd_error *err)
{
    gd_auto_door door = NULL;
    struct serving serving = {.options = options, .status = GD_DONE};
    GD_TRY(gd_door_open(options->door, &door, err));
    serving.door = door;
    GD_TRY(start(&serving, err));
    gd_tell_note(options->events, "listening on %s", gd_door_where(door));
    gd_notify("READY=1");
    wait_for_end(&serving);
    pthread_join(serving.thread, NULL);
    if (options->closed != NULL)
        options->closed(options->context);
    gd_relay_free(serving.relay);
    if (serving.status.code != GD_OK)
        *err = serving.err;
    return serving.status;
}
