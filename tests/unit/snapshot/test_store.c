/* Manifests in a store: stored last and read back, found again, and what a fault leaves. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guardian/base/fault.h"
#include "guardian/snapshot/manifest.h"
#include "harness/manifests.h"
#include "harness/shelves.h"

#define KEY "v1/" TEST_CLUSTER "/snapshots/" TEST_SNAPSHOT_ID "/manifest.json"
#define OTHER_ID "20261122T214809Z-00000000aa"

static struct gd_status load(const struct test_shelf *shelf, const char *cluster, const char *id,
                             struct gd_error *err)
{
    gd_auto_arena arena = gd_arena_new();
    struct gd_manifest *manifest = NULL;
    char sha256[GD_DIGEST_HEX_SIZE] = "";
    struct gd_status status =
        gd_manifest_load(shelf->store, cluster, id, arena, &manifest, sha256, err);
    if (status.code == GD_OK)
        assert_int_equal(strlen(sha256), 64);
    return status;
}

static void what_is_stored_is_loaded(void **state)
{
    const struct test_shelf *shelf = *state;
    gd_auto_arena arena = gd_arena_new();
    struct gd_error err = {0};
    char stored[GD_DIGEST_HEX_SIZE], loaded[GD_DIGEST_HEX_SIZE];
    struct gd_manifest *back = NULL;
    assert_int_equal(gd_manifest_store(shelf->store, test_manifest(arena), stored, &err).code,
                     GD_OK);
    assert_int_equal(
        gd_manifest_load(shelf->store, NULL, TEST_SNAPSHOT_ID, arena, &back, loaded, &err).code,
        GD_OK);
    assert_string_equal(stored, loaded);
    assert_int_equal(back->table_count, 5);
    assert_int_equal(load(shelf, TEST_CLUSTER, TEST_SNAPSHOT_ID, &err).code, GD_OK);
}

static void an_id_is_used_once(void **state)
{
    const struct test_shelf *shelf = *state;
    gd_auto_arena arena = gd_arena_new();
    struct gd_error err = {0};
    char sha256[GD_DIGEST_HEX_SIZE];
    struct gd_manifest *manifest = test_manifest(arena);
    assert_int_equal(gd_manifest_store(shelf->store, manifest, sha256, &err).code, GD_OK);
    /* the same bytes again: a put whose answer was lost */
    assert_int_equal(gd_manifest_store(shelf->store, manifest, sha256, &err).code, GD_OK);
    manifest->reason = "another one";
    assert_int_equal(gd_manifest_store(shelf->store, manifest, sha256, &err).code, GD_UNPROTECTED);
    assert_int_equal(load(shelf, NULL, TEST_SNAPSHOT_ID, &err).code,
                     GD_OK); /* the first is there */
}

static void what_could_not_be_read_is_not_stored(void **state)
{
    const struct test_shelf *shelf = *state;
    gd_auto_arena arena = gd_arena_new();
    struct gd_error err = {0};
    char sha256[GD_DIGEST_HEX_SIZE];
    struct gd_manifest *manifest = test_manifest(arena);
    manifest->rows++;
    assert_int_equal(gd_manifest_store(shelf->store, manifest, sha256, &err).code, GD_UNPROTECTED);
    assert_non_null(strstr(err.text, "\"total.rows\" is 1240"));
    assert_int_equal(test_shelf_count(shelf, "v1/"), 0);
}

static void a_fault_leaves_nothing_that_is_listed(void **state)
{
    const struct test_shelf *shelf = *state;
    gd_auto_arena arena = gd_arena_new();
    char sha256[GD_DIGEST_HEX_SIZE];
    struct gd_manifest *manifest = test_manifest(arena);
    for (unsigned nth = 1;; nth++) {
        struct gd_error err = {0};
        gd_fault_arm(nth);
        struct gd_status status = gd_manifest_store(shelf->store, manifest, sha256, &err);
        bool fired = gd_fault_fired();
        gd_fault_arm(0);
        if (!fired) {
            assert_int_equal(status.code, GD_OK);
            assert_true(nth > 2);
            return;
        }
        assert_int_equal(status.code, GD_INJECTED);
        assert_int_equal(test_shelf_count(shelf, "v1/"), 0);
    }
}

/* clang-format off */
static const struct { const char *what, *cluster, *id; enum gd_code code; const char *text, *hint; } lookups[] = {
    {"the whole id",         TEST_CLUSTER, TEST_SNAPSHOT_ID,  GD_OK,    "", ""},
    {"anywhere",             NULL,         TEST_SNAPSHOT_ID,  GD_OK,    "", ""},
    {"its beginning",        NULL,         "20261122T214807", GD_OK,    "", ""},
    {"too little of it",     NULL,         "20261122",        GD_USAGE, "\"20261122\" may be any of 2 snapshots: " TEST_SNAPSHOT_ID " in " TEST_CLUSTER ", " OTHER_ID, "Give more"},
    {"a slip",               TEST_CLUSTER, "20261122T214807Z-3f9c01d2ab", GD_USAGE, "there is no snapshot \"20261122T214807Z-3f9c01d2ab\" in file://", "Did you mean " TEST_SNAPSHOT_ID},
    {"something else",       NULL,         "x",               GD_USAGE, "there is no snapshot \"x\"", "The newest is " OTHER_ID},
    {"another cluster",      "1-other",    TEST_SNAPSHOT_ID,  GD_USAGE, "there is no snapshot", "There is no snapshot at all"},
    {"nothing",              NULL,         "",                GD_USAGE, "the id of a snapshot is empty", ""},
    {"without a manifest",   NULL,         OTHER_ID,          GD_USAGE, "snapshot \"" OTHER_ID "\" has no manifest", "It was not finished"},
    {"a path",               NULL,         "../" TEST_SNAPSHOT_ID, GD_USAGE, "there is no snapshot", ""},
};
/* clang-format on */

static void a_snapshot_is_found_by_its_beginning(void **state)
{
    const struct test_shelf *shelf = *state;
    test_shelf_snapshot(shelf, TEST_SNAPSHOT_ID);
    test_shelf_put(shelf, "v1/" TEST_CLUSTER "/snapshots/" OTHER_ID "/schema.dump", "x", 1);
    test_shelf_put(shelf, "v1/not-a-cluster/snapshots/" OTHER_ID "/schema.dump", "x", 1);
    test_shelf_put(shelf, "v1/" TEST_CLUSTER "/snapshots/no-id/schema.dump", "x", 1);
    for (size_t i = 0; i < sizeof lookups / sizeof lookups[0]; i++) {
        struct gd_error err = {0};
        struct gd_status status = load(shelf, lookups[i].cluster, lookups[i].id, &err);
        if (status.code != lookups[i].code || strstr(err.text, lookups[i].text) == NULL ||
            strstr(err.hint, lookups[i].hint) == NULL)
            fail_msg("%s: %d %s; %s", lookups[i].what, status.code, err.text, err.hint);
    }
}

/* What lies under a manifest's key, and what is wrong with it. */
static void a_manifest_in_the_wrong_place_is_found(void **state)
{
    const struct test_shelf *shelf = *state;
    size_t size = 0;
    struct gd_error err = {0};
    test_shelf_snapshot(shelf, TEST_SNAPSHOT_ID);
    char *text = test_shelf_bytes(shelf, KEY, &size);
    test_shelf_put(shelf, "v1/" TEST_CLUSTER "/snapshots/" OTHER_ID "/manifest.json", text, size);
    test_shelf_put(shelf, "v1/9-shop/snapshots/" TEST_SNAPSHOT_ID "/manifest.json", text, size);
    assert_int_equal(load(shelf, TEST_CLUSTER, OTHER_ID, &err).code, GD_CORRUPT);
    assert_non_null(strstr(err.text, "\"id\" is \"" TEST_SNAPSHOT_ID "\", but it lies where"));
    assert_int_equal(load(shelf, "9-shop", TEST_SNAPSHOT_ID, &err).code, GD_CORRUPT);
    assert_non_null(
        strstr(err.text, "\"cluster\" is \"" TEST_CLUSTER "\", but it lies in \"9-shop\""));

    test_shelf_put(shelf, KEY, text, size / 2);
    assert_int_equal(load(shelf, TEST_CLUSTER, TEST_SNAPSHOT_ID, &err).code, GD_CORRUPT);
    assert_non_null(strstr(err.text, "could not read the manifest of snapshot"));
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_is_stored_is_loaded, test_shelf_open,
                                        test_shelf_close),
        cmocka_unit_test_setup_teardown(an_id_is_used_once, test_shelf_open, test_shelf_close),
        cmocka_unit_test_setup_teardown(what_could_not_be_read_is_not_stored, test_shelf_open,
                                        test_shelf_close),
        cmocka_unit_test_setup_teardown(a_fault_leaves_nothing_that_is_listed, test_shelf_open,
                                        test_shelf_close),
        cmocka_unit_test_setup_teardown(a_snapshot_is_found_by_its_beginning, test_shelf_open,
                                        test_shelf_close),
        cmocka_unit_test_setup_teardown(a_manifest_in_the_wrong_place_is_found, test_shelf_open,
                                        test_shelf_close),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
