#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "guardian/base/nearest.h"

/* clang-format off */
static const struct { const char *left, *right; size_t distance; } distances[] = {
    {"",         "",         0},
    {"",         "abc",      3},
    {"policy",   "policy",   0},
    {"POLICY",   "policy",   0},
    {"polcy",    "policy",   1},
    {"policyy",  "policy",   1},
    {"pilocy",   "policy",   2},
    {"oplicy",   "policy",   1}, /* neighbours swapped */
    {"kitten",   "sitting",  3},
};

static const struct { const char *word, *meant; } guesses[] = {
    {"clasify",     "classify"},
    {"classfiy",    "classify"},
    {"Plan",        "plan"},
    {"pln",         "plan"},
    {"explian",     "explain"},
    {"class",       "classify"}, /* a beginning that leaves no choice */
    {"restore",     NULL},
    {"x",           NULL},
    {"",            NULL},
    {"p",           NULL},       /* plan, policy */
    {"po",          "policy"},
};
/* clang-format on */

static void distance_counts_keystrokes(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof distances / sizeof distances[0]; i++) {
        assert_int_equal(gd_edit_distance(distances[i].left, distances[i].right),
                         distances[i].distance);
        assert_int_equal(gd_edit_distance(distances[i].right, distances[i].left),
                         distances[i].distance);
    }
}

static void the_word_that_was_meant_is_found_or_none(void **state)
{
    (void)state;
    static const char *const words[] = {"classify", "plan", "explain", "policy"};
    for (size_t i = 0; i < sizeof guesses / sizeof guesses[0]; i++) {
        const char *found = gd_nearest(guesses[i].word, words, 4);
        if (guesses[i].meant == NULL)
            assert_null(found);
        else if (found == NULL || strcmp(found, guesses[i].meant) != 0)
            fail_msg("\"%s\" was taken for %s", guesses[i].word, found == NULL ? "none" : found);
    }
}

static void a_very_long_word_is_near_to_nothing(void **state)
{
    (void)state;
    char word[1000];
    memset(word, 'a', sizeof word - 1);
    word[sizeof word - 1] = '\0';
    static const char *const words[] = {"a", "aaaa"};
    assert_int_equal(gd_edit_distance(word, "a"), SIZE_MAX);
    assert_null(gd_nearest(word, words, 2));
}

static void no_candidates_is_no_answer(void **state)
{
    (void)state;
    assert_null(gd_nearest("plan", NULL, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(distance_counts_keystrokes),
        cmocka_unit_test(the_word_that_was_meant_is_found_or_none),
        cmocka_unit_test(a_very_long_word_is_near_to_nothing),
        cmocka_unit_test(no_candidates_is_no_answer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
