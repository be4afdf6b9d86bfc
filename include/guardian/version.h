/*
 * Version: which libguardian is running, as against which headers were compiled in.
 */
#ifndef GUARDIAN_VERSION_H
#define GUARDIAN_VERSION_H

#include "guardian/export.h"

#ifdef __cplusplus
extern "C" {
#endif

/** "major.minor.patch" of the library that is running; a constant, never NULL. */
GD_EXPORT const char *gd_version(void);

#ifdef __cplusplus
}
#endif

#endif
