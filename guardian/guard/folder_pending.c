/*
 * Folder, what is pending: Prisma's by its own record, all others by Guardian's.
 */
#include <stdlib.h>
#include <string.h>

#include "guardian/guard/folder.h"
#include "guardian/guard/known_as.h"

/* --- Guardian's own record ----------------------------------------------------------------------
 */

static const char *last_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash == NULL ? path : slash + 1;
}

/* "db/migrations/", "./migrations": "migrations"; "." and ".." by where they lead. */
static const char *called(const char *path, struct gd_arena *arena)
{
    char *real = realpath(path, NULL);
    const char *name = gd_arena_strdup(arena, last_of(real == NULL ? path : real));
    free(real);
    return name;
}

static bool ends_with_part(const char *path, const char *end)
{
    size_t size = strlen(path), end_size = strlen(end);
    if (size < end_size || strcmp(path + size - end_size, end) != 0)
        return false;
    return size == end_size || path[size - end_size - 1] == '/';
}

/* Is the row about the file of this name in this folder? Folders move between hosts and containers:
 * the last part of their name must do. */
static bool is_about(const struct gd_ledger_file *row, const char *folder, const char *name,
                     struct gd_arena *arena)
{
    const char *wanted = gd_arena_printf(arena, "%s/%s", folder, name);
    const char *path = row->path;
    if (row->folder != NULL && *row->folder != '\0')
        path = gd_arena_printf(arena, "%s/%s", row->folder, last_of(row->path));
    return ends_with_part(path, wanted);
}

static const struct gd_migration *told_of(const struct gd_folder *folder, const char *called_as,
                                          const struct gd_ledger_file *row, struct gd_arena *arena)
{
    for (size_t i = 0; i < folder->count; i++)
        if (is_about(row, called_as, folder->migrations[i].name, arena))
            return &folder->migrations[i];
    return NULL;
}

static const char *place_of(const struct gd_folder *folder)
{
    return folder->place == NULL ? "" : folder->place;
}

/* A text that was applied is applied under whatever name, unless that name belongs to another file
 * (two migrations of the same text). */
static void mark_applied(struct gd_folder *folder, const char *called_as,
                         const struct gd_ledger_file *row, struct gd_arena *arena)
{
    const struct gd_migration *about = told_of(folder, called_as, row, arena);
    for (size_t i = 0; i < folder->count; i++) {
        struct gd_migration *migration = &folder->migrations[i];
        char name[GD_DIGEST_HEX_SIZE];
        gd_known_as(migration->sha256, place_of(folder), name);
        if (strcmp(name, row->sha256) == 0 && (about == NULL || about == migration))
            migration->applied = true;
    }
}

/* Made to be run again whenever their text changes. */
static bool is_repeatable(const struct gd_migration *migration, const struct gd_ledger_file *row)
{
    return row->rerun_safe || strncmp(migration->name, "R__", 3) == 0;
}

/* The row that tells of this file with another text; NULL: the file is new, or as it was. */
static const struct gd_ledger_file *earlier(const struct gd_folder *folder, const char *called_as,
                                            const struct gd_migration *migration,
                                            const struct gd_ledger_file *rows, size_t count,
                                            struct gd_arena *arena)
{
    for (size_t i = count; i > 0 && !migration->applied; i--)
        if (told_of(folder, called_as, &rows[i - 1], arena) == migration)
            return &rows[i - 1];
    return NULL;
}

static GD_MUST struct gd_status changed_since(const struct gd_migration *migration,
                                              const struct gd_ledger_file *row,
                                              struct gd_error *err)
{
    return gd_hint(err,
                   gd_fail(err, GD_USAGE,
                           "could not use \"%s\": its text is not the one that change %s applied",
                           migration->path, row->change),
                   "Put the text back (git log -p -- %s), and make a new migration for what "
                   "should be different.",
                   migration->path);
}

static GD_MUST struct gd_status stands_before(const struct gd_migration *pending,
                                              const struct gd_migration *applied,
                                              struct gd_error *err)
{
    return gd_hint(err,
                   gd_fail(err, GD_USAGE,
                           "could not run \"%s\": it stands before \"%s\", which was applied "
                           "already",
                           pending->path, applied->name),
                   "Rename it so that it is the last, or run it by its own name first: guardian "
                   "apply %s.",
                   pending->path);
}

static GD_MUST struct gd_status look_at_history(const struct gd_folder *folder,
                                                const char *called_as,
                                                const struct gd_ledger_file *rows, size_t count,
                                                struct gd_arena *arena, struct gd_error *err)
{
    const struct gd_migration *fresh = NULL;
    for (size_t i = 0; i < folder->count; i++) {
        const struct gd_migration *migration = &folder->migrations[i];
        const struct gd_ledger_file *row =
            earlier(folder, called_as, migration, rows, count, arena);
        if (row != NULL && !is_repeatable(migration, row))
            return changed_since(migration, row, err);
        if (migration->applied && fresh != NULL)
            return stands_before(fresh, migration, err);
        if (!migration->applied && row == NULL && fresh == NULL)
            fresh = migration;
    }
    return GD_DONE;
}

static GD_MUST struct gd_status by_ledger(struct gd_folder *folder, struct gd_pg *pg,
                                          const struct gd_ledger *ledger, struct gd_arena *arena,
                                          struct gd_error *err)
{
    struct gd_ledger_file *rows = NULL;
    size_t count = 0;
    if (!ledger->there)
        return GD_DONE;
    GD_TRY(gd_ledger_files(pg, ledger, NULL, 0, arena, &rows, &count, err));
    count = gd_ledger_files_at(rows, count, place_of(folder));
    const char *called_as = called(folder->path, arena);
    for (size_t i = 0; i < count; i++)
        mark_applied(folder, called_as, &rows[i], arena);
    return look_at_history(folder, called_as, rows, count, arena, err);
}

/* ------------------------------------------------------------------------------------------------
 */

static GD_MUST struct gd_status by_prisma(struct gd_folder *folder, struct gd_pg *pg,
                                          struct gd_arena *arena, struct gd_error *err)
{
    GD_TRY(gd_pg_begin(pg, err)); /* the target's search path holds inside */
    struct gd_status status = gd_folder_prisma(folder, pg, arena, err);
    gd_pg_end(pg);
    return status;
}

/* It is asked again when somebody else was at it meanwhile. */
static void forget(struct gd_folder *folder)
{
    for (size_t i = 0; i < folder->count; i++) {
        folder->migrations[i].applied = false;
        folder->migrations[i].before = folder->migrations[i].after = NULL;
    }
}

struct gd_status gd_folder_pending(struct gd_folder *folder, struct gd_pg *pg,
                                   const struct gd_ledger *ledger, struct gd_arena *arena,
                                   struct gd_error *err)
{
    forget(folder);
    if (pg != NULL && folder->kind == GD_FOLDER_PRISMA)
        GD_TRY(by_prisma(folder, pg, arena, err));
    else if (pg != NULL && ledger != NULL)
        GD_TRY(by_ledger(folder, pg, ledger, arena, err));
    folder->pending = 0;
    for (size_t i = 0; i < folder->count; i++)
        folder->pending += !folder->migrations[i].applied;
    return GD_DONE;
}
