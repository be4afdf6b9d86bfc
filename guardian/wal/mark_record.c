/* Marks as they lie in the store: written once, read on distrust. See mark.h, docs/formats/mark.md.
 */
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guardian/base/crew.h"
#include "guardian/io/json.h"
#include "guardian/wal/mark_own.h"

enum { RECORD_BYTES_MAX = 64 * 1024, WORKERS = 8 };

static const char ending[] = ".json";

const char *gd_wal_mark_key(uint64_t system_identifier, const char *id, struct gd_arena *arena)
{
    return gd_arena_printf(arena, "v1/%" PRIu64 "/marks/%s%s", system_identifier, id, ending);
}

/* ---- writing ---- */

static struct gd_json *json_of(const struct gd_mark *mark)
{
    struct gd_json *one = gd_json_object();
    char number[24], lsn[GD_LSN_SIZE], time[GD_TIME_SIZE];
    (void)snprintf(number, sizeof number, "%" PRIu64, mark->system_identifier);
    gd_lsn_write(mark->lsn, lsn);
    gd_clock_text(mark->time_us, time);
    gd_json_put(one, "guardian_mark", gd_json_new_int(GD_MARK_FORMAT));
    gd_json_put(one, "id", gd_json_new_text(mark->id));
    gd_json_put(one, "name", gd_json_new_text(mark->name));
    gd_json_put(one, "change", gd_json_new_text(mark->change));
    gd_json_put(one, "after", gd_json_new_bool(mark->after));
    gd_json_put(one, "system_identifier", gd_json_new_text(number));
    gd_json_put(one, "database", gd_json_new_text(mark->database));
    gd_json_put(one, "timeline", gd_json_new_int(mark->timeline));
    gd_json_put(one, "lsn", gd_json_new_text(lsn));
    gd_json_put(one, "time", gd_json_new_text(time));
    gd_json_put(one, "transaction", gd_json_new_int((int64_t)mark->transaction));
    gd_json_put(one, "seen", gd_json_new_bool(mark->seen));
    gd_json_put(one, "git_commit", gd_json_new_text(mark->git_commit));
    return one;
}

struct gd_status gd_wal_mark_format(const struct gd_mark *mark, char **out_text, size_t *out_size,
                                    struct gd_error *err)
{
    char *text = NULL;
    FILE *stream = open_memstream(&text, out_size);
    if (stream == NULL)
        return gd_fail(err, GD_SYSTEM, "could not write a mark: out of memory");
    struct gd_json *one = json_of(mark);
    struct gd_status status = gd_json_write(one, stream, 2, err);
    gd_json_free(one);
    if (status.code == GD_OK && fputc('\n', stream) == EOF)
        status = gd_fail(err, GD_SYSTEM, "could not write a mark: out of memory");
    if (fclose(stream) != 0 && status.code == GD_OK)
        status = gd_fail(err, GD_SYSTEM, "could not write a mark: out of memory");
    if (status.code == GD_OK)
        *out_text = text;
    else
        free(text);
    return status;
}

struct gd_status gd_wal_mark_record(struct gd_store *store, const struct gd_mark *mark,
                                    struct gd_error *err)
{
    gd_auto_arena arena = gd_arena_new();
    const char *key = gd_wal_mark_key(mark->system_identifier, mark->id, arena);
    char *text = NULL, *stored = NULL;
    size_t size = 0, stored_size = 0;
    GD_TRY(gd_wal_mark_format(mark, &text, &size, err));
    struct gd_status status = gd_store_put_bytes(store, key, text, size, err);
    if (status.code == GD_OK)
        status = gd_store_get_bytes(store, key, RECORD_BYTES_MAX, &stored, &stored_size, err);
    if (status.code == GD_OK && (stored_size != size || memcmp(stored, text, size) != 0))
        status = gd_fail(err, GD_CORRUPT, "object \"%s\" does not hold what was just written", key);
    free(stored);
    free(text);
    return status;
}

/* ---- reading ---- */

struct reader {
    const struct gd_json *root;
    struct gd_arena *arena;
    struct gd_error *err;
};

static struct gd_status wrong(const struct reader *reader, const char *key)
{
    return gd_fail(reader->err, GD_CORRUPT, "\"%s\" of the mark is missing or makes no sense", key);
}

GD_MUST static struct gd_status read_text(const struct reader *reader, const char *key, size_t most,
                                          const char **out_text)
{
    const struct gd_json *value = gd_json_get(reader->root, key);
    if (gd_json_kind(value) != GD_JSON_TEXT || gd_json_text_size(value) > most ||
        strlen(gd_json_text(value)) != gd_json_text_size(value))
        return wrong(reader, key);
    *out_text = gd_arena_strdup(reader->arena, gd_json_text(value));
    return GD_DONE;
}

GD_MUST static struct gd_status read_number(const struct reader *reader, const char *key,
                                            uint64_t least, uint64_t most, uint64_t *out_number)
{
    const struct gd_json *value = gd_json_get(reader->root, key);
    if (gd_json_kind(value) != GD_JSON_INT || gd_json_int(value) < 0 ||
        (uint64_t)gd_json_int(value) < least || (uint64_t)gd_json_int(value) > most)
        return wrong(reader, key);
    *out_number = (uint64_t)gd_json_int(value);
    return GD_DONE;
}

GD_MUST static struct gd_status read_truth(const struct reader *reader, const char *key,
                                           bool *out_truth)
{
    const struct gd_json *value = gd_json_get(reader->root, key);
    if (gd_json_kind(value) != GD_JSON_BOOL)
        return wrong(reader, key);
    *out_truth = gd_json_int(value) != 0;
    return GD_DONE;
}

GD_MUST static struct gd_status read_identifier(const struct reader *reader, uint64_t *out_number)
{
    static const char key[] = "system_identifier";
    const char *text;
    char *end;
    GD_TRY(read_text(reader, key, 20, &text));
    uint64_t number = strtoull(text, &end, 10);
    char again[24];
    (void)snprintf(again, sizeof again, "%" PRIu64, number);
    if (number == 0 || strcmp(again, text) != 0)
        return wrong(reader, key);
    *out_number = number;
    return GD_DONE;
}

GD_MUST static struct gd_status read_place(const struct reader *reader, struct gd_mark *mark)
{
    uint64_t timeline;
    const char *text;
    GD_TRY(read_identifier(reader, &mark->system_identifier));
    GD_TRY(read_number(reader, "timeline", 1, UINT32_MAX, &timeline));
    mark->timeline = (uint32_t)timeline;
    GD_TRY(read_text(reader, "lsn", GD_LSN_SIZE, &text));
    if (!gd_lsn_read(text, &mark->lsn) || mark->lsn == 0)
        return wrong(reader, "lsn");
    GD_TRY(read_text(reader, "time", GD_TIME_SIZE, &text));
    if (!gd_clock_parse(text, &mark->time_us))
        return wrong(reader, "time");
    return read_number(reader, "transaction", 0, INT64_MAX, &mark->transaction);
}

GD_MUST static struct gd_status read_all(const struct reader *reader, struct gd_mark *mark)
{
    enum { WORDS_MAX = 4096 };
    const struct gd_json *format = gd_json_get(reader->root, "guardian_mark");
    if (gd_json_int(format) > GD_MARK_FORMAT)
        return gd_fail(reader->err, GD_USAGE,
                       "the mark has format %" PRId64 ", this program reads up to %d",
                       gd_json_int(format), GD_MARK_FORMAT);
    if (gd_json_int(format) < 1)
        return wrong(reader, "guardian_mark");
    GD_TRY(read_text(reader, "id", GD_ID_SIZE, &mark->id));
    GD_TRY(read_text(reader, "name", GD_MARK_NAME_SIZE - 1, &mark->name));
    GD_TRY(read_text(reader, "change", GD_ID_SIZE, &mark->change));
    if (!gd_id_valid(mark->id))
        return wrong(reader, "id");
    if (mark->name[0] == '\0')
        return wrong(reader, "name");
    if (mark->change[0] != '\0' && !gd_id_valid(mark->change))
        return wrong(reader, "change");
    GD_TRY(read_truth(reader, "after", &mark->after));
    GD_TRY(read_truth(reader, "seen", &mark->seen));
    GD_TRY(read_text(reader, "database", WORDS_MAX, &mark->database));
    GD_TRY(read_text(reader, "git_commit", WORDS_MAX, &mark->git_commit));
    return read_place(reader, mark);
}

struct gd_status gd_wal_mark_parse(const char *text, size_t size, struct gd_arena *arena,
                                   struct gd_mark *out_mark, struct gd_error *err)
{
    struct gd_json *root = NULL;
    struct gd_mark mark = {0};
    GD_TRY(gd_json_parse(text, size, &root, err));
    struct reader reader = {root, arena, err};
    struct gd_status status = read_all(&reader, &mark);
    gd_json_free(root);
    GD_TRY(status);
    *out_mark = mark;
    return GD_DONE;
}

/* ---- all of them ---- */

struct listing {
    struct gd_arena *arena;
    const char *folder;
    const char **ids;
    size_t count, capacity;
};

static struct gd_status add_id(void *context, const struct gd_store_entry *entry,
                               struct gd_error *err)
{
    (void)err;
    struct listing *listing = context;
    const char *name = entry->key + strlen(listing->folder);
    size_t size = strlen(name), end = sizeof ending - 1;
    char id[GD_ID_SIZE];
    if (size <= end || size - end >= sizeof id || strcmp(name + size - end, ending) != 0)
        return GD_DONE;
    (void)snprintf(id, sizeof id, "%.*s", (int)(size - end), name);
    if (!gd_id_valid(id))
        return GD_DONE;
    listing->ids = gd_arena_more(listing->arena, listing->ids, listing->count, &listing->capacity,
                                 sizeof *listing->ids);
    listing->ids[listing->count++] = gd_arena_strdup(listing->arena, id);
    return GD_DONE;
}

/* @param after  "": from the first on */
GD_MUST static struct gd_status list_ids(struct gd_store *store, uint64_t system_identifier,
                                         const char *after, struct listing *listing,
                                         struct gd_error *err)
{
    listing->folder = gd_arena_printf(listing->arena, "v1/%" PRIu64 "/marks/", system_identifier);
    if (after[0] == '\0')
        return gd_store_list(store, listing->folder, add_id, listing, err);
    return gd_store_list_after(store, listing->folder,
                               gd_arena_printf(listing->arena, "%s%s", listing->folder, after),
                               add_id, listing, err);
}

/* @param out_there  false: it is gone meanwhile, or cannot be understood, and marks nothing */
GD_MUST static struct gd_status load(struct gd_store *store, uint64_t system_identifier,
                                     const char *id, struct gd_arena *arena,
                                     struct gd_mark *out_mark, bool *out_there,
                                     struct gd_error *err)
{
    const char *key = gd_wal_mark_key(system_identifier, id, arena);
    struct gd_error unread = {0};
    char *text = NULL;
    size_t size = 0;
    *out_there = false;
    struct gd_status status = gd_store_get_bytes(store, key, RECORD_BYTES_MAX, &text, &size, err);
    if (status.code != GD_OK)
        return status.code == GD_CORRUPT ? GD_DONE : status;
    status = gd_wal_mark_parse(text, size, arena, out_mark, &unread);
    free(text);
    *out_there = status.code == GD_OK && strcmp(out_mark->id, id) == 0 &&
                 out_mark->system_identifier == system_identifier;
    return GD_DONE;
}

/* One request for each mark: several at a time. */
struct loading {
    struct gd_store *store;
    uint64_t system_identifier;
    const char *const *ids;
    struct gd_mark *marks;
    bool *there;
    pthread_mutex_t lock; /* of the arena */
    struct gd_arena *arena;
};

static void keep(struct loading *loading, size_t index, const struct gd_mark *mark)
{
    struct gd_arena *arena = loading->arena;
    struct gd_mark *kept = &loading->marks[index];
    pthread_mutex_lock(&loading->lock);
    *kept = *mark;
    kept->id = gd_arena_strdup(arena, mark->id);
    kept->name = gd_arena_strdup(arena, mark->name);
    kept->change = gd_arena_strdup(arena, mark->change);
    kept->database = gd_arena_strdup(arena, mark->database);
    kept->git_commit = gd_arena_strdup(arena, mark->git_commit);
    pthread_mutex_unlock(&loading->lock);
}

static struct gd_status load_one(void *context, size_t index, struct gd_arena *scratch,
                                 struct gd_error *err)
{
    struct loading *loading = context;
    struct gd_mark mark = {0};
    GD_TRY(load(loading->store, loading->system_identifier, loading->ids[index], scratch, &mark,
                &loading->there[index], err));
    if (loading->there[index])
        keep(loading, index, &mark);
    return GD_DONE;
}

struct gd_status gd_wal_marks(struct gd_store *store, uint64_t system_identifier,
                              struct gd_arena *arena, struct gd_mark **out_marks, size_t *out_count,
                              struct gd_error *err)
{
    struct listing listing = {.arena = arena};
    size_t count = 0;
    GD_TRY(list_ids(store, system_identifier, "", &listing, err));
    struct loading loading = {
        .store = store,
        .system_identifier = system_identifier,
        .ids = listing.ids,
        .marks = gd_arena_zalloc(arena, listing.count + 1, sizeof *loading.marks),
        .there = gd_arena_zalloc(arena, listing.count + 1, sizeof *loading.there),
        .lock = PTHREAD_MUTEX_INITIALIZER,
        .arena = arena,
    };
    if (listing.count > 0)
        GD_TRY(gd_crew_run(listing.count, WORKERS, load_one, &loading, err));
    for (size_t i = 0; i < listing.count; i++)
        if (loading.there[i])
            loading.marks[count++] = loading.marks[i];
    *out_marks = loading.marks; /* ids sort by time, and the store lists in order */
    *out_count = count;
    return GD_DONE;
}

/* A change's id is made before its marks', by the same process. */
struct gd_status gd_wal_mark_find(struct gd_store *store, uint64_t system_identifier,
                                  const char *change, bool after, struct gd_arena *arena,
                                  const struct gd_mark **out_mark, struct gd_error *err)
{
    struct listing listing = {.arena = arena};
    struct gd_mark *best = NULL;
    GD_TRY(list_ids(store, system_identifier, change, &listing, err));
    for (size_t i = 0; i < listing.count; i++) {
        struct gd_mark *mark = gd_arena_zalloc(arena, 1, sizeof *mark);
        bool there;
        GD_TRY(load(store, system_identifier, listing.ids[i], arena, mark, &there, err));
        if (there && strcmp(mark->change, change) == 0 && mark->after == after &&
            !gd_wal_mark_is_within(mark) &&
            (best == NULL || mark->seen > best->seen || (after && mark->seen == best->seen)))
            best = mark;
    }
    *out_mark = best;
    return GD_DONE;
}
