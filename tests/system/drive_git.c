/*
 * The guidance of git for tests: drive_git guide REPOSITORY|- PATH SHA256 …
 *                                drive_git revert BRANCH REPOSITORY|- PATH SHA256 …
 * Prints its document, its lines to standard error; revert prints the commit.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guardian/guard/git.h"

static int fail(const struct gd_error *err)
{
    fprintf(stderr, "%s\n%s\n", err->text, err->hint);
    return gd_exit_status(err->code);
}

int main(int argc, char **argv)
{
    bool revert = argc > 1 && strcmp(argv[1], "revert") == 0;
    int first = revert ? 4 : 3;
    if (argc < first)
        return 2;
    gd_auto_arena arena = gd_arena_new();
    const char *paths[64], *sha256[64];
    struct gd_git_options options = {.paths = paths, .sha256 = sha256};
    if (strcmp(argv[first - 1], "-") != 0)
        options.repository = argv[first - 1];
    for (int i = first; i + 1 < argc && options.count < 64; i += 2, options.count++) {
        paths[options.count] = argv[i];
        sha256[options.count] = argv[i + 1];
    }
    struct gd_git_guidance *guidance = NULL;
    struct gd_error err = {0};
    if (gd_git_guide(&options, arena, &guidance, &err).code != GD_OK)
        return fail(&err);
    if (revert) {
        const char *commit = NULL;
        if (gd_git_revert(guidance, argv[2], arena, &commit, &err).code != GD_OK)
            return fail(&err);
        puts(commit);
        return 0;
    }
    struct gd_texts lines = {0};
    gd_git_lines(guidance, arena, &lines);
    for (size_t i = 0; i < lines.count; i++)
        fprintf(stderr, "%s\n", lines.items[i]);
    struct gd_json *document = gd_git_json(guidance);
    struct gd_status written = gd_json_write(document, stdout, 2, &err);
    gd_json_free(document);
    return written.code == GD_OK ? 0 : fail(&err);
}
