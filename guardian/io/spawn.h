/*
 * spawn: fork and exec, for io/process.c and proxy/child.c.
 *
 * Invariant  A signal at the death of the parent (prctl) comes when the *thread* ends that forked;
 *            so one thread, which lives as long as the process, forks for all.
 */
#ifndef GUARDIAN_IO_SPAWN_H
#define GUARDIAN_IO_SPAWN_H

#include <sys/types.h>

#include <stdbool.h>

#include "guardian/base/status.h"

struct gd_spawn {
    const char *path; /* of the program */
    char *const *argv, *const *environment;
    const char *folder; /* NULL: stay */
    uid_t uid;          /* 0: stay */
    gid_t gid;
    bool (*before)(const void *before_context); /* as in gd_process_options */
    const void *before_context;
    int input, output, errors; /* descriptors for 0, 1 and 2; all above 2, all close-on-exec */
};

/** Returns when the program runs. @return GD_SYSTEM a step before failed; nothing is left of it */
GD_MUST struct gd_status gd_spawn(const struct gd_spawn *spawn, pid_t *out_pid,
                                  struct gd_error *err);

#endif
