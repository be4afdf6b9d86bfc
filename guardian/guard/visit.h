/*
 * Visits: clients of a long-running door. What a client changes is one change of its own.
 *
 * A visit that only reads has no run (guard/run.h). The first text that may change something makes
 * one, for the client's database; it is ended, recorded and told when the client leaves, or was
 * silent for a while outside of a transaction.
 *
 * Invariant 1  In one database one visit changes something at a time. Others wait for their turn,
 *              and are told whose it is (55P03) when it does not come in time.
 * Invariant 2  What had to be judged anew, because it waited, is: against the schema as it is now.
 * Invariant 3  A backup that the client's own locks stood in the way of is not forgotten: who
 *              sends one of these texts again within a quarter of an hour, in whatever session,
 *              gets it made before anything is locked.
 * Owner        gd_visits_new() and …_free(); the gate may be used by many threads.
 */
#ifndef GUARDIAN_GUARD_VISIT_H
#define GUARDIAN_GUARD_VISIT_H

#include "guardian/guard/gate.h"
#include "guardian/guard/guard.h"

struct gd_visits;

struct gd_visit_end { /* a change is over; views for the time of the call */
    const struct gd_gate_client *client;
    const struct gd_outcome *outcome;
    struct gd_status status; /* as gd_run_end() */
    const struct gd_error *err;
};

struct gd_visits_options {
    const struct gd_guard_options *guard; /* as for apply; its paths are not read, and the database
                                             is the client's */
    bool yes;
    uint32_t idle_ms; /* a change ends when its client says nothing for so long; 0: 30,000 */
    /** On a thread of its own; NULL: nobody wants to know. */
    void (*ended)(void *context, const struct gd_visit_end *end);
    void *context;
};

/** @return GD_SYSTEM no thread */
GD_MUST struct gd_status gd_visits_new(const struct gd_visits_options *options,
                                       struct gd_visits **out_visits, struct gd_error *err);
/** For the relay; valid as long as the visits. */
const struct gd_gate *gd_visits_gate(struct gd_visits *visits);
/** When no client is left: ends what is still to be ended, and waits for it. NULL is fine. */
void gd_visits_free(struct gd_visits *visits);

#endif
