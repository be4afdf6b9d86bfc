/*
 * zstd: the one door to libzstd. What is written can be read by the `zstd` program.
 *
 * Frames carry a checksum. A stream may hold several frames; it must end at the end of one.
 */
#ifndef GUARDIAN_IO_ZSTD_H
#define GUARDIAN_IO_ZSTD_H

#include "guardian/io/sink.h"
#include "guardian/io/source.h"

/** Compresses into `take_next`. @param level 1 to 19 */
GD_MUST struct gd_status gd_zstd_sink_new(struct gd_sink *take_next, int level,
                                          struct gd_sink **out_sink, struct gd_error *err);

/** Decompresses. @return from reading: GD_CORRUPT for damage, a frame that is cut short, bytes
 * behind the last frame that are none, or a window above 128 MiB. */
GD_MUST struct gd_status gd_zstd_source_new(struct gd_source *take_below,
                                            struct gd_source **out_source, struct gd_error *err);

/** One piece of memory into one frame with a checksum: frames behind each other are one stream, so
 *  that several threads can make it. A packer is for one thread. */
struct gd_zstd_packer;
GD_MUST struct gd_status gd_zstd_packer_new(int level, struct gd_zstd_packer **out_packer,
                                            struct gd_error *err);
void gd_zstd_packer_free(struct gd_zstd_packer *packer);
/** So many bytes hold the frame of any `size` bytes. */
size_t gd_zstd_packed_bound(size_t size);
GD_MUST struct gd_status gd_zstd_pack(struct gd_zstd_packer *packer, const void *data, size_t size,
                                      void *out, size_t out_capacity, size_t *out_size,
                                      struct gd_error *err);

#endif
