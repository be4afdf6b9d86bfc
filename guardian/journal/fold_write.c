/*
 * Fold, written: closing records are read, framed, compressed, put, and read back.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guardian/base/crew.h"
#include "guardian/base/fault.h"
#include "guardian/io/zstd.h"
#include "guardian/journal/fold_own.h"
#include "guardian/journal/keep.h"

enum { AGE_S = 86400, WORKERS = 8, LEVEL = 9 };

struct closing {
    char *payload; /* of the record; NULL: it cannot be read, or is too big */
    size_t size;
};

struct folding {
    struct gd_store *store;
    const char *cluster, *key;
    const struct gd_folded *folded;
    const struct gd_change_entry *entries;
    size_t count;
    struct closing *closings;
    struct gd_arena *arena;
};

/* --- reading -----------------------------------------------------------------------------------
 */

/* One that is damaged stays where it is, and is told there; only a store that fails ends it. */
static struct gd_status fetch(void *context, size_t index, struct gd_arena *scratch,
                              struct gd_error *err)
{
    struct folding *folding = context;
    const struct gd_change_entry *entry = &folding->entries[index];
    struct gd_error why = {0};
    struct closing closing = {0};
    struct gd_status status =
        gd_journal_closing(folding->store, folding->cluster, entry->change, entry->closed_number,
                           scratch, &closing.payload, &closing.size, &why);
    if (status.code != GD_OK && status.code != GD_CORRUPT && status.code != GD_USAGE) {
        *err = why;
        return status;
    }
    if (closing.payload != NULL && closing.size > GD_FOLD_ITEM_MAX) {
        free(closing.payload);
        closing = (struct closing){0};
    }
    folding->closings[index] = closing;
    return GD_DONE;
}

/* --- writing -----------------------------------------------------------------------------------
 */

static const char *head_of(const struct folding *folding, size_t count)
{
    char time[GD_TIME_SIZE];
    const struct gd_folded *folded = folding->folded;
    gd_clock_text(gd_clock_now_us(), time);
    return gd_arena_printf(folding->arena,
                           "{\"record\":\"folded\",\"number\":%u,\"time\":\"%s\",\"format\":%d,"
                           "\"after\":\"%s\",\"upto\":\"%s\",\"before\":%llu,\"changes\":%zu}\n",
                           folded->last + 1, time, GD_FOLD_FORMAT, folded->upto,
                           folding->entries[count - 1].change, (unsigned long long)folded->count,
                           count);
}

static const char *item_of(const struct folding *folding, size_t index)
{
    const struct gd_change_entry *entry = &folding->entries[index];
    const struct closing *closing = &folding->closings[index];
    size_t size = closing->size;
    while (size > 0 && closing->payload[size - 1] == '\n')
        size--;
    return gd_arena_printf(
        folding->arena,
        "{\"change\":\"%s\",\"number\":%u,\"rolled_back_by\":\"%s\",\"closed\":%.*s}\n",
        entry->change, entry->closed_number, entry->rolled_back_by,
        closing->payload == NULL ? 4 : (int)size,
        closing->payload == NULL ? "null" : closing->payload);
}

static size_t how_many(const struct folding *folding)
{
    size_t bytes = 0, count = 0;
    while (count < folding->count && bytes < GD_FOLD_BYTES_MAX)
        bytes += folding->closings[count++].size + 256;
    return count;
}

GD_MUST static struct gd_status frame_all(const struct folding *folding, size_t count,
                                          struct gd_sink *frames, struct gd_error *err)
{
    struct gd_chain chain = gd_chain_first(folding->key);
    const char *head = head_of(folding, count);
    GD_TRY(gd_frame_write(frames, &chain, head, strlen(head), err));
    for (size_t i = 0; i < count; i++) {
        const char *item = item_of(folding, i);
        GD_TRY(gd_frame_write(frames, &chain, item, strlen(item), err));
    }
    return GD_DONE;
}

GD_MUST static struct gd_status put(const struct folding *folding, const void *data, size_t size,
                                    struct gd_error *err)
{
    gd_auto_sink object = NULL;
    gd_auto_sink packed = NULL;
    GD_TRY(gd_fault("fold: before a summary", err));
    GD_TRY(gd_store_put(folding->store, folding->key, 0, &object, err));
    GD_TRY(gd_zstd_sink_new(GD_MOVE(object), LEVEL, &packed, err));
    GD_TRY(gd_sink_write(packed, data, size, err));
    GD_TRY(gd_sink_finish(packed, err));
    return gd_fault("fold: after a summary", err);
}

GD_MUST static struct gd_status put_and_read(const struct folding *folding, const void *data,
                                             size_t size, struct gd_error *err)
{
    char *back = NULL;
    size_t back_size = 0;
    GD_TRY(put(folding, data, size, err));
    GD_TRY(gd_fold_bytes(folding->store, folding->key, &back, &back_size, err));
    bool same = back_size == size && memcmp(back, data, size) == 0;
    free(back);
    return same ? GD_DONE
                : gd_fail(err, GD_UNPROTECTED, "%s gives other bytes for \"%s\" than it was given",
                          gd_store_url(folding->store), folding->key);
}

GD_MUST static struct gd_status write_summary(struct folding *folding, size_t *out_count,
                                              struct gd_error *err)
{
    gd_auto_sink frames = gd_mem_sink_new(2 * (size_t)GD_FOLD_READ_MAX);
    size_t count = how_many(folding), size = 0;
    GD_TRY(frame_all(folding, count, frames, err));
    struct gd_fold fold;
    const void *data = gd_mem_sink_data(frames, &size);
    GD_TRY(gd_fold_parse(folding->key, folding->cluster, data, size, folding->arena, &fold, err));
    GD_TRY(put_and_read(folding, data, size, err));
    *out_count = count;
    return GD_DONE;
}

/* --- which -------------------------------------------------------------------------------------
 */

/* Those at the beginning that are over, and a day old. */
static size_t foldable(const struct gd_change_entry *entries, size_t count)
{
    int64_t before_us = gd_clock_now_us() - (int64_t)AGE_S * 1000000;
    size_t many = 0;
    while (many < count && many < GD_FOLD_MOST && entries[many].closed &&
           entries[many].time_us < before_us)
        many++;
    return many;
}

struct gd_status gd_journal_fold(struct gd_store *store, const char *cluster,
                                 const struct gd_folded *folded,
                                 const struct gd_change_entry *entries, size_t count, size_t least,
                                 size_t *out_count, struct gd_error *err)
{
    gd_auto_arena arena = gd_arena_new();
    struct folding folding = {.store = store,
                              .cluster = cluster,
                              .folded = folded,
                              .entries = entries,
                              .count = foldable(entries, count),
                              .arena = arena};
    *out_count = 0;
    if (folding.count == 0 || folding.count < least || folded->last == GD_FOLDS_MAX)
        return GD_DONE;
    folding.key = gd_fold_key(cluster, folded->last + 1, arena);
    folding.closings = gd_arena_zalloc(arena, folding.count, sizeof *folding.closings);
    struct gd_status status = gd_crew_run(folding.count, WORKERS, fetch, &folding, err);
    if (status.code == GD_OK)
        status = write_summary(&folding, out_count, err);
    for (size_t i = 0; i < folding.count; i++)
        free(folding.closings[i].payload);
    return status;
}

struct gd_status gd_journal_fold_all(struct gd_store *store, const char *cluster, size_t *out_count,
                                     struct gd_error *err)
{
    size_t some = 1;
    for (*out_count = 0; some > 0; *out_count += some) {
        gd_auto_arena arena = gd_arena_new();
        struct gd_folded folded;
        struct gd_change_entry *entries = NULL;
        size_t count = 0;
        GD_TRY(gd_journal_list_recent(store, cluster, arena, &folded, &entries, &count, err));
        GD_TRY(gd_journal_fold(store, cluster, &folded, entries, count, 1, &some, err));
    }
    return GD_DONE;
}
