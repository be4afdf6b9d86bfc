#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guardian/base/clock.h"
#include "guardian/version.h"
#include "guardian/wal/streamer_own.h"

static void put_head(FILE *to, const char *name, const char *type, const char *help)
{
    fprintf(to, "# HELP guardian_wal_%s %s\n# TYPE guardian_wal_%s %s\n", name, help, name, type);
}

static void put(FILE *to, const char *name, const char *type, const char *help, uint64_t value)
{
    put_head(to, name, type, help);
    fprintf(to, "guardian_wal_%s %" PRIu64 "\n", name, value);
}

static void put_real(FILE *to, const char *name, const char *type, const char *help, double value)
{
    put_head(to, name, type, help);
    fprintf(to, "guardian_wal_%s %.3f\n", name, value);
}

static uint64_t lag_bytes(const struct gd_wal_received *received)
{
    uint64_t server = atomic_load(&received->server_lsn);
    uint64_t durable = atomic_load(&received->durable_lsn);
    return server > durable ? server - durable : 0;
}

static void put_places(FILE *to, const struct gd_streamer *streamer)
{
    const struct gd_wal_received *received = &streamer->received;
    put(to, "streaming", "gauge", "1: WAL is being received.",
        atomic_load(&received->streaming) ? 1 : 0);
    put(to, "store_lost", "gauge", "1: the store does not take what came; it is tried again.",
        atomic_load(&received->store_lost) ? 1 : 0);
    put(to, "timeline", "gauge", "Timeline that is received.", atomic_load(&received->timeline));
    put(to, "server_lsn_bytes", "gauge", "Where the server is.",
        atomic_load(&received->server_lsn));
    put(to, "received_lsn_bytes", "gauge", "What has come.", atomic_load(&received->received_lsn));
    put(to, "durable_lsn_bytes", "gauge", "What was read back from the store.",
        atomic_load(&received->durable_lsn));
    put(to, "lag_bytes", "gauge", "Of the server's WAL, what is not in the store.",
        lag_bytes(received));
    put_real(to, "lag_seconds", "gauge",
             "For how long something is known that is not in the store, or nothing is known.",
             gd_streamer_behind(streamer));
    put_real(to, "durable_timestamp_seconds", "gauge",
             "When the store last moved on, or was seen to have all.",
             (double)atomic_load(&received->durable_us) / 1e6);
}

static void put_counts(FILE *to, const struct gd_streamer *streamer)
{
    const struct gd_wal_received *received = &streamer->received;
    put(to, "segments_total", "counter", "Whole segments that were stored.",
        atomic_load(&received->segments));
    put(to, "pieces_total", "counter", "Pieces of segments that were stored.",
        atomic_load(&received->partials));
    put(to, "stored_bytes_total", "counter", "Bytes of WAL that were stored, before compression.",
        atomic_load(&received->stored_bytes));
    put(to, "reconnects_total", "counter", "Sessions that ended and were begun anew.",
        atomic_load(&streamer->reconnects));
    put(to, "gaps_total", "counter", "Gaps: WAL that the server had removed already.",
        atomic_load(&received->gaps));
    put(to, "left_bytes_total", "counter",
        "Bytes in the store behind the place where the server left their timeline.",
        atomic_load(&received->left_bytes));
}

static void put_slot(FILE *to, const struct gd_slot_state *slot)
{
    static const char *const all[] = {"reserved", "extended", "unreserved", "lost"};
    if (!slot->known)
        return;
    put(to, "slot_bytes", "gauge", "WAL that the server keeps for the slot.", slot->bytes);
    put_head(to, "slot_status", "gauge", "Of the slot, as pg_replication_slots.wal_status.");
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        fprintf(to, "guardian_wal_slot_status{status=\"%s\"} %d\n", all[i],
                strcmp(slot->status, all[i]) == 0);
    if (slot->safe >= 0)
        put(to, "slot_safe_bytes", "gauge", "WAL until the server gives the slot up.",
            (uint64_t)slot->safe);
}

char *gd_streamer_metrics(struct gd_streamer *streamer)
{
    char *text = NULL;
    size_t size = 0;
    FILE *to = open_memstream(&text, &size);
    if (to == NULL)
        abort();
    fprintf(to,
            "# HELP guardian_build_info Which guardian this is.\n# TYPE guardian_build_info gauge\n"
            "guardian_build_info{version=\"%s\"} 1\n",
            gd_version());
    put_places(to, streamer);
    put_counts(to, streamer);
    pthread_mutex_lock(&streamer->lock);
    struct gd_slot_state slot = streamer->slot;
    pthread_mutex_unlock(&streamer->lock);
    put_slot(to, &slot);
    if (fclose(to) != 0)
        abort();
    return text;
}

bool gd_streamer_ready(struct gd_streamer *streamer, char **out_why)
{
    double behind = gd_streamer_behind(streamer), limit = streamer->options.rpo_ms / 1000.0;
    bool streaming = atomic_load(&streamer->received.streaming);
    bool late = streamer->options.rpo_ms != 0 && behind > limit;
    const char *what = !streaming ? "no WAL comes from the server"
                       : atomic_load(&streamer->received.store_lost) ? "the store does not take WAL"
                                                                     : "the store follows";
    if (asprintf(out_why, "%s: %.1f s behind, %.1f allowed\n", what, behind, limit) < 0)
        abort();
    return !late && (streaming || streamer->options.rpo_ms != 0);
}
