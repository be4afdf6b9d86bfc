/* Git, how it is run; see git_run.h. */
#include "guardian/guard/git_run.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "guardian/io/process.h"

enum { WORDS_MAX = 256, EXIT_SIGNALLED = 130 };
static const size_t output_max = (size_t)64 * 1024 * 1024;

/* In front of every command: what a repository's or a user's configuration may not do here. */
/* clang-format off */
static const char *const always[] = {
    "--no-pager",
    "-c", "core.hooksPath=/dev/null",
    "-c", "core.fsmonitor=false",
    "-c", "core.quotePath=false",
    "-c", "log.showSignature=false",
    "-c", "log.follow=false",
    "-c", "diff.renames=true",
    "-c", "diff.noprefix=false",
    "-c", "gc.auto=0",
    "-c", "maintenance.auto=false",
};
/* clang-format on */

/* A name alone is taken away: we may run inside a hook, whose repository is not the one we mean. */
static const char *const environment[] = {
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_COMMON_DIR",
    "GIT_NAMESPACE",
    "GIT_PREFIX",
    "GIT_QUARANTINE_PATH",
    "GIT_EXTERNAL_DIFF",
    "GIT_TRACE",
    "GIT_TRACE2",
    "GIT_TRACE2_EVENT",
    "GIT_GLOB_PATHSPECS",
    "GIT_NOGLOB_PATHSPECS",
    "GIT_ICASE_PATHSPECS",
    "GIT_REDIRECT_STDERR",
    "GIT_TERMINAL_PROMPT=0",
    "GIT_OPTIONAL_LOCKS=0",
    "GIT_LITERAL_PATHSPECS=1",
    "GIT_ALLOW_PROTOCOL=",
    "GIT_NO_LAZY_FETCH=1",
    "GIT_NO_REPLACE_OBJECTS=1",
    "LC_ALL=C",
    "LANGUAGE",
    "TZ=UTC",
};

enum {
    ALWAYS = sizeof always / sizeof *always,
    ENVIRONMENT = sizeof environment / sizeof *environment
};

static void fill_words(const struct gd_git *git, const char *const *words,
                       const char *argv[WORDS_MAX])
{
    size_t count = 0;
    argv[count++] = "git";
    argv[count++] = "-C";
    argv[count++] = git->folder;
    for (size_t i = 0; i < ALWAYS; i++)
        argv[count++] = always[i];
    for (size_t i = 0; words[i] != NULL; i++) {
        assert(count < WORDS_MAX - 1);
        argv[count++] = words[i];
    }
    argv[count] = NULL;
}

/* A list of paths is separated by colons; what holds one is quoted as in C. */
static const char *as_path_list(const char *path, struct gd_arena *arena)
{
    if (strpbrk(path, ":\"\n") == NULL)
        return path;
    char *quoted = gd_arena_alloc(arena, 2 * strlen(path) + 3), *into = quoted;
    *into++ = '"';
    for (const char *at = path; *at != '\0'; at++) {
        if (*at == '"' || *at == '\\' || *at == '\n')
            *into++ = '\\';
        *into++ = *at == '\n' ? 'n' : *at;
    }
    *into++ = '"';
    *into = '\0';
    return quoted;
}

static void fill_environment(const struct gd_git *git, const char *filled[ENVIRONMENT + 3])
{
    for (size_t i = 0; i < ENVIRONMENT; i++)
        filled[i] = environment[i];
    filled[ENVIRONMENT] =
        git->objects == NULL ? "GIT_OBJECT_DIRECTORY"
                             : gd_arena_printf(git->arena, "GIT_OBJECT_DIRECTORY=%s", git->objects);
    filled[ENVIRONMENT + 1] =
        git->objects == NULL ? "GIT_ALTERNATE_OBJECT_DIRECTORIES"
                             : gd_arena_printf(git->arena, "GIT_ALTERNATE_OBJECT_DIRECTORIES=%s",
                                               as_path_list(git->alternate, git->arena));
    filled[ENVIRONMENT + 2] = NULL;
}

static GD_MUST struct gd_status read_output(struct gd_process *process, struct gd_arena *arena,
                                            struct gd_git_ran *ran, struct gd_error *err)
{
    char *text = NULL;
    GD_TRY(gd_source_all(gd_process_output(process), output_max, &text, &ran->size, err));
    char *kept = gd_arena_alloc(arena, ran->size + 1);
    memcpy(kept, text, ran->size + 1);
    free(text);
    ran->text = kept;
    return GD_DONE;
}

struct gd_status gd_git_run(const struct gd_git *git, const char *const *words,
                            struct gd_git_ran *out_ran, struct gd_error *err)
{
    const char *argv[WORDS_MAX], *filled[ENVIRONMENT + 3];
    fill_words(git, words, argv);
    fill_environment(git, filled);
    struct gd_process_options options = {
        .argv = argv, .environment = filled, .read_output = true, .limit_ms = git->limit_ms};
    gd_auto_process process = NULL;
    struct gd_git_ran ran = {.text = "", .said = ""};
    GD_TRY(gd_process_start(&options, &process, err));
    struct gd_error why = {0};
    struct gd_status status = read_output(process, git->arena, &ran, &why);
    if (status.code == GD_OK)
        status = gd_process_finish(process, &ran.exit, &why);
    if (status.code != GD_OK && (ran.exit == 0 || ran.exit >= EXIT_SIGNALLED))
        return gd_fail(err, GD_SYSTEM, "could not ask git (%s): %s", words[0], why.text);
    ran.said = gd_arena_strdup(git->arena, gd_process_said(process));
    *out_ran = ran;
    return GD_DONE;
}

struct gd_status gd_git_line(const struct gd_git *git, const char *const *words,
                             const char **out_line, struct gd_error *err)
{
    struct gd_git_ran ran;
    GD_TRY(gd_git_run(git, words, &ran, err));
    size_t size = ran.size;
    if (size > 0 && ran.text[size - 1] == '\n')
        size--;
    *out_line = ran.exit == 0 ? gd_arena_strndup(git->arena, ran.text, size) : NULL;
    return GD_DONE;
}

const char *gd_git_next(const struct gd_git_ran *ran, const char *at)
{
    const char *next = at == NULL ? ran->text : at + strlen(at) + 1;
    return next < ran->text + ran->size ? next : NULL;
}
