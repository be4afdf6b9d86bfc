/*
 * Git: which commit brought a change in, and what reverting it would do.
 *
 * Reads with the git program (never a shell), in a repository that is not ours: nothing is
 * configured, no hook runs, no prompt, no network, no lock is taken.
 *
 * Invariant 1  gd_git_guide() leaves no trace in the repository, also when it is killed: a revert
 *              is tried as a merge of trees whose objects go into a temporary folder. No work tree
 *              is made, and none is touched.
 * Invariant 2  A commit is named only when its text is what was applied (line ends apart): by
 *              content, never by date or message.
 */
#ifndef GUARDIAN_GUARD_GIT_H
#define GUARDIAN_GUARD_GIT_H

#include "guardian/base/arena.h"
#include "guardian/base/events.h"
#include "guardian/base/status.h"
#include "guardian/base/texts.h"
#include "guardian/io/json.h"

struct gd_git_commit {
    const char *hash, *short_hash, *subject, *author, *date; /* date: ISO 8601 */
    bool merge;                                              /* more than one parent */
};
struct gd_git_file {
    const char *path;                /* as given */
    const char *repo_path;           /* below the top folder; "" outside of git */
    struct gd_git_commit brought_in; /* that made the text what was applied (by content: blob of the
                                        same bytes), renames followed; hash "": none */
    bool
        uncommitted; /* the applied text is in no commit: it is only in the work tree, or nowhere */
    bool differs_now; /* the file in the work tree is another text by now, or gone */
};
struct gd_git_guidance {
    const char *top;     /* "" not in a work tree */
    const char *why_not; /* no commit can be named, or not for all files: why, in words; NULL
                            otherwise */
    bool shallow, dirty;
    const char *branch; /* "" detached */
    struct gd_git_file *files;
    size_t file_count;
    const struct gd_git_commit *commits; /* to revert, newest first, each once */
    size_t commit_count;
    const struct gd_git_commit *dependents; /* commits since that touch the same files, or other
                                               files of those commits; newest first */
    size_t dependent_count;
    bool tried, applies;       /* the revert, without a trace */
    bool reverted;             /* there is nothing left to revert: somebody did it already */
    struct gd_texts conflicts; /* paths */
    struct gd_texts others;    /* other files that the revert would change: "src/app.ts" */
    const char *command;       /* "git revert --no-edit 3f9c01d"; "" none */
    const char *deploys;       /* what the next boot sync will do, a sentence; "" */
};

struct gd_git_options {
    const char *const *paths;  /* absolute or relative to the working folder */
    const char *const *sha256; /* of the text that was applied, by path */
    size_t count;
    const char
        *repository;   /* where to look when the files are gone; NULL: folder of the first path */
    uint32_t limit_ms; /* for each git call: 10,000 */
    const struct gd_events *events;
};
/** Never fails for what git cannot tell: see why_not. */
GD_MUST struct gd_status gd_git_guide(const struct gd_git_options *options, struct gd_arena *arena,
                                      struct gd_git_guidance **out_guidance, struct gd_error *err);

/** Commit the revert on a new branch, one commit for each that is reverted: HEAD, index and files
 * of the work tree are not touched, nothing is pushed. @return GD_REFUSED it would conflict, there
 * is nothing to revert, the work tree is dirty in those files, the branch is there, or git does not
 * know who commits */
GD_MUST struct gd_status gd_git_revert(const struct gd_git_guidance *guidance, const char *branch,
                                       struct gd_arena *arena, const char **out_commit,
                                       struct gd_error *err);

/** Lines for people, each without a line end; and the "git" object of the documents. */
void gd_git_lines(const struct gd_git_guidance *guidance, struct gd_arena *arena,
                  struct gd_texts *out_lines);
struct gd_json *gd_git_json(const struct gd_git_guidance *guidance);
#endif
