/*
 * Git, history: which commit made a file what was applied.
 *
 * The versions of the file are walked from the newest on, renames followed. A version counts by its
 * content: what git keeps and what was applied may differ in line ends (autocrlf, eol=crlf), in
 * nothing else.
 */
#include <stdlib.h>
#include <string.h>

#include "guardian/guard/git_run.h"
#include "guardian/io/digest.h"

/* --- reading ------------------------------------------------------------------------------------
 */

/* Cut the next line off. */
static const char *take_line(const char **rest, struct gd_arena *arena)
{
    size_t size = strcspn(*rest, "\n");
    const char *line = gd_arena_strndup(arena, *rest, size);
    *rest += size + ((*rest)[size] == '\n');
    return line;
}

struct gd_git_commit gd_git_read_commit(const char *text, struct gd_arena *arena)
{
    struct gd_git_commit commit = {0};
    commit.hash = take_line(&text, arena);
    commit.short_hash = take_line(&text, arena);
    commit.author = take_line(&text, arena);
    commit.date = take_line(&text, arena);
    commit.merge = strchr(take_line(&text, arena), ' ') != NULL;
    commit.subject = take_line(&text, arena);
    return commit;
}

/* One version of a file: ":100644 100644 OLD NEW M", a line end before it, then its path, before it
 * the old path of a rename or a copy. */
struct version {
    const char *commit; /* text for gd_git_read_commit() */
    const char *path;
    char before[80], after[80]; /* blobs */
    char how;                   /* 'A' added, 'M' changed, 'R' renamed, 'C' copied */
};

static bool take_field(const char **at, char *into, size_t size)
{
    size_t length = strcspn(*at, " ");
    if (length == 0 || length >= size || (*at)[length] != ' ')
        return false;
    memcpy(into, *at, length);
    into[length] = '\0';
    *at += length + 1;
    return true;
}

/* @return the text behind it; NULL at the end, or where git wrote something else */
static const char *next_version(const struct gd_git_ran *log, const char *at, const char **commit,
                                struct version *out_version)
{
    for (at = gd_git_next(log, at); at != NULL && at[strspn(at, "\n")] != ':';
         at = gd_git_next(log, at))
        *commit = at;
    if (at == NULL || *commit == NULL)
        return NULL;
    char mode[16];
    const char *fields = at + strspn(at, "\n") + 1;
    struct version version = {.commit = *commit};
    bool good = take_field(&fields, mode, sizeof mode);      /* before */
    good = good && take_field(&fields, mode, sizeof mode) && /* and after */
           take_field(&fields, version.before, sizeof version.before) &&
           take_field(&fields, version.after, sizeof version.after);
    version.how = *fields;
    if (good && (*fields == 'R' || *fields == 'C'))
        at = gd_git_next(log, at);
    version.path = !good || at == NULL ? NULL : gd_git_next(log, at);
    *out_version = version;
    return version.path;
}

/* --- content ------------------------------------------------------------------------------------
 */

static bool is_absent(const char *blob)
{
    return strspn(blob, "0") == strlen(blob);
}

/* Once for each blob: a file that went back and forth is not read again. */
static GD_MUST struct gd_status holds(const struct gd_git *git, const char *blob,
                                      const char *sha256, struct gd_texts *others, bool *out_holds,
                                      struct gd_error *err)
{
    *out_holds = false;
    if (is_absent(blob) || gd_texts_has(others, blob))
        return GD_DONE;
    struct gd_arena_mark mark = gd_arena_mark(git->arena);
    struct gd_git_ran ran;
    GD_TRY(gd_git_run(git, GD_GIT("cat-file", "blob", blob), &ran, err));
    *out_holds = ran.exit == 0 && gd_digest_is_of_text(ran.text, ran.size, sha256);
    gd_arena_rewind(git->arena, mark);
    if (!*out_holds)
        (void)gd_texts_add(others, gd_arena_strdup(git->arena, blob), git->arena);
    return GD_DONE;
}

/* --- the commit ---------------------------------------------------------------------------------
 */

/* Git takes a new file for a copy when another one has its text: it was made there all the same. */
static bool made_nothing(const struct version *version)
{
    return version->how != 'C' && strcmp(version->before, version->after) == 0;
}

/* A merge that took the file from one of its parents made nothing: the commit is further back. */
static GD_MUST struct gd_status is_taken(const struct gd_git *git, const struct version *version,
                                         bool *out_taken, struct gd_error *err)
{
    const char *hash =
        gd_arena_strndup(git->arena, version->commit, strcspn(version->commit, "\n"));
    const char *parents = NULL;
    *out_taken = false;
    GD_TRY(gd_git_line(git, GD_GIT("log", "-1", "--format=tformat:%P", hash), &parents, err));
    if (parents == NULL || strchr(parents, ' ') == NULL)
        return GD_DONE;
    while (*parents != '\0' && !*out_taken) {
        size_t size = strcspn(parents, " ");
        const char *blob = NULL;
        GD_TRY(gd_git_line(
            git,
            GD_GIT("rev-parse", "--verify", "--quiet",
                   gd_arena_printf(git->arena, "%.*s:%s", (int)size, parents, version->path)),
            &blob, err));
        *out_taken = blob != NULL && strcmp(blob, version->after) == 0;
        parents += size + strspn(parents + size, " ");
    }
    return GD_DONE;
}

/* The newest version that became the text. `from`: "HEAD", or "--all" (no renames then). */
static GD_MUST struct gd_status walk(const struct gd_git *git, const char *from, const char *path,
                                     const char *sha256, struct version *out_version,
                                     bool *out_found, struct gd_error *err)
{
    struct gd_git_ran log;
    GD_TRY(gd_git_run(git,
                      GD_GIT("log", "-z", "--raw", "--no-abbrev", "-M", "--no-ext-diff",
                             "--no-textconv", "--diff-merges=first-parent", GD_GIT_COMMIT_FORMAT,
                             strcmp(from, "HEAD") == 0 ? "--follow" : "--no-renames", from, "--",
                             path),
                      &log, err));
    struct gd_texts others = {0};
    const char *commit = NULL, *at = NULL;
    struct version version;
    *out_found = false;
    while (!*out_found && (at = next_version(&log, at, &commit, &version)) != NULL) {
        if (made_nothing(&version))
            continue; /* renamed, or another mode: the text was there before */
        bool taken = false;
        GD_TRY(holds(git, version.after, sha256, &others, out_found, err));
        if (*out_found)
            GD_TRY(is_taken(git, &version, &taken, err));
        *out_found = *out_found && !taken;
        *out_version = version;
    }
    return GD_DONE;
}

/* A shallow clone ends with commits whose parents were not fetched: what they seem to add may be
 * much older. */
static GD_MUST struct gd_status is_cut(const struct gd_git *git, const char *hash, bool *out_cut,
                                       struct gd_error *err)
{
    struct gd_git_ran seen, kept;
    GD_TRY(gd_git_run(git, GD_GIT("log", "-1", "--format=tformat:%P", hash), &seen, err));
    GD_TRY(gd_git_run(git, GD_GIT("cat-file", "commit", hash), &kept, err));
    *out_cut = seen.size <= 1 && strstr(kept.text, "\nparent ") != NULL;
    return GD_DONE;
}

/* All about it: in a listing with full blob ids its short name is not short. */
static GD_MUST struct gd_status read_commit(const struct gd_git *git, const struct version *version,
                                            struct gd_git_commit *out_commit, struct gd_error *err)
{
    const char *hash =
        gd_arena_strndup(git->arena, version->commit, strcspn(version->commit, "\n"));
    struct gd_git_ran ran;
    GD_TRY(gd_git_run(git, GD_GIT("log", "-1", GD_GIT_COMMIT_FORMAT, hash), &ran, err));
    *out_commit = gd_git_read_commit(ran.text, git->arena);
    return GD_DONE;
}

static GD_MUST struct gd_status elsewhere(const struct gd_git *git, const char *sha256,
                                          struct gd_git_file *file, const char **out_why,
                                          struct gd_error *err)
{
    struct version version;
    bool found = false;
    GD_TRY(walk(git, "--all", file->repo_path, sha256, &version, &found, err));
    if (!found) {
        file->uncommitted = true;
        *out_why = gd_arena_printf(git->arena, "the text of %s that was applied is in no commit",
                                   file->repo_path);
        return GD_DONE;
    }
    struct gd_git_commit commit;
    const char *branch = NULL;
    GD_TRY(read_commit(git, &version, &commit, err));
    GD_TRY(gd_git_line(
        git,
        GD_GIT("for-each-ref", "--count=1", "--format=%(refname:short)", "--contains", commit.hash),
        &branch, err));
    *out_why = gd_arena_printf(git->arena,
                               "%s came in with commit %s, which is not in what is checked out, "
                               "but in %s",
                               file->repo_path, commit.short_hash,
                               branch == NULL || *branch == '\0' ? "no branch" : branch);
    return GD_DONE;
}

struct gd_status gd_git_find(const struct gd_git *git, bool shallow, const char *sha256,
                             struct gd_git_file *file, const char **out_why, struct gd_error *err)
{
    struct version version;
    bool found = false, cut = false;
    *out_why = NULL;
    GD_TRY(walk(git, "HEAD", file->repo_path, sha256, &version, &found, err));
    if (!found && !shallow)
        return elsewhere(git, sha256, file, out_why, err);
    struct gd_git_commit commit = {0};
    if (found) {
        GD_TRY(read_commit(git, &version, &commit, err));
        if (shallow)
            GD_TRY(is_cut(git, commit.hash, &cut, err));
    }
    if (found && !cut)
        file->brought_in = commit;
    else
        *out_why = gd_arena_printf(git->arena,
                                   "this clone is shallow and ends before the commit that brought "
                                   "in %s: git fetch --unshallow",
                                   file->repo_path);
    return GD_DONE;
}

struct gd_status gd_git_changed(const struct gd_git *git, const char *hash,
                                struct gd_texts *out_paths, struct gd_error *err)
{
    struct gd_git_ran ran;
    GD_TRY(gd_git_run(git,
                      GD_GIT("show", "-z", "--format=", "--name-only", "--no-renames",
                             "--no-ext-diff", "--no-textconv", "--diff-merges=first-parent", hash),
                      &ran, err));
    for (const char *path = gd_git_next(&ran, NULL); path != NULL; path = gd_git_next(&ran, path))
        (void)gd_texts_add(out_paths, path, git->arena);
    return GD_DONE;
}
