/*
 * Ask: a person on a terminal says yes, or nothing is done.
 */
#ifndef GUARDIAN_CLI_ASK_H
#define GUARDIAN_CLI_ASK_H

#include "guardian/base/status.h"

struct gd_config;
struct gd_plan;

/** Show a plan, on stderr where the question is, and wait for "yes".
 *  @return GD_REFUSED  the answer was another one, or the policy wants one and there is nobody */
GD_MUST struct gd_status gd_cli_ask_plan(const struct gd_config *config, const struct gd_plan *plan,
                                         struct gd_error *err);

/**
 * Show `what` and wait for "yes". Without a terminal, or with --yes, there is nobody to ask: go on.
 *
 * @param what  full sentences: what is about to happen
 * @return GD_REFUSED  the answer was another one, or none
 */
GD_MUST struct gd_status gd_cli_ask(const struct gd_config *config, const char *what,
                                    struct gd_error *err);

#endif
