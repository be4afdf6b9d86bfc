#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "guardian/restore/recover.h"

static const struct {
    const char *text;
    int64_t time_us; /* 0: it cannot be read */
} cases[] = {
    {"1970-01-01T00:00:01Z", 1000000},
    {"1970-01-01 00:00:01Z", 1000000},
    {"1970-01-01 00:00:01 UTC", 1000000},
    {"1970-01-01T00:00:01.5Z", 1500000},
    {"1970-01-01T02:00:01+02:00", 1000000},
    {"1970-01-01T02:00:01.000001+02", 1000001},
    {"1970-01-01 05:30:01+0530", 1000000},
    {"1969-12-31 19:00:01-05:00", 1000000},
    {"1970-01-01T00:00:01", 0},
    {"1970-01-01T00:00:01.5", 0},
    {"1970-01-01T00:00Z", 0},
    {"1970-02-30T00:00:01Z", 0},
    {"1970-01-01T00:00:01 CET", 0},
    {"1970-01-01T00:00:01+2", 0},
    {"1970-01-01T00:00:01+99:00", 0},
    {"1970-01-01T00:00:01+02:60", 0},
    {"1970-01-01T00:00:01+02:00x", 0},
    {"yesterday", 0},
    {"", 0},
};

static void a_time_needs_a_zone(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct gd_error err = {0};
        int64_t time_us = 0;
        struct gd_status status = gd_recover_time(cases[i].text, &time_us, &err);
        if (status.code != (cases[i].time_us == 0 ? GD_USAGE : GD_OK) ||
            time_us != cases[i].time_us)
            fail_msg("\"%s\": %lld, %s", cases[i].text, (long long)time_us, err.text);
        assert_true(status.code == GD_OK || strstr(err.hint, "2026-11-23T12:00:00Z") != NULL);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_time_needs_a_zone)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
