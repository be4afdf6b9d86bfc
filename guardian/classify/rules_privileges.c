/*
 * Group L: comments, labels, privileges, roles, ownership in bulk.
 */
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "guardian/classify/look.h"
#include "guardian/classify/named.h"
#include "guardian/classify/rules.h"
#include "guardian/classify/state.h"

/* ---- comments and labels ---- */

static bool has_text(const struct gd_look *look)
{
    return gd_node_text(look->node, GD_F_comment)[0] != '\0';
}

static bool removes_text(const struct gd_look *look)
{
    return !has_text(look);
}

/* The lock that COMMENT takes on the relation its object belongs to. */
static enum gd_lock comment_lock(const char *type)
{
    static const char *const relations[] = {
        "OBJECT_TABLE",    "OBJECT_VIEW",          "OBJECT_MATVIEW", "OBJECT_INDEX",
        "OBJECT_SEQUENCE", "OBJECT_FOREIGN_TABLE", "OBJECT_COLUMN",  NULL};
    static const char *const on_relation[] = {"OBJECT_TABCONSTRAINT", "OBJECT_TRIGGER",
                                              "OBJECT_POLICY", "OBJECT_RULE", NULL};
    if (gd_is_among(type, relations))
        return GD_LOCK_SUX;
    return gd_is_among(type, on_relation) ? GD_LOCK_AS : GD_LOCK_NONE;
}

static const char *relation_of(const struct gd_named *named)
{
    if (named->on_table)
        return named->table.qualified;
    const char *blank = strrchr(named->shown, ' ');
    return blank == NULL ? named->shown : blank + 1;
}

static struct gd_named named_object(struct gd_look *look, struct gd_finding *finding)
{
    struct gd_named named =
        gd_named_find(look, look->sub, gd_node_child(look->node, GD_F_object), NULL, "");
    finding->lock = comment_lock(look->sub);
    if (finding->lock != GD_LOCK_NONE)
        finding->lock_on = relation_of(&named);
    gd_finding_names(look, finding, &named);
    return named;
}

static void describe_comment(struct gd_look *look, struct gd_finding *finding)
{
    struct gd_named named = named_object(look, finding);
    const char *wanted = gd_node_text(look->node, GD_F_comment);
    if (named.fresh || !named.described)
        return;
    if (named.comment == NULL) {
        finding->class = GD_CLASS_ADDITIVE;
        finding->loses = GD_LOSES_NOTHING;
        finding->scope = GD_SCOPE_NONE;
        gd_finding_reason(look, finding, "%s has no comment yet", named.shown);
    } else if (strcmp(named.comment, wanted) == 0) {
        gd_finding_is_done(look, finding, "%s has this very comment", named.shown);
    } else {
        gd_finding_note(look, finding, "the comment is now: %s", named.comment);
    }
}

static void describe_removed_comment(struct gd_look *look, struct gd_finding *finding)
{
    struct gd_named named = named_object(look, finding);
    if (named.fresh || !named.described)
        return;
    if (named.comment == NULL)
        gd_finding_is_done(look, finding, "%s has no comment", named.shown);
    else
        gd_finding_note(look, finding, "the comment is now: %s", named.comment);
}

static void describe_label(struct gd_look *look, struct gd_finding *finding)
{
    named_object(look, finding);
}

/* ---- privileges on objects ---- */

static bool names_public(const struct gd_node *grant)
{
    for (size_t i = 0; i < gd_node_count(grant, GD_F_grantees); i++)
        if (gd_node_enum_is(gd_node_at(grant, GD_F_grantees, i), GD_F_roletype, "ROLESPEC_PUBLIC"))
            return true;
    return false;
}

static bool grants_to_public(const struct gd_look *look)
{
    return strcmp(look->sub, "grant") == 0 && names_public(look->node);
}

static const char *granted_objects(struct gd_look *look)
{
    const char *word = gd_named_word(gd_node_enum(look->node, GD_F_objtype));
    bool whole = gd_node_enum_is(look->node, GD_F_targtype, "ACL_TARGET_ALL_IN_SCHEMA");
    const char *text = whole ? gd_arena_printf(look->arena, "every %s in schema", word) : word;
    for (size_t i = 0; i < gd_node_count(look->node, GD_F_objects); i++) {
        const struct gd_node *object = gd_node_at(look->node, GD_F_objects, i);
        const char *name = gd_node_kind(object) == GD_KIND_RangeVar
                               ? gd_look_relation(look, gd_name_of_range(object)).qualified
                           : gd_node_kind(object) == GD_KIND_ObjectWithArgs
                               ? gd_routine_show(look, object, NULL)
                               : gd_name_show(look->arena, gd_name_of_object(object));
        text = gd_arena_printf(look->arena, "%s%s %s", text, i == 0 ? "" : ",", name);
    }
    return text;
}

/* The letter of an ACL item for a privilege's name; 0 when the name is not known. */
static char letter_of(const char *privilege)
{
    static const struct {
        const char *name;
        char letter;
    } letters[] = {{"select", 'r'},    {"insert", 'a'},     {"update", 'w'},  {"delete", 'd'},
                   {"truncate", 'D'},  {"references", 'x'}, {"trigger", 't'}, {"usage", 'U'},
                   {"execute", 'X'},   {"maintain", 'm'},   {"create", 'C'},  {"connect", 'c'},
                   {"temporary", 'T'}, {"temp", 'T'}};
    for (size_t i = 0; i < sizeof letters / sizeof letters[0]; i++)
        if (strcasecmp(letters[i].name, privilege) == 0)
            return letters[i].letter;
    return '\0';
}

/* The letters that `role` holds in an ACL like {postgres=arwdDxt/postgres,app=r/postgres}; NULL
 *  when it holds none, or its name would have to be unquoted. */
static const char *held_letters(struct gd_look *look, const char *acl, const char *role)
{
    const char *key = strcmp(role, "PUBLIC") == 0 ? "" : role;
    size_t size = strlen(key);
    for (const char *item = acl; item != NULL && *item != '\0'; item = strchr(item, ',')) {
        item++; /* over the brace or the comma */
        if (strncmp(item, key, size) == 0 && item[size] == '=') {
            size_t letters = strcspn(item + size + 1, "/,}");
            return gd_arena_strndup(look->arena, item + size + 1, letters);
        }
    }
    return NULL;
}

static bool is_held(const char *held, char letter, bool with_option)
{
    const char *at = letter == '\0' || held == NULL ? NULL : strchr(held, letter);
    return at != NULL && (!with_option || at[1] == '*');
}

/* What ALL means; NULL: not told here. */
static const char *all_letters(const struct gd_look *look, const char *type)
{
    static const struct {
        const char *type, *letters, *since_17;
    } all[] = {
        {"OBJECT_TABLE", "arwdDxt", "arwdDxtm"},
        {"OBJECT_SEQUENCE", "rwU", "rwU"},
        {"OBJECT_FUNCTION", "X", "X"},
        {"OBJECT_PROCEDURE", "X", "X"},
        {"OBJECT_ROUTINE", "X", "X"},
        {"OBJECT_SCHEMA", "UC", "UC"},
        {"OBJECT_DATABASE", "CTc", "CTc"},
        {"OBJECT_TYPE", "U", "U"},
    };
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        if (strcmp(all[i].type, type) == 0)
            return look->survey->server_version >= 170000 ? all[i].since_17 : all[i].letters;
    return NULL;
}

/* The letters of the privileges of a GrantStmt; NULL where one has none, or is of columns. */
static const char *wanted_letters(struct gd_look *look, const struct gd_node *grant)
{
    size_t count = gd_node_count(grant, GD_F_privileges);
    if (count == 0)
        return all_letters(look, gd_node_enum(grant, GD_F_objtype));
    char *letters = gd_arena_zalloc(look->arena, count + 1, 1);
    for (size_t i = 0; i < count; i++) {
        const struct gd_node *privilege = gd_node_at(grant, GD_F_privileges, i);
        letters[i] = letter_of(gd_node_text(privilege, GD_F_priv_name));
        if (letters[i] == '\0' || gd_node_count(privilege, GD_F_cols) > 0)
            return NULL;
    }
    return letters;
}

static bool all_held(struct gd_look *look, const struct gd_node *grant, const char *acl)
{
    const char *wanted = wanted_letters(look, grant);
    bool option = gd_node_flag(grant, GD_F_grant_option);
    if (wanted == NULL || acl == NULL)
        return false;
    for (size_t g = 0; g < gd_node_count(grant, GD_F_grantees); g++) {
        const char *role = gd_role_name(look, gd_node_at(grant, GD_F_grantees, g));
        const char *held = role == NULL ? NULL : held_letters(look, acl, role);
        for (const char *letter = wanted; *letter != '\0'; letter++)
            if (!is_held(held, *letter, option))
                return false;
    }
    return true;
}

static const char *acl_of_database(struct gd_look *look, const char *name)
{
    const struct gd_other *database =
        name == NULL ? NULL : gd_survey_other(look->survey, "database", NULL, name);
    return database == NULL ? NULL : database->detail;
}

static const char *acl_of(struct gd_look *look, const struct gd_node *object)
{
    if (gd_node_kind(object) == GD_KIND_RangeVar) {
        struct gd_target target = gd_look_relation(look, gd_name_of_range(object));
        return target.relation == NULL ? NULL : target.relation->acl;
    }
    if (gd_node_kind(object) == GD_KIND_ObjectWithArgs) {
        enum gd_truth exists;
        const struct gd_function *function = gd_look_function(look, object, &exists);
        return function == NULL ? NULL : function->acl;
    }
    const char *name = gd_node_string(object);
    if (gd_node_enum_is(look->node, GD_F_objtype, "OBJECT_DATABASE"))
        return acl_of_database(look, name);
    if (!gd_node_enum_is(look->node, GD_F_objtype, "OBJECT_SCHEMA"))
        return NULL;
    const struct gd_thing *thing =
        name == NULL ? NULL : gd_state_find(look->state, "schema", "", name);
    if (name == NULL || gd_state_doubts_name(look->state, name) ||
        (thing != NULL && (thing->fresh || thing->standing == GD_GONE)))
        return NULL;
    const struct gd_other *schema = gd_survey_other(look->survey, "schema", NULL, name);
    return schema == NULL ? NULL : schema->detail;
}

/* Does every object of a kind that the schema holds carry the privileges? None is fine, too. */
static bool whole_schema_holds(struct gd_look *look, const char *schema)
{
    const char *type = gd_node_enum(look->node, GD_F_objtype);
    bool routines = strcmp(type, "OBJECT_ROUTINE") == 0;
    const char *kind = gd_named_word(type);
    bool relations = strcmp(type, "OBJECT_TABLE") == 0 || strcmp(type, "OBJECT_SEQUENCE") == 0;
    if (!gd_survey_has_schema(look->survey, schema) || !look->survey->complete ||
        gd_state_adds_to(look->state, relations ? "relation" : "function", schema))
        return false;
    for (size_t i = 0; i < look->survey->right_count; i++) {
        const struct gd_rights *rights = &look->survey->rights[i];
        bool counts = strcmp(rights->kind, kind) == 0 ||
                      (routines && (strcmp(rights->kind, "function") == 0 ||
                                    strcmp(rights->kind, "procedure") == 0));
        if (counts && strcmp(rights->schema, schema) == 0 &&
            !all_held(look, look->node, rights->acl))
            return false;
    }
    return true;
}

static bool is_granted_already(struct gd_look *look)
{
    size_t count = gd_node_count(look->node, GD_F_objects);
    bool whole = gd_node_enum_is(look->node, GD_F_targtype, "ACL_TARGET_ALL_IN_SCHEMA");
    if (look->survey == NULL || count == 0 ||
        (!whole && !gd_node_enum_is(look->node, GD_F_targtype, "ACL_TARGET_OBJECT")))
        return false;
    for (size_t i = 0; i < count; i++) {
        const struct gd_node *object = gd_node_at(look->node, GD_F_objects, i);
        const char *schema = whole ? gd_node_string(object) : NULL;
        if (whole ? schema == NULL || !whole_schema_holds(look, schema)
                  : !all_held(look, look->node, acl_of(look, object)))
            return false;
    }
    return true;
}

/* In an ACL some names stand in quotes; these never do. */
static bool is_plain_name(const char *name)
{
    for (; *name != '\0'; name++)
        if (!isascii((unsigned char)*name) || (!isalnum((unsigned char)*name) && *name != '_'))
            return false;
    return true;
}

/* Does `role` hold one of the letters, whoever gave it? A role has an item for each giver. */
static bool holds_any(const char *acl, const char *role, const char *letters, bool option)
{
    const char *key = strcmp(role, "PUBLIC") == 0 ? "" : role;
    size_t size = strlen(key);
    for (const char *item = acl; item != NULL && *item != '\0'; item = strchr(item, ',')) {
        item++; /* over the brace or the comma */
        if (strncmp(item, key, size) != 0 || item[size] != '=')
            continue;
        for (const char *held = item + size + 1; strchr("/,}", *held) == NULL; held++)
            if (*held != '*' && strchr(letters, *held) != NULL && (!option || held[1] == '*'))
                return true;
    }
    return false;
}

/* NULL, what the server gives by itself, is not told apart here: it is written out by any REVOKE,
 * and then the next one finds it. */
static bool none_held(struct gd_look *look, const char *acl)
{
    const char *letters = wanted_letters(look, look->node);
    bool option = gd_node_flag(look->node, GD_F_grant_option);
    if (letters == NULL || acl == NULL)
        return false;
    for (size_t g = 0; g < gd_node_count(look->node, GD_F_grantees); g++) {
        const char *role = gd_role_name(look, gd_node_at(look->node, GD_F_grantees, g));
        bool everybody = role != NULL && strcmp(role, "PUBLIC") == 0;
        if (role == NULL || !is_plain_name(role) || holds_any(acl, role, letters, option) ||
            (!everybody && gd_named_other(look, "role", role).exists != GD_YES))
            return false;
    }
    return true;
}

/* Of relations it is not known: their columns have privileges of their own, and lose them, too. */
static bool is_revoked_already(struct gd_look *look)
{
    size_t count = gd_node_count(look->node, GD_F_objects);
    if (look->survey == NULL || !look->survey->complete || count == 0 ||
        !gd_node_enum_is(look->node, GD_F_targtype, "ACL_TARGET_OBJECT"))
        return false;
    for (size_t i = 0; i < count; i++) {
        const struct gd_node *object = gd_node_at(look->node, GD_F_objects, i);
        if (gd_node_kind(object) == GD_KIND_RangeVar || !none_held(look, acl_of(look, object)))
            return false;
    }
    return true;
}

/* Servers since 18 lock the relations whose privileges change. */
static void lock_since_18(struct gd_look *look, struct gd_finding *finding)
{
    const struct gd_node *object = gd_node_at(look->node, GD_F_objects, 0);
    if (look->survey == NULL || look->survey->server_version < 180000 ||
        gd_node_kind(object) != GD_KIND_RangeVar)
        return;
    finding->lock = GD_LOCK_AS;
    finding->lock_on = gd_look_relation(look, gd_name_of_range(object)).qualified;
}

static void describe_grant(struct gd_look *look, struct gd_finding *finding)
{
    gd_finding_object(look, finding, "%s", granted_objects(look));
    lock_since_18(look, finding);
    if (is_granted_already(look))
        gd_finding_is_done(look, finding, "%s holds these privileges already",
                           gd_role_list(look, look->node, GD_F_grantees));
}

static void describe_public_grant(struct gd_look *look, struct gd_finding *finding)
{
    gd_finding_object(look, finding, "%s", granted_objects(look));
    if (is_granted_already(look))
        gd_finding_is_done(look, finding, "everybody holds these privileges already");
}

static void describe_revoke(struct gd_look *look, struct gd_finding *finding)
{
    gd_finding_object(look, finding, "%s", granted_objects(look));
    lock_since_18(look, finding);
    if (is_revoked_already(look))
        gd_finding_is_done(look, finding, "%s holds none of these privileges",
                           gd_role_list(look, look->node, GD_F_grantees));
    else if (gd_says_cascade(look->node))
        gd_finding_note(look, finding,
                        "CASCADE takes the privileges from those, too, to whom they "
                        "were passed on");
}

static void describe_membership(struct gd_look *look, struct gd_finding *finding)
{
    gd_finding_object(look, finding, "role %s", gd_role_list(look, look->node, GD_F_granted_roles));
}

static bool default_is_grant(const struct gd_look *look)
{
    return gd_node_flag(gd_node_child(look->node, GD_F_action), GD_F_is_grant);
}

static bool default_is_revoke(const struct gd_look *look)
{
    return !default_is_grant(look);
}

static const char *default_kind(const char *type)
{
    return strcmp(type, "OBJECT_TABLE") == 0      ? "default r"
           : strcmp(type, "OBJECT_SEQUENCE") == 0 ? "default S"
           : strcmp(type, "OBJECT_FUNCTION") == 0 ? "default f"
           : strcmp(type, "OBJECT_TYPE") == 0     ? "default T"
           : strcmp(type, "OBJECT_SCHEMA") == 0   ? "default n"
                                                  : "";
}

static bool defaults_hold(struct gd_look *look, const char *owner, const char *schema)
{
    const struct gd_node *action = gd_node_child(look->node, GD_F_action);
    const char *kind = default_kind(gd_node_enum(action, GD_F_objtype));
    for (size_t i = 0; owner != NULL && schema != NULL && i < look->survey->right_count; i++) {
        const struct gd_rights *rights = &look->survey->rights[i];
        if (strcmp(rights->kind, kind) == 0 && strcmp(rights->owner, owner) == 0 &&
            strcmp(rights->schema, schema) == 0 && all_held(look, action, rights->acl))
            return true;
    }
    return false;
}

static bool defaults_hold_in(struct gd_look *look, const char *owner)
{
    const struct gd_node *schemas =
        gd_node_child(gd_option(look->node, GD_F_options, "schemas"), GD_F_arg);
    size_t count = schemas == NULL ? 0 : gd_node_count(schemas, GD_F_items);
    for (size_t i = 0; i < count; i++)
        if (!defaults_hold(look, owner, gd_node_string(gd_node_at(schemas, GD_F_items, i))))
            return false;
    return count > 0 || defaults_hold(look, owner, "");
}

/* FOR ROLE a, b IN SCHEMA c, d: each of the pairs. Without a role it is the session's own. */
static bool are_defaults_already(struct gd_look *look)
{
    const struct gd_node *roles =
        gd_node_child(gd_option(look->node, GD_F_options, "roles"), GD_F_arg);
    size_t count = roles == NULL ? 0 : gd_node_count(roles, GD_F_items);
    if (look->survey == NULL || gd_state_role_changed(look->state))
        return false;
    for (size_t i = 0; i < count; i++)
        if (!defaults_hold_in(look, gd_role_name(look, gd_node_at(roles, GD_F_items, i))))
            return false;
    return count > 0 || defaults_hold_in(look, look->survey->user);
}

static void describe_defaults(struct gd_look *look, struct gd_finding *finding)
{
    const struct gd_node *action = gd_node_child(look->node, GD_F_action);
    gd_finding_object(look, finding, "default privileges on %ss",
                      gd_named_word(gd_node_enum(action, GD_F_objtype)));
    if (!gd_node_flag(action, GD_F_is_grant))
        return;
    if (are_defaults_already(look))
        gd_finding_is_done(look, finding, "later ones carry these privileges already");
    else if (names_public(action))
        gd_finding_note(look, finding, "PUBLIC is everybody who can connect");
}

/* ---- roles ---- */

static const char *const powers[] = {"superuser",     "createrole", "createdb",
                                     "isreplication", "bypassrls",  NULL};

static bool gives_power(const struct gd_look *look)
{
    for (size_t i = 0; powers[i] != NULL; i++) {
        const struct gd_node *option = gd_option(look->node, GD_F_options, powers[i]);
        if (option != NULL && gd_option_on(option))
            return true;
    }
    return false;
}

static bool sets_password(const struct gd_look *look)
{
    return gd_option(look->node, GD_F_options, "password") != NULL;
}

static bool alters_otherwise(const struct gd_look *look)
{
    return !sets_password(look) && gd_option(look->node, GD_F_options, "rolemembers") == NULL;
}

/* ALTER GROUP … ADD, DROP USER: the same node, with the members as an option. */
static bool changes_group(const struct gd_look *look)
{
    return gd_option(look->node, GD_F_options, "rolemembers") != NULL;
}

static void describe_new_role(struct gd_look *look, struct gd_finding *finding)
{
    struct gd_named named = gd_named_other(look, "role", gd_node_text(look->node, GD_F_role));
    gd_finding_creates(look, finding, &named, false);
}

static void describe_power(struct gd_look *look, struct gd_finding *finding)
{
    const struct gd_node *role = gd_node_child(look->node, GD_F_role);
    const char *name =
        role == NULL ? gd_node_text(look->node, GD_F_role) : gd_role_name(look, role);
    gd_finding_object(look, finding, "role %s", name == NULL ? "the current user" : name);
}

static void describe_altered_role(struct gd_look *look, struct gd_finding *finding)
{
    const char *name = gd_role_name(look, gd_node_child(look->node, GD_F_role));
    if (name == NULL) {
        gd_finding_object(look, finding, "role of the session");
        return;
    }
    struct gd_named named = gd_named_other(look, "role", name);
    gd_finding_names(look, finding, &named);
}

static void describe_role_setting(struct gd_look *look, struct gd_finding *finding)
{
    static const char *const reading[] = {"search_path",     "standard_conforming_strings",
                                          "client_encoding", "session_replication_role",
                                          "row_security",    NULL};
    const struct gd_node *role = gd_node_child(look->node, GD_F_role);
    const char *name = role == NULL ? "ALL" : gd_role_name(look, role);
    const char *setting = gd_node_text(gd_node_child(look->node, GD_F_setstmt), GD_F_name);
    gd_finding_object(look, finding, "role %s", name == NULL ? "of the session" : name);
    if (gd_is_among(setting, reading))
        gd_finding_note(look, finding,
                        "%s changes what the same SQL means in every later session "
                        "of the role",
                        setting);
}

static void describe_renamed_role(struct gd_look *look, struct gd_finding *finding)
{
    struct gd_named named = gd_named_other(look, "role", gd_node_text(look->node, GD_F_subname));
    gd_finding_names(look, finding, &named);
}

static void describe_dropped_roles(struct gd_look *look, struct gd_finding *finding)
{
    size_t count = gd_node_count(look->node, GD_F_roles), absent = 0;
    bool skips = gd_node_flag(look->node, GD_F_missing_ok);
    const char *shown = gd_role_list(look, look->node, GD_F_roles);
    for (size_t i = 0; i < count; i++) {
        const char *name = gd_role_name(look, gd_node_at(look->node, GD_F_roles, i));
        if (name != NULL && gd_named_other(look, "role", name).exists == GD_NO)
            absent++;
    }
    gd_finding_object(look, finding, "role %s", shown);
    if (skips)
        finding->rerun = GD_RERUN_SKIPS;
    if (absent == count && skips)
        gd_finding_is_done(look, finding, "role %s is not there", shown);
    else if (absent > 0 && !skips)
        gd_finding_note(look, finding, "this fails: not all of these roles are there");
}

static void describe_owned(struct gd_look *look, struct gd_finding *finding)
{
    gd_finding_object(look, finding, "all that role %s owns",
                      gd_role_list(look, look->node, GD_F_roles));
}

static const char *word_of(const struct gd_relation *relation)
{
    switch (relation->kind) {
    case 'r':
    case 'p':
        return "table";
    case 'm':
        return "materialized view";
    case 'v':
        return "view";
    case 'f':
        return "foreign table";
    default:
        return relation->kind == 'S' && relation->sequence_owner == NULL ? "sequence" : NULL;
    }
}

/* What of a role's own holds rows is lost with them. */
static void take_owned(struct gd_look *look, struct gd_finding *finding,
                       const struct gd_relation *relation)
{
    const char *word = word_of(relation);
    if (word == NULL)
        return;
    gd_texts_add(&finding->takes, gd_arena_printf(look->arena, "%s %s", word, relation->qualified),
                 look->arena);
    if (strchr("rpm", relation->kind) != NULL)
        gd_texts_add(&finding->tables, relation->qualified, look->arena);
}

/* The survey holds what the script names, not all that a role owns: the whole database counts. What
 * is known to belong to the role is named. */
static void describe_dropped_owned(struct gd_look *look, struct gd_finding *finding)
{
    const struct gd_survey *survey = look->survey;
    describe_owned(look, finding);
    for (size_t i = 0; survey != NULL && i < gd_node_count(look->node, GD_F_roles); i++) {
        const char *role = gd_role_name(look, gd_node_at(look->node, GD_F_roles, i));
        for (size_t r = 0; role != NULL && r < survey->relation_count; r++)
            if (strcmp(survey->relations[r].owner, role) == 0)
                take_owned(look, finding, &survey->relations[r]);
    }
}

// clang-format off
const struct gd_rule gd_rules_privileges[] = {
    {.id = "L001", .title = "COMMENT ON", .kind = GD_KIND_CommentStmt, .when = has_text, .effect = describe_comment,
     .class = GD_CLASS_DESTRUCTIVE, .loses = GD_LOSES_DEFINITION, .scope = GD_SCOPE_SCHEMA, .rerun = GD_RERUN_OK,
     .because = "A comment that is there already is overwritten.",
     .instead = "", .source = "sql-comment"},
    {.id = "L002", .title = "COMMENT ON … IS NULL", .kind = GD_KIND_CommentStmt, .when = removes_text, .effect = describe_removed_comment,
     .class = GD_CLASS_DESTRUCTIVE, .loses = GD_LOSES_DEFINITION, .scope = GD_SCOPE_SCHEMA, .rerun = GD_RERUN_OK,
     .because = "The comment is removed.",
     .instead = "", .source = "sql-comment"},
    {.id = "L003", .title = "SECURITY LABEL", .kind = GD_KIND_SecLabelStmt, .effect = describe_label,
     .class = GD_CLASS_DESTRUCTIVE, .loses = GD_LOSES_DEFINITION, .scope = GD_SCOPE_SCHEMA, .rerun = GD_RERUN_OK,
     .because = "The label that the provider reads is overwritten: rights that depend on it change.",
     .instead = "", .source = "sql-security-label"},
    {.id = "L004", .title = "GRANT on an object", .kind = GD_KIND_GrantStmt, .sub = "grant", .effect = describe_grant,
     .class = GD_CLASS_ADDITIVE, .rerun = GD_RERUN_OK,
     .because = "Somebody may do more than before; no data and no definition goes.",
     .instead = "", .source = "sql-grant"},
    {.id = "L005", .title = "GRANT … TO PUBLIC", .kind = GD_KIND_GrantStmt, .when = grants_to_public, .effect = describe_public_grant,
     .class = GD_CLASS_ADDITIVE, .rerun = GD_RERUN_OK,
     .because = "PUBLIC is every role that can connect, those that do not exist yet included.",
     .instead = "Grant to a role that stands for the people who need it.", .source = "sql-grant"},
    {.id = "L006", .title = "REVOKE on an object", .kind = GD_KIND_GrantStmt, .sub = "revoke", .effect = describe_revoke,
     .class = GD_CLASS_DESTRUCTIVE, .loses = GD_LOSES_DEFINITION, .scope = GD_SCOPE_SCHEMA, .rerun = GD_RERUN_OK,
     .because = "Rights go; applications that relied on them fail with 42501.",
     .instead = "", .source = "sql-revoke"},
    {.id = "L007", .title = "GRANT role", .kind = GD_KIND_GrantRoleStmt, .sub = "grant", .effect = describe_membership,
     .class = GD_CLASS_ADDITIVE, .rerun = GD_RERUN_OK,
     .because = "A role may do more than before, in every database of the server.",
     .instead = "", .source = "sql-grant"},
    {.id = "L008", .title = "REVOKE role", .kind = GD_KIND_GrantRoleStmt, .sub = "revoke", .effect = describe_membership,
     .class = GD_CLASS_DESTRUCTIVE, .loses = GD_LOSES_CLUSTER, .scope = GD_SCOPE_SCHEMA, .rerun = GD_RERUN_OK,
     .because = "A membership goes, in every database of the server; a dump of one database does not hold it, the roles' dump does.",
     .instead = "", .source = "sql-revoke"},
    {.id = "L009", .title = "ALTER DEFAULT PRIVILEGES GRANT", .kind = GD_KIND_AlterDefaultPrivilegesStmt, .when = default_is_grant, .effect = describe_defaults,
     .class = GD_CLASS_ADDITIVE, .rerun = GD_RERUN_OK,
     .because = "Objects that are made later carry these privileges; those that are there keep theirs.",
     .instead = "", .source = "sql-alterdefaultprivileges"},
    {.id = "L010", .title = "ALTER DEFAULT PRIVILEGES REVOKE", .kind = GD_KIND_AlterDefaultPrivilegesStmt, .when = default_is_revoke, .effect = describe_defaults,
     .class = GD_CLASS_DESTRUCTIVE, .loses = GD_LOSES_DEFINITION, .scope = GD_SCOPE_SCHEMA, .rerun = GD_RERUN_OK,
     .because = "Objects that are made later lack privileges that they would have had.",
     .instead = "", .source = "sql-alterdefaultprivileges"},
    {.id = "L011", .title = "CREATE ROLE", .kind = GD_KIND_CreateRoleStmt, .effect = describe_new_role,
     .class = GD_CLASS_ADDITIVE, .rerun = GD_RERUN_FAILS, .sqlstate = "42710",
     .because = "A new role, which every database of the server sees.",
     .instead = "CREATE ROLE has no IF NOT EXISTS: ask pg_roles in a DO block when the script runs more than once.", .source = "sql-createrole"},
    {.id = "L012", .title = "CREATE ROLE with powers", .kind = GD_KIND_CreateRoleStmt, .when = gives_power, .effect = describe_power,
     .class = GD_CLASS_ADDITIVE, .rerun = GD_RERUN_FAILS, .sqlstate = "42710",
     .because = "The role may pass by privileges: superuser, replication, row security, or the making of roles and databases.",
     .instead = "Grant what is needed on the objects themselves.", .source = "sql-createrole"},
    {.id = "L013", .title = "ALTER ROLE attributes", .kind = GD_KIND_AlterRoleStmt, .when = alters_otherwise, .effect = describe_altered_role,
     .class = GD_CLASS_DESTRUCTIVE, .loses = GD_LOSES_CLUSTER, .scope = GD_SCOPE_SCHEMA, .rerun = GD_RERUN_OK,
     .because = "The former attributes of the role are overwritten, for every database of the server.",
     .instead = "", .source = "sql-alterrole"},
    {.id = "L014", .title = "ALTER ROLE … PASSWORD", .kind = GD_KIND_AlterRoleStmt, .when = sets_password, .effect = describe_altered_role,
     .class = GD_CLASS_DESTRUCTIVE, .loses = GD_LOSES_CLUSTER, .scope = GD_SCOPE_SCHEMA, .rerun = GD_RERUN_OK,
     .because = "The old password is gone, and whoever still uses it cannot connect; a plain one also stands in the script and in the server's log.",
     .instead = "Use psql's \\password, which sends a hash.", .source = "sql-alterrole"},
    {.id = "L015", .title = "ALTER GROUP … ADD, DROP USER", .kind = GD_KIND_AlterRoleStmt, .when = changes_group, .effect = describe_altered_role,
     .class = GD_CLASS_DESTRUCTIVE, .loses = GD_LOSES_CLUSTER, .scope = GD_SCOPE_SCHEMA, .rerun = GD_RERUN_OK,
     .because = "Memberships change in every database of the server.",
     .instead = "Use GRANT and REVOKE, which say what they do.", .source = "sql-altergroup"},
    {.id = "L016", .title = "ALTER ROLE … SET, RESET", .kind = GD_KIND_AlterRoleSetStmt, .effect = describe_role_setting,
     .class = GD_CLASS_DESTRUCTIVE, .loses = GD_LOSES_CLUSTER, .scope = GD_SCOPE_SCHEMA, .rerun = GD_RERUN_OK,
     .because = "A setting that the role had is overwritten; its next sessions behave differently.",
     .instead = "", .source = "sql-alterrole"},
    {.id = "L017", .title = "ALTER ROLE … RENAME TO", .kind = GD_KIND_RenameStmt, .sub = "OBJECT_ROLE", .effect = describe_renamed_role,
     .class = GD_CLASS_DESTRUCTIVE, .loses = GD_LOSES_CLUSTER, .scope = GD_SCOPE_SCHEMA, .rerun = GD_RERUN_FAILS, .sqlstate = "42704",
     .because = "Nobody can connect by the old name, and an MD5 password is cleared because the name is part of it.",
     .instead = "", .source = "sql-alterrole"},
    {.id = "L018", .title = "DROP ROLE", .kind = GD_KIND_DropRoleStmt, .effect = describe_dropped_roles,
     .class = GD_CLASS_DESTRUCTIVE, .loses = GD_LOSES_CLUSTER, .scope = GD_SCOPE_SCHEMA, .rerun = GD_RERUN_FAILS, .sqlstate = "42704",
     .because = "The role, its memberships, its settings and its password are gone, for every database of the server.",
     .instead = "ALTER ROLE … NOLOGIN keeps it and lets nobody in.", .source = "sql-droprole"},
    {.id = "L019", .title = "REASSIGN OWNED", .kind = GD_KIND_ReassignOwnedStmt, .effect = describe_owned,
     .class = GD_CLASS_DESTRUCTIVE, .loses = GD_LOSES_DEFINITION, .scope = GD_SCOPE_SCHEMA, .lock = GD_LOCK_AX, .rerun = GD_RERUN_OK,
     .because = "Who owned what is forgotten; what the role shared with others cannot be told apart afterwards.",
     .instead = "", .source = "sql-reassign-owned"},
    {.id = "L020", .title = "DROP OWNED", .kind = GD_KIND_DropOwnedStmt, .effect = describe_dropped_owned,
     .class = GD_CLASS_DESTRUCTIVE, .loses = GD_LOSES_DATA, .scope = GD_SCOPE_DATABASE, .lock = GD_LOCK_AX, .rerun = GD_RERUN_OK,
     .because = "Every object of the role in this database goes, tables with their rows included, and its privileges on others' objects.",
     .instead = "REASSIGN OWNED first: then only the privileges are left for DROP OWNED.", .source = "sql-drop-owned"},
};
// clang-format on
const size_t gd_rules_privileges_count = sizeof gd_rules_privileges / sizeof gd_rules_privileges[0];
