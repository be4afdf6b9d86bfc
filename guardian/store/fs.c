/*
 * A folder as a store: one file for each object, its key is its path below the folder.
 *
 * Invariant 1  An object is a regular file whose name is a key. What begins with a dot is not one:
 *              unfinished files are hidden that way (io/file.h). Links are not followed, so that
 *              nothing below the folder leads out of it.
 * Invariant 2  A file appears under its name when all of it is on the disk, and takes nobody's
 *              place; that is io/file.h's GD_FILE_SHARED: what the folder lets its group do holds
 *              for what is in it.
 * Invariant 3  A folder without an object in it is not there, as on a server that has no folders.
 * Invariant 4  What was removed stays removed after a crash: the folder is synced.
 * Invariant 5  The store's folder is made where its parent is there, and no folder above it unless
 *              the options say so: behind a disk that is not mounted lies another one.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "guardian/base/clock.h"
#include "guardian/base/fault.h"
#include "guardian/base/memory.h"
#include "guardian/io/fd.h"
#include "guardian/io/file.h"
#include "guardian/store/fs_medium.h"
#include "guardian/store/fs_share.h"
#include "guardian/store/fs_walk.h"
#include "guardian/store/store_ops.h"

enum { PUT_TRIES = 4 };

struct fs_store {
    struct gd_store store;
    char *root; /* without a slash at its end; "" is the top of the file system */
    bool must_exist, make_way;
};

static const struct fs_store *fs_of(const struct gd_store *store)
{
    return (const struct fs_store *)store;
}

static const char *root_of(const struct gd_store *store)
{
    return fs_of(store)->root;
}

/* --- the folder of the store ------------------------------------------------------------------ */

static bool is_missing(const char *path)
{
    struct stat about;
    return *path != '\0' && stat(path, &about) != 0 && errno == ENOENT;
}

/* A link to nowhere is a folder that is not there, too. */
static struct gd_status check_root(const struct gd_store *store, struct gd_error *err)
{
    if (!fs_of(store)->must_exist || !is_missing(root_of(store)))
        return GD_DONE;
    return gd_hint(err,
                   gd_fail(err, GD_SYSTEM, "there is no store in \"%s\": the folder is not there",
                           root_of(store)),
                   "Is its disk mounted, and is the path right? The first snapshot makes the "
                   "folder.");
}

static struct gd_status check_parent(const struct gd_store *store, struct gd_error *err)
{
    char parent[GD_FS_PATH_SIZE];
    if (fs_of(store)->make_way || !is_missing(root_of(store)))
        return GD_DONE;
    snprintf(parent, sizeof parent, "%s", root_of(store));
    *strrchr(parent, '/') = '\0';
    if (!is_missing(parent))
        return GD_DONE;
    return gd_hint(err,
                   gd_fail(err, GD_SYSTEM,
                           "could not make the store \"%s\": the folder \"%s\" is "
                           "not there",
                           root_of(store), parent),
                   "Is its disk mounted, and is the path right? Make that folder where it is "
                   "meant.");
}

/* --- paths ------------------------------------------------------------------------------------ */

/* A list passes links by: what went through one would not be found again. */
static struct gd_status check_way(char *path, size_t root_length, struct gd_error *err)
{
    for (char *slash = strchr(path + root_length + 1, '/'); slash != NULL;
         slash = strchr(slash + 1, '/')) {
        struct stat about;
        *slash = '\0';
        bool there = lstat(path, &about) == 0;
        if (there && S_ISLNK(about.st_mode))
            return gd_hint(
                err, gd_fail(err, GD_USAGE, "\"%s\" is a link, and a store follows none", path),
                "Make the folder of the store itself a link, or mount the disk there.");
        *slash = '/';
        if (!there)
            break; /* why, whoever opens the file finds out */
    }
    return GD_DONE;
}

static struct gd_status path_of(const struct gd_store *store, const char *key,
                                char out_path[GD_FS_PATH_SIZE], struct gd_error *err)
{
    int length = snprintf(out_path, GD_FS_PATH_SIZE, "%s/%s", root_of(store), key);
    if (length < GD_FS_PATH_SIZE)
        return check_way(out_path, strlen(root_of(store)), err);
    return gd_fail(err, GD_USAGE, "the path of object \"%s\" below \"%s\" is too long", key,
                   root_of(store));
}

static bool means_absent(int number)
{
    return number == ENOENT || number == ENOTDIR;
}

/* Is there an object at `path`? */
static struct gd_status look(const char *path, bool *out_there, struct stat *out_about,
                             struct gd_error *err)
{
    *out_there = false;
    if (lstat(path, out_about) == 0) {
        *out_there = S_ISREG(out_about->st_mode);
        return GD_DONE;
    }
    if (!means_absent(errno))
        return gd_fs_advise(
            path, false,
            gd_fail(err, GD_SYSTEM, "could not look at \"%s\": %s", path, strerror(errno)), err);
    return GD_DONE;
}

static struct gd_store_entry entry_of(const char *key, const struct stat *about)
{
    return (struct gd_store_entry){
        .key = key,
        .bytes = (uint64_t)about->st_size,
        .modified_us = (int64_t)about->st_mtim.tv_sec * 1000000 + about->st_mtim.tv_nsec / 1000,
    };
}

/* --- one object ------------------------------------------------------------------------------- */

/* A folder that somebody who removes the last object in it takes away may be the one that was just
 * made for this: then it is made again. */
static struct gd_status fs_put(struct gd_store *store, const char *key, uint64_t size_hint,
                               struct gd_sink **out_sink, struct gd_error *err)
{
    (void)size_hint;
    char path[GD_FS_PATH_SIZE];
    GD_TRY(path_of(store, key, path, err));
    GD_TRY(check_parent(store, err));
    for (int tries = 1;; tries++) {
        struct gd_error failed = {0};
        struct gd_status status = gd_file_sink_new(path, GD_FILE_SHARED, out_sink, &failed);
        if (status.code == GD_OK)
            return status;
        if (status.code == GD_SYSTEM && tries < PUT_TRIES)
            continue;
        *err = failed;
        return gd_fs_advise(path, true, status, err);
    }
}

static struct gd_status fs_get(struct gd_store *store, const char *key, uint64_t offset,
                               uint64_t size, struct gd_source **out_source, struct gd_error *err)
{
    char path[GD_FS_PATH_SIZE];
    bool there;
    struct stat about;
    GD_TRY(path_of(store, key, path, err));
    GD_TRY(look(path, &there, &about, err));
    if (!there)
        GD_TRY(check_root(store, err));
    if (!there)
        return gd_fail(err, GD_CORRUPT, "object \"%s\" is not in %s", key, store->url);
    return gd_fs_advise(path, false, gd_file_source_new(path, offset, size, out_source, err), err);
}

static struct gd_status fs_head(struct gd_store *store, const char *key, bool *out_there,
                                struct gd_store_entry *out_entry, struct gd_error *err)
{
    char path[GD_FS_PATH_SIZE];
    struct stat about;
    GD_TRY(path_of(store, key, path, err));
    GD_TRY(look(path, out_there, &about, err));
    if (!*out_there)
        return check_root(store, err);
    if (out_entry != NULL)
        *out_entry = entry_of(key, &about);
    return GD_DONE;
}

/* --- removing --------------------------------------------------------------------------------- */

static struct gd_status sync_folder(const char *path, struct gd_error *err)
{
    gd_auto_fd fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 && means_absent(errno))
        return GD_DONE; /* somebody removed the folder as well, and syncs the one above */
    if (fd < 0 || (fsync(fd) != 0 && errno != EINVAL))
        return gd_fail(err, GD_SYSTEM, "could not write to disk the folder \"%s\": %s", path,
                       strerror(errno));
    return GD_DONE;
}

/* Folders that are empty now go, from the innermost up to the root, which stays. */
static struct gd_status prune_folders(const struct gd_store *store, char *path,
                                      struct gd_error *err)
{
    size_t root_length = strlen(root_of(store));
    char *slash;
    while ((slash = strrchr(path, '/')) != NULL && (size_t)(slash - path) > root_length) {
        *slash = '\0';
        if (rmdir(path) != 0)
            return sync_folder(path, err);
    }
    return sync_folder(root_length == 0 ? "/" : root_of(store), err);
}

static struct gd_status fs_remove(struct gd_store *store, const char *key, struct gd_error *err)
{
    char path[GD_FS_PATH_SIZE];
    bool there;
    struct stat about;
    GD_TRY(path_of(store, key, path, err));
    GD_TRY(look(path, &there, &about, err));
    if (!there)
        return GD_DONE;
    GD_TRY(gd_fault("fs: before an object is removed", err));
    if (unlink(path) != 0 && !means_absent(errno))
        return gd_fs_advise(
            path, true,
            gd_fail(err, GD_SYSTEM, "could not remove \"%s\": %s", path, strerror(errno)), err);
    GD_TRY(gd_fault("fs: after an object was removed", err));
    return prune_folders(store, path, err);
}

/* --- many objects ----------------------------------------------------------------------------- */

struct listing {
    gd_store_each_fn *each;
    void *context;
};

static struct gd_status give_object(void *context, const struct gd_walked *walked,
                                    struct gd_error *err)
{
    const struct listing *listing = context;
    struct gd_store_entry entry = entry_of(walked->key, &walked->about);
    return listing->each(listing->context, &entry, err);
}

static struct gd_status fs_list(struct gd_store *store, const struct gd_store_range *range,
                                gd_store_each_fn *each, void *context, struct gd_error *err)
{
    GD_TRY(check_root(store, err));
    if (range->folders)
        return gd_fs_folders(root_of(store), range->prefix, each, context, err);
    struct listing listing = {each, context};
    struct gd_walk walk = {.root = root_of(store),
                           .prefix = range->prefix,
                           .after = range->after,
                           .each = give_object,
                           .context = &listing};
    return gd_fs_walk(&walk, err);
}

struct sweeping {
    int64_t before_us;
    bool only_count;
    uint64_t count;
};

static struct gd_status sweep_one(void *context, const struct gd_walked *walked,
                                  struct gd_error *err)
{
    struct sweeping *sweeping = context;
    const char *name = strrchr(walked->path, '/') + 1;
    if (!gd_file_is_hidden(name) ||
        entry_of(walked->key, &walked->about).modified_us > sweeping->before_us)
        return GD_DONE;
    if (!sweeping->only_count && unlink(walked->path) != 0 && !means_absent(errno))
        return gd_fail(err, GD_SYSTEM, "could not remove \"%s\": %s", walked->path,
                       strerror(errno));
    sweeping->count++;
    return GD_DONE;
}

static struct gd_status fs_sweep(struct gd_store *store, const char *prefix, uint32_t age_s,
                                 bool only_count, uint64_t *out_count, struct gd_error *err)
{
    struct sweeping sweeping = {.before_us = gd_clock_now_us() - (int64_t)age_s * 1000000,
                                .only_count = only_count};
    struct gd_walk walk = {.root = root_of(store),
                           .prefix = prefix,
                           .hidden = true,
                           .each = sweep_one,
                           .context = &sweeping};
    GD_TRY(check_root(store, err));
    GD_TRY(gd_fs_walk(&walk, err));
    *out_count = sweeping.count;
    return GD_DONE;
}

/* --- what it can do --------------------------------------------------------------------------- */

/* Two unfinished objects under one key: the first that is finished must win. */
static struct gd_status race(struct gd_store *store, const char *key, bool *out_one_wins,
                             struct gd_error *err)
{
    gd_auto_sink first = NULL;
    gd_auto_sink second = NULL;
    struct gd_error lost = {0};
    GD_TRY(fs_put(store, key, 0, &first, err));
    GD_TRY(fs_put(store, key, 0, &second, err));
    GD_TRY(gd_sink_finish(first, err));
    *out_one_wins = gd_sink_finish(second, &lost).code == GD_REFUSED;
    return GD_DONE;
}

static struct gd_status fs_capabilities(struct gd_store *store, const char *prefix,
                                        struct gd_store_capabilities *out_capabilities,
                                        struct gd_error *err)
{
    char id[GD_ID_SIZE], key[GD_FS_PATH_SIZE];
    struct gd_error ignored = {0};
    struct gd_medium medium = gd_medium_of(root_of(store));
    struct gd_store_capabilities found = {.durable = medium.durable,
                                          .same_machine = medium.same_machine,
                                          .medium = medium.name,
                                          .remark = medium.remark};
    gd_id_new(id);
    snprintf(key, sizeof key, "%sprobe-%s", prefix, id);
    struct gd_status status = race(store, key, &found.conditional, err);
    found.conditional_large = found.conditional;
    struct gd_status removed = fs_remove(store, key, status.code == GD_OK ? err : &ignored);
    GD_TRY(status);
    GD_TRY(removed);
    gd_fs_strangers(root_of(store), found.sharing, sizeof found.sharing);
    *out_capabilities = found;
    return GD_DONE;
}

/* --- opening ---------------------------------------------------------------------------------- */

static int hex_value(char digit)
{
    static const char digits[] = "0123456789abcdef";
    const char *at = digit == '\0' ? NULL : strchr(digits, digit | 0x20);
    return at == NULL ? -1 : (int)(at - digits);
}

/* @return false at a % without two hex digits behind it, and at %00. */
static bool decode(const char *text, char *out_text)
{
    for (; *text != '\0'; text++, out_text++) {
        *out_text = *text;
        if (*text != '%')
            continue;
        int high = hex_value(text[1]), low = high < 0 ? -1 : hex_value(text[2]);
        if (low < 0 || (high == 0 && low == 0))
            return false;
        *out_text = (char)(high * 16 + low);
        text += 2;
    }
    *out_text = '\0';
    return true;
}

/* Behind "file://": nothing or "localhost", then the path. NULL: there is another host. */
static const char *path_in(const char *url)
{
    static const char here[] = "localhost";
    const char *rest = strstr(url, "://") + 3;
    if (strncasecmp(rest, here, strlen(here)) == 0)
        rest += strlen(here);
    return *rest == '/' ? rest : NULL;
}

/* Whatever stands before an @ could be a password. */
static struct gd_status refuse(const char *url, const char *why, const char *hint,
                               struct gd_error *err)
{
    bool quote = strchr(url, '@') == NULL;
    return gd_hint(err,
                   gd_fail(err, GD_USAGE, "could not read the URL of the store%s%.300s%s: %s",
                           quote ? " \"" : "", quote ? url : "", quote ? "\"" : "", why),
                   "%s", hint);
}

static struct gd_status read_url(const char *url, char *out_root, struct gd_error *err)
{
    const char *path = path_in(url);
    if (path == NULL)
        return refuse(url, "the path does not begin with a slash",
                      "A folder of this machine has three slashes: file:///var/backups.", err);
    if (strpbrk(path, "?#") != NULL)
        return refuse(url, "a folder has no \"?\" or \"#\" behind it",
                      "Write %3F or %23 when they are in the name of the folder.", err);
    if (!decode(path, out_root))
        return refuse(url, "a \"%\" is not followed by two hexadecimal digits of a letter",
                      "Write %25 when it is in the name of the folder.", err);
    size_t length = strlen(out_root);
    while (length > 0 && out_root[length - 1] == '/')
        out_root[--length] = '\0';
    if (length < GD_FS_PATH_SIZE - 1024)
        return GD_DONE;
    return refuse(url, "the path is too long", "Choose a folder with a shorter path.", err);
}

static void fs_close(struct gd_store *store)
{
    free(((struct fs_store *)store)->root);
    free(store->url);
    free(store);
}

static const struct gd_store_ops fs_ops = {
    .put = fs_put,
    .get = fs_get,
    .head = fs_head,
    .list = fs_list,
    .remove = fs_remove,
    .capabilities = fs_capabilities,
    .sweep = fs_sweep,
    .close = fs_close,
};

/* What was asked for and cannot be had must not be left out in silence. */
static struct gd_status check_options(const struct gd_store_options *options, struct gd_error *err)
{
    if (options->lock_mode != NULL)
        return gd_fail(err, GD_USAGE, "a folder has no object lock: %s", options->url);
    if (options->encryption != NULL && strcmp(options->encryption, "none") != 0)
        return gd_hint(
            err, gd_fail(err, GD_USAGE, "a folder has no server that encrypts: %s", options->url),
            "Give Guardian a key, and it encrypts before it writes.");
    return GD_DONE;
}

struct gd_status gd_fs_store_open(const struct gd_store_options *options,
                                  struct gd_store **out_store, struct gd_error *err)
{
    struct fs_store *fs = gd_memory_new(sizeof *fs);
    char *url = gd_memory_strdup(options->url), *root = gd_memory_strdup(options->url);
    *fs = (struct fs_store){.store = {.ops = &fs_ops, .url = url},
                            .root = root,
                            .must_exist = options->must_exist,
                            .make_way = options->make_way};
    struct gd_status status = read_url(options->url, root, err);
    if (status.code == GD_OK)
        status = check_options(options, err);
    if (status.code != GD_OK) {
        fs_close(&fs->store);
        return status;
    }
    *out_store = &fs->store;
    return GD_DONE;
}
