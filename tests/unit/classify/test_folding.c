/*
 * Folding: harmless neighbours become one entry once there are many, and nothing else does.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "guardian/classify/classify.h"

static struct gd_judged_file *classified(const char *sql, struct gd_arena *arena)
{
    struct gd_classify_options options = {.entries_max = 1};
    struct gd_input input = {.path = "s.sql", .text = sql, .size = strlen(sql)};
    struct gd_report *report;
    struct gd_error err = {0};
    if (gd_classify(&input, 1, &options, arena, &report, &err).code != GD_OK)
        fail_msg("%s", err.text);
    return report->files[0];
}

static void rows_of_one_table_are_folded(void **state)
{
    (void)state;
    gd_auto_arena arena = gd_arena_new();
    const struct gd_judged_file *file =
        classified("INSERT INTO a VALUES (1);\nINSERT INTO a VALUES (2);\n"
                   "INSERT INTO a VALUES (3);\nINSERT INTO b VALUES (1);",
                   arena);
    assert_int_equal(file->entry_count, 2);
    assert_int_equal(file->entries[0]->repeated, 3);
    assert_int_equal(file->entries[0]->end_line, 3);
    assert_int_equal(file->statements, 4);
}

static void what_loses_something_is_not_folded(void **state)
{
    (void)state;
    gd_auto_arena arena = gd_arena_new();
    assert_int_equal(classified("DELETE FROM a; DELETE FROM a;", arena)->entry_count, 2);
    assert_int_equal(classified("-- why\nANALYZE a;\n-- why\nANALYZE a;", arena)->entry_count, 2);
}

static void a_step_of_an_enum_change_is_not_folded(void **state)
{
    (void)state;
    gd_auto_arena arena = gd_arena_new();
    const struct gd_judged_file *file =
        classified("ALTER TABLE t ALTER s DROP DEFAULT; ALTER TABLE t ALTER s DROP DEFAULT;"
                   "CREATE TYPE n AS ENUM ('a');"
                   "ALTER TABLE t ALTER s TYPE n USING s::text::n;"
                   "ALTER TYPE o RENAME TO old; ALTER TYPE n RENAME TO o; DROP TYPE old;",
                   arena);
    assert_int_equal(file->entry_count, 7);
    for (size_t i = 0; i < file->entry_count; i++) {
        assert_int_equal(file->entries[i]->verdict.class, GD_CLASS_ENUM);
        assert_string_equal(file->entries[i]->part_of, "enum change of public.o");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_of_one_table_are_folded),
        cmocka_unit_test(what_loses_something_is_not_folded),
        cmocka_unit_test(a_step_of_an_enum_change_is_not_folded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
