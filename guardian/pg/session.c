/*
 * Session: transactions that see the same data, statements that change something, and the way for
 * PostgreSQL's own programs to the same server.
 */
#include <assert.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "guardian/base/clock.h"
#include "guardian/pg/connection.h"
#include "guardian/pg/copy.h"

enum { SLICE_MS = 200, CANCEL_MS = 10000 };

static int64_t now_ms(void)
{
    return gd_clock_monotonic_us() / 1000;
}

/* --- readers ------------------------------------------------------------------------------------
 */

/* A setting that a server does not have is left alone; everything is local to the transaction. */
static const char reader_settings[] =
    "SELECT pg_catalog.set_config(name, value, true) FROM (VALUES "
    "('search_path', ''),"
    "('client_encoding', CASE WHEN pg_catalog.getdatabaseencoding() IN "
    "  ('SQL_ASCII', 'MULE_INTERNAL') THEN pg_catalog.getdatabaseencoding() ELSE 'UTF8' END),"
    "('DateStyle', 'ISO'), ('IntervalStyle', 'postgres'), ('TimeZone', 'UTC'),"
    "('extra_float_digits', '3'), ('bytea_output', 'hex'), ('lc_monetary', 'C'),"
    "('quote_all_identifiers', 'off'), ('synchronize_seqscans', 'off'), ('row_security', 'off'),"
    "('enable_tidscan', 'on'), ('jit', 'off'),"
    "('statement_timeout', '0'), ('lock_timeout', '0'),"
    "('idle_in_transaction_session_timeout', '0'), ('transaction_timeout', '0'),"
    "('restrict_nonsystem_relation_kind', 'view,foreign-table')"
    ") AS wanted (name, value)"
    " WHERE pg_catalog.current_setting(name, true) IS NOT NULL";

static bool is_snapshot_id(const char *text)
{
    size_t length = strspn(text, "0123456789ABCDEFabcdef-");
    return length > 0 && length < 64 && text[length] == '\0';
}

struct gd_status gd_pg_reader_begin(struct gd_pg *pg, const char *snapshot, struct gd_error *err)
{
    assert(!pg->in_transaction);
    char share[128] = "SET TRANSACTION READ ONLY";
    if (snapshot != NULL && !is_snapshot_id(snapshot))
        return gd_fail(err, GD_USAGE, "could not share snapshot \"%s\": that is no snapshot's id",
                       snapshot);
    if (snapshot != NULL)
        snprintf(share, sizeof share, "SET TRANSACTION SNAPSHOT '%s'", snapshot);
    struct gd_pg_call calls[] = {
        {.what = "begin a transaction", .sql = "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY"},
        {.what = "share a snapshot", .sql = share},
        {.what = "set up a session for reading", .sql = reader_settings},
    };
    struct gd_status status = gd_pg_batch(pg, calls, 3, NULL, NULL, err);
    pg->in_transaction = true;
    if (status.code != GD_OK)
        gd_pg_end(pg);
    return status;
}

struct gd_status gd_pg_export_snapshot(struct gd_pg *pg, struct gd_arena *arena,
                                       const char **out_snapshot, struct gd_error *err)
{
    assert(pg->in_transaction);
    struct gd_pg_call call = {.what = "export a snapshot",
                              .sql = "SELECT pg_catalog.pg_export_snapshot()"};
    gd_auto_pg_rows rows = NULL;
    GD_TRY(gd_pg_run(pg, &call, &rows, err));
    *out_snapshot = gd_arena_strdup(arena, gd_pg_cell(rows, 0, 0));
    return GD_DONE;
}

/* --- commands -----------------------------------------------------------------------------------
 */

void gd_pg_cancel(struct gd_pg *pg)
{
    PGcancel *cancel = PQgetCancel(pg->conn);
    char ignored[256];
    if (cancel == NULL || PQcancel(cancel, ignored, sizeof ignored) != 1)
        pg->broken = true;
    PQfreeCancel(cancel);
}

/* Until a result is there. Being asked to stop cancels the statement, which then ends with an
 * error of the server. */
GD_MUST static struct gd_status await_result(struct gd_pg *pg, const char *what,
                                             struct gd_error *err)
{
    int64_t give_up = INT64_MAX;
    for (;;) {
        int unsent = PQflush(pg->conn);
        if (unsent < 0 || PQconsumeInput(pg->conn) == 0)
            return gd_pg_lost(pg, what, gd_pg_clean_message(pg, PQerrorMessage(pg->conn)), err);
        if (unsent == 0 && !PQisBusy(pg->conn))
            return GD_DONE;
        (void)gd_pg_wait(pg, unsent > 0 ? POLLIN | POLLOUT : POLLIN, now_ms() + SLICE_MS);
        if (gd_interrupted() && give_up == INT64_MAX) {
            gd_pg_cancel(pg);
            give_up = now_ms() + CANCEL_MS;
        }
        if (pg->broken || now_ms() > give_up)
            return gd_pg_lost(pg, what, "asked to stop, and the server does not answer", err);
    }
}

/* Throw away what still comes of a COPY that nobody wants any more. */
static void drain_copy(struct gd_pg *pg)
{
    int64_t deadline = now_ms() + CANCEL_MS;
    while (!pg->broken) {
        char *row = NULL;
        int size = PQgetCopyData(pg->conn, &row, 1);
        PQfreemem(row);
        if (size < 0)
            return;
        if (size == 0 && (!gd_pg_wait(pg, POLLIN, deadline) || PQconsumeInput(pg->conn) == 0))
            pg->broken = true;
    }
}

/* A COPY among the results. @return false when it is not known how to get out of it */
static bool leave_copy(struct gd_pg *pg, ExecStatusType kind, bool failed)
{
    if (kind == PGRES_COPY_OUT && failed)
        drain_copy(pg);
    else if (kind != PGRES_COPY_IN || !failed || PQputCopyEnd(pg->conn, "given up") != 1)
        return false;
    return !pg->broken;
}

struct gd_status gd_pg_give_up(struct gd_pg *pg, const char *what, struct gd_status status)
{
    struct gd_error ignored = {0};
    if (!pg->broken)
        gd_pg_cancel(pg);
    drain_copy(pg);
    return pg->broken ? status : gd_pg_finish_results(pg, what, status, &ignored);
}

struct gd_status gd_pg_finish_results(struct gd_pg *pg, const char *what, struct gd_status status,
                                      struct gd_error *err)
{
    for (;;) {
        struct gd_error later = {0};
        struct gd_status waited = await_result(pg, what, status.code == GD_OK ? err : &later);
        if (waited.code != GD_OK)
            return status.code == GD_OK ? waited : status;
        PGresult *result = PQgetResult(pg->conn);
        if (result == NULL)
            return status;
        ExecStatusType kind = PQresultStatus(result);
        struct gd_pg_call call = {.what = what};
        bool copies = kind == PGRES_COPY_IN || kind == PGRES_COPY_OUT || kind == PGRES_COPY_BOTH;
        if (copies && !leave_copy(pg, kind, status.code != GD_OK))
            status = gd_pg_lost(pg, what, "it is a COPY, for which there is no data here",
                                status.code == GD_OK ? err : &later);
        else if (!copies && status.code == GD_OK && kind != PGRES_COMMAND_OK &&
                 kind != PGRES_TUPLES_OK && kind != PGRES_EMPTY_QUERY)
            status = gd_pg_refused(pg, &call, result, err);
        PQclear(result);
        if (pg->broken)
            return status;
    }
}

GD_MUST static struct gd_status send_text(struct gd_pg *pg, const char *what, const char *sql,
                                          struct gd_error *err)
{
    if (pg->broken)
        return gd_fail(err, GD_SYSTEM, "could not %s in %s: the connection is lost", what,
                       pg->where);
    if (PQsendQuery(pg->conn, sql) != 1)
        return gd_pg_lost(pg, what, gd_pg_clean_message(pg, PQerrorMessage(pg->conn)), err);
    return GD_DONE;
}

/* What is set in a transaction goes away when that is rolled back: only what is set outside stays
 * known. */
GD_MUST static struct gd_status set_command_limits(struct gd_pg *pg, const char *what,
                                                   struct gd_error *err)
{
    char sql[128];
    if (pg->command_limits)
        return GD_DONE;
    snprintf(sql, sizeof sql, "SET statement_timeout = 0; SET lock_timeout = %u",
             pg->options.lock_ms);
    bool outside = PQtransactionStatus(pg->conn) == PQTRANS_IDLE;
    GD_TRY(send_text(pg, what, sql, err));
    GD_TRY(gd_pg_finish_results(pg, what, GD_DONE, err));
    pg->command_limits = outside;
    return GD_DONE;
}

struct gd_status gd_pg_command(struct gd_pg *pg, const char *what, const char *sql,
                               struct gd_error *err)
{
    GD_TRY(set_command_limits(pg, what, err));
    GD_TRY(send_text(pg, what, sql, err));
    return gd_pg_finish_results(pg, what, GD_DONE, err);
}

/* --- the same server ----------------------------------------------------------------------------
 */

static bool is_set(const char *text)
{
    return text != NULL && *text != '\0';
}

/* Where the connection really went, of a list of hosts or of a name with several addresses: a
 * snapshot is known to one server only. */
static void pin(const struct gd_pg *pg, const char **out_host, const char **out_address,
                const char **out_port)
{
    const char *host = PQhost(pg->conn), *address = PQhostaddr(pg->conn);
    *out_host = is_set(host) ? host : NULL;
    bool socket = is_set(host) && (*host == '/' || *host == '@');
    *out_address = is_set(address) && !socket ? address : NULL;
    *out_port = PQport(pg->conn);
}

struct environment {
    struct gd_arena *arena;
    const char **items;
    size_t count;
};

/* NAME alone removes the variable (io/process.h). */
static void put(struct environment *environment, const char *name, const char *value)
{
    assert(environment->count + 1 < 128);
    environment->items[environment->count++] =
        is_set(value) ? gd_arena_printf(environment->arena, "%s=%s", name, value)
                      : gd_arena_strdup(environment->arena, name);
}

static bool is_own(const char *variable)
{
    static const char *const own[] = {"PGHOST",
                                      "PGHOSTADDR",
                                      "PGPORT",
                                      "PGDATABASE",
                                      "PGUSER",
                                      "PGPASSWORD",
                                      "PGSERVICE",
                                      "PGSERVICEFILE",
                                      "PGPASSFILE",
                                      "PGAPPNAME",
                                      "PGTARGETSESSIONATTRS"};
    for (size_t i = 0; i < sizeof own / sizeof own[0]; i++)
        if (strcmp(own[i], variable) == 0)
            return true;
    return false;
}

/* All that libpq settled for this connection: target, environment, service and default alike. */
static void put_settled(struct environment *environment, PGconn *conn)
{
    PQconninfoOption *settled = PQconninfo(conn);
    for (PQconninfoOption *at = settled; at != NULL && at->keyword != NULL; at++) {
        if (at->envvar == NULL || is_own(at->envvar) || !is_set(at->val))
            continue;
        put(environment, at->envvar, at->val);
    }
    PQconninfoFree(settled);
}

const char *const *gd_pg_environment(const struct gd_pg *pg, const char *database,
                                     struct gd_arena *arena)
{
    struct environment environment = {.arena = arena,
                                      .items = gd_arena_zalloc(arena, 128, sizeof(char *))};
    const char *host, *address, *port;
    pin(pg, &host, &address, &port);
    put_settled(&environment, pg->conn);
    put(&environment, "PGHOST", host);
    put(&environment, "PGHOSTADDR", address);
    put(&environment, "PGPORT", port);
    put(&environment, "PGDATABASE", database == NULL ? PQdb(pg->conn) : database);
    put(&environment, "PGUSER", PQuser(pg->conn));
    put(&environment, "PGPASSWORD", PQpass(pg->conn));
    put(&environment, "PGAPPNAME", gd_pg_target_get(&pg->target, "application_name"));
    /* Settled above, and a service would stand over the variables. */
    put(&environment, "PGSERVICE", NULL);
    put(&environment, "PGSERVICEFILE", NULL);
    put(&environment, "PGTARGETSESSIONATTRS", NULL); /* this server it is */
    return environment.items;
}

struct gd_status gd_pg_connect_like(const struct gd_pg *pg, const char *database,
                                    struct gd_pg **out_pg, struct gd_error *err)
{
    struct gd_pg_target target = pg->target;
    const char *host, *address, *port;
    pin(pg, &host, &address, &port);
    if (host != NULL)
        gd_pg_target_set(&target, "host", host);
    gd_pg_target_set(&target, "hostaddr", address == NULL ? "" : address);
    gd_pg_target_set(&target, "port", port);
    gd_pg_target_set(&target, "dbname", database == NULL ? PQdb(pg->conn) : database);
    gd_pg_target_set(&target, "user", PQuser(pg->conn));
    if (gd_pg_target_get(&target, "password") == NULL && is_set(PQpass(pg->conn)))
        gd_pg_target_set(&target, "password", PQpass(pg->conn));
    return gd_pg_connect_target(&pg->options, &target, out_pg, err);
}
