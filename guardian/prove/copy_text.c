/*
 * COPY text, strictly: see copy_text.h.
 *
 * The buffer begins at the begin of a row. What lies before the last line feed is whole rows and is
 * scanned at once; the rest waits for more. A block of padding behind the bytes lets the last block
 * be read like any other.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "guardian/base/utf8.h"
#include "guardian/prove/copy_block.h"
#include "guardian/prove/copy_text.h"

enum {
    BUFFER_BYTES = 256 * 1024,
    ROOM_BYTES = 64 * 1024,     /* less than this free: the begun row moves to the front */
    ROW_BYTES_MAX = 0x40000000, /* a server cannot make a longer one */
};

struct gd_copy_text {
    size_t columns;
    bool utf8;
    char *buffer;
    size_t capacity; /* without the padding */
    size_t start;    /* of the row that is not yet ended */
    size_t filled;
    struct gd_rows_digest digest;
};

/* One run over whole rows. */
struct scan {
    struct gd_copy_text *text;
    const char *begin, *end; /* *begin begins a row; end[-1] is a line feed */
    const char *row;         /* begin of the row that is being looked at */
    const char *escaped;     /* the second byte of the last escape */
    const char *valid;       /* up to here it is UTF-8 */
    size_t tabs;             /* in the row so far, up to the block */
    struct gd_error *err;
};

static void *memory(void *old, size_t size)
{
    void *made = realloc(old, size);
    if (made == NULL)
        abort(); /* as in an arena: there is no way on without memory */
    return made;
}

struct gd_copy_text *gd_copy_text_new(void)
{
    struct gd_copy_text *text = memory(NULL, sizeof *text);
    *text = (struct gd_copy_text){.buffer = memory(NULL, BUFFER_BYTES + GD_COPY_BLOCK),
                                  .capacity = BUFFER_BYTES};
    memset(text->buffer, 0, BUFFER_BYTES + GD_COPY_BLOCK);
    return text;
}

void gd_copy_text_free(struct gd_copy_text *text)
{
    if (text == NULL)
        return;
    free(text->buffer);
    free(text);
}

void gd_copy_text_begin(struct gd_copy_text *text, size_t columns, bool utf8)
{
    if (text->capacity > BUFFER_BYTES) {
        text->buffer = memory(text->buffer, BUFFER_BYTES + GD_COPY_BLOCK);
        text->capacity = BUFFER_BYTES;
    }
    text->columns = columns;
    text->utf8 = utf8;
    text->start = text->filled = 0;
    text->digest = (struct gd_rows_digest){0};
}

const struct gd_rows_digest *gd_copy_text_digest(const struct gd_copy_text *text)
{
    return &text->digest;
}

static void grow(struct gd_copy_text *text)
{
    size_t capacity = text->capacity * 2;
    text->buffer = memory(text->buffer, capacity + GD_COPY_BLOCK);
    memset(text->buffer + text->capacity, 0, capacity - text->capacity + GD_COPY_BLOCK);
    text->capacity = capacity;
}

struct gd_status gd_copy_text_room(struct gd_copy_text *text, void **out_room, size_t *out_size,
                                   struct gd_error *err)
{
    if (text->capacity - text->filled < ROOM_BYTES) {
        memmove(text->buffer, text->buffer + text->start, text->filled - text->start);
        text->filled -= text->start;
        text->start = 0;
    }
    if (text->filled >= ROW_BYTES_MAX)
        return gd_fail(err, GD_CORRUPT, "row %llu is longer than a server can make it",
                       (unsigned long long)text->digest.rows + 1);
    while (text->capacity - text->filled < ROOM_BYTES)
        grow(text);
    *out_room = text->buffer + text->filled;
    *out_size = text->capacity - text->filled;
    return GD_DONE;
}

static struct gd_status damage(const struct scan *scan, const char *at, const char *what)
{
    unsigned long long row = scan->text->digest.rows + 1;
    for (const char *from = scan->row; (from = memchr(from, '\n', (size_t)(at - from))) != NULL;
         from++)
        row++;
    return gd_fail(scan->err, GD_CORRUPT, "row %llu %s", row, what);
}

static bool is_null_field(const struct scan *scan, const char *at)
{
    bool begins = at == scan->begin || at[-1] == '\t' || at[-1] == '\n';
    return begins && (at[2] == '\t' || at[2] == '\n'); /* at[1] is 'N', so that at[2] is there */
}

static struct gd_status check_escape(struct scan *scan, const char *at)
{
    char letter = at[1]; /* there is one: the last byte is a line feed */
    if (letter == 'N')
        return is_null_field(scan, at) ? GD_DONE
                                       : damage(scan, at, "has \\N within a longer field");
    if (letter == '.')
        return damage(scan, at, "holds an end-of-data mark, which would end a load there");
    if (letter == '\0' || strchr("bfnrtv\\", letter) == NULL)
        return damage(scan, at, "holds an escape that no server writes");
    scan->escaped = at + 1;
    return GD_DONE;
}

static struct gd_status check_special(struct scan *scan, const char *block, uint64_t bits)
{
    for (; bits != 0; bits &= bits - 1) {
        const char *at = block + __builtin_ctzll(bits);
        if (at == scan->escaped)
            continue;
        if (*at == '\0')
            return damage(scan, at, "holds a NUL byte");
        if (*at == '\r')
            return damage(scan, at, "holds a carriage return that is not escaped");
        GD_TRY(check_escape(scan, at));
    }
    return GD_DONE;
}

/* The length of the character at `at`; 0: it is none. The two and three byte forms, which make up
   nearly all text, are told apart here; the rest is left to the careful reader. */
static inline size_t character(const char *at, const char *end)
{
    const unsigned char *byte = (const unsigned char *)at;
    if (byte[0] < 0x80)
        return 1;
    if (end - at >= 3 && (byte[1] & 0xc0) == 0x80) {
        if (byte[0] >= 0xc2 && byte[0] <= 0xdf)
            return 2;
        if (byte[0] >= 0xe1 && byte[0] <= 0xec && (byte[2] & 0xc0) == 0x80)
            return 3;
    }
    uint32_t code;
    size_t size = gd_utf8_decode(at, (size_t)(end - at), &code);
    return code == GD_UTF8_BAD ? 0 : size;
}

static struct gd_status check_utf8(struct scan *scan, const char *block, uint64_t bits)
{
    const char *first = block + __builtin_ctzll(bits);
    const char *at = scan->valid > first ? scan->valid : first;
    const char *last = block + 63 - __builtin_clzll(bits);
    while (at <= last) {
        size_t size = character(at, scan->end);
        if (size == 0)
            return damage(scan, at, "holds bytes that are no UTF-8");
        at += size;
    }
    scan->valid = at;
    return GD_DONE;
}

static struct gd_status wrong_count(const struct scan *scan, size_t fields)
{
    return gd_fail(scan->err, GD_CORRUPT, "row %llu has %zu column%s instead of %zu",
                   (unsigned long long)scan->text->digest.rows + 1, fields, fields == 1 ? "" : "s",
                   scan->text->columns);
}

static inline struct gd_status end_row(struct scan *scan, const char *newline)
{
    size_t size = (size_t)(newline - scan->row);
    size_t fields = scan->text->columns == 0 && size == 0 ? 0 : scan->tabs + 1;
    if (fields != scan->text->columns)
        return wrong_count(scan, fields);
    gd_rows_digest_line(&scan->text->digest, scan->row, size);
    scan->row = newline + 1;
    scan->tabs = 0;
    return GD_DONE;
}

static inline struct gd_status scan_rows(struct scan *scan, const char *block, uint64_t newlines,
                                         uint64_t tabs)
{
    for (; newlines != 0; newlines &= newlines - 1) {
        uint64_t before = (newlines & -newlines) - 1;
        scan->tabs += (size_t)__builtin_popcountll(tabs & before);
        tabs &= ~before;
        GD_TRY(end_row(scan, block + __builtin_ctzll(newlines)));
    }
    scan->tabs += (size_t)__builtin_popcountll(tabs);
    return GD_DONE;
}

static struct gd_status scan_block(struct scan *scan, const char *block)
{
    struct gd_copy_bits bits = gd_copy_bits(block);
    uint64_t inside = UINT64_MAX;
    if (scan->end - block < GD_COPY_BLOCK)
        inside = (UINT64_C(1) << (scan->end - block)) - 1;
    if ((bits.special & inside) != 0)
        GD_TRY(check_special(scan, block, bits.special & inside));
    if ((bits.high & inside) != 0 && scan->text->utf8)
        GD_TRY(check_utf8(scan, block, bits.high & inside));
    return scan_rows(scan, block, bits.newline & inside, bits.tab & inside);
}

struct gd_status gd_copy_text_take(struct gd_copy_text *text, size_t size, struct gd_error *err)
{
    assert(size <= text->capacity - text->filled);
    const char *fresh = text->buffer + text->filled;
    text->filled += size;
    const char *newline = memrchr(fresh, '\n', size);
    if (newline == NULL)
        return GD_DONE;
    const char *begin = text->buffer + text->start;
    struct scan scan = {.text = text, .begin = begin, .end = newline + 1, .row = begin, .err = err};
    for (const char *block = begin; block < scan.end; block += GD_COPY_BLOCK)
        GD_TRY(scan_block(&scan, block));
    text->start = (size_t)(scan.end - text->buffer);
    if (text->start == text->filled)
        text->start = text->filled = 0;
    return GD_DONE;
}

struct gd_status gd_copy_text_end(struct gd_copy_text *text, struct gd_error *err)
{
    if (text->start != text->filled)
        return gd_fail(err, GD_CORRUPT, "row %llu, the last one, is not ended",
                       (unsigned long long)text->digest.rows + 1);
    return GD_DONE;
}
