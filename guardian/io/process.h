/*
 * process: a child program with pipes: pg_dump, pg_restore, a server of our own, credential
 * helpers.
 *
 * Invariant 1  No shell: argv goes to the program as it is. Secrets go by environment or pipe only.
 * Invariant 2  A child does not outlive us: it gets SIGTERM when this process dies (prctl), and is
 *              reaped. It inherits no descriptor but 0, 1 and 2.
 * Invariant 3  EOF is not success: only gd_process_finish() says how it ended.
 * Owner        One thread at a time; it need not be the one that started the process.
 */
#ifndef GUARDIAN_IO_PROCESS_H
#define GUARDIAN_IO_PROCESS_H

#include <stdbool.h>
#include <sys/types.h>

#include "guardian/base/arena.h"
#include "guardian/io/sink.h"
#include "guardian/io/source.h"

struct gd_process;

struct gd_process_options {
    const char *const *argv; /* argv[0] is looked up in PATH unless it holds a slash */
    const char *const
        *environment;   /* "NAME=value" on top of our own; "NAME" alone removes it; may be NULL */
    const char *folder; /* working directory; NULL: ours */
    uid_t uid;          /* become this user first, 0: stay */
    gid_t gid;
    bool write_input;  /* give gd_process_input(); otherwise stdin is /dev/null */
    bool read_output;  /* give gd_process_output(); otherwise stdout goes to the kept text */
    uint32_t limit_ms; /* 0: none; then SIGTERM, after five seconds SIGKILL */
    /* Called in the child right before the program runs; only what is safe between fork and exec.
     * false with errno: it is not run. May be NULL. */
    bool (*before)(const void *before_context);
    const void *before_context;
};

/** @return GD_SYSTEM the program was not found or could not be run; nothing is left of it */
GD_MUST struct gd_status gd_process_start(const struct gd_process_options *options,
                                          struct gd_process **out_process, struct gd_error *err);
/** Views, not to be freed; finishing the input sink closes the pipe. A write to a program that has
 *  ended fails with what it said last. */
struct gd_sink *gd_process_input(struct gd_process *process);
struct gd_source *gd_process_output(struct gd_process *process);
/** The last 8 KiB of stderr so far (and of stdout when it is not read); control characters but line
 *  ends and tabs are '?'. A view until the next call. */
const char *gd_process_said(struct gd_process *process);

bool gd_process_running(struct gd_process *process);
/** Nothing happens when it has ended. */
void gd_process_signal(struct gd_process *process, int number);

/** Close its pipes and wait for it. One whose input was not finished is ended: it must not take
 * what came for all.
 * @param out_exit  also set on failure: its status, or 128 + signal; may be NULL
 * @return GD_SYSTEM unless it ended by itself with status 0: the text holds what it said last */
GD_MUST struct gd_status gd_process_finish(struct gd_process *process, int *out_exit,
                                           struct gd_error *err);
/** Ends it (SIGTERM, then SIGKILL after five seconds) when it still runs. */
void gd_process_free(struct gd_process *process);

/** The file that PATH gives for `program`, in `arena`; NULL when there is none. */
const char *gd_process_find(const char *program, struct gd_arena *arena);

/** Our own variables with `changes` on top, as in gd_process_options; and a copy of argv: for
 * whoever starts a program without pipes (io/spawn.h). */
char **gd_process_environment(const char *const *changes, struct gd_arena *arena);
char **gd_process_argv(const char *const *argv, struct gd_arena *arena);

static inline void gd_process_cleanup_(struct gd_process **process)
{
    gd_process_free(*process);
}
#define gd_auto_process __attribute__((cleanup(gd_process_cleanup_))) struct gd_process *

#endif
