/* Qualified: see qualified.h. */
#include "guardian/restore/qualified.h"

#include <string.h>

#include "guardian/sql/parse.h"

static const char *stored_name(const char *text, const struct gd_token *token,
                               struct gd_arena *arena)
{
    const char *at = text + token->offset;
    if (*at != '"')
        return gd_arena_strndup(arena, at, token->size);
    char *name = gd_arena_alloc(arena, token->size), *to = name;
    for (size_t i = 1; i + 1 < token->size; i++) {
        *to++ = at[i];
        i += at[i] == '"';
    }
    *to = '\0';
    return name;
}

static bool is_name(const char *text, const struct gd_token *token)
{
    return text[token->offset] == '"' || token->word;
}

static bool pair_at(const char *text, const struct gd_token *tokens, size_t count, size_t at,
                    struct gd_arena *arena, struct gd_pair *out_pair)
{
    if (at + 2 >= count || text[tokens[at + 1].offset] != '.' || tokens[at + 1].size != 1 ||
        !is_name(text, &tokens[at]) || !is_name(text, &tokens[at + 2]))
        return false;
    if (at > 0 && text[tokens[at - 1].offset] == '.')
        return false;
    out_pair->schema = stored_name(text, &tokens[at], arena);
    out_pair->name = stored_name(text, &tokens[at + 2], arena);
    out_pair->offset = tokens[at].offset;
    out_pair->size = tokens[at + 2].offset + tokens[at + 2].size - tokens[at].offset;
    return true;
}

static bool is_regclass(const char *text, const struct gd_token *tokens, size_t count, size_t at)
{
    const char *quote = text + tokens[at].offset;
    return at + 2 < count && tokens[at].string &&
           (*quote == '\'' || (*quote == 'E' && quote[1] == '\'')) &&
           strncmp(text + tokens[at + 1].offset, "::", 2) == 0 && tokens[at + 2].size == 8 &&
           strncmp(text + tokens[at + 2].offset, "regclass", 8) == 0;
}

/* The text between the quotes of a literal; in E'…' a backslash says that the next one is meant. */
static const char *literal_text(const char *text, const struct gd_token *token,
                                struct gd_arena *arena)
{
    const char *from = text + token->offset, *end = from + token->size - 1;
    bool escapes = *from == 'E';
    char *plain = gd_arena_alloc(arena, token->size), *to = plain;
    for (from += escapes ? 2 : 1; from < end; from++) {
        from += *from == '\'' || (escapes && *from == '\\');
        *to++ = *from;
    }
    *to = '\0';
    return plain;
}

void gd_each_pair(const char *text, struct gd_arena *arena, gd_pair_fn *each, void *context)
{
    size_t count, inner_count;
    struct gd_token *tokens, *inner;
    struct gd_refusal refusal;
    struct gd_pair pair;
    if (!gd_scan(text, arena, &count, &tokens, &refusal))
        return;
    for (size_t i = 0; i < count; i++) {
        if (pair_at(text, tokens, count, i, arena, &pair)) {
            each(&pair, false, context);
            i += 2;
        } else if (is_regclass(text, tokens, count, i)) {
            const char *plain = literal_text(text, &tokens[i], arena);
            if (!gd_scan(plain, arena, &inner_count, &inner, &refusal) ||
                !pair_at(plain, inner, inner_count, 0, arena, &pair))
                continue;
            pair.offset = tokens[i].offset;
            pair.size = tokens[i].size;
            each(&pair, true, context);
        }
    }
}
