#include "guardian/guard/secret_text.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

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
