/*
 * guardian prune: which snapshots may go, and, when told to, away with them.
 *
 * Shows what it would do unless --apply is given. Also holds and releases single snapshots.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "guardian/cli/cmd.h"
#include "guardian/cli/ending.h"
#include "guardian/cli/forgetting.h"
#include "guardian/cli/keys.h"
#include "guardian/cli/progress.h"
#include "guardian/cli/pruning.h"
#include "guardian/cli/report_shelf.h"
#include "guardian/cli/shelves.h"
#include "guardian/cli/stores.h"
#include "guardian/journal/fold.h"
#include "guardian/journal/lease.h"

enum { LITTER_AGE_S = 86400 };

struct prune {
    const struct gd_config *config;
    struct gd_store *store;
    const char *cluster; /* NULL: each that there is */
    const struct gd_events *events;
    struct gd_arena *arena;
    struct gd_keep_rules rules;
    struct gd_prune_item *items;
    size_t count;
    uint64_t removed, uploads_left;
    struct gd_pruning times; /* base backups and WAL */
};

/* --yes only where it was typed: in the environment it answers questions, and here none is asked.
 */
static bool is_applied(const struct gd_config *config)
{
    return config->apply || (config->yes && config->origins[GD_OPTION_yes].origin == GD_FROM_ARGV);
}

static struct gd_keep_rules rules_of(const struct gd_config *config)
{
    return (struct gd_keep_rules){
        .last = (unsigned)config->keep_last,
        .hourly = (unsigned)config->keep_hourly,
        .daily = (unsigned)config->keep_daily,
        .weekly = (unsigned)config->keep_weekly,
        .monthly = (unsigned)config->keep_monthly,
        .unfinished_age_s = LITTER_AGE_S,
        .drop_damaged = config->drop_damaged,
    };
}

/* ---- holds ---- */

/* A snapshot, or a base backup. */
static struct gd_status find(struct prune *prune, const char *text, const char **out_cluster,
                             const char **out_id, struct gd_error *err)
{
    struct gd_error none = {0};
    uint64_t system = prune->cluster == NULL ? 0 : strtoull(prune->cluster, NULL, 10);
    struct gd_status status =
        gd_snapshot_resolve(prune->store, prune->cluster, text, GD_SNAPSHOT_SCHEMA, prune->arena,
                            out_cluster, out_id, err);
    if (status.code != GD_USAGE ||
        gd_base_find(prune->store, system, text, prune->arena, &system, out_id, &none).code !=
            GD_OK)
        return status;
    *out_cluster = gd_arena_printf(prune->arena, "%llu", (unsigned long long)system);
    *err = (struct gd_error){0};
    return GD_DONE;
}

static struct gd_status hold_each(struct prune *prune, const struct gd_texts *ids, bool hold,
                                  struct gd_json *done, struct gd_error *err)
{
    for (size_t i = 0; i < ids->count; i++) {
        const char *cluster = NULL, *id = NULL;
        GD_TRY(find(prune, ids->items[i], &cluster, &id, err));
        GD_TRY(gd_snapshot_hold(prune->store, cluster, id, hold, prune->config->reason, err));
        gd_json_push(done, gd_json_new_text(id));
    }
    return GD_DONE;
}

static struct gd_status print_holds(const struct gd_config *config, const struct gd_json *document,
                                    struct gd_error *err)
{
    if (config->json)
        return gd_json_write(document, stdout, 1, err);
    static const char *const keys[] = {"held", "released"};
    for (size_t k = 0; k < 2; k++) {
        const struct gd_json *ids = gd_json_get(document, keys[k]);
        for (size_t i = 0; i < gd_json_count(ids); i++)
            printf("%s is %s\n", gd_json_text(gd_json_at(ids, i)), keys[k]);
    }
    return GD_DONE;
}

static struct gd_status hold_and_release(struct prune *prune, struct gd_progress *progress,
                                         struct gd_error *err)
{
    const struct gd_config *config = prune->config;
    struct gd_json *document = gd_json_object(), *held = gd_json_list(), *released = gd_json_list();
    gd_json_put(document, "held", held);
    gd_json_put(document, "released", released);
    struct gd_status status = hold_each(prune, &config->hold, true, held, err);
    if (status.code == GD_OK)
        status = hold_each(prune, &config->release, false, released, err);
    gd_progress_end(progress, status);
    gd_json_put(document, "warnings", gd_progress_warnings(progress));
    if (status.code == GD_OK)
        status = print_holds(config, document, err);
    gd_json_free(document);
    return status;
}

/* ---- the decision ---- */

/* The tables of a snapshot in a form that is the same for the same tables. */
static const char *tables_of(const struct gd_manifest *manifest, struct gd_arena *arena)
{
    const char *all = "";
    for (size_t i = 0; i < manifest->wanted_count; i++)
        all = gd_arena_printf(arena, "%s%zu:%s", all, strlen(manifest->wanted[i]),
                              manifest->wanted[i]);
    return all;
}

static struct gd_expire_item expire_item(const struct gd_shelved *shelved, struct gd_arena *arena)
{
    const struct gd_listed *listed = &shelved->listed;
    const struct gd_manifest *manifest = listed->manifest;
    struct gd_expire_item item = {
        .id = listed->id,
        .time_us = listed->unfinished ? listed->touched_us : listed->time_us,
        .unreadable = listed->problem != NULL && !listed->unfinished,
        .damaged = listed->problem != NULL && !listed->unfinished && !listed->newer,
        .scope = GD_SNAPSHOT_DATABASE,
        .unfinished = listed->unfinished,
        .held = listed->held,
        .proven = shelved->proof != GD_PROOF_NONE,
        .open_change = shelved->open_change,
        .left_out = listed->left_out,
        .foreign = listed->foreign,
    };
    if (manifest != NULL) {
        item.scope = manifest->scope;
        item.tables = tables_of(manifest, arena);
        item.change = manifest->change;
        item.of_then = gd_manifest_is_of_then(manifest);
        item.empty = manifest->rows == 0 && manifest->scope != GD_SNAPSHOT_SCHEMA;
    }
    return item;
}

/* One cluster, which stands in shelved[0 .. count - 1]. */
static void decide(struct prune *prune, const struct gd_shelved *shelved, size_t count,
                   struct gd_prune_item *out_items)
{
    struct gd_expire_item *items = gd_arena_zalloc(prune->arena, count, sizeof *items);
    for (size_t i = 0; i < count; i++)
        items[i] = expire_item(&shelved[i], prune->arena);
    gd_expire_decide(items, count, &prune->rules, gd_clock_now_us(), prune->arena);
    for (size_t i = 0; i < count; i++)
        out_items[i] = (struct gd_prune_item){
            .shelved = &shelved[i], .keep = items[i].keep, .because = items[i].because};
}

static struct gd_status add_cluster(struct prune *prune, const char *cluster, struct gd_error *err)
{
    struct gd_shelved *shelved = NULL;
    size_t count = 0;
    GD_TRY(gd_shelf_read(prune->store, cluster, prune->arena, &shelved, &count, err));
    struct gd_prune_item *items =
        gd_arena_zalloc(prune->arena, prune->count + count, sizeof *items);
    if (prune->count > 0)
        memcpy(items, prune->items, prune->count * sizeof *items);
    decide(prune, shelved, count, items + prune->count);
    prune->items = items;
    prune->count += count;
    return GD_DONE;
}

/* Where there are base backups there need not be a snapshot. */
static struct gd_status only_cluster_or_none(struct prune *prune, size_t *out_count,
                                             struct gd_error *err)
{
    const char *const *clusters = NULL;
    const char *const *ids = NULL;
    size_t count = 0, snapshots = 0;
    GD_TRY(gd_store_clusters(prune->store, prune->arena, &clusters, &count, err));
    for (size_t i = 0; i < count && snapshots == 0; i++)
        GD_TRY(gd_snapshot_ids(prune->store, clusters[i], prune->arena, &ids, &snapshots, err));
    *out_count = snapshots > 0;
    return snapshots == 0 ? GD_DONE
                          : gd_shelf_only_cluster(prune->store, prune->arena, &prune->cluster, err);
}

static struct gd_status decide_all(struct prune *prune, struct gd_error *err)
{
    const char *const *clusters = &prune->cluster;
    size_t count = 1;
    if (prune->cluster == NULL && prune->config->all)
        GD_TRY(gd_store_clusters(prune->store, prune->arena, &clusters, &count, err));
    else if (prune->cluster == NULL && prune->times.keep_us > 0) {
        GD_TRY(only_cluster_or_none(prune, &count, err));
    } else if (prune->cluster == NULL)
        GD_TRY(gd_shelf_only_cluster(prune->store, prune->arena, &prune->cluster, err));
    for (size_t i = 0; i < count; i++)
        GD_TRY(add_cluster(prune, clusters[i], err));
    return GD_DONE;
}

/* ---- the deed ---- */

/* Somebody may have said "hold" since the list was read. */
static struct gd_status is_held_now(struct prune *prune, const struct gd_listed *listed,
                                    bool *out_held, struct gd_error *err)
{
    const char *key = gd_arena_printf(prune->arena, "v1/%s/holds/%s", listed->cluster, listed->id);
    return gd_store_head(prune->store, key, out_held, NULL, err);
}

/* What had no manifest when it was listed may have come to its end since. */
static struct gd_status is_finished_now(const struct prune *prune, const struct gd_listed *listed,
                                        bool *out_finished, struct gd_error *err)
{
    *out_finished = false;
    if (!listed->unfinished)
        return GD_DONE;
    const char *key = gd_snapshot_key(listed->cluster, listed->id, "manifest.json", prune->arena);
    return gd_store_head(prune->store, key, out_finished, NULL, err);
}

static struct gd_status remove_one(struct prune *prune, struct gd_prune_item *item,
                                   struct gd_error *err)
{
    const struct gd_listed *listed = &item->shelved->listed;
    bool held = true;
    GD_TRY(is_held_now(prune, listed, &held, err));
    if (held) {
        item->keep = GD_KEEP_HELD;
        item->because = "held just now";
        return GD_DONE;
    }
    bool finished = true;
    GD_TRY(is_finished_now(prune, listed, &finished, err));
    if (finished) {
        item->keep = GD_KEEP_YOUNG;
        item->because = "finished just now";
        return GD_DONE;
    }
    GD_TRY(gd_snapshot_remove(prune->store, listed->cluster, listed->id, err));
    item->removed = true;
    prune->removed++;
    return GD_DONE;
}

static struct gd_status give_up(const struct prune *prune, struct gd_status status,
                                struct gd_error *err)
{
    if (err->hint[0] == '\0')
        status = gd_hint(err, status,
                         "A credential that may not delete is right for what writes backups: "
                         "prune with another one.");
    if (prune->removed + prune->times.removed == 0)
        return status;
    err->code = GD_PARTIAL;
    if (prune->times.removed > 0)
        return gd_wrap(err, (struct gd_status){GD_PARTIAL},
                       "%llu snapshots and %llu objects of base backups and WAL were removed, "
                       "then: ",
                       (unsigned long long)prune->removed,
                       (unsigned long long)prune->times.removed);
    return gd_wrap(err, (struct gd_status){GD_PARTIAL},
                   "%llu snapshots were removed, then: ", (unsigned long long)prune->removed);
}

/* What is left of leases that are over: writers' credentials may not be able to remove it. And what
 * is over is summed up, which otherwise happens a few hundred changes at a time. */
static struct gd_status tidy_up(const struct prune *prune, struct gd_error *err)
{
    struct gd_texts clusters = {0};
    if (prune->cluster != NULL)
        gd_texts_add(&clusters, prune->cluster, prune->arena);
    for (size_t i = 0; i < prune->count; i++)
        gd_texts_add(&clusters, prune->items[i].shelved->listed.cluster, prune->arena);
    for (size_t i = 0; i < clusters.count; i++)
        GD_TRY(gd_lease_clean(prune->store, clusters.items[i], err));
    for (size_t i = 0; i < clusters.count; i++) {
        size_t count = 0;
        struct gd_error why = {0};
        if (gd_journal_fold_all(prune->store, clusters.items[i], &count, &why).code != GD_OK)
            gd_tell_warning(prune->events, why.hint, "old changes could not be summed up: %s",
                            why.text);
    }
    return GD_DONE;
}

static struct gd_status apply(struct prune *prune, struct gd_error *err)
{
    size_t going = 0;
    for (size_t i = 0; i < prune->count; i++)
        going += prune->items[i].keep == GD_KEEP_NOT;
    if (going > 0)
        gd_tell_stage(prune->events, "removing snapshots", 0);
    for (size_t i = 0; i < prune->count; i++) {
        if (prune->items[i].keep != GD_KEEP_NOT)
            continue;
        struct gd_status status = remove_one(prune, &prune->items[i], err);
        if (status.code != GD_OK)
            return give_up(prune, status, err);
    }
    struct gd_status times = gd_pruning_apply(&prune->times, err);
    if (times.code != GD_OK)
        return give_up(prune, times, err);
    struct gd_status cleaned = tidy_up(prune, err);
    if (cleaned.code != GD_OK)
        return give_up(prune, cleaned, err);
    const char *prefix = prune->cluster == NULL
                             ? "v1/"
                             : gd_arena_printf(prune->arena, "v1/%s/snapshots/", prune->cluster);
    return gd_store_sweep(prune->store, prefix, LITTER_AGE_S, &prune->uploads_left, err);
}

/* ---- the answer ---- */

static struct gd_status print(const struct prune *prune, struct gd_progress *progress,
                              struct gd_error *err)
{
    const struct gd_config *config = prune->config;
    struct gd_prune_view view = {.store = gd_store_url(prune->store),
                                 .items = prune->items,
                                 .count = prune->count,
                                 .rules = &prune->rules,
                                 .apply = is_applied(config),
                                 .uploads_left = prune->uploads_left};
    if (!config->json) {
        struct gd_screen screen =
            gd_screen_of(stdout, gd_config_use_color(config, STDOUT_FILENO), config->verbose);
        if (prune->times.keep_us > 0)
            gd_pruning_report(&prune->times, &screen);
        if (prune->count > 0 || prune->times.keep_us == 0)
            gd_report_prune(&view, &screen, prune->arena);
        else if (!is_applied(config))
            gd_screen_paragraph(&screen, GD_INK_PLAIN, 0, 0,
                                "Nothing was removed: --apply does it.");
        return GD_DONE;
    }
    struct gd_json *document = gd_report_prune_json(&view);
    gd_json_put(document, "points_in_time",
                prune->times.keep_us > 0 ? gd_pruning_json(&prune->times) : gd_json_new_null());
    gd_json_put(document, "warnings", gd_progress_warnings(progress));
    struct gd_status status = gd_json_write(document, stdout, 1, err);
    gd_json_free(document);
    return status;
}

static struct gd_status check_rules(const struct gd_keep_rules *rules, struct gd_error *err)
{
    if (rules->last + rules->hourly + rules->daily + rules->weekly + rules->monthly > 0)
        return GD_DONE;
    return gd_hint(err, gd_fail(err, GD_USAGE, "no rule keeps any snapshot"),
                   "Say how many are to be kept with --keep-last, --keep-daily and their like.");
}

static struct gd_status prune_all(struct prune *prune, struct gd_progress *progress,
                                  struct gd_error *err)
{
    struct gd_status status = GD_DONE;
    prune->rules = rules_of(prune->config);
    GD_TRY(check_rules(&prune->rules, err));
    GD_TRY(decide_all(prune, err));
    GD_TRY(gd_pruning_decide(&prune->times, prune->cluster, prune->config->all, err));
    if (is_applied(prune->config))
        status = apply(prune, err);
    gd_progress_end(progress, status);
    if (status.code == GD_OK)
        return print(prune, progress, err);
    struct gd_error second = {0}; /* what became of each is told all the same; the first counts */
    (void)print(prune, progress, &second).code;
    return status;
}

static struct gd_status run(struct prune *prune, struct gd_progress *progress, struct gd_error *err)
{
    const struct gd_config *config = prune->config;
    gd_auto_store store = NULL;
    gd_auto_key key = NULL;
    GD_TRY(gd_pruning_window(config, prune->arena, &prune->times.keep_us, err));
    GD_TRY(gd_cli_store_to_read(config, prune->arena, prune->events, &store, err));
    if (*config->forget != '\0') {
        GD_TRY(gd_cli_cluster(config, false, prune->arena, prune->events, &prune->cluster, err));
        return gd_forgetting(config, store, prune->cluster, prune->times.keep_us,
                             is_applied(config), progress, prune->arena, err);
    }
    if (prune->times.keep_us > 0)
        GD_TRY(gd_cli_key(config, prune->arena, prune->events, &key, err));
    prune->store = store;
    prune->times.store = store;
    prune->times.key = key;
    prune->times.events = prune->events;
    prune->times.arena = prune->arena;
    prune->times.now_us = gd_clock_now_us();
    prune->times.drop_damaged = config->drop_damaged;
    prune->times.apply = is_applied(config);
    GD_TRY(gd_cli_cluster(config, true, prune->arena, prune->events, &prune->cluster, err));
    if (config->hold.count + config->release.count > 0)
        return hold_and_release(prune, progress, err);
    return prune_all(prune, progress, err);
}

int gd_cmd_prune(const struct gd_config *config, int argc, char **argv)
{
    (void)argv;
    gd_auto_arena arena = gd_arena_new();
    gd_auto_progress progress = gd_progress_new(config);
    struct gd_error err = {0};
    struct prune prune = {.config = config, .arena = arena, .events = gd_progress_events(progress)};
    struct gd_status status =
        argc == 0 ? run(&prune, progress, &err)
                  : gd_hint(&err, gd_fail(&err, GD_USAGE, "prune takes no operands"),
                            "Rules say what stays; --hold ID keeps one whatever they say.");
    gd_progress_end(progress, status);
    if (status.code == GD_OK)
        return gd_cli_end(0);
    bool began = argc == 0 && is_applied(config) && prune.count + prune.times.count > 0;
    return gd_cli_fail_with(&err, began ? "No database was changed." : NULL);
}
