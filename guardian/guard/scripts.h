/*
 * Scripts: what a request names, whole and in memory.
 *
 * What is judged must be what runs. So every file is read once, here, and both work on these bytes:
 * somebody who edits the file meanwhile edits the next change.
 *
 * Owner  the arena given to gd_scripts_read().
 */
#ifndef GUARDIAN_GUARD_SCRIPTS_H
#define GUARDIAN_GUARD_SCRIPTS_H

#include "guardian/guard/apply.h"
#include "guardian/guard/folder.h"

struct gd_scripts_file {
    const char *path;   /* as it was given, or below the folder that was given; "-" */
    const char *origin; /* absolute, for git; "" for standard input */
    const char *text;
    size_t size;
    bool by_wire;               /* as a client sends it */
    const struct gd_sent *sent; /* NULL */
    char sha256[GD_DIGEST_HEX_SIZE];
    char known_as[GD_DIGEST_HEX_SIZE]; /* guard/known_as.h */
    const struct gd_folder *folder;    /* it is a migration of this folder; NULL */
    const struct gd_migration *migration;
};

struct gd_scripts {
    struct gd_scripts_file *files;
    size_t file_count;
    struct gd_folder **folders;
    size_t folder_count;
    char sha256[GD_DIGEST_HEX_SIZE]; /* over what they are known as, in order: the same request */
};

/** Read files, folders of migrations, and standard input ("-"). @return GD_USAGE  one cannot be
 * read, is larger than 1 GiB, or there is nothing in it */
GD_MUST struct gd_status gd_scripts_read(const char *const *paths, size_t count,
                                         struct gd_arena *arena, struct gd_scripts *out_scripts,
                                         struct gd_error *err);

/** Texts that are in memory already; their bytes are not copied. */
void gd_scripts_of(const struct gd_input *inputs, size_t count, struct gd_arena *arena,
                   struct gd_scripts *out_scripts);

/** They are meant for `place` (guard/known_as.h): a name of their own for each. */
void gd_scripts_name(struct gd_scripts *scripts, const char *place);

/** Those that are still to be done: migrations that the database's own record (or the ledger) does
 * not have, and every file that stands for itself. `pg` NULL: all of them.
 *  @return as gd_folder_pending() */
GD_MUST struct gd_status gd_scripts_pending(const struct gd_scripts *scripts, struct gd_pg *pg,
                                            const struct gd_ledger *ledger, struct gd_arena *arena,
                                            struct gd_scripts *out_pending, struct gd_error *err);

/** For gd_change_read(). */
struct gd_input *gd_scripts_inputs(const struct gd_scripts *scripts, struct gd_arena *arena);

#endif
