/*
 * fd: open descriptors, read and written in full.
 *
 * Invariant  A pipe whose reader is gone is a status (GD_SYSTEM), never a SIGPIPE.
 */
#ifndef GUARDIAN_IO_FD_H
#define GUARDIAN_IO_FD_H

#include <stddef.h>

#include "guardian/base/status.h"

/** `called` names it in error texts. Waits where a descriptor that does not block is full.
 *  @return GD_SYSTEM also when asked to stop */
GD_MUST struct gd_status gd_fd_write_all(int fd, const char *called, const void *data, size_t size,
                                         struct gd_error *err);

/** Up to `size` bytes; *out_size 0 is the end. @return GD_SYSTEM also when asked to stop */
GD_MUST struct gd_status gd_fd_read(int fd, const char *called, void *buffer, size_t size,
                                    size_t *out_size, struct gd_error *err);

/** Close `*fd` if it is open, and set it to -1; what close() says does not matter any more. */
void gd_fd_drop(int *fd);

/** Hand over: the value of `*fd`, which is -1 afterwards. */
static inline int gd_fd_move(int *fd)
{
    int moved = *fd;
    *fd = -1;
    return moved;
}

static inline void gd_fd_cleanup_(int *fd)
{
    gd_fd_drop(fd);
}
#define gd_auto_fd __attribute__((cleanup(gd_fd_cleanup_))) int

#endif
