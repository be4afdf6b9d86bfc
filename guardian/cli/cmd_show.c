/*
 * guardian show: what one snapshot holds, what was proven of it, and how to get it back; or what
 * became of one change.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "guardian/cli/cmd.h"
#include "guardian/cli/ending.h"
#include "guardian/cli/progress.h"
#include "guardian/cli/report_outcome.h"
#include "guardian/cli/report_show.h"
#include "guardian/cli/shelves.h"
#include "guardian/cli/show_base.h"
#include "guardian/cli/stores.h"
#include "guardian/snapshot/base.h"
#include "guardian/wal/mark.h"

enum { PROOF_BYTES_MAX = 64 * 1024 * 1024 };

/* ---- what there is ---- */

struct records {
    struct gd_json *list;
    struct gd_store *store;
};

/* The record as it stands; one that is no JSON is not a proof of anything. */
static struct gd_status add_record(void *context, const struct gd_store_entry *entry,
                                   struct gd_error *err)
{
    struct records *records = context;
    struct gd_json *record = NULL;
    char *text = NULL;
    size_t size = strlen(entry->key);
    if (size < 5 || strcmp(entry->key + size - 5, ".json") != 0)
        return GD_DONE;
    GD_TRY(gd_store_get_bytes(records->store, entry->key, PROOF_BYTES_MAX, &text, &size, err));
    struct gd_error ignored = {0};
    if (gd_json_parse(text, size, &record, &ignored).code == GD_OK)
        gd_json_push(records->list, record);
    free(text);
    return GD_DONE;
}

static struct gd_status read_records(struct gd_store *store, const struct gd_manifest *manifest,
                                     struct gd_arena *arena, struct gd_json **out_list,
                                     struct gd_error *err)
{
    struct records records = {gd_json_list(), store};
    const char *prefix =
        gd_arena_printf(arena, "v1/%s/proofs/%s/", manifest->cluster, manifest->id);
    struct gd_status status = gd_store_list(store, prefix, add_record, &records, err);
    if (status.code != GD_OK)
        gd_json_free(records.list);
    else
        *out_list = records.list;
    return status;
}

static struct gd_status read_state(struct gd_store *store, struct gd_show_view *view,
                                   struct gd_arena *arena, struct gd_error *err)
{
    const struct gd_manifest *manifest = view->manifest;
    const struct gd_proof *proof = NULL;
    const char *hold = gd_arena_printf(arena, "v1/%s/holds/%s", manifest->cluster, manifest->id);
    struct gd_error why = {0};
    GD_TRY(gd_store_head(store, hold, &view->held, NULL, err));
    GD_TRY(gd_proof_find(store, manifest->cluster, manifest->id, view->manifest_sha256, arena,
                         &proof, err));
    if (proof != NULL) {
        view->proof = gd_proof_kind(proof);
        view->proven_us = gd_proof_time_us(proof);
    } else {
        bool damaged = false;
        GD_TRY(gd_proof_withdrawn(store, manifest->cluster, manifest->id, &damaged, err));
        view->problem = damaged ? gd_found_damaged : NULL;
    }
    struct gd_status status = gd_manifest_look(store, manifest, &why);
    if (status.code == GD_CORRUPT)
        view->problem = gd_arena_strdup(arena, why.text);
    else if (status.code != GD_OK)
        *err = why;
    return status.code == GD_CORRUPT ? GD_DONE : status;
}

/* ---- the answer ---- */

static struct gd_status print(const struct gd_config *config, struct gd_store *store,
                              const struct gd_show_view *view, struct gd_progress *progress,
                              struct gd_arena *arena, struct gd_error *err)
{
    if (!config->json) {
        struct gd_screen screen =
            gd_screen_of(stdout, gd_config_use_color(config, STDOUT_FILENO), config->verbose);
        gd_report_show(view, &screen, arena);
        return GD_DONE;
    }
    struct gd_json *records = NULL, *document = NULL;
    GD_TRY(read_records(store, view->manifest, arena, &records, err));
    struct gd_status status = gd_report_show_json(view, records, &document, err);
    if (status.code != GD_OK)
        return status;
    gd_json_put(document, "warnings", gd_progress_warnings(progress));
    status = gd_json_write(document, stdout, 1, err);
    gd_json_free(document);
    return status;
}

static struct gd_status show_snapshot(const struct gd_config *config, struct gd_store *store,
                                      const char *id, struct gd_progress *progress,
                                      struct gd_arena *arena, struct gd_error *err)
{
    const char *cluster = NULL;
    struct gd_manifest *manifest = NULL;
    struct gd_show_view view = {.now_us = gd_clock_now_us()};
    GD_TRY(gd_cli_snapshot(config, store, id, GD_SNAPSHOT_SCHEMA, arena,
                           gd_progress_events(progress), &cluster, &id, err));
    GD_TRY(gd_manifest_load(store, cluster, id, arena, &manifest, view.manifest_sha256, err));
    view.manifest = manifest;
    view.store = gd_store_url(store);
    GD_TRY(read_state(store, &view, arena, err));
    gd_progress_end(progress, GD_DONE);
    return print(config, store, &view, progress, arena, err);
}

/* ---- a change ---- */

/* A point in time may be gone by now: prune keeps what its window keeps. */
static struct gd_status look_at_points(struct gd_store *store, const char *cluster,
                                       const struct gd_story *story, const struct gd_events *events,
                                       struct gd_arena *arena, struct gd_error *err)
{
    uint64_t system = strtoull(cluster, NULL, 10);
    for (size_t i = 0; i < story->point_count; i++) {
        const struct gd_story_point *point = &story->points[i];
        bool mark = false, base = false;
        GD_TRY(gd_store_head(store, gd_wal_mark_key(system, point->mark, arena), &mark, NULL, err));
        GD_TRY(gd_store_head(store, gd_base_key(system, point->base, "manifest.json", arena), &base,
                             NULL, err));
        if (!mark || !base)
            gd_tell_warning(events,
                            "What a rollback has taken out of it before is in the store as a "
                            "snapshot: guardian list tells.",
                            "point in time %s cannot be recovered any more: %s is gone from the "
                            "store",
                            point->name,
                            mark ? gd_arena_printf(arena, "base backup %s", point->base)
                                 : "its restore point");
    }
    return GD_DONE;
}

static struct gd_status show_change(const struct gd_config *config, struct gd_store *store,
                                    const char *cluster, const char *change,
                                    struct gd_progress *progress, struct gd_arena *arena,
                                    struct gd_error *err)
{
    struct gd_story *story = NULL;
    GD_TRY(gd_story_read(store, cluster, change, arena, &story, err));
    GD_TRY(look_at_points(store, cluster, story, gd_progress_events(progress), arena, err));
    const struct gd_outcome *outcome = gd_outcome_of_story(story, arena);
    gd_progress_end(progress, GD_DONE);
    if (!config->json) {
        struct gd_screen screen =
            gd_screen_of(stdout, gd_config_use_color(config, STDOUT_FILENO), config->verbose);
        gd_report_outcome_text(outcome, &screen, arena);
        return GD_DONE;
    }
    struct gd_json *document = gd_report_outcome_json(outcome, gd_progress_warnings(progress));
    struct gd_status status = gd_json_write(document, stdout, 1, err);
    gd_json_free(document);
    return status;
}

/* Which of the two is meant: ids of both look alike, and none is used twice. What is no change is
 * looked for among the snapshots, and the answer is theirs. */
static struct gd_status find_change(const struct gd_config *config, struct gd_store *store,
                                    const char *text, struct gd_progress *progress,
                                    struct gd_arena *arena, const char **out_cluster,
                                    const char **out_change, struct gd_error *err)
{
    struct gd_error none = {0};
    bool last = strcmp(text, "last") == 0;
    const char *cluster = NULL;
    *out_change = NULL;
    if (last)
        GD_TRY(gd_cli_cluster(config, false, arena, gd_progress_events(progress), &cluster, err));
    struct gd_status status =
        gd_journal_resolve(store, cluster, text, arena, out_cluster, out_change, &none);
    if (status.code == GD_OK || (status.code == GD_USAGE && !last))
        return GD_DONE;
    *err = none;
    return status;
}

static struct gd_status show(const struct gd_config *config, const char *id,
                             struct gd_progress *progress, struct gd_arena *arena,
                             struct gd_error *err)
{
    gd_auto_store store = NULL;
    const char *cluster = NULL, *change = NULL;
    GD_TRY(gd_cli_store_to_read(config, arena, gd_progress_events(progress), &store, err));
    GD_TRY(find_change(config, store, id, progress, arena, &cluster, &change, err));
    if (change != NULL)
        return show_change(config, store, cluster, change, progress, arena, err);
    uint64_t base = 0;
    GD_TRY(gd_cli_find_base(store, id, arena, &base, &id, err));
    return base == 0 ? show_snapshot(config, store, id, progress, arena, err)
                     : gd_cli_show_base(config, store, base, id, progress, arena, err);
}

GD_MUST static struct gd_status check_request(const struct gd_config *config, int argc,
                                              struct gd_error *err)
{
    if (argc + (config->last ? 1 : 0) == 1)
        return GD_DONE;
    return gd_hint(err, gd_fail(err, GD_USAGE, "show takes the id of one snapshot or change"),
                   "\"guardian list\" shows them; \"latest\" is the newest proven snapshot, "
                   "--last the last change.");
}

int gd_cmd_show(const struct gd_config *config, int argc, char **argv)
{
    gd_auto_arena arena = gd_arena_new();
    gd_auto_progress progress = gd_progress_new(config);
    struct gd_error err = {0};
    struct gd_status status = check_request(config, argc, &err);
    if (status.code == GD_OK)
        status = show(config, config->last ? "last" : argv[0], progress, arena, &err);
    gd_progress_end(progress, status);
    return status.code == GD_OK ? gd_cli_end(0) : gd_cli_fail(&err);
}
