/*
 * Medium: what kind of file system a folder is on, and what becomes of a backup there.
 */
#ifndef GUARDIAN_STORE_FS_MEDIUM_H
#define GUARDIAN_STORE_FS_MEDIUM_H

#include <stdbool.h>

struct gd_medium {
    const char *name;   /* "ext4", "tmpfs", "file system 0x1234": static, or "unknown" */
    const char *remark; /* what a person should know, after "the folder …": "is in memory, …" */
    bool durable;       /* what was synced is there after a restart */
    bool same_machine;
};

/** Of `path`, or of the nearest folder above it that is there. */
struct gd_medium gd_medium_of(const char *path);

#endif
