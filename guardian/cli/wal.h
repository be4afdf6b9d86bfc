/*
 * Wal: what follows `guardian wal`. One row of the table in cmd_wal.c is one verb, and each verb
 * has a file of its own, cmd_wal_<verb>.c.
 *
 * Statuses  PostgreSQL reads them. Those of push are below 126, so that a failure is counted in
 *           pg_stat_archiver; fetch has 0, 1 and 255 alone (GD_WAL_TROUBLE).
 */
#ifndef GUARDIAN_CLI_WAL_H
#define GUARDIAN_CLI_WAL_H

#include "guardian/cli/stores.h"
#include "guardian/wal/spool.h"
#include "guardian/wal/stored.h"

/** restore_command ends with it whenever the file is neither in place nor proven to be absent: the
 *  server takes 1 to 125 for the end of the WAL, promotes itself and reports success. */
enum { GD_WAL_TROUBLE = 255 };

/** What stands behind the verb is in argv[0] to argv[argc - 1]. @return the exit status */
typedef int gd_cli_wal_fn(const struct gd_config *config, int argc, char **argv);
gd_cli_wal_fn gd_cli_wal_push, gd_cli_wal_fetch, gd_cli_wal_check, gd_cli_wal_stream;

/** What verbs need that work on a data directory: store and key are the caller's to close. */
struct gd_cli_wal_place {
    struct gd_store *store;
    struct gd_key *key; /* NULL: none is set */
    struct gd_wal_place place;
};
/** @param to_put  the store's folder may be made; else it must be there
 *  @param open    all zero; to be closed also after a failure
 *  @return as gd_wal_cluster_of(), gd_cli_store() and gd_cli_key() */
GD_MUST struct gd_status gd_cli_wal_open(const struct gd_config *config, bool to_put,
                                         struct gd_arena *arena, const struct gd_events *events,
                                         struct gd_cli_wal_place *open, struct gd_error *err);
/** Also of one that was never opened (all zero). */
void gd_cli_wal_close(struct gd_cli_wal_place *open);

static inline void gd_cli_wal_cleanup_(struct gd_cli_wal_place *open)
{
    gd_cli_wal_close(open);
}
#define gd_auto_wal_place __attribute__((cleanup(gd_cli_wal_cleanup_))) struct gd_cli_wal_place

/** The spool of `what` for this data directory and these settings (options spool, store…, key…).
 *  @return GD_SYSTEM it cannot be made */
GD_MUST struct gd_status gd_cli_wal_spool(const struct gd_config *config,
                                          uint64_t system_identifier, const char *what,
                                          struct gd_arena *arena, struct gd_wal_spool *out_spool,
                                          struct gd_error *err);

/** Those that the option says, or one for each processor, and eight at most. */
unsigned gd_cli_wal_workers(const struct gd_config *config);

/** The name at the end of a path, or of a name alone. @return GD_USAGE it is no WAL file's */
GD_MUST struct gd_status gd_cli_wal_name(const char *path, struct gd_wal_name *out_name,
                                         struct gd_error *err);

#endif
