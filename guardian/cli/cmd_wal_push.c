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
#include "guardian/io/detach.h"
#include "guardian/io/json.h"
#include "guardian/wal/ahead.h"

enum { WAIT_MORE_MS = 2000 };

struct push {
    const struct gd_config *config;
    const struct gd_events *events;
    const char *path;
    struct gd_wal_name name;
    struct gd_wal_put done;
};

GD_MUST static struct gd_status put_alone(struct push *push, struct gd_error *err)
{
    gd_auto_arena arena = gd_arena_new();
    gd_auto_wal_place open = {0};
    GD_TRY(gd_cli_wal_open(push->config, true, arena, push->events, &open, err));
    return gd_wal_put(&open.place, &push->name, push->path, &push->done, err);
}

/* ---- in the background ---- */

struct background {
    const struct gd_config *config;
    struct gd_wal_ahead ahead;
};

/* Nobody reads what it says: notes tell what it met, and who finds none puts the file himself. */
static int work(int keep, void *context)
{
    struct background *background = context;
    gd_auto_arena arena = gd_arena_new();
    gd_auto_wal_place open = {0};
    struct gd_error err = {0};
    (void)keep;
    struct gd_status status = gd_cli_wal_open(background->config, true, arena, NULL, &open, &err);
    if (status.code == GD_OK)
        status = gd_wal_ahead_work(&background->ahead, &open.place,
                                   gd_cli_wal_workers(background->config), &err);
    return gd_exit_status(status.code);
}

static struct gd_status start(void *context, int lock, struct gd_error *err)
{
    return gd_detach(lock, work, context, err);
}

GD_MUST static struct gd_status prepare(struct push *push, struct background *background,
                                        struct gd_arena *arena, struct gd_error *err)
{
    const struct gd_config *config = push->config;
    struct gd_wal_ahead *ahead = &background->ahead;
    background->config = config;
    *ahead = (struct gd_wal_ahead){
        .data_directory = config->data_directory,
        .wait_ms = (uint32_t)config->store_retry_ms + WAIT_MORE_MS,
        .start = start,
        .context = background,
    };
    GD_TRY(gd_wal_cluster_of(config->data_directory, &ahead->system_identifier, err));
    return gd_cli_wal_spool(config, ahead->system_identifier, "push", arena, &ahead->spool, err);
}

GD_MUST static struct gd_status put_ahead(struct push *push, bool *out_alone, struct gd_error *err)
{
    gd_auto_arena arena = gd_arena_new();
    struct background background;
    struct gd_error unable = {0};
    *out_alone = true;
    struct gd_status status = prepare(push, &background, arena, &unable);
    if (status.code != GD_OK)
        gd_tell_warning(push->events,
                        "Files are archived one after the other until this is mended.", "%s",
                        unable.text);
    else if (gd_wal_ahead_knows(&background.ahead, &push->name, push->path))
        return gd_wal_ahead_ask(&background.ahead, &push->name, push->path, out_alone, &push->done,
                                err);
    return GD_DONE;
}

/* ---- the command ---- */

GD_MUST static struct gd_status run(struct push *push, struct gd_error *err)
{
    bool alone = true;
    GD_TRY(gd_cli_wal_name(push->path, &push->name, err));
    if (push->config->async)
        GD_TRY(put_ahead(push, &alone, err));
    return alone ? put_alone(push, err) : GD_DONE;
}

GD_MUST static struct gd_status tell(const struct push *push, struct gd_error *err)
{
    if (!push->config->json)
        return GD_DONE;
    struct gd_json *answer = gd_json_object();
    gd_json_put(answer, "path", gd_json_new_text(push->path));
    gd_json_put(answer, "bytes", gd_json_new_int((int64_t)push->done.bytes));
    gd_json_put(answer, "there_before", gd_json_new_bool(push->done.there_before));
    struct gd_status status = gd_json_write(answer, stdout, 2, err);
    gd_json_free(answer);
    return status;
}

int gd_cli_wal_push(const struct gd_config *config, int argc, char **argv)
{
    (void)argc;
    gd_auto_progress progress = gd_progress_new(config);
    struct gd_error err = {0};
    struct push push = {.config = config, .events = gd_progress_events(progress), .path = argv[0]};
    struct gd_status status = run(&push, &err);
    gd_progress_end(progress, status);
    if (status.code == GD_OK)
        status = tell(&push, &err);
    return status.code == GD_OK ? gd_cli_end(0) : gd_cli_fail(&err);
}
