#include "guardian/base/lookup.h"

#include <assert.h>
#include <stdbool.h>
#include <string.h>

enum { SLOTS_FIRST = 16 };

static uint64_t hash_more(uint64_t hash, const char *text)
{
    for (; *text != '\0'; text++)
        hash = (hash ^ (unsigned char)*text) * 1099511628211u; /* FNV-1a */
    return hash * 1099511628211u;                              /* "ab" "c" is not "a" "bc" */
}

static uint64_t hash_of(const char *kind, const char *schema, const char *name)
{
    uint64_t hash = hash_more(hash_more(hash_more(14695981039346656037u, kind), schema), name);
    return hash ^ hash >> 32;
}

static bool is_key(const struct gd_lookup_slot *slot, const struct gd_lookup_slot *key)
{
    return slot->hash == key->hash && strcmp(slot->name, key->name) == 0 &&
           strcmp(slot->schema, key->schema) == 0 && strcmp(slot->kind, key->kind) == 0;
}

/* The slot that holds a key, or the free one where it belongs. */
static struct gd_lookup_slot *slot_of(const struct gd_lookup *lookup,
                                      const struct gd_lookup_slot *key)
{
    size_t at = key->hash & (lookup->slot_count - 1);
    for (;; at = (at + 1) & (lookup->slot_count - 1)) {
        struct gd_lookup_slot *slot = &lookup->slots[at];
        if (slot->value == NULL || is_key(slot, key))
            return slot;
    }
}

void *gd_lookup_get(const struct gd_lookup *lookup, const char *kind, const char *schema,
                    const char *name)
{
    if (lookup->count == 0)
        return NULL;
    struct gd_lookup_slot key = {kind, schema, name, hash_of(kind, schema, name), NULL};
    return slot_of(lookup, &key)->value;
}

static void grow(struct gd_lookup *lookup, struct gd_arena *arena)
{
    struct gd_lookup larger = {.slot_count =
                                   lookup->slot_count == 0 ? SLOTS_FIRST : lookup->slot_count * 2,
                               .count = lookup->count};
    larger.slots = gd_arena_zalloc(arena, larger.slot_count, sizeof *larger.slots);
    for (size_t i = 0; i < lookup->slot_count; i++) {
        const struct gd_lookup_slot *slot = &lookup->slots[i];
        if (slot->value != NULL)
            *slot_of(&larger, slot) = *slot;
    }
    *lookup = larger;
}

void gd_lookup_set(struct gd_lookup *lookup, const char *kind, const char *schema, const char *name,
                   void *value, struct gd_arena *arena)
{
    assert(value != NULL);
    if (lookup->count * 4 >= lookup->slot_count * 3)
        grow(lookup, arena);
    struct gd_lookup_slot key = {kind, schema, name, hash_of(kind, schema, name), value};
    struct gd_lookup_slot *slot = slot_of(lookup, &key);
    lookup->count += slot->value == NULL;
    *slot = key;
}
