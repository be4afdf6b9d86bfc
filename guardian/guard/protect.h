/*
 * Protect: the backup that a decision demands, made, proven, and bound to the change.
 *
 * Online: taken under a snapshot of its own; what is written between it and the change is measured
 * when the change holds its locks (gd_protect_drift). Sealed: the change's own session stops
 * writers first (gd_protect_seal), and copy and proof happen while it holds them off.
 */
#ifndef GUARDIAN_GUARD_PROTECT_H
#define GUARDIAN_GUARD_PROTECT_H

#include "guardian/guard/permit.h"
#include "guardian/guard/seal_clock.h"
#include "guardian/journal/story.h"
#include "guardian/prove/point.h"
#include "guardian/snapshot/take.h"

enum { GD_POINT_HELD_MS = 5000 }; /* for a mark to reach the store while writers wait */

struct gd_protect_options {
    const struct gd_pg_options *pg;
    struct gd_store *store;
    const struct gd_key *key;
    const struct gd_decision *decision;
    const char *change, *reason;
    unsigned workers;
    int level;
    const char *pg_dump, *pg_bin;
    const struct gd_pg_options *scratch; /* for a drill; NULL: a throwaway cluster */
    bool held;           /* another session holds off those who write: as good as its snapshot */
    const char *own_ids; /* as for gd_snapshot_take(); NULL: nothing of the change is in */
    const struct gd_map *own_files;
    uint32_t lock_ms;
    /* A point in time, where rows are to be held and one stands ready (gd_point_prepare); NULL: a
     * snapshot. When it fails a snapshot is taken, unless `point_only`. */
    const struct gd_cover *cover;
    const char *no_point; /* why there is none although WAL is kept; told with the snapshot */
    bool point_only;
    bool within;     /* something of the change may be in: a mark is not one before it */
    bool point_held; /* gd_protect_find_cover(): it will be made while writers are held off */
    const char *database, *git_commit; /* for the mark; NULL: "" */
    uint32_t point_ms;                 /* for the store to have it; 0: 10,000 */
    struct gd_texts *notes;            /* why it was no point in time; may be NULL */
    const struct gd_events *events;
};

/** A snapshot, or (manifest NULL) a point in time. */
struct gd_protection {
    const struct gd_manifest *manifest;
    const struct gd_proof *proof;
    const struct gd_cover *cover; /* NULL: a snapshot */
    struct gd_backup holds;       /* a point in time: what it was made for */
    const uint32_t *oids;         /* … the tables that its names stood for */
    size_t oid_count;
    bool sealed;
    const char
        *pg_snapshot; /* pg_current_snapshot() of it: xmin:xmax:xip, to measure drift against */
    double take_seconds, proof_seconds;
    const char *own_ids; /* whose rows are not counted, as for gd_snapshot_take(); NULL: none */
    const struct gd_map *own_files; /* … and a table that the change wrote anew is not counted */
    uint32_t drift_ms;              /* longest time to count what was written since; 0: 30,000 */
};

struct gd_seal_options {
    uint32_t lock_ms;            /* longest wait for one lock; a list of them may take twice that */
    uint32_t retries;            /* tries after the first */
    struct gd_seal_clock *clock; /* started with the first lock; whoever ends the transaction stops
                                    it. May be NULL */
    struct gd_pg *eyes; /* NULL: none. Of a transaction that sees only what was there when it began:
                           another session, outside of any, that looks up the tables for it */
    const struct gd_events *events;
};

/**
 * The lock that stops writers (SHARE ROW EXCLUSIVE) on the tables of the decision's backup, in one
 * fixed order, inside the transaction that `pg` has open: READ COMMITTED, unless there are `eyes`.
 * All or none: a try that fails gives its locks back, waits (longer each time, at random), and is
 * made again.
 *
 * A backup of the whole database that names tables seals those, and says so; without names, all.
 * Names of what has no rows (views, sequences) and of nothing are passed over; a foreign table
 * cannot be sealed, and a warning says so.
 *
 * @param out_snapshot  id of the snapshot that it exports; valid while the transaction is. NULL:
 * none (a savepoint may be set, in which none can be, and what has exported one cannot be
 * prepared); one that is taken from now on shows the same rows
 * @return GD_BUSY         the locks did not come; the text says who writes (pid, state, query, age)
 *         GD_UNPROTECTED  the role may not lock them, the lock table is full, or the transaction is
 *                         REPEATABLE READ or stricter, and there are no `eyes`
 */
GD_MUST struct gd_status gd_protect_seal(struct gd_pg *pg, const struct gd_backup *backup,
                                         const struct gd_seal_options *options,
                                         struct gd_arena *arena, const char **out_snapshot,
                                         struct gd_error *err);

/**
 * Before anybody is stopped: wait for those who have been reading `tables` for longer than a lock
 * is waited for, because the change will need these tables alone. No lock is asked for, so that
 * nobody waits behind this. Who came later is not waited for: he may be as quick as most.
 *
 * @return GD_BUSY  one of them outlasted as many waits as the change itself would make; the text
 *                  says who
 */
GD_MUST struct gd_status gd_protect_readers(struct gd_pg *pg, const struct gd_texts *tables,
                                            const struct gd_seal_options *options,
                                            struct gd_arena *arena, struct gd_error *err);

/** Take and prove. `shared_snapshot` NULL: online. The journal's protecting record must have been
 *  written. @return GD_UNPROTECTED, GD_BUSY, GD_CORRUPT */
GD_MUST struct gd_status gd_protect(const struct gd_protect_options *options,
                                    const char *shared_snapshot, struct gd_arena *arena,
                                    struct gd_protection *out_protection, struct gd_error *err);

/** As the journal tells it. `protection` is a point in time. */
struct gd_story_point gd_protect_told(const struct gd_protection *protection,
                                      struct gd_arena *arena);

/** gd_point_prepare(), or gd_point_foresee() when not `prepare`, for the decision's backup, all of
 *  whose rows must be in the WAL. `*out_cover` NULL: `*out_why` says what is missing. */
GD_MUST struct gd_status gd_protect_find_cover(const struct gd_protect_options *options,
                                               const char *cluster, bool prepare,
                                               struct gd_arena *arena, struct gd_cover **out_cover,
                                               const char **out_why, struct gd_error *err);

/** Prove a backup that was taken before once more, as strongly as the decision demands now.
 *  @return GD_UNPROTECTED, GD_CORRUPT */
GD_MUST struct gd_status gd_protect_prove(const struct gd_protect_options *options,
                                          struct gd_arena *arena, struct gd_protection *protection,
                                          struct gd_error *err);

/**
 * Rows written since an online backup, by table, seen by `pg`, which is inside a transaction and
 * holds at least SHARE ROW EXCLUSIVE on the tables (or the numbers are lower bounds). Tables
 * without drift are left out.
 *
 * @param out_rows  new and gone ones together: an updated row counts twice. -1: not known, because
 * a table could not be counted in time (its numbers are -1)
 */
GD_MUST struct gd_status gd_protect_drift(struct gd_pg *pg, const struct gd_protection *protection,
                                          const struct gd_backup *backup, struct gd_arena *arena,
                                          struct gd_story_drift **out_drifts, size_t *out_count,
                                          int64_t *out_rows, struct gd_error *err);

/** About how long it will take: from the sizes and the rate of the newest snapshots in the store; 0
 * when nothing is known. @param out_from  "the last three snapshots", in words; may be NULL */
GD_MUST struct gd_status gd_protect_estimate(struct gd_store *store, const char *cluster,
                                             const struct gd_backup *backup, struct gd_arena *arena,
                                             double *out_seconds, const char **out_from,
                                             struct gd_error *err);
#endif
