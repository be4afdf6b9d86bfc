#include "guardian/classify/relations.h"

#include <string.h>

bool gd_says_temporary(const struct gd_node *range_var)
{
    const char *schema = gd_node_text(range_var, GD_F_schemaname);
    return strcmp(gd_node_text(range_var, GD_F_relpersistence), "t") == 0 ||
           strncmp(schema, "pg_temp", strlen("pg_temp")) == 0;
}

bool gd_is_shared(const struct gd_target *target)
{
    return !target->fresh && !target->temporary && target->exists != GD_NO;
}

void gd_finding_rests(struct gd_finding *finding)
{
    finding->lock = GD_LOCK_NONE;
    finding->lock_on = NULL;
    finding->rewrite = finding->scan = false;
}

void gd_finding_is_catalogue(struct gd_look *look, struct gd_finding *finding, const char *name)
{
    gd_finding_raise(finding, GD_CLASS_UNKNOWN, GD_LOSES_DATA, GD_SCOPE_DATABASE);
    gd_finding_reason(look, finding,
                      "%s belongs to the system catalogue: a mistake there can make the database "
                      "unusable, and only a physical backup brings it back",
                      name);
}

/* ---- DROP ---- */

struct drop {
    size_t lost, absent, made;
    uint32_t made_line;
    const char *names; /* those that are lost */
    const char *first; /* the first of all */
};

static const char *joined(struct gd_look *look, const char *names, const char *name)
{
    return names == NULL ? name : gd_arena_printf(look->arena, "%s, %s", names, name);
}

static void drop_one(struct gd_look *look, struct gd_finding *finding, gd_drop_fn *lose,
                     const struct gd_target *target, struct drop *drop)
{
    drop->lost++;
    drop->names = joined(look, drop->names, target->qualified);
    if (finding->lock_on == NULL)
        finding->lock_on = target->qualified;
    if (target->system)
        gd_finding_is_catalogue(look, finding, target->qualified);
    if (lose != NULL)
        lose(look, finding, target);
    bool cascade = gd_says_cascade(look->parent);
    if (target->relation != NULL || look->survey == NULL)
        gd_finding_dependents(
            look, finding,
            (struct gd_address){GD_PG_CLASS, target->relation ? target->relation->oid : 0, 0},
            cascade);
    else
        gd_finding_note(look, finding, "what depends on %s could not be looked up",
                        target->qualified);
}

static void say_nothing_is_lost(struct gd_look *look, struct gd_finding *finding, const char *word,
                                const struct drop *drop)
{
    bool skips = gd_node_flag(look->parent, GD_F_missing_ok);
    if (drop->made > 0)
        gd_finding_is_fresh(look, finding, drop->made_line);
    else
        gd_finding_is_done(look, finding, "there is no %s %s%s", word, drop->first,
                           skips ? "" : ": the statement fails");
    finding->rerun = skips ? GD_RERUN_SKIPS : GD_RERUN_FAILS;
    gd_finding_rests(finding);
}

void gd_finding_drop_relations(struct gd_look *look, struct gd_finding *finding, const char *word,
                               gd_drop_fn *lose)
{
    struct drop drop = {0};
    finding->lock_on = NULL;
    finding->rerun = gd_node_flag(look->parent, GD_F_missing_ok) ? GD_RERUN_SKIPS : GD_RERUN_FAILS;
    for (size_t i = 0; i < gd_node_count(look->parent, GD_F_objects); i++) {
        const struct gd_node *object = gd_node_at(look->parent, GD_F_objects, i);
        struct gd_target target = gd_look_relation(look, gd_name_of_object(object));
        if (drop.first == NULL)
            drop.first = target.qualified;
        if (target.fresh || target.temporary) {
            drop.made++;
            drop.made_line = target.fresh_line;
        } else if (target.exists == GD_NO) {
            drop.absent++;
        } else {
            drop_one(look, finding, lose, &target, &drop);
        }
    }
    bool many = drop.lost > 1;
    gd_finding_object(look, finding, "%s%s %s", word, many ? "s" : "",
                      drop.names != NULL ? drop.names : drop.first);
    if (drop.lost == 0)
        say_nothing_is_lost(look, finding, word, &drop);
}

/* ---- CREATE ---- */

struct gd_target gd_look_new_relation(const struct gd_look *look, const struct gd_node *range_var)
{
    struct gd_target target = gd_look_relation(look, gd_name_of_range(range_var));
    if (gd_says_temporary(range_var) == target.temporary)
        return target;
    /* The name means another relation here: what is in the way of this one is not known. */
    struct gd_target other = {.name = gd_name_of_range(range_var), .exists = GD_UNSURE};
    other.qualified = gd_name_show(look->arena, other.name);
    other.temporary = gd_says_temporary(range_var);
    if (other.temporary)
        other.exists = GD_NO;
    return other;
}

struct gd_target gd_finding_create_relation(struct gd_look *look, struct gd_finding *finding,
                                            const char *word, const struct gd_node *range_var,
                                            bool skips)
{
    struct gd_target target = gd_look_new_relation(look, range_var);
    gd_finding_object(look, finding, "%s %s", word, target.qualified);
    finding->rerun = skips ? GD_RERUN_SKIPS : GD_RERUN_FAILS;
    if (target.system)
        gd_finding_is_catalogue(look, finding, target.qualified);
    if (target.exists != GD_YES)
        return target;
    if (skips || look->guarded) {
        gd_finding_is_done(look, finding, "%s %s is there already%s", word, target.qualified,
                           skips ? "" : ", and the block lets that pass");
        gd_finding_rests(finding);
    } else {
        gd_finding_note(look, finding, "%s is there already: this fails with 42P07",
                        target.qualified);
    }
    return target;
}

/* ---- ALTER ---- */

struct gd_target gd_finding_change_relation(struct gd_look *look, struct gd_finding *finding,
                                            const char *word, const struct gd_node *range_var)
{
    struct gd_target target = gd_look_relation(look, gd_name_of_range(range_var));
    gd_finding_object(look, finding, "%s %s", word, target.qualified);
    finding->lock_on = target.qualified;
    if (target.system)
        gd_finding_is_catalogue(look, finding, target.qualified);
    if (target.fresh || target.temporary) {
        gd_finding_is_fresh(look, finding, target.fresh_line);
        gd_finding_rests(finding);
    } else if (target.exists == GD_NO && gd_node_flag(look->parent, GD_F_missing_ok)) {
        gd_finding_is_done(look, finding, "there is no %s %s", word, target.qualified);
        gd_finding_rests(finding);
    }
    return target;
}

/* ---- what a tree reads ---- */

struct readers {
    const struct gd_node *tree;
    const char *name;
    bool found;
};

static enum gd_walk visit_cte(const struct gd_node *node, const struct gd_node *parent,
                              void *context)
{
    (void)parent;
    struct readers *search = context;
    if (gd_node_kind(node) == GD_KIND_CommonTableExpr &&
        strcmp(gd_node_text(node, GD_F_ctename), search->name) == 0)
        search->found = true;
    return search->found ? GD_WALK_STOP : GD_WALK_INTO;
}

static bool is_cte(const struct gd_node *tree, const struct gd_node *range_var)
{
    struct readers search = {tree, gd_node_text(range_var, GD_F_relname), false};
    if (gd_node_text(range_var, GD_F_schemaname)[0] == '\0')
        (void)gd_node_walk(tree, visit_cte, &search);
    return search.found;
}

static enum gd_walk visit_range(const struct gd_node *node, const struct gd_node *parent,
                                void *context)
{
    struct readers *search = context;
    bool target = gd_node_kind(parent) == GD_KIND_IntoClause;
    if (gd_node_kind(node) == GD_KIND_RangeVar && !target && !is_cte(search->tree, node))
        search->found = true;
    return search->found ? GD_WALK_STOP : GD_WALK_INTO;
}

bool gd_reads_tables(const struct gd_node *tree)
{
    struct readers search = {tree, "", false};
    (void)gd_node_walk(tree, visit_range, &search);
    return search.found;
}
