/*
 * file, see file.h.
 *
 * Order        write, fsync, close, give the file its name, fsync the folder: after a crash at any
 *              point the name is not there or stands for the whole file.
 * Invariant 1  GD_FILE_NEW takes its name by a call that fails when there is one already.
 * Invariant 2  Giving up removes what was written. Only a crash leaves the hidden name behind;
 *              gd_file_is_hidden() knows it, whoever sweeps removes it.
 * Not here     a folder that another process made a moment ago and has not brought to disk yet.
 */
#include "guardian/io/file.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "guardian/base/clock.h"
#include "guardian/base/fault.h"
#include "guardian/base/memory.h"
#include "guardian/io/fd.h"

#define HIDDEN_PREFIX ".#" /* not in the alphabet of the store's keys */

enum { FLUSH_BYTES = 8 << 20 };

bool gd_file_is_hidden(const char *name)
{
    return strncmp(name, HIDDEN_PREFIX, sizeof HIDDEN_PREFIX - 1) == 0 &&
           gd_id_valid(name + sizeof HIDDEN_PREFIX - 1);
}

/* --- folders -----------------------------------------------------------------------------------
 */

static struct gd_status fail_at(struct gd_error *err, const char *verb, const char *path)
{
    int error = errno;
    struct gd_status status =
        gd_fail(err, GD_SYSTEM, "could not %s \"%s\": %s", verb, path, strerror(error));
    if (error == ENOSPC || error == EDQUOT)
        return gd_hint(err, status, "Free space on that file system, or choose another one.");
    return status;
}

/* The folder of `path`, to be freed. */
static char *folder_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    if (slash == NULL)
        return gd_memory_strdup(".");
    size_t length = slash == path ? 1 : (size_t)(slash - path);
    char *folder = gd_memory_new(length + 1);
    memcpy(folder, path, length);
    return folder;
}

/* Some file systems cannot fsync a folder, and say so with EINVAL: it is up to them then. */
static struct gd_status sync_folder(const char *path, struct gd_error *err)
{
    gd_auto_fd fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return fail_at(err, "open the folder", path);
    if (fsync(fd) != 0 && errno != EINVAL)
        return fail_at(err, "write to disk the folder", path);
    return GD_DONE;
}

static bool is_shared(const char *folder)
{
    struct stat about;
    mode_t wanted = S_ISGID | S_IWGRP | S_IXGRP;
    return stat(folder, &about) == 0 && (about.st_mode & wanted) == wanted;
}

/* It has the group of the folder that it is in. What somebody put in its place stays as it is. */
static void share_folder(const char *path)
{
    gd_auto_fd fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    struct stat about;
    if (fd >= 0 && fstat(fd, &about) == 0 && about.st_uid == geteuid())
        (void)fchmod(fd, 02770);
}

static struct gd_status make_folder(const char *path, bool shared, struct gd_error *err)
{
    GD_TRY(gd_fault("file: before a folder is made", err));
    if (mkdir(path, 0700) != 0)
        return errno == EEXIST ? GD_DONE : fail_at(err, "make the folder", path);
    char *parent = folder_of(path);
    if (shared && is_shared(parent))
        share_folder(path);
    struct gd_status status = gd_fault("file: before a folder's parent is synced", err);
    if (status.code == GD_OK)
        status = sync_folder(parent, err);
    free(parent);
    return status;
}

/* Make what is missing of the way to `path`, which is changed for a moment at a time. */
static struct gd_status make_way(char *path, bool shared, struct gd_error *err)
{
    struct stat there;
    char *last = strrchr(path, '/');
    if (last == NULL || last == path)
        return GD_DONE;
    *last = '\0';
    bool missing = stat(path, &there) != 0;
    *last = '/';
    for (char *slash = strchr(path + 1, '/'); missing && slash != NULL;
         slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        struct gd_status status =
            stat(path, &there) == 0 ? GD_DONE : make_folder(path, shared, err);
        *slash = '/';
        GD_TRY(status);
    }
    return GD_DONE;
}

/* --- the file as a sink ------------------------------------------------------------------------
 */

struct file_sink {
    struct gd_sink sink;
    int fd;
    enum gd_file_mode mode;
    char *path, *folder;
    char *hidden;      /* NULL once it has its name */
    uint64_t unsynced; /* bytes that the kernel was not yet told to bring to disk */
};

static struct gd_status file_write(struct gd_sink *sink, const void *data, size_t size,
                                   struct gd_error *err)
{
    struct file_sink *file = (struct file_sink *)sink;
    GD_TRY(gd_fault("file: before write", err));
    for (const char *left = data; size > 0;) {
        ssize_t written = write(file->fd, left, size);
        if (written < 0 && errno != EINTR)
            return fail_at(err, "write", file->path);
        if (written < 0)
            continue;
        left += written;
        size -= (size_t)written;
        file->unsynced += (size_t)written;
    }
    if (file->unsynced >= FLUSH_BYTES) { /* so that the fsync at the end is a short one */
        (void)sync_file_range(file->fd, 0, 0, SYNC_FILE_RANGE_WRITE);
        file->unsynced = 0;
    }
    return gd_fault("file: after write", err);
}

/* What is read back after this comes from the disk, not from memory: best effort. */
static struct gd_status file_sync(struct file_sink *file, struct gd_error *err)
{
    GD_TRY(gd_fault("file: before fsync", err));
    if (fsync(file->fd) != 0)
        return fail_at(err, "write to disk", file->path);
    (void)posix_fadvise(file->fd, 0, 0, POSIX_FADV_DONTNEED);
    int fd = file->fd;
    file->fd = -1;
    if (close(fd) != 0)
        return fail_at(err, "close", file->path);
    return gd_fault("file: after fsync", err);
}

static struct gd_status fail_there(struct file_sink *file, struct gd_error *err)
{
    return gd_fail(err, GD_REFUSED, "\"%s\" is there already", file->path);
}

/* Where the file system does not know RENAME_NOREPLACE, a second name does the same. */
static struct gd_status name_new(struct file_sink *file, struct gd_error *err)
{
    if (renameat2(AT_FDCWD, file->hidden, AT_FDCWD, file->path, RENAME_NOREPLACE) == 0)
        return GD_DONE;
    if (errno == EEXIST)
        return fail_there(file, err);
    if (errno != EINVAL && errno != ENOSYS && errno != EOPNOTSUPP)
        return fail_at(err, "name the file", file->path);
    if (link(file->hidden, file->path) == 0) {
        (void)unlink(file->hidden);
        return GD_DONE;
    }
    if (errno == EEXIST)
        return fail_there(file, err);
    return gd_hint(err, fail_at(err, "name the file", file->path),
                   "This file system can neither rename without replacing nor link: use another.");
}

static struct gd_status name_file(struct file_sink *file, struct gd_error *err)
{
    GD_TRY(gd_fault("file: before rename", err));
    if (file->mode != GD_FILE_REPLACE)
        GD_TRY(name_new(file, err));
    else if (rename(file->hidden, file->path) != 0)
        return fail_at(err, "name the file", file->path);
    free(GD_MOVE(file->hidden));
    return GD_DONE;
}

static struct gd_status settle(struct file_sink *file, struct gd_error *err)
{
    GD_TRY(gd_fault("file: after rename", err));
    GD_TRY(sync_folder(file->folder, err));
    return gd_fault("file: after the folder is synced", err);
}

/* A new file whose name may not last is taken away again: nobody was told of it. */
static struct gd_status file_finish(struct gd_sink *sink, struct gd_error *err)
{
    struct file_sink *file = (struct file_sink *)sink;
    GD_TRY(file_sync(file, err));
    GD_TRY(name_file(file, err));
    struct gd_status status = settle(file, err);
    if (status.code != GD_OK && file->mode != GD_FILE_REPLACE)
        (void)unlink(file->path);
    return status;
}

static void file_free(struct gd_sink *sink)
{
    struct file_sink *file = (struct file_sink *)sink;
    gd_fd_drop(&file->fd);
    if (file->hidden != NULL)
        (void)unlink(file->hidden);
    free(file->hidden);
    free(file->folder);
    free(file->path);
    free(file);
}

static char *hidden_name(const char *folder)
{
    char id[GD_ID_SIZE];
    gd_id_new(id);
    size_t size = strlen(folder) + sizeof "/" HIDDEN_PREFIX + sizeof id;
    char *name = gd_memory_new(size);
    (void)snprintf(name, size, "%s/" HIDDEN_PREFIX "%s", folder, id);
    return name;
}

static struct gd_status file_open(struct file_sink *file, struct gd_error *err)
{
    bool shared = file->mode == GD_FILE_SHARED;
    GD_TRY(make_way(file->path, shared, err));
    GD_TRY(gd_fault("file: before create", err));
    char *hidden = hidden_name(file->folder);
    file->fd = open(hidden, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (file->fd < 0) {
        free(hidden);
        return fail_at(err, "create", file->path);
    }
    file->hidden = hidden;
    if (shared && is_shared(file->folder) && fchmod(file->fd, 0640) != 0)
        return fail_at(err, "give to its group the file", file->path);
    return gd_fault("file: after create", err);
}

struct gd_status gd_file_sink_new(const char *path, enum gd_file_mode mode,
                                  struct gd_sink **out_sink, struct gd_error *err)
{
    static const struct gd_sink_ops ops = {file_write, file_finish, file_free};
    struct file_sink *file = gd_memory_new(sizeof *file);
    gd_auto_sink sink = &file->sink;
    sink->ops = &ops;
    file->mode = mode;
    file->fd = -1;
    file->path = gd_memory_strdup(path);
    file->folder = folder_of(path);
    GD_TRY(file_open(file, err));
    *out_sink = GD_MOVE(sink);
    return GD_DONE;
}

/* --- the file as a source ----------------------------------------------------------------------
 */

struct file_source {
    struct gd_source source;
    int fd;
    char *path;
    uint64_t left;
};

static struct gd_status file_read(struct gd_source *source, void *buffer, size_t size,
                                  size_t *out_size, struct gd_error *err)
{
    struct file_source *file = (struct file_source *)source;
    size_t wanted = size < file->left ? size : (size_t)file->left;
    if (wanted == 0) {
        *out_size = 0;
        return GD_DONE;
    }
    ssize_t got = read(file->fd, buffer, wanted);
    if (got < 0)
        return fail_at(err, "read", file->path);
    if (got == 0)
        return gd_fail(err, GD_CORRUPT, "\"%s\" became shorter while it was read", file->path);
    file->left -= (size_t)got;
    *out_size = (size_t)got;
    return GD_DONE;
}

static void file_source_free(struct gd_source *source)
{
    struct file_source *file = (struct file_source *)source;
    gd_fd_drop(&file->fd);
    free(file->path);
    free(file);
}

/* Not blocking: a pipe in the place of a file must not hang us. */
static struct gd_status open_to_read(const char *path, int *out_fd, struct stat *out_about,
                                     struct gd_error *err)
{
    gd_auto_fd fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
        return gd_fail(err, GD_CORRUPT, "\"%s\" is not there", path);
    if (fd < 0)
        return fail_at(err, "open", path);
    if (fstat(fd, out_about) != 0)
        return fail_at(err, "look at", path);
    if (!S_ISREG(out_about->st_mode))
        return gd_fail(err, GD_CORRUPT, "\"%s\" is not a file", path);
    *out_fd = gd_fd_move(&fd);
    return GD_DONE;
}

struct gd_status gd_file_source_new(const char *path, uint64_t offset, uint64_t size,
                                    struct gd_source **out_source, struct gd_error *err)
{
    static const struct gd_source_ops ops = {file_read, file_source_free};
    gd_auto_fd fd = -1;
    struct stat about = {0};
    GD_TRY(open_to_read(path, &fd, &about, err));
    uint64_t there = (uint64_t)about.st_size;
    if (offset > there || size > there - offset)
        return gd_fail(err, GD_CORRUPT, "\"%s\" ends after %llu bytes", path,
                       (unsigned long long)there);
    if (offset > 0 && lseek(fd, (off_t)offset, SEEK_SET) < 0)
        return fail_at(err, "read", path);

    struct file_source *file = gd_memory_new(sizeof *file);
    file->source.ops = &ops;
    file->path = gd_memory_strdup(path);
    file->left = size == 0 ? there - offset : size;
    file->fd = gd_fd_move(&fd);
    *out_source = &file->source;
    return GD_DONE;
}
