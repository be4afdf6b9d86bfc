/*
 * Rules I: reading and writing rows. What stands in WITH, in EXPLAIN ANALYZE or in COPY (…) is
 * judged by the engine as a statement of its own.
 *
 * Invariant  A write to a catalogue table is unknown, whatever else it is.
 */
#include <string.h>

#include "guardian/classify/relations.h"
#include "guardian/classify/rules.h"
#include "guardian/classify/state.h"

/* ---- INSERT ---- */

static bool conflict_does(const struct gd_look *look, const char *action)
{
    return gd_node_enum_is(gd_node_child(look->node, GD_F_on_conflict_clause), GD_F_action, action);
}

static bool inserts(const struct gd_look *look)
{
    return gd_node_child(look->node, GD_F_on_conflict_clause) == NULL;
}

static bool inserts_or_skips(const struct gd_look *look)
{
    return conflict_does(look, "ONCONFLICT_NOTHING");
}

static bool inserts_or_updates(const struct gd_look *look)
{
    return conflict_does(look, "ONCONFLICT_UPDATE");
}

/* A write to `table`: names it, and follows what the write sets off. */
static void write_rows(struct gd_look *look, struct gd_finding *finding,
                       const struct gd_target *table, const char *event)
{
    gd_finding_object(look, finding, "table %s", table->qualified);
    finding->lock_on = table->qualified;
    if (!gd_is_shared(table))
        finding->lock = GD_LOCK_NONE;
    gd_finding_write_closure(look, finding, table, event);
}

/* A view of the session shows tables that may be anybody's. */
static bool is_view(const struct gd_look *look, const struct gd_target *table)
{
    const struct gd_thing *thing =
        gd_state_find(look->state, "relation", table->name.schema, table->name.name);
    return table->relation != NULL ? table->relation->kind == 'v' : thing != NULL && thing->is_view;
}

/* Rows that are added to a temporary table are nothing; what that sets off raises it again. */
static void add_rows(struct gd_look *look, struct gd_finding *finding,
                     const struct gd_target *table)
{
    if (table->temporary && !is_view(look, table))
        finding->class = GD_CLASS_NONE;
    write_rows(look, finding, table, "insert");
}

/* INSERT … SELECT … WHERE NOT EXISTS looks before it inserts: in its own table, it finds what an
 * earlier run has put there. */
struct guard {
    struct gd_name table;
    bool looks, in_own_table;
};

static enum gd_walk visit_guard(const struct gd_node *node, const struct gd_node *parent,
                                void *context)
{
    struct guard *guard = context;
    if (gd_node_kind(node) != GD_KIND_SubLink || gd_node_kind(parent) != GD_KIND_BoolExpr ||
        !gd_node_enum_is(parent, GD_F_boolop, "NOT_EXPR"))
        return GD_WALK_INTO;
    const struct gd_node *select = gd_node_child(node, GD_F_subselect);
    const struct gd_node *from = gd_node_at(select, GD_F_from_clause, 0);
    guard->looks = true;
    if (gd_node_count(select, GD_F_from_clause) == 1 && gd_node_kind(from) == GD_KIND_RangeVar &&
        strcmp(gd_node_text(from, GD_F_relname), guard->table.name) == 0)
        guard->in_own_table = true;
    return GD_WALK_STOP;
}

static struct guard looks_first(const struct gd_look *look, const struct gd_target *table)
{
    struct guard guard = {.table = table->name};
    const struct gd_node *source = gd_node_child(look->node, GD_F_select_stmt);
    (void)gd_node_walk(gd_node_child(source, GD_F_where_clause), visit_guard, &guard);
    return guard;
}

static void insert_rows(struct gd_look *look, struct gd_finding *finding)
{
    struct gd_target table = gd_look_table(look);
    add_rows(look, finding, &table);
    struct guard guard = looks_first(look, &table);
    if (inserts(look) && guard.looks)
        finding->rerun = guard.in_own_table ? GD_RERUN_SKIPS : GD_RERUN_DEPENDS;
}

/* What overwrites rows: names the table unless the script or the session made it. */
static void overwrite(struct gd_look *look, struct gd_finding *finding,
                      const struct gd_target *table, const char *event)
{
    if (table->fresh || table->temporary)
        gd_finding_is_fresh(look, finding, table->fresh_line);
    else
        gd_finding_table(look, finding, table);
    write_rows(look, finding, table, event);
}

static void upsert_rows(struct gd_look *look, struct gd_finding *finding)
{
    struct gd_target table = gd_look_table(look);
    overwrite(look, finding, &table, "update");
    gd_finding_write_closure(look, finding, &table, "insert");
    if (table.relation != NULL && table.relation->kind == 'r' && table.relation->bytes == 0) {
        finding->empty = true;
        gd_finding_note(look, finding, "%s is empty now", table.qualified);
    }
}

/* ---- UPDATE, DELETE ---- */

static bool touches_all(const struct gd_look *look)
{
    const struct gd_node *where = gd_node_child(look->node, GD_F_where_clause);
    const struct gd_node *value =
        gd_node_kind(where) == GD_KIND_TypeCast ? gd_node_child(where, GD_F_arg) : where;
    bool constant = gd_node_kind(value) == GD_KIND_A_Const;
    bool never = constant && gd_node_kind(gd_node_child(value, GD_F_boolval)) == GD_KIND_Boolean &&
                 !gd_node_flag(gd_node_child(value, GD_F_boolval), GD_F_boolval);
    return value == NULL || (constant && !never);
}

static void change_rows(struct gd_look *look, struct gd_finding *finding, const char *event)
{
    struct gd_target table = gd_look_table(look);
    overwrite(look, finding, &table, event);
    if (finding->fresh != NULL)
        return;
    if (touches_all(look))
        gd_finding_note(look, finding, "no WHERE narrows it down: every row is touched");
    gd_check_touched(look, finding, &table, look->node);
}

/* Are the columns that SET names all that changes in a row? A trigger may set others. */
static bool changes_only_what_it_names(const struct gd_target *table)
{
    return table->relation != NULL && table->relation->trigger_count == 0 &&
           table->relation->rule_count == 0 && table->relation->child_count == 0;
}

static void update_rows(struct gd_look *look, struct gd_finding *finding)
{
    change_rows(look, finding, "update");
    struct gd_target table = gd_look_table(look);
    if (finding->fresh != NULL || finding->fires.count > 0 || !changes_only_what_it_names(&table))
        return;
    for (size_t i = 0; i < gd_node_count(look->node, GD_F_target_list); i++) {
        const char *column = gd_node_text(gd_node_at(look->node, GD_F_target_list, i), GD_F_name);
        if (column[0] != '\0')
            gd_finding_column(look, finding, &table, column);
    }
}

static void delete_rows(struct gd_look *look, struct gd_finding *finding)
{
    change_rows(look, finding, "delete");
}

/* ---- MERGE ---- */

static bool merge_does(const struct gd_look *look, const char *command)
{
    for (size_t i = 0; i < gd_node_count(look->node, GD_F_merge_when_clauses); i++)
        if (gd_node_enum_is(gd_node_at(look->node, GD_F_merge_when_clauses, i), GD_F_command_type,
                            command))
            return true;
    return false;
}

static bool merge_overwrites(const struct gd_look *look)
{
    return merge_does(look, "CMD_UPDATE") || merge_does(look, "CMD_DELETE");
}

static bool merge_only_adds(const struct gd_look *look)
{
    return !merge_overwrites(look);
}

static void merge_in(struct gd_look *look, struct gd_finding *finding)
{
    struct gd_target table = gd_look_table(look);
    add_rows(look, finding, &table);
}

static void merge_over(struct gd_look *look, struct gd_finding *finding)
{
    struct gd_target table = gd_look_table(look);
    overwrite(look, finding, &table, merge_does(look, "CMD_UPDATE") ? "update" : "delete");
    if (merge_does(look, "CMD_UPDATE") && merge_does(look, "CMD_DELETE"))
        gd_finding_write_closure(look, finding, &table, "delete");
    if (merge_does(look, "CMD_INSERT"))
        gd_finding_write_closure(look, finding, &table, "insert");
}

/* ---- TRUNCATE ---- */

static bool cascades(const struct gd_look *look)
{
    return gd_says_cascade(look->node);
}

static bool restarts_identity(const struct gd_look *look)
{
    return gd_node_flag(look->node, GD_F_restart_seqs);
}

static bool only_empties(const struct gd_look *look)
{
    return !cascades(look) && !restarts_identity(look);
}

static bool empties_and_restarts(const struct gd_look *look)
{
    return !cascades(look) && restarts_identity(look);
}

static struct gd_target truncated(const struct gd_look *look, size_t index)
{
    return gd_look_relation(look, gd_name_of_range(gd_node_at(look->node, GD_F_relations, index)));
}

/* Foreign keys of tables that are not in the list refuse a TRUNCATE without CASCADE. */
static void find_referencing(struct gd_look *look, struct gd_finding *finding,
                             const struct gd_target *table)
{
    for (size_t r = 0; table->relation != NULL && r < look->survey->relation_count; r++) {
        const struct gd_relation *other = &look->survey->relations[r];
        bool listed = false;
        for (size_t i = 0; i < gd_node_count(look->node, GD_F_relations); i++)
            listed = listed || truncated(look, i).relation == other;
        for (size_t c = 0; !listed && c < other->constraint_count; c++)
            if (other->constraints[c].type == 'f' &&
                other->constraints[c].referenced_oid == table->relation->oid)
                gd_finding_note(look, finding,
                                "the foreign key %s of %s points at %s: this fails with 0A000",
                                other->constraints[c].name, other->qualified, table->qualified);
    }
}

static void empty_one(struct gd_look *look, struct gd_finding *finding,
                      const struct gd_target *table)
{
    gd_finding_table(look, finding, table);
    gd_check_rows(look, finding, table);
    if (finding->lock_on == NULL)
        finding->lock_on = table->qualified;
    if (!cascades(look))
        find_referencing(look, finding, table);
}

static void truncate_tables(struct gd_look *look, struct gd_finding *finding)
{
    size_t lost = 0;
    const char *names = NULL;
    uint32_t line = 0;
    for (size_t i = 0; i < gd_node_count(look->node, GD_F_relations); i++) {
        struct gd_target table = truncated(look, i);
        names = names == NULL ? table.qualified
                              : gd_arena_printf(look->arena, "%s, %s", names, table.qualified);
        if (table.fresh || table.temporary) {
            line = table.fresh_line;
        } else {
            lost++;
            empty_one(look, finding, &table);
        }
    }
    gd_finding_object(look, finding, "table%s %s",
                      gd_node_count(look->node, GD_F_relations) > 1 ? "s" : "", names);
    if (lost == 0) {
        gd_finding_is_fresh(look, finding, line);
        gd_finding_rests(finding);
    }
    for (size_t i = 0; i < gd_node_count(look->node, GD_F_relations); i++) {
        struct gd_target table = truncated(look, i);
        gd_finding_write_closure(look, finding, &table, "truncate");
    }
}

/* TRUNCATE … RESTART IDENTITY: which counters. */
static void restart_sequences(struct gd_look *look, struct gd_finding *finding)
{
    for (size_t i = 0; restarts_identity(look) && i < gd_node_count(look->node, GD_F_relations);
         i++) {
        struct gd_target table = truncated(look, i);
        for (size_t c = 0;
             table.relation != NULL && !table.fresh && c < table.relation->column_count; c++)
            if (table.relation->columns[c].owned_sequence != NULL)
                gd_finding_note(look, finding, "%s starts again",
                                table.relation->columns[c].owned_sequence);
    }
}

static void truncate_and_restart(struct gd_look *look, struct gd_finding *finding)
{
    truncate_tables(look, finding);
    restart_sequences(look, finding);
}

/* ---- the catalogue ---- */

static bool writes_catalogue(const struct gd_look *look)
{
    return gd_look_table(look).system;
}

static bool copies_into_catalogue(const struct gd_look *look)
{
    return gd_node_flag(look->node, GD_F_is_from) && gd_look_table(look).system;
}

static bool empties_catalogue(const struct gd_look *look)
{
    for (size_t i = 0; i < gd_node_count(look->node, GD_F_relations); i++)
        if (truncated(look, i).system)
            return true;
    return false;
}

static void name_catalogue(struct gd_look *look, struct gd_finding *finding)
{
    bool truncates = gd_node_kind(look->node) == GD_KIND_TruncateStmt;
    struct gd_target table = truncates ? truncated(look, 0) : gd_look_table(look);
    gd_finding_object(look, finding, "catalogue table %s", table.name.name);
}

/* ---- COPY ---- */

static bool runs_program(const struct gd_look *look)
{
    return gd_node_flag(look->node, GD_F_is_program);
}

static bool copies_in(const struct gd_look *look)
{
    return !runs_program(look) && gd_node_flag(look->node, GD_F_is_from);
}

static bool copies_out(const struct gd_look *look)
{
    return !runs_program(look) && !gd_node_flag(look->node, GD_F_is_from) &&
           gd_node_text(look->node, GD_F_filename)[0] == '\0';
}

static bool writes_server_file(const struct gd_look *look)
{
    return !runs_program(look) && !gd_node_flag(look->node, GD_F_is_from) &&
           gd_node_text(look->node, GD_F_filename)[0] != '\0';
}

static void copy_in(struct gd_look *look, struct gd_finding *finding)
{
    struct gd_target table = gd_look_table(look);
    add_rows(look, finding, &table);
    if (gd_node_text(look->node, GD_F_filename)[0] != '\0')
        gd_finding_note(look, finding, "the file is read on the server, not here");
}

/* COPY table TO, COPY (query) TO: only reading. */
static void copy_out(struct gd_look *look, struct gd_finding *finding)
{
    const struct gd_node *query = gd_node_child(look->node, GD_F_query);
    if (query == NULL)
        gd_finding_object(look, finding, "table %s", gd_look_table(look).qualified);
    else if (!gd_reads_tables(query))
        finding->lock = GD_LOCK_NONE;
}

static void write_file(struct gd_look *look, struct gd_finding *finding)
{
    copy_out(look, finding);
    gd_finding_object(look, finding, "server file %s", gd_node_text(look->node, GD_F_filename));
}

static void run_program(struct gd_look *look, struct gd_finding *finding)
{
    gd_finding_object(look, finding, "program %s", gd_node_text(look->node, GD_F_filename));
}

/* ---- SELECT ---- */

static bool selects_into(const struct gd_look *look)
{
    return gd_node_child(look->node, GD_F_into_clause) != NULL;
}

static const struct gd_node *into_target(const struct gd_look *look)
{
    return gd_node_child(gd_node_child(look->node, GD_F_into_clause), GD_F_rel);
}

static bool selects_into_table(const struct gd_look *look)
{
    return selects_into(look) && !gd_says_temporary(into_target(look));
}

static bool selects_into_temporary(const struct gd_look *look)
{
    return selects_into(look) && gd_says_temporary(into_target(look));
}

static bool locks_rows(const struct gd_look *look)
{
    return !selects_into(look) && gd_node_count(look->node, GD_F_locking_clause) > 0;
}

static bool only_selects(const struct gd_look *look)
{
    return !selects_into(look) && !locks_rows(look);
}

static void read_rows(struct gd_look *look, struct gd_finding *finding)
{
    if (!gd_reads_tables(look->node))
        finding->lock = GD_LOCK_NONE;
}

static void select_into(struct gd_look *look, struct gd_finding *finding)
{
    finding->lock_on = NULL;
    read_rows(look, finding);
    (void)gd_finding_create_relation(look, finding, "table", into_target(look), false);
}

/* ---- EXPLAIN, PREPARE, cursors, LOCK ---- */

static bool analyzes(const struct gd_look *look)
{
    const struct gd_node *option = gd_option(look->node, GD_F_options, "analyze");
    return option != NULL && gd_option_on(option);
}

static bool only_explains(const struct gd_look *look)
{
    return !analyzes(look);
}

static void read_query(struct gd_look *look, struct gd_finding *finding)
{
    if (!gd_reads_tables(gd_node_child(look->node, GD_F_query)))
        finding->lock = GD_LOCK_NONE;
}

/* Even a plain EXPLAIN takes the locks of the statement. */
static void explain(struct gd_look *look, struct gd_finding *finding)
{
    const struct gd_node *query = gd_node_child(look->node, GD_F_query);
    switch (gd_node_kind(query)) {
    case GD_KIND_InsertStmt:
    case GD_KIND_UpdateStmt:
    case GD_KIND_DeleteStmt:
    case GD_KIND_MergeStmt:
        finding->lock = GD_LOCK_RX;
        break;
    case GD_KIND_SelectStmt:
        if (gd_node_count(query, GD_F_locking_clause) > 0)
            finding->lock = GD_LOCK_RS;
        else
            read_query(look, finding);
        break;
    default:
        read_query(look, finding);
    }
}

static void lock_tables(struct gd_look *look, struct gd_finding *finding)
{
    int64_t mode = gd_node_int(look->node, GD_F_mode);
    bool any = false;
    _Static_assert(GD_LOCK_AX == 8 && GD_LOCK_AS == 1, "the server numbers lock modes from 1 to 8");
    if (mode >= GD_LOCK_AS && mode <= GD_LOCK_AX)
        finding->lock = (enum gd_lock)mode;
    for (size_t i = 0; i < gd_node_count(look->node, GD_F_relations); i++) {
        struct gd_target table = truncated(look, i);
        if (i == 0)
            gd_finding_object(look, finding, "table %s", table.qualified);
        if (gd_is_shared(&table) && !any)
            finding->lock_on = table.qualified;
        any = any || gd_is_shared(&table);
    }
    if (!any)
        finding->lock = GD_LOCK_NONE;
}

// clang-format off
#define WRITES_CATALOGUE .class = GD_CLASS_UNKNOWN, .loses = GD_LOSES_DATA, .scope = GD_SCOPE_DATABASE, .lock = GD_LOCK_RX, .rerun = GD_RERUN_DEPENDS, \
     .because = "Writing the system catalogue by hand bypasses every check of the server; a mistake can make the database unusable, and only a physical backup brings it back.", \
     .instead = "Use the ALTER or DROP statement that does this.", .source = "catalogs-overview"

const struct gd_rule gd_rules_dml[] = {
    {.id = "I001", .title = "INSERT", .kind = GD_KIND_InsertStmt, .when = inserts, .effect = insert_rows,
     .class = GD_CLASS_ADDITIVE, .lock = GD_LOCK_RX, .rerun = GD_RERUN_REPEATS, .sqlstate = "23505",
     .because = "New rows take nothing away. A second run inserts them again, or fails on a unique key.",
     .instead = "For scripts that run again: ON CONFLICT DO NOTHING.", .source = "sql-insert"},
    {.id = "I002", .title = "INSERT … ON CONFLICT DO NOTHING", .kind = GD_KIND_InsertStmt, .when = inserts_or_skips, .effect = insert_rows,
     .class = GD_CLASS_ADDITIVE, .lock = GD_LOCK_RX, .rerun = GD_RERUN_OK,
     .because = "New rows take nothing away, and rows that are there stay as they are.",
     .instead = "", .source = "sql-insert"},
    {.id = "I003", .title = "INSERT … ON CONFLICT DO UPDATE", .kind = GD_KIND_InsertStmt, .when = inserts_or_updates, .effect = upsert_rows,
     .class = GD_CLASS_DESTRUCTIVE, .loses = GD_LOSES_DATA, .scope = GD_SCOPE_TABLES, .lock = GD_LOCK_RX, .rerun = GD_RERUN_OK, .sqlstate = "42P10",
     .because = "Rows that are there are overwritten: in a script that runs at each boot this undoes, each time, what people have edited since.",
     .instead = "Seed with ON CONFLICT DO NOTHING.", .source = "sql-insert"},
    {.id = "I010", .title = "UPDATE", .kind = GD_KIND_UpdateStmt, .effect = update_rows,
     .class = GD_CLASS_DESTRUCTIVE, .loses = GD_LOSES_DATA, .scope = GD_SCOPE_TABLES, .lock = GD_LOCK_RX, .rerun = GD_RERUN_DEPENDS,
     .because = "The old values are overwritten, and foreign keys with ON UPDATE CASCADE or SET NULL pass it on.",
     .instead = "", .source = "sql-update"},
    {.id = "I011", .title = "DELETE", .kind = GD_KIND_DeleteStmt, .effect = delete_rows,
     .class = GD_CLASS_DESTRUCTIVE, .loses = GD_LOSES_DATA, .scope = GD_SCOPE_TABLES, .lock = GD_LOCK_RX, .rerun = GD_RERUN_OK, .sqlstate = "23503",
     .because = "The rows are gone, and foreign keys with ON DELETE CASCADE or SET NULL pass it on to other tables.",
     .instead = "", .source = "sql-delete"},
    {.id = "I012", .title = "MERGE (inserts only)", .kind = GD_KIND_MergeStmt, .when = merge_only_adds, .effect = merge_in, .since_pg = 15,
     .class = GD_CLASS_ADDITIVE, .lock = GD_LOCK_RX, .rerun = GD_RERUN_DEPENDS,
     .because = "It only adds rows that are missing.",
     .instead = "", .source = "sql-merge"},
    {.id = "I013", .title = "MERGE", .kind = GD_KIND_MergeStmt, .when = merge_overwrites, .effect = merge_over, .since_pg = 15,
     .class = GD_CLASS_DESTRUCTIVE, .loses = GD_LOSES_DATA, .scope = GD_SCOPE_TABLES, .lock = GD_LOCK_RX, .rerun = GD_RERUN_DEPENDS,
     .because = "Rows that match are overwritten or deleted, and foreign keys pass it on.",
     .instead = "", .source = "sql-merge"},
    {.id = "I014", .title = "TRUNCATE", .kind = GD_KIND_TruncateStmt, .when = only_empties, .effect = truncate_tables,
     .class = GD_CLASS_DESTRUCTIVE, .loses = GD_LOSES_DATA, .scope = GD_SCOPE_TABLES, .lock = GD_LOCK_AX, .rerun = GD_RERUN_OK, .sqlstate = "0A000",
     .because = "Every row is gone, in partitions and child tables, too; no trigger for DELETE sees it.",
     .instead = "", .source = "sql-truncate"},
    {.id = "I015", .title = "TRUNCATE … CASCADE", .kind = GD_KIND_TruncateStmt, .when = cascades, .effect = truncate_and_restart,
     .class = GD_CLASS_DESTRUCTIVE, .loses = GD_LOSES_DATA, .scope = GD_SCOPE_TABLES, .lock = GD_LOCK_AX, .rerun = GD_RERUN_OK,
     .because = "Every row is gone, and so are all rows of every table with a foreign key to it, and to those, whatever their ON DELETE says.",
     .instead = "Leave CASCADE out and name the tables.", .source = "sql-truncate"},
    {.id = "I016", .title = "TRUNCATE … RESTART IDENTITY", .kind = GD_KIND_TruncateStmt, .when = empties_and_restarts, .effect = truncate_and_restart,
     .class = GD_CLASS_DESTRUCTIVE, .loses = GD_LOSES_DATA, .scope = GD_SCOPE_TABLES, .lock = GD_LOCK_AX, .rerun = GD_RERUN_OK, .sqlstate = "0A000",
     .because = "Every row is gone, in partitions and child tables, too, and the counters start again: numbers that other systems have stored come up a second time.",
     .instead = "", .source = "sql-truncate"},
    {.id = "I017", .title = "COPY … FROM", .kind = GD_KIND_CopyStmt, .when = copies_in, .effect = copy_in,
     .class = GD_CLASS_ADDITIVE, .lock = GD_LOCK_RX, .rerun = GD_RERUN_REPEATS, .sqlstate = "23505",
     .because = "New rows take nothing away. A second run inserts them again, or fails on a unique key.",
     .instead = "", .source = "sql-copy"},
    {.id = "I018", .title = "COPY … TO STDOUT", .kind = GD_KIND_CopyStmt, .when = copies_out, .effect = copy_out,
     .class = GD_CLASS_NONE, .lock = GD_LOCK_AS, .rerun = GD_RERUN_OK,
     .because = "Rows are only read.",
     .instead = "", .source = "sql-copy"},
    {.id = "I019", .title = "COPY … TO a file of the server", .kind = GD_KIND_CopyStmt, .when = writes_server_file, .effect = write_file,
     .class = GD_CLASS_DESTRUCTIVE, .loses = GD_LOSES_OUTSIDE, .scope = GD_SCOPE_NONE, .lock = GD_LOCK_AS, .rerun = GD_RERUN_OK,
     .because = "A file on the server's disk is written, and one of that name is overwritten; no backup of the database holds it.",
     .instead = "COPY … TO STDOUT, and write the file on this side.", .source = "sql-copy"},
    {.id = "I020", .title = "COPY … PROGRAM", .kind = GD_KIND_CopyStmt, .when = runs_program, .effect = run_program,
     .class = GD_CLASS_UNKNOWN, .loses = GD_LOSES_OUTSIDE, .scope = GD_SCOPE_DATABASE, .lock = GD_LOCK_RX, .rerun = GD_RERUN_DEPENDS,
     .because = "A shell command runs as the user of the server; it can do anything to the machine, and no backup of the database brings that back.",
     .instead = "Run the program on this side and COPY from or to it through STDIN or STDOUT.", .source = "sql-copy"},
    {.id = "I030", .title = "SELECT, VALUES, TABLE", .kind = GD_KIND_SelectStmt, .when = only_selects, .effect = read_rows,
     .class = GD_CLASS_NONE, .lock = GD_LOCK_AS, .rerun = GD_RERUN_OK,
     .because = "It only reads. What it calls, and what stands in its WITH, is judged for itself.",
     .instead = "", .source = "sql-select"},
    {.id = "I031", .title = "SELECT … INTO", .kind = GD_KIND_SelectStmt, .when = selects_into_table, .effect = select_into,
     .class = GD_CLASS_ADDITIVE, .lock = GD_LOCK_AS, .rerun = GD_RERUN_FAILS, .sqlstate = "42P07",
     .because = "It looks like a read and makes a table.",
     .instead = "CREATE TABLE AS says what it does.", .source = "sql-selectinto"},
    {.id = "I032", .title = "SELECT … INTO TEMPORARY", .kind = GD_KIND_SelectStmt, .when = selects_into_temporary, .effect = select_into,
     .class = GD_CLASS_NONE, .lock = GD_LOCK_AS, .rerun = GD_RERUN_FAILS, .sqlstate = "42P07",
     .because = "A temporary copy ends with the session.",
     .instead = "", .source = "sql-selectinto"},
    {.id = "I033", .title = "SELECT … FOR UPDATE, FOR SHARE", .kind = GD_KIND_SelectStmt, .when = locks_rows,
     .class = GD_CLASS_NONE, .lock = GD_LOCK_RS, .rerun = GD_RERUN_OK,
     .because = "Rows are read and held against writers until the transaction ends.",
     .instead = "", .source = "sql-select"},
    {.id = "I040", .title = "EXPLAIN", .kind = GD_KIND_ExplainStmt, .when = only_explains, .effect = explain,
     .class = GD_CLASS_NONE, .lock = GD_LOCK_AS, .rerun = GD_RERUN_OK,
     .because = "The statement is planned and not run.",
     .instead = "", .source = "sql-explain"},
    {.id = "I041", .title = "EXPLAIN ANALYZE", .kind = GD_KIND_ExplainStmt, .when = analyzes, .effect = explain,
     .class = GD_CLASS_NONE, .lock = GD_LOCK_AS, .rerun = GD_RERUN_OK,
     .because = "The statement is run, and does what it does; it is judged for itself.",
     .instead = "Without ANALYZE, or inside BEGIN and ROLLBACK.", .source = "sql-explain"},
    {.id = "I042", .title = "PREPARE", .kind = GD_KIND_PrepareStmt, .effect = read_query,
     .class = GD_CLASS_NONE, .lock = GD_LOCK_AS, .rerun = GD_RERUN_FAILS, .sqlstate = "42P05",
     .because = "The statement is kept for EXECUTE; it is judged here as if it ran.",
     .instead = "", .source = "sql-prepare"},
    {.id = "I043", .title = "EXECUTE", .kind = GD_KIND_ExecuteStmt,
     .class = GD_CLASS_NONE, .rerun = GD_RERUN_OK,
     .because = "It does what was prepared, and that is judged for itself.",
     .instead = "", .source = "sql-execute"},
    {.id = "I044", .title = "DEALLOCATE", .kind = GD_KIND_DeallocateStmt,
     .class = GD_CLASS_NONE, .rerun = GD_RERUN_FAILS, .sqlstate = "26000",
     .because = "Only this session forgets a prepared statement.",
     .instead = "", .source = "sql-deallocate"},
    {.id = "I045", .title = "DECLARE CURSOR", .kind = GD_KIND_DeclareCursorStmt, .effect = read_query,
     .class = GD_CLASS_NONE, .lock = GD_LOCK_AS, .rerun = GD_RERUN_FAILS, .sqlstate = "42P03",
     .because = "A cursor reads; its query is judged for itself.",
     .instead = "", .source = "sql-declare"},
    {.id = "I046", .title = "FETCH, MOVE", .kind = GD_KIND_FetchStmt,
     .class = GD_CLASS_NONE, .rerun = GD_RERUN_OK,
     .because = "It reads on from where the cursor stands.",
     .instead = "", .source = "sql-fetch"},
    {.id = "I047", .title = "CLOSE", .kind = GD_KIND_ClosePortalStmt,
     .class = GD_CLASS_NONE, .rerun = GD_RERUN_FAILS, .sqlstate = "34000",
     .because = "Only this session gives up a cursor.",
     .instead = "", .source = "sql-close"},
    {.id = "I050", .title = "LOCK TABLE", .kind = GD_KIND_LockStmt, .effect = lock_tables,
     .class = GD_CLASS_NONE, .lock = GD_LOCK_AX, .rerun = GD_RERUN_OK,
     .because = "Nothing changes, but others wait until the transaction ends; outside of a transaction block it is an error.",
     .instead = "Set lock_timeout first, and name the weakest mode that will do.", .source = "sql-lock"},
    {.id = "I060", .title = "INSERT into the catalogue", .kind = GD_KIND_InsertStmt, .when = writes_catalogue, .effect = name_catalogue, WRITES_CATALOGUE},
    {.id = "I061", .title = "UPDATE of the catalogue", .kind = GD_KIND_UpdateStmt, .when = writes_catalogue, .effect = name_catalogue, WRITES_CATALOGUE},
    {.id = "I062", .title = "DELETE from the catalogue", .kind = GD_KIND_DeleteStmt, .when = writes_catalogue, .effect = name_catalogue, WRITES_CATALOGUE},
    {.id = "I063", .title = "MERGE into the catalogue", .kind = GD_KIND_MergeStmt, .when = writes_catalogue, .effect = name_catalogue, .since_pg = 15, WRITES_CATALOGUE},
    {.id = "I064", .title = "COPY into the catalogue", .kind = GD_KIND_CopyStmt, .when = copies_into_catalogue, .effect = name_catalogue, WRITES_CATALOGUE},
    {.id = "I065", .title = "TRUNCATE of the catalogue", .kind = GD_KIND_TruncateStmt, .when = empties_catalogue, .effect = name_catalogue, WRITES_CATALOGUE},
};
// clang-format on
const size_t gd_rules_dml_count = sizeof gd_rules_dml / sizeof gd_rules_dml[0];
