/*
 * Bytes: numbers as they stand in WAL, in the server's byte order, which must be this machine's.
 */
#ifndef GUARDIAN_WAL_BYTES_H
#define GUARDIAN_WAL_BYTES_H

#include <stdint.h>
#include <string.h>

static inline uint16_t gd_wal_u16(const unsigned char *bytes)
{
    uint16_t number;
    memcpy(&number, bytes, sizeof number);
    return number;
}

static inline uint32_t gd_wal_u32(const unsigned char *bytes)
{
    uint32_t number;
    memcpy(&number, bytes, sizeof number);
    return number;
}

static inline uint64_t gd_wal_u64(const unsigned char *bytes)
{
    uint64_t number;
    memcpy(&number, bytes, sizeof number);
    return number;
}

#endif
