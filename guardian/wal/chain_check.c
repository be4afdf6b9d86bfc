/*
 * Checking: what was not proven before is read by a few threads, segment by segment; then each is
 * compared with the one before it. What was streamed of a segment that is not whole yet is read as
 * one, each time: there is never more of it than one segment on each timeline.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "guardian/base/clock.h"
#include "guardian/base/crew.h"
#include "guardian/base/fault.h"
#include "guardian/wal/chain_own.h"

enum {
    WORKERS = 8,
    PIECE_BYTES = 128 << 10,
    AGAIN_PART = 30,           /* so many calls read all of it once more … */
    AGAIN_BYTES_MAX = 1 << 30, /* … but no call more than this, as it is stored */
};

struct unit { /* a segment: a whole file, or pieces */
    size_t first, count;
};

struct check {
    const struct gd_wal_place *place;
    struct gd_wal_chain *chain;
    const struct gd_wal_check_options *options;
    struct unit *units; /* to be read */
    size_t unit_count, unit_room;
    size_t *fresh; /* whole files that were read now and are good */
    size_t fresh_count, fresh_room;
    size_t *old; /* whole files that were read long ago */
    size_t old_count, old_room;
    int64_t now_us;
    struct gd_wal_checked checked;
    uint64_t total_bytes;
    pthread_mutex_t lock; /* guards the chain's arena, checked and fresh */
};

/* ---- which ---- */

static bool is_whole(const struct gd_wal_file *file)
{
    return !file->piece && file->name.kind == GD_WAL_SEGMENT;
}

static bool same_segment(const struct gd_wal_chain *chain, const struct gd_wal_file *one,
                         const struct gd_wal_file *other)
{
    return one->name.timeline == other->name.timeline &&
           one->from_lsn / chain->segment_bytes == other->from_lsn / chain->segment_bytes;
}

/* What the server would be given for this segment: files[first .. first + count - 1] of it. A whole
 * one makes its pieces superfluous. */
static struct unit unit_at(const struct gd_wal_chain *chain, size_t first)
{
    const struct gd_wal_file *file = &chain->files[first];
    struct unit unit = {.first = first};
    while (first + unit.count < chain->file_count &&
           same_segment(chain, file, &chain->files[first + unit.count]))
        unit.count++;
    return unit;
}

static size_t whole_in(const struct gd_wal_chain *chain, const struct unit *unit)
{
    for (size_t i = unit->first; i < unit->first + unit->count; i++)
        if (is_whole(&chain->files[i]) && chain->files[i].to_lsn > chain->files[i].from_lsn)
            return i;
    return SIZE_MAX;
}

static bool has_pieces(const struct gd_wal_chain *chain, const struct unit *unit)
{
    for (size_t i = unit->first; i < unit->first + unit->count; i++)
        if (chain->files[i].piece)
            return true;
    return false;
}

/* Is it on the way that is asked for? */
struct way {
    uint32_t timeline, to_timeline; /* timeline 0: all there is */
    uint64_t from_lsn, until_lsn;
};

static bool is_on(const struct gd_wal_chain *chain, const struct way *way,
                  const struct gd_wal_file *file)
{
    uint64_t left, start = file->from_lsn - file->from_lsn % chain->segment_bytes;
    if (way->timeline == 0)
        return true;
    return file->name.timeline >= way->timeline &&
           gd_wal_chain_leaves(chain, file->name.timeline, way->to_timeline, &left) &&
           start < left && start < way->until_lsn && start + chain->segment_bytes > way->from_lsn;
}

static void want(struct check *check, struct unit unit)
{
    const struct gd_wal_chain *chain = check->chain;
    check->units = gd_arena_more(chain->arena, check->units, check->unit_count, &check->unit_room,
                                 sizeof *check->units);
    check->units[check->unit_count++] = unit;
    for (size_t i = unit.first; i < unit.first + unit.count; i++)
        check->total_bytes += chain->files[i].stored_bytes;
}

static void note_old(struct check *check, size_t at)
{
    if (check->options->age_us == 0 ||
        check->chain->files[at].read_us > check->now_us - check->options->age_us)
        return;
    check->old = gd_arena_more(check->chain->arena, check->old, check->old_count, &check->old_room,
                               sizeof *check->old);
    check->old[check->old_count++] = at;
}

static int by_reading(const void *left, const void *right, void *files)
{
    const struct gd_wal_file *a = (const struct gd_wal_file *)files + *(const size_t *)left;
    const struct gd_wal_file *b = (const struct gd_wal_file *)files + *(const size_t *)right;
    return a->read_us < b->read_us ? -1 : a->read_us > b->read_us;
}

/* Objects decay where nobody looks: a part of the old ones each time. */
static void want_old(struct check *check)
{
    uint64_t bytes = 0, most = (check->checked.segments + AGAIN_PART - 1) / AGAIN_PART;
    if (check->old_count == 0)
        return;
    qsort_r(check->old, check->old_count, sizeof *check->old, by_reading, check->chain->files);
    for (size_t i = 0; i < check->old_count && i < most && bytes < AGAIN_BYTES_MAX; i++) {
        bytes += check->chain->files[check->old[i]].stored_bytes;
        want(check, (struct unit){check->old[i], 1});
    }
}

static void choose(struct check *check, const struct way *way)
{
    const struct gd_wal_chain *chain = check->chain;
    struct unit unit;
    for (size_t at = 0; at < chain->file_count; at += unit.count) {
        unit = unit_at(chain, at);
        if (chain->files[at].name.kind == GD_WAL_HISTORY || chain->files[at].problem != NULL) {
            unit.count = 1;
            continue;
        }
        size_t whole = whole_in(chain, &unit);
        if ((whole == SIZE_MAX && !has_pieces(chain, &unit)) ||
            !is_on(chain, way, &chain->files[whole == SIZE_MAX ? unit.first : whole]))
            continue;
        check->checked.segments++;
        if (whole != SIZE_MAX && chain->files[whole].proven && !check->options->again) {
            note_old(check, whole);
            continue;
        }
        want(check, whole != SIZE_MAX ? (struct unit){whole, 1} : unit);
    }
    want_old(check);
}

/* ---- reading ---- */

struct walk_sink {
    struct gd_sink base; /* first */
    struct gd_wal_walk walk;
};

GD_MUST static struct gd_status sink_write(struct gd_sink *sink, const void *data, size_t size,
                                           struct gd_error *err)
{
    GD_TRY(gd_interrupt_check(err));
    return gd_wal_walk_add(&((struct walk_sink *)sink)->walk, data, size, err);
}

GD_MUST static struct gd_status sink_finish(struct gd_sink *sink, struct gd_error *err)
{
    (void)sink;
    (void)err;
    return GD_DONE;
}

static void sink_free(struct gd_sink *sink)
{
    (void)sink; /* it lives in an arena */
}

static const struct gd_sink_ops walk_ops = {sink_write, sink_finish, sink_free};

GD_MUST static struct gd_status read_whole(const struct check *check,
                                           const struct gd_wal_file *file, struct gd_arena *scratch,
                                           struct gd_wal_told *out_told, struct gd_error *err)
{
    struct walk_sink *sink = gd_arena_alloc(scratch, sizeof *sink);
    bool there = false;
    sink->base = (struct gd_sink){.ops = &walk_ops};
    gd_wal_walk_init(&sink->walk, file->from_lsn);
    GD_TRY(gd_fault("wal check: before a segment is read", err));
    GD_TRY(gd_wal_get(check->place, &file->name, &sink->base, &there, err));
    if (!there)
        return gd_fail(err, GD_CORRUPT, "it is gone");
    return gd_wal_walk_end(&sink->walk, out_told, err);
}

struct pieces {
    struct gd_wal_pages pages;
    struct gd_wal_walk walk;
    uint64_t at; /* the next byte that is wanted */
    char buffer[PIECE_BYTES];
};

GD_MUST static struct gd_status read_piece(const struct check *check,
                                           const struct gd_wal_file *file, struct pieces *pieces,
                                           struct gd_arena *scratch, struct gd_error *err)
{
    gd_auto_source source = NULL;
    uint64_t bytes, skip = pieces->at - file->from_lsn;
    size_t size;
    GD_TRY(gd_wal_open(check->place, gd_wal_file_key(check->place, file, scratch), &bytes, &source,
                       err));
    if (bytes != file->to_lsn - file->from_lsn)
        return gd_fail(err, GD_CORRUPT, "its label says that it has %llu bytes, its name %llu",
                       (unsigned long long)bytes,
                       (unsigned long long)(file->to_lsn - file->from_lsn));
    for (;;) {
        GD_TRY(gd_interrupt_check(err));
        GD_TRY(gd_source_read(source, pieces->buffer, sizeof pieces->buffer, &size, err));
        if (size == 0)
            break;
        size_t less = skip < size ? (size_t)skip : size;
        skip -= less;
        pieces->at += size - less;
        if (pieces->at > file->to_lsn)
            return gd_fail(err, GD_CORRUPT, "it has more bytes than its name says");
        GD_TRY(gd_wal_pages_add(&pieces->pages, pieces->buffer + less, size - less, err));
        GD_TRY(gd_wal_walk_add(&pieces->walk, pieces->buffer + less, size - less, err));
    }
    if (pieces->at != file->to_lsn)
        return gd_fail(err, GD_CORRUPT, "it has less bytes than its name says");
    if (pieces->pages.seen >= GD_WAL_HEAD_BYTES &&
        pieces->pages.head.system_identifier != check->place->system_identifier)
        return gd_fail(err, GD_CORRUPT, "it is of another cluster");
    return GD_DONE;
}

/* `out_bad` is the one at which it ended. */
GD_MUST static struct gd_status read_pieces(struct check *check, const struct unit *unit,
                                            struct gd_arena *scratch, struct gd_wal_told *out_told,
                                            size_t *out_bad, struct gd_error *err)
{
    struct pieces *pieces = gd_arena_zalloc(scratch, 1, sizeof *pieces);
    struct gd_wal_file *files = check->chain->files;
    pieces->at =
        files[unit->first].from_lsn - files[unit->first].from_lsn % check->chain->segment_bytes;
    gd_wal_pages_init(&pieces->pages, &files[unit->first].name);
    gd_wal_walk_init(&pieces->walk, pieces->at);
    for (size_t i = unit->first; i < unit->first + unit->count; i++) {
        *out_bad = i;
        if (!files[i].piece || files[i].from_lsn > pieces->at || files[i].to_lsn <= pieces->at)
            continue;
        GD_TRY(read_piece(check, &files[i], pieces, scratch, err));
        files[i].proven = true;
    }
    return gd_wal_walk_end(&pieces->walk, out_told, err);
}

static void tell(struct check *check, const struct unit *unit)
{
    const struct gd_wal_file *file = &check->chain->files[unit->first];
    for (size_t i = 0; i < unit->count; i++)
        check->checked.read_bytes += file[i].stored_bytes;
    check->checked.read_now++;
    gd_tell(check->options->events, &(struct gd_event){.kind = GD_EVENT_PROGRESS,
                                                       .worker = -1,
                                                       .bytes = check->checked.read_bytes,
                                                       .total_bytes = check->total_bytes});
}

/* To be remembered. */
static void note_fresh(struct check *check, size_t at)
{
    check->fresh = gd_arena_more(check->chain->arena, check->fresh, check->fresh_count,
                                 &check->fresh_room, sizeof *check->fresh);
    check->fresh[check->fresh_count++] = at;
}

static void settle(struct check *check, const struct unit *unit, size_t at,
                   const struct gd_wal_told *told, const struct gd_error *bad)
{
    struct gd_wal_chain *chain = check->chain;
    struct gd_wal_file *file = &chain->files[at];
    if (!file->piece)
        check->checked.once_more += file->proven;
    if (bad != NULL) {
        if (!file->piece && file->proven) { /* else the next call believes what was known */
            file->doubted = true;
            note_fresh(check, at);
        }
        file->proven = false;
        file->problem = gd_arena_strdup(chain->arena, bad->text);
        check->checked.damaged++;
        return;
    }
    struct gd_wal_told *copy = gd_arena_alloc(chain->arena, sizeof *copy);
    *copy = *told;
    for (size_t i = unit->first; i < unit->first + unit->count; i++)
        chain->files[i].told = chain->files[i].proven || unit->count == 1 ? copy : NULL;
    if (file->piece)
        return;
    file->proven = true;
    file->doubted = false;
    file->read_us = check->now_us;
    if (told->ended_lsn > file->from_lsn && told->ended_lsn < file->to_lsn)
        file->to_lsn = told->ended_lsn;
    note_fresh(check, at);
}

GD_MUST static struct gd_status read_unit(void *context, size_t index, struct gd_arena *scratch,
                                          struct gd_error *err)
{
    struct check *check = context;
    const struct unit *unit = &check->units[index];
    const struct gd_wal_file *file = &check->chain->files[unit->first];
    struct gd_wal_told told = {0};
    size_t at = unit->first;
    struct gd_status status = file->piece ? read_pieces(check, unit, scratch, &told, &at, err)
                                          : read_whole(check, file, scratch, &told, err);
    if (status.code != GD_OK && status.code != GD_CORRUPT)
        return status;
    pthread_mutex_lock(&check->lock);
    settle(check, unit, at, &told, status.code == GD_OK ? NULL : err);
    tell(check, unit);
    pthread_mutex_unlock(&check->lock);
    return GD_DONE;
}

/* ---- one after the other ---- */

/* The segment before this one: of its own timeline, or of the one that it came from. */
static const struct gd_wal_file *before(const struct gd_wal_chain *chain,
                                        const struct gd_wal_file *file)
{
    uint64_t start = file->from_lsn - file->from_lsn % chain->segment_bytes;
    if (start == 0)
        return NULL;
    const struct gd_wal_file *found = gd_wal_chain_whole(chain, file->name.timeline, start - 1);
    for (size_t i = 0; found == NULL && i < chain->branch_count; i++) {
        const struct gd_wal_branch *branch = &chain->branches[i];
        if (branch->timeline == file->name.timeline && branch->at_lsn >= start &&
            branch->at_lsn - start < chain->segment_bytes)
            found = gd_wal_chain_whole(chain, branch->parent, start - 1);
    }
    return found;
}

/* What a segment in which no record begins passes on is needed by the next one: files come in
 * order. */
static void compare(struct check *check)
{
    struct gd_wal_chain *chain = check->chain;
    for (size_t i = 0; i < chain->file_count; i++) {
        struct gd_wal_file *file = &chain->files[i];
        if (file->told == NULL || file->problem != NULL || !file->proven ||
            (file->piece && file->start != 0))
            continue;
        const struct gd_wal_file *last = before(chain, file);
        if (last == NULL || last->told == NULL || last->problem != NULL)
            continue;
        struct gd_error why = {0};
        struct gd_wal_told known = *last->told, *passed;
        if (gd_wal_walk_follows(&known, file->told, &why).code != GD_OK) {
            file->problem = gd_arena_printf(chain->arena, "it %s", why.text);
            file->proven = false;
            check->checked.damaged++;
        } else if (file->told->first_prev == 0) {
            passed = gd_arena_alloc(chain->arena, sizeof *passed);
            *passed = known;
            file->told = passed;
        }
    }
}

/* ---- all of it ---- */

GD_MUST static struct gd_status read_units(struct check *check, struct gd_error *err)
{
    unsigned workers = check->options->workers == 0 ? WORKERS : check->options->workers;
    if (check->unit_count == 0)
        return GD_DONE;
    gd_tell_stage(check->options->events, "reading WAL", check->total_bytes);
    return gd_crew_run(check->unit_count, workers, read_unit, check, err);
}

static void note_oldest(struct check *check)
{
    int64_t oldest_us = INT64_MAX;
    for (size_t i = 0; i < check->chain->file_count; i++) {
        const struct gd_wal_file *file = &check->chain->files[i];
        if (is_whole(file) && file->proven && file->read_us < oldest_us)
            oldest_us = file->read_us;
    }
    check->checked.oldest_read_us = oldest_us == INT64_MAX ? 0 : oldest_us;
}

GD_MUST static struct gd_status run(struct check *check, const struct way *way,
                                    struct gd_error *err)
{
    struct gd_wal_chain *chain = check->chain;
    struct gd_error why = {0};
    if (chain->segment_bytes == 0)
        return GD_DONE;
    choose(check, way);
    GD_TRY(read_units(check, err));
    compare(check);
    note_oldest(check);
    gd_wal_chain_runs(chain);
    if (check->options->forget)
        return GD_DONE;
    struct gd_status status =
        gd_wal_proven_write(check->place, chain, check->fresh, check->fresh_count, &why);
    if (status.code != GD_OK)
        gd_tell_warning(check->options->events, why.hint,
                        "what was read back could not be remembered, so the next check reads it "
                        "again: %s",
                        why.text);
    return GD_DONE;
}

GD_MUST static struct gd_status check_way(const struct gd_wal_place *place,
                                          struct gd_wal_chain *chain,
                                          const struct gd_wal_check_options *options,
                                          const struct way *way, struct gd_wal_checked *out_checked,
                                          struct gd_error *err)
{
    struct check check = {
        .place = place, .chain = chain, .options = options, .now_us = gd_clock_now_us()};
    pthread_mutex_init(&check.lock, NULL);
    struct gd_status status = run(&check, way, err);
    pthread_mutex_destroy(&check.lock);
    if (status.code == GD_OK && out_checked != NULL)
        *out_checked = check.checked;
    return status;
}

struct gd_status gd_wal_chain_check(const struct gd_wal_place *place, struct gd_wal_chain *chain,
                                    const struct gd_wal_check_options *options,
                                    struct gd_wal_checked *out_checked, struct gd_error *err)
{
    return check_way(place, chain, options, &(struct way){0}, out_checked, err);
}

/* ---- a part of it ---- */

static uint32_t newest_from(const struct gd_wal_chain *chain, uint32_t timeline)
{
    uint32_t newest = timeline;
    uint64_t left;
    for (size_t i = 0; i < chain->branch_count; i++)
        if (chain->branches[i].timeline > newest &&
            gd_wal_chain_leaves(chain, timeline, chain->branches[i].timeline, &left))
            newest = chain->branches[i].timeline;
    return newest;
}

GD_MUST static struct gd_status name_first(const struct gd_wal_chain *chain, uint32_t timeline,
                                           uint64_t lsn, struct gd_error *err)
{
    char name[GD_WAL_NAME_SIZE], text[GD_LSN_SIZE];
    gd_lsn_write(lsn, text);
    if (chain->segment_bytes == 0)
        return gd_fail(err, GD_CORRUPT, "there is no WAL in the store");
    struct gd_wal_name segment = gd_wal_segment_at(timeline, lsn, chain->segment_bytes);
    gd_wal_name_write(&segment, name);
    for (size_t i = 0; i < chain->file_count; i++) {
        const struct gd_wal_file *file = &chain->files[i];
        if (file->problem != NULL && file->name.timeline == timeline &&
            file->from_lsn / chain->segment_bytes == lsn / chain->segment_bytes &&
            file->name.kind == GD_WAL_SEGMENT)
            return gd_fail(err, GD_CORRUPT, "segment \"%s\" is damaged: %s", name, file->problem);
    }
    if (gd_wal_chain_is_minimal(chain, lsn))
        return gd_fail(err, GD_CORRUPT,
                       "the server wrote with wal_level=minimal from %s on (segment \"%s\"), and "
                       "what it did then is not in the WAL",
                       text, name);
    return gd_fail(err, GD_CORRUPT, "segment \"%s\" is missing from %s on", name, text);
}

GD_MUST static struct gd_status judge(const struct gd_wal_chain *chain, const struct way *way,
                                      uint32_t *out_timeline, uint64_t *out_proven_lsn,
                                      struct gd_error *err)
{
    uint32_t timeline = way->timeline;
    uint64_t end, left;
    for (size_t i = 0; i < chain->branch_count; i++)
        if (chain->branches[i].problem != NULL && chain->branches[i].timeline == way->to_timeline &&
            way->to_timeline != way->timeline)
            return gd_fail(err, GD_CORRUPT, "where timeline %u came from cannot be told: %s",
                           (unsigned)way->to_timeline, chain->branches[i].problem);
    if (!gd_wal_chain_leaves(chain, way->timeline, way->to_timeline, &left))
        return gd_fail(err, GD_CORRUPT,
                       "no history file says how timeline %u came from timeline %u",
                       (unsigned)way->to_timeline, (unsigned)way->timeline);
    end = gd_wal_chain_follow(chain, way->timeline, way->from_lsn, way->to_timeline, way->until_lsn,
                              &timeline);
    *out_timeline = timeline;
    *out_proven_lsn = end;
    if (end >= way->until_lsn && end > way->from_lsn)
        return GD_DONE;
    bool any = way->until_lsn == UINT64_MAX && end > way->from_lsn;
    /* The end of it all is no hole; but on an older timeline, or before damage, it is. */
    for (size_t i = 0; any && i < chain->file_count; i++) {
        const struct gd_wal_file *file = &chain->files[i];
        any = file->from_lsn < end || file->name.kind != GD_WAL_SEGMENT ||
              !is_on(chain, way, file) || file->to_lsn <= end;
    }
    if (any && timeline == way->to_timeline)
        return GD_DONE;
    return name_first(chain, timeline, end, err);
}

struct gd_status gd_wal_chain_prove(const struct gd_wal_place *place, struct gd_wal_chain *chain,
                                    uint32_t timeline, uint64_t from_lsn, uint32_t to_timeline,
                                    uint64_t until_lsn, const struct gd_events *events,
                                    uint32_t *out_timeline, uint64_t *out_proven_lsn,
                                    struct gd_error *err)
{
    struct way way = {
        .timeline = timeline,
        .to_timeline = to_timeline == 0 ? newest_from(chain, timeline) : to_timeline,
        .from_lsn = from_lsn,
        .until_lsn = until_lsn == 0 ? UINT64_MAX : until_lsn,
    };
    *out_timeline = timeline;
    *out_proven_lsn = from_lsn;
    GD_TRY(
        check_way(place, chain, &(struct gd_wal_check_options){.events = events}, &way, NULL, err));
    return judge(chain, &way, out_timeline, out_proven_lsn, err);
}

struct gd_status gd_wal_chain_look(const struct gd_wal_place *place, struct gd_wal_chain *chain,
                                   uint32_t timeline, uint64_t from_lsn, uint32_t to_timeline,
                                   uint64_t until_lsn, const struct gd_events *events,
                                   struct gd_error *err)
{
    struct way way = {.timeline = timeline,
                      .to_timeline = to_timeline,
                      .from_lsn = from_lsn,
                      .until_lsn = until_lsn};
    struct gd_wal_check_options options = {.events = events, .forget = true};
    return check_way(place, chain, &options, &way, NULL, err);
}
