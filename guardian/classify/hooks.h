/*
 * Hooks: functions of the live catalogue that run because something else is done.
 *
 * The survey lists them (struct gd_hook): a default, a check, an index, a view's query, a policy,
 * an operator, an event trigger … and the function behind it. Where a statement may run one, its
 * body is judged. What comes out clean adds nothing to the verdict and is remembered, so that a
 * helper function costs one reading and no noise.
 *
 * Invariant  A hook that no text shows (a cast, an operator class) counts for every statement that
 *            computes anything; one on a relation only for statements that reach the relation.
 */
#ifndef GUARDIAN_CLASSIFY_HOOKS_H
#define GUARDIAN_CLASSIFY_HOOKS_H

#include "guardian/classify/judge.h"

/* Kinds of hooks, as letters of enum gd_hook_kind, that run when … */
#define GD_HOOKS_OF_WRITE "dcik" /* a row is inserted or updated */
#define GD_HOOKS_OF_REBUILD                                                                        \
    "gci" /* g: defaults that are formulas; the table is written anew, or a column gets another    \
             type */
#define GD_HOOKS_OF_SAMPLE "is" /* ANALYZE */

/** Hooks of these kinds on a relation run. */
void gd_hooks_on(struct gd_judge *judge, const struct gd_relation *relation, const char *kinds);

/** Rows of a relation are written: what is on it, and the checks of its columns' domains. */
void gd_hooks_of_write(struct gd_judge *judge, const struct gd_relation *relation);

/** A value of the type is made: of a domain, or of what holds one. */
void gd_hooks_of_type(struct gd_judge *judge, uint32_t type_oid);

/** The type that a TypeName names is used by what runs. */
void gd_hooks_of_type_name(struct gd_judge *judge, const struct gd_node *type_name);

/** A body runs, whose variables may be of any type that it names. */
void gd_hooks_of_body(struct gd_judge *judge);

/** An aggregate is called. */
void gd_hooks_of_aggregate(struct gd_judge *judge, const struct gd_function *aggregate);

/** A statement was judged, its findings are those from `first` on: what else does it run? */
void gd_hooks_of_statement(struct gd_judge *judge, const struct gd_node *statement, bool rewrites);

/** A function that something in this script runs without calling it. */
void gd_hooks_run_named(struct gd_judge *judge, const char *name);

#endif
