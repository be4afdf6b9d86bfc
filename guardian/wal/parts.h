/*
 * Parts: what was streamed of a segment that is not whole yet (docs/formats/wal.md).
 *
 *     v1/<system identifier>/wal/<timeline>/<segment>.part/<start>-<end>.zst      packed.h: its
 * bytes
 *
 * Offsets in the segment, 8 hex digits each, `end` behind the last byte; the label's name is
 * "<segment>.part/<start>-<end>".
 *
 * Invariant  All pieces of a segment hold the same WAL: where two of them overlap (one was put
 *            together of others, or two receivers were at work) either may be read.
 */
#ifndef GUARDIAN_WAL_PARTS_H
#define GUARDIAN_WAL_PARTS_H

#include "guardian/wal/stored.h"

enum { GD_WAL_PART_NAME_SIZE = 56 };

struct gd_wal_part {
    uint32_t start, end;
    uint64_t stored_bytes;
    int64_t modified_us; /* the store's clock */
};

/** "000000010000000000000042.part/00000000-00012000" */
void gd_wal_part_name(const struct gd_wal_name *segment, uint32_t start, uint32_t end,
                      char out_text[GD_WAL_PART_NAME_SIZE]);
const char *gd_wal_part_key(const struct gd_wal_place *place, const struct gd_wal_name *segment,
                            uint32_t start, uint32_t end, struct gd_arena *arena);
/** Reads the last part of such a key: "00000000-00012000.zst". */
bool gd_wal_part_read_name(const char *text, struct gd_wal_part *out_part);

/** All pieces of a segment in the store, by start, then end. */
GD_MUST struct gd_status gd_wal_parts_list(const struct gd_wal_place *place,
                                           const struct gd_wal_name *segment,
                                           struct gd_arena *arena, struct gd_wal_part **out_parts,
                                           size_t *out_count, struct gd_error *err);

/** Put those of `parts` (in order) that lead from `offset` on as far as possible to the front.
 *  @return how far; `offset` when there is none. `out_count`: how many they are */
uint32_t gd_wal_parts_way(struct gd_wal_part *parts, size_t count, uint32_t offset,
                          size_t *out_count);

/** The WAL of a way, from `offset` to its end; `parts` must live as long as the source.
 *  @return from reading: GD_CORRUPT a piece is gone or is not what was put */
struct gd_source *gd_wal_parts_source_new(const struct gd_wal_place *place,
                                          const struct gd_wal_name *segment,
                                          const struct gd_wal_part *parts, size_t count,
                                          uint32_t offset);

/** Put a piece, and read it back. */
GD_MUST struct gd_status gd_wal_part_put(const struct gd_wal_place *place,
                                         const struct gd_wal_name *segment, uint32_t start,
                                         const void *data, uint32_t size, struct gd_error *err);

#endif
