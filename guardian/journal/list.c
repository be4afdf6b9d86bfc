/*
 * Journal, listed: which changes there are, told by the names of their objects alone; and the one
 * that a person means.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guardian/journal/keep.h"
#include "guardian/journal/story.h"

/* --- clusters --------------------------------------------------------------------------------- */

struct clusters {
    struct gd_texts names;
    struct gd_arena *arena;
};

/* Every folder right below "v1/"; one without changes lists none. */
static struct gd_status see_cluster(void *context, const struct gd_store_entry *entry,
                                    struct gd_error *err)
{
    (void)err;
    struct clusters *clusters = context;
    const char *name = entry->key + strlen("v1/");
    size_t length = strcspn(name, "/");
    gd_texts_add(&clusters->names, gd_arena_strndup(clusters->arena, name, length),
                 clusters->arena);
    return GD_DONE;
}

/* --- changes ---------------------------------------------------------------------------------- */

struct listing {
    struct gd_arena *arena;
    const char *cluster, *prefix;
    struct gd_change_entry *items;
    size_t count, room;
};

static int64_t time_of_id(const char *id)
{
    char text[GD_TIME_SIZE];
    int64_t time_us = 0;
    snprintf(text, sizeof text, "%.4s-%.2s-%.2sT%.2s:%.2s:%.2sZ", id, id + 4, id + 6, id + 9,
             id + 11, id + 13);
    return gd_clock_parse(text, &time_us) ? time_us : 0;
}

static struct gd_change_entry *add_entry(struct listing *listing, const char *change)
{
    if (listing->items == NULL || listing->count == listing->room) {
        size_t room = listing->room == 0 ? 64 : 2 * listing->room;
        struct gd_change_entry *items = gd_arena_zalloc(listing->arena, room, sizeof *items);
        if (listing->items != NULL)
            memcpy(items, listing->items, listing->count * sizeof *items);
        listing->items = items;
        listing->room = room;
    }
    struct gd_change_entry *entry = &listing->items[listing->count++];
    *entry = (struct gd_change_entry){.cluster = listing->cluster,
                                      .change = gd_arena_strdup(listing->arena, change),
                                      .rolled_back_by = "",
                                      .time_us = time_of_id(change)};
    return entry;
}

/* Keys come in order: those of one change come together. */
static struct gd_change_entry *entry_of(struct listing *listing, const char *change)
{
    struct gd_change_entry *last = listing->count == 0 ? NULL : &listing->items[listing->count - 1];
    bool same =
        last != NULL && last->cluster == listing->cluster && strcmp(last->change, change) == 0;
    return same ? last : add_entry(listing, change);
}

static struct gd_status see_object(void *context, const struct gd_store_entry *entry,
                                   struct gd_error *err)
{
    (void)err;
    struct listing *listing = context;
    const char *name = entry->key + strlen(listing->prefix);
    char change[GD_ID_SIZE];
    size_t length = strcspn(name, "/");
    if (length >= sizeof change || name[length] != '/')
        return GD_DONE;
    memcpy(change, name, length);
    change[length] = '\0';
    if (!gd_id_valid(change))
        return GD_DONE;
    uint32_t number = 0;
    enum gd_journal_name what = gd_journal_name_of(name + length + 1, &number);
    if (what == GD_NAME_OTHER) /* an attachment: no change as yet */
        return GD_DONE;
    struct gd_change_entry *found = entry_of(listing, change);
    if (what == GD_NAME_OBJECT) {
        found->objects++;
    } else if (what == GD_NAME_CLOSED) {
        found->closed = true;
        found->closed_number = number;
    } else {
        found->rolled_back_by = gd_arena_strdup(
            listing->arena, name + length + 1 + strlen(gd_journal_rolled_back_prefix));
    }
    return GD_DONE;
}

static int oldest_first(const void *left, const void *right)
{
    const struct gd_change_entry *a = left, *b = right;
    int order = strcmp(a->change, b->change);
    return order != 0 ? order : strcmp(a->cluster, b->cluster);
}

static struct gd_status list_one(struct gd_store *store, const char *cluster,
                                 struct listing *listing, struct gd_error *err)
{
    listing->cluster = cluster;
    listing->prefix = gd_arena_printf(listing->arena, "v1/%s/changes/", cluster);
    return gd_store_list(store, listing->prefix, see_object, listing, err);
}

struct gd_status gd_journal_list(struct gd_store *store, const char *cluster,
                                 struct gd_arena *arena, struct gd_change_entry **out_entries,
                                 size_t *out_count, struct gd_error *err)
{
    struct listing listing = {.arena = arena};
    struct clusters clusters = {.arena = arena};
    if (cluster != NULL)
        gd_texts_add(&clusters.names, gd_arena_strdup(arena, cluster), arena);
    else
        GD_TRY(gd_store_folders(store, "v1/", see_cluster, &clusters, err));
    for (size_t i = 0; i < clusters.names.count; i++)
        GD_TRY(list_one(store, clusters.names.items[i], &listing, err));
    if (listing.count > 0)
        qsort(listing.items, listing.count, sizeof *listing.items, oldest_first);
    *out_entries = listing.items;
    *out_count = listing.count;
    return GD_DONE;
}

/* --- the one that is meant -------------------------------------------------------------------- */

static struct gd_status newest(struct gd_store *store, const struct gd_change_entry *entries,
                               size_t count, const struct gd_change_entry **out_entry,
                               struct gd_error *err)
{
    for (size_t i = count; i > 0; i--) {
        gd_auto_arena arena = gd_arena_new();
        struct gd_story *story = NULL;
        GD_TRY(gd_story_brief(store, &entries[i - 1], arena, &story, err));
        bool may_have = !story->closed && story->last >= GD_RECORD_APPLYING;
        if (story->changed || may_have) {
            *out_entry = &entries[i - 1];
            return GD_DONE;
        }
    }
    return gd_fail(err, GD_USAGE, "no change of this database is on record");
}

static struct gd_status by_name(const char *text, const struct gd_change_entry *entries,
                                size_t count, const struct gd_change_entry **out_entry,
                                struct gd_error *err)
{
    const struct gd_change_entry *found = NULL;
    unsigned hits = 0;
    for (size_t i = 0; i < count; i++)
        if (text[0] != '\0' && strncmp(entries[i].change, text, strlen(text)) == 0) {
            found = &entries[i];
            hits++;
        }
    if (hits == 1) {
        *out_entry = found;
        return GD_DONE;
    }
    const char *hint = "guardian list shows the changes that there are.";
    if (hits == 0)
        return gd_hint(err, gd_fail(err, GD_USAGE, "there is no change \"%.60s\"", text), "%s",
                       hint);
    return gd_hint(err, gd_fail(err, GD_USAGE, "%u changes begin with \"%.60s\"", hits, text), "%s",
                   hint);
}

struct gd_status gd_journal_resolve(struct gd_store *store, const char *cluster, const char *text,
                                    struct gd_arena *arena, const char **out_cluster,
                                    const char **out_change, struct gd_error *err)
{
    struct gd_change_entry *entries = NULL;
    const struct gd_change_entry *found = NULL;
    size_t count = 0;
    GD_TRY(gd_journal_list(store, cluster, arena, &entries, &count, err));
    if (strcmp(text, "last") == 0)
        GD_TRY(newest(store, entries, count, &found, err));
    else
        GD_TRY(by_name(text, entries, count, &found, err));
    *out_cluster = found->cluster;
    *out_change = found->change;
    return GD_DONE;
}
