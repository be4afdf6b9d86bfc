/*
 * Judge, rules: which rows match a node, and the findings that they make.
 */
#include "guardian/classify/judge_parts.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "guardian/classify/present.h"

enum { RULES_MAX = 2048 };

static pthread_once_t index_once = PTHREAD_ONCE_INIT;
static const struct gd_rule *indexed[RULES_MAX];
static struct {
    size_t first, count;
} index_of_kind[GD_KIND_COUNT];

/* Rules of no kind are those that the engine finds itself: they match no node. */
static void build_index(void)
{
    const struct gd_rule *rule;
    for (size_t i = 0; (rule = gd_rule_at(i)) != NULL; i++)
        if (rule->kind != GD_KIND_NONE)
            index_of_kind[rule->kind].count++;
    size_t used = 0;
    for (int kind = 0; kind < GD_KIND_COUNT; kind++) {
        index_of_kind[kind].first = used;
        used += index_of_kind[kind].count;
        index_of_kind[kind].count = 0;
    }
    assert(used <= RULES_MAX);
    for (size_t i = 0; (rule = gd_rule_at(i)) != NULL; i++)
        if (rule->kind != GD_KIND_NONE)
            indexed[index_of_kind[rule->kind].first + index_of_kind[rule->kind].count++] = rule;
}

struct gd_judge *gd_judge_new(struct gd_arena *arena, struct gd_state *state,
                              const struct gd_survey *survey)
{
    pthread_once(&index_once, build_index);
    struct gd_judge *judge = calloc(1, sizeof *judge);
    if (judge == NULL)
        abort();
    judge->arena = arena;
    judge->state = state;
    judge->survey = survey;
    judge->within = "";
    return judge;
}

void gd_judge_free(struct gd_judge *judge)
{
    free(judge);
}

const struct gd_node *gd_judge_statement(const struct gd_judge *judge)
{
    return judge->statement;
}

/* ---- which form of its kind a node is ---- */

static const struct {
    enum gd_kind kind;
    enum gd_field field; /* an enumeration */
} forms[] = {
    {GD_KIND_AlterTableCmd, GD_F_subtype},
    {GD_KIND_DropStmt, GD_F_remove_type},
    {GD_KIND_RenameStmt, GD_F_rename_type},
    {GD_KIND_AlterOwnerStmt, GD_F_object_type},
    {GD_KIND_AlterObjectSchemaStmt, GD_F_object_type},
    {GD_KIND_AlterObjectDependsStmt, GD_F_object_type},
    {GD_KIND_CommentStmt, GD_F_objtype},
    {GD_KIND_SecLabelStmt, GD_F_objtype},
    {GD_KIND_DefineStmt, GD_F_kind},
    {GD_KIND_TransactionStmt, GD_F_kind},
    {GD_KIND_Constraint, GD_F_contype},
};

static const char *lower(struct gd_arena *arena, const char *text)
{
    char *copy = gd_arena_strdup(arena, text);
    for (char *at = copy; *at != '\0'; at++)
        *at = (char)(*at >= 'A' && *at <= 'Z' ? *at + 32 : *at);
    return copy;
}

static const char *form_of(struct gd_judge *judge, const struct gd_node *node)
{
    enum gd_kind kind = gd_node_kind(node);
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++)
        if (forms[i].kind == kind)
            return gd_node_enum(node, forms[i].field);
    switch (kind) {
    case GD_KIND_GrantStmt:
    case GD_KIND_GrantRoleStmt:
        return gd_node_flag(node, GD_F_is_grant) ? "grant" : "revoke";
    case GD_KIND_VariableSetStmt:
        return lower(judge->arena, gd_node_text(node, GD_F_name));
    case GD_KIND_AlterSystemStmt:
        return lower(judge->arena, gd_node_text(gd_node_child(node, GD_F_setstmt), GD_F_name));
    case GD_KIND_AlterDomainStmt:
        return gd_node_text(node, GD_F_subtype);
    case GD_KIND_FuncCall:
        return gd_node_name_last(node, GD_F_funcname);
    default:
        return "";
    }
}

/* ---- findings ---- */

struct gd_look gd_judge_look(struct gd_judge *judge, const struct gd_node *node,
                             const struct gd_node *parent)
{
    return (struct gd_look){
        .node = node,
        .parent = parent,
        .sub = form_of(judge, node),
        .state = judge->state,
        .survey = judge->survey,
        .judge = judge,
        .arena = judge->arena,
        .line = judge->line,
        .guarded = judge->guarded,
    };
}

static void keep(struct gd_judge *judge, struct gd_finding *finding)
{
    if (judge->found_count == judge->found_capacity) {
        size_t wider = judge->found_capacity == 0 ? 8 : judge->found_capacity * 2;
        struct gd_finding **found = gd_arena_zalloc(judge->arena, wider, sizeof *found);
        if (judge->found_count > 0)
            memcpy(found, judge->found, judge->found_count * sizeof *found);
        judge->found = found;
        judge->found_capacity = wider;
    }
    judge->found[judge->found_count++] = finding;
}

static struct gd_finding *finding_of_rule(struct gd_judge *judge, const struct gd_rule *rule)
{
    struct gd_finding *finding = gd_arena_zalloc(judge->arena, 1, sizeof *finding);
    *finding = (struct gd_finding){
        .rule = rule,
        .class = rule->class,
        .loses = rule->loses,
        .scope = rule->scope,
        .lock = rule->lock,
        .rewrite = rule->rewrite,
        .scan = rule->scan,
        .transaction = !rule->alone,
        .rerun = rule->rerun,
        .object = "",
        .reason = rule->because,
        .instead = rule->instead == NULL ? "" : rule->instead,
        .within = judge->within,
        .line = judge->line,
    };
    return finding;
}

struct gd_finding *gd_judge_add(struct gd_judge *judge, const char *id, const struct gd_node *node)
{
    (void)node;
    const struct gd_rule *rule = gd_rule_find(id);
    assert(rule != NULL);
    struct gd_finding *finding = finding_of_rule(judge, rule);
    keep(judge, finding);
    return finding;
}

static bool fits_server(const struct gd_judge *judge, const struct gd_rule *rule)
{
    if (judge->survey == NULL) /* any server: every row that could hold counts */
        return true;
    int major = judge->survey->server_version / 10000;
    return (rule->since_pg == 0 || major >= rule->since_pg) &&
           (rule->until_pg == 0 || major <= rule->until_pg);
}

/* What the catalogue says hangs on an object is not all, once the script has moved things. */
static void doubt_dependants(struct gd_look *look, struct gd_finding *finding)
{
    if (gd_node_kind(look->node) != GD_KIND_DropStmt || !gd_state_moved_dependants(look->state) ||
        (!gd_says_cascade(look->node) &&
         !gd_node_enum_is(look->node, GD_F_remove_type, "OBJECT_EXTENSION")))
        return;
    if (finding->class == GD_CLASS_NONE && finding->fresh == NULL)
        return; /* there is nothing of that name */
    gd_finding_raise(finding, GD_CLASS_DESTRUCTIVE, GD_LOSES_DATA, GD_SCOPE_DATABASE);
    gd_finding_reason(look, finding,
                      "It takes along what depends on it, and statements above made other objects "
                      "depend on it than the catalogue tells.");
    finding->fresh = NULL;
}

static void apply_rule(struct gd_judge *judge, struct gd_look *look, const struct gd_rule *rule)
{
    struct gd_finding *finding = finding_of_rule(judge, rule);
    keep(judge, finding);
    if (finding->lock != GD_LOCK_NONE) {
        const struct gd_node *holder =
            gd_node_kind(look->parent) == GD_KIND_AlterTableCmd ? judge->statement : look->parent;
        if (gd_node_child(holder, GD_F_relation) != NULL)
            finding->lock_on = gd_look_table(look).qualified;
    }
    if (rule->effect != NULL)
        rule->effect(look, finding);
    doubt_dependants(look, finding);
    if (!judge->guarded)
        return;
    const char *done = gd_work_is_done(look);
    if (done != NULL) { /* it does not get as far as its locks, or gives them back at once */
        gd_finding_is_done(look, finding, "%s, and the block looks for that", done);
        finding->lock = GD_LOCK_NONE;
        finding->lock_on = NULL;
        finding->notes = (struct gd_texts){0};
        finding->check_count = 0;
    }
    doubt_dependants(look, finding);
    if (finding->rerun == GD_RERUN_FAILS || finding->rerun == GD_RERUN_REPEATS)
        finding->rerun = GD_RERUN_SKIPS;
}

/* Apply all rows that match. @return how many did */
size_t gd_judge_match(struct gd_judge *judge, const struct gd_node *node,
                      const struct gd_node *parent)
{
    enum gd_kind kind = gd_node_kind(node);
    struct gd_look look = gd_judge_look(judge, node, parent);
    size_t matched = 0;
    for (size_t i = 0; i < index_of_kind[kind].count; i++) {
        const struct gd_rule *rule = indexed[index_of_kind[kind].first + i];
        if ((rule->sub != NULL && strcmp(rule->sub, look.sub) != 0) || !fits_server(judge, rule) ||
            (rule->when != NULL && !rule->when(&look)))
            continue;
        apply_rule(judge, &look, rule);
        matched++;
    }
    return matched;
}

void gd_judge_must_match(struct gd_judge *judge, const struct gd_node *node,
                         const struct gd_node *parent)
{
    if (gd_judge_match(judge, node, parent) > 0)
        return;
    struct gd_finding *finding = gd_judge_add(judge, "Z003", node);
    const char *form = form_of(judge, node);
    finding->object = gd_arena_printf(judge->arena, "%s%s%s", gd_node_kind_name(node),
                                      form[0] == '\0' ? "" : " ", form);
}
