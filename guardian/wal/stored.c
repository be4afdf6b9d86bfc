#include "guardian/wal/stored.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "guardian/base/fault.h"
#include "guardian/io/digest.h"
#include "guardian/io/file.h"
#include "guardian/io/json.h"
#include "guardian/io/zstd.h"
#include "guardian/wal/page.h"

enum {
    FORMAT = 1,
    FRAME_MAGIC = 0x184D2A50, /* skippable, RFC 8878 section 3.1.2 */
    FRAME_HEAD_BYTES = 8,
    LABEL_BYTES_MAX = 4096,
    PIECE_BYTES = 128 << 10,
    SMALL_FILE_MAX = 1 << 20, /* of history files and backup labels */
};

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

/* ---- what a file is ---- */

struct content { /* of one file, known when all of it was seen */
    const struct gd_wal_place *place;
    const struct gd_wal_name *name;
    struct gd_digest *digest;
    struct gd_wal_pages pages;
    uint64_t bytes;
    char sha256[GD_DIGEST_HEX_SIZE];
};

static void content_init(struct content *content, const struct gd_wal_place *place,
                         const struct gd_wal_name *name)
{
    *content = (struct content){.place = place, .name = name, .digest = gd_digest_new()};
    gd_wal_pages_init(&content->pages, name);
}

static void content_done(struct content *content)
{
    gd_digest_free(content->digest);
}

GD_MUST static struct gd_status content_add(struct content *content, const void *data, size_t size,
                                            struct gd_error *err)
{
    gd_digest_add(content->digest, data, size);
    content->bytes += size;
    if (content->name->kind == GD_WAL_SEGMENT)
        return gd_wal_pages_add(&content->pages, data, size, err);
    if (content->name->kind != GD_WAL_PARTIAL && content->bytes > SMALL_FILE_MAX)
        return gd_fail(err, GD_CORRUPT, "it is larger than such a file can be");
    return GD_DONE;
}

GD_MUST static struct gd_status content_end(struct content *content, struct gd_error *err)
{
    uint64_t of = content->pages.head.system_identifier;
    gd_digest_hex(content->digest, content->sha256);
    if (content->name->kind != GD_WAL_SEGMENT)
        return GD_DONE;
    GD_TRY(gd_wal_pages_end(&content->pages, err));
    if (of != content->place->system_identifier)
        return gd_fail(err, GD_CORRUPT,
                       "it is of the cluster with system identifier %" PRIu64
                       ", and this is the place of %" PRIu64,
                       of, content->place->system_identifier);
    return GD_DONE;
}

/* ---- the label in front of it ---- */

struct label {
    uint64_t bytes;
    char sha256[GD_DIGEST_HEX_SIZE];
    char key_id[GD_KEY_ID_SIZE]; /* "": not encrypted */
};

GD_MUST static struct gd_status label_write(const struct content *content, struct gd_sink *sink,
                                            struct gd_error *err)
{
    char name[GD_WAL_NAME_SIZE], head[FRAME_HEAD_BYTES];
    char *text = NULL;
    size_t size = 0;
    const struct gd_key *key = content->place->key;
    gd_wal_name_write(content->name, name);
    struct gd_json *label = gd_json_object();
    gd_json_put(label, "format", gd_json_new_int(FORMAT));
    gd_json_put(label, "name", gd_json_new_text(name));
    gd_json_put(label, "bytes", gd_json_new_int((int64_t)content->bytes));
    gd_json_put(label, "sha256", gd_json_new_text(content->sha256));
    gd_json_put_text(label, "key", key == NULL ? "" : gd_key_id(key));
    FILE *stream = open_memstream(&text, &size);
    struct gd_status status = stream == NULL
                                  ? gd_fail(err, GD_SYSTEM, "could not write a label in memory")
                                  : gd_json_write(label, stream, 0, err);
    gd_json_free(label);
    if (stream != NULL)
        (void)fclose(stream);
    if (status.code == GD_OK) {
        for (int i = 0; i < 4; i++) {
            head[i] = (char)((uint32_t)FRAME_MAGIC >> (8 * i));
            head[4 + i] = (char)((uint32_t)size >> (8 * i));
        }
        status = gd_sink_write(sink, head, sizeof head, err);
    }
    if (status.code == GD_OK)
        status = gd_sink_write(sink, text, size, err);
    free(text);
    return status;
}

GD_MUST static struct gd_status read_exactly(struct gd_source *source, void *buffer, size_t size,
                                             struct gd_error *err)
{
    char *at = buffer;
    while (size > 0) {
        size_t got;
        GD_TRY(gd_source_read(source, at, size, &got, err));
        if (got == 0)
            return gd_fail(err, GD_CORRUPT, "it ends in its label");
        at += got;
        size -= got;
    }
    return GD_DONE;
}

GD_MUST static struct gd_status label_take(const struct gd_json *json,
                                           const struct gd_wal_name *name, struct label *out_label,
                                           struct gd_error *err)
{
    char own[GD_WAL_NAME_SIZE];
    const char *sha256 = gd_json_text(gd_json_get(json, "sha256"));
    const char *key_id = gd_json_text(gd_json_get(json, "key"));
    int64_t bytes = gd_json_int(gd_json_get(json, "bytes"));
    if (name != NULL)
        gd_wal_name_write(name, own);
    if (gd_json_int(gd_json_get(json, "format")) > FORMAT)
        return gd_hint(err, gd_fail(err, GD_USAGE, "it was written by a newer guardian"),
                       "Install that version here.");
    if (name != NULL && strcmp(gd_json_text(gd_json_get(json, "name")), own) != 0)
        return gd_fail(err, GD_CORRUPT, "its label says that it is \"%s\"",
                       gd_json_text(gd_json_get(json, "name")));
    if (strlen(sha256) != GD_DIGEST_HEX_SIZE - 1 || strlen(key_id) >= GD_KEY_ID_SIZE || bytes < 0)
        return gd_fail(err, GD_CORRUPT, "its label cannot be read");
    *out_label = (struct label){.bytes = (uint64_t)bytes};
    memcpy(out_label->sha256, sha256, GD_DIGEST_HEX_SIZE);
    memcpy(out_label->key_id, key_id, strlen(key_id) + 1);
    return GD_DONE;
}

GD_MUST static struct gd_status label_read(struct gd_source *source, const struct gd_wal_name *name,
                                           struct label *out_label, struct gd_error *err)
{
    unsigned char head[FRAME_HEAD_BYTES];
    char text[LABEL_BYTES_MAX];
    struct gd_json *json = NULL;
    uint32_t magic = 0, size = 0;
    GD_TRY(read_exactly(source, head, sizeof head, err));
    for (int i = 0; i < 4; i++) {
        magic |= (uint32_t)head[i] << (8 * i);
        size |= (uint32_t)head[4 + i] << (8 * i);
    }
    if (magic != FRAME_MAGIC || size > sizeof text)
        return gd_fail(err, GD_CORRUPT, "it has no label");
    GD_TRY(read_exactly(source, text, size, err));
    GD_TRY(gd_json_parse(text, size, &json, err));
    struct gd_status status = label_take(json, name, out_label, err);
    gd_json_free(json);
    return status;
}

/* ---- out of the store ---- */

/* Sealed objects are bound to their key, which holds cluster and name. */
GD_MUST static struct gd_status open_content(const struct gd_wal_place *place, const char *key,
                                             const struct label *label,
                                             struct gd_source **inout_source, struct gd_error *err)
{
    struct gd_source *below;
    if (label->key_id[0] != '\0') {
        if (place->key == NULL || !gd_key_opens(place->key, label->key_id))
            return gd_hint(err,
                           gd_fail(err, GD_USAGE, "it is encrypted with key %s, which is not given",
                                   label->key_id),
                           "Give the key that was in use when it was stored.");
        below = GD_MOVE(*inout_source);
        GD_TRY(gd_open_source_new(below, place->key, key, inout_source, err));
    }
    below = GD_MOVE(*inout_source);
    return gd_zstd_source_new(below, inout_source, err);
}

GD_MUST static struct gd_status copy_content(struct gd_source *source, struct content *content,
                                             struct gd_sink *sink, struct gd_error *err)
{
    gd_auto_arena arena = gd_arena_new();
    char *buffer = gd_arena_alloc(arena, PIECE_BYTES);
    for (;;) {
        size_t size;
        GD_TRY(gd_source_read(source, buffer, PIECE_BYTES, &size, err));
        if (size == 0)
            return content_end(content, err);
        GD_TRY(content_add(content, buffer, size, err));
        if (sink != NULL)
            GD_TRY(gd_sink_write(sink, buffer, size, err));
    }
}

GD_MUST static struct gd_status get_object(const struct gd_wal_place *place, const char *key,
                                           struct content *content, struct gd_sink *sink,
                                           struct gd_error *err)
{
    gd_auto_source source = NULL;
    struct label label;
    GD_TRY(gd_store_get(place->store, key, 0, 0, &source, err));
    GD_TRY(label_read(source, content->name, &label, err));
    GD_TRY(open_content(place, key, &label, &source, err));
    GD_TRY(copy_content(source, content, sink, err));
    if (content->bytes != label.bytes || strcmp(content->sha256, label.sha256) != 0)
        return gd_fail(err, GD_CORRUPT, "its bytes are not those that were stored");
    return GD_DONE;
}

struct gd_status gd_wal_open(const struct gd_wal_place *place, const char *key, uint64_t *out_bytes,
                             struct gd_source **out_source, struct gd_error *err)
{
    gd_auto_source source = NULL;
    struct label label;
    struct gd_status status = gd_store_get(place->store, key, 0, 0, &source, err);
    if (status.code == GD_OK)
        status = label_read(source, NULL, &label, err);
    if (status.code == GD_OK && out_source != NULL)
        status = open_content(place, key, &label, &source, err);
    if (status.code != GD_OK)
        return gd_wrap(err, status, "could not fetch \"%s\": ", key);
    *out_bytes = label.bytes;
    if (out_source != NULL)
        *out_source = GD_MOVE(source);
    return GD_DONE;
}

struct gd_status gd_wal_get(const struct gd_wal_place *place, const struct gd_wal_name *name,
                            struct gd_sink *sink, bool *out_there, struct gd_error *err)
{
    gd_auto_arena arena = gd_arena_new();
    const char *key = gd_wal_key(place, name, arena);
    struct content content;
    bool there;
    GD_TRY(gd_store_head(place->store, key, &there, NULL, err));
    *out_there = there;
    if (!there)
        return GD_DONE;
    content_init(&content, place, name);
    struct gd_status status = get_object(place, key, &content, sink, err);
    content_done(&content);
    return status.code == GD_OK ? status : gd_wrap(err, status, "could not fetch \"%s\"", key);
}

/* ---- into the store ---- */

GD_MUST static struct gd_status read_file(const char *path, struct content *content,
                                          struct gd_sink *sink, struct gd_error *err)
{
    gd_auto_source source = NULL;
    GD_TRY(gd_file_source_new(path, 0, 0, &source, err));
    return copy_content(source, content, sink, err);
}

GD_MUST static struct gd_status put_object(const char *key, const struct content *known,
                                           const char *path, struct gd_error *err)
{
    const struct gd_wal_place *place = known->place;
    gd_auto_sink sink = NULL;
    struct gd_sink *below;
    struct content again;
    GD_TRY(gd_store_put(place->store, key, known->bytes, &sink, err));
    GD_TRY(label_write(known, sink, err));
    if (place->key != NULL) {
        below = GD_MOVE(sink);
        GD_TRY(gd_seal_sink_new(below, place->key, key, &sink, err));
    }
    below = GD_MOVE(sink);
    GD_TRY(gd_zstd_sink_new(below, place->level, &sink, err));
    content_init(&again, place, known->name);
    struct gd_status status = read_file(path, &again, sink, err);
    if (status.code == GD_OK && strcmp(again.sha256, known->sha256) != 0)
        status = gd_fail(err, GD_CORRUPT, "it changed while it was read");
    content_done(&again);
    GD_TRY(status);
    GD_TRY(gd_fault("wal: before a file is whole", err));
    return gd_sink_finish(sink, err);
}

/* Another archiver, or this one before its answer got lost. */
GD_MUST static struct gd_status compare(const char *key, const struct content *known,
                                        struct gd_error *err)
{
    struct content stored;
    content_init(&stored, known->place, known->name);
    struct gd_status status = get_object(known->place, key, &stored, NULL, err);
    bool same = status.code == GD_OK && strcmp(stored.sha256, known->sha256) == 0;
    content_done(&stored);
    if (same)
        return GD_DONE;
    if (status.code != GD_OK)
        return gd_wrap(err, status, "something is stored as \"%s\" already", key);
    return gd_hint(err, gd_fail(err, GD_REFUSED, "another file is stored as \"%s\" already", key),
                   "Two servers with one system identifier write to this store: one of them was "
                   "copied or recovered from the other and must archive elsewhere.");
}

GD_MUST static struct gd_status put(const struct gd_wal_place *place, struct content *content,
                                    const char *path, struct gd_wal_put *out_put,
                                    struct gd_error *err)
{
    gd_auto_arena arena = gd_arena_new();
    const char *key = gd_wal_key(place, content->name, arena);
    bool there;
    GD_TRY(read_file(path, content, NULL, err));
    GD_TRY(gd_store_head(place->store, key, &there, NULL, err));
    if (!there) {
        struct gd_error refused = {0};
        struct gd_status status = put_object(key, content, path, &refused);
        there = status.code == GD_REFUSED; /* meanwhile */
        if (!there && status.code != GD_OK)
            *err = refused;
        if (!there)
            GD_TRY(status);
    }
    if (there)
        GD_TRY(compare(key, content, err));
    *out_put = (struct gd_wal_put){.bytes = content->bytes, .there_before = there};
    return GD_DONE;
}

struct gd_status gd_wal_put(const struct gd_wal_place *place, const struct gd_wal_name *name,
                            const char *path, struct gd_wal_put *out_put, struct gd_error *err)
{
    struct content content;
    content_init(&content, place, name);
    struct gd_status status = put(place, &content, path, out_put, err);
    content_done(&content);
    return status.code == GD_OK ? status : gd_wrap(err, status, "could not store \"%s\"", path);
}
