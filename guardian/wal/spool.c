#include "guardian/wal/spool.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "guardian/base/fault.h"
#include "guardian/io/digest.h"
#include "guardian/io/fd.h"
#include "guardian/io/file.h"

enum { SETTINGS_DIGITS = 12, NOTE_BYTES_MAX = 16 << 10, KEPT_FREE = 10 /* one tenth */ };

GD_MUST static struct gd_status make(const char *path, struct gd_error *err)
{
    if (mkdir(path, 0700) == 0 || errno == EEXIST)
        return GD_DONE;
    return gd_fail(err, GD_SYSTEM, "could not make the spool folder \"%s\": %s", path,
                   strerror(errno));
}

struct gd_status gd_wal_spool_open(const char *base, uint64_t system_identifier,
                                   const char *settings, const char *what, struct gd_arena *arena,
                                   struct gd_wal_spool *out_spool, struct gd_error *err)
{
    char digest[GD_DIGEST_HEX_SIZE];
    gd_digest_of(settings, strlen(settings), digest);
    const char *own = gd_arena_printf(arena, "%s/%" PRIu64 "-%.*s", base, system_identifier,
                                      SETTINGS_DIGITS, digest);
    const char *folder = gd_arena_printf(arena, "%s/%s", own, what);
    GD_TRY(gd_fault("wal: before a spool is opened", err));
    GD_TRY(make(base, err));
    GD_TRY(make(own, err));
    GD_TRY(make(folder, err));
    *out_spool = (struct gd_wal_spool){.folder = folder};
    return GD_DONE;
}

const char *gd_wal_spool_path(const struct gd_wal_spool *spool, const char *name,
                              struct gd_arena *arena)
{
    return gd_arena_printf(arena, "%s/%s", spool->folder, name);
}

struct gd_status gd_wal_spool_lock(const struct gd_wal_spool *spool, int *out_fd,
                                   struct gd_error *err)
{
    gd_auto_arena arena = gd_arena_new();
    const char *path = gd_wal_spool_path(spool, "lock", arena);
    gd_auto_fd fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return gd_fail(err, GD_SYSTEM, "could not open \"%s\": %s", path, strerror(errno));
    if (flock(fd, LOCK_EX | LOCK_NB) == 0)
        *out_fd = gd_fd_move(&fd);
    else if (errno == EWOULDBLOCK)
        *out_fd = -1;
    else
        return gd_fail(err, GD_SYSTEM, "could not lock \"%s\": %s", path, strerror(errno));
    return GD_DONE;
}

struct gd_status gd_wal_spool_write(const struct gd_wal_spool *spool, const char *name,
                                    const struct gd_json *note, struct gd_error *err)
{
    gd_auto_arena arena = gd_arena_new();
    gd_auto_sink sink = NULL;
    char *text = NULL;
    size_t size = 0;
    GD_TRY(gd_fault("wal: before a note in the spool", err));
    FILE *stream = open_memstream(&text, &size);
    struct gd_status status = stream == NULL
                                  ? gd_fail(err, GD_SYSTEM, "could not write a note in memory")
                                  : gd_json_write(note, stream, 0, err);
    if (stream != NULL)
        (void)fclose(stream);
    if (status.code == GD_OK)
        status =
            gd_file_sink_new(gd_wal_spool_path(spool, name, arena), GD_FILE_REPLACE, &sink, err);
    if (status.code == GD_OK)
        status = gd_sink_write(sink, text, size, err);
    if (status.code == GD_OK)
        status = gd_sink_finish(sink, err);
    free(text);
    return status;
}

void gd_wal_spool_read(const struct gd_wal_spool *spool, const char *name,
                       struct gd_json **out_note)
{
    gd_auto_arena arena = gd_arena_new();
    gd_auto_source source = NULL;
    struct gd_error ignored = {0};
    char *text = NULL;
    size_t size = 0;
    *out_note = NULL;
    const char *path = gd_wal_spool_path(spool, name, arena);
    if (gd_file_source_new(path, 0, 0, &source, &ignored).code == GD_OK &&
        gd_source_all(source, NOTE_BYTES_MAX, &text, &size, &ignored).code == GD_OK &&
        gd_json_parse(text, size, out_note, &ignored).code != GD_OK)
        *out_note = NULL;
    free(text);
}

void gd_wal_spool_remove(const struct gd_wal_spool *spool, const char *name)
{
    gd_auto_arena arena = gd_arena_new();
    (void)unlink(gd_wal_spool_path(spool, name, arena));
}

void gd_wal_spool_each(const struct gd_wal_spool *spool, bool sweep, gd_wal_spool_each_fn *each,
                       void *context)
{
    struct dirent *entry;
    DIR *folder = opendir(spool->folder);
    if (folder == NULL)
        return;
    while ((entry = readdir(folder)) != NULL) {
        if (sweep && gd_file_is_hidden(entry->d_name))
            gd_wal_spool_remove(spool, entry->d_name);
        else if (entry->d_name[0] != '.')
            each(context, entry->d_name);
    }
    (void)closedir(folder);
}

bool gd_wal_spool_has_room(const struct gd_wal_spool *spool, uint64_t bytes)
{
    struct statvfs about;
    if (statvfs(spool->folder, &about) != 0)
        return false;
    uint64_t total = (uint64_t)about.f_blocks * about.f_frsize;
    uint64_t available = (uint64_t)about.f_bavail * about.f_frsize;
    return available > bytes && available - bytes >= total / KEPT_FREE;
}
