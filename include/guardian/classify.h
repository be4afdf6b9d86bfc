/*
 * Classify: what SQL scripts do to a PostgreSQL database, and what they can lose.
 *
 *     const char *text = "ALTER TABLE users DROP COLUMN age";
 *     struct gd_script_text script = {"m.sql", text, strlen(text)};
 *     struct gd_classification *classification;
 *     char error[GD_CLASSIFICATION_ERROR_SIZE];
 *     if (gd_classification_new(&script, 1, NULL, &classification, error) == 0) {
 *         puts(gd_classification_class(classification));        // "destructive"
 *         gd_classification_free(classification);
 *     }
 *
 * Scripts are judged in the given order, as one session. Nothing is changed, and without a database
 * nothing is opened. Any thread may call; a classification belongs to one thread at a time.
 */
#ifndef GUARDIAN_CLASSIFY_H
#define GUARDIAN_CLASSIFY_H

#include <stddef.h>
#include <stdint.h>

#include "guardian/export.h"

#ifdef __cplusplus
extern "C" {
#endif

#define GD_CLASSIFICATION_ERROR_SIZE 1600

struct gd_classification;

/** One script. */
struct gd_script_text {
    const char *path; /* its name in errors and answers */
    const char *text; /* NULL: read the file at `path` */
    size_t size;      /* bytes of text; any, NUL and bad UTF-8 included: they are refused */
};

struct gd_classification_options {
    const char *database;       /* URI or conninfo of the database to compare with; NULL: none */
    uint32_t lock_timeout_ms;   /* 0: 2,000 */
    uint32_t check_timeout_ms;  /* for each count in the data; 0: none is made */
    size_t statement_bytes_max; /* 0: 64 MiB */
};

/** One statement. Texts live as long as the classification; those that do not apply are "". */
struct gd_classified_statement {
    const char *path;
    uint32_t line, column;        /* of its first word, from 1 */
    uint64_t repeated;            /* how many neighbours of the same kind are folded in; 1: none */
    const char *text;             /* cut at 4 KiB */
    const char *class_name;       /* "none" "additive" "enum" "destructive" "unknown" */
    const char *loses;            /* "nothing" "definition" "sequence" "data" "cluster" "outside" */
    const char *scope;            /* what a backup must hold: "none" "schema" "tables" "database" */
    const char *rule;             /* the one that decided: "A015" */
    const char *object;           /* "column public.users.age" */
    const char *reason, *instead; /* full sentences */
    const char *lock;             /* "ACCESS EXCLUSIVE", "none" */
    int rewrites, scans;          /* the table is rewritten, read whole */
    int in_transaction;           /* it can run inside a transaction block */
    const char *rerun;            /* a second run: "ok" "skips" "fails" "repeats" "depends" */
};

/**
 * Judge scripts.
 *
 * @param options             NULL: by the text alone
 * @param out_classification  set on success; free it with gd_classification_free()
 * @param out_error           set on failure: what could not be done, to what, why, and what helps
 * @return 0 done; 2 a script or the database's URI is wrong; 7 a lock did not come in time;
 *         10 the system or the network failed: the exit statuses of the program
 */
GD_EXPORT int gd_classification_new(const struct gd_script_text *scripts, size_t script_count,
                                    const struct gd_classification_options *options,
                                    struct gd_classification **out_classification,
                                    char out_error[GD_CLASSIFICATION_ERROR_SIZE]);

GD_EXPORT void gd_classification_free(struct gd_classification *classification);

/** The worst class of all statements. */
GD_EXPORT const char *gd_classification_class(const struct gd_classification *classification);

/** The worst loss of all statements. */
GD_EXPORT const char *gd_classification_loses(const struct gd_classification *classification);

/** Statements of all scripts, in order. */
GD_EXPORT size_t gd_classification_count(const struct gd_classification *classification);

/** Fill `out_statement` with statement `index`, which must be below the count. */
GD_EXPORT void gd_classification_statement(const struct gd_classification *classification,
                                           size_t index,
                                           struct gd_classified_statement *out_statement);

#ifdef __cplusplus
}
#endif

#endif
