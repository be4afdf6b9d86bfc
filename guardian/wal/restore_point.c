#include "guardian/wal/restore_point.h"

#include <string.h>

#include "guardian/base/crc32c.h"
#include "guardian/wal/bytes.h"
#include "guardian/wal/page.h"

enum {
    SHORT_HEAD_BYTES = 24, /* of all pages but a segment's first */
    RECORD_HEAD_BYTES = 24,
    CRC_AT = 20,
    INFO_AT = 16,
    MANAGER_AT = 17,
    DATA_BYTES = 8 + GD_RESTORE_POINT_NAME,
    RECORD_BYTES = RECORD_HEAD_BYTES + 2 + DATA_BYTES,
    SHORT_DATA = 0xFF,
    INFO_RESTORE_POINT = 0x70,
};

/* 2000-01-01, from which the server counts */
static const int64_t epoch_us = INT64_C(946684800) * 1000000;

/* The last bytes before `lsn`, as the record has them: page headers are left out. */
static bool gather(const unsigned char *bytes, size_t size, uint64_t lsn, uint64_t segment_bytes,
                   unsigned char out_record[GD_RESTORE_POINT_BYTES])
{
    uint64_t first = lsn - size;
    size_t wanted = GD_RESTORE_POINT_BYTES;
    for (uint64_t at = lsn; at > first && wanted > 0; at--) {
        uint64_t within = (at - 1) % GD_WAL_PAGE_BYTES;
        uint64_t head =
            (at - 1) % segment_bytes < GD_WAL_PAGE_BYTES ? GD_WAL_HEAD_BYTES : SHORT_HEAD_BYTES;
        if (within >= head)
            out_record[--wanted] = bytes[at - 1 - first];
    }
    return wanted == 0;
}

static bool is_whole(const unsigned char *record)
{
    uint32_t crc = gd_crc32c(0, record + RECORD_HEAD_BYTES, RECORD_BYTES - RECORD_HEAD_BYTES);
    return gd_crc32c(crc, record, CRC_AT) == gd_wal_u32(record + CRC_AT);
}

bool gd_restore_point_read(const unsigned char *bytes, size_t size, uint64_t lsn,
                           uint64_t segment_bytes, struct gd_restore_point *out_point)
{
    unsigned char record[GD_RESTORE_POINT_BYTES];
    const unsigned char *data = record + RECORD_HEAD_BYTES + 2;
    if (size < GD_RESTORE_POINT_BYTES || lsn < size ||
        !gather(bytes, size, lsn, segment_bytes, record))
        return false;
    if (gd_wal_u32(record) != RECORD_BYTES || record[MANAGER_AT] != 0 ||
        (record[INFO_AT] & 0xF0) != INFO_RESTORE_POINT || record[RECORD_HEAD_BYTES] != SHORT_DATA ||
        record[RECORD_HEAD_BYTES + 1] != DATA_BYTES || !is_whole(record) ||
        memchr(data + 8, '\0', GD_RESTORE_POINT_NAME) == NULL)
        return false;
    int64_t time;
    memcpy(&time, data, sizeof time);
    *out_point = (struct gd_restore_point){.time_us = time + epoch_us};
    memcpy(out_point->name, data + 8, GD_RESTORE_POINT_NAME);
    return true;
}
