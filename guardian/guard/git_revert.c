/*
 * Git, reverting: as a merge of trees, without a work tree.
 *
 * To revert C on H is to merge H with the parent of C, with C as the common base. git merge-tree
 * takes the base from history, so three commits without any other history stand for the three
 * trees: B (of C), and upon it O (of H) and T (of C's parent). It is the merge that git revert
 * would do, renames included.
 *
 * While it is only tried, all that git writes goes into a temporary folder.
 */
#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "guardian/guard/git_run.h"

enum { TOO_OLD = 129, OPEN_MAX_FOLDERS = 16, CALL_MS = 30000 };

/* --- a merge of trees ---------------------------------------------------------------------------
 */

/* Runs git, which must say yes and print one line. */
static GD_MUST struct gd_status must(const struct gd_git *git, const char *const *words,
                                     const char **out_line, struct gd_error *err)
{
    struct gd_git_ran ran;
    GD_TRY(gd_git_run(git, words, &ran, err));
    if (ran.exit != 0)
        return gd_fail(err, GD_SYSTEM, "could not ask git (%s): %.*s", words[0],
                       (int)strcspn(ran.said, "\n"), ran.said);
    *out_line = gd_arena_strndup(git->arena, ran.text, strcspn(ran.text, "\n"));
    return GD_DONE;
}

static GD_MUST struct gd_status tree_of(const struct gd_git *git, const char *commit,
                                        const char **out_tree, struct gd_error *err)
{
    return must(git,
                GD_GIT("rev-parse", "--verify", gd_arena_printf(git->arena, "%s^{tree}", commit)),
                out_tree, err);
}

/* Of the first parent; the empty tree when there is none. */
static GD_MUST struct gd_status parents_tree(const struct gd_git *git, const char *commit,
                                             const char **out_tree, struct gd_error *err)
{
    const char *parent = NULL;
    GD_TRY(gd_git_line(
        git,
        GD_GIT("rev-parse", "--verify", "--quiet", gd_arena_printf(git->arena, "%s^1", commit)),
        &parent, err));
    if (parent != NULL)
        return tree_of(git, parent, out_tree, err);
    return must(git, GD_GIT("hash-object", "-t", "tree", "/dev/null"), out_tree, err);
}

/* A commit that only carries a tree: nobody's. */
static GD_MUST struct gd_status carry(const struct gd_git *git, const char *tree,
                                      const char *parent, const char **out_commit,
                                      struct gd_error *err)
{
#define NOBODY "-c", "user.name=guardian", "-c", "user.email=guardian@localhost"
    if (parent == NULL)
        return must(git, GD_GIT(NOBODY, "commit-tree", tree, "-m", "tree"), out_commit, err);
    return must(git, GD_GIT(NOBODY, "commit-tree", tree, "-p", parent, "-m", "tree"), out_commit,
                err);
#undef NOBODY
}

struct merged {
    const char *tree; /* NULL: conflicts, or git is too old */
    bool too_old;
    struct gd_texts conflicts;
};

static GD_MUST struct gd_status merge(const struct gd_git *git, const char *ours,
                                      const char *theirs, struct merged *out_merged,
                                      struct gd_error *err)
{
    struct gd_git_ran ran;
    *out_merged = (struct merged){0};
    GD_TRY(gd_git_run(
        git,
        GD_GIT("merge-tree", "--write-tree", "-z", "--name-only", "--no-messages", ours, theirs),
        &ran, err));
    out_merged->too_old = ran.exit == TOO_OLD;
    if (out_merged->too_old)
        return GD_DONE;
    if (ran.exit > 1)
        return gd_fail(err, GD_SYSTEM, "could not ask git (merge-tree): %.*s",
                       (int)strcspn(ran.said, "\n"), ran.said);
    if (ran.exit == 0)
        out_merged->tree = gd_arena_strndup(git->arena, ran.text, strcspn(ran.text, "\n"));
    else
        for (const char *path = gd_git_next(&ran, ran.text); path != NULL && *path != '\0';
             path = gd_git_next(&ran, path))
            (void)gd_texts_add(&out_merged->conflicts, path, git->arena);
    return GD_DONE;
}

static GD_MUST struct gd_status revert_one(const struct gd_git *git, const char *commit,
                                           const char *onto_tree, struct merged *out_merged,
                                           struct gd_error *err)
{
    const char *tree = NULL, *parent_tree = NULL;
    const char *base = NULL, *ours = NULL, *theirs = NULL;
    GD_TRY(tree_of(git, commit, &tree, err));
    GD_TRY(parents_tree(git, commit, &parent_tree, err));
    GD_TRY(carry(git, tree, NULL, &base, err));
    GD_TRY(carry(git, onto_tree, base, &ours, err));
    GD_TRY(carry(git, parent_tree, base, &theirs, err));
    return merge(git, ours, theirs, out_merged, err);
}

/* --- trying -------------------------------------------------------------------------------------
 */

static int remove_one(const char *path, const struct stat *file, int kind, struct FTW *walk)
{
    (void)file;
    (void)kind;
    (void)walk;
    return remove(path);
}

static GD_MUST struct gd_status try_all(const struct gd_git *git, struct gd_git_guidance *guidance,
                                        struct gd_error *err)
{
    const char *head = NULL, *tree = NULL;
    GD_TRY(tree_of(git, "HEAD", &head, err));
    tree = head;
    for (size_t i = 0; i < guidance->commit_count; i++) {
        struct merged merged;
        GD_TRY(revert_one(git, guidance->commits[i].hash, tree, &merged, err));
        if (merged.too_old)
            return GD_DONE;
        guidance->tried = true;
        guidance->conflicts = merged.conflicts;
        if (merged.tree == NULL)
            return GD_DONE;
        tree = merged.tree;
    }
    guidance->reverted = strcmp(tree, head) == 0;
    guidance->applies = !guidance->reverted;
    return GD_DONE;
}

struct gd_status gd_git_try(const struct gd_git *git, struct gd_git_guidance *guidance,
                            struct gd_error *err)
{
    const char *temporary = getenv("TMPDIR"), *objects = NULL;
    char *folder = gd_arena_printf(git->arena, "%s/guardian-git-XXXXXX",
                                   temporary == NULL || temporary[0] != '/' ? "/tmp" : temporary);
    GD_TRY(must(git, GD_GIT("rev-parse", "--path-format=absolute", "--git-path", "objects"),
                &objects, err));
    if (mkdtemp(folder) == NULL)
        return gd_fail(err, GD_SYSTEM, "could not make folder \"%s\": %s", folder, strerror(errno));
    struct gd_git apart = *git;
    apart.objects = folder;
    apart.alternate = objects;
    struct gd_status status = try_all(&apart, guidance, err);
    (void)nftw(folder, remove_one, OPEN_MAX_FOLDERS, FTW_DEPTH | FTW_PHYS);
    return status;
}

/* --- doing --------------------------------------------------------------------------------------
 */

static GD_MUST struct gd_status refuse_dirty(const struct gd_git *git,
                                             const struct gd_git_guidance *guidance,
                                             struct gd_error *err)
{
    struct gd_texts paths = {0};
    for (size_t i = 0; i < guidance->commit_count; i++)
        GD_TRY(gd_git_changed(git, guidance->commits[i].hash, &paths, err));
    struct gd_git_ran ran;
    GD_TRY(gd_git_run(git, GD_GIT("status", "--porcelain=v1", "-z", "--no-renames"), &ran, err));
    for (const char *line = gd_git_next(&ran, NULL); line != NULL; line = gd_git_next(&ran, line))
        if (strlen(line) > 3 && gd_texts_has(&paths, line + 3))
            return gd_hint(err,
                           gd_fail(err, GD_REFUSED,
                                   "could not make a revert: \"%s\" holds changes that are in no "
                                   "commit",
                                   line + 3),
                           "Commit or stash them first.");
    return GD_DONE;
}

static GD_MUST struct gd_status refuse_branch(const struct gd_git *git, const char *branch,
                                              struct gd_error *err)
{
    struct gd_git_ran ran;
    GD_TRY(gd_git_run(git, GD_GIT("check-ref-format", "--branch", branch), &ran, err));
    if (ran.exit != 0)
        return gd_fail(err, GD_REFUSED, "could not make a branch \"%s\": git takes no such name",
                       branch);
    GD_TRY(gd_git_run(git,
                      GD_GIT("rev-parse", "--verify", "--quiet",
                             gd_arena_printf(git->arena, "refs/heads/%s", branch)),
                      &ran, err));
    if (ran.exit == 0)
        return gd_hint(
            err, gd_fail(err, GD_REFUSED, "could not make a branch \"%s\": it is there", branch),
            "Name another one, or remove it: git branch -d %s", branch);
    GD_TRY(gd_git_run(git, GD_GIT("var", "GIT_COMMITTER_IDENT"), &ran, err));
    if (ran.exit != 0)
        return gd_hint(
            err, gd_fail(err, GD_REFUSED, "could not make a revert: git does not know who commits"),
            "Tell it: git config user.name NAME, and user.email ADDRESS.");
    return GD_DONE;
}

static GD_MUST struct gd_status refuse_conflict(const struct gd_git_commit *commit,
                                                const struct merged *merged, struct gd_error *err)
{
    if (merged->too_old)
        return gd_hint(
            err, gd_fail(err, GD_REFUSED, "could not make a revert: it needs git 2.38 or newer"),
            "Make it yourself: git revert %s", commit->short_hash);
    return gd_hint(err,
                   gd_fail(err, GD_REFUSED, "could not revert %s: \"%s\" conflicts",
                           commit->short_hash,
                           merged->conflicts.count == 0 ? "?" : merged->conflicts.items[0]),
                   "Make it yourself, and settle the conflict: git revert %s", commit->short_hash);
}

/* The message that git revert would write. */
static GD_MUST struct gd_status message_of(const struct gd_git *git,
                                           const struct gd_git_commit *commit,
                                           const char **out_message, struct gd_error *err)
{
    const char *parent = NULL, *more = "";
    const char *first = gd_arena_printf(git->arena, "%s^1", commit->hash);
    if (commit->merge) {
        GD_TRY(gd_git_line(git, GD_GIT("rev-parse", "--verify", first), &parent, err));
        more = gd_arena_printf(git->arena, ", reversing\nchanges made to %s",
                               parent == NULL ? "its first parent" : parent);
    }
    *out_message = gd_arena_printf(git->arena, "Revert \"%s\"\n\nThis reverts commit %s%s.",
                                   commit->subject, commit->hash, more);
    return GD_DONE;
}

static GD_MUST struct gd_status commit_all(const struct gd_git *git,
                                           const struct gd_git_guidance *guidance,
                                           const char **out_commit, struct gd_error *err)
{
    const char *head = NULL;
    GD_TRY(must(git, GD_GIT("rev-parse", "--verify", "HEAD"), &head, err));
    const char *tip = head;
    for (size_t i = 0; i < guidance->commit_count; i++) {
        const struct gd_git_commit *commit = &guidance->commits[i];
        const char *tree = NULL, *message = NULL;
        struct merged merged;
        GD_TRY(message_of(git, commit, &message, err));
        GD_TRY(tree_of(git, tip, &tree, err));
        GD_TRY(revert_one(git, commit->hash, tree, &merged, err));
        if (merged.tree == NULL)
            return refuse_conflict(commit, &merged, err);
        if (strcmp(merged.tree, tree) != 0)
            GD_TRY(
                must(git, GD_GIT("commit-tree", merged.tree, "-p", tip, "-m", message), &tip, err));
    }
    if (strcmp(tip, head) == 0)
        return gd_fail(err, GD_REFUSED, "could not make a revert: there is nothing left to revert");
    *out_commit = tip;
    return GD_DONE;
}

struct gd_status gd_git_revert(const struct gd_git_guidance *guidance, const char *branch,
                               struct gd_arena *arena, const char **out_commit,
                               struct gd_error *err)
{
    if (guidance->commit_count == 0)
        return gd_fail(err, GD_REFUSED, "could not make a revert: %s",
                       guidance->why_not == NULL ? "no commit is known" : guidance->why_not);
    struct gd_git git = {.folder = guidance->top, .limit_ms = CALL_MS, .arena = arena};
    const char *commit = NULL;
    struct gd_git_ran ran;
    GD_TRY(refuse_dirty(&git, guidance, err));
    GD_TRY(refuse_branch(&git, branch, err));
    GD_TRY(commit_all(&git, guidance, &commit, err));
    GD_TRY(gd_git_run(&git,
                      GD_GIT("update-ref", "-m", "guardian: revert",
                             gd_arena_printf(arena, "refs/heads/%s", branch), commit, ""),
                      &ran, err));
    if (ran.exit != 0)
        return gd_fail(err, GD_REFUSED, "could not make a branch \"%s\": %.*s", branch,
                       (int)strcspn(ran.said, "\n"), ran.said);
    *out_commit = commit;
    return GD_DONE;
}
