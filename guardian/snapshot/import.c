/* One archive into a store, see portable.h. */
#include <stdlib.h>
#include <string.h>

#include "guardian/io/tar.h"
#include "guardian/snapshot/portable.h"

struct import {
    struct gd_store *store;
    struct gd_tar_reader *reader;
    struct gd_arena *arena;
    struct gd_manifest *manifest;
    const char *text; /* of the manifest, to be put as it came */
    size_t text_size;
    const struct gd_stored **objects; /* ascending by name */
    bool *done;
    size_t count;
    struct gd_portable_progress progress;
    struct gd_portable sum;
};

/* --- the manifest, first -----------------------------------------------------------------------
 */

static struct gd_status fail_beginning(struct gd_error *err, const char *name)
{
    return gd_hint(
        err,
        gd_fail(err, GD_CORRUPT,
                "the archive does not begin with the manifest of a snapshot: \"%s\"",
                name == NULL ? "" : name),
        "guardian export writes <id>/manifest.json first; with another program, name that "
        "file before the others.");
}

/* @return the id's part of "<id>/manifest.json", or NULL */
static const char *id_of(const char *name, struct gd_arena *arena)
{
    const char *slash = strchr(name, '/');
    if (slash == NULL || strcmp(slash, "/manifest.json") != 0)
        return NULL;
    const char *id = gd_arena_strndup(arena, name, (size_t)(slash - name));
    return gd_id_valid(id) ? id : NULL;
}

static struct gd_status read_manifest(struct import *import, struct gd_error *err)
{
    const char *name = NULL;
    uint64_t size = 0;
    struct gd_source *source = NULL;
    GD_TRY(gd_tar_reader_next(import->reader, &name, &size, &source, err));
    const char *id = name == NULL ? NULL : id_of(name, import->arena);
    if (id == NULL)
        return fail_beginning(err, name);
    char *text = NULL;
    GD_TRY(gd_source_all(source, GD_MANIFEST_BYTES_MAX, &text, &import->text_size, err));
    import->text = gd_arena_strndup(import->arena, text, import->text_size);
    bool zeros = strlen(text) != import->text_size;
    free(text);
    if (zeros)
        return gd_fail(err, GD_CORRUPT, "the manifest in the archive is not text");
    struct gd_status status =
        gd_manifest_parse(import->text, import->text_size, import->arena, &import->manifest, err);
    if (status.code != GD_OK)
        return gd_wrap(err, status, "could not read the manifest in the archive: ");
    if (strcmp(import->manifest->id, id) != 0)
        return gd_fail(err, GD_CORRUPT, "the manifest in \"%s\" is of the snapshot \"%s\"", id,
                       import->manifest->id);
    return GD_DONE;
}

static int by_name(const void *left, const void *right)
{
    const struct gd_stored *const *one = left, *const *other = right;
    return strcmp((*one)->name, (*other)->name);
}

static const char *key_of(const struct import *import, const char *object)
{
    return gd_snapshot_key(import->manifest->cluster, import->manifest->id, object, import->arena);
}

static struct gd_status check_not_there(struct import *import, struct gd_error *err)
{
    bool there = false;
    GD_TRY(gd_store_head(import->store, key_of(import, "manifest.json"), &there, NULL, err));
    if (!there)
        return GD_DONE;
    return gd_hint(
        err,
        gd_fail(err, GD_USAGE, "snapshot \"%s\" is in the store already", import->manifest->id),
        "\"guardian verify %s\" proves it.", import->manifest->id);
}

/* --- its objects -------------------------------------------------------------------------------
 */

/* Read it from the store to its end: are these the bytes that the manifest means? */
static struct gd_status look_back(struct import *import, const char *key,
                                  const struct gd_stored *stored, bool *out_same,
                                  struct gd_error *err)
{
    char sha256[GD_DIGEST_HEX_SIZE];
    gd_auto_source source = NULL;
    gd_auto_sink nowhere = gd_null_sink_new();
    GD_TRY(gd_store_get(import->store, key, 0, 0, &source, err));
    source = gd_tally_source_new(GD_MOVE(source));
    GD_TRY(gd_pump(source, nowhere, NULL, err));
    gd_tally_source_sha256(source, sha256);
    *out_same = gd_tally_source_bytes(source) == stored->stored_bytes &&
                strcmp(sha256, stored->stored_sha256) == 0;
    return GD_DONE;
}

/* From the archive into `sink`, which the caller finishes: all of it was right. */
static struct gd_status copy(const struct gd_stored *stored, struct gd_source *source,
                             struct gd_sink *sink, struct gd_error *err)
{
    char sha256[GD_DIGEST_HEX_SIZE];
    uint64_t bytes = 0;
    GD_TRY(gd_pump(source, sink, &bytes, err));
    gd_tally_sink_sha256(sink, sha256);
    if (bytes != stored->stored_bytes || strcmp(sha256, stored->stored_sha256) != 0)
        return gd_fail(err, GD_CORRUPT, "\"%s\" in the archive is not what its manifest says",
                       stored->name);
    return GD_DONE;
}

static struct gd_status put_object(struct import *import, const char *key,
                                   const struct gd_stored *stored, struct gd_source *source,
                                   struct gd_error *err)
{
    gd_auto_sink object = NULL;
    bool same = false;
    GD_TRY(gd_store_put(import->store, key, stored->stored_bytes, &object, err));
    gd_auto_sink sink = gd_tally_sink_new(GD_MOVE(object));
    GD_TRY(copy(stored, source, sink, err));
    import->sum.begun = true;
    GD_TRY(gd_sink_finish(sink, err));
    GD_TRY(look_back(import, key, stored, &same, err));
    if (!same)
        return gd_fail(err, GD_CORRUPT, "\"%s\" was read back and is not what was written", key);
    return GD_DONE;
}

/* What an earlier try left there is good when it is the same. */
static struct gd_status take_there(struct import *import, const char *key,
                                   const struct gd_stored *stored, struct gd_source *source,
                                   struct gd_error *err)
{
    bool same = false;
    gd_auto_sink nowhere = gd_tally_sink_new(gd_null_sink_new());
    GD_TRY(copy(stored, source, nowhere, err));
    GD_TRY(look_back(import, key, stored, &same, err));
    if (!same)
        return gd_fail(err, GD_REFUSED, "\"%s\" is in the store already, with other bytes", key);
    import->sum.begun = true;
    import->sum.already++;
    return GD_DONE;
}

static struct gd_status import_object(struct import *import, size_t index, struct gd_source *source,
                                      struct gd_error *err)
{
    const struct gd_stored *stored = import->objects[index];
    const char *key = key_of(import, stored->name);
    bool there = false;
    import->progress.object = stored->name;
    GD_TRY(gd_store_head(import->store, key, &there, NULL, err));
    if (there)
        GD_TRY(take_there(import, key, stored, source, err));
    else
        GD_TRY(put_object(import, key, stored, source, err));
    import->done[index] = true;
    import->sum.objects++;
    import->sum.bytes += stored->stored_bytes;
    return GD_DONE;
}

/* The object that "<id>/<name>" is, or an error: nothing is put that the manifest does not name. */
static struct gd_status find_object(const struct import *import, const char *name, uint64_t size,
                                    size_t *out_index, struct gd_error *err)
{
    size_t id_size = strlen(import->manifest->id);
    struct gd_stored wanted = {.name = name + id_size + 1};
    const struct gd_stored *wanted_view = &wanted, **found = NULL;
    if (strncmp(name, import->manifest->id, id_size) == 0 && name[id_size] == '/')
        found =
            bsearch(&wanted_view, import->objects, import->count, sizeof *import->objects, by_name);
    if (found == NULL)
        return gd_fail(err, GD_CORRUPT,
                       "the archive holds \"%s\", which its manifest does not name", name);
    size_t index = (size_t)(found - import->objects);
    if (import->done[index])
        return gd_fail(err, GD_CORRUPT, "the archive holds \"%s\" twice", name);
    if (size != (*found)->stored_bytes)
        return gd_fail(err, GD_CORRUPT, "\"%s\" in the archive is not what its manifest says",
                       name);
    *out_index = index;
    return GD_DONE;
}

static struct gd_status import_objects(struct import *import, struct gd_error *err)
{
    for (;;) {
        const char *name = NULL;
        uint64_t size = 0;
        size_t index = 0;
        struct gd_source *source = NULL;
        GD_TRY(gd_tar_reader_next(import->reader, &name, &size, &source, err));
        if (name == NULL)
            break;
        GD_TRY(find_object(import, name, size, &index, err));
        struct gd_arena_mark mark = gd_arena_mark(import->arena);
        GD_TRY(import_object(import, index, source, err));
        gd_arena_rewind(import->arena, mark);
    }
    for (size_t i = 0; i < import->count; i++)
        if (!import->done[i])
            return gd_fail(err, GD_CORRUPT, "the archive lacks \"%s\", which its manifest names",
                           import->objects[i]->name);
    return GD_DONE;
}

/* --- all of it ---------------------------------------------------------------------------------
 */

static struct gd_status import_all(struct import *import, struct gd_error *err)
{
    char sha256[GD_DIGEST_HEX_SIZE];
    GD_TRY(read_manifest(import, err));
    GD_TRY(check_not_there(import, err));
    import->objects = gd_portable_objects(import->manifest, import->arena, &import->count);
    import->done = gd_arena_zalloc(import->arena, import->count + 1, sizeof *import->done);
    qsort(import->objects, import->count, sizeof *import->objects, by_name);
    gd_tell_stage(import->progress.events, "importing", import->manifest->stored_bytes);
    GD_TRY(import_objects(import, err));
    GD_TRY(gd_manifest_store_text(import->store, import->manifest, import->text, import->text_size,
                                  sha256, err));
    import->sum.objects++;
    import->sum.bytes += import->text_size;
    return GD_DONE;
}

struct gd_status gd_snapshot_import(struct gd_store *store, struct gd_source *take_source,
                                    const struct gd_events *events, struct gd_arena *arena,
                                    struct gd_portable *out_portable, struct gd_error *err)
{
    gd_auto_tar_reader reader = NULL;
    struct import import = {.store = store, .arena = arena, .progress = {.events = events}};
    struct gd_source *source = gd_told_source_new(take_source, &import.progress);
    GD_TRY(gd_tar_reader_new(source, &reader, err));
    import.reader = reader;
    struct gd_status status = import_all(&import, err);
    *out_portable = import.sum; /* of a failure, too: what is left in the store */
    GD_TRY(status);
    out_portable->cluster = import.manifest->cluster;
    out_portable->id = import.manifest->id;
    return GD_DONE;
}
