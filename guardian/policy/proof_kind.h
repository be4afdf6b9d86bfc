/*
 * Proof kinds: how thoroughly a backup was looked at. A policy asks for one, prove/ makes them.
 */
#ifndef GUARDIAN_POLICY_PROOF_KIND_H
#define GUARDIAN_POLICY_PROOF_KIND_H

/* How sure the backup must be. Strongest last. */
#define GD_PROOFS(X)                                                                               \
    X(NONE, "none")                                                                                \
    X(DIGEST, "digest") /* every byte was read back and compared */                                \
    X(DRILL, "drill")   /* it was restored somewhere else and compared */

enum gd_proof_kind {
#define X(name, text) GD_PROOF_##name,
    GD_PROOFS(X)
#undef X
};

/** As it stands in a policy and in a proof record. */
const char *gd_proof_name(enum gd_proof_kind value);

#endif
