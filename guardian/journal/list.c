/*
 * Journal, listed: which changes there are, told by the names of their objects alone; and the one
 * that a person means.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "guardian/journal/fold_own.h"
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

int64_t gd_journal_time_of(const char *change)
{
    char text[GD_TIME_SIZE];
    int64_t time_us = 0;
    snprintf(text, sizeof text, "%.4s-%.2s-%.2sT%.2s:%.2s:%.2sZ", change, change + 4, change + 6,
             change + 9, change + 11, change + 13);
    return gd_clock_parse(text, &time_us) ? time_us : 0;
}

void gd_journal_id_before(int64_t time_us, char out_text[GD_ID_SIZE])
{
    time_t second = (time_t)(time_us / 1000000) - 1;
    struct tm day = {0};
    (void)gmtime_r(&second, &day);
    (void)strftime(out_text, GD_ID_SIZE, "%Y%m%dT%H%M%SZ~", &day);
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
                                      .time_us = gd_journal_time_of(change)};
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

/* Those whose id begins with `beginning` and is greater than `after`. */
static struct gd_status list_one(struct gd_store *store, const char *cluster, const char *beginning,
                                 const char *after, struct listing *listing, struct gd_error *err)
{
    struct gd_arena *arena = listing->arena;
    listing->cluster = cluster;
    listing->prefix = gd_arena_printf(arena, "v1/%s/changes/", cluster);
    const char *from =
        *after == '\0' ? "" : gd_arena_printf(arena, "%s%s/~", listing->prefix, after);
    return gd_store_list_after(store, gd_arena_printf(arena, "%s%s", listing->prefix, beginning),
                               from, see_object, listing, err);
}

struct gd_status gd_journal_clusters(struct gd_store *store, struct gd_arena *arena,
                                     struct gd_texts *out_clusters, struct gd_error *err)
{
    struct clusters clusters = {.arena = arena};
    GD_TRY(gd_store_folders(store, "v1/", see_cluster, &clusters, err));
    *out_clusters = clusters.names;
    return GD_DONE;
}

static struct gd_status list_all(struct gd_store *store, const char *cluster, const char *beginning,
                                 struct listing *listing, struct gd_error *err)
{
    struct gd_texts clusters = {0};
    if (cluster != NULL)
        gd_texts_add(&clusters, gd_arena_strdup(listing->arena, cluster), listing->arena);
    else
        GD_TRY(gd_journal_clusters(store, listing->arena, &clusters, err));
    for (size_t i = 0; i < clusters.count; i++)
        GD_TRY(list_one(store, clusters.items[i], beginning, "", listing, err));
    if (listing->count > 0)
        qsort(listing->items, listing->count, sizeof *listing->items, oldest_first);
    return GD_DONE;
}

struct gd_status gd_journal_list(struct gd_store *store, const char *cluster,
                                 struct gd_arena *arena, struct gd_change_entry **out_entries,
                                 size_t *out_count, struct gd_error *err)
{
    struct listing listing = {.arena = arena};
    GD_TRY(list_all(store, cluster, "", &listing, err));
    *out_entries = listing.items;
    *out_count = listing.count;
    return GD_DONE;
}

struct gd_status gd_journal_list_after(struct gd_store *store, const char *cluster,
                                       const char *after, struct gd_arena *arena,
                                       struct gd_change_entry **out_entries, size_t *out_count,
                                       struct gd_error *err)
{
    struct listing listing = {.arena = arena};
    GD_TRY(list_one(store, gd_arena_strdup(arena, cluster), "", after, &listing, err));
    *out_entries = listing.items;
    *out_count = listing.count;
    return GD_DONE;
}

struct gd_status gd_journal_list_recent(struct gd_store *store, const char *cluster,
                                        struct gd_arena *arena, struct gd_folded *out_folded,
                                        struct gd_change_entry **out_entries, size_t *out_count,
                                        struct gd_error *err)
{
    GD_TRY(gd_folded_look(store, cluster, arena, out_folded, err));
    return gd_journal_list_after(store, cluster, out_folded->upto, arena, out_entries, out_count,
                                 err);
}

/* --- the one that is meant -------------------------------------------------------------------- */

GD_MUST static struct gd_status newest_of(struct gd_store *store,
                                          const struct gd_change_entry *entries, size_t count,
                                          const struct gd_change_entry **out_entry,
                                          struct gd_error *err)
{
    *out_entry = NULL;
    for (size_t i = count; i > 0 && *out_entry == NULL; i--) {
        gd_auto_arena arena = gd_arena_new();
        struct gd_story *story = NULL;
        GD_TRY(gd_story_brief(store, &entries[i - 1], arena, &story, err));
        bool may_have = !story->closed && story->last >= GD_RECORD_APPLYING;
        if (story->changed || may_have)
            *out_entry = &entries[i - 1];
    }
    return GD_DONE;
}

/* Of one database it is most often among the changes of the last days. */
static struct gd_status newest(struct gd_store *store, const char *cluster, struct gd_arena *arena,
                               const struct gd_change_entry **out_entry, struct gd_error *err)
{
    struct gd_change_entry *entries = NULL;
    struct gd_folded folded;
    size_t count = 0;
    *out_entry = NULL;
    if (cluster != NULL) {
        GD_TRY(gd_journal_list_recent(store, cluster, arena, &folded, &entries, &count, err));
        GD_TRY(newest_of(store, entries, count, out_entry, err));
    }
    if (*out_entry == NULL) {
        GD_TRY(gd_journal_list(store, cluster, arena, &entries, &count, err));
        GD_TRY(newest_of(store, entries, count, out_entry, err));
    }
    return *out_entry != NULL ? GD_DONE
                              : gd_fail(err, GD_USAGE, "no change of this database is on record");
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

/* What can be the beginning of an id. */
static bool may_begin_id(const char *text)
{
    return strspn(text, "0123456789abcdefTZ-") == strlen(text) && strlen(text) < GD_ID_SIZE;
}

struct gd_status gd_journal_resolve(struct gd_store *store, const char *cluster, const char *text,
                                    struct gd_arena *arena, const char **out_cluster,
                                    const char **out_change, struct gd_error *err)
{
    struct listing listing = {.arena = arena};
    const struct gd_change_entry *found = NULL;
    if (strcmp(text, "last") == 0) {
        GD_TRY(newest(store, cluster, arena, &found, err));
    } else {
        if (may_begin_id(text))
            GD_TRY(list_all(store, cluster, text, &listing, err));
        GD_TRY(by_name(text, listing.items, listing.count, &found, err));
    }
    *out_cluster = found->cluster;
    *out_change = found->change;
    return GD_DONE;
}
