#include "guardian/classify/drift.h"

#include <string.h>

#include "guardian/classify/type_change.h"
#include "guardian/sql/deparse.h"

/* serial is no type: the column becomes an integer. */
static const char *stored_name(const char *written)
{
    static const struct {
        const char *written, *stored;
    } names[] = {{"serial", "int4"},     {"serial4", "int4"},     {"bigserial", "int8"},
                 {"serial8", "int8"},    {"smallserial", "int2"}, {"serial2", "int2"},
                 {"decimal", "numeric"}, {"dec", "numeric"}};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(names[i].written, written) == 0)
            return names[i].stored;
    return written;
}

/* Do both surely differ? A schema that only one of them names proves nothing. */
static bool types_differ(struct gd_look *look, const struct gd_node *type_name,
                         const struct gd_column *column)
{
    struct gd_type_form said = gd_type_form_of(type_name), there;
    if (!gd_type_form_parse(column->type, look->arena, &there))
        return false;
    said.name = stored_name(said.name);
    if (said.schema[0] == '\0' || there.schema[0] == '\0')
        said.schema = there.schema = "";
    said.is_enum = there.is_enum;
    said.checked = there.checked;
    return !gd_type_form_equal(&said, &there);
}

static bool says_not_null(const struct gd_node *column_def)
{
    return gd_column_constraint(column_def, "CONSTR_NOTNULL") != NULL ||
           gd_column_constraint(column_def, "CONSTR_PRIMARY") != NULL ||
           gd_column_constraint(column_def, "CONSTR_IDENTITY") != NULL;
}

static void compare_column(struct gd_look *look, struct gd_finding *finding,
                           const struct gd_target *there, const struct gd_node *column_def)
{
    const char *name = gd_node_text(column_def, GD_F_colname);
    struct gd_column_target target = gd_look_column(look, there, name);
    if (target.exists == GD_NO) {
        gd_finding_note(look, finding, "differs from what is there: %s has no column %s",
                        there->qualified, gd_quote_identifier(look->arena, name));
        return;
    }
    if (target.column == NULL)
        return;
    const struct gd_node *type = gd_node_child(column_def, GD_F_type_name);
    if (types_differ(look, type, target.column))
        gd_finding_note(look, finding, "differs from what is there: %s is %s, not %s",
                        target.qualified, target.column->type, gd_deparse_type(type, look->arena));
    if (says_not_null(column_def) && !target.column->not_null)
        gd_finding_note(look, finding, "differs from what is there: %s allows NULL",
                        target.qualified);
}

void gd_finding_drift(struct gd_look *look, struct gd_finding *finding,
                      const struct gd_target *there, const struct gd_node *create_stmt)
{
    if (there->relation == NULL)
        return;
    if (strchr("rp", there->relation->kind) == NULL) {
        gd_finding_note(look, finding, "%s is there, but it is no table", there->qualified);
        return;
    }
    for (size_t i = 0; i < gd_node_count(create_stmt, GD_F_table_elts); i++) {
        const struct gd_node *element = gd_node_at(create_stmt, GD_F_table_elts, i);
        if (gd_node_kind(element) == GD_KIND_ColumnDef)
            compare_column(look, finding, there, element);
    }
}
