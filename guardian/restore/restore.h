/*
 * Restore: a snapshot back into a server.
 *
 * Invariant 1  Nothing of the target is touched before the snapshot's manifest and the target were
 *              checked; data goes only into what this run created, or into tables that are empty.
 * Invariant 2  Every object is compared with the manifest as it is read (gd_object_source_new), and
 *              what the server says it took with the recorded rows. The first error ends it;
 *              nothing half loaded is left under the final name.
 * Invariant 3  SQL of the snapshot runs through libpq, never through psql; statements that reach
 *              outside the database are refused.
 */
#ifndef GUARDIAN_RESTORE_RESTORE_H
#define GUARDIAN_RESTORE_RESTORE_H

#include "guardian/base/events.h"
#include "guardian/snapshot/stream.h"

struct gd_restore_options {
    const struct gd_pg_options *pg; /* a database of the target server to which we may connect */
    const struct gd_place *place;
    const struct gd_manifest *manifest;
    unsigned workers;       /* 0: the smaller of 8 and the processors */
    const char *pg_restore; /* path; NULL: found */
    bool no_owner, no_acl;  /* managed databases: everything belongs to who connects; no GRANTs */
    const char *owner;      /* role that shall own everything; NULL: as recorded */
    const char *const *map_roles; /* "old=new", NULL-terminated; may be NULL */
    bool skip_missing_roles; /* ownership and grants of roles that are not there are left out, with
                                a warning */
    const char *tablespace; /* NULL: as recorded when there, otherwise the default with a warning */
    bool analyze;           /* at the end */
    bool trust; /* run also what reaches outside the database (machine code, server files, commands)
                 */
    bool skip_unprivileged; /* what only a superuser may make is left out, with a warning */
    uint32_t wait_ms; /* --replace: how long sessions of the old database may take to leave: 30,000;
                         then they are ended */
    bool plain_locale; /* the new database sorts as C does: where the recorded locale is missing */
    bool keep_on_failure; /* leave a half restored new database for a look */
    const struct gd_events *events;
};

struct gd_restored {
    const char *database; /* where it is now */
    const char *old;      /* --replace: where the old one is kept; NULL otherwise */
    uint64_t rows, bytes;
    size_t tables, indexes;
    const char *const *warnings;
    size_t warning_count;
};

/** Into a new database, which this creates. @return GD_USAGE it exists; GD_REFUSED rights are
 * missing (named); GD_CORRUPT stored bytes differ; GD_SYSTEM; the new database is dropped on
 * failure */
GD_MUST struct gd_status gd_restore_into(const struct gd_restore_options *options,
                                         const char *database, struct gd_arena *arena,
                                         struct gd_restored *out_restored, struct gd_error *err);

/** Drop a database that a restore made, with the subscriptions that would hold it. */
GD_MUST struct gd_status gd_restore_drop(const struct gd_pg_options *pg, const char *database,
                                         struct gd_error *err);

/** The name of the database that the options reach, in `arena`. One that a killed --replace left
 * closed is opened again, with a warning. */
GD_MUST struct gd_status gd_restore_database_of(const struct gd_restore_options *options,
                                                struct gd_arena *arena, const char **out_database,
                                                struct gd_error *err);

/** Beside, compared, then swapped by renaming. The old database is kept as
 * "<name>_before_<time>".
 *  @return GD_PARTIAL only when undoing a rename failed, too: the text says which name holds what
 */
GD_MUST struct gd_status gd_restore_replace(const struct gd_restore_options *options,
                                            const char *database, struct gd_arena *arena,
                                            struct gd_restored *out_restored, struct gd_error *err);

/** Some tables (patterns as in gd_take_options): with their types, defaults, sequences, indexes and
 * constraints into a side schema (created; named `schema`), or, with `schema` NULL, rows into the
 * tables of the same names, which must be empty. */
GD_MUST struct gd_status gd_restore_tables(const struct gd_restore_options *options,
                                           const char *const *tables, size_t table_count,
                                           const char *schema, struct gd_arena *arena,
                                           struct gd_restored *out_restored, struct gd_error *err);

/** Compare a database with the manifest: rows and content digest of each table, sequences,
 * populated state, large objects, invalid indexes, constraints that are not validated. @return
 * GD_CORRUPT the first difference, named; all of them as warnings in events */
GD_MUST struct gd_status gd_restore_compare(const struct gd_restore_options *options,
                                            const char *database, struct gd_arena *arena,
                                            struct gd_error *err);

#endif
