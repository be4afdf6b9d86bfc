/*
 * guardian doctor: could this database be protected from here, and what stands in the way?
 *
 * The exit status is 0 when it could, and 4, that of a backup that failed, when it could not.
 */
#include <stdio.h>
#include <unistd.h>

#include "guardian/cli/cmd.h"
#include "guardian/cli/ending.h"
#include "guardian/cli/keys.h"
#include "guardian/cli/progress.h"
#include "guardian/cli/report_doctor.h"
#include "guardian/cli/stores.h"
#include "guardian/config/config.h"
#include "guardian/prove/doctor.h"

static struct gd_status examine(const struct gd_config *config, struct gd_progress *progress,
                                struct gd_arena *arena, struct gd_diagnosis *out_diagnosis,
                                struct gd_error *err)
{
    const struct gd_events *events = gd_progress_events(progress);
    struct gd_database_choice database = gd_config_database(config, true);
    struct gd_pg_options pg = {
        .target = database.uri == NULL || database.uri[0] == '\0' ? NULL : database.uri,
        .lock_ms = (uint32_t)config->lock_timeout_ms};
    gd_auto_store store = NULL;
    gd_auto_key key = NULL;
    GD_TRY(gd_cli_store(config, arena, events, &store, err));
    GD_TRY(gd_cli_key(config, arena, events, &key, err));
    struct gd_doctor_options options = {.pg = database.uri == NULL ? NULL : &pg,
                                        .store = store,
                                        .key = key,
                                        .pg_dump =
                                            config->pg_dump[0] == '\0' ? NULL : config->pg_dump,
                                        .pg_bin = config->pg_bin[0] == '\0' ? NULL : config->pg_bin,
                                        .workers = (unsigned)config->workers,
                                        .events = events};
    gd_doctor_run(&options, arena, out_diagnosis);
    return GD_DONE;
}

static struct gd_status show(const struct gd_config *config, const struct gd_diagnosis *diagnosis,
                             struct gd_progress *progress, struct gd_error *err)
{
    struct gd_screen screen =
        gd_screen_of(stdout, gd_config_use_color(config, STDOUT_FILENO), config->verbose);
    if (config->json)
        return gd_report_doctor_json(diagnosis, gd_progress_warnings(progress), stdout, err);
    gd_report_doctor_text(diagnosis, &screen);
    return GD_DONE;
}

int gd_cmd_doctor(const struct gd_config *config, int argc, char **argv)
{
    gd_auto_arena arena = gd_arena_new();
    struct gd_error err = {0};
    struct gd_diagnosis diagnosis = {0};
    if (argc > 0) {
        (void)gd_hint(&err, gd_fail(&err, GD_USAGE, "doctor takes no operand, as \"%s\"", argv[0]),
                      "Name the database with --db and the store with --store.")
            .code;
        return gd_cli_fail(&err);
    }
    gd_auto_progress progress = gd_progress_new(config);
    struct gd_status status = examine(config, progress, arena, &diagnosis, &err);
    gd_progress_end(progress, status);
    if (status.code == GD_OK)
        status = show(config, &diagnosis, progress, &err);
    if (status.code != GD_OK)
        return gd_cli_fail(&err);
    return gd_cli_end(diagnosis.problems == 0 ? 0 : gd_exit_status(GD_UNPROTECTED));
}
