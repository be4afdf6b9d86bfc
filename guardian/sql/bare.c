#include "guardian/sql/bare.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "guardian/sql/parse.h"

enum setting { NO_SETTING, SETTING_NAME, SETTING_VALUE, SETTING_BEHIND };

struct baring {
    const char *text;
    struct gd_arena *arena;
    char *out;
    size_t used;
    const char *bare;
    bool within, makes, updates; /* a statement; it begins with CREATE; it has said UPDATE */
    bool path;                   /* the setting is a list of schemas: names */
    enum setting setting;
};

static void put(struct baring *baring, const char *bytes, size_t size)
{
    memcpy(baring->out + baring->used, bytes, size);
    baring->used += size;
}

static bool is_number(const char *at, size_t size)
{
    return isdigit((unsigned char)at[0]) ||
           (at[0] == '.' && size > 1 && isdigit((unsigned char)at[1]));
}

/* ---- settings ----
 *
 * What SET gives a setting is a literal, in quotes or not. In what UPDATE sets stand names of
 * columns. Behind a value CREATE FUNCTION goes on; elsewhere it is the end.
 */

static bool is_word(const struct baring *baring, const struct gd_token *token, const char *word)
{
    return token->size == strlen(word) &&
           strncasecmp(baring->text + token->offset, word, token->size) == 0;
}

static bool is_any(const struct baring *baring, const struct gd_token *token,
                   const char *const *words)
{
    for (size_t i = 0; words[i] != NULL; i++)
        if (is_word(baring, token, words[i]))
            return true;
    return false;
}

static bool is_name(const struct gd_token *token)
{
    return token->word || token->identifier;
}

static enum setting behind_name(struct baring *baring, const struct gd_token *token)
{
    if (is_word(baring, token, "=") || is_word(baring, token, "to"))
        return baring->updates ? NO_SETTING : SETTING_VALUE;
    baring->path = is_word(baring, token, "search_path");
    return is_name(token) || is_word(baring, token, ".") ? SETTING_NAME : NO_SETTING;
}

/* Where in a setting the next token stands, once this one has been read. */
static enum setting follow(struct baring *baring, const struct gd_token *token)
{
    bool first = !baring->within;
    baring->within = !is_word(baring, token, ";");
    if (first || !baring->within) {
        baring->makes = is_word(baring, token, "create");
        baring->updates = false;
    }
    baring->updates |= is_word(baring, token, "update");
    if (!baring->within)
        return NO_SETTING;
    if (is_word(baring, token, "set"))
        return SETTING_NAME;
    if (baring->setting == SETTING_NAME)
        return behind_name(baring, token);
    if (baring->setting == SETTING_BEHIND && baring->makes && is_name(token))
        return NO_SETTING;
    if (baring->setting == NO_SETTING)
        return NO_SETTING;
    return is_name(token) ? SETTING_BEHIND : SETTING_VALUE;
}

static bool is_value(const struct baring *baring, const struct gd_token *token)
{
    static const char *const plain[] = {"default", "on", "off", "true", "false", "set", NULL};
    bool there =
        baring->setting == SETTING_VALUE || (baring->setting == SETTING_BEHIND && !baring->makes);
    return there && is_name(token) && !baring->path && !is_any(baring, token, plain);
}

/* ---- tokens ---- */

/* Blanks and line ends between tokens are one blank; there is never more than there was. */
static void put_token(struct baring *baring, const struct gd_token *token, size_t behind)
{
    const char *at = baring->text + token->offset;
    if (token->offset > behind && baring->used > 0)
        put(baring, " ", 1);
    if (token->string || is_number(at, token->size) || is_value(baring, token))
        put(baring, "?", 1);
    else
        put(baring, at, token->size);
    baring->setting = follow(baring, token);
}

static struct gd_status bare(void *context, struct gd_error *err)
{
    struct baring *baring = context;
    struct gd_token *tokens = NULL;
    struct gd_refusal ignored;
    size_t count = 0, behind = 0;
    (void)err;
    if (!gd_scan(baring->text, baring->arena, &count, &tokens, &ignored))
        return GD_DONE;
    for (size_t i = 0; i < count; i++) {
        if (tokens[i].comment)
            continue;
        put_token(baring, &tokens[i], behind);
        behind = tokens[i].offset + tokens[i].size;
    }
    baring->out[baring->used] = '\0';
    baring->bare = baring->out;
    return GD_DONE;
}

const char *gd_sql_bare(const char *text, size_t size, struct gd_arena *arena)
{
    struct gd_error ignored = {0};
    struct baring baring = {.text = text, .arena = arena};
    if (gd_text_check(text, size) != size)
        return NULL;
    baring.out = gd_arena_alloc(arena, size + 1);
    return gd_deep_call(bare, &baring, &ignored).code == GD_OK ? baring.bare : NULL;
}
