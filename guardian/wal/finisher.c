#include "guardian/wal/finisher.h"

#include <assert.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "guardian/base/clock.h"
#include "guardian/base/fault.h"
#include "guardian/base/memory.h"
#include "guardian/base/thread.h"

enum { TASKS_MAX = 16, TRIES = 5, WAIT_MS = 500, WAIT_MS_MAX = 8000 };

struct gd_finisher {
    struct gd_finisher_options options;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    pthread_t thread;
    struct gd_finisher_task tasks[TASKS_MAX]; /* a ring */
    size_t first, count;
    bool busy, quit;
    bool keeps; /* the store does not let us remove anything */
    bool told_other;
};

/* ---- one task ---- */

struct way {
    const struct gd_finisher *finisher;
    const struct gd_wal_name *segment;
    const struct gd_wal_part *parts;
    size_t count;
};

static struct gd_status open_way(const void *context, struct gd_source **out_source,
                                 struct gd_error *err)
{
    const struct way *way = context;
    (void)err;
    *out_source = gd_wal_parts_source_new(&way->finisher->options.place, way->segment, way->parts,
                                          way->count, 0);
    return GD_DONE;
}

/* It may be there already: then its bytes are compared, which reads it back. */
GD_MUST static struct gd_status put_together(struct gd_finisher *finisher,
                                             const struct gd_finisher_task *task,
                                             struct gd_wal_part *parts, size_t count,
                                             struct gd_error *err)
{
    struct way way = {.finisher = finisher, .segment = &task->segment, .parts = parts};
    const struct gd_wal_content content = {open_way, &way};
    struct gd_wal_put put;
    gd_auto_sink nowhere = gd_null_sink_new();
    bool there;
    uint32_t end = gd_wal_parts_way(parts, count, 0, &way.count);
    if (end == finisher->options.segment_bytes) {
        GD_TRY(gd_wal_put_content(&finisher->options.place, &task->segment, &content, &put, err));
        atomic_fetch_add(finisher->options.segments, 1);
        return GD_DONE;
    }
    GD_TRY(gd_wal_get(&finisher->options.place, &task->segment, nowhere, &there, err));
    if (there)
        return GD_DONE;
    return gd_fail(err, GD_CORRUPT, "its pieces end at byte %" PRIu32, end);
}

/* It was read back by whoever stored it; still, nothing goes without a look. */
GD_MUST static struct gd_status look_for_whole(struct gd_finisher *finisher,
                                               const struct gd_finisher_task *task,
                                               struct gd_error *err)
{
    gd_auto_arena arena = gd_arena_new();
    const char *key = gd_wal_key(&finisher->options.place, &task->segment, arena);
    bool there;
    GD_TRY(gd_store_head(finisher->options.place.store, key, &there, NULL, err));
    return there ? GD_DONE : gd_fail(err, GD_CORRUPT, "it is not in the store");
}

static bool is_within(const struct gd_finisher_task *task, const struct gd_wal_part *part)
{
    if (task->end == 0)
        return true;
    bool itself = part->start == task->start && part->end == task->end;
    return !itself && part->start >= task->start && part->end <= task->end;
}

static void remove_parts(struct gd_finisher *finisher, const struct gd_finisher_task *task,
                         const struct gd_wal_part *parts, size_t count)
{
    gd_auto_arena arena = gd_arena_new();
    for (size_t i = 0; i < count && !finisher->keeps; i++) {
        struct gd_error err = {0};
        if (!is_within(task, &parts[i]))
            continue;
        const char *key = gd_wal_part_key(&finisher->options.place, &task->segment, parts[i].start,
                                          parts[i].end, arena);
        struct gd_status status = gd_fault("stream: before a piece is removed", &err);
        if (status.code == GD_OK)
            status = gd_store_remove(finisher->options.place.store, key, &err);
        if (status.code == GD_OK)
            continue;
        finisher->keeps = true;
        gd_tell_note(finisher->options.events,
                     "pieces of segments that are whole stay in the store, which does not let us "
                     "remove them: %s",
                     err.text);
    }
}

static void look_for_others(struct gd_finisher *finisher, const struct gd_finisher_task *task,
                            size_t count)
{
    if (task->put == 0 || count <= task->put || finisher->told_other)
        return;
    finisher->told_other = true;
    gd_tell_warning(finisher->options.events,
                    "They do each other no harm, but one of them is enough: end the other.",
                    "another guardian wal stream stores WAL of this cluster here, too");
}

GD_MUST static struct gd_status do_task(struct gd_finisher *finisher,
                                        const struct gd_finisher_task *task, struct gd_error *err)
{
    gd_auto_arena arena = gd_arena_new();
    struct gd_wal_part *parts;
    size_t count;
    GD_TRY(gd_wal_parts_list(&finisher->options.place, &task->segment, arena, &parts, &count, err));
    look_for_others(finisher, task, count);
    if (count > 0 && task->end == 0)
        GD_TRY(task->whole ? look_for_whole(finisher, task, err)
                           : put_together(finisher, task, parts, count, err));
    remove_parts(finisher, task, parts, count);
    return GD_DONE;
}

/* ---- the thread ---- */

/* @return false: it is to quit */
static bool wait_for(struct gd_finisher *finisher, uint32_t wait_ms)
{
    int64_t until_us = gd_clock_monotonic_us() + (int64_t)wait_ms * 1000;
    const struct timespec until = {.tv_sec = until_us / 1000000,
                                   .tv_nsec = until_us % 1000000 * 1000};
    while (!finisher->quit)
        if (pthread_cond_timedwait(&finisher->changed, &finisher->lock, &until) != 0)
            break;
    return !finisher->quit;
}

static bool may_pass(enum gd_code code)
{
    return code != GD_CORRUPT && code != GD_REFUSED && code != GD_USAGE;
}

static void tell_left(const struct gd_finisher *finisher, const struct gd_finisher_task *task,
                      const struct gd_error *err)
{
    char name[GD_WAL_NAME_SIZE];
    gd_wal_name_write(&task->segment, name);
    gd_tell_warning(finisher->options.events,
                    *err->hint == '\0' ? "It is as good for recovery; guardian wal check says "
                                         "whether all of it is there."
                                       : err->hint,
                    "segment %s stays in pieces: %s", name, err->text);
}

/* Called and returns with the lock. */
static void try_task(struct gd_finisher *finisher, const struct gd_finisher_task *task)
{
    uint32_t wait_ms = WAIT_MS;
    for (int i = 0; i < TRIES && !finisher->quit; i++) {
        struct gd_error err = {0};
        pthread_mutex_unlock(&finisher->lock);
        struct gd_status status = do_task(finisher, task, &err);
        if (status.code != GD_OK && (i == TRIES - 1 || !may_pass(status.code)))
            tell_left(finisher, task, &err);
        pthread_mutex_lock(&finisher->lock);
        if (status.code == GD_OK || !may_pass(status.code) || !wait_for(finisher, wait_ms))
            return;
        wait_ms = wait_ms * 2 < WAIT_MS_MAX ? wait_ms * 2 : WAIT_MS_MAX;
    }
}

static void *work(void *context)
{
    struct gd_finisher *finisher = context;
    pthread_mutex_lock(&finisher->lock);
    while (!finisher->quit) {
        if (finisher->count == 0) {
            pthread_cond_wait(&finisher->changed, &finisher->lock);
            continue;
        }
        struct gd_finisher_task task = finisher->tasks[finisher->first];
        finisher->first = (finisher->first + 1) % TASKS_MAX;
        finisher->count--;
        finisher->busy = true;
        pthread_cond_broadcast(&finisher->changed);
        try_task(finisher, &task);
        finisher->busy = false;
    }
    pthread_mutex_unlock(&finisher->lock);
    return NULL;
}

struct gd_status gd_finisher_new(const struct gd_finisher_options *options,
                                 struct gd_finisher **out_finisher, struct gd_error *err)
{
    struct gd_finisher *finisher = gd_memory_new(sizeof *finisher);
    finisher->options = *options;
    pthread_condattr_t steady;
    pthread_condattr_init(&steady);
    pthread_condattr_setclock(&steady, CLOCK_MONOTONIC);
    pthread_mutex_init(&finisher->lock, NULL);
    pthread_cond_init(&finisher->changed, &steady);
    pthread_condattr_destroy(&steady);
    int failed = gd_thread_start(&finisher->thread, work, finisher);
    if (failed != 0) {
        free(finisher);
        return gd_fail(err, GD_SYSTEM, "could not start a thread: %s", strerror(failed));
    }
    *out_finisher = finisher;
    return GD_DONE;
}

void gd_finisher_add(struct gd_finisher *finisher, const struct gd_finisher_task *task)
{
    pthread_mutex_lock(&finisher->lock);
    while (finisher->count == TASKS_MAX && !finisher->quit)
        pthread_cond_wait(&finisher->changed, &finisher->lock);
    if (!finisher->quit)
        finisher->tasks[(finisher->first + finisher->count++) % TASKS_MAX] = *task;
    pthread_cond_broadcast(&finisher->changed);
    pthread_mutex_unlock(&finisher->lock);
}

bool gd_finisher_idle(struct gd_finisher *finisher)
{
    pthread_mutex_lock(&finisher->lock);
    bool idle = finisher->count == 0 && !finisher->busy;
    pthread_mutex_unlock(&finisher->lock);
    return idle;
}

void gd_finisher_free(struct gd_finisher *finisher)
{
    if (finisher == NULL)
        return;
    pthread_mutex_lock(&finisher->lock);
    finisher->quit = true;
    pthread_cond_broadcast(&finisher->changed);
    pthread_mutex_unlock(&finisher->lock);
    pthread_join(finisher->thread, NULL);
    pthread_mutex_destroy(&finisher->lock);
    pthread_cond_destroy(&finisher->changed);
    free(finisher);
}
