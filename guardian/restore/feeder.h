/*
 * Feeder: WAL for a server that recovers: fetched ahead, several segments at once, and also for one
 * that runs as another user, who may not read the store or its key.
 *
 *     <folder>/ready/<segment>        ours, readable for the server's user: see ahead.h
 *     <folder>/ask/<segment>.taken    of that user: his restore_command has taken a copy
 *     <folder>/ask/<file>.<pid>       … what it wants and did not find there
 *     <folder>/files/<file>.<pid>     ours: the file
 *     <folder>/answer/<file>.<pid>    0, 1 or 255, as of `guardian wal fetch`
 *
 * Invariant 1  An answer is given when the file is whole. When we are gone the command says 255:
 * the server stops. Invariant 2  The folder has a name that was never there before, and goes when
 * we have ended, whatever of: no other recovery finds it.
 */
#ifndef GUARDIAN_RESTORE_FEEDER_H
#define GUARDIAN_RESTORE_FEEDER_H

#include <sys/types.h>

#include "guardian/base/arena.h"
#include "guardian/wal/fetch.h"

struct gd_feeder;

struct gd_feeder_options {
    struct gd_wal_place place;
    bool hole_is_end;
    const char *data_directory; /* of the server */
    uid_t uid;                  /* whose it is; 0: ours */
    gid_t gid;
    uint32_t timeline; /* where it begins to replay */
    uint64_t start_lsn;
    uint64_t until_lsn; /* what is behind it is fetched only when it is asked for */
    uint64_t segment_bytes;
};

/** Threads of ours answer until gd_feeder_free(). What `options` names must live as long. */
GD_MUST struct gd_status gd_feeder_new(const struct gd_feeder_options *options,
                                       struct gd_feeder **out_feeder, struct gd_error *err);
/** What restore_command is, with %f and %p. */
const char *gd_feeder_command(const struct gd_feeder *feeder, struct gd_arena *arena);
/** The last failure, in `arena`; NULL: none. */
const char *gd_feeder_said(struct gd_feeder *feeder, struct gd_arena *arena);
void gd_feeder_free(struct gd_feeder *feeder);

#endif
