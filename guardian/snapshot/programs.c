#include "guardian/snapshot/programs.h"
#include "guardian/base/clock.h"

#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "guardian/base/clock.h"
#include "guardian/io/process.h"

enum { PLACES_MAX = 64, VERSION_TEXT_MAX = 512, VERSION_LIMIT_MS = 20000 };

/* A file that may be the program, and the major version that its folder promises; 0: none. */
struct place {
    const char *path;
    int major;
};

struct places {
    struct place items[PLACES_MAX];
    size_t count;
};

static bool is_program(const char *path)
{
    struct stat file;
    return stat(path, &file) == 0 && S_ISREG(file.st_mode) && access(path, X_OK) == 0;
}

static void add_place(struct places *places, const char *path, int major)
{
    if (places->count < PLACES_MAX && is_program(path))
        places->items[places->count++] = (struct place){path, major};
}

static int by_major(const struct dirent **left, const struct dirent **right)
{
    return (int)strtol((*left)->d_name, NULL, 10) - (int)strtol((*right)->d_name, NULL, 10);
}

static int is_major(const struct dirent *entry)
{
    size_t digits = strspn(entry->d_name, "0123456789");
    return digits > 0 && digits < 4 && entry->d_name[digits] == '\0';
}

static int is_pgsql(const struct dirent *entry)
{
    return strncmp(entry->d_name, "pgsql-", 6) == 0 && isdigit((unsigned char)entry->d_name[6]);
}

static void add_debian(struct places *places, const char *name, struct gd_arena *arena)
{
    struct dirent **found = NULL;
    int count = scandir("/usr/lib/postgresql", &found, is_major, by_major);
    for (int i = 0; i < count; i++) {
        const char *path =
            gd_arena_printf(arena, "/usr/lib/postgresql/%s/bin/%s", found[i]->d_name, name);
        add_place(places, path, (int)strtol(found[i]->d_name, NULL, 10));
        free(found[i]);
    }
    free(found);
}

static void add_red_hat(struct places *places, const char *name, struct gd_arena *arena)
{
    struct dirent **found = NULL;
    int count = scandir("/usr", &found, is_pgsql, NULL);
    for (int i = 0; i < count; i++) {
        const char *path = gd_arena_printf(arena, "/usr/%s/bin/%s", found[i]->d_name, name);
        add_place(places, path, (int)strtol(found[i]->d_name + 6, NULL, 10));
        free(found[i]);
    }
    free(found);
}

static void add_all(struct places *places, const char *name, struct gd_arena *arena)
{
    const char *folder = getenv("GUARDIAN_PG_BIN");
    if (folder != NULL && *folder != '\0')
        add_place(places, gd_arena_printf(arena, "%s/%s", folder, name), 0);
    add_debian(places, name, arena);
    add_red_hat(places, name, arena);
    const char *path = gd_process_find(name, arena);
    if (path != NULL)
        add_place(places, path, 0);
}

/* "pg_dump (PostgreSQL) 15.18 (Debian …)": 150018; 18beta1: 180000. 0: it is not of PostgreSQL. */
static int read_version(const char *text)
{
    static const char mark[] = "(PostgreSQL) ";
    const char *found = strstr(text, mark);
    if (found == NULL)
        return 0;
    char *end = NULL;
    long major = strtol(found + strlen(mark), &end, 10);
    long minor = *end == '.' ? strtol(end + 1, NULL, 10) : 0;
    return major < 1 || major > 999 || minor < 0 || minor > 9999 ? 0 : (int)(major * 10000 + minor);
}

GD_MUST static struct gd_status ask_version(const char *path, struct gd_arena *arena,
                                            struct gd_program *out_program, struct gd_error *err)
{
    const char *const argv[] = {path, "--version", NULL};
    struct gd_process_options options = {
        .argv = argv, .read_output = true, .limit_ms = VERSION_LIMIT_MS};
    gd_auto_process process = NULL;
    char *text = NULL;
    size_t size = 0;
    int ended = 0;
    GD_TRY(gd_process_start(&options, &process, err));
    GD_TRY(gd_source_all(gd_process_output(process), VERSION_TEXT_MAX, &text, &size, err));
    const char *kept = gd_arena_strndup(arena, text, strcspn(text, "\r\n"));
    free(text);
    GD_TRY(gd_process_finish(process, &ended, err));
    *out_program = (struct gd_program){.path = path, .text = kept, .version = read_version(kept)};
    if (out_program->version == 0)
        return gd_fail(err, GD_USAGE, "could not use \"%s\": it is no program of PostgreSQL", path);
    return GD_DONE;
}

static int major_of(int version)
{
    return version / 10000;
}

/* What the option names is taken, or it is an error: nobody wants another one then. */
GD_MUST static struct gd_status use_asked(const char *name, const char *asked, int server_version,
                                          struct gd_arena *arena, struct gd_program *out_program,
                                          struct gd_error *err)
{
    struct stat file;
    const char *path = asked;
    if (stat(asked, &file) == 0 && S_ISDIR(file.st_mode))
        path = gd_arena_printf(arena, "%s/%s", asked, name);
    if (!is_program(path))
        return gd_fail(err, GD_USAGE, "could not use \"%s\": it is no program", path);
    struct gd_program program;
    GD_TRY(ask_version(path, arena, &program, err));
    if (major_of(program.version) < major_of(server_version))
        return gd_hint(err,
                       gd_fail(err, GD_USAGE,
                               "could not use \"%s\": it is of PostgreSQL %d, and the server is %d",
                               path, major_of(program.version), major_of(server_version)),
                       "A %s of the server's version or newer is needed.", name);
    *out_program = program;
    return GD_DONE;
}

/* Is `found` a better choice than `best`? The oldest that is not too old; for any server, the
 * newest. */
static bool is_better(const struct gd_program *found, const struct gd_program *best,
                      int server_version)
{
    if (major_of(found->version) < major_of(server_version))
        return false;
    if (best->path == NULL)
        return true;
    return server_version == 0 ? found->version > best->version
                               : major_of(found->version) < major_of(best->version);
}

/* By what its folder promises, it need not even be asked. */
static bool is_hopeless(const struct place *place, const struct gd_program *best,
                        int server_version)
{
    if (place->major == 0)
        return best->path != NULL && server_version != 0 &&
               major_of(best->version) == major_of(server_version);
    if (place->major < major_of(server_version))
        return true;
    return best->path != NULL && server_version != 0 && place->major >= major_of(best->version);
}

GD_MUST static struct gd_status none_fits(const char *name, const struct places *places,
                                          const char *found, int server_version,
                                          struct gd_error *err)
{
    int major = major_of(server_version);
    GD_TRY(gd_interrupt_check(err)); /* they were not asked to their end */
    if (places->count == 0)
        return gd_hint(err,
                       gd_fail(err, GD_USAGE,
                               "could not find %s: it is not in PATH, nor where "
                               "packages put it",
                               name),
                       "Install PostgreSQL's client programs%s, or name the file with an option.",
                       major == 0 ? "" : " of the server's version");
    return gd_hint(
        err,
        gd_fail(err, GD_USAGE, "could not find a %s for a server of PostgreSQL %d: there is only%s",
                name, major, found),
        "A %s refuses servers newer than itself. Install postgresql-client-%d, or name the "
        "folder of one with GUARDIAN_PG_BIN.",
        name, major);
}

struct gd_status gd_program_find(const char *name, const char *asked, int server_version,
                                 struct gd_arena *arena, struct gd_program *out_program,
                                 struct gd_error *err)
{
    if (asked != NULL && *asked != '\0')
        return use_asked(name, asked, server_version, arena, out_program, err);
    struct places places = {.count = 0};
    struct gd_program best = {0};
    const char *found = "";
    add_all(&places, name, arena);
    for (size_t i = 0; i < places.count; i++) {
        const struct place *place = &places.items[i];
        struct gd_program program = {.path = place->path, .version = place->major * 10000};
        struct gd_error ignored = {0};
        bool hopeless = is_hopeless(place, &best, server_version);
        if (!hopeless && ask_version(place->path, arena, &program, &ignored).code != GD_OK)
            continue;
        if (!hopeless && is_better(&program, &best, server_version))
            best = program;
        found = gd_arena_printf(arena, "%s%s %d (%s)", found, *found == '\0' ? "" : ",",
                                major_of(program.version), place->path);
    }
    if (best.path == NULL)
        return none_fits(name, &places, found, server_version, err);
    *out_program = best;
    return GD_DONE;
}
