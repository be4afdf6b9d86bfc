/*
 * Holding: a statement waits until what was sent before it is answered, then the gate judges it on
 * a thread that may wait, and its verdict is put where the statement stood.
 */
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guardian/base/memory.h"
#include "guardian/proxy/relay_own.h"

static const char answered_name[] = "guardian_answered";

static bool has_gone(void *context)
{
    struct gd_session *session = context;
    return atomic_load(&session->gone);
}

void gd_session_hold(struct gd_session *session, bool bind)
{
    session->judging_bind = bind;
    session->flushed = session->cancelled = false;
    atomic_store(&session->gone, session->client.hung_up);
    gd_count(&session->relay->counters.held, 1);
    gd_session_enter(session, GD_SESSION_WAITING);
}

/* --- asking --------------------------------------------------------------------------------------
 */

static const char *copy_name(struct gd_session *session, const char *name)
{
    return gd_arena_strndup(session->arena, name, strnlen(name, GD_WIRE_NAME_MAX));
}

/* A Bind or an Execute: the text is the one that was prepared. A portal may have gone with its
 * transaction while the Execute waited: then nobody knows what it would run. */
static void fill_prepared(struct gd_session *session, const struct gd_wire_message *message,
                          struct gd_gate_request *request)
{
    struct gd_wire_cursor body = gd_wire_body(message);
    const char *portal = gd_wire_read_text(&body);
    bool bind = message->kind->type == 'B';
    const struct gd_named *bound = bind ? NULL : gd_names_find(&session->names, true, portal);
    const char *name = bind ? gd_wire_read_text(&body) : bound == NULL ? "" : bound->statement;
    const struct gd_named *named = bind ? gd_names_find(&session->names, false, name)
                                   : bound == NULL || bound->text == NULL ? NULL
                                                                          : bound;
    char text[GD_EXECUTE_TEXT_SIZE];
    gd_session_execute_text(name, text);
    request->text = named == NULL ? gd_arena_strdup(session->arena, text)
                                  : gd_arena_strndup(session->arena, named->text, named->size);
    request->size = strlen(request->text);
    request->name = copy_name(session, name);
    request->again = bound == NULL || bound->executed ? 0 : bound->ticket;
}

static void fill_text(struct gd_session *session, const struct gd_wire_message *message,
                      struct gd_gate_request *request)
{
    struct gd_wire_cursor body = gd_wire_body(message);
    char call[GD_FUNCTION_TEXT_SIZE];
    if (message->kind->type == 'F' && gd_function_text(message, call)) {
        request->text = gd_arena_strdup(session->arena, call);
        request->size = strlen(call);
        return;
    }
    request->parse = message->kind->type == 'P';
    if (request->parse)
        request->name = copy_name(session, gd_wire_read_text(&body));
    request->text = gd_wire_read_text(&body); /* where it was read: it is not moved while held */
    request->size = strlen(request->text);
}

static enum gd_pg_state state_now(const struct gd_session *session, bool at_rest)
{
    if (!at_rest)
        return GD_PG_UNKNOWN;
    return session->transaction == 'I'   ? GD_PG_OUTSIDE
           : session->transaction == 'T' ? GD_PG_INSIDE
                                         : GD_PG_ABORTED;
}

static void ask(struct gd_session *session, bool at_rest)
{
    struct gd_wire_message message;
    enum gd_pipe_found found = gd_pipe_next(&session->up, &message);
    assert(found == GD_PIPE_MESSAGE && session->arena == NULL);
    (void)found;
    session->arena = gd_arena_new();
    session->job->kind = GD_JOB_JUDGE;
    session->job->at_rest = at_rest;
    const struct gd_wire_out *earlier = &session->earlier;
    struct gd_gate_request *request = &session->job->request;
    *request = (struct gd_gate_request){
        .session = session->gate,
        .settle = at_rest ? GD_SETTLE_NO : gd_session_can_settle(session, message.kind->type),
        .earlier =
            earlier->size == 0
                ? ""
                : gd_arena_strndup(session->arena, (const char *)earlier->bytes, earlier->size),
        .state = state_now(session, at_rest),
        .backend = gd_upstream_backend(session->upstream),
        .arena = session->arena,
        .gone = has_gone,
        .gone_context = session,
    };
    if (session->judging_bind)
        fill_prepared(session, &message, request);
    else
        fill_text(session, &message, request);
    gd_session_enter(session, GD_SESSION_JUDGING);
    if (!gd_relay_crew_give(session->relay->crew, session->job))
        gd_session_close(session, &(struct gd_wire_words){
                                      "FATAL", "53000",
                                      "guardian has no thread to judge a statement", NULL, NULL});
}

/* Outside of a block a Sync ends what the batch has begun, unless a block of ours is open for it
 * already; and our own queries take the place of the unnamed portal. */
enum gd_gate_settle gd_session_can_settle(const struct gd_session *session, char type)
{
    const struct gd_named *portal = gd_names_find(&session->names, true, "");
    if ((type != 'B' && type != 'P') || !session->unsynced || session->block == '?' ||
        (portal != NULL && !portal->executed))
        return GD_SETTLE_NO;
    bool stands = session->block == 'T' || session->wrapped || !session->bound;
    return stands ? GD_SETTLE_SYNC : GD_SETTLE_BLOCK;
}

static void flush_server(struct gd_session *session)
{
    gd_auto_wire_out out = {0};
    if (!session->unsynced || session->flushed)
        return;
    gd_wire_bare(&out, 'H');
    gd_pipe_insert(&session->up, out.bytes, out.size);
    session->flushed = true;
}

void gd_session_try_judge(struct gd_session *session)
{
    static const struct gd_wire_words breaks_copy = {
        "FATAL", "08P01", "unexpected message during COPY from stdin", NULL, NULL};
    size_t unsent = 0;
    assert(session->state == GD_SESSION_WAITING);
    if (session->skipping) { /* the server will not look at it */
        gd_session_enter(session, GD_SESSION_OPEN);
        return;
    }
    if (session->copying) { /* it waits for the client, and that for us */
        gd_session_close(session, &breaks_copy);
        return;
    }
    if (gd_expected_head(&session->expected) != NULL) {
        flush_server(session);
        return;
    }
    /* Queries of our own need a wire with nothing on it. */
    (void)gd_pipe_run(&session->up, &unsent);
    bool quiet = unsent == 0 && gd_pipe_between(&session->down) &&
                 session->down.passed == session->down.filled;
    if (quiet)
        ask(session, gd_session_at_rest(session));
}

/* --- coming to a rest ----------------------------------------------------------------------------
 */

static void expect_hidden(struct gd_session *session, enum gd_expect_kind kind)
{
    gd_expected_add(&session->expected, (struct gd_expect){.kind = kind, .way = GD_WAY_HIDDEN});
}

static void put_close(struct gd_wire_out *out, const char *statement)
{
    gd_wire_begin(out, 'C');
    gd_wire_put(out, "S", 1);
    gd_wire_put_text(out, statement);
    gd_wire_end(out);
}

static void put_bind(struct gd_wire_out *out, const char *portal, const char *statement)
{
    static const uint8_t no_parameters[6] = {0};
    gd_wire_begin(out, 'B');
    gd_wire_put_text(out, portal);
    gd_wire_put_text(out, statement);
    gd_wire_put(out, no_parameters, sizeof no_parameters);
    gd_wire_end(out);
}

static void put_execute(struct gd_wire_out *out, const char *portal)
{
    gd_wire_begin(out, 'E');
    gd_wire_put_text(out, portal);
    gd_wire_put_u32(out, 0);
    gd_wire_end(out);
}

/* BEGIN makes a block of what the batch has done so far, and nothing of it is committed by a Sync.
 */
static void put_begin(struct gd_session *session, struct gd_wire_out *out)
{
    static const char name[] = "guardian_begin";
    put_close(out, name);
    gd_wire_parse(out, name, "BEGIN", NULL, 0);
    put_bind(out, name, name);
    put_execute(out, name);
    expect_hidden(session, GD_EXPECT_CLOSE);
    expect_hidden(session, GD_EXPECT_PARSE);
    expect_hidden(session, GD_EXPECT_BIND);
    expect_hidden(session, GD_EXPECT_EXECUTE);
    session->wrapped = true;
}

static void settle(struct gd_session *session)
{
    gd_auto_wire_out out = {0};
    if (session->job->request.settle == GD_SETTLE_BLOCK)
        put_begin(session, &out);
    gd_wire_bare(&out, 'S');
    expect_hidden(session, GD_EXPECT_SYNC);
    session->settling = true;
    session->unsynced = false;
    gd_pipe_insert(&session->up, out.bytes, out.size);
    gd_session_enter(session, GD_SESSION_WAITING);
}

/* --- verdicts ------------------------------------------------------------------------------------
 */

/* In place of the Bind, or with an Execute of it: an empty statement, whose portal gets the tag. */
static void answer_prepared(struct gd_session *session, const struct gd_wire_message *message,
                            const char *tag)
{
    struct gd_wire_cursor body = gd_wire_body(message);
    bool bind = message->kind->type == 'B';
    const char *portal = bind ? gd_wire_read_text(&body) : answered_name;
    gd_auto_wire_out out = {0};
    put_close(&out, answered_name);
    gd_wire_parse(&out, answered_name, "", NULL, 0);
    put_bind(&out, portal, answered_name);
    expect_hidden(session, GD_EXPECT_CLOSE);
    expect_hidden(session, GD_EXPECT_PARSE);
    struct gd_expect bound = {.kind = GD_EXPECT_BIND, .way = bind ? GD_WAY_PLAIN : GD_WAY_HIDDEN};
    if (bind) {
        bound.named = gd_names_add(&session->names, true, portal);
        bound.named->tag = gd_memory_strdup(tag);
        bound.named->rest = session->rests;
    }
    gd_expected_add(&session->expected, bound);
    if (!bind) {
        put_execute(&out, answered_name);
        gd_expected_add(&session->expected, (struct gd_expect){.kind = GD_EXPECT_EXECUTE,
                                                               .way = GD_WAY_ANSWERED,
                                                               .more = gd_memory_strdup(tag)});
    }
    session->unsynced = true;
    gd_session_replace(session, message, &out);
}

static void answer_query(struct gd_session *session, const struct gd_wire_message *message,
                         const char *tag)
{
    gd_auto_wire_out out = {0};
    gd_wire_query(&out, "");
    gd_names_close(&session->names, false, "");
    gd_expected_add(&session->expected, (struct gd_expect){.kind = GD_EXPECT_QUERY,
                                                           .way = GD_WAY_ANSWERED,
                                                           .more = gd_memory_strdup(tag)});
    session->unsynced = false;
    gd_session_replace(session, message, &out);
}

static void answer_parse(struct gd_session *session, const struct gd_wire_message *message,
                         const char *tag)
{
    struct gd_wire_cursor body = gd_wire_body(message);
    const char *name = gd_wire_read_text(&body), *text = gd_wire_read_text(&body);
    gd_auto_wire_out out = {0};
    gd_wire_parse(&out, name, "", NULL, 0);
    struct gd_named *named = gd_names_add(&session->names, false, name);
    named->text = gd_memory_strdup(text);
    named->size = strlen(text);
    named->tag = gd_memory_strdup(tag);
    named->rest = session->rests;
    session->names.bytes += named->size;
    if (*name == '\0')
        session->unnamed_lost = false;
    gd_expected_add(&session->expected,
                    (struct gd_expect){.kind = GD_EXPECT_PARSE, .named = named});
    session->unsynced = true;
    gd_session_replace(session, message, &out);
}

static void answer(struct gd_session *session, const struct gd_wire_message *message,
                   const char *tag)
{
    const char *given = tag == NULL || *tag == '\0' ? "SELECT 0" : tag;
    gd_count(&session->relay->counters.answered, 1);
    switch (message->kind->type) {
    case 'Q':
    case 'F':
        answer_query(session, message, given);
        return;
    case 'P':
        answer_parse(session, message, given);
        return;
    default:
        answer_prepared(session, message, given);
        return;
    }
}

/* A Query in the gate's words. */
static void pass_instead(struct gd_session *session, const struct gd_wire_message *message,
                         const struct gd_gate_answer *verdict)
{
    gd_auto_wire_out out = {0};
    gd_wire_query(&out, verdict->text);
    gd_names_close(&session->names, false, "");
    session->unnamed_lost = false;
    gd_expected_add(&session->expected,
                    (struct gd_expect){.kind = GD_EXPECT_QUERY, .ticket = verdict->ticket});
    session->unsynced = false;
    gd_session_note_text(session, verdict->text, strlen(verdict->text));
    gd_session_replace(session, message, &out);
    gd_count(&session->relay->counters.statements, 1);
}

static void pass(struct gd_session *session, const struct gd_wire_message *message,
                 const struct gd_gate_answer *verdict)
{
    if (verdict->text != NULL) {
        assert(message->kind->type == 'Q');
        pass_instead(session, message, verdict);
    } else if (session->judging_bind) {
        session->judged = true; /* goes on as any other, once */
        session->ticket = verdict->ticket;
    } else {
        gd_session_pass_statement(session, message, verdict->ticket);
    }
}

static void notice(struct gd_session *session, const char *text)
{
    gd_auto_wire_out out = {0};
    if (text == NULL || *text == '\0')
        return;
    gd_wire_notice(&out, &(struct gd_wire_words){"NOTICE", "00000", text, NULL, NULL});
    gd_pipe_insert(&session->down, out.bytes, out.size);
}

/* A notice may come at any time, and nothing else goes to the client while its statement is held.
 * Who does not listen is not told again. */
void gd_session_keep_told(struct gd_session *session)
{
    const struct gd_relay *relay = session->relay;
    const struct gd_gate *gate = relay->options.gate;
    int64_t last = session->told_ms > session->since_ms ? session->told_ms : session->since_ms;
    char doing[96] = "", text[192];
    if (relay->now_ms - last < relay->options.notice_ms || !gd_session_flush_client(session))
        return;
    session->told_ms = relay->now_ms;
    if (gate->waits_for != NULL)
        gate->waits_for(gate->context, session->gate, doing, sizeof doing);
    snprintf(text, sizeof text, "guardian holds this statement for %" PRId64 " s now%s%s",
             (relay->now_ms - session->since_ms) / 1000, *doing == '\0' ? "" : ": it is ", doing);
    notice(session, text);
    (void)gd_session_flush_client(session);
}

/* Not passed after all: whoever wrote that it would be is told. */
static void tell_unsent(struct gd_session *session, uint64_t ticket)
{
    const struct gd_gate *gate = session->relay->options.gate;
    const struct gd_gate_result none = {
        .failed = true, .sqlstate = "57014", .tag = "", .state = GD_PG_OUTSIDE};
    if (ticket != 0)
        gate->passed(gate->context, session->gate, ticket, &none);
}

static void apply(struct gd_session *session, const struct gd_gate_answer *verdict)
{
    struct gd_wire_message message;
    struct gd_wire_words words = {"ERROR", verdict->sqlstate, verdict->message, verdict->detail,
                                  verdict->hint};
    enum gd_pipe_found found = gd_pipe_next(&session->up, &message);
    assert(found == GD_PIPE_MESSAGE);
    (void)found;
    assert(!verdict->wrap || strchr("QFB", message.kind->type) != NULL);
    session->wrapped |= verdict->wrap; /* or the batch was already */
    if (session->wrapped && session->closing == NULL && verdict->closing != NULL)
        session->closing = gd_memory_strdup(verdict->closing);
    notice(session, verdict->notice);
    gd_session_enter(session, GD_SESSION_OPEN);
    switch (verdict->verdict) {
    case GD_GATE_PASS:
        pass(session, &message, verdict);
        return;
    case GD_GATE_ANSWER:
        answer(session, &message, verdict->tag);
        return;
    case GD_GATE_RETURN:
        words.severity = "FATAL";
        words.sqlstate = *words.sqlstate == '\0' ? "57P01" : words.sqlstate;
        gd_session_close(session, &words);
        return;
    default:
        words.sqlstate = *words.sqlstate == '\0' ? "42501" : words.sqlstate;
        gd_session_refuse(session, &message, &words, verdict->ticket);
        return;
    }
}

/* What libpq has heard and done meanwhile. @return false: it has lost the server, and with it the
 * socket that was ours, too */
static bool take_back(struct gd_session *session)
{
    if (!gd_upstream_whole(session->upstream))
        return false;
    session->server.can_read = session->server.can_write = true;
    if (!session->job->at_rest)
        return true;
    size_t size = 0;
    const void *heard = gd_upstream_heard(session->upstream, &size);
    gd_pipe_insert(&session->down, heard, size);
    session->unnamed_lost = gd_names_find(&session->names, false, "") != NULL;
    return true;
}

void gd_session_judged(struct gd_session *session)
{
    static const struct gd_gate_answer cancelled = {.verdict = GD_GATE_REFUSE,
                                                    .sqlstate = "57014",
                                                    .message =
                                                        "canceling statement due to user request"};
    static const struct gd_wire_words lost = {
        "FATAL", "08006", "the server has ended the connection while a statement was held", NULL,
        NULL};
    bool whole = take_back(session);
    struct gd_gate_answer verdict = session->cancelled ? cancelled : session->job->answer;
    verdict.wrap = session->job->answer.wrap; /* what was opened is ended, refused or not */
    if (session->job->answer.verdict == GD_GATE_PASS)
        verdict.ticket = session->job->answer.ticket;
    else
        verdict.ticket = 0;
    bool left = atomic_load(&session->gone) && !session->cancelled;
    if (left || !whole)
        tell_unsent(session, verdict.ticket);
    if (left)
        gd_session_end(session);
    else if (!whole)
        gd_session_close(session, &lost);
    else if (verdict.verdict == GD_GATE_SETTLE)
        settle(session);
    else
        apply(session, &verdict);
    gd_arena_free(GD_MOVE(session->arena));
}
