/*
 * Clusters: of which one of those that a store holds is the database that is set?
 */
#ifndef GUARDIAN_CLI_CLUSTERS_H
#define GUARDIAN_CLI_CLUSTERS_H

#include "guardian/base/events.h"
#include "guardian/config/config.h"
#include "guardian/store/store.h"

/**
 * The system identifier of the database that is set, when it answers and the store knows it. Where
 * the store holds several, it is told which one was taken.
 *
 * @param others      what leads to the others: "--system names one"
 * @param out_system  0: none is set, or it does not answer (that is told): the store has to tell
 * @return GD_USAGE   the setting cannot be read, or the database is of a cluster of which nothing
 *                    is there, and there is something of others
 */
GD_MUST struct gd_status gd_cli_system(const struct gd_config *config, struct gd_store *store,
                                       const char *others, struct gd_arena *arena,
                                       const struct gd_events *events, uint64_t *out_system,
                                       struct gd_error *err);

#endif
