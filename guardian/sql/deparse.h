/*
 * Deparse: pieces of a parse tree back to SQL text.
 *
 * For queries that Guardian asks in its own words about what a statement says: a CHECK's condition,
 * an index's expressions, the WHERE of a DELETE. Names come out quoted where they must be.
 *
 * Invariant 1  The text means what the tree means: a piece that the library cannot write is NULL,
 *              never an approximation. Callers then ask nothing.
 * Invariant 2  Must run inside gd_deep_call(), as everything that reads trees with the library.
 */
#ifndef GUARDIAN_SQL_DEPARSE_H
#define GUARDIAN_SQL_DEPARSE_H

#include "guardian/base/arena.h"
#include "guardian/sql/tree.h"

/** An expression, as it could stand in a SELECT list. */
const char *gd_deparse_expression(const struct gd_node *expression, struct gd_arena *arena);

/** A TypeName: "numeric(10, 2)", "app.mood[]". */
const char *gd_deparse_type(const struct gd_node *type_name, struct gd_arena *arena);

/** One item of a FROM list: "public.users u", "(SELECT …) x", "a JOIN b ON …". */
const char *gd_deparse_from(const struct gd_node *item, struct gd_arena *arena);

/** "WITH a AS (…), b AS (…)". */
const char *gd_deparse_with(const struct gd_node *with_clause, struct gd_arena *arena);

/** A whole statement (SelectStmt, UpdateStmt, CreateStmt …). */
const char *gd_deparse_statement(const struct gd_node *statement, struct gd_arena *arena);

#endif
