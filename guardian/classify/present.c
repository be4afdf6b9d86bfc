#include "guardian/classify/present.h"

#include <string.h>

#include "guardian/classify/named.h"

/* What the catalogue held before the script counts; what the script itself made is no repetition.
 */
static const char *relation_is_there(const struct gd_look *look, const struct gd_node *range)
{
    struct gd_target target = gd_look_relation(look, gd_name_of_range(range));
    return target.exists == GD_YES && target.relation != NULL ? target.qualified : NULL;
}

static const char *type_is_there(const struct gd_look *look, struct gd_name name)
{
    struct gd_type_target type = gd_look_type(look, name);
    return type.exists == GD_YES && type.type != NULL ? type.qualified : NULL;
}

static const char *index_is_there(const struct gd_look *look)
{
    const char *name = gd_node_text(look->node, GD_F_idxname);
    struct gd_target table = gd_look_table(look);
    if (name[0] == '\0' || table.relation == NULL)
        return NULL;
    struct gd_name index = {table.relation->schema, name};
    struct gd_target target = gd_look_relation(look, index);
    return target.relation != NULL && target.exists == GD_YES ? target.qualified : NULL;
}

static const char *column_is_there(const struct gd_look *look)
{
    struct gd_target table = gd_look_table(look);
    struct gd_column_target column = gd_look_column(
        look, &table, gd_node_text(gd_node_child(look->node, GD_F_def), GD_F_colname));
    return column.exists == GD_YES && column.column != NULL ? column.qualified : NULL;
}

static const char *constraint_is_there(const struct gd_look *look, const struct gd_node *definition)
{
    const char *name = gd_node_text(definition, GD_F_conname);
    struct gd_target table = gd_look_table(look);
    if (name[0] == '\0' || table.relation == NULL ||
        gd_relation_constraint(table.relation, name) == NULL)
        return NULL;
    return gd_arena_printf(look->arena, "%s on %s", name, table.qualified);
}

static const char *on_table_is_there(const struct gd_look *look, enum gd_field range,
                                     enum gd_field own, bool policy)
{
    const char *name = gd_node_text(look->node, own);
    struct gd_target table =
        gd_look_relation(look, gd_name_of_range(gd_node_child(look->node, range)));
    const struct gd_relation *relation = table.relation;
    bool found = false;
    for (size_t i = 0; relation != NULL && !policy && i < relation->trigger_count; i++)
        found = found || strcmp(relation->triggers[i].name, name) == 0;
    for (size_t i = 0; relation != NULL && policy && i < relation->policy_count; i++)
        found = found || strcmp(relation->policies[i].name, name) == 0;
    return found ? gd_arena_printf(look->arena, "%s on %s", name, table.qualified) : NULL;
}

static const char *other_is_there(const struct gd_look *look, const char *kind, enum gd_field own)
{
    struct gd_name name = {"", gd_node_text(look->node, own)};
    return gd_look_other(look, kind, name, NULL) == GD_YES ? name.name : NULL;
}

static const char *function_is_there(const struct gd_look *look)
{
    enum gd_truth exists;
    if (gd_node_flag(look->node, GD_F_replace))
        return NULL;
    const struct gd_function *function = gd_look_function(look, look->node, &exists);
    return function == NULL ? NULL : function->identity;
}

static const char *drop_is_done(const struct gd_look *look)
{
    size_t count = gd_node_count(look->node, GD_F_objects);
    const char *type = gd_node_enum(look->node, GD_F_remove_type);
    const char *shown = NULL;
    for (size_t i = 0; i < count; i++) {
        struct gd_named named =
            gd_named_find(look, type, gd_node_at(look->node, GD_F_objects, i), NULL, NULL);
        if (named.exists != GD_NO)
            return NULL;
        shown = named.shown;
    }
    return shown;
}

static const char *made_by_command(const struct gd_look *look)
{
    if (strcmp(look->sub, "AT_AddColumn") == 0)
        return column_is_there(look);
    if (strcmp(look->sub, "AT_AddConstraint") == 0)
        return constraint_is_there(look, gd_node_child(look->node, GD_F_def));
    return NULL;
}

static const char *made(const struct gd_look *look, const char **kind)
{
    const struct gd_node *node = look->node;
    *kind = "";
    switch (gd_node_kind(node)) {
    case GD_KIND_CreateStmt:
        *kind = "table";
        return relation_is_there(look, gd_node_child(node, GD_F_relation));
    case GD_KIND_CreateSeqStmt:
        *kind = "sequence";
        return relation_is_there(look, gd_node_child(node, GD_F_sequence));
    case GD_KIND_ViewStmt:
        *kind = "view";
        return gd_node_flag(node, GD_F_replace)
                   ? NULL
                   : relation_is_there(look, gd_node_child(node, GD_F_view));
    case GD_KIND_IndexStmt:
        *kind = "index";
        return index_is_there(look);
    case GD_KIND_CreateEnumStmt:
    case GD_KIND_CreateRangeStmt:
        *kind = "type";
        return type_is_there(look, gd_name_of_list(node, GD_F_type_name));
    case GD_KIND_CompositeTypeStmt:
        *kind = "type";
        return type_is_there(look, gd_name_of_range(gd_node_child(node, GD_F_typevar)));
    case GD_KIND_CreateDomainStmt:
        *kind = "domain";
        return type_is_there(look, gd_name_of_list(node, GD_F_domainname));
    case GD_KIND_CreateFunctionStmt:
        *kind = "function";
        return function_is_there(look);
    case GD_KIND_CreateTrigStmt:
        *kind = "trigger";
        return gd_node_flag(node, GD_F_replace)
                   ? NULL
                   : on_table_is_there(look, GD_F_relation, GD_F_trigname, false);
    case GD_KIND_CreatePolicyStmt:
        *kind = "policy";
        return on_table_is_there(look, GD_F_table, GD_F_policy_name, true);
    case GD_KIND_CreateSchemaStmt:
        *kind = "schema";
        return other_is_there(look, "schema", GD_F_schemaname);
    case GD_KIND_CreateRoleStmt:
        *kind = "role";
        return other_is_there(look, "role", GD_F_role);
    case GD_KIND_CreateExtensionStmt:
        *kind = "extension";
        return other_is_there(look, "extension", GD_F_extname);
    case GD_KIND_AlterTableCmd:
        *kind = strcmp(look->sub, "AT_AddColumn") == 0 ? "column" : "constraint";
        return made_by_command(look);
    case GD_KIND_Constraint:
        *kind = "constraint";
        return constraint_is_there(look, node);
    default:
        return NULL;
    }
}

const char *gd_work_is_done(const struct gd_look *look)
{
    const char *kind;
    if (!gd_look_live(look))
        return NULL;
    if (gd_node_kind(look->node) == GD_KIND_DropStmt) {
        const char *gone = drop_is_done(look);
        return gone == NULL ? NULL : gd_arena_printf(look->arena, "%s is not there", gone);
    }
    const char *there = made(look, &kind);
    return there == NULL ? NULL
                         : gd_arena_printf(look->arena, "%s %s is there already", kind, there);
}
