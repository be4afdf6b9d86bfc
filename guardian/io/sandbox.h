/*
 * Sandbox: what a throwaway server may reach, whatever the SQL in it says.
 *
 * A snapshot is untrusted, and its functions run while it is restored. Inside, a program and all
 * that it starts may read the programs and libraries of the system, write below one folder, and
 * speak over unix sockets that it made itself: no connection to anything, no other files, no signal
 * to other programs, no new rights. It cannot be left again.
 *
 * By the kernel's Landlock (5.13) and a system call filter, without any rights of our own; x86-64
 * and arm64 only.
 */
#ifndef GUARDIAN_IO_SANDBOX_H
#define GUARDIAN_IO_SANDBOX_H

#include <stdbool.h>

struct gd_sandbox {
    const char *writable; /* folder */
    const char *programs; /* folder that holds bin, lib and share of the server */
};

/** Can this machine do it? Asks the kernel. */
bool gd_sandbox_possible(void);

/** The calling process, and every process it starts from now on, is inside. Calls only what may be
 *  called between fork and exec. @return false with errno */
bool gd_sandbox_enter(const void *sandbox);

#endif
