#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guardian/base/fault.h"
#include "guardian/journal/lease_own.h"
#include "harness/shelves.h"

#define CLUSTER "7301234567890123456-shop"
#define FOLDER "v1/" CLUSTER "/lease/"
#define CHANGE "20261120T000000Z-00000000aa"

static struct gd_status take(const struct test_shelf *shelf, struct gd_lease **lease,
                             struct gd_error *err)
{
    struct gd_lease_options options = {.store = shelf->store,
                                       .cluster = CLUSTER,
                                       .change = CHANGE,
                                       .who = "root@db1",
                                       .lease_ms = 60000};
    *err = (struct gd_error){0};
    *lease = NULL;
    return gd_lease_take(&options, lease, err);
}

static void who_has_it_is_said(void **state)
{
    const struct test_shelf *shelf = *state;
    struct gd_error err;
    struct gd_lease *one = NULL, *other = NULL;
    assert_int_equal(take(shelf, &one, &err).code, GD_OK);
    assert_int_equal(take(shelf, &other, &err).code, GD_BUSY);
    assert_non_null(strstr(err.text, "root@db1, change " CHANGE ", since 20"));
    assert_int_equal(gd_lease_check(one, &err).code, GD_OK);
    assert_false(gd_lease_waited(one));
    assert_int_equal(gd_lease_release(one, &err).code, GD_OK);
    gd_lease_free(one);
    assert_int_equal(take(shelf, &other, &err).code, GD_OK);
    assert_int_equal(gd_lease_release(other, &err).code, GD_OK);
    gd_lease_free(other);
}

static void a_lease_that_cannot_be_read_is_somebody_s(void **state)
{
    const struct test_shelf *shelf = *state;
    struct gd_error err;
    struct gd_lease *lease = NULL;
    test_shelf_put(shelf, FOLDER "00000007", "rubbish", 7);
    test_shelf_put(shelf, FOLDER "strange", "rubbish", 7);
    assert_int_equal(take(shelf, &lease, &err).code, GD_BUSY);
    test_shelf_put(shelf, FOLDER "00000007.released", "", 0);
    assert_int_equal(take(shelf, &lease, &err).code, GD_OK);
    gd_lease_free(lease);
}

static void a_number_that_was_cleaned_away_is_not_won_again(void **state)
{
    const struct test_shelf *shelf = *state;
    gd_auto_arena arena = gd_arena_new();
    struct gd_error err = {0};
    bool won = true;
    struct gd_generation mine = {.who = "a",
                                 .change = CHANGE,
                                 .pid = "",
                                 .since = "",
                                 .nonce = "mine",
                                 .lease_ms = 60000,
                                 .number = 5};
    struct gd_generation theirs = mine, last;
    theirs.nonce = "theirs";
    theirs.number = 9;
    assert_int_equal(gd_generation_put(shelf->store, CLUSTER, &theirs, &won, &err).code, GD_OK);
    assert_true(won);
    assert_int_equal(gd_generation_put(shelf->store, CLUSTER, &mine, &won, &err).code, GD_OK);
    assert_false(won);
    mine.number = 9;
    assert_int_equal(gd_generation_put(shelf->store, CLUSTER, &mine, &won, &err).code, GD_OK);
    assert_false(won);
    /* an answer that was lost: the same again is ours */
    assert_int_equal(gd_generation_put(shelf->store, CLUSTER, &theirs, &won, &err).code, GD_OK);
    assert_true(won);
    assert_int_equal(gd_generation_last(shelf->store, CLUSTER, arena, &last, &err).code, GD_OK);
    assert_int_equal(last.number, 9);
    assert_string_equal(last.nonce, "theirs");
}

static void what_is_over_is_cleaned_away(void **state)
{
    const struct test_shelf *shelf = *state;
    struct gd_error err = {0};
    assert_int_equal(gd_lease_clean(shelf->store, CLUSTER, &err).code, GD_OK);
    test_shelf_put(shelf, FOLDER "00000001", "{}", 2);
    test_shelf_put(shelf, FOLDER "00000001.released", "", 0);
    test_shelf_put(shelf, FOLDER "00000002.asked-x", "", 0);
    test_shelf_put(shelf, FOLDER "00000003", "{}", 2);
    test_shelf_put(shelf, FOLDER "00000003.released", "", 0);
    test_shelf_put(shelf, FOLDER "other", "", 0);
    assert_int_equal(gd_lease_clean(shelf->store, CLUSTER, &err).code, GD_OK);
    assert_int_equal(test_shelf_count(shelf, FOLDER), 3);
    assert_int_equal(test_shelf_count(shelf, FOLDER "00000003"), 2);
}

/* An error at any point: it is said, and nobody has two leases. */
static void an_error_at_any_point_is_said(void **state)
{
    (void)state;
    for (unsigned nth = 1;; nth++) {
        void *opened = NULL;
        struct gd_error err;
        struct gd_lease *lease = NULL, *other = NULL;
        test_shelf_open(&opened);
        const struct test_shelf *shelf = opened;
        gd_fault_arm(nth);
        struct gd_status status = take(shelf, &lease, &err);
        bool in_take = status.code != GD_OK;
        if (!in_take)
            status = gd_lease_release(lease, &err);
        bool fired = gd_fault_fired();
        gd_fault_arm(0);
        assert_int_equal(status.code != GD_OK, fired);
        if (fired)
            assert_int_equal(err.code, GD_INJECTED);
        gd_lease_free(lease);
        status = take(shelf, &other, &err);
        assert_true(status.code == GD_OK || (fired && status.code == GD_BUSY));
        gd_lease_free(other);
        test_shelf_close(&opened);
        if (!fired) {
            assert_true(nth > 3);
            return;
        }
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, test_shelf_open, test_shelf_close)
    const struct CMUnitTest tests[] = {
        TEST(who_has_it_is_said),
        TEST(a_lease_that_cannot_be_read_is_somebody_s),
        TEST(a_number_that_was_cleaned_away_is_not_won_again),
        TEST(what_is_over_is_cleaned_away),
        cmocka_unit_test(an_error_at_any_point_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
