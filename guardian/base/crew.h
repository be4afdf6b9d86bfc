/*
 * Crew: a few threads that share a list of tasks, for things that wait for a network.
 *
 * Invariant 1  Tasks are begun in order. The first failure ends the list: what runs is waited for,
 *              nothing new is begun. Invariant 2  With no thread to be had it is all the same: the
 *              caller works, too.
 */
#ifndef GUARDIAN_BASE_CREW_H
#define GUARDIAN_BASE_CREW_H

#include <stddef.h>

#include "guardian/base/arena.h"
#include "guardian/base/status.h"

/** One task. `scratch` is the thread's own and empty; `context` is shared: lock what is written. */
typedef struct gd_status gd_crew_task_fn(void *context, size_t index, struct gd_arena *scratch,
                                         struct gd_error *err);

/** Run tasks 0 to count - 1 with at most `workers` (1 to 64) at a time.
 *  @return the status of a task that failed first, with its words in `err` */
GD_MUST struct gd_status gd_crew_run(size_t count, unsigned workers, gd_crew_task_fn *task,
                                     void *context, struct gd_error *err);

#endif
