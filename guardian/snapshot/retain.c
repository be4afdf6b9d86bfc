#include "guardian/snapshot/retain.h"

#include <stdio.h>
#include <string.h>

#include "guardian/base/clock.h"

struct deciding {
    struct gd_retention *retention;
    const struct gd_coverage *coverage;
    const struct gd_wal_chain *chain;
    const struct gd_retain_rules *rules;
    int64_t now_us;
    struct gd_arena *arena;
    bool *leads;       /* for each base backup: it leads into the promised time */
    int64_t oldest_us; /* when the oldest anchor was begun */
};

static void keep(struct gd_retain_base *item, enum gd_retain why, const char *because)
{
    if (item->keep != GD_RETAIN_NOT)
        return;
    item->keep = why;
    item->because = because;
}

/* ---- the anchor ---- */

static const struct gd_retain_base *item_of(const struct deciding *deciding, const char *id)
{
    for (size_t i = 0; i < deciding->coverage->base_count; i++)
        if (strcmp(deciding->retention->bases[i].listed->id, id) == 0)
            return &deciding->retention->bases[i];
    return NULL;
}

/* It, and all that it goes on from. */
static bool is_proven(const struct deciding *deciding, const struct gd_retain_base *item)
{
    size_t left = deciding->coverage->base_count; /* a circle ends, too */
    for (; item != NULL && left > 0; left--) {
        if (item->listed->base == NULL || !item->proven || item->damaged)
            return false;
        const char *after = item->listed->base->after;
        if (after == NULL || after[0] == '\0')
            return true;
        item = item_of(deciding, after);
    }
    return false;
}

static bool is_success(const struct deciding *deciding, const struct gd_retain_base *item)
{
    return is_proven(deciding, item) && item->listed->base->stopped_us <= deciding->now_us &&
           gd_coverage_usable(deciding->coverage, item->listed);
}

/* Does it lead to this mark? */
static bool leads_to(const struct deciding *deciding, const struct gd_base *base,
                     const struct gd_mark *mark)
{
    return base->stop_lsn <= mark->lsn &&
           gd_wal_chain_reaches(deciding->chain, base->timeline, base->start_lsn, mark->timeline,
                                mark->lsn, NULL, NULL);
}

/* A mark of a change that is not closed, which can be reached from something. */
static bool is_wanted(const struct deciding *deciding, size_t mark)
{
    const struct gd_mark *one = &deciding->coverage->marks[mark];
    return deciding->retention->mark_open[mark] &&
           gd_coverage_base_for(deciding->coverage, one->timeline, one->lsn, deciding->arena,
                                NULL) != NULL;
}

static bool is_in(const struct deciding *deciding, const struct gd_window *window,
                  const struct gd_base *base)
{
    uint64_t left;
    return window->from_lsn <= base->stop_lsn && base->stop_lsn <= window->to_lsn &&
           gd_wal_chain_leaves(deciding->chain, base->stop_timeline, window->timeline, &left) &&
           base->stop_lsn <= left;
}

/* The newest that is older than the begin, from which this window is reached; SIZE_MAX: none. */
static size_t anchor_of(const struct deciding *deciding, const struct gd_window *window)
{
    const struct gd_retention *retention = deciding->retention;
    size_t anchor = SIZE_MAX;
    int64_t newest_us = INT64_MIN;
    for (size_t i = 0; i < deciding->coverage->base_count; i++) {
        const struct gd_retain_base *item = &retention->bases[i];
        const struct gd_base *base = item->listed->base;
        if (base == NULL || item->listed->unfinished || base->stopped_us > retention->begins_us ||
            base->stopped_us < newest_us || !is_success(deciding, item) ||
            !is_in(deciding, window, base))
            continue;
        newest_us = base->stopped_us;
        anchor = i;
    }
    return anchor;
}

/* Each window that is not over when the promised time begins has an anchor of its own: a timeline
 * that was left may have moments of that time, too. Where there is none, all base backups stay
 * that lead into it. */
static void find_anchors(struct deciding *deciding)
{
    struct gd_retention *retention = deciding->retention;
    const struct gd_coverage *coverage = deciding->coverage;
    const struct gd_window *newest = NULL;
    for (size_t w = 0; w < coverage->window_count; w++) {
        const struct gd_window *window = &coverage->windows[w];
        if (window->to_us < retention->begins_us)
            continue;
        size_t anchor = anchor_of(deciding, window);
        for (size_t i = 0; anchor == SIZE_MAX && i < coverage->base_count; i++)
            if (retention->bases[i].listed->base != NULL &&
                is_in(deciding, window, retention->bases[i].listed->base))
                deciding->leads[i] = true;
        if (anchor == SIZE_MAX)
            continue;
        deciding->leads[anchor] = true;
        const struct gd_base_listed *listed = retention->bases[anchor].listed;
        if (listed->base->started_us < deciding->oldest_us)
            deciding->oldest_us = listed->base->started_us;
        if (newest == NULL || window->timeline > newest->timeline ||
            (window->timeline == newest->timeline && window->to_lsn > newest->to_lsn)) {
            newest = window;
            retention->anchor = listed;
        }
    }
}

/* Every mark of an open change must be reached from what stays. */
static bool leads_to_open_marks(const struct deciding *deciding)
{
    const struct gd_coverage *coverage = deciding->coverage;
    for (size_t m = 0; m < coverage->mark_count; m++) {
        bool led = !is_wanted(deciding, m);
        for (size_t i = 0; i < coverage->base_count && !led; i++) {
            const struct gd_base *base = deciding->retention->bases[i].listed->base;
            led = base != NULL &&
                  (deciding->leads[i] ||
                   base->stopped_us >= deciding->retention->anchor->base->stopped_us) &&
                  gd_coverage_usable(coverage, deciding->retention->bases[i].listed) &&
                  leads_to(deciding, base, &coverage->marks[m]);
        }
        if (!led)
            return false;
    }
    return true;
}

static int64_t begin_of(const struct deciding *deciding)
{
    const struct gd_coverage *coverage = deciding->coverage;
    int64_t begins_us = deciding->now_us - deciding->rules->keep_us;
    for (size_t i = 0; i < coverage->mark_count; i++)
        if (is_wanted(deciding, i) && coverage->marks[i].time_us < begins_us)
            begins_us = coverage->marks[i].time_us;
    return begins_us;
}

/* ---- base backups ---- */

/* Its manifest cannot be read: nobody knows what it needs, but that it is older than itself. */
static bool is_riddle(const struct gd_base_listed *listed)
{
    return listed->base == NULL && !listed->unfinished;
}

/* Once for all that one of those may need: it can be no newer than the anchor to go. */
static void decide_riddle(const struct deciding *deciding, struct gd_retain_base *item)
{
    if (!deciding->rules->drop_damaged)
        keep(item, GD_RETAIN_DAMAGED,
             "its manifest cannot be read: it stays with what it may need until somebody looked "
             "at it");
    else if (item->listed > deciding->retention->anchor) /* oldest first */
        keep(item, GD_RETAIN_WINDOW, "newer than the last proven one before the window");
    else if (item->keep == GD_RETAIN_NOT)
        item->because = "its manifest cannot be read, and it is older than the window";
}

static void decide_litter(const struct deciding *deciding, struct gd_retain_base *item)
{
    int64_t age_us = (int64_t)deciding->rules->unfinished_age_s * 1000000;
    if (item->listed->touched_us > deciding->now_us - age_us)
        keep(item, GD_RETAIN_YOUNG, "not finished, perhaps being made at this moment");
    else if (item->keep == GD_RETAIN_NOT)
        item->because = "never finished";
}

static void decide_one(const struct deciding *deciding, struct gd_retain_base *item)
{
    const struct gd_base_listed *anchor = deciding->retention->anchor;
    if (item->held)
        keep(item, GD_RETAIN_HELD, "held");
    if (item->listed->unfinished) {
        decide_litter(deciding, item);
        return;
    }
    bool bad = item->damaged || item->listed->problem != NULL;
    if (anchor == NULL) {
        keep(item, GD_RETAIN_UNCERTAIN, deciding->retention->why_nothing);
    } else if (is_riddle(item->listed)) {
        decide_riddle(deciding, item);
    } else if (bad && !deciding->rules->drop_damaged) {
        keep(item, GD_RETAIN_DAMAGED, "damaged: it stays until somebody looked at it");
    } else if (deciding->leads[item - deciding->retention->bases]) {
        bool open = deciding->retention->begins_us < deciding->now_us - deciding->rules->keep_us;
        keep(item, open ? GD_RETAIN_OPEN_CHANGE : GD_RETAIN_WINDOW,
             open ? "a change that is not closed needs it" : "the window begins with it");
    } else if (item->listed->base->stopped_us >= anchor->base->stopped_us) {
        keep(item, GD_RETAIN_WINDOW,
             item->listed->base->stopped_us >= deciding->retention->begins_us
                 ? "inside of the window"
                 : "newer than the last proven one before the window");
    } else if (item->keep == GD_RETAIN_NOT) {
        item->because = bad ? "damaged, and older than the window" : "older than the window";
    }
}

static struct gd_retain_base *find(const struct deciding *deciding, const char *id)
{
    for (size_t i = 0; i < deciding->coverage->base_count; i++)
        if (strcmp(deciding->retention->bases[i].listed->id, id) == 0)
            return &deciding->retention->bases[i];
    return NULL;
}

static bool keep_needed(const struct deciding *deciding, const char *id, const char *by,
                        const char *what)
{
    struct gd_retain_base *item = id == NULL || id[0] == '\0' ? NULL : find(deciding, id);
    if (item == NULL || item->keep != GD_RETAIN_NOT)
        return false;
    keep(item, GD_RETAIN_NEEDED, gd_arena_printf(deciding->arena, "%s %s", by, what));
    return true;
}

/* All that are older may be what it is built upon, or hold files of it. */
static bool keep_older(const struct deciding *deciding, size_t at)
{
    bool more = false;
    for (size_t i = 0; i < at; i++)
        if (!deciding->coverage->bases[i].unfinished)
            more |= keep_needed(deciding, deciding->coverage->bases[i].id,
                                deciding->coverage->bases[at].id,
                                "may need it: its manifest cannot be read");
    return more;
}

/* What those that stay need stays, and what that needs. */
static void keep_all_needed(const struct deciding *deciding)
{
    for (bool more = true; more;) {
        more = false;
        for (size_t i = 0; i < deciding->coverage->base_count; i++) {
            const struct gd_retain_base *item = &deciding->retention->bases[i];
            const struct gd_base_listed *listed = item->listed;
            if (item->keep != GD_RETAIN_NOT && is_riddle(listed))
                more |= keep_older(deciding, i);
            if (item->keep == GD_RETAIN_NOT || listed->base == NULL)
                continue;
            more |= keep_needed(deciding, listed->base->after, listed->id, "is built upon it");
            for (size_t k = 0; k < listed->owner_count; k++)
                more |=
                    keep_needed(deciding, listed->owners[k], listed->id, "shares files with it");
        }
    }
}

static void decide_bases(struct deciding *deciding)
{
    struct gd_retention *retention = deciding->retention;
    for (size_t i = 0; i < deciding->coverage->base_count; i++) {
        retention->bases[i].keep = GD_RETAIN_NOT;
        retention->bases[i].because = "";
        retention->bases[i].listed = &deciding->coverage->bases[i];
    }
    retention->begins_us = begin_of(deciding);
    retention->anchor = NULL;
    retention->why_nothing = NULL;
    deciding->oldest_us = INT64_MAX;
    deciding->leads =
        gd_arena_zalloc(deciding->arena, deciding->coverage->base_count + 1, sizeof(bool));
    find_anchors(deciding);
    if (retention->anchor == NULL) {
        retention->why_nothing = "no whole base backup is older than the window's begin";
    } else if (!leads_to_open_marks(deciding)) {
        retention->anchor = NULL;
        retention->why_nothing = "a change that is not closed needs what is older";
    }
    for (size_t i = 0; i < deciding->coverage->base_count; i++)
        decide_one(deciding, &retention->bases[i]);
    keep_all_needed(deciding);
}

/* ---- WAL ---- */

/* Is it on a way that begins with this base backup? `only_own`: no further than where that is
 * consistent. */
static bool is_of(const struct deciding *deciding, const struct gd_base *base,
                  const struct gd_wal_file *file, bool only_own)
{
    uint64_t left, size = deciding->chain->segment_bytes;
    uint64_t start = file->from_lsn - file->from_lsn % size, end = start + size;
    if (end <= base->start_lsn || (only_own && start >= base->stop_lsn))
        return false;
    if (gd_wal_chain_leaves(deciding->chain, base->timeline, file->name.timeline, &left) &&
        base->start_lsn <= left)
        return true;
    /* Of an unknown past: who can tell? */
    return only_own && file->name.timeline >= base->timeline &&
           file->name.timeline <= base->stop_timeline;
}

/* When it was begun: its id says so by the clock of who made it. */
static int64_t begun_at(const struct gd_base_listed *listed)
{
    const char *id = listed->id;
    char text[32];
    int64_t begun_us = listed->begun_us, told_us;
    if (gd_id_valid(id)) {
        (void)snprintf(text, sizeof text, "%.4s-%.2s-%.2sT%.2s:%.2s:%.2sZ", id, id + 4, id + 6,
                       id + 9, id + 11, id + 13);
        if (gd_clock_parse(text, &told_us) && told_us < begun_us)
            begun_us = told_us;
    }
    return begun_us;
}

/* Was something of the file's segment stored while this one was made, or within a day of it? */
static bool is_of_riddle(const struct deciding *deciding, const struct gd_base_listed *listed,
                         const struct gd_wal_file *file)
{
    const int64_t day_us = INT64_C(86400000000);
    const struct gd_wal_file *first = deciding->chain->files;
    const struct gd_wal_file *end = first + deciding->chain->file_count;
    const int64_t from_us = begun_at(listed) - day_us, to_us = listed->touched_us + day_us;
    uint64_t segment = file->from_lsn / deciding->chain->segment_bytes;
    const struct gd_wal_file *at = file;
    while (at > first && at[-1].name.timeline == file->name.timeline &&
           at[-1].from_lsn / deciding->chain->segment_bytes == segment)
        at--;
    for (; at < end && at->name.timeline == file->name.timeline &&
           at->from_lsn / deciding->chain->segment_bytes == segment;
         at++)
        if (at->modified_us >= from_us && at->modified_us <= to_us)
            return true;
    return false;
}

static bool is_needed(const struct deciding *deciding, const struct gd_wal_file *file)
{
    const struct gd_retention *retention = deciding->retention;
    for (size_t i = 0; i < deciding->coverage->base_count; i++) {
        const struct gd_retain_base *item = &retention->bases[i];
        const struct gd_base *base = item->listed->base;
        if (item->keep != GD_RETAIN_NOT && is_riddle(item->listed) &&
            is_of_riddle(deciding, item->listed, file))
            return true;
        if (item->keep == GD_RETAIN_NOT || base == NULL)
            continue;
        bool inside = deciding->leads[i] || base->stopped_us >= retention->anchor->base->stopped_us;
        if (is_of(deciding, base, file, !inside))
            return true;
    }
    return false;
}

static bool goes(const struct deciding *deciding, const struct gd_wal_file *file)
{
    const struct gd_base_listed *anchor = deciding->retention->anchor;
    if (file->name.kind == GD_WAL_HISTORY || deciding->chain->segment_bytes == 0)
        return false; /* small, and what tells of the past */
    if (file->name.kind == GD_WAL_SEGMENT && file->to_lsn == file->from_lsn)
        return false; /* of another size: nobody knows where it belongs */
    if (file->spare) {
        const struct gd_wal_file *whole = NULL;
        for (const struct gd_wal_file *at = deciding->chain->files;
             at < deciding->chain->files + deciding->chain->file_count; at++)
            if (!at->piece && at->name.kind == GD_WAL_SEGMENT &&
                at->name.timeline == file->name.timeline && at->from_lsn <= file->from_lsn &&
                file->from_lsn < at->from_lsn + deciding->chain->segment_bytes)
                whole = at;
        return whole != NULL && whole->proven && whole->problem == NULL;
    }
    return anchor != NULL && file->modified_us < deciding->oldest_us && !is_needed(deciding, file);
}

static void decide_wal(struct deciding *deciding)
{
    struct gd_retention *retention = deciding->retention;
    const struct gd_wal_chain *chain = deciding->chain;
    retention->files = retention->file_bytes = 0;
    retention->file_goes =
        gd_arena_zalloc(deciding->arena, chain->file_count + 1, sizeof *retention->file_goes);
    for (size_t i = 0; i < chain->file_count; i++) {
        if (!goes(deciding, &chain->files[i]))
            continue;
        retention->file_goes[i] = true;
        retention->files++;
        retention->file_bytes += chain->files[i].stored_bytes;
    }
}

static void decide_marks(struct deciding *deciding)
{
    struct gd_retention *retention = deciding->retention;
    const struct gd_coverage *coverage = deciding->coverage;
    retention->marks = 0;
    retention->mark_goes =
        gd_arena_zalloc(deciding->arena, coverage->mark_count + 1, sizeof *retention->mark_goes);
    for (size_t i = 0; i < coverage->mark_count && retention->anchor != NULL; i++) {
        retention->mark_goes[i] =
            !retention->mark_open[i] && coverage->marks[i].time_us < deciding->oldest_us;
        retention->marks += retention->mark_goes[i];
    }
}

void gd_retain_decide(struct gd_retention *retention, const struct gd_retain_rules *rules,
                      int64_t now_us, struct gd_arena *arena)
{
    struct deciding deciding = {
        .retention = retention,
        .coverage = retention->coverage,
        .chain = retention->coverage->chain,
        .rules = rules,
        .now_us = now_us,
        .arena = arena,
    };
    decide_bases(&deciding);
    decide_wal(&deciding);
    decide_marks(&deciding);
}
