#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guardian/guard/harmless.h"

static bool is_seen(struct gd_harmless *harmless, const char *text)
{
    bool sets;
    return gd_harmless_seen(harmless, text, strlen(text), &sets);
}

static const struct {
    const char *remembered, *asked;
    bool seen;
} cases[] = {
    {"SELECT 1", "SELECT 1", true},
    {"SELECT 1", "SELECT 22", true},
    {"SELECT 1", "SELECT 1.5", false},
    {"SELECT 1", "SELECT a1", false},
    {"SELECT a1", "SELECT a2", false},
    {"SELECT 1", "SELECT 1 ", false},
    {"SELECT '1'", "SELECT '2'", false},
    {"SELECT $1, 1", "SELECT $1, 1", true},
    {"SELECT $1, 1", "SELECT $2, 1", false},
    {"SELECT 1 -- 1", "SELECT 1 -- 2", false},
    {"SELECT 1 /* 1 */", "SELECT 2 /* 1 */", false},
    {"", "", false},
};

static void numbers_are_one_shape_where_nothing_can_hide(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct gd_harmless *harmless = gd_harmless_new();
        assert_false(is_seen(harmless, cases[i].asked));
        gd_harmless_remember(harmless, cases[i].remembered, strlen(cases[i].remembered));
        if (is_seen(harmless, cases[i].asked) != cases[i].seen)
            fail_msg("%s: %s", cases[i].remembered, cases[i].asked);
        gd_harmless_free(harmless);
    }
}

static void what_sets_names_is_known_with_the_text(void **state)
{
    static const char path[] = "SET Search_Path TO a", plain[] = "SELECT 1";
    struct gd_harmless *harmless = gd_harmless_new();
    bool sets = false;
    (void)state;
    gd_harmless_remember(harmless, path, strlen(path));
    gd_harmless_remember(harmless, plain, strlen(plain));
    assert_true(gd_harmless_seen(harmless, path, strlen(path), &sets));
    assert_true(sets);
    assert_true(gd_harmless_seen(harmless, plain, strlen(plain), &sets));
    assert_false(sets);
    gd_harmless_free(harmless);
}

static void a_text_with_a_zero_in_it_is_none(void **state)
{
    struct gd_harmless *harmless = gd_harmless_new();
    bool sets;
    (void)state;
    gd_harmless_remember(harmless, "SELECT 1\0DROP", 13);
    gd_harmless_remember(harmless, "SELECT 1", 8);
    assert_false(gd_harmless_seen(harmless, "SELECT 1\0DROP", 13, &sets));
    gd_harmless_free(harmless);
}

/* Long texts, all different: no more of them than fit into a few megabytes. */
static void what_is_remembered_is_bounded(void **state)
{
    enum { SIZE = 4000, TEXTS = 6000, MOST = (16 << 20) / SIZE };
    struct gd_harmless *harmless = gd_harmless_new();
    char *text = malloc(SIZE + 1);
    size_t seen = 0;
    (void)state;
    assert_non_null(text);
    memset(text, 'x', SIZE);
    text[SIZE] = '\0';
    for (int i = 0; i < TEXTS; i++) {
        snprintf(text, SIZE, "SELECT a%05d", i);
        text[13] = ' ';
        gd_harmless_remember(harmless, text, strlen(text));
        seen += is_seen(harmless, text);
    }
    assert_in_range(seen, MOST - 10, MOST);
    free(text);
    gd_harmless_free(harmless);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_one_shape_where_nothing_can_hide),
        cmocka_unit_test(what_sets_names_is_known_with_the_text),
        cmocka_unit_test(a_text_with_a_zero_in_it_is_none),
        cmocka_unit_test(what_is_remembered_is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
