#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <assert.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guardian/snapshot/retain.h"
#include "guardian/wal/chain_own.h"

/* One segment a day: day N is segment N, and its WAL was stored at its end. */
#define DAY_US INT64_C(86400000000)
#define AT(day) ((uint64_t)(day) << 24)

enum { BASES = 12, FILES = 256, MARKS = 8 };

struct made {
    struct gd_arena *arena;
    struct gd_coverage coverage;
    struct gd_wal_chain chain;
    struct gd_base_listed listed[BASES];
    struct gd_base bases[BASES];
    struct gd_wal_file files[FILES];
    struct gd_wal_branch branches[4];
    struct gd_mark marks[MARKS];
    struct gd_retain_base items[BASES];
    bool open[MARKS];
    struct gd_retention retention;
    struct gd_retain_rules rules;
    char ids[BASES][8];
};

static int begin(void **state)
{
    static struct made made;
    made = (struct made){.arena = gd_arena_new()};
    made.rules = (struct gd_retain_rules){.keep_us = 14 * DAY_US, .unfinished_age_s = 86400};
    *state = &made;
    return 0;
}

static int end(void **state)
{
    gd_arena_free(((struct made *)*state)->arena);
    return 0;
}

static void wal(struct made *made, uint32_t timeline, uint64_t first, uint64_t last)
{
    for (uint64_t day = first; day <= last; day++)
        made->files[made->chain.file_count++] = (struct gd_wal_file){
            .name = gd_wal_segment_at(timeline, AT(day), AT(1)),
            .from_lsn = AT(day),
            .to_lsn = AT(day + 1),
            .stored_bytes = 10,
            .modified_us = (int64_t)(day + 1) * DAY_US,
        };
}

/* Made within a day, of which it needs the WAL. */
static size_t base(struct made *made, uint32_t timeline, uint64_t day)
{
    size_t at = made->coverage.base_count++;
    (void)snprintf(made->ids[at], sizeof made->ids[at], "%u", (unsigned)day);
    made->bases[at] = (struct gd_base){
        .timeline = timeline,
        .stop_timeline = timeline,
        .start_lsn = AT(day) + 40,
        .stop_lsn = AT(day) + 400,
        .started_us = (int64_t)day * DAY_US + 1,
        .stopped_us = (int64_t)day * DAY_US + 2,
        .after = "",
    };
    made->listed[at] = (struct gd_base_listed){.id = made->ids[at], .base = &made->bases[at]};
    made->items[at].proven = true;
    return at;
}

static void look(struct made *made)
{
    made->chain.arena = made->arena;
    made->chain.segment_bytes = AT(1);
    made->chain.files = made->files;
    made->chain.branches = made->branches;
    gd_wal_chain_runs(&made->chain);
    made->coverage.chain = &made->chain;
    made->coverage.bases = made->listed;
    made->coverage.marks = made->marks;
    gd_coverage_build(&made->coverage, made->arena);
}

static struct gd_retention *decide(struct made *made, unsigned now_day)
{
    look(made);
    made->retention = (struct gd_retention){
        .coverage = &made->coverage, .bases = made->items, .mark_open = made->open};
    gd_retain_decide(&made->retention, &made->rules, (int64_t)now_day * DAY_US, made->arena);
    return &made->retention;
}

static bool file_goes(const struct made *made, size_t at)
{
    assert(made->retention.file_goes != NULL);
    return made->retention.file_goes[at];
}

static bool mark_goes(const struct made *made, size_t at)
{
    assert(made->retention.mark_goes != NULL);
    return made->retention.mark_goes[at];
}

/* "7 14 21": those that stay; and the first and last segment that go. */
static void result_is(const struct made *made, const char *stay, const char *segments)
{
    char text[128] = "", gone[64] = "";
    size_t used = 0;
    uint64_t first = UINT64_MAX, last = 0;
    for (size_t i = 0; i < made->coverage.base_count; i++)
        if (made->items[i].keep != GD_RETAIN_NOT)
            used += (size_t)snprintf(text + used, sizeof text - used, "%s%s", used == 0 ? "" : " ",
                                     made->listed[i].id);
    for (size_t i = 0; i < made->chain.file_count; i++)
        if (file_goes(made, i)) {
            uint64_t day = made->files[i].from_lsn >> 24;
            first = day < first ? day : first;
            last = day > last ? day : last;
        }
    if (first <= last)
        (void)snprintf(gone, sizeof gone, "%u-%u", (unsigned)first, (unsigned)last);
    assert_string_equal(text, stay);
    assert_string_equal(gone, segments);
}

/* ---- one at a time ---- */

static void weeks(struct made *made)
{
    wal(made, 1, 1, 40);
    for (unsigned day = 2; day <= 37; day += 7) /* 2 9 16 23 30 37 */
        base(made, 1, day);
}

static void the_newest_that_is_older_than_the_window_stays(void **state)
{
    struct made *made = *state;
    weeks(made);
    decide(made, 41); /* begins on day 27 */
    result_is(made, "23 30 37", "1-22");
    assert_int_equal(made->items[3].keep, GD_RETAIN_WINDOW);
    assert_string_equal(made->items[3].because, "the window begins with it");
    assert_int_equal(made->retention.files, 22);
    assert_int_equal(made->retention.file_bytes, 220);
}

static void without_one_that_is_old_enough_nothing_goes(void **state)
{
    struct made *made = *state;
    wal(made, 1, 1, 40);
    base(made, 1, 30);
    base(made, 1, 37);
    decide(made, 41);
    result_is(made, "30 37", "");
    assert_non_null(made->retention.why_nothing);
}

static void damaged_and_unproven_ones_push_nothing_out(void **state)
{
    struct made *made = *state;
    weeks(made);
    made->items[3].proven = false; /* 23 */
    decide(made, 41);
    result_is(made, "16 23 30 37", "1-15");
    made->items[3].proven = true;
    made->items[3].damaged = true;
    decide(made, 41);
    result_is(made, "16 23 30 37", "1-15");
    made->items[3].damaged = false;
    made->listed[3].problem = "an object is missing";
    decide(made, 41);
    result_is(made, "16 23 30 37", "1-15");
    assert_int_equal(made->items[3].keep, GD_RETAIN_DAMAGED);
}

static void what_is_damaged_goes_when_that_is_asked_for(void **state)
{
    struct made *made = *state;
    weeks(made);
    made->listed[1].problem = "an object is missing"; /* 9 */
    decide(made, 41);
    result_is(made, "9 23 30 37", "1-22"); /* nobody knows what could be saved of it */
    assert_false(file_goes(made, 8));
    made->rules.drop_damaged = true;
    decide(made, 41);
    result_is(made, "23 30 37", "1-22");
}

static void an_anchor_needs_its_own_wal(void **state)
{
    struct made *made = *state;
    weeks(made);
    made->files[22].problem = "damaged"; /* day 23 */
    decide(made, 41);
    result_is(made, "2 9 16 23 30 37", ""); /* nothing leads to day 27 */
}

static void a_hole_before_the_window_leaves_no_anchor(void **state)
{
    struct made *made = *state;
    wal(made, 1, 1, 24);
    wal(made, 1, 26, 40);
    base(made, 1, 9);
    base(made, 1, 23);
    base(made, 1, 30);
    decide(made, 41);
    result_is(made, "9 23 30", "");
    decide(made, 50); /* begins on day 36: 30 leads there */
    result_is(made, "30", "1-29");
}

static void incremental_chains_stay_together(void **state)
{
    struct made *made = *state;
    weeks(made);
    made->bases[3].after = "16";
    made->bases[2].after = "9";
    decide(made, 41);
    result_is(made, "9 16 23 30 37", "1-22");
    assert_int_equal(made->items[1].keep, GD_RETAIN_NEEDED);
}

static void one_that_goes_on_from_what_is_not_proven_is_no_anchor(void **state)
{
    struct made *made = *state;
    weeks(made);
    made->bases[3].after = "16";
    made->items[2].damaged = true;
    decide(made, 41);
    result_is(made, "9 16 23 30 37", "1-8");
    made->items[2].damaged = made->items[2].proven = false;
    decide(made, 41);
    result_is(made, "9 16 23 30 37", "1-8");
}

static void what_shares_files_stays(void **state)
{
    static const char *const owners[] = {"2"};
    struct made *made = *state;
    weeks(made);
    made->listed[5].owners = owners;
    made->listed[5].owner_count = 1;
    decide(made, 41);
    result_is(made, "2 23 30 37", "1-22");
    assert_string_equal(made->items[0].because, "37 shares files with it");
}

static void what_is_held_stays_with_its_own_wal(void **state)
{
    struct made *made = *state;
    weeks(made);
    made->items[1].held = true;
    decide(made, 41);
    result_is(made, "9 23 30 37", "1-22");
    assert_false(file_goes(made, 8)); /* day 9: it would never be consistent without */
    assert_true(file_goes(made, 7) && file_goes(made, 9));
}

static void an_open_change_reaches_back(void **state)
{
    struct made *made = *state;
    weeks(made);
    made->marks[0] =
        (struct gd_mark){.id = "m", .timeline = 1, .lsn = AT(12) + 7, .time_us = 12 * DAY_US + 1};
    made->coverage.mark_count = 1;
    made->open[0] = true;
    decide(made, 41);
    result_is(made, "9 16 23 30 37", "1-8");
    assert_int_equal(made->items[1].keep, GD_RETAIN_OPEN_CHANGE);
    assert_false(mark_goes(made, 0));
    made->open[0] = false;
    decide(made, 41);
    result_is(made, "23 30 37", "1-22");
    assert_true(mark_goes(made, 0));
    made->open[0] = true;
    made->marks[0].timeline = 7; /* nothing leads there any more: it holds nothing up */
    decide(made, 41);
    result_is(made, "23 30 37", "1-22");
}

static void litter_goes_after_a_day(void **state)
{
    struct made *made = *state;
    weeks(made);
    size_t at = base(made, 1, 39);
    made->listed[at] = (struct gd_base_listed){.id = "litter", .unfinished = true};
    made->listed[at].touched_us = 40 * DAY_US + 1;
    decide(made, 41);
    assert_int_equal(made->items[at].keep, GD_RETAIN_YOUNG);
    made->listed[at].touched_us = 39 * DAY_US;
    decide(made, 41);
    assert_int_equal(made->items[at].keep, GD_RETAIN_NOT);
}

static void riddle(struct made *made, size_t at)
{
    made->listed[at].begun_us = made->bases[at].started_us;
    made->listed[at].touched_us = made->bases[at].stopped_us;
    made->listed[at].base = NULL;
    made->listed[at].problem = "torn";
}

static void one_whose_manifest_cannot_be_read_stays_with_what_it_may_need(void **state)
{
    struct made *made = *state;
    weeks(made); /* begins on day 27: the anchor is 23 */
    riddle(made, 1);
    decide(made, 41);
    result_is(made, "2 9 23 30 37", "1-22"); /* 2 is older than 9; 16 is not needed by it */
    for (size_t i = 0; i < made->chain.file_count; i++) {
        uint64_t day = made->files[i].from_lsn >> 24; /* stored on the next one */
        assert_int_equal(file_goes(made, i), day < 23 && day != 2 && (day < 8 || day > 9));
    }
    assert_int_equal(made->items[1].keep, GD_RETAIN_DAMAGED);
    assert_int_equal(made->items[0].keep, GD_RETAIN_NEEDED);
}

static void inside_of_the_window_it_keeps_all_that_are_older(void **state)
{
    struct made *made = *state;
    weeks(made);
    riddle(made, 4);
    decide(made, 41);
    result_is(made, "2 9 16 23 30 37", "1-22");
    assert_false(file_goes(made, 1) || file_goes(made, 8) || file_goes(made, 15));
}

static void it_goes_when_that_is_asked_for_and_it_is_old(void **state)
{
    struct made *made = *state;
    weeks(made);
    riddle(made, 1);
    made->rules.drop_damaged = true;
    decide(made, 41);
    result_is(made, "23 30 37", "1-22");
    riddle(made, 4);
    decide(made, 41);
    result_is(made, "2 9 16 23 30 37", "1-22");
}

static void a_promotion_is_no_border(void **state)
{
    struct made *made = *state;
    wal(made, 1, 1, 25);
    wal(made, 2, 20, 40);
    made->branches[0] = (struct gd_wal_branch){.timeline = 2, .parent = 1, .at_lsn = AT(20) + 99};
    made->chain.branch_count = 1;
    base(made, 1, 9);
    base(made, 1, 16);
    base(made, 2, 23);
    base(made, 2, 37);
    decide(made, 34); /* begins on day 20: 16 is of the old timeline */
    result_is(made, "16 23 37", "1-15");
    decide(made, 41);
    result_is(made, "23 37", "1-22");
    decide(made, 52);
    result_is(made, "37", "1-36"); /* what the old one wrote beside is gone, too */
    for (size_t i = 0; i < made->chain.file_count; i++)
        assert_false(made->files[i].name.timeline == 2 && made->files[i].from_lsn >= AT(37) &&
                     file_goes(made, i));
}

static void a_timeline_that_was_left_has_an_anchor_of_its_own(void **state)
{
    struct made *made = *state;
    wal(made, 1, 1, 28);
    wal(made, 2, 25, 40);
    made->branches[0] = (struct gd_wal_branch){.timeline = 2, .parent = 1, .at_lsn = AT(25) + 99};
    made->chain.branch_count = 1;
    base(made, 1, 9);
    base(made, 1, 16);
    base(made, 2, 26);
    decide(made, 41); /* begins on day 27: the old timeline has a day of it */
    result_is(made, "16 26", "1-15");
    decide(made, 44);
    result_is(made, "26", "1-25");
}

static void what_was_stored_lately_stays_whatever_it_is_called(void **state)
{
    struct made *made = *state;
    weeks(made);
    wal(made, 7, 3, 3); /* of a past that nobody knows */
    made->files[made->chain.file_count - 1].modified_us = 40 * DAY_US;
    decide(made, 41);
    assert_false(file_goes(made, made->chain.file_count - 1));
}

static void pieces_of_whole_segments_go(void **state)
{
    struct made *made = *state;
    weeks(made);
    struct gd_wal_file piece = made->files[35];
    piece.piece = piece.spare = true;
    piece.end = 4096;
    piece.to_lsn = piece.from_lsn + 4096;
    made->files[made->chain.file_count++] = piece;
    decide(made, 41);
    assert_false(file_goes(made, made->chain.file_count - 1));
    made->files[35].proven = true; /* the whole one was read back */
    decide(made, 41);
    assert_true(file_goes(made, made->chain.file_count - 1));
    assert_false(file_goes(made, 35));
}

/* ---- a model: many worlds, cut off anywhere ---- */

static uint32_t seed;

static unsigned dice(unsigned sides)
{
    seed = seed * 1664525u + 1013904223u;
    return (seed >> 8) % sides;
}

static void make_world(struct made *made)
{
    unsigned switched = dice(2) ? 10 + dice(20) : 0, day = 1 + dice(5);
    for (unsigned segment = 1; segment <= 40; segment++) {
        if (dice(40) == 0)
            continue;
        wal(made, switched != 0 && segment >= switched ? 2 : 1, segment, segment);
        if (switched != 0 && segment >= switched && segment < switched + 3)
            wal(made, 1, segment, segment);
    }
    if (switched != 0) {
        made->branches[0] =
            (struct gd_wal_branch){.timeline = 2, .parent = 1, .at_lsn = AT(switched) + 99};
        made->chain.branch_count = 1;
    }
    for (; day < 40 && made->coverage.base_count < BASES; day += 2 + dice(6)) {
        size_t at = base(made, switched != 0 && day > switched ? 2 : 1, day);
        made->items[at].proven = dice(6) != 0;
        made->items[at].held = dice(12) == 0;
        if (dice(10) == 0)
            made->listed[at].problem = "damaged";
        else if (dice(20) == 0)
            riddle(made, at);
        if (at > 0 && dice(4) == 0)
            made->bases[at].after = made->ids[at - 1];
    }
    made->coverage.mark_count = MARKS;
    for (size_t i = 0; i < MARKS; i++) {
        uint64_t of = 1 + dice(39);
        made->marks[i] = (struct gd_mark){
            .id = "m",
            .timeline = switched != 0 && of > switched ? 2 : 1,
            .lsn = AT(of) + 1000,
            .time_us = (int64_t)of * DAY_US + 1000,
        };
        made->open[i] = dice(12) == 0;
    }
}

static int by_file(const void *left, const void *right)
{
    const struct gd_wal_file *a = left, *b = right;
    if (a->name.timeline != b->name.timeline)
        return a->name.timeline < b->name.timeline ? -1 : 1;
    return a->from_lsn < b->from_lsn ? -1 : a->from_lsn > b->from_lsn;
}

/* The first `steps` of what is to be removed: base backups, the newest first, then WAL, the oldest
 * first. @return false: there was less */
static bool remove_some(struct made *made, const struct made *before, unsigned steps)
{
    *made = *before;
    made->chain.file_count = made->coverage.base_count = 0;
    bool base_gone[BASES] = {false};
    for (size_t i = before->coverage.base_count; i > 0 && steps > 0; i--)
        if (before->items[i - 1].keep == GD_RETAIN_NOT) {
            base_gone[i - 1] = true;
            steps--;
        }
    for (size_t i = 0; i < before->coverage.base_count; i++)
        if (!base_gone[i]) {
            size_t at = made->coverage.base_count++;
            made->bases[at] = before->bases[i];
            made->listed[at] = before->listed[i];
            if (before->listed[i].base != NULL)
                made->listed[at].base = &made->bases[at];
        }
    bool file_gone[FILES] = {false};
    while (steps > 0) {
        size_t oldest = SIZE_MAX;
        for (size_t i = 0; i < before->chain.file_count; i++)
            if (file_goes(before, i) && !file_gone[i] &&
                (oldest == SIZE_MAX || before->files[i].from_lsn < before->files[oldest].from_lsn))
                oldest = i;
        if (oldest == SIZE_MAX)
            break;
        file_gone[oldest] = true;
        steps--;
    }
    for (size_t i = 0; i < before->chain.file_count; i++)
        if (!file_gone[i])
            made->files[made->chain.file_count++] = before->files[i];
    look(made);
    return steps == 0;
}

static const char *can(const struct made *made, uint32_t timeline, uint64_t lsn)
{
    const struct gd_base_listed *listed =
        gd_coverage_base_for(&made->coverage, timeline, lsn, made->arena, NULL);
    return listed == NULL ? NULL : listed->id;
}

/* One whose manifest cannot be read: as if it could be, with all that it needs. */
static void what_a_riddle_needs_is_there(const struct made *before, uint32_t world)
{
    for (size_t i = 0; i < before->coverage.base_count; i++) {
        const struct gd_base *base = &before->bases[i];
        if (before->listed[i].base != NULL || before->items[i].keep == GD_RETAIN_NOT)
            continue;
        for (size_t k = 0; k < i; k++)
            if (strcmp(base->after, before->ids[k]) == 0 && before->items[k].keep == GD_RETAIN_NOT)
                fail_msg("world %u: what the unreadable %s is built upon goes", world,
                         before->ids[i]);
        for (size_t k = 0; k < before->chain.file_count; k++)
            if (file_goes(before, k) && before->files[k].from_lsn < base->stop_lsn &&
                before->files[k].to_lsn > base->start_lsn && !before->files[k].spare)
                fail_msg("world %u: WAL of the unreadable %s goes", world, before->ids[i]);
    }
}

static void nothing_promised_goes(const struct made *before, const struct made *after,
                                  uint32_t world)
{
    for (unsigned day = 1; day <= 41; day++)
        for (uint32_t timeline = 1; timeline <= 2; timeline++) {
            uint64_t lsn = AT(day) + 500;
            bool promised = (int64_t)day * DAY_US >= 27 * DAY_US;
            if (promised && can(before, timeline, lsn) != NULL && can(after, timeline, lsn) == NULL)
                fail_msg("world %u: day %u of timeline %u is lost", world, day, timeline);
            if (can(before, timeline, lsn) == NULL && can(after, timeline, lsn) != NULL)
                fail_msg("world %u: day %u of timeline %u is claimed", world, day, timeline);
        }
    for (size_t i = 0; i < MARKS; i++)
        if (before->open[i] && can(before, before->marks[i].timeline, before->marks[i].lsn) &&
            !can(after, before->marks[i].timeline, before->marks[i].lsn))
            fail_msg("world %u: an open change lost its mark of day %u", world,
                     (unsigned)(before->marks[i].lsn >> 24));
}

static void what_is_promised_stays_wherever_it_is_cut_off(void **state)
{
    static struct made before, after;
    unsigned pruned = 0;
    (void)state;
    for (uint32_t world = 1; world <= 400; world++) {
        seed = world;
        before = (struct made){.arena = gd_arena_new()};
        before.rules = (struct gd_retain_rules){.keep_us = 14 * DAY_US, .unfinished_age_s = 86400};
        make_world(&before);
        qsort(before.files, before.chain.file_count, sizeof *before.files, by_file);
        decide(&before, 41);
        pruned += before.retention.files > 0;
        what_a_riddle_needs_is_there(&before, world);
        for (unsigned steps = 0; remove_some(&after, &before, steps); steps++)
            nothing_promised_goes(&before, &after, world);
        nothing_promised_goes(&before, &after, world);
        gd_arena_free(before.arena);
    }
    assert_true(pruned > 100);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        T(the_newest_that_is_older_than_the_window_stays),
        T(without_one_that_is_old_enough_nothing_goes),
        T(damaged_and_unproven_ones_push_nothing_out),
        T(what_is_damaged_goes_when_that_is_asked_for),
        T(an_anchor_needs_its_own_wal),
        T(a_hole_before_the_window_leaves_no_anchor),
        T(incremental_chains_stay_together),
        T(one_that_goes_on_from_what_is_not_proven_is_no_anchor),
        T(what_shares_files_stays),
        T(what_is_held_stays_with_its_own_wal),
        T(an_open_change_reaches_back),
        T(litter_goes_after_a_day),
        T(one_whose_manifest_cannot_be_read_stays_with_what_it_may_need),
        T(inside_of_the_window_it_keeps_all_that_are_older),
        T(it_goes_when_that_is_asked_for_and_it_is_old),
        T(a_promotion_is_no_border),
        T(a_timeline_that_was_left_has_an_anchor_of_its_own),
        T(what_was_stored_lately_stays_whatever_it_is_called),
        T(pieces_of_whole_segments_go),
        cmocka_unit_test(what_is_promised_stays_wherever_it_is_cut_off),
    };
#undef T
    return cmocka_run_group_tests(tests, NULL, NULL);
}
