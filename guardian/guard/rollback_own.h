/*
 * Rollback, within: what one rollback knows and has found out. No other file includes it but
 * rollback*.c.
 */
#ifndef GUARDIAN_GUARD_ROLLBACK_OWN_H
#define GUARDIAN_GUARD_ROLLBACK_OWN_H

#include "guardian/guard/rollback.h"
#include "guardian/guard/rollback_rows.h"
#include "guardian/pg/fingerprint.h"

/** A table to which the change wrote rows, by its text. */
struct gd_back_written {
    const char *schema, *table;
    bool inserts, deletes;   /* whole rows came or went; an update alone sets neither */
    bool updates;            /* rows were updated, and no text says which columns */
    bool inherits;           /* of the tables below it, too: no ONLY */
    bool parted;             /* it is partitioned: its rows are in the tables below */
    bool keeps;              /* nothing can be brought back, and that is said */
    bool emptied;            /* by TRUNCATE, or DELETE without a condition */
    bool blurred;            /* deleted by what is no plain condition over a row */
    struct gd_texts columns; /* that it updated */
    struct gd_back_condition *conditions; /* deleted were the rows for which one is true */
    size_t condition_count;
};

/** Rows that the change wrote to a table, as its own transactions counted them. */
struct gd_back_wrote {
    const char *schema, *table;
    int64_t inserted, updated, deleted;
};

/** What the change made of a column's values: an expression over the row that it found. */
struct gd_back_effect {
    const char *schema, *table, *column, *alias, *sql;
};

/** One of the snapshots of the change. */
struct gd_back_source {
    struct gd_manifest *manifest;
    struct gd_place place;
};

struct gd_back {
    const struct gd_rollback_options *options;
    struct gd_arena *arena;
    struct gd_story *story;
    struct gd_back_source *sources; /* oldest first; none: no snapshot was made for the change */
    size_t source_count;
    const struct gd_back_source *whole; /* the first that holds the whole database; NULL: none */
    struct gd_manifest *manifest; /* all of them as one: the first, with each table out of the first
                                     that holds its rows. NULL: none */
    const struct gd_back_source **table_sources; /* of each of its tables */
    const char *damage;   /* what is missing of one; NULL: nothing that a look shows */
    const char *damaged;  /* … of which; NULL */
    struct gd_place home; /* without a backup: the store, for the sessions */
    struct gd_restore_options restore;
    struct gd_pg *plain; /* as the target sets a session up */
    struct gd_pg *pg;    /* as a restore needs it; the transaction is here */
    struct gd_fingerprint was, is;
    bool was_known; /* the lines of before */
    struct gd_ledger ledger;
    struct gd_back_dump before, now;
    struct gd_back_script *script;
    struct gd_back_written *written;
    size_t written_count;
    struct gd_back_wrote *wrote;
    size_t wrote_count;
    bool wrote_known;     /* each step that could write rows has counted them */
    bool wrote_exact;     /* and nothing of it was taken back by a savepoint */
    struct gd_texts left; /* what the change wrote and stays, sentences */
    struct gd_back_effect *effects;
    size_t effect_count;
    struct gd_back_names names;
    bool text_known; /* the text of every file was there to be read */
    struct gd_back_task *tasks;
    size_t task_count;
    struct gd_back_rows rows;
    bool as_replica;         /* the session is one, so that event triggers are silent */
    struct gd_texts loud;    /* event triggers that cannot be switched off */
    struct gd_texts reasons; /* why nothing below "database" is exact */
    struct gd_since *since;
    size_t since_count;
    int64_t rows_lost;
};

/** Sessions, story, snapshot; the caller ends it with gd_back_close(). @return as
 * gd_rollback_plan() */
GD_MUST struct gd_status gd_back_open(const struct gd_rollback_options *options,
                                      struct gd_arena *arena, struct gd_back *back,
                                      struct gd_error *err);
void gd_back_close(struct gd_back *back);
/** rollback_events.c: event triggers do not fire in this session, where the role may say so. */
GD_MUST struct gd_status gd_back_hush(struct gd_back *back, struct gd_error *err);
/** Within the transaction, where foreign keys count; before it is compared, they are enabled. */
GD_MUST struct gd_status gd_back_disable_events(struct gd_back *back, struct gd_texts *out_again,
                                                struct gd_error *err);
GD_MUST struct gd_status gd_back_enable_events(struct gd_back *back, const struct gd_texts *again,
                                               struct gd_error *err);
/** Which ones will fire all the same, a sentence; NULL: none. */
const char *gd_back_loud_note(const struct gd_back *back);
/** rollback_damage.c: stored bytes of the change's snapshot are missing or differ (GD_CORRUPT; any
 * other status passes): GD_UNPROTECTED, with what can be done instead. */
struct gd_status gd_back_damaged(const struct gd_rollback_options *options,
                                 const struct gd_story *story, struct gd_status status,
                                 struct gd_error *err);
/** What a migration tool's lock holds now: rows as JSON. */
struct gd_back_lock {
    const char *table, *rows;
};
struct gd_back_locks {
    struct gd_back_lock *items;
    size_t count;
};
/* rollback_locks.c: around way "database" */
GD_MUST struct gd_status gd_back_read_locks(struct gd_back *back, struct gd_back_locks *out_locks,
                                            struct gd_error *err);
GD_MUST struct gd_status gd_back_write_locks(const struct gd_back_locks *locks, struct gd_pg *pg,
                                             struct gd_arena *arena, struct gd_error *err);
/* rollback_sources.c */
GD_MUST struct gd_status gd_back_read_sources(struct gd_back *back, struct gd_error *err);
/** What is restored from it: definitions, or all. */
void gd_back_use_source(struct gd_back *back, const struct gd_back_source *source);
/** Once it is known what was renamed: tables are in the later ones under names of then. */
void gd_back_name_sources(struct gd_back *back);
/** A table whose rows are in one of them, by its name of before; NULL: in none. */
const struct gd_table *gd_back_stored(const struct gd_back *back, const char *schema,
                                      const char *table);
/** Sets stored, copied, place and backup of a task that has its columns. */
void gd_back_find_stored(const struct gd_back *back, struct gd_back_task *task);
/** Which one holds the rows of public.users. */
const char *gd_back_snapshot_of(const struct gd_back *back, const char *plain);
/** Nothing of it is in: there is nothing to go back from. */
bool gd_back_is_nothing(const struct gd_story *story);
/** Fingerprints, dumps, script, and which tables have rows to bring back. */
GD_MUST struct gd_status gd_back_look(struct gd_back *back, struct gd_error *err);
/** The lines of a schema, as a change attached them; found false: they are not there. */
GD_MUST struct gd_status gd_back_read_lines(struct gd_back *back, const char *key,
                                            struct gd_fingerprint *out_lines, bool *out_found,
                                            struct gd_error *err);
/** rollback_public.c: schema public, of which a dump does not say that it is made. */
GD_MUST struct gd_status gd_back_add_public(struct gd_back *back, struct gd_error *err);
/** rollback_without.c: the definitions of before out of those of now, when only something came. */
GD_MUST struct gd_status gd_back_without(struct gd_back *back, struct gd_error *err);
/** rollback_text.c: which tables the change wrote to. */
GD_MUST struct gd_status gd_back_read_texts(struct gd_back *back, struct gd_error *err);
/** The same, of what only the judge found; once the dumps are compared. */
void gd_back_add_losses(struct gd_back *back);
struct gd_back_written *gd_back_written(struct gd_back *back, const char *schema,
                                        const char *table);
/** rollback_wrote.c: what the steps counted; whose ids are the change's. */
GD_MUST struct gd_status gd_back_read_wrote(struct gd_back *back, struct gd_error *err);
/** What was counted is written, too; what was written to a table was to those below it. */
GD_MUST struct gd_status gd_back_add_wrote(struct gd_back *back, struct gd_error *err);
/** UPDATE, DELETE, MERGE, or TRUNCATE of what stands above others: is all that was counted brought
 * back by tasks, or told to stay? */
bool gd_back_accounts_for(const struct gd_back *back, const struct gd_story_loss *loss,
                          const char *plain);
/** rollback_outside.c: what it made or renamed on the server, and stays; sentences. */
GD_MUST struct gd_status gd_back_tell_outside(struct gd_back *back, struct gd_texts *notes,
                                              struct gd_error *err);
/** Below the whole database: what stays, what was not counted, where sequences stand, where to find
 * what does not come back; sentences. */
GD_MUST struct gd_status gd_back_tell_rest(struct gd_back *back, struct gd_texts *out_notes,
                                           struct gd_error *err);
/** Nothing of it is brought back, and that is told. */
bool gd_back_keeps(const struct gd_back *back, const struct gd_back_wrote *wrote);
void gd_back_count_task(const struct gd_back *back, struct gd_back_task *task);
/** rollback_sequences.c: is what a loss says of a sequence in the backup? Then it is set back. */
bool gd_back_takes_sequence(struct gd_back *back, const struct gd_story_loss *loss);
/** A sentence for each that does not stand where it stood. */
GD_MUST struct gd_status gd_back_tell_sequences(struct gd_back *back, struct gd_texts *out_notes,
                                                struct gd_error *err);
/** Those of losses, and those that belong to tables with a task. */
GD_MUST struct gd_status gd_back_set_sequences(struct gd_back *back, struct gd_error *err);
/** rollback_places.c: how many rows of a loaded and weighed task cannot come back, because others
 * have their place, or what they refer to is not there. */
GD_MUST struct gd_status gd_back_find_places(struct gd_back *back, const struct gd_back_task *task,
                                             int64_t *out_count, struct gd_error *err);
/** rollback_rename.c: the dump of now under the names of before. */
GD_MUST struct gd_status gd_back_rename_now(struct gd_back *back, struct gd_error *err);
/** What the judge saw lost, under the names of before. */
void gd_back_rename_losses(struct gd_back *back);
/** Said before everything else. */
void gd_back_rename_back(struct gd_back *back);
/** "table" of "TABLE" … */
const char *gd_back_class_of(const char *kind);
/** Equal but for quotes: two writers of names need not agree on when one must stand in them. */
bool gd_back_is_named(const char *left, const char *right);
/** rollback_tasks.c */
GD_MUST struct gd_status gd_back_plan_tasks(struct gd_back *back, struct gd_error *err);
/** Load and weigh, and count what is lost; small tables only unless `all`. */
GD_MUST struct gd_status gd_back_measure(struct gd_back *back, struct gd_error *err);
/** Rows that others wrote since, over all tables of the snapshot: what way "database" loses. */
GD_MUST struct gd_status gd_back_measure_database(struct gd_back *back, struct gd_error *err);
void gd_back_reason(struct gd_back *back, const char *format, ...) GD_PRINTF(2, 3);
/** The cheapest exact one; GD_WAY_DATABASE when none below is. */
enum gd_way gd_back_cheapest(const struct gd_back *back);

/** What differs between the schema before and `is`; only the order of columns is a note. */
void gd_back_differences(const struct gd_fingerprint *was, const struct gd_fingerprint *is,
                         struct gd_arena *arena, struct gd_texts *out_differences,
                         struct gd_texts *out_notes);

/** rollback_transaction.c: everything below way "database". */
GD_MUST struct gd_status gd_back_transact(struct gd_back *back, bool drop_unfit,
                                          const char *bad_snapshot, struct gd_journal *journal,
                                          struct gd_story *story,
                                          struct gd_rolled_back *out_rolled_back,
                                          struct gd_error *err);
/* ---- rollback_point.c ---- */
/** Points in time of the change become the snapshots that would have been taken in their place:
 *  recovered in a server beside, once; `story` has their ids then.
 *  @return GD_UNPROTECTED it could not be recovered */
GD_MUST struct gd_status gd_back_recover_points(const struct gd_rollback_options *options,
                                                struct gd_story *story, struct gd_arena *arena,
                                                struct gd_error *err);

#endif
