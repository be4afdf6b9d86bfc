/*
 * Lay, groups: which files stand in which object, as far as that can be known without reading it.
 *
 * Small files are collected in objects, in the order of backup_manifest. So the manifest says which
 * files they should be, and the object's own files_sha256 whether they are. What an object holds
 * besides (folders) is seen in its size: only one that holds nothing but files can be passed over.
 */
#include <stdlib.h>
#include <string.h>

#include "guardian/io/digest.h"
#include "guardian/io/tar_scan.h"
#include "guardian/restore/lay_own.h"
#include "guardian/snapshot/backup_manifest.h"

struct group {
    struct gd_lay *lay;
    const char **singles; /* ascending */
    size_t single_count, at;
    struct gd_digest *digest;
    uint64_t count, bytes; /* of the files that were seen, as an archive has them */
};

static int by_name(const void *left, const void *right)
{
    return strcmp(*(const char *const *)left, *(const char *const *)right);
}

static void next(struct group *group, size_t from)
{
    const struct gd_base *base = group->lay->options->base;
    group->at = from;
    while (group->at < base->object_count &&
           (base->objects[group->at].file != NULL || base->objects[group->at].files == 0))
        group->at++;
    group->count = 0;
    group->bytes = 0;
    gd_digest_free(group->digest);
    group->digest = gd_digest_new();
}

static bool is_known(const struct group *group, const struct gd_base_object *object)
{
    char sha256[GD_DIGEST_HEX_SIZE];
    gd_digest_hex(group->digest, sha256);
    return strcmp(sha256, object->files_sha256) == 0 &&
           group->bytes + GD_TAR_END == object->stored.bytes;
}

static void take(struct group *group, struct gd_lay_file *file)
{
    const struct gd_base *base = group->lay->options->base;
    char sha256[GD_DIGEST_HEX_SIZE];
    file->object = GD_LAY_NO_OBJECT;
    if (group->at >= base->object_count ||
        (group->single_count > 0 && bsearch(&file->path, group->singles, group->single_count,
                                            sizeof *group->singles, by_name) != NULL))
        return;
    const struct gd_base_object *object = &base->objects[group->at];
    gd_lay_hex(file, sha256);
    gd_backup_file_add(group->digest, sha256, file->path);
    group->bytes += GD_TAR_BLOCK + (file->size + GD_TAR_BLOCK - 1) / GD_TAR_BLOCK * GD_TAR_BLOCK;
    file->object = group->at;
    if (++group->count < object->files)
        return;
    group->lay->groups[group->at].known = is_known(group, object);
    next(group, group->at + 1);
}

void gd_lay_group(struct gd_lay *lay)
{
    const struct gd_base *base = lay->options->base;
    struct group group = {.lay = lay};
    lay->groups = gd_arena_zalloc(lay->arena, base->object_count + 1, sizeof *lay->groups);
    group.singles = gd_arena_zalloc(lay->arena, base->object_count + 1, sizeof *group.singles);
    for (size_t i = 0; i < base->object_count; i++)
        if (base->objects[i].file != NULL)
            group.singles[group.single_count++] = base->objects[i].file;
    if (group.single_count > 0)
        qsort(group.singles, group.single_count, sizeof *group.singles, by_name);
    next(&group, 0);
    for (size_t i = 0; i < lay->file_count; i++)
        take(&group, &lay->files[i]);
    gd_digest_free(group.digest);
}

void gd_lay_count_wanted(struct gd_lay *lay)
{
    for (size_t i = 0; i < lay->file_count; i++)
        if (lay->files[i].object != GD_LAY_NO_OBJECT && !lay->files[i].kept)
            lay->groups[lay->files[i].object].wanted++;
}

bool gd_lay_has_all_of(const struct gd_lay *lay, size_t object)
{
    const struct gd_base_object *about = &lay->options->base->objects[object];
    if (about->file == NULL)
        return lay->groups[object].known && lay->groups[object].wanted == 0;
    const struct gd_lay_file *file = gd_lay_find(lay, about->file);
    return file != NULL && file->kept;
}
