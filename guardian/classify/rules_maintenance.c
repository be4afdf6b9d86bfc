/*
 * Group K: VACUUM, ANALYZE, CLUSTER, CHECKPOINT, LOAD.
 */
#include <string.h>
#include <strings.h>

#include "guardian/classify/look.h"
#include "guardian/classify/rules.h"

/* An option counts when it is not switched off: VACUUM (FULL), VACUUM (FULL true). */
static bool has_option(const struct gd_look *look, const char *name)
{
    const struct gd_node *option = gd_option(look->node, GD_F_options, name);
    return option != NULL && gd_option_on(option);
}

static bool is_analyze(const struct gd_look *look)
{
    return !gd_node_flag(look->node, GD_F_is_vacuumcmd);
}

static bool is_vacuum_full(const struct gd_look *look)
{
    return !is_analyze(look) && has_option(look, "full");
}

static bool is_plain_vacuum(const struct gd_look *look)
{
    return !is_analyze(look) && !has_option(look, "full");
}

static bool clusters_one(const struct gd_look *look)
{
    return gd_node_child(look->node, GD_F_relation) != NULL;
}

static bool clusters_all(const struct gd_look *look)
{
    return !clusters_one(look);
}

static void describe_targets(struct gd_look *look, struct gd_finding *finding)
{
    size_t count = gd_node_count(look->node, GD_F_rels);
    const char *shown = "";
    for (size_t i = 0; i < count; i++) {
        const struct gd_node *item = gd_node_at(look->node, GD_F_rels, i);
        struct gd_name name = gd_name_of_range(gd_node_child(item, GD_F_relation));
        struct gd_target target = gd_look_relation(look, name);
        shown = gd_arena_printf(look->arena, "%s%s%s", shown, i == 0 ? "" : ", ", target.qualified);
        if (i == 0)
            finding->lock_on = target.qualified;
    }
    if (count > 0)
        gd_finding_object(look, finding, "table %s", shown);
    else
        gd_finding_note(look, finding, "it names no table: every table of the database is visited");
}

static void describe_clustered(struct gd_look *look, struct gd_finding *finding)
{
    struct gd_target target = gd_look_table(look);
    gd_finding_object(look, finding, "table %s", target.qualified);
    if (target.relation != NULL && target.relation->kind == 'p')
        finding->transaction = false;
}

static void describe_loaded(struct gd_look *look, struct gd_finding *finding)
{
    gd_finding_object(look, finding, "library %s", gd_node_text(look->node, GD_F_filename));
}

// clang-format off
const struct gd_rule gd_rules_maintenance[] = {
    {.id = "K001", .title = "VACUUM", .kind = GD_KIND_VacuumStmt, .when = is_plain_vacuum, .effect = describe_targets,
     .class = GD_CLASS_NONE, .lock = GD_LOCK_SUX, .scan = true, .alone = true, .rerun = GD_RERUN_OK,
     .because = "Space of dead row versions is made free for new ones; no row that anybody can see changes.",
     .instead = "", .source = "sql-vacuum"},
    {.id = "K002", .title = "VACUUM FULL", .kind = GD_KIND_VacuumStmt, .when = is_vacuum_full, .effect = describe_targets,
     .class = GD_CLASS_NONE, .lock = GD_LOCK_AX, .rewrite = true, .scan = true, .alone = true, .rerun = GD_RERUN_OK,
     .because = "The table is written anew without dead rows: nobody reads or writes it meanwhile, and it needs room for a second copy.",
     .instead = "Plain VACUUM lets everybody go on; pg_repack compacts with a short lock.", .source = "sql-vacuum"},
    {.id = "K003", .title = "ANALYZE", .kind = GD_KIND_VacuumStmt, .when = is_analyze, .effect = describe_targets,
     .class = GD_CLASS_NONE, .lock = GD_LOCK_SUX, .scan = true, .rerun = GD_RERUN_OK,
     .because = "A sample of the rows is read and the planner's statistics are renewed.",
     .instead = "", .source = "sql-analyze"},
    {.id = "K004", .title = "CLUSTER of one table", .kind = GD_KIND_ClusterStmt, .when = clusters_one, .effect = describe_clustered,
     .class = GD_CLASS_NONE, .lock = GD_LOCK_AX, .rewrite = true, .scan = true, .rerun = GD_RERUN_OK,
     .because = "The table is written anew in the order of an index: nobody reads or writes it meanwhile, and it needs room for a second copy.",
     .instead = "", .source = "sql-cluster"},
    {.id = "K005", .title = "CLUSTER of all tables", .kind = GD_KIND_ClusterStmt, .when = clusters_all,
     .class = GD_CLASS_NONE, .lock = GD_LOCK_AX, .rewrite = true, .scan = true, .alone = true, .rerun = GD_RERUN_OK,
     .because = "Every table that was clustered before is written anew, one after the other, each shut off while it is its turn.",
     .instead = "Name one table at a time.", .source = "sql-cluster"},
    {.id = "K006", .title = "CHECKPOINT", .kind = GD_KIND_CheckPointStmt,
     .class = GD_CLASS_NONE, .rerun = GD_RERUN_OK,
     .because = "What is in memory is written to disk earlier than it would have been.",
     .instead = "", .source = "sql-checkpoint"},
    {.id = "K007", .title = "LOAD", .kind = GD_KIND_LoadStmt, .effect = describe_loaded,
     .class = GD_CLASS_UNKNOWN, .loses = GD_LOSES_OUTSIDE, .scope = GD_SCOPE_DATABASE, .rerun = GD_RERUN_OK,
     .because = "Machine code of a server file runs inside the session at once; nobody can tell from here what it does.",
     .instead = "Name the library in session_preload_libraries after it was reviewed.", .source = "sql-load"},
};
// clang-format on
const size_t gd_rules_maintenance_count =
    sizeof gd_rules_maintenance / sizeof gd_rules_maintenance[0];
