/*
 * What the client says: each message is looked at, and goes on, is replaced, or is held.
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guardian/base/memory.h"
#include "guardian/proxy/relay_own.h"

/* No statement begins like this, whatever the settings: the parser refuses it before all else, also
 * in a transaction that has failed. */
static const char rejected[] = "guardian refused this statement";
static const char spare_name[] = "guardian_refused";

enum heard { HEARD_ON, HEARD_STAYS };
typedef enum heard hear_fn(struct gd_session *session, const struct gd_wire_message *message,
                           bool too_large);

static void violate(struct gd_session *session, const char *what)
{
    gd_session_close(session, &(struct gd_wire_words){"FATAL", "08P01", what, NULL, NULL});
}

void gd_session_replace(struct gd_session *session, const struct gd_wire_message *message,
                        const struct gd_wire_out *with)
{
    gd_pipe_drop(&session->up, message);
    gd_pipe_insert(&session->up, with->bytes, with->size);
}

static void expect(struct gd_session *session, struct gd_expect one)
{
    gd_expected_add(&session->expected, one);
    bool simple = one.kind == GD_EXPECT_QUERY || one.kind == GD_EXPECT_SYNC;
    session->unsynced = !simple;
}

/* --- refusals -----------------------------------------------------------------------------------
 */

static char *framed_error(const struct gd_wire_words *words)
{
    gd_auto_wire_out out = {0};
    gd_wire_error(&out, words);
    return (char *)GD_MOVE(out.bytes); /* its length stands in it */
}

void gd_session_refuse(struct gd_session *session, const struct gd_wire_message *message,
                       const struct gd_wire_words *words, uint64_t ticket)
{
    gd_auto_wire_out out = {0};
    struct gd_expect one = {.way = GD_WAY_REFUSED, .ticket = ticket, .more = framed_error(words)};
    char type = message->kind->type;
    if (type == 'Q' || type == 'F') {
        one.kind = GD_EXPECT_QUERY;
        gd_wire_query(&out, rejected);
    } else {
        struct gd_wire_cursor body = gd_wire_body(message);
        const char *name =
            type == 'P' && message->have == message->size ? gd_wire_read_text(&body) : spare_name;
        one.kind = GD_EXPECT_PARSE;
        gd_wire_parse(&out, name, rejected, NULL, 0);
        if (*name == '\0')
            gd_names_close(&session->names, false, "");
    }
    if (one.kind == GD_EXPECT_QUERY)
        gd_names_close(&session->names, false, "");
    expect(session, one);
    gd_session_replace(session, message, &out);
    gd_count(&session->relay->counters.refused, 1);
}

static enum heard refuse_as(struct gd_session *session, const struct gd_wire_message *message,
                            const char *sqlstate, const char *text)
{
    const struct gd_gate *gate = session->relay->options.gate;
    if (gate->refused != NULL)
        gate->refused(gate->context, session->gate, text);
    gd_session_refuse(session, message,
                      &(struct gd_wire_words){"ERROR", sqlstate, text, NULL, NULL}, 0);
    return HEARD_ON;
}

static enum heard refuse_size(struct gd_session *session, const struct gd_wire_message *message)
{
    char text[128];
    snprintf(text, sizeof text, "statement of %zu bytes is larger than guardian reads (%zu bytes)",
             message->size, session->up.whole_max);
    return refuse_as(session, message, "54000", text);
}

/* --- texts --------------------------------------------------------------------------------------
 */

void gd_session_note_text(struct gd_session *session, const char *text, size_t size)
{
    if (session->earlier.size > 0)
        gd_wire_put(&session->earlier, ";\n", 2);
    gd_wire_put(&session->earlier, text, size);
}

struct statement {
    const char *name, *text; /* name NULL: of a Query */
    size_t size;
    const uint8_t *types;
    size_t types_size;
};

/* What is judged is what the server reads, or the message is none: one text, and nothing behind. */
static bool read_statement(const struct gd_wire_message *message, struct statement *out)
{
    struct gd_wire_cursor body = gd_wire_body(message);
    bool parse = message->kind->type == 'P';
    *out = (struct statement){.name = parse ? gd_wire_read_text(&body) : NULL};
    out->text = gd_wire_read_text(&body);
    out->size = strlen(out->text);
    out->types_size = parse ? 4 * (size_t)gd_wire_read_u16(&body) : 0;
    out->types = body.at;
    return !body.short_of && (size_t)(body.end - body.at) == out->types_size;
}

static void *copy_of(const void *bytes, size_t size)
{
    char *copy = gd_memory_new(size + 1);
    memcpy(copy, bytes, size);
    return copy;
}

static struct gd_named *remember(struct gd_session *session, const struct statement *statement)
{
    struct gd_named *named = gd_names_add(&session->names, false, statement->name);
    named->text = copy_of(statement->text, statement->size);
    named->size = statement->size;
    named->types = copy_of(statement->types, statement->types_size);
    named->types_size = statement->types_size;
    named->rest = session->rests;
    session->names.bytes += named->size;
    if (*statement->name == '\0')
        session->unnamed_lost = false;
    return named;
}

static void forget_unnamed(struct gd_session *session)
{
    gd_names_close(&session->names, false, "");
    session->unnamed_lost = false;
}

void gd_session_pass_statement(struct gd_session *session, const struct gd_wire_message *message,
                               uint64_t ticket)
{
    struct statement statement = {0};
    char call[GD_FUNCTION_TEXT_SIZE];
    bool function = message->kind->type == 'F';
    bool readable =
        function ? gd_function_text(message, call) : read_statement(message, &statement);
    assert(readable);
    (void)readable;
    if (function)
        statement = (struct statement){.text = call, .size = strlen(call)};
    if (statement.name == NULL) {
        if (!function)
            forget_unnamed(session); /* the server does, too */
        expect(session, (struct gd_expect){.kind = GD_EXPECT_QUERY, .ticket = ticket});
        session->runs++;
    } else {
        struct gd_expect one = {.kind = GD_EXPECT_PARSE, .ticket = ticket};
        one.named = remember(session, &statement);
        expect(session, one);
    }
    gd_session_note_text(session, statement.text, statement.size);
    gd_pipe_pass(&session->up, message);
    gd_count(&session->relay->counters.statements, 1);
}

/* What has gone by since the last rest is part of what a held statement is judged by. */
static bool too_much(const struct gd_session *session, const struct statement *statement)
{
    size_t most = session->up.whole_max, kept = session->names.bytes;
    if (statement->name == NULL)
        return session->earlier.size > most;
    return session->earlier.size > most || (kept > most && kept - most > most);
}

static enum heard hear_statement(struct gd_session *session, const struct gd_wire_message *message,
                                 bool too_large)
{
    const struct gd_gate *gate = session->relay->options.gate;
    struct statement statement;
    if (too_large)
        return refuse_size(session, message);
    if (!read_statement(message, &statement))
        return refuse_as(session, message, "08P01", "invalid message format");
    if (too_much(session, &statement))
        return refuse_as(session, message, "54000",
                         "more statements at once, or prepared, than guardian keeps in mind");
    if (!gate->glance(gate->context, session->gate, statement.text, statement.size,
                      statement.name != NULL)) {
        gd_session_hold(session, false);
        return HEARD_STAYS;
    }
    gd_session_pass_statement(session, message, 0);
    return HEARD_ON;
}

/* --- prepared -----------------------------------------------------------------------------------
 */

/* Queries of our own have taken the place of the client's unnamed statement: it is made again. */
static void restore_unnamed(struct gd_session *session, struct gd_wire_message *message)
{
    const struct gd_named *named = gd_names_find(&session->names, false, "");
    gd_auto_wire_out out = {0};
    gd_wire_parse(&out, "", named->tag == NULL ? named->text : "", named->types,
                  named->tag == NULL ? named->types_size : 0);
    expect(session, (struct gd_expect){.kind = GD_EXPECT_PARSE, .way = GD_WAY_HIDDEN});
    gd_pipe_insert(&session->up, out.bytes, out.size);
    session->unnamed_lost = false;
    enum gd_pipe_found found = gd_pipe_next(&session->up, message); /* it has moved */
    assert(found == GD_PIPE_MESSAGE);
    (void)found;
}

/* Is there what `name` stands for? A statement that PREPARE made is known to the gate alone; an
 * unnamed one that we do not know could be one of our own queries. */
static bool find_statement(struct gd_session *session, const char *name,
                           struct gd_wire_message *message, struct gd_named **out_named)
{
    *out_named = gd_names_find(&session->names, false, name);
    if (*name != '\0')
        return true;
    if (*out_named == NULL) {
        refuse_as(session, message, "26000", "unnamed prepared statement does not exist");
        return false;
    }
    if (session->unnamed_lost && !(*out_named)->pending) {
        restore_unnamed(session, message); /* and the name with the message */
        *out_named = gd_names_find(&session->names, false, "");
    }
    return true;
}

void gd_session_execute_text(const char *name, char text[GD_EXECUTE_TEXT_SIZE])
{
    size_t at = (size_t)snprintf(text, GD_EXECUTE_TEXT_SIZE, "EXECUTE \"");
    for (size_t i = 0; i < GD_WIRE_NAME_MAX && name[i] != '\0'; i++) {
        if (name[i] == '"')
            text[at++] = '"';
        text[at++] = name[i];
    }
    text[at++] = '"';
    text[at] = '\0';
}

/* What PREPARE made, in SQL, is run as if by EXECUTE. What was answered at its Parse is empty. */
static bool gate_still(struct gd_session *session, const char *name, const struct gd_named *named)
{
    const struct gd_gate *gate = session->relay->options.gate;
    char text[GD_EXECUTE_TEXT_SIZE];
    if (session->judged || (named != NULL && named->tag != NULL))
        return true;
    if (named != NULL)
        return gate->still(gate->context, session->gate, named->text, named->size);
    gd_session_execute_text(name, text);
    return gate->still(gate->context, session->gate, text, strlen(text));
}

static char *copy_text(const char *text)
{
    return text == NULL ? NULL : gd_memory_strdup(text);
}

static void pass_bind(struct gd_session *session, const struct gd_wire_message *message,
                      const char *portal, const char *statement, const struct gd_named *named)
{
    struct gd_named *made = gd_names_add(&session->names, true, portal);
    memcpy(made->statement, statement, strnlen(statement, GD_WIRE_NAME_MAX));
    made->tag = named == NULL ? NULL : copy_text(named->tag);
    if (named != NULL) {
        made->text = copy_text(named->text);
        made->size = named->size;
        made->of_rest = named->rest;
        session->names.bytes += made->size;
    }
    made->ticket = session->judged ? session->ticket : 0;
    session->judged = false;
    session->bound = true;
    made->rest = session->rests;
    made->runs = session->runs;
    expect(session,
           (struct gd_expect){.kind = GD_EXPECT_BIND, .named = made, .ticket = made->ticket});
    gd_pipe_pass(&session->up, message);
}

static enum heard hear_bind(struct gd_session *session, const struct gd_wire_message *given,
                            bool too_large)
{
    struct gd_wire_message message = *given;
    struct gd_wire_cursor body = gd_wire_body(&message);
    (void)gd_wire_read_text(&body);
    const char *name = gd_wire_read_text(&body);
    struct gd_named *named = NULL;
    (void)too_large;
    if (body.short_of) {
        violate(session, "names in a Bind message are too long");
        return HEARD_STAYS;
    }
    if (!find_statement(session, name, &message, &named))
        return HEARD_ON;
    body = gd_wire_body(&message);
    const char *portal = gd_wire_read_text(&body);
    name = gd_wire_read_text(&body);
    if (!gate_still(session, name, named)) {
        gd_session_hold(session, true);
        return HEARD_STAYS;
    }
    pass_bind(session, &message, portal, name, named);
    return HEARD_ON;
}

static void pass_execute(struct gd_session *session, const struct gd_wire_message *message,
                         struct gd_named *portal)
{
    struct gd_expect one = {.kind = GD_EXPECT_EXECUTE};
    session->runs++;
    if (portal != NULL) {
        one.ticket = session->judged ? session->ticket : portal->ticket;
        portal->executed |= one.ticket == portal->ticket;
        one.more = copy_text(portal->tag);
        one.way = portal->tag == NULL ? GD_WAY_PLAIN : GD_WAY_ANSWERED;
        if (portal->text != NULL && portal->of_rest != session->rests)
            gd_session_note_text(session, portal->text, portal->size);
    }
    expect(session, one);
    gd_pipe_pass(&session->up, message);
}

static enum heard hear_execute(struct gd_session *session, const struct gd_wire_message *message,
                               bool too_large)
{
    struct gd_wire_cursor body = gd_wire_body(message);
    const char *name = gd_wire_read_text(&body);
    (void)too_large;
    if (body.short_of) {
        violate(session, "the name in an Execute message is too long");
        return HEARD_STAYS;
    }
    /* An unknown one was made by DECLARE CURSOR, whose text was judged. */
    struct gd_named *portal = gd_names_find(&session->names, true, name);
    bool older =
        portal != NULL && (portal->rest != session->rests || portal->runs != session->runs);
    if (older && portal->tag == NULL &&
        !gate_still(session, portal->statement, portal->text == NULL ? NULL : portal)) {
        gd_session_hold(session, true);
        return HEARD_STAYS;
    }
    pass_execute(session, message, portal);
    session->judged = false;
    return HEARD_ON;
}

static enum heard hear_describe(struct gd_session *session, const struct gd_wire_message *given,
                                bool too_large)
{
    struct gd_wire_message message = *given;
    struct gd_wire_cursor body = gd_wire_body(&message);
    bool statement = gd_wire_read_byte(&body) == 'S';
    const char *name = gd_wire_read_text(&body);
    struct gd_named *named = NULL;
    (void)too_large;
    if (statement && !find_statement(session, name, &message, &named))
        return HEARD_ON;
    expect(session, (struct gd_expect){.kind = GD_EXPECT_DESCRIBE});
    gd_pipe_pass(&session->up, &message);
    return HEARD_ON;
}

static enum heard hear_close(struct gd_session *session, const struct gd_wire_message *message,
                             bool too_large)
{
    struct gd_wire_cursor body = gd_wire_body(message);
    uint8_t type = gd_wire_read_byte(&body);
    const char *name = gd_wire_read_text(&body);
    size_t size = strlen(name) + 2;
    char *more = gd_memory_new(size);
    (void)too_large;
    snprintf(more, size, "%c%s", type, name);
    expect(session, (struct gd_expect){.kind = GD_EXPECT_CLOSE, .more = more});
    gd_pipe_pass(&session->up, message);
    return HEARD_ON;
}

/* --- the rest -----------------------------------------------------------------------------------
 */

static enum heard hear_sync(struct gd_session *session, const struct gd_wire_message *message,
                            bool too_large)
{
    (void)too_large;
    if (!session->copying) { /* else the server swallows it */
        expect(session, (struct gd_expect){.kind = GD_EXPECT_SYNC});
        session->skipping = false;
    }
    gd_pipe_pass(&session->up, message);
    return HEARD_ON;
}

static enum heard hear_copy_end(struct gd_session *session, const struct gd_wire_message *message,
                                bool too_large)
{
    (void)too_large;
    if (!session->copying && gd_expected_head(&session->expected) != NULL)
        gd_expected_add(&session->expected, (struct gd_expect){.kind = GD_EXPECT_COPY_END});
    session->copying = false;
    gd_pipe_pass(&session->up, message);
    return HEARD_ON;
}

/* Large objects go by function calls in libpq; what else does is not looked at. */
static enum heard hear_function(struct gd_session *session, const struct gd_wire_message *message,
                                bool too_large)
{
    const struct gd_gate *gate = session->relay->options.gate;
    char text[GD_FUNCTION_TEXT_SIZE];
    (void)too_large;
    if (!gd_function_text(message, text))
        return refuse_as(session, message, "0A000",
                         "function calls of the wire protocol do not go through guardian");
    if (!gate->glance(gate->context, session->gate, text, strlen(text), false)) {
        gd_session_hold(session, false);
        return HEARD_STAYS;
    }
    gd_session_pass_statement(session, message, 0);
    return HEARD_ON;
}

static enum heard hear_terminate(struct gd_session *session, const struct gd_wire_message *message,
                                 bool too_large)
{
    (void)too_large;
    gd_pipe_pass(&session->up, message);
    session->client.ended = true;
    return HEARD_STAYS;
}

static enum heard hear_other(struct gd_session *session, const struct gd_wire_message *message,
                             bool too_large)
{
    (void)too_large;
    gd_pipe_pass(&session->up, message);
    return HEARD_ON;
}

/* clang-format off */
static hear_fn *const by_type[128] = {
    ['Q'] = hear_statement, ['P'] = hear_statement, ['B'] = hear_bind,     ['E'] = hear_execute,
    ['D'] = hear_describe,  ['C'] = hear_close,     ['S'] = hear_sync,     ['F'] = hear_function,
    ['X'] = hear_terminate, ['c'] = hear_copy_end,  ['f'] = hear_copy_end, ['H'] = hear_other,
    ['d'] = hear_other,
};
/* clang-format on */

/* What the server would not read is not sent to it. */
static bool is_skipped(const struct gd_session *session, char type)
{
    return session->skipping && type != 'S' && type != 'X';
}

/* Within a COPY from the client the server takes nothing else, and would lose count of the rest. */
static bool breaks_copy(const struct gd_session *session, char type)
{
    return session->copying && strchr("dcfSHX", type) == NULL;
}

/* What has no answer, and what a COPY needs to come to its end. */
static bool may_always_go(char type)
{
    return strchr("dcfHX", type) != NULL;
}

/* The texts since the last rest are kept: when they have become many, there shall be a rest. A
 * pipeline without a Sync has none. */
static bool must_rest(struct gd_session *session)
{
    enum { MANY = 1 << 20 };
    return session->earlier.size > MANY && !session->unsynced &&
           gd_expected_head(&session->expected) != NULL;
}

/* What ends our own block goes before anything else. */
static bool is_ending(const struct gd_session *session)
{
    return session->wrapped && !session->unsynced && !session->judged && !session->copying;
}

/* So many answers are due that the server may keep them to itself until it is asked for them. */
static bool must_wait(struct gd_session *session, char type)
{
    if (may_always_go(type))
        return is_ending(session);
    if (!gd_expected_full(&session->expected)) {
        session->flushed = false;
        return is_ending(session) || must_rest(session);
    }
    if (session->unsynced && !session->flushed) {
        gd_auto_wire_out out = {0};
        gd_wire_bare(&out, 'H');
        gd_pipe_insert(&session->up, out.bytes, out.size);
        session->flushed = true;
    }
    return true;
}

bool gd_session_hear_client(struct gd_session *session)
{
    struct gd_wire_message message;
    while (session->state == GD_SESSION_OPEN && !session->client.ended) {
        enum gd_pipe_found found = gd_pipe_next(&session->up, &message);
        if (found == GD_PIPE_MORE)
            return true;
        if (found == GD_PIPE_UNKNOWN || found == GD_PIPE_BAD_LENGTH) {
            violate(session, found == GD_PIPE_UNKNOWN ? "invalid frontend message type"
                                                      : "invalid message length");
            return false;
        }
        char type = message.kind->type;
        if (is_skipped(session, type)) {
            gd_pipe_drop(&session->up, &message);
            continue;
        }
        if (breaks_copy(session, type)) {
            violate(session, "unexpected message during COPY from stdin");
            return false;
        }
        if (must_wait(session, type) ||
            by_type[(unsigned char)type](session, &message, found == GD_PIPE_TOO_LARGE) ==
                HEARD_STAYS)
            return false;
    }
    return false;
}
