/*
 * Sure: until when is known what a server had committed, when nothing in its WAL says so.
 *
 *     v1/<system identifier>/wal-sure/<timeline>-<LSN>-<microseconds since 1970>
 *
 * Each of these is a statement about the server, not about the store: whatever it committed on this
 * timeline with a time stamp up to then has its record before this byte. So it is true wherever it
 * lies; it says something to him who holds all WAL up to that byte (snapshot/coverage.c).
 *
 * How it is known      docs/decisions/chain.md: the clock is read first, then it is seen that no
 *                      transaction that has an id is under way, then where WAL is inserted is read.
 * Invariant            Nothing is stated of a standby, nor beside a transaction that has an id.
 */
#ifndef GUARDIAN_WAL_SURE_H
#define GUARDIAN_WAL_SURE_H

#include "guardian/pg/connect.h"
#include "guardian/wal/stored.h"

struct gd_wal_sure {
    uint32_t timeline;
    uint64_t lsn;
    int64_t time_us;   /* the server's clock */
    int64_t stored_us; /* the store's, of those that were read */
};

/** Ask the server. @param system_identifier  of the cluster that is meant
 *  @param out_known  false: nothing can be said: it is a standby, another cluster, or a transaction
 *  that has an id is under way */
GD_MUST struct gd_status gd_wal_sure_ask(struct gd_pg *pg, uint64_t system_identifier,
                                         struct gd_wal_sure *out_sure, bool *out_known,
                                         struct gd_error *err);

/** Write it down. */
GD_MUST struct gd_status gd_wal_sure_put(const struct gd_wal_place *place,
                                         const struct gd_wal_sure *sure, struct gd_error *err);

/** All that hold, the oldest of each timeline first. When a server's clock was set back, those that
 *  were stored before do not. Of names alone. */
GD_MUST struct gd_status gd_wal_sure_read(struct gd_store *store, uint64_t system_identifier,
                                          struct gd_arena *arena, struct gd_wal_sure **out_sure,
                                          size_t *out_count, struct gd_error *err);

/** Remove all but the newest of each timeline. @return what gd_store_remove() says of the first
 *  that could not be removed */
GD_MUST struct gd_status gd_wal_sure_tidy(struct gd_store *store, uint64_t system_identifier,
                                          struct gd_error *err);

#endif
