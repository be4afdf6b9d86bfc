/*
 * Builtins: what a name in pg_catalog does when it is called, told from the name alone.
 *
 * The answer is the worst over all overloads and all server versions that Guardian knows. It is
 * only about pg_catalog: a function of the user's may carry the same name in another schema, and
 * the caller asks the catalogue about that first.
 */
#ifndef GUARDIAN_CLASSIFY_BUILTINS_H
#define GUARDIAN_CLASSIFY_BUILTINS_H

#include <stdbool.h>
#include <stddef.h>

enum gd_builtin {
    GD_BUILTIN_NONE,     /* no builtin has this name */
    GD_BUILTIN_STABLE,   /* immutable or stable: computes, or reads what stands there */
    GD_BUILTIN_HARMLESS, /* volatile, but changes nothing of value: random(), nextval() … */
    GD_BUILTIN_EFFECT,   /* has a row of its own: setval(), pg_terminate_backend() … */
};

/** `name` as the catalogue spells it: lower case, but for a few internal ones. */
enum gd_builtin gd_builtin_function(const char *name);

/** No builtin operator calls anything volatile, so one answer is enough. */
bool gd_builtin_operator(const char *name);

/** The names in order, NULL after the last: for tests. */
const char *gd_builtin_function_at(size_t index);

#endif
