#include <stdio.h>

#include "guardian/cli/cmd.h"
#include "guardian/cli/ending.h"
#include "guardian/config/config.h"
#include "guardian/config/help.h"

int gd_cmd_help(const struct gd_config *config, int argc, char **argv)
{
    (void)config;
    struct gd_error err = {0};
    const struct gd_command *command = NULL;
    if (argc > 1) {
        (void)gd_fail(&err, GD_USAGE, "help is about one command at a time").code;
        return gd_cli_fail(&err);
    }
    if (argc == 1 && gd_command_find(argv[0], &command, &err).code != GD_OK)
        return gd_cli_fail(&err);
    if (command == NULL)
        gd_help_print(stdout);
    else
        gd_help_print_command(command, stdout);
    return gd_cli_end(0);
}
