/*
 * Bytes of a session: read what can be read, let the messages be dealt with, send what may go.
 *
 * One side is read only when what was read from it has gone: who reads slowly makes the other wait.
 */
#include <assert.h>

#include "guardian/proxy/relay_own.h"

enum { TURNS = 16 }; /* until others have theirs */

bool gd_side_read(struct gd_side *side, struct gd_pipe *pipe, atomic_uint_fast64_t *count)
{
    size_t room = 0, got = 0;
    if (!side->can_read || side->ended)
        return false;
    uint8_t *to = gd_pipe_room(pipe, &room);
    if (room == 0)
        return false;
    enum gd_stream_end end = gd_stream_read(side->stream, to, room, &got);
    if (end == GD_STREAM_CLOSED || end == GD_STREAM_FAILED)
        side->ended = true;
    if (end != GD_STREAM_DONE) {
        side->can_read = false;
        return side->ended;
    }
    gd_pipe_filled(pipe, got);
    gd_count(count, got);
    /* Less than there was room for: the socket is empty, and what comes next is told. */
    if (got < room && !side->hung_up && !gd_stream_is_tls(side->stream))
        side->can_read = false;
    return true;
}

/* @return true when something went */
static bool send_run(struct gd_side *side, struct gd_pipe *pipe)
{
    size_t size = 0, sent = 0;
    const uint8_t *run = gd_pipe_run(pipe, &size);
    if (size == 0 || !side->can_write)
        return false;
    enum gd_stream_end end = gd_stream_write(side->stream, run, size, &sent);
    if (end == GD_STREAM_DONE) {
        gd_pipe_sent(pipe, sent);
        return true;
    }
    side->can_write = false;
    side->deaf = end == GD_STREAM_CLOSED || end == GD_STREAM_FAILED;
    if (!side->deaf)
        gd_relay_watch_write(side->session->relay, side, true);
    return false;
}

static bool is_empty(const struct gd_pipe *pipe)
{
    return pipe->sent == pipe->passed;
}

bool gd_session_flush_client(struct gd_session *session)
{
    while (send_run(&session->client, &session->down))
        ;
    return is_empty(&session->down) || session->client.deaf;
}

static bool pump_up(struct gd_session *session)
{
    bool wants = gd_session_hear_client(session);
    if (session->server.stream == NULL)
        return false; /* closed at what was heard: what was passed before it stays unsent */
    bool moved = send_run(&session->server, &session->up);
    if (session->server.deaf)
        gd_pipe_discard(&session->up); /* why, the other direction says */
    if (wants && is_empty(&session->up))
        moved |= gd_side_read(&session->client, &session->up, &session->relay->counters.bytes_in);
    return moved;
}

static bool pump_down(struct gd_session *session)
{
    gd_session_hear_server(session);
    bool moved = send_run(&session->client, &session->down);
    bool relays = session->state == GD_SESSION_OPEN || session->state == GD_SESSION_WAITING;
    if (relays && is_empty(&session->down))
        moved |=
            gd_side_read(&session->server, &session->down, &session->relay->counters.bytes_out);
    return moved;
}

static bool is_relaying(const struct gd_session *session)
{
    return session->state == GD_SESSION_OPEN || session->state == GD_SESSION_WAITING;
}

/* The client's last words have gone, or will not; the server's have been read. */
static void look_for_ends(struct gd_session *session, bool moved)
{
    if (session->client.deaf) {
        gd_session_end(session);
        return;
    }
    bool waits = session->state == GD_SESSION_WAITING;
    if ((waits && session->client.hung_up) || (session->client.ended && !moved))
        gd_session_end(session);
    else if (session->server.ended && is_empty(&session->down))
        gd_session_close(session, NULL);
}

bool gd_session_pump(struct gd_session *session)
{
    for (int turn = 0; turn < TURNS; turn++) {
        bool moved = pump_up(session);
        if (is_relaying(session))
            moved |= pump_down(session);
        if (session->state == GD_SESSION_WAITING) {
            gd_session_try_judge(session);
            moved |= session->state == GD_SESSION_OPEN;
        }
        moved |= !is_empty(&session->up) && session->server.can_write; /* put in by an answer */
        if (is_relaying(session))
            look_for_ends(session, moved);
        if (!is_relaying(session) || !moved)
            return true;
    }
    return false;
}
