#include "guardian/base/map.h"

#include <assert.h>

static size_t find_slot(const struct gd_map *map, uint64_t key)
{
    uint64_t hash = key ^ (key >> 32);
    hash *= 0x9E3779B97F4A7C15u;
    size_t slot = (size_t)(hash >> 20) & (map->slot_count - 1);
    while (map->slots[slot].used && map->slots[slot].key != key)
        slot = (slot + 1) & (map->slot_count - 1);
    return slot;
}

uint32_t gd_map_get(const struct gd_map *map, uint64_t key)
{
    if (map->slot_count == 0)
        return GD_MAP_NONE;
    const struct gd_map_slot *slot = &map->slots[find_slot(map, key)];
    return slot->used ? slot->value : GD_MAP_NONE;
}

static void grow(struct gd_map *map, struct gd_arena *arena)
{
    struct gd_map larger = {.slot_count = map->slot_count == 0 ? 64 : map->slot_count * 4,
                            .count = map->count};
    larger.slots = gd_arena_zalloc(arena, larger.slot_count, sizeof *larger.slots);
    for (size_t i = 0; i < map->slot_count; i++)
        if (map->slots[i].used)
            larger.slots[find_slot(&larger, map->slots[i].key)] = map->slots[i];
    *map = larger;
}

bool gd_map_add(struct gd_map *map, uint64_t key, uint32_t value, struct gd_arena *arena)
{
    assert(value != GD_MAP_NONE);
    if (map->count * 2 >= map->slot_count)
        grow(map, arena);
    struct gd_map_slot *slot = &map->slots[find_slot(map, key)];
    if (slot->used)
        return false;
    *slot = (struct gd_map_slot){.key = key, .value = value, .used = true};
    map->count++;
    return true;
}
