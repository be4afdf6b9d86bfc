/*
 * Arena: memory that is given back all at once.
 *
 * One statement, one change, one report: each has an arena, and everything about it lives there.
 * Running out of memory ends the process: nothing has been changed at the places that allocate,
 * and a classifier that goes on without a finding would be worse than one that stops.
 */
#ifndef GUARDIAN_BASE_ARENA_H
#define GUARDIAN_BASE_ARENA_H

#include <stdarg.h>
#include <stddef.h>

#include "guardian/base/status.h"

struct gd_arena;

struct gd_arena *gd_arena_new(void);
void gd_arena_free(struct gd_arena *arena);

/** Forget everything but keep up to one block, so that a loop does not allocate. */
void gd_arena_reset(struct gd_arena *arena);

/** `size` bytes, aligned for any type, not zeroed. Never NULL. */
void *gd_arena_alloc(struct gd_arena *arena, size_t size) __attribute__((malloc, returns_nonnull));

/** `count * size` zeroed bytes; the product is checked. */
void *gd_arena_zalloc(struct gd_arena *arena, size_t count, size_t size)
    __attribute__((returns_nonnull));

/** Room for one more behind `count` items of `size` bytes: `items`, or a copy of them that is twice
 *  as large, the rest of it zeroed. */
void *gd_arena_more(struct gd_arena *arena, void *items, size_t count, size_t *capacity,
                    size_t size) __attribute__((returns_nonnull));

char *gd_arena_strdup(struct gd_arena *arena, const char *text) __attribute__((returns_nonnull));
char *gd_arena_strndup(struct gd_arena *arena, const char *text, size_t length)
    __attribute__((returns_nonnull));
char *gd_arena_printf(struct gd_arena *arena, const char *format, ...) GD_PRINTF(2, 3)
    __attribute__((returns_nonnull));
char *gd_arena_vprintf(struct gd_arena *arena, const char *format, va_list arguments)
    __attribute__((format(printf, 2, 0), returns_nonnull));

/** A place to go back to: what is handed out after gd_arena_mark() is given back by
 *  gd_arena_rewind(). Marks nest; a mark is void after a rewind to an older one or a reset. */
struct gd_arena_mark {
    void *block;
    size_t filled, used;
};
struct gd_arena_mark gd_arena_mark(const struct gd_arena *arena);
void gd_arena_rewind(struct gd_arena *arena, struct gd_arena_mark mark);

/** Bytes handed out since the arena was made or reset. */
size_t gd_arena_used(const struct gd_arena *arena);

static inline void gd_arena_cleanup_(struct gd_arena **arena)
{
    gd_arena_free(*arena);
}
#define gd_auto_arena __attribute__((cleanup(gd_arena_cleanup_))) struct gd_arena *

#endif
