/* Dump, texts: names and literals as SQL. See dump.h. */
#include <string.h>

#include "guardian/restore/dump.h"

/* Between `quote`s, each of them doubled inside. */
static char *quote(const char *text, char mark, struct gd_arena *arena)
{
    size_t size = strlen(text);
    char *quoted = gd_arena_alloc(arena, 2 * size + 3);
    char *at = quoted;
    *at++ = mark;
    for (size_t i = 0; i < size; i++) {
        if (text[i] == mark)
            *at++ = mark;
        *at++ = text[i];
    }
    *at++ = mark;
    *at = '\0';
    return quoted;
}

const char *gd_quoted(const char *name, struct gd_arena *arena)
{
    return quote(name, '"', arena);
}

const char *gd_quoted_pair(const char *schema, const char *name, struct gd_arena *arena)
{
    if (schema == NULL || *schema == '\0')
        return gd_quoted(name, arena);
    return gd_arena_printf(arena, "%s.%s", gd_quoted(schema, arena), gd_quoted(name, arena));
}

const char *gd_quoted_list(const char *const *names, size_t count, struct gd_arena *arena)
{
    size_t room = 1, filled = 0;
    for (size_t i = 0; i < count; i++)
        room += 2 * strlen(names[i]) + 4;
    char *list = gd_arena_alloc(arena, room);
    for (size_t i = 0; i < count; i++) {
        const char *one = gd_quoted(names[i], arena);
        size_t size = strlen(one);
        if (i > 0) {
            list[filled++] = ',';
            list[filled++] = ' ';
        }
        memcpy(list + filled, one, size);
        filled += size;
    }
    list[filled] = '\0';
    return list;
}

/* Sessions here run with standard_conforming_strings on: a backslash is a character. */
const char *gd_literal(const char *text, struct gd_arena *arena)
{
    return quote(text, '\'', arena);
}

const char *gd_dump_named(const struct gd_dump_item *item, const char *database,
                          struct gd_arena *arena)
{
    return gd_arena_printf(arena, "%.*s%s%s", (int)item->name_offset, item->sql,
                           gd_quoted(database, arena),
                           item->sql + item->name_offset + item->name_size);
}
