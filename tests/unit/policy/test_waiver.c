/* Waivers as people write them, and as they get them wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "guardian/policy/waiver.h"

/* clang-format off */
static const struct { const char *comment, *allows, *on, *reason; bool without_backup; } good[] = {
    {"-- guardian: allow destructive because it moved",            "destructive", NULL, "it moved", false},
    {"--guardian:allow destructive because it moved",              "destructive", NULL, "it moved", false},
    {"-- Guardian: Allow unknown BECAUSE of JIRA-7",               "unknown", NULL, "of JIRA-7", false},
    {"/* guardian: allow enum because renamed */",                 "enum", NULL, "renamed", false},
    {"/*\n * first\n * guardian: allow A015 because: empty\n */",  "A015", NULL, "empty", false},
    {"-- about this\n-- guardian: allow A015 because x\r\n-- more", "A015", NULL, "x", false},
    {"-- guardian: allow destructive on public.users.age because x", "destructive", "public.users.age", "x", false},
    {"-- guardian: allow destructive on \"my app\".\"User\" because x", "destructive", "\"my app\".\"User\"", "x", false},
    {"-- guardian: allow destructive without backup because x",    "destructive", NULL, "x", true},
    {"-- guardian: allow destructive on a.* without backup because x", "destructive", "a.*", "x", true},
    {"-- guardian: allow destructive because \xc3\xbc",            "destructive", NULL, "\xc3\xbc", false},
    {"-- guardian: allow destructive because it is on table a because of b", "destructive", NULL, "it is on table a because of b", false},
};

static const struct { const char *comment, *why; } bad[] = {
    {"-- guardian: allow destructive",                    "it names no reason: \"because\" is missing"},
    {"-- guardian: allow destructive because",            "no reason follows \"because\""},
    {"-- guardian: allow destructive because  ...",       "no reason follows \"because\""},
    {"-- guardian: allow because x",                      "it does not say what it allows: a class (destructive) or a rule (A015)"},
    {"-- guardian: allow",                                "it does not say what it allows"},
    {"-- guardian: allow everything because x",           "\"everything\" is neither a class nor the id of a rule"},
    {"-- guardian: allow destructve because x",           "is \"destructive\" meant?"},
    {"-- guardian: allow Destructive because x",          "is \"destructive\" meant?"},
    {"-- guardian: allow a015 because x",                 "neither a class nor the id of a rule"},
    {"-- guardian: alow destructive because x",           "\"alow\" is not understood; the only word that can follow \"guardian:\" is \"allow\""},
    {"-- guardian:",                                      "is not understood"},
    {"-- guardian: allow destructive, enum because x",    "\"destructive,\" is neither a class nor the id of a rule; is \"destructive\" meant?"},
    {"-- guardian: allow destructive enum because x",     "\"enum\" is not understood; what can follow is on OBJECT"},
    {"-- guardian: allow destructive on because x",       "the object after \"on\" is wrong: \"because\" names no schema"},
    {"-- guardian: allow destructive on users because x", "the object after \"on\" is wrong: \"users\" names no schema"},
    {"-- guardian: allow destructive on",                 "no object follows \"on\""},
    {"-- guardian: allow destructive on a.b on c.d because x", "\"on\" is not understood"},
    {"-- guardian: allow destructive without because x",  "\"without\" is not understood"},
    {"-- guardian allow destructive because x",           "it must begin with \"guardian:\", with the colon"},
    {"-- gaurdian: allow destructive because x",          "it must begin with \"guardian:\", with the colon"},
    {"-- guardian : allow destructive because x",         "it must begin with \"guardian:\", with the colon"},
};

static const char *const silent[] = {
    NULL, "", "--", "/* */", "-- drops the old column",
    "-- the guardian: allow destructive because x", /* not at the beginning */
    "-- guardian is what applies this file",
    "-- allow destructive because x",
    "-- see guardian: allow",
};
/* clang-format on */

static void a_waiver_says_what_it_allows_and_why(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        gd_auto_arena arena = gd_arena_new();
        struct gd_waiver_read *reads = NULL;
        assert_int_equal(gd_waivers_read(good[i].comment, arena, &reads), 1);
        const struct gd_waiver *waiver = &reads[0].waiver;
        if (waiver->state != GD_WAIVER_IDLE)
            fail_msg("%s: %s", good[i].comment, waiver->why);
        assert_string_equal(waiver->allows, good[i].allows);
        assert_string_equal(waiver->reason, good[i].reason);
        assert_int_equal(waiver->without_backup, good[i].without_backup);
        assert_int_equal(waiver->on == NULL, good[i].on == NULL);
        if (waiver->on != NULL)
            assert_string_equal(waiver->on, good[i].on);
    }
}

static void a_waiver_with_a_slip_says_what_is_wrong(void **state)
{
    (void)state;
    size_t failures = 0;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        gd_auto_arena arena = gd_arena_new();
        struct gd_waiver_read *reads = NULL;
        size_t count = gd_waivers_read(bad[i].comment, arena, &reads);
        if (count == 1 && reads[0].waiver.state == GD_WAIVER_MALFORMED &&
            strstr(reads[0].waiver.why, bad[i].why) != NULL)
            continue;
        print_message("%s: %s\n", bad[i].comment,
                      count == 0                    ? "not seen"
                      : reads[0].waiver.why == NULL ? "taken"
                                                    : reads[0].waiver.why);
        failures++;
    }
    assert_int_equal(failures, 0);
}

static void other_comments_are_left_alone(void **state)
{
    (void)state;
    gd_auto_arena arena = gd_arena_new();
    struct gd_waiver_read *reads = NULL;
    for (size_t i = 0; i < sizeof silent / sizeof silent[0]; i++)
        if (gd_waivers_read(silent[i], arena, &reads) != 0)
            fail_msg("%s", silent[i]);
}

static void each_line_is_a_waiver_of_its_own_up_to_a_bound(void **state)
{
    (void)state;
    gd_auto_arena arena = gd_arena_new();
    struct gd_waiver_read *reads = NULL;
    const char *comment = "";
    for (int i = 0; i < 40; i++)
        comment = gd_arena_printf(arena, "%s-- guardian: allow A%03d because x\n", comment, i);
    assert_int_equal(gd_waivers_read(comment, arena, &reads), 16);
    assert_string_equal(reads[15].waiver.allows, "A015");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_waiver_says_what_it_allows_and_why),
        cmocka_unit_test(a_waiver_with_a_slip_says_what_is_wrong),
        cmocka_unit_test(other_comments_are_left_alone),
        cmocka_unit_test(each_line_is_a_waiver_of_its_own_up_to_a_bound),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
