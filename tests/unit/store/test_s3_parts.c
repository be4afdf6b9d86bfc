#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "guardian/store/s3_parts.h"

#define MIB ((uint64_t)1 << 20)
#define GIB ((uint64_t)1 << 30)
#define TIB ((uint64_t)1 << 40)

/* @return how many parts `total` bytes take; *out_biggest the most memory of one */
static unsigned parts_of(uint64_t first, uint64_t hint, uint64_t total, uint64_t *out_biggest)
{
    unsigned parts = 0;
    *out_biggest = 0;
    for (uint64_t sent = 0; sent < total; parts++) {
        uint64_t bytes = gd_s3_part_bytes(first, hint, sent);
        assert_in_range(bytes, GD_S3_PART_MIN, GD_S3_PART_MAX);
        *out_biggest = bytes > *out_biggest ? bytes : *out_biggest;
        sent += bytes;
    }
    return parts;
}

/* clang-format off */
static const struct {
    const char *name;
    uint64_t first, hint, total, biggest; /* biggest: 0 is not looked at */
} cases[] = {
    {"small and announced",              8 * MIB, 100 * MIB, 100 * MIB,   8 * MIB},
    {"small and not announced",          8 * MIB, 0,         100 * MIB,   8 * MIB},
    {"ten gigabytes, not announced",     8 * MIB, 0,         9 * GIB,     8 * MIB},
    {"forty gigabytes, announced",       8 * MIB, 39 * GIB,  39 * GIB,    8 * MIB},
    {"a terabyte, announced",            8 * MIB, TIB,       TIB,         210 * MIB},
    {"the biggest, announced",           8 * MIB, 5 * TIB,   5 * TIB,     1049 * MIB},
    {"the biggest, not announced",       8 * MIB, 0,         5 * TIB,     0},
    {"the biggest, in the smallest parts", 1,     0,         5 * TIB,     0},
    {"announced as far too small",       8 * MIB, 1,         5 * TIB,     0},
    {"a terabyte, announced as half",    8 * MIB, TIB / 2,   TIB,         0},
    {"announced as far too big",         8 * MIB, 5 * TIB,   100 * MIB,   1049 * MIB},
};
/* clang-format on */

static void no_object_needs_too_many_parts(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint64_t biggest;
        unsigned parts = parts_of(cases[i].first, cases[i].hint, cases[i].total, &biggest);
        if (parts > GD_S3_PARTS_MAX)
            fail_msg("%s: %u parts", cases[i].name, parts);
        if (cases[i].biggest != 0 && biggest != cases[i].biggest)
            fail_msg("%s: a part of %llu bytes", cases[i].name, (unsigned long long)biggest);
    }
}

static void parts_never_shrink(void **state)
{
    (void)state;
    uint64_t before = 0;
    for (uint64_t sent = 0; sent < 5 * TIB;) {
        uint64_t bytes = gd_s3_part_bytes(8 * MIB, 0, sent);
        assert_true(bytes >= before);
        before = bytes;
        sent += bytes;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_object_needs_too_many_parts),
        cmocka_unit_test(parts_never_shrink),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
