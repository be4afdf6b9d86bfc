#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "guardian/config/settings.h"

/* A table of our own, with every type: the machinery must not depend on today's options. */
struct fields {
    const char *name, *key;
    bool loud;
    int64_t count;
    uint64_t size, wait_ms;
    int color;
    struct gd_texts tables;
};

#define ROW(...) GD_OPTION_ROW(struct fields, __VA_ARGS__)
/* clang-format off */
static const struct gd_option options[] = {
    ROW(name,    TEXT,     "name",   "NAME", "nobody", 0, 0,    GD_NO_CHOICES, GD_FROM_ANY, "", "", "", "")
    ROW(key,     SECRET,   "key",    "KEY",  "",       0, 0,    GD_NO_CHOICES, GD_FROM_ENV, "OTHER_KEY", "", "", "")
    ROW(loud,    FLAG,     "loud",   "",     "no",     0, 0,    GD_NO_CHOICES, GD_FROM_ANY, "", "", "", "")
    ROW(count,   INT,      "count",  "N",    "3",      0, 1000, GD_NO_CHOICES, GD_FROM_ANY, "", "", "", "")
    ROW(size,    SIZE,     "size",   "SIZE", "64kB",   1, (int64_t)1 << 50, GD_NO_CHOICES, GD_FROM_ANY, "", "", "", "")
    ROW(wait_ms, DURATION, "wait",   "TIME", "2s",     0, 86400000, GD_NO_CHOICES, GD_FROM_ANY, "", "", "", "")
    ROW(color,   CHOICE,   "color",  "WHEN", "auto",   0, 0,    GD_COLORS, GD_FROM_ANY, "", "", "", "")
    ROW(tables,  LIST,     "table",  "T",    "",       0, 0,    GD_NO_CHOICES, GD_FROM_ANY, "", "", "", "")
};
/* clang-format on */
enum { OPTION_COUNT = sizeof options / sizeof options[0] };

struct bench {
    struct gd_arena *arena;
    struct fields fields;
    struct gd_setting_origin origins[OPTION_COUNT];
    struct gd_settings settings;
    struct gd_error err;
};

static int make_bench(void **state)
{
    struct bench *bench = calloc(1, sizeof *bench);
    if (bench == NULL)
        return -1;
    bench->arena = gd_arena_new();
    bench->settings =
        (struct gd_settings){bench->arena, options, OPTION_COUNT, &bench->fields, bench->origins};
    gd_settings_reset(&bench->settings);
    *state = bench;
    return 0;
}

static int end_bench(void **state)
{
    struct bench *bench = *state;
    gd_arena_free(bench->arena);
    free(bench);
    return 0;
}

static enum gd_code set(struct bench *bench, const char *name, enum gd_origin origin,
                        const char *text)
{
    const struct gd_option *option = gd_option_find(options, OPTION_COUNT, name, strlen(name));
    assert_non_null(option);
    return gd_settings_set(&bench->settings, option, origin, name, text, &bench->err).code;
}

static void defaults_are_what_the_table_says(void **state)
{
    struct bench *bench = *state;
    assert_string_equal(bench->fields.name, "nobody");
    assert_string_equal(bench->fields.key, "");
    assert_false(bench->fields.loud);
    assert_int_equal(bench->fields.count, 3);
    assert_int_equal(bench->fields.size, 65536);
    assert_int_equal(bench->fields.wait_ms, 2000);
    assert_int_equal(bench->fields.color, GD_COLOR_AUTO);
    assert_int_equal(bench->fields.tables.count, 0);
}

/* clang-format off */
static const struct { const char *option, *text; bool good; uint64_t value; } values[] = {
    {"count", "0",      true,  0},
    {"count", "1000",   true,  1000},
    {"count", "1001",   false, 0},
    {"count", "-1",     false, 0},
    {"count", "+1",     false, 0},
    {"count", " 1",     false, 0},
    {"count", "1 ",     false, 0},
    {"count", "",       false, 0},
    {"count", "ten",    false, 0},
    {"count", "1kB",    false, 0},
    {"count", "99999999999999999999", false, 0},
    {"size",  "1B",     true,  1},
    {"size",  "1kB",    true,  1024},
    {"size",  "2 MB",   true,  2097152},
    {"size",  "1gb",    true,  1073741824},
    {"size",  "1TB",    true,  UINT64_C(1) << 40},
    {"size",  "100",    false, 0}, /* of what? */
    {"size",  "0",      false, 0}, /* below the smallest */
    {"size",  "1.5MB",  false, 0},
    {"size",  "1mib",   false, 0},
    {"size",  "9223372036854775807TB", false, 0},
    {"wait",  "0",      true,  0}, /* nothing is nothing in every unit */
    {"wait",  "0s",     false, 0},
    {"wait",  "250ms",  true,  250},
    {"wait",  "2s",     true,  2000},
    {"wait",  "3min",   true,  180000},
    {"wait",  "1h",     true,  3600000},
    {"wait",  "1d",     true,  86400000},
    {"wait",  "25h",    false, 0},
    {"wait",  "5",      false, 0},
    {"wait",  "5 parsecs", false, 0},
    {"loud",  "yes",    true,  1},
    {"loud",  "TRUE",   true,  1},
    {"loud",  "on",     true,  1},
    {"loud",  "1",      true,  1},
    {"loud",  "no",     true,  0},
    {"loud",  "false",  true,  0},
    {"loud",  "off",    true,  0},
    {"loud",  "0",      true,  0},
    {"loud",  "maybe",  false, 0},
    {"loud",  "",       false, 0},
    {"color", "auto",   true,  GD_COLOR_AUTO},
    {"color", "Always", true,  GD_COLOR_ALWAYS},
    {"color", "never",  true,  GD_COLOR_NEVER},
    {"color", "alway",  false, 0},
    {"color", "auto ",  false, 0},
    {"color", "",       false, 0},
};
/* clang-format on */

static uint64_t field_value(const struct bench *bench, const char *name)
{
    if (strcmp(name, "count") == 0)
        return (uint64_t)bench->fields.count;
    if (strcmp(name, "size") == 0)
        return bench->fields.size;
    if (strcmp(name, "wait") == 0)
        return bench->fields.wait_ms;
    return strcmp(name, "loud") == 0 ? bench->fields.loud : (uint64_t)bench->fields.color;
}

static void values_are_understood_or_refused(void **state)
{
    struct bench *bench = *state;
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        gd_settings_reset(&bench->settings);
        uint64_t before = field_value(bench, values[i].option);
        enum gd_code code = set(bench, values[i].option, GD_FROM_ARGV, values[i].text);
        uint64_t after = field_value(bench, values[i].option);
        if (code != (values[i].good ? GD_OK : GD_USAGE) ||
            after != (values[i].good ? values[i].value : before))
            fail_msg("%s \"%s\": code %d, value %llu", values[i].option, values[i].text, (int)code,
                     (unsigned long long)after);
    }
}

static void a_refusal_says_what_would_be_right(void **state)
{
    struct bench *bench = *state;
    assert_int_equal(set(bench, "count", GD_FROM_ARGV, "ten"), GD_USAGE);
    assert_string_equal(bench->err.text, "count takes a whole number from 0 to 1000, not \"ten\"");
    assert_int_equal(set(bench, "wait", GD_FROM_ARGV, "5"), GD_USAGE);
    assert_string_equal(bench->err.text,
                        "wait takes a time with its unit from 0ms to 1d, not \"5\"");
    assert_non_null(strstr(bench->err.hint, "2s"));
    assert_int_equal(set(bench, "color", GD_FROM_ARGV, "alway"), GD_USAGE);
    assert_string_equal(bench->err.text, "color is one of auto, always, never, not \"alway\"");
    assert_string_equal(bench->err.hint, "Did you mean \"always\"?");
}

static void the_stronger_origin_wins_in_any_order(void **state)
{
    struct bench *bench = *state;
    assert_int_equal(set(bench, "name", GD_FROM_ENV, "env"), GD_OK);
    assert_int_equal(set(bench, "name", GD_FROM_FILE, "file"), GD_OK);
    assert_string_equal(bench->fields.name, "env");
    assert_int_equal(set(bench, "name", GD_FROM_ARGV, "first"), GD_OK);
    assert_int_equal(set(bench, "name", GD_FROM_ARGV, "last"), GD_OK);
    assert_int_equal(set(bench, "name", GD_FROM_ENV, "env again"), GD_OK);
    assert_string_equal(bench->fields.name, "last");
    assert_int_equal(bench->origins[0].origin, GD_FROM_ARGV);
    assert_string_equal(bench->origins[0].called, "name");
}

static void a_mistake_does_not_hide_behind_a_stronger_value(void **state)
{
    struct bench *bench = *state;
    assert_int_equal(set(bench, "count", GD_FROM_ARGV, "5"), GD_OK);
    assert_int_equal(set(bench, "count", GD_FROM_FILE, "many"), GD_USAGE);
    assert_int_equal(bench->fields.count, 5);
}

static void lists_grow_within_an_origin_and_start_anew_with_a_stronger(void **state)
{
    struct bench *bench = *state;
    assert_int_equal(set(bench, "table", GD_FROM_FILE, "a"), GD_OK);
    assert_int_equal(set(bench, "table", GD_FROM_FILE, "b"), GD_OK);
    assert_int_equal(bench->fields.tables.count, 2);
    assert_int_equal(set(bench, "table", GD_FROM_ARGV, "c"), GD_OK);
    assert_int_equal(set(bench, "table", GD_FROM_FILE, "d"), GD_OK);
    assert_int_equal(bench->fields.tables.count, 1);
    assert_string_equal(bench->fields.tables.items[0], "c");
}

/* --- environment ------------------------------------------------------------------------------ */

static enum gd_code read_environment(struct bench *bench, const char *const *envp)
{
    return gd_settings_from_environment(&bench->settings, envp, &bench->err).code;
}

static void variables_are_read_and_empty_ones_are_not_set(void **state)
{
    struct bench *bench = *state;
    const char *const envp[] = {"GUARDIAN_NAME=me",      "GUARDIAN_COUNT=", "GUARDIAN_LOUD=yes",
                                "GUARDIAN_TABLE=a,b,,c", "PATH=/bin",       NULL};
    assert_int_equal(read_environment(bench, envp), GD_OK);
    assert_string_equal(bench->fields.name, "me");
    assert_int_equal(bench->fields.count, 3);
    assert_true(bench->fields.loud);
    assert_int_equal(bench->fields.tables.count, 3);
    assert_string_equal(bench->fields.tables.items[2], "c");
}

static void the_second_name_counts_when_the_first_is_not_set(void **state)
{
    struct bench *bench = *state;
    const char *const second[] = {"OTHER_KEY=other", NULL};
    assert_int_equal(read_environment(bench, second), GD_OK);
    assert_string_equal(bench->fields.key, "other");
    assert_string_equal(bench->origins[1].called, "OTHER_KEY");
    const char *const both[] = {"OTHER_KEY=other", "GUARDIAN_KEY=own", NULL};
    assert_int_equal(read_environment(bench, both), GD_OK);
    assert_string_equal(bench->fields.key, "own");
}

/* clang-format off */
static const struct { const char *variable; const char *hint; } strangers[] = {
    {"GUARDIAN_NAEM=x",            "Did you mean GUARDIAN_NAME?"},
    {"GUARDIAN_TABLES=x",          "Did you mean GUARDIAN_TABLE?"},
    {"GUARDIAN_color=x",           "Did you mean GUARDIAN_COLOR?"},
    {"GUARDIAN_SERVICE_HOST=x",    NULL},
    {"GUARDIAN_PORT=tcp://1.2.3.4", NULL},
    {"GUARDIAN_PORT_5432_TCP=x",   NULL},
    {"GUARDIAN_OF_THE_GALAXY=x",   NULL},
    {"GUARDIANNAME=x",             NULL},
};
/* clang-format on */

static void a_misspelt_variable_is_refused_and_a_stranger_is_not(void **state)
{
    struct bench *bench = *state;
    for (size_t i = 0; i < sizeof strangers / sizeof strangers[0]; i++) {
        const char *const envp[] = {strangers[i].variable, NULL};
        enum gd_code code = read_environment(bench, envp);
        if (code != (strangers[i].hint == NULL ? GD_OK : GD_USAGE))
            fail_msg("%s gave %d", strangers[i].variable, (int)code);
        if (strangers[i].hint != NULL)
            assert_string_equal(bench->err.hint, strangers[i].hint);
    }
}

/* --- file ------------------------------------------------------------------------------------- */

static enum gd_code read_text(struct bench *bench, const char *text, size_t size)
{
    char path[] = "/tmp/guardian-settings-XXXXXX";
    int file = mkstemp(path);
    assert_true(file >= 0);
    assert_int_equal(write(file, text, size), size);
    close(file);
    enum gd_code code = gd_settings_from_file(&bench->settings, path, &bench->err).code;
    unlink(path);
    return code;
}

static void a_file_sets_what_it_names(void **state)
{
    struct bench *bench = *state;
    const char text[] = "# mine\nname: \"a b\"\nwait: 5s\nloud: true\ntable: [x, 'y']\n";
    assert_int_equal(read_text(bench, text, strlen(text)), GD_OK);
    assert_string_equal(bench->fields.name, "a b");
    assert_int_equal(bench->fields.wait_ms, 5000);
    assert_true(bench->fields.loud);
    assert_int_equal(bench->fields.tables.count, 2);
    assert_string_equal(bench->fields.tables.items[1], "y");
}

/* clang-format off */
static const struct { const char *text, *error, *hint; } files[] = {
    {"",                          NULL, NULL},
    {"# only a comment\n",        NULL, NULL},
    {"---\n",                     NULL, NULL},
    {"{}\n",                      NULL, NULL},
    {"\xef\xbb\xbfname: x\n",      NULL, NULL},
    {"table: one\n",              NULL, NULL},
    {"name: ''\n",                NULL, NULL},
    {"name: x\nwiat: 5s\n",       ":2:1: \"wiat\" is not a setting", "Did you mean \"wait\"?"},
    {"zzzzzzzzzz: 1\n",           ":1:1: \"zzzzzzzzzz\" is not a setting", ""},
    {"key: k\n",                  ":1:1: \"key\" cannot be set in a file", ""},
    {"\n\nwait: 5\n",             ":3:7: wait takes a time", "Write ms, s, min, h or d"},
    {"color: alway\n",            ":1:8: color is one of", "Did you mean \"always\"?"},
    {"name: x\nname: y\n",        ":2:1: key \"name\" was given before, on line 1", ""},
    {"name: [a]\n",               ":1:7: the value of \"name\" is a single value", ""},
    {"name: {a: b}\n",            ":1:7: the value of \"name\" is a single value", ""},
    {"name:\n",                   ": \"name\" has no value", ""},
    {"name: ~\n",                 ":1:7: \"name\" has no value", ""},
    {"name: null\n",              ":1:7: \"name\" has no value", ""},
    {"table: [a, [b]]\n",         ":1:12: an element of \"table\" is a single value", ""},
    {"table: {a: b}\n",           ":1:8: an element of \"table\" is a single value", ""},
    {"name: !!str x\n",           ":1:7: anchors, aliases and tags", "Write the value out."},
    {"name: &a x\ncount: *a\n",   ":1:7: anchors, aliases and tags", "Write the value out."},
    {"[a]: b\n",                  ":1:1: a key must be a single word", ""},
    {"- name\n",                  ":1:1: settings are written as", ""},
    {"name\n",                    ":1:1: settings are written as", ""},
    {"name: x\n---\nname: y\n",   ":2:1: a second document begins here", ""},
    {"name: 'x\n",                ": this is no YAML: ", ""},
    {"name: x\n\twait: 5s\n",     ":2:1: a line is indented with a tab", "Indent with blanks."},
    {"name: \"\\0\"\n",           ":1:7: this text holds a control character", ""},
    {"name: \xFF\n",              ":1:7: this is no UTF-8 text", ""},
};
/* clang-format on */

static void a_file_is_read_strictly(void **state)
{
    struct bench *bench = *state;
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        bench->err = (struct gd_error){0};
        enum gd_code code = read_text(bench, files[i].text, strlen(files[i].text));
        if (code != (files[i].error == NULL ? GD_OK : GD_USAGE))
            fail_msg("file %zu gave %d: %s", i, (int)code, bench->err.text);
        if (files[i].error != NULL &&
            (strstr(bench->err.text, files[i].error) == NULL ||
             strncmp(bench->err.hint, files[i].hint, strlen(files[i].hint)) != 0))
            fail_msg("file %zu: \"%s\", \"%s\"", i, bench->err.text, bench->err.hint);
    }
}

static void a_file_that_is_too_large_or_no_file_is_refused(void **state)
{
    struct bench *bench = *state;
    enum { SIZE = 2 << 20 };
    char *text = malloc(SIZE);
    assert_non_null(text);
    memset(text, '#', SIZE);
    assert_int_equal(read_text(bench, text, SIZE), GD_USAGE);
    assert_non_null(strstr(bench->err.text, "the file is larger than 1024 KiB"));
    free(text);
    assert_int_equal(gd_settings_from_file(&bench->settings, "/", &bench->err).code, GD_USAGE);
    assert_string_equal(bench->err.text, "could not read settings from \"/\": Is a directory");
}

static void a_file_that_is_not_there_is_a_wrong_request(void **state)
{
    struct bench *bench = *state;
    struct gd_status status =
        gd_settings_from_file(&bench->settings, "/nonexistent/guardian.yaml", &bench->err);
    assert_int_equal(status.code, GD_USAGE);
    assert_string_equal(bench->err.text,
                        "could not read settings from "
                        "\"/nonexistent/guardian.yaml\": No such file or directory");
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, make_bench, end_bench)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(defaults_are_what_the_table_says),
        TEST(values_are_understood_or_refused),
        TEST(a_refusal_says_what_would_be_right),
        TEST(the_stronger_origin_wins_in_any_order),
        TEST(a_mistake_does_not_hide_behind_a_stronger_value),
        TEST(lists_grow_within_an_origin_and_start_anew_with_a_stronger),
        TEST(variables_are_read_and_empty_ones_are_not_set),
        TEST(the_second_name_counts_when_the_first_is_not_set),
        TEST(a_misspelt_variable_is_refused_and_a_stranger_is_not),
        TEST(a_file_sets_what_it_names),
        TEST(a_file_is_read_strictly),
        TEST(a_file_that_is_too_large_or_no_file_is_refused),
        TEST(a_file_that_is_not_there_is_a_wrong_request),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
