/* What should be there after a change, by the text of its statements alone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "guardian/guard/check_own.h"

static const char go_policy[] =
    "policy: go\nabout: for a test\nrules:\n"
    "  - {class: [none, additive, enum, destructive, unknown], action: go, because: a test}\n";

static const struct gd_plan *plan_of(const char *sql, struct gd_arena *arena)
{
    struct gd_error err = {0};
    struct gd_input input = {.path = "m.sql", .text = sql, .size = strlen(sql)};
    struct gd_change *change = gd_arena_zalloc(arena, 1, sizeof *change);
    const struct gd_policy *policy = NULL;
    const struct gd_decision *decision = NULL;
    struct gd_change_options options = {.statement_bytes_max = 1 << 20};
    if (gd_change_read(&input, 1, &options, arena, change, &err).code != GD_OK ||
        gd_policy_load_text("go.yaml", go_policy, strlen(go_policy), arena, &policy, &err).code !=
            GD_OK)
        fail_msg("%s", err.text);
    struct gd_decide_input deciding = {.policy = policy, .report = change->report};
    if (gd_decide(&deciding, arena, &decision, &err).code != GD_OK)
        fail_msg("%s", err.text);
    return gd_plan_make(change, decision, NULL, arena);
}

/* "+r"public"."a" -c"public"."a":b": there or gone, kind, name, part. */
static const char *expected(const char *sql, struct gd_arena *arena)
{
    struct gd_error err = {0};
    struct gd_expectations found = {0};
    const char *out = "";
    if (gd_expect(plan_of(sql, arena), arena, &found, &err).code != GD_OK)
        fail_msg("%s", err.text);
    for (size_t i = 0; i < found.count; i++) {
        const struct gd_expected *item = &found.items[i];
        if (item->forgotten)
            continue;
        out = gd_arena_printf(arena, "%s%s%c%c%s%s%s", out, *out == '\0' ? "" : " ",
                              item->there ? '+' : '-', "rtsckv"[item->kind], item -> name,
                              *item -> part == '\0' ? "" : ":", item->part);
    }
    return out;
}

/* clang-format off */
static const struct { const char *sql, *expected; } cases[] = {
    {"CREATE TABLE public.a (n int)",                              "+r\"public\".\"a\""},
    {"CREATE TABLE \"A \"\"b\" (n int)",                           "+r\"A \"\"b\""},
    {"CREATE TEMP TABLE a (n int); CREATE TABLE pg_temp.b (n int)", ""},
    {"CREATE TABLE a (n int); DROP TABLE a",                       "-r\"a\""},
    {"DROP TABLE a; CREATE TABLE a (n int)",                       "+r\"a\""},
    {"CREATE VIEW v AS SELECT 1; DROP TABLE b CASCADE",            "-r\"b\""},
    {"CREATE SEQUENCE s; CREATE SCHEMA x",                         "+r\"s\" +s\"x\""},
    {"CREATE INDEX i ON app.a (n)",                                "+r\"app\".\"i\""},
    {"CREATE INDEX i ON app.a (n); DROP TABLE app.b",              "-r\"app\".\"b\""},
    {"CREATE INDEX ON a (n)",                                      ""},
    {"CREATE TYPE m AS ENUM ('a'); ALTER TYPE m ADD VALUE 'b''c'", "+t\"m\" +v\"m\":b'c"},
    {"ALTER TYPE m RENAME VALUE 'a' TO 'b'",                       "-v\"m\":a +v\"m\":b"},
    {"ALTER TABLE a ADD b int, DROP c",                            "+c\"a\":b -c\"a\":c"},
    {"ALTER TABLE a ADD CONSTRAINT k CHECK (n > 0)",               "+k\"a\":k"},
    {"ALTER TABLE a ADD b int; DROP TABLE a",                      "-r\"a\""},
    {"ALTER TABLE a ADD b int; ALTER TABLE a RENAME b TO c",       ""},
    {"SET search_path = x; CREATE TABLE a (n int); CREATE TABLE x.b (n int)", "+r\"x\".\"b\""},
    {"CREATE TABLE a (n int); CALL p()",                           ""},
    {"BEGIN; CREATE TABLE a (n int); ROLLBACK",                    ""},
    {"BEGIN; SAVEPOINT s; CREATE TABLE a (n int); ROLLBACK TO s; CREATE TABLE b (n int); COMMIT", "+r\"b\""},
    {"INSERT INTO a VALUES (1); SELECT 1",                         ""},
};
/* clang-format on */

static void what_is_expected_is_what_the_text_says_for_sure(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        gd_auto_arena arena = gd_arena_new();
        const char *got = expected(cases[i].sql, arena);
        if (strcmp(got, cases[i].expected) != 0)
            fail_msg("%s\n  gives   %s\n  wanted  %s", cases[i].sql, got, cases[i].expected);
    }
}

static void what_was_added_not_valid_is_known(void **state)
{
    (void)state;
    gd_auto_arena arena = gd_arena_new();
    struct gd_error err = {0};
    struct gd_expectations found = {0}, unnamed = {0};
    const char *named = "ALTER TABLE a ADD CONSTRAINT k CHECK (n > 0) NOT VALID";
    assert_int_equal(gd_expect(plan_of(named, arena), arena, &found, &err).code, GD_OK);
    assert_true(gd_texts_has(&found.not_valid, "k") && !found.any_not_valid);
    const char *bare = "ALTER TABLE a ADD FOREIGN KEY (n) REFERENCES b NOT VALID";
    assert_int_equal(gd_expect(plan_of(bare, arena), arena, &unnamed, &err).code, GD_OK);
    assert_true(unnamed.any_not_valid);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_expected_is_what_the_text_says_for_sure),
        cmocka_unit_test(what_was_added_not_valid_is_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
