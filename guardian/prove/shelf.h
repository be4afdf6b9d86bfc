/*
 * Shelf: snapshots together with what was proven of them, and the one that a person means.
 */
#ifndef GUARDIAN_PROVE_SHELF_H
#define GUARDIAN_PROVE_SHELF_H

#include "guardian/prove/prove.h"

/** The problem of a snapshot in which damage was found. */
extern const char gd_found_damaged[];

struct gd_shelved {
    struct gd_listed listed;
    enum gd_proof_kind proof; /* the best on record for exactly this manifest */
    int64_t proven_us;        /* when; 0: never */
    bool open_change;         /* the change that it was made for is not closed */
};

/** As gd_snapshot_list(), with proofs and changes. */
GD_MUST struct gd_status gd_shelf_read(struct gd_store *store, const char *cluster,
                                       struct gd_arena *arena, struct gd_shelved **out_items,
                                       size_t *out_count, struct gd_error *err);

/** Are there snapshots of other databases? Asks no further than to the first. */
GD_MUST struct gd_status gd_shelf_others(struct gd_store *store, const char *cluster,
                                         struct gd_arena *arena, bool *out_others,
                                         struct gd_error *err);

/** The cluster that is meant when nobody named one: the only one that has snapshots in the store.
 * @return GD_USAGE there are several (named), or none */
GD_MUST struct gd_status gd_shelf_only_cluster(struct gd_store *store, struct gd_arena *arena,
                                               const char **out_cluster, struct gd_error *err);

/**
 * Which snapshot does a person mean? Every command that takes an id asks here.
 *
 * @param cluster  that of the database in question; NULL: any
 * @param text     an id, the beginning of just one, or "latest": the newest that is proven and can
 *                 be read, of this cluster (without one: of the only cluster there is)
 * @param least    "latest" must hold at least this much: a restore of a database is not served by
 *                 the newest copy of its definitions
 * @return GD_USAGE none, or several; GD_UNPROTECTED "latest", and not one is proven
 */
GD_MUST struct gd_status gd_snapshot_resolve(struct gd_store *store, const char *cluster,
                                             const char *text, enum gd_snapshot_scope least,
                                             struct gd_arena *arena, const char **out_cluster,
                                             const char **out_id, struct gd_error *err);

#endif
