/*
 * Share: files that the backup before holds already.
 *
 * A file is shared when its path, its size and the SHA-256 of what was streamed now are those of an
 * object of its own in an earlier backup. That object is read back like a new one, so that nothing
 * is believed of the past. Objects are named by the backup in whose folder they lie, never through
 * another one that shares them, too.
 */
#include <stdlib.h>
#include <string.h>

#include "guardian/snapshot/base_own.h"

static int by_file(const void *left, const void *right)
{
    return strcmp((*(const struct gd_base_object *const *)left)->file,
                  (*(const struct gd_base_object *const *)right)->file);
}

static bool fits(const struct gd_base_listed *listed, const struct gd_base *now)
{
    const struct gd_base *base = listed->base;
    return base != NULL && listed->problem == NULL && base->after[0] == '\0' &&
           strcmp(base->key_id, now->key_id) == 0 && strcmp(base->id, now->id) < 0;
}

static void collect(const struct gd_base *base, struct gd_arena *arena,
                    struct gd_base_shared *shared)
{
    shared->objects = gd_arena_zalloc(arena, base->object_count, sizeof *shared->objects);
    for (size_t i = 0; i < base->object_count; i++)
        if (base->objects[i].file != NULL)
            shared->objects[shared->count++] = &base->objects[i];
    if (shared->count > 0)
        qsort(shared->objects, shared->count, sizeof *shared->objects, by_file);
}

struct gd_status gd_base_share(struct gd_store *store, const struct gd_base *now,
                               struct gd_arena *arena, struct gd_base_shared *out_shared,
                               struct gd_error *err)
{
    struct gd_base_listed *listed = NULL;
    struct gd_base *base = NULL;
    size_t count = 0;
    char sha256[GD_DIGEST_HEX_SIZE];
    struct gd_base_shared shared = {0};
    GD_TRY(gd_base_list(store, now->system_identifier, arena, &listed, &count, err));
    while (count > 0 && !fits(&listed[count - 1], now))
        count--;
    if (count > 0) {
        GD_TRY(gd_base_load(store, now->system_identifier, listed[count - 1].id, arena, &base,
                            sha256, err));
        collect(base, arena, &shared);
    }
    *out_shared = shared;
    return GD_DONE;
}

const struct gd_base_object *gd_base_shared_like(const struct gd_base_shared *shared,
                                                 const struct gd_base_object *object,
                                                 uint64_t bytes)
{
    if (shared == NULL || shared->count == 0)
        return NULL;
    const struct gd_base_object **found =
        bsearch(&object, shared->objects, shared->count, sizeof object, by_file);
    if (found == NULL || (*found)->stored.bytes != bytes ||
        (*found)->tablespace != object->tablespace)
        return NULL;
    return *found;
}

const struct gd_base_object *gd_base_shared_find(const struct gd_base_shared *shared,
                                                 const struct gd_base_object *object)
{
    const struct gd_base_object *like = gd_base_shared_like(shared, object, object->stored.bytes);
    return like == NULL || strcmp(like->files_sha256, object->files_sha256) != 0 ? NULL : like;
}
