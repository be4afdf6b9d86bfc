/*
 * Proof records: what was proven, when, and of exactly which bytes. docs/formats/proof.md.
 *
 * Only prove/ includes this: nobody else can make a struct gd_proof.
 *
 * Invariant 1  A record lies under a key of its own and is never changed.
 * Invariant 2  A record is untrusted input when it is read: what cannot be understood proves
 *              nothing.
 * Invariant 3  The time at which a part was really read is carried along: a part is not younger for
 *              being remembered.
 */
#ifndef GUARDIAN_PROVE_PROOF_H
#define GUARDIAN_PROVE_PROOF_H

#include "guardian/prove/prove.h"

enum { GD_PROOF_FORMAT = 1 };

/** One object that was read from its first byte to its last. */
struct gd_proven {
    const char *name; /* as in the manifest */
    char stored_sha256[GD_DIGEST_HEX_SIZE];
    int64_t read_us;
};

struct gd_proof {
    char id[GD_ID_SIZE]; /* of the record */
    enum gd_proof_kind kind;
    const char *cluster, *snapshot;
    char manifest_sha256[GD_DIGEST_HEX_SIZE];
    int64_t time_us; /* when it was finished */
    double seconds;
    const char *guardian_version;
    const struct gd_mark
        *mark;         /* a point in time: then `snapshot` is the base backup that it stands
                          on, and there is no record of it but the mark's. NULL otherwise */
    const char *place; /* a drill: the server it was restored into, in words; "" otherwise */
    uint64_t rows, bytes, stored_bytes;
    const char *const *left_out; /* what could not be checked, in words */
    size_t left_out_count;
    const struct gd_proven *objects;
    size_t object_count;
};

/** As it is stored: JSON, keys in a fixed order, a line feed at the end. malloc()ed. */
GD_MUST struct gd_status gd_proof_format(const struct gd_proof *proof, char **out_text,
                                         size_t *out_size, struct gd_error *err);
/** @return GD_CORRUPT with the key that is wrong; GD_USAGE for a newer format */
GD_MUST struct gd_status gd_proof_parse(const char *text, size_t size, struct gd_arena *arena,
                                        struct gd_proof **out_proof, struct gd_error *err);

/** Put the record into the store; read it back. */
GD_MUST struct gd_status gd_proof_record(struct gd_store *store, const struct gd_proof *proof,
                                         struct gd_error *err);

/** Damage was found: from now on earlier proofs of the snapshot count no more. They stay, because
 * they tell which manifest was proven. */
GD_MUST struct gd_status gd_proof_withdraw(struct gd_store *store, const char *cluster,
                                           const char *id, struct gd_error *err);

/** Every record of a snapshot that can be understood, oldest first, whichever manifest it is for.
 */
GD_MUST struct gd_status gd_proof_all(struct gd_store *store, const char *cluster, const char *id,
                                      struct gd_arena *arena, struct gd_proof ***out_proofs,
                                      size_t *out_count, struct gd_error *err);

#endif
