/*
 * Feeder: WAL for a server that runs as another user, who may not read the store or its key.
 *
 *     <folder>/ask/<file>.<pid>       of the server's user: what its restore_command wants
 *     <folder>/files/<file>.<pid>     ours, readable for that user: the file
 *     <folder>/answer/<file>.<pid>    0, 1 or 255, as of `guardian wal fetch`
 *
 * Invariant  An answer is given when the file is whole. When we are gone the command says 255: the
 *            server stops.
 */
#ifndef GUARDIAN_RESTORE_FEEDER_H
#define GUARDIAN_RESTORE_FEEDER_H

#include <sys/types.h>

#include "guardian/base/arena.h"
#include "guardian/wal/fetch.h"

struct gd_feeder;

/** A thread of ours answers until gd_feeder_free(). What `place` names, and `data_directory` (of
 * the server), must live as long. */
GD_MUST struct gd_status gd_feeder_new(const struct gd_wal_place *place, bool hole_is_end,
                                       const char *data_directory, uid_t uid, gid_t gid,
                                       struct gd_feeder **out_feeder, struct gd_error *err);
/** What restore_command is, with %f and %p. */
const char *gd_feeder_command(const struct gd_feeder *feeder, struct gd_arena *arena);
/** The last failure, in `arena`; NULL: none. */
const char *gd_feeder_said(struct gd_feeder *feeder, struct gd_arena *arena);
void gd_feeder_free(struct gd_feeder *feeder);

#endif
