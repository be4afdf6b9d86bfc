/*
 * Coverage: base backups, WAL and marks of a cluster together: to which moments can it be brought
 * back, and where are the holes?
 *
 * A window begins where a base backup is consistent (stop_lsn) and ends where the WAL behind it
 * does; windows of one timeline that overlap are one. Nothing of this is believed by name alone
 * when `proven` says so: see prove/.
 */
#ifndef GUARDIAN_SNAPSHOT_COVERAGE_H
#define GUARDIAN_SNAPSHOT_COVERAGE_H

#include "guardian/io/crypt.h"
#include "guardian/snapshot/base.h"
#include "guardian/wal/chain.h"
#include "guardian/wal/mark.h"
#include "guardian/wal/sure.h"

struct gd_window {
    uint32_t timeline; /* of its end */
    uint64_t from_lsn, to_lsn;
    int64_t from_us, to_us; /* the server's clock at the start; at the end the store's, or sure_us
                               when that is later */
    int64_t sure_us; /* the server's clock: the newest moment that is known to be in it; from_us
                        at least. What was committed until then can be brought back */
    const char *first_base; /* id: the oldest one that it begins with */
    const char *last_base;
    uint64_t proven_lsn; /* WAL was read back up to here */
};

struct gd_hole {
    uint32_t timeline;
    uint64_t from_lsn, to_lsn; /* to_lsn 0: nobody knows */
    int64_t from_us, to_us;
    uint64_t segments; /* how many are concerned */
    const char *why;   /* "segment 0000000100000000000000A4 is missing" */
    bool for_good;     /* no WAL closes it: what it would need was never written */
};

struct gd_coverage {
    uint64_t system_identifier;
    struct gd_base_listed *bases; /* oldest first */
    size_t base_count;
    struct gd_wal_chain *chain;
    struct gd_mark *marks;
    size_t mark_count;
    struct gd_wal_sure *sure;
    size_t sure_count;
    struct gd_window *windows; /* oldest first */
    size_t window_count;
    /* Of old timelines: all of it is on the way to the end of a window above. Nothing to tell, but
     * recovery may stop there. */
    struct gd_window *passed;
    size_t passed_count;
    struct gd_hole *holes;
    size_t hole_count;
    uint32_t pruned_timeline; /* WAL before this place is missing on purpose; 0: none is */
    uint64_t pruned_lsn;
};

/** Windows and holes out of bases, chain and marks; again after files of the chain were found to be
 *  damaged. Pure. */
void gd_coverage_build(struct gd_coverage *coverage, struct gd_arena *arena);

/** Is it whole, as far as listings tell: itself, what it needs (`after`), and its own WAL? An
 *  incremental one with tablespaces is not: nothing here puts it together. */
bool gd_coverage_usable(const struct gd_coverage *coverage, const struct gd_base_listed *listed);

/** The first base backup, of it and what it goes on from, that none of the keys in `key` (NULL:
 * none) opens: nothing can be recovered from it without that one. NULL: each can be opened, as far
 * as manifests tell. */
const struct gd_base_listed *gd_coverage_locked(const struct gd_coverage *coverage,
                                                const struct gd_base_listed *listed,
                                                const struct gd_key *key);

/** The window that ends on `timeline`, at `to_lsn` (0: at any place), passed ones too; NULL: there
 *  is none. */
const struct gd_window *gd_coverage_window(const struct gd_coverage *coverage, uint32_t timeline,
                                           uint64_t to_lsn);

/** Listings only; reads no WAL. */
GD_MUST struct gd_status gd_coverage_read(const struct gd_wal_place *place, struct gd_arena *arena,
                                          struct gd_coverage **out_coverage, struct gd_error *err);

/** The newest base backup from which `lsn` of `timeline` can be reached; NULL: none, and
 *  `out_why` says what is missing, in words. */
const struct gd_base_listed *gd_coverage_base_for(const struct gd_coverage *coverage,
                                                  uint32_t timeline, uint64_t lsn,
                                                  struct gd_arena *arena, const char **out_why);

#endif
