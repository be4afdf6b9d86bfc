/*
 * Ping: does a server answer, whatever it says?
 */
#ifndef GUARDIAN_PG_PING_H
#define GUARDIAN_PG_PING_H

#include "guardian/pg/connect.h"

enum gd_pg_answer {
    GD_PG_ANSWERS, /* it lets clients in, or has a reason of its own for not doing so */
    GD_PG_NOT_YET, /* it is starting, or going down (57P03) */
    GD_PG_SILENT,  /* nobody listens, the name is not known (yet), or nothing came in time */
};

/** Connects once and hangs up. Blocks for `limit_ms` (2,000 at least) for each address, name
 * look-up apart. */
enum gd_pg_answer gd_pg_ping(const struct gd_pg_options *options, uint32_t limit_ms);

#endif
