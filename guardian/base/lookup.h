/*
 * Lookup: from a kind, a schema and a name to a pointer, for what a script of any length brings up.
 *
 * Lives in an arena; grows by doubling. Zero-initialise it. The texts of a key are views; what a
 * key does not need is "".
 */
#ifndef GUARDIAN_BASE_LOOKUP_H
#define GUARDIAN_BASE_LOOKUP_H

#include <stddef.h>
#include <stdint.h>

#include "guardian/base/arena.h"

struct gd_lookup_slot {
    const char *kind, *schema, *name;
    uint64_t hash;
    void *value; /* NULL: the slot is free */
};

struct gd_lookup {
    struct gd_lookup_slot *slots;
    size_t slot_count, count; /* a power of two; at most three quarters of it are used */
};

/** The value of a key, or NULL. */
void *gd_lookup_get(const struct gd_lookup *lookup, const char *kind, const char *schema,
                    const char *name);

/** Set it, in place of what was there. `value` is not NULL. */
void gd_lookup_set(struct gd_lookup *lookup, const char *kind, const char *schema, const char *name,
                   void *value, struct gd_arena *arena);

#endif
