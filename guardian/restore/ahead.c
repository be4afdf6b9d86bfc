/* Ahead, see ahead.h. */
#include "guardian/restore/ahead.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "guardian/base/clock.h"
#include "guardian/base/fault.h"
#include "guardian/base/memory.h"
#include "guardian/base/thread.h"
#include "guardian/io/fd.h"
#include "guardian/io/file.h"
#include "guardian/wal/outside.h"
#include "guardian/wal/spool.h"

enum { SEGMENTS_MAX = 8, FETCHERS_MAX = 4, WAIT_MS = 200, SPARE_BYTES = 64 << 20 };
static const uint64_t bytes_max = (uint64_t)1 << 30;

struct begun { /* by one thread; lsn 0: nothing */
    uint32_t timeline;
    uint64_t lsn;
};

struct gd_ahead {
    struct gd_ahead_options options;
    struct gd_wal_spool room; /* the folder of what is ready */
    unsigned count;           /* of segments ahead */
    pthread_t threads[FETCHERS_MAX];
    unsigned started;
    pthread_mutex_t lock; /* guards what follows */
    pthread_cond_t changed;
    uint32_t timeline;
    uint64_t next_lsn;            /* of the segment that is begun next */
    uint64_t from_lsn, until_lsn; /* what begins in between is fetched */
    struct begun begun[FETCHERS_MAX];
    unsigned begun_count;
    bool blocked; /* one could not be had: until the next one was given nothing is begun */
    bool stop;
};

struct fetcher {
    struct gd_ahead *ahead;
    unsigned number;
};

/* ---- what is ready ---- */

static const char *ready_path(const struct gd_ahead *ahead, const struct gd_wal_name *segment,
                              struct gd_arena *arena)
{
    char name[GD_WAL_NAME_SIZE];
    gd_wal_name_write(segment, name);
    return gd_wal_spool_path(&ahead->room, name, arena);
}

/* Does it count for where the server is? With the lock. */
static bool is_ahead(const struct gd_ahead *ahead, uint32_t timeline, uint64_t lsn)
{
    return timeline == ahead->timeline && lsn >= ahead->from_lsn && lsn < ahead->until_lsn;
}

static void sweep_one(void *context, const char *text)
{
    const struct gd_ahead *ahead = context;
    struct gd_wal_name name;
    uint64_t lsn;
    if (!gd_wal_name_read(text, &name) ||
        !gd_wal_name_start(&name, ahead->options.segment_bytes, &lsn) ||
        !is_ahead(ahead, name.timeline, lsn))
        gd_wal_spool_remove(&ahead->room, text);
}

/* ---- fetching one ---- */

/* Not synced: the server does that with what it keeps. */
GD_MUST static struct gd_status fetch(const struct gd_ahead *ahead,
                                      const struct gd_wal_name *segment, const char *path,
                                      bool *out_there, struct gd_error *err)
{
    const struct gd_ahead_options *options = &ahead->options;
    gd_auto_fd fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return gd_fail(err, GD_SYSTEM, "could not write \"%s\": %s", path, strerror(errno));
    gd_auto_sink sink = gd_fd_sink_new(fd, path);
    GD_TRY(gd_wal_get(options->place, segment, sink, out_there, err));
    if (!*out_there)
        return GD_DONE;
    GD_TRY(gd_fault("recover: a segment was fetched ahead", err));
    if (options->uid != 0 && fchown(fd, options->uid, options->gid) != 0)
        return gd_fail(err, GD_SYSTEM, "could not give \"%s\" away: %s", path, strerror(errno));
    return gd_wal_outside_nothing(segment, path, options->segment_bytes, err);
}

static bool is_begun(const struct gd_ahead *ahead, uint32_t timeline, uint64_t lsn)
{
    for (unsigned i = 0; i < FETCHERS_MAX; i++)
        if (lsn != 0 && ahead->begun[i].lsn == lsn && ahead->begun[i].timeline == timeline)
            return true;
    return false;
}

static bool is_ready(const struct gd_ahead *ahead, uint64_t lsn)
{
    gd_auto_arena arena = gd_arena_new();
    struct gd_wal_name segment =
        gd_wal_segment_at(ahead->timeline, lsn, ahead->options.segment_bytes);
    return access(ready_path(ahead, &segment, arena), F_OK) == 0;
}

static bool has_room(const struct gd_ahead *ahead)
{
    struct statvfs about;
    if (statvfs(ahead->options.ready, &about) != 0)
        return false;
    return (uint64_t)about.f_bavail * about.f_frsize >
           (ahead->begun_count + 1) * ahead->options.segment_bytes + SPARE_BYTES;
}

/* With the lock. */
static bool may_begin(struct gd_ahead *ahead)
{
    while (ahead->next_lsn < ahead->until_lsn &&
           (is_begun(ahead, ahead->timeline, ahead->next_lsn) || is_ready(ahead, ahead->next_lsn)))
        ahead->next_lsn += ahead->options.segment_bytes;
    return !ahead->blocked && ahead->next_lsn < ahead->until_lsn &&
           ahead->next_lsn < ahead->options.until_lsn && has_room(ahead);
}

/* With the lock, which is let go meanwhile. GD_REFUSED: a tablespace is made in it; those behind it
   can be had. */
static void fetch_next(struct gd_ahead *ahead, unsigned number)
{
    gd_auto_arena arena = gd_arena_new();
    struct gd_error unheard = {0}; /* whoever needs the segment meets it, too */
    const struct begun begun = {ahead->timeline, ahead->next_lsn};
    struct gd_wal_name segment =
        gd_wal_segment_at(begun.timeline, begun.lsn, ahead->options.segment_bytes);
    const char *hidden = gd_arena_printf(arena, "%s/ahead.%u", ahead->options.hidden, number);
    bool there = false;
    ahead->next_lsn += ahead->options.segment_bytes;
    ahead->begun[number] = begun;
    ahead->begun_count++;
    pthread_mutex_unlock(&ahead->lock);
    struct gd_status status = fetch(ahead, &segment, hidden, &there, &unheard);
    pthread_mutex_lock(&ahead->lock);
    ahead->begun[number] = (struct begun){0};
    ahead->begun_count--;
    bool wanted = is_ahead(ahead, begun.timeline, begun.lsn), whole = status.code == GD_OK && there;
    if (!whole || !wanted || rename(hidden, ready_path(ahead, &segment, arena)) != 0)
        (void)unlink(hidden);
    if (wanted && !whole && status.code != GD_REFUSED)
        ahead->blocked = true;
    pthread_cond_broadcast(&ahead->changed);
}

static void *work(void *context)
{
    struct fetcher *fetcher = context;
    struct gd_ahead *ahead = fetcher->ahead;
    unsigned number = fetcher->number;
    free(fetcher);
    pthread_mutex_lock(&ahead->lock);
    while (!ahead->stop && !gd_interrupted()) {
        struct timespec until;
        if (may_begin(ahead)) {
            fetch_next(ahead, number);
            continue;
        }
        clock_gettime(CLOCK_REALTIME, &until); /* there may be room on the disk, later */
        until.tv_nsec += WAIT_MS * 1000000L;
        until.tv_sec += until.tv_nsec / 1000000000L;
        until.tv_nsec %= 1000000000L;
        (void)pthread_cond_timedwait(&ahead->changed, &ahead->lock, &until);
    }
    pthread_mutex_unlock(&ahead->lock);
    return NULL;
}

/* ---- the server's side ---- */

bool gd_ahead_take(struct gd_ahead *ahead, const struct gd_wal_name *segment, const char *path)
{
    gd_auto_arena arena = gd_arena_new();
    uint64_t lsn;
    if (segment->kind != GD_WAL_SEGMENT ||
        !gd_wal_name_start(segment, ahead->options.segment_bytes, &lsn))
        return false;
    pthread_mutex_lock(&ahead->lock);
    while (is_begun(ahead, segment->timeline, lsn))
        (void)pthread_cond_wait(&ahead->changed, &ahead->lock);
    bool taken = rename(ready_path(ahead, segment, arena), path) == 0;
    pthread_mutex_unlock(&ahead->lock);
    return taken;
}

void gd_ahead_given(struct gd_ahead *ahead, const struct gd_wal_name *segment)
{
    uint64_t bytes = ahead->options.segment_bytes, lsn;
    if (segment->kind != GD_WAL_SEGMENT || !gd_wal_name_start(segment, bytes, &lsn))
        return;
    pthread_mutex_lock(&ahead->lock);
    bool goes_on = segment->timeline == ahead->timeline && lsn + bytes >= ahead->from_lsn &&
                   lsn < ahead->next_lsn;
    if (!goes_on) /* what is begun already is passed over */
        ahead->next_lsn = lsn + bytes;
    ahead->timeline = segment->timeline;
    ahead->from_lsn = lsn + bytes;
    ahead->until_lsn = ahead->from_lsn + ahead->count * bytes;
    ahead->blocked = false;
    gd_wal_spool_each(&ahead->room, false, sweep_one, ahead);
    pthread_cond_broadcast(&ahead->changed);
    pthread_mutex_unlock(&ahead->lock);
}

/* ---- from beginning to end ---- */

static bool start(struct gd_ahead *ahead, unsigned number)
{
    struct fetcher *fetcher = gd_memory_new(sizeof *fetcher);
    *fetcher = (struct fetcher){ahead, number};
    if (gd_thread_start(&ahead->threads[number], work, fetcher) == 0)
        return true;
    free(fetcher);
    return false;
}

struct gd_status gd_ahead_new(const struct gd_ahead_options *options, struct gd_ahead **out_ahead,
                              struct gd_error *err)
{
    struct gd_ahead *ahead = gd_memory_new(sizeof *ahead);
    uint64_t bytes = options->segment_bytes, most = bytes_max / bytes;
    ahead->options = *options;
    ahead->room.folder = options->ready;
    ahead->count = most < 1 ? 1 : most < SEGMENTS_MAX ? (unsigned)most : SEGMENTS_MAX;
    ahead->timeline = options->timeline;
    ahead->next_lsn = options->start_lsn / bytes * bytes;
    ahead->from_lsn = ahead->next_lsn;
    ahead->until_lsn = ahead->from_lsn + ahead->count * bytes;
    pthread_mutex_init(&ahead->lock, NULL);
    pthread_cond_init(&ahead->changed, NULL);
    while (ahead->started < FETCHERS_MAX && ahead->started < ahead->count &&
           start(ahead, ahead->started))
        ahead->started++;
    if (ahead->started > 0) {
        *out_ahead = ahead;
        return GD_DONE;
    }
    gd_ahead_free(ahead);
    return gd_fail(err, GD_SYSTEM, "could not start a thread");
}

void gd_ahead_free(struct gd_ahead *ahead)
{
    if (ahead == NULL)
        return;
    pthread_mutex_lock(&ahead->lock);
    ahead->stop = true;
    pthread_cond_broadcast(&ahead->changed);
    pthread_mutex_unlock(&ahead->lock);
    for (unsigned i = 0; i < ahead->started; i++)
        pthread_join(ahead->threads[i], NULL);
    pthread_cond_destroy(&ahead->changed);
    pthread_mutex_destroy(&ahead->lock);
    free(ahead);
}
