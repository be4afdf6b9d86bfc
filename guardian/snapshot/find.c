/*
 * Find: the snapshot that a person means by an id or the beginning of one.
 *
 * The names come from the store's own folders; folders whose names are no cluster or no id are not
 * looked at.
 */
#include <string.h>

#include "guardian/base/nearest.h"
#include "guardian/snapshot/manifest.h"

struct found {
    const char *cluster, *id;
};

struct search {
    const char *text; /* what was asked for */
    const char *cluster;
    struct gd_arena *arena;
    struct found matches[8];
    size_t match_count; /* may be more than are kept */
    const char **ids;   /* all that were seen: for advice */
    size_t id_count, id_room;
};

/* The last segment of "…/name/". */
static const char *folder_of(const char *key, struct gd_arena *arena)
{
    size_t end = strlen(key);
    while (end > 0 && key[end - 1] == '/')
        end--;
    size_t begin = end;
    while (begin > 0 && key[begin - 1] != '/')
        begin--;
    return gd_arena_strndup(arena, key + begin, end - begin);
}

static void keep_id(struct search *search, const char *id)
{
    if (search->id_count == search->id_room) {
        size_t room = search->id_room == 0 ? 64 : 2 * search->id_room;
        const char **ids = gd_arena_zalloc(search->arena, room, sizeof *ids);
        if (search->id_count > 0)
            memcpy(ids, search->ids, search->id_count * sizeof *ids);
        search->ids = ids;
        search->id_room = room;
    }
    search->ids[search->id_count++] = id;
}

static struct gd_status see_snapshot(void *context, const struct gd_store_entry *entry,
                                     struct gd_error *err)
{
    (void)err;
    struct search *search = context;
    const char *id = folder_of(entry->key, search->arena);
    if (!gd_id_valid(id))
        return GD_DONE;
    keep_id(search, id);
    if (strncmp(id, search->text, strlen(search->text)) != 0)
        return GD_DONE;
    if (search->match_count < sizeof search->matches / sizeof search->matches[0])
        search->matches[search->match_count] = (struct found){search->cluster, id};
    search->match_count++;
    return GD_DONE;
}

struct clusters {
    const char **names;
    size_t count, room;
    struct gd_arena *arena;
};

static struct gd_status see_cluster(void *context, const struct gd_store_entry *entry,
                                    struct gd_error *err)
{
    (void)err;
    struct clusters *clusters = context;
    const char *name = folder_of(entry->key, clusters->arena);
    if (!gd_cluster_valid(name))
        return GD_DONE;
    if (clusters->count == clusters->room) {
        size_t room = clusters->room == 0 ? 16 : 2 * clusters->room;
        const char **names = gd_arena_zalloc(clusters->arena, room, sizeof *names);
        if (clusters->count > 0)
            memcpy(names, clusters->names, clusters->count * sizeof *names);
        clusters->names = names;
        clusters->room = room;
    }
    clusters->names[clusters->count++] = name;
    return GD_DONE;
}

struct gd_status gd_store_clusters(struct gd_store *store, struct gd_arena *arena,
                                   const char *const **out_names, size_t *out_count,
                                   struct gd_error *err)
{
    struct clusters clusters = {.arena = arena};
    GD_TRY(gd_store_folders(store, "v1/", see_cluster, &clusters, err));
    *out_names = clusters.names;
    *out_count = clusters.count;
    return GD_DONE;
}

static struct gd_status look(struct gd_store *store, const char *cluster, struct search *search,
                             struct gd_error *err)
{
    search->cluster = cluster;
    const char *prefix = gd_arena_printf(search->arena, "v1/%s/snapshots/", cluster);
    return gd_store_folders(store, prefix, see_snapshot, search, err);
}

static struct gd_status none(const struct gd_store *store, const struct search *search,
                             struct gd_error *err)
{
    struct gd_status status = gd_fail(err, GD_USAGE, "there is no snapshot \"%s\" in %s",
                                      search->text, gd_store_url(store));
    if (search->id_count == 0)
        return gd_hint(err, status,
                       "There is no snapshot at all; \"guardian snapshot\" takes one.");
    const char *near = gd_nearest(search->text, search->ids, search->id_count);
    if (near != NULL)
        return gd_hint(err, status, "Did you mean %s?", near);
    return gd_hint(err, status, "The newest is %s; \"guardian list\" shows all %zu.",
                   search->ids[search->id_count - 1], search->id_count);
}

static struct gd_status several(const struct search *search, struct gd_error *err)
{
    enum { SHOWN = 3 };
    const char *names = "";
    for (size_t i = 0; i < search->match_count && i < SHOWN; i++)
        names = gd_arena_printf(search->arena, "%s%s%s in %s", names, i == 0 ? "" : ", ",
                                search->matches[i].id, search->matches[i].cluster);
    const char *more = search->match_count > SHOWN ? ", …" : "";
    return gd_hint(err,
                   gd_fail(err, GD_USAGE, "\"%s\" may be any of %zu snapshots: %s%s", search->text,
                           search->match_count, names, more),
                   "Give more of the id.");
}

struct gd_status gd_snapshot_find(struct gd_store *store, const char *cluster, const char *text,
                                  struct gd_arena *arena, const char **out_cluster,
                                  const char **out_id, struct gd_error *err)
{
    struct search search = {.text = text, .arena = arena};
    if (text[0] == '\0')
        return gd_fail(err, GD_USAGE, "the id of a snapshot is empty");
    if (cluster != NULL) {
        GD_TRY(look(store, cluster, &search, err));
    } else {
        const char *const *names = NULL;
        size_t count = 0;
        GD_TRY(gd_store_clusters(store, arena, &names, &count, err));
        for (size_t i = 0; i < count; i++)
            GD_TRY(look(store, names[i], &search, err));
    }
    if (search.match_count == 0)
        return none(store, &search, err);
    if (search.match_count > 1)
        return several(&search, err);
    *out_cluster = gd_arena_strdup(arena, search.matches[0].cluster);
    *out_id = search.matches[0].id;
    return GD_DONE;
}
