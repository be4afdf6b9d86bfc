#include "guardian/classify/same_view.h"

#include <string.h>

#include "guardian/classify/type_change.h"
#include "guardian/sql/parse.h"

enum { SOURCES_MAX = 16 };

/* The tables of one FROM list, by the names that columns are qualified with. */
struct source {
    const char *name;
    const struct gd_relation *relation;
};

struct level {
    const struct gd_look *look;
    struct source sources[SOURCES_MAX];
    size_t count;
    bool known; /* every source is a table of the catalogue, and a name can only mean its column */
    bool sorts, names;
};

static const char *name_of_source(const struct gd_node *range_var)
{
    const char *alias = gd_node_text(gd_node_child(range_var, GD_F_alias), GD_F_aliasname);
    return alias[0] != '\0' ? alias : gd_node_text(range_var, GD_F_relname);
}

static enum gd_walk collect(const struct gd_node *node, const struct gd_node *parent, void *context)
{
    (void)parent;
    struct level *level = context;
    switch (gd_node_kind(node)) {
    case GD_KIND_RangeVar: {
        struct gd_target target = gd_look_relation(level->look, gd_name_of_range(node));
        if (target.relation == NULL || level->count == SOURCES_MAX)
            level->known = false;
        else
            level->sources[level->count++] = (struct source){name_of_source(node), target.relation};
        return GD_WALK_PAST;
    }
    case GD_KIND_SelectStmt:
        level->sorts = level->sorts || gd_node_count(node, GD_F_sort_clause) > 0 ||
                       gd_node_count(node, GD_F_distinct_clause) > 0;
        return GD_WALK_INTO;
    case GD_KIND_ResTarget:
        level->names = level->names || gd_node_text(node, GD_F_name)[0] != '\0';
        return GD_WALK_INTO;
    case GD_KIND_SubLink:
    case GD_KIND_RangeSubselect:
    case GD_KIND_RangeFunction:
    case GD_KIND_RangeTableFunc:
    case GD_KIND_CommonTableExpr:
        level->known = false; /* names inside may mean something else */
        return GD_WALK_PAST;
    default:
        return GD_WALK_INTO;
    }
}

/* The source that an unqualified column can only mean; NULL when that is not certain. */
static const char *source_of(const struct level *level, const char *column)
{
    const char *found = NULL;
    for (size_t i = 0; i < level->count; i++)
        if (gd_relation_column(level->sources[i].relation, column) != NULL) {
            if (found != NULL)
                return NULL;
            found = level->sources[i].name;
        }
    return found;
}

static const char *field_at(const struct gd_node *column, size_t index)
{
    const char *text = gd_node_string(gd_node_at(column, GD_F_fields, index));
    return text == NULL ? "" : text;
}

static enum gd_same same_column(const struct level *level, const struct gd_node *left,
                                const struct gd_node *right)
{
    const struct gd_node *both[] = {left, right};
    const char *source[2], *name[2];
    for (int i = 0; i < 2; i++) {
        size_t fields = gd_node_count(both[i], GD_F_fields);
        if (fields == 0 || fields > 2)
            return GD_LOOK_INSIDE;
        name[i] = field_at(both[i], fields - 1);
        source[i] = fields == 2 ? field_at(both[i], 0) : source_of(level, name[i]);
        if (name[i][0] == '\0' || source[i] == NULL)
            return GD_LOOK_INSIDE;
    }
    return strcmp(name[0], name[1]) == 0 && strcmp(source[0], source[1]) == 0 ? GD_SAME
                                                                              : GD_DIFFERENT;
}

static enum gd_same same_table(const struct level *level, const struct gd_node *left,
                               const struct gd_node *right)
{
    struct gd_target one = gd_look_relation(level->look, gd_name_of_range(left));
    struct gd_target other = gd_look_relation(level->look, gd_name_of_range(right));
    bool same = one.relation != NULL && one.relation == other.relation &&
                gd_node_flag(left, GD_F_inh) == gd_node_flag(right, GD_F_inh) &&
                strcmp(name_of_source(left), name_of_source(right)) == 0 &&
                gd_node_count(gd_node_child(left, GD_F_alias), GD_F_colnames) == 0 &&
                gd_node_count(gd_node_child(right, GD_F_alias), GD_F_colnames) == 0;
    return same ? GD_SAME : GD_DIFFERENT;
}

/* The name that the server gives to a column of the result; NULL when it is not one of the plain
 * cases. */
static const char *default_name(const struct gd_node *value)
{
    switch (gd_node_kind(value)) {
    case GD_KIND_ColumnRef:
        return field_at(value, gd_node_count(value, GD_F_fields) - 1);
    case GD_KIND_FuncCall:
        return gd_node_name_last(value, GD_F_funcname);
    default:
        return NULL;
    }
}

static const char *name_of_result(const struct gd_node *target)
{
    const char *name = gd_node_text(target, GD_F_name);
    return name[0] != '\0' ? name : default_name(gd_node_child(target, GD_F_val));
}

/* ---- column = 'text': the server writes the type that the text was read as ---- */

static const struct gd_node *bare_column(const struct gd_node *node)
{
    const struct gd_node *inner =
        gd_node_kind(node) == GD_KIND_TypeCast ? gd_node_child(node, GD_F_arg) : node;
    return gd_node_kind(inner) == GD_KIND_ColumnRef ? inner : NULL;
}

static const struct gd_column *column_of(const struct level *level, const struct gd_node *reference)
{
    size_t fields = gd_node_count(reference, GD_F_fields);
    const char *name = fields == 0 ? "" : field_at(reference, fields - 1);
    const char *source = fields == 2 ? field_at(reference, 0) : source_of(level, name);
    for (size_t i = 0; source != NULL && i < level->count; i++)
        if (strcmp(level->sources[i].name, source) == 0)
            return gd_relation_column(level->sources[i].relation, name);
    return NULL;
}

static bool is_type(const struct level *level, const struct gd_node *type_name, const char *printed)
{
    struct gd_type_form form;
    struct gd_type_form written = gd_type_form_of(type_name);
    return gd_type_form_parse(printed, level->look->arena, &form) &&
           gd_type_form_equal(&written, &form);
}

/* Is `said` (a text constant) what `shown` (the same constant with a cast) was made from, next to
 * `column`, which the server shows as `shown_column`? */
static bool is_read_as(const struct level *level, const struct gd_node *said,
                       const struct gd_node *shown, const struct gd_node *column,
                       const struct gd_node *shown_column)
{
    const struct gd_column *of = column_of(level, column);
    if (of == NULL || gd_node_kind(said) != GD_KIND_A_Const || gd_node_string(said) == NULL ||
        gd_node_kind(shown) != GD_KIND_TypeCast ||
        !gd_node_equal(said, gd_node_child(shown, GD_F_arg)))
        return false;
    const struct gd_node *type = gd_node_child(shown, GD_F_type_name);
    if (gd_node_kind(shown_column) == GD_KIND_ColumnRef)
        return is_type(level, type, of->type);
    /* varchar has no operators of its own: both sides are shown as text */
    return strncmp(of->type, "character varying", strlen("character varying")) == 0 &&
           strchr(of->type, '[') == NULL && is_type(level, type, "text") &&
           is_type(level, gd_node_child(shown_column, GD_F_type_name), "text");
}

static enum gd_same same_operation(struct level *level, const struct gd_node *left,
                                   const struct gd_node *right)
{
    const struct gd_node *column = gd_node_child(left, GD_F_lexpr);
    const struct gd_node *shown = gd_node_child(right, GD_F_lexpr);
    bool comparable = gd_node_enum_is(left, GD_F_kind, "AEXPR_OP") &&
                      gd_node_enum_is(right, GD_F_kind, "AEXPR_OP") &&
                      gd_node_count(left, GD_F_name) == 1 && gd_node_count(right, GD_F_name) == 1 &&
                      gd_node_kind(column) == GD_KIND_ColumnRef && bare_column(shown) != NULL;
    if (!comparable ||
        strcmp(gd_node_name_last(left, GD_F_name), gd_node_name_last(right, GD_F_name)) != 0 ||
        same_column(level, column, bare_column(shown)) != GD_SAME)
        return GD_LOOK_INSIDE;
    return is_read_as(level, gd_node_child(left, GD_F_rexpr), gd_node_child(right, GD_F_rexpr),
                      column, shown)
               ? GD_SAME
               : GD_LOOK_INSIDE;
}

static enum gd_same compare(const struct gd_node *left, const struct gd_node *right, void *context);

static enum gd_same same_result(struct level *level, const struct gd_node *left,
                                const struct gd_node *right)
{
    const char *one = name_of_result(left), *other = name_of_result(right);
    if (one == NULL || other == NULL || gd_node_count(left, GD_F_indirection) > 0)
        return GD_LOOK_INSIDE;
    return strcmp(one, other) == 0 &&
                   gd_node_equal_but(gd_node_child(left, GD_F_val), gd_node_child(right, GD_F_val),
                                     compare, level)
               ? GD_SAME
               : GD_DIFFERENT;
}

static enum gd_same compare(const struct gd_node *left, const struct gd_node *right, void *context)
{
    struct level *level = context;
    if (left == NULL || right == NULL || gd_node_kind(left) != gd_node_kind(right))
        return GD_LOOK_INSIDE;
    switch (gd_node_kind(left)) {
    case GD_KIND_ColumnRef:
        return same_column(level, left, right);
    case GD_KIND_RangeVar:
        return same_table(level, left, right);
    case GD_KIND_ResTarget:
        return same_result(level, left, right);
    case GD_KIND_A_Expr:
        return same_operation(level, left, right);
    default:
        return GD_LOOK_INSIDE;
    }
}

bool gd_is_same_view(const struct gd_look *look, const struct gd_node *query, const char *printed)
{
    struct gd_parsed parsed;
    struct gd_refusal refusal;
    if (printed == NULL || !gd_parse(printed, strlen(printed), look->arena, &parsed, &refusal) ||
        parsed.count != 1)
        return false;
    struct level level = {.look = look, .known = true};
    (void)gd_node_walk(query, collect, &level);
    /* ORDER BY x may mean a column of the result or one of a table. */
    if (!level.known || (level.sorts && level.names))
        level.count = 0;
    return gd_node_equal_but(query, parsed.statements[0], compare, &level);
}

bool gd_is_same_view_statement(const struct gd_look *look, const struct gd_relation *there)
{
    return there->kind == 'v' && there->options[0] == '\0' &&
           gd_node_count(look->node, GD_F_options) == 0 &&
           gd_node_count(look->node, GD_F_aliases) == 0 &&
           !gd_node_enum_is(look->node, GD_F_with_check_option, "LOCAL_CHECK_OPTION") &&
           !gd_node_enum_is(look->node, GD_F_with_check_option, "CASCADED_CHECK_OPTION") &&
           gd_is_same_view(look, gd_node_child(look->node, GD_F_query), there->view_sql);
}
