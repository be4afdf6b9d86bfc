/*
 * Run, points in time: as for apply (guard_point.c), for each backup that the run comes to need.
 */
#include <stdlib.h>
#include <string.h>

#include "guardian/guard/run_own.h"

bool gd_run_wal_kept(struct gd_run *run)
{
    struct gd_error why = {0};
    const struct gd_guard_options *options = run->options->guard;
    if (options->point == GD_POINT_NEVER || options->store == NULL)
        return false;
    if (run->wal_kept_known)
        return run->wal_kept;
    run->wal_kept_known = true;
    if (gd_point_kept(options->store, strtoull(run->story->cluster, NULL, 10), &run->wal_kept, &why)
            .code != GD_OK)
        gd_texts_add(
            &run->outcome->notes,
            gd_arena_printf(run->arena, "could not look for WAL in the store: %s", why.text),
            run->arena);
    return run->wal_kept;
}

static struct gd_status demanded(const char *why, struct gd_error *err)
{
    return gd_hint(err,
                   gd_fail(err, GD_UNPROTECTED,
                           "could not protect the change by a point in time, which is required: %s",
                           why),
                   "guardian wal check tells what is covered; guardian base makes a base backup.");
}

struct gd_status gd_run_prepare_point(struct gd_run *run, const struct gd_decision *decision,
                                      const struct gd_backup *missing, bool held,
                                      const struct gd_cover **out_cover, struct gd_error *err)
{
    const struct gd_guard_options *options = run->options->guard;
    struct gd_decision part = *decision;
    struct gd_cover *cover = NULL;
    struct gd_error failed = {0};
    const char *why = "nobody keeps WAL of this server in the store";
    *out_cover = NULL;
    run->no_point = NULL;
    if (options->point == GD_POINT_NEVER || missing->scope < GD_SCOPE_TABLES)
        return GD_DONE;
    bool kept = gd_run_wal_kept(run);
    part.backup = *missing;
    struct gd_protect_options protect = gd_run_protect_options(run, &part);
    protect.point_held = held;
    struct gd_status status = kept ? gd_protect_find_cover(&protect, run->story->cluster, true,
                                                           run->arena, &cover, &why, &failed)
                                   : GD_DONE;
    if (status.code != GD_OK && (status.code == GD_INJECTED || gd_interrupted())) {
        *err = failed;
        return status;
    }
    if (status.code != GD_OK)
        why = gd_arena_strdup(run->arena, failed.text);
    *out_cover = cover;
    if (cover == NULL && options->point == GD_POINT_REQUIRE)
        return demanded(why, err);
    if (cover == NULL && kept)
        run->no_point = why;
    return GD_DONE;
}

void gd_run_mark(struct gd_run *run, bool after)
{
    struct gd_error why = {0};
    struct gd_mark mark;
    gd_auto_pg pg = NULL;
    if (run->unmarked || run->journal == NULL || !gd_run_wal_kept(run))
        return;
    struct gd_status status = gd_pg_connect(run->options->guard->pg, &pg, &why);
    const struct gd_mark_options making = {
        .pg = pg,
        .place = {.store = run->options->guard->store,
                  .key = run->options->guard->key,
                  .system_identifier = strtoull(run->story->cluster, NULL, 10)},
        .change = run->change_id,
        .database = run->story->database,
        .after = after,
        .events = run->options->guard->events,
    };
    if (status.code == GD_OK)
        status = gd_wal_mark(&making, run->arena, &mark, &why);
    run->unmarked = status.code != GD_OK; /* said once */
    if (status.code != GD_OK)
        gd_texts_add(&run->outcome->notes,
                     gd_arena_printf(run->arena, "no restore point %s the change: %s",
                                     after ? "behind" : "before", why.text),
                     run->arena);
}
