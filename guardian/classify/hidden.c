#include "guardian/classify/hidden.h"

#include <string.h>

#include "guardian/sql/parse.h"

/* Judge the calls in all statements of a text, once per statement of the script. */
static void judge_calls_of(struct gd_judge *judge, const char *text)
{
    struct gd_look look = gd_judge_look(judge, NULL, NULL);
    struct gd_parsed parsed;
    struct gd_refusal refusal;
    if (!gd_judge_first_time(judge, text) ||
        !gd_parse(text, strlen(text), look.arena, &parsed, &refusal))
        return;
    for (size_t i = 0; i < parsed.count; i++)
        gd_judge_calls(judge, parsed.statements[i]);
}

static void judge_expression(struct gd_judge *judge, const char *sql)
{
    struct gd_look look = gd_judge_look(judge, NULL, NULL);
    if (sql != NULL && strchr(sql, '(') != NULL && gd_judge_first_time(judge, sql))
        gd_judge_calls(judge, gd_parse_expression(sql, look.arena));
}

static void judge_function_called(struct gd_judge *judge, const char *name)
{
    struct gd_look look = gd_judge_look(judge, NULL, NULL);
    gd_judge_script_function(judge, name, NULL);
    for (size_t i = 0; look.survey != NULL && i < look.survey->function_count; i++)
        if (strcmp(look.survey->functions[i].name, name) == 0)
            gd_judge_catalogue_function(judge, &look.survey->functions[i], NULL);
}

/* ---- casts and domains ---- */

/* "app.pair" and "pair" name the same target, as far as the text can tell. */
static bool names_type(const char *shown, const char *name)
{
    const char *dot = strrchr(shown, '.');
    const char *bare = dot == NULL ? shown : dot + 1;
    size_t size = strlen(bare);
    if (size >= 2 && bare[0] == '"')
        return strncmp(bare + 1, name, size - 2) == 0 && strlen(name) == size - 2;
    return strcmp(bare, name) == 0;
}

static void judge_casts_to(struct gd_judge *judge, const struct gd_look *look, const char *type)
{
    for (const struct gd_thing *thing = gd_state_named(look->state, "cast", type); thing != NULL;
         thing = thing->next_named)
        judge_function_called(judge, thing->function);
    for (size_t i = 0; look->survey != NULL && i < look->survey->cast_count; i++) {
        const struct gd_cast_definition *cast = &look->survey->casts[i];
        const struct gd_function *function =
            names_type(cast->target, type) ? gd_survey_function(look->survey, cast->function_oid)
                                           : NULL;
        if (function != NULL)
            gd_judge_catalogue_function(judge, function, "a cast");
    }
}

static void judge_domain(struct gd_judge *judge, const struct gd_look *look,
                         const struct gd_type *domain)
{
    for (size_t i = 0; domain != NULL && domain->type == 'd' && i < domain->constraint_count; i++)
        judge_calls_of(judge, gd_arena_printf(look->arena, "ALTER DOMAIN d ADD %s",
                                              domain->constraints[i].definition));
}

void gd_hidden_cast(struct gd_judge *judge, const struct gd_node *cast)
{
    struct gd_look look = gd_judge_look(judge, cast, cast);
    struct gd_name name = gd_name_of_type(gd_node_child(cast, GD_F_type_name));
    if (strcmp(name.schema, "pg_catalog") == 0 && look.survey == NULL)
        return;
    judge_casts_to(judge, &look, name.name);
    struct gd_type_target type = gd_look_type(&look, name);
    judge_domain(judge, &look, type.type);
    const struct gd_thing *thing =
        gd_state_find(look.state, "type", type.name.schema, type.name.name);
    if (thing != NULL && thing->standing != GD_GONE && thing->text != NULL)
        judge_calls_of(judge, thing->text);
}

/* ---- operators ---- */

bool gd_hidden_operator(struct gd_judge *judge, const char *name)
{
    struct gd_look look = gd_judge_look(judge, NULL, NULL);
    bool any = false;
    for (const struct gd_thing *thing = gd_state_named(look.state, "operator", name); thing != NULL;
         thing = thing->next_named) {
        any = true;
        judge_function_called(judge, thing->function);
    }
    return any;
}

/* ---- what writing a row runs ---- */

static void judge_column(struct gd_judge *judge, const struct gd_look *look,
                         const struct gd_column *column)
{
    judge_expression(judge, column->default_sql);
    judge_domain(judge, look, gd_survey_type(look->survey, column->type_oid));
}

static void judge_relation(struct gd_judge *judge, const struct gd_look *look,
                           const struct gd_relation *relation)
{
    for (size_t i = 0; i < relation->column_count; i++)
        judge_column(judge, look, &relation->columns[i]);
    for (size_t i = 0; i < relation->constraint_count; i++)
        if (relation->constraints[i].type == 'c')
            judge_calls_of(judge, gd_arena_printf(look->arena, "ALTER TABLE t ADD %s",
                                                  relation->constraints[i].definition));
    for (size_t i = 0; i < relation->index_count; i++)
        if (relation->indexes[i].definition != NULL)
            judge_calls_of(judge, relation->indexes[i].definition);
    for (size_t i = 0; i < relation->trigger_count; i++)
        if (strstr(relation->triggers[i].definition, " WHEN (") != NULL)
            judge_calls_of(judge, relation->triggers[i].definition);
}

/* Without a function of the user's there is nothing that could hide. */
static bool has_user_functions(const struct gd_survey *survey)
{
    for (size_t i = 0; survey != NULL && i < survey->function_count; i++)
        if (!survey->functions[i].builtin)
            return true;
    return false;
}

void gd_hidden_write(struct gd_judge *judge, const struct gd_target *table)
{
    struct gd_look look = gd_judge_look(judge, NULL, NULL);
    if (table->relation != NULL && has_user_functions(look.survey))
        judge_relation(judge, &look, table->relation);
    for (const struct gd_attached *attached = gd_state_attached(look.state); attached != NULL;
         attached = attached->next)
        if (strcmp(attached->schema, table->name.schema) == 0 &&
            strcmp(attached->name, table->name.name) == 0)
            judge_calls_of(judge, attached->text);
}

/* ---- event triggers ---- */

static bool is_ddl(const struct gd_node *statement)
{
    const char *kind = gd_node_kind_name(statement);
    return strncmp(kind, "Create", 6) == 0 || strncmp(kind, "Alter", 5) == 0 ||
           strncmp(kind, "Drop", 4) == 0 || strcmp(kind, "RenameStmt") == 0 ||
           strcmp(kind, "IndexStmt") == 0 || strcmp(kind, "ViewStmt") == 0 ||
           strcmp(kind, "RuleStmt") == 0 || strcmp(kind, "CommentStmt") == 0 ||
           strcmp(kind, "GrantStmt") == 0 || strcmp(kind, "DefineStmt") == 0 ||
           strcmp(kind, "RefreshMatViewStmt") == 0 || strcmp(kind, "CompositeTypeStmt") == 0 ||
           strcmp(kind, "SecLabelStmt") == 0 || strcmp(kind, "ImportForeignSchemaStmt") == 0;
}

void gd_hidden_ddl(struct gd_judge *judge, const struct gd_node *statement)
{
    struct gd_look look = gd_judge_look(judge, statement, statement);
    if (!gd_state_has_event_trigger(look.state) || !is_ddl(statement))
        return;
    for (const struct gd_thing *thing = gd_state_named(look.state, "event trigger", "any");
         thing != NULL; thing = thing->next_named)
        judge_function_called(judge, thing->function);
}

/* ---- hooks ---- */

static enum gd_walk judge_hook_name(const struct gd_node *node, const struct gd_node *parent,
                                    void *context)
{
    struct gd_judge *judge = context;
    switch (gd_node_kind(node)) {
    case GD_KIND_FuncCall:
        judge_function_called(judge, gd_node_name_last(node, GD_F_funcname));
        return GD_WALK_INTO;
    case GD_KIND_ObjectWithArgs:
        judge_function_called(judge, gd_node_name_last(node, GD_F_objname));
        return GD_WALK_PAST;
    case GD_KIND_TypeName: /* FUNCTION = f in CREATE OPERATOR and CREATE AGGREGATE */
        if (gd_node_kind(parent) == GD_KIND_DefElem)
            judge_function_called(judge, gd_node_name_last(node, GD_F_names));
        return GD_WALK_PAST;
    default:
        return GD_WALK_INTO;
    }
}

void gd_hidden_hook(struct gd_judge *judge, const struct gd_node *statement)
{
    static const enum gd_kind kinds[] = {
        GD_KIND_DefineStmt,       GD_KIND_CreateCastStmt,  GD_KIND_CreateOpClassStmt,
        GD_KIND_CreateDomainStmt, GD_KIND_AlterDomainStmt, GD_KIND_CreateStatsStmt,
        GD_KIND_CreatePolicyStmt, GD_KIND_AlterPolicyStmt,
    };
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (gd_node_kind(statement) == kinds[i])
            gd_node_walk(statement, judge_hook_name, judge);
}

/* ---- arguments ---- */

void gd_hidden_arguments(struct gd_judge *judge, const char *arguments)
{
    struct gd_look look = gd_judge_look(judge, NULL, NULL);
    if (arguments == NULL || strstr(arguments, " DEFAULT ") == NULL)
        return;
    judge_calls_of(judge, gd_arena_printf(look.arena,
                                          "CREATE FUNCTION f(%s) RETURNS void LANGUAGE sql AS ''",
                                          arguments));
}
