#include "guardian/wal/padded.h"

#include "guardian/wal/parts.h"

enum { PIECE_BYTES = 32 << 10 };

/* How far the last byte is that is not zero. */
GD_MUST static struct gd_status used_of(const struct gd_wal_content *content, uint64_t *out_used,
                                        struct gd_error *err)
{
    gd_auto_source source = NULL;
    char buffer[PIECE_BYTES];
    uint64_t seen = 0, used = 0;
    GD_TRY(content->open(content->context, &source, err));
    for (size_t size = 1; size > 0; seen += size) {
        GD_TRY(gd_source_read(source, buffer, sizeof buffer, &size, err));
        for (size_t i = 0; i < size; i++)
            if (buffer[i] != 0)
                used = seen + i + 1;
    }
    *out_used = used;
    return GD_DONE;
}

struct gd_status gd_wal_refuse_padded(const struct gd_wal_place *place,
                                      const struct gd_wal_name *name,
                                      const struct gd_wal_content *content, struct gd_error *err)
{
    gd_auto_arena arena = gd_arena_new();
    struct gd_wal_part *parts;
    size_t count = 0, used_count;
    uint64_t used;
    bool whole = false;
    if (name->kind != GD_WAL_SEGMENT)
        return GD_DONE;
    GD_TRY(gd_wal_parts_list(place, name, arena, &parts, &count, err));
    if (count > 0)
        GD_TRY(gd_store_head(place->store, gd_wal_key(place, name, arena), &whole, NULL, err));
    if (count == 0 || whole)
        return GD_DONE;
    GD_TRY(used_of(content, &used, err));
    if (used > gd_wal_parts_way(parts, count, 0, &used_count))
        return GD_DONE;
    return gd_hint(err,
                   gd_fail(err, GD_REFUSED,
                           "it holds no more than what was streamed of this segment, which is not "
                           "whole in the store yet"),
                   "This server recovers, and got the segment from the store; whoever writes the "
                   "WAL will complete it.");
}
