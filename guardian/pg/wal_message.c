#include "guardian/pg/wal_message.h"

#include <inttypes.h>

enum { WAL_HEAD_BYTES = 25, ALIVE_BYTES = 18, NUMBER_BYTES = 8 };

static const int64_t epoch_us = INT64_C(946684800000000); /* 2000-01-01 */

static uint64_t number_at(const char *bytes)
{
    uint64_t number = 0;
    for (int i = 0; i < NUMBER_BYTES; i++)
        number = number << 8 | (unsigned char)bytes[i];
    return number;
}

static void write_number(uint64_t number, char *out_bytes)
{
    for (int i = 0; i < NUMBER_BYTES; i++)
        out_bytes[i] = (char)(unsigned char)(number >> (8 * (NUMBER_BYTES - 1 - i)));
}

/* A clock far off must not overflow. */
static int64_t clock_at(const char *bytes)
{
    return (int64_t)(number_at(bytes) + (uint64_t)epoch_us);
}

struct gd_status gd_wal_message_read(const char *bytes, size_t size,
                                     struct gd_wal_message *out_message, struct gd_error *err)
{
    if (size >= WAL_HEAD_BYTES && bytes[0] == 'w') {
        *out_message = (struct gd_wal_message){
            .wal = true,
            .lsn = number_at(bytes + 1),
            .server_lsn = number_at(bytes + 1 + NUMBER_BYTES),
            .server_us = clock_at(bytes + 1 + 2 * NUMBER_BYTES),
            .data = bytes + WAL_HEAD_BYTES,
            .size = size - WAL_HEAD_BYTES,
        };
        if (out_message->lsn <= UINT64_MAX - out_message->size)
            return GD_DONE;
    } else if (size >= ALIVE_BYTES && bytes[0] == 'k') {
        *out_message = (struct gd_wal_message){
            .server_lsn = number_at(bytes + 1),
            .server_us = clock_at(bytes + 1 + NUMBER_BYTES),
            .wants_answer = bytes[ALIVE_BYTES - 1] != 0,
        };
        return GD_DONE;
    }
    return gd_fail(err, GD_SYSTEM, "a message of %zu bytes is not one of a replication stream",
                   size);
}

void gd_wal_status_write(uint64_t received_lsn, uint64_t durable_lsn, int64_t now_us,
                         bool wants_answer, char out_bytes[GD_WAL_STATUS_BYTES])
{
    out_bytes[0] = 'r';
    write_number(received_lsn, out_bytes + 1);
    write_number(durable_lsn, out_bytes + 1 + NUMBER_BYTES);
    write_number(0, out_bytes + 1 + 2 * NUMBER_BYTES); /* nothing is applied here */
    write_number((uint64_t)(now_us - epoch_us), out_bytes + 1 + 3 * NUMBER_BYTES);
    out_bytes[GD_WAL_STATUS_BYTES - 1] = wants_answer ? 1 : 0;
}
