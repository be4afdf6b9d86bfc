#include "guardian/pg/fingerprint_text.h"

#include <stdlib.h>
#include <string.h>

/* --- one line -----------------------------------------------------------------------------------
 */

static size_t put_escaped(char *out, const char *text)
{
    size_t length = 0;
    for (; *text != '\0'; text++) {
        const char *special = strchr("\\\t\n\r", *text);
        if (special == NULL) {
            out[length++] = *text;
            continue;
        }
        out[length++] = '\\';
        out[length++] = *special == '\\'   ? '\\'
                        : *special == '\t' ? 't'
                        : *special == '\n' ? 'n'
                                           : 'r';
    }
    return length;
}

/* Bodies of functions come as they were given. */
static bool is_settled(const char *key)
{
    return strncmp(key, "function ", 9) == 0 || strncmp(key, "procedure ", 10) == 0;
}

const char *gd_fingerprint_line(const char *key, const char *definition, struct gd_arena *arena)
{
    if (!is_settled(key))
        definition = gd_fingerprint_settled(definition, arena);
    char *line = gd_arena_alloc(arena, 2 * strlen(key) + 2 * strlen(definition) + 2);
    size_t length = put_escaped(line, key);
    line[length++] = '\t';
    length += put_escaped(line + length, definition);
    line[length] = '\0';
    return line;
}

/* --- the settled form ---------------------------------------------------------------------------
 */

/* Behind a literal or a quoted name that begins at `at`; doubled quotes go on by themselves. */
static const char *after_quoted(const char *at)
{
    const char quote = *at;
    for (at++; *at != '\0' && *at != quote; at++)
        ;
    return *at == '\0' ? at : at + 1;
}

/* From `at`, within brackets, to the comma or the closing bracket of this level; NULL: there is
 * none. */
static const char *end_of_element(const char *at)
{
    int depth = 0;
    while (*at != '\0') {
        if (*at == '\'' || *at == '"') {
            at = after_quoted(at);
            continue;
        }
        if (depth == 0 && (*at == ',' || *at == ']'))
            return at;
        depth += *at == '(' || *at == '[' ? 1 : *at == ')' || *at == ']' ? -1 : 0;
        if (depth < 0)
            return NULL;
        at++;
    }
    return NULL;
}

/* The type of "::type[]", without the brackets. @return its length; 0: it is none of an array */
static size_t array_type_length(const char *at)
{
    size_t length = 0;
    while (at[length] != '\0' && strncmp(at + length, "[]", 2) != 0) {
        if (at[length] == '"')
            length = (size_t)(after_quoted(at + length) - at);
        else if (strchr("'=<>+*/:|[]&~!@#%^?`;", at[length]) != NULL)
            return 0;
        else
            length++;
    }
    return at[length] == '\0' ? 0 : length;
}

struct cast {
    const char *end;  /* behind the whole */
    const char *type; /* of an element */
    size_t type_length, elements;
};

/* @return false when `at` does not begin "(ARRAY[…])::type[]" */
static bool read_cast(const char *at, struct cast *out_cast)
{
    struct cast cast = {0};
    if (strncmp(at, "(ARRAY[", 7) != 0)
        return false;
    const char *end = at + 6;
    do {
        end = end_of_element(end + 1);
        cast.elements++;
    } while (end != NULL && *end == ',');
    if (end == NULL || strncmp(end, "])::", 4) != 0)
        return false;
    cast.type = end + 4;
    cast.type_length = array_type_length(cast.type);
    cast.end = cast.type + cast.type_length + 2;
    *out_cast = cast;
    return cast.type_length > 0;
}

static size_t put(char *out, const char *text, size_t length)
{
    memcpy(out, text, length);
    return length;
}

static size_t put_elements(char *out, const char *at, const struct cast *cast)
{
    size_t length = put(out, "ARRAY[", 6);
    const char *from = at + 7;
    for (size_t i = 0; i < cast->elements; i++) {
        const char *end = end_of_element(from);
        from += *from == ' ';
        length += i == 0 ? put(out + length, "(", 1) : put(out + length, ", (", 3);
        length += put(out + length, from, (size_t)(end - from));
        length += put(out + length, ")::", 3);
        length += put(out + length, cast->type, cast->type_length);
        from = end + 1;
    }
    out[length++] = ']';
    return length;
}

const char *gd_fingerprint_settled(const char *definition, struct gd_arena *arena)
{
    size_t grown = 0, length = 0;
    struct cast cast;
    for (const char *at = definition; (at = strstr(at, "(ARRAY[")) != NULL; at++)
        grown += read_cast(at, &cast) ? cast.elements * (cast.type_length + 6) : 0;
    if (grown == 0)
        return definition;
    char *out = gd_arena_alloc(arena, strlen(definition) + grown + 1);
    for (const char *at = definition; *at != '\0';) {
        const char *end = *at == '\'' || *at == '"' ? after_quoted(at) : at + 1;
        if (read_cast(at, &cast)) {
            length += put_elements(out + length, at, &cast);
            end = cast.end;
        } else {
            memcpy(out + length, at, (size_t)(end - at));
            length += (size_t)(end - at);
        }
        at = end;
    }
    out[length] = '\0';
    return out;
}

/* --- all lines ----------------------------------------------------------------------------------
 */

static size_t key_length(const char *line)
{
    return strcspn(line, "\t");
}

static int by_key(const char *one, const char *other)
{
    size_t length = key_length(one), other_length = key_length(other);
    size_t shorter = length < other_length ? length : other_length;
    int order = memcmp(one, other, shorter);
    if (order == 0)
        order = length < other_length ? -1 : length > other_length;
    return order;
}

static int by_line(const void *left, const void *right)
{
    const char *const *one = left, *const *other = right;
    int order = by_key(*one, *other);
    return order == 0 ? strcmp(*one, *other) : order;
}

void gd_fingerprint_of(const char **lines, size_t count, struct gd_arena *arena,
                       struct gd_fingerprint *out_fingerprint)
{
    struct gd_digest *digest = gd_digest_new();
    if (lines == NULL)
        lines = gd_arena_zalloc(arena, 1, sizeof *lines);
    if (count > 1)
        qsort(lines, count, sizeof *lines, by_line);
    for (size_t i = 0; i < count; i++) {
        gd_digest_add(digest, lines[i], strlen(lines[i]));
        gd_digest_add(digest, "\n", 1);
    }
    *out_fingerprint = (struct gd_fingerprint){
        .lines = {.items = lines, .count = count, .capacity = count == 0 ? 1 : count}};
    gd_digest_hex(digest, out_fingerprint->sha256);
    gd_digest_free(digest);
}

const char *gd_fingerprint_text(const struct gd_fingerprint *fingerprint, struct gd_arena *arena)
{
    size_t size = 1, length = 0;
    for (size_t i = 0; i < fingerprint->lines.count; i++)
        size += strlen(fingerprint->lines.items[i]) + 1;
    char *text = gd_arena_alloc(arena, size);
    for (size_t i = 0; i < fingerprint->lines.count; i++) {
        size_t line = strlen(fingerprint->lines.items[i]);
        memcpy(text + length, fingerprint->lines.items[i], line);
        length += line;
        text[length++] = '\n';
    }
    text[length] = '\0';
    return text;
}

static size_t count_lines(const char *text, size_t size)
{
    size_t count = 0;
    for (size_t i = 0; i < size; i++)
        count += text[i] == '\n';
    return count;
}

struct gd_status gd_fingerprint_parse(const char *text, size_t size, struct gd_arena *arena,
                                      struct gd_fingerprint *out_fingerprint, struct gd_error *err)
{
    size_t count = count_lines(text, size), at = 0;
    const char **lines = gd_arena_zalloc(arena, count + 1, sizeof *lines);
    if (size > 0 && text[size - 1] != '\n')
        return gd_fail(err, GD_CORRUPT, "could not read the lines of a schema: the last is cut");
    for (size_t i = 0; i < count; i++) {
        const char *end = memchr(text + at, '\n', size - at);
        size_t length = (size_t)(end - (text + at));
        if (memchr(text + at, '\0', length) != NULL || memchr(text + at, '\t', length) == NULL)
            return gd_fail(err, GD_CORRUPT,
                           "could not read the lines of a schema: line %zu is none", i + 1);
        lines[i] = gd_arena_strndup(arena, text + at, length);
        at += length + 1;
    }
    gd_fingerprint_of(lines, count, arena, out_fingerprint);
    return GD_DONE;
}

/* --- differences --------------------------------------------------------------------------------
 */

enum { SHOWN_MAX = 200 };

/* Keys that say how an object is, and not that there is one. */
static bool is_facet(const char *line)
{
    static const char *const heads[] = {"owner of ",          "privileges on ", "columns of ",
                                        "compression of ",    "comment on ",    "foreign keys of ",
                                        "multirange of ",     "setting ",       "label of ",
                                        "default privileges "};
    for (size_t i = 0; i < sizeof heads / sizeof heads[0]; i++)
        if (strncmp(line, heads[i], strlen(heads[i])) == 0)
            return true;
    return false;
}

/* Tables, views, … that are there on one side only: what is on them goes without saying. */
struct sides {
    struct gd_arena *arena;
    struct gd_texts alone; /* their names */
    struct gd_texts *out;
};

static const char *name_of_relation(const char *line)
{
    static const char *const kinds[] = {"table ", "view ", "materialized view ", "foreign table ",
                                        "type "};
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (strncmp(line, kinds[i], strlen(kinds[i])) == 0)
            return line + strlen(kinds[i]);
    return NULL;
}

static const char *key_of(const char *line, struct gd_arena *arena)
{
    return gd_arena_strndup(arena, line, key_length(line));
}

/* "column a.b.c": the last part may be quoted and hold a dot. */
static const char *relation_of_column(const char *key, struct gd_arena *arena)
{
    size_t length = strlen(key);
    if (length > 0 && key[length - 1] == '"')
        for (length--; length > 0 && (key[length - 1] != '"' || key[length - 2] != '.'); length--)
            ;
    while (length > 0 && key[length - 1] != '.')
        length--;
    return length == 0 ? "" : gd_arena_strndup(arena, key, length - 1);
}

static const char *behind(const char *key, const char *word)
{
    const char *found = strstr(key, word);
    return found == NULL ? NULL : found + strlen(word);
}

/* Of the thing that a line is about: the relation that it hangs on; NULL: it stands by itself. */
static const char *host_of(const char *line, struct gd_arena *arena)
{
    const char *key = key_of(line, arena), *rest = behind(key, "column ");
    if (rest != NULL && (rest == key + 7 || is_facet(key)))
        return relation_of_column(rest, arena);
    if (is_facet(key)) {
        rest = behind(key, strncmp(key, "privileges", 10) == 0 || strncmp(key, "comment", 7) == 0
                               ? " on "
                               : " of ");
        const char *name = rest == NULL ? NULL : name_of_relation(rest);
        if (name != NULL && strncmp(rest, "table constraint ", 17) != 0)
            return name;
        key = rest == NULL ? key : rest;
    }
    return behind(key, " on ");
}

static bool goes_without_saying(struct sides *sides, const char *line)
{
    const char *host = host_of(line, sides->arena);
    return host != NULL && gd_texts_has(&sides->alone, host);
}

static void note_alone(struct sides *sides, const char *line)
{
    const char *key = key_of(line, sides->arena), *name = name_of_relation(key);
    if (name != NULL && behind(key, " in publication ") == NULL)
        gd_texts_add(&sides->alone, name, sides->arena);
}

static void say(struct sides *sides, const char *line, const char *what)
{
    gd_texts_add(sides->out,
                 gd_arena_printf(sides->arena, "%s %s", key_of(line, sides->arena), what),
                 sides->arena);
}

static void say_alone(struct sides *sides, const char *line, bool is_new)
{
    size_t length = key_length(line);
    const char *definition = line + length + 1;
    if (goes_without_saying(sides, line))
        return;
    if (is_new && *definition != '\0' && strlen(definition) <= SHOWN_MAX &&
        (is_facet(line) || strncmp(line, "column ", 7) == 0))
        say(sides, line, gd_arena_printf(sides->arena, "is new: %s", definition));
    else
        say(sides, line, is_new ? "is new" : "is missing");
}

static void say_changed(struct sides *sides, const char *before, const char *after)
{
    const char *was = before + key_length(before) + 1, *is = after + key_length(after) + 1;
    if (strlen(was) <= SHOWN_MAX && strlen(is) <= SHOWN_MAX && *was != '\0' && *is != '\0')
        say(sides, after, gd_arena_printf(sides->arena, "is now %s; it was %s", is, was));
    else if (strlen(is) <= SHOWN_MAX && *is != '\0' && *was == '\0')
        say(sides, after, gd_arena_printf(sides->arena, "is now %s", is));
    else if (strlen(was) <= SHOWN_MAX && *is == '\0')
        say(sides, after, gd_arena_printf(sides->arena, "is not any more %s", was));
    else
        say(sides, after, "is not what it was");
}

/* Names of a list "a, "b, c", d" one by one. */
static struct gd_texts names_of(const char *list, struct gd_arena *arena)
{
    struct gd_texts names = {0};
    while (*list != '\0') {
        const char *end = list;
        while (*end != '\0' && *end != ',')
            end = *end == '"' ? after_quoted(end) : end + 1;
        gd_texts_add(&names, gd_arena_strndup(arena, list, (size_t)(end - list)), arena);
        list = *end == ',' ? end + 2 : end;
    }
    return names;
}

/* Columns that came or went have lines of their own: does the order of the others differ? */
static bool is_reordered(const char *before, const char *after, struct gd_arena *arena)
{
    struct gd_texts was = names_of(before + key_length(before) + 1, arena);
    struct gd_texts is = names_of(after + key_length(after) + 1, arena);
    size_t at = 0;
    for (size_t i = 0; i < is.count; i++) {
        if (!gd_texts_has(&was, is.items[i]))
            continue;
        while (at < was.count && !gd_texts_has(&is, was.items[at]))
            at++;
        if (at == was.count || strcmp(was.items[at], is.items[i]) != 0)
            return true;
        at++;
    }
    return false;
}

static void say_difference(struct sides *sides, const char *before, const char *after)
{
    if (strcmp(before, after) == 0)
        return;
    if (strncmp(before, "columns of ", 11) != 0)
        say_changed(sides, before, after);
    else if (is_reordered(before, after, sides->arena))
        gd_texts_add(sides->out,
                     gd_arena_printf(sides->arena, "the order of the %s is now %s; it was %s",
                                     key_of(after, sides->arena), after + key_length(after) + 1,
                                     before + key_length(before) + 1),
                     sides->arena);
}

typedef void both_fn(struct sides *sides, const char *before, const char *after);

/* Walk both lists; one of the two lines is NULL where the other has no partner. */
static void walk(struct sides *sides, const struct gd_texts *before, const struct gd_texts *after,
                 both_fn *call)
{
    size_t i = 0, j = 0;
    while (i < before->count || j < after->count) {
        int order = i == before->count  ? 1
                    : j == after->count ? -1
                                        : by_key(before->items[i], after->items[j]);
        call(sides, order <= 0 ? before->items[i] : NULL, order >= 0 ? after->items[j] : NULL);
        i += order <= 0;
        j += order >= 0;
    }
}

static void find_alone(struct sides *sides, const char *before, const char *after)
{
    const char *only = before == NULL ? after : after == NULL ? before : NULL;
    if (only != NULL)
        note_alone(sides, only);
}

static void say_one(struct sides *sides, const char *before, const char *after)
{
    const char *only = before == NULL ? after : after == NULL ? before : NULL;
    if (only != NULL)
        say_alone(sides, only, before == NULL);
    else if (before != NULL && after != NULL)
        say_difference(sides, before, after);
}

void gd_fingerprint_compare(const struct gd_fingerprint *before, const struct gd_fingerprint *after,
                            struct gd_arena *arena, struct gd_texts *out_differences)
{
    struct sides sides = {.arena = arena, .out = out_differences};
    if (strcmp(before->sha256, after->sha256) == 0)
        return;
    walk(&sides, &before->lines, &after->lines, find_alone);
    walk(&sides, &before->lines, &after->lines, say_one);
}
