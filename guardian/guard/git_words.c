/* Git, in words: for people, and as the "git" object of the documents. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "guardian/guard/git_run.h"

enum { NAMED_MAX = 5 };

/* --- the command --------------------------------------------------------------------------------
 */

static bool stands_in(const char *top)
{
    char *here = realpath(".", NULL);
    size_t size = strlen(top);
    bool inside = here != NULL && strncmp(here, top, size) == 0 &&
                  (here[size] == '/' || here[size] == '\0' || strcmp(top, "/") == 0);
    free(here);
    return inside;
}

/* A word for a shell. */
static const char *shell_word(const char *text, struct gd_arena *arena)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "/._-+=:,@%";
    if (*text != '\0' && strspn(text, plain) == strlen(text))
        return text;
    char *quoted = gd_arena_alloc(arena, 4 * strlen(text) + 3), *into = quoted;
    *into++ = '\'';
    for (const char *at = text; *at != '\0'; at++) {
        if (*at == '\'') {
            memcpy(into, "'\\'", 3);
            into += 3;
        }
        *into++ = *at;
    }
    *into++ = '\'';
    *into = '\0';
    return quoted;
}

/* Merges need -m, so commits are put together as long as they are of one kind. */
const char *gd_git_command(const struct gd_git_guidance *guidance, struct gd_arena *arena)
{
    if (guidance->commit_count == 0 || guidance->reverted)
        return "";
    const char *git = "git";
    if (!stands_in(guidance->top))
        git = gd_arena_printf(arena, "git -C %s", shell_word(guidance->top, arena));
    const char *command = "";
    for (size_t i = 0; i < guidance->commit_count; i++) {
        const struct gd_git_commit *commit = &guidance->commits[i];
        bool same_kind = i > 0 && guidance->commits[i - 1].merge == commit->merge;
        command = same_kind ? gd_arena_printf(arena, "%s %s", command, commit->short_hash)
                            : gd_arena_printf(arena, "%s%s%s revert --no-edit %s%s", command,
                                              i == 0 ? "" : " && ", git,
                                              commit->merge ? "-m 1 " : "", commit->short_hash);
    }
    return command;
}

/* --- the next boot ------------------------------------------------------------------------------
 */

static bool ends_with(const char *text, const char *end)
{
    size_t size = strlen(text), end_size = strlen(end);
    return size >= end_size && strcmp(text + size - end_size, end) == 0;
}

static const char *find_end(const struct gd_texts *paths, const char *end)
{
    for (size_t i = 0; i < paths->count; i++)
        if (ends_with(paths->items[i], end))
            return paths->items[i];
    return NULL;
}

static const char *deploys_of_schema(const char *schema, struct gd_arena *arena)
{
    return gd_arena_printf(
        arena,
        "Until the revert is deployed, prisma db push asks for the change again, "
        "from %s; afterwards it finds the database as it wants it.",
        schema);
}

/* What the next start of the application does with the file. */
const char *gd_git_deploys(const struct gd_git_guidance *guidance, struct gd_arena *arena)
{
    if (guidance->commit_count == 0)
        return guidance->file_count > 0 && guidance->files[0].uncommitted
                   ? "Whoever runs the file runs this text again: there is no commit to revert."
                   : "";
    if (guidance->reverted)
        return "The change is reverted in what is checked out: see that it is deployed.";
    const char *schema = find_end(&guidance->others, ".prisma");
    if (schema != NULL && !ends_with(guidance->files[0].repo_path, "/migration.sql"))
        return deploys_of_schema(schema, arena);
    const char *path = guidance->files[0].repo_path;
    for (size_t i = 0; i < guidance->file_count && *path == '\0'; i++)
        path = guidance->files[i].repo_path;
    if (ends_with(path, "/migration.sql"))
        return "Until the revert is deployed, prisma migrate deploy runs the migration again; "
               "afterwards it has nothing to run.";
    return gd_arena_printf(arena,
                           "Until the revert is deployed, the next start that runs %s runs this "
                           "text again.",
                           path);
}

/* --- for people ---------------------------------------------------------------------------------
 */

static void line(struct gd_texts *lines, struct gd_arena *arena, const char *text)
{
    (void)gd_texts_add(lines, text, arena);
}

static const char *join(const struct gd_texts *texts, struct gd_arena *arena)
{
    const char *joined = "";
    for (size_t i = 0; i < texts->count && i < NAMED_MAX; i++)
        joined = gd_arena_printf(arena, "%s%s%s", joined, i == 0 ? "" : ", ", texts->items[i]);
    if (texts->count > NAMED_MAX)
        joined = gd_arena_printf(arena, "%s and %zu more", joined, texts->count - NAMED_MAX);
    return joined;
}

static const char *show_commit(const struct gd_git_commit *commit, struct gd_arena *arena)
{
    return gd_arena_printf(arena, "%s \"%s\" (%s, %.10s)", commit->short_hash, commit->subject,
                           commit->author, commit->date);
}

static void files_in_words(const struct gd_git_guidance *guidance, struct gd_arena *arena,
                           struct gd_texts *lines)
{
    for (size_t i = 0; i < guidance->file_count; i++) {
        const struct gd_git_file *file = &guidance->files[i];
        if (*file->brought_in.hash != '\0')
            line(lines, arena,
                 gd_arena_printf(arena, "%s came in with %s%s", file->repo_path,
                                 show_commit(&file->brought_in, arena),
                                 file->differs_now ? "; it holds another text by now" : ""));
    }
}

static void revert_in_words(const struct gd_git_guidance *guidance, struct gd_arena *arena,
                            struct gd_texts *lines)
{
    if (guidance->commit_count == 0)
        return;
    if (guidance->reverted) {
        line(lines, arena, "it is reverted already");
        return;
    }
    const char *how = !guidance->tried    ? "not tried: git is older than 2.38"
                      : guidance->applies ? "applies cleanly"
                                          : gd_arena_printf(arena, "conflicts in %s",
                                                            join(&guidance->conflicts, arena));
    line(lines, arena, gd_arena_printf(arena, "%s    (%s)", guidance->command, how));
    if (guidance->others.count > 0)
        line(lines, arena,
             gd_arena_printf(arena, "it takes back, too: %s", join(&guidance->others, arena)));
    if (guidance->dirty)
        line(lines, arena, "the work tree holds changes that are in no commit: stash them first");
}

static void dependents_in_words(const struct gd_git_guidance *guidance, struct gd_arena *arena,
                                struct gd_texts *lines)
{
    if (guidance->dependent_count == 0)
        return;
    line(lines, arena,
         gd_arena_printf(arena,
                         "%zu later commit%s touch%s the same files: look whether %s still "
                         "right",
                         guidance->dependent_count, guidance->dependent_count == 1 ? "" : "s",
                         guidance->dependent_count == 1 ? "es" : "",
                         guidance->dependent_count == 1 ? "it is" : "they are"));
    for (size_t i = 0; i < guidance->dependent_count && i < NAMED_MAX; i++)
        line(lines, arena,
             gd_arena_printf(arena, "  %s", show_commit(&guidance->dependents[i], arena)));
}

void gd_git_lines(const struct gd_git_guidance *guidance, struct gd_arena *arena,
                  struct gd_texts *out_lines)
{
    files_in_words(guidance, arena, out_lines);
    revert_in_words(guidance, arena, out_lines);
    dependents_in_words(guidance, arena, out_lines);
    if (guidance->why_not != NULL)
        line(out_lines, arena,
             gd_arena_printf(arena, "no commit to revert: %s", guidance->why_not));
    if (*guidance->deploys != '\0')
        line(out_lines, arena, guidance->deploys);
}

/* --- as JSON ------------------------------------------------------------------------------------
 */

static struct gd_json *commit_json(const struct gd_git_commit *commit)
{
    struct gd_json *object = gd_json_object();
    gd_json_put(object, "commit", gd_json_new_text(commit->hash));
    gd_json_put(object, "subject", gd_json_new_text(commit->subject));
    gd_json_put(object, "author", gd_json_new_text(commit->author));
    gd_json_put(object, "date", gd_json_new_text(commit->date));
    gd_json_put(object, "merge", gd_json_new_bool(commit->merge));
    return object;
}

static struct gd_json *commits_json(const struct gd_git_commit *commits, size_t count)
{
    struct gd_json *list = gd_json_list();
    for (size_t i = 0; i < count; i++)
        gd_json_push(list, commit_json(&commits[i]));
    return list;
}

static struct gd_json *texts_json(const struct gd_texts *texts)
{
    struct gd_json *list = gd_json_list();
    for (size_t i = 0; i < texts->count; i++)
        gd_json_push(list, gd_json_new_text(texts->items[i]));
    return list;
}

static struct gd_json *files_json(const struct gd_git_guidance *guidance)
{
    struct gd_json *list = gd_json_list();
    for (size_t i = 0; i < guidance->file_count; i++) {
        const struct gd_git_file *file = &guidance->files[i];
        struct gd_json *object = gd_json_object();
        gd_json_put(object, "path", gd_json_new_text(file->path));
        gd_json_put(object, "repository_path", gd_json_new_text(file->repo_path));
        gd_json_put(object, "commit", gd_json_new_text(file->brought_in.hash));
        gd_json_put(object, "uncommitted", gd_json_new_bool(file->uncommitted));
        gd_json_put(object, "differs_now", gd_json_new_bool(file->differs_now));
        gd_json_push(list, object);
    }
    return list;
}

struct gd_json *gd_git_json(const struct gd_git_guidance *guidance)
{
    bool known = guidance->commit_count > 0;
    struct gd_json *object = gd_json_object();
    gd_json_put(object, "commit", gd_json_new_text(known ? guidance->commits[0].hash : ""));
    gd_json_put(object, "path",
                gd_json_new_text(guidance->file_count > 0 ? guidance->files[0].repo_path : ""));
    gd_json_put(object, "why_not", gd_json_new_text(guidance->why_not));
    gd_json_put(object, "top", gd_json_new_text(guidance->top));
    gd_json_put(object, "branch", gd_json_new_text(guidance->branch));
    gd_json_put(object, "shallow", gd_json_new_bool(guidance->shallow));
    gd_json_put(object, "dirty", gd_json_new_bool(guidance->dirty));
    gd_json_put(object, "files", files_json(guidance));
    gd_json_put(object, "commits", commits_json(guidance->commits, guidance->commit_count));
    gd_json_put(object, "dependents",
                commits_json(guidance->dependents, guidance->dependent_count));
    gd_json_put(object, "tried", gd_json_new_bool(guidance->tried));
    gd_json_put(object, "applies", gd_json_new_bool(guidance->applies));
    gd_json_put(object, "reverted", gd_json_new_bool(guidance->reverted));
    gd_json_put(object, "conflicts", texts_json(&guidance->conflicts));
    gd_json_put(object, "others", texts_json(&guidance->others));
    gd_json_put(object, "command", gd_json_new_text(guidance->command));
    gd_json_put(object, "deploys", gd_json_new_text(guidance->deploys));
    return object;
}
