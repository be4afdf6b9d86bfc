/*
 * Crew: threads for what may wait: connecting, judging, cancelling.
 *
 * A statement may be held for as long as a backup takes, so each that is judged has a thread of its
 * own, and connecting is never behind it; there are no more of them than sessions.
 */
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "guardian/base/memory.h"
#include "guardian/proxy/relay_own.h"

struct gd_relay_crew {
    pthread_mutex_t lock;
    pthread_cond_t work, idle;
    struct gd_job *first, **last; /* to be done */
    struct gd_job *done;
    unsigned workers, threads, waiting, queued;
    unsigned judging; /* statements that are held, or about to be */
    bool ends;
    int wake;
};

static struct gd_job *next_job(struct gd_relay_crew *crew)
{
    while (crew->first == NULL && !crew->ends && crew->threads <= crew->workers + crew->judging) {
        crew->waiting++;
        pthread_cond_wait(&crew->work, &crew->lock);
        crew->waiting--;
    }
    struct gd_job *job = crew->first;
    if (job != NULL) {
        crew->first = job->next;
        crew->queued--;
        if (crew->first == NULL)
            crew->last = &crew->first;
    }
    return job;
}

static void tell(const struct gd_relay_crew *crew)
{
    const uint64_t one = 1;
    /* Full means that it was told already. */
    if (write(crew->wake, &one, sizeof one) < 0 && errno != EAGAIN)
        abort(); /* the loop would wait for ever */
}

static void *work(void *context)
{
    struct gd_relay_crew *crew = context;
    struct gd_job *job;
    pthread_mutex_lock(&crew->lock);
    while ((job = next_job(crew)) != NULL) {
        pthread_mutex_unlock(&crew->lock);
        gd_session_work(job);
        pthread_mutex_lock(&crew->lock);
        crew->judging -= job->kind == GD_JOB_JUDGE;
        job->next = crew->done;
        crew->done = job;
        tell(crew);
    }
    crew->threads--;
    pthread_cond_broadcast(&crew->idle);
    pthread_mutex_unlock(&crew->lock);
    return NULL;
}

struct gd_relay_crew *gd_relay_crew_new(unsigned workers, int wake)
{
    struct gd_relay_crew *crew = gd_memory_new(sizeof *crew);
    pthread_mutex_init(&crew->lock, NULL);
    pthread_cond_init(&crew->work, NULL);
    pthread_cond_init(&crew->idle, NULL);
    crew->workers = workers;
    crew->wake = wake;
    crew->last = &crew->first;
    return crew;
}

/* Signals are for the thread that runs the loop, or for whoever waits for them. */
static bool start_thread(struct gd_relay_crew *crew)
{
    sigset_t all, before;
    pthread_t thread;
    pthread_attr_t detached;
    pthread_attr_init(&detached);
    pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    bool started = pthread_create(&thread, &detached, work, crew) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&detached);
    crew->threads += started;
    return started;
}

bool gd_relay_crew_give(struct gd_relay_crew *crew, struct gd_job *job)
{
    pthread_mutex_lock(&crew->lock);
    crew->judging += job->kind == GD_JOB_JUDGE;
    bool wanted = crew->waiting <= crew->queued && crew->threads < crew->workers + crew->judging;
    bool there = !wanted || start_thread(crew) || crew->threads > 0;
    if (there) {
        job->next = NULL;
        *crew->last = job;
        crew->last = &job->next;
        crew->queued++;
        pthread_cond_signal(&crew->work);
    } else {
        crew->judging -= job->kind == GD_JOB_JUDGE;
    }
    pthread_mutex_unlock(&crew->lock);
    return there;
}

struct gd_job *gd_relay_crew_take(struct gd_relay_crew *crew)
{
    pthread_mutex_lock(&crew->lock);
    struct gd_job *job = crew->done;
    if (job != NULL)
        crew->done = job->next;
    pthread_mutex_unlock(&crew->lock);
    return job;
}

void gd_relay_crew_free(struct gd_relay_crew *crew)
{
    if (crew == NULL)
        return;
    pthread_mutex_lock(&crew->lock);
    crew->ends = true;
    pthread_cond_broadcast(&crew->work);
    while (crew->threads > 0)
        pthread_cond_wait(&crew->idle, &crew->lock);
    pthread_mutex_unlock(&crew->lock);
    pthread_cond_destroy(&crew->work);
    pthread_cond_destroy(&crew->idle);
    pthread_mutex_destroy(&crew->lock);
    free(crew);
}
