#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "guardian/base/arena.h"

static void every_allocation_is_aligned_and_apart(void **state)
{
    (void)state;
    gd_auto_arena arena = gd_arena_new();
    unsigned char *last = NULL;
    for (size_t size = 1; size < 300; size++) {
        unsigned char *memory = gd_arena_alloc(arena, size);
        assert_int_equal((uintptr_t)memory % 16, 0);
        memset(memory, (int)(size & 0xFF), size);
        if (last != NULL)
            assert_int_equal(*last, (size - 1) & 0xFF); /* the one before was not overwritten */
        last = memory + size - 1;
    }
}

static void a_large_block_leaves_what_was_there_before(void **state)
{
    (void)state;
    gd_auto_arena arena = gd_arena_new();
    char *first = gd_arena_strdup(arena, "first");
    char *large = gd_arena_alloc(arena, 1000000);
    memset(large, 'x', 1000000);
    char *second = gd_arena_strdup(arena, "second");
    assert_string_equal(first, "first");
    assert_string_equal(second, "second");
    assert_int_equal(large[999999], 'x');
}

static void a_rewind_forgets_what_came_after_the_mark(void **state)
{
    (void)state;
    gd_auto_arena arena = gd_arena_new();
    char *kept = gd_arena_strdup(arena, "kept");
    struct gd_arena_mark mark = gd_arena_mark(arena);
    size_t used = gd_arena_used(arena);
    for (size_t size = 1; size < 1000000; size *= 3)
        memset(gd_arena_alloc(arena, size), 'x', size);
    gd_arena_rewind(arena, mark);
    assert_int_equal(gd_arena_used(arena), used);
    assert_string_equal(kept, "kept");
    assert_ptr_equal(gd_arena_strdup(arena, "next"), kept + 16);
}

static void a_first_large_block_works(void **state)
{
    (void)state;
    gd_auto_arena arena = gd_arena_new();
    memset(gd_arena_alloc(arena, 100000), 1, 100000);
    memset(gd_arena_alloc(arena, 10), 2, 10);
    assert_int_equal(gd_arena_used(arena), 100016);
}

static void zalloc_zeroes_memory_that_was_used_before(void **state)
{
    (void)state;
    gd_auto_arena arena = gd_arena_new();
    memset(gd_arena_alloc(arena, 64), 0xFF, 64);
    gd_arena_reset(arena);
    const unsigned char *memory = gd_arena_zalloc(arena, 8, 8);
    for (size_t i = 0; i < 64; i++)
        assert_int_equal(memory[i], 0);
}

static void a_list_grows_and_keeps_what_it_has(void **state)
{
    (void)state;
    gd_auto_arena arena = gd_arena_new();
    size_t count = 0, capacity = 0;
    int *items = NULL;
    for (int i = 0; i < 1000; i++) {
        items = gd_arena_more(arena, items, count, &capacity, sizeof *items);
        assert_true(count < capacity && items[count] == 0);
        items[count++] = i + 1;
    }
    for (int i = 0; i < 1000; i++)
        assert_int_equal(items[i], i + 1);
    assert_ptr_equal(gd_arena_more(arena, items, 5, &capacity, sizeof *items), items);
}

static void reset_forgets_and_keeps_at_most_one_block(void **state)
{
    (void)state;
    gd_auto_arena arena = gd_arena_new();
    char *before = gd_arena_alloc(arena, 100);
    for (int i = 0; i < 100; i++)
        gd_arena_alloc(arena, 10000);
    gd_arena_reset(arena);
    assert_int_equal(gd_arena_used(arena), 0);
    assert_non_null(before);
    gd_arena_reset(arena); /* twice is fine */
    assert_non_null(gd_arena_strdup(arena, "again"));
}

static void printf_makes_texts_of_any_length(void **state)
{
    (void)state;
    gd_auto_arena arena = gd_arena_new();
    assert_string_equal(gd_arena_printf(arena, "%s-%d", "a", 7), "a-7");
    assert_string_equal(gd_arena_printf(arena, "%s", ""), "");
    assert_int_equal(strlen(gd_arena_printf(arena, "%70000d", 1)), 70000);
}

static void strndup_ends_where_it_is_told(void **state)
{
    (void)state;
    gd_auto_arena arena = gd_arena_new();
    assert_string_equal(gd_arena_strndup(arena, "abcdef", 3), "abc");
    assert_string_equal(gd_arena_strndup(arena, "abc", 0), "");
}

static void freeing_nothing_is_fine(void **state)
{
    (void)state;
    gd_arena_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_allocation_is_aligned_and_apart),
        cmocka_unit_test(a_large_block_leaves_what_was_there_before),
        cmocka_unit_test(a_rewind_forgets_what_came_after_the_mark),
        cmocka_unit_test(a_first_large_block_works),
        cmocka_unit_test(zalloc_zeroes_memory_that_was_used_before),
        cmocka_unit_test(a_list_grows_and_keeps_what_it_has),
        cmocka_unit_test(reset_forgets_and_keeps_at_most_one_block),
        cmocka_unit_test(printf_makes_texts_of_any_length),
        cmocka_unit_test(strndup_ends_where_it_is_told),
        cmocka_unit_test(freeing_nothing_is_fine),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
