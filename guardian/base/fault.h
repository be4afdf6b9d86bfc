/*
 * fault: places at which a test can break the world.
 *
 * GD_TRY(gd_fault("fs: before rename", err)) does nothing, unless a test armed it in this process
 * (gd_fault_arm) or, in builds with GD_FAULTS, through the environment:
 *   GUARDIAN_FAULT=7          the 7th point reached fails with GD_INJECTED;
 *   GUARDIAN_FAULT=7:exit     the process ends there at once (_exit 99), as in a crash;
 *   GUARDIAN_FAULT=7:stop     the process is stopped there (SIGSTOP), and goes on unharmed;
 *   GUARDIAN_FAULT=@NAME      the same for the point NAME when it is reached first; also @NAME#3
 *                             for the third time, and with :exit or :stop;
 *   GUARDIAN_FAULT=list       nothing fails; the name of each point that is reached goes to stderr;
 *   GUARDIAN_FAULT=count      nothing fails; the number of points goes to stderr at exit.
 * Release builds do not read the environment.
 */
#ifndef GUARDIAN_BASE_FAULT_H
#define GUARDIAN_BASE_FAULT_H

#include <stdbool.h>

#include "guardian/base/status.h"

/** Thread-safe: points are counted over all threads. */
GD_MUST struct gd_status gd_fault(const char *point, struct gd_error *err);

void gd_fault_arm(unsigned nth);       /* 0: off; starts counting anew */
void gd_fault_arm_crash(unsigned nth); /* the same, but the process ends there: for a child */
bool gd_fault_fired(void);
unsigned gd_fault_count(void);

#endif
