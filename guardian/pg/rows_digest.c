/*
 * Rows digest: a sum that knows rows again, in whatever order and whatever pieces they come.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* In the header, not from a library: libpg_query exports an xxhash of its own, under the same
 * names. */
#define XXH_INLINE_ALL
#include <xxhash.h>

#include "guardian/pg/copy.h"

static void add(struct gd_rows_digest *digest, XXH128_hash_t hash)
{
    digest->rows++;
    digest->low += hash.low64;
    digest->high += hash.high64 + (digest->low < hash.low64 ? 1 : 0);
}

void gd_rows_digest_line(struct gd_rows_digest *digest, const void *line, size_t size)
{
    add(digest, XXH3_128bits(line, size));
}

void gd_rows_digest_join(struct gd_rows_digest *digest, const struct gd_rows_digest *other)
{
    digest->rows += other->rows;
    digest->low += other->low;
    digest->high += other->high + (digest->low < other->low ? 1 : 0);
}

void gd_rows_digest_hex(const struct gd_rows_digest *digest, char out_hex[GD_ROWS_DIGEST_SIZE])
{
    snprintf(out_hex, GD_ROWS_DIGEST_SIZE, "%016" PRIx64 "%016" PRIx64, digest->high, digest->low);
}

static bool half(const char *hex, uint64_t *out_value)
{
    uint64_t value = 0;
    for (size_t i = 0; i < 16; i++) {
        const char *digits = "0123456789abcdef", *found = strchr(digits, hex[i]);
        if (hex[i] == '\0' || found == NULL)
            return false;
        value = value << 4 | (uint64_t)(found - digits);
    }
    *out_value = value;
    return true;
}

bool gd_rows_digest_parse(const char *hex, struct gd_rows_digest *digest)
{
    uint64_t high = 0, low = 0;
    if (!half(hex, &high) || !half(hex + 16, &low) || hex[32] != '\0')
        return false;
    digest->high = high;
    digest->low = low;
    return true;
}

/* --- lines out of chunks ------------------------------------------------------------------------
 */

struct gd_rows_reader {
    struct gd_rows_digest digest;
    XXH3_state_t *state; /* of the line that is open */
    bool open;
};

struct gd_rows_reader *gd_rows_reader_new(void)
{
    struct gd_rows_reader *reader = calloc(1, sizeof *reader);
    if (reader == NULL)
        abort();
    reader->state = XXH3_createState();
    if (reader->state == NULL)
        abort();
    return reader;
}

void gd_rows_reader_free(struct gd_rows_reader *reader)
{
    if (reader == NULL)
        return;
    XXH3_freeState(reader->state);
    free(reader);
}

/* Up to and with the newline that ends the open line; the number of bytes taken. */
static size_t go_on(struct gd_rows_reader *reader, const char *data, size_t size)
{
    const char *end = memchr(data, '\n', size);
    size_t length = end == NULL ? size : (size_t)(end - data);
    XXH3_128bits_update(reader->state, data, length);
    if (end == NULL)
        return size;
    add(&reader->digest, XXH3_128bits_digest(reader->state));
    reader->open = false;
    return length + 1;
}

void gd_rows_reader_feed(struct gd_rows_reader *reader, const void *data, size_t size)
{
    const char *at = data, *limit = at + size;
    if (reader->open)
        at += go_on(reader, at, size);
    while (at < limit) {
        const char *end = memchr(at, '\n', (size_t)(limit - at));
        if (end == NULL)
            break;
        add(&reader->digest, XXH3_128bits(at, (size_t)(end - at)));
        at = end + 1;
    }
    if (at == limit)
        return;
    XXH3_128bits_reset(reader->state);
    XXH3_128bits_update(reader->state, at, (size_t)(limit - at));
    reader->open = true;
}

bool gd_rows_reader_end(const struct gd_rows_reader *reader, struct gd_rows_digest *out_digest)
{
    if (reader->open)
        return false;
    *out_digest = reader->digest;
    return true;
}

uint64_t gd_rows_reader_rows(const struct gd_rows_reader *reader)
{
    return reader->digest.rows;
}
