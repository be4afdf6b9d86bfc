/*
 * Generate: the texts that are derived from the tables of options and commands.
 *
 * Invariant 1  Nothing about a single option stands in these functions; a row is all there is.
 * Invariant 2  The same build always makes the same bytes: no date, no path, no host.
 */
#ifndef GUARDIAN_CONFIG_GENERATE_H
#define GUARDIAN_CONFIG_GENERATE_H

#include <stdio.h>

void gd_generate_man(FILE *to);
void gd_generate_bash(FILE *to);
void gd_generate_zsh(FILE *to);
void gd_generate_fish(FILE *to);
void gd_generate_sample(FILE *to);   /* guardian.yaml, everything commented out */
void gd_generate_options(FILE *to);  /* docs/reference/options.md */
void gd_generate_commands(FILE *to); /* docs/reference/commands.md */

#endif
