/*
 * Journal, written: records become frames, frames an object, and the object is read back.
 */
#include "guardian/journal/journal.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guardian/base/fault.h"
#include "guardian/base/memory.h"
#include "guardian/journal/keep.h"

/* clang-format off */
static const struct { const char *name, *certain; } kinds[] = {
#define X(name, text, certain) {text, certain},
    GD_RECORDS(X)
#undef X
};
/* clang-format on */
enum { KIND_COUNT = sizeof kinds / sizeof kinds[0] };

const char *gd_record_name(enum gd_record_kind kind)
{
    return kinds[kind].name;
}

const char *gd_record_certain(enum gd_record_kind kind)
{
    return kinds[kind].certain;
}

bool gd_record_kind_parse(const char *text, enum gd_record_kind *out_kind)
{
    for (unsigned i = 0; i < KIND_COUNT; i++)
        if (strcmp(kinds[i].name, text) == 0) {
            *out_kind = (enum gd_record_kind)i;
            return true;
        }
    return false;
}

struct gd_journal {
    struct gd_store *store;
    struct gd_arena *arena;
    const char *cluster, *change, *folder;
    char writer[GD_ID_SIZE]; /* two writers never write the same bytes */
    struct gd_chain chain;   /* of what is stored and of what is held */
    uint32_t objects, records, set_aside;
    struct gd_sink *held; /* frames for the next object */
    bool begun, closed, broken;
};

const char *gd_journal_change(const struct gd_journal *journal)
{
    return journal->change;
}

const char *gd_journal_cluster(const struct gd_journal *journal)
{
    return journal->cluster;
}

struct gd_store *gd_journal_store(const struct gd_journal *journal)
{
    return journal->store;
}

bool gd_journal_begun(const struct gd_journal *journal)
{
    return journal->begun;
}

bool gd_journal_broken(const struct gd_journal *journal)
{
    return journal->broken;
}

bool gd_journal_closed(const struct gd_journal *journal)
{
    return journal->closed;
}

const char *gd_journal_folder(const char *cluster, const char *change, struct gd_arena *arena)
{
    return gd_arena_printf(arena, "v1/%s/changes/%s/", cluster, change);
}

/* --- begin and end ---------------------------------------------------------------------------- */

static struct gd_sink *new_object(void)
{
    return gd_mem_sink_new((size_t)2 * GD_FRAME_PAYLOAD_MAX);
}

static struct gd_journal *new_journal(struct gd_store *store, const char *cluster,
                                      const char *change)
{
    struct gd_journal *journal = gd_memory_new(sizeof *journal);
    journal->store = store;
    journal->arena = gd_arena_new();
    journal->cluster = gd_arena_strdup(journal->arena, cluster);
    journal->change = gd_arena_strdup(journal->arena, change);
    journal->folder = gd_journal_folder(cluster, change, journal->arena);
    journal->chain = gd_chain_first(journal->folder);
    journal->held = new_object();
    gd_id_new(journal->writer);
    return journal;
}

void gd_journal_free(struct gd_journal *journal)
{
    if (journal == NULL)
        return;
    gd_sink_free(journal->held);
    gd_arena_free(journal->arena);
    free(journal);
}

struct gd_status gd_journal_new(struct gd_store *store, const char *cluster, const char *change,
                                struct gd_journal **out_journal, struct gd_error *err)
{
    if (!gd_id_valid(change))
        return gd_fail(err, GD_USAGE, "\"%.60s\" is not the id of a change", change);
    *out_journal = new_journal(store, cluster, change);
    return GD_DONE;
}

/* --- objects ---------------------------------------------------------------------------------- */

/* The journal is what a crash is explained from: a store that fails it is one that cannot protect.
 */
static struct gd_status unprotected(const char *what, struct gd_status status, struct gd_error *err)
{
    struct gd_error below = *err;
    if (status.code == GD_INJECTED || status.code == GD_REFUSED)
        return status;
    status = gd_fail(err, GD_UNPROTECTED, "could not write %s: %s", what, below.text);
    return below.hint[0] == '\0' ? status : gd_hint(err, status, "%s", below.hint);
}

static struct gd_status put_and_read(struct gd_store *store, const char *key, const void *data,
                                     size_t size, struct gd_error *err)
{
    char *back = NULL;
    size_t back_size = 0;
    GD_TRY(gd_fault("journal: before an object", err));
    GD_TRY(gd_store_put_bytes(store, key, data, size, err));
    GD_TRY(gd_fault("journal: before an object is read back", err));
    GD_TRY(gd_store_get_bytes(store, key, size + 1, &back, &back_size, err));
    bool same = back_size == size && memcmp(back, data, size) == 0;
    free(back);
    if (!same)
        return gd_fail(err, GD_UNPROTECTED, "%s gives other bytes for \"%s\" than it was given",
                       gd_store_url(store), key);
    return gd_fault("journal: after an object", err);
}

/* Under a name that says what is in it already; there from an earlier try is as good. */
static struct gd_status put_marker(struct gd_journal *journal, uint32_t number, const void *frame,
                                   size_t size, struct gd_error *err)
{
    const char *key = gd_arena_printf(journal->arena, "%sclosed-%06u", journal->folder, number);
    struct gd_error refused = {0};
    struct gd_status status = put_and_read(journal->store, key, frame, size, &refused);
    if (status.code == GD_OK || status.code == GD_REFUSED)
        return GD_DONE;
    *err = refused;
    return status;
}

static struct gd_status put_object(struct gd_journal *journal, struct gd_error *err)
{
    size_t size = 0;
    const void *data = gd_mem_sink_data(journal->held, &size);
    if (journal->objects == GD_JOURNAL_OBJECTS_MAX)
        return gd_fail(err, GD_UNPROTECTED, "change \"%s\" has too many records", journal->change);
    const char *key =
        gd_arena_printf(journal->arena, "%s%06u", journal->folder, journal->objects + 1);
    struct gd_status status = put_and_read(journal->store, key, data, size, err);
    if (status.code == GD_REFUSED)
        return gd_hint(err,
                       gd_fail(err, GD_REFUSED,
                               "another guardian writes the journal of change "
                               "\"%s\"; this one stops",
                               journal->change),
                       "Wait for the other one; guardian list shows how it ended.");
    if (status.code != GD_OK)
        return status;
    gd_sink_free(journal->held);
    journal->held = new_object();
    journal->objects++;
    journal->set_aside = 0;
    journal->begun = true;
    return GD_DONE;
}

/* --- records ---------------------------------------------------------------------------------- */

static struct gd_json *head_of(const struct gd_journal *journal, enum gd_record_kind kind)
{
    struct gd_json *head = gd_json_object();
    char time[GD_TIME_SIZE];
    size_t held = 0;
    (void)gd_mem_sink_data(journal->held, &held);
    gd_clock_text(gd_clock_now_us(), time);
    gd_json_put(head, "record", gd_json_new_text(gd_record_name(kind)));
    gd_json_put(head, "number", gd_json_new_int((int64_t)journal->records + 1));
    gd_json_put(head, "time", gd_json_new_text(time));
    gd_json_put(head, "change", gd_json_new_text(journal->change));
    gd_json_put(head, "format", gd_json_new_int(GD_JOURNAL_FORMAT));
    gd_json_put(head, "writer", gd_json_new_text(journal->writer));
    if (journal->set_aside != 0 && held == 0)
        gd_json_put(head, "set_aside", gd_json_new_int(journal->set_aside));
    return head;
}

static struct gd_status text_of(const struct gd_json *value, char **out_text, size_t *out_size,
                                struct gd_error *err)
{
    FILE *stream = open_memstream(out_text, out_size);
    if (stream == NULL)
        abort();
    struct gd_status status = gd_json_write(value, stream, 0, err);
    fclose(stream);
    return status;
}

/* One object out of two: "{…}\n" and "{…}\n" become "{…,…}\n". */
static struct gd_status payload_of(const struct gd_json *head, const struct gd_json *body,
                                   char **out_text, size_t *out_size, struct gd_error *err)
{
    char *front = NULL, *rest = NULL, *all = NULL;
    size_t front_size = 0, rest_size = 0, all_size = 0;
    GD_TRY(text_of(head, &front, &front_size, err));
    struct gd_status status = text_of(body, &rest, &rest_size, err);
    FILE *stream = open_memstream(&all, &all_size);
    if (stream == NULL)
        abort();
    if (status.code == GD_OK)
        fprintf(stream, "%.*s%s%s", (int)(front_size - 2), front,
                gd_json_count(body) == 0 ? "" : ",", rest + 1);
    fclose(stream);
    free(front);
    free(rest);
    if (status.code != GD_OK)
        free(all);
    else {
        *out_text = all;
        *out_size = all_size;
    }
    return status;
}

static struct gd_status add_frame(struct gd_journal *journal, enum gd_record_kind kind,
                                  const struct gd_json *body, struct gd_error *err)
{
    struct gd_json *head = head_of(journal, kind);
    char *payload = NULL;
    size_t size = 0;
    struct gd_status status = payload_of(head, body, &payload, &size, err);
    gd_json_free(head);
    if (status.code != GD_OK)
        return status;
    if (size > GD_FRAME_PAYLOAD_MAX)
        status = gd_fail(err, GD_UNPROTECTED, "record \"%s\" of change \"%s\" is too big",
                         gd_record_name(kind), journal->change);
    else
        status = gd_frame_write(journal->held, &journal->chain, payload, size, err);
    free(payload);
    if (status.code == GD_OK)
        journal->records++;
    return status;
}

static struct gd_status add_record(struct gd_journal *journal, enum gd_record_kind kind,
                                   const struct gd_json *body, struct gd_error *err)
{
    assert(!journal->closed && gd_json_is_object(body));
    if (journal->broken)
        return gd_fail(
            err, GD_UNPROTECTED,
            "the journal of change \"%s\" could not be written before, and is left alone",
            journal->change);
    return add_frame(journal, kind, body, err);
}

struct gd_status gd_journal_hold(struct gd_journal *journal, enum gd_record_kind kind,
                                 struct gd_json *take_body, struct gd_error *err)
{
    assert(kind != GD_RECORD_CLOSED);
    struct gd_status status = add_record(journal, kind, take_body, err);
    gd_json_free(take_body);
    if (status.code != GD_OK)
        journal->broken = true;
    return status;
}

static struct gd_status write_out(struct gd_journal *journal, enum gd_record_kind kind,
                                  const struct gd_json *body, struct gd_error *err)
{
    size_t size = 0;
    (void)gd_mem_sink_data(journal->held, &size);
    size_t at = size;
    GD_TRY(add_record(journal, kind, body, err));
    if (kind != GD_RECORD_CLOSED)
        return put_object(journal, err);
    const char *data = gd_mem_sink_data(journal->held, &size);
    char *frame = gd_arena_alloc(journal->arena, size - at);
    memcpy(frame, data + at, size - at);
    GD_TRY(put_object(journal, err));
    journal->closed = true;
    return put_marker(journal, journal->records, frame, size - at, err);
}

struct gd_status gd_journal_write(struct gd_journal *journal, enum gd_record_kind kind,
                                  struct gd_json *take_body, struct gd_error *err)
{
    struct gd_status status = write_out(journal, kind, take_body, err);
    gd_json_free(take_body);
    if (status.code == GD_OK)
        return status;
    journal->broken = true;
    const char *what = gd_arena_printf(journal->arena, "record \"%s\" of change \"%s\"",
                                       gd_record_name(kind), journal->change);
    return unprotected(what, status, err);
}

/* --- going on --------------------------------------------------------------------------------- */

static struct gd_status go_on(struct gd_journal *journal, const struct gd_journal_state *state,
                              struct gd_error *err)
{
    journal->chain = state->chain;
    journal->objects = state->objects;
    journal->records = (uint32_t)state->records.count;
    journal->set_aside = state->set_aside;
    journal->begun = state->records.count > 0;
    journal->closed = state->closing != NULL;
    if (!journal->closed || state->records.marked)
        return GD_DONE;
    struct gd_status status =
        put_marker(journal, journal->records, state->closing, state->closing_bytes, err);
    const char *what =
        gd_arena_printf(journal->arena, "that change \"%s\" is closed", journal->change);
    return status.code == GD_OK ? status : unprotected(what, status, err);
}

struct gd_status gd_journal_resume(struct gd_store *store, const char *cluster, const char *change,
                                   struct gd_journal **out_journal, struct gd_error *err)
{
    gd_auto_arena arena = gd_arena_new();
    struct gd_journal_state state = {0};
    GD_TRY(gd_journal_load(store, cluster, change, arena, &state, err));
    struct gd_journal *journal = new_journal(store, cluster, change);
    struct gd_status status = go_on(journal, &state, err);
    gd_records_done(&state.records);
    if (status.code == GD_OK)
        *out_journal = journal;
    else
        gd_journal_free(journal);
    return status;
}

/* --- beside the records ----------------------------------------------------------------------- */

const char gd_journal_rolled_back_prefix[] = "rolled-back-";

struct gd_status gd_journal_rolled_back(struct gd_store *store, const char *cluster,
                                        const char *change, const char *by, struct gd_error *err)
{
    gd_auto_arena arena = gd_arena_new();
    struct gd_error refused = {0};
    const char *key = gd_arena_printf(arena, "%s%s%s", gd_journal_folder(cluster, change, arena),
                                      gd_journal_rolled_back_prefix, by);
    const char *text = gd_arena_printf(arena, "{\"rolled_back_by\":\"%s\"}\n", by);
    struct gd_status status = put_and_read(store, key, text, strlen(text), &refused);
    if (status.code == GD_OK || status.code == GD_REFUSED)
        return GD_DONE;
    *err = refused;
    return unprotected(gd_arena_printf(arena, "that change \"%s\" was rolled back", change), status,
                       err);
}
