/*
 * Shelves: what list, show and prune share: the store, and whose snapshots are meant.
 */
#ifndef GUARDIAN_CLI_SHELVES_H
#define GUARDIAN_CLI_SHELVES_H

#include "guardian/base/events.h"
#include "guardian/config/config.h"
#include "guardian/prove/shelf.h"

/**
 * The cluster of the database that is set; *out_cluster NULL: none is set, or --all was said.
 *
 * @param must  true: a database that cannot be asked is an error; false: it is told through
 *              `events`, and the answer is NULL. Snapshots must be found when the database is lost.
 */
GD_MUST struct gd_status gd_cli_cluster(const struct gd_config *config, bool must,
                                        struct gd_arena *arena, const struct gd_events *events,
                                        const char **out_cluster, struct gd_error *err);

/** The snapshot that `text` means, as gd_snapshot_resolve() says; for "latest" the database that is
 * set is asked which it is. */
GD_MUST struct gd_status gd_cli_snapshot(const struct gd_config *config, struct gd_store *store,
                                         const char *text, enum gd_snapshot_scope least,
                                         struct gd_arena *arena, const struct gd_events *events,
                                         const char **out_cluster, const char **out_id,
                                         struct gd_error *err);

#endif
