/*
 * Scratch: databases of drills on a server that was named; who needs one, and which are nobody's.
 *
 * Invariant    A drill keeps a session under the name of its scratch database from before that is
 * made until after it is dropped. One for which there is no such session, and into which nobody is
 * connected, is left of a drill that was killed.
 */
#ifndef GUARDIAN_PROVE_SCRATCH_H
#define GUARDIAN_PROVE_SCRATCH_H

#include "guardian/base/events.h"
#include "guardian/pg/connect.h"

/** Say that `database` is ours as long as `*out_keeper` is open, and drop what dead drills left;
 *  what cannot be dropped is a warning. @return as gd_pg_connect() */
GD_MUST struct gd_status gd_scratch_keep(const struct gd_pg_options *server, const char *database,
                                         const struct gd_events *events, struct gd_arena *arena,
                                         struct gd_pg **out_keeper, struct gd_error *err);
#endif
