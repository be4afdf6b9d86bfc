/*
 * Estimate: how long a backup and its proof took lately, carried over to the size of this one.
 *
 * A schema takes what the quickest of the newest snapshots took; rows are added at the rate of the
 * largest of them. Nothing is measured: the store alone is asked.
 */
#include <stdlib.h>

#include "guardian/guard/protect.h"
#include "guardian/snapshot/list.h"

enum { NEWEST = 5 };
#define LEAST_BYTES (1 << 20) /* of rows: below, a rate says nothing */

struct history {
    size_t count;
    double quickest; /* seconds */
    double rate;     /* bytes each second, of the largest */
    uint64_t largest;
};

GD_MUST static struct gd_status learn(struct gd_store *store, const char *cluster, const char *id,
                                      struct history *history, struct gd_error *err)
{
    gd_auto_arena arena = gd_arena_new();
    struct gd_manifest *manifest = NULL;
    const struct gd_proof *proof = NULL;
    char sha256[GD_DIGEST_HEX_SIZE];
    struct gd_status status = gd_manifest_load(store, cluster, id, arena, &manifest, sha256, err);
    if (status.code == GD_CORRUPT || status.code == GD_USAGE)
        return GD_DONE; /* unfinished, damaged, of a newer guardian: it says nothing */
    GD_TRY(status);
    GD_TRY(gd_proof_find(store, cluster, id, sha256, arena, &proof, err));
    double seconds = (double)(manifest->finished_us - manifest->started_us) / 1e6;
    seconds = (seconds < 0 ? 0 : seconds) + (proof == NULL ? 0 : gd_proof_seconds(proof));
    if (history->count == 0 || seconds < history->quickest)
        history->quickest = seconds;
    if (manifest->bytes > history->largest && manifest->bytes >= LEAST_BYTES && seconds > 0) {
        history->largest = manifest->bytes;
        history->rate = (double)manifest->bytes / seconds;
    }
    history->count++;
    return GD_DONE;
}

struct gd_status gd_protect_estimate(struct gd_store *store, const char *cluster,
                                     const struct gd_backup *backup, struct gd_arena *arena,
                                     double *out_seconds, const char **out_from,
                                     struct gd_error *err)
{
    const char *const *ids = NULL;
    size_t count = 0;
    struct history history = {0};
    *out_seconds = 0;
    if (backup->scope == GD_SCOPE_NONE)
        return GD_DONE;
    GD_TRY(gd_snapshot_ids(store, cluster, arena, &ids, &count, err));
    for (size_t i = count; i > 0 && history.count < NEWEST && count - i < 3 * NEWEST; i--)
        GD_TRY(learn(store, cluster, ids[i - 1], &history, err));
    bool rows = backup->scope >= GD_SCOPE_TABLES && backup->bytes > LEAST_BYTES;
    if (history.count == 0 || (rows && history.rate <= 0))
        return GD_DONE;
    *out_seconds = history.quickest + (rows ? (double)backup->bytes / history.rate : 0);
    if (out_from != NULL)
        *out_from = history.count == 1
                        ? "the last snapshot"
                        : gd_arena_printf(arena, "the last %zu snapshots", history.count);
    return GD_DONE;
}
