#include "guardian/base/crc32c.h"

#include <pthread.h>

enum { TABLE_SIZE = 256 };
static const uint32_t polynomial = UINT32_C(0x82F63B78); /* bits reversed */

static uint32_t table[TABLE_SIZE];

static void fill_table(void)
{
    for (uint32_t byte = 0; byte < TABLE_SIZE; byte++) {
        uint32_t crc = byte;
        for (int bit = 0; bit < 8; bit++)
            crc = (crc >> 1) ^ ((crc & 1) != 0 ? polynomial : 0);
        table[byte] = crc;
    }
}

uint32_t gd_crc32c(uint32_t crc, const void *data, size_t size)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    const unsigned char *bytes = data;
    (void)pthread_once(&once, fill_table);
    crc = ~crc;
    for (size_t i = 0; i < size; i++)
        crc = (crc >> 8) ^ table[(crc ^ bytes[i]) & 0xFF];
    return ~crc;
}
