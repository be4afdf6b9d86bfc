#include "guardian/guard/rehearse.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "guardian/sql/parse.h"

/* Longer texts are compared letter by letter. */
enum { SHAPE_MAX = 1 << 20 };

/* ---- the shape of a text ---- */

struct shaping {
    const char *text;
    struct gd_arena *arena;
    char *out; /* NULL: it cannot be read */
};

static bool says(const char *text, const struct gd_token *token, const char *word)
{
    return token->size == strlen(word) && strncasecmp(text + token->offset, word, token->size) == 0;
}

/* A value that somebody wrote down: text, number, $1, or a word that stands for one. */
static bool is_literal(const char *text, const struct gd_token *token)
{
    static const char *const words[] = {"null", "true", "false", "default"};
    const char *at = text + token->offset;
    bool number =
        isdigit((unsigned char)at[0]) ||
        (token->size > 1 && (at[0] == '.' || at[0] == '$') && isdigit((unsigned char)at[1]));
    if (token->string || number)
        return true;
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (token->word && says(text, token, words[i]))
            return true;
    return false;
}

static bool is_sign(const char *text, const struct gd_token *tokens, size_t i, size_t count)
{
    return tokens[i].size == 1 &&
           (text[tokens[i].offset] == '-' || text[tokens[i].offset] == '+') && i + 1 < count &&
           isdigit((unsigned char)text[tokens[i + 1].offset]) && i > 0 &&
           strchr("(,", text[tokens[i - 1].offset]) != NULL;
}

/* The name in CREATE DATABASE name, DROP DATABASE IF EXISTS name. */
static bool is_database_name(const char *text, const struct gd_token *tokens, size_t i)
{
    if (i < 2 || !says(text, &tokens[1], "database"))
        return false;
    bool condition = says(text, &tokens[2], "if");
    return (i == 2 && says(text, &tokens[0], "create")) ||
           (i == (condition ? 4 : 2) && says(text, &tokens[0], "drop"));
}

static char *close_of(char *open)
{
    int depth = 0;
    for (char *at = open; *at != '\0'; at++) {
        depth += *at == '(' ? 1 : *at == ')' ? -1 : 0;
        if (depth == 0)
            return at;
    }
    return NULL;
}

/* "( ? , ? ) , ( ? , ? )" says no more than "( ? , ? )". */
static void fold_rows(char *out)
{
    for (char *at = out; *at != '\0'; at++) {
        char *close = *at == '(' ? close_of(at) : NULL;
        if (close == NULL)
            continue;
        size_t size = (size_t)(close + 1 - at);
        char *behind = close + 1, *from = behind;
        while (strncmp(from, " , ", 3) == 0 && strncmp(from + 3, at, size) == 0)
            from += 3 + size;
        if (from != behind)
            memmove(behind, from, strlen(from) + 1);
    }
}

static struct gd_status shape(void *context, struct gd_error *err)
{
    struct shaping *shaping = context;
    const char *text = shaping->text;
    struct gd_token *tokens;
    struct gd_refusal refusal;
    size_t count, kept = 0, size = 0;
    (void)err;
    if (!gd_scan(text, shaping->arena, &count, &tokens, &refusal))
        return GD_DONE;
    for (size_t i = 0; i < count; i++)
        if (!tokens[i].comment)
            tokens[kept++] = tokens[i];
    shaping->out = gd_arena_alloc(shaping->arena, 2 * strlen(text) + kept + 2);
    for (size_t i = 0; i < kept; i++) {
        bool value = is_literal(text, &tokens[i]) || is_database_name(text, tokens, i);
        if (is_sign(text, tokens, i, kept))
            continue;
        if (size > 0)
            shaping->out[size++] = ' ';
        memcpy(shaping->out + size, value ? "?" : text + tokens[i].offset,
               value ? 1 : tokens[i].size);
        size += value ? 1 : tokens[i].size;
    }
    shaping->out[size] = '\0';
    fold_rows(shaping->out);
    return GD_DONE;
}

const char *gd_shape_of(const char *text, struct gd_arena *arena)
{
    struct gd_error ignored = {0};
    struct shaping shaping = {.text = text, .arena = arena};
    size_t size = strlen(text);
    if (size > SHAPE_MAX || gd_text_check(text, size) != size)
        return NULL;
    return gd_deep_call(shape, &shaping, &ignored).code == GD_OK ? shaping.out : NULL;
}

/* ---- what was seen ---- */

/* Without what stands at its ends and means nothing, and with the live database's name. */
static const char *normal(const struct gd_rehearsal *rehearsal, const char *text,
                          struct gd_arena *arena)
{
    const char *end = text + strlen(text), *found;
    const char *out = "";
    while (isspace((unsigned char)*text) || *text == ';')
        text++;
    while (end > text && (isspace((unsigned char)end[-1]) || end[-1] == ';'))
        end--;
    text = gd_arena_strndup(arena, text, (size_t)(end - text));
    while (rehearsal->scratch != NULL && (found = strstr(text, rehearsal->scratch)) != NULL) {
        out = gd_arena_printf(arena, "%s%.*s%s", out, (int)(found - text), text, rehearsal->live);
        text = found + strlen(rehearsal->scratch);
    }
    return *out == '\0' ? text : gd_arena_printf(arena, "%s%s", out, text);
}

struct gd_rehearsal *gd_rehearsal_new(const char *scratch, const char *live, struct gd_arena *arena)
{
    struct gd_rehearsal *rehearsal = gd_arena_zalloc(arena, 1, sizeof *rehearsal);
    bool same = scratch == NULL || strcmp(scratch, live) == 0;
    *rehearsal = (struct gd_rehearsal){.arena = arena,
                                       .scratch = same ? NULL : gd_arena_strdup(arena, scratch),
                                       .live = gd_arena_strdup(arena, live),
                                       .where = ""};
    return rehearsal;
}

static void add_to_script(struct gd_rehearsal *rehearsal, const char *text)
{
    if (rehearsal->script_count == rehearsal->script_capacity) {
        size_t capacity = rehearsal->script_capacity == 0 ? 64 : 2 * rehearsal->script_capacity;
        const char **more = gd_arena_zalloc(rehearsal->arena, capacity, sizeof *more);
        if (rehearsal->script_count > 0)
            memcpy(more, rehearsal->script, rehearsal->script_count * sizeof *more);
        rehearsal->script = more;
        rehearsal->script_capacity = capacity;
    }
    rehearsal->script[rehearsal->script_count++] = text;
}

void gd_rehearsal_add(struct gd_rehearsal *rehearsal, const char *text, enum gd_seen_by by,
                      bool own)
{
    const char *kept = normal(rehearsal, text, rehearsal->arena);
    const char *shape = by == GD_SEEN_BY_SHAPE ? gd_shape_of(kept, rehearsal->arena) : NULL;
    (void)gd_texts_add(&rehearsal->texts, kept, rehearsal->arena);
    if (shape != NULL)
        (void)gd_texts_add(&rehearsal->shapes, shape, rehearsal->arena);
    rehearsal->changes++;
    if (!own)
        add_to_script(rehearsal, kept);
}

void gd_rehearsal_add_quiet(struct gd_rehearsal *rehearsal, const char *text)
{
    add_to_script(rehearsal, normal(rehearsal, text, rehearsal->arena));
}

bool gd_rehearsal_has(const struct gd_rehearsal *rehearsal, const char *text, enum gd_seen_by by,
                      struct gd_arena *arena)
{
    const char *wanted = normal(rehearsal, text, arena);
    if (gd_texts_has(&rehearsal->texts, wanted))
        return true;
    const char *shape = by == GD_SEEN_BY_SHAPE ? gd_shape_of(wanted, arena) : NULL;
    return shape != NULL && gd_texts_has(&rehearsal->shapes, shape);
}

struct gd_input gd_rehearsal_script(const struct gd_rehearsal *rehearsal, const char *path)
{
    size_t size = 0;
    for (size_t i = 0; i < rehearsal->script_count; i++)
        size += strlen(rehearsal->script[i]) + 3;
    char *text = gd_arena_alloc(rehearsal->arena, size + 1), *at = text;
    uint64_t *offsets =
        gd_arena_zalloc(rehearsal->arena, rehearsal->script_count + 1, sizeof *offsets);
    struct gd_sent *sent = gd_arena_zalloc(rehearsal->arena, 1, sizeof *sent);
    *sent = (struct gd_sent){offsets, rehearsal->script_count};
    for (size_t i = 0; i < rehearsal->script_count; i++) {
        size_t length = strlen(rehearsal->script[i]);
        const char *line = strrchr(rehearsal->script[i], '\n');
        bool comment = strstr(line == NULL ? rehearsal->script[i] : line, "--") != NULL;
        offsets[i] = (uint64_t)(at - text);
        memcpy(at, rehearsal->script[i], length);
        at += length;
        if (comment)
            *at++ = '\n';
        *at++ = ';';
        *at++ = '\n';
    }
    *at = '\0';
    return (struct gd_input){
        .by_wire = true, .path = path, .text = text, .size = (size_t)(at - text), .sent = sent};
}
