/*
 * Padded: a segment that came out of the store before it was whole, and was filled up with zeros.
 * With archive_mode=always a server that recovers archives what restore_command gave it; as a whole
 * segment it would stand for ever in the place of the real one.
 */
#ifndef GUARDIAN_WAL_PADDED_H
#define GUARDIAN_WAL_PADDED_H

#include "guardian/wal/stored.h"

/** @return GD_REFUSED the store holds pieces of this segment, not the whole one, and this has
 *  nothing behind their end */
GD_MUST struct gd_status gd_wal_refuse_padded(const struct gd_wal_place *place,
                                              const struct gd_wal_name *name,
                                              const struct gd_wal_content *content,
                                              struct gd_error *err);

#endif
