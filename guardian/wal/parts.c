#include "guardian/wal/parts.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guardian/base/fault.h"
#include "guardian/base/memory.h"

enum { DIGITS = 8, FILE_NAME_LENGTH = 2 * DIGITS + 1 };

/* ---- names ---- */

void gd_wal_part_name(const struct gd_wal_name *segment, uint32_t start, uint32_t end,
                      char out_text[GD_WAL_PART_NAME_SIZE])
{
    char name[GD_WAL_NAME_SIZE];
    assert(segment->kind == GD_WAL_SEGMENT && start < end);
    gd_wal_name_write(segment, name);
    (void)snprintf(out_text, GD_WAL_PART_NAME_SIZE, "%.24s.part/%08" PRIX32 "-%08" PRIX32, name,
                   start, end);
}

const char *gd_wal_part_key(const struct gd_wal_place *place, const struct gd_wal_name *segment,
                            uint32_t start, uint32_t end, struct gd_arena *arena)
{
    char name[GD_WAL_PART_NAME_SIZE];
    gd_wal_part_name(segment, start, end, name);
    return gd_arena_printf(arena, "v1/%" PRIu64 "/wal/%08" PRIX32 "/%s.zst",
                           place->system_identifier, segment->timeline, name);
}

static bool read_offset(const char *text, uint32_t *out_offset)
{
    uint32_t offset = 0;
    for (int i = 0; i < DIGITS; i++) {
        bool digit = text[i] >= '0' && text[i] <= '9', letter = text[i] >= 'A' && text[i] <= 'F';
        if (!digit && !letter)
            return false;
        offset = offset << 4 | (uint32_t)(digit ? text[i] - '0' : text[i] - 'A' + 10);
    }
    *out_offset = offset;
    return true;
}

bool gd_wal_part_read_name(const char *text, struct gd_wal_part *out_part)
{
    struct gd_wal_part part = {0};
    if (!read_offset(text, &part.start) || text[DIGITS] != '-' ||
        !read_offset(text + DIGITS + 1, &part.end) ||
        strcmp(text + FILE_NAME_LENGTH, ".zst") != 0 || part.start >= part.end)
        return false;
    *out_part = part;
    return true;
}

/* ---- listing ---- */

struct listing {
    struct gd_wal_part *parts;
    size_t count, room, prefix;
    struct gd_arena *arena;
};

GD_MUST static struct gd_status see(void *context, const struct gd_store_entry *entry,
                                    struct gd_error *err)
{
    struct listing *listing = context;
    struct gd_wal_part part;
    (void)err;
    if (!gd_wal_part_read_name(entry->key + listing->prefix, &part))
        return GD_DONE; /* Guardian did not put it there */
    part.stored_bytes = entry->bytes;
    part.modified_us = entry->modified_us;
    listing->parts = gd_arena_more(listing->arena, listing->parts, listing->count, &listing->room,
                                   sizeof *listing->parts);
    listing->parts[listing->count++] = part;
    return GD_DONE;
}

struct gd_status gd_wal_parts_list(const struct gd_wal_place *place,
                                   const struct gd_wal_name *segment, struct gd_arena *arena,
                                   struct gd_wal_part **out_parts, size_t *out_count,
                                   struct gd_error *err)
{
    struct listing listing = {.arena = arena};
    char name[GD_WAL_NAME_SIZE];
    gd_wal_name_write(segment, name);
    const char *prefix = gd_arena_printf(arena, "v1/%" PRIu64 "/wal/%08" PRIX32 "/%s.part/",
                                         place->system_identifier, segment->timeline, name);
    listing.prefix = strlen(prefix);
    GD_TRY(gd_store_list(place->store, prefix, see, &listing, err)); /* names sort as offsets */
    *out_parts = listing.parts;
    *out_count = listing.count;
    return GD_DONE;
}

/* Of those that begin at or before `at`, the one that ends last. */
static size_t best_at(const struct gd_wal_part *parts, size_t from, size_t count, uint32_t at)
{
    size_t best = count;
    for (size_t i = from; i < count && parts[i].start <= at; i++)
        if (parts[i].end > at && (best == count || parts[i].end > parts[best].end))
            best = i;
    return best;
}

uint32_t gd_wal_parts_way(struct gd_wal_part *parts, size_t count, uint32_t offset,
                          size_t *out_count)
{
    size_t chosen = 0;
    for (size_t best; (best = best_at(parts, chosen, count, offset)) < count;) {
        /* What stands before it is in it, or ends too early: it is not asked for again. */
        struct gd_wal_part part = parts[best];
        parts[best] = parts[chosen];
        parts[chosen++] = part;
        offset = part.end;
        /* One that was exchanged ends no later, and begins no later: the order is good enough. */
    }
    *out_count = chosen;
    return offset;
}

/* ---- reading ---- */

struct reading {
    struct gd_source source;
    const struct gd_wal_place *place;
    const struct gd_wal_name *segment;
    const struct gd_wal_part *parts;
    size_t count, next;
    uint32_t offset;         /* of the next byte that is given */
    struct gd_source *piece; /* parts[next - 1]; NULL: none is open */
    uint32_t at;             /* in the segment, of the piece's next byte */
};

GD_MUST static struct gd_status open_next(struct reading *reading, struct gd_error *err)
{
    gd_auto_arena arena = gd_arena_new();
    const struct gd_wal_part *part = &reading->parts[reading->next++];
    const char *key =
        gd_wal_part_key(reading->place, reading->segment, part->start, part->end, arena);
    char name[GD_WAL_PART_NAME_SIZE];
    struct gd_wal_label label;
    gd_wal_part_name(reading->segment, part->start, part->end, name);
    struct gd_status status =
        gd_wal_unpack(reading->place, key, name, &label, &reading->piece, err);
    if (status.code == GD_OK && label.bytes != part->end - part->start)
        status = gd_fail(err, GD_CORRUPT, "it has %" PRIu64 " bytes", label.bytes);
    if (status.code != GD_OK)
        return gd_wrap(err, status, "could not read \"%s\": ", key);
    reading->at = part->start;
    return GD_DONE;
}

/* From the open piece; 0 bytes: it is over. What is known from the one before is passed over. */
GD_MUST static struct gd_status read_piece(struct reading *reading, void *buffer, size_t size,
                                           size_t *out_size, struct gd_error *err)
{
    *out_size = 0;
    for (;;) {
        size_t got, skip;
        GD_TRY(gd_source_read(reading->piece, buffer, size, &got, err));
        if (got == 0) {
            gd_source_free(GD_MOVE(reading->piece));
            return GD_DONE;
        }
        skip = reading->offset - reading->at < got ? reading->offset - reading->at : got;
        reading->at += (uint32_t)got;
        if (skip == got)
            continue;
        memmove(buffer, (char *)buffer + skip, got - skip);
        reading->offset = reading->at;
        *out_size = got - skip;
        return GD_DONE;
    }
}

static struct gd_status reading_read(struct gd_source *source, void *buffer, size_t size,
                                     size_t *out_size, struct gd_error *err)
{
    struct reading *reading = (struct reading *)source;
    size_t got = 0;
    while (got == 0) {
        if (reading->piece == NULL && reading->next == reading->count)
            break;
        if (reading->piece == NULL)
            GD_TRY(open_next(reading, err));
        GD_TRY(read_piece(reading, buffer, size, &got, err));
    }
    *out_size = got;
    return GD_DONE;
}

static void reading_free(struct gd_source *source)
{
    struct reading *reading = (struct reading *)source;
    gd_source_free(reading->piece);
    free(reading);
}

struct gd_source *gd_wal_parts_source_new(const struct gd_wal_place *place,
                                          const struct gd_wal_name *segment,
                                          const struct gd_wal_part *parts, size_t count,
                                          uint32_t offset)
{
    static const struct gd_source_ops ops = {reading_read, reading_free};
    struct reading *reading = gd_memory_new(sizeof *reading);
    *reading = (struct reading){.source = {.ops = &ops},
                                .place = place,
                                .segment = segment,
                                .parts = parts,
                                .count = count,
                                .offset = offset};
    return &reading->source;
}

/* ---- writing ---- */

struct gd_status gd_wal_part_put(const struct gd_wal_place *place,
                                 const struct gd_wal_name *segment, uint32_t start,
                                 const void *data, uint32_t size, struct gd_error *err)
{
    gd_auto_arena arena = gd_arena_new();
    char name[GD_WAL_PART_NAME_SIZE];
    const char *key = gd_wal_part_key(place, segment, start, start + size, arena);
    gd_wal_part_name(segment, start, start + size, name);
    GD_TRY(gd_fault("stream: before a piece is stored", err));
    struct gd_status status = gd_wal_pack_bytes(place, key, name, data, size, NULL, err);
    return status.code == GD_OK ? status : gd_wrap(err, status, "could not store \"%s\": ", key);
}
