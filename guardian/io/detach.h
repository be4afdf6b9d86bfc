/*
 * detach: a part of this program that goes on when the program has ended.
 *
 * Invariant  It holds nothing of whoever started us: a session of its own, its input and outputs on
 *            /dev/null, no other descriptor than the one that it was given. So nobody waits for it,
 *            and no pipe stays open because of it.
 */
#ifndef GUARDIAN_IO_DETACH_H
#define GUARDIAN_IO_DETACH_H

#include "guardian/base/status.h"

/** Run `work` in a process of its own, which ends with the status that it returns. Only before this
 *  process has made a second thread. @param keep  the one descriptor that it keeps
 *  @return GD_SYSTEM there is no such process */
GD_MUST struct gd_status gd_detach(int keep, int (*work)(int keep, void *context), void *context,
                                   struct gd_error *err);

#endif
