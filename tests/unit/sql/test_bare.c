/* A text without what it says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "guardian/sql/bare.h"

static const struct {
    const char *text, *bare;
} cases[] = {
    {"SELECT 1", "SELECT ?"},
    {"select a1, b.c from t2 where x=-1.5e3 and y = 'it''s'",
     "select a1, b.c from t2 where x=-? and y = ?"},
    {"SELECT $1, $tag$ secret $tag$, E'\\'secret', B'101', x'ff', U&'secret', .5",
     "SELECT $1, ?, ?, ?, ?, ? , ?"},
    {"/* secret */ UPDATE \"My 1 Table\"\n\n SET a = 2 -- secret",
     "UPDATE \"My 1 Table\" SET a = ?"},
    {"ALTER USER u PASSWORD 'secret'", "ALTER USER u PASSWORD ?"},
    {"COMMENT ON TABLE t IS 'secret'", "COMMENT ON TABLE t IS ?"},
    {"no sql 'secret' at 5 all", "no sql ? at ? all"},
    {"set my.secret = hidden", "set my.secret = ?"},
    {"SET LOCAL my.secret TO \"hidden\", -hidden; SELECT a",
     "SET LOCAL my.secret TO ?, -?; SELECT a"},
    {"SET my.secret = hidden-hidden.hidden hidden", "SET my.secret = ?-?.? ?"},
    {"SET a TO DEFAULT; SET b = on; SET search_path TO x, \"y\"; SET c = d",
     "SET a TO DEFAULT; SET b = on; SET search_path TO x, \"y\"; SET c = ?"},
    {"ALTER ROLE r IN DATABASE d SET my.secret = hidden",
     "ALTER ROLE r IN DATABASE d SET my.secret = ?"},
    {"CREATE FUNCTION f() RETURNS int LANGUAGE sql SET a.b = hidden, hidden SET c TO hidden STABLE "
     "AS 'hidden'",
     "CREATE FUNCTION f() RETURNS int LANGUAGE sql SET a.b = ?, ? SET c TO ? STABLE AS ?"},
    {"UPDATE t SET a = b, c = d; INSERT INTO t VALUES (1) ON CONFLICT DO UPDATE SET a = x.b",
     "UPDATE t SET a = b, c = d; INSERT INTO t VALUES (?) ON CONFLICT DO UPDATE SET a = x.b"},
    {"ALTER TABLE t ALTER c SET DEFAULT d, SET (fillfactor = 70), ALTER e SET NOT NULL",
     "ALTER TABLE t ALTER c SET DEFAULT d, SET (fillfactor = ?), ALTER e SET NOT NULL"},
    {"", ""},
    {"SELECT 'secret", NULL},
    {"SELECT \xff 'secret'", NULL},
};

static void nothing_of_a_literal_is_left(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        gd_auto_arena arena = gd_arena_new();
        const char *bare = gd_sql_bare(cases[i].text, strlen(cases[i].text), arena);
        if (cases[i].bare == NULL)
            assert_null(bare);
        else
            assert_string_equal(bare, cases[i].bare);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(nothing_of_a_literal_is_left)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
