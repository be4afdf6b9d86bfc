#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guardian/base/clock.h"
#include "guardian/io/process.h"

static struct gd_process *start(struct gd_process_options options)
{
    struct gd_error err = {0};
    struct gd_process *process = NULL;
    struct gd_status status = gd_process_start(&options, &process, &err);
    if (status.code != GD_OK)
        fail_msg("%s", err.text);
    return process;
}

#define SHELL(script)                                                                              \
    .argv = (const char *const[])                                                                  \
    {                                                                                              \
        "sh", "-c", script, NULL                                                                   \
    }

static void a_program_that_ends_with_0_is_good(void **state)
{
    (void)state;
    gd_auto_process process =
        start((struct gd_process_options){SHELL("printf 'a\\nb\\033[1m'"), .read_output = true});
    struct gd_error err = {0};
    char *text = NULL;
    size_t size = 0;
    int status = -1;
    assert_int_equal(gd_source_all(gd_process_output(process), 100, &text, &size, &err).code,
                     GD_OK);
    assert_string_equal(text, "a\nb\033[1m");
    free(text);
    assert_int_equal(gd_process_finish(process, &status, &err).code, GD_OK);
    assert_int_equal(status, 0);
    assert_null(gd_process_input(process));
}

static const struct {
    const char *name, *script, *text;
    int status;
    uint32_t limit_ms;
} endings[] = {
    {"a status", "echo one >&2; echo two >&2; exit 3", "\"sh\" ended with status 3: one; two", 3,
     0},
    {"without a word", "exit 1", "\"sh\" ended with status 1", 1, 0},
    {"stdout that nobody reads is kept, too", "echo out; exit 1", "\"sh\" ended with status 1: out",
     1, 0},
    {"a signal", "kill -SEGV $$", "\"sh\" was ended by SIGSEGV", 128 + SIGSEGV, 0},
    {"control characters", "printf 'a\\033[1mb\\n\\n' >&2; exit 1",
     "\"sh\" ended with status 1: a?[1mb", 1, 0},
    {"the time limit", "echo busy >&2; exec sleep 60",
     "\"sh\" took longer than 200 ms and was ended: busy", 128 + SIGTERM, 200},
    {"the time limit of one that ends well when asked", "trap 'exit 0' TERM; sleep 60 & wait",
     "\"sh\" took longer than 200 ms and was ended", 0, 200},
};

static void every_other_ending_is_a_failure_that_says_what_the_program_said(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++) {
        gd_auto_process process = start(
            (struct gd_process_options){SHELL(endings[i].script), .limit_ms = endings[i].limit_ms});
        struct gd_error err = {0};
        int status = -1;
        assert_int_equal(gd_process_finish(process, &status, &err).code, GD_SYSTEM);
        assert_string_equal(err.text, endings[i].text);
        assert_int_equal(status, endings[i].status);
    }
}

/* Writes, reads and hears at once: more than any pipe holds, on all three. */
static void *feed(void *context)
{
    struct gd_process *process = context;
    static char block[65536];
    struct gd_error err = {0};
    memset(block, 'x', sizeof block);
    for (int i = 0; i < 64; i++)
        assert_int_equal(gd_sink_write(gd_process_input(process), block, sizeof block, &err).code,
                         GD_OK);
    assert_int_equal(gd_sink_finish(gd_process_input(process), &err).code, GD_OK);
    return NULL;
}

static void much_on_every_pipe_does_not_block(void **state)
{
    (void)state;
    gd_auto_process process = start((struct gd_process_options){
        SHELL("tee /dev/stderr; echo last >&2"), .write_input = true, .read_output = true});
    struct gd_error err = {0};
    pthread_t feeder;
    uint64_t bytes = 0;
    assert_int_equal(pthread_create(&feeder, NULL, feed, process), 0);
    gd_auto_sink sink = gd_null_sink_new();
    assert_int_equal(gd_pump(gd_process_output(process), sink, &bytes, &err).code, GD_OK);
    pthread_join(feeder, NULL);
    assert_int_equal(bytes, 64 * 65536);
    assert_int_equal(gd_process_finish(process, NULL, &err).code, GD_OK);
    const char *said = gd_process_said(process);
    assert_int_equal(strlen(said), 8192);
    assert_string_equal(said + 8192 - 8, "xxxlast\n");
}

static void a_program_that_stops_reading_is_told_with_its_own_words(void **state)
{
    (void)state;
    gd_auto_process process = start(
        (struct gd_process_options){SHELL("echo 'disk is full' >&2; exit 7"), .write_input = true});
    struct gd_error err = {0};
    static char block[65536];
    struct gd_status status = GD_DONE;
    for (int i = 0; i < 100 && status.code == GD_OK; i++)
        status = gd_sink_write(gd_process_input(process), block, sizeof block, &err);
    assert_int_equal(status.code, GD_SYSTEM); /* and no SIGPIPE ended us */
    assert_string_equal(err.text, "it did not take all: \"sh\" ended with status 7: disk is full");
    int exit_status = 0;
    assert_int_equal(gd_process_finish(process, &exit_status, &err).code, GD_SYSTEM);
    assert_int_equal(exit_status, 7);
}

/* What reads to the end of its input must not take an end that is none. */
static void an_input_that_was_given_up_is_no_end_of_input(void **state)
{
    (void)state;
    char path[] = "/tmp/guardian-process-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    char script[200];
    snprintf(script, sizeof script, "cat >/dev/null; echo all >%s", path);
    for (int round = 0; round < 2; round++) {
        gd_auto_process process =
            start((struct gd_process_options){SHELL(script), .write_input = true});
        struct gd_error err = {0};
        assert_int_equal(gd_sink_write(gd_process_input(process), "half", 4, &err).code, GD_OK);
        if (round == 0)
            assert_int_equal(gd_process_finish(process, NULL, &err).code, GD_SYSTEM);
    }
    assert_int_equal(lseek(fd, 0, SEEK_END), 0);
    close(fd);
    unlink(path);
}

static void an_output_that_is_not_read_to_its_end_is_a_failure(void **state)
{
    (void)state;
    gd_auto_process process =
        start((struct gd_process_options){SHELL("exec yes"), .read_output = true});
    struct gd_error err = {0};
    char some[10];
    size_t got = 0;
    assert_int_equal(gd_source_read(gd_process_output(process), some, sizeof some, &got, &err).code,
                     GD_OK);
    assert_int_equal(gd_process_finish(process, NULL, &err).code, GD_SYSTEM);
    assert_non_null(strstr(err.text, "SIGPIPE"));
}

static void what_cannot_be_started_says_why(void **state)
{
    (void)state;
    static const struct {
        const char *program, *folder, *text;
    } cases[] = {
        {"no-such-program-at-all", NULL, "is not in PATH"},
        {"/no/such/program", NULL, "could not run it: No such file or directory"},
        {"/etc/passwd", NULL, "could not run it: Permission denied"},
        {"sh", "/no/such/folder", "could not go to its folder: No such file or directory"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct gd_process *process = NULL;
        struct gd_error err = {0};
        const char *argv[] = {cases[i].program, NULL};
        struct gd_process_options options = {.argv = argv, .folder = cases[i].folder};
        assert_int_equal(gd_process_start(&options, &process, &err).code, GD_SYSTEM);
        assert_non_null(strstr(err.text, cases[i].text));
        assert_null(process);
    }
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); /* no zombie */
    assert_int_equal(errno, ECHILD);
}

static void the_environment_is_ours_with_changes(void **state)
{
    (void)state;
    setenv("GD_KEPT", "kept", 1);
    setenv("GD_CHANGED", "old", 1);
    setenv("GD_REMOVED", "secret", 1);
    gd_auto_process process = start((struct gd_process_options){
        SHELL("echo $GD_KEPT,$GD_CHANGED,$GD_REMOVED,$GD_ADDED; pwd"),
        .environment = (const char *const[]){"GD_CHANGED=new=er", "GD_REMOVED", "GD_ADDED=", NULL},
        .folder = "/usr"});
    struct gd_error err = {0};
    assert_int_equal(gd_process_finish(process, NULL, &err).code, GD_OK);
    assert_string_equal(gd_process_said(process), "kept,new=er,,\n/usr\n");
}

static void no_descriptor_of_ours_is_inherited(void **state)
{
    (void)state;
    int fd = open("/dev/null", O_RDONLY); /* as a library would, without O_CLOEXEC */
    gd_auto_process process = start((struct gd_process_options){SHELL("ls /proc/self/fd | wc -l")});
    struct gd_error err = {0};
    assert_int_equal(gd_process_finish(process, NULL, &err).code, GD_OK);
    assert_string_equal(gd_process_said(process),
                        "4\n"); /* 0, 1, 2, and the folder that ls reads */
    close(fd);
}

/* Parent of a parent: what it left behind is looked at when it is dead. */
static void a_child_does_not_outlive_us(void **state)
{
    (void)state;
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    pid_t parent = fork();
    if (parent == 0) {
        struct gd_error err = {0};
        struct gd_process *process = NULL;
        struct gd_process_options options = {SHELL("echo $$; exec sleep 60"), .read_output = true};
        char text[32];
        size_t size = 0;
        if (gd_process_start(&options, &process, &err).code == GD_OK &&
            gd_source_read(gd_process_output(process), text, sizeof text, &size, &err).code ==
                GD_OK &&
            write(ends[1], text, size) == (ssize_t)size)
            _exit(0); /* without a word to the child */
        _exit(1);
    }
    int status = -1;
    waitpid(parent, &status, 0);
    assert_int_equal(status, 0);
    char text[32] = "";
    assert_true(read(ends[0], text, sizeof text - 1) > 0);
    pid_t child = (pid_t)strtol(text, NULL, 10);
    assert_true(child > 1);
    char path[64], stat_line[256];
    snprintf(path, sizeof path, "/proc/%d/stat", child);
    bool gone = false;
    for (int i = 0; i < 100 && !gone; i++) { /* dead, or a zombie that init has not reaped yet */
        FILE *stream = fopen(path, "r");
        gone = stream == NULL || fgets(stat_line, sizeof stat_line, stream) == NULL ||
               strstr(stat_line, ") Z ") != NULL;
        if (stream != NULL)
            fclose(stream);
        gd_sleep_ms(20);
    }
    assert_true(gone);
    close(ends[0]);
    close(ends[1]);
}

static void *start_sleep(void *context)
{
    *(struct gd_process **)context = start((struct gd_process_options){SHELL("exec sleep 60")});
    return NULL;
}

static void a_child_outlives_the_thread_that_started_it(void **state)
{
    (void)state;
    struct gd_process *process = NULL;
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, start_sleep, &process), 0);
    pthread_join(thread, NULL);
    gd_sleep_ms(100);
    assert_true(gd_process_running(process));
    gd_process_signal(process, SIGINT);
    struct gd_error err = {0};
    int status = 0;
    assert_int_equal(gd_process_finish(process, &status, &err).code, GD_SYSTEM);
    assert_int_equal(status, 128 + SIGINT);
    assert_false(gd_process_running(process));
    gd_process_free(process);
}

static void a_grandchild_that_keeps_the_pipes_does_not_hold_us(void **state)
{
    (void)state;
    gd_auto_process process = start((struct gd_process_options){SHELL("sleep 3 & echo started")});
    struct gd_error err = {0};
    int64_t begin = gd_clock_monotonic_us();
    assert_int_equal(gd_process_finish(process, NULL, &err).code, GD_OK);
    assert_true(gd_clock_monotonic_us() - begin < 2000000);
    assert_string_equal(gd_process_said(process), "started\n");
}

static void one_that_ignores_sigterm_is_killed(void **state)
{
    (void)state;
    struct gd_process *process = start(
        (struct gd_process_options){SHELL("trap '' TERM; echo on; while :; do sleep 1; done")});
    while (strcmp(gd_process_said(process), "on\n") != 0)
        gd_sleep_ms(5);
    int64_t begin = gd_clock_monotonic_us();
    gd_process_free(process);
    assert_true(gd_clock_monotonic_us() - begin < 8000000);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
}

static void root_can_become_another_user_for_it(void **state)
{
    (void)state;
    if (getuid() != 0)
        skip();
    gd_auto_process process = start(
        (struct gd_process_options){SHELL("id -u; id -g; id -G"), .uid = 65534, .gid = 65534});
    struct gd_error err = {0};
    assert_int_equal(gd_process_finish(process, NULL, &err).code, GD_OK);
    assert_string_equal(gd_process_said(process), "65534\n65534\n65534\n");
}

static void programs_are_found_in_path_but_not_in_the_working_directory(void **state)
{
    (void)state;
    gd_auto_arena arena = gd_arena_new();
    const char *sh = gd_process_find("sh", arena);
    assert_non_null(sh);
    char *path = strdup(getenv("PATH"));
    assert_int_equal(chdir("/bin"), 0);
    setenv("PATH", "::/no/such/folder:", 1);
    assert_null(gd_process_find("sh", arena));
    unsetenv("PATH");
    assert_null(gd_process_find("sh", arena));
    setenv("PATH", path, 1);
    free(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_program_that_ends_with_0_is_good),
        cmocka_unit_test(every_other_ending_is_a_failure_that_says_what_the_program_said),
        cmocka_unit_test(much_on_every_pipe_does_not_block),
        cmocka_unit_test(a_program_that_stops_reading_is_told_with_its_own_words),
        cmocka_unit_test(an_input_that_was_given_up_is_no_end_of_input),
        cmocka_unit_test(an_output_that_is_not_read_to_its_end_is_a_failure),
        cmocka_unit_test(what_cannot_be_started_says_why),
        cmocka_unit_test(the_environment_is_ours_with_changes),
        cmocka_unit_test(no_descriptor_of_ours_is_inherited),
        cmocka_unit_test(a_child_does_not_outlive_us),
        cmocka_unit_test(a_child_outlives_the_thread_that_started_it),
        cmocka_unit_test(a_grandchild_that_keeps_the_pipes_does_not_hold_us),
        cmocka_unit_test(one_that_ignores_sigterm_is_killed),
        cmocka_unit_test(root_can_become_another_user_for_it),
        cmocka_unit_test(programs_are_found_in_path_but_not_in_the_working_directory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
