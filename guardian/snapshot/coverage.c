/*
 * Windows and holes: arithmetic over listings.
 */
#include "guardian/snapshot/coverage.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "guardian/wal/walk.h"

/* ---- base backups ---- */

static const struct gd_base_listed *find_base(const struct gd_coverage *coverage, const char *id)
{
    for (size_t i = 0; i < coverage->base_count; i++)
        if (strcmp(coverage->bases[i].id, id) == 0)
            return &coverage->bases[i];
    return NULL;
}

static bool is_whole(const struct gd_coverage *coverage, const struct gd_base_listed *listed)
{
    size_t left = coverage->base_count; /* a circle ends, too */
    for (bool parts = false; listed != NULL && left > 0; left--) {
        if (listed->base == NULL || listed->problem != NULL || listed->unfinished)
            return false;
        const char *after = listed->base->after;
        bool more = after != NULL && after[0] != '\0';
        parts |= more;
        if (parts && listed->base->tablespace_count > 0) /* these are not put together */
            return false;
        if (!more)
            return true;
        listed = find_base(coverage, after);
    }
    return false;
}

bool gd_coverage_usable(const struct gd_coverage *coverage, const struct gd_base_listed *listed)
{
    if (!is_whole(coverage, listed))
        return false;
    const struct gd_base *base = listed->base;
    return gd_wal_chain_reaches(coverage->chain, base->timeline, base->start_lsn,
                                base->stop_timeline, base->stop_lsn, NULL, NULL);
}

/* ---- windows ---- */

struct building {
    struct gd_coverage *coverage;
    const struct gd_wal_chain *chain;
    struct gd_arena *arena;
    uint32_t *timelines; /* of runs, branches and base backups, ascending */
    size_t timeline_count, timeline_room, window_room, hole_room;
};

static void add_timeline(struct building *building, uint32_t timeline)
{
    size_t at = building->timeline_count;
    for (size_t i = 0; i < building->timeline_count; i++)
        if (building->timelines[i] == timeline)
            return;
    building->timelines =
        gd_arena_more(building->arena, building->timelines, building->timeline_count,
                      &building->timeline_room, sizeof *building->timelines);
    for (; at > 0 && building->timelines[at - 1] > timeline; at--)
        building->timelines[at] = building->timelines[at - 1];
    building->timelines[at] = timeline;
    building->timeline_count++;
}

static const struct gd_wal_run *run_before(const struct gd_wal_chain *chain, uint32_t timeline,
                                           uint64_t lsn)
{
    for (size_t i = 0; i < chain->run_count; i++) {
        const struct gd_wal_run *run = &chain->runs[i];
        if (run->timeline == timeline && run->from_lsn < lsn && lsn <= run->to_lsn)
            return run;
    }
    return NULL;
}

/* The same for a timeline of which there is nothing yet: what leads to it ends there, too. */
static const struct gd_wal_run *run_to(const struct gd_wal_chain *chain, uint32_t timeline,
                                       uint64_t lsn)
{
    const struct gd_wal_run *found = run_before(chain, timeline, lsn);
    uint64_t left;
    for (size_t i = 0; found == NULL && i < chain->run_count; i++) {
        const struct gd_wal_run *run = &chain->runs[i];
        if (run->from_lsn < lsn && lsn <= run->to_lsn &&
            gd_wal_chain_leaves(chain, run->timeline, timeline, &left) && lsn <= left)
            found = run;
    }
    return found;
}

/* Is there, behind it, a moment that is earlier? Then the clock was set back since. */
static bool is_contradicted(const struct building *building, const struct gd_wal_sure *sure)
{
    const struct gd_coverage *coverage = building->coverage;
    for (size_t i = 0; i < coverage->mark_count; i++)
        if (coverage->marks[i].timeline == sure->timeline && coverage->marks[i].lsn > sure->lsn &&
            coverage->marks[i].time_us < sure->time_us)
            return true;
    for (size_t i = 0; i < building->chain->file_count; i++) {
        const struct gd_wal_file *file = &building->chain->files[i];
        if (file->told != NULL && file->name.timeline == sure->timeline &&
            file->from_lsn >= sure->lsn && file->told->newest_us != 0 &&
            file->told->newest_us < sure->time_us)
            return true;
    }
    return false;
}

/* What a server had not committed by then. Of the timeline itself: of one that came from it nobody
 * knows when it began. */
static int64_t quiet_until(const struct building *building, const struct gd_window *window)
{
    const struct gd_coverage *coverage = building->coverage;
    int64_t until_us = INT64_MIN;
    for (size_t i = 0; i < coverage->sure_count; i++) {
        const struct gd_wal_sure *sure = &coverage->sure[i];
        if (sure->timeline == window->timeline && sure->lsn >= window->from_lsn &&
            sure->lsn <= window->to_lsn && sure->time_us > until_us &&
            !is_contradicted(building, sure))
            until_us = sure->time_us;
    }
    return until_us;
}

/* The server's clock is known where a base backup ended, where a mark was made, and of commits in
 * what was read back. */
static int64_t sure_of(const struct building *building, const struct gd_window *window)
{
    const struct gd_coverage *coverage = building->coverage;
    int64_t sure_us = quiet_until(building, window);
    sure_us = sure_us > window->from_us ? sure_us : window->from_us;
    uint64_t left;
    for (size_t i = 0; i < coverage->base_count; i++) {
        const struct gd_base *base = coverage->bases[i].base;
        if (base != NULL && base->stop_lsn <= window->to_lsn &&
            gd_wal_chain_leaves(building->chain, base->stop_timeline, window->timeline, &left) &&
            base->stop_lsn <= left && base->stopped_us > sure_us)
            sure_us = base->stopped_us;
    }
    for (size_t i = 0; i < coverage->mark_count; i++) {
        const struct gd_mark *mark = &coverage->marks[i];
        if (mark->lsn <= window->to_lsn &&
            gd_wal_chain_leaves(building->chain, mark->timeline, window->timeline, &left) &&
            mark->lsn <= left && mark->time_us > sure_us)
            sure_us = mark->time_us;
    }
    for (size_t i = 0; i < building->chain->file_count; i++) {
        const struct gd_wal_file *file = &building->chain->files[i];
        if (file->told != NULL && file->proven && file->to_lsn <= window->to_lsn &&
            file->told->newest_us > sure_us &&
            gd_wal_chain_leaves(building->chain, file->name.timeline, window->timeline, &left) &&
            file->to_lsn <= left)
            sure_us = file->told->newest_us;
    }
    return sure_us;
}

/* One that ends at the same byte holds all that is newer than its own beginning. */
static struct gd_window *window_that_ends(struct building *building, uint32_t timeline,
                                          uint64_t to_lsn)
{
    struct gd_coverage *coverage = building->coverage;
    for (size_t i = 0; i < coverage->window_count; i++)
        if (coverage->windows[i].timeline == timeline && coverage->windows[i].to_lsn == to_lsn)
            return &coverage->windows[i];
    return NULL;
}

static void add_window(struct building *building, const struct gd_base_listed *listed,
                       uint32_t timeline, uint64_t to_lsn)
{
    struct gd_coverage *coverage = building->coverage;
    struct gd_window *window = window_that_ends(building, timeline, to_lsn);
    if (window != NULL) { /* base backups come oldest first */
        window->last_base = listed->id;
        return;
    }
    const struct gd_wal_run *run = run_to(building->chain, timeline, to_lsn);
    coverage->windows = gd_arena_more(building->arena, coverage->windows, coverage->window_count,
                                      &building->window_room, sizeof *coverage->windows);
    coverage->windows[coverage->window_count++] = (struct gd_window){
        .timeline = timeline,
        .from_lsn = listed->base->stop_lsn,
        .to_lsn = to_lsn,
        .from_us = listed->base->stopped_us,
        .to_us = run == NULL || run->to_us < listed->base->stopped_us ? listed->base->stopped_us
                                                                      : run->to_us,
        .first_base = listed->id,
        .last_base = listed->id,
        .proven_lsn = listed->base->start_lsn,
    };
}

static void add_windows(struct building *building, uint32_t timeline)
{
    struct gd_coverage *coverage = building->coverage;
    for (size_t i = 0; i < coverage->base_count; i++) {
        const struct gd_base_listed *listed = &coverage->bases[i];
        uint64_t left;
        uint32_t ended;
        if (!gd_coverage_usable(coverage, listed) ||
            !gd_wal_chain_leaves(building->chain, listed->base->stop_timeline, timeline, &left) ||
            listed->base->stop_lsn > left)
            continue;
        uint64_t end = gd_wal_chain_follow(building->chain, listed->base->timeline,
                                           listed->base->start_lsn, timeline, UINT64_MAX, &ended);
        if (ended == timeline && end >= listed->base->stop_lsn)
            add_window(building, listed, timeline, end);
    }
}

/* Is all of it on the way to the end of another one? */
static bool is_within(const struct building *building, const struct gd_window *window,
                      const struct gd_window *other)
{
    uint64_t left;
    return other != window && other->timeline != window->timeline &&
           gd_wal_chain_leaves(building->chain, window->timeline, other->timeline, &left) &&
           window->to_lsn <= left && other->from_lsn <= window->from_lsn;
}

static void set_apart_what_is_within(struct building *building)
{
    struct gd_coverage *coverage = building->coverage;
    size_t room = coverage->window_count + 1, count = 0;
    struct gd_window *kept = gd_arena_zalloc(building->arena, room, sizeof *kept);
    coverage->passed = gd_arena_zalloc(building->arena, room, sizeof *coverage->passed);
    coverage->passed_count = 0;
    for (size_t i = 0; i < coverage->window_count; i++) {
        bool within = false;
        for (size_t k = 0; k < coverage->window_count && !within; k++)
            within = is_within(building, &coverage->windows[i], &coverage->windows[k]);
        if (within)
            coverage->passed[coverage->passed_count++] = coverage->windows[i];
        else
            kept[count++] = coverage->windows[i];
    }
    coverage->windows = kept;
    coverage->window_count = count;
}

static const struct gd_window *window_of(const struct gd_window *windows, size_t count,
                                         uint32_t timeline, uint64_t to_lsn)
{
    for (size_t i = 0; i < count; i++)
        if (windows[i].timeline == timeline && (to_lsn == 0 || windows[i].to_lsn == to_lsn))
            return &windows[i];
    return NULL;
}

const struct gd_window *gd_coverage_window(const struct gd_coverage *coverage, uint32_t timeline,
                                           uint64_t to_lsn)
{
    const struct gd_window *window =
        window_of(coverage->windows, coverage->window_count, timeline, to_lsn);
    return window != NULL ? window
                          : window_of(coverage->passed, coverage->passed_count, timeline, to_lsn);
}

/* Read back without a hole, from the oldest of its base backups on. */
static uint64_t proven_of(const struct building *building, const struct gd_window *window)
{
    const struct gd_base *base = find_base(building->coverage, window->first_base)->base;
    struct gd_wal_chain proven = *building->chain;
    struct gd_wal_run *runs = gd_arena_zalloc(building->arena, proven.run_count + 1, sizeof *runs);
    for (size_t i = 0; i < proven.run_count; i++) {
        runs[i] = proven.runs[i];
        runs[i].to_lsn = runs[i].proven_lsn;
    }
    proven.runs = runs;
    return gd_wal_chain_follow(&proven, base->timeline, base->start_lsn, window->timeline,
                               window->to_lsn, NULL);
}

static int oldest_window_first(const void *left, const void *right)
{
    const struct gd_window *a = left, *b = right;
    if (a->from_us != b->from_us)
        return a->from_us < b->from_us ? -1 : 1;
    return a->timeline < b->timeline ? -1 : a->timeline > b->timeline;
}

static void build_windows(struct building *building)
{
    struct gd_coverage *coverage = building->coverage;
    coverage->windows = NULL;
    coverage->window_count = 0;
    for (size_t i = 0; i < building->timeline_count; i++)
        add_windows(building, building->timelines[i]);
    for (size_t i = 0; i < coverage->window_count; i++) {
        struct gd_window *window = &coverage->windows[i];
        window->sure_us = sure_of(building, window);
        window->to_us = window->to_us > window->sure_us ? window->to_us : window->sure_us;
        window->proven_lsn = proven_of(building, window);
    }
    set_apart_what_is_within(building);
    if (coverage->window_count > 0)
        qsort(coverage->windows, coverage->window_count, sizeof *coverage->windows,
              oldest_window_first);
}

/* ---- holes ---- */

static const struct gd_wal_file *damaged_at(const struct gd_wal_chain *chain, uint32_t timeline,
                                            uint64_t lsn)
{
    for (size_t i = 0; i < chain->file_count; i++) {
        const struct gd_wal_file *file = &chain->files[i];
        uint64_t segment = file->from_lsn / chain->segment_bytes;
        if (file->problem != NULL && file->name.timeline == timeline && lsn < file->to_lsn &&
            (file->from_lsn <= lsn || (file->piece && segment == lsn / chain->segment_bytes)))
            return file;
    }
    return NULL;
}

static const char *why_of(const struct building *building, const struct gd_hole *hole)
{
    const struct gd_wal_chain *chain = building->chain;
    char first[GD_WAL_NAME_SIZE], last[GD_WAL_NAME_SIZE];
    const struct gd_wal_file *damaged = damaged_at(chain, hole->timeline, hole->from_lsn);
    struct gd_wal_name name =
        gd_wal_segment_at(hole->timeline, hole->from_lsn, chain->segment_bytes);
    gd_wal_name_write(&name, first);
    if (hole->for_good)
        return gd_arena_printf(building->arena,
                               "the server wrote with wal_level=minimal (segment %s): what it did "
                               "then is not in the WAL",
                               first);
    if (damaged != NULL)
        return gd_arena_printf(building->arena, "%s %s is damaged: %s",
                               damaged->piece ? "a piece of segment" : "segment", first,
                               damaged->problem);
    if (hole->to_lsn == 0)
        return gd_arena_printf(building->arena, "segment %s is missing", first);
    name = gd_wal_segment_at(hole->timeline, hole->to_lsn - 1, chain->segment_bytes);
    gd_wal_name_write(&name, last);
    if (strcmp(first, last) != 0)
        return gd_arena_printf(building->arena, "segments %s to %s are missing", first, last);
    bool whole = hole->to_lsn - hole->from_lsn == chain->segment_bytes;
    return gd_arena_printf(building->arena, "%ssegment %s is missing", whole ? "" : "a part of ",
                           first);
}

static void add_hole(struct building *building, struct gd_hole hole)
{
    struct gd_coverage *coverage = building->coverage;
    uint64_t size = building->chain->segment_bytes;
    for (size_t i = 0; i < coverage->hole_count; i++)
        if (coverage->holes[i].timeline == hole.timeline &&
            coverage->holes[i].from_lsn == hole.from_lsn)
            return;
    hole.segments = (hole.to_lsn - 1) / size - hole.from_lsn / size + 1;
    hole.for_good = gd_wal_chain_is_minimal(building->chain, hole.from_lsn);
    hole.why = why_of(building, &hole);
    coverage->holes = gd_arena_more(building->arena, coverage->holes, coverage->hole_count,
                                    &building->hole_room, sizeof *coverage->holes);
    coverage->holes[coverage->hole_count++] = hole;
}

/* Where WAL begins again behind `lsn` on the way to `to`: NULL: nowhere. */
static const struct gd_wal_run *next_run(const struct building *building, uint32_t timeline,
                                         uint64_t lsn, uint32_t to)
{
    const struct gd_wal_chain *chain = building->chain;
    const struct gd_wal_run *next = NULL;
    uint64_t left, from_there;
    for (size_t i = 0; i < chain->run_count; i++) {
        const struct gd_wal_run *run = &chain->runs[i];
        if (run->timeline < timeline || run->to_lsn <= lsn ||
            !gd_wal_chain_leaves(chain, timeline, run->timeline, &from_there) ||
            !gd_wal_chain_leaves(chain, run->timeline, to, &left) || run->from_lsn >= left)
            continue;
        if (next == NULL || run->from_lsn < next->from_lsn)
            next = run;
    }
    return next;
}

/* Of which timeline the server wants the segment of `lsn` first: a new one begins with a copy of
 * the segment in which the old one was left. */
static uint32_t wanted_timeline(const struct building *building, uint32_t timeline, uint64_t lsn,
                                uint32_t to)
{
    const struct gd_wal_chain *chain = building->chain;
    uint32_t wanted = timeline;
    uint64_t left;
    for (size_t i = 0; i < chain->branch_count; i++) {
        const struct gd_wal_branch *branch = &chain->branches[i];
        if (branch->parent != 0 && branch->timeline > wanted &&
            lsn >= branch->at_lsn - branch->at_lsn % chain->segment_bytes &&
            gd_wal_chain_leaves(chain, timeline, branch->timeline, &left) &&
            gd_wal_chain_leaves(chain, branch->timeline, to, &left))
            wanted = branch->timeline;
    }
    return wanted;
}

/* From `lsn` on to the end of `to`. */
static void add_holes(struct building *building, uint32_t timeline, uint64_t lsn, uint32_t to)
{
    for (;;) {
        uint32_t at_timeline;
        uint64_t at =
            gd_wal_chain_follow(building->chain, timeline, lsn, to, UINT64_MAX, &at_timeline);
        const struct gd_wal_run *next = next_run(building, at_timeline, at, to);
        if (next == NULL)
            return;
        const struct gd_wal_run *before = run_before(building->chain, at_timeline, at);
        uint64_t from = next->from_lsn > at ? next->from_lsn : at + 1;
        add_hole(building, (struct gd_hole){
                               .timeline = wanted_timeline(building, at_timeline, at, to),
                               .from_lsn = at,
                               .to_lsn = from,
                               .from_us = before == NULL ? 0 : before->to_us,
                               .to_us = next->from_us,
                           });
        timeline = next->timeline;
        lsn = from;
    }
}

static bool is_left_for_good(const struct building *building, uint32_t timeline)
{
    for (size_t i = 0; i < building->chain->branch_count; i++)
        if (building->chain->branches[i].parent == timeline)
            return true;
    return false;
}

/* Was the WAL from here on removed by prune? */
static bool is_pruned(const struct gd_coverage *coverage, uint32_t timeline, uint64_t lsn)
{
    uint64_t left;
    return coverage->pruned_timeline != 0 && lsn < coverage->pruned_lsn &&
           gd_wal_chain_leaves(coverage->chain, timeline, coverage->pruned_timeline, &left);
}

/* Of the way to each newest timeline, from the oldest base backup on; without one, from the first
 * WAL on. What an old timeline has behind its end is no promise. */
static void build_holes(struct building *building)
{
    struct gd_coverage *coverage = building->coverage;
    const struct gd_wal_chain *chain = building->chain;
    coverage->holes = NULL;
    coverage->hole_count = 0;
    for (size_t t = 0; t < building->timeline_count; t++) {
        uint32_t to = building->timelines[t];
        uint64_t left;
        if (is_left_for_good(building, to))
            continue;
        for (size_t i = 0; i < coverage->base_count; i++) {
            const struct gd_base *base = coverage->bases[i].base;
            if (base == NULL || !gd_wal_chain_leaves(chain, base->timeline, to, &left) ||
                base->start_lsn > left || is_pruned(coverage, base->timeline, base->start_lsn))
                continue;
            add_holes(building, base->timeline, base->start_lsn, to);
            break;
        }
        if (coverage->base_count == 0 && chain->run_count > 0 && coverage->pruned_timeline == 0 &&
            gd_wal_chain_leaves(chain, chain->runs[0].timeline, to, &left))
            add_holes(building, chain->runs[0].timeline, chain->runs[0].from_lsn, to);
    }
}

void gd_coverage_build(struct gd_coverage *coverage, struct gd_arena *arena)
{
    struct building building = {.coverage = coverage, .chain = coverage->chain, .arena = arena};
    for (size_t i = 0; i < coverage->chain->run_count; i++)
        add_timeline(&building, coverage->chain->runs[i].timeline);
    for (size_t i = 0; i < coverage->chain->branch_count; i++)
        add_timeline(&building, coverage->chain->branches[i].timeline);
    for (size_t i = 0; i < coverage->base_count; i++)
        if (coverage->bases[i].base != NULL)
            add_timeline(&building, coverage->bases[i].base->stop_timeline);
    build_windows(&building);
    build_holes(&building);
}

/* ---- the base backup for a target ---- */

static const char *why_not(const struct gd_coverage *coverage, const struct gd_base_listed *near,
                           uint32_t timeline, uint64_t lsn, struct gd_arena *arena)
{
    uint32_t missing_timeline = 0;
    uint64_t missing = 0;
    char name[GD_WAL_NAME_SIZE], text[GD_LSN_SIZE];
    gd_lsn_write(lsn, text);
    if (near == NULL)
        return gd_arena_printf(arena,
                               "there is no base backup that was consistent before %s of timeline "
                               "%" PRIu32,
                               text, timeline);
    if (!is_whole(coverage, near))
        return gd_arena_printf(arena, "base backup %s is not whole%s%s", near->id,
                               near->problem == NULL ? ": one that it needs is missing" : ": ",
                               near->problem == NULL ? "" : near->problem);
    if (gd_wal_chain_reaches(coverage->chain, near->base->timeline, near->base->start_lsn, timeline,
                             lsn, &missing_timeline, &missing) ||
        coverage->chain->segment_bytes == 0)
        return gd_arena_printf(arena, "there is no WAL behind base backup %s", near->id);
    struct gd_wal_name segment =
        gd_wal_segment_at(missing_timeline, missing, coverage->chain->segment_bytes);
    gd_wal_name_write(&segment, name);
    return gd_arena_printf(arena, "segment %s is missing between base backup %s and %s", name,
                           near->id, text);
}

const struct gd_base_listed *gd_coverage_base_for(const struct gd_coverage *coverage,
                                                  uint32_t timeline, uint64_t lsn,
                                                  struct gd_arena *arena, const char **out_why)
{
    const struct gd_base_listed *near = NULL;
    uint64_t left;
    for (size_t i = coverage->base_count; i > 0; i--) {
        const struct gd_base_listed *listed = &coverage->bases[i - 1];
        const struct gd_base *base = listed->base;
        if (base == NULL || base->stop_lsn > lsn ||
            !gd_wal_chain_leaves(coverage->chain, base->stop_timeline, timeline, &left) ||
            base->stop_lsn > left)
            continue;
        near = near == NULL ? listed : near;
        if (is_whole(coverage, listed) &&
            gd_wal_chain_reaches(coverage->chain, base->timeline, base->start_lsn, timeline, lsn,
                                 NULL, NULL))
            return listed;
    }
    if (out_why != NULL)
        *out_why = why_not(coverage, near, timeline, lsn, arena);
    return NULL;
}
