/*
 * Mark: a named restore point, made before or after a change, and seen in the store when somebody
 * relies on it.
 *
 *     v1/<system identifier>/marks/<id>.json      docs/formats/mark.md
 *
 * Invariant 1  `seen` is said only when the record of the restore point itself was found, whole and
 *              with its name, in WAL that was read back from the store, with all of its segment
 *              before it. That nothing is missing between a base backup and there is another
 *              question: wal/chain.h.
 * Invariant 2  A name is never used twice: recovery would stop at the first.
 * Invariant 3  A record that cannot be understood marks nothing: it is left out.
 */
#ifndef GUARDIAN_WAL_MARK_H
#define GUARDIAN_WAL_MARK_H

#include "guardian/base/clock.h"
#include "guardian/base/events.h"
#include "guardian/pg/connect.h"
#include "guardian/wal/stored.h"

enum { GD_MARK_FORMAT = 1, GD_MARK_NAME_SIZE = 64 };

struct gd_mark {
    const char *id;       /* sorts by time */
    const char *name;     /* of the restore point, at most 63 bytes, never used twice */
    const char *change;   /* for which it was made, or "" */
    const char *database; /* in which the change runs, or "" */
    bool after;           /* behind the change, not before it */
    bool seen;            /* in the store, before this was recorded */
    uint64_t system_identifier;
    uint32_t timeline;
    uint64_t lsn;           /* behind the restore point's record */
    int64_t time_us;        /* by the server's clock */
    uint64_t transaction;   /* 64 bits: the next one to be given out when it was made */
    const char *git_commit; /* or "" */
};

struct gd_mark_options {
    struct gd_pg *pg;                           /* an ordinary session, outside of a transaction */
    struct gd_wal_place place;                  /* its system identifier 0: the server's */
    const char *change, *database, *git_commit; /* NULL: "" */
    bool within; /* something of the change may be in already: neither before it nor behind it */
    bool after;
    bool wait;        /* until it was read back from the store; the segment is closed for it */
    uint32_t wait_ms; /* 0: 10,000 */
    const struct gd_events *events;
};

/** Was it made when something of its change may have been in? Its name says so. */
bool gd_wal_mark_is_within(const struct gd_mark *mark);

/** @return GD_UNPROTECTED no right to make one, a standby, wal_level minimal, another cluster than
 *  the place is for, or the store did not have it in time: nothing of it counts; GD_CORRUPT what
 *  the store has there is not what the server wrote */
GD_MUST struct gd_status gd_wal_mark(const struct gd_mark_options *options, struct gd_arena *arena,
                                     struct gd_mark *out_mark, struct gd_error *err);

/** All marks of a cluster, oldest first. */
GD_MUST struct gd_status gd_wal_marks(struct gd_store *store, uint64_t system_identifier,
                                      struct gd_arena *arena, struct gd_mark **out_marks,
                                      size_t *out_count, struct gd_error *err);

/** The oldest mark before a change (or the newest `after` it), without reading those of others that
 *  are older than the change; none from within it; *out_mark NULL: there is none. One that was seen
 * goes before one that was not. */
GD_MUST struct gd_status gd_wal_mark_find(struct gd_store *store, uint64_t system_identifier,
                                          const char *change, bool after, struct gd_arena *arena,
                                          const struct gd_mark **out_mark, struct gd_error *err);

/** Is the restore point's own record in the store? @param out_seen  false: not yet, or not any more
 *  @return GD_CORRUPT there is WAL in its place, and the record is not in it */
GD_MUST struct gd_status gd_wal_mark_look(const struct gd_wal_place *place,
                                          const struct gd_mark *mark, uint64_t segment_bytes,
                                          bool *out_seen, struct gd_error *err);

/** As it is stored: JSON, keys in a fixed order, a line feed at the end. malloc()ed. */
GD_MUST struct gd_status gd_wal_mark_format(const struct gd_mark *mark, char **out_text,
                                            size_t *out_size, struct gd_error *err);
/** @return GD_CORRUPT with the key that is wrong; GD_USAGE for a newer format */
GD_MUST struct gd_status gd_wal_mark_parse(const char *text, size_t size, struct gd_arena *arena,
                                           struct gd_mark *out_mark, struct gd_error *err);
/** "v1/<system identifier>/marks/<id>.json" */
const char *gd_wal_mark_key(uint64_t system_identifier, const char *id, struct gd_arena *arena);

#endif
