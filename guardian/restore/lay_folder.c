/*
 * Lay, the folder: may it be written to, and where does each tablespace go?
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "guardian/base/clock.h"
#include "guardian/io/fd.h"
#include "guardian/restore/control.h"
#include "guardian/restore/lay_own.h"

enum { FOLDER_MODE = 0700, FILE_MODE = 0600, SPARE_BYTES = 64 << 20 };

static const char *below(const struct gd_lay *lay, const char *name, struct gd_arena *arena)
{
    return gd_arena_printf(arena, "%s/%s", lay->options->folder, name);
}

static bool is_there(const char *path)
{
    struct stat about;
    return lstat(path, &about) == 0;
}

/* @return false with errno: it cannot be looked at */
static bool is_empty(const char *path, bool *out_empty)
{
    DIR *folder = opendir(path);
    const struct dirent *entry;
    if (folder == NULL)
        return false;
    *out_empty = true;
    while ((entry = readdir(folder)) != NULL)
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            *out_empty = false;
    (void)closedir(folder);
    return true;
}

/* --- tablespaces --- */

static bool is_named(const struct gd_base_tablespace *tablespace, const char *text, size_t length)
{
    char oid[16];
    (void)snprintf(oid, sizeof oid, "%u", tablespace->oid);
    return (strlen(oid) == length && strncmp(oid, text, length) == 0) ||
           (strlen(tablespace->path) == length && strncmp(tablespace->path, text, length) == 0);
}

/* The place that was asked for; NULL: none was. */
static const char *asked_for(const struct gd_lay_options *options,
                             const struct gd_base_tablespace *tablespace)
{
    for (size_t i = 0; i < options->tablespace_count; i++) {
        const char *text = options->tablespaces[i], *equals = strchr(text, '=');
        if (equals != NULL && is_named(tablespace, text, (size_t)(equals - text)))
            return equals + 1;
    }
    return NULL;
}

static struct gd_status check_mapping(const struct gd_lay_options *options, const char *text,
                                      struct gd_error *err)
{
    const struct gd_base *base = options->base;
    const char *equals = strchr(text, '=');
    if (equals == NULL || equals[1] != '/')
        return gd_fail(
            err, GD_USAGE,
            "could not read --map-tablespace \"%s\": it is OLD=NEW, with an absolute path", text);
    for (size_t i = 0; i < base->tablespace_count; i++)
        if (is_named(&base->tablespaces[i], text, (size_t)(equals - text)))
            return GD_DONE;
    return gd_fail(err, GD_USAGE, "base backup \"%s\" has no tablespace \"%.*s\"", base->id,
                   (int)(equals - text), text);
}

static const char *place_of(const struct gd_lay *lay, const struct gd_base_tablespace *tablespace)
{
    const struct gd_lay_options *options = lay->options;
    if (tablespace->path[0] != '/')
        return NULL;
    if (options->tablespace_folder != NULL)
        return gd_arena_printf(lay->arena, "%s/%u", options->tablespace_folder, tablespace->oid);
    const char *asked = asked_for(options, tablespace);
    return asked != NULL ? asked : tablespace->path;
}

bool gd_lay_is_linked(const struct gd_lay *lay, const struct gd_lay_place *place)
{
    char target[4096];
    gd_auto_arena arena = gd_arena_new();
    const char *link = gd_arena_printf(arena, "%s/pg_tblspc/%u", lay->options->folder, place->oid);
    ssize_t length = readlink(link, target, sizeof target - 1);
    if (place->path == NULL || length < 0)
        return false;
    target[length] = '\0';
    return strcmp(target, place->path) == 0;
}

/* A link is in a copy of a data directory, too, and leads to what the living server uses. */
static struct gd_status refuse_unsaid(const struct gd_lay_place *place, const char *original,
                                      struct gd_error *err)
{
    return gd_hint(err,
                   gd_fail(err, GD_USAGE,
                           "the place of tablespace %u, \"%s\", is not empty, and the server that "
                           "this folder is a copy of may use it",
                           place->oid, place->path),
                   "Name another place for it: --map-tablespace %s=FOLDER. When no other server "
                   "uses it, say so: --map-tablespace %s=%s.",
                   original, original, place->path);
}

/* With delta a folder that this very data directory uses may be full, when it is said to be its. */
static struct gd_status check_place(const struct gd_lay *lay, const struct gd_lay_place *place,
                                    const struct gd_base_tablespace *tablespace,
                                    struct gd_error *err)
{
    const char *original = tablespace->path;
    bool empty = true;
    if (place->path == NULL)
        return GD_DONE;
    GD_TRY(gd_lay_check_within(lay, place->path, err));
    if (!is_there(place->path))
        return GD_DONE;
    if (!is_empty(place->path, &empty))
        return gd_fail(err, GD_SYSTEM, "could not look at folder \"%s\": %s", place->path,
                       strerror(errno));
    if (empty)
        return GD_DONE;
    if (lay->options->delta && gd_lay_is_linked(lay, place))
        return asked_for(lay->options, tablespace) != NULL ? GD_DONE
                                                           : refuse_unsaid(place, original, err);
    return gd_hint(err,
                   gd_fail(err, GD_USAGE, "the place of tablespace %u, \"%s\", is not empty",
                           place->oid, place->path),
                   "Name another place for it: --map-tablespace %s=FOLDER.", original);
}

struct gd_status gd_lay_choose_places(struct gd_lay *lay, struct gd_error *err)
{
    const struct gd_lay_options *options = lay->options;
    const struct gd_base *base = options->base;
    for (size_t i = 0; i < options->tablespace_count; i++)
        GD_TRY(check_mapping(options, options->tablespaces[i], err));
    lay->places = gd_arena_zalloc(lay->arena, base->tablespace_count + 1, sizeof *lay->places);
    for (size_t i = 0; i < base->tablespace_count; i++) {
        struct gd_lay_place *place = &lay->places[lay->place_count++];
        place->oid = base->tablespaces[i].oid;
        place->path = place_of(lay, &base->tablespaces[i]);
        GD_TRY(check_place(lay, place, &base->tablespaces[i], err));
    }
    return GD_DONE;
}

/* --- paths --- */

static const char *root_of(const struct gd_lay *lay, uint32_t tablespace, struct gd_arena *arena)
{
    for (size_t i = 0; i < lay->place_count; i++)
        if (lay->places[i].oid == tablespace && lay->places[i].path != NULL)
            return lay->places[i].path;
    return gd_arena_printf(arena, "%s/pg_tblspc/%u", lay->options->folder, tablespace);
}

/* "pg_tblspc/16385/PG_15_…": the oid, and where the rest begins. */
static uint32_t split_tablespace(const char *name, const char **out_rest)
{
    static const char prefix[] = "pg_tblspc/";
    char *end = NULL;
    if (strncmp(name, prefix, sizeof prefix - 1) != 0)
        return 0;
    unsigned long oid = strtoul(name + sizeof prefix - 1, &end, 10);
    if (end == name + sizeof prefix - 1 || *end != '/' || oid == 0 || oid > UINT32_MAX)
        return 0;
    *out_rest = end + 1;
    return (uint32_t)oid;
}

static struct gd_status own(const struct gd_lay *lay, const char *path, struct gd_error *err)
{
    if (lay->options->uid != 0 && lchown(path, lay->options->uid, lay->options->gid) != 0)
        return gd_fail(err, GD_SYSTEM, "could not give \"%s\" to the server's user: %s", path,
                       strerror(errno));
    return GD_DONE;
}

struct gd_status gd_lay_make_folder(const struct gd_lay *lay, const char *path,
                                    struct gd_error *err)
{
    struct stat about;
    if (mkdir(path, FOLDER_MODE) == 0)
        return own(lay, path, err);
    if (errno == ENOENT) {
        gd_auto_arena arena = gd_arena_new();
        const char *slash = strrchr(path, '/');
        if (slash != NULL && slash != path) {
            GD_TRY(gd_lay_make_folder(lay, gd_arena_strndup(arena, path, (size_t)(slash - path)),
                                      err));
            if (mkdir(path, FOLDER_MODE) == 0)
                return own(lay, path, err);
        }
    }
    if (errno == EEXIST && lstat(path, &about) == 0 && S_ISDIR(about.st_mode))
        return GD_DONE;
    return gd_fail(err, GD_SYSTEM, "could not make folder \"%s\": %s", path, strerror(errno));
}

struct gd_status gd_lay_path(const struct gd_lay *lay, uint32_t tablespace, const char *name,
                             struct gd_arena *arena, const char **out_path, struct gd_error *err)
{
    const char *rest = name;
    uint32_t named = split_tablespace(name, &rest);
    if (tablespace == 0)
        tablespace = named;
    if (named != 0 && named != tablespace)
        return gd_fail(err, GD_CORRUPT, "\"%s\" lies in the archive of tablespace %u", name,
                       tablespace);
    *out_path = tablespace == 0
                    ? below(lay, name, arena)
                    : gd_arena_printf(arena, "%s/%s", root_of(lay, tablespace, arena), rest);
    return GD_DONE;
}

/* --- may it be written to? --- */

static struct gd_status refuse_running(const char *pid_file, struct gd_error *err)
{
    return gd_hint(err,
                   gd_fail(err, GD_USAGE,
                           "could not write to \"%.*s\": a server runs in it, or did not end well "
                           "(postmaster.pid)",
                           (int)(strrchr(pid_file, '/') - pid_file), pid_file),
                   "Stop it with pg_ctl, or name another folder.");
}

/* What is there is the same cluster's, or what an earlier attempt has left of it. */
static struct gd_status check_same(const struct gd_lay *lay, struct gd_error *err)
{
    const struct gd_lay_options *options = lay->options;
    struct gd_control control = {.timeline = 0};
    struct gd_error why = {0};
    if (is_there(below(lay, GD_LAY_MARK, lay->arena)))
        return GD_DONE;
    if (gd_control_read(options->folder, &control, &why).code != GD_OK)
        return gd_fail(err, GD_USAGE, "\"%s\" is not empty, and no data directory: %s",
                       options->folder, why.text);
    if (control.system_identifier != options->base->system_identifier)
        return gd_fail(err, GD_USAGE,
                       "\"%s\" is the data directory of another cluster: its system identifier is "
                       "%" PRIu64 ", that of the backup is %" PRIu64,
                       options->folder, control.system_identifier,
                       options->base->system_identifier);
    return GD_DONE;
}

/* As with tablespaces: the link of a copy leads to the WAL of the living server. */
static struct gd_status check_wal(const struct gd_lay *lay, struct gd_error *err)
{
    const char *path = below(lay, "pg_wal", lay->arena);
    struct stat about;
    bool empty = true;
    if (lstat(path, &about) != 0 || !S_ISLNK(about.st_mode) || stat(path, &about) != 0)
        return GD_DONE;
    if (!is_empty(path, &empty))
        return gd_fail(err, GD_SYSTEM, "could not look at folder \"%s\": %s", path,
                       strerror(errno));
    if (empty)
        return GD_DONE;
    return gd_hint(err,
                   gd_fail(err, GD_USAGE,
                           "\"%s\" is a link to a folder that is not empty, and the server that "
                           "this folder is a copy of may use it",
                           path),
                   "Remove the link, or, when no other server uses it, empty what it leads to: all "
                   "WAL in it would be removed.");
}

static struct gd_status check_full(const struct gd_lay *lay, struct gd_error *err)
{
    const char *folder = lay->options->folder;
    const char *pid_file = below(lay, "postmaster.pid", lay->arena);
    if (is_there(pid_file))
        return refuse_running(pid_file, err);
    if (lay->options->delta) {
        GD_TRY(check_same(lay, err));
        return check_wal(lay, err);
    }
    if (is_there(below(lay, GD_LAY_MARK, lay->arena)))
        return gd_hint(err,
                       gd_fail(err, GD_USAGE,
                               "\"%s\" holds what an earlier attempt to recover has left", folder),
                       "Go on with it by --delta, or name an empty folder.");
    return gd_hint(err, gd_fail(err, GD_USAGE, "folder \"%s\" is not empty", folder),
                   "Name an empty folder. Over an old data directory of the same cluster, --delta "
                   "keeps what is right and replaces the rest.");
}

static struct gd_status check_folder(const struct gd_lay *lay, struct gd_error *err)
{
    const char *folder = lay->options->folder;
    struct stat about;
    bool empty = true;
    if (stat(folder, &about) != 0 && errno == ENOENT) {
        if (mkdir(folder, FOLDER_MODE) == 0)
            return own(lay, folder, err);
        return gd_fail(err, GD_SYSTEM, "could not make folder \"%s\": %s", folder, strerror(errno));
    }
    if (!S_ISDIR(about.st_mode))
        return gd_fail(err, GD_USAGE, "\"%s\" is not a folder", folder);
    if (!is_empty(folder, &empty))
        return gd_fail(err, GD_SYSTEM, "could not look at folder \"%s\": %s", folder,
                       strerror(errno));
    if (!empty)
        GD_TRY(check_full(lay, err));
    if (chmod(folder, FOLDER_MODE) != 0)
        return gd_fail(err, GD_SYSTEM, "could not close folder \"%s\" to others: %s", folder,
                       strerror(errno));
    return own(lay, folder, err);
}

/* What is kept of an old folder is not known yet: with delta nothing is demanded. */
static struct gd_status check_room(const struct gd_lay *lay, struct gd_error *err)
{
    struct statvfs about;
    uint64_t wanted = SPARE_BYTES;
    if (lay->options->delta || statvfs(lay->options->folder, &about) != 0)
        return GD_DONE;
    for (size_t i = 0; i < lay->file_count; i++)
        if (lay->place_count == 0 || strncmp(lay->files[i].path, "pg_tblspc/", 10) != 0)
            wanted += lay->files[i].size;
    uint64_t free_bytes = (uint64_t)about.f_bavail * about.f_frsize;
    if (free_bytes >= wanted)
        return GD_DONE;
    return gd_fail(err, GD_SYSTEM,
                   "\"%s\" has %" PRIu64 " MiB free, and %" PRIu64 " MiB are needed",
                   lay->options->folder, free_bytes >> 20, wanted >> 20);
}

static struct gd_status put_mark(const struct gd_lay *lay, struct gd_error *err)
{
    const char *path = below(lay, GD_LAY_MARK, lay->arena);
    const char *text =
        gd_arena_printf(lay->arena, "%" PRIu64 " %s\n", lay->options->base->system_identifier,
                        lay->options->base->id);
    gd_auto_fd fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, FILE_MODE);
    if (fd < 0 || (lay->options->uid != 0 && fchown(fd, lay->options->uid, lay->options->gid) != 0))
        return gd_fail(err, GD_SYSTEM, "could not write \"%s\": %s", path, strerror(errno));
    GD_TRY(gd_fd_write_all(fd, path, text, strlen(text), err));
    if (!lay->options->no_sync && fsync(fd) != 0)
        return gd_fail(err, GD_SYSTEM, "could not sync \"%s\": %s", path, strerror(errno));
    return GD_DONE;
}

static struct gd_status drop_control(const struct gd_lay *lay, struct gd_error *err)
{
    static const char *const names[] = {"global/pg_control", "global/pg_control" GD_LAY_LATER};
    for (size_t i = 0; i < 2; i++) {
        const char *path = below(lay, names[i], lay->arena);
        if (unlink(path) != 0 && errno != ENOENT)
            return gd_fail(err, GD_SYSTEM, "could not remove \"%s\": %s", path, strerror(errno));
    }
    return GD_DONE;
}

struct gd_status gd_lay_prepare(struct gd_lay *lay, struct gd_error *err)
{
    GD_TRY(gd_lay_check_within(lay, lay->options->folder, err));
    GD_TRY(check_folder(lay, err));
    GD_TRY(gd_lay_choose_places(lay, err));
    GD_TRY(check_room(lay, err));
    GD_TRY(put_mark(lay, err));
    return drop_control(lay, err);
}

/* --- links --- */

static struct gd_status link_one(const struct gd_lay *lay, const struct gd_lay_place *place,
                                 struct gd_error *err)
{
    const char *link =
        gd_arena_printf(lay->arena, "%s/pg_tblspc/%u", lay->options->folder, place->oid);
    if (place->path == NULL)
        return gd_lay_make_folder(lay, link, err);
    GD_TRY(gd_lay_make_folder(lay, place->path, err));
    if (chmod(place->path, FOLDER_MODE) != 0)
        return gd_fail(err, GD_SYSTEM, "could not close folder \"%s\" to others: %s", place->path,
                       strerror(errno));
    GD_TRY(own(lay, place->path, err));
    if (gd_lay_is_linked(lay, place))
        return GD_DONE;
    if (symlink(place->path, link) != 0)
        return gd_fail(err, GD_SYSTEM, "could not make link \"%s\": %s", link, strerror(errno));
    return own(lay, link, err);
}

struct gd_status gd_lay_link(const struct gd_lay *lay, struct gd_error *err)
{
    static const char *const folders[] = {"base",
                                          "global",
                                          "pg_commit_ts",
                                          "pg_dynshmem",
                                          "pg_logical",
                                          "pg_logical/mappings",
                                          "pg_logical/snapshots",
                                          "pg_multixact",
                                          "pg_multixact/members",
                                          "pg_multixact/offsets",
                                          "pg_notify",
                                          "pg_replslot",
                                          "pg_serial",
                                          "pg_snapshots",
                                          "pg_stat",
                                          "pg_stat_tmp",
                                          "pg_subtrans",
                                          "pg_tblspc",
                                          "pg_twophase",
                                          "pg_wal",
                                          "pg_wal/archive_status",
                                          "pg_xact"};
    for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++) {
        struct stat about;
        const char *path = below(lay, folders[i], lay->arena);
        if (stat(path, &about) != 0 || !S_ISDIR(about.st_mode)) /* pg_wal may be a link */
            GD_TRY(gd_lay_make_folder(lay, path, err));
    }
    for (size_t i = 0; i < lay->place_count; i++)
        GD_TRY(link_one(lay, &lay->places[i], err));
    return GD_DONE;
}
