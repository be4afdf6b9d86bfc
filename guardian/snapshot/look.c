/*
 * Look: is everything there that a manifest names?
 *
 * One listing of the folder, compared with the manifest. A store whose listings lag behind must not
 * make a good snapshot look damaged: what a listing does not show as it should be is asked for.
 */
#include <stdlib.h>
#include <string.h>

#include "guardian/snapshot/manifest.h"

struct seen {
    const char *name; /* below the folder */
    uint64_t bytes;
};

struct folder {
    struct seen *objects; /* ascending by name: in the order of the listing */
    size_t count, room, prefix_size;
    struct gd_arena *arena;
};

static struct gd_status see(void *context, const struct gd_store_entry *entry, struct gd_error *err)
{
    (void)err;
    struct folder *folder = context;
    folder->objects = gd_arena_more(folder->arena, folder->objects, folder->count, &folder->room,
                                    sizeof *folder->objects);
    folder->objects[folder->count++] = (struct seen){
        gd_arena_strdup(folder->arena, entry->key + folder->prefix_size), entry->bytes};
    return GD_DONE;
}

static int by_name(const void *left, const void *right)
{
    const struct seen *a = left, *b = right;
    return strcmp(a->name, b->name);
}

static bool is_listed(const struct folder *folder, const struct gd_stored *stored)
{
    if (folder->count == 0)
        return false;
    const struct seen wanted = {.name = stored->name};
    const struct seen *found =
        bsearch(&wanted, folder->objects, folder->count, sizeof wanted, by_name);
    return found != NULL && found->bytes == stored->stored_bytes;
}

static struct gd_status ask(struct gd_store *store, const char *key, uint64_t bytes,
                            struct gd_error *err)
{
    struct gd_store_entry entry = {0};
    bool there = false;
    GD_TRY(gd_store_head(store, key, &there, &entry, err));
    if (!there)
        return gd_fail(err, GD_CORRUPT, "object \"%s\" is missing", key);
    if (entry.bytes != bytes)
        return gd_fail(err, GD_CORRUPT, "object \"%s\" has %llu bytes, and %llu were recorded", key,
                       (unsigned long long)entry.bytes, (unsigned long long)bytes);
    return GD_DONE;
}

static struct gd_status look_at(struct gd_store *store, const struct gd_manifest *manifest,
                                const struct folder *folder, const struct gd_stored *stored,
                                struct gd_error *err)
{
    if (stored->name == NULL || is_listed(folder, stored))
        return GD_DONE;
    const char *key = gd_snapshot_key(manifest->cluster, manifest->id, stored->name, folder->arena);
    return ask(store, key, stored->stored_bytes, err);
}

struct gd_status gd_manifest_look(struct gd_store *store, const struct gd_manifest *manifest,
                                  struct gd_error *err)
{
    gd_auto_arena arena = gd_arena_new();
    const char *prefix = gd_snapshot_key(manifest->cluster, manifest->id, "", arena);
    struct folder folder = {.prefix_size = strlen(prefix), .arena = arena};
    GD_TRY(gd_store_list(store, prefix, see, &folder, err));
    if (folder.count > 0)
        qsort(folder.objects, folder.count, sizeof *folder.objects, by_name);
    GD_TRY(look_at(store, manifest, &folder, &manifest->schema_dump, err));
    GD_TRY(look_at(store, manifest, &folder, &manifest->blobs_dump, err));
    for (size_t t = 0; t < manifest->table_count; t++)
        for (size_t p = 0; p < manifest->tables[t].part_count; p++)
            GD_TRY(look_at(store, manifest, &folder, &manifest->tables[t].parts[p].stored, err));
    return GD_DONE;
}
