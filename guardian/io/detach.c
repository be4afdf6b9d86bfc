#include "guardian/io/detach.h"

#include <assert.h>

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { FIRST_FREE = 3 };

/* Everything but `keep`, which may be any number above 2. */
static void close_all_but(int keep)
{
    if (keep > FIRST_FREE)
        (void)close_range(FIRST_FREE, (unsigned)keep - 1, 0);
    (void)close_range((unsigned)keep + 1, ~0U, 0);
}

static bool be_nobodys(int keep)
{
    int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (nothing < 0 || setsid() < 0)
        return false;
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (dup2(nothing, fd) < 0)
            return false;
    close_all_but(keep);
    return true;
}

/* Forked twice, so that init reaps it, whatever becomes of us. */
_Noreturn static void become(int keep, int (*work)(int keep, void *context), void *context)
{
    if (!be_nobodys(keep))
        _exit(1);
    pid_t pid = fork();
    if (pid != 0)
        _exit(pid < 0);
    _exit(work(keep, context));
}

struct gd_status gd_detach(int keep, int (*work)(int keep, void *context), void *context,
                           struct gd_error *err)
{
    int ended = 0;
    assert(keep >= FIRST_FREE);
    pid_t pid = fork();
    if (pid == 0)
        become(keep, work, context);
    while (pid > 0 && waitpid(pid, &ended, 0) < 0)
        if (errno != EINTR)
            return gd_fail(err, GD_SYSTEM, "could not wait for a process: %s", strerror(errno));
    if (pid < 0 || ended != 0)
        return gd_fail(err, GD_SYSTEM, "could not start a process in the background: %s",
                       pid < 0 ? strerror(errno) : "it could not let go of this one");
    return GD_DONE;
}
