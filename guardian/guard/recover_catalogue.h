/*
 * Recover: what the catalogue shows of a statement that commits by itself, and that nobody saw end.
 */
#ifndef GUARDIAN_GUARD_RECOVER_CATALOGUE_H
#define GUARDIAN_GUARD_RECOVER_CATALOGUE_H

#include "guardian/journal/story.h"
#include "guardian/pg/connect.h"

/** Is it in? `pg` is not inside a transaction; nobody runs it any more.
 *  @param out_state  IN, NOT_IN, or UNKNOWN: the catalogue does not know
 *  @param out_note   what should be known of it, such as a half of it that was left; "" */
GD_MUST struct gd_status gd_recover_ask_catalogue(struct gd_pg *pg,
                                                  const struct gd_story_step *step,
                                                  struct gd_arena *arena,
                                                  enum gd_step_state *out_state,
                                                  const char **out_note, struct gd_error *err);
#endif
