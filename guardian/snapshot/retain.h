/*
 * Retain: which base backups, which WAL and which marks of a cluster may go when the last so many
 * days can be recovered. docs/decisions/chain.md.
 *
 * Invariant 1  Pure: coverage, rules and time are given, nothing is looked up.
 * Invariant 2  Nothing goes unless a base backup stays that is proven, older than the promised
 *              time's begin, and leads there: the anchor. It, all that it needs, and all WAL from
 *              its start on stay, on every timeline that is reached from it.
 *              One whose manifest cannot be read stays with what it may need: all that are older
 * than itself, and what was stored while it was made. Invariant 3  By time, not by timeline or
 * name: a timeline that was left has an anchor of its own as long as it has moments of that time,
 * and what was stored after the oldest anchor was begun stays, whatever it is called.
 */
#ifndef GUARDIAN_SNAPSHOT_RETAIN_H
#define GUARDIAN_SNAPSHOT_RETAIN_H

#include "guardian/snapshot/coverage.h"

enum gd_retain {
    GD_RETAIN_NOT,
    GD_RETAIN_WINDOW, /* inside of the window, or its anchor */
    GD_RETAIN_NEEDED, /* another one that stays needs it, or shares files with it */
    GD_RETAIN_HELD,
    GD_RETAIN_OPEN_CHANGE, /* the anchor of a change that is not closed */
    GD_RETAIN_DAMAGED,     /* nobody knows what might be saved of it */
    GD_RETAIN_YOUNG,       /* litter that may still be growing */
    GD_RETAIN_UNCERTAIN,   /* there is no anchor, or something cannot be read */
};

struct gd_retain_rules {
    int64_t keep_us;
    uint32_t unfinished_age_s; /* 86,400 */
    bool drop_damaged;         /* what is damaged goes when an anchor stays that is newer */
};

struct gd_retain_base {
    const struct gd_base_listed *listed;
    bool held;
    bool proven;         /* there is a proof of it: only such a one is an anchor */
    bool damaged;        /* found by reading it, whatever listings say */
    enum gd_retain keep; /* out */
    const char *because; /* out */
};

struct gd_retention {
    const struct gd_coverage *coverage;
    struct gd_retain_base *bases; /* as many as the coverage has, in its order */
    bool *mark_open;              /* for each mark: its change is not closed */
    /* out */
    int64_t begins_us;                   /* of the window; earlier when an open change needs it */
    const struct gd_base_listed *anchor; /* NULL: nothing goes but litter */
    const char *why_nothing;             /* without an anchor, in words */
    bool *file_goes, *mark_goes;         /* for each file of the chain, each mark */
    uint64_t files, file_bytes, marks;   /* how many go */
};

/** All of `retention` but what is out is filled in. */
void gd_retain_decide(struct gd_retention *retention, const struct gd_retain_rules *rules,
                      int64_t now_us, struct gd_arena *arena);

/* ---- the deed ---- */

/** Remove one base backup: its manifest first, from then on nothing claims it. Objects that
 *  others share must have been asked for before (GD_RETAIN_NEEDED). */
GD_MUST struct gd_status gd_retain_remove_base(struct gd_store *store, uint64_t system_identifier,
                                               const char *id, struct gd_error *err);

/** Remove the WAL and the marks that go: to be called when all base backups that go are gone. First
 *  it is written down that what is before the anchor is missing on purpose. The oldest go first, so
 *  that what is left has no hole. @param out_removed  files, also after a failure */
GD_MUST struct gd_status gd_retain_remove_wal(const struct gd_wal_place *place,
                                              const struct gd_retention *retention,
                                              uint64_t *out_removed, struct gd_error *err);

/** Up to where WAL is missing on purpose; 0: nothing was pruned. Of names alone. */
struct gd_pruned {
    uint32_t timeline;
    uint64_t lsn;
};
GD_MUST struct gd_status gd_retain_pruned(struct gd_store *store, uint64_t system_identifier,
                                          struct gd_arena *arena, struct gd_pruned *out_pruned,
                                          struct gd_error *err);

#endif
