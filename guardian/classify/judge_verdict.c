/*
 * Judge, verdict: one statement of a script, and what its findings come to.
 */
#include "guardian/classify/judge_parts.h"

#include <assert.h>
#include <string.h>

#include "guardian/sql/parse.h"

static void judge_unread(struct gd_judge *judge, const struct gd_unread *unread)
{
    struct gd_finding *finding =
        gd_judge_add(judge, unread->feature == NULL ? "Z001" : "Z002", NULL);
    finding->object = gd_arena_printf(judge->arena, "%s%s%s", unread->verb,
                                      unread->object[0] == '\0' ? "" : " ", unread->object);
    finding->line = unread->line;
    if (unread->feature != NULL)
        finding->reason = gd_arena_printf(
            judge->arena, "%s came with PostgreSQL %d; Guardian reads the grammar of %d.",
            unread->feature, unread->since_pg, gd_grammar_major());
    else
        finding->reason =
            gd_arena_printf(judge->arena, "The grammar of PostgreSQL %d refuses it: %s.",
                            gd_grammar_major(), unread->message);
    if (strstr(unread->message, "memory exhausted") != NULL ||
        strstr(unread->message, "chains too many") != NULL)
        finding->instead = "Break it into smaller statements: it is nested or chained too deeply.";
    if (judge->survey != NULL)
        gd_texts_add(&finding->notes,
                     gd_arena_printf(judge->arena, "the server is PostgreSQL %s",
                                     judge->survey->server_text),
                     judge->arena);
}

static void judge_newer_option(struct gd_judge *judge, const struct gd_stmt *stmt)
{
    struct gd_finding *finding = gd_judge_add(judge, "Z011", stmt->tree);
    finding->object = stmt->newer;
    finding->reason =
        gd_arena_printf(judge->arena, "%s came with PostgreSQL %d.", stmt->newer, stmt->newer_pg);
}

struct value_use {
    const struct gd_state *state;
    bool any;
};

static enum gd_walk find_labels(const struct gd_node *node, const struct gd_node *parent,
                                void *context)
{
    (void)parent;
    struct value_use *use = context;
    const char *text = gd_node_kind(node) == GD_KIND_A_Const ? gd_node_string(node) : NULL;
    if (text == NULL)
        return GD_WALK_INTO;
    for (struct gd_added_value *added = gd_state_added_label(use->state, text); added != NULL;
         added = added->next_of_label)
        added->used = use->any = true;
    return GD_WALK_INTO;
}

/* Does the statement use enum values that this script added? */
static void judge_added_values(struct gd_judge *judge, const struct gd_node *tree)
{
    if (gd_node_kind(tree) == GD_KIND_AlterEnumStmt || gd_state_added_values(judge->state) == NULL)
        return;
    struct value_use use = {judge->state, false};
    gd_node_walk(tree, find_labels, &use);
    for (struct gd_added_value *added = use.any ? gd_state_added_values(judge->state) : NULL;
         added != NULL; added = added->next) {
        if (!added->used)
            continue;
        added->used = false;
        struct gd_finding *finding = gd_judge_add(judge, "Z013", tree);
        finding->object =
            gd_arena_printf(judge->arena, "value '%s' of enum %s", added->label, added->type);
        finding->reason =
            gd_arena_printf(judge->arena,
                            "Line %u adds the value '%s', and PostgreSQL refuses to use it in the "
                            "transaction that added it (55P04).",
                            added->line, added->label);
    }
}

static bool is_worse(const struct gd_finding *left, const struct gd_finding *right)
{
    if (left->class != right->class)
        return left->class > right->class;
    if (left->loses != right->loses)
        return left->loses > right->loses;
    if (left->scope != right->scope)
        return left->scope > right->scope;
    if (left->rewrite != right->rewrite) /* who waits, and for how long */
        return left->rewrite;
    return left->scan && !right->scan;
}

/* Worst first; equal ones keep the order in which they were found. */
static void sort_findings(struct gd_finding **findings, size_t count)
{
    for (size_t i = 1; i < count; i++)
        for (size_t j = i; j > 0 && is_worse(findings[j], findings[j - 1]); j--) {
            struct gd_finding *swap = findings[j];
            findings[j] = findings[j - 1];
            findings[j - 1] = swap;
        }
}

static enum gd_rerun worse_rerun(enum gd_rerun left, enum gd_rerun right)
{
    static const int rank[] = {[GD_RERUN_OK] = 0,
                               [GD_RERUN_SKIPS] = 1,
                               [GD_RERUN_DEPENDS] = 2,
                               [GD_RERUN_REPEATS] = 3,
                               [GD_RERUN_FAILS] = 4};
    return rank[left] >= rank[right] ? left : right;
}

static void count_checks(struct gd_verdict *verdict, struct gd_arena *arena)
{
    size_t total = 0;
    for (size_t i = 0; i < verdict->finding_count; i++)
        total += verdict->findings[i]->check_count;
    verdict->checks = gd_arena_zalloc(arena, total + 1, sizeof *verdict->checks);
    for (size_t i = 0; i < verdict->finding_count; i++)
        for (size_t c = 0; c < verdict->findings[i]->check_count; c++)
            verdict->checks[verdict->check_count++] = verdict->findings[i]->checks[c];
}

static struct gd_verdict conclude(struct gd_judge *judge)
{
    assert(judge->found_count > 0);
    sort_findings(judge->found, judge->found_count);
    struct gd_verdict verdict = {
        .transaction = true,
        .lead = judge->found[0],
        .findings = judge->found,
        .finding_count = judge->found_count,
        .rerun = GD_RERUN_OK,
    };
    for (size_t i = 0; i < judge->found_count; i++) {
        const struct gd_finding *finding = judge->found[i];
        verdict.class = finding->class > verdict.class ? finding->class : verdict.class;
        verdict.loses = finding->loses > verdict.loses ? finding->loses : verdict.loses;
        verdict.scope = finding->scope > verdict.scope ? finding->scope : verdict.scope;
        verdict.lock = finding->lock > verdict.lock ? finding->lock : verdict.lock;
        verdict.rewrite = verdict.rewrite || finding->rewrite;
        verdict.scan = verdict.scan || finding->scan;
        verdict.transaction = verdict.transaction && finding->transaction;
        /* What a block or a procedure does again is what its statements do again. */
        if (finding->rule->kind != GD_KIND_DoStmt && finding->rule->kind != GD_KIND_CallStmt)
            verdict.rerun = worse_rerun(verdict.rerun, finding->rerun);
    }
    count_checks(&verdict, judge->arena);
    return verdict;
}

struct gd_verdict gd_judge_script_statement(struct gd_judge *judge, const struct gd_stmt *stmt)
{
    judge->found = NULL;
    judge->found_count = judge->found_capacity = 0;
    judge->seen = judge->missing = (struct gd_texts){0};
    judge->within = "";
    judge->line = stmt->line;
    judge->depth = 0;
    judge->guarded = false;
    if (stmt->tree == NULL) {
        judge_unread(judge, stmt->unread);
        return conclude(judge);
    }
    gd_judge_node(judge, stmt->tree);
    if (gd_node_kind(stmt->tree) == GD_KIND_DoStmt)
        gd_judge_do(judge, stmt->tree, stmt->text);
    if (stmt->newer != NULL)
        judge_newer_option(judge, stmt);
    judge_added_values(judge, stmt->tree);
    gd_state_apply(judge->state, stmt->tree, stmt->text, stmt->line, true);
    return conclude(judge);
}
