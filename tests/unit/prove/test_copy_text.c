/* COPY text: what a server writes is taken, in any cut; anything else is named with its row. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "guardian/prove/copy_block.h"
#include "guardian/prove/copy_text.h"

/* Give `data` to a parser in pieces of `piece` bytes. */
static struct gd_status feed(struct gd_copy_text *text, const char *data, size_t size, size_t piece,
                             struct gd_error *err)
{
    for (size_t at = 0; at < size;) {
        void *room;
        size_t space;
        GD_TRY(gd_copy_text_room(text, &room, &space, err));
        size_t now = size - at < piece ? size - at : piece;
        now = now < space ? now : space;
        memcpy(room, data + at, now);
        GD_TRY(gd_copy_text_take(text, now, err));
        at += now;
    }
    return gd_copy_text_end(text, err);
}

#define ASCII64 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define BYTES(text) text, sizeof(text) - 1

/* clang-format off */
static const struct {
    const char *name, *data; size_t size, columns; uint64_t rows; const char *wrong;
} cases[] = {
    {"nothing is no rows",                  BYTES(""),                        2, 0, NULL},
    {"one row",                             BYTES("1\tone\n"),                2, 1, NULL},
    {"one empty column",                    BYTES("\n\n"),                    1, 2, NULL},
    {"no columns at all",                   BYTES("\n\n\n"),                  0, 3, NULL},
    {"NULL in every place",                 BYTES("\\N\t\\N\n\\N\t\\N\n"),    2, 2, NULL},
    {"every escape that a server writes",   BYTES("\\b\\f\\n\\r\\t\\v\\\\\n"), 1, 1, NULL},
    {"a backslash before an N",             BYTES("\\\\N\n"),                 1, 1, NULL},
    {"backslashes in a row",                BYTES("\\\\\\\\\\\\\n"),          1, 1, NULL},
    {"control characters go as they are",   BYTES("\x01\x1f\x7f\n"),          1, 1, NULL},
    {"characters of two to four bytes",     BYTES("é\t日本\t😀\n"),           3, 1, NULL},
    {"the first and the last of each size", BYTES("\xc2\x80\xdf\xbf\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80\xef\xbf\xbf\xf0\x90\x80\x80\xf4\x8f\xbf\xbf\n"), 1, 1, NULL},
    {"a row longer than a block",           BYTES(ASCII64 "x\t" ASCII64 "\n"), 2, 1, NULL},
    {"an escape across two blocks",         BYTES("0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcde\\n\n"), 1, 1, NULL},
    {"a pair of backslashes across blocks", BYTES("0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcde\\\\.\n"), 1, 1, NULL},
    {"a character across two blocks",       BYTES("0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdeé\n"), 1, 1, NULL},
    {"a column too few",                    BYTES("1\n"),                     2, 0, "row 1 has 1 column instead of 2"},
    {"a column too many",                   BYTES("1\t2\n1\t2\t3\n"),         2, 1, "row 2 has 3 columns instead of 2"},
    {"bytes in a table without columns",    BYTES("\nx\n"),                   0, 1, "row 2 has 1 column instead of 0"},
    {"an end-of-data mark",                 BYTES("1\n\\.\n2\n"),             1, 0, "row 2 holds an end-of-data mark"},
    {"an end-of-data mark within a row",    BYTES("1\\.\n"),                  1, 0, "row 1 holds an end-of-data mark"},
    {"an octal escape",                     BYTES("\\101\n"),                 1, 0, "row 1 holds an escape that no server writes"},
    {"a hexadecimal escape",                BYTES("\\x41\n"),                 1, 0, "row 1 holds an escape that no server writes"},
    {"an escape at the end of a row",       BYTES("1\\\n"),                   1, 0, "row 1 holds an escape that no server writes"},
    {"an escaped tab that is bare",         BYTES("1\\\t2\n"),                2, 0, "row 1 holds an escape that no server writes"},
    {"a backslash before a NUL",            BYTES("1\\\0\n"),                 1, 0, "row 1 holds an escape that no server writes"},
    {"NULL with something behind",          BYTES("\\Nx\n"),                  1, 0, "row 1 has \\N within a longer field"},
    {"NULL with something before",          BYTES("a\tx\\N\n"),               2, 0, "row 1 has \\N within a longer field"},
    {"a NUL byte",                          BYTES("a\0b\n"),                  1, 0, "row 1 holds a NUL byte"},
    {"lines of another system",             BYTES("a\r\n"),                   1, 0, "row 1 holds a carriage return"},
    {"a byte of LATIN1",                    BYTES("a\nb\ncaf\xe9\n"),         1, 0, "row 3 holds bytes that are no UTF-8"},
    {"a character that is cut by a tab",    BYTES("\xe6\x97\ta\n"),           2, 0, "row 1 holds bytes that are no UTF-8"},
    {"a character that is cut by the end",  BYTES("\xe6\x97\n"),              1, 0, "row 1 holds bytes that are no UTF-8"},
    {"an overlong form",                    BYTES("\xc0\xaf\n"),              1, 0, "row 1 holds bytes that are no UTF-8"},
    {"an overlong form of three bytes",     BYTES("\xe0\x80\xaf\n"),          1, 0, "row 1 holds bytes that are no UTF-8"},
    {"a surrogate",                         BYTES("\xed\xa0\x80\n"),          1, 0, "row 1 holds bytes that are no UTF-8"},
    {"a number beyond Unicode",             BYTES("\xf4\x90\x80\x80\n"),      1, 0, "row 1 holds bytes that are no UTF-8"},
    {"a lonely continuation",               BYTES("\x80\n"),                  1, 0, "row 1 holds bytes that are no UTF-8"},
    {"a last row that is not ended",        BYTES("1\t2\n3\t4"),              2, 1, "row 2, the last one, is not ended"},
    {"an end-of-data mark behind the rows", BYTES("1\n\\."),                  1, 1, "row 2, the last one, is not ended"},
};
/* clang-format on */

static void check(struct gd_copy_text *text, size_t i, size_t piece)
{
    struct gd_error err = {0};
    gd_copy_text_begin(text, cases[i].columns, true);
    struct gd_status status = feed(text, cases[i].data, cases[i].size, piece, &err);
    if (cases[i].wrong == NULL && status.code != GD_OK)
        fail_msg("%s (by %zu): %s", cases[i].name, piece, err.text);
    if (cases[i].wrong != NULL && (status.code != GD_CORRUPT ||
                                   strncmp(err.text, cases[i].wrong, strlen(cases[i].wrong)) != 0))
        fail_msg("%s (by %zu): \"%s\" instead of \"%s\"", cases[i].name, piece, err.text,
                 cases[i].wrong);
    if (cases[i].wrong == NULL && gd_copy_text_digest(text)->rows != cases[i].rows)
        fail_msg("%s (by %zu): %llu rows", cases[i].name, piece,
                 (unsigned long long)gd_copy_text_digest(text)->rows);
}

static void every_case_comes_out_alike_in_every_cut(void **state)
{
    (void)state;
    gd_auto_copy_text text = gd_copy_text_new();
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        for (size_t piece = 1; piece < 140; piece++)
            check(text, i, piece);
}

static void other_encodings_may_hold_any_high_bytes(void **state)
{
    (void)state;
    gd_auto_copy_text text = gd_copy_text_new();
    struct gd_error err = {0};
    gd_copy_text_begin(text, 1, false);
    assert_int_equal(feed(text, BYTES("caf\xe9\n\x80\xff\n"), 7, &err).code, GD_OK);
    assert_int_equal(gd_copy_text_digest(text)->rows, 2);
    gd_copy_text_begin(text, 1, false);
    assert_int_equal(feed(text, BYTES("\xe9\r\n"), 7, &err).code, GD_CORRUPT);
}

static void the_digest_is_that_of_the_lines(void **state)
{
    (void)state;
    gd_auto_copy_text text = gd_copy_text_new();
    struct gd_error err = {0};
    struct gd_rows_digest wanted = {0};
    gd_rows_digest_line(&wanted, BYTES("1\tone"));
    gd_rows_digest_line(&wanted, BYTES("\\N\t"));
    gd_copy_text_begin(text, 2, true);
    assert_int_equal(feed(text, BYTES("1\tone\n\\N\t\n"), 3, &err).code, GD_OK);
    assert_memory_equal(gd_copy_text_digest(text), &wanted, sizeof wanted);
}

/* Rows that do not fit the buffer make it grow, and what stands behind them is still found. */
static void a_row_of_megabytes_is_a_row(void **state)
{
    (void)state;
    gd_auto_copy_text text = gd_copy_text_new();
    struct gd_error err = {0};
    size_t size = 3 * 1024 * 1024;
    char *data = malloc(size);
    memset(data, 'x', size);
    data[9] = '\t';
    data[size - 3] = '\n';
    data[size - 2] = '\t';
    data[size - 1] = '\n';
    gd_copy_text_begin(text, 2, true);
    assert_int_equal(feed(text, data, size, 100000, &err).code, GD_OK);
    assert_int_equal(gd_copy_text_digest(text)->rows, 2);
    data[size - 2] = 'y';
    gd_copy_text_begin(text, 2, true);
    assert_int_equal(feed(text, data, size, 100000, &err).code, GD_CORRUPT);
    assert_string_equal(err.text, "row 2 has 1 column instead of 2");
    free(data);
}

static void both_ways_see_the_same_bits(void **state)
{
    (void)state;
    static const char bytes[] = "\t\n\\\r\0ax\x7f\x80\xff\x0b\x0c N.";
    uint32_t random = 1;
    for (unsigned round = 0; round < 20000; round++) {
        char block[GD_COPY_BLOCK];
        for (unsigned i = 0; i < GD_COPY_BLOCK; i++) {
            random = random * 1664525 + 1013904223;
            block[i] = bytes[(random >> 16) % (sizeof bytes - 1)];
        }
        struct gd_copy_bits one = gd_copy_bits(block), other = gd_copy_bits_plain(block);
        assert_memory_equal(&one, &other, sizeof one);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_case_comes_out_alike_in_every_cut),
        cmocka_unit_test(other_encodings_may_hold_any_high_bytes),
        cmocka_unit_test(the_digest_is_that_of_the_lines),
        cmocka_unit_test(a_row_of_megabytes_is_a_row),
        cmocka_unit_test(both_ways_see_the_same_bits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
