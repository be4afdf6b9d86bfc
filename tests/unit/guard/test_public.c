/* What a user of the library gets, through the public header alone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "guardian/classify.h"

static struct gd_script_text script(const char *path, const char *text)
{
    return (struct gd_script_text){path, text, text == NULL ? 0 : strlen(text)};
}

static void scripts_are_judged_as_one_session(void **state)
{
    (void)state;
    struct gd_script_text scripts[] = {
        script("1.sql", "CREATE TABLE a (id int);\nCREATE INDEX a_idx ON a (id);"),
        script("2.sql", "DROP TABLE a;\n  ALTER TABLE users DROP COLUMN age;"),
    };
    struct gd_classification *classification = NULL;
    char error[GD_CLASSIFICATION_ERROR_SIZE] = "";
    assert_int_equal(gd_classification_new(scripts, 2, NULL, &classification, error), 0);
    assert_string_equal(gd_classification_class(classification), "destructive");
    assert_string_equal(gd_classification_loses(classification), "data");
    assert_int_equal(gd_classification_count(classification), 4);
    struct gd_classified_statement statement;
    gd_classification_statement(classification, 2, &statement);
    assert_string_equal(statement.class_name, "none"); /* 1.sql made it */
    gd_classification_statement(classification, 3, &statement);
    assert_string_equal(statement.path, "2.sql");
    assert_int_equal(statement.line, 2);
    assert_int_equal(statement.column, 3);
    assert_string_equal(statement.text, "ALTER TABLE users DROP COLUMN age");
    assert_string_equal(statement.rule, "A015");
    assert_string_equal(statement.object, "column public.users.age");
    assert_string_equal(statement.scope, "tables");
    assert_string_equal(statement.lock, "ACCESS EXCLUSIVE");
    assert_string_equal(statement.rerun, "fails");
    assert_true(statement.in_transaction);
    gd_classification_free(classification);
}

static void what_is_wrong_is_said(void **state)
{
    (void)state;
    struct gd_script_text wrong[] = {script("open.sql", "SELECT 'abc")};
    struct gd_script_text absent[] = {script("there/is/no/such.sql", NULL)};
    struct gd_classification *classification = NULL;
    char error[GD_CLASSIFICATION_ERROR_SIZE] = "";
    assert_int_equal(gd_classification_new(wrong, 1, NULL, &classification, error), 2);
    assert_non_null(strstr(error, "open.sql:1: unterminated quoted string"));
    assert_int_equal(gd_classification_new(absent, 1, NULL, &classification, error), 2);
    assert_non_null(strstr(error, "there/is/no/such.sql"));
    assert_null(classification);
    gd_classification_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scripts_are_judged_as_one_session),
        cmocka_unit_test(what_is_wrong_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
