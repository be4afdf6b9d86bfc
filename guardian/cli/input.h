/*
 * Input: the scripts that a command line names.
 */
#ifndef GUARDIAN_CLI_INPUT_H
#define GUARDIAN_CLI_INPUT_H

#include "guardian/base/arena.h"
#include "guardian/base/status.h"
#include "guardian/classify/classify.h"

/** One input per operand; "-" reads standard input to its end. A directory stands for its *.sql
 *  files, and for those of its sub-directories, in the order of their paths (so that a folder of
 *  migrations is read in the order in which it is applied).
 *  @return GD_USAGE when there is no operand, or nothing to read under one */
GD_MUST struct gd_status gd_inputs_of(int argc, char **argv, struct gd_arena *arena,
                                      struct gd_input **out_inputs, size_t *out_count,
                                      struct gd_error *err);

#endif
