/*
 * The manifests are fetched by a few threads at a time: over a network each of them is one round
 * trip, and a list of hundreds must not take minutes. What is kept is copied under the lock.
 */
#include "guardian/snapshot/list.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guardian/base/crew.h"
#include "guardian/base/texts.h"

enum { WORKERS = 8 };

/* ---- which there are ---- */

struct names {
    const char **items;
    size_t count, room;
    struct gd_arena *arena;
};

static void push(struct names *names, const char *name)
{
    if (names->count == names->room) {
        size_t room = names->room == 0 ? 64 : 2 * names->room;
        const char **items = gd_arena_zalloc(names->arena, room, sizeof *items);
        if (names->count > 0)
            memcpy(items, names->items, names->count * sizeof *items);
        names->items = items;
        names->room = room;
    }
    names->items[names->count++] = name;
}

/* The last segment of "…/name" or "…/name/". */
static const char *last_segment(const char *key, struct gd_arena *arena)
{
    size_t end = strlen(key);
    if (end > 0 && key[end - 1] == '/')
        end--;
    size_t begin = end;
    while (begin > 0 && key[begin - 1] != '/')
        begin--;
    return gd_arena_strndup(arena, key + begin, end - begin);
}

static struct gd_status see_id(void *context, const struct gd_store_entry *entry,
                               struct gd_error *err)
{
    (void)err;
    struct names *names = context;
    const char *id = last_segment(entry->key, names->arena);
    if (gd_id_valid(id))
        push(names, id);
    return GD_DONE;
}

static int by_text(const void *left, const void *right)
{
    return strcmp(*(const char *const *)left, *(const char *const *)right);
}

struct gd_status gd_snapshot_ids(struct gd_store *store, const char *cluster,
                                 struct gd_arena *arena, const char *const **out_ids,
                                 size_t *out_count, struct gd_error *err)
{
    struct names names = {.arena = arena};
    const char *prefix = gd_arena_printf(arena, "v1/%s/snapshots/", cluster);
    GD_TRY(gd_store_folders(store, prefix, see_id, &names, err));
    if (names.count > 0)
        qsort(names.items, names.count, sizeof *names.items, by_text);
    *out_ids = names.items;
    *out_count = names.count;
    return GD_DONE;
}

int64_t gd_snapshot_time_us(const char *id)
{
    char text[GD_TIME_SIZE];
    int64_t time_us = 0;
    snprintf(text, sizeof text, "%.4s-%.2s-%.2sT%.2s:%.2s:%.2sZ", id, id + 4, id + 6, id + 9,
             id + 11, id + 13);
    return gd_clock_parse(text, &time_us) ? time_us : 0;
}

static struct gd_status holds_of(struct gd_store *store, const char *cluster,
                                 struct gd_texts *holds, struct gd_arena *arena,
                                 struct gd_error *err)
{
    struct names names = {.arena = arena};
    const char *prefix = gd_arena_printf(arena, "v1/%s/holds/", cluster);
    GD_TRY(gd_store_list(store, prefix, see_id, &names, err));
    for (size_t i = 0; i < names.count; i++)
        gd_texts_add(holds, names.items[i], arena);
    return GD_DONE;
}

/* ---- what each of them is ---- */

struct job {
    struct gd_store *store;
    struct gd_listed *listed;
    pthread_mutex_t lock; /* guards the arena */
    struct gd_arena *arena;
};

struct litter {
    int64_t touched_us;
    uint64_t bytes;
};

static struct gd_status see_litter(void *context, const struct gd_store_entry *entry,
                                   struct gd_error *err)
{
    (void)err;
    struct litter *litter = context;
    if (entry->modified_us > litter->touched_us)
        litter->touched_us = entry->modified_us;
    litter->bytes += entry->bytes;
    return GD_DONE;
}

/* Is there a manifest that could not be read, or none? */
static struct gd_status look_at_litter(struct job *job, struct gd_listed *listed,
                                       struct gd_arena *scratch, struct gd_error *err)
{
    struct litter litter = {0};
    bool there = true;
    const char *key = gd_snapshot_key(listed->cluster, listed->id, "manifest.json", scratch);
    GD_TRY(gd_store_head(job->store, key, &there, NULL, err));
    if (there)
        return GD_DONE;
    const char *folder = gd_snapshot_key(listed->cluster, listed->id, "", scratch);
    GD_TRY(gd_store_list(job->store, folder, see_litter, &litter, err));
    listed->unfinished = true;
    listed->problem = "no manifest: not finished, or being made";
    listed->touched_us = litter.touched_us > listed->time_us ? litter.touched_us : listed->time_us;
    listed->litter_bytes = litter.bytes;
    return GD_DONE;
}

/* Ids tell seconds apart, and no less: which of two was first in one, their manifests say. */
static int64_t finer_time(int64_t time_us, const struct gd_manifest *manifest)
{
    int64_t begun_us = manifest->started_us;
    return begun_us - begun_us % 1000000 == time_us ? begun_us : time_us;
}

static bool is_about_the_snapshot(struct gd_status status)
{
    return status.code == GD_CORRUPT || status.code == GD_USAGE;
}

/* "public.log_2026_11" becomes "public.log_#_#": tables that are made each month are one kind. */
static const char *without_numbers(const struct gd_table *table, struct gd_arena *arena)
{
    char *text = gd_arena_printf(arena, "%s.%s", table->schema, table->name), *end = text;
    for (const char *at = text; *at != '\0'; at++) {
        bool digit = *at >= '0' && *at <= '9';
        if (!digit || end == text || end[-1] != '#')
            *end++ = digit ? '#' : *at;
    }
    *end = '\0';
    return text;
}

static const char *left_out_of(const struct gd_manifest *manifest, struct gd_arena *arena)
{
    struct gd_texts names = {0};
    const char *all = NULL;
    for (size_t i = 0; i < manifest->table_count; i++)
        if (manifest->tables[i].left_out)
            gd_texts_add(&names, without_numbers(&manifest->tables[i], arena), arena);
    if (names.count > 1)
        qsort(names.items, names.count, sizeof *names.items, by_text);
    for (size_t i = 0; i < names.count; i++)
        all = gd_arena_printf(arena, "%s%zu:%s", all == NULL ? "" : all, strlen(names.items[i]),
                              names.items[i]);
    return all;
}

static struct gd_status read_one(void *context, size_t index, struct gd_arena *scratch,
                                 struct gd_error *err)
{
    struct job *job = context;
    struct gd_listed *listed = &job->listed[index];
    struct gd_manifest *manifest = NULL;
    struct gd_status status = gd_manifest_load(job->store, listed->cluster, listed->id, scratch,
                                               &manifest, listed->manifest_sha256, err);
    if (status.code != GD_OK && !is_about_the_snapshot(status))
        return status;
    if (status.code != GD_OK) {
        struct gd_error why = *err;
        GD_TRY(look_at_litter(job, listed, scratch, err));
        pthread_mutex_lock(&job->lock);
        if (!listed->unfinished)
            listed->problem = gd_arena_strdup(job->arena, why.text);
        listed->newer = !listed->unfinished && why.code == GD_USAGE;
        pthread_mutex_unlock(&job->lock);
        return GD_DONE;
    }
    const char *left_out = left_out_of(manifest, scratch);
    status = gd_manifest_look(job->store, manifest, err);
    if (status.code != GD_OK && status.code != GD_CORRUPT)
        return status;
    pthread_mutex_lock(&job->lock);
    listed->manifest = gd_manifest_head(manifest, job->arena);
    listed->left_out = left_out == NULL ? NULL : gd_arena_strdup(job->arena, left_out);
    if (status.code != GD_OK)
        listed->problem = gd_arena_strdup(job->arena, err->text);
    pthread_mutex_unlock(&job->lock);
    listed->tables = manifest->table_count;
    for (size_t i = 0; i < manifest->table_count; i++)
        listed->foreign |= manifest->tables[i].kind == 'f' && !manifest->tables[i].left_out;
    listed->time_us = finer_time(listed->time_us, manifest);
    return GD_DONE;
}

static struct gd_status read_all(struct gd_store *store, struct gd_listed *listed, size_t count,
                                 struct gd_arena *arena, struct gd_error *err)
{
    struct job job = {.store = store, .listed = listed, .arena = arena};
    pthread_mutex_init(&job.lock, NULL);
    struct gd_status status = gd_crew_run(count, WORKERS, read_one, &job, err);
    pthread_mutex_destroy(&job.lock);
    return status;
}

/* ---- the list ---- */

struct list {
    struct gd_listed *items;
    size_t count, room;
};

static void add(struct list *list, struct gd_listed item, struct gd_arena *arena)
{
    if (list->count == list->room) {
        size_t room = list->room == 0 ? 64 : 2 * list->room;
        struct gd_listed *items = gd_arena_zalloc(arena, room, sizeof *items);
        if (list->count > 0)
            memcpy(items, list->items, list->count * sizeof *items);
        list->items = items;
        list->room = room;
    }
    list->items[list->count++] = item;
}

static struct gd_status add_cluster(struct gd_store *store, const char *cluster, struct list *list,
                                    struct gd_arena *arena, struct gd_error *err)
{
    struct gd_texts holds = {0};
    const char *const *ids = NULL;
    size_t count = 0;
    GD_TRY(gd_snapshot_ids(store, cluster, arena, &ids, &count, err));
    if (count > 0)
        GD_TRY(holds_of(store, cluster, &holds, arena, err));
    for (size_t i = 0; i < count; i++)
        add(list,
            (struct gd_listed){.cluster = gd_arena_strdup(arena, cluster),
                               .id = ids[i],
                               .held = gd_texts_has(&holds, ids[i]),
                               .time_us = gd_snapshot_time_us(ids[i])},
            arena);
    return GD_DONE;
}

static int oldest_first(const void *left, const void *right)
{
    const struct gd_listed *a = left, *b = right;
    if (a->time_us != b->time_us)
        return a->time_us < b->time_us ? -1 : 1;
    int order = strcmp(a->id, b->id);
    return order != 0 ? order : strcmp(a->cluster, b->cluster);
}

struct gd_status gd_snapshot_list(struct gd_store *store, const char *cluster,
                                  struct gd_arena *arena, struct gd_listed **out_listed,
                                  size_t *out_count, struct gd_error *err)
{
    struct list list = {0};
    const char *const *clusters = &cluster;
    size_t count = 1;
    if (cluster == NULL)
        GD_TRY(gd_store_clusters(store, arena, &clusters, &count, err));
    for (size_t i = 0; i < count; i++)
        GD_TRY(add_cluster(store, clusters[i], &list, arena, err));
    GD_TRY(read_all(store, list.items, list.count, arena, err));
    if (list.count > 0)
        qsort(list.items, list.count, sizeof *list.items, oldest_first);
    *out_listed = list.items;
    *out_count = list.count;
    return GD_DONE;
}
