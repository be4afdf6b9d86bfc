/*
 * Group G: triggers, rewrite rules, row level security policies, event triggers.
 *
 * None of them touches a row when it is made; all of them change what later statements do.
 */
#include <string.h>

#include "guardian/classify/look.h"
#include "guardian/classify/named.h"
#include "guardian/classify/rules.h"
#include "guardian/classify/same.h"

static bool replaces(const struct gd_look *look)
{
    return gd_node_flag(look->node, GD_F_replace);
}

static bool is_constraint(const struct gd_look *look)
{
    return gd_node_flag(look->node, GD_F_isconstraint);
}

static bool is_new_plain(const struct gd_look *look)
{
    return !replaces(look) && !is_constraint(look);
}

/* ---- triggers ---- */

static struct gd_named named_by(const struct gd_look *look, const char *type, enum gd_field table,
                                enum gd_field name)
{
    return gd_named_find(look, type, NULL, gd_node_child(look->node, table),
                         gd_node_text(look->node, name));
}

/* On a table of this script's own nobody waits, and nothing was there to change. */
static void describe_made(struct gd_look *look, struct gd_finding *finding,
                          const struct gd_named *named)
{
    gd_finding_object(look, finding, "%s", named->shown);
    finding->lock_on = named->table.qualified;
    if (named->dropped)
        finding->rerun = GD_RERUN_OK;
    if (named->exists == GD_YES && !named->table.fresh && !named->fresh)
        gd_finding_note(look, finding, "this fails: it is there already");
}

static void describe_new_trigger(struct gd_look *look, struct gd_finding *finding)
{
    struct gd_named named = named_by(look, "OBJECT_TRIGGER", GD_F_relation, GD_F_trigname);
    describe_made(look, finding, &named);
    gd_finding_note(look, finding, "writes to %s run %s() from now on", named.table.qualified,
                    gd_name_show(look->arena, gd_name_of_list(look->node, GD_F_funcname)));
}

static void describe_replaced_trigger(struct gd_look *look, struct gd_finding *finding)
{
    struct gd_named named = named_by(look, "OBJECT_TRIGGER", GD_F_relation, GD_F_trigname);
    gd_finding_names(look, finding, &named);
    if (named.exists == GD_YES && gd_same_trigger(look)) {
        gd_finding_is_done(look, finding, "%s is there with the same definition", named.shown);
    } else if (named.exists == GD_NO) {
        finding->class = GD_CLASS_ADDITIVE;
        finding->loses = GD_LOSES_NOTHING;
        finding->scope = GD_SCOPE_NONE;
        gd_finding_reason(look, finding, "no trigger of this name is on %s: nothing is replaced",
                          named.table.qualified);
    }
}

static bool renames_to_later_place(const char *from, const char *to)
{
    return strcmp(from, to) < 0;
}

static void describe_renamed_trigger(struct gd_look *look, struct gd_finding *finding)
{
    struct gd_named named = named_by(look, "OBJECT_TRIGGER", GD_F_relation, GD_F_subname);
    gd_finding_names(look, finding, &named);
    gd_finding_note(look, finding,
                    "triggers of one event fire in the order of their names: it may "
                    "fire %s than before",
                    renames_to_later_place(named.name.name, gd_node_text(look->node, GD_F_newname))
                        ? "later"
                        : "earlier");
}

/* ---- rules ---- */

static bool is_write(const struct gd_node *action)
{
    switch ((int)gd_node_kind(action)) {
    case GD_KIND_InsertStmt:
    case GD_KIND_UpdateStmt:
    case GD_KIND_DeleteStmt:
        return true;
    default:
        return false;
    }
}

static bool rule_makes_view(const struct gd_look *look)
{
    return !replaces(look) && gd_node_enum_is(look->node, GD_F_event, "CMD_SELECT");
}

static bool rule_changes_writes(const struct gd_look *look)
{
    if (replaces(look) || rule_makes_view(look))
        return false;
    bool changes = gd_node_flag(look->node, GD_F_instead);
    for (size_t i = 0; i < gd_node_count(look->node, GD_F_actions); i++)
        changes = changes || is_write(gd_node_at(look->node, GD_F_actions, i));
    return changes;
}

static bool rule_adds_only(const struct gd_look *look)
{
    return !replaces(look) && !rule_makes_view(look) && !rule_changes_writes(look);
}

static void describe_new_rule(struct gd_look *look, struct gd_finding *finding)
{
    struct gd_named named = named_by(look, "OBJECT_RULE", GD_F_relation, GD_F_rulename);
    describe_made(look, finding, &named);
}

static void describe_replaced_rule(struct gd_look *look, struct gd_finding *finding)
{
    struct gd_named named = named_by(look, "OBJECT_RULE", GD_F_relation, GD_F_rulename);
    gd_finding_names(look, finding, &named);
}

static void describe_renamed_rule(struct gd_look *look, struct gd_finding *finding)
{
    struct gd_named named = named_by(look, "OBJECT_RULE", GD_F_relation, GD_F_subname);
    gd_finding_names(look, finding, &named);
}

/* ---- policies ---- */

static void describe_new_policy(struct gd_look *look, struct gd_finding *finding)
{
    struct gd_named named = named_by(look, "OBJECT_POLICY", GD_F_table, GD_F_policy_name);
    describe_made(look, finding, &named);
    if (!gd_node_flag(look->node, GD_F_permissive))
        gd_finding_note(look, finding, "a RESTRICTIVE policy hides rows that other policies show");
    if (named.table.relation != NULL && !named.table.relation->row_security)
        gd_finding_note(look, finding,
                        "row level security is off on %s: it has no effect until "
                        "that is enabled",
                        named.table.qualified);
}

static void describe_altered_policy(struct gd_look *look, struct gd_finding *finding)
{
    struct gd_named named = named_by(look, "OBJECT_POLICY", GD_F_table, GD_F_policy_name);
    gd_finding_names(look, finding, &named);
}

static void describe_renamed_policy(struct gd_look *look, struct gd_finding *finding)
{
    struct gd_named named = named_by(look, "OBJECT_POLICY", GD_F_relation, GD_F_subname);
    gd_finding_names(look, finding, &named);
}

static void describe_dropped_policy(struct gd_look *look, struct gd_finding *finding)
{
    gd_finding_drops(look, finding);
    struct gd_named named =
        gd_named_find(look, look->sub, gd_node_at(look->node, GD_F_objects, 0), NULL, "");
    if (finding->class != GD_CLASS_NONE && named.table.relation != NULL &&
        named.table.relation->row_security && named.table.relation->policy_count == 1)
        gd_finding_note(look, finding,
                        "it is the last policy of %s: without one, other roles than "
                        "the owner see no row",
                        named.table.qualified);
}

/* ---- event triggers ---- */

static void describe_event_trigger(struct gd_look *look, struct gd_finding *finding)
{
    struct gd_named named =
        gd_named_other(look, "event trigger", gd_node_text(look->node, GD_F_trigname));
    gd_finding_creates(look, finding, &named, false);
    gd_finding_note(look, finding, "it fires on \"%s\" of every session, Guardian's included",
                    gd_node_text(look->node, GD_F_eventname));
}

static void describe_altered_event_trigger(struct gd_look *look, struct gd_finding *finding)
{
    struct gd_named named =
        gd_named_other(look, "event trigger", gd_node_text(look->node, GD_F_trigname));
    gd_finding_names(look, finding, &named);
}

static void describe_object(struct gd_look *look, struct gd_finding *finding)
{
    struct gd_named named =
        gd_named_find(look, look->sub, gd_node_child(look->node, GD_F_object), NULL, "");
    gd_finding_names(look, finding, &named);
}

static void describe_owner(struct gd_look *look, struct gd_finding *finding)
{
    struct gd_named named =
        gd_named_find(look, look->sub, gd_node_child(look->node, GD_F_object), NULL, "");
    gd_finding_new_owner(look, finding, &named, gd_node_child(look->node, GD_F_newowner));
}

// clang-format off
const struct gd_rule gd_rules_triggers[] = {
    {.id = "G001", .title = "CREATE TRIGGER", .kind = GD_KIND_CreateTrigStmt, .when = is_new_plain,
     .effect = describe_new_trigger,
     .class = GD_CLASS_ADDITIVE, .lock = GD_LOCK_SRX, .rerun = GD_RERUN_FAILS, .sqlstate = "42710",
     .because = "No row changes now, but every later write of the named kind runs the trigger's function, which may alter or drop it.",
     .instead = "", .source = "sql-createtrigger"},
    {.id = "G002", .title = "CREATE OR REPLACE TRIGGER", .kind = GD_KIND_CreateTrigStmt, .when = replaces,
     .effect = describe_replaced_trigger,
     .class = GD_CLASS_DESTRUCTIVE, .loses = GD_LOSES_DEFINITION, .scope = GD_SCOPE_SCHEMA,
     .lock = GD_LOCK_SRX, .rerun = GD_RERUN_OK, .since_pg = 14,
     .because = "A trigger of this name on the table, if there is one, is overwritten.",
     .instead = "", .source = "sql-createtrigger"},
    {.id = "G003", .title = "CREATE CONSTRAINT TRIGGER", .kind = GD_KIND_CreateTrigStmt, .when = is_constraint,
     .effect = describe_new_trigger,
     .class = GD_CLASS_ADDITIVE, .lock = GD_LOCK_SRX, .rerun = GD_RERUN_FAILS, .sqlstate = "42710",
     .because = "Rows that are there are not looked at; later writes run the trigger's function, at the end of the transaction when deferred.",
     .instead = "", .source = "sql-createtrigger"},
    {.id = "G004", .title = "ALTER TRIGGER … RENAME TO", .kind = GD_KIND_RenameStmt, .sub = "OBJECT_TRIGGER",
     .effect = describe_renamed_trigger,
     .class = GD_CLASS_DESTRUCTIVE, .loses = GD_LOSES_DEFINITION, .scope = GD_SCOPE_SCHEMA,
     .lock = GD_LOCK_AX, .rerun = GD_RERUN_FAILS, .sqlstate = "42704",
     .because = "Triggers of the same event fire in the order of their names, so a new name can change what happens to a row.",
     .instead = "", .source = "sql-altertrigger"},
    {.id = "G005", .title = "DROP TRIGGER", .kind = GD_KIND_DropStmt, .sub = "OBJECT_TRIGGER",
     .effect = gd_finding_drops,
     .class = GD_CLASS_DESTRUCTIVE, .loses = GD_LOSES_DEFINITION, .scope = GD_SCOPE_SCHEMA,
     .lock = GD_LOCK_AX, .rerun = GD_RERUN_FAILS, .sqlstate = "42704",
     .because = "What the trigger kept up, an audit trail, a timestamp, a copy elsewhere, is no longer kept up from this moment on.",
     .instead = "To give it another definition use CREATE OR REPLACE TRIGGER (14 and later), which stops only writers.",
     .source = "sql-droptrigger"},
    {.id = "G007", .title = "CREATE RULE that adds", .kind = GD_KIND_RuleStmt, .when = rule_adds_only,
     .effect = describe_new_rule,
     .class = GD_CLASS_ADDITIVE, .lock = GD_LOCK_AX, .rerun = GD_RERUN_FAILS, .sqlstate = "42710",
     .because = "Later statements do something besides what they say, and it writes no table.",
     .instead = "Use a trigger: rules rewrite the statement and surprise with volatile functions.", .source = "sql-createrule"},
    {.id = "G008", .title = "CREATE RULE that changes writes", .kind = GD_KIND_RuleStmt, .when = rule_changes_writes,
     .effect = describe_new_rule,
     .class = GD_CLASS_DESTRUCTIVE, .loses = GD_LOSES_DEFINITION, .scope = GD_SCOPE_SCHEMA,
     .lock = GD_LOCK_AX, .rerun = GD_RERUN_FAILS, .sqlstate = "42710",
     .because = "From now on such statements do something else (INSTEAD) or write other tables as well: later writes can vanish without an error.",
     .instead = "Use a trigger, which sees each row and can raise an error.", .source = "sql-createrule"},
    {.id = "G009", .title = "CREATE OR REPLACE RULE", .kind = GD_KIND_RuleStmt, .when = replaces,
     .effect = describe_replaced_rule,
     .class = GD_CLASS_DESTRUCTIVE, .loses = GD_LOSES_DEFINITION, .scope = GD_SCOPE_SCHEMA,
     .lock = GD_LOCK_AX, .rerun = GD_RERUN_OK,
     .because = "A rule of this name on the table, if there is one, is overwritten, and statements on the table do something else.",
     .instead = "", .source = "sql-createrule"},
    {.id = "G010", .title = "CREATE RULE … ON SELECT", .kind = GD_KIND_RuleStmt, .when = rule_makes_view,
     .effect = describe_new_rule,
     .class = GD_CLASS_DESTRUCTIVE, .loses = GD_LOSES_DEFINITION, .scope = GD_SCOPE_SCHEMA,
     .lock = GD_LOCK_AX, .rerun = GD_RERUN_FAILS, .sqlstate = "55000",
     .because = "Before version 16 such a rule turns an empty table into a view, for good; later versions refuse it.",
     .instead = "Use CREATE VIEW.", .source = "sql-createrule"},
    {.id = "G011", .title = "ALTER RULE … RENAME TO", .kind = GD_KIND_RenameStmt, .sub = "OBJECT_RULE",
     .effect = describe_renamed_rule,
     .class = GD_CLASS_DESTRUCTIVE, .loses = GD_LOSES_DEFINITION, .scope = GD_SCOPE_SCHEMA,
     .lock = GD_LOCK_AX, .rerun = GD_RERUN_FAILS, .sqlstate = "42704",
     .because = "Rules of the same event apply in the order of their names, so a new name can change what a statement does.",
     .instead = "", .source = "sql-alterrule"},
    {.id = "G012", .title = "DROP RULE", .kind = GD_KIND_DropStmt, .sub = "OBJECT_RULE",
     .effect = gd_finding_drops,
     .class = GD_CLASS_DESTRUCTIVE, .loses = GD_LOSES_DEFINITION, .scope = GD_SCOPE_SCHEMA,
     .lock = GD_LOCK_AX, .rerun = GD_RERUN_FAILS, .sqlstate = "42704",
     .because = "Statements that the rule redirected or held back reach the table itself from now on.",
     .instead = "", .source = "sql-droprule"},
    {.id = "G013", .title = "CREATE POLICY", .kind = GD_KIND_CreatePolicyStmt, .effect = describe_new_policy,
     .class = GD_CLASS_ADDITIVE, .lock = GD_LOCK_AX, .rerun = GD_RERUN_FAILS, .sqlstate = "42710",
     .because = "Where row level security is on, other rows than before can be seen and written.",
     .instead = "", .source = "sql-createpolicy"},
    {.id = "G014", .title = "ALTER POLICY", .kind = GD_KIND_AlterPolicyStmt, .effect = describe_altered_policy,
     .class = GD_CLASS_DESTRUCTIVE, .loses = GD_LOSES_DEFINITION, .scope = GD_SCOPE_SCHEMA,
     .lock = GD_LOCK_AX, .rerun = GD_RERUN_OK,
     .because = "The former roles or expressions of the policy are overwritten: other rows can be seen and written than before.",
     .instead = "", .source = "sql-alterpolicy"},
    {.id = "G015", .title = "ALTER POLICY … RENAME TO", .kind = GD_KIND_RenameStmt, .sub = "OBJECT_POLICY",
     .effect = describe_renamed_policy,
     .class = GD_CLASS_DESTRUCTIVE, .loses = GD_LOSES_DEFINITION, .scope = GD_SCOPE_SCHEMA,
     .lock = GD_LOCK_AX, .rerun = GD_RERUN_FAILS, .sqlstate = "42704",
     .because = "Scripts that alter or drop the policy by its old name fail.",
     .instead = "", .source = "sql-alterpolicy"},
    {.id = "G016", .title = "DROP POLICY", .kind = GD_KIND_DropStmt, .sub = "OBJECT_POLICY",
     .effect = describe_dropped_policy,
     .class = GD_CLASS_DESTRUCTIVE, .loses = GD_LOSES_DEFINITION, .scope = GD_SCOPE_SCHEMA,
     .lock = GD_LOCK_AX, .rerun = GD_RERUN_FAILS, .sqlstate = "42704",
     .because = "What the policy showed is hidden, what it hid may be shown; with no policy left nobody but the owner sees a row.",
     .instead = "", .source = "sql-droppolicy"},
    {.id = "G017", .title = "CREATE EVENT TRIGGER", .kind = GD_KIND_CreateEventTrigStmt, .effect = describe_event_trigger,
     .class = GD_CLASS_ADDITIVE, .rerun = GD_RERUN_FAILS, .sqlstate = "42710",
     .because = "Nothing is lost, but its function runs at every later schema change and can refuse or alter it, the way back included.",
     .instead = "", .source = "sql-createeventtrigger"},
    {.id = "G018", .title = "ALTER EVENT TRIGGER ENABLE, DISABLE", .kind = GD_KIND_AlterEventTrigStmt,
     .effect = describe_altered_event_trigger,
     .class = GD_CLASS_DESTRUCTIVE, .loses = GD_LOSES_DEFINITION, .scope = GD_SCOPE_SCHEMA, .rerun = GD_RERUN_OK,
     .because = "What the event trigger watched over or recorded is watched no longer, or anew.",
     .instead = "", .source = "sql-altereventtrigger"},
    {.id = "G019", .title = "ALTER EVENT TRIGGER … RENAME TO", .kind = GD_KIND_RenameStmt, .sub = "OBJECT_EVENT_TRIGGER",
     .effect = describe_object,
     .class = GD_CLASS_DESTRUCTIVE, .loses = GD_LOSES_DEFINITION, .scope = GD_SCOPE_SCHEMA,
     .rerun = GD_RERUN_FAILS, .sqlstate = "42704",
     .because = "Event triggers fire in the order of their names, so a new name can change the order.",
     .instead = "", .source = "sql-altereventtrigger"},
    {.id = "G020", .title = "ALTER EVENT TRIGGER … OWNER TO", .kind = GD_KIND_AlterOwnerStmt, .sub = "OBJECT_EVENT_TRIGGER",
     .effect = describe_owner,
     .class = GD_CLASS_DESTRUCTIVE, .loses = GD_LOSES_DEFINITION, .scope = GD_SCOPE_SCHEMA, .rerun = GD_RERUN_OK,
     .because = "The former owner loses the event trigger.",
     .instead = "", .source = "sql-altereventtrigger"},
    {.id = "G021", .title = "DROP EVENT TRIGGER", .kind = GD_KIND_DropStmt, .sub = "OBJECT_EVENT_TRIGGER",
     .effect = gd_finding_drops,
     .class = GD_CLASS_DESTRUCTIVE, .loses = GD_LOSES_DEFINITION, .scope = GD_SCOPE_SCHEMA,
     .rerun = GD_RERUN_FAILS, .sqlstate = "42704",
     .because = "Schema changes are no longer watched, refused or recorded by it.",
     .instead = "", .source = "sql-dropeventtrigger"},
};
// clang-format on
const size_t gd_rules_triggers_count = sizeof gd_rules_triggers / sizeof gd_rules_triggers[0];
