/*
 * guardian list: which snapshots there are, which of them are proven, and which changes were made.
 */
#include <stdio.h>
#include <unistd.h>

#include "guardian/cli/cmd.h"
#include "guardian/cli/ending.h"
#include "guardian/cli/progress.h"
#include "guardian/cli/report_shelf.h"
#include "guardian/cli/shelves.h"
#include "guardian/cli/stores.h"

enum { CHANGES_MOST = 30 };

static struct gd_status print(const struct gd_config *config, const struct gd_shelf_view *view,
                              struct gd_progress *progress, struct gd_arena *arena,
                              struct gd_error *err)
{
    if (!config->json) {
        struct gd_screen screen =
            gd_screen_of(stdout, gd_config_use_color(config, STDOUT_FILENO), config->verbose);
        gd_report_list(view, &screen, arena);
        return GD_DONE;
    }
    struct gd_json *document = gd_report_list_json(view);
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
    view.store = gd_store_url(store);
    view.items = items;
    gd_progress_end(progress, GD_DONE);
    return print(config, &view, progress, arena, err);
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
