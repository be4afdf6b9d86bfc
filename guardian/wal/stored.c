#include "guardian/wal/stored.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "guardian/base/memory.h"
#include "guardian/io/file.h"
#include "guardian/wal/padded.h"
#include "guardian/wal/page.h"

enum { SMALL_FILE_MAX = 1 << 20 /* of history files and backup labels */ };

const char *gd_wal_key(const struct gd_wal_place *place, const struct gd_wal_name *name,
                       struct gd_arena *arena)
{
    char text[GD_WAL_NAME_SIZE];
    gd_wal_name_write(name, text);
    return gd_arena_printf(arena, "v1/%" PRIu64 "/wal/%08" PRIX32 "/%s.zst",
                           place->system_identifier, name->timeline, text);
}

struct gd_status gd_wal_cluster_of(const char *folder, uint64_t *out_identifier,
                                   struct gd_error *err)
{
    gd_auto_arena arena = gd_arena_new();
    gd_auto_source source = NULL;
    const char *path = gd_arena_printf(arena, "%s/global/pg_control", folder);
    size_t size;
    GD_TRY(gd_file_source_new(path, 0, sizeof *out_identifier, &source, err));
    GD_TRY(gd_source_read(source, out_identifier, sizeof *out_identifier, &size, err));
    if (size != sizeof *out_identifier || *out_identifier == 0)
        return gd_fail(err, GD_CORRUPT, "could not read the system identifier in \"%s\"", path);
    return GD_DONE;
}

/* ---- a file that is what its name says ---- */

struct believed {
    struct gd_source source;
    struct gd_source *below;
    uint64_t system_identifier;
    struct gd_wal_name name;
    struct gd_wal_pages pages;
    uint64_t bytes;
};

GD_MUST static struct gd_status check_cluster(const struct believed *file, struct gd_error *err)
{
    uint64_t of = file->pages.head.system_identifier;
    if (of == 0 || of == file->system_identifier) /* 0: not seen yet */
        return GD_DONE;
    return gd_fail(err, GD_CORRUPT,
                   "it is of the cluster with system identifier %" PRIu64
                   ", and this is the place of %" PRIu64,
                   of, file->system_identifier);
}

/* Behind what was used, a .partial file holds what its segment held before it was recycled. */
GD_MUST static struct gd_status add_partial(struct believed *file, const char *data, size_t size,
                                            struct gd_error *err)
{
    uint64_t seen = file->pages.seen;
    size_t rest = seen < GD_WAL_HEAD_BYTES ? GD_WAL_HEAD_BYTES - (size_t)seen : 0;
    size_t head = size < rest ? size : rest;
    GD_TRY(gd_wal_pages_add(&file->pages, data, head, err));
    file->pages.seen += size - head;
    return GD_DONE;
}

GD_MUST static struct gd_status add(struct believed *file, const char *data, size_t size,
                                    struct gd_error *err)
{
    file->bytes += size;
    if (file->name.kind == GD_WAL_SEGMENT)
        GD_TRY(gd_wal_pages_add(&file->pages, data, size, err));
    else if (file->name.kind == GD_WAL_PARTIAL)
        GD_TRY(add_partial(file, data, size, err));
    else if (file->bytes > SMALL_FILE_MAX)
        return gd_fail(err, GD_CORRUPT, "it is larger than such a file can be");
    return check_cluster(file, err);
}

GD_MUST static struct gd_status end(const struct believed *file, struct gd_error *err)
{
    bool pages = file->name.kind == GD_WAL_SEGMENT || file->name.kind == GD_WAL_PARTIAL;
    if (pages)
        GD_TRY(gd_wal_pages_end(&file->pages, err));
    if (pages && file->pages.head.system_identifier == 0)
        return gd_fail(err, GD_CORRUPT, "it does not say of which cluster it is");
    if (file->bytes == 0) /* an empty history file would say that the timeline has no ancestors */
        return gd_fail(err, GD_CORRUPT, "it is empty");
    return GD_DONE;
}

static struct gd_status believed_read(struct gd_source *source, void *buffer, size_t size,
                                      size_t *out_size, struct gd_error *err)
{
    struct believed *file = (struct believed *)source;
    size_t got;
    GD_TRY(gd_source_read(file->below, buffer, size, &got, err));
    GD_TRY(got == 0 ? end(file, err) : add(file, buffer, got, err));
    *out_size = got;
    return GD_DONE;
}

static void believed_free(struct gd_source *source)
{
    struct believed *file = (struct believed *)source;
    gd_source_free(file->below);
    free(file);
}

struct gd_source *gd_wal_believed_source_new(struct gd_source *take_below,
                                             uint64_t system_identifier,
                                             const struct gd_wal_name *name)
{
    static const struct gd_source_ops ops = {believed_read, believed_free};
    struct believed *file = gd_memory_new(sizeof *file);
    file->source.ops = &ops;
    file->below = take_below;
    file->system_identifier = system_identifier;
    file->name = *name;
    gd_wal_pages_init(&file->pages, name);
    return &file->source;
}

/* ---- out of the store ---- */

GD_MUST static struct gd_status get(const struct gd_wal_place *place, const char *key,
                                    const struct gd_wal_name *name, struct gd_sink *sink,
                                    struct gd_error *err)
{
    gd_auto_source source = NULL;
    char text[GD_WAL_NAME_SIZE];
    gd_wal_name_write(name, text);
    GD_TRY(gd_wal_unpack(place, key, text, NULL, &source, err));
    source = gd_wal_believed_source_new(GD_MOVE(source), place->system_identifier, name);
    return gd_pump(source, sink, NULL, err);
}

struct gd_status gd_wal_get(const struct gd_wal_place *place, const struct gd_wal_name *name,
                            struct gd_sink *sink, bool *out_there, struct gd_error *err)
{
    gd_auto_arena arena = gd_arena_new();
    const char *key = gd_wal_key(place, name, arena);
    bool there;
    GD_TRY(gd_store_head(place->store, key, &there, NULL, err));
    *out_there = there;
    if (!there)
        return GD_DONE;
    struct gd_status status = get(place, key, name, sink, err);
    return status.code == GD_OK ? status : gd_wrap(err, status, "could not fetch \"%s\": ", key);
}

struct gd_status gd_wal_open(const struct gd_wal_place *place, const char *key, uint64_t *out_bytes,
                             struct gd_source **out_source, struct gd_error *err)
{
    struct gd_wal_label label;
    struct gd_status status = gd_wal_unpack(place, key, NULL, &label, out_source, err);
    if (status.code != GD_OK)
        return gd_wrap(err, status, "could not fetch \"%s\": ", key);
    *out_bytes = label.bytes;
    return GD_DONE;
}

/* ---- into the store ---- */

struct to_put { /* content that is looked at while its label is made */
    uint64_t system_identifier;
    const struct gd_wal_name *name;
    const struct gd_wal_content *content;
};

static struct gd_status open_believed(const void *context, struct gd_source **out_source,
                                      struct gd_error *err)
{
    const struct to_put *put = context;
    struct gd_source *source;
    GD_TRY(put->content->open(put->content->context, &source, err));
    *out_source = gd_wal_believed_source_new(source, put->system_identifier, put->name);
    return GD_DONE;
}

GD_MUST static struct gd_status label_of(const struct to_put *put, struct gd_wal_label *out_label,
                                         struct gd_error *err)
{
    char text[GD_WAL_NAME_SIZE];
    const struct gd_wal_content believed = {open_believed, put};
    gd_wal_name_write(put->name, text);
    return gd_wal_label_of(text, &believed, out_label, err);
}

struct gd_status gd_wal_put_content(const struct gd_wal_place *place,
                                    const struct gd_wal_name *name,
                                    const struct gd_wal_content *content,
                                    struct gd_wal_put *out_put, struct gd_error *err)
{
    gd_auto_arena arena = gd_arena_new();
    const struct to_put put = {place->system_identifier, name, content};
    struct gd_wal_label label;
    bool there;
    GD_TRY(label_of(&put, &label, err));
    if (place->recovering)
        GD_TRY(gd_wal_refuse_padded(place, name, content, err));
    GD_TRY(gd_wal_pack(place, gd_wal_key(place, name, arena), &label, content, &there, err));
    *out_put = (struct gd_wal_put){.bytes = label.bytes, .there_before = there};
    memcpy(out_put->sha256, label.sha256, sizeof out_put->sha256);
    return GD_DONE;
}

static struct gd_status open_file(const void *context, struct gd_source **out_source,
                                  struct gd_error *err)
{
    const char *const *path = context;
    return gd_file_source_new(*path, 0, 0, out_source, err);
}

struct gd_status gd_wal_file_label(uint64_t system_identifier, const struct gd_wal_name *name,
                                   const char *path, struct gd_wal_label *out_label,
                                   struct gd_error *err)
{
    const struct gd_wal_content content = {open_file, &path};
    const struct to_put put = {system_identifier, name, &content};
    struct gd_status status = label_of(&put, out_label, err);
    return status.code == GD_OK ? status : gd_wrap(err, status, "could not read \"%s\": ", path);
}

struct gd_status gd_wal_put(const struct gd_wal_place *place, const struct gd_wal_name *name,
                            const char *path, struct gd_wal_put *out_put, struct gd_error *err)
{
    const struct gd_wal_content content = {open_file, &path};
    struct gd_status status = gd_wal_put_content(place, name, &content, out_put, err);
    return status.code == GD_OK ? status : gd_wrap(err, status, "could not store \"%s\": ", path);
}

struct gd_status gd_wal_put_bytes(const struct gd_wal_place *place, const struct gd_wal_name *name,
                                  const void *data, size_t size, struct gd_wal_put *out_put,
                                  struct gd_error *err)
{
    const struct gd_wal_bytes bytes = {data, size};
    const struct gd_wal_content content = gd_wal_content_of(&bytes);
    char text[GD_WAL_NAME_SIZE];
    gd_wal_name_write(name, text);
    struct gd_status status = gd_wal_put_content(place, name, &content, out_put, err);
    return status.code == GD_OK ? status : gd_wrap(err, status, "could not store \"%s\": ", text);
}
