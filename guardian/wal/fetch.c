#include "guardian/wal/fetch.h"

#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "guardian/base/fault.h"
#include "guardian/io/file.h"
#include "guardian/wal/page.h"
#include "guardian/wal/parts.h"

enum {
    TRIES = 3, /* of a segment that becomes whole while its pieces are read */
    SHORT_HEAD_BYTES = 24,
};

static bool has(const char *folder, const char *name)
{
    gd_auto_arena arena = gd_arena_new();
    return access(gd_arena_printf(arena, "%s/%s", folder, name), F_OK) == 0;
}

bool gd_wal_is_standby(const char *data_directory)
{
    return has(data_directory, "standby.signal");
}

bool gd_wal_is_recovering(const char *data_directory)
{
    return gd_wal_is_standby(data_directory) || has(data_directory, "recovery.signal");
}

struct fetch {
    const struct gd_wal_place *place;
    const struct gd_wal_name *name;
    const struct gd_wal_fetch_options *options;
    const char *path;
    struct gd_arena *arena;
    struct gd_wal_fetched fetched;
    bool pieces; /* they were read, and may have gone away meanwhile */
};

/* ---- what speaks against an absence ---- */

struct seen {          /* of a listing that ends early */
    const char *until; /* only what is before it counts; NULL: anything */
    bool any;
};

/* Failing is how a listing is ended; gone_on() knows that it was meant. */
static struct gd_status stop_at_first(void *context, const struct gd_store_entry *entry,
                                      struct gd_error *err)
{
    struct seen *seen = context;
    const char *last = strrchr(entry->key, '/');
    if (strstr(last == NULL ? entry->key : last, ".history") != NULL)
        return GD_DONE;
    seen->any = seen->until == NULL || strcmp(entry->key, seen->until) < 0;
    return gd_fail(err, GD_REFUSED, "enough was seen");
}

GD_MUST static struct gd_status look(const struct fetch *fetch, const char *prefix,
                                     const char *after, struct seen *inout_seen,
                                     struct gd_error *err)
{
    struct gd_error ended = {0};
    struct gd_store *store = fetch->place->store;
    struct gd_status status =
        after == NULL
            ? gd_store_list(store, prefix, stop_at_first, inout_seen, &ended)
            : gd_store_list_after(store, prefix, after, stop_at_first, inout_seen, &ended);
    if (status.code == GD_OK || status.code == GD_REFUSED)
        return GD_DONE;
    *err = ended;
    return status;
}

static const char *folder_of(const struct fetch *fetch)
{
    return gd_arena_printf(fetch->arena, "v1/%" PRIu64 "/wal/%08" PRIX32 "/",
                           fetch->place->system_identifier, fetch->name->timeline);
}

/* Is there WAL behind this segment, and some before it? "/" stands behind every "." and before
 * every digit, so this is between all objects of the segment and those of the next one. */
GD_MUST static struct gd_status fail_hole(struct gd_error *err, const char *what)
{
    return gd_hint(err, gd_fail(err, GD_CORRUPT, "it %s: a hole", what),
                   "Ask `guardian wal check`. To recover what is before the hole, set a target "
                   "before it, or add --end-at-hole to restore_command.");
}

GD_MUST static struct gd_status check_hole(const struct fetch *fetch, const char *what,
                                           struct gd_error *err)
{
    char name[GD_WAL_NAME_SIZE];
    const char *folder = folder_of(fetch);
    struct gd_wal_name segment = *fetch->name;
    segment.kind = GD_WAL_SEGMENT;
    gd_wal_name_write(&segment, name);
    const char *here = gd_arena_printf(fetch->arena, "%s%s", folder, name);
    struct seen before = {.until = here}, behind = {0};
    GD_TRY(look(fetch, folder, gd_arena_printf(fetch->arena, "%s/", here), &behind, err));
    if (behind.any)
        GD_TRY(look(fetch, folder, NULL, &before, err));
    if (!behind.any || !before.any)
        return GD_DONE;
    return fail_hole(err,
                     gd_arena_printf(fetch->arena, "%s, and the store holds WAL behind it", what));
}

GD_MUST static struct gd_status check_history(const struct fetch *fetch, struct gd_error *err)
{
    struct seen seen = {0};
    if (fetch->name->timeline > 1) /* the first one came from nowhere */
        GD_TRY(look(fetch, folder_of(fetch), NULL, &seen, err));
    if (!seen.any)
        return GD_DONE;
    return gd_hint(err,
                   gd_fail(err, GD_CORRUPT,
                           "the history file of timeline %" PRIu32
                           " is not in the store, and WAL of that timeline is",
                           fetch->name->timeline),
                   "Push it from the server that has it, or set recovery_target_timeline.");
}

GD_MUST static struct gd_status check_cluster(const struct fetch *fetch, struct gd_error *err)
{
    struct seen seen = {0};
    const char *prefix =
        gd_arena_printf(fetch->arena, "v1/%" PRIu64 "/wal/", fetch->place->system_identifier);
    GD_TRY(look(fetch, prefix, NULL, &seen, err));
    if (seen.any)
        return GD_DONE;
    return gd_hint(err,
                   gd_fail(err, GD_CORRUPT,
                           "the store \"%s\" holds no WAL of this cluster (%" PRIu64 ")",
                           gd_store_url(fetch->place->store), fetch->place->system_identifier),
                   "Look whether restore_command names the store that archive_command does; the "
                   "server does not pass on what is exported in a shell.");
}

GD_MUST static struct gd_status believe_absence(const struct fetch *fetch, struct gd_error *err)
{
    if (fetch->options->asks_again)
        return GD_DONE;
    GD_TRY(check_cluster(fetch, err));
    if (fetch->options->hole_is_end)
        return GD_DONE;
    if (fetch->name->kind == GD_WAL_SEGMENT)
        return check_hole(fetch, "is not in the store", err);
    return fetch->name->kind == GD_WAL_HISTORY ? check_history(fetch, err) : GD_DONE;
}

/* ---- a segment that is not whole ---- */

/* What can be read of a segment that ends there: a page's head that is cut off says nothing. */
static uint64_t usable(uint64_t end)
{
    uint64_t within = end % GD_WAL_PAGE_BYTES;
    uint64_t head = end < GD_WAL_PAGE_BYTES ? GD_WAL_HEAD_BYTES : SHORT_HEAD_BYTES;
    return within < head ? end - within : end;
}

struct begun {
    struct gd_wal_pages pages;
    uint64_t limit; /* what follows is not looked at */
    struct gd_sink *sink;
    bool over; /* a page does not belong there: it is of what the segment was before */
};

/* Within one page. */
GD_MUST static struct gd_status add(struct begun *begun, const char *data, size_t size,
                                    struct gd_error *err)
{
    struct gd_error foreign = {0};
    if (begun->over || begun->pages.seen >= begun->limit)
        return GD_DONE;
    if (size > begun->limit - begun->pages.seen)
        size = (size_t)(begun->limit - begun->pages.seen);
    struct gd_status status = gd_wal_pages_add(&begun->pages, data, size, &foreign);
    if (status.code != GD_OK && begun->sink == NULL) {
        begun->over = true;
        return GD_DONE;
    }
    if (status.code != GD_OK) {
        *err = foreign;
        return status;
    }
    return begun->sink == NULL ? GD_DONE : gd_sink_write(begun->sink, data, size, err);
}

/* To the end of the source in any case: only there it is known to be what was stored. */
GD_MUST static struct gd_status read_begun(struct gd_source *source, struct begun *begun,
                                           struct gd_error *err)
{
    char page[GD_WAL_PAGE_BYTES];
    for (size_t filled = 0;;) {
        size_t got;
        GD_TRY(gd_source_read(source, page + filled, sizeof page - filled, &got, err));
        filled += got;
        if (got == 0 || filled == sizeof page) {
            GD_TRY(add(begun, page, filled, err));
            filled = 0;
        }
        if (got == 0)
            return GD_DONE;
    }
}

GD_MUST static struct gd_status write_zeros(struct gd_sink *sink, uint64_t bytes,
                                            struct gd_error *err)
{
    static const char zeros[GD_WAL_PAGE_BYTES];
    while (bytes > 0) {
        size_t size = bytes < sizeof zeros ? (size_t)bytes : sizeof zeros;
        GD_TRY(gd_sink_write(sink, zeros, size, err));
        bytes -= size;
    }
    return GD_DONE;
}

GD_MUST static struct gd_status give_begun(struct fetch *fetch, struct gd_source *source,
                                           uint64_t limit, struct gd_error *err)
{
    gd_auto_sink sink = NULL;
    struct begun begun = {.limit = limit};
    gd_wal_pages_init(&begun.pages, fetch->name);
    GD_TRY(gd_file_sink_new(fetch->path, GD_FILE_REPLACE, &sink, err));
    begun.sink = sink;
    GD_TRY(read_begun(source, &begun, err));
    uint64_t size = begun.pages.head.segment_bytes;
    if (begun.pages.seen != limit || limit > size ||
        begun.pages.head.system_identifier != fetch->place->system_identifier)
        return gd_fail(err, GD_CORRUPT, "what is stored of it is not of this cluster");
    GD_TRY(write_zeros(sink, size - limit, err));
    GD_TRY(gd_fault("wal: before a segment that is not whole is in place", err));
    GD_TRY(gd_sink_finish(sink, err));
    fetch->fetched =
        (struct gd_wal_fetched){limit == size ? GD_WAL_WHOLE : GD_WAL_BEGUN, limit, size};
    return GD_DONE;
}

/* Is the .partial file there, and how much WAL is in it? */
GD_MUST static struct gd_status open_partial(const struct fetch *fetch, bool *out_there,
                                             struct gd_source **out_source, struct gd_error *err)
{
    struct gd_wal_name name = *fetch->name;
    char text[GD_WAL_NAME_SIZE];
    name.kind = GD_WAL_PARTIAL;
    gd_wal_name_write(&name, text);
    const char *key = gd_wal_key(fetch->place, &name, fetch->arena);
    GD_TRY(gd_store_head(fetch->place->store, key, out_there, NULL, err));
    if (!*out_there)
        return GD_DONE;
    GD_TRY(gd_wal_unpack(fetch->place, key, text, NULL, out_source, err));
    *out_source = gd_wal_believed_source_new(*out_source, fetch->place->system_identifier, &name);
    return GD_DONE;
}

GD_MUST static struct gd_status measure_partial(const struct fetch *fetch, uint64_t *out_bytes,
                                                struct gd_error *err)
{
    gd_auto_source source = NULL;
    struct begun begun = {.limit = UINT64_MAX};
    bool there;
    *out_bytes = 0;
    gd_wal_pages_init(&begun.pages, fetch->name);
    GD_TRY(open_partial(fetch, &there, &source, err));
    if (!there)
        return GD_DONE;
    GD_TRY(read_begun(source, &begun, err));
    *out_bytes = begun.pages.used;
    return GD_DONE;
}

GD_MUST static struct gd_status give_partial(struct fetch *fetch, uint64_t bytes,
                                             struct gd_error *err)
{
    gd_auto_source source = NULL;
    bool there;
    GD_TRY(open_partial(fetch, &there, &source, err));
    if (!there)
        return gd_fail(err, GD_CORRUPT, "its .partial file is gone");
    return give_begun(fetch, source, bytes, err);
}

struct pieces {
    struct gd_wal_part *parts;
    size_t count; /* of those that lead to the end */
    uint64_t end;
    bool hole; /* others are behind it */
};

GD_MUST static struct gd_status find_pieces(const struct fetch *fetch, struct pieces *out_pieces,
                                            struct gd_error *err)
{
    struct pieces pieces = {0};
    size_t count;
    GD_TRY(gd_wal_parts_list(fetch->place, fetch->name, fetch->arena, &pieces.parts, &count, err));
    uint32_t end = gd_wal_parts_way(pieces.parts, count, 0, &pieces.count);
    pieces.end = usable(end);
    for (size_t i = 0; i < count; i++)
        pieces.hole = pieces.hole || pieces.parts[i].end > end;
    *out_pieces = pieces;
    return GD_DONE;
}

GD_MUST static struct gd_status give_pieces(struct fetch *fetch, const struct pieces *pieces,
                                            struct gd_error *err)
{
    fetch->pieces = true;
    gd_auto_source source =
        gd_wal_parts_source_new(fetch->place, fetch->name, pieces->parts, pieces->count, 0);
    return give_begun(fetch, source, pieces->end, err);
}

GD_MUST static struct gd_status get_whole(struct fetch *fetch, bool *out_there,
                                          struct gd_error *err)
{
    gd_auto_sink sink = NULL;
    gd_auto_sink counted = NULL;
    GD_TRY(gd_file_sink_new(fetch->path, GD_FILE_REPLACE, &sink, err));
    counted = gd_tally_sink_new(GD_MOVE(sink));
    GD_TRY(gd_wal_get(fetch->place, fetch->name, counted, out_there, err));
    if (!*out_there)
        return GD_DONE;
    GD_TRY(gd_fault("wal: before a fetched file is in place", err));
    uint64_t bytes = gd_tally_sink_bytes(counted);
    GD_TRY(gd_sink_finish(counted, err));
    fetch->fetched = (struct gd_wal_fetched){GD_WAL_WHOLE, bytes,
                                             fetch->name->kind == GD_WAL_SEGMENT ? bytes : 0};
    return GD_DONE;
}

/* First what there is of it, then once more whether it is whole: pieces go away only when it is. */
GD_MUST static struct gd_status get_begun(struct fetch *fetch, struct gd_error *err)
{
    struct pieces pieces;
    uint64_t partial;
    bool whole;
    GD_TRY(find_pieces(fetch, &pieces, err));
    GD_TRY(measure_partial(fetch, &partial, err));
    GD_TRY(get_whole(fetch, &whole, err));
    bool strict = !fetch->options->asks_again && !fetch->options->hole_is_end;
    if (!whole && strict && pieces.hole)
        return fail_hole(err, "lacks pieces, and the store holds some behind them");
    if (whole || (pieces.end == 0 && partial == 0))
        return GD_DONE;
    if (strict)
        GD_TRY(check_hole(fetch, "is not whole", err));
    return partial > pieces.end ? give_partial(fetch, partial, err)
                                : give_pieces(fetch, &pieces, err);
}

GD_MUST static struct gd_status try_fetch(struct fetch *fetch, struct gd_error *err)
{
    bool whole;
    GD_TRY(get_whole(fetch, &whole, err));
    if (!whole && fetch->name->kind == GD_WAL_SEGMENT)
        GD_TRY(get_begun(fetch, err));
    return fetch->fetched.found == GD_WAL_ABSENT ? believe_absence(fetch, err) : GD_DONE;
}

struct gd_status gd_wal_fetch(const struct gd_wal_place *place, const struct gd_wal_name *name,
                              const struct gd_wal_fetch_options *options, const char *path,
                              struct gd_wal_fetched *out_fetched, struct gd_error *err)
{
    gd_auto_arena arena = gd_arena_new();
    struct fetch fetch = {place, name, options, path, arena, {0}, false};
    struct gd_status status = GD_DONE;
    char text[GD_WAL_NAME_SIZE];
    for (int i = 0; i < TRIES; i++) {
        *err = (struct gd_error){0};
        status = try_fetch(&fetch, err);
        if (status.code != GD_CORRUPT || !fetch.pieces || err->hint[0] != '\0')
            break;
    }
    gd_wal_name_write(name, text);
    if (status.code != GD_OK)
        return gd_wrap(err, status, "could not fetch \"%s\": ", text);
    *out_fetched = fetch.fetched;
    return GD_DONE;
}
