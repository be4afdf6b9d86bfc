#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guardian/base/clock.h"

static void a_time_is_written_and_read_back(void **state)
{
    (void)state;
    static const struct {
        int64_t time_us;
        const char *text;
    } cases[] = {
        {0, "1970-01-01T00:00:00.000000Z"},
        {1795384087123456, "2026-11-22T21:48:07.123456Z"},
        {951782400000001, "2000-02-29T00:00:00.000001Z"},
        {-1, "1969-12-31T23:59:59.999999Z"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[GD_TIME_SIZE];
        int64_t back = 0;
        gd_clock_text(cases[i].time_us, text);
        assert_string_equal(text, cases[i].text);
        assert_true(gd_clock_parse(text, &back));
        assert_int_equal(back, cases[i].time_us);
    }
}

static void the_fraction_may_be_short_or_missing(void **state)
{
    (void)state;
    int64_t time_us = 0;
    assert_true(gd_clock_parse("1970-01-01T00:00:01Z", &time_us));
    assert_int_equal(time_us, 1000000);
    assert_true(gd_clock_parse("1970-01-01T00:00:01.5Z", &time_us));
    assert_int_equal(time_us, 1500000);
}

static void what_is_no_time_is_not_read(void **state)
{
    (void)state;
    static const char *const wrong[] = {"",
                                        "2026",
                                        "2026-11-22",
                                        "2026-11-22T21:48:07",
                                        "2026-11-22T21:48:07+01:00",
                                        "2026-11-22T21:48:07.Z",
                                        "2026-11-22T21:48:07.1234567Z",
                                        "2026-02-30T00:00:00Z",
                                        "2026-13-01T00:00:00Z",
                                        "2026-01-01T24:00:00Z",
                                        "2026-01-01T00:00:60Z",
                                        " 2026-01-01T00:00:00Z",
                                        "2026-01-01T00:00:00Z ",
                                        "+026-01-01T00:00:00Z"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        int64_t time_us = 77;
        assert_false(gd_clock_parse(wrong[i], &time_us));
        assert_int_equal(time_us, 77);
    }
}

enum { THREADS = 4, IDS = 2000 };

static void *make_ids(void *context)
{
    char(*ids)[GD_ID_SIZE] = context;
    for (size_t i = 0; i < IDS; i++)
        gd_id_new(ids[i]);
    return NULL;
}

static int compare_ids(const void *one, const void *other)
{
    return strcmp(one, other);
}

static void ids_grow_and_are_never_the_same(void **state)
{
    (void)state;
    static char ids[THREADS][IDS][GD_ID_SIZE];
    pthread_t threads[THREADS];
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, make_ids, ids[i]), 0);
    for (size_t i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    for (size_t i = 0; i < THREADS; i++) {
        for (size_t j = 0; j < IDS; j++) {
            assert_true(gd_id_valid(ids[i][j]));
            assert_true(j == 0 || strcmp(ids[i][j - 1], ids[i][j]) < 0);
        }
    }
    char(*all)[GD_ID_SIZE] = ids[0];
    qsort(all, (size_t)THREADS * IDS, GD_ID_SIZE, compare_ids);
    for (size_t i = 1; i < (size_t)THREADS * IDS; i++)
        assert_string_not_equal(all[i - 1], all[i]);
}

static void only_the_exact_form_is_an_id(void **state)
{
    (void)state;
    static const char *const wrong[] = {"",
                                        "..",
                                        "20261122T214807Z-3f9c01d2a",
                                        "20261122T214807Z-3f9c01d2aaa",
                                        "20261122T214807Z-3F9C01D2AA",
                                        "20261122t214807Z-3f9c01d2aa",
                                        "2026112/T214807Z-3f9c01d2aa",
                                        "20261122T214807Z/3f9c01d2aa"};
    assert_true(gd_id_valid("20261122T214807Z-3f9c01d2aa"));
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_false(gd_id_valid(wrong[i]));
}

static void sleep_lasts_as_long_as_it_should(void **state)
{
    (void)state;
    int64_t begin = gd_clock_monotonic_us();
    gd_sleep_ms(120);
    int64_t slept = gd_clock_monotonic_us() - begin;
    assert_in_range(slept, 120000, 5000000);
}

/* In a child: what it did after the signals, as an exit status. */
static int child_with_signals(int signals)
{
    int status = -1;
    pid_t child = fork();
    if (child == 0) {
        struct gd_error err = {0};
        gd_interrupt_watch();
        if (gd_interrupted() || gd_interrupt_check(&err).code != GD_OK)
            _exit(1);
        for (int i = 0; i < signals; i++)
            raise(SIGTERM);
        int64_t begin = gd_clock_monotonic_us();
        gd_sleep_ms(60000); /* ends at once */
        bool good = gd_clock_monotonic_us() - begin < 10000000 && gd_interrupted() &&
                    gd_interrupt_signal() == SIGTERM &&
                    gd_interrupt_check(&err).code == GD_SYSTEM &&
                    strcmp(err.text, "stopped by SIGTERM") == 0;
        _exit(good ? 0 : 1);
    }
    waitpid(child, &status, 0);
    return status;
}

static void the_first_signal_is_asked_about_and_the_second_ends(void **state)
{
    (void)state;
    assert_int_equal(child_with_signals(1), 0);
    int status = child_with_signals(2);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
}

static void what_nohup_ignores_stays_ignored(void **state)
{
    (void)state;
    int status = -1;
    pid_t child = fork();
    if (child == 0) {
        signal(SIGHUP, SIG_IGN);
        gd_interrupt_watch();
        raise(SIGHUP);
        _exit(gd_interrupted() ? 1 : 0);
    }
    waitpid(child, &status, 0);
    assert_int_equal(status, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_time_is_written_and_read_back),
        cmocka_unit_test(the_fraction_may_be_short_or_missing),
        cmocka_unit_test(what_is_no_time_is_not_read),
        cmocka_unit_test(ids_grow_and_are_never_the_same),
        cmocka_unit_test(only_the_exact_form_is_an_id),
        cmocka_unit_test(sleep_lasts_as_long_as_it_should),
        cmocka_unit_test(the_first_signal_is_asked_about_and_the_second_ends),
        cmocka_unit_test(what_nohup_ignores_stays_ignored),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
