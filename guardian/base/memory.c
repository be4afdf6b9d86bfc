#include "guardian/base/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *must(void *memory)
{
    if (memory == NULL) {
        fputs("guardian: out of memory; nothing was changed by this step\n", stderr);
        abort();
    }
    return memory;
}

void *gd_memory_new(size_t size)
{
    return must(calloc(1, size == 0 ? 1 : size));
}

void *gd_memory_grow(void *memory, size_t size)
{
    return must(realloc(memory, size == 0 ? 1 : size));
}

char *gd_memory_strdup(const char *text)
{
    return must(strdup(text));
}
