/*
 * Programs: the pg_dump, pg_restore or server program that fits a server's version.
 *
 * Looked for in: the option (a file or a folder), GUARDIAN_PG_BIN, /usr/lib/postgresql/N/bin (the
 * server's own major first, then newer), /usr/pgsql-N/bin, PATH. Of all that are there the oldest
 * that is not older than the server is taken.
 */
#ifndef GUARDIAN_SNAPSHOT_PROGRAMS_H
#define GUARDIAN_SNAPSHOT_PROGRAMS_H

#include "guardian/base/arena.h"
#include "guardian/base/status.h"

struct gd_program {
    const char *path;
    const char *text; /* "pg_dump (PostgreSQL) 15.18 (Debian …)" */
    int version;      /* 150018 */
};

/** @param asked  file or folder of the option; NULL: search
 *  @param server_version  150018; 0: any, the newest
 *  @return GD_USAGE none fits: the text names what was found and where, the hint the package to
 * install */
GD_MUST struct gd_status gd_program_find(const char *name, const char *asked, int server_version,
                                         struct gd_arena *arena, struct gd_program *out_program,
                                         struct gd_error *err);

#endif
