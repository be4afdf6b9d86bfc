/*
 * Ahead: archiving in the background. PostgreSQL calls archive_command for one file at a time;
 * a process in the background sees in pg_wal/archive_status which files will come, and puts
 * several at once.
 *
 *     <spool>/push/<name>.ok       {"name", "bytes", "sha256", "time"}: this file is in the store
 *     <spool>/push/<name>.error    {"code", "text", "hint"}: it could not be put
 *
 * Invariant 1  A file is answered for only when it was read back from the store, and its bytes now
 *              are those that were put: a note is held against the file's digest.
 * Invariant 2  Without a process in the background, the caller puts the file itself: one that dies
 *              or hangs makes archiving slower, and never stops it.
 */
#ifndef GUARDIAN_WAL_AHEAD_H
#define GUARDIAN_WAL_AHEAD_H

#include "guardian/wal/spool.h"
#include "guardian/wal/stored.h"

struct gd_wal_ahead {
    struct gd_wal_spool spool;
    const char *data_directory;
    uint64_t system_identifier;
    uint32_t wait_ms; /* for the process in the background; then the caller puts it itself */
    /* Start it: it must call gd_wal_ahead_work() and hold the descriptor `lock` until it ends. */
    struct gd_status (*start)(void *context, int lock, struct gd_error *err);
    void *context;
};

/** Is the file at `path` one that the server waits to have archived? */
bool gd_wal_ahead_knows(const struct gd_wal_ahead *ahead, const struct gd_wal_name *name,
                        const char *path);

/** Wait until it is in the store.
 *  @param out_alone  nobody works in the background: to be put with gd_wal_put()
 *  @return what the process in the background met with this file */
GD_MUST struct gd_status gd_wal_ahead_ask(const struct gd_wal_ahead *ahead,
                                          const struct gd_wal_name *name, const char *path,
                                          bool *out_alone, struct gd_wal_put *out_put,
                                          struct gd_error *err);

/** In the background: put what is ready, until nothing is for a while, or the first failure.
 *  Whoever asks next starts another one. */
GD_MUST struct gd_status gd_wal_ahead_work(const struct gd_wal_ahead *ahead,
                                           const struct gd_wal_place *place, unsigned workers,
                                           struct gd_error *err);

#endif
