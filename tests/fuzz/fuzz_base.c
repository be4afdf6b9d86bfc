/*
 * Fuzz: what a base backup is read from. The first byte chooses: Guardian's manifest, the server's
 * manifest, or an archive. Whatever the bytes, the answer is one that agrees with itself, or an
 * error with words; nothing reaches outside of its folder.
 */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "guardian/io/tar_scan.h"
#include "guardian/snapshot/backup_manifest.h"
#include "guardian/snapshot/base.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_error(struct gd_status status, const struct gd_error *err)
{
    assert(status.code == GD_CORRUPT || status.code == GD_USAGE);
    assert(err->text[0] != '\0');
}

/* Written and read once more, it says the same. */
static void check_manifest(const char *text, size_t size)
{
    gd_auto_arena arena = gd_arena_new();
    struct gd_base *base = NULL, *again = NULL;
    struct gd_error err = {0};
    char *first = NULL, *second = NULL;
    size_t first_size = 0, second_size = 0;
    struct gd_status status = gd_base_parse(text, size, arena, &base, &err);
    if (status.code != GD_OK) {
        check_error(status, &err);
        return;
    }
    for (size_t i = 0; i < base->object_count; i++) {
        const struct gd_base_object *object = &base->objects[i];
        assert(gd_id_valid(object->owner) && strstr(object->stored.name, "..") == NULL);
        assert(object->file == NULL || object->file[0] != '/');
    }
    status = gd_base_format(base, &first, &first_size, &err);
    assert(status.code == GD_OK);
    status = gd_base_parse(first, first_size, arena, &again, &err);
    assert(status.code == GD_OK);
    status = gd_base_format(again, &second, &second_size, &err);
    assert(status.code == GD_OK);
    assert(first_size == second_size && memcmp(first, second, first_size) == 0);
    free(first);
    free(second);
}

static struct gd_status see_file(void *context, const struct gd_backup_file *file,
                                 struct gd_error *err)
{
    (void)context;
    (void)err;
    assert(file->path[0] != '\0' && strlen(file->sha256) == GD_DIGEST_HEX_SIZE - 1);
    return GD_DONE;
}

static void check_backup_manifest(const char *text, size_t size)
{
    gd_auto_backup_manifest manifest = gd_backup_manifest_new(see_file, NULL);
    struct gd_error err = {0};
    size_t half = size / 2;
    struct gd_status status = gd_backup_manifest_feed(manifest, text, half, &err);
    if (status.code == GD_OK)
        status = gd_backup_manifest_feed(manifest, text + half, size - half, &err);
    if (status.code == GD_OK)
        status = gd_backup_manifest_finish(manifest, &err);
    if (status.code != GD_OK)
        check_error(status, &err);
}

static struct gd_status see_entry(void *context, const struct gd_scan_entry *entry,
                                  const void *head, struct gd_error *err)
{
    (void)head;
    (void)err;
    *(uint64_t *)context = entry->size;
    assert(entry->name[0] != '/' && strcmp(entry->name, "..") != 0);
    assert(strncmp(entry->name, "../", 3) != 0 && strstr(entry->name, "/../") == NULL);
    return GD_DONE;
}

static struct gd_status see_data(void *context, const void *data, size_t size, struct gd_error *err)
{
    (void)data;
    (void)err;
    assert(size > 0 && size <= *(uint64_t *)context);
    *(uint64_t *)context -= size;
    return GD_DONE;
}

static struct gd_status see_end(void *context, size_t fill, struct gd_error *err)
{
    (void)err;
    assert(*(uint64_t *)context == 0 && fill < GD_TAR_BLOCK);
    return GD_DONE;
}

static void check_archive(const char *bytes, size_t size)
{
    static const struct gd_tar_scan_ops ops = {see_entry, see_data, see_end};
    struct gd_tar_scan scan;
    struct gd_error err = {0};
    uint64_t left = 0;
    gd_tar_scan_begin(&scan, &ops, &left);
    struct gd_status status = gd_tar_scan_feed(&scan, bytes, size, &err);
    if (status.code == GD_OK)
        status = gd_tar_scan_finish(&scan, size % 2 == 0, &err);
    if (status.code != GD_OK)
        check_error(status, &err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    const char *rest = (const char *)data + 1;
    switch (data[0] % 3) {
    case 0:
        check_manifest(rest, size - 1);
        break;
    case 1:
        check_backup_manifest(rest, size - 1);
        break;
    default:
        check_archive(rest, size - 1);
        break;
    }
    return 0;
}
