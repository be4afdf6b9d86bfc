/*
 * Ask about a statement that is held, on the terminal that the command behind the door uses, too.
 *
 * What is typed goes to the process that reads it, and ^C to all of the foreground group: while the
 * question stands the terminal makes no signals, so that ^C is an answer (no) and ends nobody.
 */
#ifndef GUARDIAN_CLI_ASK_HELD_H
#define GUARDIAN_CLI_ASK_HELD_H

#include "guardian/guard/run.h"

struct gd_config;
struct gd_progress;

/** @return GD_RUN_NOBODY  stderr is no terminal, or not the one that we are in front of */
enum gd_run_answer gd_cli_ask_held(const struct gd_config *config, struct gd_progress *progress,
                                   const struct gd_run_question *question);

#endif
