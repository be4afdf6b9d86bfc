/*
 * Keep: objects that somebody else's script owns, so that a tool which does not know them leaves
 * them alone.
 *
 *     files, names ▸ declared objects        a statement ▸ which of them it touches ▸ what is left
 *
 * A file is read as SQL: what its statements make is declared, guards and DO blocks included. What
 * a statement of a tool touches is looked up in the live catalogue; an object without a name in the
 * file (the server chooses one) is known by its definition.
 *
 * Invariant 1  What is not there is not kept: everything that is touched was found in the
 * catalogue. Invariant 2  A statement of the declaring files themselves is the owner's, and touches
 * nothing. Invariant 3  What is cut out of a statement is exact: what is left was read again, and
 * is the rest of the same statement. Owner        the arena given to gd_keep_load() or
 * gd_keep_look(). Everything here reads trees of the library: gd_keep_look() must run inside
 * gd_deep_call().
 */
#ifndef GUARDIAN_GUARD_KEEP_H
#define GUARDIAN_GUARD_KEEP_H

#include "guardian/base/texts.h"
#include "guardian/pg/survey.h"
#include "guardian/policy/policy.h"
#include "guardian/sql/tree.h"

struct gd_keeping;

struct gd_keep_options {
    const char *const *items; /* files, patterns of files, or names: public.users_email_idx */
    size_t item_count;
    const struct gd_policy *policy; /* its own files and names count, too; NULL: none */
    size_t statement_bytes_max;
};

/**
 * Read what is declared.
 *
 * @param out_keep  NULL when nothing is
 * @return GD_USAGE  a file is not there or cannot be read as SQL, a name is none
 */
GD_MUST struct gd_status gd_keep_load(const struct gd_keep_options *options, struct gd_arena *arena,
                                      const struct gd_keeping **out_keep, struct gd_error *err);

/** Paths of the files that were read. */
const struct gd_texts *gd_keep_files(const struct gd_keeping *keep);
/** What the files make, but nobody can tell from their text: sentences. */
const struct gd_texts *gd_keep_notes(const struct gd_keeping *keep);

#define GD_KEEP_WANTS(X)                                                                           \
    X(DROP, "drop")                                                                                \
    X(CHANGE, "change")                                                                            \
    X(RENAME, "rename")                                                                            \
    X(MAKE, "make again") /* after a drop that was answered without being run */                   \
    X(TAKE, "take along") /* with something else that is dropped */

enum gd_keep_want {
#define X(name, text) GD_KEEP_##name,
    GD_KEEP_WANTS(X)
#undef X
};
const char *gd_keep_want_name(enum gd_keep_want want);

/** One declared object that is there, and that a statement touches. */
struct gd_keep_touch {
    enum gd_keep_want want;
    const char *object; /* "index public.users_email_idx" */
    const char *owner;  /* "db/init.sql:3" */
    const char *within; /* "DO block"; "" at top */
    size_t statement;   /* which one of the text; of a script its line */
    bool fixed;         /* it cannot be left out of the statement */
};

struct gd_keep_look {
    const struct gd_keeping *keep;
    const struct gd_survey *survey; /* of what the text names */
    const struct gd_texts *path;    /* schemas in which the files' bare names are meant */
    const struct gd_texts *spared;  /* objects whose drop was answered before, as in `object` */
    struct gd_arena *arena;
};

/** What a text touches, and what is left of it. */
struct gd_keep_found {
    struct gd_keep_touch *touches;
    size_t touch_count, touch_capacity;
    bool fixed;       /* one of them cannot be left out */
    bool own;         /* all of the text stands in the declaring files */
    const char *tag;  /* a single statement that is left out whole: the server's answer to it, in
                         its words; NULL: there is more in the text */
    const char *left; /* the text without them, with as many answers; NULL: see `fixed`, `tag` */
};

/** Read one text of a tool. What the grammar refuses touches nothing. */
struct gd_keep_found gd_keep_look(const struct gd_keep_look *look, const char *text, size_t size);

/**
 * The same for a script, which is run as it is or not at all: only its touches are found. Needs no
 * gd_deep_call().
 *
 * @return as gd_script_next()
 */
GD_MUST struct gd_status gd_keep_look_script(const struct gd_keep_look *look, const char *name,
                                             const char *text, size_t size,
                                             struct gd_keep_found *out_found, struct gd_error *err);

/** The same for names in findings of what runs inside of something else: a function, a DO block.
 *  @param names  "index public.x", "column public.users.age" */
void gd_keep_look_within(const struct gd_keep_look *look, const struct gd_texts *names,
                         const char *within, struct gd_keep_found *found);

#endif
