/*
 * Recover, the plan: which base backup, which timeline, and is there a way without a hole?
 *
 * Listings only, and for a time behind what is known of the WAL a look at its last segments.
 * Nothing is written.
 */
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "guardian/base/clock.h"
#include "guardian/base/texts.h"
#include "guardian/restore/recover_own.h"

struct planning {
    const struct gd_target *target;
    struct gd_arena *arena;
    struct gd_coverage *coverage;
    struct gd_recover_plan *plan;
    struct gd_texts notes;
};

enum { TAIL_SEGMENTS = 4 };

static const char *lsn_text(uint64_t lsn, struct gd_arena *arena)
{
    char *text = gd_arena_alloc(arena, GD_LSN_SIZE);
    gd_lsn_write(lsn, text);
    return text;
}

static const char *time_text(int64_t time_us, struct gd_arena *arena)
{
    char *text = gd_arena_alloc(arena, GD_TIME_SIZE);
    gd_clock_text(time_us, text);
    return text;
}

static void note(struct planning *planning, const char *text)
{
    gd_texts_add(&planning->notes, text, planning->arena);
}

/* --- the mark --- */

static bool is_meant(const struct gd_target *target, const struct gd_mark *mark)
{
    if (target->kind == GD_TARGET_NAME)
        return strcmp(mark->name, target->text) == 0;
    return mark->change[0] != '\0' && mark->after == (target->kind == GD_TARGET_AFTER) &&
           !gd_wal_mark_is_within(mark) &&
           strncmp(mark->change, target->text, strlen(target->text)) == 0;
}

static struct gd_status fail_mark(const struct planning *planning, struct gd_error *err)
{
    const struct gd_target *target = planning->target;
    const char *where = target->kind == GD_TARGET_AFTER ? "after" : "before";
    const struct gd_mark *last = NULL;
    for (size_t i = 0; i < planning->coverage->mark_count; i++)
        if (planning->coverage->marks[i].change[0] != '\0')
            last = &planning->coverage->marks[i];
    struct gd_status status =
        gd_fail(err, GD_USAGE, "no restore point was made %s change \"%s\"", where, target->text);
    if (last == NULL)
        return gd_hint(err, status, "Name a time: guardian list shows what is covered.");
    return gd_hint(err, status,
                   "guardian list shows the changes; the last one with a restore point is %s (%s). "
                   "A time can be named with --time.",
                   last->change, last->name);
}

/* Of several for one change: the last one before it, the first one behind it. */
static struct gd_status find_mark(struct planning *planning, struct gd_error *err)
{
    const struct gd_target *target = planning->target;
    const struct gd_mark *found = NULL;
    if (target->kind != GD_TARGET_BEFORE && target->kind != GD_TARGET_AFTER &&
        target->kind != GD_TARGET_NAME)
        return GD_DONE;
    if (target->text == NULL || *target->text == '\0')
        return gd_fail(err, GD_USAGE, "the target has no name");
    for (size_t i = 0; i < planning->coverage->mark_count; i++) {
        const struct gd_mark *mark = &planning->coverage->marks[i];
        if (!is_meant(target, mark))
            continue;
        if (found != NULL && strcmp(found->change, mark->change) != 0)
            return gd_fail(err, GD_USAGE, "\"%s\" begins the id of several changes, %s and %s",
                           target->text, found->change, mark->change);
        if (found == NULL || target->kind == GD_TARGET_BEFORE)
            found = mark;
    }
    if (found == NULL && target->kind != GD_TARGET_NAME)
        return fail_mark(planning, err);
    planning->plan->mark = found;
    if (found != NULL) {
        planning->plan->target_lsn = found->lsn;
        planning->plan->target_us = found->time_us;
    } else {
        note(planning, "This restore point was not made by Guardian: recovery stops at the first "
                       "one of that name behind the base backup.");
    }
    return GD_DONE;
}

/* --- the timeline --- */

static uint32_t newest_timeline(const struct gd_coverage *coverage)
{
    uint32_t newest = 0;
    for (size_t i = 0; i < coverage->window_count; i++)
        if (coverage->windows[i].timeline > newest)
            newest = coverage->windows[i].timeline;
    return newest;
}

/* Does the way to `timeline` pass by this point of `from`? */
static bool passes(const struct gd_coverage *coverage, uint32_t from, uint64_t lsn,
                   uint32_t timeline)
{
    uint64_t left = 0;
    return gd_wal_chain_leaves(coverage->chain, from, timeline, &left) && lsn <= left;
}

/* The mark's own; or, when that cannot be followed up to it, the first successor that has it. The
   last segment of a timeline is often there only as a part of its successor's first. */
static uint32_t timeline_of_mark(const struct planning *planning)
{
    const struct gd_coverage *coverage = planning->coverage;
    const struct gd_mark *mark = planning->plan->mark;
    uint32_t newest = newest_timeline(coverage);
    for (uint32_t timeline = mark->timeline; timeline <= newest; timeline++) {
        const char *why = NULL;
        if (passes(coverage, mark->timeline, mark->lsn, timeline) &&
            gd_coverage_base_for(coverage, timeline, mark->lsn, planning->arena, &why) != NULL)
            return timeline;
    }
    return mark->timeline;
}

static struct gd_status fail_no_window(const struct planning *planning, struct gd_error *err)
{
    const struct gd_coverage *coverage = planning->coverage;
    const char *why = "there is no base backup";
    for (size_t i = 0; i < coverage->base_count; i++) {
        const struct gd_base_listed *listed = &coverage->bases[i];
        why = gd_arena_printf(planning->arena, "of base backup \"%s\" %s", listed->id,
                              listed->problem != NULL ? listed->problem
                              : listed->unfinished    ? "there is no manifest: it was not finished"
                                                      : "the WAL is not all there");
    }
    return gd_hint(err,
                   gd_fail(err, GD_USAGE, "nothing of cluster %" PRIu64 " can be recovered: %s",
                           coverage->system_identifier, why),
                   "guardian wal check says what is missing; logical snapshots are restored with "
                   "guardian restore.");
}

static struct gd_status choose_timeline(struct planning *planning, struct gd_error *err)
{
    const struct gd_coverage *coverage = planning->coverage;
    uint32_t timeline = planning->target->timeline;
    if (coverage->window_count == 0)
        return fail_no_window(planning, err);
    if (timeline == 0 && planning->plan->mark != NULL)
        timeline = timeline_of_mark(planning);
    if (timeline == 0)
        timeline = newest_timeline(coverage);
    planning->plan->timeline = timeline;
    if (gd_coverage_window(coverage, timeline, 0) != NULL)
        return GD_DONE;
    return gd_fail(err, GD_USAGE, "nothing can be recovered on timeline %u", timeline);
}

/* --- the base backup --- */

static bool leads(const struct planning *planning, const struct gd_base_listed *listed)
{
    const struct gd_coverage *coverage = planning->coverage;
    return gd_coverage_usable(coverage, listed) &&
           passes(coverage, listed->base->stop_timeline, listed->base->stop_lsn,
                  planning->plan->timeline);
}

/* Is the target behind the point from which this one is consistent? When nobody knows, an old one
   is the safe choice: it has all that comes behind it. */
static bool is_before_target(const struct planning *planning, const struct gd_base *base)
{
    const struct gd_recover_plan *plan = planning->plan;
    if (plan->target_lsn != 0)
        return base->stop_lsn <= plan->target_lsn;
    return plan->target_us == 0 || base->stopped_us <= plan->target_us;
}

static bool wants_oldest(const struct planning *planning)
{
    const struct gd_target *target = planning->target;
    return (target->kind == GD_TARGET_NAME && planning->plan->mark == NULL) ||
           target->kind == GD_TARGET_XID;
}

static const struct gd_base_listed *choose_base(const struct planning *planning)
{
    const struct gd_coverage *coverage = planning->coverage;
    const struct gd_base_listed *found = NULL;
    for (size_t i = 0; i < coverage->base_count; i++) {
        const struct gd_base_listed *listed = &coverage->bases[i];
        if (!leads(planning, listed) || !is_before_target(planning, listed->base))
            continue;
        if (found == NULL || !wants_oldest(planning))
            found = listed;
    }
    return found;
}

static struct gd_status named_base(const struct planning *planning,
                                   const struct gd_base_listed **out_base, struct gd_error *err)
{
    const struct gd_coverage *coverage = planning->coverage;
    const char *text = planning->target->base;
    const struct gd_base_listed *found = NULL;
    for (size_t i = 0; i < coverage->base_count; i++) {
        if (strncmp(coverage->bases[i].id, text, strlen(text)) != 0)
            continue;
        if (found != NULL)
            return gd_fail(err, GD_USAGE, "\"%s\" begins the id of several base backups", text);
        found = &coverage->bases[i];
    }
    if (found == NULL)
        return gd_fail(err, GD_USAGE, "there is no base backup \"%s\"", text);
    if (!leads(planning, found))
        return gd_fail(err, GD_USAGE, "nothing can be recovered from base backup \"%s\": %s",
                       found->id,
                       found->problem != NULL
                           ? found->problem
                           : "its WAL is not all there, it is of another timeline, or it is "
                             "incremental and has tablespaces");
    if (!is_before_target(planning, found->base))
        return gd_fail(err, GD_USAGE,
                       "the target lies before base backup \"%s\" is consistent, at %s (%s)",
                       found->id, lsn_text(found->base->stop_lsn, planning->arena),
                       time_text(found->base->stopped_us, planning->arena));
    *out_base = found;
    return GD_DONE;
}

/* The earliest point that can be had on this timeline. */
static struct gd_status fail_too_early(const struct planning *planning, struct gd_error *err)
{
    const struct gd_coverage *coverage = planning->coverage;
    const struct gd_base_listed *first = NULL;
    for (size_t i = 0; i < coverage->base_count && first == NULL; i++)
        if (leads(planning, &coverage->bases[i]))
            first = &coverage->bases[i];
    struct gd_status status = gd_fail(err, GD_USAGE, "no base backup is older than the target");
    if (first == NULL)
        return gd_hint(err, status, "guardian wal check says what is missing.");
    return gd_hint(err, status,
                   "The earliest point that can be recovered is %s (%s), with --base %s "
                   "--immediate.",
                   time_text(first->base->stopped_us, planning->arena),
                   lsn_text(first->base->stop_lsn, planning->arena), first->id);
}

static struct gd_status settle_base(struct planning *planning, struct gd_error *err)
{
    if (planning->target->base != NULL)
        return named_base(planning, &planning->plan->base, err);
    planning->plan->base = choose_base(planning);
    return planning->plan->base == NULL ? fail_too_early(planning, err) : GD_DONE;
}

static size_t count_chain(const struct gd_coverage *coverage, const struct gd_base_listed *base)
{
    size_t count = 0;
    while (base != NULL && count < coverage->base_count) {
        const char *after = base->base->after;
        const struct gd_base_listed *next = NULL;
        count++;
        for (size_t i = 0; *after != '\0' && i < coverage->base_count; i++)
            if (strcmp(coverage->bases[i].id, after) == 0)
                next = &coverage->bases[i];
        base = next;
    }
    return count;
}

/* --- the way --- */

/* The way ends where its last timeline begins: the parent's copy of that segment goes on with what
   is not of this way. @return the timeline whose WAL ends it */
static uint32_t settle_parting(struct planning *planning)
{
    const struct gd_wal_chain *chain = planning->coverage->chain;
    struct gd_recover_plan *plan = planning->plan;
    for (size_t i = 0; i < chain->branch_count; i++) {
        const struct gd_wal_branch *branch = &chain->branches[i];
        if (branch->timeline != plan->end_timeline || branch->at_lsn != plan->end_lsn ||
            plan->base->base->timeline == plan->end_timeline)
            continue;
        plan->parted = true;
        note(planning,
             gd_arena_printf(planning->arena,
                             "Timeline %u began at %s, and its WAL from there on is not in the "
                             "store: recovery can go no further. What timeline %u has behind that "
                             "is not of this way; --timeline %u leads to it.",
                             branch->timeline, lsn_text(branch->at_lsn, planning->arena),
                             branch->parent, branch->parent));
        return branch->parent;
    }
    return plan->end_timeline;
}

/* Where the way ends, and what is known of that. */
static void find_end(struct planning *planning)
{
    const struct gd_coverage *coverage = planning->coverage;
    struct gd_recover_plan *plan = planning->plan;
    const struct gd_base *base = plan->base->base;
    plan->end_lsn = gd_wal_chain_follow(coverage->chain, base->timeline, base->start_lsn,
                                        plan->timeline, UINT64_MAX, &plan->end_timeline);
    plan->hole = false;
    plan->hole_why = NULL;
    plan->barrier = gd_wal_chain_is_minimal(coverage->chain, plan->end_lsn);
    for (size_t i = 0; i < coverage->chain->run_count; i++) {
        const struct gd_wal_run *run = &coverage->chain->runs[i];
        if (run->timeline == plan->end_timeline && run->from_lsn > plan->end_lsn)
            plan->hole = true;
    }
    for (size_t i = 0; i < coverage->hole_count; i++)
        if (coverage->holes[i].from_lsn == plan->end_lsn &&
            passes(coverage, coverage->holes[i].timeline, plan->end_lsn, plan->timeline))
            plan->hole_why = coverage->holes[i].why;
    const struct gd_window *window = gd_coverage_window(coverage, plan->timeline, plan->end_lsn);
    plan->sure_us = window == NULL ? base->stopped_us : window->sure_us;
}

/* Was all of the way read back? */
static bool is_read(const struct planning *planning)
{
    const struct gd_wal_chain *chain = planning->coverage->chain;
    const struct gd_recover_plan *plan = planning->plan;
    uint64_t left = 0;
    for (size_t i = 0; i < chain->file_count; i++) {
        const struct gd_wal_file *file = &chain->files[i];
        if (file->name.kind == GD_WAL_SEGMENT && !file->spare && !file->proven &&
            file->to_lsn > plan->base->base->start_lsn && file->from_lsn < plan->end_lsn &&
            gd_wal_chain_leaves(chain, file->name.timeline, plan->timeline, &left) &&
            file->from_lsn < left)
            return false;
    }
    return true;
}

/* A time behind what is known to be in the WAL: the commits of its last segments may be newer than
   anybody has read. Without the key nothing is read, and what is known stays as it is. */
static struct gd_status look_at_tail(struct planning *planning,
                                     const struct gd_recover_options *options, struct gd_error *err)
{
    struct gd_recover_plan *plan = planning->plan;
    struct gd_wal_chain *chain = planning->coverage->chain;
    const struct gd_base *base = plan->base->base;
    struct gd_wal_place place = options->place;
    uint64_t tail = TAIL_SEGMENTS * chain->segment_bytes, from = base->start_lsn;
    struct gd_error why = {0};
    if (planning->target->kind != GD_TARGET_TIME || plan->target_us <= plan->sure_us ||
        is_read(planning))
        return GD_DONE;
    if (plan->end_lsn > from + tail)
        from = plan->end_lsn - tail;
    place.system_identifier = plan->system_identifier;
    struct gd_status status = gd_wal_chain_look(&place, chain, base->timeline, from, plan->timeline,
                                                plan->end_lsn, options->events, &why);
    if (status.code != GD_OK && status.code != GD_USAGE) {
        *err = why;
        return status;
    }
    gd_coverage_build(planning->coverage, planning->arena);
    find_end(planning);
    return GD_DONE;
}

static void note_end(struct planning *planning)
{
    const struct gd_wal_chain *chain = planning->coverage->chain;
    struct gd_recover_plan *plan = planning->plan;
    for (size_t i = 0; i < chain->branch_count; i++)
        if (chain->branches[i].problem != NULL)
            note(planning, gd_arena_printf(planning->arena, "Timeline %u: %s",
                                           (unsigned)chain->branches[i].timeline,
                                           chain->branches[i].problem));
    if (planning->target->kind == GD_TARGET_TIME && plan->target_us > plan->sure_us)
        note(planning,
             gd_arena_printf(planning->arena,
                             "What was committed until %s is known to be in the WAL. Whether more "
                             "of it leads to the target is seen when it is replayed; when nothing "
                             "does, recovery is refused.",
                             time_text(plan->sure_us, planning->arena)));
    if (plan->hole && planning->target->kind == GD_TARGET_LATEST)
        note(planning, gd_arena_printf(planning->arena,
                                       "The WAL has a hole behind %s%s%s: what follows cannot be "
                                       "recovered from here.",
                                       lsn_text(plan->end_lsn, planning->arena),
                                       plan->hole_why == NULL ? "" : ", ",
                                       plan->hole_why == NULL ? "" : plan->hole_why));
}

static void follow(struct planning *planning)
{
    const struct gd_coverage *coverage = planning->coverage;
    struct gd_recover_plan *plan = planning->plan;
    uint32_t last = settle_parting(planning);
    plan->end_us = plan->base->base->stopped_us;
    for (size_t i = 0; i < coverage->chain->run_count; i++) {
        const struct gd_wal_run *run = &coverage->chain->runs[i];
        if (run->timeline == last && run->from_lsn < plan->end_lsn &&
            plan->end_lsn <= run->to_lsn && run->to_us > plan->end_us)
            plan->end_us = run->to_us;
    }
    note_end(planning);
    for (size_t i = 0; i < coverage->window_count; i++)
        if (coverage->windows[i].to_us > plan->lost_until_us)
            plan->lost_until_us = coverage->windows[i].to_us;
}

/* Also one behind which only a newer timeline goes on. */
static bool is_hole(const struct gd_recover_plan *plan)
{
    return plan->hole || plan->hole_why != NULL;
}

static struct gd_status check_end(const struct planning *planning, struct gd_error *err)
{
    const struct gd_recover_plan *plan = planning->plan;
    struct gd_arena *arena = planning->arena;
    if (planning->target->kind == GD_TARGET_TIME && plan->target_us > plan->sure_us &&
        (plan->target_us > plan->end_us || is_read(planning)))
        return gd_recover_fail_time(plan, plan->target_us, plan->sure_us, arena, err);
    if (plan->target_lsn <= plan->end_lsn)
        return GD_DONE;
    struct gd_status status =
        gd_fail(err, is_hole(plan) ? GD_CORRUPT : GD_USAGE,
                "the WAL that follows base backup \"%s\" %s at %s of timeline %u, stored at %s%s: "
                "the target lies behind it",
                plan->base->id, is_hole(plan) ? "has a hole" : "ends",
                lsn_text(plan->end_lsn, arena), plan->end_timeline, time_text(plan->end_us, arena),
                plan->hole_why == NULL ? "" : gd_arena_printf(arena, " (%s)", plan->hole_why));
    return gd_hint(err, status, "The nearest that can be had is --latest%s%s.",
                   planning->target->timeline == 0 ? "" : " of that timeline",
                   is_hole(plan) ? ", which ends at the hole that the WAL has there" : "");
}

static void measure(struct planning *planning)
{
    struct gd_recover_plan *plan = planning->plan;
    const struct gd_base *base = plan->base->base;
    uint64_t until = plan->target_lsn != 0 ? plan->target_lsn : plan->end_lsn;
    if (planning->target->kind == GD_TARGET_IMMEDIATE)
        until = plan->target_lsn = base->stop_lsn;
    plan->wal_bytes = until - base->start_lsn;
    plan->lost_wal_bytes = plan->end_lsn > until ? plan->end_lsn - until : 0;
    plan->data_bytes = base->bytes;
    plan->chain_count = count_chain(planning->coverage, plan->base);
    if (planning->target->kind == GD_TARGET_IMMEDIATE)
        plan->target_us = base->stopped_us;
    if (planning->target->kind == GD_TARGET_LATEST)
        plan->target_us = plan->end_us;
}

/* A preview reads nothing that is encrypted: it has to say it by itself. */
static void note_key(struct planning *planning, const struct gd_key *key)
{
    const char *needed = planning->plan->base->base->key_id;
    if (needed == NULL || *needed == '\0' || (key != NULL && gd_key_opens(key, needed)))
        return;
    note(planning,
         gd_arena_printf(planning->arena,
                         "The base backup is encrypted with key %s, and %s: nothing can be "
                         "recovered without it.",
                         needed, key == NULL ? "no key was given" : "another key was given"));
}

static struct gd_status read_target(struct planning *planning, struct gd_error *err)
{
    const struct gd_target *target = planning->target;
    if (target->kind == GD_TARGET_LSN)
        planning->plan->target_lsn = target->lsn;
    if (target->kind == GD_TARGET_TIME)
        planning->plan->target_us = target->time_us;
    if (target->kind == GD_TARGET_LSN && target->lsn == 0)
        return gd_fail(err, GD_USAGE, "0/0 is not an LSN that a server could have");
    if (target->kind == GD_TARGET_XID && target->xid < 3)
        return gd_fail(err, GD_USAGE, "%" PRIu64 " is not the id of a transaction", target->xid);
    if (target->kind == GD_TARGET_TIME && target->time_us > gd_clock_now_us())
        return gd_hint(err, gd_fail(err, GD_USAGE, "the time lies in the future"),
                       "--latest recovers all that there is.");
    return find_mark(planning, err);
}

struct gd_status gd_recover_plan(const struct gd_recover_options *options, struct gd_arena *arena,
                                 struct gd_recover_plan *out_plan, struct gd_error *err)
{
    struct gd_recover_plan plan = {.timeline = 0};
    struct planning planning = {.target = &options->target, .arena = arena, .plan = &plan};
    struct gd_wal_place place = options->place;
    GD_TRY(gd_recover_find_cluster(&options->place, arena, &place.system_identifier, err));
    plan.system_identifier = place.system_identifier;
    GD_TRY(gd_coverage_read(&place, arena, &planning.coverage, err));
    GD_TRY(read_target(&planning, err));
    GD_TRY(choose_timeline(&planning, err));
    GD_TRY(settle_base(&planning, err));
    note_key(&planning, options->place.key);
    find_end(&planning);
    GD_TRY(look_at_tail(&planning, options, err));
    follow(&planning);
    GD_TRY(check_end(&planning, err));
    measure(&planning);
    plan.notes = planning.notes.items;
    plan.note_count = planning.notes.count;
    *out_plan = plan;
    return GD_DONE;
}
