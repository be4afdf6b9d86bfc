/*
 * Walk: from record to record through the bytes of one segment, as recovery will read them.
 *
 * Each record tells its length, where the one before it began, and a CRC over itself; each page
 * that begins inside of a record tells how much of it is left. So bytes that were stored faithfully
 * but are no WAL that can be replayed are told from those that are. What crosses the border of two
 * segments is compared by gd_wal_walk_follows().
 *
 * Source: src/include/access/xlogrecord.h, xlog_internal.h, of PostgreSQL 13 to 18.
 */
#ifndef GUARDIAN_WAL_WALK_H
#define GUARDIAN_WAL_WALK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "guardian/base/status.h"
#include "guardian/wal/page.h"

/** What is left of a segment that was walked through. */
struct gd_wal_told {
    uint64_t first_prev; /* where the record before the first one here began; 0: none begins here */
    uint64_t last_start; /* where the last record began, here or before; 0: none does */
    uint64_t before_last; /* where the one before that began; 0: not known */
    uint32_t head_left;   /* bytes at the beginning that belong to a record from before */
    uint32_t tail_left;   /* bytes that the last record has behind the end */
    bool gives_up;        /* it begins by saying that the record from before was never finished */
    bool switched;        /* it ends with a switch: what follows is the next segment */
    uint64_t ended_lsn;   /* WAL ends here without one; 0: it goes to the last byte */
    int64_t oldest_us, newest_us; /* the server's clock: commits and restore points; 0: none */
    /* Where the records begin by which the server says that it writes with wal_level=minimal from
     * then on: no recovery gets past the first one. 0: there is none */
    uint64_t first_minimal, last_minimal;
};

enum { GD_WAL_RECORD_HEAD = 24, GD_WAL_RECORD_LOOK = 1152 }; /* a path of 1,024 bytes fits */

/** A tablespace is made; `path` is "" for one within the data directory, NULL: longer than any. */
typedef void gd_wal_tablespace_fn(void *context, uint32_t oid, const char *path);

struct gd_wal_walk {
    struct gd_wal_told told;
    gd_wal_tablespace_fn
        *tablespace; /* set behind gd_wal_walk_init(); NULL: nobody wants to know */
    void *context;
    uint64_t lsn; /* of the page that is being filled */
    bool begun, ended;
    /* the record that is being read */
    uint32_t left; /* bytes that are still to come of it */
    bool whole;    /* it began here */
    size_t head_filled, look_filled;
    unsigned char head[GD_WAL_RECORD_HEAD], look[GD_WAL_RECORD_LOOK];
    uint32_t crc;
    size_t filled;
    unsigned char page[GD_WAL_PAGE_BYTES];
};

/** @param lsn  of the first byte that will be given */
void gd_wal_walk_init(struct gd_wal_walk *walk, uint64_t lsn);
/** Bytes in any pieces, in order. @return GD_CORRUPT they are no WAL: why, and where */
GD_MUST struct gd_status gd_wal_walk_add(struct gd_wal_walk *walk, const void *data, size_t size,
                                         struct gd_error *err);
/** All was given. `out_told` may be NULL. */
GD_MUST struct gd_status gd_wal_walk_end(struct gd_wal_walk *walk, struct gd_wal_told *out_told,
                                         struct gd_error *err);

/** Does `next` go on where `before` ends? What no record begins in passes on what was known: then
 *  `inout_before` is brought up to date. @return GD_CORRUPT in words that follow a name: "does not
 *  go on …" */
GD_MUST struct gd_status gd_wal_walk_follows(struct gd_wal_told *inout_before,
                                             const struct gd_wal_told *next, struct gd_error *err);

#endif
