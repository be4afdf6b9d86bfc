/*
 * Frame: one record of a journal as bytes (docs/formats/journal.md).
 *
 * Layout       "GDJ1" · length of the payload, u32 · CRC-32C, u32 · chain, 32 bytes · payload.
 *              Numbers are little-endian; the CRC is over everything but itself.
 * Invariant 1  chain = SHA-256(chain of the frame before, payload); the first one's "before" is
 *              the SHA-256 of the journal's folder, so that frames fit nowhere else.
 * Invariant 2  Damage and an edit are told apart: damage is what a torn write leaves behind.
 */
#ifndef GUARDIAN_JOURNAL_FRAME_H
#define GUARDIAN_JOURNAL_FRAME_H

#include <stddef.h>

#include "guardian/base/status.h"
#include "guardian/io/sink.h"

enum { GD_CHAIN_BYTES = 32, GD_FRAME_HEAD_BYTES = 44, GD_FRAME_PAYLOAD_MAX = 64 << 20 };

struct gd_chain {
    unsigned char bytes[GD_CHAIN_BYTES];
};

/** The chain before the first frame of a journal. */
struct gd_chain gd_chain_first(const char *folder);
struct gd_chain gd_chain_next(const struct gd_chain *before, const void *payload, size_t size);

/** Append a frame to `sink`; `chain` moves on. `size` is at most GD_FRAME_PAYLOAD_MAX.
 *  @return as the sink */
GD_MUST struct gd_status gd_frame_write(struct gd_sink *sink, struct gd_chain *chain,
                                        const void *payload, size_t size, struct gd_error *err);

enum gd_frame_state {
    GD_FRAME_WHOLE,
    GD_FRAME_DAMAGED, /* cut short, no frame, or other bytes than were written */
    GD_FRAME_STRANGE, /* whole, but it does not follow what came before: edited, or moved here */
};
struct gd_frame_view {
    const void *payload;
    size_t payload_bytes, bytes; /* `bytes`: of the whole frame */
    struct gd_chain chain;
    const char *problem; /* static: what is wrong */
};
/** Look at the frame at the beginning of `data`. `before` NULL: the chain is not compared. The
 * view is filled when it is whole; `problem` when it is not. */
enum gd_frame_state gd_frame_read(const void *data, size_t size, const struct gd_chain *before,
                                  struct gd_frame_view *out_view);

#endif
