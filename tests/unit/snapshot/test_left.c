/* What failovers left behind: arithmetic over runs, branches and marks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "guardian/snapshot/left.h"

/* Segments of 16 MiB; a place in the WAL is written as segment and byte. */
#define AT(segment, byte) (((uint64_t)(segment) << 24) + (byte))

static struct gd_wal_run runs[4];
static struct gd_wal_branch branches[4];
static struct gd_mark marks[4];
static struct gd_wal_chain chain;
static struct gd_coverage coverage;
static struct gd_left *left;
static size_t count;

static int begin(void **state)
{
    chain = (struct gd_wal_chain){.segment_bytes = AT(1, 0), .runs = runs, .branches = branches};
    coverage = (struct gd_coverage){.chain = &chain, .marks = marks};
    *state = gd_arena_new();
    return 0;
}

static int end(void **state)
{
    gd_arena_free(*state);
    return 0;
}

static void run(uint32_t timeline, uint64_t from, uint64_t to)
{
    runs[chain.run_count++] = (struct gd_wal_run){
        .timeline = timeline, .from_lsn = from, .to_lsn = to, .to_us = (int64_t)(to >> 24)};
}

static void branch(uint32_t timeline, uint32_t parent, uint64_t at)
{
    branches[chain.branch_count++] =
        (struct gd_wal_branch){.timeline = timeline, .parent = parent, .at_lsn = at};
}

static void mark(uint32_t timeline, uint64_t lsn, bool after, const char *change)
{
    marks[coverage.mark_count++] = (struct gd_mark){.timeline = timeline,
                                                    .lsn = lsn,
                                                    .after = after,
                                                    .change = change,
                                                    .time_us = (int64_t)lsn};
}

static void what_goes_on_behind_the_parting_is_left(void **state)
{
    run(1, AT(1, 0), AT(6, 100));
    run(2, AT(4, 0), AT(9, 0));
    branch(2, 1, AT(4, 500));
    gd_left_find(&coverage, *state, &left, &count);
    assert_int_equal(count, 1);
    assert_true(left->timeline == 1 && left->successor == 2 && left->at_lsn == AT(4, 500));
    assert_int_equal(left->bytes, AT(6, 100) - AT(4, 500));
    assert_true(left->stored_us == 6 && left->after_us == 0 && !left->reached);
}

static void a_clean_failover_leaves_nothing(void **state)
{
    run(1, AT(1, 0), AT(4, 500));
    run(2, AT(4, 0), AT(9, 0));
    branch(2, 1, AT(4, 500));
    gd_left_find(&coverage, *state, &left, &count);
    assert_int_equal(count, 0);
}

static void a_timeline_on_which_nothing_goes_on_is_left_from_its_beginning(void **state)
{
    run(1, AT(1, 0), AT(4, 500));
    run(2, AT(4, 0), AT(5, 0)); /* twice somebody was promoted */
    run(3, AT(4, 0), AT(9, 0));
    branch(2, 1, AT(4, 400));
    branch(3, 1, AT(4, 500));
    gd_left_find(&coverage, *state, &left, &count);
    assert_int_equal(count, 1);
    assert_true(left->timeline == 2 && left->successor == 3 && left->at_lsn == AT(4, 400));
    assert_int_equal(left->bytes, AT(5, 0) - AT(4, 400));
}

static void what_nobody_can_place_is_not_spoken_of(void **state)
{
    run(1, AT(1, 0), AT(6, 0)); /* nothing says where 2 came from */
    run(2, AT(4, 0), AT(9, 0));
    gd_left_find(&coverage, *state, &left, &count);
    assert_int_equal(count, 0);
}

static void a_change_lies_where_its_restore_points_do(void **state)
{
    bool all;
    run(1, AT(1, 0), AT(6, 100));
    run(2, AT(4, 0), AT(9, 0));
    branch(2, 1, AT(4, 500));
    mark(1, AT(4, 100), false, "a");
    mark(1, AT(4, 600), true, "a");
    mark(1, AT(4, 700), false, "b");
    mark(1, AT(4, 400), false, "c");
    gd_left_find(&coverage, *state, &left, &count);
    assert_int_equal(left->after_us, (int64_t)AT(4, 400));
    assert_ptr_equal(gd_left_of_change(&coverage, left, count, "a", &all), left);
    assert_false(all);
    assert_ptr_equal(gd_left_of_change(&coverage, left, count, "b", &all), left);
    assert_true(all);
    assert_null(gd_left_of_change(&coverage, left, count, "c", &all));
    assert_null(gd_left_of_change(&coverage, left, count, "d", &all));
}

#define T(name) cmocka_unit_test_setup_teardown(name, begin, end)
int main(void)
{
    const struct CMUnitTest tests[] = {
        T(what_goes_on_behind_the_parting_is_left),
        T(a_clean_failover_leaves_nothing),
        T(a_timeline_on_which_nothing_goes_on_is_left_from_its_beginning),
        T(what_nobody_can_place_is_not_spoken_of),
        T(a_change_lies_where_its_restore_points_do),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
