/*
 * Ledger: Guardian's rows in the database itself, schema "guardian".
 *
 * A step's row is written inside the step's own transaction: it is there exactly if the step is in,
 * which is the cheapest proof that it committed. Tables (guardian/guard/sql/ledger.sql):
 *   guardian.changes (change, kind, began, ended, who, host, version, class, outcome, snapshot,
 *                     text_sha256, rolled_back_by)
 *   guardian.steps   (change, step, hash, state, xid xid8, at)  state: 'in', or 'begun' for a step
 * that cannot run in a transaction block guardian.files   (sha256, path, folder, change, at,
 * rolled_back_by, rerun_safe, stamp)
 *
 * A database in which the schema may not be made is no obstacle: then there are no rows, and doubts
 * are settled by the transaction id in the journal.
 */
#ifndef GUARDIAN_GUARD_LEDGER_H
#define GUARDIAN_GUARD_LEDGER_H

#include "guardian/journal/story.h"
#include "guardian/pg/connect.h"

struct gd_ledger {
    bool there;      /* the tables are there and may be written */
    const char *why; /* not there: why, in words */
};

/** Look whether it is there; `make`: make it (own transaction) when it is not and may be. Never
 * fails for missing rights: see `why`. A newer layout than ours is GD_USAGE. */
GD_MUST struct gd_status gd_ledger_open(struct gd_pg *pg, bool make, struct gd_arena *arena,
                                        struct gd_ledger *out_ledger, struct gd_error *err);

/** SQL of one statement each, to be run in the session of the change, inside its transaction; NULL
 *  when the ledger is not there. In `arena`. */
const char *gd_ledger_step_sql(const struct gd_ledger *ledger, const char *change, uint32_t step,
                               const char *hash, const char *state, struct gd_arena *arena);
const char *gd_ledger_change_sql(const struct gd_ledger *ledger, const struct gd_story *story,
                                 struct gd_arena *arena); /* insert, or update by its id */
const char *gd_ledger_file_sql(const struct gd_ledger *ledger, const char *change,
                               const struct gd_story_file *file, bool rerun_safe,
                               struct gd_arena *arena);
/** Set the stamp of the files of a change once it is over, so that the same files are known to be
 * done. */
const char *gd_ledger_stamp_sql(const struct gd_ledger *ledger, const char *change,
                                const char *stamp, struct gd_arena *arena);
/** The same for one file, by its text: it was found to be done by looking. */
const char *gd_ledger_file_stamp_sql(const struct gd_ledger *ledger, const char *sha256,
                                     const char *stamp, struct gd_arena *arena);
const char *gd_ledger_rolled_back_sql(const struct gd_ledger *ledger, const char *change,
                                      const char *by, struct gd_arena *arena);

/** What the ledger knows of a file's text. */
struct gd_ledger_file {
    const char *sha256, *path, *folder, *change, *stamp;
    int64_t at_us;
    bool rerun_safe;
};
/** Those of `hashes` that were applied and not rolled back; NULL hashes: all, oldest first. */
GD_MUST struct gd_status gd_ledger_files(struct gd_pg *pg, const struct gd_ledger *ledger,
                                         const char *const *hashes, size_t hash_count,
                                         struct gd_arena *arena, struct gd_ledger_file **out_files,
                                         size_t *out_count, struct gd_error *err);

struct gd_ledger_step {
    uint32_t step;
    const char *hash, *state, *xid;
};
/** The steps of a change that have rows. */
GD_MUST struct gd_status gd_ledger_steps(struct gd_pg *pg, const struct gd_ledger *ledger,
                                         const char *change, struct gd_arena *arena,
                                         struct gd_ledger_step **out_steps, size_t *out_count,
                                         struct gd_error *err);
#endif
