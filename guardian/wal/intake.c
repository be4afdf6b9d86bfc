#include "guardian/wal/intake.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "guardian/base/clock.h"
#include "guardian/base/memory.h"
#include "guardian/base/thread.h"
#include "guardian/wal/finisher.h"
#include "guardian/wal/page.h"

enum {
    STRETCH_BYTES_MAX = 16 << 20,
    AHEAD_BYTES_MAX = 8 << 20, /* that one stretch takes while the other one is being stored */
    PIECES_MAX = 256,          /* that are looked at for being put together */
    FAN_IN = 32,
    RETRY_MS = 250,
    RETRY_MS_MAX = 15000,
};

/* Contiguous WAL within one segment. */
struct stretch {
    uint64_t from_lsn;
    char *data;
    uint64_t capacity, filled, stored;
};

struct piece {
    uint32_t start, end; /* in the segment */
    unsigned level;      /* how often it was put together */
};

struct gd_intake {
    struct gd_intake_options options;
    struct gd_finisher *finisher;
    uint64_t stretch_bytes;
    int wake_fd;

    pthread_mutex_t lock; /* of all that follows */
    pthread_cond_t changed;
    pthread_t thread;
    bool started, quit, hurry;
    bool busy;               /* the thread is at something, or tidies up behind it */
    struct gd_status status; /* of the thread, when it has failed for good */
    struct gd_error err;
    uint32_t timeline;
    struct stretch stretches[2];
    unsigned current; /* the one that fills */
    bool older;       /* the other one waits to be stored */
    uint64_t received_lsn, durable_lsn;
    int64_t next_us; /* no piece before */
    uint64_t put;    /* pieces of this segment, found or made */

    struct gd_wal_pages pages; /* of the owner's thread */

    struct piece pieces[PIECES_MAX]; /* of the thread */
    size_t piece_count;
};

/* ---- positions ---- */

static uint64_t start_of_segment(const struct gd_intake *intake, uint64_t lsn)
{
    return lsn - lsn % intake->options.segment_bytes;
}

static void set_stretch(struct gd_intake *intake, struct stretch *stretch, uint64_t lsn)
{
    stretch->from_lsn = lsn;
    stretch->capacity = intake->stretch_bytes;
    stretch->filled = stretch->stored = 0;
}

static void wake(const struct gd_intake *intake)
{
    uint64_t one = 1;
    ssize_t written = write(intake->wake_fd, &one, sizeof one);
    (void)written; /* full: it can be read, and that is all that is wanted */
}

/* ---- what has got into the store ---- */

/* With the lock. `began_us`: what came later is not in it. */
static void note_durable(struct gd_intake *intake, uint64_t lsn, int64_t began_us)
{
    struct gd_wal_received *received = intake->options.received;
    intake->durable_lsn = lsn;
    atomic_store(&received->durable_lsn, lsn);
    atomic_store(&received->durable_us, gd_clock_now_us());
    atomic_store(&received->behind_us, intake->received_lsn > lsn ? began_us : 0);
    wake(intake);
}

/* ---- tasks of the thread ---- */

/* The owner may take the stretch for other WAL as soon as its last task is noted as done: what is
 * needed afterwards is kept here. */
struct task {
    struct stretch *stretch;
    uint64_t stretch_lsn, capacity; /* of the stretch */
    uint64_t from, to;              /* in the stretch */
    uint32_t timeline;
    bool last;      /* of the stretch */
    bool in_pieces; /* it could not be stored whole */
};

static bool is_whole(const struct gd_intake *intake, const struct task *task)
{
    return task->capacity == intake->options.segment_bytes;
}

static struct gd_wal_name segment_of(const struct gd_intake *intake, const struct task *task)
{
    return gd_wal_segment_at(task->timeline, task->stretch_lsn, intake->options.segment_bytes);
}

GD_MUST static struct gd_status put_range(struct gd_intake *intake, const struct task *task,
                                          uint64_t from, uint64_t to, struct gd_error *err)
{
    const struct stretch *stretch = task->stretch;
    struct gd_wal_name segment = segment_of(intake, task);
    uint64_t within = task->stretch_lsn % intake->options.segment_bytes;
    GD_TRY(gd_wal_part_put(&intake->options.place, &segment, (uint32_t)(within + from),
                           stretch->data + from, (uint32_t)(to - from), err));
    pthread_mutex_lock(&intake->lock);
    intake->put++;
    pthread_mutex_unlock(&intake->lock);
    atomic_fetch_add(&intake->options.received->partials, 1);
    atomic_fetch_add(&intake->options.received->stored_bytes, to - from);
    return GD_DONE;
}

/* As many as FAN_IN of one level at the end become one of the next, from memory. */
GD_MUST static struct gd_status put_together(struct gd_intake *intake, const struct task *task,
                                             struct gd_error *err)
{
    uint64_t within = task->stretch_lsn % intake->options.segment_bytes;
    while (intake->piece_count >= FAN_IN) {
        struct piece *first = &intake->pieces[intake->piece_count - FAN_IN];
        const struct piece *last = &intake->pieces[intake->piece_count - 1];
        if (first->level != last->level || first->start < within)
            return GD_DONE;
        struct gd_finisher_task tidy = {
            .segment = segment_of(intake, task), .start = first->start, .end = last->end};
        GD_TRY(put_range(intake, task, first->start - within, last->end - within, err));
        first->end = last->end;
        first->level++;
        intake->piece_count -= FAN_IN - 1;
        gd_finisher_add(intake->finisher, &tidy);
    }
    return GD_DONE;
}

GD_MUST static struct gd_status store_piece(struct gd_intake *intake, const struct task *task,
                                            struct gd_error *err)
{
    uint64_t within = task->stretch_lsn % intake->options.segment_bytes;
    if (task->from < task->to) {
        GD_TRY(put_range(intake, task, task->from, task->to, err));
        if (intake->piece_count == PIECES_MAX)
            intake->piece_count = 0; /* rather many than none */
        intake->pieces[intake->piece_count++] =
            (struct piece){(uint32_t)(within + task->from), (uint32_t)(within + task->to), 0};
    }
    return GD_DONE;
}

GD_MUST static struct gd_status store_segment(struct gd_intake *intake, const struct task *task,
                                              struct gd_error *err)
{
    struct gd_wal_name segment = segment_of(intake, task);
    struct gd_wal_put put;
    GD_TRY(gd_wal_put_bytes(&intake->options.place, &segment, task->stretch->data, task->to, &put,
                            err));
    atomic_fetch_add(&intake->options.received->segments, 1);
    atomic_fetch_add(&intake->options.received->stored_bytes, task->to - task->from);
    return GD_DONE;
}

/* Something damaged lies under its name, and cannot be removed: pieces are as good. */
GD_MUST static struct gd_status store_anyway(struct gd_intake *intake, struct task *task,
                                             struct gd_error *err)
{
    struct gd_status status = store_segment(intake, task, err);
    if (status.code != GD_CORRUPT)
        return status;
    task->in_pieces = true;
    gd_tell_warning(intake->options.events,
                    "What is damaged there must be removed by somebody who may: guardian wal check "
                    "names it.",
                    "a segment is stored in pieces only: %s", err->text);
    *err = (struct gd_error){0};
    return store_piece(intake, task, err);
}

GD_MUST static struct gd_status do_task(struct gd_intake *intake, struct task *task,
                                        struct gd_error *err)
{
    if (task->last && is_whole(intake, task) && !task->in_pieces)
        return store_anyway(intake, task, err);
    return store_piece(intake, task, err);
}

/* Behind a stretch: is its segment over, and has it pieces? */
static void end_stretch(struct gd_intake *intake, const struct task *task)
{
    uint64_t end = task->stretch_lsn + task->capacity;
    struct gd_finisher_task finish = {.segment = segment_of(intake, task),
                                      .whole = is_whole(intake, task) && !task->in_pieces,
                                      .put = intake->put};
    if (end == start_of_segment(intake, end)) {
        if (intake->put > 0)
            gd_finisher_add(intake->finisher, &finish);
        intake->put = 0;
    }
    intake->piece_count = 0;
}

/* ---- the thread ---- */

/* With the lock. @return false: there is nothing to do before `out_until_us` (0: for now) */
static bool choose(struct gd_intake *intake, struct task *out_task, int64_t *out_until_us)
{
    struct stretch *stretch = &intake->stretches[intake->current];
    bool full = stretch->filled == stretch->capacity;
    uint32_t partial_ms = intake->options.partial_ms;
    int64_t now = gd_clock_monotonic_us();
    *out_until_us = 0;
    if (intake->older) {
        stretch = &intake->stretches[1 - intake->current];
        full = true;
    } else if (stretch->filled == stretch->stored) {
        return false;
    } else if (!full && !intake->hurry && now < intake->next_us) {
        *out_until_us = partial_ms == 0 ? 0 : intake->next_us;
        return false;
    } else if (!full && !intake->hurry && partial_ms == 0) {
        return false;
    }
    *out_task = (struct task){.stretch = stretch,
                              .stretch_lsn = stretch->from_lsn,
                              .capacity = stretch->capacity,
                              .from = stretch->stored,
                              .to = stretch->filled,
                              .timeline = intake->timeline,
                              .last = full};
    if (!intake->older)
        intake->hurry = false;
    intake->next_us = now + (int64_t)partial_ms * 1000;
    return true;
}

static void wait_until(struct gd_intake *intake, int64_t until_us)
{
    struct timespec until;
    if (until_us == 0) {
        pthread_cond_wait(&intake->changed, &intake->lock);
        return;
    }
    until.tv_sec = until_us / 1000000;
    until.tv_nsec = until_us % 1000000 * 1000;
    (void)pthread_cond_timedwait(&intake->changed, &intake->lock, &until);
}

/* With the lock. The owner may have turned to the other stretch meanwhile. */
static void note_done(struct gd_intake *intake, const struct task *task, int64_t began_us)
{
    struct stretch *stretch = task->stretch;
    stretch->stored = task->to;
    note_durable(intake, stretch->from_lsn + task->to, began_us);
    if (!task->last)
        return;
    if (intake->older && stretch == &intake->stretches[1 - intake->current])
        intake->older = false;
    pthread_cond_broadcast(&intake->changed);
}

static bool may_pass(enum gd_code code)
{
    return code != GD_CORRUPT && code != GD_REFUSED && code != GD_USAGE;
}

static void tell_trouble(struct gd_intake *intake, const struct gd_error *err)
{
    if (atomic_exchange(&intake->options.received->store_lost, true))
        return;
    gd_tell_warning(intake->options.events,
                    *err->hint == '\0' ? "It is tried again and again; meanwhile the server keeps "
                                         "its WAL for the slot."
                                       : err->hint,
                    "the store does not take WAL: %s", err->text);
}

static void tell_end_of_trouble(struct gd_intake *intake)
{
    if (atomic_exchange(&intake->options.received->store_lost, false))
        gd_tell_note(intake->options.events, "the store takes WAL again");
}

/* With the lock, which is given up meanwhile. @return false: it has failed for good, or must quit
 */
static bool try_task(struct gd_intake *intake, struct task *task)
{
    int64_t began_us = gd_clock_now_us();
    uint32_t wait_ms = RETRY_MS;
    while (!intake->quit) {
        struct gd_error err = {0};
        pthread_mutex_unlock(&intake->lock);
        struct gd_status status = do_task(intake, task, &err);
        if (status.code == GD_OK && task->last) /* gives the memory back; nobody reads it now */
            (void)madvise(task->stretch->data, intake->stretch_bytes, MADV_DONTNEED);
        if (status.code == GD_OK)
            tell_end_of_trouble(intake);
        else if (may_pass(status.code))
            tell_trouble(intake, &err);
        pthread_mutex_lock(&intake->lock);
        if (status.code == GD_OK) {
            note_done(intake, task, began_us);
            return true;
        }
        if (!may_pass(status.code)) {
            intake->status = status;
            intake->err = err;
            wake(intake);
            return false;
        }
        int64_t until_us = gd_clock_monotonic_us() + (int64_t)wait_ms * 1000;
        while (!intake->quit && gd_clock_monotonic_us() < until_us)
            wait_until(intake, until_us);
        wait_ms = wait_ms * 2 < RETRY_MS_MAX ? wait_ms * 2 : RETRY_MS_MAX;
    }
    return false;
}

/* Without the lock: for what is less urgent than what came meanwhile, failures do not count. */
static void tidy(struct gd_intake *intake, const struct task *task)
{
    struct gd_error ignored = {0};
    if (task->last)
        end_stretch(intake, task);
    else if (put_together(intake, task, &ignored).code != GD_OK)
        intake->piece_count = 0; /* they stay as they are */
}

static void *work(void *context)
{
    struct gd_intake *intake = context;
    struct task task = {0};
    int64_t until_us;
    pthread_mutex_lock(&intake->lock);
    while (!intake->quit) {
        if (!choose(intake, &task, &until_us)) {
            wait_until(intake, until_us);
            continue;
        }
        intake->busy = true;
        if (!try_task(intake, &task))
            break;
        pthread_mutex_unlock(&intake->lock);
        tidy(intake, &task);
        pthread_mutex_lock(&intake->lock);
        intake->busy = false;
        pthread_cond_broadcast(&intake->changed);
    }
    pthread_mutex_unlock(&intake->lock);
    return NULL;
}

/* ---- beginning and end ---- */

GD_MUST static struct gd_status start(struct gd_intake *intake, struct gd_error *err)
{
    const struct gd_finisher_options finisher = {
        .place = intake->options.place,
        .segment_bytes = intake->options.segment_bytes,
        .segments = &intake->options.received->segments,
        .events = intake->options.events,
    };
    intake->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (intake->wake_fd < 0)
        return gd_fail(err, GD_SYSTEM, "could not make an eventfd: %s", strerror(errno));
    GD_TRY(gd_finisher_new(&finisher, &intake->finisher, err));
    int failed = gd_thread_start(&intake->thread, work, intake);
    if (failed != 0)
        return gd_fail(err, GD_SYSTEM, "could not start a thread: %s", strerror(failed));
    intake->started = true;
    return GD_DONE;
}

struct gd_status gd_intake_new(const struct gd_intake_options *options,
                               struct gd_intake **out_intake, struct gd_error *err)
{
    gd_auto_intake intake = gd_memory_new(sizeof *intake);
    intake->options = *options;
    intake->wake_fd = -1;
    intake->status = GD_DONE;
    intake->stretch_bytes =
        options->segment_bytes < STRETCH_BYTES_MAX ? options->segment_bytes : STRETCH_BYTES_MAX;
    pthread_condattr_t steady;
    pthread_condattr_init(&steady);
    pthread_condattr_setclock(&steady, CLOCK_MONOTONIC);
    pthread_mutex_init(&intake->lock, NULL);
    pthread_cond_init(&intake->changed, &steady);
    pthread_condattr_destroy(&steady);
    for (int i = 0; i < 2; i++) {
        void *data = mmap(NULL, intake->stretch_bytes, PROT_READ | PROT_WRITE,
                          MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (data == MAP_FAILED)
            return gd_fail(err, GD_SYSTEM, "could not get memory: %s", strerror(errno));
        intake->stretches[i].data = data;
    }
    GD_TRY(start(intake, err));
    *out_intake = GD_MOVE(intake);
    return GD_DONE;
}

void gd_intake_free(struct gd_intake *intake)
{
    if (intake == NULL)
        return;
    pthread_mutex_lock(&intake->lock);
    intake->quit = true;
    pthread_cond_broadcast(&intake->changed);
    pthread_mutex_unlock(&intake->lock);
    if (intake->started)
        pthread_join(intake->thread, NULL);
    gd_finisher_free(intake->finisher);
    pthread_mutex_destroy(&intake->lock);
    pthread_cond_destroy(&intake->changed);
    for (int i = 0; i < 2; i++)
        if (intake->stretches[i].data != NULL)
            (void)munmap(intake->stretches[i].data, intake->stretch_bytes);
    if (intake->wake_fd >= 0)
        close(intake->wake_fd);
    free(intake);
}

int gd_intake_wake_fd(const struct gd_intake *intake)
{
    return intake->wake_fd;
}

void gd_intake_woken(struct gd_intake *intake)
{
    uint64_t count;
    ssize_t got = read(intake->wake_fd, &count, sizeof count);
    (void)got; /* nothing there: nothing to take */
}

void gd_intake_rest(const struct gd_intake *intake, uint32_t wait_ms)
{
    struct pollfd one = {.fd = intake->wake_fd, .events = POLLIN};
    (void)poll(&one, 1, (int)wait_ms);
}

/* ---- where the store ends ---- */

GD_MUST static struct gd_status read_exactly(struct gd_source *source, char *buffer, size_t wanted,
                                             size_t *out_got, struct gd_error *err)
{
    size_t got = 1;
    for (*out_got = 0; *out_got < wanted && got > 0; *out_got += got)
        GD_TRY(gd_source_read(source, buffer + *out_got, wanted - *out_got, &got, err));
    return GD_DONE;
}

/* The page check goes on in the middle: with the segment's head, which is in its first piece. */
GD_MUST static struct gd_status read_head(struct gd_intake *intake,
                                          const struct gd_wal_name *segment,
                                          const struct gd_wal_part *parts, size_t count,
                                          uint64_t offset, struct gd_error *err)
{
    gd_auto_source source =
        gd_wal_parts_source_new(&intake->options.place, segment, parts, count, 0);
    char head[GD_WAL_HEAD_BYTES];
    size_t got;
    GD_TRY(read_exactly(source, head, sizeof head, &got, err));
    if (got < sizeof head)
        return gd_fail(err, GD_CORRUPT, "it ends in its head");
    GD_TRY(gd_wal_head_read(head, &intake->pages.head, err));
    intake->pages.seen = intake->pages.used = offset;
    return GD_DONE;
}

/* As much of the stretch as the store has; the first piece that is not good ends it. */
GD_MUST static struct gd_status read_pieces(struct gd_intake *intake, struct stretch *stretch,
                                            const struct gd_wal_name *segment, uint64_t limit,
                                            struct gd_error *err)
{
    gd_auto_arena arena = gd_arena_new();
    struct gd_wal_part *parts;
    size_t count, used, got;
    uint64_t within = stretch->from_lsn % intake->options.segment_bytes;
    GD_TRY(gd_wal_parts_list(&intake->options.place, segment, arena, &parts, &count, err));
    intake->put = count;
    uint32_t end = gd_wal_parts_way(parts, count, 0, &used);
    if (end <= within)
        return within == 0 ? GD_DONE
                           : gd_fail(err, GD_CORRUPT, "its pieces end at byte %" PRIu32, end);
    if (within > 0)
        GD_TRY(read_head(intake, segment, parts, used, within, err));
    limit = limit < end - within ? limit : end - within;
    gd_auto_source source =
        gd_wal_parts_source_new(&intake->options.place, segment, parts, used, (uint32_t)within);
    gd_auto_sink nowhere = gd_null_sink_new();
    GD_TRY(read_exactly(source, stretch->data, limit, &got, err));
    GD_TRY(gd_pump(source, nowhere, NULL, err)); /* held against its label at its end only */
    GD_TRY(gd_wal_pages_add(&intake->pages, stretch->data, got, err));
    stretch->filled = stretch->stored = got;
    return GD_DONE;
}

GD_MUST static struct gd_status fill(struct gd_intake *intake, struct stretch *stretch,
                                     uint32_t timeline, uint64_t lsn, struct gd_error *err)
{
    struct gd_wal_name segment =
        gd_wal_segment_at(timeline, stretch->from_lsn, intake->options.segment_bytes);
    char name[GD_WAL_NAME_SIZE];
    struct gd_error why = {0};
    gd_wal_pages_init(&intake->pages, &segment);
    intake->put = 0;
    if (lsn == start_of_segment(intake, lsn))
        return GD_DONE;
    struct gd_status status = read_pieces(intake, stretch, &segment, lsn - stretch->from_lsn, &why);
    if (status.code == GD_OK)
        return status;
    if (may_pass(status.code) || status.code == GD_USAGE) {
        *err = why;
        return status;
    }
    gd_wal_name_write(&segment, name);
    gd_tell_warning(intake->options.events, "What is damaged is asked of the server once more.",
                    "pieces of segment %s cannot be used: %s", name, why.text);
    set_stretch(intake, stretch, start_of_segment(intake, lsn));
    gd_wal_pages_init(&intake->pages, &segment);
    return GD_DONE;
}

struct gd_status gd_intake_begin(struct gd_intake *intake, uint32_t timeline, uint64_t lsn,
                                 uint64_t *out_from_lsn, struct gd_error *err)
{
    pthread_mutex_lock(&intake->lock);
    while (intake->busy && intake->status.code == GD_OK)
        pthread_cond_wait(&intake->changed, &intake->lock);
    assert(!intake->older && intake->received_lsn == intake->durable_lsn);
    struct stretch *stretch = &intake->stretches[intake->current];
    intake->timeline = timeline;
    intake->piece_count = 0;
    set_stretch(intake, stretch, lsn - lsn % intake->stretch_bytes);
    struct gd_status status = fill(intake, stretch, timeline, lsn, err);
    if (status.code == GD_OK) {
        uint64_t at = stretch->from_lsn + stretch->filled, page = at - at % GD_WAL_PAGE_BYTES;
        if (page == at && at > stretch->from_lsn)
            page -= GD_WAL_PAGE_BYTES;
        intake->received_lsn = intake->durable_lsn = at;
        atomic_store(&intake->options.received->timeline, timeline);
        atomic_store(&intake->options.received->received_lsn, at);
        atomic_store(&intake->options.received->durable_lsn, at);
        *out_from_lsn = page;
    }
    pthread_mutex_unlock(&intake->lock);
    return status;
}

/* ---- what comes ---- */

/* With the lock: turn to the other stretch when this one is full and the other one is free. */
static void turn(struct gd_intake *intake)
{
    struct stretch *stretch = &intake->stretches[intake->current];
    if (stretch->filled < stretch->capacity || intake->older)
        return;
    intake->older = stretch->stored < stretch->filled;
    intake->current = 1 - intake->current;
    set_stretch(intake, &intake->stretches[intake->current], stretch->from_lsn + stretch->capacity);
    pthread_cond_broadcast(&intake->changed);
}

size_t gd_intake_room(struct gd_intake *intake)
{
    pthread_mutex_lock(&intake->lock);
    turn(intake);
    const struct stretch *stretch = &intake->stretches[intake->current];
    uint64_t most = stretch->capacity;
    if (intake->older && most > AHEAD_BYTES_MAX)
        most = AHEAD_BYTES_MAX;
    size_t room = stretch->filled < most ? (size_t)(most - stretch->filled) : 0;
    pthread_mutex_unlock(&intake->lock);
    return room;
}

GD_MUST static struct gd_status not_the_same(uint64_t lsn, struct gd_error *err)
{
    char text[GD_LSN_SIZE];
    gd_lsn_write(lsn, text);
    return gd_hint(err,
                   gd_fail(err, GD_CORRUPT,
                           "the server's WAL before %s is not the one that the store has", text),
                   "Was the server restored from a copy, and runs on without a timeline of its "
                   "own? Give its WAL a store, or a prefix, of its own.");
}

/* What the store has already, and the server sends once more. */
GD_MUST static struct gd_status compare(struct gd_intake *intake, uint64_t lsn, const char *data,
                                        size_t size, struct gd_error *err)
{
    const struct stretch *stretch = &intake->stretches[intake->current];
    if (lsn < stretch->from_lsn)
        return not_the_same(lsn, err);
    if (memcmp(stretch->data + (lsn - stretch->from_lsn), data, size) != 0)
        return not_the_same(lsn + size, err);
    return GD_DONE;
}

GD_MUST static struct gd_status check_pages(struct gd_intake *intake, uint64_t lsn,
                                            const char *data, size_t size, struct gd_error *err)
{
    uint64_t own = intake->options.place.system_identifier;
    char text[GD_LSN_SIZE];
    if (lsn == start_of_segment(intake, lsn)) {
        struct gd_wal_name segment =
            gd_wal_segment_at(intake->timeline, lsn, intake->options.segment_bytes);
        gd_wal_pages_init(&intake->pages, &segment);
    }
    struct gd_status status = gd_wal_pages_add(&intake->pages, data, size, err);
    if (status.code == GD_OK && intake->pages.head.system_identifier != 0 &&
        intake->pages.head.system_identifier != own)
        status = gd_fail(err, GD_CORRUPT, "it is of the cluster %" PRIu64,
                         intake->pages.head.system_identifier);
    gd_lsn_write(lsn, text);
    return status.code == GD_OK ? status
                                : gd_wrap(err, status, "the server sent no good WAL at %s: ", text);
}

GD_MUST static struct gd_status append(struct gd_intake *intake, const char *data, size_t size,
                                       struct gd_error *err)
{
    struct stretch *stretch = &intake->stretches[intake->current];
    assert(size <= stretch->capacity - stretch->filled);
    GD_TRY(check_pages(intake, intake->received_lsn, data, size, err));
    memcpy(stretch->data + stretch->filled, data, size);
    pthread_mutex_lock(&intake->lock);
    if (intake->received_lsn == intake->durable_lsn)
        atomic_store(&intake->options.received->behind_us, gd_clock_now_us());
    stretch->filled += size;
    intake->received_lsn += size;
    atomic_store(&intake->options.received->received_lsn, intake->received_lsn);
    turn(intake);
    pthread_cond_broadcast(&intake->changed);
    pthread_mutex_unlock(&intake->lock);
    return GD_DONE;
}

struct gd_status gd_intake_add(struct gd_intake *intake, uint64_t lsn, const void *data,
                               size_t size, struct gd_error *err)
{
    const char *at = data;
    char wanted[GD_LSN_SIZE], came[GD_LSN_SIZE];
    if (lsn > intake->received_lsn) {
        gd_lsn_write(intake->received_lsn, wanted);
        gd_lsn_write(lsn, came);
        return gd_fail(err, GD_CORRUPT, "the server sent WAL at %s, and %s should follow", came,
                       wanted);
    }
    size_t again = intake->received_lsn - lsn < size ? (size_t)(intake->received_lsn - lsn) : size;
    if (again > 0)
        GD_TRY(compare(intake, lsn, at, again, err));
    return again == size ? GD_DONE : append(intake, at + again, size - again, err);
}

void gd_intake_hurry(struct gd_intake *intake)
{
    pthread_mutex_lock(&intake->lock);
    if (intake->received_lsn > intake->durable_lsn)
        intake->hurry = true;
    pthread_cond_broadcast(&intake->changed);
    pthread_mutex_unlock(&intake->lock);
}

uint64_t gd_intake_received(struct gd_intake *intake)
{
    pthread_mutex_lock(&intake->lock);
    uint64_t lsn = intake->received_lsn;
    pthread_mutex_unlock(&intake->lock);
    return lsn;
}

uint64_t gd_intake_durable(struct gd_intake *intake)
{
    pthread_mutex_lock(&intake->lock);
    uint64_t lsn = intake->durable_lsn;
    pthread_mutex_unlock(&intake->lock);
    return lsn;
}

bool gd_intake_idle(struct gd_intake *intake)
{
    return gd_intake_received(intake) == gd_intake_durable(intake) &&
           gd_finisher_idle(intake->finisher);
}

struct gd_status gd_intake_check(struct gd_intake *intake, struct gd_error *err)
{
    pthread_mutex_lock(&intake->lock);
    struct gd_status status = intake->status;
    if (status.code != GD_OK)
        *err = intake->err;
    pthread_mutex_unlock(&intake->lock);
    return status;
}

void gd_intake_finish(struct gd_intake *intake, const struct gd_wal_name *segment)
{
    const struct gd_finisher_task task = {.segment = *segment};
    gd_finisher_add(intake->finisher, &task);
}
