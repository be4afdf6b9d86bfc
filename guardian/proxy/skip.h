/*
 * Skip: is there anything to do for a command that was run to its end before, with these very
 * files, on this very schema?
 *
 * Key     what decides what the command does: its words, the contents of the files and folders that
 *         were named, as whom and in which schema, and the version of Guardian.
 * Stamp   of the schema (pg/fingerprint.h) as it was when the command had ended. Any DDL changes
 * it, whoever ran it, and a restored copy has another one.
 *
 * Both are a row of guardian.runs, beside the ledger. A look-up is one connection and three short
 * questions, and starts nothing.
 *
 * Invariant 1  What is not sure is not skipped: no row, another stamp, a schema that cannot be
 * read. Invariant 2  Without named files nothing is skipped: nobody could tell that they changed.
 * Not seen     rows (seeds), and whatever else the command reads: variables, files that nobody
 * named.
 */
#ifndef GUARDIAN_PROXY_SKIP_H
#define GUARDIAN_PROXY_SKIP_H

#include "guardian/base/arena.h"
#include "guardian/pg/connect.h"

struct gd_skip_options {
    const char *const *argv;   /* ends with NULL */
    const char *const *inputs; /* files and folders; links are followed; of a folder all but .git
                                  and node_modules */
    size_t input_count;
    const char *target; /* as in gd_pg_options: user, database, schema and options count, host and
                           password do not */
};

/** 64 hex digits. Reads the inputs. @return GD_USAGE none is named, or one cannot be read */
GD_MUST struct gd_status gd_skip_key(const struct gd_skip_options *options, struct gd_arena *arena,
                                     const char **out_key, struct gd_error *err);

struct gd_skip_answer {
    bool unchanged;
    const char *why;    /* not so: "the schema has changed since 2026-11-22T21:48:07Z" */
    const char *at;     /* when it was run last, "" never */
    const char *change; /* which change that was; "" none: it changed nothing then */
};

/** @return GD_SYSTEM the connection is lost; that there is no record is an answer */
GD_MUST struct gd_status gd_skip_look(struct gd_pg *pg, const char *key, struct gd_arena *arena,
                                      struct gd_skip_answer *out_answer, struct gd_error *err);

/** The command has come to its end, and did what it should: as the schema is now, there is nothing
 *  to do next time. Makes the ledger where it is missing. Right behind its end: DDL of others that
 *  comes in between would be taken for its own.
 *  @param change  the change that it made; "": none
 *  @return GD_REFUSED it cannot be written down here (why); GD_SYSTEM */
GD_MUST struct gd_status gd_skip_record(struct gd_pg *pg, const char *key, const char *change,
                                        struct gd_error *err);

#endif
