#include "guardian/pg/connect.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "guardian/pg/closed.h"
#include "guardian/pg/connection.h"

enum {
    OLDEST_SERVER = 130000,
    /* Over the server's own limit: when this one passes, nobody is there to keep the other. */
    SILENCE_MS = 10000,
};

/* clang-format off */
static const struct { const char *keyword, *value; } fallbacks[] = {
    {"client_encoding",     "UTF8"},
    {"keepalives_idle",     "30"},
    {"keepalives_interval", "10"},
    {"keepalives_count",    "3"},
    {"tcp_user_timeout",    "40000"},
};

static const struct { const char *part, *hint; } hints[] = {
    {"no password supplied",      "Put the password into the URL, PGPASSWORD or ~/.pgpass."},
    {"password authentication",   "Check user and password; in a URL special characters must be percent-encoded."},
    {"could not translate host",  "Check the host name; in Docker it is the name of the service."},
    {"Connection refused",        "No server listens there: is it started, and is the port right?"},
    {"No such file or directory", "No server listens on that socket: is it started, or is a host missing in the target?"},
    {"Permission denied",         "This user may not open the socket: try another host= or user."},
    {"pg_hba.conf",               "The server's pg_hba.conf lets nobody in from here with this user, database and encryption."},
    {"does not exist",            "Check the names of database and user."},
    {"too many clients",          "All connections are taken: close some or raise max_connections."},
    {"connection slots",          "All connections are taken: close some or raise max_connections."},
    {"starting up",               "The server is not ready yet: wait for it, then try again."},
    {"shutting down",             "The server is going down: try again when it is back."},
    {"does not support SSL",      "The server has no TLS: use sslmode=prefer where that is acceptable."},
    {"certificate",               "Give the certificate that signed the server's as sslrootcert=FILE."},
    {"startup parameter",         "A pooler refuses a setting of the target: leave out options=."},
};
/* clang-format on */

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static uint32_t or_limit(uint32_t value, uint32_t fallback)
{
    return value == 0 ? fallback : value;
}

static void replace_all(char *text, const char *secret)
{
    size_t length = strlen(secret);
    for (char *found = strstr(text, secret); found != NULL; found = strstr(found + 1, secret)) {
        size_t shown = length < 3 ? length : 3;
        memset(found, '*', shown);
        memmove(found + shown, found + length, strlen(found + length) + 1);
    }
}

/* A secret that is also the name of the user, the database or the host is no secret, and a very
 * short one would blot out half of the text without hiding anything. */
static void redact(const struct gd_pg *pg, char *text)
{
    static const char *const secret[] = {"password", "sslpassword"};
    static const char *const open[] = {"user", "dbname", "host"};
    for (size_t i = 0; i < sizeof secret / sizeof secret[0]; i++) {
        const char *value = gd_pg_target_get(&pg->target, secret[i]);
        bool hide = value != NULL && strlen(value) > 3;
        for (size_t k = 0; hide && k < sizeof open / sizeof open[0]; k++) {
            const char *name = gd_pg_target_get(&pg->target, open[k]);
            hide = name == NULL || strcmp(name, value) != 0;
        }
        if (hide)
            replace_all(text, value);
    }
}

/* Without what we say ourselves. */
const char *gd_pg_clean_message(const struct gd_pg *pg, const char *message)
{
    char *text = gd_arena_strdup(pg->arena, message == NULL ? "" : message);
    for (char *at = text; *at != '\0'; at++)
        if (*at == '\n' || *at == '\r' || *at == '\t')
            *at = at[1] == '\0' ? '\0' : ' ';
    size_t length = strlen(text);
    while (length > 0 && text[length - 1] == ' ')
        text[--length] = '\0';
    redact(pg, text);
    return *text == '\0' ? "no reason was given" : text;
}

static const char *or_default(const char *value, const char *fallback)
{
    return value == NULL || *value == '\0' ? fallback : value;
}

static const char *describe_where(const struct gd_pg *pg)
{
    const char *host = or_default(PQhost(pg->conn), "localhost");
    const char *port = or_default(PQport(pg->conn), "5432");
    return gd_arena_printf(pg->arena, "database \"%s\" on \"%s\" port %s as user \"%s\"",
                           or_default(PQdb(pg->conn), "?"), host, port,
                           or_default(PQuser(pg->conn), "?"));
}

/* Without the address, which stands in our own words, and in the server's case without "FATAL". */
static const char *bare_reason(const char *message)
{
    static const char failed[] = " failed: ", fatal[] = "FATAL:  ";
    const char *found = strstr(message, failed);
    const char *rest = found == NULL ? message : found + strlen(failed);
    if (strstr(rest, failed) != NULL)
        return message; /* several hosts: each with its own reason */
    return strncmp(rest, fatal, strlen(fatal)) == 0 ? rest + strlen(fatal) : rest;
}

GD_MUST static struct gd_status no_connection(const struct gd_pg *pg, const char *why,
                                              struct gd_error *err)
{
    struct gd_status status =
        gd_fail(err, GD_SYSTEM, "could not connect to %s: %s", describe_where(pg),
                bare_reason(gd_pg_clean_message(pg, why)));
    for (size_t i = 0; i < sizeof hints / sizeof hints[0]; i++)
        if (strstr(why, hints[i].part) != NULL)
            return gd_hint(err, status, "%s", hints[i].hint);
    return gd_pg_closed(why) && !pg->options.no_advice ? gd_pg_closed_hint(pg, status, err)
                                                       : status;
}

bool gd_pg_wait(const struct gd_pg *pg, short events, int64_t deadline)
{
    for (;;) {
        int64_t left = deadline - now_ms();
        if (left <= 0)
            return false;
        struct pollfd one = {.fd = PQsocket(pg->conn), .events = events};
        int ready = poll(&one, 1, left > 60000 ? 60000 : (int)left);
        if (ready > 0 || (ready < 0 && errno != EINTR))
            return true; /* libpq finds out what is wrong with the socket */
    }
}

static uint32_t connect_limit(const struct gd_pg *pg)
{
    const char *given = gd_pg_target_get(&pg->target, "connect_timeout");
    long seconds = given == NULL ? 0 : strtol(given, NULL, 10);
    if (pg->options.connect_ms != 0 && seconds <= 0)
        return pg->options.connect_ms;
    return seconds <= 0 ? 10000 : seconds > 600 ? 600000 : (uint32_t)seconds * 1000;
}

/* libpq's own connect_timeout does nothing here: the limit is ours. It covers all hosts of a list
 * and does not cover the look-up of their names. */
GD_MUST static struct gd_status finish_connecting(struct gd_pg *pg, struct gd_error *err)
{
    uint32_t limit = connect_limit(pg);
    int64_t deadline = now_ms() + limit;
    if (PQstatus(pg->conn) == CONNECTION_BAD)
        return no_connection(pg, PQerrorMessage(pg->conn), err);
    PostgresPollingStatusType wanted = PGRES_POLLING_WRITING;
    while (wanted != PGRES_POLLING_OK) {
        if (wanted == PGRES_POLLING_FAILED)
            return no_connection(pg, PQerrorMessage(pg->conn), err);
        if (!gd_pg_wait(pg, wanted == PGRES_POLLING_READING ? POLLIN : POLLOUT, deadline))
            return gd_hint(err,
                           gd_fail(err, GD_SYSTEM, "could not connect to %s: no answer in %u ms",
                                   describe_where(pg), limit),
                           "Is the host right, and does a firewall let the port through?");
        wanted = PQconnectPoll(pg->conn);
    }
    return GD_DONE;
}

static void ignore_notice(void *context, const PGresult *notice)
{
    (void)context;
    (void)notice;
}

/* The process that answers is not the one whose key we were given: something stands between. */
GD_MUST static struct gd_status look_who_answers(struct gd_pg *pg, struct gd_error *err)
{
    if (PQserverVersion(pg->conn) < OLDEST_SERVER)
        return gd_fail(err, GD_SYSTEM,
                       "could not work with %s: it runs version %s, and Guardian needs PostgreSQL "
                       "13 or later",
                       pg->where, or_default(PQparameterStatus(pg->conn, "server_version"), "?"));
    if (pg->replicates)
        return GD_DONE; /* a pooler does not know the protocol */
    struct gd_pg_call call = {.what = "look who answers", .sql = "SELECT pg_backend_pid()"};
    gd_auto_pg_rows rows = NULL;
    GD_TRY(gd_pg_run(pg, &call, &rows, err));
    pg->pooled = pg->target.pooler || gd_pg_int(rows, 0, 0) != PQbackendPID(pg->conn);
    return GD_DONE;
}

struct gd_status gd_pg_read_target(struct gd_pg *pg, struct gd_error *err)
{
    const char *text = pg->options.target;
    const char *variable = getenv("DATABASE_URL");
    if (text == NULL && variable != NULL && *variable != '\0')
        text = variable;
    if (text != NULL)
        GD_TRY(gd_pg_target_parse(gd_arena_strdup(pg->arena, text), pg->arena, &pg->target, err));
    if (pg->options.database != NULL)
        gd_pg_target_set(&pg->target, "dbname", pg->options.database);
    if (gd_pg_target_get(&pg->target, "application_name") == NULL)
        gd_pg_target_set(&pg->target, "application_name", pg->options.application);
    for (size_t i = 0; i < sizeof fallbacks / sizeof fallbacks[0]; i++)
        if (gd_pg_target_get(&pg->target, fallbacks[i].keyword) == NULL)
            gd_pg_target_set(&pg->target, fallbacks[i].keyword, fallbacks[i].value);
    return GD_DONE;
}

GD_MUST static struct gd_status start_connecting(struct gd_pg *pg, struct gd_error *err)
{
    PQfinish(pg->conn);
    pg->conn = PQconnectStartParams(pg->target.keywords, pg->target.values, 0);
    if (pg->conn == NULL)
        return gd_fail(err, GD_SYSTEM, "could not connect: out of memory");
    PQsetNoticeReceiver(pg->conn, ignore_notice, NULL);
    if (pg->verbose)
        PQsetErrorVerbosity(pg->conn, PQERRORS_VERBOSE);
    return finish_connecting(pg, err);
}

struct gd_status gd_pg_open(struct gd_pg *pg, struct gd_error *err)
{
    struct gd_status status = start_connecting(pg, err);
    if (status.code != GD_OK && pg->options.reopen && pg->conn != NULL &&
        gd_pg_closed(PQerrorMessage(pg->conn)) && gd_pg_closed_open(pg)) {
        pg->reopened = true;
        status = start_connecting(pg, err);
    }
    GD_TRY(status);
    pg->where = describe_where(pg);
    if (PQsetnonblocking(pg->conn, 1) != 0)
        return no_connection(pg, PQerrorMessage(pg->conn), err);
    return look_who_answers(pg, err);
}

struct gd_status gd_pg_new(const struct gd_pg_options *options, struct gd_pg **out_pg,
                           struct gd_error *err)
{
    struct gd_pg *pg = calloc(1, sizeof *pg);
    if (pg == NULL)
        return gd_fail(err, GD_SYSTEM, "could not connect: out of memory");
    pg->arena = gd_arena_new();
    pg->options = *options;
    pg->options.application =
        gd_arena_strdup(pg->arena, or_default(options->application, "guardian"));
    pg->options.statement_ms = or_limit(options->statement_ms, 30000);
    pg->options.lock_ms = or_limit(options->lock_ms, 2000);
    pg->options.idle_ms = or_limit(options->idle_ms, 60000);
    *out_pg = pg;
    return GD_DONE;
}

struct gd_status gd_pg_connect(const struct gd_pg_options *options, struct gd_pg **out_pg,
                               struct gd_error *err)
{
    gd_auto_pg pg = NULL;
    GD_TRY(gd_pg_new(options, &pg, err));
    GD_TRY(gd_pg_read_target(pg, err));
    GD_TRY(gd_pg_open(pg, err));
    *out_pg = GD_MOVE(pg);
    return GD_DONE;
}

static const char *keep_text(struct gd_arena *arena, const char *text)
{
    return text == NULL ? NULL : gd_arena_strdup(arena, text);
}

struct gd_status gd_pg_connect_target(const struct gd_pg_options *options,
                                      const struct gd_pg_target *target, struct gd_pg **out_pg,
                                      struct gd_error *err)
{
    gd_auto_pg pg = NULL;
    GD_TRY(gd_pg_new(options, &pg, err));
    for (size_t i = 0; i < target->count; i++)
        gd_pg_target_set(&pg->target, gd_arena_strdup(pg->arena, target->keywords[i]),
                         keep_text(pg->arena, target->values[i]));
    pg->target.schema = keep_text(pg->arena, target->schema);
    pg->target.search_path = keep_text(pg->arena, target->search_path);
    pg->target.pooler = target->pooler;
    GD_TRY(gd_pg_open(pg, err));
    *out_pg = GD_MOVE(pg);
    return GD_DONE;
}

void gd_pg_close(struct gd_pg *pg)
{
    if (pg == NULL)
        return;
    PQfinish(pg->conn);
    gd_arena_free(pg->arena);
    free(pg->copy_buffer);
    free(pg);
}

const char *gd_pg_where(const struct gd_pg *pg)
{
    return pg->where;
}

const char *gd_pg_database(const struct gd_pg *pg)
{
    return PQdb(pg->conn);
}

const char *gd_pg_user(const struct gd_pg *pg)
{
    return PQuser(pg->conn);
}

int gd_pg_version(const struct gd_pg *pg)
{
    return PQserverVersion(pg->conn);
}

bool gd_pg_pooled(const struct gd_pg *pg)
{
    return pg->pooled;
}

bool gd_pg_reopened(const struct gd_pg *pg)
{
    return pg->reopened;
}

bool gd_pg_broken(const struct gd_pg *pg)
{
    return pg->broken;
}

/* --- running ------------------------------------------------------------------------------------
 */

struct gd_status gd_pg_lost(struct gd_pg *pg, const char *what, const char *why,
                            struct gd_error *err)
{
    pg->broken = true;
    return gd_fail(err, GD_SYSTEM, "could not %s in %s: %s", what, pg->where, why);
}

struct gd_status gd_pg_refused(struct gd_pg *pg, struct gd_pg_call *call, const PGresult *result,
                               struct gd_error *err)
{
    const char *state = or_default(PQresultErrorField(result, PG_DIAG_SQLSTATE), "");
    const char *text = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    snprintf(call->sqlstate, sizeof call->sqlstate, "%s", state);
    if (PQstatus(pg->conn) == CONNECTION_BAD)
        pg->broken = true;
    enum gd_code code =
        strcmp(state, "55P03") == 0 || strcmp(state, "40P01") == 0 ? GD_BUSY : GD_SYSTEM;
    if (text == NULL)
        text = PQresultErrorMessage(result);
    call->reason = gd_pg_clean_message(pg, text);
    return gd_fail(err, code, "could not %s in %s: %s%s%s%s", call->what, pg->where, call->reason,
                   *state == '\0' ? "" : " (", state, *state == '\0' ? "" : ")");
}

/* One batch on its way. */
struct flight {
    struct gd_pg *pg;
    struct gd_pg_call *calls;
    size_t count, at; /* the call whose result comes next */
    gd_pg_each_fn *each;
    void *context;
    struct gd_status status; /* of the first failure; err is written once */
    struct gd_error *err;
    bool synced;
};

static void take_result(struct flight *flight, const PGresult *result)
{
    ExecStatusType kind = PQresultStatus(result);
    if (kind == PGRES_PIPELINE_SYNC) {
        flight->synced = true;
        return;
    }
    assert(flight->at < flight->count);
    struct gd_pg_call *call = &flight->calls[flight->at];
    if (call->preparing && kind == PGRES_COMMAND_OK) {
        flight->pg->kept[flight->pg->kept_count++] = call->keep;
        return;
    }
    if (kind == PGRES_TUPLES_OK || kind == PGRES_COMMAND_OK || kind == PGRES_EMPTY_QUERY) {
        if (flight->each != NULL && flight->status.code == GD_OK)
            flight->status =
                flight->each(flight->at, (const struct gd_pg_rows *)(const void *)result,
                             flight->context, flight->err);
    } else if (flight->status.code == GD_OK) {
        flight->status = gd_pg_refused(flight->pg, call, result, flight->err);
    }
}

/* Of one call, or of the plan that comes before its rows. */
static void end_of_results(struct flight *flight)
{
    if (flight->at < flight->count && flight->calls[flight->at].preparing)
        flight->calls[flight->at].preparing = false;
    else
        flight->at++;
}

/* Take what has come. @return false when libpq lost the connection. */
static bool drain(struct flight *flight)
{
    PGconn *conn = flight->pg->conn;
    bool after_null = false;
    while (!flight->synced && !PQisBusy(conn)) {
        PGresult *result = PQgetResult(conn);
        if (result == NULL) { /* ends the results of one call; two in a row: there are no more */
            if (after_null)
                return false;
            after_null = true;
            end_of_results(flight);
            continue;
        }
        after_null = false;
        take_result(flight, result);
        PQclear(result);
        if (PQstatus(conn) == CONNECTION_BAD)
            return false;
    }
    return true;
}

/* Sending and reading go on together: a server that waits for us to read would not read. */
static bool fly(struct flight *flight, int64_t deadline, const char **out_why)
{
    PGconn *conn = flight->pg->conn;
    while (!flight->synced) {
        int unsent = PQflush(conn);
        if (unsent < 0)
            break;
        short events = unsent > 0 ? POLLIN | POLLOUT : POLLIN;
        if (!gd_pg_wait(flight->pg, events, deadline)) {
            *out_why = "the server has not answered in time, and the connection was given up";
            return false;
        }
        if (PQconsumeInput(conn) == 0 || !drain(flight))
            break;
    }
    *out_why = flight->synced ? NULL : gd_pg_clean_message(flight->pg, PQerrorMessage(conn));
    return flight->synced;
}

static bool is_kept(const struct gd_pg *pg, const char *name)
{
    for (size_t i = 0; i < pg->kept_count; i++)
        if (strcmp(pg->kept[i], name) == 0)
            return true;
    return false;
}

static bool may_keep(const struct gd_pg *pg, const struct gd_pg_call *call)
{
    return call->keep != NULL && !pg->pooled && (pg->heard_setting == NULL || call->keep_anywhere);
}

void gd_pg_forget_plans(struct gd_pg *pg)
{
    pg->kept_count = 0;
    pg->kept_generation++;
}

bool gd_pg_lost_plan(const struct gd_pg_call *call)
{
    return call->keep != NULL &&
           (strcmp(call->sqlstate, "26000") == 0 || strcmp(call->sqlstate, "42P05") == 0);
}

/* Plan it the first time, under a name of its own, and only name it from then on. */
static bool send_kept(struct gd_pg *pg, struct gd_pg_call *call)
{
    char name[64];
    snprintf(name, sizeof name, "guardian %u %s", pg->kept_generation, call->keep);
    call->preparing = !is_kept(pg, call->keep);
    if (call->preparing && PQsendPrepare(pg->conn, name, call->sql, 0, NULL) != 1)
        return false;
    return PQsendQueryPrepared(pg->conn, name, (int)call->value_count, call->values, NULL, NULL,
                               0) == 1;
}

static bool send_all(struct gd_pg *pg, struct gd_pg_call *calls, size_t count)
{
    if (PQenterPipelineMode(pg->conn) != 1)
        return false;
    for (size_t i = 0; i < count; i++) {
        calls[i].sqlstate[0] = '\0';
        calls[i].reason = NULL;
        calls[i].preparing = false;
        bool room = pg->kept_count + count <= sizeof pg->kept / sizeof pg->kept[0];
        if (may_keep(pg, &calls[i]) && (room || is_kept(pg, calls[i].keep))) {
            if (!send_kept(pg, &calls[i]))
                return false;
        } else if (PQsendQueryParams(pg->conn, calls[i].sql, (int)calls[i].value_count, NULL,
                                     calls[i].values, NULL, NULL, 0) != 1)
            return false;
    }
    return PQpipelineSync(pg->conn) == 1;
}

struct gd_status gd_pg_batch(struct gd_pg *pg, struct gd_pg_call *calls, size_t count,
                             gd_pg_each_fn *each, void *context, struct gd_error *err)
{
    assert(count > 0);
    if (pg->broken)
        return gd_fail(err, GD_SYSTEM, "could not %s in %s: the connection is lost", calls[0].what,
                       pg->where);
    struct flight flight = {.pg = pg,
                            .calls = calls,
                            .count = count,
                            .each = each,
                            .context = context,
                            .status = GD_DONE,
                            .err = err};
    if (!send_all(pg, calls, count))
        return gd_pg_lost(pg, calls[0].what, gd_pg_clean_message(pg, PQerrorMessage(pg->conn)),
                          err);
    int64_t deadline = now_ms() + SILENCE_MS;
    for (size_t i = 0; i < count; i++)
        deadline += or_limit(calls[i].limit_ms, pg->options.statement_ms);
    const char *why = NULL;
    if (!fly(&flight, deadline, &why)) {
        pg->broken = true;
        if (flight.status.code != GD_OK)
            return flight.status;
        size_t at = flight.at < count ? flight.at : count - 1;
        return gd_pg_lost(pg, calls[at].what, why, err);
    }
    (void)PQgetResult(pg->conn); /* the NULL that ends the synchronisation point */
    if (PQexitPipelineMode(pg->conn) != 1)
        return gd_pg_lost(pg, calls[0].what, gd_pg_clean_message(pg, PQerrorMessage(pg->conn)),
                          err);
    return flight.status;
}

GD_MUST static struct gd_status keep_rows(size_t index, const struct gd_pg_rows *rows,
                                          void *context, struct gd_error *err)
{
    (void)index;
    PGresult *copy =
        PQcopyResult((const PGresult *)(const void *)rows, PG_COPYRES_ATTRS | PG_COPYRES_TUPLES);
    if (copy == NULL)
        return gd_fail(err, GD_SYSTEM, "could not keep the rows of a query: out of memory");
    *(struct gd_pg_rows **)context = (struct gd_pg_rows *)copy;
    return GD_DONE;
}

struct gd_status gd_pg_run(struct gd_pg *pg, struct gd_pg_call *call, struct gd_pg_rows **out_rows,
                           struct gd_error *err)
{
    return gd_pg_batch(pg, call, 1, out_rows == NULL ? NULL : keep_rows, out_rows, err);
}

/* --- rows
 * ----------------------------------------------------------------------------------------*/

static const PGresult *result_of(const struct gd_pg_rows *rows)
{
    return (const PGresult *)(const void *)rows;
}

size_t gd_pg_rows_count(const struct gd_pg_rows *rows)
{
    return (size_t)PQntuples(result_of(rows));
}

const char *gd_pg_cell(const struct gd_pg_rows *rows, size_t row, size_t column)
{
    const PGresult *result = result_of(rows);
    assert(row < (size_t)PQntuples(result) && column < (size_t)PQnfields(result));
    return PQgetisnull(result, (int)row, (int)column) ? NULL
                                                      : PQgetvalue(result, (int)row, (int)column);
}

int64_t gd_pg_int(const struct gd_pg_rows *rows, size_t row, size_t column)
{
    const char *text = gd_pg_cell(rows, row, column);
    return text == NULL ? 0 : strtoll(text, NULL, 10);
}

uint32_t gd_pg_oid(const struct gd_pg_rows *rows, size_t row, size_t column)
{
    const char *text = gd_pg_cell(rows, row, column);
    return text == NULL ? 0 : (uint32_t)strtoul(text, NULL, 10);
}

bool gd_pg_bool(const struct gd_pg_rows *rows, size_t row, size_t column)
{
    const char *text = gd_pg_cell(rows, row, column);
    return text != NULL && *text == 't';
}

double gd_pg_real(const struct gd_pg_rows *rows, size_t row, size_t column)
{
    const char *text = gd_pg_cell(rows, row, column);
    return text == NULL ? 0 : strtod(text, NULL);
}

char gd_pg_char(const struct gd_pg_rows *rows, size_t row, size_t column)
{
    const char *text = gd_pg_cell(rows, row, column);
    return text == NULL ? '\0' : *text;
}

void gd_pg_rows_free(struct gd_pg_rows *rows)
{
    PQclear((PGresult *)(void *)rows);
}

/* --- transaction --------------------------------------------------------------------------------
 */

struct gd_status gd_pg_begin(struct gd_pg *pg, struct gd_error *err)
{
    assert(!pg->in_transaction);
    char statement[16], lock[16], idle[16];
    snprintf(statement, sizeof statement, "%u", pg->options.statement_ms);
    snprintf(lock, sizeof lock, "%u", pg->options.lock_ms);
    snprintf(idle, sizeof idle, "%u", pg->options.idle_ms);
    bool one_schema = pg->target.schema != NULL;
    const char *path = one_schema ? pg->target.schema : pg->target.search_path;
    const char *const limits[] = {statement, lock, idle};
    pg->within = PQtransactionStatus(pg->conn) == PQTRANS_INTRANS;
    struct gd_pg_call calls[] = {
        {.what = "begin a transaction",
         .sql = pg->within ? "SAVEPOINT guardian_look"
                           : "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"},
        {.what = "set limits",
         .sql = "SELECT set_config('statement_timeout', $1, true), "
                "set_config('lock_timeout', $2, true), "
                "set_config('idle_in_transaction_session_timeout', $3, true)",
         .values = limits,
         .value_count = 3},
        {.what = "set the search path",
         .sql = one_schema ? "SELECT set_config('search_path', quote_ident($1), true)"
                           : "SELECT set_config('search_path', $1, true)",
         .values = &path,
         .value_count = 1},
    };
    struct gd_status status = gd_pg_batch(pg, calls, path == NULL ? 2 : 3, NULL, NULL, err);
    pg->in_transaction = true;
    if (status.code != GD_OK)
        gd_pg_end(pg);
    return status;
}

void gd_pg_end(struct gd_pg *pg)
{
    if (!pg->in_transaction)
        return;
    pg->in_transaction = false;
    struct gd_pg_call calls[] = {
        {.what = "end a transaction",
         .sql = pg->within ? "ROLLBACK TO SAVEPOINT guardian_look" : "ROLLBACK"},
        {.what = "release a savepoint", .sql = "RELEASE SAVEPOINT guardian_look"},
    };
    struct gd_error ignored = {0};
    struct gd_status status =
        pg->broken ? GD_DONE : gd_pg_batch(pg, calls, pg->within ? 2 : 1, NULL, NULL, &ignored);
    if (status.code != GD_OK)
        pg->broken = true; /* who knows what is open there: nobody shall go on with it */
}
