/*
 * Workers: sessions that share the snapshot and copy one part after the other into the store.
 *
 * Invariant 1  The first failure is kept, everybody else stops soon, and all have ended before the
 *              caller goes on.
 * Invariant 2  A part without rows makes no object.
 * Invariant 3  A worker waits for a lock no longer than the main session did: whoever queued for an
 *              exclusive lock behind that one would otherwise wait for us, and we for him.
 */
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guardian/base/clock.h"
#include "guardian/base/fault.h"
#include "guardian/base/thread.h"
#include "guardian/snapshot/take_own.h"

/* So that a session does not gather more locks than the server has room for. */
enum { PARTS_PER_TRANSACTION = 500 };

void gd_take_failed(struct gd_take *take, struct gd_status status, const struct gd_error *err)
{
    pthread_mutex_lock(&take->lock);
    if (take->first.code == GD_OK) {
        take->first = status;
        take->first_err = *err;
    }
    pthread_mutex_unlock(&take->lock);
    atomic_store(&take->stop, true);
}

struct gd_status gd_take_store_failed(struct gd_status status, struct gd_error *err)
{
    if (status.code != GD_SYSTEM)
        return status;
    err->code = GD_UNPROTECTED;
    return (struct gd_status){GD_UNPROTECTED};
}

/* --- a sink that begins its object with the first byte ------------------------------------------
 */

struct lazy {
    struct gd_sink sink;
    const struct gd_place *place;
    const char *name;
    uint64_t size_hint;
    struct gd_object_writer *writer;
};

static struct gd_status lazy_write(struct gd_sink *sink, const void *data, size_t size,
                                   struct gd_error *err)
{
    struct lazy *lazy = (struct lazy *)sink;
    if (lazy->writer == NULL)
        GD_TRY(gd_take_store_failed(
            gd_object_writer_new(lazy->place, lazy->name, lazy->size_hint, &lazy->writer, err),
            err));
    return gd_take_store_failed(gd_sink_write(gd_object_writer_sink(lazy->writer), data, size, err),
                                err);
}

static struct gd_status lazy_finish(struct gd_sink *sink, struct gd_error *err)
{
    (void)sink;
    return gd_fail(err, GD_SYSTEM, "an object is finished by its writer");
}

static void lazy_free(struct gd_sink *sink)
{
    gd_object_writer_free(((struct lazy *)sink)->writer);
}

/* --- one worker ---------------------------------------------------------------------------------
 */

struct worker {
    struct gd_take *take;
    int number;
    pthread_t thread;
    bool started;
    struct gd_pg *pg;
    struct gd_arena *arena; /* for one part */
    struct gd_arena *keep;  /* names of what was stored */
    unsigned parts;         /* in this transaction */
    const char *object;     /* what is being copied */
    uint64_t bytes, rows;   /* of this part, told so far */
};

GD_MUST static struct gd_status begin(struct worker *worker, struct gd_error *err)
{
    struct gd_take *take = worker->take;
    char lock[16];
    snprintf(lock, sizeof lock, "%" PRIu32, gd_take_lock_ms(take));
    const char *const values[] = {lock, take->options->foreign_data ? "view" : NULL};
    struct gd_pg_call call = {
        .what = "set up a worker",
        .sql = "SELECT pg_catalog.set_config('lock_timeout', $1, true), CASE WHEN "
               "pg_catalog.current_setting('restrict_nonsystem_relation_kind', true) IS NOT NULL "
               "AND $2::pg_catalog.text IS NOT NULL THEN "
               "pg_catalog.set_config('restrict_nonsystem_relation_kind', $2, true) END",
        .values = values,
        .value_count = 2};
    worker->parts = 0;
    GD_TRY(gd_pg_reader_begin(worker->pg, take->snapshot, err));
    return gd_pg_run(worker->pg, &call, NULL, err);
}

static void add_progress(struct worker *worker, uint64_t bytes, uint64_t rows, bool done)
{
    struct gd_take *take = worker->take;
    pthread_mutex_lock(&take->lock);
    take->bytes += bytes - worker->bytes;
    take->rows += rows - worker->rows;
    struct gd_event event = {.kind = GD_EVENT_PROGRESS,
                             .object = worker->object,
                             .worker = worker->number,
                             .bytes = take->bytes,
                             .total_bytes = take->total_bytes,
                             .rows = take->rows};
    pthread_mutex_unlock(&take->lock);
    worker->bytes = done ? 0 : bytes;
    worker->rows = done ? 0 : rows;
    gd_tell(take->options->events, &event);
}

static struct gd_status tell_progress(void *context, uint64_t bytes, uint64_t rows,
                                      struct gd_error *err)
{
    (void)err;
    add_progress(context, bytes, rows, false);
    return GD_DONE;
}

/* Databases in other encodings than UTF-8 can hold bytes that are no character in them. */
static struct gd_status hint_at_bytes(struct gd_status status, struct gd_error *err)
{
    if (status.code == GD_OK || strstr(err->text, "(22P05)") == NULL)
        return status;
    return gd_hint(
        err, status,
        "Some row holds bytes that are no character in the encoding of the database, which "
        "no other database would take either: correct it, or leave the table's rows out "
        "with --exclude-table-data.");
}

GD_MUST static struct gd_status copy_into(struct worker *worker, struct gd_take_part *part,
                                          struct lazy *lazy, struct gd_error *err)
{
    const struct gd_take *take = worker->take;
    const struct gd_take_table *table = &take->tables[part->table];
    uint64_t bytes = 0;
    struct gd_pg_copy copy = {.what = gd_arena_printf(worker->arena, "copy table \"%s.%s\"",
                                                      table->table.schema, table->table.name),
                              .sql = gd_take_copy_sql(table, part, worker->arena),
                              .progress = tell_progress,
                              .context = worker,
                              .stop = &take->stop};
    GD_TRY(hint_at_bytes(
        gd_pg_copy_out(worker->pg, &copy, &lazy->sink, &part->part.digest, &bytes, err), err));
    GD_TRY(gd_fault("take: a part is copied", err));
    if (lazy->writer != NULL)
        GD_TRY(gd_take_store_failed(
            gd_object_writer_finish(lazy->writer, worker->keep, &part->part.stored, err), err));
    add_progress(worker, bytes, part->part.digest.rows, true);
    return GD_DONE;
}

GD_MUST static struct gd_status copy_part(struct worker *worker, size_t index, struct gd_error *err)
{
    static const struct gd_sink_ops ops = {lazy_write, lazy_finish, lazy_free};
    struct gd_take *take = worker->take;
    struct gd_take_part *part = &take->parts[index];
    const struct gd_table *table = &take->tables[part->table].table;
    struct lazy lazy = {
        .sink = {.ops = &ops, .state = GD_SINK_OPEN},
        .place = &take->place,
        .name = gd_arena_printf(worker->arena, "data/%06zu.copy.zst", index + 1),
        .size_hint = part->weight,
    };
    if (worker->parts++ == PARTS_PER_TRANSACTION) {
        gd_pg_end(worker->pg);
        GD_TRY(begin(worker, err));
    }
    worker->object = gd_arena_printf(worker->arena, "%s.%s", table->schema, table->name);
    struct gd_status status = copy_into(worker, part, &lazy, err);
    gd_sink_free(&lazy.sink);
    part->done = status.code == GD_OK;
    if (!part->done)
        return status;
    gd_tell(take->options->events,
            &(struct gd_event){.kind = GD_EVENT_OBJECT,
                               .object = worker->object,
                               .worker = worker->number,
                               .bytes = part->part.stored.bytes,
                               .stored_bytes = part->part.stored.stored_bytes,
                               .rows = part->part.digest.rows});
    return GD_DONE;
}

/* The next part, or SIZE_MAX when there is none or somebody failed. */
static size_t next_part(struct gd_take *take)
{
    pthread_mutex_lock(&take->lock);
    size_t next = take->next_part < take->part_count && !atomic_load(&take->stop)
                      ? take->next_part++
                      : SIZE_MAX;
    pthread_mutex_unlock(&take->lock);
    return next;
}

static void *work(void *context)
{
    struct worker *worker = context;
    struct gd_error err = {0};
    for (size_t next; (next = next_part(worker->take)) != SIZE_MAX;) {
        struct gd_status status = gd_interrupt_check(&err);
        if (status.code == GD_OK)
            status = copy_part(worker, next, &err);
        if (status.code != GD_OK) {
            gd_take_failed(worker->take, status, &err);
            break;
        }
        gd_arena_reset(worker->arena);
    }
    return NULL;
}

/* --- all of them --------------------------------------------------------------------------------
 */

GD_MUST static struct gd_status start(struct worker *worker, struct gd_error *err)
{
    GD_TRY(gd_pg_connect_like(worker->take->pg, NULL, &worker->pg, err));
    GD_TRY(begin(worker, err));
    if (gd_thread_start(&worker->thread, work, worker) != 0)
        return gd_fail(err, GD_SYSTEM, "could not start a thread");
    worker->started = true;
    return GD_DONE;
}

static void end(struct worker *worker)
{
    if (worker->started)
        (void)pthread_join(worker->thread, NULL);
    if (worker->pg != NULL)
        gd_pg_end(worker->pg);
    gd_pg_close(worker->pg);
    gd_arena_free(worker->arena);
}

static void keep_names(struct gd_take *take)
{
    for (size_t i = 0; i < take->part_count; i++) {
        struct gd_stored *stored = &take->parts[i].part.stored;
        if (stored->name != NULL)
            stored->name = gd_arena_strdup(take->arena, stored->name);
    }
}

struct gd_status gd_take_copy_all(struct gd_take *take, struct gd_error *err)
{
    unsigned count = take->workers > take->part_count ? (unsigned)take->part_count : take->workers;
    struct worker *workers = gd_arena_zalloc(take->arena, count + 1, sizeof *workers);
    struct gd_status status = GD_DONE;
    for (unsigned i = 0; i < count && status.code == GD_OK; i++) {
        workers[i] = (struct worker){
            .take = take, .number = (int)i, .arena = gd_arena_new(), .keep = gd_arena_new()};
        status = start(&workers[i], err);
    }
    if (status.code == GD_OK)
        status = gd_take_digest_blobs(take, err);
    if (status.code != GD_OK)
        gd_take_failed(take, status, err);
    for (unsigned i = 0; i < count; i++)
        if (workers[i].take != NULL)
            end(&workers[i]);
    keep_names(take);
    for (unsigned i = 0; i < count; i++)
        gd_arena_free(workers[i].keep);
    return status;
}
