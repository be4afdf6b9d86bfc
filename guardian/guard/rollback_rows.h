/*
 * Rollback, rows: what the snapshot holds of a table, beside the living one, and both merged.
 *
 * The snapshot's rows go into temporary tables of the session, every column as text: nothing of
 * them is left when the process dies. Who wrote a living row last is told by its transaction: it
 * was there when the snapshot was taken, the change wrote it, or somebody else did. The change's
 * rows give way to the snapshot's; what somebody else wrote stays.
 *
 * A value that somebody else's row has in a column that the change rewrote is taken for the
 * change's when the change made just that of just this value elsewhere.
 */
#ifndef GUARDIAN_GUARD_ROLLBACK_ROWS_H
#define GUARDIAN_GUARD_ROLLBACK_ROWS_H

#include "guardian/guard/rollback_script.h"
#include "guardian/journal/story.h"

/** Ids between a transaction's own and that of its last savepoint are its own, but for others that
 * were open then. */
struct gd_back_nested {
    int64_t after, before;
    const char *others; /* by commas; "" */
};

/** From … to, both among them. */
struct gd_back_range {
    int64_t low, high;
};

/** How to tell who wrote a row. */
struct gd_back_writers {
    const char *backup;      /* pg_current_snapshot() of the backup; "" there is none */
    const char *const *xids; /* of the change: decimal, the 32 bits of xmin */
    size_t xid_count;
    const struct gd_back_nested *nested; /* and its savepoints */
    size_t nested_count;
    const struct gd_back_range *own; /* ids of its savepoints, as it knew itself */
    size_t own_count;
    const struct gd_back_range *unsure; /* its savepoints', or somebody else's: taken for others' */
    size_t unsure_count;
    int64_t now; /* a transaction id that no row is newer than */
};

/** A condition over a row, under the name that its table has in it. */
struct gd_back_condition {
    const char *sql, *alias;
};

struct gd_back_column_task {
    enum gd_back_fate fate;
    bool touched; /* not in the schema: the change updated it */
    const char *name, *type, *type_now;
    const char *strange;               /* labels that cannot stay */
    const char *effect, *effect_alias; /* what the change made of it: an expression over the row;
                                          NULL: not known */
    bool not_null;                     /* and it may come without a value */
    bool required;                     /* it was NOT NULL */
    bool cleared;                      /* its values were emptied, because they would not fit */
    const char *value;                 /* default */
};

struct gd_back_task {
    const char *schema, *table;     /* before */
    const char *name;               /* quoted with its schema, as the server knows it by then */
    const char *name_before;        /* the same, once it has its name of before again */
    const char *only, *only_before; /* for FROM: without the rows of tables that inherit */
    const char *plain;              /* public.users */
    const struct gd_table *stored;  /* in the manifest, with the columns of before */
    const struct gd_table *copied;  /* the same with all columns, in the order of its rows */
    const struct gd_place *place;   /* where its rows are */
    const char *backup; /* pg_current_snapshot() of that; NULL: that of the change's first backup */
    const struct gd_back_table *columns; /* as it was */
    bool whole;                          /* it was dropped: its rows are loaded as they are */
    bool rows;                           /* the change deleted, inserted or updated rows */
    bool rows_went;                      /* it may have deleted some: those come back */
    bool own_only;       /* it only inserted: its rows go, and nothing need come back */
    bool updated_unseen; /* it updated rows, and of what columns no text tells */
    bool emptied;        /* it deleted all that was there */
    bool blurred;        /* it deleted some by what is no plain condition over a row */
    const struct gd_back_condition *conditions; /* it deleted the rows for which one is true */
    size_t condition_count;
    struct gd_back_column_task *items;
    size_t count;
    const char *const *keys; /* columns that tell a row; none: it has no key */
    size_t key_count;
    unsigned number;
    /* counted */
    int64_t since_new, since_changed, since_gone; /* by others, since the backup; -1 not known */
    int64_t kept, back, unfit, collided; /* live values kept; rows that came back; rows that cannot
                                            be kept; rows whose place another one has */
    bool loaded;
    /* counted by the change itself, for all of the table; -1 not known */
    int64_t inserted, updated, deleted;
    bool gone_known;     /* the side table says of each row whether the change deleted it */
    bool side_by_side;   /* no key: what it wrote goes, what it took comes back, all else stays */
    int64_t taken;       /* rows of the backup that do not come back: their keys are taken */
    int64_t maybe_taken; /* the same, perhaps: nothing tells whether the change deleted them */
    const char *taken_keys; /* some of these keys, in words; "" */
    int64_t gone_by_others; /* rows that others deleted since; which is known: they stay away */
    int64_t revived;        /* which is not known: at least so many come back, too */
    bool may_revive;        /* and how many is not known, either */
    int64_t left;           /* at most so many rows that it inserted were changed since, and stay */
    int64_t mixed;          /* at most so many that it updated were changed since, and stay */
    bool moved;             /* it gave rows another key, and no text says so */
    int64_t unsure;         /* rows of which it is not known whether a savepoint of it wrote them */
};

struct gd_back_rows {
    struct gd_pg *pg;
    struct gd_back_writers writers;
    struct gd_arena *arena;
    const struct gd_events *events;
};

/** An expression that says who wrote the row of `alias`: 'c' the change, 'b' it is in the backup,
 * 'o' somebody else. */
const char *gd_back_who(const struct gd_back_writers *writers, const char *alias,
                        struct gd_arena *arena);
/** The same for a task, whose rows may be in a later backup than the first. */
const char *gd_back_who_wrote(const struct gd_back_rows *rows, const struct gd_back_task *task,
                              const char *alias);

/** Temporary tables with the snapshot's rows of a task, compared with the manifest as they come.
 *  @return GD_CORRUPT stored bytes differ */
GD_MUST struct gd_status gd_back_load(struct gd_back_rows *rows, struct gd_back_task *task,
                                      struct gd_error *err);
/** Who wrote which row, noted before anything rewrites them; counts since_*; decides which values
 * the change made. Needs gd_back_load(). */
GD_MUST struct gd_status gd_back_weigh(struct gd_back_rows *rows, struct gd_back_task *task,
                                       struct gd_error *err);
/** Inside the transaction, once the columns are there again: rows that the change inserted go.
 * Called for those that refer before those that they refer to; gd_back_merge() the other way round.
 */
GD_MUST struct gd_status gd_back_merge_away(struct gd_back_rows *rows, struct gd_back_task *task,
                                            struct gd_error *err);
/** Then what it deleted and updated comes back. */
GD_MUST struct gd_status gd_back_merge(struct gd_back_rows *rows, struct gd_back_task *task,
                                       bool drop_unfit, struct gd_error *err);
/** Values that cannot become what they were, and for which the snapshot has others, are emptied. */
GD_MUST struct gd_status gd_back_clear(struct gd_back_rows *rows, struct gd_back_task *task,
                                       struct gd_error *err);
/** Inside gd_back_merge() only. Columns that were emptied so must have values again; rows of others
 * that have none where there must be one go with `drop`, or are an error. */
GD_MUST struct gd_status gd_back_require_again(struct gd_back_rows *rows,
                                               const struct gd_back_task *task,
                                               struct gd_error *err);
GD_MUST struct gd_status gd_back_drop_unfit(struct gd_back_rows *rows, struct gd_back_task *task,
                                            bool drop, struct gd_error *err);
/** Rows that the change inserted go, before anything rewrites them. For own_only. */
GD_MUST struct gd_status gd_back_delete_own(struct gd_back_rows *rows, struct gd_back_task *task,
                                            struct gd_error *err);
/** Nothing of a task without a key was written by others: its rows are thrown away, before anything
 * rewrites them, and gd_back_merge() loads them. */
GD_MUST struct gd_status gd_back_empty(struct gd_back_rows *rows, struct gd_back_task *task,
                                       struct gd_error *err);

/** Rows of a living table that others wrote since, under a condition ("true"). */
GD_MUST struct gd_status gd_back_count(struct gd_back_rows *rows, const char *table,
                                       const char *condition, int64_t *out_count,
                                       struct gd_error *err);
/** rollback_gone.c: which rows of the side table did the change delete, and what cannot be told?
 * Needs the writers noted; counts taken … unsure. */
GD_MUST struct gd_status gd_back_find_gone(struct gd_back_rows *rows, struct gd_back_task *task,
                                           struct gd_error *err);
/** For own_only: what of the rows that it inserted does not go. */
GD_MUST struct gd_status gd_back_find_left(struct gd_back_rows *rows, struct gd_back_task *task,
                                           struct gd_error *err);
/** What a person must know of a task's rows, a phrase each. */
void gd_back_tell_rows(const struct gd_back_task *task, struct gd_arena *arena,
                       struct gd_texts *out_phrases);

/** rollback_keyless.c: can a table without a key be set back? `out_why`: "" or what stands in the
 * way. Decides side_by_side. */
GD_MUST struct gd_status gd_back_weigh_keyless(struct gd_back_rows *rows, struct gd_back_task *task,
                                               const char **out_why, struct gd_error *err);
/** What the snapshot has more of than the living table, by the whole row. */
GD_MUST struct gd_status gd_back_insert_difference(struct gd_back_rows *rows,
                                                   struct gd_back_task *task, struct gd_error *err);

/* Names and expressions of SQL for one task: l is the living row, s the snapshot's, w the note of
 * who wrote it. */
const char *gd_back_side(const struct gd_back_task *task, struct gd_arena *arena);
const char *gd_back_noted(const struct gd_back_task *task, struct gd_arena *arena);
const char *gd_back_was(const struct gd_back_task *task, const char *column,
                        struct gd_arena *arena);
const char *gd_back_row_was(const struct gd_back_task *task, struct gd_arena *arena);
const char *gd_back_same_noted_key(const struct gd_back_task *task, struct gd_arena *arena);
/** The snapshot's row under the names and types that the change saw, with its place. */
const char *gd_back_typed_rows(const struct gd_back_task *task, struct gd_arena *arena);
/** How many rows a statement touched. */
GD_MUST struct gd_status gd_back_change(struct gd_back_rows *rows, const struct gd_back_task *task,
                                        const char *sql, int64_t *out_count, struct gd_error *err);
/** A condition: one of the ids that may be the change's, or somebody else's, wrote the row. */
const char *gd_back_is_unsure(const struct gd_back_writers *writers, const char *alias,
                              struct gd_arena *arena);

/** The same key on both sides: l is the living row, s the snapshot's. */
const char *gd_back_same_key(const struct gd_back_task *task, struct gd_arena *arena);
/** The same for another name of the left side. */
const char *gd_back_same_key_as(const struct gd_back_task *task, const char *left,
                                struct gd_arena *arena);
/** One number of a query. */
GD_MUST struct gd_status gd_back_number(struct gd_pg *pg, const char *what, const char *sql,
                                        int64_t *out_number, struct gd_error *err);
#endif
