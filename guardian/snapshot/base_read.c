/* Reading an object of a base backup, see base_read.h. */
#include "guardian/snapshot/base_read.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guardian/base/clock.h"
#include "guardian/base/memory.h"

/* ---- files as they come ---- */

void gd_base_tally_init(struct gd_base_tally *tally)
{
    *tally = (struct gd_base_tally){.files = gd_digest_new()};
}

void gd_base_tally_done(struct gd_base_tally *tally)
{
    gd_digest_free(tally->files);
    gd_digest_free(tally->file);
}

void gd_base_tally_begin(struct gd_base_tally *tally, uint32_t tablespace, const char *name)
{
    if (tablespace == 0)
        (void)snprintf(tally->path, sizeof tally->path, "%s", name);
    else
        (void)snprintf(tally->path, sizeof tally->path, "pg_tblspc/%u/%s", tablespace, name);
    gd_digest_free(tally->file);
    tally->file = gd_digest_new();
}

void gd_base_tally_add(struct gd_base_tally *tally, const void *data, size_t size)
{
    gd_digest_add(tally->file, data, size);
}

void gd_base_tally_end(struct gd_base_tally *tally, char out_sha256[GD_DIGEST_HEX_SIZE])
{
    char sha256[GD_DIGEST_HEX_SIZE];
    gd_digest_hex(tally->file, sha256);
    gd_backup_file_add(tally->files, sha256, tally->path);
    tally->count++;
    if (out_sha256 != NULL)
        memcpy(out_sha256, sha256, sizeof sha256);
}

/* ---- one object ---- */

struct check {
    const struct gd_base_object *object;
    struct gd_base_tally tally;
    struct gd_tar_scan scan;
    uint64_t size; /* of the file that is being read */
    gd_backup_file_fn *each;
    void *context;
};

static struct gd_status see_entry(void *context, const struct gd_scan_entry *entry,
                                  const void *head, struct gd_error *err)
{
    (void)head;
    struct check *check = context;
    if (entry->kind != GD_SCAN_FILE)
        return GD_DONE;
    check->size = entry->size;
    gd_base_tally_begin(&check->tally, check->object->tablespace, entry->name);
    if (check->object->file != NULL && strcmp(check->object->file, check->tally.path) != 0)
        return gd_fail(err, GD_CORRUPT, "it holds \"%s\", and \"%s\" was recorded",
                       check->tally.path, check->object->file);
    return GD_DONE;
}

static struct gd_status see_data(void *context, const void *data, size_t size, struct gd_error *err)
{
    (void)err;
    gd_base_tally_add(&((struct check *)context)->tally, data, size);
    return GD_DONE;
}

static struct gd_status see_end(void *context, size_t fill, struct gd_error *err)
{
    (void)fill;
    struct check *check = context;
    char sha256[GD_DIGEST_HEX_SIZE];
    gd_base_tally_end(&check->tally, sha256);
    if (check->each == NULL)
        return GD_DONE;
    struct gd_backup_file file = {check->tally.path, check->size, sha256};
    return check->each(check->context, &file, err);
}

static struct gd_status check_sums(const struct check *check, struct gd_error *err)
{
    char sha256[GD_DIGEST_HEX_SIZE];
    if (check->tally.count != check->object->files)
        return gd_fail(err, GD_CORRUPT, "it holds %llu files, and %llu were recorded",
                       (unsigned long long)check->tally.count,
                       (unsigned long long)check->object->files);
    gd_digest_hex(check->tally.files, sha256);
    if (strcmp(sha256, check->object->files_sha256) == 0)
        return GD_DONE;
    return gd_fail(err, GD_CORRUPT, "its files are not those that were recorded");
}

static struct gd_status scan(struct gd_source *source, struct check *check, struct gd_error *err)
{
    enum { PIECE = 128 * 1024 };
    char *piece = gd_memory_grow(NULL, PIECE);
    struct gd_status status = GD_DONE;
    for (size_t size = 1; size > 0 && status.code == GD_OK;) {
        status = gd_interrupt_check(err);
        if (status.code == GD_OK)
            status = gd_source_read(source, piece, PIECE, &size, err);
        if (status.code == GD_OK && size > 0)
            status = gd_tar_scan_feed(&check->scan, piece, size, err);
    }
    free(piece);
    GD_TRY(status);
    GD_TRY(gd_tar_scan_finish(&check->scan, true, err));
    return check_sums(check, err);
}

struct gd_status gd_base_object_check(const struct gd_place *place,
                                      const struct gd_base_object *object, gd_backup_file_fn *each,
                                      void *context, struct gd_error *err)
{
    static const struct gd_tar_scan_ops ops = {see_entry, see_data, see_end};
    gd_auto_source source = NULL;
    struct check check = {.object = object, .each = each, .context = context};
    GD_TRY(gd_object_source_new(place, &object->stored, &source, err));
    gd_base_tally_init(&check.tally);
    gd_tar_scan_begin(&check.scan, &ops, &check);
    struct gd_status status = scan(source, &check, err);
    gd_base_tally_done(&check.tally);
    if (status.code == GD_OK || strstr(err->text, object->stored.name) != NULL)
        return status;
    return gd_wrap(err, status, "object \"%s\": ", object->stored.name);
}

/* ---- the server's manifest against the objects ---- */

struct gd_base_files {
    const struct gd_base *base;
    struct gd_backup_manifest *reader;
    const struct gd_base_object **single; /* ascending by `file` */
    bool *seen;
    size_t single_count;
    size_t at; /* the object of several files that is being compared */
    struct gd_digest *digest;
    uint64_t count;
};

static int by_file(const void *left, const void *right)
{
    return strcmp((*(const struct gd_base_object *const *)left)->file,
                  (*(const struct gd_base_object *const *)right)->file);
}

/* The next object whose files stand in the manifest one behind the other. */
static void next_group(struct gd_base_files *files, size_t from)
{
    const struct gd_base *base = files->base;
    files->at = from;
    while (files->at < base->object_count &&
           (base->objects[files->at].file != NULL || base->objects[files->at].files == 0))
        files->at++;
    files->count = 0;
    gd_digest_free(files->digest);
    files->digest = gd_digest_new();
}

static struct gd_status compare(const struct gd_base_object *object, struct gd_digest *digest,
                                struct gd_error *err)
{
    char sha256[GD_DIGEST_HEX_SIZE];
    gd_digest_hex(digest, sha256);
    if (strcmp(sha256, object->files_sha256) == 0)
        return GD_DONE;
    return gd_fail(
        err, GD_CORRUPT,
        "the server's manifest says something else of %s%s%s than what is in object \"%s\"",
        object->file == NULL ? "the files" : "\"", object->file == NULL ? "" : object->file,
        object->file == NULL ? "" : "\"", object->stored.name);
}

static struct gd_status take_single(struct gd_base_files *files, size_t position,
                                    const struct gd_backup_file *file, struct gd_error *err)
{
    struct gd_digest *digest = gd_digest_new();
    if (files->seen[position]) {
        gd_digest_free(digest);
        return gd_fail(err, GD_CORRUPT, "the server's manifest names \"%s\" twice", file->path);
    }
    files->seen[position] = true;
    gd_backup_file_add(digest, file->sha256, file->path);
    struct gd_status status = compare(files->single[position], digest, err);
    gd_digest_free(digest);
    return status;
}

static struct gd_status take_file(void *context, const struct gd_backup_file *file,
                                  struct gd_error *err)
{
    struct gd_base_files *files = context;
    const struct gd_base_object wanted = {.file = file->path}, *key = &wanted;
    const struct gd_base_object **found =
        files->single_count == 0
            ? NULL
            : bsearch(&key, files->single, files->single_count, sizeof key, by_file);
    if (found != NULL)
        return take_single(files, (size_t)(found - files->single), file, err);
    if (files->at >= files->base->object_count)
        return gd_fail(err, GD_CORRUPT, "\"%s\" stands in the server's manifest and in no object",
                       file->path);
    const struct gd_base_object *object = &files->base->objects[files->at];
    gd_backup_file_add(files->digest, file->sha256, file->path);
    if (++files->count < object->files)
        return GD_DONE;
    GD_TRY(compare(object, files->digest, err));
    next_group(files, files->at + 1);
    return GD_DONE;
}

struct gd_base_files *gd_base_files_new(const struct gd_base *base)
{
    struct gd_base_files *files = gd_memory_new(sizeof *files);
    files->base = base;
    files->reader = gd_backup_manifest_new(take_file, files);
    files->single = gd_memory_new((base->object_count + 1) * sizeof(void *));
    files->seen = gd_memory_new(base->object_count + 1);
    for (size_t i = 0; i < base->object_count; i++)
        if (base->objects[i].file != NULL)
            files->single[files->single_count++] = &base->objects[i];
    if (files->single_count > 0)
        qsort(files->single, files->single_count, sizeof(void *), by_file);
    next_group(files, 0);
    return files;
}

void gd_base_files_free(struct gd_base_files *files)
{
    if (files == NULL)
        return;
    gd_backup_manifest_free(files->reader);
    gd_digest_free(files->digest);
    free(files->single);
    free(files->seen);
    free(files);
}

struct gd_status gd_base_files_feed(struct gd_base_files *files, const void *data, size_t size,
                                    struct gd_error *err)
{
    return gd_backup_manifest_feed(files->reader, data, size, err);
}

struct gd_status gd_base_files_finish(struct gd_base_files *files, struct gd_error *err)
{
    GD_TRY(gd_backup_manifest_finish(files->reader, err));
    for (size_t i = 0; i < files->single_count; i++)
        if (!files->seen[i])
            return gd_fail(err, GD_CORRUPT,
                           "\"%s\" was sent, and does not stand in the server's manifest",
                           files->single[i]->file);
    if (files->count > 0 || files->at < files->base->object_count)
        return gd_fail(err, GD_CORRUPT,
                       "files of object \"%s\" do not stand in the server's manifest",
                       files->base->objects[files->at].stored.name);
    return GD_DONE;
}
