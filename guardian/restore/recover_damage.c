/*
 * Recover, damage: a WAL file could not be fetched. Is it damaged, and how far does what is before
 * it lead? It is read once more: a store that is away for a moment is no damage.
 */
#include <stdio.h>
#include <string.h>

#include "guardian/restore/recover_own.h"
#include "guardian/wal/walk.h"

enum { TAIL_SEGMENTS = 4 };

/* could not restore file "000000010000000000000005" from archive: … */
static bool read_file_name(const char *fatal, struct gd_wal_name *out_name)
{
    char name[GD_WAL_NAME_SIZE];
    const char *at = strchr(fatal, '"');
    if (at == NULL)
        return false;
    (void)snprintf(name, sizeof name, "%.*s", (int)strcspn(at + 1, "\""), at + 1);
    return gd_wal_name_read(name, out_name);
}

/* The file that is damaged, of a segment or in the place of a history file. */
static const char *find_problem(const struct gd_wal_chain *chain, const struct gd_wal_name *name,
                                uint64_t start_lsn, struct gd_arena *arena)
{
    char text[GD_WAL_NAME_SIZE];
    gd_wal_name_write(name, text);
    for (size_t i = 0; name->kind == GD_WAL_HISTORY && i < chain->branch_count; i++)
        if (chain->branches[i].timeline == name->timeline && chain->branches[i].problem != NULL)
            return gd_arena_printf(arena, "history file \"%s\" is damaged: %s", text,
                                   chain->branches[i].problem);
    for (size_t i = 0; name->kind == GD_WAL_SEGMENT && i < chain->file_count; i++) {
        const struct gd_wal_file *file = &chain->files[i];
        if (file->problem == NULL || file->spare || file->name.kind == GD_WAL_HISTORY ||
            file->name.timeline != name->timeline || file->from_lsn < start_lsn ||
            file->from_lsn >= start_lsn + chain->segment_bytes)
            continue;
        return file->piece
                   ? gd_arena_printf(arena,
                                     "a piece (%08X to %08X) of segment \"%s\" is damaged: "
                                     "%s",
                                     (unsigned)file->start, (unsigned)file->end, text,
                                     file->problem)
                   : gd_arena_printf(arena, "segment \"%s\" is damaged: %s", text, file->problem);
    }
    return NULL;
}

/* The last record that has all of its bytes before `end_lsn`; 0: not known. */
static uint64_t last_record(const struct gd_wal_chain *chain, uint32_t timeline, uint64_t end_lsn)
{
    for (size_t i = 0; i < chain->file_count; i++) {
        const struct gd_wal_file *file = &chain->files[i];
        if (file->told != NULL && file->proven && file->problem == NULL &&
            file->name.timeline == timeline && file->from_lsn < end_lsn && file->to_lsn == end_lsn)
            return file->told->tail_left == 0 ? file->told->last_start : file->told->before_last;
    }
    return 0;
}

static void measure(const struct gd_recovering *recovering, const struct gd_coverage *coverage,
                    struct gd_recover_damage *damage)
{
    const struct gd_base *base = recovering->base;
    damage->end_lsn =
        gd_wal_chain_follow(coverage->chain, base->timeline, base->start_lsn,
                            recovering->plan->timeline, UINT64_MAX, &damage->end_timeline);
    damage->last_record = last_record(coverage->chain, damage->end_timeline, damage->end_lsn);
    const struct gd_window *window =
        gd_coverage_window(coverage, damage->end_timeline, damage->end_lsn);
    damage->sure_us = window == NULL ? 0 : window->sure_us;
}

struct gd_status gd_recover_find_damage(const struct gd_recovering *recovering, const char *fatal,
                                        struct gd_recover_damage *out_damage, struct gd_error *err)
{
    const struct gd_base *base = recovering->base;
    struct gd_wal_place place = recovering->options->place;
    struct gd_coverage *coverage = NULL;
    struct gd_wal_name name;
    uint64_t start = 0, tail = TAIL_SEGMENTS * base->segment_bytes;
    *out_damage = (struct gd_recover_damage){.what = NULL};
    place.system_identifier = recovering->plan->system_identifier;
    if (!read_file_name(fatal, &name) ||
        (name.kind == GD_WAL_SEGMENT && !gd_wal_name_start(&name, base->segment_bytes, &start)))
        return GD_DONE;
    GD_TRY(gd_coverage_read(&place, recovering->arena, &coverage, err));
    if (name.kind == GD_WAL_SEGMENT)
        GD_TRY(gd_wal_chain_look(&place, coverage->chain, base->timeline,
                                 start > base->start_lsn + tail ? start - tail : base->start_lsn,
                                 recovering->plan->timeline, start + base->segment_bytes,
                                 recovering->options->events, err));
    gd_coverage_build(coverage, recovering->arena);
    out_damage->what = find_problem(coverage->chain, &name, start, recovering->arena);
    measure(recovering, coverage, out_damage);
    return GD_DONE;
}
