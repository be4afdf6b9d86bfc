#include "guardian/base/arena.h"

#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_SIZE = 4 * 1024, BLOCK_SIZE = 64 * 1024, ALIGNMENT = 16 };

struct block {
    struct block *next;
    size_t size; /* bytes that follow the header */
    _Alignas(ALIGNMENT) unsigned char data[];
};

struct gd_arena {
    struct block *blocks; /* the first one is being filled */
    size_t filled;        /* of the first block */
    size_t used;
};

static void *must(void *memory)
{
    if (memory == NULL) {
        fputs("guardian: out of memory; nothing was changed by this step\n", stderr);
        abort();
    }
    return memory;
}

static struct block *block_new(size_t size, struct block *next)
{
    assert(size <= SIZE_MAX - sizeof(struct block));
    struct block *block = must(malloc(sizeof *block + size));
    block->size = size;
    block->next = next;
    return block;
}

struct gd_arena *gd_arena_new(void)
{
    return must(calloc(1, sizeof(struct gd_arena)));
}

static void free_blocks(struct block *block)
{
    while (block != NULL) {
        struct block *next = block->next;
        free(block);
        block = next;
    }
}

void gd_arena_free(struct gd_arena *arena)
{
    if (arena == NULL)
        return;
    free_blocks(arena->blocks);
    free(arena);
}

void gd_arena_reset(struct gd_arena *arena)
{
    struct block *kept = NULL;
    for (struct block *block = arena->blocks; block != NULL;) {
        struct block *next = block->next;
        if (kept == NULL && block->size == BLOCK_SIZE)
            kept = block;
        else
            free(block);
        block = next;
    }
    if (kept != NULL)
        kept->next = NULL;
    arena->blocks = kept;
    arena->filled = 0;
    arena->used = 0;
}

/* Blocks grow, so that a small arena stays small. */
static size_t next_size(const struct gd_arena *arena, size_t wanted)
{
    size_t size = arena->blocks == NULL ? FIRST_SIZE : arena->blocks->size * 2;
    if (size > BLOCK_SIZE)
        size = BLOCK_SIZE;
    return size < wanted ? wanted : size;
}

void *gd_arena_alloc(struct gd_arena *arena, size_t size)
{
    assert(size <= SIZE_MAX - ALIGNMENT);
    size = (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    arena->used += size;
    if (arena->blocks == NULL || arena->blocks->size - arena->filled < size) {
        arena->blocks = block_new(next_size(arena, size), arena->blocks);
        arena->filled = 0;
    }
    void *memory = arena->blocks->data + arena->filled;
    arena->filled += size;
    return memory;
}

struct gd_arena_mark gd_arena_mark(const struct gd_arena *arena)
{
    return (struct gd_arena_mark){arena->blocks, arena->filled, arena->used};
}

void gd_arena_rewind(struct gd_arena *arena, struct gd_arena_mark mark)
{
    while (arena->blocks != mark.block) {
        assert(arena->blocks != NULL);
        struct block *next = arena->blocks->next;
        free(arena->blocks);
        arena->blocks = next;
    }
    arena->filled = mark.filled;
    arena->used = mark.used;
}

void *gd_arena_zalloc(struct gd_arena *arena, size_t count, size_t size)
{
    assert(size == 0 || count <= SIZE_MAX / size);
    return memset(gd_arena_alloc(arena, count * size), 0, count * size);
}

void *gd_arena_more(struct gd_arena *arena, void *items, size_t count, size_t *capacity,
                    size_t size)
{
    if (count < *capacity)
        return items;
    *capacity = count < 8 ? 16 : 2 * count;
    void *wider = gd_arena_zalloc(arena, *capacity, size);
    return count == 0 ? wider : memcpy(wider, items, count * size);
}

char *gd_arena_strndup(struct gd_arena *arena, const char *text, size_t length)
{
    char *copy = gd_arena_alloc(arena, length + 1);
    memcpy(copy, text, length);
    copy[length] = '\0';
    return copy;
}

char *gd_arena_strdup(struct gd_arena *arena, const char *text)
{
    return gd_arena_strndup(arena, text, strlen(text));
}

char *gd_arena_vprintf(struct gd_arena *arena, const char *format, va_list arguments)
{
    va_list again;
    va_copy(again, arguments);
    int length = vsnprintf(NULL, 0, format, arguments);
    assert(length >= 0);
    char *text = gd_arena_alloc(arena, (size_t)length + 1);
    vsnprintf(text, (size_t)length + 1, format, again);
    va_end(again);
    return text;
}

char *gd_arena_printf(struct gd_arena *arena, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    char *text = gd_arena_vprintf(arena, format, arguments);
    va_end(arguments);
    return text;
}

size_t gd_arena_used(const struct gd_arena *arena)
{
    return arena->used;
}
