#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "guardian/sql/deparse.h"
#include "guardian/sql/parse.h"

static struct gd_arena *arena;

static const struct gd_node *statement(const char *text)
{
    struct gd_parsed parsed;
    struct gd_refusal refusal;
    assert_true(gd_parse(text, strlen(text), arena, &parsed, &refusal));
    assert_int_equal(parsed.count, 1);
    return parsed.statements[0];
}

static struct gd_status write_expressions(void *context, struct gd_error *err)
{
    (void)context;
    (void)err;
    static const char *const texts[] = {
        "a + 1",
        "\"Odd Name\".\"select\" > 'it''s'",
        "a IS NOT NULL AND (b OR NOT c)",
        "(a + b) * c",
        "lower(email) COLLATE \"C\"",
        "a::numeric(10, 2)",
        "x = ANY (ARRAY['a', 'b']::text[])",
        "CASE WHEN a THEN 1 ELSE 2 END",
        "EXISTS (SELECT 1 FROM t WHERE t.id = u.id)",
        "a BETWEEN 1 AND 2",
        "d > '2024-01-01'::date",
        "a OPERATOR(pg_catalog.=) b",
        "E'back\\\\slash'",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        const struct gd_node *expression = gd_parse_expression(texts[i], arena);
        assert_non_null(expression);
        const char *written = gd_deparse_expression(expression, arena);
        assert_non_null(written);
        assert_true(gd_node_equal(expression, gd_parse_expression(written, arena)));
    }
    assert_string_equal(gd_deparse_expression(gd_parse_expression("\"A b\" > 1", arena), arena),
                        "\"A b\" > 1");
    return GD_DONE;
}

static struct gd_status write_pieces(void *context, struct gd_error *err)
{
    (void)context;
    (void)err;
    const struct gd_node *alter =
        statement("ALTER TABLE t ALTER COLUMN c TYPE app.\"Mood\"[] USING c::text");
    const struct gd_node *column = gd_node_child(gd_node_at(alter, GD_F_cmds, 0), GD_F_def);
    assert_string_equal(gd_deparse_type(gd_node_child(column, GD_F_type_name), arena),
                        "app.\"Mood\"[]");

    const struct gd_node *removal =
        statement("WITH gone AS (SELECT 1 AS id) DELETE FROM t USING gone g, ONLY s.\"U\" AS u "
                  "WHERE t.id = g.id");
    assert_string_equal(gd_deparse_with(gd_node_child(removal, GD_F_with_clause), arena),
                        "WITH gone AS (SELECT 1 AS id) ");
    assert_string_equal(gd_deparse_from(gd_node_at(removal, GD_F_using_clause, 0), arena),
                        "gone g");
    assert_string_equal(gd_deparse_from(gd_node_at(removal, GD_F_using_clause, 1), arena),
                        "ONLY s.\"U\" u");
    assert_non_null(gd_deparse_statement(removal, arena));
    return GD_DONE;
}

static struct gd_status write_nothing(void *context, struct gd_error *err)
{
    (void)context;
    (void)err;
    const struct gd_node *select = statement("SELECT 1");
    assert_null(gd_deparse_expression(NULL, arena));
    assert_null(gd_deparse_type(select, arena));
    assert_null(gd_deparse_from(NULL, arena));
    assert_null(gd_deparse_with(NULL, arena));
    assert_null(gd_deparse_with(select, arena));
    assert_null(gd_deparse_statement(NULL, arena));
    return GD_DONE;
}

static void run(gd_deep_fn *call)
{
    struct gd_error err = {0};
    arena = gd_arena_new();
    assert_int_equal(gd_deep_call(call, NULL, &err).code, GD_OK);
    gd_arena_free(arena);
}

static void an_expression_is_written_as_it_reads(void **state)
{
    (void)state;
    run(write_expressions);
}

static void types_sources_and_ctes_are_written_apart(void **state)
{
    (void)state;
    run(write_pieces);
}

static void what_is_no_such_piece_is_not_written(void **state)
{
    (void)state;
    run(write_nothing);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_expression_is_written_as_it_reads),
        cmocka_unit_test(types_sources_and_ctes_are_written_apart),
        cmocka_unit_test(what_is_no_such_piece_is_not_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
