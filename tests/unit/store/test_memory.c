/* A store in memory keeps what every store keeps. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guardian/store/memory.h"

enum { KEYS_SIZE = 200 };

static int open_store(void **state)
{
    *state = gd_memory_store_new(16);
    return 0;
}

static int close_store(void **state)
{
    gd_store_close(*state);
    return 0;
}

static struct gd_status put(void *store, const char *key, const char *text)
{
    struct gd_error err = {0};
    return gd_store_put_bytes(store, key, text, strlen(text), &err);
}

static void an_object_is_whole_or_absent(void **state)
{
    struct gd_error err = {0};
    struct gd_sink *sink = NULL;
    bool there = true;
    char *data = NULL;
    size_t size = 0;
    assert_int_equal(gd_store_put(*state, "v1/a", 0, &sink, &err).code, GD_OK);
    assert_int_equal(gd_sink_write(sink, "half", 4, &err).code, GD_OK);
    gd_sink_free(sink);
    assert_int_equal(gd_store_head(*state, "v1/a", &there, NULL, &err).code, GD_OK);
    assert_false(there);
    assert_int_equal(put(*state, "v1/a", "whole").code, GD_OK);
    assert_int_equal(gd_store_get_bytes(*state, "v1/a", 100, &data, &size, &err).code, GD_OK);
    assert_int_equal(size, 5);
    assert_string_equal(data, "whole");
    free(data);
}

static void nothing_is_overwritten(void **state)
{
    assert_int_equal(put(*state, "v1/a", "one").code, GD_OK);
    assert_int_equal(put(*state, "v1/a", "two").code, GD_REFUSED);
}

static void a_part_can_be_read_and_no_more_than_is_there(void **state)
{
    struct gd_error err = {0};
    struct gd_source *source = NULL;
    char part[8] = "";
    size_t size = 0;
    assert_int_equal(put(*state, "v1/a", "0123456789").code, GD_OK);
    assert_int_equal(gd_store_get(*state, "v1/a", 2, 3, &source, &err).code, GD_OK);
    assert_int_equal(gd_source_read(source, part, sizeof part, &size, &err).code, GD_OK);
    assert_int_equal(size, 3);
    assert_memory_equal(part, "234", 3);
    gd_source_free(source);
    assert_int_equal(gd_store_get(*state, "v1/a", 8, 3, &source, &err).code, GD_CORRUPT);
    assert_int_equal(gd_store_get(*state, "v1/b", 0, 0, &source, &err).code, GD_CORRUPT);
    assert_int_equal(put(*state, "v1/large", "more than sixteen bytes").code, GD_SYSTEM);
}

static struct gd_status add_key(void *context, const struct gd_store_entry *entry,
                                struct gd_error *err)
{
    (void)err;
    size_t used = strlen(context);
    snprintf((char *)context + used, KEYS_SIZE - used, "%s ", entry->key);
    return GD_DONE;
}

static void keys_come_in_order(void **state)
{
    struct gd_error err = {0};
    char keys[KEYS_SIZE] = "", folders[KEYS_SIZE] = "";
    const char *const all[] = {"v1/b/2", "v1/a/1", "v1/b/1", "v2/x", "v1/c"};
    for (size_t i = 0; i < 5; i++)
        assert_int_equal(put(*state, all[i], "").code, GD_OK);
    assert_int_equal(gd_store_list(*state, "v1/", add_key, keys, &err).code, GD_OK);
    assert_string_equal(keys, "v1/a/1 v1/b/1 v1/b/2 v1/c ");
    assert_int_equal(gd_store_folders(*state, "v1/", add_key, folders, &err).code, GD_OK);
    assert_string_equal(folders, "v1/a/ v1/b/ ");
    assert_int_equal(gd_store_remove(*state, "v1/b/1", &err).code, GD_OK);
    assert_int_equal(gd_store_remove(*state, "v1/b/1", &err).code, GD_OK);
    *keys = '\0';
    assert_int_equal(gd_store_list_after(*state, "v1/", "v1/a/1", add_key, keys, &err).code, GD_OK);
    assert_string_equal(keys, "v1/b/2 v1/c ");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_store, close_store)
    const struct CMUnitTest tests[] = {
        TEST(an_object_is_whole_or_absent),
        TEST(nothing_is_overwritten),
        TEST(a_part_can_be_read_and_no_more_than_is_there),
        TEST(keys_come_in_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
