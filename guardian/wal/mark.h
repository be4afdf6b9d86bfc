/*
 * Mark: a named restore point, made before a change and seen in the store.
 *
 *     v1/<system identifier>/marks/<id>.json      docs/formats/mark.md
 *
 * Invariant  gd_wal_mark() has ended well: the record of the restore point, and all WAL before it,
 *            was read back from the store.
 */
#ifndef GUARDIAN_WAL_MARK_H
#define GUARDIAN_WAL_MARK_H

#include "guardian/base/events.h"
#include "guardian/pg/connect.h"
#include "guardian/wal/stored.h"

struct gd_mark {
    const char *id;       /* sorts by time */
    const char *name;     /* of the restore point, at most 63 bytes, never used twice */
    const char *change;   /* for which it was made, or "" */
    const char *database; /* in which the change runs, or "" */
    bool after;           /* behind the change, not before it */
    uint32_t timeline;
    uint64_t lsn;           /* behind the restore point's record */
    int64_t time_us;        /* by the server's clock */
    uint64_t transaction;   /* 64 bits: the next one to be given out when it was made */
    const char *git_commit; /* or "" */
};

struct gd_mark_options {
    struct gd_pg *pg; /* an ordinary session, outside of a transaction */
    struct gd_wal_place place;
    const char *change, *database, *git_commit; /* NULL: "" */
    bool after;
    bool wait;        /* until it was read back from the store */
    uint32_t wait_ms; /* 0: 10,000 */
    const struct gd_events *events;
};

/** @return GD_UNPROTECTED no right to make one, a standby, wal_level minimal, or the store did not
 *  have it in time: nothing of it counts */
GD_MUST struct gd_status gd_wal_mark(const struct gd_mark_options *options, struct gd_arena *arena,
                                     struct gd_mark *out_mark, struct gd_error *err);

/** All marks of a cluster, oldest first. */
GD_MUST struct gd_status gd_wal_marks(struct gd_store *store, uint64_t system_identifier,
                                      struct gd_arena *arena, struct gd_mark **out_marks,
                                      size_t *out_count, struct gd_error *err);

#endif
