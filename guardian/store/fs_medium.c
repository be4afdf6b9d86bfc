#include "guardian/store/fs_medium.h"

#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/vfs.h>

enum { PATH_SIZE = 4096 };

/* clang-format off */
/* Numbers of statfs(2). A kind that is not here is taken for a disk of this machine. */
static const struct { uint32_t magic; struct gd_medium medium; } kinds[] = {
    {0x0000ef53, {"ext4",     "", true,  true}},
    {0x58465342, {"xfs",      "", true,  true}},
    {0x9123683e, {"btrfs",    "", true,  true}},
    {0x2fc12fc1, {"zfs",      "", true,  true}},
    {0xf2f52010, {"f2fs",     "", true,  true}},
    {0xca451a4e, {"bcachefs", "", true,  true}},
    {0x01021994, {"tmpfs",    "is in memory: it is gone at the next restart", false, true}},
    {0x858458f6, {"ramfs",    "is in memory: it is gone at the next restart", false, true}},
    {0x794c7630, {"overlay",  "is inside a container: it is gone when the container is replaced", false, true}},
    {0x00006969, {"nfs",      "", true,  false}},
    {0xff534d42, {"cifs",     "", true,  false}},
    {0xfe534d42, {"smb",      "", true,  false}},
    {0x0000517b, {"smb",      "", true,  false}},
    {0x00c36400, {"ceph",     "", true,  false}},
    {0x0bd00bd0, {"lustre",   "", true,  false}},
    {0x65735546, {"fuse",     "is on a FUSE file system: whether it keeps what was synced, and where, only its owner knows", false, true}},
};
/* clang-format on */

static void cut_last(char *path)
{
    char *slash = strrchr(path, '/');
    if (slash == NULL || slash == path)
        snprintf(path, 2, "/");
    else
        *slash = '\0';
}

struct gd_medium gd_medium_of(const char *path)
{
    struct statfs about;
    char at[PATH_SIZE];
    snprintf(at, sizeof at, "%s", path);
    while (statfs(at, &about) != 0) {
        if (errno != ENOENT || strcmp(at, "/") == 0)
            return (struct gd_medium){"unknown", "", false, true};
        cut_last(at);
    }
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (kinds[i].magic == (uint32_t)about.f_type)
            return kinds[i].medium;
    return (struct gd_medium){"disk", "", true, true};
}
