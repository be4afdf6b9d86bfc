/*
 * One timeline, from START_REPLICATION to its end.
 *
 * Invariant  The server is answered whatever the store does: while the intake has no room, or it
 * was asked to stop, nothing is read, but what is durable is told every second, which is a sign of
 * life, too.
 */
#include <inttypes.h>
#include <string.h>

#include "guardian/base/clock.h"
#include "guardian/base/fault.h"
#include "guardian/pg/wal_message.h"
#include "guardian/wal/receive_own.h"

enum {
    READ_MS = 200,
    STATUS_MS = 10000,
    BLOCKED_STATUS_MS = 1000,
    PONG_MS = 100, /* answers to a server that asks and asks */
    SILENT_MS = 30000,
    DRAIN_MS = 30000,
    LEAVING_PINGS = 8, /* so many in LEAVING_MS: it waits for us to be able to shut down */
    LEAVING_MS = 2000,
    LEAVING_LIMIT_MS = 5000,
};

struct flow {
    struct gd_receiver *receiver;
    struct gd_replication_command command;
    uint64_t told_lsn; /* durable, as the server was last told */
    int64_t told_us, ping_us, leaving_us, asked_us;
    unsigned pings;
    bool must_answer, copy_ended, tell_lost;
    /* Of a message of which not all has been taken. */
    uint64_t lsn;
    const char *data;
    size_t size;
};

/* ---- answers ---- */

GD_MUST static struct gd_status tell(struct flow *flow, bool wants_answer, struct gd_error *err)
{
    struct gd_receiver *receiver = flow->receiver;
    char status[GD_WAL_STATUS_BYTES];
    uint64_t received = gd_intake_received(receiver->intake);
    uint64_t durable = gd_intake_durable(receiver->intake);
    GD_TRY(gd_fault("stream: before the server is told", err));
    gd_wal_status_write(received, durable, gd_clock_now_us(), wants_answer, status);
    GD_TRY(gd_replication_write(receiver->session, &flow->command, status, sizeof status, err));
    flow->told_lsn = durable;
    flow->told_us = gd_clock_monotonic_us();
    flow->must_answer = false;
    return GD_DONE;
}

/* At once when the server asks, unless it does so without end: it waits for more to be durable. */
GD_MUST static struct gd_status tell_if_due(struct flow *flow, bool blocked, struct gd_error *err)
{
    int64_t since_ms = (gd_clock_monotonic_us() - flow->told_us) / 1000;
    bool moved = gd_intake_durable(flow->receiver->intake) != flow->told_lsn;
    if (moved || (flow->must_answer && (flow->pings < LEAVING_PINGS || since_ms >= PONG_MS)))
        return tell(flow, false, err);
    if (since_ms >= (blocked ? BLOCKED_STATUS_MS : STATUS_MS))
        return tell(flow, !blocked, err); /* a dead network is found by asking */
    return GD_DONE;
}

/* ---- what comes ---- */

static void note_server(struct flow *flow, uint64_t server_lsn)
{
    struct gd_wal_received *received = flow->receiver->received;
    atomic_store(&received->server_lsn, server_lsn);
    if (server_lsn <= gd_intake_durable(flow->receiver->intake)) {
        atomic_store(&received->durable_us, gd_clock_now_us());
        atomic_store(&received->behind_us, 0);
    }
}

/* A server that shuts down asks again as soon as it is answered, until all is durable. */
static void note_ping(struct flow *flow)
{
    int64_t now = gd_clock_monotonic_us();
    if (now - flow->ping_us > (int64_t)LEAVING_MS * 1000) {
        flow->ping_us = now;
        flow->pings = 0;
        flow->leaving_us = 0;
    }
    flow->must_answer = true;
    gd_intake_hurry(flow->receiver->intake);
    if (++flow->pings == LEAVING_PINGS && flow->leaving_us == 0)
        flow->leaving_us = now;
    else if (flow->pings > LEAVING_PINGS)
        flow->ping_us = now; /* it goes on */
}

GD_MUST static struct gd_status take(struct flow *flow, const struct gd_replication_piece *piece,
                                     struct gd_error *err)
{
    struct gd_wal_message message;
    struct gd_status status = gd_wal_message_read(piece->data, piece->size, &message, err);
    if (status.code != GD_OK)
        return gd_wrap(err, status, "could not receive WAL of %s: ",
                       gd_replication_where(flow->receiver->session));
    note_server(flow, message.server_lsn);
    if (message.wants_answer)
        note_ping(flow);
    if (message.wal) /* a server that shuts down has written its last */
        flow->pings = 0, flow->leaving_us = 0;
    flow->lsn = message.lsn;
    flow->data = message.data;
    flow->size = message.size;
    return GD_DONE;
}

/* Of the message that came last; it stays valid until the next one is read. */
GD_MUST static struct gd_status add(struct flow *flow, struct gd_error *err)
{
    while (flow->size > 0) {
        size_t room = gd_intake_room(flow->receiver->intake);
        size_t some = flow->size < room ? flow->size : room;
        if (some == 0)
            return GD_DONE;
        GD_TRY(gd_intake_add(flow->receiver->intake, flow->lsn, flow->data, some, err));
        flow->lsn += some;
        flow->data += some;
        flow->size -= some;
    }
    return GD_DONE;
}

/* ---- ends ---- */

static bool is_set(const atomic_bool *flag)
{
    return flag != NULL && atomic_load(flag);
}

/* Is it enough? All that came gets into the store first, as long as there is time. */
GD_MUST static struct gd_status look_for_end(struct flow *flow, bool *out_end, struct gd_error *err)
{
    const struct gd_wal_receive_options *options = flow->receiver->options;
    struct gd_intake *intake = flow->receiver->intake;
    uint64_t received = gd_intake_received(intake), durable = gd_intake_durable(intake);
    bool stop = is_set(options->stop);
    bool enough = options->until_lsn != 0 && received >= options->until_lsn;
    *out_end = is_set(options->leave);
    if (*out_end || (!stop && !enough))
        return GD_DONE;
    int64_t now = gd_clock_monotonic_us();
    flow->asked_us = flow->asked_us == 0 ? now : flow->asked_us;
    gd_intake_hurry(intake);
    *out_end = stop ? gd_intake_idle(intake) : durable >= options->until_lsn;
    uint32_t limit_ms = options->drain_ms == 0 ? DRAIN_MS : options->drain_ms;
    if (*out_end || !stop || now - flow->asked_us < (int64_t)limit_ms * 1000)
        return GD_DONE;
    *out_end = durable == received; /* what is left is to tidy up, and can wait */
    if (*out_end)
        return GD_DONE;
    return gd_hint(err,
                   gd_fail(err, GD_UNPROTECTED,
                           "asked to stop, and %" PRIu64
                           " bytes did not get into the store in %u s",
                           received - durable, limit_ms / 1000),
                   "The server has them still; the next start goes on there.");
}

/* The server must not wait for a store that is away. */
GD_MUST static struct gd_status look_at_leaving(struct flow *flow, struct gd_error *err)
{
    int64_t now = gd_clock_monotonic_us();
    struct gd_intake *intake = flow->receiver->intake;
    if (gd_intake_durable(intake) == gd_intake_received(intake))
        return GD_DONE;
    if (flow->leaving_us == 0 || now - flow->ping_us > (int64_t)LEAVING_MS * 1000 ||
        now - flow->leaving_us < (int64_t)LEAVING_LIMIT_MS * 1000)
        return GD_DONE;
    return gd_hint(err,
                   gd_fail(err, GD_SYSTEM,
                           "the server shuts down, and the store has not taken the last %" PRIu64
                           " bytes",
                           gd_intake_received(intake) - gd_intake_durable(intake)),
                   "The server was let go; they come again when both are back.");
}

/* ---- the loop ---- */

GD_MUST static struct gd_status read_more(struct flow *flow, bool blocked, bool *out_end,
                                          struct gd_error *err)
{
    struct gd_receiver *receiver = flow->receiver;
    struct gd_replication_piece piece;
    int wake_fd = gd_intake_wake_fd(receiver->intake);
    gd_intake_woken(receiver->intake);
    GD_TRY(gd_intake_check(receiver->intake, err));
    if (blocked) {
        if (flow->asked_us != 0 || gd_intake_room(receiver->intake) == 0)
            gd_intake_rest(receiver->intake, READ_MS);
        return gd_interrupt_check(err);
    }
    GD_TRY(gd_replication_read(receiver->session, &flow->command, READ_MS, wake_fd, &piece, err));
    *out_end = piece.end;
    return piece.data == NULL ? GD_DONE : take(flow, &piece, err);
}

GD_MUST static struct gd_status pump(struct flow *flow, enum gd_receive_end *out_end,
                                     struct gd_error *err)
{
    bool end = false, asked = false;
    while (!end) {
        bool stopping = is_set(flow->receiver->options->stop);
        if (!stopping) /* else a busy server would never let it come to its end */
            GD_TRY(add(flow, err));
        bool blocked = stopping || flow->size > 0;
        GD_TRY(tell_if_due(flow, blocked, err));
        GD_TRY(look_at_leaving(flow, err));
        GD_TRY(look_for_end(flow, &asked, err));
        if (asked) {
            *out_end = GD_RECEIVE_ASKED;
            return tell(flow, false, err);
        }
        GD_TRY(read_more(flow, blocked, &end, err));
    }
    *out_end = GD_RECEIVE_NEXT;
    return GD_DONE;
}

/* All of a timeline that ended gets into the store before the next one begins. */
GD_MUST static struct gd_status await_durable(struct flow *flow, struct gd_error *err)
{
    struct gd_intake *intake = flow->receiver->intake;
    while (gd_intake_durable(intake) < gd_intake_received(intake)) {
        if (is_set(flow->receiver->options->leave))
            return gd_fail(err, GD_SYSTEM, "asked to end at once");
        gd_intake_hurry(intake);
        gd_intake_woken(intake);
        GD_TRY(gd_intake_check(intake, err));
        GD_TRY(gd_interrupt_check(err));
        gd_intake_rest(intake, READ_MS);
    }
    return GD_DONE;
}

/* Behind the COPY: the next timeline and where it begins, or nothing when the server goes. */
GD_MUST static struct gd_status read_end(struct flow *flow, enum gd_receive_end *out_end,
                                         struct gd_receive_place *out_next, struct gd_error *err)
{
    enum gd_replication_next next = GD_REPLICATION_ROWS;
    *out_end = GD_RECEIVE_SERVER_ENDS;
    while (next != GD_REPLICATION_END) {
        gd_auto_pg_rows rows = NULL;
        struct gd_status status =
            gd_replication_next(flow->receiver->session, &flow->command, &next, &rows, err);
        if (status.code != GD_OK && flow->command.sqlstate[0] == '\0' &&
            *out_end == GD_RECEIVE_SERVER_ENDS)
            return GD_DONE; /* it closed the connection: it was at its end */
        GD_TRY(status);
        if (rows == NULL || gd_pg_rows_count(rows) != 1)
            continue;
        uint64_t lsn;
        if (gd_pg_cell(rows, 0, 1) == NULL || !gd_lsn_read(gd_pg_cell(rows, 0, 1), &lsn))
            return gd_fail(err, GD_SYSTEM,
                           "the server does not say where the next timeline begins");
        *out_next = (struct gd_receive_place){gd_pg_oid(rows, 0, 0),
                                              gd_receive_segment_start(flow->receiver, lsn)};
        *out_end = GD_RECEIVE_NEXT;
    }
    return GD_DONE;
}

GD_MUST static struct gd_status start(struct flow *flow, const struct gd_receive_place *place,
                                      struct gd_error *err)
{
    struct gd_receiver *receiver = flow->receiver;
    enum gd_replication_next next = GD_REPLICATION_END;
    char lsn[GD_LSN_SIZE];
    uint64_t from;
    GD_TRY(gd_intake_begin(receiver->intake, place->timeline, place->lsn, &from, err));
    gd_lsn_write(from, lsn);
    flow->command = (struct gd_replication_command){
        .what = "receive WAL",
        .text = gd_arena_printf(receiver->arena,
                                "START_REPLICATION SLOT \"%s\" PHYSICAL %s TIMELINE %" PRIu32,
                                receiver->slot, lsn, place->timeline),
        .silent_ms = receiver->options->silent_ms == 0 ? SILENT_MS : receiver->options->silent_ms,
    };
    GD_TRY(gd_replication_send(receiver->session, &flow->command, err));
    GD_TRY(gd_replication_next(receiver->session, &flow->command, &next, NULL, err));
    flow->copy_ended = next != GD_REPLICATION_COPY_BOTH; /* there is nothing of it any more */
    if (flow->copy_ended)
        return GD_DONE;
    gd_lsn_write(gd_intake_durable(receiver->intake), lsn);
    gd_tell_note(receiver->options->events, "receiving timeline %" PRIu32 " from %s on, of %s",
                 place->timeline, lsn, gd_replication_where(receiver->session));
    return GD_DONE;
}

/* A server that is asked for a timeline at its very end answers with the next one at once, and
 * without a COPY: its rows come first. */
GD_MUST static struct gd_status flow_through(struct flow *flow,
                                             const struct gd_receive_place *place,
                                             enum gd_receive_end *out_end,
                                             struct gd_receive_place *out_next,
                                             struct gd_error *err)
{
    struct gd_receiver *receiver = flow->receiver;
    GD_TRY(start(flow, place, err));
    if (flow->copy_ended) {
        *out_end = gd_receive_left(receiver, place->timeline, out_next) ? GD_RECEIVE_NEXT
                                                                        : GD_RECEIVE_SERVER_ENDS;
        out_next->lsn = gd_receive_segment_start(receiver, out_next->lsn);
        return GD_DONE;
    }
    atomic_store(&receiver->received->streaming, true);
    GD_TRY(pump(flow, out_end, err));
    if (*out_end == GD_RECEIVE_ASKED)
        return GD_DONE;
    GD_TRY(read_end(flow, out_end, out_next, err));
    return await_durable(flow, err);
}

struct gd_status gd_receive_flow(struct gd_receiver *receiver, const struct gd_receive_place *place,
                                 enum gd_receive_end *out_end, struct gd_receive_place *out_next,
                                 bool *out_gone, struct gd_error *err)
{
    struct flow flow = {.receiver = receiver, .told_us = gd_clock_monotonic_us()};
    struct gd_status status = flow_through(&flow, place, out_end, out_next, err);
    *out_gone = status.code != GD_OK && strcmp(flow.command.sqlstate, "58P01") == 0;
    atomic_store(&receiver->received->streaming, false);
    if (status.code == GD_SYSTEM && strcmp(flow.command.sqlstate, "55006") == 0) {
        status.code = err->code = GD_BUSY;
        return gd_hint(err, status,
                       "Another guardian wal stream runs already, or its server has "
                       "not noticed yet that it is gone.");
    }
    return status;
}
