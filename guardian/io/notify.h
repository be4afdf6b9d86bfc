/*
 * Notify: tells the service manager that started us how we are (sd_notify's protocol: a datagram to
 * the socket that NOTIFY_SOCKET names).
 */
#ifndef GUARDIAN_IO_NOTIFY_H
#define GUARDIAN_IO_NOTIFY_H

/** "READY=1", "STOPPING=1", "STATUS=…"; several lines at once are fine. Where nobody waits for it,
 *  or it cannot be said, nothing happens: no service is worse for that. */
void gd_notify(const char *state);

#endif
