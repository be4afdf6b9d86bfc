/*
 * Visits, from within: what their files share. No other file includes it.
 */
#ifndef GUARDIAN_GUARD_VISIT_OWN_H
#define GUARDIAN_GUARD_VISIT_OWN_H

#include <pthread.h>
#include <stdatomic.h>

#include "guardian/guard/run_own.h"
#include "guardian/guard/visit.h"

struct gd_visit;

/* A run for a visit; it outlives the visit until it is ended. */
struct gd_visit_change {
    struct gd_visits *visits;
    struct gd_arena *arena; /* the run's, and all of this */
    struct gd_gate_client client;
    struct gd_pg_options pg;
    struct gd_guard_options guard;
    struct gd_run_options options;
    struct gd_run *run;
    struct gd_gate_session *session;       /* the run's own idea of the client */
    const struct gd_gate_request *request; /* that is being judged */
    bool yields;                           /* others have their turn before its next run */
    uint32_t number;                       /* of the runs of its visit */
    int64_t began_us;                      /* this run of it */
    struct gd_run *shown;                  /* the run, while it is there; under the lock, too */
    bool has_turn;                         /* under the visits' lock, as all below */
    int64_t since_us;                      /* it has had the turn, */
    char id[GD_ID_SIZE];                   /* as this change */
    struct gd_visit_change *next_turn, *next_ended;
};

struct gd_visit {
    struct gd_visits *visits;
    struct gd_arena *arena;
    struct gd_gate_client client;
    struct gd_gate_session seen; /* how it quotes, before there is a run */
    uint32_t runs;
    atomic_bool watched; /* as the run's session's */
    /* under the visits' lock: */
    struct gd_visit_change *change; /* NULL: it has only read */
    bool judging;
    int64_t last_us; /* it changed something */
    struct gd_visit *next, **link;
};

/* What a refused statement needed, by the texts of its transaction. */
struct gd_visit_need {
    struct gd_arena *arena;
    struct gd_backup backup;
    const char *database;
    struct gd_texts hashes;
    int64_t until_us;
    struct gd_visit_need *next;
};

struct gd_visits {
    struct gd_visits_options options;
    struct gd_gate gate;
    struct gd_harmless *harmless;
    pthread_mutex_t lock;
    pthread_cond_t turn, work; /* clock: monotonic */
    struct gd_visit *visits;
    struct gd_visit_change *turns; /* those who have theirs: one for a database */
    struct gd_visit_change *ended, **last_ended;
    struct gd_visit_need *needs;
    pthread_t thread;
    bool stops;
};

/* ---- visit_change.c ---- */

/** A run for the visit. On a thread that may wait. */
GD_MUST struct gd_status gd_visit_begin(struct gd_visit *visit, struct gd_visit_change **out_change,
                                        struct gd_error *err);
/** Another run in the place of one that has passed nothing, or is over: what others did meanwhile
 *  is seen by it. The turn stays, unless it yields. */
GD_MUST struct gd_status gd_visit_renew(struct gd_visit *visit, struct gd_visit_change *change,
                                        struct gd_error *err);
/** To be ended by the thread for that; under the lock. */
void gd_visit_hand_over(struct gd_visits *visits, struct gd_visit_change *take_change);
/** Its turn is over; under the lock. */
void gd_visit_give_turn(struct gd_visit_change *change);
/** The thread that ends changes. */
void *gd_visit_end_all(void *context);

/* ---- visit_need.c ---- */

/** Remember what a refused statement needed. */
void gd_visit_remember(struct gd_visits *visits, const struct gd_visit_change *change,
                       const struct gd_gate_request *request);
/** Was this text among those? Then the run knows of it. */
void gd_visit_recall(struct gd_visits *visits, const struct gd_visit_change *change,
                     const struct gd_gate_request *request);
void gd_visit_forget_all(struct gd_visits *visits);

#endif
