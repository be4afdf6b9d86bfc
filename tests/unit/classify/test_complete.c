#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "guardian/classify/classify.h"
#include "guardian/classify/rules.h"
#include "guardian/sql/parse.h"

static const char *const kind_names[] = {
    "nothing",
#define GD_KIND(name) #name,
#include "guardian/sql/tree.def"
#undef GD_KIND
    "other",
};

static const struct sample {
    const char *kind, *form, *sql;
} samples[] = {
#define SAMPLE(kind, form, sql) {#kind, form, sql},
#include "samples.def"
#undef SAMPLE
};
enum { SAMPLES = sizeof samples / sizeof samples[0] };

static const struct never {
    const char *kind, *forms, *why;
} nevers[] = {
#define NEVER(kind, forms, why) {#kind, forms, why},
#include "samples.def"
#undef NEVER
};
enum { NEVERS = sizeof nevers / sizeof nevers[0] };

/* Kinds that come in forms: the field that says which, and its enumeration. */
static const struct formed {
    const char *kind;
    enum gd_field field;
    const char *enumeration;
} formed[] = {
    {"AlterTableCmd", GD_F_subtype, "AlterTableType"},
    {"DropStmt", GD_F_remove_type, "ObjectType"},
    {"RenameStmt", GD_F_rename_type, "ObjectType"},
    {"AlterOwnerStmt", GD_F_object_type, "ObjectType"},
    {"AlterObjectSchemaStmt", GD_F_object_type, "ObjectType"},
    {"AlterObjectDependsStmt", GD_F_object_type, "ObjectType"},
    {"CommentStmt", GD_F_objtype, "ObjectType"},
    {"DefineStmt", GD_F_kind, "ObjectType"},
    {"TransactionStmt", GD_F_kind, "TransactionStmtKind"},
};
enum { FORMED = sizeof formed / sizeof formed[0] };

static bool ends_in_stmt(const char *name)
{
    size_t size = strlen(name);
    return size > 4 && strcmp(name + size - 4, "Stmt") == 0;
}

static bool has_word(const char *words, const char *word)
{
    size_t size = strlen(word);
    for (const char *at = strstr(words, word); at != NULL; at = strstr(at + 1, word))
        if ((at == words || at[-1] == ' ') && (at[size] == ' ' || at[size] == '\0'))
            return true;
    return false;
}

/* `form` NULL: any form. */
static bool is_sampled(const char *kind, const char *form)
{
    for (size_t i = 0; i < SAMPLES; i++)
        if (strcmp(samples[i].kind, kind) == 0 &&
            (form == NULL || strcmp(samples[i].form, form) == 0))
            return true;
    return false;
}

static bool is_never(const char *kind, const char *form)
{
    for (size_t i = 0; i < NEVERS; i++)
        if (strcmp(nevers[i].kind, kind) == 0 &&
            (form == NULL ? nevers[i].forms[0] == '\0' : has_word(nevers[i].forms, form)))
            return true;
    return false;
}

static bool is_undefined(const char *value)
{
    size_t size = strlen(value);
    return size > 10 && strcmp(value + size - 10, "_UNDEFINED") == 0;
}

static void every_statement_of_the_grammar_is_sampled_or_never_made(void **state)
{
    (void)state;
    const char *kind;
    for (size_t i = 0; (kind = gd_tree_kind(i)) != NULL; i++)
        if (ends_in_stmt(kind) && is_sampled(kind, NULL) == is_never(kind, NULL))
            fail_msg("%s: a sample, or the reason why the parser never makes it, and not both",
                     kind);
}

static void every_form_of_the_grammar_is_sampled_or_never_made(void **state)
{
    (void)state;
    for (size_t f = 0; f < FORMED; f++) {
        const char *form;
        for (size_t i = 0; (form = gd_tree_enum_value(formed[f].enumeration, i)) != NULL; i++)
            if (!is_undefined(form) &&
                is_sampled(formed[f].kind, form) == is_never(formed[f].kind, form))
                fail_msg("%s %s: a sample, or the reason why the parser never makes it, and not "
                         "both",
                         formed[f].kind, form);
    }
}

/* ---- the samples are what they say ---- */

struct search {
    const struct sample *sample;
    bool found;
};

static const char *form_of(const struct gd_node *node)
{
    for (size_t f = 0; f < FORMED; f++)
        if (strcmp(formed[f].kind, gd_node_kind_name(node)) == 0)
            return gd_node_enum(node, formed[f].field);
    return "";
}

static enum gd_walk search_for(const struct gd_node *node, const struct gd_node *parent,
                               void *context)
{
    (void)parent;
    struct search *search = context;
    const char *form = form_of(node);
    if (strcmp(gd_node_kind_name(node), search->sample->kind) == 0 &&
        (form[0] == '\0' || strcmp(form, search->sample->form) == 0))
        search->found = true;
    return search->found ? GD_WALK_STOP : GD_WALK_INTO;
}

struct each {
    struct gd_arena *arena;
    char problem[400];
};

static struct gd_status parse_samples(void *context, struct gd_error *err)
{
    (void)err;
    struct each *each = context;
    for (size_t i = 0; i < SAMPLES; i++) {
        struct gd_parsed parsed;
        struct gd_refusal refusal;
        struct search search = {&samples[i], false};
        if (!gd_parse(samples[i].sql, strlen(samples[i].sql), each->arena, &parsed, &refusal)) {
            snprintf(each->problem, sizeof each->problem, "%s: %s", samples[i].sql,
                     refusal.message);
            return GD_DONE;
        }
        for (size_t s = 0; s < parsed.count; s++)
            gd_node_walk(parsed.statements[s], search_for, &search);
        if (!search.found) {
            snprintf(each->problem, sizeof each->problem, "%s is no %s %s", samples[i].sql,
                     samples[i].kind, samples[i].form);
            return GD_DONE;
        }
    }
    return GD_DONE;
}

static void every_sample_is_of_its_kind_and_form(void **state)
{
    (void)state;
    gd_auto_arena arena = gd_arena_new();
    struct each each = {.arena = arena};
    struct gd_error err = {0};
    assert_int_equal(gd_deep_call(parse_samples, &each, &err).code, GD_OK);
    if (each.problem[0] != '\0')
        fail_msg("%s", each.problem);
}

/* ---- and a rule speaks for each ---- */

static bool speaks_for(const struct gd_judged *entry, const char *kind, bool *out_without)
{
    bool spoken = false;
    for (size_t i = 0; i < entry->verdict.finding_count; i++) {
        const struct gd_finding *finding = entry->verdict.findings[i];
        if (strcmp(finding->rule->id, "Z003") == 0)
            *out_without = true;
        spoken = spoken || strcmp(kind_names[finding->rule->kind], kind) == 0;
    }
    return spoken;
}

static const char *problem_of(const struct sample *sample, struct gd_arena *arena)
{
    struct gd_input input = {.path = "-", .text = sample->sql, .size = strlen(sample->sql)};
    struct gd_report *report;
    struct gd_error err = {0};
    if (gd_classify(&input, 1, NULL, arena, &report, &err).code != GD_OK)
        return "could not be classified";
    bool spoken = false, without = false;
    for (size_t i = 0; i < report->files[0]->entry_count; i++)
        spoken = speaks_for(report->files[0]->entries[i], sample->kind, &without) || spoken;
    return without ? "met no rule" : spoken ? NULL : "met only rules of other kinds";
}

static void every_sample_meets_a_rule(void **state)
{
    (void)state;
    gd_auto_arena arena = gd_arena_new();
    unsigned problems = 0;
    for (size_t i = 0; i < SAMPLES; i++) {
        const char *problem = problem_of(&samples[i], arena);
        if (problem != NULL) {
            print_error("%s %s: \"%s\" %s\n", samples[i].kind, samples[i].form, samples[i].sql,
                        problem);
            problems++;
        }
    }
    assert_int_equal(problems, 0);
}

/* ---- the rows themselves ---- */

/* A setting's name may begin it, and stays in lower case. */
static bool is_sentence(const char *text)
{
    size_t size = text == NULL ? 0 : strlen(text);
    return size > 10 && isalpha((unsigned char)text[0]) != 0 && text[size - 1] == '.';
}

static void every_rule_has_a_number_a_reason_and_a_source(void **state)
{
    (void)state;
    const struct gd_rule *rule;
    for (size_t i = 0; (rule = gd_rule_at(i)) != NULL; i++) {
        if (strlen(rule->id) != 4 || strspn(rule->id + 1, "0123456789") != 3)
            fail_msg("\"%s\" is no id", rule->id);
        if (rule->title == NULL || rule->title[0] == '\0')
            fail_msg("%s has no title", rule->id);
        if (!is_sentence(rule->because))
            fail_msg("%s: because is no full sentence: \"%s\"", rule->id,
                     rule->because == NULL ? "" : rule->because);
        if (rule->instead != NULL && rule->instead[0] != '\0' &&
            rule->instead[strlen(rule->instead) - 1] != '.')
            fail_msg("%s: instead is no full sentence: \"%s\"", rule->id, rule->instead);
        if (rule->source == NULL || rule->source[0] == '\0')
            fail_msg("%s has no source", rule->id);
        if (rule->since_pg != 0 && rule->until_pg != 0 && rule->since_pg > rule->until_pg)
            fail_msg("%s holds in no version", rule->id);
    }
    assert_true(gd_rule_at(200) != NULL);
}

static void no_two_rules_share_an_id(void **state)
{
    (void)state;
    const struct gd_rule *rule;
    for (size_t i = 0; (rule = gd_rule_at(i)) != NULL; i++)
        if (gd_rule_find(rule->id) != rule)
            fail_msg("%s is the id of two rules", rule->id);
}

static void the_letter_of_an_id_is_its_groups(void **state)
{
    (void)state;
    for (size_t g = 0; g < gd_rule_group_count; g++) {
        assert_non_null(gd_rule_groups[g].rules);
        for (size_t i = 0; i < *gd_rule_groups[g].count; i++)
            if (gd_rule_groups[g].rules[i].id[0] != gd_rule_groups[g].letter)
                fail_msg("%s stands in group %c", gd_rule_groups[g].rules[i].id,
                         gd_rule_groups[g].letter);
    }
}

/* What a row says must be of one piece: the loss fits the class, the backup fits the loss. */
static void class_loss_and_scope_of_a_rule_fit_together(void **state)
{
    (void)state;
    const struct gd_rule *rule;
    for (size_t i = 0; (rule = gd_rule_at(i)) != NULL; i++) {
        bool harmless = rule->class == GD_CLASS_NONE || rule->class == GD_CLASS_ADDITIVE;
        if (harmless && rule->loses != GD_LOSES_NOTHING)
            fail_msg("%s is %s and loses %s", rule->id, gd_class_name(rule->class),
                     gd_loss_name(rule->loses));
        if (rule->loses == GD_LOSES_DATA && rule->scope == GD_SCOPE_NONE)
            fail_msg("%s loses data that no backup is asked to hold", rule->id);
        if (rule->class == GD_CLASS_DESTRUCTIVE && rule->loses == GD_LOSES_NOTHING)
            fail_msg("%s destroys nothing", rule->id);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_statement_of_the_grammar_is_sampled_or_never_made),
        cmocka_unit_test(every_form_of_the_grammar_is_sampled_or_never_made),
        cmocka_unit_test(every_sample_is_of_its_kind_and_form),
        cmocka_unit_test(every_sample_meets_a_rule),
        cmocka_unit_test(every_rule_has_a_number_a_reason_and_a_source),
        cmocka_unit_test(no_two_rules_share_an_id),
        cmocka_unit_test(the_letter_of_an_id_is_its_groups),
        cmocka_unit_test(class_loss_and_scope_of_a_rule_fit_together),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
