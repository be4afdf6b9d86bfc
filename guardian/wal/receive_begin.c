/*
 * Where to go on: where the store ends, on the server's timeline or on one that it came from.
 */
#include <inttypes.h>

#include "guardian/base/clock.h"
#include "guardian/wal/receive_own.h"

/* ---- histories ---- */

/* An old one may be gone from the server: then it is in the store, or nowhere. */
GD_MUST static struct gd_status keep_history(struct gd_receiver *receiver, uint32_t timeline,
                                             bool newest, struct gd_error *err)
{
    struct gd_wal_name name = {.kind = GD_WAL_HISTORY, .timeline = timeline};
    struct gd_error missing = {0};
    struct gd_wal_put put;
    const char *text = "";
    size_t size = 0;
    struct gd_status status = gd_replication_history(receiver->session, timeline, receiver->arena,
                                                     &text, &size, &missing);
    if (status.code == GD_CORRUPT && !newest)
        return GD_DONE;
    if (status.code != GD_OK) {
        *err = missing;
        return status;
    }
    GD_TRY(gd_wal_put_bytes(&receiver->place, &name, text, size, &put, err));
    if (!newest)
        return GD_DONE;
    return gd_wal_history_read(text, size, timeline, receiver->arena, &receiver->ancestors,
                               &receiver->ancestor_count, err);
}

struct gd_status gd_receive_histories(struct gd_receiver *receiver, struct gd_error *err)
{
    receiver->ancestor_count = 0;
    if (receiver->system.timeline == 1)
        return GD_DONE;
    GD_TRY(keep_history(receiver, receiver->system.timeline, true, err));
    for (size_t i = 0; i < receiver->ancestor_count; i++)
        if (receiver->ancestors[i].timeline > 1)
            GD_TRY(keep_history(receiver, receiver->ancestors[i].timeline, false, err));
    return GD_DONE;
}

bool gd_receive_left(const struct gd_receiver *receiver, uint32_t timeline,
                     struct gd_receive_place *out_next)
{
    for (size_t i = 0; i < receiver->ancestor_count; i++) {
        if (receiver->ancestors[i].timeline != timeline)
            continue;
        bool last = i + 1 == receiver->ancestor_count;
        *out_next = (struct gd_receive_place){last ? receiver->system.timeline
                                                   : receiver->ancestors[i + 1].timeline,
                                              receiver->ancestors[i].left_lsn};
        return true;
    }
    return false;
}

/* ---- where ---- */

/* A failover to a standby that did not have it all: commits in it are in no server any more. */
static void say_left(const struct gd_receiver *receiver, const struct gd_receive_place *place,
                     const struct gd_receive_place *next)
{
    char at[GD_LSN_SIZE];
    uint64_t bytes = place->lsn - next->lsn;
    if (bytes == 0)
        return;
    gd_lsn_write(next->lsn, at);
    atomic_fetch_add(&receiver->received->left_bytes, bytes);
    gd_tell_warning(receiver->options->events,
                    gd_arena_printf(receiver->arena,
                                    "What was committed in them is lost for this server; guardian "
                                    "recover --timeline %" PRIu32
                                    " --latest makes a server beside it that has it.",
                                    place->timeline),
                    "timeline %" PRIu32 " began at %s: %" PRIu64 " bytes of timeline %" PRIu32
                    " behind that are in the store, and not in the server",
                    next->timeline, at, bytes, place->timeline);
}

/* Behind what was left, its successor goes on: at the beginning of the segment in which it branched
 * off, of which it has a copy. */
static struct gd_receive_place follow(const struct gd_receiver *receiver,
                                      struct gd_receive_place place)
{
    struct gd_receive_place next;
    while (gd_receive_left(receiver, place.timeline, &next) && place.lsn >= next.lsn) {
        say_left(receiver, &place, &next);
        place =
            (struct gd_receive_place){next.timeline, gd_receive_segment_start(receiver, next.lsn)};
    }
    return place;
}

/* The end of what the store has of a timeline. */
static bool end_of(const struct gd_wal_chain *chain, uint32_t timeline, uint64_t *out_lsn)
{
    bool found = false;
    for (size_t i = 0; i < chain->run_count; i++)
        if (chain->runs[i].timeline == timeline && (!found || chain->runs[i].to_lsn > *out_lsn)) {
            *out_lsn = chain->runs[i].to_lsn;
            found = true;
        }
    return found;
}

/* A piece that does not lead on from the beginning of its segment is no end: what came before it is
 * missing. */
static bool known_end(const struct gd_receiver *receiver, const struct gd_wal_chain *chain,
                      struct gd_receive_place *out_place)
{
    uint32_t timeline = receiver->system.timeline;
    for (size_t i = receiver->ancestor_count + 1; i-- > 0;) {
        uint64_t lsn = 0;
        if (end_of(chain, timeline, &lsn)) {
            *out_place = (struct gd_receive_place){timeline, lsn};
            return true;
        }
        if (i > 0)
            timeline = receiver->ancestors[i - 1].timeline;
    }
    return false;
}

/* The server went back to a timeline that others have left: an old primary, or a copy. */
GD_MUST static struct gd_status refuse_old(const struct gd_receiver *receiver,
                                           const struct gd_wal_chain *chain, struct gd_error *err)
{
    for (size_t i = 0; i < chain->branch_count; i++) {
        uint64_t left;
        const struct gd_wal_branch *branch = &chain->branches[i];
        if (branch->timeline > receiver->system.timeline &&
            gd_wal_chain_leaves(chain, receiver->system.timeline, branch->timeline, &left))
            return gd_hint(err,
                           gd_fail(err, GD_REFUSED,
                                   "the server is on timeline %" PRIu32
                                   ", and the store knows that %" PRIu32 " came after it",
                                   receiver->system.timeline, branch->timeline),
                           "Is it the old primary? Name the new one; with several hosts in --db, "
                           "target_session_attrs=read-write finds it. WAL of a server that was "
                           "recovered apart belongs into another store.");
    }
    return GD_DONE;
}

/* Segments of which all has come, but in pieces; or whole ones whose pieces are still there. */
static void finish_segments(struct gd_receiver *receiver, const struct gd_wal_chain *chain)
{
    uint64_t before = UINT64_MAX;
    for (size_t i = 0; i < chain->file_count; i++) {
        const struct gd_wal_file *file = &chain->files[i];
        uint64_t start = gd_receive_segment_start(receiver, file->from_lsn), end = 0;
        if (!file->piece || start == before || file->problem != NULL ||
            file->from_lsn == file->to_lsn)
            continue;
        before = start;
        for (size_t k = 0; k < chain->run_count; k++)
            if (chain->runs[k].timeline == file->name.timeline && chain->runs[k].from_lsn <= start)
                end = chain->runs[k].to_lsn > end ? chain->runs[k].to_lsn : end;
        if (end >= start + receiver->system.segment_bytes)
            gd_intake_finish(receiver->intake, &file->name);
    }
}

/* What another user remembered may not be readable for this one: WAL is not lost for that. */
GD_MUST static struct gd_status read_chain(struct gd_receiver *receiver,
                                           struct gd_wal_chain **out_chain, struct gd_error *err)
{
    struct gd_error why = {0};
    struct gd_status status = gd_wal_chain_read(&receiver->place, receiver->arena, out_chain, &why);
    if (status.code == GD_OK)
        return GD_DONE;
    if (status.code == GD_INJECTED || gd_interrupted()) {
        *err = why;
        return status;
    }
    GD_TRY(gd_wal_chain_list(&receiver->place, receiver->arena, out_chain, err));
    gd_tell_warning(receiver->options->events, why.hint,
                    "what was found out about the WAL in the store could not be read, and it is "
                    "gone on without: %s",
                    why.text);
    return GD_DONE;
}

GD_MUST static struct gd_status begin_by_store(struct gd_receiver *receiver,
                                               struct gd_receive_place *out_place,
                                               struct gd_error *err)
{
    struct gd_wal_chain *chain;
    char text[GD_LSN_SIZE];
    uint64_t at = receiver->options->from_lsn;
    GD_TRY(read_chain(receiver, &chain, err));
    if (chain->segment_bytes != 0 && chain->segment_bytes != receiver->system.segment_bytes)
        return gd_fail(err, GD_REFUSED,
                       "the store has segments of %" PRIu64 " bytes, and the server of %" PRIu64,
                       chain->segment_bytes, receiver->system.segment_bytes);
    GD_TRY(refuse_old(receiver, chain, err));
    finish_segments(receiver, chain);
    if (known_end(receiver, chain, out_place))
        return GD_DONE;
    if (at == 0 && receiver->options->slot != NULL)
        at = receiver->slot_lsn;
    if (at == 0)
        at = receiver->system.lsn;
    *out_place = (struct gd_receive_place){receiver->system.timeline,
                                           gd_receive_segment_start(receiver, at)};
    gd_lsn_write(out_place->lsn, text);
    if (chain->run_count > 0)
        gd_tell_warning(receiver->options->events,
                        "Take a new base backup: the ones before cannot reach what comes now.",
                        "the store has WAL of this cluster, but of none of the timelines that the "
                        "server's timeline %" PRIu32 " came from",
                        receiver->system.timeline);
    gd_tell_note(receiver->options->events,
                 "the store has no WAL of timeline %" PRIu32 " yet: it begins at %s",
                 receiver->system.timeline, text);
    return GD_DONE;
}

struct gd_status gd_receive_begin(struct gd_receiver *receiver, struct gd_receive_place *out_place,
                                  struct gd_error *err)
{
    struct gd_receive_place place = {
        atomic_load(&receiver->received->timeline),
        atomic_load(&receiver->received->durable_lsn),
    };
    struct gd_receive_place next;
    /* The same process on the same way: what the store has need not be listed again. */
    if (place.timeline == 0 || (place.timeline != receiver->system.timeline &&
                                !gd_receive_left(receiver, place.timeline, &next)))
        GD_TRY(begin_by_store(receiver, &place, err));
    *out_place = follow(receiver, place);
    return GD_DONE;
}
