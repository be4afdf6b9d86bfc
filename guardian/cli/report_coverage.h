/*
 * What can be recovered, for people and as JSON (docs/formats/coverage.md): windows, holes, base
 * backups, and how far the store is behind.
 */
#ifndef GUARDIAN_CLI_REPORT_COVERAGE_H
#define GUARDIAN_CLI_REPORT_COVERAGE_H

#include "guardian/cli/report_screen.h"
#include "guardian/io/json.h"
#include "guardian/snapshot/coverage.h"

/** What the server said when it was asked. */
struct gd_server_place {
    bool asked;
    uint32_t timeline;
    uint64_t lsn;
    int64_t time_us; /* its clock, read before the LSN */
};

struct gd_coverage_view {
    const char *store; /* its URL */
    const struct gd_coverage *coverage;
    struct gd_server_place server;
    const struct gd_wal_checked *checked; /* NULL: only listed */
    int64_t now_us;
};

/** How many things are missing or damaged inside of what was promised. */
size_t gd_coverage_faults(const struct gd_coverage *coverage);

void gd_report_coverage(const struct gd_coverage_view *view, const struct gd_screen *screen,
                        struct gd_arena *arena);
/** Windows and what is wrong, without the rest. */
void gd_report_coverage_brief(const struct gd_coverage_view *view, const struct gd_screen *screen,
                              struct gd_arena *arena);
struct gd_json *gd_report_coverage_json(const struct gd_coverage_view *view);

/** "2 days 3 hours", "5 min": a length of time in at most two units. */
const char *gd_coverage_span(int64_t us, struct gd_arena *arena);
/** "2026-11-23 12:00:01", in UTC. */
const char *gd_coverage_time(int64_t us, struct gd_arena *arena);
/** The window that ends last; NULL: there is none. */
const struct gd_window *gd_coverage_newest(const struct gd_coverage *coverage);

#endif
