/*
 * Map: from a 64-bit key to a position. For keys that are the thing itself, not a hash of it.
 *
 * Lives in an arena; grows by doubling. Zero-initialise it. Key and value may be anything but the
 * value GD_MAP_NONE.
 */
#ifndef GUARDIAN_BASE_MAP_H
#define GUARDIAN_BASE_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "guardian/base/arena.h"

#define GD_MAP_NONE UINT32_MAX

struct gd_map_slot {
    uint64_t key;
    uint32_t value;
    bool used;
};

struct gd_map {
    struct gd_map_slot *slots;
    size_t slot_count, count;
};

/** The value of `key`, or GD_MAP_NONE. */
uint32_t gd_map_get(const struct gd_map *map, uint64_t key);

/** Set `key` unless it is there. @return true when it is new */
bool gd_map_add(struct gd_map *map, uint64_t key, uint32_t value, struct gd_arena *arena);

#endif
