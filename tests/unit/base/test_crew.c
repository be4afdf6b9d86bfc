#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>

#include "guardian/base/crew.h"

enum { TASKS = 500 };

struct tally {
    atomic_uint done[TASKS];
    atomic_size_t begun;
    size_t fails_at;
};

static struct gd_status mark(void *context, size_t index, struct gd_arena *scratch,
                             struct gd_error *err)
{
    struct tally *tally = context;
    assert_int_equal(gd_arena_used(scratch), 0);
    (void)gd_arena_alloc(scratch, 1000);
    atomic_fetch_add(&tally->begun, 1);
    atomic_fetch_add(&tally->done[index], 1);
    if (index == tally->fails_at)
        return gd_fail(err, GD_BUSY, "task %zu", index);
    return GD_DONE;
}

static void every_task_is_run_once(void **state)
{
    (void)state;
    for (unsigned workers = 1; workers <= 64; workers *= 4) {
        struct tally tally = {.fails_at = TASKS};
        struct gd_error err = {0};
        assert_int_equal(gd_crew_run(TASKS, workers, mark, &tally, &err).code, GD_OK);
        for (size_t i = 0; i < TASKS; i++)
            assert_int_equal(atomic_load(&tally.done[i]), 1);
    }
}

static void the_first_failure_ends_the_list(void **state)
{
    (void)state;
    struct tally tally = {.fails_at = 3};
    struct gd_error err = {0};
    assert_int_equal(gd_crew_run(TASKS, 1, mark, &tally, &err).code, GD_BUSY);
    assert_string_equal(err.text, "task 3");
    assert_int_equal(atomic_load(&tally.begun), 4);

    memset(&tally, 0, sizeof tally);
    tally.fails_at = 3;
    assert_int_equal(gd_crew_run(TASKS, 8, mark, &tally, &err).code, GD_BUSY);
    assert_string_equal(err.text, "task 3");
}

static void nothing_to_do_is_done(void **state)
{
    (void)state;
    struct gd_error err = {0};
    assert_int_equal(gd_crew_run(0, 8, mark, NULL, &err).code, GD_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_task_is_run_once),
        cmocka_unit_test(the_first_failure_ends_the_list),
        cmocka_unit_test(nothing_to_do_is_done),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
