/*
 * Relations: what CREATE and DROP of tables, views, indexes and sequences have in common.
 *
 * A list of names is judged name by name: what is not there, what this script made itself and what
 * is temporary costs nothing; the rest does.
 */
#ifndef GUARDIAN_CLASSIFY_RELATIONS_H
#define GUARDIAN_CLASSIFY_RELATIONS_H

#include "guardian/classify/look.h"

/** What the drop of one relation that was there before loses; may be NULL. */
typedef void gd_drop_fn(struct gd_look *look, struct gd_finding *finding,
                        const struct gd_target *target);

/** Judge the relations in `objects` of a DropStmt; `word` is "table", "view" … */
void gd_finding_drop_relations(struct gd_look *look, struct gd_finding *finding, const char *word,
                               gd_drop_fn *lose);

/**
 * Judge the creation of the relation that `range_var` names.
 *
 * @param word    "table", "view" …
 * @param skips   the statement says IF NOT EXISTS
 * @return the relation; `exists` is GD_YES only when it stands in the way: the finding is done then
 *         (when `skips`) or says that the statement fails
 */
struct gd_target gd_finding_create_relation(struct gd_look *look, struct gd_finding *finding,
                                            const char *word, const struct gd_node *range_var,
                                            bool skips);

/** Where a CREATE puts its relation: the schema written, or the one that search_path names first. A
 *  temporary relation of the same name does not hide it. */
struct gd_target gd_look_new_relation(const struct gd_look *look, const struct gd_node *range_var);

/** Rename, SET SCHEMA or a change of options of the relation in `range_var`: names it, and finds it
 *  fresh, temporary or absent. */
struct gd_target gd_finding_change_relation(struct gd_look *look, struct gd_finding *finding,
                                            const char *word, const struct gd_node *range_var);

/** The statement waits for nobody and reads nothing. */
void gd_finding_rests(struct gd_finding *finding);

/** CREATE or DROP in a catalogue schema: no backup of tables brings that back. */
void gd_finding_is_catalogue(struct gd_look *look, struct gd_finding *finding, const char *name);

/** Does a RangeVar name a temporary relation, by TEMP or by its schema? */
bool gd_says_temporary(const struct gd_node *range_var);

/** Does a tree read any table (common table expressions do not count)? */
bool gd_reads_tables(const struct gd_node *tree);

/** A table that stood there before this script holds it; a fresh or temporary one holds nobody up.
 */
bool gd_is_shared(const struct gd_target *target);

#endif
