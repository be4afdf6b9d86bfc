/*
 * Lay: the files of a base backup into a folder, so that a server can start in it.
 *
 *     folder checked ▸ marked as unfinished ▸ objects unpacked side by side ▸ every file of the
 *     server's own backup_manifest seen, with its size and digest ▸ links ▸ synced ▸ pg_control
 *
 * Invariant 1  Only an empty folder is written to, or, with `delta`, the stopped data directory of
 *              the same cluster, or what an earlier attempt has left. Where its links lead (of
 *              tablespaces, of pg_wal) may be another server's, when it is a copy: that is empty,
 *              or for tablespaces somebody has said whose it is.
 * Invariant 2  global/pg_control comes last, after everything else is on disk: what was cut off
 *              does not start. With `delta` the old one goes first.
 * Invariant 3  What is unpacked stays inside of the folder and of its tablespaces, whatever stands
 *              in the archives: no name climbs, no link of theirs is made.
 */
#ifndef GUARDIAN_RESTORE_LAY_H
#define GUARDIAN_RESTORE_LAY_H

#include <sys/types.h>

#include "guardian/base/events.h"
#include "guardian/snapshot/base.h"

/** Stands in a folder from its first file on until it was recovered. */
#define GD_LAY_MARK "guardian.recovering"

struct gd_lay_options {
    struct gd_store *store;
    const struct gd_key *key;
    const struct gd_base *base;     /* as gd_base_load() gives it */
    const char *folder;             /* absolute */
    bool delta;                     /* keep what is there and the same */
    bool no_sync;                   /* a throwaway */
    bool manifest_too;              /* backup_manifest goes into the folder */
    const char *const *tablespaces; /* "old=new" or "oid=new" */
    size_t tablespace_count;
    const char *tablespace_folder; /* tablespaces go below it, by their oids; NULL: as above */
    unsigned workers;
    uid_t uid; /* whose it shall be; 0: ours */
    gid_t gid;
    const struct gd_events *events;
};

struct gd_laid {
    uint64_t files, bytes;           /* of the data directory */
    uint64_t kept_files, kept_bytes; /* delta */
    uint64_t stored_bytes;           /* read from the store */
};

/** @return GD_USAGE   the folder is not empty, in use or of something else; a tablespace's place
 *          GD_CORRUPT  an object or a file is missing or differs: it is named
 *          GD_SYSTEM   disk, rights, store */
GD_MUST struct gd_status gd_lay_down(const struct gd_lay_options *options, struct gd_arena *arena,
                                     struct gd_laid *out_laid, struct gd_error *err);

/** The folder is checked and marked as unfinished, as for laying down; nothing goes into it yet. */
GD_MUST struct gd_status gd_lay_claim(const struct gd_lay_options *options, struct gd_arena *arena,
                                      struct gd_error *err);

/** The unfinished folder is done: take its mark away. */
GD_MUST struct gd_status gd_lay_done(const char *folder, struct gd_error *err);

#endif
