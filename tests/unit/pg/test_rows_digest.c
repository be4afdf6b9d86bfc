/*
 * The content digest of rows: what it must not depend on, and what it must.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants those four first */
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "guardian/pg/copy.h"

static struct gd_rows_digest of_lines(const char *const *lines, size_t count)
{
    struct gd_rows_digest digest = {0};
    for (size_t i = 0; i < count; i++)
        gd_rows_digest_line(&digest, lines[i], strlen(lines[i]));
    return digest;
}

static bool same(struct gd_rows_digest a, struct gd_rows_digest b)
{
    return a.rows == b.rows && a.low == b.low && a.high == b.high;
}

static const char *const some[] = {"1\tAnna", "2\t\\N", "", "3\tthe third"};
static const char *const turned[] = {"3\tthe third", "", "1\tAnna", "2\t\\N"};

static void the_order_of_rows_does_not_matter(void **state)
{
    (void)state;
    assert_true(same(of_lines(some, 4), of_lines(turned, 4)));
    assert_false(same(of_lines(some, 4), of_lines(some, 3)));
}

static void a_row_twice_is_not_a_row_once_nor_none(void **state)
{
    (void)state;
    static const char *const twice[] = {"a", "a"}, *const other[] = {"b", "b"};
    assert_false(same(of_lines(twice, 2), of_lines(other, 2)));
    assert_false(same(of_lines(twice, 1), of_lines(twice, 2)));
}

static void parts_add_up_with_the_carry(void **state)
{
    (void)state;
    struct gd_rows_digest sum = {.rows = 1, .low = UINT64_MAX, .high = 7}, one = {1, 1, 0};
    gd_rows_digest_join(&sum, &one);
    assert_true(same(sum, (struct gd_rows_digest){2, 0, 8}));

    struct gd_rows_digest left = of_lines(some, 2), right = of_lines(some + 2, 2);
    gd_rows_digest_join(&left, &right);
    assert_true(same(left, of_lines(some, 4)));
}

static void hex_is_read_back_and_nothing_else_is(void **state)
{
    (void)state;
    struct gd_rows_digest digest = of_lines(some, 4), read = {.rows = 4};
    char hex[GD_ROWS_DIGEST_SIZE];
    gd_rows_digest_hex(&digest, hex);
    assert_int_equal(strlen(hex), 32);
    assert_true(gd_rows_digest_parse(hex, &read) && same(read, digest));

    static const char *const wrong[] = {"", "0", "0123456789abcdef0123456789abcdeF",
                                        "0123456789abcdef0123456789abcdef0",
                                        "0123456789abcdef0123456789abcde"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_false(gd_rows_digest_parse(wrong[i], &read));
}

/* The format is for ever: these are XXH3's own published answers for nothing and for one text. */
static void the_digest_is_the_one_that_is_documented(void **state)
{
    (void)state;
    struct gd_rows_digest digest = {0};
    char hex[GD_ROWS_DIGEST_SIZE];
    gd_rows_digest_line(&digest, "", 0);
    gd_rows_digest_hex(&digest, hex);
    assert_string_equal(hex, "99aa06d3014798d86001c324468d497f");
}

static void chunks_of_any_size_give_the_same_lines(void **state)
{
    (void)state;
    static const char text[] = "1\tAnna\n2\t\\N\n\n3\tthe third\n";
    for (size_t step = 1; step <= sizeof text; step++) {
        struct gd_rows_reader *reader = gd_rows_reader_new();
        for (size_t at = 0; at < sizeof text - 1; at += step) {
            size_t left = sizeof text - 1 - at;
            gd_rows_reader_feed(reader, text + at, left < step ? left : step);
        }
        struct gd_rows_digest digest;
        assert_true(gd_rows_reader_end(reader, &digest));
        assert_true(same(digest, of_lines(some, 4)));
        gd_rows_reader_free(reader);
    }
}

static void a_last_line_without_its_newline_is_no_end(void **state)
{
    (void)state;
    struct gd_rows_reader *reader = gd_rows_reader_new();
    struct gd_rows_digest digest;
    assert_true(gd_rows_reader_end(reader, &digest) && digest.rows == 0);
    gd_rows_reader_feed(reader, "1\n2", 3);
    assert_int_equal(gd_rows_reader_rows(reader), 1);
    assert_false(gd_rows_reader_end(reader, &digest));
    gd_rows_reader_feed(reader, "\n", 1);
    assert_true(gd_rows_reader_end(reader, &digest) && digest.rows == 2);
    gd_rows_reader_free(reader);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_order_of_rows_does_not_matter),
        cmocka_unit_test(a_row_twice_is_not_a_row_once_nor_none),
        cmocka_unit_test(parts_add_up_with_the_carry),
        cmocka_unit_test(hex_is_read_back_and_nothing_else_is),
        cmocka_unit_test(the_digest_is_the_one_that_is_documented),
        cmocka_unit_test(chunks_of_any_size_give_the_same_lines),
        cmocka_unit_test(a_last_line_without_its_newline_is_no_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
