/* One object at a time: whole or absent, never overwritten, under a key that is one. */
#include "contract/contract.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MANY_PARTS = 18 << 20 };

static void what_was_put_is_what_is_got(void **state)
{
    static const size_t sizes[] = {0, 1, 5, 4095, 65536, 65537, 1 << 20};
    const struct scene *scene = *state;
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct gd_error err = {0};
        struct gd_store_entry entry = {0};
        bool there = false;
        char name[32], *bytes = make_bytes(sizes[i], (uint32_t)i);
        snprintf(name, sizeof name, "object-%zu", sizes[i]);
        const char *key = key_of(scene, name);
        assert_absent(scene, key);
        put(scene, key, bytes, sizes[i]);
        assert_holds(scene, key, bytes, sizes[i]);
        assert_int_equal(gd_store_head(scene->store, key, &there, &entry, &err).code, GD_OK);
        assert_true(there);
        assert_int_equal(entry.bytes, sizes[i]);
        assert_string_equal(entry.key, key);
        assert_true(entry.modified_us > INT64_C(1500000000) * 1000000);
        free(bytes);
    }
}

/* @return 0 when it gave exactly what was asked for, else the code of the failure */
static enum gd_code read_range(const struct scene *scene, const char *key, const char *bytes,
                               uint64_t offset, uint64_t size, uint64_t expected)
{
    struct gd_error err = {0};
    gd_auto_source source = NULL;
    char *found = NULL;
    size_t found_size = 0;
    struct gd_status status = gd_store_get(scene->store, key, offset, size, &source, &err);
    if (status.code == GD_OK)
        status = gd_source_all(source, 1 << 20, &found, &found_size, &err);
    if (status.code == GD_OK) {
        assert_int_equal(found_size, expected);
        assert_memory_equal(found, bytes + offset, expected);
    }
    free(found);
    return status.code;
}

static void a_range_is_that_range(void **state)
{
    enum { SIZE = 100000 };
    static const struct {
        uint64_t offset, size, expected;
        enum gd_code code;
    } ranges[] = {
        {0, 0, SIZE, GD_OK},          {0, 1, 1, GD_OK},
        {1, 0, SIZE - 1, GD_OK},      {SIZE - 1, 0, 1, GD_OK},
        {SIZE - 1, 1, 1, GD_OK},      {500, 70000, 70000, GD_OK},
        {0, SIZE, SIZE, GD_OK},       {0, SIZE + 1, 0, GD_CORRUPT},
        {SIZE, 1, 0, GD_CORRUPT},     {SIZE + 1, 0, 0, GD_CORRUPT},
        {SIZE - 1, 2, 0, GD_CORRUPT},
    };
    const struct scene *scene = *state;
    char *bytes = make_bytes(SIZE, 7);
    const char *key = key_of(scene, "ranges");
    put(scene, key, bytes, SIZE);
    for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++) {
        enum gd_code code =
            read_range(scene, key, bytes, ranges[i].offset, ranges[i].size, ranges[i].expected);
        if (code != ranges[i].code)
            fail_msg("%llu bytes from %llu: code %d", (unsigned long long)ranges[i].size,
                     (unsigned long long)ranges[i].offset, code);
    }
    free(bytes);
}

static void a_source_can_be_left_half_read(void **state)
{
    const struct scene *scene = *state;
    char *bytes = make_bytes(3 << 20, 8), some[100];
    const char *key = key_of(scene, "half");
    put(scene, key, bytes, 3 << 20);
    for (int i = 0; i < 3; i++) {
        struct gd_error err = {0};
        gd_auto_source source = NULL;
        size_t got = 0;
        assert_int_equal(gd_store_get(scene->store, key, 0, 0, &source, &err).code, GD_OK);
        assert_int_equal(gd_source_read(source, some, sizeof some, &got, &err).code, GD_OK);
        assert_true(got > 0);
        assert_memory_equal(some, bytes, got);
    }
    assert_holds(scene, key, bytes, 3 << 20);
    free(bytes);
}

static void nothing_is_overwritten(void **state)
{
    const struct scene *scene = *state;
    struct gd_error err = {0};
    const char *key = key_of(scene, "once");
    put_text(scene, key, "first");
    assert_int_equal(gd_store_put_bytes(scene->store, key, "second", 6, &err).code, GD_REFUSED);
    assert_text(scene, key, "first");
    assert_int_equal(gd_store_put_bytes(scene->store, key, "", 0, &err).code, GD_REFUSED);
    assert_text(scene, key, "first");
    char *large = make_bytes(MANY_PARTS, 1);
    assert_int_equal(gd_store_put_bytes(scene->store, key, large, MANY_PARTS, &err).code,
                     GD_REFUSED);
    assert_text(scene, key, "first");
    free(large);
    remove_key(scene, key);
    assert_absent(scene, key);
    put_text(scene, key, "third");
    assert_text(scene, key, "third");
}

/* Pieces of odd sizes, so that no border of a part is one of a piece. */
static void write_in_pieces(struct gd_sink *sink, const char *bytes, size_t size)
{
    struct gd_error err = {0};
    size_t piece = 1;
    for (size_t done = 0; done < size; done += piece) {
        piece = (piece * 7 + 13) % 300007;
        if (piece > size - done)
            piece = size - done;
        if (gd_sink_write(sink, bytes + done, piece, &err).code != GD_OK)
            fail_msg("%s", err.text);
    }
}

static void a_large_object_comes_back_whole(void **state)
{
    const struct scene *scene = *state;
    struct gd_error err = {0};
    char *bytes = make_bytes(MANY_PARTS, 2);
    static const uint64_t hints[] = {0, MANY_PARTS, 100}; /* not known, right, far too low */
    for (size_t i = 0; i < sizeof hints / sizeof hints[0]; i++) {
        char name[32];
        gd_auto_sink sink = NULL;
        snprintf(name, sizeof name, "large-%zu", i);
        const char *key = key_of(scene, name);
        assert_int_equal(gd_store_put(scene->store, key, hints[i], &sink, &err).code, GD_OK);
        write_in_pieces(sink, bytes, MANY_PARTS);
        assert_false(is_there(scene, key)); /* not before it is finished */
        if (gd_sink_finish(sink, &err).code != GD_OK)
            fail_msg("%s", err.text);
        assert_holds(scene, key, bytes, MANY_PARTS);
    }
    free(bytes);
}

static void what_was_given_up_leaves_nothing(void **state)
{
    static const size_t sizes[] = {0, 10, MANY_PARTS};
    const struct scene *scene = *state;
    char *bytes = make_bytes(MANY_PARTS, 3);
    const char *key = key_of(scene, "given-up");
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct gd_error err = {0};
        struct gd_sink *sink = NULL;
        uint64_t swept = 99;
        assert_int_equal(gd_store_put(scene->store, key, 0, &sink, &err).code, GD_OK);
        write_in_pieces(sink, bytes, sizes[i]);
        gd_sink_free(sink);
        assert_absent(scene, key);
        assert_int_equal(gd_store_sweep(scene->store, scene->prefix, 0, &swept, &err).code, GD_OK);
        assert_int_equal(swept, 0);
    }
    char *listed = list_of(scene, scene->prefix, false);
    assert_string_equal(listed, "");
    free(listed);
    free(bytes);
}

static void what_is_being_written_is_not_swept(void **state)
{
    const struct scene *scene = *state;
    struct gd_error err = {0};
    gd_auto_sink sink = NULL;
    uint64_t swept = 99;
    char *bytes = make_bytes(MANY_PARTS, 4);
    const char *key = key_of(scene, "slow");
    assert_int_equal(gd_store_put(scene->store, key, 0, &sink, &err).code, GD_OK);
    write_in_pieces(sink, bytes, MANY_PARTS / 2);
    assert_int_equal(gd_store_sweep(scene->store, scene->prefix, 3600, &swept, &err).code, GD_OK);
    assert_int_equal(swept, 0);
    write_in_pieces(sink, bytes + MANY_PARTS / 2, MANY_PARTS - MANY_PARTS / 2);
    assert_int_equal(gd_sink_finish(sink, &err).code, GD_OK);
    assert_holds(scene, key, bytes, MANY_PARTS);
    free(bytes);
}

static void what_is_not_there_can_be_removed(void **state)
{
    const struct scene *scene = *state;
    remove_key(scene, key_of(scene, "never"));
    remove_key(scene, key_of(scene, "never/was/here"));
    put_text(scene, key_of(scene, "a/b"), "x");
    remove_key(scene, key_of(scene, "a"));
    remove_key(scene, key_of(scene, "a/b"));
    remove_key(scene, key_of(scene, "a/b"));
    assert_absent(scene, key_of(scene, "a/b"));
}

static void more_than_the_limit_is_not_got(void **state)
{
    const struct scene *scene = *state;
    struct gd_error err = {0};
    char *data = NULL;
    size_t size = 0;
    const char *key = key_of(scene, "limit");
    put_text(scene, key, "0123456789");
    assert_int_equal(gd_store_get_bytes(scene->store, key, 9, &data, &size, &err).code, GD_CORRUPT);
    assert_non_null(strstr(err.text, "limit"));
    assert_int_equal(gd_store_get_bytes(scene->store, key, 10, &data, &size, &err).code, GD_OK);
    assert_int_equal(data[10], '\0');
    free(data);
}

#define SEGMENT_50 "sssssssssssssssssssssssssssssssssssssssssssssssssS"
#define SEGMENT_220 SEGMENT_50 SEGMENT_50 SEGMENT_50 SEGMENT_50 "tttttttttttttttttttt"

static void odd_keys_are_keys(void **state)
{
    static const char *const names[] = {
        "~",           "-",
        "a..b",        "a~2Fb",
        "A_b-C.d~e",   "1/2/3/4/5/6/7/8/9/10/11/12",
        "x.copy.zst",  SEGMENT_220 "/" SEGMENT_220 "/" SEGMENT_220,
        "CON/nul/aux", "-rf/--help",
    };
    const struct scene *scene = *state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        put_text(scene, key_of(scene, names[i]), names[i]);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        assert_text(scene, key_of(scene, names[i]), names[i]);
}

static void hostile_keys_are_refused(void **state)
{
    static const char *const names[] = {
        "",      "/a",   "a/",    "a//b", ".",    "..",    "../a",          "a/../b",
        "a/./b", ".a",   "a/.b",  "a b",  "a\nb", "a\x01", "\xc3\xa4",      "a%2Fb",
        "a?b",   "a#b",  "a&b=c", "a\\b", "a:b",  "a*",    "$(id)",         "a;b",
        "a'b",   "a\"b", "<a>",   "\x7f", "a+b",  "a@b",   SEGMENT_220 "x", "a/../../../etc/passwd",
    };
    const struct scene *scene = *state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct gd_error err = {0};
        struct gd_sink *sink = NULL;
        struct gd_source *source = NULL;
        bool there = true;
        const char *key = i == 0 ? "" : names[i][0] == '/' ? names[i] : key_of(scene, names[i]);
        enum gd_code codes[] = {
            gd_store_put(scene->store, key, 0, &sink, &err).code,
            gd_store_put_bytes(scene->store, key, "x", 1, &err).code,
            gd_store_get(scene->store, key, 0, 0, &source, &err).code,
            gd_store_head(scene->store, key, &there, NULL, &err).code,
            gd_store_remove(scene->store, key, &err).code,
        };
        for (size_t j = 0; j < sizeof codes / sizeof codes[0]; j++)
            if (codes[j] != GD_USAGE)
                fail_msg("\"%s\" was taken as a key: %d", names[i], codes[j]);
    }
    char long_key[KEY_SIZE];
    memset(long_key, 'a', sizeof long_key);
    for (size_t i = 100; i < sizeof long_key; i += 100)
        long_key[i] = '/';
    long_key[901] = '\0';
    struct gd_error err = {0};
    assert_int_equal(gd_store_put_bytes(scene->store, long_key, "x", 1, &err).code, GD_USAGE);
}

static void the_probe_cleans_up(void **state)
{
    const struct scene *scene = *state;
    struct gd_error err = {0};
    struct gd_store_capabilities can = {0};
    double seconds = -1;
    assert_int_equal(gd_store_probe(scene->store, scene->prefix, &can, &seconds, &err).code, GD_OK);
    assert_true(seconds > 0 && seconds < 60);
    assert_true(can.removes);
    char *listed = list_of(scene, scene->prefix, false);
    assert_string_equal(listed, "");
    free(listed);
}

const struct CMUnitTest object_tests[] = {
    cmocka_unit_test(what_was_put_is_what_is_got),
    cmocka_unit_test(a_range_is_that_range),
    cmocka_unit_test(a_source_can_be_left_half_read),
    cmocka_unit_test(nothing_is_overwritten),
    cmocka_unit_test(a_large_object_comes_back_whole),
    cmocka_unit_test(what_was_given_up_leaves_nothing),
    cmocka_unit_test(what_is_being_written_is_not_swept),
    cmocka_unit_test(what_is_not_there_can_be_removed),
    cmocka_unit_test(more_than_the_limit_is_not_got),
    cmocka_unit_test(odd_keys_are_keys),
    cmocka_unit_test(hostile_keys_are_refused),
    cmocka_unit_test(the_probe_cleans_up),
};
const size_t object_test_count = sizeof object_tests / sizeof object_tests[0];
