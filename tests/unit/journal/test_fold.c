/* Changes that are over are summed up; and what a summary is worth when it is gone or damaged. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guardian/base/fault.h"
#include "guardian/journal/fold.h"
#include "guardian/journal/story.h"
#include "harness/shelves.h"

#define CLUSTER "7301234567890123456-shop"
#define FOLDED "v1/" CLUSTER "/folded/"

/* Old enough, every one. */
static const char *id_of(unsigned number)
{
    static char id[GD_ID_SIZE];
    snprintf(id, sizeof id, "20260101T00%02u%02uZ-00000000aa", number / 60 % 60, number % 60);
    return id;
}

static void change(const struct test_shelf *shelf, const char *id, bool closed)
{
    gd_auto_arena arena = gd_arena_new();
    struct gd_error err = {0};
    struct gd_journal *journal = NULL;
    struct gd_story *story = gd_story_new(arena);
    story->outcome = GD_OUTCOME_APPLIED;
    story->changed = true;
    story->database = id;
    struct gd_status status = gd_journal_new(shelf->store, CLUSTER, id, &journal, &err);
    if (status.code == GD_OK)
        status = gd_journal_write(journal, GD_RECORD_APPLYING,
                                  gd_story_body(story, GD_RECORD_APPLYING), &err);
    if (status.code == GD_OK && closed)
        status = gd_journal_write(journal, GD_RECORD_CLOSED, gd_story_body(story, GD_RECORD_CLOSED),
                                  &err);
    gd_journal_free(journal);
    if (status.code != GD_OK)
        fail_msg("%s", err.text);
}

static void changes(const struct test_shelf *shelf, unsigned first, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        change(shelf, id_of(first + i), true);
}

struct view {
    struct gd_folded folded;
    struct gd_change_entry *entries;
    size_t count;
};

static struct view recent(const struct test_shelf *shelf, struct gd_arena *arena)
{
    struct view view = {0};
    struct gd_error err = {0};
    if (gd_journal_list_recent(shelf->store, CLUSTER, arena, &view.folded, &view.entries,
                               &view.count, &err)
            .code != GD_OK)
        fail_msg("%s", err.text);
    return view;
}

static size_t fold(const struct test_shelf *shelf, size_t least)
{
    gd_auto_arena arena = gd_arena_new();
    struct gd_error err = {0};
    size_t count = 0;
    struct view view = recent(shelf, arena);
    if (gd_journal_fold(shelf->store, CLUSTER, &view.folded, view.entries, view.count, least,
                        &count, &err)
            .code != GD_OK)
        fail_msg("%s", err.text);
    return count;
}

static struct gd_told_list told(const struct test_shelf *shelf, size_t most, struct gd_arena *arena)
{
    struct gd_told_list list = {0};
    struct gd_error err = {0};
    if (gd_story_list(shelf->store, CLUSTER, most, arena, &list, &err).code != GD_OK)
        fail_msg("%s", err.text);
    for (size_t i = 0; i < list.count; i++) {
        assert_non_null(list.items[i].story);
        assert_string_equal(list.items[i].story->database, list.items[i].change);
    }
    return list;
}

/* --- summing up --------------------------------------------------------------------------------
 */

static void what_is_over_is_summed_up_and_not_listed_again(void **state)
{
    const struct test_shelf *shelf = *state;
    gd_auto_arena arena = gd_arena_new();
    changes(shelf, 0, 7);
    assert_int_equal(fold(shelf, 8), 0); /* too few to be worth it */
    assert_int_equal(fold(shelf, 7), 7);
    changes(shelf, 7, 3);
    struct view view = recent(shelf, arena);
    assert_int_equal(view.count, 3);
    assert_int_equal(view.folded.count, 7);
    assert_string_equal(view.folded.upto, id_of(6));
    assert_int_equal(fold(shelf, 1), 3);
    assert_int_equal(recent(shelf, arena).count, 0);
    assert_int_equal(recent(shelf, arena).folded.count, 10);
    assert_int_equal(test_shelf_count(shelf, FOLDED), 2);
    assert_int_equal(fold(shelf, 0), 0);
}

static void one_that_is_open_or_young_ends_it(void **state)
{
    const struct test_shelf *shelf = *state;
    gd_auto_arena arena = gd_arena_new();
    char young[GD_ID_SIZE];
    gd_id_new(young);
    changes(shelf, 0, 3);
    change(shelf, id_of(3), false);
    changes(shelf, 4, 3);
    change(shelf, young, true);
    assert_int_equal(fold(shelf, 1), 3);
    struct view view = recent(shelf, arena);
    assert_int_equal(view.count, 5);
    assert_false(view.entries[0].closed);
    assert_int_equal(fold(shelf, 0), 0);
}

/* --- reading -----------------------------------------------------------------------------------
 */

static void lists_are_the_same_with_and_without_summaries(void **state)
{
    const struct test_shelf *shelf = *state;
    gd_auto_arena arena = gd_arena_new();
    for (unsigned i = 0; i < 3; i++) {
        changes(shelf, 4 * i, 4);
        assert_int_equal(fold(shelf, 1), 4);
    }
    changes(shelf, 12, 2);
    for (size_t most = 1; most <= 15; most++) {
        struct gd_told_list list = told(shelf, most, arena);
        assert_int_equal(list.count, most > 14 ? 14 : most);
        assert_int_equal(list.left, 14 - list.count);
        assert_null(list.problem);
        for (size_t i = 0; i < list.count; i++)
            assert_string_equal(list.items[i].change, id_of((unsigned)(14 - list.count + i)));
    }
    struct gd_told_list all = told(shelf, 0, arena);
    assert_true(all.count == 14 && all.left == 0 && all.problem == NULL);
}

static void a_rollback_that_came_later_is_told(void **state)
{
    const struct test_shelf *shelf = *state;
    gd_auto_arena arena = gd_arena_new();
    struct gd_error err = {0};
    struct gd_journal *journal = NULL;
    char by[GD_ID_SIZE];
    changes(shelf, 0, 3);
    assert_int_equal(fold(shelf, 1), 3);
    struct gd_story *story = gd_story_new(arena);
    story->kind = GD_STORY_ROLLBACK;
    story->outcome = GD_OUTCOME_APPLIED;
    story->of = gd_arena_strdup(arena, id_of(1));
    snprintf(by, sizeof by, "%s", id_of(9));
    story->database = by;
    assert_int_equal(gd_journal_new(shelf->store, CLUSTER, by, &journal, &err).code, GD_OK);
    assert_int_equal(gd_journal_rolled_back(shelf->store, CLUSTER, story->of, by, &err).code,
                     GD_OK);
    assert_int_equal(
        gd_journal_write(journal, GD_RECORD_CLOSED, gd_story_body(story, GD_RECORD_CLOSED), &err)
            .code,
        GD_OK);
    gd_journal_free(journal);
    for (size_t most = 0; most <= 3; most += 3) {
        struct gd_told_list list = told(shelf, most, arena);
        assert_string_equal(list.items[list.count - 3].story->rolled_back_by, by);
        assert_string_equal(list.items[list.count - 2].story->rolled_back_by, "");
    }
}

/* --- damage ------------------------------------------------------------------------------------
 */

enum what { GONE, CUT, FLIPPED, MOVED, EMPTY, DAMAGES };

static void damage(const struct test_shelf *shelf, const char *key, enum what what)
{
    struct gd_error err = {0};
    size_t size = 0;
    char *bytes = test_shelf_bytes(shelf, key, &size);
    switch (what) {
    case GONE:
        assert_int_equal(gd_store_remove(shelf->store, key, &err).code, GD_OK);
        break;
    case CUT:
        test_shelf_put(shelf, key, bytes, size - 9);
        break;
    case FLIPPED:
        bytes[size / 2] ^= 4;
        test_shelf_put(shelf, key, bytes, size);
        break;
    case MOVED: {
        size_t other_size = 0;
        char *other = test_shelf_bytes(shelf, FOLDED "000002.zst", &other_size);
        test_shelf_put(shelf, key, other, other_size);
        free(other);
        break;
    }
    case EMPTY:
    case DAMAGES:
        test_shelf_put(shelf, key, "", 0);
        break;
    }
    free(bytes);
}

static void a_damaged_or_lost_summary_loses_nothing_and_is_said(void **state)
{
    const struct test_shelf *shelf = *state;
    static const char *const keys[] = {FOLDED "000001.zst", FOLDED "000002.zst",
                                       FOLDED "000003.zst"};
    changes(shelf, 0, 4);
    fold(shelf, 1);
    changes(shelf, 4, 4);
    fold(shelf, 1);
    changes(shelf, 8, 4);
    fold(shelf, 1);
    for (unsigned k = 0; k < 3; k++)
        for (enum what what = GONE; what < DAMAGES; what++) {
            gd_auto_arena arena = gd_arena_new();
            size_t size = 0;
            bool same = what == MOVED && k == 1, last_gone = what == GONE && k == 2;
            char *bytes = test_shelf_bytes(shelf, keys[k], &size);
            damage(shelf, keys[k], what);
            struct gd_told_list all = told(shelf, 0, arena), some = told(shelf, 10, arena);
            assert_int_equal(all.count, 12);
            assert_true(some.count == 10 && some.left == 2);
            assert_true((all.problem != NULL) == (!same && !last_gone));
            assert_true((some.problem != NULL) == (!same && !last_gone));
            if (all.problem != NULL && what != GONE)
                assert_non_null(strstr(all.problem, keys[k]));
            assert_int_equal(recent(shelf, arena).count, k == 2 && !same ? 4 : 0);
            test_shelf_put(shelf, keys[k], bytes, size);
            free(bytes);
        }
}

static void the_next_summary_takes_the_place_of_one_that_is_damaged(void **state)
{
    const struct test_shelf *shelf = *state;
    gd_auto_arena arena = gd_arena_new();
    changes(shelf, 0, 4);
    fold(shelf, 1);
    changes(shelf, 4, 4);
    fold(shelf, 1);
    damage(shelf, FOLDED "000002.zst", FLIPPED);
    assert_int_equal(fold(shelf, 1), 4);
    struct view view = recent(shelf, arena);
    assert_true(view.count == 0 && view.folded.last == 3 && view.folded.problem == NULL);
    assert_int_equal(told(shelf, 6, arena).count, 6);
}

static void a_change_that_cannot_be_read_is_summed_up_as_such(void **state)
{
    const struct test_shelf *shelf = *state;
    gd_auto_arena arena = gd_arena_new();
    struct gd_told_list list = {0};
    struct gd_error err = {0};
    changes(shelf, 0, 3);
    const char *key = gd_arena_printf(arena, "v1/" CLUSTER "/changes/%s/closed-000002", id_of(1));
    damage(shelf, key, FLIPPED);
    assert_int_equal(fold(shelf, 1), 3);
    for (size_t most = 0; most <= 3; most += 3) {
        assert_int_equal(gd_story_list(shelf->store, CLUSTER, most, arena, &list, &err).code,
                         GD_OK);
        assert_true(list.items[0].story != NULL && list.items[2].story != NULL);
        assert_non_null(strstr(list.items[1].problem, "closed-000002"));
    }
}

static void whatever_breaks_while_it_is_made_the_next_makes_it(void **state)
{
    const struct test_shelf *shelf = *state;
    changes(shelf, 0, 3);
    for (unsigned nth = 1;; nth++) {
        gd_auto_arena arena = gd_arena_new();
        struct gd_error err = {0};
        size_t count = 0;
        struct view view = recent(shelf, arena);
        gd_fault_arm(nth);
        struct gd_status status = gd_journal_fold(shelf->store, CLUSTER, &view.folded, view.entries,
                                                  view.count, 1, &count, &err);
        bool fired = gd_fault_fired();
        gd_fault_arm(0);
        assert_int_equal(told(shelf, 0, arena).count, 3);
        assert_int_equal(told(shelf, 2, arena).count, 2);
        if (!fired) {
            assert_true(status.code == GD_OK);
            break;
        }
        assert_int_equal(status.code, GD_INJECTED);
    }
    gd_auto_arena arena = gd_arena_new();
    assert_int_equal(recent(shelf, arena).count, 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, test_shelf_open, test_shelf_close)
    const struct CMUnitTest tests[] = {
        TEST(what_is_over_is_summed_up_and_not_listed_again),
        TEST(one_that_is_open_or_young_ends_it),
        TEST(lists_are_the_same_with_and_without_summaries),
        TEST(a_rollback_that_came_later_is_told),
        TEST(a_damaged_or_lost_summary_loses_nothing_and_is_said),
        TEST(the_next_summary_takes_the_place_of_one_that_is_damaged),
        TEST(a_change_that_cannot_be_read_is_summed_up_as_such),
        TEST(whatever_breaks_while_it_is_made_the_next_makes_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
