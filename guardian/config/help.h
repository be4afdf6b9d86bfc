/*
 * Help: what a person reads about commands and options, made of the tables.
 */
#ifndef GUARDIAN_CONFIG_HELP_H
#define GUARDIAN_CONFIG_HELP_H

#include <stdio.h>

#include "guardian/config/options.h"

/** The commands, the options that all of them take, the exit statuses. */
void gd_help_print(FILE *to);

/** One command: its operands, what it does, its options. */
void gd_help_print_command(const struct gd_command *command, FILE *to);

#endif
