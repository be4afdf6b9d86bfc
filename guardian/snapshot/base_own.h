/*
 * Base, from within: what the files that take one share. No other file includes it.
 */
#ifndef GUARDIAN_SNAPSHOT_BASE_OWN_H
#define GUARDIAN_SNAPSHOT_BASE_OWN_H

#include <stdatomic.h>

#include "guardian/io/tar_scan.h"
#include "guardian/pg/base_backup.h"
#include "guardian/snapshot/base.h"
#include "guardian/snapshot/base_read.h"

/* --- base_line.c: from plain bytes to objects in the store
 * ----------------------------------------
 *
 * One thread cuts the stream into blocks; packers compress them, in any order; writers put the
 * frames of one object behind each other into the store, and read the object back. Objects may be
 * open at the same time, as many as there are writers.
 *
 * Invariant 1  Memory is what the blocks take, whatever is backed up.
 * Invariant 2  The first failure is kept, and everybody stops soon.
 * Invariant 3  An object counts when it was read back: gd_base_line_finish() waits for all.
 * Invariant 4  A file that an earlier backup may hold is compared with that object first, and
 *              compressed only from where they differ (base_like.c): nothing is stored for one that
 *              has not changed.
 */
enum { GD_BASE_BLOCK = 1 << 20 }; /* plain bytes of a frame */

struct gd_base_line;
struct gd_base_piece;

struct gd_base_begin {
    const char *name;
    uint64_t size_hint;
    const struct gd_base_object *like; /* of an earlier backup, may hold the same; NULL: none */
};

GD_MUST struct gd_status gd_base_line_new(const struct gd_place *place, unsigned workers,
                                          const struct gd_events *events,
                                          struct gd_base_line **out_line, struct gd_error *err);
/** An object begins. `out_object` is filled by the time of gd_base_line_finish(); its owner and its
 *  name are set at once. */
GD_MUST struct gd_status gd_base_line_begin(struct gd_base_line *line,
                                            const struct gd_base_begin *begin,
                                            struct gd_base_object *object,
                                            struct gd_base_piece **out_piece, struct gd_error *err);
GD_MUST struct gd_status gd_base_line_write(struct gd_base_line *line, struct gd_base_piece *piece,
                                            const void *data, size_t size, struct gd_error *err);
/** No more of it comes. @param instead  this object of an earlier backup holds the same: the upload
 *  is given up, and that one is read; NULL: none does */
GD_MUST struct gd_status gd_base_line_end(struct gd_base_line *line, struct gd_base_piece *piece,
                                          const struct gd_base_object *instead,
                                          struct gd_error *err);
/** Wait until all is stored and read back. */
GD_MUST struct gd_status gd_base_line_finish(struct gd_base_line *line, struct gd_error *err);
/** Without finish: given up. All threads have ended when it returns. */
void gd_base_line_free(struct gd_base_line *line);

/* --- base_like.c: is what comes what an earlier object holds?
 * -------------------------------------
 *
 * Invariant  What it holds is read once, in order, and is the same only if every byte of its file
 * is what the server sent, and its stored form is what was recorded.
 */
struct gd_base_like;
struct gd_base_like *gd_base_like_new(const struct gd_place *place,
                                      const struct gd_base_object *object);
void gd_base_like_free(struct gd_base_like *like);
/** The next bytes of what comes, GD_BASE_BLOCK of them but for the last. `out_same` false: they
 *  differ, or the object cannot be read that far; no more may be given. */
GD_MUST struct gd_status gd_base_like_take(struct gd_base_like *like, const void *data, size_t size,
                                           bool *out_same, struct gd_error *err);
/** Nothing more comes. `out_same` false: the object goes on, or is not what was recorded. */
GD_MUST struct gd_status gd_base_like_end(struct gd_base_like *like, bool *out_same,
                                          struct gd_error *err);
/** What was the same before the difference, as frames. It is read again: what is made of it holds
 *  what the server sent only if its files are looked at once more. */
GD_MUST struct gd_status gd_base_like_replay(struct gd_base_like *like, struct gd_sink *sink,
                                             struct gd_error *err);
/** Bytes that come behind it, as a frame; at most GD_BASE_BLOCK. */
GD_MUST struct gd_status gd_base_like_pack(struct gd_base_like *like, const void *data, size_t size,
                                           struct gd_sink *sink, struct gd_error *err);

static inline void gd_base_like_cleanup_(struct gd_base_like **like)
{
    gd_base_like_free(*like);
}
#define gd_auto_base_like __attribute__((cleanup(gd_base_like_cleanup_))) struct gd_base_like *

/* --- base_share.c: what an earlier backup holds --------------------------------------------------
 */
struct gd_base_shared {
    const struct gd_base_object **objects; /* ascending by `file` */
    size_t count;
};
/** Of the newest full backup that is whole and has the same key; none: empty. */
GD_MUST struct gd_status gd_base_share(struct gd_store *store, const struct gd_base *now,
                                       struct gd_arena *arena, struct gd_base_shared *out_shared,
                                       struct gd_error *err);
/** The object that may hold the file: of the same path and size; or NULL. */
const struct gd_base_object *gd_base_shared_like(const struct gd_base_shared *shared,
                                                 const struct gd_base_object *object,
                                                 uint64_t bytes);
/** The object that holds the same, or NULL. */
const struct gd_base_object *gd_base_shared_find(const struct gd_base_shared *shared,
                                                 const struct gd_base_object *object);

/* --- base_cut.c: archives cut into objects
 * -------------------------------------------------------- */
struct gd_base_cut;
struct gd_base_cut *gd_base_cut_new(struct gd_base_line *line, struct gd_base *base,
                                    const struct gd_base_shared *shared, uint64_t total_bytes,
                                    const struct gd_events *events, struct gd_arena *arena);
void gd_base_cut_free(struct gd_base_cut *cut);
GD_MUST struct gd_status gd_base_cut_begin(struct gd_base_cut *cut, uint32_t tablespace,
                                           struct gd_error *err);
GD_MUST struct gd_status gd_base_cut_feed(struct gd_base_cut *cut, const void *data, size_t size,
                                          struct gd_error *err);
GD_MUST struct gd_status gd_base_cut_end(struct gd_base_cut *cut, bool need_mark,
                                         struct gd_error *err);
/** The archives are whole: the list of objects goes into the backup. It is filled in full when the
 *  line has finished. @return GD_CORRUPT global/pg_control did not come, or not last */
GD_MUST struct gd_status gd_base_cut_finish(struct gd_base_cut *cut, struct gd_error *err);

/* --- base_outside.c ------------------------------------------------------------------------------
 */
/** Settings that lie outside of the data directory, into an object of the backup; what may not be
 *  read is told, and no failure. `pg` NULL: nothing can be asked. */
GD_MUST struct gd_status gd_base_outside(struct gd_pg *pg, const struct gd_place *place,
                                         struct gd_base *base, const struct gd_events *events,
                                         struct gd_arena *arena, struct gd_error *err);

/* --- base_wal.c ----------------------------------------------------------------------------------
 */
struct gd_base_wal;
/** The backup has begun: receives WAL from its start_lsn on into the store, beside it. `out_wal` is
 *  set in any case. */
GD_MUST struct gd_status gd_base_wal_start(const struct gd_base_options *options,
                                           const struct gd_base *base, struct gd_base_wal **out_wal,
                                           struct gd_error *err);
/** All of it up to the backup's stop_lsn is in the store, and was read back. Ends receiving. */
GD_MUST struct gd_status gd_base_wal_finish(struct gd_base_wal *wal, const struct gd_base *base,
                                            struct gd_error *err);
void gd_base_wal_free(struct gd_base_wal *wal);

#endif
