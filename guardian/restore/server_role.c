/*
 * Server, the role: as whom can one connect to a cluster of which nobody told the names?
 *
 * The role that initdb makes has oid 10 and is a superuser for ever; it may have been renamed. Its
 * row stands in pg_authid, whose file global/pg_filenode.map names.
 * Source: relmapper.c, bufpage.h, htup_details.h, pg_authid.h of PostgreSQL 13 to 18.
 */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "guardian/io/fd.h"
#include "guardian/restore/server.h"

enum {
    MAP_MAGIC = 0x592717,
    MAP_MAX = 62,
    AUTHID = 1260,
    FIRST_ROLE = 10,
    PAGE_BYTES = 8192,
    PAGE_HEAD = 24,
    AT_LOWER = 12,
    AT_DATA_OFFSET = 22, /* t_hoff of a row's head */
    AT_XMAX = 4,
    NAME_BYTES = 64,
    NORMAL = 1, /* LP_NORMAL */
};

static uint32_t number_at(const unsigned char *bytes, size_t at)
{
    uint32_t number;
    memcpy(&number, bytes + at, sizeof number);
    return number;
}

/* 0: not found */
static uint32_t file_of(const char *folder, uint32_t wanted, struct gd_arena *arena)
{
    unsigned char map[8 + 8 * MAP_MAX];
    gd_auto_fd fd =
        open(gd_arena_printf(arena, "%s/global/pg_filenode.map", folder), O_RDONLY | O_CLOEXEC);
    if (fd < 0 || pread(fd, map, sizeof map, 0) != (ssize_t)sizeof map ||
        number_at(map, 0) != MAP_MAGIC)
        return 0;
    uint32_t count = number_at(map, 4);
    for (uint32_t i = 0; i < count && i < MAP_MAX; i++)
        if (number_at(map, 8 + 8 * (size_t)i) == wanted)
            return number_at(map, 12 + 8 * (size_t)i);
    return 0;
}

/* The name in a row of role 10; NULL: it is another's. */
static const char *name_in(const unsigned char *row, size_t size, struct gd_arena *arena)
{
    if (size <= AT_DATA_OFFSET)
        return NULL;
    size_t data = row[AT_DATA_OFFSET];
    if (data + 4 + NAME_BYTES > size || number_at(row, data) != FIRST_ROLE)
        return NULL;
    const char *name = (const char *)row + data + 4;
    return gd_arena_strndup(arena, name, strnlen(name, NAME_BYTES));
}

/* Of several versions of the row the one that nobody has replaced. */
static const char *find_in_page(const unsigned char *page, const char *found,
                                struct gd_arena *arena)
{
    uint16_t lower;
    memcpy(&lower, page + AT_LOWER, sizeof lower);
    for (size_t at = PAGE_HEAD; at + 4 <= lower && at + 4 <= PAGE_BYTES; at += 4) {
        uint32_t item = number_at(page, at);
        size_t offset = item & 0x7fff, size = item >> 17;
        if (((item >> 15) & 3) != NORMAL || offset + size > PAGE_BYTES)
            continue;
        const char *name = name_in(page + offset, size, arena);
        if (name != NULL && (found == NULL || number_at(page, offset + AT_XMAX) == 0))
            found = name;
    }
    return found;
}

const char *gd_server_first_role(const char *folder, struct gd_arena *arena)
{
    unsigned char page[PAGE_BYTES];
    const char *found = NULL;
    uint32_t number = file_of(folder, AUTHID, arena);
    gd_auto_fd fd = number == 0 ? -1
                                : open(gd_arena_printf(arena, "%s/global/%u", folder, number),
                                       O_RDONLY | O_CLOEXEC);
    for (off_t at = 0; fd >= 0 && pread(fd, page, sizeof page, at) == (ssize_t)sizeof page;
         at += PAGE_BYTES)
        found = find_in_page(page, found, arena);
    return found == NULL ? "postgres" : found;
}
