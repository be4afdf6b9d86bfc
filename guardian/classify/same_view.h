/*
 * Same view: is a new view's text what the catalogue already holds?
 *
 * The server prints a view in its own words: columns qualified, names of columns added. The
 * comparison follows a few of those habits and no more: "no" only means that it is not certain.
 */
#ifndef GUARDIAN_CLASSIFY_SAME_VIEW_H
#define GUARDIAN_CLASSIFY_SAME_VIEW_H

#include "guardian/classify/look.h"

/** Does `query` (of a ViewStmt or CreateTableAsStmt) surely say what `printed`, the answer of
 *  pg_get_viewdef(), says? */
bool gd_is_same_view(const struct gd_look *look, const struct gd_node *query, const char *printed);

/** Does the CREATE VIEW in look->node make the view that is there? No options on either side, no
 *  list of column names: the query alone decides. */
bool gd_is_same_view_statement(const struct gd_look *look, const struct gd_relation *there);

#endif
