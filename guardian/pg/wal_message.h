/*
 * WAL message: what a server sends on a replication stream, and what it is answered.
 *
 *     'w'  first byte's LSN, the server's LSN, its clock (8 bytes each), WAL
 *     'k'  the server's LSN, its clock, 1 byte: an answer is wanted
 *     'r'  LSN written, flushed, applied, our clock, 1 byte: an answer is wanted
 *
 * Numbers are in network order, clocks are microseconds since 2000-01-01.
 * Source: the manual's "Streaming Replication Protocol", 13 to 18. Needs no libpq.
 */
#ifndef GUARDIAN_PG_WAL_MESSAGE_H
#define GUARDIAN_PG_WAL_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "guardian/base/status.h"

enum { GD_WAL_STATUS_BYTES = 34 };

struct gd_wal_message {
    bool wal; /* else a sign of life */
    uint64_t lsn;
    uint64_t server_lsn;
    int64_t server_us; /* its clock, since 1970 */
    bool wants_answer;
    const char *data; /* of WAL: a view into the message */
    size_t size;
};

/** @return GD_SYSTEM it is no such message */
GD_MUST struct gd_status gd_wal_message_read(const char *bytes, size_t size,
                                             struct gd_wal_message *out_message,
                                             struct gd_error *err);

/** What was received, and what may be thrown away by the server. */
void gd_wal_status_write(uint64_t received_lsn, uint64_t durable_lsn, int64_t now_us,
                         bool wants_answer, char out_bytes[GD_WAL_STATUS_BYTES]);

#endif
