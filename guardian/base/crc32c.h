/*
 * CRC-32C (Castagnoli): finds accidents in a frame before anything in it is believed. What somebody
 * changed on purpose is found by a digest.
 */
#ifndef GUARDIAN_BASE_CRC32C_H
#define GUARDIAN_BASE_CRC32C_H

#include <stddef.h>
#include <stdint.h>

/** Of `size` bytes more. `crc` is that of the bytes before them; 0: there are none. */
uint32_t gd_crc32c(uint32_t crc, const void *data, size_t size);

/** The same on a processor that has no instruction for it. */
uint32_t gd_crc32c_by_tables(uint32_t crc, const void *data, size_t size);

#endif
