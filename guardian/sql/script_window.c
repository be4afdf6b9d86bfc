/*
 * Script, the window: a part of the input in memory, and what stands between statements.
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guardian/io/digest.h"
#include "guardian/sql/parse.h"
#include "guardian/sql/script_own.h"

static const size_t window_bytes = 128 * 1024;

uint32_t gd_window_lines(const char *text, size_t size)
{
    uint32_t lines = 0;
    for (const char *at = text; (at = memchr(at, '\n', size - (size_t)(at - text))) != NULL; at++)
        lines++;
    return lines;
}

static uint32_t characters_in(const char *text, size_t size)
{
    uint32_t count = 0;
    for (size_t i = 0; i < size; i++)
        count += ((unsigned char)text[i] & 0xC0) != 0x80;
    return count;
}

void gd_window_locate(const struct gd_script *script, size_t place, uint32_t *out_line,
                      uint32_t *out_column)
{
    const char *from = script->window + script->begin;
    size_t size = place - script->begin;
    uint32_t lines = gd_window_lines(from, size);
    const char *last = lines == 0 ? NULL : memrchr(from, '\n', size);
    *out_line = script->line + lines;
    *out_column = last == NULL ? script->column + characters_in(from, size)
                               : 1 + characters_in(last + 1, size - (size_t)(last + 1 - from));
}

void gd_window_advance(struct gd_script *script, size_t place)
{
    assert(place >= script->begin && place <= script->end);
    gd_window_locate(script, place, &script->line, &script->column);
    script->offset += place - script->begin;
    script->begin = place;
}

struct gd_status gd_window_refuse(const struct gd_script *script, size_t place,
                                  struct gd_error *err, const char *what)
{
    uint32_t line, column;
    gd_window_locate(script, place, &line, &column);
    return gd_fail(err, GD_USAGE, "%s:%u: %s", script->name, line, what);
}

/* A character that the end of a read cuts is looked at again when the rest is there. */
static GD_MUST struct gd_status check_text(struct gd_script *script, struct gd_error *err)
{
    const char *from = script->window + script->checked;
    size_t size = script->end - script->checked;
    size_t good = gd_text_check(from, size);
    script->checked += good;
    if (good == size || (!script->at_end && size - good < 4 && from[good] != '\0'))
        return GD_DONE;
    unsigned char bad = (unsigned char)from[good];
    if (bad == 0)
        return gd_hint(err,
                       gd_window_refuse(script, script->checked, err,
                                        "a NUL byte: the server would not see what follows it"),
                       "The file may be UTF-16; write it again as UTF-8.");
    char what[64];
    snprintf(what, sizeof what, "byte 0x%02X is not valid UTF-8", bad);
    return gd_hint(err, gd_window_refuse(script, script->checked, err, what),
                   "Convert the file, for example: iconv -f WINDOWS-1252 -t UTF-8 FILE.");
}

static void make_room(struct gd_script *script, size_t wanted)
{
    if (script->begin > 0) {
        memmove(script->window, script->window + script->begin, script->end - script->begin);
        script->end -= script->begin;
        script->checked -= script->begin;
        script->begin = 0;
    }
    if (script->capacity > script->end + wanted)
        return;
    script->capacity = script->end + wanted + 1;
    script->window = realloc(script->window, script->capacity);
    if (script->window == NULL)
        abort();
}

static GD_MUST struct gd_status skip_byte_order_mark(struct gd_script *script)
{
    if (script->bytes >= 3 && script->offset == 0 && script->begin == 0 &&
        memcmp(script->window, "\xEF\xBB\xBF", 3) == 0) {
        script->begin = 3;
        script->offset = 3;
    }
    return GD_DONE;
}

struct gd_status gd_window_refill(struct gd_script *script, struct gd_error *err)
{
    bool first = script->bytes == 0;
    size_t unread = script->end - script->begin; /* doubles, so that no text is split too often */
    size_t wanted = unread > window_bytes ? unread : window_bytes;
    make_room(script, wanted);
    script->piece_count = script->piece_next = 0;
    while (wanted > 0 && !script->at_end) {
        size_t got = 0;
        GD_TRY(script->read(script->context, script->window + script->end, wanted, &got, err));
        gd_digest_add(script->digest, script->window + script->end, got);
        script->end += got;
        script->bytes += got;
        wanted -= got;
        script->at_end = got == 0;
    }
    script->window[script->end] = '\0';
    GD_TRY(check_text(script, err));
    return first ? skip_byte_order_mark(script) : GD_DONE;
}

/* ---- white space and comments before a statement ---- */

/* The end of a nested C comment that begins at `at`; `end` when it is not closed there. */
static size_t after_block_comment(const char *text, size_t at, size_t end)
{
    unsigned depth = 0;
    while (at < end) {
        if (end - at >= 2 && text[at] == '/' && text[at + 1] == '*') {
            depth++;
            at += 2;
        } else if (end - at >= 2 && text[at] == '*' && text[at + 1] == '/') {
            at += 2;
            if (--depth == 0)
                return at;
        } else {
            at++;
        }
    }
    return end;
}

static size_t after_line_comment(const char *text, size_t at, size_t end)
{
    while (at < end && text[at] != '\n' && text[at] != '\r')
        at++;
    return at;
}

size_t gd_window_skip(const struct gd_script *script, size_t at, size_t end, size_t *first_comment)
{
    const char *text = script->window;
    uint32_t line, column;
    while (at < end) {
        size_t next = at;
        if (gd_is_blank(text[at]))
            next = at + 1;
        else if (end - at >= 2 && text[at] == '-' && text[at + 1] == '-')
            next = after_line_comment(text, at, end);
        else if (end - at >= 2 && text[at] == '/' && text[at + 1] == '*')
            next = after_block_comment(text, at, end);
        else
            return at;
        if (!gd_is_blank(text[at]) && *first_comment == SIZE_MAX) {
            gd_window_locate(script, at, &line, &column);
            if (line > script->last_line)
                *first_comment = at;
        }
        at = next;
    }
    return at;
}
