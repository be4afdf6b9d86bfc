/*
 * Recovering: what recover, restore, verify and rollback share of a recovery: the target that the
 * options name, and the restore_command that a server needs.
 */
#ifndef GUARDIAN_CLI_RECOVERING_H
#define GUARDIAN_CLI_RECOVERING_H

#include "guardian/config/config.h"
#include "guardian/restore/recover.h"
#include "guardian/snapshot/take.h"

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

/** A snapshot of the tables that are asked for (--table), as they were at the point in time that is
 *  named, in the database that `pg` means: a throwaway server is recovered, they are taken from it,
 *  and it is removed. All zero: there is none. */
struct gd_cli_point {
    struct gd_store *store;
    const char *cluster, *id;
};
GD_MUST struct gd_status gd_cli_point_take(const struct gd_config *config,
                                           const struct gd_pg_options *pg, struct gd_store *store,
                                           const struct gd_key *key, struct gd_arena *arena,
                                           const struct gd_events *events,
                                           struct gd_cli_point *out_point, struct gd_error *err);
/** It has served. Where it may not be removed it stays, and that is told. */
void gd_cli_point_remove(const struct gd_cli_point *point, const struct gd_events *events);

#endif
