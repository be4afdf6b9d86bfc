/*
 * Group M: schemas, extensions, databases, tablespaces, server settings, access methods.
 */
#include <string.h>

#include "guardian/classify/look.h"
#include "guardian/classify/named.h"
#include "guardian/classify/rules.h"

static bool says_cascade(const struct gd_look *look)
{
    return gd_says_cascade(look->node);
}

static bool says_restrict(const struct gd_look *look)
{
    return !gd_says_cascade(look->node);
}

static void describe_object(struct gd_look *look, struct gd_finding *finding)
{
    struct gd_named named = gd_named_find(look, look->sub, gd_node_child(look->node, GD_F_object),
                                          NULL, gd_node_text(look->node, GD_F_subname));
    gd_finding_names(look, finding, &named);
}

static void describe_owner(struct gd_look *look, struct gd_finding *finding)
{
    struct gd_named named =
        gd_named_find(look, look->sub, gd_node_child(look->node, GD_F_object), NULL, "");
    gd_finding_new_owner(look, finding, &named, gd_node_child(look->node, GD_F_newowner));
}

/* ---- schemas ---- */

/* CREATE SCHEMA AUTHORIZATION role takes the role's name. */
static const char *schema_name(const struct gd_look *look)
{
    const char *name = gd_node_text(look->node, GD_F_schemaname);
    if (name[0] != '\0')
        return name;
    const char *role = gd_role_name(look, gd_node_child(look->node, GD_F_authrole));
    return role == NULL ? "" : role;
}

static void describe_new_schema(struct gd_look *look, struct gd_finding *finding)
{
    const char *name = schema_name(look);
    if (name[0] == '\0')
        return;
    struct gd_named named = gd_named_other(look, "schema", name);
    gd_finding_creates(look, finding, &named, gd_node_flag(look->node, GD_F_if_not_exists));
}

static void describe_dropped_schema(struct gd_look *look, struct gd_finding *finding)
{
    gd_finding_drops(look, finding);
    if (look->survey == NULL || finding->class == GD_CLASS_NONE)
        return;
    if (finding->loses < GD_LOSES_DATA && finding->takes.count == 0)
        gd_finding_note(look, finding, "nothing stands in it");
}

/* ---- extensions ---- */

static void describe_new_extension(struct gd_look *look, struct gd_finding *finding)
{
    struct gd_named named =
        gd_named_other(look, "extension", gd_node_text(look->node, GD_F_extname));
    gd_finding_creates(look, finding, &named, gd_node_flag(look->node, GD_F_if_not_exists));
    const struct gd_node *cascade = gd_option(look->node, GD_F_options, "cascade");
    if (finding->class != GD_CLASS_NONE && gd_option_on(cascade))
        gd_finding_note(look, finding, "CASCADE installs the extensions that it needs, too");
}

static bool is_plain_member(const struct gd_described *what)
{
    static const char *const counted[] = {"table",        "sequence", "view", "materialized view",
                                          "table column", NULL};
    return !gd_is_among(what->kind, counted);
}

/* An extension's own functions, operators and types go with it as a matter of course: they are
 * counted. What its users lose is named. */
static void count_members(struct gd_look *look, struct gd_finding *finding,
                          struct gd_address extension)
{
    struct gd_address *members;
    size_t count = gd_survey_dependents(look->survey, extension, false, look->arena, &members);
    struct gd_texts own = {0}, kept = {0};
    for (size_t i = 0; i < count; i++) {
        const struct gd_described *what = gd_survey_describe(look->survey, members[i]);
        if (what != NULL && is_plain_member(what))
            gd_texts_add(&own, gd_arena_printf(look->arena, "%s %s", what->kind, what->identity),
                         look->arena);
    }
    for (size_t i = 0; i < finding->takes.count; i++)
        if (!gd_texts_has(&own, finding->takes.items[i]))
            gd_texts_add(&kept, finding->takes.items[i], look->arena);
    size_t counted = finding->takes.count - kept.count;
    finding->takes = kept;
    if (counted > 0)
        gd_finding_note(look, finding,
                        "%zu functions, operators and the like of its own go with it", counted);
}

static void describe_dropped_extension(struct gd_look *look, struct gd_finding *finding)
{
    gd_finding_cascades(look, finding);
    for (size_t i = 0; look->survey != NULL && i < gd_node_count(look->node, GD_F_objects); i++) {
        struct gd_named named =
            gd_named_find(look, look->sub, gd_node_at(look->node, GD_F_objects, i), NULL, "");
        if (named.address.oid != 0)
            count_members(look, finding, named.address);
    }
}

static struct gd_named named_extension(const struct gd_look *look)
{
    return gd_named_other(look, "extension", gd_node_text(look->node, GD_F_extname));
}

static void describe_updated(struct gd_look *look, struct gd_finding *finding)
{
    struct gd_named named = named_extension(look);
    const struct gd_node *wanted = gd_option(look->node, GD_F_options, "new_version");
    const struct gd_other *other = NULL;
    gd_finding_names(look, finding, &named);
    gd_look_other(look, "extension", named.name, &other);
    if (other == NULL || other->detail == NULL)
        return;
    if (wanted != NULL && strcmp(gd_option_text(look->arena, wanted), other->detail) == 0)
        gd_finding_is_done(look, finding, "%s has version %s already", named.shown, other->detail);
    else
        gd_finding_note(look, finding, "the installed version is %s", other->detail);
}

static void describe_member(struct gd_look *look, struct gd_finding *finding)
{
    static const char *const relations[] = {"OBJECT_TABLE",    "OBJECT_VIEW",
                                            "OBJECT_MATVIEW",  "OBJECT_FOREIGN_TABLE",
                                            "OBJECT_SEQUENCE", NULL};
    struct gd_named named = named_extension(look);
    struct gd_named member = gd_named_find(look, gd_node_enum(look->node, GD_F_objtype),
                                           gd_node_child(look->node, GD_F_object), NULL, "");
    gd_finding_object(look, finding, "%s", named.shown);
    if (gd_is_among(gd_node_enum(look->node, GD_F_objtype), relations))
        finding->lock_on = gd_look_relation(look, member.name).qualified;
    else
        finding->lock = GD_LOCK_NONE;
    gd_finding_note(look, finding,
                    "%s: a member of an extension is not in a schema dump, and its "
                    "rows are not in a data dump",
                    member.shown);
}

static void describe_moved_extension(struct gd_look *look, struct gd_finding *finding)
{
    describe_object(look, finding);
    gd_finding_note(look, finding, "its functions, types and operators move to schema %s",
                    gd_quote_identifier(look->arena, gd_node_text(look->node, GD_F_newschema)));
}

/* ---- databases ---- */

static struct gd_named named_database(const struct gd_look *look)
{
    return gd_named_other(look, "database", gd_node_text(look->node, GD_F_dbname));
}

static void describe_new_database(struct gd_look *look, struct gd_finding *finding)
{
    struct gd_named named = named_database(look);
    gd_finding_creates(look, finding, &named, false);
}

static void describe_database(struct gd_look *look, struct gd_finding *finding)
{
    struct gd_named named = named_database(look);
    gd_finding_names(look, finding, &named);
}

static bool moves_database(const struct gd_look *look)
{
    return gd_option(look->node, GD_F_options, "tablespace") != NULL;
}

static bool changes_database(const struct gd_look *look)
{
    return !moves_database(look);
}

static void describe_database_setting(struct gd_look *look, struct gd_finding *finding)
{
    static const char *const reading[] = {"search_path",
                                          "standard_conforming_strings",
                                          "client_encoding",
                                          "session_replication_role",
                                          "row_security",
                                          "default_transaction_read_only",
                                          NULL};
    const char *setting = gd_node_text(gd_node_child(look->node, GD_F_setstmt), GD_F_name);
    describe_database(look, finding);
    if (gd_is_among(setting, reading))
        gd_finding_note(look, finding, "%s changes what the same SQL means in every later session",
                        setting);
}

static void describe_dropped_database(struct gd_look *look, struct gd_finding *finding)
{
    struct gd_named named = named_database(look);
    bool skips = gd_node_flag(look->node, GD_F_missing_ok);
    gd_finding_object(look, finding, "%s", named.shown);
    if (skips)
        finding->rerun = GD_RERUN_SKIPS;
    if (named.exists == GD_NO && skips)
        gd_finding_is_done(look, finding, "%s is not there", named.shown);
    else if (gd_option(look->node, GD_F_options, "force") != NULL)
        gd_finding_note(look, finding,
                        "FORCE ends the sessions of everybody who is connected to it");
}

/* ---- tablespaces, settings, access methods ---- */

static struct gd_named named_tablespace(const struct gd_look *look)
{
    return gd_named_other(look, "tablespace", gd_node_text(look->node, GD_F_tablespacename));
}

static void describe_new_tablespace(struct gd_look *look, struct gd_finding *finding)
{
    struct gd_named named = named_tablespace(look);
    gd_finding_creates(look, finding, &named, false);
}

static void describe_tablespace(struct gd_look *look, struct gd_finding *finding)
{
    struct gd_named named = named_tablespace(look);
    gd_finding_names(look, finding, &named);
}

static void describe_dropped_tablespace(struct gd_look *look, struct gd_finding *finding)
{
    struct gd_named named = named_tablespace(look);
    gd_finding_object(look, finding, "%s", named.shown);
    if (!gd_node_flag(look->node, GD_F_missing_ok))
        return;
    finding->rerun = GD_RERUN_SKIPS;
    if (named.exists == GD_NO)
        gd_finding_is_done(look, finding, "%s is not there", named.shown);
}

static void describe_system_setting(struct gd_look *look, struct gd_finding *finding)
{
    static const char *const dangerous[] = {"fsync",
                                            "full_page_writes",
                                            "archive_command",
                                            "archive_mode",
                                            "wal_level",
                                            "shared_preload_libraries",
                                            "synchronous_commit",
                                            "data_directory",
                                            "hba_file",
                                            NULL};
    const struct gd_node *set = gd_node_child(look->node, GD_F_setstmt);
    const char *name = gd_node_text(set, GD_F_name);
    bool all = gd_node_enum_is(set, GD_F_kind, "VAR_RESET_ALL");
    gd_finding_object(look, finding, "setting %s", all ? "ALL" : name);
    if (gd_is_among(name, dangerous))
        gd_finding_note(look, finding,
                        "a wrong value of %s costs data or keeps the server from "
                        "starting",
                        name);
}

static void describe_access_method(struct gd_look *look, struct gd_finding *finding)
{
    struct gd_named named =
        gd_named_other(look, "access method", gd_node_text(look->node, GD_F_amname));
    gd_finding_creates(look, finding, &named, false);
}

// clang-format off
const struct gd_rule gd_rules_cluster[] = {
    {.id = "M001", .title = "CREATE SCHEMA", .kind = GD_KIND_CreateSchemaStmt, .effect = describe_new_schema,
     .class = GD_CLASS_ADDITIVE, .rerun = GD_RERUN_FAILS, .sqlstate = "42P06",
     .because = "A new, empty schema; statements inside CREATE SCHEMA are judged on their own.",
     .instead = "", .source = "sql-createschema"},
    {.id = "M002", .title = "ALTER SCHEMA … RENAME TO", .kind = GD_KIND_RenameStmt, .sub = "OBJECT_SCHEMA", .effect = describe_object,
     .class = GD_CLASS_DESTRUCTIVE, .loses = GD_LOSES_DEFINITION, .scope = GD_SCOPE_SCHEMA, .rerun = GD_RERUN_FAILS, .sqlstate = "3F000",
     .because = "Everything in the schema has another name at once: clients, PL/pgSQL bodies and every search_path that names it miss it.",
     .instead = "", .source = "sql-alterschema"},
    {.id = "M003", .title = "ALTER SCHEMA … OWNER TO", .kind = GD_KIND_AlterOwnerStmt, .sub = "OBJECT_SCHEMA", .effect = describe_owner,
     .class = GD_CLASS_DESTRUCTIVE, .loses = GD_LOSES_DEFINITION, .scope = GD_SCOPE_SCHEMA, .rerun = GD_RERUN_OK,
     .because = "The former owner can no longer make or drop things in the schema.",
     .instead = "", .source = "sql-alterschema"},
    {.id = "M004", .title = "DROP SCHEMA", .kind = GD_KIND_DropStmt, .sub = "OBJECT_SCHEMA", .when = says_restrict, .effect = describe_dropped_schema,
     .class = GD_CLASS_DESTRUCTIVE, .loses = GD_LOSES_DEFINITION, .scope = GD_SCOPE_SCHEMA, .rerun = GD_RERUN_FAILS, .sqlstate = "3F000",
     .because = "The schema goes with its grants and default privileges; the server refuses while anything stands in it.",
     .instead = "", .source = "sql-dropschema"},
    {.id = "M005", .title = "DROP SCHEMA … CASCADE", .kind = GD_KIND_DropStmt, .sub = "OBJECT_SCHEMA", .when = says_cascade, .effect = gd_finding_cascades,
     .class = GD_CLASS_DESTRUCTIVE, .loses = GD_LOSES_DATA, .scope = GD_SCOPE_DATABASE, .lock = GD_LOCK_AX, .rerun = GD_RERUN_FAILS, .sqlstate = "3F000",
     .because = "Every table in the schema goes with its rows, and columns of other schemas whose type stands here go, too.",
     .instead = "Rename the schema, and drop it when nobody has missed it.", .source = "sql-dropschema"},
    {.id = "M006", .title = "CREATE EXTENSION", .kind = GD_KIND_CreateExtensionStmt, .effect = describe_new_extension,
     .class = GD_CLASS_ADDITIVE, .rerun = GD_RERUN_FAILS, .sqlstate = "42710",
     .because = "The extension's script makes its functions and types; nothing that is there changes.",
     .instead = "", .source = "sql-createextension"},
    {.id = "M007", .title = "ALTER EXTENSION … UPDATE", .kind = GD_KIND_AlterExtensionStmt, .effect = describe_updated,
     .class = GD_CLASS_UNKNOWN, .loses = GD_LOSES_DATA, .scope = GD_SCOPE_DATABASE, .rerun = GD_RERUN_OK,
     .because = "The extension's update script runs, which may rewrite its tables or drop functions; scripts that lead back hardly ever exist.",
     .instead = "Try it on a restored copy first.", .source = "sql-alterextension"},
    {.id = "M008", .title = "ALTER EXTENSION … SET SCHEMA", .kind = GD_KIND_AlterObjectSchemaStmt, .sub = "OBJECT_EXTENSION", .effect = describe_moved_extension,
     .class = GD_CLASS_DESTRUCTIVE, .loses = GD_LOSES_DEFINITION, .scope = GD_SCOPE_SCHEMA, .rerun = GD_RERUN_OK,
     .because = "Whoever calls the extension's functions by the old schema, or lacks the new one in the search_path, no longer finds them.",
     .instead = "", .source = "sql-alterextension"},
    {.id = "M009", .title = "ALTER EXTENSION … ADD, DROP member", .kind = GD_KIND_AlterExtensionContentsStmt, .effect = describe_member,
     .class = GD_CLASS_DESTRUCTIVE, .loses = GD_LOSES_DEFINITION, .scope = GD_SCOPE_SCHEMA, .lock = GD_LOCK_SUX, .rerun = GD_RERUN_FAILS, .sqlstate = "55000",
     .because = "What belongs to an extension goes when it is dropped, and dumps leave it out, rows included.",
     .instead = "", .source = "sql-alterextension"},
    {.id = "M010", .title = "DROP EXTENSION", .kind = GD_KIND_DropStmt, .sub = "OBJECT_EXTENSION", .when = says_restrict, .effect = describe_dropped_extension,
     .class = GD_CLASS_DESTRUCTIVE, .loses = GD_LOSES_DATA, .scope = GD_SCOPE_DATABASE, .lock = GD_LOCK_AX, .rerun = GD_RERUN_FAILS, .sqlstate = "42704",
     .because = "Its functions, types and own tables go, and rows that it keeps (jobs, spatial references, queues) go with them.",
     .instead = "", .source = "sql-dropextension"},
    {.id = "M011", .title = "DROP EXTENSION … CASCADE", .kind = GD_KIND_DropStmt, .sub = "OBJECT_EXTENSION", .when = says_cascade, .effect = describe_dropped_extension,
     .class = GD_CLASS_DESTRUCTIVE, .loses = GD_LOSES_DATA, .scope = GD_SCOPE_DATABASE, .lock = GD_LOCK_AX, .rerun = GD_RERUN_FAILS, .sqlstate = "42704",
     .because = "Every column of the extension's types goes with its values, in every table, and so do indexes and functions that need it.",
     .instead = "Drop it without CASCADE: the error names what uses it. Change these columns first.", .source = "sql-dropextension"},
    {.id = "M012", .title = "CREATE DATABASE", .kind = GD_KIND_CreatedbStmt, .effect = describe_new_database,
     .class = GD_CLASS_ADDITIVE, .alone = true, .rerun = GD_RERUN_FAILS, .sqlstate = "42P04",
     .because = "A template is copied; this database does not change.",
     .instead = "", .source = "sql-createdatabase"},
    {.id = "M013", .title = "ALTER DATABASE … SET, RESET", .kind = GD_KIND_AlterDatabaseSetStmt, .effect = describe_database_setting,
     .class = GD_CLASS_DESTRUCTIVE, .loses = GD_LOSES_CLUSTER, .scope = GD_SCOPE_SCHEMA, .rerun = GD_RERUN_OK,
     .because = "A setting that the database had is overwritten; later sessions behave differently.",
     .instead = "", .source = "sql-alterdatabase"},
    {.id = "M014", .title = "ALTER DATABASE options", .kind = GD_KIND_AlterDatabaseStmt, .when = changes_database, .effect = describe_database,
     .class = GD_CLASS_DESTRUCTIVE, .loses = GD_LOSES_CLUSTER, .scope = GD_SCOPE_SCHEMA, .rerun = GD_RERUN_OK,
     .because = "Who may connect, and how many, changes; ALLOW_CONNECTIONS false shuts everybody out, Guardian included.",
     .instead = "", .source = "sql-alterdatabase"},
    {.id = "M015", .title = "ALTER DATABASE … SET TABLESPACE", .kind = GD_KIND_AlterDatabaseStmt, .when = moves_database, .effect = describe_database,
     .class = GD_CLASS_DESTRUCTIVE, .loses = GD_LOSES_CLUSTER, .scope = GD_SCOPE_SCHEMA, .alone = true, .rerun = GD_RERUN_OK,
     .because = "All files of the database are moved, and nobody may be connected to it meanwhile.",
     .instead = "", .source = "sql-alterdatabase"},
    {.id = "M016", .title = "ALTER DATABASE … RENAME TO", .kind = GD_KIND_RenameStmt, .sub = "OBJECT_DATABASE", .effect = describe_object,
     .class = GD_CLASS_DESTRUCTIVE, .loses = GD_LOSES_CLUSTER, .scope = GD_SCOPE_SCHEMA, .rerun = GD_RERUN_FAILS, .sqlstate = "3D000",
     .because = "Every connection string that names the database fails; backups are kept under its name.",
     .instead = "", .source = "sql-alterdatabase"},
    {.id = "M017", .title = "ALTER DATABASE … OWNER TO", .kind = GD_KIND_AlterOwnerStmt, .sub = "OBJECT_DATABASE", .effect = describe_owner,
     .class = GD_CLASS_DESTRUCTIVE, .loses = GD_LOSES_CLUSTER, .scope = GD_SCOPE_SCHEMA, .rerun = GD_RERUN_OK,
     .because = "The former owner can no longer change or drop the database.",
     .instead = "", .source = "sql-alterdatabase"},
    {.id = "M018", .title = "ALTER DATABASE … REFRESH COLLATION VERSION", .kind = GD_KIND_AlterDatabaseRefreshCollStmt, .effect = describe_database,
     .class = GD_CLASS_NONE, .rerun = GD_RERUN_OK, .since_pg = 15,
     .because = "Only the recorded version of the operating system's collation is brought up to date.",
     .instead = "REINDEX what depends on the collation first: the warning that this silences is about wrong indexes.", .source = "sql-alterdatabase"},
    {.id = "M019", .title = "DROP DATABASE", .kind = GD_KIND_DropdbStmt, .effect = describe_dropped_database,
     .class = GD_CLASS_DESTRUCTIVE, .loses = GD_LOSES_OUTSIDE, .scope = GD_SCOPE_DATABASE, .alone = true, .rerun = GD_RERUN_FAILS, .sqlstate = "3D000",
     .because = "A whole database goes that is not the one Guardian is connected to, so no backup taken here holds it.",
     .instead = "ALTER DATABASE … RENAME TO keeps it out of the way until nobody misses it.", .source = "sql-dropdatabase"},
    {.id = "M020", .title = "CREATE TABLESPACE", .kind = GD_KIND_CreateTableSpaceStmt, .effect = describe_new_tablespace,
     .class = GD_CLASS_ADDITIVE, .alone = true, .rerun = GD_RERUN_FAILS, .sqlstate = "42710",
     .because = "A folder of the server becomes a place for tables; backups of the data directory must hold it from now on.",
     .instead = "", .source = "sql-createtablespace"},
    {.id = "M021", .title = "ALTER TABLESPACE SET, RESET", .kind = GD_KIND_AlterTableSpaceOptionsStmt, .effect = describe_tablespace,
     .class = GD_CLASS_NONE, .rerun = GD_RERUN_OK,
     .because = "What the planner assumes about the speed of its disks changes.",
     .instead = "", .source = "sql-altertablespace"},
    {.id = "M022", .title = "ALTER TABLESPACE … RENAME TO", .kind = GD_KIND_RenameStmt, .sub = "OBJECT_TABLESPACE", .effect = describe_object,
     .class = GD_CLASS_DESTRUCTIVE, .loses = GD_LOSES_CLUSTER, .scope = GD_SCOPE_SCHEMA, .rerun = GD_RERUN_FAILS, .sqlstate = "42704",
     .because = "Scripts and settings that place tables by the old name fail.",
     .instead = "", .source = "sql-altertablespace"},
    {.id = "M023", .title = "ALTER TABLESPACE … OWNER TO", .kind = GD_KIND_AlterOwnerStmt, .sub = "OBJECT_TABLESPACE", .effect = describe_owner,
     .class = GD_CLASS_DESTRUCTIVE, .loses = GD_LOSES_CLUSTER, .scope = GD_SCOPE_SCHEMA, .rerun = GD_RERUN_OK,
     .because = "The former owner can no longer place tables in it.",
     .instead = "", .source = "sql-altertablespace"},
    {.id = "M024", .title = "DROP TABLESPACE", .kind = GD_KIND_DropTableSpaceStmt, .effect = describe_dropped_tablespace,
     .class = GD_CLASS_DESTRUCTIVE, .loses = GD_LOSES_CLUSTER, .scope = GD_SCOPE_SCHEMA, .alone = true, .rerun = GD_RERUN_FAILS, .sqlstate = "42704",
     .because = "The place goes for every database of the server; the server refuses while a table stands in it.",
     .instead = "", .source = "sql-droptablespace"},
    {.id = "M025", .title = "ALTER SYSTEM", .kind = GD_KIND_AlterSystemStmt, .effect = describe_system_setting,
     .class = GD_CLASS_DESTRUCTIVE, .loses = GD_LOSES_OUTSIDE, .scope = GD_SCOPE_DATABASE, .alone = true, .rerun = GD_RERUN_OK,
     .because = "A file of the server is rewritten outside any transaction; no dump holds what stood there.",
     .instead = "Keep a copy of postgresql.auto.conf, and set it where the server's configuration is managed.", .source = "sql-altersystem"},
    {.id = "M026", .title = "CREATE ACCESS METHOD", .kind = GD_KIND_CreateAmStmt, .effect = describe_access_method,
     .class = GD_CLASS_ADDITIVE, .rerun = GD_RERUN_FAILS, .sqlstate = "42710",
     .because = "A further way to store tables or indexes; what is there keeps its own.",
     .instead = "", .source = "sql-create-access-method"},
    {.id = "M027", .title = "DROP ACCESS METHOD", .kind = GD_KIND_DropStmt, .sub = "OBJECT_ACCESS_METHOD", .when = says_restrict, .effect = gd_finding_drops,
     .class = GD_CLASS_DESTRUCTIVE, .loses = GD_LOSES_DEFINITION, .scope = GD_SCOPE_SCHEMA, .rerun = GD_RERUN_FAILS, .sqlstate = "42704",
     .because = "No table or index can be made with it afterwards; the server refuses while one is.",
     .instead = "", .source = "sql-drop-access-method"},
    {.id = "M028", .title = "DROP ACCESS METHOD … CASCADE", .kind = GD_KIND_DropStmt, .sub = "OBJECT_ACCESS_METHOD", .when = says_cascade, .effect = gd_finding_cascades,
     .class = GD_CLASS_DESTRUCTIVE, .loses = GD_LOSES_DATA, .scope = GD_SCOPE_DATABASE, .lock = GD_LOCK_AX, .rerun = GD_RERUN_FAILS, .sqlstate = "42704",
     .because = "Every table and index that is stored with it goes, rows included.",
     .instead = "Move the tables to another access method first (ALTER TABLE … SET ACCESS METHOD).", .source = "sql-drop-access-method"},
};
// clang-format on
const size_t gd_rules_cluster_count = sizeof gd_rules_cluster / sizeof gd_rules_cluster[0];
