/*
 * Rollback, for guardian rollback and for guardian plan --rollback.
 */
#ifndef GUARDIAN_CLI_CMD_ROLLBACK_H
#define GUARDIAN_CLI_CMD_ROLLBACK_H

#include "guardian/config/config.h"

/** @param text  a change as a person names it, or "last"
 *  @param dry   only the plan
 *  @return the exit status of the process */
GD_MUST int gd_cli_rollback(const struct gd_config *config, const char *text, bool dry);

#endif
