#include "guardian/wal/outside.h"

#include <dirent.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "guardian/io/file.h"
#include "guardian/wal/walk.h"

enum { INFO_AT = 16, MANAGER_AT = 17, MANAGER_TABLESPACE = 5 }; /* in a record's head */

struct outside {
    const char *data_directory;
    struct gd_arena *arena;
    const struct gd_wal_walk *walk;
    uint64_t only;    /* where the one record begins that is asked about; 0: all are */
    const char *path; /* of the first tablespace that cannot be */
    const char *why;
};

/* ---- one tablespace ---- */

/* Has this server made it already, when it replayed this WAL before? */
static bool is_ours(const struct outside *outside, uint32_t oid, const char *path)
{
    char target[PATH_MAX];
    ssize_t size = readlink(
        gd_arena_printf(outside->arena, "%s/pg_tblspc/%" PRIu32, outside->data_directory, oid),
        target, sizeof target);
    return size > 0 && (size_t)size == strlen(path) && memcmp(target, path, (size_t)size) == 0;
}

/* NULL: it may be filled. */
static const char *objection_to(const char *path)
{
    const char *objection = NULL;
    DIR *folder = opendir(path);
    if (folder == NULL)
        return "and that is no folder that can be read here";
    for (const struct dirent *entry; objection == NULL && (entry = readdir(folder)) != NULL;)
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            objection = "and there are files: they would be overwritten";
    (void)closedir(folder);
    return objection;
}

static void look_at(void *context, uint32_t oid, const char *path)
{
    struct outside *outside = context;
    if (outside->only != 0 && outside->walk->told.last_start != outside->only)
        return;
    if (outside->why != NULL || (path != NULL && (path[0] == '\0' || is_ours(outside, oid, path))))
        return;
    outside->why = path == NULL ? "and its path cannot be read" : objection_to(path);
    outside->path = path == NULL ? "" : gd_arena_strdup(outside->arena, path);
}

/* ---- a segment ---- */

/* Is the record whole that begins there? */
static bool is_past(const struct gd_wal_walk *walk, uint64_t record)
{
    return walk->told.last_start != record || walk->left == 0;
}

/* To the end, or to that of one record. */
GD_MUST static struct gd_status walk_file(struct gd_wal_walk *walk, const char *path,
                                          uint64_t record, struct gd_error *err)
{
    char page[GD_WAL_PAGE_BYTES];
    gd_auto_source source = NULL;
    GD_TRY(gd_file_source_new(path, 0, 0, &source, err));
    for (;;) {
        size_t got;
        GD_TRY(gd_source_read(source, page, sizeof page, &got, err));
        if (got == 0 || (record != 0 && is_past(walk, record)))
            return gd_wal_walk_end(walk, NULL, err);
        GD_TRY(gd_wal_walk_add(walk, page, got, err));
    }
}

/* Does it end within a record that may be one of these? */
static bool is_cut_off(const struct gd_wal_walk *walk)
{
    return !walk->ended && walk->left > 0 && walk->whole &&
           (walk->head_filled <= MANAGER_AT || walk->head[MANAGER_AT] == MANAGER_TABLESPACE);
}

struct going_on {
    struct outside *outside;
    const struct gd_wal_place *place;
    const struct gd_wal_walk *before;
    const char *beside;
    struct gd_wal_name name;
    uint32_t *timelines; /* that have WAL */
    size_t count, room;
    bool whole; /* all of the record was seen */
};

/* In one segment; where that does not go on with the record, nothing is found. */
GD_MUST static struct gd_status look_in(struct going_on *on, uint32_t timeline,
                                        struct gd_error *err)
{
    const struct gd_wal_fetch_options options = {.asks_again = true};
    struct gd_wal_walk *walk = gd_arena_alloc(on->outside->arena, sizeof *walk);
    struct gd_wal_fetched fetched;
    struct gd_error unread = {0};
    uint64_t record = on->before->told.last_start;
    on->name.timeline = timeline;
    GD_TRY(gd_wal_fetch(on->place, &on->name, &options, on->beside, &fetched, err));
    if (fetched.found == GD_WAL_ABSENT)
        return GD_DONE;
    *walk = *on->before;
    on->outside->walk = walk;
    on->outside->only = record;
    struct gd_status status = walk_file(walk, on->beside, record, &unread);
    (void)unlink(on->beside);
    on->whole = status.code == GD_OK && is_past(walk, record);
    if (status.code == GD_OK || status.code == GD_CORRUPT)
        return GD_DONE;
    *err = unread;
    return status;
}

static struct gd_status add_timeline(void *context, const struct gd_store_entry *entry,
                                     struct gd_error *err)
{
    enum { DIGITS = 8 };
    struct going_on *on = context;
    size_t size = strlen(entry->key);
    (void)err;
    if (size <= DIGITS)
        return GD_DONE;
    on->timelines = gd_arena_more(on->outside->arena, on->timelines, on->count, &on->room,
                                  sizeof *on->timelines);
    on->timelines[on->count++] = (uint32_t)strtoul(entry->key + size - DIGITS - 1, NULL, 16);
    return GD_DONE;
}

static bool makes_one(const struct gd_wal_walk *walk)
{
    enum { WHAT = 0xF0 };
    return walk->head_filled > MANAGER_AT && (walk->head[INFO_AT] & WHAT) == 0;
}

/* Behind a failover the server takes the successor's copy, when nobody has stored that of the old
 * timeline. What is nowhere now may be there when the server asks for it. */
GD_MUST static struct gd_status walk_on(struct going_on *on, uint64_t segment_bytes,
                                        struct gd_error *err)
{
    struct outside *outside = on->outside;
    uint32_t timeline = on->name.timeline;
    uint64_t lsn;
    if (!gd_wal_name_start(&on->name, segment_bytes, &lsn))
        return GD_DONE;
    on->name = gd_wal_segment_at(timeline, lsn + segment_bytes, segment_bytes);
    GD_TRY(look_in(on, timeline, err));
    if (on->whole)
        return GD_DONE;
    GD_TRY(gd_store_folders(
        on->place->store,
        gd_arena_printf(outside->arena, "v1/%" PRIu64 "/wal/", on->place->system_identifier),
        add_timeline, on, err));
    for (size_t i = 0; i < on->count && !on->whole; i++)
        if (on->timelines[i] > timeline)
            GD_TRY(look_in(on, on->timelines[i], err));
    if (!on->whole && outside->why == NULL && makes_one(on->before)) {
        outside->path = "";
        outside->why = "and the rest of its record is not in the store";
    }
    return GD_DONE;
}

/* What is no WAL is the server's to find, which stops there. */
struct gd_status gd_wal_outside(const struct gd_wal_place *place, const struct gd_wal_name *name,
                                const char *path, uint64_t segment_bytes,
                                const char *data_directory, struct gd_error *err)
{
    gd_auto_arena arena = gd_arena_new();
    struct gd_error unread = {0};
    struct outside outside = {.data_directory = data_directory, .arena = arena};
    struct gd_wal_walk walk;
    uint64_t lsn;
    if (!gd_wal_name_start(name, segment_bytes, &lsn))
        return GD_DONE;
    gd_wal_walk_init(&walk, lsn);
    walk.tablespace = look_at;
    walk.context = &outside;
    struct gd_status status = walk_file(&walk, path, 0, &unread);
    if (status.code == GD_OK && outside.why == NULL && is_cut_off(&walk)) {
        struct going_on on = {.outside = &outside,
                              .place = place,
                              .before = &walk,
                              .beside = gd_arena_printf(arena, "%s.next", path),
                              .name = *name};
        GD_TRY(walk_on(&on, segment_bytes, err));
    }
    if (outside.why == NULL)
        return GD_DONE;
    return gd_hint(err,
                   gd_fail(err, GD_REFUSED, "a tablespace is made in this WAL at \"%s\", %s",
                           outside.path, outside.why),
                   "A server that replays this puts the tablespace there. Recover from a base "
                   "backup that was made since, on another machine, or to a point before; an "
                   "empty folder of that path is filled.");
}

static void note(void *context, uint32_t oid, const char *path)
{
    bool *any = context;
    (void)oid;
    (void)path;
    *any = true;
}

struct gd_status gd_wal_outside_nothing(const struct gd_wal_name *name, const char *path,
                                        uint64_t segment_bytes, struct gd_error *err)
{
    struct gd_wal_walk walk;
    bool any = false;
    uint64_t lsn;
    if (!gd_wal_name_start(name, segment_bytes, &lsn))
        return gd_fail(err, GD_CORRUPT, "no segment of that size has that name");
    gd_wal_walk_init(&walk, lsn);
    walk.tablespace = note;
    walk.context = &any;
    GD_TRY(walk_file(&walk, path, 0, err));
    return any || is_cut_off(&walk)
               ? gd_fail(err, GD_REFUSED, "a tablespace is made in it, or may be")
               : GD_DONE;
}
