#include "guardian/policy/waiver.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "guardian/base/nearest.h"

enum { WAIVERS_MAX = 16 };

static const char *const classes[] = {
#define X(name, text) text,
    GD_CLASSES(X)
#undef X
};
enum { CLASSES = sizeof classes / sizeof classes[0] };

bool gd_is_rule_id(const char *word)
{
    if (!isupper((unsigned char)word[0]) || strlen(word) != 4)
        return false;
    return isdigit((unsigned char)word[1]) && isdigit((unsigned char)word[2]) &&
           isdigit((unsigned char)word[3]);
}

/* ---- lines and words ---- */

static const char *skip_blanks(const char *at)
{
    while (*at == ' ' || *at == '\t' || *at == '\r')
        at++;
    return at;
}

/* One line of a comment without its marks: "-- ", " * ", the end of a C comment. */
static char *bare_line(const char *line, size_t length, struct gd_arena *arena)
{
    char *text = gd_arena_strndup(arena, line, length);
    char *end = text + strlen(text);
    while (end > text && isspace((unsigned char)end[-1]))
        *--end = '\0';
    if (end - text >= 2 && strcmp(end - 2, "*/") == 0)
        end[-2] = '\0';
    const char *at = skip_blanks(text);
    if (strncmp(at, "--", 2) == 0)
        at += strspn(at, "-");
    else if (strncmp(at, "/*", 2) == 0 || *at == '*')
        at += strspn(at, "/*");
    at = skip_blanks(at);
    char *bare = gd_arena_strdup(arena, at);
    for (end = bare + strlen(bare); end > bare && isspace((unsigned char)end[-1]);)
        *--end = '\0';
    return bare;
}

/* The next word of `*at`, which moves behind it; "" at the end. Quotes keep blanks together. */
static const char *next_word(const char **at, struct gd_arena *arena)
{
    const char *begin = skip_blanks(*at), *end = begin;
    for (bool quoted = false; *end != '\0' && (quoted || !isspace((unsigned char)*end)); end++)
        if (*end == '"')
            quoted = !quoted;
    *at = end;
    return gd_arena_strndup(arena, begin, (size_t)(end - begin));
}

static bool same_word(const char *left, const char *right)
{
    return strcasecmp(left, right) == 0;
}

/* What follows "guardian:", or NULL when the line is not meant for Guardian. `*out_wrong` says what
 * is the matter with a line that looks as if it were. */
static const char *addressed(const char *line, struct gd_arena *arena, const char **out_wrong)
{
    const char *at = line;
    const char *name = next_word(&at, arena);
    if (strncasecmp(line, "guardian:", 9) == 0)
        return line + 9;
    const char *rest = at;
    const char *verb = next_word(&rest, arena);
    if (strcmp(verb, ":") == 0)
        verb = next_word(&rest, arena);
    size_t length = strlen(name);
    bool colon = length > 0 && name[length - 1] == ':';
    const char *bare = colon ? gd_arena_strndup(arena, name, length - 1) : name;
    if (!same_word(verb, "allow") || gd_edit_distance(bare, "guardian") > 2)
        return NULL;
    *out_wrong = "it must begin with \"guardian:\", with the colon";
    return at;
}

/* ---- one waiver ---- */

static const char *read_allowed(const char *word, struct gd_arena *arena)
{
    for (size_t i = 0; i < CLASSES; i++)
        if (strcmp(word, classes[i]) == 0)
            return NULL;
    if (gd_is_rule_id(word))
        return NULL;
    if (word[0] == '\0' || same_word(word, "because"))
        return "it does not say what it allows: a class (destructive) or a rule (A015)";
    const char *meant = gd_nearest(word, classes, CLASSES);
    if (meant == NULL)
        return gd_arena_printf(arena, "\"%.60s\" is neither a class nor the id of a rule", word);
    return gd_arena_printf(arena,
                           "\"%.60s\" is neither a class nor the id of a rule; is \"%s\" "
                           "meant?",
                           word, meant);
}

static const char *read_object(struct gd_waiver_read *read, const char **at, struct gd_arena *arena)
{
    read->waiver.on = next_word(at, arena);
    if (read->waiver.on[0] == '\0')
        return "no object follows \"on\"";
    const char *wrong = gd_pattern_parse(read->waiver.on, arena, &read->on);
    return wrong == NULL ? NULL
                         : gd_arena_printf(arena, "the object after \"on\" is wrong: %s", wrong);
}

static const char *read_reason(struct gd_waiver_read *read, const char *at)
{
    at = skip_blanks(at);
    for (const char *letter = at; *letter != '\0'; letter++)
        if (isalnum((unsigned char)*letter) || (unsigned char)*letter >= 0x80) {
            read->waiver.reason = at;
            return NULL;
        }
    return "no reason follows \"because\"";
}

/* Read what stands behind WORD, up to the reason. */
static const char *read_rest(struct gd_waiver_read *read, const char *at, struct gd_arena *arena)
{
    for (;;) {
        const char *word = next_word(&at, arena), *wrong = NULL;
        if (same_word(word, "because") || same_word(word, "because:"))
            return read_reason(read, at);
        if (word[0] == '\0')
            return "it names no reason: \"because\" is missing";
        if (same_word(word, "on") && read->waiver.on == NULL)
            wrong = read_object(read, &at, arena);
        else if (same_word(word, "without") && same_word(next_word(&at, arena), "backup"))
            read->waiver.without_backup = true;
        else
            wrong = gd_arena_printf(arena,
                                    "\"%.60s\" is not understood; what can follow is on OBJECT, "
                                    "without backup, because REASON",
                                    word);
        if (wrong != NULL)
            return wrong;
    }
}

static const char *read_waiver(struct gd_waiver_read *read, const char *at, struct gd_arena *arena)
{
    const char *verb = next_word(&at, arena);
    if (!same_word(verb, "allow"))
        return gd_arena_printf(arena,
                               "\"%.60s\" is not understood; the only word that can follow "
                               "\"guardian:\" is \"allow\"",
                               verb);
    read->waiver.allows = next_word(&at, arena);
    const char *wrong = read_allowed(read->waiver.allows, arena);
    return wrong != NULL ? wrong : read_rest(read, at, arena);
}

static bool read_line(struct gd_waiver_read *read, const char *line, struct gd_arena *arena)
{
    const char *wrong = NULL;
    const char *at = addressed(line, arena, &wrong);
    if (at == NULL)
        return false;
    *read = (struct gd_waiver_read){.waiver = {.text = line, .state = GD_WAIVER_IDLE}};
    if (wrong == NULL)
        wrong = read_waiver(read, at, arena);
    if (wrong != NULL) {
        read->waiver.state = GD_WAIVER_MALFORMED;
        read->waiver.why = wrong;
    }
    return true;
}

size_t gd_waivers_read(const char *comment, struct gd_arena *arena,
                       struct gd_waiver_read **out_waivers)
{
    size_t count = 0;
    *out_waivers = NULL;
    if (comment == NULL)
        return 0;
    for (const char *line = comment; *line != '\0' && count < WAIVERS_MAX;) {
        size_t length = strcspn(line, "\n");
        struct gd_waiver_read read;
        if (length < 4096 && read_line(&read, bare_line(line, length, arena), arena)) {
            if (*out_waivers == NULL)
                *out_waivers = gd_arena_zalloc(arena, WAIVERS_MAX, sizeof read);
            (*out_waivers)[count++] = read;
        }
        line += length;
        if (*line == '\n')
            line++;
    }
    return count;
}
