/*
 * Fuzz: a session of the relay between a client and a server that say what the fuzzer wants, in
 * any order and in any pieces. Nothing runs that the gate has not let pass, whoever lies; a session
 * always comes to its end; nothing is left over.
 *
 * The sockets are real, the event loop is ours: what happens, happens in the order of the input.
 * Upstream (libpq) and crew (threads) are replaced by what stands below, so that a judgement takes
 * place at once, or is waited for as long as the input says. Each byte below OPS is a step, and
 * what a step needs follows it.
 */
#include <assert.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "guardian/base/memory.h"
#include "guardian/pg/upstream.h"
#include "guardian/proxy/door_own.h"
#include "guardian/proxy/relay_own.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { SEEN_MAX = 512, ROUNDS_MAX = 64, PIECE_MAX = 4096 };

/* --- the input -----------------------------------------------------------------------------------
 */

struct input {
    const uint8_t *at, *end;
};

static uint8_t next_byte(struct input *input)
{
    return input->at < input->end ? *input->at++ : 0;
}

static size_t next_piece(struct input *input, const uint8_t **out_piece)
{
    size_t size = next_byte(input), left = (size_t)(input->end - input->at);
    size = size < left ? size : left;
    *out_piece = input->at;
    input->at += size;
    return size;
}

/* --- the world -----------------------------------------------------------------------------------
 */

struct world {
    struct input input;
    struct gd_relay relay;
    struct gd_door door;
    struct gd_session *session;
    struct gd_job *job;       /* that was given, and is not done yet */
    int client, server;       /* our ends; -1: closed */
    struct gd_wire_out heard; /* what the server has heard, up to the message that is not whole */
    size_t asked;             /* answers that the server owes */
    bool in_copy;
    struct gd_gate_answer verdict; /* the next ones */
    bool glances;
    uint64_t seen[SEEN_MAX]; /* texts that may run */
    size_t seen_count, tickets, told;
};
static struct world *world;

static uint64_t key_of(const char *text, size_t size)
{
    uint64_t hash = 14695981039346656037U;
    for (size_t i = 0; i < size; i++)
        hash = (hash ^ (unsigned char)text[i]) * 1099511628211U;
    return hash;
}

static void allow(const char *text, size_t size)
{
    assert(strlen(text) == size);
    world->seen[world->seen_count++ % SEEN_MAX] = key_of(text, size);
}

static bool may_run(const char *text)
{
    static const char *const ours[] = {"", "guardian refused this statement", "COMMIT", "ROLLBACK",
                                       "SELECT 1;\nCOMMIT"};
    uint64_t key = key_of(text, strlen(text));
    for (size_t i = 0; i < sizeof ours / sizeof ours[0]; i++)
        if (strcmp(text, ours[i]) == 0)
            return true;
    for (size_t i = 0; i < world->seen_count && i < SEEN_MAX; i++)
        if (world->seen[i] == key)
            return true;
    return false;
}

/* --- the gate ------------------------------------------------------------------------------------
 */

static void leave(void *context, struct gd_gate_session *session)
{
    (void)context;
    (void)session;
}

static bool glance(void *context, struct gd_gate_session *session, const char *text, size_t size,
                   bool parse)
{
    (void)context;
    (void)session;
    (void)parse;
    if (world->glances)
        allow(text, size);
    return world->glances;
}

static bool still(void *context, struct gd_gate_session *session, const char *text, size_t size)
{
    (void)context;
    (void)session;
    assert(strlen(text) == size);
    return world->glances;
}

static void judge(void *context, const struct gd_gate_request *request,
                  struct gd_gate_answer *out_answer)
{
    (void)context;
    assert(strlen(request->text) == request->size && request->earlier != NULL);
    *out_answer = world->verdict;
    if (out_answer->verdict != GD_GATE_PASS) {
        out_answer->wrap = false;
        return;
    }
    out_answer->ticket = ++world->tickets;
    allow(request->text, request->size);
    bool query = request->name == NULL && !request->parse && request->state != GD_PG_UNKNOWN;
    out_answer->wrap = out_answer->wrap && query;
    out_answer->text = query ? out_answer->text : NULL;
    if (out_answer->text != NULL)
        allow(out_answer->text, strlen(out_answer->text));
}

static void passed(void *context, struct gd_gate_session *session, uint64_t ticket,
                   const struct gd_gate_result *result)
{
    (void)context;
    (void)session;
    assert(ticket > 0 && ticket <= world->tickets && result->tag != NULL);
    world->told++;
}

static const struct gd_gate gate = {
    .leave = leave, .glance = glance, .still = still, .judge = judge, .passed = passed};

/* --- in place of libpq, and of threads -----------------------------------------------------------
 */

struct gd_upstream {
    struct gd_stream *stream;
};

struct gd_status gd_upstream_connect(const struct gd_upstream_options *options,
                                     struct gd_upstream **out_upstream,
                                     struct gd_upstream_refusal *out_refusal, struct gd_error *err)
{
    (void)options;
    (void)out_upstream;
    (void)out_refusal;
    return gd_fail(err, GD_SYSTEM, "nobody connects here");
}

void gd_upstream_close(struct gd_upstream *upstream)
{
    if (upstream != NULL)
        gd_stream_free(upstream->stream);
    free(upstream);
}

struct gd_stream *gd_upstream_stream(struct gd_upstream *upstream)
{
    return upstream->stream;
}

const struct gd_pg_parameter *gd_upstream_reported(const struct gd_upstream *upstream,
                                                   size_t *out_count)
{
    (void)upstream;
    *out_count = 0;
    return NULL;
}

void gd_upstream_told(struct gd_upstream *upstream, const char *name, const char *value)
{
    (void)upstream;
    assert(name != NULL && value != NULL);
}

int gd_upstream_backend(const struct gd_upstream *upstream)
{
    (void)upstream;
    return 1;
}

struct gd_status gd_upstream_cancel(struct gd_upstream *upstream, struct gd_error *err)
{
    (void)upstream;
    (void)err;
    return GD_DONE;
}

/* Queries of our own would need a wire with nothing on it. */
struct gd_pg *gd_upstream_pg(struct gd_upstream *upstream)
{
    size_t unsent = 0;
    (void)upstream;
    (void)gd_pipe_run(&world->session->up, &unsent);
    assert(unsent == 0 && gd_session_at_rest(world->session));
    return NULL;
}

bool gd_upstream_whole(const struct gd_upstream *upstream)
{
    return upstream->stream != NULL;
}

const void *gd_upstream_heard(struct gd_upstream *upstream, size_t *out_size)
{
    (void)upstream;
    *out_size = 0;
    return NULL;
}

struct gd_relay_crew {
    int unused;
};

struct gd_relay_crew *gd_relay_crew_new(unsigned workers, int wake)
{
    (void)workers;
    (void)wake;
    return NULL;
}

bool gd_relay_crew_give(struct gd_relay_crew *crew, struct gd_job *job)
{
    (void)crew;
    assert(world->job == NULL && job->kind == GD_JOB_JUDGE);
    world->job = job;
    return true;
}

struct gd_job *gd_relay_crew_take(struct gd_relay_crew *crew)
{
    (void)crew;
    return NULL;
}

void gd_relay_crew_free(struct gd_relay_crew *crew)
{
    (void)crew;
}

/* --- the server ----------------------------------------------------------------------------------
 */

static void check_heard(const struct gd_wire_message *message)
{
    struct gd_wire_cursor body = gd_wire_body(message);
    char text[GD_FUNCTION_TEXT_SIZE];
    char type = message->kind->type;
    if (type == 'Q')
        assert(may_run(gd_wire_read_text(&body)));
    if (type == 'P') {
        (void)gd_wire_read_text(&body);
        assert(may_run(gd_wire_read_text(&body)));
    }
    if (type == 'F') {
        bool known = gd_function_text(message, text);
        assert(known && may_run(text));
    }
    world->asked += strchr("QPBEDCSF", type) != NULL;
}

static void hear(void)
{
    uint8_t bytes[PIECE_MAX];
    ssize_t got;
    struct gd_wire_out *heard = &world->heard;
    while (world->server >= 0 && (got = recv(world->server, bytes, sizeof bytes, MSG_DONTWAIT)) > 0)
        gd_wire_put(heard, bytes, (size_t)got);
    size_t at = 0;
    struct gd_wire_message message;
    if (heard->size == 0)
        return;
    while (gd_wire_look(GD_WIRE_CLIENT, heard->bytes + at, heard->size - at, &message) ==
               GD_WIRE_MESSAGE &&
           message.size <= heard->size - at) {
        check_heard(&message);
        at += message.size;
    }
    if (at > 0)
        memmove(heard->bytes, heard->bytes + at, heard->size - at);
    heard->size -= at;
}

static void tell(int end, const void *bytes, size_t size)
{
    ssize_t sent = end < 0 ? 0 : send(end, bytes, size, MSG_DONTWAIT | MSG_NOSIGNAL);
    (void)sent; /* full: then it is lost, as if the input had not said so */
}

static void say(const struct gd_wire_out *out)
{
    tell(world->server, out->bytes, out->size);
}

/* An answer as a server might give it: most of the time the one that is due. */
static void answer(struct gd_wire_out *out, uint8_t how)
{
    static const char bare[] = "123nIs";
    static const char states[] = "ITE";
    switch (how % 12) {
    case 0:
    case 1:
    case 2:
    case 3:
    case 4:
    case 5:
        gd_wire_bare(out, bare[how % 12]);
        return;
    case 6:
        gd_wire_complete(out, how & 0x40 ? "ROLLBACK" : "SELECT 1");
        return;
    case 7:
        gd_wire_error(out,
                      &(struct gd_wire_words){how & 0x40 ? "FATAL" : "ERROR",
                                              how & 0x20 ? "42601" : "22012", "no", NULL, NULL});
        return;
    case 8:
        gd_wire_notice(out, &(struct gd_wire_words){"NOTICE", "00000", "so", NULL, NULL});
        return;
    case 9:
        gd_wire_parameter(out, "standard_conforming_strings", "off");
        return;
    case 10: /* a COPY begins, from the client or to it */
        gd_wire_begin(out, how & 0x40 ? 'G' : 'H');
        gd_wire_put(out, "\0\0\0", 3);
        gd_wire_end(out);
        return;
    default:
        gd_wire_ready(out, states[(how >> 5) % 3]);
        return;
    }
}

/* --- the client ----------------------------------------------------------------------------------
 */

static const char *const texts[] = {
    "SELECT 1", "", "BEGIN", "DROP TABLE t", "COMMIT  ", "SELECT 2", "COPY t FROM STDIN", "x"};
static const char *const names[] = {"", "a", "b", "guardian_refused"};

static void put_names(struct gd_wire_out *out, uint8_t which)
{
    gd_wire_put_text(out, names[which % 4]);
    gd_wire_put_text(out, names[which / 4 % 4]);
}

static void ask(struct gd_wire_out *out, uint8_t kind, uint8_t which)
{
    static const uint8_t zeros[8] = {0};
    switch (kind % 10) {
    case 0:
        gd_wire_query(out, texts[which % 8]);
        return;
    case 1:
        gd_wire_parse(out, names[which / 8 % 4], texts[which % 8], NULL, 0);
        return;
    case 2:
        gd_wire_begin(out, 'B');
        put_names(out, which);
        gd_wire_put(out, zeros, 6);
        break;
    case 3:
        gd_wire_begin(out, 'E');
        gd_wire_put_text(out, names[which % 4]);
        gd_wire_put(out, zeros, 4);
        break;
    case 4:
    case 5:
        gd_wire_begin(out, kind % 10 == 4 ? 'D' : 'C');
        gd_wire_put(out, which & 1 ? "S" : "P", 1);
        gd_wire_put_text(out, names[which / 2 % 4]);
        break;
    case 6:
        gd_wire_bare(out, "SHX"[which % 3]);
        return;
    case 7:
        gd_wire_bare(out, 'c');
        return;
    case 8:
        gd_wire_begin(out, 'd');
        gd_wire_put(out, zeros, which % 8);
        break;
    default: /* lo_open and others, by their number */
        gd_wire_begin(out, 'F');
        gd_wire_put_u32(out, 950U + which);
        gd_wire_put(out, zeros, 6);
        break;
    }
    gd_wire_end(out);
}

/* --- steps ---------------------------------------------------------------------------------------
 */

static bool is_over(void)
{
    return world->session->state == GD_SESSION_OVER;
}

/* What epoll would say, and more: a socket that is looked at in vain is no harm. */
static void happen(void)
{
    struct gd_session *session = world->session;
    for (int round = 0; round < ROUNDS_MAX && !is_over(); round++) {
        session->client.can_read = session->server.can_read = true;
        session->client.can_write = session->server.can_write = true;
        session->client.hung_up = session->client.hung_up || world->client < 0;
        session->server.hung_up = session->server.hung_up || world->server < 0;
        session->is_busy = false;
        world->relay.busy = NULL;
        gd_session_event(session, GD_ON_SOCKET);
        hear();
        if (world->relay.busy == NULL)
            return;
    }
}

static void come_to_judge(void)
{
    struct gd_job *job = GD_MOVE(world->job);
    if (job == NULL)
        return;
    gd_session_work(job);
    gd_session_event(world->session, GD_ON_DONE);
}

static void hang_up(int *end)
{
    if (*end >= 0)
        close(*end);
    *end = -1;
}

static void pass_time(int64_t ms)
{
    world->relay.now_ms += ms;
    gd_session_event(world->session, GD_ON_TICK);
    if (atomic_load(&world->relay.stopping))
        gd_session_event(world->session, GD_ON_STOP);
}

static void set_verdict(uint8_t how)
{
    world->glances = (how & 0x80) != 0;
    world->verdict = (struct gd_gate_answer){
        .verdict = (enum gd_gate_verdict)(how % 4),
        .message = "no",
        .detail = "",
        .hint = "",
        .notice = how & 0x10 ? "by the way" : NULL,
        .tag = how & 0x20 ? "DROP TABLE" : NULL,
        .text = how & 0x08 ? "SELECT 'instead'" : NULL,
        .wrap = (how & 0x40) != 0,
        .closing = (how & 0x20) != 0 ? "SELECT 1" : NULL,
    };
}

static void cancel(void)
{
    if (world->session->state != GD_SESSION_JUDGING)
        return;
    world->session->cancelled = true;
    atomic_store(&world->session->gone, true);
}

static void step(void)
{
    struct input *input = &world->input;
    gd_auto_wire_out out = {0};
    const uint8_t *piece;
    size_t size;
    uint8_t what = next_byte(input), how = next_byte(input);
    switch (what % 12) {
    case 0:
    case 1:
    case 2:
        ask(&out, how, next_byte(input));
        tell(world->client, out.bytes, what & 0x80 ? out.size / 2 : out.size);
        if (what & 0x80) {
            happen();
            tell(world->client, out.bytes + out.size / 2, out.size - out.size / 2);
        }
        break;
    case 3:
    case 4:
    case 5:
        answer(&out, how);
        say(&out);
        break;
    case 6:
        size = next_piece(input, &piece);
        tell(world->client, piece, size);
        break;
    case 7:
        size = next_piece(input, &piece);
        tell(world->server, piece, size);
        break;
    case 8:
        set_verdict(how);
        break;
    case 9:
        if (how % 8 == 7)
            hang_up(how & 0x80 ? &world->client : &world->server);
        break;
    case 10:
        if (how % 4 == 3)
            cancel();
        else
            come_to_judge();
        break;
    default:
        if (how % 16 == 15)
            atomic_store(&world->relay.stopping, true);
        pass_time(how * 100);
        break;
    }
    happen();
}

/* --- a session -----------------------------------------------------------------------------------
 */

static struct gd_stream *stream_of(int descriptor)
{
    struct gd_stream *stream = NULL;
    struct gd_error err = {0};
    struct gd_status status = gd_stream_plain(descriptor, &stream, &err);
    assert(status.code == GD_OK);
    return stream;
}

static struct gd_stream *make_pair(int *out_end)
{
    int ends[2];
    int failed = socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends);
    assert(failed == 0);
    *out_end = ends[1];
    return stream_of(ends[0]);
}

/* As gd_session_new() and a job that connects would leave it. */
static void open_session(void)
{
    struct gd_relay *relay = &world->relay;
    struct gd_session *session = gd_memory_new(sizeof *session);
    session->relay = relay;
    session->transaction = 'I';
    session->client.session = session->server.session = session;
    session->client.stream = make_pair(&world->client);
    session->upstream = gd_memory_new(sizeof *session->upstream);
    session->upstream->stream = session->server.stream = make_pair(&world->server);
    gd_pipe_init(&session->up, GD_WIRE_CLIENT, relay->options.statement_bytes_max);
    gd_pipe_init(&session->down, GD_WIRE_SERVER, SIZE_MAX);
    session->job = gd_memory_new(sizeof *session->job);
    session->job->session = session;
    session->entered = true;
    relay->sessions = session;
    gd_session_enter(session, GD_SESSION_OPEN);
    bool watched =
        gd_relay_watch(relay, &session->client) && gd_relay_watch(relay, &session->server);
    assert(watched);
    world->session = session;
}

/* Both have gone: whatever it was at, it comes to its end, within the limits it has. */
static void close_session(void)
{
    enum { LONG_MS = 60000 };
    hang_up(&world->client);
    hang_up(&world->server);
    for (int i = 0; i < 8 && !is_over(); i++) {
        come_to_judge();
        happen();
        pass_time(LONG_MS);
    }
    assert(is_over() && world->job == NULL);
    assert(world->session->expected.count == 0 && world->session->result_count == 0);
    gd_session_free(world->session);
    gd_wire_done(&world->heard);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct world here = {
        .input = {data, data + size},
        .relay = {.options = {.gate = &gate,
                              .statement_bytes_max = 65536,
                              .notice_ms = 1000,
                              .idle_ms = 20000,
                              .drain_ms = 5000},
                  .now_ms = 1,
                  .wake = -1},
        .client = -1,
        .server = -1,
    };
    world = &here;
    here.relay.options.door = &here.door;
    here.relay.poll = epoll_create1(EPOLL_CLOEXEC);
    atomic_store(&here.door.clients, 1);
    set_verdict(next_byte(&here.input));
    open_session();
    while (here.input.at < here.input.end && !is_over())
        step();
    close_session();
    close(here.relay.poll);
    assert(atomic_load(&here.door.clients) == 0);
    return 0;
}
