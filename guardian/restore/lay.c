/* Lay, see lay.h. */
#include "guardian/restore/lay.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "guardian/base/clock.h"
#include "guardian/base/crew.h"
#include "guardian/base/fault.h"
#include "guardian/io/digest.h"
#include "guardian/io/fd.h"
#include "guardian/io/tar.h"
#include "guardian/restore/lay_own.h"
#include "guardian/snapshot/stream.h"

enum { CHUNK = 131072, TELL_US = 100000, FILE_MODE = 0600 };

static void tell_all(struct gd_lay *lay)
{
    gd_tell(lay->options->events,
            &(struct gd_event){.kind = GD_EVENT_PROGRESS,
                               .worker = -1,
                               .bytes = atomic_load(&lay->bytes),
                               .stored_bytes = atomic_load(&lay->stored_bytes)});
}

static void tell(struct gd_lay *lay)
{
    int64_t now = gd_clock_monotonic_us(), before = atomic_load(&lay->told_us);
    if (now - before >= TELL_US && atomic_compare_exchange_strong(&lay->told_us, &before, now))
        tell_all(lay);
}

/* --- one file --- */

static struct gd_status open_file(const struct gd_lay *lay, const char *path, int *out_fd,
                                  struct gd_error *err)
{
    const int flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW;
    gd_auto_fd fd = open(path, flags, FILE_MODE);
    if (fd < 0 && errno == ENOENT) {
        gd_auto_arena arena = gd_arena_new();
        const char *folder = gd_arena_strndup(arena, path, (size_t)(strrchr(path, '/') - path));
        GD_TRY(gd_lay_make_folder(lay, folder, err));
        fd = open(path, flags, FILE_MODE);
    }
    if (fd < 0 || (lay->options->uid != 0 && fchown(fd, lay->options->uid, lay->options->gid) != 0))
        return gd_fail(err, errno == EEXIST ? GD_CORRUPT : GD_SYSTEM,
                       "could not make file \"%s\": %s", path, strerror(errno));
    *out_fd = gd_fd_move(&fd);
    return GD_DONE;
}

static struct gd_status pour(struct gd_lay *lay, struct gd_source *source, int fd, const char *path,
                             char *chunk, struct gd_digest *digest, uint64_t *out_bytes,
                             struct gd_error *err)
{
    for (*out_bytes = 0;;) {
        size_t got = 0;
        GD_TRY(gd_source_read(source, chunk, CHUNK, &got, err));
        if (got == 0)
            return GD_DONE;
        gd_digest_add(digest, chunk, got);
        GD_TRY(gd_fd_write_all(fd, path, chunk, got, err));
        *out_bytes += got;
        atomic_fetch_add(&lay->bytes, got);
        tell(lay);
    }
}

static struct gd_status compare(const struct gd_lay_file *file, uint64_t bytes,
                                const struct gd_digest *digest, struct gd_error *err)
{
    char hex[GD_DIGEST_HEX_SIZE], wanted[GD_DIGEST_HEX_SIZE];
    gd_digest_hex(digest, hex);
    gd_lay_hex(file, wanted);
    if (bytes == file->size && (!file->digest || strcmp(hex, wanted) == 0))
        return GD_DONE;
    return gd_fail(err, GD_CORRUPT, "\"%s\" differs from what backup_manifest says of it",
                   file->path);
}

static struct gd_status write_file(struct gd_lay *lay, struct gd_lay_file *file,
                                   struct gd_source *source, const char *path,
                                   struct gd_arena *scratch, struct gd_error *err)
{
    gd_auto_fd fd = -1;
    uint64_t bytes = 0;
    GD_TRY(gd_fault("recover: a file is laid down", err));
    GD_TRY(open_file(lay, path, &fd, err));
    struct gd_digest *digest = gd_digest_new();
    struct gd_status status =
        pour(lay, source, fd, path, gd_arena_alloc(scratch, CHUNK), digest, &bytes, err);
    if (status.code == GD_OK)
        status = compare(file, bytes, digest, err);
    gd_digest_free(digest);
    return status;
}

/* --- one object --- */

static bool is_later(const char *name)
{
    return strcmp(name, "global/pg_control") == 0;
}

/* What the server writes itself, or must not find: links are made by us, WAL comes from the store.
 */
static bool is_passed_over(const char *name)
{
    return strcmp(name, "tablespace_map") == 0 || strncmp(name, "pg_wal/", 7) == 0;
}

static struct gd_status find_file(struct gd_lay *lay, uint32_t tablespace, const char *name,
                                  struct gd_arena *scratch, struct gd_lay_file **out_file,
                                  struct gd_error *err)
{
    const char *path = name;
    if (tablespace != 0 && strncmp(name, "pg_tblspc/", 10) != 0)
        path = gd_arena_printf(scratch, "pg_tblspc/%u/%s", tablespace, name);
    *out_file = gd_lay_find(lay, path);
    if (*out_file == NULL)
        return gd_fail(err, GD_CORRUPT, "\"%s\" is not in backup_manifest", path);
    if (atomic_exchange(&(*out_file)->laid, true) && !(*out_file)->kept)
        return gd_fail(err, GD_CORRUPT, "\"%s\" is there twice", path);
    return GD_DONE;
}

static struct gd_status lay_file(struct gd_lay *lay, uint32_t tablespace,
                                 const struct gd_tar_entry *entry, struct gd_arena *scratch,
                                 struct gd_error *err)
{
    struct gd_lay_file *file = NULL;
    const char *path = NULL;
    if (strncmp(entry->name, "pg_wal/", 7) == 0)
        return GD_DONE;
    GD_TRY(find_file(lay, tablespace, entry->name, scratch, &file, err));
    if (file->kept || is_passed_over(entry->name))
        return GD_DONE;
    const char *name = is_later(entry->name) ? "global/pg_control" GD_LAY_LATER : entry->name;
    GD_TRY(gd_lay_path(lay, tablespace, name, scratch, &path, err));
    return write_file(lay, file, entry->source, path, scratch, err);
}

static struct gd_status lay_entry(struct gd_lay *lay, uint32_t tablespace,
                                  const struct gd_tar_entry *entry, struct gd_arena *scratch,
                                  struct gd_error *err)
{
    const char *path = NULL;
    if (entry->kind == GD_TAR_FILE)
        return lay_file(lay, tablespace, entry, scratch, err);
    if (strncmp(entry->name, "pg_tblspc/", 10) == 0 && strchr(entry->name + 10, '/') == NULL)
        return GD_DONE; /* ours */
    if (entry->kind == GD_TAR_LINK)
        return gd_fail(err, GD_CORRUPT, "the archive holds a link, \"%s\"", entry->name);
    if (strcmp(entry->name, "pg_wal") == 0)
        return GD_DONE;
    GD_TRY(gd_lay_path(lay, tablespace, entry->name, scratch, &path, err));
    return gd_lay_make_folder(lay, path, err);
}

static struct gd_status unpack(struct gd_lay *lay, const struct gd_base_object *object,
                               struct gd_source *take_source, struct gd_arena *scratch,
                               struct gd_error *err)
{
    gd_auto_tar_reader reader = NULL;
    GD_TRY(gd_tar_reader_new(take_source, &reader, err));
    for (;;) {
        struct gd_tar_entry entry;
        struct gd_arena_mark mark = gd_arena_mark(scratch);
        GD_TRY(gd_interrupt_check(err));
        GD_TRY(gd_tar_reader_entry(reader, &entry, err));
        if (entry.name == NULL)
            return GD_DONE;
        GD_TRY(lay_entry(lay, object->tablespace, &entry, scratch, err));
        gd_arena_rewind(scratch, mark);
    }
}

static struct gd_status lay_object(void *context, size_t index, struct gd_arena *scratch,
                                   struct gd_error *err)
{
    struct gd_lay *lay = context;
    const struct gd_lay_options *options = lay->options;
    const struct gd_base_object *object = &options->base->objects[index];
    gd_auto_source source = NULL;
    if (options->delta && gd_lay_has_all_of(lay, index))
        return GD_DONE;
    struct gd_place place =
        gd_base_place(options->base, object->owner, options->store, options->key, scratch);
    struct gd_status status = gd_object_source_new(&place, &object->stored, &source, err);
    if (status.code == GD_OK)
        status = unpack(lay, object, GD_MOVE(source), scratch, err);
    if (status.code != GD_OK)
        return gd_wrap(err, status, "could not unpack object \"%s\" of base backup \"%s\": ",
                       object->stored.name, object->owner);
    atomic_fetch_add(&lay->stored_bytes, object->stored.stored_bytes);
    return GD_DONE;
}

/* --- the end --- */

static struct gd_status sync_below(const char *folder, struct gd_error *err)
{
    gd_auto_fd fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 || syncfs(fd) != 0)
        return gd_fail(err, GD_SYSTEM, "could not sync what lies in \"%s\": %s", folder,
                       strerror(errno));
    return GD_DONE;
}

static struct gd_status sync_all(const struct gd_lay *lay, struct gd_error *err)
{
    if (lay->options->no_sync)
        return GD_DONE;
    gd_tell_stage(lay->options->events, "syncing to disk", 0);
    for (size_t i = 0; i < lay->place_count; i++)
        if (lay->places[i].path != NULL)
            GD_TRY(sync_below(lay->places[i].path, err));
    return sync_below(lay->options->folder, err);
}

/* A standby's signal would make it follow; a stale one of an earlier recovery, too. */
static struct gd_status drop_signals(const struct gd_lay *lay, struct gd_error *err)
{
    static const char *const names[] = {"standby.signal", "recovery.signal", "postmaster.opts"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const char *path = gd_arena_printf(lay->arena, "%s/%s", lay->options->folder, names[i]);
        if (unlink(path) != 0 && errno != ENOENT)
            return gd_fail(err, GD_SYSTEM, "could not remove \"%s\": %s", path, strerror(errno));
    }
    return GD_DONE;
}

static struct gd_status put_control(const struct gd_lay *lay, struct gd_error *err)
{
    const char *path = gd_arena_printf(lay->arena, "%s/global/pg_control", lay->options->folder);
    const char *later = gd_arena_printf(lay->arena, "%s" GD_LAY_LATER, path);
    GD_TRY(gd_fault("recover: before pg_control", err));
    if (rename(later, path) != 0)
        return gd_fail(err, GD_SYSTEM, "could not put \"%s\": %s", path, strerror(errno));
    GD_TRY(gd_fault("recover: after pg_control", err));
    return lay->options->no_sync ? GD_DONE : sync_below(lay->options->folder, err);
}

static void count(const struct gd_lay *lay, struct gd_laid *laid)
{
    *laid =
        (struct gd_laid){.files = lay->file_count, .stored_bytes = atomic_load(&lay->stored_bytes)};
    for (size_t i = 0; i < lay->file_count; i++) {
        laid->bytes += lay->files[i].size;
        laid->kept_files += lay->files[i].kept;
        laid->kept_bytes += lay->files[i].kept ? lay->files[i].size : 0;
    }
}

static struct gd_status put_manifest(const struct gd_lay *lay, struct gd_error *err)
{
    const struct gd_lay_options *options = lay->options;
    gd_auto_source source = NULL;
    gd_auto_fd fd = -1;
    struct gd_place place =
        gd_base_place(options->base, options->base->id, options->store, options->key, lay->arena);
    const char *path = gd_arena_printf(lay->arena, "%s/backup_manifest", options->folder);
    char *chunk = gd_arena_alloc(lay->arena, CHUNK);
    size_t got = 1;
    if (!options->manifest_too)
        return GD_DONE;
    GD_TRY(gd_object_source_new(&place, &options->base->backup_manifest, &source, err));
    GD_TRY(open_file(lay, path, &fd, err));
    while (got > 0) {
        GD_TRY(gd_source_read(source, chunk, CHUNK, &got, err));
        GD_TRY(gd_fd_write_all(fd, path, chunk, got, err));
    }
    return GD_DONE;
}

struct gd_status gd_lay_claim(const struct gd_lay_options *options, struct gd_arena *arena,
                              struct gd_error *err)
{
    struct gd_lay lay = {.options = options, .arena = arena};
    return gd_lay_prepare(&lay, err);
}

struct gd_status gd_lay_down(const struct gd_lay_options *options, struct gd_arena *arena,
                             struct gd_laid *out_laid, struct gd_error *err)
{
    struct gd_lay lay = {.options = options, .arena = arena};
    GD_TRY(gd_lay_read_files(&lay, err));
    GD_TRY(gd_lay_prepare(&lay, err));
    GD_TRY(gd_lay_keep(&lay, err));
    GD_TRY(gd_lay_link(&lay, err));
    gd_tell_stage(options->events, "laying down the base backup", options->base->bytes);
    GD_TRY(gd_crew_run(options->base->object_count, options->workers, lay_object, &lay, err));
    tell_all(&lay);
    GD_TRY(gd_lay_complete(&lay, err));
    GD_TRY(put_manifest(&lay, err));
    GD_TRY(drop_signals(&lay, err));
    GD_TRY(sync_all(&lay, err));
    GD_TRY(put_control(&lay, err));
    count(&lay, out_laid);
    return GD_DONE;
}

struct gd_status gd_lay_done(const char *folder, struct gd_error *err)
{
    gd_auto_arena arena = gd_arena_new();
    const char *path = gd_arena_printf(arena, "%s/" GD_LAY_MARK, folder);
    if (unlink(path) == 0 || errno == ENOENT)
        return GD_DONE;
    return gd_fail(err, GD_SYSTEM, "could not remove \"%s\": %s", path, strerror(errno));
}
