/*
 * What guardian recover would do, and what it did, for people and as JSON.
 */
#ifndef GUARDIAN_CLI_REPORT_RECOVER_H
#define GUARDIAN_CLI_REPORT_RECOVER_H

#include "guardian/cli/report_screen.h"
#include "guardian/io/json.h"
#include "guardian/restore/recover.h"

void gd_report_recover_plan(const struct gd_recover_plan *plan, const struct gd_target *target,
                            const struct gd_screen *screen, struct gd_arena *arena);
void gd_report_recovered(const struct gd_recover_plan *plan, const struct gd_recovered *recovered,
                         const struct gd_screen *screen, struct gd_arena *arena);

/** {"system_identifier", "base", …, "recovered": null or {…}} */
struct gd_json *gd_report_recover_json(const struct gd_recover_plan *plan,
                                       const struct gd_target *target,
                                       const struct gd_recovered *recovered_or_null,
                                       struct gd_arena *arena);

#endif
