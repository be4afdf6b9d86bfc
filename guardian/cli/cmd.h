/*
 * Commands: one function per verb, each in guardian/cli/cmd_<verb>.c.
 *
 * A command parses nothing but its own arguments: options have been taken out of argv and stand in
 * `config`. It returns the exit status of the process (gd_exit_status of what the library said).
 */
#ifndef GUARDIAN_CLI_CMD_H
#define GUARDIAN_CLI_CMD_H

struct gd_config;

/** @param argv  what stood after the verb, without options; argv[argc] is NULL */
#define GD_COMMAND(verb, ...)                                                                      \
    int gd_cmd_##verb(const struct gd_config *config, int argc, char **argv);
#include "guardian/config/commands.def"
#undef GD_COMMAND

#endif
