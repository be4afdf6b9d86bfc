/*
 * CRC-32C: by the processor's own instruction where it has one, else eight bytes at a time by
 * tables. All WAL goes through it, some of it twice.
 */
#include "guardian/base/crc32c.h"

#include <pthread.h>
#include <string.h>

enum { TABLE_SIZE = 256, STEP = 8 };
static const uint32_t polynomial = UINT32_C(0x82F63B78); /* bits reversed */

/* [k][byte]: what the byte leaves behind when k more bytes have come. */
static uint32_t tables[STEP][TABLE_SIZE];

static void fill_tables(void)
{
    for (uint32_t byte = 0; byte < TABLE_SIZE; byte++) {
        uint32_t crc = byte;
        for (int bit = 0; bit < 8; bit++)
            crc = (crc >> 1) ^ ((crc & 1) != 0 ? polynomial : 0);
        tables[0][byte] = crc;
    }
    for (size_t k = 1; k < STEP; k++)
        for (size_t byte = 0; byte < TABLE_SIZE; byte++)
            tables[k][byte] = (tables[k - 1][byte] >> 8) ^ tables[0][tables[k - 1][byte] & 0xFF];
}

uint32_t gd_crc32c_by_tables(uint32_t crc, const void *data, size_t size)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    const unsigned char *bytes = data;
    (void)pthread_once(&once, fill_tables);
    crc = ~crc;
    for (; size >= STEP; size -= STEP, bytes += STEP)
        crc = tables[7][(crc ^ bytes[0]) & 0xFF] ^ tables[6][((crc >> 8) ^ bytes[1]) & 0xFF] ^
              tables[5][((crc >> 16) ^ bytes[2]) & 0xFF] ^ tables[4][(crc >> 24) ^ bytes[3]] ^
              tables[3][bytes[4]] ^ tables[2][bytes[5]] ^ tables[1][bytes[6]] ^ tables[0][bytes[7]];
    for (size_t i = 0; i < size; i++)
        crc = (crc >> 8) ^ tables[0][(crc ^ bytes[i]) & 0xFF];
    return ~crc;
}

#if defined(__x86_64__)

__attribute__((target("sse4.2"))) static uint32_t by_processor(uint32_t crc, const void *data,
                                                               size_t size)
{
    const unsigned char *bytes = data;
    uint64_t wide = ~crc;
    for (; size >= STEP; size -= STEP, bytes += STEP) {
        uint64_t word;
        memcpy(&word, bytes, sizeof word);
        wide = __builtin_ia32_crc32di(wide, word);
    }
    crc = (uint32_t)wide;
    for (size_t i = 0; i < size; i++)
        crc = __builtin_ia32_crc32qi(crc, bytes[i]);
    return ~crc;
}

uint32_t gd_crc32c(uint32_t crc, const void *data, size_t size)
{
    return __builtin_cpu_supports("sse4.2") ? by_processor(crc, data, size)
                                            : gd_crc32c_by_tables(crc, data, size);
}

#else

uint32_t gd_crc32c(uint32_t crc, const void *data, size_t size)
{
    return gd_crc32c_by_tables(crc, data, size);
}

#endif
