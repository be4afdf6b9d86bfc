/*
 * Parse: one statement's text to a tree, by the server's own grammar.
 *
 * Invariant 1  The library recurses once per operator of a chain, so everything here runs inside
 *              gd_deep_call(); a text that could still overflow that stack is refused before.
 * Invariant 2  The text is valid UTF-8 without NUL: gd_script_open() has seen to it. Callers with
 *              other texts use gd_text_check() first.
 */
#ifndef GUARDIAN_SQL_PARSE_H
#define GUARDIAN_SQL_PARSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "guardian/base/arena.h"
#include "guardian/base/status.h"
#include "guardian/sql/tree.h"

/** Where and why the grammar refused a text. */
struct gd_refusal {
    const char *message; /* as the server would say it */
    size_t offset;       /* byte in the text, 0 when not known */
};

/** The statements of one text. */
struct gd_parsed {
    size_t count;
    const struct gd_node **statements; /* the statement inside each RawStmt */
    const size_t *offsets;             /* where each begins, and how long it is, in bytes */
    const size_t *sizes;
};

/**
 * Parse a text of one or more statements into `arena`.
 *
 * @param text         NUL-terminated, `size` bytes
 * @param out_parsed   set on success
 * @param out_refusal  set when the answer is false
 * @return false when the grammar refuses the text, or it is chained too deeply to be read
 */
bool gd_parse(const char *text, size_t size, struct gd_arena *arena, struct gd_parsed *out_parsed,
              struct gd_refusal *out_refusal);

/** Parse an SQL expression ("a + 1"); NULL when the grammar refuses it. */
const struct gd_node *gd_parse_expression(const char *text, struct gd_arena *arena);

/** Run `call(context)` on a thread whose stack is large enough for gd_parse(), and wait for it. A
 *  call from inside such a thread runs at once. @return GD_SYSTEM when no thread could be made. */
typedef struct gd_status gd_deep_fn(void *context, struct gd_error *err);
GD_MUST struct gd_status gd_deep_call(gd_deep_fn *call, void *context, struct gd_error *err);

/** One token of the server's scanner. */
struct gd_token {
    size_t offset;
    size_t size;
    bool comment;    /* SQL comment or C comment */
    bool word;       /* an identifier or a keyword that was not quoted */
    bool reserved;   /* a fully reserved keyword */
    bool string;     /* a string constant of any kind */
    bool identifier; /* quoted or not, but no keyword */
};

/** The scanner's tokens; false when the text cannot be scanned (unterminated quote or comment). */
bool gd_scan(const char *text, struct gd_arena *arena, size_t *out_count,
             struct gd_token **out_tokens, struct gd_refusal *out_refusal);

/** SHA-256-like identity is not needed here: the library's fingerprint of a statement without its
 *  literals, 16 hex digits; NULL when it does not parse. */
const char *gd_fingerprint(const char *text, struct gd_arena *arena);

/** Check that `size` bytes are UTF-8 without NUL. @return offset of the first bad byte, or `size`
 *  when all are good. A character that is cut off at the end counts as bad there. */
size_t gd_text_check(const char *text, size_t size);

#endif
