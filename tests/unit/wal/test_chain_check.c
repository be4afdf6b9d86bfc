#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guardian/base/fault.h"
#include "guardian/io/zstd.h"
#include "guardian/store/memory.h"
#include "guardian/wal/chain.h"
#include "guardian/wal/walk.h"
#include "harness/wal.h"

#define SEGMENT ((uint64_t)TEST_WAL_SEGMENT)
#define NOON INT64_C(1795435200000000)

struct world {
    struct gd_wal_place place;
    struct gd_arena *arena;
    struct test_wal wal;
};

static int begin(void **state)
{
    struct world *world = calloc(1, sizeof *world);
    assert_non_null(world);
    world->place = (struct gd_wal_place){
        .store = gd_memory_store_new((size_t)8 << 20), .system_identifier = 42, .level = 1};
    world->arena = gd_arena_new();
    test_wal_begin(&world->wal, &world->place, 1, SEGMENT);
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

static struct gd_wal_chain *chain_of(struct world *world)
{
    struct gd_wal_chain *chain = NULL;
    struct gd_error err = {0};
    if (gd_wal_chain_read(&world->place, world->arena, &chain, &err).code != GD_OK)
        fail_msg("%s", err.text);
    return chain;
}

static struct gd_wal_chain *checked(struct world *world, bool again, struct gd_wal_checked *out)
{
    struct gd_wal_chain *chain = chain_of(world);
    struct gd_error err = {0};
    struct gd_wal_check_options options = {.workers = 2, .again = again};
    if (gd_wal_chain_check(&world->place, chain, &options, out, &err).code != GD_OK)
        fail_msg("%s", err.text);
    return chain;
}

static const char *problem_at(const struct gd_wal_chain *chain, uint64_t lsn)
{
    for (size_t i = 0; i < chain->file_count; i++)
        if (chain->files[i].from_lsn <= lsn && lsn < chain->files[i].from_lsn + SEGMENT &&
            chain->files[i].problem != NULL)
            return chain->files[i].problem;
    return "";
}

static struct gd_status see_any(void *context, const struct gd_store_entry *entry,
                                struct gd_error *err)
{
    (void)entry;
    (void)err;
    ++*(size_t *)context;
    return GD_DONE;
}

static size_t memories(struct world *world)
{
    struct gd_error err = {0};
    size_t count = 0;
    assert_int_equal(
        gd_store_list(world->place.store, "v1/42/wal-proven/", see_any, &count, &err).code, GD_OK);
    return count;
}

/* ---- what is good ---- */

static void what_is_good_is_proven_and_read_once(void **state)
{
    struct world *world = *state;
    struct gd_wal_checked done;
    for (int i = 0; i < 4; i++) {
        test_wal_commit(&world->wal, NOON + i);
        test_wal_fill(&world->wal);
    }
    test_wal_switch(&world->wal);
    struct gd_wal_chain *chain = checked(world, false, &done);
    assert_int_equal(chain->run_count, 1);
    assert_int_equal(chain->runs[0].proven_lsn, 6 * SEGMENT);
    assert_int_equal(done.read_now, 5);
    assert_int_equal(done.damaged, 0);
    assert_int_equal(chain->files[2].told->newest_us, NOON + 2);
    chain = chain_of(world); /* by the memory alone */
    assert_int_equal(chain->runs[0].proven_lsn, 6 * SEGMENT);
    assert_int_equal(chain->files[2].told->newest_us, NOON + 2);
    test_wal_fill(&world->wal);
    chain = checked(world, false, &done);
    assert_int_equal(done.segments, 6);
    assert_int_equal(done.read_now, 1);
    assert_int_equal(chain->runs[0].proven_lsn, 7 * SEGMENT);
    checked(world, true, &done);
    assert_int_equal(done.read_now, 6);
}

static void a_record_may_be_longer_than_a_segment(void **state)
{
    struct world *world = *state;
    struct gd_wal_checked done;
    test_wal_record(&world->wal, 3 * TEST_WAL_SEGMENT);
    test_wal_fill(&world->wal);
    test_wal_fill(&world->wal);
    struct gd_wal_chain *chain = checked(world, false, &done);
    assert_int_equal(done.damaged, 0);
    assert_int_equal(chain->runs[0].proven_lsn, 6 * SEGMENT);
}

static void pieces_are_read_as_one(void **state)
{
    struct world *world = *state;
    struct gd_wal_checked done;
    test_wal_fill(&world->wal);
    uint64_t from = 2 * SEGMENT;
    for (int i = 0; i < 3; i++) {
        test_wal_record(&world->wal, 20001);
        test_wal_piece(&world->wal, from);
        from = world->wal.lsn;
    }
    struct gd_wal_chain *chain = checked(world, false, &done);
    assert_int_equal(done.damaged, 0);
    assert_int_equal(done.segments, 2);
    assert_int_equal(chain->runs[0].proven_lsn, from);
    test_wal_fill(&world->wal); /* now it is there as a whole */
    chain = checked(world, false, &done);
    assert_int_equal(done.read_now, 1);
    assert_int_equal(chain->runs[0].proven_lsn, 3 * SEGMENT);
    assert_true(chain->files[2].spare || chain->files[1].spare);
}

static void a_crash_in_a_record_is_no_damage(void **state)
{
    struct world *world = *state;
    struct gd_wal_checked done;
    test_wal_record(&world->wal, 100);
    while (world->wal.lsn % SEGMENT < SEGMENT - 4000)
        test_wal_record(&world->wal, 3000);
    uint64_t last = world->wal.prev;
    test_wal_record(&world->wal, 9000); /* its end was never written: */
    test_wal_begin(&world->wal, &world->place, 1, 2 * SEGMENT);
    world->wal.prev = last;
    world->wal.flags = 8;
    test_wal_fill(&world->wal);
    struct gd_wal_chain *chain = checked(world, false, &done);
    assert_string_equal(problem_at(chain, 2 * SEGMENT), "");
    assert_int_equal(done.damaged, 0);
    assert_int_equal(chain->runs[0].proven_lsn, 3 * SEGMENT);
}

/* ---- what is not ---- */

static void damage_is_named_and_parts_the_run(void **state)
{
    struct world *world = *state;
    struct gd_wal_checked done;
    struct gd_error err = {0};
    gd_auto_arena arena = gd_arena_new();
    char *data = NULL;
    size_t size = 0;
    for (int i = 0; i < 3; i++)
        test_wal_fill(&world->wal);
    checked(world, false, &done);
    struct gd_wal_name name = gd_wal_segment_at(1, 2 * SEGMENT, SEGMENT);
    const char *key = gd_wal_key(&world->place, &name, arena);
    struct gd_store *store = world->place.store;
    assert_int_equal(gd_store_get_bytes(store, key, 4 << 20, &data, &size, &err).code, GD_OK);
    data[size / 2] ^= 1;
    assert_int_equal(gd_store_remove(store, key, &err).code, GD_OK);
    assert_int_equal(gd_store_put_bytes(store, key, data, size, &err).code, GD_OK);
    free(data);
    struct gd_wal_chain *chain = checked(world, false, &done);
    assert_int_equal(done.read_now, 1);
    assert_int_equal(done.damaged, 1);
    assert_true(problem_at(chain, 2 * SEGMENT)[0] != '\0');
    assert_int_equal(chain->run_count, 2);
    assert_int_equal(chain->runs[0].to_lsn, 2 * SEGMENT);
    assert_int_equal(chain->runs[1].from_lsn, 3 * SEGMENT);
}

/* "wal fetch" gives nothing of such a segment. */
static void nothing_is_claimed_of_pieces_of_which_one_is_damaged(void **state)
{
    struct world *world = *state;
    struct gd_wal_checked done;
    struct gd_error err = {0};
    uint32_t timeline;
    uint64_t from = 2 * SEGMENT, end;
    test_wal_fill(&world->wal);
    for (int i = 0; i < 3; i++) {
        test_wal_record(&world->wal, 20001);
        test_wal_piece(&world->wal, from);
        if (i == 1)
            test_wal_object(
                &world->place,
                gd_wal_file_key(&world->place, &chain_of(world)->files[2], world->arena),
                "something else", "", 0);
        from = world->wal.lsn;
    }
    struct gd_wal_chain *chain = checked(world, false, &done);
    assert_int_equal(done.damaged, 1);
    assert_int_equal(chain->runs[0].to_lsn, 2 * SEGMENT);
    assert_int_equal(chain->runs[0].proven_lsn, 2 * SEGMENT);
    assert_int_equal(gd_wal_chain_prove(&world->place, chain, 1, SEGMENT + 40, 0, from, NULL,
                                        &timeline, &end, &err)
                         .code,
                     GD_CORRUPT);
    assert_non_null(strstr(err.text, "is damaged"));
    assert_int_equal(end, 2 * SEGMENT);
}

/* The bytes of segment 2, from a server that did something else. */
static void another_segment(struct world *world, struct test_wal *other, size_t body,
                            bool long_tail)
{
    struct gd_wal_place nowhere = world->place;
    nowhere.store = gd_memory_store_new((size_t)8 << 20);
    test_wal_begin(other, &nowhere, 1, SEGMENT);
    test_wal_record(other, body);
    test_wal_fill(other);
    if (!long_tail)
        test_wal_switch(other);
    gd_store_close(nowhere.store);
    other->place = world->place;
}

static void a_segment_of_another_past_does_not_follow(void **state)
{
    struct world *world = *state;
    struct gd_wal_checked done;
    struct test_wal *other = calloc(1, sizeof *other);
    assert_non_null(other);
    test_wal_fill(&world->wal);
    another_segment(world, other, 999, true);
    other->lsn = other->lsn % SEGMENT + 2 * SEGMENT;
    test_wal_fill(other); /* takes the place of segment 2: whole, of this cluster, with a label */
    free(other);
    struct gd_wal_chain *chain = checked(world, false, &done);
    assert_int_equal(done.damaged, 1);
    assert_non_null(strstr(problem_at(chain, 2 * SEGMENT), "does not"));
    assert_int_equal(chain->runs[0].to_lsn, 2 * SEGMENT);
}

static void bytes_that_were_wrong_before_they_were_stored_are_found(void **state)
{
    struct world *world = *state;
    struct gd_wal_checked done;
    test_wal_record(&world->wal, 5000);
    world->wal.bytes[200] ^= 1; /* in the body of the first record; label and pages are right */
    test_wal_fill(&world->wal);
    struct gd_wal_chain *chain = checked(world, false, &done);
    assert_non_null(strstr(problem_at(chain, SEGMENT), "the record at 0/100028 has another CRC"));
}

static void wal_that_ends_within_a_segment_ends_there(void **state)
{
    struct world *world = *state;
    struct gd_wal_checked done;
    test_wal_record(&world->wal, 5000);
    uint64_t at = world->wal.lsn;
    struct gd_wal_name name = gd_wal_segment_at(1, SEGMENT, SEGMENT);
    test_wal_put(&world->place, &name, world->wal.bytes, TEST_WAL_SEGMENT);
    struct gd_wal_chain *chain = checked(world, false, &done);
    assert_int_equal(done.damaged, 0);
    assert_int_equal(chain->runs[0].to_lsn, at);
    assert_int_equal(chain_of(world)->runs[0].to_lsn, at);
}

static void prove_names_the_first_that_is_missing(void **state)
{
    struct world *world = *state;
    struct gd_error err = {0};
    uint32_t timeline;
    uint64_t lsn;
    gd_auto_arena arena = gd_arena_new();
    for (int i = 0; i < 5; i++)
        test_wal_fill(&world->wal);
    struct gd_wal_chain *chain = chain_of(world);
    assert_int_equal(gd_wal_chain_prove(&world->place, chain, 1, SEGMENT + 40, 0, 3 * SEGMENT, NULL,
                                        &timeline, &lsn, &err)
                         .code,
                     GD_OK);
    assert_int_equal(lsn, 3 * SEGMENT);
    assert_int_equal(chain->runs[0].proven_lsn, 3 * SEGMENT); /* no more was read */
    assert_int_equal(
        gd_wal_chain_prove(&world->place, chain, 1, SEGMENT + 40, 0, 0, NULL, &timeline, &lsn, &err)
            .code,
        GD_OK);
    assert_int_equal(lsn, 6 * SEGMENT);
    struct gd_wal_name name = gd_wal_segment_at(1, 4 * SEGMENT, SEGMENT);
    assert_int_equal(
        gd_store_remove(world->place.store, gd_wal_key(&world->place, &name, arena), &err).code,
        GD_OK);
    chain = chain_of(world);
    for (uint64_t until = 0; until <= 5 * SEGMENT; until += 5 * SEGMENT) {
        err = (struct gd_error){0};
        assert_int_equal(gd_wal_chain_prove(&world->place, chain, 1, SEGMENT + 40, 0, until, NULL,
                                            &timeline, &lsn, &err)
                             .code,
                         GD_CORRUPT);
        assert_string_equal(err.text, "segment \"000000010000000000000004\" is missing from "
                                      "0/400000 on");
        assert_int_equal(lsn, 4 * SEGMENT);
    }
    assert_int_equal(
        gd_wal_chain_prove(&world->place, chain, 1, 7 * SEGMENT, 0, 0, NULL, &timeline, &lsn, &err)
            .code,
        GD_CORRUPT);
}

static void settings_end_a_run_when_the_level_is_minimal(void **state)
{
    struct world *world = *state;
    struct gd_wal_checked done;
    struct gd_error err = {0};
    uint32_t timeline;
    uint64_t end;
    test_wal_fill(&world->wal);
    test_wal_settings(&world->wal, 1);
    test_wal_fill(&world->wal);
    test_wal_commit(&world->wal, NOON);
    uint64_t minimal = world->wal.lsn;
    test_wal_settings(&world->wal, 0);
    test_wal_commit(&world->wal, NOON + 1000);
    test_wal_settings(&world->wal, 2);
    test_wal_fill(&world->wal);
    test_wal_fill(&world->wal);
    struct gd_wal_chain *chain = chain_of(world);
    assert_int_equal(
        gd_wal_chain_prove(&world->place, chain, 1, SEGMENT + 40, 0, 0, NULL, &timeline, &end, &err)
            .code,
        GD_CORRUPT);
    assert_non_null(strstr(err.text, "wal_level=minimal"));
    assert_int_equal(end, minimal);
    for (int i = 0; i < 3; i++) {
        chain = i == 2 ? chain_of(world) : checked(world, i == 1, &done); /* remembered, too */
        assert_int_equal(chain->run_count, 2);
        assert_int_equal(chain->runs[0].to_lsn, minimal);
        assert_int_equal(chain->runs[0].proven_lsn, minimal);
        assert_true(chain->runs[1].from_lsn > minimal);
        assert_int_equal(chain->runs[1].to_lsn, 5 * SEGMENT);
        assert_int_equal(chain->runs[1].proven_lsn, 5 * SEGMENT);
        assert_true(gd_wal_chain_is_minimal(chain, minimal));
        assert_int_equal(chain->files[2].told->newest_us, NOON); /* of what can be had */
    }
}

/* ---- the memory ---- */

static void the_memory_stays_small(void **state)
{
    struct world *world = *state;
    struct gd_wal_checked done;
    for (int i = 0; i < 40; i++) {
        test_wal_switch(&world->wal);
        checked(world, false, &done);
        assert_int_equal(done.read_now, 1);
        assert_true(memories(world) <= 16);
    }
    checked(world, false, &done);
    assert_int_equal(done.read_now, 0);
    assert_int_equal(done.segments, 40);
}

static struct gd_wal_chain *checked_again(struct world *world, int64_t age_us,
                                          struct gd_wal_checked *out)
{
    struct gd_wal_chain *chain = chain_of(world);
    struct gd_error err = {0};
    struct gd_wal_check_options options = {.workers = 2, .age_us = age_us};
    if (gd_wal_chain_check(&world->place, chain, &options, out, &err).code != GD_OK)
        fail_msg("%s", err.text);
    return chain;
}

static void what_was_read_long_ago_is_read_once_more_a_part_each_time(void **state)
{
    const int64_t day_us = INT64_C(86400000000);
    struct world *world = *state;
    struct gd_wal_checked done;
    bool seen[40] = {false};
    for (int i = 0; i < 40; i++)
        test_wal_switch(&world->wal);
    checked_again(world, 30 * day_us, &done);
    assert_int_equal(done.read_now, 40);
    assert_int_equal(done.once_more, 0);
    checked_again(world, 30 * day_us, &done); /* all of it is of just now */
    assert_int_equal(done.read_now, 0);
    assert_true(done.oldest_read_us > NOON);
    for (int round = 0; round < 20; round++) { /* two of forty, the oldest reading first */
        struct gd_wal_chain *chain = checked_again(world, 1, &done);
        assert_int_equal(done.read_now, 2);
        assert_int_equal(done.once_more, 2);
        for (size_t i = 0; i < chain->file_count; i++) {
            bool newest = true;
            for (size_t k = 0; k < chain->file_count; k++)
                newest = newest && chain->files[k].read_us <= chain->files[i].read_us;
            seen[i] = seen[i] || newest;
        }
    }
    for (size_t i = 0; i < 40; i++)
        assert_true(seen[i]);
}

struct keys {
    struct gd_arena *arena;
    const char *items[20];
    size_t count;
};

static struct gd_status see_key(void *context, const struct gd_store_entry *entry,
                                struct gd_error *err)
{
    struct keys *keys = context;
    (void)err;
    assert_true(keys->count < 20);
    keys->items[keys->count++] = gd_arena_strdup(keys->arena, entry->key);
    return GD_DONE;
}

static void forget(struct world *world)
{
    struct keys keys = {.arena = world->arena};
    struct gd_error err = {0};
    assert_int_equal(
        gd_store_list(world->place.store, "v1/42/wal-proven/", see_key, &keys, &err).code, GD_OK);
    for (size_t i = 0; i < keys.count; i++)
        assert_int_equal(gd_store_remove(world->place.store, keys.items[i], &err).code, GD_OK);
}

/* As a Guardian wrote it that kept no time of reading, or `more` behind its fields. */
static void remember(struct world *world, int version, int flags, const char *more)
{
    struct gd_wal_chain *chain = chain_of(world);
    const struct gd_wal_file *file = &chain->files[0];
    const struct gd_wal_told *told = file->told;
    char name[GD_WAL_NAME_SIZE];
    assert_non_null(told);
    gd_wal_name_write(&file->name, name);
    const char *text = gd_arena_printf(
        world->arena,
        "guardian wal-proven %d\n%s %" PRIu64 " %" PRId64 " %" PRIX64 " %" PRIX64 " %" PRIX64
        " %" PRIu32 " %" PRIu32 " %d %" PRIX64 " %" PRId64 " %" PRId64 " 0 0%s\nend 1\n",
        version, name, file->stored_bytes, file->modified_us, told->first_prev, told->last_start,
        told->before_last, told->head_left, told->tail_left, flags + (told->switched ? 2 : 0),
        told->ended_lsn, told->oldest_us, told->newest_us, more);
    forget(world);
    struct gd_error err = {0};
    struct gd_sink *below = NULL, *sink = NULL;
    assert_int_equal(gd_store_put(world->place.store,
                                  "v1/42/wal-proven/20261123T120000Z-0000000001.txt.zst", 0, &below,
                                  &err)
                         .code,
                     GD_OK);
    assert_int_equal(gd_zstd_sink_new(below, 3, &sink, &err).code, GD_OK);
    assert_int_equal(gd_sink_write(sink, text, strlen(text), &err).code, GD_OK);
    assert_int_equal(gd_sink_finish(sink, &err).code, GD_OK);
    gd_sink_free(sink);
}

static void a_memory_without_times_is_believed_and_counts_as_old(void **state)
{
    struct world *world = *state;
    struct gd_wal_checked done;
    test_wal_switch(&world->wal);
    checked(world, false, &done);
    remember(world, 2, 0, "");
    struct gd_wal_chain *chain = chain_of(world);
    assert_true(chain->files[0].proven && chain->files[0].read_us == 0);
    checked_again(world, INT64_C(86400000000), &done);
    assert_int_equal(done.once_more, 1);
    assert_true(done.oldest_read_us > NOON);
    remember(world, 2, 0, " 12"); /* it has no such field */
    assert_false(chain_of(world)->files[0].proven);
}

static void what_was_found_damaged_is_doubted_until_it_was_read_again(void **state)
{
    struct world *world = *state;
    struct gd_wal_checked done;
    test_wal_switch(&world->wal);
    checked(world, false, &done);
    remember(world, 3, 4, " 1795435200000000");
    struct gd_wal_chain *chain = chain_of(world);
    assert_true(!chain->files[0].proven && chain->files[0].doubted);
    checked(world, false, &done);
    assert_true(done.read_now == 1 && done.once_more == 0 && done.damaged == 0);
    chain = chain_of(world);
    assert_true(chain->files[0].proven && !chain->files[0].doubted);
}

static void a_memory_that_lies_is_not_believed(void **state)
{
    static const char *const texts[] = {
        "",
        "guardian wal-proven 2\n",
        "guardian wal-proven 2\nend 1\n",
        "guardian wal-proven 2\n000000010000000000000001 1 1\nend 1\n",
        "guardian wal-proven 2\nnonsense\nend 1\n",
        "guardian wal-proven 2\n\n\n\nend 3",
        "guardian wal-proven 3\n000000010000000000000001 1 1\nend 1\n",
        "guardian wal-proven 4\nend 0\n",
    };
    struct world *world = *state;
    struct gd_wal_checked done;
    struct gd_error err = {0};
    test_wal_switch(&world->wal);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        gd_auto_arena arena = gd_arena_new();
        const char *key =
            gd_arena_printf(arena, "v1/42/wal-proven/20261123T120000Z-%010zu.txt.zst", i);
        test_wal_object(&world->place, key, "x", texts[i], strlen(texts[i]));
        assert_int_equal(chain_of(world)->runs[0].proven_lsn, SEGMENT);
    }
    assert_int_equal(
        gd_store_put_bytes(world->place.store, "v1/42/wal-proven/x.txt.zst", "x", 1, &err).code,
        GD_OK);
    checked(world, false, &done);
    assert_int_equal(done.read_now, 1);
    checked(world, false, &done);
    assert_int_equal(done.read_now, 0);
}

static void a_check_that_is_cut_off_claims_nothing(void **state)
{
    struct world *world = *state;
    for (int i = 0; i < 3; i++)
        test_wal_fill(&world->wal);
    for (unsigned nth = 1;; nth++) {
        struct gd_wal_chain *chain = chain_of(world);
        struct gd_error err = {0};
        struct gd_wal_checked done;
        gd_fault_arm(nth);
        struct gd_status status = gd_wal_chain_check(
            &world->place, chain, &(struct gd_wal_check_options){.workers = 1}, &done, &err);
        bool fired = gd_fault_fired();
        gd_fault_arm(0);
        if (!fired) {
            assert_int_equal(status.code, GD_OK);
            return;
        }
        assert_int_equal(status.code, GD_INJECTED);
        assert_int_equal(chain_of(world)->runs[0].proven_lsn, SEGMENT);
    }
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        T(what_is_good_is_proven_and_read_once),
        T(a_record_may_be_longer_than_a_segment),
        T(pieces_are_read_as_one),
        T(a_crash_in_a_record_is_no_damage),
        T(damage_is_named_and_parts_the_run),
        T(nothing_is_claimed_of_pieces_of_which_one_is_damaged),
        T(a_segment_of_another_past_does_not_follow),
        T(bytes_that_were_wrong_before_they_were_stored_are_found),
        T(wal_that_ends_within_a_segment_ends_there),
        T(prove_names_the_first_that_is_missing),
        T(settings_end_a_run_when_the_level_is_minimal),
        T(the_memory_stays_small),
        T(what_was_read_long_ago_is_read_once_more_a_part_each_time),
        T(a_memory_without_times_is_believed_and_counts_as_old),
        T(what_was_found_damaged_is_doubted_until_it_was_read_again),
        T(a_memory_that_lies_is_not_believed),
        T(a_check_that_is_cut_off_claims_nothing),
    };
#undef T
    return cmocka_run_group_tests(tests, NULL, NULL);
}
