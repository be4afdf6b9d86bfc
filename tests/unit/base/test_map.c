#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "guardian/base/map.h"

static void what_was_added_is_found_and_nothing_else(void **state)
{
    (void)state;
    gd_auto_arena arena = gd_arena_new();
    struct gd_map map = {0};
    assert_int_equal(gd_map_get(&map, 0), GD_MAP_NONE);
    for (uint32_t i = 0; i < 10000; i++)
        assert_true(gd_map_add(&map, (uint64_t)i << 32 | (i * 7), i, arena));
    for (uint32_t i = 0; i < 10000; i++) {
        assert_int_equal(gd_map_get(&map, (uint64_t)i << 32 | (i * 7)), i);
        assert_int_equal(gd_map_get(&map, (uint64_t)i << 32 | (i * 7 + 1)), GD_MAP_NONE);
    }
    assert_int_equal(map.count, 10000);
}

static void the_first_value_of_a_key_stays(void **state)
{
    (void)state;
    gd_auto_arena arena = gd_arena_new();
    struct gd_map map = {0};
    assert_true(gd_map_add(&map, UINT64_MAX, 1, arena));
    assert_false(gd_map_add(&map, UINT64_MAX, 2, arena));
    assert_int_equal(gd_map_get(&map, UINT64_MAX), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_added_is_found_and_nothing_else),
        cmocka_unit_test(the_first_value_of_a_key_stays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
