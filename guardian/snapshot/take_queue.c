/*
 * The queue: tables cut into parts, biggest first, and the COPY of each. Pure.
 *
 * A table is cut by ranges of its pages (ctid). Since version 14 a server reads only the pages of a
 * range; before, it reads them all and throws away, so there a table is cut into no more parts than
 * there are workers. The last part has no upper end: a table may have grown since it was measured.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "guardian/snapshot/take_own.h"

enum { RANGE_SCANS_SINCE = 140000, PARTS_EACH = 8, PARTS_MAX = 4096 };

static const uint64_t PART_BYTES = 256 << 20, PART_BYTES_MIN = 16 << 20;

static uint64_t size_of(const struct gd_take_table *table)
{
    return table->heap_bytes + table->toast_bytes;
}

static bool has_rows_wanted(const struct gd_take_table *table)
{
    return table->wanted && !table->table.left_out && table->table.kind != 'p';
}

/* As many bytes as make enough parts for all workers to end at about the same time. */
static uint64_t part_bytes(const struct gd_take *take)
{
    if (take->options->part_bytes != 0)
        return take->options->part_bytes;
    uint64_t total = 0;
    for (size_t i = 0; i < take->table_count; i++)
        if (has_rows_wanted(&take->tables[i]))
            total += size_of(&take->tables[i]);
    uint64_t fair = total / ((uint64_t)take->workers * PARTS_EACH);
    return fair < PART_BYTES_MIN ? PART_BYTES_MIN : fair > PART_BYTES ? PART_BYTES : fair;
}

static uint32_t parts_of(const struct gd_take *take, const struct gd_take_table *table,
                         uint64_t bytes, int server_version)
{
    uint64_t pages = table->heap_bytes / take->block_bytes;
    uint64_t count = (size_of(table) + bytes - 1) / bytes;
    if (!table->heap || table->table.config || count < 1)
        return 1;
    if (server_version < RANGE_SCANS_SINCE && count > take->workers)
        count = take->workers;
    if (count > pages)
        count = pages;
    return count < 1 ? 1 : count > PARTS_MAX ? PARTS_MAX : (uint32_t)count;
}

static void cut(struct gd_take *take, uint32_t position, uint32_t count)
{
    const struct gd_take_table *table = &take->tables[position];
    uint64_t pages = table->heap_bytes / take->block_bytes;
    for (uint32_t i = 0; i < count; i++)
        take->parts[take->part_count++] = (struct gd_take_part){
            .table = position,
            .first_page = (uint32_t)(pages * i / count),
            .last_page = i + 1 == count ? 0 : (uint32_t)(pages * (i + 1) / count),
            .weight = size_of(table) / count,
        };
}

static int biggest_first(const void *left, const void *right)
{
    const struct gd_take_part *one = left, *other = right;
    if (one->weight != other->weight)
        return one->weight > other->weight ? -1 : 1;
    if (one->table != other->table)
        return one->table < other->table ? -1 : 1;
    return one->first_page < other->first_page ? -1 : 1;
}

void gd_take_plan_parts(struct gd_take *take, int server_version)
{
    uint64_t bytes = part_bytes(take);
    size_t count = 0;
    for (size_t i = 0; i < take->table_count; i++)
        if (has_rows_wanted(&take->tables[i]))
            count += parts_of(take, &take->tables[i], bytes, server_version);
    take->parts = gd_arena_zalloc(take->arena, count + 1, sizeof *take->parts);
    take->part_count = 0;
    for (size_t i = 0; i < take->table_count; i++)
        if (has_rows_wanted(&take->tables[i]))
            cut(take, (uint32_t)i, parts_of(take, &take->tables[i], bytes, server_version));
    qsort(take->parts, take->part_count, sizeof *take->parts, biggest_first);
}

/* --- SQL ----------------------------------------------------------------------------------------
 */

const char *gd_take_quote(const char *name, struct gd_arena *arena)
{
    size_t length = strlen(name);
    char *quoted = gd_arena_alloc(arena, 2 * length + 3), *at = quoted;
    *at++ = '"';
    for (size_t i = 0; i < length; i++) {
        if (name[i] == '"')
            *at++ = '"';
        *at++ = name[i];
    }
    *at++ = '"';
    *at = '\0';
    return quoted;
}

const char *gd_take_qualified(const struct gd_table *table, struct gd_arena *arena)
{
    return gd_arena_printf(arena, "%s.%s", gd_take_quote(table->schema, arena),
                           gd_take_quote(table->name, arena));
}

static const char *columns_of(const struct gd_table *table, struct gd_arena *arena)
{
    size_t size = 1, filled = 0;
    for (size_t i = 0; i < table->column_count; i++)
        size += 2 * strlen(table->columns[i]) + 4;
    char *list = gd_arena_alloc(arena, size);
    for (size_t i = 0; i < table->column_count; i++) {
        const char *quoted = gd_take_quote(table->columns[i], arena);
        if (i > 0)
            list[filled++] = ',';
        memcpy(list + filled, quoted, strlen(quoted));
        filled += strlen(quoted);
    }
    list[filled] = '\0';
    return list;
}

static const char *range_of(const struct gd_take_part *part, const char *only,
                            struct gd_arena *arena)
{
    const char *upper =
        part->last_page == 0
            ? ""
            : gd_arena_printf(arena, " AND ctid < '(%" PRIu32 ",0)'", part->last_page);
    return gd_arena_printf(arena, "WHERE ctid >= '(%" PRIu32 ",0)'%s%s%s", part->first_page, upper,
                           only == NULL ? "" : " AND ", only == NULL ? "" : only);
}

const char *gd_take_copy_sql(const struct gd_take_table *table, const struct gd_take_part *part,
                             struct gd_arena *arena)
{
    const char *name = gd_take_qualified(&table->table, arena);
    const char *columns = columns_of(&table->table, arena);
    bool ranged = part->first_page != 0 || part->last_page != 0;
    bool some = table->table.condition[0] != '\0';
    bool all = table->only == NULL;
    if (!ranged && !some && all && table->table.kind == 'r')
        return *columns == '\0' ? gd_arena_printf(arena, "COPY %s TO STDOUT", name)
                                : gd_arena_printf(arena, "COPY %s (%s) TO STDOUT", name, columns);
    return gd_arena_printf(arena, "COPY (SELECT %s FROM ONLY %s %s) TO STDOUT", columns, name,
                           some     ? table->table.condition
                           : ranged ? range_of(part, table->only, arena)
                           : all    ? ""
                                    : gd_arena_printf(arena, "WHERE %s", table->only));
}
