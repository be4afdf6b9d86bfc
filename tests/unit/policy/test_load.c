/* What a policy file may say, and what is said of one that is wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "guardian/policy/policy.h"

/* clang-format off */
#define RULES "rules:\n  - {action: go, because: x}\n"
#define RULE(body) "policy: p\nrules:\n  - {" body "}\n"

static const struct { const char *text, *error, *hint; } bad[] = {
    /* nothing, or no mapping */
    {"",                            "p.yaml:1:1: the file is empty", ""},
    {"# only a comment\n",          "p.yaml:1:1: the file is empty", ""},
    {"---\n",                       "p.yaml:1:1: the file is empty", ""},
    {"- a\n",                       "p.yaml:1:1: the file must hold keys with values, and this is a list", ""},
    {"policy\n",                    "p.yaml:1:1: the file must hold keys with values, and this is a single value", ""},

    /* no YAML, no text */
    {"policy: p\n\tabout: x\n",     "p.yaml:2:1: a line is indented with a tab, which YAML does not take", "Indent with blanks."},
    {"policy: [p\nrules: x\n",      "p.yaml:2:6: this is no YAML", ""},
    {"policy: 'p\n",                "p.yaml:2:1: this is no YAML: found unexpected end of stream, while scanning a quoted scalar that begins on line 1", ""},
    {"policy: p\n about: x\n",      "p.yaml:2:7: this is no YAML: mapping values are not allowed in this context", ""},
    {"policy: p\nabout: \xff\xfe\n", "p.yaml:2:8: this is no UTF-8 text", ""},
    {"policy: \"a\\0b\"\n" RULES,   "p.yaml:1:9: this text holds a control character", ""},
    {"policy: \"a\\e[31m\"\n" RULES, "p.yaml:1:9: this text holds a control character", ""},

    /* anchors, aliases, tags, documents, depth */
    {"policy: &a p\n",              "p.yaml:1:9: anchors, aliases and tags (\"a\") are not read here", "needs quotes"},
    {"policy: *a\n",                "p.yaml:1:9: anchors, aliases and tags (\"a\") are not read here", "Write the value out"},
    {"policy: !!str p\n",           "p.yaml:1:9: anchors, aliases and tags (\"tag:yaml.org,2002:str\")", ""},
    {"policy: p\n" RULES "---\npolicy: q\n", "p.yaml:4:1: a second document begins here", ""},
    {"a: [[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]\n", "values are nested more than 16 levels deep", ""},
    {"? [a, b]\n: c\n",             "p.yaml:1:3: a key must be a single word", ""},

    /* keys */
    {"polcy: p\n" RULES,            "p.yaml:1:1: there is no key \"polcy\" here", "Did you mean \"policy\"?"},
    {"policy: p\nruels:\n  - {}\n", "p.yaml:2:1: there is no key \"ruels\" here", "Did you mean \"rules\"?"},
    {"policy: p\nzzzzzz: 1\n",      "p.yaml:2:1: there is no key \"zzzzzz\" here", "It can be policy, about, extends"},
    {"policy: p\nlimits:\n  lock_wiat: 2s\n", "p.yaml:3:3: there is no key \"lock_wiat\" here", "Did you mean \"lock_wait\"?"},
    {RULE("clas: [enum], action: go, because: x"), "p.yaml:3:6: there is no key \"clas\" here", "Did you mean \"class\"?"},
    {"policy: p\n" RULES "policy: q\n", "p.yaml:4:1: key \"policy\" was given before, on line 1", ""},
    {RULE("action: go, because: x, action: refuse"), "p.yaml:3:30: key \"action\" was given before, on line 3", ""},
    {"about: x\n" RULES,            "p.yaml:1:1: the file lacks the key \"policy\"", ""},
    {RULE("because: x"),            "p.yaml:3:5: this entry of \"rules\" lacks the key \"action\"", ""},
    {RULE("action: go"),            "p.yaml:3:5: this entry of \"rules\" lacks the key \"because\"", ""},
    {"policy: p\nprotected:\n  - objects: [a.b]\n" RULES, "p.yaml:3:5: this entry of \"protected\" lacks the key \"because\"", ""},

    /* kinds of values */
    {RULE("class: destructive, action: go, because: x"), "p.yaml:3:13: \"class\" takes a list, and this is a single value", "Write: class: [destructive]"},
    {RULE("action: [go], because: x"), "p.yaml:3:14: \"action\" takes one word, and this is a list", ""},
    {RULE("action: go, because: {a: b}"), "p.yaml:3:27: \"because\" takes a text, and this is a mapping", ""},
    {"policy: p\nrules: x\n",       "p.yaml:2:8: \"rules\" takes a list, and this is a single value", ""},
    {"policy: p\nrules: []\n",      "p.yaml:2:8: the list of \"rules\" is empty", "Leave the key out"},
    {"policy: p\nrules: [x]\n",     "p.yaml:2:9: \"rules\" takes keys with values, and this is a single value", ""},
    {"policy: p\nlimits: 5\n" RULES, "p.yaml:2:9: \"limits\" takes keys with values", ""},
    {"policy:\n" RULES,             "\"policy\" has no value", ""},
    {"policy: ~\n" RULES,           "p.yaml:1:9: \"policy\" has no value", ""},
    {"policy: '  '\n" RULES,        "p.yaml:1:9: \"policy\" has no value", ""},
    {RULE("action: , because: x"),  "p.yaml:3:14: \"action\" has no value", "It can be go, back up, approve or refuse."},

    /* words */
    {RULE("class: [destructve], action: go, because: x"), "p.yaml:3:14: \"class\" cannot be \"destructve\"", "Did you mean \"destructive\"?"},
    {RULE("loses: [rows], action: go, because: x"), "p.yaml:3:14: \"loses\" cannot be \"rows\"", "It can be nothing, definition, sequence, data, cluster or outside."},
    {RULE("action: Go, because: x"), "p.yaml:3:14: \"action\" cannot be \"Go\"", "Did you mean \"go\"?"},
    {RULE("action: 1, because: x"), "p.yaml:3:14: \"action\" cannot be \"1\"", ""},
    {RULE("action: backup, scope: tables, because: x"), "\"action\" cannot be \"backup\"", "Did you mean \"back up\"?"},
    {RULE("empty: flase, action: go, because: x"), "p.yaml:3:13: \"empty\" cannot be \"flase\"", "It can be no or yes."},
    {"policy: p\nwaivers: honor\n" RULES, "p.yaml:2:10: \"waivers\" cannot be \"honor\"", "Did you mean \"honour\"?"},

    /* units */
    {"policy: p\nlimits:\n  lock_wait: 2\n" RULES, "p.yaml:3:14: \"lock_wait\": \"2\" is not a duration like 30s (units: ms, s, min, h, d)", ""},
    {"policy: p\nlimits:\n  lock_wait: 2sec\n" RULES, "p.yaml:3:14: \"lock_wait\": \"2sec\" is not a duration", ""},
    {"policy: p\nlimits:\n  database_backup_max: 2Gb\n" RULES, "is not a size like 20GB (units: B, kB, MB, GB, TB) or \"unlimited\"; is \"GB\" meant?", ""},
    {"policy: p\nlimits:\n  drift_rows_max: many\n" RULES, "p.yaml:3:19: \"drift_rows_max\": \"many\" is not a number like 1000", ""},
    {"policy: p\nlimits:\n  drift_rows_max: -1\n" RULES, "\"-1\" is not a number", ""},
    {"policy: p\nlimits:\n  database_backup_max: 99999999999TB\n" RULES, "is too large", ""},

    /* what contradicts itself */
    {RULE("action: go, scope: schema, because: x"), "p.yaml:3:25: \"scope\" means nothing here: action \"go\" makes no backup", ""},
    {RULE("action: refuse, proof: drill, because: x"), "p.yaml:3:29: \"proof\" means nothing here: what is refused needs no backup", ""},
    {RULE("action: back up, because: x"), "p.yaml:3:14: action \"back up\" does not say what the backup must hold", "Add scope: schema"},
    {RULE("action: approve, because: x"), "p.yaml:3:14: action \"approve\" does not say", "Add scope: schema"},
    {RULE("action: back up, scope: none, because: x"), "p.yaml:3:30: action \"back up\" with scope \"none\" makes no backup", "Write action: go"},
    {RULE("action: back up, scope: schema, sealed: auto, because: x"), "p.yaml:3:46: \"sealed\" means nothing here: scope \"schema\" holds no rows", ""},
    {"policy: p\nwaivers_may_lift: [backup]\n" RULES, "p.yaml:2:19: \"waivers_may_lift\" has no effect while waivers do not count", "Add: waivers: honour"},
    {"policy: p\nwaivers: ignore\nwaivers_may_lift: [backup]\n" RULES, "p.yaml:3:19: \"waivers_may_lift\" has no effect", ""},
    {"policy: p\n",                 "p.yaml:1:1: the policy has no rules", "extends: default"},
    {"policy: p\n" RULES "  - {class: [enum], action: refuse, because: y}\n", "p.yaml:4:5: this rule can never decide: the one on line 3 matches all that it does", "Put the narrower one first."},
    {"policy: p\nrules:\n  - {class: [enum, additive], action: go, because: x}\n  - {class: [enum], loses: [data], action: refuse, because: y}\n", "p.yaml:4:5: this rule can never decide", ""},

    /* patterns, ids, environments */
    {RULE("objects: [users], action: go, because: x"), "p.yaml:3:16: pattern \"users\": \"users\" names no schema: write users.* for all in that schema, *.users for that table in every schema", ""},
    {RULE("objects: [a.b.c.d], action: go, because: x"), "pattern \"a.b.c.d\": a pattern has at most three parts", ""},
    {RULE("objects: [a..b], action: go, because: x"), "a part of the pattern is empty", ""},
    {RULE("objects: [rol app], action: go, because: x"), "\"rol\" is no kind of object that stands in no schema (\"role\"?)", ""},
    {RULE("objects: [role a.b], action: go, because: x"), "a role has a name of one part", ""},
    {RULE("objects: ['public.f(integer)'], action: go, because: x"), "a pattern has no arguments", ""},
    {RULE("rule: [DROP], action: go, because: x"), "p.yaml:3:13: \"DROP\" is no id of a rule", "A015"},
    {RULE("environment: [production], action: go, because: x"), "p.yaml:3:20: \"production\" is none of the policy's environments", "environments: [production, staging]"},
    {"policy: p\nenvironments: [production, staging]\nrules:\n  - {environment: [prodution], action: go, because: x}\n", "p.yaml:4:20: \"prodution\" is none of the policy's environments", "Did you mean \"production\"? It can be production or staging."},
    {"policy: p\nenvironments: [a, a]\n" RULES, "p.yaml:2:19: environment \"a\" is named twice", ""},
    {"policy: p\n" RULES "examples:\n  - {class: enum, environment: x, expect: go}\n", "p.yaml:5:32: \"x\" is none of the policy's environments", ""},
    {"policy: p\nenvironments: [a]\nrules:\n  - {environment: [a], action: go, because: x}\nexamples:\n  - {class: enum, expect: go}\n", "p.yaml:6:5: this example names no environment", ""},
    {"policy: p\n" RULES "examples:\n  - {class: enum, database: big, expect: go}\n", "p.yaml:5:29: \"big\" is not a size", ""},

    /* extends */
    {"policy: p\nextends: strikt\n", "p.yaml:2:10: extends \"strikt\": there is no policy \"strikt\"", "Did you mean \"strict\"?"},
    {"policy: p\nextends: nowhere/x.yaml\n", "p.yaml:2:10: extends \"nowhere/x.yaml\": could not open policy \"nowhere/x.yaml\": No such file", ""},
};
/* clang-format on */

static struct gd_status load(const char *text, struct gd_arena *arena,
                             const struct gd_policy **out_policy, struct gd_error *err)
{
    return gd_policy_load_text("p.yaml", text, strlen(text), arena, out_policy, err);
}

static void what_is_wrong_is_told_with_its_place_and_the_right_word(void **state)
{
    (void)state;
    size_t failures = 0;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        gd_auto_arena arena = gd_arena_new();
        struct gd_error err = {0};
        const struct gd_policy *policy = NULL;
        struct gd_status status = load(bad[i].text, arena, &policy, &err);
        if (status.code == GD_USAGE && strstr(err.text, bad[i].error) != NULL &&
            strstr(err.hint, bad[i].hint) != NULL)
            continue;
        print_message("---\n%s---\nwanted %s (%s)\ngot    %s (%s)\n", bad[i].text, bad[i].error,
                      bad[i].hint, err.text, err.hint);
        failures++;
    }
    assert_int_equal(failures, 0);
}

static void a_small_policy_loads(void **state)
{
    (void)state;
    gd_auto_arena arena = gd_arena_new();
    struct gd_error err = {0};
    const struct gd_policy *policy = NULL;
    assert_int_equal(load("policy: p\n" RULES, arena, &policy, &err).code, GD_OK);
    assert_string_equal(gd_policy_name(policy), "p");
    assert_string_equal(gd_policy_about(policy), "");
    assert_int_equal(gd_policy_limits(policy)->lock_wait.value, 2000);
    assert_int_equal(gd_policy_limits(policy)->lock_wait.ground.line, 0);
}

static void a_line_ending_of_windows_and_a_mark_of_utf8_do_no_harm(void **state)
{
    (void)state;
    gd_auto_arena arena = gd_arena_new();
    struct gd_error err = {0};
    const struct gd_policy *policy = NULL;
    const char *text = "\xef\xbb\xbfpolicy: p\r\nrules:\r\n  - {action: go, because: x}\r\n";
    if (load(text, arena, &policy, &err).code != GD_OK)
        fail_msg("%s", err.text);
    assert_string_equal(gd_policy_name(policy), "p");
}

static void what_a_policy_extends_gives_what_it_does_not_say(void **state)
{
    (void)state;
    gd_auto_arena arena = gd_arena_new();
    struct gd_error err = {0};
    const struct gd_policy *policy = NULL;
    const char *text = "policy: p\nextends: strict\nlimits:\n  lock_wait: 7s\n";
    assert_int_equal(load(text, arena, &policy, &err).code, GD_OK);
    const struct gd_limits *limits = gd_policy_limits(policy);
    assert_int_equal(limits->lock_wait.value, 7000);
    assert_string_equal(limits->lock_wait.ground.file, "p.yaml");
    assert_int_equal(limits->lock_wait.ground.line, 4);
    assert_int_equal(limits->lock_retries.value, 10);
    assert_string_equal(limits->lock_retries.ground.file, "strict.yaml");
    assert_true(limits->lock_retries.ground.line > 1);
}

/* ---- hostile sizes ---- */

static char *repeat(const char *head, const char *piece, size_t times, struct gd_arena *arena)
{
    size_t head_length = strlen(head), length = strlen(piece);
    char *text = gd_arena_alloc(arena, head_length + length * times + 1);
    memcpy(text, head, head_length);
    for (size_t i = 0; i < times; i++)
        memcpy(text + head_length + i * length, piece, length);
    text[head_length + length * times] = '\0';
    return text;
}

static void hostile_files_end_with_a_clear_answer(void **state)
{
    (void)state;
    gd_auto_arena arena = gd_arena_new();
    const struct {
        const char *head, *piece;
        size_t times;
        const char *error;
    } cases[] = {
        {"", "policy: p\n", 200000, "p.yaml:1:1: the file is larger than 1024 KiB"},
        {"policy: ", "[", 500000, "nested more than 16 levels deep"},
        {"policy: p\nrules:\n", "  - {action: refuse, because: x}\n", 20000,
         "p.yaml:1003:5: \"rules\" has more than 1000 entries"},
        {"policy: p\n", "a: 1\n", 100000, "p.yaml:3:1: key \"a\" was given before, on line 2"},
        {"policy: p\nrules:\n- action: go\n  because: x\n  objects:\n", "  - a.b\n", 100000,
         "p.yaml:1006:5: \"objects\" has more than 1000 entries"},
        {"", "\xff", 1000000, "this is no UTF-8 text"},
        {"", "\t", 1000000, "a line is indented with a tab"},
        {"", "{", 1000000, "p.yaml:1:2: a key must be a single word"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct gd_error err = {0};
        const struct gd_policy *policy = NULL;
        const char *text = repeat(cases[i].head, cases[i].piece, cases[i].times, arena);
        assert_int_equal(load(text, arena, &policy, &err).code, GD_USAGE);
        if (strstr(err.text, cases[i].error) == NULL)
            fail_msg("wanted %s, got %s", cases[i].error, err.text);
    }
}

static void many_keys_are_not_compared_with_each_other_for_ever(void **state)
{
    (void)state;
    gd_auto_arena arena = gd_arena_new();
    char *text = gd_arena_strdup(arena, "");
    for (int i = 0; i < 200; i++)
        text = gd_arena_printf(arena, "%sk%d: 1\n", text, i);
    struct gd_error err = {0};
    const struct gd_policy *policy = NULL;
    assert_int_equal(load(text, arena, &policy, &err).code, GD_USAGE);
    assert_string_equal(err.text, "p.yaml:129:1: there are more than 128 keys here");
}

/* ---- names and files ---- */

static void write_file(const char *path, const char *text)
{
    FILE *stream = fopen(path, "we");
    assert_non_null(stream);
    assert_true(fputs(text, stream) >= 0);
    assert_int_equal(fclose(stream), 0);
}

static struct gd_status load_named(const char *name, struct gd_arena *arena, struct gd_error *err)
{
    const struct gd_policy *policy = NULL;
    *err = (struct gd_error){0};
    return gd_policy_load(name, arena, &policy, err);
}

static void a_policy_is_found_by_name_or_by_path(void **state)
{
    (void)state;
    gd_auto_arena arena = gd_arena_new();
    struct gd_error err;
    assert_int_equal(load_named("default", arena, &err).code, GD_OK);
    assert_int_equal(load_named("strct", arena, &err).code, GD_USAGE);
    assert_string_equal(err.text, "there is no policy \"strct\"");
    assert_non_null(strstr(err.hint, "Did you mean \"strict\"?"));
    assert_int_equal(load_named("./nowhere.yaml", arena, &err).code, GD_USAGE);
    assert_string_equal(err.text,
                        "could not open policy \"./nowhere.yaml\": No such file or directory");
    assert_int_equal(load_named("/", arena, &err).code, GD_USAGE);
    assert_string_equal(err.text, "could not read policy \"/\": it is a directory");
    assert_int_equal(load_named("/dev/zero", arena, &err).code, GD_USAGE);
    assert_string_equal(err.text, "/dev/zero:1:1: the file is larger than 1024 KiB");
}

static void files_extend_files_beside_them_and_never_themselves(void **state)
{
    (void)state;
    gd_auto_arena arena = gd_arena_new();
    char folder[] = "/tmp/guardian-policy-XXXXXX";
    assert_non_null(mkdtemp(folder));
    const char *a = gd_arena_printf(arena, "%s/a.yaml", folder);
    const char *b = gd_arena_printf(arena, "%s/b.yaml", folder);
    struct gd_error err;
    write_file(a, "policy: a\nextends: ./b.yaml\n");
    write_file(b, "policy: b\nextends: strict\n");
    assert_int_equal(load_named(a, arena, &err).code, GD_OK);

    write_file(b, "policy: b\nextends: b.yaml\n");
    assert_int_equal(load_named(b, arena, &err).code, GD_USAGE);
    assert_non_null(strstr(err.text, "/b.yaml\" extends itself"));

    write_file(b, "policy: b\nrulse:\n");
    assert_int_equal(load_named(a, arena, &err).code, GD_USAGE);
    assert_string_equal(err.text, gd_arena_printf(arena,
                                                  "%s:2:10: extends \"./b.yaml\": %s/./b.yaml:2:1: "
                                                  "there is no key \"rulse\" here",
                                                  a, folder));
    assert_int_equal(unlink(a) + unlink(b) + rmdir(folder), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_wrong_is_told_with_its_place_and_the_right_word),
        cmocka_unit_test(a_small_policy_loads),
        cmocka_unit_test(a_line_ending_of_windows_and_a_mark_of_utf8_do_no_harm),
        cmocka_unit_test(what_a_policy_extends_gives_what_it_does_not_say),
        cmocka_unit_test(hostile_files_end_with_a_clear_answer),
        cmocka_unit_test(many_keys_are_not_compared_with_each_other_for_ever),
        cmocka_unit_test(a_policy_is_found_by_name_or_by_path),
        cmocka_unit_test(files_extend_files_beside_them_and_never_themselves),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
