/*
 * Ledger: Guardian's rows in the database itself, schema "guardian".
 *
 * A step's row is written inside the step's own transaction: it is there exactly if the step is in,
 * which is the cheapest proof that it committed. Tables (guardian/guard/sql/ledger.sql):
 *
 *   guardian.changes  one row for a change: who, when, what became of it
 *   guardian.steps    state "in", or "begun" for a step that cannot run in a transaction block
 *   guardian.files    texts that were applied; with the stamp of the schema once they were over
 *
 * Invariant 1  A database in which the schema may not be made is no obstacle: then there are no
 * rows, and doubts are settled by the transaction id in the journal.
 * Invariant 2  The SQL made here does not depend on search_path, standard_conforming_strings or the
 * encoding of the database: what the user's file has set cannot turn it around.
 */
#ifndef GUARDIAN_GUARD_LEDGER_H
#define GUARDIAN_GUARD_LEDGER_H

#include "guardian/journal/story.h"
#include "guardian/pg/connect.h"

struct gd_ledger {
    bool there;      /* the tables are there and may be written */
    bool may_make;   /* not there, and nothing is known that stands in the way */
    bool any_text;   /* the database can store any UTF-8; otherwise bytes are written as %XX */
    bool older;      /* there, and made before steps kept what they wrote; ours to mend */
    const char *why; /* not there: why, in words; "" when it is */
};

/** Look whether it is there; `make`: make it (own transaction) when it is not and may be. Never
 * fails for missing rights: see `why`. A newer layout than ours is GD_USAGE. */
GD_MUST struct gd_status gd_ledger_open(struct gd_pg *pg, bool make, struct gd_arena *arena,
                                        struct gd_ledger *out_ledger, struct gd_error *err);

/** SQL of one statement each, to be run in the session of the change, inside its transaction; NULL
 *  when the ledger is not there. In `arena`. */
const char *gd_ledger_step_sql(const struct gd_ledger *ledger, const char *change, uint32_t step,
                               const char *hash, const char *state, struct gd_arena *arena);
/** At the end of the step's transaction: which ids its savepoints have, and how many rows of which
 * tables it wrote. `counts`: what gd_ledger_counts_sql gave before it wrote any; "" none. It
 * never makes the step fail. The row is made if it is not there: that of a step of a run, which
 * tells of all that its transaction did. */
const char *gd_ledger_wrote_sql(const struct gd_ledger *ledger, const char *change, uint32_t step,
                                const char *hash, const char *counts, struct gd_arena *arena);
/** The transaction's id, and what its session has written so far. */
extern const char gd_ledger_counts_sql[];
const char *gd_ledger_change_sql(const struct gd_ledger *ledger, const struct gd_story *story,
                                 struct gd_arena *arena); /* insert, or update by its id */
const char *gd_ledger_file_sql(const struct gd_ledger *ledger, const char *change,
                               const struct gd_story_file *file, const char *place,
                               struct gd_arena *arena);
/** Set the stamp of the files of a change once it is over, so that the same files are known to be
 * done. */
const char *gd_ledger_stamp_sql(const struct gd_ledger *ledger, const char *change,
                                const char *stamp, struct gd_arena *arena);
/** The same for one file, by what it is known as: it was found to be done by looking. */
const char *gd_ledger_file_stamp_sql(const struct gd_ledger *ledger, const char *known_as,
                                     const char *stamp, struct gd_arena *arena);
/** The schema is again as it was under stamp `from`, and has stamp `to` now: what was done then is
 * done. */
const char *gd_ledger_stamp_again_sql(const struct gd_ledger *ledger, const char *from,
                                      const char *to, struct gd_arena *arena);
/** Mark a change as taken back; files of its text count as not applied from then on, and steps
 * behind which it had gone on are left again. */
const char *gd_ledger_rolled_back_sql(const struct gd_ledger *ledger, const char *change,
                                      const char *by, struct gd_arena *arena);

/** What the ledger knows of a file's text. */
struct gd_ledger_file {
    const char *sha256;                                 /* what it is known as */
    const char *path, *folder, *place, *change, *stamp; /* stamp "": none */
    int64_t at_us;
    bool rerun_safe;
};
/** Those of `hashes` that were applied and not rolled back, oldest first; NULL hashes: all. None
 *  when the ledger is not there. */
GD_MUST struct gd_status gd_ledger_files(struct gd_pg *pg, const struct gd_ledger *ledger,
                                         const char *const *hashes, size_t hash_count,
                                         struct gd_arena *arena, struct gd_ledger_file **out_files,
                                         size_t *out_count, struct gd_error *err);

/** Keep those that were applied for `place` (guard/known_as.h). @return how many */
size_t gd_ledger_files_at(struct gd_ledger_file *files, size_t count, const char *place);

struct gd_ledger_step {
    uint32_t step;
    const char *hash, *state, *xid;
};
/** Steps of a change that cannot run in a transaction block were begun, and are not in. */
const char *gd_ledger_not_in_sql(const struct gd_ledger *ledger, const char *change,
                                 struct gd_arena *arena);
/** Steps with these hashes that are in, of changes that did not come to their end: a file that
 * failed half way goes on behind them. `step` is not set, `state` is the change's id. */
GD_MUST struct gd_status gd_ledger_steps_left(struct gd_pg *pg, const struct gd_ledger *ledger,
                                              const char *const *hashes, size_t hash_count,
                                              struct gd_arena *arena,
                                              struct gd_ledger_step **out_steps, size_t *out_count,
                                              struct gd_error *err);
/** Another change, `by`, went on behind the steps of `change`: they are left no more, until `by` is
 * rolled back. "": the rest was found to be there. */
const char *gd_ledger_continued_sql(const struct gd_ledger *ledger, const char *change,
                                    const char *by, struct gd_arena *arena);

/** A change of which only a part is in: its steps that are, behind the first `skip` of them, and
 * how it ended. What cannot run in a transaction block and is not in is told, too. */
GD_MUST struct gd_status gd_ledger_tell_part(struct gd_pg *pg, const struct gd_ledger *ledger,
                                             const struct gd_story *story, size_t skip,
                                             struct gd_arena *arena, struct gd_error *err);

/** Is there a change that nobody wrote the end of? Its journal may be open: recovery is due. */
GD_MUST struct gd_status gd_ledger_unended(struct gd_pg *pg, const struct gd_ledger *ledger,
                                           bool *out_unended, struct gd_error *err);

/** The steps of a change that have rows. None when the ledger is not there. */
GD_MUST struct gd_status gd_ledger_steps(struct gd_pg *pg, const struct gd_ledger *ledger,
                                         const char *change, struct gd_arena *arena,
                                         struct gd_ledger_step **out_steps, size_t *out_count,
                                         struct gd_error *err);
#endif
