/*
 * credential_process: a program that prints credentials.
 *
 * Invariant 1  No shell. The line is split at blanks, with quotes and backslashes as a shell has
 *              them; "$HOME" and "*" are just letters.
 * Invariant 2  What it prints is wiped, and what it complains of is not shown: it may be anything.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "guardian/base/clock.h"
#include "guardian/base/texts.h"
#include "guardian/io/process.h"
#include "guardian/store/credentials_places.h"
#include "guardian/store/secret_file.h"

enum { LIMIT_MS = 60000, ANSWER_MAX = 65536, WORDS_MAX = 256 };

/* Takes one word off `*line` into `word`, which has room for all of it. @return false: a quote does
 * not end */
static bool take_word(const char **line, char *word)
{
    char quote = '\0';
    const char *at = *line;
    for (; *at != '\0' && (quote != '\0' || !isspace((unsigned char)*at)); at++) {
        if (quote == '\0' && (*at == '"' || *at == '\''))
            quote = *at;
        else if (*at == quote)
            quote = '\0';
        else if (*at == '\\' && quote != '\'' && at[1] != '\0' &&
                 (quote == '\0' || at[1] == '"' || at[1] == '\\'))
            *word++ = *++at;
        else
            *word++ = *at;
    }
    *word = '\0';
    *line = at;
    return quote == '\0';
}

GD_MUST static struct gd_status split(const char *line, const char *called, struct gd_arena *arena,
                                      const char **words, struct gd_error *err)
{
    size_t count = 0;
    for (;;) {
        while (isspace((unsigned char)*line))
            line++;
        if (*line == '\0')
            break;
        if (count == WORDS_MAX)
            return gd_fail(err, GD_USAGE, "%s has more than %d words", called, WORDS_MAX);
        char *word = gd_arena_alloc(arena, strlen(line) + 1);
        if (!take_word(&line, word))
            return gd_fail(err, GD_USAGE, "%s holds a quote that does not end", called);
        words[count++] = word;
    }
    words[count] = NULL;
    if (count == 0)
        return gd_fail(err, GD_USAGE, "%s is empty", called);
    return GD_DONE;
}

/* Its own explanation stays with it. */
GD_MUST static struct gd_status did_not_work(const char *called, const char *program,
                                             int exit_status, struct gd_error *err)
{
    return gd_hint(err,
                   gd_fail(err, GD_SYSTEM, "%s failed with exit status %d", called, exit_status),
                   "Run \"%.200s\" by hand, as this user, to see what it says.", program);
}

GD_MUST static struct gd_status run(const char *const *words, const char *called, char **out_text,
                                    size_t *out_size, struct gd_error *err)
{
    gd_auto_process process = NULL;
    struct gd_process_options options = {.argv = words, .read_output = true, .limit_ms = LIMIT_MS};
    struct gd_status status = gd_process_start(&options, &process, err);
    if (status.code != GD_OK)
        return gd_wrap(err, status, "could not run %s: ", called);
    struct gd_error why = {0};
    int exit_status = 0;
    struct gd_status read =
        gd_source_all(gd_process_output(process), ANSWER_MAX, out_text, out_size, &why);
    status = gd_process_finish(process, &exit_status, &why);
    if (read.code == GD_OK && status.code == GD_OK)
        return GD_DONE;
    if (read.code == GD_OK)
        gd_secret_file_wipe(*out_text, *out_size);
    if (read.code == GD_CORRUPT)
        return gd_fail(err, GD_SYSTEM, "%s prints more than %d bytes", called, ANSWER_MAX);
    return did_not_work(called, words[0], exit_status, err);
}

struct gd_status gd_credential_process(const struct gd_search *search, const char *command,
                                       const char *profile, struct gd_credential *out_credential,
                                       struct gd_error *err)
{
    const char *called =
        gd_arena_printf(search->arena, "credential_process of profile \"%s\"", profile);
    const char **words = gd_arena_zalloc(search->arena, WORDS_MAX + 1, sizeof *words);
    char *text = NULL;
    size_t size = 0;
    GD_TRY(split(command, called, search->arena, words, err));
    GD_TRY(run(words, called, &text, &size, err));
    struct gd_status status =
        gd_credential_from_json(text, size, "SessionToken", called, out_credential, err);
    gd_secret_file_wipe(text, size);
    return status;
}
