#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "guardian/base/status.h"

/* The contract of the command line, written a second time on purpose: scripts depend on it. */
/* clang-format off */
static const struct { enum gd_code code; int exit_status; const char *name; } contract[] = {
    {GD_OK,           0, "OK"},
    {GD_USAGE,        2, "USAGE"},
    {GD_REFUSED,      3, "REFUSED"},
    {GD_UNPROTECTED,  4, "UNPROTECTED"},
    {GD_FAILED,       5, "FAILED"},
    {GD_PARTIAL,      6, "PARTIAL"},
    {GD_BUSY,         7, "BUSY"},
    {GD_CORRUPT,      8, "CORRUPT"},
    {GD_SYSTEM,      10, "SYSTEM"},
    {GD_INJECTED,    99, "INJECTED"},
};
/* clang-format on */

static void every_code_has_its_exit_status_and_a_meaning(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof contract / sizeof contract[0]; i++) {
        assert_int_equal(gd_exit_status(contract[i].code), contract[i].exit_status);
        assert_string_equal(gd_code_name(contract[i].code), contract[i].name);
        assert_true(strlen(gd_code_meaning(contract[i].code)) > 5);
    }
}

static void a_failure_carries_its_words(void **state)
{
    (void)state;
    struct gd_error err = {.hint = "from an earlier failure"};
    struct gd_status status = gd_fail(&err, GD_SYSTEM, "could not open \"%s\"", "x");
    assert_int_equal(status.code, GD_SYSTEM);
    assert_int_equal(err.code, GD_SYSTEM);
    assert_string_equal(err.text, "could not open \"x\"");
    assert_string_equal(err.hint, ""); /* advice for another failure would mislead */
}

static struct gd_status fails_with_advice(struct gd_error *err)
{
    return gd_hint(err, gd_fail(err, GD_USAGE, "no file"), "Name %d file.", 1);
}

static struct gd_status passes_it_on(struct gd_error *err, int *reached)
{
    GD_TRY(GD_DONE);
    *reached = 1;
    GD_TRY(fails_with_advice(err));
    *reached = 2;
    return GD_DONE;
}

static void try_returns_the_failure_and_only_that(void **state)
{
    (void)state;
    struct gd_error err = {0};
    int reached = 0;
    assert_int_equal(passes_it_on(&err, &reached).code, GD_USAGE);
    assert_int_equal(reached, 1);
    assert_string_equal(err.hint, "Name 1 file.");
}

static void wrapping_puts_words_in_front_and_keeps_the_hint(void **state)
{
    (void)state;
    struct gd_error err = {0};
    struct gd_status status = fails_with_advice(&err);
    status = gd_wrap(&err, status, "could not read policy \"%s\": ", "p");
    assert_int_equal(status.code, GD_USAGE);
    assert_string_equal(err.text, "could not read policy \"p\": no file");
    assert_string_equal(err.hint, "Name 1 file.");
}

static void a_text_that_is_too_long_ends_at_a_character(void **state)
{
    (void)state;
    for (size_t before = GD_ERROR_TEXT_SIZE - 5; before < GD_ERROR_TEXT_SIZE; before++) {
        char filler[GD_ERROR_TEXT_SIZE + 1];
        memset(filler, 'x', before);
        filler[before] = '\0';
        struct gd_error err = {0};
        assert_int_equal(gd_fail(&err, GD_USAGE, "%s\xE2\x82\xAC\xE2\x82\xAC", filler).code,
                         GD_USAGE);
        size_t rest = strlen(err.text) - before;
        assert_true(strlen(err.text) < GD_ERROR_TEXT_SIZE);
        assert_true(before == GD_ERROR_TEXT_SIZE - 1 || rest % 3 == 0);
    }
}

static void moving_leaves_null_behind(void **state)
{
    (void)state;
    char text[] = "x";
    char *from = text;
    char *into = GD_MOVE(from);
    assert_ptr_equal(into, text);
    assert_null(from);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_code_has_its_exit_status_and_a_meaning),
        cmocka_unit_test(a_failure_carries_its_words),
        cmocka_unit_test(try_returns_the_failure_and_only_that),
        cmocka_unit_test(wrapping_puts_words_in_front_and_keeps_the_hint),
        cmocka_unit_test(a_text_that_is_too_long_ends_at_a_character),
        cmocka_unit_test(moving_leaves_null_behind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
