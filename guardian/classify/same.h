/*
 * Same: does a CREATE make what the catalogue holds already?
 *
 * Each answers for the statement in look->node, against the survey and not against what the script
 * did to it before, so that a DROP and a CREATE of the same thing can be seen to change nothing.
 * "No" is the answer whenever it cannot be told.
 */
#ifndef GUARDIAN_CLASSIFY_SAME_H
#define GUARDIAN_CLASSIFY_SAME_H

#include "guardian/classify/look.h"

/** CREATE FUNCTION or PROCEDURE: body, arguments, result and every attribute. */
bool gd_same_routine(const struct gd_look *look);

/** CREATE TRIGGER: all but its name's table, which is where it is looked for. */
bool gd_same_trigger(const struct gd_look *look);

/** CREATE POLICY: command, roles and both expressions. */
bool gd_same_policy(const struct gd_look *look);

/** Is an expression of the script the one that the server stored and deparsed as `stored`? NULL is
 *  no expression. The server writes the type behind a string constant that had none. */
bool gd_same_expression(const struct gd_look *look, const struct gd_node *written,
                        const char *stored);

#endif
