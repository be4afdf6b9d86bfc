/*
 * Rehearsal: what a command sent when it was tried on a scratch copy, and whether it has been seen
 * when the same command runs for real.
 *
 * Seen       the same text, but for blanks and semicolons at its ends. Of what only adds rows, of
 *            what writes nothing but a migration tool's own records, and of CREATE DATABASE the
 * same shape: literals, the number of rows, and the name of the database may differ. Invariant
 * Whoever is in doubt has not seen it. Owner      the arena of gd_rehearsal_new(); one thread at a
 * time.
 */
#ifndef GUARDIAN_GUARD_REHEARSE_H
#define GUARDIAN_GUARD_REHEARSE_H

#include "guardian/base/arena.h"
#include "guardian/base/texts.h"
#include "guardian/classify/classify.h"

/** How much of a statement has to be the same. */
enum gd_seen_by { GD_SEEN_BY_TEXT, GD_SEEN_BY_SHAPE };

struct gd_rehearsal {
    struct gd_arena *arena;
    const char *scratch, *live; /* names of the databases: in texts the second takes the place of
                                   the first; NULL: they do not differ */
    bool beside_live;           /* what databases share is not to be touched */
    struct gd_texts texts, shapes;
    const char **script; /* what was sent and how it was grouped: transactions, settings, changes */
    size_t script_count, script_capacity;
    size_t changes;
    struct gd_texts records; /* tables of records whose rows were changed */
    bool writes_records;
    int exit_status;                    /* of the command */
    const char *refusal, *refusal_hint; /* what it was not let do there; NULL */
    const char *where;                  /* in words */
    double copy_seconds, seconds;       /* to make the copy; the command's */
};

struct gd_rehearsal *gd_rehearsal_new(const char *scratch, const char *live,
                                      struct gd_arena *arena);
/** A statement that changes something; it is copied. `own`: only what is the command's own, about
 *  which nobody decides. */
void gd_rehearsal_add(struct gd_rehearsal *rehearsal, const char *text, enum gd_seen_by by,
                      bool own);
/** One that only groups or sets. */
void gd_rehearsal_add_quiet(struct gd_rehearsal *rehearsal, const char *text);
bool gd_rehearsal_has(const struct gd_rehearsal *rehearsal, const char *text, enum gd_seen_by by,
                      struct gd_arena *arena);
/** All of it as one script, for gd_guard_plan(). */
struct gd_input gd_rehearsal_script(const struct gd_rehearsal *rehearsal, const char *path);

/** The text with ? in place of its literals, and rows that look alike said once; NULL when it
 * cannot be read. */
const char *gd_shape_of(const char *text, struct gd_arena *arena);

#endif
