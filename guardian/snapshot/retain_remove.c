/*
 * Removing: base backups before WAL, manifests before objects, the oldest WAL first. Wherever it is
 * cut off, what is claimed afterwards is there: a base backup without its manifest is none, and WAL
 * before the anchor was claimed by those that are gone.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guardian/base/crew.h"
#include "guardian/base/fault.h"
#include "guardian/snapshot/retain.h"

enum { WORKERS = 8, BATCH = 64 };

/* ---- base backups ---- */

struct keys {
    struct gd_store *store;
    const char **items;
    size_t count, room;
    struct gd_arena *arena;
};

GD_MUST static struct gd_status see(void *context, const struct gd_store_entry *entry,
                                    struct gd_error *err)
{
    struct keys *keys = context;
    (void)err;
    keys->items =
        gd_arena_more(keys->arena, keys->items, keys->count, &keys->room, sizeof *keys->items);
    keys->items[keys->count++] = gd_arena_strdup(keys->arena, entry->key);
    return GD_DONE;
}

GD_MUST static struct gd_status remove_one(void *context, size_t index, struct gd_arena *scratch,
                                           struct gd_error *err)
{
    const struct keys *keys = context;
    (void)scratch;
    GD_TRY(gd_fault("retain: before an object", err));
    return gd_store_remove(keys->store, keys->items[index], err);
}

GD_MUST static struct gd_status remove_below(struct gd_store *store, const char *folder,
                                             struct gd_arena *arena, struct gd_error *err)
{
    struct keys keys = {.store = store, .arena = arena};
    GD_TRY(gd_store_list(store, folder, see, &keys, err));
    return keys.count == 0 ? GD_DONE : gd_crew_run(keys.count, WORKERS, remove_one, &keys, err);
}

GD_MUST static struct gd_status remove_base(struct gd_store *store, uint64_t system_identifier,
                                            const char *id, struct gd_arena *arena,
                                            struct gd_error *err)
{
    GD_TRY(gd_fault("retain: before a manifest", err));
    GD_TRY(gd_store_remove(store, gd_base_key(system_identifier, id, "manifest.json", arena), err));
    GD_TRY(remove_below(store, gd_base_key(system_identifier, id, "", arena), arena, err));
    return remove_below(store,
                        gd_arena_printf(arena, "v1/%" PRIu64 "/proofs/%s/", system_identifier, id),
                        arena, err);
}

struct gd_status gd_retain_remove_base(struct gd_store *store, uint64_t system_identifier,
                                       const char *id, struct gd_error *err)
{
    gd_auto_arena arena = gd_arena_new();
    struct gd_status status = remove_base(store, system_identifier, id, arena, err);
    if (status.code == GD_OK)
        return GD_DONE;
    return gd_wrap(err, status, "could not remove base backup \"%s\": ", id);
}

/* ---- what is missing on purpose ---- */

static const char *pruned_prefix(uint64_t system_identifier, struct gd_arena *arena)
{
    return gd_arena_printf(arena, "v1/%" PRIu64 "/wal-pruned/", system_identifier);
}

/* "00000001-0000000012000028" */
static bool read_pruned(const char *key, size_t prefix, struct gd_pruned *pruned)
{
    enum { NAME_BYTES = 25 };
    const char *name = key + prefix;
    char *end;
    if (strlen(name) != NAME_BYTES || name[8] != '-' ||
        strspn(name, "0123456789ABCDEF-") != NAME_BYTES)
        return false;
    pruned->timeline = (uint32_t)strtoul(name, &end, 16);
    pruned->lsn = strtoull(end + 1, &end, 16);
    return *end == '\0' && pruned->timeline > 0;
}

struct gd_status gd_retain_pruned(struct gd_store *store, uint64_t system_identifier,
                                  struct gd_arena *arena, struct gd_pruned *out_pruned,
                                  struct gd_error *err)
{
    struct keys keys = {.arena = arena};
    struct gd_pruned one;
    const char *prefix = pruned_prefix(system_identifier, arena);
    GD_TRY(gd_store_list(store, prefix, see, &keys, err));
    *out_pruned = (struct gd_pruned){0};
    for (size_t i = 0; i < keys.count; i++)
        if (read_pruned(keys.items[i], strlen(prefix), &one) && one.lsn > out_pruned->lsn)
            *out_pruned = one;
    return GD_DONE;
}

GD_MUST static struct gd_status write_pruned(const struct gd_wal_place *place,
                                             const struct gd_base *anchor, struct gd_arena *arena,
                                             struct gd_error *err)
{
    struct keys keys = {.store = place->store, .arena = arena};
    struct gd_error there = {0};
    const char *prefix = pruned_prefix(place->system_identifier, arena);
    const char *key = gd_arena_printf(arena, "%s%08" PRIX32 "-%016" PRIX64, prefix,
                                      anchor->timeline, anchor->start_lsn);
    const char *text = gd_arena_printf(arena, "{\"format\":1,\"base\":\"%s\"}\n", anchor->id);
    GD_TRY(gd_store_list(place->store, prefix, see, &keys, err));
    struct gd_status status = gd_store_put_bytes(place->store, key, text, strlen(text), &there);
    if (status.code != GD_OK && status.code != GD_REFUSED) {
        *err = there;
        return status;
    }
    for (size_t i = 0; i < keys.count; i++)
        if (strcmp(keys.items[i], key) != 0)
            GD_TRY(gd_store_remove(place->store, keys.items[i], err));
    return GD_DONE;
}

/* ---- WAL ---- */

static int by_age(const void *left, const void *right)
{
    const struct gd_wal_file *a = *(const struct gd_wal_file *const *)left;
    const struct gd_wal_file *b = *(const struct gd_wal_file *const *)right;
    if (a->from_lsn != b->from_lsn)
        return a->from_lsn < b->from_lsn ? -1 : 1;
    return a->name.timeline < b->name.timeline ? -1 : a->name.timeline > b->name.timeline;
}

/* The oldest first, a few at a time: between two batches there is no hole in what is left. */
GD_MUST static struct gd_status remove_files(const struct gd_wal_place *place,
                                             const struct gd_retention *retention,
                                             struct gd_arena *arena, uint64_t *out_removed,
                                             struct gd_error *err)
{
    const struct gd_wal_chain *chain = retention->coverage->chain;
    const struct gd_wal_file **files = gd_arena_zalloc(arena, retention->files + 1, sizeof *files);
    size_t count = 0;
    for (size_t i = 0; i < chain->file_count; i++)
        if (retention->file_goes[i])
            files[count++] = &chain->files[i];
    if (count > 0)
        qsort(files, count, sizeof *files, by_age);
    for (size_t done = 0; done < count;) {
        struct keys keys = {.store = place->store, .arena = arena};
        size_t batch = count - done < BATCH ? count - done : BATCH;
        keys.items = gd_arena_zalloc(arena, batch, sizeof *keys.items);
        for (size_t i = 0; i < batch; i++)
            keys.items[i] = gd_wal_file_key(place, files[done + i], arena);
        GD_TRY(gd_crew_run(batch, WORKERS, remove_one, &keys, err));
        done += batch;
        *out_removed += batch;
    }
    return GD_DONE;
}

GD_MUST static struct gd_status remove_marks(const struct gd_wal_place *place,
                                             const struct gd_retention *retention,
                                             struct gd_arena *arena, struct gd_error *err)
{
    const struct gd_coverage *coverage = retention->coverage;
    for (size_t i = 0; i < coverage->mark_count; i++)
        if (retention->mark_goes[i])
            GD_TRY(gd_store_remove(
                place->store,
                gd_wal_mark_key(place->system_identifier, coverage->marks[i].id, arena), err));
    return GD_DONE;
}

struct gd_status gd_retain_remove_wal(const struct gd_wal_place *place,
                                      const struct gd_retention *retention, uint64_t *out_removed,
                                      struct gd_error *err)
{
    gd_auto_arena arena = gd_arena_new();
    *out_removed = 0;
    if (retention->anchor != NULL && retention->files > 0) {
        GD_TRY(gd_fault("retain: before it is written down", err));
        GD_TRY(write_pruned(place, retention->anchor->base, arena, err));
    }
    GD_TRY(remove_marks(place, retention, arena, err));
    GD_TRY(gd_wal_sure_tidy(place->store, place->system_identifier, err));
    struct gd_status status = remove_files(place, retention, arena, out_removed, err);
    if (status.code == GD_OK)
        return GD_DONE;
    return gd_wrap(err, status, "could not remove WAL: ");
}
