/*
 * Walk: the files below a folder that is a store, in the order of their keys.
 *
 * One folder at a time is in memory. What goes away while it is walked is left out; what comes may
 * be left out. Links and files with other names than a key can have are passed over.
 */
#ifndef GUARDIAN_STORE_FS_WALK_H
#define GUARDIAN_STORE_FS_WALK_H

#include <stdbool.h>
#include <sys/stat.h>

#include "guardian/base/status.h"
#include "guardian/store/store.h"

enum { GD_FS_PATH_SIZE = 4096 };

/** A view, for the time of the call. */
struct gd_walked {
    const char *path, *key;
    struct stat about;
};

struct gd_walk {
    const char *root;   /* of the store */
    const char *prefix; /* only what begins with it */
    const char *after;  /* and only what is greater than this; NULL: all */
    bool hidden;        /* the files that begin with a dot, in place of objects */
    struct gd_status (*each)(void *context, const struct gd_walked *walked, struct gd_error *err);
    void *context;
};

/** Ends with the first failure of `each`. A root that is not there holds nothing. */
GD_MUST struct gd_status gd_fs_walk(const struct gd_walk *walk, struct gd_error *err);

/** The folders right below `prefix` that hold an object somewhere. */
GD_MUST struct gd_status gd_fs_folders(const char *root, const char *prefix, gd_store_each_fn *each,
                                       void *context, struct gd_error *err);

#endif
