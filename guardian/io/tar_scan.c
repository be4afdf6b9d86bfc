#include "guardian/io/tar_scan.h"

#include <string.h>

/* Where things stand in a head: POSIX.1-1988 (ustar), src/port/tar.c of PostgreSQL. */
enum {
    NAME = 0,
    NAME_SIZE = 100,
    MODE = 100,
    SIZE = 124,
    TIME = 136,
    NUMBER_SIZE = 12,
    SUM = 148,
    SUM_SIZE = 8,
    TYPE = 156,
    LINK = 157,
    MAGIC = 257,
    PREFIX = 345,
    PREFIX_SIZE = 155,
};

void gd_tar_scan_begin(struct gd_tar_scan *scan, const struct gd_tar_scan_ops *ops, void *context)
{
    *scan = (struct gd_tar_scan){.ops = ops, .context = context};
}

/* ---- a head ---- */

/* Octal digits up to a blank or NUL, or base 256 when the first bit is set. */
static bool read_number(const unsigned char *field, size_t size, uint64_t *out_number)
{
    uint64_t number = 0;
    if (field[0] == 0x80) {
        for (size_t i = 1; i < size; i++) {
            if (number >> 55 != 0)
                return false;
            number = number << 8 | field[i];
        }
        *out_number = number;
        return true;
    }
    size_t at = 0;
    while (at < size && field[at] == ' ')
        at++;
    for (; at < size && field[at] != ' ' && field[at] != '\0'; at++) {
        if (field[at] < '0' || field[at] > '7' || number >> 60 != 0)
            return false;
        number = number << 3 | (uint64_t)(field[at] - '0');
    }
    *out_number = number;
    return true;
}

/* The sum over the head, with blanks where the sum itself stands. */
static bool sum_is_right(const unsigned char *head)
{
    uint64_t sum = 0, stated = 0;
    for (size_t i = 0; i < GD_TAR_BLOCK; i++)
        sum += i >= SUM && i < SUM + SUM_SIZE ? ' ' : head[i];
    return read_number(head + SUM, SUM_SIZE, &stated) && sum == stated;
}

static bool is_zero(const unsigned char *head)
{
    return head[0] == 0 && memcmp(head, head + 1, GD_TAR_BLOCK - 1) == 0;
}

static bool is_below(const char *name)
{
    if (name[0] == '/')
        return false;
    while (*name != '\0') {
        size_t length = strcspn(name, "/");
        if (length == 0 || (length == 1 && name[0] == '.') ||
            (length == 2 && name[0] == '.' && name[1] == '.'))
            return false;
        name += length;
        name += *name == '/';
    }
    return true;
}

static void read_name(const unsigned char *head, struct gd_scan_entry *entry)
{
    size_t prefix = strnlen((const char *)head + PREFIX, PREFIX_SIZE);
    size_t length = strnlen((const char *)head + NAME, NAME_SIZE), used = 0;
    memcpy(entry->name, head + PREFIX, prefix);
    used = prefix;
    if (prefix > 0)
        entry->name[used++] = '/';
    memcpy(entry->name + used, head + NAME, length);
    used += length;
    while (used > 0 && entry->name[used - 1] == '/')
        used--;
    entry->name[used] = '\0';
    if (strcmp(entry->name, ".") == 0)
        entry->name[0] = '\0';
    if (strncmp(entry->name, "./", 2) == 0)
        memmove(entry->name, entry->name + 2, used - 1);
}

static struct gd_status read_kind(unsigned char type, struct gd_scan_entry *entry,
                                  struct gd_error *err)
{
    switch (type) {
    case '0':
    case '\0':
        entry->kind = GD_SCAN_FILE;
        return GD_DONE;
    case '5':
        entry->kind = GD_SCAN_FOLDER;
        return GD_DONE;
    case '2':
        entry->kind = GD_SCAN_LINK;
        return GD_DONE;
    default:
        return gd_fail(err, GD_CORRUPT, "\"%s\" in the archive is no file, folder or link",
                       entry->name);
    }
}

static struct gd_status read_head(const unsigned char *head, struct gd_scan_entry *entry,
                                  struct gd_error *err)
{
    uint64_t mode = 0, time_s = 0;
    if (memcmp(head + MAGIC, "ustar", 5) != 0 || !sum_is_right(head))
        return gd_fail(err, GD_CORRUPT, "what came is no tar archive");
    read_name(head, entry);
    if (!read_number(head + SIZE, NUMBER_SIZE, &entry->size) ||
        !read_number(head + MODE, 8, &mode) || !read_number(head + TIME, NUMBER_SIZE, &time_s) ||
        entry->size > INT64_MAX - GD_TAR_BLOCK)
        return gd_fail(err, GD_CORRUPT, "the head of \"%s\" in the archive cannot be read",
                       entry->name);
    entry->mode = (uint32_t)(mode & 07777);
    entry->time_s = (int64_t)time_s;
    memcpy(entry->link, head + LINK, 100);
    GD_TRY(read_kind(head[TYPE], entry, err));
    if (entry->kind != GD_SCAN_FILE)
        entry->size = 0;
    if (!is_below(entry->name) || (entry->name[0] == '\0' && entry->kind != GD_SCAN_FOLDER))
        return gd_fail(err, GD_CORRUPT, "the archive holds \"%s\", which is not below its folder",
                       entry->name);
    return GD_DONE;
}

/* ---- the archive ---- */

static struct gd_status end_file(struct gd_tar_scan *scan, struct gd_error *err)
{
    scan->in_file = false;
    return scan->ops->end(scan->context, scan->fill, err);
}

static struct gd_status take_head(struct gd_tar_scan *scan, struct gd_error *err)
{
    struct gd_scan_entry entry = {0};
    scan->filled = 0;
    if (is_zero(scan->head)) {
        scan->zeros++;
        return GD_DONE;
    }
    if (scan->zeros > 0)
        return gd_fail(err, GD_CORRUPT, "there are bytes behind the end of the archive");
    GD_TRY(read_head(scan->head, &entry, err));
    GD_TRY(scan->ops->entry(scan->context, &entry, scan->head, err));
    if (entry.kind != GD_SCAN_FILE)
        return GD_DONE;
    scan->left = entry.size;
    scan->fill = (GD_TAR_BLOCK - entry.size % GD_TAR_BLOCK) % GD_TAR_BLOCK;
    scan->in_file = true;
    return scan->left == 0 ? end_file(scan, err) : GD_DONE;
}

static size_t smaller(uint64_t left, size_t size)
{
    return left < size ? (size_t)left : size;
}

/* Content, filler, or a part of a head: as much as belongs together. */
static struct gd_status step(struct gd_tar_scan *scan, const unsigned char *data, size_t size,
                             size_t *out_used, struct gd_error *err)
{
    if (scan->in_file) {
        *out_used = smaller(scan->left, size);
        GD_TRY(scan->ops->data(scan->context, data, *out_used, err));
        scan->left -= *out_used;
        return scan->left == 0 ? end_file(scan, err) : GD_DONE;
    }
    if (scan->fill > 0) {
        *out_used = smaller(scan->fill, size);
        scan->fill -= *out_used;
        return GD_DONE;
    }
    *out_used = smaller(GD_TAR_BLOCK - scan->filled, size);
    memcpy(scan->head + scan->filled, data, *out_used);
    scan->filled += *out_used;
    return scan->filled == GD_TAR_BLOCK ? take_head(scan, err) : GD_DONE;
}

struct gd_status gd_tar_scan_feed(struct gd_tar_scan *scan, const void *data, size_t size,
                                  struct gd_error *err)
{
    const unsigned char *at = data;
    while (size > 0) {
        size_t used = 0;
        GD_TRY(step(scan, at, size, &used, err));
        at += used;
        size -= used;
    }
    return GD_DONE;
}

struct gd_status gd_tar_scan_finish(const struct gd_tar_scan *scan, bool need_mark,
                                    struct gd_error *err)
{
    if (scan->in_file || scan->fill > 0 || scan->filled > 0)
        return gd_fail(err, GD_CORRUPT, "the archive is cut short");
    if (need_mark && scan->zeros < 2)
        return gd_fail(err, GD_CORRUPT, "the archive is cut short: it has no end mark");
    return GD_DONE;
}
