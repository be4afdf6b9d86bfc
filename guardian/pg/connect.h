/*
 * Connection: the one door to a PostgreSQL server.
 *
 * Invariant 1  Every wait has a limit, also one for a server or a network that has gone silent.
 * Invariant 2  Nothing is set for the session: gd_pg_begin() sets what holds for one transaction,
 *              so that a pooler which hands its server connections round passes nothing on.
 * Invariant 3  No error text holds a password or another secret of the target.
 * Owner        one thread at a time; gd_pg_close() ends it, and an open transaction with it.
 */
#ifndef GUARDIAN_PG_CONNECT_H
#define GUARDIAN_PG_CONNECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "guardian/base/arena.h"
#include "guardian/base/status.h"

struct gd_pg;
struct gd_pg_rows;

/** Zero means the default that stands behind it. */
struct gd_pg_options {
    const char *target;   /* URL, key=value text or database name; NULL: $DATABASE_URL, then PG* */
    const char *database; /* over the one of the target; NULL: that one */
    const char *application; /* application_name when the target has none: "guardian" */
    uint32_t connect_ms;     /* for the whole connection, name look-up apart: 10,000, or the
                                target's connect_timeout */
    uint32_t statement_ms;   /* statement_timeout of gd_pg_begin(): 30,000 */
    uint32_t lock_ms;        /* lock_timeout of gd_pg_begin(): 2,000 */
    uint32_t idle_ms;        /* idle_in_transaction_session_timeout: 60,000 */
    bool reopen;    /* a database that a killed restore left closed is opened: gd_pg_reopened() */
    bool no_advice; /* a refusal is passed on as it is, and the server is not asked for more */
};

/**
 * Connect and look who answers.
 *
 * @return GD_USAGE   the target cannot be read (gd_pg_target_parse)
 *         GD_SYSTEM  no connection, or a server older than PostgreSQL 13; the hint says what helps
 */
GD_MUST struct gd_status gd_pg_connect(const struct gd_pg_options *options, struct gd_pg **out_pg,
                                       struct gd_error *err);
void gd_pg_close(struct gd_pg *pg);

/** database "app" on "db.example.org" port 5432 as user "me" */
const char *gd_pg_where(const struct gd_pg *pg);
const char *gd_pg_database(const struct gd_pg *pg); /* that was asked for */
const char *gd_pg_user(const struct gd_pg *pg);     /* as whom it is logged in */
int gd_pg_version(const struct gd_pg *pg);          /* 150018 */
/** A pooler stands between: the target says so, or the process that answers is not the one that
 *  the connection was made with. Whether it works by transaction cannot be seen: assume it. */
bool gd_pg_pooled(const struct gd_pg *pg);
/** It had to be opened first: see `reopen` of the options. */
bool gd_pg_reopened(const struct gd_pg *pg);
/** The connection is beyond use: a limit passed or the server went away. */
bool gd_pg_broken(const struct gd_pg *pg);

/** One statement with text parameters. */
struct gd_pg_call {
    const char *what;          /* after "could not": "read the catalogue" */
    const char *sql;           /* exactly one statement */
    const char *const *values; /* $1 …; NULL is SQL's NULL */
    size_t value_count;
    uint32_t limit_ms; /* the statement_timeout it runs under; 0: that of the options */
    /* Asked more than once in a session: the server keeps its plan under this name, of which one
     * text may be the only one. Not behind a pooler, where it is planned each time. NULL: no. */
    const char *keep;
    bool keep_anywhere; /* also in a session that is somebody else's: whoever asks knows what to do
                           when the plan is gone (26000) or its name is taken (42P05) */
    /* Set when it failed in the server; empty and NULL otherwise. */
    char sqlstate[6];
    const char *reason; /* the server's words; valid as long as the connection */
    bool preparing;     /* its own: the plan comes before the rows */
};

/** Plans that were kept are not relied on any more: somebody else's SQL ran in this session. */
void gd_pg_forget_plans(struct gd_pg *pg);
/** Whoever owns the session has thrown the plan of a call away (DISCARD ALL, DEALLOCATE ALL), or
 *  has one of that name: once the plans are forgotten it can be asked again. */
bool gd_pg_lost_plan(const struct gd_pg_call *call);

/**
 * Run one statement and keep its rows.
 *
 * @param out_rows  free with gd_pg_rows_free(); may be NULL when there are none to keep
 * @return GD_BUSY    a lock did not come within lock_timeout (55P03), or a deadlock (40P01)
 *         GD_SYSTEM  anything else; call->sqlstate tells which
 */
GD_MUST struct gd_status gd_pg_run(struct gd_pg *pg, struct gd_pg_call *call,
                                   struct gd_pg_rows **out_rows, struct gd_error *err);

/** Called with the rows of calls[index] as they come, in order; the rows are freed afterwards. */
typedef struct gd_status gd_pg_each_fn(size_t index, const struct gd_pg_rows *rows, void *context,
                                       struct gd_error *err);

/**
 * Run several statements in one round trip (pipeline mode). The first that fails ends the batch:
 * those behind it are not run. `each` may be NULL; its failure stops further calls of it.
 */
GD_MUST struct gd_status gd_pg_batch(struct gd_pg *pg, struct gd_pg_call *calls, size_t count,
                                     gd_pg_each_fn *each, void *context, struct gd_error *err);

/** Rows and cells; `row` and `column` must be in range. NULL cells read as NULL, 0, false. */
size_t gd_pg_rows_count(const struct gd_pg_rows *rows);
const char *gd_pg_cell(const struct gd_pg_rows *rows, size_t row, size_t column);
int64_t gd_pg_int(const struct gd_pg_rows *rows, size_t row, size_t column);
uint32_t gd_pg_oid(const struct gd_pg_rows *rows, size_t row, size_t column);
bool gd_pg_bool(const struct gd_pg_rows *rows, size_t row, size_t column);
double gd_pg_real(const struct gd_pg_rows *rows, size_t row, size_t column);
char gd_pg_char(const struct gd_pg_rows *rows, size_t row, size_t column);
void gd_pg_rows_free(struct gd_pg_rows *rows);

/** Begin a read-only, repeatable-read transaction with the limits of the options, and with the
 *  search path of the target when that names one. Inside of a transaction that is open already it
 *  is a savepoint, and neither of both. */
GD_MUST struct gd_status gd_pg_begin(struct gd_pg *pg, struct gd_error *err);
/** End it; on a broken connection there is nothing to end. */
void gd_pg_end(struct gd_pg *pg);

static inline void gd_pg_cleanup_(struct gd_pg **pg)
{
    gd_pg_close(*pg);
}
static inline void gd_pg_rows_cleanup_(struct gd_pg_rows **rows)
{
    gd_pg_rows_free(*rows);
}
#define gd_auto_pg __attribute__((cleanup(gd_pg_cleanup_))) struct gd_pg *
#define gd_auto_pg_rows __attribute__((cleanup(gd_pg_rows_cleanup_))) struct gd_pg_rows *

#endif
