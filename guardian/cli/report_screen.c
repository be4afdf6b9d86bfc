#include "guardian/cli/report_screen.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "guardian/base/utf8.h"

enum { WIDTH_UNKNOWN = 100, WIDTH_MIN = 40, WIDTH_MAX = 120, GUTTER = 12, SHOWN_MAX = 12 };

/* clang-format off */
static const char *const ink_codes[] = {
    [GD_INK_PLAIN]   = "",
    [GD_INK_BOLD]    = "\x1b[1m",
    [GD_INK_DIM]     = "\x1b[2m",
    [GD_INK_RED]     = "\x1b[1;31m",
    [GD_INK_YELLOW]  = "\x1b[1;33m",
    [GD_INK_GREEN]   = "\x1b[32m",
    [GD_INK_MAGENTA] = "\x1b[1;35m",
    [GD_INK_CYAN]    = "\x1b[36m",
};

/* Columns of characters that do not take one. Only alignment hangs on it. */
static const struct { uint32_t first, last; size_t columns; } widths[] = {
    {0x0300, 0x036f, 0}, {0x0483, 0x0489, 0}, {0x0591, 0x05bd, 0}, {0x0610, 0x061a, 0},
    {0x064b, 0x065f, 0}, {0x0900, 0x0902, 0}, {0x0e34, 0x0e3a, 0}, {0x1ab0, 0x1aff, 0},
    {0x1dc0, 0x1dff, 0}, {0x20d0, 0x20ff, 0}, {0xfe20, 0xfe2f, 0},
    {0x1100, 0x115f, 2}, {0x2e80, 0x303e, 2}, {0x3041, 0x4dbf, 2}, {0x4e00, 0xa4cf, 2},
    {0xac00, 0xd7a3, 2}, {0xf900, 0xfaff, 2}, {0xfe30, 0xfe6f, 2}, {0xff00, 0xff60, 2},
    {0xffe0, 0xffe6, 2}, {0x1f300, 0x1f64f, 2}, {0x1f680, 0x1f6ff, 2}, {0x1f900, 0x1f9ff, 2},
    {0x20000, 0x3fffd, 2},
};
/* clang-format on */

/* --- what the terminal is like --- */

static const char *environment(const char *name)
{
    const char *value = getenv(name);
    return value == NULL ? "" : value;
}

static bool locale_is_utf8(void)
{
    static const char *const names[] = {"LC_ALL", "LC_CTYPE", "LANG"}; /* the first one set rules */
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const char *value = environment(names[i]);
        if (value[0] != '\0')
            return strcasestr(value, "utf-8") != NULL || strcasestr(value, "utf8") != NULL;
    }
    return false;
}

static size_t terminal_width(FILE *stream)
{
    unsigned long columns = strtoul(environment("COLUMNS"), NULL, 10);
    struct winsize size = {0};
    if (columns == 0 && ioctl(fileno(stream), TIOCGWINSZ, &size) == 0)
        columns = size.ws_col;
    if (columns == 0)
        return WIDTH_UNKNOWN;
    return columns < WIDTH_MIN ? WIDTH_MIN : columns > WIDTH_MAX ? WIDTH_MAX : columns;
}

struct gd_screen gd_screen_of(FILE *stream, bool colour, bool verbose)
{
    bool utf8 = locale_is_utf8();
    return (struct gd_screen){.stream = stream,
                              .colour = colour,
                              .utf8 = utf8,
                              .letters = utf8 || isatty(fileno(stream)) != 1,
                              .verbose = verbose,
                              .width = terminal_width(stream)};
}

/* --- characters --- */

/* One character as it may be shown. */
struct shown {
    char bytes[SHOWN_MAX];
    size_t columns;
    bool blank; /* a line may be broken here */
};

static size_t width_of(uint32_t code)
{
    for (size_t i = 0; i < sizeof widths / sizeof widths[0]; i++)
        if (code >= widths[i].first && code <= widths[i].last)
            return widths[i].columns;
    return 1;
}

static void show_escaped(struct shown *shown, uint32_t code, unsigned char byte)
{
    int length = code == GD_UTF8_BAD ? snprintf(shown->bytes, SHOWN_MAX, "\\x%02x", byte)
                 : code < 0x80       ? snprintf(shown->bytes, SHOWN_MAX, "\\x%02x", (unsigned)code)
                 : code > 0xffff     ? snprintf(shown->bytes, SHOWN_MAX, "\\U%08x", (unsigned)code)
                                     : snprintf(shown->bytes, SHOWN_MAX, "\\u%04x", (unsigned)code);
    shown->columns = (size_t)length;
}

/* What printers use and ASCII has not, for those who have nothing but ASCII. */
static const char *in_ascii(uint32_t code)
{
    static const struct {
        uint32_t code;
        const char *ascii;
    } same[] = {{0x2026, "..."}, {0xb7, "-"},    {0x2013, "-"},  {0x2014, "--"},
                {0x2018, "'"},   {0x2019, "'"},  {0x201c, "\""}, {0x201d, "\""},
                {0x2192, "->"},  {0x2264, "<="}, {0x2265, ">="}};
    for (size_t i = 0; i < sizeof same / sizeof same[0]; i++)
        if (same[i].code == code)
            return same[i].ascii;
    return NULL;
}

static bool is_blank(uint32_t code)
{
    return code == ' ' || code == '\t' || code == '\n' || code == '\r' || code == '\f';
}

/* The next character of `text` that is not at its end; returns its bytes. */
static size_t show(const struct gd_screen *screen, const char *text, struct shown *shown)
{
    uint32_t code;
    size_t used = gd_utf8_decode(text, strnlen(text, GD_UTF8_MAX), &code);
    *shown = (struct shown){.blank = is_blank(code), .columns = 1};
    if (shown->blank) {
        shown->bytes[0] = ' ';
        return used;
    }
    const char *ascii = screen->utf8 ? NULL : in_ascii(code);
    if (ascii != NULL) {
        shown->columns = strlen(ascii);
        memcpy(shown->bytes, ascii, shown->columns);
        return used;
    }
    bool beyond = code >= 0x80 && !screen->letters;
    if (code == GD_UTF8_BAD || gd_utf8_deceives(code) || beyond) {
        show_escaped(shown, code, (unsigned char)text[0]);
        return used;
    }
    memcpy(shown->bytes, text, used);
    shown->columns = width_of(code);
    return used;
}

size_t gd_screen_columns(const struct gd_screen *screen, const char *text)
{
    size_t columns = 0;
    struct shown shown;
    while (*text != '\0') {
        text += show(screen, text, &shown);
        columns += shown.columns;
    }
    return columns;
}

const char *gd_screen_cut(const struct gd_screen *screen, struct gd_arena *arena, const char *text,
                          size_t columns)
{
    if (gd_screen_columns(screen, text) <= columns)
        return text;
    static const char mark[] = "…";
    size_t room = columns - gd_screen_columns(screen, mark), used = 0, taken = 0;
    struct shown shown;
    for (;;) {
        size_t step = show(screen, text + taken, &shown);
        if (used + shown.columns > room)
            break;
        used += shown.columns;
        taken += step;
    }
    return gd_arena_printf(arena, "%.*s%s", (int)taken, text, mark);
}

/* --- lines --- */

static void ink_on(const struct gd_screen *screen, enum gd_ink ink)
{
    if (screen->colour)
        fputs(ink_codes[ink], screen->stream);
}

static void ink_off(const struct gd_screen *screen, enum gd_ink ink)
{
    if (screen->colour && ink != GD_INK_PLAIN)
        fputs("\x1b[0m", screen->stream);
}

static void put_bytes(const struct gd_screen *screen, const char *text, size_t size)
{
    struct shown shown;
    for (const char *end = text + size; text < end;) {
        text += show(screen, text, &shown);
        fputs(shown.bytes, screen->stream);
    }
}

void gd_screen_put(const struct gd_screen *screen, enum gd_ink ink, const char *text)
{
    ink_on(screen, ink);
    put_bytes(screen, text, strlen(text));
    ink_off(screen, ink);
}

void gd_screen_end_line(const struct gd_screen *screen)
{
    fputc('\n', screen->stream);
}

/* The word at `text`: its bytes; *out_columns what it takes. */
static size_t word_at(const struct gd_screen *screen, const char *text, size_t *out_columns)
{
    size_t size = 0;
    struct shown shown;
    *out_columns = 0;
    while (text[size] != '\0') {
        size_t step = show(screen, text + size, &shown);
        if (shown.blank)
            break;
        *out_columns += shown.columns;
        size += step;
    }
    return size;
}

static size_t blanks_at(const struct gd_screen *screen, const char *text)
{
    size_t size = 0;
    struct shown shown;
    while (text[size] != '\0') {
        size_t step = show(screen, text + size, &shown);
        if (!shown.blank)
            break;
        size += step;
    }
    return size;
}

/* Fill lines from column `column` on; those that follow begin at `indent`. */
static void fill(const struct gd_screen *screen, enum gd_ink ink, size_t column, size_t indent,
                 const char *text)
{
    size_t gap = column > 0 && column != indent ? 2 : 0;
    bool first = gap == 0;
    ink_on(screen, ink);
    for (text += blanks_at(screen, text); *text != '\0'; text += blanks_at(screen, text)) {
        size_t columns;
        size_t size = word_at(screen, text, &columns);
        if (!first && column + gap + columns > screen->width) {
            ink_off(screen, ink);
            fprintf(screen->stream, "\n%*s", (int)indent, "");
            ink_on(screen, ink);
            column = indent;
        } else {
            fprintf(screen->stream, "%*s", (int)gap, "");
            column += gap;
        }
        put_bytes(screen, text, size);
        column += columns;
        text += size;
        first = false;
        gap = 1;
    }
    ink_off(screen, ink);
    fputc('\n', screen->stream);
}

void gd_screen_row(const struct gd_screen *screen, const char *label, enum gd_ink ink,
                   const char *text)
{
    ink_on(screen, GD_INK_DIM);
    fprintf(screen->stream, "  %-*s", GUTTER - 2, label);
    ink_off(screen, GD_INK_DIM);
    fill(screen, ink, GUTTER, GUTTER, text);
}

void gd_screen_paragraph(const struct gd_screen *screen, enum gd_ink ink, size_t column,
                         size_t indent, const char *text)
{
    fill(screen, ink, column, indent, text);
}
