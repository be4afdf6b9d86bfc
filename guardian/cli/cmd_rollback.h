/*
 * Rollback, for guardian rollback and for guardian plan --rollback.
 */
#ifndef GUARDIAN_CLI_CMD_ROLLBACK_H
#define GUARDIAN_CLI_CMD_ROLLBACK_H

#include "guardian/base/events.h"
#include "guardian/config/config.h"
#include "guardian/store/store.h"

struct gd_key;
struct gd_recover_options;

/** @param text  a change as a person names it, or "last"
 *  @param dry   only the plan
 *  @return the exit status of the process */
GD_MUST int gd_cli_rollback(const struct gd_config *config, const char *text, bool dry);

/** How a server is recovered beside, should the backup be a point in time. */
GD_MUST struct gd_status gd_cli_rollback_recover(const struct gd_config *config,
                                                 struct gd_store *store, const struct gd_key *key,
                                                 struct gd_arena *arena,
                                                 const struct gd_events *events,
                                                 const struct gd_recover_options **out_options,
                                                 struct gd_error *err);

#endif
