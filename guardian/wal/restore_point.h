/*
 * Restore point: its record in the WAL, found by the byte behind it.
 *
 *     XLogRecord, 24 bytes      length u32 = 98, transaction u32, previous u64, info u8 = 0x70,
 *                               manager u8 = 0, two bytes of padding, crc u32
 *     0xFF, 72                  a data block of 72 bytes
 *     xl_restore_point          time u64 (microseconds since 2000), name of 64 bytes
 *     padding to 104            records are aligned to 8 bytes; page headers may lie in between
 *
 * Source: src/include/access/xlogrecord.h and xlog_internal.h of PostgreSQL 13 to 18; XLogInsert()
 * gives the byte behind the padding, which is what pg_create_restore_point() returns.
 */
#ifndef GUARDIAN_WAL_RESTORE_POINT_H
#define GUARDIAN_WAL_RESTORE_POINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    GD_RESTORE_POINT_BYTES = 104, /* of the record, aligned, without page headers */
    GD_RESTORE_POINT_NAME = 64,
    /* so many bytes before its end hold all of it, page headers in between included */
    GD_RESTORE_POINT_SPAN = GD_RESTORE_POINT_BYTES + 40,
};

struct gd_restore_point {
    int64_t time_us; /* since 1970 */
    char name[GD_RESTORE_POINT_NAME];
};

/** @param bytes  of WAL, without a gap, up to `lsn`; at least GD_RESTORE_POINT_SPAN of them
 *  @return false: what ends at `lsn` is no whole record of a restore point */
bool gd_restore_point_read(const unsigned char *bytes, size_t size, uint64_t lsn,
                           uint64_t segment_bytes, struct gd_restore_point *out_point);

#endif
