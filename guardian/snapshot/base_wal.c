/*
 * The WAL of a base backup: from where it began to where it ended, in the store and read back.
 *
 * A receiver of our own runs beside the backup, so that nothing has to be set up. What others have
 * brought into the store, by streaming or as archive_command, is not stored again; and where we may
 * not receive, theirs is waited for.
 *
 * Invariant  Only what the chain has read back counts.
 */
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guardian/base/clock.h"
#include "guardian/base/fault.h"
#include "guardian/base/memory.h"
#include "guardian/base/thread.h"
#include "guardian/snapshot/base_own.h"
#include "guardian/wal/chain.h"
#include "guardian/wal/receive.h"

enum {
    BEGIN_MS = 30000, /* for the receiver to have its slot */
    WAIT_MS = 60000,  /* for WAL behind the end, while nothing moves */
    WHOLE_MS = 3000,  /* for its segment to be whole: on a primary the server sees to that */
    LOOK_MS = 50,
    CHAIN_MS = 500, /* between two looks at the store */
    AGAIN_MS = 500,
    GAPS_MAX = 3,
};

struct gd_base_wal {
    const struct gd_base_options *options;
    struct gd_wal_place place;
    char slot[64];
    uint64_t from_lsn;
    pthread_t thread;
    bool started;
    atomic_bool stop, leave, ended;
    struct gd_wal_received received;
    struct gd_error err; /* why the receiver ended, read once it has; text "": as it should */
};

/* ---- the receiver ---- */

static struct gd_status receive_once(struct gd_base_wal *wal, struct gd_error *err)
{
    struct gd_wal_receive_options options = {
        .pg = wal->options->pg,
        .place = wal->place,
        .temporary = wal->slot,
        .from_lsn = wal->from_lsn,
        .stop = &wal->stop,
        .leave = &wal->leave,
    };
    return gd_wal_receive(&options, &wal->received, err);
}

/* A gap lies before the backup, as a rule: receiving goes on behind it. */
static bool goes_on(struct gd_base_wal *wal, struct gd_status status, const struct gd_error *err,
                    unsigned *gaps)
{
    if (status.code == GD_OK || atomic_load(&wal->stop) || atomic_load(&wal->leave) ||
        gd_interrupted())
        return false;
    if (status.code == GD_CORRUPT && ++*gaps <= GAPS_MAX) {
        gd_tell_warning(wal->options->events,
                        "\"guardian wal check\" says which window of time that leaves.", "%s",
                        err->text);
        return true;
    }
    if (status.code != GD_SYSTEM || !atomic_load(&wal->received.streaming))
        return false;
    gd_sleep_ms(AGAIN_MS);
    return true;
}

static void *receive(void *context)
{
    struct gd_base_wal *wal = context;
    unsigned gaps = 0;
    for (;;) {
        struct gd_error err = {0};
        struct gd_status status = receive_once(wal, &err);
        if (goes_on(wal, status, &err, &gaps))
            continue;
        if (status.code != GD_OK)
            wal->err = err;
        break;
    }
    atomic_store(&wal->ended, true);
    return NULL;
}

/* The server keeps what was written since its last checkpoint, with which the backup begins: the
 * slot is there in time when it is made now. */
static void await_beginning(struct gd_base_wal *wal)
{
    int64_t until = gd_clock_monotonic_us() + BEGIN_MS * INT64_C(1000);
    while (!atomic_load(&wal->received.streaming) && !atomic_load(&wal->ended) &&
           gd_clock_monotonic_us() < until && !gd_interrupted())
        gd_sleep_ms(LOOK_MS);
    if (atomic_load(&wal->ended) && wal->err.text[0] != '\0')
        gd_tell_note(
            wal->options->events,
            "WAL is not received beside the backup, and what others bring is waited for: %s",
            wal->err.text);
}

struct gd_status gd_base_wal_start(const struct gd_base_options *options,
                                   const struct gd_base *base, struct gd_base_wal **out_wal,
                                   struct gd_error *err)
{
    struct gd_base_wal *wal = gd_memory_new(sizeof *wal);
    wal->options = options;
    wal->place = (struct gd_wal_place){.store = options->store,
                                       .key = options->key,
                                       .system_identifier = base->system_identifier,
                                       .level = options->level == 0 ? 1 : options->level};
    wal->from_lsn = base->start_lsn - base->start_lsn % base->segment_bytes;
    (void)snprintf(wal->slot, sizeof wal->slot, "guardian_base_%s", strchr(base->id, '-') + 1);
    *out_wal = wal;
    if (gd_thread_start(&wal->thread, receive, wal) != 0)
        return gd_fail(err, GD_SYSTEM, "could not start a thread");
    wal->started = true;
    await_beginning(wal);
    return gd_interrupt_check(err);
}

static void end_receiver(struct gd_base_wal *wal, atomic_bool *how)
{
    if (!wal->started)
        return;
    atomic_store(how, true);
    (void)pthread_join(wal->thread, NULL);
    wal->started = false;
}

/* ---- the end of the backup ---- */

static struct gd_status missing(const struct gd_base_wal *wal, const struct gd_base *base,
                                uint32_t timeline, uint64_t lsn, struct gd_error *err)
{
    char text[GD_LSN_SIZE];
    gd_lsn_write(lsn, text);
    struct gd_status status = gd_fail(
        err, GD_UNPROTECTED,
        "the WAL of base backup \"%s\" is not in the store: what is missing begins at %s of "
        "timeline %" PRIu32 "%s%s",
        base->id, text, timeline, wal->err.text[0] == '\0' ? "" : "; ", wal->err.text);
    if (wal->err.hint[0] != '\0')
        return gd_hint(err, status, "%s", wal->err.hint);
    return gd_hint(err, status,
                   "Let \"guardian wal stream\" run, or archive_command push to this store.");
}

/* All that came, or as long as more comes. A segment that is not whole goes in as a piece. */
GD_MUST static struct gd_status await_receiver(struct gd_base_wal *wal, const struct gd_base *base,
                                               struct gd_error *err)
{
    int64_t now = gd_clock_monotonic_us(), whole = now + WHOLE_MS * INT64_C(1000), moved = now;
    uint64_t before = 0;
    while (!atomic_load(&wal->ended)) {
        uint64_t here = atomic_load(&wal->received.received_lsn);
        now = gd_clock_monotonic_us();
        if (here != before)
            moved = now;
        before = here;
        if (atomic_load(&wal->received.durable_lsn) >= base->stop_lsn ||
            (here >= base->stop_lsn && now >= whole) || now - moved > WAIT_MS * INT64_C(1000))
            break;
        gd_sleep_ms(LOOK_MS);
        GD_TRY(gd_interrupt_check(err));
    }
    end_receiver(wal, &wal->stop);
    return GD_DONE;
}

GD_MUST static struct gd_status await_chain(const struct gd_base_wal *wal,
                                            const struct gd_base *base, struct gd_error *err)
{
    int64_t until = gd_clock_monotonic_us() + WAIT_MS * INT64_C(1000);
    for (;;) {
        gd_auto_arena arena = gd_arena_new();
        struct gd_wal_chain *chain = NULL;
        uint32_t timeline = base->timeline;
        uint64_t lsn = base->start_lsn;
        GD_TRY(gd_wal_chain_read(&wal->place, arena, &chain, err));
        if (gd_wal_chain_reaches(chain, base->timeline, base->start_lsn, base->stop_timeline,
                                 base->stop_lsn, &timeline, &lsn))
            return GD_DONE;
        if (gd_clock_monotonic_us() >= until)
            return missing(wal, base, timeline, lsn, err);
        gd_sleep_ms(CHAIN_MS);
        GD_TRY(gd_interrupt_check(err));
    }
}

GD_MUST static struct gd_status prove(const struct gd_base_wal *wal, const struct gd_base *base,
                                      struct gd_error *err)
{
    gd_auto_arena arena = gd_arena_new();
    struct gd_wal_chain *chain = NULL;
    uint32_t timeline = 0;
    uint64_t proven = 0;
    GD_TRY(gd_fault("base: before its WAL is read back", err));
    GD_TRY(gd_wal_chain_read(&wal->place, arena, &chain, err));
    GD_TRY(gd_wal_chain_prove(&wal->place, chain, base->timeline, base->start_lsn,
                              base->stop_timeline, base->stop_lsn, NULL, &timeline, &proven, err));
    return proven >= base->stop_lsn ? GD_DONE : missing(wal, base, timeline, proven, err);
}

struct gd_status gd_base_wal_finish(struct gd_base_wal *wal, const struct gd_base *base,
                                    struct gd_error *err)
{
    GD_TRY(await_receiver(wal, base, err));
    GD_TRY(await_chain(wal, base, err));
    struct gd_status status = prove(wal, base, err);
    if (status.code != GD_CORRUPT && status.code != GD_SYSTEM)
        return status;
    err->code = GD_UNPROTECTED;
    return gd_wrap(err, (struct gd_status){GD_UNPROTECTED},
                   "the WAL of base backup \"%s\" does not hold: ", base->id);
}

void gd_base_wal_free(struct gd_base_wal *wal)
{
    if (wal == NULL)
        return;
    end_receiver(wal, &wal->leave);
    free(wal);
}
