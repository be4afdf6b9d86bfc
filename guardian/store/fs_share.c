#include "guardian/store/fs_share.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "guardian/store/fs_walk.h"

enum { NAME_SIZE = 40, ROOM = 4096, DEEP = 3, FOLDERS_MAX = 400 };

/* --- who is who --- */

static void user_name(uid_t uid, char out_name[NAME_SIZE])
{
    char room[ROOM];
    struct passwd entry, *found = NULL;
    if (getpwuid_r(uid, &entry, room, sizeof room, &found) == 0 && found != NULL)
        (void)snprintf(out_name, NAME_SIZE, "%s", found->pw_name);
    else
        (void)snprintf(out_name, NAME_SIZE, "%u", (unsigned)uid);
}

static void group_name(gid_t gid, char out_name[NAME_SIZE])
{
    char room[ROOM];
    struct group entry, *found = NULL;
    if (getgrgid_r(gid, &entry, room, sizeof room, &found) == 0 && found != NULL)
        (void)snprintf(out_name, NAME_SIZE, "%s", found->gr_name);
    else
        (void)snprintf(out_name, NAME_SIZE, "%u", (unsigned)gid);
}

/* --- what may not be read --- */

/* Of the way to `path` the first thing that lets us not pass, or the last one that is there. */
static bool find_refusing(const char *path, bool writing, char out_at[GD_FS_PATH_SIZE],
                          struct stat *out_about)
{
    struct stat about;
    size_t length = strlen(path);
    bool found = false;
    for (size_t end = 1; end <= length && length < GD_FS_PATH_SIZE; end++) {
        if (path[end] != '/' && path[end] != '\0')
            continue;
        char at[GD_FS_PATH_SIZE];
        (void)snprintf(at, sizeof at, "%.*s", (int)end, path);
        if (lstat(at, &about) != 0)
            break;
        found = true;
        memcpy(out_at, at, end + 1);
        *out_about = about;
        if (S_ISDIR(about.st_mode) && faccessat(AT_FDCWD, at, X_OK, AT_EACCESS) != 0)
            return true;
    }
    if (!found)
        return false;
    int wanted = S_ISDIR(out_about->st_mode) ? (writing ? W_OK : R_OK) : R_OK;
    return faccessat(AT_FDCWD, out_at, wanted, AT_EACCESS) != 0 && errno == EACCES;
}

struct gd_status gd_fs_advise(const char *path, bool writing, struct gd_status status,
                              struct gd_error *err)
{
    char at[GD_FS_PATH_SIZE], owner[NAME_SIZE], group[NAME_SIZE], self[NAME_SIZE];
    struct stat about;
    if (status.code != GD_SYSTEM || !find_refusing(path, writing, at, &about))
        return status;
    user_name(about.st_uid, owner);
    group_name(about.st_gid, group);
    user_name(geteuid(), self);
    return gd_hint(
        err, status,
        "\"%.200s\" belongs to %s (group %s, mode %04o), and this is %s. Let one user do "
        "all that uses the store, or share it: the group of both and mode 2770 for its "
        "folder and all folders in it, 0640 for its files; what comes then follows.",
        at, owner, group, (unsigned)about.st_mode & 07777, self);
}

/* --- what nobody else could read --- */

static bool is_strange(const struct stat *about)
{
    mode_t shared = S_ISGID | S_IRWXG;
    return about->st_uid != geteuid() && (about->st_mode & shared) != shared;
}

struct looking {
    char *text;
    size_t size;
    unsigned left; /* folders that are still looked at */
};

static void look(struct looking *looking, const char *path, unsigned depth)
{
    struct stat about;
    char owner[NAME_SIZE], self[NAME_SIZE], below[GD_FS_PATH_SIZE];
    if (looking->left == 0 || lstat(path, &about) != 0 || !S_ISDIR(about.st_mode))
        return;
    looking->left--;
    /* The folder itself may be of whoever made it, when others may write there. */
    if (depth > 0 && is_strange(&about)) {
        user_name(about.st_uid, owner);
        user_name(geteuid(), self);
        (void)snprintf(looking->text, looking->size,
                       "is used by several users: \"%.120s\" belongs to %s (mode %04o), and this "
                       "is %s",
                       path, owner, (unsigned)about.st_mode & 07777, self);
        return;
    }
    DIR *folder = depth == DEEP ? NULL : opendir(path);
    const struct dirent *entry;
    while (folder != NULL && looking->text[0] == '\0' && (entry = readdir(folder)) != NULL) {
        int length = snprintf(below, sizeof below, "%s/%s", path, entry->d_name);
        if (entry->d_name[0] != '.' && entry->d_type != DT_REG && length < (int)sizeof below)
            look(looking, below, depth + 1);
    }
    if (folder != NULL)
        closedir(folder);
}

void gd_fs_strangers(const char *root, char *out_text, size_t size)
{
    struct looking looking = {out_text, size, FOLDERS_MAX};
    out_text[0] = '\0';
    look(&looking, root, 0);
}
