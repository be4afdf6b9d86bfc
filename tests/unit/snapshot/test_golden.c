/*
 * A store as format 1 left it: two snapshots of one small database, in the clear and encrypted.
 *
 * They are never made anew. Whoever changes what is read or written finds out here whether what
 * people have in their stores can still be read.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guardian/prove/shelf.h"
#include "guardian/snapshot/stream.h"

#define CLUSTER "7711143739912281663-golden"
#define PLAIN "20261122T233602Z-317b9601b1"
#define SEALED "20261122T233602Z-3266d295bb"

static const char key_text[] = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

static const char people[] = "1\tAda\t1815-12-10\ttab\\there, line\\nthere, back\\\\slash\tgreen\n"
                             "2\tGrace\t\\N\t\t\\N\n"
                             "3\tZo\xc3\xab\t0044-03-15 BC\t\\\\N\tred\n";

static struct gd_store *golden_store(void)
{
    struct gd_error err = {0};
    struct gd_store *store = NULL;
    struct gd_store_options options = {.url = "file://" GD_SOURCE_DIR "/tests/golden/store-1"};
    if (gd_store_open(&options, &store, &err).code != GD_OK)
        fail_msg("%s", err.text);
    return store;
}

static struct gd_manifest *manifest_of(struct gd_store *store, const char *id,
                                       struct gd_arena *arena)
{
    struct gd_error err = {0};
    struct gd_manifest *manifest = NULL;
    char sha256[GD_DIGEST_HEX_SIZE];
    if (gd_manifest_load(store, CLUSTER, id, arena, &manifest, sha256, &err).code != GD_OK)
        fail_msg("%s", err.text);
    return manifest;
}

static void both_are_listed_proven_and_whole(void **state)
{
    (void)state;
    gd_auto_store store = golden_store();
    gd_auto_arena arena = gd_arena_new();
    struct gd_error err = {0};
    struct gd_shelved *items = NULL;
    size_t count = 0;
    if (gd_shelf_read(store, NULL, arena, &items, &count, &err).code != GD_OK)
        fail_msg("%s", err.text);
    assert_int_equal(count, 2);
    for (size_t i = 0; i < count; i++) {
        assert_null(items[i].listed.problem);
        assert_int_equal(items[i].proof, GD_PROOF_DIGEST);
        assert_string_equal(items[i].listed.manifest->database, "golden");
        assert_int_equal(items[i].listed.manifest->rows, 8);
    }
}

static void a_manifest_of_then_is_written_in_the_same_bytes(void **state)
{
    (void)state;
    gd_auto_store store = golden_store();
    gd_auto_arena arena = gd_arena_new();
    struct gd_error err = {0};
    char *text = NULL, *stored = NULL;
    size_t size = 0, stored_size = 0;
    const char *key = gd_snapshot_key(CLUSTER, PLAIN, "manifest.json", arena);
    struct gd_manifest *manifest = manifest_of(store, PLAIN, arena);
    assert_int_equal(gd_manifest_format(manifest, &text, &size, &err).code, GD_OK);
    assert_int_equal(gd_store_get_bytes(store, key, 1 << 20, &stored, &stored_size, &err).code,
                     GD_OK);
    assert_string_equal(text, stored);
    free(text);
    free(stored);
}

/* Every object, read to its end: sizes and both digests are compared on the way. */
static char *bytes_of(const struct gd_place *place, const struct gd_stored *stored,
                      size_t *out_size)
{
    struct gd_error err = {0};
    gd_auto_source source = NULL;
    char *data = NULL;
    if (gd_object_source_new(place, stored, &source, &err).code != GD_OK ||
        gd_source_all(source, 1 << 20, &data, out_size, &err).code != GD_OK)
        fail_msg("%s", err.text);
    return data;
}

static const struct gd_table *table_of(const struct gd_manifest *manifest, const char *name)
{
    for (size_t i = 0; i < manifest->table_count; i++)
        if (strcmp(manifest->tables[i].name, name) == 0)
            return &manifest->tables[i];
    fail_msg("there is no table %s", name);
    return NULL;
}

static void read_all(const char *id, const struct gd_key *key)
{
    gd_auto_store store = golden_store();
    gd_auto_arena arena = gd_arena_new();
    struct gd_error err = {0};
    size_t size = 0;
    struct gd_manifest *manifest = manifest_of(store, id, arena);
    struct gd_place place = {.store = store, .key = key, .cluster = CLUSTER, .id = id};
    assert_int_equal(gd_place_fits(&place, manifest, &err).code, GD_OK);

    char *rows = bytes_of(&place, &table_of(manifest, "people")->parts[0].stored, &size);
    assert_string_equal(rows, people);
    free(rows);
    rows = bytes_of(&place, &table_of(manifest, "odd \"name")->parts[0].stored, &size);
    assert_memory_equal(rows, "1\t0.14285714285714285714\n", 25);
    free(rows);
    char *dump = bytes_of(&place, &manifest->schema_dump, &size);
    assert_memory_equal(dump, "PGDMP", 5);
    free(dump);
    dump = bytes_of(&place, &manifest->blobs_dump, &size);
    assert_memory_equal(dump, "PGDMP", 5);
    free(dump);

    assert_int_equal(table_of(manifest, "nothing")->part_count, 0);
    assert_int_equal(manifest->sequences[0].last_value, 2);
    assert_true(manifest->sequences[0].is_called && manifest->matviews[0].populated);
    assert_int_equal(manifest->large_objects.count, 1);
}

static void every_object_in_the_clear_is_read(void **state)
{
    (void)state;
    read_all(PLAIN, NULL);
}

static void every_sealed_object_is_read(void **state)
{
    (void)state;
    struct gd_error err = {0};
    gd_auto_key key = NULL;
    assert_int_equal(gd_key_parse(key_text, &key, &err).code, GD_OK);
    read_all(SEALED, key);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_are_listed_proven_and_whole),
        cmocka_unit_test(a_manifest_of_then_is_written_in_the_same_bytes),
        cmocka_unit_test(every_object_in_the_clear_is_read),
        cmocka_unit_test(every_sealed_object_is_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
