/*
 * Rollback, of a backup that is a point in time: a server is recovered beside, up to the mark, and
 * the snapshot that would have been taken then is taken of it now. From there on everything is as
 * with any other snapshot; the recovered server has the oids and transaction ids of the one that
 * lives on.
 *
 * Invariant  One recovery for each mark: what was taken of it stays in the store, bound to the
 * change, and is found again.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "guardian/guard/rollback_own.h"
#include "guardian/prove/prove.h"
#include "guardian/restore/recover.h"
#include "guardian/snapshot/take.h"

struct pointing {
    const struct gd_rollback_options *options;
    struct gd_story *story;
    struct gd_arena *arena;
};

/* The tables at stake are enough for every way but one. */
static bool wants_all(const struct pointing *of, const struct gd_story_point *point)
{
    return point->tables.count == 0 ||
           (of->options->way == GD_WAY_DATABASE && point == &of->story->points[0]);
}

static const char *reason_of(const struct pointing *of, const struct gd_story_point *point)
{
    return gd_arena_printf(of->arena, GD_OF_THEN "%s as of restore point %s",
                           wants_all(of, point) ? "everything" : "the tables at stake",
                           point->name);
}

/* ---- there already? ---- */

GD_MUST static struct gd_status is_it(const struct pointing *of, const char *id, const char *reason,
                                      bool *out_it, struct gd_error *err)
{
    const struct gd_rollback_options *options = of->options;
    gd_auto_arena scratch = gd_arena_new();
    struct gd_manifest *manifest = NULL;
    const struct gd_proof *proof = NULL;
    char sha256[GD_DIGEST_HEX_SIZE];
    struct gd_error why = {0};
    *out_it = false;
    struct gd_status status =
        gd_manifest_load(options->store, options->cluster, id, scratch, &manifest, sha256, &why);
    if (status.code == GD_OK)
        status = gd_manifest_look(options->store, manifest, &why);
    if (status.code == GD_USAGE || status.code == GD_CORRUPT)
        return GD_DONE;
    if (status.code != GD_OK) {
        *err = why;
        return status;
    }
    if (strcmp(manifest->change, of->story->change) != 0 || strcmp(manifest->reason, reason) != 0)
        return GD_DONE;
    GD_TRY(gd_proof_find(options->store, options->cluster, id, sha256, scratch, &proof, err));
    *out_it = proof != NULL;
    return GD_DONE;
}

GD_MUST static struct gd_status find(const struct pointing *of, const char *reason,
                                     const char **out_id, struct gd_error *err)
{
    const char *const *ids = NULL;
    size_t count = 0;
    *out_id = NULL;
    GD_TRY(gd_snapshot_ids(of->options->store, of->options->cluster, of->arena, &ids, &count, err));
    for (size_t i = count; i-- > 0 && *out_id == NULL && strcmp(ids[i], of->story->change) > 0;) {
        bool it;
        GD_TRY(is_it(of, ids[i], reason, &it, err));
        if (it)
            *out_id = ids[i];
    }
    return GD_DONE;
}

/* ---- recovered ---- */

GD_MUST static struct gd_status take(const struct pointing *of, const struct gd_story_point *point,
                                     const char *target, const char **out_id, struct gd_error *err)
{
    const struct gd_rollback_options *options = of->options;
    const struct gd_pg_options pg = {.target = target};
    struct gd_manifest *manifest = NULL;
    const struct gd_proof *proof;
    struct gd_prove_outcome outcome = {0};
    bool whole = wants_all(of, point);
    const struct gd_take_options taking = {
        .pg = &pg,
        .store = options->store,
        .key = options->key,
        .scope = whole ? GD_SNAPSHOT_DATABASE : GD_SNAPSHOT_TABLES,
        .tables = whole ? NULL : point->tables.items,
        .table_count = whole ? 0 : point->tables.count,
        .rowless_too = true,
        .workers = options->workers,
        .pg_dump = options->pg_dump,
        .change = of->story->change,
        .reason = reason_of(of, point) + sizeof GD_OF_THEN - 1,
        .pg_snapshot = point->seen,
        .recovered = true,
        .sealed = of->story->sealed,
        .events = options->events,
    };
    const struct gd_prove_options proving = {.store = options->store,
                                             .key = options->key,
                                             .workers = options->workers,
                                             .events = options->events};
    GD_TRY(gd_snapshot_take(&taking, of->arena, &manifest, err));
    GD_TRY(gd_prove_digest(&proving, manifest->cluster, manifest->id, of->arena, &proof, &outcome,
                           err));
    *out_id = manifest->id;
    return GD_DONE;
}

/* From the base backup that was proven for it, as long as that is there. */
GD_MUST static struct gd_status plan_way(struct gd_recover_options *recovering,
                                         const struct gd_story_point *point, struct gd_arena *arena,
                                         struct gd_recover_plan *out_plan, struct gd_error *err)
{
    struct gd_error gone = {0};
    if (point->base != NULL && *point->base != '\0') {
        recovering->target.base = point->base;
        if (gd_recover_plan(recovering, arena, out_plan, &gone).code == GD_OK)
            return GD_DONE;
    }
    recovering->target.base = NULL;
    return gd_recover_plan(recovering, arena, out_plan, err);
}

GD_MUST static struct gd_status bring_up(const struct pointing *of,
                                         const struct gd_story_point *point, const char **out_id,
                                         struct gd_error *err)
{
    struct gd_recover_options recovering = *of->options->recover;
    struct gd_recover_plan plan;
    gd_auto_throwaway server = NULL;
    recovering.place.system_identifier = strtoull(of->options->cluster, NULL, 10);
    recovering.target = (struct gd_target){
        .kind = GD_TARGET_NAME, .text = point->name, .timeline = point->timeline};
    recovering.check = false;
    recovering.leave_running = false;
    gd_tell_note(of->options->events,
                 "the backup is a point in time: a server is recovered beside, up to restore point "
                 "%s",
                 point->name);
    GD_TRY(plan_way(&recovering, point, of->arena, &plan, err));
    GD_TRY(gd_throwaway_new(&recovering, &plan, NULL, &server, err));
    const char *target = gd_throwaway_target(server, of->story->database, of->arena);
    return take(of, point, target, out_id, err);
}

GD_MUST static struct gd_status in_vain(const struct pointing *of, struct gd_status status,
                                        struct gd_error *err)
{
    const char *change = of->story->change;
    if (status.code == GD_INJECTED || gd_interrupted())
        return status;
    err->code = GD_UNPROTECTED;
    status = gd_wrap(err, (struct gd_status){GD_UNPROTECTED},
                     "the backup of change %s is a point in time, and no server could be recovered "
                     "beside to take it from: ",
                     change);
    return gd_hint(
        err, status,
        "The database was not touched. By hand: guardian restore --table TABLE --before %s, "
        "or a server of its own with guardian recover FOLDER --before %s.",
        change, change);
}

GD_MUST static struct gd_status snapshot_of(const struct pointing *of,
                                            const struct gd_story_point *point, const char **out_id,
                                            struct gd_error *err)
{
    GD_TRY(find(of, reason_of(of, point), out_id, err));
    if (*out_id != NULL)
        return GD_DONE;
    if (of->options->recover == NULL)
        return in_vain(of, gd_fail(err, GD_UNPROTECTED, "that is not possible here"), err);
    struct gd_status status = bring_up(of, point, out_id, err);
    return status.code == GD_OK ? status : in_vain(of, status, err);
}

/* ---- in their places ---- */

/* All of them in the order in which they were made: until there were more than two, the journal
 * named them one by one. */
static void list_before(const struct gd_story *story, struct gd_texts *out_ids,
                        struct gd_arena *arena)
{
    for (size_t i = 0; i < story->snapshots.count; i++)
        gd_texts_add(out_ids, story->snapshots.items[i], arena);
    if (out_ids->count == 0 && *story->schema_snapshot != '\0')
        gd_texts_add(out_ids, story->schema_snapshot, arena);
    if (*story->snapshot != '\0' && !gd_texts_has(out_ids, story->snapshot))
        gd_texts_add(out_ids, story->snapshot, arena);
}

struct gd_status gd_back_recover_points(const struct gd_rollback_options *options,
                                        struct gd_story *story, struct gd_arena *arena,
                                        struct gd_error *err)
{
    const struct pointing of = {options, story, arena};
    struct gd_texts before = {0}, all = {0};
    size_t next = 0;
    if (story->point_count == 0)
        return GD_DONE;
    list_before(story, &before, arena);
    for (size_t i = 0; i < story->point_count; i++) {
        const char *id;
        GD_TRY(snapshot_of(&of, &story->points[i], &id, err));
        for (; next < before.count && next < story->points[i].behind; next++)
            gd_texts_add(&all, before.items[next], arena);
        gd_texts_add(&all, id, arena);
    }
    for (; next < before.count; next++)
        gd_texts_add(&all, before.items[next], arena);
    story->snapshots = all;
    story->schema_snapshot = all.count > 1 ? all.items[0] : "";
    story->snapshot = all.items[all.count - 1];
    return GD_DONE;
}
