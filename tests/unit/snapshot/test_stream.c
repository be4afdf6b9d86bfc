/* One object, there and back: what is stored, what stock tools may read, and every damage to it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guardian/base/fault.h"
#include "guardian/snapshot/stream.h"
#include "harness/manifests.h"
#include "harness/shelves.h"

#define FOLDER "v1/" TEST_CLUSTER "/snapshots/" TEST_SNAPSHOT_ID "/"
#define ROWS "data/000001.copy.zst"
#define OTHER "data/000002.copy.zst"
#define DUMP "schema.dump"

static const char key_text[] = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
static const char other_key[] = "ff0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

static struct gd_key *key_of(const char *text)
{
    struct gd_error err = {0};
    struct gd_key *key = NULL;
    assert_int_equal(gd_key_parse(text, &key, &err).code, GD_OK);
    return key;
}

static struct gd_place place_of(const struct test_shelf *shelf, const struct gd_key *key)
{
    return (struct gd_place){.store = shelf->store,
                             .key = key,
                             .cluster = TEST_CLUSTER,
                             .id = TEST_SNAPSHOT_ID,
                             .level = 3};
}

/* 300 kB of rows: several buffers of every filter. */
static char *rows(size_t *out_size)
{
    char *text = NULL;
    FILE *stream = open_memstream(&text, out_size);
    for (int i = 0; i < 10000; i++)
        fprintf(stream, "%d\trow number %d\t\\N\n", i, i * 7919);
    fclose(stream);
    return text;
}

static struct gd_status write_object(const struct gd_place *place, const char *name,
                                     const char *bytes, size_t size, struct gd_arena *arena,
                                     struct gd_stored *out_stored, struct gd_error *err)
{
    gd_auto_object_writer writer = NULL;
    GD_TRY(gd_object_writer_new(place, name, size, &writer, err));
    for (size_t at = 0; at < size; at += 50000) {
        size_t piece = size - at < 50000 ? size - at : 50000;
        GD_TRY(gd_sink_write(gd_object_writer_sink(writer), bytes + at, piece, err));
    }
    GD_TRY(gd_object_writer_finish(writer, arena, out_stored, err));
    assert_int_equal(gd_object_writer_stored_bytes(writer), out_stored->stored_bytes);
    return GD_DONE;
}

/* Everything the object gives, compared with `bytes`. */
static struct gd_status read_object(const struct gd_place *place, const struct gd_stored *stored,
                                    const char *bytes, size_t size, struct gd_error *err)
{
    gd_auto_source source = NULL;
    char *data = NULL;
    size_t got = 0;
    GD_TRY(gd_object_source_new(place, stored, &source, err));
    GD_TRY(gd_source_all(source, 1 << 20, &data, &got, err));
    bool same = got == size && memcmp(data, bytes, size) == 0;
    free(data);
    assert_true(same);
    return GD_DONE;
}

static struct gd_stored written(const struct gd_place *place, const char *name, const char *bytes,
                                size_t size, struct gd_arena *arena)
{
    struct gd_error err = {0};
    struct gd_stored stored = {0};
    if (write_object(place, name, bytes, size, arena, &stored, &err).code != GD_OK)
        fail_msg("%s", err.text);
    return stored;
}

/* ---- there and back ---- */

/* clang-format off */
static const struct { const char *what, *name; bool encrypted; } forms[] = {
    {"rows",             ROWS, false},
    {"rows, encrypted",  ROWS, true},
    {"a dump",           DUMP, false},
    {"a dump, encrypted", DUMP, true},
};
/* clang-format on */

static void what_was_written_is_read(void **state)
{
    const struct test_shelf *shelf = *state;
    gd_auto_arena arena = gd_arena_new();
    gd_auto_key key = key_of(key_text);
    size_t size = 0;
    char *bytes = rows(&size);
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        struct gd_error err = {0};
        struct gd_place place = place_of(shelf, forms[i].encrypted ? key : NULL);
        struct gd_stored stored = written(&place, forms[i].name, bytes, size, arena);
        char sha256[GD_DIGEST_HEX_SIZE];
        gd_digest_of(bytes, size, sha256);
        assert_string_equal(stored.name, forms[i].name);
        assert_string_equal(stored.sha256, sha256);
        assert_int_equal(stored.bytes, size);
        const char *path = gd_arena_printf(arena, FOLDER "%s", forms[i].name);
        size_t in_store = 0;
        char *object = test_shelf_bytes(shelf, path, &in_store);
        gd_digest_of(object, in_store, sha256);
        assert_string_equal(stored.stored_sha256, sha256);
        assert_int_equal(stored.stored_bytes, in_store);
        free(object);
        if (read_object(&place, &stored, bytes, size, &err).code != GD_OK)
            fail_msg("%s: %s", forms[i].what, err.text);
        assert_int_equal(gd_store_remove(shelf->store, path, &err).code, GD_OK);
    }
    free(bytes);
}

static void an_empty_object_is_read_as_empty(void **state)
{
    const struct test_shelf *shelf = *state;
    gd_auto_arena arena = gd_arena_new();
    struct gd_error err = {0};
    struct gd_place place = place_of(shelf, NULL);
    struct gd_stored stored = written(&place, ROWS, "", 0, arena);
    assert_int_equal(stored.bytes, 0);
    assert_true(stored.stored_bytes > 0); /* a frame */
    assert_int_equal(read_object(&place, &stored, "", 0, &err).code, GD_OK);
}

static void what_is_given_up_is_not_there(void **state)
{
    const struct test_shelf *shelf = *state;
    struct gd_error err = {0};
    struct gd_place place = place_of(shelf, NULL);
    {
        gd_auto_object_writer writer = NULL;
        assert_int_equal(gd_object_writer_new(&place, ROWS, 0, &writer, &err).code, GD_OK);
        assert_int_equal(gd_sink_write(gd_object_writer_sink(writer), "1\n", 2, &err).code, GD_OK);
    }
    assert_int_equal(test_shelf_count(shelf, "v1/"), 0);
}

static void a_fault_leaves_no_object_that_was_reported(void **state)
{
    const struct test_shelf *shelf = *state;
    gd_auto_arena arena = gd_arena_new();
    struct gd_place place = place_of(shelf, NULL);
    for (unsigned nth = 1;; nth++) {
        struct gd_error err = {0};
        struct gd_stored stored = {0};
        gd_fault_arm(nth);
        struct gd_status status = write_object(&place, ROWS, "1\n", 2, arena, &stored, &err);
        if (status.code == GD_OK)
            status = read_object(&place, &stored, "1\n", 2, &err);
        bool fired = gd_fault_fired();
        gd_fault_arm(0);
        if (!fired) {
            assert_int_equal(status.code, GD_OK);
            return;
        }
        assert_int_equal(status.code, GD_INJECTED);
        assert_int_equal(gd_store_remove(shelf->store, FOLDER ROWS, &err).code, GD_OK);
    }
}

/* ---- damage ---- */

enum damage {
    FLIP_FIRST,
    FLIP_MIDDLE,
    FLIP_LAST,
    CUT,
    CUT_TO_NOTHING,
    GARBAGE,
    FRAME,
    MISSING,
    SWAPPED
};

/* clang-format off */
static const struct { const char *what; enum damage damage; } damages[] = {
    {"a bit of the first byte", FLIP_FIRST}, {"a bit in the middle", FLIP_MIDDLE},
    {"a bit of the last byte", FLIP_LAST},   {"the last byte is missing", CUT},
    {"it is empty", CUT_TO_NOTHING},         {"something stands behind it", GARBAGE},
    {"a whole frame stands behind it", FRAME},
    {"it is missing", MISSING},              {"it is another object", SWAPPED},
};
/* clang-format on */

/* An empty frame of zstd: harmless to whoever decompresses, and still not what was stored. */
static const char frame[] = "\x28\xb5\x2f\xfd\x20\x00\x01\x00\x00";

static void break_it(const struct test_shelf *shelf, const char *path, enum damage damage,
                     const char *object, size_t size)
{
    struct gd_error err = {0};
    size_t room = size + sizeof frame, other_size = 0;
    char *broken = calloc(1, room), *other = NULL;
    memcpy(broken, object, size);
    switch (damage) {
    case FLIP_FIRST:
        broken[0] ^= 1;
        break;
    case FLIP_MIDDLE:
        broken[size / 2] ^= 16;
        break;
    case FLIP_LAST:
        broken[size - 1] ^= 1;
        break;
    case CUT:
        size--;
        break;
    case CUT_TO_NOTHING:
        size = 0;
        break;
    case GARBAGE:
        broken[size++] = 'x';
        break;
    case FRAME:
        memcpy(broken + size, frame, sizeof frame - 1);
        size += sizeof frame - 1;
        break;
    case SWAPPED:
        other = test_shelf_bytes(shelf, FOLDER OTHER, &other_size);
        break;
    case MISSING:
        break;
    }
    if (damage == MISSING)
        assert_int_equal(gd_store_remove(shelf->store, path, &err).code, GD_OK);
    else
        test_shelf_put(shelf, path, other == NULL ? broken : other,
                       other == NULL ? size : other_size);
    free(broken);
    free(other);
}

static void every_damage_is_found_and_the_object_named(void **state)
{
    const struct test_shelf *shelf = *state;
    gd_auto_arena arena = gd_arena_new();
    gd_auto_key key = key_of(key_text);
    size_t size = 0;
    char *bytes = rows(&size);
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        struct gd_place place = place_of(shelf, forms[i].encrypted ? key : NULL);
        const char *path = gd_arena_printf(arena, FOLDER "%s", forms[i].name);
        struct gd_error err = {0};
        struct gd_stored stored = written(&place, forms[i].name, bytes, size, arena);
        (void)written(&place, OTHER, bytes, size - 17, arena);
        size_t in_store = 0;
        char *object = test_shelf_bytes(shelf, path, &in_store);
        for (size_t d = 0; d < sizeof damages / sizeof damages[0]; d++) {
            break_it(shelf, path, damages[d].damage, object, in_store);
            err = (struct gd_error){0};
            struct gd_status status = read_object(&place, &stored, bytes, size, &err);
            if (status.code != GD_CORRUPT || strstr(err.text, path) == NULL)
                fail_msg("%s, %s: %d %s", forms[i].what, damages[d].what, status.code, err.text);
        }
        free(object);
        assert_int_equal(gd_store_remove(shelf->store, path, &err).code, GD_OK);
        assert_int_equal(gd_store_remove(shelf->store, FOLDER OTHER, &err).code, GD_OK);
    }
    free(bytes);
}

/* What the manifest says is what counts: a record of fewer bytes is no licence to stop early, and
 * one of more is no reason to wait. */
static void another_record_is_found(void **state)
{
    const struct test_shelf *shelf = *state;
    gd_auto_arena arena = gd_arena_new();
    struct gd_place place = place_of(shelf, NULL);
    struct gd_stored stored = written(&place, ROWS, "1\n2\n", 4, arena);
    struct gd_stored records[] = {stored, stored, stored, stored, stored, stored};
    records[0].bytes--;
    records[1].bytes++;
    records[2].stored_bytes--;
    records[3].stored_bytes++;
    records[4].sha256[0] ^= 1;
    records[5].stored_sha256[0] ^= 1;
    for (size_t i = 0; i < sizeof records / sizeof records[0]; i++) {
        struct gd_error err = {0};
        assert_int_equal(read_object(&place, &records[i], "1\n2\n", 4, &err).code, GD_CORRUPT);
        assert_non_null(strstr(err.text, "recorded"));
    }
}

static void another_snapshots_object_does_not_open(void **state)
{
    const struct test_shelf *shelf = *state;
    gd_auto_arena arena = gd_arena_new();
    gd_auto_key key = key_of(key_text);
    struct gd_error err = {0};
    struct gd_place place = place_of(shelf, key), other = place;
    other.id = "20261122T214808Z-00000000aa";
    struct gd_stored stored = written(&place, ROWS, "1\n", 2, arena);
    size_t size = 0;
    char *object = test_shelf_bytes(shelf, FOLDER ROWS, &size);
    test_shelf_put(shelf, gd_snapshot_key(other.cluster, other.id, ROWS, arena), object, size);
    free(object);
    assert_int_equal(read_object(&other, &stored, "1\n", 2, &err).code, GD_CORRUPT);
}

static void the_key_that_fits_is_asked_for(void **state)
{
    const struct test_shelf *shelf = *state;
    gd_auto_arena arena = gd_arena_new();
    gd_auto_key key = key_of(key_text);
    gd_auto_key wrong = key_of(other_key);
    struct gd_error err = {0};
    struct gd_manifest *manifest = test_manifest_small(NULL, arena);
    struct gd_place with = place_of(shelf, key), without = place_of(shelf, NULL),
                    another = place_of(shelf, wrong);
    manifest->key_id = gd_key_id(key);
    assert_int_equal(gd_place_fits(&with, manifest, &err).code, GD_OK);
    assert_int_equal(gd_place_fits(&without, manifest, &err).code, GD_USAGE);
    assert_non_null(strstr(err.text, "no key was given"));
    assert_int_equal(gd_place_fits(&another, manifest, &err).code, GD_USAGE);
    assert_non_null(strstr(err.text, gd_key_id(wrong)));
    assert_null(strstr(err.text, "ff0102"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, test_shelf_open, test_shelf_close)
    const struct CMUnitTest tests[] = {
        TEST(what_was_written_is_read),
        TEST(an_empty_object_is_read_as_empty),
        TEST(what_is_given_up_is_not_there),
        TEST(a_fault_leaves_no_object_that_was_reported),
        TEST(every_damage_is_found_and_the_object_named),
        TEST(another_record_is_found),
        TEST(another_snapshots_object_does_not_open),
        TEST(the_key_that_fits_is_asked_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
