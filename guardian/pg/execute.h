/*
 * Execute: one statement of somebody's file, sent as it stands, in a session that is pinned.
 *
 * The simple protocol carries the text: no parameters, no plan that is kept, COPY works. Rows that
 * come back are thrown away as they come, so that a SELECT of any size costs no memory.
 *
 * Invariant 1  An answer is an answer only when the server is ready for the next statement: a
 *              connection that broke before is told apart from an error (gd_pg_broken()).
 * Invariant 2  Being asked to stop, and a tick that fails, cancel the statement and wait for what
 *              the server says to that.
 */
#ifndef GUARDIAN_PG_EXECUTE_H
#define GUARDIAN_PG_EXECUTE_H

#include "guardian/pg/connect.h"

/** What the server says of an error, or of a notice. Texts are "" when it says nothing. */
struct gd_pg_words {
    char sqlstate[6];
    const char *severity, *message, *detail, *hint;
    const char *context; /* "PL/pgSQL function f() line 3 at SQL statement": the first line */
    uint32_t position;   /* in the text that was sent, in characters from 1; 0: not told */
};

struct gd_pg_statement {
    const char *what; /* after "could not", for a lost connection: "run app.sql:3" */
    const char *sql;
    const char *data; /* the rows of COPY … FROM STDIN; NULL: there are none */
    size_t data_size;
    bool rows; /* it may give rows, any number of them: they are taken one by one */
    void (*notice)(void *context, const struct gd_pg_words *words); /* may be NULL */
    /* Called some ten times a second while the server works; fails: the statement is cancelled, and
     * the failure is what gd_pg_execute() returns. May be NULL. */
    struct gd_status (*tick)(void *context, struct gd_error *err);
    void *context;
    /* Set by gd_pg_execute(): */
    struct gd_pg_words words; /* of the error; message NULL: the server has not refused it */
    char tag[64];             /* "CREATE TABLE", "COMMIT" */
};

/**
 * Run one statement.
 *
 * @param arena  where the words live
 * @return GD_BUSY    a lock did not come within lock_timeout (55P03), or a deadlock (40P01)
 *         GD_SYSTEM  the server refused it: statement->words; or the connection is lost:
 *                    gd_pg_broken(), and it is not known what became of the statement
 *         any        what the tick returned
 */
GD_MUST struct gd_status gd_pg_execute(struct gd_pg *pg, struct gd_pg_statement *statement,
                                       struct gd_arena *arena, struct gd_error *err);

/**
 * Would the server's own grammar refuse this text? It is prepared, and not run.
 *
 * @param out_refused  a syntax error that has a place in the text: whoever sends it gets the same
 * @return GD_SYSTEM   it could not be asked
 */
GD_MUST struct gd_status gd_pg_parses(struct gd_pg *pg, const char *text, bool *out_refused,
                                      struct gd_error *err);

/** What a session needs in which somebody's file runs. */
struct gd_pg_pin {
    const char *application;
    uint32_t statement_ms, lock_ms, idle_ms; /* 0: no limit */
};
/** Set encoding, quoting, time-outs, the application's name and the search path of the target for
 * the session; everything else stays as the server gives it. */
GD_MUST struct gd_status gd_pg_pin(struct gd_pg *pg, const struct gd_pg_pin *pin,
                                   struct gd_error *err);
/** What the server last reported of client_encoding, standard_conforming_strings …; "" otherwise */
const char *gd_pg_reported(const struct gd_pg *pg, const char *setting);

enum gd_pg_state {
    GD_PG_OUTSIDE, /* no transaction is open */
    GD_PG_INSIDE,
    GD_PG_ABORTED, /* it is open, and can only be rolled back */
    GD_PG_UNKNOWN, /* the connection is lost */
};
enum gd_pg_state gd_pg_state(const struct gd_pg *pg);
int gd_pg_backend(const struct gd_pg *pg); /* its process */

/** After the connection was lost: a new one to the same database, in the place of the old. What
 *  was set for the session is gone. */
GD_MUST struct gd_status gd_pg_reconnect(struct gd_pg *pg, struct gd_error *err);

#endif
