/*
 * Line, from within: what base_line.c and its writers share. No other file includes it.
 */
#ifndef GUARDIAN_SNAPSHOT_BASE_LINE_OWN_H
#define GUARDIAN_SNAPSHOT_BASE_LINE_OWN_H

#include <pthread.h>

#include "guardian/snapshot/base_own.h"

enum {
    GD_BASE_WORKERS_MAX = 8,
    GD_BASE_WRITERS = 3, /* two objects are cut at a time at most, one may be on its way to disk */
};

struct block {
    struct block *next;      /* in the queue of the packers, or of free ones */
    struct block *following; /* of the same piece */
    char *plain;
    size_t size;
    char *packed; /* NULL until a packer has it */
    size_t packed_size;
    bool ready, last; /* ready: for the writer; packed, unless its piece was held */
};

struct gd_base_piece {
    struct gd_base_piece *next;    /* that waits for a writer */
    struct gd_base_piece *earlier; /* of all that there were */
    struct gd_base_object *object;
    const struct gd_base_object *instead;
    const struct gd_base_object *like; /* to be compared with; NULL: nothing is */
    const char *name;
    uint64_t size_hint, bytes;
    bool held;                   /* under the lock: its blocks go to the writer, as they came */
    struct block *first, **last; /* packed or not, in order */
    struct block *filling;       /* main thread's */
};

struct buffers {
    char **items;
    size_t count;
};

struct gd_base_line {
    struct gd_place place;
    const struct gd_events *events;
    struct gd_arena *arena;       /* under the lock */
    pthread_mutex_t lock;         /* over what follows */
    pthread_cond_t room;          /* for who fills: a free block; all is done */
    pthread_cond_t work;          /* for a packer: a block, and room for its frame */
    pthread_cond_t ready;         /* for writers: a piece, or the next block of one */
    struct buffers plain, packed; /* free ones */
    size_t plain_count, packed_count;
    struct block *to_pack, **to_pack_last;
    struct gd_base_piece *waiting, **waiting_last;
    struct gd_base_piece *newest;
    size_t open; /* pieces that are not done */
    bool ending; /* nothing more comes */
    atomic_bool stop;
    struct gd_status status;
    struct gd_error err;
    uint64_t stored_bytes;
    pthread_t threads[GD_BASE_WORKERS_MAX + GD_BASE_WRITERS];
    size_t thread_count;
    unsigned workers;
};

static inline void *gd_base_buffer_take(struct buffers *buffers)
{
    return buffers->items[--buffers->count];
}

static inline void gd_base_buffer_give(struct buffers *buffers, char *buffer)
{
    buffers->items[buffers->count++] = buffer;
}

/* What failed first is kept; everybody stops. */
void gd_base_line_fail(struct gd_base_line *line, struct gd_status status,
                       const struct gd_error *err);
/* Under the lock, when it stops: why. */
struct gd_status gd_base_line_failure(const struct gd_base_line *line, struct gd_error *err);
/* --- base_line_write.c: a thread that stores pieces, to the end of the line */
void *gd_base_line_store(void *context);

#endif
