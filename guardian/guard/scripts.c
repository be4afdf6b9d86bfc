#include "guardian/guard/scripts.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "guardian/guard/known_as.h"
#include "guardian/io/fd.h"

/* What is judged is held in memory until it has run. */
#define FILE_BYTES_MAX ((size_t)1 << 30)
enum { FIRST_CHUNK = 64 * 1024 };

struct reading {
    struct gd_arena *arena;
    struct gd_scripts *scripts;
    size_t file_capacity, folder_capacity;
};

/* Room for one more; `items` or what takes its place. */
static void *with_room(struct gd_arena *arena, void *items, size_t count, size_t *capacity,
                       size_t size)
{
    if (items != NULL && count < *capacity)
        return items;
    *capacity = *capacity == 0 ? 8 : *capacity * 2;
    void *more = gd_arena_zalloc(arena, *capacity, size);
    if (items != NULL)
        memcpy(more, items, count * size);
    return more;
}

static struct gd_scripts_file *add_file(struct reading *reading, const char *path)
{
    struct gd_scripts *scripts = reading->scripts;
    scripts->files = with_room(reading->arena, scripts->files, scripts->file_count,
                               &reading->file_capacity, sizeof *scripts->files);
    struct gd_scripts_file *file = &scripts->files[scripts->file_count++];
    *file = (struct gd_scripts_file){.path = path, .origin = ""};
    return file;
}

/* The absolute path, when there is one to be had. */
static const char *origin_of(const char *path, struct gd_arena *arena)
{
    char *real = realpath(path, NULL);
    const char *origin = real == NULL ? "" : gd_arena_strdup(arena, real);
    free(real);
    return origin;
}

GD_MUST static struct gd_status read_all(int fd, const char *called, struct gd_arena *arena,
                                         const char **out_text, size_t *out_size,
                                         struct gd_error *err)
{
    size_t capacity = FIRST_CHUNK, size = 0;
    char *text = gd_arena_alloc(arena, capacity + 1);
    for (;;) {
        size_t got;
        GD_TRY(gd_fd_read(fd, called, text + size, capacity - size, &got, err));
        if (got == 0)
            break;
        size += got;
        if (size > FILE_BYTES_MAX)
            return gd_hint(err, gd_fail(err, GD_USAGE, "%s is larger than 1 GB", called),
                           "Cut it into several files; load rows with COPY from a client.");
        if (size == capacity) {
            char *more = gd_arena_alloc(arena, capacity * 2 + 1);
            memcpy(more, text, size);
            text = more;
            capacity *= 2;
        }
    }
    text[size] = '\0';
    *out_text = text;
    *out_size = size;
    return GD_DONE;
}

GD_MUST static struct gd_status read_file(struct reading *reading, const char *path,
                                          struct gd_error *err)
{
    bool standard = strcmp(path, "-") == 0;
    struct gd_scripts_file *file = add_file(reading, path);
    gd_auto_fd opened = standard ? -1 : open(path, O_RDONLY | O_CLOEXEC);
    if (!standard && opened < 0)
        return gd_fail(err, GD_USAGE, "could not open \"%s\": %s", path, strerror(errno));
    const char *called =
        standard ? "standard input" : gd_arena_printf(reading->arena, "\"%s\"", path);
    GD_TRY(read_all(standard ? STDIN_FILENO : opened, called, reading->arena, &file->text,
                    &file->size, err));
    if (!standard)
        file->origin = origin_of(path, reading->arena);
    gd_digest_of(file->text, file->size, file->sha256);
    return GD_DONE;
}

GD_MUST static struct gd_status read_folder(struct reading *reading, const char *path,
                                            struct gd_error *err)
{
    struct gd_scripts *scripts = reading->scripts;
    struct gd_folder *folder = NULL;
    GD_TRY(gd_folder_read(path, reading->arena, &folder, err));
    scripts->folders = with_room(reading->arena, scripts->folders, scripts->folder_count,
                                 &reading->folder_capacity, sizeof(struct gd_folder *));
    scripts->folders[scripts->folder_count++] = folder;
    for (size_t i = 0; i < folder->count; i++) {
        const struct gd_migration *migration = &folder->migrations[i];
        struct gd_scripts_file *file = add_file(reading, migration->path);
        file->origin = origin_of(migration->path, reading->arena);
        file->text = migration->text;
        file->size = migration->size;
        memcpy(file->sha256, migration->sha256, sizeof file->sha256);
        file->folder = folder;
        file->migration = migration;
    }
    return GD_DONE;
}

/* The same files in the same order for the same place are the same request. */
static void digest_all(struct gd_scripts *scripts)
{
    struct gd_digest *digest = gd_digest_new();
    for (size_t i = 0; i < scripts->file_count; i++)
        gd_digest_add(digest, scripts->files[i].known_as, GD_DIGEST_HEX_SIZE);
    gd_digest_hex(digest, scripts->sha256);
    gd_digest_free(digest);
}

void gd_scripts_name(struct gd_scripts *scripts, const char *place)
{
    for (size_t i = 0; i < scripts->file_count; i++)
        gd_known_as(scripts->files[i].sha256, place, scripts->files[i].known_as);
    for (size_t i = 0; i < scripts->folder_count; i++)
        scripts->folders[i]->place = place;
    digest_all(scripts);
}

struct gd_status gd_scripts_read(const char *const *paths, size_t count, struct gd_arena *arena,
                                 struct gd_scripts *out_scripts, struct gd_error *err)
{
    struct gd_scripts scripts = {0};
    struct reading reading = {.arena = arena, .scripts = &scripts};
    if (count == 0)
        return gd_hint(err, gd_fail(err, GD_USAGE, "no file was named"),
                       "Name one or more SQL files or folders, or - for standard input.");
    for (size_t i = 0; i < count; i++) {
        struct stat what;
        bool folder =
            strcmp(paths[i], "-") != 0 && stat(paths[i], &what) == 0 && S_ISDIR(what.st_mode);
        GD_TRY(folder ? read_folder(&reading, paths[i], err) : read_file(&reading, paths[i], err));
    }
    gd_scripts_name(&scripts, "");
    *out_scripts = scripts;
    return GD_DONE;
}

void gd_scripts_of(const struct gd_input *inputs, size_t count, struct gd_arena *arena,
                   struct gd_scripts *out_scripts)
{
    struct gd_scripts scripts = {0};
    struct reading reading = {.arena = arena, .scripts = &scripts};
    for (size_t i = 0; i < count; i++) {
        struct gd_scripts_file *file = add_file(&reading, inputs[i].path);
        file->text = inputs[i].text;
        file->size = inputs[i].size;
        file->by_wire = inputs[i].by_wire;
        file->sent = inputs[i].sent;
        gd_digest_of(file->text, file->size, file->sha256);
    }
    gd_scripts_name(&scripts, "");
    *out_scripts = scripts;
}

struct gd_status gd_scripts_pending(const struct gd_scripts *scripts, struct gd_pg *pg,
                                    const struct gd_ledger *ledger, struct gd_arena *arena,
                                    struct gd_scripts *out_pending, struct gd_error *err)
{
    struct gd_scripts pending = *scripts;
    for (size_t i = 0; i < scripts->folder_count; i++)
        GD_TRY(gd_folder_pending(scripts->folders[i], pg, ledger, arena, err));
    pending.files = gd_arena_zalloc(arena, scripts->file_count + 1, sizeof *pending.files);
    pending.file_count = 0;
    for (size_t i = 0; i < scripts->file_count; i++)
        if (scripts->files[i].migration == NULL || !scripts->files[i].migration->applied)
            pending.files[pending.file_count++] = scripts->files[i];
    digest_all(&pending);
    *out_pending = pending;
    return GD_DONE;
}

struct gd_input *gd_scripts_inputs(const struct gd_scripts *scripts, struct gd_arena *arena)
{
    struct gd_input *inputs = gd_arena_zalloc(arena, scripts->file_count + 1, sizeof *inputs);
    for (size_t i = 0; i < scripts->file_count; i++)
        inputs[i] = (struct gd_input){.path = scripts->files[i].path,
                                      .text = scripts->files[i].text,
                                      .size = scripts->files[i].size,
                                      .by_wire = scripts->files[i].by_wire};
    return inputs;
}
