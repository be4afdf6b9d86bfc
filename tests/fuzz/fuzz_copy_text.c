/* Any bytes as COPY text: the cut does not change the answer, and a slow reader agrees. */
#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "guardian/base/utf8.h"
#include "guardian/prove/copy_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct gd_status feed(struct gd_copy_text *text, const uint8_t *data, size_t size,
                             size_t piece, struct gd_error *err)
{
    for (size_t at = 0; at < size;) {
        void *room;
        size_t space;
        GD_TRY(gd_copy_text_room(text, &room, &space, err));
        size_t now = size - at < piece ? size - at : piece;
        memcpy(room, data + at, now);
        GD_TRY(gd_copy_text_take(text, now, err));
        at += now;
    }
    return gd_copy_text_end(text, err);
}

/* One field: NULL, or characters and escapes that a server writes. */
static bool field_is_fine(const char *field, size_t size)
{
    if (size == 2 && field[0] == '\\' && field[1] == 'N')
        return true;
    for (size_t at = 0; at < size;) {
        uint32_t code;
        at += gd_utf8_decode(field + at, size - at, &code);
        if (code == GD_UTF8_BAD || code == 0 || code == '\r')
            return false;
        if (code == '\\' &&
            (at == size || field[at] == '\0' || strchr("bfnrtv\\", field[at++]) == NULL))
            return false;
    }
    return true;
}

static bool line_is_fine(const char *line, size_t size, size_t columns)
{
    if (columns == 0)
        return size == 0;
    size_t fields = 0;
    for (const char *end = line + size;; fields++) {
        const char *tab = memchr(line, '\t', (size_t)(end - line));
        if (!field_is_fine(line, (size_t)((tab == NULL ? end : tab) - line)))
            return false;
        if (tab == NULL)
            return fields + 1 == columns;
        line = tab + 1;
    }
}

static bool is_fine(const char *data, size_t size, size_t columns)
{
    for (const char *end = data + size; data < end;) {
        const char *newline = memchr(data, '\n', (size_t)(end - data));
        if (newline == NULL || !line_is_fine(data, (size_t)(newline - data), columns))
            return false;
        data = newline + 1;
    }
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2 || size > 65536)
        return 0;
    size_t columns = data[0] % 4, piece = (size_t)data[1] + 1;
    data += 2;
    size -= 2;
    gd_auto_copy_text text = gd_copy_text_new();
    struct gd_error err = {0};
    gd_copy_text_begin(text, columns, true);
    bool taken = feed(text, data, size, piece, &err).code == GD_OK;
    struct gd_rows_digest digest = *gd_copy_text_digest(text);
    assert(taken == is_fine((const char *)data, size, columns));
    gd_copy_text_begin(text, columns, true);
    assert((feed(text, data, size, 65536, &err).code == GD_OK) == taken);
    assert(!taken || memcmp(&digest, gd_copy_text_digest(text), sizeof digest) == 0);
    return 0;
}
