#include "guardian/cli/input.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { DEPTH_MAX = 16 };

struct list {
    struct gd_arena *arena;
    struct gd_input *items;
    size_t count, capacity;
};

static void add(struct list *list, struct gd_input input)
{
    if (list->count == list->capacity) {
        size_t wider = list->capacity == 0 ? 16 : list->capacity * 2;
        struct gd_input *items = gd_arena_zalloc(list->arena, wider, sizeof *items);
        if (list->count > 0)
            memcpy(items, list->items, list->count * sizeof *items);
        list->items = items;
        list->capacity = wider;
    }
    list->items[list->count++] = input;
}

static GD_MUST struct gd_status read_standard_input(struct list *list, struct gd_error *err)
{
    size_t capacity = 64 * 1024, size = 0;
    char *text = gd_arena_alloc(list->arena, capacity);
    for (;;) {
        ssize_t got = read(STDIN_FILENO, text + size, capacity - size);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return gd_fail(err, GD_SYSTEM, "could not read standard input: %s", strerror(errno));
        if (got == 0)
            break;
        size += (size_t)got;
        if (size == capacity) {
            char *wider = gd_arena_alloc(list->arena, capacity * 2);
            memcpy(wider, text, size);
            text = wider;
            capacity *= 2;
        }
    }
    add(list, (struct gd_input){.path = "-", .text = text, .size = size});
    return GD_DONE;
}

static bool is_sql(const char *name)
{
    size_t size = strlen(name);
    return size > 4 && strcmp(name + size - 4, ".sql") == 0;
}

static int compare(const void *left, const void *right)
{
    return strcmp(((const struct gd_input *)left)->path, ((const struct gd_input *)right)->path);
}

static GD_MUST struct gd_status add_folder(struct list *list, const char *path, int depth,
                                           struct gd_error *err);

static GD_MUST struct gd_status add_member(struct list *list, const char *folder, const char *name,
                                           int depth, struct gd_error *err)
{
    struct stat what;
    const char *path = gd_arena_printf(list->arena, "%s/%s", folder, name);
    if (name[0] == '.')
        return GD_DONE;
    if (stat(path, &what) != 0)
        return gd_fail(err, GD_USAGE, "could not read \"%s\": %s", path, strerror(errno));
    if (S_ISDIR(what.st_mode))
        return add_folder(list, path, depth + 1, err);
    if (is_sql(name))
        add(list, (struct gd_input){.path = path});
    return GD_DONE;
}

static GD_MUST struct gd_status add_folder(struct list *list, const char *path, int depth,
                                           struct gd_error *err)
{
    DIR *folder = depth > DEPTH_MAX ? NULL : opendir(path);
    if (folder == NULL)
        return gd_fail(err, GD_USAGE, "could not read folder \"%s\": %s", path,
                       depth > DEPTH_MAX ? "nested too deeply" : strerror(errno));
    struct gd_status status = GD_DONE;
    struct dirent *entry;
    while (status.code == GD_OK && (entry = readdir(folder)) != NULL)
        status = add_member(list, path, entry->d_name, depth, err);
    closedir(folder);
    return status;
}

static GD_MUST struct gd_status add_operand(struct list *list, const char *path,
                                            struct gd_error *err)
{
    struct stat what;
    if (strcmp(path, "-") == 0)
        return read_standard_input(list, err);
    if (stat(path, &what) != 0)
        return gd_fail(err, GD_USAGE, "could not open \"%s\": %s", path, strerror(errno));
    if (!S_ISDIR(what.st_mode)) {
        add(list, (struct gd_input){.path = path});
        return GD_DONE;
    }
    size_t first = list->count;
    GD_TRY(add_folder(list, path, 0, err));
    if (list->count == first)
        return gd_fail(err, GD_USAGE, "there is no *.sql file in folder \"%s\"", path);
    qsort(list->items + first, list->count - first, sizeof *list->items, compare);
    return GD_DONE;
}

struct gd_status gd_inputs_of(int argc, char **argv, struct gd_arena *arena,
                              struct gd_input **out_inputs, size_t *out_count, struct gd_error *err)
{
    struct list list = {.arena = arena};
    if (argc == 0)
        return gd_hint(err, gd_fail(err, GD_USAGE, "no file was named"),
                       "Name one or more SQL files or folders, or - for standard input.");
    for (int i = 0; i < argc; i++)
        GD_TRY(add_operand(&list, argv[i], err));
    *out_inputs = list.items;
    *out_count = list.count;
    return GD_DONE;
}
