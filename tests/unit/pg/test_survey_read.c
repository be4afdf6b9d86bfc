#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "guardian/pg/survey_read.h"

/* clang-format off */
static const struct { const char *array; size_t count; const char *items[4]; } texts[] = {
    {NULL,                      0, {NULL}},
    {"{}",                      0, {NULL}},
    {"{a}",                     1, {"a"}},
    {"{a,b c,\"d e\"}",         3, {"a", "b c", "d e"}},
    {"{\"a,b\",\"}\",\"{\"}",   3, {"a,b", "}", "{"}},
    {"{\"say \\\"x\\\"\",\"\\\\\"}", 2, {"say \"x\"", "\\"}},
    {"{\"\",x}",                2, {"", "x"}},
    {"{\"unclosed",             1, {"unclosed"}},
    {"{\"ends in \\",           1, {"ends in \\"}},
};
static const struct { const char *array; size_t count; int16_t items[3]; } numbers[] = {
    {NULL,        0, {0}},
    {"",          0, {0}},
    {"{}",        0, {0}},
    {"{1,-2,30}", 3, {1, -2, 30}},
    {"1 0 3",     3, {1, 0, 3}},
    {"7",         1, {7}},
    {"{x}",       0, {0}},
};
/* clang-format on */

static void arrays_are_read_as_the_server_prints_them(void **state)
{
    (void)state;
    gd_auto_arena arena = gd_arena_new();
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        size_t count = 0;
        const char *const *items = gd_pg_texts(texts[i].array, arena, &count);
        assert_int_equal(count, texts[i].count);
        for (size_t k = 0; k < count; k++)
            assert_string_equal(items[k], texts[i].items[k]);
    }
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        size_t count = 0;
        const int16_t *items = gd_pg_shorts(numbers[i].array, arena, &count);
        assert_int_equal(count, numbers[i].count);
        for (size_t k = 0; k < count; k++)
            assert_int_equal(items[k], numbers[i].items[k]);
    }
}

static void an_address_is_its_own_key(void **state)
{
    (void)state;
    static const struct gd_address addresses[] = {
        {GD_PG_CLASS, 1, 0},          {GD_PG_CLASS, 1, 1},  {GD_PG_CLASS, 1, -1},
        {GD_PG_TYPE, 1, 0},           {GD_PG_CLASS, 2, 0},  {GD_PG_CLASS, UINT32_MAX, 0},
        {GD_PG_CLASS, UINT32_MAX, 1}, {GD_PG_POLICY, 1, 0},
    };
    for (size_t i = 0; i < sizeof addresses / sizeof addresses[0]; i++)
        for (size_t k = 0; k < sizeof addresses / sizeof addresses[0]; k++)
            assert_int_equal(gd_address_key(addresses[i]) == gd_address_key(addresses[k]), i == k);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arrays_are_read_as_the_server_prints_them),
        cmocka_unit_test(an_address_is_its_own_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
