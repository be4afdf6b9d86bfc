/* Without a terminal; with one, and as process 1: tests/system/test_child.py. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "guardian/base/clock.h"
#include "guardian/io/process.h"
#include "guardian/proxy/child.h"

static struct gd_child *start(const char *script, uint32_t grace_ms)
{
    const char *const argv[] = {"sh", "-c", script, NULL};
    struct gd_child_options options = {.argv = argv, .grace_ms = grace_ms};
    struct gd_child *child = NULL;
    struct gd_error err = {0};
    if (gd_child_start(&options, &child, &err).code != GD_OK)
        fail_msg("%s", err.text);
    return child;
}

static int run(const char *script)
{
    gd_auto_child child = start(script, 0);
    return gd_child_wait(child);
}

static void its_status_is_kept(void **state)
{
    (void)state;
    assert_int_equal(run("exit 0"), 0);
    assert_int_equal(run("exit 3"), 3);
    assert_int_equal(run("exit 255"), 255);
    assert_int_equal(run("kill -KILL $$"), 128 + SIGKILL);
    assert_int_equal(run("kill -SEGV $$"), 128 + SIGSEGV);
}

static void what_cannot_be_run_is_said(void **state)
{
    (void)state;
    static const struct {
        const char *program, *words;
    } cases[] = {{"no-such-program-anywhere", "not in PATH"},
                 {"/nowhere/program", "No such file"},
                 {"/tmp", "not a program"},
                 {"/etc/passwd", "not a program"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *const argv[] = {cases[i].program, NULL};
        struct gd_child_options options = {.argv = argv};
        struct gd_child *child = NULL;
        struct gd_error err = {0};
        assert_int_equal(gd_child_start(&options, &child, &err).code, GD_USAGE);
        assert_non_null(strstr(err.text, cases[i].words));
    }
}

static void its_environment_is_ours_with_changes(void **state)
{
    (void)state;
    gd_auto_arena arena = gd_arena_new();
    struct gd_texts lines = {0};
    const char *const argv[] = {"sh", "-c", "test \"$NEW\" = 1 && test -z \"${OLD+x}\" && exit 7",
                                NULL};
    struct gd_child_options options = {.argv = argv, .environment = &lines};
    struct gd_error err = {0};
    gd_auto_child child = NULL;
    setenv("OLD", "x", 1);
    (void)gd_texts_add(&lines, "NEW=1", arena);
    (void)gd_texts_add(&lines, "OLD", arena);
    assert_int_equal(gd_child_start(&options, &child, &err).code, GD_OK);
    assert_int_equal(gd_child_wait(child), 7);
}

static void it_has_no_descriptor_of_ours(void **state)
{
    (void)state;
    int open_one = open("/dev/null", O_RDONLY); /* not close-on-exec */
    char script[100];
    snprintf(script, sizeof script, "test ! -e /proc/$$/fd/%d", open_one);
    assert_int_equal(run(script), 0);
    close(open_one);
}

/* The script says when it is ready, so that no signal comes too early. */
struct ready {
    char path[40];
};

static struct ready make_ready(void)
{
    struct ready ready = {"/tmp/gd-child-XXXXXX"};
    close(mkstemp(ready.path));
    unlink(ready.path);
    return ready;
}

static void await(const struct ready *ready)
{
    while (access(ready->path, F_OK) != 0)
        gd_sleep_ms(5);
    unlink(ready->path);
}

static void signals_are_passed_on(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        int number;
    } signals[] = {{"TERM", SIGTERM}, {"INT", SIGINT},   {"HUP", SIGHUP},    {"QUIT", SIGQUIT},
                   {"USR1", SIGUSR1}, {"USR2", SIGUSR2}, {"WINCH", SIGWINCH}};
    for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++) {
        struct ready ready = make_ready();
        char script[200];
        snprintf(script, sizeof script,
                 "trap 'exit 4%zu' %s; touch %s; while :; do sleep 0.01; done", i, signals[i].name,
                 ready.path);
        gd_auto_child child = start(script, 0);
        await(&ready);
        assert_int_equal(raise(signals[i].number), 0);
        assert_int_equal(gd_child_wait(child), 40 + (int)i);
    }
}

static void one_that_ignores_being_asked_is_ended_with_its_group(void **state)
{
    (void)state;
    struct ready ready = make_ready();
    char script[300];
    char path[40] = "/tmp/gd-child-XXXXXX";
    int pipe_ends[2];
    close(mkstemp(path));
    assert_int_equal(pipe(pipe_ends), 0);
    /* Its child holds the pipe open, and ignores the signal as well. */
    snprintf(
        script, sizeof script,
        "trap '' TERM; (while :; do sleep 0.05; done) & touch %s; while :; do sleep 0.05; done",
        ready.path);
    int kept = dup(1);
    assert_true(dup2(pipe_ends[1], 1) == 1);
    gd_auto_child child = start(script, 200);
    assert_true(dup2(kept, 1) == 1);
    close(kept);
    close(pipe_ends[1]);
    await(&ready);
    int64_t begin = gd_clock_monotonic_us();
    assert_int_equal(raise(SIGTERM), 0);
    assert_int_equal(gd_child_wait(child), 128 + SIGKILL);
    int64_t took = gd_clock_monotonic_us() - begin;
    assert_true(took >= 200000 && took < 5000000);
    char byte = 0;
    assert_int_equal(read(pipe_ends[0], &byte, 1), 0); /* the grandchild is gone, too */
    close(pipe_ends[0]);
    unlink(path);
}

static void freeing_it_ends_it(void **state)
{
    (void)state;
    struct gd_child *child = start("sleep 100", 0);
    int64_t begin = gd_clock_monotonic_us();
    gd_child_free(child);
    assert_true(gd_clock_monotonic_us() - begin < 5000000);
}

static void handlers_come_back(void **state)
{
    (void)state;
    struct sigaction before = {0}, after = {0};
    gd_interrupt_watch();
    assert_int_equal(sigaction(SIGTERM, NULL, &before), 0);
    assert_int_equal(run("exit 0"), 0);
    assert_int_equal(sigaction(SIGTERM, NULL, &after), 0);
    assert_ptr_equal((void *)before.sa_handler, (void *)after.sa_handler);
    assert_false(gd_interrupted());
}

static void what_is_done_for_it_ends_with_it(void **state)
{
    (void)state;
    static const struct {
        int status;
        bool interrupted;
    } cases[] = {{3, true}, {0, false}}; /* 0: it came to a good end all the same */
    for (size_t i = 0; i < 2; i++) {
        struct ready ready = make_ready();
        char script[200];
        snprintf(script, sizeof script,
                 "trap 'exit %d' TERM; touch %s; while :; do sleep 0.01; done", cases[i].status,
                 ready.path);
        struct gd_child *child = start(script, 0);
        await(&ready);
        assert_int_equal(raise(SIGTERM), 0);
        assert_false(gd_interrupted());
        (void)gd_child_wait(child);
        assert_true(gd_interrupted() == cases[i].interrupted);
        assert_true(gd_interrupt_signal() == (cases[i].interrupted ? SIGTERM : 0));
        gd_child_free(child);
        assert_false(gd_interrupted());
    }
}

/* Programs of our own beside it (pg_dump) keep their status, whoever reaps what. */
static void programs_beside_it_are_not_reaped(void **state)
{
    (void)state;
    gd_auto_child child = start("for i in 1 2 3 4 5 6; do (sleep 0.02 &); done; sleep 0.4", 0);
    for (int i = 0; i < 10; i++) {
        const char *const argv[] = {"sh", "-c", "exit 9", NULL};
        struct gd_process_options options = {.argv = argv};
        struct gd_error err = {0};
        int status = -1;
        int ended = 0;
        gd_auto_process process = NULL;
        assert_int_equal(gd_process_start(&options, &process, &err).code, GD_OK);
        gd_sleep_ms(20);
        assert_false(gd_child_look(child, &ended)); /* would take what is there */
        assert_int_equal(gd_process_finish(process, &status, &err).code, GD_SYSTEM);
        assert_int_equal(status, 9);
    }
    assert_int_equal(gd_child_wait(child), 0);
}

static void its_descriptor_tells_of_its_end(void **state)
{
    (void)state;
    gd_auto_child child = start("exit 5", 0);
    int status = 0;
    while (!gd_child_look(child, &status)) {
        struct pollfd one = {.fd = gd_child_descriptor(child), .events = POLLIN};
        int ready = poll(&one, 1, 10000);
        assert_true(ready == 1 || (ready < 0 && errno == EINTR));
    }
    assert_int_equal(status, 5);
}

/* In a session of its own: no terminal. */
static int without_a_terminal(void **state)
{
    (void)state;
    (void)setsid();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(its_status_is_kept),
        cmocka_unit_test(what_cannot_be_run_is_said),
        cmocka_unit_test(its_environment_is_ours_with_changes),
        cmocka_unit_test(it_has_no_descriptor_of_ours),
        cmocka_unit_test(signals_are_passed_on),
        cmocka_unit_test(one_that_ignores_being_asked_is_ended_with_its_group),
        cmocka_unit_test(freeing_it_ends_it),
        cmocka_unit_test(handlers_come_back),
        cmocka_unit_test(what_is_done_for_it_ends_with_it),
        cmocka_unit_test(programs_beside_it_are_not_reaped),
        cmocka_unit_test(its_descriptor_tells_of_its_end),
    };
    return cmocka_run_group_tests(tests, without_a_terminal, NULL);
}
