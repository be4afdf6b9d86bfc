#include "guardian/classify/hooks.h"

#include <string.h>

#include "guardian/classify/hidden.h"
#include "guardian/classify/named.h"
#include "guardian/sql/parse.h"

/* ---- one function ---- */

static bool is_compiled(const struct gd_function *function)
{
    return strcmp(function->language, "c") == 0 || strcmp(function->language, "internal") == 0;
}

/* Of an extension's machine code a row of the rules may know what it does. */
static void judge_by_name(struct gd_judge *judge, const struct gd_look *look,
                          const struct gd_function *function)
{
    struct gd_name name = {function->schema, function->name};
    const char *call = gd_arena_printf(look->arena, "%s()", gd_name_show(look->arena, name));
    gd_judge_calls(judge, gd_parse_expression(call, look->arena));
}

static void judge_function(struct gd_judge *judge, const struct gd_look *look,
                           const struct gd_hook *hook, const char *why)
{
    const struct gd_function *function = gd_survey_function(look->survey, hook->function_oid);
    if (function == NULL) {
        gd_judge_add(judge, "Z006", NULL)->object = why;
        return;
    }
    if (hook->member && is_compiled(function)) {
        judge_by_name(judge, look, function);
        return;
    }
    gd_judge_script_function(judge, function->name, why);
    gd_judge_catalogue_function(judge, function, why);
}

/* Begin to read what a hook runs. @return false when that is known to be harmless, or going on */
static bool begin(struct gd_judge *judge, struct gd_running *running)
{
    struct gd_hook_memory *memory = gd_judge_hook_memory(judge);
    struct gd_look look = gd_judge_look(judge, NULL, NULL);
    uint32_t changes = gd_state_changes(look.state);
    if (memory->harmless_at != changes)
        memory->harmless = (struct gd_texts){0};
    memory->harmless_at = changes;
    if (gd_texts_has(&memory->harmless, running->key))
        return false;
    for (const struct gd_running *other = memory->running; other != NULL; other = other->outer)
        if (strcmp(other->key, running->key) == 0)
            return false;
    running->outer = memory->running;
    running->aside = gd_judge_step_aside(judge);
    memory->running = running;
    return true;
}

static void end(struct gd_judge *judge, const struct gd_running *running)
{
    struct gd_hook_memory *memory = gd_judge_hook_memory(judge);
    struct gd_look look = gd_judge_look(judge, NULL, NULL);
    struct gd_arena *arena = gd_state_arena(look.state); /* a statement's findings may be folded */
    enum gd_class worst = gd_judge_step_back(judge, running->aside);
    memory->running = running->outer;
    /* Inside of another one's reading some bodies were passed over: that is no proof. */
    if (worst == GD_CLASS_NONE && memory->running == NULL)
        gd_texts_add(&memory->harmless, gd_arena_strdup(arena, running->key), arena);
}

static void run(struct gd_judge *judge, const struct gd_hook *hook, const char *why)
{
    struct gd_look look = gd_judge_look(judge, NULL, NULL);
    struct gd_running running = {.key = gd_arena_printf(look.arena, "%u", hook->function_oid)};
    if (!begin(judge, &running))
        return;
    judge_function(judge, &look, hook, why);
    end(judge, &running);
}

void gd_hooks_run_named(struct gd_judge *judge, const char *name)
{
    struct gd_look look = gd_judge_look(judge, NULL, NULL);
    struct gd_running running = {.key = gd_arena_printf(look.arena, "any %s", name)};
    if (!begin(judge, &running))
        return;
    gd_judge_script_function(judge, name, NULL);
    for (size_t i = 0; look.survey != NULL && i < look.survey->function_count; i++)
        if (strcmp(look.survey->functions[i].name, name) == 0)
            gd_judge_catalogue_function(judge, &look.survey->functions[i], NULL);
    end(judge, &running);
}

/* ---- which ones ---- */

static bool is_of(const struct gd_hook *hook, const char *kinds)
{
    return strchr(kinds, (char)hook->kind) != NULL;
}

static const char *word_of(const struct gd_hook *hook)
{
    switch (hook->kind) {
    case GD_HOOK_DEFAULT:
        return "a default";
    case GD_HOOK_CHECK:
        return "a check";
    case GD_HOOK_INDEX:
        return "an index";
    case GD_HOOK_KEY:
        return "the partition key";
    case GD_HOOK_QUERY:
        return "the query";
    case GD_HOOK_RULE:
        return "a rule";
    case GD_HOOK_POLICY:
        return "a policy";
    default:
        return hook->name;
    }
}

/* "constraint c" where the relation tells its name. */
static const char *named(const struct gd_look *look, const struct gd_hook *hook,
                         const struct gd_relation *relation)
{
    uint32_t oid = hook->object.oid;
    for (size_t i = 0; hook->kind == GD_HOOK_CHECK && i < relation->constraint_count; i++)
        if (relation->constraints[i].oid == oid)
            return gd_arena_printf(look->arena, "constraint %s", relation->constraints[i].name);
    for (size_t i = 0; hook->kind == GD_HOOK_INDEX && i < relation->index_count; i++)
        if (relation->indexes[i].oid == oid)
            return gd_arena_printf(look->arena, "index %s", relation->indexes[i].name);
    for (size_t i = 0; hook->kind == GD_HOOK_POLICY && i < relation->policy_count; i++)
        if (relation->policies[i].oid == oid)
            return gd_arena_printf(look->arena, "policy %s", relation->policies[i].name);
    return word_of(hook);
}

static bool has_formula(const struct gd_relation *relation)
{
    for (size_t i = 0; i < relation->column_count; i++)
        if (relation->columns[i].generated != '\0')
            return true;
    return false;
}

void gd_hooks_on(struct gd_judge *judge, const struct gd_relation *relation, const char *kinds)
{
    struct gd_look look = gd_judge_look(judge, NULL, NULL);
    for (size_t i = 0; look.survey != NULL && relation != NULL && i < look.survey->hook_count;
         i++) {
        const struct gd_hook *hook = &look.survey->hooks[i];
        bool formula =
            hook->kind == GD_HOOK_DEFAULT && strchr(kinds, 'g') != NULL && has_formula(relation);
        if (hook->relation_oid == relation->oid && (formula || is_of(hook, kinds)))
            run(judge, hook,
                gd_arena_printf(look.arena, "%s of %s", named(&look, hook, relation),
                                relation->qualified));
    }
}

/* Hooks of these kinds on whatever relation. */
static void run_all(struct gd_judge *judge, const struct gd_look *look, const char *kinds)
{
    for (size_t i = 0; look->survey != NULL && i < look->survey->hook_count; i++)
        if (is_of(&look->survey->hooks[i], kinds))
            run(judge, &look->survey->hooks[i], word_of(&look->survey->hooks[i]));
}

void gd_hooks_of_type(struct gd_judge *judge, uint32_t type_oid)
{
    struct gd_look look = gd_judge_look(judge, NULL, NULL);
    for (size_t i = 0; look.survey != NULL && i < look.survey->hook_count; i++) {
        const struct gd_hook *hook = &look.survey->hooks[i];
        if (hook->kind == GD_HOOK_DOMAIN && hook->type_oid == type_oid)
            run(judge, hook, hook->name);
    }
}

static void run_columns(struct gd_judge *judge, const struct gd_relation *relation)
{
    for (size_t i = 0; relation != NULL && i < relation->column_count; i++)
        gd_hooks_of_type(judge, relation->columns[i].type_oid);
}

void gd_hooks_of_write(struct gd_judge *judge, const struct gd_relation *relation)
{
    gd_hooks_on(judge, relation, GD_HOOKS_OF_WRITE);
    run_columns(judge, relation);
}

static bool has_domains(const struct gd_survey *survey)
{
    for (size_t i = 0; survey != NULL && i < survey->hook_count; i++)
        if (survey->hooks[i].kind == GD_HOOK_DOMAIN)
            return true;
    return false;
}

void gd_hooks_of_type_name(struct gd_judge *judge, const struct gd_node *type_name)
{
    struct gd_look look = gd_judge_look(judge, NULL, NULL);
    struct gd_name name = gd_name_of_type(type_name);
    if (!has_domains(look.survey) || strcmp(name.schema, "pg_catalog") == 0)
        return;
    struct gd_type_target type = gd_look_type(&look, name);
    if (type.type != NULL)
        gd_hooks_of_type(judge, type.type->oid);
    struct gd_target row = gd_look_relation(&look, name); /* app.t is the type of its rows */
    run_columns(judge, row.relation);
}

void gd_hooks_of_body(struct gd_judge *judge)
{
    struct gd_look look = gd_judge_look(judge, NULL, NULL);
    for (size_t i = 0; look.survey != NULL && i < look.survey->hook_count; i++) {
        const struct gd_hook *hook = &look.survey->hooks[i];
        if (hook->kind == GD_HOOK_DOMAIN && gd_survey_type(look.survey, hook->type_oid) != NULL)
            run(judge, hook, hook->name);
    }
}

void gd_hooks_of_aggregate(struct gd_judge *judge, const struct gd_function *aggregate)
{
    struct gd_look look = gd_judge_look(judge, NULL, NULL);
    for (size_t i = 0; look.survey != NULL && i < look.survey->hook_count; i++) {
        const struct gd_hook *hook = &look.survey->hooks[i];
        if (hook->kind == GD_HOOK_AGGREGATE && hook->object.oid == aggregate->oid)
            run(judge, hook, gd_arena_printf(look.arena, "aggregate %s", aggregate->identity));
    }
}

/* ---- statements that compute ---- */

static bool is_among_kinds(enum gd_kind kind, const enum gd_kind *kinds, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (kinds[i] == kind)
            return true;
    return false;
}

/* Does a statement of this kind compare, convert or compute values of the user's types? */
static bool computes(enum gd_kind kind, bool rewrites)
{
    static const enum gd_kind kinds[] = {
        GD_KIND_SelectStmt,        GD_KIND_InsertStmt,
        GD_KIND_UpdateStmt,        GD_KIND_DeleteStmt,
        GD_KIND_MergeStmt,         GD_KIND_CopyStmt,
        GD_KIND_CallStmt,          GD_KIND_DoStmt,
        GD_KIND_ExecuteStmt,       GD_KIND_CreateTableAsStmt,
        GD_KIND_DeclareCursorStmt, GD_KIND_RefreshMatViewStmt,
        GD_KIND_VacuumStmt,        GD_KIND_ReindexStmt,
        GD_KIND_ClusterStmt,       GD_KIND_IndexStmt,
        GD_KIND_ExplainStmt,       GD_KIND_PrepareStmt,
        GD_KIND_FetchStmt,
    };
    return rewrites || is_among_kinds(kind, kinds, sizeof kinds / sizeof kinds[0]);
}

/* What no text shows: an extension's own operators and casts are no trap. */
static void run_anywhere(struct gd_judge *judge, const struct gd_look *look)
{
    for (size_t i = 0; look->survey != NULL && i < look->survey->hook_count; i++) {
        const struct gd_hook *hook = &look->survey->hooks[i];
        if (hook->kind == GD_HOOK_ANYWHERE && !hook->member)
            run(judge, hook, hook->name);
    }
    const struct gd_texts *armed = gd_state_armed(look->state);
    for (size_t i = 0; i < armed->count; i++)
        gd_hooks_run_named(judge, armed->items[i]);
}

/* ---- statements that build ---- */

/* A table and its partitions and children; of an index its table. */
static void run_on_family(struct gd_judge *judge, const struct gd_look *look,
                          const struct gd_relation *relation, const char *kinds, unsigned depth)
{
    if (relation == NULL || depth > 32)
        return;
    if (relation->index_table_oid != 0) {
        run_on_family(judge, look, gd_survey_relation(look->survey, relation->index_table_oid),
                      kinds, depth + 1);
        return;
    }
    gd_hooks_on(judge, relation, kinds);
    for (size_t i = 0; i < relation->child_count; i++)
        run_on_family(judge, look, gd_survey_relation(look->survey, relation->children[i]), kinds,
                      depth + 1);
}

static void run_on_range(struct gd_judge *judge, const struct gd_look *look,
                         const struct gd_node *range, const char *kinds)
{
    struct gd_target target = gd_look_relation(look, gd_name_of_range(range));
    const struct gd_relation *relation = target.relation;
    bool index = relation == NULL ? gd_node_enum_is(look->node, GD_F_kind, "REINDEX_OBJECT_INDEX")
                                  : relation->index_table_oid != 0;
    run_on_family(judge, look, relation, kinds, 0);
    gd_hidden_attached(judge, index ? NULL : &target); /* its table is not told by its name */
}

static void run_on_named(struct gd_judge *judge, const struct gd_look *look,
                         const struct gd_node *statement, const char *kinds)
{
    const struct gd_node *range = gd_node_child(statement, GD_F_relation);
    if (range != NULL) {
        run_on_range(judge, look, range, kinds);
        return;
    }
    run_all(judge, look, kinds);
    gd_hidden_attached(judge, NULL);
}

static void run_vacuum(struct gd_judge *judge, const struct gd_look *look,
                       const struct gd_node *statement)
{
    const struct gd_node *full = gd_option(statement, GD_F_options, "full");
    const struct gd_node *analyze = gd_option(statement, GD_F_options, "analyze");
    bool builds = full != NULL && gd_option_on(full);
    bool samples =
        !gd_node_flag(statement, GD_F_is_vacuumcmd) || (analyze != NULL && gd_option_on(analyze));
    const char *kinds = samples ? GD_HOOKS_OF_SAMPLE : "i";
    if (!builds && !samples)
        return;
    size_t count = gd_node_count(statement, GD_F_rels);
    for (size_t i = 0; i < count; i++)
        run_on_range(judge, look, gd_node_child(gd_node_at(statement, GD_F_rels, i), GD_F_relation),
                     kinds);
    if (count > 0)
        return;
    run_all(judge, look, kinds);
    gd_hidden_attached(judge, NULL);
}

static void run_refresh(struct gd_judge *judge, const struct gd_look *look,
                        const struct gd_node *statement)
{
    const struct gd_node *range = gd_node_child(statement, GD_F_relation);
    struct gd_target target = gd_look_relation(look, gd_name_of_range(range));
    gd_hooks_on(judge, target.relation, "vi");
    gd_hidden_attached(judge, &target);
    gd_hidden_query(judge, &target);
}

static void run_alter_table(struct gd_judge *judge, const struct gd_look *look,
                            const struct gd_node *statement, bool rewrites)
{
    static const struct {
        const char *subtype, *kinds;
    } builds[] = {
        {"AT_AlterColumnType", GD_HOOKS_OF_REBUILD},
        {"AT_SetExpression", GD_HOOKS_OF_REBUILD},
        {"AT_ValidateConstraint", "c"},
        {"AT_SetLogged", "i"},
        {"AT_SetUnLogged", "i"},
        {"AT_SetAccessMethod", "i"},
        {"AT_AttachPartition", "ikc"},
    };
    const struct gd_node *range = gd_node_child(statement, GD_F_relation);
    if (rewrites)
        run_on_range(judge, look, range, GD_HOOKS_OF_REBUILD);
    for (size_t i = 0; i < gd_node_count(statement, GD_F_cmds); i++)
        for (size_t b = 0; b < sizeof builds / sizeof builds[0]; b++)
            if (gd_node_enum_is(gd_node_at(statement, GD_F_cmds, i), GD_F_subtype,
                                builds[b].subtype))
                run_on_range(judge, look, range, builds[b].kinds);
}

/* VALIDATE CONSTRAINT tries every value with the function that the catalogue names. */
static void run_alter_domain(struct gd_judge *judge, const struct gd_look *look,
                             const struct gd_node *statement)
{
    if (strcmp(gd_node_text(statement, GD_F_subtype), "V") != 0)
        return;
    struct gd_type_target domain = gd_look_type(look, gd_name_of_list(statement, GD_F_type_name));
    if (domain.type != NULL)
        gd_hooks_of_type(judge, domain.type->oid);
    run_anywhere(judge, look);
}

/* ---- event triggers ---- */

static const char *tag_of_object(const struct gd_look *look, const char *verb, const char *type)
{
    char *tag = gd_arena_printf(look->arena, "%s %s", verb, gd_named_word(type));
    for (char *at = tag; *at != '\0'; at++)
        *at = (char)(*at >= 'a' && *at <= 'z' ? *at - 32 : *at);
    return tag;
}

/* The command tag, where it is plain; NULL: it could be any. */
static const char *tag_of(const struct gd_look *look, const struct gd_node *statement)
{
    switch (gd_node_kind(statement)) {
    case GD_KIND_CreateStmt:
        return "CREATE TABLE";
    case GD_KIND_IndexStmt:
        return "CREATE INDEX";
    case GD_KIND_ViewStmt:
        return "CREATE VIEW";
    case GD_KIND_CreateSeqStmt:
        return "CREATE SEQUENCE";
    case GD_KIND_CreateSchemaStmt:
        return "CREATE SCHEMA";
    case GD_KIND_CreateTrigStmt:
        return "CREATE TRIGGER";
    case GD_KIND_CreatePolicyStmt:
        return "CREATE POLICY";
    case GD_KIND_CreateExtensionStmt:
        return "CREATE EXTENSION";
    case GD_KIND_CreateEnumStmt:
        return "CREATE TYPE";
    case GD_KIND_CreateFunctionStmt:
        return gd_node_flag(statement, GD_F_is_procedure) ? "CREATE PROCEDURE" : "CREATE FUNCTION";
    case GD_KIND_CommentStmt:
        return "COMMENT";
    case GD_KIND_GrantStmt:
        return gd_node_flag(statement, GD_F_is_grant) ? "GRANT" : "REVOKE";
    case GD_KIND_DropStmt:
        return tag_of_object(look, "DROP", gd_node_enum(statement, GD_F_remove_type));
    case GD_KIND_AlterTableStmt:
        return tag_of_object(look, "ALTER", gd_node_enum(statement, GD_F_objtype));
    case GD_KIND_AlterEnumStmt:
        return "ALTER TYPE";
    default:
        return NULL;
    }
}

/* Does something go away, be it a default? */
static bool may_drop(const struct gd_node *statement)
{
    static const char *const dropping[] = {"AT_ColumnDefault", "AT_AlterColumnType",
                                           "AT_SetExpression", "AT_DetachPartition"};
    const char *kind = gd_node_kind_name(statement);
    if (gd_node_kind(statement) != GD_KIND_AlterTableStmt)
        return strncmp(kind, "Drop", 4) == 0 || strncmp(kind, "Alter", 5) == 0;
    for (size_t i = 0; i < gd_node_count(statement, GD_F_cmds); i++) {
        const struct gd_node *cmd = gd_node_at(statement, GD_F_cmds, i);
        if (strncmp(gd_node_enum(cmd, GD_F_subtype), "AT_Drop", 7) == 0)
            return true;
        for (size_t d = 0; d < sizeof dropping / sizeof dropping[0]; d++)
            if (gd_node_enum_is(cmd, GD_F_subtype, dropping[d]))
                return true;
    }
    return false;
}

/* `tags` as in struct gd_hook. */
static bool fires(const struct gd_look *look, const char *tags, const struct gd_node *statement,
                  bool rewrites)
{
    const char *enabled = strchr(tags, ' ');
    if (enabled == NULL || (enabled[1] == 'D' && !gd_state_enables_events(look->state)))
        return false;
    bool happens = strncmp(tags, "ddl_command", 11) == 0     ? true
                   : strncmp(tags, "sql_drop", 8) == 0       ? may_drop(statement)
                   : strncmp(tags, "table_rewrite", 13) == 0 ? rewrites
                                                             : false;
    const char *listed = enabled[2] == '\0' ? "" : enabled + 3;
    const char *tag = tag_of(look, statement);
    return happens && (listed[0] == '\0' || tag == NULL ||
                       strstr(gd_arena_printf(look->arena, ",%s", listed),
                              gd_arena_printf(look->arena, ",%s,", tag)) != NULL);
}

static void run_events(struct gd_judge *judge, const struct gd_look *look,
                       const struct gd_node *statement, bool rewrites)
{
    if (look->survey == NULL || !gd_hidden_is_ddl(statement))
        return;
    for (size_t i = 0; i < look->survey->hook_count; i++) {
        const struct gd_hook *hook = &look->survey->hooks[i];
        if (hook->kind != GD_HOOK_EVENT || !fires(look, hook->tags, statement, rewrites))
            continue;
        const struct gd_function *function = gd_survey_function(look->survey, hook->function_oid);
        if (hook->member && function != NULL && is_compiled(function))
            continue; /* it came with the extension that wants to see every change */
        run(judge, hook, hook->name);
    }
}

void gd_hooks_of_statement(struct gd_judge *judge, const struct gd_node *statement, bool rewrites)
{
    struct gd_look look = gd_judge_look(judge, statement, statement);
    enum gd_kind kind = gd_node_kind(statement);
    if (kind == GD_KIND_AlterTableStmt)
        run_alter_table(judge, &look, statement, rewrites);
    else if (kind == GD_KIND_ReindexStmt || kind == GD_KIND_ClusterStmt)
        run_on_named(judge, &look, statement, "i");
    else if (kind == GD_KIND_VacuumStmt)
        run_vacuum(judge, &look, statement);
    else if (kind == GD_KIND_RefreshMatViewStmt)
        run_refresh(judge, &look, statement);
    else if (kind == GD_KIND_AlterDomainStmt)
        run_alter_domain(judge, &look, statement);
    if (computes(kind, rewrites))
        run_anywhere(judge, &look);
    run_events(judge, &look, statement, rewrites);
}
