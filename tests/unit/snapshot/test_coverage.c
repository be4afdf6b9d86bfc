#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "guardian/snapshot/coverage.h"
#include "guardian/wal/walk.h"

/* Segments of 16 MiB; a place in the WAL is written as segment and byte. */
#define AT(segment, byte) (((uint64_t)(segment) << 24) + (byte))
#define SECOND_US INT64_C(1000000)

struct made {
    struct gd_coverage coverage;
    struct gd_wal_chain chain;
    struct gd_wal_run runs[16];
    struct gd_wal_branch branches[8];
    struct gd_base_listed listed[8];
    struct gd_base bases[8];
    struct gd_mark marks[4];
    struct gd_wal_sure sure[4];
    struct gd_arena *arena;
};

static void run(struct made *made, uint32_t timeline, uint64_t from, uint64_t to)
{
    made->runs[made->chain.run_count++] = (struct gd_wal_run){
        .timeline = timeline,
        .from_lsn = from,
        .to_lsn = to,
        .proven_lsn = from,
        .from_us = (int64_t)(from >> 24) * SECOND_US,
        .to_us = (int64_t)(to >> 24) * SECOND_US,
    };
}

static void branch(struct made *made, uint32_t timeline, uint32_t parent, uint64_t at)
{
    made->branches[made->chain.branch_count++] =
        (struct gd_wal_branch){.timeline = timeline, .parent = parent, .at_lsn = at};
}

static struct gd_base_listed *base(struct made *made, const char *id, uint32_t timeline,
                                   uint64_t start, uint64_t stop)
{
    size_t at = made->coverage.base_count++;
    made->bases[at] = (struct gd_base){
        .timeline = timeline,
        .stop_timeline = timeline,
        .start_lsn = start,
        .stop_lsn = stop,
        .started_us = (int64_t)(start >> 24) * SECOND_US,
        .stopped_us = (int64_t)(stop >> 24) * SECOND_US + SECOND_US / 2,
        .after = "",
    };
    made->listed[at] = (struct gd_base_listed){.id = id, .base = &made->bases[at]};
    return &made->listed[at];
}

static struct gd_coverage *build(struct made *made)
{
    made->chain.segment_bytes = AT(1, 0);
    made->chain.runs = made->runs;
    made->chain.branches = made->branches;
    made->coverage.chain = &made->chain;
    made->coverage.bases = made->listed;
    made->coverage.marks = made->marks;
    made->coverage.sure = made->sure;
    gd_coverage_build(&made->coverage, made->arena);
    return &made->coverage;
}

static int begin(void **state)
{
    static struct made made;
    made = (struct made){.arena = gd_arena_new()};
    *state = &made;
    return 0;
}

static int end(void **state)
{
    gd_arena_free(((struct made *)*state)->arena);
    return 0;
}

static void window_is(const struct gd_coverage *coverage, size_t at, uint32_t timeline,
                      uint64_t from, uint64_t to, const char *first, const char *last)
{
    assert_true(at < coverage->window_count);
    assert_int_equal(coverage->windows[at].timeline, timeline);
    assert_int_equal(coverage->windows[at].from_lsn, from);
    assert_int_equal(coverage->windows[at].to_lsn, to);
    assert_string_equal(coverage->windows[at].first_base, first);
    assert_string_equal(coverage->windows[at].last_base, last);
}

static void nothing_is_covered_without_a_base_backup(void **state)
{
    struct made *made = *state;
    run(made, 1, AT(1, 0), AT(5, 0));
    assert_int_equal(build(made)->window_count, 0);
}

static void nothing_is_covered_without_wal(void **state)
{
    struct made *made = *state;
    base(made, "a", 1, AT(2, 40), AT(2, 400));
    assert_int_equal(build(made)->window_count, 0);
}

static void a_window_goes_from_consistency_to_the_end_of_the_wal(void **state)
{
    struct made *made = *state;
    run(made, 1, AT(1, 0), AT(9, 0));
    base(made, "a", 1, AT(2, 40), AT(2, 400));
    base(made, "b", 1, AT(5, 40), AT(6, 400));
    struct gd_coverage *coverage = build(made);
    assert_int_equal(coverage->window_count, 1);
    window_is(coverage, 0, 1, AT(2, 400), AT(9, 0), "a", "b");
    assert_int_equal(coverage->windows[0].from_us, 2 * SECOND_US + SECOND_US / 2);
    assert_int_equal(coverage->windows[0].to_us, 9 * SECOND_US);
    assert_int_equal(coverage->windows[0].sure_us, 6 * SECOND_US + SECOND_US / 2);
    assert_int_equal(coverage->windows[0].proven_lsn, AT(2, 40));
    assert_int_equal(coverage->hole_count, 0);
}

static void a_hole_parts_windows(void **state)
{
    struct made *made = *state;
    run(made, 1, AT(1, 0), AT(4, 0));
    run(made, 1, AT(6, 0), AT(9, 0));
    base(made, "a", 1, AT(2, 40), AT(2, 400));
    base(made, "b", 1, AT(7, 40), AT(7, 400));
    struct gd_coverage *coverage = build(made);
    assert_int_equal(coverage->window_count, 2);
    window_is(coverage, 0, 1, AT(2, 400), AT(4, 0), "a", "a");
    window_is(coverage, 1, 1, AT(7, 400), AT(9, 0), "b", "b");
    assert_int_equal(coverage->hole_count, 1);
    assert_int_equal(coverage->holes[0].from_lsn, AT(4, 0));
    assert_int_equal(coverage->holes[0].to_lsn, AT(6, 0));
    assert_int_equal(coverage->holes[0].segments, 2);
    assert_string_equal(coverage->holes[0].why, "segments 000000010000000000000004 to "
                                                "000000010000000000000005 are missing");
}

static void an_incremental_one_with_tablespaces_is_not_whole(void **state)
{
    struct made *made = *state;
    run(made, 1, AT(1, 0), AT(9, 0));
    base(made, "a", 1, AT(2, 40), AT(2, 400));
    base(made, "b", 1, AT(4, 40), AT(4, 400));
    made->bases[1].after = "a";
    struct gd_coverage *coverage = build(made);
    assert_true(gd_coverage_usable(coverage, &coverage->bases[1]));
    made->bases[1].tablespace_count = 1;
    assert_false(gd_coverage_usable(coverage, &coverage->bases[1]));
    made->bases[1].tablespace_count = 0;
    made->bases[0].tablespace_count = 1;
    assert_true(gd_coverage_usable(coverage, &coverage->bases[0]));
    assert_false(gd_coverage_usable(coverage, &coverage->bases[1]));
}

static void a_base_backup_with_a_hole_in_its_own_wal_covers_nothing(void **state)
{
    struct made *made = *state;
    run(made, 1, AT(1, 0), AT(3, 0));
    run(made, 1, AT(4, 0), AT(9, 0));
    base(made, "a", 1, AT(2, 40), AT(5, 400));
    struct gd_coverage *coverage = build(made);
    assert_int_equal(coverage->window_count, 0);
    assert_int_equal(coverage->hole_count, 1);
    assert_string_equal(coverage->holes[0].why, "segment 000000010000000000000003 is missing");
}

static void what_is_not_whole_covers_nothing(void **state)
{
    struct made *made = *state;
    run(made, 1, AT(1, 0), AT(9, 0));
    base(made, "a", 1, AT(2, 40), AT(2, 400))->problem = "something is missing";
    base(made, "b", 1, AT(3, 40), AT(3, 400))->unfinished = true;
    base(made, "c", 1, AT(4, 40), AT(4, 400));
    base(made, "d", 1, AT(5, 40), AT(5, 400));
    made->bases[2].after = "a"; /* incremental on what is damaged */
    made->bases[3].after = "gone";
    assert_int_equal(build(made)->window_count, 0);
}

static void an_incremental_backup_counts_with_the_one_that_it_needs(void **state)
{
    struct made *made = *state;
    run(made, 1, AT(3, 0), AT(9, 0)); /* the WAL of the full one is gone: it is not needed */
    base(made, "a", 1, AT(2, 40), AT(2, 400));
    base(made, "b", 1, AT(4, 40), AT(4, 400));
    made->bases[1].after = "a";
    struct gd_coverage *coverage = build(made);
    assert_int_equal(coverage->window_count, 1);
    window_is(coverage, 0, 1, AT(4, 400), AT(9, 0), "b", "b");
}

static void a_circle_of_incremental_backups_is_none(void **state)
{
    struct made *made = *state;
    run(made, 1, AT(1, 0), AT(9, 0));
    base(made, "a", 1, AT(2, 40), AT(2, 400));
    base(made, "b", 1, AT(4, 40), AT(4, 400));
    made->bases[0].after = "b";
    made->bases[1].after = "a";
    assert_int_equal(build(made)->window_count, 0);
}

static void a_promotion_lengthens_the_window(void **state)
{
    struct made *made = *state;
    run(made, 1, AT(1, 0), AT(4, 0));
    run(made, 2, AT(4, 0), AT(9, 0));
    branch(made, 2, 1, AT(4, 256));
    base(made, "a", 1, AT(2, 40), AT(2, 400));
    base(made, "b", 2, AT(6, 40), AT(6, 400));
    struct gd_coverage *coverage = build(made);
    assert_int_equal(coverage->window_count, 1);
    window_is(coverage, 0, 2, AT(2, 400), AT(9, 0), "a", "b");
    assert_int_equal(coverage->hole_count, 0);
    const struct gd_window *passed = gd_coverage_window(coverage, 1, 0);
    assert_non_null(passed); /* recovery may stop on the old timeline, too */
    assert_true(passed->to_lsn == AT(4, 0) && passed->from_lsn == AT(2, 400));
    assert_null(gd_coverage_window(coverage, 1, AT(5, 0)));
    assert_null(gd_coverage_window(coverage, 3, 0));
}

static void what_the_old_timeline_has_more_is_a_window_beside(void **state)
{
    struct made *made = *state;
    run(made, 1, AT(1, 0), AT(7, 0));
    run(made, 2, AT(4, 0), AT(9, 0));
    branch(made, 2, 1, AT(4, 256));
    base(made, "a", 1, AT(2, 40), AT(2, 400));
    struct gd_coverage *coverage = build(made);
    assert_int_equal(coverage->window_count, 2);
    window_is(coverage, 0, 1, AT(2, 400), AT(7, 0), "a", "a");
    window_is(coverage, 1, 2, AT(2, 400), AT(9, 0), "a", "a");
}

static void a_timeline_of_which_nothing_came_yet_ends_where_it_began(void **state)
{
    struct made *made = *state;
    run(made, 1, AT(1, 0), AT(7, 0));
    branch(made, 2, 1, AT(4, 256));
    base(made, "a", 1, AT(2, 40), AT(2, 400));
    struct gd_coverage *coverage = build(made);
    assert_int_equal(coverage->window_count, 2);
    window_is(coverage, 0, 1, AT(2, 400), AT(7, 0), "a", "a");
    window_is(coverage, 1, 2, AT(2, 400), AT(4, 256), "a", "a");
    assert_int_equal(coverage->windows[1].to_us, 7 * SECOND_US);
    assert_int_equal(coverage->hole_count, 0);
}

static void wal_of_a_minimal_level_parts_windows(void **state)
{
    struct made *made = *state;
    struct gd_wal_told told = {.first_minimal = AT(4, 80), .last_minimal = AT(4, 80)};
    struct gd_wal_file file = {.to_lsn = AT(5, 0), .from_lsn = AT(4, 0), .told = &told};
    run(made, 1, AT(1, 0), AT(4, 80));
    run(made, 1, AT(4, 104), AT(9, 0));
    made->chain.files = &file;
    made->chain.file_count = 1;
    base(made, "a", 1, AT(2, 40), AT(2, 400));
    base(made, "b", 1, AT(7, 40), AT(7, 400));
    struct gd_coverage *coverage = build(made);
    assert_int_equal(coverage->window_count, 2);
    window_is(coverage, 0, 1, AT(2, 400), AT(4, 80), "a", "a");
    window_is(coverage, 1, 1, AT(7, 400), AT(9, 0), "b", "b");
    assert_int_equal(coverage->hole_count, 1);
    assert_true(coverage->holes[0].for_good);
    assert_non_null(strstr(coverage->holes[0].why, "wal_level=minimal"));
}

static void a_hole_at_the_switch_is_named_as_the_server_wants_it(void **state)
{
    struct made *made = *state;
    run(made, 1, AT(1, 0), AT(4, 0));
    run(made, 2, AT(5, 0), AT(9, 0));
    branch(made, 2, 1, AT(4, 256));
    base(made, "a", 1, AT(2, 40), AT(2, 400));
    struct gd_coverage *coverage = build(made);
    assert_int_equal(coverage->window_count, 1);
    window_is(coverage, 0, 1, AT(2, 400), AT(4, 0), "a", "a");
    assert_int_equal(coverage->hole_count, 1);
    assert_int_equal(coverage->holes[0].timeline, 2);
    assert_int_equal(coverage->holes[0].from_lsn, AT(4, 0));
    assert_int_equal(coverage->holes[0].to_lsn, AT(5, 0));
}

static int64_t sure_of(struct made *made, struct gd_wal_sure sure)
{
    made->sure[0] = sure;
    made->coverage.sure_count = 1;
    return build(made)->windows[0].sure_us;
}

static void a_quiet_server_tells_the_time_of_its_own_timeline_and_of_wal_that_is_there(void **state)
{
    struct made *made = *state;
    const int64_t base_us = 2 * SECOND_US + SECOND_US / 2, late_us = 100 * SECOND_US;
    run(made, 1, AT(1, 0), AT(9, 10));
    base(made, "a", 1, AT(2, 40), AT(2, 400));
    assert_int_equal(sure_of(made, (struct gd_wal_sure){1, AT(9, 10), late_us, 0}), late_us);
    assert_int_equal(made->coverage.windows[0].to_us, late_us);
    assert_int_equal(sure_of(made, (struct gd_wal_sure){1, AT(9, 11), late_us, 0}), base_us);
    assert_int_equal(sure_of(made, (struct gd_wal_sure){1, AT(2, 399), late_us, 0}), base_us);
    assert_int_equal(sure_of(made, (struct gd_wal_sure){2, AT(9, 10), late_us, 0}), base_us);
    /* A mark behind it that is earlier: the clock was set back. */
    made->marks[0] = (struct gd_mark){.timeline = 1, .lsn = AT(8, 5), .time_us = 50 * SECOND_US};
    made->coverage.mark_count = 1;
    assert_int_equal(sure_of(made, (struct gd_wal_sure){1, AT(7, 5), late_us, 0}), 50 * SECOND_US);
    assert_int_equal(sure_of(made, (struct gd_wal_sure){1, AT(8, 5), late_us, 0}), late_us);
}

static void a_quiet_old_primary_says_nothing_of_the_new_one(void **state)
{
    struct made *made = *state;
    run(made, 1, AT(1, 0), AT(5, 0));
    run(made, 2, AT(4, 0), AT(9, 0));
    branch(made, 2, 1, AT(4, 500));
    base(made, "a", 1, AT(2, 40), AT(2, 400));
    made->sure[0] = (struct gd_wal_sure){1, AT(4, 300), 100 * SECOND_US, 0};
    made->coverage.sure_count = 1;
    struct gd_coverage *coverage = build(made);
    for (size_t i = 0; i < coverage->window_count; i++)
        assert_int_equal(coverage->windows[i].sure_us, coverage->windows[i].timeline == 1
                                                           ? 100 * SECOND_US
                                                           : 2 * SECOND_US + SECOND_US / 2);
}

static void a_mark_tells_the_time(void **state)
{
    struct made *made = *state;
    run(made, 1, AT(1, 0), AT(9, 0));
    base(made, "a", 1, AT(2, 40), AT(2, 400));
    made->marks[0] = (struct gd_mark){.timeline = 1, .lsn = AT(8, 5), .time_us = 1234567890};
    made->marks[1] = (struct gd_mark){.timeline = 1, .lsn = AT(9, 5), .time_us = 2234567890};
    made->marks[2] = (struct gd_mark){.timeline = 2, .lsn = AT(8, 5), .time_us = 2234567890};
    made->coverage.mark_count = 3;
    assert_int_equal(build(made)->windows[0].sure_us, 1234567890);
}

static void what_was_read_back_is_told_over_timelines(void **state)
{
    struct made *made = *state;
    run(made, 1, AT(1, 0), AT(4, 0));
    run(made, 2, AT(4, 0), AT(9, 0));
    made->runs[0].proven_lsn = AT(4, 0);
    made->runs[1].proven_lsn = AT(7, 0);
    branch(made, 2, 1, AT(4, 256));
    base(made, "a", 1, AT(2, 40), AT(2, 400));
    assert_int_equal(build(made)->windows[0].proven_lsn, AT(7, 0));
    made->runs[0].proven_lsn = AT(3, 0);
    assert_int_equal(build(made)->windows[0].proven_lsn, AT(3, 0));
}

/* ---- for a target ---- */

static const char *chosen(struct made *made, uint32_t timeline, uint64_t lsn)
{
    const char *why = "";
    const struct gd_base_listed *listed =
        gd_coverage_base_for(&made->coverage, timeline, lsn, made->arena, &why);
    return listed == NULL ? why : listed->id;
}

static void the_newest_that_reaches_is_chosen(void **state)
{
    struct made *made = *state;
    run(made, 1, AT(1, 0), AT(7, 0));
    run(made, 1, AT(8, 0), AT(9, 0));
    run(made, 2, AT(4, 0), AT(9, 0));
    branch(made, 2, 1, AT(4, 256));
    base(made, "a", 1, AT(2, 40), AT(2, 400));
    base(made, "b", 1, AT(3, 40), AT(3, 400))->problem = "its manifest is torn";
    base(made, "c", 1, AT(5, 40), AT(5, 400));
    base(made, "d", 2, AT(6, 40), AT(6, 400));
    build(made);
    assert_string_equal(chosen(made, 1, AT(2, 400)), "a");
    assert_string_equal(chosen(made, 1, AT(4, 0)), "a");
    assert_string_equal(chosen(made, 1, AT(5, 400)), "c");
    assert_string_equal(chosen(made, 2, AT(6, 399)), "a"); /* c is not on the way to 2 */
    assert_string_equal(chosen(made, 2, AT(9, 0)), "d");
    assert_string_equal(
        chosen(made, 1, AT(2, 399)),
        "there is no base backup that was consistent before 0/200018F of timeline 1");
    assert_string_equal(chosen(made, 1, AT(8, 1)),
                        "segment 000000010000000000000007 is missing between base backup c and "
                        "0/8000001");
    assert_string_equal(
        chosen(made, 3, AT(8, 1)),
        "there is no base backup that was consistent before 0/8000001 of timeline 3");
    made->listed[0].problem = "it is gone";
    assert_string_equal(chosen(made, 1, AT(3, 0)), "base backup a is not whole: it is gone");
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        T(nothing_is_covered_without_a_base_backup),
        T(nothing_is_covered_without_wal),
        T(a_window_goes_from_consistency_to_the_end_of_the_wal),
        T(a_hole_parts_windows),
        T(an_incremental_one_with_tablespaces_is_not_whole),
        T(a_base_backup_with_a_hole_in_its_own_wal_covers_nothing),
        T(what_is_not_whole_covers_nothing),
        T(an_incremental_backup_counts_with_the_one_that_it_needs),
        T(a_circle_of_incremental_backups_is_none),
        T(a_promotion_lengthens_the_window),
        T(what_the_old_timeline_has_more_is_a_window_beside),
        T(a_timeline_of_which_nothing_came_yet_ends_where_it_began),
        T(wal_of_a_minimal_level_parts_windows),
        T(a_hole_at_the_switch_is_named_as_the_server_wants_it),
        T(a_mark_tells_the_time),
        T(a_quiet_server_tells_the_time_of_its_own_timeline_and_of_wal_that_is_there),
        T(a_quiet_old_primary_says_nothing_of_the_new_one),
        T(what_was_read_back_is_told_over_timelines),
        T(the_newest_that_reaches_is_chosen),
    };
#undef T
    return cmocka_run_group_tests(tests, NULL, NULL);
}
