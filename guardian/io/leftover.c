/* Leftover, see leftover.h. */
#include "guardian/io/leftover.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "guardian/base/arena.h"
#include "guardian/io/fd.h"
#include "guardian/io/process.h"

enum { AGE_S = 60, REMOVE_MS = 60000 };
static const char *const names[] = {"guardian-drill.XXXXXX", "guardian-feed.XXXXXX"};

struct gd_status gd_leftover_hold(const char *folder, int *out_fd, struct gd_error *err)
{
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0) {
        *out_fd = fd;
        return GD_DONE;
    }
    struct gd_status status =
        gd_fail(err, GD_SYSTEM, "could not hold folder \"%s\": %s", folder, strerror(errno));
    if (fd >= 0)
        (void)close(fd);
    return status;
}

/* One that was made this moment is not held yet, so a young one is left alone. */
static bool is_left(const char *path, uid_t owner)
{
    struct stat about;
    gd_auto_fd fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0 || fstat(fd, &about) != 0)
        return false;
    bool ours = about.st_uid == owner || about.st_uid == geteuid();
    return ours && (about.st_mode & 066) == 0 && about.st_mtime + AGE_S < time(NULL) &&
           flock(fd, LOCK_EX | LOCK_NB) == 0;
}

static void remove_folder(const char *path)
{
    const char *argv[] = {"/bin/rm", "-rf", "--", path, NULL};
    struct gd_process_options options = {.argv = argv, .folder = "/", .limit_ms = REMOVE_MS};
    struct gd_error ignored = {0};
    gd_auto_process process = NULL;
    if (gd_process_start(&options, &process, &ignored).code == GD_OK)
        (void)gd_process_finish(process, NULL, &ignored).code;
}

static bool is_name(const char *text)
{
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strlen(text) == strlen(names[i]) &&
            strncmp(text, names[i], strlen(names[i]) - strlen("XXXXXX")) == 0)
            return true;
    return false;
}

void gd_leftovers_remove(const char *work, uid_t owner)
{
    gd_auto_arena arena = gd_arena_new();
    DIR *folder = opendir(work);
    const struct dirent *entry;
    if (folder == NULL)
        return;
    while ((entry = readdir(folder)) != NULL) {
        if (!is_name(entry->d_name))
            continue;
        const char *path = gd_arena_printf(arena, "%s/%s", work, entry->d_name);
        if (is_left(path, owner))
            remove_folder(path);
    }
    closedir(folder);
}

/* --- while we live --- */

/* Waits until our end of the pipe is closed, by us or by our end. Until the server has noticed that
   its folder goes it may put files back. */
static const char janitor_script[] =
    "trap '' HUP INT TERM\n"
    "cat >/dev/null\n"
    "n=0\n"
    "until rm -rf -- \"$1\" 2>/dev/null || [ $n -gt 150 ]; do n=$((n + 1)); sleep 0.2; done\n";

struct gd_status gd_leftover_janitor(const char *folder, struct gd_process **out_janitor,
                                     struct gd_error *err)
{
    const char *argv[] = {"/bin/sh", "-c", janitor_script, "guardian", folder, NULL};
    struct gd_process_options options = {.argv = argv, .folder = "/", .write_input = true};
    return gd_process_start(&options, out_janitor, err);
}

void gd_leftover_done(struct gd_process *take_janitor)
{
    struct gd_error ignored = {0};
    if (take_janitor == NULL)
        return;
    if (gd_sink_finish(gd_process_input(take_janitor), &ignored).code == GD_OK)
        (void)gd_process_finish(take_janitor, NULL, &ignored).code;
    gd_process_free(take_janitor);
}
