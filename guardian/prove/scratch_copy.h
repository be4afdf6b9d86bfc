/*
 * Scratch copy: the definitions of a live database, and the rows of a few of its tables, in a place
 * where a command can be tried.
 *
 * Where        the server that was named; else a database beside the live one, when the role may
 *              make one; else a throwaway server of the same major version. Made, kept as ours and
 *              removed as a drill's place is (drill.c, scratch.h), also what a killed one left.
 * Invariant 1  Nothing is written into the live database, and nothing of it lies on a disk but in
 *              the copy.
 * Invariant 2  Beside the live database the roles, and all else that databases share, are the live
 *              ones: `beside_live` says so.
 */
#ifndef GUARDIAN_PROVE_SCRATCH_COPY_H
#define GUARDIAN_PROVE_SCRATCH_COPY_H

#include "guardian/base/events.h"
#include "guardian/base/texts.h"
#include "guardian/pg/connect.h"

struct gd_scratch_copy_options {
    const struct gd_pg_options *pg;      /* the live database */
    const struct gd_texts *tables;       /* those whose rows are copied, too; patterns, quoted */
    const struct gd_pg_options *scratch; /* a server that was named; NULL: chosen */
    const char *pg_dump, *pg_bin;
    const struct gd_events *events;
};

struct gd_scratch_copy {
    struct gd_pg_options pg;  /* to connect with, as whoever works there */
    const char *database;     /* its name there */
    const char *live;         /* the name of the one that it stands for */
    const char *where;        /* in words */
    bool beside_live;         /* on the very server of the live database */
    struct gd_texts left_out; /* what is not as it is there, in words */
    double seconds;
    struct gd_drill *drill;
};

/** @return GD_USAGE, GD_SYSTEM no place could be had; GD_UNPROTECTED rights are missing to read all
 *          definitions; GD_BUSY a lock on a table did not come in time */
GD_MUST struct gd_status gd_scratch_copy_make(const struct gd_scratch_copy_options *options,
                                              struct gd_arena *arena,
                                              struct gd_scratch_copy *out_copy,
                                              struct gd_error *err);
/** Removes it, and `databases` that were made beside it; a warning when one stays. */
void gd_scratch_copy_drop(struct gd_scratch_copy *copy, const struct gd_texts *databases);

#endif
