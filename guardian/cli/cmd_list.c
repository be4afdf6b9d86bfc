/*
 * guardian list: which snapshots there are, which of them are proven, and which changes were made.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "guardian/cli/cmd.h"
#include "guardian/cli/ending.h"
#include "guardian/cli/progress.h"
#include "guardian/cli/report_left.h"
#include "guardian/cli/report_shelf.h"
#include "guardian/cli/report_timeline.h"
#include "guardian/cli/shelves.h"
#include "guardian/cli/stores.h"

enum { CHANGES_MOST = 30 };

/* The servers whose WAL or base backups lie there. */
struct times {
    struct gd_coverage_view *views;
    size_t count;
};

/* Of one server, or of all. What cannot be read is told, and does not hide the snapshots. */
static struct gd_status look_at_times(struct gd_store *store, const char *cluster,
                                      const struct gd_events *events, struct gd_arena *arena,
                                      struct times *out_times, struct gd_error *err)
{
    uint64_t *identifiers = NULL, wanted = cluster == NULL ? 0 : strtoull(cluster, NULL, 10);
    size_t count = 0;
    GD_TRY(gd_base_systems(store, arena, &identifiers, &count, err));
    out_times->views = gd_arena_zalloc(arena, count + 1, sizeof *out_times->views);
    for (size_t i = 0; i < count; i++) {
        struct gd_wal_place place = {.store = store, .system_identifier = identifiers[i]};
        struct gd_coverage *coverage = NULL;
        struct gd_error why = {0};
        if (wanted != 0 && identifiers[i] != wanted)
            continue;
        struct gd_status status = gd_coverage_read(&place, arena, &coverage, &why);
        if (status.code == GD_OK) {
            out_times->views[out_times->count++] = (struct gd_coverage_view){
                .store = gd_store_url(store), .coverage = coverage, .now_us = gd_clock_now_us()};
            continue;
        }
        if (status.code == GD_SYSTEM) {
            *err = why;
            return status;
        }
        gd_tell_warning(events, why.hint, "what can be recovered cannot be told: %s", why.text);
    }
    return GD_DONE;
}

static struct gd_status print(const struct gd_config *config, const struct gd_shelf_view *view,
                              const struct times *times, struct gd_progress *progress,
                              struct gd_arena *arena, struct gd_error *err)
{
    if (!config->json) {
        struct gd_screen screen =
            gd_screen_of(stdout, gd_config_use_color(config, STDOUT_FILENO), config->verbose);
        gd_report_list(view, &screen, arena);
        for (size_t i = 0; i < times->count; i++) {
            gd_screen_end_line(&screen);
            gd_report_timeline(&times->views[i], view, &screen, arena);
        }
        return GD_DONE;
    }
    struct gd_json *document = gd_report_list_json(view), *list = gd_json_list();
    for (size_t i = 0; i < times->count; i++)
        gd_json_push(list, gd_report_coverage_json(&times->views[i]));
    gd_json_put(document, "points_in_time", list);
    gd_json_put(document, "warnings", gd_progress_warnings(progress));
    struct gd_status status = gd_json_write(document, stdout, 1, err);
    gd_json_free(document);
    return status;
}

static struct gd_status list(const struct gd_config *config, struct gd_progress *progress,
                             struct gd_arena *arena, struct gd_error *err)
{
    const struct gd_events *events = gd_progress_events(progress);
    gd_auto_store store = NULL;
    struct gd_shelf_view view = {.now_us = gd_clock_now_us()};
    struct gd_shelved *items = NULL;
    GD_TRY(gd_cli_store_to_read(config, arena, events, &store, err));
    GD_TRY(gd_cli_cluster(config, false, arena, events, &view.cluster, err));
    GD_TRY(gd_shelf_read(store, view.cluster, arena, &items, &view.count, err));
    if (view.cluster != NULL)
        GD_TRY(gd_shelf_others(store, view.cluster, arena, &view.others, err));
    GD_TRY(gd_story_list(store, view.cluster, config->json || config->verbose ? 0 : CHANGES_MOST,
                         arena, &view.changes, err));
    if (view.changes.problem != NULL)
        gd_tell_warning(events, "It is only a cache: remove it, and nothing is lost.", "%s",
                        view.changes.problem);
    struct times times = {0};
    GD_TRY(look_at_times(store, view.cluster, events, arena, &times, err));
    for (size_t i = 0; i < times.count; i++)
        gd_report_left_changes(times.views[i].coverage, &view.changes, arena);
    view.store = gd_store_url(store);
    view.items = items;
    gd_progress_end(progress, GD_DONE);
    return print(config, &view, &times, progress, arena, err);
}

int gd_cmd_list(const struct gd_config *config, int argc, char **argv)
{
    (void)argc;
    (void)argv;
    gd_auto_arena arena = gd_arena_new();
    gd_auto_progress progress = gd_progress_new(config);
    struct gd_error err = {0};
    struct gd_status status = list(config, progress, arena, &err);
    gd_progress_end(progress, status);
    return status.code == GD_OK ? gd_cli_end(0) : gd_cli_fail(&err);
}
