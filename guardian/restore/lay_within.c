/*
 * Lay, within: a place inside of the data directory of another server. Nothing may be put there:
 * that server does not know of it.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "guardian/restore/lay_own.h"

static bool is_data_directory(const char *path, struct gd_arena *arena)
{
    struct stat about;
    return stat(gd_arena_printf(arena, "%s/PG_VERSION", path), &about) == 0 &&
           stat(gd_arena_printf(arena, "%s/global/pg_control", path), &about) == 0;
}

static bool is_same(const char *path, const char *other)
{
    struct stat one, two;
    return stat(path, &one) == 0 && stat(other, &two) == 0 && one.st_dev == two.st_dev &&
           one.st_ino == two.st_ino;
}

/* What it lies in: "/a" of "/a/b//". @return false: it lies in nothing */
static bool go_up(char *path)
{
    size_t length = strlen(path);
    while (length > 1 && path[length - 1] == '/')
        length--;
    if (length <= 1)
        return false;
    while (length > 0 && path[length - 1] != '/')
        length--;
    while (length > 1 && path[length - 1] == '/')
        length--;
    path[length] = '\0';
    return length > 0;
}

/* The nearest folder above it that is there, with no links in its name. */
static char *folder_above(const char *path, struct gd_arena *arena)
{
    char *at = gd_arena_strdup(arena, path), *real = NULL;
    while (real == NULL && go_up(at))
        real = realpath(at, NULL);
    if (real == NULL)
        return NULL;
    at = gd_arena_strdup(arena, real);
    free(real);
    return at;
}

struct gd_status gd_lay_check_within(const struct gd_lay *lay, const char *path,
                                     struct gd_error *err)
{
    char *at = folder_above(path, lay->arena);
    for (bool up = at != NULL; up; up = go_up(at))
        if (is_data_directory(at, lay->arena) && !is_same(at, lay->options->folder))
            return gd_hint(err,
                           gd_fail(err, GD_USAGE,
                                   "\"%s\" lies in \"%s\", which is another data directory", path,
                                   at),
                           "Name a folder outside of it.");
    return GD_DONE;
}
