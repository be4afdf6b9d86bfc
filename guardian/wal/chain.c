/*
 * Listing: names make files, files make runs.
 */
#include "guardian/wal/chain.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "guardian/wal/chain_own.h"

/* ---- keys ---- */

enum { NAME_DIGITS = 24, OFFSET_DIGITS = 8, TIMELINE_DIGITS = 8 };

const char *gd_wal_file_key(const struct gd_wal_place *place, const struct gd_wal_file *file,
                            struct gd_arena *arena)
{
    char name[GD_WAL_NAME_SIZE];
    if (!file->piece)
        return gd_wal_key(place, &file->name, arena);
    gd_wal_name_write(&file->name, name);
    return gd_arena_printf(
        arena, "v1/%" PRIu64 "/wal/%08" PRIX32 "/%s.part/%08" PRIX32 "-%08" PRIX32 ".zst",
        place->system_identifier, file->name.timeline, name, file->start, file->end);
}

static bool read_hex(const char *text, uint32_t *out_number)
{
    char digits[OFFSET_DIGITS + 1], *end;
    if (strnlen(text, OFFSET_DIGITS) < OFFSET_DIGITS)
        return false;
    memcpy(digits, text, OFFSET_DIGITS);
    digits[OFFSET_DIGITS] = '\0';
    *out_number = (uint32_t)strtoul(digits, &end, 16);
    return end == digits + OFFSET_DIGITS && strspn(digits, "0123456789abcdefABCDEF") == 8;
}

/* "00000000-00012000.zst" */
static bool read_piece(const char *text, struct gd_wal_file *file)
{
    file->piece = true;
    return read_hex(text, &file->start) && text[OFFSET_DIGITS] == '-' &&
           read_hex(text + OFFSET_DIGITS + 1, &file->end) &&
           strcmp(text + 2 * OFFSET_DIGITS + 1, ".zst") == 0 && file->start < file->end;
}

/* What stands behind "…/wal/". @return false: Guardian did not put it there */
static bool read_key(const char *text, struct gd_wal_file *file)
{
    static const char part[] = ".part/";
    char name[GD_WAL_NAME_SIZE];
    uint32_t folder;
    if (!read_hex(text, &folder) || text[TIMELINE_DIGITS] != '/')
        return false;
    text += TIMELINE_DIGITS + 1;
    const char *slash = strchr(text, '/');
    size_t length = strlen(text);
    if (slash != NULL) {
        if (slash != text + NAME_DIGITS + sizeof part - 2 ||
            strncmp(text + NAME_DIGITS, part, sizeof part - 1) != 0 || !read_piece(slash + 1, file))
            return false;
        length = NAME_DIGITS;
    } else if (length <= 4 || strcmp(text + length - 4, ".zst") != 0) {
        return false;
    } else {
        length -= 4;
    }
    if (length >= sizeof name)
        return false;
    memcpy(name, text, length);
    name[length] = '\0';
    return gd_wal_name_read(name, &file->name) && file->name.timeline == folder &&
           (!file->piece || file->name.kind == GD_WAL_SEGMENT);
}

/* ---- files ---- */

struct listing {
    struct gd_wal_chain *chain;
    size_t prefix, room;
    struct gd_arena *arena;
};

GD_MUST static struct gd_status see(void *context, const struct gd_store_entry *entry,
                                    struct gd_error *err)
{
    struct listing *listing = context;
    struct gd_wal_chain *chain = listing->chain;
    struct gd_wal_file file = {.stored_bytes = entry->bytes, .modified_us = entry->modified_us};
    (void)err;
    if (!read_key(entry->key + listing->prefix, &file))
        return GD_DONE;
    chain->files = gd_arena_more(listing->arena, chain->files, chain->file_count, &listing->room,
                                 sizeof *chain->files);
    chain->files[chain->file_count++] = file;
    return GD_DONE;
}

/* Where it stands, now that the segments' size is known. */
static void place_file(struct gd_wal_file *file, uint64_t segment_bytes)
{
    uint64_t start;
    if (file->name.kind == GD_WAL_HISTORY)
        return;
    if (!gd_wal_name_start(&file->name, segment_bytes, &start) || file->end > segment_bytes) {
        file->problem = "its name is of segments of another size";
        return;
    }
    file->from_lsn = file->to_lsn = start;
    if (file->piece) {
        file->from_lsn = start + file->start;
        file->to_lsn = start + file->end;
    } else if (file->name.kind == GD_WAL_SEGMENT) {
        file->to_lsn = start + segment_bytes;
    }
}

static int by_place(const void *left, const void *right)
{
    const struct gd_wal_file *a = left, *b = right;
    if (a->name.timeline != b->name.timeline)
        return a->name.timeline < b->name.timeline ? -1 : 1;
    if (a->from_lsn != b->from_lsn)
        return a->from_lsn < b->from_lsn ? -1 : 1;
    if (a->to_lsn != b->to_lsn)
        return a->to_lsn < b->to_lsn ? -1 : 1;
    return (a->piece ? 1 : 0) - (b->piece ? 1 : 0);
}

struct gd_wal_file *gd_wal_chain_whole(const struct gd_wal_chain *chain, uint32_t timeline,
                                       uint64_t lsn)
{
    size_t low = 0, high = chain->file_count;
    lsn -= lsn % chain->segment_bytes;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct gd_wal_file *file = &chain->files[middle];
        if (file->name.timeline < timeline ||
            (file->name.timeline == timeline && file->from_lsn < lsn))
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < chain->file_count; low++) {
        struct gd_wal_file *file = &chain->files[low];
        if (file->name.timeline != timeline || file->from_lsn != lsn)
            break;
        if (!file->piece && file->name.kind == GD_WAL_SEGMENT)
            return file;
    }
    return NULL;
}

/* ---- runs ---- */

static bool goes_on(const struct gd_wal_run *run, const struct gd_wal_file *file)
{
    return run->timeline == file->name.timeline && file->from_lsn <= run->to_lsn;
}

static void lengthen(struct gd_wal_run *run, const struct gd_wal_file *file)
{
    if (file->proven && run->proven_lsn >= file->from_lsn && run->proven_lsn < file->to_lsn)
        run->proven_lsn = file->to_lsn;
    if (file->to_lsn > run->to_lsn) {
        run->to_lsn = file->to_lsn;
        run->to_us = file->modified_us;
    }
    run->stored_bytes += file->stored_bytes;
}

static void add_run(struct gd_wal_chain *chain, const struct gd_wal_file *file, uint64_t from_lsn,
                    size_t *inout_room)
{
    chain->runs =
        gd_arena_more(chain->arena, chain->runs, chain->run_count, inout_room, sizeof *chain->runs);
    chain->runs[chain->run_count++] = (struct gd_wal_run){
        .timeline = file->name.timeline,
        .from_lsn = from_lsn,
        .to_lsn = from_lsn,
        .proven_lsn = from_lsn,
        .from_us = file->modified_us,
        .to_us = file->modified_us,
    };
}

/* Where the server wrote with wal_level=minimal, a run ends although bytes follow: what a recovery
 * would need is not in them. What begins behind is for base backups of later. */
static void part_at_minimal(struct gd_wal_chain *chain, const struct gd_wal_file *file,
                            size_t *inout_room)
{
    enum { LEAST_RECORD = 24 };
    const struct gd_wal_told *told = file->told;
    struct gd_wal_run *run = &chain->runs[chain->run_count - 1];
    if (told == NULL || told->first_minimal == 0 || told->first_minimal < run->from_lsn ||
        told->first_minimal >= run->to_lsn)
        return;
    uint64_t to_lsn = run->to_lsn, behind = told->last_minimal + LEAST_RECORD;
    run->to_lsn = told->first_minimal;
    if (run->proven_lsn > run->to_lsn)
        run->proven_lsn = run->to_lsn;
    if (behind >= to_lsn)
        return;
    add_run(chain, file, behind, inout_room);
    run = &chain->runs[chain->run_count - 1];
    run->to_lsn = to_lsn;
    run->proven_lsn = file->proven ? to_lsn : behind;
}

/* A damaged piece makes "wal fetch" give nothing of its segment, so nothing of it is claimed. */
static void end_before_damage(const struct gd_wal_chain *chain, struct gd_wal_run *run)
{
    uint64_t start = run->to_lsn - run->to_lsn % chain->segment_bytes;
    for (size_t i = 0; i < chain->file_count; i++) {
        const struct gd_wal_file *file = &chain->files[i];
        if (!file->piece || file->problem == NULL || file->spare ||
            file->name.timeline != run->timeline || file->from_lsn < start ||
            file->from_lsn > run->to_lsn || file->to_lsn <= run->to_lsn)
            continue;
        run->to_lsn = start > run->from_lsn ? start : run->from_lsn;
        if (run->proven_lsn > run->to_lsn)
            run->proven_lsn = run->to_lsn;
        return;
    }
}

void gd_wal_chain_runs(struct gd_wal_chain *chain)
{
    size_t room = 0;
    chain->runs = NULL;
    chain->run_count = 0;
    if (chain->segment_bytes == 0) /* nothing has a place yet */
        return;
    for (size_t i = 0; i < chain->file_count; i++) {
        const struct gd_wal_file *file = &chain->files[i];
        if (file->to_lsn == file->from_lsn || file->problem != NULL || file->spare)
            continue;
        if (chain->run_count == 0 || !goes_on(&chain->runs[chain->run_count - 1], file))
            add_run(chain, file, file->from_lsn, &room);
        lengthen(&chain->runs[chain->run_count - 1], file);
        part_at_minimal(chain, file, &room);
    }
    for (size_t i = 0; i < chain->run_count; i++)
        end_before_damage(chain, &chain->runs[i]);
}

GD_MUST static struct gd_status read_chain(const struct gd_wal_place *place, bool remembered,
                                           struct gd_arena *arena, struct gd_wal_chain **out_chain,
                                           struct gd_error *err)
{
    struct gd_wal_chain *chain = gd_arena_zalloc(arena, 1, sizeof *chain);
    const char *prefix = gd_arena_printf(arena, "v1/%" PRIu64 "/wal/", place->system_identifier);
    struct listing listing = {.chain = chain, .prefix = strlen(prefix), .arena = arena};
    chain->arena = arena;
    chain->system_identifier = place->system_identifier;
    GD_TRY(gd_store_list(place->store, prefix, see, &listing, err));
    GD_TRY(gd_wal_chain_segment_bytes(place, chain, &chain->segment_bytes, err));
    for (size_t i = 0; i < chain->file_count && chain->segment_bytes > 0; i++)
        place_file(&chain->files[i], chain->segment_bytes);
    if (chain->file_count > 0)
        qsort(chain->files, chain->file_count, sizeof *chain->files, by_place);
    for (size_t i = 0; i < chain->file_count && chain->segment_bytes > 0; i++) {
        struct gd_wal_file *file = &chain->files[i];
        file->spare =
            file->piece && gd_wal_chain_whole(chain, file->name.timeline, file->from_lsn) != NULL;
    }
    if (remembered)
        GD_TRY(gd_wal_proven_read(place, chain, err));
    gd_wal_chain_runs(chain);
    GD_TRY(gd_wal_chain_branches(place, chain, err));
    *out_chain = chain;
    return GD_DONE;
}

struct gd_status gd_wal_chain_read(const struct gd_wal_place *place, struct gd_arena *arena,
                                   struct gd_wal_chain **out_chain, struct gd_error *err)
{
    return read_chain(place, true, arena, out_chain, err);
}

struct gd_status gd_wal_chain_list(const struct gd_wal_place *place, struct gd_arena *arena,
                                   struct gd_wal_chain **out_chain, struct gd_error *err)
{
    return read_chain(place, false, arena, out_chain, err);
}

bool gd_wal_chain_is_minimal(const struct gd_wal_chain *chain, uint64_t lsn)
{
    for (size_t i = 0; i < chain->file_count; i++)
        if (chain->files[i].told != NULL && chain->files[i].told->first_minimal == lsn)
            return lsn != 0;
    return false;
}

/* ---- ways over timelines ---- */

static const struct gd_wal_branch *branch_of(const struct gd_wal_chain *chain, uint32_t timeline)
{
    for (size_t i = 0; i < chain->branch_count; i++)
        if (chain->branches[i].timeline == timeline)
            return &chain->branches[i];
    return NULL;
}

bool gd_wal_chain_leaves(const struct gd_wal_chain *chain, uint32_t timeline, uint32_t to_timeline,
                         uint64_t *out_lsn)
{
    uint64_t left = UINT64_MAX;
    while (to_timeline != timeline) {
        const struct gd_wal_branch *branch = branch_of(chain, to_timeline);
        if (branch == NULL || branch->parent == 0 || branch->parent >= to_timeline)
            return false;
        if (branch->at_lsn < left) /* what was left earlier is not gone back to */
            left = branch->at_lsn;
        to_timeline = branch->parent;
    }
    *out_lsn = left;
    return true;
}

/* The timeline that comes next behind `timeline` on the way to `to_timeline`. */
static uint32_t next_of(const struct gd_wal_chain *chain, uint32_t timeline, uint32_t to_timeline)
{
    uint32_t next = to_timeline;
    while (next != timeline) {
        const struct gd_wal_branch *branch = branch_of(chain, next);
        if (branch == NULL || branch->parent == timeline || branch->parent >= next)
            break;
        next = branch->parent;
    }
    return next;
}

/* Where the run of `timeline` ends that byte `lsn` is in; `lsn`: there is none. */
static uint64_t end_of_run(const struct gd_wal_chain *chain, uint32_t timeline, uint64_t lsn)
{
    for (size_t i = 0; i < chain->run_count; i++) {
        const struct gd_wal_run *run = &chain->runs[i];
        if (run->timeline == timeline && run->from_lsn <= lsn && lsn < run->to_lsn)
            return run->to_lsn;
    }
    return lsn;
}

/* A new timeline begins with a copy of the segment in which the old one was left: there, byte `lsn`
 * of `timeline` may be in a successor's file, too, and that is where the server looks first. */
static uint64_t there_until(const struct gd_wal_chain *chain, uint32_t timeline,
                            uint32_t to_timeline, uint64_t lsn)
{
    uint64_t end = end_of_run(chain, timeline, lsn);
    while (end == lsn && timeline != to_timeline) {
        timeline = next_of(chain, timeline, to_timeline);
        uint64_t at = branch_of(chain, timeline)->at_lsn;
        if (chain->segment_bytes > 0 && lsn >= at - at % chain->segment_bytes)
            end = end_of_run(chain, timeline, lsn);
    }
    return end;
}

uint64_t gd_wal_chain_follow(const struct gd_wal_chain *chain, uint32_t from_timeline,
                             uint64_t from_lsn, uint32_t to_timeline, uint64_t limit_lsn,
                             uint32_t *out_timeline)
{
    uint64_t at = from_lsn, left;
    uint32_t timeline = from_timeline;
    if (gd_wal_chain_leaves(chain, timeline, to_timeline, &left) && from_lsn <= left)
        while (at < limit_lsn) {
            if (!gd_wal_chain_leaves(chain, timeline, to_timeline, &left))
                break;
            if (at == left) {
                timeline = next_of(chain, timeline, to_timeline);
                continue;
            }
            uint64_t end = there_until(chain, timeline, to_timeline, at);
            if (end == at)
                break;
            at = end < left ? end : left;
        }
    if (out_timeline != NULL)
        *out_timeline = timeline;
    return at < limit_lsn ? at : limit_lsn > from_lsn ? limit_lsn : from_lsn;
}

bool gd_wal_chain_reaches(const struct gd_wal_chain *chain, uint32_t from_timeline,
                          uint64_t from_lsn, uint32_t to_timeline, uint64_t to_lsn,
                          uint32_t *out_missing_timeline, uint64_t *out_missing_lsn)
{
    uint64_t left;
    uint32_t timeline = from_timeline;
    uint64_t end = from_lsn;
    bool same_way =
        gd_wal_chain_leaves(chain, from_timeline, to_timeline, &left) && from_lsn <= left;
    if (same_way)
        end = gd_wal_chain_follow(chain, from_timeline, from_lsn, to_timeline, to_lsn, &timeline);
    if (same_way && end >= to_lsn)
        return true;
    if (out_missing_timeline != NULL)
        *out_missing_timeline = timeline;
    if (out_missing_lsn != NULL)
        *out_missing_lsn = end;
    return false;
}
