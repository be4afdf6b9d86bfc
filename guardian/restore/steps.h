/*
 * Steps of a restore into one database, in their order; into.c runs them. Inside restore/ only.
 */
#ifndef GUARDIAN_RESTORE_STEPS_H
#define GUARDIAN_RESTORE_STEPS_H

#include <pthread.h>

#include "guardian/base/lookup.h"
#include "guardian/restore/dump.h"
#include "guardian/restore/team.h"

/** What one restore knows and has found out. */
struct gd_restoring {
    const struct gd_restore_options *options;
    struct gd_arena *arena; /* of the thread that runs the steps */
    struct gd_pg *home;     /* a session in another database of the server */
    const char *database;   /* the new one */
    bool superuser;         /* the role that restores */
    bool creates;           /* the database is made by this run */
    bool made;              /* it was: what somebody else made meanwhile is not ours to drop */
    int server_version;
    struct gd_dump before, after; /* sections pre-data and post-data */
    struct gd_texts present; /* roles that are there; a statement that names another one is left
                                out when the options say so */
    struct gd_texts warnings;
    const struct gd_texts *only;      /* "schema"."name" of the tables that are wanted; NULL: all */
    const struct gd_texts *sequences; /* the same of sequences, with `only` */
    const char *side;                 /* with `only`: the schema they have now; NULL: their own */
    struct gd_texts analyzed;         /* "schema"."name" of what has its statistics */
    uint64_t rows, bytes;
    size_t tables, indexes;
};

/** Something is not as it should be: to the events, and into the outcome. Not for worker threads.
 */
void gd_restoring_warn(struct gd_restoring *restoring, const char *hint, const char *format, ...)
    GD_PRINTF(3, 4);

/* data.c */
/** All parts of a table, or one part of a large one. */
struct gd_load {
    const struct gd_table *table;
    bool root;                          /* through the root of its partitions */
    const char *what, *truncate, *copy; /* statements */
    size_t first, count;                /* parts */
    uint64_t bytes;
};
struct gd_loads {
    struct gd_restoring *restoring;
    struct gd_load *items;
    size_t count;
};
void gd_restore_plan_loads(struct gd_restoring *restoring, unsigned sessions,
                           struct gd_loads *out_loads);
GD_MUST struct gd_status gd_restore_load(const struct gd_loads *loads, size_t number,
                                         struct gd_team *team, unsigned worker, struct gd_pg *pg,
                                         struct gd_error *err);
/** All rows of one table, in a transaction that the caller has begun. */
GD_MUST struct gd_status gd_restore_rows(struct gd_restoring *restoring, struct gd_pg *pg,
                                         const struct gd_table *table, struct gd_error *err);
/* large_objects.c */
GD_MUST struct gd_status gd_restore_large_objects(struct gd_restoring *restoring,
                                                  struct gd_team *team, struct gd_error *err);
/* schema.c: the statements before the data */
GD_MUST struct gd_status gd_restore_schema(struct gd_restoring *restoring, struct gd_pg *pg,
                                           struct gd_error *err);
/** Run items in their order, many in one round trip; `which` says which of them. */
typedef bool gd_dump_filter_fn(const struct gd_dump_item *item);
GD_MUST struct gd_status gd_restore_items(struct gd_restoring *restoring, struct gd_pg *pg,
                                          const struct gd_dump_item *items, size_t count,
                                          gd_dump_filter_fn *which, struct gd_error *err);
/* post.c: rows, indexes, keys, and what follows them */
GD_MUST struct gd_status gd_restore_contents(struct gd_restoring *restoring, struct gd_team *team,
                                             struct gd_error *err);
/** A foreign key whose rows are here while those that they refer to were not in the snapshot: it
 * cannot be validated. */
bool gd_reference_is_open(const struct gd_manifest *manifest, const struct gd_dump_item *item);
/* finish.c: sequences, materialized views, statistics */
GD_MUST struct gd_status gd_restore_sequences(struct gd_restoring *restoring, struct gd_pg *pg,
                                              struct gd_error *err);
GD_MUST struct gd_status gd_restore_matviews(struct gd_restoring *restoring, struct gd_team *team,
                                             struct gd_error *err);
/** Of everything that has rows and is not in `analyzed`. */
GD_MUST struct gd_status gd_restore_analyze(struct gd_restoring *restoring, struct gd_team *team,
                                            struct gd_error *err);
/* look.c: before anything is touched: what is missing is named all at once, and what shall be left
 * out is taken out of the dump */
GD_MUST struct gd_status gd_restore_look(struct gd_restoring *restoring, struct gd_error *err);
/* outside.c: does anything that will run reach outside the database? */
GD_MUST struct gd_status gd_restore_outside(struct gd_restoring *restoring, struct gd_error *err);

/* database.c: the database itself */
/** A session from which `database` can be created, renamed and dropped: in the database of the
 * options, or in a maintenance database when that is the one, or is not there. */
GD_MUST struct gd_status gd_restore_home(const struct gd_restore_options *options,
                                         const char *database, struct gd_pg **out_home,
                                         struct gd_error *err);
GD_MUST struct gd_status gd_database_exists(struct gd_pg *home, const char *database,
                                            bool *out_exists, struct gd_error *err);
/** CREATE DATABASE as the dump says, marked as not finished. */
GD_MUST struct gd_status gd_database_create(struct gd_restoring *restoring, struct gd_error *err);
/** Owner, comment, settings, grants of the database; the mark goes. */
GD_MUST struct gd_status gd_database_finish(struct gd_restoring *restoring, struct gd_error *err);
/** COMMENT ON DATABASE as the snapshot has it; … IS NULL when it has none. */
const char *gd_database_comment(const struct gd_restoring *restoring, const char *database,
                                struct gd_arena *arena);
/** A statement that is run even when we were asked to stop: undoing. */
GD_MUST struct gd_status gd_undo(struct gd_pg *pg, const char *what, const char *sql,
                                 struct gd_error *err);
/** Drop what this run made, whatever holds it: sessions, subscriptions. */
GD_MUST struct gd_status gd_database_drop(struct gd_pg *home, const char *database,
                                          struct gd_error *err);
/** into.c: everything of gd_restore_into() but the drop after a failure. */
GD_MUST struct gd_status gd_restore_fill(struct gd_restoring *restoring, struct gd_error *err);
/** Read both sections of the schema, and look at them and at the server. */
GD_MUST struct gd_status gd_restore_prepare(struct gd_restoring *restoring, struct gd_error *err);
void gd_restoring_report(const struct gd_restoring *restoring, struct gd_arena *arena,
                         struct gd_restored *out_restored);

#endif
