#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guardian/base/fault.h"

static void nothing_happens_unless_armed(void **state)
{
    (void)state;
    struct gd_error err = {0};
    gd_fault_arm(0);
    for (unsigned i = 0; i < 10; i++)
        assert_int_equal(gd_fault("a point", &err).code, GD_OK);
    assert_false(gd_fault_fired());
    assert_int_equal(gd_fault_count(), 10);
}

static void the_nth_point_fails_once(void **state)
{
    (void)state;
    struct gd_error err = {0};
    gd_fault_arm(2);
    assert_int_equal(gd_fault("first", &err).code, GD_OK);
    assert_int_equal(gd_fault("second", &err).code, GD_INJECTED);
    assert_non_null(strstr(err.text, "\"second\""));
    assert_true(gd_fault_fired());
    assert_int_equal(gd_fault("third", &err).code, GD_OK);
    gd_fault_arm(0);
    assert_false(gd_fault_fired());
}

static int status_of_child(void (*run)(void))
{
    int status = -1;
    pid_t child = fork();
    if (child == 0) {
        run();
        _exit(0);
    }
    waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void crash_at_the_second(void)
{
    struct gd_error err = {0};
    gd_fault_arm_crash(2);
    (void)gd_fault("first", &err).code;
    (void)gd_fault("second", &err).code;
}

static void a_crash_ends_the_process_there(void **state)
{
    (void)state;
    assert_int_equal(status_of_child(crash_at_the_second), 99);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_happens_unless_armed),
        cmocka_unit_test(the_nth_point_fails_once),
        cmocka_unit_test(a_crash_ends_the_process_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
