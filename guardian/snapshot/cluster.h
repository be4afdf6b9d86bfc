/*
 * Cluster: under which name a database's backups are kept.
 */
#ifndef GUARDIAN_SNAPSHOT_CLUSTER_H
#define GUARDIAN_SNAPSHOT_CLUSTER_H

#include "guardian/pg/connect.h"

/** Ask the server: "7301234567890123456-shop", in `arena`. */
GD_MUST struct gd_status gd_cluster_of(struct gd_pg *pg, struct gd_arena *arena,
                                       const char **out_cluster, struct gd_error *err);

#endif
