/*
 * Journal, read: objects become frames, frames records, and every one of them is checked.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guardian/base/crew.h"
#include "guardian/journal/keep.h"

enum { WORKERS = 8, NUMBER_DIGITS = 6 };

/* --- names ------------------------------------------------------------------------------------ */

static bool number_of(const char *text, uint32_t *out_number)
{
    uint32_t number = 0;
    for (unsigned i = 0; i < NUMBER_DIGITS; i++) {
        if (text[i] < '0' || text[i] > '9')
            return false;
        number = number * 10 + (uint32_t)(text[i] - '0');
    }
    *out_number = number;
    return text[NUMBER_DIGITS] == '\0' && number > 0;
}

enum gd_journal_name gd_journal_name_of(const char *name, uint32_t *out_number)
{
    static const char closed[] = "closed-";
    *out_number = 0;
    if (number_of(name, out_number))
        return GD_NAME_OBJECT;
    if (strncmp(name, closed, sizeof closed - 1) == 0)
        return number_of(name + sizeof closed - 1, out_number) ? GD_NAME_CLOSED : GD_NAME_OTHER;
    size_t length = strlen(gd_journal_rolled_back_prefix);
    if (strncmp(name, gd_journal_rolled_back_prefix, length) == 0 && gd_id_valid(name + length))
        return GD_NAME_ROLLED_BACK;
    return GD_NAME_OTHER;
}

/* --- the folder ------------------------------------------------------------------------------- */

struct object {
    char *data;
    size_t size;
};

struct folder {
    struct gd_store *store;
    const char *path, *change;
    struct gd_arena *arena;
    uint32_t count, highest; /* objects seen, and the greatest of their numbers */
    bool marked;
    const char *rolled_back_by;
    struct object *objects;
    struct gd_journal_state *state;
    struct gd_record *items; /* those of state->records, to be written */
    size_t room;
};

static struct gd_status see_name(void *context, const struct gd_store_entry *entry,
                                 struct gd_error *err)
{
    (void)err;
    struct folder *folder = context;
    const char *name = entry->key + strlen(folder->path);
    uint32_t number = 0;
    switch (gd_journal_name_of(name, &number)) {
    case GD_NAME_OBJECT:
        folder->count++;
        folder->highest = number > folder->highest ? number : folder->highest;
        break;
    case GD_NAME_CLOSED:
        folder->marked = true;
        break;
    case GD_NAME_ROLLED_BACK:
        folder->rolled_back_by =
            gd_arena_strdup(folder->arena, name + strlen(gd_journal_rolled_back_prefix));
        break;
    case GD_NAME_OTHER:
        break;
    }
    return GD_DONE;
}

static struct gd_status damaged(const struct folder *folder, uint32_t number, const char *problem,
                                struct gd_error *err)
{
    return gd_hint(err,
                   gd_fail(err, GD_CORRUPT,
                           "the journal of change \"%s\" is damaged: object "
                           "\"%s%06u\": %s",
                           folder->change, folder->path, number, problem),
                   "What the change did must be asked of the database itself.");
}

static struct gd_status fetch(void *context, size_t index, struct gd_arena *scratch,
                              struct gd_error *err)
{
    const struct folder *folder = context;
    struct object *object = &folder->objects[index];
    const char *key = gd_arena_printf(scratch, "%s%06zu", folder->path, index + 1);
    return gd_store_get_bytes(folder->store, key, (size_t)2 * GD_FRAME_PAYLOAD_MAX, &object->data,
                              &object->size, err);
}

/* --- records ---------------------------------------------------------------------------------- */

static void keep_record(struct folder *folder, const struct gd_record *record,
                        struct gd_json *take_document)
{
    struct gd_records *records = &folder->state->records;
    if (records->count == folder->room) {
        size_t room = folder->room == 0 ? 16 : 2 * folder->room;
        struct gd_record *items = gd_arena_zalloc(folder->arena, room, sizeof *items);
        struct gd_json **documents = gd_arena_zalloc(folder->arena, room, sizeof(struct gd_json *));
        if (records->count > 0) {
            memcpy(items, records->items, records->count * sizeof *items);
            memcpy(documents, records->documents, records->count * sizeof(struct gd_json *));
        }
        records->items = folder->items = items;
        records->documents = documents;
        folder->room = room;
    }
    records->documents[records->count] = take_document;
    folder->items[records->count++] = *record;
}

static const char *problem_of(const struct folder *folder, const struct gd_json *document,
                              uint32_t number, struct gd_record *out_record)
{
    *out_record = (struct gd_record){.number = number, .body = document};
    if (!gd_json_is_object(document))
        return "it holds no object";
    if (strcmp(gd_json_text(gd_json_get(document, "change")), folder->change) != 0)
        return "it belongs to another change";
    if (gd_json_int(gd_json_get(document, "number")) != number)
        return "it has another number than its place";
    if (!gd_record_kind_parse(gd_json_text(gd_json_get(document, "record")), &out_record->kind))
        return "it is no record that this version knows";
    if (!gd_clock_parse(gd_json_text(gd_json_get(document, "time")), &out_record->time_us))
        return "it has no time";
    return NULL;
}

static struct gd_status newer(const struct folder *folder, int64_t format, struct gd_error *err)
{
    return gd_hint(err,
                   gd_fail(err, GD_USAGE, "the journal of change \"%s\" has format %lld",
                           folder->change, (long long)format),
                   "A newer guardian wrote it: use that one.");
}

static struct gd_status take_record(struct folder *folder, uint32_t object,
                                    const struct gd_frame_view *frame, uint32_t number,
                                    struct gd_error *err)
{
    struct gd_json *document = NULL;
    struct gd_error unread = {0};
    struct gd_record record;
    if (gd_json_parse(frame->payload, frame->payload_bytes, &document, &unread).code != GD_OK)
        return damaged(folder, object, unread.text, err);
    int64_t format = gd_json_int(gd_json_get(document, "format"));
    const char *problem = problem_of(folder, document, number, &record);
    struct gd_status status = GD_DONE;
    if (format > GD_JOURNAL_FORMAT)
        status = newer(folder, format, err);
    else if (problem != NULL)
        status = damaged(folder, object, problem, err);
    if (status.code == GD_OK)
        keep_record(folder, &record, document);
    else
        gd_json_free(document);
    return status;
}

static struct gd_status not_torn(const struct folder *folder, struct gd_error *err)
{
    return damaged(folder, folder->state->set_aside, "it is no record, and others follow", err);
}

/* An object that is torn may be followed by one that says so: recovery went on behind it. */
static struct gd_status settle_torn(struct folder *folder, struct gd_error *err)
{
    struct gd_journal_state *state = folder->state;
    if (state->set_aside == 0)
        return GD_DONE;
    const struct gd_record *last = &state->records.items[state->records.count - 1];
    if (gd_json_int(gd_json_get(last->body, "set_aside")) != state->set_aside)
        return not_torn(folder, err);
    state->set_aside = 0;
    return GD_DONE;
}

/* Looks at all frames before one of them counts: an object is whole, or it is torn. */
static enum gd_frame_state look_at(const struct object *object, const struct gd_chain *before,
                                   const char **out_problem)
{
    struct gd_chain chain = *before;
    size_t at = 0;
    do {
        struct gd_frame_view frame;
        enum gd_frame_state found =
            gd_frame_read(object->data + at, object->size - at, &chain, &frame);
        *out_problem = frame.problem;
        if (found != GD_FRAME_WHOLE)
            return found;
        chain = frame.chain;
        at += frame.bytes;
    } while (at < object->size);
    return GD_FRAME_WHOLE;
}

static void keep_closing(struct folder *folder, const struct gd_frame_view *frame)
{
    struct gd_journal_state *state = folder->state;
    char *copy = gd_arena_alloc(folder->arena, frame->bytes);
    memcpy(copy, (const char *)frame->payload - GD_FRAME_HEAD_BYTES, frame->bytes);
    state->closing = copy;
    state->closing_bytes = frame->bytes;
}

static struct gd_status take_frames(struct folder *folder, uint32_t number, struct gd_error *err)
{
    struct gd_journal_state *state = folder->state;
    const struct object *object = &folder->objects[number - 1];
    for (size_t at = 0; at < object->size;) {
        struct gd_frame_view frame;
        (void)gd_frame_read(object->data + at, object->size - at, &state->chain, &frame);
        if (state->closing != NULL)
            return damaged(folder, number, "it follows the record that closes the change", err);
        GD_TRY(take_record(folder, number, &frame, (uint32_t)state->records.count + 1, err));
        if (at == 0)
            GD_TRY(settle_torn(folder, err));
        if (state->records.items[state->records.count - 1].kind == GD_RECORD_CLOSED)
            keep_closing(folder, &frame);
        state->chain = frame.chain;
        at += frame.bytes;
    }
    return GD_DONE;
}

static struct gd_status take_object(struct folder *folder, uint32_t number, struct gd_error *err)
{
    struct gd_journal_state *state = folder->state;
    const char *problem = NULL;
    switch (look_at(&folder->objects[number - 1], &state->chain, &problem)) {
    case GD_FRAME_WHOLE:
        return take_frames(folder, number, err);
    case GD_FRAME_STRANGE:
        return state->set_aside == 0 ? damaged(folder, number, problem, err)
                                     : not_torn(folder, err);
    case GD_FRAME_DAMAGED:
        break;
    }
    if (state->set_aside != 0) /* two in a row: no crash does that */
        return not_torn(folder, err);
    state->set_aside = number;
    return GD_DONE;
}

/* --- all of it -------------------------------------------------------------------------------- */

static struct gd_status read_objects(struct folder *folder, struct gd_error *err)
{
    GD_TRY(gd_crew_run(folder->highest, WORKERS, fetch, folder, err));
    for (uint32_t number = 1; number <= folder->highest; number++)
        GD_TRY(take_object(folder, number, err));
    if (folder->marked && folder->state->closing == NULL)
        return damaged(folder, folder->highest + 1, "the record that closes it is missing", err);
    return GD_DONE;
}

static struct gd_status read_folder(struct folder *folder, struct gd_error *err)
{
    GD_TRY(gd_store_list(folder->store, folder->path, see_name, folder, err));
    if (folder->highest == 0 && !folder->marked)
        return gd_hint(err, gd_fail(err, GD_USAGE, "there is no change \"%s\"", folder->change),
                       "guardian list shows the changes that there are.");
    if (folder->count < folder->highest)
        return damaged(folder, folder->highest, "an object before it is missing", err);
    folder->objects = gd_arena_zalloc(folder->arena, folder->highest, sizeof *folder->objects);
    struct gd_status status = read_objects(folder, err);
    for (uint32_t i = 0; i < folder->highest; i++)
        free(folder->objects[i].data);
    return status;
}

struct gd_status gd_journal_load(struct gd_store *store, const char *cluster, const char *change,
                                 struct gd_arena *arena, struct gd_journal_state *out_state,
                                 struct gd_error *err)
{
    struct gd_journal_state state = {0};
    struct folder folder = {.store = store,
                            .path = gd_journal_folder(cluster, change, arena),
                            .change = change,
                            .arena = arena,
                            .rolled_back_by = "",
                            .state = &state};
    if (!gd_id_valid(change))
        return gd_fail(err, GD_USAGE, "\"%.60s\" is not the id of a change", change);
    state.chain = gd_chain_first(folder.path);
    struct gd_status status = read_folder(&folder, err);
    if (status.code != GD_OK) {
        gd_records_done(&state.records);
        return status;
    }
    state.objects = folder.highest;
    state.records.torn = state.set_aside != 0;
    state.records.marked = folder.marked;
    state.records.rolled_back_by = folder.rolled_back_by;
    *out_state = state;
    return GD_DONE;
}

struct gd_status gd_journal_read(struct gd_store *store, const char *cluster, const char *change,
                                 struct gd_arena *arena, struct gd_records *out_records,
                                 struct gd_error *err)
{
    struct gd_journal_state state = {0};
    GD_TRY(gd_journal_load(store, cluster, change, arena, &state, err));
    *out_records = state.records;
    return GD_DONE;
}

void gd_records_done(struct gd_records *records)
{
    for (size_t i = 0; i < records->count; i++)
        gd_json_free(records->documents[i]);
    *records = (struct gd_records){0};
}

/* --- the copy of the last record -------------------------------------------------------------- */

static struct gd_status take_copy(struct folder *folder, const struct object *object,
                                  uint32_t number, struct gd_error *err)
{
    struct gd_frame_view frame;
    if (gd_frame_read(object->data, object->size, NULL, &frame) != GD_FRAME_WHOLE)
        return gd_fail(err, GD_CORRUPT, "object \"%sclosed-%06u\" is damaged: %s", folder->path,
                       number, frame.problem);
    GD_TRY(take_record(folder, number, &frame, number, err));
    if (folder->state->records.items[0].kind != GD_RECORD_CLOSED)
        return gd_fail(err, GD_CORRUPT, "object \"%sclosed-%06u\" does not close the change",
                       folder->path, number);
    return GD_DONE;
}

/* The caller frees object->data. */
static struct gd_status fetch_copy(struct folder *folder, struct gd_store *store, uint32_t number,
                                   struct object *object, struct gd_error *err)
{
    const char *key = gd_arena_printf(folder->arena, "%sclosed-%06u", folder->path, number);
    GD_TRY(gd_store_get_bytes(store, key, (size_t)2 * GD_FRAME_PAYLOAD_MAX, &object->data,
                              &object->size, err));
    return take_copy(folder, object, number, err);
}

static struct folder folder_of(const char *cluster, const char *change, struct gd_arena *arena,
                               struct gd_journal_state *state)
{
    return (struct folder){.path = gd_journal_folder(cluster, change, arena),
                           .change = change,
                           .arena = arena,
                           .state = state};
}

struct gd_status gd_journal_read_closed(struct gd_store *store, const char *cluster,
                                        const char *change, uint32_t closed_number,
                                        struct gd_arena *arena, struct gd_records *out_records,
                                        struct gd_error *err)
{
    struct gd_journal_state state = {.records = {.marked = true, .rolled_back_by = ""}};
    struct folder folder = folder_of(cluster, change, arena, &state);
    struct object object = {0};
    struct gd_status status = fetch_copy(&folder, store, closed_number, &object, err);
    free(object.data);
    if (status.code == GD_OK)
        *out_records = state.records;
    else
        gd_records_done(&state.records);
    return status;
}

struct gd_status gd_journal_closing(struct gd_store *store, const char *cluster, const char *change,
                                    uint32_t closed_number, struct gd_arena *arena,
                                    char **out_payload, size_t *out_size, struct gd_error *err)
{
    struct gd_journal_state state = {0};
    struct folder folder = folder_of(cluster, change, arena, &state);
    struct object object = {0};
    struct gd_status status = fetch_copy(&folder, store, closed_number, &object, err);
    gd_records_done(&state.records);
    if (status.code != GD_OK) {
        free(object.data);
        return status;
    }
    struct gd_frame_view frame;
    (void)gd_frame_read(object.data, object.size, NULL, &frame);
    *out_size = frame.payload_bytes;
    memmove(object.data, frame.payload, frame.payload_bytes);
    *out_payload = object.data;
    return GD_DONE;
}

struct gd_status gd_journal_read_summary(const struct gd_change_entry *entry,
                                         struct gd_arena *arena, struct gd_records *out_records,
                                         struct gd_error *err)
{
    struct gd_journal_state state = {.records = {.marked = true, .rolled_back_by = ""}};
    struct folder folder = folder_of(entry->cluster, entry->change, arena, &state);
    struct gd_json *document = NULL;
    struct gd_record record;
    GD_TRY(gd_json_parse(entry->summary, entry->summary_bytes, &document, err));
    const char *problem =
        problem_of(&folder, gd_json_get(document, "closed"), entry->closed_number, &record);
    if (problem != NULL || record.kind != GD_RECORD_CLOSED) {
        gd_json_free(document);
        return gd_fail(err, GD_CORRUPT, "the summary of change \"%s\" is none: %s", entry->change,
                       problem == NULL ? "it does not close it" : problem);
    }
    keep_record(&folder, &record, document);
    *out_records = state.records;
    return GD_DONE;
}
