/*
 * guardian recover: a server as it was at one point in time.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "guardian/base/clock.h"
#include "guardian/cli/clusters.h"
#include "guardian/cli/cmd.h"
#include "guardian/cli/ending.h"
#include "guardian/cli/keys.h"
#include "guardian/cli/progress.h"
#include "guardian/cli/recovering.h"
#include "guardian/cli/report_recover.h"
#include "guardian/cli/stores.h"
#include "guardian/restore/lay.h"

GD_MUST static struct gd_status check_request(const struct gd_config *config, int argc,
                                              struct gd_error *err)
{
    if (argc > 1 || (argc == 0 && !config->preview))
        return gd_hint(err,
                       gd_fail(err, GD_USAGE,
                               argc == 0 ? "recover needs a folder" : "recover takes one folder"),
                       "It becomes the data directory, and must be empty. --preview needs none.");
    return GD_DONE;
}

/* Of a folder that may not be there yet. */
GD_MUST static struct gd_status absolute_folder(const char *path, struct gd_arena *arena,
                                                const char **out_folder, struct gd_error *err)
{
    char *real = realpath(path, NULL), *here = NULL;
    size_t length = strlen(path);
    if (real == NULL && *path != '/')
        here = getcwd(NULL, 0);
    while (length > 1 && path[length - 1] == '/')
        length--;
    *out_folder = real != NULL   ? gd_arena_strdup(arena, real)
                  : here != NULL ? gd_arena_printf(arena, "%s/%.*s", here, (int)length, path)
                                 : gd_arena_strndup(arena, path, length);
    free(real);
    free(here);
    if ((*out_folder)[0] != '/' || strcmp(*out_folder, "/") == 0)
        return gd_fail(err, GD_USAGE, "\"%s\" cannot be a data directory", path);
    return GD_DONE;
}

GD_MUST static struct gd_status print(const struct gd_config *config,
                                      const struct gd_recover_plan *plan,
                                      const struct gd_target *target,
                                      const struct gd_recovered *recovered,
                                      struct gd_progress *progress, struct gd_arena *arena,
                                      struct gd_error *err)
{
    if (config->json) {
        struct gd_json *json = gd_report_recover_json(plan, target, recovered, arena);
        gd_json_put(json, "warnings", gd_progress_warnings(progress));
        struct gd_status status = gd_json_write(json, stdout, 2, err);
        gd_json_free(json);
        return status;
    }
    struct gd_screen screen =
        gd_screen_of(stdout, gd_config_use_color(config, STDOUT_FILENO), config->verbose);
    if (recovered == NULL)
        gd_report_recover_plan(plan, target, &screen, arena);
    else
        gd_report_recovered(plan, recovered, &screen, arena);
    return GD_DONE;
}

GD_MUST static struct gd_status recover(const struct gd_config *config, const char *folder,
                                        struct gd_progress *progress, struct gd_arena *arena,
                                        struct gd_error *err)
{
    const struct gd_events *events = gd_progress_events(progress);
    gd_auto_store store = NULL;
    gd_auto_key key = NULL;
    struct gd_recover_options options;
    struct gd_recover_plan plan;
    struct gd_recovered recovered;
    struct gd_target target;
    GD_TRY(gd_cli_target(config, arena, &target, err));
    GD_TRY(gd_cli_store_to_read(config, arena, events, &store, err));
    GD_TRY(gd_cli_key(config, arena, events, &key, err));
    GD_TRY(gd_cli_recover_options(config, store, key, arena, events, &options, err));
    options.target = target;
    if (options.place.system_identifier == 0)
        GD_TRY(gd_cli_system(config, store, "--system names one", arena, events,
                             &options.place.system_identifier, err));
    GD_TRY(gd_recover_plan(&options, arena, &plan, err));
    if (config->preview) {
        gd_progress_end(progress, GD_DONE);
        return print(config, &plan, &target, NULL, progress, arena, err);
    }
    for (size_t i = 0; i < plan.note_count; i++)
        gd_tell_note(events, "%s", plan.notes[i]);
    GD_TRY(absolute_folder(folder, arena, &options.folder, err));
    options.delta = config->delta;
    options.leave_running = config->keep_running;
    options.tablespaces = (const char *const *)config->map_tablespace.items;
    options.tablespace_count = config->map_tablespace.count;
    GD_TRY(gd_recover_run(&options, &plan, arena, &recovered, err));
    gd_progress_end(progress, GD_DONE);
    return print(config, &plan, &target, &recovered, progress, arena, err);
}

/* Only what was begun needs a word. */
static const char *ending_of(const char *folder, struct gd_arena *arena)
{
    const char *mark = gd_arena_printf(arena, "%s/" GD_LAY_MARK, folder);
    return access(mark, F_OK) == 0 ? "What was laid down is no data directory to be used: --delta "
                                     "goes on with it, or remove it."
                                   : NULL;
}

int gd_cmd_recover(const struct gd_config *config, int argc, char **argv)
{
    gd_auto_arena arena = gd_arena_new();
    struct gd_error err = {0};
    struct gd_status status = check_request(config, argc, &err);
    if (status.code == GD_OK) {
        gd_auto_progress progress = gd_progress_new(config);
        status = recover(config, argc == 0 ? "" : argv[0], progress, arena, &err);
        gd_progress_end(progress, status);
    }
    if (status.code == GD_OK)
        return gd_cli_end(0);
    return gd_cli_fail_with(&err, argc == 0 ? NULL : ending_of(argv[0], arena));
}
