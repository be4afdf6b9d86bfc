/*
 * guardian export ID --to FILE|-: a snapshot as one archive.
 *
 * A file is read back from the disk before anybody is told that it is there.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "guardian/base/clock.h"
#include "guardian/cli/cmd.h"
#include "guardian/cli/ending.h"
#include "guardian/cli/portable.h"
#include "guardian/cli/progress.h"
#include "guardian/cli/shelves.h"
#include "guardian/cli/stores.h"
#include "guardian/io/digest.h"
#include "guardian/io/file.h"

static bool is_stdout(const char *path)
{
    return strcmp(path, "-") == 0;
}

static struct gd_status open_target(const char *path, struct gd_sink **out_sink,
                                    struct gd_error *err)
{
    struct gd_sink *sink = NULL;
    if (is_stdout(path))
        sink = gd_fd_sink_new(STDOUT_FILENO, "standard output");
    else
        GD_TRY(gd_file_sink_new(path, GD_FILE_NEW, &sink, err));
    *out_sink = gd_tally_sink_new(sink);
    return GD_DONE;
}

static struct gd_status read_back(const char *path, const char *sha256, struct gd_error *err)
{
    char now[GD_DIGEST_HEX_SIZE];
    gd_auto_source source = NULL;
    gd_auto_sink nowhere = gd_null_sink_new();
    GD_TRY(gd_file_source_new(path, 0, 0, &source, err));
    source = gd_tally_source_new(GD_MOVE(source));
    GD_TRY(gd_pump(source, nowhere, NULL, err));
    gd_tally_source_sha256(source, now);
    if (strcmp(now, sha256) != 0)
        return gd_fail(err, GD_CORRUPT, "\"%s\" was read back and is not what was written", path);
    return GD_DONE;
}

/* Nobody's policy refused it: the wrong file was named. */
static struct gd_status explain(struct gd_status status, const char *path, struct gd_error *err)
{
    if (status.code != GD_REFUSED)
        return status;
    return gd_hint(err, gd_fail(err, GD_USAGE, "\"%s\" is there already", path),
                   "Choose another name, or remove it.");
}

static struct gd_status export(const struct gd_config *config, const char *text,
                               const struct gd_events *events, struct gd_arena *arena,
                               struct gd_portable_answer *answer, struct gd_error *err)
{
    gd_auto_store store = NULL;
    gd_auto_sink sink = NULL;
    struct gd_manifest *manifest = NULL;
    const char *cluster = NULL, *id = NULL;
    char manifest_sha256[GD_DIGEST_HEX_SIZE];
    GD_TRY(gd_cli_store_to_read(config, arena, events, &store, err));
    GD_TRY(gd_cli_snapshot(config, store, text, GD_SNAPSHOT_SCHEMA, arena, events, &cluster, &id,
                           err));
    GD_TRY(gd_manifest_load(store, cluster, id, arena, &manifest, manifest_sha256, err));
    GD_TRY(open_target(config->to, &sink, err));
    GD_TRY(explain(
        gd_snapshot_export(store, manifest, manifest_sha256, sink, events, &answer->portable, err),
        config->to, err));
    answer->path = config->to;
    gd_tally_sink_sha256(sink, answer->sha256);
    if (is_stdout(config->to))
        return GD_DONE;
    gd_tell_stage(events, "reading back", 0);
    return read_back(config->to, answer->sha256, err);
}

static struct gd_status check_request(const struct gd_config *config, int argc,
                                      struct gd_error *err)
{
    if (argc != 1)
        return gd_hint(err, gd_fail(err, GD_USAGE, "export takes one snapshot"),
                       "\"guardian list\" shows their ids.");
    if (config->to[0] == '\0')
        return gd_hint(err, gd_fail(err, GD_USAGE, "it is not said where to export it to"),
                       "Add --to FILE, or --to - for standard output.");
    if (is_stdout(config->to) && config->json)
        return gd_fail(err, GD_USAGE, "--json and --to - would share standard output");
    if (is_stdout(config->to) && isatty(STDOUT_FILENO) == 1)
        return gd_fail(err, GD_USAGE, "an archive is nothing for a terminal");
    return GD_DONE;
}

int gd_cmd_export(const struct gd_config *config, int argc, char **argv)
{
    gd_auto_arena arena = gd_arena_new();
    gd_auto_progress progress = gd_progress_new(config);
    struct gd_error err = {0};
    struct gd_portable_answer answer = {.verb = "exported", .begun_us = gd_clock_monotonic_us()};
    struct gd_status status = check_request(config, argc, &err);
    if (status.code == GD_OK)
        status = export(config, argv[0], gd_progress_events(progress), arena, &answer, &err);
    gd_progress_end(progress, status);
    if (status.code == GD_OK)
        status = gd_portable_answer(config, &answer, progress, arena, &err);
    return status.code == GD_OK ? gd_cli_end(0) : gd_cli_fail(&err);
}
