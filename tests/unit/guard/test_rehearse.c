/* What counts as seen. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "guardian/guard/rehearse.h"

static void shape_is(const char *text, const char *expected)
{
    gd_auto_arena arena = gd_arena_new();
    const char *shape = gd_shape_of(text, arena);
    assert_non_null(shape);
    assert_string_equal(shape, expected);
}

static void literals_do_not_count(void **state)
{
    (void)state;
    shape_is("INSERT INTO t (a, b) VALUES (1, 'x')", "INSERT INTO t ( a , b ) VALUES ( ? , ? )");
    shape_is("INSERT INTO t VALUES (-1.5, NULL, $3, E'\\n', $$x$$, true)",
             "INSERT INTO t VALUES ( ? , ? , ? , ? , ? , ? )");
    shape_is("INSERT INTO t VALUES ('2026-01-01'::timestamptz, now()) -- why",
             "INSERT INTO t VALUES ( ? :: timestamptz , now ( ) )");
    shape_is("SELECT a - 1 FROM t", "SELECT a - ? FROM t");
}

static void rows_that_look_alike_are_said_once(void **state)
{
    (void)state;
    shape_is("INSERT INTO t VALUES (1, 'a'), (2, 'b'), (3, f(4))",
             "INSERT INTO t VALUES ( ? , ? ) , ( ? , f ( ? ) )");
}

static void names_count(void **state)
{
    gd_auto_arena arena = gd_arena_new();
    (void)state;
    assert_string_not_equal(gd_shape_of("INSERT INTO t VALUES (1)", arena),
                            gd_shape_of("INSERT INTO u VALUES (1)", arena));
    assert_string_not_equal(gd_shape_of("INSERT INTO t VALUES (\"a\")", arena),
                            gd_shape_of("INSERT INTO t VALUES ('a')", arena));
    assert_string_not_equal(gd_shape_of("DROP TABLE a", arena), gd_shape_of("DROP TABLE b", arena));
}

static void a_database_of_the_commands_own_has_any_name(void **state)
{
    (void)state;
    shape_is("CREATE DATABASE \"shadow_1\"", "CREATE DATABASE ?");
    shape_is("DROP DATABASE IF EXISTS shadow_1", "DROP DATABASE IF EXISTS ?");
    shape_is("CREATE TABLE database (if int)", "CREATE TABLE database ( if int )");
}

static void what_cannot_be_read_has_no_shape(void **state)
{
    gd_auto_arena arena = gd_arena_new();
    (void)state;
    assert_null(gd_shape_of("INSERT INTO t VALUES ('open", arena));
    assert_null(gd_shape_of("INSERT INTO t VALUES ('\xff')", arena));
    shape_is("", "");
}

static void a_text_is_seen_as_it_was(void **state)
{
    gd_auto_arena arena = gd_arena_new();
    struct gd_rehearsal *rehearsal = gd_rehearsal_new("guardian_drill_1", "shop", arena);
    (void)state;
    gd_rehearsal_add(rehearsal, "  DROP TABLE a; ", GD_SEEN_BY_TEXT, false);
    gd_rehearsal_add(rehearsal, "INSERT INTO t VALUES (1)", GD_SEEN_BY_SHAPE, true);
    gd_rehearsal_add(rehearsal, "ALTER DATABASE guardian_drill_1 SET a = 'guardian_drill_1'",
                     GD_SEEN_BY_TEXT, false);
    assert_true(gd_rehearsal_has(rehearsal, "DROP TABLE a", GD_SEEN_BY_TEXT, arena));
    assert_false(gd_rehearsal_has(rehearsal, "DROP TABLE  a", GD_SEEN_BY_TEXT, arena));
    assert_false(gd_rehearsal_has(rehearsal, "INSERT INTO t VALUES (2)", GD_SEEN_BY_TEXT, arena));
    assert_true(gd_rehearsal_has(rehearsal, "INSERT INTO t VALUES (2)", GD_SEEN_BY_SHAPE, arena));
    assert_true(
        gd_rehearsal_has(rehearsal, "ALTER DATABASE shop SET a = 'shop'", GD_SEEN_BY_TEXT, arena));
}

static void the_script_leaves_out_what_is_the_commands_own(void **state)
{
    gd_auto_arena arena = gd_arena_new();
    struct gd_rehearsal *rehearsal = gd_rehearsal_new("shop", "shop", arena);
    (void)state;
    gd_rehearsal_add_quiet(rehearsal, "BEGIN");
    gd_rehearsal_add(rehearsal, "DROP TABLE a -- gone", GD_SEEN_BY_TEXT, false);
    gd_rehearsal_add(rehearsal, "UPDATE _prisma_migrations SET a = 1", GD_SEEN_BY_SHAPE, true);
    gd_rehearsal_add_quiet(rehearsal, "COMMIT;");
    struct gd_input script = gd_rehearsal_script(rehearsal, "a command");
    assert_string_equal(script.text, "BEGIN;\nDROP TABLE a -- gone\n;\nCOMMIT;\n");
    assert_int_equal(script.size, strlen(script.text));
    assert_int_equal(rehearsal->changes, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(literals_do_not_count),
        cmocka_unit_test(rows_that_look_alike_are_said_once),
        cmocka_unit_test(names_count),
        cmocka_unit_test(a_database_of_the_commands_own_has_any_name),
        cmocka_unit_test(what_cannot_be_read_has_no_shape),
        cmocka_unit_test(a_text_is_seen_as_it_was),
        cmocka_unit_test(the_script_leaves_out_what_is_the_commands_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
