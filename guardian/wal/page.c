#include "guardian/wal/page.h"

#include <inttypes.h>
#include <string.h>

#include "guardian/wal/bytes.h"

enum {
    SHORT_BYTES = 24, /* of a header on all pages but the first */
    LONG_HEADER = 0x0002,
    KNOWN_FLAGS = 0x000F,
    MAGIC_HIGH = 0xD1, /* of all versions so far; the low half tells which */
};

/* clang-format off */
static const struct {
    uint16_t magic;
    unsigned major;
} majors[] = {
    {0xD106, 13}, {0xD10D, 14}, {0xD110, 15}, {0xD113, 16}, {0xD116, 17}, {0xD118, 18},
};
/* clang-format on */

unsigned gd_wal_major(uint16_t magic)
{
    for (size_t i = 0; i < sizeof majors / sizeof majors[0]; i++)
        if (majors[i].magic == magic)
            return majors[i].major;
    return 0;
}

struct gd_status gd_wal_head_read(const void *bytes, struct gd_wal_head *out_head,
                                  struct gd_error *err)
{
    const unsigned char *at = bytes;
    struct gd_wal_head head = {
        .magic = gd_wal_u16(at),
        .timeline = gd_wal_u32(at + 4),
        .lsn = gd_wal_u64(at + 8),
        .system_identifier = gd_wal_u64(at + 24),
        .segment_bytes = gd_wal_u32(at + 32),
        .page_bytes = gd_wal_u32(at + 36),
    };
    uint16_t flags = gd_wal_u16(at + 2);
    if ((head.magic >> 8) != MAGIC_HIGH || (flags & LONG_HEADER) == 0 || flags > KNOWN_FLAGS)
        return gd_fail(err, GD_CORRUPT, "it does not begin as a WAL segment does");
    if (!gd_wal_segment_bytes_valid(head.segment_bytes) || head.page_bytes != GD_WAL_PAGE_BYTES)
        return gd_fail(err, GD_CORRUPT,
                       "its head speaks of segments of %" PRIu64 " bytes and pages of %" PRIu32,
                       head.segment_bytes, head.page_bytes);
    if (head.lsn % head.segment_bytes != 0)
        return gd_fail(err, GD_CORRUPT, "its head does not stand at the beginning of a segment");
    *out_head = head;
    return GD_DONE;
}

/* ---- page after page ---- */

void gd_wal_pages_init(struct gd_wal_pages *pages, const struct gd_wal_name *name)
{
    *pages = (struct gd_wal_pages){.name = *name};
}

GD_MUST static struct gd_status check_first(struct gd_wal_pages *pages, struct gd_error *err)
{
    uint64_t start;
    char name[GD_WAL_NAME_SIZE], lsn[GD_LSN_SIZE];
    GD_TRY(gd_wal_head_read(pages->start, &pages->head, err));
    gd_lsn_write(pages->head.lsn, lsn);
    gd_wal_name_write(&pages->name, name);
    if (!gd_wal_name_start(&pages->name, pages->head.segment_bytes, &start) ||
        start != pages->head.lsn)
        return gd_fail(err, GD_CORRUPT, "its first page is that of byte %s, and not of %s", lsn,
                       name);
    /* The first pages of a new timeline's first segment are copied from the old one. */
    if (pages->head.timeline == 0 || pages->head.timeline > pages->name.timeline)
        return gd_fail(err, GD_CORRUPT, "its first page is of timeline %" PRIu32,
                       pages->head.timeline);
    return GD_DONE;
}

GD_MUST static struct gd_status check_page(struct gd_wal_pages *pages, struct gd_error *err)
{
    uint64_t at = pages->seen - pages->seen % GD_WAL_PAGE_BYTES;
    uint32_t timeline = gd_wal_u32(pages->start + 4);
    if (at == 0)
        return check_first(pages, err);
    if (gd_wal_u16(pages->start) == 0 && gd_wal_u32(pages->start + 4) == 0 &&
        gd_wal_u64(pages->start + 8) == 0)
        return GD_DONE; /* empty, if what follows is */
    if (pages->used < at)
        return gd_fail(err, GD_CORRUPT, "a page at %" PRIu64 " follows empty ones", at);
    if (gd_wal_u16(pages->start) != pages->head.magic ||
        gd_wal_u64(pages->start + 8) != pages->head.lsn + at || timeline < pages->head.timeline ||
        timeline > pages->name.timeline)
        return gd_fail(err, GD_CORRUPT, "the page at %" PRIu64 " is not the one that belongs there",
                       at);
    pages->used = at + GD_WAL_PAGE_BYTES;
    return GD_DONE;
}

static bool is_zero(const unsigned char *data, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (data[i] != 0)
            return false;
    return true;
}

/* The beginning of a page, as far as it is looked at. */
GD_MUST static struct gd_status take_start(struct gd_wal_pages *pages, const unsigned char *data,
                                           size_t size, size_t *out_taken, struct gd_error *err)
{
    size_t within = (size_t)(pages->seen % GD_WAL_PAGE_BYTES);
    size_t wanted = pages->seen < GD_WAL_PAGE_BYTES ? GD_WAL_HEAD_BYTES : SHORT_BYTES;
    *out_taken = 0;
    if (within >= wanted)
        return GD_DONE;
    *out_taken = size < wanted - within ? size : wanted - within;
    memcpy(pages->start + within, data, *out_taken);
    if (within + *out_taken < wanted) {
        pages->seen += *out_taken;
        return GD_DONE;
    }
    GD_TRY(check_page(pages, err));
    if (pages->seen < GD_WAL_PAGE_BYTES)
        pages->used = GD_WAL_PAGE_BYTES;
    pages->seen += *out_taken;
    return GD_DONE;
}

struct gd_status gd_wal_pages_add(struct gd_wal_pages *pages, const void *data, size_t size,
                                  struct gd_error *err)
{
    const unsigned char *at = data;
    while (size > 0) {
        size_t taken;
        GD_TRY(take_start(pages, at, size, &taken, err));
        at += taken;
        size -= taken;
        size_t rest =
            (size_t)((GD_WAL_PAGE_BYTES - pages->seen % GD_WAL_PAGE_BYTES) % GD_WAL_PAGE_BYTES);
        rest = rest < size ? rest : size;
        if (pages->used <= pages->seen && !is_zero(at, rest))
            return gd_fail(err, GD_CORRUPT, "the page at %" PRIu64 " has no head",
                           pages->seen - pages->seen % GD_WAL_PAGE_BYTES);
        pages->seen += rest;
        at += rest;
        size -= rest;
    }
    return GD_DONE;
}

uint64_t gd_wal_page_end(uint64_t lsn, uint64_t segment_bytes)
{
    enum { HEAD_BYTES = 24 };
    if (segment_bytes != 0 && lsn % segment_bytes == GD_WAL_HEAD_BYTES)
        return lsn - GD_WAL_HEAD_BYTES;
    return lsn % GD_WAL_PAGE_BYTES == HEAD_BYTES ? lsn - HEAD_BYTES : lsn;
}

struct gd_status gd_wal_pages_end(const struct gd_wal_pages *pages, struct gd_error *err)
{
    if (pages->seen < GD_WAL_HEAD_BYTES)
        return gd_fail(err, GD_CORRUPT, "it holds no more than %" PRIu64 " bytes", pages->seen);
    if (pages->seen != pages->head.segment_bytes)
        return gd_fail(err, GD_CORRUPT, "it has %" PRIu64 " bytes, and should have %" PRIu64,
                       pages->seen, pages->head.segment_bytes);
    return GD_DONE;
}
