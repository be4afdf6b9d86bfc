/*
 * Serve: a door that stays open, as a side-car beside a database.
 *
 * SIGTERM and SIGINT: nobody new comes in, sessions end when they are at rest, and after drain_ms
 * they are cut; a second signal cuts at once. SIGHUP: certificate, users and logs are taken anew.
 * As process 1 it reaps what others leave behind. The service manager is told (io/notify.h).
 *
 * Invariant  It ends when asked to, whatever clients, servers and stores do: what is still held
 * then is given up, and its journal says so.
 */
#ifndef GUARDIAN_PROXY_SERVE_H
#define GUARDIAN_PROXY_SERVE_H

#include "guardian/proxy/door.h"
#include "guardian/proxy/relay.h"

struct gd_serve_options {
    const struct gd_door_options *door;
    struct gd_relay_options relay; /* without the door */
    uint32_t give_up_ms;           /* from the cut until all that waits is stopped; 0: 5,000 */
    /** Certificate and users were taken anew; what else there is. NULL: nothing. */
    struct gd_status (*reload)(void *context, struct gd_error *err);
    /** The door is open; it is about to close; it is closed, and the relay gone. NULL: nobody wants
     *  to know. */
    void (*opened)(void *context, const struct gd_relay *relay);
    void (*closing)(void *context);
    void (*closed)(void *context);
    void *context;
    const struct gd_events *events;
};

/** Before any thread is made: signals are waited for from here on, and interrupt nothing. */
void gd_serve_hush(void);

/** Until it is asked to stop. @return GD_USAGE, GD_SYSTEM  no door, or its loop failed */
GD_MUST struct gd_status gd_serve(const struct gd_serve_options *options, struct gd_error *err);

#endif
