/*
 * Recovering: what recover, restore, verify and rollback share of a recovery: the target that the
 * options name, and the restore_command that a server needs.
 */
#ifndef GUARDIAN_CLI_RECOVERING_H
#define GUARDIAN_CLI_RECOVERING_H

#include "guardian/config/config.h"
#include "guardian/restore/recover.h"

/** How many targets were named. */
unsigned gd_cli_target_count(const struct gd_config *config);

/** The target that is named. @return GD_USAGE none, several, or it cannot be read */
GD_MUST struct gd_status gd_cli_target(const struct gd_config *config, struct gd_arena *arena,
                                       struct gd_target *out_target, struct gd_error *err);

/** Options of the library without a target and a folder: place, programs, and `guardian wal fetch`
 *  with the settings of this call as restore_command. Store and key are the caller's.
 *  @return GD_USAGE a setting cannot be read */
GD_MUST struct gd_status gd_cli_recover_options(const struct gd_config *config,
                                                struct gd_store *store, const struct gd_key *key,
                                                struct gd_arena *arena,
                                                const struct gd_events *events,
                                                struct gd_recover_options *out_options,
                                                struct gd_error *err);

#endif
