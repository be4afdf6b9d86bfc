/*
 * Digest: what gd_prove_digest() and gd_prove_drill() share. Only prove/ includes this.
 */
#ifndef GUARDIAN_PROVE_DIGEST_H
#define GUARDIAN_PROVE_DIGEST_H

#include "guardian/prove/proof.h"

/** Read everything back; the proof is made, not recorded. @return as gd_prove_digest() */
GD_MUST struct gd_status gd_digest_read(const struct gd_prove_options *options, const char *cluster,
                                        const char *id, struct gd_arena *arena,
                                        struct gd_manifest **out_manifest,
                                        struct gd_proof **out_proof,
                                        struct gd_prove_outcome *out_outcome, struct gd_error *err);

/** Put it into the store, unless the options say not to. */
GD_MUST struct gd_status gd_digest_record(const struct gd_prove_options *options,
                                          const struct gd_proof *proof, struct gd_error *err);

/** 150000: of the pg_dump that wrote the archives; only a program that is not older reads them. */
int gd_archive_version(const struct gd_manifest *manifest);

#endif
