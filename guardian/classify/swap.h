/*
 * Swap: the dance by which ORMs change the values of an enum, seen as one change.
 *
 *   CREATE TYPE new AS ENUM (…); ALTER TABLE … ALTER COLUMN … TYPE new USING (…::text::new);
 *   ALTER TYPE old RENAME TO old_old; ALTER TYPE new RENAME TO old; DROP TYPE old_old;
 *
 * Each step alone looks like a loss of a definition. Together they are one enum change that loses
 * the values that the new type does not have.
 */
#ifndef GUARDIAN_CLASSIFY_SWAP_H
#define GUARDIAN_CLASSIFY_SWAP_H

#include "guardian/classify/finding.h"
#include "guardian/classify/judge.h"

struct gd_swaps;

struct gd_swaps *gd_swaps_new(void);
void gd_swaps_free(struct gd_swaps *swaps);

/** Note a statement's part in a swap, before the judge applies it to the state; `entry` may be
 *  changed by gd_swaps_close(). */
void gd_swaps_note(struct gd_swaps *swaps, const struct gd_look *look,
                   const struct gd_node *statement, struct gd_judged *entry);

/** The script is over: what is a whole swap becomes one enum change. */
void gd_swaps_close(struct gd_swaps *swaps, struct gd_arena *arena);

#endif
