#include "guardian/sql/tokens.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

bool gd_token_is(const char *text, const struct gd_token *token, const char *word)
{
    return token->word && token->size == strlen(word) &&
           strncasecmp(text + token->offset, word, token->size) == 0;
}

/* ---- statements that the grammar refused ---- */

static const char *const verbs[] = {
    "abort",   "alter",   "analyse", "analyze", "begin",    "call",      "checkpoint",
    "close",   "cluster", "comment", "commit",  "copy",     "create",    "deallocate",
    "declare", "delete",  "discard", "do",      "drop",     "end",       "execute",
    "explain", "fetch",   "grant",   "import",  "insert",   "listen",    "load",
    "lock",    "merge",   "move",    "notify",  "prepare",  "reassign",  "refresh",
    "reindex", "release", "reset",   "revoke",  "rollback", "savepoint", "security",
    "select",  "set",     "show",    "start",   "table",    "truncate",  "unlisten",
    "update",  "vacuum",  "values",  "with",
};

static bool is_verb(const char *text, const struct gd_token *token)
{
    for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++)
        if (gd_token_is(text, token, verbs[i]))
            return true;
    return false;
}

static char *upper(struct gd_arena *arena, const char *text, size_t size)
{
    char *copy = gd_arena_strndup(arena, text, size);
    for (size_t i = 0; i < size; i++)
        copy[i] = (char)toupper((unsigned char)copy[i]);
    return copy;
}

/* The object kinds that stand between CREATE, ALTER or DROP and a name. */
static const char *const object_words[] = {
    "table",        "index",      "view",        "materialized", "sequence",   "type",
    "domain",       "function",   "procedure",   "routine",      "trigger",    "policy",
    "schema",       "database",   "role",        "user",         "extension",  "rule",
    "foreign",      "server",     "publication", "subscription", "collation",  "aggregate",
    "operator",     "cast",       "unique",      "temp",         "temporary",  "unlogged",
    "or",           "replace",    "if",          "not",          "exists",     "only",
    "concurrently", "constraint", "event",       "statistics",   "from",       "into",
    "on",           "system",     "owned",       "default",      "privileges",
};

static bool is_object_word(const char *text, const struct gd_token *token)
{
    for (size_t i = 0; i < sizeof object_words / sizeof object_words[0]; i++)
        if (gd_token_is(text, token, object_words[i]))
            return true;
    return false;
}

static bool is_filler(const char *text, const struct gd_token *token)
{
    static const char *const fillers[] = {"if",   "not",  "exists", "only",   "concurrently",
                                          "from", "into", "or",     "replace"};
    for (size_t i = 0; i < sizeof fillers / sizeof fillers[0]; i++)
        if (gd_token_is(text, token, fillers[i]))
            return true;
    return false;
}

void gd_unread_name(const char *text, const struct gd_token *tokens, size_t count,
                    struct gd_arena *arena, struct gd_unread *unread)
{
    size_t at = 0;
    while (at < count && tokens[at].comment)
        at++;
    unread->verb = unread->object = "";
    if (at == count || !is_verb(text, &tokens[at]))
        return;
    unread->verb = upper(arena, text + tokens[at].offset, tokens[at].size);
    for (at++; at < count && is_object_word(text, &tokens[at]); at++)
        if (!is_filler(text, &tokens[at]))
            unread->verb = gd_arena_printf(arena, "%s %s", unread->verb,
                                           upper(arena, text + tokens[at].offset, tokens[at].size));
    size_t first = at;
    while (at < count && (tokens[at].identifier || tokens[at].word)) {
        bool dotted = at + 1 < count && text[tokens[at + 1].offset] == '.';
        if (!dotted)
            break;
        at += 2;
    }
    if (first < count && at < count && (tokens[at].identifier || tokens[at].word))
        unread->object =
            gd_arena_strndup(arena, text + tokens[first].offset,
                             tokens[at].offset + tokens[at].size - tokens[first].offset);
}

/* ---- BEGIN ATOMIC ---- */

bool gd_tokens_begin_routine(const char *text, const struct gd_token *tokens, size_t count)
{
    size_t at = 0;
    while (at < count && tokens[at].comment)
        at++;
    if (count - at < 4 || !gd_token_is(text, &tokens[at], "create"))
        return false;
    at++;
    if (gd_token_is(text, &tokens[at], "or") && gd_token_is(text, &tokens[at + 1], "replace"))
        at += 2;
    return at < count && (gd_token_is(text, &tokens[at], "function") ||
                          gd_token_is(text, &tokens[at], "procedure"));
}

size_t gd_tokens_atomic_end(const char *text, const struct gd_token *tokens, size_t count)
{
    size_t depth = 0;
    for (size_t i = 0; i < count; i++) {
        if (gd_token_is(text, &tokens[i], "begin") && i + 1 < count &&
            gd_token_is(text, &tokens[i + 1], "atomic"))
            depth++;
        else if (depth > 0 && gd_token_is(text, &tokens[i], "case"))
            depth++;
        else if (depth > 0 && gd_token_is(text, &tokens[i], "end"))
            depth--;
        else if (depth == 0 && text[tokens[i].offset] == ';')
            return tokens[i].offset;
    }
    return SIZE_MAX;
}
