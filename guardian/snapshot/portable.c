/* What export and import share, see portable.h. */
#include "guardian/snapshot/portable.h"

#include <stdlib.h>

#include "guardian/base/memory.h"

enum { TELL_BYTES = 1 << 20 };

const struct gd_stored **gd_portable_objects(const struct gd_manifest *manifest,
                                             struct gd_arena *arena, size_t *out_count)
{
    size_t room = 2, count = 0;
    for (size_t t = 0; t < manifest->table_count; t++)
        room += manifest->tables[t].part_count;
    const struct gd_stored **objects = gd_arena_zalloc(arena, room, sizeof *objects);
    if (manifest->schema_dump.name != NULL)
        objects[count++] = &manifest->schema_dump;
    if (manifest->blobs_dump.name != NULL)
        objects[count++] = &manifest->blobs_dump;
    for (size_t t = 0; t < manifest->table_count; t++) {
        const struct gd_table *table = &manifest->tables[t];
        for (size_t p = 0; p < table->part_count; p++)
            objects[count++] = &table->parts[p].stored;
    }
    *out_count = count;
    return objects;
}

/* --- a source that tells -----------------------------------------------------------------------
 */

struct told_source {
    struct gd_source source;
    struct gd_source *below;
    struct gd_portable_progress *progress;
};

static struct gd_status told_read(struct gd_source *source, void *buffer, size_t size,
                                  size_t *out_size, struct gd_error *err)
{
    struct told_source *told = (struct told_source *)source;
    struct gd_portable_progress *progress = told->progress;
    GD_TRY(gd_source_read(told->below, buffer, size, out_size, err));
    progress->bytes += *out_size;
    if (progress->bytes - progress->told < TELL_BYTES)
        return GD_DONE;
    progress->told = progress->bytes;
    gd_tell(progress->events, &(struct gd_event){.kind = GD_EVENT_PROGRESS,
                                                 .worker = 0,
                                                 .object = progress->object,
                                                 .bytes = progress->bytes});
    return GD_DONE;
}

static void told_free(struct gd_source *source)
{
    gd_source_free(((struct told_source *)source)->below);
    free(source);
}

struct gd_source *gd_told_source_new(struct gd_source *take_below,
                                     struct gd_portable_progress *progress)
{
    static const struct gd_source_ops ops = {told_read, told_free};
    struct told_source *told = gd_memory_new(sizeof *told);
    told->source.ops = &ops;
    told->below = take_below;
    told->progress = progress;
    return &told->source;
}
