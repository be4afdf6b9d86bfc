/*
 * Point: a point in time as a backup, proven.
 *
 *     base backup with a proof ▸ WAL behind it, read back up to the store's end ▸ mark ▸ the rest
 *     of the WAL up to it, read back ▸ proof
 *
 * All that takes long comes before the mark (gd_point_prepare), which may stand under locks: what
 * is left then is the segment or two that were written meanwhile, whatever the size of the
 * database.
 *
 * Invariant 1  A proof is made only when each byte of WAL from the base backup's start to behind
 * the restore point's own record was read back: now, or before and remembered (wal/chain.h).
 * Invariant 2  Its kind is that of the base backup's own proof: nothing is drilled that was not.
 */
#ifndef GUARDIAN_PROVE_POINT_H
#define GUARDIAN_PROVE_POINT_H

#include "guardian/prove/prove.h"
#include "guardian/wal/mark.h"

struct gd_point_options {
    const struct gd_pg_options *pg; /* for a session of its own */
    struct gd_wal_place place;
    enum gd_proof_kind wanted; /* of the base backup */
    const char *change, *database, *git_commit;
    bool within;               /* something of the change may be in */
    uint64_t proof_age_max_ms; /* of the base backup's proof, and of all that it goes on from; 0,
                                  UINT64_MAX: however old */
    uint32_t wait_ms;          /* for the store to have the mark; 0: 10,000 */
    /* Those who write will wait for the mark: when the WAL in the store is not of just now,
     * gd_point_prepare() sees whether one arrives. It belongs to no change. */
    bool held;
    const struct gd_events *events;
};

/** What a point in time would stand on. */
struct gd_cover {
    const char *base; /* id of the base backup */
    char base_sha256[GD_DIGEST_HEX_SIZE];
    enum gd_proof_kind base_proof;
    int64_t proven_us; /* … which was made then; of a chain of them the oldest */
    int64_t since_us;  /* the base backup is consistent from here on */
    uint32_t timeline; /* on which the server writes */
    uint64_t lsn;      /* WAL is there up to here; proven, once prepared */
    uint64_t segment_bytes;
};

/** Does anybody keep WAL of this server here? One listing. */
GD_MUST struct gd_status gd_point_kept(struct gd_store *store, uint64_t system_identifier,
                                       bool *out_kept, struct gd_error *err);

/** By names alone. `*out_cover` NULL: not covered, and `*out_why` says what is missing, one phrase.
 *  @return only when store or server cannot be asked */
GD_MUST struct gd_status gd_point_foresee(const struct gd_point_options *options,
                                          struct gd_arena *arena, struct gd_cover **out_cover,
                                          const char **out_why, struct gd_error *err);

/** The same, and what is not proven yet of the WAL is read. */
GD_MUST struct gd_status gd_point_prepare(const struct gd_point_options *options,
                                          struct gd_arena *arena, struct gd_cover **out_cover,
                                          const char **out_why, struct gd_error *err);

/** Make the mark and prove that a recovery reaches it. `cover` was prepared.
 *  @param out_seen  pg_current_snapshot() from right before the mark: who is visible in it is in
 *  @return GD_UNPROTECTED, GD_CORRUPT, GD_SYSTEM: nothing counts */
GD_MUST struct gd_status gd_prove_point(const struct gd_point_options *options,
                                        const struct gd_cover *cover, struct gd_arena *arena,
                                        const struct gd_proof **out_proof, const char **out_seen,
                                        struct gd_error *err);

#endif
