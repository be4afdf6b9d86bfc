/*
 * Script: what its parts share: the window (script_window.c) and the statements (script.c).
 */
#ifndef GUARDIAN_SQL_SCRIPT_OWN_H
#define GUARDIAN_SQL_SCRIPT_OWN_H

#include "guardian/sql/script.h"

struct gd_piece {
    size_t start, end; /* in the window; `end` is where its semicolon stands, or the window's end */
};

struct gd_script {
    const char *name;
    gd_read_fn *read;
    void *context;
    size_t statement_max;
    bool skip_connect, skip_sayings;
    bool by_wire;

    char *window;
    size_t capacity, begin, end, checked;
    bool at_end; /* the input has no more */
    struct gd_piece *pieces;
    size_t piece_count, piece_next, piece_capacity;

    uint64_t offset;       /* of window[begin] in the input */
    uint32_t line, column; /* of window[begin] */
    uint32_t last_line;    /* on which the previous statement ended */
    uint64_t bytes;
    struct gd_digest *digest;
};

static inline bool gd_is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v';
}

uint32_t gd_window_lines(const char *text, size_t size);
/* Where a place in the window stands in the file. */
void gd_window_locate(const struct gd_script *script, size_t place, uint32_t *out_line,
                      uint32_t *out_column);
void gd_window_advance(struct gd_script *script, size_t place);
GD_MUST struct gd_status gd_window_refuse(const struct gd_script *script, size_t place,
                                          struct gd_error *err, const char *what);
/* Read until there is something new or the end. Old places in the window are void afterwards. */
GD_MUST struct gd_status gd_window_refill(struct gd_script *script, struct gd_error *err);
/* Skip blanks and comments from `at`. `*first_comment` is the first one that begins on a later line
 * than the statement before: the others belong to that one. */
size_t gd_window_skip(const struct gd_script *script, size_t at, size_t end, size_t *first_comment);

#endif
