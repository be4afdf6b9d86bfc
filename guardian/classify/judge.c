/*
 * Judge: see judge.h.
 *
 * Invariant 1  Every statement node that runs is matched against the rules, wherever it stands: in
 *              a WITH, in EXPLAIN ANALYZE, in a body, in an EXECUTE of a constant.
 * Invariant 2  Every call and operator in what runs is looked at; `runs` below lists the kinds that
 *              only define something.
 * Invariant 3  What the engine gives up on becomes a finding of group Z, never nothing.
 */
#include "guardian/classify/judge_parts.h"

#include <string.h>
#include <strings.h>

#include "guardian/classify/hidden.h"
#include "guardian/classify/hooks.h"
#include "guardian/sql/parse.h"

enum { DEPTH_MAX = 24 };

/* ---- what runs inside ---- */

static void judge_inside(struct gd_judge *judge, const struct gd_node *node);

/* Kinds whose inside is kept for later and not run now. */
static bool only_defines(enum gd_kind kind)
{
    static const enum gd_kind kinds[] = {
        GD_KIND_CreateStmt,
        GD_KIND_CreateForeignTableStmt,
        GD_KIND_ViewStmt,
        GD_KIND_RuleStmt,
        GD_KIND_CreateFunctionStmt,
        GD_KIND_CreateTrigStmt,
        GD_KIND_CreatePolicyStmt,
        GD_KIND_AlterPolicyStmt,
        GD_KIND_CreateDomainStmt,
        GD_KIND_CreateStatsStmt,
        GD_KIND_DefineStmt,
        GD_KIND_CommentStmt,
        GD_KIND_CreatePublicationStmt,
        GD_KIND_AlterPublicationStmt,
        GD_KIND_DropStmt,
        GD_KIND_CreateOpClassStmt,
        GD_KIND_CreateCastStmt,
        GD_KIND_AlterFunctionStmt,
        GD_KIND_AlterRoleSetStmt,
        GD_KIND_AlterDatabaseSetStmt,
        GD_KIND_AlterSystemStmt,
        GD_KIND_AlterDefaultPrivilegesStmt,
    };
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (kinds[i] == kind)
            return true;
    return false;
}

bool gd_judge_first_time(struct gd_judge *judge, const char *what)
{
    return gd_texts_add(&judge->seen, what, judge->arena);
}

struct gd_place gd_judge_enter(struct gd_judge *judge, const char *within)
{
    struct gd_place before = {judge->within, judge->line, judge->guarded, judge->statement};
    judge->depth++;
    if (within != NULL)
        judge->within = judge->within[0] == '\0'
                            ? within
                            : gd_arena_printf(judge->arena, "%s, in %s", within, judge->within);
    return before;
}

void gd_judge_leave(struct gd_judge *judge, struct gd_place before)
{
    judge->depth--;
    judge->within = before.within;
    judge->line = before.line;
    judge->guarded = before.guarded;
    judge->statement = before.statement;
}

bool gd_judge_is_too_deep(struct gd_judge *judge, const struct gd_node *node)
{
    if (judge->depth < DEPTH_MAX)
        return false;
    gd_judge_add(judge, "Z008", node);
    return true;
}

static void judge_fragment(struct gd_judge *judge, const struct gd_fragment *fragment,
                           bool changes_state)
{
    switch (fragment->kind) {
    case GD_FRAGMENT_STATEMENT:
        gd_judge_node(judge, fragment->tree);
        gd_state_apply(judge->state, fragment->tree, fragment->text, judge->line,
                       changes_state && !fragment->branch);
        return;
    case GD_FRAGMENT_EXPRESSION:
        gd_judge_calls(judge, fragment->tree);
        return;
    case GD_FRAGMENT_DYNAMIC: {
        struct gd_finding *finding = gd_judge_add(judge, "Z004", fragment->tree);
        finding->object = gd_arena_printf(judge->arena, "EXECUTE %.200s", fragment->text);
        gd_judge_calls(judge, fragment->tree);
        return;
    }
    case GD_FRAGMENT_COMMIT:
        gd_judge_add(judge, "Z009", NULL);
        return;
    case GD_FRAGMENT_UNREAD: {
        struct gd_finding *finding = gd_judge_add(judge, "Z010", NULL);
        finding->object = gd_arena_printf(judge->arena, "%.200s", fragment->text);
        return;
    }
    }
}

/* `line_of_body` is the file's line on which the body's text begins; 0 when it is not in the file.
 */
void gd_judge_body(struct gd_judge *judge, const struct gd_body *body, const char *within,
                   uint32_t line_of_body, bool changes_state)
{
    if (body->problem != NULL) {
        struct gd_finding *finding = gd_judge_add(judge, "Z005", NULL);
        finding->object = within;
        finding->reason = gd_arena_printf(judge->arena, "%s (%s)", finding->reason, body->problem);
    }
    gd_hooks_of_body(judge);
    for (size_t i = 0; i < body->count; i++) {
        const struct gd_fragment *fragment = &body->fragments[i];
        struct gd_place before = gd_judge_enter(judge, within);
        if (fragment->handler)
            judge->within = gd_arena_printf(judge->arena, "exception handler of %s", judge->within);
        if (line_of_body != 0)
            judge->line = line_of_body + fragment->line - 1;
        judge->guarded = judge->guarded || fragment->guarded;
        if (!gd_judge_is_too_deep(judge, fragment->tree))
            judge_fragment(judge, fragment, changes_state);
        gd_judge_leave(judge, before);
    }
}

/* The line of the file on which a body's text begins. */
static uint32_t body_line(const struct gd_judge *judge, const struct gd_node *statement,
                          const char *text)
{
    const char *source = gd_body_text(statement);
    const char *at = source == NULL ? NULL : strstr(text, source);
    uint32_t line = judge->line;
    for (const char *c = text; at != NULL && c < at; c++)
        line += *c == '\n';
    return line;
}

void gd_judge_do(struct gd_judge *judge, const struct gd_node *node, const char *text)
{
    struct gd_body body = gd_body_of_statement(node, text, judge->arena);
    gd_judge_body(judge, &body, "DO block", body_line(judge, node, text), true);
}

/* ---- aside ---- */

struct gd_hook_memory *gd_judge_hook_memory(struct gd_judge *judge)
{
    return &judge->hooks;
}

struct gd_aside gd_judge_step_aside(struct gd_judge *judge)
{
    struct gd_aside aside = {judge->found_count, judge->seen};
    judge->seen = (struct gd_texts){0};
    return aside;
}

enum gd_class gd_judge_step_back(struct gd_judge *judge, struct gd_aside aside)
{
    enum gd_class worst = GD_CLASS_NONE;
    size_t kept = aside.found_count;
    for (size_t i = aside.found_count; i < judge->found_count; i++) {
        struct gd_finding *finding = judge->found[i];
        if (finding->class == GD_CLASS_NONE)
            continue;
        worst = finding->class > worst ? finding->class : worst;
        judge->found[kept++] = finding;
    }
    judge->found_count = kept;
    judge->seen = aside.seen;
    return worst;
}

/* ---- kinds with an inside of their own ---- */

static void judge_alter_table(struct gd_judge *judge, const struct gd_node *node)
{
    static const char *const evaluating[] = {"AT_AddColumn", "AT_AddConstraint",
                                             "AT_AlterColumnType", "AT_SetExpression",
                                             "AT_AttachPartition"};
    for (size_t i = 0; i < gd_node_count(node, GD_F_cmds); i++) {
        const struct gd_node *cmd = gd_node_at(node, GD_F_cmds, i);
        const struct gd_node *definition = gd_node_child(cmd, GD_F_def);
        gd_judge_must_match(judge, cmd, node);
        if (gd_node_kind(definition) == GD_KIND_Constraint)
            gd_judge_must_match(judge, definition, cmd);
        for (size_t c = 0; gd_node_kind(definition) == GD_KIND_ColumnDef &&
                           c < gd_node_count(definition, GD_F_constraints);
             c++)
            gd_judge_match(judge, gd_node_at(definition, GD_F_constraints, c), cmd);
        for (size_t e = 0; e < sizeof evaluating / sizeof evaluating[0]; e++)
            if (gd_node_enum_is(cmd, GD_F_subtype, evaluating[e]))
                gd_judge_calls(judge, definition);
    }
}

static void judge_explain(struct gd_judge *judge, const struct gd_node *node)
{
    bool runs =
        false; /* of options that are given twice the last counts: any that is on is enough */
    for (size_t i = 0; i < gd_node_count(node, GD_F_options); i++) {
        const struct gd_node *option = gd_node_at(node, GD_F_options, i);
        runs = runs || (strcasecmp(gd_node_text(option, GD_F_defname), "analyze") == 0 &&
                        gd_option_on(option));
    }
    if (runs)
        gd_judge_node(judge, gd_node_child(node, GD_F_query));
    else /* the planner works out calls that promise to be constant */
        gd_judge_calls(judge, gd_node_child(node, GD_F_query));
}

static void judge_execute(struct gd_judge *judge, const struct gd_node *node)
{
    const char *name = gd_node_text(node, GD_F_name);
    const struct gd_thing *prepared = gd_state_find(judge->state, "prepared statement", "", name);
    struct gd_parsed parsed;
    struct gd_refusal refusal;
    if (prepared == NULL || prepared->standing != GD_THERE || prepared->text == NULL ||
        !gd_parse(prepared->text, strlen(prepared->text), judge->arena, &parsed, &refusal) ||
        parsed.count != 1) {
        gd_judge_add(judge, "Z015", node)->object =
            gd_arena_printf(judge->arena, "prepared statement %s", name);
        return;
    }
    gd_judge_node(judge, gd_node_child(parsed.statements[0], GD_F_query));
}

static void judge_schema(struct gd_judge *judge, const struct gd_node *node)
{
    for (size_t i = 0; i < gd_node_count(node, GD_F_schema_elts); i++)
        gd_judge_node(judge, gd_node_at(node, GD_F_schema_elts, i));
}

static void judge_inside(struct gd_judge *judge, const struct gd_node *node)
{
    enum gd_kind kind = gd_node_kind(node);
    switch (kind) {
    case GD_KIND_AlterTableStmt: /* done with its commands */
    case GD_KIND_DoStmt:         /* needs the text: see judge_node */
        return;
    case GD_KIND_ExplainStmt:
        judge_explain(judge, node);
        return;
    case GD_KIND_ExecuteStmt:
        judge_execute(judge, node);
        gd_judge_calls(judge, node);
        return;
    case GD_KIND_CreateSchemaStmt:
        judge_schema(judge, node);
        return;
    case GD_KIND_CreateStmt: /* the bounds of a partition are computed at once */
        gd_judge_calls(judge, gd_node_child(node, GD_F_partbound));
        return;
    default:
        if (!only_defines(kind))
            gd_judge_calls(judge, node);
    }
}

/* The text of a DO block inside a body is rebuilt from its parts. */
static void judge_nested_do(struct gd_judge *judge, const struct gd_node *node)
{
    const char *source = gd_body_text(node);
    struct gd_body_source parts = {
        .language = gd_body_language(node, judge->arena),
        .source = source == NULL ? "" : source,
        .arguments = "",
        .result = "void",
    };
    struct gd_body body = gd_body_read(&parts, judge->arena);
    gd_judge_body(judge, &body, "DO block", 0, false);
}

/* Do the findings from `first` on write a table anew? */
static bool rewrites(const struct gd_judge *judge, const struct gd_node *node, size_t first)
{
    bool any = false;
    for (size_t i = first; i < judge->found_count; i++)
        any = any || judge->found[i]->rewrite;
    return any && strncmp(gd_node_kind_name(node), "Alter", 5) == 0;
}

void gd_judge_node(struct gd_judge *judge, const struct gd_node *node)
{
    if (node == NULL || gd_judge_is_too_deep(judge, node))
        return;
    const struct gd_node *before = judge->statement;
    judge->statement = node;
    judge->depth++;
    size_t first = judge->found_count;
    if (gd_node_kind(node) == GD_KIND_AlterTableStmt)
        judge_alter_table(judge, node);
    else
        gd_judge_must_match(judge, node, node);
    if (gd_node_kind(node) == GD_KIND_DoStmt && judge->depth > 1)
        judge_nested_do(judge, node);
    judge_inside(judge, node);
    gd_hidden_ddl(judge, node);
    gd_hidden_hook(judge, node);
    gd_hooks_of_statement(judge, node, rewrites(judge, node, first));
    judge->depth--;
    judge->statement = before;
}
