/* Inspect: the workers and what they share, see inspect.h. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "guardian/base/clock.h"
#include "guardian/base/memory.h"
#include "guardian/base/thread.h"
#include "guardian/prove/inspect.h"

enum { WORKERS_MAX = 64, WORKERS_DEFAULT_MAX = 8, TELL_US = 100000 };

static void lock(struct gd_inspection *run)
{
    int failed = pthread_mutex_lock(&run->lock);
    assert(failed == 0);
}

static void unlock(struct gd_inspection *run)
{
    int failed = pthread_mutex_unlock(&run->lock);
    assert(failed == 0);
}

/* Under the lock, so that what is told never goes back. */
static void tell_progress(struct gd_inspection *run, const struct gd_inspector *inspector,
                          int64_t now_us)
{
    if (now_us - run->told_us < TELL_US)
        return;
    run->told_us = now_us;
    struct gd_event event = {.kind = GD_EVENT_PROGRESS,
                             .object = inspector->object->stored->name,
                             .worker = inspector->worker,
                             .bytes = run->bytes,
                             .total_bytes = run->total_bytes,
                             .rows = run->rows};
    gd_tell(run->options->events, &event);
}

static void add_up(struct gd_inspector *inspector, int64_t now_us)
{
    struct gd_inspection *run = inspector->run;
    lock(run);
    run->bytes += inspector->bytes;
    run->rows += inspector->rows;
    tell_progress(run, inspector, now_us);
    unlock(run);
    inspector->bytes = inspector->rows = 0;
    inspector->added_us = now_us;
}

struct gd_status gd_inspector_went(struct gd_inspector *inspector, uint64_t bytes, uint64_t rows,
                                   struct gd_error *err)
{
    inspector->bytes += bytes;
    inspector->rows += rows;
    int64_t now_us = gd_clock_monotonic_us();
    if (now_us - inspector->added_us >= TELL_US)
        add_up(inspector, now_us);
    return gd_interrupt_check(err);
}

/* What was read before is only asked for: is it there, and as long as it was? */
static struct gd_status look_at(const struct gd_inspection *run, const struct gd_stored *stored,
                                struct gd_error *err)
{
    gd_auto_arena arena = gd_arena_new();
    bool there;
    struct gd_store_entry entry;
    const char *key = gd_snapshot_key(run->place.cluster, run->place.id, stored->name, arena);
    GD_TRY(gd_store_head(run->place.store, key, &there, &entry, err));
    if (!there)
        return gd_fail(err, GD_CORRUPT, "it is not in the store");
    if (entry.bytes != stored->stored_bytes)
        return gd_fail(err, GD_CORRUPT, "it has %llu bytes instead of %llu",
                       (unsigned long long)entry.bytes, (unsigned long long)stored->stored_bytes);
    return GD_DONE;
}

static struct gd_status inspect(struct gd_inspector *inspector, struct gd_error *err)
{
    const struct gd_object *object = inspector->object;
    if (object->remembered)
        return look_at(inspector->run, object->stored, err);
    switch (object->kind) {
    case GD_OBJECT_SCHEMA:
        return gd_inspect_schema(inspector, err);
    case GD_OBJECT_BLOBS:
        return gd_inspect_blobs(inspector, err);
    case GD_OBJECT_PART:
        break;
    }
    return gd_inspect_part(inspector, err);
}

static struct gd_object *next_object(struct gd_inspection *run)
{
    lock(run);
    struct gd_object *object =
        run->stop || run->next == run->queue_count ? NULL : run->queue[run->next++];
    unlock(run);
    return object;
}

static void keep_failure(struct gd_inspection *run, struct gd_object *object,
                         const struct gd_error *err)
{
    object->err = gd_memory_new(sizeof *object->err);
    *object->err = *err;
    if (object->status.code == GD_CORRUPT)
        return;
    lock(run);
    run->stop = true;
    unlock(run);
}

static void tell_object(const struct gd_inspection *run, const struct gd_inspector *inspector)
{
    const struct gd_object *object = inspector->object;
    const struct gd_rows_digest *digest =
        object->kind == GD_OBJECT_PART ? &object->table->parts[object->part].digest : NULL;
    struct gd_event event = {.kind = GD_EVENT_OBJECT,
                             .object = object->stored->name,
                             .worker = inspector->worker,
                             .bytes = object->stored->bytes,
                             .stored_bytes = object->stored->stored_bytes,
                             .rows = digest == NULL ? 0 : digest->rows};
    gd_tell(run->options->events, &event);
}

static void work(struct gd_inspector *inspector)
{
    struct gd_inspection *run = inspector->run;
    for (struct gd_object *object; (object = next_object(run)) != NULL;) {
        struct gd_error err = {0};
        inspector->object = object;
        int64_t read_us = gd_clock_now_us();
        object->status = inspect(inspector, &err);
        if (object->status.code != GD_OK) {
            keep_failure(run, object, &err);
            continue;
        }
        if (!object->remembered)
            object->read_us = read_us;
        add_up(inspector, gd_clock_monotonic_us());
        tell_object(run, inspector);
    }
}

static void *work_main(void *context)
{
    struct gd_inspector *inspector = context;
    inspector->text = gd_copy_text_new();
    work(inspector);
    gd_copy_text_free(inspector->text);
    return NULL;
}

static int by_size(const void *a, const void *b)
{
    const struct gd_object *const *one = a, *const *other = b;
    uint64_t size = (*one)->remembered ? 0 : (*one)->stored->bytes;
    uint64_t other_size = (*other)->remembered ? 0 : (*other)->stored->bytes;
    return size < other_size ? 1 : size > other_size ? -1 : 0;
}

/* Archives first: a program has to be started for each. Then the biggest. */
static void fill_queue(struct gd_inspection *run)
{
    run->queue = gd_memory_new((run->object_count + 1) * sizeof(struct gd_object *));
    for (size_t i = 0; i < run->object_count; i++) {
        run->queue[run->queue_count++] = &run->objects[i];
        if (!run->objects[i].remembered)
            run->total_bytes += run->objects[i].stored->bytes;
    }
    size_t archives = 0;
    while (archives < run->queue_count && run->queue[archives]->kind != GD_OBJECT_PART)
        archives++;
    if (run->queue_count > archives)
        qsort((void *)(run->queue + archives), run->queue_count - archives, sizeof run->queue[0],
              by_size);
}

static unsigned worker_count(const struct gd_inspection *run)
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    unsigned count = run->options->workers;
    if (count == 0)
        count = processors < 1                     ? 1
                : processors > WORKERS_DEFAULT_MAX ? WORKERS_DEFAULT_MAX
                                                   : (unsigned)processors;
    if (count > WORKERS_MAX)
        count = WORKERS_MAX;
    return count > run->queue_count && run->queue_count > 0 ? (unsigned)run->queue_count : count;
}

/* The calling thread works, too. A thread that cannot be had is done without. */
static void run_workers(struct gd_inspection *run, unsigned count)
{
    pthread_t threads[WORKERS_MAX];
    struct gd_inspector inspectors[WORKERS_MAX];
    unsigned started = 0;
    assert(count > 0 && count <= WORKERS_MAX);
    for (unsigned i = 0; i < count; i++)
        inspectors[i] = (struct gd_inspector){.run = run, .worker = (int)i};
    while (started + 1 < count &&
           gd_thread_start(&threads[started], work_main, &inspectors[started + 1]) == 0)
        started++;
    (void)work_main(&inspectors[0]);
    for (unsigned i = 0; i < started; i++)
        (void)pthread_join(threads[i], NULL);
}

struct gd_status gd_inspect_all(struct gd_inspection *run, struct gd_error *err)
{
    (void)pthread_mutex_init(&run->lock, NULL);
    fill_queue(run);
    gd_tell_stage(run->options->events, "reading the snapshot back", run->total_bytes);
    run_workers(run, worker_count(run));
    struct gd_event all = {.kind = GD_EVENT_PROGRESS,
                           .worker = -1,
                           .bytes = run->bytes,
                           .total_bytes = run->total_bytes,
                           .rows = run->rows};
    gd_tell(run->options->events, &all);
    free((void *)run->queue);
    run->queue = NULL;
    (void)pthread_mutex_destroy(&run->lock);
    for (size_t i = 0; i < run->object_count; i++) {
        const struct gd_object *object = &run->objects[i];
        if (object->status.code != GD_OK && object->status.code != GD_CORRUPT) {
            *err = *object->err;
            return gd_wrap(err, object->status,
                           "could not read \"%s\" of the snapshot back: ", object->stored->name);
        }
    }
    return GD_DONE;
}

void gd_inspection_done(struct gd_inspection *run)
{
    for (size_t i = 0; i < run->object_count; i++)
        free(run->objects[i].err);
}
