#include "guardian/wal/receive.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "guardian/base/clock.h"
#include "guardian/base/fault.h"
#include "guardian/wal/receive_own.h"

/* ---- the slot ---- */

GD_MUST static struct gd_status make_slot(struct gd_receiver *receiver, bool temporary,
                                          struct gd_error *err)
{
    struct gd_status status = gd_replication_slot_create(receiver->session, receiver->slot,
                                                         temporary, &receiver->slot_lsn, err);
    if (status.code == GD_OK && !temporary)
        gd_tell_note(receiver->options->events, "made the replication slot \"%s\"", receiver->slot);
    return status;
}

/* One that was invalidated is of no use to anybody. */
GD_MUST static struct gd_status make_slot_again(struct gd_receiver *receiver, struct gd_error *err)
{
    gd_tell_warning(receiver->options->events,
                    "The server gave it up because it kept more than max_slot_wal_keep_size, or "
                    "was idle for too long.",
                    "the replication slot \"%s\" keeps nothing any more: it is made anew",
                    receiver->slot);
    GD_TRY(gd_replication_slot_drop(receiver->session, receiver->slot, err));
    return make_slot(receiver, false, err);
}

GD_MUST static struct gd_status permanent_slot(struct gd_receiver *receiver, struct gd_error *err)
{
    struct gd_replication_slot slot;
    GD_TRY(gd_replication_slot_read(receiver->session, receiver->slot, &slot, err));
    if (slot.there && slot.restart_lsn == 0)
        return make_slot_again(receiver, err);
    receiver->slot_lsn = slot.restart_lsn;
    if (slot.there)
        return GD_DONE;
    struct gd_error there = {0};
    struct gd_status status = make_slot(receiver, false, &there);
    if (status.code != GD_OK && status.code != GD_BUSY) { /* before 15 one cannot look */
        *err = there;
        return status;
    }
    return GD_DONE;
}

struct gd_status gd_receive_slot(struct gd_receiver *receiver, struct gd_error *err)
{
    const char *name = receiver->options->slot;
    if (name != NULL) {
        if (!gd_replication_slot_valid(name))
            return gd_hint(err,
                           gd_fail(err, GD_USAGE, "\"%s\" is no name of a replication slot", name),
                           "It has lower-case letters, digits and \"_\", at most 63 of them.");
        (void)snprintf(receiver->slot, sizeof receiver->slot, "%s", name);
        return permanent_slot(receiver, err);
    }
    (void)snprintf(receiver->slot, sizeof receiver->slot, "%.50s_%" PRIu32,
                   receiver->options->temporary == NULL ? "guardian" : receiver->options->temporary,
                   atomic_load(&receiver->received->sessions));
    return make_slot(receiver, true, err);
}

/* ---- one session ---- */

GD_MUST static struct gd_status check_system(struct gd_receiver *receiver, struct gd_error *err)
{
    uint64_t wanted = receiver->place.system_identifier;
    uint64_t known = atomic_load(&receiver->received->system_identifier);
    if (wanted == 0)
        wanted = known;
    if (wanted != 0 && wanted != receiver->system.system_identifier)
        return gd_hint(err,
                       gd_fail(err, GD_REFUSED,
                               "%s is the cluster %" PRIu64 ", and WAL of %" PRIu64 " was received",
                               gd_replication_where(receiver->session),
                               receiver->system.system_identifier, wanted),
                       "Is this the right server? A new cluster is streamed by a new start.");
    receiver->place.system_identifier = receiver->system.system_identifier;
    atomic_store(&receiver->received->system_identifier, receiver->system.system_identifier);
    return GD_DONE;
}

/* Whoever is among the synchronous standbys makes commits wait for the store. */
static void look_at_synchronous(struct gd_receiver *receiver)
{
    const char *names = "", *application = receiver->options->pg->application;
    struct gd_error ignored = {0};
    if (gd_replication_show(receiver->session, "synchronous_standby_names", receiver->arena, &names,
                            &ignored)
            .code != GD_OK)
        return;
    if (strchr(names, '*') != NULL ||
        (application != NULL && strcasestr(names, application) != NULL))
        gd_tell_warning(receiver->options->events,
                        "Name the standbys that are meant, if commits are not to wait for it.",
                        "synchronous_standby_names is '%s': commits may wait until their WAL is "
                        "in the store",
                        names);
}

GD_MUST static struct gd_status run_timelines(struct gd_receiver *receiver,
                                              struct gd_receive_place place, struct gd_error *err)
{
    for (;;) {
        struct gd_receive_place next = place;
        enum gd_receive_end end = GD_RECEIVE_ASKED;
        bool gone = false;
        struct gd_status status = gd_receive_flow(receiver, &place, &end, &next, &gone, err);
        if (gone) {
            place.lsn = gd_intake_durable(receiver->intake);
            return gd_receive_gap(receiver, &place, err);
        }
        GD_TRY(status);
        if (end == GD_RECEIVE_ASKED)
            return GD_DONE;
        if (end == GD_RECEIVE_SERVER_ENDS)
            return gd_hint(err,
                           gd_fail(err, GD_SYSTEM, "the server ended the stream: it shuts down"),
                           "It is connected to again when it is back.");
        gd_tell_note(receiver->options->events,
                     "timeline %" PRIu32 " ended, and %" PRIu32 " goes on", place.timeline,
                     next.timeline);
        GD_TRY(gd_fault("stream: before the next timeline", err));
        GD_TRY(gd_replication_identify(receiver->session, &receiver->system, err));
        GD_TRY(gd_receive_histories(receiver, err));
        place = next;
    }
}

GD_MUST static struct gd_status run(struct gd_receiver *receiver, struct gd_error *err)
{
    const struct gd_wal_receive_options *options = receiver->options;
    struct gd_receive_place place = {0};
    GD_TRY(gd_replication_open(options->pg, &receiver->session, &receiver->system, err));
    GD_TRY(check_system(receiver, err));
    look_at_synchronous(receiver);
    GD_TRY(gd_receive_slot(receiver, err));
    const struct gd_intake_options intake = {
        .place = receiver->place,
        .segment_bytes = receiver->system.segment_bytes,
        .partial_ms = options->partial_ms,
        .received = receiver->received,
        .events = options->events,
    };
    GD_TRY(gd_intake_new(&intake, &receiver->intake, err));
    GD_TRY(gd_receive_histories(receiver, err));
    GD_TRY(gd_receive_begin(receiver, &place, err));
    return run_timelines(receiver, place, err);
}

struct gd_status gd_wal_receive(const struct gd_wal_receive_options *options,
                                struct gd_wal_received *received, struct gd_error *err)
{
    gd_auto_arena arena = gd_arena_new();
    struct gd_receiver receiver = {
        .options = options, .received = received, .place = options->place, .arena = arena};
    atomic_fetch_add(&received->sessions, 1);
    struct gd_status status = run(&receiver, err);
    atomic_store(&received->streaming, false);
    gd_replication_close(receiver.session); /* first: nothing is acknowledged any more */
    gd_intake_free(receiver.intake);
    return status;
}
