/*
 * COPY: rows out of a server and into one, as text; and sessions that share one snapshot.
 *
 * The text form is the server's: a row is one line, tabs between columns, \N for NULL, backslash
 * escapes; rows that are counted here are lines. A content digest of rows is the sum modulo 2^128
 * of XXH3-128 of each line (without its newline): it does not depend on the order of the rows, nor
 * on how they were cut into parts.
 */
#ifndef GUARDIAN_PG_COPY_H
#define GUARDIAN_PG_COPY_H

#include <stdatomic.h>

#include "guardian/io/sink.h"
#include "guardian/io/source.h"
#include "guardian/pg/connect.h"

/** Zero-initialise it; parts add up with gd_rows_digest_join(). */
struct gd_rows_digest {
    uint64_t rows;
    uint64_t low, high; /* the sum */
};
enum { GD_ROWS_DIGEST_SIZE = 33 };
/** Add one line without its newline. */
void gd_rows_digest_line(struct gd_rows_digest *digest, const void *line, size_t size);
void gd_rows_digest_join(struct gd_rows_digest *digest, const struct gd_rows_digest *other);
/** 32 hex digits of the sum. */
void gd_rows_digest_hex(const struct gd_rows_digest *digest, char out_hex[GD_ROWS_DIGEST_SIZE]);
/** Sets low and high; rows stays. @return false unless it is 32 lower-case hex digits */
bool gd_rows_digest_parse(const char *hex, struct gd_rows_digest *digest);

/** The same, of lines that come in chunks of any size. */
struct gd_rows_reader;
struct gd_rows_reader *gd_rows_reader_new(void);
void gd_rows_reader_feed(struct gd_rows_reader *reader, const void *data, size_t size);
uint64_t gd_rows_reader_rows(const struct gd_rows_reader *reader); /* whole lines so far */
/** @return false when the last line has no newline: it is cut short */
bool gd_rows_reader_end(const struct gd_rows_reader *reader, struct gd_rows_digest *out_digest);
void gd_rows_reader_free(struct gd_rows_reader *reader);

/**
 * Set up a session for reading data out: text forms, encoding UTF8 (or the database's when that is
 * SQL_ASCII or MULE_INTERNAL, which cannot be converted), time-outs off, row_security off,
 * search_path empty, and what else pg_dump sets on this version. Begins REPEATABLE READ, READ ONLY;
 * everything holds for this transaction only (gd_pg_end).
 *
 * Over pg_dump's settings: TimeZone UTC, bytea_output hex and lc_monetary C, so that equal rows
 * give equal lines on any server. Only the last one matters for reading the lines in again: who
 * loads them sets lc_monetary to C.
 *
 * @param snapshot  the id that gd_pg_export_snapshot() gave in another session; NULL: a new one
 */
GD_MUST struct gd_status gd_pg_reader_begin(struct gd_pg *pg, const char *snapshot,
                                            struct gd_error *err);
/** The id under which other sessions can see the same data, as long as this transaction is open; in
 * `arena`. */
GD_MUST struct gd_status gd_pg_export_snapshot(struct gd_pg *pg, struct gd_arena *arena,
                                               const char **out_snapshot, struct gd_error *err);

/** Called now and then (at most ten times a second); bytes and rows since the copy began. Fails:
 * the copy is given up. */
typedef struct gd_status gd_pg_copy_progress_fn(void *context, uint64_t bytes, uint64_t rows,
                                                struct gd_error *err);
struct gd_pg_copy {
    const char *what; /* after "could not": "copy table \"public.users\"" */
    const char *sql;  /* COPY … TO STDOUT or COPY … FROM STDIN, in text format */
    gd_pg_copy_progress_fn *progress; /* may be NULL */
    void *context;
    uint32_t stall_ms;       /* nothing came or went for this long: given up; 0: 300,000 */
    const atomic_bool *stop; /* given up soon after it becomes true; may be NULL */
};

/**
 * Run COPY … TO STDOUT into a sink, which is not finished. The row count that the server states at
 * the end is compared with the lines that came. Ends early, with a cancelled statement, when
 * gd_interrupted().
 */
GD_MUST struct gd_status gd_pg_copy_out(struct gd_pg *pg, const struct gd_pg_copy *copy,
                                        struct gd_sink *sink, struct gd_rows_digest *out_digest,
                                        uint64_t *out_bytes, struct gd_error *err);

/** Run COPY … FROM STDIN with all that the source gives. When the source fails, the server is told
 * to throw the copy away, and the source's error is returned. `out_rows`: what the server states.
 */
GD_MUST struct gd_status gd_pg_copy_in(struct gd_pg *pg, const struct gd_pg_copy *copy,
                                       struct gd_source *source, uint64_t *out_rows,
                                       struct gd_error *err);

/** A statement that changes something, or is neither a query nor COPY, outside gd_pg_begin()'s
 * limits (CREATE DATABASE, CREATE INDEX, ALTER …); no statement_timeout, lock_timeout of the
 * options. */
GD_MUST struct gd_status gd_pg_command(struct gd_pg *pg, const char *what, const char *sql,
                                       struct gd_error *err);

/** The environment (NAME=value …, NULL-terminated, in `arena`) with which PostgreSQL's own programs
 * reach the same database as the same user: PGHOST, PGPASSWORD and so on, never argv. @param
 * database  NULL: the same */
const char *const *gd_pg_environment(const struct gd_pg *pg, const char *database,
                                     struct gd_arena *arena);
/** The same target, another database; for a connection of its own. */
GD_MUST struct gd_status gd_pg_connect_like(const struct gd_pg *pg, const char *database,
                                            struct gd_pg **out_pg, struct gd_error *err);

#endif
