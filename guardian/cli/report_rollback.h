/*
 * Rollback, told: what would be done and what is lost, and what came of it.
 */
#ifndef GUARDIAN_CLI_REPORT_ROLLBACK_H
#define GUARDIAN_CLI_REPORT_ROLLBACK_H

#include "guardian/cli/report_screen.h"
#include "guardian/guard/git.h"
#include "guardian/guard/rollback.h"
#include "guardian/io/json.h"

/** `git` may be NULL. */
void gd_report_rollback_plan(const struct gd_rollback_plan *plan, const struct gd_git_guidance *git,
                             const struct gd_screen *screen, struct gd_arena *arena);

struct gd_rollback_told {
    const struct gd_rollback_plan *plan;
    const struct gd_rolled_back *done; /* NULL: a plan */
    const struct gd_story *story;      /* of the rollback; NULL: a plan */
    const struct gd_git_guidance *git; /* NULL */
    const char *revert;                /* commit that was made on a new branch; NULL */
    const char *branch;
    const struct gd_error *error; /* text "": none */
};
void gd_report_rollback_done(const struct gd_rollback_told *told, const struct gd_screen *screen,
                             struct gd_arena *arena);
/** The document that apply, run, rollback and show share, with "way", "since" and the like. */
struct gd_json *gd_report_rollback_json(const struct gd_rollback_told *told,
                                        struct gd_json *take_warnings);

#endif
