#include "guardian/wal/walk.h"

#include <string.h>

#include "guardian/base/crc32c.h"
#include "guardian/wal/bytes.h"

enum {
    CONTINUED = 0x0001, /* flags of a page */
    LONG_HEADER = 0x0002,
    GIVES_UP = 0x0008,
    SHORT_BYTES = 24,
    LONG_BYTES = 40,
    RECORD_BYTES_MAX = 1 << 30,
    CRC_AT = 20, /* in a record's head; what is before it is part of the CRC, behind the body */
    RM_XLOG = 0,
    RM_XACT = 1,
    RM_TABLESPACE = 5,
    LOOK_BYTES = 64, /* that are kept of a record but of those on tablespaces */
};
static const int64_t epoch_us = INT64_C(946684800000000); /* 2000-01-01 */

GD_MUST static struct gd_status fail_at(uint64_t lsn, const char *what, struct gd_error *err)
{
    char text[GD_LSN_SIZE];
    gd_lsn_write(lsn, text);
    return gd_fail(err, GD_CORRUPT, "the record at %s %s", text, what);
}

void gd_wal_walk_init(struct gd_wal_walk *walk, uint64_t lsn)
{
    memset(walk, 0, sizeof *walk);
    walk->lsn = lsn;
}

/* ---- what a record says ---- */

/* Where a record's own data begin, behind the heads of what goes with it; NULL: it is of blocks, or
 * longer than what is looked at. */
static const unsigned char *own_data(const struct gd_wal_walk *walk, size_t wanted)
{
    enum { LONG_DATA = 254, SHORT_DATA = 255, ORIGIN = 253, TOP_TRANSACTION = 252 };
    size_t at = 0;
    while (at < walk->look_filled) {
        size_t skip = walk->look[at] == ORIGIN            ? 1 + 2
                      : walk->look[at] == TOP_TRANSACTION ? 1 + 4
                      : walk->look[at] == SHORT_DATA      ? 1 + 1
                      : walk->look[at] == LONG_DATA       ? 1 + 4
                                                          : 0;
        bool data = walk->look[at] >= LONG_DATA;
        at += skip;
        if (skip == 0)
            break;
        if (data)
            return at + wanted <= walk->look_filled ? walk->look + at : NULL;
    }
    return NULL;
}

/* Commits, aborts and restore points begin with the time at which they were made. */
static bool has_time(unsigned manager, unsigned info)
{
    enum { XACT_WHAT = 0x70, XACT_PREPARE = 0x10, XACT_LAST = 0x40 };
    enum { XLOG_WHAT = 0xF0, XLOG_RESTORE_POINT = 0x70, XLOG_END_OF_RECOVERY = 0x90 };
    if (manager == RM_XACT)
        return (info & XACT_WHAT) <= XACT_LAST && (info & XACT_WHAT) != XACT_PREPARE;
    return manager == RM_XLOG &&
           ((info & XLOG_WHAT) == XLOG_RESTORE_POINT || (info & XLOG_WHAT) == XLOG_END_OF_RECOVERY);
}

static void learn_time(struct gd_wal_walk *walk)
{
    const unsigned char *data = own_data(walk, sizeof(int64_t));
    int64_t time_us;
    if (data == NULL)
        return;
    memcpy(&time_us, data, sizeof time_us);
    time_us += epoch_us;
    if (walk->told.oldest_us == 0 || time_us < walk->told.oldest_us)
        walk->told.oldest_us = time_us;
    if (time_us > walk->told.newest_us)
        walk->told.newest_us = time_us;
}

/* Is it the record that tells the server's settings, all of which is here, or a part of it? */
static bool is_of_settings(const struct gd_wal_walk *walk)
{
    enum { WHAT = 0xF0, PARAMETER_CHANGE = 0x60 };
    return walk->whole && walk->head_filled == GD_WAL_RECORD_HEAD && walk->head[17] == RM_XLOG &&
           (walk->head[16] & WHAT) == PARAMETER_CHANGE;
}

/* One that crosses the segment's border before it says the level counts as minimal. */
static void learn_level(struct gd_wal_walk *walk)
{
    enum { LEVEL_AT = 20, MINIMAL = 0 };
    const unsigned char *data = own_data(walk, LEVEL_AT + sizeof(uint32_t));
    if (data == NULL ? walk->left == 0 : gd_wal_u32(data + LEVEL_AT) != MINIMAL)
        return;
    if (walk->told.first_minimal == 0)
        walk->told.first_minimal = walk->told.last_start;
    walk->told.last_minimal = walk->told.last_start;
}

static void tell_tablespace(struct gd_wal_walk *walk)
{
    const unsigned char *data = own_data(walk, sizeof(uint32_t) + 1);
    if (data == NULL) {
        walk->tablespace(walk->context, 0, NULL);
        return;
    }
    const char *path = (const char *)data + sizeof(uint32_t);
    size_t room = walk->look_filled - (size_t)(data - walk->look) - sizeof(uint32_t);
    walk->tablespace(walk->context, gd_wal_u32(data), memchr(path, 0, room) == NULL ? NULL : path);
}

GD_MUST static struct gd_status finish_record(struct gd_wal_walk *walk, struct gd_error *err)
{
    enum { WHAT = 0xF0, SWITCH = 0x40 };
    if (!walk->whole)
        return GD_DONE;
    unsigned info = walk->head[16], manager = walk->head[17];
    if (gd_crc32c(walk->crc, walk->head, CRC_AT) != gd_wal_u32(walk->head + CRC_AT))
        return fail_at(walk->told.last_start, "has another CRC than it says", err);
    if (has_time(manager, info) && walk->told.first_minimal == 0) /* behind it nothing counts */
        learn_time(walk);
    if (is_of_settings(walk))
        learn_level(walk);
    if (walk->tablespace != NULL && manager == RM_TABLESPACE && (info & WHAT) == 0)
        tell_tablespace(walk);
    if (manager == RM_XLOG && (info & WHAT) == SWITCH)
        walk->ended = walk->told.switched = true;
    return GD_DONE;
}

/* ---- bytes of a record ---- */

GD_MUST static struct gd_status take_head(struct gd_wal_walk *walk, struct gd_error *err)
{
    uint64_t prev = gd_wal_u64(walk->head + 8);
    if (walk->told.first_prev == 0)
        walk->told.first_prev = walk->told.before_last = prev;
    if (prev != walk->told.before_last)
        return fail_at(walk->told.last_start, "does not follow the one before it", err);
    return GD_DONE;
}

GD_MUST static struct gd_status take(struct gd_wal_walk *walk, const unsigned char *data,
                                     size_t size, struct gd_error *err)
{
    walk->left -= (uint32_t)size;
    if (walk->whole && walk->head_filled < GD_WAL_RECORD_HEAD) {
        size_t part = GD_WAL_RECORD_HEAD - walk->head_filled;
        part = part < size ? part : size;
        memcpy(walk->head + walk->head_filled, data, part);
        walk->head_filled += part;
        data += part;
        size -= part;
        if (walk->head_filled == GD_WAL_RECORD_HEAD)
            GD_TRY(take_head(walk, err));
    }
    if (walk->whole && size > 0) {
        size_t room = walk->head[17] == RM_TABLESPACE ? GD_WAL_RECORD_LOOK : LOOK_BYTES;
        size_t part = room - walk->look_filled;
        part = part < size ? part : size;
        memcpy(walk->look + walk->look_filled, data, part);
        walk->look_filled += part;
        walk->crc = gd_crc32c(walk->crc, data, size);
    }
    return walk->left == 0 ? finish_record(walk, err) : GD_DONE;
}

GD_MUST static struct gd_status begin_record(struct gd_wal_walk *walk, uint64_t lsn,
                                             uint32_t length, struct gd_error *err)
{
    walk->told.before_last = walk->told.last_start;
    walk->told.last_start = lsn;
    if (length < GD_WAL_RECORD_HEAD || length > RECORD_BYTES_MAX)
        return fail_at(lsn, "has a length that no record has", err);
    walk->left = length;
    walk->whole = true;
    walk->head_filled = walk->look_filled = 0;
    walk->crc = 0;
    return GD_DONE;
}

/* ---- pages ---- */

/* A page says whether a record goes on in it, and how much of that is left. */
GD_MUST static struct gd_status begin_page(struct gd_wal_walk *walk, struct gd_error *err)
{
    unsigned flags = gd_wal_u16(walk->page + 2);
    uint32_t rest = (flags & CONTINUED) != 0 ? gd_wal_u32(walk->page + 16) : 0;
    if (!walk->begun) {
        walk->begun = true;
        walk->told.gives_up = (flags & GIVES_UP) != 0;
        walk->told.head_left = walk->left = rest;
        return GD_DONE;
    }
    if ((flags & GIVES_UP) != 0 && walk->left > 0) { /* a crash: it was never written to its end */
        walk->left = 0;
        walk->told.last_start = walk->told.before_last;
        if (walk->told.last_start == 0)
            walk->told.first_prev = 0;
    }
    if (rest == walk->left)
        return GD_DONE;
    char text[GD_LSN_SIZE];
    gd_lsn_write(walk->lsn, text);
    return gd_fail(err, GD_CORRUPT,
                   "the page at %s does not go on with the record that the one before it ends in",
                   text);
}

GD_MUST static struct gd_status read_page(struct gd_wal_walk *walk, struct gd_error *err)
{
    enum { ALIGNED = 8 };
    size_t at = (gd_wal_u16(walk->page + 2) & LONG_HEADER) != 0 ? LONG_BYTES : SHORT_BYTES;
    if (walk->filled < at || walk->ended)
        return GD_DONE;
    if (gd_wal_u16(walk->page) == 0) {
        walk->ended = true;
        walk->told.ended_lsn = walk->left > 0 && walk->whole ? walk->told.last_start : walk->lsn;
        return GD_DONE;
    }
    GD_TRY(begin_page(walk, err));
    while (at < walk->filled) {
        if (walk->left > 0) {
            size_t part = walk->filled - at;
            part = part < walk->left ? part : walk->left;
            GD_TRY(take(walk, walk->page + at, part, err));
            at += part;
            continue;
        }
        at = (at + ALIGNED - 1) / ALIGNED * ALIGNED;
        if (walk->ended || at + sizeof(uint32_t) > walk->filled)
            break;
        uint32_t length = gd_wal_u32(walk->page + at);
        if (length == 0) {
            walk->ended = true;
            walk->told.ended_lsn = walk->lsn + at;
            break;
        }
        GD_TRY(begin_record(walk, walk->lsn + at, length, err));
    }
    return GD_DONE;
}

struct gd_status gd_wal_walk_add(struct gd_wal_walk *walk, const void *data, size_t size,
                                 struct gd_error *err)
{
    const unsigned char *from = data;
    while (size > 0) {
        size_t part = GD_WAL_PAGE_BYTES - walk->filled;
        part = part < size ? part : size;
        memcpy(walk->page + walk->filled, from, part);
        walk->filled += part;
        from += part;
        size -= part;
        if (walk->filled < GD_WAL_PAGE_BYTES)
            break;
        GD_TRY(read_page(walk, err));
        walk->filled = 0;
        walk->lsn += GD_WAL_PAGE_BYTES;
    }
    return GD_DONE;
}

struct gd_status gd_wal_walk_end(struct gd_wal_walk *walk, struct gd_wal_told *out_told,
                                 struct gd_error *err)
{
    if (walk->filled > 0)
        GD_TRY(read_page(walk, err));
    walk->told.tail_left = walk->left;
    if (walk->left > 0 && is_of_settings(walk))
        learn_level(walk);
    if (out_told != NULL)
        *out_told = walk->told;
    return GD_DONE;
}

/* ---- over the border ---- */

struct gd_status gd_wal_walk_follows(struct gd_wal_told *inout_before,
                                     const struct gd_wal_told *next, struct gd_error *err)
{
    struct gd_wal_told before = *inout_before;
    *inout_before = *next;
    if (before.ended_lsn != 0)
        return gd_fail(err, GD_CORRUPT, "does not go on where the WAL before it ends");
    if (!next->gives_up && before.tail_left != next->head_left)
        return gd_fail(err, GD_CORRUPT,
                       "does not go on with the record that the segment before it ends in");
    uint64_t expected =
        next->gives_up && before.tail_left > 0 ? before.before_last : before.last_start;
    if (next->first_prev == 0) {
        inout_before->last_start = expected;
        inout_before->before_last = expected == before.last_start ? before.before_last : 0;
    } else if (expected != 0 && next->first_prev != expected) {
        return gd_fail(err, GD_CORRUPT, "does not follow the records of the segment before it");
    }
    return GD_DONE;
}
