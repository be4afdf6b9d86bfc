/* guardian/io/digest.c: SHA-256 in pieces, and texts whose line ends were changed on the way. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "guardian/io/digest.h"

static void pieces_make_the_same_digest_as_the_whole(void **state)
{
    (void)state;
    char whole[GD_DIGEST_HEX_SIZE], pieces[GD_DIGEST_HEX_SIZE];
    gd_digest_of("abc", 3, whole);
    struct gd_digest *digest = gd_digest_new();
    gd_digest_add(digest, "a", 1);
    gd_digest_hex(digest, pieces);
    assert_string_not_equal(pieces, whole);
    gd_digest_add(digest, "bc", 2);
    gd_digest_hex(digest, pieces);
    gd_digest_free(digest);
    assert_string_equal(pieces, whole);
    assert_string_equal(whole, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

static void line_ends_are_no_difference_and_all_else_is(void **state)
{
    (void)state;
    static const struct {
        const char *here, *recorded;
        bool same;
    } cases[] = {
        {"a\nb\n", "a\nb\n", true},
        {"a\r\nb\r\n", "a\nb\n", true},
        {"a\nb\n", "a\r\nb\r\n", true},
        {"a\r\nb\n", "a\nb\n", true},
        {"a\r\nb\n", "a\r\nb\n", true},
        {"a\nb", "a\r\nb", true},
        {"", "", true},
        {"a\nb\n", "a\nb", false},
        {"a\nb\n", "a\n\nb\n", false},
        {"a\rb\n", "a\nb\n", false},
        {"a \nb\n", "a\nb\n", false},
        {"", "\n", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char hex[GD_DIGEST_HEX_SIZE];
        gd_digest_of(cases[i].recorded, strlen(cases[i].recorded), hex);
        assert_int_equal(gd_digest_is_of_text(cases[i].here, strlen(cases[i].here), hex),
                         cases[i].same);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_make_the_same_digest_as_the_whole),
        cmocka_unit_test(line_ends_are_no_difference_and_all_else_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
