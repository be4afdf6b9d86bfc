/*
 * Which tables a pattern names, and what comes with them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants those four first */
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "guardian/snapshot/take_own.h"

static const struct {
    const char *schema, *name;
    char kind;
} relations[] = {
    {"public", "users", 'r'},    {"public", "User", 'r'},    {"public", "user_log", 'r'},
    {"audit", "log", 'r'},       {"audit", "users", 'r'},    {"public", "events", 'p'},
    {"public", "events_1", 'r'}, {"parts", "events_2", 'p'}, {"parts", "events_2_a", 'r'},
    {"public", "parent", 'r'},   {"public", "heir", 'r'},    {"we\"ird", "a.b", 'r'},
    {"public", "far", 'f'},
};
enum { RELATIONS = sizeof relations / sizeof relations[0] };
/* child, parent; the last one is no partition */
static const struct gd_take_link links[] = {
    {6, 5, true}, {8, 7, true}, {7, 5, true}, {10, 9, false}};

/* clang-format off */
static const struct {
    const char *wanted[3], *left_out[2];
    const char *found; /* a letter for each relation: w wanted, o wanted and left out */
    enum gd_code code;
    const char *says;
} cases[] = {
    {{"users"},                   {NULL}, "w............", GD_OK, ""},
    {{"*.users"},                 {NULL}, "w...w........", GD_OK, ""},
    {{"public.User"},             {NULL}, ".w...........", GD_OK, ""},
    {{"\"User\""},                {NULL}, ".w...........", GD_OK, ""},
    {{"public.user*"},            {NULL}, "w.w..........", GD_OK, ""},
    {{"\"we\"\"ird\".\"a.b\""},   {NULL}, "...........w.", GD_OK, ""},
    {{"audit.*", "User"},         {NULL}, ".w.ww........", GD_OK, ""},
    {{"events"},                  {NULL}, "......w.w....", GD_OK, ""},
    {{"parts.events_2"},          {NULL}, "........w....", GD_OK, ""},
    {{"parent"},                  {NULL}, ".........ww..", GD_OK, ""},
    {{"heir"},                    {NULL}, "..........w..", GD_OK, ""},
    {{"events", "parent"},        {"parts.events_2"}, "......w.oww..", GD_OK, ""},
    {{"parent"},                  {"parent"}, ".........ow..", GD_OK, ""},
    {{"log"},                     {NULL}, NULL, GD_USAGE, "could not find a table \"log\""},
    {{"public.Users"},            {NULL}, NULL, GD_USAGE, "public.Users"},
    {{"users"},                   {"missing"}, NULL, GD_USAGE, "missing"},
    {{"\"users"},                 {NULL}, NULL, GD_USAGE, "could not read the table name"},
    {{"a.b.c"},                   {NULL}, NULL, GD_USAGE, "could not read the table name"},
    {{""},                        {NULL}, NULL, GD_USAGE, "could not read the table name"},
    {{"\"\""},                    {NULL}, NULL, GD_USAGE, "could not read the table name"},
    {{"public."},                 {NULL}, NULL, GD_USAGE, "could not read the table name"},
    {{"us\"ers\""},               {NULL}, NULL, GD_USAGE, "could not read the table name"},
    {{NULL},                      {NULL}, NULL, GD_USAGE, "none was named"},
};
/* clang-format on */

static void fill(struct gd_take *take)
{
    take->table_count = RELATIONS;
    take->tables = gd_arena_zalloc(take->arena, RELATIONS, sizeof *take->tables);
    for (size_t i = 0; i < RELATIONS; i++)
        take->tables[i] = (struct gd_take_table){.table = {.schema = relations[i].schema,
                                                           .name = relations[i].name,
                                                           .kind = relations[i].kind}};
    take->link_count = sizeof links / sizeof links[0];
    take->links = gd_arena_zalloc(take->arena, take->link_count, sizeof *take->links);
    memcpy(take->links, links, sizeof links);
}

static struct gd_status choose(struct gd_take *take, struct gd_take_options *options,
                               struct gd_error *err)
{
    static const char *const path[] = {"public"};
    struct gd_manifest *manifest = gd_arena_zalloc(take->arena, 1, sizeof *manifest);
    manifest->database = "app";
    take->manifest = manifest;
    take->options = options;
    fill(take);
    return gd_take_choose(take, path, 1, err);
}

static void patterns_name_tables(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        gd_auto_arena arena = gd_arena_new();
        struct gd_take take = {.arena = arena};
        struct gd_error err = {0};
        struct gd_take_options options = {.scope = GD_SNAPSHOT_TABLES,
                                          .tables = cases[i].wanted,
                                          .exclude_data = cases[i].left_out};
        while (options.table_count < 3 && cases[i].wanted[options.table_count] != NULL)
            options.table_count++;
        options.exclude_count = cases[i].left_out[0] != NULL;
        struct gd_status status = choose(&take, &options, &err);
        assert_int_equal(status.code, cases[i].code);
        assert_non_null(strstr(err.text, cases[i].says));
        for (size_t k = 0; cases[i].found != NULL && k < RELATIONS; k++) {
            char seen = !take.tables[k].wanted ? '.' : take.tables[k].table.left_out ? 'o' : 'w';
            if (seen != cases[i].found[k])
                fail_msg("%s: %s.%s is %c", cases[i].wanted[0], relations[k].schema,
                         relations[k].name, seen);
        }
    }
}

static void a_database_is_every_table_and_foreign_ones_on_request(void **state)
{
    (void)state;
    for (int foreign = 0; foreign < 2; foreign++) {
        gd_auto_arena arena = gd_arena_new();
        struct gd_take take = {.arena = arena};
        struct gd_error err = {0};
        struct gd_take_options options = {.scope = GD_SNAPSHOT_DATABASE,
                                          .foreign_data = foreign == 1};
        assert_int_equal(choose(&take, &options, &err).code, GD_OK);
        for (size_t k = 0; k < RELATIONS; k++)
            assert_int_equal(take.tables[k].wanted,
                             relations[k].kind == 'r' || (foreign && relations[k].kind == 'f'));
    }
}

static void a_near_miss_is_offered(void **state)
{
    (void)state;
    gd_auto_arena arena = gd_arena_new();
    struct gd_take take = {.arena = arena};
    struct gd_error err = {0};
    const char *wanted[] = {"public.usres"};
    struct gd_take_options options = {
        .scope = GD_SNAPSHOT_TABLES, .tables = wanted, .table_count = 1};
    assert_int_equal(choose(&take, &options, &err).code, GD_USAGE);
    assert_string_equal(err.hint, "Did you mean \"public.users\"?");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(patterns_name_tables),
        cmocka_unit_test(a_database_is_every_table_and_foreign_ones_on_request),
        cmocka_unit_test(a_near_miss_is_offered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
