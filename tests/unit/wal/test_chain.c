#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "guardian/store/memory.h"
#include "guardian/wal/chain.h"

#define PREFIX "v1/42/wal/"
enum { MIB = 1 << 20, SEGMENT = 16 * MIB };

/* ---- a store that holds names ---- */

struct world {
    struct gd_wal_place place;
    struct gd_arena *arena;
};

static int begin(void **state)
{
    struct world *world = calloc(1, sizeof *world);
    world->place = (struct gd_wal_place){
        .store = gd_memory_store_new((size_t)1 << 20), .system_identifier = 42, .level = 1};
    world->arena = gd_arena_new();
    *state = world;
    return 0;
}

static int end(void **state)
{
    struct world *world = *state;
    gd_store_close(world->place.store);
    gd_arena_free(world->arena);
    free(world);
    return 0;
}

/* An object with nothing but a label. */
static void put(struct world *world, const char *name, uint64_t bytes)
{
    struct gd_error err = {0};
    char object[512];
    const char *base = strrchr(name, '/') + 1;
    int size = snprintf(object + 8, sizeof object - 8,
                        "{\"format\":1,\"name\":\"%.24s\",\"bytes\":%llu,\"sha256\":\"%064d\"}",
                        base, (unsigned long long)bytes, 0);
    for (int i = 0; i < 4; i++) {
        object[i] = (char)(0x184D2A50 >> (8 * i));
        object[4 + i] = (char)(size >> (8 * i));
    }
    const char *key = gd_arena_printf(world->arena, PREFIX "%s.zst", name);
    if (gd_store_put_bytes(world->place.store, key, object, (size_t)size + 8, &err).code != GD_OK)
        fail_msg("%s", err.text);
}

static void put_segments(struct world *world, uint32_t timeline, uint64_t first, uint64_t last,
                         uint64_t segment_bytes)
{
    for (uint64_t number = first; number <= last; number++) {
        char name[GD_WAL_NAME_SIZE];
        struct gd_wal_name segment =
            gd_wal_segment_at(timeline, number * segment_bytes, segment_bytes);
        gd_wal_name_write(&segment, name);
        put(world, gd_arena_printf(world->arena, "%08X/%s", timeline, name), segment_bytes);
    }
}

/* Without looking at it, as a guardian of another version may have done. */
static void put_history(struct world *world, uint32_t timeline, const char *text)
{
    struct gd_error err = {0};
    char own[GD_WAL_NAME_SIZE];
    struct gd_wal_name name = {.kind = GD_WAL_HISTORY, .timeline = timeline};
    gd_wal_name_write(&name, own);
    struct gd_status status =
        gd_wal_pack_bytes(&world->place, gd_wal_key(&world->place, &name, world->arena), own, text,
                          strlen(text), NULL, &err);
    if (status.code != GD_OK)
        fail_msg("%s", err.text);
}

static struct gd_wal_chain *chain_of(struct world *world)
{
    struct gd_wal_chain *chain = NULL;
    struct gd_error err = {0};
    if (gd_wal_chain_read(&world->place, world->arena, &chain, &err).code != GD_OK)
        fail_msg("%s", err.text);
    return chain;
}

static void run_is(const struct gd_wal_chain *chain, size_t at, uint32_t timeline, uint64_t from,
                   uint64_t to)
{
    assert_true(at < chain->run_count);
    assert_int_equal(chain->runs[at].timeline, timeline);
    assert_int_equal(chain->runs[at].from_lsn, from);
    assert_int_equal(chain->runs[at].to_lsn, to);
    assert_int_equal(chain->runs[at].proven_lsn, from);
}

/* ---- runs ---- */

static void an_empty_store_has_no_wal(void **state)
{
    struct gd_wal_chain *chain = chain_of(*state);
    assert_int_equal(chain->segment_bytes, 0);
    assert_int_equal(chain->run_count + chain->branch_count + chain->file_count, 0);
    assert_false(gd_wal_chain_reaches(chain, 1, 0, 1, 1, NULL, NULL));
}

static void segments_without_a_hole_are_one_run(void **state)
{
    struct world *world = *state;
    put_segments(world, 1, 0xFE, 0x101, SEGMENT); /* over …FE, …FF, the next log's 00 */
    struct gd_wal_chain *chain = chain_of(world);
    assert_int_equal(chain->segment_bytes, SEGMENT);
    assert_int_equal(chain->run_count, 1);
    run_is(chain, 0, 1, 0xFEull * SEGMENT, 0x102ull * SEGMENT);
}

static void a_log_wraps_where_the_size_of_segments_says(void **state)
{
    struct world *world = *state;
    put_segments(world, 1, 3, 5, (uint64_t)1 << 30); /* 0:3, 1:0, 1:1 */
    struct gd_wal_chain *chain = chain_of(world);
    assert_int_equal(chain->segment_bytes, (uint64_t)1 << 30);
    assert_int_equal(chain->run_count, 1);
    run_is(chain, 0, 1, (uint64_t)3 << 30, (uint64_t)6 << 30);
}

static void a_segment_that_is_missing_makes_two_runs(void **state)
{
    struct world *world = *state;
    uint32_t timeline;
    uint64_t lsn;
    put_segments(world, 1, 1, 3, SEGMENT);
    put_segments(world, 1, 5, 6, SEGMENT);
    struct gd_wal_chain *chain = chain_of(world);
    assert_int_equal(chain->run_count, 2);
    run_is(chain, 0, 1, 1 * SEGMENT, 4 * SEGMENT);
    run_is(chain, 1, 1, 5 * SEGMENT, 7 * SEGMENT);
    assert_true(gd_wal_chain_reaches(chain, 1, SEGMENT + 40, 1, 4 * SEGMENT, NULL, NULL));
    assert_false(gd_wal_chain_reaches(chain, 1, SEGMENT + 40, 1, 4 * SEGMENT + 1, &timeline, &lsn));
    assert_int_equal(timeline, 1);
    assert_int_equal(lsn, 4 * SEGMENT);
    assert_false(gd_wal_chain_reaches(chain, 1, 40, 1, 2 * SEGMENT, &timeline, &lsn));
    assert_int_equal(lsn, 40);
}

static void pieces_go_on_where_whole_segments_end(void **state)
{
    struct world *world = *state;
    put_segments(world, 1, 1, 2, SEGMENT);
    put(world, "00000001/000000010000000000000003.part/00000000-00012000", 0x12000);
    put(world, "00000001/000000010000000000000003.part/00012000-00014000", 0x2000);
    put(world, "00000001/000000010000000000000003.part/00016000-00018000", 0x2000);
    put(world, "00000001/000000010000000000000002.part/00000000-00018000", 0x18000); /* too much */
    struct gd_wal_chain *chain = chain_of(world);
    assert_int_equal(chain->run_count, 2);
    run_is(chain, 0, 1, 1 * SEGMENT, 3 * SEGMENT + 0x14000);
    run_is(chain, 1, 1, 3 * SEGMENT + 0x16000, 3 * SEGMENT + 0x18000);
}

static void partial_files_labels_and_litter_are_no_run(void **state)
{
    struct world *world = *state;
    put_segments(world, 1, 1, 1, SEGMENT);
    put(world, "00000001/000000010000000000000002.partial", SEGMENT);
    put(world, "00000001/000000010000000000000001.00000028.backup", 300);
    put(world, "00000001/nonsense", 300);
    put(world, "00000001/000000020000000000000002", SEGMENT); /* in a wrong folder */
    put(world, "00000001/000000010000000000000002.part/00012000-00012000", 0);
    struct gd_wal_chain *chain = chain_of(world);
    assert_int_equal(chain->run_count, 1);
    run_is(chain, 0, 1, 1 * SEGMENT, 2 * SEGMENT);
    assert_int_equal(chain->file_count, 3);
}

static void a_name_of_another_size_is_told(void **state)
{
    struct world *world = *state;
    put_segments(world, 1, 1, 1, SEGMENT);
    put(world, "00000001/0000000100000000000007F1", MIB);
    put_segments(world, 2, 1, 1, SEGMENT); /* the newest tells */
    struct gd_wal_chain *chain = chain_of(world);
    assert_int_equal(chain->run_count, 2);
    assert_string_equal(chain->files[0].problem, "its name is of segments of another size");
}

/* ---- timelines ---- */

static void a_promotion_is_followed(void **state)
{
    struct world *world = *state;
    put_segments(world, 1, 1, 4, SEGMENT);
    put_segments(world, 2, 4, 6, SEGMENT);
    put_history(world, 2, "1\t0/4000100\tno recovery target specified\n");
    struct gd_wal_chain *chain = chain_of(world);
    uint64_t lsn;
    uint32_t timeline;
    assert_int_equal(chain->branch_count, 1);
    assert_int_equal(chain->branches[0].parent, 1);
    assert_int_equal(chain->branches[0].at_lsn, 4 * SEGMENT + 0x100);
    assert_true(gd_wal_chain_reaches(chain, 1, SEGMENT, 2, 7 * SEGMENT, NULL, NULL));
    /* What the old one has behind the switch is on the way to it alone. */
    assert_true(gd_wal_chain_reaches(chain, 1, SEGMENT, 1, 5 * SEGMENT, NULL, NULL));
    assert_false(gd_wal_chain_reaches(chain, 1, SEGMENT, 1, 6 * SEGMENT, &timeline, &lsn));
    assert_int_equal(timeline, 1);
    assert_int_equal(lsn, 5 * SEGMENT);
    /* From behind the switch there is no way over, and none back. */
    assert_false(gd_wal_chain_reaches(chain, 1, 4 * SEGMENT + 0x101, 2, 5 * SEGMENT, NULL, NULL));
    assert_false(gd_wal_chain_reaches(chain, 2, 5 * SEGMENT, 1, 5 * SEGMENT, NULL, NULL));
    assert_true(gd_wal_chain_reaches(chain, 2, 5 * SEGMENT, 2, 7 * SEGMENT, NULL, NULL));
}

static void the_last_segment_of_the_old_timeline_lies_in_the_new_one(void **state)
{
    struct world *world = *state;
    uint64_t lsn;
    put_segments(world, 1, 1, 3, SEGMENT);
    put(world, "00000001/000000010000000000000004.partial", SEGMENT);
    put_segments(world, 2, 4, 6, SEGMENT);
    put_history(world, 2, "1\t0/4000100\tno recovery target specified\n");
    struct gd_wal_chain *chain = chain_of(world);
    assert_true(gd_wal_chain_reaches(chain, 1, SEGMENT, 2, 7 * SEGMENT, NULL, NULL));
    assert_false(gd_wal_chain_reaches(chain, 1, SEGMENT, 1, 4 * SEGMENT + 1, NULL, &lsn));
    assert_int_equal(lsn, 4 * SEGMENT);
}

static void a_hole_at_the_switch_is_a_hole(void **state)
{
    struct world *world = *state;
    uint64_t lsn;
    uint32_t timeline;
    put_segments(world, 1, 1, 3, SEGMENT);
    put_segments(world, 2, 5, 6, SEGMENT);
    put_history(world, 2, "1\t0/4000100\tno recovery target specified\n");
    struct gd_wal_chain *chain = chain_of(world);
    assert_false(gd_wal_chain_reaches(chain, 1, SEGMENT, 2, 7 * SEGMENT, &timeline, &lsn));
    assert_int_equal(timeline, 1);
    assert_int_equal(lsn, 4 * SEGMENT);
}

static void without_a_history_file_there_is_no_way(void **state)
{
    struct world *world = *state;
    put_segments(world, 1, 1, 4, SEGMENT);
    put_segments(world, 2, 4, 6, SEGMENT);
    struct gd_wal_chain *chain = chain_of(world);
    assert_false(gd_wal_chain_reaches(chain, 1, SEGMENT, 2, 5 * SEGMENT, NULL, NULL));
    assert_int_equal(chain->branch_count, 1);
    assert_non_null(strstr(chain->branches[0].problem, "00000002.history is missing"));
}

static void a_history_file_tells_of_older_timelines_too(void **state)
{
    struct world *world = *state;
    put_segments(world, 1, 1, 4, SEGMENT);
    put_segments(world, 2, 4, 6, SEGMENT);
    put_segments(world, 4, 6, 8, SEGMENT);
    put_history(world, 4,
                "# a remark\n\n1\t0/4000100\tno recovery target specified\n\n"
                "2\t0/6000028\tbefore 2026-11-23 10:00:00+00\n");
    struct gd_wal_chain *chain = chain_of(world);
    assert_int_equal(chain->branch_count, 2);
    assert_int_equal(chain->branches[0].timeline, 2);
    assert_int_equal(chain->branches[1].timeline, 4);
    assert_int_equal(chain->branches[1].parent, 2);
    assert_true(gd_wal_chain_reaches(chain, 1, SEGMENT, 4, 9 * SEGMENT, NULL, NULL));
}

static void two_branches_of_one_timeline_do_not_mix(void **state)
{
    struct world *world = *state;
    uint64_t lsn;
    put_segments(world, 1, 1, 4, SEGMENT);
    put_segments(world, 2, 3, 9, SEGMENT);
    put_segments(world, 3, 4, 4, SEGMENT);
    put_history(world, 2, "1\t0/3000100\ta\n");
    put_history(world, 3, "1\t0/4000100\ta\n");
    struct gd_wal_chain *chain = chain_of(world);
    assert_true(gd_wal_chain_reaches(chain, 1, SEGMENT, 2, 10 * SEGMENT, NULL, NULL));
    assert_false(gd_wal_chain_reaches(chain, 1, SEGMENT, 3, 6 * SEGMENT, NULL, &lsn));
    assert_int_equal(lsn, 5 * SEGMENT);
}

static void contradicting_history_is_told(void **state)
{
    struct world *world = *state;
    put_segments(world, 3, 4, 4, SEGMENT);
    put_history(world, 2, "1\t0/3000100\ta\n");
    put_history(world, 3, "1\t0/3000200\ta\n2\t0/4000000\tb\n");
    struct gd_wal_chain *chain = chain_of(world);
    assert_int_equal(chain->branch_count, 2);
    assert_non_null(strstr(chain->branches[0].problem, "contradict"));
}

static void a_history_file_that_is_none_is_told(void **state)
{
    (void)state;
    static const char *const texts[] = {"",
                                        "nonsense\n",
                                        "3\t0/1\ta\n",
                                        "1\t01\ta\n",
                                        "2\t0/5\ta\n1\t0/6\ta\n",
                                        "1\t0/5\ta\n2\t0/4\tb\n"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        void *one;
        begin(&one);
        put_history(one, 3, texts[i]);
        struct gd_wal_chain *chain = chain_of(one);
        assert_int_equal(chain->branch_count, 1);
        assert_non_null(chain->branches[0].problem);
        assert_int_equal(chain->branches[0].parent, 0);
        end(&one);
    }
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        T(an_empty_store_has_no_wal),
        T(segments_without_a_hole_are_one_run),
        T(a_log_wraps_where_the_size_of_segments_says),
        T(a_segment_that_is_missing_makes_two_runs),
        T(pieces_go_on_where_whole_segments_end),
        T(partial_files_labels_and_litter_are_no_run),
        T(a_name_of_another_size_is_told),
        T(a_promotion_is_followed),
        T(the_last_segment_of_the_old_timeline_lies_in_the_new_one),
        T(a_hole_at_the_switch_is_a_hole),
        T(without_a_history_file_there_is_no_way),
        T(a_history_file_tells_of_older_timelines_too),
        T(two_branches_of_one_timeline_do_not_mix),
        T(contradicting_history_is_told),
        cmocka_unit_test(a_history_file_that_is_none_is_told),
    };
#undef T
    return cmocka_run_group_tests(tests, NULL, NULL);
}
