#include "guardian/prove/shelf.h"

#include <string.h>

#include "guardian/base/crew.h"

enum { WORKERS = 8 };

const char gd_found_damaged[] = "it was read back and is damaged: guardian verify says where";

/* ---- the shelf ---- */

struct look {
    struct gd_store *store;
    struct gd_shelved *items;
};

/* Proofs and change of one snapshot; tasks write to items of their own. */
static struct gd_status look_at(void *context, size_t index, struct gd_arena *scratch,
                                struct gd_error *err)
{
    struct look *look = context;
    struct gd_shelved *item = &look->items[index];
    const struct gd_listed *listed = &item->listed;
    const struct gd_proof *proof = NULL;
    if (listed->manifest == NULL)
        return GD_DONE;
    GD_TRY(gd_proof_find(look->store, listed->cluster, listed->id, listed->manifest_sha256, scratch,
                         &proof, err));
    if (proof != NULL) {
        item->proof = gd_proof_kind(proof);
        item->proven_us = gd_proof_time_us(proof);
    } else if (listed->problem == NULL) {
        bool damaged = false;
        GD_TRY(gd_proof_withdrawn(look->store, listed->cluster, listed->id, &damaged, err));
        if (damaged)
            item->listed.problem = gd_found_damaged;
    }
    return gd_snapshot_change_open(look->store, listed->cluster, listed->manifest->change,
                                   &item->open_change, err);
}

struct gd_status gd_shelf_read(struct gd_store *store, const char *cluster, struct gd_arena *arena,
                               struct gd_shelved **out_items, size_t *out_count,
                               struct gd_error *err)
{
    struct gd_listed *listed = NULL;
    size_t count = 0;
    GD_TRY(gd_snapshot_list(store, cluster, arena, &listed, &count, err));
    struct look look = {store, gd_arena_zalloc(arena, count, sizeof(struct gd_shelved))};
    for (size_t i = 0; i < count; i++)
        look.items[i].listed = listed[i];
    GD_TRY(gd_crew_run(count, WORKERS, look_at, &look, err));
    *out_items = look.items;
    *out_count = count;
    return GD_DONE;
}

struct gd_status gd_shelf_others(struct gd_store *store, const char *cluster,
                                 struct gd_arena *arena, bool *out_others, struct gd_error *err)
{
    const char *const *clusters = NULL;
    size_t count = 0, id_count = 0;
    GD_TRY(gd_store_clusters(store, arena, &clusters, &count, err));
    for (size_t i = 0; i < count && id_count == 0; i++) {
        const char *const *ids = NULL;
        if (strcmp(clusters[i], cluster) != 0)
            GD_TRY(gd_snapshot_ids(store, clusters[i], arena, &ids, &id_count, err));
    }
    *out_others = id_count > 0;
    return GD_DONE;
}

/* ---- which one is meant ---- */

static struct gd_status no_snapshots(const struct gd_store *store, struct gd_error *err)
{
    return gd_hint(err, gd_fail(err, GD_USAGE, "there is no snapshot in %s", gd_store_url(store)),
                   "\"guardian snapshot\" takes one.");
}

struct gd_status gd_shelf_only_cluster(struct gd_store *store, struct gd_arena *arena,
                                       const char **out_cluster, struct gd_error *err)
{
    const char *const *clusters = NULL;
    const char *only = NULL;
    size_t count = 0;
    GD_TRY(gd_store_clusters(store, arena, &clusters, &count, err));
    for (size_t i = 0; i < count; i++) {
        const char *const *ids = NULL;
        size_t id_count = 0;
        GD_TRY(gd_snapshot_ids(store, clusters[i], arena, &ids, &id_count, err));
        if (id_count == 0)
            continue;
        if (only != NULL)
            return gd_hint(err,
                           gd_fail(err, GD_USAGE,
                                   "%s holds snapshots of several databases, among "
                                   "them %s and %s",
                                   gd_store_url(store), only, clusters[i]),
                           "Name the database with --db, or the snapshot by its id.");
        only = clusters[i];
    }
    if (only == NULL)
        return no_snapshots(store, err);
    *out_cluster = only;
    return GD_DONE;
}

struct candidate {
    const char *id;
    int64_t started_us; /* ids tell seconds apart, and no less */
    bool good;
};

/* The whole database is more than one whose rows were left out here and there on purpose. */
static bool holds_enough(const struct gd_manifest *manifest, enum gd_snapshot_scope least)
{
    bool left_out = false;
    for (size_t i = 0; i < manifest->table_count; i++)
        left_out |= manifest->tables[i].left_out;
    return manifest->scope >= least && !(left_out && least == GD_SNAPSHOT_DATABASE);
}

/* Is this one proven, can its manifest be read, is everything there, and does it hold enough, of
 * when it was made? */
static struct gd_status weigh(struct gd_store *store, const char *cluster,
                              enum gd_snapshot_scope least, struct candidate *candidate,
                              struct gd_error *err)
{
    gd_auto_arena scratch = gd_arena_new();
    struct gd_manifest *manifest = NULL;
    const struct gd_proof *proof = NULL;
    char sha256[GD_DIGEST_HEX_SIZE];
    struct gd_error why = {0};
    struct gd_status status =
        gd_manifest_load(store, cluster, candidate->id, scratch, &manifest, sha256, &why);
    if (status.code == GD_OK)
        status = gd_manifest_look(store, manifest, &why);
    if (status.code == GD_CORRUPT || status.code == GD_USAGE)
        return GD_DONE;
    if (status.code != GD_OK) {
        *err = why;
        return status;
    }
    GD_TRY(gd_proof_find(store, cluster, candidate->id, sha256, scratch, &proof, err));
    candidate->started_us = manifest->started_us;
    candidate->good =
        proof != NULL && holds_enough(manifest, least) && !gd_manifest_is_of_then(manifest);
    return GD_DONE;
}

static struct gd_status none_is_proven(const char *cluster, size_t count,
                                       enum gd_snapshot_scope least, struct gd_error *err)
{
    static const char *const holds[] = {"", " and holds rows", " and holds the whole database"};
    return gd_hint(err,
                   gd_fail(err, GD_UNPROTECTED, "not one of the %zu snapshots of %s is proven%s",
                           count, cluster, holds[least]),
                   "\"guardian list\" shows them, \"guardian verify ID\" proves one.");
}

static struct gd_status find_latest(struct gd_store *store, const char *cluster,
                                    enum gd_snapshot_scope least, struct gd_arena *arena,
                                    const char **out_id, struct gd_error *err)
{
    const char *const *ids = NULL;
    size_t count = 0;
    struct candidate best = {0};
    GD_TRY(gd_snapshot_ids(store, cluster, arena, &ids, &count, err));
    for (size_t i = count; i-- > 0;) {
        struct candidate next = {.id = ids[i]};
        if (best.good && gd_snapshot_time_us(best.id) != gd_snapshot_time_us(next.id))
            break;
        GD_TRY(weigh(store, cluster, least, &next, err));
        if (next.good && (!best.good || next.started_us > best.started_us))
            best = next;
    }
    *out_id = best.id;
    if (best.good)
        return GD_DONE;
    if (count > 0)
        return none_is_proven(cluster, count, least, err);
    return gd_hint(
        err,
        gd_fail(err, GD_USAGE, "there is no snapshot of %s in %s", cluster, gd_store_url(store)),
        "\"guardian list --all\" shows what else is there; any of it can be named "
        "by its id.");
}

struct gd_status gd_snapshot_resolve(struct gd_store *store, const char *cluster, const char *text,
                                     enum gd_snapshot_scope least, struct gd_arena *arena,
                                     const char **out_cluster, const char **out_id,
                                     struct gd_error *err)
{
    if (strcmp(text, "latest") != 0)
        return gd_snapshot_find(store, cluster, text, arena, out_cluster, out_id, err);
    if (cluster == NULL)
        GD_TRY(gd_shelf_only_cluster(store, arena, &cluster, err));
    GD_TRY(find_latest(store, cluster, least, arena, out_id, err));
    *out_cluster = cluster;
    return GD_DONE;
}
