/*
 * Rules B: making, copying and dropping tables. ALTER TABLE is in group A.
 *
 * Invariant  Exactly one of the base rows of CREATE TABLE applies (temporary, partition, child,
 *            typed, unlogged, plain, in this order); what the table points at are rows besides.
 */
#include <string.h>

#include "guardian/classify/drift.h"
#include "guardian/classify/relations.h"
#include "guardian/classify/rules.h"

/* ---- CREATE TABLE: which row ---- */

static const struct gd_node *new_table(const struct gd_look *look)
{
    return gd_node_child(look->node, GD_F_relation);
}

static bool is_temporary(const struct gd_look *look)
{
    return gd_says_temporary(new_table(look));
}

static bool is_partition(const struct gd_look *look)
{
    return !is_temporary(look) && gd_node_child(look->node, GD_F_partbound) != NULL;
}

static bool is_child(const struct gd_look *look)
{
    return !is_temporary(look) && gd_node_child(look->node, GD_F_partbound) == NULL &&
           gd_node_count(look->node, GD_F_inh_relations) > 0;
}

static bool is_typed(const struct gd_look *look)
{
    return !is_temporary(look) && gd_node_child(look->node, GD_F_of_typename) != NULL;
}

static bool stands_alone(const struct gd_look *look)
{
    return !is_temporary(look) && gd_node_count(look->node, GD_F_inh_relations) == 0 &&
           gd_node_child(look->node, GD_F_of_typename) == NULL;
}

static bool is_unlogged(const struct gd_look *look)
{
    return stands_alone(look) &&
           strcmp(gd_node_text(new_table(look), GD_F_relpersistence), "u") == 0;
}

static bool is_plain(const struct gd_look *look)
{
    return stands_alone(look) && !is_unlogged(look);
}

static bool is_already_there(const struct gd_look *look)
{
    return gd_node_flag(look->node, GD_F_if_not_exists) &&
           gd_look_new_relation(look, new_table(look)).exists == GD_YES;
}

/* ---- CREATE TABLE: what it points at ---- */

struct pointed {
    const struct gd_look *look;
    const char *found; /* the first relation that was there before */
    enum gd_kind kind;
};

static void point_at(struct pointed *pointed, const struct gd_node *range_var)
{
    struct gd_target target = gd_look_relation(pointed->look, gd_name_of_range(range_var));
    struct gd_target own = gd_look_new_relation(pointed->look, new_table(pointed->look));
    if (gd_is_shared(&target) && strcmp(target.qualified, own.qualified) != 0)
        pointed->found = target.qualified;
}

static enum gd_walk visit_pointer(const struct gd_node *node, const struct gd_node *parent,
                                  void *context)
{
    (void)parent;
    struct pointed *pointed = context;
    if (gd_node_kind(node) == pointed->kind) {
        enum gd_field field = pointed->kind == GD_KIND_Constraint ? GD_F_pktable : GD_F_relation;
        const struct gd_node *range_var = gd_node_child(node, field);
        if (range_var != NULL)
            point_at(pointed, range_var);
    }
    return pointed->found != NULL ? GD_WALK_STOP : GD_WALK_INTO;
}

static const char *first_pointed(const struct gd_look *look, enum gd_kind kind)
{
    struct pointed pointed = {look, NULL, kind};
    (void)gd_node_walk(look->node, visit_pointer, &pointed);
    return pointed.found;
}

static bool references_others(const struct gd_look *look)
{
    return !is_already_there(look) && first_pointed(look, GD_KIND_Constraint) != NULL;
}

static bool is_like_another(const struct gd_look *look)
{
    return !is_already_there(look) && first_pointed(look, GD_KIND_TableLikeClause) != NULL;
}

static void lock_the_referenced(struct gd_look *look, struct gd_finding *finding)
{
    finding->lock_on = first_pointed(look, GD_KIND_Constraint);
    gd_finding_object(look, finding, "table %s", finding->lock_on);
    if (gd_node_flag(look->node, GD_F_if_not_exists))
        finding->rerun = GD_RERUN_SKIPS;
}

static void lock_the_model(struct gd_look *look, struct gd_finding *finding)
{
    finding->lock_on = first_pointed(look, GD_KIND_TableLikeClause);
    gd_finding_object(look, finding, "table %s", finding->lock_on);
    if (gd_node_flag(look->node, GD_F_if_not_exists))
        finding->rerun = GD_RERUN_SKIPS;
}

/* ---- CREATE TABLE: effects ---- */

static struct gd_target make(struct gd_look *look, struct gd_finding *finding)
{
    struct gd_target target = gd_finding_create_relation(
        look, finding, "table", new_table(look), gd_node_flag(look->node, GD_F_if_not_exists));
    if (target.exists == GD_YES && gd_node_flag(look->node, GD_F_if_not_exists))
        gd_finding_drift(look, finding, &target, look->node);
    return target;
}

static void make_table(struct gd_look *look, struct gd_finding *finding)
{
    (void)make(look, finding);
}

/* The parent of a partition or a child; NULL when nobody else can see it. */
static const char *shared_parent(struct gd_look *look, struct gd_target *out_parent)
{
    *out_parent =
        gd_look_relation(look, gd_name_of_range(gd_node_at(look->node, GD_F_inh_relations, 0)));
    return gd_is_shared(out_parent) ? out_parent->qualified : NULL;
}

static const struct gd_relation *default_partition(const struct gd_look *look,
                                                   const struct gd_relation *parent)
{
    for (size_t i = 0; parent != NULL && i < parent->child_count; i++) {
        const struct gd_relation *child = gd_survey_relation(look->survey, parent->children[i]);
        if (child != NULL && child->partition_bound != NULL &&
            strcmp(child->partition_bound, "DEFAULT") == 0)
            return child;
    }
    return NULL;
}

static void make_partition(struct gd_look *look, struct gd_finding *finding)
{
    struct gd_target table = make(look, finding), parent;
    finding->lock_on = shared_parent(look, &parent);
    if (finding->class == GD_CLASS_NONE || finding->lock_on == NULL) {
        gd_finding_rests(finding);
        return;
    }
    const struct gd_relation *rest = default_partition(look, parent.relation);
    if (parent.relation != NULL)
        finding->scan = rest != NULL && rest->bytes > 0;
    if (rest != NULL)
        gd_finding_note(look, finding, "the default partition %s is locked and read",
                        rest->qualified);
    gd_check_partition(look, finding, &parent, look->node);
    if (strcmp(gd_node_text(new_table(look), GD_F_relpersistence), "u") == 0)
        gd_finding_note(look, finding, "%s is unlogged: a crash empties it", table.qualified);
}

static void make_child(struct gd_look *look, struct gd_finding *finding)
{
    struct gd_target parent;
    (void)make(look, finding);
    finding->lock_on = shared_parent(look, &parent);
    if (finding->class == GD_CLASS_NONE || finding->lock_on == NULL)
        gd_finding_rests(finding);
}

/* ---- CREATE TABLE AS ---- */

static const struct gd_node *copy_target(const struct gd_look *look)
{
    return gd_node_child(gd_node_child(look->node, GD_F_into), GD_F_rel);
}

static bool makes_a_table(const struct gd_look *look)
{
    return gd_node_enum_is(look->node, GD_F_objtype, "OBJECT_TABLE");
}

static bool copies(const struct gd_look *look)
{
    return makes_a_table(look) && !gd_says_temporary(copy_target(look));
}

static bool copies_into_temporary(const struct gd_look *look)
{
    return makes_a_table(look) && gd_says_temporary(copy_target(look));
}

static void copy_table(struct gd_look *look, struct gd_finding *finding)
{
    finding->lock_on = NULL;
    (void)gd_finding_create_relation(look, finding, "table", copy_target(look),
                                     gd_node_flag(look->node, GD_F_if_not_exists));
    if (!gd_reads_tables(gd_node_child(look->node, GD_F_query)))
        finding->lock = GD_LOCK_NONE;
}

/* ---- DROP TABLE ---- */

static bool cascades(const struct gd_look *look)
{
    return gd_says_cascade(look->node);
}

static bool restricts(const struct gd_look *look)
{
    return !cascades(look);
}

static void lose_rows(struct gd_look *look, struct gd_finding *finding,
                      const struct gd_target *target)
{
    gd_finding_table(look, finding, target);
    gd_check_rows(look, finding, target);
    const struct gd_relation *relation = target->relation;
    if (relation == NULL)
        return;
    if (relation->kind == 'r' && relation->bytes == 0) {
        finding->empty = true;
        gd_finding_note(look, finding, "%s is empty", target->qualified);
    }
    if (relation->kind == 'p' && relation->child_count > 0)
        gd_finding_note(look, finding, "all %zu partitions of %s go with it, without CASCADE",
                        relation->child_count, target->qualified);
    if (relation->partition)
        gd_finding_note(look, finding, "%s is a partition: its rows go from the parent, too",
                        target->qualified);
}

static void drop_tables(struct gd_look *look, struct gd_finding *finding)
{
    gd_finding_drop_relations(look, finding, "table", lose_rows);
}

static void drop_foreign_tables(struct gd_look *look, struct gd_finding *finding)
{
    gd_finding_drop_relations(look, finding, "foreign table", NULL);
}

// clang-format off
/* Rows of the same weight: the first leads. What a table points at says more than the base row. */
const struct gd_rule gd_rules_tables[] = {
    {.id = "B002", .title = "CREATE TABLE … REFERENCES", .kind = GD_KIND_CreateStmt, .when = references_others, .effect = lock_the_referenced,
     .class = GD_CLASS_ADDITIVE, .lock = GD_LOCK_SRX, .rerun = GD_RERUN_FAILS, .sqlstate = "42P07",
     .because = "The foreign key puts triggers on the table that it points at, which stops writes there until the transaction ends.",
     .instead = "Keep the transaction short, and set lock_timeout so that a queue behind it does not grow.", .source = "sql-createtable"},
    {.id = "B003", .title = "CREATE TABLE (LIKE …)", .kind = GD_KIND_CreateStmt, .when = is_like_another, .effect = lock_the_model,
     .class = GD_CLASS_ADDITIVE, .lock = GD_LOCK_AS, .rerun = GD_RERUN_FAILS, .sqlstate = "42P07",
     .because = "The model's columns are copied once; later changes of the model do not follow.",
     .instead = "", .source = "sql-createtable"},
    {.id = "B001", .title = "CREATE TABLE", .kind = GD_KIND_CreateStmt, .when = is_plain, .effect = make_table,
     .class = GD_CLASS_ADDITIVE, .rerun = GD_RERUN_FAILS, .sqlstate = "42P07",
     .because = "A new table takes nothing from anyone.",
     .instead = "", .source = "sql-createtable"},
    {.id = "B004", .title = "CREATE TABLE … PARTITION OF", .kind = GD_KIND_CreateStmt, .when = is_partition, .effect = make_partition,
     .class = GD_CLASS_ADDITIVE, .lock = GD_LOCK_AX, .scan = true, .rerun = GD_RERUN_FAILS, .sqlstate = "42P07",
     .because = "A new partition loses nothing, but the parent is closed to everyone while it is made, and a default partition is read for rows that belong into the new one.",
     .instead = "Create a plain table with a CHECK that matches the bounds and ATTACH it: that leaves readers and writers of the parent alone.", .source = "sql-createtable"},
    {.id = "B005", .title = "CREATE TABLE … INHERITS", .kind = GD_KIND_CreateStmt, .when = is_child, .effect = make_child,
     .class = GD_CLASS_ADDITIVE, .lock = GD_LOCK_SUX, .rerun = GD_RERUN_FAILS, .sqlstate = "42P07",
     .because = "A new child table loses nothing; queries on the parent see its rows from now on.",
     .instead = "", .source = "sql-createtable"},
    {.id = "B006", .title = "CREATE TABLE … OF type", .kind = GD_KIND_CreateStmt, .when = is_typed, .effect = make_table,
     .class = GD_CLASS_ADDITIVE, .lock = GD_LOCK_AS, .rerun = GD_RERUN_FAILS, .sqlstate = "42P07",
     .because = "A new table takes nothing from anyone; its columns follow the type.",
     .instead = "", .source = "sql-createtable"},
    {.id = "B007", .title = "CREATE TEMPORARY TABLE", .kind = GD_KIND_CreateStmt, .when = is_temporary, .effect = make_table,
     .class = GD_CLASS_NONE, .rerun = GD_RERUN_FAILS, .sqlstate = "42P07",
     .because = "A temporary table ends with the session. While it lives it hides a table of the same name.",
     .instead = "", .source = "sql-createtable"},
    {.id = "B008", .title = "CREATE UNLOGGED TABLE", .kind = GD_KIND_CreateStmt, .when = is_unlogged, .effect = make_table,
     .class = GD_CLASS_ADDITIVE, .rerun = GD_RERUN_FAILS, .sqlstate = "42P07",
     .because = "A new table takes nothing from anyone. Being unlogged it is emptied by a crash, is empty on replicas, and no point-in-time recovery brings its rows back.",
     .instead = "Leave UNLOGGED out unless losing every row of it is fine.", .source = "sql-createtable"},
    {.id = "B010", .title = "CREATE TABLE AS", .kind = GD_KIND_CreateTableAsStmt, .when = copies, .effect = copy_table,
     .class = GD_CLASS_ADDITIVE, .lock = GD_LOCK_AS, .rerun = GD_RERUN_FAILS, .sqlstate = "42P07",
     .because = "A new table is filled from a query; what the query reads stays as it is.",
     .instead = "", .source = "sql-createtableas"},
    {.id = "B011", .title = "CREATE TEMPORARY TABLE AS", .kind = GD_KIND_CreateTableAsStmt, .when = copies_into_temporary, .effect = copy_table,
     .class = GD_CLASS_NONE, .lock = GD_LOCK_AS, .rerun = GD_RERUN_FAILS, .sqlstate = "42P07",
     .because = "A temporary copy ends with the session.",
     .instead = "", .source = "sql-createtableas"},
    {.id = "B020", .title = "DROP TABLE", .kind = GD_KIND_DropStmt, .sub = "OBJECT_TABLE", .when = restricts, .effect = drop_tables,
     .class = GD_CLASS_DESTRUCTIVE, .loses = GD_LOSES_DATA, .scope = GD_SCOPE_TABLES, .lock = GD_LOCK_AX, .rerun = GD_RERUN_FAILS, .sqlstate = "42P01",
     .because = "Every row is gone once the transaction commits, and with the table its indexes, constraints, triggers, policies, rights and owned sequences.",
     .instead = "Rename the table now and drop it when nobody has missed it for a while.", .source = "sql-droptable"},
    {.id = "B021", .title = "DROP TABLE … CASCADE", .kind = GD_KIND_DropStmt, .sub = "OBJECT_TABLE", .when = cascades, .effect = drop_tables,
     .class = GD_CLASS_DESTRUCTIVE, .loses = GD_LOSES_DATA, .scope = GD_SCOPE_TABLES, .lock = GD_LOCK_AX, .rerun = GD_RERUN_FAILS, .sqlstate = "42P01",
     .because = "Every row is gone once the transaction commits, and CASCADE takes along whatever depends on the table: child tables with their rows, views, and the foreign keys of other tables.",
     .instead = "Leave CASCADE out and drop the dependants by name, so that nothing goes unseen.", .source = "sql-droptable"},
    {.id = "B030", .title = "DROP FOREIGN TABLE", .kind = GD_KIND_DropStmt, .sub = "OBJECT_FOREIGN_TABLE", .effect = drop_foreign_tables,
     .class = GD_CLASS_DESTRUCTIVE, .loses = GD_LOSES_DEFINITION, .scope = GD_SCOPE_SCHEMA, .lock = GD_LOCK_AX, .rerun = GD_RERUN_FAILS, .sqlstate = "42P01",
     .because = "The definition of the foreign table is lost; its rows live on the other server and stay there.",
     .instead = "", .source = "sql-dropforeigntable"},
};
// clang-format on
const size_t gd_rules_tables_count = sizeof gd_rules_tables / sizeof gd_rules_tables[0];
