/*
 * Lease: one guarded change per database, over containers and hosts.
 *
 * Two locks, because each fails where the other holds: an advisory lock on a direct connection
 * (gone at once when the process dies, but gone also when the database is replaced), and a lease in
 * the store, v1/<cluster>/lease/<number>… (holds while the database is away; runs out by time).
 *
 * The advisory lock's key is the two-part key of class 0x67756172 ("guar") and 1.
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
    const struct gd_events *events; /* "waiting for …" */
};

struct gd_lease;
/** @return GD_BUSY somebody else has it: who, since when, what; GD_SYSTEM */
GD_MUST struct gd_status gd_lease_take(const struct gd_lease_options *options,
                                       struct gd_lease **out_lease, struct gd_error *err);
/** Did we wait for somebody? Then what was seen before may have changed. */
bool gd_lease_waited(const struct gd_lease *lease);
/** Still ours? Asked before every commit: a lease that ran out, or a lost lock, ends the change.
 *  @return GD_BUSY */
GD_MUST struct gd_status gd_lease_check(struct gd_lease *lease, struct gd_error *err);
/** Give it back; free() without it leaves the lease to run out. */
GD_MUST struct gd_status gd_lease_release(struct gd_lease *lease, struct gd_error *err);
void gd_lease_free(struct gd_lease *lease);
#endif
