/*
 * Rules C: indexes and extended statistics.
 */
#include <string.h>

#include "guardian/classify/relations.h"
#include "guardian/classify/rules.h"
#include "guardian/sql/parse.h"

/* ---- CREATE INDEX ---- */

static bool is_concurrent(const struct gd_look *look)
{
    return gd_node_flag(look->node, GD_F_concurrent);
}

static bool is_blocking(const struct gd_look *look)
{
    return !is_concurrent(look);
}

static bool is_unique(const struct gd_look *look)
{
    return gd_node_flag(look->node, GD_F_unique);
}

static bool is_plain(const struct gd_look *look)
{
    return is_blocking(look) && !is_unique(look);
}

static bool is_plain_beside(const struct gd_look *look)
{
    return is_concurrent(look) && !is_unique(look);
}

static bool is_unique_index(const struct gd_look *look)
{
    return is_blocking(look) && is_unique(look);
}

static bool is_unique_beside(const struct gd_look *look)
{
    return is_concurrent(look) && is_unique(look);
}

static bool has_no_name(const struct gd_look *look)
{
    return gd_node_text(look->node, GD_F_idxname)[0] == '\0';
}

/* An index lives in the schema of its table. */
static struct gd_target index_of(const struct gd_look *look, const struct gd_target *table)
{
    struct gd_name name = {table->name.schema, gd_node_text(look->node, GD_F_idxname)};
    return gd_look_relation(look, name);
}

static const struct gd_index *catalogue_index(const struct gd_relation *table, const char *name)
{
    for (size_t i = 0; table != NULL && i < table->index_count; i++)
        if (strcmp(table->indexes[i].name, name) == 0)
            return &table->indexes[i];
    return NULL;
}

static const struct gd_node *parse_one(const char *text, struct gd_arena *arena)
{
    struct gd_parsed parsed;
    struct gd_refusal refusal;
    return gd_parse(text, strlen(text), arena, &parsed, &refusal) && parsed.count == 1
               ? parsed.statements[0]
               : NULL;
}

/* The key columns of two CREATE INDEX, as far as they are plain names in the same order. */
static bool same_keys(const struct gd_node *left, const struct gd_node *right)
{
    size_t count = gd_node_count(left, GD_F_index_params);
    if (count != gd_node_count(right, GD_F_index_params))
        return false;
    for (size_t i = 0; i < count; i++) {
        const struct gd_node *one = gd_node_at(left, GD_F_index_params, i);
        const struct gd_node *other = gd_node_at(right, GD_F_index_params, i);
        if (strcmp(gd_node_text(one, GD_F_name), gd_node_text(other, GD_F_name)) != 0)
            return false;
    }
    return true;
}

static void compare_index(struct gd_look *look, struct gd_finding *finding,
                          const struct gd_index *there)
{
    const struct gd_node *old = parse_one(there->definition, look->arena);
    if (!there->valid)
        gd_finding_note(
            look, finding,
            "the index %s is INVALID, left by a failed CONCURRENTLY: it is not used, it "
            "enforces nothing, and this statement leaves it so; drop it first",
            there->name);
    if (there->unique != is_unique(look))
        gd_finding_note(look, finding, "the index %s that is there is %s", there->name,
                        there->unique ? "UNIQUE" : "not UNIQUE");
    bool had_predicate = there->predicate != NULL;
    bool has_predicate = gd_node_child(look->node, GD_F_where_clause) != NULL;
    if (had_predicate != has_predicate || (old != NULL && !same_keys(old, look->node)))
        gd_finding_note(look, finding, "the index that is there differs: %s", there->definition);
}

static void find_index_there(struct gd_look *look, struct gd_finding *finding,
                             const struct gd_target *table, const struct gd_target *index)
{
    const struct gd_index *there = catalogue_index(table->relation, index->name.name);
    bool skips = gd_node_flag(look->node, GD_F_if_not_exists);
    if (index->exists != GD_YES)
        return;
    if (!skips) {
        gd_finding_note(look, finding, "%s is there already: this fails with 42P07",
                        index->qualified);
        return;
    }
    /* The server would pass over it; what was asked for is not there. */
    if (there != NULL && !there->valid && gd_node_flag(look->node, GD_F_concurrent)) {
        compare_index(look, finding, there);
        return;
    }
    gd_finding_is_done(
        look, finding,
        "an index called %s is there already, and its name is all that IF NOT EXISTS compares",
        index->qualified);
    if (there != NULL)
        compare_index(look, finding, there);
    else if (!index->fresh)
        gd_finding_note(look, finding, "%s is no index of %s: this index is not made",
                        index->qualified, table->qualified);
}

static void make_index(struct gd_look *look, struct gd_finding *finding)
{
    struct gd_target table = gd_look_table(look);
    const struct gd_node *range_var = gd_node_child(look->node, GD_F_relation);
    bool skips = gd_node_flag(look->node, GD_F_if_not_exists);
    if (table.system)
        gd_finding_is_catalogue(look, finding, table.qualified);
    if (has_no_name(look)) {
        gd_finding_object(look, finding, "index on %s", table.qualified);
        finding->rerun = GD_RERUN_REPEATS;
        gd_finding_note(
            look, finding,
            "without a name every run makes one more index; name it and say IF NOT EXISTS");
    } else {
        struct gd_target index = index_of(look, &table);
        gd_finding_object(look, finding, "index %s", index.qualified);
        finding->rerun = skips ? GD_RERUN_SKIPS : GD_RERUN_FAILS;
        find_index_there(look, finding, &table, &index);
    }
    if (!gd_is_shared(&table))
        gd_finding_rests(finding);
    if (table.relation != NULL && table.relation->kind == 'p' &&
        !gd_node_flag(range_var, GD_F_inh)) {
        finding->scan = false;
        gd_finding_note(
            look, finding,
            "ON ONLY a partitioned table the index stays invalid until an index of every "
            "partition is attached");
    }
}

static void make_unique_index(struct gd_look *look, struct gd_finding *finding)
{
    struct gd_target table = gd_look_table(look);
    make_index(look, finding);
    if (finding->class != GD_CLASS_NONE)
        gd_check_unique(look, finding, &table, look->node);
}

/* ---- DROP INDEX ---- */

/* The constraint of the table that the index enforces; foreign keys only lean on one. */
static const struct gd_constraint *constraint_of(const struct gd_relation *table,
                                                 uint32_t index_oid)
{
    for (size_t i = 0; i < table->constraint_count; i++)
        if (table->constraints[i].index_oid == index_oid &&
            strchr("pux", table->constraints[i].type) != NULL)
            return &table->constraints[i];
    return NULL;
}

static void lose_index(struct gd_look *look, struct gd_finding *finding,
                       const struct gd_target *target)
{
    const struct gd_relation *table =
        target->relation == NULL
            ? NULL
            : gd_survey_relation(look->survey, target->relation->index_table_oid);
    const struct gd_index *index =
        table == NULL ? NULL : gd_relation_index(table, target->relation->oid);
    if (table != NULL)
        finding->lock_on = table->qualified;
    if (index != NULL && index->unique)
        gd_finding_note(look, finding,
                        "%s is UNIQUE: duplicates can come in while it is gone, and then it cannot "
                        "be made again",
                        target->qualified);
    const struct gd_constraint *constraint =
        index == NULL ? NULL : constraint_of(table, index->oid);
    if (constraint != NULL)
        gd_finding_note(look, finding, "%s belongs to constraint %s: this fails with 2BP01",
                        target->qualified, constraint->name);
}

static void drop_indexes(struct gd_look *look, struct gd_finding *finding)
{
    gd_finding_drop_relations(look, finding, "index", lose_index);
}

/* ---- REINDEX ---- */

static bool says_concurrently(const struct gd_look *look)
{
    const struct gd_node *option = gd_option(look->node, GD_F_params, "concurrently");
    return option != NULL && gd_option_on(option);
}

static bool reindexes_many(const struct gd_look *look)
{
    return gd_node_child(look->node, GD_F_relation) == NULL;
}

static bool rebuilds_one(const struct gd_look *look)
{
    return !says_concurrently(look) && !reindexes_many(look);
}

static bool rebuilds_many(const struct gd_look *look)
{
    return !says_concurrently(look) && reindexes_many(look);
}

static void rebuild(struct gd_look *look, struct gd_finding *finding)
{
    struct gd_target target = gd_look_table(look);
    bool index = gd_node_enum_is(look->node, GD_F_kind, "REINDEX_OBJECT_INDEX");
    gd_finding_object(look, finding, "%s %s", index ? "index" : "table", target.qualified);
    if (target.relation != NULL && strchr("pI", target.relation->kind) != NULL) {
        finding->transaction = false;
        gd_finding_note(look, finding, "of a partitioned %s it is refused inside a transaction",
                        index ? "index" : "table");
    }
    if (!gd_is_shared(&target))
        gd_finding_rests(finding);
}

static void rebuild_many(struct gd_look *look, struct gd_finding *finding)
{
    gd_finding_object(
        look, finding, "%s",
        gd_node_enum_is(look->node, GD_F_kind, "REINDEX_OBJECT_SCHEMA")
            ? gd_arena_printf(look->arena, "schema %s",
                              gd_quote_identifier(look->arena, gd_node_text(look->node, GD_F_name)))
            : "the whole database");
}

/* ---- ALTER INDEX, statistics ---- */

static void rename_index(struct gd_look *look, struct gd_finding *finding)
{
    (void)gd_finding_change_relation(look, finding, "index",
                                     gd_node_child(look->node, GD_F_relation));
}

/* "statistics app.orders_stats", from a list of names. */
static void name_statistics(struct gd_look *look, struct gd_finding *finding, struct gd_name name)
{
    const char *shown = gd_name_show(look->arena, name);
    uint32_t line;
    gd_finding_object(look, finding, "statistics %s", shown);
    if (gd_look_fresh(look, "statistics", shown, &line)) {
        gd_finding_is_fresh(look, finding, line);
        gd_finding_rests(finding);
    }
}

static void make_statistics(struct gd_look *look, struct gd_finding *finding)
{
    struct gd_name name = gd_name_of_list(look->node, GD_F_defnames);
    struct gd_target table =
        gd_look_relation(look, gd_name_of_range(gd_node_at(look->node, GD_F_relations, 0)));
    bool skips = gd_node_flag(look->node, GD_F_if_not_exists);
    finding->lock_on = table.qualified;
    finding->rerun = name.name[0] == '\0' ? GD_RERUN_REPEATS
                     : skips              ? GD_RERUN_SKIPS
                                          : GD_RERUN_FAILS;
    if (!gd_is_shared(&table))
        gd_finding_rests(finding);
    gd_finding_object(look, finding, "statistics %s",
                      name.name[0] == '\0' ? gd_arena_printf(look->arena, "on %s", table.qualified)
                                           : gd_name_show(look->arena, name));
    if (skips && gd_look_other(look, "statistics", name, NULL) == GD_YES)
        gd_finding_is_done(look, finding, "statistics %s are there already",
                           gd_name_show(look->arena, name));
}

static void alter_statistics(struct gd_look *look, struct gd_finding *finding)
{
    name_statistics(look, finding, gd_name_of_list(look->node, GD_F_defnames));
}

static void change_statistics(struct gd_look *look, struct gd_finding *finding)
{
    name_statistics(look, finding, gd_name_of_object(gd_node_child(look->node, GD_F_object)));
}

static void drop_statistics(struct gd_look *look, struct gd_finding *finding)
{
    size_t count = gd_node_count(look->node, GD_F_objects), absent = 0;
    bool skips = gd_node_flag(look->node, GD_F_missing_ok);
    for (size_t i = 0; i < count; i++) {
        struct gd_name name = gd_name_of_object(gd_node_at(look->node, GD_F_objects, i));
        absent += gd_look_other(look, "statistics", name, NULL) == GD_NO;
        if (i == 0)
            name_statistics(look, finding, name);
    }
    finding->rerun = skips ? GD_RERUN_SKIPS : GD_RERUN_FAILS;
    if (absent == count && finding->fresh == NULL) {
        gd_finding_is_done(look, finding, "there are no such statistics%s",
                           skips ? "" : ": the statement fails");
        finding->rerun = skips ? GD_RERUN_SKIPS : GD_RERUN_FAILS;
        gd_finding_rests(finding);
    }
}

/* ---- DEPENDS ON EXTENSION ---- */

static bool gives_up(const struct gd_look *look)
{
    return gd_node_flag(look->node, GD_F_remove);
}

static bool ties(const struct gd_look *look)
{
    return !gives_up(look);
}

static void tie(struct gd_look *look, struct gd_finding *finding)
{
    const struct gd_node *range_var = gd_node_child(look->node, GD_F_relation);
    const char *extension = gd_node_string(gd_node_child(look->node, GD_F_extname));
    bool index = strcmp(look->sub, "OBJECT_INDEX") == 0;
    if (range_var != NULL) {
        struct gd_target target = gd_look_relation(look, gd_name_of_range(range_var));
        gd_finding_object(look, finding, "%s %s", index ? "index" : "relation", target.qualified);
        finding->lock_on = target.qualified;
    } else {
        struct gd_name name = gd_name_of_object(gd_node_child(look->node, GD_F_object));
        gd_finding_object(look, finding, "routine %s", gd_name_show(look->arena, name));
        gd_finding_rests(finding);
    }
    if (ties(look))
        gd_finding_note(look, finding, "DROP EXTENSION %s drops it from now on, without CASCADE",
                        extension == NULL ? "" : extension);
}

// clang-format off
const struct gd_rule gd_rules_indexes[] = {
    {.id = "C001", .title = "CREATE INDEX", .kind = GD_KIND_IndexStmt, .when = is_plain, .effect = make_index,
     .class = GD_CLASS_ADDITIVE, .lock = GD_LOCK_S, .scan = true, .rerun = GD_RERUN_FAILS, .sqlstate = "42P07",
     .because = "An index takes nothing away, but writers of the table wait until it is built.",
     .instead = "CREATE INDEX CONCURRENTLY lets writers go on; it must stand outside of a transaction.", .source = "sql-createindex"},
    {.id = "C002", .title = "CREATE INDEX CONCURRENTLY", .kind = GD_KIND_IndexStmt, .when = is_plain_beside, .effect = make_index,
     .class = GD_CLASS_ADDITIVE, .lock = GD_LOCK_SUX, .scan = true, .alone = true, .rerun = GD_RERUN_FAILS, .sqlstate = "42P07",
     .because = "Writers go on while the table is read twice. A build that fails leaves an INVALID index behind, which the next IF NOT EXISTS takes for the real one.",
     .instead = "", .source = "sql-createindex"},
    {.id = "C003", .title = "CREATE UNIQUE INDEX", .kind = GD_KIND_IndexStmt, .when = is_unique_index, .effect = make_unique_index,
     .class = GD_CLASS_ADDITIVE, .lock = GD_LOCK_S, .scan = true, .rerun = GD_RERUN_FAILS, .sqlstate = "23505",
     .because = "It fails when two rows share a key, and refuses such rows from now on; writers of the table wait until it is built.",
     .instead = "CREATE UNIQUE INDEX CONCURRENTLY lets writers go on; it must stand outside of a transaction.", .source = "sql-createindex"},
    {.id = "C004", .title = "CREATE UNIQUE INDEX CONCURRENTLY", .kind = GD_KIND_IndexStmt, .when = is_unique_beside, .effect = make_unique_index,
     .class = GD_CLASS_ADDITIVE, .lock = GD_LOCK_SUX, .scan = true, .alone = true, .rerun = GD_RERUN_FAILS, .sqlstate = "23505",
     .because = "It fails when two rows share a key, and then leaves an INVALID index that enforces nothing and that the next IF NOT EXISTS takes for the real one.",
     .instead = "Look for duplicates first; after a failure drop the index before the next attempt.", .source = "sql-createindex"},
    {.id = "C010", .title = "DROP INDEX", .kind = GD_KIND_DropStmt, .sub = "OBJECT_INDEX", .when = is_blocking, .effect = drop_indexes,
     .class = GD_CLASS_DESTRUCTIVE, .loses = GD_LOSES_DEFINITION, .scope = GD_SCOPE_SCHEMA, .lock = GD_LOCK_AX, .rerun = GD_RERUN_FAILS, .sqlstate = "42704",
     .because = "The definition of the index is lost; the rows stay. Queries that lived on it become slow at once.",
     .instead = "DROP INDEX CONCURRENTLY does not stop readers; see first in pg_stat_user_indexes whether it is used.", .source = "sql-dropindex"},
    {.id = "C011", .title = "DROP INDEX CONCURRENTLY", .kind = GD_KIND_DropStmt, .sub = "OBJECT_INDEX", .when = is_concurrent, .effect = drop_indexes,
     .class = GD_CLASS_DESTRUCTIVE, .loses = GD_LOSES_DEFINITION, .scope = GD_SCOPE_SCHEMA, .lock = GD_LOCK_SUX, .alone = true, .rerun = GD_RERUN_FAILS, .sqlstate = "42704",
     .because = "The definition of the index is lost; the rows stay. Queries that lived on it become slow at once.",
     .instead = "See first in pg_stat_user_indexes whether it is used.", .source = "sql-dropindex"},
    {.id = "C020", .title = "REINDEX INDEX, TABLE", .kind = GD_KIND_ReindexStmt, .when = rebuilds_one, .effect = rebuild,
     .class = GD_CLASS_NONE, .lock = GD_LOCK_S, .scan = true, .rerun = GD_RERUN_OK,
     .because = "Index files are built anew from the rows; writers wait, and so does every query that would use the index.",
     .instead = "REINDEX … CONCURRENTLY lets them go on.", .source = "sql-reindex"},
    {.id = "C021", .title = "REINDEX SCHEMA, DATABASE, SYSTEM", .kind = GD_KIND_ReindexStmt, .when = rebuilds_many, .effect = rebuild_many,
     .class = GD_CLASS_NONE, .lock = GD_LOCK_S, .scan = true, .alone = true, .rerun = GD_RERUN_OK,
     .because = "Every index is built anew, table by table, while the writers of that table wait.",
     .instead = "REINDEX … CONCURRENTLY lets them go on.", .source = "sql-reindex"},
    {.id = "C022", .title = "REINDEX CONCURRENTLY", .kind = GD_KIND_ReindexStmt, .when = says_concurrently,
     .class = GD_CLASS_NONE, .lock = GD_LOCK_SUX, .scan = true, .alone = true, .rerun = GD_RERUN_OK,
     .because = "A second index is built beside the first and takes its place; a run that fails leaves an INVALID one whose name ends in _ccnew.",
     .instead = "", .source = "sql-reindex"},
    {.id = "C030", .title = "ALTER INDEX … RENAME", .kind = GD_KIND_RenameStmt, .sub = "OBJECT_INDEX", .effect = rename_index,
     .class = GD_CLASS_DESTRUCTIVE, .loses = GD_LOSES_DEFINITION, .scope = GD_SCOPE_SCHEMA, .lock = GD_LOCK_SUX, .rerun = GD_RERUN_FAILS, .sqlstate = "42P01",
     .because = "The old name is lost; scripts that test for it make the index once more.",
     .instead = "", .source = "sql-alterindex"},
    {.id = "C040", .title = "CREATE STATISTICS", .kind = GD_KIND_CreateStatsStmt, .effect = make_statistics,
     .class = GD_CLASS_ADDITIVE, .lock = GD_LOCK_SUX, .rerun = GD_RERUN_FAILS, .sqlstate = "42710",
     .because = "The planner learns more at the next ANALYZE; nothing else changes.",
     .instead = "", .source = "sql-createstatistics"},
    {.id = "C041", .title = "ALTER STATISTICS … SET STATISTICS", .kind = GD_KIND_AlterStatsStmt, .effect = alter_statistics,
     .class = GD_CLASS_DESTRUCTIVE, .loses = GD_LOSES_DEFINITION, .scope = GD_SCOPE_SCHEMA, .rerun = GD_RERUN_OK,
     .because = "The old target is lost; how closely the next ANALYZE looks changes, and plans may with it.",
     .instead = "", .source = "sql-alterstatistics"},
    {.id = "C042", .title = "ALTER STATISTICS … RENAME", .kind = GD_KIND_RenameStmt, .sub = "OBJECT_STATISTIC_EXT", .effect = change_statistics,
     .class = GD_CLASS_DESTRUCTIVE, .loses = GD_LOSES_DEFINITION, .scope = GD_SCOPE_SCHEMA, .rerun = GD_RERUN_FAILS, .sqlstate = "42704",
     .because = "The old name is lost.",
     .instead = "", .source = "sql-alterstatistics"},
    {.id = "C043", .title = "ALTER STATISTICS … OWNER TO", .kind = GD_KIND_AlterOwnerStmt, .sub = "OBJECT_STATISTIC_EXT", .effect = change_statistics,
     .class = GD_CLASS_DESTRUCTIVE, .loses = GD_LOSES_DEFINITION, .scope = GD_SCOPE_SCHEMA, .rerun = GD_RERUN_OK,
     .because = "Who owned it before is lost.",
     .instead = "", .source = "sql-alterstatistics"},
    {.id = "C044", .title = "ALTER STATISTICS … SET SCHEMA", .kind = GD_KIND_AlterObjectSchemaStmt, .sub = "OBJECT_STATISTIC_EXT", .effect = change_statistics,
     .class = GD_CLASS_DESTRUCTIVE, .loses = GD_LOSES_DEFINITION, .scope = GD_SCOPE_SCHEMA, .rerun = GD_RERUN_FAILS, .sqlstate = "42704",
     .because = "The old name is lost.",
     .instead = "", .source = "sql-alterstatistics"},
    {.id = "C045", .title = "DROP STATISTICS", .kind = GD_KIND_DropStmt, .sub = "OBJECT_STATISTIC_EXT", .effect = drop_statistics,
     .class = GD_CLASS_DESTRUCTIVE, .loses = GD_LOSES_DEFINITION, .scope = GD_SCOPE_SCHEMA, .lock = GD_LOCK_SUX, .rerun = GD_RERUN_FAILS, .sqlstate = "42704",
     .because = "The definition is lost; plans that were good because of it may change.",
     .instead = "", .source = "sql-dropstatistics"},
    {.id = "C050", .title = "ALTER … DEPENDS ON EXTENSION", .kind = GD_KIND_AlterObjectDependsStmt, .when = ties, .effect = tie,
     .class = GD_CLASS_DESTRUCTIVE, .loses = GD_LOSES_DEFINITION, .scope = GD_SCOPE_SCHEMA, .lock = GD_LOCK_AX, .rerun = GD_RERUN_OK,
     .because = "From now on dropping the extension drops this object, too, without a word about it.",
     .instead = "", .source = "sql-alterindex"},
    {.id = "C051", .title = "ALTER … NO DEPENDS ON EXTENSION", .kind = GD_KIND_AlterObjectDependsStmt, .when = gives_up, .effect = tie,
     .class = GD_CLASS_DESTRUCTIVE, .loses = GD_LOSES_DEFINITION, .scope = GD_SCOPE_SCHEMA, .lock = GD_LOCK_AX, .rerun = GD_RERUN_OK,
     .because = "That the object belonged to the extension is forgotten.",
     .instead = "", .source = "sql-alterindex"},
};
// clang-format on
const size_t gd_rules_indexes_count = sizeof gd_rules_indexes / sizeof gd_rules_indexes[0];
