/*
 * Dump, judging: what each statement is, and whether pg_dump would write it.
 *
 * The list below is what pg_dump 13 to 18 writes into a schema. A kind that is not on it is no part
 * of a dump, whatever it does. A statement that this grammar is too old for is taken by its first
 * words, and only when those make or alter something.
 */
#include <string.h>

#include "guardian/restore/dump.h"
#include "guardian/sql/parse.h"

/* --- settings ---------------------------------------------------------------------------------*/

/* pg_dump's header. Our sessions have values of their own; a newer one's that the server does not
 * know is no error. */
static const char *const header_settings[] = {"statement_timeout",
                                              "lock_timeout",
                                              "idle_in_transaction_session_timeout",
                                              "transaction_timeout",
                                              "xmloption",
                                              "check_function_bodies",
                                              "client_min_messages",
                                              "row_security",
                                              "escape_string_warning",
                                              "default_with_oids",
                                              "client_encoding",
                                              "standard_conforming_strings",
                                              "restrict_nonsystem_relation_kind"};

static bool is_header_setting(const char *name)
{
    for (size_t i = 0; i < sizeof header_settings / sizeof header_settings[0]; i++)
        if (strcmp(name, header_settings[i]) == 0)
            return true;
    return false;
}

static const char *first_argument(const struct gd_node *set)
{
    const char *text = gd_node_string(gd_node_at(set, GD_F_args, 0));
    return text == NULL ? "" : text;
}

/* What the text was read with must be what it was written with. */
GD_MUST static struct gd_status check_reading(const struct gd_node *set, struct gd_error *err)
{
    const char *name = gd_node_text(set, GD_F_name), *value = first_argument(set);
    if (strcmp(name, "standard_conforming_strings") == 0 && strcmp(value, "on") != 0)
        return gd_hint(err,
                       gd_fail(err, GD_CORRUPT,
                               "the schema was written with standard_conforming_strings off, and "
                               "would be read wrongly"),
                       "Restore it with pg_restore and psql, as the runbook says.");
    if (strcmp(name, "client_encoding") == 0 && strcmp(value, "UTF8") != 0 &&
        strcmp(value, "SQL_ASCII") != 0)
        return gd_hint(err,
                       gd_fail(err, GD_CORRUPT, "the schema is written in %s, not in UTF8", value),
                       "Restore it with pg_restore and psql, as the runbook says.");
    return GD_DONE;
}

GD_MUST static struct gd_status take_set(const struct gd_node *set, struct gd_dump *dump,
                                         struct gd_dump_item *settings, struct gd_error *err)
{
    const char *name = gd_node_text(set, GD_F_name);
    const char *value = gd_arena_strdup(dump->arena, first_argument(set));
    if (strcmp(name, "default_tablespace") == 0) {
        settings->tablespace = value;
        if (*value != '\0')
            gd_texts_add(&dump->tablespaces, value, dump->arena);
        return GD_DONE;
    }
    if (strcmp(name, "default_table_access_method") == 0) {
        settings->access_method = value;
        return GD_DONE;
    }
    if (!is_header_setting(name))
        return gd_fail(err, GD_CORRUPT, "the schema sets \"%s\", which pg_dump never does", name);
    return check_reading(set, err);
}

static const struct gd_node *only_call(const struct gd_node *tree)
{
    const struct gd_node *value = gd_node_child(gd_node_at(tree, GD_F_target_list, 0), GD_F_val);
    bool plain = gd_node_kind(tree) == GD_KIND_SelectStmt &&
                 gd_node_count(tree, GD_F_target_list) == 1 &&
                 gd_node_count(tree, GD_F_from_clause) == 0 &&
                 gd_node_child(tree, GD_F_where_clause) == NULL &&
                 gd_node_child(tree, GD_F_with_clause) == NULL &&
                 gd_node_child(tree, GD_F_into_clause) == NULL &&
                 gd_node_child(tree, GD_F_larg) == NULL && gd_node_kind(value) == GD_KIND_FuncCall;
    return plain && strcmp(gd_node_name_schema(value, GD_F_funcname), "pg_catalog") == 0 ? value
                                                                                         : NULL;
}

/* SELECT pg_catalog.set_config('search_path', '', false) */
static bool empties_search_path(const struct gd_node *tree)
{
    const struct gd_node *call = only_call(tree);
    const char *name = gd_node_string(gd_node_at(call, GD_F_args, 0));
    const char *value = gd_node_string(gd_node_at(call, GD_F_args, 1));
    return strcmp(gd_node_name_last(call, GD_F_funcname), "set_config") == 0 && name != NULL &&
           value != NULL && strcmp(name, "search_path") == 0 && *value == '\0';
}

struct gd_status gd_dump_setting(const struct gd_stmt *stmt, struct gd_dump *dump,
                                 struct gd_dump_item *settings, bool *out_taken,
                                 struct gd_error *err)
{
    *out_taken = empties_search_path(stmt->tree);
    if (gd_node_kind(stmt->tree) != GD_KIND_VariableSetStmt)
        return GD_DONE;
    *out_taken = true;
    return take_set(stmt->tree, dump, settings, err);
}

/* --- what a dump may hold ---------------------------------------------------------------------*/

struct judging {
    const struct gd_restore_options *options;
    const struct gd_stmt *stmt;
    const struct gd_node *tree;
    struct gd_arena *arena;
    struct gd_dump *dump;
    struct gd_dump_item *item;
};

static bool is_kind(const struct gd_node *tree, enum gd_field field, const char *name)
{
    return gd_node_enum_is(tree, field, name);
}

static void refuse(struct judging *judging, const char *why)
{
    if (!judging->options->trust)
        gd_texts_add(&judging->dump->refused,
                     gd_arena_printf(judging->dump->arena, "%s: %s", judging->item->what, why),
                     judging->dump->arena);
}

GD_MUST static struct gd_status foreign_to_dumps(struct judging *judging, struct gd_error *err)
{
    return gd_fail(err, GD_CORRUPT, "could not %s: pg_dump does not write \"%.60s\"",
                   judging->item->what, judging->stmt->text);
}

typedef bool fits_fn(struct judging *judging); /* false: pg_dump would not write it so */

static bool fits_function(struct judging *judging)
{
    for (size_t i = 0; i < gd_node_count(judging->tree, GD_F_options); i++) {
        const struct gd_node *option = gd_node_at(judging->tree, GD_F_options, i);
        const char *value = gd_node_string(gd_node_child(option, GD_F_arg));
        if (strcmp(gd_node_text(option, GD_F_defname), "language") != 0 || value == NULL)
            continue;
        bool machine = strcmp(value, "c") == 0 || strcmp(value, "internal") == 0;
        if (machine)
            refuse(judging, "it runs machine code of the server");
        judging->item->superuser |= machine;
    }
    return true;
}

static const char *option_text(const struct gd_node *tree, enum gd_field list, const char *name)
{
    for (size_t i = 0; i < gd_node_count(tree, list); i++) {
        const struct gd_node *option = gd_node_at(tree, list, i);
        if (strcmp(gd_node_text(option, GD_F_defname), name) == 0) {
            const char *text = gd_node_string(gd_node_child(option, GD_F_arg));
            return text == NULL ? "" : text;
        }
    }
    return NULL;
}

/* Without "connect = false" it would reach for the other server, and could make a slot there. */
static bool fits_subscription(struct judging *judging)
{
    const char *connects = option_text(judging->tree, GD_F_options, "connect");
    judging->item->superuser = true;
    return connects != NULL && strcmp(connects, "false") == 0 &&
           option_text(judging->tree, GD_F_options, "enabled") == NULL;
}

static bool fits_matview(struct judging *judging)
{
    const struct gd_node *into = gd_node_child(judging->tree, GD_F_into);
    return is_kind(judging->tree, GD_F_objtype, "OBJECT_MATVIEW") &&
           gd_node_flag(into, GD_F_skip_data);
}

static bool fits_publication(struct judging *judging)
{
    judging->item->superuser = gd_node_flag(judging->tree, GD_F_for_all_tables);
    return true;
}

static bool fits_for_superusers(struct judging *judging)
{
    judging->item->superuser = true;
    return true;
}

/* Types of C functions, text search parsers and templates. */
static bool fits_define(struct judging *judging)
{
    const struct gd_node *tree = judging->tree;
    judging->item->superuser =
        (is_kind(tree, GD_F_kind, "OBJECT_TYPE") && gd_node_count(tree, GD_F_definition) > 0) ||
        is_kind(tree, GD_F_kind, "OBJECT_TSPARSER") ||
        is_kind(tree, GD_F_kind, "OBJECT_TSTEMPLATE");
    return true;
}

static bool fits_extension(struct judging *judging)
{
    judging->item->kind = GD_DUMP_EXTENSION;
    judging->item->name =
        gd_arena_strdup(judging->arena, gd_node_text(judging->tree, GD_F_extname));
    return true;
}

static bool fits_late(struct judging *judging)
{
    judging->item->kind = GD_DUMP_LATE;
    judging->item->superuser = gd_node_kind(judging->tree) == GD_KIND_CreateEventTrigStmt;
    return true;
}

static bool is_public_schema(const struct gd_node *object)
{
    const char *name = gd_node_string(object);
    return name != NULL && strcmp(name, "public") == 0;
}

/* A plain role does not own these, and does without them. */
static bool fits_comment(struct judging *judging)
{
    const struct gd_node *tree = judging->tree;
    if (is_kind(tree, GD_F_objtype, "OBJECT_DATABASE"))
        judging->item->kind = GD_DUMP_DATABASE;
    if (is_kind(tree, GD_F_objtype, "OBJECT_EVENT_TRIGGER"))
        judging->item->kind = GD_DUMP_LATE;
    judging->item->forgiven = is_kind(tree, GD_F_objtype, "OBJECT_EXTENSION") ||
                              (is_kind(tree, GD_F_objtype, "OBJECT_SCHEMA") &&
                               is_public_schema(gd_node_child(tree, GD_F_object)));
    return true;
}

static bool fits_grant(struct judging *judging)
{
    const struct gd_node *tree = judging->tree;
    judging->item->kind =
        is_kind(tree, GD_F_objtype, "OBJECT_DATABASE") ? GD_DUMP_DATABASE : GD_DUMP_GRANT;
    judging->item->of_schema = is_kind(tree, GD_F_objtype, "OBJECT_SCHEMA");
    judging->item->forgiven =
        judging->item->of_schema && is_public_schema(gd_node_at(tree, GD_F_objects, 0));
    return is_kind(tree, GD_F_targtype, "ACL_TARGET_OBJECT");
}

static bool fits_default_acl(struct judging *judging)
{
    judging->item->kind = GD_DUMP_GRANT;
    return true;
}

static bool fits_owner(struct judging *judging)
{
    const struct gd_node *tree = judging->tree;
    if (is_kind(tree, GD_F_object_type, "OBJECT_DATABASE"))
        judging->item->kind = GD_DUMP_DATABASE;
    if (is_kind(tree, GD_F_object_type, "OBJECT_EVENT_TRIGGER"))
        judging->item->kind = GD_DUMP_LATE;
    if (is_kind(tree, GD_F_object_type, "OBJECT_LARGEOBJECT"))
        judging->item->kind = GD_DUMP_LARGE_OBJECT;
    judging->item->of_schema = is_kind(tree, GD_F_object_type, "OBJECT_SCHEMA");
    judging->item->forgiven =
        judging->item->of_schema && is_public_schema(gd_node_child(tree, GD_F_object));
    judging->item->owner = "";
    return true;
}

static bool fits_schema(struct judging *judging)
{
    judging->item->of_schema = true;
    return true;
}

static bool fits_database(struct judging *judging)
{
    judging->item->kind = GD_DUMP_DATABASE;
    return gd_node_kind(judging->tree) != GD_KIND_AlterRoleSetStmt ||
           gd_node_text(judging->tree, GD_F_database)[0] != '\0';
}

static bool fits_index(struct judging *judging)
{
    const struct gd_node *tree = judging->tree, *relation = gd_node_child(tree, GD_F_relation);
    struct gd_dump_item *item = judging->item;
    item->kind = GD_DUMP_INDEX;
    item->schema = gd_arena_strdup(judging->arena, gd_node_text(relation, GD_F_schemaname));
    item->table = gd_arena_strdup(judging->arena, gd_node_text(relation, GD_F_relname));
    item->name = gd_arena_strdup(judging->arena, gd_node_text(tree, GD_F_idxname));
    item->expression = gd_node_child(tree, GD_F_where_clause) != NULL;
    for (size_t i = 0; i < gd_node_count(tree, GD_F_index_params); i++)
        item->expression |=
            gd_node_child(gd_node_at(tree, GD_F_index_params, i), GD_F_expr) != NULL;
    return !gd_node_flag(tree, GD_F_concurrent);
}

/* "a", "b" of a list of Strings. */
static const char *column_list(const struct gd_node *node, enum gd_field field,
                               struct gd_arena *arena)
{
    const char *list = "";
    for (size_t i = 0; i < gd_node_count(node, field); i++) {
        const char *name = gd_node_string(gd_node_at(node, field, i));
        if (name == NULL)
            return NULL;
        list = gd_arena_printf(arena, "%s%s%s", list, i == 0 ? "" : ", ", gd_quoted(name, arena));
    }
    return list;
}

static const char *deferral(const struct gd_node *constraint)
{
    if (!gd_node_flag(constraint, GD_F_deferrable))
        return "";
    return gd_node_flag(constraint, GD_F_initdeferred) ? " DEFERRABLE INITIALLY DEFERRED"
                                                       : " DEFERRABLE";
}

/* A key in two steps: the index can be built while others are, too. What WITH or USING INDEX
 * TABLESPACE would say stays one statement. */
static void split_key(struct judging *judging, const struct gd_node *constraint)
{
    struct gd_arena *arena = judging->arena;
    struct gd_dump_item *item = judging->item;
    const char *columns = column_list(constraint, GD_F_keys, arena);
    const char *included = column_list(constraint, GD_F_including, arena);
    const char *name = gd_quoted(item->name, arena);
    if (columns == NULL || included == NULL || *columns == '\0' ||
        gd_node_count(constraint, GD_F_options) > 0 ||
        gd_node_text(constraint, GD_F_indexspace)[0] != '\0' ||
        gd_node_text(constraint, GD_F_indexname)[0] != '\0' || judging->stmt->newer != NULL)
        return;
    const char *table = gd_quoted_pair(item->schema, item->table, arena);
    bool primary = is_kind(constraint, GD_F_contype, "CONSTR_PRIMARY");
    item->build = gd_arena_printf(
        arena, "CREATE UNIQUE INDEX %s ON %s (%s)%s%s%s%s", name, table, columns,
        *included == '\0' ? "" : " INCLUDE (", included, *included == '\0' ? "" : ")",
        gd_node_flag(constraint, GD_F_nulls_not_distinct) ? " NULLS NOT DISTINCT" : "");
    item->attach =
        gd_arena_printf(arena, "ALTER TABLE ONLY %s ADD CONSTRAINT %s %s USING INDEX %s%s", table,
                        name, primary ? "PRIMARY KEY" : "UNIQUE", name, deferral(constraint));
}

/* A foreign key in two steps: adding it locks both tables, checking it does not. The words are
 * those of the dump. */
static void split_foreign_key(struct judging *judging, const struct gd_node *constraint)
{
    struct gd_arena *arena = judging->arena;
    struct gd_dump_item *item = judging->item;
    const struct gd_node *refers = gd_node_child(constraint, GD_F_pktable);
    item->refers_schema = gd_arena_strdup(arena, gd_node_text(refers, GD_F_schemaname));
    item->refers_table = gd_arena_strdup(arena, gd_node_text(refers, GD_F_relname));
    item->not_valid = gd_node_flag(constraint, GD_F_skip_validation);
    if (item->not_valid)
        return;
    item->build = gd_arena_printf(arena, "%s NOT VALID", judging->stmt->text);
    item->attach = gd_arena_printf(arena, "ALTER TABLE ONLY %s VALIDATE CONSTRAINT %s",
                                   gd_quoted_pair(item->schema, item->table, arena),
                                   gd_quoted(item->name, arena));
}

static void take_constraint(struct judging *judging, const struct gd_node *constraint)
{
    struct gd_dump_item *item = judging->item;
    struct gd_arena *arena = judging->arena;
    const struct gd_node *relation = gd_node_child(judging->tree, GD_F_relation);
    item->schema = gd_arena_strdup(arena, gd_node_text(relation, GD_F_schemaname));
    item->table = gd_arena_strdup(arena, gd_node_text(relation, GD_F_relname));
    item->name = gd_arena_strdup(arena, gd_node_text(constraint, GD_F_conname));
    if (is_kind(constraint, GD_F_contype, "CONSTR_PRIMARY") ||
        is_kind(constraint, GD_F_contype, "CONSTR_UNIQUE")) {
        item->kind = GD_DUMP_KEY;
        split_key(judging, constraint);
    } else if (is_kind(constraint, GD_F_contype, "CONSTR_FOREIGN")) {
        item->kind = GD_DUMP_FOREIGN_KEY;
        split_foreign_key(judging, constraint);
    }
    if (gd_node_flag(constraint, GD_F_skip_validation))
        gd_texts_add(&judging->dump->not_valid,
                     gd_arena_printf(judging->dump->arena, "%s.%s.%s", item->schema, item->table,
                                     item->name),
                     judging->dump->arena);
}

static bool fits_alter_table(struct judging *judging)
{
    const struct gd_node *tree = judging->tree;
    for (size_t i = 0; i < gd_node_count(tree, GD_F_cmds); i++) {
        const struct gd_node *cmd = gd_node_at(tree, GD_F_cmds, i);
        if (is_kind(cmd, GD_F_subtype, "AT_ChangeOwner"))
            judging->item->owner = "";
        else if (is_kind(cmd, GD_F_subtype, "AT_AddConstraint") &&
                 gd_node_count(tree, GD_F_cmds) == 1)
            take_constraint(judging, gd_node_child(cmd, GD_F_def));
        else if (strncmp(gd_node_enum(cmd, GD_F_subtype), "AT_Drop", 7) == 0)
            return false;
    }
    return true;
}

/* Domains: ADD CONSTRAINT … NOT VALID. */
static bool fits_domain(struct judging *judging)
{
    const struct gd_node *constraint = gd_node_child(judging->tree, GD_F_def);
    if (gd_node_flag(constraint, GD_F_skip_validation))
        gd_texts_add(&judging->dump->not_valid,
                     gd_arena_printf(judging->dump->arena, "%s.%s.%s",
                                     gd_node_name_schema(judging->tree, GD_F_type_name),
                                     gd_node_name_last(judging->tree, GD_F_type_name),
                                     gd_node_text(constraint, GD_F_conname)),
                     judging->dump->arena);
    return gd_node_kind(constraint) == GD_KIND_Constraint;
}

static bool fits_call(struct judging *judging)
{
    static const char *const calls[] = {"lo_create", "lo_creat", "lo_open", "lowrite", "lo_close"};
    const char *name = gd_node_name_last(only_call(judging->tree), GD_F_funcname);
    judging->item->kind = GD_DUMP_LARGE_OBJECT;
    judging->item->name = "";
    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++)
        if (strcmp(name, calls[i]) == 0)
            judging->item->name = calls[i];
    return judging->item->name[0] != '\0';
}

static bool fits_transaction(struct judging *judging)
{
    judging->item->kind = GD_DUMP_LARGE_OBJECT;
    judging->item->name = is_kind(judging->tree, GD_F_kind, "TRANS_STMT_BEGIN")    ? "begin"
                          : is_kind(judging->tree, GD_F_kind, "TRANS_STMT_COMMIT") ? "commit"
                                                                                   : "";
    return judging->item->name[0] != '\0';
}

/* clang-format off */
static const struct { enum gd_kind kind; fits_fn *fits; } kinds[] = {
    {GD_KIND_CreateStmt, NULL},                {GD_KIND_CreateForeignTableStmt, NULL},
    {GD_KIND_ViewStmt, NULL},                  {GD_KIND_CreateTableAsStmt, fits_matview},
    {GD_KIND_CreateSeqStmt, NULL},             {GD_KIND_AlterSeqStmt, NULL},
    {GD_KIND_IndexStmt, fits_index},           {GD_KIND_AlterTableStmt, fits_alter_table},
    {GD_KIND_CompositeTypeStmt, NULL},         {GD_KIND_CreateEnumStmt, NULL},
    {GD_KIND_CreateDomainStmt, NULL},          {GD_KIND_AlterDomainStmt, fits_domain},
    {GD_KIND_CreateRangeStmt, NULL},           {GD_KIND_DefineStmt, fits_define},
    {GD_KIND_CreateFunctionStmt, fits_function}, {GD_KIND_AlterFunctionStmt, NULL},
    {GD_KIND_CreateCastStmt, NULL},            {GD_KIND_CreateConversionStmt, NULL},
    {GD_KIND_CreateTransformStmt, NULL},       {GD_KIND_CreateOpClassStmt, fits_for_superusers},
    {GD_KIND_CreateOpFamilyStmt, fits_for_superusers}, {GD_KIND_AlterOpFamilyStmt, fits_for_superusers},
    {GD_KIND_AlterOperatorStmt, NULL},         {GD_KIND_AlterTypeStmt, NULL},
    {GD_KIND_CreateSchemaStmt, fits_schema},   {GD_KIND_CreateExtensionStmt, fits_extension},
    {GD_KIND_CreateFdwStmt, fits_for_superusers}, {GD_KIND_CreateForeignServerStmt, NULL},
    {GD_KIND_CreateUserMappingStmt, NULL},     {GD_KIND_CreatePLangStmt, fits_for_superusers},
    {GD_KIND_CreateAmStmt, fits_for_superusers}, {GD_KIND_CreateTrigStmt, NULL},
    {GD_KIND_RuleStmt, NULL},                  {GD_KIND_CreatePolicyStmt, NULL},
    {GD_KIND_CreateEventTrigStmt, fits_late},  {GD_KIND_AlterEventTrigStmt, fits_late},
    {GD_KIND_CreateStatsStmt, NULL},           {GD_KIND_AlterStatsStmt, NULL},
    {GD_KIND_CreatePublicationStmt, fits_publication}, {GD_KIND_AlterPublicationStmt, NULL},
    {GD_KIND_CreateSubscriptionStmt, fits_subscription}, {GD_KIND_AlterOwnerStmt, fits_owner},
    {GD_KIND_CommentStmt, fits_comment},       {GD_KIND_SecLabelStmt, fits_comment},
    {GD_KIND_GrantStmt, fits_grant},           {GD_KIND_AlterDefaultPrivilegesStmt, fits_default_acl},
    {GD_KIND_AlterTSConfigurationStmt, NULL},  {GD_KIND_AlterObjectDependsStmt, NULL},
    {GD_KIND_CreatedbStmt, fits_database},     {GD_KIND_AlterDatabaseStmt, fits_database},
    {GD_KIND_AlterDatabaseSetStmt, fits_database}, {GD_KIND_AlterRoleSetStmt, fits_database},
    {GD_KIND_SelectStmt, fits_call},           {GD_KIND_TransactionStmt, fits_transaction},
};

/* Of statements that this grammar cannot read. */
static const char *const verbs[] = {
    "CREATE TABLE", "CREATE UNLOGGED TABLE", "CREATE FOREIGN TABLE", "CREATE VIEW", "CREATE OR REPLACE VIEW",
    "CREATE MATERIALIZED VIEW", "CREATE INDEX", "CREATE UNIQUE INDEX", "CREATE FUNCTION", "CREATE PROCEDURE",
    "CREATE DOMAIN", "CREATE TYPE", "CREATE SEQUENCE", "CREATE STATISTICS", "CREATE POLICY", "CREATE RULE",
    "CREATE TRIGGER", "CREATE CONSTRAINT TRIGGER", "CREATE PUBLICATION", "CREATE COLLATION", "CREATE DATABASE",
    "ALTER TABLE", "ALTER SEQUENCE", "ALTER INDEX", "ALTER VIEW", "ALTER MATERIALIZED VIEW", "ALTER PUBLICATION",
    "ALTER DOMAIN", "ALTER STATISTICS", "GRANT", "REVOKE", "COMMENT"};
/* clang-format on */

static bool mentions_machine_code(const char *text, struct gd_arena *arena)
{
    size_t count;
    struct gd_token *tokens;
    struct gd_refusal refusal;
    if (!gd_scan(text, arena, &count, &tokens, &refusal))
        return true;
    for (size_t i = 0; i + 1 < count; i++) {
        const char *name = text + tokens[i + 1].offset;
        size_t size = tokens[i + 1].size;
        if (tokens[i].word && tokens[i].size == 8 &&
            strncasecmp(text + tokens[i].offset, "LANGUAGE", 8) == 0 &&
            !(size == 3 && strncasecmp(name, "sql", 3) == 0) &&
            !(size == 7 && strncasecmp(name, "plpgsql", 7) == 0))
            return true;
    }
    return false;
}

GD_MUST static struct gd_status judge_unread(struct judging *judging, struct gd_error *err)
{
    const char *text = judging->stmt->text;
    bool known = false;
    for (size_t i = 0; i < sizeof verbs / sizeof verbs[0] && !known; i++)
        known = strncmp(text, verbs[i], strlen(verbs[i])) == 0;
    if (!known)
        return foreign_to_dumps(judging, err);
    if ((strncmp(text, "CREATE FUNCTION", 15) == 0 || strncmp(text, "CREATE PROCEDURE", 16) == 0) &&
        mentions_machine_code(text, judging->arena))
        refuse(judging, "its language cannot be told, because the statement is newer than this "
                        "Guardian's grammar");
    if (strncmp(text, "GRANT", 5) == 0 || strncmp(text, "REVOKE", 6) == 0)
        judging->item->kind = GD_DUMP_GRANT;
    if (strncmp(text, "CREATE DATABASE", 15) == 0)
        judging->item->kind = GD_DUMP_DATABASE;
    return GD_DONE;
}

GD_MUST static struct gd_status judge_tree(struct judging *judging, struct gd_error *err)
{
    enum gd_kind kind = gd_node_kind(judging->tree);
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (kinds[i].kind == kind)
            return kinds[i].fits == NULL || kinds[i].fits(judging) ? GD_DONE
                                                                   : foreign_to_dumps(judging, err);
    return foreign_to_dumps(judging, err);
}

/* The word behind DATABASE: where another name goes in. */
static void find_database_name(struct judging *judging)
{
    const char *sql = judging->item->sql;
    bool of_role = gd_node_kind(judging->tree) == GD_KIND_AlterRoleSetStmt;
    size_t count;
    struct gd_token *tokens;
    struct gd_refusal refusal;
    if (!gd_scan(sql, judging->arena, &count, &tokens, &refusal))
        return;
    for (size_t i = 1; i + 1 < count && judging->item->name_size == 0; i++) {
        bool word = tokens[i].word && tokens[i].size == 8 &&
                    strncasecmp(sql + tokens[i].offset, "DATABASE", 8) == 0;
        bool behind_in = tokens[i - 1].word && tokens[i - 1].size == 2 &&
                         strncasecmp(sql + tokens[i - 1].offset, "IN", 2) == 0;
        if (word && (behind_in || !of_role)) {
            judging->item->name_offset = tokens[i + 1].offset;
            judging->item->name_size = tokens[i + 1].size;
        }
    }
}

static bool is_left_out(const struct gd_restore_options *options, const struct gd_dump_item *item,
                        enum gd_kind kind)
{
    bool grants = item->kind == GD_DUMP_GRANT ||
                  (item->kind == GD_DUMP_DATABASE && kind == GD_KIND_GrantStmt);
    return (options->no_owner && item->owner != NULL) || (options->no_acl && grants);
}

struct gd_status gd_dump_judge(const struct gd_restore_options *options, const struct gd_stmt *stmt,
                               struct gd_arena *arena, struct gd_dump *dump,
                               struct gd_dump_item *item, struct gd_error *err)
{
    struct judging judging = {options, stmt, stmt->tree, arena, dump, item};
    item->node = gd_node_kind(stmt->tree);
    if (stmt->tree == NULL)
        GD_TRY(judge_unread(&judging, err));
    else
        GD_TRY(judge_tree(&judging, err));
    if (is_left_out(options, item, item->node))
        return GD_DONE;
    GD_TRY(gd_dump_roles(options, stmt, arena, dump, item, err));
    if (item->kind == GD_DUMP_DATABASE)
        find_database_name(&judging);
    if (item->kind == GD_DUMP_DATABASE && item->name_size == 0)
        return foreign_to_dumps(&judging, err);
    return GD_DONE;
}
