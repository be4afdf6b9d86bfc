#include "guardian/store/fs_walk.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guardian/base/arena.h"
#include "guardian/store/fs_share.h"
#include "guardian/store/keys.h"

struct walker {
    const struct gd_walk *walk;
    char path[GD_FS_PATH_SIZE]; /* of the folder or file that is looked at */
    size_t root_length;         /* with the slash: the key begins behind it */
};

/* Names in one folder; those of folders end in a slash, which is how keys sort. */
struct names {
    const char **items;
    size_t count, capacity;
    struct gd_arena *arena;
};

static void names_add(struct names *names, const char *name, bool folder)
{
    if (names->count == names->capacity) {
        size_t capacity = names->capacity == 0 ? 64 : 2 * names->capacity;
        const char **items = gd_arena_zalloc(names->arena, capacity, sizeof *items);
        if (names->count > 0)
            memcpy(items, names->items, names->count * sizeof *items);
        names->items = items;
        names->capacity = capacity;
    }
    names->items[names->count++] = gd_arena_printf(names->arena, "%s%s", name, folder ? "/" : "");
}

static bool is_folder(const char *name)
{
    return name[strlen(name) - 1] == '/';
}

static int by_bytes(const void *left, const void *right)
{
    return strcmp(*(const char *const *)left, *(const char *const *)right);
}

static struct gd_status could_not(const char *what, const char *path, struct gd_error *err)
{
    return gd_fs_advise(
        path, false,
        gd_fail(err, GD_SYSTEM, "could not %s \"%s\": %s", what, path, strerror(errno)), err);
}

static bool vanished(void)
{
    return errno == ENOENT || errno == ENOTDIR;
}

/* --- reading one folder ----------------------------------------------------------------------- */

/* Sets what is behind the folder in walker->path. @return false when it does not fit. */
static bool enter(struct walker *walker, size_t length, const char *name)
{
    int added = snprintf(walker->path + length, sizeof walker->path - length, "%s", name);
    return added < (int)(sizeof walker->path - length);
}

/* DT_DIR, DT_REG, or something that is neither. */
static int type_of(struct walker *walker, size_t length, const struct dirent *entry)
{
    struct stat about;
    if (entry->d_type != DT_UNKNOWN)
        return entry->d_type;
    if (!enter(walker, length, entry->d_name) || lstat(walker->path, &about) != 0)
        return DT_UNKNOWN;
    return (int)IFTODT(about.st_mode);
}

static bool is_wanted(const struct gd_walk *walk, const char *name, int type)
{
    if (type == DT_DIR)
        return gd_store_segment_valid(name);
    return type == DT_REG && (walk->hidden ? name[0] == '.' : gd_store_segment_valid(name));
}

static struct gd_status read_names(struct walker *walker, size_t length, struct names *names,
                                   struct gd_error *err)
{
    walker->path[length] = '\0';
    DIR *folder = opendir(walker->path);
    if (folder == NULL)
        return vanished() ? GD_DONE : could_not("open folder", walker->path, err);
    const struct dirent *entry;
    while (errno = 0, (entry = readdir(folder)) != NULL) {
        int type = type_of(walker, length, entry);
        if (is_wanted(walker->walk, entry->d_name, type))
            names_add(names, entry->d_name, type == DT_DIR);
    }
    int number = errno;
    closedir(folder);
    errno = number;
    walker->path[length] = '\0';
    if (errno != 0)
        return could_not("read folder", walker->path, err);
    if (names->count > 1)
        qsort(names->items, names->count, sizeof *names->items, by_bytes);
    return GD_DONE;
}

/* --- all folders ------------------------------------------------------------------------------ */

/* Can what is at `key` begin with the prefix? A folder may hold it when either begins the other. */
static bool fits(const char *prefix, const char *key)
{
    size_t length = strlen(key), wanted = strlen(prefix);
    if (length < wanted && key[length - 1] != '/')
        return false;
    return strncmp(prefix, key, length < wanted ? length : wanted) == 0;
}

/* Is all that is at `key`, a file or a folder, before what is asked for? */
static bool is_before(const char *after, const char *key)
{
    size_t length = strlen(key);
    if (after == NULL || *after == '\0')
        return false;
    return key[length - 1] == '/' ? strncmp(key, after, length) < 0 : strcmp(key, after) <= 0;
}

static struct gd_status give(struct walker *walker, struct gd_error *err)
{
    struct gd_walked walked = {.path = walker->path, .key = walker->path + walker->root_length};
    if (lstat(walker->path, &walked.about) != 0)
        return vanished() ? GD_DONE : could_not("look at", walker->path, err);
    if (!S_ISREG(walked.about.st_mode))
        return GD_DONE;
    return walker->walk->each(walker->walk->context, &walked, err);
}

/* The folder is walker->path up to `length`, its slash included. */
static struct gd_status walk_folder(struct walker *walker, size_t length, struct gd_error *err)
{
    gd_auto_arena arena = gd_arena_new();
    struct names names = {.arena = arena};
    GD_TRY(read_names(walker, length, &names, err));
    for (size_t i = 0; i < names.count; i++) {
        size_t added = strlen(names.items[i]);
        if (!enter(walker, length, names.items[i]))
            continue; /* longer than a path can be: nobody put it there through us */
        const char *key = walker->path + walker->root_length;
        if (!fits(walker->walk->prefix, key) || is_before(walker->walk->after, key))
            continue;
        GD_TRY(is_folder(names.items[i]) ? walk_folder(walker, length + added, err)
                                         : give(walker, err));
    }
    return GD_DONE;
}

static struct gd_status walker_init(struct walker *walker, const struct gd_walk *walk,
                                    struct gd_error *err)
{
    int length = snprintf(walker->path, sizeof walker->path, "%s/", walk->root);
    if (length >= (int)sizeof walker->path)
        return gd_fail(err, GD_USAGE, "the path \"%s\" is too long", walk->root);
    walker->walk = walk;
    walker->root_length = (size_t)length;
    return GD_DONE;
}

struct gd_status gd_fs_walk(const struct gd_walk *walk, struct gd_error *err)
{
    struct walker walker;
    GD_TRY(walker_init(&walker, walk, err));
    return walk_folder(&walker, walker.root_length, err);
}

/* --- folders ---------------------------------------------------------------------------------- */

/* Does the folder, walker->path up to `length`, hold an object somewhere? One right in it, such as
 * a manifest, saves the look into those below. */
static struct gd_status holds_an_object(struct walker *walker, size_t length, bool *out_holds,
                                        struct gd_error *err)
{
    gd_auto_arena arena = gd_arena_new();
    struct names names = {.arena = arena};
    *out_holds = false;
    GD_TRY(read_names(walker, length, &names, err));
    for (size_t i = 0; i < names.count && !*out_holds; i++)
        *out_holds = !is_folder(names.items[i]);
    for (size_t i = 0; i < names.count && !*out_holds; i++)
        if (enter(walker, length, names.items[i]))
            GD_TRY(holds_an_object(walker, length + strlen(names.items[i]), out_holds, err));
    return GD_DONE;
}

struct gd_status gd_fs_folders(const char *root, const char *prefix, gd_store_each_fn *each,
                               void *context, struct gd_error *err)
{
    const struct gd_walk walk = {.root = root, .prefix = prefix};
    struct walker walker;
    GD_TRY(walker_init(&walker, &walk, err));
    if (!enter(&walker, walker.root_length, prefix))
        return GD_DONE;

    gd_auto_arena arena = gd_arena_new();
    struct names names = {.arena = arena};
    size_t length = strlen(walker.path);
    GD_TRY(read_names(&walker, length, &names, err));
    for (size_t i = 0; i < names.count; i++) {
        bool holds = false;
        if (!is_folder(names.items[i]) || !enter(&walker, length, names.items[i]))
            continue;
        GD_TRY(holds_an_object(&walker, length + strlen(names.items[i]), &holds, err));
        (void)enter(&walker, length, names.items[i]); /* where the look has left */
        struct gd_store_entry entry = {.key = walker.path + walker.root_length};
        if (holds)
            GD_TRY(each(context, &entry, err));
    }
    return GD_DONE;
}
