/*
 * guardian wal push PATH: archive_command.
 *
 * The server reads the status alone: 0 lets it recycle the file. All failures are below 126, so
 * that it repeats the command and counts them in pg_stat_archiver.
 */
#include <stdio.h>

#include "guardian/cli/ending.h"
#include "guardian/cli/progress.h"
#include "guardian/cli/wal.h"
#include "guardian/io/json.h"

GD_MUST static struct gd_status push(const struct gd_config *config, const struct gd_events *events,
                                     const char *path, struct gd_wal_put *out_put,
                                     struct gd_error *err)
{
    gd_auto_arena arena = gd_arena_new();
    gd_auto_wal_place open = {0};
    struct gd_wal_name name;
    GD_TRY(gd_cli_wal_name(path, &name, err));
    GD_TRY(gd_cli_wal_open(config, true, arena, events, &open, err));
    return gd_wal_put(&open.place, &name, path, out_put, err);
}

GD_MUST static struct gd_status tell(const struct gd_config *config, const struct gd_wal_put *put,
                                     const char *path, struct gd_error *err)
{
    if (!config->json)
        return GD_DONE;
    struct gd_json *answer = gd_json_object();
    gd_json_put(answer, "path", gd_json_new_text(path));
    gd_json_put(answer, "bytes", gd_json_new_int((int64_t)put->bytes));
    gd_json_put(answer, "there_before", gd_json_new_bool(put->there_before));
    struct gd_status status = gd_json_write(answer, stdout, 2, err);
    gd_json_free(answer);
    return status;
}

int gd_cli_wal_push(const struct gd_config *config, int argc, char **argv)
{
    (void)argc;
    gd_auto_progress progress = gd_progress_new(config);
    struct gd_error err = {0};
    struct gd_wal_put put;
    struct gd_status status = push(config, gd_progress_events(progress), argv[0], &put, &err);
    gd_progress_end(progress, status);
    if (status.code == GD_OK)
        status = tell(config, &put, argv[0], &err);
    return status.code == GD_OK ? gd_cli_end(0) : gd_cli_fail(&err);
}
