/*
 * Spool: a folder on the server's own disk, with which a process in the background and the commands
 * that PostgreSQL calls tell each other how far they are.
 *
 *     <spool>/<system identifier>-<settings>/<what>/      e.g.
 * …/7301234567890123456-0f3a91c2d4e5/push/ lock                whoever has it (flock) is the one
 * process in the background <name>…             see ahead.h and prefetch.h
 *
 * `settings` is a digest of whatever decides where objects go and how they are sealed: what was
 * noted under other settings is never read.
 *
 * Invariant 1  Nothing in it is needed: a spool that is lost, full, or cannot be written costs time
 *              alone. Nothing in it is believed without being held against the file it is about.
 * Invariant 2  A file in it is whole or absent. Removed is only what has a name of ours.
 */
#ifndef GUARDIAN_WAL_SPOOL_H
#define GUARDIAN_WAL_SPOOL_H

#include "guardian/base/arena.h"
#include "guardian/io/json.h"

struct gd_wal_spool {
    const char *folder; /* with `what` at its end */
};

/** Make the folder. @param settings  any text; only its digest is kept
 *  @return GD_SYSTEM it can neither be found nor made */
GD_MUST struct gd_status gd_wal_spool_open(const char *base, uint64_t system_identifier,
                                           const char *settings, const char *what,
                                           struct gd_arena *arena, struct gd_wal_spool *out_spool,
                                           struct gd_error *err);
const char *gd_wal_spool_path(const struct gd_wal_spool *spool, const char *name,
                              struct gd_arena *arena);

/** Be the one in the background, as long as the descriptor is open here or in a child.
 *  @param out_fd  -1: somebody is */
GD_MUST struct gd_status gd_wal_spool_lock(const struct gd_wal_spool *spool, int *out_fd,
                                           struct gd_error *err);

/** Small notes. @param out_note  NULL: there is none, or it cannot be read; gd_json_free() it */
GD_MUST struct gd_status gd_wal_spool_write(const struct gd_wal_spool *spool, const char *name,
                                            const struct gd_json *note, struct gd_error *err);
void gd_wal_spool_read(const struct gd_wal_spool *spool, const char *name,
                       struct gd_json **out_note);
void gd_wal_spool_remove(const struct gd_wal_spool *spool, const char *name);

/** Every name in the folder; what is hidden is not shown, and removed when `sweep` is set: only
 *  whoever has the lock may. A folder that cannot be read is empty. */
typedef void gd_wal_spool_each_fn(void *context, const char *name);
void gd_wal_spool_each(const struct gd_wal_spool *spool, bool sweep, gd_wal_spool_each_fn *each,
                       void *context);

/** Can so many bytes more be put there without taking the last tenth of that file system? */
bool gd_wal_spool_has_room(const struct gd_wal_spool *spool, uint64_t bytes);

#endif
