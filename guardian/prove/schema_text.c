/* Schema text, see schema_text.h. */
#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "guardian/prove/schema_text.h"

struct entry {
    const char *header; /* what stands behind "-- "; "" for what comes before the first */
    const char **lines;
    size_t count, capacity;
};

struct gd_schema_text {
    struct gd_arena *arena;
    struct entry *entries;
    size_t count, capacity;
    bool sorted;
};

struct gd_schema_text *gd_schema_text_new(struct gd_arena *arena)
{
    struct gd_schema_text *text = gd_arena_zalloc(arena, 1, sizeof *text);
    text->arena = arena;
    return text;
}

static bool begins(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

static void add_entry(struct gd_schema_text *text, const char *header)
{
    if (text->count == text->capacity) {
        size_t capacity = text->capacity * 2 + 64;
        struct entry *entries = gd_arena_zalloc(text->arena, capacity, sizeof *entries);
        if (text->count > 0)
            memcpy(entries, text->entries, text->count * sizeof *entries);
        text->entries = entries;
        text->capacity = capacity;
    }
    text->entries[text->count++] = (struct entry){.header = header};
}

static void add_line(struct gd_schema_text *text, const char *line)
{
    struct entry *entry = &text->entries[text->count - 1];
    if (entry->count == entry->capacity) {
        size_t capacity = entry->capacity * 2 + 8;
        const char **lines = gd_arena_zalloc(text->arena, capacity, sizeof *lines);
        if (entry->count > 0)
            memcpy(lines, entry->lines, entry->count * sizeof *lines);
        entry->lines = lines;
        entry->capacity = capacity;
    }
    entry->lines[entry->count++] = line;
}

/* Where these stand depends on what was printed before. */
static bool is_dressing(const char *line)
{
    return *line == '\0' || strcmp(line, "--") == 0 || begins(line, "SET default_tablespace = ") ||
           begins(line, "SET default_table_access_method = ") || begins(line, "\\restrict ") ||
           begins(line, "\\unrestrict ") || begins(line, "-- PostgreSQL database dump complete");
}

void gd_schema_text_line(struct gd_schema_text *text, const char *line, size_t size)
{
    char *copy = gd_arena_strndup(text->arena, line, size);
    if (begins(copy, "-- Name: ") && strstr(copy, "; Type: ") != NULL)
        add_entry(text, copy + 3);
    else if (text->count > 0 && !is_dressing(copy)) /* before the first: about the dump itself */
        add_line(text, copy);
}

/* --- comparing --- */

static int compare_lines(const struct entry *one, const struct entry *other)
{
    for (size_t i = 0; i < one->count && i < other->count; i++) {
        int order = strcmp(one->lines[i], other->lines[i]);
        if (order != 0)
            return order;
    }
    return one->count < other->count ? -1 : one->count > other->count;
}

static int by_header(const void *a, const void *b)
{
    const struct entry *one = a, *other = b;
    int order = strcmp(one->header, other->header);
    return order != 0 ? order : compare_lines(one, other);
}

static void sort(struct gd_schema_text *text)
{
    if (!text->sorted && text->count > 1)
        qsort(text->entries, text->count, sizeof *text->entries, by_header);
    text->sorted = true;
}

static const char *skip_length(const char *at)
{
    size_t digits = *at == '(' ? strspn(at + 1, "0123456789,") : 0;
    return digits > 0 && at[digits + 1] == ')' ? at + digits + 2 : at;
}

/* Names of types can have several words, with a length between them or behind. */
static const char *skip_type(const char *at)
{
    static const char *const words[] = {" varying", " precision", " without time zone",
                                        " with time zone"};
    while (isalnum((unsigned char)*at) || *at == '_' || *at == '.' || *at == '"')
        at++;
    at = skip_length(at);
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (begins(at, words[i]))
            at += strlen(words[i]);
    at = skip_length(at);
    while (begins(at, "[]"))
        at += 2;
    return at;
}

/* A line without its brackets and casts; what stands in quotes stays as it is. */
static char *plain_words(const char *line, char *out)
{
    bool quoted = false;
    while (*line != '\0') {
        quoted ^= *line == '\'';
        if (!quoted && begins(line, "::")) {
            line = skip_type(line + 2);
        } else if (!quoted && (*line == '(' || *line == ')' || *line == ' ')) {
            line++;
        } else {
            *out++ = *line++;
        }
    }
    *out = '\0';
    return out;
}

static char *entry_words(const struct entry *entry, struct gd_arena *arena)
{
    size_t size = 1;
    for (size_t i = 0; i < entry->count; i++)
        size += strlen(entry->lines[i]) + 1;
    char *words = gd_arena_alloc(arena, size), *end = words;
    *end = '\0';
    for (size_t i = 0; i < entry->count; i++) {
        end = plain_words(entry->lines[i], end);
        *end++ = '\n';
    }
    *end = '\0';
    return words;
}

static bool means_the_same(const struct entry *one, const struct entry *other,
                           struct gd_arena *arena)
{
    struct gd_arena_mark mark = gd_arena_mark(arena);
    bool same = strcmp(entry_words(one, arena), entry_words(other, arena)) == 0;
    gd_arena_rewind(arena, mark);
    return same;
}

static const char *line_at(const struct entry *entry, size_t at)
{
    return at < entry->count ? entry->lines[at] : "(nothing)";
}

static struct gd_status differs(const struct entry *recorded, const struct entry *restored,
                                struct gd_error *err)
{
    size_t at = 0;
    while (at < recorded->count && at < restored->count &&
           strcmp(recorded->lines[at], restored->lines[at]) == 0)
        at++;
    return gd_fail(err, GD_CORRUPT,
                   "the restored schema differs in \"%.200s\": it has \"%.300s\" where \"%.300s\" "
                   "was recorded",
                   recorded->header, line_at(restored, at), line_at(recorded, at));
}

static struct gd_status only_in(const struct entry *entry, bool recorded, struct gd_error *err)
{
    return gd_fail(err, GD_CORRUPT, "the restored schema %s \"%.300s\"",
                   recorded ? "lacks" : "has, beyond what was recorded,", entry->header);
}

struct gd_status gd_schema_text_compare(struct gd_schema_text *recorded,
                                        struct gd_schema_text *restored, size_t *out_reworded,
                                        struct gd_error *err)
{
    sort(recorded);
    sort(restored);
    size_t reworded = 0, a = 0, b = 0;
    while (a < recorded->count || b < restored->count) {
        if (b == restored->count)
            return only_in(&recorded->entries[a], true, err);
        if (a == recorded->count)
            return only_in(&restored->entries[b], false, err);
        const struct entry *one = &recorded->entries[a++], *other = &restored->entries[b++];
        int order = strcmp(one->header, other->header);
        if (order != 0)
            return only_in(order < 0 ? one : other, order < 0, err);
        if (compare_lines(one, other) == 0)
            continue;
        if (!means_the_same(one, other, recorded->arena))
            return differs(one, other, err);
        reworded++;
    }
    *out_reworded = reworded;
    return GD_DONE;
}
