/*
 * What the files of the chain share: one lists, one reads history files, one proves.
 */
#ifndef GUARDIAN_WAL_CHAIN_OWN_H
#define GUARDIAN_WAL_CHAIN_OWN_H

#include "guardian/wal/chain.h"
#include "guardian/wal/walk.h"

/** Runs out of files: those with a problem do not count. */
void gd_wal_chain_runs(struct gd_wal_chain *chain);

/** Branches out of the .history files among chain->files. */
GD_MUST struct gd_status gd_wal_chain_branches(const struct gd_wal_place *place,
                                               struct gd_wal_chain *chain, struct gd_error *err);

/** The lines of a .history file: each names a timeline and where it was left, the oldest first.
 *  @param timeline  that the file is of
 *  @return GD_CORRUPT it is no such file */
struct gd_wal_ancestor {
    uint32_t timeline;
    uint64_t left_lsn;
};
GD_MUST struct gd_status gd_wal_history_read(const char *text, size_t size, uint32_t timeline,
                                             struct gd_arena *arena,
                                             struct gd_wal_ancestor **out_ancestors,
                                             size_t *out_count, struct gd_error *err);

/** The size of segments, by the labels and heads of what is stored. 0: there is none to ask. */
GD_MUST struct gd_status gd_wal_chain_segment_bytes(const struct gd_wal_place *place,
                                                    const struct gd_wal_chain *chain,
                                                    uint64_t *out_bytes, struct gd_error *err);

/** Mark as proven what is remembered and still is the same object. What cannot be read of the
 *  memory is not believed. */
GD_MUST struct gd_status gd_wal_proven_read(const struct gd_wal_place *place,
                                            struct gd_wal_chain *chain, struct gd_error *err);
/** Remember the whole segments of chain->files whose index is in `fresh`. */
GD_MUST struct gd_status gd_wal_proven_write(const struct gd_wal_place *place,
                                             const struct gd_wal_chain *chain, const size_t *fresh,
                                             size_t count, struct gd_error *err);

/** The file of a whole segment; NULL. */
struct gd_wal_file *gd_wal_chain_whole(const struct gd_wal_chain *chain, uint32_t timeline,
                                       uint64_t lsn);

#endif
