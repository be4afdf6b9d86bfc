/*
 * Approvals, for people and for programs (docs/formats/approval.md).
 */
#ifndef GUARDIAN_CLI_REPORT_APPROVAL_H
#define GUARDIAN_CLI_REPORT_APPROVAL_H

#include "guardian/cli/report_screen.h"
#include "guardian/io/json.h"
#include "guardian/journal/approval.h"

/** "holds", "expired", "revoked", "unreadable". */
const char *gd_approval_state_name(enum gd_approval_state state);

/** One, under a line of its own. `about` NULL: only its state and path are said. */
void gd_report_approval(const struct gd_approval *approval, const char *about,
                        const struct gd_screen *screen, struct gd_arena *arena);

/** Those that hold; the others, too, when asked for more. */
void gd_report_approvals(const struct gd_approvals *approvals, const char *store,
                         const struct gd_screen *screen, struct gd_arena *arena);

struct gd_json *gd_report_approval_json(const struct gd_approval *approval);

#endif
