/*
 * Keep: holds, the changes that still need a snapshot, and removing one.
 */
#include <stdio.h>
#include <stdlib.h>

#include "guardian/base/crew.h"
#include "guardian/base/fault.h"
#include "guardian/io/json.h"
#include "guardian/snapshot/list.h"

enum { WORKERS = 8 };

/* ---- holds ---- */

static struct gd_status hold_text(const char *reason, char **out_text, size_t *out_size,
                                  struct gd_error *err)
{
    char time[GD_TIME_SIZE];
    gd_clock_text(gd_clock_now_us(), time);
    FILE *stream = open_memstream(out_text, out_size);
    if (stream == NULL)
        abort();
    struct gd_json *hold = gd_json_object();
    gd_json_put(hold, "since", gd_json_new_text(time));
    gd_json_put(hold, "reason", gd_json_new_text(reason == NULL ? "" : reason));
    struct gd_status status = gd_json_write(hold, stream, 0, err);
    gd_json_free(hold);
    fclose(stream);
    return status;
}

static struct gd_status put_hold(struct gd_store *store, const char *key, const char *reason,
                                 struct gd_error *err)
{
    char *text = NULL;
    size_t size = 0;
    struct gd_error refused = {0};
    struct gd_status status = hold_text(reason, &text, &size, err);
    if (status.code == GD_OK)
        status = gd_store_put_bytes(store, key, text, size, &refused);
    free(text);
    if (status.code == GD_OK || status.code == GD_REFUSED)
        return GD_DONE; /* it is held already */
    if (refused.code != GD_OK)
        *err = refused;
    return status;
}

struct gd_status gd_snapshot_hold(struct gd_store *store, const char *cluster, const char *id,
                                  bool hold, const char *reason, struct gd_error *err)
{
    gd_auto_arena arena = gd_arena_new();
    const char *key = gd_arena_printf(arena, "v1/%s/holds/%s", cluster, id);
    struct gd_status status =
        hold ? put_hold(store, key, reason, err) : gd_store_remove(store, key, err);
    if (status.code == GD_OK)
        return GD_DONE;
    return gd_wrap(err, status, "could not %s snapshot \"%s\": ", hold ? "hold" : "release", id);
}

/* ---- changes ---- */

static struct gd_status see_any(void *context, const struct gd_store_entry *entry,
                                struct gd_error *err)
{
    (void)entry;
    (void)err;
    *(bool *)context = true;
    return GD_DONE;
}

struct gd_status gd_snapshot_change_open(struct gd_store *store, const char *cluster,
                                         const char *change, bool *out_open, struct gd_error *err)
{
    gd_auto_arena arena = gd_arena_new();
    bool closed = false;
    *out_open = false;
    if (change == NULL || change[0] == '\0')
        return GD_DONE;
    const char *prefix = gd_arena_printf(arena, "v1/%s/changes/%s/closed", cluster, change);
    GD_TRY(gd_store_list(store, prefix, see_any, &closed, err));
    *out_open = !closed;
    return GD_DONE;
}

/* ---- removing ---- */

/* Keys are collected first: what is taken away while a listing runs may shift its pages. */
struct keys {
    const char **items;
    size_t count, room;
    struct gd_arena *arena;
};

static struct gd_status see_key(void *context, const struct gd_store_entry *entry,
                                struct gd_error *err)
{
    (void)err;
    struct keys *keys = context;
    if (keys->count == keys->room) {
        size_t room = keys->room == 0 ? 64 : 2 * keys->room;
        const char **items = gd_arena_zalloc(keys->arena, room, sizeof *items);
        for (size_t i = 0; i < keys->count; i++)
            items[i] = keys->items[i];
        keys->items = items;
        keys->room = room;
    }
    keys->items[keys->count++] = gd_arena_strdup(keys->arena, entry->key);
    return GD_DONE;
}

struct removal {
    struct gd_store *store;
    const char *const *keys;
};

static struct gd_status remove_key(void *context, size_t index, struct gd_arena *scratch,
                                   struct gd_error *err)
{
    (void)scratch;
    const struct removal *removal = context;
    GD_TRY(gd_fault("remove: before an object", err));
    return gd_store_remove(removal->store, removal->keys[index], err);
}

static struct gd_status remove_below(struct gd_store *store, const char *folder,
                                     struct gd_arena *arena, struct gd_error *err)
{
    struct keys keys = {.arena = arena};
    GD_TRY(gd_store_list(store, folder, see_key, &keys, err));
    struct removal removal = {store, keys.items};
    return gd_crew_run(keys.count, WORKERS, remove_key, &removal, err);
}

static struct gd_status remove_all(struct gd_store *store, const char *cluster, const char *id,
                                   struct gd_arena *arena, struct gd_error *err)
{
    GD_TRY(gd_fault("remove: before the manifest", err));
    GD_TRY(gd_store_remove(store, gd_snapshot_key(cluster, id, "manifest.json", arena), err));
    GD_TRY(remove_below(store, gd_snapshot_key(cluster, id, "", arena), arena, err));
    return remove_below(store, gd_arena_printf(arena, "v1/%s/proofs/%s/", cluster, id), arena, err);
}

struct gd_status gd_snapshot_remove(struct gd_store *store, const char *cluster, const char *id,
                                    struct gd_error *err)
{
    gd_auto_arena arena = gd_arena_new();
    struct gd_status status = remove_all(store, cluster, id, arena, err);
    if (status.code == GD_OK)
        return GD_DONE;
    return gd_wrap(err, status, "could not remove snapshot \"%s\": ", id);
}
