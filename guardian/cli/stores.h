/*
 * Stores: the store that the settings ask for.
 */
#ifndef GUARDIAN_CLI_STORES_H
#define GUARDIAN_CLI_STORES_H

#include "guardian/config/config.h"
#include "guardian/store/store.h"

/** The URL that is meant: of the settings, or of the folder on this machine that is used without
 *  any. @return GD_USAGE when there is neither */
GD_MUST struct gd_status gd_cli_store_url(const struct gd_config *config, struct gd_arena *arena,
                                          const char **out_url, struct gd_error *err);

/** Open it, to put something there: a folder is made when its parent is there. Warns through
 * `events` when no store was set. `arena` and `config` must outlive it. */
GD_MUST struct gd_status gd_cli_store(const struct gd_config *config, struct gd_arena *arena,
                                      const struct gd_events *events, struct gd_store **out_store,
                                      struct gd_error *err);

/** Open it for what must be there already: without its folder every request fails, so that a disk
 *  that is not mounted does not pass for a store without snapshots. */
GD_MUST struct gd_status gd_cli_store_to_read(const struct gd_config *config,
                                              struct gd_arena *arena,
                                              const struct gd_events *events,
                                              struct gd_store **out_store, struct gd_error *err);

#endif
