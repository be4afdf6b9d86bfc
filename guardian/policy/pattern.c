#include "guardian/policy/pattern.h"

#include <string.h>

#include "guardian/base/nearest.h"

/* What stands in no schema. */
static const char *const global_kinds[] = {
    "role",          "database",      "extension",  "schema",   "publication",
    "subscription",  "server",        "tablespace", "language", "foreign-data wrapper",
    "event trigger", "access method",
};
enum { GLOBAL_KINDS = sizeof global_kinds / sizeof global_kinds[0] };

bool gd_glob(const char *glob, const char *text)
{
    const char *star = NULL, *retry = NULL;
    while (*text != '\0') {
        if (*glob == '*') {
            star = glob++;
            retry = text;
        } else if (*glob == '?' || *glob == *text) {
            glob++;
            text++;
        } else if (star != NULL) {
            glob = star + 1;
            text = ++retry;
        } else {
            return false;
        }
    }
    while (*glob == '*')
        glob++;
    return *glob == '\0';
}

static bool is_global(const char *kind)
{
    for (size_t i = 0; i < GLOBAL_KINDS; i++)
        if (strcmp(kind, global_kinds[i]) == 0)
            return true;
    return false;
}

/* The end of the word at `at`: a blank outside quotes and parentheses. */
static const char *word_end(const char *at)
{
    bool quoted = false;
    int depth = 0;
    for (; *at != '\0'; at++) {
        if (*at == '"')
            quoted = !quoted;
        else if (!quoted && *at == '(')
            depth++;
        else if (!quoted && *at == ')' && depth > 0)
            depth--;
        else if (!quoted && depth == 0 && *at == ' ')
            break;
    }
    return at;
}

/* Cut `text` at the dots outside quotes into parts without quotes. Returns how many there are,
 * which may be more than fit. What follows an opening parenthesis is arguments and not looked at.
 */
static size_t split(const char *text, struct gd_arena *arena, const char **parts)
{
    size_t count = 0, length = 0;
    bool quoted = false;
    char *part = gd_arena_alloc(arena, strlen(text) + 1);
    for (const char *at = text;; at++) {
        bool end = *at == '\0' || (!quoted && *at == '(');
        if (*at == '"') {
            if (quoted && at[1] == '"')
                part[length++] = *++at;
            else
                quoted = !quoted;
        } else if (end || (!quoted && *at == '.')) {
            part[length] = '\0';
            if (count < GD_NAME_PARTS)
                parts[count] = gd_arena_strdup(arena, part);
            count++;
            length = 0;
            if (end)
                return count;
        } else {
            part[length++] = *at;
        }
    }
}

/* The last word of `text`; `*out_before` is the length of what stands before it. */
static const char *last_word(const char *text, size_t *out_before)
{
    const char *last = text;
    for (const char *at = text; *at != '\0';) {
        last = at;
        at = word_end(at);
        while (*at == ' ')
            at++;
    }
    *out_before = (size_t)(last - text);
    while (*out_before > 0 && text[*out_before - 1] == ' ')
        (*out_before)--;
    return last;
}

/* Does `kind` end with these words, in the plural or not? */
static bool ends_with_words(const char *kind, const char *words)
{
    size_t length = strlen(kind), own = strlen(words);
    if (length > own && kind[length - 1] == 's' && words[own - 1] != 's')
        length--;
    return length >= own && memcmp(kind + length - own, words, own) == 0 &&
           (length == own || kind[length - own - 1] == ' ');
}

/* "every table in schema" is about a schema, "roles" are such as "role". */
static const char *global_kind_at_end(const char *kind)
{
    for (size_t i = 0; i < GLOBAL_KINDS; i++)
        if (ends_with_words(kind, global_kinds[i]))
            return global_kinds[i];
    return kind;
}

/* Where the text left the schema out, it is not known. */
static void add_unknown_schema(struct gd_name *name)
{
    bool column = strcmp(name->kind, "column") == 0;
    if (is_global(name->kind) || name->count != (column ? 2 : 1))
        return;
    memmove(name->parts + 1, name->parts, name->count * sizeof name->parts[0]);
    name->parts[0] = NULL;
    name->count++;
}

struct gd_name gd_name_parse(const char *text, struct gd_arena *arena)
{
    struct gd_name name = {.kind = ""};
    size_t before;
    const char *word = last_word(text, &before);
    name.kind = global_kind_at_end(gd_arena_strndup(arena, text, before));
    name.count = split(word, arena, name.parts);
    if (name.count > GD_NAME_PARTS) { /* database.schema.table.column is no name of one database */
        name.count = 0;
        return name;
    }
    for (size_t i = 0; i < name.count; i++)
        if (name.parts[i][0] == '\0') {
            name.count = 0;
            return name;
        }
    add_unknown_schema(&name);
    return name;
}

bool gd_name_within(const struct gd_name *inner, const struct gd_name *outer)
{
    if (outer->count == 0 || inner->count < outer->count)
        return false;
    for (size_t i = 0; i < outer->count; i++) {
        const char *left = inner->parts[i], *right = outer->parts[i];
        if (left == NULL || right == NULL ? left != right : strcmp(left, right) != 0)
            return false;
    }
    return true;
}

static const char *check_pattern(const struct gd_pattern *pattern, struct gd_arena *arena)
{
    if (pattern->kind[0] != '\0' && !is_global(pattern->kind)) {
        const char *meant = gd_nearest(pattern->kind, global_kinds, GLOBAL_KINDS);
        return gd_arena_printf(
            arena,
            "\"%s\" is no kind of object that stands in no schema%s%s%s; tables, "
            "columns and functions are written without a kind: public.users",
            pattern->kind, meant == NULL ? "" : " (\"", meant == NULL ? "" : meant,
            meant == NULL ? "" : "\"?)");
    }
    if (pattern->count > GD_NAME_PARTS)
        return "a pattern has at most three parts: schema.table.column";
    for (size_t i = 0; i < pattern->count; i++)
        if (pattern->parts[i][0] == '\0')
            return "a part of the pattern is empty";
    if (pattern->kind[0] == '\0' && pattern->count == 1)
        return gd_arena_printf(
            arena,
            "\"%s\" names no schema: write %s.* for all in that schema, *.%s for "
            "that table in every schema",
            pattern->text, pattern->text, pattern->text);
    if (pattern->kind[0] != '\0' && pattern->count != 1)
        return gd_arena_printf(arena, "a %s has a name of one part", pattern->kind);
    return NULL;
}

const char *gd_pattern_parse(const char *text, struct gd_arena *arena,
                             struct gd_pattern *out_pattern)
{
    struct gd_pattern pattern = {.text = gd_arena_strdup(arena, text)};
    size_t before;
    const char *word = last_word(pattern.text, &before);
    pattern.kind = gd_arena_strndup(arena, pattern.text, before);
    pattern.count = split(word, arena, pattern.parts);
    const char *wrong = strchr(word, '(') != NULL
                            ? "a pattern has no arguments: public.f matches every function f"
                            : check_pattern(&pattern, arena);
    if (wrong == NULL)
        *out_pattern = pattern;
    return wrong;
}

static size_t least(size_t left, size_t right)
{
    return left < right ? left : right;
}

enum gd_match gd_pattern_match(const struct gd_pattern *pattern, const struct gd_name *name)
{
    bool with_kind = pattern->kind[0] != '\0';
    if (name->count == 0 || (with_kind && strcmp(pattern->kind, name->kind) != 0))
        return GD_MATCH_NOT;
    if (!with_kind && is_global(name->kind) && strcmp(name->kind, "schema") != 0)
        return GD_MATCH_NOT;
    bool maybe = false;
    for (size_t i = 0; i < least(pattern->count, name->count); i++) {
        if (name->parts[i] == NULL)
            maybe = true;
        else if (!gd_glob(pattern->parts[i], name->parts[i]))
            return GD_MATCH_NOT;
    }
    if (name->count < pattern->count)
        return GD_MATCH_CONTAINS;
    return maybe ? GD_MATCH_MAYBE : GD_MATCH_WITHIN;
}
