/*
 * Permit: what guard/apply.c demands before it runs a statement.
 *
 * There is no way to make one but from a proof that prove/ made, from a policy that demands no
 * backup, or from a policy that let a waiver count: forgetting the backup does not compile.
 */
#ifndef GUARDIAN_GUARD_PERMIT_H
#define GUARDIAN_GUARD_PERMIT_H

#include "guardian/policy/policy.h"
#include "guardian/prove/prove.h"

struct gd_permit; /* opaque */

/** @param manifest  of the snapshot that was taken for the change
 *  @return GD_UNPROTECTED  the proof is of another snapshot, or weaker than the decision demands,
 * or the snapshot does not hold what the decision's backup must hold */
GD_MUST struct gd_status gd_permit_proven(const struct gd_decision *decision,
                                          const struct gd_manifest *manifest,
                                          const struct gd_proof *proof, struct gd_arena *arena,
                                          const struct gd_permit **out_permit,
                                          struct gd_error *err);
/** The same for a point in time, which holds all there is.
 *  @return GD_UNPROTECTED  the proof is not of a mark that was made for this change, or too weak */
GD_MUST struct gd_status gd_permit_point(const struct gd_decision *decision, const char *change,
                                         const struct gd_proof *proof, struct gd_arena *arena,
                                         const struct gd_permit **out_permit, struct gd_error *err);
/** One of several backups of one change, each proven by itself. */
struct gd_permit_ground {
    const struct gd_manifest *manifest; /* NULL: a point in time, made for `change` */
    const char *change;
    const struct gd_proof *proof;
};
/** The same, where no backup holds all of it alone: each table of the decision is in one that is
 *  proven as strongly as the decision demands. @return as gd_permit_proven() */
GD_MUST struct gd_status gd_permit_proven_by(const struct gd_decision *decision,
                                             const struct gd_permit_ground *grounds, size_t count,
                                             struct gd_arena *arena,
                                             const struct gd_permit **out_permit,
                                             struct gd_error *err);
/** @return GD_UNPROTECTED  the decision demands a backup */
GD_MUST struct gd_status gd_permit_without(const struct gd_decision *decision,
                                           struct gd_arena *arena,
                                           const struct gd_permit **out_permit,
                                           struct gd_error *err);
/** NULL: none was needed. */
const struct gd_proof *gd_permit_proof(const struct gd_permit *permit);
/** The decision that it was made for; apply runs no other. */
const struct gd_decision *gd_permit_decision(const struct gd_permit *permit);
#endif
