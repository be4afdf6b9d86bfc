/*
 * Mark, from within. No file outside of wal/ includes it.
 */
#ifndef GUARDIAN_WAL_MARK_OWN_H
#define GUARDIAN_WAL_MARK_OWN_H

#include "guardian/wal/mark.h"

/** Put the record; read it back. */
GD_MUST struct gd_status gd_wal_mark_record(struct gd_store *store, const struct gd_mark *mark,
                                            struct gd_error *err);

#endif
