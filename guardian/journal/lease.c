/*
 * Lease: taken in the database first, then in the store; renewed by a thread.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "guardian/base/clock.h"
#include "guardian/base/memory.h"
#include "guardian/journal/lease_own.h"

enum {
    LEASE_MS = 60000,
    MARGIN_MS = 2000, /* a store's clock may show whole seconds only */
    PAUSE_FIRST_MS = 50,
    PAUSE_LOCK_MS = 500,
    PAUSE_STORE_MS = 2000,
    RENEWALS = 3, /* in the time of a lease */
};

struct gd_lease {
    struct gd_lease_options options;
    struct gd_arena *arena;
    bool locked, stored, waited;
    struct gd_generation mine;
    /* the thread */
    bool running;
    pthread_t thread;
    pthread_mutex_t lock; /* guards mine.number, stop and the condition; renewals go one by one */
    pthread_cond_t wake;
    atomic_bool stop, lost;
    atomic_llong good_until_us; /* monotonic */
};

/* --- waiting ---------------------------------------------------------------------------------- */

struct wait {
    const struct gd_lease_options *options;
    struct gd_lease *lease;
    int64_t until_us; /* monotonic */
    uint32_t pause_ms;
    bool told;
};

static struct gd_status busy(const struct wait *wait, const char *holder, struct gd_error *err)
{
    const struct gd_lease_options *options = wait->options;
    struct gd_status status =
        options->wait_ms == 0
            ? gd_fail(err, GD_BUSY, "another guardian is at work on this database: %s", holder)
            : gd_fail(err, GD_BUSY,
                      "another guardian is at work on this database, and was not done within %u s: "
                      "%s",
                      (options->wait_ms + 999) / 1000, holder);
    return gd_hint(err, status, "Wait for it to end; guardian list shows what it did.");
}

/* Sleep a little longer than the last time. @return GD_BUSY when there is no time left */
static struct gd_status wait_for(struct wait *wait, const char *holder, uint32_t pause_max_ms,
                                 struct gd_error *err)
{
    int64_t left_us = wait->until_us - gd_clock_monotonic_us();
    wait->lease->waited = true;
    if (left_us <= 0)
        return busy(wait, holder, err);
    if (!wait->told)
        gd_tell_note(wait->options->events, "waiting for another guardian: %s", holder);
    wait->told = true;
    gd_sleep_ms(left_us < (int64_t)wait->pause_ms * 1000 ? (uint32_t)(left_us / 1000 + 1)
                                                         : wait->pause_ms);
    wait->pause_ms = 2 * wait->pause_ms < pause_max_ms ? 2 * wait->pause_ms : pause_max_ms;
    return gd_interrupt_check(err);
}

static struct gd_status take_lock(struct wait *wait, struct gd_error *err)
{
    struct gd_lease *lease = wait->lease;
    wait->pause_ms = PAUSE_FIRST_MS;
    for (;;) {
        gd_auto_arena scratch = gd_arena_new();
        const char *holder = "";
        GD_TRY(gd_lock_try(wait->options->pg, lease->arena, &lease->locked, &lease->mine.pid, err));
        if (lease->locked)
            return GD_DONE;
        GD_TRY(gd_lock_holder(wait->options->pg, scratch, &holder, err));
        GD_TRY(
            wait_for(wait, holder[0] == '\0' ? "it has just ended" : holder, PAUSE_LOCK_MS, err));
    }
}

/* --- the store -------------------------------------------------------------------------------- */

/* Between the store's clock and ours. */
struct clock {
    bool known;
    int64_t store_us, monotonic_us;
};

static struct gd_status run_out(const struct wait *wait, const struct gd_generation *last,
                                struct clock *clock, bool *out_run_out, struct gd_error *err)
{
    if (!clock->known) {
        clock->monotonic_us = gd_clock_monotonic_us();
        GD_TRY(gd_generation_now(wait->options->store, wait->options->cluster, last->number,
                                 &clock->store_us, err));
        clock->known = true;
    }
    int64_t now_us = clock->store_us + gd_clock_monotonic_us() - clock->monotonic_us;
    *out_run_out = now_us - last->modified_us > ((int64_t)last->lease_ms + MARGIN_MS) * 1000;
    return GD_DONE;
}

/* We hold the lock that its session would hold. */
static struct gd_status session_gone(const struct wait *wait, const struct gd_generation *last,
                                     bool *out_gone, struct gd_error *err)
{
    bool there = true;
    *out_gone = false;
    if (wait->options->pg == NULL || last->pid[0] == '\0' || last->elsewhere)
        return GD_DONE;
    GD_TRY(gd_lock_session_there(wait->options->pg, last->pid, last->change, &there, err));
    *out_gone = !there;
    return GD_DONE;
}

static struct gd_status is_free(const struct wait *wait, const struct gd_generation *last,
                                struct clock *clock, bool *out_free, struct gd_error *err)
{
    *out_free = last->number == 0 || last->released;
    if (!*out_free)
        GD_TRY(session_gone(wait, last, out_free, err));
    if (!*out_free)
        GD_TRY(run_out(wait, last, clock, out_free, err));
    return GD_DONE;
}

static struct gd_status put_generation(struct gd_lease *lease, uint32_t number, bool *out_won,
                                       struct gd_error *err)
{
    struct gd_generation next = lease->mine;
    int64_t start_us = gd_clock_monotonic_us();
    next.number = number;
    GD_TRY(gd_generation_put(lease->options.store, lease->options.cluster, &next, out_won, err));
    if (!*out_won)
        return GD_DONE;
    lease->mine.number = number;
    atomic_store(&lease->good_until_us, start_us + (int64_t)lease->mine.lease_ms * 1000);
    return GD_DONE;
}

static const char *words_of(const struct gd_generation *last, struct gd_arena *arena)
{
    if (last->who[0] == '\0')
        return "its lease in the store says no more";
    return gd_arena_printf(arena, "%s, change %s, since %s", last->who, last->change, last->since);
}

static struct gd_status take_store(struct wait *wait, struct gd_error *err)
{
    struct gd_lease *lease = wait->lease;
    struct clock clock = {0};
    wait->pause_ms = PAUSE_FIRST_MS;
    while (!lease->stored) {
        gd_auto_arena scratch = gd_arena_new();
        struct gd_generation last;
        bool free_now = false;
        GD_TRY(
            gd_generation_last(wait->options->store, wait->options->cluster, scratch, &last, err));
        GD_TRY(is_free(wait, &last, &clock, &free_now, err));
        if (free_now)
            GD_TRY(put_generation(lease, last.number + 1, &lease->stored, err));
        else
            GD_TRY(wait_for(wait, words_of(&last, scratch), PAUSE_STORE_MS, err));
        if (free_now && !lease->stored) /* somebody was quicker */
            GD_TRY(wait_for(wait, "it began just now", PAUSE_STORE_MS, err));
    }
    if (gd_store_unconditional(wait->options->store))
        gd_tell_note(wait->options->events, "%s cannot create conditionally: %s",
                     gd_store_url(wait->options->store),
                     wait->options->pg == NULL
                         ? "two guardians that begin at the same moment are not kept apart"
                         : "only the lock in the database keeps other guardians out");
    return GD_DONE;
}

/* --- renewing --------------------------------------------------------------------------------- */

/* `lease->lock` is held. */
static struct gd_status renew(struct gd_lease *lease, struct gd_error *err)
{
    bool won = false;
    GD_TRY(put_generation(lease, lease->mine.number + 1, &won, err));
    if (!won)
        atomic_store(&lease->lost, true);
    return GD_DONE;
}

static bool goes_on(void *context)
{
    return !atomic_load(&((struct gd_lease *)context)->stop);
}

/* Credentials that may not remove are right for what makes backups: prune does it then. */
static void clean(struct gd_lease *lease, uint32_t number)
{
    struct gd_error ignored = {0};
    (void)gd_generation_clean(lease->options.store, lease->options.cluster, number, goes_on, lease,
                              &ignored)
        .code;
}

/* @return false when told to stop */
static bool rest(struct gd_lease *lease, uint32_t ms)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += ms / 1000;
    until.tv_nsec += (long)(ms % 1000) * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    while (!atomic_load(&lease->stop) &&
           pthread_cond_timedwait(&lease->wake, &lease->lock, &until) == 0)
        continue;
    return !atomic_load(&lease->stop);
}

/* A renewal that failed is tried again soon; whether the lease still holds is asked by check(). */
static void *keep_renewing(void *context)
{
    struct gd_lease *lease = context;
    uint32_t pause_ms = lease->mine.lease_ms / RENEWALS;
    clean(lease, lease->mine.number);
    pthread_mutex_lock(&lease->lock);
    while (rest(lease, pause_ms) && !atomic_load(&lease->lost)) {
        struct gd_error err = {0};
        bool done = renew(lease, &err).code == GD_OK;
        pause_ms = done ? lease->mine.lease_ms / RENEWALS : lease->mine.lease_ms / RENEWALS / 4 + 1;
        uint32_t number = lease->mine.number;
        pthread_mutex_unlock(&lease->lock);
        if (done)
            clean(lease, number);
        pthread_mutex_lock(&lease->lock);
    }
    pthread_mutex_unlock(&lease->lock);
    return NULL;
}

static struct gd_status start_renewing(struct gd_lease *lease, struct gd_error *err)
{
    int failed = pthread_create(&lease->thread, NULL, keep_renewing, lease);
    if (failed != 0)
        return gd_fail(err, GD_SYSTEM, "could not start a thread: %s", strerror(failed));
    lease->running = true;
    return GD_DONE;
}

static void stop_renewing(struct gd_lease *lease)
{
    if (!lease->running)
        return;
    atomic_store(&lease->stop, true);
    pthread_mutex_lock(&lease->lock);
    pthread_cond_broadcast(&lease->wake);
    pthread_mutex_unlock(&lease->lock);
    pthread_join(lease->thread, NULL);
    lease->running = false;
}

/* --- taking and giving back ------------------------------------------------------------------- */

static struct gd_lease *new_lease(const struct gd_lease_options *options)
{
    struct gd_lease *lease = gd_memory_new(sizeof *lease);
    pthread_condattr_t steady;
    char id[GD_ID_SIZE], since[GD_TIME_SIZE];
    gd_id_new(id);
    gd_clock_text(gd_clock_now_us(), since);
    lease->options = *options;
    lease->arena = gd_arena_new();
    lease->options.cluster = gd_arena_strdup(lease->arena, options->cluster);
    lease->mine = (struct gd_generation){
        .who = gd_arena_strdup(lease->arena, options->who == NULL ? "" : options->who),
        .change = gd_arena_strdup(lease->arena, options->change),
        .pid = "",
        .since = gd_arena_strndup(lease->arena, since, strcspn(since, ".")),
        .nonce = gd_arena_strdup(lease->arena, id),
        .lease_ms = options->lease_ms == 0 ? LEASE_MS : options->lease_ms,
        .elsewhere = options->elsewhere};
    pthread_mutex_init(&lease->lock, NULL);
    pthread_condattr_init(&steady);
    pthread_condattr_setclock(&steady, CLOCK_MONOTONIC);
    pthread_cond_init(&lease->wake, &steady);
    pthread_condattr_destroy(&steady);
    return lease;
}

static struct gd_status take(struct gd_lease *lease, struct gd_error *err)
{
    struct wait wait = {.options = &lease->options,
                        .lease = lease,
                        .until_us =
                            gd_clock_monotonic_us() + (int64_t)lease->options.wait_ms * 1000};
    if (lease->options.pg != NULL)
        GD_TRY(take_lock(&wait, err));
    if (lease->options.store == NULL)
        return GD_DONE;
    GD_TRY(take_store(&wait, err));
    return start_renewing(lease, err);
}

static struct gd_status unlock(struct gd_lease *lease, struct gd_error *err)
{
    bool locked = lease->locked;
    lease->locked = false;
    if (!locked || gd_pg_broken(lease->options.pg))
        return GD_DONE; /* gone with the session */
    return gd_lock_release(lease->options.pg, err);
}

struct gd_status gd_lease_take(const struct gd_lease_options *options, struct gd_lease **out_lease,
                               struct gd_error *err)
{
    struct gd_lease *lease = new_lease(options);
    struct gd_error ignored = {0};
    struct gd_status status = take(lease, err);
    if (status.code == GD_OK) {
        *out_lease = lease;
        return status;
    }
    (void)gd_lease_release(lease, &ignored).code;
    gd_lease_free(lease);
    return status;
}

struct gd_status gd_lease_release(struct gd_lease *lease, struct gd_error *err)
{
    struct gd_status released = GD_DONE;
    struct gd_error why = {0};
    stop_renewing(lease);
    if (lease->stored && !atomic_load(&lease->lost))
        released = gd_generation_release(lease->options.store, lease->options.cluster,
                                         lease->mine.number, &why);
    lease->stored = false;
    GD_TRY(unlock(lease, err));
    if (released.code != GD_OK)
        *err = why;
    return released;
}

void gd_lease_free(struct gd_lease *lease)
{
    if (lease == NULL)
        return;
    stop_renewing(lease);
    pthread_cond_destroy(&lease->wake);
    pthread_mutex_destroy(&lease->lock);
    gd_arena_free(lease->arena);
    free(lease);
}

bool gd_lease_waited(const struct gd_lease *lease)
{
    return lease->waited;
}

/* --- still ours? ------------------------------------------------------------------------------ */

static struct gd_status lost(const char *what, struct gd_error *err)
{
    return gd_hint(err, gd_fail(err, GD_BUSY, "%s; this one stops", what),
                   "guardian list shows what the other one did.");
}

/* DISCARD ALL in a file lets every lock of the session go. */
static struct gd_status check_lock(struct gd_lease *lease, struct gd_error *err)
{
    gd_auto_arena scratch = gd_arena_new();
    const char *pid = NULL;
    bool held = false;
    GD_TRY(gd_lock_held(lease->options.pg, &held, err));
    if (!held)
        GD_TRY(gd_lock_try(lease->options.pg, scratch, &held, &pid, err));
    return held ? GD_DONE : lost("the database is locked by another guardian", err);
}

/* Whoever puts the next generation has it: when that is us, nobody came between. */
static struct gd_status check_store(struct gd_lease *lease, struct gd_error *err)
{
    struct gd_status status = GD_DONE;
    int64_t margin_us = (int64_t)lease->mine.lease_ms * 1000 / 10;
    pthread_mutex_lock(&lease->lock);
    if (!atomic_load(&lease->lost) &&
        gd_clock_monotonic_us() + margin_us > atomic_load(&lease->good_until_us))
        status = renew(lease, err);
    pthread_mutex_unlock(&lease->lock);
    if (status.code != GD_OK)
        return gd_wrap(err, status, "the lease in the store ran out and could not be renewed: ");
    if (atomic_load(&lease->lost))
        return lost("another guardian took the lease in the store", err);
    return GD_DONE;
}

struct gd_status gd_lease_check(struct gd_lease *lease, struct gd_error *err)
{
    if (lease->locked)
        GD_TRY(check_lock(lease, err));
    return lease->stored ? check_store(lease, err) : GD_DONE;
}
