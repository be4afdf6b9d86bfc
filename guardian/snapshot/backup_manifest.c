#include "guardian/snapshot/backup_manifest.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "guardian/base/memory.h"
#include "guardian/io/json.h"

enum { LINE_MAX_BYTES = 64 * 1024, PATH_MAX_BYTES = 4096 };

/* Which line is expected: the document is always laid out in the same lines. */
enum stage { HEAD, FILES, RANGES_HEAD, RANGES, SUM, END };

struct gd_backup_manifest {
    gd_backup_file_fn *each;
    void *context;
    struct gd_digest *digest; /* of all lines but the last */
    enum stage stage;
    bool more; /* the line before ended with a comma: another entry must follow */
    bool any;  /* the list has an entry */
    size_t filled;
    char line[LINE_MAX_BYTES];
};

struct gd_backup_manifest *gd_backup_manifest_new(gd_backup_file_fn *each, void *context)
{
    struct gd_backup_manifest *manifest = gd_memory_new(sizeof *manifest);
    manifest->each = each;
    manifest->context = context;
    manifest->digest = gd_digest_new();
    manifest->stage = HEAD;
    manifest->filled = 0;
    return manifest;
}

void gd_backup_manifest_free(struct gd_backup_manifest *manifest)
{
    if (manifest == NULL)
        return;
    gd_digest_free(manifest->digest);
    free(manifest);
}

void gd_backup_file_add(struct gd_digest *digest, const char *sha256, const char *path)
{
    gd_digest_add(digest, sha256, strlen(sha256));
    gd_digest_add(digest, "  ", 2);
    gd_digest_add(digest, path, strlen(path));
    gd_digest_add(digest, "\n", 1);
}

static struct gd_status strange(const char *line, struct gd_error *err)
{
    return gd_fail(err, GD_CORRUPT, "the server's manifest has a line that is not known: %.100s",
                   line);
}

/* ---- files ---- */

static int hex_digit(char digit)
{
    return digit >= '0' && digit <= '9'   ? digit - '0'
           : digit >= 'a' && digit <= 'f' ? digit - 'a' + 10
                                          : -1;
}

/* Names that are no UTF-8 come in hex. */
static bool decode_path(const char *hex, char path[PATH_MAX_BYTES])
{
    size_t size = strlen(hex);
    if (size % 2 != 0 || size / 2 >= PATH_MAX_BYTES)
        return false;
    for (size_t i = 0; i < size; i += 2) {
        int high = hex_digit(hex[i]), low = hex_digit(hex[i + 1]);
        if (high < 0 || low < 0 || (high == 0 && low == 0))
            return false;
        path[i / 2] = (char)(high << 4 | low);
    }
    path[size / 2] = '\0';
    return true;
}

static bool is_sha256(const char *text)
{
    return strlen(text) == GD_DIGEST_HEX_SIZE - 1 &&
           strspn(text, "0123456789abcdef") == GD_DIGEST_HEX_SIZE - 1;
}

static bool read_path(const struct gd_json *entry, char path[PATH_MAX_BYTES])
{
    const struct gd_json *plain = gd_json_get(entry, "Path");
    if (gd_json_kind(plain) == GD_JSON_NONE)
        return decode_path(gd_json_text(gd_json_get(entry, "Encoded-Path")), path);
    const char *text = gd_json_text(plain);
    size_t size = strlen(text);
    if (size >= PATH_MAX_BYTES || size != gd_json_text_size(plain))
        return false;
    memcpy(path, text, size + 1);
    return true;
}

static struct gd_status tell_file(struct gd_backup_manifest *manifest, const struct gd_json *entry,
                                  const char *line, struct gd_error *err)
{
    char path[PATH_MAX_BYTES];
    const struct gd_json *size = gd_json_get(entry, "Size");
    const char *sha256 = gd_json_text(gd_json_get(entry, "Checksum"));
    if (!read_path(entry, path) || path[0] == '\0' || gd_json_kind(size) != GD_JSON_INT ||
        gd_json_int(size) < 0)
        return strange(line, err);
    if (strcmp(gd_json_text(gd_json_get(entry, "Checksum-Algorithm")), "SHA256") != 0 ||
        !is_sha256(sha256))
        return gd_fail(err, GD_CORRUPT, "the server's manifest has no SHA-256 of \"%s\"", path);
    struct gd_backup_file file = {path, (uint64_t)gd_json_int(size), sha256};
    return manifest->each(manifest->context, &file, err);
}

static struct gd_status take_entry(struct gd_backup_manifest *manifest, char *line, size_t size,
                                   struct gd_error *err)
{
    struct gd_json *entry = NULL;
    if (manifest->any && !manifest->more)
        return strange(line, err);
    manifest->more = size > 0 && line[size - 1] == ',';
    manifest->any = true;
    size -= manifest->more;
    GD_TRY(gd_json_parse(line, size, &entry, err));
    struct gd_status status = !gd_json_is_object(entry)  ? strange(line, err)
                              : manifest->stage == FILES ? tell_file(manifest, entry, line, err)
                                                         : GD_DONE;
    gd_json_free(entry);
    return status;
}

/* ---- lines ---- */

static bool is_head(const char *line)
{
    static const char version[] = "{ \"PostgreSQL-Backup-Manifest-Version\": ";
    size_t size = sizeof version - 1;
    return strncmp(line, version, size) == 0 &&
           (strcmp(line + size, "1,") == 0 || strcmp(line + size, "2,") == 0);
}

static bool begins(const char *line, const char *with)
{
    return strncmp(line, with, strlen(with)) == 0;
}

static struct gd_status check_sum(struct gd_backup_manifest *manifest, const char *line,
                                  struct gd_error *err)
{
    static const char key[] = "\"Manifest-Checksum\": \"";
    char sha256[GD_DIGEST_HEX_SIZE];
    if (!begins(line, key) || strlen(line) != sizeof key - 1 + 64 + 2 ||
        strcmp(line + sizeof key - 1 + 64, "\"}") != 0)
        return strange(line, err);
    gd_digest_hex(manifest->digest, sha256);
    if (strncmp(line + sizeof key - 1, sha256, 64) != 0)
        return gd_fail(err, GD_CORRUPT, "the server's manifest is not what its checksum says");
    manifest->stage = END;
    return GD_DONE;
}

/* A list ends with a line of its own. @return false: it does not end here */
static bool ends_list(struct gd_backup_manifest *manifest, const char *line, enum stage next)
{
    if (strcmp(line, "],") != 0 || manifest->more)
        return false;
    manifest->stage = next;
    manifest->any = false;
    return true;
}

static struct gd_status take_line(struct gd_backup_manifest *manifest, char *line, size_t size,
                                  struct gd_error *err)
{
    switch (manifest->stage) {
    case HEAD:
        if (is_head(line) || begins(line, "\"System-Identifier\": "))
            return GD_DONE;
        if (strcmp(line, "\"Files\": [") != 0)
            return strange(line, err);
        manifest->stage = FILES;
        return GD_DONE;
    case FILES:
        return ends_list(manifest, line, RANGES_HEAD) ? GD_DONE
                                                      : take_entry(manifest, line, size, err);
    case RANGES_HEAD:
        manifest->stage = RANGES;
        return strcmp(line, "\"WAL-Ranges\": [") == 0 ? GD_DONE : strange(line, err);
    case RANGES:
        return ends_list(manifest, line, SUM) ? GD_DONE : take_entry(manifest, line, size, err);
    case SUM:
        return check_sum(manifest, line, err);
    case END:
        break;
    }
    return strange(line, err);
}

static struct gd_status end_line(struct gd_backup_manifest *manifest, struct gd_error *err)
{
    size_t size = manifest->filled;
    manifest->filled = 0;
    manifest->line[size] = '\0';
    if (strlen(manifest->line) != size)
        return gd_fail(err, GD_CORRUPT, "the server's manifest holds a NUL");
    if (manifest->stage < SUM) {
        gd_digest_add(manifest->digest, manifest->line, size);
        gd_digest_add(manifest->digest, "\n", 1);
    }
    return take_line(manifest, manifest->line, size, err);
}

struct gd_status gd_backup_manifest_feed(struct gd_backup_manifest *manifest, const char *data,
                                         size_t size, struct gd_error *err)
{
    while (size > 0) {
        const char *end = memchr(data, '\n', size);
        size_t piece = end == NULL ? size : (size_t)(end - data);
        if (manifest->filled + piece >= LINE_MAX_BYTES)
            return gd_fail(err, GD_CORRUPT,
                           "the server's manifest has a line of more than %d bytes",
                           LINE_MAX_BYTES);
        memcpy(manifest->line + manifest->filled, data, piece);
        manifest->filled += piece;
        data += piece;
        size -= piece;
        if (end == NULL)
            return GD_DONE;
        GD_TRY(end_line(manifest, err));
        data++;
        size--;
    }
    return GD_DONE;
}

struct gd_status gd_backup_manifest_finish(struct gd_backup_manifest *manifest,
                                           struct gd_error *err)
{
    if (manifest->stage == END && manifest->filled == 0)
        return GD_DONE;
    return gd_fail(err, GD_CORRUPT, "the server's manifest is cut short");
}
