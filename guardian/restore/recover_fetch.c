/*
 * Recover, the fetching: does restore_command work at all? It is tried before a server needs it,
 * and stands in the folder for who starts a server there by hand. While we live, a feeder of ours
 * is quicker.
 */
#include <string.h>
#include <unistd.h>

#include "guardian/base/clock.h"
#include "guardian/restore/recover_own.h"

static const char *filled_in(const char *command, const char *name, const char *path,
                             struct gd_arena *arena)
{
    const char *text = "";
    for (; *command != '\0'; command++) {
        if (command[0] == '%' && strchr("fp%", command[1]) != NULL && command[1] != '\0') {
            const char *value = command[1] == 'f' ? name : command[1] == 'p' ? path : "%";
            text = gd_arena_printf(arena, "%s%s", text, value);
            command++;
        } else {
            text = gd_arena_printf(arena, "%s%c", text, *command);
        }
    }
    return text;
}

/* A server whose restore_command says nothing but 255 would only say that it could not start. */
static struct gd_status try_fetch(const struct gd_recovering *recovering, struct gd_error *err)
{
    const struct gd_base *base = recovering->base;
    const struct gd_server *server = &recovering->server;
    char name[GD_WAL_NAME_SIZE];
    struct gd_wal_name first =
        gd_wal_segment_at(base->timeline, base->start_lsn, base->segment_bytes);
    const char *path = gd_arena_printf(recovering->arena, "%s/start", server->home), *said = "";
    int exit_status = 0;
    gd_wal_name_write(&first, name);
    const char *argv[] = {
        "/bin/sh", "-c",
        filled_in(recovering->options->fetch_command, name, path, recovering->arena), NULL};
    struct gd_status status =
        gd_server_run(server, argv, server->data, 0, &exit_status, &said, err);
    (void)unlink(path);
    if (status.code == GD_OK)
        return status;
    return gd_hint(err,
                   gd_fail(err, GD_SYSTEM,
                           "the server's user could not fetch WAL file %s from the store (status "
                           "%d): %s",
                           name, exit_status, said),
                   "It needs the same settings and the same rights to read the store.");
}

/* Behind the target nothing is fetched unless the server asks for it. */
static uint64_t until_of(const struct gd_recover_plan *plan)
{
    if (plan->target_lsn != 0)
        return plan->target_lsn;
    return plan->end_lsn != 0 ? plan->end_lsn : UINT64_MAX;
}

/* A root that gives the server to another user may read what that one may not. */
struct gd_status gd_recover_settle_fetch(struct gd_recovering *recovering, struct gd_error *err)
{
    struct gd_server *server = &recovering->server;
    const struct gd_base *base = recovering->base;
    struct gd_feeder_options options = {.place = recovering->options->place,
                                        .hole_is_end = recovering->plan->hole,
                                        .data_directory = server->data,
                                        .uid = server->uid,
                                        .gid = server->gid,
                                        .timeline = base->timeline,
                                        .start_lsn = base->start_lsn,
                                        .until_lsn = until_of(recovering->plan),
                                        .segment_bytes = base->segment_bytes};
    struct gd_error alone = {0};
    struct gd_status status = try_fetch(recovering, &alone);
    if (status.code != GD_OK &&
        (status.code != GD_SYSTEM || server->uid == 0 || gd_interrupted())) {
        *err = alone;
        return status;
    }
    options.place.system_identifier = recovering->plan->system_identifier;
    GD_TRY(gd_feeder_new(&options, &recovering->feeder, err));
    server->restore_command = gd_feeder_command(recovering->feeder, recovering->arena);
    if (status.code != GD_OK)
        gd_tell_note(recovering->options->events,
                     "the server's user may not read the store: its WAL is handed to it");
    return GD_DONE;
}
