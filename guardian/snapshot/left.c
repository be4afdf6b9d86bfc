#include "guardian/snapshot/left.h"

#include <string.h>

#include "guardian/wal/walk.h"

/* The timeline that goes on: the newest one of which anything is known. */
static uint32_t newest_of(const struct gd_wal_chain *chain)
{
    uint32_t newest = 0;
    for (size_t i = 0; i < chain->run_count; i++)
        newest = chain->runs[i].timeline > newest ? chain->runs[i].timeline : newest;
    for (size_t i = 0; i < chain->branch_count; i++)
        newest = chain->branches[i].timeline > newest ? chain->branches[i].timeline : newest;
    return newest;
}

/* Where what is left of it begins. A timeline on which nothing goes on is left as a whole.
 * @return false: nothing is, or nobody can tell */
static bool parts_at(const struct gd_wal_chain *chain, uint32_t timeline, uint32_t newest,
                     uint64_t *out_lsn)
{
    if (timeline == newest)
        return false;
    if (gd_wal_chain_leaves(chain, timeline, newest, out_lsn))
        return true;
    for (size_t i = 0; i < chain->branch_count; i++)
        if (chain->branches[i].timeline == timeline && chain->branches[i].parent != 0 &&
            chain->branches[i].problem == NULL) {
            *out_lsn = chain->branches[i].at_lsn;
            return true;
        }
    return false;
}

static void later(int64_t *inout_us, int64_t us)
{
    if (us > *inout_us)
        *inout_us = us;
}

/* The newest moment that is known before the parting. */
static int64_t last_before(const struct gd_coverage *coverage, const struct gd_left *left)
{
    int64_t last_us = 0;
    for (size_t i = 0; i < coverage->base_count; i++) {
        const struct gd_base *base = coverage->bases[i].base;
        if (base != NULL && base->stop_timeline == left->timeline && base->stop_lsn <= left->at_lsn)
            later(&last_us, base->stopped_us);
    }
    for (size_t i = 0; i < coverage->mark_count; i++)
        if (coverage->marks[i].timeline == left->timeline && coverage->marks[i].lsn <= left->at_lsn)
            later(&last_us, coverage->marks[i].time_us);
    for (size_t i = 0; i < coverage->chain->file_count; i++) {
        const struct gd_wal_file *file = &coverage->chain->files[i];
        if (file->told != NULL && file->proven && !file->piece &&
            file->name.timeline == left->timeline && file->to_lsn <= left->at_lsn)
            later(&last_us, file->told->newest_us);
    }
    return last_us;
}

static struct gd_left measure(const struct gd_coverage *coverage, uint32_t timeline,
                              uint32_t newest, uint64_t at_lsn)
{
    struct gd_left left = {.timeline = timeline, .successor = newest, .at_lsn = at_lsn};
    uint64_t end = 0;
    for (size_t i = 0; i < coverage->chain->run_count; i++) {
        const struct gd_wal_run *run = &coverage->chain->runs[i];
        uint64_t from = run->from_lsn > at_lsn ? run->from_lsn : at_lsn;
        if (run->timeline != timeline || run->to_lsn <= from)
            continue;
        left.bytes += run->to_lsn - from;
        end = run->to_lsn > end ? run->to_lsn : end;
        later(&left.stored_us, run->to_us);
    }
    for (size_t i = 0; i < coverage->window_count; i++)
        left.reached |=
            coverage->windows[i].timeline == timeline && coverage->windows[i].to_lsn >= end;
    left.after_us = last_before(coverage, &left);
    return left;
}

void gd_left_find(const struct gd_coverage *coverage, struct gd_arena *arena,
                  struct gd_left **out_left, size_t *out_count)
{
    const struct gd_wal_chain *chain = coverage->chain;
    uint32_t newest = newest_of(chain), before = 0;
    *out_left = gd_arena_zalloc(arena, chain->run_count + 1, sizeof **out_left);
    *out_count = 0;
    for (size_t i = 0; i < chain->run_count; i++) { /* by timeline */
        uint32_t timeline = chain->runs[i].timeline;
        uint64_t at_lsn;
        if (timeline == before || !parts_at(chain, timeline, newest, &at_lsn))
            continue;
        before = timeline;
        struct gd_left left = measure(coverage, timeline, newest, at_lsn);
        if (left.bytes > 0)
            (*out_left)[(*out_count)++] = left;
    }
}

const struct gd_left *gd_left_of(const struct gd_left *left, size_t count,
                                 const struct gd_mark *mark)
{
    for (size_t i = 0; i < count; i++)
        if (left[i].timeline == mark->timeline && mark->lsn > left[i].at_lsn)
            return &left[i];
    return NULL;
}

const struct gd_left *gd_left_of_change(const struct gd_coverage *coverage,
                                        const struct gd_left *left, size_t count,
                                        const char *change, bool *out_all)
{
    const struct gd_left *found = NULL;
    *out_all = true;
    for (size_t i = 0; i < coverage->mark_count; i++) {
        const struct gd_mark *mark = &coverage->marks[i];
        if (strcmp(mark->change, change) != 0)
            continue;
        const struct gd_left *one = gd_left_of(left, count, mark);
        *out_all &= one != NULL;
        found = one != NULL ? one : found;
    }
    return found;
}
