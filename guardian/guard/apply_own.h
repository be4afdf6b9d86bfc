/*
 * Apply, from within: what the files apply*.c share. No other file includes it.
 */
#ifndef GUARDIAN_GUARD_APPLY_OWN_H
#define GUARDIAN_GUARD_APPLY_OWN_H

#include "guardian/guard/apply.h"
#include "guardian/pg/execute.h"

/* What a statement is, as far as the order of things depends on it. */
enum gd_apply_flag {
    GD_APPLY_BEGINS = 1 << 0,           /* BEGIN, START TRANSACTION */
    GD_APPLY_ENDS = 1 << 1,             /* COMMIT, ROLLBACK, END, ABORT */
    GD_APPLY_SETS_TRANSACTION = 1 << 2, /* SET TRANSACTION: before any other */
    GD_APPLY_SETS = 1 << 3,             /* it may set something for the session, by its text */
    GD_APPLY_MAY_SET = 1 << 4,          /* it runs code that may */
    GD_APPLY_RESETS = 1 << 5,           /* RESET ALL, DISCARD ALL: our own settings, too */
    GD_APPLY_INDEXES = 1 << 6,          /* CREATE INDEX, REINDEX, ALTER TABLE: it may build one */
    GD_APPLY_CONCURRENT = 1 << 7,       /* CONCURRENTLY: it waits without standing in the way */
    GD_APPLY_VACUUMS = 1 << 8,
    GD_APPLY_CLUSTERS = 1 << 9,
    GD_APPLY_COPIES = 1 << 10,
    GD_APPLY_GIVES_ROWS = 1 << 11,
};

struct gd_apply_stmt {
    uint64_t offset, size, data_offset, data_bytes;
    uint32_t line, column, flags;
    bool has_data;
};

/* A file, cut into statements once more: what is sent is a piece of the text in memory. */
struct gd_apply_text {
    const struct gd_apply_file *file;
    struct gd_apply_stmt *stmts;
    size_t count, capacity;
    size_t *begins, *ends; /* of its blocks: positions of BEGIN and of what ends it */
    size_t block_count;
    size_t first_step, last_step; /* positions in the applier's steps; SIZE_MAX: it has none */
};

struct gd_apply_step {
    const struct gd_step *step;
    struct gd_story_step *story;
    const struct gd_apply_text *text;
    size_t begin, end; /* positions of the block's own BEGIN and COMMIT; SIZE_MAX: not its own */
    enum gd_class class;
    enum gd_loss loses;
    size_t leading; /* statements that must stand before any other: SET TRANSACTION */
    bool outside;   /* it may do what no ROLLBACK reaches: never repeated */
    bool bare;      /* it writes nothing: sent as it is, without a transaction of ours around it */
};

enum gd_rows_mode { GD_ROWS_PLAIN, GD_ROWS_OWN_ROLE, GD_ROWS_NONE };

struct gd_applier {
    struct gd_apply_options options;
    struct gd_pg *pg;
    struct gd_arena *arena, *scratch; /* scratch: of one statement */
    struct gd_apply_text *texts;
    struct gd_apply_step *steps;
    size_t step_count, next;
    size_t next_file; /* files before it have had what stands around them */
    bool sealed_once; /* gd_apply_to_seal() has stopped inside of a step before */
    bool open;        /* gd_apply_to_seal() has begun the transaction of steps[next] */
    bool permitted;
    bool announced;    /* the journal knows that it begins */
    bool something_in; /* what is committed already is more than nothing */
    bool cut_off;      /* the connection was lost and is a new one */
    bool journal_failed;
    bool not_repeatable; /* in this attempt something ran that may reach outside */
    bool touched;        /* the file, or code that it ran, may have set something for the session */
    bool row_written;    /* in the transaction that is open */
    const char *counts;  /* what the session had written when that row was written */
    enum gd_rows_mode rows;
    const struct gd_apply_step *rowless; /* its transaction takes no row */
    char sqlstate[6];                    /* of the statement that the server refused last */
    struct gd_texts notices;
    int64_t deadline_us;     /* 0: none */
    int64_t sealed_until_us; /* no further try of the step that is sealed; 0: no limit */
    struct gd_watch *watch;
    const struct gd_apply_step *at_step; /* what runs now, for notices and errors */
    const struct gd_apply_stmt *at;
};

/* ---- apply_text.c ---- */

/** Read all files again, and find the statements of every step. @return GD_USAGE it is not the text
 * that was judged, or it cannot be run as it stands */
GD_MUST struct gd_status gd_apply_read(struct gd_applier *applier, struct gd_error *err);
/** Positions [first, end) in the step's text that a judged entry stands for. */
void gd_apply_range(const struct gd_apply_text *text, const struct gd_judged *judged,
                    size_t *out_first, size_t *out_end);
/** "app.sql:3" */
const char *gd_apply_place(const struct gd_applier *applier);

/* ---- apply_session.c ---- */

GD_MUST struct gd_status gd_apply_pin(struct gd_applier *applier, struct gd_error *err);
/** Behind the change: who connected is who goes on, with the settings that are ours. */
GD_MUST struct gd_status gd_apply_reset(struct gd_applier *applier, struct gd_error *err);
/** After a statement: is the session still what the text was judged for? */
GD_MUST struct gd_status gd_apply_look(struct gd_applier *applier, struct gd_error *err);

/* ---- apply_statement.c ---- */

/** Send one statement of the file. `judged` NULL: it stands between statements (BEGIN, COMMIT).
 *  @return GD_BUSY, GD_FAILED (with the server's words and the place), GD_SYSTEM (connection lost,
 *  asked to stop) */
GD_MUST struct gd_status gd_apply_send(struct gd_applier *applier, const struct gd_apply_step *step,
                                       size_t position, const struct gd_judged *judged,
                                       char out_tag[64], struct gd_error *err);
/** Send SQL of our own, by the simple protocol: several statements, if need be. */
GD_MUST struct gd_status gd_apply_send_own(struct gd_applier *applier, const char *what,
                                           const char *sql, char out_tag[64], struct gd_error *err);
/** The same for DDL, which is announced to the second net. */
GD_MUST struct gd_status gd_apply_send_own_ddl(struct gd_applier *applier, const char *what,
                                               const char *sql, struct gd_error *err);
/** The statements [from, to) of a step. */
GD_MUST struct gd_status gd_apply_send_some(struct gd_applier *applier,
                                            const struct gd_apply_step *step, size_t from,
                                            size_t to, struct gd_error *err);

/* ---- apply_step.c ---- */

/** Begin the step's transaction, up to where the file's own statements follow. */
GD_MUST struct gd_status gd_apply_begin(struct gd_applier *applier,
                                        const struct gd_apply_step *step, struct gd_error *err);
/** Run steps[next] with all its tries. */
GD_MUST struct gd_status gd_apply_step_run(struct gd_applier *applier, struct gd_error *err);
/** What stands around files that have no step of their own, up to file `end`. */
GD_MUST struct gd_status gd_apply_around(struct gd_applier *applier, size_t end,
                                         struct gd_error *err);
/** What the story says now, into the journal. */
GD_MUST struct gd_status gd_apply_record(struct gd_applier *applier, struct gd_error *err);
/** The same, once, before anything runs. */
GD_MUST struct gd_status gd_apply_announce(struct gd_applier *applier, struct gd_error *err);
/** Is ours still ours? */
GD_MUST struct gd_status gd_apply_still_ours(struct gd_applier *applier, struct gd_error *err);
/** Wait before the next try: longer each time, and never the same for two who met. */
void gd_apply_back_off(const struct gd_applier *applier, uint32_t tries);

/* ---- apply_value.c ---- */

/** ALTER TYPE … ADD VALUE: did an earlier run of ours add the value? */
bool gd_apply_value_is_in(struct gd_applier *applier, const struct gd_apply_step *step,
                          size_t position);

/* ---- apply_rows.c ---- */

/** Do steps have rows in the ledger, as far as is known by now? */
bool gd_apply_keeps_rows(const struct gd_applier *applier);

/** In a transaction: what follows runs as who connected; and back to whom the file has become. */
extern const char gd_apply_to_own_role[], gd_apply_back_to_role[];

/** Add the calls that write the step's row to a batch. @return how many */
size_t gd_apply_row_calls(const struct gd_applier *applier, const struct gd_apply_step *step,
                          const char *state, struct gd_pg_call *calls);
/** What completes the row at the end of its transaction. */
const char *gd_apply_wrote_sql(const struct gd_applier *applier, const struct gd_apply_step *step);
/** The row could not be written: is there another way? */
bool gd_apply_row_fallback(struct gd_applier *applier, const struct gd_apply_step *step,
                           const struct gd_pg_call *calls, size_t count);

/* ---- apply_alone.c ---- */

GD_MUST struct gd_status gd_apply_alone(struct gd_applier *applier,
                                        const struct gd_apply_step *step, struct gd_error *err);

/* ---- apply_settle.c ---- */

/** The connection was lost after COMMIT was sent, or in a statement that commits by itself: ask a
 *  new one what became of it. */
enum gd_settled { GD_SETTLED_IN, GD_SETTLED_NOT_IN, GD_SETTLED_UNKNOWN };
enum gd_settled gd_apply_settle(struct gd_applier *applier, const struct gd_apply_step *step,
                                const char **out_why);
/** A new connection, and the process of the old one is gone. */
bool gd_apply_come_back(struct gd_applier *applier, const char **out_why);

/* ---- apply_watch.c ---- */

struct gd_watch *gd_watch_new(struct gd_applier *applier);
void gd_watch_free(struct gd_watch *watch);
void gd_watch_begin(struct gd_watch *watch, uint32_t flags); /* a statement was sent */
void gd_watch_tick(struct gd_watch *watch);
/** Who was seen to hold what the statement waits for; "" when nobody was. */
const char *gd_watch_blockers(const struct gd_watch *watch);

#endif
