/*
 * Folder: migrations that other tools keep as folders of files, and which of them are pending.
 *
 * Prisma    prisma/migrations: NNN_name/migration.sql and migration_lock.toml; the database's
 * record is _prisma_migrations, read and written as Prisma does, so that prisma migrate status and
 *           deploy agree.
 * Pairs     001_name.up.sql and 001_name.down.sql (golang-migrate, sqlx), or up/ and down/ folders,
 * or 001_name/up.sql and down.sql (diesel) Plain     *.sql in the order of their names Pairs and
 * plain ones have Guardian's own record (guardian.files).
 */
#ifndef GUARDIAN_GUARD_FOLDER_H
#define GUARDIAN_GUARD_FOLDER_H

#include "guardian/classify/classify.h"
#include "guardian/guard/ledger.h"

enum gd_folder_kind { GD_FOLDER_PLAIN, GD_FOLDER_PAIRS, GD_FOLDER_PRISMA };
const char *gd_folder_kind_name(enum gd_folder_kind kind);

struct gd_migration {
    const char *name; /* "20240101_init", or the file's name */
    const char *path; /* of its SQL */
    const char *down; /* path; NULL: none */
    const char *text; /* all of it */
    size_t size;
    char sha256[65];
    /* against the database: */
    bool applied;
    const char *before, *after; /* SQL for gd_apply_file; NULL */
};
struct gd_folder {
    enum gd_folder_kind kind;
    const char *path;
    struct gd_migration *migrations; /* in order */
    size_t count, pending;
};

/** Read it. @return GD_USAGE nothing in it, a file that cannot be read, names that are there twice
 */
GD_MUST struct gd_status gd_folder_read(const char *path, struct gd_arena *arena,
                                        struct gd_folder **out_folder, struct gd_error *err);

/** What is pending in the database that `pg` reaches. `pg` NULL: all of it.
 *  @return GD_USAGE  an applied file was changed since (by its checksum), a migration failed
 * earlier and is not resolved (Prisma's P3009), pending ones stand before applied ones: what to do
 * is in the hint */
GD_MUST struct gd_status gd_folder_pending(struct gd_folder *folder, struct gd_pg *pg,
                                           const struct gd_ledger *ledger, struct gd_arena *arena,
                                           struct gd_error *err);
#endif
