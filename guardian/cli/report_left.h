/*
 * What failovers left behind, for people and as JSON (docs/formats/coverage.md).
 */
#ifndef GUARDIAN_CLI_REPORT_LEFT_H
#define GUARDIAN_CLI_REPORT_LEFT_H

#include "guardian/cli/report_coverage.h"
#include "guardian/journal/story.h"

/** Rows: how much, from when on, which changes, and how to have it. Nothing when nothing is. */
void gd_report_left(const struct gd_coverage *coverage, const struct gd_screen *screen,
                    struct gd_arena *arena);
struct gd_json *gd_report_left_json(const struct gd_coverage *coverage);

/** Changes of this server that lie in it get their remark. */
void gd_report_left_changes(const struct gd_coverage *coverage, struct gd_told_list *changes,
                            struct gd_arena *arena);

#endif
