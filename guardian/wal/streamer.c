#include "guardian/wal/streamer.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guardian/base/clock.h"
#include "guardian/base/memory.h"
#include "guardian/base/thread.h"
#include "guardian/pg/ping.h"
#include "guardian/wal/streamer_own.h"

enum {
    BACK_MS = 200,
    BACK_MS_MAX = 10000,
    SAME_AGAIN_MS = 60000, /* a trouble that lasts is told this often */
    WATCH_MS = 3000,
    TICK_MS = 500,
    REFUSALS = 2, /* so many looks at the slot in a row that the server turned away */
};

/* ---- waiting ---- */

bool gd_streamer_rest(struct gd_streamer *streamer, uint32_t wait_ms)
{
    int64_t until_us = gd_clock_monotonic_us() + (int64_t)wait_ms * 1000;
    const struct timespec until = {.tv_sec = until_us / 1000000,
                                   .tv_nsec = until_us % 1000000 * 1000};
    pthread_mutex_lock(&streamer->lock);
    while (!atomic_load(&streamer->stop) && !atomic_load(&streamer->over) &&
           gd_clock_monotonic_us() < until_us)
        (void)pthread_cond_timedwait(&streamer->changed, &streamer->lock, &until);
    pthread_mutex_unlock(&streamer->lock);
    return !atomic_load(&streamer->stop) && !atomic_load(&streamer->over);
}

static void wake(struct gd_streamer *streamer)
{
    pthread_mutex_lock(&streamer->lock);
    pthread_cond_broadcast(&streamer->changed);
    pthread_mutex_unlock(&streamer->lock);
}

/* ---- sessions, one after the other ---- */

struct trouble { /* that was told last */
    char text[GD_ERROR_TEXT_SIZE];
    int64_t told_us;
};

static void tell_trouble(struct gd_streamer *streamer, struct trouble *trouble,
                         const struct gd_error *err)
{
    int64_t now = gd_clock_monotonic_us();
    bool same = strcmp(trouble->text, err->text) == 0;
    if (same && now - trouble->told_us < (int64_t)SAME_AGAIN_MS * 1000)
        return;
    memcpy(trouble->text, err->text, sizeof trouble->text);
    trouble->told_us = now;
    gd_tell_warning(streamer->options.receive.events, err->hint, "%s", err->text);
}

/* Rights, names and another cluster do not get better by waiting, unless it has worked before. */
static bool is_hopeless(const struct gd_streamer *streamer, struct gd_status status)
{
    return !atomic_load(&streamer->streamed) &&
           (status.code == GD_USAGE || status.code == GD_REFUSED);
}

static void drop_slot(struct gd_streamer *streamer)
{
    const struct gd_wal_receive_options *receive = &streamer->options.receive;
    struct gd_error err = {0};
    gd_auto_replication session = NULL;
    struct gd_replication_system system;
    if (!atomic_exchange(&streamer->drop, false) || receive->slot == NULL)
        return; /* a temporary one has gone with its session */
    struct gd_status status = gd_replication_open(receive->pg, &session, &system, &err);
    if (status.code == GD_OK)
        status = gd_replication_slot_drop(session, receive->slot, &err);
    if (status.code == GD_OK)
        gd_tell_warning(receive->events,
                        "It is made anew when receiving goes on; a gap is said if there is one.",
                        "the replication slot \"%s\" was dropped: the server kept too much for it",
                        receive->slot);
    else
        gd_tell_warning(receive->events, err.hint, "the replication slot was not dropped: %s",
                        err.text);
}

static struct gd_status one_session(struct gd_streamer *streamer, struct gd_error *err)
{
    struct gd_wal_receive_options receive = streamer->options.receive;
    receive.stop = &streamer->stop;
    receive.leave = &streamer->leave;
    receive.temporary = streamer->temporary;
    return gd_wal_receive(&receive, &streamer->received, err);
}

static void end(struct gd_streamer *streamer, struct gd_status status, const struct gd_error *err)
{
    pthread_mutex_lock(&streamer->lock);
    streamer->status = status;
    if (status.code != GD_OK)
        streamer->err = *err;
    atomic_store(&streamer->over, true);
    pthread_cond_broadcast(&streamer->changed);
    pthread_mutex_unlock(&streamer->lock);
}

/* What came in a session that was lost is still the server's, and comes again. */
GD_MUST static struct gd_status stopped_between(const struct gd_streamer *streamer,
                                                struct gd_error *err)
{
    uint64_t received = atomic_load(&streamer->received.received_lsn);
    uint64_t durable = atomic_load(&streamer->received.durable_lsn);
    if (received <= durable)
        return GD_DONE;
    return gd_hint(err,
                   gd_fail(err, GD_UNPROTECTED,
                           "asked to stop while there was no connection to the server: %" PRIu64
                           " bytes that had come did not get into the store",
                           received - durable),
                   "The server has them still; the next start goes on there.");
}

static void *work(void *context)
{
    struct gd_streamer *streamer = context;
    struct trouble trouble = {0};
    struct gd_status status;
    struct gd_error err = {0};
    uint32_t back_ms = BACK_MS;
    uint64_t gaps = 0;
    do {
        int64_t began_us = gd_clock_monotonic_us();
        err = (struct gd_error){0};
        status = one_session(streamer, &err);
        bool until =
            status.code == GD_OK && streamer->options.receive.until_lsn != 0 &&
            atomic_load(&streamer->received.durable_lsn) >= streamer->options.receive.until_lsn;
        if (until || atomic_load(&streamer->stop) || is_hopeless(streamer, status))
            break;
        int64_t unset = 0;
        atomic_compare_exchange_strong(&streamer->lost_us, &unset, gd_clock_now_us());
        if (status.code != GD_OK)
            tell_trouble(streamer, &trouble, &err);
        drop_slot(streamer);
        atomic_store(&streamer->leave, atomic_load(&streamer->cut));
        atomic_fetch_add(&streamer->reconnects, 1);
        bool lasted = gd_clock_monotonic_us() - began_us > (int64_t)BACK_MS_MAX * 1000;
        uint64_t more = atomic_load(&streamer->received.gaps) - gaps;
        if (lasted || status.code == GD_OK || more > 0) /* a gap is known now, and passed */
            back_ms = BACK_MS;
        gaps += more;
        if (!gd_streamer_rest(streamer, back_ms))
            status = stopped_between(streamer, &err);
        back_ms = back_ms * 2 < BACK_MS_MAX ? back_ms * 2 : BACK_MS_MAX;
    } while (!atomic_load(&streamer->stop));
    if (status.code == GD_OK)
        gd_streamer_note_last(streamer);
    end(streamer, status, &err);
    return NULL;
}

/* ---- watching ---- */

double gd_streamer_behind(const struct gd_streamer *streamer)
{
    int64_t behind_us = atomic_load(&streamer->received.behind_us);
    int64_t lost_us = atomic_load(&streamer->lost_us);
    int64_t since = behind_us == 0 || (lost_us != 0 && lost_us < behind_us) ? lost_us : behind_us;
    int64_t passed = since == 0 ? 0 : gd_clock_now_us() - since;
    return passed < 0 ? 0 : (double)passed / 1e6;
}

static void note_stream(struct gd_streamer *streamer)
{
    if (!atomic_load(&streamer->received.streaming))
        return;
    atomic_store(&streamer->streamed, true);
    atomic_store(&streamer->lost_us, 0);
}

static void watch_rpo(struct gd_streamer *streamer, bool *inout_alarm)
{
    const struct gd_events *events = streamer->options.receive.events;
    double behind = gd_streamer_behind(streamer);
    bool alarm = streamer->options.rpo_ms != 0 && behind * 1000 > streamer->options.rpo_ms;
    if (alarm && !*inout_alarm)
        gd_tell_warning(events, "What is committed now would be lost with the server.",
                        "the store is %.1f s behind, and --rpo allows %.1f", behind,
                        streamer->options.rpo_ms / 1000.0);
    if (!alarm && *inout_alarm)
        gd_tell_note(events, "the store is as close as --rpo asks again");
    *inout_alarm = alarm;
}

static void judge_slot(struct gd_streamer *streamer, const struct gd_slot_state *state,
                       bool *inout_alarm)
{
    const struct gd_streamer_options *options = &streamer->options;
    uint64_t most = options->slot_bytes_max;
    bool bad = strcmp(state->status, "unreserved") == 0 || strcmp(state->status, "lost") == 0;
    bool alarm = state->there && (bad || (most != 0 && state->bytes > most));
    if (alarm && !*inout_alarm)
        gd_tell_warning(options->receive.events,
                        bad ? "The server removes it soon (max_slot_wal_keep_size): what is not in "
                              "the store then is a gap."
                            : "It cannot be removed before it is in the store, and fills the "
                              "server's disk. Is the store there, and fast enough?",
                        "the server keeps %" PRIu64 " MiB of WAL for the replication slot, which "
                        "is %s",
                        state->bytes >> 20, state->status);
    *inout_alarm = alarm;
    if (state->there && most != 0 && state->bytes > most && options->slot_drop) {
        atomic_store(&streamer->drop, true);
        atomic_store(&streamer->leave, true);
    }
}

/* A session that the store has stopped reads nothing, and does not hear that the server shuts down,
 * which waits for it. New sessions are turned away then. */
static void watch_shutdown(struct gd_streamer *streamer, unsigned *inout_seen)
{
    bool stuck = atomic_load(&streamer->received.store_lost);
    if (!stuck || gd_pg_ping(streamer->options.receive.pg, 2000) != GD_PG_NOT_YET) {
        *inout_seen = 0;
        return;
    }
    if (++*inout_seen != REFUSALS)
        return;
    gd_tell_warning(streamer->options.receive.events,
                    "What is missing comes again when both are back.",
                    "the server shuts down, and the store does not take WAL: it is let go");
    atomic_store(&streamer->leave, true);
}

struct watching {
    bool late, large, blind; /* that was told */
    unsigned refusals;
};

static void watch_slot(struct gd_streamer *streamer, struct watching *watching)
{
    struct gd_slot_state state = {0};
    struct gd_error err = {0};
    struct gd_status status = gd_streamer_ask_slot(streamer, &state, &err);
    if (status.code != GD_OK)
        watch_shutdown(streamer, &watching->refusals);
    if (status.code != GD_OK && !watching->blind)
        gd_tell_warning(
            streamer->options.receive.events,
            "The role needs an entry of pg_hba.conf for an ordinary database, too, and --db the "
            "name of one.",
            "what the server keeps for the slot is not known: %s", err.text);
    watching->blind = status.code != GD_OK;
    pthread_mutex_lock(&streamer->lock);
    streamer->slot = state;
    pthread_mutex_unlock(&streamer->lock);
    judge_slot(streamer, &state, &watching->large);
}

static void *watch(void *context)
{
    struct gd_streamer *streamer = context;
    struct watching watching = {0};
    int64_t next_us = 0;
    uint32_t watch_ms = streamer->options.watch_ms == 0 ? WATCH_MS : streamer->options.watch_ms;
    do {
        note_stream(streamer);
        watch_rpo(streamer, &watching.late);
        int64_t now = gd_clock_monotonic_us();
        if (atomic_load(&streamer->received.streaming) && now >= next_us) {
            watch_slot(streamer, &watching);
            next_us = now + (int64_t)watch_ms * 1000;
        }
    } while (gd_streamer_rest(streamer, TICK_MS < watch_ms ? TICK_MS : watch_ms));
    return NULL;
}

/* ---- all of it ---- */

static int start_threads(struct gd_streamer *streamer)
{
    int failed = gd_thread_start(&streamer->thread, work, streamer);
    if (failed != 0)
        return failed;
    failed = gd_thread_start(&streamer->watch, watch, streamer);
    if (failed == 0) {
        failed = gd_thread_start(&streamer->note, gd_streamer_note, streamer);
        if (failed == 0)
            return 0;
    }
    gd_streamer_cut(streamer);
    if (streamer->watch != 0)
        pthread_join(streamer->watch, NULL);
    pthread_join(streamer->thread, NULL);
    return failed;
}

struct gd_status gd_streamer_new(const struct gd_streamer_options *options,
                                 struct gd_streamer **out_streamer, struct gd_error *err)
{
    struct gd_streamer *streamer = gd_memory_new(sizeof *streamer);
    char id[GD_ID_SIZE];
    pthread_condattr_t steady;
    gd_id_new(id);
    (void)snprintf(streamer->temporary, sizeof streamer->temporary, "guardian_%s",
                   strchr(id, '-') + 1);
    streamer->options = *options;
    streamer->status = GD_DONE;
    atomic_store(&streamer->lost_us, gd_clock_now_us());
    pthread_condattr_init(&steady);
    pthread_condattr_setclock(&steady, CLOCK_MONOTONIC);
    pthread_mutex_init(&streamer->lock, NULL);
    pthread_cond_init(&streamer->changed, &steady);
    pthread_condattr_destroy(&steady);
    int failed = start_threads(streamer);
    if (failed == 0) {
        *out_streamer = streamer;
        return GD_DONE;
    }
    free(streamer);
    return gd_fail(err, GD_SYSTEM, "could not start a thread: %s", strerror(failed));
}

void gd_streamer_stop(struct gd_streamer *streamer)
{
    atomic_store(&streamer->stop, true);
    wake(streamer);
}

void gd_streamer_cut(struct gd_streamer *streamer)
{
    atomic_store(&streamer->cut, true);
    atomic_store(&streamer->leave, true);
    gd_streamer_stop(streamer);
}

void gd_streamer_reconnect(struct gd_streamer *streamer)
{
    atomic_store(&streamer->leave, true);
}

bool gd_streamer_over(struct gd_streamer *streamer)
{
    return atomic_load(&streamer->over);
}

struct gd_status gd_streamer_free(struct gd_streamer *streamer, struct gd_error *err)
{
    if (streamer == NULL)
        return GD_DONE;
    if (!gd_streamer_over(streamer))
        gd_streamer_cut(streamer);
    pthread_join(streamer->thread, NULL);
    pthread_join(streamer->watch, NULL);
    pthread_join(streamer->note, NULL);
    struct gd_status status = streamer->status;
    if (status.code != GD_OK)
        *err = streamer->err;
    pthread_mutex_destroy(&streamer->lock);
    pthread_cond_destroy(&streamer->changed);
    free(streamer);
    return status;
}
