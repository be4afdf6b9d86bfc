#include "guardian/base/texts.h"

#include <stdint.h>
#include <string.h>

enum { LINEAR_MOST = 32 };

/* Places in `items` by the hash of the text, plus one; 0 is free. Lists that were copied share it:
 * a place that holds another text here is passed over like one of another text. */
struct gd_texts_index {
    size_t size, used; /* size is a power of two, at least twice what is used */
    uint32_t slots[];
};

static uint64_t hash_of(const char *text)
{
    uint64_t hash = 14695981039346656037u; /* FNV-1a */
    for (; *text != '\0'; text++)
        hash = (hash ^ (unsigned char)*text) * 1099511628211u;
    return hash ^ hash >> 32;
}

static bool is_at(const struct gd_texts *texts, size_t place, const char *text)
{
    return place < texts->count && strcmp(texts->items[place], text) == 0;
}

static bool indexed(const struct gd_texts *texts, const char *text)
{
    const struct gd_texts_index *index = texts->index;
    size_t at = hash_of(text) & (index->size - 1);
    for (; index->slots[at] != 0; at = (at + 1) & (index->size - 1))
        if (is_at(texts, index->slots[at] - 1, text))
            return true;
    return false;
}

static void index_add(struct gd_texts_index *index, const char *text, size_t place)
{
    size_t at = hash_of(text) & (index->size - 1);
    while (index->slots[at] != 0)
        at = (at + 1) & (index->size - 1);
    index->slots[at] = (uint32_t)place + 1;
    index->used++;
}

static void index_anew(struct gd_texts *texts, struct gd_arena *arena)
{
    size_t size = 4 * LINEAR_MOST;
    while (size < texts->count * 4)
        size *= 2;
    struct gd_texts_index *index =
        gd_arena_zalloc(arena, 1, sizeof *index + size * sizeof index->slots[0]);
    index->size = size;
    for (size_t i = 0; i < texts->count; i++)
        index_add(index, texts->items[i], i);
    texts->index = index;
}

bool gd_texts_has(const struct gd_texts *texts, const char *text)
{
    if (texts->index != NULL)
        return indexed(texts, text);
    for (size_t i = 0; i < texts->count; i++)
        if (strcmp(texts->items[i], text) == 0)
            return true;
    return false;
}

static void grow(struct gd_texts *texts, struct gd_arena *arena)
{
    size_t capacity = texts->capacity == 0 ? 4 : texts->capacity * 2;
    const char **items = gd_arena_zalloc(arena, capacity, sizeof *items);
    if (texts->count > 0)
        memcpy(items, texts->items, texts->count * sizeof *items);
    texts->items = items;
    texts->capacity = capacity;
}

bool gd_texts_add(struct gd_texts *texts, const char *text, struct gd_arena *arena)
{
    if (gd_texts_has(texts, text))
        return false;
    if (texts->count == texts->capacity)
        grow(texts, arena);
    texts->items[texts->count++] = text;
    if (texts->index == NULL ? texts->count > LINEAR_MOST
                             : texts->index->used * 2 >= texts->index->size)
        index_anew(texts, arena);
    else if (texts->index != NULL)
        index_add(texts->index, text, texts->count - 1);
    return true;
}
