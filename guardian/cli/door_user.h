/*
 * A user of the door: a line in the file of --users, for guardian proxy --add-user.
 */
#ifndef GUARDIAN_CLI_DOOR_USER_H
#define GUARDIAN_CLI_DOOR_USER_H

#include "guardian/base/status.h"

struct gd_config;

/** Ask for the password of --add-user, and put name and verifier into --users, in the place of an
 *  older line of that name; without --users on stdout. The file stays as it was or is whole.
 *  @return GD_USAGE  no password that can be used, or no name; GD_SYSTEM  the file */
GD_MUST struct gd_status gd_cli_add_user(const struct gd_config *config, struct gd_error *err);

#endif
