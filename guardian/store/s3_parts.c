#include "guardian/store/s3_parts.h"

enum { PARTS_OF_HINT = 5000, GROWTH = 1250 };

static uint64_t round_up(uint64_t bytes)
{
    const uint64_t unit = (uint64_t)1 << 20;
    return (bytes + unit - 1) / unit * unit;
}

uint64_t gd_s3_part_bytes(uint64_t first, uint64_t hint, uint64_t sent)
{
    uint64_t bytes = first < GD_S3_PART_MIN ? GD_S3_PART_MIN : first;
    uint64_t planned = round_up(hint / PARTS_OF_HINT);
    if (bytes < planned)
        bytes = planned;
    uint64_t grown = sent >= hint ? round_up(sent / GROWTH) : 0;
    if (bytes < grown)
        bytes = grown;
    return bytes < GD_S3_PART_MAX ? bytes : GD_S3_PART_MAX;
}
