/*
 * Post: what post.c, build.c and build_plan.c share. Inside restore/ only.
 */
#ifndef GUARDIAN_RESTORE_POST_H
#define GUARDIAN_RESTORE_POST_H

#include "guardian/restore/steps.h"

/** A relation that is filled, and what happens to it meanwhile. */
struct gd_filled {
    const char *schema, *name;
    char kind;      /* pg_class.relkind */
    bool related;   /* partitioned, a partition, a parent or a child: statements reach others */
    bool ours;      /* the role may ANALYZE it */
    uint64_t bytes; /* of its rows, as text */
    /* While the pool runs, under the team's lock. A job begins only when it gets its hold, so that
     * no session ever waits for another one's lock in the server, and none can deadlock. */
    size_t loads, builds, attaches;    /* jobs that have not ended */
    size_t shared;                     /* builds that are at it */
    bool exclusive;                    /* something else is */
    uint64_t after_rows, after_builds; /* cost of what waits for them */
};

struct gd_posting {
    struct gd_restoring *restoring;
    struct gd_team *team;
    struct gd_lookup places; /* ("table", schema, name) → struct gd_filled */
    struct gd_filled *all;
    size_t count;
    bool *built;   /* by position in after.items: the index is built by the pool */
    bool *settled; /* and nothing of the item is left to do */
};

/** From this size on an index is a job of its own. */
bool gd_filled_is_large(const struct gd_filled *place);
/** A place that is nowhere when it is not known. */
const struct gd_filled *gd_filled_of(const struct gd_posting *posting, const char *schema,
                                     const char *table);
/** For qsort() of pointers to items: by table, in the order of the dump. */
int gd_items_by_table(const void *left, const void *right);
/** Where the items of another table begin, behind `from`. */
size_t gd_items_of_table(const struct gd_dump_item *const *items, size_t count, size_t from);
/** VALIDATE of one foreign key, with the memory that suits it. */
GD_MUST struct gd_status gd_validate(const struct gd_posting *posting, struct gd_pg *pg,
                                     const struct gd_dump_item *item, struct gd_error *err);

/** build.c: rows, indexes, and of large plain tables the keys, foreign keys and statistics. */
GD_MUST struct gd_status gd_restore_builds(struct gd_posting *posting, struct gd_error *err);

#endif
