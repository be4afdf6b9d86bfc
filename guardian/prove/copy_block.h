/*
 * COPY text by blocks of 64 bytes: where the bytes are that matter, as one bit for each byte.
 *
 * Two ways to the same bits: SSE2, which every x86-64 has, and one that any machine can go.
 */
#ifndef GUARDIAN_PROVE_COPY_BLOCK_H
#define GUARDIAN_PROVE_COPY_BLOCK_H

#include <stdint.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

enum { GD_COPY_BLOCK = 64 };

/** Bit i stands for byte i. */
struct gd_copy_bits {
    uint64_t newline, tab;
    uint64_t special; /* backslash, carriage return, NUL */
    uint64_t high;    /* above 0x7f */
};

static inline struct gd_copy_bits gd_copy_bits_plain(const char *block)
{
    struct gd_copy_bits bits = {0};
    for (unsigned i = 0; i < GD_COPY_BLOCK; i++) {
        unsigned char byte = (unsigned char)block[i];
        uint64_t bit = UINT64_C(1) << i;
        if (byte >= 0x80)
            bits.high |= bit;
        else if (byte == '\t')
            bits.tab |= bit;
        else if (byte == '\n')
            bits.newline |= bit;
        else if (byte == '\\' || byte == '\r' || byte == '\0')
            bits.special |= bit;
    }
    return bits;
}

#ifdef __SSE2__
static inline uint64_t gd_copy_mask(__m128i matches, unsigned at)
{
    return (uint64_t)(unsigned)_mm_movemask_epi8(matches) << at;
}

static inline struct gd_copy_bits gd_copy_bits(const char *block)
{
    const __m128i newline = _mm_set1_epi8('\n'), tab = _mm_set1_epi8('\t'),
                  backslash = _mm_set1_epi8('\\'), carriage = _mm_set1_epi8('\r'),
                  zero = _mm_setzero_si128();
    struct gd_copy_bits bits = {0};
    for (unsigned at = 0; at < GD_COPY_BLOCK; at += 16) {
        __m128i bytes = _mm_loadu_si128((const __m128i_u *)(const void *)(block + at));
        __m128i special = _mm_or_si128(
            _mm_cmpeq_epi8(bytes, backslash),
            _mm_or_si128(_mm_cmpeq_epi8(bytes, carriage), _mm_cmpeq_epi8(bytes, zero)));
        bits.newline |= gd_copy_mask(_mm_cmpeq_epi8(bytes, newline), at);
        bits.tab |= gd_copy_mask(_mm_cmpeq_epi8(bytes, tab), at);
        bits.special |= gd_copy_mask(special, at);
        bits.high |= gd_copy_mask(bytes, at); /* the sign bit of each byte */
    }
    return bits;
}
#else
static inline struct gd_copy_bits gd_copy_bits(const char *block)
{
    return gd_copy_bits_plain(block);
}
#endif

#endif
