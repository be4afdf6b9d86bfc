/*
 * Judge, calls: functions and operators in what runs, and the bodies behind them.
 */
#include "guardian/classify/judge_parts.h"

#include <string.h>
#include <strings.h>

#include "guardian/classify/builtins.h"
#include "guardian/classify/hidden.h"
#include "guardian/classify/hooks.h"
#include "guardian/sql/parse.h"

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
    gd_judge_body(judge, &body, within, 0, false);
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
    if (function->builtin || !gd_judge_first_time(judge, key) || gd_judge_is_too_deep(judge, NULL))
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
        gd_judge_body(judge, &body, within, 0, false);
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
            gd_judge_is_too_deep(judge, NULL))
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
    gd_judge_view(judge, name);
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
    size_t matched = gd_judge_match(judge, call, judge->statement);
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
        gd_judge_view(walk->judge, gd_name_of_range(node));
        return GD_WALK_PAST;
    default:
        if (!is_statement(node))
            return GD_WALK_INTO;
        gd_judge_node(walk->judge, node);
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
