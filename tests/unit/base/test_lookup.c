#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "guardian/base/lookup.h"

static void what_was_set_is_found_and_nothing_else(void **state)
{
    (void)state;
    gd_auto_arena arena = gd_arena_new();
    struct gd_lookup lookup = {0};
    static char values[5000];
    assert_null(gd_lookup_get(&lookup, "table", "public", "t1"));
    for (int i = 0; i < 5000; i++)
        gd_lookup_set(&lookup, "table", "public", gd_arena_printf(arena, "t%d", i), &values[i],
                      arena);
    for (int i = 0; i < 5000; i++) {
        const char *name = gd_arena_printf(arena, "t%d", i);
        assert_ptr_equal(gd_lookup_get(&lookup, "table", "public", name), &values[i]);
        assert_null(gd_lookup_get(&lookup, "type", "public", name));
        assert_null(gd_lookup_get(&lookup, "table", "app", name));
    }
    assert_null(gd_lookup_get(&lookup, "table", "public", "t5000"));
    assert_int_equal(lookup.count, 5000);
}

static void the_last_value_of_a_key_counts(void **state)
{
    (void)state;
    gd_auto_arena arena = gd_arena_new();
    struct gd_lookup lookup = {0};
    int first, last;
    gd_lookup_set(&lookup, "", "", "a", &first, arena);
    gd_lookup_set(&lookup, "", "", "a", &last, arena);
    assert_ptr_equal(gd_lookup_get(&lookup, "", "", "a"), &last);
    assert_int_equal(lookup.count, 1);
}

static void the_parts_of_a_key_do_not_run_together(void **state)
{
    (void)state;
    gd_auto_arena arena = gd_arena_new();
    struct gd_lookup lookup = {0};
    int value;
    gd_lookup_set(&lookup, "ab", "c", "", &value, arena);
    assert_null(gd_lookup_get(&lookup, "a", "bc", ""));
    assert_null(gd_lookup_get(&lookup, "abc", "", ""));
    assert_ptr_equal(gd_lookup_get(&lookup, "ab", "c", ""), &value);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_set_is_found_and_nothing_else),
        cmocka_unit_test(the_last_value_of_a_key_counts),
        cmocka_unit_test(the_parts_of_a_key_do_not_run_together),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
