/*
 * Replication: a session of the replication protocol, in which a server gives base backups and WAL.
 *
 * Simple queries only; nothing of gd_pg_begin() or gd_pg_run() works there. Behind a pooler there
 * is none: it is refused, with a hint. The role needs REPLICATION and an entry of pg_hba.conf for
 * "replication"; what is missing is named.
 *
 * Owner  one thread at a time. Every wait has a limit.
 */
#ifndef GUARDIAN_PG_REPLICATION_H
#define GUARDIAN_PG_REPLICATION_H

#include "guardian/pg/connect.h"

struct gd_replication;

struct gd_replication_system {
    uint64_t system_identifier;
    uint32_t timeline;
    uint64_t lsn; /* flushed by the server */
    int version;  /* 150018 */
    uint64_t segment_bytes;
};

/** Connect and ask IDENTIFY_SYSTEM and wal_segment_size.
 *  @return GD_USAGE no such role, no right to replicate, a pooler; GD_SYSTEM no connection */
GD_MUST struct gd_status gd_replication_open(const struct gd_pg_options *options,
                                             struct gd_replication **out_replication,
                                             struct gd_replication_system *out_system,
                                             struct gd_error *err);
void gd_replication_close(struct gd_replication *replication);
/** As gd_pg_where(). */
const char *gd_replication_where(const struct gd_replication *replication);

static inline void gd_replication_cleanup_(struct gd_replication **replication)
{
    gd_replication_close(*replication);
}
#define gd_auto_replication                                                                        \
    __attribute__((cleanup(gd_replication_cleanup_))) struct gd_replication *

#endif
