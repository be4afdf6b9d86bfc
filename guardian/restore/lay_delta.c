/*
 * Lay, delta: what an old data directory holds and is right stays; everything else in it goes.
 *
 * A file is right when backup_manifest has its size and its SHA-256. Links are not followed, but
 * for those of tablespaces and pg_wal; all WAL goes.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "guardian/base/clock.h"
#include "guardian/base/crew.h"
#include "guardian/io/digest.h"
#include "guardian/io/fd.h"
#include "guardian/restore/lay_own.h"

enum { CHUNK = 131072, DEPTH_MAX = 32 };

struct candidate {
    struct gd_lay_file *file;
    const char *path;
};

struct walk {
    struct gd_lay *lay;
    struct candidate *candidates;
    size_t count, capacity;
};

static struct gd_status fail_path(const char *what, const char *path, struct gd_error *err)
{
    return gd_fail(err, GD_SYSTEM, "could not %s \"%s\": %s", what, path, strerror(errno));
}

static struct gd_status drop(const char *path, struct gd_error *err)
{
    return unlink(path) == 0 || errno == ENOENT ? GD_DONE : fail_path("remove", path, err);
}

static struct gd_status take_file(struct walk *walk, const char *path, const char *name,
                                  const struct stat *about, struct gd_error *err)
{
    struct gd_lay *lay = walk->lay;
    struct gd_lay_file *file = gd_lay_find(lay, name);
    if (strcmp(name, GD_LAY_MARK) == 0)
        return GD_DONE;
    if (file == NULL || !file->digest || file->size != (uint64_t)about->st_size ||
        about->st_nlink > 1 || strncmp(name, "pg_wal/", 7) == 0 ||
        strcmp(name, "tablespace_map") == 0)
        return drop(path, err);
    walk->candidates = gd_arena_more(lay->arena, walk->candidates, walk->count, &walk->capacity,
                                     sizeof *walk->candidates);
    walk->candidates[walk->count++] = (struct candidate){file, path};
    return GD_DONE;
}

/* It stays: who was killed would not be known again as the owner of what lies there. */
static bool is_place_link(const struct gd_lay *lay, const char *name)
{
    for (size_t i = 0; i < lay->place_count; i++) {
        char link[32];
        (void)snprintf(link, sizeof link, "pg_tblspc/%u", lay->places[i].oid);
        if (strcmp(link, name) == 0 && gd_lay_is_linked(lay, &lay->places[i]))
            return true;
    }
    return false;
}

static struct gd_status walk_folder(struct walk *walk, const char *path, const char *name,
                                    unsigned depth, struct gd_error *err);

static struct gd_status take_entry(struct walk *walk, const char *path, const char *name,
                                   unsigned depth, struct gd_error *err)
{
    struct stat about;
    bool wal = strcmp(name, "pg_wal") == 0;
    if ((wal ? stat(path, &about) : lstat(path, &about)) != 0)
        return errno == ENOENT ? drop(path, err) : fail_path("look at", path, err);
    if (S_ISREG(about.st_mode))
        return take_file(walk, path, name, &about, err);
    if (S_ISLNK(about.st_mode) && is_place_link(walk->lay, name))
        return GD_DONE;
    if (!S_ISDIR(about.st_mode))
        return drop(path, err);
    GD_TRY(walk_folder(walk, path, name, depth + 1, err));
    (void)rmdir(path); /* when nothing stayed; what is needed is made again */
    return GD_DONE;
}

static struct gd_status walk_folder(struct walk *walk, const char *path, const char *name,
                                    unsigned depth, struct gd_error *err)
{
    struct gd_arena *arena = walk->lay->arena;
    DIR *folder = opendir(path);
    const struct dirent *entry;
    struct gd_status status = GD_DONE;
    if (folder == NULL || depth > DEPTH_MAX) {
        if (folder != NULL)
            (void)closedir(folder);
        return fail_path("look at folder", path, err);
    }
    while (status.code == GD_OK && (entry = readdir(folder)) != NULL) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        const char *inner = *name == '\0' ? gd_arena_strdup(arena, entry->d_name)
                                          : gd_arena_printf(arena, "%s/%s", name, entry->d_name);
        status = take_entry(walk, gd_arena_printf(arena, "%s/%s", path, entry->d_name), inner,
                            depth, err);
    }
    (void)closedir(folder);
    return status;
}

/* The links go, the places they led to were checked to be ours. */
static struct gd_status walk_places(struct walk *walk, struct gd_error *err)
{
    const struct gd_lay *lay = walk->lay;
    for (size_t i = 0; i < lay->place_count; i++) {
        const struct gd_lay_place *place = &lay->places[i];
        char name[32];
        (void)snprintf(name, sizeof name, "pg_tblspc/%u", place->oid);
        if (place->path != NULL && access(place->path, F_OK) == 0)
            GD_TRY(walk_folder(walk, place->path, name, 0, err));
    }
    return GD_DONE;
}

/* --- comparing --- */

static struct gd_status digest_of(const char *path, char out_hex[GD_DIGEST_HEX_SIZE],
                                  struct gd_arena *scratch, struct gd_error *err)
{
    gd_auto_fd fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    char *chunk = gd_arena_alloc(scratch, CHUNK);
    struct gd_digest *digest = gd_digest_new();
    struct gd_status status = fd < 0 ? fail_path("open", path, err) : GD_DONE;
    size_t got = 1;
    while (status.code == GD_OK && got > 0) {
        status = gd_fd_read(fd, path, chunk, CHUNK, &got, err);
        if (status.code == GD_OK)
            gd_digest_add(digest, chunk, got);
    }
    gd_digest_hex(digest, out_hex);
    gd_digest_free(digest);
    return status;
}

static struct gd_status own_file(const struct gd_lay *lay, const char *path, struct gd_error *err)
{
    if (chmod(path, 0600) != 0 ||
        (lay->options->uid != 0 && lchown(path, lay->options->uid, lay->options->gid) != 0))
        return fail_path("set the rights of", path, err);
    return GD_DONE;
}

static struct gd_status compare(void *context, size_t index, struct gd_arena *scratch,
                                struct gd_error *err)
{
    struct walk *walk = context;
    const struct candidate *one = &walk->candidates[index];
    char hex[GD_DIGEST_HEX_SIZE], wanted[GD_DIGEST_HEX_SIZE];
    GD_TRY(digest_of(one->path, hex, scratch, err));
    gd_lay_hex(one->file, wanted);
    if (strcmp(hex, wanted) != 0)
        return drop(one->path, err);
    one->file->kept = true;
    atomic_store(&one->file->laid, true);
    return own_file(walk->lay, one->path, err);
}

struct gd_status gd_lay_keep(struct gd_lay *lay, struct gd_error *err)
{
    struct walk walk = {.lay = lay};
    if (!lay->options->delta)
        return GD_DONE;
    gd_tell_stage(lay->options->events, "comparing what is there", 0);
    GD_TRY(walk_places(&walk, err));
    GD_TRY(walk_folder(&walk, lay->options->folder, "", 0, err));
    GD_TRY(gd_crew_run(walk.count, lay->options->workers, compare, &walk, err));
    gd_lay_count_wanted(lay);
    return GD_DONE;
}
