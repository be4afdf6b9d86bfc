/*
 * Texts: a short list of strings in the order they were added, each once.
 *
 * For names in a report: a handful as a rule, thousands when a script drops as many tables. The
 * strings are views.
 */
#ifndef GUARDIAN_BASE_TEXTS_H
#define GUARDIAN_BASE_TEXTS_H

#include <stdbool.h>
#include <stddef.h>

#include "guardian/base/arena.h"

struct gd_texts {
    const char **items;
    size_t count, capacity;
    struct gd_texts_index *index; /* of a long list, made by gd_texts_add(); NULL: none yet */
};

/** Add `text` unless it is in the list. The list grows in `arena`; the text is not copied.
 *  @return true when it was added */
bool gd_texts_add(struct gd_texts *texts, const char *text, struct gd_arena *arena);

bool gd_texts_has(const struct gd_texts *texts, const char *text);

/** NULL for "": settings say "none" with an empty text, the library with NULL. */
static inline const char *gd_text_or_null(const char *text)
{
    return text[0] == '\0' ? NULL : text;
}

#endif
