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
    struct gd_texts columns; /* that it updated */
};

/** What the change made of a column's values: an expression over the row that it found. */
struct gd_back_effect {
    const char *schema, *table, *column, *alias, *sql;
};

struct gd_back {
    const struct gd_rollback_options *options;
    struct gd_arena *arena;
    struct gd_story *story;
    struct gd_manifest *manifest; /* NULL: no snapshot was made for the change */
    char manifest_sha256[GD_DIGEST_HEX_SIZE];
    struct gd_place place;
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
    struct gd_back_effect *effects;
    size_t effect_count;
    struct gd_back_names names;
    bool text_known; /* the text of every file was there to be read */
    struct gd_back_task *tasks;
    size_t task_count;
    struct gd_back_rows rows;
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
/** Nothing of it is in: there is nothing to go back from. */
bool gd_back_is_nothing(const struct gd_story *story);
/** Fingerprints, dumps, script, and which tables have rows to bring back. */
GD_MUST struct gd_status gd_back_look(struct gd_back *back, struct gd_error *err);
/** The lines of a schema, as a change attached them; found false: they are not there. */
GD_MUST struct gd_status gd_back_read_lines(struct gd_back *back, const char *key,
                                            struct gd_fingerprint *out_lines, bool *out_found,
                                            struct gd_error *err);
/** rollback_text.c: which tables the change wrote to. */
GD_MUST struct gd_status gd_back_read_texts(struct gd_back *back, struct gd_error *err);
/** The same, of what only the judge found; once the dumps are compared. */
void gd_back_add_losses(struct gd_back *back);
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
#endif
