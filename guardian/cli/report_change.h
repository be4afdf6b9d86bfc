/*
 * A change in a list: the words for it, and as JSON (docs/formats/snapshots.md).
 */
#ifndef GUARDIAN_CLI_REPORT_CHANGE_H
#define GUARDIAN_CLI_REPORT_CHANGE_H

#include "guardian/cli/report_screen.h"
#include "guardian/io/json.h"
#include "guardian/journal/story.h"

/** "applied, destructive: drop_age.sql; rolled back since", "applied, rollback of 2026…". */
const char *gd_change_words(const struct gd_told *told, struct gd_arena *arena);
enum gd_ink gd_change_ink(const struct gd_told *told);

/** The database that it is of; as far as it can be told. */
const char *gd_change_database(const struct gd_told *told);

struct gd_json *gd_report_change_json(const struct gd_told *told);

#endif
