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

#endif
