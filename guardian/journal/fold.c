/*
 * Fold, read: which summaries there are, and what is in them.
 */
#include "guardian/journal/fold.h"

#include <stdlib.h>
#include <string.h>

#include "guardian/io/zstd.h"
#include "guardian/journal/fold_own.h"
#include "guardian/journal/frame.h"

/* --- one ---------------------------------------------------------------------------------------
 */

GD_MUST static struct gd_status damaged(const char *key, const char *problem, struct gd_error *err)
{
    return gd_fail(err, GD_CORRUPT, "summary \"%s\" is damaged: %s", key, problem);
}

/* Text of a member that must be the id of a change, in the arena; NULL when it is none. */
static const char *id_of(const struct gd_json *document, const char *member, struct gd_arena *arena)
{
    const char *text = gd_json_text(gd_json_get(document, member));
    return gd_id_valid(text) ? gd_arena_strdup(arena, text) : NULL;
}

GD_MUST static struct gd_status take_head(const char *key, const struct gd_json *head,
                                          struct gd_arena *arena, struct gd_fold *fold,
                                          struct gd_error *err)
{
    int64_t number = gd_json_int(gd_json_get(head, "number"));
    int64_t before = gd_json_int(gd_json_get(head, "before"));
    int64_t changes = gd_json_int(gd_json_get(head, "changes"));
    const char *after = gd_json_text(gd_json_get(head, "after"));
    if (strcmp(gd_json_text(gd_json_get(head, "record")), "folded") != 0)
        return damaged(key, "it does not begin as one", err);
    if (gd_json_int(gd_json_get(head, "format")) > GD_FOLD_FORMAT)
        return gd_hint(err, gd_fail(err, GD_USAGE, "summary \"%s\" has a newer format", key),
                       "A newer guardian wrote it: use that one.");
    fold->upto = id_of(head, "upto", arena);
    if (number <= 0 || number > GD_FOLDS_MAX || before < 0 || changes <= 0 ||
        changes > GD_FOLD_MOST || fold->upto == NULL || (*after != '\0' && !gd_id_valid(after)))
        return damaged(key, "its beginning says what cannot be", err);
    fold->number = (uint32_t)number;
    fold->before = (uint64_t)before;
    fold->after = gd_arena_strdup(arena, after);
    fold->items = gd_arena_zalloc(arena, (size_t)changes, sizeof *fold->items);
    fold->count = (size_t)changes;
    return GD_DONE;
}

GD_MUST static struct gd_status take_item(const char *key, const char *cluster, size_t index,
                                          const struct gd_json *document,
                                          const struct gd_frame_view *frame, struct gd_arena *arena,
                                          struct gd_fold *fold, struct gd_error *err)
{
    const char *change = id_of(document, "change", arena);
    const char *last = index == 0 ? fold->after : fold->items[index - 1].change;
    int64_t number = gd_json_int(gd_json_get(document, "number"));
    const char *by = gd_json_text(gd_json_get(document, "rolled_back_by"));
    if (index >= fold->count)
        return damaged(key, "it holds more changes than it says", err);
    if (change == NULL || strcmp(change, last) <= 0 || number <= 0 || number > UINT32_MAX)
        return damaged(key, "its changes are in no order", err);
    struct gd_change_entry *item = &fold->items[index];
    *item = (struct gd_change_entry){.cluster = cluster,
                                     .change = change,
                                     .closed = true,
                                     .closed_number = (uint32_t)number,
                                     .rolled_back_by = gd_arena_strdup(arena, by),
                                     .time_us = gd_journal_time_of(change)};
    if (gd_json_is_object(gd_json_get(document, "closed"))) {
        item->summary = gd_arena_strndup(arena, frame->payload, frame->payload_bytes);
        item->summary_bytes = frame->payload_bytes;
    }
    return GD_DONE;
}

GD_MUST static struct gd_status take_frame(const char *key, const char *cluster, size_t index,
                                           const struct gd_frame_view *frame,
                                           struct gd_arena *arena, struct gd_fold *fold,
                                           struct gd_error *err)
{
    struct gd_json *document = NULL;
    struct gd_error unread = {0};
    if (gd_json_parse(frame->payload, frame->payload_bytes, &document, &unread).code != GD_OK)
        return damaged(key, unread.text, err);
    struct gd_status status =
        index == 0 ? take_head(key, document, arena, fold, err)
                   : take_item(key, cluster, index - 1, document, frame, arena, fold, err);
    gd_json_free(document);
    return status;
}

struct gd_status gd_fold_parse(const char *key, const char *cluster, const void *data, size_t size,
                               struct gd_arena *arena, struct gd_fold *out_fold,
                               struct gd_error *err)
{
    struct gd_fold fold = {0};
    struct gd_chain chain = gd_chain_first(key);
    size_t at = 0, frames = 0;
    for (; at < size; frames++) {
        struct gd_frame_view frame;
        if (gd_frame_read((const char *)data + at, size - at, &chain, &frame) != GD_FRAME_WHOLE)
            return damaged(key, frame.problem, err);
        GD_TRY(take_frame(key, cluster, frames, &frame, arena, &fold, err));
        chain = frame.chain;
        at += frame.bytes;
    }
    if (frames == 0 || frames - 1 != fold.count)
        return damaged(key, "it is cut short", err);
    if (strcmp(fold.items[fold.count - 1].change, fold.upto) != 0)
        return damaged(key, "its last change is not the one that it says", err);
    *out_fold = fold;
    return GD_DONE;
}

const char *gd_fold_key(const char *cluster, uint32_t number, struct gd_arena *arena)
{
    return gd_arena_printf(arena, "v1/%s/folded/%06u.zst", cluster, number);
}

struct gd_status gd_fold_bytes(struct gd_store *store, const char *key, char **out_data,
                               size_t *out_size, struct gd_error *err)
{
    gd_auto_source object = NULL;
    gd_auto_source plain = NULL;
    GD_TRY(gd_store_get(store, key, 0, 0, &object, err));
    GD_TRY(gd_zstd_source_new(GD_MOVE(object), &plain, err));
    return gd_source_all(plain, GD_FOLD_READ_MAX, out_data, out_size, err);
}

/* @param out_problem  set, and the fold is not, when it is damaged, gone, or of a newer guardian */
GD_MUST static struct gd_status load(struct gd_store *store, const char *cluster, uint32_t number,
                                     struct gd_arena *arena, struct gd_fold *out_fold,
                                     const char **out_problem, struct gd_error *err)
{
    char *data = NULL;
    size_t size = 0;
    struct gd_error why = {0};
    const char *key = gd_fold_key(cluster, number, arena);
    struct gd_status status = gd_fold_bytes(store, key, &data, &size, &why);
    if (status.code == GD_OK)
        status = gd_fold_parse(key, cluster, data, size, arena, out_fold, &why);
    else
        status = gd_wrap(&why, status, "summary \"%s\" cannot be read: ", key);
    free(data);
    if (status.code == GD_OK && out_fold->number != number)
        status = damaged(key, "it has another number than its place", &why);
    if (status.code == GD_CORRUPT || status.code == GD_USAGE) {
        *out_problem = gd_arena_strdup(arena, why.text);
        return GD_DONE;
    }
    if (status.code != GD_OK)
        *err = why;
    return status;
}

/* --- which there are ---------------------------------------------------------------------------
 */

struct numbers {
    const char *prefix;
    uint32_t *items; /* ascending, as keys are */
    size_t count, room;
    struct gd_arena *arena;
};

static bool number_of(const char *name, uint32_t *out_number)
{
    uint32_t number = 0;
    for (unsigned i = 0; i < 6; i++) {
        if (name[i] < '0' || name[i] > '9')
            return false;
        number = number * 10 + (uint32_t)(name[i] - '0');
    }
    *out_number = number;
    return number > 0 && strcmp(name + 6, ".zst") == 0;
}

static struct gd_status see(void *context, const struct gd_store_entry *entry, struct gd_error *err)
{
    struct numbers *numbers = context;
    uint32_t number = 0;
    (void)err;
    if (!number_of(entry->key + strlen(numbers->prefix), &number))
        return GD_DONE;
    if (numbers->count == numbers->room) {
        size_t room = numbers->room == 0 ? 64 : 2 * numbers->room;
        uint32_t *items = gd_arena_zalloc(numbers->arena, room, sizeof *items);
        if (numbers->count > 0)
            memcpy(items, numbers->items, numbers->count * sizeof *items);
        numbers->items = items;
        numbers->room = room;
    }
    numbers->items[numbers->count++] = number;
    return GD_DONE;
}

struct gd_status gd_folded_look(struct gd_store *store, const char *cluster, struct gd_arena *arena,
                                struct gd_folded *out_folded, struct gd_error *err)
{
    struct numbers numbers = {.prefix = gd_arena_printf(arena, "v1/%s/folded/", cluster),
                              .arena = arena};
    struct gd_folded folded = {.upto = ""};
    GD_TRY(gd_store_list(store, numbers.prefix, see, &numbers, err));
    for (size_t i = numbers.count; i > 0 && folded.newest.count == 0; i--)
        GD_TRY(load(store, cluster, numbers.items[i - 1], arena, &folded.newest, &folded.problem,
                    err));
    if (numbers.count > 0)
        folded.last = numbers.items[numbers.count - 1];
    if (folded.newest.count > 0) {
        folded.upto = folded.newest.upto;
        folded.count = folded.newest.before + folded.newest.count;
    }
    *out_folded = folded;
    return GD_DONE;
}

/* --- what is in them ---------------------------------------------------------------------------
 */

struct gathered {
    struct gd_change_entry *items; /* newest first */
    size_t count, room, most;      /* most 0: no limit */
    struct gd_arena *arena;
};

static bool is_enough(const struct gathered *gathered)
{
    return gathered->most > 0 && gathered->count >= gathered->most;
}

static void gather(struct gathered *gathered, const struct gd_fold *fold)
{
    for (size_t i = fold->count; i > 0 && !is_enough(gathered); i--) {
        if (gathered->items == NULL || gathered->count == gathered->room) {
            size_t room = gathered->room == 0 ? GD_FOLD_MOST : 2 * gathered->room;
            struct gd_change_entry *items = gd_arena_zalloc(gathered->arena, room, sizeof *items);
            if (gathered->items != NULL)
                memcpy(items, gathered->items, gathered->count * sizeof *items);
            gathered->items = items;
            gathered->room = room;
        }
        gathered->items[gathered->count++] = fold->items[i - 1];
    }
}

/* Each begins where the one before it ended: numbers between may have been lost, or never counted.
 * @param fold  becomes the one before it */
GD_MUST static struct gd_status step_back(struct gd_store *store, const char *cluster,
                                          struct gd_folded *folded, struct gd_fold *fold,
                                          struct gd_arena *arena, bool *out_there,
                                          struct gd_error *err)
{
    const char *first = NULL;
    *out_there = false;
    for (uint32_t number = fold->number; number > 1 && !*out_there;) {
        struct gd_fold older = {0};
        const char *problem = NULL;
        GD_TRY(load(store, cluster, --number, arena, &older, &problem, err));
        first = first == NULL ? problem : first;
        if (older.upto == NULL)
            continue;
        *out_there = strcmp(older.upto, fold->after) == 0;
        if (*out_there)
            *fold = older;
        else
            break; /* another end, and there is no other before it */
    }
    if (first == NULL && !*out_there)
        first = gd_arena_printf(arena, "no summary ends with change %s", fold->after);
    folded->problem = first == NULL ? folded->problem : first;
    return GD_DONE;
}

struct gd_status gd_folded_entries(struct gd_store *store, const char *cluster,
                                   struct gd_folded *folded, size_t most, struct gd_arena *arena,
                                   struct gd_change_entry **out_entries, size_t *out_count,
                                   bool *out_whole, struct gd_error *err)
{
    struct gathered gathered = {.most = most, .arena = arena};
    struct gd_fold fold = folded->newest;
    bool there = fold.count > 0;
    while (there) {
        gather(&gathered, &fold);
        if (fold.after[0] == '\0' || is_enough(&gathered))
            break;
        GD_TRY(step_back(store, cluster, folded, &fold, arena, &there, err));
    }
    for (size_t i = 0; i < gathered.count / 2; i++) {
        struct gd_change_entry other = gathered.items[i];
        gathered.items[i] = gathered.items[gathered.count - 1 - i];
        gathered.items[gathered.count - 1 - i] = other;
    }
    *out_entries = gathered.items;
    *out_count = gathered.count;
    *out_whole = there || folded->newest.count == 0;
    return GD_DONE;
}
