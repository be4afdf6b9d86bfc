/*
 * Guarding: what apply and plan make of the settings: the same, or the plan would be of another
 * change.
 */
#ifndef GUARDIAN_CLI_GUARDING_H
#define GUARDIAN_CLI_GUARDING_H

#include "guardian/config/config.h"
#include "guardian/guard/guard.h"

/** The database that is set, in the environment too. @return GD_USAGE when none is */
GD_MUST struct gd_status gd_cli_need_database(const struct gd_config *config, const char **out_uri,
                                              struct gd_error *err);

/** Wait for a database that is still starting, as long as --start-wait says. */
GD_MUST struct gd_status gd_cli_await_database(const struct gd_config *config,
                                               const struct gd_pg_options *pg,
                                               const struct gd_events *events,
                                               struct gd_error *err);

/** All that is read from the settings, the policy's file included. Store, key, the question and
 *  the listeners are the caller's. `pg`, `argv` and `config` must outlive the options. */
GD_MUST struct gd_status gd_cli_guard_options(const struct gd_config *config,
                                              const struct gd_pg_options *pg, int argc, char **argv,
                                              struct gd_arena *arena,
                                              struct gd_guard_options *out_options,
                                              struct gd_error *err);

#endif
