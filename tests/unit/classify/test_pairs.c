#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "guardian/classify/classify.h"

/* clang-format off */
static const struct gd_trigger triggers[] = {
    {.oid = 101, .name = "touch", .definition = "CREATE TRIGGER touch BEFORE UPDATE OF a, b ON public.t FOR EACH ROW "
     "WHEN ((new.state = 'open'::text)) EXECUTE FUNCTION app.touch('x')", .function_oid = 200, .enabled = 'O'},
    {.oid = 102, .name = "told", .definition = "CREATE TRIGGER told AFTER INSERT ON public.t FOR EACH STATEMENT EXECUTE FUNCTION app.touch()",
     .function_oid = 200, .enabled = 'O', .comment = "why"},
    {.oid = 103, .name = "off", .definition = "CREATE TRIGGER off AFTER INSERT ON public.t FOR EACH STATEMENT EXECUTE FUNCTION app.touch()",
     .function_oid = 200, .enabled = 'D'},
};
static const struct gd_policy_definition policies[] = {
    {.oid = 111, .name = "own", .permissive = true, .command = 'r', .roles = "app_a,app_b",
     .using_sql = "((owner = CURRENT_USER) AND (kind <> ALL (ARRAY['x'::character varying(3), 'y'::app.kind[]])))"},
};
static const struct gd_relation relations[] = {
    {.oid = 100, .schema = "public", .name = "t", .qualified = "public.t", .kind = 'r', .owner = "me", .options = "",
     .triggers = triggers, .trigger_count = 3, .policies = policies, .policy_count = 1},
};
static const struct gd_function functions[] = {
    {.oid = 200, .schema = "app", .name = "touch", .identity = "app.touch()", .argument_types = "", .arguments = "", .result = "trigger",
     .kind = 'f', .language = "plpgsql", .volatility = 'v', .parallel = 'u', .source = "BEGIN RETURN NEW; END",
     .settings = "", .cost = "100", .rows_estimate = "0", .owner = "me"},
    {.oid = 201, .schema = "app", .name = "add", .identity = "app.add(integer,integer)", .argument_types = "a integer, b integer",
     .arguments = "a integer, b integer", .result = "integer", .kind = 'f', .language = "sql", .volatility = 'i', .parallel = 's',
     .strict = true, .security_definer = true, .source = "SELECT a + b", .settings = "search_path=app, pg_temp", .cost = "100",
     .rows_estimate = "0", .owner = "me"},
    {.oid = 202, .schema = "app", .name = "list", .identity = "app.list()", .argument_types = "", .arguments = "",
     .result = "TABLE(id integer, name text)", .kind = 'f', .language = "sql", .volatility = 'v', .parallel = 'u', .returns_set = true,
     .source = "SELECT 1, ''", .settings = "", .cost = "100", .rows_estimate = "1000", .owner = "me", .acl = "{me=X/me}"},
};
static const char *const path[] = {"public", "app"};
static const struct gd_survey survey = {
    .server_version = 150000, .server_text = "15.0", .database = "d", .user = "me", .search_path = path, .search_path_count = 2,
    .schemas = path, .schema_count = 2, .relations = relations, .relation_count = 1, .functions = functions, .function_count = 3,
    .complete = true,
};

/* The class of a script, and why. */
static const struct { const char *why; enum gd_class class; const char *sql; } cases[] = {
    {"a trigger is dropped and made again", GD_CLASS_NONE,
     "DROP TRIGGER IF EXISTS touch ON t; CREATE TRIGGER touch BEFORE UPDATE OF a, b ON t FOR EACH ROW WHEN (NEW.state = 'open') EXECUTE FUNCTION touch('x')"},
    {"its argument differs", GD_CLASS_DESTRUCTIVE,
     "DROP TRIGGER IF EXISTS touch ON t; CREATE TRIGGER touch BEFORE UPDATE OF a, b ON t FOR EACH ROW WHEN (NEW.state = 'open') EXECUTE FUNCTION touch('y')"},
    {"its condition differs", GD_CLASS_DESTRUCTIVE,
     "DROP TRIGGER IF EXISTS touch ON t; CREATE TRIGGER touch BEFORE UPDATE OF a, b ON t FOR EACH ROW WHEN (NEW.state = 'shut') EXECUTE FUNCTION touch('x')"},
    {"its time differs", GD_CLASS_DESTRUCTIVE,
     "DROP TRIGGER IF EXISTS touch ON t; CREATE TRIGGER touch AFTER UPDATE OF a, b ON t FOR EACH ROW WHEN (NEW.state = 'open') EXECUTE FUNCTION touch('x')"},
    {"it is only dropped", GD_CLASS_DESTRUCTIVE, "DROP TRIGGER IF EXISTS touch ON t"},
    {"another one is made", GD_CLASS_DESTRUCTIVE,
     "DROP TRIGGER IF EXISTS touch ON t; CREATE TRIGGER told AFTER INSERT ON t EXECUTE FUNCTION touch()"},
    {"its comment goes", GD_CLASS_DESTRUCTIVE,
     "DROP TRIGGER IF EXISTS told ON t; CREATE TRIGGER told AFTER INSERT ON t EXECUTE FUNCTION touch()"},
    {"it was switched off, and is on afterwards", GD_CLASS_DESTRUCTIVE,
     "DROP TRIGGER IF EXISTS off ON t; CREATE TRIGGER off AFTER INSERT ON t EXECUTE FUNCTION touch()"},
    {"replacing by the same does nothing", GD_CLASS_NONE,
     "CREATE OR REPLACE TRIGGER told AFTER INSERT ON t EXECUTE FUNCTION touch()"},
    {"replacing by another event does", GD_CLASS_DESTRUCTIVE,
     "CREATE OR REPLACE TRIGGER told AFTER DELETE ON t EXECUTE FUNCTION touch()"},
    {"a policy is dropped and made again, roles in another order", GD_CLASS_NONE,
     "DROP POLICY IF EXISTS own ON t; CREATE POLICY own ON t FOR SELECT TO app_b, app_a USING (owner = CURRENT_USER AND kind <> ALL (ARRAY['x', 'y']))"},
    {"one role is missing", GD_CLASS_DESTRUCTIVE,
     "DROP POLICY own ON t; CREATE POLICY own ON t FOR SELECT TO app_b USING (owner = CURRENT_USER AND kind <> ALL (ARRAY['x', 'y']))"},
    {"a role's name is only the beginning of it", GD_CLASS_DESTRUCTIVE,
     "DROP POLICY own ON t; CREATE POLICY own ON t FOR SELECT TO app, app_a USING (owner = CURRENT_USER AND kind <> ALL (ARRAY['x', 'y']))"},
    {"the command differs", GD_CLASS_DESTRUCTIVE,
     "DROP POLICY own ON t; CREATE POLICY own ON t TO app_b, app_a USING (owner = CURRENT_USER AND kind <> ALL (ARRAY['x', 'y']))"},
    {"a check is added", GD_CLASS_DESTRUCTIVE,
     "DROP POLICY own ON t; CREATE POLICY own ON t FOR SELECT TO app_b, app_a USING (owner = CURRENT_USER AND kind <> ALL (ARRAY['x', 'y'])) WITH CHECK (true)"},
    {"a function is the same", GD_CLASS_NONE,
     "CREATE OR REPLACE FUNCTION app.add(a int, b int) RETURNS int LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SECURITY DEFINER "
     "SET search_path = app, pg_temp AS 'SELECT a + b'"},
    {"its body differs", GD_CLASS_DESTRUCTIVE,
     "CREATE OR REPLACE FUNCTION app.add(a int, b int) RETURNS int LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SECURITY DEFINER "
     "SET search_path = app, pg_temp AS 'SELECT a - b'"},
    {"it is no longer strict", GD_CLASS_DESTRUCTIVE,
     "CREATE OR REPLACE FUNCTION app.add(a int, b int) RETURNS int LANGUAGE sql IMMUTABLE PARALLEL SAFE SECURITY DEFINER "
     "SET search_path = app, pg_temp AS 'SELECT a + b'"},
    {"its setting differs", GD_CLASS_DESTRUCTIVE,
     "CREATE OR REPLACE FUNCTION app.add(a int, b int) RETURNS int LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SECURITY DEFINER "
     "SET search_path = app AS 'SELECT a + b'"},
    {"a parameter has another name", GD_CLASS_DESTRUCTIVE,
     "CREATE OR REPLACE FUNCTION app.add(a int, c int) RETURNS int LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SECURITY DEFINER "
     "SET search_path = app, pg_temp AS 'SELECT a + b'"},
    {"other arguments are another function", GD_CLASS_ADDITIVE,
     "CREATE OR REPLACE FUNCTION app.add(a bigint, b int) RETURNS int LANGUAGE sql AS 'SELECT 1'"},
    {"a function that returns a table", GD_CLASS_NONE,
     "CREATE OR REPLACE FUNCTION app.list() RETURNS TABLE (id int, name text) LANGUAGE sql AS 'SELECT 1, ''''' "},
    {"a function is dropped and made again", GD_CLASS_NONE,
     "DROP FUNCTION IF EXISTS app.touch(); CREATE FUNCTION app.touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'"},
    {"its grants go", GD_CLASS_DESTRUCTIVE,
     "DROP FUNCTION app.list(); CREATE FUNCTION app.list() RETURNS TABLE (id int, name text) LANGUAGE sql AS 'SELECT 1, ''''' "},
    {"CASCADE takes more along", GD_CLASS_DESTRUCTIVE,
     "DROP FUNCTION app.touch() CASCADE; CREATE FUNCTION app.touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'"},
};
/* clang-format on */

static void dropping_and_making_the_same_changes_nothing(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        gd_auto_arena arena = gd_arena_new();
        struct gd_input input = {.path = "-", .text = cases[i].sql, .size = strlen(cases[i].sql)};
        struct gd_classify_options options = {.survey = &survey};
        struct gd_report *report;
        struct gd_error err = {0};
        assert_int_equal(gd_classify(&input, 1, &options, arena, &report, &err).code, GD_OK);
        if (report->class != cases[i].class)
            fail_msg("%s: %s", cases[i].why, gd_class_name(report->class));
        if (report->class == GD_CLASS_NONE && !report->files[0]->rerun_safe)
            fail_msg("%s: and yet a second run is said not to be safe", cases[i].why);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dropping_and_making_the_same_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
