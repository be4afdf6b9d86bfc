/*
 * Child: the command of `guardian run`, from start to end. One at a time.
 *
 * Invariant 1  It has our terminal, our standard input and outputs, and nothing else of ours but
 *              the environment that it is given.
 * Invariant 2  SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGWINCH, SIGTSTP and SIGCONT
 *              that reach us reach it, once: with a terminal it shares our process group, and what
 *              is typed there is not passed on. One that does not end in time is ended with all
 *              that it has started.
 * Invariant 3  What it leaves behind is reaped, as process 1 and otherwise.
 * Invariant 4  It gets SIGTERM when we die.
 */
#ifndef GUARDIAN_PROXY_CHILD_H
#define GUARDIAN_PROXY_CHILD_H

#include <stdint.h>
#include <sys/types.h>

#include "guardian/base/arena.h"
#include "guardian/base/texts.h"

struct gd_child;

struct gd_child_options {
    const char *const *argv;            /* ends with NULL; argv[0] is looked up in PATH */
    const struct gd_texts *environment; /* as gd_process_options */
    const int *descriptors;             /* its 0, 1 and 2; NULL: ours */
    uint32_t grace_ms; /* from the first signal that asks it to end (not ^C on a terminal) to
                     SIGKILL for it and its own; 0: 10,000 */
};

/** From here until gd_child_free() signals are for the child. gd_interrupted() hears of one that
 * asked it to end once it has ended, and not well: what we still do for it (a backup that its
 * statement waits for) is not wanted any more. gd_child_free() forgets that, so that a run can be
 * closed properly.
 *  @return GD_USAGE there is no such program, or it may not be run; GD_SYSTEM */
GD_MUST struct gd_status gd_child_start(const struct gd_child_options *options,
                                        struct gd_child **out_child, struct gd_error *err);
/** Readable when something may have happened: for the event loop, or poll. */
int gd_child_descriptor(const struct gd_child *child);
/** Passes signals on, reaps. On the main thread: orphans are its children. @return false: it still
 * runs. @param out_exit its status, or 128 + signal, as a shell gives it */
bool gd_child_look(struct gd_child *child, int *out_exit);
/** Blocks until it has ended. */
int gd_child_wait(struct gd_child *child);
void gd_child_signal(struct gd_child *child, int number); /* to its group */
void gd_child_free(struct gd_child *child);               /* ends it first; NULL is fine */

/** The last thing of a run, with its status: one that ^C ended ends us by the same signal, so that
 * a script around us does not go on. Returns otherwise, and as process 1. */
void gd_child_follow(int exit);

static inline void gd_child_cleanup_(struct gd_child **child)
{
    gd_child_free(*child);
}
#define gd_auto_child __attribute__((cleanup(gd_child_cleanup_))) struct gd_child *

#endif
