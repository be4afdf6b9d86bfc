#include "guardian/guard/secret_text.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

enum { TEXT_MAX = 200 };

static const char *const words[] = {"password", "passwd", "secret", "passphrase", "sslpassword"};

static bool in_name(char c)
{
    return isalnum((unsigned char)c) != 0 || c == '_' || (unsigned char)c >= 0x80;
}

/* Behind the word: blanks, a sign of assignment, and then a constant of any form? */
static const char *value_behind(const char *at)
{
    bool assigned = false;
    while (isspace((unsigned char)*at) != 0 || *at == '=' || *at == '>' || *at == ':') {
        assigned = assigned || *at == '=';
        at++;
    }
    bool prefixed = strchr("eEnNuU", *at) != NULL && *at != '\0' && (at[1] == '\'' || at[1] == '&');
    bool constant = *at == '\'' || *at == '$' || prefixed;
    return constant || (assigned && *at != '\0' && *at != ';') ? at : NULL;
}

static const char *value_of(const char *word, const char *text)
{
    size_t size = strlen(word);
    for (const char *at = strcasestr(text, word); at != NULL; at = strcasestr(at + 1, word)) {
        const char *value = value_behind(at + size);
        bool whole = (at == text || !in_name(at[-1])) && !in_name(at[size]);
        if (whole && value != NULL)
            return value;
    }
    return NULL;
}

const char *gd_secret_in_text(const char *text)
{
    const char *first = NULL;
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        const char *value = value_of(words[i], text);
        if (value != NULL && (first == NULL || value < first))
            first = value;
    }
    return first;
}

/* Where a text of `size` bytes can be cut without halving a letter. */
static size_t whole_letters(const char *text, size_t size)
{
    while (size > 0 && ((unsigned char)text[size] & 0xC0) == 0x80)
        size--;
    return size;
}

const char *gd_first_words(const char *text, struct gd_arena *arena)
{
    while (isspace((unsigned char)*text) != 0)
        text++;
    size_t size = strnlen(text, TEXT_MAX);
    char *words_of = gd_arena_strndup(arena, text, whole_letters(text, size));
    for (char *at = words_of; *at != '\0'; at++)
        if ((unsigned char)*at < 0x20)
            *at = ' ';
    const char *secret = gd_secret_in_text(words_of);
    return secret == NULL ? words_of
                          : gd_arena_printf(arena, "%.*s…", (int)(secret - words_of), words_of);
}
