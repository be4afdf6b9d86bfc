/*
 * Digest: every byte of a snapshot read back and compared with its manifest.
 *
 * Order        the manifest, the key, what was proven before, the objects, what lies beside them,
 * the record. Nothing is recorded unless all of it was as it should be.
 * Not found    a manifest that was written anew together with its parts, consistently, before the
 * first proof. After one it is found: a manifest never changes, and the proof knows its digest.
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guardian/version.h"

#include "guardian/base/texts.h"
#include "guardian/prove/digest.h"
#include "guardian/prove/inspect.h"
#include "guardian/prove/proof.h"
#include "guardian/snapshot/programs.h"

struct digest {
    const struct gd_prove_options *options;
    const char *cluster, *id;
    struct gd_arena *arena;
    struct gd_manifest *manifest;
    char manifest_sha256[GD_DIGEST_HEX_SIZE];
    struct gd_inspection run;
    struct gd_texts left_out;
};

/* --- the objects --- */

static void add_object(struct gd_inspection *run, enum gd_object_kind kind,
                       const struct gd_stored *stored, const struct gd_table *table, size_t part)
{
    if (stored->name == NULL)
        return;
    run->objects[run->object_count++] =
        (struct gd_object){.kind = kind, .stored = stored, .table = table, .part = part};
}

static void list_objects(struct gd_inspection *run, struct gd_arena *arena)
{
    const struct gd_manifest *manifest = run->manifest;
    size_t count = 2;
    for (size_t i = 0; i < manifest->table_count; i++)
        count += manifest->tables[i].part_count;
    run->objects = gd_arena_zalloc(arena, count, sizeof *run->objects);
    add_object(run, GD_OBJECT_SCHEMA, &manifest->schema_dump, NULL, 0);
    add_object(run, GD_OBJECT_BLOBS, &manifest->blobs_dump, NULL, 0);
    for (size_t i = 0; i < manifest->table_count; i++)
        for (size_t part = 0; part < manifest->tables[i].part_count; part++)
            add_object(run, GD_OBJECT_PART, &manifest->tables[i].parts[part].stored,
                       &manifest->tables[i], part);
}

/* The major version that wrote the archives: only one that is not older can read them. */
int gd_archive_version(const struct gd_manifest *manifest)
{
    static const char before[] = "PostgreSQL) ";
    const char *at = strstr(manifest->pg_dump_text, before);
    long major = at == NULL ? 0 : strtol(at + sizeof before - 1, NULL, 10);
    if (major < 1 || major > 999)
        return manifest->server_version;
    return (int)major * 10000;
}

static void find_pg_restore(struct digest *digest)
{
    struct gd_program program;
    struct gd_error missing = {0};
    if (gd_program_find("pg_restore", digest->options->pg_bin, gd_archive_version(digest->manifest),
                        digest->arena, &program, &missing)
            .code == GD_OK) {
        digest->run.pg_restore = program.path;
        return;
    }
    const char *text = gd_arena_printf(
        digest->arena,
        "the contents of schema.dump were not listed, only compared with their digest: %s",
        missing.text);
    gd_texts_add(&digest->left_out, text, digest->arena);
}

/* --- what was proven before --- */

static void remember_one(struct gd_inspection *run, const struct gd_proof *proof, int64_t since_us,
                         int64_t now_us)
{
    size_t at = 0; /* both lists have the order of the manifest */
    for (size_t i = 0; i < run->object_count; i++) {
        struct gd_object *object = &run->objects[i];
        while (at < proof->object_count &&
               strcmp(proof->objects[at].name, object->stored->name) != 0)
            at++;
        if (at == proof->object_count)
            return;
        const struct gd_proven *proven = &proof->objects[at];
        if (proven->read_us >= since_us && proven->read_us <= now_us &&
            strcmp(proven->stored_sha256, object->stored->stored_sha256) == 0 &&
            proven->read_us > object->read_us) {
            object->read_us = proven->read_us;
            object->remembered = true;
        }
    }
}

/* A manifest is written once: a proof of another one means that this is not the one that was
   proven. */
static struct gd_status recall(struct digest *digest, struct gd_error *err)
{
    struct gd_proof **proofs;
    size_t count;
    int64_t now_us = gd_clock_now_us();
    int64_t since_us = now_us - (int64_t)digest->options->remember_s * 1000000;
    GD_TRY(gd_proof_all(digest->options->store, digest->cluster, digest->id, digest->arena, &proofs,
                        &count, err));
    for (size_t i = 0; i < count; i++) {
        if (strcmp(proofs[i]->manifest_sha256, digest->manifest_sha256) != 0) {
            char when[GD_TIME_SIZE];
            gd_clock_text(proofs[i]->time_us, when);
            return gd_fail(err, GD_CORRUPT,
                           "\"manifest.json\" of snapshot \"%s\" is not the one that was proven at "
                           "%s: it was changed since",
                           digest->id, when);
        }
        if (digest->options->remember_s > 0)
            remember_one(&digest->run, proofs[i], since_us, now_us);
    }
    return GD_DONE;
}

/* --- what was found --- */

/* The folder of the snapshot goes without saying. */
static void shorten(const char *folder, struct gd_error *err)
{
    char *at = strstr(err->text, folder);
    size_t size = strlen(folder);
    if (at != NULL)
        memmove(at, at + size, strlen(at + size) + 1);
}

/* Put in front what is not said yet: the object, and whose rows it holds. */
static void describe(const struct gd_object *object, struct gd_error *err)
{
    char table[512] = "";
    if (object->kind == GD_OBJECT_PART)
        (void)snprintf(table, sizeof table,
                       "part %zu of %zu of table \"%s.%s\": ", object->part + 1,
                       object->table->part_count, object->table->schema, object->table->name);
    struct gd_status status = object->status;
    if (strstr(err->text, object->stored->name) == NULL)
        status = gd_wrap(err, status, "%sobject \"%s\" is damaged: ", table, object->stored->name);
    else if (*table != '\0')
        status = gd_wrap(err, status, "%s", table);
    assert(status.code == GD_CORRUPT);
}

/* All of them as warnings; the first one is the error. What ended the reading is no damage. */
static struct gd_status tell_damage(const struct digest *digest, struct gd_error *err)
{
    struct gd_status first = GD_DONE;
    for (size_t i = 0; i < digest->run.object_count; i++) {
        const struct gd_object *object = &digest->run.objects[i];
        if (object->status.code != GD_CORRUPT)
            continue;
        struct gd_error damage = *object->err;
        shorten(gd_snapshot_key(digest->cluster, digest->id, "", digest->arena), &damage);
        describe(object, &damage);
        struct gd_event event = {.kind = GD_EVENT_WARNING,
                                 .text = damage.text,
                                 .hint = damage.hint,
                                 .object = object->stored->name,
                                 .worker = -1};
        gd_tell(digest->options->events, &event);
        if (first.code == GD_OK) {
            first = object->status;
            *err = damage;
        }
    }
    return first;
}

struct beside {
    const struct digest *digest;
    struct gd_texts known; /* keys */
    size_t folder_size;
};

static struct gd_status see_key(void *context, const struct gd_store_entry *entry,
                                struct gd_error *err)
{
    struct beside *beside = context;
    (void)err;
    if (gd_texts_has(&beside->known, entry->key))
        return GD_DONE;
    const struct gd_event event = {
        .kind = GD_EVENT_WARNING,
        .text = gd_arena_printf(
            beside->digest->arena,
            "\"%s\" lies in the snapshot's folder, and the manifest does not know it",
            entry->key + beside->folder_size),
        .hint = "It is not part of the snapshot and does no harm to it.",

        .worker = -1};
    gd_tell(beside->digest->options->events, &event);
    return GD_DONE;
}

/* Things that nobody asks for are no damage, but somebody put them there. */
static struct gd_status look_beside(struct digest *digest, struct gd_error *err)
{
    const char *folder = gd_snapshot_key(digest->cluster, digest->id, "", digest->arena);
    struct beside beside = {.digest = digest, .folder_size = strlen(folder)};
    gd_texts_add(&beside.known,
                 gd_snapshot_key(digest->cluster, digest->id, "manifest.json", digest->arena),
                 digest->arena);
    for (size_t i = 0; i < digest->run.object_count; i++)
        gd_texts_add(&beside.known,
                     gd_snapshot_key(digest->cluster, digest->id,
                                     digest->run.objects[i].stored->name, digest->arena),
                     digest->arena);
    return gd_store_list(digest->options->store, folder, see_key, &beside, err);
}

/* --- the proof --- */

static void fill_outcome(const struct digest *digest, struct gd_prove_outcome *out)
{
    *out = (struct gd_prove_outcome){.rows = digest->manifest->rows,
                                     .left_out = digest->left_out.items,
                                     .left_out_count = digest->left_out.count};
    for (size_t i = 0; i < digest->run.object_count; i++) {
        const struct gd_object *object = &digest->run.objects[i];
        out->parts++;
        if (object->remembered)
            out->parts_remembered++;
        else
            out->parts_read++;
        out->bytes += object->stored->bytes;
        out->stored_bytes += object->stored->stored_bytes;
    }
}

static struct gd_proof *make_proof(const struct digest *digest,
                                   const struct gd_prove_outcome *outcome)
{
    struct gd_proof *proof = gd_arena_zalloc(digest->arena, 1, sizeof *proof);
    size_t count = digest->run.object_count;
    struct gd_proven *objects = gd_arena_zalloc(digest->arena, count + 1, sizeof *objects);
    for (size_t i = 0; i < count; i++) {
        const struct gd_object *object = &digest->run.objects[i];
        objects[i].name = object->stored->name;
        objects[i].read_us = object->read_us;
        memcpy(objects[i].stored_sha256, object->stored->stored_sha256, GD_DIGEST_HEX_SIZE);
    }
    *proof = (struct gd_proof){.kind = GD_PROOF_DIGEST,
                               .cluster = gd_arena_strdup(digest->arena, digest->cluster),
                               .snapshot = gd_arena_strdup(digest->arena, digest->id),
                               .time_us = gd_clock_now_us(),
                               .seconds = outcome->seconds,
                               .guardian_version = gd_version(),
                               .place = "",
                               .rows = outcome->rows,
                               .bytes = outcome->bytes,
                               .stored_bytes = outcome->stored_bytes,
                               .left_out = outcome->left_out,
                               .left_out_count = outcome->left_out_count,
                               .objects = objects,
                               .object_count = count};
    gd_id_new(proof->id);
    memcpy(proof->manifest_sha256, digest->manifest_sha256, GD_DIGEST_HEX_SIZE);
    return proof;
}

static struct gd_status read_back(struct digest *digest, struct gd_error *err)
{
    digest->run.options = digest->options;
    digest->run.manifest = digest->manifest;
    digest->run.place = (struct gd_place){.store = digest->options->store,
                                          .key = digest->options->key,
                                          .cluster = digest->cluster,
                                          .id = digest->id};
    if (*digest->manifest->key_id == '\0')
        digest->run.place.key = NULL;
    GD_TRY(gd_place_fits(&digest->run.place, digest->manifest, err));
    find_pg_restore(digest);
    list_objects(&digest->run, digest->arena);
    GD_TRY(recall(digest, err));
    struct gd_status status = gd_inspect_all(&digest->run, err);
    struct gd_error damage = {0};
    struct gd_status damaged = tell_damage(digest, &damage);
    gd_inspection_done(&digest->run);
    if (damaged.code != GD_OK) {
        *err = damage;
        return damaged;
    }
    GD_TRY(status);
    return look_beside(digest, err);
}

/* What was proven once is no more: nobody shall take it for the last good one. */
static void withdraw(const struct digest *digest)
{
    struct gd_error err = {0};
    if (digest->options->no_record ||
        gd_proof_withdraw(digest->options->store, digest->cluster, digest->id, &err).code == GD_OK)
        return;
    gd_tell_warning(digest->options->events,
                    "Until it is, earlier proofs seem to hold: note the id.",
                    "the damage could not be noted in the store: %s", err.text);
}

struct gd_status gd_digest_read(const struct gd_prove_options *options, const char *cluster,
                                const char *id, struct gd_arena *arena,
                                struct gd_manifest **out_manifest, struct gd_proof **out_proof,
                                struct gd_prove_outcome *out_outcome, struct gd_error *err)
{
    int64_t start_us = gd_clock_monotonic_us();
    struct digest digest = {.options = options, .id = id, .arena = arena};
    GD_TRY(gd_manifest_load(options->store, cluster, id, arena, &digest.manifest,
                            digest.manifest_sha256, err));
    digest.cluster = digest.manifest->cluster;
    digest.id = digest.manifest->id; /* what was asked for may be the beginning of it */
    struct gd_status status = read_back(&digest, err);
    if (status.code == GD_CORRUPT)
        withdraw(&digest);
    GD_TRY(status);
    fill_outcome(&digest, out_outcome);
    out_outcome->seconds = (double)(gd_clock_monotonic_us() - start_us) / 1e6;
    *out_manifest = digest.manifest;
    *out_proof = make_proof(&digest, out_outcome);
    return GD_DONE;
}

struct gd_status gd_digest_record(const struct gd_prove_options *options,
                                  const struct gd_proof *proof, struct gd_error *err)
{
    if (options->no_record)
        return GD_DONE;
    struct gd_status status = gd_proof_record(options->store, proof, err);
    if (status.code == GD_OK)
        return GD_DONE;
    return gd_hint(err,
                   gd_wrap(err, status,
                           "all of snapshot \"%s\" is as recorded, but that could not be noted: ",
                           proof->snapshot),
                   "Where the store may only be read, use --no-record.");
}

struct gd_status gd_prove_digest(const struct gd_prove_options *options, const char *cluster,
                                 const char *id, struct gd_arena *arena,
                                 const struct gd_proof **out_proof,
                                 struct gd_prove_outcome *out_outcome, struct gd_error *err)
{
    struct gd_manifest *manifest;
    struct gd_proof *proof;
    GD_TRY(gd_digest_read(options, cluster, id, arena, &manifest, &proof, out_outcome, err));
    GD_TRY(gd_digest_record(options, proof, err));
    *out_proof = proof;
    return GD_DONE;
}
