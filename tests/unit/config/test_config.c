#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "guardian/config/config.h"

enum { WORDS_MAX = 12 };

/* A command line in memory that may be written to, as that of a process is. */
struct bench {
    struct gd_arena *arena;
    char words[WORDS_MAX][128];
    char *argv[WORDS_MAX + 1];
    struct gd_config config;
    struct gd_request request;
    struct gd_error err;
    char folder[64];
};

static int make_bench(void **state)
{
    struct bench *bench = calloc(1, sizeof *bench);
    if (bench == NULL)
        return -1;
    bench->arena = gd_arena_new();
    snprintf(bench->folder, sizeof bench->folder, "/tmp/guardian-config-XXXXXX");
    *state = bench;
    return mkdtemp(bench->folder) != NULL && chdir(bench->folder) == 0 ? 0 : -1;
}

static int end_bench(void **state)
{
    struct bench *bench = *state;
    unlink("guardian.yaml");
    unlink("other.yaml");
    int result = chdir("/") + rmdir(bench->folder);
    gd_arena_free(bench->arena);
    free(bench);
    return result;
}

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

/* `line`: words separated by blanks. */
static enum gd_code load(struct bench *bench, const char *line, const char *const *envp)
{
    static const char *const empty[] = {NULL};
    size_t length = 0, count = 0;
    for (const char *word = gd_word_next(line, &length); length > 0;
         word = gd_word_next(word, &length)) {
        assert_true(count < WORDS_MAX);
        snprintf(bench->words[count], sizeof bench->words[count], "%.*s", (int)length, word);
        bench->argv[count] = bench->words[count];
        count++;
    }
    bench->argv[count] = NULL;
    bench->err = (struct gd_error){0};
    return gd_config_load(bench->arena, bench->argv, envp == NULL ? empty : envp, &bench->config,
                          &bench->request, &bench->err)
        .code;
}

static void options_may_stand_before_and_after_the_command(void **state)
{
    struct bench *bench = *state;
    assert_int_equal(load(bench, "--quiet help plan --color=never", NULL), GD_OK);
    assert_string_equal(bench->request.command->verb, "help");
    assert_int_equal(bench->request.argc, 1);
    assert_string_equal(bench->request.argv[0], "plan");
    assert_null(bench->request.argv[1]);
    assert_true(bench->config.quiet);
    assert_int_equal(bench->config.color, GD_COLOR_NEVER);
    assert_int_equal(load(bench, "help --color always", NULL), GD_OK);
    assert_int_equal(bench->config.color, GD_COLOR_ALWAYS);
    assert_int_equal(load(bench, "help --quiet=no", NULL), GD_OK);
    assert_false(bench->config.quiet);
}

static void after_two_hyphens_everything_is_an_operand(void **state)
{
    struct bench *bench = *state;
    assert_int_equal(load(bench, "help -- --quiet -- -x", NULL), GD_OK);
    assert_false(bench->config.quiet);
    assert_int_equal(bench->request.argc, 3);
    assert_string_equal(bench->request.argv[0], "--quiet");
    assert_string_equal(bench->request.argv[1], "--");
}

static void one_hyphen_is_an_operand(void **state)
{
    struct bench *bench = *state;
    assert_int_equal(load(bench, "help -", NULL), GD_OK);
    assert_string_equal(bench->request.argv[0], "-");
}

static void nothing_at_all_is_no_command(void **state)
{
    struct bench *bench = *state;
    assert_int_equal(load(bench, "", NULL), GD_OK);
    assert_null(bench->request.command);
}

/* clang-format off */
static const struct { const char *line, *error, *hint; } mistakes[] = {
    {"hepl",                 "there is no command \"hepl\"", "Did you mean \"help\"?"},
    {"xyzzy",                "there is no command \"xyzzy\"", "guardian --help lists the commands."},
    {"generat",              "there is no command \"generat\"", "guardian --help lists the commands."},
    {"help --quite",         "there is no option \"--quite\"", "Did you mean --quiet?"},
    {"help --zzzzzzzz",      "there is no option \"--zzzzzzzz\"", ""},
    {"help -q",              "there is no option \"-q\"", "Options are written out, for example --help."},
    {"help --bd=postgres://u:secret@h/d", "there is no option \"--bd\"", "Did you mean --db?"},
    {"help --",              NULL, NULL},
    {"help --color",         "--color needs a value", "Write --color WHEN, or --color=WHEN."},
    {"help --color --quiet", "--color needs a value", "Write --color WHEN, or --color=WHEN."},
    {"help --color=blue",    "--color is one of auto, always, never, not \"blue\"", ""},
    {"help --quiet=maybe",   "--quiet is yes or no, not \"maybe\"", ""},
    {"help --samples=3",     "guardian help takes no option --samples", "Commands that take it: "},
    {"help --config=none.yaml", "could not read settings from \"none.yaml\": No such file or directory", ""},
};
/* clang-format on */

static void mistakes_are_named_with_the_nearest_right_word(void **state)
{
    struct bench *bench = *state;
    for (size_t i = 0; i < sizeof mistakes / sizeof mistakes[0]; i++) {
        enum gd_code code = load(bench, mistakes[i].line, NULL);
        if (mistakes[i].error == NULL) {
            assert_int_equal(code, GD_OK);
            continue;
        }
        assert_int_equal(code, GD_USAGE);
        assert_string_equal(bench->err.text, mistakes[i].error);
        assert_memory_equal(bench->err.hint, mistakes[i].hint, strlen(mistakes[i].hint));
    }
}

static void command_line_then_environment_then_file_then_default(void **state)
{
    struct bench *bench = *state;
    const char *const envp[] = {"GUARDIAN_POLICY=env", "GUARDIAN_CHECK_TIMEOUT=7s", NULL};
    write_file("guardian.yaml", "policy: file\ncheck-timeout: 8s\nsamples: 9\n");
    assert_int_equal(load(bench, "help", envp), GD_OK);
    assert_string_equal(bench->config.policy, "env");
    assert_int_equal(bench->config.check_timeout_ms, 7000);
    assert_int_equal(bench->config.samples, 9);
    assert_int_equal(bench->config.lock_timeout_ms, 2000);
    assert_string_equal(bench->config.origins[GD_OPTION_policy].called, "GUARDIAN_POLICY");
    assert_string_equal(bench->config.origins[GD_OPTION_samples].called,
                        "guardian.yaml:3:10: samples");
}

static void another_file_is_read_instead_when_it_is_named(void **state)
{
    struct bench *bench = *state;
    const char *const envp[] = {"GUARDIAN_CONFIG=other.yaml", NULL};
    write_file("guardian.yaml", "samples: 1\n");
    write_file("other.yaml", "policy: other\n");
    assert_int_equal(load(bench, "help", envp), GD_OK);
    assert_string_equal(bench->config.policy, "other");
    assert_int_equal(bench->config.samples, 0);
    assert_int_equal(load(bench, "help --config guardian.yaml", envp), GD_OK);
    assert_int_equal(bench->config.samples, 1);
}

static void help_does_not_depend_on_settings_being_right(void **state)
{
    struct bench *bench = *state;
    const char *const envp[] = {"GUARDIAN_SAMPLES=many", NULL};
    write_file("guardian.yaml", "nonsense\n");
    assert_int_equal(load(bench, "help", envp), GD_USAGE);
    assert_int_equal(load(bench, "help --help", envp), GD_OK);
    assert_int_equal(load(bench, "--version", envp), GD_OK);
}

static void json_is_a_format(void **state)
{
    struct bench *bench = *state;
    const char *const json[] = {"GUARDIAN_JSON=yes", NULL};
    const char *const sarif[] = {"GUARDIAN_FORMAT=sarif", NULL};
    const char *const both[] = {"GUARDIAN_FORMAT=sarif", "GUARDIAN_JSON=yes", NULL};
    const char *const agreed[] = {"GUARDIAN_FORMAT=json", "GUARDIAN_JSON=yes", NULL};
    assert_int_equal(load(bench, "help", json), GD_OK);
    assert_int_equal(bench->config.format, GD_FORMAT_JSON);
    assert_int_equal(load(bench, "help", sarif), GD_OK);
    assert_int_equal(bench->config.format, GD_FORMAT_SARIF);
    assert_false(bench->config.json);
    assert_int_equal(load(bench, "help", agreed), GD_OK);
    assert_true(bench->config.json);
    assert_int_equal(load(bench, "help", both), GD_USAGE);
    assert_string_equal(bench->err.text,
                        "GUARDIAN_JSON and GUARDIAN_FORMAT ask for different formats");
    write_file("guardian.yaml", "format: sarif\n");
    assert_int_equal(load(bench, "help", json), GD_OK); /* the environment is stronger */
    assert_int_equal(bench->config.format, GD_FORMAT_JSON);
    write_file("guardian.yaml", "json: yes\n");
    assert_int_equal(load(bench, "help", sarif), GD_OK);
    assert_int_equal(bench->config.format, GD_FORMAT_SARIF);
}

/* --- which database --------------------------------------------------------------------------- */

struct case_of_database {
    const char *envp[4];
    const char *file;
    bool live, needed;
    const char *uri, *called;
};

/* clang-format off */
static const struct case_of_database databases[] = {
    {{NULL},                                   "",        false, false, NULL,  NULL},
    {{NULL},                                   "",        false, true,  NULL,  NULL},
    {{"DATABASE_URL=u"},                       "",        false, false, NULL,  NULL},
    {{"DATABASE_URL=u"},                       "",        false, true,  "u",   "DATABASE_URL"},
    {{"DATABASE_URL=u", "GUARDIAN_LIVE=1"},    "",        true,  false, "u",   "DATABASE_URL"},
    {{"DATABASE_URL=u", "GUARDIAN_DB=g"},      "",        false, true,  "g",   "GUARDIAN_DB"},
    {{"DATABASE_URL=u", "PGHOST=h"},           "",        false, true,  "u",   "DATABASE_URL"},
    {{"DATABASE_URL=", "PGHOST=h"},            "",        false, true,  "",    "PGHOST"},
    {{"PGSERVICE=s"},                          "",        false, true,  "",    "PGSERVICE"},
    {{"PGPASSWORD=p"},                         "",        false, true,  NULL,  NULL},
    {{"PGDATABASE=d"},                         "db: f\n", false, true,  "",    "PGDATABASE"},
    {{NULL},                                   "db: f\n", false, true,  "f",   "guardian.yaml:1:5: db"},
    {{NULL},                                   "db: f\n", false, false, NULL,  NULL},
};
/* clang-format on */

static void check_database(struct gd_database_choice found, const char *uri, const char *called,
                           size_t row)
{
    if ((found.uri == NULL) != (uri == NULL) ||
        (uri != NULL && (strcmp(found.uri, uri) != 0 || strcmp(found.called, called) != 0)))
        fail_msg("row %zu: \"%s\" from %s", row, found.uri == NULL ? "none" : found.uri,
                 found.called == NULL ? "nowhere" : found.called);
}

static void the_database_is_the_named_one_or_the_environments(void **state)
{
    struct bench *bench = *state;
    for (size_t i = 0; i < sizeof databases / sizeof databases[0]; i++) {
        write_file("guardian.yaml", databases[i].file);
        assert_int_equal(load(bench, "help", databases[i].envp), GD_OK);
        assert_int_equal(bench->config.live, databases[i].live);
        check_database(gd_config_database(&bench->config, databases[i].needed), databases[i].uri,
                       databases[i].called, i);
    }
}

/* `help` takes no --db, so the rows above cannot try it; this is what the parser would leave. */
static void a_database_on_the_command_line_always_counts(void **state)
{
    struct bench *bench = *state;
    const char *const envp[] = {"PGHOST=h", NULL};
    assert_int_equal(load(bench, "help", envp), GD_OK);
    bench->config.db = "x";
    bench->config.origins[GD_OPTION_db] = (struct gd_setting_origin){GD_FROM_ARGV, "--db"};
    check_database(gd_config_database(&bench->config, false), "x", "--db", 0);
    check_database(gd_config_database(&bench->config, true), "x", "--db", 1);
}

/* --- secrets ---------------------------------------------------------------------------------- */

/* clang-format off */
static const struct { const char *uri; bool warned; } uris[] = {
    {"postgresql://u:secret@h/d",        true},
    {"postgresql://u:s%40e@h/d?x=y",     true},
    {"postgres://h/d?password=secret",   true},
    {"host=h,password=secret",           true},
    {"postgresql://u@h:5432/d",          false},
    {"postgresql://u:@h/d",              false},
    {"postgresql://h:5432/d?x=a:b@c",    false},
    {"postgresql:///d",                  false},
    {"host=h",                           false},
};
/* clang-format on */

static void a_password_on_the_command_line_is_wiped_and_warned_of(void **state)
{
    struct bench *bench = *state;
    for (size_t i = 0; i < sizeof uris / sizeof uris[0]; i++) {
        char line[128];
        snprintf(line, sizeof line, "--db %s", uris[i].uri);
        assert_int_equal(load(bench, line, NULL), GD_OK);
        assert_string_equal(bench->config.db, uris[i].uri);
        assert_int_equal(strspn(bench->words[1], "*"), strlen(uris[i].uri));
        if ((bench->config.warnings[0] != NULL) != uris[i].warned)
            fail_msg("%s: %s", uris[i].uri, uris[i].warned ? "no warning" : "a warning");
        if (uris[i].warned)
            assert_null(strstr(bench->config.warnings[0], "secret"));
    }
}

static void the_form_with_an_equals_sign_is_wiped_as_well(void **state)
{
    struct bench *bench = *state;
    assert_int_equal(load(bench, "--db=postgresql://u:secret@h/d", NULL), GD_OK);
    assert_string_equal(bench->words[0], "--db=*************************");
}

static void a_password_in_a_file_that_others_can_read_is_warned_of(void **state)
{
    struct bench *bench = *state;
    write_file("guardian.yaml", "db: postgresql://u:secret@h/d\n");
    assert_int_equal(chmod("guardian.yaml", 0644), 0);
    assert_int_equal(load(bench, "help", NULL), GD_OK);
    assert_non_null(bench->config.warnings[0]);
    assert_int_equal(chmod("guardian.yaml", 0600), 0);
    assert_int_equal(load(bench, "help", NULL), GD_OK);
    assert_null(bench->config.warnings[0]);
}

/* --- colour ----------------------------------------------------------------------------------- */

static void colour_is_for_terminals_that_want_it(void **state)
{
    struct bench *bench = *state;
    const char *const no_color[] = {"NO_COLOR=1", "TERM=xterm", NULL};
    const char *const dumb[] = {"TERM=dumb", NULL};
    const char *const plain[] = {"TERM=xterm", "NO_COLOR=", NULL};
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(load(bench, "help", no_color), GD_OK);
    assert_true(bench->config.plain_terminal);
    assert_int_equal(load(bench, "help --color always", no_color), GD_OK);
    assert_true(gd_config_use_color(&bench->config, ends[1]));
    assert_int_equal(load(bench, "help", dumb), GD_OK);
    assert_true(bench->config.plain_terminal);
    assert_int_equal(load(bench, "help", plain), GD_OK);
    assert_false(bench->config.plain_terminal);
    assert_false(gd_config_use_color(&bench->config, ends[1])); /* a pipe is no terminal */
    close(ends[0]);
    close(ends[1]);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, make_bench, end_bench)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(options_may_stand_before_and_after_the_command),
        TEST(after_two_hyphens_everything_is_an_operand),
        TEST(one_hyphen_is_an_operand),
        TEST(nothing_at_all_is_no_command),
        TEST(mistakes_are_named_with_the_nearest_right_word),
        TEST(command_line_then_environment_then_file_then_default),
        TEST(another_file_is_read_instead_when_it_is_named),
        TEST(help_does_not_depend_on_settings_being_right),
        TEST(json_is_a_format),
        TEST(the_database_is_the_named_one_or_the_environments),
        TEST(a_database_on_the_command_line_always_counts),
        TEST(a_password_on_the_command_line_is_wiped_and_warned_of),
        TEST(the_form_with_an_equals_sign_is_wiped_as_well),
        TEST(a_password_in_a_file_that_others_can_read_is_warned_of),
        TEST(colour_is_for_terminals_that_want_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
