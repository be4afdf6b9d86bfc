#include "guardian/wal/packed.h"

#include <stdlib.h>
#include <string.h>

#include "guardian/base/fault.h"
#include "guardian/base/memory.h"
#include "guardian/io/json.h"
#include "guardian/io/zstd.h"

enum {
    FORMAT = 1,
    FRAME_MAGIC = 0x184D2A50, /* skippable, RFC 8878 section 3.1.2 */
    FRAME_HEAD_BYTES = 8,
    LABEL_BYTES_MAX = 4096,
};

/* ---- the label in front ---- */

GD_MUST static struct gd_status frame_write(const char *text, size_t size, struct gd_sink *sink,
                                            struct gd_error *err)
{
    char head[FRAME_HEAD_BYTES];
    for (int i = 0; i < 4; i++) {
        head[i] = (char)((uint32_t)FRAME_MAGIC >> (8 * i));
        head[4 + i] = (char)((uint32_t)size >> (8 * i));
    }
    GD_TRY(gd_sink_write(sink, head, sizeof head, err));
    return gd_sink_write(sink, text, size, err);
}

GD_MUST static struct gd_status label_write(const struct gd_wal_label *what,
                                            const struct gd_key *key, struct gd_sink *sink,
                                            struct gd_error *err)
{
    char *text = NULL;
    size_t size = 0;
    struct gd_json *label = gd_json_object();
    gd_json_put(label, "format", gd_json_new_int(FORMAT));
    gd_json_put(label, "name", gd_json_new_text(what->name));
    gd_json_put(label, "bytes", gd_json_new_int((int64_t)what->bytes));
    gd_json_put(label, "sha256", gd_json_new_text(what->sha256));
    gd_json_put_text(label, "key", key == NULL ? "" : gd_key_id(key));
    FILE *stream = open_memstream(&text, &size);
    struct gd_status status = stream == NULL
                                  ? gd_fail(err, GD_SYSTEM, "could not write a label in memory")
                                  : gd_json_write(label, stream, 0, err);
    gd_json_free(label);
    if (stream != NULL)
        (void)fclose(stream);
    if (status.code == GD_OK)
        status = frame_write(text, size, sink, err);
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

struct read_label {
    struct gd_wal_label label;
    char key_id[GD_KEY_ID_SIZE]; /* "": not encrypted */
};

GD_MUST static struct gd_status label_take(const struct gd_json *json, const char *wanted,
                                           struct read_label *out_read, struct gd_error *err)
{
    const char *name = gd_json_text(gd_json_get(json, "name"));
    const char *sha256 = gd_json_text(gd_json_get(json, "sha256"));
    const char *key_id = gd_json_text(gd_json_get(json, "key"));
    int64_t bytes = gd_json_int(gd_json_get(json, "bytes"));
    struct read_label read = {.label.bytes = (uint64_t)bytes};
    if (gd_json_int(gd_json_get(json, "format")) > FORMAT)
        return gd_hint(err, gd_fail(err, GD_USAGE, "it was written by a newer guardian"),
                       "Install that version here.");
    if (wanted != NULL && strcmp(name, wanted) != 0)
        return gd_fail(err, GD_CORRUPT, "its label says that it is \"%s\"", name);
    if (strlen(sha256) != GD_DIGEST_HEX_SIZE - 1 || strlen(key_id) >= GD_KEY_ID_SIZE || bytes < 0 ||
        strlen(name) >= GD_WAL_LABEL_NAME_SIZE)
        return gd_fail(err, GD_CORRUPT, "its label cannot be read");
    memcpy(read.label.name, name, strlen(name) + 1);
    memcpy(read.label.sha256, sha256, GD_DIGEST_HEX_SIZE);
    memcpy(read.key_id, key_id, strlen(key_id) + 1);
    *out_read = read;
    return GD_DONE;
}

GD_MUST static struct gd_status label_read(struct gd_source *source, const char *wanted,
                                           struct read_label *out_read, struct gd_error *err)
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
    struct gd_status status = label_take(json, wanted, out_read, err);
    gd_json_free(json);
    return status;
}

/* ---- content that is held against its label ---- */

struct checked {
    struct gd_source source;
    struct gd_source *tally;
    uint64_t bytes;
    char sha256[GD_DIGEST_HEX_SIZE];
};

static struct gd_status checked_read(struct gd_source *source, void *buffer, size_t size,
                                     size_t *out_size, struct gd_error *err)
{
    struct checked *checked = (struct checked *)source;
    char sha256[GD_DIGEST_HEX_SIZE];
    size_t got;
    GD_TRY(gd_source_read(checked->tally, buffer, size, &got, err));
    if (gd_tally_source_bytes(checked->tally) > checked->bytes)
        return gd_fail(err, GD_CORRUPT, "it is longer than its label says");
    if (got == 0) {
        gd_tally_source_sha256(checked->tally, sha256);
        if (gd_tally_source_bytes(checked->tally) != checked->bytes ||
            strcmp(sha256, checked->sha256) != 0)
            return gd_fail(err, GD_CORRUPT, "its bytes are not those that were stored");
    }
    *out_size = got;
    return GD_DONE;
}

static void checked_free(struct gd_source *source)
{
    struct checked *checked = (struct checked *)source;
    gd_source_free(checked->tally);
    free(checked);
}

static struct gd_source *checked_new(struct gd_source *take_below, const struct gd_wal_label *label)
{
    static const struct gd_source_ops ops = {checked_read, checked_free};
    struct checked *checked = gd_memory_new(sizeof *checked);
    checked->source.ops = &ops;
    checked->tally = gd_tally_source_new(take_below);
    checked->bytes = label->bytes;
    memcpy(checked->sha256, label->sha256, sizeof checked->sha256);
    return &checked->source;
}

/* Sealed objects are bound to their key, which holds cluster and name. */
GD_MUST static struct gd_status open_content(const struct gd_wal_place *place, const char *key,
                                             const struct read_label *read,
                                             struct gd_source **inout_source, struct gd_error *err)
{
    struct gd_source *below;
    if (read->key_id[0] != '\0') {
        if (place->key == NULL || !gd_key_opens(place->key, read->key_id))
            return gd_hint(err,
                           gd_fail(err, GD_USAGE, "it is encrypted with key %s, which is not given",
                                   read->key_id),
                           "Give the key that was in use when it was stored.");
        below = GD_MOVE(*inout_source);
        GD_TRY(gd_open_source_new(below, place->key, key, inout_source, err));
    }
    below = GD_MOVE(*inout_source);
    GD_TRY(gd_zstd_source_new(below, inout_source, err));
    *inout_source = checked_new(*inout_source, &read->label);
    return GD_DONE;
}

struct gd_status gd_wal_unpack(const struct gd_wal_place *place, const char *key, const char *name,
                               struct gd_wal_label *out_label, struct gd_source **out_source,
                               struct gd_error *err)
{
    gd_auto_source source = NULL;
    struct read_label read;
    GD_TRY(gd_store_get(place->store, key, 0, 0, &source, err));
    GD_TRY(label_read(source, name, &read, err));
    if (out_source != NULL)
        GD_TRY(open_content(place, key, &read, &source, err));
    if (out_label != NULL)
        *out_label = read.label;
    if (out_source != NULL)
        *out_source = GD_MOVE(source);
    return GD_DONE;
}

/* ---- into the store ---- */

GD_MUST static struct gd_status pump_all(const struct gd_wal_content *content, struct gd_sink *sink,
                                         struct gd_wal_label *inout_label, struct gd_error *err)
{
    gd_auto_source source = NULL;
    GD_TRY(content->open(content->context, &source, err));
    source = gd_tally_source_new(GD_MOVE(source));
    GD_TRY(gd_pump(source, sink, &inout_label->bytes, err));
    gd_tally_source_sha256(source, inout_label->sha256);
    return GD_DONE;
}

struct gd_status gd_wal_label_of(const char *name, const struct gd_wal_content *content,
                                 struct gd_wal_label *out_label, struct gd_error *err)
{
    gd_auto_sink nowhere = gd_null_sink_new();
    struct gd_wal_label label = {0};
    assert(strlen(name) < sizeof label.name);
    memcpy(label.name, name, strlen(name) + 1);
    GD_TRY(pump_all(content, nowhere, &label, err));
    *out_label = label;
    return GD_DONE;
}

static bool same(const struct gd_wal_label *one, const struct gd_wal_label *other)
{
    return one->bytes == other->bytes && strcmp(one->sha256, other->sha256) == 0;
}

GD_MUST static struct gd_status write_object(const struct gd_wal_place *place, const char *key,
                                             const struct gd_wal_label *label,
                                             const struct gd_wal_content *content,
                                             struct gd_error *err)
{
    gd_auto_sink sink = NULL;
    struct gd_sink *below;
    struct gd_wal_label again = {0};
    GD_TRY(gd_store_put(place->store, key, label->bytes, &sink, err));
    GD_TRY(label_write(label, place->key, sink, err));
    if (place->key != NULL) {
        below = GD_MOVE(sink);
        GD_TRY(gd_seal_sink_new(below, place->key, key, &sink, err));
    }
    below = GD_MOVE(sink);
    GD_TRY(gd_zstd_sink_new(below, place->level, &sink, err));
    GD_TRY(pump_all(content, sink, &again, err));
    if (!same(&again, label))
        return gd_fail(err, GD_CORRUPT, "it changed while it was read");
    GD_TRY(gd_fault("wal: before a file is whole", err));
    return gd_sink_finish(sink, err);
}

GD_MUST static struct gd_status read_back(const struct gd_wal_place *place, const char *key,
                                          const struct gd_wal_label *label, struct gd_error *err)
{
    gd_auto_source source = NULL;
    gd_auto_sink nowhere = gd_null_sink_new();
    struct gd_wal_label stored;
    GD_TRY(gd_fault("wal: before a file is read back", err));
    GD_TRY(gd_wal_unpack(place, key, label->name, &stored, &source, err));
    GD_TRY(gd_pump(source, nowhere, NULL, err));
    if (same(&stored, label))
        return GD_DONE;
    return gd_hint(err, gd_fail(err, GD_REFUSED, "another file is stored as \"%s\" already", key),
                   "Two servers with one system identifier write to this store: one of them was "
                   "copied or recovered from the other and must archive elsewhere.");
}

/* We have just made it, and the store spoiled it: as long as it lies there, nothing good can be put
 * under its key. Once it is gone, who tries again may succeed. */
GD_MUST static struct gd_status take_back(const struct gd_wal_place *place, const char *key,
                                          struct gd_status status, struct gd_error *err)
{
    struct gd_error ignored = {0};
    if (gd_store_remove(place->store, key, &ignored).code == GD_OK)
        status.code = err->code = GD_SYSTEM;
    return status;
}

struct gd_status gd_wal_pack(const struct gd_wal_place *place, const char *key,
                             const struct gd_wal_label *label, const struct gd_wal_content *content,
                             bool *out_there_before, struct gd_error *err)
{
    bool there;
    GD_TRY(gd_store_head(place->store, key, &there, NULL, err));
    if (!there) {
        struct gd_error refused = {0};
        struct gd_status status = write_object(place, key, label, content, &refused);
        there = status.code == GD_REFUSED; /* another archiver, meanwhile */
        if (!there && status.code != GD_OK) {
            *err = refused;
            return status;
        }
    }
    struct gd_status status = read_back(place, key, label, err);
    if (status.code == GD_CORRUPT && !there)
        status = take_back(place, key, status, err);
    if (status.code != GD_OK && status.code != GD_REFUSED)
        return gd_wrap(err, status, "\"%s\" %s: ", key,
                       there ? "is in the store already and could not be compared"
                             : "went into the store and could not be read back");
    GD_TRY(status);
    if (out_there_before != NULL)
        *out_there_before = there;
    return GD_DONE;
}

/* ---- of memory ---- */

static struct gd_status open_bytes(const void *context, struct gd_source **out_source,
                                   struct gd_error *err)
{
    const struct gd_wal_bytes *bytes = context;
    (void)err;
    *out_source = gd_mem_source_new(bytes->data, bytes->size);
    return GD_DONE;
}

struct gd_wal_content gd_wal_content_of(const struct gd_wal_bytes *bytes)
{
    return (struct gd_wal_content){open_bytes, bytes};
}

struct gd_status gd_wal_pack_bytes(const struct gd_wal_place *place, const char *key,
                                   const char *name, const void *data, size_t size,
                                   bool *out_there_before, struct gd_error *err)
{
    const struct gd_wal_bytes bytes = {data, size};
    const struct gd_wal_content content = gd_wal_content_of(&bytes);
    struct gd_wal_label label;
    GD_TRY(gd_wal_label_of(name, &content, &label, err));
    return gd_wal_pack(place, key, &label, &content, out_there_before, err);
}
