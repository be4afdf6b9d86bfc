/*
 * Rules E: views and materialized views. ALTER VIEW's options and owner are in group A.
 */
#include <string.h>

#include "guardian/classify/relations.h"
#include "guardian/classify/rules.h"
#include "guardian/classify/same_view.h"

/* ---- CREATE VIEW ---- */

static const struct gd_node *new_view(const struct gd_look *look)
{
    return gd_node_child(look->node, GD_F_view);
}

static bool is_temporary(const struct gd_look *look)
{
    return gd_says_temporary(new_view(look));
}

static bool replaces(const struct gd_look *look)
{
    return !is_temporary(look) && gd_node_flag(look->node, GD_F_replace);
}

static bool is_new(const struct gd_look *look)
{
    return !is_temporary(look) && !gd_node_flag(look->node, GD_F_replace);
}

static void lock_sources(struct gd_look *look, struct gd_finding *finding)
{
    finding->lock_on = NULL;
    finding->lock =
        gd_reads_tables(gd_node_child(look->node, GD_F_query)) ? GD_LOCK_AS : GD_LOCK_NONE;
}

static void make_view(struct gd_look *look, struct gd_finding *finding)
{
    lock_sources(look, finding);
    (void)gd_finding_create_relation(look, finding, "view", new_view(look), false);
}

static void make_temporary_view(struct gd_look *look, struct gd_finding *finding)
{
    make_view(look, finding);
    if (gd_node_flag(look->node, GD_F_replace))
        finding->rerun = GD_RERUN_OK;
}

static void replace_view(struct gd_look *look, struct gd_finding *finding)
{
    struct gd_target target = gd_look_new_relation(look, new_view(look));
    gd_finding_object(look, finding, "view %s", target.qualified);
    finding->lock_on = target.qualified;
    if (target.system)
        gd_finding_is_catalogue(look, finding, target.qualified);
    if (target.fresh) {
        gd_finding_is_fresh(look, finding, target.fresh_line);
        lock_sources(look, finding);
    } else if (target.exists == GD_NO) {
        finding->class = GD_CLASS_ADDITIVE;
        finding->loses = GD_LOSES_NOTHING;
        finding->scope = GD_SCOPE_NONE;
        lock_sources(look, finding);
        gd_finding_reason(look, finding, "There is no view %s yet: nothing is replaced.",
                          target.qualified);
    } else if (target.relation != NULL && gd_is_same_view_statement(look, target.relation)) {
        gd_finding_is_done(look, finding, "the view says the same already");
        finding->rerun = GD_RERUN_OK;
    } else if (target.relation != NULL && target.relation->kind != 'v') {
        gd_finding_note(look, finding, "%s is no view: this fails with 42809", target.qualified);
    }
}

/* ---- CREATE MATERIALIZED VIEW ---- */

static bool is_materialized(const struct gd_look *look)
{
    return gd_node_enum_is(look->node, GD_F_objtype, "OBJECT_MATVIEW");
}

static const struct gd_node *into(const struct gd_look *look)
{
    return gd_node_child(look->node, GD_F_into);
}

static bool is_filled(const struct gd_look *look)
{
    return is_materialized(look) && !gd_node_flag(into(look), GD_F_skip_data);
}

static bool is_left_empty(const struct gd_look *look)
{
    return is_materialized(look) && gd_node_flag(into(look), GD_F_skip_data);
}

static void make_matview(struct gd_look *look, struct gd_finding *finding)
{
    bool skips = gd_node_flag(look->node, GD_F_if_not_exists);
    lock_sources(look, finding);
    struct gd_target target = gd_finding_create_relation(
        look, finding, "materialized view", gd_node_child(into(look), GD_F_rel), skips);
    if (skips && target.exists == GD_YES && target.relation != NULL &&
        !gd_is_same_view(look, gd_node_child(look->node, GD_F_query), target.relation->view_sql))
        gd_finding_note(look, finding,
                        "only the name was compared: the query that is there may be another");
}

/* ---- REFRESH ---- */

static bool leaves_empty(const struct gd_look *look)
{
    return gd_node_flag(look->node, GD_F_skip_data);
}

static bool refreshes_beside(const struct gd_look *look)
{
    return !leaves_empty(look) && gd_node_flag(look->node, GD_F_concurrent);
}

static bool refreshes(const struct gd_look *look)
{
    return !leaves_empty(look) && !gd_node_flag(look->node, GD_F_concurrent);
}

static bool has_unique_index(const struct gd_relation *matview)
{
    for (size_t i = 0; i < matview->index_count; i++)
        if (matview->indexes[i].unique && matview->indexes[i].valid &&
            matview->indexes[i].predicate == NULL)
            return true;
    return false;
}

static void refresh(struct gd_look *look, struct gd_finding *finding)
{
    struct gd_target target = gd_finding_change_relation(look, finding, "materialized view",
                                                         gd_node_child(look->node, GD_F_relation));
    if (target.relation == NULL || !refreshes_beside(look))
        return;
    if (!target.relation->populated)
        gd_finding_note(look, finding, "%s was never filled: CONCURRENTLY fails with 55000",
                        target.qualified);
    if (!has_unique_index(target.relation))
        gd_finding_note(look, finding, "%s has no unique index: CONCURRENTLY fails with 55000",
                        target.qualified);
}

static void empty_matview(struct gd_look *look, struct gd_finding *finding)
{
    struct gd_target target = gd_finding_change_relation(look, finding, "materialized view",
                                                         gd_node_child(look->node, GD_F_relation));
    if (finding->fresh != NULL)
        return;
    if (target.relation != NULL && !target.relation->populated)
        gd_finding_is_done(look, finding, "%s holds nothing", target.qualified);
    else
        gd_finding_table(look, finding, &target);
    finding->rerun = GD_RERUN_OK;
}

/* ---- DROP ---- */

static bool cascades(const struct gd_look *look)
{
    return gd_says_cascade(look->node);
}

static bool restricts(const struct gd_look *look)
{
    return !cascades(look);
}

static void drop_views(struct gd_look *look, struct gd_finding *finding)
{
    gd_finding_drop_relations(look, finding, "view", NULL);
}

static void lose_contents(struct gd_look *look, struct gd_finding *finding,
                          const struct gd_target *target)
{
    gd_finding_table(look, finding, target);
    if (target->relation != NULL && !target->relation->populated)
        finding->empty = true;
}

static void drop_matviews(struct gd_look *look, struct gd_finding *finding)
{
    gd_finding_drop_relations(look, finding, "materialized view", lose_contents);
}

/* ---- RENAME, SET SCHEMA ---- */

static void change_view(struct gd_look *look, struct gd_finding *finding)
{
    bool matview = strcmp(look->sub, "OBJECT_MATVIEW") == 0;
    (void)gd_finding_change_relation(look, finding, matview ? "materialized view" : "view",
                                     gd_node_child(look->node, GD_F_relation));
}

// clang-format off
const struct gd_rule gd_rules_views[] = {
    {.id = "E001", .title = "CREATE VIEW", .kind = GD_KIND_ViewStmt, .when = is_new, .effect = make_view,
     .class = GD_CLASS_ADDITIVE, .lock = GD_LOCK_AS, .rerun = GD_RERUN_FAILS, .sqlstate = "42P07",
     .because = "A new view takes nothing away.",
     .instead = "", .source = "sql-createview"},
    {.id = "E002", .title = "CREATE OR REPLACE VIEW", .kind = GD_KIND_ViewStmt, .when = replaces, .effect = replace_view,
     .class = GD_CLASS_DESTRUCTIVE, .loses = GD_LOSES_DEFINITION, .scope = GD_SCOPE_SCHEMA, .lock = GD_LOCK_AX, .rerun = GD_RERUN_OK, .sqlstate = "42P16",
     .because = "The query of the old view is lost, and readers get another answer from the next moment on. Columns can only be added at its end.",
     .instead = "", .source = "sql-createview"},
    {.id = "E003", .title = "CREATE TEMPORARY VIEW", .kind = GD_KIND_ViewStmt, .when = is_temporary, .effect = make_temporary_view,
     .class = GD_CLASS_NONE, .lock = GD_LOCK_AS, .rerun = GD_RERUN_FAILS, .sqlstate = "42P07",
     .because = "A temporary view ends with the session. While it lives it hides a table or view of the same name.",
     .instead = "", .source = "sql-createview"},
    {.id = "E010", .title = "CREATE MATERIALIZED VIEW", .kind = GD_KIND_CreateTableAsStmt, .when = is_filled, .effect = make_matview,
     .class = GD_CLASS_ADDITIVE, .lock = GD_LOCK_AS, .rerun = GD_RERUN_FAILS, .sqlstate = "42P07",
     .because = "A new materialized view is filled from its query; what that reads stays as it is.",
     .instead = "", .source = "sql-creatematerializedview"},
    {.id = "E011", .title = "CREATE MATERIALIZED VIEW … WITH NO DATA", .kind = GD_KIND_CreateTableAsStmt, .when = is_left_empty, .effect = make_matview,
     .class = GD_CLASS_ADDITIVE, .lock = GD_LOCK_AS, .rerun = GD_RERUN_FAILS, .sqlstate = "42P07",
     .because = "A new materialized view takes nothing away; until its first REFRESH reading it is an error.",
     .instead = "", .source = "sql-creatematerializedview"},
    {.id = "E020", .title = "REFRESH MATERIALIZED VIEW", .kind = GD_KIND_RefreshMatViewStmt, .when = refreshes, .effect = refresh,
     .class = GD_CLASS_NONE, .lock = GD_LOCK_AX, .rewrite = true, .rerun = GD_RERUN_OK, .sqlstate = "23505",
     .because = "Its contents are made anew from the query. What the tables below no longer hold is gone from it, too.",
     .instead = "CONCURRENTLY lets readers go on; it needs a unique index.", .source = "sql-refreshmaterializedview"},
    {.id = "E021", .title = "REFRESH MATERIALIZED VIEW CONCURRENTLY", .kind = GD_KIND_RefreshMatViewStmt, .when = refreshes_beside, .effect = refresh,
     .class = GD_CLASS_NONE, .lock = GD_LOCK_X, .rerun = GD_RERUN_OK, .sqlstate = "55000",
     .because = "Its contents are compared with a new run of the query, while readers go on.",
     .instead = "", .source = "sql-refreshmaterializedview"},
    {.id = "E022", .title = "REFRESH MATERIALIZED VIEW … WITH NO DATA", .kind = GD_KIND_RefreshMatViewStmt, .when = leaves_empty, .effect = empty_matview,
     .class = GD_CLASS_DESTRUCTIVE, .loses = GD_LOSES_DATA, .scope = GD_SCOPE_TABLES, .lock = GD_LOCK_AX, .rerun = GD_RERUN_OK,
     .because = "Its contents are thrown away, and whoever reads it gets an error until it is refreshed.",
     .instead = "REFRESH it without WITH NO DATA.", .source = "sql-refreshmaterializedview"},
    {.id = "E030", .title = "DROP VIEW", .kind = GD_KIND_DropStmt, .sub = "OBJECT_VIEW", .when = restricts, .effect = drop_views,
     .class = GD_CLASS_DESTRUCTIVE, .loses = GD_LOSES_DEFINITION, .scope = GD_SCOPE_SCHEMA, .lock = GD_LOCK_AX, .rerun = GD_RERUN_FAILS, .sqlstate = "42P01",
     .because = "The query of the view is lost, with its rights, comments and INSTEAD OF triggers; no rows are.",
     .instead = "", .source = "sql-dropview"},
    {.id = "E031", .title = "DROP VIEW … CASCADE", .kind = GD_KIND_DropStmt, .sub = "OBJECT_VIEW", .when = cascades, .effect = drop_views,
     .class = GD_CLASS_DESTRUCTIVE, .loses = GD_LOSES_DEFINITION, .scope = GD_SCOPE_SCHEMA, .lock = GD_LOCK_AX, .rerun = GD_RERUN_FAILS, .sqlstate = "42P01",
     .because = "CASCADE takes along every view that reads it, materialized ones with their contents.",
     .instead = "Leave CASCADE out and drop the dependants by name.", .source = "sql-dropview"},
    {.id = "E032", .title = "DROP MATERIALIZED VIEW", .kind = GD_KIND_DropStmt, .sub = "OBJECT_MATVIEW", .when = restricts, .effect = drop_matviews,
     .class = GD_CLASS_DESTRUCTIVE, .loses = GD_LOSES_DATA, .scope = GD_SCOPE_TABLES, .lock = GD_LOCK_AX, .rerun = GD_RERUN_FAILS, .sqlstate = "42P01",
     .because = "The query and the contents are lost. A new REFRESH computes them from today's rows, not from those of the day they were taken.",
     .instead = "", .source = "sql-dropmaterializedview"},
    {.id = "E033", .title = "DROP MATERIALIZED VIEW … CASCADE", .kind = GD_KIND_DropStmt, .sub = "OBJECT_MATVIEW", .when = cascades, .effect = drop_matviews,
     .class = GD_CLASS_DESTRUCTIVE, .loses = GD_LOSES_DATA, .scope = GD_SCOPE_TABLES, .lock = GD_LOCK_AX, .rerun = GD_RERUN_FAILS, .sqlstate = "42P01",
     .because = "The query and the contents are lost, and CASCADE takes along every view that reads it.",
     .instead = "Leave CASCADE out and drop the dependants by name.", .source = "sql-dropmaterializedview"},
    {.id = "E040", .title = "ALTER VIEW … RENAME TO", .kind = GD_KIND_RenameStmt, .sub = "OBJECT_VIEW", .effect = change_view,
     .class = GD_CLASS_DESTRUCTIVE, .loses = GD_LOSES_DEFINITION, .scope = GD_SCOPE_SCHEMA, .lock = GD_LOCK_AX, .rerun = GD_RERUN_FAILS, .sqlstate = "42P01",
     .because = "The old name is lost: queries that use it fail.",
     .instead = "", .source = "sql-alterview"},
    {.id = "E041", .title = "ALTER MATERIALIZED VIEW … RENAME TO", .kind = GD_KIND_RenameStmt, .sub = "OBJECT_MATVIEW", .effect = change_view,
     .class = GD_CLASS_DESTRUCTIVE, .loses = GD_LOSES_DEFINITION, .scope = GD_SCOPE_SCHEMA, .lock = GD_LOCK_AX, .rerun = GD_RERUN_FAILS, .sqlstate = "42P01",
     .because = "The old name is lost: queries that use it fail.",
     .instead = "", .source = "sql-altermaterializedview"},
    {.id = "E042", .title = "ALTER VIEW … SET SCHEMA", .kind = GD_KIND_AlterObjectSchemaStmt, .sub = "OBJECT_VIEW", .effect = change_view,
     .class = GD_CLASS_DESTRUCTIVE, .loses = GD_LOSES_DEFINITION, .scope = GD_SCOPE_SCHEMA, .lock = GD_LOCK_AX, .rerun = GD_RERUN_FAILS, .sqlstate = "42P01",
     .because = "The old name is lost: queries that use it fail.",
     .instead = "", .source = "sql-alterview"},
    {.id = "E043", .title = "ALTER MATERIALIZED VIEW … SET SCHEMA", .kind = GD_KIND_AlterObjectSchemaStmt, .sub = "OBJECT_MATVIEW", .effect = change_view,
     .class = GD_CLASS_DESTRUCTIVE, .loses = GD_LOSES_DEFINITION, .scope = GD_SCOPE_SCHEMA, .lock = GD_LOCK_AX, .rerun = GD_RERUN_FAILS, .sqlstate = "42P01",
     .because = "The old name is lost: queries that use it fail.",
     .instead = "", .source = "sql-altermaterializedview"},
};
// clang-format on
const size_t gd_rules_views_count = sizeof gd_rules_views / sizeof gd_rules_views[0];
