/*
 * Digest of a base backup: every byte read back, and compared with what is known of it.
 *
 * Proofs of base backups are recorded as those of snapshots are, under the cluster's system
 * identifier (gd_base_cluster()).
 */
#ifndef GUARDIAN_PROVE_BASE_DIGEST_H
#define GUARDIAN_PROVE_BASE_DIGEST_H

#include "guardian/prove/prove.h"
#include "guardian/snapshot/base.h"

/** The cluster of its proofs: the system identifier in digits. */
const char *gd_base_cluster(uint64_t system_identifier, struct gd_arena *arena);

/**
 * Stored digests, compression, archives, the SHA-256 of every file against the server's manifest,
 * that one's own checksum, and the WAL from start to stop. Damage is told object by object, as
 * warnings, and withdraws earlier proofs.
 *
 * @param id  or the beginning of one; `system_identifier` 0: of any cluster
 * @return GD_CORRUPT  damaged or missing; the text names the first
 */
GD_MUST struct gd_status gd_prove_base(const struct gd_prove_options *options,
                                       uint64_t system_identifier, const char *id,
                                       struct gd_arena *arena, struct gd_base **out_base,
                                       const struct gd_proof **out_proof,
                                       struct gd_prove_outcome *out_outcome, struct gd_error *err);

/** gd_base_take() has just read all of it back: the record of that. */
GD_MUST struct gd_status gd_prove_base_taken(const struct gd_prove_options *options,
                                             const struct gd_base *base, double seconds,
                                             struct gd_arena *arena,
                                             const struct gd_proof **out_proof,
                                             struct gd_error *err);

/** The best proof of a base backup, or NULL. */
GD_MUST struct gd_status gd_prove_base_find(struct gd_store *store, const struct gd_base *base,
                                            const char *manifest_sha256, struct gd_arena *arena,
                                            const struct gd_proof **out_proof,
                                            struct gd_error *err);

#endif
