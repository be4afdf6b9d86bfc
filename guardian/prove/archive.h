/*
 * Archive: a stored pg_dump archive, read by the pg_restore that will have to read it one day.
 *
 * The archive comes out of the store through a pipe; nothing of it touches the disk. It is read to
 * its end and compared with what was recorded even when pg_restore has seen enough before that.
 */
#ifndef GUARDIAN_PROVE_ARCHIVE_H
#define GUARDIAN_PROVE_ARCHIVE_H

#include "guardian/snapshot/stream.h"

struct gd_archive {
    const struct gd_place *place;
    const struct gd_stored *stored;
    const char *pg_restore;       /* path of the program */
    const char *const *arguments; /* NULL-terminated; it reads from its standard input */
};

/** Called with each line of output, without its line feed. Fails: the rest is not shown to it. */
typedef struct gd_status gd_archive_line_fn(void *context, const char *line, size_t size,
                                            struct gd_error *err);

/** Run pg_restore over it. @return GD_CORRUPT the object is not what was recorded, or pg_restore
 *  cannot read it (the text holds its words); otherwise what `each` said */
GD_MUST struct gd_status gd_archive_read(const struct gd_archive *archive, gd_archive_line_fn *each,
                                         void *context, struct gd_error *err);

/** Every line of a source, in turn. */
GD_MUST struct gd_status gd_lines_read(struct gd_source *source, gd_archive_line_fn *each,
                                       void *context, struct gd_error *err);

/** Read an object to its end and do nothing with it: is it what was recorded? */
GD_MUST struct gd_status gd_object_drain(struct gd_source *source, struct gd_error *err);

#endif
