/*
 * Forget: a server that is no more. Retention never removes the last base backup of a server, as
 * nobody can tell one that is over from one that is quiet; a person can.
 *
 * All below "v1/<system identifier>/" goes: base backups, their proofs, WAL, marks and what is
 * noted of them. Snapshots and changes of its databases lie elsewhere, and stay.
 *
 * Invariant  Manifests go first: cut off anywhere, nothing is claimed that is not there, and the
 *            next call goes on.
 */
#ifndef GUARDIAN_SNAPSHOT_FORGET_H
#define GUARDIAN_SNAPSHOT_FORGET_H

#include "guardian/store/store.h"

struct gd_forgotten {
    uint64_t system_identifier;
    const char **keys; /* manifests first */
    size_t count, manifests;
    uint64_t bytes;
    int64_t newest_us; /* when something was stored last, by the store's clock */
    const char *held;  /* id of a base backup that is held; NULL: none is */
    uint64_t removed;  /* objects */
};

/** What would go. */
GD_MUST struct gd_status gd_forget_look(struct gd_store *store, uint64_t system_identifier,
                                        struct gd_arena *arena, struct gd_forgotten *out_forgotten,
                                        struct gd_error *err);
/** Remove it. */
GD_MUST struct gd_status gd_forget(struct gd_store *store, struct gd_forgotten *forgotten,
                                   struct gd_error *err);

#endif
