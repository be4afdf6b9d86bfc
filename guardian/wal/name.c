#include "guardian/wal/name.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { DIGITS = 8 };

/* Eight upper-case hex digits, as the server writes them. */
static bool read_number(const char *text, uint32_t *out_number)
{
    uint32_t number = 0;
    for (int i = 0; i < DIGITS; i++) {
        bool digit = text[i] >= '0' && text[i] <= '9', letter = text[i] >= 'A' && text[i] <= 'F';
        if (!digit && !letter)
            return false;
        number = number << 4 | (uint32_t)(digit ? text[i] - '0' : text[i] - 'A' + 10);
    }
    *out_number = number;
    return true;
}

static bool read_ending(const char *text, struct gd_wal_name *name)
{
    if (text[0] == '\0')
        name->kind = GD_WAL_SEGMENT;
    else if (strcmp(text, ".partial") == 0)
        name->kind = GD_WAL_PARTIAL;
    else if (text[0] == '.' && read_number(text + 1, &name->offset) &&
             strcmp(text + 1 + DIGITS, ".backup") == 0)
        name->kind = GD_WAL_BACKUP;
    else
        return false;
    return true;
}

bool gd_wal_name_read(const char *text, struct gd_wal_name *out_name)
{
    struct gd_wal_name name = {0};
    if (!read_number(text, &name.timeline) || name.timeline == 0)
        return false;
    if (strcmp(text + DIGITS, ".history") == 0)
        name.kind = GD_WAL_HISTORY;
    else if (!read_number(text + DIGITS, &name.log) ||
             !read_number(text + (size_t)2 * DIGITS, &name.within) ||
             !read_ending(text + (size_t)3 * DIGITS, &name))
        return false;
    *out_name = name;
    return true;
}

void gd_wal_name_write(const struct gd_wal_name *name, char out_text[GD_WAL_NAME_SIZE])
{
    char *end = out_text + snprintf(out_text, GD_WAL_NAME_SIZE, "%08" PRIX32, name->timeline);
    size_t left = GD_WAL_NAME_SIZE - DIGITS;
    if (name->kind == GD_WAL_HISTORY) {
        (void)snprintf(end, left, ".history");
        return;
    }
    end += snprintf(end, left, "%08" PRIX32 "%08" PRIX32, name->log, name->within);
    left -= (size_t)2 * DIGITS;
    if (name->kind == GD_WAL_PARTIAL)
        (void)snprintf(end, left, ".partial");
    else if (name->kind == GD_WAL_BACKUP)
        (void)snprintf(end, left, ".%08" PRIX32 ".backup", name->offset);
}

bool gd_wal_segment_bytes_valid(uint64_t segment_bytes)
{
    return segment_bytes >= (uint64_t)1 << 20 && segment_bytes <= (uint64_t)1 << 30 &&
           (segment_bytes & (segment_bytes - 1)) == 0;
}

bool gd_wal_name_start(const struct gd_wal_name *name, uint64_t segment_bytes, uint64_t *out_lsn)
{
    assert(name->kind != GD_WAL_HISTORY && gd_wal_segment_bytes_valid(segment_bytes));
    if (name->within >= ((uint64_t)1 << 32) / segment_bytes)
        return false;
    *out_lsn = ((uint64_t)name->log << 32) + name->within * segment_bytes;
    return true;
}

struct gd_wal_name gd_wal_segment_at(uint32_t timeline, uint64_t lsn, uint64_t segment_bytes)
{
    assert(gd_wal_segment_bytes_valid(segment_bytes));
    return (struct gd_wal_name){
        .kind = GD_WAL_SEGMENT,
        .timeline = timeline,
        .log = (uint32_t)(lsn >> 32),
        .within = (uint32_t)((lsn & UINT32_MAX) / segment_bytes),
    };
}

/* One to eight hex digits of either case; where they end. */
static const char *read_half(const char *text, uint64_t *out_half)
{
    uint64_t half = 0;
    int count = 0;
    for (; count < DIGITS; count++, text++) {
        int digit = *text >= '0' && *text <= '9'   ? *text - '0'
                    : *text >= 'a' && *text <= 'f' ? *text - 'a' + 10
                    : *text >= 'A' && *text <= 'F' ? *text - 'A' + 10
                                                   : -1;
        if (digit < 0)
            break;
        half = half << 4 | (uint64_t)digit;
    }
    *out_half = half;
    return count > 0 ? text : NULL;
}

bool gd_lsn_read(const char *text, uint64_t *out_lsn)
{
    uint64_t high, low;
    const char *rest = read_half(text, &high);
    if (rest == NULL || *rest != '/')
        return false;
    rest = read_half(rest + 1, &low);
    if (rest == NULL || *rest != '\0')
        return false;
    *out_lsn = high << 32 | low;
    return true;
}

void gd_lsn_write(uint64_t lsn, char out_text[GD_LSN_SIZE])
{
    (void)snprintf(out_text, GD_LSN_SIZE, "%" PRIX32 "/%" PRIX32, (uint32_t)(lsn >> 32),
                   (uint32_t)lsn);
}
