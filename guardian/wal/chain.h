/*
 * Chain: which WAL a store holds without a hole.
 *
 * Looking (gd_wal_chain_read) lists names and costs no reading; proving (gd_wal_chain_prove) reads
 * every object that was not proven before, and remembers it in the store.
 * Timelines: a chain follows .history files; what a timeline has behind the point at which its
 * successor branched off stays reachable by targets on that timeline.
 */
#ifndef GUARDIAN_WAL_CHAIN_H
#define GUARDIAN_WAL_CHAIN_H

#include "guardian/base/events.h"
#include "guardian/wal/stored.h"

/** WAL of one timeline without a hole: [from_lsn, to_lsn). */
struct gd_wal_run {
    uint32_t timeline;
    uint64_t from_lsn, to_lsn;
    uint64_t proven_lsn; /* all before it was read back and follows each other; from_lsn: nothing */
    int64_t from_us, to_us; /* when its first and last object were stored, by the store's clock */
    uint64_t stored_bytes;
};

/** Where a timeline came from, as its own .history file, or one of its successors, says. */
struct gd_wal_branch {
    uint32_t timeline, parent; /* parent 0: its file cannot be read */
    uint64_t at_lsn;           /* the parent's WAL is followed up to here */
    const char *problem; /* NULL: none; files that contradict each other, one that is damaged */
};

/** One object that holds WAL. Pieces are what was streamed of a segment that is not whole yet. */
struct gd_wal_file {
    struct gd_wal_name name; /* of the segment, for a piece */
    bool piece;
    bool spare;          /* a piece of a segment that is there as a whole, too */
    bool proven;         /* by gd_wal_chain_prove() or _check(), now or before */
    bool doubted;        /* it was damaged when it was read last: what was known does not count */
    int64_t read_us;     /* when it was proven; 0: not known */
    uint32_t start, end; /* of a piece, in its segment */
    uint64_t from_lsn, to_lsn; /* to_lsn == from_lsn: it holds nothing that is followed */
    uint64_t stored_bytes;
    int64_t modified_us;            /* the store's clock */
    const char *problem;            /* NULL: none that is known */
    const struct gd_wal_told *told; /* what was found in it when it was proven (walk.h); or NULL */
};

struct gd_wal_told;
struct gd_wal_chain {
    struct gd_arena *arena;                    /* in which it lives */
    uint64_t system_identifier, segment_bytes; /* segment_bytes 0: there is no WAL */
    struct gd_wal_run *runs;                   /* by timeline, then from_lsn */
    size_t run_count;
    struct gd_wal_branch *branches; /* by timeline */
    size_t branch_count;
    struct gd_wal_file *files; /* by timeline, then from_lsn; all kinds */
    size_t file_count;
};

/** What is damaged is told (problem), and only a store that cannot be asked makes it fail. */
GD_MUST struct gd_status gd_wal_chain_read(const struct gd_wal_place *place, struct gd_arena *arena,
                                           struct gd_wal_chain **out_chain, struct gd_error *err);

/** The same without what is remembered of earlier readings: nothing is proven, and damage that was
 *  found is not known. For who goes on writing, and relies on nothing. */
GD_MUST struct gd_status gd_wal_chain_list(const struct gd_wal_place *place, struct gd_arena *arena,
                                           struct gd_wal_chain **out_chain, struct gd_error *err);

struct gd_wal_check_options {
    const struct gd_events *events;
    unsigned workers; /* 0: 8 */
    bool again;       /* read all of it, whatever is remembered */
    int64_t age_us;   /* of what was read before that long ago, a bounded part is read once more,
                         the oldest first; 0: none */
    bool forget;      /* write nothing into the store */
};
struct gd_wal_checked {
    uint64_t segments, read_now; /* whole ones and begun ones; of them, read in this call */
    uint64_t read_bytes;         /* as they are stored */
    uint64_t damaged;
    uint64_t once_more;     /* of read_now: they had been read before */
    int64_t oldest_read_us; /* of whole segments that are good: the oldest reading; 0: not known */
};

/** Read back all that was not read before and remember it in the store (docs/formats/wal.md): the
 *  digest, each page, each record, and that segments follow each other. What is damaged gets its
 *  problem, and runs are made anew without it.
 *  @return GD_SYSTEM the store was lost; GD_USAGE the key is not given. Damage is no failure */
GD_MUST struct gd_status gd_wal_chain_check(const struct gd_wal_place *place,
                                            struct gd_wal_chain *chain,
                                            const struct gd_wal_check_options *options,
                                            struct gd_wal_checked *out_checked,
                                            struct gd_error *err);

/** The same for what is needed from `from_lsn` of `timeline` on to `until_lsn` (0: all there is) of
 *  `to_timeline` (0: the newest that came from it).
 *  @return GD_CORRUPT a segment or history file is missing, damaged or of something else: the text
 *  names the first, and `out_proven_lsn` (set then, too) is how far it holds */
GD_MUST struct gd_status gd_wal_chain_prove(const struct gd_wal_place *place,
                                            struct gd_wal_chain *chain, uint32_t timeline,
                                            uint64_t from_lsn, uint32_t to_timeline,
                                            uint64_t until_lsn, const struct gd_events *events,
                                            uint32_t *out_timeline, uint64_t *out_proven_lsn,
                                            struct gd_error *err);

/** Read what was not read before of the same way, and remember nothing: for a look in between.
 *  Damage is no failure. @return GD_SYSTEM the store was lost; GD_USAGE the key is not given */
GD_MUST struct gd_status gd_wal_chain_look(const struct gd_wal_place *place,
                                           struct gd_wal_chain *chain, uint32_t timeline,
                                           uint64_t from_lsn, uint32_t to_timeline,
                                           uint64_t until_lsn, const struct gd_events *events,
                                           struct gd_error *err);

/** Is every byte of [from_lsn, to_lsn) there, from `from_timeline` on along the ancestors of
 *  `to_timeline`? Of names alone. `out_missing_*`: the first byte that is not; may be NULL. */
bool gd_wal_chain_reaches(const struct gd_wal_chain *chain, uint32_t from_timeline,
                          uint64_t from_lsn, uint32_t to_timeline, uint64_t to_lsn,
                          uint32_t *out_missing_timeline, uint64_t *out_missing_lsn);

/** How far it goes without a hole from `from_lsn` of `from_timeline` on, on the way to
 *  `to_timeline` and at most to `limit_lsn`: the first byte that is not there. `out_timeline`: on
 *  which timeline that is. `from_lsn` itself when `to_timeline` did not come from there. */
uint64_t gd_wal_chain_follow(const struct gd_wal_chain *chain, uint32_t from_timeline,
                             uint64_t from_lsn, uint32_t to_timeline, uint64_t limit_lsn,
                             uint32_t *out_timeline);

/** Where the way from `timeline` to its successor `to_timeline` leaves it; UINT64_MAX when they are
 *  the same. @return false: `to_timeline` did not come from it */
bool gd_wal_chain_leaves(const struct gd_wal_chain *chain, uint32_t timeline, uint32_t to_timeline,
                         uint64_t *out_lsn);

/** Does a run end here because the server wrote with wal_level=minimal from here on? */
bool gd_wal_chain_is_minimal(const struct gd_wal_chain *chain, uint64_t lsn);

/** "v1/<system identifier>/wal/…" of a file of the chain. */
const char *gd_wal_file_key(const struct gd_wal_place *place, const struct gd_wal_file *file,
                            struct gd_arena *arena);

#endif
