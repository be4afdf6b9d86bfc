/*
 * Report of the doctor: a line for each thing that was looked at, and a verdict.
 */
#ifndef GUARDIAN_CLI_REPORT_DOCTOR_H
#define GUARDIAN_CLI_REPORT_DOCTOR_H

#include <stdio.h>

#include "guardian/cli/report_screen.h"
#include "guardian/io/json.h"
#include "guardian/prove/doctor.h"

void gd_report_doctor_text(const struct gd_diagnosis *diagnosis, const struct gd_screen *screen);

/** docs/formats/doctor.md */
GD_MUST struct gd_status gd_report_doctor_json(const struct gd_diagnosis *diagnosis,
                                               struct gd_json *take_warnings, FILE *stream,
                                               struct gd_error *err);

#endif
