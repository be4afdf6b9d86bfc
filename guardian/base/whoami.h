/*
 * Whoami: who runs this program, and where; for records.
 */
#ifndef GUARDIAN_BASE_WHOAMI_H
#define GUARDIAN_BASE_WHOAMI_H

#include "guardian/base/arena.h"

/** "ada", or "uid 1000" for a user without a name. */
const char *gd_whoami(struct gd_arena *arena);
/** The machine's name; "" when it has none. */
const char *gd_hostname(struct gd_arena *arena);

#endif
