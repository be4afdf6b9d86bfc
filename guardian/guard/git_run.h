/*
 * Git, its parts: what git.c, git_history.c, git_revert.c and git_words.c share. No other file
 * includes it.
 *
 * Invariant  Every call of git goes through gd_git_run(), which takes away what could run programs
 *            of somebody else, ask, wait for ever, or reach the network.
 */
#ifndef GUARDIAN_GUARD_GIT_RUN_H
#define GUARDIAN_GUARD_GIT_RUN_H

#include "guardian/guard/git.h"

struct gd_git {
    const char *folder; /* where git runs */
    uint32_t limit_ms;
    struct gd_arena *arena;
    const char *objects, *alternate; /* new objects go here, old ones are there; NULL: as ever */
};

struct gd_git_ran {
    int exit;
    const char *text; /* what it printed, with a NUL behind it */
    size_t size;
    const char *said; /* what it complained of */
};

#define GD_GIT(...) ((const char *const[]){__VA_ARGS__, NULL})

/** Run git with these words. @return GD_OK also when git says no: see `exit`; GD_SYSTEM it could
 * not be run, did not end in time, or said too much */
GD_MUST struct gd_status gd_git_run(const struct gd_git *git, const char *const *words,
                                    struct gd_git_ran *out_ran, struct gd_error *err);

/** The one line that git prints; NULL when it says no. */
GD_MUST struct gd_status gd_git_line(const struct gd_git *git, const char *const *words,
                                     const char **out_line, struct gd_error *err);

/** The texts of a `-z` list from `at` on, each ending with a NUL: NULL at the end. */
const char *gd_git_next(const struct gd_git_ran *ran, const char *at);

/* git_history.c */

/** The fields of `--format` that gd_git_read_commit() reads. */
#define GD_GIT_COMMIT_FORMAT "--format=tformat:%H%n%h%n%an%n%aI%n%P%n%s"
struct gd_git_commit gd_git_read_commit(const char *text, struct gd_arena *arena);

/** Which commit of HEAD's history made the file what was applied. `out_why` NULL: no doubt. */
GD_MUST struct gd_status gd_git_find(const struct gd_git *git, bool shallow, const char *sha256,
                                     struct gd_git_file *file, const char **out_why,
                                     struct gd_error *err);

/** Paths that a commit changes, against its first parent. */
GD_MUST struct gd_status gd_git_changed(const struct gd_git *git, const char *hash,
                                        struct gd_texts *out_paths, struct gd_error *err);

/* git_revert.c */

/** Would the commits revert, one after the other? Fills tried, applies, reverted, conflicts. */
GD_MUST struct gd_status gd_git_try(const struct gd_git *git, struct gd_git_guidance *guidance,
                                    struct gd_error *err);

/* git_words.c */

/** What to type, and what the next boot will do. */
const char *gd_git_command(const struct gd_git_guidance *guidance, struct gd_arena *arena);
const char *gd_git_deploys(const struct gd_git_guidance *guidance, struct gd_arena *arena);
#endif
