#include "guardian/guard/known_as.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "guardian/pg/target.h"

/* ---- schemas ---- */

/* In a way in which it can be read back, and always the same. */
static const char *quoted(const char *name, struct gd_arena *arena)
{
    if (name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_")] == '\0')
        return name;
    char *out = gd_arena_alloc(arena, 2 * strlen(name) + 3), *at = out;
    *at++ = '"';
    for (; *name != '\0'; name++) {
        if (*name == '"')
            *at++ = '"';
        *at++ = *name;
    }
    *at++ = '"';
    *at = '\0';
    return out;
}

/* One name of a list; `*at` moves behind it. NULL: there is none more. */
static const char *next_name(const char **at, struct gd_arena *arena)
{
    const char *from = *at + strspn(*at, " \t\n,");
    char *name = gd_arena_alloc(arena, strlen(from) + 1), *end = name;
    bool inside = false;
    if (*from == '\0')
        return NULL;
    for (; *from != '\0' && (inside || *from != ','); from++) {
        if (*from == '"' && inside && from[1] == '"')
            *end++ = *from++;
        else if (*from == '"')
            inside = !inside;
        else if (inside)
            *end++ = *from;
        else if (!isspace((unsigned char)*from))
            *end++ = (char)tolower((unsigned char)*from);
    }
    *end = '\0';
    *at = from;
    return name;
}

static const char *schemas_of(const char *search_path, struct gd_arena *arena)
{
    const char *out = "", *name;
    while ((name = next_name(&search_path, arena)) != NULL)
        if (*name != '\0' && strcmp(name, "$user") != 0)
            out =
                gd_arena_printf(arena, "%s%s%s", out, *out == '\0' ? "" : ",", quoted(name, arena));
    return out;
}

/* ---- startup options ---- */

/* One word of -c name=value --name=value; a backslash takes the next letter as it is. */
static const char *next_word(const char **at, struct gd_arena *arena)
{
    const char *from = *at + strspn(*at, " \t\n");
    char *word = gd_arena_alloc(arena, strlen(from) + 1), *end = word;
    if (*from == '\0')
        return NULL;
    for (; *from != '\0' && !isspace((unsigned char)*from); from++) {
        if (*from == '\\' && from[1] != '\0')
            from++;
        *end++ = *from;
    }
    *end = '\0';
    *at = from;
    return word;
}

static const char *search_path_in(const char *options, struct gd_arena *arena)
{
    static const char wanted[] = "search_path=", dashed[] = "search-path=";
    const size_t size = sizeof wanted - 1;
    const char *found = NULL, *word;
    while ((word = next_word(&options, arena)) != NULL) {
        if (strcmp(word, "-c") == 0)
            word = next_word(&options, arena);
        else if (strncmp(word, "-c", 2) == 0 || strncmp(word, "--", 2) == 0)
            word += 2;
        if (word == NULL)
            break;
        if (strncasecmp(word, wanted, size) == 0 || strncasecmp(word, dashed, size) == 0)
            found = word + size;
    }
    return found;
}

/* ---- the place ---- */

const char *gd_known_place_of(const char *schema, const char *search_path, const char *options,
                              struct gd_arena *arena)
{
    const char *place = "";
    if (search_path == NULL && schema == NULL && options != NULL)
        search_path = search_path_in(options, arena);
    if (schema != NULL)
        place = quoted(schema, arena);
    else if (search_path != NULL)
        place = schemas_of(search_path, arena);
    return strcmp(place, "public") == 0 ? "" : place;
}

const char *gd_known_place(const struct gd_pg_options *pg, struct gd_arena *arena)
{
    const char *text = pg->target != NULL ? pg->target : getenv("DATABASE_URL");
    struct gd_pg_target target = {0};
    struct gd_error ignored = {0};
    if (text != NULL && gd_pg_target_parse(text, arena, &target, &ignored).code != GD_OK)
        return "";
    const char *options = text == NULL ? NULL : gd_pg_target_get(&target, "options");
    return gd_known_place_of(target.schema, target.search_path,
                             options != NULL ? options : getenv("PGOPTIONS"), arena);
}

void gd_known_as(const char *sha256, const char *place, char out_name[GD_DIGEST_HEX_SIZE])
{
    if (*place == '\0') {
        memmove(out_name, sha256, GD_DIGEST_HEX_SIZE);
        return;
    }
    struct gd_digest *digest = gd_digest_new();
    gd_digest_add(digest, sha256, strlen(sha256));
    gd_digest_add(digest, "\n", 1);
    gd_digest_add(digest, place, strlen(place));
    gd_digest_add(digest, "\n", 1);
    gd_digest_hex(digest, out_name);
    gd_digest_free(digest);
}
