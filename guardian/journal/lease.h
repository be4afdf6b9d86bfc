/*
 * Lease: one guarded change per database, over containers and hosts.
 *
 * Two locks, because each fails where the other holds: an advisory lock on a direct connection
 * (gone at once when the process dies, but gone also when the database is replaced), and a lease in
 * the store (holds while the database is away; runs out by time).
 *
 * The advisory lock's key is the two-part key of class 0x67756172 ("guar") and 1.
 *
 * The store's lease is v1/<cluster>/lease/<generation>, eight digits. Each generation is put once,
 * under the condition that there is none; whoever put the greatest has the lease, until
 * "<generation>.released" lies beside it or the lease's time has passed on the store's clock since
 * it was put. A holder renews by putting the next generation: when somebody else has done so, it
 * has lost the lease, and knows. Nothing is ever overwritten, and nothing needs to be removed; what
 * is older is removed where that is allowed.
 *
 * Invariant 1  A holder stops believing in its lease before anybody else may take it, measured on
 *              clocks that only count on. No machine's time of day is asked.
 * Invariant 2  Who finds the session of a holder gone, in the database that both mean, need not
 *              wait for the lease to run out; unless the holder said that it works in other
 *              sessions, too.
 */
#ifndef GUARDIAN_JOURNAL_LEASE_H
#define GUARDIAN_JOURNAL_LEASE_H

#include "guardian/pg/connect.h"
#include "guardian/store/store.h"

struct gd_lease_options {
    struct gd_pg *pg; /* the session that holds the advisory lock: keep it open; NULL: store only */
    struct gd_store *store; /* NULL: advisory lock only */
    const char *cluster, *change;
    const char *who;   /* "root@db1 pid 4711", shown to those who wait */
    uint32_t wait_ms;  /* 0: try once */
    uint32_t lease_ms; /* it is renewed by a thread; runs out after this when we die: 60,000 */
    bool elsewhere;    /* what it does goes on when this session is lost (restore, swap): its lease
                          must    run out */
    const struct gd_events *events; /* "waiting for …" */
};

struct gd_lease;
/** @return GD_BUSY somebody else has it: who, since when, what; GD_SYSTEM
 *  A session may take it twice, with and without a store; each is given back for itself. */
GD_MUST struct gd_status gd_lease_take(const struct gd_lease_options *options,
                                       struct gd_lease **out_lease, struct gd_error *err);
/** Did we wait for somebody? Then what was seen before may have changed. */
bool gd_lease_waited(const struct gd_lease *lease);
/** Still ours? Asked before every commit, inside its transaction: a lost lease or lock ends the
 *  change. One that ran out, or was let go by DISCARD ALL, is taken again when nobody else has it.
 *  @return GD_BUSY it is not ours any more; GD_SYSTEM it could not be asked */
GD_MUST struct gd_status gd_lease_check(struct gd_lease *lease, struct gd_error *err);
/** Give it back; free() without it leaves the lease to run out. */
GD_MUST struct gd_status gd_lease_release(struct gd_lease *lease, struct gd_error *err);
void gd_lease_free(struct gd_lease *lease);

/** Remove what older leases left in the store; for prune. @return as gd_store_remove() */
GD_MUST struct gd_status gd_lease_clean(struct gd_store *store, const char *cluster,
                                        struct gd_error *err);

static inline void gd_lease_cleanup_(struct gd_lease **lease)
{
    gd_lease_free(*lease);
}
#define gd_auto_lease __attribute__((cleanup(gd_lease_cleanup_))) struct gd_lease *
#endif
