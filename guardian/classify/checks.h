/*
 * Checks: how a query about the data is put together.
 *
 * A check asks the live database before the script runs, in another session. So it is made only for
 * tables and columns that stand there now, under the names that they have now, and never calls a
 * function that is not the server's own.
 *
 * Invariant 1  Names in the SQL are quoted; tables are qualified. Nothing of the script's text gets
 *              in but through gd_deparse_*(), which reads back what it writes.
 * Invariant 2  A check whose count may be changed by an earlier statement of the script does not
 *              say that the statement fails; a note names the line.
 */
#ifndef GUARDIAN_CLASSIFY_CHECKS_H
#define GUARDIAN_CLASSIFY_CHECKS_H

#include "guardian/classify/look.h"

/** The rows that a check reads. */
struct gd_check_rows_of {
    const struct gd_target *table;
    const char *alias; /* quoted */
    const char *from;  /* "public.users AS users", "ONLY public.users AS users" */
    const char *key;   /* SQL of a text that names one row */
};

/** Can the rows of `table` be asked for now? Says in a note when they cannot for want of rights. */
bool gd_check_can_read(struct gd_look *look, struct gd_finding *finding,
                       const struct gd_target *table);

/** `only`: without children. The alias is the table's name as the statement knows it. */
struct gd_check_rows_of gd_check_read(const struct gd_look *look, const struct gd_target *table,
                                      bool only);

/** alias.column under the name that the column has now; NULL when it is not there now. */
const char *gd_check_column_sql(const struct gd_look *look, const struct gd_check_rows_of *rows,
                                const char *column);

/** What is asked. */
struct gd_check_question {
    const char *kind;
    const char *object;
    const char *sqlstate; /* NULL: a count above 0 does not make the statement fail */
    const char *where;    /* of the rows that count */
    const char *sample;   /* SQL of a text per row; NULL: the row's key */
};

void gd_check_ask(struct gd_look *look, struct gd_finding *finding,
                  const struct gd_check_rows_of *rows, const struct gd_check_question *question);

/** The same with the whole SQL written out; `table` may be NULL. */
void gd_check_ask_sql(struct gd_look *look, struct gd_finding *finding,
                      const struct gd_target *table, const struct gd_check_question *question,
                      const char *count_sql, const char *sample_sql);

/** An expression of the script as SQL over the columns of `table`; NULL when it cannot be asked:
 *  it calls what is not the server's own, or names what is not there now. */
const char *gd_check_expression(struct gd_look *look, struct gd_finding *finding,
                                const struct gd_target *table, const struct gd_node *expression);

/** Does the script still run under the search_path that the database gives to a new session? */
bool gd_check_path_is_default(const struct gd_look *look);

/** 'it''s' */
const char *gd_check_literal(struct gd_arena *arena, const char *text);

/** The statement says ONLY, or its table has no children to speak of. */
bool gd_check_says_only(const struct gd_look *look);

#endif
