/* The policies that are shipped: each loads, and its own examples hold. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "guardian/policy/policy.h"

static const struct gd_policy *load(const char *name, struct gd_arena *arena)
{
    struct gd_error err = {0};
    const struct gd_policy *policy = NULL;
    if (gd_policy_load(name, arena, &policy, &err).code != GD_OK)
        fail_msg("%s: %s (%s)", name, err.text, err.hint);
    return policy;
}

static size_t print_failures(const struct gd_policy *policy, struct gd_arena *arena)
{
    const struct gd_example_result *results = NULL;
    size_t failures = 0;
    size_t count = gd_policy_check_examples(policy, arena, &results, &failures);
    for (size_t i = 0; i < count; i++)
        if (results[i].wrong != NULL)
            print_message("%s: %s\n", gd_ground_text(&results[i].ground, arena), results[i].wrong);
    assert_true(count > 5);
    return failures;
}

static void the_examples_of_every_shipped_policy_hold(void **state)
{
    (void)state;
    gd_auto_arena arena = gd_arena_new();
    size_t count = 0;
    for (; gd_policy_builtin(count) != NULL; count++) {
        const char *name = gd_policy_builtin(count)->name;
        const struct gd_policy *policy = load(name, arena);
        assert_string_equal(gd_policy_name(policy), name);
        assert_string_equal(gd_policy_file(policy), gd_arena_printf(arena, "%s.yaml", name));
        assert_true(gd_policy_about(policy)[0] != '\0');
        assert_int_equal(print_failures(policy, arena), 0);
    }
    assert_int_equal(count, 4);
}

static void the_files_that_are_installed_are_the_ones_built_in(void **state)
{
    (void)state;
    gd_auto_arena arena = gd_arena_new();
    for (size_t i = 0; gd_policy_builtin(i) != NULL; i++) {
        const char *path =
            gd_arena_printf(arena, GD_SOURCE_DIR "/policies/%s.yaml", gd_policy_builtin(i)->name);
        const struct gd_policy *policy = load(path, arena);
        assert_string_equal(gd_policy_file(policy), path);
        assert_int_equal(print_failures(policy, arena), 0);
    }
}

static void an_example_that_does_not_hold_is_told_with_both_lines(void **state)
{
    (void)state;
    gd_auto_arena arena = gd_arena_new();
    static const char text[] = "policy: mine\n"
                               "extends: strict\n"
                               "examples:\n"
                               "  - {class: destructive, loses: data, expect: go, scope: none}\n"
                               "  - {class: none, expect: go}\n";
    struct gd_error err = {0};
    const struct gd_policy *policy = NULL;
    assert_int_equal(
        gd_policy_load_text("mine.yaml", text, strlen(text), arena, &policy, &err).code, GD_OK);
    const struct gd_example_result *results = NULL;
    size_t failures = 0;
    assert_int_equal(gd_policy_check_examples(policy, arena, &results, &failures), 2);
    assert_int_equal(failures, 1);
    assert_int_equal(results[0].ground.line, 4);
    assert_non_null(strstr(results[0].wrong, "the action is \"approve\", not \"go\""));
    assert_non_null(strstr(results[0].wrong, "scope is \"database\", not \"none\""));
    assert_non_null(strstr(results[0].wrong, "(strict.yaml:"));
    assert_null(results[1].wrong);
}

/* ---- docs/policies.md shows the same table ---- */

static const struct {
    const char *title;
    enum gd_class class;
    enum gd_loss loses;
    enum gd_scope scope;
} columns[] = {
    {"additive", GD_CLASS_ADDITIVE, GD_LOSES_NOTHING, GD_SCOPE_NONE},
    {"enum", GD_CLASS_ENUM, GD_LOSES_NOTHING, GD_SCOPE_SCHEMA},
    {"loses a definition", GD_CLASS_DESTRUCTIVE, GD_LOSES_DEFINITION, GD_SCOPE_SCHEMA},
    {"loses a setting of the cluster", GD_CLASS_DESTRUCTIVE, GD_LOSES_CLUSTER, GD_SCOPE_SCHEMA},
    {"loses a sequence's value", GD_CLASS_DESTRUCTIVE, GD_LOSES_SEQUENCE, GD_SCOPE_TABLES},
    {"loses data", GD_CLASS_DESTRUCTIVE, GD_LOSES_DATA, GD_SCOPE_TABLES},
    {"unknown", GD_CLASS_UNKNOWN, GD_LOSES_DATA, GD_SCOPE_DATABASE},
    {"cannot be undone", GD_CLASS_DESTRUCTIVE, GD_LOSES_OUTSIDE, GD_SCOPE_NONE},
};
enum { COLUMNS = sizeof columns / sizeof columns[0] };

static const struct gd_ruling *decide(const struct gd_policy *policy, size_t column,
                                      struct gd_arena *arena)
{
    static const char *tables[] = {"public.t"};
    struct gd_finding *finding = gd_arena_zalloc(arena, 1, sizeof *finding);
    finding->class = columns[column].class;
    finding->loses = columns[column].loses;
    finding->scope = columns[column].scope;
    finding->object = "table public.t";
    if (finding->scope == GD_SCOPE_TABLES)
        finding->tables = (struct gd_texts){.items = tables, .count = 1};
    struct gd_finding **findings = gd_arena_zalloc(arena, 1, sizeof(struct gd_finding *));
    findings[0] = finding;
    struct gd_judged *judged = gd_arena_zalloc(arena, 1, sizeof *judged);
    judged->repeated = 1;
    judged->verdict = (struct gd_verdict){.class = finding->class,
                                          .loses = finding->loses,
                                          .scope = finding->scope,
                                          .lead = finding,
                                          .findings = findings,
                                          .finding_count = 1};
    struct gd_judged_file file = {.path = "m.sql", .entries = &judged, .entry_count = 1};
    struct gd_judged_file *files[] = {&file};
    struct gd_report report = {.files = files, .file_count = 1};
    const struct gd_decide_input input = {.policy = policy, .report = &report};
    const struct gd_decision *decision = NULL;
    struct gd_error err = {0};
    assert_int_equal(gd_decide(&input, arena, &decision, &err).code, GD_OK);
    return decision->rulings[0];
}

static const char *cell(const struct gd_ruling *ruling, struct gd_arena *arena)
{
    static const char *const scopes[] = {"", "schema dump", "backup of the tables in scope",
                                         "backup of the database"};
    if (ruling->action == GD_ACTION_REFUSE)
        return "refuse";
    const char *way = ruling->action == GD_ACTION_APPROVE ? "approval, " : "";
    if (ruling->backup.scope == GD_SCOPE_NONE)
        return ruling->ask == GD_ASK_ALWAYS ? "ask" : gd_arena_printf(arena, "%sgo", way);
    if (ruling->backup.scope == GD_SCOPE_SCHEMA)
        return gd_arena_printf(arena, "%sschema dump, go", way);
    return gd_arena_printf(arena, "%s%s %s, go", way,
                           ruling->backup.proof == GD_PROOF_DRILL ? "drilled" : "proven",
                           scopes[ruling->backup.scope]);
}

static const char *make_table(struct gd_arena *arena)
{
    const char *text = "| policy |";
    for (size_t i = 0; i < COLUMNS; i++)
        text = gd_arena_printf(arena, "%s %s |", text, columns[i].title);
    text = gd_arena_printf(arena, "%s\n| --- |", text);
    for (size_t i = 0; i < COLUMNS; i++)
        text = gd_arena_printf(arena, "%s --- |", text);
    for (size_t row = 0; gd_policy_builtin(row) != NULL; row++) {
        const char *name = gd_policy_builtin(row)->name;
        text = gd_arena_printf(arena, "%s\n| %s |", text, name);
        for (size_t i = 0; i < COLUMNS; i++)
            text = gd_arena_printf(arena, "%s %s |", text,
                                   cell(decide(load(name, arena), i, arena), arena));
    }
    return gd_arena_printf(arena, "%s\n", text);
}

static void the_manual_shows_the_table_that_the_policies_make(void **state)
{
    (void)state;
    gd_auto_arena arena = gd_arena_new();
    static char page[64 * 1024];
    FILE *stream = fopen(GD_SOURCE_DIR "/docs/policies.md", "re");
    assert_non_null(stream);
    page[fread(page, 1, sizeof page - 1, stream)] = '\0';
    fclose(stream);
    const char *table = make_table(arena);
    if (strstr(page, table) == NULL)
        fail_msg("docs/policies.md lacks this table:\n%s", table);
    const struct gd_ruling *ruling = decide(load("strict", arena), 5, arena);
    const char *line = gd_ground_text(ruling->grounds[0], arena);
    if (strstr(page, line) == NULL)
        fail_msg("docs/policies.md lacks this line:\n%s", line);
}

static void limits_say_where_they_stand(void **state)
{
    (void)state;
    gd_auto_arena arena = gd_arena_new();
    const struct gd_limits *limits = gd_policy_limits(load("default", arena));
    assert_int_equal(limits->lock_wait.value, 2000);
    assert_int_equal(limits->database_backup_max.value, 20ull << 30);
    assert_string_equal(limits->database_backup_max.text, "20GB");
    assert_int_equal(limits->duration_max.value, 30 * 60 * 1000);
    assert_true(limits->drift_rows_max.ground.line > 0);
    limits = gd_policy_limits(load("development", arena));
    assert_true(limits->drift_rows_max.value == UINT64_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_examples_of_every_shipped_policy_hold),
        cmocka_unit_test(the_files_that_are_installed_are_the_ones_built_in),
        cmocka_unit_test(an_example_that_does_not_hold_is_told_with_both_lines),
        cmocka_unit_test(the_manual_shows_the_table_that_the_policies_make),
        cmocka_unit_test(limits_say_where_they_stand),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
