/* Sizes, durations and counts, read and printed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "guardian/policy/policy.h"
#include "guardian/policy/units.h"

/* clang-format off */
static const struct { enum gd_unit_kind kind; const char *text; uint64_t value; } good[] = {
    {GD_UNIT_SIZE,     "0B",        0},
    {GD_UNIT_SIZE,     "20GB",      20ull << 30},
    {GD_UNIT_SIZE,     "20 GB",     20ull << 30},
    {GD_UNIT_SIZE,     "1.5kB",     1536},
    {GD_UNIT_SIZE,     "0.125 MB",  131072},
    {GD_UNIT_SIZE,     "unlimited", UINT64_MAX},
    {GD_UNIT_DURATION, "250ms",     250},
    {GD_UNIT_DURATION, "1.5h",      5400000},
    {GD_UNIT_DURATION, "2min",      120000},
    {GD_UNIT_DURATION, "1d",        86400000},
    {GD_UNIT_COUNT,    "7",         7},
    {GD_UNIT_COUNT,    "999999999999", 999999999999},
};

static const struct { enum gd_unit_kind kind; const char *text; } bad[] = {
    {GD_UNIT_SIZE, ""}, {GD_UNIT_SIZE, "GB"}, {GD_UNIT_SIZE, "-1GB"}, {GD_UNIT_SIZE, "+1GB"},
    {GD_UNIT_SIZE, "1 G B"}, {GD_UNIT_SIZE, "1.GBB"}, {GD_UNIT_SIZE, "1e9B"}, {GD_UNIT_SIZE, "0x1B"},
    {GD_UNIT_SIZE, "20"}, {GD_UNIT_SIZE, "20gb"}, {GD_UNIT_SIZE, "1.2345GB"}, {GD_UNIT_SIZE, "0.5B"},
    {GD_UNIT_SIZE, "9999999999999GB"}, {GD_UNIT_SIZE, "99999999999TB"}, {GD_UNIT_SIZE, "Unlimited"},
    {GD_UNIT_DURATION, "2"}, {GD_UNIT_DURATION, "2m"}, {GD_UNIT_DURATION, "2 hours"},
    {GD_UNIT_COUNT, "7s"}, {GD_UNIT_COUNT, "0.5"}, {GD_UNIT_COUNT, "1,000"},
};
/* clang-format on */

static void what_a_policy_writes_is_read(void **state)
{
    (void)state;
    gd_auto_arena arena = gd_arena_new();
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        uint64_t value = 0;
        const char *wrong = gd_unit_parse(good[i].kind, good[i].text, arena, &value);
        if (wrong != NULL || value != good[i].value)
            fail_msg("%s: %llu %s", good[i].text, (unsigned long long)value,
                     wrong == NULL ? "" : wrong);
    }
}

static void what_could_be_read_in_two_ways_is_not(void **state)
{
    (void)state;
    gd_auto_arena arena = gd_arena_new();
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        uint64_t value = 4711;
        if (gd_unit_parse(bad[i].kind, bad[i].text, arena, &value) == NULL)
            fail_msg("%s was taken for %llu", bad[i].text, (unsigned long long)value);
        assert_int_equal(value, 4711);
    }
}

static void sizes_and_durations_are_printed_for_people(void **state)
{
    (void)state;
    gd_auto_arena arena = gd_arena_new();
    assert_string_equal(gd_size_text(0, arena), "0 B");
    assert_string_equal(gd_size_text(1023, arena), "1023 B");
    assert_string_equal(gd_size_text(1536, arena), "1.5 kB");
    assert_string_equal(gd_size_text(20ull << 30, arena), "20 GB");
    assert_string_equal(gd_size_text(5ull << 50, arena), "5120 TB");
    assert_string_equal(gd_size_text(UINT64_MAX, arena), "unlimited");
    assert_string_equal(gd_duration_text(0, arena), "0 ms");
    assert_string_equal(gd_duration_text(2000, arena), "2 s");
    assert_string_equal(gd_duration_text(90000, arena), "1.5 min");
    assert_string_equal(gd_duration_text(1800000, arena), "30 min");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_a_policy_writes_is_read),
        cmocka_unit_test(what_could_be_read_in_two_ways_is_not),
        cmocka_unit_test(sizes_and_durations_are_printed_for_people),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
