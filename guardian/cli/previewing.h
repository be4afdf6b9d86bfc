/*
 * Previewing: what a command would do, as text that can be planned like a file. Nothing is changed.
 */
#ifndef GUARDIAN_CLI_PREVIEWING_H
#define GUARDIAN_CLI_PREVIEWING_H

#include "guardian/classify/classify.h"
#include "guardian/config/config.h"

/** A command as people may read it, for good: URLs are left out, and what could be a password ends
 *  it. */
const char *gd_cli_in_words(const char *command, struct gd_arena *arena);

const char *gd_cli_argv_in_words(const char *const *argv, struct gd_arena *arena);
/** Operands as an argv that ends with NULL; the words are views. */
const char *const *gd_cli_words(int argc, char **argv, struct gd_arena *arena);

/** What `config->from` prints on stdout. With a database (`uri` not NULL) it finds that at a door
 *  through which it can only read.
 *  @return GD_USAGE   there is no such program, or it prints what is no text of SQL
 *          GD_SYSTEM  it failed: the text holds what it said last */
GD_MUST struct gd_status gd_cli_preview(const struct gd_config *config, const char *uri,
                                        struct gd_arena *arena, struct gd_input *out_input,
                                        struct gd_error *err);

#endif
