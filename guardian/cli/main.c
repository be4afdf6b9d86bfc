/*
 * guardian: read the settings, find the command, end with its exit status.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "guardian/base/clock.h"
#include "guardian/cli/cmd.h"
#include "guardian/cli/ending.h"
#include "guardian/cli/wal.h"
#include "guardian/config/config.h"
#include "guardian/config/help.h"
#include "guardian/sql/tree.h"
#include "guardian/version.h"

/* In the order of gd_commands: both are expansions of commands.def. */
static int (*const functions[])(const struct gd_config *config, int argc, char **argv) = {
#define GD_COMMAND(verb, ...) gd_cmd_##verb,
#include "guardian/config/commands.def"
#undef GD_COMMAND
};

static int print_version(void)
{
    printf("guardian %s (grammar of PostgreSQL %s)\n", gd_version(), gd_grammar_version());
    return gd_cli_end(0);
}

/* Commands that move data end in order when they are asked to stop; the others just end. */
static int run_command(const struct gd_config *config, const struct gd_request *request)
{
    if (gd_option_is_for(&gd_options[GD_OPTION_store], request->command->verb))
        gd_interrupt_watch();
    return functions[request->command - gd_commands](config, request->argc, request->argv);
}

static int run(const struct gd_config *config, const struct gd_request *request)
{
    if (config->version)
        return print_version();
    if (config->help && request->command != NULL)
        gd_help_print_command(request->command, stdout);
    else if (config->help)
        gd_help_print(stdout);
    else if (request->command != NULL)
        return run_command(config, request);
    else {
        gd_help_print(stderr);
        return gd_exit_status(GD_USAGE);
    }
    return gd_cli_end(0);
}

/* Not even read what it should do: for restore_command that must not pass for the end of the WAL.
 */
static int refuse(char **words, const struct gd_error *err)
{
    bool wal = false, fetches = false;
    for (; *words != NULL; words++) {
        fetches = fetches || (wal && strcmp(*words, "fetch") == 0);
        wal = wal || strcmp(*words, "wal") == 0;
    }
    int status = gd_cli_fail(err);
    return fetches ? GD_WAL_TROUBLE : status;
}

int main(int argc, char **argv)
{
    struct gd_error err = {0};
    struct gd_config config;
    struct gd_request request;
    gd_auto_arena arena = gd_arena_new();
    char **words = argc > 0 ? argv + 1 : argv; /* a caller may pass no name at all */
    if (gd_config_load(arena, words, (const char *const *)environ, &config, &request, &err).code !=
        GD_OK)
        return refuse(words, &err);
    for (const char *const *warning = config.warnings; *warning != NULL && !config.quiet; warning++)
        fprintf(stderr, "warning: %s\n", *warning);
    return run(&config, &request);
}
