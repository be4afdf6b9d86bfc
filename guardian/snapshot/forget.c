#include "guardian/snapshot/forget.h"

#include <inttypes.h>
#include <string.h>

#include "guardian/base/crew.h"
#include "guardian/base/fault.h"

enum { WORKERS = 8, BATCH = 512 };

struct looking {
    struct gd_forgotten *out;
    struct gd_arena *arena;
    size_t prefix, room;
    const char **later; /* all but manifests */
    size_t later_count, later_room;
};

static bool is_manifest(const char *name)
{
    static const char end[] = "/manifest.json";
    size_t size = strlen(name);
    return strncmp(name, "base/", 5) == 0 && size > sizeof end - 1 &&
           strcmp(name + size - (sizeof end - 1), end) == 0;
}

GD_MUST static struct gd_status see(void *context, const struct gd_store_entry *entry,
                                    struct gd_error *err)
{
    struct looking *looking = context;
    struct gd_forgotten *out = looking->out;
    const char *key = gd_arena_strdup(looking->arena, entry->key);
    const char *name = key + looking->prefix;
    (void)err;
    out->bytes += entry->bytes;
    if (entry->modified_us > out->newest_us)
        out->newest_us = entry->modified_us;
    if (strncmp(name, "holds/", 6) == 0)
        out->held = name + 6;
    if (is_manifest(name)) {
        out->keys = gd_arena_more(looking->arena, out->keys, out->manifests, &looking->room,
                                  sizeof *out->keys);
        out->keys[out->manifests++] = key;
        return GD_DONE;
    }
    looking->later = gd_arena_more(looking->arena, looking->later, looking->later_count,
                                   &looking->later_room, sizeof *looking->later);
    looking->later[looking->later_count++] = key;
    return GD_DONE;
}

struct gd_status gd_forget_look(struct gd_store *store, uint64_t system_identifier,
                                struct gd_arena *arena, struct gd_forgotten *out_forgotten,
                                struct gd_error *err)
{
    struct gd_forgotten out = {.system_identifier = system_identifier};
    struct looking looking = {.out = &out, .arena = arena};
    const char *prefix = gd_arena_printf(arena, "v1/%" PRIu64 "/", system_identifier);
    looking.prefix = strlen(prefix);
    GD_TRY(gd_store_list(store, prefix, see, &looking, err));
    const char **keys =
        gd_arena_zalloc(arena, out.manifests + looking.later_count + 1, sizeof *keys);
    if (out.manifests > 0)
        memcpy(keys, out.keys, out.manifests * sizeof *keys);
    if (looking.later_count > 0)
        memcpy(keys + out.manifests, looking.later, looking.later_count * sizeof *keys);
    out.keys = keys;
    out.count = out.manifests + looking.later_count;
    *out_forgotten = out;
    return GD_DONE;
}

struct batch {
    struct gd_store *store;
    const char *const *keys;
};

GD_MUST static struct gd_status remove_one(void *context, size_t index, struct gd_arena *scratch,
                                           struct gd_error *err)
{
    const struct batch *batch = context;
    (void)scratch;
    GD_TRY(gd_fault("forget: before an object", err));
    return gd_store_remove(batch->store, batch->keys[index], err);
}

struct gd_status gd_forget(struct gd_store *store, struct gd_forgotten *forgotten,
                           struct gd_error *err)
{
    while (forgotten->removed < forgotten->count) {
        size_t at = forgotten->removed;
        size_t end = at < forgotten->manifests ? forgotten->manifests : forgotten->count;
        size_t some = end - at < BATCH ? end - at : BATCH;
        struct batch batch = {store, forgotten->keys + at};
        GD_TRY(gd_crew_run(some, WORKERS, remove_one, &batch, err));
        forgotten->removed += some;
    }
    return GD_DONE;
}
