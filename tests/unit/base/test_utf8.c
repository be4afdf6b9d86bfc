#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "guardian/base/utf8.h"

/* clang-format off */
static const struct { const char *name, *bytes; size_t size, used; uint32_t code; } cases[] = {
    {"a letter",                     "a",                1, 1, 'a'},
    {"two bytes",                    "\xc3\xa9",         2, 2, 0xe9},
    {"three bytes",                  "\xe2\x82\xac",     3, 3, 0x20ac},
    {"four bytes",                   "\xf0\x9f\x90\x98", 4, 4, 0x1f418},
    {"the last character",           "\xf4\x8f\xbf\xbf", 4, 4, 0x10ffff},
    {"NUL",                          "\0",               1, 1, 0},
    {"only the first one is read",   "ab",               2, 1, 'a'},
    {"beyond the last character",    "\xf4\x90\x80\x80", 4, 1, GD_UTF8_BAD},
    {"a surrogate",                  "\xed\xa0\x80",     3, 1, GD_UTF8_BAD},
    {"an overlong slash",            "\xc0\xaf",         2, 1, GD_UTF8_BAD},
    {"an overlong three byte form",  "\xe0\x80\xaf",     3, 1, GD_UTF8_BAD},
    {"a lone continuation",          "\x9b",             1, 1, GD_UTF8_BAD},
    {"cut after two of three bytes", "\xe2\x82",         2, 1, GD_UTF8_BAD},
    {"a letter where one must follow", "\xe2\x82z",      3, 1, GD_UTF8_BAD},
    {"a byte that never occurs",     "\xff",             1, 1, GD_UTF8_BAD},
};

static const struct { uint32_t code; bool deceives; } faces[] = {
    {'a', false}, {' ', false}, {'~', false}, {0xe9, false}, {0x20ac, false}, {0x1f418, false},
    {0x00, true}, {'\n', true}, {0x1b, true}, {0x7f, true}, {0x85, true}, {0x9b, true},
    {0xa0, false}, {0x200d, true}, {0x202d, true}, {0x202e, true}, {0x2066, true}, {0x2069, true},
    {0x2028, true}, {0xfeff, true}, {0xe0041, true},
};
/* clang-format on */

static void characters_are_read_one_by_one_and_bad_bytes_are_passed(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint32_t code = 0;
        size_t used = gd_utf8_decode(cases[i].bytes, cases[i].size, &code);
        if (used != cases[i].used || code != cases[i].code)
            fail_msg("%s: %zu bytes, U+%04X", cases[i].name, used, (unsigned)code);
    }
}

static void what_drives_a_terminal_or_hides_text_is_known(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof faces / sizeof faces[0]; i++)
        if (gd_utf8_deceives(faces[i].code) != faces[i].deceives)
            fail_msg("U+%04X", (unsigned)faces[i].code);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(characters_are_read_one_by_one_and_bad_bytes_are_passed),
        cmocka_unit_test(what_drives_a_terminal_or_hides_text_is_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
