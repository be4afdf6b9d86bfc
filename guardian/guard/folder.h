/*
 * Folder: migrations that other tools keep as folders of files, and which of them are pending.
 *
 * Prisma  prisma/migrations: NNN_name/migration.sql and migration_lock.toml. The database's record
 *         is _prisma_migrations, read and written as Prisma does, so that prisma migrate status and
 *         deploy agree. Order: names byte by byte. A pending one before an applied one is run, as
 *         Prisma does.
 * Pairs   001_name.up.sql and 001_name.down.sql (golang-migrate, sqlx), up/001.sql and
 * down/001.sql, or 001_name/up.sql and down.sql (diesel). Plain   *.sql; V1__a.sql, U1__a.sql,
 * R__b.sql as Flyway names them. Pairs and plain ones have Guardian's own record (guardian.files).
 * Order: names, in which numbers count as numbers ("2_b" before "10_a").
 *
 * Invariant  A file that could be either a migration or something else is an error, never left out
 *            in silence: one that holds up and down in one text (goose, dbmate) among it.
 */
#ifndef GUARDIAN_GUARD_FOLDER_H
#define GUARDIAN_GUARD_FOLDER_H

#include "guardian/classify/classify.h"
#include "guardian/guard/ledger.h"

enum gd_folder_kind { GD_FOLDER_PLAIN, GD_FOLDER_PAIRS, GD_FOLDER_PRISMA };
const char *gd_folder_kind_name(enum gd_folder_kind kind); /* "plain", "pairs", "prisma" */

struct gd_migration {
    const char *name; /* "20240101_init", or the file's name below the folder */
    const char *path; /* of its SQL */
    const char *down; /* path; NULL: none */
    const char *text; /* all of it */
    size_t size;
    char sha256[65];
    /* against the database: */
    bool applied;
    const char *before, *after; /* SQL for gd_apply_file, one statement each; NULL */
};
struct gd_folder {
    enum gd_folder_kind kind;
    const char *path;
    struct gd_migration *migrations; /* in order */
    size_t count, pending;
    const char *place;     /* guard/known_as.h; NULL and "" are the usual one */
    struct gd_texts notes; /* what a person should know: files that are left out, records without a
                              folder */
};

/** Read it. @return GD_USAGE nothing in it, a file that cannot be read or is not understood,
 * numbers that are there twice, a Prisma folder of another database */
GD_MUST struct gd_status gd_folder_read(const char *path, struct gd_arena *arena,
                                        struct gd_folder **out_folder, struct gd_error *err);

/** What is pending in the database that `pg` reaches, which is not inside a transaction. `pg` NULL:
 * all of it. `ledger` may be NULL for Prisma's.
 *  @return GD_USAGE  an applied file was changed since (by its checksum), a migration failed
 * earlier and is not resolved (Prisma's P3009), the database was not made by migrations (P3005),
 * pending ones stand before applied ones (not Prisma's): what to do is in the hint */
GD_MUST struct gd_status gd_folder_pending(struct gd_folder *folder, struct gd_pg *pg,
                                           const struct gd_ledger *ledger, struct gd_arena *arena,
                                           struct gd_error *err);

/** After a rollback: one statement that marks these migrations as rolled back in Prisma's record,
 * so that they are pending again for Prisma and for us. Files that are not called migration.sql are
 * left out. `out_sql` NULL: there is no such record. The search path must be the target's. */
GD_MUST struct gd_status gd_folder_undo_sql(struct gd_pg *pg, const char *const *paths,
                                            const char *const *sha256, size_t count,
                                            struct gd_arena *arena, const char **out_sql,
                                            struct gd_error *err);

/* Between folder_pending.c and folder_prisma.c: what Prisma's record says; `pg` is inside a
 * transaction. */
GD_MUST struct gd_status gd_folder_prisma(struct gd_folder *folder, struct gd_pg *pg,
                                          struct gd_arena *arena, struct gd_error *err);
#endif
