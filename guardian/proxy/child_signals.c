#include "guardian/proxy/child_signals.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "guardian/io/fd.h"

static const int watched[] = {SIGTERM, SIGINT,   SIGHUP,  SIGQUIT, SIGUSR1,
                              SIGUSR2, SIGWINCH, SIGTSTP, SIGCONT, SIGCHLD};
enum { WATCHED = sizeof watched / sizeof watched[0] };

static struct sigaction before[WATCHED];
static int ends[2] = {-1, -1}; /* read, write: set before the handlers, closed behind them */

/* Two bytes go into a pipe whole or not at all. */
static void on_signal(int number, siginfo_t *info, void *unused)
{
    (void)unused;
    int kept = errno;
    const struct gd_signal signal = {(unsigned char)number, info->si_code == SI_KERNEL};
    ssize_t written = write(ends[1], &signal, sizeof signal);
    (void)written; /* a full pipe holds thousands that nobody has looked at */
    errno = kept;
}

struct gd_status gd_signals_watch(int *out_descriptor, struct gd_error *err)
{
    assert(ends[0] < 0);
    if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0)
        return gd_fail(err, GD_SYSTEM, "could not make a pipe: %s", strerror(errno));
    struct sigaction action = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | SA_RESTART};
    (void)sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < WATCHED; i++) {
        (void)sigaction(watched[i], NULL, &before[i]);
        if (before[i].sa_handler != SIG_IGN)
            (void)sigaction(watched[i], &action, NULL);
    }
    *out_descriptor = ends[0];
    return GD_DONE;
}

bool gd_signals_next(struct gd_signal *out_signal)
{
    return read(ends[0], out_signal, sizeof *out_signal) == (ssize_t)sizeof *out_signal;
}

void gd_signals_restore(void)
{
    for (size_t i = 0; i < WATCHED; i++)
        (void)sigaction(watched[i], &before[i], NULL);
    gd_fd_drop(&ends[0]);
    gd_fd_drop(&ends[1]);
}
