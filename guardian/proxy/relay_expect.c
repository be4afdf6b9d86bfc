/*
 * What the server still has to answer, in order.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "guardian/base/memory.h"
#include "guardian/proxy/relay_own.h"

static struct gd_expect *at(const struct gd_expected *expected, size_t index)
{
    return &expected->ring[(expected->head + index) & (expected->capacity - 1)];
}

bool gd_expected_full(const struct gd_expected *expected)
{
    return expected->count >= GD_EXPECT_MAX;
}

static void grow(struct gd_expected *expected)
{
    size_t capacity = expected->capacity == 0 ? 16 : expected->capacity * 2;
    struct gd_expect *ring = gd_memory_new(capacity * sizeof *ring);
    for (size_t i = 0; i < expected->count; i++)
        ring[i] = *at(expected, i);
    free(expected->ring);
    *expected = (struct gd_expected){.ring = ring, .capacity = capacity, .count = expected->count};
}

void gd_expected_add(struct gd_expected *expected, struct gd_expect take_one)
{
    if (expected->count == expected->capacity)
        grow(expected);
    *at(expected, expected->count) = take_one;
    expected->count++;
}

struct gd_expect *gd_expected_head(struct gd_expected *expected)
{
    while (expected->count > 0 && (at(expected, 0)->kind == GD_EXPECT_COPY_END ||
                                   at(expected, 0)->kind == GD_EXPECT_NOTHING))
        gd_expected_pop(expected);
    return expected->count == 0 ? NULL : at(expected, 0);
}

void gd_expected_pop(struct gd_expected *expected)
{
    assert(expected->count > 0);
    free(at(expected, 0)->more);
    expected->head = (expected->head + 1) & (expected->capacity - 1);
    expected->count--;
}

enum gd_copy_end gd_expected_copies(struct gd_expected *expected)
{
    for (size_t i = 1; i < expected->count; i++) {
        enum gd_expect_kind kind = at(expected, i)->kind;
        if (kind != GD_EXPECT_SYNC && kind != GD_EXPECT_COPY_END && kind != GD_EXPECT_NOTHING)
            return GD_COPY_BROKEN;
        if (kind != GD_EXPECT_NOTHING)
            at(expected, i)->kind = GD_EXPECT_NOTHING;
        if (kind == GD_EXPECT_COPY_END)
            return GD_COPY_ENDS;
    }
    return GD_COPY_GOES_ON;
}

void gd_expected_done(struct gd_expected *expected)
{
    while (expected->count > 0)
        gd_expected_pop(expected);
    free(expected->ring);
    *expected = (struct gd_expected){0};
}
