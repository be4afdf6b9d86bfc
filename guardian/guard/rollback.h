/*
 * Rollback: the state before a change, by the cheapest way that is exact.
 *
 *     nothing    PostgreSQL rolled it back itself, or it never began.
 *     inverse    What the change made is taken away again, and what it took away had no rows:
 *                generated, lossless, one transaction.
 *     columns    Values of columns that were dropped or narrowed come from the snapshot by key,
 *                into the living table; rows written since stay.
 *     tables     The affected tables come from the snapshot; rows written since the change are
 *                kept where keys allow it, conflicts are listed.
 *     database   Restored beside, compared, swapped by renaming; the bad state stays under a dated
 *                name.
 *
 * Invariant 1  A snapshot of the bad state is proven before anything is touched (database: the old
 *              database itself is kept).
 * Invariant 2  It ends with the fingerprint of before the change, or says what differs; ways below
 *              database run in one transaction that is rolled back when the fingerprint would
 *              differ.
 * Invariant 3  What is lost is counted before, shown, and asked for.
 */
#ifndef GUARDIAN_GUARD_ROLLBACK_H
#define GUARDIAN_GUARD_ROLLBACK_H

#include "guardian/guard/ledger.h"
#include "guardian/guard/outcome.h"
#include "guardian/guard/protect.h"
#include "guardian/restore/restore.h"

#define GD_WAYS(X)                                                                                 \
    X(NOTHING, "nothing")                                                                          \
    X(INVERSE, "inverse")                                                                          \
    X(COLUMNS, "columns")                                                                          \
    X(TABLES, "tables")                                                                            \
    X(DATABASE, "database")
enum gd_way {
#define X(name, text) GD_WAY_##name,
    GD_WAYS(X)
#undef X
};
const char *gd_way_name(enum gd_way way);

/** What a table has lost or gained since the backup. */
struct gd_since {
    const char *table;
    int64_t rows_new;     /* written since, not in the backup; -1: not known */
    int64_t rows_changed; /* -1 */
    int64_t rows_gone;    /* -1 */
    int64_t kept;         /* of rows_new, those that stay */
    int64_t lost;         /* what this way loses: of them, and of the backup's rows */
    int64_t not_back;     /* of those: rows of the backup that do not come back */
    const char *conflict; /* "the key 17 is in both, with other values"; NULL */
};

struct gd_recover_options; /* restore/recover.h */

struct gd_rollback_options {
    const struct gd_pg_options *pg;
    struct gd_store *store;
    const struct gd_key *key;
    const char *cluster, *change; /* resolved */
    int way;                      /* enum gd_way, or -1: the cheapest exact one */
    unsigned workers;
    const char *pg_dump, *pg_restore, *pg_bin;
    /* For a backup that is a point in time: how a server is recovered; place and what is to be
     * reached are filled in. NULL: none can be. */
    const struct gd_recover_options *recover;
    uint32_t lock_ms, lock_retries, wait_ms;
    struct gd_status (*still_ours)(
        void *context, struct gd_error *err); /* asked before it counts: the lease; may be NULL */
    void *still_ours_context;
    const struct gd_events *events;
};

struct gd_rollback_plan {
    struct gd_story *story; /* of the change to roll back */
    enum gd_way way;
    struct gd_texts steps; /* what will be done, sentences in order */
    struct gd_texts
        ruled_out; /* "inverse: column public.users.age held 12 values" for every cheaper way */
    struct gd_texts sql; /* inverse and columns: the statements that will run */
    const char *down;    /* the down.sql that lies beside the file: shown, never run; NULL */
    const struct gd_since *since;
    size_t since_count;
    int64_t rows_lost; /* together; -1 not known */
    struct gd_texts notes;
};

/** Look, count, choose. Changes nothing. @return GD_USAGE there is no such change, it was rolled
 * back already; GD_UNPROTECTED its snapshot is gone or damaged and no other way is exact;
 * GD_REFUSED the way that was asked for is not possible (why); GD_PARTIAL never */
GD_MUST struct gd_status gd_rollback_plan(const struct gd_rollback_options *options,
                                          struct gd_arena *arena,
                                          struct gd_rollback_plan **out_plan, struct gd_error *err);

struct gd_rolled_back {
    const char *bad_state;    /* snapshot id of the bad state; "" none was needed */
    const char *old_database; /* database: where the bad state is kept; NULL */
    struct gd_texts
        differences; /* between the schema before the change and now: empty when it is proven */
    int64_t rows_kept, rows_lost;
    struct gd_texts conflicts;
    double seconds;
};

/** Do it. The lease must be held; `journal` is that of the rollback, itself a change.
 *  @return GD_FAILED nothing was changed; GD_PARTIAL the text says what is where */
GD_MUST struct gd_status gd_rollback_run(const struct gd_rollback_options *options,
                                         const struct gd_rollback_plan *plan,
                                         struct gd_journal *journal, struct gd_story *story,
                                         struct gd_arena *arena,
                                         struct gd_rolled_back *out_rolled_back,
                                         struct gd_error *err);
#endif
