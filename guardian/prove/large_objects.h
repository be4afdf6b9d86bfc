/*
 * Large objects in the script that pg_restore makes of an archive: how many, how long, and what is
 * in them.
 *
 *   SELECT pg_catalog.lo_open('16385', 131072);
 *   SELECT pg_catalog.lowrite(0, '\x6162');      any number of these
 *   SELECT pg_catalog.lo_close(0);
 *
 * Other lines pass by. The content digest is the rows digest over "oid TAB sha256" of each.
 */
#ifndef GUARDIAN_PROVE_LARGE_OBJECTS_H
#define GUARDIAN_PROVE_LARGE_OBJECTS_H

#include "guardian/snapshot/manifest.h"

struct gd_large_objects_reader;
struct gd_large_objects_reader *gd_large_objects_reader_new(void);
void gd_large_objects_reader_free(struct gd_large_objects_reader *reader);

/** One line, without its line feed. @return GD_CORRUPT bytes that cannot be read */
GD_MUST struct gd_status gd_large_objects_line(struct gd_large_objects_reader *reader,
                                               const char *line, size_t size, struct gd_error *err);
/** @return GD_CORRUPT what differs from the manifest */
GD_MUST struct gd_status gd_large_objects_compare(const struct gd_large_objects_reader *reader,
                                                  const struct gd_large_objects *recorded,
                                                  struct gd_error *err);

#endif
