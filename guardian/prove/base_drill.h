/*
 * Drill of a base backup: laid down, started with its own WAL, recovered until it is consistent,
 * looked at by the server's programs, stopped, removed.
 */
#ifndef GUARDIAN_PROVE_BASE_DRILL_H
#define GUARDIAN_PROVE_BASE_DRILL_H

#include "guardian/prove/base_digest.h"
#include "guardian/restore/recover.h"

/**
 * Everything that gd_prove_base() finds, and then the drill, on a throwaway server.
 *
 * @param recover  how a server fetches its WAL and as whom it runs; its target and folder do not
 *                 count
 * @return as gd_prove_base(), and GD_CORRUPT when the server, pg_amcheck or a checksum found damage
 */
GD_MUST struct gd_status gd_prove_base_drill(
    const struct gd_prove_options *options, const struct gd_recover_options *recover,
    uint64_t system_identifier, const char *id, struct gd_arena *arena, struct gd_base **out_base,
    const struct gd_proof **out_proof, struct gd_prove_outcome *out_outcome, struct gd_error *err);

#endif
