/*
 * Keep, what is written: the objects that a statement makes, drops or renames, by its tree alone.
 */
#include <string.h>

#include "guardian/classify/look.h"
#include "guardian/guard/keep_own.h"

struct deeds {
    gd_keep_deed_fn *each;
    void *context;
};

static const char *const kind_names[] = {
#define X(name, text) [GD_KEPT_##name] = text,
    GD_KEEP_KINDS(X)
#undef X
};

const char *gd_keep_kind_name(enum gd_keep_kind kind)
{
    return kind_names[kind];
}

bool gd_keep_kind_of(const char *object_type, enum gd_keep_kind *out_kind)
{
    static const struct {
        const char *type;
        enum gd_keep_kind kind;
    } kinds[] = {
        {"OBJECT_TABLE", GD_KEPT_TABLE},
        {"OBJECT_FOREIGN_TABLE", GD_KEPT_TABLE},
        {"OBJECT_INDEX", GD_KEPT_INDEX},
        {"OBJECT_VIEW", GD_KEPT_VIEW},
        {"OBJECT_MATVIEW", GD_KEPT_VIEW},
        {"OBJECT_SEQUENCE", GD_KEPT_SEQUENCE},
        {"OBJECT_TYPE", GD_KEPT_TYPE},
        {"OBJECT_DOMAIN", GD_KEPT_TYPE},
        {"OBJECT_FUNCTION", GD_KEPT_FUNCTION},
        {"OBJECT_PROCEDURE", GD_KEPT_FUNCTION},
        {"OBJECT_ROUTINE", GD_KEPT_FUNCTION},
        {"OBJECT_AGGREGATE", GD_KEPT_FUNCTION},
        {"OBJECT_TRIGGER", GD_KEPT_TRIGGER},
        {"OBJECT_POLICY", GD_KEPT_POLICY},
        {"OBJECT_RULE", GD_KEPT_RULE},
        {"OBJECT_EXTENSION", GD_KEPT_EXTENSION},
        {"OBJECT_SCHEMA", GD_KEPT_SCHEMA},
        {"OBJECT_COLUMN", GD_KEPT_COLUMN},
        {"OBJECT_TABCONSTRAINT", GD_KEPT_CONSTRAINT},
    };
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (strcmp(kinds[i].type, object_type) == 0) {
            *out_kind = kinds[i].kind;
            return true;
        }
    return false;
}

static void tell(const struct deeds *deeds, const struct gd_keep_object *object,
                 enum gd_keep_deed deed)
{
    deeds->each(object, deed, "", deeds->context);
}

/* ---- what stands by itself, and what is on a table ---- */

static struct gd_keep_object alone(enum gd_keep_kind kind, struct gd_name name)
{
    return (struct gd_keep_object){.kind = kind,
                                   .schema = name.schema,
                                   .table = "",
                                   .name = name.name,
                                   .column = "",
                                   .owner = ""};
}

static struct gd_keep_object on_table(enum gd_keep_kind kind, const struct gd_node *relation,
                                      const char *name)
{
    struct gd_name table = gd_name_of_range(relation);
    return (struct gd_keep_object){.kind = kind,
                                   .schema = table.schema,
                                   .table = table.name,
                                   .name = name,
                                   .column = "",
                                   .owner = ""};
}

static void made_alone(const struct deeds *deeds, enum gd_keep_kind kind, struct gd_name name)
{
    struct gd_keep_object object = alone(kind, name);
    tell(deeds, &object, GD_KEEP_MADE);
}

static void on(const struct deeds *deeds, enum gd_keep_kind kind, const struct gd_node *relation,
               const char *name, enum gd_keep_deed deed)
{
    struct gd_keep_object object = on_table(kind, relation, name);
    tell(deeds, &object, deed);
}

/* ---- tables ---- */

static bool is_serial(const struct gd_node *type_name)
{
    static const char *const words[] = {"serial",  "bigserial", "smallserial",
                                        "serial2", "serial4",   "serial8"};
    const char *name = gd_node_name_last(type_name, GD_F_names);
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strcmp(words[i], name) == 0)
            return true;
    return false;
}

static void constraint(const struct deeds *deeds, const struct gd_node *relation,
                       const struct gd_node *node, const char *column)
{
    static const char *const kinds[] = {"CONSTR_PRIMARY", "CONSTR_UNIQUE", "CONSTR_CHECK",
                                        "CONSTR_FOREIGN", "CONSTR_EXCLUSION"};
    const char *type = gd_node_enum(node, GD_F_contype);
    if (strcmp(type, "CONSTR_DEFAULT") == 0 || strcmp(type, "CONSTR_IDENTITY") == 0)
        on(deeds, GD_KEPT_DEFAULT, relation, column, GD_KEEP_MADE);
    if (strcmp(type, "CONSTR_NOTNULL") == 0 && column[0] != '\0')
        on(deeds, GD_KEPT_NOT_NULL, relation, column, GD_KEEP_MADE);
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (strcmp(type, kinds[i]) == 0) {
            struct gd_keep_object object =
                on_table(GD_KEPT_CONSTRAINT, relation, gd_node_text(node, GD_F_conname));
            object.node = node;
            object.column = column;
            tell(deeds, &object, GD_KEEP_MADE);
        }
}

static void column(const struct deeds *deeds, const struct gd_node *relation,
                   const struct gd_node *definition)
{
    const char *name = gd_node_text(definition, GD_F_colname);
    on(deeds, GD_KEPT_COLUMN, relation, name, GD_KEEP_MADE);
    if (is_serial(gd_node_child(definition, GD_F_type_name)))
        on(deeds, GD_KEPT_DEFAULT, relation, name, GD_KEEP_MADE);
    for (size_t i = 0; i < gd_node_count(definition, GD_F_constraints); i++)
        constraint(deeds, relation, gd_node_at(definition, GD_F_constraints, i), name);
}

static void table(const struct deeds *deeds, const struct gd_node *node)
{
    const struct gd_node *relation = gd_node_child(node, GD_F_relation);
    if (gd_node_text(relation, GD_F_relpersistence)[0] == 't')
        return;
    made_alone(deeds, GD_KEPT_TABLE, gd_name_of_range(relation));
    for (size_t i = 0; i < gd_node_count(node, GD_F_table_elts); i++) {
        const struct gd_node *element = gd_node_at(node, GD_F_table_elts, i);
        if (gd_node_kind(element) == GD_KIND_ColumnDef)
            column(deeds, relation, element);
        else if (gd_node_kind(element) == GD_KIND_Constraint)
            constraint(deeds, relation, element, "");
    }
}

void gd_keep_deeds_of_command(const struct gd_node *relation, const struct gd_node *command,
                              gd_keep_deed_fn *each, void *context)
{
    static const struct {
        const char *command;
        enum gd_keep_kind kind;
        enum gd_keep_deed deed;
    } rows[] = {
        {"AT_DropColumn", GD_KEPT_COLUMN, GD_KEEP_DROPPED},
        {"AT_SetNotNull", GD_KEPT_NOT_NULL, GD_KEEP_MADE},
        {"AT_DropNotNull", GD_KEPT_NOT_NULL, GD_KEEP_DROPPED},
        {"AT_AddIdentity", GD_KEPT_DEFAULT, GD_KEEP_MADE},
        {"AT_DropIdentity", GD_KEPT_DEFAULT, GD_KEEP_DROPPED},
        {"AT_DropConstraint", GD_KEPT_CONSTRAINT, GD_KEEP_DROPPED},
    };
    const struct deeds deeds = {each, context};
    const char *sub = gd_node_enum(command, GD_F_subtype), *name = gd_node_text(command, GD_F_name);
    const struct gd_node *definition = gd_node_child(command, GD_F_def);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (strcmp(rows[i].command, sub) == 0)
            on(&deeds, rows[i].kind, relation, name, rows[i].deed);
    if (strcmp(sub, "AT_AddColumn") == 0)
        column(&deeds, relation, definition);
    if (strcmp(sub, "AT_ColumnDefault") == 0)
        on(&deeds, GD_KEPT_DEFAULT, relation, name,
           definition == NULL ? GD_KEEP_DROPPED : GD_KEEP_MADE);
    if (strcmp(sub, "AT_AddConstraint") == 0)
        constraint(&deeds, relation, definition, "");
}

static void alter_table(const struct deeds *deeds, const struct gd_node *node)
{
    for (size_t i = 0; i < gd_node_count(node, GD_F_cmds); i++)
        gd_keep_deeds_of_command(gd_node_child(node, GD_F_relation), gd_node_at(node, GD_F_cmds, i),
                                 deeds->each, deeds->context);
}

static void made_index(const struct deeds *deeds, const struct gd_node *node)
{
    const struct gd_node *relation = gd_node_child(node, GD_F_relation);
    struct gd_keep_object object =
        on_table(GD_KEPT_INDEX, relation, gd_node_text(node, GD_F_idxname));
    object.node = node;
    tell(deeds, &object, GD_KEEP_MADE);
}

/* ---- drops and renames ---- */

bool gd_keep_dropped(const struct gd_node *drop, size_t index, struct gd_keep_object *out_object)
{
    const struct gd_node *object = gd_node_at(drop, GD_F_objects, index);
    enum gd_keep_kind kind;
    if (!gd_keep_kind_of(gd_node_enum(drop, GD_F_remove_type), &kind))
        return false;
    bool is_on_table = kind == GD_KEPT_TRIGGER || kind == GD_KEPT_POLICY || kind == GD_KEPT_RULE;
    *out_object = alone(kind, gd_name_of_object(object));
    size_t count = gd_node_count(object, GD_F_items);
    if (!is_on_table)
        return out_object->name[0] != '\0';
    if (count < 2)
        return false;
    out_object->table = gd_node_string(gd_node_at(object, GD_F_items, count - 2));
    out_object->schema = count < 3 ? "" : gd_node_string(gd_node_at(object, GD_F_items, count - 3));
    return true;
}

bool gd_keep_renamed(const struct gd_node *node, struct gd_keep_object *out_object)
{
    const struct gd_node *relation = gd_node_child(node, GD_F_relation);
    const char *part = gd_node_text(node, GD_F_subname);
    bool rename = gd_node_kind(node) == GD_KIND_RenameStmt;
    enum gd_keep_kind kind;
    if (!gd_keep_kind_of(gd_node_enum(node, rename ? GD_F_rename_type : GD_F_object_type), &kind))
        return false;
    if (relation != NULL && part[0] != '\0')
        *out_object = on_table(kind, relation, part);
    else if (relation != NULL)
        *out_object = alone(kind, gd_name_of_range(relation));
    else if (kind == GD_KEPT_SCHEMA)
        *out_object = alone(kind, (struct gd_name){"", part});
    else
        *out_object = alone(kind, gd_name_of_object(gd_node_child(node, GD_F_object)));
    return true;
}

static void drop(const struct deeds *deeds, const struct gd_node *node)
{
    struct gd_keep_object object;
    for (size_t i = 0; i < gd_node_count(node, GD_F_objects); i++)
        if (gd_keep_dropped(node, i, &object))
            tell(deeds, &object, GD_KEEP_DROPPED);
}

static void rename_it(const struct deeds *deeds, const struct gd_node *node)
{
    struct gd_keep_object object;
    if (gd_keep_renamed(node, &object))
        deeds->each(&object, GD_KEEP_RENAMED, gd_node_text(node, GD_F_newname), deeds->context);
}

/* ---- statements ---- */

static void made_as(const struct deeds *deeds, const struct gd_node *node)
{
    const struct gd_node *into = gd_node_child(gd_node_child(node, GD_F_into), GD_F_rel);
    bool view = gd_node_enum_is(node, GD_F_objtype, "OBJECT_MATVIEW");
    if (gd_node_text(into, GD_F_relpersistence)[0] != 't')
        made_alone(deeds, view ? GD_KEPT_VIEW : GD_KEPT_TABLE, gd_name_of_range(into));
}

static void made_schema(const struct deeds *deeds, const struct gd_node *node)
{
    made_alone(deeds, GD_KEPT_SCHEMA, (struct gd_name){"", gd_node_text(node, GD_F_schemaname)});
    for (size_t i = 0; i < gd_node_count(node, GD_F_schema_elts); i++)
        gd_keep_deeds(gd_node_at(node, GD_F_schema_elts, i), deeds->each, deeds->context);
}

void gd_keep_deeds(const struct gd_node *node, gd_keep_deed_fn *each, void *context)
{
    const struct deeds deeds = {each, context};
    const struct gd_node *relation = gd_node_child(node, GD_F_relation);
    switch (gd_node_kind(node)) {
    case GD_KIND_CreateStmt:
        table(&deeds, node);
        break;
    case GD_KIND_CreateForeignTableStmt:
        table(&deeds, gd_node_child(node, GD_F_base_stmt));
        break;
    case GD_KIND_CreateTableAsStmt:
        made_as(&deeds, node);
        break;
    case GD_KIND_AlterTableStmt:
        alter_table(&deeds, node);
        break;
    case GD_KIND_IndexStmt:
        made_index(&deeds, node);
        break;
    case GD_KIND_CreateEnumStmt:
    case GD_KIND_CreateRangeStmt:
        made_alone(&deeds, GD_KEPT_TYPE, gd_name_of_list(node, GD_F_type_name));
        break;
    case GD_KIND_CompositeTypeStmt:
        made_alone(&deeds, GD_KEPT_TYPE, gd_name_of_range(gd_node_child(node, GD_F_typevar)));
        break;
    case GD_KIND_CreateDomainStmt:
        made_alone(&deeds, GD_KEPT_TYPE, gd_name_of_list(node, GD_F_domainname));
        break;
    case GD_KIND_CreateTrigStmt:
        on(&deeds, GD_KEPT_TRIGGER, relation, gd_node_text(node, GD_F_trigname), GD_KEEP_MADE);
        break;
    case GD_KIND_CreatePolicyStmt:
        on(&deeds, GD_KEPT_POLICY, gd_node_child(node, GD_F_table),
           gd_node_text(node, GD_F_policy_name), GD_KEEP_MADE);
        break;
    case GD_KIND_RuleStmt:
        on(&deeds, GD_KEPT_RULE, relation, gd_node_text(node, GD_F_rulename), GD_KEEP_MADE);
        break;
    case GD_KIND_ViewStmt:
        made_alone(&deeds, GD_KEPT_VIEW, gd_name_of_range(gd_node_child(node, GD_F_view)));
        break;
    case GD_KIND_CreateSeqStmt:
        made_alone(&deeds, GD_KEPT_SEQUENCE, gd_name_of_range(gd_node_child(node, GD_F_sequence)));
        break;
    case GD_KIND_CreateFunctionStmt:
        made_alone(&deeds, GD_KEPT_FUNCTION, gd_name_of_list(node, GD_F_funcname));
        break;
    case GD_KIND_CreateExtensionStmt:
        made_alone(&deeds, GD_KEPT_EXTENSION,
                   (struct gd_name){"", gd_node_text(node, GD_F_extname)});
        break;
    case GD_KIND_CreateSchemaStmt:
        made_schema(&deeds, node);
        break;
    case GD_KIND_DropStmt:
        drop(&deeds, node);
        break;
    case GD_KIND_RenameStmt:
        rename_it(&deeds, node);
        break;
    default:
        break;
    }
}
