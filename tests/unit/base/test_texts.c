#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

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

/* Long lists are looked up by hash; copies of one share that, and must not see each other. */
static void long_lists_and_their_copies_hold_what_was_added_to_each(void **state)
{
    (void)state;
    enum { COUNT = 1000 };
    gd_auto_arena arena = gd_arena_new();
    struct gd_texts texts = {0};
    for (int i = 0; i < COUNT; i++)
        assert_true(gd_texts_add(&texts, gd_arena_printf(arena, "t%d", i), arena));
    struct gd_texts copy = texts;
    copy.items = gd_arena_zalloc(arena, texts.capacity, sizeof *copy.items);
    memcpy(copy.items, texts.items, texts.count * sizeof *copy.items);
    for (int i = 0; i < 10 * COUNT; i++) {
        assert_true(gd_texts_add(&texts, gd_arena_printf(arena, "left %d", i), arena));
        assert_true(gd_texts_add(&copy, gd_arena_printf(arena, "right %d", i), arena));
    }
    assert_int_equal(texts.count, 11 * COUNT);
    for (int i = 0; i < COUNT; i++) {
        const char *left = gd_arena_printf(arena, "left %d", i);
        const char *right = gd_arena_printf(arena, "right %d", i);
        assert_true(gd_texts_has(&texts, left) && !gd_texts_has(&texts, right));
        assert_true(gd_texts_has(&copy, right) && !gd_texts_has(&copy, left));
        assert_false(gd_texts_add(&texts, gd_arena_printf(arena, "t%d", i), arena));
        assert_string_equal(texts.items[i], copy.items[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_text_is_kept_once_in_the_order_it_came),
        cmocka_unit_test(adding_says_whether_it_was_new),
        cmocka_unit_test(long_lists_and_their_copies_hold_what_was_added_to_each),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
