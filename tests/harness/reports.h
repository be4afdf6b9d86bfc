/*
 * Reports made by hand: what the renderers are tested on, without a parser or a database.
 */
#ifndef TESTS_HARNESS_REPORTS_H
#define TESTS_HARNESS_REPORTS_H

#include "guardian/guard/plan.h"

/** One file with something of everything: lost data, an enum change in steps, a text that could
 *  not be read and tries to drive the terminal, a change that fails on the data that is there. */
extern const struct gd_report test_report_rich;

/** Three files, read without a database; paths that need escaping everywhere. */
extern const struct gd_report test_report_files;

/** Nothing to worry about. */
extern const struct gd_report test_report_harmless;

/** An empty file. */
extern const struct gd_report test_report_empty;

/** A plan for the rich report: a backup, an enum value that goes first, quiet statements, a
 *  transaction of the file's own, one that stands alone; the policy refuses one statement, wants
 *  another approved, and takes a risk. */
extern const struct gd_plan test_plan_rich;

/** Compare `bytes` with tests/unit/<path>; with GD_GOLDEN=write in the environment the file is
 *  written instead. @return false, with the difference on stderr, when they are not the same */
bool test_golden(const char *path, const char *bytes, size_t size);

#endif
