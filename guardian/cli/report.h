/*
 * Report: what Guardian found out, for people and for machines.
 *
 * Invariant 1  A renderer reads a struct and writes a stream; it decides nothing that is not in it.
 * Invariant 2  Texts of others reach a terminal, an annotation or a document only neutralised.
 * Owner        the caller closes the stream; what it could not take is GD_SYSTEM.
 */
#ifndef GUARDIAN_CLI_REPORT_H
#define GUARDIAN_CLI_REPORT_H

#include <stdio.h>

#include "guardian/base/status.h"
#include "guardian/classify/finding.h"
#include "guardian/cli/report_screen.h"
#include "guardian/config/options.h"
#include "guardian/guard/plan.h"

/** Worst statements first; colour, width and letters as the screen has them. */
GD_MUST struct gd_status gd_report_text(const struct gd_report *report,
                                        const struct gd_screen *screen, struct gd_error *err);

/** The document of `classify --json`. */
GD_MUST struct gd_status gd_report_json(const struct gd_report *report, FILE *stream,
                                        struct gd_error *err);

GD_MUST struct gd_status gd_report_sarif(const struct gd_report *report, FILE *stream,
                                         struct gd_error *err);

GD_MUST struct gd_status gd_report_github(const struct gd_report *report, FILE *stream,
                                          struct gd_error *err);

/** Any of them, to the screen's stream. */
GD_MUST struct gd_status gd_report_write(const struct gd_report *report, enum gd_format format,
                                         const struct gd_screen *screen, struct gd_error *err);

/** What the policy decides and why, what is backed up, the steps, then the report of the
 * statements.
 */
GD_MUST struct gd_status gd_report_plan_text(const struct gd_plan *plan,
                                             const struct gd_screen *screen, struct gd_error *err);

/** The document of `plan --json`: that of `classify --json`, with "decision", "steps" and "notes",
 *  and with "policy" in every statement. */
GD_MUST struct gd_status gd_report_plan_json(const struct gd_plan *plan, FILE *stream,
                                             struct gd_error *err);

/** Any format; annotations and SARIF are those of the report. */
GD_MUST struct gd_status gd_report_plan_write(const struct gd_plan *plan, enum gd_format format,
                                              const struct gd_screen *screen, struct gd_error *err);

#endif
