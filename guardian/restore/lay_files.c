/*
 * Lay, the list: backup_manifest, as the server wrote it: one file in a line.
 */
#include <stdlib.h>
#include <string.h>

#include "guardian/io/json.h"
#include "guardian/restore/lay_own.h"
#include "guardian/snapshot/stream.h"

enum { LINE_MAX_BYTES = 16384, CHUNK = 65536 };

struct list {
    struct gd_lay *lay;
    size_t capacity;
    char line[LINE_MAX_BYTES];
    size_t length;
};

static int hex_digit(char letter)
{
    if (letter >= '0' && letter <= '9')
        return letter - '0';
    if (letter >= 'a' && letter <= 'f')
        return letter - 'a' + 10;
    return -1;
}

static bool read_hex(const char *text, size_t bytes, unsigned char *out)
{
    if (strlen(text) != 2 * bytes)
        return false;
    for (size_t i = 0; i < bytes; i++) {
        int high = hex_digit(text[2 * i]), low = hex_digit(text[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        out[i] = (unsigned char)(high * 16 + low);
    }
    return true;
}

/* Names that are no UTF-8 stand there in hex. */
static const char *path_of(const struct gd_json *about, struct gd_arena *arena)
{
    const struct gd_json *hex = gd_json_get(about, "Encoded-Path");
    const char *encoded = gd_json_text(hex);
    if (gd_json_kind(hex) != GD_JSON_TEXT)
        return gd_json_text(gd_json_get(about, "Path"));
    size_t bytes = strlen(encoded) / 2;
    char *path = gd_arena_zalloc(arena, bytes + 1, 1);
    return read_hex(encoded, bytes, (unsigned char *)path) && strlen(path) == bytes ? path : NULL;
}

static struct gd_status add_file(struct list *list, const struct gd_json *about,
                                 struct gd_error *err)
{
    struct gd_lay *lay = list->lay;
    const char *path = path_of(about, lay->arena);
    const char *kind = gd_json_text(gd_json_get(about, "Checksum-Algorithm"));
    const char *digest = gd_json_text(gd_json_get(about, "Checksum"));
    struct gd_lay_file file = {.size = (uint64_t)gd_json_int(gd_json_get(about, "Size"))};
    if (path == NULL || *path == '\0' || gd_json_int(gd_json_get(about, "Size")) < 0)
        return gd_fail(err, GD_CORRUPT, "a line of backup_manifest cannot be read: %.200s",
                       list->line);
    file.digest = kind != NULL && digest != NULL && strcmp(kind, "SHA256") == 0 &&
                  read_hex(digest, GD_LAY_SHA_BYTES, file.sha256);
    file.path = gd_arena_strdup(lay->arena, path);
    lay->files =
        gd_arena_more(lay->arena, lay->files, lay->file_count, &list->capacity, sizeof file);
    lay->files[lay->file_count++] = file;
    return GD_DONE;
}

static struct gd_status end_line(struct list *list, struct gd_error *err)
{
    static const char file[] = "{ \"Path\"", encoded[] = "{ \"Encoded-Path\"";
    size_t length = list->length;
    struct gd_json *about = NULL;
    list->line[length] = '\0';
    list->length = 0;
    if (strncmp(list->line, file, sizeof file - 1) != 0 &&
        strncmp(list->line, encoded, sizeof encoded - 1) != 0)
        return GD_DONE;
    if (length > 0 && list->line[length - 1] == ',')
        list->line[--length] = '\0';
    GD_TRY(gd_json_parse(list->line, length, &about, err));
    struct gd_status status = add_file(list, about, err);
    gd_json_free(about);
    return status;
}

static struct gd_status take_bytes(struct list *list, const char *bytes, size_t size,
                                   struct gd_error *err)
{
    for (size_t i = 0; i < size; i++) {
        if (bytes[i] == '\n') {
            GD_TRY(end_line(list, err));
        } else if (list->length + 1 < sizeof list->line) {
            list->line[list->length++] = bytes[i];
        } else {
            return gd_fail(err, GD_CORRUPT, "backup_manifest has a line that is too long");
        }
    }
    return GD_DONE;
}

static int by_path(const void *left, const void *right)
{
    const struct gd_lay_file *one = left, *other = right;
    return strcmp(one->path, other->path);
}

static struct gd_status check_files(struct gd_lay *lay, struct gd_error *err)
{
    if (lay->file_count == 0)
        return gd_fail(err, GD_CORRUPT, "backup_manifest names no file");
    gd_lay_group(lay);
    qsort(lay->files, lay->file_count, sizeof *lay->files, by_path);
    for (size_t i = 1; i < lay->file_count; i++)
        if (strcmp(lay->files[i - 1].path, lay->files[i].path) == 0)
            return gd_fail(err, GD_CORRUPT, "backup_manifest names \"%s\" twice",
                           lay->files[i].path);
    if (gd_lay_find(lay, "global/pg_control") == NULL)
        return gd_fail(err, GD_CORRUPT, "backup_manifest does not name global/pg_control");
    return GD_DONE;
}

struct gd_status gd_lay_read_files(struct gd_lay *lay, struct gd_error *err)
{
    const struct gd_lay_options *options = lay->options;
    gd_auto_source source = NULL;
    struct gd_place place =
        gd_base_place(options->base, options->base->id, options->store, options->key, lay->arena);
    struct list *list = gd_arena_zalloc(lay->arena, 1, sizeof *list);
    char *chunk = gd_arena_alloc(lay->arena, CHUNK);
    size_t got = 1;
    list->lay = lay;
    GD_TRY(gd_object_source_new(&place, &options->base->backup_manifest, &source, err));
    while (got > 0) {
        GD_TRY(gd_source_read(source, chunk, CHUNK, &got, err));
        GD_TRY(take_bytes(list, chunk, got, err));
    }
    GD_TRY(end_line(list, err));
    return check_files(lay, err);
}

void gd_lay_hex(const struct gd_lay_file *file, char out_hex[GD_DIGEST_HEX_SIZE])
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < GD_LAY_SHA_BYTES; i++) {
        out_hex[2 * i] = digits[file->sha256[i] >> 4];
        out_hex[2 * i + 1] = digits[file->sha256[i] & 15];
    }
    out_hex[2 * GD_LAY_SHA_BYTES] = '\0';
}

struct gd_lay_file *gd_lay_find(const struct gd_lay *lay, const char *path)
{
    struct gd_lay_file wanted = {.path = path};
    return bsearch(&wanted, lay->files, lay->file_count, sizeof wanted, by_path);
}

struct gd_status gd_lay_complete(const struct gd_lay *lay, struct gd_error *err)
{
    for (size_t i = 0; i < lay->file_count; i++)
        if (!atomic_load(&lay->files[i].laid))
            return gd_fail(err, GD_CORRUPT,
                           "base backup \"%s\" does not hold \"%s\", which its backup_manifest "
                           "names",
                           lay->options->base->id, lay->files[i].path);
    return GD_DONE;
}
