/*
 * Story: a change as its records tell it; and the bodies of those records.
 *
 * The only place that knows the keys of record bodies (docs/formats/journal.md). Writers fill the
 * struct as they go and ask for the body of one record; readers get the struct back from all of
 * them. A body holds only what is new since the record before.
 */
#ifndef GUARDIAN_JOURNAL_STORY_H
#define GUARDIAN_JOURNAL_STORY_H

#include "guardian/classify/finding.h"
#include "guardian/journal/journal.h"
#include "guardian/policy/proof_kind.h"

#define GD_OUTCOMES(X)                                                                             \
    X(OPEN, "open")               /* not over, or nobody wrote how it ended */                     \
    X(APPLIED, "applied")         /* all of it is in */                                            \
    X(NOTHING, "nothing")         /* there was nothing to do */                                    \
    X(REFUSED, "refused")         /* by policy, or by a person; nothing was touched */             \
    X(FAILED, "failed")           /* nothing of it is in */                                        \
    X(PARTIAL, "partial")         /* a part of it is in, or nobody can tell */                     \
    X(ROLLED_BACK, "rolled_back") /* it was in, and the state before it was brought back */

enum gd_outcome_kind {
#define X(name, text) GD_OUTCOME_##name,
    GD_OUTCOMES(X)
#undef X
};
const char *gd_outcome_name(enum gd_outcome_kind kind);

enum gd_story_kind { GD_STORY_APPLY, GD_STORY_ROLLBACK, GD_STORY_RUN };
const char *gd_story_kind_name(enum gd_story_kind kind); /* "apply", "rollback", "run" */

struct gd_story_file {
    const char *path;     /* as it was given */
    const char *origin;   /* absolute path, for git; "" for standard input */
    const char *sha256;   /* of its bytes */
    const char *known_as; /* tells the same text for another schema apart: guard/known_as.h */
    enum gd_class class;
    bool rerun_safe;      /* a second run leaves the same state without an error */
    const char *text_key; /* key of an object that holds its text (zstd): what was applied can be
                             read after the file is gone; "" when it is not kept */
};

enum gd_step_state {
    GD_STEP_PLANNED,
    GD_STEP_APPLYING,
    GD_STEP_IN,
    GD_STEP_NOT_IN,
    GD_STEP_UNKNOWN
};
const char *gd_step_state_name(
    enum gd_step_state state); /* "planned", "applying", "in", "not in", "unknown" */

struct gd_story_step {
    uint32_t number;  /* as in the plan */
    const char *kind; /* gd_step_kind_name() */
    const char *file; /* path; "" */
    uint32_t line;    /* of its first statement; 0 */
    uint32_t statements;
    enum gd_class class;
    enum gd_loss loses;
    const char *text;        /* of its first statement, one line, cut at 200 bytes */
    const char *sql;         /* kind "alone": the statement itself, unless it holds a secret; "" */
    const char *search_path; /* kind "alone": in which its names are read; "" while not known */
    const char
        *hash;       /* SHA-256 over its statements' hashes: tells the same step of the same file */
    const char *xid; /* xid8 in decimal of the transaction that held it; "" while not known */
    const char *nested; /* run: the last 32 bits of that and of the ids of its savepoints, as far as
                           they were seen, by commas; "" none */
    bool rolled_back;   /* the file itself ends it with ROLLBACK: nothing of it is to stay */
    enum gd_step_state state;
    double seconds;
};

/** What a rollback must know of one thing that the change loses. */
struct gd_story_loss {
    const char *rule;   /* "A015" */
    const char *object; /* "column public.users.age" */
    enum gd_loss loses;
    struct gd_texts tables, columns;
    uint32_t step; /* number of the one that it is of; 0: not told */
};

struct gd_story_drift {
    const char *table;
    int64_t rows_new;  /* row versions written between backup and change */
    int64_t rows_gone; /* rows of the backup that were updated or deleted since */
};

/** What belongs to somebody else: the tool was told that it was done, and it was not run. */
struct gd_story_kept {
    const char *object; /* "index public.users_email_idx" */
    const char *owner;  /* "db/init.sql:3" */
    const char *wanted; /* "drop", "change", "rename", "make again" */
    const char *text;   /* of the statement, one line, cut */
};

/** A point in time that is a backup: what a rollback recovers first, beside. */
struct gd_story_point {
    const char *mark, *name; /* its id; the restore point's name */
    uint32_t timeline;
    const char *lsn; /* "16/B374D848" */
    int64_t time_us;
    const char *base;         /* id of the base backup that it stands on */
    enum gd_proof_kind proof; /* of that */
    int64_t since_us;         /* every moment since can be brought back */
    const char *seen;         /* pg_current_snapshot() from right before it */
    bool database;            /* it stands for a backup of the whole database; else of `tables` */
    struct gd_texts tables;
    uint32_t behind; /* so many of `snapshots` were made before it */
};

struct gd_story {
    const char *change, *cluster, *database;
    enum gd_story_kind kind;
    const char *of; /* a rollback: of which change; "" */
    int64_t began_us, ended_us;
    const char *who, *host, *version; /* user and machine that ran it; Guardian's version */
    const char *command;              /* run: the program, without its arguments' secrets; "" */
    const char *where;                /* database "app" on …, no secrets */
    const char *server_version;
    struct gd_story_file *files;
    size_t file_count;
    const char
        *text_sha256;  /* over what the files are known as, in order: the same request again */
    const char *place; /* schemas that the request names, as search_path takes them; "" the usual */
    const char *repository; /* top folder of the git work tree; "" */
    /* decided */
    enum gd_class class;
    enum gd_loss loses;
    const char *policy, *action, *because;
    const char *approved_by; /* "" */
    struct gd_texts waived;
    struct gd_story_loss *losses;
    size_t loss_count;
    struct gd_story_step *steps; /* without backup */
    size_t step_count;
    struct gd_story_kept *kept; /* run */
    size_t kept_count;
    const char *stamp_before, *fingerprint_before; /* pg/fingerprint.h; "" not taken */
    const char *schema_key; /* object with the fingerprint's lines before the change; "" */
    /* protecting, protected, proven */
    const char *snapshot;        /* "" none */
    const char *schema_snapshot; /* run: the one before that, whose definitions are those of before;
                                    "": snapshot's are */
    struct gd_texts snapshots;   /* run: all of them, in the order in which they were made, the
                                    oldest with the definitions of before; none: there is only one */
    struct gd_story_point *points; /* in place of snapshots, or beside them */
    size_t point_count;
    enum gd_proof_kind proof;
    bool sealed, covers;
    int64_t drift_rows; /* -1: not measured */
    struct gd_story_drift *drifts;
    size_t drift_count;
    double backup_seconds, proof_seconds, sealed_seconds;
    /* applying … */
    const char *backend_pid;
    bool rows_kept; /* a step that is in has a row in the ledger; otherwise its xid is on record */
    enum gd_outcome_kind outcome; /* OPEN until closed */
    bool changed;                 /* the database is not as it was before */
    bool unsettled;               /* nobody could tell what is in */
    const char *error, *hint;     /* "" */
    const char *fingerprint_after;
    const char *git_commit, *git_path; /* "" */
    const char
        *rolled_back_by; /* the change that rolled it back, when known from its own records; "" */
    const char
        *way; /* a rollback: which way it took ("nothing", "inverse", "tables", "database", …) */
    enum gd_record_kind last;
    bool closed, torn;
};

/** May anything of it have reached the database? The last record alone does not say: a run makes
 * backups between its steps, too. */
bool gd_story_touched(const struct gd_story *story);

/** A sentence for a way back whose backup holds less than what was lost, as the policy took that
 * risk. */
extern const char gd_story_lacks[];

/** Does this file (NULL: do any) do more than set something, and take back itself what it does? */
bool gd_story_stays(const struct gd_story *story, const struct gd_story_file *file);

/** One phrase about how it ended, where the outcome's name says less than what happened: a file
 *  that ends with ROLLBACK itself. "" otherwise. In `arena`. */
const char *gd_story_because(const struct gd_story *story, struct gd_arena *arena);

/** All texts "", nothing known; drift_rows is -1. What a writer starts from. */
struct gd_story *gd_story_new(struct gd_arena *arena);

/** The body of one record: what the story says now that belongs to it. That of CLOSED says all of
 * it, so that one record tells the whole change. NULL texts are written as "". */
struct gd_json *gd_story_body(const struct gd_story *story, enum gd_record_kind kind);

/** Take over what a record's body says, whatever else is in it. */
void gd_story_learn(struct gd_story *story, const struct gd_json *body, struct gd_arena *arena);

/** Read a change. Texts live in `arena`. What is missing, or of a later version, is left out.
 *  @return as gd_journal_read() */
GD_MUST struct gd_status gd_story_read(struct gd_store *store, const char *cluster,
                                       const char *change, struct gd_arena *arena,
                                       struct gd_story **out_story, struct gd_error *err);
/** The same with one request for a change that is closed: without a look at its other records. */
GD_MUST struct gd_status gd_story_brief(struct gd_store *store, const struct gd_change_entry *entry,
                                        struct gd_arena *arena, struct gd_story **out_story,
                                        struct gd_error *err);

/** The changes of a cluster (NULL: of all), oldest first: the newest `most` (0: all) and every open
 *  one. One that cannot be read is there with its problem; only a store that cannot be asked makes
 *  it fail. */
struct gd_told {
    const char *cluster, *change;
    int64_t time_us;
    bool open;
    struct gd_story *story; /* NULL: it cannot be read */
    const char *problem;    /* NULL: none */
    /* Of who knows more than the journal; NULL: nothing */
    const char *remark;
    uint32_t left_timeline; /* a failover left it behind on this one; 0: none did */
};
struct gd_told_list {
    struct gd_told *items;
    size_t count;
    size_t left;         /* older ones that are not among them */
    const char *problem; /* a summary is damaged: all was read from the journals; NULL */
};
GD_MUST struct gd_status gd_story_list(struct gd_store *store, const char *cluster, size_t most,
                                       struct gd_arena *arena, struct gd_told_list *out_list,
                                       struct gd_error *err);
#endif
