/* The probe finds each way in which a store does not keep what it promises. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guardian/base/clock.h"
#include "guardian/store/store_ops.h"

enum lie {
    HONEST,
    OTHER_BYTES,
    CUT_SHORT,
    RANGE_FROM_THE_START,
    THERE_BEFORE,
    NEVER_THERE,
    WRONG_SIZE,
    NOT_LISTED,
    LISTED_TWICE,
    OVERWRITES,
    REFUSES_AND_OVERWRITES,
    CANNOT_REMOVE,
    REMOVES_NOTHING,
    NO_CAPABILITIES,
    FULL,
};

/* Holds one object in memory, and lies in one way. */
struct liar {
    struct gd_store store;
    enum lie lie;
    bool there;
    char key[1024], data[256];
    size_t size;
};

static struct liar *liar_of(struct gd_store *store)
{
    return (struct liar *)store;
}

struct liar_sink {
    struct gd_sink sink;
    struct liar *liar;
    char key[1024], data[256];
    size_t size;
};

static struct gd_status sink_write(struct gd_sink *sink, const void *data, size_t size,
                                   struct gd_error *err)
{
    struct liar_sink *own = (struct liar_sink *)sink;
    if (own->liar->lie == FULL)
        return gd_fail(err, GD_SYSTEM, "no room");
    memcpy(own->data + own->size, data, size);
    own->size += size;
    return GD_DONE;
}

static struct gd_status sink_finish(struct gd_sink *sink, struct gd_error *err)
{
    struct liar_sink *own = (struct liar_sink *)sink;
    struct liar *liar = own->liar;
    bool taken = liar->there;
    if (!taken || liar->lie == OVERWRITES || liar->lie == REFUSES_AND_OVERWRITES) {
        memcpy(liar->data, own->data, own->size);
        memcpy(liar->key, own->key, sizeof liar->key);
        liar->size = own->size;
        liar->there = true;
    }
    if (taken && liar->lie != OVERWRITES)
        return gd_fail(err, GD_REFUSED, "it is there");
    return GD_DONE;
}

static void sink_free(struct gd_sink *sink)
{
    free(sink);
}

static struct gd_status put(struct gd_store *store, const char *key, uint64_t size_hint,
                            struct gd_sink **out_sink, struct gd_error *err)
{
    static const struct gd_sink_ops ops = {sink_write, sink_finish, sink_free};
    (void)size_hint, (void)err;
    struct liar_sink *own = calloc(1, sizeof *own);
    assert_non_null(own);
    own->sink.ops = &ops;
    own->liar = liar_of(store);
    snprintf(own->key, sizeof own->key, "%s", key);
    *out_sink = &own->sink;
    return GD_DONE;
}

static struct gd_status get(struct gd_store *store, const char *key, uint64_t offset, uint64_t size,
                            struct gd_source **out_source, struct gd_error *err)
{
    (void)key, (void)size, (void)err;
    struct liar *liar = liar_of(store);
    size_t from = liar->lie == RANGE_FROM_THE_START ? 0 : (size_t)offset;
    if (liar->lie == OTHER_BYTES)
        liar->data[from] ^= 1;
    *out_source =
        gd_mem_source_new(liar->data + from, liar->size - from - (liar->lie == CUT_SHORT ? 1 : 0));
    return GD_DONE;
}

static struct gd_status head(struct gd_store *store, const char *key, bool *out_there,
                             struct gd_store_entry *out_entry, struct gd_error *err)
{
    (void)err;
    struct liar *liar = liar_of(store);
    *out_there = liar->lie == THERE_BEFORE || (liar->there && liar->lie != NEVER_THERE);
    *out_entry = (struct gd_store_entry){.key = key,
                                         .bytes = liar->size + (liar->lie == WRONG_SIZE ? 1 : 0),
                                         .modified_us = gd_clock_now_us() + 7000000};
    return GD_DONE;
}

static struct gd_status list(struct gd_store *store, const struct gd_store_range *range,
                             gd_store_each_fn *each, void *context, struct gd_error *err)
{
    (void)range;
    struct liar *liar = liar_of(store);
    const struct gd_store_entry entry = {.key = liar->key, .bytes = liar->size};
    int times = liar->lie == NOT_LISTED ? 0 : liar->lie == LISTED_TWICE ? 2 : 1;
    for (int i = 0; i < times; i++)
        GD_TRY(each(context, &entry, err));
    return GD_DONE;
}

static struct gd_status take_away(struct gd_store *store, const char *key, struct gd_error *err)
{
    (void)key;
    struct liar *liar = liar_of(store);
    if (liar->lie == CANNOT_REMOVE)
        return gd_fail(err, GD_SYSTEM, "AccessDenied");
    liar->there = liar->lie == REMOVES_NOTHING;
    return GD_DONE;
}

static struct gd_status capabilities(struct gd_store *store, const char *prefix,
                                     struct gd_store_capabilities *out_capabilities,
                                     struct gd_error *err)
{
    (void)prefix;
    if (liar_of(store)->lie == NO_CAPABILITIES)
        return gd_fail(err, GD_SYSTEM, "nobody answers");
    *out_capabilities = (struct gd_store_capabilities){.conditional = true, .durable = true};
    return GD_DONE;
}

static struct gd_status probe(enum lie lie, struct gd_store_capabilities *can, struct gd_error *err)
{
    static const struct gd_store_ops ops = {.put = put,
                                            .get = get,
                                            .head = head,
                                            .list = list,
                                            .remove = take_away,
                                            .capabilities = capabilities};
    char url[] = "lie://x";
    struct liar liar = {.store = {.ops = &ops, .url = url}, .lie = lie};
    return gd_store_probe(&liar.store, "v1/", can, NULL, err);
}

static void each_lie_is_found_and_named(void **state)
{
    (void)state;
    static const struct {
        enum lie lie;
        enum gd_code code;
        const char *text;
    } cases[] = {
        {OTHER_BYTES, GD_UNPROTECTED, "gives other bytes"},
        {CUT_SHORT, GD_UNPROTECTED, "gives other bytes"},
        {RANGE_FROM_THE_START, GD_UNPROTECTED, "gives other bytes"},
        {THERE_BEFORE, GD_UNPROTECTED, "still there"},
        {NEVER_THERE, GD_UNPROTECTED, "said not to be there"},
        {WRONG_SIZE, GD_UNPROTECTED, "wrong size"},
        {NOT_LISTED, GD_UNPROTECTED, "in its list once"},
        {LISTED_TWICE, GD_UNPROTECTED, "in its list once"},
        {OVERWRITES, GD_UNPROTECTED, "lets an object be overwritten"},
        {REFUSES_AND_OVERWRITES, GD_UNPROTECTED, "gives other bytes"},
        {REMOVES_NOTHING, GD_UNPROTECTED, "still there"},
        {NO_CAPABILITIES, GD_SYSTEM, "nobody answers"},
        {FULL, GD_SYSTEM, "no room"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct gd_error err = {0};
        struct gd_store_capabilities can = {.medium = "untouched"};
        assert_int_equal(probe(cases[i].lie, &can, &err).code, cases[i].code);
        if (strstr(err.text, cases[i].text) == NULL)
            fail_msg("lie %d: %s", cases[i].lie, err.text);
        assert_string_equal(can.medium, "untouched");
    }
}

static void an_honest_store_passes(void **state)
{
    (void)state;
    struct gd_error err = {0};
    struct gd_store_capabilities can = {0};
    assert_int_equal(probe(HONEST, &can, &err).code, GD_OK);
    assert_true(can.removes && can.conditional && can.durable);
    assert_true(can.clock_seconds > 6 && can.clock_seconds < 9);
}

static void who_may_not_remove_is_told_and_not_turned_away(void **state)
{
    (void)state;
    struct gd_error err = {0};
    struct gd_store_capabilities can = {.removes = true};
    assert_int_equal(probe(CANNOT_REMOVE, &can, &err).code, GD_OK);
    assert_false(can.removes);
    assert_string_equal(err.text, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_lie_is_found_and_named),
        cmocka_unit_test(an_honest_store_passes),
        cmocka_unit_test(who_may_not_remove_is_told_and_not_turned_away),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
