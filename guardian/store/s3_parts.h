/*
 * How big the parts of an upload are. Pure.
 *
 * S3 takes 10,000 parts of 5 MiB to 5 GiB each. A part is in memory while it is sent, so parts stay
 * small as long as that can end well: a size that was announced takes at most half of the parts;
 * what goes beyond it, or was not announced, makes each part a 1,250th of all before it, which
 * carries 8 MiB parts beyond 5 TiB.
 */
#ifndef GUARDIAN_STORE_S3_PARTS_H
#define GUARDIAN_STORE_S3_PARTS_H

#include <stdint.h>

#define GD_S3_PART_MIN ((uint64_t)5 << 20)
#define GD_S3_PART_MAX ((uint64_t)5 << 30)
enum { GD_S3_PARTS_MAX = 10000 };

/**
 * Bytes of the next part.
 * @param first  what the settings ask for; less than GD_S3_PART_MIN counts as that
 * @param hint   bytes that the object is expected to have; 0: not known
 * @param sent   bytes in the parts before
 */
uint64_t gd_s3_part_bytes(uint64_t first, uint64_t hint, uint64_t sent);

#endif
