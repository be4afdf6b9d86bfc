/*
 * Cluster: a throwaway PostgreSQL server of our own, for a drill.
 *
 * Invariant 1  Its folder is ours alone (0700) and holds everything: data, socket, password.
 *              Nothing listens on a port.
 * Invariant 2  It does not outlive us: the server gets a signal when we die, and a small helper
 *              that waits for our end removes the folder, whatever we die of; when that was
 *              killed, too, the next one removes it (leftover.h).
 * Invariant 3  What runs in it cannot get out where the kernel can hold it (sandbox.h);
 *              gd_cluster_confined() says so.
 */
#ifndef GUARDIAN_PROVE_CLUSTER_H
#define GUARDIAN_PROVE_CLUSTER_H

#include <stdbool.h>
#include <stdint.h>

#include "guardian/base/arena.h"
#include "guardian/base/status.h"

struct gd_cluster;

struct gd_cluster_options {
    int server_version;      /* 150018: of the snapshot; only the same major will do */
    const char *pg_bin;      /* folder of initdb and postgres; NULL: looked for */
    const char *work_folder; /* NULL: TMPDIR, /tmp */
    uint64_t room_bytes;     /* that must be free there */
};

/**
 * Make one and start it. As root it runs as user "nobody", because PostgreSQL refuses root.
 *
 * @return GD_USAGE   no programs of that major version, or no user to run them as
 *         GD_SYSTEM  it could not be made or did not start; the text holds what it said last
 */
GD_MUST struct gd_status gd_cluster_start(const struct gd_cluster_options *options,
                                          struct gd_cluster **out_cluster, struct gd_error *err);
/** Stops it and removes all of it. */
void gd_cluster_free(struct gd_cluster *cluster);

/** A connection string for `role` (NULL: the superuser, whose name no snapshot can hold); all roles
 *  have the same random password. In `arena`; a secret. */
const char *gd_cluster_target(const struct gd_cluster *cluster, const char *role,
                              struct gd_arena *arena);
const char *gd_cluster_superuser(const struct gd_cluster *cluster);
const char *gd_cluster_password(const struct gd_cluster *cluster);
bool gd_cluster_confined(const struct gd_cluster *cluster);
/** "PostgreSQL 15.18 of /usr/lib/postgresql/15/bin" */
const char *gd_cluster_text(const struct gd_cluster *cluster);

static inline void gd_cluster_cleanup_(struct gd_cluster **cluster)
{
    gd_cluster_free(*cluster);
}
#define gd_auto_cluster __attribute__((cleanup(gd_cluster_cleanup_))) struct gd_cluster *

#endif
