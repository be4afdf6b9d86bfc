/*
 * Judge, views: the queries of views, the actions of rules, SQL that is given as a text.
 */
#include "guardian/classify/judge_parts.h"

#include <string.h>

#include "guardian/classify/hooks.h"
#include "guardian/sql/parse.h"

/* Statements of other kinds name a relation without reading what a policy would hide. */
static bool reads(enum gd_kind kind)
{
    static const enum gd_kind kinds[] = {
        GD_KIND_TruncateStmt,
        GD_KIND_LockStmt,
        GD_KIND_RenameStmt,
        GD_KIND_AlterTableStmt,
        GD_KIND_VacuumStmt,
        GD_KIND_IndexStmt,
        GD_KIND_ClusterStmt,
        GD_KIND_ReindexStmt,
        GD_KIND_CreateSeqStmt,
        GD_KIND_GrantStmt,
        GD_KIND_AlterOwnerStmt,
        GD_KIND_AlterSeqStmt,
        GD_KIND_AlterObjectSchemaStmt,
        GD_KIND_RefreshMatViewStmt,
    };
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (kinds[i] == kind)
            return false;
    return true;
}

/* A view runs its query. A table runs its policies, but not for who stands above them. */
static const char *hooks_of_reading(const struct gd_judge *judge, const struct gd_target *target)
{
    const struct gd_relation *relation = target->relation;
    if (relation == NULL || judge->survey->hook_count == 0)
        return "";
    if (relation->kind == 'v')
        return "v";
    const struct gd_thing *thing =
        gd_state_find(judge->state, "relation", target->name.schema, target->name.name);
    bool in_doubt = judge->within[0] != '\0' || gd_state_role_changed(judge->state) ||
                    (thing != NULL && thing->enables);
    bool owns = strcmp(relation->owner, judge->survey->user) == 0 && !relation->force_row_security;
    return !in_doubt && (judge->survey->superuser || owns) ? "" : "p";
}

/* A view is read: the calls in its query run. What the script said last counts; where only a branch
 * says so, what the catalogue has counts, too. */
void gd_judge_view(struct gd_judge *judge, struct gd_name name)
{
    struct gd_look look = gd_judge_look(judge, NULL, NULL);
    struct gd_target target = gd_look_relation(&look, name);
    const char *within = gd_arena_printf(judge->arena, "view %s", target.qualified);
    if (reads(gd_node_kind(judge->statement)))
        gd_hooks_on(judge, target.relation, hooks_of_reading(judge, &target));
    const struct gd_thing *thing =
        gd_state_find(judge->state, "relation", target.name.schema, target.name.name);
    bool said = thing != NULL && thing->standing != GD_GONE && thing->text != NULL;
    if (said)
        gd_judge_text(judge, thing->text,
                      gd_arena_printf(judge->arena, "%s of this script", within));
    if (said && thing->standing == GD_THERE)
        return;
    if (target.relation != NULL && target.relation->kind == 'v' &&
        target.relation->view_sql != NULL)
        gd_judge_text(judge, target.relation->view_sql, within);
}

/* Judge what a rule's or a view's text runs: its actions, or the calls of its query. */
static void judge_definition(struct gd_judge *judge, const struct gd_node *definition)
{
    switch (gd_node_kind(definition)) {
    case GD_KIND_RuleStmt:
        for (size_t i = 0; i < gd_node_count(definition, GD_F_actions); i++)
            gd_judge_node(judge, gd_node_at(definition, GD_F_actions, i));
        return;
    case GD_KIND_ViewStmt:
        gd_judge_calls(judge, gd_node_child(definition, GD_F_query));
        return;
    case GD_KIND_CreateTableAsStmt: /* a materialized view is not run when it is read */
        return;
    default:
        gd_judge_calls(judge, definition);
    }
}

void gd_judge_text(struct gd_judge *judge, const char *text, const char *within)
{
    struct gd_parsed parsed;
    struct gd_refusal refusal;
    if (!gd_judge_first_time(judge, within) || gd_judge_is_too_deep(judge, NULL))
        return;
    struct gd_place before = gd_judge_enter(judge, within);
    if (gd_parse(text, strlen(text), judge->arena, &parsed, &refusal)) {
        for (size_t i = 0; i < parsed.count; i++)
            judge_definition(judge, parsed.statements[i]);
    } else {
        gd_judge_add(judge, "Z005", NULL)->object = within;
    }
    gd_judge_leave(judge, before);
}

/* What is left of findings whose statement runs later: what it does, not when and how. */
static void put_off(struct gd_judge *judge, size_t first)
{
    for (size_t i = first; i < judge->found_count; i++) {
        struct gd_finding *finding = judge->found[i];
        finding->lock = GD_LOCK_NONE;
        finding->lock_on = NULL;
        finding->rewrite = finding->scan = false;
        finding->transaction = true;
        finding->rerun = GD_RERUN_OK;
    }
}

void gd_judge_statements(struct gd_judge *judge, const char *text, const char *within, bool later)
{
    struct gd_parsed parsed;
    struct gd_refusal refusal;
    if (gd_judge_is_too_deep(judge, NULL))
        return;
    size_t first = judge->found_count;
    struct gd_place before = gd_judge_enter(judge, within);
    if (gd_parse(text, strlen(text), judge->arena, &parsed, &refusal)) {
        for (size_t i = 0; i < parsed.count; i++)
            gd_judge_node(judge, parsed.statements[i]);
    } else {
        gd_judge_add(judge, "Z005", NULL)->object = within;
    }
    gd_judge_leave(judge, before);
    if (later)
        put_off(judge, first);
}
