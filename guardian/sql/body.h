/*
 * Body: the SQL inside functions, procedures and DO blocks.
 *
 * A body is read into fragments, in the order of the text, every branch and handler included: which
 * of them runs is decided by data that nobody can know beforehand. Statements and expressions are
 * parsed; the text that EXECUTE would run is worked out when it is made of constants.
 *
 * Invariant  A body that cannot be read whole says so (`problem`); what was read of it is no proof.
 */
#ifndef GUARDIAN_SQL_BODY_H
#define GUARDIAN_SQL_BODY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "guardian/base/arena.h"
#include "guardian/sql/tree.h"

enum gd_fragment_kind {
    GD_FRAGMENT_STATEMENT,  /* `tree` is the statement */
    GD_FRAGMENT_EXPRESSION, /* `tree` is an expression, or a SELECT that gives it */
    GD_FRAGMENT_DYNAMIC,    /* EXECUTE of a text that only running it would show */
    GD_FRAGMENT_COMMIT,     /* COMMIT or ROLLBACK of a procedure */
    GD_FRAGMENT_UNREAD      /* the grammar refused it */
};

struct gd_fragment {
    enum gd_fragment_kind kind;
    const struct gd_node *tree;
    const char *text;
    uint32_t line;     /* of the body's text, from 1 */
    bool executed;     /* it was the text of an EXECUTE */
    bool branch;       /* in an IF, CASE, loop, or a block that can fall into a handler: it may or
                          may not run, or be taken back */
    bool handler;      /* in an exception handler */
    bool guarded;      /* inside "IF [NOT] EXISTS (catalogue query)", or in a block that catches
                          the error of doing it twice: a second run passes */
    const char *place; /* "exception handler", "branch", "loop"; "" in the straight line */
};

struct gd_body {
    struct gd_fragment *fragments;
    size_t count;
    const char *problem; /* why it could not be read; NULL when it was */
};

/** What a body belongs to. */
struct gd_body_source {
    const char *language;  /* lower case: "sql", "plpgsql" */
    const char *source;    /* the text between the quotes */
    const char *arguments; /* "a integer, OUT b text"; "" for none */
    const char *result;    /* "trigger", "SETOF text"; "" for a procedure or a DO block */
    bool procedure;
};

/** Read a body from its parts. A language other than sql and plpgsql is a problem. */
struct gd_body gd_body_read(const struct gd_body_source *source, struct gd_arena *arena);

/** Read the body of a CreateFunctionStmt or a DoStmt. `text` is the statement's exact text. */
struct gd_body gd_body_of_statement(const struct gd_node *statement, const char *text,
                                    struct gd_arena *arena);

/** Language of a CreateFunctionStmt or a DoStmt, lower case; "sql" for BEGIN ATOMIC and RETURN;
 *  "plpgsql" for a DO block that names none; "" when a function names none. */
const char *gd_body_language(const struct gd_node *statement, struct gd_arena *arena);

/** The text between the quotes of AS; NULL when the body is no text. */
const char *gd_body_text(const struct gd_node *statement);

/** The text that an expression gives when it is made of constants: 'a', 'a' || 'b',
 *  format('%I', 'a'), quote_ident('a') …; NULL otherwise. */
const char *gd_constant_text(const struct gd_node *expression, struct gd_arena *arena);

#endif
