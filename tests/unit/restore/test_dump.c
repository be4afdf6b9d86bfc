/* The statements of a dump: what each is, what is refused, and other names in their place. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "guardian/restore/dump.h"
#include "guardian/restore/select.h"

static struct gd_status cut(const struct gd_restore_options *options, const char *text,
                            struct gd_arena *arena, struct gd_dump *dump, struct gd_error *err)
{
    struct gd_memory_input input = {.text = text, .size = strlen(text)};
    memset(dump, 0, sizeof *dump);
    return gd_dump_cut(options, gd_memory_read, &input, arena, dump, err);
}

/* clang-format off */
static const struct { const char *sql; enum gd_dump_kind kind; const char *table, *name; } kinds[] = {
    {"CREATE TABLE public.t (a int);", GD_DUMP_OTHER, "", ""},
    {"CREATE INDEX i ON public.t USING btree (a);", GD_DUMP_INDEX, "t", "i"},
    {"ALTER TABLE ONLY public.t\n    ADD CONSTRAINT k PRIMARY KEY (a);", GD_DUMP_KEY, "t", "k"},
    {"ALTER TABLE ONLY public.t ADD CONSTRAINT f FOREIGN KEY (a) REFERENCES public.u(a);", GD_DUMP_FOREIGN_KEY, "t", "f"},
    {"ALTER TABLE public.t ADD CONSTRAINT c CHECK ((a > 0)) NOT VALID;", GD_DUMP_OTHER, "t", "c"},
    {"CREATE EXTENSION IF NOT EXISTS hstore WITH SCHEMA public;", GD_DUMP_EXTENSION, "", "hstore"},
    {"GRANT SELECT ON TABLE public.t TO reader;", GD_DUMP_GRANT, "", ""},
    {"REVOKE ALL ON SCHEMA public FROM PUBLIC;", GD_DUMP_GRANT, "", ""},
    {"ALTER DEFAULT PRIVILEGES FOR ROLE a GRANT SELECT ON TABLES TO b;", GD_DUMP_GRANT, "", ""},
    {"CREATE EVENT TRIGGER e ON ddl_command_end EXECUTE FUNCTION public.f();", GD_DUMP_LATE, "", ""},
    {"COMMENT ON DATABASE shop IS 'x';", GD_DUMP_DATABASE, "", ""},
    {"ALTER ROLE app IN DATABASE shop SET work_mem TO '8MB';", GD_DUMP_DATABASE, "", ""},
    {"ALTER DATABASE shop SET work_mem TO '8MB';", GD_DUMP_DATABASE, "", ""},
    {"CREATE TABLE public.v (a int, b int GENERATED ALWAYS AS ((a + 1)) VIRTUAL);", GD_DUMP_OTHER, "", ""},
};

static const char *const foreign[] = {
    "DROP TABLE public.t;", "DELETE FROM public.t;", "DO $$ BEGIN END $$;", "COPY public.t TO PROGRAM 'id';", "LOAD 'x';",
    "ALTER SYSTEM SET work_mem = '1GB';", "SET session_replication_role = replica;", "SET ROLE postgres;", "CREATE ROLE x;",
    "SELECT pg_read_file('/etc/passwd');", "SELECT pg_catalog.set_config('search_path', 'public', false);", "ALTER USER x SET a = 1;",
    "CREATE SUBSCRIPTION s CONNECTION 'host=x' PUBLICATION p;", "CREATE MATERIALIZED VIEW public.m AS SELECT 1;", "GRANT a TO b;",
    "ALTER TABLE public.t DROP COLUMN a;", "CREATE TABLE public.t AS SELECT 1;", "CALL f();", "TRUNCATE public.t;", "VACUUM;",
    "CREATE TABLESPACE t LOCATION '/x';", "UPDATE pg_catalog.pg_class SET relname = 'x';", "\\! id", "\\connect", "\\copy t from x",
    "CREATE INDEX CONCURRENTLY i ON public.t (a);", "SET standard_conforming_strings = off;", "SET client_encoding = 'LATIN1';",
    "REFRESH MATERIALIZED VIEW public.m;", "EXPLAIN ANALYZE SELECT 1;", "WITH x AS (DELETE FROM t) SELECT lo_create(1);",
};
/* clang-format on */

static void statements_are_told_apart(void **state)
{
    (void)state;
    struct gd_restore_options options = {0};
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        gd_auto_arena arena = gd_arena_new();
        struct gd_dump dump;
        struct gd_error err = {0};
        print_message("%s\n", kinds[i].sql);
        assert_int_equal(cut(&options, kinds[i].sql, arena, &dump, &err).code, GD_OK);
        assert_int_equal(dump.count, 1);
        assert_int_equal(dump.items[0].kind, kinds[i].kind);
        assert_string_equal(dump.items[0].table, kinds[i].table);
        assert_string_equal(dump.items[0].name, kinds[i].name);
    }
}

static void what_pg_dump_never_writes_is_refused(void **state)
{
    (void)state;
    struct gd_restore_options options = {.trust = true};
    for (size_t i = 0; i < sizeof foreign / sizeof foreign[0]; i++) {
        gd_auto_arena arena = gd_arena_new();
        struct gd_dump dump;
        struct gd_error err = {0};
        print_message("%s\n", foreign[i]);
        assert_int_not_equal(cut(&options, foreign[i], arena, &dump, &err).code, GD_OK);
    }
}

static void a_header_sets_what_later_statements_run_under(void **state)
{
    (void)state;
    gd_auto_arena arena = gd_arena_new();
    struct gd_restore_options options = {0};
    struct gd_dump dump;
    struct gd_error err = {0};
    const char *text = "\\restrict abc\nSET statement_timeout = 0;\nSET transaction_timeout = 0;\n"
                       "SELECT pg_catalog.set_config('search_path', '', false);\n\\connect shop\n"
                       "CREATE SCHEMA a;\nSET default_tablespace = fast;\nCREATE TABLE a.t ();\n"
                       "SET default_tablespace = '';\nCREATE TABLE a.u ();\n\\unrestrict abc\n";
    assert_int_equal(cut(&options, text, arena, &dump, &err).code, GD_OK);
    assert_int_equal(dump.count, 3);
    assert_string_equal(dump.items[0].tablespace, "");
    assert_string_equal(dump.items[1].tablespace, "fast");
    assert_string_equal(dump.items[2].tablespace, "");
    assert_int_equal(dump.tablespaces.count, 1);
}

static void keys_and_foreign_keys_come_in_two_halves(void **state)
{
    (void)state;
    gd_auto_arena arena = gd_arena_new();
    struct gd_restore_options options = {0};
    struct gd_dump dump;
    struct gd_error err = {0};
    const char *text =
        "ALTER TABLE ONLY public.t ADD CONSTRAINT k UNIQUE NULLS NOT DISTINCT (a, \"B\") INCLUDE "
        "(c) "
        "DEFERRABLE INITIALLY DEFERRED;\n"
        "ALTER TABLE ONLY public.t ADD CONSTRAINT w UNIQUE (a) WITH (fillfactor='70');\n"
        "ALTER TABLE ONLY public.t ADD CONSTRAINT f FOREIGN KEY (a) REFERENCES public.u(a);\n"
        "ALTER TABLE ONLY public.t ADD CONSTRAINT g FOREIGN KEY (a) REFERENCES public.u(a) NOT "
        "VALID;\n";
    assert_int_equal(cut(&options, text, arena, &dump, &err).code, GD_OK);
    assert_string_equal(dump.items[0].build,
                        "CREATE UNIQUE INDEX \"k\" ON \"public\".\"t\" (\"a\", "
                        "\"B\") INCLUDE (\"c\") NULLS NOT DISTINCT");
    assert_string_equal(dump.items[0].attach,
                        "ALTER TABLE ONLY \"public\".\"t\" ADD CONSTRAINT \"k\" UNIQUE USING INDEX "
                        "\"k\" DEFERRABLE INITIALLY DEFERRED");
    assert_null(dump.items[1].build);
    assert_non_null(strstr(dump.items[2].build, "public.u(a) NOT VALID"));
    assert_non_null(strstr(dump.items[2].attach, "VALIDATE CONSTRAINT \"f\""));
    assert_null(dump.items[3].build);
    assert_true(gd_texts_has(&dump.not_valid, "public.t.g"));
}

static void other_roles_are_put_in_where_the_old_ones_stood(void **state)
{
    (void)state;
    gd_auto_arena arena = gd_arena_new();
    static const char *const map[] = {"app=we\"ird", "to=from", NULL};
    struct gd_restore_options options = {.map_roles = map};
    struct gd_dump dump;
    struct gd_error err = {0};
    const char *text =
        "ALTER TABLE public.app OWNER TO app;\n"
        "GRANT SELECT(app) ON TABLE public.app TO app, \"to\", other;\n"
        "CREATE POLICY app ON public.app TO app USING ((app = 'app'::text));\n"
        "ALTER DEFAULT PRIVILEGES FOR ROLE app IN SCHEMA app GRANT ALL ON TABLES TO PUBLIC;\n";
    assert_int_equal(cut(&options, text, arena, &dump, &err).code, GD_OK);
    assert_string_equal(dump.items[0].sql, "ALTER TABLE public.app OWNER TO \"we\"\"ird\"");
    assert_string_equal(dump.items[1].sql,
                        "GRANT SELECT(app) ON TABLE public.app TO \"we\"\"ird\", "
                        "\"from\", \"other\"");
    assert_string_equal(dump.items[2].sql, "CREATE POLICY app ON public.app TO \"we\"\"ird\" USING "
                                           "((app = 'app'::text))");
    assert_non_null(strstr(dump.items[3].sql, "FOR ROLE \"we\"\"ird\" IN SCHEMA app"));
    assert_true(gd_texts_has(&dump.owners, "we\"ird") && dump.owners.count == 1);
    assert_true(gd_texts_has(&dump.roles, "other") && !gd_texts_has(&dump.roles, "app"));
}

static void owners_and_grants_can_be_left_out(void **state)
{
    (void)state;
    gd_auto_arena arena = gd_arena_new();
    struct gd_restore_options options = {.no_owner = true, .no_acl = true};
    struct gd_dump dump;
    struct gd_error err = {0};
    const char *text =
        "CREATE TABLE public.t (a int);\nALTER TABLE public.t OWNER TO app;\n"
        "GRANT SELECT ON TABLE public.t TO app;\nGRANT CONNECT ON DATABASE d TO app;\n"
        "ALTER FUNCTION public.f() OWNER TO app;\nALTER DATABASE d OWNER TO app;\n";
    assert_int_equal(cut(&options, text, arena, &dump, &err).code, GD_OK);
    assert_int_equal(dump.count, 1);
    assert_int_equal(dump.roles.count, 0);
}

static void a_database_gets_another_name(void **state)
{
    (void)state;
    gd_auto_arena arena = gd_arena_new();
    struct gd_restore_options options = {0};
    struct gd_dump dump;
    struct gd_error err = {0};
    const char *text = "ALTER DATABASE \"o dd\" SET search_path TO 'a', 'b';\n"
                       "COMMENT ON DATABASE shop IS 'DATABASE shop';\n"
                       "ALTER ROLE database IN DATABASE shop SET work_mem TO '8MB';\n";
    assert_int_equal(cut(&options, text, arena, &dump, &err).code, GD_OK);
    assert_string_equal(gd_dump_named(&dump.items[0], "n\"ew", arena),
                        "ALTER DATABASE \"n\"\"ew\" SET search_path TO 'a', 'b'");
    assert_string_equal(gd_dump_named(&dump.items[1], "new", arena),
                        "COMMENT ON DATABASE \"new\" IS 'DATABASE shop'");
    assert_string_equal(gd_dump_named(&dump.items[2], "new", arena),
                        "ALTER ROLE \"database\" IN DATABASE \"new\" SET work_mem TO '8MB'");
}

static void machine_code_needs_trust(void **state)
{
    (void)state;
    gd_auto_arena arena = gd_arena_new();
    struct gd_restore_options options = {0};
    struct gd_dump dump;
    struct gd_error err = {0};
    const char *text = "CREATE FUNCTION public.f() RETURNS int LANGUAGE c AS 'x', 'y';";
    assert_int_equal(cut(&options, text, arena, &dump, &err).code, GD_REFUSED);
    assert_non_null(strstr(err.hint, "--trust"));
    options.trust = true;
    assert_int_equal(cut(&options, text, arena, &dump, &err).code, GD_OK);
}

static const char schema[] =
    "CREATE TYPE public.mood AS ENUM ('a');\nCREATE TYPE public.other AS ENUM ('a');\n"
    "CREATE TABLE public.t (id int DEFAULT nextval('public.s'::regclass), m public.mood);\n"
    "CREATE SEQUENCE public.s;\nALTER SEQUENCE public.s OWNED BY public.t.id;\n"
    "CREATE TABLE public.\"T\" (a int);\nCREATE TABLE app.t (a int);\n"
    "CREATE TABLE public.root (a int) PARTITION BY RANGE (a);\nCREATE TABLE public.leaf (a int);\n"
    "ALTER TABLE ONLY public.root ATTACH PARTITION public.leaf FOR VALUES FROM (1) TO (2);\n"
    "CREATE TABLE public.child () INHERITS (public.t);\n";

/* clang-format off */
static const struct { const char *pattern, *tables; } patterns[] = {
    {"public.t", "\"public\".\"t\""}, {"T", "\"public\".\"T\""}, {"\"T\"", "\"public\".\"T\""},
    {"t", "\"public\".\"t\" \"app\".\"t\""}, {"app.*", "\"app\".\"t\""}, {"root", "\"public\".\"root\" \"public\".\"leaf\""},
    {"child", "\"public\".\"child\" \"public\".\"t\""}, {"\"t*\"", NULL}, {"nothing", NULL}, {"a.b.c", NULL}, {"\"open", NULL}, {"", NULL},
};
/* clang-format on */

static void patterns_name_tables(void **state)
{
    (void)state;
    struct gd_restore_options options = {0};
    for (size_t i = 0; i < sizeof patterns / sizeof patterns[0]; i++) {
        gd_auto_arena arena = gd_arena_new();
        struct gd_dump dump;
        struct gd_error err = {0};
        struct gd_texts tables = {0};
        print_message("%s\n", patterns[i].pattern);
        assert_int_equal(cut(&options, schema, arena, &dump, &err).code, GD_OK);
        struct gd_status status =
            gd_select_tables(&dump, &patterns[i].pattern, 1, arena, &tables, &err);
        assert_int_equal(status.code, patterns[i].tables == NULL ? GD_USAGE : GD_OK);
        const char *list = "";
        for (size_t k = 0; k < tables.count; k++)
            list = gd_arena_printf(arena, "%s%s%s", list, k == 0 ? "" : " ", tables.items[k]);
        if (patterns[i].tables != NULL)
            assert_string_equal(list, patterns[i].tables);
    }
}

static void what_a_table_needs_moves_along(void **state)
{
    (void)state;
    gd_auto_arena arena = gd_arena_new();
    struct gd_restore_options options = {0};
    struct gd_sequence sequence = {.schema = "public", .name = "s", .last_value = 1};
    struct gd_manifest manifest = {.sequences = &sequence, .sequence_count = 1};
    options.manifest = &manifest;
    struct gd_restoring restoring = {.options = &options, .arena = arena};
    struct gd_error err = {0};
    struct gd_texts tables = {0}, sequences = {0};
    const char *pattern = "public.t";
    const char *after =
        "CREATE INDEX i ON public.t USING btree (m);\n"
        "CREATE STATISTICS app.st (mcv) ON m, id FROM public.t;\n"
        "CREATE STATISTICS public.other (mcv) ON a, b FROM app.t;\n"
        "CREATE POLICY y ON public.t USING (true);\n"
        "CREATE TRIGGER x BEFORE INSERT ON public.t FOR EACH ROW EXECUTE FUNCTION public.f();\n"
        "ALTER TABLE ONLY public.t ADD CONSTRAINT f FOREIGN KEY (id) REFERENCES app.t(a);\n";
    assert_int_equal(cut(&options, schema, arena, &restoring.before, &err).code, GD_OK);
    assert_int_equal(cut(&options, after, arena, &restoring.after, &err).code, GD_OK);
    assert_int_equal(gd_select_tables(&restoring.before, &pattern, 1, arena, &tables, &err).code,
                     GD_OK);
    assert_int_equal(gd_select_move(&restoring, &tables, "si\"de", &sequences, &err).code, GD_OK);
    assert_int_equal(restoring.before.count, 4);
    assert_string_equal(restoring.before.items[1].sql,
                        "CREATE TABLE \"si\"\"de\".\"t\" (id int DEFAULT "
                        "nextval('\"si\"\"de\".\"s\"'::regclass), m \"si\"\"de\".\"mood\")");
    assert_string_equal(restoring.before.items[3].sql,
                        "ALTER SEQUENCE \"si\"\"de\".\"s\" OWNED BY \"si\"\"de\".\"t\".id");
    assert_int_equal(restoring.after.count, 2);
    assert_string_equal(restoring.after.items[0].sql,
                        "CREATE INDEX i ON \"si\"\"de\".\"t\" USING btree (m)");
    assert_string_equal(restoring.after.items[1].sql,
                        "CREATE STATISTICS \"si\"\"de\".\"st\" (mcv) ON m, id FROM "
                        "\"si\"\"de\".\"t\"");
    assert_true(gd_texts_has(&sequences, "\"public\".\"s\""));
    assert_int_equal(restoring.warnings.count, 2);
    assert_non_null(
        strstr(restoring.warnings.items[1], "triggers (1), row security policies (1), rules (0)"));
}

static void a_sequence_with_a_backslash_moves_as_well(void **state)
{
    (void)state;
    gd_auto_arena arena = gd_arena_new();
    struct gd_manifest manifest = {.sequences = NULL};
    struct gd_restore_options options = {.manifest = &manifest};
    struct gd_restoring restoring = {.options = &options, .arena = arena};
    struct gd_error err = {0};
    struct gd_texts tables = {0}, sequences = {0};
    const char *pattern = "public.t";
    const char *text =
        "CREATE TABLE public.t (id int DEFAULT nextval(E'public.\"s\\\\x''y\"'::regclass));\n"
        "CREATE SEQUENCE public.\"s\\x'y\";\n";
    assert_int_equal(cut(&options, text, arena, &restoring.before, &err).code, GD_OK);
    restoring.after.arena = arena;
    assert_int_equal(gd_select_tables(&restoring.before, &pattern, 1, arena, &tables, &err).code,
                     GD_OK);
    assert_int_equal(gd_select_move(&restoring, &tables, "side", &sequences, &err).code, GD_OK);
    assert_string_equal(restoring.before.items[0].sql,
                        "CREATE TABLE \"side\".\"t\" (id int DEFAULT "
                        "nextval('\"side\".\"s\\x''y\"'::regclass))");
    assert_string_equal(restoring.before.items[1].sql, "CREATE SEQUENCE \"side\".\"s\\x'y\"");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(statements_are_told_apart),
        cmocka_unit_test(what_pg_dump_never_writes_is_refused),
        cmocka_unit_test(a_header_sets_what_later_statements_run_under),
        cmocka_unit_test(keys_and_foreign_keys_come_in_two_halves),
        cmocka_unit_test(other_roles_are_put_in_where_the_old_ones_stood),
        cmocka_unit_test(owners_and_grants_can_be_left_out),
        cmocka_unit_test(a_database_gets_another_name),
        cmocka_unit_test(machine_code_needs_trust),
        cmocka_unit_test(patterns_name_tables),
        cmocka_unit_test(what_a_table_needs_moves_along),
        cmocka_unit_test(a_sequence_with_a_backslash_moves_as_well),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
