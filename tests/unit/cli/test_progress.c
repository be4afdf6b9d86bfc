/* What is shown on stderr while something takes its time: into a file, and onto a terminal. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pty.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "guardian/base/clock.h"
#include "guardian/cli/progress.h"
#include "guardian/cli/progress_text.h"
#include "guardian/config/config.h"

enum { SHOWN_SIZE = 16384 };

/* stderr goes to `fd` until the end of the scene. */
static int redirect(int fd)
{
    fflush(stderr);
    int kept = dup(STDERR_FILENO);
    assert_true(kept >= 0 && dup2(fd, STDERR_FILENO) >= 0);
    return kept;
}

static void play(const struct gd_config *config, struct gd_status how)
{
    gd_auto_progress progress = gd_progress_new(config);
    const struct gd_events *events = gd_progress_events(progress);
    gd_tell_stage(events, "copying data", 4000000);
    gd_tell(events, &(struct gd_event){.kind = GD_EVENT_PROGRESS,
                                       .worker = 1,
                                       .object = "public.\x1b[31musers",
                                       .bytes = 1000000,
                                       .rows = 1234});
    gd_sleep_ms(120);
    gd_tell(events, &(struct gd_event){.kind = GD_EVENT_PROGRESS,
                                       .worker = 2,
                                       .object = "public.orders",
                                       .bytes = 2000000,
                                       .rows = 2234});
    gd_tell_warning(events, "Look at it.", "table \"%s\" is odd", "a\x1b]0;b");
    gd_tell_note(events, "all is well");
    gd_tell(events, &(struct gd_event){.kind = GD_EVENT_OBJECT,
                                       .worker = 2,
                                       .object = "public.orders",
                                       .bytes = 3000000,
                                       .rows = 1000});
    gd_tell(events, &(struct gd_event){
                        .kind = GD_EVENT_PROGRESS, .worker = -1, .bytes = 4000000, .rows = 3234});
    gd_progress_end(progress, how);
    struct gd_json *warnings = gd_progress_warnings(progress);
    assert_int_equal(gd_json_count(warnings), 1);
    assert_string_equal(gd_json_text(gd_json_get(gd_json_at(warnings, 0), "hint")), "Look at it.");
    gd_json_free(warnings);
}

static void into_file(const struct gd_config *config, struct gd_status how, char *out_shown)
{
    FILE *file = tmpfile();
    assert_non_null(file);
    int kept = redirect(fileno(file));
    play(config, how);
    fflush(stderr);
    dup2(kept, STDERR_FILENO);
    close(kept);
    rewind(file);
    out_shown[fread(out_shown, 1, SHOWN_SIZE - 1, file)] = '\0';
    fclose(file);
}

static void assert_shows(const char *shown, const char *part)
{
    if (strstr(shown, part) == NULL)
        fail_msg("not shown: %s\n%s", part, shown);
}

static void into_a_file_goes_a_line_for_each_stage_and_every_warning(void **state)
{
    (void)state;
    char shown[SHOWN_SIZE];
    struct gd_config config = {0};
    into_file(&config, GD_DONE, shown);
    assert_shows(shown, "warning: table \"a\\x1b]0;b\" is odd\nhint: Look at it.\n");
    assert_shows(shown, "note: all is well\n");
    assert_shows(shown, "copying data: 3.8 MB, 3,234 rows, 0.1");
    assert_null(strchr(shown, '\x1b'));
}

static void a_stage_that_failed_gets_no_line(void **state)
{
    (void)state;
    char shown[SHOWN_SIZE];
    struct gd_config config = {0};
    into_file(&config, (struct gd_status){GD_SYSTEM}, shown);
    assert_null(strstr(shown, "copying data"));
}

static void quiet_is_quiet(void **state)
{
    (void)state;
    char shown[SHOWN_SIZE];
    struct gd_config config = {.quiet = true};
    into_file(&config, GD_DONE, shown);
    assert_string_equal(shown, "");
}

static void json_is_one_object_in_each_line(void **state)
{
    (void)state;
    char shown[SHOWN_SIZE], events[256] = "";
    struct gd_config config = {.json = true, .verbose = true};
    into_file(&config, GD_DONE, shown);
    for (char *line = shown, *end; (end = strchr(line, '\n')) != NULL; line = end + 1) {
        struct gd_error err = {0};
        struct gd_json *object = NULL;
        if (gd_json_parse(line, (size_t)(end - line), &object, &err).code != GD_OK)
            fail_msg("%s: %s", err.text, line);
        size_t used = strlen(events);
        snprintf(events + used, sizeof events - used, "%s ",
                 gd_json_text(gd_json_get(object, "event")));
        gd_json_free(object);
    }
    assert_string_equal(events, "stage warning note object done ");
}

static void a_terminal_shows_a_block_that_goes_away(void **state)
{
    (void)state;
    char shown[SHOWN_SIZE] = "";
    int ours = -1, theirs = -1;
    struct gd_config config = {.color = GD_COLOR_NEVER};
    struct winsize size = {.ws_row = 24, .ws_col = 100};
    if (openpty(&ours, &theirs, NULL, NULL, &size) != 0)
        skip();
    setenv("TERM", "xterm", 1);
    unsetenv("COLUMNS");
    int kept = redirect(theirs);
    play(&config, GD_DONE);
    fflush(stderr);
    dup2(kept, STDERR_FILENO);
    close(kept);
    close(theirs);
    size_t used = 0;
    for (ssize_t got = 0; (got = read(ours, shown + used, sizeof shown - 1 - used)) > 0;)
        used += (size_t)got; /* until it says that nobody holds the other end any more */
    close(ours);
    assert_shows(shown, "copying data: 1.9 MB of 3.8 MB (50%)");
    assert_shows(shown, "  public.\\x1b[31musers"); /* a name cannot drive the terminal */
    assert_shows(shown, "  public.orders");
    assert_shows(shown, "\x1b[3A\r\x1b[J"); /* a line and two workers */
    const char *last = strstr(shown, "copying data: 3.8 MB, 3,234 rows");
    assert_non_null(last);
    assert_null(strchr(last, '\x1b'));
}

static void times_and_shares_are_for_people(void **state)
{
    (void)state;
    gd_auto_arena arena = gd_arena_new();
    static const struct {
        double seconds;
        const char *text;
    } times[] = {{0, "0.00 s"},        {0.994, "0.99 s"},   {0.996, "1.0 s"},
                 {9.94, "9.9 s"},      {9.96, "10 s"},      {59.4, "59 s"},
                 {59.6, "1 min 00 s"}, {187, "3 min 07 s"}, {7500, "2 h 05 min"}};
    for (size_t i = 0; i < sizeof times / sizeof times[0]; i++)
        assert_string_equal(gd_text_seconds(arena, times[i].seconds), times[i].text);
    assert_string_equal(gd_text_rate(arena, 0, 1), "");
    assert_string_equal(gd_text_rate(arena, 5, 0), "");
    assert_string_equal(gd_text_rate(arena, 3 << 20, 2), "1.5 MB/s");

    struct gd_stage stage = {.text = "copying", .bytes = 100, .total_bytes = 100, .rate = 10};
    assert_string_equal(gd_stage_line(&stage, 0, arena), "copying: 100 B of 100 B (99%), 10 B/s");
    stage.bytes = 101; /* the estimate was too low: it is not used any more */
    assert_string_equal(gd_stage_line(&stage, 5000000, arena), "copying: 101 B, 10 B/s");
    stage.bytes = 20;
    assert_string_equal(gd_stage_line(&stage, 5000000, arena),
                        "copying: 20 B of 100 B (20%), 10 B/s, 8 s left");
    stage = (struct gd_stage){.text = "looking"};
    assert_string_equal(gd_stage_line(&stage, 5000000, arena), "looking");
    assert_string_equal(gd_stage_summary(&stage, 5000000, arena), "looking: 5.0 s");
    stage = (struct gd_stage){.text = "copying", .bytes = 5000, .stored_bytes = 70, .rows = 1};
    assert_string_equal(gd_stage_summary(&stage, 1000000, arena),
                        "copying: 4.8 kB (70 B stored), 1 row, 1.0 s, 4.8 kB/s");
}

/* The block of a stage, without colours. */
static unsigned draw(const struct gd_stage *stage, bool utf8, size_t width, char *out_shown)
{
    gd_auto_arena arena = gd_arena_new();
    FILE *stream = fmemopen(out_shown, SHOWN_SIZE, "w");
    assert_non_null(stream);
    struct gd_screen screen = {.stream = stream, .utf8 = utf8, .letters = true, .width = width};
    unsigned lines = gd_stage_draw(stage, &screen, 3000000, arena);
    fclose(stream);
    return lines;
}

static void a_block_fits_the_terminal(void **state)
{
    (void)state;
    char shown[SHOWN_SIZE];
    struct gd_stage stage = {.text = "copying", .bytes = 50, .total_bytes = 1000, .rate = 10};
    assert_int_equal(draw(&stage, false, 100, shown), 1);
    assert_string_equal(
        shown, "#...................  copying: 50 B of 1000 B (5%), 10 B/s, 1 min 35 s left\n");
    assert_int_equal(draw(&stage, true, 40, shown), 1); /* no room for a bar */
    assert_string_equal(shown, "copying: 50 B of 1000 B (5%), 10 B/s, …\n");
    for (unsigned i = 0; i < 12; i++)
        snprintf(stage.workers[i], GD_STAGE_OBJECT_SIZE, "public.a_table_with_a_long_name_%u", i);
    assert_int_equal(draw(&stage, true, 30, shown), 10);
    assert_shows(shown, "\n  public.a_table_with_a_long…\n");
    assert_shows(shown, "\n  and 4 more\n");
    stage.rate = 0.5; /* nobody knows */
    assert_int_equal(draw(&stage, true, 100, shown), 10);
    assert_null(strstr(shown, "left"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(into_a_file_goes_a_line_for_each_stage_and_every_warning),
        cmocka_unit_test(a_stage_that_failed_gets_no_line),
        cmocka_unit_test(quiet_is_quiet),
        cmocka_unit_test(json_is_one_object_in_each_line),
        cmocka_unit_test(a_terminal_shows_a_block_that_goes_away),
        cmocka_unit_test(times_and_shares_are_for_people),
        cmocka_unit_test(a_block_fits_the_terminal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
