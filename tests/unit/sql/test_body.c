/* Bodies are read whole: every branch, every handler, every text that EXECUTE is given. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "guardian/sql/body.h"
#include "guardian/sql/parse.h"

/* One letter for each fragment: s(tatement) e(xpression) d(ynamic) c(ommit) u(nread); upper case in
 * a branch or handler; a ! behind what an EXECUTE ran. */
/* clang-format off */
static const struct { const char *name, *fragments, *sql; } cases[] = {
    {"a plain statement", "s", "DO $$ BEGIN DROP TABLE x; END $$"},
    {"a condition, both branches", "eSS", "DO $$ BEGIN IF a > 1 THEN DROP TABLE x; ELSE DROP TABLE y; END IF; END $$"},
    {"ELSIF", "eSESS", "DO $$ BEGIN IF a THEN DROP TABLE x; ELSIF f() THEN DROP TABLE y; ELSE DROP TABLE z; END IF; END $$"},
    {"CASE", "eESS", "DO $$ DECLARE x int; BEGIN CASE x WHEN 1 THEN DROP TABLE a; ELSE DROP TABLE b; END CASE; END $$"},
    {"loops", "eSSseeS", "DO $$ DECLARE r record; BEGIN WHILE f() LOOP DROP TABLE x; END LOOP; FOR r IN SELECT f() LOOP DROP TABLE y; END LOOP; FOR i IN 1..f() LOOP DROP TABLE z; END LOOP; END $$"},
    {"a handler", "SS", "DO $$ BEGIN DROP TABLE x; EXCEPTION WHEN others THEN DROP TABLE y; END $$"},
    {"an assignment's both sides", "ee", "DO $$ DECLARE x int[]; BEGIN x[f()] := g(); END $$"},
    {"a default", "e", "DO $$ DECLARE x int := f(); BEGIN NULL; END $$"},
    {"a cursor's query", "es", "DO $$ DECLARE c CURSOR FOR SELECT f(); BEGIN NULL; END $$"},
    {"EXECUTE of a constant", "s!", "DO $$ BEGIN EXECUTE 'DROP TABLE x'; END $$"},
    {"EXECUTE of several statements", "s!s!", "DO $$ BEGIN EXECUTE 'DROP TABLE x; DROP TABLE y'; END $$"},
    {"EXECUTE of constants put together", "s!", "DO $$ BEGIN EXECUTE 'DROP ' || 'TABLE ' || quote_ident('x'); END $$"},
    {"EXECUTE of a format", "s!", "DO $$ BEGIN EXECUTE format('DROP TABLE %2$I.%1$I', 'x', 'y'); END $$"},
    {"EXECUTE of a variable", "d", "DO $$ DECLARE s text; BEGIN EXECUTE s; END $$"},
    {"EXECUTE of a format with a variable", "d", "DO $$ DECLARE s text; BEGIN EXECUTE format('DROP TABLE %I', s); END $$"},
    {"EXECUTE USING", "s!e", "DO $$ BEGIN EXECUTE 'DELETE FROM x WHERE a = $1' USING f(); END $$"},
    {"EXECUTE of no SQL", "u!", "DO $$ BEGIN EXECUTE 'DORP TABLE x'; END $$"},
    {"FOR over EXECUTE", "Ss!", "DO $$ DECLARE r record; BEGIN FOR r IN EXECUTE 'SELECT 1' LOOP DROP TABLE x; END LOOP; END $$"},
    {"PERFORM and CALL", "ss", "DO $$ BEGIN PERFORM f(); CALL p(); END $$"},
    {"RAISE, ASSERT, EXIT", "eeeE", "DO $$ BEGIN RAISE NOTICE '%', f(); ASSERT g(); WHILE h() LOOP EXIT WHEN i(); END LOOP; END $$"},
    {"COMMIT", "scs", "DO $$ BEGIN DELETE FROM x; COMMIT; DELETE FROM y; END $$"},
    {"RETURN QUERY and RETURN", "sd", "CREATE FUNCTION f(s text) RETURNS SETOF int LANGUAGE plpgsql AS $$ BEGIN RETURN QUERY SELECT f(); RETURN QUERY EXECUTE s; END $$"},
    {"an SQL function", "ss", "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'DELETE FROM x; SELECT 1'"},
    {"an SQL body", "ss", "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC DELETE FROM x; SELECT 1; END"},
    {"RETURN of an expression", "e", "CREATE FUNCTION f() RETURNS int RETURN g()"},
    {"a quoted body", "s", "CREATE FUNCTION f() RETURNS void LANGUAGE plpgsql AS 'BEGIN DELETE FROM x WHERE a = ''b''; END'"},
    {"a trigger", "se", "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN DELETE FROM x WHERE id = OLD.id; RETURN NEW; END $$"},
};

static const struct { const char *name, *sql, *problem; } unreadable[] = {
    {"another language", "DO LANGUAGE plperl $$ unlink $$", "it is written in plperl"},
    {"no body", "DO LANGUAGE plpgsql", "it has no body"},
    {"a broken body", "DO $$ BEGIN IF; END $$", "missing \"THEN\""},
    {"a broken SQL body", "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELEC 1'", "syntax error"},
    {"compiled code", "CREATE FUNCTION f() RETURNS int LANGUAGE c AS 'lib', 'f'", "it is written in c"},
};

static const struct { const char *expression, *text; } constants[] = {
    {"'a'", "a"}, {"'a' || 'b'", "ab"}, {"('a')::text", "a"},
    {"format('%s-%I-%L-%%', 'a', 'B', 'it''s')", "a-\"B\"-'it''s'-%"},
    {"format('%2$s%1$s%s', 'a', 'b')", "bab"},
    {"concat('a', 'b')", "ab"}, {"quote_literal('it''s')", "'it''s'"}, {"quote_ident('a b')", "\"a b\""},
    {"a", NULL}, {"'a' || b", NULL}, {"format('%s', a)", NULL}, {"format(a)", NULL},
    {"format('%s')", NULL}, {"upper('a')", NULL}, {"app.format('a')", NULL}, {"1", NULL}, {"NULL", NULL},
    {"'abc'::varchar(1)", NULL}, {"'Foo'::regclass", NULL}, {"format('%5s', 'a')", NULL},
};
/* clang-format on */

static void letters_of(const struct gd_body *body, char *out, size_t size)
{
    size_t at = 0;
    for (size_t i = 0; i < body->count && at + 3 < size; i++) {
        char letter = "sedcu"[body->fragments[i].kind];
        out[at++] = (char)(body->fragments[i].branch ? letter - 32 : letter);
        if (body->fragments[i].executed)
            out[at++] = '!';
    }
    out[at] = '\0';
}

static struct gd_body body_of(const char *sql, struct gd_arena *arena)
{
    struct gd_parsed parsed;
    struct gd_refusal refusal;
    if (!gd_parse(sql, strlen(sql), arena, &parsed, &refusal))
        fail_msg("%s: %s", sql, refusal.message);
    return gd_body_of_statement(parsed.statements[0], sql, arena);
}

static unsigned wrong;

static struct gd_status read_bodies(void *context, struct gd_error *err)
{
    (void)context;
    (void)err;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        gd_auto_arena arena = gd_arena_new();
        struct gd_body body = body_of(cases[i].sql, arena);
        char seen[128];
        letters_of(&body, seen, sizeof seen);
        if (body.problem != NULL || strcmp(seen, cases[i].fragments) != 0) {
            fprintf(stderr, "%s: %s, not %s%s%s\n", cases[i].name, seen, cases[i].fragments,
                    body.problem == NULL ? "" : ": ", body.problem == NULL ? "" : body.problem);
            wrong++;
        }
    }
    return GD_DONE;
}

static void every_corner_of_a_body_is_read(void **state)
{
    (void)state;
    struct gd_error err = {0};
    wrong = 0;
    assert_int_equal(gd_deep_call(read_bodies, NULL, &err).code, GD_OK);
    assert_int_equal(wrong, 0);
}

static struct gd_status read_problems(void *context, struct gd_error *err)
{
    (void)context;
    (void)err;
    for (size_t i = 0; i < sizeof unreadable / sizeof unreadable[0]; i++) {
        gd_auto_arena arena = gd_arena_new();
        struct gd_body body = body_of(unreadable[i].sql, arena);
        if (body.problem == NULL || strstr(body.problem, unreadable[i].problem) == NULL) {
            fprintf(stderr, "%s: %s\n", unreadable[i].name,
                    body.problem == NULL ? "no problem" : body.problem);
            wrong++;
        }
    }
    return GD_DONE;
}

static void what_cannot_be_read_says_so(void **state)
{
    (void)state;
    struct gd_error err = {0};
    wrong = 0;
    assert_int_equal(gd_deep_call(read_problems, NULL, &err).code, GD_OK);
    assert_int_equal(wrong, 0);
}

static struct gd_status work_out(void *context, struct gd_error *err)
{
    (void)context;
    (void)err;
    for (size_t i = 0; i < sizeof constants / sizeof constants[0]; i++) {
        gd_auto_arena arena = gd_arena_new();
        const char *text =
            gd_constant_text(gd_parse_expression(constants[i].expression, arena), arena);
        bool right = text == NULL || constants[i].text == NULL
                         ? text == constants[i].text
                         : strcmp(text, constants[i].text) == 0;
        if (!right) {
            fprintf(stderr, "%s: %s\n", constants[i].expression, text == NULL ? "NULL" : text);
            wrong++;
        }
    }
    return GD_DONE;
}

static void constants_are_worked_out_and_nothing_else(void **state)
{
    (void)state;
    struct gd_error err = {0};
    wrong = 0;
    assert_int_equal(gd_deep_call(work_out, NULL, &err).code, GD_OK);
    assert_int_equal(wrong, 0);
}

static struct gd_status look_for_guards(void *context, struct gd_error *err)
{
    (void)context;
    (void)err;
    gd_auto_arena arena = gd_arena_new();
    struct gd_body body = body_of(
        "DO $$ BEGIN\n"
        "  IF NOT EXISTS (SELECT 1 FROM pg_constraint WHERE conname = 'c') THEN\n"
        "    ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0);\n"
        "  END IF;\n"
        "  BEGIN CREATE TYPE m AS ENUM ('a'); EXCEPTION WHEN duplicate_object THEN NULL; END;\n"
        "  IF a THEN DROP TABLE x; END IF;\n"
        "END $$",
        arena);
    assert_int_equal(body.count, 5);
    assert_true(body.fragments[1].guarded);
    assert_int_equal(body.fragments[1].line, 3);
    assert_true(body.fragments[2].guarded);
    assert_false(body.fragments[4].guarded);
    return GD_DONE;
}

static void guards_against_a_second_run_are_seen(void **state)
{
    (void)state;
    struct gd_error err = {0};
    assert_int_equal(gd_deep_call(look_for_guards, NULL, &err).code, GD_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_corner_of_a_body_is_read),
        cmocka_unit_test(what_cannot_be_read_says_so),
        cmocka_unit_test(constants_are_worked_out_and_nothing_else),
        cmocka_unit_test(guards_against_a_second_run_are_seen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
