/* Large objects of an archive, see large_objects.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guardian/base/memory.h"
#include "guardian/prove/large_objects.h"

enum { PIECE_BYTES = 4096 };

struct gd_large_objects_reader {
    struct gd_digest *content; /* of the object that is open; NULL: none is */
    uint32_t oid;
    uint64_t bytes;
    struct gd_rows_digest digest; /* its rows are the objects */
};

struct gd_large_objects_reader *gd_large_objects_reader_new(void)
{
    return gd_memory_new(sizeof(struct gd_large_objects_reader));
}

void gd_large_objects_reader_free(struct gd_large_objects_reader *reader)
{
    if (reader == NULL)
        return;
    gd_digest_free(reader->content);
    free(reader);
}

/* What stands behind `prefix`, or NULL. */
static const char *behind(const char *line, size_t size, const char *prefix)
{
    size_t length = strlen(prefix);
    return size > length && memcmp(line, prefix, length) == 0 ? line + length : NULL;
}

static int nibble(char digit)
{
    if (digit >= '0' && digit <= '9')
        return digit - '0';
    if (digit >= 'a' && digit <= 'f')
        return digit - 'a' + 10;
    return -1;
}

static struct gd_status add_hex(struct gd_large_objects_reader *reader, const char *hex,
                                size_t digits, struct gd_error *err)
{
    char piece[PIECE_BYTES];
    size_t filled = 0;
    for (size_t i = 0; i + 1 < digits; i += 2) {
        int high = nibble(hex[i]), low = nibble(hex[i + 1]);
        if (high < 0 || low < 0)
            return gd_fail(err, GD_CORRUPT, "large object %u holds bytes that cannot be read",
                           reader->oid);
        piece[filled++] = (char)(high << 4 | low);
        if (filled == sizeof piece) {
            gd_digest_add(reader->content, piece, filled);
            filled = 0;
        }
    }
    gd_digest_add(reader->content, piece, filled);
    reader->bytes += digits / 2;
    return GD_DONE;
}

static void open_object(struct gd_large_objects_reader *reader, const char *number)
{
    gd_digest_free(reader->content);
    reader->content = gd_digest_new();
    reader->oid = (uint32_t)strtoul(number, NULL, 10); /* ends at the quote */
}

static void close_object(struct gd_large_objects_reader *reader)
{
    char hex[GD_DIGEST_HEX_SIZE], line[GD_DIGEST_HEX_SIZE + 16];
    gd_digest_hex(reader->content, hex);
    int size = snprintf(line, sizeof line, "%u\t%s", reader->oid, hex);
    gd_rows_digest_line(&reader->digest, line, (size_t)size);
    gd_digest_free(reader->content);
    reader->content = NULL;
}

struct gd_status gd_large_objects_line(struct gd_large_objects_reader *reader, const char *line,
                                       size_t size, struct gd_error *err)
{
    const char *rest;
    if ((rest = behind(line, size, "SELECT pg_catalog.lo_open('")) != NULL) {
        open_object(reader, rest);
    } else if (reader->content != NULL &&
               (rest = behind(line, size, "SELECT pg_catalog.lowrite(0, '\\x")) != NULL) {
        const char *end = memchr(rest, '\'', (size_t)(line + size - rest));
        if (end == NULL || (end - rest) % 2 != 0)
            return gd_fail(err, GD_CORRUPT, "large object %u is cut short", reader->oid);
        return add_hex(reader, rest, (size_t)(end - rest), err);
    } else if (reader->content != NULL &&
               behind(line, size, "SELECT pg_catalog.lo_close(") != NULL) {
        close_object(reader);
    }
    return GD_DONE;
}

struct gd_status gd_large_objects_compare(const struct gd_large_objects_reader *reader,
                                          const struct gd_large_objects *recorded,
                                          struct gd_error *err)
{
    char hex[GD_ROWS_DIGEST_SIZE];
    gd_rows_digest_hex(&reader->digest, hex);
    if (reader->content != NULL)
        return gd_fail(err, GD_CORRUPT, "large object %u is cut short", reader->oid);
    if (reader->digest.rows != recorded->count || reader->bytes != recorded->bytes)
        return gd_fail(err, GD_CORRUPT,
                       "it holds %llu large objects with %llu bytes where the manifest says %llu "
                       "with %llu",
                       (unsigned long long)reader->digest.rows, (unsigned long long)reader->bytes,
                       (unsigned long long)recorded->count, (unsigned long long)recorded->bytes);
    if (recorded->digest[0] != '\0' && strcmp(hex, recorded->digest) != 0)
        return gd_fail(err, GD_CORRUPT,
                       "its large objects are not those of the manifest's content digest");
    return GD_DONE;
}
