/*
 * Group F: functions, procedures, aggregates, languages, DO and CALL.
 *
 * What a body does when it runs is the engine's to read; these rows speak of making, changing and
 * dropping the routine itself.
 */
#include <string.h>

#include "guardian/classify/look.h"
#include "guardian/classify/named.h"
#include "guardian/classify/rules.h"
#include "guardian/classify/same.h"
#include "guardian/classify/state.h"
#include "guardian/sql/body.h"

static const char *const routine_types[] = {"OBJECT_FUNCTION", "OBJECT_PROCEDURE", "OBJECT_ROUTINE",
                                            "OBJECT_AGGREGATE", NULL};

/* Languages whose functions can do no more than the role that calls them. */
static const char *const trusted_languages[] = {"sql",    "plpgsql", "plperl",   "pltcl", "plv8",
                                                "plrust", "pllua",   "plcoffee", NULL};

static bool is_routine(const struct gd_look *look)
{
    return gd_is_among(look->sub, routine_types);
}

static bool replaces(const struct gd_look *look)
{
    return gd_node_flag(look->node, GD_F_replace);
}

static bool is_new(const struct gd_look *look)
{
    return !replaces(look);
}

static bool drops_routine(const struct gd_look *look)
{
    return is_routine(look) && !gd_says_cascade(look->node);
}

static bool drops_routine_cascade(const struct gd_look *look)
{
    return is_routine(look) && gd_says_cascade(look->node);
}

static bool says_cascade(const struct gd_look *look)
{
    return gd_says_cascade(look->node);
}

static bool says_restrict(const struct gd_look *look)
{
    return !gd_says_cascade(look->node);
}

static bool language_is_untrusted(const struct gd_look *look)
{
    const char *language = gd_body_language(look->node, look->arena);
    return language[0] != '\0' && !gd_is_among(language, trusted_languages);
}

static bool block_is_plpgsql(const struct gd_look *look)
{
    return strcmp(gd_body_language(look->node, look->arena), "plpgsql") == 0;
}

static bool block_is_foreign(const struct gd_look *look)
{
    return !block_is_plpgsql(look);
}

/* ---- what hangs on a function that is replaced ---- */

static bool matters_when_replaced(const char *kind)
{
    static const char *const kinds[] = {
        "index",  "table column",     "default value",     "trigger",
        "policy", "table constraint", "domain constraint", NULL};
    return gd_is_among(kind, kinds);
}

/* The default of a generated column is what its rows were computed with. */
static bool is_stored_column(const struct gd_look *look, const struct gd_described *user)
{
    const struct gd_relation *table = gd_survey_relation(look->survey, user->relation_oid);
    size_t size = strlen(user->identity);
    for (size_t i = 0; table != NULL && i < table->column_count; i++) {
        const char *name = gd_quote_identifier(look->arena, table->columns[i].name);
        size_t length = strlen(name);
        if (table->columns[i].generated == 's' && length < size &&
            user->identity[size - length - 1] == '.' &&
            strcmp(user->identity + size - length, name) == 0)
            return true;
    }
    return false;
}

static bool keeps_results(const struct gd_look *look, const struct gd_described *user)
{
    return strcmp(user->kind, "index") == 0 || strcmp(user->kind, "table constraint") == 0 ||
           is_stored_column(look, user);
}

static void note_users(struct gd_look *look, struct gd_finding *finding,
                       const struct gd_function *function)
{
    const struct gd_survey *survey = look->survey;
    for (size_t i = 0; i < survey->dependency_count; i++) {
        const struct gd_dependency *one = &survey->dependencies[i];
        if (one->needs.class_oid != GD_PG_PROC || one->needs.oid != function->oid)
            continue;
        const struct gd_described *user = gd_survey_describe(survey, one->object);
        if (user == NULL || !matters_when_replaced(user->kind))
            continue;
        gd_finding_note(look, finding, "%s %s uses it and acts on the new body at once%s",
                        user->kind, user->identity,
                        keeps_results(look, user)
                            ? "; what it computed before stays as it is, and no longer fits"
                            : "");
    }
}

static bool wants_definer_path(const struct gd_look *look)
{
    const struct gd_node *security = gd_option(look->node, GD_F_options, "security");
    if (security == NULL || !gd_option_on(security))
        return false;
    for (size_t i = 0; i < gd_node_count(look->node, GD_F_options); i++) {
        const struct gd_node *option = gd_node_at(look->node, GD_F_options, i);
        const struct gd_node *set = gd_node_child(option, GD_F_arg);
        if (strcmp(gd_node_text(option, GD_F_defname), "set") == 0 &&
            strcmp(gd_node_text(set, GD_F_name), "search_path") == 0)
            return false;
    }
    return true;
}

static const struct gd_function *name_routine(struct gd_look *look, struct gd_finding *finding,
                                              enum gd_truth *out_exists)
{
    const struct gd_function *known = gd_look_function(look, look->node, out_exists);
    bool procedure = gd_node_flag(look->node, GD_F_is_procedure);
    gd_finding_object(look, finding, "%s %s", procedure ? "procedure" : "function",
                      gd_routine_show(look, look->node, known));
    if (wants_definer_path(look))
        gd_finding_note(look, finding,
                        "SECURITY DEFINER without SET search_path: whoever calls it chooses which "
                        "objects its names mean");
    return known;
}

/* By this script: then a second run drops it first, too. */
static bool was_dropped(const struct gd_look *look)
{
    struct gd_name name = gd_name_of_list(look->node, GD_F_funcname);
    for (const struct gd_thing *thing = gd_state_named(look->state, "function", name.name);
         thing != NULL; thing = thing->next_named)
        if (thing->standing == GD_GONE &&
            (name.schema[0] == '\0' || strcmp(thing->schema, name.schema) == 0))
            return true;
    return false;
}

static void describe_new(struct gd_look *look, struct gd_finding *finding)
{
    enum gd_truth exists = GD_UNSURE;
    name_routine(look, finding, &exists);
    if (was_dropped(look))
        finding->rerun = GD_RERUN_OK;
    else if (exists == GD_YES)
        gd_finding_note(look, finding, "this fails: it is there already");
}

static void lower_to_additive(struct gd_finding *finding)
{
    finding->class = GD_CLASS_ADDITIVE;
    finding->loses = GD_LOSES_NOTHING;
    finding->scope = GD_SCOPE_NONE;
}

static bool made_by_this_script(const struct gd_look *look, const char *kind, enum gd_field names,
                                uint32_t *out_line)
{
    const char *shown = gd_name_show(look->arena, gd_name_of_list(look->node, names));
    return gd_look_fresh(look, kind, shown, out_line);
}

static void describe_replaced(struct gd_look *look, struct gd_finding *finding)
{
    enum gd_truth exists = GD_UNSURE;
    uint32_t line = 0;
    const struct gd_function *known = name_routine(look, finding, &exists);
    if (exists == GD_NO) {
        lower_to_additive(finding);
        gd_finding_reason(look, finding,
                          "no routine of this name and these arguments is there: "
                          "nothing is replaced");
    } else if (known == NULL) {
        if (made_by_this_script(look, "function", GD_F_funcname, &line))
            gd_finding_is_fresh(look, finding, line);
    } else {
        if (gd_same_routine(look)) {
            gd_finding_is_done(look, finding, "%s is there with the same body and attributes",
                               known->identity);
            return;
        }
        note_users(look, finding, known);
    }
}

static void describe_untrusted(struct gd_look *look, struct gd_finding *finding)
{
    enum gd_truth exists = GD_UNSURE;
    name_routine(look, finding, &exists);
    gd_finding_note(look, finding,
                    "language %s is outside the server's protection: its body "
                    "cannot be read here",
                    gd_body_language(look->node, look->arena));
}

static void describe_altered(struct gd_look *look, struct gd_finding *finding)
{
    struct gd_named named = gd_named_find(look, gd_node_enum(look->node, GD_F_objtype),
                                          gd_node_child(look->node, GD_F_func), NULL, "");
    gd_finding_names(look, finding, &named);
    const struct gd_node *volatility = gd_option(look->node, GD_F_actions, "volatility");
    if (volatility != NULL && strcmp(gd_option_text(look->arena, volatility), "immutable") == 0)
        gd_finding_note(look, finding,
                        "a function that is not really immutable makes indexes on "
                        "it wrong");
}

static void describe_owner(struct gd_look *look, struct gd_finding *finding)
{
    struct gd_named named =
        gd_named_find(look, look->sub, gd_node_child(look->node, GD_F_object), NULL, "");
    gd_finding_new_owner(look, finding, &named, gd_node_child(look->node, GD_F_newowner));
}

static void describe_object(struct gd_look *look, struct gd_finding *finding)
{
    struct gd_named named =
        gd_named_find(look, look->sub, gd_node_child(look->node, GD_F_object), NULL, "");
    gd_finding_names(look, finding, &named);
}

static void describe_aggregate(struct gd_look *look, struct gd_finding *finding)
{
    const char *shown = gd_name_show(look->arena, gd_name_of_list(look->node, GD_F_defnames));
    uint32_t line = 0;
    gd_finding_object(look, finding, "aggregate %s", shown);
    if (replaces(look) && gd_look_fresh(look, "function", shown, &line))
        gd_finding_is_fresh(look, finding, line);
}

static void describe_call(struct gd_look *look, struct gd_finding *finding)
{
    const struct gd_node *call = gd_node_child(look->node, GD_F_funccall);
    gd_finding_object(look, finding, "procedure %s",
                      gd_name_show(look->arena, gd_name_of_list(call, GD_F_funcname)));
}

static void describe_language(struct gd_look *look, struct gd_finding *finding)
{
    struct gd_named named = gd_named_other(look, "language", gd_node_text(look->node, GD_F_plname));
    if (replaces(look))
        gd_finding_names(look, finding, &named);
    else
        gd_finding_creates(look, finding, &named, false);
    if (!gd_node_flag(look->node, GD_F_pltrusted))
        gd_finding_note(look, finding,
                        "an untrusted language: what its functions do cannot be "
                        "read here, and the server does not hold them back");
}

static void describe_transform(struct gd_look *look, struct gd_finding *finding)
{
    const struct gd_node *type = gd_node_child(look->node, GD_F_type_name);
    gd_finding_object(look, finding, "transform for %s language %s", gd_type_show(look, type),
                      gd_node_text(look->node, GD_F_lang));
}

// clang-format off
const struct gd_rule gd_rules_routines[] = {
    {.id = "F001", .title = "CREATE FUNCTION, CREATE PROCEDURE", .kind = GD_KIND_CreateFunctionStmt,
     .when = is_new, .effect = describe_new,
     .class = GD_CLASS_ADDITIVE, .rerun = GD_RERUN_FAILS, .sqlstate = "42723",
     .because = "A new routine stands beside what is there; its body does nothing until somebody calls it.",
     .instead = "", .source = "sql-createfunction"},
    {.id = "F002", .title = "CREATE OR REPLACE FUNCTION, PROCEDURE", .kind = GD_KIND_CreateFunctionStmt,
     .when = replaces, .effect = describe_replaced,
     .class = GD_CLASS_DESTRUCTIVE, .loses = GD_LOSES_DEFINITION, .scope = GD_SCOPE_SCHEMA,
     .rerun = GD_RERUN_OK,
     .because = "If a routine with these argument types exists, its body, volatility, security and settings are overwritten, "
                "and triggers, policies and defaults that use it follow the new ones at once.",
     .instead = "", .source = "sql-createfunction"},
    {.id = "F003", .title = "function in an untrusted language", .kind = GD_KIND_CreateFunctionStmt,
     .when = language_is_untrusted, .effect = describe_untrusted,
     .class = GD_CLASS_ADDITIVE, .rerun = GD_RERUN_OK,
     .because = "Code in C or an untrusted language runs with the rights of the server's own process: files, network and shell included.",
     .instead = "Use SQL or PL/pgSQL where they are enough, and review this code by hand where they are not.",
     .source = "sql-createfunction"},
    {.id = "F004", .title = "ALTER FUNCTION, PROCEDURE, ROUTINE", .kind = GD_KIND_AlterFunctionStmt,
     .effect = describe_altered,
     .class = GD_CLASS_DESTRUCTIVE, .loses = GD_LOSES_DEFINITION, .scope = GD_SCOPE_SCHEMA,
     .rerun = GD_RERUN_OK,
     .because = "The former volatility, security, cost or settings of the routine are overwritten.",
     .instead = "", .source = "sql-alterfunction"},
    {.id = "F005", .title = "ALTER FUNCTION … OWNER TO", .kind = GD_KIND_AlterOwnerStmt,
     .when = is_routine, .effect = describe_owner,
     .class = GD_CLASS_DESTRUCTIVE, .loses = GD_LOSES_DEFINITION, .scope = GD_SCOPE_SCHEMA,
     .rerun = GD_RERUN_OK,
     .because = "The former owner loses the routine; one that is SECURITY DEFINER runs with the new owner's rights from now on.",
     .instead = "", .source = "sql-alterfunction"},
    {.id = "F006", .title = "ALTER FUNCTION … RENAME TO", .kind = GD_KIND_RenameStmt,
     .when = is_routine, .effect = describe_object,
     .class = GD_CLASS_DESTRUCTIVE, .loses = GD_LOSES_DEFINITION, .scope = GD_SCOPE_SCHEMA,
     .rerun = GD_RERUN_FAILS, .sqlstate = "42883",
     .because = "Callers by the old name fail: applications, and PL/pgSQL bodies, which the server does not track.",
     .instead = "Create the routine under the new name and let the old one call it until nobody does.",
     .source = "sql-alterfunction"},
    {.id = "F007", .title = "ALTER FUNCTION … SET SCHEMA", .kind = GD_KIND_AlterObjectSchemaStmt,
     .when = is_routine, .effect = describe_object,
     .class = GD_CLASS_DESTRUCTIVE, .loses = GD_LOSES_DEFINITION, .scope = GD_SCOPE_SCHEMA,
     .rerun = GD_RERUN_FAILS, .sqlstate = "42883",
     .because = "Callers that name the old schema, or whose search_path lacks the new one, no longer find the routine.",
     .instead = "", .source = "sql-alterfunction"},
    {.id = "F009", .title = "DROP FUNCTION, PROCEDURE, ROUTINE, AGGREGATE", .kind = GD_KIND_DropStmt,
     .when = drops_routine, .effect = gd_finding_drops,
     .class = GD_CLASS_DESTRUCTIVE, .loses = GD_LOSES_DEFINITION, .scope = GD_SCOPE_SCHEMA,
     .rerun = GD_RERUN_FAILS, .sqlstate = "42883",
     .because = "The routine is gone; callers inside PL/pgSQL bodies and applications are not tracked and fail when they call it.",
     .instead = "", .source = "sql-dropfunction"},
    {.id = "F010", .title = "DROP FUNCTION … CASCADE", .kind = GD_KIND_DropStmt,
     .when = drops_routine_cascade, .effect = gd_finding_cascades,
     .class = GD_CLASS_DESTRUCTIVE, .loses = GD_LOSES_DATA, .scope = GD_SCOPE_SCHEMA,
     .lock = GD_LOCK_AX, .rerun = GD_RERUN_FAILS, .sqlstate = "42883",
     .because = "Triggers, views, defaults, policies, indexes and generated columns that use the routine go with it, and a "
                "generated column takes its stored values along.",
     .instead = "Drop it without CASCADE: the error names what uses it. Then change these one by one.",
     .source = "sql-dropfunction"},
    {.id = "F011", .title = "CREATE AGGREGATE", .kind = GD_KIND_DefineStmt, .sub = "OBJECT_AGGREGATE",
     .when = is_new, .effect = describe_aggregate,
     .class = GD_CLASS_ADDITIVE, .rerun = GD_RERUN_FAILS, .sqlstate = "42723",
     .because = "A new aggregate stands beside what is there.",
     .instead = "", .source = "sql-createaggregate"},
    {.id = "F012", .title = "CREATE OR REPLACE AGGREGATE", .kind = GD_KIND_DefineStmt, .sub = "OBJECT_AGGREGATE",
     .when = replaces, .effect = describe_aggregate,
     .class = GD_CLASS_DESTRUCTIVE, .loses = GD_LOSES_DEFINITION, .scope = GD_SCOPE_SCHEMA,
     .rerun = GD_RERUN_OK,
     .because = "An aggregate with these argument types, if there is one, is overwritten.",
     .instead = "", .source = "sql-createaggregate"},
    {.id = "F013", .title = "CALL", .kind = GD_KIND_CallStmt, .effect = describe_call,
     .class = GD_CLASS_NONE, .rerun = GD_RERUN_DEPENDS,
     .because = "A call does what the procedure's body does, which is judged statement by statement where it can be read.",
     .instead = "", .source = "sql-call"},
    {.id = "F014", .title = "DO", .kind = GD_KIND_DoStmt, .when = block_is_plpgsql,
     .class = GD_CLASS_NONE, .rerun = GD_RERUN_DEPENDS,
     .because = "A block does what the statements in it do; each is judged, with every branch and exception handler.",
     .instead = "", .source = "sql-do"},
    {.id = "F015", .title = "DO in another language", .kind = GD_KIND_DoStmt, .when = block_is_foreign,
     .class = GD_CLASS_UNKNOWN, .loses = GD_LOSES_DATA, .scope = GD_SCOPE_DATABASE, .rerun = GD_RERUN_DEPENDS,
     .because = "Code in a language other than PL/pgSQL cannot be read here, and it may do anything.",
     .instead = "Write the block in PL/pgSQL, or as plain statements.", .source = "sql-do"},
    {.id = "F016", .title = "CREATE LANGUAGE with a handler", .kind = GD_KIND_CreatePLangStmt,
     .when = is_new, .effect = describe_language,
     .class = GD_CLASS_ADDITIVE, .rerun = GD_RERUN_FAILS, .sqlstate = "42710",
     .because = "A further language may be used for functions; nothing that exists changes.",
     .instead = "", .source = "sql-createlanguage"},
    {.id = "F017", .title = "CREATE OR REPLACE LANGUAGE with a handler", .kind = GD_KIND_CreatePLangStmt,
     .when = replaces, .effect = describe_language,
     .class = GD_CLASS_DESTRUCTIVE, .loses = GD_LOSES_DEFINITION, .scope = GD_SCOPE_SCHEMA, .rerun = GD_RERUN_OK,
     .because = "Handler and trust of the language, if it is there, are overwritten: all its functions run through the new one.",
     .instead = "", .source = "sql-createlanguage"},
    {.id = "F018", .title = "DROP LANGUAGE", .kind = GD_KIND_DropStmt, .sub = "OBJECT_LANGUAGE",
     .when = says_restrict, .effect = gd_finding_drops,
     .class = GD_CLASS_DESTRUCTIVE, .loses = GD_LOSES_DEFINITION, .scope = GD_SCOPE_SCHEMA,
     .rerun = GD_RERUN_FAILS, .sqlstate = "42704",
     .because = "No function can be written or run in the language afterwards.",
     .instead = "", .source = "sql-droplanguage"},
    {.id = "F019", .title = "DROP LANGUAGE … CASCADE", .kind = GD_KIND_DropStmt, .sub = "OBJECT_LANGUAGE",
     .when = says_cascade, .effect = gd_finding_cascades,
     .class = GD_CLASS_DESTRUCTIVE, .loses = GD_LOSES_DATA, .scope = GD_SCOPE_SCHEMA,
     .lock = GD_LOCK_AX, .rerun = GD_RERUN_FAILS, .sqlstate = "42704",
     .because = "Every function written in the language goes, and with them the triggers, defaults and generated columns that use them.",
     .instead = "Drop it without CASCADE: the error names what is written in it.", .source = "sql-droplanguage"},
    {.id = "F020", .title = "ALTER LANGUAGE … RENAME TO", .kind = GD_KIND_RenameStmt, .sub = "OBJECT_LANGUAGE",
     .effect = describe_object,
     .class = GD_CLASS_DESTRUCTIVE, .loses = GD_LOSES_DEFINITION, .scope = GD_SCOPE_SCHEMA,
     .rerun = GD_RERUN_FAILS, .sqlstate = "42704",
     .because = "Scripts that create functions in the language by its old name fail.",
     .instead = "", .source = "sql-alterlanguage"},
    {.id = "F021", .title = "ALTER LANGUAGE … OWNER TO", .kind = GD_KIND_AlterOwnerStmt, .sub = "OBJECT_LANGUAGE",
     .effect = describe_owner,
     .class = GD_CLASS_DESTRUCTIVE, .loses = GD_LOSES_DEFINITION, .scope = GD_SCOPE_SCHEMA, .rerun = GD_RERUN_OK,
     .because = "The former owner loses the language.",
     .instead = "", .source = "sql-alterlanguage"},
    {.id = "F022", .title = "CREATE TRANSFORM", .kind = GD_KIND_CreateTransformStmt, .when = is_new,
     .effect = describe_transform,
     .class = GD_CLASS_ADDITIVE, .rerun = GD_RERUN_FAILS, .sqlstate = "42710",
     .because = "It tells a language how to hand over values of a type; functions use it only when they ask for it.",
     .instead = "", .source = "sql-createtransform"},
    {.id = "F023", .title = "CREATE OR REPLACE TRANSFORM", .kind = GD_KIND_CreateTransformStmt, .when = replaces,
     .effect = describe_transform,
     .class = GD_CLASS_DESTRUCTIVE, .loses = GD_LOSES_DEFINITION, .scope = GD_SCOPE_SCHEMA, .rerun = GD_RERUN_OK,
     .because = "The transform between this type and language, if there is one, is overwritten.",
     .instead = "", .source = "sql-createtransform"},
    {.id = "F024", .title = "DROP TRANSFORM", .kind = GD_KIND_DropStmt, .sub = "OBJECT_TRANSFORM",
     .effect = gd_finding_drops,
     .class = GD_CLASS_DESTRUCTIVE, .loses = GD_LOSES_DEFINITION, .scope = GD_SCOPE_SCHEMA,
     .rerun = GD_RERUN_FAILS, .sqlstate = "42704",
     .because = "Functions that ask for the transform cannot be called without it.",
     .instead = "", .source = "sql-droptransform"},
};
// clang-format on
const size_t gd_rules_routines_count = sizeof gd_rules_routines / sizeof gd_rules_routines[0];
