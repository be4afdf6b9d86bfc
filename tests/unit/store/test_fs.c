/* What only a folder has: URLs of paths, hidden files, folders that come and go, a full disk. What
 * every store promises is in tests/contract. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guardian/base/clock.h"
#include "guardian/base/fault.h"
#include "guardian/store/store.h"

enum { FOUND_SIZE = 1024 };

struct place {
    char folder[64], url[96];
    struct gd_store *store;
};

static struct gd_store *open_url(const char *url)
{
    struct gd_error err = {0};
    struct gd_store *store = NULL;
    struct gd_store_options options = {.url = url};
    if (gd_store_open(&options, &store, &err).code != GD_OK)
        fail_msg("%s: %s", url, err.text);
    return store;
}

static int set_up(void **state)
{
    struct place *place = calloc(1, sizeof *place);
    assert_non_null(place);
    snprintf(place->folder, sizeof place->folder, "/tmp/gd-fs.XXXXXX");
    assert_non_null(mkdtemp(place->folder));
    snprintf(place->url, sizeof place->url, "file://%s/store", place->folder);
    place->store = open_url(place->url);
    *state = place;
    return 0;
}

static int tear_down(void **state)
{
    struct place *place = *state;
    char command[128];
    gd_store_close(place->store);
    snprintf(command, sizeof command, "rm -rf '%s'", place->folder);
    int status = system(command);
    free(place);
    return status;
}

static bool is_there(const struct place *place, const char *name)
{
    char path[256];
    struct stat about;
    snprintf(path, sizeof path, "%s/store/%s", place->folder, name);
    return lstat(path, &about) == 0;
}

static void make_file(const struct place *place, const char *name, const char *text)
{
    char path[256];
    snprintf(path, sizeof path, "%s/store/%s", place->folder, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    assert_int_equal(fclose(file), 0);
}

static void put(const struct place *place, const char *key, const char *text)
{
    struct gd_error err = {0};
    if (gd_store_put_bytes(place->store, key, text, strlen(text), &err).code != GD_OK)
        fail_msg("%s: %s", key, err.text);
}

static struct gd_status add_key(void *context, const struct gd_store_entry *entry,
                                struct gd_error *err)
{
    (void)err;
    size_t used = strlen((const char *)context);
    snprintf((char *)context + used, FOUND_SIZE - used, "%s ", entry->key);
    return GD_DONE;
}

static void assert_keys(const struct place *place, bool folders, const char *prefix,
                        const char *keys)
{
    struct gd_error err = {0};
    char found[FOUND_SIZE] = "";
    struct gd_status status = folders ? gd_store_folders(place->store, prefix, add_key, found, &err)
                                      : gd_store_list(place->store, prefix, add_key, found, &err);
    assert_string_equal(err.text, "");
    assert_int_equal(status.code, GD_OK);
    assert_string_equal(found, keys);
}

static void the_url_is_decoded_or_refused(void **state)
{
    (void)state;
    static const struct {
        const char *url, *problem; /* NULL: fine */
    } cases[] = {
        {"file:///tmp/a%20b", NULL},
        {"file://localhost/tmp/x/", NULL},
        {"FILE:///tmp/x", NULL},
        {"file:///tmp/x%2", "two hexadecimal digits"},
        {"file:///tmp/x%zz", "two hexadecimal digits"},
        {"file:///tmp/x%00y", "two hexadecimal digits"},
        {"file:///tmp/x?durable=no", "no \"?\""},
        {"file:///tmp/x#y", "no \"?\""},
        {"file://host/tmp/x", "does not begin with a slash"},
        {"file://localhostile/tmp/x", "does not begin with a slash"},
        {"file://", "does not begin with a slash"},
        {"/tmp/x", "is a path, not the URL"},
        {"tmp", "not given as a URL"},
        {"ftp://me:hunter2@host/x", "no kind of store for URLs that begin with \"ftp://\""},
        {"file://me:hunter2@host/x", "does not begin with a slash"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct gd_error err = {0};
        struct gd_store *store = NULL;
        struct gd_store_options options = {.url = cases[i].url};
        struct gd_status status = gd_store_open(&options, &store, &err);
        assert_int_equal(status.code, cases[i].problem == NULL ? GD_OK : GD_USAGE);
        if (cases[i].problem != NULL && strstr(err.text, cases[i].problem) == NULL)
            fail_msg("%s: %s", cases[i].url, err.text);
        assert_null(strstr(err.text, "hunter2"));
        assert_null(strstr(err.hint, "hunter2"));
        if (status.code == GD_OK)
            assert_string_equal(gd_store_url(store), cases[i].url);
        gd_store_close(store);
    }
}

static void a_blank_in_the_url_is_a_blank_in_the_path(void **state)
{
    const struct place *place = *state;
    char url[128];
    struct gd_error err = {0};
    put(place, "k", "the folder above");
    snprintf(url, sizeof url, "file://%s/store/a%%20b", place->folder);
    gd_auto_store store = open_url(url);
    assert_int_equal(gd_store_put_bytes(store, "k", "x", 1, &err).code, GD_OK);
    assert_true(is_there(place, "a b/k"));
}

static struct gd_status see_none(void *context, const struct gd_store_entry *entry,
                                 struct gd_error *err)
{
    (void)context;
    return gd_fail(err, GD_CORRUPT, "there is \"%s\"", entry->key);
}

static void a_folder_above_the_store_is_made_when_that_is_wished(void **state)
{
    const struct place *place = *state;
    for (int wished = 0; wished < 2; wished++) {
        char url[128];
        struct gd_error err = {0};
        gd_auto_store store = NULL;
        snprintf(url, sizeof url, "file://%s/store/far", place->folder);
        struct gd_store_options options = {.url = url, .make_way = wished};
        assert_int_equal(gd_store_open(&options, &store, &err).code, GD_OK);
        assert_int_equal(gd_store_put_bytes(store, "k", "x", 1, &err).code,
                         wished ? GD_OK : GD_SYSTEM);
        assert_int_equal(is_there(place, "far/k"), wished);
        assert_int_equal(strstr(err.text, "is not there") == NULL, wished);
    }
}

static void a_folder_that_must_be_there_is_no_empty_store(void **state)
{
    const struct place *place = *state;
    struct gd_error err = {0};
    bool there = true;
    uint64_t count = 0;
    gd_auto_store store = NULL;
    struct gd_source *source = NULL;
    struct gd_store_options options = {.url = place->url, .must_exist = true};
    assert_int_equal(gd_store_open(&options, &store, &err).code, GD_OK);
    assert_int_equal(gd_store_list(store, "", see_none, NULL, &err).code, GD_SYSTEM);
    assert_int_equal(gd_store_folders(store, "", see_none, NULL, &err).code, GD_SYSTEM);
    assert_int_equal(gd_store_head(store, "k", &there, NULL, &err).code, GD_SYSTEM);
    assert_int_equal(gd_store_get(store, "k", 0, 0, &source, &err).code, GD_SYSTEM);
    assert_int_equal(gd_store_sweep(store, "", 0, &count, &err).code, GD_SYSTEM);
    assert_non_null(strstr(err.text, "is not there"));

    put(place, "k", "1");
    assert_int_equal(gd_store_head(store, "l", &there, NULL, &err).code, GD_OK);
    assert_false(there);
    assert_int_equal(gd_store_get(store, "l", 0, 0, &source, &err).code, GD_CORRUPT);
}

static void what_is_no_object_is_not_listed(void **state)
{
    const struct place *place = *state;
    put(place, "v1/a/one", "1");
    put(place, "v1/b", "2");
    make_file(place, "v1/.#20261122T214807Z-3f9c01d2aa", "unfinished");
    make_file(place, "v1/.DS_Store", "");
    make_file(place, "v1/two words", "");
    char link_path[128], target[128];
    snprintf(link_path, sizeof link_path, "%s/store/v1/z", place->folder);
    snprintf(target, sizeof target, "%s/store/v1/b", place->folder);
    assert_int_equal(symlink(target, link_path), 0);
    assert_keys(place, false, "", "v1/a/one v1/b ");

    struct gd_error err = {0};
    bool there = true;
    struct gd_source *source = NULL;
    assert_int_equal(gd_store_head(place->store, "v1/z", &there, NULL, &err).code, GD_OK);
    assert_false(there);
    assert_int_equal(gd_store_get(place->store, "v1/z", 0, 0, &source, &err).code, GD_CORRUPT);
}

static void nothing_goes_through_a_link(void **state)
{
    const struct place *place = *state;
    struct gd_error err = {0};
    char link_path[128];
    bool there = true;
    put(place, "v1/a/one", "1");
    snprintf(link_path, sizeof link_path, "%s/store/v1/b", place->folder);
    assert_int_equal(symlink(place->folder, link_path), 0);
    assert_int_equal(gd_store_put_bytes(place->store, "v1/b/x", "1", 1, &err).code, GD_USAGE);
    assert_non_null(strstr(err.text, "is a link"));
    assert_int_equal(gd_store_head(place->store, "v1/b/store", &there, NULL, &err).code, GD_USAGE);
    assert_int_equal(gd_store_remove(place->store, "v1/b/store/v1/a/one", &err).code, GD_USAGE);
    assert_keys(place, false, "", "v1/a/one ");
    assert_keys(place, true, "v1/", "v1/a/ ");
}

static void the_folder_of_the_store_may_be_a_link(void **state)
{
    const struct place *place = *state;
    char link_path[128], url[144];
    put(place, "v1/a/one", "1");
    snprintf(link_path, sizeof link_path, "%s/link", place->folder);
    snprintf(url, sizeof url, "file://%s/", link_path);
    assert_int_equal(symlink("store", link_path), 0);
    struct place linked = {.store = open_url(url)};
    assert_keys(&linked, false, "", "v1/a/one ");
    put(&linked, "v1/a/two", "2");
    gd_store_close(linked.store);
    assert_keys(place, false, "", "v1/a/one v1/a/two ");
}

static void a_folder_without_an_object_is_not_there(void **state)
{
    const struct place *place = *state;
    struct gd_error err = {0};
    char path[128];
    put(place, "v1/a/x/one", "1");
    put(place, "v1/b/two", "2");
    snprintf(path, sizeof path, "%s/store/v1/husk", place->folder);
    assert_int_equal(mkdir(path, 0700), 0);
    make_file(place, "v1/husk/.#20261122T214807Z-3f9c01d2aa", "unfinished");
    assert_keys(place, true, "v1/", "v1/a/ v1/b/ ");
    assert_keys(place, true, "", "v1/ ");
    assert_keys(place, true, "v2/", "");

    assert_int_equal(gd_store_remove(place->store, "v1/a/x/one", &err).code, GD_OK);
    assert_false(is_there(place, "v1/a"));
    assert_true(is_there(place, "v1"));
    assert_keys(place, true, "v1/", "v1/b/ ");
    assert_int_equal(gd_store_remove(place->store, "v1/a/x/one", &err).code, GD_OK);
}

static void only_old_leftovers_of_ours_are_swept(void **state)
{
    const struct place *place = *state;
    struct gd_error err = {0};
    uint64_t count = 99;
    char path[160];
    put(place, "v1/a/one", "1");
    make_file(place, "v1/a/.#20261122T214807Z-3f9c01d2aa", "old");
    make_file(place, "v1/a/.#20261122T214807Z-3f9c01d2ab", "young");
    make_file(place, "v1/a/.keep", "old, and not ours");
    static const char *const old[] = {".#20261122T214807Z-3f9c01d2aa", ".keep", "one"};
    const struct timespec long_ago[2] = {{.tv_sec = 1000000}, {.tv_sec = 1000000}};
    for (size_t i = 0; i < 3; i++) {
        snprintf(path, sizeof path, "%s/store/v1/a/%s", place->folder, old[i]);
        assert_int_equal(utimensat(AT_FDCWD, path, long_ago, 0), 0);
    }
    assert_int_equal(gd_store_sweep(place->store, "v2/", 3600, &count, &err).code, GD_OK);
    assert_int_equal(count, 0);
    assert_int_equal(gd_store_sweep(place->store, "v1/", 3600, &count, &err).code, GD_OK);
    assert_int_equal(count, 1);
    assert_false(is_there(place, "v1/a/.#20261122T214807Z-3f9c01d2aa"));
    assert_true(is_there(place, "v1/a/.#20261122T214807Z-3f9c01d2ab"));
    assert_true(is_there(place, "v1/a/.keep"));
    assert_true(is_there(place, "v1/a/one"));
}

static void a_store_that_nobody_wrote_to_is_empty(void **state)
{
    const struct place *place = *state;
    struct gd_error err = {0};
    bool there = true;
    uint64_t count = 99;
    assert_keys(place, false, "v1/", "");
    assert_int_equal(gd_store_head(place->store, "v1/a", &there, NULL, &err).code, GD_OK);
    assert_false(there);
    assert_int_equal(gd_store_sweep(place->store, "", 1, &count, &err).code, GD_OK);
    assert_int_equal(count, 0);
    assert_false(is_there(place, ""));
}

static void what_cannot_be_read_is_no_absence(void **state)
{
    const struct place *place = *state;
    struct gd_error err = {0};
    bool there = false, root = geteuid() == 0;
    char path[128], found[FOUND_SIZE] = "";
    put(place, "v1/a/one", "1");
    snprintf(path, sizeof path, "%s/store/v1/a", place->folder);
    assert_int_equal(chmod(path, 0), 0);
    if (root) /* who may read everything, else */
        assert_int_equal(seteuid(65534), 0);
    enum gd_code looked = gd_store_head(place->store, "v1/a/one", &there, NULL, &err).code;
    enum gd_code listed = gd_store_list(place->store, "", add_key, found, &err).code;
    if (root)
        assert_int_equal(seteuid(0), 0);
    assert_int_equal(chmod(path, 0700), 0);
    assert_int_equal(looked, GD_SYSTEM);
    assert_int_equal(listed, GD_SYSTEM);
}

/* In a child: the limit holds for the whole process. @return what the put said */
static int put_with_limit(const struct place *place, size_t size)
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct rlimit limit = {.rlim_cur = 100000, .rlim_max = 100000};
        struct gd_error err = {0};
        char *data = calloc(1, size);
        signal(SIGXFSZ, SIG_IGN);
        if (data == NULL || setrlimit(RLIMIT_FSIZE, &limit) != 0)
            _exit(98);
        struct gd_status status = gd_store_put_bytes(place->store, "v1/big", data, size, &err);
        free(data);
        _exit((int)status.code);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void a_full_disk_leaves_nothing(void **state)
{
    const struct place *place = *state;
    put(place, "v1/small", "1");
    assert_int_equal(put_with_limit(place, 200000), GD_SYSTEM);
    assert_keys(place, false, "", "v1/small ");
    assert_int_equal(put_with_limit(place, 100000), GD_OK);
    assert_keys(place, false, "", "v1/big v1/small ");
}

static void a_removed_object_is_gone_or_whole_under_every_fault(void **state)
{
    const struct place *place = *state;
    for (unsigned nth = 1;; nth++) {
        struct gd_error err = {0};
        bool there = false;
        gd_fault_arm(0);
        (void)gd_store_put_bytes(place->store, "v1/a/one", "1", 1, &err).code;
        gd_fault_arm(nth);
        struct gd_status status = gd_store_remove(place->store, "v1/a/one", &err);
        bool fired = gd_fault_fired();
        gd_fault_arm(0);
        assert_int_equal(gd_store_head(place->store, "v1/a/one", &there, NULL, &err).code, GD_OK);
        assert_int_equal(status.code, fired ? GD_INJECTED : GD_OK);
        if (!fired) {
            assert_false(there);
            assert_true(nth > 2);
            return;
        }
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(the_url_is_decoded_or_refused),
        TEST(a_blank_in_the_url_is_a_blank_in_the_path),
        TEST(a_folder_above_the_store_is_made_when_that_is_wished),
        TEST(a_folder_that_must_be_there_is_no_empty_store),
        TEST(what_is_no_object_is_not_listed),
        TEST(nothing_goes_through_a_link),
        TEST(the_folder_of_the_store_may_be_a_link),
        TEST(a_folder_without_an_object_is_not_there),
        TEST(only_old_leftovers_of_ours_are_swept),
        TEST(a_store_that_nobody_wrote_to_is_empty),
        TEST(what_cannot_be_read_is_no_absence),
        TEST(a_full_disk_leaves_nothing),
        TEST(a_removed_object_is_gone_or_whole_under_every_fault),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
