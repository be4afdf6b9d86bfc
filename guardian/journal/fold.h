/*
 * Fold: changes that are over, summed up, so that a start reads the last days and not all years.
 *
 * v1/<cluster>/folded/<number>.zst (docs/formats/journal.md) holds the closing records of all
 * changes behind one id up to another; each begins where the one before it ended.
 *
 * Invariant 1  A summary is a cache: the journals stay as they are, and tell the same without it.
 * One that is missing or damaged is said, and what it held is read from the journals.
 * Invariant 2  No change up to `upto` is open, and none becomes so: only what is a day old is
 * summed up, and who holds the lease begins no change whose id is not greater than `upto`.
 * Owner        whoever may write to the store; a number is taken once, as with records.
 */
#ifndef GUARDIAN_JOURNAL_FOLD_H
#define GUARDIAN_JOURNAL_FOLD_H

#include "guardian/journal/journal.h"

struct gd_fold {
    uint32_t number;
    const char *after, *upto; /* ids: of the last change before it ("" none), and of its last */
    uint64_t before;          /* how many changes are in those before it */
    struct gd_change_entry *items; /* oldest first */
    size_t count;
};

/** The bytes of a summary, decompressed. @param key  where it lies: it fits nowhere else
 *  @return GD_CORRUPT damaged, cut short, or not what it says; GD_USAGE of a newer guardian */
GD_MUST struct gd_status gd_fold_parse(const char *key, const char *cluster, const void *data,
                                       size_t size, struct gd_arena *arena,
                                       struct gd_fold *out_fold, struct gd_error *err);

/** What is summed up, by the newest summary that can be read. */
struct gd_folded {
    const char *upto;      /* "": nothing */
    uint64_t count;        /* changes up to there */
    uint32_t last;         /* number of the newest, readable or not; 0 */
    struct gd_fold newest; /* that can be read */
    const char *problem;   /* what is wrong with one of them; NULL */
};
GD_MUST struct gd_status gd_folded_look(struct gd_store *store, const char *cluster,
                                        struct gd_arena *arena, struct gd_folded *out_folded,
                                        struct gd_error *err);

/** The newest `most` (0: all) of the changes that are summed up, oldest first. `*out_whole` false:
 *  a summary is missing or damaged, and `folded->problem` says so; those behind it are there. */
GD_MUST struct gd_status gd_folded_entries(struct gd_store *store, const char *cluster,
                                           struct gd_folded *folded, size_t most,
                                           struct gd_arena *arena,
                                           struct gd_change_entry **out_entries, size_t *out_count,
                                           bool *out_whole, struct gd_error *err);

/** Sum up what of `entries` (gd_journal_list_recent(), which gave `folded`) can be, when it is at
 *  least `least` changes. @param out_count  how many were; a few hundred at a time */
GD_MUST struct gd_status gd_journal_fold(struct gd_store *store, const char *cluster,
                                         const struct gd_folded *folded,
                                         const struct gd_change_entry *entries, size_t count,
                                         size_t least, size_t *out_count, struct gd_error *err);
/** All that can be, however much that is; for prune. */
GD_MUST struct gd_status gd_journal_fold_all(struct gd_store *store, const char *cluster,
                                             size_t *out_count, struct gd_error *err);

/** As gd_journal_list(), of the changes behind those that are summed up: every open one is among
 *  them. */
GD_MUST struct gd_status gd_journal_list_recent(struct gd_store *store, const char *cluster,
                                                struct gd_arena *arena,
                                                struct gd_folded *out_folded,
                                                struct gd_change_entry **out_entries,
                                                size_t *out_count, struct gd_error *err);

#endif
