/*
 * Signals of a run: what reaches us is told through a pipe, whatever thread the kernel chose.
 *
 * Invariant  One child at a time: handlers belong to the process. What was set before comes back.
 */
#ifndef GUARDIAN_PROXY_CHILD_SIGNALS_H
#define GUARDIAN_PROXY_CHILD_SIGNALS_H

#include <stdbool.h>

#include "guardian/base/status.h"

struct gd_signal {
    unsigned char number;
    bool by_kernel; /* from the terminal, say: others of our process group were told, too */
};

/** Takes over SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGWINCH, SIGTSTP, SIGCONT and
 *  SIGCHLD; what is ignored (nohup) stays so. gd_interrupted() hears nothing meanwhile.
 *  @param out_descriptor  readable when there is one; a view */
GD_MUST struct gd_status gd_signals_watch(int *out_descriptor, struct gd_error *err);
/** @return false: none is left */
bool gd_signals_next(struct gd_signal *out_signal);
void gd_signals_restore(void);

#endif
