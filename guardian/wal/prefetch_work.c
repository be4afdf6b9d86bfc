/* The process in the background, see prefetch.h. */
#include <assert.h>
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

#include "guardian/base/clock.h"
#include "guardian/base/fault.h"
#include "guardian/base/thread.h"
#include "guardian/io/fd.h"
#include "guardian/io/file.h"
#include "guardian/wal/prefetch.h"

enum { WORKERS_MAX = 64, POLL_MS = 10 };
static const int64_t idle_us_max = (int64_t)60 * 1000000;
static const uint64_t bytes_max = (uint64_t)1 << 30; /* of all segments ahead */

struct work {
    const struct gd_wal_prefetch *prefetch;
    const struct gd_wal_place *place;
    uint64_t segment_bytes;
    unsigned count;
    pthread_mutex_t lock; /* guards what follows */
    uint32_t timeline;
    uint64_t next_lsn; /* of the segment that is begun next */
    unsigned begun;
    bool blocked; /* one could not be had: whoever needs it asks the store himself */
    bool moved;   /* to somewhere else: nothing is begun until what is there was swept */
    bool over;
    int64_t moved_us;
};

/* ---- the folder ---- */

static bool is_ahead(const struct work *work, const struct gd_wal_name *name)
{
    uint64_t lsn;
    return !work->over && name->timeline == work->timeline &&
           gd_wal_name_start(name, work->segment_bytes, &lsn) && lsn >= work->next_lsn &&
           lsn - work->next_lsn < work->count * work->segment_bytes;
}

static bool is_mark(const char *text)
{
    size_t size = strlen(text);
    return size > 6 && strcmp(text + size - 6, ".begun") == 0;
}

/* What is not ahead of where we begin, and what one that was killed has left. */
static void sweep_one(void *context, const char *text)
{
    const struct work *work = context;
    struct gd_wal_name name;
    const char *sha256;
    bool segment = gd_wal_prefetch_read_name(text, &name, &sha256);
    if (is_mark(text) || (segment && !is_ahead(work, &name)))
        gd_wal_spool_remove(&work->prefetch->spool, text);
}

static void count_one(void *context, const char *text)
{
    unsigned *count = context;
    struct gd_wal_name name;
    const char *sha256;
    *count += gd_wal_prefetch_read_name(text, &name, &sha256);
}

struct search {
    char segment[GD_WAL_NAME_SIZE];
    bool found;
};

static void find_one(void *context, const char *text)
{
    struct search *search = context;
    struct gd_wal_name name;
    const char *sha256;
    search->found = search->found || (gd_wal_prefetch_read_name(text, &name, &sha256) &&
                                      strncmp(text, search->segment, strlen(search->segment)) == 0);
}

/* ---- what comes next ---- */

/* Behind `lsn`, which somebody had to fetch himself. What was begun behind it goes on to count. */
static void go_to(struct work *work, uint32_t timeline, uint64_t lsn)
{
    uint64_t window = (work->count + 1) * work->segment_bytes;
    work->blocked = false;
    work->moved_us = gd_clock_monotonic_us();
    if (timeline == work->timeline && lsn < work->next_lsn && work->next_lsn - lsn <= window)
        return;
    work->timeline = timeline;
    work->next_lsn = lsn + work->segment_bytes;
    work->moved = true;
}

static void look_for_word(struct work *work)
{
    const struct gd_wal_spool *spool = &work->prefetch->spool;
    struct gd_json *note;
    struct gd_wal_name name;
    uint64_t lsn;
    gd_wal_spool_read(spool, "next", &note);
    if (note == NULL)
        return;
    gd_wal_spool_remove(spool, "next");
    if (gd_wal_name_read(gd_json_text(gd_json_get(note, "segment")), &name) &&
        name.kind == GD_WAL_SEGMENT && gd_wal_name_start(&name, work->segment_bytes, &lsn))
        go_to(work, name.timeline, lsn);
    gd_json_free(note);
}

static bool sweep_after_move(struct work *work)
{
    if (work->moved && work->begun == 0) {
        gd_wal_spool_each(&work->prefetch->spool, false, sweep_one, work);
        work->moved = false;
    }
    return !work->moved;
}

static void mark(const struct work *work, const char *segment, bool begun)
{
    gd_auto_arena arena = gd_arena_new();
    const char *name = gd_arena_printf(arena, "%s.begun", segment);
    if (!begun) {
        gd_wal_spool_remove(&work->prefetch->spool, name);
        return;
    }
    gd_auto_fd fd = open(gd_wal_spool_path(&work->prefetch->spool, name, arena),
                         O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    (void)fd;
}

static bool may_begin(const struct work *work)
{
    unsigned there = 0;
    if (work->blocked)
        return false;
    gd_wal_spool_each(&work->prefetch->spool, false, count_one, &there);
    return there + work->begun < work->count &&
           gd_wal_spool_has_room(&work->prefetch->spool, (work->begun + 1) * work->segment_bytes);
}

/* With the lock. */
static bool begin(struct work *work, struct gd_wal_name *out_segment)
{
    struct search search = {.found = true};
    look_for_word(work);
    if (!sweep_after_move(work) || !may_begin(work))
        return false;
    for (; search.found; work->next_lsn += work->segment_bytes) {
        *out_segment = gd_wal_segment_at(work->timeline, work->next_lsn, work->segment_bytes);
        gd_wal_name_write(out_segment, search.segment);
        search.found = false;
        gd_wal_spool_each(&work->prefetch->spool, false, find_one, &search);
    }
    mark(work, search.segment, true);
    work->begun++;
    work->moved_us = gd_clock_monotonic_us();
    return true;
}

/* ---- doing it ---- */

GD_MUST static struct gd_status fetch(const struct work *work, const struct gd_wal_name *segment,
                                      struct gd_arena *arena, bool *out_there, struct gd_error *err)
{
    gd_auto_source source = NULL;
    gd_auto_sink sink = NULL;
    struct gd_wal_label label;
    char text[GD_WAL_NAME_SIZE];
    const char *key = gd_wal_key(work->place, segment, arena);
    gd_wal_name_write(segment, text);
    GD_TRY(gd_store_head(work->place->store, key, out_there, NULL, err));
    if (!*out_there)
        return GD_DONE;
    GD_TRY(gd_wal_unpack(work->place, key, text, &label, &source, err));
    source = gd_wal_believed_source_new(GD_MOVE(source), work->place->system_identifier, segment);
    const char *name = gd_arena_printf(arena, "%s.%s", text, label.sha256);
    GD_TRY(gd_file_sink_new(gd_wal_spool_path(&work->prefetch->spool, name, arena), GD_FILE_REPLACE,
                            &sink, err));
    GD_TRY(gd_pump(source, sink, NULL, err));
    GD_TRY(gd_fault("wal: before a segment that is fetched ahead is whole", err));
    return gd_sink_finish(sink, err);
}

static void fetch_and_tell(struct work *work, const struct gd_wal_name *segment)
{
    gd_auto_arena arena = gd_arena_new();
    struct gd_error unheard = {0}; /* whoever needs the segment meets it, too */
    char text[GD_WAL_NAME_SIZE];
    bool there = false;
    struct gd_status status = fetch(work, segment, arena, &there, &unheard);
    gd_wal_name_write(segment, text);
    pthread_mutex_lock(&work->lock);
    mark(work, text, false);
    work->begun--;
    work->blocked = work->blocked || status.code != GD_OK || !there;
    pthread_mutex_unlock(&work->lock);
}

static void *work_on(void *context)
{
    struct work *work = context;
    for (;;) {
        struct gd_wal_name segment;
        pthread_mutex_lock(&work->lock);
        work->over = work->over || gd_interrupted() || !gd_wal_prefetch_is_wanted(work->prefetch) ||
                     gd_clock_monotonic_us() - work->moved_us > idle_us_max;
        bool over = work->over, begun = !over && begin(work, &segment);
        pthread_mutex_unlock(&work->lock);
        if (over)
            return NULL;
        if (begun)
            fetch_and_tell(work, &segment);
        else
            gd_sleep_ms(POLL_MS);
    }
}

static unsigned count_of(unsigned wanted, uint64_t segment_bytes)
{
    uint64_t most = bytes_max / segment_bytes;
    return wanted < most ? wanted : (unsigned)most;
}

struct gd_status gd_wal_prefetch_work(const struct gd_wal_prefetch *prefetch,
                                      const struct gd_wal_place *place,
                                      const struct gd_wal_name *last, uint64_t segment_bytes,
                                      unsigned workers, struct gd_error *err)
{
    struct work work = {.prefetch = prefetch,
                        .place = place,
                        .segment_bytes = segment_bytes,
                        .count = count_of(prefetch->count, segment_bytes),
                        .timeline = last->timeline,
                        .moved_us = gd_clock_monotonic_us()};
    pthread_t threads[WORKERS_MAX];
    unsigned started = 0;
    uint64_t lsn;
    assert(workers >= 1 && workers <= WORKERS_MAX);
    if (!gd_wal_segment_bytes_valid(segment_bytes) || !gd_wal_name_start(last, segment_bytes, &lsn))
        return gd_fail(err, GD_CORRUPT, "no segment of that size has that name");
    work.next_lsn = lsn + segment_bytes;
    gd_wal_spool_each(&prefetch->spool, true, sweep_one, &work);
    gd_wal_spool_remove(&prefetch->spool, "next");
    pthread_mutex_init(&work.lock, NULL);
    while (started + 1 < workers && gd_thread_start(&threads[started], work_on, &work) == 0)
        started++;
    work_on(&work);
    for (unsigned i = 0; i < started; i++)
        pthread_join(threads[i], NULL);
    pthread_mutex_destroy(&work.lock);
    gd_wal_spool_each(&prefetch->spool, true, sweep_one, &work); /* work.over: all of it goes */
    return GD_DONE;
}
