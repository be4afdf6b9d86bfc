/*
 * Prove: what was read back, and what was restored, and nothing else, is a backup.
 *
 * Invariant 1  Only this module makes a struct gd_proof; who holds one holds the outcome of a check
 *              that was really done.
 * Invariant 2  A proof is bound to the manifest's SHA-256 and to each part's; it is recorded in the
 *              store under an id of its own (v1/<cluster>/proofs/<snapshot>/<id>.json) and never
 *              changed.
 */
#ifndef GUARDIAN_PROVE_PROVE_H
#define GUARDIAN_PROVE_PROVE_H

#include "guardian/base/events.h"
#include "guardian/policy/proof_kind.h"
#include "guardian/restore/restore.h"
#include "guardian/snapshot/list.h"

struct gd_proof;                                             /* opaque on purpose */
const char *gd_proof_snapshot(const struct gd_proof *proof); /* its id */
enum gd_proof_kind gd_proof_kind(const struct gd_proof *proof);
int64_t gd_proof_time_us(const struct gd_proof *proof);
double gd_proof_seconds(const struct gd_proof *proof); /* how long it took */
const char *gd_proof_manifest_sha256(const struct gd_proof *proof);
struct gd_mark;
const struct gd_mark *gd_proof_mark(const struct gd_proof *proof); /* prove/point.h; NULL: none */

struct gd_prove_options {
    struct gd_store *store;
    const struct gd_key *key;
    unsigned workers;
    uint32_t remember_s; /* parts proven within this time are only looked at with HEAD (size); 0:
                            read everything */
    bool no_record;      /* the proof is not written into the store: for who may only read there */
    const struct gd_events *events;
    /* drill */
    const struct gd_pg_options
        *scratch; /* a server on which a scratch database may be made; NULL: a throwaway cluster */
    const char
        *pg_bin; /* folder of initdb and postgres; NULL: found by the snapshot's major version */
    const char *work_folder; /* for the throwaway cluster; NULL: TMPDIR */
};

struct gd_prove_outcome {
    uint64_t parts, parts_read, parts_remembered, rows, bytes, stored_bytes;
    double seconds;
    /* What could not be checked here, each a phrase for a person; in the arena. */
    const char *const *left_out;
    size_t left_out_count;
    const char *place; /* a drill: where it was restored, in words; NULL otherwise */
};

/** Every byte: stored digest, decrypted, decompressed, plain digest, COPY text parsed to its end,
 * rows and content digest; schema.dump's table of contents read by pg_restore. @return GD_CORRUPT
 * the first object that is damaged (all of them as warnings) */
GD_MUST struct gd_status gd_prove_digest(const struct gd_prove_options *options,
                                         const char *cluster, const char *id,
                                         struct gd_arena *arena, const struct gd_proof **out_proof,
                                         struct gd_prove_outcome *out_outcome,
                                         struct gd_error *err);

/** Restore into a scratch place, compare, throw the place away. Includes everything
 * gd_prove_digest() finds. */
GD_MUST struct gd_status gd_prove_drill(const struct gd_prove_options *options, const char *cluster,
                                        const char *id, struct gd_arena *arena,
                                        const struct gd_proof **out_proof,
                                        struct gd_prove_outcome *out_outcome, struct gd_error *err);

/** The best proof on record for exactly this manifest that is newer than any damage that was found:
 * drill before digest, newest first; *out_proof NULL: none. */
GD_MUST struct gd_status gd_proof_find(struct gd_store *store, const char *cluster, const char *id,
                                       const char *manifest_sha256, struct gd_arena *arena,
                                       const struct gd_proof **out_proof, struct gd_error *err);

/** Was damage found at some time? When gd_proof_find() finds no proof either, it is there still. */
GD_MUST struct gd_status gd_proof_withdrawn(struct gd_store *store, const char *cluster,
                                            const char *id, bool *out_withdrawn,
                                            struct gd_error *err);

#endif
