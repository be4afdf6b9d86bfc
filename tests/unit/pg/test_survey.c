#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "guardian/base/arena.h"
#include "guardian/pg/survey.h"

enum {
    TABLE = 100,
    CHILD,
    GRANDCHILD,
    VIEW,
    VIEW_RULE,
    OUTER_VIEW,
    OUTER_RULE,
    INDEX,
    KEY,
    FOREIGN_KEY,
    ENUM,
    ENUM_ARRAY,
    EXTENSION,
    MEMBER,
    FUNCTION,
    OTHER_TABLE
};

/* clang-format off */
static const struct gd_dependency edges[] = {
    {{GD_PG_REWRITE, VIEW_RULE, 0},    {GD_PG_CLASS, TABLE, 2},        'n'},
    {{GD_PG_REWRITE, VIEW_RULE, 0},    {GD_PG_CLASS, VIEW, 0},         'i'},
    {{GD_PG_REWRITE, OUTER_RULE, 0},   {GD_PG_CLASS, VIEW, 1},         'n'},
    {{GD_PG_REWRITE, OUTER_RULE, 0},   {GD_PG_CLASS, OUTER_VIEW, 0},   'i'},
    {{GD_PG_CLASS, INDEX, 0},          {GD_PG_CLASS, TABLE, 2},        'a'},
    {{GD_PG_CLASS, INDEX, 0},          {GD_PG_CLASS, TABLE, 3},        'a'},
    {{GD_PG_CONSTRAINT, KEY, 0},       {GD_PG_CLASS, TABLE, 1},        'a'},
    {{GD_PG_CONSTRAINT, FOREIGN_KEY, 0},{GD_PG_CONSTRAINT, KEY, 0},    'n'},
    {{GD_PG_CONSTRAINT, FOREIGN_KEY, 0},{GD_PG_CLASS, OTHER_TABLE, 1}, 'a'},
    {{GD_PG_CLASS, CHILD, 0},          {GD_PG_CLASS, TABLE, 0},        'a'},
    {{GD_PG_TYPE, ENUM_ARRAY, 0},      {GD_PG_TYPE, ENUM, 0},          'i'},
    {{GD_PG_CLASS, TABLE, 3},          {GD_PG_TYPE, ENUM, 0},          'n'},
    {{GD_PG_CLASS, OTHER_TABLE, 4},    {GD_PG_TYPE, ENUM_ARRAY, 0},    'n'},
    {{GD_PG_PROC, MEMBER, 0},          {GD_PG_EXTENSION, EXTENSION, 0},'e'},
    {{GD_PG_PROC, MEMBER, 0},          {GD_PG_PROC, FUNCTION, 0},      'n'},
};

static const struct {
    const char *name;
    struct gd_address root;
    bool cascade;
    struct gd_address taken[8]; /* ends with zeroes */
} drops[] = {
    {"a table takes its parts and partitions silently", {GD_PG_CLASS, TABLE, 0}, false,
        {{GD_PG_CLASS, INDEX, 0}, {GD_PG_CONSTRAINT, KEY, 0}, {GD_PG_CLASS, CHILD, 0}}},
    {"with CASCADE views on views go, and keys that refer to it", {GD_PG_CLASS, TABLE, 0}, true,
        {{GD_PG_REWRITE, VIEW_RULE, 0}, {GD_PG_CLASS, VIEW, 0}, {GD_PG_CLASS, INDEX, 0},
         {GD_PG_CONSTRAINT, KEY, 0}, {GD_PG_CLASS, CHILD, 0}, {GD_PG_REWRITE, OUTER_RULE, 0},
         {GD_PG_CLASS, OUTER_VIEW, 0}, {GD_PG_CONSTRAINT, FOREIGN_KEY, 0}}},
    {"a column takes only what uses that column", {GD_PG_CLASS, TABLE, 3}, true,
        {{GD_PG_CLASS, INDEX, 0}}},
    {"a column that nothing uses takes nothing", {GD_PG_CLASS, TABLE, 7}, true, {{0, 0, 0}}},
    {"a type takes its array silently", {GD_PG_TYPE, ENUM, 0}, false,
        {{GD_PG_TYPE, ENUM_ARRAY, 0}}},
    {"a type takes columns, also those of its array", {GD_PG_TYPE, ENUM, 0}, true,
        {{GD_PG_TYPE, ENUM_ARRAY, 0}, {GD_PG_CLASS, TABLE, 3}, {GD_PG_CLASS, OTHER_TABLE, 4},
         {GD_PG_CLASS, INDEX, 0}}},
    {"an extension takes its members silently", {GD_PG_EXTENSION, EXTENSION, 0}, false,
        {{GD_PG_PROC, MEMBER, 0}}},
    {"a member that has to go takes its extension along", {GD_PG_PROC, FUNCTION, 0}, true,
        {{GD_PG_PROC, MEMBER, 0}, {GD_PG_EXTENSION, EXTENSION, 0}}},
    {"what is not in the survey takes nothing", {GD_PG_CLASS, 999, 0}, true, {{0, 0, 0}}},
};
/* clang-format on */

static bool holds(const struct gd_address *list, size_t count, struct gd_address one)
{
    for (size_t i = 0; i < count; i++)
        if (list[i].class_oid == one.class_oid && list[i].oid == one.oid &&
            list[i].column == one.column)
            return true;
    return false;
}

static void a_drop_takes_along_what_the_server_would(void **state)
{
    (void)state;
    gd_auto_arena arena = gd_arena_new();
    struct gd_survey survey = {.dependencies = edges,
                               .dependency_count = sizeof edges / sizeof edges[0]};
    for (size_t i = 0; i < sizeof drops / sizeof drops[0]; i++) {
        struct gd_address *taken = NULL;
        size_t count =
            gd_survey_dependents(&survey, drops[i].root, drops[i].cascade, arena, &taken);
        size_t expected = 0;
        while (expected < 8 && drops[i].taken[expected].class_oid != 0)
            expected++;
        if (count != expected)
            fail_msg("%s: %zu taken, %zu expected", drops[i].name, count, expected);
        for (size_t k = 0; k < expected; k++)
            if (!holds(taken, count, drops[i].taken[k]))
                fail_msg("%s: number %zu is missing", drops[i].name, k);
    }
}

static void circles_end(void **state)
{
    (void)state;
    static const struct gd_dependency circle[] = {
        {{GD_PG_CLASS, 1, 0}, {GD_PG_CLASS, 2, 0}, 'n'},
        {{GD_PG_CLASS, 2, 0}, {GD_PG_CLASS, 3, 0}, 'i'},
        {{GD_PG_CLASS, 3, 0}, {GD_PG_CLASS, 1, 0}, 'n'},
    };
    gd_auto_arena arena = gd_arena_new();
    struct gd_survey survey = {.dependencies = circle, .dependency_count = 3};
    struct gd_address *taken = NULL;
    assert_int_equal(
        gd_survey_dependents(&survey, (struct gd_address){GD_PG_CLASS, 1, 0}, true, arena, &taken),
        2);
}

static void a_column_goes_from_the_children_too_unless_they_have_their_own(void **state)
{
    (void)state;
    static const uint32_t children[] = {CHILD, OTHER_TABLE}, grandchildren[] = {GRANDCHILD};
    static const struct gd_column parent_columns[] = {{.number = 2, .name = "price"}};
    static const struct gd_column inherited[] = {{.number = 5, .name = "price", .inherited = true}};
    static const struct gd_column own[] = {{.number = 1, .name = "price"}};
    static const struct gd_relation relations[] = {
        {.oid = TABLE,
         .columns = parent_columns,
         .column_count = 1,
         .children = children,
         .child_count = 2},
        {.oid = CHILD,
         .columns = inherited,
         .column_count = 1,
         .children = grandchildren,
         .child_count = 1},
        {.oid = GRANDCHILD, .columns = inherited, .column_count = 1},
        {.oid = OTHER_TABLE, .columns = own, .column_count = 1},
    };
    gd_auto_arena arena = gd_arena_new();
    struct gd_survey survey = {.relations = relations, .relation_count = 4};
    struct gd_address *taken = NULL;
    size_t count = gd_survey_dependents(&survey, (struct gd_address){GD_PG_CLASS, TABLE, 2}, false,
                                        arena, &taken);
    assert_int_equal(count, 2);
    assert_true(holds(taken, count, (struct gd_address){GD_PG_CLASS, CHILD, 5}));
    assert_true(holds(taken, count, (struct gd_address){GD_PG_CLASS, GRANDCHILD, 5}));
}

/* Long lists are halved, short ones are walked: both must find the same. */
static void everything_is_found_in_lists_of_any_length(void **state)
{
    (void)state;
    static const size_t lengths[] = {0, 1, 2, 63, 64, 65, 66, 1000};
    gd_auto_arena arena = gd_arena_new();
    for (size_t l = 0; l < sizeof lengths / sizeof lengths[0]; l++) {
        size_t count = lengths[l];
        struct gd_relation *relations = gd_arena_zalloc(arena, count + 1, sizeof *relations);
        struct gd_described *descriptions = gd_arena_zalloc(arena, count + 1, sizeof *descriptions);
        struct gd_dependency *chain = gd_arena_zalloc(arena, count + 1, sizeof *chain);
        for (size_t i = 0; i < count; i++) {
            uint32_t oid = (uint32_t)(i * 2 + 10);
            relations[i].oid = oid;
            relations[i].schema = "s";
            relations[i].name = gd_arena_printf(arena, "t%zu", i);
            descriptions[i].address = (struct gd_address){GD_PG_CLASS, oid, (int32_t)(i % 3)};
            chain[i].needs = (struct gd_address){GD_PG_CLASS, oid, 0};
            chain[i].object = (struct gd_address){GD_PG_CLASS, oid + 2, 0};
            chain[i].type = 'n';
        }
        struct gd_survey survey = {.relations = relations,
                                   .relation_count = count,
                                   .descriptions = descriptions,
                                   .description_count = count,
                                   .dependencies = chain,
                                   .dependency_count = count};
        for (size_t i = 0; i < count; i++) {
            assert_ptr_equal(gd_survey_relation(&survey, relations[i].oid), &relations[i]);
            assert_ptr_equal(gd_survey_relation_named(&survey, "s", relations[i].name),
                             &relations[i]);
            assert_ptr_equal(gd_survey_describe(&survey, descriptions[i].address),
                             &descriptions[i]);
            assert_null(gd_survey_relation(&survey, relations[i].oid + 1));
        }
        assert_null(gd_survey_relation_named(&survey, "x", "t0"));
        assert_null(gd_survey_relation(&survey, 1));
        struct gd_address *taken = NULL;
        assert_int_equal(gd_survey_dependents(&survey, (struct gd_address){GD_PG_CLASS, 10, 0},
                                              true, arena, &taken),
                         count);
    }
}

static void other_things_are_found_by_kind_and_name(void **state)
{
    (void)state;
    static const struct gd_other others[] = {
        {.kind = "role", .schema = "", .name = "app"},
        {.kind = "collation", .schema = "a", .name = "app"},
        {.kind = "collation", .schema = "b", .name = "app"},
    };
    static const char *const schemas[] = {"a", "b"};
    struct gd_survey survey = {
        .others = others, .other_count = 3, .schemas = schemas, .schema_count = 2};
    assert_ptr_equal(gd_survey_other(&survey, "role", NULL, "app"), &others[0]);
    assert_ptr_equal(gd_survey_other(&survey, "collation", "b", "app"), &others[2]);
    assert_null(gd_survey_other(&survey, "collation", "c", "app"));
    assert_null(gd_survey_other(&survey, "database", NULL, "app"));
    assert_true(gd_survey_has_schema(&survey, "b"));
    assert_false(gd_survey_has_schema(&survey, "c"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_drop_takes_along_what_the_server_would),
        cmocka_unit_test(circles_end),
        cmocka_unit_test(a_column_goes_from_the_children_too_unless_they_have_their_own),
        cmocka_unit_test(everything_is_found_in_lists_of_any_length),
        cmocka_unit_test(other_things_are_found_by_kind_and_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
