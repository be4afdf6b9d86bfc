#include "guardian/base/utf8.h"

#include <assert.h>

/* clang-format off */
static const struct { unsigned char mask, mark; size_t size; uint32_t least; } forms[] = {
    {0x80, 0x00, 1, 0},
    {0xe0, 0xc0, 2, 0x80},
    {0xf0, 0xe0, 3, 0x800},
    {0xf8, 0xf0, 4, 0x10000},
};

static const struct { uint32_t first, last; } deceivers[] = {
    {0x0000,  0x001f},  /* C0: escape sequences begin here */
    {0x007f,  0x009f},  /* DEL and C1: U+009B is "escape [" in one character */
    {0x00ad,  0x00ad},  /* soft hyphen */
    {0x034f,  0x034f},  /* combining grapheme joiner */
    {0x061c,  0x061c},  /* Arabic letter mark */
    {0x115f,  0x1160},  /* Hangul fillers */
    {0x17b4,  0x17b5},  /* Khmer inherent vowels */
    {0x180b,  0x180f},  /* Mongolian variation selectors, vowel separator */
    {0x200b,  0x200f},  /* zero width space and joiners, direction marks */
    {0x2028,  0x202e},  /* line and paragraph separators, embeddings and overrides */
    {0x2060,  0x206f},  /* word joiner, invisible operators, isolates */
    {0x3164,  0x3164},  /* Hangul filler */
    {0xfe00,  0xfe0f},  /* variation selectors */
    {0xfeff,  0xfeff},  /* byte order mark */
    {0xffa0,  0xffa0},  /* halfwidth Hangul filler */
    {0xfff0,  0xfffb},  /* interlinear annotations */
    {0x1bca0, 0x1bca3}, /* shorthand format controls */
    {0x1d173, 0x1d17a}, /* musical format controls */
    {0xe0000, 0xe0fff}, /* tags, more variation selectors */
};
/* clang-format on */

static bool valid(uint32_t code, uint32_t least)
{
    return code >= least && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff);
}

size_t gd_utf8_decode(const char *text, size_t size, uint32_t *out_code)
{
    assert(size > 0);
    const unsigned char *bytes = (const unsigned char *)text;
    *out_code = GD_UTF8_BAD;
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        if ((bytes[0] & forms[i].mask) != forms[i].mark)
            continue;
        if (forms[i].size > size)
            return 1;
        uint32_t code = bytes[0] & (unsigned char)~forms[i].mask;
        for (size_t at = 1; at < forms[i].size; at++) {
            if ((bytes[at] & 0xc0) != 0x80)
                return 1;
            code = code << 6 | (bytes[at] & 0x3f);
        }
        if (!valid(code, forms[i].least))
            return 1;
        *out_code = code;
        return forms[i].size;
    }
    return 1;
}

bool gd_utf8_deceives(uint32_t code)
{
    for (size_t i = 0; i < sizeof deceivers / sizeof deceivers[0]; i++)
        if (code >= deceivers[i].first && code <= deceivers[i].last)
            return true;
    return false;
}
