/*
 * Sessions: from a client's first byte to its last, as a table of states and events.
 */
#include <arpa/inet.h>
#include <assert.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>

#include "guardian/base/memory.h"
#include "guardian/proxy/relay_own.h"

enum { CLOSING_MS = 5000, LINGER_MS = 1000 };

/* --- beginning and end ---------------------------------------------------------------------------
 */

/* A client that is held for an hour must not be taken for one that has gone, and one that has gone
 * must not be held for. Fails on sockets that are not TCP, where none of it is needed. */
static void keep_alive(int descriptor)
{
    static const int on = 1, idle_s = 30, interval_s = 10, count = 3, silence_ms = 40000;
    (void)setsockopt(descriptor, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
    (void)setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    (void)setsockopt(descriptor, IPPROTO_TCP, TCP_KEEPIDLE, &idle_s, sizeof idle_s);
    (void)setsockopt(descriptor, IPPROTO_TCP, TCP_KEEPINTVL, &interval_s, sizeof interval_s);
    (void)setsockopt(descriptor, IPPROTO_TCP, TCP_KEEPCNT, &count, sizeof count);
    (void)setsockopt(descriptor, IPPROTO_TCP, TCP_USER_TIMEOUT, &silence_ms, sizeof silence_ms);
}

static void link_session(struct gd_relay *relay, struct gd_session *session)
{
    session->next = relay->sessions;
    if (session->next != NULL)
        session->next->previous = session;
    relay->sessions = session;
    gd_count(&relay->counters.sessions, 1);
}

static void unlink_session(struct gd_relay *relay, struct gd_session *session)
{
    if (session->previous != NULL)
        session->previous->next = session->next;
    else
        relay->sessions = session->next;
    if (session->next != NULL)
        session->next->previous = session->previous;
    atomic_fetch_sub_explicit(&relay->counters.sessions, 1, memory_order_relaxed);
}

static void name_address(struct gd_session *session, int descriptor)
{
    struct sockaddr_storage peer = {0};
    socklen_t size = sizeof peer;
    char host[INET6_ADDRSTRLEN] = "";
    bool known = getpeername(descriptor, (struct sockaddr *)&peer, &size) == 0 &&
                 peer.ss_family != AF_UNIX &&
                 getnameinfo((struct sockaddr *)&peer, size, host, sizeof host, NULL, 0,
                             NI_NUMERICHOST) == 0;
    snprintf(session->address, sizeof session->address, "%s", known ? host : "unix socket");
}

void gd_session_new(struct gd_relay *relay, struct gd_stream *take_client)
{
    struct gd_session *session = gd_memory_new(sizeof *session);
    struct gd_error err = {0};
    session->relay = relay;
    session->transaction = session->block = 'I';
    session->client =
        (struct gd_side){.session = session, .stream = take_client, .can_write = true};
    session->server.session = session;
    gd_pipe_init(&session->up, GD_WIRE_CLIENT, relay->options.statement_bytes_max);
    gd_pipe_init(&session->down, GD_WIRE_SERVER, SIZE_MAX);
    session->job = gd_memory_new(sizeof *session->job);
    session->job->session = session;
    session->arena = gd_arena_new();
    link_session(relay, session);
    gd_session_enter(session, GD_SESSION_ENTERING);
    keep_alive(gd_stream_descriptor(take_client));
    name_address(session, gd_stream_descriptor(take_client));
    if (gd_entrance_new(relay->options.door, take_client, session->arena, &session->entrance, &err)
                .code != GD_OK ||
        !gd_relay_watch(relay, &session->client))
        gd_session_end(session);
}

void gd_session_enter(struct gd_session *session, enum gd_session_state state)
{
    session->state = state;
    session->since_ms = session->relay->now_ms;
}

/* What was passed with a ticket, and will not be answered any more. */
static void tell_lost(struct gd_session *session)
{
    const struct gd_gate *gate = session->relay->options.gate;
    static const struct gd_gate_result lost = {
        .failed = true, .tag = "", .state = GD_PG_UNKNOWN, .lost = true};
    struct gd_expect *head;
    gd_names_end_transaction(&session->names);
    gd_session_unrun(session);
    for (size_t i = 0; i < session->result_count; i++)
        gate->passed(gate->context, session->gate, session->results[i].ticket, &lost);
    session->result_count = 0;
    while ((head = gd_expected_head(&session->expected)) != NULL) {
        if (head->ticket != 0)
            gate->passed(gate->context, session->gate, head->ticket, &lost);
        gd_expected_pop(&session->expected);
    }
}

static void leave_server(struct gd_session *session)
{
    const struct gd_gate *gate = session->relay->options.gate;
    if (session->upstream == NULL)
        return;
    if (session->entered)
        tell_lost(session);
    if (session->entered)
        gate->leave(gate->context, session->gate);
    session->entered = false;
    if (session->pins > 0)
        return; /* a worker has it: when the session is freed */
    session->server.stream = NULL;
    gd_upstream_close(GD_MOVE(session->upstream));
}

void gd_session_end(struct gd_session *session)
{
    if (session->state == GD_SESSION_OVER)
        return;
    leave_server(session);
    unlink_session(session->relay, session);
    gd_session_enter(session, GD_SESSION_OVER);
    session->next = session->relay->over;
    session->relay->over = session;
}

void gd_session_close(struct gd_session *session, const struct gd_wire_words *words)
{
    gd_auto_wire_out out = {0};
    if (words != NULL && gd_pipe_between(&session->down)) {
        gd_wire_error(&out, words);
        gd_pipe_forget(&session->down);
        gd_pipe_insert(&session->down, out.bytes, out.size);
    }
    leave_server(session);
    gd_session_enter(session, GD_SESSION_CLOSING);
}

void gd_session_free(struct gd_session *session)
{
    assert(session->state == GD_SESSION_OVER && session->pins == 0);
    leave_server(session);
    gd_entrance_done(session->entrance);
    gd_arena_free(session->arena);
    gd_stream_free(session->client.stream);
    gd_door_left(session->relay->options.door);
    gd_pipe_done(&session->up);
    gd_pipe_done(&session->down);
    gd_expected_done(&session->expected);
    gd_names_done(&session->names);
    gd_wire_done(&session->earlier);
    free(session->results);
    free(session->closing);
    free(session->job);
    free(session);
}

/* --- entering ------------------------------------------------------------------------------------
 */

static void start_job(struct gd_session *session, enum gd_job_kind kind,
                      enum gd_session_state state)
{
    session->job->kind = kind;
    gd_session_enter(session, state);
    if (!gd_relay_crew_give(session->relay->crew, session->job))
        gd_session_close(session, &(struct gd_wire_words){"FATAL", "53000",
                                                          "guardian has no thread for a client",
                                                          NULL, NULL});
}

static bool is_key(const struct gd_session *session, struct gd_cancel_key key)
{
    return session->entered && session->key.process == key.process &&
           session->key.secret == key.secret;
}

/* A statement that is held ends; one that runs is cancelled in the server. What the client of the
 * CancelRequest waits for is that we close. */
static void cancel(struct gd_session *session)
{
    struct gd_cancel_key key = gd_entrance_cancel_key(session->entrance);
    struct gd_session *target = session->relay->sessions;
    while (target != NULL && !is_key(target, key))
        target = target->next;
    gd_count(&session->relay->counters.cancels, 1);
    if (target != NULL && target->state == GD_SESSION_JUDGING) {
        target->cancelled = true;
        atomic_store(&target->gone, true);
    }
    if (target == NULL || gd_session_at_rest(target)) {
        gd_session_close(session, NULL);
        return;
    }
    session->job->target = target;
    target->pins++;
    start_job(session, GD_JOB_CANCEL, GD_SESSION_CANCELLING);
    if (session->state != GD_SESSION_CANCELLING)
        target->pins--;
}

static void enter_with(struct gd_session *session)
{
    struct gd_entrance_reply reply = {0};
    const struct gd_pipe *up = &session->up;
    enum gd_entrance_state state = gd_entrance_feed(session->entrance, up->bytes + up->passed,
                                                    up->filled - up->passed, &reply);
    gd_pipe_used(&session->up, reply.used);
    gd_pipe_insert(&session->down, reply.bytes, reply.size);
    switch (state) {
    case GD_ENTRANCE_IN:
        start_job(session, GD_JOB_CONNECT, GD_SESSION_CONNECTING);
        return;
    case GD_ENTRANCE_CANCELS:
        cancel(session);
        return;
    case GD_ENTRANCE_OUT:
        gd_count(&session->relay->counters.refused_entry, 1);
        gd_session_close(session, NULL);
        return;
    default:
        return;
    }
}

static void on_entering(struct gd_session *session)
{
    while (session->state == GD_SESSION_ENTERING && gd_session_flush_client(session)) {
        if (session->up.filled > session->up.passed) {
            enter_with(session);
            continue;
        }
        if (session->client.ended || session->client.deaf)
            gd_session_end(session);
        else if (!gd_side_read(&session->client, &session->up, &session->relay->counters.bytes_in))
            return;
    }
    (void)gd_session_flush_client(session);
}

static void late(struct gd_session *session)
{
    if (session->relay->now_ms - session->since_ms > session->relay->options.entrance_ms)
        gd_session_end(session);
}

/* --- connecting ----------------------------------------------------------------------------------
 */

static const char *value_of(const struct gd_pg_parameter *parameters, size_t count,
                            const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(parameters[i].name, name) == 0)
            return parameters[i].value;
    return "";
}

/* Whoever looks at the server's sessions wants to know whose they are. */
static const struct gd_pg_parameter *parameters_of(struct gd_session *session, size_t *out_count)
{
    const char *prefix = session->relay->options.application;
    const struct gd_pg_parameter *own = gd_entrance_parameters(session->entrance, out_count);
    if (prefix == NULL || *value_of(own, *out_count, "application_name") != '\0')
        return own;
    struct gd_pg_parameter *all = gd_arena_zalloc(session->arena, *out_count + 1, sizeof *all);
    if (*out_count > 0)
        memcpy(all, own, *out_count * sizeof *all);
    all[(*out_count)++] = (struct gd_pg_parameter){
        "application_name",
        gd_arena_printf(session->arena, "%s%.40s", prefix, gd_entrance_user(session->entrance))};
    return all;
}

/* On a worker's thread. */
static void connect_session(struct gd_job *job)
{
    struct gd_session *session = job->session;
    const struct gd_relay_options *options = &session->relay->options;
    struct gd_error err = {0};
    struct gd_upstream_options upstream = {.pg = options->pg,
                                           .database = gd_entrance_database(session->entrance)};
    if (options->live != NULL && strcmp(upstream.database, options->live) == 0)
        upstream.database = options->copy;
    upstream.parameters = parameters_of(session, &upstream.parameter_count);
    job->status = gd_upstream_connect(&upstream, &session->upstream, &job->refusal, &err);
    if (job->status.code != GD_OK)
        return;
    const struct gd_gate_client client = {
        .database = upstream.database,
        .user = gd_entrance_user(session->entrance),
        .address = session->address,
        .application = value_of(upstream.parameters, upstream.parameter_count, "application_name"),
    };
    job->status = options->gate->enter(options->gate->context, &client,
                                       gd_upstream_pg(session->upstream), &session->gate, &err);
    job->entered = job->status.code == GD_OK;
    if (job->entered && !gd_upstream_whole(session->upstream))
        job->status = gd_fail(&err, GD_SYSTEM, "the server has ended the connection at once");
    if (job->status.code == GD_OK)
        return;
    snprintf(job->refusal.sqlstate, sizeof job->refusal.sqlstate, "08004");
    snprintf(job->refusal.message, sizeof job->refusal.message, "%s", err.text);
    snprintf(job->refusal.hint, sizeof job->refusal.hint, "%s", err.hint);
}

static void greet(struct gd_session *session)
{
    const struct gd_gate *gate = session->relay->options.gate;
    size_t count = 0;
    const struct gd_pg_parameter *reported = gd_upstream_reported(session->upstream, &count);
    gd_auto_wire_out out = {0};
    gd_wire_authenticated(&out);
    for (size_t i = 0; i < count; i++) {
        gd_wire_parameter(&out, reported[i].name, reported[i].value);
        if (gate->reported != NULL)
            gate->reported(gate->context, session->gate, reported[i].name, reported[i].value);
    }
    /* The server's own process, so that a client knows its own notifications; our own secret. */
    session->key.process = (uint32_t)gd_upstream_backend(session->upstream);
    gd_wire_key(&out, session->key.process, session->key.secret);
    gd_wire_ready(&out, 'I');
    gd_pipe_insert(&session->down, out.bytes, out.size);
}

static void refuse_entry(struct gd_session *session)
{
    const struct gd_upstream_refusal *why = &session->job->refusal;
    gd_count(&session->relay->counters.refused_entry, 1);
    gd_session_close(session, &(struct gd_wire_words){"FATAL", why->sqlstate, why->message,
                                                      why->detail, why->hint});
}

static bool make_secret(struct gd_session *session)
{
    return getrandom(&session->key.secret, sizeof session->key.secret, 0) ==
           (ssize_t)sizeof session->key.secret;
}

static void on_connected(struct gd_session *session)
{
    bool in = session->job->status.code == GD_OK;
    session->entered = session->job->entered;
    if (session->upstream == NULL)
        gd_count(&session->relay->counters.upstream_failed, 1);
    if (!in || !make_secret(session)) {
        refuse_entry(session);
    } else {
        session->server.stream = gd_upstream_stream(session->upstream);
        session->server.can_read = session->server.can_write = true;
        greet(session);
        gd_count(&session->relay->counters.entered, 1);
        gd_session_enter(session, GD_SESSION_OPEN);
        if (!gd_relay_watch(session->relay, &session->server))
            gd_session_end(session);
    }
    gd_entrance_done(GD_MOVE(session->entrance));
    gd_arena_free(GD_MOVE(session->arena));
    if (session->state == GD_SESSION_OPEN)
        gd_session_event(session, GD_ON_SOCKET);
}

/* --- open ----------------------------------------------------------------------------------------
 */

static void on_open(struct gd_session *session)
{
    struct gd_relay *relay = session->relay;
    if (session->state == GD_SESSION_OPEN)
        session->since_ms = relay->now_ms;
    if (!gd_session_pump(session))
        gd_relay_busy(relay, session);
}

static void on_idle(struct gd_session *session)
{
    uint32_t limit = session->relay->options.idle_ms;
    if (limit == 0 || !gd_session_at_rest(session) ||
        session->relay->now_ms - session->since_ms <= limit)
        return;
    gd_session_close(session,
                     &(struct gd_wire_words){"FATAL", "57P05",
                                             "terminating connection due to idle-session timeout",
                                             NULL, NULL});
}

static void end_by_stop(struct gd_session *session)
{
    gd_session_close(session,
                     &(struct gd_wire_words){"FATAL", "57P01",
                                             "terminating connection due to administrator command",
                                             NULL, NULL});
}

static bool is_drained(const struct gd_session *session)
{
    const struct gd_relay *relay = session->relay;
    return atomic_load(&relay->cut) || relay->now_ms - relay->stopped_ms > relay->options.drain_ms;
}

static void on_stop(struct gd_session *session)
{
    bool free_to_go = gd_session_at_rest(session) && session->transaction == 'I' &&
                      session->up.filled == session->up.sent;
    if (free_to_go || is_drained(session))
        end_by_stop(session);
}

/* --- while a job runs ----------------------------------------------------------------------------
 */

static void watch_client(struct gd_session *session)
{
    if (session->client.hung_up)
        atomic_store(&session->gone, true);
    (void)gd_session_flush_client(session);
}

static void stop_judging(struct gd_session *session)
{
    if (is_drained(session))
        atomic_store(&session->gone, true);
}

static void on_judged(struct gd_session *session)
{
    gd_session_judged(session);
    if (session->state == GD_SESSION_OPEN || session->state == GD_SESSION_WAITING)
        gd_session_event(session, GD_ON_SOCKET);
}

static void on_cancelled(struct gd_session *session)
{
    session->job->target->pins--;
    gd_session_close(session, NULL);
}

void gd_session_work(struct gd_job *job)
{
    const struct gd_relay_options *options = &job->session->relay->options;
    struct gd_error ignored = {0};
    switch (job->kind) {
    case GD_JOB_CONNECT:
        connect_session(job);
        return;
    case GD_JOB_JUDGE:
        /* What a gate forgets to say is no. */
        job->answer = (struct gd_gate_answer){.verdict = GD_GATE_REFUSE,
                                              .message = "the statement was not judged"};
        job->request.pg = job->at_rest ? gd_upstream_pg(job->session->upstream) : NULL;
        options->gate->judge(options->gate->context, &job->request, &job->answer);
        return;
    case GD_JOB_CANCEL:
        /* A client is never told what became of it. */
        (void)gd_upstream_cancel(job->target->upstream, &ignored).code;
        return;
    }
}

/* --- closing -------------------------------------------------------------------------------------
 */

/* The last words, then our end of the wire; then what the client still says is read away, because
 * closing over unread bytes would take the last words with it. */
static void on_closing(struct gd_session *session)
{
    if (!gd_session_flush_client(session))
        return;
    if (!session->told_off) {
        gd_stream_finish(session->client.stream);
        session->told_off = true;
        session->since_ms = session->relay->now_ms;
    }
    do {
        gd_pipe_forget(&session->up);
        gd_pipe_discard(&session->up);
    } while (gd_side_read(&session->client, &session->up, &session->relay->counters.bytes_in) &&
             !session->client.ended);
    if (session->client.ended || session->client.deaf)
        gd_session_end(session);
}

static void cut(struct gd_session *session)
{
    int64_t most = session->told_off ? LINGER_MS : CLOSING_MS;
    if (session->relay->now_ms - session->since_ms > most)
        gd_session_end(session);
}

/* --- the table -----------------------------------------------------------------------------------
 */

typedef void event_fn(struct gd_session *session);

/* clang-format off */
static event_fn *const table[GD_SESSION_STATES][GD_SESSION_EVENTS] = {
    /*                           SOCKET          DONE           TICK      STOP            */
    [GD_SESSION_ENTERING]   = {on_entering,   NULL,          late,     gd_session_end},
    [GD_SESSION_CONNECTING] = {watch_client,  on_connected,  NULL,     NULL},
    [GD_SESSION_OPEN]       = {on_open,       NULL,          on_idle,  on_stop},
    [GD_SESSION_WAITING]    = {on_open,       NULL,          NULL,     on_stop},
    [GD_SESSION_JUDGING]    = {watch_client,  on_judged,     gd_session_keep_told, stop_judging},
    [GD_SESSION_CANCELLING] = {NULL,          on_cancelled,  NULL,     NULL},
    [GD_SESSION_CLOSING]    = {on_closing,    NULL,          cut,      NULL},
    [GD_SESSION_OVER]       = {NULL,          NULL,          NULL,     NULL},
};
/* clang-format on */

void gd_session_event(struct gd_session *session, enum gd_session_event event)
{
    enum gd_session_state before = session->state;
    event_fn *handle = table[before][event];
    if (handle != NULL)
        handle(session);
    if (session->state == GD_SESSION_CLOSING && before != GD_SESSION_CLOSING)
        on_closing(session);
}
