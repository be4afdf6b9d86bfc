/*
 * Outcome: how a guarded change ended, for people and as the document that apply, run, rollback and
 * show share (docs/formats/outcome.md).
 */
#ifndef GUARDIAN_CLI_REPORT_OUTCOME_H
#define GUARDIAN_CLI_REPORT_OUTCOME_H

#include "guardian/cli/report_screen.h"
#include "guardian/guard/outcome.h"
#include "guardian/io/json.h"

/** An outcome with nothing but its story: a change that is read back from the journal. */
struct gd_outcome *gd_outcome_of_story(struct gd_story *story, struct gd_arena *arena);

void gd_report_outcome_text(const struct gd_outcome *outcome, const struct gd_screen *screen,
                            struct gd_arena *arena);

/** Given to the caller. `take_warnings` may be NULL. */
struct gd_json *gd_report_outcome_json(const struct gd_outcome *outcome,
                                       struct gd_json *take_warnings);

/** What to revert, in rows of "git". NULL: nothing is said. */
void gd_report_git(const struct gd_git_guidance *git, const struct gd_screen *screen,
                   struct gd_arena *arena);

#endif
