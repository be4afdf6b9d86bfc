#include <stdio.h>

#include "guardian/cli/cmd.h"

static const struct {
    const char *verb, *arguments, *summary;
} commands[] = {
#define GD_COMMAND(verb, arguments, summary, ...) {#verb, arguments, summary},
#include "guardian/config/commands.def"
#undef GD_COMMAND
};

int gd_cmd_help(const struct gd_config *config, int argc, char **argv)
{
    (void)config, (void)argc, (void)argv;
    puts("usage: guardian COMMAND [ARGUMENTS]\n");
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
        printf("  %-10s %-14s %s\n", commands[i].verb, commands[i].arguments, commands[i].summary);
    return 0;
}
