#include "guardian/base/texts.h"

#include <string.h>

bool gd_texts_has(const struct gd_texts *texts, const char *text)
{
    for (size_t i = 0; i < texts->count; i++)
        if (strcmp(texts->items[i], text) == 0)
            return true;
    return false;
}

bool gd_texts_add(struct gd_texts *texts, const char *text, struct gd_arena *arena)
{
    if (gd_texts_has(texts, text))
        return false;
    if (texts->count == texts->capacity) {
        size_t capacity = texts->capacity == 0 ? 4 : texts->capacity * 2;
        const char **items = gd_arena_zalloc(arena, capacity, sizeof *items);
        if (texts->count > 0)
            memcpy(items, texts->items, texts->count * sizeof *items);
        texts->items = items;
        texts->capacity = capacity;
    }
    texts->items[texts->count++] = text;
    return true;
}
