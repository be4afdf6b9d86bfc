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

static struct gd_status add_name(void *context, const struct gd_store_entry *entry,
                                 struct gd_error *err)
{
    (void)err;
    fprintf(context, "%s ", entry->key);
    return GD_DONE;
}

static void assert_list_after(const struct scene *scene, const char *prefix, const char *after,
                              const char *expected)
{
    struct gd_error err = {0};
    char *found = NULL, full[2048] = "", key[256];
    size_t size = 0;
    FILE *stream = open_memstream(&found, &size);
    snprintf(key, sizeof key, "%s", key_of(scene, after));
    struct gd_status status =
        gd_store_list_after(scene->store, key_of(scene, prefix), key, add_name, stream, &err);
    fclose(stream);
    if (status.code != GD_OK)
        fail_msg("list %s after %s: %s", prefix, after, err.text);
    char words[256], *rest = NULL;
    snprintf(words, sizeof words, "%s", expected);
    for (char *word = strtok_r(words, " ", &rest); word != NULL; word = strtok_r(NULL, " ", &rest))
        snprintf(full + strlen(full), sizeof full - strlen(full), "%s ", key_of(scene, word));
    assert_string_equal(found, full);
    free(found);
}

static void a_list_can_begin_behind_a_key(void **state)
{
    static const char *const names[] = {"c/a", "c/b/1", "c/b/2", "c/b-", "c/c/1", "c/d", "d/1"};
    const struct scene *scene = *state;
    put_all(scene, names, sizeof names / sizeof names[0]);
    assert_list_after(scene, "c/", "c/a", "c/b- c/b/1 c/b/2 c/c/1 c/d");
    assert_list_after(scene, "c/", "c/b/1", "c/b/2 c/c/1 c/d");
    assert_list_after(scene, "c/", "c/b/~", "c/c/1 c/d");
    assert_list_after(scene, "c/", "c/bb", "c/c/1 c/d");
    assert_list_after(scene, "c/b/", "c/b/1", "c/b/2");
    assert_list_after(scene, "c/", "b", "c/a c/b- c/b/1 c/b/2 c/c/1 c/d");
    assert_list_after(scene, "c/", "c/d", "");
    assert_list_after(scene, "c/", "d", "");
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
    cmocka_unit_test(a_list_can_begin_behind_a_key),
    cmocka_unit_test(folders_are_those_right_below),
    cmocka_unit_test(prefixes_that_are_none_are_refused),
    cmocka_unit_test(a_list_goes_on_after_a_thousand),
};
const size_t list_test_count = sizeof list_tests / sizeof list_tests[0];
