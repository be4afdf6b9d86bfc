#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "guardian/base/texts.h"

static void each_text_is_kept_once_in_the_order_it_came(void **state)
{
    (void)state;
    static const char *const added[] = {"b", "a", "b", "c", "a", "d", "e", "f"};
    static const char *const kept[] = {"b", "a", "c", "d", "e", "f"};
    gd_auto_arena arena = gd_arena_new();
    struct gd_texts texts = {0};
    for (size_t i = 0; i < sizeof added / sizeof added[0]; i++)
        (void)gd_texts_add(&texts, added[i], arena);
    assert_int_equal(texts.count, sizeof kept / sizeof kept[0]);
    for (size_t i = 0; i < texts.count; i++)
        assert_string_equal(texts.items[i], kept[i]);
}

static void adding_says_whether_it_was_new(void **state)
{
    (void)state;
    gd_auto_arena arena = gd_arena_new();
    struct gd_texts texts = {0};
    assert_false(gd_texts_has(&texts, "a"));
    assert_true(gd_texts_add(&texts, "a", arena));
    assert_false(gd_texts_add(&texts, "a", arena));
    assert_true(gd_texts_has(&texts, "a"));
    assert_false(gd_texts_has(&texts, "A"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_text_is_kept_once_in_the_order_it_came),
        cmocka_unit_test(adding_says_whether_it_was_new),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
