/*
 * Probe: asks the data what a change will meet there.
 *
 * All checks run in one read-only transaction under one snapshot, each behind a savepoint and under
 * its own limit, so that one that fails, waits or takes too long costs an answer and nothing else.
 * Row level security is off: a count that some rows are hidden from is refused, not believed.
 */
#ifndef GUARDIAN_PG_PROBE_H
#define GUARDIAN_PG_PROBE_H

#include "guardian/pg/check.h"
#include "guardian/pg/connect.h"

/** Zero means the default that stands behind it. */
struct gd_probe_limits {
    uint32_t check_ms; /* one query: 2,000 */
    uint32_t total_ms; /* all together: 10,000 */
    uint32_t samples;  /* texts to fetch where a count is above 0; 0: none */
};

/**
 * Run the checks and fill in their lower halves. Never fails as a whole: a check that has no answer
 * has `gave_up` and count -1. Texts live in `arena`.
 *
 * @return the number of checks that got an answer
 */
size_t gd_probe_run(struct gd_pg *pg, struct gd_check *const *checks, size_t count,
                    const struct gd_probe_limits *limits, struct gd_arena *arena);

#endif
