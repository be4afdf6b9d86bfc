#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "guardian/guard/known_as.h"

static const struct {
    const char *schema, *search_path, *options, *place;
} cases[] = {
    {NULL, NULL, NULL, ""},
    {"public", NULL, NULL, ""},
    {"a", NULL, NULL, "a"},
    {"App", NULL, NULL, "\"App\""},
    {"it\"s", NULL, NULL, "\"it\"\"s\""},
    {NULL, "\"$user\", public", NULL, ""},
    {NULL, " A , \"B\"\"c\",\t$user ", NULL, "a,\"B\"\"c\""},
    {NULL, "a,b", NULL, "a,b"},
    {NULL, "\"a,b\"", NULL, "\"a,b\""},
    {NULL, "", NULL, ""},
    {NULL, NULL, "-c statement_timeout=1s", ""},
    {NULL, NULL, "-c search_path=a -csearch_path=b", "b"},
    {NULL, NULL, "--search-path=a,\\ b -c work_mem=1MB", "a,b"},
    {NULL, NULL, "-c SEARCH_PATH=a", "a"},
    {NULL, NULL, "-c", ""},
    {"a", "b", "-c search_path=c", "a"},
    {NULL, "b", "-c search_path=c", "b"},
};

static void a_place_is_said_in_one_way(void **state)
{
    struct gd_arena *arena = gd_arena_new();
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_string_equal(
            gd_known_place_of(cases[i].schema, cases[i].search_path, cases[i].options, arena),
            cases[i].place);
    gd_arena_free(arena);
}

static void a_text_without_a_place_keeps_its_name(void **state)
{
    char text[GD_DIGEST_HEX_SIZE], name[GD_DIGEST_HEX_SIZE], other[GD_DIGEST_HEX_SIZE];
    (void)state;
    gd_digest_of("SELECT 1", 8, text);
    gd_known_as(text, "", name);
    assert_string_equal(name, text);
    gd_known_as(text, "a", name);
    gd_known_as(text, "b", other);
    assert_string_not_equal(name, text);
    assert_string_not_equal(name, other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_place_is_said_in_one_way),
        cmocka_unit_test(a_text_without_a_place_keeps_its_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
