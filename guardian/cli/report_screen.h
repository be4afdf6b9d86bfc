/*
 * Screen: where text for people goes, and what may be shown there.
 *
 * Invariant  Every character of a text that somebody else wrote passes through here and is
 *            neutralised: what could drive the terminal, turn the text around or hide a part of it
 *            is shown as \x1b or \u202e. Only gd_screen_…() writes colours.
 */
#ifndef GUARDIAN_CLI_REPORT_SCREEN_H
#define GUARDIAN_CLI_REPORT_SCREEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "guardian/base/arena.h"

enum gd_ink {
    GD_INK_PLAIN,
    GD_INK_BOLD,
    GD_INK_DIM,
    GD_INK_RED,
    GD_INK_YELLOW,
    GD_INK_GREEN,
    GD_INK_MAGENTA,
    GD_INK_CYAN,
};

struct gd_screen {
    FILE *stream;
    bool colour;
    bool utf8;    /* letters beyond ASCII, and our own "…" and "·" */
    bool letters; /* letters beyond ASCII in what others wrote: also when nobody looks on */
    bool verbose;
    size_t width; /* columns to wrap at */
};

/** The screen behind `stream`, with the size of the terminal or of COLUMNS, and the letters that
 *  LC_ALL, LC_CTYPE or LANG promise. */
struct gd_screen gd_screen_of(FILE *stream, bool colour, bool verbose);

/** `text` in one line, neutralised; nothing is wrapped or cut. */
void gd_screen_put(const struct gd_screen *screen, enum gd_ink ink, const char *text);

/** A line feed. */
void gd_screen_end_line(const struct gd_screen *screen);

/** `label` in a gutter, then `text` wrapped at words beside it, neutralised; ends the line. */
void gd_screen_row(const struct gd_screen *screen, const char *label, enum gd_ink ink,
                   const char *text);

/** `text` after what already stands in this line up to `column` (two blanks between), wrapped; the
 *  lines that follow begin with `indent` blanks. Ends the line. */
void gd_screen_paragraph(const struct gd_screen *screen, enum gd_ink ink, size_t column,
                         size_t indent, const char *text);

/** Columns that `text` takes when it is put. */
size_t gd_screen_columns(const struct gd_screen *screen, const char *text);

/** `text`, or its beginning and "…", so that it takes at most `columns` columns. */
const char *gd_screen_cut(const struct gd_screen *screen, struct gd_arena *arena, const char *text,
                          size_t columns);

#endif
