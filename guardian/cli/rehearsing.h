/*
 * Rehearsing: a command runs on a scratch copy first, and what it sends there is learned.
 */
#ifndef GUARDIAN_CLI_REHEARSING_H
#define GUARDIAN_CLI_REHEARSING_H

#include "guardian/config/config.h"
#include "guardian/guard/run.h"

struct gd_rehearsing {
    const struct gd_config *config;
    const char *const *argv;              /* ends with NULL */
    const struct gd_guard_options *guard; /* of the live database */
};

/**
 * Make the copy, run the command on it, remove the copy. The command's stdout is our stderr; its
 * stdin is ours when that is a terminal or a file, and empty otherwise.
 *
 * @return GD_USAGE, GD_SYSTEM, GD_UNPROTECTED, GD_BUSY  no copy could be had, or no such program.
 *         How the command ended is in the rehearsal (gd_rehearsal_failed()).
 */
GD_MUST struct gd_status gd_cli_rehearse(const struct gd_rehearsing *rehearsing,
                                         struct gd_arena *arena,
                                         struct gd_rehearsal **out_rehearsal, struct gd_error *err);

/** Why nothing can be learned from it: a sentence without its end; NULL: all was well. */
const char *gd_rehearsal_failed(const struct gd_rehearsal *rehearsal, struct gd_arena *arena);

#endif
