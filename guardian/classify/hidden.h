/*
 * Hidden: code that runs although no statement calls it.
 *
 * A cast, an operator, the CHECK of a domain, a default, a generated column, an index on an
 * expression, the WHEN of a trigger, an event trigger: each runs a function when something else is
 * done. What the script made counts as well as what the catalogue has.
 */
#ifndef GUARDIAN_CLASSIFY_HIDDEN_H
#define GUARDIAN_CLASSIFY_HIDDEN_H

#include "guardian/classify/judge.h"

/** A TypeCast runs: the casts to its type, and the checks of a domain. */
void gd_hidden_cast(struct gd_judge *judge, const struct gd_node *cast);

/** A type is used by what runs: the checks of a domain. */
void gd_hidden_type(struct gd_judge *judge, const struct gd_node *type_name);

/** An operator of that name runs. @return true when the script made one */
bool gd_hidden_operator(struct gd_judge *judge, const char *name);

/** Rows of a table are written: its defaults, checks, generated columns, indexes, triggers' WHEN.
 */
void gd_hidden_write(struct gd_judge *judge, const struct gd_target *table);

/** Definitions of this script run that hang on the relation, or on any when it is NULL. */
void gd_hidden_attached(struct gd_judge *judge, const struct gd_target *relation);

/** The query of a materialized view runs. */
void gd_hidden_query(struct gd_judge *judge, const struct gd_target *matview);

/** Could an event trigger fire? */
bool gd_hidden_is_ddl(const struct gd_node *statement);
bool gd_hidden_is_ddl_kind(enum gd_kind kind); /* SELECT INTO apart, which its kind does not tell */

/** A statement that changes definitions runs: event triggers that the script made fire. */
void gd_hidden_ddl(struct gd_judge *judge, const struct gd_node *statement);

/** A statement that lets a function run later without being called (an operator, a cast, an
 *  aggregate, a domain, a policy, an event trigger): the function is judged now, because from here
 *  on nothing in a text shows when it runs. Functions that are not known are let be. */
void gd_hidden_hook(struct gd_judge *judge, const struct gd_node *statement);

/** Defaults of a function's arguments; `arguments` as pg_get_function_arguments() gives them. */
void gd_hidden_arguments(struct gd_judge *judge, const char *arguments);

#endif
