/* Which objects a pattern means, and which it does not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "guardian/policy/pattern.h"

/* clang-format off */
static const struct { const char *text, *kind; const char *parts[GD_NAME_PARTS]; size_t count; } names[] = {
    {"public.users",                        "",          {"public", "users"}, 2},
    {"table public.users",                  "table",     {"public", "users"}, 2},
    {"column public.users.age",             "column",    {"public", "users", "age"}, 3},
    {"materialized view app.daily",         "materialized view", {"app", "daily"}, 2},
    {"\"My App\".\"User.s\"",               "",          {"My App", "User.s"}, 2},
    {"table \"a\"\"b\".c",                  "table",     {"a\"b", "c"}, 2},
    {"function public.f(integer, text)",    "function",  {"public", "f"}, 2},
    {"policy p on public.users",            "policy p on", {"public", "users"}, 2},
    {"role app",                            "role",      {"app"}, 1},
    {"schema audit",                        "schema",    {"audit"}, 1},
    {"users",                               "",          {NULL, "users"}, 2},
    {"table users",                         "table",     {NULL, "users"}, 2},
    {"column users.age",                    "column",    {NULL, "users", "age"}, 3},
    {"",                                    "",          {NULL}, 0},
    {"cast (a AS b)",                       "cast",      {NULL}, 0},
    {"db.public.users.age",                 "",          {NULL}, 0},
};

static const struct { const char *pattern, *name; enum gd_match match; } matches[] = {
    {"public.users",   "public.users",                    GD_MATCH_WITHIN},
    {"public.users",   "table public.users",              GD_MATCH_WITHIN},
    {"public.users",   "column public.users.age",         GD_MATCH_WITHIN},
    {"public.users",   "public.users2",                   GD_MATCH_NOT},
    {"public.users",   "public.Users",                    GD_MATCH_NOT},
    {"public.users",   "app.users",                       GD_MATCH_NOT},
    {"public.*",       "public.users",                    GD_MATCH_WITHIN},
    {"*.users",        "app.users",                       GD_MATCH_WITHIN},
    {"public.user?",   "public.users",                    GD_MATCH_WITHIN},
    {"public.*_log",   "public.a_log_b_log",              GD_MATCH_WITHIN},
    {"public.*_log",   "public.a_logs",                   GD_MATCH_NOT},
    {"*.*",            "public.users",                    GD_MATCH_WITHIN},
    {"pub*",           "public.users",                    GD_MATCH_NOT},  /* no pattern: not parsed */
    {"public.*.email", "public.users.email",              GD_MATCH_WITHIN},
    {"public.*.email", "public.users.age",                GD_MATCH_NOT},
    {"public.*.email", "public.users",                    GD_MATCH_CONTAINS},
    {"audit.*",        "schema audit",                    GD_MATCH_CONTAINS},
    {"audit.*",        "every table in schema audit",     GD_MATCH_CONTAINS},
    {"audit.*",        "schemas audit",                   GD_MATCH_CONTAINS},
    {"role app_*",     "roles app_reader",                GD_MATCH_WITHIN},
    {"audit.*",        "schema audit2",                   GD_MATCH_NOT},
    {"audit.*",        "role audit",                      GD_MATCH_NOT},
    {"audit.*",        "users",                           GD_MATCH_MAYBE},
    {"public.users",   "users",                           GD_MATCH_MAYBE},
    {"public.users",   "posts",                           GD_MATCH_NOT},
    {"public.users.a", "column users.a",                  GD_MATCH_MAYBE},
    {"role app_*",     "role app_reader",                 GD_MATCH_WITHIN},
    {"role app_*",     "role other",                      GD_MATCH_NOT},
    {"role app_*",     "extension app_x",                 GD_MATCH_NOT},
    {"schema audit",   "schema audit",                    GD_MATCH_WITHIN},
    {"public.f",       "function public.f(integer, text)", GD_MATCH_WITHIN},
    {"public.User",    "public.\"User\"",                 GD_MATCH_WITHIN},
    {"\"a.b\".c",      "\"a.b\".c",                       GD_MATCH_WITHIN},
    {"public.users",   "",                                GD_MATCH_NOT},
    {"public.users",   "policy p on public.users",        GD_MATCH_WITHIN},
};

static const struct { const char *glob, *text; bool fits; } globs[] = {
    {"", "", true}, {"*", "", true}, {"?", "", false}, {"a*", "a", true}, {"*a*b*", "xxaxxbxx", true},
    {"*a*b", "ab ab c", false}, {"a?c", "abc", true}, {"a?c", "ac", false}, {"**", "x", true},
    {"*abab", "abababab", true}, {"[ab]", "a", false},
};
/* clang-format on */

static void names_come_apart(void **state)
{
    (void)state;
    gd_auto_arena arena = gd_arena_new();
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct gd_name name = gd_name_parse(names[i].text, arena);
        if (name.count != names[i].count)
            fail_msg("%s: %zu parts", names[i].text, name.count);
        if (name.count > 0)
            assert_string_equal(name.kind, names[i].kind);
        for (size_t j = 0; j < name.count; j++) {
            assert_int_equal(name.parts[j] == NULL, names[i].parts[j] == NULL);
            if (name.parts[j] != NULL)
                assert_string_equal(name.parts[j], names[i].parts[j]);
        }
    }
}

static void a_pattern_means_what_it_names_and_its_parts(void **state)
{
    (void)state;
    gd_auto_arena arena = gd_arena_new();
    size_t failures = 0;
    for (size_t i = 0; i < sizeof matches / sizeof matches[0]; i++) {
        struct gd_pattern pattern;
        if (gd_pattern_parse(matches[i].pattern, arena, &pattern) != NULL) {
            assert_string_equal(matches[i].pattern, "pub*");
            continue;
        }
        struct gd_name name = gd_name_parse(matches[i].name, arena);
        enum gd_match match = gd_pattern_match(&pattern, &name);
        if (match == matches[i].match)
            continue;
        print_message("%s against %s: %d\n", matches[i].pattern, matches[i].name, (int)match);
        failures++;
    }
    assert_int_equal(failures, 0);
}

static void globs_know_star_and_question_mark(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof globs / sizeof globs[0]; i++)
        if (gd_glob(globs[i].glob, globs[i].text) != globs[i].fits)
            fail_msg("%s against %s", globs[i].glob, globs[i].text);
}

static void a_glob_of_many_stars_ends(void **state)
{
    (void)state;
    char text[3000];
    memset(text, 'a', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    assert_false(gd_glob("*a*a*a*a*a*a*a*a*a*a*a*a*a*a*b", text));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_come_apart),
        cmocka_unit_test(a_pattern_means_what_it_names_and_its_parts),
        cmocka_unit_test(globs_know_star_and_question_mark),
        cmocka_unit_test(a_glob_of_many_stars_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
