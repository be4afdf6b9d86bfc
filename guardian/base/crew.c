#include "guardian/base/crew.h"

#include <assert.h>
#include <pthread.h>
#include <stdbool.h>

#include "guardian/base/thread.h"

enum { WORKERS_MAX = 64 };

struct crew {
    size_t count;
    gd_crew_task_fn *task;
    void *context;
    pthread_mutex_t lock; /* guards what follows */
    size_t next;
    struct gd_status status;
    struct gd_error err;
};

static bool take_next(struct crew *crew, size_t *out_index)
{
    pthread_mutex_lock(&crew->lock);
    bool more = crew->status.code == GD_OK && crew->next < crew->count;
    if (more)
        *out_index = crew->next++;
    pthread_mutex_unlock(&crew->lock);
    return more;
}

static void keep_failure(struct crew *crew, struct gd_status status, const struct gd_error *err)
{
    pthread_mutex_lock(&crew->lock);
    if (crew->status.code == GD_OK) {
        crew->status = status;
        crew->err = *err;
    }
    pthread_mutex_unlock(&crew->lock);
}

static void *work(void *context)
{
    struct crew *crew = context;
    gd_auto_arena scratch = gd_arena_new();
    size_t index = 0;
    while (take_next(crew, &index)) {
        struct gd_error err = {0};
        struct gd_status status = crew->task(crew->context, index, scratch, &err);
        if (status.code != GD_OK)
            keep_failure(crew, status, &err);
        gd_arena_reset(scratch);
    }
    return NULL;
}

struct gd_status gd_crew_run(size_t count, unsigned workers, gd_crew_task_fn *task, void *context,
                             struct gd_error *err)
{
    struct crew crew = {.count = count, .task = task, .context = context};
    pthread_t threads[WORKERS_MAX];
    size_t started = 0;
    assert(workers >= 1 && workers <= WORKERS_MAX);
    pthread_mutex_init(&crew.lock, NULL);
    while (started + 1 < workers && started + 1 < count &&
           gd_thread_start(&threads[started], work, &crew) == 0)
        started++;
    work(&crew);
    for (size_t i = 0; i < started; i++)
        pthread_join(threads[i], NULL);
    pthread_mutex_destroy(&crew.lock);
    if (crew.status.code != GD_OK)
        *err = crew.err;
    return crew.status;
}
