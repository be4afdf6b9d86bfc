/*
 * Ending: how the program says on stderr what went wrong. The library never prints.
 */
#ifndef GUARDIAN_CLI_ENDING_H
#define GUARDIAN_CLI_ENDING_H

#include "guardian/base/status.h"

/** Print an error, its advice, and whether anything was changed.
 *  @return the exit status of the process, so that a command ends with `return gd_cli_fail(&err);`
 */
GD_MUST int gd_cli_fail(const struct gd_error *err);

/** The same, where a failure may leave something: `ending` is the sentence about that, in the place
 * of "Nothing was changed." NULL: that one. */
GD_MUST int gd_cli_fail_with(const struct gd_error *err, const char *ending);

/** The answer on stdout is complete only when all of it was written: a full disk or a closed pipe
 *  turns success into status 10. Call it last: `return gd_cli_end(status);` */
GD_MUST int gd_cli_end(int exit_status);

#endif
