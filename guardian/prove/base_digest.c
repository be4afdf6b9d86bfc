/*
 * See base_digest.h.
 *
 * Order  the manifest, the key, the server's manifest against ours, each object, the WAL, the
 *        backup that an incremental one goes on from, the record.
 */
#include "guardian/prove/base_digest.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "guardian/base/crew.h"
#include "guardian/base/fault.h"
#include "guardian/base/texts.h"
#include "guardian/prove/digest.h"
#include "guardian/snapshot/base_read.h"
#include "guardian/version.h"
#include "guardian/wal/chain.h"

enum { WORKERS_MAX = 8 };

struct work {
    const struct gd_prove_options *options;
    struct gd_arena *arena;
    struct gd_base *base;
    char manifest_sha256[GD_DIGEST_HEX_SIZE];
    pthread_mutex_t lock; /* over what follows */
    uint64_t bytes;
    size_t damages;
    struct gd_error first;   /* damage */
    struct gd_texts damaged; /* "<owner>/<object>" */
};

const char *gd_base_cluster(uint64_t system_identifier, struct gd_arena *arena)
{
    return gd_arena_printf(arena, "%llu", (unsigned long long)system_identifier);
}

/* ---- damage ---- */

/* Damage is told, and what is left is looked at all the same; anything else ends it. */
static struct gd_status note(struct work *work, const char *object, struct gd_status status,
                             struct gd_error *err)
{
    if (status.code != GD_CORRUPT)
        return status;
    gd_tell(work->options->events,
            &(struct gd_event){
                .kind = GD_EVENT_WARNING, .text = err->text, .object = object, .worker = -1});
    pthread_mutex_lock(&work->lock);
    if (work->damages++ == 0)
        work->first = *err;
    gd_texts_add(&work->damaged, gd_arena_strdup(work->arena, object), work->arena);
    pthread_mutex_unlock(&work->lock);
    *err = (struct gd_error){0};
    return GD_DONE;
}

static void add_bytes(struct work *work, const struct gd_stored *stored)
{
    pthread_mutex_lock(&work->lock);
    work->bytes += stored->bytes;
    struct gd_event event = {.kind = GD_EVENT_PROGRESS,
                             .object = stored->name,
                             .worker = -1,
                             .bytes = work->bytes,
                             .total_bytes = work->base->bytes};
    pthread_mutex_unlock(&work->lock);
    gd_tell(work->options->events, &event);
}

/* ---- objects ---- */

static struct gd_place place_of(const struct work *work, const char *owner, struct gd_arena *arena)
{
    return gd_base_place(work->base, owner, work->options->store, work->options->key, arena);
}

static struct gd_status check_object(void *context, size_t index, struct gd_arena *scratch,
                                     struct gd_error *err)
{
    struct work *work = context;
    const struct gd_base_object *object = &work->base->objects[index];
    struct gd_place place = place_of(work, object->owner, scratch);
    GD_TRY(gd_interrupt_check(err));
    GD_TRY(note(work, gd_arena_printf(scratch, "%s/%s", object->owner, object->stored.name),
                gd_base_object_check(&place, object, NULL, NULL, err), err));
    add_bytes(work, &object->stored);
    return GD_DONE;
}

/* The server's word on every file, against what the objects are recorded to hold. */
static struct gd_status read_backup_manifest(const struct work *work, struct gd_base_files *files,
                                             struct gd_error *err)
{
    enum { PIECE = 64 * 1024 };
    gd_auto_source source = NULL;
    struct gd_place place = place_of(work, work->base->id, work->arena);
    char *piece = gd_arena_alloc(work->arena, PIECE);
    GD_TRY(gd_object_source_new(&place, &work->base->backup_manifest, &source, err));
    for (size_t size = 1; size > 0;) {
        GD_TRY(gd_source_read(source, piece, PIECE, &size, err));
        if (size > 0)
            GD_TRY(gd_base_files_feed(files, piece, size, err));
    }
    return gd_base_files_finish(files, err);
}

static struct gd_status check_backup_manifest(struct work *work, struct gd_error *err)
{
    struct gd_base_files *files = gd_base_files_new(work->base);
    struct gd_status status = read_backup_manifest(work, files, err);
    gd_base_files_free(files);
    GD_TRY(note(work, "backup_manifest.zst", status, err));
    add_bytes(work, &work->base->backup_manifest);
    return GD_DONE;
}

static struct gd_status read_config(const struct work *work, struct gd_error *err)
{
    gd_auto_source source = NULL;
    gd_auto_sink nowhere = gd_null_sink_new();
    struct gd_place place = place_of(work, work->base->id, work->arena);
    GD_TRY(gd_object_source_new(&place, &work->base->config, &source, err));
    return gd_pump(source, nowhere, NULL, err);
}

/* ---- what lies beside it ---- */

static struct gd_status read_wal(const struct work *work, struct gd_error *err)
{
    const struct gd_base *base = work->base;
    struct gd_wal_place place = {.store = work->options->store,
                                 .key = work->options->key,
                                 .system_identifier = base->system_identifier,
                                 .level = 1};
    struct gd_wal_chain *chain = NULL;
    uint32_t timeline = 0;
    uint64_t proven = 0;
    GD_TRY(gd_wal_chain_read(&place, work->arena, &chain, err));
    GD_TRY(gd_wal_chain_prove(&place, chain, base->timeline, base->start_lsn, base->stop_timeline,
                              base->stop_lsn, NULL, &timeline, &proven, err));
    if (proven >= base->stop_lsn)
        return GD_DONE;
    char text[GD_LSN_SIZE];
    gd_lsn_write(proven, text);
    return gd_fail(err, GD_CORRUPT, "the WAL that it needs is missing from %s of timeline %u on",
                   text, timeline);
}

static struct gd_status look_at_one(const struct work *work, const char *id,
                                    struct gd_base **out_base, struct gd_error *err)
{
    struct gd_store *store = work->options->store;
    uint64_t system = work->base->system_identifier;
    const struct gd_proof *proof = NULL;
    bool damaged = false;
    char sha256[GD_DIGEST_HEX_SIZE];
    GD_TRY(gd_base_load(store, system, id, work->arena, out_base, sha256, err));
    GD_TRY(gd_prove_base_find(store, *out_base, sha256, work->arena, &proof, err));
    if (proof == NULL)
        GD_TRY(gd_proof_withdrawn(store, gd_base_cluster(system, work->arena), id, &damaged, err));
    if (!damaged)
        return GD_DONE;
    return gd_fail(err, GD_CORRUPT, "base backup \"%s\" was found to be damaged", id);
}

/* Their bytes are for their own proofs; here it counts that they are there, and not known to be
 * damaged. */
static struct gd_status look_before(const struct work *work, struct gd_error *err)
{
    enum { CHAIN_MAX = 1000 };
    struct gd_base *base = work->base;
    for (size_t i = 0; base->after[0] != '\0' && i < CHAIN_MAX; i++) {
        struct gd_status status = look_at_one(work, base->after, &base, err);
        if (status.code == GD_OK)
            continue;
        if (status.code != GD_USAGE && status.code != GD_CORRUPT)
            return status;
        err->code = GD_CORRUPT;
        return gd_wrap(err, (struct gd_status){GD_CORRUPT}, "the backup that it goes on from: ");
    }
    return GD_DONE;
}

static struct gd_status fits(const struct work *work, struct gd_error *err)
{
    const char *needed = work->base->key_id;
    if (needed[0] == '\0' ||
        (work->options->key != NULL && gd_key_opens(work->options->key, needed)))
        return GD_DONE;
    return gd_hint(
        err,
        gd_fail(err, GD_USAGE, "base backup \"%s\" is encrypted with key %s, and %s was given",
                work->base->id, needed, work->options->key == NULL ? "no key" : "another one"),
        "Give the key that was in use when it was taken.");
}

static unsigned workers_of(const struct gd_prove_options *options)
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    unsigned wanted = options->workers > 0 ? options->workers
                      : processors < 1     ? 1
                                           : (unsigned)processors;
    return wanted > WORKERS_MAX ? WORKERS_MAX : wanted;
}

static struct gd_status read_all(struct work *work, struct gd_error *err)
{
    GD_TRY(fits(work, err));
    gd_tell_stage(work->options->events, "reading back", work->base->bytes);
    GD_TRY(check_backup_manifest(work, err));
    GD_TRY(
        gd_crew_run(work->base->object_count, workers_of(work->options), check_object, work, err));
    if (work->base->config.name != NULL)
        GD_TRY(note(work, "config.tar.zst", read_config(work, err), err));
    GD_TRY(note(work, "WAL", read_wal(work, err), err));
    GD_TRY(note(work, "the backup before", look_before(work, err), err));
    if (work->damages == 0)
        return GD_DONE;
    *err = work->first;
    return (struct gd_status){GD_CORRUPT};
}

/* ---- the record ---- */

static struct gd_proven *proven_of(const struct gd_base *base, int64_t now_us,
                                   struct gd_arena *arena, size_t *out_count)
{
    struct gd_proven *list = gd_arena_zalloc(arena, base->object_count + 2, sizeof *list);
    size_t count = 0;
    const struct gd_stored *alone[] = {&base->backup_manifest, &base->config};
    for (size_t i = 0; i < 2; i++)
        if (alone[i]->name != NULL) {
            list[count] = (struct gd_proven){.name = alone[i]->name, .read_us = now_us};
            memcpy(list[count++].stored_sha256, alone[i]->stored_sha256, GD_DIGEST_HEX_SIZE);
        }
    for (size_t i = 0; i < base->object_count; i++) {
        const struct gd_base_object *object = &base->objects[i];
        bool own = strcmp(object->owner, base->id) == 0;
        list[count] = (struct gd_proven){
            .name = own ? object->stored.name
                        : gd_arena_printf(arena, "%s/%s", object->owner, object->stored.name),
            .read_us = now_us};
        memcpy(list[count++].stored_sha256, object->stored.stored_sha256, GD_DIGEST_HEX_SIZE);
    }
    *out_count = count;
    return list;
}

static struct gd_proof *proof_of(const struct gd_base *base, const char *manifest_sha256,
                                 double seconds, struct gd_arena *arena)
{
    int64_t now_us = gd_clock_now_us();
    struct gd_proof *proof = gd_arena_zalloc(arena, 1, sizeof *proof);
    *proof = (struct gd_proof){.kind = GD_PROOF_DIGEST,
                               .cluster = gd_base_cluster(base->system_identifier, arena),
                               .snapshot = base->id,
                               .time_us = now_us,
                               .seconds = seconds,
                               .guardian_version = gd_version(),
                               .place = "",
                               .bytes = base->bytes,
                               .stored_bytes = base->stored_bytes};
    gd_id_new(proof->id);
    memcpy(proof->manifest_sha256, manifest_sha256, GD_DIGEST_HEX_SIZE);
    proof->objects = proven_of(base, now_us, arena, &proof->object_count);
    return proof;
}

/* Does another backup name one of the objects that are damaged? Of one whose manifest cannot be
 * read nothing is believed as it is. */
static bool names_damaged(const struct work *work, const char *id, struct gd_arena *scratch)
{
    struct gd_base *base = NULL;
    struct gd_error ignored = {0};
    char sha256[GD_DIGEST_HEX_SIZE];
    if (gd_base_load(work->options->store, work->base->system_identifier, id, scratch, &base,
                     sha256, &ignored)
            .code != GD_OK)
        return false;
    for (size_t i = 0; i < base->object_count; i++)
        if (gd_texts_has(&work->damaged, gd_arena_printf(scratch, "%s/%s", base->objects[i].owner,
                                                         base->objects[i].stored.name)))
            return true;
    return false;
}

/* Its own proofs, and those of every backup that shares what is damaged. */
GD_MUST static struct gd_status withdraw_all(const struct work *work, struct gd_error *err)
{
    struct gd_store *store = work->options->store;
    uint64_t system = work->base->system_identifier;
    struct gd_base_listed *bases = NULL;
    size_t count = 0;
    const char *cluster = gd_base_cluster(system, work->arena);
    GD_TRY(gd_proof_withdraw(store, cluster, work->base->id, err));
    GD_TRY(gd_base_list(store, system, work->arena, &bases, &count, err));
    for (size_t i = 0; i < count; i++) {
        gd_auto_arena scratch = gd_arena_new();
        if (strcmp(bases[i].id, work->base->id) != 0 && !bases[i].unfinished &&
            names_damaged(work, bases[i].id, scratch))
            GD_TRY(gd_proof_withdraw(store, cluster, bases[i].id, err));
    }
    return GD_DONE;
}

static void withdraw(const struct work *work)
{
    struct gd_error err = {0};
    if (work->options->no_record || withdraw_all(work, &err).code == GD_OK)
        return;
    gd_tell_warning(work->options->events, "Until it is, earlier proofs seem to hold: note the id.",
                    "the damage could not be noted in the store: %s", err.text);
}

static struct gd_status prove(struct work *work, struct gd_error *err)
{
    pthread_mutex_init(&work->lock, NULL);
    struct gd_status status = read_all(work, err);
    pthread_mutex_destroy(&work->lock);
    if (status.code != GD_CORRUPT)
        return status;
    withdraw(work);
    return gd_wrap(err, status, "base backup \"%s\" is damaged: ", work->base->id);
}

struct gd_status gd_prove_base(const struct gd_prove_options *options, uint64_t system_identifier,
                               const char *id, struct gd_arena *arena, struct gd_base **out_base,
                               const struct gd_proof **out_proof,
                               struct gd_prove_outcome *out_outcome, struct gd_error *err)
{
    int64_t start_us = gd_clock_monotonic_us();
    struct work work = {.options = options, .arena = arena};
    if (system_identifier == 0)
        GD_TRY(gd_base_find(options->store, 0, id, arena, &system_identifier, &id, err));
    GD_TRY(gd_base_load(options->store, system_identifier, id, arena, &work.base,
                        work.manifest_sha256, err));
    GD_TRY(prove(&work, err));
    double seconds = (double)(gd_clock_monotonic_us() - start_us) / 1e6;
    struct gd_proof *proof = proof_of(work.base, work.manifest_sha256, seconds, arena);
    GD_TRY(gd_digest_record(options, proof, err));
    *out_outcome = (struct gd_prove_outcome){.parts = proof->object_count,
                                             .parts_read = proof->object_count,
                                             .bytes = work.base->bytes,
                                             .stored_bytes = work.base->stored_bytes,
                                             .seconds = seconds};
    *out_base = work.base;
    *out_proof = proof;
    return GD_DONE;
}

struct gd_status gd_prove_base_taken(const struct gd_prove_options *options,
                                     const struct gd_base *base, double seconds,
                                     struct gd_arena *arena, const struct gd_proof **out_proof,
                                     struct gd_error *err)
{
    struct gd_base *stored = NULL;
    char sha256[GD_DIGEST_HEX_SIZE];
    GD_TRY(gd_base_load(options->store, base->system_identifier, base->id, arena, &stored, sha256,
                        err));
    struct gd_proof *proof = proof_of(stored, sha256, seconds, arena);
    GD_TRY(gd_digest_record(options, proof, err));
    *out_proof = proof;
    return GD_DONE;
}

struct gd_status gd_prove_base_find(struct gd_store *store, const struct gd_base *base,
                                    const char *manifest_sha256, struct gd_arena *arena,
                                    const struct gd_proof **out_proof, struct gd_error *err)
{
    return gd_proof_find(store, gd_base_cluster(base->system_identifier, arena), base->id,
                         manifest_sha256, arena, out_proof, err);
}
