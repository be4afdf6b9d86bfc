/*
 * Rollback, undoing: what a statement of a dump makes, and the statement that takes it away again.
 *
 * One row for each kind of statement that pg_dump writes. What has no row, or whose row finds
 * something that it does not know, is left without an undo: then no way that depends on it is
 * taken.
 */
#include <string.h>

#include "guardian/guard/rollback_dump.h"
#include "guardian/sql/deparse.h"
#include "guardian/sql/parse.h"

struct describing {
    struct gd_back_item *item;
    const struct gd_node *tree;
    struct gd_arena *arena;
};

static bool is_plain_name(const char *name)
{
    if (!((*name >= 'a' && *name <= 'z') || *name == '_'))
        return false;
    return name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_")] == '\0';
}

static const char *plain(const char *name, struct gd_arena *arena)
{
    return is_plain_name(name) ? name : gd_quoted(name, arena);
}

const char *gd_back_plain(const char *schema, const char *name, struct gd_arena *arena)
{
    if (schema == NULL || *schema == '\0')
        return plain(name, arena);
    return gd_arena_printf(arena, "%s.%s", plain(schema, arena), plain(name, arena));
}

/* --- helpers ----------------------------------------------------------------------------------*/

static void name_it(struct describing *of, const char *class, const char *schema, const char *name)
{
    of->item->class = class;
    of->item->schema = gd_arena_strdup(of->arena, schema);
    of->item->name = gd_arena_strdup(of->arena, name);
    of->item->what =
        gd_arena_printf(of->arena, "%s %s", class, gd_back_plain(schema, name, of->arena));
}

/* A thing with a name and a schema of its own. */
static void make(struct describing *of, const char *class, const char *drop, const char *schema,
                 const char *name)
{
    name_it(of, class, schema, name);
    of->item->undo = of->item->key =
        gd_arena_printf(of->arena, "DROP %s %s", drop, gd_quoted_pair(schema, name, of->arena));
}

static const char *relation_pair(const struct gd_node *relation, struct gd_arena *arena)
{
    return gd_quoted_pair(gd_node_text(relation, GD_F_schemaname),
                          gd_node_text(relation, GD_F_relname), arena);
}

/* A thing that belongs to a table: trigger, rule, policy, constraint. */
static void make_on(struct describing *of, const char *class, const struct gd_node *relation,
                    const char *name)
{
    struct gd_arena *arena = of->arena;
    const char *schema = gd_node_text(relation, GD_F_schemaname);
    const char *table = gd_node_text(relation, GD_F_relname);
    name_it(of, class, schema, name);
    of->item->table = gd_arena_strdup(arena, table);
    of->item->what = gd_arena_printf(arena, "%s %s of %s", class, plain(name, arena),
                                     gd_back_plain(schema, table, arena));
}

static bool is(const struct gd_node *node, enum gd_field field, const char *value)
{
    return gd_node_enum_is(node, field, value);
}

/* --- tokens: statements that are turned round by their words
 * ------------------------------------*/

struct words {
    const char *sql;
    struct gd_token *tokens;
    size_t count;
};

static bool read_words(const char *sql, struct gd_arena *arena, struct words *out_words)
{
    struct gd_refusal refusal;
    out_words->sql = sql;
    return gd_scan(sql, arena, &out_words->count, &out_words->tokens, &refusal);
}

static bool word_is(const struct words *words, size_t at, const char *word)
{
    return at < words->count && words->tokens[at].word && words->tokens[at].size == strlen(word) &&
           strncasecmp(words->sql + words->tokens[at].offset, word, strlen(word)) == 0;
}

/* The last place of a word; `count` when it is not there. */
static size_t last_word(const struct words *words, const char *word)
{
    for (size_t i = words->count; i-- > 0;)
        if (word_is(words, i, word))
            return i;
    return words->count;
}

static size_t first_word(const struct words *words, const char *word)
{
    size_t at = 0;
    while (at < words->count && !word_is(words, at, word))
        at++;
    return at;
}

static const char *between(const struct words *words, size_t from, size_t to,
                           struct gd_arena *arena)
{
    size_t begin = words->tokens[from].offset;
    size_t end = to < words->count ? words->tokens[to].offset : strlen(words->sql);
    return gd_arena_strndup(arena, words->sql + begin, end - begin);
}

/* GRANT a ON b TO c  ↔  REVOKE a ON b FROM c; what stands before (ALTER DEFAULT PRIVILEGES …)
 * stays.
 */
static const char *turn_grant(const char *sql, struct gd_arena *arena)
{
    struct words words;
    if (!read_words(sql, arena, &words))
        return NULL;
    size_t grant = first_word(&words, "GRANT"), revoke = first_word(&words, "REVOKE");
    bool grants = grant < revoke;
    size_t verb = grants ? grant : revoke, end = words.count;
    size_t to = last_word(&words, grants ? "TO" : "FROM");
    if (verb == words.count || to == words.count || to < verb)
        return NULL;
    if (grants && word_is(&words, end - 1, "OPTION"))
        end -= 3; /* WITH GRANT OPTION */
    if (!grants && word_is(&words, verb + 1, "GRANT"))
        return NULL; /* REVOKE GRANT OPTION FOR */
    const char *before = verb == 0 ? "" : between(&words, 0, verb, arena);
    return gd_arena_printf(arena, "%s%s %s%s %s", before, grants ? "REVOKE" : "GRANT",
                           between(&words, verb + 1, to, arena), grants ? "FROM" : "TO",
                           between(&words, to + 1, end, arena));
}

/* COMMENT ON … IS 'text' → COMMENT ON … IS NULL */
static const char *without_comment(const char *sql, struct gd_arena *arena)
{
    struct words words;
    if (!read_words(sql, arena, &words))
        return NULL;
    size_t is_at = last_word(&words, "IS");
    if (is_at == words.count)
        return NULL;
    return gd_arena_printf(arena, "%sIS NULL", between(&words, 0, is_at, arena));
}

/* --- one kind each ----------------------------------------------------------------------------*/

static void of_schema(struct describing *of)
{
    make(of, "schema", "SCHEMA", "", gd_node_text(of->tree, GD_F_schemaname));
}

static void of_extension(struct describing *of)
{
    make(of, "extension", "EXTENSION", "", gd_node_text(of->tree, GD_F_extname));
    of->item->superuser = true;
}

static void of_enum(struct describing *of)
{
    size_t count = gd_node_count(of->tree, GD_F_vals);
    const char **labels = gd_arena_zalloc(of->arena, count + 1, sizeof *labels);
    make(of, "type", "TYPE", gd_node_name_schema(of->tree, GD_F_type_name),
         gd_node_name_last(of->tree, GD_F_type_name));
    for (size_t i = 0; i < count; i++)
        labels[i] = gd_arena_strdup(of->arena, gd_node_string(gd_node_at(of->tree, GD_F_vals, i)));
    of->item->labels = labels;
    of->item->label_count = count;
}

static void of_range(struct describing *of)
{
    make(of, "type", "TYPE", gd_node_name_schema(of->tree, GD_F_type_name),
         gd_node_name_last(of->tree, GD_F_type_name));
}

static void of_composite(struct describing *of)
{
    const struct gd_node *name = gd_node_child(of->tree, GD_F_typevar);
    make(of, "type", "TYPE", gd_node_text(name, GD_F_schemaname), gd_node_text(name, GD_F_relname));
}

static void of_domain(struct describing *of)
{
    make(of, "type", "DOMAIN", gd_node_name_schema(of->tree, GD_F_domainname),
         gd_node_name_last(of->tree, GD_F_domainname));
}

/* "CREATE AGGREGATE public.total(integer) (" and its definition */
static void of_aggregate(struct describing *of, const char *schema, const char *name)
{
    static const char words[] = "CREATE AGGREGATE ";
    const char *sql = of->item->sql, *end = strstr(sql, " (\n");
    name_it(of, "function", schema, name);
    if (strncmp(sql, words, sizeof words - 1) == 0 && end != NULL)
        of->item->undo = of->item->key =
            gd_arena_printf(of->arena, "DROP AGGREGATE %.*s",
                            (int)(end - sql) - (int)(sizeof words - 1), sql + sizeof words - 1);
}

static void of_define(struct describing *of)
{
    const char *schema = gd_node_name_schema(of->tree, GD_F_defnames);
    const char *name = gd_node_name_last(of->tree, GD_F_defnames);
    if (is(of->tree, GD_F_kind, "OBJECT_COLLATION"))
        make(of, "collation", "COLLATION", schema, name);
    else if (is(of->tree, GD_F_kind, "OBJECT_AGGREGATE"))
        of_aggregate(of, schema, name);
    else if (is(of->tree, GD_F_kind, "OBJECT_TSCONFIGURATION"))
        make(of, "text search configuration", "TEXT SEARCH CONFIGURATION", schema, name);
    else if (is(of->tree, GD_F_kind, "OBJECT_TSDICTIONARY"))
        make(of, "text search dictionary", "TEXT SEARCH DICTIONARY", schema, name);
}

static const char *signature(const struct gd_node *function, struct gd_arena *arena)
{
    const char *list = "";
    for (size_t i = 0; i < gd_node_count(function, GD_F_parameters); i++) {
        const struct gd_node *parameter = gd_node_at(function, GD_F_parameters, i);
        const char *mode = gd_node_enum(parameter, GD_F_mode);
        const char *type = gd_deparse_type(gd_node_child(parameter, GD_F_arg_type), arena);
        if (strcmp(mode, "FUNC_PARAM_OUT") == 0 || strcmp(mode, "FUNC_PARAM_TABLE") == 0)
            continue;
        if (type == NULL)
            return NULL;
        list = gd_arena_printf(arena, "%s%s%s", list, *list == '\0' ? "" : ", ", type);
    }
    return list;
}

static void of_function(struct describing *of)
{
    const char *schema = gd_node_name_schema(of->tree, GD_F_funcname);
    const char *name = gd_node_name_last(of->tree, GD_F_funcname);
    const char *arguments = signature(of->tree, of->arena);
    name_it(of, "function", schema, name);
    if (arguments == NULL)
        return;
    of->item->what = gd_arena_printf(of->arena, "function %s(%s)",
                                     gd_back_plain(schema, name, of->arena), arguments);
    of->item->undo = of->item->key = gd_arena_printf(
        of->arena, "DROP ROUTINE %s(%s)", gd_quoted_pair(schema, name, of->arena), arguments);
}

static void of_view(struct describing *of)
{
    const struct gd_node *view = gd_node_child(of->tree, GD_F_view);
    make(of, "view", "VIEW", gd_node_text(view, GD_F_schemaname), gd_node_text(view, GD_F_relname));
}

static void of_matview(struct describing *of)
{
    const struct gd_node *rel = gd_node_child(gd_node_child(of->tree, GD_F_into), GD_F_rel);
    make(of, "materialized view", "MATERIALIZED VIEW", gd_node_text(rel, GD_F_schemaname),
         gd_node_text(rel, GD_F_relname));
}

static void of_table(struct describing *of)
{
    bool foreign = of->item->node == GD_KIND_CreateForeignTableStmt;
    const struct gd_node *base = foreign ? gd_node_child(of->tree, GD_F_base_stmt) : of->tree;
    const struct gd_node *relation = gd_node_child(base, GD_F_relation);
    make(of, "table", foreign ? "FOREIGN TABLE" : "TABLE", gd_node_text(relation, GD_F_schemaname),
         gd_node_text(relation, GD_F_relname));
    of->item->columns = gd_back_table_of(of->item->sql, of->tree, of->arena);
}

static void of_sequence(struct describing *of)
{
    const struct gd_node *name = gd_node_child(of->tree, GD_F_sequence);
    make(of, "sequence", "SEQUENCE IF EXISTS", gd_node_text(name, GD_F_schemaname),
         gd_node_text(name, GD_F_relname));
}

/* Only OWNED BY stands in a dump. */
static void of_owned(struct describing *of)
{
    const struct gd_node *name = gd_node_child(of->tree, GD_F_sequence);
    name_it(of, "owner of sequence", gd_node_text(name, GD_F_schemaname),
            gd_node_text(name, GD_F_relname));
    of->item->undo = of->item->key = gd_arena_printf(of->arena, "ALTER SEQUENCE %s OWNED BY NONE",
                                                     relation_pair(name, of->arena));
}

static void of_index(struct describing *of)
{
    const struct gd_node *relation = gd_node_child(of->tree, GD_F_relation);
    const char *schema = gd_node_text(relation, GD_F_schemaname);
    make(of, "index", "INDEX", schema, gd_node_text(of->tree, GD_F_idxname));
    of->item->table = gd_arena_strdup(of->arena, gd_node_text(relation, GD_F_relname));
}

static void of_trigger(struct describing *of)
{
    const struct gd_node *relation = gd_node_child(of->tree, GD_F_relation);
    const char *name = gd_node_text(of->tree, GD_F_trigname);
    make_on(of, "trigger", relation, name);
    of->item->undo = of->item->key =
        gd_arena_printf(of->arena, "DROP TRIGGER %s ON %s", gd_quoted(name, of->arena),
                        relation_pair(relation, of->arena));
}

static void of_rule(struct describing *of)
{
    const struct gd_node *relation = gd_node_child(of->tree, GD_F_relation);
    const char *name = gd_node_text(of->tree, GD_F_rulename);
    make_on(of, "rule", relation, name);
    of->item->undo = of->item->key =
        gd_arena_printf(of->arena, "DROP RULE %s ON %s", gd_quoted(name, of->arena),
                        relation_pair(relation, of->arena));
}

static void of_policy(struct describing *of)
{
    const struct gd_node *relation = gd_node_child(of->tree, GD_F_table);
    const char *name = gd_node_text(of->tree, GD_F_policy_name);
    make_on(of, "policy", relation, name);
    of->item->undo = of->item->key =
        gd_arena_printf(of->arena, "DROP POLICY %s ON %s", gd_quoted(name, of->arena),
                        relation_pair(relation, of->arena));
}

static void of_statistics(struct describing *of)
{
    make(of, "statistics", "STATISTICS", gd_node_name_schema(of->tree, GD_F_defnames),
         gd_node_name_last(of->tree, GD_F_defnames));
}

static void of_event_trigger(struct describing *of)
{
    make(of, "event trigger", "EVENT TRIGGER", "", gd_node_text(of->tree, GD_F_trigname));
    of->item->superuser = true;
}

static void of_publication(struct describing *of)
{
    make(of, "publication", "PUBLICATION", "", gd_node_text(of->tree, GD_F_pubname));
}

/* ADD TABLE and ADD TABLES IN SCHEMA; which columns and rows is not said when it is taken out. */
static void of_published(struct describing *of)
{
    struct words words;
    of->item->class = "published";
    of->item->what = gd_arena_printf(of->arena, "a table of publication %s",
                                     gd_node_text(of->tree, GD_F_pubname));
    if (!read_words(of->item->sql, of->arena, &words))
        return;
    size_t add = first_word(&words, "ADD"), end = first_word(&words, "WHERE");
    for (size_t i = add; i < end; i++)
        if (words.sql[words.tokens[i].offset] == '(')
            end = i;
    if (add + 1 < end)
        of->item->undo = of->item->key =
            gd_arena_printf(of->arena, "%sDROP %s", between(&words, 0, add, of->arena),
                            between(&words, add + 1, end, of->arena));
}

static void of_comment(struct describing *of)
{
    const char *undo = without_comment(of->item->sql, of->arena);
    of->item->class = "comment";
    of->item->what = "a comment";
    of->item->undo = of->item->key = undo;
}

static void of_grant(struct describing *of)
{
    of->item->class = "grant";
    of->item->what = "a grant";
    of->item->undo = turn_grant(of->item->sql, of->arena);
}

static void of_owner(struct describing *of)
{
    struct words words;
    of->item->class = "owner";
    of->item->what = "an owner";
    of->item->undo = "";
    if (!read_words(of->item->sql, of->arena, &words))
        return;
    size_t at = last_word(&words, "OWNER");
    if (at < words.count)
        of->item->key = between(&words, 0, at + 1, of->arena);
}

/* --- ALTER TABLE ------------------------------------------------------------------------------*/

static void of_constraint(struct describing *of, const struct gd_node *relation,
                          const struct gd_node *constraint)
{
    struct gd_arena *arena = of->arena;
    struct gd_back_item *item = of->item;
    const char *name = gd_node_text(constraint, GD_F_conname);
    size_t count = gd_node_count(constraint, GD_F_keys);
    const char **keys = gd_arena_zalloc(arena, count + 1, sizeof *keys);
    make_on(of, "constraint", relation, name);
    item->undo = item->key =
        gd_arena_printf(arena, "ALTER TABLE %s DROP CONSTRAINT %s", relation_pair(relation, arena),
                        gd_quoted(name, arena));
    for (size_t i = 0; i < count; i++)
        keys[i] = gd_arena_strdup(arena, gd_node_string(gd_node_at(constraint, GD_F_keys, i)));
    if (is(constraint, GD_F_contype, "CONSTR_FOREIGN")) {
        const struct gd_node *refers = gd_node_child(constraint, GD_F_pktable);
        item->refers_schema = gd_arena_strdup(arena, gd_node_text(refers, GD_F_schemaname));
        item->refers = gd_arena_strdup(arena, gd_node_text(refers, GD_F_relname));
    }
    item->primary = is(constraint, GD_F_contype, "CONSTR_PRIMARY");
    if (item->primary || is(constraint, GD_F_contype, "CONSTR_UNIQUE")) {
        item->keys = keys;
        item->key_count = count;
    }
}

/* clang-format off */
static const struct { const char *subtype, *undo; } alterations[] = { /* %1: the name that it holds */
    {"AT_ColumnDefault", "ALTER COLUMN %s DROP DEFAULT"},
    {"AT_AddIdentity", "ALTER COLUMN %s DROP IDENTITY"},
    {"AT_SetNotNull", "ALTER COLUMN %s DROP NOT NULL"},
    {"AT_SetStatistics", "ALTER COLUMN %s SET STATISTICS -1"},
    {"AT_EnableRowSecurity", "DISABLE ROW LEVEL SECURITY"},
    {"AT_ForceRowSecurity", "NO FORCE ROW LEVEL SECURITY"},
    {"AT_ClusterOn", "SET WITHOUT CLUSTER"},
    {"AT_ReplicaIdentity", "REPLICA IDENTITY DEFAULT"},
    {"AT_DisableTrig", "ENABLE TRIGGER %s"},
    {"AT_EnableAlwaysTrig", "ENABLE TRIGGER %s"},
    {"AT_EnableReplicaTrig", "ENABLE TRIGGER %s"},
    {"AT_DisableRule", "ENABLE RULE %s"},
};
/* clang-format on */

static const char *undone(const char *pattern, const char *name, struct gd_arena *arena)
{
    const char *hole = strstr(pattern, "%s");
    if (hole == NULL)
        return pattern;
    return gd_arena_printf(arena, "%.*s%s%s", (int)(hole - pattern), pattern,
                           gd_quoted(name, arena), hole + 2);
}

static void of_attached(struct describing *of, const struct gd_node *relation,
                        const struct gd_node *command)
{
    const struct gd_node *part = gd_node_child(gd_node_child(command, GD_F_def), GD_F_name);
    bool index = is(of->tree, GD_F_objtype, "OBJECT_INDEX");
    of->item->class = index ? "part of an index" : "partition";
    of->item->what = gd_arena_printf(of->arena, "partition %s",
                                     gd_back_plain(gd_node_text(part, GD_F_schemaname),
                                                   gd_node_text(part, GD_F_relname), of->arena));
    of->item->schema = gd_arena_strdup(of->arena, gd_node_text(part, GD_F_schemaname));
    of->item->name = gd_arena_strdup(of->arena, gd_node_text(part, GD_F_relname));
    of->item->key =
        gd_arena_printf(of->arena, "ALTER TABLE %s DETACH PARTITION %s",
                        relation_pair(relation, of->arena), relation_pair(part, of->arena));
    of->item->undo = index ? "" : of->item->key; /* a part of an index goes with its whole */
}

static void of_alteration(struct describing *of)
{
    const struct gd_node *relation = gd_node_child(of->tree, GD_F_relation);
    const struct gd_node *command = gd_node_at(of->tree, GD_F_cmds, 0);
    const char *subtype = gd_node_enum(command, GD_F_subtype);
    if (gd_node_count(of->tree, GD_F_cmds) != 1)
        return;
    if (strcmp(subtype, "AT_AddConstraint") == 0) {
        of_constraint(of, relation, gd_node_child(command, GD_F_def));
        return;
    }
    if (strcmp(subtype, "AT_AttachPartition") == 0) {
        of_attached(of, relation, command);
        return;
    }
    if (strcmp(subtype, "AT_ChangeOwner") == 0) {
        of_owner(of);
        return;
    }
    make_on(of, "setting", relation, gd_node_text(command, GD_F_name));
    for (size_t i = 0; i < sizeof alterations / sizeof alterations[0]; i++)
        if (strcmp(subtype, alterations[i].subtype) == 0)
            of->item->undo = of->item->key = gd_arena_printf(
                of->arena, "ALTER TABLE %s %s", relation_pair(relation, of->arena),
                undone(alterations[i].undo, gd_node_text(command, GD_F_name), of->arena));
}

/* --- all --------------------------------------------------------------------------------------*/

/* clang-format off */
static const struct { enum gd_kind node; void (*describe)(struct describing *of); } kinds[] = {
    {GD_KIND_CreateSchemaStmt, of_schema},       {GD_KIND_CreateExtensionStmt, of_extension},
    {GD_KIND_CreateEnumStmt, of_enum},           {GD_KIND_CreateRangeStmt, of_range},
    {GD_KIND_CompositeTypeStmt, of_composite},   {GD_KIND_CreateDomainStmt, of_domain},
    {GD_KIND_DefineStmt, of_define},             {GD_KIND_CreateFunctionStmt, of_function},
    {GD_KIND_ViewStmt, of_view},                 {GD_KIND_CreateTableAsStmt, of_matview},
    {GD_KIND_CreateStmt, of_table},              {GD_KIND_CreateForeignTableStmt, of_table},
    {GD_KIND_CreateSeqStmt, of_sequence},        {GD_KIND_AlterSeqStmt, of_owned},
    {GD_KIND_IndexStmt, of_index},               {GD_KIND_AlterTableStmt, of_alteration},
    {GD_KIND_CreateTrigStmt, of_trigger},        {GD_KIND_RuleStmt, of_rule},
    {GD_KIND_CreatePolicyStmt, of_policy},       {GD_KIND_CreateStatsStmt, of_statistics},
    {GD_KIND_CreateEventTrigStmt, of_event_trigger}, {GD_KIND_CommentStmt, of_comment},
    {GD_KIND_GrantStmt, of_grant},               {GD_KIND_AlterDefaultPrivilegesStmt, of_grant},
    {GD_KIND_AlterOwnerStmt, of_owner},          {GD_KIND_AlterPublicationStmt, of_published},
            {GD_KIND_CreatePublicationStmt, of_publication},
};
/* clang-format on */

void gd_back_describe(struct gd_back_item *item, const struct gd_node *tree, struct gd_arena *arena)
{
    struct describing of = {item, tree, arena};
    item->class = "";
    item->schema = item->name = item->table = "";
    item->what = gd_arena_printf(arena, "\"%.*s\"", (int)strcspn(item->sql, "\n("), item->sql);
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (kinds[i].node == item->node)
            kinds[i].describe(&of);
    if (item->key == NULL)
        item->key = item->sql;
}
