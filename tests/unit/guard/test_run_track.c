#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "guardian/guard/run_track.h"

enum { STEPS_MAX = 8, SAID_MAX = 8 };

/* What the client says, in order; `step` 0: it changes nothing. The letter is how it ends: "T",
 * "I", "E" the state, a failure behind "!" with the number of statements that ended well, "+" more
 * come before the rest. */
struct said {
    uint32_t step;
    const char *text, *end;
};

/* clang-format off */
static const struct {
    const char *name;
    struct said said[SAID_MAX];
    const char *fates; /* of steps 1, 2, …: a applying, i in, n not in, u unknown */
} cases[] = {
    {"what is committed is in", {{0, "BEGIN", "T"}, {1, "DROP TABLE a", "T"}, {0, "COMMIT", "I"}}, "i"},
    {"a lone one is in at once", {{1, "DROP TABLE a", "I"}}, "i"},
    {"a lone one that fails is not", {{1, "DROP TABLE a", "!0I"}}, "n"},
    {"nothing is settled before the end", {{1, "DROP TABLE a", "T"}}, "a"},
    {"what is rolled back is not in", {{1, "DROP TABLE a", "T"}, {0, "ROLLBACK", "I"}}, "n"},
    {"a commit of what failed is a rollback", {{1, "DROP TABLE a", "T"}, {2, "DROP TABLE b", "!0E"}, {0, "COMMIT", "I"}}, "nn"},
    {"behind a savepoint", {{1, "DROP TABLE a", "T"}, {0, "SAVEPOINT s", "T"}, {2, "DROP TABLE b", "T"},
        {0, "ROLLBACK TO s", "T"}, {3, "DROP TABLE c", "T"}, {0, "COMMIT", "I"}}, "ini"},
    {"names fold", {{1, "DROP TABLE a", "T"}, {0, "SAVEPOINT Abc", "T"}, {2, "DROP TABLE b", "T"},
        {0, "ROLLBACK TO SAVEPOINT \"abc\"", "T"}, {0, "COMMIT", "I"}}, "in"},
    {"quoted names do not", {{0, "SAVEPOINT abc", "T"}, {1, "DROP TABLE a", "T"}, {0, "SAVEPOINT \"Abc\"", "T"}, {2, "DROP TABLE b", "T"},
        {0, "ROLLBACK TO ABC", "T"}, {0, "COMMIT", "I"}}, "nn"},
    {"the newest of a name counts", {{0, "SAVEPOINT s", "T"}, {1, "DROP TABLE a", "T"}, {0, "SAVEPOINT s", "T"}, {2, "DROP TABLE b", "T"},
        {0, "ROLLBACK TO s", "T"}, {0, "COMMIT", "I"}}, "in"},
    {"released, the older one counts again", {{0, "SAVEPOINT s", "T"}, {1, "DROP TABLE a", "T"}, {0, "SAVEPOINT s", "T"}, {2, "DROP TABLE b", "T"},
        {0, "RELEASE s", "T"}, {0, "ROLLBACK TO s", "T"}, {0, "COMMIT", "I"}}, "nn"},
    {"to release an outer one takes the inner along", {{0, "SAVEPOINT s", "T"}, {1, "DROP TABLE a", "T"}, {0, "SAVEPOINT t", "T"}, {2, "DROP TABLE b", "T"},
        {0, "RELEASE s; SAVEPOINT t; ROLLBACK TO t", "T"}, {0, "COMMIT", "I"}}, "ii"},
    {"one that was set before we listened", {{1, "DROP TABLE a", "T"}, {0, "SAVEPOINT t", "T"}, {2, "DROP TABLE b", "T"},
        {0, "ROLLBACK TO unseen", "T"}, {3, "DROP TABLE c", "T"}, {0, "COMMIT", "I"}}, "nni"},
    {"to go back heals what failed", {{1, "DROP TABLE a", "T"}, {0, "SAVEPOINT s", "T"}, {2, "DROP TABLE b", "!0E"},
        {0, "ROLLBACK TO s", "T"}, {0, "COMMIT", "I"}}, "in"},
    {"and leaves it set", {{0, "SAVEPOINT s", "T"}, {1, "DROP TABLE a", "T"}, {0, "ROLLBACK TO s", "T"}, {2, "DROP TABLE b", "T"},
        {0, "ROLLBACK TO s", "T"}, {3, "DROP TABLE c", "T"}, {0, "COMMIT", "I"}}, "nni"},
    {"all of it in one text", {{1, "BEGIN; DROP TABLE a; SAVEPOINT s; DROP TABLE b; ROLLBACK TO s; COMMIT", "I"}}, "i"},
    {"a text that undoes all of itself", {{1, "BEGIN; SAVEPOINT s; DROP TABLE b; ROLLBACK TO s; SELECT 1; COMMIT", "I"}}, "n"},
    {"a text that fails behind its own commit", {{1, "BEGIN; DROP TABLE a; COMMIT; DROP TABLE b", "!3I"}}, "i"},
    {"a text that fails before it", {{1, "BEGIN; DROP TABLE a; DROP TABLE b; COMMIT", "!2E"}, {0, "ROLLBACK", "I"}}, "n"},
    {"a savepoint of a text that failed", {{1, "BEGIN; DROP TABLE a; SAVEPOINT s; DROP TABLE b; DROP TABLE c", "!4E"},
        {0, "ROLLBACK TO s", "T"}, {0, "COMMIT", "I"}}, "i"},
    {"one that it never came to", {{1, "BEGIN; DROP TABLE a; DROP TABLE b; SAVEPOINT s", "!2E"}, {0, "ROLLBACK TO s", "T"}, {0, "COMMIT", "I"}}, "n"},
    {"commit and chain", {{1, "DROP TABLE a", "T"}, {0, "COMMIT AND CHAIN", "T"}, {2, "DROP TABLE b", "T"}, {0, "ROLLBACK", "I"}}, "in"},
    {"rollback and chain", {{1, "DROP TABLE a", "T"}, {0, "ROLLBACK AND CHAIN", "T"}, {2, "DROP TABLE b", "T"}, {0, "COMMIT", "I"}}, "ni"},
    {"a pipeline fails as a whole", {{1, "DROP TABLE a", "+"}, {2, "DROP TABLE b", "!0I"}}, "nn"},
    {"but for what it committed", {{1, "DROP TABLE a", "+"}, {0, "COMMIT", "+"}, {2, "DROP TABLE b", "!0I"}}, "in"},
    {"prepared, nobody knows", {{1, "DROP TABLE a", "T"}, {0, "PREPARE TRANSACTION 'x'", "I"}}, "u"},
    {"prepared and committed", {{1, "DROP TABLE a", "T"}, {0, "PREPARE TRANSACTION 'x'", "I"}, {2, "COMMIT PREPARED 'x'", "I"}}, "ii"},
    {"prepared and rolled back", {{1, "DROP TABLE a", "T"}, {2, "PREPARE TRANSACTION 'x'", "I"}, {3, "ROLLBACK PREPARED 'x'", "I"}}, "nni"},
    {"another one committed", {{1, "DROP TABLE a", "T"}, {0, "PREPARE TRANSACTION 'x'", "I"}, {2, "COMMIT PREPARED 'y'", "I"}}, "ui"},
    {"what calls a function", {{1, "SELECT wipe()", "T"}, {0, "SAVEPOINT s", "T"}, {2, "SELECT wipe()", "T"}, {0, "ROLLBACK TO s", "T"}, {0, "END", "I"}}, "in"},
    {"never executed", {{1, "DROP TABLE a", "0I"}}, "n"},
    {"the server is gone", {{1, "DROP TABLE a", "T"}, {2, "DROP TABLE b", "?"}}, "uu"},
};
/* clang-format on */

static char fates[STEPS_MAX + 1];

static void settle(void *context, uint32_t step, enum gd_step_state state)
{
    (void)context;
    if (state != GD_STEP_NOT_IN || fates[step - 1] != 'i')
        fates[step - 1] = gd_step_state_name(state)[0];
}

static enum gd_pg_state state_of(const char *end)
{
    return strchr(end, 'I') != NULL   ? GD_PG_OUTSIDE
           : strchr(end, 'T') != NULL ? GD_PG_INSIDE
           : strchr(end, 'E') != NULL ? GD_PG_ABORTED
                                      : GD_PG_UNKNOWN;
}

static void say(struct gd_track *track, struct gd_track_fates *shared, const struct said *said)
{
    struct gd_track_text text;
    assert_true(
        gd_track_read(said->text, strlen(said->text), said->step != 0, shared->arena, &text));
    if (said->step > 0)
        fates[said->step - 1] = 'a';
    struct gd_track_told told = {
        .step = said->step,
        .text = &text,
        .completed = said->end[0] == '!'   ? (size_t)(said->end[1] - '0')
                     : said->end[0] == '0' ? 0
                                           : text.count,
        .failed = said->end[0] == '!' || said->end[0] == '?',
        .lost = said->end[0] == '?',
        .more = said->end[0] == '+',
        .state = state_of(said->end),
    };
    gd_track_hear(track, shared, &told);
}

static void steps_are_told_by_what_was_said(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        gd_auto_arena arena = gd_arena_new();
        struct gd_track track = {0};
        struct gd_track_fates shared = {.arena = arena, .settle = settle};
        memset(fates, 0, sizeof fates);
        for (size_t s = 0; s < SAID_MAX && cases[i].said[s].text != NULL; s++)
            say(&track, &shared, &cases[i].said[s]);
        if (strcmp(fates, cases[i].fates) != 0)
            print_error("%s\n", cases[i].name);
        assert_string_equal(fates, cases[i].fates);
    }
}

static void an_open_end_is_seen(void **state)
{
    static const struct {
        const char *text;
        bool controls, open;
    } texts[] = {
        {"BEGIN; DROP TABLE a", true, true},
        {"BEGIN; DROP TABLE a; COMMIT", true, false},
        {"DROP TABLE a", false, false},
        {"DROP TABLE a; COMMIT AND CHAIN", true, true},
    };
    gd_auto_arena arena = gd_arena_new();
    struct gd_track_text text;
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        assert_true(gd_track_read(texts[i].text, strlen(texts[i].text), true, arena, &text));
        assert_int_equal(text.controls, texts[i].controls);
        assert_int_equal(text.leaves_open, texts[i].open);
    }
    assert_false(gd_track_read("SELCT", 5, true, arena, &text));
    assert_int_equal(text.words[0].kind, GD_TRACK_CHANGES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(steps_are_told_by_what_was_said),
        cmocka_unit_test(an_open_end_is_seen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
