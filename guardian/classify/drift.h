/*
 * Drift: CREATE … IF NOT EXISTS compares names only. What is there may be something else.
 */
#ifndef GUARDIAN_CLASSIFY_DRIFT_H
#define GUARDIAN_CLASSIFY_DRIFT_H

#include "guardian/classify/look.h"

/** Note where a CREATE TABLE and the table of that name that is there differ: columns that are
 *  missing, of another type, NOT NULL or not. Nothing is said of what cannot be compared. */
void gd_finding_drift(struct gd_look *look, struct gd_finding *finding,
                      const struct gd_target *there, const struct gd_node *create_stmt);

#endif
