/*
 * Pool: what build.c and build_plan.c share. Inside restore/ only.
 */
#ifndef GUARDIAN_RESTORE_POOL_H
#define GUARDIAN_RESTORE_POOL_H

#include "guardian/restore/post.h"

enum gd_task {
    GD_TASK_LOAD,        /* rows of one table, or a part of a large one */
    GD_TASK_INDEX,       /* of a large table */
    GD_TASK_INDEX_SMALL, /* indexes and keys of small tables */
    GD_TASK_ATTACH,      /* keys of one table */
    GD_TASK_REFER,       /* its foreign keys, NOT VALID */
    GD_TASK_CHECK,       /* and validated */
    GD_TASK_ANALYZE
};

struct gd_job {
    enum gd_task task;
    struct gd_filled *place;           /* the table; NULL for small ones */
    const struct gd_dump_item **items; /* one index; several of anything else */
    size_t count;
    size_t load;                 /* LOAD: which */
    struct gd_filled **refers;   /* REFER: one for each item */
    const struct gd_job *behind; /* CHECK: its REFER */
    const char *sql;             /* INDEX, ANALYZE */
    uint64_t bytes;              /* for progress; a LOAD tells its own */
    uint64_t cost, rank;         /* rank: with all that waits for it */
    bool alone;                  /* INDEX: adds a constraint as it is, which locks the table */
    bool patient;                /* INDEX: not before all rows are in */
    bool begun, ended;
    bool last; /* no other index is left to begin */
};

struct gd_pool {
    struct gd_posting *posting;
    struct gd_loads loads;
    struct gd_job *jobs;
    size_t count, begun;
    size_t first;        /* everything before was begun */
    size_t loads_left;   /* not ended */
    size_t indexes_left; /* not begun */
    uint64_t load_bytes, other_bytes;
    /* progress */
    pthread_mutex_t telling;
    size_t loads_to_tell;
    uint64_t bytes_before; /* of indexes that were built before the last row was in */
};

/** The table of an item; NULL: it is not there. */
struct gd_filled *gd_pool_place(const struct gd_pool *pool, const struct gd_dump_item *item);
bool gd_is_btree(const char *sql);

/** build_plan.c: all jobs, in the order in which they are preferred. */
void gd_pool_plan(struct gd_pool *pool);

#endif
