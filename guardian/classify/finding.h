/*
 * Finding: what one rule says of one statement, and what they amount to together.
 *
 * Invariant  A verdict's class, loss and scope are the worst of its findings; no finding at all
 *            never stands for a statement: the engine answers GD_CLASS_UNKNOWN.
 * Owner      the arena of the report.
 */
#ifndef GUARDIAN_CLASSIFY_FINDING_H
#define GUARDIAN_CLASSIFY_FINDING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "guardian/base/texts.h"
#include "guardian/pg/check.h"
#include "guardian/sql/tree.h"

/* Worst last: a script has the highest of its statements. */
#define GD_CLASSES(X)                                                                              \
    X(NONE, "none")                                                                                \
    X(ADDITIVE, "additive")                                                                        \
    X(ENUM, "enum")                                                                                \
    X(DESTRUCTIVE, "destructive")                                                                  \
    X(UNKNOWN, "unknown")

/* Worst last. DEFINITION comes back with the schema dump, OUTSIDE with no backup at all. */
#define GD_LOSSES(X)                                                                               \
    X(NOTHING, "nothing")                                                                          \
    X(DEFINITION, "definition")                                                                    \
    X(SEQUENCE, "sequence")                                                                        \
    X(DATA, "data")                                                                                \
    X(CLUSTER, "cluster")                                                                          \
    X(OUTSIDE, "outside")

/* What a backup must hold to bring it back; a larger one holds the smaller ones, too. */
#define GD_SCOPES(X)                                                                               \
    X(NONE, "none")                                                                                \
    X(SCHEMA, "schema")                                                                            \
    X(TABLES, "tables")                                                                            \
    X(DATABASE, "database")

#define GD_LOCKS(X)                                                                                \
    X(NONE, "none", "")                                                                            \
    X(AS, "ACCESS SHARE", "")                                                                      \
    X(RS, "ROW SHARE", "")                                                                         \
    X(RX, "ROW EXCLUSIVE", "")                                                                     \
    X(SUX, "SHARE UPDATE EXCLUSIVE", "stops other schema changes and VACUUM")                      \
    X(S, "SHARE", "stops writes")                                                                  \
    X(SRX, "SHARE ROW EXCLUSIVE", "stops writes")                                                  \
    X(X, "EXCLUSIVE", "stops writes")                                                              \
    X(AX, "ACCESS EXCLUSIVE", "stops reads and writes")

/* What the same statement does when it is run a second time. */
#define GD_RERUNS(X)                                                                               \
    X(OK, "ok")           /* the same end state */                                                 \
    X(SKIPS, "skips")     /* finds its work done */                                                \
    X(FAILS, "fails")     /* with an error, and changes nothing */                                 \
    X(REPEATS, "repeats") /* does it again: rows twice, a second constraint */                     \
    X(DEPENDS, "depends") /* on what was called or written */

enum gd_class {
#define X(name, text) GD_CLASS_##name,
    GD_CLASSES(X)
#undef X
};
enum gd_loss {
#define X(name, text) GD_LOSES_##name,
    GD_LOSSES(X)
#undef X
};
enum gd_scope {
#define X(name, text) GD_SCOPE_##name,
    GD_SCOPES(X)
#undef X
};
enum gd_lock {
#define X(name, text, stops) GD_LOCK_##name,
    GD_LOCKS(X)
#undef X
};
enum gd_rerun {
#define X(name, text) GD_RERUN_##name,
    GD_RERUNS(X)
#undef X
};

const char *gd_class_name(enum gd_class value);
const char *gd_loss_name(enum gd_loss value);
const char *gd_scope_name(enum gd_scope value);
const char *gd_lock_name(enum gd_lock value);  /* "ACCESS EXCLUSIVE" */
const char *gd_lock_stops(enum gd_lock value); /* "stops reads and writes"; "" when nobody */
const char *gd_rerun_name(enum gd_rerun value);
bool gd_class_parse(const char *text, enum gd_class *out_value);
bool gd_loss_parse(const char *text, enum gd_loss *out_value);
bool gd_scope_parse(const char *text, enum gd_scope *out_value);

struct gd_rule;

struct gd_finding {
    const struct gd_rule *rule;
    enum gd_class class;
    enum gd_loss loses;
    enum gd_scope scope;
    enum gd_lock lock;
    const char *lock_on; /* qualified relation, or NULL */
    bool rewrite, scan;
    bool transaction; /* can run inside a transaction block */
    enum gd_rerun rerun;
    const char *object;      /* what it is about: "column public.users.age"; "" when nothing */
    const char *reason;      /* the rule's, sharpened by what is known here */
    const char *instead;     /* "" when there is nothing better */
    const char *within;      /* "DO block", "exception handler of function public.f()"; "" at top */
    uint32_t line;           /* in the file, of the nested statement when there is one */
    struct gd_texts tables;  /* qualified: whose rows a backup must hold */
    struct gd_texts columns; /* table.column where a column is enough */
    struct gd_texts takes;   /* what goes along: "view public.active_users" */
    struct gd_texts notes;   /* hazards and advice that do not change the class */
    struct gd_texts fires;   /* functions whose bodies decided the class */
    struct gd_check **checks; /* what the data would tell; made by gd_check_*() */
    size_t check_count;
    bool empty;        /* what is lost was seen to hold no rows or values */
    const char *fresh; /* why it counts as nothing lost: "made by line 3 of this script"; or NULL */
};

/** One statement, judged. */
struct gd_verdict {
    enum gd_class class;
    enum gd_loss loses;
    enum gd_scope scope;
    enum gd_lock lock;
    bool rewrite, scan, transaction;
    enum gd_rerun rerun;
    const struct gd_finding *lead; /* the finding that decided the class */
    struct gd_finding **findings;  /* worst first */
    size_t finding_count;
    struct gd_check **checks;
    size_t check_count;
};

/** One statement of one file: what it says, and the verdict. */
struct gd_judged {
    uint32_t line, column; /* of its first word, from 1 */
    uint32_t end_line;
    uint64_t offset;
    const char *text;    /* exact, without leading comments; cut at 4 KiB with "…" */
    const char *comment; /* the comments before it, NULL when none: waivers are read here */
    char hash[65];       /* SHA-256 of the exact text, hex: what an approval names */
    uint64_t repeated;   /* how many neighbours of the same kind are folded in here; 1 = none */
    struct gd_verdict verdict;
    const char *part_of;       /* "enum change of public.status" when it is one step of several */
    enum gd_kind kind;         /* of the statement; GD_KIND_NONE when it is unread */
    const char *form;          /* of a TransactionStmt: "TRANS_STMT_BEGIN" …; else "" */
    const char *adds_value_to; /* ALTER TYPE … ADD VALUE: the enum; else NULL */
    bool value_can_go_first;   /* … and it may run before all other statements of the script */
    bool unread;               /* the grammar refused it */
    bool held;     /* what follows in the script may still change its verdict: not to be folded */
    bool in_block; /* the script has BEGIN open here */
};

/** One script. */
struct gd_judged_file {
    const char *path; /* "-" for standard input */
    char hash[65];    /* SHA-256 of all bytes */
    uint64_t bytes, statements;
    enum gd_class class;
    enum gd_loss loses;
    enum gd_scope scope;
    struct gd_judged **entries;
    size_t entry_count;
    struct gd_texts tables; /* union of the statements', after the closure rules */
    bool transaction;       /* every statement can run in a transaction block */
    bool rerun_safe;        /* a second run leaves the same state without an error */
    bool split_needed;      /* an enum value is added and used: see the split in the plan */
};

/** All scripts of one request, in order. */
struct gd_report {
    struct gd_judged_file **files;
    size_t file_count;
    enum gd_class class;
    enum gd_loss loses;
    enum gd_scope scope;
    const char *server; /* "15.18" when the live catalogue was read, else NULL */
    const char *database;
    const char *grammar; /* libpg_query's PostgreSQL version */
};

#endif
