/*
 * tar: the one door to libarchive: portable (pax) archives, written and read as streams.
 *
 * Invariant  Only plain files. An archive that ends without its end mark, or with anything but
 *            zeros behind it, is corrupt: libarchive itself would take both.
 */
#ifndef GUARDIAN_IO_TAR_H
#define GUARDIAN_IO_TAR_H

#include <stdint.h>

#include "guardian/io/sink.h"
#include "guardian/io/source.h"

struct gd_tar_writer;
/** Writes into `take_next`, which gd_tar_writer_finish() finishes.
 * @param time_us  of all files: the same files give the same archive */
GD_MUST struct gd_status gd_tar_writer_new(struct gd_sink *take_next, int64_t time_us,
                                           struct gd_tar_writer **out_writer, struct gd_error *err);
/** One file of exactly `size` bytes from `source` (not owned). @return GD_CORRUPT when it gives
 * another size; then only freeing the writer is allowed */
GD_MUST struct gd_status gd_tar_writer_add(struct gd_tar_writer *writer, const char *name,
                                           uint64_t size, struct gd_source *source,
                                           struct gd_error *err);
GD_MUST struct gd_status gd_tar_writer_finish(struct gd_tar_writer *writer, struct gd_error *err);
/** Without finish: the sink is given up. */
void gd_tar_writer_free(struct gd_tar_writer *writer);

struct gd_tar_reader;
GD_MUST struct gd_status gd_tar_reader_new(struct gd_source *take_below,
                                           struct gd_tar_reader **out_reader, struct gd_error *err);
/** The next file: `out_name` NULL at the true end. The name is a view until the next call;
 * `out_source` is the reader's own, and gives exactly `out_size` bytes or an error. Folders are
 * passed over, "./" before a name is dropped. Names that are absolute, climb (..), or hold anything
 * but letters, digits and "._~/-", links, devices and files with holes: GD_CORRUPT. */
GD_MUST struct gd_status gd_tar_reader_next(struct gd_tar_reader *reader, const char **out_name,
                                            uint64_t *out_size, struct gd_source **out_source,
                                            struct gd_error *err);
/** One entry of an archive whose folders and links matter, too. */
enum gd_tar_kind { GD_TAR_FILE, GD_TAR_FOLDER, GD_TAR_LINK };
struct gd_tar_entry {
    enum gd_tar_kind kind;
    const char *name;   /* without "./" in front and "/" behind; views until the next call */
    const char *target; /* of a symbolic link, as it stands there: nothing is believed of it */
    uint64_t size;
    uint32_t mode;            /* permissions */
    struct gd_source *source; /* of a file; the reader's own */
};
/** The next one of any kind: `out_entry->name` NULL at the true end. Names may hold any letter but
 *  control characters; those that are absolute or climb, hard links, devices and files with holes:
 *  GD_CORRUPT. "." itself is passed over. */
GD_MUST struct gd_status gd_tar_reader_entry(struct gd_tar_reader *reader,
                                             struct gd_tar_entry *out_entry, struct gd_error *err);
void gd_tar_reader_free(struct gd_tar_reader *reader);

static inline void gd_tar_writer_cleanup_(struct gd_tar_writer **writer)
{
    gd_tar_writer_free(*writer);
}
#define gd_auto_tar_writer __attribute__((cleanup(gd_tar_writer_cleanup_))) struct gd_tar_writer *

static inline void gd_tar_reader_cleanup_(struct gd_tar_reader **reader)
{
    gd_tar_reader_free(*reader);
}
#define gd_auto_tar_reader __attribute__((cleanup(gd_tar_reader_cleanup_))) struct gd_tar_reader *

#endif
