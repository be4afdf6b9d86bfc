/* Several at once: one key has one winner, and nobody is in another's way. */
#include "contract/contract.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { THREADS = 6 };

/* Assertions jump, which a thread must not: what went wrong is looked at when it has ended. */
struct hand {
    pthread_t thread;
    const struct scene *scene;
    pthread_barrier_t *barrier;
    const char *key;
    size_t size;
    unsigned number;
    struct gd_status status;
    struct gd_error err;
};

static void run_hands(struct hand *hands, void *(*work)(void *))
{
    pthread_barrier_t barrier;
    assert_int_equal(pthread_barrier_init(&barrier, NULL, THREADS), 0);
    for (unsigned i = 0; i < THREADS; i++) {
        hands[i].barrier = &barrier;
        hands[i].number = i;
        assert_int_equal(pthread_create(&hands[i].thread, NULL, work, &hands[i]), 0);
    }
    for (unsigned i = 0; i < THREADS; i++)
        pthread_join(hands[i].thread, NULL);
    pthread_barrier_destroy(&barrier);
}

/* --- one key ---------------------------------------------------------------------------------- */

static struct gd_status write_then_meet(struct hand *hand, struct gd_sink **sink)
{
    char *bytes = make_bytes(hand->size, hand->number);
    struct gd_status status =
        gd_store_put(hand->scene->store, hand->key, hand->size, sink, &hand->err);
    if (status.code == GD_OK)
        status = gd_sink_write(*sink, bytes, hand->size, &hand->err);
    free(bytes);
    pthread_barrier_wait(hand->barrier); /* all are about to finish */
    return status;
}

static void *put_one(void *context)
{
    struct hand *hand = context;
    gd_auto_sink sink = NULL;
    hand->status = write_then_meet(hand, &sink);
    if (hand->status.code == GD_OK)
        hand->status = gd_sink_finish(sink, &hand->err);
    return NULL;
}

static bool holds_what_was_put_by(const struct scene *scene, const char *key, size_t size,
                                  unsigned number)
{
    struct gd_error err = {0};
    char *found = NULL, *bytes = make_bytes(size, number);
    size_t found_size = 0;
    if (gd_store_get_bytes(scene->store, key, size + 1, &found, &found_size, &err).code != GD_OK)
        fail_msg("%s", err.text);
    bool same = found_size == size && memcmp(found, bytes, size) == 0;
    free(found);
    free(bytes);
    return same;
}

static void race(const struct scene *scene, const char *key, size_t size, bool exactly_one)
{
    struct hand hands[THREADS];
    unsigned winners = 0, whole = 0;
    memset(hands, 0, sizeof hands);
    for (unsigned i = 0; i < THREADS; i++) {
        hands[i].scene = scene;
        hands[i].key = key;
        hands[i].size = size;
    }
    run_hands(hands, put_one);
    for (unsigned i = 0; i < THREADS; i++) {
        bool won = hands[i].status.code == GD_OK;
        bool held = holds_what_was_put_by(scene, key, size, i);
        if (!won && hands[i].status.code != GD_REFUSED)
            fail_msg("%s", hands[i].err.text);
        if (exactly_one)
            assert_int_equal(won, held);
        winners += won;
        whole += held;
    }
    assert_int_equal(whole, 1); /* one of them, and no mixture */
    if (exactly_one)
        assert_int_equal(winners, 1);
}

static void one_key_has_one_winner(void **state)
{
    const struct scene *scene = *state;
    for (unsigned i = 0; i < 5; i++) {
        char name[32];
        snprintf(name, sizeof name, "race/%u/x", i);
        race(scene, key_of(scene, name), 1000, scene->can.conditional);
    }
}

static void one_large_key_has_one_winner(void **state)
{
    const struct scene *scene = *state;
    race(scene, key_of(scene, "race/large"), 7 << 20, scene->can.conditional_large);
}

/* --- many keys -------------------------------------------------------------------------------- */

static struct gd_status busy(struct hand *hand, unsigned round)
{
    const struct scene *scene = hand->scene;
    struct gd_error *err = &hand->err;
    char name[64], *found = NULL;
    size_t size = 0;
    bool there = false;
    snprintf(name, sizeof name, "busy/%u/deep/%u-%u", round, hand->number, round);
    const char *key = key_of(scene, name);
    GD_TRY(gd_store_put_bytes(scene->store, key, name, strlen(name), err));
    GD_TRY(gd_store_head(scene->store, key, &there, NULL, err));
    GD_TRY(gd_store_get_bytes(scene->store, key, sizeof name, &found, &size, err));
    bool same = there && size == strlen(name) && memcmp(found, name, size) == 0;
    free(found);
    if (!same)
        return gd_fail(err, GD_CORRUPT, "%s holds something else", key);
    return gd_store_remove(scene->store, key, err);
}

/* All make and remove the same folders all the time. */
static void *be_busy(void *context)
{
    struct hand *hand = context;
    pthread_barrier_wait(hand->barrier);
    for (unsigned round = 0; round < 25 && hand->status.code == GD_OK; round++)
        hand->status = busy(hand, round % 3);
    return NULL;
}

static void many_threads_share_a_store(void **state)
{
    const struct scene *scene = *state;
    struct hand hands[THREADS];
    memset(hands, 0, sizeof hands);
    for (unsigned i = 0; i < THREADS; i++)
        hands[i].scene = scene;
    run_hands(hands, be_busy);
    for (unsigned i = 0; i < THREADS; i++)
        if (hands[i].status.code != GD_OK)
            fail_msg("%s", hands[i].err.text);
    char *listed = list_of(scene, scene->prefix, false);
    assert_string_equal(listed, "");
    free(listed);
}

const struct CMUnitTest thread_tests[] = {
    cmocka_unit_test(one_key_has_one_winner),
    cmocka_unit_test(one_large_key_has_one_winner),
    cmocka_unit_test(many_threads_share_a_store),
};
const size_t thread_test_count = sizeof thread_tests / sizeof thread_tests[0];
