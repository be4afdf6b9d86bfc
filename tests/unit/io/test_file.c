#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guardian/base/clock.h"
#include "guardian/base/fault.h"
#include "guardian/io/file.h"

static char folder[64], path[128];

static void remove_below(const char *name)
{
    char command[200];
    snprintf(command, sizeof command, "rm -rf '%s'", name);
    assert_int_equal(system(command), 0);
}

static int make_folder(void **state)
{
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/guardian-file-XXXXXX");
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/a/b/object", folder);
    return 0;
}

static int drop_folder(void **state)
{
    (void)state;
    gd_fault_arm(0);
    remove_below(folder);
    return 0;
}

static struct gd_status put(const char *text, enum gd_file_mode mode, struct gd_error *err)
{
    gd_auto_sink sink = NULL;
    GD_TRY(gd_file_sink_new(path, mode, &sink, err));
    GD_TRY(gd_sink_write(sink, text, 3, err));
    GD_TRY(gd_sink_write(sink, text + 3, strlen(text) - 3, err));
    return gd_sink_finish(sink, err);
}

/* What the file holds; "" when it is not there. */
static const char *content(void)
{
    static char text[100];
    struct gd_error err = {0};
    gd_auto_source source = NULL;
    memset(text, 0, sizeof text);
    struct gd_status status = gd_file_source_new(path, 0, 0, &source, &err);
    if (status.code == GD_CORRUPT)
        return "";
    size_t size = 0;
    assert_int_equal(gd_source_read(source, text, sizeof text - 1, &size, &err).code, GD_OK);
    return text;
}

/* Names in the file's folder. */
static unsigned names(unsigned *out_hidden)
{
    unsigned count = 0;
    char below[96];
    *out_hidden = 0;
    snprintf(below, sizeof below, "%s/a/b", folder);
    DIR *stream = opendir(below);
    for (struct dirent *entry = NULL; stream != NULL && (entry = readdir(stream)) != NULL;) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        count++;
        *out_hidden += gd_file_is_hidden(entry->d_name) ? 1 : 0;
    }
    if (stream != NULL)
        closedir(stream);
    return count;
}

static void a_finished_file_is_there_with_its_folders_and_is_private(void **state)
{
    (void)state;
    struct gd_error err = {0};
    struct stat about;
    unsigned hidden = 0;
    assert_int_equal(put("content", GD_FILE_NEW, &err).code, GD_OK);
    assert_string_equal(content(), "content");
    assert_int_equal(stat(path, &about), 0);
    assert_int_equal(about.st_mode & 07777, 0600);
    assert_int_equal(names(&hidden), 1);
}

static unsigned mode_of(const char *name)
{
    struct stat about;
    assert_int_equal(stat(name, &about), 0);
    return (unsigned)about.st_mode & 07777;
}

static void what_a_group_shares_is_made_for_it(void **state)
{
    (void)state;
    struct gd_error err = {0};
    char below[96];
    snprintf(below, sizeof below, "%s/a/b", folder);
    assert_int_equal(put("private", GD_FILE_SHARED, &err).code, GD_OK);
    assert_int_equal(mode_of(path), 0600);
    assert_int_equal(mode_of(below), 0700);
    remove_below(folder);
    assert_int_equal(mkdir(folder, 0700), 0);
    assert_int_equal(chmod(folder, 02770), 0);
    assert_int_equal(put("shared", GD_FILE_SHARED, &err).code, GD_OK);
    assert_int_equal(put("again", GD_FILE_SHARED, &err).code, GD_REFUSED);
    assert_int_equal(mode_of(path), 0640);
    assert_int_equal(mode_of(below), 02770);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(put("a key, say", GD_FILE_NEW, &err).code, GD_OK);
    assert_int_equal(mode_of(path), 0600);
}

static void a_file_that_is_not_finished_never_was(void **state)
{
    (void)state;
    struct gd_error err = {0};
    unsigned hidden = 0;
    struct gd_sink *sink = NULL;
    assert_int_equal(gd_file_sink_new(path, GD_FILE_NEW, &sink, &err).code, GD_OK);
    assert_int_equal(gd_sink_write(sink, "half", 4, &err).code, GD_OK);
    assert_string_equal(content(), "");
    assert_int_equal(names(&hidden), 1);
    assert_int_equal(hidden, 1);
    gd_sink_free(sink);
    assert_int_equal(names(&hidden), 0);
}

static void a_new_file_takes_no_place_that_is_taken(void **state)
{
    (void)state;
    struct gd_error err = {0};
    unsigned hidden = 0;
    assert_int_equal(put("first", GD_FILE_NEW, &err).code, GD_OK);
    assert_int_equal(put("second", GD_FILE_NEW, &err).code, GD_REFUSED);
    assert_non_null(strstr(err.text, "is there already"));
    assert_string_equal(content(), "first");
    assert_int_equal(names(&hidden), 1);
    assert_int_equal(put("third", GD_FILE_REPLACE, &err).code, GD_OK);
    assert_string_equal(content(), "third");
}

static void *race(void *context)
{
    struct gd_error err = {0};
    pthread_barrier_wait(context);
    return put("racer", GD_FILE_NEW, &err).code == GD_OK ? context : NULL;
}

static void of_two_new_files_exactly_one_wins(void **state)
{
    (void)state;
    for (int round = 0; round < 30; round++) {
        pthread_barrier_t barrier;
        pthread_t threads[2];
        unsigned winners = 0, hidden = 0;
        pthread_barrier_init(&barrier, NULL, 2);
        for (int i = 0; i < 2; i++)
            assert_int_equal(pthread_create(&threads[i], NULL, race, &barrier), 0);
        for (int i = 0; i < 2; i++) {
            void *won = NULL;
            pthread_join(threads[i], &won);
            winners += won != NULL ? 1 : 0;
        }
        assert_int_equal(winners, 1);
        assert_int_equal(names(&hidden), 1);
        unlink(path);
        pthread_barrier_destroy(&barrier);
    }
}

/* Each point fails in turn: a new file is absent, a replaced one is the old one or the new one. */
static void whole_or_absent_under_every_failure(void **state)
{
    (void)state;
    for (int mode = GD_FILE_NEW; mode <= GD_FILE_REPLACE; mode++) {
        unsigned nth = 0;
        for (bool fired = true; fired;) {
            struct gd_error err = {0};
            unsigned hidden = 0;
            char below[96];
            snprintf(below, sizeof below, "%s/a", folder);
            remove_below(below);
            gd_fault_arm(0);
            if (mode == GD_FILE_REPLACE)
                assert_int_equal(put("old one", GD_FILE_NEW, &err).code, GD_OK);
            gd_fault_arm(++nth);
            struct gd_status status = put("content", (enum gd_file_mode)mode, &err);
            fired = gd_fault_fired();
            gd_fault_arm(0);
            assert_int_equal(status.code, fired ? GD_INJECTED : GD_OK);
            if (!fired)
                assert_string_equal(content(), "content");
            else if (mode == GD_FILE_NEW)
                assert_string_equal(content(), "");
            else
                assert_true(strcmp(content(), "old one") == 0 || strcmp(content(), "content") == 0);
            (void)names(&hidden);
            assert_int_equal(hidden, 0);
        }
        assert_true(nth > 10);
    }
}

/* The same with the process ending there: all that may remain is a hidden name. */
static void whole_or_absent_after_every_crash(void **state)
{
    (void)state;
    unsigned nth = 0, crashes = 0;
    for (int status = 99 << 8; status == 99 << 8;) {
        unsigned hidden = 0;
        char below[96];
        snprintf(below, sizeof below, "%s/a", folder);
        remove_below(below);
        nth++;
        pid_t child = fork();
        if (child == 0) {
            struct gd_error err = {0};
            gd_fault_arm_crash(nth);
            _exit(put("content", GD_FILE_NEW, &err).code == GD_OK ? 0 : 1);
        }
        waitpid(child, &status, 0);
        crashes += status == 99 << 8 ? 1 : 0;
        bool there = *content() != '\0';
        if (there || status == 0)
            assert_string_equal(content(), "content");
        unsigned count = names(&hidden);
        assert_int_equal(count, (there ? 1 : 0) + hidden);
        assert_true(hidden <= 1 && !(there && hidden == 1));
        assert_true(status == 0 || status == 99 << 8);
    }
    assert_true(crashes > 10);
}

/* In a child: fill what is there until it says no; then nothing may remain. */
static int fill(void)
{
    static char block[65536];
    struct gd_error err = {0};
    gd_auto_sink sink = NULL;
    struct gd_status status = gd_file_sink_new(path, GD_FILE_NEW, &sink, &err);
    for (int i = 0; i < 64 && status.code == GD_OK; i++)
        status = gd_sink_write(sink, block, sizeof block, &err);
    if (status.code == GD_OK)
        status = gd_sink_finish(sink, &err);
    gd_sink_free(GD_MOVE(sink));
    unsigned hidden = 0;
    if (status.code != GD_SYSTEM || names(&hidden) != 0)
        return 1;
    if (strstr(err.text, "No space left") != NULL)
        return err.hint[0] != '\0' ? 0 : 2;
    return strstr(err.text, "File too large") != NULL ? 0 : 3;
}

static int fill_small_disk(void)
{
    if (unshare(CLONE_NEWNS) != 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
        mount("none", folder, "tmpfs", 0, "size=1m") != 0)
        return 77; /* goes away with the child */
    return fill();
}

static int fill_to_the_limit(void)
{
    struct rlimit limit = {1 << 20, 1 << 20};
    signal(SIGXFSZ, SIG_IGN);
    return setrlimit(RLIMIT_FSIZE, &limit) == 0 ? fill() : 1;
}

static int in_child(int (*run)(void))
{
    int status = -1;
    pid_t child = fork();
    if (child == 0)
        _exit(run());
    waitpid(child, &status, 0);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void a_full_disk_leaves_nothing_behind(void **state)
{
    (void)state;
    int status = in_child(fill_small_disk);
    if (status == 77)
        skip(); /* not allowed to mount here */
    assert_int_equal(status, 0);
}

static void a_limit_on_the_size_of_files_leaves_nothing_behind(void **state)
{
    (void)state;
    assert_int_equal(in_child(fill_to_the_limit), 0);
}

/* --- a file system without RENAME_NOREPLACE ----------------------------------------------------
 */

#define REFUSE(number, error)                                                                      \
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (number), 0, 1),                                           \
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (error))

/* What such a kernel or file system answers, from the kernel itself. Only ever in a child. */
static bool lack(bool links)
{
    struct sock_filter program[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        REFUSE(SYS_renameat2, EINVAL),
#ifdef SYS_link
        REFUSE(links ? -1U : SYS_link, EPERM),
#endif
        REFUSE(links ? -1U : SYS_linkat, EPERM),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog all = {.len = sizeof program / sizeof program[0], .filter = program};
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
           prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &all) == 0;
}

enum { ALL_IS_WELL = 0, NO_FILTER = 77, WRONG = 1 };

/* In the child: assertions of its parent's framework do not belong here. */
static int name_without_replacing(bool links)
{
    struct gd_error err = {0};
    struct stat about;
    unsigned hidden = 0;
    if (!lack(links))
        return NO_FILTER;
    enum gd_code first = put("first", GD_FILE_NEW, &err).code;
    if (!links) {
        bool said = strstr(err.hint, "neither rename without replacing nor link") != NULL;
        return first == GD_SYSTEM && said && names(&hidden) == 0 ? ALL_IS_WELL : WRONG;
    }
    if (first != GD_OK || put("second", GD_FILE_NEW, &err).code != GD_REFUSED)
        return WRONG;
    bool one = stat(path, &about) == 0 && about.st_nlink == 1 && names(&hidden) == 1;
    return one && strcmp(content(), "first") == 0 ? ALL_IS_WELL : WRONG;
}

static int name_by_a_link(void)
{
    return name_without_replacing(true);
}

static int name_by_nothing(void)
{
    return name_without_replacing(false);
}

static void a_second_name_does_where_rename_would_replace(void **state)
{
    (void)state;
    int status = in_child(name_by_a_link);
    if (status == NO_FILTER)
        skip();
    assert_int_equal(status, ALL_IS_WELL);
    unlink(path);
    assert_int_equal(in_child(name_by_nothing), ALL_IS_WELL);
}

static void a_range_is_read_exactly(void **state)
{
    (void)state;
    static const struct {
        uint64_t offset, size;
        enum gd_code code;
        const char *text;
    } cases[] = {
        {0, 0, GD_OK, "0123456789"}, {3, 0, GD_OK, "3456789"},        {3, 4, GD_OK, "3456"},
        {10, 0, GD_OK, ""},          {0, 10, GD_OK, "0123456789"},    {0, 11, GD_CORRUPT, ""},
        {11, 0, GD_CORRUPT, ""},     {5, UINT64_MAX, GD_CORRUPT, ""},
    };
    struct gd_error err = {0};
    assert_int_equal(put("0123456789", GD_FILE_NEW, &err).code, GD_OK);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        gd_auto_source source = NULL;
        struct gd_status status =
            gd_file_source_new(path, cases[i].offset, cases[i].size, &source, &err);
        assert_int_equal(status.code, cases[i].code);
        if (status.code != GD_OK)
            continue;
        char *data = NULL;
        size_t size = 0;
        assert_int_equal(gd_source_all(source, 100, &data, &size, &err).code, GD_OK);
        assert_string_equal(data, cases[i].text);
        free(data);
    }
}

static void a_file_that_becomes_shorter_is_corrupt(void **state)
{
    (void)state;
    struct gd_error err = {0};
    char some[4];
    size_t got = 0;
    assert_int_equal(put("0123456789", GD_FILE_NEW, &err).code, GD_OK);
    gd_auto_source source = NULL;
    assert_int_equal(gd_file_source_new(path, 0, 0, &source, &err).code, GD_OK);
    assert_int_equal(gd_source_read(source, some, sizeof some, &got, &err).code, GD_OK);
    assert_int_equal(truncate(path, 4), 0);
    assert_int_equal(gd_source_read(source, some, sizeof some, &got, &err).code, GD_CORRUPT);
}

static void what_is_no_file_is_not_read(void **state)
{
    (void)state;
    struct gd_error err = {0};
    gd_auto_source source = NULL;
    assert_int_equal(gd_file_source_new(path, 0, 0, &source, &err).code, GD_CORRUPT);
    assert_int_equal(gd_file_source_new(folder, 0, 0, &source, &err).code, GD_CORRUPT);
    char fifo[96];
    snprintf(fifo, sizeof fifo, "%s/fifo", folder);
    assert_int_equal(mkfifo(fifo, 0600), 0);
    assert_int_equal(gd_file_source_new(fifo, 0, 0, &source, &err).code, GD_CORRUPT);
    assert_int_equal(gd_file_source_new("/etc/passwd/x", 0, 0, &source, &err).code, GD_CORRUPT);
}

static void only_our_hidden_names_are_hidden(void **state)
{
    (void)state;
    assert_true(gd_file_is_hidden(".#20261122T214807Z-3f9c01d2aa"));
    assert_false(gd_file_is_hidden(".#notes"));
    assert_false(gd_file_is_hidden("20261122T214807Z-3f9c01d2aa"));
    assert_false(gd_file_is_hidden(""));
}

static void a_pipe_whose_reader_is_gone_is_a_status(void **state)
{
    (void)state;
    int ends[2];
    struct gd_error err = {0};
    assert_int_equal(pipe(ends), 0);
    gd_auto_sink sink = gd_fd_sink_new(ends[1], "the pipe");
    gd_auto_source source = gd_fd_source_new(ends[0], "the pipe");
    char text[8] = "";
    size_t size = 0;
    assert_int_equal(gd_sink_write(sink, "hello", 5, &err).code, GD_OK);
    assert_int_equal(gd_source_read(source, text, 7, &size, &err).code, GD_OK);
    assert_string_equal(text, "hello");
    assert_int_equal(gd_sink_finish(sink, &err).code, GD_OK); /* a pipe cannot be synced */
    close(ends[0]);
    gd_auto_sink broken = gd_fd_sink_new(ends[1], "the pipe");
    assert_int_equal(gd_sink_write(broken, "hello", 5, &err).code, GD_SYSTEM);
    assert_string_equal(err.text, "could not write to the pipe: Broken pipe");
    close(ends[1]);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, make_folder, drop_folder)
    const struct CMUnitTest tests[] = {
        TEST(a_finished_file_is_there_with_its_folders_and_is_private),
        TEST(what_a_group_shares_is_made_for_it),
        TEST(a_file_that_is_not_finished_never_was),
        TEST(a_new_file_takes_no_place_that_is_taken),
        TEST(a_second_name_does_where_rename_would_replace),
        TEST(of_two_new_files_exactly_one_wins),
        TEST(whole_or_absent_under_every_failure),
        TEST(whole_or_absent_after_every_crash),
        TEST(a_full_disk_leaves_nothing_behind),
        TEST(a_limit_on_the_size_of_files_leaves_nothing_behind),
        TEST(a_range_is_read_exactly),
        TEST(a_file_that_becomes_shorter_is_corrupt),
        TEST(what_is_no_file_is_not_read),
        TEST(only_our_hidden_names_are_hidden),
        TEST(a_pipe_whose_reader_is_gone_is_a_status),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
