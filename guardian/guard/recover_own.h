/*
 * Recover, from within: what became of the steps of one change. Only guard/recover*.c includes
 * this.
 */
#ifndef GUARDIAN_GUARD_RECOVER_OWN_H
#define GUARDIAN_GUARD_RECOVER_OWN_H

#include "guardian/base/events.h"
#include "guardian/guard/recover.h"

/** Set the state of every step of a change that stopped while it was applying. Nobody runs it any
 *  more. `notes`: what a person should know of single steps. */
GD_MUST struct gd_status gd_recover_steps(struct gd_pg *pg, const struct gd_ledger *ledger,
                                          struct gd_story *story, struct gd_texts *notes,
                                          struct gd_arena *arena, struct gd_error *err);

/** Does this step leave anything in the database? */
bool gd_recover_writes(const struct gd_story_step *step);

#endif
