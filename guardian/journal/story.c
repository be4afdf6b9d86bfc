/*
 * Story: the struct becomes the bodies of records, and records become the struct again.
 */
#include "guardian/journal/story.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "guardian/base/crew.h"
#include "guardian/journal/fold.h"
#include "guardian/journal/keep.h"
#include "guardian/journal/story_shape.h"

enum { WORKERS = 8 };

static const void *at(const void *base, size_t offset)
{
    return (const char *)base + offset;
}

static void *place(void *base, size_t offset)
{
    return (char *)base + offset;
}

static bool carries(const struct gd_told_field *field, enum gd_record_kind kind)
{
    return (field->records & (1U << kind)) != 0;
}

/* --- writing ---------------------------------------------------------------------------------- */

static struct gd_json *body_of(const struct gd_told_shape *shape, const void *base,
                               enum gd_record_kind kind);

static struct gd_json *texts_of(const struct gd_texts *texts)
{
    struct gd_json *list = gd_json_list();
    for (size_t i = 0; i < texts->count; i++)
        gd_json_push(list, gd_json_new_text(texts->items[i]));
    return list;
}

static struct gd_json *list_of(const struct gd_told_field *field, const void *base,
                               enum gd_record_kind kind)
{
    const char *items = *(const char *const *)at(base, field->offset);
    size_t count = *(const size_t *)at(base, field->beside);
    struct gd_json *list = gd_json_list();
    for (size_t i = 0; i < count; i++)
        gd_json_push(list, body_of(field->shape, items + i * field->shape->size, kind));
    return list;
}

static struct gd_json *text_of(const char *text)
{
    return gd_json_new_text(text == NULL ? "" : text);
}

static struct gd_json *value_of(const struct gd_told_field *field, const void *base,
                                enum gd_record_kind kind)
{
    const void *member = at(base, field->offset);
    switch (field->kind) {
    case GD_TOLD_TEXT:
        return text_of(*(const char *const *)member);
    case GD_TOLD_BOOL:
        return gd_json_new_bool(*(const bool *)member);
    case GD_TOLD_NUMBER:
        return gd_json_new_int(*(const int64_t *)member);
    case GD_TOLD_COUNT:
        return gd_json_new_int(*(const uint32_t *)member);
    case GD_TOLD_REAL:
        return gd_json_new_real(*(const double *)member);
    case GD_TOLD_TIME:
        return gd_json_new_time(*(const int64_t *)member);
    case GD_TOLD_WORD:
        return gd_json_new_text(field->words->name(*(const unsigned *)member));
    case GD_TOLD_TEXTS:
        return texts_of(member);
    case GD_TOLD_LIST:
        return list_of(field, base, kind);
    }
    abort();
}

static struct gd_json *body_of(const struct gd_told_shape *shape, const void *base,
                               enum gd_record_kind kind)
{
    struct gd_json *body = gd_json_object();
    for (size_t i = 0; i < shape->count; i++)
        if (carries(&shape->fields[i], kind))
            gd_json_put(body, shape->fields[i].key, value_of(&shape->fields[i], base, kind));
    return body;
}

struct gd_json *gd_story_body(const struct gd_story *story, enum gd_record_kind kind)
{
    return body_of(&gd_story_shape, story, kind);
}

/* --- reading ---------------------------------------------------------------------------------- */

static void blank(const struct gd_told_shape *shape, void *base)
{
    for (size_t i = 0; i < shape->count; i++)
        if (shape->fields[i].kind == GD_TOLD_TEXT)
            *(const char **)place(base, shape->fields[i].offset) = "";
}

static void read_body(const struct gd_told_shape *shape, const struct gd_json *body, void *base,
                      struct gd_arena *arena);

static void read_texts(const struct gd_json *list, struct gd_texts *texts, struct gd_arena *arena)
{
    *texts = (struct gd_texts){0};
    for (size_t i = 0; i < gd_json_count(list); i++)
        gd_texts_add(texts, gd_arena_strdup(arena, gd_json_text(gd_json_at(list, i))), arena);
}

static uint32_t count_of(int64_t number)
{
    return number < 0 || number > UINT32_MAX ? 0 : (uint32_t)number;
}

/* The one with this number (without one: at this place); NULL when there is none. */
static void *numbered(const struct gd_told_field *field, uint32_t number, size_t place_at,
                      void *base)
{
    char *items = *(char **)place(base, field->offset);
    size_t size = field->shape->size, count = *(const size_t *)at(base, field->beside);
    for (size_t i = 0; i < count; i++)
        if (number == 0
                ? i == place_at
                : *(const uint32_t *)at(items + i * size, field->shape->fields[0].offset) == number)
            return items + i * size;
    return NULL;
}

/* Room for all of `list` behind those that are there. */
static void make_room(const struct gd_told_field *field, size_t more, void *base,
                      struct gd_arena *arena)
{
    char **items = place(base, field->offset);
    size_t size = field->shape->size, count = *(const size_t *)at(base, field->beside);
    char *grown = gd_arena_zalloc(arena, count + more, size);
    if (count > 0)
        memcpy(grown, *items, count * size);
    *items = grown;
}

/* Of a list whose items are numbered a record may tell only what is new. */
static void read_numbered(const struct gd_told_field *field, const struct gd_json *list, void *base,
                          struct gd_arena *arena)
{
    size_t left = gd_json_is_list(list) ? gd_json_count(list) : 0;
    bool room = false;
    for (size_t i = 0; left > 0; i++, left--) {
        const struct gd_json *item = gd_json_at(list, i);
        uint32_t number = count_of(gd_json_int(gd_json_get(item, field->shape->fields[0].key)));
        char *one = numbered(field, number, i, base);
        if (one == NULL) {
            size_t *count = place(base, field->beside);
            if (!room)
                make_room(field, left, base, arena);
            room = true;
            one = *(char **)place(base, field->offset) + (*count)++ * field->shape->size;
            blank(field->shape, one);
        }
        read_body(field->shape, item, one, arena);
    }
}

/* As many as before: those, of which a later record says more. */
static void read_list(const struct gd_told_field *field, const struct gd_json *list, void *base,
                      struct gd_arena *arena)
{
    size_t count = gd_json_is_list(list) ? gd_json_count(list) : 0;
    size_t size = field->shape->size;
    char **items = place(base, field->offset);
    if (*(const size_t *)at(base, field->beside) != count || count == 0) {
        *items = gd_arena_zalloc(arena, count, size);
        for (size_t i = 0; i < count; i++)
            blank(field->shape, *items + i * size);
    }
    for (size_t i = 0; i < count; i++)
        read_body(field->shape, gd_json_at(list, i), *items + i * size, arena);
    *(size_t *)place(base, field->beside) = count;
}

static unsigned word_of(const struct gd_words *words, const char *text)
{
    for (unsigned i = 0; i < words->count; i++)
        if (strcmp(words->name(i), text) == 0)
            return i;
    return words->otherwise;
}

static void read_value(const struct gd_told_field *field, const struct gd_json *value, void *base,
                       struct gd_arena *arena)
{
    void *member = place(base, field->offset);
    switch (field->kind) {
    case GD_TOLD_TEXT:
        *(const char **)member = gd_arena_strdup(arena, gd_json_text(value));
        break;
    case GD_TOLD_BOOL:
        *(bool *)member = gd_json_int(value) != 0;
        break;
    case GD_TOLD_NUMBER:
        *(int64_t *)member = gd_json_int(value);
        break;
    case GD_TOLD_COUNT:
        *(uint32_t *)member = count_of(gd_json_int(value));
        break;
    case GD_TOLD_REAL:
        *(double *)member = gd_json_real(value);
        break;
    case GD_TOLD_TIME:
        if (!gd_clock_parse(gd_json_text(value), member))
            *(int64_t *)member = 0;
        break;
    case GD_TOLD_WORD:
        *(unsigned *)member = word_of(field->words, gd_json_text(value));
        break;
    case GD_TOLD_TEXTS:
        read_texts(value, member, arena);
        break;
    case GD_TOLD_LIST:
        if (field->shape->numbered)
            read_numbered(field, value, base, arena);
        else
            read_list(field, value, base, arena);
        break;
    }
}

static void read_body(const struct gd_told_shape *shape, const struct gd_json *body, void *base,
                      struct gd_arena *arena)
{
    for (size_t i = 0; i < shape->count; i++) {
        const struct gd_json *value = gd_json_get(body, shape->fields[i].key);
        if (value != NULL)
            read_value(&shape->fields[i], value, base, arena);
    }
}

struct gd_story *gd_story_new(struct gd_arena *arena)
{
    struct gd_story *story = gd_arena_zalloc(arena, 1, sizeof *story);
    blank(&gd_story_shape, story);
    story->change = story->rolled_back_by = "";
    story->drift_rows = -1;
    return story;
}

void gd_story_learn(struct gd_story *story, const struct gd_json *body, struct gd_arena *arena)
{
    read_body(&gd_story_shape, body, story, arena);
}

/* Written before there was another name than the text's own. */
static void name_files(struct gd_story *story)
{
    for (size_t i = 0; i < story->file_count; i++)
        if (story->files[i].known_as[0] == '\0')
            story->files[i].known_as = story->files[i].sha256;
}

static struct gd_story *story_of(const struct gd_records *records, const char *change,
                                 const char *cluster, struct gd_arena *arena)
{
    struct gd_story *story = gd_story_new(arena);
    for (size_t i = 0; i < records->count; i++) {
        const struct gd_record *record = &records->items[i];
        gd_story_learn(story, record->body, arena);
        story->last = record->kind;
        story->closed = record->kind == GD_RECORD_CLOSED;
        if (story->closed && story->ended_us == 0)
            story->ended_us = record->time_us;
    }
    if (story->began_us == 0 && records->count > 0)
        story->began_us = records->items[0].time_us;
    if (!story->closed)
        story->outcome = GD_OUTCOME_OPEN;
    name_files(story);
    story->change = gd_arena_strdup(arena, change);
    story->cluster = gd_arena_strdup(arena, cluster);
    story->rolled_back_by = gd_arena_strdup(arena, records->rolled_back_by);
    story->torn = records->torn;
    return story;
}

struct gd_status gd_story_read(struct gd_store *store, const char *cluster, const char *change,
                               struct gd_arena *arena, struct gd_story **out_story,
                               struct gd_error *err)
{
    gd_auto_arena scratch = gd_arena_new();
    struct gd_records records = {0};
    GD_TRY(gd_journal_read(store, cluster, change, scratch, &records, err));
    *out_story = story_of(&records, change, cluster, arena);
    gd_records_done(&records);
    return GD_DONE;
}

static struct gd_status read_brief(struct gd_store *store, const struct gd_change_entry *entry,
                                   struct gd_arena *arena, struct gd_records *out_records,
                                   struct gd_error *err)
{
    struct gd_error ignored = {0};
    if (!entry->closed)
        return gd_journal_read(store, entry->cluster, entry->change, arena, out_records, err);
    if (entry->summary != NULL &&
        gd_journal_read_summary(entry, arena, out_records, &ignored).code == GD_OK) {
        out_records->rolled_back_by = entry->rolled_back_by;
        return GD_DONE;
    }
    GD_TRY(gd_journal_read_closed(store, entry->cluster, entry->change, entry->closed_number, arena,
                                  out_records, err));
    out_records->rolled_back_by = entry->rolled_back_by;
    return GD_DONE;
}

struct gd_status gd_story_brief(struct gd_store *store, const struct gd_change_entry *entry,
                                struct gd_arena *arena, struct gd_story **out_story,
                                struct gd_error *err)
{
    gd_auto_arena scratch = gd_arena_new();
    struct gd_records records = {0};
    GD_TRY(read_brief(store, entry, scratch, &records, err));
    *out_story = story_of(&records, entry->change, entry->cluster, arena);
    gd_records_done(&records);
    return GD_DONE;
}

/* --- all of them ------------------------------------------------------------------------------ */

struct telling {
    struct gd_store *store;
    const struct gd_change_entry *entries;
    struct gd_told *told;
    pthread_mutex_t lock; /* guards the arena */
    struct gd_arena *arena;
};

static void keep_told(struct telling *telling, size_t index, const struct gd_records *records,
                      const char *problem)
{
    const struct gd_change_entry *entry = &telling->entries[index];
    struct gd_told *told = &telling->told[index];
    pthread_mutex_lock(&telling->lock);
    if (problem == NULL)
        told->story = story_of(records, entry->change, entry->cluster, telling->arena);
    else
        told->problem = gd_arena_strdup(telling->arena, problem);
    pthread_mutex_unlock(&telling->lock);
}

static struct gd_status tell_one(void *context, size_t index, struct gd_arena *scratch,
                                 struct gd_error *err)
{
    struct telling *telling = context;
    struct gd_records records = {0};
    struct gd_error problem = {0};
    struct gd_status status =
        read_brief(telling->store, &telling->entries[index], scratch, &records, &problem);
    if (status.code == GD_OK || status.code == GD_CORRUPT || status.code == GD_USAGE) {
        keep_told(telling, index, &records, status.code == GD_OK ? NULL : problem.text);
        gd_records_done(&records);
        return GD_DONE;
    }
    *err = problem;
    return status;
}

/* --- which of them ---------------------------------------------------------------------------- */

/* Entries of all clusters that are asked for, and how many older ones are not among them. */
struct chosen {
    struct gd_change_entry *items;
    size_t count, room, left;
    const char *problem; /* of a summary; NULL */
    struct gd_arena *arena;
};

static void choose(struct chosen *chosen, const struct gd_change_entry *entries, size_t count)
{
    if (count > chosen->room - chosen->count) {
        size_t room = 2 * (chosen->count + count);
        struct gd_change_entry *items = gd_arena_zalloc(chosen->arena, room, sizeof *items);
        if (chosen->count > 0)
            memcpy(items, chosen->items, chosen->count * sizeof *items);
        chosen->items = items;
        chosen->room = room;
    }
    if (count > 0)
        memcpy(chosen->items + chosen->count, entries, count * sizeof *entries);
    chosen->count += count;
}

/* Both are in the order of ids. */
static void add_summaries(struct gd_change_entry *entries, size_t count,
                          const struct gd_change_entry *folded, size_t folded_count)
{
    for (size_t i = 0, f = 0; i < count && f < folded_count;) {
        int order = strcmp(entries[i].change, folded[f].change);
        if (order == 0 && entries[i].closed &&
            entries[i].closed_number == folded[f].closed_number) {
            entries[i].summary = folded[f].summary;
            entries[i].summary_bytes = folded[f].summary_bytes;
        }
        i += order <= 0;
        f += order >= 0;
    }
}

/* Whatever the summaries say, the list of the journals is what counts. */
GD_MUST static struct gd_status choose_all(struct gd_store *store, const char *cluster,
                                           struct gd_folded *folded, struct chosen *chosen,
                                           struct gd_error *err)
{
    struct gd_change_entry *entries = NULL, *items = NULL;
    size_t count = 0, item_count = 0;
    bool whole = false;
    GD_TRY(gd_journal_list_after(store, cluster, "", chosen->arena, &entries, &count, err));
    GD_TRY(gd_folded_entries(store, cluster, folded, 0, chosen->arena, &items, &item_count, &whole,
                             err));
    add_summaries(entries, count, items, item_count);
    choose(chosen, entries, count);
    return GD_DONE;
}

GD_MUST static struct gd_status choose_newest(struct gd_store *store, const char *cluster,
                                              size_t most, struct gd_folded *folded,
                                              struct chosen *chosen, struct gd_error *err)
{
    struct gd_change_entry *entries = NULL, *items = NULL;
    size_t count = 0, item_count = 0;
    bool whole = true;
    GD_TRY(
        gd_journal_list_after(store, cluster, folded->upto, chosen->arena, &entries, &count, err));
    if (count < most)
        GD_TRY(gd_folded_entries(store, cluster, folded, most - count, chosen->arena, &items,
                                 &item_count, &whole, err));
    if (!whole)
        return choose_all(store, cluster, folded, chosen, err);
    chosen->left += (size_t)folded->count - item_count;
    choose(chosen, items, item_count);
    choose(chosen, entries, count);
    return GD_DONE;
}

static int oldest_first(const void *left, const void *right)
{
    const struct gd_change_entry *a = left, *b = right;
    int order = strcmp(a->change, b->change);
    return order != 0 ? order : strcmp(a->cluster, b->cluster);
}

/* Moves what is wanted to the front. */
static void leave_out(struct chosen *chosen, size_t most)
{
    size_t kept = 0, all = chosen->count;
    for (size_t i = 0; i < all; i++)
        if (most == 0 || all - i <= most || !chosen->items[i].closed)
            chosen->items[kept++] = chosen->items[i];
    chosen->count = kept;
    chosen->left += all - kept;
}

GD_MUST static struct gd_status choose_from(struct gd_store *store, const char *cluster,
                                            size_t most, struct chosen *chosen,
                                            struct gd_error *err)
{
    struct gd_texts clusters = {0};
    if (cluster != NULL)
        gd_texts_add(&clusters, gd_arena_strdup(chosen->arena, cluster), chosen->arena);
    else
        GD_TRY(gd_journal_clusters(store, chosen->arena, &clusters, err));
    for (size_t i = 0; i < clusters.count; i++) {
        struct gd_folded folded;
        GD_TRY(gd_folded_look(store, clusters.items[i], chosen->arena, &folded, err));
        GD_TRY(most == 0 ? choose_all(store, clusters.items[i], &folded, chosen, err)
                         : choose_newest(store, clusters.items[i], most, &folded, chosen, err));
        chosen->problem = folded.problem != NULL ? folded.problem : chosen->problem;
    }
    if (chosen->count > 0)
        qsort(chosen->items, chosen->count, sizeof *chosen->items, oldest_first);
    leave_out(chosen, most);
    return GD_DONE;
}

/* A summary does not know of a rollback that came later; that is in the list, too. */
static void mark_rolled_back(struct gd_told *told, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct gd_story *back = told[i].story;
        if (back == NULL || back->kind != GD_STORY_ROLLBACK || back->of[0] == '\0' ||
            back->outcome != GD_OUTCOME_APPLIED)
            continue;
        for (size_t k = 0; k < i; k++)
            if (told[k].story != NULL && *told[k].story->rolled_back_by == '\0' &&
                strcmp(told[k].change, back->of) == 0 &&
                strcmp(told[k].cluster, back->cluster) == 0)
                told[k].story->rolled_back_by = back->change;
    }
}

struct gd_status gd_story_list(struct gd_store *store, const char *cluster, size_t most,
                               struct gd_arena *arena, struct gd_told_list *out_list,
                               struct gd_error *err)
{
    struct chosen chosen = {.arena = arena};
    GD_TRY(choose_from(store, cluster, most, &chosen, err));
    size_t count = chosen.count;
    struct gd_told *told = gd_arena_zalloc(arena, count, sizeof *told);
    for (size_t i = 0; i < count; i++)
        told[i] = (struct gd_told){.cluster = chosen.items[i].cluster,
                                   .change = chosen.items[i].change,
                                   .time_us = chosen.items[i].time_us,
                                   .open = !chosen.items[i].closed};
    struct telling telling = {
        .store = store, .entries = chosen.items, .told = told, .arena = arena};
    pthread_mutex_init(&telling.lock, NULL);
    struct gd_status status = gd_crew_run(count, WORKERS, tell_one, &telling, err);
    pthread_mutex_destroy(&telling.lock);
    if (status.code != GD_OK)
        return status;
    mark_rolled_back(told, count);
    *out_list = (struct gd_told_list){told, count, chosen.left, chosen.problem};
    return GD_DONE;
}
