/*
 * What the server says: each answer is given its place, and goes on, is replaced, or is kept from
 * the client.
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guardian/base/memory.h"
#include "guardian/proxy/relay_own.h"

typedef bool hear_fn(struct gd_session *session, const struct gd_wire_message *message);

static bool pass(struct gd_session *session, const struct gd_wire_message *message)
{
    gd_pipe_pass(&session->down, message);
    return true;
}

static void replace(struct gd_session *session, const struct gd_wire_message *message,
                    const void *bytes, size_t size)
{
    gd_pipe_drop(&session->down, message);
    gd_pipe_insert(&session->down, bytes, size);
}

/* Pass it, or keep it from the client; then the next answer is due. */
static bool pass_and_pop(struct gd_session *session, const struct gd_wire_message *message,
                         const struct gd_expect *head)
{
    if (head->way == GD_WAY_HIDDEN)
        gd_pipe_drop(&session->down, message);
    else
        gd_pipe_pass(&session->down, message);
    gd_expected_pop(&session->expected);
    return true;
}

static struct gd_expect *head_of(struct gd_session *session, enum gd_expect_kind kind)
{
    struct gd_expect *head = gd_expected_head(&session->expected);
    return head != NULL && head->kind == kind ? head : NULL;
}

/* --- results ------------------------------------------------------------------------------------
 */

void gd_session_result(struct gd_session *session, uint64_t ticket, size_t completed,
                       const char *sqlstate, const char *tag)
{
    bool failed = *sqlstate != '\0';
    bool told = session->result_count > 0 &&
                session->results[session->result_count - 1].ticket == ticket && failed;
    if (ticket == 0 || told) /* a Bind that fails takes its Execute along */
        return;
    if (session->result_count == session->result_capacity) {
        session->result_capacity = session->result_capacity * 2 + 4;
        session->results =
            gd_memory_grow(session->results, session->result_capacity * sizeof *session->results);
    }
    struct gd_waiting_result *one = &session->results[session->result_count++];
    *one = (struct gd_waiting_result){.ticket = ticket, .completed = completed, .failed = failed};
    snprintf(one->sqlstate, sizeof one->sqlstate, "%s", sqlstate);
    snprintf(one->tag, sizeof one->tag, "%s", tag);
}

static enum gd_pg_state state_of(char transaction)
{
    return transaction == 'I'   ? GD_PG_OUTSIDE
           : transaction == 'T' ? GD_PG_INSIDE
           : transaction == 'E' ? GD_PG_ABORTED
                                : GD_PG_UNKNOWN;
}

void gd_session_unrun(struct gd_session *session)
{
    const struct gd_gate *gate = session->relay->options.gate;
    struct gd_names *names = &session->names;
    for (size_t i = 0; i < names->unrun_count; i++) {
        struct gd_gate_result result = {.tag = "",
                                        .more =
                                            i + 1 < names->unrun_count || session->result_count > 0,
                                        .state = state_of(session->transaction)};
        gate->passed(gate->context, session->gate, names->unrun[i], &result);
    }
    names->unrun_count = 0;
}

static void tell_results(struct gd_session *session)
{
    const struct gd_gate *gate = session->relay->options.gate;
    gd_session_unrun(session);
    for (size_t i = 0; i < session->result_count; i++) {
        struct gd_waiting_result *one = &session->results[i];
        struct gd_gate_result result = {.failed = one->failed,
                                        .more = i + 1 < session->result_count,
                                        .completed = one->completed,
                                        .tag = one->tag,
                                        .state = state_of(session->transaction)};
        memcpy(result.sqlstate, one->sqlstate, sizeof result.sqlstate);
        gate->passed(gate->context, session->gate, one->ticket, &result);
    }
    session->result_count = 0;
}

/* --- answers of the extended protocol ------------------------------------------------------------
 */

static bool parsed(struct gd_session *session, const struct gd_wire_message *message)
{
    struct gd_expect *head = head_of(session, GD_EXPECT_PARSE);
    if (head == NULL)
        return false;
    if (head->named != NULL)
        gd_names_settle(&session->names, head->named);
    gd_session_result(session, head->ticket, 1, "", "");
    return pass_and_pop(session, message, head);
}

static bool bound(struct gd_session *session, const struct gd_wire_message *message)
{
    struct gd_expect *head = head_of(session, GD_EXPECT_BIND);
    if (head == NULL)
        return false;
    if (head->named != NULL)
        gd_names_settle(&session->names, head->named);
    return pass_and_pop(session, message, head);
}

static bool closed(struct gd_session *session, const struct gd_wire_message *message)
{
    struct gd_expect *head = head_of(session, GD_EXPECT_CLOSE);
    if (head == NULL)
        return false;
    if (head->more != NULL)
        gd_names_close(&session->names, head->more[0] == 'P', head->more + 1);
    return pass_and_pop(session, message, head);
}

static bool described(struct gd_session *session, const struct gd_wire_message *message)
{
    struct gd_expect *head = head_of(session, GD_EXPECT_DESCRIBE);
    return head == NULL ? pass(session, message) : pass_and_pop(session, message, head);
}

/* --- ends of commands ----------------------------------------------------------------------------
 */

/* What a client begins itself, it ends itself. What ends a block may begin another, or go back to a
 * savepoint in it. */
static void note_block(struct gd_session *session, const char *tag)
{
    if (strcmp(tag, "BEGIN") == 0 || strcmp(tag, "START TRANSACTION") == 0) {
        session->block = 'T';
        session->wrapped = false;
    } else if (strcmp(tag, "COMMIT") == 0 || strcmp(tag, "ROLLBACK") == 0 ||
               strcmp(tag, "PREPARE TRANSACTION") == 0) {
        session->block = '?';
    }
}

/* In a Query it has taken over the block that we have opened for it: what follows ends that. */
static void note_own_begin(struct gd_session *session, const char *tag)
{
    if (strcmp(tag, "BEGIN") == 0 || strcmp(tag, "START TRANSACTION") == 0)
        session->wrapped = false;
}

static bool completed(struct gd_session *session, const struct gd_wire_message *message)
{
    struct gd_wire_cursor body = gd_wire_body(message);
    const char *tag = gd_wire_read_text(&body);
    struct gd_expect *head = gd_expected_head(&session->expected);
    if (head != NULL && head->kind == GD_EXPECT_EXECUTE) {
        gd_session_result(session, head->ticket, 1, "", tag);
        if (head->way != GD_WAY_HIDDEN)
            note_block(session, tag);
        return pass_and_pop(session, message, head);
    }
    if (head == NULL || head->kind != GD_EXPECT_QUERY)
        return false;
    if (head->way == GD_WAY_HIDDEN) {
        gd_pipe_drop(&session->down, message);
        return true;
    }
    note_own_begin(session, tag);
    snprintf(session->tag, sizeof session->tag, "%s", tag);
    session->completed++;
    return pass(session, message);
}

/* The BEGIN of a text around which there is a block of ours already. */
static bool noticed(struct gd_session *session, const struct gd_wire_message *message)
{
    const struct gd_expect *head = gd_expected_head(&session->expected);
    if (head == NULL || head->kind != GD_EXPECT_QUERY || !session->wrapped ||
        strcmp(gd_wire_field(message, 'C'), "25001") != 0)
        return pass(session, message);
    gd_pipe_drop(&session->down, message);
    return true;
}

static void complete_as(struct gd_session *session, const struct gd_wire_message *message,
                        const char *tag)
{
    gd_auto_wire_out out = {0};
    gd_wire_complete(&out, tag);
    replace(session, message, out.bytes, out.size);
}

static bool empty(struct gd_session *session, const struct gd_wire_message *message)
{
    struct gd_expect *head = gd_expected_head(&session->expected);
    if (head == NULL || (head->kind != GD_EXPECT_EXECUTE && head->kind != GD_EXPECT_QUERY))
        return false;
    bool execute = head->kind == GD_EXPECT_EXECUTE;
    if (execute)
        gd_session_result(session, head->ticket, 1, "", "");
    if (head->way == GD_WAY_ANSWERED)
        complete_as(session, message, head->more);
    else
        gd_pipe_pass(&session->down, message);
    if (execute)
        gd_expected_pop(&session->expected);
    return true;
}

static bool suspended(struct gd_session *session, const struct gd_wire_message *message)
{
    struct gd_expect *head = head_of(session, GD_EXPECT_EXECUTE);
    if (head == NULL)
        return false;
    gd_session_result(session, head->ticket, 1, "", "");
    return pass_and_pop(session, message, head);
}

/* --- errors --------------------------------------------------------------------------------------
 */

static void give_up(struct gd_session *session, const struct gd_expect *head, const char *sqlstate)
{
    if (head->named != NULL) {
        head->named->ticket = 0; /* it is told here */
        gd_names_drop(&session->names, head->named);
    }
    gd_session_result(session, head->ticket, 0, sqlstate, "");
    gd_expected_pop(&session->expected);
}

/* The server reads on at the next Sync, and answers nothing before. */
static void skip_to_sync(struct gd_session *session, const char *sqlstate)
{
    struct gd_expect *head;
    while ((head = gd_expected_head(&session->expected)) != NULL && head->kind != GD_EXPECT_SYNC)
        give_up(session, head, sqlstate);
    session->skipping = head == NULL;
}

static size_t framed_size(const char *framed)
{
    const unsigned char *at = (const unsigned char *)framed;
    return 1 + ((size_t)at[1] << 24 | (size_t)at[2] << 16 | (size_t)at[3] << 8 | (size_t)at[4]);
}

/* Whoever ended it says why. */
static bool explain(struct gd_session *session, const struct gd_wire_message *message,
                    const char *sqlstate)
{
    const struct gd_gate *gate = session->relay->options.gate;
    struct gd_gate_answer why;
    gd_auto_wire_out out = {0};
    if (gate->explains == NULL || !gate->explains(gate->context, session->gate, sqlstate, &why))
        return false;
    gd_wire_error(
        &out, &(struct gd_wire_words){"ERROR", why.sqlstate, why.message, why.detail, why.hint});
    replace(session, message, out.bytes, out.size);
    return true;
}

static bool failed(struct gd_session *session, const struct gd_wire_message *message)
{
    struct gd_expect *head = gd_expected_head(&session->expected);
    const char *severity = gd_wire_field(message, 'V');
    char sqlstate[6];
    snprintf(sqlstate, sizeof sqlstate, "%s", gd_wire_field(message, 'C'));
    if (head == NULL || strcmp(severity, "FATAL") == 0 || strcmp(severity, "PANIC") == 0)
        return pass(session, message); /* the end is near */
    if (session->settling)             /* it is not known what the server would skip */
        return false;
    /* Its own reason, where it had one: cancelled, out of memory. */
    if (head->way == GD_WAY_REFUSED && strcmp(sqlstate, "42601") == 0)
        replace(session, message, head->more, framed_size(head->more));
    else if (!explain(session, message, sqlstate))
        gd_pipe_pass(&session->down, message);
    session->copying = false;
    if (head->kind == GD_EXPECT_QUERY || head->kind == GD_EXPECT_SYNC) {
        session->failed = true;
        memcpy(session->sqlstate, sqlstate, sizeof sqlstate);
        for (size_t i = 0; head->kind == GD_EXPECT_SYNC && i < session->result_count; i++) {
            session->results[i].failed = true; /* it was the commit that failed */
            memcpy(session->results[i].sqlstate, sqlstate, sizeof sqlstate);
        }
        return true;
    }
    give_up(session, head, sqlstate);
    skip_to_sync(session, sqlstate);
    return true;
}

/* --- ready ---------------------------------------------------------------------------------------
 */

bool gd_session_at_rest(const struct gd_session *session)
{
    return session->expected.count == 0 && !session->unsynced;
}

static void rest(struct gd_session *session)
{
    enum { KEPT = 65536 };
    session->rests++;
    session->bound = false;
    session->earlier.size = 0;
    if (session->earlier.capacity > KEPT)
        gd_wire_done(&session->earlier);
    session->since_ms = session->relay->now_ms;
}

static void put_end(struct gd_wire_out *out, const char *closing, const char *command)
{
    gd_auto_arena arena = gd_arena_new();
    gd_wire_query(out,
                  *closing == '\0' ? command : gd_arena_printf(arena, "%s;\n%s", closing, command));
}

/* The statement ran in a transaction block that we have opened: it is ended before the client hears
 * that the server is ready. @return false: there is none any more */
static bool unwrap(struct gd_session *session, const struct gd_wire_message *message, char state,
                   const struct gd_expect *head)
{
    gd_auto_wire_out out = {0};
    uint64_t ticket = head->kind == GD_EXPECT_SYNC ? UINT64_MAX : head->ticket;
    const char *closing = state == 'T' && session->closing != NULL ? session->closing : "";
    session->wrapped = *closing != '\0'; /* it may fail, and is rolled back then */
    if (state == 'I')
        return false;
    if (state != 'T' && head->kind == GD_EXPECT_SYNC)
        snprintf(session->tag, sizeof session->tag, "ROLLBACK");
    put_end(&out, closing, state == 'T' ? "COMMIT" : "ROLLBACK");
    free(GD_MOVE(session->closing));
    gd_pipe_insert(&session->up, out.bytes, out.size);
    gd_pipe_drop(&session->down, message);
    gd_expected_pop(&session->expected);
    gd_expected_add(
        &session->expected,
        (struct gd_expect){.kind = GD_EXPECT_QUERY, .way = GD_WAY_HIDDEN, .ticket = ticket});
    return true;
}

static bool ready(struct gd_session *session, const struct gd_wire_message *message)
{
    struct gd_expect *head = gd_expected_head(&session->expected);
    struct gd_wire_cursor body = gd_wire_body(message);
    char state = (char)gd_wire_read_byte(&body);
    if (head == NULL || (head->kind != GD_EXPECT_QUERY && head->kind != GD_EXPECT_SYNC))
        return false;
    bool own = head->kind == GD_EXPECT_SYNC && head->way == GD_WAY_HIDDEN;
    if (session->wrapped && !own && unwrap(session, message, state, head))
        return true;
    if (head->kind == GD_EXPECT_QUERY)
        gd_session_result(session, head->ticket, session->completed,
                          session->failed ? session->sqlstate : "", session->tag);
    session->failed = false;
    session->completed = 0;
    session->tag[0] = session->sqlstate[0] = '\0';
    session->transaction = session->block = state;
    session->settling = false;
    gd_expected_pop(&session->expected);
    if (own)
        gd_pipe_drop(&session->down, message);
    else
        gd_pipe_pass(&session->down, message);
    if (state == 'I') {
        gd_names_end_transaction(&session->names);
        free(GD_MOVE(session->closing));
    }
    tell_results(session);
    if (gd_session_at_rest(session))
        rest(session);
    return true;
}

/* --- anything else -------------------------------------------------------------------------------
 */

static bool takes_copy(struct gd_session *session, const struct gd_wire_message *message)
{
    struct gd_expect *head = gd_expected_head(&session->expected);
    if (head == NULL || (head->kind != GD_EXPECT_QUERY && head->kind != GD_EXPECT_EXECUTE))
        return false;
    /* The answers to what breaks in cannot be told apart in the simple protocol; in the extended
     * one it is an error like any other. */
    enum gd_copy_end end = gd_expected_copies(&session->expected);
    if (end == GD_COPY_BROKEN && head->kind == GD_EXPECT_QUERY)
        return false;
    session->copying = end == GD_COPY_GOES_ON;
    if (session->copying && head->kind == GD_EXPECT_EXECUTE)
        session->unsynced = true; /* a Sync that came already is swallowed: another one follows */
    return pass(session, message);
}

static bool reported(struct gd_session *session, const struct gd_wire_message *message)
{
    const struct gd_gate *gate = session->relay->options.gate;
    struct gd_wire_cursor body = gd_wire_body(message);
    const char *name = gd_wire_read_text(&body), *value = gd_wire_read_text(&body);
    gd_upstream_told(session->upstream, name, value);
    if (gate->reported != NULL)
        gate->reported(gate->context, session->gate, name, value);
    return pass(session, message);
}

/* clang-format off */
static hear_fn *const by_type[128] = {
    ['1'] = parsed,    ['2'] = bound,     ['3'] = closed,   ['T'] = described, ['n'] = described,
    ['C'] = completed, ['I'] = empty,     ['s'] = suspended, ['E'] = failed,   ['Z'] = ready,
    ['G'] = takes_copy, ['S'] = reported, ['N'] = noticed,
};
/* clang-format on */

void gd_session_hear_server(struct gd_session *session)
{
    struct gd_wire_message message;
    for (;;) {
        enum gd_pipe_found found = gd_pipe_next(&session->down, &message);
        if (found == GD_PIPE_MORE)
            break;
        hear_fn *hear =
            found == GD_PIPE_MESSAGE ? by_type[(unsigned char)message.kind->type] : NULL;
        if (found == GD_PIPE_MESSAGE && hear == NULL) {
            gd_pipe_pass(&session->down, &message);
        } else if (hear == NULL || !hear(session, &message)) {
            gd_session_close(session, &(struct gd_wire_words){
                                          "FATAL", "08P01",
                                          "the server's answer is not one that guardian expects",
                                          NULL, NULL});
            return;
        }
    }
}
