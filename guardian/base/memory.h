/*
 * Memory for one object with one owner, where an arena does not fit: free() it.
 *
 * Running out ends the process, as in an arena.
 */
#ifndef GUARDIAN_BASE_MEMORY_H
#define GUARDIAN_BASE_MEMORY_H

#include <stddef.h>

/** `size` zeroed bytes. Never NULL. */
void *gd_memory_new(size_t size) __attribute__((malloc, returns_nonnull));

/** As realloc(), but never NULL. */
void *gd_memory_grow(void *memory, size_t size) __attribute__((returns_nonnull));

char *gd_memory_strdup(const char *text) __attribute__((malloc, returns_nonnull));

#endif
