/*
 * guardian wal fetch NAME PATH: restore_command.
 *
 * Of its status the server takes 0 for a file that is in place, and anything from 1 to 125 for the
 * end of what there is: it then promotes itself and reports success. So 1 is said only when the
 * store said that the file is not there, and 255, at which the server stops, of everything else.
 */
#include <unistd.h>

#include "guardian/cli/ending.h"
#include "guardian/cli/progress.h"
#include "guardian/cli/wal.h"
#include "guardian/io/detach.h"
#include "guardian/wal/fetch.h"
#include "guardian/wal/outside.h"
#include "guardian/wal/prefetch.h"

enum { FETCHED = 0, ABSENT = 1 };

struct fetch {
    const struct gd_config *config;
    const struct gd_events *events;
    struct gd_wal_name name;
    const char *path;
    const char *data_directory; /* of the server that asks */
    struct gd_wal_fetched fetched;
};

/* A server starts its restore_command where its files are. What is configured on a machine is often
 * another one's folder: the living server's, beside which one recovers. */
static const char *asking(const struct gd_config *config)
{
    return gd_wal_is_recovering(".") ? "." : config->data_directory;
}

GD_MUST static struct gd_status fetch_alone(struct fetch *fetch, struct gd_error *err)
{
    gd_auto_arena arena = gd_arena_new();
    gd_auto_wal_place open = {0};
    struct gd_wal_fetch_options options = {
        .asks_again = gd_wal_is_standby(fetch->data_directory),
        .hole_is_end = fetch->config->end_at_hole,
    };
    GD_TRY(gd_cli_wal_open(fetch->config, false, arena, fetch->events, &open, err));
    return gd_wal_fetch(&open.place, &fetch->name, &options, fetch->path, &fetch->fetched, err);
}

/* ---- in the background ---- */

struct background {
    const struct fetch *fetch;
    struct gd_wal_prefetch prefetch;
};

static int work(int keep, void *context)
{
    const struct background *background = context;
    const struct fetch *fetch = background->fetch;
    gd_auto_arena arena = gd_arena_new();
    gd_auto_wal_place open = {0};
    struct gd_error err = {0};
    (void)keep;
    struct gd_status status = gd_cli_wal_open(fetch->config, false, arena, NULL, &open, &err);
    if (status.code == GD_OK)
        status = gd_wal_prefetch_work(&background->prefetch, &open.place, &fetch->name,
                                      fetch->fetched.segment_bytes,
                                      gd_cli_wal_workers(fetch->config), &err);
    return gd_exit_status(status.code);
}

static struct gd_status start(void *context, int lock, struct gd_error *err)
{
    return gd_detach(lock, work, context, err);
}

GD_MUST static struct gd_status prepare(struct fetch *fetch, struct background *background,
                                        struct gd_arena *arena, struct gd_error *err)
{
    const struct gd_config *config = fetch->config;
    struct gd_wal_prefetch *prefetch = &background->prefetch;
    background->fetch = fetch;
    *prefetch = (struct gd_wal_prefetch){
        .data_directory = fetch->data_directory,
        .count = (unsigned)config->prefetch,
        .wait_ms = (uint32_t)config->store_retry_ms,
        .start = start,
        .context = background,
    };
    GD_TRY(gd_wal_cluster_of(fetch->data_directory, &prefetch->system_identifier, err));
    return gd_cli_wal_spool(config, prefetch->system_identifier, "fetch", arena, &prefetch->spool,
                            err);
}

GD_MUST static struct gd_status take(struct fetch *fetch, const struct gd_wal_prefetch *prefetch,
                                     struct gd_error *err)
{
    uint64_t bytes;
    GD_TRY(gd_wal_prefetch_take(prefetch, &fetch->name, fetch->path, &bytes, err));
    if (bytes > 0)
        fetch->fetched = (struct gd_wal_fetched){GD_WAL_WHOLE, bytes, bytes};
    return GD_DONE;
}

/* Without a spool it is only slower. */
GD_MUST static struct gd_status fetch_segment(struct fetch *fetch, struct gd_error *err)
{
    gd_auto_arena arena = gd_arena_new();
    struct background background;
    struct gd_error unable = {0};
    if (prepare(fetch, &background, arena, &unable).code != GD_OK) {
        gd_tell_warning(fetch->events, "Segments are fetched one by one until this is mended.",
                        "%s", unable.text);
        return fetch_alone(fetch, err);
    }
    GD_TRY(take(fetch, &background.prefetch, err));
    bool taken = fetch->fetched.found == GD_WAL_WHOLE;
    if (!taken)
        GD_TRY(fetch_alone(fetch, err));
    if (fetch->fetched.found == GD_WAL_WHOLE)
        gd_wal_prefetch_go_on(&background.prefetch, &fetch->name, taken);
    return GD_DONE;
}

/* ---- the command ---- */

/* A standby has its own machine; what recovers may stand beside the source. */
GD_MUST static struct gd_status look_outside(const struct fetch *fetch, struct gd_error *err)
{
    gd_auto_arena arena = gd_arena_new();
    gd_auto_wal_place open = {0};
    const char *folder = fetch->data_directory;
    if (fetch->name.kind != GD_WAL_SEGMENT || fetch->fetched.found == GD_WAL_ABSENT ||
        gd_wal_is_standby(folder) || !gd_wal_is_recovering(folder))
        return GD_DONE;
    GD_TRY(gd_cli_wal_open(fetch->config, false, arena, fetch->events, &open, err));
    struct gd_status status = gd_wal_outside(&open.place, &fetch->name, fetch->path,
                                             fetch->fetched.segment_bytes, folder, err);
    if (status.code != GD_OK)
        (void)unlink(fetch->path);
    return status;
}

GD_MUST static struct gd_status run(struct fetch *fetch, const char *name, struct gd_error *err)
{
    GD_TRY(gd_cli_wal_name(name, &fetch->name, err));
    bool ahead = fetch->config->prefetch > 0 && fetch->name.kind == GD_WAL_SEGMENT;
    GD_TRY(ahead ? fetch_segment(fetch, err) : fetch_alone(fetch, err));
    GD_TRY(look_outside(fetch, err));
    if (fetch->fetched.found == GD_WAL_BEGUN)
        gd_tell_note(fetch->events, "%s is not whole: %llu bytes of it are in the store", name,
                     (unsigned long long)fetch->fetched.wal_bytes);
    return GD_DONE;
}

int gd_cli_wal_fetch(const struct gd_config *config, int argc, char **argv)
{
    (void)argc;
    gd_auto_progress progress = gd_progress_new(config);
    struct gd_error err = {0};
    struct fetch fetch = {.config = config,
                          .events = gd_progress_events(progress),
                          .path = argv[1],
                          .data_directory = asking(config)};
    struct gd_status status = run(&fetch, argv[0], &err);
    gd_progress_end(progress, status);
    if (status.code == GD_OK)
        return fetch.fetched.found == GD_WAL_ABSENT ? ABSENT : FETCHED;
    int said =
        gd_cli_fail_with(&err, "The server must not go on as if this were the end of the WAL.");
    (void)said;
    return GD_WAL_TROUBLE;
}
