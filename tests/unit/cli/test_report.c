#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guardian/base/utf8.h"
#include "guardian/cli/report.h"
#include "guardian/io/json.h"
#include "harness/reports.h"

struct face {
    enum gd_format format;
    bool colour, utf8, verbose;
    size_t width;
};

static struct gd_screen screen_of(FILE *stream, struct face face)
{
    return (struct gd_screen){.stream = stream,
                              .colour = face.colour,
                              .utf8 = face.utf8,
                              .letters = face.utf8,
                              .verbose = face.verbose,
                              .width = face.width};
}

/* The plan in that format; the caller frees it. */
static char *planned(struct face face, size_t *out_size)
{
    struct gd_error err = {0};
    char *bytes = NULL;
    FILE *stream = open_memstream(&bytes, out_size);
    struct gd_screen screen = screen_of(stream, face);
    assert_int_equal(gd_report_plan_write(&test_plan_rich, face.format, &screen, &err).code, GD_OK);
    fclose(stream);
    return bytes;
}

/* The report in that format; the caller frees it. */
static char *rendered(const struct gd_report *report, struct face face, size_t *out_size)
{
    struct gd_error err = {0};
    char *bytes = NULL;
    FILE *stream = open_memstream(&bytes, out_size);
    struct gd_screen screen = screen_of(stream, face);
    assert_int_equal(gd_report_write(report, face.format, &screen, &err).code, GD_OK);
    fclose(stream);
    return bytes;
}

/* clang-format off */
static const struct { const char *golden; const struct gd_report *report; struct face face; } cases[] = {
    {"cli/golden/rich.txt",         &test_report_rich,     {GD_FORMAT_TEXT, false, true,  false, 100}},
    {"cli/golden/rich-ascii.txt",   &test_report_rich,     {GD_FORMAT_TEXT, false, false, false, 60}},
    {"cli/golden/rich-colour.txt",  &test_report_rich,     {GD_FORMAT_TEXT, true,  true,  false, 100}},
    {"cli/golden/rich-verbose.txt", &test_report_rich,     {GD_FORMAT_TEXT, false, true,  true,  100}},
    {"cli/golden/rich.json",        &test_report_rich,     {GD_FORMAT_JSON, false, true,  false, 100}},
    {"cli/golden/rich.sarif",       &test_report_rich,     {GD_FORMAT_SARIF, false, true, false, 100}},
    {"cli/golden/rich.github",      &test_report_rich,     {GD_FORMAT_GITHUB, false, true, false, 100}},
    {"cli/golden/files.txt",        &test_report_files,    {GD_FORMAT_TEXT, false, true,  false, 100}},
    {"cli/golden/files.json",       &test_report_files,    {GD_FORMAT_JSON, false, true,  false, 100}},
    {"cli/golden/files.sarif",      &test_report_files,    {GD_FORMAT_SARIF, false, true, false, 100}},
    {"cli/golden/files.github",     &test_report_files,    {GD_FORMAT_GITHUB, false, true, false, 100}},
    {"cli/golden/harmless.txt",     &test_report_harmless, {GD_FORMAT_TEXT, false, true,  false, 100}},
    {"cli/golden/empty.txt",        &test_report_empty,    {GD_FORMAT_TEXT, false, true,  false, 100}},
    {"cli/golden/empty.json",       &test_report_empty,    {GD_FORMAT_JSON, false, true,  false, 100}},
    {"cli/golden/empty.sarif",      &test_report_empty,    {GD_FORMAT_SARIF, false, true, false, 100}},
    {"cli/golden/empty.github",     &test_report_empty,    {GD_FORMAT_GITHUB, false, true, false, 100}},
};
static const struct { const char *golden; struct face face; } plans[] = {
    {"cli/golden/plan.txt",         {GD_FORMAT_TEXT, false, true,  false, 100}},
    {"cli/golden/plan-colour.txt",  {GD_FORMAT_TEXT, true,  true,  false, 100}},
    {"cli/golden/plan-verbose.txt", {GD_FORMAT_TEXT, false, false, true,  80}},
    {"cli/golden/plan.json",        {GD_FORMAT_JSON, false, true,  false, 100}},
};
static const struct gd_report *const reports[] = {
    &test_report_rich, &test_report_files, &test_report_harmless, &test_report_empty,
};
/* clang-format on */

static void every_format_is_as_it_was_agreed(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        size_t size = 0;
        char *bytes = rendered(cases[i].report, cases[i].face, &size);
        if (!test_golden(cases[i].golden, bytes, size))
            fail_msg("%s", cases[i].golden);
        free(bytes);
    }
}

static void a_plan_is_as_it_was_agreed(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof plans / sizeof plans[0]; i++) {
        size_t size = 0;
        char *bytes = planned(plans[i].face, &size);
        if (!test_golden(plans[i].golden, bytes, size))
            fail_msg("%s", plans[i].golden);
        free(bytes);
    }
}

static void assert_tame(const char *bytes, size_t size, int format)
{
    size_t step;
    for (size_t at = 0; at < size; at += step) {
        uint32_t code;
        step = gd_utf8_decode(bytes + at, size - at, &code);
        if (code == GD_UTF8_BAD || (code != '\n' && gd_utf8_deceives(code)))
            fail_msg("format %d: U+%04X in %.40s", format, (unsigned)code, bytes + at);
    }
}

static void nothing_drives_a_terminal_in_any_format(void **state)
{
    (void)state;
    for (int format = GD_FORMAT_TEXT; format <= GD_FORMAT_GITHUB; format++) {
        struct face face = {(enum gd_format)format, false, true, true, 80};
        size_t size = 0;
        char *bytes = planned(face, &size);
        assert_tame(bytes, size, format);
        free(bytes);
        for (size_t r = 0; r < sizeof reports / sizeof reports[0]; r++) {
            bytes = rendered(reports[r], face, &size);
            assert_tame(bytes, size, format);
            free(bytes);
        }
    }
}

static void a_locale_without_utf8_gets_ascii(void **state)
{
    (void)state;
    for (size_t r = 0; r < sizeof reports / sizeof reports[0]; r++) {
        size_t size = 0;
        struct face face = {GD_FORMAT_TEXT, false, false, true, 80};
        char *bytes = rendered(reports[r], face, &size);
        for (size_t at = 0; at < size; at++)
            if ((unsigned char)bytes[at] >= 0x80)
                fail_msg("report %zu: byte %02x in %.20s", r, (unsigned char)bytes[at], bytes + at);
        free(bytes);
    }
}

/* Words are never broken, so that names can be copied: only a line of one long word may stick out.
 */
static void lines_keep_to_the_width(void **state)
{
    (void)state;
    for (size_t width = 50; width <= 120; width += 20) {
        size_t size = 0;
        struct face face = {GD_FORMAT_TEXT, false, false, false, width};
        char *bytes = rendered(&test_report_rich, face, &size);
        for (const char *line = bytes; *line != '\0'; line = strchr(line, '\n') + 1) {
            size_t length = strcspn(line, "\n");
            if (length > width)
                fail_msg("%zu columns: %.*s", width, (int)length, line);
        }
        free(bytes);
    }
}

static void json_is_one_document_with_the_keys_of_the_contract(void **state)
{
    (void)state;
    static const char *const keys[] = {"line",    "text",   "class",   "loses",    "rule",
                                       "scope",   "lock",   "rewrite", "scan",     "transaction",
                                       "rerun",   "reason", "instead", "findings", "takes",
                                       "notes",   "checks", "hash",    "end_line", "repeated",
                                       "lock_on", "within", "part_of", "object",   "empty"};
    size_t size = 0;
    char *bytes =
        rendered(&test_report_files, (struct face){GD_FORMAT_JSON, false, true, false, 80}, &size);
    struct gd_error err = {0};
    struct gd_json *root = NULL;
    assert_int_equal(gd_json_parse(bytes, size, &root, &err).code, GD_OK);
    assert_string_equal(gd_json_text(gd_json_get(root, "class")), "unknown");
    const struct gd_json *files = gd_json_get(root, "files");
    assert_int_equal(gd_json_count(files), 3);
    const struct gd_json *statement =
        gd_json_at(gd_json_get(gd_json_at(files, 1), "statements"), 0);
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        if (gd_json_get(statement, keys[i]) == NULL)
            fail_msg("no \"%s\"", keys[i]);
    assert_string_equal(gd_json_text(gd_json_get(statement, "class")), "destructive");
    assert_string_equal(gd_json_text(gd_json_get(gd_json_get(statement, "scope"), "kind")), "none");
    gd_json_free(root);
    free(bytes);
}

static void an_annotation_is_one_line_and_begins_no_other(void **state)
{
    (void)state;
    size_t size = 0;
    char *bytes = rendered(&test_report_files,
                           (struct face){GD_FORMAT_GITHUB, false, true, false, 80}, &size);
    size_t lines = 0;
    for (const char *line = bytes; *line != '\0'; line = strchr(line, '\n') + 1, lines++)
        assert_true(strncmp(line, "::error ", 8) == 0 || strncmp(line, "::notice ", 9) == 0);
    assert_int_equal(lines, 3); /* two statements and the sum */
    assert_non_null(
        strstr(bytes, "file=odd%2C 50%25%3A \xc3\xa9%0A%3A%3Aerror%3A%3Ax.sql,line=3,"));
    free(bytes);
}

static void a_stream_that_is_full_is_reported(void **state)
{
    (void)state;
    for (int format = GD_FORMAT_TEXT; format <= GD_FORMAT_GITHUB; format++) {
        struct gd_error err = {0};
        FILE *stream = fopen("/dev/full", "w");
        assert_non_null(stream);
        struct gd_screen screen = {.stream = stream, .width = 80};
        struct gd_status status =
            gd_report_write(&test_report_rich, (enum gd_format)format, &screen, &err);
        assert_int_equal(status.code, GD_SYSTEM);
        assert_non_null(strstr(err.text, "No space left"));
        fclose(stream);
    }
}

/* The sentence keeps its distance from the shortest word, too. */
static void a_plan_that_goes_ahead_says_so_in_two_words_apart(void **state)
{
    (void)state;
    struct gd_decision decision = *test_plan_rich.decision;
    struct gd_plan plan = test_plan_rich;
    decision.action = GD_ACTION_GO;
    plan.decision = &decision;
    char *bytes = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&bytes, &size);
    struct gd_screen screen = screen_of(stream, (struct face){.width = 100});
    struct gd_error err = {0};
    assert_int_equal(gd_report_plan_write(&plan, GD_FORMAT_TEXT, &screen, &err).code, GD_OK);
    fclose(stream);
    assert_non_null(strstr(bytes, "GO  Nothing has to be done before it."));
    free(bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_format_is_as_it_was_agreed),
        cmocka_unit_test(a_plan_is_as_it_was_agreed),
        cmocka_unit_test(a_plan_that_goes_ahead_says_so_in_two_words_apart),
        cmocka_unit_test(nothing_drives_a_terminal_in_any_format),
        cmocka_unit_test(a_locale_without_utf8_gets_ascii),
        cmocka_unit_test(lines_keep_to_the_width),
        cmocka_unit_test(json_is_one_document_with_the_keys_of_the_contract),
        cmocka_unit_test(an_annotation_is_one_line_and_begins_no_other),
        cmocka_unit_test(a_stream_that_is_full_is_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
