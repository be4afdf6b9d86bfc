/*
 * Guard, points in time: is the database covered, and the restore points that every change gets.
 *
 * Whether anybody keeps WAL here costs one listing, once in a change that does something; a boot
 * that changes nothing does not ask.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "guardian/guard/approved.h"
#include "guardian/guard/guard_own.h"

static bool wants_rows(const struct gd_decision *decision)
{
    return decision->backup.scope >= GD_SCOPE_TABLES;
}

static void note(struct gd_guard *guard, const char *text)
{
    gd_texts_add(&guard->outcome->notes, text, guard->arena);
}

/* ---- who keeps WAL ---- */

bool gd_guard_wal_kept(struct gd_guard *guard)
{
    struct gd_error why = {0};
    const struct gd_guard_options *options = guard->options;
    if (options->point == GD_POINT_NEVER || options->store == NULL)
        return false;
    if (guard->wal_kept_known)
        return guard->wal_kept;
    guard->wal_kept_known = true;
    if (gd_point_kept(options->store, strtoull(guard->story->cluster, NULL, 10), &guard->wal_kept,
                      &why)
            .code != GD_OK)
        note(guard,
             gd_arena_printf(guard->arena, "could not look for WAL in the store: %s", why.text));
    return guard->wal_kept;
}

/* ---- foreseen: for the plan, and for a decision that is only possible with it ---- */

GD_MUST static struct gd_status find_cover(const struct gd_guard *guard, bool prepare,
                                           struct gd_cover **out_cover, const char **out_why,
                                           struct gd_error *err)
{
    struct gd_protect_options protect = gd_guard_protect_options(guard);
    protect.point_held = guard->in_loss;
    return gd_protect_find_cover(&protect, guard->story->cluster, prepare, guard->arena, out_cover,
                                 out_why, err);
}

static void tell_cover(struct gd_guard *guard, const struct gd_cover *cover, const char *why)
{
    struct gd_decision *decision = gd_arena_zalloc(guard->arena, 1, sizeof *decision);
    *decision = *guard->decision;
    decision->point.use = guard->options->point;
    decision->point.base = cover == NULL ? NULL : cover->base;
    decision->point.since_us = cover == NULL ? 0 : cover->since_us;
    decision->point.proven_us = cover == NULL ? 0 : cover->proven_us;
    decision->point.why_not = why;
    guard->decision = decision;
}

GD_MUST static struct gd_status foresee(struct gd_guard *guard, struct gd_cover **out_cover,
                                        const char **out_why, struct gd_error *err)
{
    *out_cover = NULL;
    *out_why = guard->options->point == GD_POINT_REQUIRE
                   ? "nobody keeps WAL of this server in the store"
                   : NULL;
    if (!gd_guard_wal_kept(guard))
        return GD_DONE;
    return find_cover(guard, false, out_cover, out_why, err);
}

struct gd_status gd_guard_foresee_point(struct gd_guard *guard, struct gd_error *err)
{
    struct gd_cover *cover;
    const char *why;
    if (guard->options->point == GD_POINT_NEVER || !wants_rows(guard->decision))
        return GD_DONE;
    GD_TRY(foresee(guard, &cover, &why, err));
    tell_cover(guard, cover, why);
    return GD_DONE;
}

/* Refused for its size alone? A point in time has none. */
struct gd_status gd_guard_decide_by_point(struct gd_guard *guard,
                                          const struct gd_decide_input *input, struct gd_error *err)
{
    struct gd_decide_input again = *input;
    const struct gd_decision *decision;
    struct gd_cover *cover;
    struct gd_error ignored = {0};
    const char *why;
    if (guard->decision->action != GD_ACTION_REFUSE || guard->options->store == NULL ||
        guard->options->point == GD_POINT_NEVER || !wants_rows(guard->decision))
        return GD_DONE;
    again.by_point = true;
    GD_TRY(gd_decide_approved(&again, guard->options->store, &guard->outcome->notes, guard->arena,
                              &decision, err));
    if (decision->action == GD_ACTION_REFUSE ||
        foresee(guard, &cover, &why, &ignored).code != GD_OK || cover == NULL)
        return GD_DONE;
    guard->decision = decision;
    guard->point_only = true;
    return GD_DONE;
}

/* ---- prepared: before anybody is kept waiting ---- */

static struct gd_status demanded(const struct gd_guard *guard, const char *why,
                                 struct gd_error *err)
{
    return gd_hint(
        err,
        gd_fail(err, GD_UNPROTECTED,
                "could not protect the change by a point in time, which %s: %s",
                guard->point_only ? "alone is quick enough for tables of that size" : "is required",
                why),
        "guardian wal check tells what is covered; guardian base makes a base backup.");
}

struct gd_status gd_guard_prepare_point(struct gd_guard *guard, struct gd_error *err)
{
    struct gd_cover *cover = NULL;
    struct gd_error failed = {0};
    const char *why = "nobody keeps WAL of this server in the store";
    bool must = guard->point_only || guard->options->point == GD_POINT_REQUIRE;
    guard->cover = NULL;
    guard->no_point = NULL;
    if (guard->options->point == GD_POINT_NEVER || !wants_rows(guard->decision))
        return GD_DONE;
    bool kept = gd_guard_wal_kept(guard);
    struct gd_status status = kept ? find_cover(guard, true, &cover, &why, &failed) : GD_DONE;
    if (status.code != GD_OK && (status.code == GD_INJECTED || gd_interrupted())) {
        *err = failed;
        return status;
    }
    if (status.code != GD_OK)
        why = gd_arena_strdup(guard->arena, failed.text);
    guard->cover = cover;
    if (cover == NULL && must)
        return demanded(guard, why, err);
    if (cover == NULL && kept)
        guard->no_point = why;
    return GD_DONE;
}

/* ---- restore points that nobody waits for ---- */

GD_MUST static struct gd_status make_mark(struct gd_guard *guard, bool after, struct gd_error *err)
{
    struct gd_mark mark;
    gd_auto_pg pg = NULL;
    GD_TRY(gd_pg_connect(guard->options->pg, &pg, err));
    const struct gd_mark_options making = {
        .pg = pg,
        .place = {.store = guard->options->store,
                  .key = guard->options->key,
                  .system_identifier = strtoull(guard->story->cluster, NULL, 10)},
        .change = guard->change_id,
        .database = guard->story->database,
        .git_commit = guard->story->git_commit,
        .after = after,
        .events = guard->options->events,
    };
    return gd_wal_mark(&making, guard->arena, &mark, err);
}

struct gd_status gd_guard_mark(struct gd_guard *guard, bool after, struct gd_error *err)
{
    struct gd_error why = {0};
    bool made = !after && guard->protection.cover != NULL;
    if (made || guard->unmarked || guard->journal == NULL || !gd_guard_wal_kept(guard))
        return GD_DONE;
    struct gd_status status = make_mark(guard, after, &why);
    if (status.code == GD_INJECTED && !after) {
        *err = why;
        return status;
    }
    guard->unmarked = status.code != GD_OK; /* said once */
    if (status.code != GD_OK)
        note(guard, gd_arena_printf(guard->arena, "no restore point %s the change: %s",
                                    after ? "behind" : "before", why.text));
    return GD_DONE;
}
