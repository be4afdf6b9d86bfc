#include "guardian/wal/outside.h"

#include <dirent.h>
#include <inttypes.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "guardian/io/file.h"
#include "guardian/wal/walk.h"

enum { MANAGER_AT = 17, MANAGER_TABLESPACE = 5 }; /* in a record's head */

struct outside {
    const char *data_directory;
    struct gd_arena *arena;
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
    if (outside->why != NULL || (path != NULL && (path[0] == '\0' || is_ours(outside, oid, path))))
        return;
    outside->why = path == NULL ? "and its path cannot be read" : objection_to(path);
    outside->path = path == NULL ? "" : gd_arena_strdup(outside->arena, path);
}

/* ---- a segment ---- */

GD_MUST static struct gd_status walk_file(struct gd_wal_walk *walk, const char *path,
                                          struct gd_error *err)
{
    char page[GD_WAL_PAGE_BYTES];
    gd_auto_source source = NULL;
    GD_TRY(gd_file_source_new(path, 0, 0, &source, err));
    for (;;) {
        size_t got;
        GD_TRY(gd_source_read(source, page, sizeof page, &got, err));
        if (got == 0)
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

GD_MUST static struct gd_status walk_on(const struct gd_wal_place *place, struct gd_wal_name name,
                                        const char *path, uint64_t segment_bytes,
                                        struct gd_wal_walk *walk, struct gd_arena *arena,
                                        struct gd_error *err)
{
    const struct gd_wal_fetch_options options = {.asks_again = true};
    const char *beside = gd_arena_printf(arena, "%s.next", path);
    struct gd_wal_fetched fetched;
    uint64_t lsn;
    if (!gd_wal_name_start(&name, segment_bytes, &lsn))
        return GD_DONE;
    name = gd_wal_segment_at(name.timeline, lsn + segment_bytes, segment_bytes);
    GD_TRY(gd_wal_fetch(place, &name, &options, beside, &fetched, err));
    if (fetched.found == GD_WAL_ABSENT) /* then the record is not whole, and is not replayed */
        return GD_DONE;
    struct gd_status status = walk_file(walk, beside, err);
    (void)unlink(beside);
    return status;
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
    struct gd_status status = walk_file(&walk, path, &unread);
    if (status.code == GD_OK && outside.why == NULL && is_cut_off(&walk))
        GD_TRY(walk_on(place, *name, path, segment_bytes, &walk, arena, err));
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
    GD_TRY(walk_file(&walk, path, err));
    return any || is_cut_off(&walk)
               ? gd_fail(err, GD_REFUSED, "a tablespace is made in it, or may be")
               : GD_DONE;
}
