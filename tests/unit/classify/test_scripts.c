/*
 * Scripts: what a statement means depends on what stands before it.
 *
 * One letter for each statement's class: n(one) a(dditive) e(num) d(estructive) u(nknown).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "guardian/classify/classify.h"

/* clang-format off */
static const struct { const char *name, *classes, *sql; } cases[] = {
    {"a table made above holds nothing", "an", "CREATE TABLE a (id int); DROP TABLE a;"},
    {"another one is not it", "ad", "CREATE TABLE a (id int); DROP TABLE b;"},
    {"one in another schema is not it", "ad", "CREATE TABLE a (id int); DROP TABLE app.a;"},
    {"public is where an unqualified name goes", "an", "CREATE TABLE a (id int); DROP TABLE public.a;"},
    {"IF NOT EXISTS proves nothing", "ad", "CREATE TABLE IF NOT EXISTS a (id int); DROP TABLE a;"},
    {"what is dropped and made again is new", "dan", "DROP TABLE a; CREATE TABLE IF NOT EXISTS a (id int); DROP TABLE a;"},
    {"a rename takes the name along", "adn", "CREATE TABLE a (id int); ALTER TABLE c RENAME TO b; DROP TABLE a;"},
    {"a table that gets the name is not new", "anddd", "CREATE TABLE a (id int); DROP TABLE a; ALTER TABLE users RENAME TO a; DROP TABLE a; DROP TABLE x"},
    {"ROLLBACK takes it back", "nannd", "BEGIN; CREATE TABLE a (id int); SELECT 1; ROLLBACK; DROP TABLE a;"},
    {"ROLLBACK TO takes it back", "nnannd", "BEGIN; SAVEPOINT s; CREATE TABLE a (id int); ROLLBACK TO s; COMMIT; DROP TABLE a;"},
    {"COMMIT does not", "nann", "BEGIN; CREATE TABLE a (id int); COMMIT; DROP TABLE a;"},
    {"a branch may not have run", "ad", "DO $$ BEGIN IF now() > 'epoch' THEN CREATE TABLE a (id int); END IF; END $$; DROP TABLE a;"},
    {"a block with a handler may be taken back", "ad", "DO $$ BEGIN CREATE TABLE a (id int); EXCEPTION WHEN others THEN NULL; END $$; DROP TABLE a;"},
    {"the straight line of a DO block has run", "an", "DO $$ BEGIN CREATE TABLE a (id int); END $$; DROP TABLE a;"},
    {"a temporary table is the session's", "nn", "CREATE TEMP TABLE a (id int); DROP TABLE a;"},
    {"it hides the real one only once", "nnd", "CREATE TEMP TABLE a (id int); DROP TABLE a; DROP TABLE a;"},
    {"search_path says which table is meant", "nad", "SET search_path = app; CREATE TABLE a (id int); DROP TABLE public.a;"},
    {"search_path is where it is made", "nan", "SET search_path = app; CREATE TABLE a (id int); DROP TABLE app.a;"},
    {"set_config sets it, too", "nan", "SELECT set_config('search_path', 'app', false); CREATE TABLE a (id int); DROP TABLE app.a;"},
    {"SET LOCAL ends with the transaction", "nnannd", "BEGIN; SET LOCAL search_path = app; CREATE TABLE a (id int); COMMIT; SELECT 1; DROP TABLE a;"},
    {"rows put into a new table are the script's own", "aann", "CREATE TABLE a (id int); INSERT INTO a VALUES (1); DELETE FROM a; DROP TABLE a;"},
    {"a trigger made on one table is not that of another", "aad", "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$; CREATE TRIGGER t AFTER INSERT ON a EXECUTE FUNCTION f(); ALTER TABLE b DISABLE TRIGGER t;"},
    {"but on that one it is", "aan", "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$; CREATE TRIGGER t AFTER INSERT ON a EXECUTE FUNCTION f(); ALTER TABLE a DISABLE TRIGGER t;"},
    {"a serial column brings its sequence", "ann", "CREATE TABLE a (id serial, b int GENERATED ALWAYS AS IDENTITY); ALTER TABLE a ALTER id DROP DEFAULT; DROP SEQUENCE a_id_seq;"},
    {"not one of another name", "ad", "CREATE TABLE a (id serial); DROP SEQUENCE b_id_seq;"},
    {"a CTE that writes is found", "d", "WITH d AS (DELETE FROM users RETURNING *) SELECT count(*) FROM d;"},
    {"EXPLAIN does not run it", "n", "EXPLAIN DELETE FROM users;"},
    {"EXPLAIN ANALYZE does", "d", "EXPLAIN (COSTS off, ANALYZE) DELETE FROM users;"},
    {"EXPLAIN (ANALYZE false) does not", "n", "EXPLAIN (ANALYZE false) DELETE FROM users;"},
    {"COPY of a writing query", "d", "COPY (DELETE FROM users RETURNING *) TO STDOUT;"},
    {"PREPARE is judged by its body", "dd", "PREPARE p AS DELETE FROM users; EXECUTE p;"},
    {"EXECUTE of something else is not known", "u", "EXECUTE p;"},
    {"a function is judged when it is called", "ad", "CREATE FUNCTION f() RETURNS void LANGUAGE sql AS 'DELETE FROM users'; SELECT f();"},
    {"a function that only reads", "an", "CREATE FUNCTION f() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM users'; SELECT f();"},
    {"CALL is a call", "ad", "CREATE PROCEDURE p() LANGUAGE plpgsql AS $$ BEGIN DELETE FROM users; COMMIT; END $$; CALL p();"},
    {"an operator that is armed with a function", "ad", "CREATE FUNCTION f(int, int) RETURNS bool LANGUAGE sql AS 'DELETE FROM users; SELECT true'; CREATE OPERATOR app.= (LEFTARG = int, RIGHTARG = int, FUNCTION = f);"},
    {"an aggregate", "ad", "CREATE FUNCTION f(int, int) RETURNS int LANGUAGE sql AS 'DELETE FROM users; SELECT 1'; CREATE AGGREGATE app.agg (int) (SFUNC = f, STYPE = int);"},
    {"a cast", "ad", "CREATE FUNCTION f(text) RETURNS app.t LANGUAGE sql AS 'DELETE FROM users; SELECT NULL'; CREATE CAST (text AS app.t) WITH FUNCTION f(text) AS IMPLICIT;"},
    {"a policy with a function that reads", "aa", "CREATE FUNCTION f() RETURNS bool LANGUAGE sql AS 'SELECT true'; CREATE POLICY p ON users USING (f());"},
    {"a policy with one that nobody knows", "a", "CREATE POLICY p ON users USING (auth.uid() = id);"},
    {"a call that looks like a column", "ad", "CREATE FUNCTION tidy(users) RETURNS int LANGUAGE sql AS 'DELETE FROM users; SELECT 1'; SELECT u.tidy FROM users u;"},
    {"and one that looks like a field", "ad", "CREATE FUNCTION tidy(users) RETURNS int LANGUAGE sql AS 'DELETE FROM users; SELECT 1'; SELECT (u).tidy FROM users u;"},
    {"a function in a language that nobody reads", "au", "CREATE FUNCTION f() RETURNS int LANGUAGE plperlu AS 'unlink'; SELECT f();"},
    {"an unknown function", "u", "SELECT nobody_knows();"},
    {"a builtin", "n", "SELECT lower('A'), count(*), now(), gen_random_uuid() FROM users;"},
    {"a shadow of a builtin", "and", "CREATE FUNCTION app.lower(text) RETURNS text LANGUAGE sql AS 'DELETE FROM users; SELECT $1'; SET search_path = app, pg_catalog; SELECT lower('A');"},
    {"a view hides a call", "aad", "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'DELETE FROM users; SELECT 1'; CREATE VIEW v AS SELECT f(); SELECT * FROM v;"},
    {"a rule turns INSERT into DELETE", "dd", "CREATE RULE r AS ON INSERT TO a DO ALSO DELETE FROM users; INSERT INTO a VALUES (1);"},
    {"a trigger deletes elsewhere", "aad", "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN DELETE FROM users; RETURN NEW; END $$; CREATE TRIGGER t AFTER INSERT ON a EXECUTE FUNCTION f(); INSERT INTO a VALUES (1);"},
    {"that trigger does not fire on UPDATE", "aad", "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$; CREATE TRIGGER t AFTER INSERT ON a EXECUTE FUNCTION f(); UPDATE a SET id = 1;"},
    {"handlers are read", "d", "DO $$ BEGIN NULL; EXCEPTION WHEN others THEN DROP TABLE users; END $$;"},
    {"EXECUTE of a constant is read", "d", "DO $$ BEGIN EXECUTE 'DROP TABLE users'; END $$;"},
    {"EXECUTE of format with constants is read", "d", "DO $$ BEGIN EXECUTE format('DROP TABLE %I.%I', 'public', 'us' || 'ers'); END $$;"},
    {"EXECUTE of anything else is not known", "u", "DO $$ DECLARE s text; BEGIN EXECUTE s; END $$;"},
    {"EXECUTE of a harmless constant", "n", "DO $$ BEGIN EXECUTE 'ANALYZE users'; END $$;"},
    {"the guard idiom for types", "e", "DO $$ BEGIN CREATE TYPE m AS ENUM ('a'); EXCEPTION WHEN duplicate_object THEN NULL; END $$;"},
    {"the guard idiom with a twist", "d", "DO $$ BEGIN CREATE TYPE m AS ENUM ('a'); EXCEPTION WHEN duplicate_object THEN DROP TYPE m CASCADE; END $$;"},
    {"quoting that SET changes", "un", "SET standard_conforming_strings = off; SELECT 1;"},
    {"a string that only looks like a drop", "n", "SELECT E'a\\'; DROP TABLE users; --';"},
};
/* clang-format on */

static const char letters[] = "naedu";

static void classes_of(const char *sql, char *out, size_t size)
{
    gd_auto_arena arena = gd_arena_new();
    struct gd_input input = {.path = "s.sql", .text = sql, .size = strlen(sql)};
    struct gd_report *report;
    struct gd_error err = {0};
    if (gd_classify(&input, 1, NULL, arena, &report, &err).code != GD_OK)
        fail_msg("%s", err.text);
    size_t at = 0;
    for (size_t i = 0; i < report->files[0]->entry_count && at + 1 < size; i++)
        out[at++] = letters[report->files[0]->entries[i]->verdict.class];
    out[at] = '\0';
}

static void a_statement_means_what_the_script_made_it_mean(void **state)
{
    (void)state;
    unsigned wrong = 0;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char seen[64];
        classes_of(cases[i].sql, seen, sizeof seen);
        if (strcmp(seen, cases[i].classes) == 0)
            continue;
        fprintf(stderr, "%s: %s, not %s\n    %s\n", cases[i].name, seen, cases[i].classes,
                cases[i].sql);
        wrong++;
    }
    assert_int_equal(wrong, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_statement_means_what_the_script_made_it_mean),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
