/*
 * Pairs: DROP … IF EXISTS and then CREATE of the same thing, as boot-time scripts do it.
 *
 * Each half alone is a loss and a gain. When the catalogue holds what the second half makes, with
 * no comment or grant that the first half would lose, the two together change nothing.
 */
#ifndef GUARDIAN_CLASSIFY_PAIRS_H
#define GUARDIAN_CLASSIFY_PAIRS_H

#include "guardian/classify/finding.h"
#include "guardian/classify/judge.h"

struct gd_pairs;

struct gd_pairs *gd_pairs_new(void);
void gd_pairs_free(struct gd_pairs *pairs);

/** Note a statement, before the judge applies it to the state; `entry` may be changed by
 *  gd_pairs_close(). */
void gd_pairs_note(struct gd_pairs *pairs, const struct gd_look *look,
                   const struct gd_node *statement, struct gd_judged *entry);

/** The script is over: pairs that change nothing become class none. */
void gd_pairs_close(struct gd_pairs *pairs, struct gd_arena *arena);

#endif
