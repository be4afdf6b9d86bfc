/*
 * Ready: wait for a database that is still starting, as containers that start together need it.
 *
 * Waits for a server that is starting or going down, that nobody listens for yet, or whose name is
 * not known yet. What will not go away by itself (a wrong password, a missing database, a
 * certificate that does not fit) is said at once.
 */
#ifndef GUARDIAN_PROXY_READY_H
#define GUARDIAN_PROXY_READY_H

#include "guardian/base/events.h"
#include "guardian/pg/connect.h"

struct gd_ready_options {
    const struct gd_pg_options *pg;
    uint32_t limit_ms; /* 0: does not wait */
    const struct gd_events *events;
};

/**
 * Tries with pauses from 0.1 to 1 s; tells what it waits for, and again when that changes.
 *
 * @param out_pg  the connection that was made; NULL: it is closed again
 * @return as gd_pg_connect(); after the limit the last failure, with how long was waited
 */
GD_MUST struct gd_status gd_ready_wait(const struct gd_ready_options *options,
                                       struct gd_pg **out_pg, struct gd_error *err);

#endif
