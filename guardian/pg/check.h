/*
 * Check: a query that tells what a statement will meet in the data.
 *
 * classify/ makes it without a database, gd_probe_run() (pg/probe.h) fills the lower half, the
 * reports read both.
 */
#ifndef GUARDIAN_PG_CHECK_H
#define GUARDIAN_PG_CHECK_H

#include <stdbool.h>
#include <stdint.h>

#include "guardian/base/texts.h"

struct gd_check {
    const char *kind;       /* "duplicates", "nulls", "violations", "orphans", "uncastable",
                               "changed values", "enum values", "not null values", "rows" */
    const char *object;     /* public.users.email, or public.users(email, tenant) */
    const char *count_sql;  /* one row: one bigint */
    const char *sample_sql; /* rows of one text column with LIMIT $1; NULL when there is none */
    bool fails;           /* a count above 0 makes the statement fail (else: it loses that much) */
    const char *sqlstate; /* of that failure; NULL when it does not fail */
    /* filled when it was run: */
    bool done;
    int64_t count;       /* -1 while it was not run or gave up */
    const char *gave_up; /* why; NULL when it did not */
    struct gd_texts samples;
    double seconds;
};

#endif
