/*
 * Team: sessions of one database that work side by side through a list of jobs.
 *
 * Each session has a thread while a list is worked through. Jobs are handed out in their order, or
 * as the list's owner picks them. The first failure ends it: no further job is begun, and what the
 * others are at is ended in the server. Inside restore/ only.
 */
#ifndef GUARDIAN_RESTORE_TEAM_H
#define GUARDIAN_RESTORE_TEAM_H

#include "guardian/restore/restore.h"

struct gd_team;

/** @param home  another session of the same server; kept as a view: it ends stragglers */
GD_MUST struct gd_status gd_team_open(const struct gd_restore_options *options, struct gd_pg *home,
                                      const char *database, struct gd_team **out_team,
                                      struct gd_error *err);
void gd_team_close(struct gd_team *team);

unsigned gd_team_size(const struct gd_team *team);
/** maintenance_work_mem, in KiB, with which the server sorts or hashes a table of `bytes` fastest;
 * at most what the sessions were given. Not for index methods that gather entries in it (GIN …). */
uint64_t gd_team_sort_kib(const struct gd_team *team, uint64_t bytes);
/** What the sessions were given. */
uint64_t gd_team_memory_kib(const struct gd_team *team);
/** The first session, for what one does alone. */
struct gd_pg *gd_team_first(struct gd_team *team);

/** @param worker  0 … size - 1 */
typedef struct gd_status gd_team_fn(void *context, struct gd_team *team, unsigned worker,
                                    struct gd_pg *pg, size_t job, struct gd_error *err);

/** Work through jobs 0 … count - 1. `total_bytes`: for progress, 0 when it does not count bytes. */
GD_MUST struct gd_status gd_team_work(struct gd_team *team, const char *stage, size_t count,
                                      uint64_t total_bytes, gd_team_fn *work, void *context,
                                      struct gd_error *err);

/** What a session that is free does. All of these are called under the team's lock. */
enum gd_team_turn {
    GD_TEAM_JOB,  /* *out_job */
    GD_TEAM_WAIT, /* nothing before another job has ended; only while one is at work */
    GD_TEAM_END   /* everything was handed out */
};
struct gd_team_list {
    enum gd_team_turn (*pick)(void *context, size_t *out_job);
    void (*ended)(void *context, size_t job); /* it was done without a failure */
    gd_team_fn *work;                         /* not under the lock */
    void *context;
};
/** Work through `count` jobs as they are picked. */
GD_MUST struct gd_status gd_team_pool(struct gd_team *team, const char *stage, size_t count,
                                      uint64_t total_bytes, const struct gd_team_list *list,
                                      struct gd_error *err);

/** While a list is worked through, another stage begins. */
void gd_team_stage(struct gd_team *team, const char *stage, uint64_t total_bytes);
/** More was done: told as progress. `object` may be NULL. */
void gd_team_progress(struct gd_team *team, unsigned worker, const char *object, uint64_t bytes,
                      uint64_t rows);
/** Another one failed: give up what you are at. */
bool gd_team_stopped(struct gd_team *team);

/** A session for restoring: what pg_dump's header sets, and time-outs off. */
GD_MUST struct gd_status gd_restore_session(const struct gd_restore_options *options,
                                            struct gd_pg *like, const char *database,
                                            struct gd_pg **out_pg, struct gd_error *err);

static inline void gd_team_cleanup_(struct gd_team **team)
{
    gd_team_close(*team);
}
#define gd_auto_team __attribute__((cleanup(gd_team_cleanup_))) struct gd_team *

#endif
