#include "guardian/snapshot/stream.h"

#include <stdlib.h>
#include <string.h>

#include "guardian/base/fault.h"
#include "guardian/io/zstd.h"

/* What a sealed object is bound to: an object of another snapshot, or another one of this, does not
 * open. */
static const char *sealed_name(const struct gd_place *place, const char *name,
                               struct gd_arena *arena)
{
    return gd_arena_printf(arena, "%s/%s", place->id, name);
}

static const char *key_of(const struct gd_place *place, const char *name, struct gd_arena *arena)
{
    assert(place->base ? gd_base_object_name_valid(name) : gd_object_name_valid(name));
    return gd_arena_printf(arena, "v1/%s/%s/%s/%s", place->cluster,
                           place->base ? "base" : "snapshots", place->id, name);
}

static bool is_compressed(const char *name)
{
    size_t size = strlen(name);
    return size > 4 && strcmp(name + size - 4, ".zst") == 0;
}

struct gd_status gd_place_fits(const struct gd_place *place, const struct gd_manifest *manifest,
                               struct gd_error *err)
{
    const char *needed = manifest->key_id == NULL ? "" : manifest->key_id;
    const char *given = place->key == NULL ? "" : gd_key_id(place->key);
    if (needed[0] == '\0' || (place->key != NULL && gd_key_opens(place->key, needed)))
        return GD_DONE;
    if (given[0] == '\0')
        return gd_hint(err,
                       gd_fail(err, GD_USAGE,
                               "snapshot \"%s\" is encrypted with key %s, and no "
                               "key was given",
                               manifest->id, needed),
                       "Give the key that was in use when it was taken.");
    return gd_hint(err,
                   gd_fail(err, GD_USAGE,
                           "snapshot \"%s\" is encrypted with key %s, and key %s "
                           "was given",
                           manifest->id, needed, given),
                   "Give the key that was in use when it was taken.");
}

/* ---- into the store ---- */

struct gd_object_writer {
    struct gd_sink *plain;        /* the outermost; owns the rest */
    const struct gd_sink *stored; /* the tally right above the store */
    bool packed;                  /* `plain` is no tally: what comes is compressed already */
    char *name;
};

static struct gd_status build_writer(const struct gd_place *place, const char *name,
                                     uint64_t size_hint, struct gd_object_writer *writer,
                                     struct gd_arena *arena, struct gd_error *err)
{
    gd_auto_sink sink = NULL;
    struct gd_sink *below = NULL;
    const char *key = key_of(place, name, arena);
    GD_TRY(gd_fault("object: before it is begun", err));
    GD_TRY(gd_store_put(place->store, key, size_hint, &sink, err));
    sink = gd_tally_sink_new(GD_MOVE(sink));
    writer->stored = sink;
    if (place->key != NULL) {
        below = GD_MOVE(sink);
        GD_TRY(gd_seal_sink_new(below, place->key, sealed_name(place, name, arena), &sink, err));
    }
    if (is_compressed(name) && !writer->packed) {
        below = GD_MOVE(sink);
        GD_TRY(gd_zstd_sink_new(below, place->level, &sink, err));
    }
    writer->plain = writer->packed ? sink : gd_tally_sink_new(sink);
    sink = NULL;
    return GD_DONE;
}

static struct gd_status writer_new(const struct gd_place *place, const char *name,
                                   uint64_t size_hint, bool packed,
                                   struct gd_object_writer **out_writer, struct gd_error *err)
{
    gd_auto_arena arena = gd_arena_new();
    struct gd_object_writer *writer = calloc(1, sizeof *writer);
    if (writer == NULL)
        abort();
    writer->packed = packed;
    writer->name = strdup(name);
    if (writer->name == NULL)
        abort();
    struct gd_status status = build_writer(place, name, size_hint, writer, arena, err);
    if (status.code == GD_OK) {
        *out_writer = writer;
        return GD_DONE;
    }
    gd_object_writer_free(writer);
    return gd_wrap(err, status, "could not begin object \"%s\" of %s \"%s\": ", name,
                   place->base ? "base backup" : "snapshot", place->id);
}

struct gd_status gd_object_writer_new(const struct gd_place *place, const char *name,
                                      uint64_t size_hint, struct gd_object_writer **out_writer,
                                      struct gd_error *err)
{
    return writer_new(place, name, size_hint, false, out_writer, err);
}

struct gd_status gd_object_writer_new_packed(const struct gd_place *place, const char *name,
                                             uint64_t size_hint,
                                             struct gd_object_writer **out_writer,
                                             struct gd_error *err)
{
    return writer_new(place, name, size_hint, true, out_writer, err);
}

struct gd_sink *gd_object_writer_sink(struct gd_object_writer *writer)
{
    return writer->plain;
}

uint64_t gd_object_writer_stored_bytes(const struct gd_object_writer *writer)
{
    return gd_tally_sink_bytes(writer->stored);
}

struct gd_status gd_object_writer_finish(struct gd_object_writer *writer, struct gd_arena *arena,
                                         struct gd_stored *out_stored, struct gd_error *err)
{
    struct gd_status status = gd_fault("object: before it is finished", err);
    if (status.code == GD_OK)
        status = gd_sink_finish(writer->plain, err);
    if (status.code == GD_OK)
        status = gd_fault("object: after it is finished", err);
    if (status.code != GD_OK)
        return gd_wrap(err, status, "could not store object \"%s\": ", writer->name);
    struct gd_stored stored = {.name = gd_arena_strdup(arena, writer->name),
                               .stored_bytes = gd_tally_sink_bytes(writer->stored)};
    if (!writer->packed) {
        stored.bytes = gd_tally_sink_bytes(writer->plain);
        gd_tally_sink_sha256(writer->plain, stored.sha256);
    }
    gd_tally_sink_sha256(writer->stored, stored.stored_sha256);
    *out_stored = stored;
    return GD_DONE;
}

void gd_object_writer_free(struct gd_object_writer *writer)
{
    if (writer == NULL)
        return;
    gd_sink_free(writer->plain);
    free(writer->name);
    free(writer);
}

/* ---- out of the store ---- */

/*
 * Gives exactly the bytes that were recorded: what is longer is an error as soon as it shows (and
 * cannot fill a disk), what is shorter is one at the end, and so is a digest that differs. One
 * stands over the stored form, one over the plain form.
 */
struct gauge {
    struct gd_source source;
    struct gd_source *below; /* a tally when there is a digest to compare */
    const char *form;        /* "stored" or "plain" */
    uint64_t bytes, seen;
    char sha256[GD_DIGEST_HEX_SIZE];
    bool ended;
};

static struct gd_status gauge_end(struct gauge *gauge, struct gd_error *err)
{
    char sha256[GD_DIGEST_HEX_SIZE] = "";
    if (gauge->seen != gauge->bytes)
        return gd_fail(err, GD_CORRUPT, "its %s form has %llu bytes, and %llu were recorded",
                       gauge->form, (unsigned long long)gauge->seen,
                       (unsigned long long)gauge->bytes);
    if (gauge->sha256[0] != '\0')
        gd_tally_source_sha256(gauge->below, sha256);
    if (strcmp(sha256, gauge->sha256) != 0)
        return gd_fail(err, GD_CORRUPT, "its %s form has SHA-256 %s, and %s was recorded",
                       gauge->form, sha256, gauge->sha256);
    gauge->ended = true;
    return GD_DONE;
}

static struct gd_status gauge_read(struct gd_source *source, void *buffer, size_t size,
                                   size_t *out_size, struct gd_error *err)
{
    struct gauge *gauge = (struct gauge *)source;
    size_t got = 0;
    if (!gauge->ended)
        GD_TRY(gd_source_read(gauge->below, buffer, size, &got, err));
    gauge->seen += got;
    if (gauge->seen > gauge->bytes)
        return gd_fail(err, GD_CORRUPT, "its %s form has more than the %llu bytes recorded",
                       gauge->form, (unsigned long long)gauge->bytes);
    if (got == 0 && !gauge->ended)
        GD_TRY(gauge_end(gauge, err));
    *out_size = got;
    return GD_DONE;
}

static void gauge_free(struct gd_source *source)
{
    struct gauge *gauge = (struct gauge *)source;
    gd_source_free(gauge->below);
    free(gauge);
}

static struct gauge *gauge_new(struct gd_source *take_below, const char *form, uint64_t bytes,
                               const char *sha256)
{
    static const struct gd_source_ops ops = {gauge_read, gauge_free};
    struct gauge *gauge = calloc(1, sizeof *gauge);
    if (gauge == NULL)
        abort();
    gauge->source.ops = &ops;
    gauge->below = sha256[0] == '\0' ? take_below : gd_tally_source_new(take_below);
    gauge->form = form;
    gauge->bytes = bytes;
    memcpy(gauge->sha256, sha256, sizeof gauge->sha256);
    return gauge;
}

/* The whole: names the object in every error, and ends only when the stored form has ended, too. */
struct object {
    struct gd_source source;
    struct gd_source *plain; /* the outermost gauge; owns the rest */
    struct gauge *stored;    /* the innermost, right above the store */
    char *key;
};

/* What opened or decompressed may have stopped at its own last frame: is there more? */
static struct gd_status drain_stored(struct gauge *stored, struct gd_error *err)
{
    char rest[4096];
    size_t got = 1;
    while (!stored->ended && got > 0)
        GD_TRY(gd_source_read(&stored->source, rest, sizeof rest, &got, err));
    return GD_DONE;
}

static struct gd_status read_object(struct object *object, void *buffer, size_t size,
                                    size_t *out_size, struct gd_error *err)
{
    GD_TRY(gd_fault("object: before it is read", err));
    GD_TRY(gd_source_read(object->plain, buffer, size, out_size, err));
    return *out_size == 0 ? drain_stored(object->stored, err) : GD_DONE;
}

static struct gd_status object_read(struct gd_source *source, void *buffer, size_t size,
                                    size_t *out_size, struct gd_error *err)
{
    struct object *object = (struct object *)source;
    size_t got = 0;
    struct gd_status status = read_object(object, buffer, size, &got, err);
    if (status.code != GD_OK)
        return gd_wrap(err, status, "could not read object \"%s\": ", object->key);
    *out_size = got;
    return GD_DONE;
}

static void object_free(struct gd_source *source)
{
    struct object *object = (struct object *)source;
    gd_source_free(object->plain);
    free(object->key);
    free(object);
}

static struct gd_status build_source(const struct gd_place *place, const struct gd_stored *stored,
                                     struct object *object, struct gd_arena *arena,
                                     struct gd_error *err)
{
    gd_auto_source source = NULL;
    struct gd_source *below = NULL;
    GD_TRY(gd_store_get(place->store, object->key, 0, 0, &source, err));
    object->stored =
        gauge_new(GD_MOVE(source), "stored", stored->stored_bytes, stored->stored_sha256);
    source = &object->stored->source;
    if (place->key != NULL) {
        below = GD_MOVE(source);
        GD_TRY(gd_open_source_new(below, place->key, sealed_name(place, stored->name, arena),
                                  &source, err));
    }
    if (is_compressed(stored->name)) {
        below = GD_MOVE(source);
        GD_TRY(gd_zstd_source_new(below, &source, err));
    }
    object->plain = &gauge_new(GD_MOVE(source), "plain", stored->bytes, stored->sha256)->source;
    return GD_DONE;
}

struct gd_status gd_object_source_new(const struct gd_place *place, const struct gd_stored *stored,
                                      struct gd_source **out_source, struct gd_error *err)
{
    static const struct gd_source_ops ops = {object_read, object_free};
    gd_auto_arena arena = gd_arena_new();
    struct object *object = calloc(1, sizeof *object);
    if (object == NULL)
        abort();
    object->source.ops = &ops;
    object->key = strdup(key_of(place, stored->name, arena));
    if (object->key == NULL)
        abort();
    struct gd_status status = build_source(place, stored, object, arena, err);
    if (status.code != GD_OK) {
        object_free(&object->source);
        return status;
    }
    *out_source = &object->source;
    return GD_DONE;
}
