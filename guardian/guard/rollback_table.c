/* Rollback, tables: the columns of a CREATE TABLE as pg_dump writes it. See rollback_dump.h. */
#include <string.h>

#include "guardian/guard/rollback_dump.h"
#include "guardian/sql/deparse.h"
#include "guardian/sql/parse.h"

struct reading {
    struct gd_back_table *table;
    struct gd_arena *arena;
};

static bool is_type(const struct gd_node *node, const char *name)
{
    return gd_node_enum_is(node, GD_F_contype, name);
}

static const char *collation_of(const struct gd_node *column, struct gd_arena *arena)
{
    const struct gd_node *clause = gd_node_child(column, GD_F_coll_clause);
    if (clause == NULL)
        return "";
    return gd_arena_printf(arena, " COLLATE %s",
                           gd_quoted_pair(gd_node_name_schema(clause, GD_F_collname),
                                          gd_node_name_last(clause, GD_F_collname), arena));
}

static void read_column_constraint(struct reading *reading, struct gd_back_column *column,
                                   const struct gd_node *constraint)
{
    struct gd_arena *arena = reading->arena;
    const struct gd_node *expression = gd_node_child(constraint, GD_F_raw_expr);
    if (is_type(constraint, "CONSTR_NOTNULL")) {
        const char *name = gd_node_text(constraint, GD_F_conname);
        column->not_null = true;
        column->not_null_name = *name == '\0' ? NULL : gd_quoted(name, arena);
    } else if (is_type(constraint, "CONSTR_DEFAULT")) {
        column->value = gd_deparse_expression(expression, arena);
        reading->table->odd |= column->value == NULL;
    } else if (is_type(constraint, "CONSTR_GENERATED")) {
        column->generated = gd_deparse_expression(expression, arena);
        reading->table->odd |= column->generated == NULL;
    } else {
        reading->table->odd = true;
    }
}

static void read_column(struct reading *reading, const struct gd_node *node)
{
    struct gd_back_table *table = reading->table;
    struct gd_back_column *column = &table->columns[table->column_count++];
    const char *type = gd_deparse_type(gd_node_child(node, GD_F_type_name), reading->arena);
    *column = (struct gd_back_column){
        .name = gd_arena_strdup(reading->arena, gd_node_text(node, GD_F_colname)),
        .type = type == NULL ? "" : type,
        .collation = collation_of(node, reading->arena)};
    table->odd |= type == NULL;
    for (size_t i = 0; i < gd_node_count(node, GD_F_constraints); i++)
        read_column_constraint(reading, column, gd_node_at(node, GD_F_constraints, i));
}

static void read_check(struct reading *reading, const struct gd_node *node)
{
    struct gd_arena *arena = reading->arena;
    struct gd_back_table *table = reading->table;
    const char *condition = gd_deparse_expression(gd_node_child(node, GD_F_raw_expr), arena);
    const char *name = gd_node_text(node, GD_F_conname);
    if (!is_type(node, "CONSTR_CHECK") || condition == NULL || *name == '\0') {
        table->odd = true;
        return;
    }
    table->check_names[table->check_count] = gd_quoted(name, arena);
    table->checks[table->check_count++] =
        gd_arena_printf(arena, "CONSTRAINT %s CHECK (%s)%s%s", gd_quoted(name, arena), condition,
                        gd_node_flag(node, GD_F_is_no_inherit) ? " NO INHERIT" : "",
                        gd_node_flag(node, GD_F_skip_validation) ? " NOT VALID" : "");
}

/* What stands before the first parenthesis, and behind the one that closes it. */
static void read_frame(struct reading *reading, const char *sql)
{
    size_t count;
    struct gd_token *tokens;
    struct gd_refusal refusal;
    int depth = 0;
    reading->table->head = reading->table->tail = "";
    if (!gd_scan(sql, reading->arena, &count, &tokens, &refusal))
        return;
    for (size_t i = 0; i < count; i++) {
        char c = tokens[i].size == 1 ? sql[tokens[i].offset] : ' ';
        if (c == '(' && depth++ == 0)
            reading->table->head = gd_arena_strndup(reading->arena, sql, tokens[i].offset);
        if (c == ')' && --depth == 0) {
            reading->table->tail =
                gd_arena_strdup(reading->arena, sql + tokens[i].offset + tokens[i].size);
            return;
        }
    }
}

static void read_parents(struct reading *reading, const struct gd_node *base)
{
    size_t count = gd_node_count(base, GD_F_inh_relations);
    const char **parents = gd_arena_zalloc(reading->arena, count + 1, sizeof *parents);
    for (size_t i = 0; i < count; i++) {
        const struct gd_node *parent = gd_node_at(base, GD_F_inh_relations, i);
        parents[i] = gd_quoted_pair(gd_node_text(parent, GD_F_schemaname),
                                    gd_node_text(parent, GD_F_relname), reading->arena);
    }
    reading->table->parents = parents;
    reading->table->parent_count = count;
}

struct gd_back_table *gd_back_table_of(const char *sql, const struct gd_node *tree,
                                       struct gd_arena *arena)
{
    struct gd_back_table *table = gd_arena_zalloc(arena, 1, sizeof *table);
    struct reading reading = {table, arena};
    const struct gd_node *base = gd_node_kind(tree) == GD_KIND_CreateForeignTableStmt
                                     ? gd_node_child(tree, GD_F_base_stmt)
                                     : tree;
    const struct gd_node *relation = gd_node_child(base, GD_F_relation);
    size_t count = gd_node_count(base, GD_F_table_elts);
    table->foreign = base != tree;
    table->name = gd_quoted_pair(gd_node_text(relation, GD_F_schemaname),
                                 gd_node_text(relation, GD_F_relname), arena);
    table->unlogged = strcmp(gd_node_text(relation, GD_F_relpersistence), "u") == 0;
    table->columns = gd_arena_zalloc(arena, count + 1, sizeof *table->columns);
    table->checks = gd_arena_zalloc(arena, count + 1, sizeof *table->checks);
    table->check_names = gd_arena_zalloc(arena, count + 1, sizeof *table->check_names);
    read_frame(&reading, sql);
    read_parents(&reading, base);
    for (size_t i = 0; i < count; i++) {
        const struct gd_node *element = gd_node_at(base, GD_F_table_elts, i);
        if (gd_node_kind(element) == GD_KIND_ColumnDef)
            read_column(&reading, element);
        else
            read_check(&reading, element);
    }
    return table;
}

const struct gd_back_column *gd_back_column(const struct gd_back_table *table, const char *name)
{
    for (size_t i = 0; table != NULL && i < table->column_count; i++)
        if (strcmp(table->columns[i].name, name) == 0)
            return &table->columns[i];
    return NULL;
}

/* --- inherited --------------------------------------------------------------------------------*/

static const struct gd_back_table *table_named(const struct gd_back_dump *dump, const char *name)
{
    for (size_t i = 0; i < dump->count; i++)
        if (dump->items[i].columns != NULL && strcmp(dump->items[i].columns->name, name) == 0)
            return dump->items[i].columns;
    return NULL;
}

/* One of the same name is the same; NOT NULL of either holds. */
static void add_missing(struct gd_back_table *all, const struct gd_back_table *parent)
{
    for (size_t i = 0; i < parent->column_count; i++) {
        struct gd_back_column *there = NULL;
        for (size_t k = 0; k < all->column_count && there == NULL; k++)
            if (strcmp(all->columns[k].name, parent->columns[i].name) == 0)
                there = &all->columns[k];
        if (there == NULL)
            all->columns[all->column_count++] = parent->columns[i];
        else
            there->not_null |= parent->columns[i].not_null;
    }
}

const struct gd_back_table *gd_back_all_columns(const struct gd_back_dump *dump,
                                                const struct gd_back_table *table,
                                                struct gd_arena *arena)
{
    if (table == NULL || table->parent_count == 0)
        return table;
    struct gd_back_table *all = gd_arena_zalloc(arena, 1, sizeof *all);
    *all = *table;
    for (size_t i = 0; i < table->parent_count; i++) {
        const struct gd_back_table *parent =
            gd_back_all_columns(dump, table_named(dump, table->parents[i]), arena);
        if (parent == NULL)
            continue;
        struct gd_back_column *columns =
            gd_arena_zalloc(arena, all->column_count + parent->column_count + 1, sizeof *columns);
        if (all->column_count > 0)
            memcpy(columns, all->columns, all->column_count * sizeof *columns);
        all->columns = columns;
        add_missing(all, parent);
    }
    return all;
}
