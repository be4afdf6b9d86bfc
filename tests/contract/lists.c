/* Lists: in order, complete beyond a page, with borders where the slashes are. */
#include "contract/contract.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void put_all(const struct scene *scene, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        put_text(scene, key_of(scene, names[i]), names[i]);
}

static void assert_list(const struct scene *scene, const char *prefix, const char *expected)
{
    char *found = list_of(scene, key_of(scene, prefix), false);
    assert_string_equal(found, expected);
    free(found);
}

static void assert_folders(const struct scene *scene, const char *prefix, const char *expected)
{
    char *found = list_of(scene, key_of(scene, prefix), true);
    assert_string_equal(found, expected);
    free(found);
}

static void keys_come_in_the_order_of_their_bytes(void **state)
{
    static const char *const names[] = {"b",     "a0", "a/b", "a-b", "a.b", "B",
                                        "a/a/a", "aa", "~",   "a~b", "a_b", "_"};
    const struct scene *scene = *state;
    put_all(scene, names, sizeof names / sizeof names[0]);
    assert_list(scene, "", "B _ a-b a.b a/a/a a/b a0 a_b aa a~b b ~ ");
}

static void a_prefix_has_borders(void **state)
{
    static const char *const names[] = {"db/x", "db1/x", "db1/y/z", "db10/x", "db1.x", "db1-x"};
    const struct scene *scene = *state;
    put_all(scene, names, sizeof names / sizeof names[0]);
    assert_list(scene, "db1/", "db1/x db1/y/z ");
    assert_list(scene, "db1", "db1-x db1.x db1/x db1/y/z db10/x ");
    assert_list(scene, "db1/y", "db1/y/z ");
    assert_list(scene, "db1/y/", "db1/y/z ");
    assert_list(scene, "db1/y/z", "db1/y/z ");
    assert_list(scene, "db1/y/z/", "");
    assert_list(scene, "db2", "");
    assert_list(scene, "d", "db/x db1-x db1.x db1/x db1/y/z db10/x ");
}

static void folders_are_those_right_below(void **state)
{
    static const char *const names[] = {"v1/a/1",   "v1/a/2",  "v1/a/b/3",
                                        "v1/b-c/1", "v1/file", "v2/x"};
    const struct scene *scene = *state;
    put_all(scene, names, sizeof names / sizeof names[0]);
    assert_folders(scene, "", "v1/ v2/ ");
    assert_folders(scene, "v1/", "v1/a/ v1/b-c/ ");
    assert_folders(scene, "v1/a/", "v1/a/b/ ");
    assert_folders(scene, "v1/b-c/", "");
    assert_folders(scene, "v3/", "");
    remove_key(scene, key_of(scene, "v1/b-c/1"));
    assert_folders(scene, "v1/", "v1/a/ ");
}

static void prefixes_that_are_none_are_refused(void **state)
{
    static const char *const prefixes[] = {"/", "a//", "a//b", "../", "a/../", ".a", "a b", "a*"};
    const struct scene *scene = *state;
    for (size_t i = 0; i < sizeof prefixes / sizeof prefixes[0]; i++) {
        struct gd_error err = {0};
        if (gd_store_list(scene->store, prefixes[i], NULL, NULL, &err).code != GD_USAGE)
            fail_msg("\"%s\" was taken as the beginning of keys", prefixes[i]);
    }
    struct gd_error err = {0};
    assert_int_equal(gd_store_folders(scene->store, "v1", NULL, NULL, &err).code, GD_USAGE);
}

struct counting {
    unsigned count, stop_at;
    char last[KEY_SIZE];
    uint64_t bytes;
};

static struct gd_status count_in_order(void *context, const struct gd_store_entry *entry,
                                       struct gd_error *err)
{
    struct counting *counting = context;
    assert_true(strcmp(counting->last, entry->key) < 0);
    snprintf(counting->last, sizeof counting->last, "%s", entry->key);
    counting->bytes += entry->bytes;
    assert_true(entry->modified_us > 0);
    if (++counting->count == counting->stop_at)
        return gd_fail(err, GD_BUSY, "enough");
    return GD_DONE;
}

/* One page of an S3 server has a thousand keys. */
static void a_list_goes_on_after_a_thousand(void **state)
{
    enum { KEYS = 1040 };
    const struct scene *scene = *state;
    struct gd_error err = {0};
    struct counting all = {0}, some = {.stop_at = 1010};
    for (unsigned i = 0; i < KEYS; i++) {
        char name[32];
        snprintf(name, sizeof name, "many/%u/%u", i % 3, (i * 7919) % KEYS);
        put_text(scene, key_of(scene, name), "123");
    }
    const char *prefix = key_of(scene, "many/");
    assert_int_equal(gd_store_list(scene->store, prefix, count_in_order, &all, &err).code, GD_OK);
    assert_int_equal(all.count, KEYS);
    assert_int_equal(all.bytes, 3 * KEYS);
    assert_int_equal(gd_store_list(scene->store, prefix, count_in_order, &some, &err).code,
                     GD_BUSY);
    assert_string_equal(err.text, "enough");
    assert_int_equal(some.count, 1010);
}

const struct CMUnitTest list_tests[] = {
    cmocka_unit_test(keys_come_in_the_order_of_their_bytes),
    cmocka_unit_test(a_prefix_has_borders),
    cmocka_unit_test(folders_are_those_right_below),
    cmocka_unit_test(prefixes_that_are_none_are_refused),
    cmocka_unit_test(a_list_goes_on_after_a_thousand),
};
const size_t list_test_count = sizeof list_tests / sizeof list_tests[0];
