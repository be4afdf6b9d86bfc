/*
 * guardian: find the command, hand it its settings, end with its exit status.
 */
#include <stdio.h>
#include <string.h>

#include "guardian/base/status.h"
#include "guardian/cli/cmd.h"
#include "guardian/version.h"

static const struct {
    const char *verb;
    int (*run)(const struct gd_config *config, int argc, char **argv);
} commands[] = {
#define GD_COMMAND(verb, ...) {#verb, gd_cmd_##verb},
#include "guardian/config/commands.def"
#undef GD_COMMAND
};

int main(int argc, char **argv)
{
    if (argc < 2 || strcmp(argv[1], "--help") == 0)
        return gd_cmd_help(NULL, 0, NULL);
    if (strcmp(argv[1], "--version") == 0)
        return printf("guardian %s\n", gd_version()) < 0;
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
        if (strcmp(argv[1], commands[i].verb) == 0)
            return commands[i].run(NULL, argc - 2, argv + 2);
    fprintf(stderr, "guardian: there is no command \"%s\"\n", argv[1]);
    return gd_exit_status(GD_USAGE);
}
