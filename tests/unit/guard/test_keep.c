/* What files declare, what a statement touches of it, and what is left of the statement. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "guardian/guard/keep_own.h"
#include "guardian/sql/parse.h"

struct work {
    struct gd_arena *arena;
    const char *sql, *result;
    const struct gd_keeping *keep;
    const struct gd_survey *survey;
    struct gd_texts path;
};

static void deeply(gd_deep_fn *call, struct work *work)
{
    struct gd_error err = {0};
    if (gd_deep_call(call, work, &err).code != GD_OK)
        fail_msg("%s", err.text);
}

/* ---- what files declare ---- */

static const struct gd_keeping *read_text(const char *text, struct gd_arena *arena,
                                          struct gd_error *err)
{
    char path[] = "/tmp/guardian-keep-XXXXXX.sql";
    const char *item = path;
    const struct gd_keeping *keep = NULL;
    int file = mkstemps(path, 4);
    assert_true(file >= 0 && write(file, text, strlen(text)) == (ssize_t)strlen(text));
    assert_int_equal(close(file), 0);
    struct gd_keep_options options = {.items = &item, .item_count = 1};
    struct gd_status status = gd_keep_load(&options, arena, &keep, err);
    assert_int_equal(unlink(path), 0);
    return status.code == GD_OK ? keep : NULL;
}

static const char *declared(const char *text, struct gd_arena *arena)
{
    struct gd_error err = {0};
    const char *out = "";
    const struct gd_keeping *keep = read_text(text, arena, &err);
    if (keep == NULL)
        return gd_arena_strdup(arena, err.text);
    for (size_t i = 0; i < keep->object_count; i++) {
        const struct gd_keep_object *object = &keep->objects[i];
        if (object->gone)
            continue;
        out = gd_arena_printf(
            arena, "%s%s%s %s%s%s%s%s%s", out, *out == '\0' ? "" : "; ",
            gd_keep_kind_name(object->kind), object->schema, *object->schema == '\0' ? "" : ".",
            object->table, *object->table == '\0' ? "" : ".", object->name,
            object->path == NULL ? "" : gd_arena_printf(arena, "@%s", object->path->items[0]));
    }
    return out;
}

/* clang-format off */
static const struct { const char *sql, *expected; } declarations[] = {
    {"CREATE INDEX i ON app.a (n)",                              "index app.a.i"},
    {"CREATE INDEX ON a (n)",                                    "index a."},
    {"CREATE UNIQUE INDEX IF NOT EXISTS \"I\" ON a (n)",         "index a.I"},
    {"ALTER TABLE a ALTER b SET DEFAULT 1, ALTER c SET NOT NULL", "default a.b; not null a.c"},
    {"ALTER TABLE a ADD COLUMN IF NOT EXISTS b int DEFAULT 1 NOT NULL", "column a.b; default a.b; not null a.b"},
    {"ALTER TABLE a ADD b int REFERENCES c",                     "column a.b; constraint a."},
    {"ALTER TABLE a ADD CONSTRAINT k CHECK (n > 0), ADD UNIQUE (n)", "constraint a.k; constraint a."},
    {"CREATE TABLE a (n serial PRIMARY KEY, CONSTRAINT k UNIQUE (n))", "table a; column a.n; default a.n; constraint a.; constraint a.k"},
    {"CREATE TEMP TABLE a (n int)",                              ""},
    {"CREATE TABLE a AS SELECT 1; CREATE MATERIALIZED VIEW m AS SELECT 1", "table a; view m"},
    {"CREATE TYPE t AS ENUM (); CREATE TYPE x.u AS (n int); CREATE DOMAIN d AS int", "type t; type x.u; type d"},
    {"CREATE TRIGGER g BEFORE UPDATE ON a EXECUTE FUNCTION f()", "trigger a.g"},
    {"CREATE VIEW v AS SELECT 1; CREATE SEQUENCE s; CREATE FUNCTION x.f() RETURNS int LANGUAGE sql AS 'SELECT 1'", "view v; sequence s; function x.f"},
    {"CREATE EXTENSION IF NOT EXISTS pgcrypto; CREATE SCHEMA app", "extension pgcrypto; schema app"},
    {"CREATE POLICY p ON a; CREATE RULE r AS ON INSERT TO a DO NOTHING", "policy a.p; rule a.r"},
    {"DROP TRIGGER IF EXISTS g ON a; CREATE TRIGGER g BEFORE UPDATE ON a EXECUTE FUNCTION f()", "trigger a.g"},
    {"CREATE INDEX i ON a (n); DROP INDEX i",                    ""},
    {"CREATE INDEX i ON x.a (n); DROP INDEX y.i",                "index x.a.i"},
    {"CREATE TABLE a (n int DEFAULT 1); CREATE INDEX i ON a (n); DROP TABLE a", ""},
    {"ALTER TABLE a ADD b int DEFAULT 1, ADD c int; ALTER TABLE a DROP b", "column a.c"},
    {"ALTER TABLE a ALTER b SET DEFAULT 1; ALTER TABLE a ALTER b DROP DEFAULT", ""},
    {"CREATE INDEX i ON a (n); ALTER INDEX i RENAME TO j",       "index a.j"},
    {"CREATE TABLE a (n int); ALTER TABLE a RENAME n TO m; ALTER TABLE a RENAME TO b", "table b; column b.m"},
    {"DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_class) THEN CREATE INDEX i ON a (n); ELSE CREATE INDEX j ON a (n); END IF; END $$", "index a.i; index a.j"},
    {"DO $$ BEGIN EXECUTE 'CREATE INDEX i ON a (n)'; EXCEPTION WHEN OTHERS THEN NULL; END $$", "index a.i"},
    {"SET search_path = app, public; CREATE TABLE a (); RESET search_path; CREATE TABLE b ()", "table a@app; table b"},
    {"\\set ON_ERROR_STOP on\n\\echo making\nCREATE TABLE a ();\n\\timing\n", "table a"},
    {"INSERT INTO a VALUES (1); GRANT SELECT ON a TO PUBLIC",    ""},
};
/* clang-format on */

static void a_file_declares_what_it_leaves_behind(void **state)
{
    (void)state;
    gd_auto_arena arena = gd_arena_new();
    for (size_t i = 0; i < sizeof declarations / sizeof declarations[0]; i++) {
        const char *found = declared(declarations[i].sql, arena);
        if (strcmp(found, declarations[i].expected) != 0)
            fail_msg("%s: %s", declarations[i].sql, found);
    }
}

static void what_nobody_can_tell_is_said(void **state)
{
    (void)state;
    gd_auto_arena arena = gd_arena_new();
    struct gd_error err = {0};
    const struct gd_keeping *keep =
        read_text("DO $$ DECLARE t text; BEGIN EXECUTE 'CREATE INDEX ON ' || t || ' (n)'; END $$",
                  arena, &err);
    assert_non_null(keep);
    assert_int_equal(gd_keep_notes(keep)->count, 1);
    assert_non_null(strstr(gd_keep_notes(keep)->items[0], ":1: this DO block runs texts"));
    assert_null(read_text("CREATE TABLE a (;", arena, &err));
    assert_non_null(strstr(err.text, ".sql:1:17: could not read what it declares"));
}

/* ---- what is left of a statement ---- */

/* clang-format off */
static const struct { const char *sql, *out, *left; } cuts[] = {
    {"DROP INDEX a, b",                       "10", "DROP INDEX b"},
    {"DROP INDEX a, b",                       "01", "DROP INDEX a"},
    {"DROP INDEX CONCURRENTLY IF EXISTS x.a, \"b,c\", d", "101", "DROP INDEX CONCURRENTLY IF EXISTS \"b,c\""},
    {"DROP TABLE a, b CASCADE",               "01", "DROP TABLE a CASCADE"},
    {"DROP TABLE a, b CASCADE",               "10", "DROP TABLE b CASCADE"},
    {"DROP TABLE a, b RESTRICT",              "01", "DROP TABLE a"},
    {"DROP FUNCTION f(int, text), g(int)",    "10", "DROP FUNCTION g(int)"},
    {"DROP MATERIALIZED VIEW a, b",           "10", "DROP MATERIALIZED VIEW b"},
    {"ALTER TABLE ONLY x.t DROP COLUMN a, ADD b numeric(10, 2) DEFAULT f(1, 2), DROP CONSTRAINT c", "101",
     "ALTER TABLE ONLY x.t ADD b numeric(10, 2) DEFAULT f(1, 2)"},
    {"ALTER TABLE IF EXISTS t /* a, b */ ALTER a DROP DEFAULT, -- c, d\n DROP e", "10", "ALTER TABLE IF EXISTS t /* a, b */ DROP e"},
    {"ALTER TABLE t ALTER a TYPE int USING (array[1,2])[1], DROP b", "01", "ALTER TABLE t ALTER a TYPE int USING (array[1,2])[1]"},
    {"ALTER TABLE t DROP a, DROP b, DROP c",  "010", "ALTER TABLE t DROP a, DROP c"},
    {"ALTER TABLE \"drop\" DROP drop, DROP b", "10", "ALTER TABLE \"drop\" DROP b"},
};
/* clang-format on */

static struct gd_status cut(void *context, struct gd_error *err)
{
    struct work *work = context;
    struct gd_parsed parsed;
    struct gd_refusal refusal;
    (void)err;
    const char *mask = work->result;
    struct gd_keep_part parts = {.count = strlen(mask)};
    parts.out = gd_arena_zalloc(work->arena, parts.count, sizeof *parts.out);
    for (size_t i = 0; i < parts.count; i++)
        parts.out[i] = mask[i] == '1';
    assert_true(gd_parse(work->sql, strlen(work->sql), work->arena, &parsed, &refusal));
    work->result = gd_keep_cut(work->sql, parsed.statements[0], &parts, work->arena);
    return GD_DONE;
}

static void what_is_left_is_the_rest_of_the_same_statement(void **state)
{
    (void)state;
    gd_auto_arena arena = gd_arena_new();
    for (size_t i = 0; i < sizeof cuts / sizeof cuts[0]; i++) {
        struct work work = {.arena = arena, .sql = cuts[i].sql, .result = cuts[i].out};
        deeply(cut, &work);
        if (work.result == NULL || strcmp(work.result, cuts[i].left) != 0)
            fail_msg("%s: %s", cuts[i].sql, work.result == NULL ? "nothing" : work.result);
    }
}

/* ---- what is touched ---- */

static const int16_t first[] = {1}, second[] = {2}, both[] = {1, 2};
static const struct gd_column columns[] = {
    {.number = 1, .name = "id", .not_null = true, .default_sql = "1", .type = "integer"},
    {.number = 2, .name = "team", .default_sql = "7", .type = "integer"},
};
static const struct gd_constraint constraints[] = {
    {.oid = 20, .name = "a_pkey", .type = 'p', .columns = first, .column_count = 1},
    {.oid = 21,
     .name = "a_team_fkey",
     .type = 'f',
     .columns = second,
     .column_count = 1,
     .referenced = "public.teams",
     .referenced_oid = 11},
    {.oid = 22, .name = "a_team_check", .type = 'c', .columns = second, .column_count = 1},
    {.oid = 23, .name = "a_id_team_key", .type = 'u', .columns = both, .column_count = 2},
};
static const struct gd_index indexes[] = {
    {.oid = 30, .schema = "public", .name = "a_team_idx", .columns = second, .column_count = 1},
    {.oid = 31, .schema = "public", .name = "other", .columns = both, .column_count = 2},
};
static const struct gd_relation relations[] = {
    {.oid = 10,
     .schema = "public",
     .name = "a",
     .qualified = "public.a",
     .kind = 'r',
     .columns = columns,
     .column_count = 2,
     .constraints = constraints,
     .constraint_count = 4,
     .indexes = indexes,
     .index_count = 2},
    {.oid = 30, .schema = "public", .name = "a_team_idx", .kind = 'i', .index_table_oid = 10},
    {.oid = 31, .schema = "public", .name = "other", .kind = 'i', .index_table_oid = 10},
};
static const char *const search_path[] = {"public"};
/* The index over both columns goes with one of them. */
static const struct gd_dependency dependencies[] = {
    {.object = {GD_PG_CLASS, 31, 0}, .needs = {GD_PG_CLASS, 10, 2}, .type = 'a'},
};
static const struct gd_survey survey = {
    .search_path = search_path,
    .search_path_count = 1,
    .relations = relations,
    .relation_count = 3,
    .dependencies = dependencies,
    .dependency_count = 1,
    .complete = true,
};

static struct gd_status look(void *context, struct gd_error *err)
{
    struct work *work = context;
    struct gd_texts spared = {0};
    struct gd_keep_look in = {work->keep, &survey, &work->path, &spared, work->arena};
    struct gd_keep_found found = gd_keep_look(&in, work->sql, strlen(work->sql));
    (void)err;
    work->result = "";
    for (size_t i = 0; i < found.touch_count; i++)
        work->result = gd_arena_printf(work->arena, "%s%s%s %s%s", work->result, i == 0 ? "" : "; ",
                                       gd_keep_want_name(found.touches[i].want),
                                       found.touches[i].object, found.touches[i].fixed ? "!" : "");
    if (found.tag != NULL)
        work->result = gd_arena_printf(work->arena, "%s = %s", work->result, found.tag);
    if (found.left != NULL)
        work->result = gd_arena_printf(work->arena, "%s > %s", work->result, found.left);
    return GD_DONE;
}

/* clang-format off */
static const struct { const char *file, *sql, *expected; } touches[] = {
    {"CREATE INDEX ON a (team)", "DROP INDEX a_team_idx", "drop index public.a_team_idx = DROP INDEX"},
    {"CREATE INDEX ON a (team)", "DROP INDEX other", ""},
    {"CREATE INDEX ON a (id, team)", "DROP INDEX public.other", "drop index public.other = DROP INDEX"},
    {"CREATE UNIQUE INDEX ON a (team)", "DROP INDEX a_team_idx", ""},
    {"CREATE INDEX ON x.a (team)", "DROP INDEX a_team_idx", ""},
    {"SET search_path = x; CREATE INDEX ON a (team)", "DROP INDEX a_team_idx", ""},
    {"CREATE INDEX gone ON a (team)", "DROP INDEX gone", ""},
    {"ALTER TABLE a ADD FOREIGN KEY (team) REFERENCES teams", "ALTER TABLE a DROP CONSTRAINT a_team_fkey",
     "drop constraint a_team_fkey on public.a = ALTER TABLE"},
    {"ALTER TABLE a ADD FOREIGN KEY (id) REFERENCES teams", "ALTER TABLE a DROP CONSTRAINT a_team_fkey", ""},
    {"ALTER TABLE a ADD FOREIGN KEY (team) REFERENCES others", "ALTER TABLE a DROP CONSTRAINT a_team_fkey", ""},
    {"ALTER TABLE a ADD CHECK (team > 0)", "ALTER TABLE a DROP CONSTRAINT a_team_check", "drop constraint a_team_check on public.a = ALTER TABLE"},
    {"ALTER TABLE a ADD CHECK (id > 0)", "ALTER TABLE a DROP CONSTRAINT a_team_check", ""},
    {"ALTER TABLE a ADD UNIQUE (id, team)", "ALTER TABLE a DROP CONSTRAINT a_id_team_key", "drop constraint a_id_team_key on public.a = ALTER TABLE"},
    {"ALTER TABLE a ADD UNIQUE (team, id)", "ALTER TABLE a DROP CONSTRAINT a_id_team_key", ""},
    {"CREATE TABLE a (id int PRIMARY KEY)", "ALTER TABLE a DROP CONSTRAINT a_pkey", "drop constraint a_pkey on public.a = ALTER TABLE"},
    {"ALTER TABLE a ALTER team SET DEFAULT 7", "ALTER TABLE a ALTER team DROP DEFAULT, ADD x int",
     "drop default of public.a.team > ALTER TABLE a ADD x int"},
    {"ALTER TABLE a ALTER team SET DEFAULT 7", "ALTER TABLE a ALTER team SET DEFAULT 7", ""},
    {"ALTER TABLE a ALTER team SET DEFAULT 7", "ALTER TABLE a ALTER team SET DEFAULT 8", "change default of public.a.team = ALTER TABLE"},
    {"CREATE INDEX other ON a (id, team)", "ALTER TABLE a DROP team", "take along index public.other!"},
    {"CREATE INDEX other ON a (id, team)", "ALTER TABLE a ALTER team TYPE bigint", ""},
    {"CREATE INDEX other ON a (id, team)", "DROP TABLE a", ""},
    {"CREATE INDEX other ON a (id, team)", "ALTER INDEX other RENAME TO x", "rename index public.other = ALTER INDEX"},
    {"CREATE TABLE a ()", "ALTER TABLE a RENAME TO b", "rename table public.a!"},
    {"CREATE TABLE a ()", "DROP TABLE a", "drop table public.a = DROP TABLE"},
    {"CREATE TABLE a ()", "ALTER TABLE a DROP id", ""},
    {"CREATE TABLE a (team int)", "ALTER TABLE a DROP team, ADD team text", "drop column public.a.team; make again column public.a.team = ALTER TABLE"},
    {"CREATE INDEX ON a (team)", "DROP INDEX a_team_idx; SELECT 1", "drop index public.a_team_idx >  DO 'BEGIN END'; SELECT 1"},
    {"CREATE INDEX ON a (team)", "-- x\nDROP INDEX other; -- y\n DROP INDEX a_team_idx;", "drop index public.a_team_idx > -- x\nDROP INDEX other; DO 'BEGIN END';"},
};
/* clang-format on */

static void what_is_declared_and_there_is_touched(void **state)
{
    (void)state;
    gd_auto_arena arena = gd_arena_new();
    struct gd_error err = {0};
    for (size_t i = 0; i < sizeof touches / sizeof touches[0]; i++) {
        struct work work = {.arena = arena, .sql = touches[i].sql};
        work.keep = read_text(touches[i].file, arena, &err);
        assert_non_null(work.keep);
        gd_texts_add(&work.path, "public", arena);
        deeply(look, &work);
        if (strcmp(work.result, touches[i].expected) != 0)
            fail_msg("%s, %s: \"%s\"", touches[i].file, touches[i].sql, work.result);
    }
}

static void names_are_patterns(void **state)
{
    (void)state;
    gd_auto_arena arena = gd_arena_new();
    static const char *const items[] = {"public.a.team", "public.*_idx"};
    struct gd_keep_options options = {.items = items, .item_count = 2};
    struct work work = {.arena = arena};
    struct gd_error err = {0};
    assert_int_equal(gd_keep_load(&options, arena, &work.keep, &err).code, GD_OK);
    work.sql = "ALTER TABLE a DROP team; DROP INDEX a_team_idx, other";
    deeply(look, &work);
    assert_string_equal(work.result, "drop column public.a.team; drop index public.a_team_idx > "
                                     " DO 'BEGIN END'; DROP INDEX other");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_declares_what_it_leaves_behind),
        cmocka_unit_test(what_nobody_can_tell_is_said),
        cmocka_unit_test(what_is_left_is_the_rest_of_the_same_statement),
        cmocka_unit_test(what_is_declared_and_there_is_touched),
        cmocka_unit_test(names_are_patterns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
