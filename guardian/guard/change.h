/*
 * Change: the stages that read and touch nothing, from SQL text to findings.
 *
 *     script ▸ survey ▸ findings ▸ checks
 *
 * Owner  the arena given to gd_change_read().
 */
#ifndef GUARDIAN_GUARD_CHANGE_H
#define GUARDIAN_GUARD_CHANGE_H

#include "guardian/classify/classify.h"
#include "guardian/pg/survey.h"

struct gd_change_options {
    const char *database; /* URI; "": the environment's; NULL: none, by the text alone */
    struct gd_pg *pg;     /* a connection that is open, over `database`; NULL: one of its own */
    size_t statement_bytes_max;
    uint32_t lock_ms;
    uint32_t check_ms; /* for one check of data; 0: no checks are run */
    uint32_t samples;  /* keys to show per check */
};

struct gd_change {
    struct gd_report *report;
    const struct gd_survey *survey; /* NULL without a database */
    double survey_seconds, check_seconds;
    const char *where; /* database "app" on …; NULL without a database */
};

/**
 * Read scripts, look at the live catalogue if there is one, judge, and count what the data holds.
 *
 * @return GD_USAGE   a script cannot be read, or the database's URI
 *         GD_BUSY    a lock that the catalogue needs did not come in time
 *         GD_SYSTEM  no connection
 */
GD_MUST struct gd_status gd_change_read(const struct gd_input *inputs, size_t input_count,
                                        const struct gd_change_options *options,
                                        struct gd_arena *arena, struct gd_change *out_change,
                                        struct gd_error *err);

/** A waiver stands in the comment before its statement: from now on nobody reads one. */
void gd_change_forget_waivers(struct gd_report *report);

#endif
