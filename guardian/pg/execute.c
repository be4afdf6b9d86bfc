#include "guardian/pg/execute.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guardian/base/clock.h"
#include "guardian/pg/connection.h"
#include "guardian/pg/copy.h"

enum { REPLY_MS = 10000 };

enum { SLICE_MS = 100, CANCEL_MS = 10000, COPY_PIECE = 64 * 1024 };

/* One statement on its way. */
struct run {
    struct gd_pg *pg;
    struct gd_pg_statement *statement;
    struct gd_arena *arena;
    struct gd_status status; /* of the first failure; err is written once */
    struct gd_error *err;
    int64_t next_look;
    int64_t give_up; /* the statement was cancelled: wait for an answer until then; 0: it was not */
};

static int64_t now_ms(void)
{
    return gd_clock_monotonic_us() / 1000;
}

static const char *field(const struct run *run, const PGresult *result, int code)
{
    const char *text = PQresultErrorField(result, code);
    return text == NULL ? "" : gd_pg_clean_message(run->pg, text);
}

/* In the connection's arena, all of them. */
static void read_words(const struct run *run, const PGresult *result, struct gd_pg_words *words)
{
    const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    const char *position = PQresultErrorField(result, PG_DIAG_STATEMENT_POSITION);
    const char *context = PQresultErrorField(result, PG_DIAG_CONTEXT);
    const char *message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    *words = (struct gd_pg_words){
        .severity = field(run, result, PG_DIAG_SEVERITY_NONLOCALIZED),
        .detail = field(run, result, PG_DIAG_MESSAGE_DETAIL),
        .hint = field(run, result, PG_DIAG_MESSAGE_HINT),
        .message =
            gd_pg_clean_message(run->pg, message == NULL ? PQresultErrorMessage(result) : message),
        .context = "",
        .position = position == NULL ? 0 : (uint32_t)strtoul(position, NULL, 10),
    };
    snprintf(words->sqlstate, sizeof words->sqlstate, "%s", state == NULL ? "" : state);
    if (context != NULL)
        words->context = gd_arena_strndup(run->pg->arena, context, strcspn(context, "\n"));
}

static void copy_words(struct gd_pg_words *words, struct gd_arena *arena)
{
    words->severity = gd_arena_strdup(arena, words->severity);
    words->message = gd_arena_strdup(arena, words->message);
    words->detail = gd_arena_strdup(arena, words->detail);
    words->hint = gd_arena_strdup(arena, words->hint);
    words->context = gd_arena_strdup(arena, words->context);
}

/* The connection's own arena grows with every text that is cleaned: a script may raise a notice
 * for every row. */
static void on_notice(void *context, const PGresult *notice)
{
    struct run *run = context;
    if (run->statement->notice == NULL)
        return;
    struct gd_arena_mark mark = gd_arena_mark(run->pg->arena);
    struct gd_pg_words words;
    read_words(run, notice, &words);
    run->statement->notice(run->statement->context, &words);
    gd_arena_rewind(run->pg->arena, mark);
}

static void drop_notice(void *context, const PGresult *notice)
{
    (void)context;
    (void)notice;
}

static bool failed(const struct run *run)
{
    return run->status.code != GD_OK;
}

static void lose(struct run *run, const char *why)
{
    struct gd_error later = {0};
    struct gd_status status =
        gd_pg_lost(run->pg, run->statement->what, why, failed(run) ? &later : run->err);
    if (!failed(run))
        run->status = status;
}

static void lose_by_libpq(struct run *run)
{
    lose(run, gd_pg_clean_message(run->pg, PQerrorMessage(run->pg->conn)));
}

static void cancel(struct run *run, struct gd_status why)
{
    if (!failed(run))
        run->status = why;
    gd_pg_cancel(run->pg);
    run->give_up = now_ms() + CANCEL_MS;
}

/* Once per slice: does anybody want it stopped? */
static void look_up(struct run *run)
{
    struct gd_pg_statement *statement = run->statement;
    if (run->give_up != 0) {
        if (now_ms() > run->give_up)
            lose(run, "it was cancelled, and the server does not answer");
        return;
    }
    struct gd_status status = gd_interrupt_check(run->err);
    if (status.code == GD_OK && statement->tick != NULL)
        status = statement->tick(statement->context, run->err);
    if (status.code != GD_OK)
        cancel(run, status);
}

/* Wait until libpq has something. @return false when the connection is beyond use */
static bool await(struct run *run, short events)
{
    struct gd_pg *pg = run->pg;
    (void)gd_pg_wait(pg, events, run->next_look);
    if (PQconsumeInput(pg->conn) == 0) {
        lose_by_libpq(run);
        return false;
    }
    if (now_ms() >= run->next_look) {
        run->next_look = now_ms() + SLICE_MS;
        look_up(run);
    }
    return !pg->broken;
}

static bool flush(struct run *run)
{
    for (;;) {
        int unsent = PQflush(run->pg->conn);
        if (unsent == 0)
            return true;
        if (unsent < 0) {
            /* The server may have said why before it went away. */
            (void)PQconsumeInput(run->pg->conn);
            lose_by_libpq(run);
            return false;
        }
        if (!await(run, POLLIN | POLLOUT))
            return false;
    }
}

/* ---- COPY ---- */

static bool send_rows(struct run *run)
{
    const struct gd_pg_statement *statement = run->statement;
    size_t at = 0;
    while (at < statement->data_size && !failed(run)) {
        size_t piece = statement->data_size - at;
        piece = piece > COPY_PIECE ? COPY_PIECE : piece;
        if (PQputCopyData(run->pg->conn, statement->data + at, (int)piece) != 1) {
            lose_by_libpq(run);
            return false;
        }
        if (!flush(run))
            return false;
        if (PQconsumeInput(run->pg->conn) == 0) {
            lose_by_libpq(run);
            return false;
        }
        at += piece;
    }
    return true;
}

static void copy_in(struct run *run)
{
    if (run->statement->data == NULL && !failed(run))
        run->status =
            gd_fail(run->err, GD_SYSTEM,
                    "could not %s: it is COPY FROM STDIN, and the file has no rows for it",
                    run->statement->what);
    if (!failed(run) && !send_rows(run))
        return;
    int sent;
    while ((sent = PQputCopyEnd(run->pg->conn, failed(run) ? "given up" : NULL)) == 0)
        if (!flush(run))
            return;
    if (sent < 0)
        lose_by_libpq(run);
    else
        (void)flush(run);
}

static void copy_out(struct run *run)
{
    while (!run->pg->broken) {
        char *row = NULL;
        int size = PQgetCopyData(run->pg->conn, &row, 1);
        PQfreemem(row);
        if (size < 0)
            return; /* the end, or an error that comes as a result */
        if (size == 0)
            (void)await(run, POLLIN);
    }
}

/* ---- results ---- */

static void refused(struct run *run, const PGresult *result)
{
    struct gd_pg_statement *statement = run->statement;
    if (statement->words.message != NULL)
        return;
    read_words(run, result, &statement->words);
    copy_words(&statement->words, run->arena);
    if (failed(run))
        return; /* cancelled: why is known */
    const char *state = statement->words.sqlstate;
    bool busy = strcmp(state, "55P03") == 0 || strcmp(state, "40P01") == 0;
    run->status = gd_fail(run->err, busy ? GD_BUSY : GD_SYSTEM, "could not %s: %s%s%s%s",
                          statement->what, statement->words.message, *state == '\0' ? "" : " (",
                          state, *state == '\0' ? "" : ")");
}

static void take(struct run *run, PGresult *result)
{
    ExecStatusType kind = PQresultStatus(result);
    switch (kind) {
    case PGRES_COPY_IN:
        copy_in(run);
        break;
    case PGRES_COPY_OUT:
        copy_out(run);
        break;
    case PGRES_SINGLE_TUPLE:
        break;
    case PGRES_COMMAND_OK:
    case PGRES_TUPLES_OK:
    case PGRES_EMPTY_QUERY:
        snprintf(run->statement->tag, sizeof run->statement->tag, "%s", PQcmdStatus(result));
        break;
    default:
        refused(run, result);
    }
}

static void take_all(struct run *run)
{
    PGconn *conn = run->pg->conn;
    while (!run->pg->broken) {
        if (!flush(run))
            return;
        if (PQisBusy(conn)) {
            (void)await(run, POLLIN);
            continue;
        }
        PGresult *result = PQgetResult(conn);
        if (result == NULL)
            return;
        take(run, result);
        PQclear(result);
        if (PQstatus(conn) == CONNECTION_BAD)
            lose_by_libpq(run);
    }
}

/* libpq keeps that mode until the next plain query: a pipeline, which gd_pg_run() is, would be in
 * it.
 */
static void forget_single_rows(struct run *run)
{
    char tag[sizeof run->statement->tag];
    if (run->pg->broken)
        return;
    snprintf(tag, sizeof tag, "%s", run->statement->tag);
    if (PQsendQuery(run->pg->conn, "") != 1)
        lose_by_libpq(run);
    take_all(run);
    snprintf(run->statement->tag, sizeof run->statement->tag, "%s", tag);
}

struct gd_status gd_pg_execute(struct gd_pg *pg, struct gd_pg_statement *statement,
                               struct gd_arena *arena, struct gd_error *err)
{
    struct run run = {.pg = pg, .statement = statement, .arena = arena, .err = err};
    run.next_look = now_ms() + SLICE_MS;
    statement->words = (struct gd_pg_words){0};
    statement->tag[0] = '\0';
    if (pg->broken)
        return gd_fail(err, GD_SYSTEM, "could not %s in %s: the connection is lost",
                       statement->what, pg->where);
    PQsetNoticeReceiver(pg->conn, on_notice, &run);
    if (PQsendQuery(pg->conn, statement->sql) != 1 ||
        (statement->rows && PQsetSingleRowMode(pg->conn) != 1))
        lose_by_libpq(&run);
    take_all(&run);
    if (statement->rows)
        forget_single_rows(&run);
    PQsetNoticeReceiver(pg->conn, drop_notice, NULL);
    return run.status;
}

/* ---- what the grammar says ---- */

struct gd_status gd_pg_parses(struct gd_pg *pg, const char *text, bool *out_refused,
                              struct gd_error *err)
{
    static const char what[] = "ask for the server's grammar";
    int64_t until_ms = gd_clock_monotonic_us() / 1000 + pg->options.statement_ms + REPLY_MS;
    PGresult *result = NULL;
    *out_refused = false;
    if (pg->broken || PQsendPrepare(pg->conn, "", text, 0, NULL) != 1)
        return gd_pg_lost(pg, what, PQerrorMessage(pg->conn), err);
    while (PQisBusy(pg->conn) == 1)
        if (!gd_pg_wait(pg, POLLIN, until_ms) || PQconsumeInput(pg->conn) != 1)
            return gd_pg_lost(pg, what, PQerrorMessage(pg->conn), err);
    result = PQgetResult(pg->conn);
    const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    const char *place = PQresultErrorField(result, PG_DIAG_STATEMENT_POSITION);
    *out_refused = state != NULL && place != NULL && strcmp(state, "42601") == 0;
    PQclear(result);
    return gd_pg_finish_results(pg, what, GD_DONE, err);
}

/* ---- the session ---- */

/* A server that does not know a setting, or not here, is left alone. The kernel of the server asks
 * whether we are still there: a lock that nobody works under shall not be held for hours. */
static const char pin_sql[] =
    "SELECT pg_catalog.set_config(name, value, false) FROM (VALUES "
    "('client_encoding', 'UTF8'), ('standard_conforming_strings', 'on'),"
    "('application_name', $1), ('statement_timeout', $2), ('lock_timeout', $3),"
    "('idle_in_transaction_session_timeout', $4), ('transaction_timeout', '0'),"
    "('tcp_keepalives_idle', '30'), ('tcp_keepalives_interval', '10'), ('tcp_keepalives_count', "
    "'3')"
    ") AS wanted (name, value)"
    " WHERE pg_catalog.current_setting(name, true) IS NOT NULL";

GD_MUST static struct gd_status pin_path(struct gd_pg *pg, struct gd_error *err)
{
    bool one_schema = pg->target.schema != NULL;
    const char *path = one_schema ? pg->target.schema : pg->target.search_path;
    struct gd_pg_call call = {
        .what = "set the search path",
        .sql =
            one_schema
                ? "SELECT pg_catalog.set_config('search_path', pg_catalog.quote_ident($1), false)"
                : "SELECT pg_catalog.set_config('search_path', $1, false)",
        .values = &path,
        .value_count = 1,
    };
    return path == NULL ? GD_DONE : gd_pg_run(pg, &call, NULL, err);
}

struct gd_status gd_pg_pin(struct gd_pg *pg, const struct gd_pg_pin *pin, struct gd_error *err)
{
    char statement[16], lock[16], idle[16];
    snprintf(statement, sizeof statement, "%u", pin->statement_ms);
    snprintf(lock, sizeof lock, "%u", pin->lock_ms);
    snprintf(idle, sizeof idle, "%u", pin->idle_ms);
    const char *const values[] = {pin->application, statement, lock, idle};
    struct gd_pg_call call = {
        .what = "set up the session", .sql = pin_sql, .values = values, .value_count = 4};
    pg->command_limits = false;
    GD_TRY(gd_pg_run(pg, &call, NULL, err));
    return pin_path(pg, err);
}

const char *gd_pg_reported(const struct gd_pg *pg, const char *setting)
{
    const char *value =
        pg->heard_setting == NULL ? NULL : pg->heard_setting(pg->heard_context, setting);
    if (value == NULL)
        value = PQparameterStatus(pg->conn, setting);
    return value == NULL ? "" : value;
}

enum gd_pg_state gd_pg_state(const struct gd_pg *pg)
{
    if (pg->broken)
        return GD_PG_UNKNOWN;
    switch (PQtransactionStatus(pg->conn)) {
    case PQTRANS_IDLE:
        return GD_PG_OUTSIDE;
    case PQTRANS_INTRANS:
        return GD_PG_INSIDE;
    case PQTRANS_INERROR:
        return GD_PG_ABORTED;
    default:
        return GD_PG_UNKNOWN;
    }
}

int gd_pg_backend(const struct gd_pg *pg)
{
    return PQbackendPID(pg->conn);
}

struct gd_status gd_pg_reconnect(struct gd_pg *pg, struct gd_error *err)
{
    gd_auto_pg fresh = NULL;
    /* The same server when it is there; after a fail-over, whoever answers to the name. */
    struct gd_status status = gd_pg_connect_like(pg, NULL, &fresh, err);
    if (status.code != GD_OK)
        status = gd_pg_connect_target(&pg->options, &pg->target, &fresh, err);
    if (status.code != GD_OK)
        return status;
    PGconn *lost = pg->conn;
    pg->conn = fresh->conn;
    fresh->conn = lost;
    pg->broken = pg->in_transaction = pg->command_limits = false;
    pg->pooled = fresh->pooled;
    pg->stamp_seen[0] = '\0';
    gd_pg_forget_plans(pg);
    return GD_DONE;
}
