/* Marks: written as the golden file says, read on distrust. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "guardian/wal/mark.h"
#include "harness/reports.h"

static const struct gd_mark one = {
    .id = "20261122T214900Z-0000000001",
    .name = "guardian-20261122T214807Z-3f9c01d2aa-before-0000000001",
    .change = "20261122T214807Z-3f9c01d2aa",
    .database = "shop",
    .seen = true,
    .system_identifier = 7301234567890123456,
    .timeline = 3,
    .lsn = 0x16B374D848,
    .time_us = 1795384140123456,
    .transaction = 4294967296 + 740,
    .git_commit = "8f2c1d0e9b7a65432100112233445566778899aa",
};

/* The text of a mark, which lives in the arena. */
static const char *text_of(const struct gd_mark *mark, struct gd_arena *arena, size_t *out_size)
{
    struct gd_error err = {0};
    char *text = NULL;
    assert_int_equal(gd_wal_mark_format(mark, &text, out_size, &err).code, GD_OK);
    const char *kept = gd_arena_printf(arena, "%s", text);
    free(text);
    return kept;
}

static void what_is_written_is_the_golden_file(void **state)
{
    (void)state;
    gd_auto_arena arena = gd_arena_new();
    size_t size;
    const char *text = text_of(&one, arena, &size);
    assert_true(test_golden("../golden/mark-1.json", text, size));
}

static void what_was_read_is_written_again_byte_for_byte(void **state)
{
    (void)state;
    gd_auto_arena arena = gd_arena_new();
    struct gd_error err = {0};
    struct gd_mark read;
    size_t size, again_size;
    const char *text = text_of(&one, arena, &size);
    assert_int_equal(gd_wal_mark_parse(text, size, arena, &read, &err).code, GD_OK);
    const char *again = text_of(&read, arena, &again_size);
    assert_string_equal(text, again);
}

/* clang-format off */
static const struct { const char *from, *to, *key; enum gd_code code; } damages[] = {
    {"\"guardian_mark\": 1", "\"guardian_mark\": 2", "format", GD_USAGE},
    {"\"guardian_mark\": 1", "\"guardian_mark\": 0", "guardian_mark", GD_CORRUPT},
    {"\"guardian_mark\": 1,", "", "guardian_mark", GD_CORRUPT},
    {"\"id\": \"2", "\"id\": \"../2", "id", GD_CORRUPT},
    {"\"name\": \"guardian-", "\"name\": \"\\u0000", "name", GD_CORRUPT},
    {"\"name\": \"", "\"name\": \"a name that is longer than any that a server would take", "name", GD_CORRUPT},
    {"\"change\": \"2", "\"change\": \"x", "change", GD_CORRUPT},
    {"\"after\": false", "\"after\": 0", "after", GD_CORRUPT},
    {"\"seen\": true", "\"seen\": \"true\"", "seen", GD_CORRUPT},
    {"\"7301234567890123456\"", "7301234567890123456", "system_identifier", GD_CORRUPT},
    {"\"7301234567890123456\"", "\"+7301234567890123456\"", "system_identifier", GD_CORRUPT},
    {"\"7301234567890123456\"", "\"0\"", "system_identifier", GD_CORRUPT},
    {"\"timeline\": 3", "\"timeline\": 0", "timeline", GD_CORRUPT},
    {"\"timeline\": 3", "\"timeline\": 4294967296", "timeline", GD_CORRUPT},
    {"16/B374D848", "16/", "lsn", GD_CORRUPT},
    {"16/B374D848", "0/0", "lsn", GD_CORRUPT},
    {"T21:49:00.123456Z", "", "time", GD_CORRUPT},
    {"\"transaction\": 4", "\"transaction\": -4", "transaction", GD_CORRUPT},
    {"\"git_commit\": \"8f2c1d0e9b7a65432100112233445566778899aa\"", "\"git_commit\": null", "git_commit", GD_CORRUPT},
    {"{", "", "JSON", GD_CORRUPT},
};
/* clang-format on */

static void damage_is_found_and_named(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof damages / sizeof damages[0]; i++) {
        gd_auto_arena arena = gd_arena_new();
        struct gd_error err = {0};
        struct gd_mark read;
        size_t size;
        const char *text = text_of(&one, arena, &size);
        const char *at = strstr(text, damages[i].from);
        assert_non_null(at);
        const char *damaged = gd_arena_printf(arena, "%.*s%s%s", (int)(at - text), text,
                                              damages[i].to, at + strlen(damages[i].from));
        assert_int_equal(gd_wal_mark_parse(damaged, strlen(damaged), arena, &read, &err).code,
                         damages[i].code);
        if (strcmp(damages[i].key, "JSON") != 0)
            assert_non_null(strstr(err.text, damages[i].key));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_the_golden_file),
        cmocka_unit_test(what_was_read_is_written_again_byte_for_byte),
        cmocka_unit_test(damage_is_found_and_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
