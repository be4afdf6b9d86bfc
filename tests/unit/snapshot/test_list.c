#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guardian/base/fault.h"
#include "guardian/snapshot/list.h"
#include "harness/manifests.h"
#include "harness/shelves.h"

#define FIRST "20261120T000000Z-00000000aa"
#define SECOND "20261121T000000Z-00000000bb"
#define THIRD "20261122T000000Z-00000000cc"
#define FOLDER "v1/" TEST_CLUSTER "/snapshots/"

static struct gd_listed *listed(const struct test_shelf *shelf, size_t count,
                                struct gd_arena *arena)
{
    struct gd_error err = {0};
    struct gd_listed *list = NULL;
    size_t found = 0;
    if (gd_snapshot_list(shelf->store, TEST_CLUSTER, arena, &list, &found, &err).code != GD_OK)
        fail_msg("%s", err.text);
    assert_int_equal(found, count);
    return list;
}

static void every_snapshot_is_listed_oldest_first(void **state)
{
    const struct test_shelf *shelf = *state;
    gd_auto_arena arena = gd_arena_new();
    test_shelf_snapshot(shelf, SECOND);
    test_shelf_snapshot(shelf, FIRST);
    test_shelf_snapshot(shelf, THIRD);
    struct gd_listed *list = listed(shelf, 3, arena);
    assert_string_equal(list[0].id, FIRST);
    assert_string_equal(list[1].id, SECOND);
    assert_string_equal(list[2].id, THIRD);
    for (size_t i = 0; i < 3; i++) {
        assert_null(list[i].problem);
        assert_string_equal(list[i].manifest->id, list[i].id);
        assert_string_equal(list[i].manifest->database, "shop");
        assert_int_equal(strlen(list[i].manifest_sha256), 64);
        assert_false(list[i].held || list[i].unfinished);
    }
    assert_true(list[2].time_us - list[1].time_us == INT64_C(86400000000));
}

static void a_head_has_everything_but_the_lists(void **state)
{
    (void)state;
    gd_auto_arena arena = gd_arena_new();
    struct gd_manifest *head = NULL;
    {
        gd_auto_arena scratch = gd_arena_new();
        head = gd_manifest_head(test_manifest(scratch), arena);
    }
    assert_string_equal(head->cluster, TEST_CLUSTER);
    assert_string_equal(head->reason, "before \"orders\" loses a column");
    assert_string_equal(head->schema_dump.name, "schema.dump");
    assert_string_equal(head->blobs_dump.name, "blobs.dump");
    assert_string_equal(head->collation_version, "2.36");
    assert_int_equal(head->rows, 1239);
    assert_int_equal(head->table_count + head->sequence_count + head->extension_count, 0);
    assert_null(head->tables);
    assert_string_equal(head->globals_json, "");
}

static void hundreds_are_read_by_several_threads(void **state)
{
    const struct test_shelf *shelf = *state;
    enum { COUNT = 120 };
    gd_auto_arena arena = gd_arena_new();
    for (int i = 0; i < COUNT; i++) {
        char id[64];
        snprintf(id, sizeof id, "20261122T%02d%02d00Z-%010x", i / 60, i % 60, (unsigned)i);
        test_shelf_snapshot(shelf, id);
    }
    struct gd_listed *list = listed(shelf, COUNT, arena);
    for (int i = 0; i < COUNT; i++)
        assert_string_equal(list[i].manifest->id, list[i].id);
}

static void what_cannot_be_read_is_listed_with_its_problem(void **state)
{
    const struct test_shelf *shelf = *state;
    gd_auto_arena arena = gd_arena_new();
    test_shelf_put(shelf, FOLDER FIRST "/manifest.json", "{}", 2);
    test_shelf_put(shelf, FOLDER SECOND "/data/000001.copy.zst", "xy", 2);
    test_shelf_put(shelf, FOLDER THIRD "/manifest.json", "{\"format\": 7}", 13);
    test_shelf_put(shelf, FOLDER "lost-found/manifest.json", "{}", 2);
    struct gd_listed *list = listed(shelf, 3, arena);
    assert_non_null(strstr(list[0].problem, "\"format\" is not the number of a format"));
    assert_false(list[0].unfinished);
    assert_string_equal(list[1].problem, "no manifest: not finished, or being made");
    assert_true(list[1].unfinished);
    assert_int_equal(list[1].litter_bytes, 2);
    assert_true(list[1].touched_us >= list[1].time_us);
    assert_non_null(strstr(list[2].problem, "it has format 7"));
    for (size_t i = 0; i < 3; i++)
        assert_null(list[i].manifest);
}

static void what_is_missing_is_listed_with_its_name(void **state)
{
    const struct test_shelf *shelf = *state;
    gd_auto_arena arena = gd_arena_new();
    struct gd_error err = {0};
    test_shelf_snapshot(shelf, FIRST);
    test_shelf_snapshot(shelf, SECOND);
    test_shelf_snapshot(shelf, THIRD);
    assert_int_equal(gd_store_remove(shelf->store, FOLDER FIRST "/schema.dump", &err).code, GD_OK);
    test_shelf_put(shelf, FOLDER SECOND "/schema.dump", "?", 1);
    struct gd_listed *list = listed(shelf, 3, arena);
    assert_string_equal(list[0].problem, "object \"" FOLDER FIRST "/schema.dump\" is missing");
    assert_string_equal(list[1].problem, "object \"" FOLDER SECOND
                                         "/schema.dump\" has 1 bytes, and 4711 were recorded");
    assert_null(list[2].problem);
    assert_non_null(list[0].manifest); /* it can be read, and says what it was */
}

static void a_store_that_fails_is_no_empty_list(void **state)
{
    const struct test_shelf *shelf = *state;
    test_shelf_snapshot(shelf, FIRST);
    test_shelf_snapshot(shelf, SECOND);
    for (unsigned nth = 1;; nth++) {
        gd_auto_arena arena = gd_arena_new();
        struct gd_error err = {0};
        struct gd_listed *list = NULL;
        size_t count = 0;
        gd_fault_arm(nth);
        struct gd_status status = gd_snapshot_list(shelf->store, NULL, arena, &list, &count, &err);
        bool fired = gd_fault_fired();
        gd_fault_arm(0);
        if (!fired) {
            assert_int_equal(status.code, GD_OK);
            assert_int_equal(count, 2);
            assert_true(nth > 2);
            return;
        }
        assert_int_equal(status.code, GD_INJECTED);
    }
}

static void a_hold_is_shown_until_it_is_released(void **state)
{
    const struct test_shelf *shelf = *state;
    gd_auto_arena arena = gd_arena_new();
    struct gd_error err = {0};
    test_shelf_snapshot(shelf, FIRST);
    test_shelf_snapshot(shelf, SECOND);
    for (int twice = 0; twice < 2; twice++)
        assert_int_equal(
            gd_snapshot_hold(shelf->store, TEST_CLUSTER, FIRST, true, "audit\n", &err).code, GD_OK);
    struct gd_listed *list = listed(shelf, 2, arena);
    assert_true(list[0].held);
    assert_false(list[1].held);
    size_t size = 0;
    char *hold = test_shelf_bytes(shelf, "v1/" TEST_CLUSTER "/holds/" FIRST, &size);
    assert_non_null(strstr(hold, "\"reason\":\"audit\\n\""));
    free(hold);
    for (int twice = 0; twice < 2; twice++)
        assert_int_equal(
            gd_snapshot_hold(shelf->store, TEST_CLUSTER, FIRST, false, NULL, &err).code, GD_OK);
    assert_false(listed(shelf, 2, arena)[0].held);
}

static void a_change_is_open_until_its_journal_is_closed(void **state)
{
    const struct test_shelf *shelf = *state;
    struct gd_error err = {0};
    bool open = true;
    assert_int_equal(gd_snapshot_change_open(shelf->store, TEST_CLUSTER, "", &open, &err).code,
                     GD_OK);
    assert_false(open);
    test_shelf_put(shelf, "v1/" TEST_CLUSTER "/changes/" FIRST "/0001-received", "x", 1);
    assert_int_equal(gd_snapshot_change_open(shelf->store, TEST_CLUSTER, FIRST, &open, &err).code,
                     GD_OK);
    assert_true(open);
    test_shelf_put(shelf, "v1/" TEST_CLUSTER "/changes/" FIRST "/closed", "x", 1);
    assert_int_equal(gd_snapshot_change_open(shelf->store, TEST_CLUSTER, FIRST, &open, &err).code,
                     GD_OK);
    assert_false(open);
}

static void removing_takes_the_manifest_first_and_then_all(void **state)
{
    const struct test_shelf *shelf = *state;
    for (unsigned nth = 1;; nth++) {
        gd_auto_arena arena = gd_arena_new();
        struct gd_error err = {0};
        test_shelf_snapshot(shelf, FIRST);
        test_shelf_snapshot(shelf, SECOND);
        test_shelf_put(shelf, "v1/" TEST_CLUSTER "/proofs/" FIRST "/x.json", "{}", 2);
        gd_fault_arm(nth);
        struct gd_status status = gd_snapshot_remove(shelf->store, TEST_CLUSTER, FIRST, &err);
        bool fired = gd_fault_fired();
        gd_fault_arm(0);
        assert_int_equal(status.code, fired ? GD_INJECTED : GD_OK);
        if (!fired) {
            assert_int_equal(test_shelf_count(shelf, "v1/" TEST_CLUSTER "/snapshots/"), 2);
            assert_int_equal(test_shelf_count(shelf, "v1/" TEST_CLUSTER "/proofs/"), 0);
            listed(shelf, 1, arena);
            return;
        }
        struct gd_manifest *manifest = NULL;
        char sha256[GD_DIGEST_HEX_SIZE];
        /* either whole, or without its manifest: then trying again cleans up */
        if (gd_manifest_load(shelf->store, TEST_CLUSTER, FIRST, arena, &manifest, sha256, &err)
                .code == GD_OK)
            assert_int_equal(test_shelf_count(shelf, "v1/" TEST_CLUSTER "/snapshots/" FIRST "/"),
                             2);
        assert_int_equal(gd_snapshot_remove(shelf->store, TEST_CLUSTER, FIRST, &err).code, GD_OK);
        assert_int_equal(test_shelf_count(shelf, "v1/" TEST_CLUSTER "/snapshots/" FIRST "/"), 0);
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, test_shelf_open, test_shelf_close)
    const struct CMUnitTest tests[] = {
        TEST(every_snapshot_is_listed_oldest_first),
        TEST(hundreds_are_read_by_several_threads),
        TEST(what_cannot_be_read_is_listed_with_its_problem),
        TEST(what_is_missing_is_listed_with_its_name),
        TEST(a_store_that_fails_is_no_empty_list),
        TEST(a_hold_is_shown_until_it_is_released),
        TEST(a_change_is_open_until_its_journal_is_closed),
        TEST(removing_takes_the_manifest_first_and_then_all),
        cmocka_unit_test(a_head_has_everything_but_the_lists),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
