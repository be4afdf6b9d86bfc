#include "guardian/classify/hidden.h"

#include <string.h>

#include "guardian/classify/builtins.h"
#include "guardian/classify/hooks.h"
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
}

void gd_hidden_type(struct gd_judge *judge, const struct gd_node *type_name)
{
    struct gd_look look = gd_judge_look(judge, type_name, type_name);
    struct gd_name name = gd_name_of_type(type_name);
    if (strcmp(name.schema, "pg_catalog") == 0)
        return;
    struct gd_type_target type = gd_look_type(&look, name);
    judge_domain(judge, &look, type.type);
    gd_hooks_of_type_name(judge, type_name);
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

static bool is_on(const struct gd_attached *attached, const char *schema, const char *name)
{
    return strcmp(attached->schema, schema) == 0 && strcmp(attached->name, name) == 0;
}

/* What is attached to a relation, and to those that share definitions with it. */
void gd_hidden_attached(struct gd_judge *judge, const struct gd_target *relation)
{
    struct gd_look look = gd_judge_look(judge, NULL, NULL);
    for (const struct gd_attached *attached = gd_state_attached(look.state); attached != NULL;
         attached = attached->next)
        if (relation == NULL || is_on(attached, relation->name.schema, relation->name.name))
            judge_calls_of(judge, attached->text);
}

static void run_attached(struct gd_judge *judge, const char *schema, const char *name)
{
    struct gd_look look = gd_judge_look(judge, NULL, NULL);
    for (const struct gd_attached *attached = gd_state_attached(look.state); attached != NULL;
         attached = attached->next)
        if (is_on(attached, schema, name))
            judge_calls_of(judge, attached->text);
}

/* Relations that share definitions with the one that is written, each once, itself left out. */
static void write_kin(struct gd_judge *judge, struct gd_look *look, struct gd_name name)
{
    for (const struct gd_kin *kin = gd_state_kin(look->state); kin != NULL; kin = kin->next) {
        bool down = strcmp(kin->heir_schema, name.schema) == 0 && strcmp(kin->heir, name.name) == 0;
        bool up = kin->both && strcmp(kin->source_schema, name.schema) == 0 &&
                  strcmp(kin->source, name.name) == 0;
        if (!down && !up)
            continue;
        struct gd_name other = down ? (struct gd_name){kin->source_schema, kin->source}
                                    : (struct gd_name){kin->heir_schema, kin->heir};
        const char *once = gd_arena_printf(look->arena, "kin %s", gd_name_show(look->arena, other));
        if (!gd_judge_first_time(judge, once))
            continue;
        struct gd_target target = gd_look_relation(look, other);
        gd_hidden_write(judge, &target);
    }
}

static void write_children(struct gd_judge *judge, const struct gd_look *look,
                           const struct gd_relation *relation, unsigned depth)
{
    gd_hooks_of_write(judge, relation);
    run_attached(judge, relation->schema, relation->name);
    for (size_t i = 0; depth < 32 && i < relation->child_count; i++) {
        const struct gd_relation *child = gd_survey_relation(look->survey, relation->children[i]);
        if (child != NULL)
            write_children(judge, look, child, depth + 1);
    }
}

/* Rows of a partition must fit its parent's key; what the script puts on a parent comes down. */
static void write_parents(struct gd_judge *judge, const struct gd_look *look,
                          const struct gd_relation *relation, unsigned depth)
{
    for (size_t i = 0; depth < 32 && i < relation->parent_count; i++) {
        const struct gd_relation *parent = gd_survey_relation(look->survey, relation->parents[i]);
        if (parent == NULL)
            continue;
        gd_hooks_on(judge, parent, "k");
        run_attached(judge, parent->schema, parent->name);
        write_parents(judge, look, parent, depth + 1);
    }
}

void gd_hidden_write(struct gd_judge *judge, const struct gd_target *table)
{
    struct gd_look look = gd_judge_look(judge, NULL, NULL);
    if (table->relation != NULL && has_user_functions(look.survey))
        judge_relation(judge, &look, table->relation);
    if (table->relation != NULL) {
        write_children(judge, &look, table->relation, 0);
        write_parents(judge, &look, table->relation, 0);
    }
    gd_hidden_attached(judge, table);
    write_kin(judge, &look, table->name);
}

void gd_hidden_query(struct gd_judge *judge, const struct gd_target *matview)
{
    struct gd_look look = gd_judge_look(judge, NULL, NULL);
    const struct gd_thing *thing =
        gd_state_find(look.state, "relation", matview->name.schema, matview->name.name);
    if (thing != NULL && thing->standing != GD_GONE && thing->text != NULL)
        judge_calls_of(judge, thing->text);
    if (matview->relation != NULL && matview->relation->view_sql != NULL)
        judge_calls_of(judge, matview->relation->view_sql);
}

/* ---- event triggers ---- */

static bool is_ddl(const char *kind)
{
    return strcmp(kind, "ReindexStmt") == 0 || strncmp(kind, "Create", 6) == 0 ||
           strncmp(kind, "Alter", 5) == 0 || strncmp(kind, "Drop", 4) == 0 ||
           strcmp(kind, "RenameStmt") == 0 || strcmp(kind, "IndexStmt") == 0 ||
           strcmp(kind, "ViewStmt") == 0 || strcmp(kind, "RuleStmt") == 0 ||
           strcmp(kind, "CommentStmt") == 0 || strcmp(kind, "GrantStmt") == 0 ||
           strcmp(kind, "DefineStmt") == 0 || strcmp(kind, "RefreshMatViewStmt") == 0 ||
           strcmp(kind, "CompositeTypeStmt") == 0 || strcmp(kind, "SecLabelStmt") == 0 ||
           strcmp(kind, "ImportForeignSchemaStmt") == 0;
}

bool gd_hidden_is_ddl(const struct gd_node *statement)
{
    if (gd_node_kind(statement) == GD_KIND_SelectStmt)
        return gd_node_child(statement, GD_F_into_clause) != NULL;
    return is_ddl(gd_node_kind_name(statement));
}

bool gd_hidden_is_ddl_kind(enum gd_kind kind)
{
    return is_ddl(gd_kind_name(kind));
}

void gd_hidden_ddl(struct gd_judge *judge, const struct gd_node *statement)
{
    struct gd_look look = gd_judge_look(judge, statement, statement);
    if (!gd_state_has_event_trigger(look.state) || !gd_hidden_is_ddl(statement))
        return;
    for (const struct gd_thing *thing = gd_state_named(look.state, "event trigger", "any");
         thing != NULL; thing = thing->next_named)
        judge_function_called(judge, thing->function);
}

/* ---- hooks ---- */

/* It runs from here on without being called, and it may yet be replaced. */
static void arm(struct gd_judge *judge, const char *function)
{
    struct gd_look look = gd_judge_look(judge, NULL, NULL);
    judge_function_called(judge, function);
    if (gd_builtin_function(function) == GD_BUILTIN_NONE ||
        gd_state_named(look.state, "function", function) != NULL)
        gd_state_arm(look.state, function);
}

static enum gd_walk judge_hook_name(const struct gd_node *node, const struct gd_node *parent,
                                    void *context)
{
    struct gd_judge *judge = context;
    switch (gd_node_kind(node)) {
    case GD_KIND_FuncCall:
        arm(judge, gd_node_name_last(node, GD_F_funcname));
        return GD_WALK_INTO;
    case GD_KIND_ObjectWithArgs:
        arm(judge, gd_node_name_last(node, GD_F_objname));
        return GD_WALK_PAST;
    case GD_KIND_TypeName: /* FUNCTION = f in CREATE OPERATOR and CREATE AGGREGATE */
        if (gd_node_kind(parent) == GD_KIND_DefElem)
            arm(judge, gd_node_name_last(node, GD_F_names));
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
        GD_KIND_CreatePolicyStmt, GD_KIND_AlterPolicyStmt, GD_KIND_CreateRangeStmt,
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
