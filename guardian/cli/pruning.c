#include "guardian/cli/pruning.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guardian/policy/units.h"
#include "guardian/prove/base_digest.h"
#include "guardian/snapshot/list.h"

enum { LITTER_AGE_S = 86400 };

struct gd_status gd_pruning_window(const struct gd_config *config, struct gd_arena *arena,
                                   int64_t *out_keep_us, struct gd_error *err)
{
    uint64_t keep_ms = config->keep_window_ms;
    for (size_t i = 0; i < config->keep.count; i++) {
        const char *text = config->keep.items[i];
        /* In the environment or the file it names what others must leave alone. */
        if (config->origins[GD_OPTION_keep].origin != GD_FROM_ARGV)
            continue;
        const char *wrong = gd_unit_parse(GD_UNIT_DURATION, text, arena, &keep_ms);
        if (wrong != NULL || keep_ms == 0 || keep_ms > (uint64_t)INT64_MAX / 1000)
            return gd_hint(err,
                           gd_fail(err, GD_USAGE, "--keep \"%s\" is not a length of time", text),
                           "Write for example --keep 14d: all of the last 14 days can be "
                           "recovered afterwards.");
    }
    *out_keep_us = (int64_t)keep_ms * 1000;
    return GD_DONE;
}

/* ---- what is known of each ---- */

GD_MUST static struct gd_status see_held(void *context, const struct gd_store_entry *entry,
                                         struct gd_error *err)
{
    struct gd_retention *retention = context;
    const char *slash = strrchr(entry->key, '/');
    (void)err;
    for (size_t i = 0; slash != NULL && i < retention->coverage->base_count; i++)
        if (strcmp(retention->coverage->bases[i].id, slash + 1) == 0)
            retention->bases[i].held = true;
    return GD_DONE;
}

GD_MUST static struct gd_status look_at_base(const struct gd_pruning *pruning,
                                             struct gd_retain_base *item, struct gd_error *err)
{
    const struct gd_base *base = item->listed->base;
    const struct gd_proof *proof = NULL;
    if (base == NULL)
        return GD_DONE;
    const char *cluster = gd_base_cluster(base->system_identifier, pruning->arena);
    GD_TRY(gd_prove_base_find(pruning->store, base, item->listed->manifest_sha256, pruning->arena,
                              &proof, err));
    item->proven = proof != NULL;
    return gd_proof_withdrawn(pruning->store, cluster, item->listed->id, &item->damaged, err);
}

GD_MUST static struct gd_status look_at_marks(const struct gd_pruning *pruning,
                                              struct gd_retention *retention, struct gd_error *err)
{
    const struct gd_coverage *coverage = retention->coverage;
    const char *system = gd_base_cluster(coverage->system_identifier, pruning->arena);
    retention->mark_open = gd_arena_zalloc(pruning->arena, coverage->mark_count + 1, sizeof(bool));
    for (size_t i = 0; i < coverage->mark_count; i++) {
        const struct gd_mark *mark = &coverage->marks[i];
        const char *cluster = gd_cluster_name(system, mark->database, pruning->arena);
        GD_TRY(gd_snapshot_change_open(pruning->store, cluster, mark->change,
                                       &retention->mark_open[i], err));
    }
    return GD_DONE;
}

GD_MUST static struct gd_status look(const struct gd_pruning *pruning,
                                     struct gd_retention *retention, struct gd_error *err)
{
    const struct gd_coverage *coverage = retention->coverage;
    const char *holds =
        gd_arena_printf(pruning->arena, "v1/%" PRIu64 "/holds/", coverage->system_identifier);
    retention->bases =
        gd_arena_zalloc(pruning->arena, coverage->base_count + 1, sizeof *retention->bases);
    for (size_t i = 0; i < coverage->base_count; i++) {
        retention->bases[i].listed = &coverage->bases[i];
        GD_TRY(look_at_base(pruning, &retention->bases[i], err));
        retention->bases[i].damaged &= !retention->bases[i].proven;
    }
    GD_TRY(gd_store_list(pruning->store, holds, see_held, retention, err));
    return look_at_marks(pruning, retention, err);
}

/* ---- the decision ---- */

static struct gd_retain_base *item_of(struct gd_retention *retention,
                                      const struct gd_base_listed *listed)
{
    return &retention->bases[listed - retention->coverage->bases];
}

/* What everything older would be dropped for is read, if it never was: WAL that is damaged makes no
 * anchor. */
GD_MUST static struct gd_status decide(const struct gd_pruning *pruning,
                                       const struct gd_wal_place *place,
                                       struct gd_coverage *coverage, struct gd_retention *retention,
                                       struct gd_error *err)
{
    struct gd_retain_rules rules = {.keep_us = pruning->keep_us,
                                    .unfinished_age_s = LITTER_AGE_S,
                                    .drop_damaged = pruning->drop_damaged};
    for (;;) {
        uint32_t timeline;
        uint64_t lsn;
        struct gd_error why = {0};
        gd_retain_decide(retention, &rules, pruning->now_us, pruning->arena);
        if (retention->anchor == NULL)
            return GD_DONE;
        const struct gd_base *base = retention->anchor->base;
        struct gd_status status = gd_wal_chain_prove(
            place, coverage->chain, base->timeline, base->start_lsn, base->stop_timeline,
            base->stop_lsn, pruning->events, &timeline, &lsn, &why);
        if (status.code == GD_OK)
            return GD_DONE;
        if (status.code != GD_CORRUPT) {
            *err = why;
            return status;
        }
        gd_tell_warning(pruning->events, why.hint, "base backup %s cannot be relied on: %s",
                        base->id, why.text);
        item_of(retention, retention->anchor)->damaged = true;
        gd_coverage_build(coverage, pruning->arena);
    }
}

GD_MUST static struct gd_status add(struct gd_pruning *pruning, uint64_t system_identifier,
                                    struct gd_pruned_time *item, struct gd_error *err)
{
    struct gd_wal_place place = {
        .store = pruning->store, .key = pruning->key, .system_identifier = system_identifier};
    struct gd_coverage *coverage;
    GD_TRY(gd_coverage_read(&place, pruning->arena, &coverage, err));
    item->retention.coverage = coverage;
    item->base_removed = gd_arena_zalloc(pruning->arena, coverage->base_count + 1, sizeof(bool));
    GD_TRY(look(pruning, &item->retention, err));
    return decide(pruning, &place, coverage, &item->retention, err);
}

struct gd_status gd_pruning_decide(struct gd_pruning *pruning, const char *cluster, bool all,
                                   struct gd_error *err)
{
    uint64_t one = 0, *identifiers = &one;
    size_t count = 1;
    if (pruning->keep_us == 0)
        return GD_DONE;
    if (cluster != NULL)
        one = strtoull(cluster, NULL, 10);
    else
        GD_TRY(gd_base_systems(pruning->store, pruning->arena, &identifiers, &count, err));
    if (cluster == NULL && !all && count > 1)
        return gd_hint(
            err,
            gd_fail(err, GD_USAGE, "%s holds WAL of several servers", gd_store_url(pruning->store)),
            "Name the server with --db, or take all of them with --all.");
    pruning->items = gd_arena_zalloc(pruning->arena, count + 1, sizeof *pruning->items);
    for (size_t i = 0; i < count; i++)
        GD_TRY(add(pruning, identifiers[i], &pruning->items[i], err));
    pruning->count = count;
    return GD_DONE;
}

/* ---- the deed ---- */

/* Somebody may have held it, or it may have come to its end, since it was listed. */
GD_MUST static struct gd_status is_wanted_now(const struct gd_pruning *pruning,
                                              uint64_t system_identifier,
                                              struct gd_retain_base *item, struct gd_error *err)
{
    bool held = false, finished = false;
    GD_TRY(gd_store_head(pruning->store,
                         gd_arena_printf(pruning->arena, "v1/%" PRIu64 "/holds/%s",
                                         system_identifier, item->listed->id),
                         &held, NULL, err));
    if (item->listed->unfinished)
        GD_TRY(gd_store_head(
            pruning->store,
            gd_base_key(system_identifier, item->listed->id, "manifest.json", pruning->arena),
            &finished, NULL, err));
    if (held || finished) {
        item->keep = held ? GD_RETAIN_HELD : GD_RETAIN_YOUNG;
        item->because = held ? "held just now" : "finished just now";
    }
    return GD_DONE;
}

GD_MUST static struct gd_status apply_one(struct gd_pruning *pruning, struct gd_pruned_time *item,
                                          struct gd_error *err)
{
    struct gd_retention *retention = &item->retention;
    uint64_t system = retention->coverage->system_identifier;
    struct gd_wal_place place = {
        .store = pruning->store, .key = pruning->key, .system_identifier = system};
    for (size_t i = retention->coverage->base_count; i > 0; i--) {
        struct gd_retain_base *base = &retention->bases[i - 1];
        if (base->keep != GD_RETAIN_NOT)
            continue;
        GD_TRY(is_wanted_now(pruning, system, base, err));
        if (base->keep != GD_RETAIN_NOT) {
            item->wal_waits = true;
            continue;
        }
        GD_TRY(gd_retain_remove_base(pruning->store, system, base->listed->id, err));
        item->base_removed[i - 1] = true;
        pruning->removed++;
    }
    if (item->wal_waits)
        return GD_DONE;
    struct gd_status status = gd_retain_remove_wal(&place, retention, &item->files_removed, err);
    pruning->removed += item->files_removed;
    return status;
}

struct gd_status gd_pruning_apply(struct gd_pruning *pruning, struct gd_error *err)
{
    if (pruning->count > 0)
        gd_tell_stage(pruning->events, "removing base backups and WAL", 0);
    for (size_t i = 0; i < pruning->count; i++)
        GD_TRY(apply_one(pruning, &pruning->items[i], err));
    return GD_DONE;
}
