/*
 * History: where timelines came from. A .history file names all ancestors of its timeline, so one
 * of a successor tells of a timeline whose own file is missing; what two files say must agree.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guardian/base/clock.h"
#include "guardian/wal/chain_own.h"

enum { HISTORY_BYTES_MAX = 1 << 20 };

/* ---- the file ---- */

/* "1<blank>0/3000110<blank>reason" */
static bool read_line(const char *line, struct gd_wal_ancestor *ancestor)
{
    char *end, lsn[GD_LSN_SIZE];
    unsigned long timeline = strtoul(line, &end, 10);
    if (end == line || timeline == 0 || timeline > UINT32_MAX)
        return false;
    const char *at = end + strspn(end, " \t");
    size_t length = strcspn(at, " \t");
    if (at == end || length == 0 || length >= sizeof lsn)
        return false;
    memcpy(lsn, at, length);
    lsn[length] = '\0';
    ancestor->timeline = (uint32_t)timeline;
    return gd_lsn_read(lsn, &ancestor->left_lsn);
}

struct gd_status gd_wal_history_read(const char *text, size_t size, uint32_t timeline,
                                     struct gd_arena *arena, struct gd_wal_ancestor **out_ancestors,
                                     size_t *out_count, struct gd_error *err)
{
    struct gd_wal_ancestor *ancestors = NULL, one;
    size_t count = 0, room = 0;
    char *copy = gd_arena_strndup(arena, text, size), *rest = copy, *line;
    while ((line = strsep(&rest, "\n")) != NULL) {
        line += strspn(line, " \t\r");
        if (*line == '\0' || *line == '#')
            continue;
        uint32_t before = count == 0 ? 0 : ancestors[count - 1].timeline;
        uint64_t left = count == 0 ? 0 : ancestors[count - 1].left_lsn;
        if (!read_line(line, &one) || one.timeline <= before || one.left_lsn < left ||
            one.timeline >= timeline)
            return gd_fail(err, GD_CORRUPT, "line %zu is not one of a history file", count + 1);
        ancestors = gd_arena_more(arena, ancestors, count, &room, sizeof *ancestors);
        ancestors[count++] = one;
    }
    if (count == 0)
        return gd_fail(err, GD_CORRUPT, "it names no timeline");
    *out_ancestors = ancestors;
    *out_count = count;
    return GD_DONE;
}

GD_MUST static struct gd_status fetch(const struct gd_wal_place *place,
                                      const struct gd_wal_name *name, struct gd_arena *arena,
                                      struct gd_wal_ancestor **out_ancestors, size_t *out_count,
                                      struct gd_error *err)
{
    gd_auto_sink sink = gd_mem_sink_new(HISTORY_BYTES_MAX);
    bool there = false;
    size_t size;
    GD_TRY(gd_wal_get(place, name, sink, &there, err));
    if (!there)
        return gd_fail(err, GD_CORRUPT, "it is gone");
    const char *text = gd_mem_sink_data(sink, &size);
    return gd_wal_history_read(text, size, name->timeline, arena, out_ancestors, out_count, err);
}

/* ---- branches ---- */

struct branches {
    struct gd_wal_chain *chain;
    size_t room;
    struct gd_arena *arena;
};

static struct gd_wal_branch *branch_for(struct branches *branches, uint32_t timeline)
{
    struct gd_wal_chain *chain = branches->chain;
    for (size_t i = 0; i < chain->branch_count; i++)
        if (chain->branches[i].timeline == timeline)
            return &chain->branches[i];
    chain->branches = gd_arena_more(branches->arena, chain->branches, chain->branch_count,
                                    &branches->room, sizeof *chain->branches);
    chain->branches[chain->branch_count] = (struct gd_wal_branch){.timeline = timeline};
    return &chain->branches[chain->branch_count++];
}

static void learn(struct branches *branches, uint32_t of, uint32_t timeline,
                  const struct gd_wal_ancestor *parent)
{
    struct gd_wal_branch *branch = branch_for(branches, timeline);
    if (branch->parent == 0) {
        branch->parent = parent->timeline;
        branch->at_lsn = parent->left_lsn;
    } else if (branch->parent != parent->timeline || branch->at_lsn != parent->left_lsn) {
        branch->problem =
            gd_arena_printf(branches->arena,
                            "the history files contradict each other about where timeline %" PRIu32
                            " began (%08" PRIX32 ".history)",
                            timeline, of);
    }
}

GD_MUST static struct gd_status add(struct branches *branches, const struct gd_wal_place *place,
                                    struct gd_wal_file *file, struct gd_error *err)
{
    struct gd_wal_ancestor *ancestors;
    size_t count;
    struct gd_error why = {0};
    uint32_t of = file->name.timeline;
    struct gd_status status = fetch(place, &file->name, branches->arena, &ancestors, &count, &why);
    if (status.code != GD_OK && status.code != GD_CORRUPT && status.code != GD_USAGE) {
        *err = why;
        return status;
    }
    if (status.code != GD_OK) {
        file->problem = gd_arena_strdup(branches->arena, why.text);
        branch_for(branches, of)->problem = file->problem;
        return GD_DONE;
    }
    file->proven = true;
    for (size_t i = 0; i < count; i++)
        learn(branches, of, i + 1 < count ? ancestors[i + 1].timeline : of, &ancestors[i]);
    return GD_DONE;
}

static bool has_history(const struct gd_wal_chain *chain, uint32_t timeline)
{
    for (size_t i = 0; i < chain->file_count; i++)
        if (chain->files[i].name.kind == GD_WAL_HISTORY &&
            chain->files[i].name.timeline == timeline)
            return true;
    return false;
}

/* A server that recovers asks for the file of each timeline of which there is WAL, and "wal fetch"
 * does not say that there is none. The first timeline came from nowhere. */
static void miss_histories(struct branches *branches)
{
    struct gd_wal_chain *chain = branches->chain;
    uint32_t last = 1; /* files come by timeline */
    for (size_t i = 0; i < chain->file_count; i++) {
        uint32_t timeline = chain->files[i].name.timeline;
        if (timeline == last || chain->files[i].name.kind != GD_WAL_SEGMENT)
            continue;
        last = timeline;
        if (!has_history(chain, timeline))
            branch_for(branches, timeline)->problem = gd_arena_printf(
                branches->arena,
                "its file %08" PRIX32 ".history is missing: push it from pg_wal of the server or "
                "of a standby (guardian wal push PATH)",
                timeline);
    }
}

static int by_timeline(const void *left, const void *right)
{
    const struct gd_wal_branch *a = left, *b = right;
    return a->timeline < b->timeline ? -1 : a->timeline > b->timeline;
}

struct gd_status gd_wal_chain_branches(const struct gd_wal_place *place, struct gd_wal_chain *chain,
                                       struct gd_error *err)
{
    struct branches branches = {.chain = chain, .arena = chain->arena};
    for (size_t i = 0; i < chain->file_count; i++)
        if (chain->files[i].name.kind == GD_WAL_HISTORY)
            GD_TRY(add(&branches, place, &chain->files[i], err));
    miss_histories(&branches);
    if (chain->branch_count > 0)
        qsort(chain->branches, chain->branch_count, sizeof *chain->branches, by_timeline);
    return GD_DONE;
}
