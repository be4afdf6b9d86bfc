/*
 * The time line of list: windows, holes, base backups, snapshots, changes and marks of one server
 * in one picture, as wide as the screen.
 */
#ifndef GUARDIAN_CLI_REPORT_TIMELINE_H
#define GUARDIAN_CLI_REPORT_TIMELINE_H

#include "guardian/cli/report_coverage.h"
#include "guardian/cli/report_shelf.h"

/** `shelf` may hold things of other servers: they are left out. */
void gd_report_timeline(const struct gd_coverage_view *view, const struct gd_shelf_view *shelf,
                        const struct gd_screen *screen, struct gd_arena *arena);

#endif
