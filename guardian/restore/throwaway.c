/*
 * Throwaway: a recovered server for a drill, or for one table back; see recover.h.
 *
 * Its folder holds everything (data, tablespaces, socket, log) and goes away with us, whatever we
 * die of (io/leftover.h). Nothing of it is synced to disk.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "guardian/base/memory.h"
#include "guardian/io/leftover.h"
#include "guardian/restore/recover_own.h"

enum { FOLDER_MAX = 80, SPARE_BYTES = 192 << 20, WAL_BYTES = 1 << 30 };

struct gd_throwaway {
    struct gd_arena *arena;
    struct gd_recover_options options;
    struct gd_recover_plan plan;
    struct gd_recovering recovering;
    struct gd_recovered recovered;
    const char *folder;
    struct gd_process *janitor;
    int held; /* the folder; -1 */
};

static struct gd_status check_room(const struct gd_throwaway *server, const char *work,
                                   struct gd_error *err)
{
    struct statvfs about;
    uint64_t wal = server->plan.wal_bytes < WAL_BYTES ? server->plan.wal_bytes : WAL_BYTES;
    uint64_t wanted = server->plan.data_bytes + wal + SPARE_BYTES;
    if (statvfs(work, &about) != 0)
        return gd_fail(err, GD_SYSTEM, "could not look at folder \"%s\": %s", work,
                       strerror(errno));
    uint64_t free_bytes = (uint64_t)about.f_bavail * about.f_frsize;
    if (free_bytes >= wanted)
        return GD_DONE;
    return gd_hint(err,
                   gd_fail(err, GD_SYSTEM,
                           "\"%s\" has %" PRIu64 " MiB free, and the throwaway server needs "
                           "%" PRIu64 " MiB",
                           work, free_bytes >> 20, wanted >> 20),
                   "Set TMPDIR to a larger place.");
}

static struct gd_status make_folder(struct gd_throwaway *server, const char *work_folder,
                                    struct gd_error *err)
{
    const struct gd_server *own = &server->recovering.server;
    const char *work = work_folder != NULL ? work_folder : getenv("TMPDIR");
    if (work == NULL || *work != '/' || strlen(work) > FOLDER_MAX - 22)
        work = "/tmp";
    GD_TRY(check_room(server, work, err));
    gd_leftovers_remove(work, own->uid);
    char *folder = gd_arena_printf(server->arena, "%s/guardian-drill.XXXXXX", work);
    if (mkdtemp(folder) == NULL)
        return gd_fail(err, GD_SYSTEM, "could not make a folder in \"%s\": %s", work,
                       strerror(errno));
    server->folder = folder;
    GD_TRY(gd_leftover_hold(folder, &server->held, err));
    GD_TRY(gd_leftover_janitor(folder, &server->janitor, err));
    if (own->uid != 0 && chown(folder, own->uid, own->gid) != 0)
        return gd_fail(err, GD_SYSTEM, "could not give folder \"%s\" away: %s", folder,
                       strerror(errno));
    return GD_DONE;
}

static struct gd_status bring_up(struct gd_throwaway *server, const char *work_folder,
                                 struct gd_error *err)
{
    struct gd_recovering *recovering = &server->recovering;
    struct gd_arena *arena = server->arena;
    struct gd_server *own = &recovering->server;
    GD_TRY(gd_server_user(server->options.user, NULL, &own->uid, &own->gid, err));
    GD_TRY(make_folder(server, work_folder, err));
    server->options.folder = gd_arena_printf(arena, "%s/data", server->folder);
    server->options.delta = server->options.leave_running = false;
    server->options.tablespaces = NULL;
    server->options.tablespace_count = 0;
    recovering->tablespace_folder = gd_arena_printf(arena, "%s/tablespaces", server->folder);
    own->throwaway = true;
    own->home = server->folder;
    return gd_recover_bring_up(recovering, err);
}

struct gd_status gd_throwaway_new(const struct gd_recover_options *options,
                                  const struct gd_recover_plan *plan, const char *work_folder,
                                  struct gd_throwaway **out_server, struct gd_error *err)
{
    gd_auto_throwaway server = gd_memory_new(sizeof *server);
    server->arena = gd_arena_new();
    server->held = -1;
    server->options = *options;
    server->plan = *plan;
    server->recovering = (struct gd_recovering){.options = &server->options,
                                                .plan = &server->plan,
                                                .arena = server->arena,
                                                .out = &server->recovered};
    GD_TRY(bring_up(server, work_folder, err));
    *out_server = GD_MOVE(server);
    return GD_DONE;
}

const char *gd_throwaway_target(const struct gd_throwaway *server, const char *database,
                                struct gd_arena *arena)
{
    return gd_server_target(&server->recovering.server, database, arena);
}

const struct gd_recovered *gd_throwaway_recovered(const struct gd_throwaway *server)
{
    return &server->recovered;
}

struct gd_status gd_throwaway_check(struct gd_throwaway *server, struct gd_error *err)
{
    struct gd_recovering *recovering = &server->recovering;
    const struct gd_recover_options *options = &server->options;
    gd_tell_stage(options->events, "checking tables and indexes", 0);
    GD_TRY(gd_server_amcheck(&recovering->server, options->pg_bin, gd_recover_workers(options),
                             &server->recovered.checked, &recovering->left_out, err));
    GD_TRY(gd_server_stop(&recovering->server, err));
    gd_tell_stage(options->events, "checking checksums", 0);
    GD_TRY(gd_server_checksums(&recovering->server, options->pg_bin, &server->recovered.checksums,
                               &recovering->left_out, err));
    server->recovered.left_out = recovering->left_out.items;
    server->recovered.left_out_count = recovering->left_out.count;
    return GD_DONE;
}

void gd_throwaway_free(struct gd_throwaway *server)
{
    if (server == NULL)
        return;
    gd_server_kill(&server->recovering.server);
    gd_feeder_free(server->recovering.feeder);
    if (server->janitor != NULL)
        gd_leftover_done(GD_MOVE(server->janitor));
    else if (server->folder != NULL)
        (void)rmdir(server->folder);
    if (server->held >= 0)
        (void)close(server->held);
    gd_arena_free(server->arena);
    free(server);
}
