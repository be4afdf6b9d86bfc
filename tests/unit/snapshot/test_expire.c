#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guardian/snapshot/list.h"

/*
 * A case is written as a shelf: a line for each snapshot, "TIME FLAGS WHAT", in any order.
 * FLAGS  s t d: scope; p proven, h held, o its change is open, u of a newer guardian, x damaged, l
 * litter, c of one change, e empty, r rows left out, q other rows left out, f with foreign rows; 1
 * to 9: which tables; n of an earlier moment WHAT   "- why" it goes, "+ why" it stays
 */
/* clang-format off */
static const struct { const char *name, *now; struct gd_keep_rules rules; const char *shelf; } cases[] = {
    {"nothing to decide", "20261122T120000", {.last = 1}, ""},
    {"the newest of each day, and only so many days", "20261122T120000", {.daily = 2},
        "20261120T060000 dp - no rule keeps it\n"
        "20261121T060000 dp - no rule keeps it\n"
        "20261121T180000 dp + daily 2026-11-21\n"
        "20261122T060000 dp - no rule keeps it\n"
        "20261122T110000 dp + the last proven one\n"},
    {"a period without a snapshot uses nothing up", "20261122T120000", {.daily = 3},
        "20261001T000000 dp + daily 2026-10-01\n"
        "20261101T000000 dp + daily 2026-11-01\n"
        "20261122T000000 dp + the last proven one\n"},
    {"rules add up", "20261122T120000", {.last = 2, .hourly = 2, .monthly = 2},
        "20261030T230000 dp - no rule keeps it\n"
        "20261031T230000 dp + monthly 2026-10\n"
        "20261122T090000 dp - no rule keeps it\n"
        "20261122T101500 dp - no rule keeps it\n"
        "20261122T103000 dp + last 2, hourly 2026-11-22 10:00\n"
        "20261122T110000 dp + the last proven one\n"},
    /* Berlin's clocks went back at 01:00 UTC of 2026-10-25: UTC has 24 hours on that day, too. */
    {"hours are UTC's where local clocks go back", "20261025T120000", {.hourly = 3},
        "20261025T000000 dp - no rule keeps it\n"
        "20261025T003000 dp + hourly 2026-10-25 00:00\n"
        "20261025T010000 dp + hourly 2026-10-25 01:00\n"
        "20261025T020000 dp + the last proven one\n"},
    {"a day is UTC's", "20261025T120000", {.daily = 2},
        "20261024T235959 dp + daily 2026-10-24\n"
        "20261025T000000 dp + the last proven one\n"},
    {"weeks are ISO's: the year's end belongs to its first week", "20270110T000000", {.weekly = 3},
        "20261220T235959 dp - no rule keeps it\n"
        "20261227T235959 dp + weekly 2026-W52\n"      /* a Sunday */
        "20261228T000000 dp - no rule keeps it\n"     /* a Monday: W53 */
        "20270103T235959 dp + weekly 2026-W53\n"      /* a Sunday */
        "20270104T000000 dp - no rule keeps it\n"     /* a Monday: W01 */
        "20270110T000000 dp + the last proven one\n"
        "20270111T000000 dp + its time has not come yet: a clock was wrong\n"},
    {"a leap day is a day", "20280301T120000", {.daily = 3},
        "20280228T120000 dp + daily 2028-02-28\n"
        "20280229T120000 dp + daily 2028-02-29\n"
        "20280301T110000 dp + the last proven one\n"},
    {"backups of one change stay together", "20261122T120000", {.last = 1},
        "20261122T070000 tp1 - no rule keeps it\n"
        "20261122T080000 tpc1 + the way back of its change needs it beside 20261122T081000Z-0000000003\n"
        "20261122T080500 tc1 - not proven, and a newer one is\n"
        "20261122T081000 tpc2 + the last proven one of these tables\n"
        "20261122T090000 tp1 + the last proven one\n"},
    {"without a proven one nothing goes", "20261122T120000", {.last = 1},
        "20260101T000000 d + nothing as new or newer is proven\n"
        "20261121T000000 d + nothing as new or newer is proven\n"
        "20261122T000000 d + nothing as new or newer is proven\n"},
    {"what is newer than the last success stays", "20261122T120000", {.last = 1},
        "20261119T000000 d - not proven, and a newer one is\n"
        "20261120T000000 dp + the last proven one\n"
        "20261121T000000 d + nothing as new or newer is proven\n"},
    {"the last proven one stays without any rule", "20261122T120000", {.last = 0},
        "20261119T000000 dp - no rule keeps it\n"
        "20261120T000000 dp + the last proven one\n"},
    {"last counts proven ones only", "20261122T120000", {.last = 2},
        "20261118T000000 dp - no rule keeps it\n"
        "20261119T000000 dp + last 2\n"
        "20261120T000000 d - not proven, and a newer one is\n"
        "20261121T000000 dp + the last proven one\n"},
    {"a proven one stands for its period", "20261122T120000", {.daily = 2},
        "20261121T010000 dp + daily 2026-11-21\n"
        "20261121T020000 d - not proven, and a newer one is\n"
        "20261122T010000 dp + the last proven one\n"},
    {"a period with nothing proven keeps its newest, and uses nothing up", "20261122T120000", {.daily = 2},
        "20261119T000000 dp + daily 2026-11-19\n"
        "20261120T000000 d - not proven, and a newer one is\n"
        "20261120T010000 d + daily 2026-11-20\n"
        "20261122T010000 dp + the last proven one\n"},
    {"held, and needed by a change", "20261122T120000", {.last = 1},
        "20250101T000000 dph + held\n"
        "20250102T000000 dpo + its change is not closed\n"
        "20250103T000000 dho + held\n"
        "20261122T000000 dp + the last proven one\n"},
    {"what is held does not use a rule up", "20261122T120000", {.last = 2},
        "20261119T000000 dp - no rule keeps it\n"
        "20261120T000000 dp + last 2\n"
        "20261121T000000 dph + held\n"},
    {"what cannot be read stays and counts for nothing", "20261122T120000", {.last = 1},
        "20250101T000000 dx + damaged: it stays until somebody looked at it\n"
        "20261120T000000 dp + the last proven one\n"
        "20261121T000000 du + of a newer guardian, which knows what it is\n"
        "20261122T000000 dxp + damaged: it stays until somebody looked at it\n"},
    {"what is damaged goes when that is asked for and something better is there", "20261122T120000", {.last = 1, .drop_damaged = true},
        "20250101T000000 dx - damaged, and a newer one is proven\n"
        "20250102T000000 dxh + held\n"
        "20250103T000000 du + of a newer guardian, which knows what it is\n"
        "20250104T000000 sx + damaged: it stays until somebody looked at it\n"
        "20261120T000000 dp + the last proven one\n"
        "20261121T000000 dx + damaged: it stays until somebody looked at it\n"},
    {"litter goes after a day, proven or not", "20261122T120000", {.last = 1},
        "20261121T120000 l - never finished\n"
        "20261121T120001 l + not finished, perhaps being made at this moment\n"
        "20251121T120001 lh + held\n"},
    {"scopes have rules of their own", "20261122T120000", {.last = 1},
        "20261101T000000 dp + the last proven one\n"
        "20261102T000000 d + nothing as new or newer is proven\n"
        "20261103T000000 sp - no rule keeps it\n"
        "20261104T000000 sp + the last proven one\n"
        "20261105T000000 s + nothing as new or newer is proven\n"},
    {"the last proven one of other tables stays", "20261122T120000", {.last = 1},
        "20261101T000000 tp1 - no rule keeps it\n"
        "20261102T000000 tp1 + the last proven one of these tables\n"
        "20261103T000000 t3 + nothing as new or newer is proven\n"
        "20261104T000000 tp2 + the last proven one\n"},
    {"a newer proven database has all tables", "20261122T120000", {.last = 1},
        "20261101T000000 tp1 - no rule keeps it\n"
        "20261102T000000 t3 - not proven, and a newer one is\n"
        "20261104T000000 tp2 + the last proven one\n"
        "20261105T000000 dp + the last proven one\n"},
    {"an older database has not", "20261122T120000", {.last = 1},
        "20261101T000000 dp + the last proven one\n"
        "20261102T000000 tp1 + the last proven one of these tables\n"
        "20261104T000000 tp2 + the last proven one\n"},
    {"one without all rows pushes out none that has them", "20261122T120000", {.last = 1},
        "20261115T000000 dp - no rule keeps it\n"
        "20261116T000000 d - not proven, and a newer one is\n"
        "20261117T000000 dp + the last proven one with all rows\n"
        "20261118T000000 d + nothing as new or newer is proven\n"
        "20261119T000000 tp1 + the last proven one\n"
        "20261120T000000 dpr - no rule keeps it\n"
        "20261121T000000 dpr + the last proven one\n"},
    {"rules count those without all rows apart", "20261122T120000", {.daily = 2},
        "20261119T000000 dp + daily 2026-11-19\n"
        "20261119T010000 dpr - no rule keeps it\n"
        "20261120T000000 dp + the last proven one with all rows\n"
        "20261120T010000 dpr + daily 2026-11-20\n"
        "20261121T000000 dpr + the last proven one\n"},
    {"one with all rows stands for those without", "20261122T120000", {.last = 0},
        "20261119T000000 dpr - no rule keeps it\n"
        "20261120T000000 dp + the last proven one\n"},
    {"those that leave out other rows are counted apart", "20261122T120000", {.daily = 1},
        "20261118T000000 dpq - no rule keeps it\n"
        "20261119T000000 dpq + the last proven one with these rows\n"
        "20261119T010000 dq + nothing as new or newer is proven\n"
        "20261120T000000 dpr - no rule keeps it\n"
        "20261121T000000 dpr + the last proven one\n"},
    {"one without foreign rows stands for none that has them", "20261122T120000", {.last = 1},
        "20261118T000000 dpf - no rule keeps it\n"
        "20261119T000000 dpf + the last proven one with these rows\n"
        "20261120T000000 dp - no rule keeps it\n"
        "20261121T000000 dp + the last proven one\n"},
    {"one with foreign rows stands for those without", "20261122T120000", {.last = 0},
        "20261120T000000 dp - no rule keeps it\n"
        "20261121T000000 dpf + the last proven one\n"},
    {"an empty run pushes nothing out", "20261122T120000", {.last = 1},
        "20261119T000000 dp - no rule keeps it\n"
        "20261120T000000 dp + the last proven one\n"
        "20261121T000000 dpe + newer than the last one that has rows\n"
        "20261122T000000 dpe + newer than the last one that has rows\n"},
    {"one of an earlier moment pushes nothing out", "20261122T120000", {.last = 1},
        "20261119T000000 dpn - of an earlier moment, and a newer one is proven\n"
        "20261120T000000 dp + the last proven one\n"
        "20261121T000000 dpn + of an earlier moment, and nothing as new or newer is proven\n"},
    {"where there never were rows an empty one is a success", "20261122T120000", {.last = 1},
        "20261119T000000 dpe - no rule keeps it\n"
        "20261120T000000 dpe + the last proven one\n"},
    {"a schema has no rows and is none the worse", "20261122T120000", {.last = 1},
        "20261119T000000 sp - no rule keeps it\n"
        "20261120T000000 spe + the last proven one\n"},
    {"a time of tomorrow counts for nothing", "20261122T120000", {.last = 1, .daily = 2},
        "20261119T000000 dp - no rule keeps it\n"
        "20261120T000000 dp + daily 2026-11-20\n"
        "20261122T120500 dp + the last proven one\n"     /* clocks differ a little */
        "20261122T130000 dp + its time has not come yet: a clock was wrong\n"
        "20990101T000000 d + its time has not come yet: a clock was wrong\n"},
    {"a clock that stood in the past", "20261122T120000", {.last = 2},
        "19700101T000000 dp - no rule keeps it\n"
        "19700101T000001 d - not proven, and a newer one is\n"
        "20261120T000000 dp + last 2\n"
        "20261121T000000 dp + the last proven one\n"},
    {"two of one second", "20261122T120000", {.last = 1},
        "20261121T000000 dp - no rule keeps it\n"
        "20261121T000000 dp + the last proven one\n"},
};
/* clang-format on */

enum { ITEMS_MAX = 16 };

struct expected {
    const char *line;
    bool stays;
    char because[128];
};

static int64_t time_of(const char *text)
{
    char id[64];
    snprintf(id, sizeof id, "%.15sZ-0000000000", text);
    return gd_snapshot_time_us(id);
}

static void read_flags(const char *flags, struct gd_expire_item *item)
{
    item->scope = GD_SNAPSHOT_DATABASE;
    for (; *flags != '\0'; flags++) {
        switch (*flags) {
        case 's':
            item->scope = GD_SNAPSHOT_SCHEMA;
            break;
        case 't':
            item->scope = GD_SNAPSHOT_TABLES;
            break;
        case 'p':
            item->proven = true;
            break;
        case 'h':
            item->held = true;
            break;
        case 'o':
            item->open_change = true;
            break;
        case 'u':
            item->unreadable = true;
            break;
        case 'x':
            item->unreadable = item->damaged = true;
            break;
        case 'l':
            item->unfinished = true;
            break;
        case 'r':
            item->left_out = "log";
            break;
        case 'q':
            item->left_out = "audit";
            break;
        case 'f':
            item->foreign = true;
            break;
        case 'c':
            item->change = "c";
            break;
        case 'e':
            item->empty = true;
            break;
        case 'n':
            item->of_then = true;
            break;
        case 'd':
            break;
        default:
            item->tables = flags;
            break;
        }
    }
}

static size_t read_shelf(const char *shelf, struct gd_expire_item *items, struct expected *expected,
                         struct gd_arena *arena)
{
    size_t count = 0;
    for (const char *line = shelf; *line != '\0'; line = strchr(line, '\n') + 1, count++) {
        char time[16], flags[16], sign[2];
        assert_true(count < ITEMS_MAX);
        items[count] = (struct gd_expire_item){0};
        expected[count].line = line;
        assert_int_equal(
            sscanf(line, "%15s %15s %1[+-] %127[^\n]", time, flags, sign, expected[count].because),
            4);
        expected[count].stays = sign[0] == '+';
        items[count].id = gd_arena_printf(arena, "%sZ-%010zu", time, count);
        items[count].time_us = time_of(time);
        read_flags(gd_arena_strdup(arena, flags), &items[count]);
    }
    return count;
}

static void check_case(size_t c, bool reversed)
{
    gd_auto_arena arena = gd_arena_new();
    struct gd_expire_item items[ITEMS_MAX], turned[ITEMS_MAX];
    struct expected expected[ITEMS_MAX];
    size_t count = read_shelf(cases[c].shelf, items, expected, arena);
    for (size_t i = 0; i < count; i++)
        turned[i] = items[reversed ? count - 1 - i : i];
    struct gd_keep_rules rules = cases[c].rules;
    rules.unfinished_age_s = 86400;
    gd_expire_decide(turned, count, &rules, time_of(cases[c].now), arena);
    for (size_t i = 0; i < count; i++) {
        const struct gd_expire_item *item = &turned[reversed ? count - 1 - i : i];
        if ((item->keep != GD_KEEP_NOT) != expected[i].stays ||
            strcmp(item->because, expected[i].because) != 0)
            fail_msg("%s: %.*s: %c %s", cases[c].name, (int)strcspn(expected[i].line, "\n"),
                     expected[i].line, item->keep != GD_KEEP_NOT ? '+' : '-', item->because);
    }
}

static void every_shelf_is_decided_as_written(void **state)
{
    (void)state;
    for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++)
        check_case(c, false);
}

static void the_order_of_the_items_does_not_matter(void **state)
{
    (void)state;
    for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++)
        check_case(c, true);
}

/* Whatever the shelf and the rules: a proven one of each scope that had one stays, and what goes
 * has a success beside it that is as new. */
static void nothing_goes_without_a_success_that_stays(void **state)
{
    (void)state;
    uint64_t seed = 20261122;
    gd_auto_arena arena = gd_arena_new();
    for (unsigned round = 0; round < 2000; round++) {
        struct gd_expire_item items[ITEMS_MAX];
        for (size_t i = 0; i < ITEMS_MAX; i++) {
            seed = seed * 6364136223846793005u + 1442695040888963407u;
            uint64_t dice = seed >> 20;
            items[i] = (struct gd_expire_item){
                .id = gd_arena_printf(arena, "%zu", i),
                .time_us = (int64_t)(dice % 1000) * 3600 * 1000000,
                .scope = (enum gd_snapshot_scope)(dice / 1000 % 3),
                .proven = dice / 3000 % 2,
                .empty = dice / 6000 % 4 == 0,
                .tables = dice / 24000 % 2 ? "a" : "b",
                .left_out = dice / 48000 % 3 == 0 ? dice / 144000 % 2 ? "log" : "audit" : NULL,
                .foreign = dice / 288000 % 3 == 0,
            };
        }
        struct gd_keep_rules rules = {
            .last = round % 3, .daily = round % 4, .weekly = round % 2, .unfinished_age_s = 86400};
        gd_expire_decide(items, ITEMS_MAX, &rules, (int64_t)1001 * 3600 * 1000000, arena);
        for (size_t i = 0; i < ITEMS_MAX; i++) {
            bool covered = items[i].keep != GD_KEEP_NOT;
            for (size_t j = 0; j < ITEMS_MAX && !covered; j++)
                covered =
                    items[j].keep != GD_KEEP_NOT && items[j].proven &&
                    items[j].time_us >= items[i].time_us &&
                    (items[j].left_out == NULL || items[j].left_out == items[i].left_out) &&
                    (items[j].foreign || !items[i].foreign) &&
                    (items[j].scope == items[i].scope || items[j].scope == GD_SNAPSHOT_DATABASE);
            if (!covered)
                fail_msg("round %u: %zu goes: %s", round, i, items[i].because);
        }
        gd_arena_reset(arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_shelf_is_decided_as_written),
        cmocka_unit_test(the_order_of_the_items_does_not_matter),
        cmocka_unit_test(nothing_goes_without_a_success_that_stays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
