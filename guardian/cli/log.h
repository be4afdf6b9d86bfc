/*
 * Log: lines on stderr for a program that runs for months: notes and warnings, one in a line, and
 * with --json one JSON object. Progress of backups is not told.
 *
 * What others wrote is kept from breaking lines. Any thread may tell.
 */
#ifndef GUARDIAN_CLI_LOG_H
#define GUARDIAN_CLI_LOG_H

#include "guardian/base/events.h"
#include "guardian/io/json.h"

struct gd_config;
struct gd_log;

struct gd_log *gd_log_new(const struct gd_config *config);
/** A view, for options of the library; lives as long as the log. */
const struct gd_events *gd_log_events(struct gd_log *log);
/** A line with more to say than a text: with --json `take_more` is its "detail". */
void gd_log_put(struct gd_log *log, bool warning, const char *text, const char *hint,
                struct gd_json *take_more);
/** NULL is fine. */
void gd_log_free(struct gd_log *log);

#endif
