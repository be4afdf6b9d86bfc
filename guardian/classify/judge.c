/*
 * Judge: see judge.h.
 *
 * Invariant 1  Every statement node that runs is matched against the rules, wherever it stands: in
 *              a WITH, in EXPLAIN ANALYZE, in a body, in an EXECUTE of a constant.
 * Invariant 2  Every call and operator in what runs is looked at; `runs` below lists the kinds that
 *              only define something.
 * Invariant 3  What the engine gives up on becomes a finding of group Z, never nothing.
 */
#include "guardian/classify/judge.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "guardian/classify/builtins.h"
#include "guardian/classify/hidden.h"
#include "guardian/classify/hooks.h"
#include "guardian/classify/present.h"
#include "guardian/sql/parse.h"

enum { DEPTH_MAX = 24, RULES_MAX = 2048 };

struct gd_judge {
    struct gd_arena *arena;
    struct gd_state *state;
    const struct gd_survey *survey;
    const struct gd_node *statement; /* the innermost that is being judged */
    struct gd_finding **found;
    size_t found_count, found_capacity;
    struct gd_texts seen;    /* bodies and views of this statement that were judged */
    struct gd_texts missing; /* calls of this statement that were named already */
    struct gd_hook_memory hooks;
    const char *within;
    uint32_t line;
    unsigned depth;
    bool guarded;
};

/* ---- the rules of a kind ---- */

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
static size_t match(struct gd_judge *judge, const struct gd_node *node,
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

static void must_match(struct gd_judge *judge, const struct gd_node *node,
                       const struct gd_node *parent)
{
    if (match(judge, node, parent) > 0)
        return;
    struct gd_finding *finding = gd_judge_add(judge, "Z003", node);
    const char *form = form_of(judge, node);
    finding->object = gd_arena_printf(judge->arena, "%s%s%s", gd_node_kind_name(node),
                                      form[0] == '\0' ? "" : " ", form);
}

/* ---- what runs inside ---- */

static void judge_node(struct gd_judge *judge, const struct gd_node *node);
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

struct place {
    const char *within;
    uint32_t line;
    bool guarded;
    const struct gd_node *statement;
};

static struct place enter(struct gd_judge *judge, const char *within)
{
    struct place before = {judge->within, judge->line, judge->guarded, judge->statement};
    judge->depth++;
    if (within != NULL)
        judge->within = judge->within[0] == '\0'
                            ? within
                            : gd_arena_printf(judge->arena, "%s, in %s", within, judge->within);
    return before;
}

static void leave(struct gd_judge *judge, struct place before)
{
    judge->depth--;
    judge->within = before.within;
    judge->line = before.line;
    judge->guarded = before.guarded;
    judge->statement = before.statement;
}

static bool is_too_deep(struct gd_judge *judge, const struct gd_node *node)
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
        judge_node(judge, fragment->tree);
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
static void judge_body(struct gd_judge *judge, const struct gd_body *body, const char *within,
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
        struct place before = enter(judge, within);
        if (fragment->handler)
            judge->within = gd_arena_printf(judge->arena, "exception handler of %s", judge->within);
        if (line_of_body != 0)
            judge->line = line_of_body + fragment->line - 1;
        judge->guarded = judge->guarded || fragment->guarded;
        if (!is_too_deep(judge, fragment->tree))
            judge_fragment(judge, fragment, changes_state);
        leave(judge, before);
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

static void judge_do(struct gd_judge *judge, const struct gd_node *node, const char *text)
{
    struct gd_body body = gd_body_of_statement(node, text, judge->arena);
    judge_body(judge, &body, "DO block", body_line(judge, node, text), true);
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

/* ---- functions ---- */

static void judge_catalogue_body(struct gd_judge *judge, const struct gd_function *function,
                                 const char *within)
{
    struct gd_body body;
    if (function->atomic_body) {
        const char *text = gd_arena_printf(judge->arena, "CREATE FUNCTION f(%s) RETURNS void %s",
                                           function->arguments, function->source);
        struct gd_parsed parsed;
        struct gd_refusal refusal;
        body = (struct gd_body){.problem = "its SQL body could not be read"};
        if (gd_parse(text, strlen(text), judge->arena, &parsed, &refusal) && parsed.count == 1)
            body = gd_body_of_statement(parsed.statements[0], text, judge->arena);
    } else {
        struct gd_body_source source = {
            .language = function->language,
            .source = function->source,
            .arguments = function->arguments,
            .result = function->result == NULL ? "" : function->result,
            .procedure = function->kind == 'p',
        };
        body = gd_body_read(&source, judge->arena);
    }
    judge_body(judge, &body, within, 0, false);
    gd_hidden_arguments(judge, function->arguments);
}

/* Trigger functions of contrib modules that only touch the row that is being written. */
static bool is_harmless_extension_function(const char *name)
{
    static const char *const names[] = {"moddatetime", "insert_username", "autoinc", "timetravel"};
    for (size_t i = 0; i + 1 < sizeof names / sizeof names[0]; i++)
        if (strcmp(names[i], name) == 0)
            return true;
    return false;
}

void gd_judge_catalogue_function(struct gd_judge *judge, const struct gd_function *function,
                                 const char *why)
{
    const char *key = gd_arena_printf(judge->arena, "function %s", function->identity);
    if (function->builtin || !gd_judge_first_time(judge, key) || is_too_deep(judge, NULL))
        return;
    const char *within =
        why == NULL ? key : gd_arena_printf(judge->arena, "%s, run by %s", key, why);
    if (function->kind == 'a')
        gd_hooks_of_aggregate(judge, function);
    bool compiled =
        strcmp(function->language, "c") == 0 || strcmp(function->language, "internal") == 0;
    if (compiled && (function->volatility != 'v' || is_harmless_extension_function(function->name)))
        return; /* compiled code that promises to change nothing */
    if (function->kind == 'a')
        return;
    judge_catalogue_body(judge, function, within);
}

/* Every CREATE FUNCTION in `text`, judged as if it were called now. */
static void judge_function_text(struct gd_judge *judge, const char *text, const char *within)
{
    struct gd_parsed parsed;
    struct gd_refusal refusal;
    if (!gd_parse(text, strlen(text), judge->arena, &parsed, &refusal)) {
        gd_judge_add(judge, "Z005", NULL)->object = within;
        return;
    }
    for (size_t i = 0; i < parsed.count; i++) {
        const char *one = gd_arena_strndup(judge->arena, text + parsed.offsets[i], parsed.sizes[i]);
        struct gd_body body = gd_body_of_statement(parsed.statements[i], one, judge->arena);
        judge_body(judge, &body, within, 0, false);
        for (size_t p = 0; p < gd_node_count(parsed.statements[i], GD_F_parameters); p++)
            gd_judge_calls(
                judge,
                gd_node_child(gd_node_at(parsed.statements[i], GD_F_parameters, p), GD_F_defexpr));
    }
}

/* A function that the script gave another name or schema: whatever had the old name. */
static bool judge_former(struct gd_judge *judge, const char *name, const char *why)
{
    const char *once = gd_arena_printf(judge->arena, "function that was %s", name);
    if (!gd_judge_first_time(judge, once))
        return true;
    bool any = gd_judge_script_function(judge, name, why);
    for (size_t i = 0; judge->survey != NULL && i < judge->survey->function_count; i++)
        if (strcmp(judge->survey->functions[i].name, name) == 0) {
            gd_judge_catalogue_function(judge, &judge->survey->functions[i], why);
            any = true;
        }
    return any;
}

bool gd_judge_script_function(struct gd_judge *judge, const char *name, const char *why)
{
    bool any = false;
    for (const struct gd_thing *thing = gd_state_named(judge->state, "function", name);
         thing != NULL; thing = thing->next_named) {
        if (thing->was != NULL && judge_former(judge, thing->was, why))
            any = true;
        if (thing->text == NULL || thing->standing == GD_GONE)
            continue;
        any = true;
        struct gd_name shown = {thing->schema, thing->name};
        const char *key =
            gd_arena_printf(judge->arena, "function %s", gd_name_show(judge->arena, shown));
        if (!gd_judge_first_time(judge, gd_arena_printf(judge->arena, "%s of this script", key)) ||
            is_too_deep(judge, NULL))
            continue;
        judge_function_text(judge, thing->text,
                            why == NULL ? key
                                        : gd_arena_printf(judge->arena, "%s, run by %s", key, why));
    }
    return any;
}

static bool is_builtin_schema(const char *schema)
{
    return schema[0] == '\0' || strcmp(schema, "pg_catalog") == 0;
}

/* Is a catalogue function one that this name could call? */
static bool could_be_called(const struct gd_judge *judge, const struct gd_function *function,
                            struct gd_name name)
{
    if (strcmp(function->name, name.name) != 0)
        return false;
    if (name.schema[0] != '\0')
        return strcmp(function->schema, name.schema) == 0;
    const char *const *path;
    size_t count = gd_state_path(judge->state, &path);
    for (size_t i = 0; i < count; i++)
        if (strcmp(path[i], function->schema) == 0)
            return true;
    return gd_state_path_unknown(judge->state) || strcmp(function->schema, "pg_catalog") == 0;
}

/* `has_row`: a row speaks for the extensions' functions of this name. */
static bool judge_catalogue_functions(struct gd_judge *judge, struct gd_name name, bool has_row)
{
    bool any = false;
    for (size_t i = 0; judge->survey != NULL && i < judge->survey->function_count; i++) {
        const struct gd_function *function = &judge->survey->functions[i];
        if (function->builtin || !could_be_called(judge, function, name) ||
            (has_row && function->extension_oid != 0))
            continue;
        any = true;
        gd_judge_catalogue_function(judge, function, NULL);
    }
    return any;
}

static void judge_view(struct gd_judge *judge, struct gd_name name);

/* table_to_xml('public.v') reads what it is given the name of. */
static void judge_named_view(struct gd_judge *judge, const struct gd_node *call)
{
    const struct gd_node *argument = gd_node_at(call, GD_F_args, 0);
    while (gd_node_kind(argument) == GD_KIND_TypeCast)
        argument = gd_node_child(argument, GD_F_arg);
    const char *text = gd_node_string(argument);
    if (text == NULL)
        return;
    char *copy = gd_arena_strdup(judge->arena, text), *dot = strchr(copy, '.');
    struct gd_name name = {dot == NULL ? "" : copy, dot == NULL ? copy : dot + 1};
    if (dot != NULL)
        *dot = '\0';
    judge_view(judge, name);
}

/* What the call sets is known to the state when it stands alone in a SELECT, and only then. */
static bool may_set_path(const struct gd_node *call)
{
    const char *name = gd_node_string(gd_node_at(call, GD_F_args, 0));
    return name == NULL || strcasecmp(name, "search_path") == 0 || strcasecmp(name, "role") == 0 ||
           strcasecmp(name, "session_authorization") == 0;
}

static void judge_call(struct gd_judge *judge, const struct gd_node *call)
{
    struct gd_name name = gd_name_of_list(call, GD_F_funcname);
    if (strncmp(name.name, "table_to_xml", 12) == 0)
        judge_named_view(judge, call);
    size_t matched = match(judge, call, judge->statement);
    if (strcmp(name.name, "set_config") == 0 && may_set_path(call))
        gd_state_lose_path(judge->state);
    bool builtin_only = strcmp(name.schema, "pg_catalog") == 0 &&
                        gd_state_find(judge->state, "function", "pg_catalog", name.name) == NULL;
    bool script = !builtin_only && gd_judge_script_function(judge, name.name, NULL);
    bool catalogue = judge_catalogue_functions(judge, name, matched > 0);
    if (matched > 0 || script || catalogue)
        return;
    const char *shown = gd_name_show(judge->arena, name);
    enum gd_builtin builtin =
        is_builtin_schema(name.schema) ? gd_builtin_function(name.name) : GD_BUILTIN_NONE;
    bool hidden =
        name.schema[0] == '\0' && gd_state_builtins_hidden(judge->state) && judge->survey == NULL;
    if (builtin == GD_BUILTIN_STABLE || builtin == GD_BUILTIN_HARMLESS) {
        if (hidden && gd_texts_add(&judge->missing, shown, judge->arena))
            gd_judge_add(judge, "Z012", call)->object =
                gd_arena_printf(judge->arena, "function %s()", shown);
        return;
    }
    if (!gd_texts_add(&judge->missing, shown, judge->arena))
        return;
    struct gd_finding *finding = gd_judge_add(judge, "Z014", call);
    finding->object = gd_arena_printf(judge->arena, "function %s()", shown);
    if (judge->survey != NULL)
        finding->instead = "Check the name: the live catalogue has no such function in reach.";
}

/* "s.tidy" and "(s).tidy" call tidy(s) when the row has no such column. Only functions that are
 * known count here: the rest are columns. */
static void judge_attribute(struct gd_judge *judge, const struct gd_node *node, enum gd_field parts,
                            size_t parts_min)
{
    const char *last = gd_node_name_last(node, parts);
    if (gd_node_count(node, parts) < parts_min || last[0] == '\0')
        return;
    struct gd_name name = {"", last};
    gd_judge_script_function(judge, last, NULL);
    judge_catalogue_functions(judge, name, false);
}

/* pg_catalog comes first unless search_path says otherwise; then one of the catalogue's counts. */
static bool operator_may_be_hidden(const struct gd_judge *judge, const char *name)
{
    for (size_t i = 0; judge->survey != NULL && gd_state_builtins_hidden(judge->state) &&
                       i < judge->survey->operator_count;
         i++)
        if (strcmp(judge->survey->operators[i].name, name) == 0)
            return true;
    return false;
}

static void judge_operator_named(struct gd_judge *judge, const struct gd_node *expression,
                                 struct gd_name name)
{
    bool made = name.name[0] != '\0' && gd_hidden_operator(judge, name.name);
    if (name.name[0] == '\0' || made ||
        (is_builtin_schema(name.schema) && gd_builtin_operator(name.name) &&
         !operator_may_be_hidden(judge, name.name)))
        return;
    const char *shown = gd_arena_printf(judge->arena, "operator %s%s%s", name.schema,
                                        name.schema[0] == '\0' ? "" : ".", name.name);
    bool found = false;
    for (size_t i = 0; judge->survey != NULL && i < judge->survey->operator_count; i++) {
        const struct gd_operator_definition *candidate = &judge->survey->operators[i];
        if (strcmp(candidate->name, name.name) != 0 ||
            (name.schema[0] != '\0' && strcmp(candidate->schema, name.schema) != 0))
            continue;
        const struct gd_function *function =
            gd_survey_function(judge->survey, candidate->function_oid);
        found = found || function != NULL;
        if (function != NULL)
            gd_judge_catalogue_function(judge, function, shown);
    }
    if (!found && gd_texts_add(&judge->missing, shown, judge->arena))
        gd_judge_add(judge, "Z007", expression)->object = shown;
}

/* x BETWEEN a AND b is x >= a AND x <= b. */
static void judge_operator(struct gd_judge *judge, const struct gd_node *expression)
{
    struct gd_name name = gd_name_of_list(expression, GD_F_name);
    bool within = strncmp(name.name, "BETWEEN", 7) == 0;
    if (!within && strncmp(name.name, "NOT BETWEEN", 11) != 0) {
        judge_operator_named(judge, expression, name);
        return;
    }
    judge_operator_named(judge, expression, (struct gd_name){"", within ? ">=" : "<"});
    judge_operator_named(judge, expression, (struct gd_name){"", within ? "<=" : ">"});
}

/* ---- views ---- */

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
static void judge_view(struct gd_judge *judge, struct gd_name name)
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
            judge_node(judge, gd_node_at(definition, GD_F_actions, i));
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
    if (!gd_judge_first_time(judge, within) || is_too_deep(judge, NULL))
        return;
    struct place before = enter(judge, within);
    if (gd_parse(text, strlen(text), judge->arena, &parsed, &refusal)) {
        for (size_t i = 0; i < parsed.count; i++)
            judge_definition(judge, parsed.statements[i]);
    } else {
        gd_judge_add(judge, "Z005", NULL)->object = within;
    }
    leave(judge, before);
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
    if (is_too_deep(judge, NULL))
        return;
    size_t first = judge->found_count;
    struct place before = enter(judge, within);
    if (gd_parse(text, strlen(text), judge->arena, &parsed, &refusal)) {
        for (size_t i = 0; i < parsed.count; i++)
            judge_node(judge, parsed.statements[i]);
    } else {
        gd_judge_add(judge, "Z005", NULL)->object = within;
    }
    leave(judge, before);
    if (later)
        put_off(judge, first);
}

/* ---- the walk over what runs ---- */

struct walk {
    struct gd_judge *judge;
    const struct gd_node *root;
};

static bool is_statement(const struct gd_node *node)
{
    const char *name = gd_node_kind_name(node);
    size_t size = strlen(name);
    return size > 4 && strcmp(name + size - 4, "Stmt") == 0;
}

static enum gd_walk visit(const struct gd_node *node, const struct gd_node *parent, void *context)
{
    (void)parent;
    struct walk *walk = context;
    if (node == walk->root)
        return GD_WALK_INTO;
    switch (gd_node_kind(node)) {
    case GD_KIND_SelectStmt:
    case GD_KIND_SetOperationStmt:
    case GD_KIND_ReturnStmt:
    case GD_KIND_PLAssignStmt:
        return GD_WALK_INTO;
    case GD_KIND_FuncCall:
        judge_call(walk->judge, node);
        return GD_WALK_INTO;
    case GD_KIND_ColumnRef:
        judge_attribute(walk->judge, node, GD_F_fields, 2);
        return GD_WALK_INTO;
    case GD_KIND_A_Indirection:
        judge_attribute(walk->judge, node, GD_F_indirection, 1);
        return GD_WALK_INTO;
    case GD_KIND_A_Expr:
        judge_operator(walk->judge, node);
        return GD_WALK_INTO;
    case GD_KIND_TypeCast:
        gd_hidden_cast(walk->judge, node);
        return GD_WALK_INTO;
    case GD_KIND_TypeName:
        gd_hidden_type(walk->judge, node);
        return GD_WALK_INTO;
    case GD_KIND_RangeVar:
        judge_view(walk->judge, gd_name_of_range(node));
        return GD_WALK_PAST;
    default:
        if (!is_statement(node))
            return GD_WALK_INTO;
        judge_node(walk->judge, node);
        return GD_WALK_PAST;
    }
}

void gd_judge_calls(struct gd_judge *judge, const struct gd_node *node)
{
    if (node == NULL)
        return;
    /* The node may itself be a call; a root that is a statement is only walked below. */
    struct walk walk = {judge, is_statement(node) ? node : NULL};
    gd_node_walk(node, visit, &walk);
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
        must_match(judge, cmd, node);
        if (gd_node_kind(definition) == GD_KIND_Constraint)
            must_match(judge, definition, cmd);
        for (size_t c = 0; gd_node_kind(definition) == GD_KIND_ColumnDef &&
                           c < gd_node_count(definition, GD_F_constraints);
             c++)
            match(judge, gd_node_at(definition, GD_F_constraints, c), cmd);
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
        judge_node(judge, gd_node_child(node, GD_F_query));
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
    judge_node(judge, gd_node_child(parsed.statements[0], GD_F_query));
}

static void judge_schema(struct gd_judge *judge, const struct gd_node *node)
{
    for (size_t i = 0; i < gd_node_count(node, GD_F_schema_elts); i++)
        judge_node(judge, gd_node_at(node, GD_F_schema_elts, i));
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
    judge_body(judge, &body, "DO block", 0, false);
}

/* Do the findings from `first` on write a table anew? */
static bool rewrites(const struct gd_judge *judge, const struct gd_node *node, size_t first)
{
    bool any = false;
    for (size_t i = first; i < judge->found_count; i++)
        any = any || judge->found[i]->rewrite;
    return any && strncmp(gd_node_kind_name(node), "Alter", 5) == 0;
}

static void judge_node(struct gd_judge *judge, const struct gd_node *node)
{
    if (node == NULL || is_too_deep(judge, node))
        return;
    const struct gd_node *before = judge->statement;
    judge->statement = node;
    judge->depth++;
    size_t first = judge->found_count;
    if (gd_node_kind(node) == GD_KIND_AlterTableStmt)
        judge_alter_table(judge, node);
    else
        must_match(judge, node, node);
    if (gd_node_kind(node) == GD_KIND_DoStmt && judge->depth > 1)
        judge_nested_do(judge, node);
    judge_inside(judge, node);
    gd_hidden_ddl(judge, node);
    gd_hidden_hook(judge, node);
    gd_hooks_of_statement(judge, node, rewrites(judge, node, first));
    judge->depth--;
    judge->statement = before;
}

/* ---- one statement of a script ---- */

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
    judge_node(judge, stmt->tree);
    if (gd_node_kind(stmt->tree) == GD_KIND_DoStmt)
        judge_do(judge, stmt->tree, stmt->text);
    if (stmt->newer != NULL)
        judge_newer_option(judge, stmt);
    judge_added_values(judge, stmt->tree);
    gd_state_apply(judge->state, stmt->tree, stmt->text, stmt->line, true);
    return conclude(judge);
}

/* ---- what an expression may do ---- */

struct volatility {
    const struct gd_look *look;
    enum gd_volatility worst;
};

static enum gd_volatility call_volatility(const struct gd_look *look, const struct gd_node *call)
{
    struct gd_name name = gd_name_of_list(call, GD_F_funcname);
    for (size_t i = 0; look->survey != NULL && i < look->survey->function_count; i++) {
        const struct gd_function *function = &look->survey->functions[i];
        if (!function->builtin && could_be_called(look->judge, function, name))
            return GD_VOLATILITY_USER;
    }
    enum gd_builtin builtin =
        is_builtin_schema(name.schema) ? gd_builtin_function(name.name) : GD_BUILTIN_NONE;
    return builtin == GD_BUILTIN_STABLE     ? GD_VOLATILITY_CONSTANT
           : builtin == GD_BUILTIN_HARMLESS ? GD_VOLATILITY_BUILTIN
                                            : GD_VOLATILITY_USER;
}

static enum gd_walk visit_volatility(const struct gd_node *node, const struct gd_node *parent,
                                     void *context)
{
    (void)parent;
    struct volatility *volatility = context;
    if (gd_node_kind(node) == GD_KIND_FuncCall) {
        enum gd_volatility one = call_volatility(volatility->look, node);
        volatility->worst = one > volatility->worst ? one : volatility->worst;
    }
    if (gd_node_kind(node) == GD_KIND_A_Expr && gd_node_name_last(node, GD_F_name)[0] != '\0' &&
        strstr(gd_node_name_last(node, GD_F_name), "BETWEEN") == NULL &&
        !gd_builtin_operator(gd_node_name_last(node, GD_F_name)))
        volatility->worst = GD_VOLATILITY_USER;
    return GD_WALK_INTO;
}

enum gd_volatility gd_expression_volatility(const struct gd_look *look,
                                            const struct gd_node *expression)
{
    struct volatility volatility = {look, GD_VOLATILITY_CONSTANT};
    gd_node_walk(expression, visit_volatility, &volatility);
    return volatility.worst;
}
