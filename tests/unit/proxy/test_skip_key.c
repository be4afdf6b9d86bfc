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

#include "guardian/proxy/skip.h"

static const char *const push[] = {"prisma", "db", "push", NULL};
static const char usual[] = "postgresql://me:secret@db:5432/shop?schema=app";

struct fixture {
    struct gd_arena *arena;
    char folder[40];
};

static void put(const struct fixture *fixture, const char *name, const char *text)
{
    const char *path = gd_arena_printf(fixture->arena, "%s/%s", fixture->folder, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static int set_up(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    fixture->arena = gd_arena_new();
    memcpy(fixture->folder, "/tmp/gd-skip-XXXXXX", 20);
    assert_non_null(mkdtemp(fixture->folder));
    put(fixture, "a", "one");
    put(fixture, "b", "two");
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    char command[100];
    snprintf(command, sizeof command, "rm -r %s", fixture->folder);
    assert_int_equal(system(command), 0);
    gd_arena_free(fixture->arena);
    free(fixture);
    return 0;
}

static const char *key_of(const struct fixture *fixture, const char *const *argv, const char *input,
                          const char *target)
{
    const char *path = gd_arena_printf(fixture->arena, "%s%s", fixture->folder, input);
    struct gd_skip_options options = {
        .argv = argv, .inputs = &path, .input_count = 1, .target = target};
    const char *key = NULL;
    struct gd_error err = {0};
    if (gd_skip_key(&options, fixture->arena, &key, &err).code != GD_OK)
        fail_msg("%s", err.text);
    assert_int_equal(strlen(key), 64);
    return key;
}

static void it_is_the_same_while_nothing_that_matters_changes(void **state)
{
    struct fixture *fixture = *state;
    const char *key = key_of(fixture, push, "", usual);
    assert_string_equal(key_of(fixture, push, "", usual), key);
    put(fixture, "a", "one"); /* written again: times do not count */
    assert_string_equal(key_of(fixture, push, "", usual), key);
    static const char *const same[] = {
        "postgresql://me:other@db:5432/shop?schema=app",
        "postgresql://me@elsewhere:1/shop?schema=app&connection_limit=3&sslmode=require"};
    for (size_t i = 0; i < 2; i++)
        assert_string_equal(key_of(fixture, push, "", same[i]), key);
}

static void it_is_another_one_for_another_command_user_schema_or_database(void **state)
{
    struct fixture *fixture = *state;
    static const char *const forced[] = {"prisma", "db", "push", "--force-reset", NULL};
    static const char *const joined[] = {"prisma", "db push", NULL};
    static const char *const targets[] = {
        "postgresql://you:secret@db:5432/shop?schema=app",
        "postgresql://me:secret@db:5432/shop?schema=other",
        "postgresql://me:secret@db:5432/shop?schema=app&options=-c%20role%3Dx",
        "postgresql://me:secret@db:5432/shop2?schema=app"};
    const char *key = key_of(fixture, push, "", usual);
    assert_string_not_equal(key_of(fixture, forced, "", usual), key);
    assert_string_not_equal(key_of(fixture, joined, "", usual), key);
    for (size_t i = 0; i < sizeof targets / sizeof targets[0]; i++)
        assert_string_not_equal(key_of(fixture, push, "", targets[i]), key);
}

static void it_is_another_one_for_other_files(void **state)
{
    struct fixture *fixture = *state;
    const char *key = key_of(fixture, push, "", usual);
    assert_string_not_equal(key_of(fixture, push, "/a", usual), key);
    put(fixture, "a", "one ");
    const char *changed = key_of(fixture, push, "", usual);
    assert_string_not_equal(changed, key);
    put(fixture, "c", "");
    assert_string_not_equal(key_of(fixture, push, "", usual), changed);
    char from[80], to[80];
    snprintf(from, sizeof from, "%s/c", fixture->folder);
    snprintf(to, sizeof to, "%s/d", fixture->folder);
    const char *third = key_of(fixture, push, "", usual);
    assert_int_equal(rename(from, to), 0);
    assert_string_not_equal(key_of(fixture, push, "", usual), third);
}

static void links_in_circles_come_to_an_end(void **state)
{
    struct fixture *fixture = *state;
    char path[80];
    const char *key = key_of(fixture, push, "", usual);
    snprintf(path, sizeof path, "%s/circle", fixture->folder);
    assert_int_equal(symlink(".", path), 0);
    const char *linked = key_of(fixture, push, "", usual);
    assert_string_not_equal(linked, key);
    snprintf(path, sizeof path, "%s/nowhere", fixture->folder);
    assert_int_equal(symlink("/nowhere/at/all", path), 0);
    assert_string_not_equal(key_of(fixture, push, "", usual), linked);
    snprintf(path, sizeof path, "%s/node_modules", fixture->folder);
    const char *before = key_of(fixture, push, "", usual);
    assert_int_equal(mkdir(path, 0700), 0);
    assert_string_equal(key_of(fixture, push, "", usual), before);
    assert_string_not_equal(key_of(fixture, push, "/circle", usual), before); /* named: followed */
}

static void without_files_nothing_can_be_told(void **state)
{
    struct fixture *fixture = *state;
    struct gd_skip_options options = {.argv = push, .target = usual};
    const char *key = NULL, *missing = "/nowhere/schema.prisma";
    struct gd_error err = {0};
    assert_int_equal(gd_skip_key(&options, fixture->arena, &key, &err).code, GD_USAGE);
    assert_non_null(strstr(err.hint, "--inputs"));
    options.inputs = &missing;
    options.input_count = 1;
    assert_int_equal(gd_skip_key(&options, fixture->arena, &key, &err).code, GD_USAGE);
    assert_non_null(strstr(err.text, "\"/nowhere/schema.prisma\": No such file"));
    missing = "/dev/null";
    assert_int_equal(gd_skip_key(&options, fixture->arena, &key, &err).code, GD_USAGE);
    assert_null(key);
}

#define both(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        both(it_is_the_same_while_nothing_that_matters_changes),
        both(it_is_another_one_for_another_command_user_schema_or_database),
        both(it_is_another_one_for_other_files),
        both(links_in_circles_come_to_an_end),
        both(without_files_nothing_can_be_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
