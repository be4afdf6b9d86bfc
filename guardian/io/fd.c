#include "guardian/io/fd.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "guardian/base/clock.h"

enum { WAIT_MS = 100 }; /* to see a signal that another thread was given */

/* write() that says EPIPE without a signal, whatever the program does about SIGPIPE: it is blocked
 * for this thread, and one that was raised meanwhile is taken away. */
static ssize_t write_quietly(int fd, const void *data, size_t size)
{
    sigset_t pipe_signal, before, pending;
    (void)sigemptyset(&pipe_signal);
    (void)sigaddset(&pipe_signal, SIGPIPE);
    (void)sigpending(&pending);
    bool was_pending = sigismember(&pending, SIGPIPE) == 1;
    (void)pthread_sigmask(SIG_BLOCK, &pipe_signal, &before);
    ssize_t written = write(fd, data, size);
    int error = errno;
    if (written < 0 && error == EPIPE && !was_pending)
        (void)sigtimedwait(&pipe_signal, NULL, &(struct timespec){0});
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    errno = error;
    return written;
}

/* @return true when the call that just failed is worth another try, after a wait if need be */
static bool try_again(int fd, short events)
{
    if (errno == EINTR)
        return true;
    if (errno != EAGAIN)
        return false;
    struct pollfd wait = {.fd = fd, .events = events};
    (void)poll(&wait, 1, WAIT_MS);
    return true;
}

struct gd_status gd_fd_write_all(int fd, const char *called, const void *data, size_t size,
                                 struct gd_error *err)
{
    const char *left = data;
    while (size > 0) {
        ssize_t written = write_quietly(fd, left, size);
        if (written >= 0) {
            left += written;
            size -= (size_t)written;
            continue;
        }
        if (!try_again(fd, POLLOUT))
            return gd_fail(err, GD_SYSTEM, "could not write to %s: %s", called, strerror(errno));
        GD_TRY(gd_interrupt_check(err));
    }
    return GD_DONE;
}

struct gd_status gd_fd_read(int fd, const char *called, void *buffer, size_t size, size_t *out_size,
                            struct gd_error *err)
{
    for (;;) {
        ssize_t got = read(fd, buffer, size);
        if (got >= 0) {
            *out_size = (size_t)got;
            return GD_DONE;
        }
        if (!try_again(fd, POLLIN))
            return gd_fail(err, GD_SYSTEM, "could not read %s: %s", called, strerror(errno));
        GD_TRY(gd_interrupt_check(err));
    }
}

void gd_fd_drop(int *fd)
{
    if (*fd >= 0)
        (void)close(*fd);
    *fd = -1;
}
