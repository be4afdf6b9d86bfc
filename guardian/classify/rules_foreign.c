/*
 * Group N: foreign data, replication, and the kinds of objects that schemas seldom hold: operators,
 * casts, collations, conversions, text search.
 */
#include <string.h>

#include "guardian/classify/look.h"
#include "guardian/classify/named.h"
#include "guardian/classify/rules.h"

/* clang-format off */
static const char *const text_search[] = {
    "OBJECT_TSCONFIGURATION", "OBJECT_TSDICTIONARY", "OBJECT_TSPARSER", "OBJECT_TSTEMPLATE", NULL};
static const char *const operators[] = {"OBJECT_OPERATOR", "OBJECT_OPCLASS", "OBJECT_OPFAMILY", NULL};
static const char *const collations[] = {"OBJECT_COLLATION", "OBJECT_CONVERSION", NULL};
static const char *const wrappers[] = {"OBJECT_FDW", "OBJECT_FOREIGN_SERVER", NULL};
/* clang-format on */

static bool is_text_search(const struct gd_look *look)
{
    return gd_is_among(look->sub, text_search);
}

static bool is_operator(const struct gd_look *look)
{
    return gd_is_among(look->sub, operators);
}

static bool is_collation(const struct gd_look *look)
{
    return gd_is_among(look->sub, collations);
}

static bool is_wrapper(const struct gd_look *look)
{
    return gd_is_among(look->sub, wrappers);
}

/* Kinds whose loss can take a column or a generated column along. */
static bool is_minor(const struct gd_look *look)
{
    return is_operator(look) || is_collation(look) || is_text_search(look) ||
           strcmp(look->sub, "OBJECT_CAST") == 0;
}

static bool drops_minor(const struct gd_look *look)
{
    return is_minor(look) && !gd_says_cascade(look->node);
}

static bool drops_minor_cascade(const struct gd_look *look)
{
    return is_minor(look) && gd_says_cascade(look->node);
}

static bool drops_wrapper(const struct gd_look *look)
{
    return is_wrapper(look) && !gd_says_cascade(look->node);
}

static bool drops_wrapper_cascade(const struct gd_look *look)
{
    return is_wrapper(look) && gd_says_cascade(look->node);
}

static bool is_minor_or_wrapper(const struct gd_look *look)
{
    return is_minor(look) || is_wrapper(look);
}

static void describe_object(struct gd_look *look, struct gd_finding *finding)
{
    struct gd_named named = gd_named_find(look, look->sub, gd_node_child(look->node, GD_F_object),
                                          gd_node_child(look->node, GD_F_relation),
                                          gd_node_text(look->node, GD_F_subname));
    gd_finding_names(look, finding, &named);
}

static void describe_owner(struct gd_look *look, struct gd_finding *finding)
{
    struct gd_named named =
        gd_named_find(look, look->sub, gd_node_child(look->node, GD_F_object), NULL, "");
    gd_finding_new_owner(look, finding, &named, gd_node_child(look->node, GD_F_newowner));
}

/* ---- foreign data ---- */

static void name_by(struct gd_look *look, struct gd_finding *finding, const char *kind,
                    enum gd_field name)
{
    struct gd_named named = gd_named_other(look, kind, gd_node_text(look->node, name));
    gd_finding_names(look, finding, &named);
}

static void create_by(struct gd_look *look, struct gd_finding *finding, const char *kind,
                      enum gd_field name)
{
    struct gd_named named = gd_named_other(look, kind, gd_node_text(look->node, name));
    gd_finding_creates(look, finding, &named, gd_node_flag(look->node, GD_F_if_not_exists));
}

static void describe_new_wrapper(struct gd_look *look, struct gd_finding *finding)
{
    create_by(look, finding, "foreign-data wrapper", GD_F_fdwname);
}

static void describe_wrapper(struct gd_look *look, struct gd_finding *finding)
{
    name_by(look, finding, "foreign-data wrapper", GD_F_fdwname);
}

static void describe_new_server(struct gd_look *look, struct gd_finding *finding)
{
    create_by(look, finding, "server", GD_F_servername);
}

static void describe_server(struct gd_look *look, struct gd_finding *finding)
{
    name_by(look, finding, "server", GD_F_servername);
    static const char *const targets[] = {"host", "hostaddr", "port", "dbname", NULL};
    for (size_t i = 0; targets[i] != NULL; i++)
        if (gd_option(look->node, GD_F_options, targets[i]) != NULL)
            gd_finding_note(look, finding,
                            "reads and writes of its foreign tables reach another "
                            "%s from now on",
                            targets[i]);
}

static void describe_mapping(struct gd_look *look, struct gd_finding *finding)
{
    const char *role = gd_role_name(look, gd_node_child(look->node, GD_F_user));
    gd_finding_object(look, finding, "user mapping for %s on server %s",
                      role == NULL ? "the current user" : role,
                      gd_quote_identifier(look->arena, gd_node_text(look->node, GD_F_servername)));
    if (gd_node_flag(look->node, GD_F_missing_ok) || gd_node_flag(look->node, GD_F_if_not_exists))
        finding->rerun = GD_RERUN_SKIPS;
}

static void describe_foreign_table(struct gd_look *look, struct gd_finding *finding)
{
    const struct gd_node *base = gd_node_child(look->node, GD_F_base_stmt);
    struct gd_named named =
        gd_named_find(look, "OBJECT_FOREIGN_TABLE", NULL, gd_node_child(base, GD_F_relation), "");
    gd_finding_creates(look, finding, &named, gd_node_flag(base, GD_F_if_not_exists));
}

static void describe_import(struct gd_look *look, struct gd_finding *finding)
{
    gd_finding_object(
        look, finding, "schema %s",
        gd_quote_identifier(look->arena, gd_node_text(look->node, GD_F_local_schema)));
}

/* ---- publications and subscriptions ---- */

/* The first table that the statement names: its lock is the one that counts. */
static void lock_published(struct gd_look *look, struct gd_finding *finding)
{
    const struct gd_node *first = gd_node_at(look->node, GD_F_pubobjects, 0);
    const struct gd_node *table = gd_node_child(gd_node_child(first, GD_F_pubtable), GD_F_relation);
    if (table == NULL) {
        finding->lock = GD_LOCK_NONE;
        return;
    }
    finding->lock_on = gd_look_relation(look, gd_name_of_range(table)).qualified;
}

static void describe_new_publication(struct gd_look *look, struct gd_finding *finding)
{
    create_by(look, finding, "publication", GD_F_pubname);
    lock_published(look, finding);
}

static bool adds_published(const struct gd_look *look)
{
    return gd_node_count(look->node, GD_F_options) == 0 &&
           gd_node_enum_is(look->node, GD_F_action, "AP_AddObjects");
}

static bool changes_published(const struct gd_look *look)
{
    return !adds_published(look);
}

static void describe_publication(struct gd_look *look, struct gd_finding *finding)
{
    name_by(look, finding, "publication", GD_F_pubname);
    lock_published(look, finding);
}

static bool is_off(const struct gd_look *look, const char *name)
{
    const struct gd_node *option = gd_option(look->node, GD_F_options, name);
    return option != NULL && !gd_option_on(option);
}

static void describe_new_subscription(struct gd_look *look, struct gd_finding *finding)
{
    create_by(look, finding, "subscription", GD_F_subname);
    if (is_off(look, "connect") || is_off(look, "create_slot"))
        finding->transaction = true;
    if (!is_off(look, "copy_data") && !is_off(look, "connect"))
        gd_finding_note(look, finding,
                        "rows of the publisher are copied into local tables of the "
                        "same names");
}

static bool subscription_refreshes(const struct gd_look *look)
{
    const char *kind = gd_node_enum(look->node, GD_F_kind);
    bool refreshes = strcmp(kind, "ALTER_SUBSCRIPTION_REFRESH") == 0 ||
                     strcmp(kind, "ALTER_SUBSCRIPTION_SET_PUBLICATION") == 0 ||
                     strcmp(kind, "ALTER_SUBSCRIPTION_ADD_PUBLICATION") == 0 ||
                     strcmp(kind, "ALTER_SUBSCRIPTION_DROP_PUBLICATION") == 0;
    return refreshes && !is_off(look, "refresh");
}

static void describe_subscription(struct gd_look *look, struct gd_finding *finding)
{
    name_by(look, finding, "subscription", GD_F_subname);
    if (subscription_refreshes(look))
        finding->transaction = false;
}

static void describe_dropped_subscription(struct gd_look *look, struct gd_finding *finding)
{
    struct gd_named named =
        gd_named_other(look, "subscription", gd_node_text(look->node, GD_F_subname));
    gd_finding_object(look, finding, "%s", named.shown);
    if (!gd_node_flag(look->node, GD_F_missing_ok))
        return;
    finding->rerun = GD_RERUN_SKIPS;
    if (named.exists == GD_NO)
        gd_finding_is_done(look, finding, "%s is not there", named.shown);
}

/* ---- operators, casts, collations, text search ---- */

static void describe_defined(struct gd_look *look, struct gd_finding *finding)
{
    struct gd_name name = gd_name_of_list(look->node, GD_F_defnames);
    bool skips = gd_node_flag(look->node, GD_F_if_not_exists);
    gd_finding_object(look, finding, "%s %s", gd_named_word(look->sub),
                      strcmp(look->sub, "OBJECT_OPERATOR") == 0
                          ? gd_arena_printf(look->arena, "%s%s%s", name.schema,
                                            name.schema[0] == '\0' ? "" : ".", name.name)
                          : gd_name_show(look->arena, name));
    if (!skips)
        return;
    finding->rerun = GD_RERUN_SKIPS;
    if (gd_look_other(look, gd_named_word(look->sub), name, NULL) == GD_YES)
        gd_finding_is_done(look, finding, "it is there already");
}

static void describe_cast(struct gd_look *look, struct gd_finding *finding)
{
    gd_finding_object(look, finding, "cast (%s as %s)",
                      gd_type_show(look, gd_node_child(look->node, GD_F_sourcetype)),
                      gd_type_show(look, gd_node_child(look->node, GD_F_targettype)));
    if (gd_node_enum_is(look->node, GD_F_context, "COERCION_IMPLICIT"))
        gd_finding_note(look, finding,
                        "an implicit cast can make queries that work today "
                        "ambiguous, or choose other operators");
}

static void name_list(struct gd_look *look, struct gd_finding *finding, const char *word,
                      enum gd_field list)
{
    gd_finding_object(look, finding, "%s %s", word,
                      gd_name_show(look->arena, gd_name_of_list(look->node, list)));
}

static void describe_operator_class(struct gd_look *look, struct gd_finding *finding)
{
    name_list(look, finding, "operator class", GD_F_opclassname);
    if (gd_node_flag(look->node, GD_F_is_default))
        gd_finding_note(look, finding, "DEFAULT: indexes on this type use it when they name none");
}

static void describe_operator_family(struct gd_look *look, struct gd_finding *finding)
{
    name_list(look, finding, "operator family", GD_F_opfamilyname);
}

static bool family_loses(const struct gd_look *look)
{
    return gd_node_flag(look->node, GD_F_is_drop);
}

static bool family_gains(const struct gd_look *look)
{
    return !family_loses(look);
}

static void describe_operator(struct gd_look *look, struct gd_finding *finding)
{
    struct gd_name name = gd_name_of_object(gd_node_child(look->node, GD_F_opername));
    gd_finding_object(look, finding, "operator %s%s%s", name.schema,
                      name.schema[0] == '\0' ? "" : ".", name.name);
}

static void describe_conversion(struct gd_look *look, struct gd_finding *finding)
{
    name_list(look, finding, "conversion", GD_F_conversion_name);
}

static void describe_collation(struct gd_look *look, struct gd_finding *finding)
{
    name_list(look, finding, "collation", GD_F_collname);
}

static bool mapping_adds(const struct gd_look *look)
{
    return gd_node_enum_is(look->node, GD_F_kind, "ALTER_TSCONFIG_ADD_MAPPING");
}

static bool mapping_changes(const struct gd_look *look)
{
    return !mapping_adds(look);
}

static void describe_configuration(struct gd_look *look, struct gd_finding *finding)
{
    name_list(look, finding, "text search configuration", GD_F_cfgname);
    if (gd_node_flag(look->node, GD_F_missing_ok))
        finding->rerun = GD_RERUN_SKIPS;
    else if (gd_node_enum_is(look->node, GD_F_kind, "ALTER_TSCONFIG_DROP_MAPPING"))
        finding->rerun = GD_RERUN_FAILS;
}

static void describe_dictionary(struct gd_look *look, struct gd_finding *finding)
{
    name_list(look, finding, "text search dictionary", GD_F_dictname);
}

// clang-format off
const struct gd_rule gd_rules_foreign[] = {
    {.id = "N001", .title = "CREATE FOREIGN DATA WRAPPER", .kind = GD_KIND_CreateFdwStmt, .effect = describe_new_wrapper,
     .class = GD_CLASS_ADDITIVE, .rerun = GD_RERUN_FAILS, .sqlstate = "42710",
     .because = "A further way to reach data elsewhere; nothing is reached yet.", .instead = "", .source = "sql-createforeigndatawrapper"},
    {.id = "N002", .title = "ALTER FOREIGN DATA WRAPPER", .kind = GD_KIND_AlterFdwStmt, .effect = describe_wrapper,
     .class = GD_CLASS_DESTRUCTIVE, .loses = GD_LOSES_DEFINITION, .scope = GD_SCOPE_SCHEMA, .rerun = GD_RERUN_DEPENDS,
     .because = "Handler or options that all its servers use are overwritten.", .instead = "", .source = "sql-alterforeigndatawrapper"},
    {.id = "N003", .title = "CREATE SERVER", .kind = GD_KIND_CreateForeignServerStmt, .effect = describe_new_server,
     .class = GD_CLASS_ADDITIVE, .rerun = GD_RERUN_FAILS, .sqlstate = "42710",
     .because = "Another server can be named; nothing is asked of it yet.", .instead = "", .source = "sql-createserver"},
    {.id = "N004", .title = "ALTER SERVER", .kind = GD_KIND_AlterForeignServerStmt, .effect = describe_server,
     .class = GD_CLASS_DESTRUCTIVE, .loses = GD_LOSES_DEFINITION, .scope = GD_SCOPE_SCHEMA, .rerun = GD_RERUN_DEPENDS,
     .because = "The old options go; pointed elsewhere, its foreign tables read and write other data.", .instead = "", .source = "sql-alterserver"},
    {.id = "N005", .title = "CREATE USER MAPPING", .kind = GD_KIND_CreateUserMappingStmt, .effect = describe_mapping,
     .class = GD_CLASS_ADDITIVE, .rerun = GD_RERUN_FAILS, .sqlstate = "42710",
     .because = "A role can use the other server; a password in the options stands in the catalogue and in the script.", .instead = "", .source = "sql-createusermapping"},
    {.id = "N006", .title = "ALTER USER MAPPING", .kind = GD_KIND_AlterUserMappingStmt, .effect = describe_mapping,
     .class = GD_CLASS_DESTRUCTIVE, .loses = GD_LOSES_DEFINITION, .scope = GD_SCOPE_SCHEMA, .rerun = GD_RERUN_DEPENDS,
     .because = "The former name or password for the other server is overwritten, and a dump shows it only to those who may see it.", .instead = "", .source = "sql-alterusermapping"},
    {.id = "N007", .title = "DROP USER MAPPING", .kind = GD_KIND_DropUserMappingStmt, .effect = describe_mapping,
     .class = GD_CLASS_DESTRUCTIVE, .loses = GD_LOSES_DEFINITION, .scope = GD_SCOPE_SCHEMA, .rerun = GD_RERUN_FAILS, .sqlstate = "42704",
     .because = "The role can no longer reach the other server, and the password kept for it is gone.", .instead = "", .source = "sql-dropusermapping"},
    {.id = "N008", .title = "CREATE FOREIGN TABLE", .kind = GD_KIND_CreateForeignTableStmt, .effect = describe_foreign_table,
     .class = GD_CLASS_ADDITIVE, .rerun = GD_RERUN_FAILS, .sqlstate = "42P07",
     .because = "A table elsewhere gets a name here; it is not looked at.", .instead = "", .source = "sql-createforeigntable"},
    {.id = "N012", .title = "DROP SERVER, FOREIGN DATA WRAPPER", .kind = GD_KIND_DropStmt, .when = drops_wrapper, .effect = gd_finding_drops,
     .class = GD_CLASS_DESTRUCTIVE, .loses = GD_LOSES_DEFINITION, .scope = GD_SCOPE_SCHEMA, .rerun = GD_RERUN_FAILS, .sqlstate = "42704",
     .because = "Its options go; the server refuses while foreign tables or user mappings use it.", .instead = "", .source = "sql-dropserver"},
    {.id = "N013", .title = "DROP SERVER, FOREIGN DATA WRAPPER … CASCADE", .kind = GD_KIND_DropStmt, .when = drops_wrapper_cascade, .effect = gd_finding_cascades,
     .class = GD_CLASS_DESTRUCTIVE, .loses = GD_LOSES_DATA, .scope = GD_SCOPE_DATABASE, .lock = GD_LOCK_AX, .rerun = GD_RERUN_FAILS, .sqlstate = "42704",
     .because = "Its foreign tables, user mappings with their passwords, and views on them go; the rows elsewhere stay.",
     .instead = "Drop it without CASCADE: the error names what uses it.", .source = "sql-dropserver"},
    {.id = "N014", .title = "IMPORT FOREIGN SCHEMA", .kind = GD_KIND_ImportForeignSchemaStmt, .effect = describe_import,
     .class = GD_CLASS_ADDITIVE, .rerun = GD_RERUN_FAILS, .sqlstate = "42P07",
     .because = "Foreign tables are made for tables of the other server; which ones, it decides.", .instead = "Name them with LIMIT TO.", .source = "sql-importforeignschema"},
    {.id = "N015", .title = "CREATE PUBLICATION", .kind = GD_KIND_CreatePublicationStmt, .effect = describe_new_publication,
     .class = GD_CLASS_ADDITIVE, .lock = GD_LOCK_SUX, .rerun = GD_RERUN_FAILS, .sqlstate = "42710",
     .because = "Changes of the tables may be followed by others; from now on UPDATE and DELETE on them need a replica identity.", .instead = "", .source = "sql-createpublication"},
    {.id = "N016", .title = "ALTER PUBLICATION … ADD", .kind = GD_KIND_AlterPublicationStmt, .when = adds_published, .effect = describe_publication,
     .class = GD_CLASS_ADDITIVE, .lock = GD_LOCK_SUX, .rerun = GD_RERUN_FAILS, .sqlstate = "42710",
     .because = "Further tables may be followed; subscribers see them after a REFRESH.", .instead = "", .source = "sql-alterpublication"},
    {.id = "N017", .title = "ALTER PUBLICATION … DROP, SET", .kind = GD_KIND_AlterPublicationStmt, .when = changes_published, .effect = describe_publication,
     .class = GD_CLASS_DESTRUCTIVE, .loses = GD_LOSES_DEFINITION, .scope = GD_SCOPE_SCHEMA, .lock = GD_LOCK_SUX, .rerun = GD_RERUN_DEPENDS,
     .because = "Subscribers no longer get what was published before, and miss rows until somebody notices.", .instead = "", .source = "sql-alterpublication"},
    {.id = "N018", .title = "DROP PUBLICATION", .kind = GD_KIND_DropStmt, .sub = "OBJECT_PUBLICATION", .effect = gd_finding_drops,
     .class = GD_CLASS_DESTRUCTIVE, .loses = GD_LOSES_DEFINITION, .scope = GD_SCOPE_SCHEMA, .rerun = GD_RERUN_FAILS, .sqlstate = "42704",
     .because = "Subscribers of it stop with an error.", .instead = "", .source = "sql-droppublication"},
    {.id = "N019", .title = "ALTER PUBLICATION … RENAME TO", .kind = GD_KIND_RenameStmt, .sub = "OBJECT_PUBLICATION", .effect = describe_object,
     .class = GD_CLASS_DESTRUCTIVE, .loses = GD_LOSES_DEFINITION, .scope = GD_SCOPE_SCHEMA, .rerun = GD_RERUN_FAILS, .sqlstate = "42704",
     .because = "Subscribers ask for it by its old name and stop with an error.", .instead = "", .source = "sql-alterpublication"},
    {.id = "N020", .title = "ALTER PUBLICATION … OWNER TO", .kind = GD_KIND_AlterOwnerStmt, .sub = "OBJECT_PUBLICATION", .effect = describe_owner,
     .class = GD_CLASS_DESTRUCTIVE, .loses = GD_LOSES_DEFINITION, .scope = GD_SCOPE_SCHEMA, .rerun = GD_RERUN_OK,
     .because = "The former owner can no longer change the publication.", .instead = "", .source = "sql-alterpublication"},
    {.id = "N021", .title = "CREATE SUBSCRIPTION", .kind = GD_KIND_CreateSubscriptionStmt, .effect = describe_new_subscription,
     .class = GD_CLASS_ADDITIVE, .alone = true, .rerun = GD_RERUN_FAILS, .sqlstate = "42710",
     .because = "Another server's rows flow into local tables from now on, and it keeps a replication slot for that.", .instead = "", .source = "sql-createsubscription"},
    {.id = "N022", .title = "ALTER SUBSCRIPTION", .kind = GD_KIND_AlterSubscriptionStmt, .effect = describe_subscription,
     .class = GD_CLASS_DESTRUCTIVE, .loses = GD_LOSES_OUTSIDE, .scope = GD_SCOPE_SCHEMA, .rerun = GD_RERUN_DEPENDS,
     .because = "Where rows come from, or how far they have come, changes; what is skipped or missed meanwhile is in no dump.",
     .instead = "", .source = "sql-altersubscription"},
    {.id = "N023", .title = "ALTER SUBSCRIPTION … RENAME TO", .kind = GD_KIND_RenameStmt, .sub = "OBJECT_SUBSCRIPTION", .effect = describe_object,
     .class = GD_CLASS_DESTRUCTIVE, .loses = GD_LOSES_DEFINITION, .scope = GD_SCOPE_SCHEMA, .rerun = GD_RERUN_FAILS, .sqlstate = "42704",
     .because = "Scripts that alter or watch it by its old name fail.", .instead = "", .source = "sql-altersubscription"},
    {.id = "N024", .title = "ALTER SUBSCRIPTION … OWNER TO", .kind = GD_KIND_AlterOwnerStmt, .sub = "OBJECT_SUBSCRIPTION", .effect = describe_owner,
     .class = GD_CLASS_DESTRUCTIVE, .loses = GD_LOSES_DEFINITION, .scope = GD_SCOPE_SCHEMA, .rerun = GD_RERUN_OK,
     .because = "Rows are applied with the new owner's rights.", .instead = "", .source = "sql-altersubscription"},
    {.id = "N025", .title = "DROP SUBSCRIPTION", .kind = GD_KIND_DropSubscriptionStmt, .effect = describe_dropped_subscription,
     .class = GD_CLASS_DESTRUCTIVE, .loses = GD_LOSES_OUTSIDE, .scope = GD_SCOPE_SCHEMA, .alone = true, .rerun = GD_RERUN_FAILS, .sqlstate = "42704",
     .because = "The slot on the other server goes with it, and with it the place up to which rows had come: only a full copy brings it back.",
     .instead = "ALTER SUBSCRIPTION … DISABLE stops it and keeps its place.", .source = "sql-dropsubscription"},

    {.id = "N026", .title = "CREATE OPERATOR", .kind = GD_KIND_DefineStmt, .sub = "OBJECT_OPERATOR", .effect = describe_defined,
     .class = GD_CLASS_ADDITIVE, .rerun = GD_RERUN_FAILS, .sqlstate = "42723",
     .because = "Expressions may run its function from now on, where nobody sees a call.", .instead = "", .source = "sql-createoperator"},
    {.id = "N027", .title = "CREATE COLLATION", .kind = GD_KIND_DefineStmt, .sub = "OBJECT_COLLATION", .effect = describe_defined,
     .class = GD_CLASS_ADDITIVE, .rerun = GD_RERUN_FAILS, .sqlstate = "42710",
     .because = "A further order of texts; columns keep theirs.", .instead = "", .source = "sql-createcollation"},
    {.id = "N028", .title = "CREATE TEXT SEARCH …", .kind = GD_KIND_DefineStmt, .when = is_text_search, .effect = describe_defined,
     .class = GD_CLASS_ADDITIVE, .rerun = GD_RERUN_FAILS, .sqlstate = "23505",
     .because = "A further way to take texts apart; what is there keeps its own.", .instead = "", .source = "textsearch-configuration"},
    {.id = "N029", .title = "CREATE CAST", .kind = GD_KIND_CreateCastStmt, .effect = describe_cast,
     .class = GD_CLASS_ADDITIVE, .rerun = GD_RERUN_FAILS, .sqlstate = "42710",
     .because = "Values may be converted from now on where nobody sees a call.", .instead = "", .source = "sql-createcast"},
    {.id = "N030", .title = "CREATE OPERATOR CLASS", .kind = GD_KIND_CreateOpClassStmt, .effect = describe_operator_class,
     .class = GD_CLASS_ADDITIVE, .rerun = GD_RERUN_FAILS, .sqlstate = "42710",
     .because = "A type can be indexed in a further way.", .instead = "", .source = "sql-createopclass"},
    {.id = "N031", .title = "CREATE OPERATOR FAMILY", .kind = GD_KIND_CreateOpFamilyStmt, .effect = describe_operator_family,
     .class = GD_CLASS_ADDITIVE, .rerun = GD_RERUN_FAILS, .sqlstate = "42710",
     .because = "An empty collection of operator classes.", .instead = "", .source = "sql-createopfamily"},
    {.id = "N032", .title = "ALTER OPERATOR FAMILY … ADD", .kind = GD_KIND_AlterOpFamilyStmt, .when = family_gains, .effect = describe_operator_family,
     .class = GD_CLASS_ADDITIVE, .rerun = GD_RERUN_FAILS, .sqlstate = "42710",
     .because = "The planner may use an index for further operators; a wrong one gives wrong answers.", .instead = "", .source = "sql-alteropfamily"},
    {.id = "N033", .title = "ALTER OPERATOR FAMILY … DROP", .kind = GD_KIND_AlterOpFamilyStmt, .when = family_loses, .effect = describe_operator_family,
     .class = GD_CLASS_DESTRUCTIVE, .loses = GD_LOSES_DEFINITION, .scope = GD_SCOPE_SCHEMA, .rerun = GD_RERUN_FAILS, .sqlstate = "42704",
     .because = "Indexes no longer serve the operator.", .instead = "", .source = "sql-alteropfamily"},
    {.id = "N034", .title = "ALTER OPERATOR", .kind = GD_KIND_AlterOperatorStmt, .effect = describe_operator,
     .class = GD_CLASS_DESTRUCTIVE, .loses = GD_LOSES_DEFINITION, .scope = GD_SCOPE_SCHEMA, .rerun = GD_RERUN_DEPENDS,
     .because = "How the planner estimates or uses the operator is overwritten.", .instead = "", .source = "sql-alteroperator"},
    {.id = "N035", .title = "CREATE CONVERSION", .kind = GD_KIND_CreateConversionStmt, .effect = describe_conversion,
     .class = GD_CLASS_ADDITIVE, .rerun = GD_RERUN_FAILS, .sqlstate = "42710",
     .because = "A further way from one encoding to another; a DEFAULT one is used between client and server in its schema.", .instead = "", .source = "sql-createconversion"},
    {.id = "N036", .title = "ALTER COLLATION … REFRESH VERSION", .kind = GD_KIND_AlterCollationStmt, .effect = describe_collation,
     .class = GD_CLASS_NONE, .rerun = GD_RERUN_OK,
     .because = "Only the recorded version of the operating system's collation is brought up to date.",
     .instead = "REINDEX what depends on it first: the warning that this silences is about wrong indexes.", .source = "sql-altercollation"},
    {.id = "N037", .title = "ALTER TEXT SEARCH CONFIGURATION … ADD MAPPING", .kind = GD_KIND_AlterTSConfigurationStmt, .when = mapping_adds, .effect = describe_configuration,
     .class = GD_CLASS_ADDITIVE, .rerun = GD_RERUN_FAILS, .sqlstate = "23505",
     .because = "Further kinds of tokens are kept from now on; stored tsvectors stay as they are.", .instead = "", .source = "sql-altertsconfig"},
    {.id = "N038", .title = "ALTER TEXT SEARCH CONFIGURATION … ALTER, DROP MAPPING", .kind = GD_KIND_AlterTSConfigurationStmt, .when = mapping_changes, .effect = describe_configuration,
     .class = GD_CLASS_DESTRUCTIVE, .loses = GD_LOSES_DEFINITION, .scope = GD_SCOPE_SCHEMA, .rerun = GD_RERUN_OK,
     .because = "Texts are taken apart differently from now on, so that stored tsvectors and indexes no longer match what queries ask.",
     .instead = "Make a second configuration, and fill the columns again with it.", .source = "sql-altertsconfig"},
    {.id = "N039", .title = "ALTER TEXT SEARCH DICTIONARY", .kind = GD_KIND_AlterTSDictionaryStmt, .effect = describe_dictionary,
     .class = GD_CLASS_DESTRUCTIVE, .loses = GD_LOSES_DEFINITION, .scope = GD_SCOPE_SCHEMA, .rerun = GD_RERUN_OK,
     .because = "Words are normalised differently from now on, so that stored tsvectors and indexes no longer match what queries ask.",
     .instead = "", .source = "sql-altertsdictionary"},
    {.id = "N040", .title = "DROP of operators, collations, conversions, casts, text search", .kind = GD_KIND_DropStmt, .when = drops_minor, .effect = gd_finding_drops,
     .class = GD_CLASS_DESTRUCTIVE, .loses = GD_LOSES_DEFINITION, .scope = GD_SCOPE_SCHEMA, .rerun = GD_RERUN_FAILS,
     .because = "The definition goes; the server refuses while a column, an index or a view needs it, but does not know of bodies of functions.",
     .instead = "", .source = "sql-commands"},
    {.id = "N041", .title = "DROP of these with CASCADE", .kind = GD_KIND_DropStmt, .when = drops_minor_cascade, .effect = gd_finding_cascades,
     .class = GD_CLASS_DESTRUCTIVE, .loses = GD_LOSES_DATA, .scope = GD_SCOPE_DATABASE, .lock = GD_LOCK_AX, .rerun = GD_RERUN_FAILS,
     .because = "What needs it goes with it: columns of a collation, generated columns with an operator, indexes, views.",
     .instead = "Drop it without CASCADE: the error names what uses it.", .source = "sql-commands"},
    {.id = "N042", .title = "RENAME of operators, collations, conversions, text search, servers", .kind = GD_KIND_RenameStmt, .when = is_minor_or_wrapper, .effect = describe_object,
     .class = GD_CLASS_DESTRUCTIVE, .loses = GD_LOSES_DEFINITION, .scope = GD_SCOPE_SCHEMA, .rerun = GD_RERUN_FAILS, .sqlstate = "42704",
     .because = "Statements, settings and bodies of functions that use the old name fail.", .instead = "", .source = "sql-commands"},
    {.id = "N043", .title = "OWNER of operators, collations, conversions, text search, servers", .kind = GD_KIND_AlterOwnerStmt, .when = is_minor_or_wrapper, .effect = describe_owner,
     .class = GD_CLASS_DESTRUCTIVE, .loses = GD_LOSES_DEFINITION, .scope = GD_SCOPE_SCHEMA, .rerun = GD_RERUN_OK,
     .because = "The former owner can no longer change or drop it.", .instead = "", .source = "sql-commands"},
    {.id = "N044", .title = "SET SCHEMA of operators, collations, conversions, text search", .kind = GD_KIND_AlterObjectSchemaStmt, .when = is_minor, .effect = describe_object,
     .class = GD_CLASS_DESTRUCTIVE, .loses = GD_LOSES_DEFINITION, .scope = GD_SCOPE_SCHEMA, .rerun = GD_RERUN_FAILS, .sqlstate = "42704",
     .because = "Statements that name the old schema, or lack the new one in the search_path, no longer find it.", .instead = "", .source = "sql-commands"},
};
// clang-format on
const size_t gd_rules_foreign_count = sizeof gd_rules_foreign / sizeof gd_rules_foreign[0];
