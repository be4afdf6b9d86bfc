/* A snapshot into one archive, see portable.h. */
#include <stdlib.h>
#include <string.h>

#include "guardian/io/tar.h"
#include "guardian/snapshot/portable.h"

struct export
{
    struct gd_store *store;
    const struct gd_manifest *manifest;
    struct gd_tar_writer *writer;
    struct gd_arena *arena;
    struct gd_portable_progress progress;
    struct gd_portable *sum;
};

/* The name in the archive; without the cluster, which the manifest names. */
static const char *name_of(const struct export *export, const char *object)
{
    return gd_arena_printf(export->arena, "%s/%s", export->manifest->id, object);
}

static void add(struct gd_portable *sum, uint64_t bytes)
{
    sum->objects++;
    sum->bytes += bytes;
}

/* The bytes of the manifest as they are stored: what is exported is what was proven. */
static struct gd_status export_manifest(struct export *export, const char *sha256,
                                        struct gd_error *err)
{
    const struct gd_manifest *manifest = export->manifest;
    const char *key =
        gd_snapshot_key(manifest->cluster, manifest->id, "manifest.json", export->arena);
    char now[GD_DIGEST_HEX_SIZE], *text = NULL;
    size_t size = 0;
    GD_TRY(gd_store_get_bytes(export->store, key, GD_MANIFEST_BYTES_MAX, &text, &size, err));
    gd_digest_of(text, size, now);
    struct gd_status status;
    gd_auto_source source = gd_mem_source_new(text, size);
    if (strcmp(now, sha256) != 0)
        status = gd_fail(err, GD_CORRUPT, "\"%s\" changed while it was exported", key);
    else
        status =
            gd_tar_writer_add(export->writer, name_of(export, "manifest.json"), size, source, err);
    free(text);
    add(export->sum, size);
    return status;
}

static struct gd_status export_object(struct export *export, const struct gd_stored *stored,
                                      struct gd_error *err)
{
    const struct gd_manifest *manifest = export->manifest;
    const char *key = gd_snapshot_key(manifest->cluster, manifest->id, stored->name, export->arena);
    char sha256[GD_DIGEST_HEX_SIZE];
    gd_auto_source source = NULL;
    export->progress.object = stored->name;
    GD_TRY(gd_store_get(export->store, key, 0, 0, &source, err));
    source = gd_tally_source_new(gd_told_source_new(GD_MOVE(source), &export->progress));
    struct gd_status status = gd_tar_writer_add(export->writer, name_of(export, stored->name),
                                                stored->stored_bytes, source, err);
    if (status.code != GD_OK)
        return gd_wrap(err, status, "could not export \"%s\": ", key);
    gd_tally_source_sha256(source, sha256);
    if (strcmp(sha256, stored->stored_sha256) != 0)
        return gd_fail(err, GD_CORRUPT, "could not export \"%s\": it is not what the manifest says",
                       key);
    add(export->sum, stored->stored_bytes);
    return GD_DONE;
}

static struct gd_status export_all(struct export *export, const char *manifest_sha256,
                                   struct gd_error *err)
{
    size_t count = 0;
    const struct gd_stored **objects = gd_portable_objects(export->manifest, export->arena, &count);
    GD_TRY(export_manifest(export, manifest_sha256, err));
    for (size_t i = 0; i < count; i++) {
        struct gd_arena_mark mark = gd_arena_mark(export->arena);
        GD_TRY(export_object(export, objects[i], err));
        gd_arena_rewind(export->arena, mark);
    }
    return gd_tar_writer_finish(export->writer, err);
}

/* The writer wants to own its sink; this one lends it another's. */
struct lent_sink {
    struct gd_sink sink;
    struct gd_sink *to;
};

static struct gd_status lent_write(struct gd_sink *sink, const void *data, size_t size,
                                   struct gd_error *err)
{
    return gd_sink_write(((struct lent_sink *)sink)->to, data, size, err);
}

static struct gd_status lent_finish(struct gd_sink *sink, struct gd_error *err)
{
    return gd_sink_finish(((struct lent_sink *)sink)->to, err);
}

static void lent_free(struct gd_sink *sink)
{
    (void)sink;
}

struct gd_status gd_snapshot_export(struct gd_store *store, const struct gd_manifest *manifest,
                                    const char *manifest_sha256, struct gd_sink *sink,
                                    const struct gd_events *events,
                                    struct gd_portable *out_portable, struct gd_error *err)
{
    static const struct gd_sink_ops ops = {lent_write, lent_finish, lent_free};
    struct lent_sink lent = {.sink = {.ops = &ops}, .to = sink};
    struct gd_portable sum = {.cluster = manifest->cluster, .id = manifest->id};
    gd_auto_arena arena = gd_arena_new();
    gd_auto_tar_writer writer = NULL;
    gd_tell_stage(events, "exporting", manifest->stored_bytes);
    GD_TRY(gd_tar_writer_new(&lent.sink, manifest->snapshot_us, &writer, err));
    struct export export = {.store = store,
                            .manifest = manifest,
                            .writer = writer,
                            .arena = arena,
                            .progress = {.events = events},
                            .sum = &sum};
    GD_TRY(export_all(&export, manifest_sha256, err));
    *out_portable = sum;
    return GD_DONE;
}
