/*
 * Connection, from within: what connect.c and copy.c share. No other file includes it.
 */
#ifndef GUARDIAN_PG_CONNECTION_H
#define GUARDIAN_PG_CONNECTION_H

#include <libpq-fe.h>

#include "guardian/pg/connect.h"
#include "guardian/pg/target.h"

struct gd_pg {
    PGconn *conn;
    struct gd_arena *arena;
    struct gd_pg_target target;
    struct gd_pg_options options;
    const char *where;
    bool pooled;
    bool broken;
    bool in_transaction;
    bool within; /* … which is a savepoint inside of somebody else's */
    bool reopened;
    char *copy_buffer;   /* of COPY, made once */
    bool command_limits; /* gd_pg_command() has set its time-outs for the session */
    bool verbose;        /* a refusal to connect comes with its SQLSTATE */
    bool replicates;     /* of the replication protocol, which knows no SQL: see replication.c */
    /* What the server reported while somebody else read its messages; NULL: libpq knows best. */
    const char *(*heard_setting)(const void *context, const char *setting);
    const void *heard_context;
    const char *kept[48]; /* names of plans that the server keeps */
    size_t kept_count;
    unsigned kept_generation;        /* names of earlier ones are not used again */
    char stamp[40], stamp_seen[256]; /* the last stamp, and the snapshot that it was read in */
};

/** libpq's words on one line, without secrets; lives as long as the connection. */
const char *gd_pg_clean_message(const struct gd_pg *pg, const char *message);

/** Wait for the socket. @return false when `deadline_ms` (monotonic) passed first */
bool gd_pg_wait(const struct gd_pg *pg, short events, int64_t deadline_ms);

/** Mark it broken and say so. */
GD_MUST struct gd_status gd_pg_lost(struct gd_pg *pg, const char *what, const char *why,
                                    struct gd_error *err);

/** The error of a statement that the server refused. */
GD_MUST struct gd_status gd_pg_refused(struct gd_pg *pg, struct gd_pg_call *call,
                                       const PGresult *result, struct gd_error *err);

/** Ask the server to stop what it is doing; broken when that cannot be asked. */
void gd_pg_cancel(struct gd_pg *pg);

/** Take all results of what was sent; `status` is of what happened before and is kept when it is a
 *  failure, err with it. Being asked to stop (gd_interrupted) cancels. */
GD_MUST struct gd_status gd_pg_finish_results(struct gd_pg *pg, const char *what,
                                              struct gd_status status, struct gd_error *err);

/** Cancel and get out of whatever runs, a COPY or a statement; gives back `status`, a failure. */
GD_MUST struct gd_status gd_pg_give_up(struct gd_pg *pg, const char *what, struct gd_status status);

/** The three steps of gd_pg_connect(), for who changes the target in between. */
GD_MUST struct gd_status gd_pg_new(const struct gd_pg_options *options, struct gd_pg **out_pg,
                                   struct gd_error *err);
GD_MUST struct gd_status gd_pg_read_target(struct gd_pg *pg, struct gd_error *err);
GD_MUST struct gd_status gd_pg_open(struct gd_pg *pg, struct gd_error *err);

/** A new connection to what `target` says; `options` without its target. */
GD_MUST struct gd_status gd_pg_connect_target(const struct gd_pg_options *options,
                                              const struct gd_pg_target *target,
                                              struct gd_pg **out_pg, struct gd_error *err);

#endif
