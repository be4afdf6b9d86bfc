/*
 * What is neither column, type nor constraint: triggers, row security, storage, trees, names.
 */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "guardian/classify/rules_tables_alter.h"
#include "guardian/classify/state.h"

static const char *subtype_of(const struct gd_look *look)
{
    return gd_node_enum(look->node, GD_F_subtype);
}

static const char *name_of(const struct gd_look *look)
{
    return gd_node_text(look->node, GD_F_name);
}

/* ---- triggers and rules ---- */

/* AT_EnableReplicaTrig leaves a trigger as 'R'. */
static char wanted_state(const char *subtype)
{
    if (strncmp(subtype, "AT_Disable", 10) == 0)
        return 'D';
    if (strncmp(subtype, "AT_EnableAlways", 15) == 0)
        return 'A';
    return strncmp(subtype, "AT_EnableReplica", 16) == 0 ? 'R' : 'O';
}

static bool means_all(const char *subtype)
{
    size_t size = strlen(subtype);
    return size > 3 && strcmp(subtype + size - 3, "All") == 0;
}

/* Are all triggers that are meant in the wanted state? */
static bool triggers_stand(const struct gd_relation *relation, const char *name, char wanted,
                           size_t *out_met)
{
    bool stand = true;
    *out_met = 0;
    for (size_t i = 0; i < relation->trigger_count; i++) {
        const struct gd_trigger *trigger = &relation->triggers[i];
        if (name[0] != '\0' && strcmp(trigger->name, name) != 0)
            continue;
        ++*out_met;
        stand = stand && trigger->enabled == wanted;
    }
    return stand;
}

/* The line on which this script made the trigger on that very table; 0 when it did not. */
static uint32_t trigger_made_at(const struct gd_look *look, const struct gd_target *table,
                                const char *name)
{
    const char *key = gd_arena_printf(look->arena, "%s.%s", table->name.schema, table->name.name);
    const struct gd_thing *thing = gd_state_find(look->state, "trigger", key, name);
    return thing != NULL && thing->standing == GD_THERE && thing->fresh ? thing->line : 0;
}

void gd_alter_switch_trigger(struct gd_look *look, struct gd_finding *finding)
{
    struct gd_target target;
    size_t met = 0;
    if (!gd_alter_begin(look, finding, &target))
        return;
    const char *name = name_of(look);
    uint32_t line = trigger_made_at(look, &target, name);
    if (name[0] != '\0')
        gd_finding_object(look, finding, "trigger %s on %s", name, target.qualified);
    bool stands = target.relation != NULL && !means_all(subtype_of(look)) &&
                  triggers_stand(target.relation, name, wanted_state(subtype_of(look)), &met);
    if (stands && (met > 0 || name[0] == '\0'))
        gd_finding_is_done(look, finding, "it is in that state already");
    else if (line != 0)
        gd_finding_is_fresh(look, finding, line);
    else if (target.relation != NULL && name[0] != '\0' && met == 0)
        gd_finding_note(look, finding, "will fail (42704): %s has no trigger %s", target.qualified,
                        name);
    if (finding->scope == GD_SCOPE_TABLES)
        gd_finding_table(look, finding, &target);
    gd_alter_end(look, finding, &target);
}

void gd_alter_switch_rule(struct gd_look *look, struct gd_finding *finding)
{
    struct gd_target target;
    if (!gd_alter_begin(look, finding, &target))
        return;
    gd_finding_object(look, finding, "rule %s on %s", name_of(look), target.qualified);
    for (size_t i = 0; target.relation != NULL && i < target.relation->rule_count; i++)
        if (strcmp(target.relation->rules[i].name, name_of(look)) == 0 &&
            target.relation->rules[i].enabled == wanted_state(subtype_of(look)))
            gd_finding_is_done(look, finding, "it is in that state already");
    gd_alter_end(look, finding, &target);
}

/* ---- row level security ---- */

static bool security_stands(const struct gd_relation *relation, const char *subtype)
{
    bool forces = strstr(subtype, "Force") != NULL;
    bool on =
        strcmp(subtype, "AT_EnableRowSecurity") == 0 || strcmp(subtype, "AT_ForceRowSecurity") == 0;
    return (forces ? relation->force_row_security : relation->row_security) == on;
}

void gd_alter_row_security(struct gd_look *look, struct gd_finding *finding)
{
    struct gd_target target;
    if (!gd_alter_begin(look, finding, &target))
        return;
    if (target.relation != NULL && security_stands(target.relation, subtype_of(look)))
        gd_finding_is_done(look, finding, "row level security of %s is so already",
                           target.qualified);
    else if (target.relation != NULL && target.relation->policy_count == 0 &&
             strcmp(subtype_of(look), "AT_EnableRowSecurity") == 0)
        gd_finding_note(look, finding,
                        "%s has no policy in the catalogue: without one nobody but "
                        "its owner sees a row",
                        target.qualified);
    gd_alter_end(look, finding, &target);
}

/* ---- storage ---- */

void gd_alter_logged(struct gd_look *look, struct gd_finding *finding)
{
    struct gd_target target;
    if (!gd_alter_begin(look, finding, &target))
        return;
    if (target.relation != NULL && target.relation->persistence == 'p')
        gd_finding_is_done(look, finding, "%s is logged already", target.qualified);
    gd_alter_end(look, finding, &target);
}

void gd_alter_unlogged(struct gd_look *look, struct gd_finding *finding)
{
    struct gd_target target;
    if (!gd_alter_begin(look, finding, &target))
        return;
    if (target.relation != NULL && target.relation->persistence == 'u')
        gd_finding_is_done(look, finding, "%s is unlogged already", target.qualified);
    else if (gd_alter_relkind(look, &target) == 'S') {
        finding->loses = GD_LOSES_SEQUENCE;
        finding->scope = GD_SCOPE_SCHEMA;
    } else
        gd_finding_table(look, finding, &target);
    gd_alter_end(look, finding, &target);
}

static void settle_place(struct gd_look *look, struct gd_finding *finding, const char *there)
{
    struct gd_target target;
    if (!gd_alter_begin(look, finding, &target))
        return;
    if (target.relation != NULL && there != NULL && strcmp(there, name_of(look)) == 0)
        gd_finding_is_done(look, finding, "it is there already");
    gd_alter_end(look, finding, &target);
}

void gd_alter_tablespace(struct gd_look *look, struct gd_finding *finding)
{
    struct gd_target target = gd_look_table(look);
    settle_place(look, finding, target.relation == NULL ? NULL : target.relation->tablespace);
}

void gd_alter_access_method(struct gd_look *look, struct gd_finding *finding)
{
    struct gd_target target = gd_look_table(look);
    settle_place(look, finding, target.relation == NULL ? NULL : target.relation->access_method);
}

/* Options that the server changes under SHARE UPDATE EXCLUSIVE; all others need more. */
static bool is_light(const char *option)
{
    static const char *const light[] = {"fillfactor",           "toast_tuple_target",
                                        "parallel_workers",     "vacuum_truncate",
                                        "vacuum_index_cleanup", "deduplicate_items",
                                        "n_distinct",           "log_autovacuum_min_duration"};
    for (size_t i = 0; i < sizeof light / sizeof light[0]; i++)
        if (strcasecmp(light[i], option) == 0)
            return true;
    return strncasecmp(option, "autovacuum_", 11) == 0;
}

bool gd_alter_options_tune(const struct gd_look *look)
{
    return !gd_alter_on_view(look);
}

/* reloptions are joined by ", ": is `wanted` one of them? */
static bool has_option(const char *options, const char *wanted, bool whole)
{
    size_t size = strlen(wanted);
    for (const char *at = options; *at != '\0';) {
        size_t length = strcspn(at, ",");
        bool ends = whole ? length == size : length > size && at[size] == '=';
        if (ends && strncasecmp(at, wanted, size) == 0)
            return true;
        at += length;
        at += strspn(at, ", ");
    }
    return false;
}

static bool option_stands(const struct gd_look *look, const struct gd_node *option,
                          const char *options)
{
    const char *name = gd_node_text(option, GD_F_defname);
    if (gd_node_text(option, GD_F_defnamespace)[0] != '\0')
        return false; /* toast.…: kept with another relation */
    if (strcmp(subtype_of(look), "AT_ResetRelOptions") == 0)
        return !has_option(options, name, false);
    const char *value = gd_option_text(look->arena, option);
    return has_option(options, gd_arena_printf(look->arena, "%s=%s", name, value), true);
}

void gd_alter_options(struct gd_look *look, struct gd_finding *finding)
{
    struct gd_target target;
    if (!gd_alter_begin(look, finding, &target))
        return;
    bool stand = target.relation != NULL && target.relation->options != NULL;
    for (size_t i = 0; i < gd_node_count(look->node, GD_F_def); i++) {
        const struct gd_node *option = gd_node_at(look->node, GD_F_def, i);
        if (!is_light(gd_node_text(option, GD_F_defname)))
            finding->lock = GD_LOCK_AX;
        stand = stand && option_stands(look, option, target.relation->options);
    }
    if (stand)
        gd_finding_is_done(look, finding, "the options of %s are so already", target.qualified);
    gd_alter_end(look, finding, &target);
}

void gd_alter_cluster(struct gd_look *look, struct gd_finding *finding)
{
    struct gd_target target;
    const char *there = "";
    if (!gd_alter_begin(look, finding, &target))
        return;
    for (size_t i = 0; target.relation != NULL && i < target.relation->index_count; i++)
        if (target.relation->indexes[i].clustered)
            there = target.relation->indexes[i].name;
    if (target.relation != NULL && strcmp(there, name_of(look)) == 0)
        gd_finding_is_done(look, finding, "that is so already");
    gd_alter_end(look, finding, &target);
}

/* ---- owner and replica identity ---- */

static const char *role_named(const struct gd_look *look, const struct gd_node *role)
{
    if (gd_node_enum_is(role, GD_F_roletype, "ROLESPEC_CSTRING"))
        return gd_node_text(role, GD_F_rolename);
    bool me = gd_node_enum_is(role, GD_F_roletype, "ROLESPEC_CURRENT_USER") ||
              gd_node_enum_is(role, GD_F_roletype, "ROLESPEC_CURRENT_ROLE") ||
              gd_node_enum_is(role, GD_F_roletype, "ROLESPEC_SESSION_USER");
    return me && look->survey != NULL ? look->survey->user : NULL;
}

void gd_alter_owner(struct gd_look *look, struct gd_finding *finding)
{
    struct gd_target target;
    if (!gd_alter_begin(look, finding, &target))
        return;
    const char *role = role_named(look, gd_node_child(look->node, GD_F_newowner));
    const char *owner = target.relation == NULL ? NULL : target.relation->owner;
    if (owner != NULL && role != NULL && strcmp(owner, role) == 0)
        gd_finding_is_done(look, finding, "%s owns it already", role);
    else if (owner != NULL)
        gd_finding_note(look, finding, "the owner was %s", owner);
    gd_alter_end(look, finding, &target);
}

static bool identity_stands(const struct gd_relation *relation, const struct gd_node *identity)
{
    const char *type = gd_node_text(identity, GD_F_identity_type);
    if (type[0] == '\0' || relation->replica_identity != type[0])
        return false;
    for (size_t i = 0; type[0] == 'i' && i < relation->index_count; i++)
        if (strcmp(relation->indexes[i].name, gd_node_text(identity, GD_F_name)) == 0)
            return relation->indexes[i].replica_identity;
    return type[0] != 'i';
}

void gd_alter_replica_identity(struct gd_look *look, struct gd_finding *finding)
{
    struct gd_target target;
    if (!gd_alter_begin(look, finding, &target))
        return;
    if (target.relation != NULL &&
        identity_stands(target.relation, gd_node_child(look->node, GD_F_def)))
        gd_finding_is_done(look, finding, "the replica identity of %s is so already",
                           target.qualified);
    gd_alter_end(look, finding, &target);
}

/* ---- trees ---- */

static bool is_child(const struct gd_target *child, const struct gd_target *parent)
{
    for (size_t i = 0;
         child->relation != NULL && parent->relation != NULL && i < child->relation->parent_count;
         i++)
        if (child->relation->parents[i] == parent->relation->oid)
            return true;
    return false;
}

static bool both_known(const struct gd_target *left, const struct gd_target *right)
{
    return left->relation != NULL && right->relation != NULL;
}

void gd_alter_inherit(struct gd_look *look, struct gd_finding *finding)
{
    struct gd_target target;
    if (!gd_alter_begin(look, finding, &target))
        return;
    struct gd_target parent =
        gd_look_relation(look, gd_name_of_range(gd_node_child(look->node, GD_F_def)));
    gd_finding_note(look, finding, "%s is locked in SHARE UPDATE EXCLUSIVE", parent.qualified);
    if (is_child(&target, &parent))
        gd_finding_note(look, finding, "will fail (42P07): %s inherits from %s already",
                        target.qualified, parent.qualified);
    gd_alter_end(look, finding, &target);
}

void gd_alter_no_inherit(struct gd_look *look, struct gd_finding *finding)
{
    struct gd_target target;
    if (!gd_alter_begin(look, finding, &target))
        return;
    struct gd_target parent =
        gd_look_relation(look, gd_name_of_range(gd_node_child(look->node, GD_F_def)));
    gd_finding_note(look, finding, "queries of %s no longer see the rows of %s", parent.qualified,
                    target.qualified);
    if (both_known(&target, &parent) && !is_child(&target, &parent))
        gd_finding_note(look, finding, "will fail (42P01): %s is no parent of %s", parent.qualified,
                        target.qualified);
    gd_alter_end(look, finding, &target);
}

/* The partition (or index) that a PartitionCmd names. */
static struct gd_target partition_of(const struct gd_look *look)
{
    const struct gd_node *partition = gd_node_child(look->node, GD_F_def);
    return gd_look_relation(look, gd_name_of_range(gd_node_child(partition, GD_F_name)));
}

bool gd_alter_attaches_table(const struct gd_look *look)
{
    return !gd_alter_on_index(look);
}

bool gd_alter_detaches_online(const struct gd_look *look)
{
    return gd_node_flag(gd_node_child(look->node, GD_F_def), GD_F_concurrent);
}

bool gd_alter_detaches_at_once(const struct gd_look *look)
{
    return !gd_alter_detaches_online(look);
}

void gd_alter_attach(struct gd_look *look, struct gd_finding *finding)
{
    struct gd_target target;
    if (!gd_alter_begin(look, finding, &target))
        return;
    struct gd_target part = partition_of(look);
    finding->lock_on = part.qualified;
    gd_finding_object(look, finding, "partition %s of %s", part.qualified, target.qualified);
    gd_finding_note(look, finding, "%s itself is locked in SHARE UPDATE EXCLUSIVE only",
                    target.qualified);
    if (is_child(&part, &target))
        gd_finding_note(look, finding, "will fail (42809): it is a partition already");
    else if (!gd_alter_on_index(look) && !part.fresh && !target.fresh)
        gd_check_partition(look, finding, &target, gd_node_child(look->node, GD_F_def));
    gd_alter_end(look, finding, &part);
}

void gd_alter_detach(struct gd_look *look, struct gd_finding *finding)
{
    struct gd_target target;
    if (!gd_alter_begin(look, finding, &target))
        return;
    struct gd_target part = partition_of(look);
    gd_finding_object(look, finding, "partition %s of %s", part.qualified, target.qualified);
    if (both_known(&part, &target) && !is_child(&part, &target))
        gd_finding_note(look, finding, "will fail (42P01): it is no partition of %s",
                        target.qualified);
    gd_alter_end(look, finding, &target);
}

/* ---- names ---- */

void gd_alter_rename(struct gd_look *look, struct gd_finding *finding)
{
    struct gd_target target;
    if (!gd_alter_begin(look, finding, &target))
        return;
    struct gd_name wanted = {target.name.schema, gd_node_text(look->node, GD_F_newname)};
    struct gd_target there = gd_look_relation(look, wanted);
    if (there.exists == GD_YES)
        gd_finding_note(look, finding, "will fail (42P07): there is a %s already",
                        gd_name_show(look->arena, wanted));
    gd_alter_end(look, finding, &target);
}

void gd_alter_rename_column(struct gd_look *look, struct gd_finding *finding)
{
    struct gd_target target;
    if (!gd_alter_begin(look, finding, &target))
        return;
    const char *newname = gd_node_text(look->node, GD_F_newname);
    struct gd_column_target column =
        gd_look_column(look, &target, gd_node_text(look->node, GD_F_subname));
    struct gd_column_target there = gd_look_column(look, &target, newname);
    gd_finding_object(look, finding, "column %s", column.qualified);
    if (column.exists == GD_NO)
        gd_finding_note(look, finding, "will fail (42703): there is no column %s%s",
                        column.qualified,
                        there.exists == GD_YES ? ", it seems to be renamed already" : "");
    else if (there.exists == GD_YES)
        gd_finding_note(look, finding, "will fail (42701): there is a column %s already",
                        there.qualified);
    if (column.fresh && !target.fresh)
        gd_finding_is_fresh(look, finding, column.fresh_line);
    gd_alter_end(look, finding, &target);
}

void gd_alter_rename_constraint(struct gd_look *look, struct gd_finding *finding)
{
    struct gd_target target;
    if (!gd_alter_begin(look, finding, &target))
        return;
    const char *name = gd_node_text(look->node, GD_F_subname);
    gd_finding_object(look, finding, "constraint %s of %s", name, target.qualified);
    if (target.relation != NULL && gd_relation_constraint(target.relation, name) == NULL &&
        gd_relation_constraint(target.relation, gd_node_text(look->node, GD_F_newname)) != NULL)
        gd_finding_note(look, finding, "will fail (42704): it seems to be renamed already");
    gd_alter_end(look, finding, &target);
}

void gd_alter_set_schema(struct gd_look *look, struct gd_finding *finding)
{
    struct gd_target target;
    if (!gd_alter_begin(look, finding, &target))
        return;
    struct gd_name wanted = {gd_node_text(look->node, GD_F_newschema), target.name.name};
    if (target.relation != NULL && strcmp(target.name.schema, wanted.schema) == 0)
        gd_finding_is_done(look, finding, "it is in schema %s already", wanted.schema);
    else if (gd_look_relation(look, wanted).exists == GD_YES)
        gd_finding_note(look, finding, "will fail (42P07): there is a %s already",
                        gd_name_show(look->arena, wanted));
    gd_alter_end(look, finding, &target);
}
