/* guardian import FILE|-: an exported snapshot into a store. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "guardian/base/clock.h"
#include "guardian/cli/cmd.h"
#include "guardian/cli/ending.h"
#include "guardian/cli/portable.h"
#include "guardian/cli/progress.h"
#include "guardian/cli/stores.h"
#include "guardian/io/file.h"

/* A file that is not there is a wrong name, and nothing that was stored went bad. */
static struct gd_status open_archive(const char *path, struct gd_source **out_source,
                                     struct gd_error *err)
{
    if (strcmp(path, "-") == 0) {
        *out_source = gd_fd_source_new(STDIN_FILENO, "standard input");
        return GD_DONE;
    }
    struct gd_status status = gd_file_source_new(path, 0, 0, out_source, err);
    if (status.code != GD_CORRUPT)
        return status;
    err->code = GD_USAGE;
    return (struct gd_status){GD_USAGE};
}

/* What the archive brought so far is no snapshot, and needs no care. */
static const char left_behind[] =
    "The store has no new snapshot. What was written already is used when import is run again, and "
    "goes with guardian prune.";

static struct gd_status import(const struct gd_config *config, const char *path,
                               const struct gd_events *events, struct gd_arena *arena,
                               struct gd_portable_answer *answer, struct gd_error *err)
{
    gd_auto_store store = NULL;
    gd_auto_source source = NULL;
    GD_TRY(open_archive(path, &source, err));
    GD_TRY(gd_cli_store(config, arena, events, &store, err));
    answer->path = path;
    return gd_snapshot_import(store, GD_MOVE(source), events, arena, &answer->portable, err);
}

int gd_cmd_import(const struct gd_config *config, int argc, char **argv)
{
    gd_auto_arena arena = gd_arena_new();
    gd_auto_progress progress = gd_progress_new(config);
    struct gd_error err = {0};
    struct gd_status status;
    struct gd_portable_answer answer = {.verb = "imported", .begun_us = gd_clock_monotonic_us()};
    if (argc != 1)
        status =
            gd_hint(&err, gd_fail(&err, GD_USAGE, "import takes one file"), "- is standard input.");
    else
        status = import(config, argv[0], gd_progress_events(progress), arena, &answer, &err);
    gd_progress_end(progress, status);
    if (status.code == GD_OK)
        status = gd_portable_answer(config, &answer, progress, arena, &err);
    if (status.code == GD_OK)
        return gd_cli_end(0);
    return gd_cli_fail_with(&err, answer.portable.begun ? left_behind : NULL);
}
