/* What pg_dump's statements make, and how each is undone; two dumps paired. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "guardian/guard/rollback_dump.h"
#include "guardian/guard/rollback_script.h"

static struct gd_back_dump read_text(const char *text, struct gd_arena *arena)
{
    struct gd_manifest manifest = {.pg_dump_text = ""};
    struct gd_restore_options options = {.manifest = &manifest, .trust = true};
    struct gd_back_dump dump;
    struct gd_error err = {0};
    if (gd_back_read_text(&options, text, arena, &dump, &err).code != GD_OK)
        fail_msg("%s", err.text);
    return dump;
}

/* clang-format off */
static const struct { const char *sql, *class, *undo; } cases[] = {
    {"CREATE SCHEMA app", "schema", "DROP SCHEMA \"app\""},
    {"CREATE TYPE public.mood AS ENUM ('a', 'b')", "type", "DROP TYPE \"public\".\"mood\""},
    {"CREATE TYPE public.pair AS (a integer, b text)", "type", "DROP TYPE \"public\".\"pair\""},
    {"CREATE DOMAIN public.small AS integer", "type", "DROP DOMAIN \"public\".\"small\""},
    {"CREATE TABLE public.\"Odd \"\"t\" (id integer NOT NULL)", "table", "DROP TABLE \"public\".\"Odd \"\"t\""},
    {"CREATE SEQUENCE public.s START WITH 1", "sequence", "DROP SEQUENCE IF EXISTS \"public\".\"s\""},
    {"ALTER SEQUENCE public.s OWNED BY public.t.id", "owner of sequence", "ALTER SEQUENCE \"public\".\"s\" OWNED BY NONE"},
    {"ALTER TABLE ONLY public.t ALTER COLUMN id SET DEFAULT nextval('public.s'::regclass)", "setting", "ALTER TABLE \"public\".\"t\" ALTER COLUMN \"id\" DROP DEFAULT"},
    {"ALTER TABLE ONLY public.t ADD CONSTRAINT t_pkey PRIMARY KEY (id)", "constraint", "ALTER TABLE \"public\".\"t\" DROP CONSTRAINT \"t_pkey\""},
    {"ALTER TABLE public.t ENABLE ROW LEVEL SECURITY", "setting", "ALTER TABLE \"public\".\"t\" DISABLE ROW LEVEL SECURITY"},
    {"ALTER TABLE ONLY public.d ATTACH PARTITION public.d1 FOR VALUES FROM (1) TO (2)", "partition", "ALTER TABLE \"public\".\"d\" DETACH PARTITION \"public\".\"d1\""},
    {"ALTER INDEX public.di ATTACH PARTITION public.di1", "part of an index", ""},
    {"CREATE UNIQUE INDEX i ON public.t USING btree (lower(a))", "index", "DROP INDEX \"public\".\"i\""},
    {"CREATE TRIGGER g BEFORE UPDATE ON public.t FOR EACH ROW EXECUTE FUNCTION public.f()", "trigger", "DROP TRIGGER \"g\" ON \"public\".\"t\""},
    {"CREATE POLICY p ON public.t USING (true)", "policy", "DROP POLICY \"p\" ON \"public\".\"t\""},
    {"CREATE FUNCTION public.f(a integer, OUT b text, VARIADIC c text[]) RETURNS text\n    LANGUAGE sql\n    AS 'SELECT 1'", "function", "DROP ROUTINE \"public\".\"f\"(int, text[])"},
    {"CREATE AGGREGATE public.total(integer) (\n    SFUNC = int4pl,\n    STYPE = integer\n)", "function", "DROP AGGREGATE public.total(integer)"},
    {"CREATE VIEW public.v AS SELECT 1", "view", "DROP VIEW \"public\".\"v\""},
    {"CREATE MATERIALIZED VIEW public.m AS SELECT 1 WITH NO DATA", "materialized view", "DROP MATERIALIZED VIEW \"public\".\"m\""},
    {"COMMENT ON COLUMN public.t.a IS 'what IS it; ''quoted'''", "comment", "COMMENT ON COLUMN public.t.a IS NULL"},
    {"GRANT SELECT(a) ON TABLE public.t TO PUBLIC WITH GRANT OPTION", "grant", "REVOKE SELECT(a) ON TABLE public.t FROM PUBLIC "},
    {"REVOKE ALL ON FUNCTION public.f() FROM PUBLIC", "grant", "GRANT ALL ON FUNCTION public.f() TO PUBLIC"},
    {"ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO PUBLIC", "grant", "ALTER DEFAULT PRIVILEGES IN SCHEMA public REVOKE SELECT ON TABLES FROM PUBLIC"},
    {"ALTER TABLE public.t OWNER TO joe", "owner", ""},
    {"ALTER PUBLICATION p ADD TABLE ONLY public.t (a, b) WHERE (a > 1)", "published", "ALTER PUBLICATION p DROP TABLE ONLY public.t "},
    {"CREATE STATISTICS public.st ON a, b FROM public.t", "statistics", "DROP STATISTICS \"public\".\"st\""},
    {"ALTER TABLE ONLY public.t ALTER COLUMN a SET STORAGE EXTERNAL", "setting", NULL},
    {"CREATE OPERATOR public.=== (FUNCTION = public.f, LEFTARG = integer, RIGHTARG = integer)", "", NULL},
};
/* clang-format on */

static void every_kind_of_statement_is_undone_or_said_to_be_unknown(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        gd_auto_arena arena = gd_arena_new();
        struct gd_back_dump dump = read_text(gd_arena_printf(arena, "%s;\n", cases[i].sql), arena);
        assert_int_equal(dump.count, 1);
        assert_string_equal(dump.items[0].class, cases[i].class);
        if (cases[i].undo == NULL)
            assert_null(dump.items[0].undo);
        else
            assert_string_equal(dump.items[0].undo, cases[i].undo);
    }
}

static void our_own_records_are_left_out(void **state)
{
    (void)state;
    gd_auto_arena arena = gd_arena_new();
    struct gd_back_dump dump =
        read_text("CREATE SCHEMA guardian;\nCOMMENT ON SCHEMA guardian IS 'ours (layout 1)';\n"
                  "CREATE TABLE guardian.changes (id text);\nGRANT USAGE ON SCHEMA guardian TO a;\n"
                  "CREATE SCHEMA guardians;\n",
                  arena);
    assert_int_equal(dump.count, 1);
    assert_string_equal(dump.items[0].name, "guardians");
}

static void columns_are_read_with_all_that_is_said_of_them(void **state)
{
    (void)state;
    gd_auto_arena arena = gd_arena_new();
    struct gd_back_dump dump = read_text(
        "CREATE UNLOGGED TABLE public.t (\n    id integer DEFAULT 5 NOT NULL,\n    a text COLLATE "
        "pg_catalog.\"C\",\n    b public.mood[],\n    c integer GENERATED ALWAYS AS ((id * 2)) "
        "STORED,\n    CONSTRAINT ck CHECK ((id > 0))\n)\nPARTITION BY RANGE (id);\n",
        arena);
    const struct gd_back_table *table = dump.items[0].columns;
    assert_int_equal(table->column_count, 4);
    assert_true(table->unlogged && !table->odd);
    assert_true(table->columns[0].not_null);
    assert_string_equal(table->columns[0].value, "5");
    assert_string_equal(gd_back_column(table, "a")->collation, " COLLATE \"pg_catalog\".\"C\"");
    assert_string_equal(gd_back_column(table, "b")->type, "public.mood[]");
    assert_non_null(gd_back_column(table, "c")->generated);
    assert_null(gd_back_column(table, "d"));
    assert_int_equal(table->check_count, 1);
    assert_string_equal(table->check_names[0], "\"ck\"");
    assert_non_null(strstr(table->tail, "PARTITION BY RANGE"));
}

static void what_is_the_same_is_paired_and_what_differs_finds_its_other(void **state)
{
    (void)state;
    gd_auto_arena arena = gd_arena_new();
    struct gd_back_dump before =
        read_text("CREATE VIEW public.v AS SELECT 1;\nCREATE SCHEMA gone;\n"
                  "CREATE SCHEMA same;\n",
                  arena);
    struct gd_back_dump now = read_text("CREATE VIEW public.v AS SELECT 2;\nCREATE SCHEMA made;\n"
                                        "CREATE SCHEMA same;\n",
                                        arena);
    gd_back_pair(&before, &now, arena);
    assert_true(before.items[0].alone && before.items[0].other == &now.items[0]);
    assert_true(before.items[1].alone && before.items[1].other == NULL);
    assert_true(now.items[1].alone && now.items[1].other == NULL);
    assert_false(before.items[2].alone || now.items[2].alone);
}

static void a_label_that_was_renamed_is_no_new_one(void **state)
{
    (void)state;
    gd_auto_arena arena = gd_arena_new();
    struct gd_back_dump dump = read_text(
        "CREATE TYPE public.a AS ENUM ('x', 'y');\nCREATE TYPE public.b AS ENUM ('x', 'z');\n"
        "CREATE TYPE public.c AS ENUM ('y', 'x');\nCREATE TYPE public.d AS ENUM ('x');\n",
        arena);
    assert_true(gd_back_is_relabelled(&dump.items[0], &dump.items[1]));
    assert_false(gd_back_is_relabelled(&dump.items[0], &dump.items[2]));
    assert_false(gd_back_is_relabelled(&dump.items[0], &dump.items[3]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_of_statement_is_undone_or_said_to_be_unknown),
        cmocka_unit_test(our_own_records_are_left_out),
        cmocka_unit_test(columns_are_read_with_all_that_is_said_of_them),
        cmocka_unit_test(what_is_the_same_is_paired_and_what_differs_finds_its_other),
        cmocka_unit_test(a_label_that_was_renamed_is_no_new_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
