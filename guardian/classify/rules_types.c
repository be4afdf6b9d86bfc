/*
 * Rules D: types, enums and domains. The commands of ALTER TYPE that change attributes are ALTER
 * TABLE's in the tree and stand in group A.
 *
 * Invariant  Whatever changes the values of an enum has class enum, and a higher one where rows or
 *            columns can be lost. A type that may be an enum or not counts as none of its kind.
 */
#include <string.h>

#include "guardian/classify/relations.h"
#include "guardian/classify/rules.h"
#include "guardian/sql/deparse.h"
#include "guardian/sql/parse.h"

/* ---- names ---- */

static struct gd_type_target named_type(const struct gd_look *look, enum gd_field field)
{
    return gd_look_type(look, gd_name_of_list(look->node, field));
}

static struct gd_type_target object_type(const struct gd_look *look)
{
    return gd_look_type(look, gd_name_of_object(gd_node_child(look->node, GD_F_object)));
}

static void catalogue_type(struct gd_look *look, struct gd_finding *finding,
                           const struct gd_type_target *type)
{
    if (strcmp(type->name.schema, "pg_catalog") == 0)
        gd_finding_is_catalogue(look, finding, type->qualified);
}

/* ---- CREATE ---- */

static void make_type_called(struct gd_look *look, struct gd_finding *finding,
                             struct gd_type_target type, const char *word)
{
    gd_finding_object(look, finding, "%s %s", word, type.qualified);
    catalogue_type(look, finding, &type);
    if (type.exists != GD_YES)
        return;
    if (look->guarded)
        gd_finding_is_done(look, finding, "%s is there already, and the block lets that pass",
                           type.qualified);
    else
        gd_finding_note(look, finding, "%s is there already: this fails with 42710",
                        type.qualified);
}

static bool same_labels(const struct gd_look *look, const struct gd_type_target *type)
{
    const char *const *labels;
    size_t count = gd_look_enum_labels(look, type, &labels);
    if (count != gd_node_count(look->node, GD_F_vals))
        return false;
    for (size_t i = 0; i < count; i++) {
        const char *written = gd_node_string(gd_node_at(look->node, GD_F_vals, i));
        if (written == NULL || strcmp(written, labels[i]) != 0)
            return false;
    }
    return true;
}

static void make_enum(struct gd_look *look, struct gd_finding *finding)
{
    struct gd_type_target type = named_type(look, GD_F_type_name);
    const char *const *labels;
    make_type_called(look, finding, type, "enum");
    if (type.exists == GD_YES && gd_look_enum_labels(look, &type, &labels) > 0)
        gd_finding_note(look, finding,
                        same_labels(look, &type) ? "the values of %s are the same"
                                                 : "the values of %s differ",
                        type.qualified);
}

static void make_composite(struct gd_look *look, struct gd_finding *finding)
{
    struct gd_name name = gd_name_of_range(gd_node_child(look->node, GD_F_typevar));
    make_type_called(look, finding, gd_look_type(look, name), "type");
}

static void make_range(struct gd_look *look, struct gd_finding *finding)
{
    make_type_called(look, finding, named_type(look, GD_F_type_name), "type");
}

static void make_base(struct gd_look *look, struct gd_finding *finding)
{
    make_type_called(look, finding, named_type(look, GD_F_defnames), "type");
}

static void make_domain(struct gd_look *look, struct gd_finding *finding)
{
    make_type_called(look, finding, named_type(look, GD_F_domainname), "domain");
}

/* ---- enums ---- */

static bool adds_value(const struct gd_look *look)
{
    return gd_node_text(look->node, GD_F_old_val)[0] == '\0';
}

static bool has_neighbour(const struct gd_look *look)
{
    return adds_value(look) && gd_node_text(look->node, GD_F_new_val_neighbor)[0] != '\0';
}

static bool goes_last(const struct gd_look *look)
{
    return adds_value(look) && !has_neighbour(look);
}

static bool renames_value(const struct gd_look *look)
{
    return !adds_value(look);
}

/* Is `label` a value of the type, as the script left it so far? */
static enum gd_truth has_label(const struct gd_look *look, const struct gd_type_target *type,
                               const char *label)
{
    const char *const *labels;
    size_t count = gd_look_enum_labels(look, type, &labels);
    for (size_t i = 0; i < count; i++)
        if (strcmp(labels[i], label) == 0)
            return GD_YES;
    return count == 0 ? GD_UNSURE : GD_NO;
}

static void add_value(struct gd_look *look, struct gd_finding *finding)
{
    struct gd_type_target type = named_type(look, GD_F_type_name);
    const char *label = gd_node_text(look->node, GD_F_new_val);
    bool skips = gd_node_flag(look->node, GD_F_skip_if_new_val_exists);
    gd_finding_object(look, finding, "value '%s' of enum %s", label, type.qualified);
    catalogue_type(look, finding, &type);
    finding->rerun = skips ? GD_RERUN_SKIPS : GD_RERUN_FAILS;
    enum gd_truth there = has_label(look, &type, label);
    if (there == GD_YES && skips)
        gd_finding_is_done(look, finding, "%s has the value '%s' already", type.qualified, label);
    else if (there == GD_YES)
        gd_finding_note(look, finding, "%s has the value '%s' already: this fails with 42710",
                        type.qualified, label);
    if (has_neighbour(look)) {
        const char *neighbour = gd_node_text(look->node, GD_F_new_val_neighbor);
        if (has_label(look, &type, neighbour) == GD_NO)
            gd_finding_note(look, finding,
                            "%s has no value '%s' to stand beside: this fails with 22023",
                            type.qualified, neighbour);
    }
}

static void rename_value(struct gd_look *look, struct gd_finding *finding)
{
    struct gd_type_target type = named_type(look, GD_F_type_name);
    const char *old = gd_node_text(look->node, GD_F_old_val);
    const char *new = gd_node_text(look->node, GD_F_new_val);
    gd_finding_object(look, finding, "value '%s' of enum %s", old, type.qualified);
    catalogue_type(look, finding, &type);
    if (type.fresh)
        gd_finding_is_fresh(look, finding, type.fresh_line);
    else if (has_label(look, &type, old) == GD_NO)
        gd_finding_note(
            look, finding, "%s has no value '%s'%s: this fails with 22023", type.qualified, old,
            has_label(look, &type, new) == GD_YES ? ", the new one is there already" : "");
    else if (has_label(look, &type, new) == GD_YES)
        gd_finding_note(look, finding, "%s has the value '%s' already: this fails with 42710",
                        type.qualified, new);
    if (type.type != NULL && type.type->use_count > 0)
        gd_finding_note(look, finding,
                        "%zu column%s show the new label at once; clients that still send '%s' get "
                        "an error",
                        type.type->use_count, type.type->use_count == 1 ? "" : "s", old);
}

/* ---- domains ---- */

static bool sets_default(const struct gd_look *look)
{
    return gd_node_child(look->node, GD_F_def) != NULL;
}

static bool drops_default(const struct gd_look *look)
{
    return !sets_default(look);
}

static bool is_checked_now(const struct gd_look *look)
{
    return !gd_node_flag(gd_node_child(look->node, GD_F_def), GD_F_skip_validation);
}

static bool is_checked_later(const struct gd_look *look)
{
    return !is_checked_now(look);
}

/* Does the text that the catalogue prints mean the expression? */
static bool means(const struct gd_look *look, const char *printed, const struct gd_node *expression)
{
    const struct gd_node *old = printed == NULL ? NULL : gd_parse_expression(printed, look->arena);
    return old != NULL && gd_node_equal(old, expression);
}

static struct gd_type_target change_domain(struct gd_look *look, struct gd_finding *finding)
{
    struct gd_type_target domain = named_type(look, GD_F_type_name);
    gd_finding_object(look, finding, "domain %s", domain.qualified);
    catalogue_type(look, finding, &domain);
    finding->lock_on = NULL;
    if (domain.fresh) {
        gd_finding_is_fresh(look, finding, domain.fresh_line);
        gd_finding_rests(finding);
    }
    return domain;
}

static void set_default(struct gd_look *look, struct gd_finding *finding)
{
    struct gd_type_target domain = change_domain(look, finding);
    if (domain.type == NULL || domain.fresh)
        return;
    if (means(look, domain.type->default_sql, gd_node_child(look->node, GD_F_def))) {
        gd_finding_is_done(look, finding, "the default is already so");
    } else if (domain.type->default_sql == NULL) {
        finding->class = GD_CLASS_ADDITIVE;
        finding->loses = GD_LOSES_NOTHING;
        finding->scope = GD_SCOPE_NONE;
        gd_finding_reason(look, finding,
                          "%s had no default; rows that are there keep their values.",
                          domain.qualified);
    } else {
        gd_finding_note(look, finding, "the default that is lost: %s", domain.type->default_sql);
    }
}

static void drop_default(struct gd_look *look, struct gd_finding *finding)
{
    struct gd_type_target domain = change_domain(look, finding);
    if (domain.type == NULL || domain.fresh)
        return;
    if (domain.type->default_sql == NULL)
        gd_finding_is_done(look, finding, "%s has no default", domain.qualified);
    else
        gd_finding_note(look, finding, "the default that is lost: %s", domain.type->default_sql);
}

static void drop_not_null(struct gd_look *look, struct gd_finding *finding)
{
    struct gd_type_target domain = change_domain(look, finding);
    if (domain.type != NULL && !domain.fresh && !domain.type->not_null)
        gd_finding_is_done(look, finding, "%s allows NULL already", domain.qualified);
}

/* The columns whose rows are read and whose writers wait. */
static void read_uses(struct gd_look *look, struct gd_finding *finding,
                      const struct gd_type_target *domain)
{
    if (domain->type == NULL || finding->fresh != NULL)
        return;
    if (domain->type->use_count == 0) {
        gd_finding_rests(finding);
        return;
    }
    finding->lock_on = domain->type->uses[0].relation;
    for (size_t i = 0; i < domain->type->use_count; i++)
        gd_finding_note(look, finding, "%s.%s is read", domain->type->uses[i].relation,
                        domain->type->uses[i].column);
    gd_check_domain(look, finding, domain, look->node);
}

static void set_not_null(struct gd_look *look, struct gd_finding *finding)
{
    struct gd_type_target domain = change_domain(look, finding);
    if (domain.type != NULL && !domain.fresh && domain.type->not_null) {
        gd_finding_is_done(look, finding, "%s is NOT NULL already", domain.qualified);
        gd_finding_rests(finding);
        return;
    }
    read_uses(look, finding, &domain);
}

static const struct gd_constraint *domain_constraint(const struct gd_type_target *domain,
                                                     const char *name)
{
    for (size_t i = 0; domain->type != NULL && i < domain->type->constraint_count; i++)
        if (strcmp(domain->type->constraints[i].name, name) == 0)
            return &domain->type->constraints[i];
    return NULL;
}

static void add_constraint(struct gd_look *look, struct gd_finding *finding)
{
    struct gd_type_target domain = change_domain(look, finding);
    const char *name = gd_node_text(gd_node_child(look->node, GD_F_def), GD_F_conname);
    finding->rerun = name[0] == '\0' ? GD_RERUN_REPEATS : GD_RERUN_FAILS;
    if (domain_constraint(&domain, name) != NULL)
        gd_finding_note(look, finding, "%s has a constraint %s already: this fails with 42710",
                        domain.qualified, name);
    if (name[0] == '\0')
        gd_finding_note(look, finding, "without a name every run adds one more");
    if (is_checked_now(look))
        read_uses(look, finding, &domain);
}

static void drop_constraint(struct gd_look *look, struct gd_finding *finding)
{
    struct gd_type_target domain = change_domain(look, finding);
    const char *name = gd_node_text(look->node, GD_F_name);
    bool skips = gd_node_flag(look->node, GD_F_missing_ok);
    gd_finding_object(look, finding, "constraint %s on domain %s",
                      gd_quote_identifier(look->arena, name), domain.qualified);
    const struct gd_constraint *constraint = domain_constraint(&domain, name);
    if (domain.type != NULL && !domain.fresh && constraint == NULL)
        gd_finding_is_done(look, finding, "%s has no constraint %s%s", domain.qualified, name,
                           skips ? "" : ": the statement fails");
    else if (constraint != NULL)
        gd_finding_note(look, finding, "the constraint that is lost: %s", constraint->definition);
    finding->rerun = skips ? GD_RERUN_SKIPS : GD_RERUN_FAILS;
}

static void validate_constraint(struct gd_look *look, struct gd_finding *finding)
{
    struct gd_type_target domain = change_domain(look, finding);
    const char *name = gd_node_text(look->node, GD_F_name);
    const struct gd_constraint *constraint = domain_constraint(&domain, name);
    if (constraint != NULL && constraint->validated) {
        gd_finding_is_done(look, finding, "constraint %s is valid already", name);
        finding->rerun = GD_RERUN_OK;
        gd_finding_rests(finding);
        return;
    }
    read_uses(look, finding, &domain);
}

/* ---- DROP TYPE, DROP DOMAIN ---- */

/* Do all types of the statement that were there before be enums? */
static bool drops_enums_only(const struct gd_look *look)
{
    bool any = false;
    for (size_t i = 0; i < gd_node_count(look->node, GD_F_objects); i++) {
        struct gd_type_target type =
            gd_look_type(look, gd_name_of_object(gd_node_at(look->node, GD_F_objects, i)));
        if (type.exists != GD_NO && type.is_enum != GD_YES)
            return false;
        any = any || type.exists != GD_NO;
    }
    return any;
}

static bool cascades(const struct gd_look *look)
{
    return gd_says_cascade(look->node);
}

static bool drops_enum(const struct gd_look *look)
{
    return !cascades(look) && drops_enums_only(look);
}

static bool drops_other(const struct gd_look *look)
{
    return !cascades(look) && !drops_enums_only(look);
}

static bool restricts(const struct gd_look *look)
{
    return !cascades(look);
}

static struct gd_address address_of(const struct gd_type *type)
{
    return (struct gd_address){GD_PG_TYPE, type == NULL ? 0 : type->oid, 0};
}

static void lose_type(struct gd_look *look, struct gd_finding *finding,
                      const struct gd_type_target *type)
{
    catalogue_type(look, finding, type);
    gd_finding_dependents(look, finding, address_of(type->type), cascades(look));
    if (look->survey != NULL && type->type == NULL)
        gd_finding_note(look, finding, "what depends on %s could not be looked up",
                        type->qualified);
    for (size_t i = 0; type->type != NULL && i < type->type->use_count; i++) {
        const struct gd_type_use *use = &type->type->uses[i];
        if (cascades(look))
            gd_finding_note(look, finding, "column %s.%s holds it and is dropped", use->relation,
                            use->column);
        else
            gd_finding_note(look, finding,
                            "column %s.%s holds it: unless this script changes that first, the "
                            "statement fails with 2BP01",
                            use->relation, use->column);
    }
}

static void drop_types(struct gd_look *look, struct gd_finding *finding)
{
    const char *word = strcmp(look->sub, "OBJECT_DOMAIN") == 0 ? "domain" : "type";
    bool skips = gd_node_flag(look->node, GD_F_missing_ok);
    size_t lost = 0;
    bool composite = false; /* only those are relations, which can be locked */
    const char *names = NULL, *first = "";
    uint32_t made_line = 0;
    for (size_t i = 0; i < gd_node_count(look->node, GD_F_objects); i++) {
        struct gd_type_target type =
            gd_look_type(look, gd_name_of_object(gd_node_at(look->node, GD_F_objects, i)));
        first = i == 0 ? type.qualified : first;
        made_line = type.fresh ? type.fresh_line : made_line;
        if (type.fresh || type.exists == GD_NO)
            continue;
        if (++lost == 1)
            finding->lock_on = type.qualified;
        composite = composite || type.type == NULL || type.type->type == 'c';
        names = names == NULL ? type.qualified
                              : gd_arena_printf(look->arena, "%s, %s", names, type.qualified);
        lose_type(look, finding, &type);
    }
    finding->rerun = skips ? GD_RERUN_SKIPS : GD_RERUN_FAILS;
    gd_finding_object(look, finding, "%s%s %s", word, lost > 1 ? "s" : "",
                      names != NULL ? names : first);
    if (lost > 0 && !composite && !cascades(look))
        gd_finding_rests(finding);
    if (lost > 0)
        return;
    if (made_line > 0)
        gd_finding_is_fresh(look, finding, made_line);
    else
        gd_finding_is_done(look, finding, "there is no %s %s%s", word, first,
                           skips ? "" : ": the statement fails");
    finding->rerun = skips ? GD_RERUN_SKIPS : GD_RERUN_FAILS;
    gd_finding_rests(finding);
}

/* CASCADE that reaches no column loses the definition and no more. */
static void drop_types_cascade(struct gd_look *look, struct gd_finding *finding)
{
    drop_types(look, finding);
    if (finding->class == GD_CLASS_NONE || look->survey == NULL)
        return;
    if (finding->tables.count == 0 && finding->scope < GD_SCOPE_DATABASE) {
        finding->lock = GD_LOCK_NONE;
        if (finding->takes.count == 0 && drops_enums_only(look))
            finding->class = GD_CLASS_ENUM;
        gd_finding_reason(look, finding, "no column holds it, so no rows are lost");
    } else if (finding->tables.count > 0) {
        finding->lock_on = finding->tables.items[0];
    }
}

/* ---- RENAME, OWNER, SET SCHEMA ---- */

static bool is_enum(const struct gd_look *look)
{
    return object_type(look).is_enum == GD_YES;
}

static bool is_no_enum(const struct gd_look *look)
{
    return !is_enum(look);
}

static void change_type(struct gd_look *look, struct gd_finding *finding)
{
    struct gd_type_target type = object_type(look);
    bool domain = strstr(look->sub, "DOM") != NULL;
    gd_finding_object(look, finding, "%s %s", domain ? "domain" : "type", type.qualified);
    catalogue_type(look, finding, &type);
    finding->lock_on = type.qualified;
    if (type.fresh)
        gd_finding_is_fresh(look, finding, type.fresh_line);
    if (type.fresh || (type.type != NULL && type.type->type != 'c'))
        gd_finding_rests(finding);
}

static void change_owner(struct gd_look *look, struct gd_finding *finding)
{
    const struct gd_node *role = gd_node_child(look->node, GD_F_newowner);
    const struct gd_type *type = object_type(look).type;
    change_type(look, finding);
    if (type != NULL && finding->fresh == NULL &&
        strcmp(type->owner, gd_node_text(role, GD_F_rolename)) == 0) {
        gd_finding_is_done(look, finding, "%s owns it already", type->owner);
        finding->rerun = GD_RERUN_OK;
    }
}

static void rename_attribute(struct gd_look *look, struct gd_finding *finding)
{
    struct gd_name name = gd_name_of_range(gd_node_child(look->node, GD_F_relation));
    struct gd_type_target type = gd_look_type(look, name);
    gd_finding_object(look, finding, "attribute %s of type %s",
                      gd_quote_identifier(look->arena, gd_node_text(look->node, GD_F_subname)),
                      type.qualified);
    finding->lock_on = type.qualified;
    if (type.fresh) {
        gd_finding_is_fresh(look, finding, type.fresh_line);
        gd_finding_rests(finding);
    }
}

static void alter_base(struct gd_look *look, struct gd_finding *finding)
{
    struct gd_type_target type = named_type(look, GD_F_type_name);
    gd_finding_object(look, finding, "type %s", type.qualified);
    if (type.fresh)
        gd_finding_is_fresh(look, finding, type.fresh_line);
}

// clang-format off
const struct gd_rule gd_rules_types[] = {
    {.id = "D001", .title = "CREATE TYPE … AS ENUM", .kind = GD_KIND_CreateEnumStmt, .effect = make_enum,
     .class = GD_CLASS_ENUM, .rerun = GD_RERUN_FAILS, .sqlstate = "42710",
     .because = "A new enum takes nothing away. There is no IF NOT EXISTS for it.",
     .instead = "For scripts that run again, catch duplicate_object in a DO block.", .source = "sql-createtype"},
    {.id = "D002", .title = "CREATE TYPE (composite)", .kind = GD_KIND_CompositeTypeStmt, .effect = make_composite,
     .class = GD_CLASS_ADDITIVE, .rerun = GD_RERUN_FAILS, .sqlstate = "42710",
     .because = "A new type takes nothing away.",
     .instead = "", .source = "sql-createtype"},
    {.id = "D003", .title = "CREATE TYPE … AS RANGE", .kind = GD_KIND_CreateRangeStmt, .effect = make_range,
     .class = GD_CLASS_ADDITIVE, .rerun = GD_RERUN_FAILS, .sqlstate = "42710",
     .because = "A new range type takes nothing away; a multirange type comes with it.",
     .instead = "", .source = "sql-createtype"},
    {.id = "D004", .title = "CREATE TYPE (base or shell)", .kind = GD_KIND_DefineStmt, .sub = "OBJECT_TYPE", .effect = make_base,
     .class = GD_CLASS_ADDITIVE, .rerun = GD_RERUN_FAILS, .sqlstate = "42710",
     .because = "A new type takes nothing away; only a superuser can make a base type.",
     .instead = "", .source = "sql-createtype"},
    {.id = "D005", .title = "CREATE DOMAIN", .kind = GD_KIND_CreateDomainStmt, .effect = make_domain,
     .class = GD_CLASS_ADDITIVE, .rerun = GD_RERUN_FAILS, .sqlstate = "42710",
     .because = "A new domain takes nothing away.",
     .instead = "", .source = "sql-createdomain"},
    {.id = "D010", .title = "ALTER TYPE … ADD VALUE", .kind = GD_KIND_AlterEnumStmt, .when = goes_last, .effect = add_value,
     .class = GD_CLASS_ENUM, .rerun = GD_RERUN_FAILS, .sqlstate = "42710",
     .because = "The enum gets a value that no SQL takes away again, and that cannot be used before the transaction that adds it has committed.",
     .instead = "Say IF NOT EXISTS, so that a second run passes.", .source = "sql-altertype"},
    {.id = "D011", .title = "ALTER TYPE … ADD VALUE … BEFORE, AFTER", .kind = GD_KIND_AlterEnumStmt, .when = has_neighbour, .effect = add_value,
     .class = GD_CLASS_ENUM, .rerun = GD_RERUN_FAILS, .sqlstate = "42710",
     .because = "The enum gets a value in the middle of its order that no SQL takes away again, and that cannot be used before the transaction that adds it has committed.",
     .instead = "Say IF NOT EXISTS, so that a second run passes.", .source = "sql-altertype"},
    {.id = "D012", .title = "ALTER TYPE … RENAME VALUE", .kind = GD_KIND_AlterEnumStmt, .when = renames_value, .effect = rename_value,
     .class = GD_CLASS_ENUM, .loses = GD_LOSES_DEFINITION, .scope = GD_SCOPE_SCHEMA, .rerun = GD_RERUN_FAILS, .sqlstate = "22023",
     .because = "Every row that holds the value shows the new label at once, and clients that still send the old one get an error. The way back is to rename it again.",
     .instead = "", .source = "sql-altertype"},
    {.id = "D020", .title = "ALTER DOMAIN … SET DEFAULT", .kind = GD_KIND_AlterDomainStmt, .sub = "T", .when = sets_default, .effect = set_default,
     .class = GD_CLASS_DESTRUCTIVE, .loses = GD_LOSES_DEFINITION, .scope = GD_SCOPE_SCHEMA, .rerun = GD_RERUN_OK,
     .because = "The old default is lost, if there was one; rows that are there keep their values.",
     .instead = "", .source = "sql-alterdomain"},
    {.id = "D021", .title = "ALTER DOMAIN … DROP DEFAULT", .kind = GD_KIND_AlterDomainStmt, .sub = "T", .when = drops_default, .effect = drop_default,
     .class = GD_CLASS_DESTRUCTIVE, .loses = GD_LOSES_DEFINITION, .scope = GD_SCOPE_SCHEMA, .rerun = GD_RERUN_OK,
     .because = "The default is lost; rows that are there keep their values.",
     .instead = "", .source = "sql-alterdomain"},
    {.id = "D022", .title = "ALTER DOMAIN … DROP NOT NULL", .kind = GD_KIND_AlterDomainStmt, .sub = "N", .effect = drop_not_null,
     .class = GD_CLASS_DESTRUCTIVE, .loses = GD_LOSES_DEFINITION, .scope = GD_SCOPE_SCHEMA, .rerun = GD_RERUN_OK,
     .because = "NULLs can come in from now on, and then NOT NULL cannot be put back.",
     .instead = "", .source = "sql-alterdomain"},
    {.id = "D023", .title = "ALTER DOMAIN … SET NOT NULL", .kind = GD_KIND_AlterDomainStmt, .sub = "O", .effect = set_not_null,
     .class = GD_CLASS_ADDITIVE, .lock = GD_LOCK_S, .scan = true, .rerun = GD_RERUN_OK, .sqlstate = "23502",
     .because = "Nothing is lost, but every table with a column of the domain is read while its writers wait, and one NULL makes it fail.",
     .instead = "", .source = "sql-alterdomain"},
    {.id = "D024", .title = "ALTER DOMAIN … ADD CONSTRAINT", .kind = GD_KIND_AlterDomainStmt, .sub = "C", .when = is_checked_now, .effect = add_constraint,
     .class = GD_CLASS_ADDITIVE, .lock = GD_LOCK_S, .scan = true, .rerun = GD_RERUN_FAILS, .sqlstate = "23514",
     .because = "Nothing is lost, but every table with a column of the domain is read while its writers wait, and one value that breaks the constraint makes it fail.",
     .instead = "Add it NOT VALID, and VALIDATE it later.", .source = "sql-alterdomain"},
    {.id = "D025", .title = "ALTER DOMAIN … ADD CONSTRAINT … NOT VALID", .kind = GD_KIND_AlterDomainStmt, .sub = "C", .when = is_checked_later, .effect = add_constraint,
     .class = GD_CLASS_ADDITIVE, .rerun = GD_RERUN_FAILS, .sqlstate = "42710",
     .because = "New values must pass it from now on; those that are there are not looked at.",
     .instead = "", .source = "sql-alterdomain"},
    {.id = "D026", .title = "ALTER DOMAIN … DROP CONSTRAINT", .kind = GD_KIND_AlterDomainStmt, .sub = "X", .effect = drop_constraint,
     .class = GD_CLASS_DESTRUCTIVE, .loses = GD_LOSES_DEFINITION, .scope = GD_SCOPE_SCHEMA, .rerun = GD_RERUN_FAILS, .sqlstate = "42704",
     .because = "Values that break the rule can come in from now on, and then it cannot be put back.",
     .instead = "", .source = "sql-alterdomain"},
    {.id = "D027", .title = "ALTER DOMAIN … VALIDATE CONSTRAINT", .kind = GD_KIND_AlterDomainStmt, .sub = "V", .effect = validate_constraint,
     .class = GD_CLASS_ADDITIVE, .lock = GD_LOCK_S, .scan = true, .rerun = GD_RERUN_OK, .sqlstate = "23514",
     .because = "Nothing is lost, but every table with a column of the domain is read while its writers wait, and one value that breaks the constraint makes it fail.",
     .instead = "", .source = "sql-alterdomain"},
    {.id = "D030", .title = "ALTER TYPE … SET (…)", .kind = GD_KIND_AlterTypeStmt, .effect = alter_base,
     .class = GD_CLASS_DESTRUCTIVE, .loses = GD_LOSES_DEFINITION, .scope = GD_SCOPE_SCHEMA, .rerun = GD_RERUN_OK,
     .because = "The old property of the type is lost.",
     .instead = "", .source = "sql-altertype"},
    {.id = "D040", .title = "DROP TYPE (enum)", .kind = GD_KIND_DropStmt, .sub = "OBJECT_TYPE", .when = drops_enum, .effect = drop_types,
     .class = GD_CLASS_ENUM, .loses = GD_LOSES_DEFINITION, .scope = GD_SCOPE_SCHEMA, .rerun = GD_RERUN_FAILS, .sqlstate = "42704",
     .because = "The enum and its values are lost; a column that still uses it makes the statement fail.",
     .instead = "", .source = "sql-droptype"},
    {.id = "D041", .title = "DROP TYPE", .kind = GD_KIND_DropStmt, .sub = "OBJECT_TYPE", .when = drops_other, .effect = drop_types,
     .class = GD_CLASS_DESTRUCTIVE, .loses = GD_LOSES_DEFINITION, .scope = GD_SCOPE_SCHEMA, .lock = GD_LOCK_AX, .rerun = GD_RERUN_FAILS, .sqlstate = "42704",
     .because = "The definition of the type is lost; a column that still uses it makes the statement fail.",
     .instead = "", .source = "sql-droptype"},
    {.id = "D042", .title = "DROP TYPE … CASCADE", .kind = GD_KIND_DropStmt, .sub = "OBJECT_TYPE", .when = cascades, .effect = drop_types_cascade,
     .class = GD_CLASS_DESTRUCTIVE, .loses = GD_LOSES_DEFINITION, .scope = GD_SCOPE_SCHEMA, .lock = GD_LOCK_AX, .rerun = GD_RERUN_FAILS, .sqlstate = "42704",
     .because = "CASCADE drops every column of the type with all its values, though the statement names no table, and every function that mentions it.",
     .instead = "Leave CASCADE out; change or drop the columns by name first.", .source = "sql-droptype"},
    {.id = "D043", .title = "DROP DOMAIN", .kind = GD_KIND_DropStmt, .sub = "OBJECT_DOMAIN", .when = restricts, .effect = drop_types,
     .class = GD_CLASS_DESTRUCTIVE, .loses = GD_LOSES_DEFINITION, .scope = GD_SCOPE_SCHEMA, .rerun = GD_RERUN_FAILS, .sqlstate = "42704",
     .because = "The definition of the domain is lost; a column that still uses it makes the statement fail.",
     .instead = "", .source = "sql-dropdomain"},
    {.id = "D044", .title = "DROP DOMAIN … CASCADE", .kind = GD_KIND_DropStmt, .sub = "OBJECT_DOMAIN", .when = cascades, .effect = drop_types_cascade,
     .class = GD_CLASS_DESTRUCTIVE, .loses = GD_LOSES_DEFINITION, .scope = GD_SCOPE_SCHEMA, .lock = GD_LOCK_AX, .rerun = GD_RERUN_FAILS, .sqlstate = "42704",
     .because = "CASCADE drops every column of the domain with all its values, though the statement names no table.",
     .instead = "Change the columns to the domain's base type first: that keeps their values and needs no rewrite.", .source = "sql-dropdomain"},
    {.id = "D050", .title = "ALTER TYPE … RENAME TO (enum)", .kind = GD_KIND_RenameStmt, .sub = "OBJECT_TYPE", .when = is_enum, .effect = change_type,
     .class = GD_CLASS_ENUM, .loses = GD_LOSES_DEFINITION, .scope = GD_SCOPE_SCHEMA, .rerun = GD_RERUN_FAILS, .sqlstate = "42704",
     .because = "The old name is lost: whoever casts to it gets an error. It is one step of the dance that replaces an enum.",
     .instead = "", .source = "sql-altertype"},
    {.id = "D051", .title = "ALTER TYPE … RENAME TO", .kind = GD_KIND_RenameStmt, .sub = "OBJECT_TYPE", .when = is_no_enum, .effect = change_type,
     .class = GD_CLASS_DESTRUCTIVE, .loses = GD_LOSES_DEFINITION, .scope = GD_SCOPE_SCHEMA, .lock = GD_LOCK_AX, .rerun = GD_RERUN_FAILS, .sqlstate = "42704",
     .because = "The old name is lost: whoever casts to it gets an error.",
     .instead = "", .source = "sql-altertype"},
    {.id = "D052", .title = "ALTER TYPE … RENAME ATTRIBUTE", .kind = GD_KIND_RenameStmt, .sub = "OBJECT_ATTRIBUTE", .effect = rename_attribute,
     .class = GD_CLASS_DESTRUCTIVE, .loses = GD_LOSES_DEFINITION, .scope = GD_SCOPE_SCHEMA, .lock = GD_LOCK_AX, .rerun = GD_RERUN_FAILS, .sqlstate = "42703",
     .because = "The old name of the attribute is lost, for queries and for function bodies.",
     .instead = "", .source = "sql-altertype"},
    {.id = "D053", .title = "ALTER DOMAIN … RENAME TO", .kind = GD_KIND_RenameStmt, .sub = "OBJECT_DOMAIN", .effect = change_type,
     .class = GD_CLASS_DESTRUCTIVE, .loses = GD_LOSES_DEFINITION, .scope = GD_SCOPE_SCHEMA, .rerun = GD_RERUN_FAILS, .sqlstate = "42704",
     .because = "The old name is lost: whoever casts to it gets an error.",
     .instead = "", .source = "sql-alterdomain"},
    {.id = "D054", .title = "ALTER DOMAIN … RENAME CONSTRAINT", .kind = GD_KIND_RenameStmt, .sub = "OBJECT_DOMCONSTRAINT", .effect = change_type,
     .class = GD_CLASS_DESTRUCTIVE, .loses = GD_LOSES_DEFINITION, .scope = GD_SCOPE_SCHEMA, .rerun = GD_RERUN_FAILS, .sqlstate = "42704",
     .because = "The old name of the constraint is lost, which error handlers and scripts may look for.",
     .instead = "", .source = "sql-alterdomain"},
    {.id = "D060", .title = "ALTER TYPE … OWNER TO", .kind = GD_KIND_AlterOwnerStmt, .sub = "OBJECT_TYPE", .effect = change_owner,
     .class = GD_CLASS_DESTRUCTIVE, .loses = GD_LOSES_DEFINITION, .scope = GD_SCOPE_SCHEMA, .lock = GD_LOCK_AX, .rerun = GD_RERUN_OK,
     .because = "Who owned it before is lost, and with it what the old owner could do.",
     .instead = "", .source = "sql-altertype"},
    {.id = "D061", .title = "ALTER DOMAIN … OWNER TO", .kind = GD_KIND_AlterOwnerStmt, .sub = "OBJECT_DOMAIN", .effect = change_owner,
     .class = GD_CLASS_DESTRUCTIVE, .loses = GD_LOSES_DEFINITION, .scope = GD_SCOPE_SCHEMA, .rerun = GD_RERUN_OK,
     .because = "Who owned it before is lost, and with it what the old owner could do.",
     .instead = "", .source = "sql-alterdomain"},
    {.id = "D062", .title = "ALTER TYPE … SET SCHEMA", .kind = GD_KIND_AlterObjectSchemaStmt, .sub = "OBJECT_TYPE", .effect = change_type,
     .class = GD_CLASS_DESTRUCTIVE, .loses = GD_LOSES_DEFINITION, .scope = GD_SCOPE_SCHEMA, .rerun = GD_RERUN_FAILS, .sqlstate = "42704",
     .because = "The old name is lost: whoever casts to it gets an error.",
     .instead = "", .source = "sql-altertype"},
    {.id = "D063", .title = "ALTER DOMAIN … SET SCHEMA", .kind = GD_KIND_AlterObjectSchemaStmt, .sub = "OBJECT_DOMAIN", .effect = change_type,
     .class = GD_CLASS_DESTRUCTIVE, .loses = GD_LOSES_DEFINITION, .scope = GD_SCOPE_SCHEMA, .rerun = GD_RERUN_FAILS, .sqlstate = "42704",
     .because = "The old name is lost: whoever casts to it gets an error.",
     .instead = "", .source = "sql-alterdomain"},
};
// clang-format on
const size_t gd_rules_types_count = sizeof gd_rules_types / sizeof gd_rules_types[0];
