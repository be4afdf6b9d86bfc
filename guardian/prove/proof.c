/* Proofs: asking one, recording one, finding those of a snapshot. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guardian/base/fault.h"
#include "guardian/prove/proof.h"

enum { RECORD_BYTES_MAX = 256 * 1024 * 1024, SECOND_SIZE = 16 /* of an id */ };

const char *gd_proof_snapshot(const struct gd_proof *proof)
{
    return proof->snapshot;
}

enum gd_proof_kind gd_proof_kind(const struct gd_proof *proof)
{
    return proof->kind;
}

int64_t gd_proof_time_us(const struct gd_proof *proof)
{
    return proof->time_us;
}

double gd_proof_seconds(const struct gd_proof *proof)
{
    return proof->seconds;
}

const struct gd_mark *gd_proof_mark(const struct gd_proof *proof)
{
    return proof->mark;
}

const char *gd_proof_manifest_sha256(const struct gd_proof *proof)
{
    return proof->manifest_sha256;
}

/* "v1/<cluster>/proofs/<snapshot>/<name>" */
static const char *proof_key(const char *cluster, const char *snapshot, const char *name,
                             struct gd_arena *arena)
{
    return gd_arena_printf(arena, "v1/%s/proofs/%s/%s", cluster, snapshot, name);
}

static struct gd_status read_back(struct gd_store *store, const char *key, const char *text,
                                  size_t size, struct gd_error *err)
{
    char *stored = NULL;
    size_t stored_size;
    GD_TRY(gd_store_get_bytes(store, key, RECORD_BYTES_MAX, &stored, &stored_size, err));
    bool same = stored_size == size && memcmp(stored, text, size) == 0;
    free(stored);
    if (!same)
        return gd_fail(err, GD_CORRUPT, "object \"%s\" does not hold what was just written", key);
    return GD_DONE;
}

struct gd_status gd_proof_record(struct gd_store *store, const struct gd_proof *proof,
                                 struct gd_error *err)
{
    gd_auto_arena arena = gd_arena_new();
    const char *key = proof_key(proof->cluster, proof->snapshot,
                                gd_arena_printf(arena, "%s.json", proof->id), arena);
    char *text = NULL;
    size_t size = 0;
    GD_TRY(gd_proof_format(proof, &text, &size, err));
    struct gd_status status = gd_fault("proof: before it is recorded", err);
    if (status.code == GD_OK)
        status = gd_store_put_bytes(store, key, text, size, err);
    if (status.code == GD_OK)
        status = gd_fault("proof: recorded, not read back", err);
    if (status.code == GD_OK)
        status = read_back(store, key, text, size, err);
    free(text);
    return status;
}

struct names {
    const char **keys;
    size_t count, capacity;
    struct gd_arena *arena;
};

static struct gd_status add_name(void *context, const struct gd_store_entry *entry,
                                 struct gd_error *err)
{
    (void)err;
    struct names *names = context;
    if (names->count == names->capacity) {
        size_t capacity = names->capacity * 2 + 16;
        const char **keys = gd_arena_zalloc(names->arena, capacity, sizeof *keys);
        if (names->count > 0)
            memcpy(keys, names->keys, names->count * sizeof *keys);
        names->keys = keys;
        names->capacity = capacity;
    }
    names->keys[names->count++] = gd_arena_strdup(names->arena, entry->key);
    return GD_DONE;
}

/* A record that cannot be understood, or that is not about this snapshot, proves nothing: NULL.
   Only a store that does not answer is an error. */
static struct gd_status load_one(struct gd_store *store, const char *key, const char *cluster,
                                 const char *id, struct gd_arena *arena,
                                 struct gd_proof **out_proof, struct gd_error *err)
{
    char *text = NULL;
    size_t size = 0;
    struct gd_proof *proof = NULL;
    *out_proof = NULL;
    struct gd_status status = gd_store_get_bytes(store, key, RECORD_BYTES_MAX, &text, &size, err);
    if (status.code != GD_OK)
        return status.code == GD_CORRUPT ? GD_DONE : status;
    struct gd_error unread = {0};
    status = gd_proof_parse(text, size, arena, &proof, &unread);
    free(text);
    if (status.code == GD_OK && strcmp(proof->snapshot, id) == 0 &&
        strcmp(proof->cluster, cluster) == 0)
        *out_proof = proof;
    return GD_DONE;
}

/* --- damage that was found --- */

static const char damage_end[] = ".damaged";

static bool is_damage(const char *key)
{
    size_t size = strlen(key), end = sizeof damage_end - 1;
    return size > end && strcmp(key + size - end, damage_end) == 0;
}

struct gd_status gd_proof_withdraw(struct gd_store *store, const char *cluster, const char *id,
                                   struct gd_error *err)
{
    gd_auto_arena arena = gd_arena_new();
    char now[GD_ID_SIZE];
    gd_id_new(now);
    const char *name = gd_arena_printf(arena, "%s%s", now, damage_end);
    const char *text =
        gd_arena_printf(arena, "{\"guardian_damage\": 1, \"snapshot\": \"%s\"}\n", id);
    return gd_store_put_bytes(store, proof_key(cluster, id, name, arena), text, strlen(text), err);
}

/* The second in which damage was found last, as ids begin with it; "" when it never was. */
GD_MUST static struct gd_status last_damage(struct gd_store *store, const char *cluster,
                                            const char *id, char out_second[GD_ID_SIZE],
                                            struct gd_error *err)
{
    gd_auto_arena arena = gd_arena_new();
    struct names names = {.arena = arena};
    const char *folder = proof_key(cluster, id, "", arena);
    out_second[0] = '\0';
    GD_TRY(gd_store_list(store, folder, add_name, &names, err));
    for (size_t i = 0; i < names.count; i++) {
        const char *name = names.keys[i] + strlen(folder);
        if (is_damage(name) && strncmp(name, out_second, SECOND_SIZE) > 0)
            (void)snprintf(out_second, GD_ID_SIZE, "%.*s", SECOND_SIZE, name);
    }
    return GD_DONE;
}

struct gd_status gd_proof_withdrawn(struct gd_store *store, const char *cluster, const char *id,
                                    bool *out_withdrawn, struct gd_error *err)
{
    char second[GD_ID_SIZE];
    GD_TRY(last_damage(store, cluster, id, second, err));
    *out_withdrawn = second[0] != '\0';
    return GD_DONE;
}

/* --- all records, and the best --- */

struct gd_status gd_proof_all(struct gd_store *store, const char *cluster, const char *id,
                              struct gd_arena *arena, struct gd_proof ***out_proofs,
                              size_t *out_count, struct gd_error *err)
{
    struct names names = {.arena = arena};
    GD_TRY(gd_store_list(store, proof_key(cluster, id, "", arena), add_name, &names, err));
    struct gd_proof **proofs = gd_arena_zalloc(arena, names.count + 1, sizeof *proofs);
    size_t count = 0;
    for (size_t i = 0; i < names.count; i++) {
        if (is_damage(names.keys[i]))
            continue;
        GD_TRY(load_one(store, names.keys[i], cluster, id, arena, &proofs[count], err));
        if (proofs[count] != NULL)
            count++;
    }
    *out_proofs = proofs; /* ids sort by time, and the store lists in order */
    *out_count = count;
    return GD_DONE;
}

static bool is_better(const struct gd_proof *proof, const struct gd_proof *than)
{
    if (than == NULL || proof->kind != than->kind)
        return than == NULL || proof->kind > than->kind;
    return proof->time_us >= than->time_us;
}

struct gd_status gd_proof_find(struct gd_store *store, const char *cluster, const char *id,
                               const char *manifest_sha256, struct gd_arena *arena,
                               const struct gd_proof **out_proof, struct gd_error *err)
{
    struct gd_proof **proofs;
    size_t count;
    GD_TRY(gd_proof_all(store, cluster, id, arena, &proofs, &count, err));
    const struct gd_proof *best = NULL;
    char damaged[GD_ID_SIZE];
    GD_TRY(last_damage(store, cluster, id, damaged, err));
    for (size_t i = 0; i < count; i++) {
        if (strncmp(proofs[i]->id, damaged, SECOND_SIZE) > 0 &&
            strcmp(proofs[i]->manifest_sha256, manifest_sha256) == 0 && is_better(proofs[i], best))
            best = proofs[i];
    }
    *out_proof = best;
    return GD_DONE;
}
