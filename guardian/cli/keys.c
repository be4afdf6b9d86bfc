#include "guardian/cli/keys.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "guardian/io/fd.h"
#include "guardian/io/file.h"
#include "guardian/io/hmac.h"
#include "guardian/io/process.h"

enum { TEXT_MAX = 64 * 1024, COMMAND_MS = 60000 };

/* --- which of the three ------------------------------------------------------------------------
 */

struct choice {
    enum gd_option_id option;
    const char *value; /* "": not set */
    const char *called;
};

static struct gd_status choose(const struct gd_config *config, struct choice *out_choice,
                               struct gd_error *err)
{
    const struct choice choices[] = {
        {GD_OPTION_key, config->key, config->origins[GD_OPTION_key].called},
        {GD_OPTION_key_file, config->key_file, config->origins[GD_OPTION_key_file].called},
        {GD_OPTION_key_command, config->key_command, config->origins[GD_OPTION_key_command].called},
    };
    struct choice best = {.value = ""};
    enum gd_origin best_origin = GD_FROM_DEFAULT;
    for (size_t i = 0; i < sizeof choices / sizeof choices[0]; i++) {
        enum gd_origin origin = config->origins[choices[i].option].origin;
        if (choices[i].value[0] == '\0' || origin < best_origin)
            continue;
        if (best.value[0] != '\0' && origin == best_origin)
            return gd_hint(
                err,
                gd_fail(err, GD_USAGE, "both %s and %s name a key", best.called, choices[i].called),
                "Set one of them.");
        best = choices[i];
        best_origin = origin;
    }
    *out_choice = best;
    return GD_DONE;
}

/* --- read it -----------------------------------------------------------------------------------
 */

/* A secret that was read into memory of its own. */
struct secret {
    char *text;
    size_t size;
};

static void secret_cleanup(struct secret *secret)
{
    if (secret->text != NULL)
        gd_wipe(secret->text, secret->size);
    free(secret->text);
}
#define auto_secret __attribute__((cleanup(secret_cleanup))) struct secret

/* More than fits is nothing stored that went bad: the wrong thing was named. */
static struct gd_status read_secret(struct gd_source *source, struct secret *secret,
                                    struct gd_error *err)
{
    struct gd_status status = gd_source_all(source, TEXT_MAX, &secret->text, &secret->size, err);
    if (status.code == GD_CORRUPT)
        return gd_fail(err, GD_USAGE, "this is no key: there are more than %d bytes", TEXT_MAX);
    return status;
}

/* Anything but a file (a pipe of the shell's, for one) has no mode that says something. */
static struct gd_status check_mode(const char *path, const struct stat *about,
                                   const struct gd_events *events, struct gd_error *err)
{
    if (!S_ISREG(about->st_mode))
        return GD_DONE;
    if ((about->st_mode & (S_IWGRP | S_IWOTH)) != 0)
        return gd_hint(
            err,
            gd_fail(err, GD_USAGE, "others than its owner can write to the key file \"%s\"", path),
            "Whoever can change the key can make every backup worthless: chmod 600 it.");
    if ((about->st_mode & S_IROTH) != 0)
        gd_tell_warning(events, "chmod 600 it, unless it is a secret that a container was given.",
                        "everybody on this machine can read the key file \"%s\"", path);
    return GD_DONE;
}

static struct gd_status read_file(const char *path, const struct gd_events *events,
                                  struct secret *secret, struct gd_error *err)
{
    gd_auto_fd fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat about = {0};
    if (fd < 0 || fstat(fd, &about) != 0)
        return gd_fail(err, errno == ENOENT ? GD_USAGE : GD_SYSTEM,
                       "could not open the key file \"%s\": %s", path, strerror(errno));
    GD_TRY(check_mode(path, &about, events, err));
    gd_auto_source source = gd_fd_source_new(fd, "the key file");
    return read_secret(source, secret, err);
}

static const char *const *split(const char *command, struct gd_arena *arena)
{
    static const char blanks[] = " \t";
    const char **argv = gd_arena_zalloc(arena, strlen(command) + 1, sizeof *argv);
    size_t count = 0;
    for (command += strspn(command, blanks); *command != '\0'; command += strspn(command, blanks)) {
        size_t length = strcspn(command, blanks);
        argv[count++] = gd_arena_strndup(arena, command, length);
        command += length;
    }
    return argv;
}

static struct gd_status run_command(const char *command, struct gd_arena *arena,
                                    struct secret *secret, struct gd_error *err)
{
    struct gd_process_options options = {
        .argv = split(command, arena), .read_output = true, .limit_ms = COMMAND_MS};
    if (options.argv[0] == NULL)
        return gd_fail(err, GD_USAGE, "it names no program");
    gd_auto_process process = NULL;
    GD_TRY(gd_process_start(&options, &process, err));
    GD_TRY(read_secret(gd_process_output(process), secret, err));
    return gd_process_finish(process, NULL, err);
}

static struct gd_status load(const struct choice *choice, struct gd_arena *arena,
                             const struct gd_events *events, struct gd_key **out_key,
                             struct gd_error *err)
{
    auto_secret secret = {0};
    if (choice->option == GD_OPTION_key)
        return gd_key_parse(choice->value, out_key, err);
    if (choice->option == GD_OPTION_key_file)
        GD_TRY(read_file(choice->value, events, &secret, err));
    else
        GD_TRY(run_command(choice->value, arena, &secret, err));
    return gd_key_parse(secret.text, out_key, err);
}

struct gd_status gd_cli_key(const struct gd_config *config, struct gd_arena *arena,
                            const struct gd_events *events, struct gd_key **out_key,
                            struct gd_error *err)
{
    struct choice choice;
    GD_TRY(choose(config, &choice, err));
    *out_key = NULL;
    if (choice.value[0] == '\0')
        return GD_DONE;
    struct gd_status status = load(&choice, arena, events, out_key, err);
    return status.code == GD_OK ? status : gd_wrap(err, status, "%s: ", choice.called);
}

const char *gd_cli_key_called(const struct gd_config *config, struct gd_arena *arena)
{
    struct choice choice;
    struct gd_error unused = {0};
    if (choose(config, &choice, &unused).code != GD_OK || choice.value[0] == '\0')
        return NULL;
    if (choice.option == GD_OPTION_key)
        return choice.called;
    return gd_arena_printf(arena, "%s \"%s\"", choice.called, choice.value);
}
