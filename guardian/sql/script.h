/*
 * Script: a file of SQL, read statement by statement.
 *
 * The text is read through a window, so a script of any length costs the memory of its longest
 * statement. Where a statement ends is decided by the server's scanner: quotes, dollar quotes,
 * nested comments, parentheses and BEGIN ATOMIC bodies are its business. After COPY … FROM STDIN
 * the lines up to "\." are data. A psql meta-command is an error that names its line.
 *
 * Invariant 1  Every byte of the input belongs to exactly one statement, to the comment before it,
 *              to COPY data, or to the white space and semicolons between.
 * Invariant 2  What the scanner cannot split is an error with a line, never a shorter script.
 * Owner        a statement is valid until the arena that it was read into is reset.
 */
#ifndef GUARDIAN_SQL_SCRIPT_H
#define GUARDIAN_SQL_SCRIPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "guardian/base/arena.h"
#include "guardian/base/status.h"
#include "guardian/sql/tree.h"

/** What the tokens of a statement say that the grammar could not read. */
struct gd_unread {
    const char *verb;    /* "ALTER TABLE", upper case; "" when the first word is no verb */
    const char *object;  /* "app.users"; "" when it cannot be told */
    const char *message; /* the grammar's complaint */
    uint32_t line;       /* of the complaint, in the file */
    uint32_t column;
    const char *feature; /* "SET EXPRESSION": what a newer server would read here; or NULL */
    int since_pg;        /* the major that brought it; 0 with no feature */
};

struct gd_stmt {
    const char *text; /* exact, without leading comments and the semicolon; NUL-terminated */
    size_t size;
    const char *comment;   /* the comments right before it, NULL when none */
    uint64_t offset;       /* of the first byte of text, in the file */
    uint32_t line, column; /* of the first word, from 1; columns count characters */
    uint32_t end_line;
    const struct gd_node *tree;     /* NULL when the grammar refused the text */
    const struct gd_unread *unread; /* then this says what is known */
    const char *newer; /* an option of a newer server that the grammar took without a word:
                          "ON_ERROR"; NULL when there is none */
    int newer_pg;
    bool copy_data;                               /* COPY … FROM STDIN with data in the file: */
    uint64_t data_offset, data_bytes, data_lines; /* without the closing "\." */
};

/** Deliver up to `size` bytes. `*out_got` 0 means the end. */
typedef struct gd_status gd_read_fn(void *context, char *buffer, size_t size, size_t *out_got,
                                    struct gd_error *err);

struct gd_script;

struct gd_script_options {
    size_t statement_bytes_max; /* a longer one is GD_USAGE; 0: 64 MiB */
    bool skip_connect; /* lines of \connect, and of \encoding around them, are passed over, as
                          \restrict always is: for the output of pg_restore --create, which goes to
                          a connection of our own */
    bool skip_sayings; /* lines of \set, \echo, \pset, \timing: for a file that psql runs, and which
                          is only read here */
    bool by_wire; /* as a client sends it: the rows of COPY come apart, and are not in the text */
};

/** Start reading. `name` is for error texts ("-" prints as "standard input"). */
struct gd_script *gd_script_new(const char *name, gd_read_fn *read, void *context,
                                const struct gd_script_options *options);
void gd_script_free(struct gd_script *script);

/**
 * The next statement, parsed into `arena`. Must run inside gd_deep_call().
 *
 * @param out_stmt  set when there is one; `*out_stmt` is NULL at the end of the script
 * @return GD_USAGE   not a text that a server would take: NUL, bad UTF-8, an unterminated quote or
 *                    comment, a psql meta-command, a first word that is no SQL verb, a statement
 *                    over the limit; err->text begins with NAME:LINE
 *         GD_SYSTEM  it could not be read
 */
GD_MUST struct gd_status gd_script_next(struct gd_script *script, struct gd_arena *arena,
                                        const struct gd_stmt **out_stmt, struct gd_error *err);

/** SHA-256 of all bytes read, 64 hex digits and a NUL; complete after the last statement. */
void gd_script_hash(const struct gd_script *script, char out_hex[65]);
uint64_t gd_script_bytes(const struct gd_script *script);

/** A reader of memory. */
struct gd_memory_input {
    const char *text;
    size_t size;
};
struct gd_status gd_memory_read(void *memory_input, char *buffer, size_t size, size_t *out_got,
                                struct gd_error *err);

#endif
