/* A snapshot into an archive and out of it, and every way in which that can go wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guardian/base/fault.h"
#include "guardian/io/tar.h"
#include "guardian/snapshot/portable.h"
#include "harness/manifests.h"
#include "harness/shelves.h"

#define FOLDER "v1/" TEST_CLUSTER "/snapshots/" TEST_SNAPSHOT_ID "/"
#define PART "data/000002.copy.zst"

/* The store that a snapshot comes from, and the one that it goes to. */
struct two {
    struct test_shelf *from, *to;
    struct gd_arena *arena;
    struct gd_manifest *manifest;
    char sha256[GD_DIGEST_HEX_SIZE];
};

/* Bytes that are as long as the manifest says; it learns their digest. */
static void put_object(struct two *two, struct gd_stored *stored)
{
    char *bytes = malloc(stored->stored_bytes);
    for (size_t i = 0; i < stored->stored_bytes; i++)
        bytes[i] = (char)(i * 31 + stored->stored_bytes);
    gd_digest_of(bytes, stored->stored_bytes, stored->stored_sha256);
    test_shelf_put(two->from,
                   gd_snapshot_key(TEST_CLUSTER, TEST_SNAPSHOT_ID, stored->name, two->arena), bytes,
                   stored->stored_bytes);
    free(bytes);
}

static int open_two(void **state)
{
    struct two *two = calloc(1, sizeof *two);
    struct gd_error err = {0};
    void *shelf = NULL;
    test_shelf_open(&shelf);
    two->from = shelf;
    test_shelf_open(&shelf);
    two->to = shelf;
    two->arena = gd_arena_new();
    two->manifest = test_manifest(two->arena);
    put_object(two, &two->manifest->schema_dump);
    put_object(two, &two->manifest->blobs_dump);
    for (size_t t = 0; t < two->manifest->table_count; t++)
        for (size_t p = 0; p < two->manifest->tables[t].part_count; p++)
            put_object(two, &two->manifest->tables[t].parts[p].stored);
    assert_int_equal(gd_manifest_store(two->from->store, two->manifest, two->sha256, &err).code,
                     GD_OK);
    *state = two;
    return 0;
}

static int close_two(void **state)
{
    struct two *two = *state;
    void *from = two->from, *to = two->to;
    gd_fault_arm(0);
    gd_arena_free(two->arena);
    free(two);
    return test_shelf_close(&from) + test_shelf_close(&to);
}

static struct gd_status export(struct two *two, struct gd_sink *sink, struct gd_error *err)
{
    struct gd_portable sum;
    return gd_snapshot_export(two->from->store, two->manifest, two->sha256, sink, NULL, &sum, err);
}

/* The archive; a view that lives as long as `out_sink`. */
static const char *exported(struct two *two, struct gd_sink **out_sink, size_t *out_size)
{
    struct gd_error err = {0};
    *out_sink = gd_mem_sink_new(1 << 20);
    assert_int_equal(export(two, *out_sink, &err).code, GD_OK);
    return gd_mem_sink_data(*out_sink, out_size);
}

static struct gd_status import(struct two *two, const char *tar, size_t size,
                               struct gd_portable *out_sum, struct gd_error *err)
{
    return gd_snapshot_import(two->to->store, gd_mem_source_new(tar, size), NULL, two->arena,
                              out_sum, err);
}

static bool is_imported(const struct two *two)
{
    return test_shelf_count(two->to, FOLDER "manifest.json") == 1;
}

static struct gd_status compare_one(void *context, const struct gd_store_entry *entry,
                                    struct gd_error *err)
{
    (void)err;
    struct two *two = context;
    size_t one_size = 0, other_size = 0;
    char *one = test_shelf_bytes(two->from, entry->key, &one_size);
    char *other = test_shelf_bytes(two->to, entry->key, &other_size);
    assert_int_equal(one_size, other_size);
    assert_memory_equal(one, other, one_size);
    free(one);
    free(other);
    return GD_DONE;
}

static void assert_same(struct two *two)
{
    struct gd_error err = {0};
    assert_int_equal(test_shelf_count(two->from, ""), test_shelf_count(two->to, ""));
    assert_int_equal(gd_store_list(two->from->store, "", compare_one, two, &err).code, GD_OK);
}

static void what_was_exported_is_imported_byte_for_byte(void **state)
{
    struct two *two = *state;
    struct gd_error err = {0};
    struct gd_portable sum;
    gd_auto_sink sink = NULL;
    size_t size = 0;
    const char *tar = exported(two, &sink, &size);
    assert_int_equal(import(two, tar, size, &sum, &err).code, GD_OK);
    assert_same(two);
    assert_string_equal(sum.id, TEST_SNAPSHOT_ID);
    assert_string_equal(sum.cluster, TEST_CLUSTER);
    assert_int_equal(sum.objects, 7);
    assert_int_equal(sum.already, 0);
    assert_true(sum.bytes > two->manifest->stored_bytes);
}

static void an_archive_is_the_same_each_time_and_begins_with_the_manifest(void **state)
{
    struct two *two = *state;
    gd_auto_sink one_sink = NULL;
    gd_auto_sink other_sink = NULL;
    size_t one_size = 0, other_size = 0;
    const char *one = exported(two, &one_sink, &one_size);
    const char *other = exported(two, &other_sink, &other_size);
    assert_int_equal(one_size, other_size);
    assert_memory_equal(one, other, one_size);
    assert_string_equal(one, TEST_SNAPSHOT_ID "/manifest.json");
}

/* --- out of a store that was damaged -----------------------------------------------------------
 */

static void an_object_that_was_damaged_is_named_and_nothing_is_finished(void **state)
{
    struct two *two = *state;
    size_t size = 0;
    char *bytes = test_shelf_bytes(two->from, FOLDER PART, &size);
    static const struct {
        size_t shorter;
        unsigned flip;
    } damages[] = {{0, 1}, {1, 0}, {0, 0x80}};
    for (size_t i = 0; i < sizeof damages / sizeof damages[0]; i++) {
        struct gd_error err = {0};
        gd_auto_sink sink = gd_mem_sink_new(1 << 20);
        bytes[100] = (char)(bytes[100] ^ (char)damages[i].flip);
        test_shelf_put(two->from, FOLDER PART, bytes, size - damages[i].shorter);
        bytes[100] = (char)(bytes[100] ^ (char)damages[i].flip);
        assert_int_equal(export(two, sink, &err).code, GD_CORRUPT);
        assert_non_null(strstr(err.text, FOLDER PART));
        assert_int_not_equal(sink->state, GD_SINK_FINISHED);
    }
    free(bytes);
    struct gd_error err = {0};
    gd_auto_sink sink = gd_mem_sink_new(1 << 20);
    assert_int_equal(gd_store_remove(two->from->store, FOLDER PART, &err).code, GD_OK);
    assert_int_equal(export(two, sink, &err).code, GD_CORRUPT);
    assert_non_null(strstr(err.text, PART));
}

/* --- into a store, from an archive that was changed --------------------------------------------
 */

enum edit { DROP, TWICE, FLIP, SHORTER, RENAME, FIRST, ADD };

static void write_file(struct gd_tar_writer *writer, const char *name, const char *data,
                       size_t size)
{
    struct gd_error err = {0};
    gd_auto_source source = gd_mem_source_new(data, size);
    assert_int_equal(gd_tar_writer_add(writer, name, size, source, &err).code, GD_OK);
}

static void write_edited(struct gd_tar_writer *writer, const char *name, char *data, size_t size,
                         enum edit edit)
{
    if (edit == FLIP)
        data[size / 2] = (char)(data[size / 2] ^ 1);
    if (edit != DROP)
        write_file(writer, edit == RENAME ? TEST_SNAPSHOT_ID "/data/000099.copy.zst" : name, data,
                   edit == SHORTER ? size - 1 : size);
    if (edit == TWICE)
        write_file(writer, name, data, size);
    if (edit == ADD)
        write_file(writer, TEST_SNAPSHOT_ID "/data/000099.copy.zst", data, size);
}

/* Copies an archive; the file whose name ends in `victim` is edited on the way. */
static char *edited(const char *tar, size_t size, const char *victim, enum edit edit,
                    size_t *out_size)
{
    struct gd_error err = {0};
    gd_auto_tar_reader reader = NULL;
    gd_auto_tar_writer writer = NULL;
    struct gd_sink *mem = gd_mem_sink_new(1 << 20);
    assert_int_equal(gd_tar_reader_new(gd_mem_source_new(tar, size), &reader, &err).code, GD_OK);
    assert_int_equal(gd_tar_writer_new(mem, 0, &writer, &err).code, GD_OK);
    if (edit == FIRST)
        write_file(writer, TEST_SNAPSHOT_ID "/data/000001.copy.zst", "x", 1);
    for (;;) {
        const char *name = NULL;
        struct gd_source *source = NULL;
        uint64_t bytes = 0;
        char *data = NULL;
        size_t got = 0;
        assert_int_equal(gd_tar_reader_next(reader, &name, &bytes, &source, &err).code, GD_OK);
        if (name == NULL)
            break;
        assert_int_equal(gd_source_all(source, 1 << 20, &data, &got, &err).code, GD_OK);
        if (strcmp(strchr(name, '/') + 1, victim) == 0)
            write_edited(writer, name, data, got, edit);
        else
            write_file(writer, name, data, got);
        free(data);
    }
    assert_int_equal(gd_tar_writer_finish(writer, &err).code, GD_OK);
    const void *made = gd_mem_sink_data(mem, out_size);
    char *copy = malloc(*out_size);
    memcpy(copy, made, *out_size);
    return copy;
}

static const struct {
    const char *victim;
    enum edit edit;
    const char *text;
} edits[] = {
    {PART, DROP, "the archive lacks \"" PART "\""},
    {"schema.dump", DROP, "the archive lacks \"schema.dump\""},
    {PART, TWICE, "\" twice"},
    {PART, FLIP, "\"" PART "\" in the archive is not what its manifest says"},
    {PART, SHORTER, "is not what its manifest says"},
    {PART, RENAME, "which its manifest does not name"},
    {PART, ADD, "which its manifest does not name"},
    {PART, FIRST, "does not begin with the manifest"},
    {"manifest.json", DROP, "does not begin with the manifest"},
    {"manifest.json", TWICE, "which its manifest does not name"},
    {"manifest.json", SHORTER, NULL},
};

static void an_archive_that_was_changed_brings_no_snapshot(void **state)
{
    struct two *two = *state;
    gd_auto_sink sink = NULL;
    size_t size = 0, made_size = 0;
    const char *tar = exported(two, &sink, &size);
    for (size_t i = 0; i < sizeof edits / sizeof edits[0]; i++) {
        struct gd_error err = {0};
        struct gd_portable sum;
        char *made = edited(tar, size, edits[i].victim, edits[i].edit, &made_size);
        struct gd_status status = import(two, made, made_size, &sum, &err);
        free(made);
        if (edits[i].text == NULL && status.code == GD_OK)
            continue; /* the line end at its end was cut off: another text of the same manifest */
        assert_int_equal(status.code, GD_CORRUPT);
        if (strstr(err.text, edits[i].text) == NULL)
            fail_msg("%zu: %s", i, err.text);
        assert_false(is_imported(two));
    }
}

static void an_archive_that_is_cut_brings_no_snapshot(void **state)
{
    struct two *two = *state;
    gd_auto_sink sink = NULL;
    size_t size = 0;
    const char *tar = exported(two, &sink, &size);
    for (size_t cut = 0; cut<size; cut += cut + 1024> size ? 256 : 2999) {
        struct gd_error err = {0};
        struct gd_portable sum;
        assert_int_equal(import(two, tar, cut, &sum, &err).code, GD_CORRUPT);
        assert_false(is_imported(two));
    }
}

static void a_snapshot_that_is_there_is_not_touched(void **state)
{
    struct two *two = *state;
    struct gd_error err = {0};
    struct gd_portable sum;
    gd_auto_sink sink = NULL;
    size_t size = 0;
    const char *tar = exported(two, &sink, &size);
    assert_int_equal(import(two, tar, size, &sum, &err).code, GD_OK);
    assert_int_equal(import(two, tar, size, &sum, &err).code, GD_USAGE);
    assert_non_null(strstr(err.text, "is in the store already"));
    assert_same(two);
}

static void what_lies_there_is_taken_when_it_is_the_same(void **state)
{
    struct two *two = *state;
    struct gd_error err = {0};
    struct gd_portable sum;
    gd_auto_sink sink = NULL;
    size_t size = 0, part_size = 0;
    const char *tar = exported(two, &sink, &size);
    char *part = test_shelf_bytes(two->from, FOLDER PART, &part_size);

    test_shelf_put(two->to, FOLDER PART, part, part_size - 1);
    assert_int_equal(import(two, tar, size, &sum, &err).code, GD_REFUSED);
    assert_non_null(strstr(err.text, "with other bytes"));
    assert_false(is_imported(two));

    test_shelf_put(two->to, FOLDER PART, part, part_size);
    assert_int_equal(import(two, tar, size, &sum, &err).code, GD_OK);
    assert_true(sum.already >= 1);
    assert_same(two);
    free(part);
}

/* --- failures on the way -----------------------------------------------------------------------
 */

/* Each of some hundred points costs fsyncs: every few of them, unless there is time for all. */
static unsigned step(unsigned few)
{
    return getenv("GUARDIAN_TEST_DEEP") != NULL ? 1 : few;
}

static void wipe_target(struct two *two)
{
    char command[128];
    snprintf(command, sizeof command, "rm -rf '%s/store'", two->to->folder);
    assert_int_equal(system(command), 0);
}

static void under_every_failure_there_is_no_half_snapshot_and_a_second_try_works(void **state)
{
    struct two *two = *state;
    gd_auto_sink sink = NULL;
    size_t size = 0;
    const char *tar = exported(two, &sink, &size);
    unsigned nth = 0;
    for (bool fired = true; fired;) {
        struct gd_error err = {0};
        struct gd_portable sum;
        wipe_target(two);
        nth += step(3);
        gd_fault_arm(nth);
        struct gd_status status = import(two, tar, size, &sum, &err);
        fired = gd_fault_fired();
        gd_fault_arm(0);
        assert_true((status.code == GD_OK) == is_imported(two));
        assert_true(fired || status.code == GD_OK);
        if (status.code != GD_OK)
            assert_int_equal(import(two, tar, size, &sum, &err).code, GD_OK);
        assert_same(two);
    }
    assert_true(nth > 50);
}

static void after_every_crash_there_is_no_half_snapshot_and_a_second_try_works(void **state)
{
    struct two *two = *state;
    gd_auto_sink sink = NULL;
    size_t size = 0;
    const char *tar = exported(two, &sink, &size);
    unsigned nth = 1;
    for (int ending = 99 << 8; ending == 99 << 8; nth += step(5)) {
        struct gd_error err = {0};
        struct gd_portable sum;
        wipe_target(two);
        pid_t child = fork();
        if (child == 0) {
            gd_fault_arm_crash(nth);
            _exit(import(two, tar, size, &sum, &err).code == GD_OK ? 0 : 1);
        }
        waitpid(child, &ending, 0);
        assert_true(ending == 0 || ending == 99 << 8);
        if (!is_imported(two))
            assert_int_equal(import(two, tar, size, &sum, &err).code, GD_OK);
        struct gd_manifest *manifest = NULL;
        char sha256[GD_DIGEST_HEX_SIZE];
        assert_int_equal(gd_manifest_load(two->to->store, TEST_CLUSTER, TEST_SNAPSHOT_ID,
                                          two->arena, &manifest, sha256, &err)
                             .code,
                         GD_OK);
        assert_string_equal(sha256, two->sha256);
        assert_int_equal(gd_store_list(two->from->store, "", compare_one, two, &err).code, GD_OK);
    }
    assert_true(nth > 50);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_two, close_two)
    const struct CMUnitTest tests[] = {
        TEST(what_was_exported_is_imported_byte_for_byte),
        TEST(an_archive_is_the_same_each_time_and_begins_with_the_manifest),
        TEST(an_object_that_was_damaged_is_named_and_nothing_is_finished),
        TEST(an_archive_that_was_changed_brings_no_snapshot),
        TEST(an_archive_that_is_cut_brings_no_snapshot),
        TEST(a_snapshot_that_is_there_is_not_touched),
        TEST(what_lies_there_is_taken_when_it_is_the_same),
        TEST(under_every_failure_there_is_no_half_snapshot_and_a_second_try_works),
        TEST(after_every_crash_there_is_no_half_snapshot_and_a_second_try_works),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
