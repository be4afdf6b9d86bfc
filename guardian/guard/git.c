/*
 * Git, the guidance: where the files belong, which commits brought them in, what hangs on those.
 *
 * What git cannot tell is no failure: it is said in why_not, and the rest stays empty.
 */
#include "guardian/guard/git.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "guardian/guard/git_run.h"
#include "guardian/io/digest.h"
#include "guardian/io/file.h"
#include "guardian/io/process.h"

static const uint32_t limit_ms_default = 10000;
static const size_t file_bytes_max = (size_t)1024 * 1024 * 1024;

/* --- places -------------------------------------------------------------------------------------
 */

static const char *folder_of(const char *path, struct gd_arena *arena)
{
    const char *slash = strrchr(path, '/');
    if (slash == NULL)
        return ".";
    return slash == path ? "/" : gd_arena_strndup(arena, path, (size_t)(slash - path));
}

static bool is_folder(const char *path)
{
    struct stat file;
    return stat(path, &file) == 0 && S_ISDIR(file.st_mode);
}

/* The nearest folder above that is still there. */
static const char *standing_folder(const char *path, struct gd_arena *arena)
{
    const char *folder = folder_of(path, arena);
    while (!is_folder(folder) && strcmp(folder, ".") != 0 && strcmp(folder, "/") != 0)
        folder = folder_of(folder, arena);
    return folder;
}

/* An absolute path without links, also of a file that is gone. */
static const char *real_path(const char *path, struct gd_arena *arena)
{
    char *real = realpath(path, NULL);
    if (real != NULL) {
        const char *kept = gd_arena_strdup(arena, real);
        free(real);
        return kept;
    }
    const char *folder = standing_folder(path, arena);
    real = realpath(folder, NULL);
    const char *rest = path + (strcmp(folder, ".") == 0 && path[0] != '.' ? 0 : strlen(folder));
    rest += strspn(rest, "/");
    const char *kept = gd_arena_printf(arena, "%s/%s", real == NULL ? folder : real, rest);
    free(real);
    return kept;
}

static const char *below_top(const char *path, const char *top)
{
    size_t size = strlen(top);
    if (strncmp(path, top, size) != 0)
        return NULL;
    return strcmp(top, "/") == 0 ? path + 1 : path[size] == '/' ? path + size + 1 : NULL;
}

/* The file was applied elsewhere (in a container, on another host): the longest end of its path
 * that the checked out commit holds. "": none */
static GD_MUST struct gd_status look_by_end(const struct gd_git *git, const char *path,
                                            const char **out_repo_path, struct gd_error *err)
{
    *out_repo_path = "";
    for (const char *end = path; end != NULL; end = strchr(end, '/')) {
        end += strspn(end, "/");
        struct gd_git_ran ran;
        GD_TRY(gd_git_run(
            git, GD_GIT("cat-file", "-e", gd_arena_printf(git->arena, "HEAD:%s", end)), &ran, err));
        if (ran.exit == 0 && *end != '\0') {
            *out_repo_path = end;
            return GD_DONE;
        }
    }
    return GD_DONE;
}

/* --- the repository -----------------------------------------------------------------------------
 */

static const char *why_no_repository(const struct gd_git *git, const char *said)
{
    if (strstr(said, "dubious ownership") != NULL)
        return gd_arena_printf(git->arena,
                               "git does not trust the repository at \"%s\", which belongs to "
                               "another user: git config --global --add safe.directory '%s'",
                               git->folder, git->folder);
    if (strstr(said, "not a git repository") != NULL)
        return gd_arena_printf(git->arena, "\"%s\" is in no git repository", git->folder);
    return gd_arena_printf(git->arena, "git cannot read the repository at \"%s\": %.*s",
                           git->folder, (int)strcspn(said, "\n"), said);
}

/* Sets why_not when there is nothing to work with. */
static GD_MUST struct gd_status open_repository(struct gd_git *git,
                                                struct gd_git_guidance *guidance,
                                                struct gd_error *err)
{
    struct gd_git_ran ran;
    const char *line = NULL;
    GD_TRY(gd_git_run(git, GD_GIT("rev-parse", "--is-shallow-repository", "--is-inside-work-tree"),
                      &ran, err));
    if (ran.exit != 0) {
        guidance->why_not = why_no_repository(git, ran.said);
        return GD_DONE;
    }
    guidance->shallow = strncmp(ran.text, "true", 4) == 0;
    if (strstr(ran.text, "\ntrue") == NULL) {
        guidance->why_not =
            gd_arena_printf(git->arena, "\"%s\" is in no work tree of git", git->folder);
        return GD_DONE;
    }
    GD_TRY(gd_git_line(git, GD_GIT("rev-parse", "--show-toplevel"), &line, err));
    guidance->top = line == NULL ? "" : line;
    git->folder = line == NULL ? git->folder : line;
    GD_TRY(gd_git_line(git, GD_GIT("rev-parse", "--verify", "--quiet", "HEAD"), &line, err));
    if (line == NULL)
        guidance->why_not = "the repository has no commit yet";
    GD_TRY(gd_git_line(git, GD_GIT("symbolic-ref", "--quiet", "--short", "HEAD"), &line, err));
    guidance->branch = line == NULL ? "" : line;
    return GD_DONE;
}

static GD_MUST struct gd_status look_at_work_tree(const struct gd_git *git,
                                                  struct gd_git_guidance *guidance,
                                                  struct gd_error *err)
{
    struct gd_git_ran ran;
    GD_TRY(gd_git_run(
        git,
        GD_GIT("status", "--porcelain=v1", "-z", "--untracked-files=no", "--ignore-submodules=all"),
        &ran, err));
    guidance->dirty = ran.size > 0;
    return GD_DONE;
}

/* --- files and commits --------------------------------------------------------------------------
 */

static bool is_now(const char *path, const char *sha256)
{
    gd_auto_source source = NULL;
    struct gd_error ignored = {0};
    char *text = NULL, hex[GD_DIGEST_HEX_SIZE] = "";
    size_t size = 0;
    struct stat file;
    if (stat(path, &file) != 0 || !S_ISREG(file.st_mode))
        return false;
    if (gd_file_source_new(path, 0, 0, &source, &ignored).code != GD_OK ||
        gd_source_all(source, file_bytes_max, &text, &size, &ignored).code != GD_OK)
        return false;
    gd_digest_of(text, size, hex);
    free(text);
    return strcmp(hex, sha256) == 0;
}

static void why_not(struct gd_git_guidance *guidance, const char *why, struct gd_arena *arena)
{
    if (why != NULL)
        guidance->why_not = guidance->why_not == NULL
                                ? why
                                : gd_arena_printf(arena, "%s; %s", guidance->why_not, why);
}

static GD_MUST struct gd_status look_at_file(const struct gd_git *git,
                                             const struct gd_git_options *options, size_t index,
                                             struct gd_git_guidance *guidance, struct gd_error *err)
{
    struct gd_git_file *file = &guidance->files[index];
    const char *why = NULL, *path = options->paths[index];
    const char *below = below_top(real_path(path, git->arena), guidance->top);
    file->repo_path = below == NULL ? "" : below;
    if (below == NULL)
        GD_TRY(look_by_end(git, path, &file->repo_path, err));
    if (file->repo_path[0] == '\0')
        why = gd_arena_printf(git->arena, "%s is not in the repository at %s", path, guidance->top);
    else
        GD_TRY(gd_git_find(git, guidance->shallow, options->sha256[index], file, &why, err));
    why_not(guidance, why, git->arena);
    if (below == NULL && file->repo_path[0] != '\0')
        path = gd_arena_printf(git->arena, "%s/%s", guidance->top, file->repo_path);
    file->differs_now = !is_now(path, options->sha256[index]);
    return GD_DONE;
}

static bool is_listed(const struct gd_git_commit *commits, size_t count, const char *hash)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(commits[i].hash, hash) == 0)
            return true;
    return false;
}

/* How many commits stand between it and HEAD: the newest has the fewest. */
static GD_MUST struct gd_status distance(const struct gd_git *git, const char *hash, long *out_far,
                                         struct gd_error *err)
{
    const char *count = NULL;
    GD_TRY(gd_git_line(git,
                       GD_GIT("rev-list", "--count", gd_arena_printf(git->arena, "%s..HEAD", hash)),
                       &count, err));
    *out_far = count == NULL ? LONG_MAX : strtol(count, NULL, 10);
    return GD_DONE;
}

/* Newest first, each once: an ancestor has more commits between it and HEAD than what came after
 * it.
 */
static GD_MUST struct gd_status collect_commits(const struct gd_git *git,
                                                struct gd_git_guidance *guidance,
                                                struct gd_error *err)
{
    struct gd_git_commit *commits =
        gd_arena_zalloc(git->arena, guidance->file_count + 1, sizeof *commits);
    long *far = gd_arena_zalloc(git->arena, guidance->file_count + 1, sizeof *far);
    size_t count = 0;
    for (size_t i = 0; i < guidance->file_count; i++) {
        const struct gd_git_commit *commit = &guidance->files[i].brought_in;
        if (*commit->hash == '\0' || is_listed(commits, count, commit->hash))
            continue;
        long own = 0;
        GD_TRY(distance(git, commit->hash, &own, err));
        size_t at = count++;
        for (; at > 0 && far[at - 1] > own; at--) {
            commits[at] = commits[at - 1];
            far[at] = far[at - 1];
        }
        commits[at] = *commit;
        far[at] = own;
    }
    guidance->commits = commits;
    guidance->commit_count = count;
    return GD_DONE;
}

static GD_MUST struct gd_status collect_others(const struct gd_git *git,
                                               struct gd_git_guidance *guidance,
                                               struct gd_texts *changed, struct gd_error *err)
{
    struct gd_texts own = {0};
    for (size_t i = 0; i < guidance->file_count; i++)
        (void)gd_texts_add(&own, guidance->files[i].repo_path, git->arena);
    for (size_t i = 0; i < guidance->commit_count; i++)
        GD_TRY(gd_git_changed(git, guidance->commits[i].hash, changed, err));
    for (size_t i = 0; i < changed->count; i++)
        if (!gd_texts_has(&own, changed->items[i]))
            (void)gd_texts_add(&guidance->others, changed->items[i], git->arena);
    return GD_DONE;
}

/* Commits since the oldest of ours that touch what ours touched. */
static GD_MUST struct gd_status collect_dependents(const struct gd_git *git,
                                                   struct gd_git_guidance *guidance,
                                                   const struct gd_texts *changed,
                                                   struct gd_error *err)
{
    enum { PATHS_MAX = 200 };
    const char *words[PATHS_MAX + 8] = {"log", "-z", "--no-merges", GD_GIT_COMMIT_FORMAT};
    size_t count = 4;
    words[count++] =
        gd_arena_printf(git->arena, "%s..HEAD", guidance->commits[guidance->commit_count - 1].hash);
    words[count++] = "--";
    for (size_t i = 0; i < changed->count && i < PATHS_MAX; i++)
        words[count++] = changed->items[i];
    struct gd_git_ran ran;
    GD_TRY(gd_git_run(git, words, &ran, err));
    size_t capacity = 0;
    for (const char *at = gd_git_next(&ran, NULL); at != NULL; at = gd_git_next(&ran, at))
        capacity++;
    struct gd_git_commit *dependents =
        gd_arena_zalloc(git->arena, capacity + 1, sizeof *dependents);
    for (const char *at = gd_git_next(&ran, NULL); at != NULL; at = gd_git_next(&ran, at)) {
        struct gd_git_commit commit = gd_git_read_commit(at, git->arena);
        if (!is_listed(guidance->commits, guidance->commit_count, commit.hash))
            dependents[guidance->dependent_count++] = commit;
    }
    guidance->dependents = dependents;
    return GD_DONE;
}

/* --- all of it ----------------------------------------------------------------------------------
 */

static GD_MUST struct gd_status guide(struct gd_git *git, const struct gd_git_options *options,
                                      struct gd_git_guidance *guidance, struct gd_error *err)
{
    GD_TRY(open_repository(git, guidance, err));
    if (guidance->why_not != NULL)
        return GD_DONE;
    GD_TRY(look_at_work_tree(git, guidance, err));
    for (size_t i = 0; i < options->count; i++)
        GD_TRY(look_at_file(git, options, i, guidance, err));
    GD_TRY(collect_commits(git, guidance, err));
    if (guidance->commit_count == 0)
        return GD_DONE;
    struct gd_texts changed = {0};
    GD_TRY(collect_others(git, guidance, &changed, err));
    GD_TRY(collect_dependents(git, guidance, &changed, err));
    return gd_git_try(git, guidance, err);
}

static const struct gd_git_commit no_commit = {
    .hash = "", .short_hash = "", .subject = "", .author = "", .date = ""};

static struct gd_git_guidance *empty(const struct gd_git_options *options, struct gd_arena *arena)
{
    struct gd_git_guidance *guidance = gd_arena_zalloc(arena, 1, sizeof *guidance);
    guidance->top = guidance->branch = guidance->command = guidance->deploys = "";
    guidance->files = gd_arena_zalloc(arena, options->count + 1, sizeof *guidance->files);
    guidance->file_count = options->count;
    for (size_t i = 0; i < options->count; i++)
        guidance->files[i] = (struct gd_git_file){.path = gd_arena_strdup(arena, options->paths[i]),
                                                  .repo_path = "",
                                                  .brought_in = no_commit};
    return guidance;
}

/* A folder that is there, else the nearest one above. */
static const char *start_folder(const struct gd_git_options *options, struct gd_arena *arena)
{
    const char *wanted = options->repository;
    if (wanted != NULL && *wanted != '\0')
        return is_folder(wanted) ? wanted : standing_folder(wanted, arena);
    return options->count == 0 ? "." : standing_folder(options->paths[0], arena);
}

struct gd_status gd_git_guide(const struct gd_git_options *options, struct gd_arena *arena,
                              struct gd_git_guidance **out_guidance, struct gd_error *err)
{
    (void)err;
    struct gd_git_guidance *guidance = empty(options, arena);
    struct gd_git git = {.folder = start_folder(options, arena),
                         .limit_ms = options->limit_ms == 0 ? limit_ms_default : options->limit_ms,
                         .arena = arena};
    *out_guidance = guidance;
    if (gd_process_find("git", arena) == NULL) {
        guidance->why_not = "git is not installed here";
        return GD_DONE;
    }
    struct gd_error why = {0};
    if (guide(&git, options, guidance, &why).code != GD_OK)
        why_not(guidance, gd_arena_strdup(arena, why.text), arena);
    guidance->command = gd_git_command(guidance, arena);
    guidance->deploys = gd_git_deploys(guidance, arena);
    return GD_DONE;
}
