#include "guardian/sql/bare.h"

#include <ctype.h>
#include <string.h>

#include "guardian/sql/parse.h"

struct baring {
    const char *text;
    struct gd_arena *arena;
    char *out;
    size_t used;
    const char *bare;
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

/* Blanks and line ends between tokens are one blank; there is never more than there was. */
static void put_token(struct baring *baring, const struct gd_token *token, size_t behind)
{
    const char *at = baring->text + token->offset;
    if (token->offset > behind && baring->used > 0)
        put(baring, " ", 1);
    if (token->string || is_number(at, token->size))
        put(baring, "?", 1);
    else
        put(baring, at, token->size);
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
