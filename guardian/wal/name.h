/*
 * Name: what PostgreSQL calls its WAL files, and what these names say.
 *
 *     000000030000001600000041                          a segment: timeline 3, byte 0x16'41000000
 *     000000030000001600000041.partial                  what a promoted standby had of it
 *     000000030000001600000041.00000028.backup          where a base backup began
 *     00000003.history                                  where timeline 3 came from
 *
 * How far apart two segments are depends on their size (initdb --wal-segsize).
 * Source: src/include/access/xlog_internal.h of PostgreSQL 13 to 18.
 */
#ifndef GUARDIAN_WAL_NAME_H
#define GUARDIAN_WAL_NAME_H

#include <stdbool.h>
#include <stdint.h>

enum {
    GD_WAL_NAME_SIZE = 48, /* the longest one, with its zero */
    GD_LSN_SIZE = 18,      /* "FFFFFFFF/FFFFFFFF" with its zero */
};

enum gd_wal_kind { GD_WAL_SEGMENT, GD_WAL_PARTIAL, GD_WAL_BACKUP, GD_WAL_HISTORY };

struct gd_wal_name {
    enum gd_wal_kind kind;
    uint32_t timeline;
    uint32_t log, within; /* the two numbers of a segment as they stand in the name */
    uint32_t offset;      /* GD_WAL_BACKUP: of the backup's first record in its segment */
};

/** @return false: it is no name of a WAL file */
bool gd_wal_name_read(const char *text, struct gd_wal_name *out_name);
void gd_wal_name_write(const struct gd_wal_name *name, char out_text[GD_WAL_NAME_SIZE]);

/** A power of two from 1 MiB to 1 GiB? */
bool gd_wal_segment_bytes_valid(uint64_t segment_bytes);
/** The first byte of the segment that `name` is of. @return false: no segment of that size has
 *  that name */
bool gd_wal_name_start(const struct gd_wal_name *name, uint64_t segment_bytes, uint64_t *out_lsn);
/** The segment that byte `lsn` is in. */
struct gd_wal_name gd_wal_segment_at(uint32_t timeline, uint64_t lsn, uint64_t segment_bytes);

/** "16/B374D848" */
bool gd_lsn_read(const char *text, uint64_t *out_lsn);
void gd_lsn_write(uint64_t lsn, char out_text[GD_LSN_SIZE]);

#endif
