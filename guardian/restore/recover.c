/* Recover, see recover.h. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "guardian/base/clock.h"
#include "guardian/base/fault.h"
#include "guardian/restore/recover_own.h"

enum { WORKERS_MAX = 8 };

unsigned gd_recover_workers(const struct gd_recover_options *options)
{
    if (options->workers > 0)
        return options->workers;
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    return processors < 1 ? 1 : processors > WORKERS_MAX ? WORKERS_MAX : (unsigned)processors;
}

/* --- before anything is written --- */

static struct gd_status check_key(const struct gd_recovering *recovering, struct gd_error *err)
{
    const char *needed = recovering->base->key_id;
    const struct gd_key *key = recovering->options->place.key;
    if (needed == NULL || *needed == '\0' || (key != NULL && gd_key_opens(key, needed)))
        return GD_DONE;
    return gd_hint(err,
                   gd_fail(err, GD_USAGE, "base backup \"%s\" is encrypted with key %s, and %s",
                           recovering->base->id, needed,
                           key == NULL ? "no key was given" : "another key was given"),
                   "Give the key that was in use when it was taken.");
}

static struct gd_status make_ready(struct gd_recovering *recovering, struct gd_error *err)
{
    const struct gd_recover_options *options = recovering->options;
    struct gd_server *server = &recovering->server;
    char sha256[GD_DIGEST_HEX_SIZE];
    assert(options->folder != NULL && options->folder[0] == '/' && options->fetch_command != NULL);
    GD_TRY(gd_base_load(options->place.store, recovering->plan->system_identifier,
                        recovering->plan->base->id, recovering->arena, &recovering->base, sha256,
                        err));
    GD_TRY(check_key(recovering, err));
    server->arena = recovering->arena;
    server->data = options->folder;
    server->database = "postgres";
    server->environment = options->environment;
    if (!server->throwaway)
        GD_TRY(gd_server_user(options->user, options->folder, &server->uid, &server->gid, err));
    return gd_server_programs(server, options->pg_bin, recovering->base->server_version, err);
}

struct gd_status gd_recover_bring_up(struct gd_recovering *recovering, struct gd_error *err)
{
    struct gd_server *server = &recovering->server;
    int64_t started_us = gd_clock_monotonic_us();
    GD_TRY(make_ready(recovering, err));
    GD_TRY(gd_recover_lay(recovering, err));
    recovering->out->lay_seconds = (double)(gd_clock_monotonic_us() - started_us) / 1e6;
    recovering->out->folder = recovering->options->folder;
    GD_TRY(gd_server_home(server, err));
    server->superuser = gd_server_first_role(server->data, recovering->arena);
    return gd_recover_replay(recovering, err);
}

/* --- a data directory to keep --- */

static struct gd_status check(struct gd_recovering *recovering, struct gd_error *err)
{
    if (!recovering->options->check)
        return GD_DONE;
    gd_tell_stage(recovering->options->events, "checking tables and indexes", 0);
    return gd_server_amcheck(&recovering->server, recovering->options->pg_bin,
                             gd_recover_workers(recovering->options), &recovering->out->checked,
                             &recovering->left_out, err);
}

static struct gd_status check_stopped(struct gd_recovering *recovering, struct gd_error *err)
{
    if (!recovering->options->check)
        return GD_DONE;
    gd_tell_stage(recovering->options->events, "checking checksums", 0);
    return gd_server_checksums(&recovering->server, recovering->options->pg_bin,
                               &recovering->out->checksums, &recovering->left_out, err);
}

/* What is left in postgresql.auto.conf: it must not write into the place that it came from, before
   somebody has said so. */
static struct gd_status settle(struct gd_recovering *recovering, struct gd_error *err)
{
    static const char lines[] =
        "# guardian recover: it archives again after ALTER SYSTEM RESET archive_mode, "
        "archive_command\narchive_mode = 'off'\narchive_command = ''\n";
    const struct gd_server *server = &recovering->server;
    GD_TRY(gd_server_settings(server->data, lines, server->uid, server->gid, err));
    GD_TRY(gd_recover_settings(recovering, err));
    GD_TRY(gd_fault("recover: before it is done", err));
    return gd_lay_done(server->data, err);
}

static struct gd_status leave_running(struct gd_recovering *recovering, struct gd_error *err)
{
    struct gd_server *server = &recovering->server;
    struct gd_recovered *out = recovering->out;
    GD_TRY(gd_server_detach(server, err));
    out->socket_folder = server->home;
    out->port = 5432;
    out->target = gd_server_target(server, NULL, recovering->arena);
    return GD_DONE;
}

static struct gd_status run(struct gd_recovering *recovering, struct gd_error *err)
{
    GD_TRY(gd_recover_bring_up(recovering, err));
    GD_TRY(check(recovering, err));
    gd_tell_stage(recovering->options->events, "stopping the server", 0);
    GD_TRY(gd_server_stop(&recovering->server, err));
    GD_TRY(check_stopped(recovering, err));
    GD_TRY(settle(recovering, err));
    return recovering->options->leave_running ? leave_running(recovering, err) : GD_DONE;
}

struct gd_status gd_recover_run(const struct gd_recover_options *options,
                                const struct gd_recover_plan *plan, struct gd_arena *arena,
                                struct gd_recovered *out_recovered, struct gd_error *err)
{
    struct gd_recovered recovered = {.folder = options->folder};
    struct gd_recovering recovering = {
        .options = options, .plan = plan, .arena = arena, .out = &recovered};
    struct gd_status status = run(&recovering, err);
    if (status.code != GD_OK)
        gd_server_kill(&recovering.server);
    gd_feeder_free(recovering.feeder);
    if (recovered.socket_folder == NULL)
        gd_server_home_remove(&recovering.server);
    recovered.left_out = recovering.left_out.items;
    recovered.left_out_count = recovering.left_out.count;
    recovered.settings = recovering.settings.items;
    recovered.setting_count = recovering.settings.count;
    if (status.code == GD_OK)
        *out_recovered = recovered;
    return status;
}
