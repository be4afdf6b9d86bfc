/*
 * Until when all is stored: asked of the server from time to time, written down when its WAL has
 * come so far (sure.h). What fails is tried again later: it is worth something to a quiet server,
 * and nothing depends on it.
 */
#include "guardian/base/clock.h"
#include "guardian/wal/streamer_own.h"
#include "guardian/wal/sure.h"

enum {
    LOOK_MS = 500,
    AGAIN_MS = 10000,  /* nothing could be said: a standby, a transaction, no connection */
    STALE_MS = 60000,  /* what was answered, and has not come into the store since */
    KEEPS_MS = 3600000 /* a store that keeps all of them gets one so often */
};

struct noting {
    struct gd_wal_sure sure;
    bool asked;
    int64_t asked_us, next_us; /* our own clock; 0: no session has worked yet */
};

GD_MUST static struct gd_status ask(struct gd_streamer *streamer, struct noting *noting,
                                    struct gd_error *err)
{
    struct gd_pg_options options = *streamer->options.receive.pg;
    gd_auto_pg pg = NULL;
    options.application = "guardian wal stream: asks until when all is stored";
    options.connect_ms = 5000;
    GD_TRY(gd_pg_connect(&options, &pg, err));
    GD_TRY(gd_wal_sure_ask(pg, atomic_load(&streamer->received.system_identifier), &noting->sure,
                           &noting->asked, err));
    noting->asked_us = gd_clock_monotonic_us();
    return GD_DONE;
}

static bool is_stored(const struct gd_streamer *streamer, const struct gd_wal_sure *sure)
{
    return atomic_load(&streamer->received.timeline) == sure->timeline &&
           atomic_load(&streamer->received.durable_lsn) >= sure->lsn;
}

GD_MUST static struct gd_status write_down(struct gd_streamer *streamer,
                                           const struct gd_wal_sure *sure, struct gd_error *err)
{
    struct gd_wal_place place = streamer->options.receive.place;
    struct gd_error ignored = {0};
    place.system_identifier = atomic_load(&streamer->received.system_identifier);
    GD_TRY(gd_wal_sure_put(&place, sure, err));
    /* Several say no more than the newest one: prune removes them, too. */
    struct gd_status tidied = gd_wal_sure_tidy(place.store, place.system_identifier, &ignored);
    atomic_store(&streamer->keeps, tidied.code != GD_OK);
    return GD_DONE;
}

static int64_t pause_us(const struct gd_streamer *streamer)
{
    uint32_t pause_ms = streamer->options.sure_ms;
    if (atomic_load(&streamer->keeps) && pause_ms < KEEPS_MS)
        pause_ms = KEEPS_MS;
    return (int64_t)pause_ms * 1000;
}

static void note(struct gd_streamer *streamer, struct noting *noting)
{
    int64_t now = gd_clock_monotonic_us();
    struct gd_error ignored = {0};
    if (!atomic_load(&streamer->received.streaming) || now < noting->next_us)
        return;
    if (noting->next_us == 0) { /* one that is started again and again writes nothing */
        int64_t first_us = pause_us(streamer) / 10;
        noting->next_us = now + (first_us > 0 ? first_us : 1);
        return;
    }
    if (noting->asked && now - noting->asked_us > (int64_t)STALE_MS * 1000)
        noting->asked = false;
    if (!noting->asked)
        (void)ask(streamer, noting, &ignored).code;
    bool stored = noting->asked && is_stored(streamer, &noting->sure);
    if (stored && write_down(streamer, &noting->sure, &ignored).code == GD_OK) {
        noting->asked = false;
        noting->next_us = now + pause_us(streamer);
    } else if (!noting->asked || stored) {
        int64_t again_us = (int64_t)AGAIN_MS * 1000, pause = pause_us(streamer);
        noting->next_us = now + (pause < again_us ? pause : again_us);
    }
}

void *gd_streamer_note(void *context)
{
    struct gd_streamer *streamer = context;
    struct noting noting = {0};
    while (gd_streamer_rest(streamer, LOOK_MS))
        if (streamer->options.sure_ms != 0)
            note(streamer, &noting);
    return NULL;
}

void gd_streamer_note_last(struct gd_streamer *streamer)
{
    struct noting noting = {0};
    struct gd_error ignored = {0};
    if (streamer->options.sure_ms == 0 || atomic_load(&streamer->cut))
        return;
    if (ask(streamer, &noting, &ignored).code == GD_OK && noting.asked &&
        is_stored(streamer, &noting.sure))
        (void)write_down(streamer, &noting.sure, &ignored).code;
}
