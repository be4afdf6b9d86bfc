/* What decides what a command does, in one hash. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "guardian/base/memory.h"
#include "guardian/io/digest.h"
#include "guardian/io/fd.h"
#include "guardian/pg/target.h"
#include "guardian/proxy/skip.h"
#include "guardian/version.h"

/* With its end, so that "a", "bc" is not "ab", "c". */
static void add(struct gd_digest *digest, const char *text)
{
    gd_digest_add(digest, text, strlen(text) + 1);
}

GD_MUST static struct gd_status unreadable(const char *path, struct gd_error *err)
{
    return gd_hint(err, gd_fail(err, GD_USAGE, "could not read \"%s\": %s", path, strerror(errno)),
                   "--inputs names the files and folders that decide what the command does.");
}

/* --- files and folders -------------------------------------------------------------------------
 */

GD_MUST static struct gd_status add_file(struct gd_digest *digest, const char *path,
                                         struct gd_error *err)
{
    char bytes[65536], hex[GD_DIGEST_HEX_SIZE];
    gd_auto_fd file = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    struct gd_digest *content = gd_digest_new();
    ssize_t got = file < 0 ? -1 : 1;
    while (got > 0) {
        got = read(file, bytes, sizeof bytes);
        if (got > 0)
            gd_digest_add(content, bytes, (size_t)got);
    }
    gd_digest_hex(content, hex);
    gd_digest_free(content);
    if (got < 0)
        return unreadable(path, err);
    add(digest, path);
    add(digest, hex);
    return GD_DONE;
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name); /* not by the locale's order */
}

static int is_wanted(const struct dirent *entry)
{
    static const char *const left_out[] = {".", "..", ".git", "node_modules"};
    for (size_t i = 0; i < sizeof left_out / sizeof left_out[0]; i++)
        if (strcmp(entry->d_name, left_out[i]) == 0)
            return 0;
    return 1;
}

GD_MUST static struct gd_status add_path(struct gd_digest *digest, const char *path, bool below,
                                         struct gd_arena *arena, struct gd_error *err);

GD_MUST static struct gd_status add_folder(struct gd_digest *digest, const char *path,
                                           struct gd_arena *arena, struct gd_error *err)
{
    struct dirent **entries = NULL;
    struct gd_status status = GD_DONE;
    int count = scandir(path, &entries, is_wanted, by_name);
    if (count < 0)
        return unreadable(path, err);
    add(digest, path);
    for (int i = 0; i < count; i++) {
        if (status.code == GD_OK)
            status = add_path(digest, gd_arena_printf(arena, "%s/%s", path, entries[i]->d_name),
                              true, arena, err);
        free(entries[i]);
    }
    free(entries);
    return status;
}

/* Below a folder a link to a folder is only named (it may lead in circles), and so is what holds no
 * bytes: a link to nowhere, a socket. */
GD_MUST static struct gd_status add_path(struct gd_digest *digest, const char *path, bool below,
                                         struct gd_arena *arena, struct gd_error *err)
{
    struct stat about = {0}, itself = {0};
    if ((stat(path, &about) != 0 && (!below || errno != ENOENT)) || lstat(path, &itself) != 0)
        return unreadable(path, err);
    if (S_ISREG(about.st_mode))
        return add_file(digest, path, err);
    if (S_ISDIR(about.st_mode) && !(below && S_ISLNK(itself.st_mode)))
        return add_folder(digest, path, arena, err);
    if (!below)
        return gd_fail(err, GD_USAGE, "could not read \"%s\": it is neither a file nor a folder",
                       path);
    add(digest, path);
    return GD_DONE;
}

/* --- as whom, and where ------------------------------------------------------------------------
 */

static void add_or_default(struct gd_digest *digest, const char *value, const char *variable)
{
    const char *fallback = getenv(variable);
    add(digest, value != NULL ? value : fallback != NULL ? fallback : "");
}

GD_MUST static struct gd_status add_target(struct gd_digest *digest, const char *text,
                                           struct gd_arena *arena, struct gd_error *err)
{
    struct gd_pg_target target = {0};
    const char *variable = getenv("DATABASE_URL");
    if (text == NULL && variable != NULL && *variable != '\0')
        text = variable;
    if (text != NULL)
        GD_TRY(gd_pg_target_parse(text, arena, &target, err));
    add_or_default(digest, gd_pg_target_get(&target, "user"), "PGUSER");
    add_or_default(digest, gd_pg_target_get(&target, "dbname"), "PGDATABASE");
    add_or_default(digest, gd_pg_target_get(&target, "options"), "PGOPTIONS");
    add(digest, target.schema == NULL ? "" : target.schema);
    add(digest, target.search_path == NULL ? "" : target.search_path);
    return GD_DONE;
}

/* --- all of it ---------------------------------------------------------------------------------
 */

GD_MUST static struct gd_status add_all(struct gd_digest *digest,
                                        const struct gd_skip_options *options,
                                        struct gd_arena *arena, struct gd_error *err)
{
    add(digest, "guardian run 1");
    add(digest, gd_version());
    for (const char *const *word = options->argv; *word != NULL; word++)
        add(digest, *word);
    add(digest, "\n"); /* no word of a command: a file is no argument */
    GD_TRY(add_target(digest, options->target, arena, err));
    for (size_t i = 0; i < options->input_count; i++)
        GD_TRY(add_path(digest, options->inputs[i], false, arena, err));
    return GD_DONE;
}

struct gd_status gd_skip_key(const struct gd_skip_options *options, struct gd_arena *arena,
                             const char **out_key, struct gd_error *err)
{
    char hex[GD_DIGEST_HEX_SIZE];
    if (options->input_count == 0)
        return gd_hint(err,
                       gd_fail(err, GD_USAGE,
                               "could not tell whether anything has changed: no files are named"),
                       "Name those that decide what the command does with --inputs: "
                       "prisma/schema.prisma, a folder of migrations.");
    struct gd_digest *digest = gd_digest_new();
    struct gd_status status = add_all(digest, options, arena, err);
    gd_digest_hex(digest, hex);
    gd_digest_free(digest);
    if (status.code == GD_OK)
        *out_key = gd_arena_strdup(arena, hex);
    return status;
}
