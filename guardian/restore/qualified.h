/*
 * Qualified: the names with a schema in a statement's text, by the scanner's tokens.
 *
 * What a name stands for is not known here: "public"."users" is a pair, wherever it stands. Inside
 * restore/ only.
 */
#ifndef GUARDIAN_RESTORE_QUALIFIED_H
#define GUARDIAN_RESTORE_QUALIFIED_H

#include <stdbool.h>
#include <stddef.h>

#include "guardian/base/arena.h"

struct gd_pair {
    const char *schema, *name; /* as the server would store them */
    size_t offset, size;       /* of both, in the text */
};

/** `literal`: the pair stands in 'schema.name'::regclass, and offset and size are the literal's. */
typedef void gd_pair_fn(const struct gd_pair *pair, bool literal, void *context);

/** Call `each` for every pair, in the order of the text. Must run inside gd_deep_call(). */
void gd_each_pair(const char *text, struct gd_arena *arena, gd_pair_fn *each, void *context);

#endif
